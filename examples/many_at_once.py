"""Many requests at the same time, but not too many; what fails does not stop the rest.

python examples/many_at_once.py
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import httpx
from server import serve


async def fetch_all(
    client: httpx.AsyncClient, paths: Iterable[str], at_once: int
) -> dict[str, httpx.Response | httpx.HTTPError]:
    """Get every path, at most `at_once` at the same time. A failure is a result, too."""
    turn = asyncio.Semaphore(at_once)

    async def fetch(path: str) -> httpx.Response | httpx.HTTPError:
        async with turn:
            try:
                response = await client.get(path)
                return response.raise_for_status()
            except httpx.HTTPError as exc:
                return exc

    async with asyncio.TaskGroup() as group:
        tasks = {path: group.create_task(fetch(path)) for path in paths}
    return {path: task.result() for path, task in tasks.items()}


async def run(base_url: str) -> None:
    paths = [f"/users/{number}" for number in range(1, 100)] + ["/status/500"]
    # The semaphore makes the queue, so waiting for a connection needs no limit.
    timeout = httpx.Timeout(5, pool=None)
    async with httpx.AsyncClient(base_url=base_url, timeout=timeout) as client:
        results = await fetch_all(client, paths, at_once=10)
    good = [result for result in results.values() if isinstance(result, httpx.Response)]
    print(f"{len(good)} answers over {len({r.headers['x-connection'] for r in good})} connections")
    for path, result in results.items():
        if isinstance(result, httpx.HTTPError):
            print(f"{path}: {str(result).splitlines()[0]}")


def main() -> None:
    with serve() as server:
        asyncio.run(run(server.http))


if __name__ == "__main__":
    main()
