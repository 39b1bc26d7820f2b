"""The test servers do what the tests believe of them; checked without the library."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading

import pytest

from .servers import Conn, HTTPServer, RawServer, Reply, Request, echo, refused_port, stalled_port


def connect(server: RawServer) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=5)


def test_keep_alive_and_routes() -> None:
    routes = {
        "/bytes": b"\x00\x01",
        "/text": "text",
        "/json": {"a": [1]},
        "/tuple": (201, {"X-A": "b"}, b"made"),
        "/chunks": lambda request: Reply(body=[b"one", b"two"]),
        "POST /echo": echo,
        "/last": (200, [("Connection", "close")], b""),
    }
    with HTTPServer(routes) as server:
        client = http.client.HTTPConnection(server.host, server.port, timeout=5)

        def ask(method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
            client.request(method, path, body)
            response = client.getresponse()
            return response.status, response.read()

        assert ask("GET", "/bytes?q=1") == (200, b"\x00\x01")
        assert ask("GET", "/text") == (200, b"text")
        assert json.loads(ask("GET", "/json")[1]) == {"a": [1]}
        assert ask("GET", "/tuple") == (201, b"made")
        assert ask("GET", "/chunks") == (200, b"onetwo")
        assert ask("HEAD", "/chunks") == (200, b"")
        assert json.loads(ask("POST", "/echo", b"abc")[1])["body"] == "abc"
        assert ask("GET", "/echo") == (404, b"no route /echo")
        assert server.accepted == server.open == 1
        assert ask("GET", "/last") == (200, b"")
        server.wait_for(lambda: server.open == 0)
        client.close()
    assert server.requests[0].line == "GET /bytes?q=1 HTTP/1.1"
    assert (server.requests[0].path, server.requests[0].query) == ("/bytes", "q=1")


def test_chunked_body() -> None:
    with HTTPServer({"/": lambda request: request.body}) as server, connect(server) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        sock.sendall(b"3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n")
        assert sock.recv(1000).endswith(b"\r\n\r\nabcd")


def test_a_handler_that_fails_fails_the_test() -> None:
    def handler(conn: Conn) -> None:
        raise ZeroDivisionError("of the handler")

    with pytest.raises(ZeroDivisionError, match="of the handler"):
        with RawServer(handler) as server, connect(server) as sock:
            assert sock.recv(1) == b""
    with pytest.raises(KeyError, match="of the test"):
        with RawServer(handler) as server, connect(server) as sock:
            assert sock.recv(1) == b""
            raise KeyError("of the test")


def test_stopping_wakes_those_who_wait() -> None:
    before = set(threading.enumerate())
    with RawServer(Conn.hold) as holding, RawServer(lambda conn: conn.read_exactly(5)) as reading:
        with connect(holding) as one, connect(reading) as two:
            two.sendall(b"1234")
            holding.wait_for(lambda: holding.accepted)
            reading.wait_for(lambda: reading.accepted)
            holding.__exit__(None, None, None)
            reading.__exit__(None, None, None)
            assert one.recv(1) == b""
            assert two.recv(1) == b""
            assert [str(hangup) for hangup in reading.hangups] == ["the peer ended 1 bytes early"]
    assert set(threading.enumerate()) <= before


def test_reset_and_half_close() -> None:
    def handler(conn: Conn) -> None:
        if conn.number == 0:
            conn.reset()
        else:
            conn.shutdown_write()
            conn.send_back = conn.read_to_end()  # type: ignore[attr-defined]

    with RawServer(handler) as server:
        # The reset may come as early as within the connect.
        with pytest.raises(ConnectionResetError), connect(server) as sock:
            sock.recv(1)
        with connect(server) as sock:
            assert sock.recv(1) == b""
            sock.sendall(b"still heard")
            sock.shutdown(socket.SHUT_WR)
            server.wait_for(lambda: server.open == 0)
    assert server.connections[1].send_back == b"still heard"  # type: ignore[attr-defined]


def test_tls(server_context: ssl.SSLContext, ssl_context: ssl.SSLContext) -> None:
    with HTTPServer({"/": b"x" * 1_000_000}, tls=server_context) as server:
        assert server.url == f"https://127.0.0.1:{server.port}"
        client = http.client.HTTPSConnection(
            "localhost", server.port, timeout=5, context=ssl_context
        )
        for _ in range(2):
            client.request("GET", "/")
            assert len(client.getresponse().read()) == 1_000_000
        client.close()
    assert server.accepted == 1
    assert server.connections[0].tls is not None


def test_tls_within_tls(server_context: ssl.SSLContext, ssl_context: ssl.SSLContext) -> None:
    def handler(conn: Conn) -> None:
        assert conn.read_exactly(7) == b"tunnel\n"
        conn.start_tls(server_context)
        conn.send(conn.read_exactly(5))

    with RawServer(handler, tls=server_context) as server, connect(server) as sock:
        with ssl_context.wrap_socket(sock, server_hostname="localhost") as outer:
            outer.sendall(b"tunnel\n")
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            inner = ssl_context.wrap_bio(incoming, outgoing, server_hostname="localhost")
            for step in (inner.do_handshake, lambda: inner.write(b"inner"), lambda: inner.read(5)):
                while True:
                    try:
                        result = step()
                        outer.sendall(outgoing.read())
                        break
                    except ssl.SSLWantReadError:
                        outer.sendall(outgoing.read())
                        incoming.write(outer.recv(65536))
            assert result == b"inner"


def test_a_failed_handshake_is_a_hangup(
    server_context: ssl.SSLContext, ssl_context: ssl.SSLContext
) -> None:
    with RawServer(Conn.hold, tls=server_context) as server:
        with connect(server) as sock, pytest.raises(ssl.SSLCertVerificationError):
            ssl_context.wrap_socket(sock, server_hostname="unknown.example.org")
        server.wait_for(lambda: server.hangups)
    assert isinstance(server.hangups[0], ssl.SSLError)


def test_unix_socket(tmp_path: pytest.TempPathFactory) -> None:
    path = f"{tmp_path}/server.sock"
    with HTTPServer({"/": b"here"}, uds=path) as server, socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert sock.recv(1000).endswith(b"here")
    assert server.url == "http://localhost"


def test_ipv6() -> None:
    with HTTPServer({"/": b"six"}, host="::1") as server, connect(server) as sock:
        assert server.url == f"http://[::1]:{server.port}"
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert sock.recv(1000).endswith(b"six")


def test_ports_that_do_not_answer() -> None:
    with refused_port() as port, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    with stalled_port() as port, pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", port), timeout=0.05)


def test_request_headers() -> None:
    request = Request("GET", "/a", "HTTP/1.1", [("A", "1"), ("b", "2"), ("a", "3")], b"[1]")
    assert (request.get("a"), request.get_list("A"), request.get("c")) == ("1", ["1", "3"], None)
    assert (request.path, request.query, request.json) == ("/a", "", [1])
