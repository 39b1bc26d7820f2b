"""A large file to a server, with its progress: as the body itself, and as a file of a form.

python examples/upload.py
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx
from server import serve

__all__ = ["Watched", "upload", "upload_form"]

Progress = Callable[[int, int], object]


def show(sent: int, total: int) -> None:
    end = "\n" if sent == total else ""
    print(f"\r{sent:>12,} of {total:,} bytes", end=end, file=sys.stderr)


class Watched(io.BufferedReader):
    """A file, opened for reading, that tells how far it has been read.

    It is a file like any other: its size is known, so that the request has a `Content-Length`, and
    a redirect or a challenge can have it from its beginning again.
    """

    def __init__(self, path: Path, progress: Progress) -> None:
        super().__init__(io.FileIO(path))
        self._progress = progress
        self._size = path.stat().st_size

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        if data:
            self._progress(self.tell(), self._size)
        return data


def upload(client: httpx.Client, url: str, path: Path) -> httpx.Response:
    """PUT a file; a server that takes nothing is given up after 30 seconds."""
    timeout = httpx.Timeout(10, write=30, read=60)
    with Watched(path, show) as file:
        return client.put(url, content=file, timeout=timeout).raise_for_status()


async def upload_form(client: httpx.AsyncClient, url: str, path: Path) -> httpx.Response:
    """The same as a browser's form, from a loop: the file is read in a worker thread."""
    with Watched(path, show) as file:
        files = {"film": (path.name, file, "video/webm")}
        response = await client.post(url, files=files, data={"title": "A film"})
        return response.raise_for_status()


async def run(base_url: str, path: Path) -> None:
    async with httpx.AsyncClient(base_url=base_url) as client:
        print("form:", (await upload_form(client, "/echo", path)).json())


def main() -> None:
    with serve() as server, tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "film.webm")
        path.write_bytes(bytes(1_000_000))
        with httpx.Client(base_url=server.http) as client:
            print("body:", upload(client, "/echo", path).json())
        asyncio.run(run(server.http, path))


if __name__ == "__main__":
    main()
