"""Bodies out: from the arguments of a call to headers and a byte stream.

Every `encode_*` function returns `(headers, stream)`: the headers that the body itself asks for
(Content-Length or Transfer-Encoding by RFC 9112 §6, Content-Type by RFC 9110 §8.3), for the
message to add where the caller set none, and the stream that gives the body.

Nothing is read here: files and iterables are looked at, measured where they can seek, and read
when the stream is iterated. Streams live in `_streams.py`, and are handed on from here.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from ._multipart import (
    AsyncMultipartStream,
    MultipartStream,
    form_fields,
    multipart_stream,
)
from ._streams import (
    AsyncIteratorByteStream,
    ByteStream,
    IteratorByteStream,
    UnattachedStream,
    stream_from,
)
from ._types import (
    AsyncByteStream,
    RequestContent,
    RequestData,
    RequestFiles,
    ResponseContent,
    SyncByteStream,
)
from ._utils import primitive_value_to_str

if TYPE_CHECKING:
    from json import JSONEncoder

__all__ = [
    "AsyncIteratorByteStream",
    "ByteStream",
    "IteratorByteStream",
    "UnattachedStream",
    "encode_content",
    "encode_html",
    "encode_json",
    "encode_multipart_data",
    "encode_request",
    "encode_response",
    "encode_text",
    "encode_urlencoded_data",
    "load_json",
]

Encoded = tuple[dict[str, str], SyncByteStream | AsyncByteStream]


def load_json(data: bytes, **options: Any) -> Any:
    """What a body of JSON stands for."""
    import json

    return json.loads(data, **options)


@cache
def _json_encoder() -> JSONEncoder:
    """One for all calls: `json.dumps` builds a new one for options other than its own."""
    from json import JSONEncoder

    return JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


_EMPTY = ByteStream(b"")  # has no state, so one is enough for all


def encode_content(content: RequestContent | ResponseContent) -> Encoded:
    """A body given as it is: bytes, text (UTF-8), an iterable, an async iterable, or a file.

    Content-Length where it is known: for bytes and text that are not empty, and for what is
    left of a file that can seek; else chunked. `TypeError` for anything else.
    """
    if isinstance(content, str):
        content = content.encode("utf-8")
    elif isinstance(content, (bytearray, memoryview)):
        content = bytes(content)
    if isinstance(content, bytes):
        headers = {"Content-Length": str(len(content))} if content else {}
        return headers, ByteStream(content)
    # What can only be read, and is neither iterable nor seekable, may be anything: a response.
    is_body = isinstance(content, (Iterable, AsyncIterable)) or hasattr(content, "seek")
    stream = stream_from(content) if is_body and not isinstance(content, dict) else None
    if stream is None:
        raise TypeError(f"Unexpected type for 'content', {type(content)!r}")
    if stream.length is None:
        return {"Transfer-Encoding": "chunked"}, stream
    return {"Content-Length": str(stream.length)}, stream


def encode_urlencoded_data(data: RequestData) -> tuple[dict[str, str], ByteStream]:
    """A form as `application/x-www-form-urlencoded` (WHATWG URL §5.2; ``+`` for a space).

    `data` is a mapping, or a list of pairs that keeps its order. A list or tuple as value gives
    its key once for each item; True, False and None give ``true``, ``false`` and nothing.
    `TypeError`, naming the key, for a value within a value.
    """
    from urllib.parse import urlencode

    pairs = []
    for key, value in form_fields(data):
        if isinstance(value, (Mapping, list, tuple, set, frozenset)):
            raise TypeError(
                f"Invalid type for value. Expected primitive type, got {type(value)} for {key!r}."
            )
        pairs.append((key, primitive_value_to_str(value)))
    return _in_memory(urlencode(pairs), "application/x-www-form-urlencoded")


def encode_multipart_data(
    data: RequestData, files: RequestFiles, boundary: bytes | None
) -> tuple[dict[str, str], MultipartStream | AsyncMultipartStream]:
    """A form with files, as `multipart/form-data` (see `_multipart.py`)."""
    stream = multipart_stream(data, files, boundary)
    return stream.get_headers(), stream


def encode_text(text: str) -> tuple[dict[str, str], ByteStream]:
    """Text, as `text/plain` in UTF-8."""
    return _in_memory(text, "text/plain; charset=utf-8")


def encode_html(html: str) -> tuple[dict[str, str], ByteStream]:
    """A page, as `text/html` in UTF-8."""
    return _in_memory(html, "text/html; charset=utf-8")


def encode_json(json: Any) -> tuple[dict[str, str], ByteStream]:
    """A value as JSON (RFC 8259): compact, in UTF-8 without escapes.

    `ValueError` for NaN and the infinities, `TypeError` for what JSON has no form for.
    """
    return _in_memory(_json_encoder().encode(json), "application/json")


def encode_request(
    content: RequestContent | None = None,
    data: RequestData | None = None,
    files: RequestFiles | None = None,
    json: Any | None = None,
    boundary: bytes | None = None,
) -> Encoded:
    """The body of a request: the first given of content, files (with data), data, json.

    A `data` that is no form (neither a mapping nor a list of pairs) is taken for content, with
    a `DeprecationWarning`. Nothing given, or empty `data` and `files`, is an empty body without
    headers. Errors are those of the encoder chosen.
    """
    if content is None and data is None and files is None and json is None:
        return {}, _EMPTY
    if data is not None and not _is_form(data):
        message = "Use 'content=<...>' to upload raw bytes/text content."
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return encode_content(data)  # type: ignore[arg-type]
    if content is not None:
        return encode_content(content)
    if files:
        return encode_multipart_data(data or {}, files, boundary)
    if data:
        return encode_urlencoded_data(data)
    if json is not None:
        return encode_json(json)
    return {}, _EMPTY


def encode_response(
    content: ResponseContent | None = None,
    text: str | None = None,
    html: str | None = None,
    json: Any | None = None,
) -> Encoded:
    """The body of a response made by a program: the first given of content, text, html, json."""
    if content is not None:
        return encode_content(content)
    if text is not None:
        return encode_text(text)
    if html is not None:
        return encode_html(html)
    if json is not None:
        return encode_json(json)
    return {}, _EMPTY


def _in_memory(text: str, content_type: str) -> tuple[dict[str, str], ByteStream]:
    body = text.encode("utf-8")
    return {"Content-Length": str(len(body)), "Content-Type": content_type}, ByteStream(body)


def _is_form(data: Any) -> bool:
    """Whether `data` is a mapping or a list of pairs. `TypeError` for a list that begins as one
    and goes on as something else."""
    if isinstance(data, Mapping):
        return True
    if not isinstance(data, (list, tuple)):
        return False
    if data and not isinstance(data[0], (list, tuple)):
        return False
    for index, pair in enumerate(data):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise TypeError(
                f"Item {index} of the list given as 'data' is not a (name, value) pair."
            )
    return True
