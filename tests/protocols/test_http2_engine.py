"""HPACK with its shortcuts, judged by hpack: the same fields, the same tables, the same errors."""

from __future__ import annotations

from typing import Any

import hpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


@settings(max_examples=500, deadline=None)
@given(BLOCKS)
def test_what_is_decoded(blocks: list[Any]) -> None:
    compare(encoded(blocks))


@settings(max_examples=500, deadline=None)
@given(BLOCKS, st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4))
def test_what_is_damaged(blocks: list[Any], damage: list[tuple[int, int]]) -> None:
    found = [bytearray(block) for block in encoded(blocks)]
    for block in found:
        for place, value in damage:
            if place < len(block):
                block[place] = value
    compare([bytes(block) for block in found])


@settings(max_examples=500, deadline=None)
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


@settings(max_examples=500, deadline=None)
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
