"""The pool over real sockets, in every world: reuse, queue, limits, expiry, statistics."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

import httpx
from httpx._connections import ledger
from httpx._connections.http1 import HTTP1Connection
from httpx._connections.ledger import Ledger, PoolStats
from httpx._protocols.http1 import HTTP1Codec
from tests.servers import PATIENCE, Conn, HTTPServer, RawServer, Request, refused_port, response
from tests.worlds import World


def number(request: Request) -> str:
    """Which connection the request came on."""
    return str(request.conn.number)


def limits(**options: Any) -> httpx.Limits:
    return httpx.Limits(**{"keepalive_expiry": None, **options})


class Clock:
    """The clock of the pool's books; the one that waits run by is the real one."""

    now = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(ledger, "monotonic", lambda: clock.now)
    return clock


def books(client: Any) -> Ledger:
    return client._transport._pool._ledger  # type: ignore[no-any-return]


async def open_many(client: Any, urls: list[str]) -> None:
    """Have a connection each, all at once."""
    responses = []
    for url in urls:
        responses.append(await client.send(client.build_request("GET", url), stream=True))
    for answer in responses:
        await answer.aread()


async def test_any_number_of_idle_connections_is_closed_in_one_step(world: World) -> None:
    """Each says that it is closed while the pool closes the others."""

    class Idle:
        def __init__(self) -> None:
            self.closed = False

        def close(self) -> None:
            self.closed = True
            pool.forget(self)

    async with world.client() as client:
        pool = client._transport._pool
        crowd = [Idle() for _ in range(2 * sys.getrecursionlimit())]
        pool._ledger.doomed.extend(crowd)
        client.pool_stats()
    assert all(connection.closed for connection in crowd)


async def test_one_connection_serves_one_after_the_other(world: World) -> None:
    with HTTPServer(number) as server:
        async with world.client() as client:
            for _ in range(5):
                assert (await client.get(server.url)).text == "0"
            stats = client.pool_stats()
        assert server.accepted == 1
    assert (stats.opened, stats.requests, stats.reused) == (1, 5, 4)
    assert (stats.active, stats.idle, stats.connecting, stats.waiting) == (0, 1, 0, 0)


async def test_an_unread_body_closes_the_connection(world: World) -> None:
    with HTTPServer(lambda request: b"x" * 1_000_000) as server:
        async with world.client() as client:
            async with client.stream("GET", server.url):
                assert client.pool_stats().active == 1
            stats = client.pool_stats()
            assert (stats.active, stats.idle) == (0, 0)
            assert (await client.get(server.url)).status_code == 200
        assert server.accepted == 2


@pytest.mark.worlds("asyncio", "uvloop", "trio")
async def test_a_freed_connection_goes_to_who_has_waited_longest(world: World) -> None:
    """With one connection, requests are served in the order in which they came (USERS.md 8)."""
    with HTTPServer(lambda request: request.path) as server:
        async with world.client(limits=limits(max_connections=1)) as client:
            first = await client.send(client.build_request("GET", server.url), stream=True)

            def fetch(index: int) -> Callable[[], Any]:
                return lambda: client.get(f"{server.url}/{index}")

            async def let_go() -> None:
                await world.until(lambda: client.pool_stats().waiting == 5)
                await first.aread()

            await world.gather(*[fetch(i) for i in range(5)], let_go)
            stats = client.pool_stats()
        started = [request.path for request in server.requests[1:]]
        assert started == ["/0", "/1", "/2", "/3", "/4"] or world.name == "trio"
        assert sorted(started) == ["/0", "/1", "/2", "/3", "/4"]
        assert server.accepted == 1
    assert (stats.opened, stats.requests, stats.waiting) == (1, 6, 0)


async def test_each_release_wakes_one_waiter(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no waiter is woken in vain: no more wakes than waits (USERS.md 8)."""
    wakes = []
    deliver = ledger.PoolWaiter.deliver

    def counting(self: Any, grant: Any) -> None:
        wakes.append(grant)
        deliver(self, grant)

    monkeypatch.setattr(ledger.PoolWaiter, "deliver", counting)
    enqueued = []
    enqueue = Ledger.enqueue
    crowded = threading.Event()

    def noting(self: Any, waiter: Any) -> None:
        enqueued.append(waiter)
        enqueue(self, waiter)
        if len(enqueued) == 27:
            crowded.set()

    def number_when_crowded(request: Request) -> str:
        assert crowded.wait(PATIENCE)
        return number(request)

    monkeypatch.setattr(Ledger, "enqueue", noting)
    decisions = []
    decide = Ledger.decide
    monkeypatch.setattr(Ledger, "decide", lambda *a: decisions.append(a) or decide(*a))
    with HTTPServer(number_when_crowded) as server:
        async with world.client(limits=limits(max_connections=3), timeout=None) as client:
            results = await world.gather(*[lambda: client.get(server.url)] * 30)
        assert [getattr(result, "status_code", result) for result in results] == [200] * 30
        assert server.accepted == 3
    assert len(wakes) == len(enqueued) == 27
    assert len(decisions) == 30  # one for each request, and no second look after a wait


async def test_the_oldest_idle_connection_makes_room_for_another_route(world: World) -> None:
    with HTTPServer(number) as one, HTTPServer(number) as two, HTTPServer(number) as three:
        async with world.client(limits=limits(max_connections=2)) as client:
            for server in (one, two, three):
                await client.get(server.url)
            await world.until(lambda: one.open == 0, "for the eviction")
            assert (two.open, three.open) == (1, 1)
            assert client.pool_stats().idle == 2
            await client.get(two.url)
            assert two.accepted == 1


async def test_idle_connections_are_counted_as_idle_ones(world: World) -> None:
    """USERS.md 13: busy connections take nothing from what may be idle."""
    with HTTPServer(number) as server:
        options = {"limits": limits(max_connections=12, max_keepalive_connections=4)}
        async with world.client(**options) as client:
            busy = []
            for _ in range(8):
                request = client.build_request("GET", server.url)
                busy.append(await client.send(request, stream=True))
            await open_many(client, [server.url] * 4)
            stats = client.pool_stats()
            assert (stats.active, stats.idle) == (8, 4)
            await open_many(client, [server.url] * 4)
            assert server.accepted == 12
            for answer in busy:
                await answer.aread()
            stats = client.pool_stats()
            assert (stats.active, stats.idle) == (0, 4)
            await world.until(lambda: server.open == 4)


@pytest.mark.worlds("asyncio", "uvloop", "trio")
async def test_a_steady_load_opens_each_connection_once(world: World) -> None:
    """Though no more than two of them may be idle (USERS.md 13)."""
    with HTTPServer(number) as server:
        options = {"limits": limits(max_connections=10, max_keepalive_connections=2)}
        async with world.client(**options, timeout=None) as client:

            async def work() -> None:
                for _ in range(10):
                    await client.get(server.url)

            assert await world.gather(*[work] * 10) == [None] * 10
        assert server.accepted == 10


async def test_no_idle_connection_at_all(world: World) -> None:
    with HTTPServer(number) as server:
        async with world.client(limits=limits(max_keepalive_connections=0)) as client:
            for index in range(3):
                assert (await client.get(server.url)).text == str(index)
            assert client.pool_stats().idle == 0


async def test_expired_connections_are_not_used(world: World, clock: Clock) -> None:
    with HTTPServer(number) as server:
        async with world.client(limits=httpx.Limits(keepalive_expiry=5.0)) as client:
            assert (await client.get(server.url)).text == "0"
            clock.now += 4.9
            assert (await client.get(server.url)).text == "0"
            clock.now += 5.0
            assert (await client.get(server.url)).text == "1"
            await world.until(lambda: server.open == 1)


async def test_expired_connections_of_other_routes_are_closed_on_the_way(
    world: World, clock: Clock
) -> None:
    with HTTPServer(number) as one, HTTPServer(number) as two:
        async with world.client(limits=httpx.Limits(keepalive_expiry=5.0)) as client:
            await client.get(one.url)
            clock.now += 5.0
            await client.get(two.url)
            await world.until(lambda: one.open == 0)


@pytest.mark.worlds("asyncio", "uvloop")
async def test_an_idle_connection_is_closed_when_its_peer_closes(world: World) -> None:
    """USERS.md 46: no request is needed to notice."""
    closing = threading.Event()

    def handler(conn: Conn) -> None:
        conn.read_request()
        conn.send(response(body=b"bye"))
        closing.wait(PATIENCE)

    with RawServer(handler) as server:
        async with world.client() as client:
            await client.get(server.url)
            assert client.pool_stats().idle == 1
            closing.set()
            await world.until(lambda: not client.pool_stats().idle)


@pytest.mark.worlds("asyncio", "uvloop")
async def test_a_peer_that_closes_with_its_response_leaves_nothing_idle(world: World) -> None:
    """The end of file that came while the connection was in use counts, too."""
    finished = threading.Event()

    def handler(conn: Conn) -> None:
        conn.read_request()
        conn.send(response(body=b"x" * 100))
        conn.shutdown_write()
        finished.set()
        conn.hold()

    with RawServer(handler) as server:
        async with world.client() as client:
            async with client.stream("GET", server.url) as answer:
                assert finished.wait(PATIENCE)
                stream = answer.extensions["network_stream"]._stream
                await world.until(lambda: stream._eof)
                await answer.aread()
            assert client.pool_stats().idle == 0


async def test_a_dead_connection_is_replaced_without_another_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was handed a dead connection has waited before, and keeps its slot. In the worlds that
    notice nothing by themselves, that is when its socket goes (USERS.md 46)."""
    dead = []
    replace = Ledger.replace
    monkeypatch.setattr(Ledger, "replace", lambda self, c: dead.append(c) or replace(self, c))

    def handler(conn: Conn) -> None:
        conn.read_request()
        conn.send(response(body=b"bye"))

    with RawServer(handler) as server:
        async with world.client(limits=limits(max_connections=1)) as client:
            for _ in range(3):
                await client.get(server.url)
                await world.until(lambda: all(c.is_doubtful() for c in books(client).connections))
            stats = client.pool_stats()
    assert (stats.opened, stats.requests, stats.reused) == (3, 3, 0)
    if world.name in ("blocking", "trio"):  # elsewhere the end of file has closed it before
        assert len(dead) == 2


async def test_pool_timeout_says_what_the_pool_was_doing(world: World) -> None:
    """The limit, what was active, idle and queued, and for which origin (USERS.md 18)."""
    with HTTPServer(number) as server:
        async with world.client(
            limits=limits(max_connections=1), timeout=httpx.Timeout(60, pool=0.01)
        ) as client:
            first = await client.send(client.build_request("GET", server.url), stream=True)
            with pytest.raises(httpx.PoolTimeout) as info:
                await client.get(f"{server.url}/second")
            assert str(info.value) == (
                f"timed out after 0.01 s while waiting for a connection to "
                f"127.0.0.1:{server.port} (1 connection allowed: 1 active, 0 idle, "
                "0 connecting; 0 requests waiting)"
            )
            assert info.value.request.url.path == "/second"
            await first.aread()
            assert (await client.get(server.url)).text == "0"


async def test_the_books_after_connects_that_fail(world: World) -> None:
    with refused_port() as port:
        async with world.client(limits=limits(max_connections=2)) as client:
            for _ in range(20):
                with pytest.raises(httpx.ConnectError):
                    await client.get(f"http://127.0.0.1:{port}")
            stats = client.pool_stats()
    assert stats == PoolStats(0, 0, 0, 0, 0, 0, 0, 2, None)


@pytest.mark.parametrize("idle", [1, 300])
async def test_one_request_costs_the_same_with_many_idle_connections(
    world: World, idle: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """USERS.md 4: one look at one connection, whatever else is there."""
    looks: list[str] = []
    with HTTPServer(number) as server:
        async with world.client(limits=limits()) as client:
            await client.get(server.url)
            pool = client._transport._pool
            (real,) = pool._ledger.connections
            for index in range(idle - 1):
                fake = _Idle(real.route._replace(port=index + 1), looks)
                pool._ledger._grant_slot(fake.route)
                pool._ledger.established(fake)
                pool._ledger.end_exchange(fake)
            assert client.pool_stats().idle == idle
            probes = _count(monkeypatch, type(real), "is_doubtful")
            await client.get(server.url)
            assert client.pool_stats().idle == idle
    assert probes == [1]
    assert looks == ["closed"] * (idle - 1)  # at the end, by the client


def _count(monkeypatch: pytest.MonkeyPatch, kind: type, name: str) -> list[int]:
    original = getattr(kind, name)
    counts = [0]

    def counting(self: Any) -> Any:
        counts[0] += 1
        return original(self)

    monkeypatch.setattr(kind, name, counting)
    return counts


class _Idle:
    """A connection in the books that tells of every look at it."""

    capacity, settled, multiplexes, served, active = 1, True, False, 1, 0
    expires_at: float | None = None
    closed = False

    def __init__(self, route: Any, looks: list[str]) -> None:
        self.route = route
        self.looks = looks

    def close(self) -> None:
        self.looks.append("closed")

    def is_doubtful(self) -> bool:
        self.looks.append("asked")
        return False


async def test_statistics_tell_of_the_default_transport(world: World) -> None:
    with HTTPServer(number) as server:
        mounted = world.transport()
        async with world.client(mounts={"http://127.0.0.1": mounted}) as client:
            await client.get(server.url)
            assert client.pool_stats().opened == 0
            assert mounted.pool_stats().opened == 1
            assert client.pool_stats().max_connections == 100
            assert client.pool_stats().max_keepalive_connections == 20


async def test_a_transport_without_a_pool_has_no_statistics(world: World) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    async with world.client(transport=transport) as client:
        assert client.pool_stats() is None


async def test_repr_of_the_pool(world: World) -> None:
    with HTTPServer(number) as server:
        async with world.client(limits=limits()) as client:
            pool = client._transport._pool
            await client.get(server.url)
            assert repr(pool) == (
                "<Pool: any number of connections allowed: 0 active, 1 idle, 0 connecting; "
                "0 requests waiting>"
            )
            (connection,) = pool._ledger.connections
            assert repr(connection) == f"<HTTP/1.1 127.0.0.1:{server.port}, idle, 1 requests>"


async def test_a_transport_can_be_used_again_after_it_was_closed(world: World) -> None:
    with HTTPServer(number) as server:
        transport = world.transport()
        for index in range(2):
            async with world.client(transport=transport) as client:
                assert (await client.get(server.url)).text == str(index)
        assert transport.pool_stats().opened == 2


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        (HTTP1Connection, "is_doubtful"),
        (HTTP1Connection, "_begin"),
        (HTTP1Codec, "receive"),
    ],
)
async def test_an_interruption_gives_the_slot_back(
    world: World, kind: type, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control-C, or a greenlet that is killed, comes where a socket is looked at, too."""

    def interrupted(*args: Any) -> Any:
        raise KeyboardInterrupt

    with HTTPServer(number) as server:
        async with world.client(limits=limits(max_connections=1)) as client:
            await client.get(server.url)
            with monkeypatch.context() as patch:
                patch.setattr(kind, step, interrupted)
                with pytest.raises(KeyboardInterrupt):
                    await client.get(server.url)
            stats = client.pool_stats()
            assert (stats.active, stats.idle, stats.connecting) == (0, 0, 0)
            assert (await client.get(server.url)).text == "1"
