"""HTTP/2 for a client, as values: bytes in, events out (RFC 9113). No I/O, no clock, no lock.

h2 is the engine; `HTTP2Codec` says what a connection needs in words of one meaning each: open a
stream, send its body as far as the windows allow, give it up, take bytes, and tell per stream
what has happened. Output collects in `take_output`, frame after whole frame.

Flow control is in two halves (5.2). The *connection's* window is returned as bytes arrive, so
that a slow reader of one stream never holds up the others. A *stream's* window is returned as its
bytes are read, which bounds what one stream can pile up to `STREAM_WINDOW`. Bytes for streams
that were given up are returned at once, past h2, which never sees those frames.

A message that breaks its own framing (a body shorter or longer than its Content-Length, 8.1.1) is
the fault of one stream: it is looked for here, since h2 would end the whole connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._exceptions import LocalProtocolError, RemoteProtocolError
from .http1_heads import SentFields
from .http2_fields import Fields, fault_of_response, request_fields
from .http2_frames import (
    CANCEL,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADER_SIZE,
    HEADERS,
    NO_ERROR,
    PROTOCOL_ERROR,
    PUSH_PROMISE,
    REFUSED_STREAM,
    Frame,
    FrameReader,
    empty_trailers,
    error_name,
    window_update,
)

__all__ = [
    "STREAM_WINDOW",
    "HTTP2Codec",
    "StreamData",
    "StreamEnded",
    "StreamEvent",
    "StreamFailed",
    "StreamHead",
    "WindowOpened",
]

STREAM_WINDOW = 2 * 1024 * 1024
CONNECTION_WINDOW = 16 * 1024 * 1024
_MAX_FRAME_SIZE = 64 * 1024  # larger frames than the least one: fewer of them on a download
_MAX_HEADER_LIST = 64 * 1024
_CONNECTION_RETURN = CONNECTION_WINDOW // 8
_STREAM_RETURN = STREAM_WINDOW // 4
_MOST_GIVEN_UP = 1000
_MOST_STREAMS = 100  # that we open at once, whatever more the peer allows
_LAST_STREAM_ID = 2**31 - 1


@dataclass(slots=True)
class StreamHead:
    """The head of the final response of a stream; `length` of its body, where it is known."""

    stream_id: int
    status: int
    headers: Fields
    length: int | None


@dataclass(slots=True)
class StreamData:
    """A piece of a stream's body, never empty; `size` counts its padding, for the window."""

    stream_id: int
    data: bytes
    size: int


@dataclass(slots=True)
class StreamEnded:
    """The peer has sent all of a stream."""

    stream_id: int


@dataclass(slots=True)
class StreamFailed:
    """A stream has ended before its response was complete.

    `refused`: the peer says that it has not processed the request (8.7). `by_peer`: it was reset
    by its peer, which does not matter to a response that is complete.
    """

    stream_id: int
    reason: str
    refused: bool = False
    by_peer: bool = False


@dataclass(slots=True)
class WindowOpened:
    """More may be sent, on one stream or (0) on all."""

    stream_id: int


StreamEvent = StreamHead | StreamData | StreamEnded | StreamFailed | WindowOpened


class _Stream:
    """What is to be known of an open stream beside h2's own state."""

    __slots__ = ("expected", "received", "to_send", "unreturned", "without_body")

    def __init__(self, to_send: int | None, without_body: bool) -> None:
        self.to_send = to_send  # bytes of body that were announced and are still to be sent
        self.without_body = without_body  # the response to a HEAD
        self.expected: int | None = None  # bytes of the response's body
        self.received = 0
        self.unreturned = 0  # of its window


class HTTP2Codec:
    """The client's side of one HTTP/2 connection."""

    def __init__(self, peer: str = "the server") -> None:
        import h2.events
        import h2.exceptions

        from .http2_engine import new_connection

        self._peer = peer
        self._events = h2.events
        self._errors = h2.exceptions
        self._frames = FrameReader(_MAX_FRAME_SIZE, peer)
        self._output = bytearray()
        self._open: dict[int, _Stream] = {}
        self._h2 = new_connection(
            self._open, _MOST_STREAMS, STREAM_WINDOW, _MAX_FRAME_SIZE, _MAX_HEADER_LIST
        )
        # Streams of which frames may still be on their way; the newest of them.
        self._given_up: dict[int, None] = {}
        self._to_return = 0  # of the connection's window
        self._dropped = 0  # of it, too: what h2 has not seen
        self._in_head = False  # between a HEADERS and its last CONTINUATION
        self._closed = False
        self.pongs = 0
        """Answers to `ping` so far."""
        self.settings: dict[str, int] | None = None
        """The peer's first SETTINGS, once they have come."""
        self.goaway: str | None = None
        """The peer's GOAWAY in words, once it has come."""

    # -- sending -----------------------------------------------------------------------------

    def start(self) -> None:
        """The connection preface: our SETTINGS, and the connection's window."""
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(CONNECTION_WINDOW - 65535)

    def take_output(self) -> bytes:
        """Everything to be written since the last call: whole frames, in order."""
        if not self._output:
            return self._h2.data_to_send()  # type: ignore[no-any-return]
        self._output += self._h2.data_to_send()
        output = bytes(self._output)
        self._output.clear()
        return output

    @property
    def capacity(self) -> int:
        """How many streams may be open at once now; 0 after a GOAWAY, 1 before SETTINGS."""
        if self._closed or self.goaway is not None:
            return 0
        if self._h2.highest_outbound_stream_id >= _LAST_STREAM_ID:
            return 0
        if self.settings is None:
            return 1
        allowed: int = self._h2.remote_settings.max_concurrent_streams
        return min(_MOST_STREAMS, allowed)

    def open(
        self, method: bytes, scheme: bytes, target: bytes, headers: SentFields, size: int | None
    ) -> int:
        """Open a stream with a request's head; `size` of its body, where it is known. Its number.

        Raises `LocalProtocolError`, before anything is sent, for a head that cannot be sent.
        """
        fields, announced = request_fields(method, scheme, target, headers)
        if announced is not None and size is not None and size != announced:
            raise _wrong_length(size > announced)
        try:
            stream_id: int
            stream_id, output = self._h2.open_stream(fields, size == 0)
        except self._errors.ProtocolError as exc:
            raise LocalProtocolError(str(exc)) from exc
        if output:
            self._output += self._h2.data_to_send() + output
        self._open[stream_id] = _Stream(announced, method == b"HEAD")
        self._frames.pay()
        return stream_id

    def room(self, stream_id: int) -> int:
        """How many bytes of body may be sent on a stream now."""
        if self._closed or stream_id not in self._open:
            return 0
        window: int = self._h2.local_flow_control_window(stream_id)
        return max(0, window)

    def send_body(self, stream_id: int, data: memoryview, ends: bool = False) -> int:
        """Send as much of `data` as the windows allow; how much that was.

        `ends` where nothing follows `data`. Raises `LocalProtocolError` for more, or less, than
        the Content-Length announced.
        """
        stream = self._open.get(stream_id)
        if stream is None:
            return 0
        length = len(data)
        if stream.to_send is not None and (
            length > stream.to_send or (ends and length < stream.to_send)
        ):
            raise _wrong_length(length > stream.to_send)
        size = min(length, self.room(stream_id))
        largest = self._h2.max_outbound_frame_size
        for start in range(0, size, largest):
            end = min(start + largest, size)
            self._h2.send_data(stream_id, data[start:end], end_stream=ends and end == length)
        if size:
            self._frames.pay()
            if stream.to_send is not None:
                stream.to_send -= size
        return size

    def end_body(self, stream_id: int) -> None:
        """The request's body is complete. Raises `LocalProtocolError` if some of it is missing."""
        stream = self._open.get(stream_id)
        if stream is not None:
            if stream.to_send:
                raise _wrong_length(False)
            if not self._closed:
                self._h2.end_stream(stream_id)

    def give_up(self, stream_id: int, code: int = CANCEL) -> None:
        """Tell the peer that a stream is of no interest any more (5.4.2)."""
        if self._open.pop(stream_id, None) is not None:
            self._remember(stream_id)
            if not self._closed:
                self._h2.reset_stream(stream_id, code)

    def release(self, stream_id: int) -> None:
        """A stream is complete on both sides."""
        self._open.pop(stream_id, None)

    def _remember(self, stream_id: int) -> None:
        self._given_up[stream_id] = None
        if len(self._given_up) > _MOST_GIVEN_UP:
            del self._given_up[next(iter(self._given_up))]

    def close(self, code: int = NO_ERROR) -> None:
        """Say good-bye to the peer: a GOAWAY, once."""
        if not self._closed:
            self._closed = True
            self._h2.close_connection(code)

    def ping(self, payload: bytes) -> None:
        """Ask the peer whether it is there. `pongs` counts the answers."""
        self._h2.ping(payload)

    def calm(self) -> None:
        """A while has passed since the last call: forget how many idle frames came before."""
        self._frames.calm()

    # -- receiving ---------------------------------------------------------------------------

    def receive(self, data: bytes) -> list[StreamEvent]:
        """Take bytes from the wire and tell what they mean for which stream.

        Raises `RemoteProtocolError` where the connection is of no use any more.
        """
        found: list[StreamEvent] = []
        try:
            for frame in self._frames.read(data):
                self._frames.count(frame.kind)
                self._receive_frame(frame, found)
        except RemoteProtocolError:
            self.close(self._frames.error_code)  # unless h2 has said it already
            raise
        self._return_window()
        return found

    def _receive_frame(self, frame: Frame, found: list[StreamEvent]) -> None:
        if self._in_head or frame.kind in (HEADERS, PUSH_PROMISE, CONTINUATION):
            self._in_head = not frame.flags & END_HEADERS
            self._feed(frame, found)
        elif frame.kind == DATA:
            self._receive_data(frame, found)
        elif frame.kind == GOAWAY:
            self._receive_goaway(frame, found)
        else:
            self._feed(frame, found)

    def _return_window(self) -> None:
        """Of the connection: in large steps, or at once if nobody is there to go on."""
        if self._to_return >= _CONNECTION_RETURN or (self._to_return and not self._open):
            self._h2.increment_flow_control_window(self._to_return)
            self._to_return = 0
        if self._dropped:
            self._output += self._h2.data_to_send() + window_update(0, self._dropped)
            self._dropped = 0

    def _feed(self, frame: Frame, found: list[StreamEvent]) -> None:
        """Have h2 judge a frame.

        Of a stream that was given up it must see the fields, which change the compression state,
        but its answer, a RST_STREAM, has been given before.
        """
        given_up = frame.stream_id in self._given_up
        if given_up:
            self._output += self._h2.data_to_send()
        events = self._judge(frame)
        if given_up:
            self._h2.clear_outbound_data_buffer()
            return
        for event in events:
            self._translate(event, found)

    def _judge(self, frame: Frame) -> list[Any]:
        """A whole frame, to h2."""
        try:
            return self._h2.receive_frame(frame)  # type: ignore[no-any-return]
        except self._errors.ProtocolError as exc:
            self._closed = True  # h2 has a GOAWAY with the right code among its output
            raise RemoteProtocolError(f"{exc} (in HTTP/2 from {self._peer})") from exc

    def _translate(self, event: Any, found: list[StreamEvent]) -> None:
        events = self._events
        kind = type(event)
        if kind is events.ResponseReceived:
            self._receive_head(event, found)
        elif kind is events.StreamEnded:
            self._receive_end(event.stream_id, found)
        elif kind is events.StreamReset:
            self._receive_reset(event, found)
        elif kind is events.WindowUpdated:
            found.append(WindowOpened(event.stream_id))
        elif kind is events.PingAckReceived:
            self.pongs += 1
        elif kind is events.RemoteSettingsChanged:
            if self.settings is None:
                self.settings = {
                    str(getattr(code, "name", code)): change.new_value
                    for code, change in event.changed_settings.items()
                }
            found.append(WindowOpened(0))

    def _receive_head(self, event: Any, found: list[StreamEvent]) -> None:
        stream_id = event.stream_id
        stream = self._open[stream_id]
        fault = fault_of_response(event.headers)
        if fault is not None:
            self._break(stream_id, fault, found)
            return
        status = event.headers[0][1]
        headers = [(bytes(name), bytes(value)) for name, value in event.headers[1:]]
        for name, value in headers:
            if name == b"content-length":
                if not value.isdigit():  # of a response to HEAD, where h2 does not look
                    self._break(stream_id, f"illegal Content-Length {value!r}", found)
                    return
                stream.expected = int(value)
        if stream.without_body or status in (b"204", b"304"):
            stream.expected = 0
        self._frames.pay()
        found.append(StreamHead(stream_id, int(status), headers, stream.expected))

    def _receive_data(self, frame: Frame, found: list[StreamEvent]) -> None:
        stream_id = frame.stream_id
        stream = self._open.get(stream_id)
        size = len(frame.data) - HEADER_SIZE
        if stream is None:
            if stream_id in self._given_up:
                self._dropped += size
                if size:  # it costs the peer some of its window, too
                    self._frames.pay()
            else:
                self._feed(frame, found)
            return
        content = frame.content_size
        received = stream.received + content
        if stream.expected is not None and (
            received > stream.expected or (frame.flags & END_STREAM and received < stream.expected)
        ):
            self._dropped += size
            self._break(stream_id, _incomplete(received, stream.expected), found)
            return
        stream.received = received
        self._to_return += size
        # h2 would miss the bytes that the Content-Length of a 304 speaks of, and that belong to
        # the body it does not have. It may take the end for that of trailers.
        is_end_of_nothing = stream.expected == 0 and frame.flags & END_STREAM and not size
        for event in self._judge(empty_trailers(stream_id) if is_end_of_nothing else frame):
            if type(event) is not self._events.DataReceived:
                self._translate(event, found)
            elif content:
                self._frames.pay()
                found.append(StreamData(stream_id, event.data, size))
            elif size:  # padding, and nothing else
                self.acknowledge(stream_id, size)

    def _receive_end(self, stream_id: int, found: list[StreamEvent]) -> None:
        stream = self._open.get(stream_id)
        if stream is None:
            return
        if stream.expected is not None and stream.received < stream.expected:
            self._break(stream_id, _incomplete(stream.received, stream.expected), found)
        else:
            found.append(StreamEnded(stream_id))

    def _break(self, stream_id: int, reason: str, found: list[StreamEvent]) -> None:
        """A response is malformed: an error of its stream (8.1.1)."""
        self._open.pop(stream_id)
        self._remember(stream_id)
        if not self._h2.streams[stream_id].closed:  # else nobody is left to tell
            self._h2.reset_stream(stream_id, PROTOCOL_ERROR)
        found.append(StreamFailed(stream_id, f"{reason} (from {self._peer})"))

    def _receive_reset(self, event: Any, found: list[StreamEvent]) -> None:
        stream_id = event.stream_id
        if self._open.pop(stream_id, None) is None:
            return
        code = int(event.error_code)
        if not event.remote_reset:
            self._remember(stream_id)
            reason = f"{self._peer} broke the flow control of stream {stream_id}"
            found.append(StreamFailed(stream_id, reason))
            return
        refused = code == REFUSED_STREAM
        what = "refused" if refused else "reset"
        reason = f"stream {stream_id} was {what} by {self._peer} ({error_name(code)})"
        found.append(StreamFailed(stream_id, reason, refused, by_peer=True))

    def _receive_goaway(self, frame: Frame, found: list[StreamEvent]) -> None:
        if len(frame.data) < HEADER_SIZE + 8 or frame.stream_id:
            raise RemoteProtocolError(f"malformed HTTP/2 GOAWAY from {self._peer}")
        last = int.from_bytes(frame.data[9:13]) & 0x7FFFFFFF
        self.goaway = "GOAWAY: " + error_name(int.from_bytes(frame.data[13:17]))
        if len(frame.data) > HEADER_SIZE + 8:
            self.goaway += f" {frame.data[17:137]!r}"
        for stream_id in [number for number in self._open if number > last]:
            del self._open[stream_id]
            self._remember(stream_id)
            reason = f"stream {stream_id} was not processed by {self._peer} ({self.goaway})"
            found.append(StreamFailed(stream_id, reason, refused=True, by_peer=True))

    def acknowledge(self, stream_id: int, size: int) -> None:
        """`size` bytes of a stream were read by the program: return its window."""
        stream = self._open.get(stream_id)
        if stream is not None and not self._closed:
            stream.unreturned += size
            if stream.unreturned >= _STREAM_RETURN:
                self._h2.increment_flow_control_window(stream.unreturned, stream_id)
                stream.unreturned = 0


def _wrong_length(too_much: bool) -> LocalProtocolError:
    """The request's body is not what its Content-Length says: in the words of HTTP/1.1."""
    return LocalProtocolError(
        f"Too {'much' if too_much else 'little'} data for declared Content-Length"
    )


def _incomplete(received: int, expected: int) -> str:
    if received > expected:
        return f"peer sent more than the message body announced (expected {expected} bytes)"
    return (
        "peer ended the stream without sending complete message body "
        f"(received {received} bytes, expected {expected})"
    )
