"""One `Client` for many threads; and the collector, which runs where it likes (USERS.md 3)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

import httpx
from httpx._connections.ledger import Ledger
from tests.servers import HTTPServer, RawServer, Request


def in_threads(count: int, work: Callable[[int], Any]) -> list[BaseException]:
    """Run `work(index)` in threads that begin together; what they raised."""
    errors: list[BaseException] = []
    ready = threading.Barrier(count)

    def run(index: int) -> None:
        ready.wait(60)
        try:
            work(index)
        except BaseException as exc:
            errors.append(exc)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    return errors


def test_many_threads_on_one_client(full: bool) -> None:
    """No error, and no request reaches its timeout: a lost wake-up would."""
    threads, rounds = 200, 20 if full else 1
    with HTTPServer(lambda request: request.path) as server:
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=20)
        for _ in range(rounds):
            with httpx.Client(limits=limits, timeout=30) as client:

                def work(index: int, client: httpx.Client = client) -> None:
                    for turn in range(15):
                        path = f"/{index}-{turn}"
                        assert client.get(server.url + path).text == path

                assert in_threads(threads, work) == []
                stats = client.pool_stats()
                assert (stats.active, stats.connecting, stats.waiting) == (0, 0, 0)
                assert stats.idle <= 20
                assert stats.requests >= threads * 15


def test_threads_whose_requests_time_out() -> None:
    """A slot is there again after each of 400 timeouts (USERS.md, the table of numbers)."""

    def handler(conn: Any) -> None:
        conn.read_request()
        conn.hold()

    with RawServer(handler) as server:
        limits = httpx.Limits(max_connections=1)
        with httpx.Client(limits=limits, timeout=httpx.Timeout(None, read=0.001)) as client:

            def work(index: int) -> None:
                for _ in range(20):
                    with pytest.raises(httpx.ReadTimeout):
                        client.get(server.url)

            assert in_threads(20, work) == []
            stats = client.pool_stats()
    assert (stats.active, stats.idle, stats.connecting, stats.waiting) == (0, 0, 0, 0)
    assert stats.opened == 400


def test_closing_while_requests_are_in_flight() -> None:
    """Each request ends, with a response or an error; nothing is opened after the close."""
    inside = threading.Semaphore(0)

    def route(request: Request) -> bytes | None:
        if request.path == "/held":
            inside.release()
            request.conn.hold()
            return None
        return b"ok"

    with HTTPServer(route) as server:
        client = httpx.Client(limits=httpx.Limits(max_connections=10), timeout=30)
        for _ in range(10):  # held requests go over connections that have served before
            client.get(server.url)
        outcomes = []

        def work(index: int) -> None:
            if index == 30:
                for _ in range(10):
                    assert inside.acquire(timeout=30)
                while client.pool_stats().waiting < 20:
                    pass
                client.close()
                return
            try:
                outcomes.append(client.get(f"{server.url}/held"))
            except httpx.TransportError as exc:
                outcomes.append(exc)

        assert in_threads(31, work) == []
        kinds = [type(outcome) for outcome in outcomes]
        assert set(kinds) <= {httpx.ReadError, httpx.ConnectError}
        assert kinds.count(httpx.ConnectError) == 20
        assert all("closed" in str(outcome) for outcome in outcomes)
        stats = client._transport.pool_stats()
        assert (stats.active, stats.idle, stats.connecting, stats.waiting) == (0, 0, 0, 0)
        server.wait_for(lambda: server.open == 0)


def test_closing_is_safe_at_any_moment() -> None:
    """Close and use at the same time, again and again; the transport outlives it."""
    with HTTPServer(lambda request: b"ok") as server:
        transport = httpx.HTTPTransport()

        def work(index: int) -> None:
            with httpx.Client(transport=transport, timeout=30) as client:
                for _ in range(10):
                    # Somebody may close the transport meanwhile.
                    with suppress(httpx.NetworkError, httpx.RemoteProtocolError):
                        assert client.get(server.url).text == "ok"

        assert in_threads(10, work) == []
        transport.close()
        assert transport.pool_stats().idle == 0
        server.wait_for(lambda: server.open == 0)


STEPS = ["decide", "enqueue", "established", "end_exchange", "forget", "stats", "withdraw"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.filterwarnings("ignore:unclosed response:ResourceWarning")
def test_the_collector_closes_a_response_inside_a_pool_call(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs in the thread that holds the pool's lock: to wait for that would be for ever."""
    garbage: list[Any] = []
    collected = []
    original = getattr(Ledger, step)

    def collecting(self: Ledger, *args: Any, **options: Any) -> Any:
        if garbage:
            garbage.clear()  # the last reference: the finalizer runs now
            collected.append(step)
        return original(self, *args, **options)

    def work(client: httpx.Client, url: str) -> None:
        client.pool_stats()
        if step == "withdraw":
            with pytest.raises(httpx.PoolTimeout):
                client.get(url)
        with client.stream("GET", url):
            pass
        assert client.get(url).status_code == 200

    with HTTPServer(lambda request: b"x" * 1_000_000) as server:
        limits = httpx.Limits(max_connections=1 if step in ("enqueue", "withdraw") else 2)
        timeout = httpx.Timeout(30, pool=0.02 if step == "withdraw" else 30)
        with httpx.Client(limits=limits, timeout=timeout) as client:
            request = client.build_request("GET", server.url)
            garbage.append(client.send(request, stream=True))
            monkeypatch.setattr(Ledger, step, collecting)
            thread = threading.Thread(target=work, args=(client, server.url), daemon=True)
            thread.start()
            thread.join(20)
            assert not thread.is_alive(), "the pool has locked itself out"
            assert collected == [step]
            stats = client.pool_stats()
            assert (stats.active, stats.waiting, stats.connecting) == (0, 0, 0)


@pytest.mark.filterwarnings("ignore:unclosed response:ResourceWarning")
def test_the_collector_of_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A response dies while another thread holds the lock: that thread frees its slot, and so
    wakes who waits for it."""
    inside, died = threading.Event(), threading.Event()
    with HTTPServer(lambda request: b"x" * 1_000_000) as server:
        with httpx.Client(limits=httpx.Limits(max_connections=1), timeout=30) as client:
            held = [client.send(client.build_request("GET", server.url), stream=True)]
            stats = Ledger.stats

            def slowly(self: Ledger) -> Any:
                inside.set()
                assert died.wait(20)
                return stats(self)

            waiter = threading.Thread(target=client.get, args=(server.url,))
            waiter.start()
            while not client.pool_stats().waiting:
                pass
            monkeypatch.setattr(Ledger, "stats", slowly)
            looker = threading.Thread(target=client.pool_stats)
            looker.start()
            assert inside.wait(20)
            held.clear()
            died.set()
            looker.join(20)
            waiter.join(20)
            assert not waiter.is_alive(), "nobody woke the waiter"


def test_a_client_dies_inside_a_pool_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """The finalizer of a transport may not wait for its pool's lock either."""
    with HTTPServer(lambda request: b"ok") as server:
        clients = [httpx.Client()]
        response = clients[0].send(clients[0].build_request("GET", server.url), stream=True)
        end_exchange = Ledger.end_exchange

        def collecting(self: Ledger, connection: Any) -> None:
            with pytest.warns(ResourceWarning, match="with 1 connection open"):
                clients.clear()
            end_exchange(self, connection)

        monkeypatch.setattr(Ledger, "end_exchange", collecting)
        thread = threading.Thread(target=response.read, daemon=True)
        thread.start()
        thread.join(20)
        assert not thread.is_alive(), "the pool has locked itself out"
        assert response.content == b"ok"
        server.wait_for(lambda: server.open == 0)
