"""Each `TransportError` names what failed, in which phase and with whom; it carries the request,
and the low-level error as its cause (USERS.md 29)."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

import httpx

from ..servers import Conn, RawServer, refused_port, stalled_port
from ..worlds import World


def unknown(host: str, port: int) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def unreachable(host: str, port: int) -> Any:
    raise OSError(errno.ENETUNREACH, "Network is unreachable")


def resets(conn: Conn) -> None:
    conn.read_head()
    conn.reset()


def closes(conn: Conn) -> None:
    conn.read_head()


def holds(conn: Conn) -> None:
    conn.hold()


def nonsense(conn: Conn) -> None:
    conn.read_head()
    conn.send(b"nonsense\r\n\r\n")


def talks_plain(conn: Conn) -> None:
    conn.receive()
    conn.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def causes(error: BaseException | None) -> list[type]:
    found = []
    while error is not None:
        found.append(type(error))
        error = error.__cause__
    return found


@pytest.mark.parametrize(
    ("resolver", "text"),
    [(unknown, "not known"), (unreachable, "unreachable")],
    ids=["unknown", "unreachable"],
)
async def test_names_without_an_address(world: World, resolver: Any, text: str) -> None:
    async with world.client(transport=world.transport(resolver=resolver)) as client:
        with pytest.raises(httpx.ConnectError) as caught:
            await client.get("http://example.com/")
    assert text in str(caught.value)
    assert str(caught.value).endswith(" while looking up the address of example.com:80")
    assert caught.value.request.url == "http://example.com/"
    assert issubclass(causes(caught.value)[-1], OSError)


@pytest.mark.parametrize(
    ("make", "kind", "text", "cause"),
    [
        (refused_port, httpx.ConnectError, "Connection refused while connecting to",
         ConnectionRefusedError),
        (stalled_port, httpx.ConnectTimeout, "timed out after 0.05 s while connecting to",
         httpx.ConnectTimeout),
    ],
    ids=["refused", "stalled"],
)  # fmt: skip
async def test_ports_that_do_not_answer(
    world: World, make: Callable[[], Any], kind: type[Exception], text: str, cause: type
) -> None:
    timeout = httpx.Timeout(None, connect=0.05 if make is stalled_port else None)
    with make() as port:
        async with world.client(timeout=timeout) as client:
            with pytest.raises(httpx.TransportError) as caught:
                await client.get(f"http://127.0.0.1:{port}/")
    assert type(caught.value) is kind
    assert f"{text} 127.0.0.1:{port}" in str(caught.value)
    assert caught.value.request.url.port == port
    assert cause in causes(caught.value)


@pytest.mark.parametrize(
    ("handler", "kind", "text", "cause"),
    [
        (resets, httpx.ReadError, "Connection reset by peer while reading from", OSError),
        (closes, httpx.RemoteProtocolError, "Server disconnected without sending a response", None),
        (nonsense, httpx.RemoteProtocolError, "illegal status line", None),
        (holds, httpx.ReadTimeout, "timed out after 0.05 s while reading from", None),
    ],
)
async def test_peers_that_do_not_answer(
    world: World, handler: Any, kind: type[Exception], text: str, cause: type | None
) -> None:
    timeout = httpx.Timeout(None, read=0.05 if handler is holds else None)
    with RawServer(handler) as server:
        async with world.client(timeout=timeout) as client:
            with pytest.raises(httpx.TransportError) as caught:
                await client.get(f"{server.url}/")
    assert type(caught.value) is kind
    assert text in str(caught.value)
    assert f"127.0.0.1:{server.port}" in str(caught.value)
    assert caught.value.request.url == f"{server.url}/"
    if cause is not None:
        assert issubclass(causes(caught.value)[-1], cause)


async def test_peers_that_are_not_who_they_should_be(
    world: World, server_context: ssl.SSLContext, ssl_context: ssl.SSLContext
) -> None:
    with RawServer(holds, tls=server_context) as stranger, RawServer(talks_plain) as plain:
        for server, verify, text in (
            (stranger, True, "CERTIFICATE_VERIFY_FAILED"),
            (plain, ssl_context, "does not seem to speak TLS"),
        ):
            async with world.client(verify=verify) as client:
                with pytest.raises(httpx.ConnectError) as caught:
                    await client.get(f"https://127.0.0.1:{server.port}/")
            assert text in str(caught.value)
            assert f"in the TLS handshake with 127.0.0.1:{server.port}" in str(caught.value)
            assert caught.value.request.url.port == server.port
            assert issubclass(causes(caught.value)[-1], ssl.SSLError)
