"""Request bodies that are not what was announced, or that fail on their way.

A mistake of the program is a `LocalProtocolError`, raised before it corrupts the connection:
nothing of what does not belong is sent, the connection is closed, and its slot is free.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import httpx

from ..servers import Conn, RawServer, response
from ..worlds import World
from .helpers import open_client, stats

ONE = httpx.Limits(max_connections=1)


class Pieces:
    """A body for either kind of client, and an error at its end if one is given."""

    def __init__(self, *pieces: bytes, error: BaseException | None = None) -> None:
        self.pieces = pieces
        self.error = error

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        if self.error is not None:
            raise self.error

    async def __aiter__(self) -> Any:
        for piece in self.pieces:
            yield piece
        if self.error is not None:
            raise self.error


class Failure(Exception):
    """What the program's own generator raises."""


def recording_server(received: list[bytes]) -> RawServer:
    """Keeps the first connection's bytes, and answers on the others."""

    def serve(conn: Conn) -> None:
        if conn.number == 0:
            received.append(conn.read_to_end())
        elif conn.read_request():
            conn.send(response(body="next"))

    return RawServer(serve)


async def fail(
    world: World, fast: bool, content: Any, headers: dict[str, str], error: type[Exception]
) -> tuple[BaseException, bytes]:
    """Send what cannot be sent; the error, and the bytes on the wire."""
    received: list[bytes] = []
    with recording_server(received) as server:
        transport = world.transport(fast_lane=fast, limits=ONE)
        async with world.client(transport=transport) as client:
            with pytest.raises(error) as info:
                await client.post(server.url + "/fault", content=content, headers=headers)
            assert stats(client) == (0, 0)
            if server.accepted == 0:
                with open_wire(server):  # nothing was sent at all: let the counting go on
                    pass
            assert (await client.get(server.url)).text == "next"
        server.wait_for(lambda: server.connections[0].closed, "for all of what was sent")
    return info.value, received[0]


def to_whom(error: Any) -> str:
    """How the text of an error ends that arose on this side."""
    return f" (in the request to 127.0.0.1:{error.request.url.port})"


def open_wire(server: RawServer) -> Any:
    import socket

    return socket.create_connection((server.host, server.port))


@pytest.mark.parametrize(
    "pieces",
    [(b"too much",), (b"12", b"3", b"45"), (b"123", bytes(300_000)), (b"1234",)],
    ids=["at once", "in pieces", "by far", "by one"],
)
async def test_more_than_announced(world: World, fast: bool, pieces: tuple[bytes, ...]) -> None:
    headers = {"Content-Length": "3"}
    error, wire = await fail(world, fast, Pieces(*pieces), headers, httpx.LocalProtocolError)
    assert str(error) == f"Too much data for declared Content-Length{to_whom(error)}"
    assert error.request.url.path == "/fault"  # type: ignore[attr-defined]
    body = wire.partition(b"\r\n\r\n")[2]
    assert b"123".startswith(body)


@pytest.mark.parametrize("pieces", [(), (b"1",), (b"1", b"2")], ids=["none", "one", "two"])
async def test_less_than_announced(world: World, fast: bool, pieces: tuple[bytes, ...]) -> None:
    headers = {"Content-Length": "3"}
    error, wire = await fail(world, fast, Pieces(*pieces), headers, httpx.LocalProtocolError)
    assert str(error) == f"Too little data for declared Content-Length{to_whom(error)}"
    assert wire.partition(b"\r\n\r\n")[2] == b"".join(pieces)


@pytest.mark.parametrize("announced", ["2", "4"])
async def test_bytes_that_are_not_what_was_announced(
    world: World, fast: bool, announced: str
) -> None:
    """Known before anything is sent."""
    headers = {"Content-Length": announced}
    _, wire = await fail(world, fast, b"123", headers, httpx.LocalProtocolError)
    assert wire == b""


async def test_much_more_bytes_than_announced(world: World, fast: bool) -> None:
    headers = {"Content-Length": "300000"}
    _, wire = await fail(world, fast, bytes(700_000), headers, httpx.LocalProtocolError)
    assert len(wire.partition(b"\r\n\r\n")[2]) <= 300_000


@pytest.mark.parametrize("pieces", [(), (b"1",), (b"1", bytes(300_000))], ids=["0", "1", "2"])
@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_that_fails_on_its_way(
    world: World, fast: bool, chunked: bool, pieces: tuple[bytes, ...]
) -> None:
    """The program gets its own exception; the server sees that the request is not complete."""
    headers = {} if chunked else {"Content-Length": "1000000"}
    content = Pieces(*pieces, error=Failure("own"))
    error, wire = await fail(world, fast, content, headers, Failure)
    assert error is content.error
    assert not wire.endswith(b"0\r\n\r\n")
    assert bool(wire) == bool(pieces)


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_on_a_warm_connection_that_fails(
    world: World, fast: bool, chunked: bool
) -> None:
    """Before its first piece nothing has left: yet the connection is not used again, since the
    head of the request has been written into the codec."""

    def serve(conn: Conn) -> None:
        while conn.read_request():
            conn.send(response(body=str(conn.number)))

    headers = {} if chunked else {"Content-Length": "10"}
    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            await client.get(server.url)
            with pytest.raises(Failure):
                await client.post(server.url, content=Pieces(error=Failure()), headers=headers)
            assert stats(client) == (0, 0)
            assert (await client.get(server.url)).text == "1"


async def test_a_used_up_body_is_stream_consumed(world: World, fast: bool) -> None:
    """Nothing is sent, and the connection never used for it."""

    def serve(conn: Conn) -> None:
        while conn.read_request():
            conn.send(response(body="ok"))

    def pieces() -> Iterator[bytes]:
        yield b"once"

    async def awaited_pieces() -> Any:
        yield b"once"

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            content = pieces() if world.name == "blocking" else awaited_pieces()
            request = client.build_request("POST", server.url, content=content)
            assert (await client.send(request)).text == "ok"
            with pytest.raises(httpx.StreamConsumed):
                await client.send(request)
            assert stats(client)[0] == 0
            assert len(server.requests) == 1
            assert (await client.get(server.url)).text == "ok"


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"X": "a\nb"}, "Illegal header value: 'X' has b'\\n' at position 1"),
        ({"X": "a\rb"}, "Illegal header value: 'X' has b'\\r' at position 1"),
        ({"X": "a\x00b"}, "Illegal header value: 'X' has b'\\x00' at position 1"),
        ({"X Y": "a"}, "Illegal header name b'X Y'"),
        ({"": "a"}, "Illegal header name b''"),
        ({"X": " a"}, "Illegal header value: 'X' has white space at its start or end"),
    ],
)
async def test_fields_that_cannot_be_sent(
    world: World, fast: bool, headers: dict[str, str], text: str
) -> None:
    error, wire = await fail(world, fast, b"", headers, httpx.LocalProtocolError)
    assert str(error) == text + to_whom(error)
    assert wire == b""
