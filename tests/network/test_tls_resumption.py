"""Sessions of TLS: resumed by the next connection to the same peer, and by no other."""

from __future__ import annotations

import gc
import ssl
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import trustme

from httpx._network import tls_objects

from ..servers import Conn, RawServer
from ..worlds import World

ALPN = ("http/1.1",)


def echo(conn: Conn) -> None:
    while data := conn.receive():
        conn.send(data)


@pytest.fixture
def server(server_context: ssl.SSLContext) -> Iterator[RawServer]:
    with RawServer(echo, tls=server_context) as server:
        yield server


@pytest.fixture
def context(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(context)
    return context


async def connect(
    world: World,
    server: RawServer,
    context: ssl.SSLContext,
    name: str = "localhost",
    alpn: tuple[str, ...] = ALPN,
) -> bool:
    """Connect, say something, and close; whether that resumed a session."""
    wire = await world.backend().connect_tcp("127.0.0.1", server.port, 10)
    stream = await wire.start_tls(context, name, 10, alpn)
    await stream.write(b"hello", 10)
    assert await stream.read(10, 10) == b"hello"
    reused: bool = stream.get_extra_info("ssl_object").session_reused
    assert stream.get_extra_info("ssl_object").getpeercert()
    stream.close()
    return reused


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_next_connection_resumes(
    world: World, server: RawServer, context: ssl.SSLContext, version: ssl.TLSVersion
) -> None:
    context.maximum_version = version
    found = [await connect(world, server, context) for _ in range(4)]
    assert found == [False, True, True, True]


async def test_another_peer_does_not(
    world: World, server: RawServer, server_context: ssl.SSLContext, context: ssl.SSLContext
) -> None:
    """Another name, another port, another offer, another context."""
    await connect(world, server, context)
    with RawServer(echo, tls=server_context) as other:
        assert not await connect(world, other, context)
    assert not await connect(world, server, context, "example.com")
    assert not await connect(world, server, context, alpn=("h2", "http/1.1"))
    assert not await connect(world, server, context, alpn=())
    assert not await connect(world, server, context, alpn=())
    with_other_trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(Exception, match=r"unknown issuer|self-signed"):
        await connect(world, server, with_other_trust)
    assert await connect(world, server, context)


async def test_a_check_that_was_not_made_does_not_count(
    world: World, server: RawServer, context: ssl.SSLContext
) -> None:
    """A session from the time when a context verified nothing is none when it does."""
    context.check_hostname = False
    await connect(world, server, context, "wrong.example")
    assert await connect(world, server, context, "wrong.example")
    context.check_hostname = True
    with pytest.raises(Exception, match="for another host than wrong"):
        await connect(world, server, context, "wrong.example")


async def test_a_server_that_has_forgotten(
    world: World, server: RawServer, ca: trustme.CA, context: ssl.SSLContext
) -> None:
    """A full handshake, whose session takes the other's place."""
    await connect(world, server, context)
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(server.tls)
    assert not await connect(world, server, context)
    assert await connect(world, server, context)


async def test_a_server_without_sessions(
    world: World, server: RawServer, ca: trustme.CA, context: ssl.SSLContext
) -> None:
    server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.tls.num_tickets = 0
    ca.issue_cert("localhost").configure_cert(server.tls)
    assert not await connect(world, server, context)
    assert not await connect(world, server, context)


async def test_a_session_is_not_offered_for_ever(
    world: World, server: RawServer, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connect(world, server, context)
    started = time.monotonic()

    class Later:
        monotonic = staticmethod(lambda: started + 3700)

    monkeypatch.setattr(tls_objects, "time", Later)
    assert not await connect(world, server, context)
    assert await connect(world, server, context)


async def test_a_connection_that_failed_is_not_resumed(
    world: World, server_context: ssl.SSLContext, context: ssl.SSLContext
) -> None:
    def garbage(conn: Conn) -> None:
        conn.receive()
        conn.send(b"hello")
        conn.sock.sendall(b"this is no record at all")
        conn.hold()

    with RawServer(garbage, tls=server_context) as server:
        for _ in range(2):
            wire = await world.backend().connect_tcp("127.0.0.1", server.port, 10)
            stream = await wire.start_tls(context, "localhost", 10, ALPN)
            assert not stream.get_extra_info("ssl_object").session_reused
            await stream.write(b"hello", 10)
            with pytest.raises(Exception, match="SSL"):
                while True:
                    await stream.read(10, 10)
            stream.close()


async def test_sessions_are_few(
    world: World,
    server: RawServer,
    context: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tls_objects, "MOST_SESSIONS", 2)
    names = ["a.example.com", "b.example.com", "c.example.com"]
    for name in names:
        assert not await connect(world, server, context, name)
    found = [await connect(world, server, context, name) for name in reversed(names)]
    assert found == [True, True, False]


async def test_a_context_is_not_kept_alive(world: World, server: RawServer, ca: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(context)
    for _ in range(3):
        await connect(world, server, context)
    known = weakref.ref(context)
    del context
    gc.collect()
    assert known() is None


async def test_many_at_once_keep_one_session(
    world: World, server: RawServer, context: ssl.SSLContext
) -> None:
    """To copy a session is dear: whoever finds that another kept one does not."""
    kept: list[Any] = []
    streams = []
    for _ in range(3):
        wire = await world.backend().connect_tcp("127.0.0.1", server.port, 10)
        streams.append(await wire.start_tls(context, "localhost", 10, ALPN))
    for stream in streams:
        await stream.write(b"hello", 10)
        assert await stream.read(10, 10) == b"hello"
        stream.close()
        (donor,) = tls_objects._donors[context].values()
        kept.append(donor.session(("localhost", f"localhost via 127.0.0.1:{server.port}")))
    assert kept[0] is not None
    assert kept[0] is kept[1] is kept[2]
