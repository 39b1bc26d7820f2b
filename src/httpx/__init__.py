"""A client for HTTP/1.1 and HTTP/2, blocking and asynchronous.

The public names, nothing else; and they come with the first of them that is asked for. What only
might send a request (a command, a plug-in) does not wait for the rest of this package: 1 ms instead
of 45. From then on this is a module like any other, with all the names in it.
"""

from __future__ import annotations

import sys as _sys

from .__version__ import __description__, __title__, __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType as _Module
    from typing import Any

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
    from ._main_loader import main
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
    "codes",
    "ConnectError",
    "ConnectTimeout",
    "CookieConflict",
    "Cookies",
    "create_ssl_context",
    "DecodingError",
    "delete",
    "DigestAuth",
    "DigestMismatch",
    "FunctionAuth",
    "get",
    "head",
    "Headers",
    "HTTPError",
    "HTTPStatusError",
    "HTTPTransport",
    "InvalidURL",
    "Limits",
    "LocalProtocolError",
    "main",
    "MockTransport",
    "NetRCAuth",
    "NetworkError",
    "options",
    "Origin",
    "patch",
    "PoolTimeout",
    "post",
    "ProtocolError",
    "Proxy",
    "ProxyError",
    "put",
    "query",
    "QueryParams",
    "ReadError",
    "ReadTimeout",
    "RemoteProtocolError",
    "request",
    "Request",
    "RequestError",
    "RequestNotRead",
    "Response",
    "ResponseNotRead",
    "ResponseTooLarge",
    "stream",
    "StreamClosed",
    "StreamConsumed",
    "StreamError",
    "SyncByteStream",
    "Timeout",
    "TimeoutException",
    "Timings",
    "TooManyRedirects",
    "TransportError",
    "UnsupportedProtocol",
    "URL",
    "USE_CLIENT_DEFAULT",
    "WriteError",
    "WriteTimeout",
    "WSGITransport",
]


if not TYPE_CHECKING:
    _Module = type(_sys)
del TYPE_CHECKING, annotations


class _Unloaded(_Module):
    """This module, as long as nobody has asked for a name."""

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """What `vars`, `dir` and `mock.patch` look at: everything."""
        return _load()

    def __getattr__(self, name: str) -> Any:
        # Tools ask all modules for names in double underscores: no reason to load anything.
        if name.startswith("_"):
            if not name.startswith("__"):
                return _room(name)
        elif name in _load():
            return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _room(name: str) -> Any:
    """A private module. `from . import` asks for those as well, while others are being loaded."""
    from importlib import import_module

    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as exc:
        if exc.name != f"{__name__}.{name}":
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def _load() -> dict[str, Any]:
    """Put the public names into this module, and leave alone what a program has put there."""
    from . import _rooms

    names = globals()
    for name, value in _rooms.public(__all__).items():
        names.setdefault(name, value)
    _sys.modules[__name__].__class__ = _Module
    return names


_sys.modules[__name__].__class__ = _Unloaded
