"""A server that answers one request wrongly, and what has to come of it.

`/fault` is answered by a table's row, whatever it says, and every other path as it should be,
with the number of the connection as the body: so a test sees whether the client kept the
connection or opened another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from ..servers import Conn, RawServer, response
from ..worlds import World

__all__ = ["Fault", "answer", "check", "faulty_server", "open_client", "stats"]


@dataclass
class Fault:
    """One answer, and what RFC 9110 and RFC 9112 ask a client to make of it."""

    answer: bytes
    body: bytes | None = None
    """What the client reads, where it can."""
    error: str = ""
    """How the text of the error begins, where it cannot."""
    error_class: type[Exception] = httpx.RemoteProtocolError
    status: int = 200
    method: str = "GET"
    then: str = "hold"
    """What the server does next: ``hold`` the connection open, ``close`` it, or ``reset`` it."""
    reused: bool = False
    """Whether the connection may serve the next request."""
    headers: dict[str, str] = field(default_factory=dict)
    """Fields that the client has to see, with these values."""
    without: tuple[str, ...] = ()
    """Fields that it must not see."""


def answer(*lines: str | bytes, body: bytes = b"", status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """A response from its lines."""
    encoded = [line.encode("latin-1") if isinstance(line, str) else line for line in lines]
    return b"\r\n".join([status, *encoded, b"", b""]) + body


def faulty_server(data: bytes, then: str = "hold") -> RawServer:
    """Answers `/fault` with `data`, and then keeps, closes or resets the connection."""

    def serve(conn: Conn) -> None:
        while (request := conn.read_request()) is not None:
            if request.path != "/fault":
                conn.send(response(body=str(conn.number)))
                continue
            conn.send(data)
            if then == "reset":
                conn.reset()
            if then != "hold":
                return

    return RawServer(serve)


def open_client(world: World, fast: bool, **options: Any) -> Any:
    """A client, with the fast lane or without it."""
    transport = {name: options.pop(name) for name in list(options) if name.startswith("max_")}
    return world.client(transport=world.transport(fast_lane=fast, **transport), **options)


def stats(client: Any) -> tuple[int, int]:
    """Connections of the client's pool: active, idle."""
    numbers = client._transport._pool.stats()
    assert numbers.waiting == numbers.connecting == 0
    return numbers.active, numbers.idle


async def check(world: World, fast: bool, fault: Fault) -> None:
    """Meet a fault, see what becomes of it and of the connection, and go on afterwards."""
    with faulty_server(fault.answer, fault.then) as server:
        async with open_client(world, fast) as client:
            url = server.url + "/fault"
            if fault.body is None:
                error = await _error_of(client, fault.method, url)
                assert type(error) is fault.error_class, repr(error)
                assert str(error).startswith(fault.error), str(error)
                assert f"127.0.0.1:{server.port}" in str(error)
                assert error.request.url.path == "/fault"
            else:
                reply = await client.request(fault.method, url)
                assert (reply.status_code, reply.content) == (fault.status, fault.body)
                for name, value in fault.headers.items():
                    assert reply.headers.get_list(name) == [value]
                for name in fault.without:
                    assert name not in reply.headers
            # On asyncio an idle connection may have been closed already, if the server did so.
            active, idle = stats(client)
            assert active == 0
            assert idle == fault.reused
            reply = await client.get(server.url + "/next")
            assert reply.text == ("0" if fault.reused else "1")
            assert stats(client) == (0, 1)


async def _error_of(client: Any, method: str, url: str) -> Any:
    try:
        reply = await client.request(method, url)
    except httpx.RequestError as exc:
        return exc
    raise AssertionError(f"no error, but {reply!r} with {reply.content[:100]!r}")
