"""The shortcuts past hpack and h2, judged by those: the same fields, tables, events and errors."""

from __future__ import annotations

import random
from typing import Any

import hpack
import pytest
from hyperframe import frame as frames
from hypothesis import given, settings
from hypothesis import strategies as st

from httpx import LocalProtocolError, RemoteProtocolError
from httpx._protocols.http2 import HTTP2Codec
from httpx._protocols.http2_engine import _MOST_KNOWN, _Decoder, _Encoder

NAMES = st.sampled_from(
    [b":status", b":path", b"date", b"content-length", b"set-cookie", b"x-a", b"x-b", b"etag"]
)
VALUES = st.one_of(
    st.sampled_from([b"200", b"", b"a", b"/", b"gzip, deflate", b"long " * 30, b"longer " * 700]),
    st.binary(max_size=20),
)
FIELDS = st.lists(st.tuples(NAMES, VALUES, st.booleans()), max_size=8)
# A header block: fields (the third of each says that it is never to be indexed), whether in
# Huffman code, and the size that the encoder gives its table before.
BLOCKS = st.lists(
    st.tuples(FIELDS, st.booleans(), st.sampled_from([None, None, None, 0, 80, 4096])), max_size=6
)


def encoded(blocks: list[Any]) -> list[bytes]:
    encoder = hpack.Encoder()
    found = []
    for fields, huffman, size in blocks:
        if size is not None:
            encoder.header_table_size = size
        found.append(encoder.encode(fields, huffman))
    return found


def outcome(decoder: hpack.Decoder, block: bytes) -> Any:
    """What h2 would see: the fields, or that there is an error."""
    try:
        return [tuple(field) for field in decoder.decode(block, raw=True)]
    except hpack.OversizedHeaderListError:
        return "too large"
    except (hpack.HPACKError, IndexError):
        return "broken"


def table(coder: Any) -> Any:
    entries = [tuple(entry) for entry in coder.header_table.dynamic_entries]
    return entries, coder.header_table.maxsize, coder.header_table._current_size


def compare(blocks: list[bytes]) -> None:
    ours, judge = _Decoder(), hpack.Decoder()
    ours.max_header_list_size = judge.max_header_list_size = 6000
    for block in blocks:
        verdict = outcome(judge, block)
        assert outcome(ours, block) == verdict
        if isinstance(verdict, str):
            return  # the end of the connection
        assert table(ours) == table(judge)


@settings(max_examples=200, deadline=None)
@given(BLOCKS)
def test_what_is_decoded(blocks: list[Any]) -> None:
    compare(encoded(blocks))


@settings(max_examples=200, deadline=None)
@given(BLOCKS, st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4))
def test_what_is_damaged(blocks: list[Any], damage: list[tuple[int, int]]) -> None:
    found = [bytearray(block) for block in encoded(blocks)]
    for block in found:
        for place, value in damage:
            if place < len(block):
                block[place] = value
    compare([bytes(block) for block in found])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=30), max_size=5))
def test_anything_at_all(blocks: list[bytes]) -> None:
    compare(blocks)


@pytest.mark.parametrize("size", [126, 127, 128, 254, 255, 256, 40000])
@pytest.mark.parametrize("huffman", [True, False])
def test_lengths_of_several_bytes(size: int, huffman: bool) -> None:
    fields = [(b"date", b"~" * size, True), (b"x" * size, b"1"), (b"set-cookie", b"0" * size)]
    block = hpack.Encoder().encode(fields, huffman)
    ours, judge = _Decoder(), hpack.Decoder()
    ours.max_header_list_size = judge.max_header_list_size = 10**6
    assert ours.decode(block) == judge.decode(block, raw=True)


def test_what_is_remembered_is_bounded() -> None:
    decoder, encoder, theirs = _Decoder(), _Encoder(), hpack.Encoder()
    encoder.header_table_size = 2**20
    judge = hpack.Decoder()
    judge.max_allowed_table_size = 2**20
    for number in range(3 * _MOST_KNOWN):
        field = b"x-request", b"number %d" % number
        assert decoder.decode(theirs.encode([field])) == [field]
        assert judge.decode(encoder.encode([field]), raw=True) == [field]
        assert len(decoder._known) <= _MOST_KNOWN
    for number in range(3 * _MOST_KNOWN):
        field = b"x-request", b"number %d" % number
        assert judge.decode(encoder.encode([field]), raw=True) == [field]
    assert len(encoder._known) == _MOST_KNOWN


@settings(max_examples=200, deadline=None)
@given(BLOCKS)
def test_what_is_encoded(blocks: list[Any]) -> None:
    """hpack understands it, never-indexed fields are marked, and the tables stay the same."""
    encoder, judge = _Encoder(), hpack.Decoder()
    for fields, _, size in blocks:
        if size is not None:
            encoder.header_table_size = size
        given_fields = [
            hpack.NeverIndexedHeaderTuple(name, value) if never else (name, value)
            for name, value, never in fields
        ]
        block = encoder.encode(given_fields)
        found = judge.decode(block, raw=True)
        assert found == given_fields
        for field, (name, _, never) in zip(found, fields, strict=True):
            in_table = field in judge.header_table.dynamic_entries
            assert field.indexable or never
            assert not (name == b":path" and in_table)
        assert table(encoder) == table(judge)


def test_the_same_request_is_the_same_bytes() -> None:
    encoder = _Encoder()
    fields = [(b":method", b"GET"), (b":path", b"/a"), (b"x-a", b"1"), (b"user-agent", b"me")]
    first = encoder.encode(fields)
    following = [encoder.encode(fields) for _ in range(3)]
    assert len(set(following)) == 1
    assert len(following[0]) < len(first)
    assert len(encoder._known) == 3  # but for the path


def test_streams_that_have_ended_are_forgotten() -> None:
    codec = HTTP2Codec()
    codec.start()
    for _ in range(1000):
        number = codec.open(b"GET", b"https", b"/", [(b"Host", b"a")], 0)
        codec.give_up(number)
    assert len(codec._h2.streams) < 50


# -- frames, past h2's parser and through it -----------------------------------------------------


def any_frame(chance: random.Random, encoder: hpack.Encoder) -> frames.Frame:
    """More often right than wrong."""
    stream = chance.choice([1, 1, 1, 3, 3, 5, 7, 9, 2])
    status = chance.choice(["200", "200", "200", "103", "204", "x"])
    length = chance.choice([[], [], [("content-length", chance.choice(["0", "3", "x", "9"]))]])
    block = encoder.encode([(":status", status), ("a", str(chance.randrange(3))), *length])
    trailers = encoder.encode([("b", "c")])
    ends: list[str] = chance.choice([[], [], ["END_STREAM"]])
    padded = frames.DataFrame(stream, b"abc", flags=["PADDED", *ends], pad_length=2)
    makers = [
        lambda: frames.HeadersFrame(stream, block, flags=["END_HEADERS", *ends]),
        lambda: frames.HeadersFrame(stream, block, flags=["END_HEADERS", "PRIORITY", *ends]),
        lambda: frames.HeadersFrame(stream, trailers, flags=["END_HEADERS", "END_STREAM"]),
        lambda: frames.HeadersFrame(stream, block, flags=ends),
        lambda: frames.ContinuationFrame(stream, b"", flags=["END_HEADERS"]),
        lambda: frames.HeadersFrame(stream, b"\xff\x7f", flags=["END_HEADERS"]),
        lambda: padded,
        lambda: frames.RstStreamFrame(stream, chance.randrange(9)),
        lambda: frames.WindowUpdateFrame(stream, 1000),
        lambda: frames.SettingsFrame(0, settings={3: chance.choice([1, 100])}),
        lambda: frames.PingFrame(0, bytes(8)),
        *[lambda: frames.DataFrame(stream, b"abc", flags=ends)] * 6,
        *[lambda: frames.HeadersFrame(stream, block, flags=["END_HEADERS", *ends])] * 6,
    ]
    frame: frames.Frame = chance.choice(makers)()
    return frame


class Side:
    """A codec with requests of several kinds under way."""

    def __init__(self, parses_all: bool, chance: random.Random) -> None:
        self.codec = HTTP2Codec("peer")
        self.codec._h2.parses_all = parses_all
        self.codec.start()
        self.codec.settings = {}
        self.chance = chance
        for method, size in [(b"GET", 0), (b"HEAD", 0), (b"POST", None), (b"POST", 3), (b"GET", 0)]:
            self.open(method, size)

    def open(self, method: bytes, size: int | None) -> None:
        fields = [(b"Host", b"a"), (b"x", b"%d" % self.chance.randrange(3)), *self.long()]
        number = self.codec.open(method, b"https", b"/", fields, size)
        if size:
            self.codec.send_body(number, memoryview(b"abc"), ends=True)

    def long(self) -> list[tuple[bytes, bytes]]:
        return [(b"y", b"a" * 30_000)] if self.chance.random() < 0.02 else []

    def step(self, data: bytes) -> Any:
        """What it makes of some bytes."""
        act = self.chance.random()
        try:
            if act < 0.1:
                self.codec.give_up(5)  # whose body has not been sent
            elif act < 0.2:
                self.open(b"GET", 0)
            events = self.codec.receive(data)
        except (RemoteProtocolError, LocalProtocolError) as exc:
            return str(exc), self.codec.take_output()
        return events, self.codec.take_output(), self.state()

    def state(self) -> Any:
        engine = self.codec._h2
        streams = [
            (number, stream.state_machine.state, stream.inbound_flow_control_window)
            for number, stream in engine.streams.items()
        ]
        return streams, engine.inbound_flow_control_window, table(engine.decoder)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 25))
def test_frames_past_the_parser_mean_the_same(seed: int, count: int) -> None:
    """The same events, errors, windows, states, and bytes to the peer."""
    ours, judge = (Side(parses_all, random.Random(seed)) for parses_all in (False, True))
    chance = random.Random(seed)
    encoder = hpack.Encoder()
    data = frames.SettingsFrame(0).serialize()
    for _ in range(count):
        verdict = judge.step(data)
        assert ours.step(data) == verdict
        if isinstance(verdict[0], str):
            return
        data = any_frame(chance, encoder).serialize()


def test_what_is_ordinary_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    side = Side(False, random.Random(0))
    side.codec.receive(frames.SettingsFrame(0).serialize())

    def parse(data: bytes) -> None:
        raise AssertionError("parsed by h2")

    monkeypatch.setattr(side.codec._h2, "receive_data", parse)
    monkeypatch.setattr(side.codec._h2, "send_headers", parse)
    side.open(b"GET", 0)
    block = hpack.Encoder().encode([(":status", "200")])
    head = frames.HeadersFrame(1, block, flags=["END_HEADERS"]).serialize()
    body = frames.DataFrame(1, b"abc", flags=["END_STREAM"]).serialize()
    assert [type(event).__name__ for event in side.codec.receive(head + body)] == [
        "StreamHead", "StreamData", "StreamEnded",
    ]  # fmt: skip
