"""The byte streams: what a body is while it waits to be sent, or to be read.

A stream is a `SyncByteStream`, an `AsyncByteStream`, or both, and may be iterated again wherever
its source allows it: bytes and lists begin anew, files are rewound (`_files.py`), and a generator
raises `StreamConsumed`, with the reason in a note, before it gives a byte.

This room starts no thread and knows no event loop. Whether a *sync* iteration may wait, for a
disk or for somebody's generator, is told by the attribute `blocking`. Under an event loop the
floors above take the async face of a stream, if it has one and is not `blocking`; else they pull
the sync face, in a worker thread if it is `blocking` (streams of other makes count as such).
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from types import GeneratorType
from typing import Any

from ._exceptions import StreamClosed, StreamConsumed
from ._files import CHUNK_SIZE, AsyncFileReader, FileReader, async_read, is_sync_file
from ._files import as_bytes as _as_bytes
from ._files import consumed as _consumed
from ._types import AsyncByteStream, SyncByteStream

__all__ = [
    "ByteStream",
    "UnattachedStream",
    "IteratorByteStream",
    "AsyncIteratorByteStream",
    "DualByteStream",
    "PulledIterator",
    "RunInThread",
    "SourceStream",
    "stream_from",
]

RunInThread = Callable[..., Awaitable[Any]]
"""``await run_in_thread(function, *args)``, as the network's backends have it."""


class ByteStream(AsyncByteStream, SyncByteStream):
    """A body that is in memory: sync and async, given in one chunk, as often as wanted.

    `content` holds its bytes, so that a transport can send head and body in one write.
    """

    __module__ = "httpx"

    blocking = False

    def __init__(self, stream: bytes) -> None:
        self.content = stream

    def __iter__(self) -> Iterator[bytes]:
        return iter((self.content,))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return PulledIterator(iter((self.content,)))


class UnattachedStream(AsyncByteStream, SyncByteStream):
    """In the place of a body that is gone, as in an unpickled message: `StreamClosed`."""

    blocking = False

    def __iter__(self) -> Iterator[bytes]:
        raise StreamClosed()

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise StreamClosed()


class IteratorByteStream(SyncByteStream):
    """A body from an iterable of bytes, or from a file that is open for reading bytes.

    An iterable that is its own iterator (a generator, say), and a file that cannot seek, are
    given once: the second iteration raises `StreamConsumed`. `TypeError` for a chunk that is
    not bytes.
    """

    CHUNK_SIZE = CHUNK_SIZE

    def __init__(self, stream: Iterable[bytes]) -> None:
        if hasattr(stream, "read"):
            stream = FileReader(stream, chunk_size=self.CHUNK_SIZE)
        self._stream = stream
        self._is_stream_consumed = False

    @property
    def blocking(self) -> bool:
        """Whether an iteration may wait: not for sequences and files that are in memory."""
        if isinstance(self._stream, FileReader):
            return self._stream.blocking
        return type(self._stream) not in (list, tuple)

    @property
    def length(self) -> int | None:
        """How many bytes an iteration gives, where that is known: for files that can seek."""
        return self._stream.length if isinstance(self._stream, FileReader) else None

    def check_replay(self) -> None:
        """Raise `StreamConsumed` if one more iteration would not give the whole body."""
        if isinstance(self._stream, FileReader):
            self._stream.check_replay()
        elif self._is_stream_consumed and isinstance(self._stream, Iterator):
            raise _given_once(self._stream)

    def __iter__(self) -> Iterator[bytes]:
        self.check_replay()
        self._is_stream_consumed = True
        try:
            for chunk in self._stream:
                yield chunk if type(chunk) is bytes else _as_bytes(chunk)
        except GeneratorExit:
            # Nobody can go on with it, and the request keeps it alive, with what it holds open.
            if isinstance(self._stream, GeneratorType):
                self._stream.close()
            raise


class AsyncIteratorByteStream(AsyncByteStream):
    """A body from an async iterable of bytes, or from a file whose `read` is awaited.

    Given again, or not, by the rules of `IteratorByteStream`. `aclose()` closes an async
    generator that was left before its end.
    """

    CHUNK_SIZE = CHUNK_SIZE
    blocking = False

    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        if async_read(stream) is not None:
            stream = AsyncFileReader(stream, chunk_size=self.CHUNK_SIZE)
        self._stream = stream
        self._chunks: _AsyncChunks | None = None

    @property
    def length(self) -> int | None:
        """How many bytes an iteration gives, where that is known: for files that wrap a sync
        file which can seek."""
        return self._stream.length if isinstance(self._stream, AsyncFileReader) else None

    def check_replay(self) -> None:
        """Raise `StreamConsumed` if one more iteration would not give the whole body."""
        if isinstance(self._stream, AsyncFileReader):
            self._stream.check_replay()
        elif self._chunks is not None and isinstance(self._stream, AsyncIterator):
            raise _given_once(self._stream)

    def __aiter__(self) -> AsyncIterator[bytes]:
        self.check_replay()
        self._chunks = _AsyncChunks(aiter(self._stream))
        return self._chunks

    async def aclose(self) -> None:
        if self._chunks is not None:
            await self._chunks.aclose()


class DualByteStream(AsyncByteStream, SyncByteStream):
    """A body from an object that is an iterable, or a file, in both worlds."""

    blocking = False  # the async face is there for those who must not wait

    def __init__(self, sync: IteratorByteStream, asynchronous: AsyncIteratorByteStream) -> None:
        self._sync = sync
        self._async = asynchronous
        self.length = sync.length

    def check_replay(self) -> None:
        """Raise `StreamConsumed` if one more iteration would not give the whole body."""
        self._sync.check_replay()
        self._async.check_replay()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._sync)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._async)

    async def aclose(self) -> None:
        await self._async.aclose()


SourceStream = IteratorByteStream | AsyncIteratorByteStream | DualByteStream


def stream_from(source: Any, from_start: bool = False) -> SourceStream | None:
    """The stream of an iterable or a file, of whichever world; `None` for anything else.

    A file gives its bytes from its present position, or from 0 with `from_start`. `TypeError`
    if it is open in text mode.
    """
    sync: IteratorByteStream | None = None
    asynchronous: AsyncIteratorByteStream | None = None
    if async_read(source) is not None:
        asynchronous = AsyncIteratorByteStream(AsyncFileReader(source, from_start))
    elif isinstance(source, AsyncIterable):
        asynchronous = AsyncIteratorByteStream(source)
    if is_sync_file(source):
        sync = IteratorByteStream(FileReader(source, from_start))
    elif isinstance(source, Iterable) and not hasattr(source, "read"):
        sync = IteratorByteStream(source)
    if sync is not None and asynchronous is not None:
        return DualByteStream(sync, asynchronous)
    return sync or asynchronous


class PulledIterator:
    """The async face of a sync iterator, which is pulled in a worker thread if one is given."""

    def __init__(self, iterator: Iterator[bytes], run_in_thread: RunInThread | None = None) -> None:
        self._iterator = iterator
        self._run_in_thread = run_in_thread

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        # StopIteration does not travel through a coroutine, hence the default.
        if self._run_in_thread is None:
            chunk = next(self._iterator, None)
        else:
            chunk = await self._run_in_thread(next, self._iterator, None)
        if chunk is None:
            raise StopAsyncIteration
        return chunk


class _AsyncChunks:
    """One pass over an async iterable. A class, since an async generator of ours that is left
    behind would make trio complain."""

    def __init__(self, iterator: AsyncIterator[bytes]) -> None:
        self._iterator = iterator

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await anext(self._iterator)
        return chunk if type(chunk) is bytes else _as_bytes(chunk)

    async def aclose(self) -> None:
        aclose = getattr(self._iterator, "aclose", None)
        if aclose is not None:
            await aclose()


def _given_once(source: object) -> StreamConsumed:
    return _consumed(f"The body came from {type(source)}, which gives it only once.")
