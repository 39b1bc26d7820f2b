"""HTTP/1.1 over a stream: one exchange at a time (RFC 9112).

`HTTP1Connection` moves bytes between a stream and a codec, and knows three things besides: when
an early response ends the sending of a body (RFC 9112 9.5), when a connection may carry another
exchange (9.3), and how to leave: on any error, cancellation included, the stream is closed and
the place in the pool given back before anything is awaited.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from .._exceptions import ReadError, RemoteProtocolError, TransportError, WriteError
from .._protocols.http1 import END, NEED_DATA, Event, HTTP1Codec, ResponseHead
from .body import ResponseBody
from .messages import RequestBody, RequestMessage, ResponseMessage, received
from .upload import SMALL_BODY, Upload

if TYPE_CHECKING:
    from .._network.base import Stream
    from .base import Owner
    from .messages import Fields
    from .routes import Route
    from .trace import Trace

__all__ = ["HTTP1Connection"]

_READ_SIZE = 256 * 1024
_MOST_READ = 1024 * 1024  # once more lies there: a tenth off the time of large downloads
_MOST_AHEAD = 16  # reads of a response that are kept while the request's body still leaves


class HTTP1Connection:
    """A stream that speaks HTTP/1.1."""

    capacity = 1
    settled = True
    multiplexes = False
    protocol = "HTTP/1.1"
    proxy_headers: Fields | None = None

    def __init__(self, stream: Stream, route: Route, owner: Owner, codec: HTTP1Codec) -> None:
        self.stream = stream
        self.route = route
        self.active = 0
        """Exchanges that are going on: the pool counts them."""
        self.served = 0
        """Exchanges begun."""
        self.expires_at: float | None = None
        """When an idle connection is too old, on the monotonic clock."""
        self.closed = False
        self._peer_left = False  # while the connection was in use, say streams that can tell
        self._owner = owner
        self.codec = codec
        self._write_error: WriteError | None = None
        self._upload: Upload | None = None
        self.read_size = _READ_SIZE
        """How much of the current body is asked for at once."""

    def __repr__(self) -> str:
        state = "closed" if self.closed else "active" if self.active else "idle"
        return f"<HTTP/1.1 {self.route.peer}, {state}, {self.served} requests>"

    def is_doubtful(self) -> bool:
        """Whether the peer of an idle connection has said something: good-bye, most likely."""
        return self.stream.is_readable()

    async def revive(self) -> bool:
        """Nothing that an idle peer says makes this connection any better."""
        return False

    def close(self) -> None:
        """Close the stream and give back the place in the pool, at once."""
        if not self.closed:
            self.closed = True
            self.stream.close()
            self._owner.forget(self)

    def watch_idle(self) -> None:
        """Close as soon as the peer does, where the stream tells of that while nobody reads."""
        self.stream.on_idle_close = self._close_if_idle

    def _close_if_idle(self) -> None:
        self._peer_left = True
        if not self.active:
            self.close()

    # -- one exchange ------------------------------------------------------------------------

    async def send(self, request: RequestMessage) -> ResponseMessage:
        """Send a request and wait for the head of its response."""
        self.served += 1
        codec = self.codec
        trace = request.trace
        try:
            if trace is None:
                # As a rule one wait, right here: a coroutine for each step took 2 % of a request.
                head = self._begin(request)
                request.written = 0 if self._upload else self.stream.write_nowait(head)
                if request.written < len(head):
                    await self._write_head(head, request)
                event: Event | None = None
                if self._upload is not None:
                    event = await self._write_body(request)
                while event is None or event is NEED_DATA:
                    codec.receive(await self.stream.read(_READ_SIZE, request.timeouts.read))
                    request.answered = codec.answered
                    event = codec.next_event()
            else:
                event = await self._send_traced(request, trace)
        except BaseException as exc:
            self.close()
            if trace is not None and isinstance(exc, Exception):
                await trace.closed("http11", {})
            if self._write_error and not request.answered and isinstance(exc, TransportError):
                raise self._write_error from None
            raise
        assert isinstance(event, ResponseHead)
        version, status, reason, fields = event
        return ResponseMessage(
            version, status, reason, fields, HTTP1Body(request, self), self.stream, None,
            self.proxy_headers,
        )  # fmt: skip

    async def _send_traced(self, request: RequestMessage, trace: Trace) -> ResponseHead:
        """The same steps, each of them told to a trace."""
        info = {"request": request}
        head_step = self._begin_and_write_head(request)
        await trace.span("http11.send_request_headers", info, head_step)
        early = await trace.span("http11.send_request_body", info, self._write_body(request))
        step = self._read_head_values(request, early)
        values = await trace.span("http11.receive_response_headers", info, step)
        version, status, reason, headers = values
        return ResponseHead(version, status, reason, received(headers))

    def _begin(self, request: RequestMessage) -> bytes:
        """The head, to be written, and with it the whole request where that is small; what is
        not in it is `_upload`'s."""
        codec = self.codec
        self._write_error = None
        self._upload = None
        self.read_size = _READ_SIZE
        head = codec.start(request.method, request.target, request.fields)
        body = request.body
        if not body:
            return head + codec.finish()
        if isinstance(body, bytes) and len(body) <= SMALL_BODY:
            return b"".join([head, *codec.frame(body), codec.finish()])
        self._upload = Upload(self.stream, codec, request, body)
        return head

    async def _begin_and_write_head(self, request: RequestMessage) -> None:
        await self._write_head(self._begin(request), request)

    async def _write_head(self, head: bytes, request: RequestMessage) -> None:
        """Write the head, or what is left of it.

        The first piece of a streamed body is pulled *before* anything is written: a source that
        fails, or cannot be read a second time, then fails without a trace on the wire.
        """
        body = request.body
        if isinstance(body, RequestBody):
            first = await body.next_chunk()
            if len(first) > SMALL_BODY:
                body.push_back(first)
            elif first:
                head = b"".join([head, *self.codec.frame(first)])
        try:
            while request.written < len(head):
                part = memoryview(head)[request.written :]
                # As a rule it fits: no coroutine for that.
                request.written += self.stream.write_nowait(part) or await self.stream.write_some(
                    part, request.timeouts.write
                )
        except WriteError as exc:
            # The peer may have answered before it closed: the response, if any, says why.
            self._write_error = exc
            self._upload = None

    async def _write_body(self, request: RequestMessage) -> ResponseHead | None:
        """Write what is left of the request; a final response that came meanwhile, if any.

        Whatever is no success ends the sending (RFC 9112 9.5). With a success it goes on, since
        the server may be answering while it reads.
        """
        upload = self._upload
        try:
            while upload is not None and not await upload.push():
                event = await self._read_event(request)
                if isinstance(event, ResponseHead):
                    if event.status >= 300:
                        self._upload = None
                    else:
                        await self._write_beside_response(request)
                    return event
        except WriteError as exc:
            self._write_error = exc
        self._upload = None
        return None

    async def _write_beside_response(self, request: RequestMessage) -> None:
        """Write on after an early success, and keep what comes meanwhile: up to a limit.

        Beyond that, the program has to read: with what it reads, the rest of the request leaves.
        """
        for _ in range(_MOST_AHEAD):
            if await self.write_on(request):
                return
            try:
                data = await self.stream.read(_READ_SIZE, request.timeouts.read)
            except ReadError:
                self._peer_left = True  # what has come may be the whole response all the same
                await self.drop_upload()
                return
            self.codec.receive(data)

    async def write_on(self, request: RequestMessage) -> bool:
        """Write more of the request, until there is something to read (False) or nothing left to
        write (True)."""
        try:
            upload = None if self.codec.at_eof else self._upload
            if upload is not None and not await upload.push():
                return False
        except WriteError as exc:
            self._write_error = exc
        await self.drop_upload()
        return True

    @property
    def is_writing(self) -> bool:
        """Whether some of the request is still to leave while its response is being read."""
        return self._upload is not None

    async def drop_upload(self) -> None:
        """Nothing more of the request will leave."""
        upload, self._upload = self._upload, None
        if upload is not None:
            await upload.aclose()

    async def _read_event(self, request: RequestMessage) -> Event:
        """Read once, and tell what that makes of the response."""
        codec = self.codec
        codec.receive(await self.stream.read(_READ_SIZE, request.timeouts.read))
        request.answered = codec.answered
        return codec.next_event()

    async def _read_head_values(
        self, request: RequestMessage, early: ResponseHead | None
    ) -> tuple[Any, ...]:
        """Wait for the final response's head; for the trace, whose listeners know a plain tuple."""
        event: Event = early or NEED_DATA
        while event is NEED_DATA:
            event = await self._read_event(request)
        assert isinstance(event, ResponseHead)
        return event.http_version, event.status, event.reason, event.headers

    # -- the end of an exchange --------------------------------------------------------------

    def end_exchange(self) -> None:
        """The body is at its end, or given up: keep the connection, or close it."""
        if self.codec.reusable and self._write_error is None and not self._peer_left:
            self._owner.give_back(self)
        else:
            self.close()


class HTTP1Body(ResponseBody):
    """The body of an HTTP/1.1 response."""

    __slots__ = ()

    _connection: HTTP1Connection
    prefix = "http11"

    def __repr__(self) -> str:
        return f"<{self._request.method.decode('ascii')} {self._connection.route.peer}>"

    @property
    def is_sending(self) -> bool:
        return self._connection.is_writing

    async def aclose(self) -> None:
        """Close, and let go of the source of a request's body that has not left as a whole."""
        if not self._connection.is_writing:
            await super().aclose()
            return
        try:
            await super().aclose()
        finally:
            await self._connection.drop_upload()

    def _receive(self) -> Coroutine[Any, Any, bytes]:
        return self._receive_beside_body() if self.is_sending else self._receive_piece()

    async def _receive_beside_body(self) -> bytes:
        try:
            return await self._receive_piece()
        except BaseException:
            self._connection.close()
            await self._connection.drop_upload()
            raise

    async def _receive_piece(self) -> bytes:
        connection = self._connection
        codec = connection.codec
        while True:
            event = codec.next_event()
            if event is NEED_DATA:
                if codec.switched:
                    return b""  # the rest of this stream is not HTTP
                if connection.is_writing:
                    await connection.write_on(self._request)
                size = connection.read_size
                data = await connection.stream.read(size, self._request.timeouts.read)
                if len(data) == size:
                    connection.read_size = _MOST_READ
                codec.receive(data)
            elif event is END:
                if connection.is_writing:
                    await connection.write_on(self._request)
                if codec.ended_by_close and connection.stream.get_extra_info("truncated"):
                    raise self._cut_off()
                return b""
            else:
                assert isinstance(event, bytes)
                return event

    def take_rest(self) -> bytes | None:
        connection = self._connection
        if self.held or self.closed or connection.is_writing or self._request.trace is not None:
            return None
        rest = connection.codec.take_rest()
        if rest is not None:
            self._received += len(rest)
            self.close()
        return rest

    def _cut_off(self) -> RemoteProtocolError:
        """Only the end of the connection told where the body ends, and TLS says that somebody
        else may have made that end (RFC 8446 6.1)."""
        return RemoteProtocolError(
            "peer closed connection without sending complete message body "
            f"(no TLS close_notify) from {self._connection.route.peer}"
        )

    def _ends_exchange(self) -> bool:
        return not self._connection.codec.switched

    def _expected(self) -> int | None:
        return self._connection.codec.announced

    def _release(self) -> None:
        if self.spoiled:
            self._connection.close()
        else:
            self._connection.end_exchange()

    def _release_later(self) -> None:
        self._connection.close()

    def take_leftover(self, max_bytes: int) -> bytes:
        codec = self._connection.codec
        return codec.take_trailing(max_bytes) if codec.switched else b""
