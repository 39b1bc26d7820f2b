"""What one warm GET costs in this library itself, layer by layer, without system calls.

    python benchmarks/path.py [--profile] [--requests N]

The wire is a stream in memory that answers at once, so what is measured is Python of ours (and
h11's, with the fast lane off). Each row is the median of several rounds, in microseconds, with the
function calls that a profiler counts; the budget beside it is DESIGN's. Machines are shared and
noisy: compare rows of one run, not runs.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from httpx._connections.messages import RequestMessage, Timeouts
from httpx._connections.pool import Pool
from httpx._connections.routes import Route
from httpx._drive import drive
from httpx._protocols.http1 import HTTP1Codec

URL = "http://127.0.0.1:8000/path"
BODY = b"x" * 72
RESPONSE = (
    b"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sun, 22 Nov 2026 20:00:00 GMT\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 72\r\nConnection: keep-alive\r\n"
    b'Last-Modified: Sun, 22 Nov 2026 20:00:00 GMT\r\nETag: "5f-48"\r\n'
    b"Accept-Ranges: bytes\r\n\r\n" + BODY
)
ROUNDS = 7


class MemoryStream:
    """A wire that takes everything and always has one response."""

    peer = "memory"
    on_idle_close = None

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        return RESPONSE

    def write_nowait(self, data: Any) -> int:
        return len(data)

    def is_readable(self) -> bool:
        return False

    def get_extra_info(self, name: str) -> Any:
        return None

    def close(self) -> None:
        pass


class MemoryBackend:
    """Connects to memory."""

    name = "memory"

    async def connect_tcp(self, *args: Any, **options: Any) -> MemoryStream:
        return MemoryStream()

    def at_end(self, function: Callable[[], None]) -> Callable[[], None]:
        return function

    def is_current(self) -> bool:
        return True


def in_memory(transport: Any) -> Any:
    """Put the memory below a transport."""
    transport._pool._find_backend = MemoryBackend
    return transport


def sync_layers() -> dict[str, Callable[[], object]]:
    client = httpx.Client(transport=in_memory(httpx.HTTPTransport()))
    mocked = httpx.Client(transport=Canned())
    transport = client._transport
    request = client.build_request("GET", URL)
    pool: Pool = transport._pool  # type: ignore[attr-defined]
    codec = HTTP1Codec()
    engine = HTTP1Codec(fast=False)
    headers = request.headers.raw
    route = Route("http", "127.0.0.1", 8000)

    def cycle(codec: HTTP1Codec) -> None:
        codec.start(b"GET", b"/path", headers)
        codec.finish()
        codec.receive(RESPONSE)
        for _ in range(3):
            codec.next_event()

    async def exchange() -> bytes:
        message = RequestMessage(b"GET", b"/path", headers, None, Timeouts({"read": 5}))
        response = await pool.send(message, route)
        return await response.body.read_all()

    return {
        "URL": lambda: httpx.URL(URL),
        "build request": lambda: client.build_request("GET", URL),
        "flow, over a canned transport": lambda: mocked.send(request),
        "codec, fast lane": lambda: cycle(codec),
        "codec, h11": lambda: cycle(engine),
        "codec and pool": lambda: drive(exchange()),
        "transport and read": lambda: transport.handle_request(request).read(),
        "client.get, in all": lambda: client.get(URL),
    }


class Canned(httpx.BaseTransport):
    """Answers at once: what is left is the flow and the façade."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=BODY)


BUDGET = {"build request": 16, "codec, fast lane": 12, "client.get, in all": 58}


def measure(step: Callable[[], object], count: int) -> float:
    """Microseconds of one call: the median of the rounds."""
    step()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(count):
            step()
        times.append((time.perf_counter() - start) / count * 1e6)
    return statistics.median(times)


def calls(step: Callable[[], object]) -> int:
    """Function calls of one step, as a profiler counts them."""
    step()
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(10):
        step()
    profile.disable()
    return (pstats.Stats(profile).total_calls - 1) // 10  # type: ignore[attr-defined]


async def measure_async(step: Callable[[], Awaitable[object]], count: int) -> float:
    """The same, awaited."""
    await step()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(count):
            await step()
        times.append((time.perf_counter() - start) / count * 1e6)
    return statistics.median(times)


async def async_total(count: int) -> float:
    async with httpx.AsyncClient(transport=in_memory(httpx.AsyncHTTPTransport())) as client:
        return await measure_async(lambda: client.get(URL), count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=1000, help="in each round")
    parser.add_argument("--profile", action="store_true", help="show where client.get spends it")
    arguments = parser.parse_args()
    layers = sync_layers()
    if arguments.profile:
        profile = cProfile.Profile()
        step = layers["client.get, in all"]
        step()
        profile.enable()
        for _ in range(arguments.requests):
            step()
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
        return
    print(f"{'layer':<32}{'µs':>8}{'calls':>8}{'budget':>8}")
    for name, step in layers.items():
        took = measure(step, arguments.requests)
        print(f"{name:<32}{took:>8.1f}{calls(step):>8}{BUDGET.get(name, ''):>8}")
    took = asyncio.run(async_total(arguments.requests))
    print(f"{'await client.get, in all':<32}{took:>8.1f}{'':>8}{BUDGET['client.get, in all']:>8}")


if __name__ == "__main__":
    main()
