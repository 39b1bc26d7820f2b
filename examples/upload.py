"""A large file to a server, with its progress: as the body itself, and as a file of a form.

python examples/upload.py
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import httpx
from server import serve

__all__ = ["Watched", "upload", "upload_form"]

Progress = Callable[[int, int], object]


def show(sent: int, total: int) -> None:
    end = "\n" if sent == total else ""
    print(f"\r{sent:>12,} of {total:,} bytes", end=end, file=sys.stderr)


class Watched:
    """A file that tells how far it has been read.

    It can be asked for its size and set back, so that the request has a `Content-Length`, and a
    redirect or a challenge can have it again.
    """

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self.file, self.progress = file, progress
        self.name = file.name
        self.total = os.fstat(file.fileno()).st_size

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        if data:
            self.progress(self.file.tell(), self.total)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.file.fileno()

    def __iter__(self) -> Watched:
        return self

    def __next__(self) -> bytes:
        if data := self.read(65536):
            return data
        raise StopIteration


def upload(client: httpx.Client, url: str, path: Path) -> httpx.Response:
    """PUT a file; a server that takes nothing is given up after 30 seconds."""
    with path.open("rb") as file:
        content = Watched(file, show)
        timeout = httpx.Timeout(10, write=30, read=60)
        return client.put(url, content=content, timeout=timeout).raise_for_status()


async def upload_form(client: httpx.AsyncClient, url: str, path: Path) -> httpx.Response:
    """The same as a browser's form, from a loop: the file is read in a worker thread."""
    with path.open("rb") as file:
        files = {"film": (path.name, Watched(file, show), "video/webm")}
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
