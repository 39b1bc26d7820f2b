"""The body of a response: bytes to come, given out once, closed exactly once.

While a body is open, its exchange holds a place on a connection. The end of the body, an error,
`close()` and the finalizer all give that place back, whichever comes first, and only once.
"""

from __future__ import annotations

import warnings
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from .._exceptions import TransportError

if TYPE_CHECKING:
    from .messages import RequestMessage
    from .trace import Trace

__all__ = ["ResponseBody"]


class ResponseBody:
    """Base of the bodies of HTTP/1.1 and HTTP/2, which say how to receive and to release."""

    __slots__ = (
        "__weakref__",
        "_begun",
        "_connection",
        "_received",
        "_request",
        "closed",
        "held",
        "spoiled",
    )

    prefix = ""
    """Of the names of trace events."""

    def __init__(self, request: RequestMessage, connection: Any) -> None:
        self._request = request
        self._connection = connection
        self._begun = False
        self._received = 0
        self.closed = False
        self.held = False
        """Whether the end of the body leaves the exchange open until it is closed."""
        self.spoiled = False
        """Whether what came is not to be trusted, and nor is the connection."""

    async def next_chunk(self) -> bytes:
        """The next bytes as they came, or ``b""`` at the end of the body.

        On an error, and at the end unless it is held, the body is closed.
        """
        if self.closed:
            return b""
        try:
            if self._request.trace is None:
                chunk = await self._receive()
            else:
                chunk = await self._receive_traced(self._request.trace)
        except BaseException as exc:
            self.close()
            if isinstance(exc, TransportError) and exc.bytes_received is None:
                exc.bytes_received = self._received
                exc.bytes_expected = self._expected()
            if self._request.trace is not None and isinstance(exc, Exception):
                await self._request.trace.closed(self.prefix, self._trace_info())
            raise
        if chunk:
            self._received += len(chunk)
        elif self._ends_exchange() and not self.held:
            await self.aclose()
        return chunk

    async def _receive_traced(self, trace: Trace) -> bytes:
        event = f"{self.prefix}.receive_response_body"
        if not self._begun:
            self._begun = True
            info = {"request": self._request, **self._trace_info()}
            await trace.event(f"{event}.started", info)
        try:
            chunk = await self._receive()
        except BaseException as exc:
            await trace.event(f"{event}.failed", {"exception": exc})
            raise
        if not chunk:
            await trace.event(f"{event}.complete", {"return_value": None})
        return chunk

    def _trace_info(self) -> dict[str, Any]:
        """What an event of this body tells beside its name."""
        return {}

    def take_rest(self) -> bytes | None:
        """All that is left of the body, and its end, if that needs no waiting; else `None`."""
        return None

    async def read_all(self) -> bytes:
        """All that is left of the body."""
        rest = self.take_rest()
        if rest is not None:
            return rest
        chunk = await self.next_chunk()
        if not chunk:
            return b""
        following = await self.next_chunk()
        if not following:
            return chunk
        chunks = [chunk]
        while following:
            chunks.append(following)
            following = await self.next_chunk()
        return b"".join(chunks)

    def close(self) -> None:
        """Give back what the exchange holds, without waiting. Harmless when done before."""
        if not self.closed:
            self.closed = True
            self._release()

    async def aclose(self) -> None:
        """Close, and tell the trace."""
        trace = self._request.trace
        if trace is None:
            self.close()
        elif not self.closed:
            try:
                event = f"{self.prefix}.response_closed"
                await trace.span(event, self._trace_info(), self._close_step())
            finally:
                self.close()  # whatever the listener does

    @property
    def is_sending(self) -> bool:
        """Whether the request's own body is still leaving, and needs its source."""
        return False

    async def _close_step(self) -> None:
        self.close()

    def _ends_exchange(self) -> bool:
        """Whether the end of the body is the end of the exchange: not after a 101."""
        return True

    def take_leftover(self, max_bytes: int) -> bytes:
        """After a switch of protocols: what was received beyond the response, once."""
        return b""

    @abstractmethod
    async def _receive(self) -> bytes: ...

    @abstractmethod
    def _expected(self) -> int | None:
        """The length that was announced."""
        ...

    @abstractmethod
    def _release(self) -> None: ...

    @abstractmethod
    def _release_later(self) -> None: ...

    def __del__(self, _warn: Any = warnings.warn) -> None:
        if not self.closed:
            self.closed = True
            self._release_later()
            _warn(f"unclosed response {self!r}", ResourceWarning, source=self, stacklevel=2)
