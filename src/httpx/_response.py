"""`Response`: status, header fields and body of one answer (RFC 9110).

The body is either loaded (`content`, `text`, `json()`), or a stream that is read once. How it is
cut into pieces is `_pieces`' business; here are the states: not taken, taken
(`is_stream_consumed`), closed (`is_closed`).

The private contract with the transports: a stream may have `read_all() -> bytes` (a blocking
one) or `aread_all()` (a coroutine; an awaiting one) that gives the whole raw body at once.
`read()` and `aread()` then call that instead of iterating, and close the stream after it, unless
it says by `closed` that it has closed itself. It may have `hold()`, which asks it not to give its
connection back at its end but when it is closed, and `spoil()`, which says that what came is not
to be trusted, and the connection with it. A `max_response_size` in the extensions bounds what is
given out.

A response refers to its request and stream, and nothing that it owns refers to it: it is freed
when its last reference goes, without the garbage collector.
"""

from __future__ import annotations

import time
import types
import typing
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

from ._content import ByteStream, UnattachedStream, encode_response, load_json
from ._cookies import Cookies
from ._decoders import ContentDecoder, make_decoder
from ._exceptions import (
    DecodingError,
    HTTPStatusError,
    RequestError,
    ResponseNotRead,
    StreamClosed,
    StreamConsumed,
)
from ._fields import charset_of, is_charset, parse_links
from ._headers import Headers
from ._pieces import (
    UNUSABLE,
    AsyncPieces,
    bytes_pipeline,
    iterate,
    lines_pipeline,
    raw_pipeline,
    records_pipeline,
    text_pipeline,
)
from ._request import Request
from ._saving import Progress, SaveTarget, Saving, asave, save
from ._status_codes import STATUS_KINDS, StatusKind, codes
from ._streams import RunInThread
from ._types import (
    AsyncByteStream,
    HeaderTypes,
    ResponseContent,
    ResponseExtensions,
    SyncByteStream,
)
from ._urls import URL, mask_password, mask_passwords

if typing.TYPE_CHECKING:
    import datetime

__all__ = ["Response"]

_STATUS_DOCS = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Status"
_REDIRECTS_WITH_LOCATION = frozenset([301, 302, 303, 307, 308])

# Not in a pickle: what belongs to a connection, or is made again where it is needed.
_NOT_KEPT = frozenset(
    ["extensions", "stream", "is_closed", "_decoder", "_source", "_clock", "_in_thread"]
)


class Response(StatusKind):
    """An answer to a request.

    Clients make responses; the constructor is for tests, mock transports and other transports.

    Args:
        status_code: such as 200.
        headers: the fields; those of the body are added where they are absent.
        content: the body as bytes, text or a (possibly async) iterable of bytes.
        text: a body of text, as `text/plain; charset=utf-8`.
        html: a body of text, as `text/html; charset=utf-8`.
        json: a body of anything, as JSON. Of `content`, `text`, `html` and `json` the first wins.
        stream: the body as a byte stream; nothing is added to the header fields then.
        request: what it answers.
        extensions: what comes beside the message: `http_version`, `reason_phrase`,
            `network_stream`; `proxy_headers`, of a proxy's answer to CONNECT; ...
        history: the responses before this one, redirects and authentication.
        default_encoding: of text whose `Content-Type` names none that is known; or a function
            that finds it, from the content.

    Attributes: `status_code`, `headers`, `extensions`, `history`, `stream`, `default_encoding` as
    given; `next_request`, what to send next where a redirect was not followed, else `None`;
    `is_stream_consumed` and `is_closed`.

        response = httpx.Response(200, json={"a": 1})
    """

    __module__ = "httpx"

    is_closed: bool
    is_stream_consumed: bool
    _content: bytes
    _clock: float | None = None  # when the request was sent, until the response is closed
    _elapsed: float | None = None  # seconds from then on, once it is
    _source: types.AsyncGeneratorType[bytes, None] | None = None  # closed before the stream is
    _in_thread: RunInThread | None = None
    """How to do what blocks, for a response that an event loop waits for."""

    def __init__(
        self,
        status_code: int,
        *,
        headers: HeaderTypes | None = None,
        content: ResponseContent | None = None,
        text: str | None = None,
        html: str | None = None,
        json: typing.Any = None,
        stream: SyncByteStream | AsyncByteStream | None = None,
        request: Request | None = None,
        extensions: ResponseExtensions | None = None,
        history: list[Response] | None = None,
        default_encoding: str | Callable[[bytes], str] = "utf-8",
    ) -> None:
        history = [] if history is None else list(history)
        extensions = {} if extensions is None else dict(extensions)
        self._set_up(status_code, Headers(headers), extensions, request, history, default_encoding)
        self.stream: SyncByteStream | AsyncByteStream
        if stream is not None:
            self.stream = stream
            return
        body_headers, self.stream = encode_response(content, text, html, json)
        self._complete_headers(body_headers)
        if isinstance(self.stream, ByteStream):
            self.is_closed = True
            self.is_stream_consumed = True
            self._content = self._decode(self.stream.content)

    def _set_up(
        self,
        status_code: int,
        headers: Headers,
        extensions: dict[str, typing.Any],
        request: Request | None,
        history: list[Response],
        default_encoding: str | Callable[[bytes], str],
    ) -> None:
        """A response whose body is still to come: `stream` is to be set. The transports make
        theirs by this, without the keywords. What is given becomes the response's own."""
        self.status_code = status_code
        self.headers: Headers = headers
        self._request = request
        self.next_request: Request | None = None
        self.extensions: dict[str, typing.Any] = extensions
        self.history: list[Response] = history
        self.is_closed = False
        self.is_stream_consumed = False
        self.default_encoding: str | Callable[[bytes], str] = default_encoding
        self._num_bytes_downloaded = 0

    def _complete_headers(self, body_headers: Mapping[str, str]) -> None:
        for name, value in body_headers.items():
            if name.lower() == "transfer-encoding" and "content-length" in self.headers:
                continue
            self.headers.setdefault(name, value)

    # What it is.

    @property
    def request(self) -> Request:
        """The request that this answers. Raises `RuntimeError` while none is set."""
        if self._request is None:
            raise RuntimeError("The request instance has not been set on this response.")
        return self._request

    @request.setter
    def request(self, value: Request) -> None:
        self._request = value

    @property
    def url(self) -> URL:
        """The URL of the request."""
        return self.request.url

    @property
    def http_version(self) -> str:
        """`"HTTP/1.1"`, `"HTTP/2"`, ..."""
        version: bytes = self.extensions.get("http_version", b"HTTP/1.1")
        return version.decode("ascii", errors="ignore")

    @property
    def reason_phrase(self) -> str:
        """What stands behind the status; where nothing came, the usual phrase, or ""."""
        phrase: bytes | None = self.extensions.get("reason_phrase")
        if phrase is None:
            return codes.get_reason_phrase(self.status_code)
        return phrase.decode("ascii", errors="ignore")

    @property
    def has_redirect_location(self) -> bool:
        """Whether this is a redirect that can be followed (RFC 9110 section 15.4)."""
        return self.status_code in _REDIRECTS_WITH_LOCATION and "location" in self.headers

    def raise_for_status(self) -> Response:
        """Raise `HTTPStatusError` unless the status is 2xx; else return the response itself.

        Raises `RuntimeError` while the response has no request.
        """
        request = self._request
        if request is None:
            raise RuntimeError(
                "Cannot call `raise_for_status` as the request instance has not been set "
                "on this response."
            )
        if self.is_success:
            return self
        code = self.status_code
        kind = STATUS_KINDS.get(code // 100, "Invalid status code")
        message = f"{kind} '{code} {self.reason_phrase}' for url '{mask_password(request.url)}'\n"
        if self.has_redirect_location:
            message += f"Redirect location: '{mask_passwords(self.headers['location'])}'\n"
        message += f"For more information check: {_STATUS_DOCS}/{code}"
        raise HTTPStatusError(message, request=request, response=self)

    @property
    def cookies(self) -> Cookies:
        """The cookies that this response sets. Raises `RuntimeError` without a request."""
        if not hasattr(self, "_cookies"):
            request = self.request  # or an error, with or without Set-Cookie
            assert request is not None
            self._cookies = Cookies()
            self._cookies.extract_cookies(self)
        return self._cookies

    @property
    def links(self) -> dict[str | None, dict[str, str]]:
        """The `Link` field's links, each under its `rel`, or its URL (RFC 8288)."""
        links = parse_links(self.headers.get("link", ""))
        return {link.get("rel") or link["url"]: link for link in links}

    @property
    def elapsed(self) -> datetime.timedelta:
        """From sending the request to closing the response. Raises `RuntimeError` before that."""
        if self._elapsed is None:
            raise RuntimeError(
                "'.elapsed' may only be accessed after the response has been read or closed."
            )
        from datetime import timedelta

        return timedelta(seconds=self._elapsed)

    @elapsed.setter
    def elapsed(self, elapsed: datetime.timedelta) -> None:
        self._elapsed = elapsed.total_seconds()

    def _start_clock(self, started: float) -> None:
        """Set `elapsed`, counted from a `time.perf_counter()`, once the response is closed."""
        self._clock = started
        if self.is_closed:
            self._stop_clock()

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._elapsed = time.perf_counter() - self._clock
            self._clock = None

    @property
    def num_bytes_downloaded(self) -> int:
        """How many bytes of the body have arrived, before decoding."""
        return self._num_bytes_downloaded

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{self.status_code} {self.reason_phrase}]>"

    # The body, loaded.

    @property
    def content(self) -> bytes:
        """The body, decoded. Raises `ResponseNotRead` before `read()` or `aread()`."""
        if not hasattr(self, "_content"):
            raise ResponseNotRead()
        return self._content

    @property
    def text(self) -> str:
        """The body as text, by `encoding`; what does not decode becomes U+FFFD."""
        if not hasattr(self, "_text"):
            self._text = self.content.decode(self.encoding or "utf-8", errors="replace")
        return self._text

    @property
    def encoding(self) -> str | None:
        """How the body becomes text.

        What was set here; else the charset of `Content-Type`, if it is known; else
        `default_encoding`, a function being asked only when the body is loaded; else "utf-8".
        Setting it raises `ValueError` after `text` was read.
        """
        if not hasattr(self, "_encoding"):
            charset = self.charset_encoding
            if charset is None or not is_charset(charset):
                if isinstance(self.default_encoding, str):
                    charset = self.default_encoding
                elif hasattr(self, "_content"):
                    charset = self.default_encoding(self._content)
                else:
                    return "utf-8"
            self._encoding: str | None = charset or "utf-8"
        return self._encoding

    @encoding.setter
    def encoding(self, value: str) -> None:
        if hasattr(self, "_text"):
            raise ValueError("Setting encoding after `text` has been accessed is not allowed.")
        self._encoding = value

    @property
    def charset_encoding(self) -> str | None:
        """The charset of `Content-Type`, in lower case, whether it is known or not."""
        content_type = self.headers.get("content-type")
        return None if content_type is None else charset_of(content_type)

    def json(self, **kwargs: typing.Any) -> typing.Any:
        """The body as JSON; arguments as for `json.loads`. UTF-8, -16 and -32 are recognised."""
        return load_json(self.content, **kwargs)

    # The body, from a blocking stream.

    def read(self) -> bytes:
        """Load the body, and close the response."""
        if not hasattr(self, "_content"):
            read_all = self._quick_way("read_all")
            if read_all is None:
                self._content = b"".join(self.iter_bytes())
            else:
                self._take_sync_stream()
                try:
                    content = self._take_in(read_all())
                except Exception as exc:
                    self._note_fault(exc)
                    if isinstance(exc, UNUSABLE):
                        self._tell_stream("spoil")
                        self.close()
                    raise
                if getattr(self.stream, "closed", False) is True:  # at its end: two steps less
                    self.is_closed = True
                    self._stop_clock()
                else:
                    self.close()
                self._content = content
        return self._content

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The body, decoded, in pieces: as they arrive, or of exactly `chunk_size` bytes."""
        return iterate(self, lambda: bytes_pipeline(self, chunk_size))

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """The body as text, in pieces: as they arrive, or of exactly `chunk_size` characters."""
        return iterate(self, lambda: text_pipeline(self, chunk_size))

    def iter_lines(self) -> Iterator[str]:
        """The body's lines without their ends, divided as `str.splitlines` does.

        That is at U+0085, U+2028, form feed and others, too, which may stand inside a JSON text.
        """
        return iterate(self, lambda: lines_pipeline(self))

    def iter_records(self) -> Iterator[str]:
        """The body's lines without their ends, divided at CR, LF and CRLF, and nowhere else.

        For records of JSON, one a line (NDJSON), whose strings may hold all the other line ends
        that `iter_lines` heeds.

            for record in response.iter_records():
                print(json.loads(record))
        """
        return iterate(self, lambda: records_pipeline(self))

    def iter_raw(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The body as it travels, not decoded, in pieces as with `iter_bytes`."""
        return iterate(self, lambda: raw_pipeline(self, chunk_size))

    def stream_to(
        self,
        target: SaveTarget,
        *,
        progress: Progress | None = None,
        digest: str | None = None,
    ) -> int:
        """Write the body, decoded, to a file, and close the response.

        Args:
            target: a path, which holds the whole body or stays as it was: it is written beside,
                and renamed at the end. Or a binary file, which is left open.
            progress: called with the bytes received, before decoding, and those announced, or
                `None`; what it raises ends the download.
            digest: what the content must have, as `"sha256:9f86..."`.

        Returns the number of bytes written. Raises `DigestMismatch`, what reading the body
        raises, and `OSError`. Whatever the status is: see `raise_for_status`. To go on after a
        broken connection, use the `download` of a client.

            with httpx.stream("GET", "https://www.example.org/film.webm") as response:
                response.raise_for_status().stream_to("film.webm")
        """
        return save(self, Saving(target, progress, digest))

    def close(self) -> None:
        """Give back the connection. What was not read cannot be read any more."""
        if not isinstance(self.stream, SyncByteStream):
            raise RuntimeError("Attempted to call an sync close on an async stream.")
        if not self.is_closed:
            self.is_closed = True
            self._stop_clock()
            self.stream.close()

    # The body, from an awaiting stream.

    async def aread(self) -> bytes:
        """Load the body, and close the response."""
        if not hasattr(self, "_content"):
            read_all = self._quick_way("aread_all")
            if read_all is None:
                self._content = b"".join([piece async for piece in self.aiter_bytes()])
            else:
                self._take_async_stream()
                try:
                    content = self._take_in(await read_all())
                except Exception as exc:
                    self._note_fault(exc)
                    if isinstance(exc, UNUSABLE):
                        self._tell_stream("spoil")
                        await self.aclose()
                    raise
                if getattr(self.stream, "closed", False) is True:  # as in `read`
                    self.is_closed = True
                    self._stop_clock()
                else:
                    await self.aclose()
                self._content = content
        return self._content

    def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """The body, decoded, in pieces: as they arrive, or of exactly `chunk_size` bytes."""
        return AsyncPieces(self, lambda: bytes_pipeline(self, chunk_size))

    def aiter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """The body as text, in pieces: as they arrive, or of exactly `chunk_size` characters."""
        return AsyncPieces(self, lambda: text_pipeline(self, chunk_size))

    def aiter_lines(self) -> AsyncIterator[str]:
        """The body's lines without their ends; see `iter_lines`."""
        return AsyncPieces(self, lambda: lines_pipeline(self))

    def aiter_records(self) -> AsyncIterator[str]:
        """The body's lines, divided at CR, LF and CRLF only; see `iter_records`."""
        return AsyncPieces(self, lambda: records_pipeline(self))

    def aiter_raw(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """The body as it travels, not decoded, in pieces as with `aiter_bytes`."""
        return AsyncPieces(self, lambda: raw_pipeline(self, chunk_size))

    async def astream_to(
        self,
        target: SaveTarget,
        *,
        progress: Progress | None = None,
        digest: str | None = None,
    ) -> int:
        """As `stream_to`, awaited: the file is written by a worker thread."""
        return await asave(self, Saving(target, progress, digest), self._in_thread)

    async def aclose(self) -> None:
        """Give back the connection. What was not read cannot be read any more."""
        if not isinstance(self.stream, AsyncByteStream):
            raise RuntimeError("Attempted to call an async close on an sync stream.")
        if not self.is_closed:
            self.is_closed = True
            self._stop_clock()
            try:
                source, self._source = self._source, None
                if source is not None and not source.ag_running:
                    await source.aclose()
            finally:
                await self.stream.aclose()

    # How it gets from one state to the next.

    def _take_sync_stream(self) -> SyncByteStream:
        """The stream, which nobody can take after that."""
        self._mark_taken()
        if not isinstance(self.stream, SyncByteStream):
            raise RuntimeError("Attempted to call a sync iterator on an async stream.")
        self.is_stream_consumed = True
        return self.stream

    def _take_async_stream(self) -> AsyncByteStream:
        """The stream, which nobody can take after that."""
        self._mark_taken()
        if not isinstance(self.stream, AsyncByteStream):
            raise RuntimeError("Attempted to call an async iterator on an sync stream.")
        self.is_stream_consumed = True
        return self.stream

    def _take_async_chunks(self) -> AsyncIterator[bytes]:
        chunks = aiter(self._take_async_stream())
        if isinstance(chunks, types.AsyncGeneratorType):
            # Left half-way it would be collected unfinished, an error under trio: `aclose` ends it.
            self._source = chunks
        return chunks

    def _mark_taken(self) -> None:
        if self.is_stream_consumed:
            raise StreamConsumed()
        if self.is_closed:
            raise StreamClosed()

    def _note_fault(self, exc: Exception) -> None:
        if self._request is not None and isinstance(exc, RequestError):
            exc.request = self._request

    def _tell_stream(self, word: str) -> None:
        """Say a word to the stream, if it knows it."""
        listen = getattr(self.stream, word, None)
        if listen is not None:
            listen()

    def _quick_way(self, name: str) -> typing.Any:
        """The stream's way to give all at once; `None` where what it gives has to be counted."""
        quick_way = getattr(self.stream, name, None)
        if quick_way is None or "max_response_size" in self.extensions:
            return None
        try:
            if self._get_content_decoder() is not None:
                self._tell_stream("hold")
        except DecodingError:
            return None  # the longer way meets it again, and cleans up
        return quick_way

    def _get_content_decoder(self) -> ContentDecoder | None:
        """What undoes the `Content-Encoding` (RFC 9110 section 8.4); `None` where nothing does."""
        if not hasattr(self, "_decoder"):
            coded = self.headers._has(b"content-encoding")
            self._decoder = (
                make_decoder(self.headers["content-encoding"].split(",")) if coded else None
            )
        return self._decoder

    def _take_in(self, raw: bytes) -> bytes:
        self._num_bytes_downloaded = len(raw)
        return raw if self._decoder is None else self._decode(raw)

    def _decode(self, raw: bytes) -> bytes:
        try:
            decoder = self._get_content_decoder()
            if decoder is None:
                return raw
            return decoder.decode(raw) + decoder.flush()
        except DecodingError as exc:
            self._note_fault(exc)
            raise

    # What pickle and copy keep.

    def __getstate__(self) -> dict[str, typing.Any]:
        state = {name: value for name, value in self.__dict__.items() if name not in _NOT_KEPT}
        if not isinstance(self.default_encoding, str):
            # A function may not pickle; its finding does.
            state["_encoding"] = self.encoding
            state["default_encoding"] = "utf-8"
        return state

    def __setstate__(self, state: dict[str, typing.Any]) -> None:
        self.__dict__.update(state)
        self.is_closed = True
        self.extensions = {}
        self.stream = UnattachedStream()
