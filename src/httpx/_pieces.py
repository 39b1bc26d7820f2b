"""How a body that arrives in chunks is handed out: as bytes, text or lines.

`Pipeline` is the rule, without I/O: raw chunks go in, pieces come out, lazily, so that a small
chunk that expands to a large one is never held expanded. `iterate` and `AsyncPieces` are its two
thin faces: one pulls chunks from a blocking stream, one from an awaiting one.

What was received before a fault is handed out before the fault is raised. A line without its end
is not: nobody could tell it from a whole one. A body that does not decode, or is too large,
closes its stream and is the last one of its connection.

Breaking out early closes nothing; `Response.close()` does. `AsyncPieces` is a class, not an
async generator, since an abandoned async generator is an error under trio.
"""

from __future__ import annotations

import itertools
import typing
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

from ._decoders import (
    ByteChunker,
    ContentDecoder,
    LineDecoder,
    RecordDecoder,
    TextChunker,
    TextDecoder,
)
from ._exceptions import DecodingError, ResponseTooLarge, StreamConsumed
from ._saving import content_length

if typing.TYPE_CHECKING:
    from ._response import Response

__all__ = [
    "UNUSABLE",
    "AsyncPieces",
    "Pipeline",
    "SizeLimit",
    "bytes_pipeline",
    "iterate",
    "lines_pipeline",
    "raw_pipeline",
    "records_pipeline",
    "text_pipeline",
]

UNUSABLE = (DecodingError, ResponseTooLarge)
"""What is wrong with a body although its connection is not."""

T = typing.TypeVar("T", bytes, str)


class Stage(typing.Protocol):
    """One step of a pipeline: something that cuts to size, or a decoder in a stage of its own."""

    def decode(self, data: typing.Any, /) -> Iterable[typing.Any]: ...

    def flush(self) -> Iterable[typing.Any]: ...


class DecodingStage:
    """The step that undoes the content codings."""

    def __init__(self, decoder: ContentDecoder) -> None:
        self.decode = decoder.pieces
        self.flush = decoder.rest


class TextStage:
    """The step from bytes to text."""

    def __init__(self, encoding: str) -> None:
        self._decoder = TextDecoder(encoding)

    def decode(self, data: bytes) -> tuple[str]:
        """The text that is complete with `data`; it may be empty."""
        return (self._decoder.decode(data),)

    def flush(self) -> tuple[str]:
        """What a sequence that was cut short stands for."""
        return (self._decoder.flush(),)


class SizeLimit:
    """The step that lets `limit` bytes pass, and raises `ResponseTooLarge` for more; at once if
    `expected`, what is announced, is more."""

    def __init__(self, limit: int, expected: int | None) -> None:
        self._limit = limit
        self._expected = expected
        self._left = limit

    def decode(self, data: bytes) -> Iterator[bytes]:
        """What of `data` is allowed."""
        if self._expected is not None and self._expected > self._limit:
            raise self._too_large(f", as its Content-Length of {self._expected} says")
        allowed = data[: self._left]
        if allowed:
            yield allowed
        self._left -= len(allowed)
        if len(allowed) < len(data):
            raise self._too_large("")

    def flush(self) -> Iterable[bytes]:
        """Nothing is held."""
        return ()

    def _too_large(self, detail: str) -> ResponseTooLarge:
        return ResponseTooLarge(
            f"The body is larger than max_response_size, which is {self._limit} bytes{detail}."
        )


class Pipeline(typing.Generic[T]):
    """The steps from raw chunks to the pieces that the user asked for.

    `held_back` is the last step where that is one that holds received data back only to cut it
    to size: what it holds goes out even if the body breaks off.
    """

    def __init__(self, stages: list[Stage], held_back: Stage | None = None) -> None:
        self._stages = stages
        self._held_back = held_back

    def feed(self, chunk: bytes) -> Iterator[T]:
        """The pieces that a chunk completes."""
        return _through(self._stages, (chunk,) if chunk else ())

    def finish(self) -> Iterator[T]:
        """The pieces that are left when the body is complete."""
        for index, stage in enumerate(self._stages):
            yield from _through(self._stages[index + 1 :], stage.flush())

    def break_off(self) -> Iterable[T]:
        """The pieces that are left when the body is not."""
        return () if self._held_back is None else self._held_back.flush()


def _through(stages: list[Stage], data: Iterable[typing.Any]) -> Iterator[typing.Any]:
    """Lazily through one step after the other; by iterators of C, half the price of generators
    where chunks are small."""
    for stage in stages:
        data = itertools.chain.from_iterable(map(stage.decode, data))
    return iter(data)


def raw_pipeline(response: Response, chunk_size: int | None) -> Pipeline[bytes]:
    """The body as it travels."""
    if hasattr(response, "_content"):
        raise StreamConsumed()
    return _cut(_limit(response, counts_raw=True), chunk_size)


def bytes_pipeline(response: Response, chunk_size: int | None) -> Pipeline[bytes]:
    """The body, decoded."""
    return _cut(_decoding(response), chunk_size)


def text_pipeline(response: Response, chunk_size: int | None) -> Pipeline[str]:
    """The body as text."""
    chunker = TextChunker(chunk_size)
    return Pipeline([*_decoding(response), _text(response), chunker], held_back=chunker)


def lines_pipeline(response: Response) -> Pipeline[str]:
    """The body's lines."""
    return Pipeline([*_decoding(response), _text(response), LineDecoder()])


def records_pipeline(response: Response) -> Pipeline[str]:
    """The body's records, one a line."""
    return Pipeline([*_decoding(response), _text(response), RecordDecoder()])


def _cut(stages: list[Stage], chunk_size: int | None) -> Pipeline[bytes]:
    """With a step more that cuts to size, and drops what is empty; as a rule with none at all."""
    if chunk_size is None and not stages:
        return Pipeline([])
    chunker = ByteChunker(chunk_size)
    return Pipeline([*stages, chunker], held_back=chunker)


def _text(response: Response) -> TextStage:
    return TextStage(response.encoding or "utf-8")


def _decoding(response: Response) -> list[Stage]:
    """The content decoder and the limit, unless there is none or the body is loaded."""
    if hasattr(response, "_content"):
        return []
    decoder = response._get_content_decoder()
    if decoder is None:
        return _limit(response, counts_raw=True)
    response._tell_stream("hold")
    return [DecodingStage(decoder), *_limit(response, counts_raw=False)]


def _limit(response: Response, counts_raw: bool) -> list[Stage]:
    """The step that counts what is given out, where there is a limit to it."""
    limit = response.extensions.get("max_response_size")
    if limit is None:
        return []
    return [SizeLimit(limit, content_length(response) if counts_raw else None)]


def iterate(response: Response, prepare: Callable[[], Pipeline[T]]) -> Iterator[T]:
    """The pieces of a body that a blocking stream gives, or that is loaded."""
    pipeline: Pipeline[T] = Pipeline([])
    try:
        pipeline = prepare()
        if hasattr(response, "_content"):
            yield from pipeline.feed(response._content)
        else:
            for chunk in response._take_sync_stream():
                response._num_bytes_downloaded += len(chunk)
                yield from pipeline.feed(chunk)
        rest = list(pipeline.finish())  # it may find the body cut short: not closed before that
        response.close()
        yield from rest
    except Exception as exc:
        response._note_fault(exc)
        if isinstance(exc, UNUSABLE):
            response._tell_stream("spoil")
            response.close()
        yield from pipeline.break_off()
        raise


class AsyncPieces(typing.Generic[T]):
    """The pieces of a body that an awaiting stream gives, or that is loaded."""

    __slots__ = ("_chunks", "_done", "_fault", "_pipeline", "_prepare", "_ready", "_response")

    def __init__(self, response: Response, prepare: Callable[[], Pipeline[T]]) -> None:
        self._response = response
        self._prepare: Callable[[], Pipeline[T]] = prepare
        self._pipeline: Pipeline[T] = Pipeline([])
        self._chunks: AsyncIterator[bytes] | None = None
        self._ready: Iterator[T] = iter(())
        self._fault: Exception | None = None
        self._done = False

    def __aiter__(self) -> AsyncPieces[T]:
        return self

    async def __anext__(self) -> T:
        while True:
            try:
                for piece in self._ready:
                    return piece
                if not self._done:
                    await self._advance()
                    continue
            except Exception as exc:
                await self._break_off(exc)
                continue
            if self._fault is not None:
                try:
                    raise self._fault
                finally:
                    self._fault = None  # or it would refer to itself, through its traceback
            raise StopAsyncIteration

    async def aclose(self) -> None:
        """Give no more pieces. The response stays as it is."""
        self._done = True
        self._ready = iter(())

    async def _advance(self) -> None:
        """Have the next pieces ready."""
        response = self._response
        if self._chunks is None:
            pipeline = self._pipeline = self._prepare()
            if hasattr(response, "_content"):
                self._done = True
                self._ready = itertools.chain(pipeline.feed(response._content), pipeline.finish())
                return
            self._chunks = response._take_async_chunks()
        try:
            chunk = await self._chunks.__anext__()
        except StopAsyncIteration:
            self._done = True
            rest = list(self._pipeline.finish())
            await response.aclose()
            self._ready = iter(rest)
        else:
            response._num_bytes_downloaded += len(chunk)
            self._ready = self._pipeline.feed(chunk)

    async def _break_off(self, exc: Exception) -> None:
        """Keep a fault until what was received before it is handed out."""
        self._done = True
        self._fault = exc
        self._response._note_fault(exc)
        if isinstance(exc, UNUSABLE):
            self._response._tell_stream("spoil")
            await self._response.aclose()
        self._ready = iter(self._pipeline.break_off())
