"""Bodies in: content codings undone (RFC 9110 §8.4), bytes cut to size, text cut into lines.

Every class here takes what has arrived with `decode()` and gives what can be told by now, then
takes the end with `flush()` and gives the rest. Content decoders do so, too, in one piece; by
`pieces()` and `rest()` they give the same lazily, in pieces of about `PIECE` bytes whatever the
ratio, so that a body's expansion is never held in memory as a whole: a stream costs its pieces
and the window that its coding asks for. They decode every
member of a gzip body (RFC 1952), zlib and raw deflate (RFC 1950, 1951), brotli (RFC 7932), and
every frame of a zstd body (RFC 8878, with the window that RFC 9659 allows).

A body that is cut short or broken raises `DecodingError`, after all that came before the fault
has been given. What follows a gzip member and is not another one is a fault, as it is for curl.

The packages for brotli and zstd are looked for when codings are first asked for, and imported
by the first body that needs them.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any, Generic, TypeVar

from ._exceptions import DecodingError

__all__ = [
    "SUPPORTED_DECODERS",
    "BrotliDecoder",
    "ByteChunker",
    "ContentDecoder",
    "DeflateDecoder",
    "GZipDecoder",
    "IdentityDecoder",
    "LineDecoder",
    "MultiDecoder",
    "RecordDecoder",
    "TextChunker",
    "TextDecoder",
    "ZStandardDecoder",
    "accept_encoding",
    "make_decoder",
]

PIECE = 131_072
SLICE = 32_768
MAX_CODINGS = 5

S = TypeVar("S", bytes, str)


class ContentDecoder:
    """Undoes one content coding, or several. One of your own has `decode()` and `flush()`."""

    def decode(self, data: bytes) -> bytes:
        """What `data` decodes to. `DecodingError` if it is broken."""
        raise NotImplementedError()

    def flush(self) -> bytes:
        """What is left at the end of the body. `DecodingError` if it was cut short."""
        raise NotImplementedError()

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """The same as `decode()`, in pieces, those before the broken byte first."""
        yield self.decode(data)

    def rest(self) -> Iterator[bytes]:
        """The same as `flush()`, in pieces."""
        yield self.flush()


class IdentityDecoder(ContentDecoder):
    """The coding that changes nothing."""

    def decode(self, data: bytes) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


class _PieceDecoder(ContentDecoder):
    """A decoder whose output is bounded: it has `pieces()` and `rest()`."""

    def decode(self, data: bytes) -> bytes:
        return b"".join(self.pieces(data))

    def flush(self) -> bytes:
        return b"".join(self.rest())


class _Inflater:
    """One deflate stream, in the wrapping that `wbits` names (see `zlib.decompressobj`)."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._zlib = zlib.decompressobj(wbits)
        self._is_begun = False

    @property
    def is_finished(self) -> bool:
        return self._zlib.eof

    @property
    def unused(self) -> bytes:
        """What followed the end of the stream in the data last given."""
        return self._zlib.unused_data

    def inflate(self, data: bytes) -> Iterator[bytes]:
        """The pieces that `data` inflates to; if it is broken, those before the broken byte.

        zlib drops what it had decoded when it meets the fault within a call, so that a state
        from before is kept (1.5 µs for 32 KiB of input), to go through `data` again bytewise.
        """
        before = self._zlib.copy() if self._is_begun else zlib.decompressobj(self._wbits)
        self._is_begun = True
        given = 0
        try:
            for piece in _pull(self._zlib, data):
                given += len(piece)
                yield piece
        except zlib.error as exc:
            with suppress(zlib.error):
                for index in range(len(data)):  # pragma: no branch
                    for piece in _pull(before, data[index : index + 1]):
                        if given < len(piece):
                            yield piece[given:]
                        given = max(0, given - len(piece))
            raise DecodingError(str(exc)) from exc


def _pull(inflater: Any, data: bytes) -> Iterator[bytes]:
    while True:
        piece = inflater.decompress(data, PIECE)
        if piece:
            yield piece
        data = inflater.unconsumed_tail
        # A full piece may have more behind it, although all of the input is taken.
        if not data and len(piece) < PIECE:
            return


def _slices(data: bytes) -> Iterator[bytes]:
    """Parts of the input. zlib copies what it has not used yet at every piece, which would be
    quadratic for a large input."""
    return (data[start : start + SLICE] for start in range(0, len(data), SLICE))


class GZipDecoder(_PieceDecoder):
    """The coding ``gzip``: one member or several, and nothing else behind them."""

    def __init__(self) -> None:
        self._member: _Inflater | None = None

    def pieces(self, data: bytes) -> Iterator[bytes]:
        for rest in _slices(data):
            while rest:
                if self._member is None:
                    self._member = _Inflater(zlib.MAX_WBITS | 16)
                yield from self._member.inflate(rest)
                rest = b""
                if self._member.is_finished:
                    rest = self._member.unused
                    self._member = None

    def rest(self) -> Iterator[bytes]:
        if self._member is not None:
            raise _cut_short("gzip")
        return iter(())


class DeflateDecoder(_PieceDecoder):
    """The coding ``deflate``: in zlib's wrapping, as the RFC says, or raw, as some servers do.

    What follows the stream is ignored: some that send it raw add a checksum all the same.
    """

    def __init__(self) -> None:
        self._head = b""
        self._stream: _Inflater | None = None

    def pieces(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            self._head += data
            if len(self._head) < 2:
                return
            data = self._head
            self._stream = _Inflater(zlib.MAX_WBITS if _is_zlib(data) else -zlib.MAX_WBITS)
        for part in _slices(data):
            if not self._stream.is_finished:
                yield from self._stream.inflate(part)

    def rest(self) -> Iterator[bytes]:
        if self._head and (self._stream is None or not self._stream.is_finished):
            raise _cut_short("deflate")
        return iter(())


def _is_zlib(data: bytes) -> bool:
    """Whether these are the first bytes of zlib's wrapping (RFC 1950 §2.2).

    No raw stream in use begins so: its low bits would mean a stored block, which begins with
    zeros from every encoder known.
    """
    return data[0] & 0x0F == 8 and data[0] >> 4 <= 7 and (data[0] << 8 | data[1]) % 31 == 0


class BrotliDecoder(_PieceDecoder):
    """The coding ``br``.

    Before version 1.2 the packages cannot limit their output, and a piece may be larger. What
    an input of `SLICE` bytes gave before its broken byte is lost, so slices are small.
    """

    SLICE = 256

    def __init__(self) -> None:
        self._brotli = _brotli()
        self._decompressor = self._brotli.Decompressor()
        can_limit = hasattr(self._decompressor, "can_accept_more_data")
        self._limit = {"output_buffer_limit": PIECE} if can_limit else {}
        self._is_begun = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), self.SLICE):
            self._is_begun = True
            piece = self._process(data[start : start + self.SLICE])
            while piece:
                yield piece
                piece = b"" if self._decompressor.is_finished() else self._process(b"")

    def rest(self) -> Iterator[bytes]:
        if self._is_begun and not self._decompressor.is_finished():
            raise _cut_short("br")
        return iter(())

    def _process(self, data: bytes) -> bytes:
        try:
            return self._decompressor.process(data, **self._limit)  # type: ignore[no-any-return]
        except self._brotli.error as exc:
            raise DecodingError(str(exc)) from exc


class ZStandardDecoder(_PieceDecoder):
    """The coding ``zstd``: one frame or several, skippable ones among them.

    The package's own interface for data that arrives bit by bit has no limit for its output.
    So frames are followed here, as RFC 8878 §3.1 lays them out, and decompressed block by
    block: no block gives more than 128 KiB.
    """

    MAX_WINDOW = 8 << 20  # RFC 9659 §3

    def __init__(self) -> None:
        self._zstd = _zstandard()
        self._context = self._zstd.ZstdDecompressor(max_window_size=self.MAX_WINDOW)
        self._frame: Any = None
        self._has_checksum = False
        self._is_last_block = False
        self._to_skip = 0
        self._buffer = bytearray()

    def pieces(self, data: bytes) -> Iterator[bytes]:
        for part in _slices(data):
            self._buffer += part
            while True:
                size = self._size_of_next()
                if size > len(self._buffer) or not self._buffer:
                    break
                unit = bytes(self._buffer[:size])
                del self._buffer[:size]
                piece = self._take(unit)
                if piece:
                    yield piece

    def rest(self) -> Iterator[bytes]:
        if self._frame is None and self._buffer:  # too short for a frame; perhaps none at all
            self._frame = self._context.decompressobj()
            self._decompress(bytes(self._buffer))
        if self._frame is not None or self._to_skip:
            raise DecodingError("Zstandard data is incomplete")
        return iter(())

    def _size_of_next(self) -> int:
        """The size of the unit that the buffer begins with; more than it holds, if unknown."""
        head = self._buffer
        if self._to_skip:
            return min(self._to_skip, len(head))
        if self._frame is None:
            # The shortest frame has nine bytes, so that eight can be waited for.
            return 8 if len(head) < 8 or head[:4] != _ZSTD_MAGIC else _zstd_header_size(head[4])
        if self._is_last_block:
            return 4
        block = int.from_bytes(head[:3], "little")
        is_rle = block >> 1 & 3 == 1
        return 3 + (1 if is_rle else block >> 3) if len(head) >= 3 else 3

    def _take(self, unit: bytes) -> bytes:
        """Take the next unit, of the size that was told."""
        if self._to_skip:
            self._to_skip -= len(unit)
            return b""
        if self._frame is None and unit[1:4] == _ZSTD_SKIPPABLE and unit[0] >> 4 == 5:
            self._to_skip = int.from_bytes(unit[4:8], "little")
            return b""
        is_checksum = self._is_last_block
        if self._frame is None:
            self._frame = self._context.decompressobj()
            self._has_checksum = bool(unit[4] & 4)
        elif not is_checksum:
            self._is_last_block = bool(unit[0] & 1)
        piece = self._decompress(unit)
        if is_checksum or (self._is_last_block and not self._has_checksum):
            self._frame = None
            self._is_last_block = False
        return piece

    def _decompress(self, data: bytes) -> bytes:
        try:
            return self._frame.decompress(data)  # type: ignore[no-any-return]
        except self._zstd.ZstdError as exc:
            raise DecodingError(str(exc)) from exc


_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"  # behind a byte from 0x50 to 0x5f


def _zstd_header_size(descriptor: int) -> int:
    """The size of a frame's magic number and header (RFC 8878 §3.1.1.1)."""
    is_single_segment = bool(descriptor & 0x20)
    dictionary_id = (0, 1, 2, 4)[descriptor & 3]
    content_size = (int(is_single_segment), 2, 4, 8)[descriptor >> 6]
    return 5 + (not is_single_segment) + dictionary_id + content_size


class MultiDecoder(_PieceDecoder):
    """Several codings, in the order in which they were applied, undone from the last."""

    def __init__(self, children: Iterable[ContentDecoder]) -> None:
        self._decoders = list(children)[::-1]

    def pieces(self, data: bytes) -> Iterator[bytes]:
        return self._through(0, iter((data,)))

    def rest(self) -> Iterator[bytes]:
        for index, decoder in enumerate(self._decoders):
            yield from self._through(index + 1, decoder.rest())

    def _through(self, first: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for decoder in self._decoders[first:]:
            pieces = _decode_all(decoder, pieces)
        return pieces


def _decode_all(decoder: ContentDecoder, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from decoder.pieces(piece)


def _cut_short(coding: str) -> DecodingError:
    return DecodingError(f"The body ended before the end of its {coding} data.")


def _brotli() -> Any:
    try:
        try:
            import brotli
        except ImportError:
            import brotlicffi as brotli
    except ImportError:
        raise ImportError(
            "The content coding 'br' needs the package brotli or brotlicffi: "
            "pip install httpx[brotli]"
        ) from None
    return brotli


def _zstandard() -> Any:
    try:
        import zstandard
    except ImportError:
        raise ImportError(
            "The content coding 'zstd' needs the package zstandard: pip install httpx[zstd]"
        ) from None
    return zstandard


@cache
def _supported_decoders() -> dict[str, type[ContentDecoder]]:
    from importlib.util import find_spec

    decoders: dict[str, type[ContentDecoder]] = {
        "identity": IdentityDecoder,
        "gzip": GZipDecoder,
        "deflate": DeflateDecoder,
    }
    if find_spec("brotli") is not None or find_spec("brotlicffi") is not None:
        decoders["br"] = BrotliDecoder
    if find_spec("zstandard") is not None:
        decoders["zstd"] = ZStandardDecoder
    return decoders


SUPPORTED_DECODERS: dict[str, type[ContentDecoder]]
"""The codings that are understood here, with their decoders. Changing it changes what
`make_decoder` and `accept_encoding` do."""


def __getattr__(name: str) -> Any:
    if name == "SUPPORTED_DECODERS":
        return _supported_decoders()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def accept_encoding() -> str:
    """The Accept-Encoding that tells a server what is understood here."""
    return ", ".join(name for name in _supported_decoders() if name != "identity")


def make_decoder(content_encodings: Iterable[str]) -> ContentDecoder | None:
    """The decoder for the codings of a Content-Encoding header, in its order; `None` if there
    is nothing to undo. Unknown codings are passed over. `DecodingError` for more than five."""
    supported = _supported_decoders()
    names = [name.strip().lower() for name in content_encodings]
    names = [name for name in names if name in supported and name != "identity"]
    if len(names) > MAX_CODINGS:
        raise DecodingError(
            f"Cannot apply more than {MAX_CODINGS} content encodings, the body has {len(names)}."
        )
    decoders = [supported[name]() for name in names]
    if len(decoders) > 1:
        return MultiDecoder(decoders)
    return decoders[0] if decoders else None


class _Chunker(Generic[S]):
    """Cuts a stream of bytes, or of text, into chunks of one size.

    Without a size, what arrives is given as it is, unless it is empty. `ValueError` for a size
    below 1.
    """

    def __init__(self, empty: S, chunk_size: int | None) -> None:
        if chunk_size is not None and chunk_size < 1:
            raise ValueError(f"chunk_size must be at least 1, not {chunk_size}.")
        self._empty: S = empty
        self._size = chunk_size
        self._held: list[S] = []
        self._held_length = 0

    def decode(self, content: S) -> list[S]:
        """The chunks that are complete with `content`."""
        if self._size is None:
            return [content] if content else []
        self._held.append(content)
        self._held_length += len(content)
        if self._held_length < self._size:
            return []
        whole = self._empty.join(self._held)
        end = self._held_length - self._held_length % self._size
        self._held = [whole[end:]]
        self._held_length -= end
        return [whole[start : start + self._size] for start in range(0, end, self._size)]

    def flush(self) -> list[S]:
        """The last chunk, which may be shorter."""
        rest = self._empty.join(self._held)
        self._held, self._held_length = [], 0
        return [rest] if rest else []


class ByteChunker(_Chunker[bytes]):
    """Cuts bytes into chunks of `chunk_size` bytes, or leaves them as they arrive."""

    def __init__(self, chunk_size: int | None = None) -> None:
        super().__init__(b"", chunk_size)


class TextChunker(_Chunker[str]):
    """Cuts text into chunks of `chunk_size` characters, or leaves it as it arrives."""

    def __init__(self, chunk_size: int | None = None) -> None:
        super().__init__("", chunk_size)


class TextDecoder:
    """Turns bytes into text; what is not of the encoding becomes U+FFFD.

    `LookupError` for an encoding that Python does not know.
    """

    def __init__(self, encoding: str = "utf-8") -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")

    def decode(self, data: bytes) -> str:
        """The text that is complete with `data`."""
        return self._decoder.decode(data)

    def flush(self) -> str:
        """What a sequence that was cut short stands for."""
        return self._decoder.decode(b"", True)


class _Lines:
    """Holds the beginning of a line until its end has arrived, without joining it anew at
    every arrival."""

    def __init__(self) -> None:
        self._begun: list[str] = []

    def _complete(self, pieces: list[str]) -> list[str]:
        """Take text that was split at its line ends, the last piece being without one; give
        the lines that are complete."""
        begun = pieces.pop()
        if pieces and self._begun:
            pieces[0] = "".join(self._begun) + pieces[0]
            self._begun = []
        if begun:
            self._begun.append(begun)
        return pieces

    def flush(self) -> list[str]:
        """The last line, if it had no end."""
        begun, self._begun = self._begun, []
        return ["".join(begun)] if begun else []


class LineDecoder(_Lines):
    """Cuts text into lines as `str.splitlines` does, wherever the text was cut before.

    It also splits at the form feed, U+0085, U+2028 and others, which records of JSON may hold:
    `RecordDecoder` is for those.
    """

    ENDS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")

    def __init__(self) -> None:
        super().__init__()
        self._has_cr = False

    def decode(self, text: str) -> list[str]:
        """The lines that are complete with `text`. One that ends with CR is not, until it is
        known whether LF follows."""
        if not text:
            return []
        if self._has_cr:
            text = "\r" + text
        self._has_cr = text[-1] == "\r"
        if self._has_cr:
            text = text[:-1]
        pieces = text.splitlines()
        if not text or text[-1] in self.ENDS:
            pieces.append("")
        return self._complete(pieces)

    def flush(self) -> list[str]:
        """The last line, if it had no end, or CR for its end."""
        lines = super().flush()
        if self._has_cr and not lines:
            lines = [""]
        self._has_cr = False
        return lines


class RecordDecoder(_Lines):
    """Cuts text into lines at CR, LF and CRLF, and nowhere else, wherever it was cut before.

    So do event streams (WHATWG HTML §9.2.6), and records of JSON, one a line, whose strings may
    hold all the other line ends of Unicode. A line is given as soon as its CR has arrived.
    """

    def __init__(self) -> None:
        super().__init__()
        self._had_cr = False

    def decode(self, text: str) -> list[str]:
        """The lines that are complete with `text`."""
        if not text:
            return []
        if self._had_cr and text[0] == "\n":
            text = text[1:]
        self._had_cr = text[-1:] == "\r"
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return self._complete(text.split("\n"))
