"""h2 and hpack as `http2.HTTP2Codec` uses them: set up, and with their slowest calls spared.

The rules are h2's and hpack's. What differs is speed only, measured per request with 100 streams
open (CPython 3.11):

* `_Decoder` reads the ordinary fields of a header block itself; from the first one on that is not,
  the block is hpack's. 14 us instead of 95 for the eight fields of an nginx, which sends the same
  Huffman codes each time.
* `_Encoder` remembers what hpack has made of a field for as long as its table stays as it is, and
  keeps out of that table what is other in each request anyway: 4 us instead of 19.
* `_Connection` does not look at each of its streams to open one more: 12 us. And it gives h2's
  streams what `http2_frames` has cut already, past h2's own parser of frames, which makes six
  objects of each: 50 us for HEADERS out, HEADERS in and DATA in.

hpack's tables and h2's states are the only ones, so both can take turns at any field and any
frame; property tests compare them (`tests/protocols/test_http2_engine.py`). This module is
imported at first use only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import Any

from h2.config import H2Configuration
from h2.connection import AllowedStreamIDs, ConnectionState, H2Connection
from h2.events import Event
from h2.exceptions import DenialOfServiceError, ProtocolError
from h2.settings import SettingCodes, Settings
from h2.stream import StreamInputs, StreamState
from hpack import Decoder, Encoder, HPACKDecodingError, HPACKError, OversizedHeaderListError
from hpack.hpack import encode_integer
from hpack.huffman_table import decode_huffman
from hpack.table import HeaderTable

from .http2_fields import Fields
from .http2_frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADER_SIZE,
    HEADERS,
    Frame,
    header_frames,
)

__all__ = ["new_connection"]

_STATIC = HeaderTable.STATIC_TABLE
_STATIC_LENGTH = len(_STATIC)
_OPEN = StreamState.OPEN, StreamState.HALF_CLOSED_LOCAL  # for what we receive
_MOST_KNOWN = 256  # strings, or fields, that are remembered
_FIELD_OVERHEAD = 32  # of a field in a list (RFC 9113 6.5.2)
# Names without use for the table, as other in each request; their indices in the static one.
_NOT_INDEXED = {
    name: index
    for index, (name, _) in reversed(list(enumerate(_STATIC, 1)))
    if name in (b":path", b"content-length", b"if-modified-since", b"if-none-match", b"range")
}


class _Connection(H2Connection):
    """h2's connection, where somebody else counts what is open, and cuts frames."""

    parses_all = False
    """Whether every frame goes through h2's parser: for tests."""

    def __init__(self, config: H2Configuration, opened: Sized) -> None:
        super().__init__(config)
        self.encoder = _Encoder()
        self.decoder = _Decoder()
        self._opened = opened
        self._tidy_at = 0
        self._in_head = False  # h2's parser has some of a header block, and waits for the rest

    @property
    def open_outbound_streams(self) -> int:
        """How many streams are open. Each time that their number has doubled, h2 looks for those
        that have ended, and forgets them."""
        if len(self.streams) >= self._tidy_at:
            self._tidy_at = 2 * super().open_outbound_streams + 16
        return len(self._opened)

    def open_stream(self, fields: Fields, ends: bool) -> tuple[int, bytes]:
        """Open a stream with a request's head: its number, and what to write if it is not among
        what h2 has to send."""
        stream_id: int = self.get_next_available_stream_id()
        if (
            self.parses_all
            or self.open_outbound_streams >= self.remote_settings.max_concurrent_streams
            or self.state_machine.state is not ConnectionState.CLIENT_OPEN
        ):
            self.send_headers(stream_id, fields, end_stream=ends)
            return stream_id, b""
        stream = self._begin_new_stream(stream_id, AllowedStreamIDs.ODD)
        stream.state_machine.process_input(StreamInputs.SEND_HEADERS)
        if ends:
            stream.state_machine.process_input(StreamInputs.SEND_END_STREAM)
        stream.request_method = fields[0][1]
        block = self.encoder.encode(fields)
        return stream_id, header_frames(stream_id, block, ends, self.max_outbound_frame_size)

    def receive_frame(self, frame: Frame) -> list[Event]:
        """What a whole frame means."""
        stream = self.streams.get(frame.stream_id)
        if (
            self.parses_all
            or self._in_head
            or stream is None
            or stream.state_machine.state not in _OPEN
            or self.state_machine.state is not ConnectionState.CLIENT_OPEN
            or frame.kind > HEADERS
            or frame.flags & ~END_STREAM != (END_HEADERS if frame.kind == HEADERS else 0)
        ):
            is_part = frame.kind in (HEADERS, CONTINUATION) and not frame.flags & END_HEADERS
            self._in_head = is_part
            return self.receive_data(frame.data)
        payload = frame.data[HEADER_SIZE:]
        ends = bool(frame.flags & END_STREAM)
        try:
            if frame.kind == DATA:
                self._inbound_flow_control_window_manager.window_consumed(len(payload))
                return stream.receive_data(payload, ends, len(payload))[1]
            return stream.receive_headers(self._decode(payload), ends, None)[1]
        except ProtocolError as exc:
            self._terminate_connection(exc.error_code)
            raise

    def _decode(self, block: bytes) -> Iterable[Any]:
        try:
            return self.decoder.decode(block, raw=True)
        except OversizedHeaderListError as exc:
            raise DenialOfServiceError(f"Oversized header block: {exc}") from exc
        except HPACKError as exc:
            raise ProtocolError(f"Error decoding header block: {exc}") from exc


class _Encoder(Encoder):
    """HPACK for requests, most fields of which are those of the request before."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[bytes, bytes], bytes] = {}

    def encode(self, headers: Iterable[Any], huffman: bool = True) -> bytes:
        parts = []
        known = self._known
        if self.header_table.resized:
            known.clear()
            parts.append(super().encode([]))  # says so to the peer
        for field in headers:
            part = known.get(field) if type(field) is tuple else None
            parts.append(part or self._encode_field(field))
        return b"".join(parts)

    def _encode_field(self, field: tuple[bytes, bytes]) -> bytes:
        name, value = field
        part: bytes
        if type(field) is not tuple:  # never to be indexed
            part = self.add((name, value), True, True)
        elif name in _NOT_INDEXED:
            index = encode_integer(_NOT_INDEXED[name], 4)
            part = bytes(index + encode_integer(len(value), 7)) + value
        else:
            newest = self._newest()
            part = self.add((name, value), False, True)
            if self._newest() is not newest:
                self._known.clear()  # every entry has moved
            elif len(self._known) < _MOST_KNOWN:
                self._known[field] = part
        return part

    def _newest(self) -> tuple[bytes, bytes] | None:
        entries = self.header_table.dynamic_entries
        return entries[0] if entries else None


class _Decoder(Decoder):
    """HPACK of responses."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[bytes, bytes] = {}  # strings by their Huffman codes

    def decode(self, data: bytes, raw: bool = False) -> Iterable[Any]:
        fields: Fields = []
        position, size = 0, 0
        end = len(data)
        try:
            while position < end:
                field, position = self._field(data, position)
                fields.append(field)
                size += len(field[0]) + len(field[1]) + _FIELD_OVERHEAD
                if size > self.max_header_list_size:
                    raise _too_large(self.max_header_list_size)
        except IndexError:
            fields += self._decode_rest(data[position:], size)
        else:
            self._assert_valid_table_size()
        return fields

    def _field(self, data: bytes, position: int) -> tuple[tuple[bytes, bytes], int]:
        """The field at a position, and the position behind it. `IndexError`, with nothing done,
        where hpack has to look: a change of the table's size, a large number, an error."""
        first = data[position]
        position += 1
        if first >= 0x80:  # indexed (RFC 7541 6.1)
            if first == 0xFF:
                raise IndexError
            return self._entry(first & 0x7F), position
        if first >= 0x40:  # literal, to be indexed (6.2.1)
            largest = 0x3F
        elif first < 0x20:  # literal, not to be indexed (6.2.2, 6.2.3)
            largest = 0x0F
        else:
            raise IndexError
        index = first & largest
        if index == largest:
            if data[position] >= 0x80:
                raise IndexError
            index += data[position]
            position += 1
        if index:
            name = self._entry(index)[0]
        else:
            name, position = self._string(data, position)
        value, position = self._string(data, position)
        if largest == 0x3F:
            self.header_table.add(name, value)
        return (name, value), position

    def _entry(self, index: int) -> tuple[bytes, bytes]:
        """An entry of a table (2.3.3)."""
        entry: tuple[bytes, bytes]
        if 0 < index <= _STATIC_LENGTH:
            entry = _STATIC[index - 1]
        elif index:
            entry = self.header_table.dynamic_entries[index - _STATIC_LENGTH - 1]
        else:
            raise IndexError
        return entry

    def _string(self, data: bytes, position: int) -> tuple[bytes, int]:
        """The string at a position, and the position behind it (5.2)."""
        first = data[position]
        position += 1
        length = first & 0x7F
        if length == 0x7F:
            if data[position] >= 0x80:
                raise IndexError
            length += data[position]
            position += 1
        end = position + length
        if end > len(data):
            raise IndexError
        string = data[position:end]
        if first >= 0x80:
            known = self._known.get(string)
            if known is None:
                known = decode_huffman(string)
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                self._known[string] = known
            string = known
        return string, end

    def _decode_rest(self, data: bytes, size: int) -> Iterable[Any]:
        """Leave a block to hpack, after fields of a `size`."""
        if size and data[0] & 0xE0 == 0x20:
            raise HPACKDecodingError("a change of the table's size within a header block")
        limit = self.max_header_list_size
        self.max_header_list_size = limit - size
        try:
            return super().decode(data, raw=True)
        except OversizedHeaderListError:
            raise _too_large(limit) from None
        finally:
            self.max_header_list_size = limit


def _too_large(limit: int) -> OversizedHeaderListError:
    """In the words of hpack."""
    return OversizedHeaderListError(f"A header list larger than {limit} has been received")


def new_connection(opened: Sized, max_streams: int, window: int, frame: int, head: int) -> Any:
    """The client's side of a connection, with its SETTINGS (RFC 9113 6.5.2).

    `opened` counts the streams that are open.
    """
    connection = _Connection(
        H2Configuration(
            client_side=True,
            header_encoding=None,
            # All of this is done in `http2_fields`.
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
            validate_inbound_headers=False,
            normalize_inbound_headers=False,
        ),
        opened,
    )
    connection.local_settings = Settings(
        client=True,
        initial_values={
            SettingCodes.ENABLE_PUSH: 0,
            SettingCodes.MAX_CONCURRENT_STREAMS: max_streams,
            SettingCodes.INITIAL_WINDOW_SIZE: window,
            SettingCodes.MAX_HEADER_LIST_SIZE: head,
            SettingCodes.MAX_FRAME_SIZE: frame,
        },
    )
    connection.max_inbound_frame_size = frame
    return connection
