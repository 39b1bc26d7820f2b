"""One `AsyncClient` in several event loops, and loops that end (USERS.md 22)."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest

import httpx
from tests.servers import HTTPServer, Request
from tests.worlds import WORLDS, World

pytestmark = pytest.mark.worlds("asyncio", "uvloop", "trio")


def number(request: Request) -> str:
    return str(request.conn.number)


def test_a_client_in_two_event_loops(world: World) -> None:
    client = httpx.AsyncClient()
    with HTTPServer(number) as server:

        async def get() -> str:
            return (await client.get(server.url)).text

        assert world.run(get) == "0"
        server.wait_for(lambda: server.open == 0, "for the end of the first loop")
        assert world.run(get) == "1"
        server.wait_for(lambda: server.open == 0)
    gc.collect()


def test_a_client_in_loops_of_different_kinds() -> None:
    client = httpx.AsyncClient()
    with HTTPServer(number) as server:

        async def get() -> str:
            return (await client.get(server.url)).text

        for index, name in enumerate(["asyncio", "trio", "asyncio"]):
            assert WORLDS[name]().run(get) == str(index)


def test_a_loop_ends_with_a_connection_in_use(world: World) -> None:
    """What was being read is closed, and the client can be used in the next loop."""
    client = httpx.AsyncClient()
    kept: list[Any] = []
    with HTTPServer(lambda request: b"x" * 1_000_000) as server:

        async def begin() -> None:
            request = client.build_request("GET", server.url)
            kept.append(await client.send(request, stream=True))

        async def get() -> int:
            return (await client.get(server.url)).status_code

        world.run(begin)
        server.wait_for(lambda: server.open == 0)
        assert world.run(get) == 200
        world.run(kept.pop().aclose)
    gc.collect()


def test_a_loop_ends_while_a_request_waits_in_the_queue() -> None:
    """It is cancelled, as every task is by `asyncio.run`."""
    client = httpx.AsyncClient(limits=httpx.Limits(max_connections=1))
    tasks: list[asyncio.Task[Any]] = []
    with HTTPServer(lambda request: b"x" * 1_000_000) as server:

        async def main() -> None:
            request = client.build_request("GET", server.url)
            response = await client.send(request, stream=True)
            tasks.append(asyncio.create_task(client.get(server.url)))
            while not client.pool_stats().waiting:
                await asyncio.sleep(0)
            await response.aclose()

        asyncio.run(main())
        assert tasks[0].cancelled()
        stats = client.pool_stats()
        assert (stats.active, stats.waiting, stats.connecting) == (0, 0, 0)
        server.wait_for(lambda: server.open == 0)
    gc.collect()


def test_the_pool_keeps_no_client_alive_until_the_loop_ends(world: World) -> None:
    """What waits for the loop's end holds the pool weakly, and is taken back silently."""
    with HTTPServer(number) as server:

        async def main() -> None:
            for _ in range(3):
                async with httpx.AsyncClient() as client:
                    await client.get(server.url)
                del client
                gc.collect()

        world.run(main)
    gc.collect()


def test_a_closed_client_is_not_closed_again_by_the_loop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    closes: list[int] = []
    with HTTPServer(number) as server:

        async def main() -> None:
            async with httpx.AsyncClient() as client:
                await client.get(server.url)
                pool = client._transport._pool
            close = pool.close
            monkeypatch.setattr(type(pool), "close", lambda self: closes.append(1) or close())

        world.run(main)
    assert closes == []


def test_a_loop_in_another_thread_may_use_the_client_next(world: World) -> None:
    client = httpx.AsyncClient()
    texts: list[str] = []
    with HTTPServer(number) as server:

        async def get() -> None:
            texts.append((await client.get(server.url)).text)

        world.run(get)
        thread = threading.Thread(target=world.run, args=(get,))
        thread.start()
        thread.join()
    assert texts == ["0", "1"]
