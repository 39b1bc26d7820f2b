"""Multipart forms (RFC 7578): data fields and files as one body, in constant memory.

A part is a `DataField` or a `FileField`, made and checked when the body is made: names are
escaped as HTML5 says, part headers are refused if they could break out of their line, and files
that are no files are refused by the name of their field. Then the length is known if every part
knows its own. Files start at 0 where they can seek, also when the body is sent again.

`AsyncMultipartStream` takes parts of every kind; `MultipartStream` is the one to iterate without
awaiting, too, since its files are all sync. No thread is started here: who runs under an event
loop iterates a `blocking` `MultipartStream` in a worker thread, or sets `run_in_thread`, which an
async iteration uses to pull files that may block, and reads them in place while it is None.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ._files import CHUNK_SIZE, FileReader
from ._streams import (
    AsyncIteratorByteStream,
    IteratorByteStream,
    PulledIterator,
    RunInThread,
    SourceStream,
    stream_from,
)
from ._types import AsyncByteStream, FileTypes, RequestData, RequestFiles, SyncByteStream
from ._utils import primitive_value_to_str

__all__ = [
    "AsyncMultipartStream",
    "DataField",
    "FileField",
    "MultipartStream",
    "form_fields",
    "get_multipart_boundary_from_content_type",
    "multipart_stream",
]

Piece = TypeVar("Piece", bytes, "bytes | FileField")

_BOUNDARY = re.compile(rb';\s*boundary=(?:"([^"]*)"|([^;]*))', re.IGNORECASE)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNSAFE_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

# https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
# asks for the quote, CR and LF; the other control characters but ESC, and the doubled backslash,
# are what servers have always been sent by this interface.
_TO_ESCAPE = re.compile(r'["\\\x00-\x1a\x1c-\x1f]')

_TEXT_FILE = "Multipart file uploads must be opened in binary mode, not text mode."
_TEXT_BUFFER = "Multipart file uploads require 'io.BytesIO', not 'io.StringIO'."


def get_multipart_boundary_from_content_type(content_type: bytes | None) -> bytes | None:
    """The boundary that a Content-Type header names, without quotes (RFC 2046 §5.1.1), or
    `None` if it names none or is not ``multipart/form-data``."""
    if not content_type or not content_type.lower().startswith(b"multipart/form-data"):
        return None
    match = _BOUNDARY.search(content_type)
    if match is None:
        return None
    quoted, plain = match.groups()
    return quoted if quoted is not None else plain.strip(b' "')


def form_fields(data: RequestData | Sequence[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """The fields of a form one by one: a list or tuple as value repeats its key."""
    for key, value in data.items() if isinstance(data, Mapping) else data:
        if isinstance(value, (list, tuple)):
            for item in value:
                yield key, item
        else:
            yield key, value


class DataField:
    """One plain field: a name, and text, bytes, a number, a bool or None as value.

    `TypeError` for any other value, and for a name that is not `str`.
    """

    def __init__(self, name: str, value: str | bytes | int | float | None) -> None:
        if not isinstance(name, str):
            raise TypeError(f"Invalid type for name. Expected str, got {type(name)}: {name!r}")
        if value is not None and not isinstance(value, (str, bytes, int, float)):
            error = TypeError(
                f"Invalid type for value. Expected primitive type, got {type(value)}: {value!r}"
            )
            error.add_note(f"This is the value of {name!r}.")
            raise error
        self.name = name
        self.value = value if isinstance(value, bytes) else primitive_value_to_str(value)
        self._headers = _disposition(name) + b"\r\n\r\n"
        self._data = self.value if isinstance(self.value, bytes) else self.value.encode("utf-8")

    def render_headers(self) -> bytes:
        """The part's headers, with the empty line that ends them."""
        return self._headers

    def render_data(self) -> bytes:
        """The value's bytes."""
        return self._data

    def get_length(self) -> int:
        """The length of headers and value, in bytes."""
        return len(self._headers) + len(self._data)

    def render(self) -> Iterator[bytes]:
        """Headers and value."""
        yield self._headers
        yield self._data


class FileField:
    """One file: its name in the form, and what `files=` gives for it.

    That is a file, bytes, text, or an (async) iterable of bytes; or a tuple of a file name (or
    None), one of these, and optionally a content type and a mapping of part headers. Without a
    content type it is guessed from the file name, else `application/octet-stream`; a
    Content-Type among the part headers beats it.

    `TypeError` for a file open in text mode, and for what is no file; `ValueError` for a tuple
    of another length, and for part headers that are not valid.
    """

    CHUNK_SIZE = CHUNK_SIZE

    def __init__(self, name: str, value: FileTypes) -> None:
        filename, content, content_type, headers = _file_tuple(value)
        self.name = name
        self.filename: str | None = filename
        self.file = content
        self.headers = dict(headers)
        if content_type is None:
            content_type = _guess_content_type(filename)
        if content_type is not None and not any(k.lower() == "content-type" for k in self.headers):
            self.headers["Content-Type"] = content_type
        lines = [_disposition(name, filename)]
        lines += [_header_line(name, key, text) for key, text in self.headers.items()]
        self._headers = b"\r\n".join(lines) + b"\r\n\r\n"
        self.content = _file_content(content)

    @property
    def is_async(self) -> bool:
        """Whether the content can only be had by awaiting."""
        return isinstance(self.content, AsyncIteratorByteStream)

    @property
    def blocking(self) -> bool:
        """Whether `render_data` may wait for something."""
        return not isinstance(self.content, bytes) and self.content.blocking

    def check_replay(self) -> None:
        """Raise `StreamConsumed` if one more iteration would not give the whole file."""
        if not isinstance(self.content, bytes):
            self.content.check_replay()

    def render_headers(self) -> bytes:
        """The part's headers, with the empty line that ends them."""
        return self._headers

    def render_data(self) -> Iterator[bytes]:
        """The file's bytes, in chunks. `RuntimeError` for a file that `is_async`."""
        if isinstance(self.content, bytes):
            return iter((self.content,))
        if isinstance(self.content, AsyncIteratorByteStream):
            raise RuntimeError("Attempted to send an async request with a sync Client instance.")
        return iter(self.content)

    def render_data_async(self, run_in_thread: RunInThread | None = None) -> AsyncIterator[bytes]:
        """The file's bytes, in chunks; those of a file that may block by `run_in_thread`."""
        if isinstance(self.content, AsyncByteStream):
            return aiter(self.content)
        return PulledIterator(self.render_data(), run_in_thread if self.blocking else None)

    def get_length(self) -> int | None:
        """The length of headers and file, in bytes; `None` if the file's is not known."""
        content = self.content
        length = len(content) if isinstance(content, bytes) else content.length
        return None if length is None else len(self._headers) + length

    def render(self) -> Iterator[bytes]:
        """Headers and file."""
        yield self._headers
        yield from self.render_data()


class AsyncMultipartStream(AsyncByteStream):
    """A multipart body of which some files may be async.

    `data` is a mapping, or a list of pairs; `files` a mapping, or an iterable of pairs, from
    names to what `FileField` takes. `boundary` is 16 random bytes in hex if not given.
    Iterating raises `StreamConsumed` if a file was given that cannot be sent once more.
    """

    def __init__(
        self,
        data: RequestData | Sequence[tuple[str, Any]],
        files: RequestFiles,
        boundary: bytes | None = None,
    ) -> None:
        if boundary is None:
            boundary = os.urandom(16).hex().encode("ascii")
        self.boundary = boundary
        self.content_type = f"multipart/form-data; boundary={boundary.decode('ascii')}"
        self.fields: list[DataField | FileField] = [
            *(DataField(name, value) for name, value in form_fields(data)),
            *(FileField(name, value) for name, value in _file_pairs(files)),
        ]
        self.run_in_thread: RunInThread | None = None

    @property
    def blocking(self) -> bool:
        """Whether reading the sync parts may wait for something."""
        return any(isinstance(field, FileField) and field.blocking for field in self.fields)

    def get_content_length(self) -> int | None:
        """The length of the whole body in bytes; `None` if a file's is not known."""
        # around each part: "--", CRLF after the boundary, CRLF after the content
        around = len(self.boundary) + 6
        total = around  # at the end: "--" twice, and one CRLF
        for field in self.fields:
            length = field.get_length()
            if length is None:
                return None
            total += around + length
        return total

    def get_headers(self) -> dict[str, str]:
        """Content-Length, or Transfer-Encoding where that is not known, and Content-Type."""
        length = self.get_content_length()
        if length is None:
            return {"Transfer-Encoding": "chunked", "Content-Type": self.content_type}
        return {"Content-Length": str(length), "Content-Type": self.content_type}

    def check_replay(self) -> None:
        """Raise `StreamConsumed` if a file was given that cannot be sent once more."""
        for field in self.fields:
            if isinstance(field, FileField):
                field.check_replay()

    def _pieces(self) -> Iterator[bytes | FileField]:
        """The body in order; a file that is not in memory stands for its own bytes."""
        for field in self.fields:
            yield b"--%s\r\n" % self.boundary
            yield field.render_headers()
            if isinstance(field, DataField):
                yield field.render_data()
            else:
                yield field.content if isinstance(field.content, bytes) else field
            yield b"\r\n"
        yield b"--%s--\r\n" % self.boundary

    def __aiter__(self) -> AsyncIterator[bytes]:
        self.check_replay()
        return _AsyncPieces(_join_small(self._pieces()), self.run_in_thread)


class MultipartStream(AsyncMultipartStream, SyncByteStream):
    """A multipart body whose files are all sync: it can be iterated in both worlds."""

    def __iter__(self) -> Iterator[bytes]:
        return self.iter_chunks()

    def iter_chunks(self) -> Iterator[bytes]:
        """The body's chunks."""
        self.check_replay()
        return _join_small(self._flat())

    def _flat(self) -> Iterator[bytes]:
        for piece in self._pieces():
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from piece.render_data()


def multipart_stream(
    data: RequestData | Sequence[tuple[str, Any]],
    files: RequestFiles,
    boundary: bytes | None = None,
) -> MultipartStream | AsyncMultipartStream:
    """The body of the class that its files need."""
    pairs = list(_file_pairs(files))
    stream = MultipartStream(data, pairs, boundary)
    if any(isinstance(field, FileField) and field.is_async for field in stream.fields):
        return AsyncMultipartStream(data, pairs, boundary)
    return stream


def _join_small(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Put runs of small `bytes` together, so that a small form leaves in one write."""
    small: list[bytes] = []
    size = 0
    for piece in pieces:
        if isinstance(piece, bytes) and size + len(piece) <= CHUNK_SIZE:
            small.append(piece)
            size += len(piece)
            continue
        if small:
            yield b"".join(small)
        if isinstance(piece, bytes) and len(piece) < CHUNK_SIZE:
            small, size = [piece], len(piece)
        else:
            small, size = [], 0
            yield piece
    yield b"".join(small)  # the last boundary at least


class _AsyncPieces:
    """One pass over a body by awaiting. A class, since an async generator that is left behind
    makes trio complain."""

    def __init__(
        self, pieces: Iterator[bytes | FileField], run_in_thread: RunInThread | None
    ) -> None:
        self._pieces = pieces
        self._run_in_thread = run_in_thread
        self._file: AsyncIterator[bytes] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while True:
            if self._file is not None:
                chunk = await anext(self._file, None)
                if chunk is not None:
                    return chunk
                self._file = None
            piece = next(self._pieces, None)
            if piece is None:
                raise StopAsyncIteration
            if isinstance(piece, bytes):
                return piece
            self._file = piece.render_data_async(self._run_in_thread)

    async def aclose(self) -> None:
        """Close the async generator that a file was left half-way in."""
        aclose = getattr(self._file, "aclose", None)
        if aclose is not None:
            await aclose()


def _disposition(name: str, filename: str | None = None) -> bytes:
    """The Content-Disposition line of a part (RFC 7578 §4.2), without its end."""
    line = f'Content-Disposition: form-data; name="{_escape(name)}"'
    if filename:
        line += f'; filename="{_escape(filename)}"'
    return line.encode("utf-8")


def _escape(text: str) -> str:
    return _TO_ESCAPE.sub(lambda m: r"\\" if m[0] == "\\" else f"%{ord(m[0]):02X}", text)


def _header_line(field: str, name: str, value: str) -> bytes:
    """A header of a part. An error shows its name and its field, never its value."""
    encoded = value.encode("utf-8")
    if _TOKEN.fullmatch(name) is None:
        raise ValueError(f"Invalid name {name!r} among the part headers of file {field!r}.")
    if _UNSAFE_VALUE.search(encoded) is not None:
        raise ValueError(f"Invalid value of the part header {name!r} of file {field!r}.")
    return b"%s: %s" % (name.encode("ascii"), encoded)


def _file_pairs(files: RequestFiles) -> Iterable[tuple[str, FileTypes]]:
    return files.items() if isinstance(files, Mapping) else files


def _file_tuple(value: FileTypes) -> tuple[str | None, Any, str | None, Mapping[str, str]]:
    """What `files=` gives for a field, in full: file name, content, content type, headers."""
    if not isinstance(value, tuple):
        return _name_of(value), value, None, {}
    given = (*value, None) if len(value) == 2 else value
    filename, content, content_type, headers = (*given, None) if len(given) == 3 else given
    return filename, content, content_type, headers or {}


def _name_of(file: Any) -> str:
    """The file name to send: the last part of the one that the file was opened by, as text, be it
    a path or the number of a descriptor. Servers were always sent just that."""
    from pathlib import PurePath

    return PurePath(str(getattr(file, "name", "upload"))).name


def _guess_content_type(filename: str | None) -> str | None:
    if not filename:
        return None
    import mimetypes

    return mimetypes.guess_type(filename)[0] or "application/octet-stream"


def _file_content(content: Any) -> bytes | SourceStream:
    if isinstance(content, str):
        return content.encode("utf-8")
    if isinstance(content, (bytes, bytearray, memoryview)):
        return bytes(content)
    if isinstance(content, io.StringIO):
        raise TypeError(_TEXT_BUFFER)
    if isinstance(content, io.TextIOBase):
        raise TypeError(_TEXT_FILE)
    # A list in the place of the tuple is an old mistake; it is no file either.
    containers = (list, tuple, Mapping, set, frozenset)
    stream = None if isinstance(content, containers) else stream_from(content, from_start=True)
    return stream or IteratorByteStream(FileReader(content, from_start=True))
