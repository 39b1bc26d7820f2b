"""Streams and exceptions on the border to httpcore: its own in our words, and ours in its.

Published transports (for SOCKS, for caches, for tests) subclass httpcore's pool, wrap what it gives
in `ResponseStream` and run it inside `map_httpcore_exceptions()`; so does `compat`. The other way
round, programs that use the extension `network_stream` (httpx-ws) expect httpcore's exceptions
from it: `name_as_httpcore()` raises one that is both.
The module never imports httpcore: an exception of httpcore exists only where somebody else has.
"""

from __future__ import annotations

import sys
import types
import typing

from .. import _exceptions
from .._types import AsyncByteStream, SyncByteStream

__all__ = [
    "HTTPCORE_EXC_MAP",
    "AsyncResponseStream",
    "ResponseStream",
    "map_httpcore_exceptions",
    "name_as_httpcore",
]


HTTPCORE_EXC_MAP: dict[type[BaseException], type[_exceptions.TransportError]] = {}
"""Our exceptions by httpcore's, filled when the first exception is looked up."""


def _load_httpcore_exceptions() -> dict[type[BaseException], type[_exceptions.TransportError]]:
    """Our exceptions by those of httpcore that bear the same name; empty without httpcore."""
    httpcore = sys.modules.get("httpcore")
    found = {}
    for name in _exceptions.__all__:
        ours = getattr(_exceptions, name)
        theirs = getattr(httpcore, name, None)
        if theirs is not None and issubclass(ours, _exceptions.TransportError):
            found[theirs] = ours
    return found


class map_httpcore_exceptions:  # noqa: N801 - the name that published transports use
    """Raise our exception of the same name for one of httpcore's, chained to it."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            HTTPCORE_EXC_MAP.update(_load_httpcore_exceptions())
            for base in type(error).__mro__:
                if base in HTTPCORE_EXC_MAP:
                    raise HTTPCORE_EXC_MAP[base](str(error)) from error


class name_as_httpcore:  # noqa: N801 - used as a statement, like its sister
    """Raise, for a `TransportError`, one that `except httpcore.<the same name>` catches as well.

    Without httpcore in this process it changes nothing.
    """

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, _exceptions.TransportError) and "httpcore" in sys.modules:
            both = _class_of_both(type(error))
            raise both(str(error), request=error._request) from error


_both: dict[type[_exceptions.TransportError], type[_exceptions.TransportError]] = {}


def _class_of_both(
    kind: type[_exceptions.TransportError],
) -> type[_exceptions.TransportError]:
    """A class below ours and httpcore's of the same name."""
    if kind not in _both:
        theirs = getattr(sys.modules["httpcore"], kind.__name__)

        def reduce(error: _exceptions.TransportError) -> tuple[typing.Any, ...]:
            return _exceptions._rebuild, (kind, error.args, error.__dict__)

        members = {"__module__": kind.__module__, "__doc__": kind.__doc__, "__reduce__": reduce}
        _both[kind] = type(kind.__name__, (kind, theirs), members)
    return _both[kind]


class ResponseStream(SyncByteStream):
    """The body that httpcore gave, as a `SyncByteStream`."""

    def __init__(self, httpcore_stream: typing.Iterable[bytes]) -> None:
        self._httpcore_stream = httpcore_stream

    def __iter__(self) -> typing.Iterator[bytes]:
        with map_httpcore_exceptions():
            yield from self._httpcore_stream

    def close(self) -> None:
        """Close the stream behind, where it can be closed."""
        close = getattr(self._httpcore_stream, "close", None)
        if close is not None:
            close()


class AsyncResponseStream(AsyncByteStream):
    """The body that httpcore gave, as an `AsyncByteStream`."""

    def __init__(self, httpcore_stream: typing.AsyncIterable[bytes]) -> None:
        self._httpcore_stream = httpcore_stream
        self._chunks: typing.AsyncIterator[bytes] | None = None

    def __aiter__(self) -> typing.AsyncIterator[bytes]:
        self._chunks = self._httpcore_stream.__aiter__()
        return _Mapped(self._chunks)

    async def aclose(self) -> None:
        """Close the stream behind, where it can be closed, and a generator left half-way."""
        chunks = self._chunks
        if isinstance(chunks, types.AsyncGeneratorType) and not chunks.ag_running:
            await chunks.aclose()
        aclose = getattr(self._httpcore_stream, "aclose", None)
        if aclose is not None:
            await aclose()


class _Mapped:
    """An iterator, not a generator: a caller who breaks out leaves nothing to finalize."""

    __slots__ = ("_iterator",)

    def __init__(self, iterator: typing.AsyncIterator[bytes]) -> None:
        self._iterator = iterator

    def __aiter__(self) -> typing.AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        with map_httpcore_exceptions():
            return await self._iterator.__anext__()
