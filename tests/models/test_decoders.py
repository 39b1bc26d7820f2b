"""Bodies in: every coding, cut anywhere, broken anywhere, at any ratio; chunks, text, lines."""

from __future__ import annotations

import gzip
import importlib.util
import itertools
import random
import re
import subprocess
import sys
import time
import tracemalloc
import types
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

import httpx
from httpx import _decoders
from httpx._decoders import (
    BrotliDecoder,
    ByteChunker,
    ContentDecoder,
    DeflateDecoder,
    GZipDecoder,
    IdentityDecoder,
    LineDecoder,
    MultiDecoder,
    RecordDecoder,
    TextChunker,
    TextDecoder,
    ZStandardDecoder,
    accept_encoding,
    make_decoder,
)

MIB = 1024 * 1024
TEXT = b"".join(b"line %d of the text, %d\n" % (i, i * i) for i in range(300))


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def zstd(data: bytes, **options: Any) -> bytes:
    return zstandard.ZstdCompressor(**options).compress(data)


def skippable(payload: bytes) -> bytes:
    return b"\x5a\x2a\x4d\x18" + len(payload).to_bytes(4, "little") + payload


# By name: the coding, and how to make such a body.
CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "gzip, stored": ("gzip", lambda data: gzip.compress(data, 0)),
    "gzip, two members": ("gzip", lambda d: gzip.compress(d[:9]) + gzip.compress(d[9:])),
    "gzip, an empty member": ("gzip", lambda d: gzip.compress(b"") + gzip.compress(d)),
    "zlib": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "raw deflate, stored": ("deflate", lambda data: zlib.compress(data, 0)[2:-4]),
    "brotli": ("br", brotli.compress),
    "zstd": ("zstd", zstd),
    "zstd, with a checksum": ("zstd", lambda d: zstd(d, write_checksum=True)),
    "zstd, without a size": ("zstd", lambda d: zstd(d, write_content_size=False)),
    "zstd, two frames": ("zstd", lambda d: zstd(d[:9]) + zstd(d[9:], write_checksum=True)),
    "zstd, skippable frames": (
        "zstd",
        lambda d: skippable(b"") + zstd(d[:9]) + skippable(b"x" * 20) + zstd(d[9:]),
    ),
    "zstd, an empty frame": ("zstd", lambda d: zstd(b"") + zstd(d)),
}
each_coding = pytest.mark.parametrize(("coding", "encode"), CODINGS.values(), ids=CODINGS)


def decoder_for(*codings: str) -> ContentDecoder:
    decoder = make_decoder(list(codings))
    assert decoder is not None
    return decoder


def run(decoder: ContentDecoder, parts: Iterable[bytes]) -> tuple[bytes, Exception | None]:
    """What the parts decode to, and the error that ended it."""
    result = bytearray()
    try:
        for part in parts:
            for piece in decoder.pieces(part):
                result += piece
        for piece in decoder.rest():
            result += piece
    except httpx.DecodingError as exc:
        return bytes(result), exc
    return bytes(result), None


# Whole bodies.


@each_coding
def test_cut_at_every_offset(coding: str, encode: Callable[[bytes], bytes]) -> None:
    text = TEXT[:200]
    body = encode(text)
    for at in range(len(body) + 1):
        assert run(decoder_for(coding), [body[:at], body[at:]]) == (text, None), at


@each_coding
def test_byte_by_byte(coding: str, encode: Callable[[bytes], bytes]) -> None:
    body = encode(TEXT)
    parts = [body[at : at + 1] for at in range(len(body))]
    assert run(decoder_for(coding), parts) == (TEXT, None)


@each_coding
def test_large_incompressible_body(coding: str, encode: Callable[[bytes], bytes]) -> None:
    data = random.Random(1).randbytes(MIB)
    assert run(decoder_for(coding), [encode(data)]) == (data, None)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_empty_body_is_no_truncated_one(coding: str) -> None:
    assert run(decoder_for(coding), []) == (b"", None)
    assert run(decoder_for(coding), [b""]) == (b"", None)


@settings(deadline=None)
@given(
    st.sampled_from(sorted(CODINGS)),
    st.binary(max_size=2000) | st.integers(0, 400_000).map(bytes),
    st.lists(st.integers(0, 3000), max_size=8),
)
def test_any_data_in_any_parts(name: str, data: bytes, cuts: list[int]) -> None:
    coding, encode = CODINGS[name]
    body = encode(data)
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    parts = [body[a:b] for a, b in itertools.pairwise(edges)]
    assert run(decoder_for(coding), parts) == (data, None)


# Broken bodies.


@each_coding
def test_truncated_anywhere(coding: str, encode: Callable[[bytes], bytes]) -> None:
    body = encode(TEXT)
    ends = complete_ends(coding, body)
    for at in range(1, len(body)):
        result, error = run(decoder_for(coding), [body[:at]])
        assert TEXT.startswith(result)
        assert (error is None) == (at in ends), at


def complete_ends(coding: str, body: bytes) -> set[int]:
    """Where a body may end although more follows: between members and frames."""
    headers = {"gzip": rb"\x1f\x8b\x08\x00", "zstd": rb"\x28\xb5\x2f\xfd|\x5a\x2a\x4d\x18"}
    if coding not in headers:
        return set()
    return {match.start() for match in re.finditer(headers[coding], body)}


@pytest.mark.parametrize(
    ("coding", "text"),
    [
        ("gzip", "Error -3 while decompressing data: incorrect header check"),
        ("deflate", "Error -3 while decompressing data: invalid "),
        ("br", "brotli: decoder "),
        ("zstd", "zstd decompressor error: Unknown frame descriptor"),
    ],
)
def test_rubbish(coding: str, text: str) -> None:
    _, error = run(decoder_for(coding), [b"rubbish rubbish"])
    assert str(error).startswith(text)
    assert error is not None
    assert error.__cause__ is not None


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
@pytest.mark.parametrize("garbage", [b"garbage", b"\0" * 8])
def test_garbage_behind_the_body(coding: str, garbage: bytes, cut: bool) -> None:
    encode = dict(CODINGS.values())[coding]
    parts = [encode(TEXT), garbage] if cut else [encode(TEXT) + garbage]
    result, error = run(decoder_for(coding), parts)
    assert error is not None
    if cut or coding != "br":  # brotli's package gives nothing of a call that failed
        assert result == TEXT


def test_what_follows_deflate_is_ignored() -> None:
    for body in (zlib.compress(TEXT), raw_deflate(TEXT)):
        assert run(DeflateDecoder(), [body + b"sum!"]) == (TEXT, None)
        assert run(DeflateDecoder(), [body, b"sum!"]) == (TEXT, None)


def test_second_member_counts_in_full() -> None:
    first = gzip.compress(b"first")
    assert run(GZipDecoder(), [first + gzip.compress(TEXT)[:-1]])[0] == b"first" + TEXT
    for behind in (b"\x1f", b"\x1f\x8b", gzip.compress(TEXT)[:-1]):
        _, error = run(GZipDecoder(), [first + behind])
        assert str(error) == "The body ended before the end of its gzip data."


def test_all_before_a_wrong_checksum_is_given() -> None:
    for body, decoder in (
        (gzip.compress(TEXT)[:-8] + b"wrong!!!", GZipDecoder()),
        (zlib.compress(TEXT)[:-4] + b"sum!", DeflateDecoder()),
        (zstd(TEXT, write_checksum=True)[:-4] + b"sum!", ZStandardDecoder()),
    ):
        result, error = run(decoder, [body])
        assert result == TEXT
        assert error is not None


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 3000), st.integers(1, 255), st.sampled_from([0, 300_000]))
def test_what_comes_before_a_broken_byte_is_given(at: int, change: int, before: int) -> None:
    """As much of it as zlib itself gives when it is fed byte by byte."""
    text = bytes(before) + random.Random(2).randbytes(2000) + bytes(before)
    body = bytearray(gzip.compress(text))
    at %= len(body)
    body[at] ^= change
    reference, wanted, is_broken = zlib.decompressobj(31), bytearray(), False
    try:
        for index in range(len(body)):
            wanted += reference.decompress(body[index : index + 1])
    except zlib.error:
        is_broken = True
    result, error = run(GZipDecoder(), [bytes(body)])
    assert result == wanted
    assert (error is not None) == (is_broken or not reference.eof)


def test_zstd_blocks_before_a_broken_one_are_given() -> None:
    frame = b"\x28\xb5\x2f\xfd\x00\x58"  # a window, neither size nor checksum
    raw = (5 << 3).to_bytes(3, "little") + b"hello"
    result, error = run(ZStandardDecoder(), [frame + raw + b"\x06\x00\x00" + raw])
    assert result == b"hello"
    assert error is not None


def test_zstd_window_is_limited() -> None:
    for window_log, fits in ((23, True), (24, False)):
        parameters = zstandard.ZstdCompressionParameters(window_log=window_log)
        compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        body = compressor.compress(TEXT) + compressor.flush()
        result, error = run(ZStandardDecoder(), [body])
        assert result == (TEXT if fits else b"")
        assert fits or "too much memory" in str(error)


def test_zstd_with_a_dictionary_is_refused() -> None:
    dictionary = zstandard.train_dictionary(2000, [b"%d" % i * 20 for i in range(2000)])
    body = zstandard.ZstdCompressor(dict_data=dictionary).compress(b"1" * 20)
    _, error = run(ZStandardDecoder(), [body])
    assert error is not None


# Memory.


def bombs() -> dict[str, bytes]:
    zeros = bytes(64 * MIB)
    block = (MIB // 8 << 3 | 2).to_bytes(3, "little") + b"\0"  # 128 KiB from four bytes
    frame = b"\x28\xb5\x2f\xfd\x00\x58"
    return {
        "gzip": gzip.compress(zeros),
        "deflate": zlib.compress(zeros),
        "br": brotli.compress(zeros),
        "zstd": frame + block * 511 + bytes([block[0] | 1]) + block[1:],
    }


@pytest.mark.parametrize(("coding", "body"), bombs().items(), ids=bombs())
def test_expansion_is_given_in_pieces(coding: str, body: bytes) -> None:
    decoder = decoder_for(coding)
    tracemalloc.start()
    try:
        total = largest = 0
        for piece in decoder.pieces(body):
            total += len(piece)
            largest = max(largest, len(piece))
        total += sum(map(len, decoder.rest()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert total == 64 * MIB
    assert largest <= 2 * _decoders.PIECE  # brotli's limit is a soft one
    assert peak < 4 * MIB


def test_stacked_expansion_is_given_in_pieces() -> None:
    body = bytes(64 * MIB)
    for _ in range(5):
        body = gzip.compress(body)
    decoder = decoder_for(*["gzip"] * 5)
    tracemalloc.start()
    try:
        total = sum(map(len, decoder.pieces(body))) + sum(map(len, decoder.rest()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert total == 64 * MIB
    assert peak < 4 * MIB


# Several codings.


def test_codings_are_undone_from_the_last() -> None:
    body = zstd(brotli.compress(zlib.compress(gzip.compress(TEXT))))
    for parts in ([body], [body[:99], body[99:]]):
        assert run(decoder_for("gzip", "deflate", "br", "zstd"), parts) == (TEXT, None)
    assert run(MultiDecoder([GZipDecoder(), IdentityDecoder()]), [gzip.compress(b"x")])[0] == b"x"


def test_inner_coding_that_was_cut_short() -> None:
    body = gzip.compress(brotli.compress(TEXT)[:-1])
    result, error = run(decoder_for("br", "gzip"), [body])
    assert TEXT.startswith(result)
    assert len(result) > 0
    assert str(error) == "The body ended before the end of its br data."


def test_more_than_five_codings_are_refused() -> None:
    assert run(decoder_for(*["gzip"] * 5), [])[1] is None
    decoder_for(*["gzip"] * 5, "identity", "unknown")
    with pytest.raises(httpx.DecodingError, match="Cannot apply more than 5 content encodings"):
        make_decoder(["gzip"] * 6)


@pytest.mark.parametrize("codings", [[], [""], ["identity"], ["unknown"], ["x-gzip", "compress"]])
def test_nothing_to_undo(codings: list[str]) -> None:
    assert make_decoder(codings) is None


@pytest.mark.parametrize(
    "codings", [["gzip"], [" GZip "], ["gzip", "unknown"], ["identity", "gzip"]]
)
def test_names_in_any_case_among_unknown_ones(codings: list[str]) -> None:
    assert isinstance(make_decoder(codings), GZipDecoder)


def test_identity() -> None:
    assert run(IdentityDecoder(), [b"a", b"b"]) == (b"ab", None)


def test_a_decoder_of_ones_own() -> None:
    class Shout(ContentDecoder):
        def decode(self, data: bytes) -> bytes:
            return data.upper()

        def flush(self) -> bytes:
            return b"!"

    response = httpx.Response(200, content=iter([b"a", b"b"]))
    response._decoder = Shout()
    assert list(response.iter_bytes()) == [b"A", b"B", b"!"]


def test_interface() -> None:
    for method in (lambda: ContentDecoder().decode(b""), ContentDecoder().flush):
        with pytest.raises(NotImplementedError):
            method()


# Which codings there are.


def test_supported_codings() -> None:
    assert list(_decoders.SUPPORTED_DECODERS) == ["identity", "gzip", "deflate", "br", "zstd"]
    assert accept_encoding() == "gzip, deflate, br, zstd"
    with pytest.raises(AttributeError, match="no attribute 'NO_SUCH_NAME'"):
        _decoders.NO_SUCH_NAME


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Iterable[Callable[..., None]]:
    """Make packages impossible to find and to import."""
    _decoders._supported_decoders.cache_clear()
    find_spec = importlib.util.find_spec

    def hide(*names: str) -> None:
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: None if name in names else find_spec(name)
        )
        for name in names:
            monkeypatch.setitem(sys.modules, name, None)

    yield hide
    _decoders._supported_decoders.cache_clear()


def test_codings_without_their_packages(without: Callable[..., None]) -> None:
    without("brotli", "brotlicffi", "zstandard")
    assert accept_encoding() == "gzip, deflate"
    assert make_decoder(["br", "zstd"]) is None
    with pytest.raises(ImportError, match=re.escape("pip install httpx[brotli]")):
        BrotliDecoder()
    with pytest.raises(ImportError, match=re.escape("pip install httpx[zstd]")):
        ZStandardDecoder()


def test_the_other_package_for_brotli(
    without: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    without("brotli")
    monkeypatch.setitem(sys.modules, "brotlicffi", brotli)
    assert run(BrotliDecoder(), [brotli.compress(TEXT)]) == (TEXT, None)


def test_older_package_for_brotli(monkeypatch: pytest.MonkeyPatch) -> None:
    class Decompressor:
        def __init__(self) -> None:
            self._decompressor = brotli.Decompressor()
            self.is_finished = self._decompressor.is_finished

        def process(self, data: bytes) -> bytes:
            return bytes(self._decompressor.process(data))

    older = types.SimpleNamespace(Decompressor=Decompressor, error=brotli.error)
    monkeypatch.setitem(sys.modules, "brotli", older)
    assert run(BrotliDecoder(), [brotli.compress(TEXT)]) == (TEXT, None)
    assert run(BrotliDecoder(), [b"rubbish rubbish"])[1] is not None


def test_packages_are_imported_by_the_first_body_that_needs_them() -> None:
    program = """
import sys, httpx
from httpx._decoders import accept_encoding, make_decoder
def loaded(): return [name for name in ("brotli", "zstandard") if name in sys.modules]
assert accept_encoding() == "gzip, deflate, br, zstd"
assert not loaded()
make_decoder(["br"])
assert loaded() == ["brotli"]
make_decoder(["zstd"])
assert loaded() == ["brotli", "zstandard"]
"""
    environment = {"PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)


# Chunks.


@given(st.lists(st.binary(max_size=20)), st.integers(1, 15))
def test_byte_chunks_have_one_size(parts: list[bytes], size: int) -> None:
    chunker = ByteChunker(size)
    chunks = [chunk for part in parts for chunk in chunker.decode(part)]
    assert {len(chunk) for chunk in chunks} <= {size}
    last = chunker.flush()
    assert all(0 < len(chunk) < size for chunk in last)
    assert b"".join(chunks + last) == b"".join(parts)
    assert chunker.flush() == []


@given(st.lists(st.text(max_size=20)), st.integers(1, 15))
def test_text_chunks_have_one_size(parts: list[str], size: int) -> None:
    chunker = TextChunker(size)
    chunks = [chunk for part in parts for chunk in chunker.decode(part)]
    assert {len(chunk) for chunk in chunks} <= {size}
    assert "".join(chunks + chunker.flush()) == "".join(parts)


def test_chunks_as_early_as_they_are_complete() -> None:
    chunker = ByteChunker(3)
    assert chunker.decode(b"abc") == [b"abc"]
    assert chunker.decode(b"d") == []
    assert chunker.decode(b"efghi") == [b"def", b"ghi"]
    assert chunker.flush() == []


def test_chunks_as_they_arrive() -> None:
    for chunker, part in ((ByteChunker(), b"abc"), (TextChunker(None), "abc")):
        assert chunker.decode(part) == [part]
        assert chunker.decode(part[:0]) == []
        assert chunker.flush() == []


@pytest.mark.parametrize("size", [0, -1])
@pytest.mark.parametrize("chunker", [ByteChunker, TextChunker])
def test_chunks_of_no_size(chunker: Any, size: int) -> None:
    with pytest.raises(ValueError, match="chunk_size must be at least 1"):
        chunker(size)


# Text.


@pytest.mark.parametrize(
    ("encoding", "parts", "pieces"),
    [
        ("utf-8", [b"\xe2\x82", b"\xac", b"a"], ["€", "a"]),
        ("utf-8", [b"\xe2\x82", b"\xac\xff", b"\xe2"], ["€\ufffd", "\ufffd"]),
        ("utf-16", ["aé".encode("utf-16")[:3], "aé".encode("utf-16")[3:]], ["aé"]),
        ("latin-1", [b"\xe9", b""], ["é"]),
        ("utf-8", [], []),
    ],
)
def test_text(encoding: str, parts: list[bytes], pieces: list[str]) -> None:
    decoder = TextDecoder(encoding)
    result = [*map(decoder.decode, parts), decoder.flush()]
    assert [text for text in result if text] == pieces


def test_text_of_an_unknown_encoding() -> None:
    with pytest.raises(LookupError):
        TextDecoder("no-such-encoding")


# Lines.

line_ends = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
texts = st.lists(st.text(st.sampled_from("ab" + line_ends), max_size=8), max_size=12)


def lines_of(decoder: Any, parts: Iterable[str]) -> list[str]:
    return [line for part in parts for line in decoder.decode(part)] + decoder.flush()


@given(texts)
def test_lines_are_those_of_splitlines(parts: list[str]) -> None:
    assert lines_of(LineDecoder(), parts) == "".join(parts).splitlines()


@given(texts)
def test_records_end_at_cr_and_lf_alone(parts: list[str]) -> None:
    wanted = re.split("\r\n|\n|\r", "".join(parts))
    if not wanted[-1]:
        wanted.pop()
    assert lines_of(RecordDecoder(), parts) == wanted


def test_lines_as_early_as_they_are_known() -> None:
    decoder = LineDecoder()
    assert decoder.decode("a\r") == []
    assert decoder.decode("") == []
    assert decoder.decode("\nb") == ["a"]
    assert decoder.decode("\n\nc\x0bd\u2028e") == ["b", "", "c", "d"]
    assert decoder.flush() == ["e"]
    assert decoder.flush() == []
    assert decoder.decode("\r") == []
    assert decoder.flush() == [""]
    assert decoder.flush() == []


def test_records_as_soon_as_their_end_is_here() -> None:
    decoder = RecordDecoder()
    assert decoder.decode("data: 1\r\r") == ["data: 1", ""]
    assert decoder.decode("") == []
    assert decoder.decode("\ndata: 2\r") == ["data: 2"]
    assert decoder.decode("\n") == []
    assert decoder.decode("\n\u2028\x85\x0c") == [""]
    assert decoder.flush() == ["\u2028\x85\x0c"]
    assert decoder.flush() == []


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (LineDecoder, "x" * 1000),
        (RecordDecoder, "x" * 1000),
        (lambda: ByteChunker(1 << 30), b"x" * 1000),
    ],
    ids=["lines", "records", "chunks"],
)
def test_time_grows_with_the_text_not_with_its_square(make: Callable[[], Any], part: Any) -> None:
    """A line that goes on and on, in small parts: the case in which joining anew is slow."""

    def duration(parts: int) -> float:
        decoder = make()
        start = time.thread_time()  # whatever else is busy
        for _ in range(parts):
            decoder.decode(part)
        decoder.flush()
        return time.thread_time() - start

    small = min(duration(500) for _ in range(5))
    large = min(duration(500 * 16) for _ in range(3))
    assert large < small * 16 * 6  # the square would be 16 times 16
