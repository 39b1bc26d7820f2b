"""The connection is closed or reset after each byte of a response.

Either the response is whole, or the error says how it was cut; what came before is handed out
first; and the client goes on. Every 7th byte by default, every byte with `--full`.
"""

from __future__ import annotations

from typing import Any

import pytest

import httpx

from ..servers import Conn, RawServer, response
from ..worlds import World
from .helpers import answer, open_client, stats

BODY = b"0123456789abcdef"
RESPONSES = {
    "length": answer("Content-Length: 16", "Server: x", body=BODY),
    "chunked": answer(
        "Transfer-Encoding: chunked", body=b"a\r\n0123456789\r\n6\r\nabcdef\r\n0\r\n\r\n"
    ),
    "extensions and trailers": answer(
        "Transfer-Encoding: chunked",
        body=b"a;x=y\r\n0123456789\r\n6\r\nabcdef\r\n0\r\nX: y\r\n\r\n",
    ),
    "until the end": answer("Server: x", body=BODY),
    "interim first": answer(status=b"HTTP/1.1 103 Early") + answer("Content-Length: 16", body=BODY),
    "no body": answer(status=b"HTTP/1.1 204 No Content"),
}


def places(data: bytes, full: bool) -> list[int]:
    """Where to cut: around the head's end and the message's, and at samples of the rest."""
    head = data.rindex(b"\r\n\r\n", 0, data.find(BODY[:10]) + 1 or None) + 4
    chosen = set(range(0, len(data), 1 if full else 7)) | {head - 1, head, head + 1}
    return sorted(place for place in chosen | {len(data) - 1, len(data)} if place <= len(data))


async def read_cut(client: Any, url: str, size: int) -> tuple[bytes, Any]:
    """What could be read, and the error that ended it, if one did."""
    received = b""
    try:
        async with client.stream("GET", f"{url}/{size}") as reply:
            async for piece in reply.aiter_raw():
                received += piece
    except httpx.TransportError as exc:
        return received, exc
    return received, None


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("kind", RESPONSES)
async def test_a_response_is_cut(world: World, fast: bool, full: bool, kind: str, end: str) -> None:
    data = RESPONSES[kind]
    body = b"" if kind == "no body" else BODY

    def serve(conn: Conn) -> None:
        while (request := conn.read_request()) is not None:
            if request.path == "/ok":
                conn.send(response(body="ok"))
                continue
            conn.send(data[: int(request.path[1:])])
            if end == "reset":
                conn.reset()
            return

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            for size in places(data, full):
                received, error = await read_cut(client, server.url, size)
                assert body.startswith(received), size
                if kind == "until the end" and end == "close" and b"\r\n\r\n" in data[:size]:
                    assert error is None, size
                    assert received == data[:size].partition(b"\r\n\r\n")[2]
                elif size == len(data) and kind != "until the end":
                    assert (received, error) == (body, None)
                else:
                    check_error(error, size, received, data, end, server)
                active, _ = stats(client)
                assert active == 0
                if size % 3 == 0:  # and after a cut connection comes another
                    assert (await client.get(server.url + "/ok")).text == "ok"
                    assert stats(client) == (0, 1)


def check_error(
    error: Any, size: int, received: bytes, data: bytes, end: str, server: RawServer
) -> None:
    kind = httpx.RemoteProtocolError if end == "close" else httpx.ReadError
    assert type(error) is kind, (size, repr(error))
    assert f"127.0.0.1:{server.port}" in str(error)
    assert error.request.url.path == f"/{size}"
    head_end = data.rindex(b"\r\n\r\n", 0, data.find(BODY[:10])) + 4 if BODY[:10] in data else 0
    if end == "close" and head_end and size >= head_end:
        assert str(error).startswith("peer closed connection without sending complete message body")
        assert error.bytes_received == len(received)
        assert error.bytes_expected == (16 if b"Content-Length" in data else None)
    elif end == "close":
        texts = ("Server disconnected without sending a response.",)
        assert str(error).startswith(texts)


@pytest.mark.parametrize("framing", ["length", "chunked"])
async def test_all_that_came_is_read_before_the_error(
    world: World, fast: bool, framing: str
) -> None:
    """As with a long stream of events whose server goes away."""
    pieces = [b"data: %d\n\n" % number for number in range(50)]
    size = sum(map(len, pieces))

    def serve(conn: Conn) -> None:
        conn.read_request()
        if framing == "length":
            conn.send(answer(f"Content-Length: {size + 1}") + b"".join(pieces))
        else:
            conn.send(answer("Transfer-Encoding: chunked"))
            for piece in pieces:
                conn.send(b"%x\r\n%b\r\n" % (len(piece), piece))

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            lines = []
            with pytest.raises(httpx.RemoteProtocolError, match=r"^peer closed connection") as info:
                async with client.stream("GET", server.url) as reply:
                    async for line in reply.aiter_lines():
                        lines.append(line)
            assert [line for line in lines if line] == [f"data: {n}" for n in range(50)]
            assert info.value.bytes_received == size
            assert info.value.bytes_expected == (size + 1 if framing == "length" else None)
            assert stats(client) == (0, 0)
