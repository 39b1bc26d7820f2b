"""Tools that patch the real httpcore, or look into a transport's pool for it, keep working.

This package sends without httpcore. But where a program has imported httpcore already, some of
its tools expect to meet it below `HTTPTransport` and `AsyncHTTPTransport`:

- respx in its default mode, older vcrpy and tracers replace `handle_request` (asynchronous:
  `handle_async_request`) on httpcore's ConnectionPool, HTTPProxy and HTTPConnection. While one
  of them *is* replaced, requests are sent through an instance of httpcore's own pool, made with
  the transport's settings; the method is looked up at each call.
- pytest-httpx and others ask `isinstance(transport._pool, httpcore.HTTPProxy)` and read
  `_proxy_url`, `_proxy_headers`, `_ssl_context`, `connections`: `PatchablePool` answers for them.
- Guards against forged requests wrap and assign `transport._pool._network_backend`. Whoever
  assigns something to httpcore's pool, or puts a pool of httpcore in the place of ours, wants
  his word to count: that transport sends through httpcore from then on.

Not covered: what is httpcore's own while requests go through it (no `resolver`, `max_head_size`,
`total` time-out, no timings, no request sent again); classes of httpcore that are replaced as a
whole; and httpcore's connections, which stay an empty list. It never imports httpcore, and nothing
here runs until somebody else has.
"""

from __future__ import annotations

import sys
import typing
from types import FunctionType

from .._connections.pool import Pool
from .._models import Request, Response
from .foreign import AsyncResponseStream, ResponseStream, map_httpcore_exceptions

if typing.TYPE_CHECKING:
    from .._config import Limits, Proxy
    from .._connections.connect import Connector
    from .._network.base import Backend

__all__ = ["PatchablePool", "aclose", "close", "find_detour", "send", "send_async"]

# The classes whose methods tools replace, for the blocking world and the awaiting ones.
_PATCHED = {
    "handle_request": ("ConnectionPool", "HTTPProxy", "HTTPConnection"),
    "handle_async_request": ("AsyncConnectionPool", "AsyncHTTPProxy", "AsyncHTTPConnection"),
}
_PROXIES = {"http": "HTTPProxy", "https": "HTTPProxy"}  # else one that speaks SOCKS


class PatchablePool(Pool):
    """A transport's pool, which to tools that know httpcore looks like httpcore's.

    What it does not have itself is read from, and assigned to, an instance of httpcore's pool.

    Args:
        connector: makes connections.
        find_backend: gives the network backend of the caller's world.
        limits: how many connections.
        proxy: the transport's proxy.
        method: what the pool's class in httpcore is asked by: ``handle_request`` or
            ``handle_async_request``.
    """

    def __init__(
        self,
        connector: Connector,
        find_backend: typing.Callable[[], Backend],
        limits: Limits,
        proxy: Proxy | None,
        method: str,
    ) -> None:
        self._limits = limits
        self._proxy = proxy
        self._method = method
        self.double: typing.Any = None
        super().__init__(
            connector,
            find_backend,
            limits.max_connections,
            limits.max_keepalive_connections,
            limits.keepalive_expiry,
        )
        self._is_overruled = False  # last: from here on, what is not there is httpcore's

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What `isinstance` asks for after the real type."""
        httpcore = sys.modules.get("httpcore")
        return getattr(httpcore, self._class_name(), type(self))

    def _class_name(self) -> str:
        if self._proxy is None:
            kind = "ConnectionPool"
        else:
            kind = _PROXIES.get(self._proxy.url.scheme, "SOCKSProxy")
        return f"Async{kind}" if "async" in self._method else kind

    def detour(self) -> typing.Any:
        """Httpcore's pool, if requests are to go through it now; else `None`."""
        if self._is_overruled:
            return self.double
        httpcore = sys.modules["httpcore"]
        for name in _PATCHED[self._method]:
            kind = getattr(httpcore, name, None)
            if kind is None:  # it is just being imported
                return None
            function = getattr(kind, self._method)
            # By its globals, since a wrapper borrows every name of what it wraps.
            if type(function) is not FunctionType or not str(
                function.__globals__.get("__name__")
            ).startswith("httpcore."):
                return self._make_double()
        return None

    def _make_double(self) -> typing.Any:
        if self.double is None:
            connector, proxy = self._connector, self._proxy
            options = list(connector.socket_options) or None
            settings: dict[str, typing.Any] = {
                "ssl_context": connector.ssl_context(),
                "max_connections": self._limits.max_connections,
                "max_keepalive_connections": self._limits.max_keepalive_connections,
                "keepalive_expiry": self._limits.keepalive_expiry,
                "http1": connector.http1,
                "http2": connector.http2,
            }
            if proxy is None:
                settings |= {
                    "uds": connector.uds,
                    "local_address": connector.local_address,
                    "retries": connector.retries,
                    "socket_options": options,
                }
            else:
                settings |= {"proxy_url": str(proxy.url), "proxy_auth": proxy.raw_auth}
                if "socks" not in proxy.url.scheme:
                    settings["proxy_headers"] = proxy.headers.raw
                    settings["proxy_ssl_context"] = proxy.ssl_context
                    settings["socket_options"] = options
            self.double = getattr(sys.modules["httpcore"], self._class_name())(**settings)
        return self.double

    def _belongs_to_double(self, name: str) -> bool:
        own = self.__dict__
        return (
            "httpcore" in sys.modules
            and "_is_overruled" in own
            and name not in own
            and not hasattr(type(self), name)
            and not name.startswith("__")
        )

    def __getattr__(self, name: str) -> typing.Any:
        if not self._belongs_to_double(name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self._make_double(), name)

    def __setattr__(self, name: str, value: typing.Any) -> None:
        if not self._belongs_to_double(name):
            super().__setattr__(name, value)
        else:
            setattr(self._make_double(), name, value)
            self._is_overruled = True

    def __delattr__(self, name: str) -> None:
        if not self._belongs_to_double(name):
            super().__delattr__(name)
        else:
            delattr(self._make_double(), name)


def find_detour(pool: typing.Any) -> typing.Any:
    """The pool of httpcore that a request has to go through; `None`, as a rule."""
    return pool.detour() if isinstance(pool, PatchablePool) else pool


def send(detour: typing.Any, request: Request) -> Response:
    """Send a request through a pool of httpcore."""
    with map_httpcore_exceptions():
        answer = detour.handle_request(_translate(request))
    return _respond(answer, ResponseStream(answer.stream))


async def send_async(detour: typing.Any, request: Request) -> Response:
    """Send a request through an asynchronous pool of httpcore."""
    with map_httpcore_exceptions():
        answer = await detour.handle_async_request(_translate(request))
    return _respond(answer, AsyncResponseStream(answer.stream))


def _translate(request: Request) -> typing.Any:
    httpcore: typing.Any = sys.modules["httpcore"]
    url = request.url
    return httpcore.Request(
        request.method,
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def _respond(answer: typing.Any, stream: ResponseStream | AsyncResponseStream) -> Response:
    return Response(
        answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions
    )


def close(pool: typing.Any) -> None:
    """Close a transport's pool, and what was opened through httpcore."""
    if isinstance(pool, PatchablePool):
        pool.close()
        pool = pool.double
    if pool is not None:
        pool.close()


async def aclose(pool: typing.Any) -> None:
    """Close an asynchronous transport's pool, and what was opened through httpcore."""
    if isinstance(pool, PatchablePool):
        pool.close()
        pool = pool.double
    if pool is not None:
        await pool.aclose()
