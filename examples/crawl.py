"""Many pages, found while crawling, in bounded memory: a few workers and a bounded queue.

    python examples/crawl.py

What is held: the addresses seen, at most `BACKLOG` that wait, and a page for each worker. Pages are
read as they come and cut off at `LARGEST`; one host is not asked by more than `WORKERS` at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from html.parser import HTMLParser

import httpx
from server import serve

__all__ = ["Crawl"]

WORKERS = 8
BACKLOG = 1000
LARGEST = 1_000_000


class Links(HTMLParser):
    """The targets of a page's links, fed piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


class Crawl:
    """All pages of one origin that can be reached from a first one.

    Args:
        client: what asks.
        start: the first page.
        most: how many pages are visited at most.

    Attributes:
        visited: pages read.
        failed: addresses that could not be read, and why.
        dropped: addresses found while too many were waiting.
    """

    def __init__(self, client: httpx.AsyncClient, start: str, most: int = 10_000) -> None:
        self.client, self.start, self.most = client, httpx.URL(start), most
        self.visited = self.dropped = 0
        self.failed: dict[str, str] = {}
        self._seen = {str(self.start)}
        self._queue: asyncio.Queue[httpx.URL] = asyncio.Queue(BACKLOG)

    async def run(self) -> None:
        self._queue.put_nowait(self.start)
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self._work()) for _ in range(WORKERS)]
            await self._queue.join()
            for worker in workers:
                worker.cancel()

    async def _work(self) -> None:
        while True:
            url = await self._queue.get()
            try:
                async for link in self._links(url):
                    self._consider(url, link)
                self.visited += 1
            except httpx.HTTPError as exc:
                self.failed[str(url)] = str(exc).splitlines()[0]
            finally:
                self._queue.task_done()

    async def _links(self, url: httpx.URL) -> AsyncIterator[str]:
        parser, size = Links(), 0
        async with self.client.stream("GET", url) as response:
            response.raise_for_status()
            if not response.headers.get("Content-Type", "").startswith("text/html"):
                return  # leaving the block closes it unread
            async for text in response.aiter_text():
                parser.feed(text)
                for link in parser.found:
                    yield link
                parser.found.clear()
                size += len(text)
                if size > LARGEST:
                    return

    def _consider(self, page: httpx.URL, link: str) -> None:
        try:
            url = page.join(link).copy_with(fragment=None)
            is_ours = url.origin == self.start.origin
        except (httpx.InvalidURL, ValueError):  # no URL, or none of a server, like mailto:
            return
        if not is_ours or str(url) in self._seen:
            return
        if len(self._seen) >= self.most or self._queue.full():
            self.dropped += 1
            return
        self._seen.add(str(url))
        self._queue.put_nowait(url)


async def run(base_url: str) -> None:
    timeout = httpx.Timeout(5, total=30)  # a page that drips is given up
    async with httpx.AsyncClient(timeout=timeout) as client:
        crawl = Crawl(client, f"{base_url}/pages/1")
        await crawl.run()
    print(f"{crawl.visited} pages, {len(crawl.failed)} failed, {crawl.dropped} dropped")


def main() -> None:
    with serve() as server:
        asyncio.run(run(server.http))


if __name__ == "__main__":
    main()
