"""How an origin is reached: the pool's key.

A connection serves a request exactly when their routes are equal:

route   | the wire goes to       | equal when these are
--------|------------------------|---------------------------------------------
direct  | the origin             | scheme, host, port, TLS server name
forward | an HTTP proxy          | the proxy (it serves every ``http://`` origin)
tunnel  | the origin, by CONNECT | the proxy; scheme, host, port, TLS server name
socks   | the origin, by SOCKS   | the proxy; scheme, host, port, TLS server name

`ws` and `wss` are reached as `http` and `https` are, over HTTP/1.1; by an HTTP proxy always
through a tunnel (RFC 6455 4.1). Proxies are equal when their URLs, credentials, headers and TLS
contexts are.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .._config import Proxy
    from .messages import Fields

__all__ = ["Route", "address_of", "fields_for", "is_socks"]

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


class Route(NamedTuple):
    """A pool's key; see the table above."""

    scheme: str
    host: str
    port: int
    server_name: str | None = None
    """The TLS server name (SNI) where it is not the host: extension `sni_hostname`."""
    proxy: Proxy | None = None

    @classmethod
    def forward(cls, proxy: Proxy) -> Route:
        """To an HTTP proxy, which is asked for whole URLs."""
        return cls("http", "", 0, None, proxy)

    @property
    def is_secure(self) -> bool:
        """Whether TLS is spoken with the origin."""
        return self.scheme in ("https", "wss")

    @property
    def is_forward(self) -> bool:
        """Whether requests go to an HTTP proxy in absolute form."""
        return self.proxy is not None and not self.host

    @property
    def authority(self) -> str:
        """Host and port of the origin, as in the target of a CONNECT."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def via(self) -> str:
        """The proxy, for people."""
        assert self.proxy is not None
        host, port = address_of(self.proxy)
        return f"the proxy {f'[{host}]' if ':' in host else host}:{port}"

    @property
    def peer(self) -> str:
        """Who is reached, for people."""
        if self.proxy is None:
            return self.authority
        return self.via if self.is_forward else f"{self.authority} through {self.via}"


def is_socks(proxy: Proxy) -> bool:
    """Whether a proxy speaks SOCKS, and not HTTP."""
    return proxy.url.scheme in ("socks5", "socks5h")


def address_of(proxy: Proxy) -> tuple[str, int]:
    """Host and port of a proxy."""
    url = proxy.url
    return url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]


def fields_for(proxy: Proxy) -> Fields:
    """What an HTTP proxy itself is told, with every request or CONNECT: its credentials
    (RFC 9110 11.7.2, RFC 7617), and the headers that the program has for it."""
    fields = list(proxy.headers.raw)
    auth = proxy.raw_auth
    if auth is not None and "proxy-authorization" not in proxy.headers:
        fields.insert(0, (b"Proxy-Authorization", b"Basic " + b64encode(b":".join(auth))))
    return fields
