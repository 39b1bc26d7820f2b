"""Frames of HTTP/2 on their way in: cut, counted, and looked at before h2 sees them (RFC 9113).

h2 judges the protocol. What is decided in front of it, frame by frame:

* the first frame has to be a SETTINGS (3.4): else the peer does not speak HTTP/2, which is worth
  a clearer word than that some frame is too long;
* GOAWAY does not reach h2, which would take it for the end of everything, while 6.8 lets the
  streams up to its last one finish;
* DATA for a stream that was given up does not reach h2, which would answer each frame with a
  RST_STREAM; its flow-control window is returned by the codec;
* a flood (10.5). Every frame costs one, and what is of use pays many back: a response, a piece of
  a body, a stream that we open or feed. A peer that runs up `MOST_IDLE` between two calls of
  `calm` makes us work for nothing, and the connection ends.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from .._exceptions import RemoteProtocolError

__all__ = ["Frame", "FrameReader", "empty_trailers", "error_name", "header_frames", "window_update"]

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE = range(9)
CONTINUATION = 9
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
HEADER_SIZE: Final = 9
MOST_IDLE: Final = 2000
_PAYS: Final = 20
_KINDS = (
    "DATA",
    "HEADERS",
    "PRIORITY",
    "RST_STREAM",
    "SETTINGS",
    "PUSH_PROMISE",
    "PING",
    "GOAWAY",
    "WINDOW_UPDATE",
    "CONTINUATION",
)
_ERRORS = (
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
)
NO_ERROR, PROTOCOL_ERROR = 0x0, 0x1
FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 0x6, 0x7, 0x8, 0xB
_read_header = struct.Struct(">BHBBL").unpack_from
_write_header = struct.Struct(">HBBBL").pack
_write_window_update = struct.Struct(">HBBBLL").pack


def error_name(code: int) -> str:
    """An error code by its name (RFC 9113 7), or as a number."""
    return _ERRORS[code] if code < len(_ERRORS) else f"{code:#x}"


class Frame(NamedTuple):
    """One whole frame."""

    kind: int
    flags: int
    stream_id: int
    data: bytes
    """The frame as received, its header included."""

    @property
    def content_size(self) -> int:
        """How many bytes a DATA frame brings without its padding; negative if it is malformed."""
        if self.flags & PADDED:
            padding = self.data[HEADER_SIZE] if len(self.data) > HEADER_SIZE else 0
            return len(self.data) - HEADER_SIZE - 1 - padding
        return len(self.data) - HEADER_SIZE


class FrameReader:
    """Cuts what comes over the wire into frames, and counts them."""

    __slots__ = ("_begun", "_buffer", "_idle", "_max_frame_size", "_peer", "error_code")

    def __init__(self, max_frame_size: int, peer: str) -> None:
        self._buffer = b""
        self._max_frame_size = max_frame_size
        self._peer = peer
        self._begun = False
        self._idle = 0
        self.error_code = PROTOCOL_ERROR
        """What to tell the peer after `read` or `count` has raised."""

    def read(self, data: bytes) -> list[Frame]:
        """The frames that are complete now. Raises `RemoteProtocolError` on a frame over the size
        announced, and on what is not HTTP/2."""
        buffer = self._buffer + data if self._buffer else data
        frames = []
        position = 0
        size = len(buffer)
        while size - position >= HEADER_SIZE:
            high, low, kind, flags, stream_id = _read_header(buffer, position)
            length = (high << 16) | low
            if not self._begun:
                self._begin(kind, flags, buffer)
            if length > self._max_frame_size:
                self.error_code = FRAME_SIZE_ERROR
                raise RemoteProtocolError(
                    f"{self._peer} sent an HTTP/2 frame of {length} bytes, "
                    f"over the limit of {self._max_frame_size}"
                )
            end = position + HEADER_SIZE + length
            if end > size:
                break
            frames.append(Frame(kind, flags, stream_id & 0x7FFFFFFF, buffer[position:end]))
            position = end
        self._buffer = buffer[position:]
        return frames

    def _begin(self, kind: int, flags: int, buffer: bytes) -> None:
        if kind != SETTINGS or flags & ACK:
            said = buffer[:24].split(b"\r\n")[0]
            raise RemoteProtocolError(
                f"{self._peer} does not speak HTTP/2: it began with {said!r}, not with SETTINGS"
            )
        self._begun = True

    def count(self, kind: int) -> None:
        """A frame is about to be looked at. Raises `RemoteProtocolError` on a flood."""
        self._idle += 1
        if self._idle > MOST_IDLE:
            name = _KINDS[kind] if kind < len(_KINDS) else f"unknown type {kind:#x}"
            self.error_code = ENHANCE_YOUR_CALM
            raise RemoteProtocolError(
                f"{self._peer} sent a flood of HTTP/2 frames without use, {name} the last of them"
            )

    def pay(self) -> None:
        """Something of use has happened."""
        self._idle = max(0, self._idle - _PAYS)

    def calm(self) -> None:
        """A while has passed: what was idle talk before is forgotten."""
        self._idle = 0


def empty_trailers(stream_id: int) -> Frame:
    """A HEADERS frame without fields that ends its stream."""
    flags = END_HEADERS | END_STREAM
    return Frame(HEADERS, flags, stream_id, _write_header(0, 0, HEADERS, flags, stream_id))


def header_frames(stream_id: int, block: bytes, ends: bool, largest: int) -> bytes:
    """A header block, as a HEADERS frame and what CONTINUATION frames it takes (6.2, 6.10)."""
    kind, flags = HEADERS, END_STREAM if ends else 0
    written = b""
    while len(block) > largest:
        header = _write_header(largest >> 8, largest & 0xFF, kind, flags, stream_id)
        written += header + block[:largest]
        block = block[largest:]
        kind, flags = CONTINUATION, 0
    size = len(block)
    flags |= END_HEADERS
    return written + _write_header(size >> 8, size & 0xFF, kind, flags, stream_id) + block


def window_update(stream_id: int, increment: int) -> bytes:
    """A WINDOW_UPDATE frame."""
    return _write_window_update(0, 4, WINDOW_UPDATE, 0, stream_id, increment)
