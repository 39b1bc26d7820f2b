"""What goes wrong at once, or before a response is whole: in every world the documented exception,
with a text that says what, where, and at which step; and the client goes on working."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

import httpx

from ..servers import Conn, RawServer, echo, refused_port, response
from ..worlds import World

Error = type[Exception]


def serve(conn: Conn) -> None:
    while (request := conn.read_request()) is not None:
        if request.path == "/nothing":
            return
        if request.path == "/short":
            conn.send(response(headers={"Content-Length": "10"}, body="short"))
            return
        conn.send(response(body=str(echo(request)["method"])))


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(serve) as server:
        yield server


async def error_of(world: World, server: RawServer, url: str, **options: Any) -> Exception:
    """What a request raises; before and after it, the same client gets its answers."""
    async with world.client() as client:
        assert (await client.get(server.url)).text == "GET"
        with pytest.raises(Exception) as info:
            await client.post(url, **options)
        assert (await client.put(server.url)).text == "PUT"
        stats = client._transport.pool_stats()
        assert (stats.active, stats.idle, stats.connecting, stats.waiting) == (0, 1, 0, 0)
    error: Exception = info.value
    if isinstance(error, httpx.RequestError):
        assert error.request.method == "POST"
    return error


MISSING = "Request URL is missing an 'http://' or 'https://' protocol."


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("example.com/path", f"{MISSING} ('/example.com/path')"),
        ("//example.com/path", f"{MISSING} ('/path')"),
        ("/path", f"{MISSING} ('/path')"),
        ("", f"{MISSING} ('/')"),
        ("http:///path", f"{MISSING} ('/path')"),
        ("localhost:8080/path", f"{MISSING} ('/8080/path')"),
        (
            "ftp://user:secret@example.com/",
            "Request URL has an unsupported protocol 'ftp://'. ('ftp://user:[secure]@example.com/')",
        ),
    ],
)
async def test_a_scheme_that_is_none(world: World, server: RawServer, url: str, text: str) -> None:
    error = await error_of(world, server, url)
    assert type(error) is httpx.UnsupportedProtocol
    assert str(error) == text


@pytest.mark.parametrize("port", ["65536", "-1", "http", "99999999999999999999"])
async def test_a_port_that_is_none(world: World, server: RawServer, port: str) -> None:
    error = await error_of(world, server, f"http://example.com:{port}/")
    assert type(error) is httpx.InvalidURL
    assert str(error) == f"Invalid port: '{port}'"


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"X-A": "b\r\nX-C: d"}, "Illegal header value: 'X-A' has b'\\r' at position 1"),
        ({"X-A": "b\nX-C: d"}, "Illegal header value: 'X-A' has b'\\n' at position 1"),
        ({"X-A\r\nX-C": "d"}, "Illegal header name b'X-A\\r\\nX-C'"),
    ],
)
async def test_a_header_of_two_lines(
    world: World, server: RawServer, headers: dict[str, str], text: str
) -> None:
    error = await error_of(world, server, server.url, headers=headers)
    assert type(error) is httpx.LocalProtocolError
    assert str(error) == f"{text} (in the request to 127.0.0.1:{server.port})"
    assert [request.method for request in server.requests] == ["GET", "PUT"]


async def test_nobody_listens(world: World, server: RawServer) -> None:
    with refused_port() as port:
        error = await error_of(world, server, f"http://127.0.0.1:{port}/")
    assert type(error) is httpx.ConnectError
    assert str(error) == f"[Errno 111] Connection refused while connecting to 127.0.0.1:{port}"


async def test_a_name_that_nobody_knows(world: World, server: RawServer) -> None:
    error = await error_of(world, server, "http://no-such-name.invalid/")
    assert type(error) is httpx.ConnectError
    assert re.fullmatch(
        r"\[Errno -\d+\] .+ while looking up the address of no-such-name\.invalid:80", str(error)
    )


async def test_a_server_that_closes_before_it_answers(world: World, server: RawServer) -> None:
    error = await error_of(world, server, f"{server.url}/nothing")
    assert type(error) is httpx.RemoteProtocolError
    text = "Server disconnected without sending a response."
    assert str(error).startswith(f"{text} (127.0.0.1:{server.port}). ")


async def test_a_body_shorter_than_announced(world: World, server: RawServer) -> None:
    error = await error_of(world, server, f"{server.url}/short")
    assert type(error) is httpx.RemoteProtocolError
    text = "peer closed connection without sending complete message body"
    assert str(error).startswith(text)
    assert str(error).endswith(f"from 127.0.0.1:{server.port})")
    assert "received 5 bytes, expected 10" in str(error)
