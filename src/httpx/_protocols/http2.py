"""HTTP/2 for a client, as values: bytes in, events out (RFC 9113). No I/O, no clock, no lock.

h2 is the engine; `HTTP2Codec` says what a connection needs in words of one meaning each: open a
stream, send its body as far as the windows allow, give it up, take bytes, and tell per stream
what has happened. Output collects in `take_output`, frame after whole frame.

Flow control is in two halves (RFC 9113 5.2). The *connection's* window is returned as bytes
arrive, so that a slow reader of one stream never holds up the others. A *stream's* window is
returned as its bytes are read, which bounds what one stream can pile up to `STREAM_WINDOW`.
Bytes for streams that were given up are returned at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .._exceptions import LocalProtocolError, RemoteProtocolError
from .http2_frames import DATA, GOAWAY, RST_STREAM, Frame, FrameReader, window_update

__all__ = [
    "STREAM_WINDOW",
    "HTTP2Codec",
    "StreamData",
    "StreamEnded",
    "StreamEvent",
    "StreamHead",
    "StreamReset",
    "WindowOpened",
]

Fields = list[tuple[bytes, bytes]]

STREAM_WINDOW = 2 * 1024 * 1024
CONNECTION_WINDOW = 16 * 1024 * 1024
_MAX_FRAME_SIZE = 64 * 1024  # larger frames than the least one: fewer of them on a download
_MAX_HEADER_LIST = 64 * 1024
_CONNECTION_RETURN = CONNECTION_WINDOW // 8
_STREAM_RETURN = STREAM_WINDOW // 4
_MOST_GIVEN_UP = 1000
_MOST_STREAMS = 100  # that we open at once, whatever more the peer allows

# RFC 9113 8.2.2: these belong to HTTP/1.1 connections.
_CONNECTION_FIELDS = frozenset(
    [b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade", b"host"]
)
NO_ERROR, CANCEL, REFUSED_STREAM = 0x0, 0x8, 0x7


@dataclass(slots=True)
class StreamHead:
    """The head of the final response of a stream."""

    stream_id: int
    status: int
    headers: Fields


@dataclass(slots=True)
class StreamData:
    """A piece of a stream's body; `size` counts its padding, for the window."""

    stream_id: int
    data: bytes
    size: int


@dataclass(slots=True)
class StreamEnded:
    """The peer has sent all of a stream."""

    stream_id: int


@dataclass(slots=True)
class StreamReset:
    """The peer has ended a stream; `refused` where it says that it has not processed it."""

    stream_id: int
    code: int
    refused: bool


@dataclass(slots=True)
class WindowOpened:
    """More may be sent, on one stream or (0) on all."""

    stream_id: int


StreamEvent = StreamHead | StreamData | StreamEnded | StreamReset | WindowOpened


class HTTP2Codec:
    """The client's side of one HTTP/2 connection."""

    def __init__(self, peer: str = "the server") -> None:
        import h2.config
        import h2.connection
        import h2.errors
        import h2.events
        import h2.exceptions
        import h2.settings

        self._peer = peer
        self._events = h2.events
        self._errors = h2.exceptions
        self._h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(
                client_side=True,
                header_encoding=None,
                # Fields were validated when the Request was made, and are normalised below.
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )
        )
        codes = h2.settings.SettingCodes
        self._h2.local_settings = h2.settings.Settings(
            client=True,
            initial_values={
                codes.ENABLE_PUSH: 0,
                codes.MAX_CONCURRENT_STREAMS: _MOST_STREAMS,
                codes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
                codes.MAX_HEADER_LIST_SIZE: _MAX_HEADER_LIST,
                codes.MAX_FRAME_SIZE: _MAX_FRAME_SIZE,
            },
        )
        self._h2.max_inbound_frame_size = _MAX_FRAME_SIZE
        self._frames = FrameReader(_MAX_FRAME_SIZE)
        self._output = bytearray()
        self._open: dict[int, int] = {}  # streams, and what of their window is to be returned
        # Streams of which frames may still be on their way; the newest of them.
        self._given_up: dict[int, None] = {}
        self._to_return = 0  # of the connection's window
        self.pongs = 0
        """Answers to `ping` so far."""
        self.settled = False
        """Whether the peer's first SETTINGS have come."""
        self.goaway: tuple[int, int] | None = None
        """The last stream that the peer will process, and its error code, after a GOAWAY."""

    # -- sending -----------------------------------------------------------------------------

    def start(self) -> None:
        """The connection preface: our SETTINGS, and the connection's window."""
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(CONNECTION_WINDOW - 65535)

    def take_output(self) -> bytes:
        """Everything to be written since the last call: whole frames, in order."""
        self._output += self._h2.data_to_send()
        output = bytes(self._output)
        self._output.clear()
        return output

    @property
    def capacity(self) -> int:
        """How many streams may be open at once now; 0 after a GOAWAY, 1 before SETTINGS."""
        if self.goaway is not None or self._h2.highest_outbound_stream_id > 2**31 - 100:
            return 0
        if not self.settled:
            return 1
        return min(_MOST_STREAMS, self._h2.remote_settings.max_concurrent_streams)

    def open(self, method: bytes, scheme: bytes, target: bytes, headers: Fields, ends: bool) -> int:
        """Open a stream with a request's head; `ends` where it has no body. Its number.

        Raises `LocalProtocolError` for a head that cannot be sent.
        """
        fields = _request_fields(method, scheme, target, headers)
        stream_id: int = self._h2.get_next_available_stream_id()
        try:
            self._h2.send_headers(stream_id, fields, end_stream=ends)
        except self._errors.ProtocolError as exc:
            raise LocalProtocolError(str(exc)) from exc
        self._open[stream_id] = 0
        return stream_id

    def room(self, stream_id: int) -> int:
        """How many bytes of body may be sent on a stream now."""
        if stream_id not in self._open:
            return 0
        return max(0, self._h2.local_flow_control_window(stream_id))

    def send_body(self, stream_id: int, data: memoryview) -> int:
        """Send as much of `data` as the windows allow; how much that was."""
        size = min(len(data), self.room(stream_id))
        largest = self._h2.max_outbound_frame_size
        for start in range(0, size, largest):
            self._h2.send_data(stream_id, bytes(data[start : min(start + largest, size)]))
        return size

    def end_body(self, stream_id: int) -> None:
        """The request's body is complete."""
        if stream_id in self._open:
            self._h2.end_stream(stream_id)

    def give_up(self, stream_id: int, code: int = CANCEL) -> None:
        """Tell the peer that a stream is of no interest any more (RFC 9113 5.4.2)."""
        if self._open.pop(stream_id, None) is not None:
            self._remember(stream_id)
            self._h2.reset_stream(stream_id, code)

    def release(self, stream_id: int) -> None:
        """A stream is complete on both sides."""
        self._open.pop(stream_id, None)

    def _remember(self, stream_id: int) -> None:
        self._given_up[stream_id] = None
        if len(self._given_up) > _MOST_GIVEN_UP:
            del self._given_up[next(iter(self._given_up))]

    def close(self, code: int = NO_ERROR) -> None:
        """Say good-bye to the peer: a GOAWAY."""
        self._h2.close_connection(code)

    def ping(self, payload: bytes) -> None:
        """Ask the peer whether it is there. `pongs` counts the answers."""
        self._h2.ping(payload)

    # -- receiving ---------------------------------------------------------------------------

    def receive(self, data: bytes) -> list[StreamEvent]:
        """Take bytes from the wire and tell what they mean for which stream.

        Raises `RemoteProtocolError` where the connection is of no use any more.
        """
        found: list[StreamEvent] = []
        for frame in self._frames.read(data):
            if frame.kind == GOAWAY:
                found += self._receive_goaway(frame)
            elif frame.stream_id in self._given_up:
                self._receive_for_given_up(frame)
            else:
                for event in self._feed(frame):
                    self._translate(event, found)
        if self._to_return >= _CONNECTION_RETURN or (self._to_return and not self._open):
            self._h2.increment_flow_control_window(self._to_return)
            self._to_return = 0
        return found

    def _feed(self, frame: Frame) -> list[Any]:
        try:
            return self._h2.receive_data(frame.data)
        except self._errors.ProtocolError as exc:
            raise RemoteProtocolError(f"{exc} (in HTTP/2 from {self._peer})") from exc

    def _translate(self, event: Any, found: list[StreamEvent]) -> None:
        events = self._events
        kind = type(event)
        if kind is events.DataReceived:
            size = event.flow_controlled_length
            self._to_return += size
            if size:
                found.append(StreamData(event.stream_id, event.data, size))
        elif kind is events.ResponseReceived:
            found.append(_response_head(event, self._peer))
        elif kind is events.StreamEnded:
            found.append(StreamEnded(event.stream_id))
        elif kind is events.StreamReset:
            if self._open.pop(event.stream_id, None) is not None:
                refused = event.error_code == REFUSED_STREAM
                found.append(StreamReset(event.stream_id, int(event.error_code), refused))
        elif kind is events.WindowUpdated:
            found.append(WindowOpened(event.stream_id))
        elif kind is events.PingAckReceived:
            self.pongs += 1
        elif kind is events.RemoteSettingsChanged:
            self.settled = True
            found.append(WindowOpened(0))

    def _receive_for_given_up(self, frame: Frame) -> None:
        if frame.kind == DATA:
            size = len(frame.data) - 9
            if size:
                self._output += self._h2.data_to_send() + window_update(0, size)
        elif frame.kind != RST_STREAM:
            # Header blocks change the compression state, so h2 must see them; the RST_STREAM
            # with which it answers has been sent before.
            self._output += self._h2.data_to_send()
            self._feed(frame)
            self._h2.clear_outbound_data_buffer()
        if frame.kind == RST_STREAM or (frame.kind in (DATA, 1) and frame.flags & 1):
            del self._given_up[frame.stream_id]

    def _receive_goaway(self, frame: Frame) -> Iterable[StreamEvent]:
        if len(frame.data) < 17:
            raise RemoteProtocolError(f"malformed HTTP/2 GOAWAY from {self._peer}")
        last = int.from_bytes(frame.data[9:13]) & 0x7FFFFFFF
        code = int.from_bytes(frame.data[13:17])
        self.goaway = last, code
        for stream_id in [number for number in self._open if number > last]:
            del self._open[stream_id]
            self._remember(stream_id)
            yield StreamReset(stream_id, code, refused=True)

    def acknowledge(self, stream_id: int, size: int) -> None:
        """`size` bytes of a stream were read by the program: return its window."""
        unreturned = self._open.get(stream_id)
        if unreturned is not None:
            unreturned += size
            if unreturned >= _STREAM_RETURN:
                self._h2.increment_flow_control_window(unreturned, stream_id)
                unreturned = 0
            self._open[stream_id] = unreturned


def _request_fields(method: bytes, scheme: bytes, target: bytes, headers: Fields) -> Fields:
    """A request's fields as HTTP/2 wants them (RFC 9113 8.2, 8.3)."""
    authority = None
    fields = []
    for name, value in headers:
        name = name.lower()
        if name == b"host":
            authority = value
        elif name == b"te":
            if value.lower() == b"trailers":
                fields.append((name, value))
        elif name not in _CONNECTION_FIELDS:
            fields.append((name, value))
    if authority is None:
        raise LocalProtocolError("Missing mandatory Host: header")
    pseudo = [(b":method", method), (b":authority", authority)]
    if method != b"CONNECT":
        pseudo += [(b":scheme", scheme), (b":path", target)]
    return pseudo + fields


def _response_head(event: Any, peer: str) -> StreamHead:
    status = b""
    headers = []
    for name, value in event.headers:
        if name == b":status":
            status = value
        else:
            headers.append((bytes(name), bytes(value)))
    if not (status.isdigit() and len(status) == 3):
        raise RemoteProtocolError(f"malformed HTTP/2 :status from {peer}")
    return StreamHead(event.stream_id, int(status), headers)
