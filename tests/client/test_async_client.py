"""What only an event loop asks of a client: bodies that block, and cancellation.

USERS.md 20: the original refuses files and plain iterables in its `AsyncClient`.
"""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import httpx
from httpx import _calls
from httpx._calls import ThreadedStream
from tests.client.helpers import Recorder, Stream
from tests.servers import HTTPServer
from tests.worlds import World

awaiting = pytest.mark.worlds("asyncio", "uvloop", "trio")


class Sink(httpx.AsyncBaseTransport):
    """Takes the body, chunk by chunk."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.headers = httpx.Headers()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.headers = request.headers
        stream: Any = request.stream
        self.chunks = [chunk async for chunk in stream]
        return httpx.Response(200)

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)


@awaiting
async def test_a_file(world: World, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 200_000)
    sink = Sink()
    async with world.client(transport=sink) as client:
        with path.open("rb") as file:
            await client.post("http://a/", content=file)
    assert sink.body == b"x" * 200_000
    assert sink.headers["Content-Length"] == "200000"
    assert max(map(len, sink.chunks)) >= 65_536


class Reads:
    """A file that notes which thread reads it."""

    def __init__(self) -> None:
        self.threads: set[int] = set()
        self.left = [b"content ", b"of the file"]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.left)

    def read(self, size: int = -1) -> bytes:
        self.threads.add(threading.get_ident())
        return self.left.pop(0) if self.left else b""


class AwaitedFile:
    """A file that is read by awaiting."""

    def __init__(self) -> None:
        self.left = [b"of another ", b"world"]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.left:
            yield chunk

    async def read(self, size: int = -1) -> bytes:
        return self.left.pop(0) if self.left else b""


@awaiting
async def test_files_of_both_kinds_in_a_form(world: World) -> None:
    blocking = Reads()
    sink = Sink()
    async with world.client(transport=sink) as client:
        await client.post("http://a/", files={"f": blocking})
        assert b"content of the file" in sink.body
        blocking.left = [b"content"]
        files: Any = {"f": blocking, "g": AwaitedFile()}
        await client.post("http://a/", data={"a": "1"}, files=files)
    assert b"content" in sink.body
    assert b"of another world" in sink.body
    assert threading.get_ident() not in blocking.threads


@awaiting
async def test_a_blocking_body_is_read_by_another_thread(world: World) -> None:
    threads: list[int] = []

    def body() -> Iterator[bytes]:
        for _ in range(3):
            threads.append(threading.get_ident())
            yield b"x" * 300_000

    sink = Sink()
    async with world.client(transport=sink) as client:
        await client.post("http://a/", content=body())
    assert [len(chunk) for chunk in sink.chunks] == [300_000] * 3
    assert threading.get_ident() not in threads


@awaiting
@pytest.mark.parametrize("kind", [list, tuple, io.BytesIO])
async def test_what_is_in_memory_needs_no_thread(
    world: World, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = kind(b"ab" if kind is io.BytesIO else [b"a", b"b"])
    monkeypatch.setattr("httpx._network.detect.run_in_thread", None)
    sink = Sink()
    async with world.client(transport=sink) as client:
        await client.post("http://a/", content=content)
    assert sink.body == b"ab"


@awaiting
async def test_small_chunks_travel_together(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_calls, "_PATIENCE", 60.0)
    sink = Sink()
    async with world.client(transport=sink) as client:
        await client.post("http://a/", content=(b"x" * 1000 for _ in range(300)))
    assert [len(chunk) for chunk in sink.chunks] == [263_000, 37_000]


@awaiting
async def test_a_slow_body_is_not_held_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_calls, "_PATIENCE", -1.0)
    sink = Sink()
    async with world.client(transport=sink) as client:
        await client.post("http://a/", content=(chunk for chunk in [b"", b"a", b"b"]))
    assert sink.chunks == [b"a", b"b"]


@awaiting
async def test_what_a_blocking_body_raises(world: World) -> None:
    def body() -> Iterator[bytes]:
        yield b"a"
        raise KeyError("in the body")

    async with world.client(transport=Sink()) as client:
        with pytest.raises(KeyError, match="in the body"):
            await client.post("http://a/", content=body())


@awaiting
async def test_a_stream_of_the_users_own(world: World) -> None:
    class Own(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"own"

    sink = Sink()
    async with world.client(transport=sink) as client:
        request = httpx.Request("POST", "http://a/", stream=Own())
        for _ in range(2):
            await client.send(request)
            assert sink.body == b"own"
    assert isinstance(request.stream, ThreadedStream)


@awaiting
async def test_an_async_body_stays_what_it_is(world: World) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"a"

    sink = Sink()
    async with world.client(transport=sink) as client:
        request = client.build_request("POST", "http://a/", content=body())
        stream = request.stream
        await client.send(request)
        assert request.stream is stream
        with pytest.raises(httpx.StreamConsumed):
            await client.send(request)
    assert sink.body == b"a"


@awaiting
async def test_an_auth_flow_reads_a_blocking_body_in_a_thread(world: World) -> None:
    threads: list[int] = []

    def body() -> Iterator[bytes]:
        threads.append(threading.get_ident())
        yield b"body"

    class Signing(httpx.Auth):
        requires_request_body = True

        def auth_flow(self, request: httpx.Request) -> Any:
            request.headers["Signature"] = request.content.decode()
            yield request

    sink = Sink()
    async with world.client(transport=sink, auth=Signing()) as client:
        await client.post("http://a/", content=body())
    assert sink.headers["Signature"] == "body"
    assert sink.body == b"body"
    assert threading.get_ident() not in threads


def test_a_cancelled_call_closes_its_response() -> None:
    stream = Stream(b"body")

    async def run() -> None:
        reached = asyncio.Event()

        async def wait(response: httpx.Response) -> None:
            reached.set()
            await asyncio.Event().wait()

        transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=stream))
        async with httpx.AsyncClient(
            transport=transport, event_hooks={"response": [wait]}
        ) as client:
            task = asyncio.create_task(client.get("http://a/"))
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    assert stream.closed == 1


async def test_an_auth_flow_is_closed_wherever_it_is(world: World) -> None:
    log: list[str] = []

    class Careful(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Any:
            try:
                yield request
            finally:
                log.append("closed")

    transport = Recorder(fail="handle")
    async with world.client(transport=transport, auth=Careful()) as client:
        with pytest.raises(OSError, match="handle"):
            await client.get("http://a/")
    assert log == ["closed"]


@awaiting
async def test_a_stream_of_both_kinds_that_says_it_blocks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_calls, "_PATIENCE", 60.0)

    class Both(Stream):
        blocking = True

    sink = Sink()
    async with world.client(transport=sink) as client:
        await client.send(httpx.Request("POST", "http://a/", stream=Both(b"a", b"b")))
    assert sink.chunks == [b"ab"]


@awaiting
async def test_an_async_stream_that_says_it_blocks_is_taken_as_it_is(world: World) -> None:
    class Own(httpx.AsyncByteStream):
        blocking = True

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"own"

    sink = Sink()
    async with world.client(transport=sink) as client:
        await client.send(httpx.Request("POST", "http://a/", stream=Own()))
    assert sink.body == b"own"


@awaiting
async def test_an_iteration_of_a_threaded_stream_may_be_iterated(world: World) -> None:
    stream = ThreadedStream(Stream(b"a", b"b"))
    assert b"".join([chunk async for chunk in aiter(aiter(stream))]) == b"ab"


# What a call that waits is made of


def depth(task: asyncio.Task[Any]) -> list[str]:
    """The coroutines that a task is in, outermost first."""
    found = []
    inner: Any = task.get_coro()
    while inner is not None and hasattr(inner, "cr_await"):
        found.append(inner.__qualname__)
        inner = inner.cr_await
    return found


@pytest.mark.worlds("asyncio")
async def test_a_queued_call_is_six_coroutines_deep(world: World) -> None:
    """The garbage collector walks each of them: with thirteen, 10,000 queued calls spent 40 % of
    their time in it."""
    with HTTPServer(lambda request: b"") as server:
        async with world.client(limits=httpx.Limits(max_connections=1)) as client:
            async with client.stream("GET", server.url):
                task = asyncio.ensure_future(client.get(server.url))
                await world.until(lambda: client.pool_stats().waiting == 1)
                assert depth(task) == [
                    "AsyncClient.get", "send", "send_handling_redirects",
                    "AsyncHTTPTransport.handle_async_request", "Pool.send", "FutureWaiter.wait",
                ]  # fmt: skip
            await task


SEAMS = [
    "request", "send", "_send_handling_auth", "_send_handling_redirects", "_send_single_request",
]  # fmt: skip


def noted(name: str, seen: list[str]) -> Any:
    original = getattr(httpx.AsyncClient, name)

    async def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(name)
        return await original(self, *args, **kwargs)

    return method


@awaiting
@pytest.mark.parametrize("name", SEAMS)
async def test_a_verb_takes_the_way_that_somebody_has_changed(world: World, name: str) -> None:
    """By a subclass, on the class itself, or on one client."""
    seen: list[str] = []
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    changed = type("Changed", (httpx.AsyncClient,), {name: noted(name, seen)})
    async with changed(transport=transport) as client:
        await client.get("http://a/")
    assert seen == [name]
    async with httpx.AsyncClient(transport=transport) as client:
        with mock.patch.object(httpx.AsyncClient, name, noted(name, seen)):
            await client.get("http://a/")
        assert seen == [name, name]
        setattr(client, name, partial(noted(name, seen), client))
        await client.get("http://a/")
    assert seen == [name, name, name]
