"""HTTP/1.1 for a client, as values: bytes in, events out (RFC 9112). No I/O, no clock.

Theory of operation
-------------------
`HTTP1Codec` serves one connection, one exchange after the other:

    start() frame()* finish()           the request, as bytes to be written
    receive() / next_event()*           the response: ResponseHead, body pieces, END

One cycle of h11, the engine, costs 80 to 130 µs, more than all the rest of a request. So there is
a *fast lane*: a strict writer and reader for the ordinary message (a canonical head, a body
framed by Content-Length, by plain chunks, or by the connection's end). Whatever is not ordinary
goes to h11, and h11's verdict stands:

* a request that the strict writer does not know: h11 has the exchange from the beginning;
* a response's head that the strict parser does not know: it passes the table of `http1_heads`
  (what we refuse, what we repair), and a fresh h11 gets the request replayed and then that head;
* a chunk line that is not plain hex, and the last chunk if trailers follow: at a boundary
  between chunks a fresh h11 is in the same state after the head alone, so it gets the head
  and then the bytes from that chunk line on.

The lane may only be *faster*, never *different*: property tests feed both with the same bytes,
split at every place, and demand equal events and errors. `fast=False` turns it off.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from typing import Final, Literal

from .._exceptions import LocalProtocolError, RemoteProtocolError
from .http1_engine import H11Engine
from .http1_heads import (
    CHUNKED,
    NO_BODY,
    UNTIL_CLOSE,
    Framing,
    ParsedHead,
    RequestFields,
    ResponseHead,
    SentFields,
    admit,
    parse_response_head,
    write_request_fields,
    write_request_line,
)

__all__ = ["END", "NEED_DATA", "Event", "HTTP1Codec", "ResponseHead"]

Buffer = bytes | bytearray | memoryview


class Signal(enum.Enum):
    """The events that carry nothing."""

    NEED_DATA = "need data"
    END = "end"


NEED_DATA: Final = Signal.NEED_DATA
END: Final = Signal.END
Event = ResponseHead | bytes | Literal[Signal.NEED_DATA, Signal.END]

# Chunk lines without extensions, of sixteen digits at most. The line's end after a chunk's data
# is taken together with the line that follows it.
_first_chunk_line = re.compile(rb"([0-9a-fA-F]{1,16})\r\n").match
_next_chunk_line = re.compile(rb"\r\n([0-9a-fA-F]{1,16})\r\n").match
_only_chunk = re.compile(rb"0{1,16}\r\n\r\n").match
_last_chunk = re.compile(rb"\r\n0{1,16}\r\n\r\n").match
# What may still become one of them. In the last form the zeros' line has a trailer section begun.
_PARTIAL = rb"(?:[0-9a-fA-F]{1,16}\r?|0{1,16}\r\n\r?)?"
_is_partial_first_line = re.compile(_PARTIAL).fullmatch
_is_partial_next_line = re.compile(rb"\r?|\r\n" + _PARTIAL).fullmatch

# Lines between chunks as they came, without their ends, and the sizes that they tell: bounded.
_CHUNK_SIZES: dict[bytes, int] = {}
_MOST_SIZES = 1024


def _next_chunk(buffer: bytes, position: int) -> tuple[int, int]:
    """The size of the chunk whose line is at a position, and where its data begins; no size, and
    the position itself, where that is no whole plain line, or the last one."""
    line = _next_chunk_line(buffer, position)
    if line is None:
        return 0, position
    size = int(line[1], 16)
    if not size:
        return 0, position
    if len(_CHUNK_SIZES) < _MOST_SIZES:
        _CHUNK_SIZES[line[0][:-2]] = size
    return size, line.end()


_NO_REQUEST: tuple[bytes, bytes, SentFields] = (b"", b"", [])


class HTTP1Codec:
    """The client's side of one HTTP/1.1 connection.

    `peer` stands in the texts of errors. A head of more than `max_head` bytes or `max_fields`
    fields is refused with `RemoteProtocolError`.
    """

    __slots__ = (
        "_buffer",
        "_close",
        "_engine",
        "_eof",
        "_fast",
        "_fields",
        "_finished",
        "_first",
        "_framing",
        "_head",
        "_in_head",
        "_left",
        "_max_fields",
        "_max_head",
        "_parsed",
        "_parsed_data",
        "_peer",
        "_received",
        "_request",
        "_scanned",
        "_sent",
        "_taken",
        "_to_send",
        "_written_fields",
        "_written_line",
        "answered",
        "ended",
    )

    def __init__(
        self,
        peer: str = "the server",
        max_head: int = 100 * 1024,
        max_fields: int = 1000,
        fast: bool = True,
    ) -> None:
        self._peer = peer
        self._max_head = max_head
        self._max_fields = max_fields
        self._fast = fast
        self._first = (b"", b"")  # of the latest request, method and target, and as written
        self._written_line: bytes | None = None
        self._fields: SentFields = []  # the same of its fields
        self._written_fields: RequestFields | None = None
        self._parsed_data = b"\n"  # the latest head, and what it meant; no head begins like this
        self._parsed: ParsedHead | None = None
        self._engine: H11Engine | None = None
        self._buffer = b""
        self._close = False
        self._reset()

    def _reset(self) -> None:
        self._finished = False  # the request has left
        self._sent = 0  # bytes of its body that have left
        self._to_send: Framing = NO_BODY
        self._request = _NO_REQUEST
        self._head = b""  # the response's head as received, while h11 may still need it
        self._in_head = True
        self._scanned = 0  # how far the buffer was searched for the head's end
        self._framing: Framing = NO_BODY
        self._left = 0  # bytes to come: of the body, or of the current chunk
        self._received = 0  # bytes of body received
        self._taken = 0  # of the bytes beyond the response, those given out
        self._eof = False
        self.answered = False
        """Whether any byte of the response has arrived."""
        self.ended = False
        """Whether the response has been given out to its end."""

    # -- the request -------------------------------------------------------------------------

    def start(self, method: bytes, target: bytes, headers: SentFields) -> bytes:
        """Begin an exchange: the request's head, to be written.

        Raises `LocalProtocolError`, before anything is sent, for a head that HTTP does not allow.
        """
        self._reset()
        self._engine = None
        self._request = method, target, headers
        # The requests of one connection mostly differ in their first lines only, if at all.
        first = method, target
        if first != self._first:
            self._first = first
            self._written_line = write_request_line(method, target) if self._fast else None
        if headers != self._fields:
            self._fields = list(headers)  # the program may change its own
            self._written_fields = write_request_fields(headers)
        if self._written_line is None or self._written_fields is None:
            self._engine = H11Engine(self._peer)
            return self._engine.start(method, target, headers)
        fields, self._to_send, self._close = self._written_fields
        return self._written_line + fields

    def frame(self, data: Buffer) -> Sequence[Buffer]:
        """A piece of the request's body, as buffers to be written in this order.

        Raises `LocalProtocolError` for more than the Content-Length announced.
        """
        if self._engine is not None:
            return self._engine.frame(data)
        self._sent += len(data)
        if self._to_send == CHUNKED:
            return (b"%x\r\n" % len(data), data, b"\r\n") if data else ()
        if self._sent > self._to_send:
            raise LocalProtocolError("Too much data for declared Content-Length")
        return (data,)

    def finish(self) -> bytes:
        """The end of the request, to be written.

        Raises `LocalProtocolError` for less than the Content-Length announced.
        """
        self._finished = True
        if self._engine is not None:
            return self._engine.finish()
        if self._to_send == CHUNKED:
            return b"0\r\n\r\n"
        if self._sent != self._to_send:
            raise LocalProtocolError("Too little data for declared Content-Length")
        return b""

    # -- the response ------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; ``b""`` is the end of file."""
        if not data:
            self._eof = True
        elif not self.answered:
            self.answered = True
        if self._engine is not None and not self._in_head:
            self._engine.receive(data)
        else:
            self._buffer = self._buffer + data if self._buffer else data

    def next_event(self) -> Event:
        """The next thing in what was received: the head, a piece of body, END, or NEED_DATA.

        Interim responses (1xx) and trailers are passed over. Raises `RemoteProtocolError`.
        """
        if self._in_head:
            return self._next_head()
        if self._engine is not None:
            return self._from_engine()
        if self._framing == CHUNKED:
            return self._next_chunks()
        return self._next_piece()

    def _next_head(self) -> Event:
        while True:
            data = self._take_head()
            if data is None:
                return NEED_DATA
            if self._engine is None:
                # By identity: `_take_head` gives the latest head itself, where it is that again.
                parsed = self._parsed if data is self._parsed_data else self._parse_head(data)
                if parsed is not None:
                    self._in_head = False
                    head, self._framing, close = parsed
                    self._close = self._close or close
                    if self._framing == CHUNKED:
                        self._head = data
                    else:
                        self._left = self._framing
                    return head
                self._engine = self._replayed_engine()
            if data.count(b"\r\n") - 2 > self._max_fields:
                raise self._fault(f"more than {self._max_fields} fields in a head")
            self._engine.receive(admit(data, self._peer))
            event = self._engine.next_event()
            if isinstance(event, ResponseHead):
                self._in_head = False
                self._hand_buffer_over()
                return event

    def _parse_head(self, data: bytes) -> ParsedHead | None:
        """Parse an ordinary head; `None` where it is for h11."""
        no_body = self._request[0] == b"HEAD"
        parsed = parse_response_head(data, no_body)
        if parsed is None or len(parsed[0].fields) > self._max_fields:
            return None
        if not no_body:
            self._parsed_data, self._parsed = data, parsed
        return parsed

    def _take_head(self) -> bytes | None:
        """Cut a whole head off the buffer, if there is one.

        Who asks for the same thing again within a second mostly gets the same head: to see that
        takes 0.1 µs, to find its end and parse it 9.
        """
        buffer = self._buffer
        latest = self._parsed_data
        if buffer.startswith(latest) and self._request[0] != b"HEAD":
            self._buffer = buffer[len(latest) :]
            self._scanned = 0
            return latest
        end = buffer.find(b"\r\n\r\n", self._scanned)
        if end < 0:
            self._check_partial_head()
            return None
        end += 4
        if end > self._max_head:
            raise self._too_long()
        self._scanned = 0
        if end == len(buffer):
            self._buffer = b""
            return buffer
        self._buffer = buffer[end:]
        return buffer[:end]

    def _check_partial_head(self) -> None:
        buffer = self._buffer
        if self._eof:
            what = f"only {len(buffer)} bytes of a head from " if buffer else ""
            raise RemoteProtocolError(
                f"Server disconnected without sending a response. ({what}{self._peer})"
            )
        if len(buffer) > self._max_head:
            raise self._too_long()
        if buffer and not b"HTTP/".startswith(buffer[:5]):
            raise self._fault(f"illegal status line: {bytes(buffer[:60])!r}")
        line_end = buffer.find(b"\n", max(self._scanned - 1, 0))
        while line_end >= 0:
            # Waiting for an end that a peer of bare LFs will never send would be a hang.
            if buffer[line_end - 1 : line_end] != b"\r":
                raise self._fault("illegal bare CR or LF in a head")
            line_end = buffer.find(b"\n", line_end + 1)
        self._scanned = max(len(buffer) - 3, 0)

    def take_rest(self) -> bytes | None:
        """What is left of the body, if all of it has arrived; else `None`. The body of an
        ordinary small response is one call, instead of three to `next_event`."""
        left = self._left
        if self._engine is not None or self._framing < 0 or len(self._buffer) < left:
            return None
        data = self._buffer[:left]
        self._buffer = self._buffer[left:]
        self._received += left
        self._left = 0
        self._end()
        return data

    def _next_piece(self) -> Event:
        """A body framed by its length, or by the connection's end."""
        buffer = self._buffer
        if self._framing == UNTIL_CLOSE:
            if buffer:
                self._buffer = b""
                return buffer
            if not self._eof:
                return NEED_DATA
            self._close = True
        elif self._left:
            if buffer:
                size = len(buffer)
                if size <= self._left:
                    self._buffer = b""
                    piece = buffer
                else:
                    size = self._left
                    piece = buffer[:size]
                    self._buffer = buffer[size:]
                self._left -= size
                self._received += size
                return piece
            if self._eof:
                raise self._truncated(self._framing)
            return NEED_DATA
        self._end()
        return END

    def _next_chunks(self) -> Event:
        """A chunked body: all the data of what is in the buffer, in one piece."""
        buffer, left, position = self._buffer, self._left, 0
        if not (left or self._received):
            line = _first_chunk_line(buffer)
            if line is None or not (left := int(line[1], 16)):
                return self._between_chunks()
            position = line.end()
        elif buffer == b"\r\n" and not (left or self._eof):
            return NEED_DATA  # as a rule, when all that had come was given out
        length = len(buffer)
        find, known_size = buffer.find, _CHUNK_SIZES.get
        pieces = []
        while True:
            if left:
                end = position + left
                if end > length:
                    break
                pieces.append(buffer[position:end])
                position = end
            # A line that was seen before is looked up: half of what it takes to match it.
            end = find(b"\r\n", position + 2)
            left = known_size(buffer[position:end], 0) if end > 0 else 0
            if left:
                position = end + 2
            else:
                left, position = _next_chunk(buffer, position)
                if not left:
                    break
        if left and position < length:  # a part of a chunk
            pieces.append(buffer[position:])
            left -= length - position
            position = length
        self._buffer, self._left = buffer[position:], left
        if pieces:
            data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            self._received += len(data)
            return data
        return NEED_DATA if left and not self._eof else self._between_chunks()

    def _between_chunks(self) -> Event:
        """The buffer begins with what is no whole plain chunk line: it is the last one, or it is
        incomplete, or it is for h11 to judge."""
        buffer = self._buffer
        last = _last_chunk(buffer) if self._received else _only_chunk(buffer)
        if last is not None:
            self._buffer = buffer[last.end() :]
            self._end()
            return END
        if (_is_partial_next_line if self._received else _is_partial_first_line)(buffer):
            if self._eof:
                raise self._truncated(None)
            return NEED_DATA
        self._engine = engine = self._replayed_engine()
        engine.receive(self._head)
        engine.next_event()
        if self._received:
            # A chunk of one byte, whose data is thrown away: h11 then waits for its line's end.
            engine.receive(b"1\r\nx")
            engine.next_event()
        self._hand_buffer_over()
        return self._from_engine()

    def _end(self) -> None:
        """The response is complete: of the exchange, what may serve the next one is kept alone."""
        self.ended = True
        self._request = _NO_REQUEST
        self._head = b""

    # -- h11 ---------------------------------------------------------------------------------

    def _replayed_engine(self) -> H11Engine:
        engine = H11Engine(self._peer)
        engine.replay(*self._request, sent=self._sent, finished=self._finished)
        return engine

    def _hand_buffer_over(self) -> None:
        """Give h11 what was received beyond the head."""
        assert self._engine is not None
        if self._buffer:
            self._engine.receive(self._buffer)
            self._buffer = b""
        if self._eof:
            self._engine.receive(b"")

    def _from_engine(self) -> Event:
        assert self._engine is not None
        try:
            event = self._engine.next_event()
        except RemoteProtocolError as exc:
            exc.bytes_received = self._received
            raise
        if event is END:
            self.ended = True
        elif event is NEED_DATA:
            if self._eof and not self.switched:
                raise self._truncated(self.announced)
        else:
            self._received += len(event)
        return event

    # -- errors ------------------------------------------------------------------------------

    def _fault(self, text: str) -> RemoteProtocolError:
        return RemoteProtocolError(f"{text} (in the response from {self._peer})")

    def _too_long(self) -> RemoteProtocolError:
        return self._fault(f"Receive buffer too long: a head of more than {self._max_head} bytes")

    def _truncated(self, expected: int | None) -> RemoteProtocolError:
        how = (
            "incomplete chunked read"
            if expected is None
            else f"received {self._received} bytes, expected {expected}"
        )
        exc = self._fault(f"peer closed connection without sending complete message body ({how})")
        exc.bytes_received = self._received
        exc.bytes_expected = expected
        return exc

    # -- the end of an exchange --------------------------------------------------------------

    @property
    def switched(self) -> bool:
        """Whether the connection has left HTTP, by a 101 or a successful CONNECT."""
        return self._engine is not None and self._engine.switched

    @property
    def at_eof(self) -> bool:
        """Whether the peer has said all that it will."""
        return self._eof

    @property
    def announced(self) -> int | None:
        """The length of the response's body, where its head tells."""
        framing = self._body_framing
        return framing if framing >= 0 else None

    @property
    def _body_framing(self) -> Framing:
        return self._framing if self._engine is None else self._engine.framing

    @property
    def ended_by_close(self) -> bool:
        """Whether nothing but the connection's end told where the body ends."""
        return self._body_framing == UNTIL_CLOSE

    @property
    def reusable(self) -> bool:
        """Whether another exchange may begin: this one is complete, nobody asked to close, and
        the peer sent no byte too many (such bytes are never taken for the next response)."""
        if self._engine is not None:
            return self._engine.reusable and not self._eof
        return (
            self.ended and self._finished and not self._close and not self._buffer and not self._eof
        )

    def take_trailing(self, max_bytes: int) -> bytes:
        """After `switched`: the first bytes of the other protocol, each of them once."""
        if self._engine is not None and not self._buffer:
            self._buffer = self._engine.trailing[self._taken :]
        data = self._buffer[:max_bytes]
        self._buffer = self._buffer[max_bytes:]
        self._taken += len(data)
        return data
