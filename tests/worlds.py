"""The worlds that one test runs in, each behind the same awaitable face."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from httpx._drive import drive

from .servers import PATIENCE

__all__ = ["WORLDS", "World"]


# The default limits, but that nothing idle expires.
PATIENT = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=None)


class World:
    """How to run a coroutine, and which client and backend belong to it."""

    name: str

    def run(self, function: Callable[..., Awaitable[Any]], **arguments: Any) -> Any:
        raise NotImplementedError

    def backend(self) -> Any:
        """A new network backend; call it inside `run`."""
        from httpx._network.detect import current_backend

        return current_backend()

    def client(self, **options: Any) -> Any:
        """An `AsyncClient`, or a `Client` with the same awaitable face.

        Its times are such that none is over on a busy machine, where the test gives no others.
        """
        return httpx.AsyncClient(**{"timeout": PATIENCE, "limits": PATIENT, **options})

    def transport(self, **options: Any) -> Any:
        """The HTTP transport for `client(transport=...)`."""
        return httpx.AsyncHTTPTransport(**{"limits": PATIENT, **options})

    async def gather(self, *functions: Callable[[], Awaitable[Any]]) -> list[Any]:
        """Run functions at the same time (tasks or threads); their results or exceptions."""
        raise NotImplementedError

    async def turn(self) -> None:
        """Let others run: the event loop, or other threads."""
        raise NotImplementedError

    async def until(self, condition: Callable[[], Any], what: str = "") -> None:
        """Let others run until something is the case; it gives up after a minute."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain {what}".rstrip())
            await self.turn()


class BlockingWorld(World):
    name = "blocking"

    def run(self, function: Callable[..., Awaitable[Any]], **arguments: Any) -> Any:
        return drive(function(**arguments))  # type: ignore[arg-type]

    def backend(self) -> Any:
        from httpx._network.blocking import BlockingBackend

        return BlockingBackend()

    def client(self, **options: Any) -> Any:
        options = {"timeout": PATIENCE, "limits": PATIENT, **options}
        return AwaitableClient(httpx.Client(**options))

    def transport(self, **options: Any) -> Any:
        return httpx.HTTPTransport(**{"limits": PATIENT, **options})

    async def gather(self, *functions: Callable[[], Awaitable[Any]]) -> list[Any]:
        results: list[Any] = [None] * len(functions)

        def work(index: int) -> None:
            try:
                results[index] = drive(functions[index]())  # type: ignore[arg-type]
            except BaseException as exc:
                results[index] = exc

        threads = [threading.Thread(target=work, args=(i,)) for i in range(len(functions))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    async def turn(self) -> None:
        time.sleep(0)


class AsyncioWorld(World):
    name = "asyncio"

    def run(self, function: Callable[..., Awaitable[Any]], **arguments: Any) -> Any:
        with asyncio.Runner(loop_factory=self.new_loop) as runner:
            return runner.run(function(**arguments))  # type: ignore[arg-type]

    @staticmethod
    def new_loop() -> asyncio.AbstractEventLoop:
        return asyncio.new_event_loop()

    async def gather(self, *functions: Callable[[], Awaitable[Any]]) -> list[Any]:
        return await asyncio.gather(*[f() for f in functions], return_exceptions=True)

    async def turn(self) -> None:
        await asyncio.sleep(0)


class UvloopWorld(AsyncioWorld):
    name = "uvloop"

    @staticmethod
    def new_loop() -> asyncio.AbstractEventLoop:
        import uvloop

        return uvloop.new_event_loop()


class TrioWorld(World):
    name = "trio"

    def run(self, function: Callable[..., Awaitable[Any]], **arguments: Any) -> Any:
        import trio

        async def main() -> Any:
            return await function(**arguments)

        return trio.run(main)

    async def gather(self, *functions: Callable[[], Awaitable[Any]]) -> list[Any]:
        import trio

        results: list[Any] = [None] * len(functions)

        async def work(index: int) -> None:
            try:
                results[index] = await functions[index]()
            except Exception as exc:
                results[index] = exc

        async with trio.open_nursery() as nursery:
            for index in range(len(functions)):
                nursery.start_soon(work, index)
        return results

    async def turn(self) -> None:
        import trio

        await trio.lowlevel.checkpoint()


class AwaitableClient:
    """A `Client` whose methods are awaitable, so that one test serves all worlds.

    Responses are the client's own, wrapped so that `await response.aread()`, `async for ... in
    response.aiter_bytes()` and the like reach their blocking twins.
    """

    def __init__(self, client: httpx.Client) -> None:
        self.sync = client

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.sync, name)
        if name in {"get", "options", "head", "post", "put", "patch", "delete", "query",
                    "request", "send", "download"}:  # fmt: skip

            async def call(*args: Any, **options: Any) -> AwaitableResponse:
                return AwaitableResponse(value(*args, **options))

            return call
        if name == "stream":
            return lambda *args, **options: AwaitableContext(value(*args, **options))
        return value

    async def aclose(self) -> None:
        self.sync.close()

    async def __aenter__(self) -> AwaitableClient:
        self.sync.__enter__()
        return self

    async def __aexit__(self, *exc_info: Any) -> None:
        self.sync.__exit__(*exc_info)


class AwaitableContext:
    """`client.stream(...)`, awaited."""

    def __init__(self, context: Any) -> None:
        self._context = context

    async def __aenter__(self) -> AwaitableResponse:
        return AwaitableResponse(self._context.__enter__())

    async def __aexit__(self, *exc_info: Any) -> Any:
        return self._context.__exit__(*exc_info)


class AwaitableResponse:
    """A `Response` of a blocking client under the names of an awaited one."""

    def __init__(self, response: httpx.Response) -> None:
        self.sync = response

    def __getattr__(self, name: str) -> Any:
        if name in {"aread", "aclose", "astream_to"}:

            async def call(*args: Any, **options: Any) -> Any:
                return getattr(self.sync, name[1:])(*args, **options)

            return call
        if name.startswith("aiter_"):

            async def iterate(*args: Any, **options: Any) -> Any:
                for item in getattr(self.sync, name[1:])(*args, **options):
                    yield item

            return iterate
        return getattr(self.sync, name)


WORLDS: dict[str, Callable[[], World]] = {
    world.name: world for world in (BlockingWorld, AsyncioWorld, UvloopWorld, TrioWorld)
}
