"""HTTP/2 over a stream: many exchanges at once (RFC 9113).

Theory of operation
-------------------
There is no background task. Whoever needs a frame reads for all: at any time at most one has the
*reading*; the others wait to be woken, each under its own deadline. What the reader gets is sorted
to the exchanges it belongs to, and those are woken. An exchange that leaves (it has what it wanted,
or its time is over, or it was cancelled) hands the reading to another that waits.

State changes happen under one short lock, and so does appending the frames that they cause to an
ordered out-queue (`outbox.py`). What does not leave at once is written outside the lock, and
whoever does that has the reading as well, unless somebody else does: a peer that waits for us to
read before it reads would otherwise stand still for ever. Only who has the reading may look at the
stream: two who take bytes from it at once would mix up their order.

A role that is let go while nobody waits for it lies there until the next one comes. Who is inside
the stream at that moment cannot be told; so where both roles are in play, each wait in the stream
is `_LOOK_UP` seconds at most, and then looks again.

A stream that is given up (time-out, cancellation, early close, error) is reset with CANCEL,
without waiting: what fits goes out at once, the rest with the next flush. The price of having no
background task: while nobody waits for anything, a PING is answered at the next use.

The pool counts exchanges against `capacity`, which follows the peer's SETTINGS, and is 0 after a
GOAWAY: the exchanges that the peer still processes go on, and the last of them closes.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from .._exceptions import (
    NetworkError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    TimeoutException,
    TransportError,
    WriteError,
    WriteTimeout,
)
from .._network.base import timed_out
from .._network.detect import lock
from .exchange import Exchange, HTTP2Body, has_body, has_head
from .messages import RequestBody, RequestMessage, ResponseMessage, received
from .outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._network.base import Backend, Stream
    from .._protocols.http2 import HTTP2Codec
    from .base import Owner
    from .messages import Fields
    from .routes import Route
    from .trace import Trace

__all__ = ["HTTP2Connection"]

_READ_SIZE = 256 * 1024
_MOST_READS = 64  # by one reader, before others have their turn
_BODY_SLICE = 64 * 1024
_MOST_UNSENT = 1024 * 1024  # of frames that a peer makes us answer, and does not read
_MOST_AHEAD = 16 * 1024 * 1024  # of a response, while its request is still leaving
_LOOK_UP = 0.5  # seconds
_CALM_AFTER = 10.0  # seconds after which idle frames of the peer are forgotten
_PING_AFTER = 30.0  # seconds of silence after which a connection is asked before it is used
_PING_WAIT = 2.0


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
        self.settled = False  # whether `capacity` is the peer's word
        self._owner = owner
        self._codec = codec
        self._backend = backend
        self._lock = lock()
        self._exchanges: dict[int, Exchange] = {}
        self._waiting: dict[Exchange, None] = {}  # for frames, longest first
        self._reading = False
        self._resized = False  # the pool has not heard of our new capacity yet
        self._broken = False  # nothing can be written any more
        self._outbox = Outbox(stream, backend, self._lock, self._write, self._wake_a_reader)
        self._orphans: deque[Exchange] = deque()  # what finalizers left
        self._heard_at = self._calm_at = monotonic()
        codec.start()
        self._collect()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{self.active} active" if self.active else "idle"
        return f"<HTTP/2 {self.route.peer}, {state}, {self.served} requests>"

    def receive_early(self, data: bytes) -> None:
        """Take in what the peer said before this connection was made."""
        try:
            with self._lock:
                self._take_in(data)
        except RemoteProtocolError as exc:
            self._fail(exc)
            raise

    # -- what the pool asks ------------------------------------------------------------------

    def is_doubtful(self) -> bool:
        """Whether an idle connection needs a closer look before it is used."""
        with self._lock:
            # Somebody who came a moment later may be reading already: he will find out.
            return not self._reading and (
                self.stream.is_readable() or monotonic() - self._heard_at > _PING_AFTER
            )

    async def revive(self) -> bool:
        """The closer look. What came while the connection was idle (a SETTINGS, a PING, a GOAWAY,
        the end of file) is taken in now; after a long silence, the peer is asked."""
        with self._lock:
            if self._reading:
                return not self.closed
            self._reading = True
        try:
            with self._lock:
                while (data := self.stream.read_nowait(_READ_SIZE)) is not None:
                    if not data:
                        return False
                    self._take_in(data)
            if monotonic() - self._heard_at > _PING_AFTER:
                await self._ask_peer()
        except TransportError as exc:
            self._fail(exc)
            return False
        finally:
            with self._lock:
                self._reading = False
                self._wake_a_reader()
        self._tell_pool()
        return not self.closed and self.capacity > 0

    async def _ask_peer(self) -> None:
        """Send a PING, and wait for the answer. The caller has the reading."""
        codec = self._codec
        answered = codec.pongs
        with self._lock:
            codec.ping(b"courier?")
            self._emit()
        deadline = monotonic() + _PING_WAIT
        while codec.pongs == answered:
            data = await self.stream.read(_READ_SIZE, max(0.0, deadline - monotonic()))
            if not data or monotonic() > deadline:
                raise timed_out("read", _PING_WAIT, self.route.peer)
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
        self._fail(ReadError(f"the connection to {self.route.peer} was closed by this side"))

    def _fail(self, error: TransportError | None) -> None:
        """The connection is of no use any more, or (without an error) was ended by the peer:
        every exchange gets an error of its own."""
        # The first look is for a finalizer that comes along while this very thread is closing.
        if self.closed:
            return
        with self._lock:
            if self.closed:
                return
            self.closed = True
            self.capacity = 0
            self._codec.close()
            self._collect()
            self._outbox.flush_nowait()
            self._outbox.give_up()
            peer = self._peer()
            for exchange in self._exchanges.values():
                exchange.fail(error, peer)
            for exchange in list(self._waiting):
                self._wake(exchange)
        self.stream.close()
        self._owner.forget(self)

    def _peer(self) -> str:
        """Who it is, and what it said last."""
        goaway = self._codec.goaway
        return self.route.peer if goaway is None else f"{self.route.peer}, after {goaway}"

    # -- one exchange ------------------------------------------------------------------------

    async def send(self, request: RequestMessage) -> ResponseMessage:
        """Send a request and wait for the head of its response."""
        self.served += 1
        exchange = Exchange(request)
        trace = request.trace
        try:
            if isinstance(request.body, RequestBody):
                await self._prepare_body(exchange, request.body)
            self._open(exchange)
            if trace is None:
                if self._outbox.is_blocked:
                    await self._flush(request.timeouts.write)
                if not exchange.sent_all:
                    await self._send_body(exchange)
                await self._wait(exchange, has_head, request.timeouts.read, "read")
            else:
                await self._send_traced(exchange, trace)
        except BaseException as exc:
            self.leave(exchange)
            if trace is not None and isinstance(exc, Exception):
                await trace.closed("http2", {"stream_id": exchange.stream_id})
            raise
        head = exchange.head
        assert head is not None
        return ResponseMessage(
            b"HTTP/2", head.status, None, received(head.headers), HTTP2Body(self, exchange),
            self.stream, exchange.stream_id, self.proxy_headers,
        )  # fmt: skip

    async def _send_traced(self, exchange: Exchange, trace: Trace) -> None:
        request = exchange.request
        info: dict[str, Any] = {"request": request, "stream_id": exchange.stream_id}
        step = self._flush(request.timeouts.write)
        await trace.span("http2.send_request_headers", info, step)
        await trace.span("http2.send_request_body", info, self._send_body(exchange))
        await trace.span(
            "http2.receive_response_headers", info, self._receive_traced(exchange, trace)
        )

    async def _receive_traced(self, exchange: Exchange, trace: Trace) -> tuple[int, Fields]:
        """Wait for the head; tell of the peer's SETTINGS if they came meanwhile."""
        settled = self.settled
        await self._wait(exchange, has_head, exchange.request.timeouts.read, "read")
        assert exchange.head is not None
        if not settled:
            await trace.event("http2.receive_remote_settings.started", {})
            info = {"return_value": self._codec.settings}
            await trace.event("http2.receive_remote_settings.complete", info)
        return exchange.head.status, exchange.head.headers

    async def _prepare_body(self, exchange: Exchange, body: RequestBody) -> None:
        """Before a body that the program makes piece by piece.

        As in HTTP/1.1, a source that fails does so before anything is on the wire. And nobody
        reads while the source is asked for more, so the peer's first SETTINGS, for which other
        requests may be waiting, are awaited now.
        """
        body.push_back(await body.next_chunk())
        if not self.settled:
            read = exchange.request.timeouts.read
            await self._wait(exchange, lambda _: self.settled, read, "read")

    def _open(self, exchange: Exchange) -> None:
        """Open a stream: the request's head leaves, and with it the whole of a small body."""
        request = exchange.request
        body = request.body
        size = 0 if body is None else len(body) if isinstance(body, bytes) else None
        codec = self._codec
        with self._lock:
            self._drop_orphans()
            if self.closed or self._broken or len(self._exchanges) >= codec.capacity:
                # The peer has lowered its limit, or gone away, since the pool decided.
                request.refused = True
                raise RemoteProtocolError(f"{self._peer()} takes no more HTTP/2 streams now")
            stream_id = exchange.stream_id = codec.open(
                request.method,
                self.route.scheme.encode("ascii"),
                request.target,
                request.fields,
                size,
            )
            self._exchanges[stream_id] = exchange
            if not size:
                exchange.sent_all = size == 0
            elif size <= _BODY_SLICE and size <= codec.room(stream_id):
                assert isinstance(body, bytes)
                codec.send_body(stream_id, memoryview(body), ends=True)
                exchange.sent_all = True
            request.written += 1  # from here on the peer may see it
            self._collect()
            self._outbox.flush_soon()

    async def _send_body(self, exchange: Exchange) -> None:
        """Send what is left of the request's body, unless the response says that it is not
        wanted (RFC 9113 8.1)."""
        body = exchange.request.body
        if exchange.sent_all or body is None:
            return
        if isinstance(body, bytes):
            await self._send_piece(exchange, memoryview(body), ends=True)
            return
        while chunk := await body.next_chunk():
            if not await self._send_piece(exchange, memoryview(chunk)):
                await body.aclose()
                return
        with self._lock:
            if exchange.wants_no_body or exchange.error is not None:
                return
            self._codec.end_body(exchange.stream_id)
            exchange.sent_all = True
            self._emit()
        await self._flush(exchange.request.timeouts.write)

    async def _send_piece(self, exchange: Exchange, data: memoryview, ends: bool = False) -> bool:
        """Send a piece of body, as the windows allow. False where no more is wanted."""
        timeouts = exchange.request.timeouts
        while data:
            with self._lock:
                if exchange.error is not None:
                    raise exchange.error
                if exchange.wants_no_body or self._broken:
                    return False
                self._keep_ahead(exchange)
                piece = data[:_BODY_SLICE]
                last = ends and len(piece) == len(data)
                sent = self._codec.send_body(exchange.stream_id, piece, last)
                self._emit()
                data = data[sent:]
                exchange.sent_all = ends and not data
            if not sent:
                await self._wait(exchange, self._may_send, timeouts.write, "write")
            elif self._outbox:
                await self._flush(timeouts.write)
        return True

    def _may_send(self, exchange: Exchange) -> bool:
        return (
            exchange.wants_no_body
            or self._codec.room(exchange.stream_id) > 0
            or (exchange.unreturned > 0 and exchange.received < _MOST_AHEAD)
        )

    def _keep_ahead(self, exchange: Exchange) -> None:
        """A server may answer while it reads, and not read on before it has answered: what comes
        while the request is leaving is taken from it, up to a limit. Under the lock."""
        if exchange.unreturned and exchange.received < _MOST_AHEAD:
            self._codec.acknowledge(exchange.stream_id, exchange.unreturned)
            exchange.unreturned = 0

    async def receive_body(self, exchange: Exchange) -> bytes:
        """The next piece of an exchange's body, ``b""`` at its end."""
        chunks = exchange.chunks
        if not chunks and not exchange.ended:
            await self._wait(exchange, has_body, exchange.request.timeouts.read, "read")
        if not chunks:
            return b""
        with self._lock:
            pieces = list(chunks)
            chunks.clear()
            if not exchange.ended:  # else nothing more will come that would need the window
                self._codec.acknowledge(exchange.stream_id, exchange.unreturned)
                exchange.unreturned = 0
                self._emit()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def leave(self, exchange: Exchange) -> None:
        """An exchange is over: reset its stream if it was not complete. Never waits."""
        with self._lock:
            self._part(exchange)
            if exchange.error is not None or not exchange.is_complete:
                self._outbox.flush_nowait()
                # Whoever still waits for it (another thread) ends, too. And an error that was
                # raised holds the frames that hold the exchange: no cycle is left behind.
                exchange.error = ReadError(f"the response of {self.route.peer} was closed")
                self._wake(exchange)
        self._owner.give_back(self)

    def abandon(self, exchange: Exchange) -> None:
        """An exchange was forgotten by the program, says a finalizer: nothing may be waited for,
        the lock included, which this very thread may hold."""
        self._orphans.append(exchange)
        if self._lock.acquire(blocking=False):
            try:
                self._drop_orphans()
            finally:
                self._lock.release()
        self._owner.give_back_later(self)

    def _drop_orphans(self) -> None:
        """Give up what finalizers left. Under the lock."""
        while self._orphans:
            self._part(self._orphans.popleft())

    def _part(self, exchange: Exchange) -> None:
        """Nothing more is wanted of an exchange. Under the lock."""
        stream_id = exchange.stream_id
        if self._exchanges.pop(stream_id, None) is not None and not self.closed:
            if exchange.is_complete:
                self._codec.release(stream_id)
            else:
                self._codec.give_up(stream_id)
                self._collect()

    # -- reading for all ---------------------------------------------------------------------

    async def _wait(
        self,
        exchange: Exchange,
        ready: Callable[[Exchange], Any],
        timeout: float | None,
        phase: str,
    ) -> None:
        """Wait until `ready(exchange)`, reading for all if nobody else does."""
        deadline = None if timeout is None else monotonic() + timeout
        left = timeout
        try:
            while True:
                waiter = None
                with self._lock:
                    if ready(exchange):
                        self._hand_on(exchange)
                        return
                    if exchange.error is not None:
                        raise exchange.error
                    if self.closed:
                        raise RemoteProtocolError(f"the connection to {self._peer()} was closed")
                    stuck = self._outbox.is_stuck
                    if not stuck and self._reading:
                        waiter = exchange.waiter = self._backend.waiter()
                        self._waiting[exchange] = None
                    elif not stuck:
                        self._reading = True
                with suppress(TimeoutException):  # the step's may be shorter than ours: see below
                    if stuck:
                        await self._flush(left, some=True)
                    elif waiter is None:
                        await self._read_once(left)
                    elif not await waiter.wait(left):
                        with self._lock:
                            self._hand_on(exchange)
                if deadline is not None:
                    left = deadline - monotonic()
                    if left <= 0 and not ready(exchange) and exchange.error is None:
                        raise timed_out(phase, timeout or 0.0, self.route.peer)
        except BaseException:
            with self._lock:
                self._hand_on(exchange)
            raise

    def _hand_on(self, exchange: Exchange) -> None:
        """An exchange waits no more. If it was woken to read or write, and leaves instead,
        another has to. Under the lock."""
        if exchange.waiter is not None:
            exchange.waiter = None
            self._waiting.pop(exchange, None)
        if not self._reading or self._outbox.is_stuck:
            self._wake_a_reader()

    async def _read_once(self, timeout: float | None) -> None:
        """Read, and sort what came. The caller has the reading, and loses it here, without
        handing it on: it may have to read again."""
        if self._outbox and (timeout is None or timeout > _LOOK_UP):
            timeout = _LOOK_UP
        data = None
        error: TransportError | None = None
        try:
            data = await self.stream.read(_READ_SIZE, timeout)
        except NetworkError as exc:
            error = exc
        finally:
            with self._lock:
                self._reading = False
                if data:
                    try:
                        data = self._take_in_all(data)
                    except (NetworkError, RemoteProtocolError) as exc:
                        error = exc
        if error is not None or not data:
            self._fail(error)
        elif self._resized:
            self._tell_pool()

    def _wake_a_reader(self) -> None:
        """Hand a role to who has waited for longest. Under the lock."""
        if self._waiting:
            self._wake(next(iter(self._waiting)))

    def _wake(self, exchange: Exchange) -> None:
        waiter = exchange.waiter
        if waiter is not None:
            exchange.waiter = None
            del self._waiting[exchange]
            waiter.wake()

    def _take_in_all(self, data: bytes) -> bytes:
        """Sort what was read, and what else is there for those who wait: a record of TLS is a
        read of its own. What was read last, ``b""`` at the end of file. Under the lock."""
        self._take_in(data)
        for _ in range(_MOST_READS):
            more = self.stream.read_nowait(_READ_SIZE) if self._waiting else None
            if not more:
                return data if more is None else more
            self._take_in(more)
        return data

    def _take_in(self, data: bytes) -> None:
        """Sort bytes from the wire to the exchanges that they belong to. Under the lock."""
        now = self._heard_at = monotonic()
        if now - self._calm_at > _CALM_AFTER:
            self._calm_at = now
            self._codec.calm()
        codec = self._codec
        exchanges = self._exchanges
        for event in codec.receive(data):
            exchange = exchanges.get(event.stream_id)
            if exchange is not None:
                exchange.apply(event)
                self._wake(exchange)
            elif not event.stream_id:  # the connection's window, or the settings
                for exchange in exchanges.values():
                    if not exchange.sent_all:
                        self._wake(exchange)
        if codec.capacity != self.capacity or not self.settled:
            self.capacity = codec.capacity
            self.settled = codec.settings is not None
            self._resized = True
        self._emit()
        if len(self._outbox) > _MOST_UNSENT + _BODY_SLICE * len(exchanges):
            raise RemoteProtocolError(f"{self.route.peer} does not read what it asks for")

    def _tell_pool(self) -> None:
        """The peer's SETTINGS or a GOAWAY may have changed what this connection can carry."""
        if self._resized:
            self._resized = False
            self._owner.resize(self)

    # -- writing -----------------------------------------------------------------------------

    def _collect(self) -> None:
        """Move new frames to the out-queue. Under the lock."""
        self._outbox.put(self._codec.take_output())

    def _emit(self) -> None:
        """Write new frames as far as they fit, or with others that leave soon. Under the lock."""
        self._collect()
        if self._outbox.is_stuck:
            self._outbox.flush_nowait()

    async def _flush(self, timeout: float | None, some: bool = False) -> None:
        """Wait until all frames have left; or `some`, which nobody else is about.

        If nothing can be written any more, the peer may have said why before it closed: who waits
        for it reads on, and finds that, or the end.
        """
        try:
            await (self._outbox.flush_some if some else self._outbox.flush)(timeout)
        except WriteError:
            with self._lock:
                self._broken = True
                self.capacity = 0
                self._outbox.give_up()
            self._owner.resize(self)

    async def _write(self, data: bytes, timeout: float | None) -> int:
        """Wait until the stream takes some of `data`, and read meanwhile unless somebody else
        does: how much it took, 0 if something was read first or it is time to look up."""
        with self._lock:
            reads = not self._reading
            self._reading = True
        if not reads:
            limit = _LOOK_UP if timeout is None or timeout > _LOOK_UP else timeout
            try:
                return await self.stream.write_some(data, limit)
            except WriteTimeout:
                return 0
        held = True
        try:
            written = await self.stream.write_some(data, timeout, or_readable=True)
            if not written:
                held = False  # `_read_once` loses it
                with suppress(ReadTimeout):  # what was readable was not a whole record of TLS
                    await self._read_once(0.0)
            return written
        finally:
            with self._lock:
                if held:
                    self._reading = False
                if not self._reading:
                    self._wake_a_reader()
