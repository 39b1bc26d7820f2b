"""One request and its response on an HTTP/2 connection: what has arrived, and what went wrong.

An `Exchange` is changed under its connection's lock only. Each one has an exception of its own,
also where one failure ends many of them: who catches it may change it, and its traceback is that
of its own request.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from .._exceptions import RemoteProtocolError, TransportError
from .._protocols.http2 import StreamData, StreamEnded, StreamEvent, StreamFailed, StreamHead
from .body import ResponseBody

if TYPE_CHECKING:
    from .._network.base import Waiter
    from .http2 import HTTP2Connection
    from .messages import RequestMessage

__all__ = ["Exchange", "HTTP2Body", "has_body", "has_head"]


class Exchange:
    """One stream: what has arrived for it, and how to wake who waits for it."""

    __slots__ = (
        "chunks",
        "ended",
        "error",
        "head",
        "received",
        "request",
        "sent_all",
        "stream_id",
        "unreturned",
        "waiter",
    )

    def __init__(self, request: RequestMessage) -> None:
        self.request = request
        self.stream_id = 0
        self.head: StreamHead | None = None
        self.chunks: deque[bytes] = deque()
        self.received = 0  # bytes of the body
        self.unreturned = 0  # of the stream's window, for what lies in `chunks`
        self.ended = False  # the peer has sent everything
        self.sent_all = False  # and so have we
        self.error: TransportError | None = None
        self.waiter: Waiter | None = None

    @property
    def is_complete(self) -> bool:
        """Whether both sides have sent all they had."""
        return self.ended and self.sent_all

    @property
    def wants_no_body(self) -> bool:
        """Whether the rest of the request's body is of no use: the response is complete, or says
        that it will be an error or a redirect all the same (RFC 9113 8.1)."""
        return self.ended or (self.head is not None and self.head.status >= 300)

    def apply(self, event: StreamEvent) -> None:
        """Something has arrived."""
        if isinstance(event, StreamData):
            self.chunks.append(event.data)
            self.received += len(event.data)
            self.unreturned += event.size
        elif isinstance(event, StreamHead):
            self.head = event
            self.request.answered = True
        elif isinstance(event, StreamEnded):
            self.ended = True
        elif isinstance(event, StreamFailed):
            if event.by_peer and self.ended:
                self.sent_all = True  # enough was said without our body (RFC 9113 8.1)
            else:
                self.request.refused = event.refused
                self.error = RemoteProtocolError(event.reason)

    def fail(self, cause: TransportError | None, peer: str) -> None:
        """The connection has failed, or (without a cause) was ended by the peer."""
        if self.ended or self.error is not None:
            return
        if cause is not None:
            self.error = type(cause)(*cause.args)
            self.error.__cause__ = cause
        elif self.head is None:
            self.error = RemoteProtocolError(
                f"Server disconnected without sending a response. ({peer})"
            )
        else:
            expected = "" if self.head.length is None else f", expected {self.head.length}"
            self.error = RemoteProtocolError(
                "peer closed connection without sending complete message body "
                f"(received {self.received} bytes{expected}) ({peer})"
            )


def has_head(exchange: Exchange) -> bool:
    """Whether the head of the response has arrived."""
    return exchange.head is not None


def has_body(exchange: Exchange) -> bool:
    """Whether some of the response's body has arrived, or its end."""
    return bool(exchange.chunks) or exchange.ended


class HTTP2Body(ResponseBody):
    """The body of an HTTP/2 response."""

    __slots__ = ("_exchange",)

    _connection: HTTP2Connection

    prefix = "http2"

    def __init__(self, connection: HTTP2Connection, exchange: Exchange) -> None:
        super().__init__(exchange.request, connection)
        self._exchange = exchange

    def __repr__(self) -> str:
        method = self._request.method.decode("ascii")
        return f"<{method} {self._connection.route.peer}, HTTP/2>"

    def _trace_info(self) -> dict[str, Any]:
        return {"stream_id": self._exchange.stream_id}

    def _expected(self) -> int | None:
        head = self._exchange.head
        return None if head is None else head.length

    async def _receive(self) -> bytes:
        return await self._connection.receive_body(self._exchange)

    def _release(self) -> None:
        self._connection.leave(self._exchange)

    def _release_later(self) -> None:
        self._connection.abandon(self._exchange)
