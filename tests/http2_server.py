"""HTTP/2 servers for the tests, on top of `servers.RawServer`: a thread a connection, no sleeping.

`HTTP2Server(app)` is a whole server on h2: it answers what `app(request)` returns, within the
windows that the client gives, and keeps books on what the client did. `FrameServer(script)` runs
`script(peer)` on each connection, frame by frame: what it sends may be as wrong as it likes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings
import hpack
from hyperframe import frame as frames

from .servers import Conn, RawServer

__all__ = ["FrameServer", "HTTP2Server", "Peer", "Stream"]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
CODES = h2.settings.SettingCodes
WINDOW = CODES.INITIAL_WINDOW_SIZE
GIVEN_UP = h2.exceptions.StreamClosedError, h2.exceptions.StreamIDTooLowError
Answer = tuple[int, list[tuple[str, str]], bytes]


@dataclass
class Stream:
    """One request as the server has it."""

    session: Session
    number: int
    headers: dict[str, str]
    body: bytearray = field(default_factory=bytearray)
    ended: bool = False
    reset: int | None = None
    """The error code with which the client gave it up."""
    unsent: bytes | None = None

    @property
    def path(self) -> str:
        return self.headers[":path"]

    def answer(
        self, status: int = 200, headers: list[tuple[str, str]] | None = None, body: bytes = b""
    ) -> None:
        """Send a whole response, as far as the windows allow now, the rest as they open."""
        fields = [(":status", str(status)), *(headers or [])]
        # The client may have given it up, in the same read that brought the end of its request.
        with self.session.lock, suppress(*GIVEN_UP):
            self.session.h2.send_headers(self.number, fields, end_stream=not body)
            self.unsent = body or None
            self.session.pump()

    def refuse(self, code: int = 7) -> None:
        with self.session.lock, suppress(*GIVEN_UP):
            self.session.h2.reset_stream(self.number, code)
            self.session.flush()


class Session:
    """One connection of an `HTTP2Server`."""

    def __init__(self, server: HTTP2Server, conn: Conn) -> None:
        self.server = server
        self.conn = conn
        self.lock = threading.RLock()
        self.streams: dict[int, Stream] = {}
        self.most_open = 0
        self.unacknowledged = 1
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self.h2 = h2.connection.H2Connection(config)
        # Windows may be smaller only once the client has acknowledged that (RFC 9113 6.9.2).
        late = {key: value for key, value in server.settings.items() if key == WINDOW}
        self.h2.local_settings.update({**server.settings, WINDOW: 65535})
        self.h2.local_settings.acknowledge()
        with self.lock:
            self.h2.initiate_connection()
            if late:
                self.unacknowledged += 1
                self.h2.update_settings(late)
            self.h2.increment_flow_control_window(2**24)
            self.flush()

    @property
    def window(self) -> int:
        """What the client lets this connection send now."""
        return self.h2.outbound_flow_control_window

    def flush(self) -> None:
        data = self.h2.data_to_send()
        if data:
            self.conn.send(data)

    def update(self, **settings: int) -> None:
        """Send SETTINGS, by their h2 names; not before the last ones were acknowledged, since h2
        takes one acknowledgement for all of them."""
        with self.lock:
            if self.unacknowledged:
                return
            self.unacknowledged += 1
            self.h2.update_settings({CODES[name]: value for name, value in settings.items()})
            self.flush()

    def serve(self) -> None:
        while data := self.conn.receive():
            with self.lock:
                for event in self.h2.receive_data(data):
                    self.server._note(lambda event=event: self.take(event))
                    self.react(event)
                self.pump()

    def take(self, event: Any) -> None:
        if isinstance(event, h2.events.RequestReceived):
            stream = Stream(self, event.stream_id, dict(event.headers))
            self.streams[event.stream_id] = stream
            self.server.streams.append(stream)
            self.most_open = max(self.most_open, self.h2.open_inbound_streams)
        elif isinstance(event, h2.events.SettingsAcknowledged):
            self.unacknowledged -= 1
        elif isinstance(event, h2.events.DataReceived):
            self.streams[event.stream_id].body += event.data
        elif isinstance(event, h2.events.StreamEnded):
            self.streams[event.stream_id].ended = True
        elif isinstance(event, h2.events.StreamReset):
            self.streams[event.stream_id].reset = int(event.error_code)
            self.streams[event.stream_id].unsent = None

    def react(self, event: Any) -> None:
        if isinstance(event, h2.events.DataReceived):
            if self.server.reads:
                # At once: h2's own policy lets small windows run dry.
                size = event.flow_controlled_length
                if size:
                    self.h2.increment_flow_control_window(size)
                if size and not event.stream_ended:
                    with suppress(KeyError, *GIVEN_UP):
                        self.h2.increment_flow_control_window(size, event.stream_id)
        elif isinstance(event, self.server.answers_at):
            stream = self.streams[event.stream_id]
            answer = self.server.app(stream)
            if answer is not None:
                stream.answer(*answer)

    def pump(self) -> None:
        """Send what the windows allow, in turns."""
        moved = True
        while moved:
            moved = False
            for stream in self.streams.values():
                if stream.unsent is not None:
                    room = self.h2.local_flow_control_window(stream.number)
                    size = min(room, self.h2.max_outbound_frame_size, len(stream.unsent))
                    if size > 0:
                        piece, stream.unsent = stream.unsent[:size], stream.unsent[size:]
                        self.h2.send_data(stream.number, piece, end_stream=not stream.unsent)
                        stream.unsent = stream.unsent or None
                        moved = True
            self.flush()


class HTTP2Server(RawServer):
    """Answers each request with what `app(stream)` returns once it is complete; None: not now.

    `settings`: the server's SETTINGS by their h2 names. `reads`: whether it gives window back for
    request bodies. `early`: whether it asks `app` at the head of a request already. With TLS it
    chooses h2 by ALPN; its context has to offer it.
    """

    def __init__(
        self,
        app: Callable[[Stream], Answer | None],
        *,
        settings: dict[str, int] | None = None,
        reads: bool = True,
        early: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(self._converse, **options)
        self.app = app
        self.settings = {CODES[name]: value for name, value in (settings or {}).items()}
        self.reads = reads
        self.answers_at: Any = h2.events.RequestReceived if early else h2.events.StreamEnded
        self.streams: list[Stream] = []
        self.sessions: list[Session] = []

    def _converse(self, conn: Conn) -> None:
        session = Session(self, conn)
        self._note(lambda: self.sessions.append(session))
        session.serve()


class Peer:
    """One connection of a `FrameServer`: frames in, frames out."""

    def __init__(self, server: FrameServer, conn: Conn) -> None:
        self.server = server
        self.conn = conn
        self.encoder = hpack.Encoder()
        self.decoder = hpack.Decoder()
        self.seen: list[frames.Frame] = []
        """Every frame of the client so far."""

    @property
    def number(self) -> int:
        return self.conn.number

    def start(self, **settings: int) -> None:
        """The preface of both sides; the client's SETTINGS are acknowledged."""
        assert self.conn.read_exactly(len(PREFACE)) == PREFACE
        self.settings(**settings)
        self.send(frames.SettingsFrame(0, flags=["ACK"]))

    def send(self, *some: frames.Frame) -> None:
        self.conn.send(b"".join(frame.serialize() for frame in some))

    def frame(self) -> frames.Frame | None:
        """The client's next frame; None at the end."""
        try:
            head = self.conn.read_exactly(9)
            frame, length = frames.Frame.parse_frame_header(memoryview(head))
            frame.parse_body(memoryview(self.conn.read_exactly(length)))
        except ConnectionError:
            return None
        self.server._note(lambda: self.seen.append(frame))
        if isinstance(frame, frames.HeadersFrame):
            assert "END_HEADERS" in frame.flags
            frame.fields = self.decoder.decode(frame.data)
        return frame

    def next(self, kind: type[frames.Frame]) -> Any:
        """The client's next frame of this kind; None at the end."""
        while (frame := self.frame()) is not None:
            if isinstance(frame, kind) and "ACK" not in frame.flags:
                return frame
        return None

    def request(self) -> Any:
        """The next HEADERS; None at the end."""
        return self.next(frames.HeadersFrame)

    def read_to_end(self) -> None:
        while self.frame() is not None:
            pass

    def settings(self, **values: int) -> None:
        named = {CODES[name]: value for name, value in values.items()}
        self.send(frames.SettingsFrame(0, settings=named))

    def headers(self, stream: int, *fields: tuple[str, str], end: bool = False) -> None:
        flags = ["END_HEADERS", "END_STREAM"] if end else ["END_HEADERS"]
        self.send(frames.HeadersFrame(stream, self.encoder.encode(list(fields)), flags=flags))

    def respond(self, stream: int, body: bytes = b"", *fields: tuple[str, str]) -> None:
        self.headers(stream, (":status", "200"), *fields, end=not body)
        if body:
            self.data(stream, body, end=True)

    def data(self, stream: int, data: bytes = b"", end: bool = False, pad: int = 0) -> None:
        flags = (["END_STREAM"] if end else []) + (["PADDED"] if pad else [])
        frame = frames.DataFrame(stream, data, flags=flags)
        frame.pad_length = pad
        self.send(frame)

    def reset(self, stream: int, code: int) -> None:
        self.send(frames.RstStreamFrame(stream, code))

    def goaway(self, last: int, code: int = 0, debug: bytes = b"") -> None:
        self.send(frames.GoAwayFrame(0, last, code, debug))

    def window(self, stream: int, increment: int) -> None:
        self.send(frames.WindowUpdateFrame(stream, increment))

    def ping(self) -> None:
        self.send(frames.PingFrame(0, b"abcdefgh"))


class FrameServer(RawServer):
    """Runs `script(peer)` on each connection."""

    def __init__(self, script: Callable[[Peer], None], **options: Any) -> None:
        super().__init__(self._run, **options)
        self.script = script
        self.peers: list[Peer] = []

    def _run(self, conn: Conn) -> None:
        peer = Peer(self, conn)
        self._note(lambda: self.peers.append(peer))
        self.script(peer)
