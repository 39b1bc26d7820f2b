"""What lives how long: responses die with their last reference, and what is left open says so.

USERS.md 17 (freed at once) and 28 (breaking out of an iteration is silent). ResourceWarnings are
raised from finalizers, so each is caught where it is expected, and fails the test elsewhere.
"""

from __future__ import annotations

import gc
import tracemalloc
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import httpx
from tests.servers import HTTPServer, Reply, Request
from tests.worlds import World


@contextmanager
def without_collector() -> Iterator[None]:
    """Only the last reference frees anything in here."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def route(request: Request) -> Reply | None:
    if request.path == "/redirect":
        return Reply(302, [("Location", "/")], b"over there")
    if request.path == "/cut":
        request.conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        request.conn.close()
        return None
    return Reply(body=[b"line one\n", b"line two\n", b"x" * 200_000])


def plain(response: Any) -> httpx.Response:
    """The response itself, without the tests' own shell around it."""
    return getattr(response, "sync", response)


async def read(client: Any, url: str) -> list[Any]:
    return [plain(await client.get(url))]


async def read_with_error_status(client: Any, url: str) -> list[Any]:
    response = plain(await client.get(f"{url}/redirect"))
    try:
        response.raise_for_status()
    except httpx.HTTPStatusError as exc:
        return [response, exc]
    raise AssertionError("it is no error")


async def streamed(client: Any, url: str) -> list[Any]:
    async with client.stream("GET", url) as response:
        async for _ in response.aiter_bytes():
            pass
    return [plain(response)]


async def left_early(client: Any, url: str) -> list[Any]:
    async with client.stream("GET", url) as response:
        async for _ in response.aiter_raw():
            break
    return [plain(response)]


async def redirected(client: Any, url: str) -> list[Any]:
    response = plain(await client.get(f"{url}/redirect", follow_redirects=True))
    return [response, *response.history]


async def not_followed(client: Any, url: str) -> list[Any]:
    response = plain(await client.get(f"{url}/redirect"))
    assert response.next_request is not None
    return [response, response.next_request]


async def broken_off(client: Any, url: str) -> list[Any]:
    async with client.stream("GET", f"{url}/cut") as response:
        try:
            await response.aread()
        except httpx.RemoteProtocolError as exc:
            return [plain(response), exc]
    raise AssertionError("it was not broken off")


async def refused(client: Any, url: str) -> list[Any]:
    try:
        await client.get(f"{url}/cut")
    except httpx.RemoteProtocolError as exc:
        return [exc, exc.request]
    raise AssertionError("it was not broken off")


ENDS = [read, read_with_error_status, streamed, left_early, redirected, not_followed,
        broken_off, refused]  # fmt: skip


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
async def test_freed_with_the_last_reference(world: World, end: Callable[..., Any]) -> None:
    with HTTPServer(route) as server:
        async with world.client() as client:
            await end(client, server.url)  # whatever is imported and cached, is now
            with without_collector():
                references = [weakref.ref(thing) for thing in await end(client, server.url)]
                await world.turn()
                alive = [reference() for reference in references]
                assert alive == [None] * len(references)


async def test_an_unclosed_response_warns_once_and_gives_back(world: World) -> None:
    with HTTPServer(route) as server:
        async with world.client(limits=httpx.Limits(max_connections=1)) as client:
            request = client.build_request("GET", f"{server.url}/here")
            with pytest.warns(ResourceWarning) as record, without_collector():
                plain(await client.send(request, stream=True))
            (warning,) = record
            text = f"unclosed response <GET 127.0.0.1:{server.port}>"
            assert str(warning.message) == text
            await world.turn()
            stats = client.pool_stats()
            assert (stats.active, stats.idle) == (0, 0)
            assert (await client.get(server.url)).status_code == 200
            await world.until(lambda: server.connections[0].closed)
        gc.collect()


async def test_an_unclosed_response_wakes_who_waits(world: World) -> None:
    with HTTPServer(route) as server:
        async with world.client(limits=httpx.Limits(max_connections=1), timeout=30) as client:
            request = client.build_request("GET", server.url)
            held = [await client.send(request, stream=True)]

            async def forget() -> None:
                await world.until(lambda: client.pool_stats().waiting)
                held.clear()

            with pytest.warns(ResourceWarning, match="unclosed response"):
                result, _ = await world.gather(lambda: client.get(server.url), forget)
            assert result.status_code == 200


async def abandoned(world: World, url: str) -> Any:
    """A client that is never closed, with an idle connection; and its transport's pool."""
    client = world.client()
    await client.get(url)
    return weakref.ref(client._transport._pool)


async def test_an_unclosed_client_warns_once_and_closes(world: World) -> None:
    with HTTPServer(route) as server:
        with pytest.warns(ResourceWarning) as record, without_collector():
            await abandoned(world, server.url)
        kind = "HTTPTransport" if world.name == "blocking" else "AsyncHTTPTransport"
        assert [str(warning.message) for warning in record] == [
            f"unclosed {kind}, or its client, with 1 connection open"
        ]
        await world.until(lambda: server.open == 0)
        gc.collect()  # no more warnings, of sockets or of pools


async def test_warnings_tell_where_it_was_made(world: World) -> None:

    async def forget(url: str) -> None:
        await abandoned(world, url)
        async with world.client() as client:
            await client.send(client.build_request("GET", url), stream=True)
        gc.collect()

    tracemalloc.start(50)
    try:
        with HTTPServer(route) as server, pytest.warns(ResourceWarning) as record:
            await forget(server.url)
    finally:
        traces = [tracemalloc.get_object_traceback(warning.source) for warning in record]
        tracemalloc.stop()
    assert len(traces) == 2
    for trace in traces:
        assert any(frame.filename == __file__ for frame in trace or ())


async def test_an_unclosed_client_without_open_connections_is_silent(world: World) -> None:
    def closing(request: Request) -> Reply:
        return Reply(headers=[("Connection", "close")], body=b"bye")

    with HTTPServer(closing) as server, warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        world.client()
        await abandoned(world, server.url)
        gc.collect()
        assert record == []


async def test_a_response_outlives_its_client(world: World) -> None:
    """It can be read to its end, and its connection is closed then."""

    async def begin(url: str) -> Any:
        client = world.client()
        return await client.send(client.build_request("GET", url), stream=True)

    with HTTPServer(route) as server:
        with pytest.warns(ResourceWarning, match="with 1 connection open"):
            response = await begin(server.url)
        assert len(await response.aread()) == 200_018
        await world.until(lambda: server.open == 0)


def test_a_transport_that_could_not_be_made() -> None:
    with pytest.raises((ValueError, httpx.InvalidURL)):
        httpx.HTTPTransport(proxy="nonsense://")
    gc.collect()


ITERATIONS = ["aiter_bytes", "aiter_raw", "aiter_text", "aiter_lines"]


@pytest.mark.parametrize("name", ITERATIONS)
@pytest.mark.parametrize("how", ["break", "error", "forgotten"])
@pytest.mark.worlds("asyncio", "uvloop", "trio")
async def test_breaking_out_of_an_iteration_is_silent(world: World, name: str, how: str) -> None:
    with HTTPServer(route) as server:
        async with world.client() as client:
            try:
                async with client.stream("GET", server.url) as response:
                    pieces = getattr(response, name)()
                    async for _ in pieces:
                        if how == "error":
                            raise LookupError
                        break
                    if how == "forgotten":
                        del pieces
                        gc.collect()
            except LookupError:
                assert how == "error"
            gc.collect()
            assert client.pool_stats().active == 0
            assert (await client.get(server.url)).status_code == 200
    gc.collect()
