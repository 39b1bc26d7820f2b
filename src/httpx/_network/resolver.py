"""A ready-made resolver: some names are given, the answers about the rest are kept for a while.

A resolver is any callable that takes a host and a port and answers with addresses and ports, in
the order of preference; it may block, since it is called in a thread of its own where that
matters. Transports take one as `resolver=`. This one is for the two wishes that most people have;
whoever wants DNS over HTTPS, or a service registry, writes a function.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base import Resolver

__all__ = ["CachingResolver"]

Address = str | tuple[str, int]


class CachingResolver:
    """Looks names up for a transport.

    Args:
        hosts: addresses of names, which are then not looked up: an IP address, or (address,
            port) where that is another port than the URL's, or a list of those. As a line in
            ``/etc/hosts``, it changes neither the `Host` header nor the TLS server name.
        ttl: how long an answer is kept, in seconds. Default: 60. 0 keeps none.
        resolver: whom to ask for the rest. Default: the operating system, by `getaddrinfo`.

    One resolver may be shared by transports of every kind, and by threads. Failures are not kept.

        resolver = httpx.CachingResolver({"api.example.org": ("127.0.0.1", 8443)}, ttl=300)
        client = httpx.Client(transport=httpx.HTTPTransport(resolver=resolver))
    """

    __module__ = "httpx"

    limit = 1024
    """Names that are kept; the one that was looked up first is the first to go."""

    def __init__(
        self,
        hosts: Mapping[str, Address | Iterable[Address]] | None = None,
        *,
        ttl: float = 60.0,
        resolver: Resolver | None = None,
    ) -> None:
        self.ttl = ttl
        self._hosts = {_key(host): _addresses(found) for host, found in (hosts or {}).items()}
        self._resolver = _ask_system if resolver is None else resolver
        self._lock = threading.Lock()
        self._found: dict[tuple[str, int], tuple[float, list[tuple[str, int]]]] = {}

    def __call__(self, host: str, port: int) -> list[tuple[str, int]]:
        """The addresses of a host, each with a port. `OSError` where it has none."""
        name = _key(host)
        given = self._hosts.get(name)
        if given is not None:
            return [(address, port if own is None else own) for address, own in given]
        key = name, port
        with self._lock:
            expiry, found = self._found.get(key, (0.0, []))
        if time.monotonic() < expiry:
            return list(found)
        found = list(self._resolver(host, port))
        with self._lock:
            self._found.pop(key, None)
            self._found[key] = time.monotonic() + self.ttl, found
            if len(self._found) > self.limit:
                del self._found[next(iter(self._found))]
        return list(found)

    def clear(self) -> None:
        """Forget all answers, but not what was given as `hosts`."""
        with self._lock:
            self._found.clear()


def _key(host: str) -> str:
    """Names are the same in any case, with and without the root's dot."""
    return host.lower().removesuffix(".")


def _addresses(given: Address | Iterable[Address]) -> list[tuple[str, int | None]]:
    if isinstance(given, str) or (isinstance(given, tuple) and isinstance(given[-1], int)):
        given = [given]
    return [(one, None) if isinstance(one, str) else one for one in given]  # type: ignore[misc]


def _ask_system(host: str, port: int) -> list[tuple[str, int]]:
    import socket

    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(str(info[4][0]), int(info[4][1])) for info in found]
