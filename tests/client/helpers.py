"""What the tests of the clients share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
from tests.worlds import World

__all__ = ["Recorder", "Stream", "callable_in", "echo", "redirecting"]


def callable_in(world: World, function: Callable[..., Any]) -> Callable[..., Any]:
    """A plain function as a hook of the world's client."""
    if world.name == "blocking":
        return function

    async def call(*args: Any) -> Any:
        return function(*args)

    return call


class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of both worlds that counts how often it is closed."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield from self.chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Chunks(iter(self.chunks))

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


class _Chunks:
    def __init__(self, iterator: Iterator[bytes]) -> None:
        self.iterator = iterator

    def __aiter__(self) -> _Chunks:
        return self

    async def __anext__(self) -> bytes:
        for chunk in self.iterator:
            return chunk
        raise StopAsyncIteration


class Recorder(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport of both worlds that tells what happens to it."""

    def __init__(self, name: str = "", log: list[str] | None = None, fail: str = "") -> None:
        self.name = name
        self.log = [] if log is None else log
        self.fail = fail
        self.requests: list[httpx.Request] = []
        self.streams: list[Stream] = []

    def note(self, event: str) -> None:
        self.log.append(f"{event} {self.name}".strip())
        if event == self.fail:
            raise OSError(f"{event} {self.name}")

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.note("handle")
        self.streams.append(Stream(b"Hello, ", b"world!"))
        return httpx.Response(200, stream=self.streams[-1])

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.answer(request)

    def __enter__(self) -> Recorder:
        self.note("enter")
        return self

    async def __aenter__(self) -> Recorder:
        self.note("enter")
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.note("exit")

    async def __aexit__(self, *exc_info: Any) -> None:
        self.note("exit")

    def close(self) -> None:
        self.note("close")

    async def aclose(self) -> None:
        self.note("close")


def echo(request: httpx.Request) -> httpx.Response:
    """Answer with what was asked."""
    return httpx.Response(
        200,
        json={
            "method": request.method,
            "url": str(request.url),
            "headers": request.headers.multi_items(),
            "body": request.content.decode("latin-1"),
        },
    )


def redirecting(
    status: int, location: str, path: str = "/start"
) -> Callable[[httpx.Request], httpx.Response]:
    """Redirect what comes to `path`, and echo the rest."""

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == path:
            return httpx.Response(status, headers={"Location": location})
        return echo(request)

    return handler
