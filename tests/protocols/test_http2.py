"""The HTTP/2 codec, against h2 as the server and against anything at all."""

from __future__ import annotations

import random
from typing import Any

import h2.config
import h2.connection
import h2.events
import hpack
import pytest
from hyperframe import frame as frames
from hypothesis import given, settings
from hypothesis import strategies as st

from httpx import LocalProtocolError, RemoteProtocolError
from httpx._protocols.http2 import (
    CONNECTION_WINDOW,
    STREAM_WINDOW,
    HTTP2Codec,
    StreamData,
    StreamEnded,
    StreamFailed,
    StreamHead,
)
from httpx._protocols.http2_fields import request_fields
from httpx._protocols.http2_frames import Frame, FrameReader, error_name, window_update

HOST = (b"Host", b"example.com")


class Pair:
    """A codec, and h2 as its server."""

    def __init__(self) -> None:
        self.client = HTTP2Codec("example.com:443")
        config = h2.config.H2Configuration(client_side=False, header_encoding=None)
        self.server = h2.connection.H2Connection(config)
        self.server.initiate_connection()
        self.server.increment_flow_control_window(2**24)
        self.client.start()
        self.seen: list[Any] = []
        self.settle()

    def settle(self) -> list[Any]:
        """Pass everything on, both ways, until nobody has anything to say; the client's events."""
        found: list[Any] = []
        while True:
            up, down = self.client.take_output(), self.server.data_to_send()
            if not (up or down):
                return found
            if up:
                self.seen += self.server.receive_data(up)
            if down:
                found += self.client.receive(down)

    def open(
        self, size: int | None = 0, *fields: tuple[bytes, bytes], method: bytes = b"GET"
    ) -> int:
        return self.client.open(method, b"https", b"/", [HOST, *fields], size)

    def answer(self, stream: int, *fields: tuple[str, str], end: bool = False) -> None:
        self.server.send_headers(stream, [(":status", "200"), *fields], end_stream=end)


def test_a_request_and_its_response() -> None:
    pair = Pair()
    stream = pair.open(5, (b"Content-Length", b"5"), method=b"POST")
    assert pair.client.send_body(stream, memoryview(b"hello"), ends=True) == 5
    pair.settle()
    pair.answer(stream, ("content-length", "2"))
    pair.server.send_data(stream, b"ok", end_stream=True)
    head, data, end = pair.settle()
    assert head == StreamHead(stream, 200, [(b"content-length", b"2")], 2)
    assert data == StreamData(stream, b"ok", 2)
    assert end == StreamEnded(stream)
    pair.client.release(stream)
    assert isinstance(pair.seen[-1], h2.events.StreamEnded)


def test_capacity_follows_the_peer() -> None:
    codec = HTTP2Codec()
    assert codec.capacity == 1
    pair = Pair()
    assert pair.client.capacity == 100
    for limit, capacity in ((5, 5), (0, 0), (5000, 100)):
        pair.server.update_settings({3: limit})
        pair.settle()
        assert pair.client.capacity == capacity
    pair.server.close_connection()
    pair.settle()
    assert pair.client.capacity == 0
    assert pair.client.goaway == "GOAWAY: NO_ERROR"


def test_stream_numbers_run_out() -> None:
    pair = Pair()
    pair.client._h2.highest_outbound_stream_id = 2**31 - 3
    assert pair.client.capacity == 100
    assert pair.open() == 2**31 - 1
    assert pair.client.capacity == 0
    with pytest.raises(LocalProtocolError):
        pair.open()


def test_no_more_than_the_window_is_sent() -> None:
    pair = Pair()
    stream = pair.open(None, method=b"POST")
    body = memoryview(bytes(200_000))
    assert pair.client.send_body(stream, body) == 65_535
    assert pair.client.room(stream) == 0
    assert pair.client.send_body(stream, body) == 0
    assert pair.client.send_body(99, body) == pair.client.room(99) == 0


def test_the_stream_window_bounds_what_piles_up_unread() -> None:
    pair = Pair()
    stream = pair.open()
    pair.settle()
    pair.answer(stream)
    sent = 0
    while room := min(pair.server.local_flow_control_window(stream), 16_384):
        pair.server.send_data(stream, bytes(room))
        pair.settle()
        sent += room
    assert sent == STREAM_WINDOW
    assert pair.server.outbound_flow_control_window > CONNECTION_WINDOW - STREAM_WINDOW // 2
    pair.client.acknowledge(stream, sent)
    pair.settle()
    assert pair.server.local_flow_control_window(stream) == STREAM_WINDOW


def test_a_download_never_drains_the_windows() -> None:
    """Window updates come early enough to keep the pipe full."""
    pair = Pair()
    stream = pair.open()
    pair.settle()
    pair.answer(stream)
    lowest = STREAM_WINDOW
    for _ in range(2000):
        pair.server.send_data(stream, bytes(16_384))
        for event in pair.settle():
            if isinstance(event, StreamData):
                pair.client.acknowledge(stream, event.size)
        lowest = min(lowest, pair.server.local_flow_control_window(stream))
    assert lowest >= STREAM_WINDOW // 2


@pytest.mark.parametrize(
    ("announced", "size", "word"),
    [(3, 5, "much"), (5, 3, "little"), (5, 0, "little"), (0, 1, "much")],
)
def test_content_length_is_kept_before_anything_is_sent(
    announced: int, size: int, word: str
) -> None:
    pair = Pair()
    with pytest.raises(LocalProtocolError, match=f"Too {word} data for declared Content-Length"):
        pair.open(size, (b"content-length", b"%d" % announced))
    assert pair.client.take_output() == b""


def test_content_length_is_kept_piece_by_piece() -> None:
    pair = Pair()
    for pieces, word in (([b"abc", b"def"], "much"), ([b"abc"], "little"), ([], "little")):
        stream = pair.open(None, (b"content-length", b"5"))
        with pytest.raises(LocalProtocolError, match=f"Too {word}"):
            for piece in pieces:
                pair.client.send_body(stream, memoryview(piece))
            pair.client.end_body(stream)
        pair.client.give_up(stream)
    stream = pair.open(None, (b"content-length", b"5"))
    for piece in (b"abc", b"de"):
        pair.client.send_body(stream, memoryview(piece))
    pair.client.end_body(stream)


def test_a_wrong_length_of_a_head_is_the_fault_of_its_stream() -> None:
    pair = Pair()
    stream, other = pair.open(method=b"HEAD"), pair.open()
    pair.settle()
    pair.answer(stream, ("content-length", "x"), end=True)
    pair.answer(other, end=True)
    failed, *following = pair.settle()
    assert isinstance(failed, StreamFailed)
    assert "illegal Content-Length b'x'" in failed.reason
    assert [type(event) for event in following] == [StreamHead, StreamEnded]


def test_goaway_refuses_what_is_above() -> None:
    pair = Pair()
    streams = [pair.open() for _ in range(4)]
    pair.settle()
    pair.server.close_connection(11, b"debug", last_stream_id=streams[1])
    events = pair.settle()
    assert [event.stream_id for event in events] == streams[2:]
    assert all(isinstance(event, StreamFailed) and event.refused for event in events)
    assert "not processed by example.com:443 (GOAWAY: ENHANCE_YOUR_CALM b'debug')" in (
        events[0].reason
    )


def test_good_bye_is_said_once() -> None:
    pair = Pair()
    pair.client.close()
    pair.client.close(1)
    pair.settle()
    goodbyes = [e for e in pair.seen if isinstance(e, h2.events.ConnectionTerminated)]
    assert len(goodbyes) == 1


@pytest.mark.parametrize(
    ("name", "secret"),
    [("Authorization", True), ("Proxy-Authorization", True), ("Cookie", True), ("X-A", False)],
)
def test_credentials_are_never_indexed(name: str, secret: bool) -> None:
    pair = Pair()
    for _ in range(2):
        pair.open(0, (name.encode(), b"a=secret"))
    decoder = hpack.Decoder()
    reader = FrameReader(2**20, "x")
    reader._begun = True
    for frame in reader.read(pair.client.take_output()):
        if frame.kind == 1:
            for field in decoder.decode(frame.data[9:], raw=True):
                if field[0] == name.lower().encode():
                    assert field.indexable != secret


def test_a_long_cookie_is_indexed() -> None:
    fields = request_fields(b"GET", b"https", b"/", [HOST, (b"Cookie", b"x" * 20)]).fields
    assert type(fields[-1]) is tuple


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        (b"GET", b"/", []),
        (b"G T", b"/", [HOST]),
        (b"GET", b"/a b", [HOST]),
        (b"GET", b"/\r\nx", [HOST]),
        (b"GET", b"/", [HOST, (b"content-length", b"1"), (b"content-length", b"2")]),
        (b"GET", b"/", [HOST, (b"content-length", b"-1")]),
        (b"GET", b"/", [HOST, (b":path", b"/other")]),
        (b"GET", b"/", [HOST, (b"", b"x")]),
    ],
)
def test_what_cannot_be_sent(method: bytes, target: bytes, headers: Any) -> None:
    with pytest.raises(LocalProtocolError):
        request_fields(method, b"https", target, headers)


@given(st.binary(max_size=12), st.binary(max_size=12))
def test_no_field_can_be_two(name: bytes, value: bytes) -> None:
    """What is sent has the bytes of a name and of a value, and nothing else."""
    try:
        fields = request_fields(b"GET", b"https", b"/", [HOST, (name, value)]).fields
    except LocalProtocolError:
        return
    for sent_name, sent_value in fields[4:]:
        assert sent_name == name.lower()
        assert not set(sent_name) & set(b"\r\n\0 :\t")
        assert not set(sent_value) & set(b"\r\n\0")
        assert sent_value == sent_value.strip(b" \t")


def test_connect_has_neither_scheme_nor_path() -> None:
    fields = request_fields(b"CONNECT", b"https", b"h:1", [HOST]).fields
    assert fields == [(b":method", b"CONNECT"), (b":authority", b"example.com")]


# -- frames ------------------------------------------------------------------------------------


def any_frame(chance: random.Random, encoder: hpack.Encoder) -> frames.Frame:
    stream = chance.choice([1, 1, 3, 3, 5, 7, 2])
    block = encoder.encode([(":status", chance.choice(["200", "103", "x"])), ("a", "b")])
    flags = chance.choice([["END_HEADERS"], ["END_HEADERS", "END_STREAM"], []])
    return chance.choice(
        [
            frames.HeadersFrame(stream, block, flags=flags),
            frames.DataFrame(stream, bytes(chance.randrange(50))),
            frames.DataFrame(stream, b"end", flags=["END_STREAM"]),
            frames.RstStreamFrame(stream, chance.randrange(16)),
            frames.SettingsFrame(0, settings={4: chance.randrange(2**17)}),
            frames.PingFrame(0, bytes(8)),
            frames.WindowUpdateFrame(chance.choice([0, stream]), 1000),
            frames.GoAwayFrame(0, chance.choice([0, 1, 3]), 0),
            frames.ContinuationFrame(stream, b"", flags=["END_HEADERS"]),
            frames.PriorityFrame(stream),
        ]
    )


def serialized(seed: int, count: int) -> bytes:
    """A connection's worth of frames, well formed or nearly."""
    chance = random.Random(seed)
    encoder = hpack.Encoder()
    some = [frames.SettingsFrame(0), *[any_frame(chance, encoder) for _ in range(count)]]
    return b"".join(frame.serialize() for frame in some)


def outcome(data: bytes, cuts: list[int]) -> tuple[list[Any], str | None, bytes]:
    codec = HTTP2Codec("peer")
    codec.start()
    for size in (0, None, 0):
        codec.settings = {}
        codec.open(b"POST", b"https", b"/", [HOST], size)
    codec.give_up(5)
    codec.take_output()
    events: list[Any] = []
    start = 0
    try:
        for cut in [*sorted(cuts), len(data)]:
            if cut > start:
                events += codec.receive(data[start:cut])
                start = cut
    except RemoteProtocolError as exc:
        return events, str(exc), codec.take_output()
    return events, None, codec.take_output()


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.lists(st.integers(0, 2000), max_size=6))
def test_any_frames_cut_anywhere(seed: int, count: int, cuts: list[int]) -> None:
    """The same whatever the pieces; and whatever the frames, no error but a RemoteProtocolError."""
    data = serialized(seed, count)
    whole = outcome(data, [])
    cut = outcome(data, [place for place in cuts if place < len(data)])
    assert cut[1] == whole[1]
    if whole[1] is None:
        assert cut[0] == whole[0]
    else:
        assert cut[0][: len(whole[0])] == whole[0]
        assert b"\x07\x00\x00\x00\x00\x00" in whole[2]  # a GOAWAY is on its way


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.tuples(st.integers(9, 400), st.integers(0, 255))))
def test_damaged_frames(seed: int, damage: list[tuple[int, int]]) -> None:
    data = bytearray(serialized(seed, 10))
    for place, value in damage:
        if place < len(data):
            data[place] = value
    outcome(bytes(data), [])


def test_frame_reader() -> None:
    reader = FrameReader(100, "peer")
    settings_frame = frames.SettingsFrame(0).serialize()
    data = settings_frame + frames.DataFrame(1, b"x" * 10).serialize()
    found: list[Frame] = []
    for byte in data:
        found += reader.read(bytes([byte]))
    assert [(frame.kind, frame.stream_id) for frame in found] == [(4, 0), (0, 1)]
    assert found[1].content_size == 10
    assert b"".join(frame.data for frame in found) == data
    with pytest.raises(RemoteProtocolError, match="frame of 101 bytes, over the limit of 100"):
        reader.read(frames.DataFrame(1, bytes(101)).serialize())
    assert reader.error_code == 6


def test_padding_is_no_content() -> None:
    for pad in (0, 1, 200):
        padded = frames.DataFrame(1, b"abc", flags=["PADDED"])
        padded.pad_length = pad
        frame = Frame(0, 8, 1, padded.serialize())
        assert frame.content_size == 3
    assert Frame(0, 8, 1, bytes(9)).content_size < 0


def test_names_and_numbers() -> None:
    assert error_name(0) == "NO_ERROR"
    assert error_name(13) == "HTTP_1_1_REQUIRED"
    assert error_name(14) == "0xe"
    expected = frames.WindowUpdateFrame(3, 77).serialize()
    assert window_update(3, 77) == expected


def test_nothing_can_be_done_after_the_end_and_nothing_fails() -> None:
    """What is left of a connection that has broken is read, given up and let go."""
    pair = Pair()
    stream = pair.open(None, (b"content-length", b"5"), method=b"POST")
    other = pair.open()
    pair.settle()
    with pytest.raises(RemoteProtocolError):
        pair.client.receive(b"\0\0\0\x05\0\0\0\0\x01")  # a PUSH_PROMISE without its content
    assert pair.client.capacity == 0
    assert pair.client.send_body(stream, memoryview(b"hello")) == 0
    pair.client.acknowledge(stream, STREAM_WINDOW)
    with pytest.raises(LocalProtocolError, match="Too little"):
        pair.client.end_body(stream)
    pair.client.end_body(other)
    pair.client.give_up(stream)
    pair.client.close()
    pair.settle()
    goodbyes = [e for e in pair.seen if isinstance(e, h2.events.ConnectionTerminated)]
    assert len(goodbyes) == 1


def test_what_was_on_its_way_to_streams_given_up_is_no_flood() -> None:
    """A whole connection's window of it, in small frames."""
    pair = Pair()
    for _ in range(40):
        stream = pair.open()
        pair.settle()
        pair.answer(stream)
        pair.settle()
        pair.client.give_up(stream)
        data = frames.DataFrame(stream, bytes(100)).serialize() * 100
        assert pair.client.receive(data) == []
    assert pair.client._frames._idle < 200
    assert len(pair.client.take_output()) < 40 * 100
