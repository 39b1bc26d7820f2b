"""Proxies for the tests, on `RawServer`: they note what they are told, and take every name for
this machine.

`HTTPProxy` forwards absolute-form requests and opens tunnels for CONNECT; `SOCKSProxy` speaks
SOCKS5. With `tls=` they are reached by TLS. What they were asked is in `requests`, `targets`.
"""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from .servers import PATIENCE, Conn, RawServer, Request, response

__all__ = ["HTTPProxy", "SOCKSProxy", "relay"]

Auth = tuple[str, str]


def relay(conn: Conn, upstream: socket.socket) -> None:
    """Carry bytes in both directions until either side ends."""

    def pump(receive: Callable[[int], bytes], send: Callable[[bytes], Any]) -> None:
        with suppress(OSError):
            while data := receive(65536):
                send(data)
        for sock in (conn.sock, upstream):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    back = threading.Thread(target=pump, args=(upstream.recv, conn.send), daemon=True)
    back.start()
    pump(conn.receive, upstream.sendall)
    back.join()


class Proxy(RawServer):
    """What the kinds of proxies have in common."""

    scheme = ""

    def __init__(self, handler: Callable[[Conn], None], auth: Auth | None, **options: Any) -> None:
        super().__init__(handler, **options)
        self.auth = auth
        self.targets: list[tuple[str, int]] = []
        """Each host and port that this was asked to connect to."""

    @property
    def address(self) -> str:
        """Its URL, without credentials."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def dial(self, host: str, port: int) -> socket.socket:
        """Connect to this machine, whatever the name."""
        self.targets.append((host, port))
        sock = socket.create_connection(("::1" if ":" in host else "127.0.0.1", port), PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


class HTTPProxy(Proxy):
    """An HTTP proxy.

    `auth`: the credentials it wants. `connect`: the head of its answer to CONNECT; `refuse`: a
    whole answer to everything instead.
    """

    def __init__(
        self,
        *,
        auth: Auth | None = None,
        connect: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n",
        refuse: bytes | None = None,
        **options: Any,
    ) -> None:
        super().__init__(self._converse, auth, **options)
        self.scheme = "https" if self.tls else "http"
        self.connect = connect
        self.refuse = refuse

    def _converse(self, conn: Conn) -> None:
        while (request := conn.read_request()) is not None:
            if self.refuse is not None:
                conn.send(self.refuse)
            elif not self._knows(request):
                challenge = {"Proxy-Authenticate": 'Basic realm="the company"'}
                conn.send(
                    response(407, challenge, b"who are you?", "Proxy Authentication Required")
                )
            elif request.method == "CONNECT":
                host, _, port = request.target.rpartition(":")
                with self.dial(host.strip("[]"), int(port)) as upstream:
                    conn.send(self.connect)
                    relay(conn, upstream)
                return
            else:
                self._forward(conn, request)

    def _knows(self, request: Request) -> bool:
        if self.auth is None:
            return True
        expected = base64.b64encode(":".join(self.auth).encode()).decode()
        return request.get("proxy-authorization") == f"Basic {expected}"

    def _forward(self, conn: Conn, request: Request) -> None:
        url = urlsplit(request.target)
        target = (url.path or "*") + (f"?{url.query}" if url.query else "")
        lines = [f"{request.method} {target} {request.version}"]
        lines += [f"{n}: {v}" for n, v in request.headers if not n.lower().startswith("proxy-")]
        with self.dial(url.hostname or "", url.port or 80) as upstream:
            head = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")
            upstream.sendall(head + request.body)
            while data := upstream.recv(65536):
                conn.send(data)


class SOCKSProxy(Proxy):
    """A SOCKS5 proxy (RFC 1928, RFC 1929). `replies`: codes for the first connections."""

    scheme = "socks5"

    def __init__(
        self, *, auth: Auth | None = None, replies: tuple[int, ...] = (), **options: Any
    ) -> None:
        super().__init__(self._converse, auth, **options)
        self.replies = list(replies)
        self.credentials: list[Auth] = []

    def _converse(self, conn: Conn) -> None:
        version, count = conn.read_exactly(2)
        assert version == 5
        methods = conn.read_exactly(count)
        wanted = 0 if self.auth is None else 2
        if wanted not in methods:
            conn.send(b"\x05\xff")
            return
        conn.send(bytes([5, wanted]))
        if wanted and not self._authenticate(conn):
            return
        version, command, zero, kind = conn.read_exactly(4)
        assert (version, command, zero) == (5, 1, 0)
        if kind == 3:
            host = conn.read_exactly(conn.read_exactly(1)[0]).decode()
        else:
            family, size = {1: (socket.AF_INET, 4), 4: (socket.AF_INET6, 16)}[kind]
            host = socket.inet_ntop(family, conn.read_exactly(size))
        port = int.from_bytes(conn.read_exactly(2), "big")
        if self.replies and (code := self.replies.pop(0)):
            self.targets.append((host, port))
            conn.send(bytes([5, code, 0, 1]) + bytes(6))
            return
        with self.dial(host, port) as upstream:
            conn.send(b"\x05\x00\x00\x01" + bytes(6))
            relay(conn, upstream)

    def _authenticate(self, conn: Conn) -> bool:
        assert conn.read_exactly(1) == b"\x01"
        given = [conn.read_exactly(conn.read_exactly(1)[0]).decode() for _ in range(2)]
        self.credentials.append((given[0], given[1]))
        good = self.credentials[-1] == self.auth
        conn.send(b"\x01\x00" if good else b"\x01\x01")
        return good
