"""The `trace` extension, the debug log of `httpcore.*`, and what phase timings are made of.

Events are named as programs know them: ``<prefix>.<event>.started``, then ``.complete`` or
``.failed``. The info is a dict: the event's keywords on the first, ``return_value`` or
``exception`` on the second. The same lines go to the logger ``httpcore.<prefix>`` at DEBUG.

`Trace.make` gives `None` where nothing of it is wanted, so that the path of a request holds one
`is None` test for each event and makes no object.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from .timings import Stopwatch

__all__ = ["AwaitingTrace", "CallingTrace", "Trace", "log_close"]

T = TypeVar("T")

_PARENT = logging.getLogger("httpcore")
_LOGGERS = {
    prefix: logging.getLogger(f"httpcore.{prefix}")
    for prefix in ("connection", "http11", "http2", "proxy", "socks")
}


class Trace:
    """Tells a callback, a stopwatch and the debug log what happens to a request."""

    __slots__ = ("_callback", "stopwatch")

    def __init__(
        self,
        callback: Callable[[str, dict[str, Any]], Any] | None,
        stopwatch: Stopwatch | None = None,
    ) -> None:
        self._callback = callback
        self.stopwatch = stopwatch

    @classmethod
    def make(
        cls, callback: Callable[[str, dict[str, Any]], Any] | None, timings: Any = None
    ) -> Trace | None:
        """A trace, or `None` where nobody listens.

        Args:
            callback: the extension `trace`.
            timings: the extension `timings`: whether a stopwatch is to listen, or whom to give
                its `Timings`.
        """
        if callback is not None or timings:
            return cls(callback, _stopwatch(timings) if timings else None)
        # On the path of every request: 0.3 µs. To ask each logger costs 1.3.
        if _PARENT.isEnabledFor(logging.DEBUG):
            return cls(None)
        for logger in _LOGGERS.values():
            if logger.level and logger.isEnabledFor(logging.DEBUG):  # a level of its own
                return cls(None)
        return None

    @abstractmethod
    async def _tell(self, name: str, info: dict[str, Any]) -> None: ...

    async def event(self, name: str, info: dict[str, Any]) -> None:
        """One event, complete with its suffix."""
        _log(name, info)
        if self.stopwatch is not None:
            self.stopwatch.note(name, info)
        if self._callback is not None:
            await self._tell(name, info)
            if self.stopwatch is not None:
                self.stopwatch.resume()

    async def span(self, name: str, info: dict[str, Any], step: Coroutine[Any, Any, T]) -> T:
        """Run one step between its `started` and its `complete` or `failed`."""
        try:
            await self.event(f"{name}.started", info)
        except BaseException:
            step.close()
            raise
        try:
            value = await step
        except BaseException as exc:
            await self.event(f"{name}.failed", {"exception": exc})
            raise
        await self.event(f"{name}.complete", {"return_value": value})
        return value

    async def phase(self, name: str, step: Coroutine[Any, Any, T]) -> T:
        """Run a step that is no event, but a phase of the timings."""
        if self.stopwatch is None:
            return await step
        self.stopwatch.begin(name)
        try:
            return await step
        finally:
            self.stopwatch.stop()

    def resolved(self) -> None:
        """The name look-up is over that `connect_tcp` begins with."""
        if self.stopwatch is not None:
            self.stopwatch.resolved()

    async def closed(self, prefix: str, info: dict[str, Any]) -> None:
        """A response was closed by a failure, at once: nothing of it can fail, or take time."""
        await self.event(f"{prefix}.response_closed.started", info)
        await self.event(f"{prefix}.response_closed.complete", {"return_value": None})


def _stopwatch(timings: Any) -> Stopwatch:
    """A new stopwatch, as the extension `timings` asks for."""
    if timings is not True and not callable(timings):
        raise TypeError(
            "the 'timings' extension must be True, or a function that takes the Timings of each "
            f"request, not {timings!r}"
        )
    stopwatch = Stopwatch()
    if timings is not True:
        timings(stopwatch.timings)
    return stopwatch


def _log(name: str, info: dict[str, Any]) -> None:
    prefix, _, text = name.partition(".")
    logger = _LOGGERS[prefix]
    if logger.isEnabledFor(logging.DEBUG):
        if info and info != {"return_value": None}:
            text += "".join(f" {key}={value!r}" for key, value in info.items())
        logger.debug(text)


def log_close() -> None:
    """Say that a connection was closed, which belongs to no request: to the log only."""
    _log("connection.close.started", {})
    _log("connection.close.complete", {})


class CallingTrace(Trace):
    """The trace of the blocking world: the callback is a function."""

    __slots__ = ()

    async def _tell(self, name: str, info: dict[str, Any]) -> None:
        assert self._callback is not None
        result = self._callback(name, info)
        if isinstance(result, Coroutine):
            raise TypeError(
                "If you are using a synchronous interface, the callback of the `trace` extension "
                "should be a normal function instead of an asynchronous function."
            )


class AwaitingTrace(Trace):
    """The trace of the awaiting worlds: the callback is an async function."""

    __slots__ = ()

    async def _tell(self, name: str, info: dict[str, Any]) -> None:
        assert self._callback is not None
        result = self._callback(name, info)
        if not isinstance(result, Coroutine):
            raise TypeError(
                "If you're using an asynchronous interface, the callback of the `trace` extension "
                "should be an asynchronous function rather than a normal function."
            )
        await result
