"""Proxies of every kind, in every world: what they hear, what they never hear, how they fail."""

from __future__ import annotations

import copy
import gzip
import pickle
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

import httpx
from httpx._connections import tunnel

from ..clock import LONG, Clock
from ..proxies import HTTPProxy, SOCKSProxy
from ..servers import Conn, HTTPServer, RawServer, echo, refused_port, response, stalled_port
from ..worlds import World

AUTH = ("user", "päss:word")
KINDS = ["http", "https", "socks5", "socks5h"]


@contextmanager
def make_proxy(kind: str, tls: ssl.SSLContext, **options: Any) -> Iterator[Any]:
    make: Any = SOCKSProxy if kind.startswith("socks") else HTTPProxy
    with make(tls=tls if kind == "https" else None, **options) as proxy:
        proxy.scheme = kind
        yield proxy


@pytest.fixture
def tls_origin(server_context: ssl.SSLContext) -> Iterator[HTTPServer]:
    with HTTPServer(echo, tls=server_context) as server:
        yield server


@pytest.fixture
def origin() -> Iterator[HTTPServer]:
    with HTTPServer(echo) as server:
        yield server


def stats(client: Any) -> tuple[int, int, int]:
    """Active, idle and connecting connections of every pool of a client together."""
    pools = [transport._pool.stats() for transport in client._all_transports()]
    return (
        sum(pool.active for pool in pools),
        sum(pool.idle for pool in pools),
        sum(pool.connecting for pool in pools),
    )


async def until(world: World, server: RawServer, condition: Callable[[], bool]) -> None:
    """Wait for something that a server notices, and let the event loop go on."""
    await world.backend().run_in_thread(server.wait_for, condition)


# -- each kind, with what every user of one expects ------------------------------------------


@pytest.mark.parametrize("auth", [None, AUTH], ids=["open", "auth"])
@pytest.mark.parametrize("kind", KINDS)
async def test_https_through_a_proxy(
    world: World,
    kind: str,
    auth: Any,
    tls_origin: HTTPServer,
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
    full: bool,
) -> None:
    """One connection serves them all, and either side hears only what is for it."""
    requests = 100 if full else 20
    with make_proxy(kind, server_context, auth=auth) as server:
        proxy = httpx.Proxy(
            server.address, auth=auth, ssl_context=ssl_context, headers={"X-Job": "42"}
        )
        async with world.client(proxy=proxy, verify=ssl_context) as client:
            client.headers["Authorization"] = "Bearer for the origin"
            for _ in range(requests):
                got = await client.get(f"https://localhost:{tls_origin.port}/a?b=1")
                assert got.json()["target"] == "/a?b=1"
            assert stats(client) == (0, 1, 0)
        assert (server.accepted, tls_origin.accepted) == (1, 1)
        heard = [name.lower() for name, _ in got.json()["headers"]]
        assert "authorization" in heard
        assert not {"proxy-authorization", "x-job"} & set(heard)
        if kind.startswith("socks"):
            assert server.credentials == ([auth] if auth else [])
        else:
            (connect,) = server.requests
            assert connect.line == f"CONNECT localhost:{tls_origin.port} HTTP/1.1"
            names = ["host", "accept", *(["proxy-authorization"] if auth else []), "x-job"]
            assert [name.lower() for name, _ in connect.headers] == names
            assert connect.get("host") == f"localhost:{tls_origin.port}"


@pytest.mark.parametrize("kind", KINDS)
async def test_http_through_a_proxy(
    world: World,
    kind: str,
    origin: HTTPServer,
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
) -> None:
    with make_proxy(kind, server_context, auth=AUTH) as server:
        proxy = httpx.Proxy(server.address, auth=AUTH, ssl_context=ssl_context)
        async with world.client(proxy=proxy) as client:
            for _ in range(3):
                got = await client.post(f"http://127.0.0.1:{origin.port}/a?b=1", content=b"body")
                assert got.json()["body"] == "body"
                assert got.json()["target"] == "/a?b=1"
            assert stats(client) == (0, 1, 0)
        assert server.accepted == 1


@pytest.mark.parametrize("kind", ["http", "https"])
async def test_what_a_forward_proxy_is_asked(
    world: World,
    kind: str,
    origin: HTTPServer,
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
) -> None:
    """The whole URL without its credentials, on one connection for all `http` origins."""
    with make_proxy(kind, server_context) as server, HTTPServer(echo) as other:
        proxy = httpx.Proxy(
            server.address.replace("://", "://us:pw@"),
            ssl_context=ssl_context,
            headers={"X-Job": "42", "Accept": "of the proxy"},
        )
        async with world.client(proxy=proxy) as client:
            await client.get(f"http://user:secret@localhost:{origin.port}/a%20b?c=d#e")
            await client.get(f"http://127.0.0.1:{other.port}", headers={"X-Job": "mine"})
            await client.options(f"http://127.0.0.1:{other.port}/x", extensions={"target": b"*"})
            await client.get(
                f"http://127.0.0.1:{other.port}/x", extensions={"target": b"/else?where"}
            )
        assert server.accepted == 1
        first, second, third, fourth = server.requests
    assert first.target == f"http://localhost:{origin.port}/a%20b?c=d"
    assert first.get("host") == f"localhost:{origin.port}"
    assert first.get("proxy-authorization") == "Basic dXM6cHc="
    assert first.get_list("x-job") == ["42"]
    assert first.get_list("accept") == ["*/*"]
    assert second.target == f"http://127.0.0.1:{other.port}/"
    assert second.get_list("x-job") == ["mine"]
    assert third.target == f"http://127.0.0.1:{other.port}"
    assert other.requests[1].target == "*"
    assert fourth.target == f"http://127.0.0.1:{other.port}/else?where"
    assert "proxy-authorization" not in [n.lower() for n, _ in origin.requests[0].headers]


async def test_a_target_that_is_whole_is_left_alone(world: World) -> None:
    with HTTPProxy(refuse=response(204)) as server:
        async with world.client(proxy=server.address) as client:
            for method, target in (("GET", b"ftp://a/b"), ("CONNECT", b"a:1")):
                extensions = {"target": target}
                async with client.stream(method, "http://a/", extensions=extensions) as got:
                    assert got.status_code == 204
    assert [request.target for request in server.requests] == ["ftp://a/b", "a:1"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_header_for_the_proxy_does_not_reach_the_origin(
    world: World,
    kind: str,
    tls_origin: HTTPServer,
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
) -> None:
    with make_proxy(kind, server_context) as server:
        proxy = httpx.Proxy(server.address, ssl_context=ssl_context)
        async with world.client(proxy=proxy, verify=ssl_context) as client:
            headers = {"Proxy-Authorization": "Basic c2VjcmV0"}
            await client.get(f"https://localhost:{tls_origin.port}", headers=headers)
    assert tls_origin.requests[0].get("proxy-authorization") is None


async def test_redirects_between_schemes_keep_the_credentials_apart(
    world: World, tls_origin: HTTPServer, ssl_context: ssl.SSLContext
) -> None:
    """From forward to tunnel and back, each request is made anew for its route."""
    tls = f"https://localhost:{tls_origin.port}/end"
    with (
        HTTPServer(lambda request: (302, {"Location": tls}, b"")) as plain,
        HTTPProxy(auth=AUTH) as server,
    ):
        proxy = httpx.Proxy(server.address, auth=AUTH)
        async with world.client(proxy=proxy, verify=ssl_context, follow_redirects=True) as client:
            got = await client.get(f"http://localhost:{plain.port}/")
    assert [request.method for request in server.requests] == ["GET", "CONNECT"]
    assert "proxy-authorization" not in [name.lower() for name, _ in got.json()["headers"]]


# -- names -----------------------------------------------------------------------------------


async def test_who_looks_up_a_name(world: World, origin: HTTPServer) -> None:
    """`socks5` here, `socks5h` at the proxy."""
    asked = []

    def resolver(host: str, port: int) -> list[tuple[str, int]]:
        asked.append(host)
        return [("127.0.0.1", port)]

    with SOCKSProxy() as server:
        for scheme in ("socks5", "socks5h"):
            proxy = f"{scheme}://127.0.0.1:{server.port}"
            transport = world.transport(proxy=proxy, resolver=resolver)
            async with world.client(transport=transport) as client:
                await client.get(f"http://origin.example:{origin.port}/")
    assert server.targets == [("127.0.0.1", origin.port), ("origin.example", origin.port)]
    assert asked == ["origin.example", "127.0.0.1", "127.0.0.1"]


@pytest.mark.parametrize(
    ("code", "tries"), [(3, 2), (4, 2), (5, 2), (6, 2), (8, 2), (1, 1), (2, 1)]
)
async def test_socks_gets_the_next_address(
    world: World, origin: HTTPServer, code: int, tries: int
) -> None:
    def resolver(host: str, port: int) -> list[tuple[str, int]]:
        return [(host if host == "127.0.0.1" else "2001:db8::1", port), ("127.0.0.1", port)]

    with SOCKSProxy(replies=(code,)) as server:
        transport = world.transport(proxy=server.address, resolver=resolver)
        async with world.client(transport=transport) as client:
            if tries == 1:
                with pytest.raises(httpx.ProxyError):
                    await client.get(f"http://origin.example:{origin.port}/")
            else:
                await client.get(f"http://origin.example:{origin.port}/")
    assert [host for host, _ in server.targets] == ["2001:db8::1", "127.0.0.1"][:tries]


async def test_a_name_that_nobody_knows(world: World) -> None:
    def resolver(host: str, port: int) -> list[tuple[str, int]]:
        raise OSError(f"never heard of {host}")

    for proxy in ("http://proxy.example:1", "socks5h://proxy.example:1", "socks5://127.0.0.1:1"):
        transport = world.transport(proxy=proxy, resolver=resolver)
        async with world.client(transport=transport) as client:
            with pytest.raises(httpx.ConnectError, match="never heard of"):
                await client.get("https://origin.example/")


# -- what travels inside ---------------------------------------------------------------------


def serve_http2(conn: Conn) -> None:
    """An HTTP/2 server: answers each request with its path."""
    from h2.config import H2Configuration
    from h2.connection import H2Connection
    from h2.events import RequestReceived

    h2 = H2Connection(H2Configuration(client_side=False))
    h2.initiate_connection()
    conn.send(h2.data_to_send())
    while data := conn.receive():
        for event in h2.receive_data(data):
            if isinstance(event, RequestReceived):
                path = dict(event.headers)[b":path"]
                h2.send_headers(event.stream_id, [(":status", "200")])
                h2.send_data(event.stream_id, path, end_stream=True)
        conn.send(h2.data_to_send())


@pytest.mark.parametrize("kind", KINDS)
async def test_http2_inside(
    world: World,
    kind: str,
    ca: Any,
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    context.set_alpn_protocols(["h2"])
    with RawServer(serve_http2, tls=context) as server:
        with make_proxy(kind, server_context) as proxy_server:
            proxy = httpx.Proxy(proxy_server.address, ssl_context=ssl_context)
            async with world.client(proxy=proxy, verify=ssl_context, http2=True) as client:
                for path in ("/a", "/b"):
                    got = await client.get(f"https://localhost:{server.port}{path}")
                    assert (got.http_version, got.text) == ("HTTP/2", path)
                    assert ("proxy_headers" in got.extensions) == (not kind.startswith("socks"))
            assert (server.accepted, proxy_server.accepted) == (1, 1)


@pytest.mark.parametrize("together", [False, True])
async def test_http2_by_prior_knowledge_inside(world: World, together: bool) -> None:
    """Without HTTP/1.1 there is no forwarding: CONNECT, also for `http`. The server may speak
    first, and its words may come together with the proxy's answer."""

    def handler(conn: Conn) -> None:
        assert conn.read_head().method == "CONNECT"  # type: ignore[union-attr]
        if not together:
            conn.send(b"HTTP/1.1 200 OK\r\n\r\n")
            serve_http2(conn)
            return
        send = conn.send

        def send_first(data: bytes) -> None:
            conn.send = send  # type: ignore[method-assign]
            send(b"HTTP/1.1 200 OK\r\n\r\n" + data)

        conn.send = send_first  # type: ignore[method-assign]
        serve_http2(conn)

    with RawServer(handler) as server:
        async with world.client(proxy=server.url, http1=False, http2=True) as client:
            assert (await client.get("http://origin.example/a")).text == "/a"


async def test_bytes_between_connect_and_tls_are_refused(
    world: World, ssl_context: ssl.SSLContext
) -> None:
    with HTTPProxy(refuse=b"HTTP/1.1 200 OK\r\n\r\nhello") as server:
        async with world.client(proxy=server.address, verify=ssl_context) as client:
            with pytest.raises(httpx.ProxyError, match="sent bytes after its answer to CONNECT"):
                await client.get("https://origin.example/")
            assert stats(client) == (0, 0, 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", ["ws", "wss"])
async def test_web_sockets_and_target_and_server_name(
    world: World,
    kind: str,
    scheme: str,
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
) -> None:
    """`ws` and `wss` go through a tunnel, TLS only with `wss`; SNI and target can be chosen."""
    seen = []

    def handler(conn: Conn) -> None:
        if scheme == "wss":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.set_alpn_protocols(["http/1.1"])
            server_context.sni_callback = lambda tls, name, _: seen.append(name)  # type: ignore[assignment]
            conn.start_tls(server_context)
        request = conn.read_head()
        assert request is not None
        seen.append(request.target)
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
        head = response(101, upgrade, reason="Switching Protocols")
        conn.send(head.replace(b"Content-Length: 0\r\n", b"") + b"first")
        conn.send(conn.receive().upper())

    with RawServer(handler) as origin, make_proxy(kind, server_context) as server:
        proxy = httpx.Proxy(server.address, ssl_context=ssl_context)
        try:
            async with world.client(proxy=proxy, verify=ssl_context) as client:
                request = client.build_request(
                    "GET",
                    f"{scheme}://127.0.0.1:{origin.port}/chat",
                    headers={"Connection": "Upgrade", "Upgrade": "websocket"},
                    extensions={"sni_hostname": "www.example.com", "target": b"/else"},
                )
                got = await client.send(request, stream=True)
                wire = got.extensions["network_stream"]
                if world.name == "blocking":
                    words = [wire.read(100)]
                    wire.write(b"second")
                    words.append(wire.read(100))
                else:
                    words = [await wire.read(100)]
                    await wire.write(b"second")
                    words.append(await wire.read(100))
                await got.aclose()
        finally:
            server_context.sni_callback = None  # type: ignore[assignment]
    assert words == [b"first", b"SECOND"]
    assert seen == (["www.example.com", "/else"] if scheme == "wss" else ["/else"])
    if not kind.startswith("socks"):
        assert server.requests[0].line == f"CONNECT 127.0.0.1:{origin.port} HTTP/1.1"


async def test_ipv6_through_each_kind(world: World, server_context: ssl.SSLContext) -> None:
    with HTTPServer(echo, host="::1") as origin:
        for kind in ("http", "socks5", "socks5h"):
            with make_proxy(kind, server_context, host="::1") as server:
                async with world.client(proxy=server.address) as client:
                    assert (await client.get(f"{origin.url}/")).status_code == 200
            assert server.targets == [("::1", origin.port)]


# -- the proxy's own words -------------------------------------------------------------------


async def test_the_answer_to_connect_is_kept(
    world: World, tls_origin: HTTPServer, ssl_context: ssl.SSLContext
) -> None:
    """Also for later requests over the same tunnel."""
    head = b"HTTP/1.1 200 Yes\r\nX-Exit: a\r\nX-Exit: b\r\nContent-Length: 5\r\n\r\n"
    with HTTPProxy(connect=head) as server:
        async with world.client(proxy=server.address, verify=ssl_context) as client:
            for _ in range(2):
                got = await client.get(f"https://localhost:{tls_origin.port}/")
                assert got.extensions["proxy_headers"].get_list("x-exit") == ["a", "b"]
    assert server.accepted == 1


async def test_a_refused_connect(world: World) -> None:
    with HTTPProxy(auth=AUTH) as server:
        async with world.client(proxy=server.address.replace("//", "//user:wrong@")) as client:
            with pytest.raises(httpx.ProxyError) as caught:
                await client.get("https://origin.example/a?secret=1")
            assert stats(client) == (0, 0, 0)
    exc = caught.value
    assert str(exc).startswith("407 Proxy Authentication Required")
    assert f"CONNECT to origin.example:443, said the proxy 127.0.0.1:{server.port}" in str(exc)
    assert "wrong" not in str(exc)
    assert str(exc.request.url) == "https://origin.example/a?secret=1"
    for one in (exc, copy.copy(exc), pickle.loads(pickle.dumps(exc))):
        answer = one.response
        assert answer is not None
        assert answer.status_code == 407
        assert answer.reason_phrase == "Proxy Authentication Required"
        assert answer.headers["proxy-authenticate"] == 'Basic realm="the company"'
        assert answer.text == "who are you?"
        assert answer.http_version == "HTTP/1.1"
    await until(world, server, lambda: server.open == 0)


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 403\r\n\r\nuntil the end", 403, b"until the end"),
        (b"HTTP/1.1 502 Bad\r\nContent-Length: 10\r\n\r\ncut", 502, b"cut"),
        (response(503, body=b"x" * 100_000), 503, b"x" * 65536),
        (b"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\nContent-Length: 0\r\n\r\n", 302, b""),
        (response(403, {"Content-Encoding": "gzip"}, b"\x1f\x8b no gzip"), 403, b""),
        (response(403, {"Content-Encoding": "gzip"}, gzip.compress(b"why")), 403, b"why"),
        (response(403, {"Content-Encoding": "gzip"}, gzip.compress(b"why")[:-4]), 403, b"why"),
        (
            response(403, {"Content-Encoding": "gzip"}, gzip.compress(bytes(10_000_000))),
            403,
            bytes(65536),
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + response(403, body=b"no"), 403, b"no"),
        (
            b"HTTP/1.1 407 Who\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nwh\r\n1\r\no\r\n0\r\n\r\n",
            407,
            b"who",
        ),
    ],
    ids=[
        "to the end",
        "cut off",
        "long",
        "redirect",
        "broken gzip",
        "gzip",
        "cut gzip",
        "bomb",
        "interim",
        "chunked",
    ],
)
async def test_the_start_of_the_body(world: World, answer: bytes, status: int, body: bytes) -> None:
    def handler(conn: Conn) -> None:
        conn.read_head()
        conn.send(answer)

    with RawServer(handler) as server:
        async with world.client(proxy=server.url, follow_redirects=True) as client:
            with pytest.raises(httpx.ProxyError, match=str(status)) as caught:
                await client.get("https://origin.example/")
    assert caught.value.response is not None
    assert caught.value.response.status_code == status
    assert caught.value.response.content == body
    # The fields are the proxy's, and nothing of ours.
    sent = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")[0]
    fields = caught.value.response.headers.raw
    assert [b": ".join(field) for field in fields] == sent.split(b"\r\n")[1:]


async def test_a_refusal_does_not_wait_for_a_slow_body(
    world: World, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """Neither for ever where there is no time-out, nor beyond the one there is."""
    monkeypatch.setattr(tunnel, "_BODY_PATIENCE", 0.2)

    def handler(conn: Conn) -> None:
        conn.read_head()
        conn.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 99\r\n\r\nslow")
        conn.hold()

    with RawServer(handler) as server:
        for timeout in (None, httpx.Timeout(LONG)):
            extensions = {}
            if timeout is not None:
                extensions = clock.start_at(world, "http11.receive_response_headers.complete")
                monkeypatch.setattr(tunnel, "_BODY_PATIENCE", LONG)
            async with world.client(proxy=server.url, timeout=timeout) as client:
                with pytest.raises(httpx.ProxyError, match="403 Forbidden") as caught:
                    await client.get("https://origin.example/", extensions=extensions)
            assert caught.value.response is not None
            assert caught.value.response.content == b"slow"


@pytest.mark.parametrize("kind", KINDS)
async def test_fifty_failures_leave_nothing(
    world: World, kind: str, server_context: ssl.SSLContext, ssl_context: ssl.SSLContext
) -> None:
    options: dict[str, Any] = {"refuse": response(403)}
    if kind.startswith("socks"):
        options = {"replies": (2,) * 50}
    with make_proxy(kind, server_context, **options) as server:
        proxy = httpx.Proxy(server.address, ssl_context=ssl_context)
        limits = httpx.Limits(max_connections=3)
        async with world.client(proxy=proxy, verify=ssl_context, limits=limits) as client:

            async def fail() -> None:
                with pytest.raises(httpx.ProxyError):
                    await client.get("https://127.0.0.1/")

            for result in await world.gather(*[fail] * 25):
                assert result is None
            for _ in range(25):
                await fail()
            assert stats(client) == (0, 0, 0)
        await until(world, server, lambda: server.open == 0)
        assert server.accepted == 50


@pytest.mark.parametrize("kind", KINDS)
async def test_a_proxy_that_is_not_there(world: World, kind: str) -> None:
    with refused_port() as port:
        transport = world.transport(proxy=f"{kind}://127.0.0.1:{port}", retries=1)
        async with world.client(transport=transport) as client:
            with pytest.raises(httpx.ConnectError, match=f"127.0.0.1:{port}"):
                await client.get("https://127.0.0.1/")


def closes(conn: Conn) -> None:
    conn.receive()


def resets(conn: Conn) -> None:
    conn.receive()
    conn.reset()


def talks_nonsense(conn: Conn) -> None:
    conn.receive()
    conn.send(b"220 this is a mail server\r\n")


@pytest.mark.parametrize(
    ("kind", "handler", "error", "text"),
    [
        ("http", closes, httpx.RemoteProtocolError, "Server disconnected without"),
        ("http", resets, httpx.ConnectError, "asked to CONNECT to 127.0.0.1:443"),
        ("http", talks_nonsense, httpx.RemoteProtocolError, "illegal status line"),
        ("https", closes, httpx.ConnectError, "in the TLS handshake with"),
        ("https", talks_nonsense, httpx.ConnectError, "does not seem to speak TLS"),
        ("socks5", closes, httpx.ProxyError, "closed the connection in the SOCKS5 handshake"),
        ("socks5", resets, httpx.ConnectError, "in the SOCKS5 handshake"),
        ("socks5", talks_nonsense, httpx.ProxyError, "Malformed reply in the SOCKS5 handshake"),
    ],
)
async def test_a_proxy_that_is_none(
    world: World, kind: str, handler: Any, error: type[Exception], text: str
) -> None:
    with RawServer(handler) as server:
        async with world.client(proxy=f"{kind}://127.0.0.1:{server.port}") as client:
            with pytest.raises(error, match=text) as caught:
                await client.get("https://127.0.0.1/")
            assert stats(client) == (0, 0, 0)
        assert type(caught.value) is error
        await until(world, server, lambda: server.open == 0)


def silent(conn: Conn) -> None:
    conn.hold()


def silent_after_connect(conn: Conn) -> None:
    conn.read_head()
    conn.send(b"HTTP/1.1 200 OK\r\n\r\n")
    conn.hold()


def silent_after_method(conn: Conn) -> None:
    conn.read_exactly(3)
    conn.send(b"\x05\x00")
    conn.hold()


def drips(conn: Conn) -> None:
    """An answer that never ends, a byte at a time: each read is quick."""
    conn.read_head()
    conn.send(b"HTTP/1.1 200 OK\r\n")
    while not conn.server.stopping.wait(0.02):
        conn.send(b"X: y\r\n")


@pytest.mark.parametrize(
    ("kind", "handler", "step", "text"),
    [
        ("http", silent, "http11.send_request_headers", "waiting for the proxy"),
        ("http", drips, "http11.send_request_headers", "waiting for the proxy"),
        ("http", silent_after_connect, "proxy.start_tls", "in the TLS handshake"),
        ("https", silent, "connection.start_tls", "in the TLS handshake with the proxy"),
        ("socks5", silent, "socks.setup_socks5_connection", "in the SOCKS5 handshake"),
        ("socks5h", silent_after_method, "socks.setup_socks5_connection",
         "in the SOCKS5 handshake"),
    ],
)  # fmt: skip
async def test_a_silent_proxy(
    world: World, kind: str, handler: Any, step: str, text: str, clock: Clock
) -> None:
    """Whatever the step, it ends within the connect time-out, and the error says which it was
    (USERS.md 40, 48)."""
    with RawServer(handler) as server:
        timeout = httpx.Timeout(None, connect=LONG)
        proxy = f"{kind}://127.0.0.1:{server.port}"
        extensions = clock.start_at(world, f"{step}.started")
        async with world.client(proxy=proxy, timeout=timeout) as client:
            with pytest.raises(httpx.ConnectTimeout) as caught:
                await client.get("https://127.0.0.1/", extensions=extensions)
            assert str(caught.value).startswith("timed out after 60 s while connecting to 127.")
            assert text in str(caught.value)
            assert stats(client) == (0, 0, 0)


async def test_a_proxy_that_does_not_accept(world: World) -> None:
    with stalled_port() as port:
        timeout = httpx.Timeout(30, connect=0.2)
        async with world.client(proxy=f"http://127.0.0.1:{port}", timeout=timeout) as client:
            with pytest.raises(httpx.ConnectTimeout, match=f"dialling the proxy 127.0.0.1:{port}"):
                await client.get("http://127.0.0.1/")


# -- which proxy -----------------------------------------------------------------------------


async def test_a_proxy_for_one_request(world: World, origin: HTTPServer) -> None:
    """By URL, string or `Proxy`; the same by value is the same connection; `None` is none."""
    with HTTPProxy() as default, HTTPProxy(auth=("u", "p")) as other:
        async with world.client(proxy=default.address) as client:
            address = other.address.replace("//", "//u:p@")
            for proxy in (
                address,
                httpx.URL(address),
                httpx.Proxy(address),
                httpx.Proxy(other.address, auth=("u", "p")),
            ):
                await client.get(origin.url, extensions={"proxy": proxy})
            assert (default.accepted, other.accepted) == (0, 1)
            assert len(other.requests) == 4
            await client.get(origin.url, extensions={"proxy": None})
            assert (default.accepted, other.accepted) == (0, 1)
            await client.get(origin.url)
            assert (default.accepted, other.accepted) == (1, 1)
            with pytest.raises(httpx.ProxyError, match="407"):
                wrong = address.replace("u:p", "u:x")
                await client.get("https://127.0.0.1", extensions={"proxy": wrong})
            with pytest.raises(ValueError, match="Unknown scheme for proxy URL"):
                await client.get(origin.url, extensions={"proxy": "gopher://127.0.0.1"})
    assert origin.accepted == 6


async def test_mounts_pick_by_url(world: World, origin: HTTPServer) -> None:
    with HTTPProxy() as one, SOCKSProxy() as two:
        mounts = {
            "http://": world.transport(proxy=one.address),
            "http://localhost": world.transport(proxy=two.address),
            "http://[::1]": None,
        }
        async with world.client(mounts=mounts) as client:
            await client.get(f"http://127.0.0.1:{origin.port}")
            await client.get(f"http://localhost:{origin.port}")
    assert one.targets == [("127.0.0.1", origin.port)]
    assert {port for _, port in two.targets} == {origin.port}


@pytest.mark.parametrize(
    ("variables", "url", "proxied"),
    [
        ({"HTTP_PROXY": "{proxy}"}, "http://example.com/", True),
        ({"http_proxy": "{proxy}"}, "http://example.com/", True),
        ({"HTTP_PROXY": "127.0.0.1:{port}"}, "http://example.com/", True),
        ({"HTTP_PROXY": "{proxy}", "REQUEST_METHOD": "GET"}, "http://example.com/", False),
        ({"http_proxy": "{proxy}", "REQUEST_METHOD": "GET"}, "http://example.com/", True),
        ({"HTTPS_PROXY": "{proxy}"}, "http://example.com/", False),
        ({"HTTPS_PROXY": "{proxy}"}, "https://example.com/", True),
        ({"ALL_PROXY": "{proxy}"}, "http://example.com/", True),
        ({"all_proxy": "{proxy}"}, "https://example.com/", True),
        ({"ALL_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "{proxy}"}, "http://example.com/", True),
        ({"HTTP_PROXY": "{proxy}", "NO_PROXY": "*"}, "http://example.com/", False),
        ({"HTTP_PROXY": "{proxy}", "NO_PROXY": "example.com"}, "http://example.com/", False),
        ({"HTTP_PROXY": "{proxy}", "no_proxy": "example.com"}, "http://a.example.com/", False),
        ({"HTTP_PROXY": "{proxy}", "NO_PROXY": "example.com"}, "http://anexample.com/", True),
        ({"HTTP_PROXY": "{proxy}", "NO_PROXY": ".example.com"}, "http://example.com/", True),
        ({"HTTP_PROXY": "{proxy}", "NO_PROXY": "*.example.com"}, "http://a.example.com/", False),
        ({"HTTP_PROXY": "{proxy}", "NO_PROXY": "a, example.com:81"}, "http://example.com/", True),
        ({"HTTP_PROXY": "{proxy}", "NO_PROXY": "example.com:81"}, "http://example.com:81/", False),
        ({"HTTP_PROXY": "{proxy}", "NO_PROXY": "10.0.0.0/8"}, "http://10.1.2.3/", False),
        ({"HTTP_PROXY": "{proxy}", "NO_PROXY": "10.0.0.0/8"}, "http://11.1.2.3/", True),
        ({"HTTP_PROXY": "{proxy}", "NO_PROXY": "fd00::/8"}, "http://[fd12::1]/", False),
        ({"HTTP_PROXY": "{proxy}", "NO_PROXY": "[::1]:81"}, "http://[::1]:81/", False),
        ({"HTTP_PROXY": "{proxy}", "NO_PROXY": "::1"}, "http://[0:0::1]/", False),
        ({"HTTP_PROXY": "{proxy}", "NO_PROXY": "http://[, //, 1.2.3.4/99"}, "http://e.com/", True),
    ],
)
async def test_the_environment(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    url: str,
    proxied: bool,
) -> None:
    """End to end: the request arrives at the proxy, or somewhere else (here nobody is at home)."""
    for name in ("HTTP", "HTTPS", "ALL", "NO"):
        for case in (str.upper, str.lower):
            monkeypatch.delenv(case(f"{name}_proxy"), raising=False)
    monkeypatch.delenv("REQUEST_METHOD", raising=False)
    with HTTPProxy(refuse=response(503)) as server, refused_port() as port:
        for name, value in variables.items():
            monkeypatch.setenv(name, value.format(proxy=server.address, port=server.port))

        def nobody(host: str, _: int) -> list[tuple[str, int]]:
            return [("127.0.0.1", server.port if host == "127.0.0.1" else port)]

        async def arrives(**options: Any) -> bool:
            async with world.client(**options) as client:
                for transport in client._all_transports():
                    transport._pool._connector.resolver = nobody
                before = server.accepted
                with suppress(httpx.ProxyError, httpx.ConnectError):
                    await client.get(url)
                return server.accepted > before

        assert await arrives() == proxied
        assert not await arrives(trust_env=False)
        assert not await arrives(transport=world.transport())


# -- what else a transport is told -----------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
async def test_socket_options_and_local_address(
    world: World,
    kind: str,
    tls_origin: HTTPServer,
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
) -> None:
    """They are for the connection to the proxy."""
    option = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    with make_proxy(kind, server_context) as server:
        transport = world.transport(
            proxy=httpx.Proxy(server.address, ssl_context=ssl_context),
            verify=ssl_context,
            socket_options=[option],
            local_address="127.0.0.2",
        )
        async with world.client(transport=transport) as client:
            got = await client.get(f"https://127.0.0.1:{tls_origin.port}/")
            wire = got.extensions["network_stream"]
            assert wire.get_extra_info("client_addr")[0] == "127.0.0.2"
            assert wire.get_extra_info("socket").getsockopt(*option[:2]) == 1


@pytest.mark.parametrize("name", ["local_address", "resolver"])
async def test_what_a_unix_socket_has_no_use_for(world: World, name: str) -> None:
    value: Any = "127.0.0.1" if name == "local_address" else httpx.CachingResolver()
    with pytest.raises(ValueError, match=f"^A transport with uds='/run/x' has no use for {name}="):
        world.transport(uds="/run/x", **{name: value})


async def test_uds_and_a_proxy_exclude_each_other(world: World) -> None:
    with pytest.raises(ValueError, match=r"uds='/run/x' .* cannot use Proxy\('http://p"):
        world.transport(uds="/run/x", proxy="http://user:secret@proxy")
    transport = world.transport(uds="/run/x")
    async with world.client(transport=transport) as client:
        with pytest.raises(ValueError, match="cannot use Proxy"):
            await client.get("http://a/", extensions={"proxy": "http://proxy"})


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_retries_reach_the_proxy_again(
    world: World, kind: str, tls_origin: HTTPServer, ssl_context: ssl.SSLContext
) -> None:
    """A connection that breaks in the handshake is tried again; a refusal is an answer."""
    with make_proxy(kind, None) as server:  # type: ignore[arg-type]
        converse = server.handler

        def breaks_once(conn: Conn) -> None:
            if conn.number:
                converse(conn)
            else:
                resets(conn)

        server.handler = breaks_once
        transport = world.transport(proxy=server.address, retries=1, verify=ssl_context)
        async with world.client(transport=transport) as client:
            got = await client.get(f"https://127.0.0.1:{tls_origin.port}/")
            assert got.status_code == 200
        assert server.accepted == 2
    with HTTPProxy(refuse=response(403)) as server:
        transport = world.transport(proxy=server.address, retries=3)
        async with world.client(transport=transport) as client:
            with pytest.raises(httpx.ProxyError):
                await client.get("https://127.0.0.1/")
        assert server.accepted == 1


async def test_a_proxy_is_checked_whatever_the_origins_are(
    world: World,
    tls_origin: HTTPServer,
    server_context: ssl.SSLContext,
    ca: Any,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`verify=` is about origins. Proxies have to be trusted, or bring a context."""
    with make_proxy("https", server_context) as server:
        url = f"https://127.0.0.1:{tls_origin.port}/"
        async with world.client(proxy=server.address, verify=False) as client:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await client.get(url)
        ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        async with world.client(proxy=server.address, verify=False) as client:
            assert (await client.get(url)).status_code == 200


# -- the trace -------------------------------------------------------------------------------

HTTP11 = [
    "http11.send_request_headers",
    "http11.send_request_body",
    "http11.receive_response_headers",
]


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        ("http", ["connection.connect_tcp", *HTTP11, "proxy.start_tls", *HTTP11]),
        (
            "https",
            ["connection.connect_tcp", "connection.start_tls", *HTTP11, "proxy.start_tls", *HTTP11],
        ),
        (
            "socks5",
            ["socks.connect_tcp", "socks.setup_socks5_connection", "socks.start_tls", *HTTP11],
        ),
    ],
)
async def test_the_trace_names_each_step(
    world: World,
    kind: str,
    steps: list[str],
    tls_origin: HTTPServer,
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
) -> None:
    told: list[tuple[str, dict[str, Any]]] = []

    async def trace(name: str, info: dict[str, Any]) -> None:
        told.append((name, info))

    callback: Any = (
        (lambda name, info: told.append((name, info))) if (world.name == "blocking") else trace
    )
    with make_proxy(kind, server_context, auth=AUTH) as server:
        proxy = httpx.Proxy(server.address, auth=AUTH, ssl_context=ssl_context)
        async with world.client(proxy=proxy, verify=ssl_context) as client:
            request = client.build_request(
                "GET", f"https://127.0.0.1:{tls_origin.port}/", extensions={"trace": callback}
            )
            response = await client.send(request, stream=True)
            expected = [f"{step}.{end}" for step in steps for end in ("started", "complete")]
            assert [name for name, _ in told] == expected
            await response.aread()
    infos = dict(told)
    last = infos[f"{steps[-4]}.started"]
    assert last["ssl_context"] is ssl_context
    assert last["server_hostname"] == "127.0.0.1"
    assert AUTH[1] not in str(told)


async def test_a_trace_that_fails_leaves_nothing(
    world: World,
    tls_origin: HTTPServer,
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
) -> None:
    """Whichever event it fails at, the stream that is held is closed."""

    class Trace:
        def __init__(self, left: int) -> None:
            self.left = left

        def called(self, name: str, info: dict[str, Any]) -> None:
            self.left -= 1
            if not self.left:
                raise KeyError(name)

        async def awaited(self, name: str, info: dict[str, Any]) -> None:
            self.called(name, info)

    url = f"https://127.0.0.1:{tls_origin.port}/"
    failures = 0
    while True:
        trace = Trace(failures + 1)
        callback: Any = trace.called if world.name == "blocking" else trace.awaited
        with make_proxy("https", server_context) as server:
            proxy = httpx.Proxy(server.address, ssl_context=ssl_context)
            async with world.client(proxy=proxy, verify=ssl_context) as client:
                try:
                    await client.get(url, extensions={"trace": callback})
                except KeyError:
                    failures += 1
                    _, idle, _ = counts = stats(client)
                    assert counts == (0, idle, 0)
                    await until(world, server, lambda kept=idle: server.open == kept)  # type: ignore[misc]
                else:
                    break
    assert failures > 20


async def test_a_trace_that_fails_at_http2(world: World, origin: HTTPServer) -> None:
    """The connection is made by then, and nobody's yet."""

    def called(name: str, info: dict[str, Any]) -> None:
        if name.startswith("http2."):
            raise KeyError(name)

    async def awaited(name: str, info: dict[str, Any]) -> None:
        called(name, info)

    callback: Any = called if world.name == "blocking" else awaited
    with HTTPProxy() as server:
        async with world.client(proxy=server.address, http1=False, http2=True) as client:
            with pytest.raises(KeyError):
                await client.get(origin.url, extensions={"trace": callback})
            assert stats(client) == (0, 0, 0)
            await until(world, server, lambda: server.open == 0)
