"""No more requests a second than an API allows, for tasks and for threads.

    python examples/rate_limit.py

Each request is given the next free moment (a "leaky bucket"). What is paced is the start; how many
are under way at the same time is `httpx.Limits`' business.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
from server import serve

__all__ = ["AsyncPaced", "Paced", "Pace"]


class Pace:
    """Hands out moments.

    Args:
        per_second: how many.
        burst: how many of them at once, after a pause.
        clock: seconds from any beginning.
    """

    def __init__(
        self, per_second: float, burst: int = 1, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.interval = 1 / per_second
        self.ahead = (burst - 1) * self.interval
        self.clock = clock
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> float:
        """Seconds until one may start. Held for no longer than it takes to count."""
        with self._lock:
            now = self.clock()
            mine = max(self._next, now - self.ahead)
            self._next = mine + self.interval
            return max(0.0, mine - now)


class Paced(httpx.BaseTransport):
    """Sends through another transport, at a pace."""

    def __init__(self, transport: httpx.BaseTransport, pace: Pace) -> None:
        self.transport, self.pace = transport, pace

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        time.sleep(self.pace.wait())
        return self.transport.handle_request(request)

    def close(self) -> None:
        self.transport.close()


class AsyncPaced(httpx.AsyncBaseTransport):
    """The same for an `AsyncClient`."""

    def __init__(self, transport: httpx.AsyncBaseTransport, pace: Pace) -> None:
        self.transport, self.pace = transport, pace

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(self.pace.wait())
        return await self.transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self.transport.aclose()


async def run(base_url: str) -> int:
    transport = AsyncPaced(httpx.AsyncHTTPTransport(), Pace(per_second=50))
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        return len(await asyncio.gather(*(client.get(f"/users/{n}") for n in range(10))))


def main() -> None:
    with serve() as server:
        start = time.perf_counter()
        count = asyncio.run(run(server.http))
        print(f"tasks: {count} requests in {time.perf_counter() - start:.2f} s")

        transport = Paced(httpx.HTTPTransport(), Pace(per_second=50, burst=5))
        start = time.perf_counter()
        with (
            httpx.Client(transport=transport, base_url=server.http) as client,
            ThreadPoolExecutor(10) as threads,
        ):
            count = len(list(threads.map(client.get, [f"/users/{n}" for n in range(10)])))
        print(f"threads, 5 at once: {count} requests in {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
