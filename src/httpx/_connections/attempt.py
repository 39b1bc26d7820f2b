"""One attempt to connect: dial, tunnel, TLS, ALPN, under one deadline.

The steps by route:

direct  | dial the origin                              | TLS with the origin, if secure
forward | dial the proxy, TLS with it if it is `https` |
tunnel  | the same, then CONNECT (`tunnel.py`)         | TLS with the origin, if secure
socks   | dial the proxy, its handshake (`socks.py`)   | TLS with the origin, if secure

An attempt knows at any time what it is doing, so that a time-out can say so, and which stream it
holds, so that whatever ends it closes that.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._exceptions import ConnectTimeout, ProxyError
from .routes import address_of, is_socks

if TYPE_CHECKING:
    import ssl

    from .._config import Deadline, Proxy
    from .._network.base import Backend, Stream
    from .connect import Connector
    from .messages import Fields
    from .routes import Route
    from .socks import SOCKS5Handshake
    from .trace import Trace

__all__ = ["Attempt"]


@dataclass(slots=True)
class Attempt:
    """How far one attempt to connect has come."""

    connector: Connector
    backend: Backend
    route: Route
    deadline: Deadline | None
    trace: Trace | None
    doing: str = field(default="", init=False)
    """The step that is being taken, where that is more than connecting."""
    proxy_headers: Fields | None = field(default=None, init=False)
    """What the proxy said when it opened the tunnel."""
    leftover: bytes = field(default=b"", init=False)
    """What the origin said before it was spoken to: an HTTP/2 server without TLS may."""
    _held: Stream | None = field(default=None, init=False)

    async def run(self) -> Stream:
        """Connect. Raises `ConnectError`, `ProxyError`, or the `TimeoutException` of a step."""
        try:
            return await self._connect()
        except BaseException:
            if self._held is not None:
                self._held.close()
            raise

    async def _connect(self) -> Stream:
        route, proxy = self.route, self.route.proxy
        if proxy is None:
            stream, prefix = await self._reach_origin(), "connection"
        elif is_socks(proxy):
            stream, prefix = await self._reach_by_socks(proxy), "socks"
        else:
            stream, prefix = await self._reach_by_http(proxy), "proxy"
        if not route.is_secure:
            return stream
        connector = self.connector
        multiplexes = connector.may_multiplex(route)
        if not multiplexes:
            alpn: tuple[str, ...] = ("http/1.1",)
        else:
            alpn = ("h2", "http/1.1") if connector.http1 else ("h2",)
        self.doing = "in the TLS handshake"
        name = route.server_name or route.host
        make_context = connector.ssl_context
        return await self._start_tls(prefix, stream, make_context, name, alpn, multiplexes)

    def timed_out(self, seconds: float) -> ConnectTimeout:
        """One class for every step, and the seconds that the program gave, not what was left."""
        during = f" ({self.doing})" if self.doing else ""
        return ConnectTimeout(
            f"timed out after {seconds:g} s while connecting to {self.route.peer}{during}"
        )

    @property
    def _left(self) -> float | None:
        return None if self.deadline is None else self.deadline.remaining()

    @property
    def _given(self) -> float | None:
        """What the program gave for connecting, as traces and the log tell it."""
        return None if self.deadline is None else self.deadline.total

    # -- to the origin, by each kind of route ------------------------------------------------

    def _reach_origin(self) -> Coroutine[Any, Any, Stream]:
        connector = self.connector
        path = connector.uds
        if path is None:
            return self._dial("connection", self.route.host, self.route.port)
        return self._step(
            "connection.connect_unix_socket",
            {"path": path, "timeout": self._given, "socket_options": self._socket_options},
            lambda: self.backend.connect_unix(path, self._left, connector.socket_options),
        )

    async def _reach_by_http(self, proxy: Proxy) -> Stream:
        from .tunnel import open_tunnel

        route = self.route
        self.doing = f"dialling {route.via}"
        host, port = address_of(proxy)
        stream = await self._dial("connection", host, port)
        if proxy.url.scheme == "https":
            self.doing = f"in the TLS handshake with {route.via}"
            context = proxy.ssl_context
            make = self.connector.proxy_ssl_context if context is None else lambda: context
            stream = await self._start_tls("connection", stream, make, host, ("http/1.1",))
        if route.is_forward:
            return stream
        self.doing = f"waiting for {route.via} to answer CONNECT"
        codec = self.connector.codec(route.via)
        self.proxy_headers, self.leftover = await open_tunnel(
            stream, route, codec, self.deadline, self.trace
        )
        if self.leftover and (route.is_secure or self.connector.http1):
            raise ProxyError(f"{route.via} sent bytes after its answer to CONNECT")
        return stream

    async def _reach_by_socks(self, proxy: Proxy) -> Stream:
        from .socks import SOCKS5Handshake

        route = self.route
        targets = [(route.host, route.port)]
        if proxy.url.scheme == "socks5":
            self.doing = "looking up the origin's address"
            look_up = self.backend.resolve(
                route.host, route.port, self._left, self.connector.resolver
            )
            trace = self.trace
            targets = await (look_up if trace is None else trace.phase("name_lookup", look_up))
        while True:
            handshake = SOCKS5Handshake(*targets.pop(0), proxy.raw_auth, route.via)
            try:
                return await self._ask_socks(proxy, handshake)
            except ProxyError:
                if not (handshake.unreachable and targets):
                    raise

    async def _ask_socks(self, proxy: Proxy, handshake: SOCKS5Handshake) -> Stream:
        from .socks import shake_hands

        self.doing = f"dialling {self.route.via}"
        stream = await self._dial("socks", *address_of(proxy))
        self.doing = f"in the SOCKS5 handshake with {self.route.via}"
        host, port = handshake.target
        auth = None if proxy.auth is None else (proxy.auth[0], "********")
        return await self._step(
            "socks.setup_socks5_connection",
            {"stream": stream, "host": host, "port": port, "auth": auth},
            lambda: shake_hands(stream, handshake, self.deadline),
        )

    # -- the steps ---------------------------------------------------------------------------

    def _step(
        self, name: str, info: dict[str, Any], step: Callable[[], Coroutine[Any, Any, Stream]]
    ) -> Coroutine[Any, Any, Stream]:
        """Take a step, and tell the trace; from here on, its stream is the one that is held."""
        held = self._hold(step)
        return held if self.trace is None else self.trace.span(name, info, held)

    async def _hold(self, step: Callable[[], Coroutine[Any, Any, Stream]]) -> Stream:
        self._held = stream = await step()
        return stream

    @property
    def _socket_options(self) -> list[Any] | None:
        """For the trace."""
        return list(self.connector.socket_options) or None

    def _dial(self, prefix: str, host: str, port: int) -> Coroutine[Any, Any, Stream]:
        connector = self.connector
        info = {
            "host": host,
            "port": port,
            "local_address": connector.local_address,
            "timeout": self._given,
            "socket_options": self._socket_options,
        }
        return self._step(
            f"{prefix}.connect_tcp",
            info,
            lambda: self.backend.connect_tcp(
                host,
                port,
                self._left,
                local_address=connector.local_address,
                socket_options=connector.socket_options,
                resolver=connector.resolver,
                on_resolved=None if self.trace is None else self.trace.resolved,
            ),
        )

    async def _start_tls(
        self,
        prefix: str,
        stream: Stream,
        make_context: Callable[[], ssl.SSLContext],
        hostname: str,
        alpn: tuple[str, ...],
        shared: bool = False,
    ) -> Stream:
        context = make_context()
        return await self._step(
            f"{prefix}.start_tls",
            {"ssl_context": context, "server_hostname": hostname, "timeout": self._given},
            lambda: stream.start_tls(context, hostname, self._left, alpn, shared=shared),
        )
