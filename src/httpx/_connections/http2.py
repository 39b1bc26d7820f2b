"""HTTP/2 over a stream: many exchanges at once (RFC 9113).

Theory of operation
-------------------
There is no background task. Whoever needs a frame reads for all: at any time at most one exchange
has the *reading*; the others wait to be woken, each under its own deadline. What the reader gets
is sorted to the exchanges it belongs to, and those are woken. An exchange that leaves (it has what
it wanted, or its time is over, or it was cancelled) hands the reading to another that waits.

State changes happen under one short lock, and so does appending the frames that they cause to an
ordered out-queue, which is written outside it (`outbox.py`). While it waits for room the writer
also reads, unless somebody else does: a peer that waits for us to read before it reads would
otherwise stand still for ever.

A stream that is given up (time-out, cancellation, early close, error) is reset with CANCEL,
without waiting: what fits goes out at once, the rest with the next flush. The price of having no
background task: while nobody waits for anything, a PING is answered at the next use.

The pool counts exchanges against `capacity`, which follows the peer's SETTINGS, and is 0 after a
GOAWAY: the exchanges that the peer still processes go on, and the last of them closes.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any

from .._exceptions import (
    ReadTimeout,
    RemoteProtocolError,
    TimeoutException,
    TransportError,
    WriteError,
)
from .._network.base import timed_out
from .._protocols.http2 import (
    HTTP2Codec,
    StreamData,
    StreamEnded,
    StreamEvent,
    StreamHead,
    StreamReset,
)
from .body import ResponseBody
from .messages import RequestMessage, ResponseMessage
from .outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._network.base import Backend, Stream, Waiter
    from .base import Owner
    from .messages import Fields
    from .routes import Route
    from .trace import Trace

__all__ = ["HTTP2Connection"]

_READ_SIZE = 256 * 1024
_BODY_SLICE = 64 * 1024
_MOST_UNSENT = 1024 * 1024  # of frames that a peer makes us answer, and does not read
_PING_AFTER = 30.0  # seconds of idleness after which a connection is asked before it is used
_PING_WAIT = 2.0


class _Exchange:
    """One stream: what has arrived for it, and how to wake who waits for it."""

    __slots__ = (
        "chunks",
        "ended",
        "error",
        "head",
        "on_connection",
        "request",
        "sent_all",
        "stream_id",
        "waiter",
    )

    def __init__(self, request: RequestMessage) -> None:
        self.request = request
        self.stream_id = 0
        self.head: StreamHead | None = None
        self.chunks: deque[StreamData] = deque()
        self.ended = False  # the peer has sent everything
        self.sent_all = False  # and so have we
        self.error: TransportError | None = None
        self.waiter: Waiter | None = None


class HTTP2Connection:
    """A stream that speaks HTTP/2."""

    protocol = "HTTP/2"
    multiplexes = True
    proxy_headers: Fields | None = None

    def __init__(
        self, stream: Stream, route: Route, owner: Owner, codec: HTTP2Codec, backend: Backend
    ) -> None:
        self.stream = stream
        self.route = route
        self.active = 0
        self.served = 0
        self.expires_at: float | None = None
        self.closed = False
        self.capacity = 1
        self.settled = False
        """Whether `capacity` is the peer's word."""
        self._owner = owner
        self._codec = codec
        self._backend = backend
        self._lock = threading.Lock()
        self._exchanges: dict[int, _Exchange] = {}
        self._waiting: dict[_Exchange, None] = {}  # for frames, longest first
        self._reading = False
        self._outbox = Outbox(stream, backend, self._lock, route.peer, self._read_while_writing)
        self._orphans: deque[_Exchange] = deque()  # what finalizers left
        self._used_at = monotonic()
        codec.start()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{self.active} active" if self.active else "idle"
        return f"<HTTP/2 {self.route.peer}, {state}, {self.served} requests>"

    def receive_early(self, data: bytes) -> None:
        """Take in what the peer said before this connection was made."""
        with self._lock:
            self._take_in(data)

    # -- what the pool asks ------------------------------------------------------------------

    def is_doubtful(self) -> bool:
        """Whether an idle connection needs a closer look before it is used."""
        return self.stream.is_readable() or monotonic() - self._used_at > _PING_AFTER

    async def revive(self) -> bool:
        """The closer look. What came while the connection was idle (a SETTINGS, a PING, a GOAWAY,
        the end of file) is taken in now; after a long pause, the peer is asked."""
        try:
            with self._lock:
                while (data := self.stream.read_nowait(_READ_SIZE)) is not None:
                    self._take_in(data)
            if monotonic() - self._used_at > _PING_AFTER:
                await self._ask_peer()
        except TransportError:
            return False
        self._tell_pool()
        return not self.closed and self.capacity > 0

    async def _ask_peer(self) -> None:
        codec = self._codec
        answered = codec.pongs
        with self._lock:
            codec.ping(b"courier?")
        await self._flush(_PING_WAIT)
        deadline = monotonic() + _PING_WAIT
        while codec.pongs == answered:
            data = await self.stream.read(_READ_SIZE, max(0.0, deadline - monotonic()))
            with self._lock:
                self._take_in(data)

    def watch_idle(self) -> None:
        """Close as soon as the peer does, where the stream tells of that while nobody reads."""
        self.stream.on_idle_close = self._close_if_idle

    def _close_if_idle(self) -> None:
        if not self.active:
            self.close()

    def close(self) -> None:
        """Close the stream, and every exchange with it, at once."""
        self._fail(RemoteProtocolError(f"the connection to {self.route.peer} was closed"))

    def _fail(self, error: TransportError) -> None:
        """The connection is of no use any more: every exchange gets its own copy of the error."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
            self.capacity = 0
            self._say_goodbye()
            for exchange in self._exchanges.values():
                if exchange.error is None and not exchange.ended:
                    exchange.error = type(error)(*error.args)
                    exchange.error.__cause__ = error
                self._wake(exchange)
        self.stream.close()
        self._owner.forget(self)

    def _say_goodbye(self) -> None:
        """A GOAWAY, if it fits. Under the lock."""
        if not self._outbox:
            self._codec.close()
            self._collect()
            self._outbox.flush_nowait()
        self._outbox.give_up()

    # -- one exchange ------------------------------------------------------------------------

    async def send(self, request: RequestMessage) -> ResponseMessage:
        """Send a request and wait for the head of its response."""
        self.served += 1
        self._used_at = monotonic()
        exchange = _Exchange(request)
        trace = request.trace
        try:
            if trace is None:
                await self._send_head(exchange)
                await self._send_body(exchange)
                head = await self._receive_head(exchange)
            else:
                head = await self._send_traced(exchange, trace)
        except BaseException:
            self.leave(exchange)
            raise
        return ResponseMessage(
            b"HTTP/2",
            head.status,
            None,
            head.headers,
            HTTP2Body(self, exchange),
            self.stream,
            exchange.stream_id,
            self.proxy_headers,
        )

    async def _send_traced(self, exchange: _Exchange, trace: Trace) -> StreamHead:
        info: dict[str, Any] = {"request": exchange.request}
        await trace.span("http2.send_request_headers", info, self._send_head(exchange))
        info = {**info, "stream_id": exchange.stream_id}
        await trace.span("http2.send_request_body", info, self._send_body(exchange))
        status, headers = await trace.span(
            "http2.receive_response_headers", info, self._receive_head_values(exchange)
        )
        return StreamHead(exchange.stream_id, status, headers)

    async def _send_head(self, exchange: _Exchange) -> None:
        request = exchange.request
        body = request.body
        if not (body is None or isinstance(body, bytes)):
            # As in HTTP/1.1: a source that fails does so before anything is on the wire.
            first = await body.next_chunk()
            body.push_back(first)
        with self._lock:
            if self.closed or self.active > max(self.capacity, 1):
                # The peer has lowered its limit, or gone away, since the pool decided.
                request.refused = True
                raise RemoteProtocolError(f"{self.route.peer} takes no more HTTP/2 streams now")
            exchange.sent_all = body is None or body == b""
            exchange.stream_id = self._codec.open(
                request.method,
                self.route.scheme.encode("ascii"),
                request.target,
                request.headers,
                exchange.sent_all,
            )
            self._exchanges[exchange.stream_id] = exchange
            if isinstance(body, bytes) and body and self._fits(body, exchange):
                self._codec.send_body(exchange.stream_id, memoryview(body))
                self._codec.end_body(exchange.stream_id)
                exchange.sent_all = True
            self._collect()
            request.written += 1  # from here on the peer may see it
        await self._flush(request.timeouts.write)

    def _fits(self, body: bytes, exchange: _Exchange) -> bool:
        """Whether a body may leave in one write with its head."""
        return len(body) <= min(_BODY_SLICE, self._codec.room(exchange.stream_id))

    async def _send_body(self, exchange: _Exchange) -> None:
        """Send the request's body, unless the response ends first (RFC 9113 8.1)."""
        if exchange.sent_all:
            return
        body = exchange.request.body
        if isinstance(body, bytes):
            await self._send_piece(exchange, memoryview(body))
        elif body is not None:
            while not exchange.ended and (chunk := await body.next_chunk()):
                await self._send_piece(exchange, memoryview(chunk))
        with self._lock:
            if not (exchange.ended or exchange.error):
                self._codec.end_body(exchange.stream_id)
                exchange.sent_all = True
                self._collect()
        await self._flush(exchange.request.timeouts.write)

    async def _send_piece(self, exchange: _Exchange, data: memoryview) -> None:
        timeouts = exchange.request.timeouts
        while data and not exchange.ended:
            with self._lock:
                if exchange.error is not None:
                    raise exchange.error
                sent = self._codec.send_body(exchange.stream_id, data[:_BODY_SLICE])
                self._collect()
            data = data[sent:]
            if sent:
                await self._flush(timeouts.write)
            else:
                await self._wait(exchange, self._may_send, timeouts.write, "write")

    def _may_send(self, exchange: _Exchange) -> bool:
        return exchange.ended or self._codec.room(exchange.stream_id) > 0

    async def _receive_head(self, exchange: _Exchange) -> StreamHead:
        await self._wait(exchange, _has_head, exchange.request.timeouts.read, "read")
        assert exchange.head is not None
        return exchange.head

    async def _receive_head_values(self, exchange: _Exchange) -> tuple[int, Any]:
        head = await self._receive_head(exchange)
        return head.status, head.headers

    async def receive_body(self, exchange: _Exchange) -> bytes:
        """The next piece of an exchange's body, ``b""`` at its end."""
        if not exchange.chunks and not exchange.ended:
            await self._wait(exchange, _has_body, exchange.request.timeouts.read, "read")
        with self._lock:
            if not exchange.chunks:
                return b""
            pieces = list(exchange.chunks)
            exchange.chunks.clear()
            if not exchange.ended:  # nothing more will come that would need the window
                self._codec.acknowledge(exchange.stream_id, sum(piece.size for piece in pieces))
                self._collect()
        if self._outbox.is_stuck:
            await self._flush(exchange.request.timeouts.write)
        return pieces[0].data if len(pieces) == 1 else b"".join([p.data for p in pieces])

    def leave(self, exchange: _Exchange) -> None:
        """An exchange is over: reset its stream if it was not complete. Never waits."""
        with self._lock:
            stream_id = exchange.stream_id
            known = self._exchanges.pop(stream_id, None) is not None
            self._waiting.pop(exchange, None)
            if known and not self.closed:
                if exchange.ended and exchange.sent_all:
                    self._codec.release(stream_id)
                else:
                    self._codec.give_up(stream_id)
                    self._collect()
                    self._outbox.flush_nowait()
        self._owner.give_back(self)

    def abandon(self, exchange: _Exchange) -> None:
        """An exchange was forgotten by the program, says a finalizer: nothing may be waited for,
        the lock included, which this very thread may hold."""
        self._orphans.append(exchange)
        if self._lock.acquire(blocking=False):
            try:
                self._collect()
            finally:
                self._lock.release()
        self._owner.give_back_later(self)

    # -- reading for all ---------------------------------------------------------------------

    async def _wait(
        self,
        exchange: _Exchange,
        ready: Callable[[_Exchange], Any],
        timeout: float | None,
        phase: str,
    ) -> None:
        """Wait until `ready(exchange)`, reading for all if nobody else does.

        The time-out counts from the last thing that happened for this exchange.
        """
        deadline = None if timeout is None else monotonic() + timeout
        while True:
            with self._lock:
                if ready(exchange):
                    return
                if exchange.error is not None:
                    raise exchange.error
                if self.closed:
                    raise RemoteProtocolError(f"the connection to {self.route.peer} was closed")
                reads = not self._reading
                if reads:
                    self._reading = True
                else:
                    exchange.waiter = self._backend.waiter()
                    self._waiting[exchange] = None
            left = None if deadline is None else max(0.0, deadline - monotonic())
            if reads:
                try:
                    await self._read_for_all(left)
                except TimeoutException as exc:
                    if not ready(exchange):
                        raise timed_out(phase, timeout or 0.0, self.route.peer) from exc
            else:
                await self._wait_for_reader(exchange, left, timeout, phase, ready)

    async def _wait_for_reader(
        self,
        exchange: _Exchange,
        left: float | None,
        timeout: float | None,
        phase: str,
        ready: Callable[[_Exchange], Any],
    ) -> None:
        assert exchange.waiter is not None
        try:
            woken = await exchange.waiter.wait(left)
        except BaseException:
            with self._lock:
                self._stop_waiting(exchange)
            raise
        with self._lock:
            self._stop_waiting(exchange)
            if not woken and not ready(exchange) and exchange.error is None:
                raise timed_out(phase, timeout or 0.0, self.route.peer)

    def _stop_waiting(self, exchange: _Exchange) -> None:
        """If it was woken to read, and leaves instead, another has to. Under the lock."""
        exchange.waiter = None
        self._waiting.pop(exchange, None)
        if not self._reading:
            self._wake_a_reader()

    async def _read_for_all(self, timeout: float | None) -> None:
        """Read once, and sort what came. The caller has the reading, and loses it here."""
        try:
            data = await self.stream.read(_READ_SIZE, timeout)
            with self._lock:
                self._take_in(data)
        except ReadTimeout:
            raise
        except TransportError as exc:
            self._fail(exc)
        finally:
            with self._lock:
                self._reading = False
                self._wake_a_reader()
        self._tell_pool()
        if self._outbox.is_stuck:
            await self._flush(timeout)

    def _wake_a_reader(self) -> None:
        """Hand the reading to who has waited for longest. Under the lock."""
        if self._waiting:
            self._wake(next(iter(self._waiting)))

    def _wake(self, exchange: _Exchange) -> None:
        if exchange.waiter is not None:
            self._waiting.pop(exchange, None)
            exchange.waiter.wake()

    def _take_in(self, data: bytes) -> None:
        """Sort bytes from the wire to the exchanges that they belong to. Under the lock."""
        if not data:
            raise RemoteProtocolError(
                f"Server disconnected without sending a response. ({self.route.peer})"
            )
        for event in self._codec.receive(data):
            exchange = self._exchanges.get(event.stream_id)
            if exchange is not None:
                self._apply(event, exchange)
                self._wake(exchange)
            elif not event.stream_id:  # the connection's window, or the settings
                for exchange in self._exchanges.values():
                    if not exchange.sent_all:
                        self._wake(exchange)
        self._collect()
        if len(self._outbox) > _MOST_UNSENT + _BODY_SLICE * len(self._exchanges):
            raise RemoteProtocolError(f"{self.route.peer} does not read what it asks for")

    def _apply(self, event: StreamEvent, exchange: _Exchange) -> None:
        if isinstance(event, StreamData):
            exchange.chunks.append(event)
        elif isinstance(event, StreamHead):
            exchange.head = event
            exchange.request.answered = True
        elif isinstance(event, StreamEnded):
            exchange.ended = True
        elif isinstance(event, StreamReset):
            if event.code == 0 and exchange.head is not None:
                exchange.ended = True  # enough was said without our body (RFC 9113 8.1)
                exchange.sent_all = True
            else:
                exchange.request.refused = event.refused
                exchange.error = RemoteProtocolError(
                    f"stream {event.stream_id} was "
                    f"{'refused' if event.refused else 'reset'} by {self.route.peer} "
                    f"(HTTP/2 error code {event.code:#x})"
                )

    def _tell_pool(self) -> None:
        """The peer's SETTINGS or a GOAWAY may have changed what this connection can carry."""
        capacity = 0 if self.closed else self._codec.capacity
        if capacity != self.capacity or self.settled != self._codec.settled:
            self.capacity = capacity
            self.settled = self._codec.settled
            self._owner.resize(self)

    # -- writing -----------------------------------------------------------------------------

    def _collect(self) -> None:
        """Move new frames to the out-queue. Under the lock."""
        while self._orphans:
            stream_id = self._orphans.popleft().stream_id
            if self._exchanges.pop(stream_id, None) is not None:
                self._codec.give_up(stream_id)
        self._outbox.put(self._codec.take_output())

    async def _flush(self, timeout: float | None) -> None:
        """Wait until all frames have left. If the connection breaks, every exchange fails with
        what the peer said before, or with the error; the caller sees that when it waits next."""
        try:
            await self._outbox.flush(timeout)
        except WriteError as exc:
            try:
                with self._lock:
                    while (data := self.stream.read_nowait(_READ_SIZE)) is not None:
                        self._take_in(data)
            except TransportError as verdict:
                exc.__context__ = verdict
            self._fail(exc)

    async def _read_while_writing(self) -> bool:
        with self._lock:
            if self._reading:
                return False
            self._reading = True
        with contextlib.suppress(ReadTimeout):  # what was readable was not a whole record
            await self._read_for_all(0)
        return True


def _has_head(exchange: _Exchange) -> bool:
    return exchange.head is not None


def _has_body(exchange: _Exchange) -> bool:
    return bool(exchange.chunks) or exchange.ended


class HTTP2Body(ResponseBody):
    """The body of an HTTP/2 response."""

    __slots__ = ("_connection", "_exchange")

    prefix = "http2"

    def __init__(self, connection: HTTP2Connection, exchange: _Exchange) -> None:
        super().__init__(exchange.request)
        self._connection = connection
        self._exchange = exchange

    def __repr__(self) -> str:
        method = self._request.method.decode("ascii")
        return f"<{method} {self._connection.route.peer}, HTTP/2>"

    async def _receive(self) -> bytes:
        return await self._connection.receive_body(self._exchange)

    def _release(self) -> None:
        self._connection.leave(self._exchange)

    def _release_later(self) -> None:
        self._connection.abandon(self._exchange)
