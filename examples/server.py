"""The server that the examples talk to: standard library only, plain and TLS, on free ports.

    with serve() as server:
        httpx.get(f"{server.http}/users/1")
        httpx.get(f"{server.https}/users/1", verify=server.client_context)

Leaving the block stops it and closes every connection. `python examples/server.py` runs it by
itself until Ctrl-C. Its certificate is made on the spot with trustme, and trusted by nobody
but `server.client_context`.

    /users/7            a JSON object
    /echo               what was sent: method, query, headers, form fields, files, JSON
    /cookies            the cookies that were sent;  /cookies/set?name=value sets some
    /redirect/3         three redirects, then /users/1
    /status/404         that status
    /delay/0.5          an answer after so many seconds
    /drip/2             a body that comes in small pieces for so many seconds
    /download/5000000   so many bytes, at a pace that can be watched, or a range of them; with
                        ?break=1000 the connection breaks after the first 1000
    /lines/10           so many lines of JSON, one after the other
    /events/5           so many server-sent events, as AI services send them
    /flaky/2            every third request is answered; the others get 503 and Retry-After
    /cached             an answer that may be kept for a second, and has an ETag
    /pages/1            HTML with links to other pages, 1 to 200

Every answer has the header `X-Connection`: the number of the connection that brought it. The
plain server is a proxy as well: it forwards, and opens tunnels.
"""

from __future__ import annotations

import contextlib
import http.server
import itertools
import json
import select
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

if TYPE_CHECKING:
    import ssl

    import trustme

__all__ = ["Server", "serve"]


@dataclass(frozen=True)
class Server:
    """Where the running server is."""

    http: str
    """The plain address, like "http://127.0.0.1:40123"."""
    https: str
    """The TLS address, like "https://localhost:40124"."""
    silent: str
    """Host and port of a listener that accepts connections and never says a word."""
    refused: str
    """Host and port where nobody listens."""
    client_context: ssl.SSLContext
    """What a client has to `verify` with."""
    mutual: str = ""
    """A TLS address that wants the client's certificate, too."""
    authority: str = ""
    """A file with the certificate of the servers' authority, in PEM."""
    identity: str = ""
    """A file with a client's key and certificate, in PEM, which `mutual` takes."""


@contextlib.contextmanager
def serve() -> Iterator[Server]:
    """Run the server, in threads of this process, while the block lasts."""
    import trustme

    ca = trustme.CA()
    client_context = make_context(ca, server_side=False)
    with (
        running(None) as plain,
        running(make_context(ca)) as tls,
        running(make_context(ca, mutual=True)) as mutual,
        socket.create_server(("127.0.0.1", 0)) as silent,
        socket.socket() as closed,
        ca.cert_pem.tempfile() as authority,
        ca.issue_cert("client@example.com").private_key_and_cert_chain_pem.tempfile() as identity,
    ):
        closed.bind(("127.0.0.1", 0))
        yield Server(
            http=f"http://127.0.0.1:{plain}",
            https=f"https://localhost:{tls}",
            silent=f"127.0.0.1:{silent.getsockname()[1]}",
            refused=f"127.0.0.1:{closed.getsockname()[1]}",
            client_context=client_context,
            mutual=f"https://localhost:{mutual}",
            authority=authority,
            identity=identity,
        )


def make_context(
    ca: trustme.CA, *, server_side: bool = True, mutual: bool = False
) -> ssl.SSLContext:
    """A server's context with a fresh certificate, or a client's that trusts the authority."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server_side else ssl.PROTOCOL_TLS_CLIENT)
    if server_side:
        ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    if mutual or not server_side:
        ca.configure_trust(context)
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@contextlib.contextmanager
def running(context: ssl.SSLContext | None) -> Iterator[int]:
    """One listening port and its thread."""
    with Listener(context) as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield listener.server_address[1]
        finally:
            listener.shutdown()
            listener.end_connections()
            thread.join()


class Listener(socketserver.ThreadingTCPServer):
    """Accepts connections; each is served by a thread of its own."""

    request_queue_size = 1024

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.context = context
        self.stopping = threading.Event()
        self.numbers = itertools.count(1)
        self.attempts = itertools.count(1)
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        sock, address = super().get_request()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.context is not None:  # the handshake comes with the first read, in the thread
            sock = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        self._open.add(sock)
        return sock, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is part of the show; nothing to report."""

    def end_connections(self) -> None:
        """Wake every handler: its reads end, its pauses are over."""
        self.stopping.set()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown, which may not be called beside a read.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together
    server: Listener

    def setup(self) -> None:
        self.number = next(self.server.numbers)
        super().setup()

    def answer(self) -> None:
        """Find the route: `/users/7` is `route_users("7")`."""
        self.address = urlsplit(self.path)  # a proxy's request has the whole URL here
        self.content = self.read_content()
        name, *arguments = self.address.path.strip("/").split("/")
        route = getattr(self, f"route_{name}", None)
        if route is None:
            self.reply({"error": f"nothing at {self.address.path}"}, HTTPStatus.NOT_FOUND)
        else:
            route(*arguments)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815

    def do_CONNECT(self) -> None:
        """Be a proxy: open a tunnel, and carry bytes until either side ends."""
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as upstream:
            self.send_response(HTTPStatus.OK, "Connection established")
            self.end_headers()
            self.wfile.flush()
            pair = {self.connection: upstream, upstream: self.connection}
            while not self.server.stopping.is_set():
                for sock in select.select(list(pair), [], [], 0.05)[0]:
                    data = sock.recv(65536)
                    if not data:
                        self.close_connection = True
                        return
                    pair[sock].sendall(data)

    def read_content(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def head(
        self, status: int, content_type: str, length: int | None, *more: tuple[str, str]
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        self.send_header("X-Connection", str(self.number))
        for name, value in more:
            self.send_header(name, value)
        self.end_headers()

    def reply(self, value: Any, status: int = 200, *more: tuple[str, str]) -> None:
        body = b"" if status in (204, 304) else json.dumps(value).encode()
        self.head(status, "application/json", len(body), *more)
        if self.command != "HEAD":
            self.wfile.write(body)

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the server lives."""
        self.wfile.flush()
        self.server.stopping.wait(seconds)

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the examples' own output is what one wants to see."""

    def route_users(self, number: str = "1") -> None:
        self.reply({"id": int(number), "name": f"user {number}"})

    def route_echo(self) -> None:
        echo: dict[str, Any] = {"method": self.command}
        if self.address.query:
            echo["query"] = parse_qs(self.address.query, keep_blank_values=True)
        content_type = self.headers.get("Content-Type", "")
        if content_type == "application/json":
            echo["json"] = json.loads(self.content)
        elif content_type == "application/x-www-form-urlencoded":
            echo["form"] = dict(parse_qsl(self.content.decode()))
        elif content_type.startswith("multipart/form-data"):
            echo |= self.multipart(content_type)
        elif self.content:
            echo["bytes"] = len(self.content)
        self.reply(echo)

    def multipart(self, content_type: str) -> dict[str, Any]:
        head = f"Content-Type: {content_type}\r\n\r\n".encode()
        form, files = {}, {}
        for part in BytesParser(policy=HTTP).parsebytes(head + self.content).iter_parts():
            name = part.get_param("name", header="content-disposition")
            data = part.get_payload(decode=True)
            if part.get_filename() is None:
                form[name] = data.decode()
            else:
                kind = part.get_content_type()
                files[name] = {"name": part.get_filename(), "type": kind, "size": len(data)}
        return {"form": form, "files": files}

    def route_cookies(self, action: str = "") -> None:
        if action == "set":
            cookies = dict(parse_qsl(self.address.query))
            lines = [("Set-Cookie", f"{name}={value}; Path=/") for name, value in cookies.items()]
            self.reply({"set": cookies}, HTTPStatus.OK, *lines)
        else:
            pairs = self.headers.get("Cookie", "").split("; ")
            self.reply({"cookies": dict(pair.split("=", 1) for pair in pairs if pair)})

    def route_redirect(self, left: str = "1") -> None:
        target = f"/redirect/{int(left) - 1}" if int(left) > 1 else "/users/1"
        self.reply({"location": target}, HTTPStatus.FOUND, ("Location", target))

    def route_status(self, code: str = "200") -> None:
        self.reply({"status": int(code)}, int(code))

    def route_delay(self, seconds: str = "1") -> None:
        self.pause(float(seconds))
        self.reply({"waited": float(seconds)})

    def route_drip(self, seconds: str = "1") -> None:
        self.head(200, "text/plain", None)
        for _ in range(int(float(seconds) / 0.05)):
            self.chunk(b".")
            self.pause(0.05)
        self.chunk(b"")

    def route_download(self, size: str = "1000000") -> None:
        length, start = int(size), 0
        etag, status = f'"{length}"', 200
        headers = [("ETag", etag)]
        if "Range" in self.headers and self.headers.get("If-Range", etag) == etag:
            start = int(self.headers["Range"].removeprefix("bytes=").partition("-")[0])
            headers.append(("Content-Range", f"bytes {start}-{length - 1}/{length}"))
            status = 206
        self.head(status, "application/octet-stream", length - start, *headers)
        stop = int(dict(parse_qsl(self.address.query)).get("break", length))
        end = stop if start < stop else length
        for position in range(start, end, 65536):
            self.wfile.write(bytes(min(end - position, 65536)))
            self.pause(0.005)
        self.close_connection = end < length

    def route_lines(self, count: str = "10") -> None:
        self.head(200, "application/x-ndjson", None)
        for number in range(int(count)):
            self.chunk(json.dumps({"line": number}).encode() + b"\n")
            self.wfile.flush()
        self.chunk(b"")

    def route_events(self, count: str = "5") -> None:
        """To a GET, the first answer ends early, as an overloaded server's may."""
        first = int(self.headers.get("Last-Event-ID", 0)) + 1
        is_cut = self.command == "GET" and first == 1
        last = max(1, int(count) - 2) if is_cut else int(count)
        self.head(200, "text/event-stream", None)
        self.chunk(b"retry: 10\n\n")
        for number in range(first, last + 1):
            data = json.dumps({"delta": f"word{number} "})
            self.chunk(f"id: {number}\ndata: {data}\n\n".encode())
            self.wfile.flush()
        if last == int(count):
            self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")

    def route_flaky(self, period: str = "2") -> None:
        if next(self.server.attempts) % (int(period) + 1):
            self.reply({"error": "busy"}, HTTPStatus.SERVICE_UNAVAILABLE, ("Retry-After", "0"))
        else:
            self.reply({"fine": True})

    def route_cached(self) -> None:
        tag = '"v1"'
        fields = [("ETag", tag), ("Cache-Control", "max-age=1"), ("Date", self.date_time_string())]
        if self.headers.get("If-None-Match") == tag:
            self.reply(None, HTTPStatus.NOT_MODIFIED, *fields)
        else:
            self.reply({"made": time.time()}, HTTPStatus.OK, *fields)

    def route_pages(self, number: str = "1") -> None:
        targets = [n for n in (int(number) * 2, int(number) * 2 + 1, 1) if n <= 200]
        links = "".join(f'<a href="/pages/{target}">page {target}</a>\n' for target in targets)
        body = f"<!doctype html><title>Page {number}</title>\n{links}".encode()
        self.head(200, "text/html; charset=utf-8", len(body))
        self.wfile.write(body)


def main() -> None:
    with serve() as server:
        print(f"listening on {server.http} and {server.https}; Ctrl-C stops it", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
