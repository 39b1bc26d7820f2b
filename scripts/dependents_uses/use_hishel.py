"""hishel: a cache around a transport, sync and async."""

import asyncio
import importlib.metadata
import tempfile
from pathlib import Path

from hishel import AsyncSqliteStorage, SqliteStorage
from hishel.httpx import AsyncCacheTransport, CacheTransport

import httpx

calls = []


def answer(request: httpx.Request) -> httpx.Response:
    calls.append(request.url.path)
    return httpx.Response(200, headers={"Cache-Control": "max-age=100"}, text="cached")


async def main(path: Path) -> None:
    transport = AsyncCacheTransport(
        httpx.MockTransport(answer), AsyncSqliteStorage(database_path=path), rfc=True
    )
    async with httpx.AsyncClient(transport=transport) as client:
        for _ in range(3):
            assert (await client.get("http://example.org/b")).text == "cached"


with tempfile.TemporaryDirectory() as folder:
    transport = CacheTransport(
        httpx.MockTransport(answer), SqliteStorage(database_path=Path(folder, "a.db")), rfc=True
    )
    with httpx.Client(transport=transport) as client:
        for _ in range(3):
            assert client.get("http://example.org/a").text == "cached"
    asyncio.run(main(Path(folder, "b.db")))
assert calls == ["/a", "/b"]
print(f"hishel {importlib.metadata.version('hishel')}: one answer for three requests, twice")
