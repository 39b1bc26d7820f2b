"""Connecting directly: what is asked of the network, how often it is tried, and what is spoken.

Tunnels and SOCKS are in `test_proxies`, time-outs of each step in `test_timeouts`.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import httpx
from httpx._connections.connect import Connector
from httpx._connections.http1 import HTTP1Connection
from httpx._connections.http2 import HTTP2Connection
from httpx._connections.messages import RequestMessage, Timeouts
from httpx._connections.routes import Route
from httpx._connections.trace import CallingTrace
from httpx._drive import drive

from ..servers import HTTPServer, refused_port
from ..worlds import World
from .fakes import HOST, ROUTE, FakePool, Wire

SECURE = Route("https", "example.com", 443)


class TLSWire(Wire):
    """A wire on which a protocol was agreed upon."""

    chosen: str | None = None
    asked: tuple[Any, ...] = ()

    async def start_tls(
        self, context: Any, hostname: str, timeout: Any, alpn: Any = (), shared: bool = False
    ) -> Any:
        self.asked = (context, hostname, alpn, shared)
        return self

    def get_extra_info(self, name: str) -> Any:
        if name == "ssl_object":
            return SimpleNamespace(selected_alpn_protocol=lambda: self.chosen)
        return None


class FakeBackend:
    """Fails as often as it is told to, and notes what it is asked."""

    def __init__(self, *failures: Exception, wire: Wire | None = None) -> None:
        self.failures = list(failures)
        self.wire = wire or Wire()
        self.pauses: list[float] = []
        self.calls: list[tuple[Any, ...]] = []

    async def connect_tcp(self, host: str, port: int, timeout: Any, **options: Any) -> Wire:
        return self._connect(host, port, options)

    async def connect_unix(self, path: str, timeout: Any, socket_options: Any = ()) -> Wire:
        return self._connect(path, socket_options)

    def _connect(self, *call: Any) -> Wire:
        self.calls.append(call)
        if self.failures:
            raise self.failures.pop(0)
        return self.wire

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


def no_context() -> ssl.SSLContext:
    raise AssertionError("nobody needs a context")


def connect(
    backend: FakeBackend,
    route: Route = ROUTE,
    timeouts: Timeouts | None = None,
    trace: Any = None,
    **options: Any,
) -> Any:
    options = {"ssl_context": no_context, "proxy_ssl_context": no_context, **options}
    request = RequestMessage(b"GET", b"/", [HOST], None, timeouts or Timeouts(), trace)
    connector = Connector(**options)
    return drive(connector.connect(backend, route, request, FakePool()))  # type: ignore[arg-type]


REFUSED = httpx.ConnectError("refused")


def test_a_plain_connection() -> None:
    backend = FakeBackend()
    option = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection = connect(
        backend, local_address="127.0.0.1", socket_options=(option,), resolver=None
    )
    assert isinstance(connection, HTTP1Connection)
    assert connection.stream is backend.wire
    assert connection.proxy_headers is None
    options = {"local_address": "127.0.0.1", "socket_options": (option,), "resolver": None}
    assert backend.calls == [("example.com", 80, {**options, "on_resolved": None})]


def test_a_unix_socket() -> None:
    backend = FakeBackend()
    connect(backend, uds="/run/x.sock", socket_options=((1, 2, 3),))
    assert backend.calls == [("/run/x.sock", ((1, 2, 3),))]


@pytest.mark.parametrize("failures", range(6))
def test_retries(failures: int) -> None:
    backend = FakeBackend(*[REFUSED, httpx.ConnectTimeout("slow")] * 3)
    backend.failures = backend.failures[:failures]
    if failures > 4:
        with pytest.raises((httpx.ConnectError, httpx.ConnectTimeout)):
            connect(backend, retries=4)
    else:
        assert isinstance(connect(backend, retries=4), HTTP1Connection)
    assert backend.pauses == [0, 0.5, 1, 2][:failures]
    assert len(backend.calls) == min(failures, 4) + 1


def test_no_retries_unless_asked_for() -> None:
    backend = FakeBackend(REFUSED)
    with pytest.raises(httpx.ConnectError):
        connect(backend)
    assert backend.pauses == []


def test_no_retry_of_what_would_fail_again() -> None:
    backend = FakeBackend(httpx.ProxyError("no"))
    with pytest.raises(httpx.ProxyError):
        connect(backend, retries=3)
    assert backend.pauses == []


def test_no_retry_after_the_deadline() -> None:
    backend = FakeBackend(REFUSED, REFUSED)
    with pytest.raises(httpx.ConnectError):
        connect(backend, retries=3, timeouts=Timeouts({"total": 0.0}))
    assert backend.pauses == []


def test_pauses_are_cut_by_the_deadline() -> None:
    backend = FakeBackend(REFUSED, REFUSED, REFUSED)
    connect(backend, retries=3, timeouts=Timeouts({"total": 0.3}))
    assert backend.pauses[0] == 0
    assert all(0 < pause <= 0.3 for pause in backend.pauses[1:])


def test_a_timeout_tells_what_the_program_gave() -> None:
    with pytest.raises(httpx.ConnectTimeout) as info:
        connect(FakeBackend(httpx.ConnectTimeout("x")), timeouts=Timeouts({"connect": 3.5}))
    assert str(info.value) == "timed out after 3.5 s while connecting to example.com:80"


@pytest.mark.parametrize(
    ("http1", "http2", "chosen", "offered", "kind"),
    [
        (True, False, "http/1.1", ("http/1.1",), HTTP1Connection),
        (True, False, None, ("http/1.1",), HTTP1Connection),
        (True, True, "h2", ("h2", "http/1.1"), HTTP2Connection),
        (True, True, "http/1.1", ("h2", "http/1.1"), HTTP1Connection),
        (True, True, None, ("h2", "http/1.1"), HTTP1Connection),
        (False, True, "h2", ("h2",), HTTP2Connection),
        (False, True, None, ("h2",), HTTP2Connection),
    ],
)
def test_what_is_spoken_over_tls(
    http1: bool, http2: bool, chosen: str | None, offered: tuple[str, ...], kind: type
) -> None:
    wire = TLSWire()
    wire.chosen = chosen
    context = ssl.create_default_context()
    connection = connect(
        FakeBackend(wire=wire), SECURE, ssl_context=lambda: context, http1=http1, http2=http2
    )
    assert type(connection) is kind
    assert wire.asked == (context, "example.com", offered, http2)


def test_another_server_name() -> None:
    wire = TLSWire()
    context = ssl.create_default_context()
    route = SECURE._replace(server_name="other.example")
    connect(FakeBackend(wire=wire), route, ssl_context=lambda: context)
    assert wire.asked[1] == "other.example"


def test_a_context_that_cannot_be_made_leaves_nothing_open() -> None:
    wire = TLSWire()
    with pytest.raises(AssertionError, match="nobody needs a context"):
        connect(FakeBackend(wire=wire), SECURE)
    assert wire.closed


def test_http2_by_prior_knowledge() -> None:
    events: list[str] = []
    trace = CallingTrace(lambda name, info: events.append(name))
    connection = connect(FakeBackend(), http1=False, http2=True, trace=trace)
    assert isinstance(connection, HTTP2Connection)
    assert events[-2:] == [
        "http2.send_connection_init.started",
        "http2.send_connection_init.complete",
    ]
    assert isinstance(connect(FakeBackend(), http2=True), HTTP1Connection)


def test_a_listener_that_fails_as_http2_begins_leaves_nothing_open() -> None:
    def listener(name: str, info: Any) -> None:
        if name.startswith("http2."):
            raise KeyError(name)

    backend = FakeBackend()
    with pytest.raises(KeyError):
        connect(backend, http1=False, http2=True, trace=CallingTrace(listener))
    assert backend.wire.closed


@pytest.mark.parametrize(
    ("scheme", "http1", "http2", "may"),
    [
        ("https", True, True, True),
        ("https", True, False, False),
        ("http", True, True, False),
        ("http", False, True, True),
        ("wss", True, True, False),
        ("ws", False, True, False),
    ],
)
def test_which_routes_may_multiplex(scheme: str, http1: bool, http2: bool, may: bool) -> None:
    connector = Connector(
        ssl_context=no_context, proxy_ssl_context=no_context, http1=http1, http2=http2
    )
    assert connector.may_multiplex(Route(scheme, "example.com", 1)) is may


def test_a_codec_with_the_limits_that_were_set() -> None:
    connector = Connector(
        ssl_context=no_context, proxy_ssl_context=no_context, max_head_size=30, max_header_count=1
    )
    codec = connector.codec("h")
    codec.start(b"GET", b"/", [HOST])
    codec.receive(b"HTTP/1.1 200 OK\r\nX: y" + b"y" * 30)
    with pytest.raises(httpx.RemoteProtocolError, match="more than 30 bytes"):
        codec.next_event()


# -- the same with real sockets


async def test_a_resolver_and_a_local_address(world: World) -> None:
    asked: list[tuple[str, int]] = []

    def resolver(host: str, port: int) -> list[tuple[str, int]]:
        asked.append((host, port))
        return [("127.0.0.1", server.port)]

    with HTTPServer({"*": "ok"}) as server:
        transport = world.transport(resolver=resolver, local_address="127.0.0.2")
        async with world.client(transport=transport) as client:
            async with client.stream("GET", "http://nowhere.invalid:81/") as reply:
                wire = reply.extensions["network_stream"]
                assert wire.get_extra_info("client_addr")[0] == "127.0.0.2"
                assert wire.get_extra_info("server_addr") == ("127.0.0.1", server.port)
    assert asked == [("nowhere.invalid", 81)]
    assert server.requests[0].get("host") == "nowhere.invalid:81"


async def test_a_unix_socket_for_every_host(world: World, tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with HTTPServer({"*": "ok"}, uds=path) as server:
        async with world.client(transport=world.transport(uds=path)) as client:
            assert (await client.get("http://example.com/a")).text == "ok"
            assert (await client.get("http://example.org/b")).text == "ok"
    assert [request.get("host") for request in server.requests] == ["example.com", "example.org"]


async def test_a_refusal_names_who_refused(world: World) -> None:
    with refused_port() as port:
        async with world.client() as client:
            with pytest.raises(httpx.ConnectError, match=f"127.0.0.1:{port}") as info:
                await client.get(f"http://127.0.0.1:{port}/")
            stats = client._transport._pool.stats()
    assert info.value.__cause__ is not None
    assert (stats.connecting, stats.active, stats.idle) == (0, 0, 0)
