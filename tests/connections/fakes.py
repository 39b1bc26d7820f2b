"""A wire and a pool that do what a test tells them, for connections tested by themselves."""

from __future__ import annotations

from typing import Any

from httpx._connections.http1 import HTTP1Connection
from httpx._connections.messages import Fields, RequestMessage, Timeouts
from httpx._connections.routes import Route
from httpx._connections.trace import Trace
from httpx._network.base import Buffer, Stream
from httpx._protocols.http1 import HTTP1Codec

__all__ = ["HOST", "ROUTE", "Wire", "connection_over", "message"]

HOST = (b"Host", b"example.com")
ROUTE = Route("http", "example.com", 80)


class Wire(Stream):
    """Reads what it was given: bytes, or an exception to raise; keeps what is written.

    `room` says how many bytes each write takes, or an exception to raise; beyond its end, all.
    """

    peer = "example.com:80"

    def __init__(self, *incoming: bytes | Exception, room: Any = ()) -> None:
        self.incoming = list(incoming)
        self.room = list(room)
        self.written = b""
        self.closed = 0
        self.truncated = False
        self.on_idle_close = None

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        item = self.incoming.pop(0) if self.incoming else b""
        if isinstance(item, Exception):
            raise item
        return item

    async def write_some(
        self, data: Buffer, timeout: float | None, or_readable: bool = False
    ) -> int:
        size = self.room.pop(0) if self.room else len(data)
        if isinstance(size, Exception):
            raise size
        assert size or or_readable
        self.written += bytes(data[:size])
        return min(size, len(data))

    def write_nowait(self, data: Buffer) -> int:
        if self.room and isinstance(self.room[0], Exception):
            return 0
        size = min(self.room.pop(0) if self.room else len(data), len(data))
        self.written += bytes(data[:size])
        return size

    def is_readable(self) -> bool:
        return bool(self.incoming)

    def get_extra_info(self, name: str) -> Any:
        return self.truncated if name == "truncated" else None

    def close(self) -> None:
        self.closed += 1


class FakePool:
    """Notes what a connection says to its pool."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda connection: self.said.append(name)


def connection_over(wire: Wire, fast: bool = True) -> tuple[HTTP1Connection, list[str]]:
    """A connection that is in use, and what it says to its pool."""
    pool = FakePool()
    codec = HTTP1Codec("example.com:80", fast=fast)
    connection = HTTP1Connection(wire, ROUTE, pool, codec)  # type: ignore[arg-type]
    connection.active = 1
    return connection, pool.said


def message(
    method: bytes = b"GET",
    headers: Fields | None = None,
    body: Any = None,
    trace: Trace | None = None,
) -> RequestMessage:
    fields = [HOST, *(headers or [])]
    if isinstance(body, bytes) and body:
        fields.append((b"Content-Length", b"%d" % len(body)))
    return RequestMessage(method, b"/", fields, body, Timeouts(), trace)
