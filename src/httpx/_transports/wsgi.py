"""A transport that calls a WSGI application in the same thread (PEP 3333).

The request's body is read into memory and given as `wsgi.input`; the response's body is taken
from the application as it is read, so that a streaming response streams. The application's
iterable is closed exactly once: at its end, when the caller closes early, and on any error.

What the application raises reaches the caller as is. `exc_info` given to `start_response` means
that the application has caught the exception itself and made an error page of it: then
`raise_app_exceptions` decides between the exception (the default) and the page.
"""

from __future__ import annotations

import io
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

from .._models import Request, Response
from .._types import SyncByteStream
from .._urlparse import DEFAULT_PORTS
from .base import BaseTransport

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import WSGIApplication

__all__ = ["WSGITransport"]


class WSGIByteStream(SyncByteStream):
    """The body of a WSGI response, taken from the application as it is read."""

    def __init__(self, result: Iterable[bytes], ready: deque[bytes]) -> None:
        self._result = result
        self._chunks = iter(result)
        self._ready = ready
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self.fill()
        if not self._ready:
            raise StopIteration
        return self._ready.popleft()

    def fill(self) -> None:
        """Run the application up to its next piece of body, or to its end.

        What it gives to `write()` meanwhile comes before the chunk that it then yields.
        """
        while not self._ready:
            chunk = next(self._chunks, None)
            if chunk is None:
                return
            if chunk:
                self._ready.append(chunk)

    def close(self) -> None:
        """Call the iterable's `close()`, if it has one; once."""
        if self._closed:
            return
        self._closed = True
        self._ready.clear()
        self._chunks = iter(())
        close = getattr(self._result, "close", None)
        if close is not None:
            close()


class _StartResponse:
    """The `start_response` callable of one request, and what was said through it."""

    def __init__(self) -> None:
        self.ready: deque[bytes] = deque()
        self.status: str | None = None
        self.headers: list[tuple[str, str]] = []
        self.error: BaseException | None = None
        self.sent = False

    def __call__(
        self,
        status: str,
        response_headers: list[tuple[str, str]],
        exc_info: tuple[type[BaseException], BaseException, TracebackType]
        | tuple[None, None, None]
        | None = None,
    ) -> Callable[[bytes], object]:
        if exc_info is not None and exc_info[1] is not None:
            if self.sent:  # PEP 3333: too late for an error page
                raise exc_info[1].with_traceback(exc_info[2])
            self.error = exc_info[1]
        self.status = status
        self.headers = response_headers
        return self.ready.append


class WSGITransport(BaseTransport):
    """Send requests to a WSGI application, without a server.

    * `app`: the application.
    * `raise_app_exceptions`: whether an exception that the application reports through
      `start_response(..., exc_info)` is raised, rather than its error page returned.
    * `script_name`: the prefix under which the application is mounted (`SCRIPT_NAME`).
    * `remote_addr`: the client's address, as the application sees it (`REMOTE_ADDR`).
    * `wsgi_errors`: the text stream for the application's messages, standard error by default.

    Example:

        client = httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://test")

    Raises `AssertionError` where the application does not call `start_response` before the first
    piece of body, and `ValueError` where it gives a status that is none.
    """

    __module__ = "httpx"

    def __init__(
        self,
        app: WSGIApplication,
        raise_app_exceptions: bool = True,
        script_name: str = "",
        remote_addr: str = "127.0.0.1",
        wsgi_errors: TextIO | None = None,
    ) -> None:
        self.app = app
        self.raise_app_exceptions = raise_app_exceptions
        self.script_name = script_name
        self.remote_addr = remote_addr
        self.wsgi_errors = wsgi_errors

    def handle_request(self, request: Request) -> Response:
        """Call the application and return its response, the body yet to be taken."""
        start = _StartResponse()
        result = self.app(self._environ(request), start)
        stream = WSGIByteStream(result, start.ready)
        try:
            stream.fill()
            if start.error is not None and self.raise_app_exceptions:
                raise start.error
            if start.status is None:
                raise AssertionError("The WSGI app did not call start_response().")
            response = Response(
                int(start.status.partition(" ")[0]),
                headers=[
                    (name.encode("latin-1"), value.encode("latin-1"))
                    for name, value in start.headers
                ],
                stream=stream,
            )
        except BaseException:
            stream.close()
            raise
        start.sent = True
        return response

    def _environ(self, request: Request) -> dict[str, Any]:
        """The request as PEP 3333 wants it: "native strings" hold bytes, as latin-1."""
        from urllib.parse import unquote_to_bytes

        url = request.url
        path, _, query = url.raw_path.partition(b"?")
        body = request.read()
        environ: dict[str, Any] = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": url.scheme,
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": self.wsgi_errors or sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": self.script_name.encode("utf-8").decode("latin-1"),
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query.decode("latin-1"),
            "SERVER_NAME": url.raw_host.decode("latin-1"),
            "SERVER_PORT": str(url.port or DEFAULT_PORTS.get(url.scheme) or ""),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": self.remote_addr,
        }
        _add_headers(environ, request)
        # The body lies in memory, chunks joined: so its length is known, and a coding of the
        # transfer no longer true. Applications read nothing where they are told of neither.
        if environ.pop("HTTP_TRANSFER_ENCODING", None) is not None or body:
            environ.setdefault("CONTENT_LENGTH", str(len(body)))
        return environ


def _add_headers(environ: dict[str, Any], request: Request) -> None:
    """Put the header lines into the environ (RFC 3875, section 4.1.18), repeated ones joined."""
    for raw_name, raw_value in request.headers.raw:
        key = raw_name.decode("latin-1").upper().replace("-", "_")
        value = raw_value.decode("latin-1")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        if key in environ:
            separator = "; " if key == "HTTP_COOKIE" else ", "
            value = f"{environ[key]}{separator}{value}"
        environ[key] = value
