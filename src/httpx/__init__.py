"""A client for HTTP/1.1 and HTTP/2, blocking and asynchronous.

The public names, nothing else. Their modules say `httpx`, whatever room they live in, so that
messages, tracebacks and pickles name what users import. What is heavy (TLS, event loops, the
command line) is imported when it is first used.
"""

from typing import TYPE_CHECKING, Any

from .__version__ import __description__, __title__, __version__
from ._api import delete, get, head, options, patch, post, put, query, request, stream
from ._auth import Auth, BasicAuth, DigestAuth, FunctionAuth, NetRCAuth
from ._client import USE_CLIENT_DEFAULT, AsyncClient, Client
from ._config import Limits, Proxy, Timeout, create_ssl_context
from ._connections.timings import Timings
from ._content import ByteStream
from ._exceptions import (
    CloseError,
    ConnectError,
    ConnectTimeout,
    CookieConflict,
    DecodingError,
    DigestMismatch,
    HTTPError,
    HTTPStatusError,
    InvalidURL,
    LocalProtocolError,
    NetworkError,
    PoolTimeout,
    ProtocolError,
    ProxyError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    RequestError,
    RequestNotRead,
    ResponseNotRead,
    ResponseTooLarge,
    StreamClosed,
    StreamConsumed,
    StreamError,
    TimeoutException,
    TooManyRedirects,
    TransportError,
    UnsupportedProtocol,
    WriteError,
    WriteTimeout,
)
from ._models import Cookies, Headers, Request, Response
from ._network.resolver import CachingResolver
from ._status_codes import codes
from ._transports.asgi import ASGITransport
from ._transports.base import AsyncBaseTransport, BaseTransport
from ._transports.default import AsyncHTTPTransport, HTTPTransport
from ._transports.mock import MockTransport
from ._transports.wsgi import WSGITransport
from ._types import AsyncByteStream, SyncByteStream
from ._urls import URL, Origin, QueryParams

if TYPE_CHECKING:
    from ._main import main

__all__ = [
    "__description__",
    "__title__",
    "__version__",
    "ASGITransport",
    "AsyncBaseTransport",
    "AsyncByteStream",
    "AsyncClient",
    "AsyncHTTPTransport",
    "Auth",
    "BaseTransport",
    "BasicAuth",
    "ByteStream",
    "CachingResolver",
    "Client",
    "CloseError",
    "ConnectError",
    "ConnectTimeout",
    "CookieConflict",
    "Cookies",
    "DecodingError",
    "DigestAuth",
    "DigestMismatch",
    "FunctionAuth",
    "HTTPError",
    "HTTPStatusError",
    "HTTPTransport",
    "Headers",
    "InvalidURL",
    "Limits",
    "LocalProtocolError",
    "MockTransport",
    "NetRCAuth",
    "NetworkError",
    "Origin",
    "PoolTimeout",
    "ProtocolError",
    "Proxy",
    "ProxyError",
    "QueryParams",
    "ReadError",
    "ReadTimeout",
    "RemoteProtocolError",
    "Request",
    "RequestError",
    "RequestNotRead",
    "Response",
    "ResponseNotRead",
    "ResponseTooLarge",
    "StreamClosed",
    "StreamConsumed",
    "StreamError",
    "SyncByteStream",
    "Timeout",
    "TimeoutException",
    "Timings",
    "TooManyRedirects",
    "TransportError",
    "URL",
    "USE_CLIENT_DEFAULT",
    "UnsupportedProtocol",
    "WSGITransport",
    "WriteError",
    "WriteTimeout",
    "codes",
    "create_ssl_context",
    "delete",
    "get",
    "head",
    "main",
    "options",
    "patch",
    "post",
    "put",
    "query",
    "request",
    "stream",
]


for _name in __all__:
    if _name in globals() and not _name.startswith("__"):
        globals()[_name].__module__ = __name__
del _name


def _main_without_its_packages() -> None:
    """The `httpx` command where the extra `cli` is not installed."""
    import sys

    print(
        "The httpx command line client could not run because the required dependencies were not "
        "installed.\nMake sure you've installed everything with: pip install 'httpx[cli]'"
    )
    sys.exit(1)


def __getattr__(name: str) -> Any:
    """`main`, when it is first asked for: the command brings click, rich and pygments along."""
    if name != "main":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from ._main import main
    except ModuleNotFoundError as exc:
        if (exc.name or "").partition(".")[0] not in ("click", "pygments", "rich"):
            raise
        return _main_without_its_packages
    main.__module__ = __name__
    return main
