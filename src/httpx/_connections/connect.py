"""From a route to a ready connection: how a transport connects, and how often it tries.

One attempt is in `attempt.py`: dial, tunnel, TLS, ALPN. The connect time-out is one deadline over
all of these steps, and whichever of them runs out of it, the error is a `ConnectTimeout`. A
failed attempt may be tried again (`retries`), with pauses of 0, 0.5, 1, 2, ... seconds; not one
that a proxy refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._exceptions import ConnectError, ConnectTimeout, TimeoutException
from .._protocols.http1 import HTTP1Codec
from .attempt import Attempt
from .http1 import HTTP1Connection

if TYPE_CHECKING:
    import ssl

    from .._network.base import Backend, Resolver, SocketOption, Stream
    from .base import Connection, Owner
    from .http2 import HTTP2Connection
    from .messages import RequestMessage
    from .routes import Route

__all__ = ["Connector"]


@dataclass(slots=True, kw_only=True)
class Connector:
    """How a transport connects: what it was constructed with."""

    ssl_context: Callable[[], ssl.SSLContext]
    """Gives the TLS configuration; called at the first connection that needs it."""
    proxy_ssl_context: Callable[[], ssl.SSLContext]
    """The same, for an https proxy that brings none: what is for origins (no checks, a client's
    certificate) is not for proxies."""
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
                if attempt >= self.retries or request.timeouts.are_over:
                    raise
            pause = request.timeouts.clip(0.0 if attempt == 0 else 0.5 * 2 ** (attempt - 1))
            attempt += 1
            if request.trace is None:
                await backend.sleep(pause)
            else:
                await request.trace.span("connection.retry", {}, backend.sleep(pause))

    async def _attempt(
        self, backend: Backend, route: Route, request: RequestMessage, owner: Owner
    ) -> Connection:
        deadline = request.timeouts.start_connecting()
        attempt = Attempt(self, backend, route, deadline, request.trace)
        try:
            stream = await attempt.run()
        except TimeoutException as exc:
            seconds = request.timeouts.configured("connect") or 0.0
            raise attempt.timed_out(seconds) from exc
        connection: Connection
        if self._speaks_http2(stream, route):
            try:
                connection = await self._start_http2(stream, backend, route, request, owner)
                if attempt.leftover:
                    connection.receive_early(attempt.leftover)
            except BaseException:
                stream.close()
                raise
        else:
            connection = HTTP1Connection(stream, route, owner, self.codec(route.peer))
        connection.proxy_headers = attempt.proxy_headers
        return connection

    def codec(self, peer: str) -> HTTP1Codec:
        """The client's side of a new HTTP/1.1 connection."""
        return HTTP1Codec(peer, self.max_head_size, self.max_header_count, fast=self.fast_lane)

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
    ) -> HTTP2Connection:
        from .._protocols.http2 import HTTP2Codec
        from .http2 import HTTP2Connection

        connection = HTTP2Connection(stream, route, owner, HTTP2Codec(route.peer), backend)
        if request.trace is not None:
            # The preface leaves with the first request; this tells that it is on its way.
            await request.trace.span("http2.send_connection_init", {"request": request}, _done())
        return connection


async def _done() -> None:
    """A step that has been taken already."""
