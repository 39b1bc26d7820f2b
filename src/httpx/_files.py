"""Files as bodies: measured once, read in chunks, rewound for every replay.

A file counts from the position it has when its reader is made, or from 0 with `from_start`. Its
length is what lies between there and its end, found by seeking; it stays unknown (`None`) for
what cannot seek, and where seeking would mean to decompress the whole file. A file that cannot
seek is given once; then `StreamConsumed` says so.

Only an iteration reads, so that the floors above can run it in a worker thread; this room itself
knows neither threads nor event loops. It never closes a file that a program opened, and does not
compare what it reads with what it measured: framing a body is the protocol's business.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import Any

from ._exceptions import StreamConsumed

__all__ = [
    "CHUNK_SIZE",
    "AsyncFileReader",
    "FileReader",
    "as_bytes",
    "async_read",
    "consumed",
    "is_sync_file",
]

CHUNK_SIZE = 65_536

# The modules whose files decompress all they hold when asked to seek to their end.
_DECOMPRESSING = frozenset({"bz2", "compression", "gzip", "lzma", "zipfile"})
_CANNOT_SEEK = (AttributeError, NotImplementedError, OSError)


def as_bytes(chunk: Any) -> bytes:
    """A chunk that is not exactly `bytes`: copied where it can be, else `TypeError`."""
    if isinstance(chunk, (bytes, bytearray, memoryview)):
        return bytes(chunk)
    hint = " (open files in binary mode, encode text)" if isinstance(chunk, str) else ""
    raise TypeError(f"A body consists of bytes, but its source gave {type(chunk)}{hint}.")


def consumed(reason: str) -> StreamConsumed:
    """The exception for a body that cannot be sent again, with the reason in a note."""
    error = StreamConsumed()
    error.add_note(reason)
    return error


def is_sync_file(source: Any) -> bool:
    """Whether `source` has a `read` that gives bytes, not an awaitable."""
    read = getattr(source, "read", None)
    if read is None or (isinstance(source, AsyncIterable) and not isinstance(source, Iterable)):
        return False
    return not _is_coroutine_function(read)


def async_read(source: Any) -> Callable[[int], Awaitable[bytes]] | None:
    """The method that reads from an async file (of anyio, trio, aiofiles; an upload that
    Starlette received; a reader of aiohttp), or `None` if `source` is no such file."""
    read = getattr(source, "read", None)
    if isinstance(source, AsyncIterable):
        if hasattr(source, "aread"):
            return source.aread  # type: ignore[no-any-return]
        if read is not None and not isinstance(source, Iterable):
            return read  # type: ignore[no-any-return]
    elif not hasattr(source, "seek"):
        return None
    return read if _is_coroutine_function(read) else None


def _is_coroutine_function(function: Any) -> bool:
    from inspect import iscoroutinefunction  # takes 5 ms to import

    return iscoroutinefunction(function)


class FileReader:
    """The bytes of a sync file, as an iterable that rewinds.

    `start` is where it begins (`None`: the file cannot seek), `length` how many bytes follow
    (`None`: unknown). Reading raises `TypeError` if the file is open in text mode.
    """

    def __init__(self, file: Any, from_start: bool = False, chunk_size: int = CHUNK_SIZE) -> None:
        self.file = file
        self.chunk_size = chunk_size
        self.start, self.length = _measure(file, from_start)
        self._is_started = False

    @property
    def blocking(self) -> bool:
        """Whether reading may wait for a disk or a pipe."""
        return not isinstance(self.file, io.BytesIO)

    def check_replay(self) -> None:
        """Raise `StreamConsumed` if one more iteration would not give the whole file."""
        if self._is_started and self.start is None:
            raise _cannot_rewind(self.file)

    def __iter__(self) -> Iterator[bytes]:
        self.check_replay()
        self._is_started = True
        if self.start is not None:
            self.file.seek(self.start)
        while True:
            chunk = self.file.read(self.chunk_size)
            if type(chunk) is not bytes:
                chunk = as_bytes(chunk)
            if not chunk:
                return
            yield chunk


class AsyncFileReader:
    """The bytes of an async file, as an async iterable that rewinds.

    `length` is known only where it can be had without waiting: from the sync file that the
    file wraps (``.wrapped`` or ``.file``), or, for a file that is sent from its start, from
    its descriptor.
    """

    def __init__(self, file: Any, from_start: bool = False, chunk_size: int = CHUNK_SIZE) -> None:
        read = async_read(file)
        if read is None:
            raise TypeError(f"{type(file)} is not an async file.")
        self.file = file
        self.read_some = read
        self.chunk_size = chunk_size
        self.from_start = from_start
        self.start, self.length = _measure_async(file, from_start)
        self._is_started = False

    def check_replay(self) -> None:
        """Raise `StreamConsumed` if one more iteration would not give the whole file."""
        if self._is_started and self.start is None:
            raise _cannot_rewind(self.file)

    async def rewind(self) -> None:
        """Go to where the body starts. `StreamConsumed` if that is not possible any more."""
        self.check_replay()
        try:
            if self.start is None:
                self.start = 0 if self.from_start else await self.file.tell()
            await self.file.seek(self.start)
        except _CANNOT_SEEK:
            self.start = None
        self._is_started = True

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _AsyncFileChunks(self)


class _AsyncFileChunks:
    """One pass over an async file. A class, since an async generator that is left behind
    makes trio complain."""

    def __init__(self, reader: AsyncFileReader) -> None:
        self._reader = reader
        self._is_rewound = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._is_rewound:
            await self._reader.rewind()
            self._is_rewound = True
        chunk = as_bytes(await self._reader.read_some(self._reader.chunk_size))
        if not chunk:
            raise StopAsyncIteration
        return chunk


def _cannot_rewind(file: Any) -> StreamConsumed:
    return consumed(f"The body came from {type(file)}, which cannot seek back to its start.")


def _measure(file: Any, from_start: bool) -> tuple[int | None, int | None]:
    """Where the body of a file starts, and its length."""
    try:
        if hasattr(file, "seekable") and not file.seekable():
            return None, None
        position = file.tell()
        start = 0 if from_start else position
        if any(c.__module__.partition(".")[0] in _DECOMPRESSING for c in type(file).__mro__):
            return start, None
        end = _end_of(file)
        file.seek(position)
    except _CANNOT_SEEK:
        return None, None
    return start, None if end is None else max(end - start, 0)


def _end_of(file: Any) -> int | None:
    try:
        file.seek(0, os.SEEK_END)
    except (OSError, TypeError, ValueError):  # some, as in /proc, seek only from their start
        return None
    return file.tell()  # type: ignore[no-any-return]


def _measure_async(file: Any, from_start: bool) -> tuple[int | None, int | None]:
    """As `_measure`, without waiting: from what the file wraps, or else its descriptor."""
    for name in ("wrapped", "file"):
        wrapped = getattr(file, name, None)
        if is_sync_file(wrapped):
            return _measure(wrapped, from_start)
    if from_start:
        try:
            status = os.fstat(file.fileno())
        except (*_CANNOT_SEEK, TypeError):
            return None, None
        if stat.S_ISREG(status.st_mode):
            return 0, status.st_size
    return None, None
