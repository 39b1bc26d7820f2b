"""Servers for the tests: real sockets on this machine, one thread a connection, no sleeping.

`RawServer(handler)` hands each connection to `handler(conn)`, which reads and writes what it
likes, byte by byte if need be; when it returns, the connection is closed. `HTTPServer(routes)`
answers like an ordinary keep-alive server. Both are context managers: leaving the block wakes
every handler, joins every thread, closes every socket, and raises what a handler raised, so
that a broken assumption on the server's side fails the test that made it.

A handler that waits uses `conn.hold()` (until the peer goes, or the server stops) or events of
the test's own; a test that waits uses `server.wait_for(lambda: ...)`. Every wait ends by itself
after `PATIENCE` seconds, loudly.
"""

from __future__ import annotations

import json
import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, Self

__all__ = [
    "PATIENCE",
    "Conn",
    "HTTPServer",
    "RawServer",
    "Reply",
    "Request",
    "echo",
    "refused_port",
    "response",
    "stalled_port",
]

PATIENCE = 60.0
"""Seconds after which a wait in here gives up: far beyond any wait that succeeds."""

Headers = list[tuple[str, str]]


@dataclass
class Request:
    """One request as it came in: nothing normalised, the body without its framing."""

    method: str
    target: str
    version: str
    headers: Headers
    body: bytes = b""
    conn: Conn = field(repr=False, default=None)  # type: ignore[assignment]

    @property
    def line(self) -> str:
        return f"{self.method} {self.target} {self.version}"

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first header of that name, in any case."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), default)

    def get_list(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """What a route answers; an iterable body leaves chunk by chunk."""

    status: int = 200
    headers: Headers | Mapping[str, str] = field(default_factory=list)
    body: bytes | str | Iterable[bytes] = b""
    reason: str = ""


class _TLSWire:
    """Server-side TLS over anything with `recv` and `sendall`, TLS itself included."""

    def __init__(self, wire: Any, context: ssl.SSLContext) -> None:
        self._wire = wire
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._lock = threading.Lock()
        self.object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._step(self.object.do_handshake)

    def _step(self, action: Callable[[], Any]) -> Any:
        while True:
            with self._lock:
                try:
                    result, wanting = action(), False
                except ssl.SSLWantReadError:
                    result, wanting = None, True
                finally:
                    pending = self._outgoing.read()
                    if pending:
                        self._wire.sendall(pending)
            if not wanting:
                return result
            data = self._wire.recv(65536)
            with self._lock:
                self._incoming.write(data) if data else self._incoming.write_eof()

    def recv(self, size: int) -> bytes:
        try:
            return self._step(lambda: self.object.read(size))  # type: ignore[no-any-return]
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""

    def sendall(self, data: bytes) -> None:
        self._step(lambda: self.object.write(data))

    def say_goodbye(self) -> None:
        """Send close_notify, without waiting for the peer's."""
        with suppress(ssl.SSLError, OSError):
            self.object.unwrap()
        with suppress(OSError):
            self._wire.sendall(self._outgoing.read())


class Conn:
    """One accepted connection, as its handler sees it."""

    def __init__(self, server: RawServer, sock: socket.socket, number: int) -> None:
        self.server = server
        self.sock = sock
        self.number = number
        """0 for the first connection that the server accepted, and so on."""
        self.tls: ssl.SSLObject | None = None
        self.closed = False
        self._wire: Any = sock
        self._buffer = b""
        sock.settimeout(PATIENCE)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Shake hands as the server; again on top of TLS, where a tunnel asks for it."""
        self._wire = layer = _TLSWire(self._wire, context)
        self.tls = layer.object

    def receive(self, size: int = 65536) -> bytes:
        """What has come, up to `size`; b"" at the end."""
        if self._buffer:
            data, self._buffer = self._buffer[:size], self._buffer[size:]
            return data
        return self._wire.recv(size)  # type: ignore[no-any-return]

    def read_exactly(self, size: int) -> bytes:
        parts, missing = [], size
        while missing:
            data = self.receive(missing)
            if not data:
                raise ConnectionError(f"the peer ended {missing} bytes early")
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def read_until(self, mark: bytes) -> bytes | None:
        """All up to and with `mark`; None at a clean end."""
        data = b""
        while mark not in data:
            more = self.receive()
            if not more:
                if data:
                    raise ConnectionError(f"the peer ended within {data!r}")
                return None
            data += more
        head, mark, rest = data.partition(mark)
        self._buffer = rest + self._buffer
        return head + mark

    def read_to_end(self) -> bytes:
        return b"".join(iter(self.receive, b""))

    def read_head(self) -> Request | None:
        """A request line and its headers; None at a clean end."""
        head = self.read_until(b"\r\n\r\n")
        if head is None:
            return None
        line, *lines = head[:-4].decode("latin-1").split("\r\n")
        method, target, version = line.split(" ")
        headers = [(name, value.strip()) for name, _, value in (li.partition(":") for li in lines)]
        request = Request(method, target, version, headers, conn=self)
        self.server._note(partial(self.server.requests.append, request))
        return request

    def read_request(self) -> Request | None:
        """A whole request with its body; None at a clean end."""
        request = self.read_head()
        if request is not None:
            request.body = self.read_body(request)
        return request

    def read_body(self, request: Request) -> bytes:
        if "chunked" in request.get("transfer-encoding", "").lower():  # type: ignore[union-attr]
            return b"".join(self.read_chunks())
        return self.read_exactly(int(request.get("content-length", "0")))  # type: ignore[arg-type]

    def read_chunks(self) -> Iterator[bytes]:
        while True:
            line = self.read_until(b"\r\n")
            if line is None:
                raise ConnectionError("the peer ended before the last chunk")
            size = int(line.split(b";")[0], 16)
            data = self.read_exactly(size + 2)[:-2]
            if not size:
                return
            yield data

    def send(self, data: bytes) -> None:
        self._wire.sendall(data)

    def hold(self) -> None:
        """Take what comes and say nothing, until the peer closes or the server stops."""
        with suppress(OSError):
            self.sock.settimeout(None)
            while self.sock.recv(65536):
                pass

    def shutdown_write(self) -> None:
        """End this direction; over TLS, with close_notify."""
        if isinstance(self._wire, _TLSWire):
            self._wire.say_goodbye()
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        with suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close_socket()

    def close(self) -> None:
        """Close; over TLS, with close_notify first."""
        if isinstance(self._wire, _TLSWire) and not self.closed:
            self._wire.say_goodbye()
        self._close_socket()

    def abandon(self) -> None:
        """Close the wire under TLS without close_notify."""
        self._close_socket()

    def _close_socket(self) -> None:
        if not self.closed:
            self.server._note(lambda: setattr(self, "closed", True))
            self.sock.close()

    def _wake(self) -> None:
        """Called by the stopping server: end every read and write of the handler."""
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


class RawServer:
    """Listens while its block lasts, and runs `handler(conn)` in a thread per connection.

    `tls`: a context makes every connection begin with a handshake. `uds`: the path of a Unix
    socket instead of a port. `host`: "127.0.0.1" or "::1".
    """

    def __init__(
        self,
        handler: Callable[[Conn], None],
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        uds: str | None = None,
        backlog: int = 1024,
    ) -> None:
        self.handler = handler
        self.tls = tls
        self.uds = uds
        self.connections: list[Conn] = []
        """Every connection accepted so far, open or not."""
        self.requests: list[Request] = []
        """Every request head read so far, in order of arrival."""
        self.hangups: list[OSError] = []
        """Connections that broke under their handler: ordinary when a client goes away."""
        self.errors: list[BaseException] = []
        """What handlers raised beside that; the end of the block raises it."""
        self.stopping = threading.Event()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        if uds is not None:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(uds)
            self.host, self.port = "localhost", 0
        else:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._listener = socket.socket(family)
            self._listener.bind((host, 0))
            self.host, self.port = host, self._listener.getsockname()[1]
        self._listener.listen(backlog)
        self._listener.setblocking(False)
        self._wake_reader, self._wake_writer = socket.socketpair()

    @property
    def url(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        if self.uds is not None:
            return f"{'https' if self.tls else 'http'}://localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    @property
    def accepted(self) -> int:
        """How many connections were accepted so far."""
        return len(self.connections)

    @property
    def open(self) -> int:
        """How many of them this side has not closed yet."""
        return sum(not conn.closed for conn in self.connections)

    def wait_for(self, condition: Callable[[], Any], what: str = "") -> None:
        """Wait until something that this server notices makes `condition()` true."""
        with self._changed:
            if not self._changed.wait_for(condition, PATIENCE):
                raise AssertionError(f"waited {PATIENCE:g} s in vain {what}".rstrip())

    def __enter__(self) -> Self:
        self._spawn(self._accept, "accept")
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._wake_writer.close()
        self._threads[0].join()
        for conn in list(self.connections):
            conn._wake()
        for thread in self._threads[1:]:
            thread.join()
        if self.errors and exc is None:
            raise self.errors[0]

    def _spawn(self, function: Callable[..., None], name: str, *args: Any) -> None:
        thread = threading.Thread(
            target=function, args=args, name=f"server {self.port} {name}", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _note(self, change: Callable[[], Any]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    def _accept(self) -> None:
        with self._listener, self._wake_reader, selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake_reader, selectors.EVENT_READ)
            while True:
                selector.select()
                if self.stopping.is_set():
                    return
                with suppress(BlockingIOError, ConnectionError):
                    sock, _ = self._listener.accept()
                    conn = Conn(self, sock, len(self.connections))
                    self._note(partial(self.connections.append, conn))
                    self._spawn(self._serve, f"connection {conn.number}", conn)

    def _serve(self, conn: Conn) -> None:
        try:
            if self.tls is not None:
                conn.start_tls(self.tls)
            self.handler(conn)
        except OSError as exc:  # ssl.SSLError and TimeoutError among them
            kind = self.errors if isinstance(exc, TimeoutError) else self.hangups
            self._note(partial(kind.append, exc))
        except BaseException as exc:
            self._note(partial(self.errors.append, exc))
        finally:
            conn.close()


class HTTPServer(RawServer):
    """An ordinary server with keep-alive: a table of routes, each an answer or a function.

    A key is a path ("/users") or a method and a path ("POST /users"); "*" takes the rest.
    An answer is a `Reply`, a tuple (status, headers, body), bytes, a str, or anything else as
    JSON. A function takes the `Request` and returns one of these, or None when it has written
    the response itself through `request.conn`.
    """

    def __init__(self, routes: Mapping[str, Any] | Callable[[Request], Any], **options: Any):
        super().__init__(self._converse, **options)
        self.routes = {"*": routes} if callable(routes) else dict(routes)

    def _converse(self, conn: Conn) -> None:
        while (request := conn.read_request()) is not None:
            for key in (f"{request.method} {request.path}", request.path, "*"):
                if key in self.routes:
                    answer = self.routes[key]
                    break
            else:
                answer = (404, [("Content-Type", "text/plain")], f"no route {request.path}")
            if callable(answer):
                answer = answer(request)
            if answer is not None:
                reply = _as_reply(answer)
                _send_reply(conn, reply, without_body=request.method == "HEAD")
                if _says_close(reply.headers):
                    return
            if conn.closed or _says_close(request.headers):
                return


def response(
    status: int = 200,
    headers: Headers | Mapping[str, str] = (),  # type: ignore[assignment]
    body: bytes | str = b"",
    reason: str = "",
) -> bytes:
    """The bytes of a response, with Content-Length unless the headers frame it."""
    body = body.encode() if isinstance(body, str) else body
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    names = {name.lower() for name, _ in pairs}
    if not names & {"content-length", "transfer-encoding"} and status not in (204, 304):
        pairs.append(("Content-Length", str(len(body))))
    lines = [f"HTTP/1.1 {status} {reason or _REASONS.get(status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in pairs]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def echo(request: Request) -> dict[str, Any]:
    """A route that tells what arrived."""
    return {
        "method": request.method,
        "target": request.target,
        "headers": [list(pair) for pair in request.headers],
        "body": request.body.decode("latin-1"),
        "connection": request.conn.number,
    }


@contextmanager
def refused_port() -> Iterator[int]:
    """A port of 127.0.0.1 on which nobody listens, and nobody else will meanwhile."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@contextmanager
def stalled_port() -> Iterator[int]:
    """A port of 127.0.0.1 that drops new connections: its queue is full (Linux)."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(listener.getsockname())
            yield listener.getsockname()[1]
        finally:
            for filler in fillers:
                filler.close()


_REASONS = {
    200: "OK", 201: "Created", 204: "No Content", 206: "Partial Content",
    301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
    307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
    401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
}  # fmt: skip


def _as_reply(answer: Any) -> Reply:
    if isinstance(answer, Reply):
        return answer
    if isinstance(answer, tuple):
        return Reply(*answer)
    if isinstance(answer, (bytes, str)):
        return Reply(body=answer)
    return Reply(headers=[("Content-Type", "application/json")], body=json.dumps(answer).encode())


def _send_reply(conn: Conn, reply: Reply, *, without_body: bool) -> None:
    if isinstance(reply.body, (bytes, str)):
        data = response(reply.status, reply.headers, reply.body, reply.reason)
        conn.send(data[: data.index(b"\r\n\r\n") + 4] if without_body else data)
        return
    pairs = reply.headers.items() if isinstance(reply.headers, Mapping) else reply.headers
    head = [*pairs, ("Transfer-Encoding", "chunked")]
    conn.send(response(reply.status, head, reason=reply.reason))
    if not without_body:
        for chunk in reply.body:
            conn.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        conn.send(b"0\r\n\r\n")


def _says_close(headers: Headers | Mapping[str, str]) -> bool:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return any(n.lower() == "connection" and v.lower() == "close" for n, v in pairs)
