"""Bodies and files of every kind, for the tests of what sends them."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import httpx


class Pipe:
    """A file that only reads, as a socket's or a child process's."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError("a file is read in chunks, not in lines")


class AsyncPipe:
    """A reader as aiohttp has it: `read` is awaited, and nothing seeks."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    async def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise AssertionError("a file is read in chunks, not in lines")


class AsyncFile(AsyncPipe):
    """A file as aiofiles has it: what waits is awaited, `fileno` is not."""

    def __init__(self, data: bytes, fileno: int | None = None) -> None:
        super().__init__(data)
        self._fileno = fileno

    def fileno(self) -> int:
        if self._fileno is None:
            raise io.UnsupportedOperation
        return self._fileno

    async def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    async def tell(self) -> int:
        return self._file.tell()


class Upload:
    """A file as Starlette gives one that it received: `read` is awaited, `file` is sync."""

    def __init__(self, data: bytes) -> None:
        self.file = io.BytesIO(data)

    async def read(self, size: int = -1) -> bytes:
        return self.file.read(size)

    async def seek(self, offset: int) -> None:
        self.file.seek(offset)


class Both:
    """An iterable of bytes in both worlds."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"sync"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"async"


def generator(*chunks: Any) -> Iterator[Any]:
    yield from chunks


async def async_generator(*chunks: Any) -> AsyncIterator[Any]:
    for chunk in chunks:
        yield chunk


async def collect(stream: Any) -> bytes:
    """All that an async iteration gives."""
    return b"".join([chunk async for chunk in stream])


def assert_consumed(error: pytest.ExceptionInfo[httpx.StreamConsumed], reason: str) -> None:
    """The exception says why the body cannot be sent again."""
    assert reason in error.value.__notes__[0]
