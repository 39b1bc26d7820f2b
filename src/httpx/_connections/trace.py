"""The `trace` extension and the debug log of `httpcore.*`.

Events are named as programs know them: ``<prefix>.<event>.started``, then ``.complete`` or
``.failed``. The info is a dict: the event's keywords on the first, ``return_value`` or
``exception`` on the second. The same lines go to the logger ``httpcore.<prefix>`` at DEBUG.

`make_trace` gives `None` where neither is wanted, so that the path of a request holds one
`is None` test for each event and makes no object.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["AwaitingTrace", "CallingTrace", "Trace", "log_close"]

T = TypeVar("T")

_LOGGERS = {
    prefix: logging.getLogger(f"httpcore.{prefix}")
    for prefix in ("connection", "http11", "http2", "proxy", "socks")
}


class Trace:
    """Tells a callback and the debug log what happens to a request."""

    __slots__ = ("_callback",)

    def __init__(self, callback: Callable[[str, dict[str, Any]], Any] | None) -> None:
        self._callback = callback

    @classmethod
    def make(cls, callback: Callable[[str, dict[str, Any]], Any] | None) -> Trace | None:
        """A trace, or `None` where nobody listens."""
        if callback is not None:
            return cls(callback)
        # A loop, not `any` of a generator: 0.5 µs instead of 1.3, on the path of every request.
        for logger in _LOGGERS.values():
            if logger.isEnabledFor(logging.DEBUG):
                return cls(None)
        return None

    async def _tell(self, name: str, info: dict[str, Any]) -> None:
        raise NotImplementedError

    async def event(self, name: str, info: dict[str, Any]) -> None:
        """One event, complete with its suffix."""
        _log(name, info)
        if self._callback is not None:
            await self._tell(name, info)

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

    async def closed(self, prefix: str, info: dict[str, Any]) -> None:
        """A response was closed by a failure, at once: nothing of it can fail, or take time."""
        await self.event(f"{prefix}.response_closed.started", info)
        await self.event(f"{prefix}.response_closed.complete", {"return_value": None})


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
            result.close()
            raise TypeError("the 'trace' extension of a sync client must be a plain function")


class AwaitingTrace(Trace):
    """The trace of the awaiting worlds: the callback is an async function."""

    __slots__ = ()

    async def _tell(self, name: str, info: dict[str, Any]) -> None:
        assert self._callback is not None
        result = self._callback(name, info)
        if not isinstance(result, Coroutine):
            raise TypeError("the 'trace' extension of an async client must be an async function")
        await result
