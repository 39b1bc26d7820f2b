"""Servers for tests: raw sockets and threads, each connection run by a function of the test.

A handler gets one end of a connection, blocking, with `recv`, `sendall` and `close`; under
TLS too, in any number of layers. What a handler raises fails the test, once it has ended.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import hashlib
import os
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any

import trustme

__all__ = [
    "Authority",
    "Server",
    "TLSConnection",
    "authority",
    "echo",
    "pattern",
    "receive_all",
    "receive_exactly",
    "reset",
    "server_context",
    "trusting_context",
    "until_closed",
]

Handler = Callable[[Any], None]


@functools.cache
def authority() -> trustme.CA:
    """The certificate authority of all tests."""
    return trustme.CA()


Authority = trustme.CA


def server_context(
    *names: str,
    ca: trustme.CA | None = None,
    alpn: tuple[str, ...] = (),
    expired: bool = False,
    maximum: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> ssl.SSLContext:
    """A server's context, with a certificate for `names` (localhost and 127.0.0.1)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = maximum
    then = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)
    times = {"not_before": then, "not_after": then.replace(year=2002)} if expired else {}
    cert = (ca or authority()).issue_cert(*(names or ("localhost", "127.0.0.1")), **times)
    cert.configure_cert(context)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def trusting_context(ca: trustme.CA | None = None) -> ssl.SSLContext:
    """A client's context, which trusts the tests' authority and nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    (ca or authority()).configure_trust(context)
    return context


class TLSConnection:
    """The server's side of TLS over a socket, or over another one of these."""

    def __init__(self, conn: Any, context: ssl.SSLContext) -> None:
        self.conn = conn
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._retry(self.tls.do_handshake)

    def _retry(self, operation: Callable[[], Any]) -> Any:
        while True:
            try:
                result = operation()
            except ssl.SSLWantReadError:
                self.flush()
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    self.flush()
                raise
            else:
                self.flush()
                return result
            data = self.conn.recv(65536)
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()

    def flush(self) -> None:
        if self._outgoing.pending:
            self.conn.sendall(self._outgoing.read())

    def recv(self, size: int) -> bytes:
        try:
            return self._retry(lambda: self.tls.read(size))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""

    def sendall(self, data: bytes) -> None:
        sent = 0
        while sent < len(data):
            part = memoryview(data)[sent : sent + 65536]
            sent += self._retry(functools.partial(self.tls.write, part))

    def say_goodbye(self) -> None:
        """Send a close_notify."""
        with contextlib.suppress(ssl.SSLError):
            self.tls.unwrap()
        with contextlib.suppress(OSError):  # the client has gone
            self.flush()

    def close(self) -> None:
        """End with a close_notify."""
        self.say_goodbye()
        self.conn.close()

    @property
    def raw(self) -> Any:
        """What is below all layers."""
        return self.conn.raw if isinstance(self.conn, TLSConnection) else self.conn


class Server:
    """Accepts connections, each with a thread and a handler.

    `layers` are the contexts of TLS, the outermost first. `path` makes it a socket in the
    file system.
    """

    def __init__(
        self,
        handler: Handler,
        *layers: ssl.SSLContext,
        path: str | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self._handler = handler
        self._layers = layers
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self.errors: list[BaseException] = []
        if path is None:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listener = socket.create_server((host, 0), family=family)
            self.port = self._listener.getsockname()[1]
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(path)
            self._listener.listen()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            conn, _ = self._listener.accept()
            if self._stopping:
                conn.close()
                return
            self._connections.append(conn)
            thread = threading.Thread(target=self._serve, args=(conn,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, conn: socket.socket) -> None:
        layered: Any = conn
        try:
            for context in self._layers:
                layered = TLSConnection(layered, context)
            self._handler(layered)
        except BaseException as exc:
            if not self._stopping:
                self.errors.append(exc)
        finally:
            conn.close()

    @property
    def connections(self) -> int:
        """How many connections there have been."""
        return len(self._connections)

    def stop(self) -> None:
        """End all connections and threads."""
        self._stopping = True
        for conn in self._connections:
            with contextlib.suppress(OSError):
                conn.shutdown(socket.SHUT_RDWR)
        with socket.socket(self._listener.family) as bell:
            bell.connect(self._listener.getsockname())
            self._accepting.join()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


@contextlib.contextmanager
def socket_path() -> Iterator[str]:
    """A short path for a socket: its length is limited to about 100 bytes."""
    with tempfile.TemporaryDirectory() as directory:
        yield os.path.join(directory, "s")


def until_closed(conn: Any) -> None:
    """A handler that ends when the client does, in whatever way."""
    with contextlib.suppress(OSError):
        while conn.recv(65536):
            pass


def echo(conn: Any) -> None:
    """A handler that sends back what it receives."""
    while data := conn.recv(65536):
        conn.sendall(data)
    conn.close()


def receive_exactly(conn: Any, size: int) -> bytes:
    parts = []
    while size:
        data = conn.recv(min(size, 65536))
        assert data, f"{size} bytes are missing"
        parts.append(data)
        size -= len(data)
    return b"".join(parts)


def receive_all(conn: Any) -> bytes:
    return b"".join(iter(lambda: conn.recv(65536), b""))


def reset(conn: Any) -> None:
    """Close with an RST."""
    raw = conn.raw if isinstance(conn, TLSConnection) else conn
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()


def pattern(size: int) -> bytes:
    """Bytes in which every displacement shows."""
    block = b"".join(hashlib.sha256(bytes([i])).digest() for i in range(256))
    return (block * (size // len(block) + 1))[:size]
