"""Phase timings: which phases there are, in each world and by each way to an origin."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any

import pytest

import httpx
from httpx._connections import trace
from httpx._connections.timings import PHASES, Stopwatch, Timings
from httpx._connections.trace import AwaitingTrace, CallingTrace, Trace
from httpx._drive import drive

from ..http2_server import HTTP2Server
from ..proxies import HTTPProxy, SOCKSProxy
from ..servers import HTTPServer, RawServer, refused_port
from ..worlds import World

TIMED = {"timings": True}
EXCHANGE = ["send", "first_byte", "body"]


def phases(timings: Timings) -> list[str]:
    """Those that happened; none took longer than all of it."""
    assert isinstance(timings, Timings)
    spent = {name: getattr(timings, name) for name in PHASES}
    assert all(seconds is None or seconds >= 0 for seconds in spent.values())
    if timings.total is not None:
        assert sum(seconds or 0 for seconds in spent.values()) <= timings.total
    return [name for name in PHASES if spent[name] is not None]


def of(response: Any) -> Timings:
    timings = response.extensions["timings"]
    assert isinstance(timings, Timings)
    return timings


async def test_a_first_request_and_a_second(world: World) -> None:
    with HTTPServer({"*": "body"}) as server:
        url = f"http://localhost:{server.port}/"
        async with world.client() as client:
            first = of(await client.get(url, extensions=TIMED))
            second = of(await client.get(url, extensions=TIMED))
    assert phases(first) == ["name_lookup", "connect", *EXCHANGE]
    assert phases(second) == EXCHANGE
    assert (first.reused, second.reused) == (False, True)
    assert first.total is not None
    assert first.http_version == second.http_version == "HTTP/1.1"
    assert first.remote_address[:2] == ("127.0.0.1", server.port)
    assert first.local_address == second.local_address != first.remote_address


async def test_nothing_is_timed_unasked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "Stopwatch", pytest.fail)
    with HTTPServer({"*": "body"}) as server:
        async with world.client() as client:
            for extensions in [{}, {"timings": False}, {"timings": None}]:
                response = await client.get(server.url, extensions=extensions)
                assert "timings" not in response.extensions


@pytest.mark.parametrize("wrong", [1, "yes", {"a": 1}])
async def test_what_cannot_be_meant(world: World, wrong: Any) -> None:
    async with world.client() as client:
        with pytest.raises(TypeError, match=r"^the 'timings' extension must be True, or a func"):
            await client.get("http://127.0.0.1:1", extensions={"timings": wrong})


async def test_tls(
    world: World, server_context: ssl.SSLContext, ssl_context: ssl.SSLContext
) -> None:
    with HTTPServer({"*": "body"}, tls=server_context) as server:
        async with world.client(verify=ssl_context) as client:
            response = await client.get(f"https://127.0.0.1:{server.port}", extensions=TIMED)
    assert phases(of(response)) == ["connect", "tls", *EXCHANGE]


async def test_http2(
    world: World, server_context: ssl.SSLContext, ssl_context: ssl.SSLContext
) -> None:
    server_context.set_alpn_protocols(["h2"])
    with HTTP2Server(lambda stream: (200, [], b"body"), tls=server_context) as server:
        async with world.client(verify=ssl_context, http2=True) as client:
            first = of(await client.get(server.url, extensions=TIMED))
            second = of(await client.post(server.url, content=b"x", extensions=TIMED))
    assert phases(first) == ["connect", "tls", *EXCHANGE]
    assert phases(second) == EXCHANGE
    assert (first.reused, second.reused) == (False, True)
    assert first.http_version == "HTTP/2"
    assert first.remote_address == second.remote_address == ("127.0.0.1", server.port)


@pytest.mark.parametrize(
    ("kind", "scheme", "expected"),
    [
        ("http", "http", ["connect"]),
        ("http", "https", ["connect", "proxy", "tls"]),
        ("https", "http", ["connect", "tls"]),
        ("https", "https", ["connect", "proxy", "tls"]),
        ("socks5", "https", ["name_lookup", "connect", "proxy", "tls"]),
        ("socks5h", "https", ["connect", "proxy", "tls"]),
        ("socks5h", "http", ["connect", "proxy"]),
    ],
)
async def test_through_a_proxy(
    world: World,
    kind: str,
    scheme: str,
    expected: list[str],
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
) -> None:
    make: Any = SOCKSProxy if kind.startswith("socks") else HTTPProxy
    tls = server_context if scheme == "https" else None
    with (
        HTTPServer({"*": "body"}, tls=tls) as origin,
        make(tls=server_context if kind == "https" else None) as server,
    ):
        server.scheme = kind
        proxy = httpx.Proxy(server.address, ssl_context=ssl_context)
        async with world.client(proxy=proxy, verify=ssl_context) as client:
            url = f"{scheme}://localhost:{origin.port}"
            first = of(await client.get(url, extensions=TIMED))
            second = of(await client.get(url, extensions=TIMED))
        assert first.remote_address == ("127.0.0.1", server.port)
    assert phases(first) == [*expected, *EXCHANGE]
    assert phases(second) == EXCHANGE
    assert (first.reused, second.reused) == (False, True)


async def test_a_request_that_opens_a_tunnel_says_where_it_goes(
    world: World, server_context: ssl.SSLContext, ssl_context: ssl.SSLContext
) -> None:
    seen: list[Any] = []

    def note(name: str, info: dict[str, Any]) -> None:
        if name == "http11.send_request_headers.started":
            seen.append(info["request"].url)

    async def anote(name: str, info: dict[str, Any]) -> None:
        note(name, info)

    listener = note if world.name == "blocking" else anote
    with (
        HTTPServer({"*": "body"}, tls=server_context) as origin,
        HTTPServer({"*": "body"}) as plain,
        HTTPProxy() as proxy,
    ):
        async with world.client(proxy=proxy.address, verify=ssl_context) as client:
            url = f"https://localhost:{origin.port}/a"
            await client.get(url, extensions={"trace": listener})
            await client.get(f"http://localhost:{plain.port}/b", extensions={"trace": listener})
    assert seen == [
        (b"http", b"127.0.0.1", proxy.port, f"localhost:{origin.port}".encode()),
        (b"https", b"localhost", origin.port, b"/a"),
        (b"http", b"127.0.0.1", proxy.port, f"http://localhost:{plain.port}/b".encode()),
    ]


async def test_a_unix_domain_socket(world: World, tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with HTTPServer({"*": "body"}, uds=path) as server:
        async with world.client(transport=world.transport(uds=path)) as client:
            timings = of(await client.get("http://localhost/", extensions=TIMED))
        assert server.accepted == 1
    assert phases(timings) == ["connect", *EXCHANGE]
    assert timings.remote_address == path


async def test_every_response_has_its_own(world: World) -> None:
    asked: list[Timings] = []
    routes = {"/a": (302, [("Location", "/b")], b""), "/b": "body"}
    with HTTPServer(routes) as server:
        async with world.client(follow_redirects=True) as client:
            extensions = {"timings": asked.append}
            response = await client.get(f"{server.url}/a", extensions=extensions)
    (redirect,) = response.history
    assert asked == [of(redirect), of(response)]
    assert phases(of(redirect)) == ["connect", *EXCHANGE]
    assert phases(of(response)) == EXCHANGE


async def test_a_wait_for_the_pool(world: World) -> None:
    limits = httpx.Limits(max_connections=1)
    with HTTPServer({"*": "body"}) as server:
        async with world.client(limits=limits) as client:
            pool = client._transport._pool
            async with client.stream("GET", server.url, extensions=TIMED) as held:

                async def wait() -> Any:
                    return await client.get(server.url, extensions=TIMED)

                async def let_go() -> None:
                    await world.until(lambda: pool.stats().waiting)
                    await held.aread()

                waited, _ = await world.gather(wait, let_go)
    assert phases(of(held)) == ["connect", *EXCHANGE]
    assert phases(of(waited)) == ["pool", *EXCHANGE]
    assert of(waited).reused is True


async def test_the_total_is_known_at_the_end(world: World) -> None:
    with HTTPServer({"*": "body"}) as server:
        async with world.client() as client:
            async with client.stream("GET", server.url, extensions=TIMED) as response:
                read = of(response)
                assert read.total is None
                assert phases(read) == ["connect", "send", "first_byte"]
                async for _ in response.aiter_raw():
                    assert read.total is None
            assert phases(read) == ["connect", *EXCHANGE]
            assert read.total is not None
            async with client.stream("GET", server.url, extensions=TIMED) as response:
                given_up = of(response)
    assert phases(given_up) == ["send", "first_byte"]
    assert given_up.total is not None


async def test_a_body_that_is_cut(world: World) -> None:
    def serve(conn: Any) -> None:
        conn.read_head()
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc")

    with RawServer(serve) as server:
        async with world.client() as client:
            async with client.stream("GET", server.url, extensions=TIMED) as response:
                with pytest.raises(httpx.RemoteProtocolError):
                    await response.aread()
    assert phases(of(response)) == ["connect", *EXCHANGE]
    assert of(response).total is not None


async def test_a_request_that_is_sent_again(world: World) -> None:
    """The connection that it went over first was there before; the one that counts was not."""

    def serve(conn: Any) -> None:
        conn.read_head()
        if conn.server.accepted == 1:
            conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            conn.read_head()
        else:
            conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")

    with RawServer(serve) as server:
        async with world.client() as client:
            await client.get(server.url)
            timings = of(await client.get(server.url, extensions=TIMED))
    assert server.accepted == 2
    assert phases(timings) == ["connect", *EXCHANGE]
    assert timings.reused is False


async def test_beside_a_trace_of_the_programs(world: World) -> None:
    """Whose listener hears what it always hears."""
    names: list[list[str]] = []

    def listener() -> Any:
        heard: list[str] = []
        names.append(heard)

        async def anote(name: str, info: dict[str, Any]) -> None:
            heard.append(name)

        return (lambda name, info: heard.append(name)) if world.name == "blocking" else anote

    with HTTPServer({"*": "body"}) as server:
        for extensions in [{}, TIMED]:
            async with world.client() as client:
                response = await client.get(
                    server.url, extensions={"trace": listener(), **extensions}
                )
    assert names[0] == names[1] != []
    assert phases(of(response)) == ["connect", *EXCHANGE]


async def test_a_connection_that_cannot_be_made(world: World) -> None:
    asked: list[Timings] = []
    with refused_port() as port:
        async with world.client() as client:
            with pytest.raises(httpx.ConnectError):
                url = f"http://localhost:{port}"
                await client.get(url, extensions={"timings": asked.append})
    (timings,) = asked
    assert phases(timings) == ["name_lookup", "connect"]
    assert timings.total is not None
    assert (timings.reused, timings.remote_address, timings.http_version) == (None, None, None)


async def test_a_name_that_is_not_found(world: World) -> None:
    def resolver(host: str, port: int) -> list[tuple[str, int]]:
        raise OSError("no such name")

    asked: list[Timings] = []
    extensions = {"timings": asked.append}
    async with world.client(transport=world.transport(resolver=resolver)) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://example.com", extensions=extensions)
    proxied = world.transport(resolver=resolver, proxy="socks5://127.0.0.1:1")
    async with world.client(transport=proxied) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://example.com", extensions=extensions)
    direct, by_socks = asked
    assert phases(direct) == ["connect"]  # the look-up never ended
    assert phases(by_socks) == ["name_lookup"]
    assert None not in (direct.total, by_socks.total)


async def test_a_wait_in_vain(world: World) -> None:
    """For a connection, and for an answer."""
    asked: list[Timings] = []
    limits = httpx.Limits(max_connections=1)
    with RawServer(lambda conn: conn.hold()) as silent, HTTPServer({"*": "body"}) as server:
        async with world.client(timeout=10, limits=limits) as client:
            extensions = {"timings": asked.append}
            with pytest.raises(httpx.ReadTimeout):
                timeout = httpx.Timeout(10, read=0.01)
                await client.get(silent.url, timeout=timeout, extensions=extensions)
            async with client.stream("GET", server.url):
                with pytest.raises(httpx.PoolTimeout):
                    timeout = httpx.Timeout(10, pool=0.01)
                    await client.get(server.url, timeout=timeout, extensions=extensions)
    unanswered, unsent = asked
    assert phases(unanswered) == ["connect", "send", "first_byte"]
    assert phases(unsent) == ["pool"]
    assert None not in (unanswered.total, unsent.total)
    assert (unanswered.reused, unsent.reused) == (False, None)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_was_done_twice_is_added_up() -> None:
    clock = Clock()
    watch = Stopwatch(clock)
    for event, seconds in [
        ("connection.connect_tcp.started", 1.0),
        ("resolved", 2.0),
        ("connection.connect_tcp.failed", 4.0),
        ("connection.retry.started", 8.0),
        ("connection.retry.complete", 16.0),
        ("connection.connect_tcp.started", 32.0),
        ("resolved", 64.0),
        ("connection.connect_tcp.complete", 128.0),
    ]:
        if event == "resolved":
            watch.resolved()
        else:
            watch.note(event, {})
        clock.now += seconds
    assert watch.timings.name_lookup == 33.0
    assert watch.timings.connect == 66.0
    assert watch.timings.total is None
    watch.note("http11.response_closed.complete", {})
    assert watch.timings.total == 255.0


@pytest.mark.parametrize("kind", [CallingTrace, AwaitingTrace])
def test_what_another_listener_does_takes_no_time(
    kind: type[Trace], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()

    def callback(name: str, info: dict[str, Any]) -> None:
        clock.now += 100.0

    async def acallback(name: str, info: dict[str, Any]) -> None:
        callback(name, info)

    async def step() -> None:
        clock.now += 1.0
        await listener.event("http2.receive_remote_settings.started", {})

    monkeypatch.setattr(trace, "Stopwatch", lambda: Stopwatch(clock))
    listener = kind.make(callback if kind is CallingTrace else acallback, True)
    assert listener is not None
    assert listener.stopwatch is not None
    drive(listener.span("http2.receive_response_headers", {}, step()))
    clock.now += 1.0
    drive(listener.closed("http2", {}))
    assert clock.now == 502.0
    timings = listener.stopwatch.timings
    assert (timings.first_byte, timings.total) == (1.0, 2.0)


def test_settings_that_come_with_a_head_do_not_interrupt_it() -> None:
    clock = Clock()
    watch = Stopwatch(clock)
    for event in [
        "http2.receive_response_headers.started",
        "http2.receive_remote_settings.started",
        "http2.receive_remote_settings.complete",
        "http2.receive_response_headers.complete",
    ]:
        watch.note(event, {})
        clock.now += 1.0
    assert watch.timings.first_byte == 3.0


def test_as_text_and_as_a_dict() -> None:
    timings = Timings()
    assert repr(timings) == "Timings()"
    timings.first_byte, timings.reused = 0.5, False
    assert repr(timings) == "Timings(first_byte=0.5, reused=False)"
    assert list(timings.as_dict())[: len(PHASES)] == list(PHASES)
    assert json.loads(json.dumps(timings.as_dict()))["first_byte"] == 0.5


async def test_a_stalled_handshake(world: World) -> None:
    asked: list[Timings] = []
    with RawServer(lambda conn: conn.hold()) as server:
        async with world.client(timeout=httpx.Timeout(10, connect=0.1)) as client:
            with pytest.raises(httpx.ConnectTimeout):
                url = f"https://127.0.0.1:{server.port}"
                await client.get(url, extensions={"timings": asked.append})
    assert phases(asked[0]) == ["connect", "tls"]
