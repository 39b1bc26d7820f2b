"""Frames of HTTP/2 on their way in: cut, counted, and looked at before h2 sees them (RFC 9113).

h2 judges the protocol. Three things are decided in front of it, frame by frame:

* GOAWAY does not reach h2, which would take it for the end of everything, while RFC 9113 6.8
  lets the streams up to its last one finish;
* DATA for a stream that was given up does not reach h2, which would answer each frame with a
  RST_STREAM; its flow-control window is returned here;
* frames that cost work and bring nothing (PING, SETTINGS, RST_STREAM, PRIORITY, empty DATA,
  WINDOW_UPDATE) are counted, and a flood of them ends the connection (RFC 9113 10.5).
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from .._exceptions import RemoteProtocolError

__all__ = ["Frame", "FrameReader", "window_update"]

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE = range(9)
CONTINUATION = 9
_BRINGS_NOTHING = frozenset([PRIORITY, RST_STREAM, SETTINGS, PING])
_HEADER = 9
_read_header = struct.Struct(">BHBBL").unpack_from
_write_window_update = struct.Struct(">BHBBLL").pack

# Work without use that one connection may ask for. A useful frame pays for as many again as a
# peer could honestly send with it: window updates and settings of a busy connection.
_MOST_USELESS = 1000
_PAID_BY_USEFUL = 10


class Frame(NamedTuple):
    """One whole frame."""

    kind: int
    flags: int
    stream_id: int
    data: bytes
    """The frame as received, its header included."""


class FrameReader:
    """Cuts what comes over the wire into frames, and counts them."""

    __slots__ = ("_buffer", "_max_frame_size", "_useless")

    def __init__(self, max_frame_size: int) -> None:
        self._buffer = b""
        self._max_frame_size = max_frame_size
        self._useless = 0

    def read(self, data: bytes) -> list[Frame]:
        """The frames that are complete now. Raises `RemoteProtocolError` on a flood or a frame
        over the size announced."""
        buffer = self._buffer + data if self._buffer else data
        frames = []
        position = 0
        size = len(buffer)
        while size - position >= _HEADER:
            high, low, kind, flags, stream_id = _read_header(buffer, position)
            length = (high << 16) | low
            if length > self._max_frame_size:
                raise RemoteProtocolError(f"HTTP/2 frame of {length} bytes is over the limit")
            end = position + _HEADER + length
            if end > size:
                break
            frame = Frame(kind, flags, stream_id & 0x7FFFFFFF, buffer[position:end])
            self._count(frame)
            frames.append(frame)
            position = end
        self._buffer = buffer[position:]
        return frames

    def _count(self, frame: Frame) -> None:
        if frame.kind in (DATA, HEADERS) and len(frame.data) > _HEADER:
            self._useless = max(0, self._useless - _PAID_BY_USEFUL)
        elif frame.kind in _BRINGS_NOTHING or (frame.kind == DATA and not frame.flags & 1):
            self._useless += 1
            if self._useless > _MOST_USELESS:
                raise RemoteProtocolError(
                    f"HTTP/2 peer sent a flood of frames of type {frame.kind}"
                )


def window_update(stream_id: int, increment: int) -> bytes:
    """A WINDOW_UPDATE frame."""
    return _write_window_update(0, 4, WINDOW_UPDATE, 0, stream_id, increment)
