"""How an origin is reached: the pool's key.

A connection serves a request exactly when their routes are equal:

route   | the wire goes to       | equal when these are
--------|------------------------|---------------------------------------------
direct  | the origin             | scheme, host, port, TLS server name
forward | an HTTP proxy          | the proxy (it serves every ``http://`` origin)
tunnel  | the origin, by CONNECT | the proxy; scheme, host, port, TLS server name
socks   | the origin, by SOCKS   | the proxy; scheme, host, port, TLS server name

`ws` and `wss` are reached as `http` and `https` are, over HTTP/1.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .._config import Proxy

__all__ = ["Route"]


class Route(NamedTuple):
    """A pool's key; see the table above."""

    scheme: str
    host: str
    port: int
    server_name: str | None = None
    """The TLS server name (SNI) where it is not the host: extension `sni_hostname`."""
    proxy: Proxy | None = None

    @property
    def is_secure(self) -> bool:
        """Whether TLS is spoken with the origin."""
        return self.scheme in ("https", "wss")

    @property
    def is_forward(self) -> bool:
        """Whether requests go to an HTTP proxy in absolute form."""
        return self.proxy is not None and not self.host

    @property
    def peer(self) -> str:
        """Who is reached, for people."""
        if self.is_forward and self.proxy is not None:
            return f"the proxy {self.proxy.url.host}:{self.proxy.url.port}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"
