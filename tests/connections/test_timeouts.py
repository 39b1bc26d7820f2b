"""Each phase that runs out raises its own class, with seconds and host (USERS.md 7, 18, 25, 48).

No test waits for a clock to agree: peers stall for ever, so that only the timeout can end a call;
lower bounds are measured, upper bounds are the tests' own patience. A deadline over several steps
does not run before the step that stalls (`tests.clock`): the steps before it may take their time.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

import httpx
from httpx._connections.messages import Timeouts
from httpx._network import dial
from tests.clock import LONG, Clock
from tests.servers import Conn, HTTPServer, RawServer, Reply, Request, response, stalled_port
from tests.worlds import World

SECONDS = 0.05


@pytest.fixture
def stalled_look_up() -> Iterator[Any]:
    """A resolver that gives no answer while the test lasts."""
    over = threading.Event()

    def resolve(host: str, port: int) -> list[tuple[str, int]]:
        over.wait(30)
        return []

    yield resolve
    over.set()


def silent(conn: Conn) -> None:
    conn.hold()


def after_head(conn: Conn) -> None:
    conn.read_request()
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
    conn.hold()


def deaf(conn: Conn) -> None:
    """Never reads."""
    conn.server.stopping.wait(30)


async def fails(
    world: World,
    url: str,
    kind: type[httpx.TimeoutException],
    timeout: httpx.Timeout,
    content: bytes = b"",
    extensions: dict[str, Any] | None = None,
    **options: Any,
) -> str:
    """The text of the timeout that a request ends with, when it may."""
    transport = world.transport(**options)
    async with world.client(transport=transport, timeout=timeout) as client:
        begin = time.monotonic()
        with pytest.raises(httpx.TimeoutException) as info:
            await client.post(url, content=content, extensions=extensions)
        assert time.monotonic() - begin > SECONDS * 0.9
        assert type(info.value) is kind
        assert info.value.request.url == url
        stats = client.pool_stats()
        assert (stats.active, stats.idle, stats.connecting, stats.waiting) == (0, 0, 0, 0)
    return str(info.value)


def only(phase: str, seconds: float) -> httpx.Timeout:
    """A timeout for one phase alone, or for all together."""
    return httpx.Timeout(None, **{phase: seconds})  # type: ignore[arg-type]


def over(seconds: float) -> str:
    return f" (the total of {seconds:g} s is used up)"


SHAKING_HANDS = "connection.start_tls.started"
SENDING = "http11.send_request_body.started"
RECEIVING = "http11.receive_response_headers.started"
READING_ON = "http11.receive_response_body.started"


@pytest.mark.parametrize("limit", ["connect", "total"])
async def test_a_look_up_that_stalls(world: World, limit: str, stalled_look_up: Any) -> None:
    text = await fails(
        world, "http://example.com/", httpx.ConnectTimeout, only(limit, SECONDS),
        resolver=stalled_look_up,
    )  # fmt: skip
    assert text.startswith(f"timed out after {SECONDS:g} s while ")
    assert "example.com:80" in text
    assert text.endswith(over(SECONDS)) is (limit == "total")


@pytest.mark.parametrize("limit", ["connect", "total"])
async def test_a_peer_that_does_not_accept(world: World, limit: str) -> None:
    with stalled_port() as port:
        url = f"http://127.0.0.1:{port}/"
        text = await fails(world, url, httpx.ConnectTimeout, only(limit, SECONDS))
    assert text.startswith(f"timed out after {SECONDS:g} s while connecting to 127.0.0.1:{port}")
    assert text.endswith(over(SECONDS)) is (limit == "total")


@pytest.mark.parametrize("limit", ["connect", "total"])
async def test_a_handshake_that_stalls(
    world: World, limit: str, clock: Clock, ssl_context: ssl.SSLContext
) -> None:
    with RawServer(silent) as server:
        url = f"https://127.0.0.1:{server.port}/"
        text = await fails(
            world, url, httpx.ConnectTimeout, only(limit, LONG),
            extensions=clock.start_at(world, SHAKING_HANDS, SECONDS), verify=ssl_context,
        )  # fmt: skip
    assert f"127.0.0.1:{server.port}" in text
    assert "TLS" in text
    assert text.startswith(f"timed out after {LONG:g} s while ")
    assert text.endswith(over(LONG)) is (limit == "total")


@pytest.mark.parametrize("total", [False, True], ids=["phase", "total"])
@pytest.mark.parametrize(("handler", "at"), [(silent, RECEIVING), (after_head, READING_ON)])
async def test_a_response_that_stalls(
    world: World, total: bool, handler: Any, at: str, clock: Clock
) -> None:
    timeout = only("total", LONG) if total else only("read", SECONDS)
    extensions = clock.start_at(world, at, SECONDS) if total else {}
    with RawServer(handler) as server:
        url = f"{server.url}/"
        text = await fails(world, url, httpx.ReadTimeout, timeout, extensions=extensions)
    assert text.startswith("timed out after 0")
    assert f"s while reading from 127.0.0.1:{server.port}" in text
    assert text.endswith(over(LONG)) is total


@pytest.mark.parametrize("total", [False, True], ids=["phase", "total"])
async def test_a_peer_that_does_not_read(world: World, total: bool, clock: Clock) -> None:
    timeout = only("total", LONG) if total else only("write", SECONDS)
    extensions = clock.start_at(world, SENDING, SECONDS) if total else {}
    small = [(socket.SOL_SOCKET, socket.SO_SNDBUF, 32_768)]
    with RawServer(deaf) as server:
        text = await fails(
            world, f"{server.url}/", httpx.WriteTimeout, timeout, b"x" * 20_000_000,
            extensions, socket_options=small,
        )  # fmt: skip
    assert text.startswith("timed out after 0")
    assert f"s while writing to 127.0.0.1:{server.port}" in text
    assert text.endswith(over(LONG)) is total


@pytest.mark.parametrize("total", [False, True], ids=["phase", "total"])
async def test_a_pool_that_is_full(world: World, total: bool) -> None:
    timeout = only("total" if total else "pool", SECONDS)
    with HTTPServer(lambda request: b"x" * 1_000_000) as server:
        limits = httpx.Limits(max_connections=1)
        async with world.client(limits=limits, timeout=timeout) as client:
            request = client.build_request("GET", server.url, timeout=None)
            async with client.stream("GET", server.url, timeout=None):
                begin = time.monotonic()
                with pytest.raises(httpx.PoolTimeout) as info:
                    await client.get(server.url)
                assert time.monotonic() - begin > SECONDS * 0.9
            assert str(info.value).endswith(over(SECONDS)) is total
            assert (await client.send(request)).status_code == 200


def test_waiting_in_the_pool_counts_once() -> None:
    """What one wait has used is not there for the next; what comes between does not count
    (USERS.md 18)."""
    timeouts = Timeouts({"pool": 1.0})
    assert timeouts.pool == 1.0
    timeouts.use_pool_time(0.25)
    assert timeouts.pool == 0.75
    timeouts.use_pool_time(5)
    assert timeouts.pool == 0.0


@contextmanager
def dripping() -> Iterator[HTTPServer]:
    """Answers with a byte now and then, for ever: no read ever waits for long."""

    def route(request: Request) -> None:
        request.conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not request.conn.server.stopping.wait(0.005):
            request.conn.send(b"1\r\nx\r\n")

    with HTTPServer(route) as server:
        yield server


async def test_the_total_ends_a_body_that_drips(world: World, clock: Clock) -> None:
    with dripping() as server:
        text = await fails(
            world, f"{server.url}/", httpx.ReadTimeout, httpx.Timeout(LONG, total=LONG),
            extensions=clock.start_at(world, READING_ON, SECONDS),
        )  # fmt: skip
    assert text.endswith(over(LONG))


async def test_the_total_ends_redirects_for_ever(world: World) -> None:
    def route(request: Request) -> Reply:
        server.stopping.wait(0.005)
        return Reply(302, [("Location", "/")])

    with HTTPServer(route) as server:
        options = {"follow_redirects": True, "max_redirects": 10_000}
        async with world.client(timeout=httpx.Timeout(5, total=SECONDS), **options) as client:
            with pytest.raises(httpx.TimeoutException, match=r"the total of 0\.05 s"):
                await client.get(server.url)
            assert client.pool_stats().active == 0


async def test_the_total_ends_rounds_of_authentication(world: World) -> None:
    class Forever(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Any:
            while True:
                yield request

    def route(request: Request) -> str:
        server.stopping.wait(0.005)
        return "once more"

    with HTTPServer(route) as server:
        async with world.client(timeout=httpx.Timeout(5, total=SECONDS)) as client:
            with pytest.raises(httpx.TimeoutException, match=r"the total of 0\.05 s"):
                await client.get(server.url, auth=Forever())
            assert client.pool_stats().active == 0


async def test_the_total_ends_the_pauses_between_retries(world: World) -> None:
    """Ten of them would take minutes."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        transport = world.transport(retries=10)
        timeout = httpx.Timeout(5, total=SECONDS)
        async with world.client(transport=transport, timeout=timeout) as client:
            begin = time.monotonic()
            with pytest.raises((httpx.ConnectError, httpx.ConnectTimeout)):
                await client.get(f"http://127.0.0.1:{sock.getsockname()[1]}")
            assert SECONDS * 0.9 < time.monotonic() - begin < 20


async def test_connecting_has_one_deadline_over_all_steps(
    world: World, monkeypatch: pytest.MonkeyPatch, ssl_context: ssl.SSLContext
) -> None:
    """What the look-up takes is not there for the handshake."""
    from httpx._network import tls

    spent = 0.0
    given: list[float] = []
    start_tls = tls.start_tls

    def slow(host: str, port: int) -> list[tuple[str, int]]:
        nonlocal spent
        spent += 40.0
        return [("127.0.0.1", server.port)]

    async def noting(stream: Any, context: Any, name: str, timeout: float, *args: Any) -> Any:
        given.append(timeout)
        return await start_tls(stream, context, name, SECONDS, *args)

    monkeypatch.setattr(tls, "start_tls", noting)
    monkeypatch.setattr("httpx._config.time", SimpleNamespace(monotonic=lambda: spent))
    with RawServer(silent) as server:
        text = await fails(
            world, "https://example.com/", httpx.ConnectTimeout, only("connect", LONG),
            resolver=slow, verify=ssl_context,
        )  # fmt: skip
    assert given == [LONG - 40.0]
    assert text.startswith(f"timed out after {LONG:g} s while ")


async def test_happy_eyeballs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three dead addresses and a good one: each gets a start, none its whole timeout (USERS.md
    25)."""
    with stalled_port() as one, stalled_port() as two, stalled_port() as three:
        with HTTPServer(lambda request: b"here") as server:
            ports = [one, two, three, server.port]
            transport = world.transport(resolver=lambda h, p: [("127.0.0.1", n) for n in ports])
            begin = time.monotonic()
            async with world.client(transport=transport, timeout=60) as client:
                assert (await client.get("http://example.com/")).text == "here"
            took = time.monotonic() - begin
    assert took > 3 * dial.ATTEMPT_DELAY * 0.9
    assert took < 30  # of 60 for each address


async def test_timeouts_leave_no_connection(world: World) -> None:
    """After 200 connects that time out the pool holds nothing (USERS.md 3)."""
    with stalled_port() as port:
        limits = httpx.Limits(max_connections=2)
        timeout = httpx.Timeout(30, connect=0.001)
        async with world.client(limits=limits, timeout=timeout) as client:
            for _ in range(200):
                with pytest.raises(httpx.ConnectTimeout):
                    await client.get(f"http://127.0.0.1:{port}/")
            stats = client.pool_stats()
    assert (stats.active, stats.idle, stats.connecting, stats.opened) == (0, 0, 0, 0)


async def test_no_timeout_at_all(world: World) -> None:
    def route(request: Request) -> bytes:
        server.stopping.wait(SECONDS)
        return response(body=b"late")[-4:]

    with HTTPServer(route) as server:
        async with world.client(timeout=None) as client:
            assert (await client.get(server.url)).text == "late"
