"""From a route to a ready connection: dial, tunnel, TLS, ALPN.

The connect time-out is one deadline over all of these steps, and whichever of them runs out of
it, the error is a `ConnectTimeout`. A failed attempt may be tried again (`retries`), with pauses
of 0, 0.5, 1, 2, ... seconds. Every step closes what it holds when it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._exceptions import ConnectError, ConnectTimeout, TimeoutException, UnsupportedProtocol
from .._protocols.http1 import HTTP1Codec
from .http1 import HTTP1Connection

if TYPE_CHECKING:
    import ssl

    from .._config import Deadline
    from .._network.base import Backend, Resolver, SocketOption, Stream
    from .base import Connection, Owner
    from .messages import RequestMessage, Timeouts
    from .routes import Route
    from .trace import Trace

__all__ = ["Connector"]


@dataclass(slots=True, kw_only=True)
class Connector:
    """How a transport connects: what it was constructed with."""

    ssl_context: Callable[[], ssl.SSLContext]
    """Gives the TLS configuration; called at the first connection that needs it."""
    http1: bool = True
    http2: bool = False
    uds: str | None = None
    local_address: str | None = None
    retries: int = 0
    socket_options: Sequence[SocketOption] = ()
    resolver: Resolver | None = None
    max_head_size: int = 100 * 1024
    max_header_count: int = 1000
    fast_lane: bool = True

    def may_multiplex(self, route: Route) -> bool:
        """Whether a connection for this route may turn out to carry many exchanges at once."""
        return self.http2 and (
            route.scheme == "https" or (route.scheme == "http" and not self.http1)
        )

    async def connect(
        self, backend: Backend, route: Route, request: RequestMessage, owner: Owner
    ) -> Connection:
        """Open a connection. Raises `ConnectError` or `ConnectTimeout`."""
        attempt = 0
        while True:
            try:
                return await self._attempt(backend, route, request, owner)
            except (ConnectError, ConnectTimeout):
                if attempt >= self.retries:
                    raise
            pause = 0.0 if attempt == 0 else 0.5 * 2 ** (attempt - 1)
            attempt += 1
            if request.trace is None:
                await backend.sleep(pause)
            else:
                await request.trace.span("connection.retry", {}, backend.sleep(pause))

    async def _attempt(
        self, backend: Backend, route: Route, request: RequestMessage, owner: Owner
    ) -> Connection:
        timeouts = request.timeouts
        deadline = timeouts.start_connecting()
        try:
            stream = await self._dial(backend, route, deadline, request.trace)
            if route.is_secure:
                stream = await self._start_tls(stream, route, deadline, request.trace)
        except TimeoutException as exc:
            raise _connect_timeout(exc, timeouts, route) from exc
        if self._speaks_http2(stream, route):
            return await self._start_http2(stream, backend, route, request, owner)
        codec = HTTP1Codec(
            route.peer, self.max_head_size, self.max_header_count, fast=self.fast_lane
        )
        return HTTP1Connection(stream, route, owner, codec)

    def _speaks_http2(self, stream: Stream, route: Route) -> bool:
        """By ALPN where there is TLS, else by prior knowledge (RFC 9113 3.2, 3.3)."""
        if not self.may_multiplex(route):
            return False
        if not self.http1:
            return True
        tls = stream.get_extra_info("ssl_object")
        return tls is not None and tls.selected_alpn_protocol() == "h2"

    async def _start_http2(
        self, stream: Stream, backend: Backend, route: Route, request: RequestMessage, owner: Owner
    ) -> Connection:
        from .._protocols.http2 import HTTP2Codec
        from .http2 import HTTP2Connection

        connection = HTTP2Connection(stream, route, owner, HTTP2Codec(route.peer), backend)
        if request.trace is not None:
            # The preface leaves with the first request; this tells that it is on its way.
            await request.trace.span("http2.send_connection_init", {"request": request}, _done())
        return connection

    async def _dial(
        self, backend: Backend, route: Route, deadline: Deadline | None, trace: Trace | None
    ) -> Stream:
        if route.proxy is not None:
            raise UnsupportedProtocol(f"Proxies are not supported yet: {route.proxy!r}")
        timeout = None if deadline is None else deadline.remaining()
        if self.uds is not None:
            step = backend.connect_unix(self.uds, timeout, self.socket_options)
            info: dict[str, Any] = {"path": self.uds}
            name = "connection.connect_unix_socket"
        else:
            step = backend.connect_tcp(
                route.host,
                route.port,
                timeout,
                local_address=self.local_address,
                socket_options=self.socket_options,
                resolver=self.resolver,
            )
            info = {"host": route.host, "port": route.port, "local_address": self.local_address}
            name = "connection.connect_tcp"
        if trace is None:
            return await step
        info |= {"timeout": timeout, "socket_options": list(self.socket_options) or None}
        return await trace.span(name, info, step)

    async def _start_tls(
        self, stream: Stream, route: Route, deadline: Deadline | None, trace: Trace | None
    ) -> Stream:
        timeout = None if deadline is None else deadline.remaining()
        try:
            context = self.ssl_context()
        except BaseException:
            stream.close()
            raise
        hostname = route.server_name or route.host
        multiplexes = self.may_multiplex(route)
        if not multiplexes:
            alpn: tuple[str, ...] = ("http/1.1",)
        else:
            alpn = ("h2", "http/1.1") if self.http1 else ("h2",)
        step = stream.start_tls(context, hostname, timeout, alpn, shared=multiplexes)
        if trace is None:
            return await step
        info = {"ssl_context": context, "server_hostname": hostname, "timeout": timeout}
        return await trace.span("connection.start_tls", info, step)


async def _done() -> None:
    """A step that has been taken already."""


def _connect_timeout(exc: TimeoutException, timeouts: Timeouts, route: Route) -> ConnectTimeout:
    """One class for every step, and the seconds that the program gave, not what was left."""
    seconds = timeouts.configured("connect") or 0.0
    found = str(exc)
    during = " (in the TLS handshake)" if "TLS" in found else ""
    return ConnectTimeout(f"timed out after {seconds:g} s while connecting to {route.peer}{during}")
