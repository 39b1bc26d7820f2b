"""`Request`: method, URL, header fields and body of one message to a server (RFC 9110).

The constructor completes what the user gave: `Host`, a length or a framing for the body, and the
cookies that belong to the URL. It runs once for each request, so that what is absent costs a test
and no object.

A request sends nothing and knows no client; what it is asked beside HTTP (timeouts, hooks for
tracing) travels in `extensions`.
"""

from __future__ import annotations

import typing
from collections.abc import AsyncIterable, Iterable

from ._content import ByteStream, UnattachedStream, encode_request
from ._cookies import Cookies
from ._exceptions import RequestNotRead
from ._headers import Headers
from ._multipart import get_multipart_boundary_from_content_type
from ._types import (
    AsyncByteStream,
    CookieTypes,
    HeaderTypes,
    QueryParamTypes,
    RequestContent,
    RequestData,
    RequestExtensions,
    RequestFiles,
    SyncByteStream,
)
from ._urls import URL, mask_password

__all__ = ["Request"]

_EMPTY = ByteStream(b"")
_METHODS_WITH_BODY = frozenset(["POST", "PUT", "PATCH"])
_FRAMING = frozenset([b"content-length", b"transfer-encoding"])


class Request:
    """One request, ready to be sent.

    Args:
        method: in any case; kept in upper case.
        url: where to; `params`, unless `None`, replace its query.
        headers: the fields; `Host` and those of the body are added where they are absent.
        cookies: set as `Cookie`, as far as they are for this URL, unless `headers` has one.
        content: the body as bytes, text, a (possibly async) iterable of bytes or a binary file.
        data: a mapping, encoded as a form.
        files: a mapping or list of uploads, encoded as multipart form data together with `data`.
        json: anything, encoded as JSON.
        stream: the body as a byte stream; nothing is added to the header fields then.
        extensions: what travels beside the message, such as `{"timeout": {...}}`.

    Raises `InvalidURL` for a URL that is none, `TypeError` for a body that cannot be encoded.

        request = httpx.Request("POST", "https://example.org/", json={"a": 1})
        response = client.send(request)
    """

    __module__ = "httpx"

    def __init__(
        self,
        method: str,
        url: URL | str,
        *,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        content: RequestContent | None = None,
        data: RequestData | None = None,
        files: RequestFiles | None = None,
        json: typing.Any | None = None,
        stream: SyncByteStream | AsyncByteStream | None = None,
        extensions: RequestExtensions | None = None,
    ) -> None:
        if params is not None:
            url = URL(url, params=params)
        extensions = {} if extensions is None else dict(extensions)
        self._set_up(method, url, headers, cookies, content, data, files, json, extensions, stream)

    def _set_up(
        self,
        method: str,
        url: URL | str,
        headers: HeaderTypes | None,
        cookies: CookieTypes | None,
        content: RequestContent | None,
        data: RequestData | None,
        files: RequestFiles | None,
        json: typing.Any | None,
        extensions: dict[str, typing.Any],
        stream: SyncByteStream | AsyncByteStream | None = None,
    ) -> None:
        """What the constructor does, which clients call without it: to call a class by keywords
        takes 2 % of a small GET. `extensions` becomes the request's own."""
        self.method: str = method.upper()
        self.url: URL = url if isinstance(url, URL) else URL(url)
        self.headers: Headers = Headers(headers)
        self.extensions: dict[str, typing.Any] = extensions
        if cookies is not None:
            jar = cookies if isinstance(cookies, Cookies) else Cookies(cookies)
            jar.set_cookie_header(self)

        self.stream: SyncByteStream | AsyncByteStream
        if stream is not None:
            self.stream = stream
            return
        if content is None and data is None and files is None and json is None:
            self.stream = _EMPTY
            self._content = b""
            self._complete_headers({})
            return
        boundary = None
        if files:
            content_type = self.headers.get("content-type", "").encode(self.headers.encoding)
            boundary = get_multipart_boundary_from_content_type(content_type)
        body_headers, self.stream = encode_request(content, data, files, json, boundary)
        self._complete_headers(body_headers)
        if isinstance(self.stream, ByteStream):
            self._content = self.stream.content

    def _complete_headers(self, body_headers: dict[str, str]) -> None:
        """Add the body's fields at the end, `Host` and an empty body's length in front."""
        fields, has = self.headers._list, self.headers._has
        for name, value in body_headers.items():
            raw = name.encode("ascii")
            lower = raw.lower()
            if not has(lower) and not (lower in _FRAMING and any(map(has, _FRAMING))):
                fields.append((raw, lower, value.encode("ascii")))  # never both (RFC 9112 6.2)
        if self.method in _METHODS_WITH_BODY and not any(map(has, _FRAMING)):
            fields.insert(0, (b"Content-Length", b"content-length", b"0"))
        if not has(b"host"):
            host = self.url._uri_reference.netloc
            if host:
                fields.insert(0, (b"Host", b"host", host.encode("ascii")))

    @property
    def content(self) -> bytes:
        """The body. Raises `RequestNotRead` before `read()` where it is a stream."""
        if not hasattr(self, "_content"):
            raise RequestNotRead()
        return self._content

    def read(self) -> bytes:
        """Read the body into memory, from where it can be sent any number of times.

        `AssertionError` for a body that only gives itself asynchronously.
        """
        if not hasattr(self, "_content"):
            assert isinstance(self.stream, Iterable)
            self._content = b"".join(self.stream)
            self._keep_content()
        return self._content

    async def aread(self) -> bytes:
        """Read the body into memory, from where it can be sent any number of times.

        A body that only gives itself synchronously is read on the spot.
        """
        if not hasattr(self, "_content"):
            if isinstance(self.stream, AsyncIterable):
                self._content = b"".join([chunk async for chunk in self.stream])
            else:
                self._content = b"".join(self.stream)
            self._keep_content()
        return self._content

    def _keep_content(self) -> None:
        # A stream that can be replayed keeps its class, which others may look at.
        if not isinstance(self.stream, ByteStream):
            self.stream = ByteStream(self._content)

    def __repr__(self) -> str:
        url = mask_password(self.url) if isinstance(self.url, URL) else str(self.url)
        return f"<{type(self).__name__}({self.method!r}, {url!r})>"

    def __getstate__(self) -> dict[str, typing.Any]:
        state = self.__dict__.copy()
        del state["stream"], state["extensions"]
        return state

    def __setstate__(self, state: dict[str, typing.Any]) -> None:
        self.__dict__.update(state)
        self.extensions = {}
        loaded = "_content" in state
        self.stream = ByteStream(state["_content"]) if loaded else UnattachedStream()
