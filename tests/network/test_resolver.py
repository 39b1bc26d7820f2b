"""`CachingResolver`: names that are given, and answers that are kept."""

from __future__ import annotations

import itertools
import ssl
from typing import Any

import pytest

import httpx
from httpx._network import resolver as room

from ..proxies import HTTPProxy
from ..servers import HTTPServer, echo
from ..worlds import World


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(room, "time", clock)
    return clock


def counting() -> Any:
    """A resolver that never gives the same answer twice."""
    numbers = itertools.count(1)
    return lambda host, port: [(f"192.0.2.{next(numbers)}", port)]


def test_answers_are_kept_for_a_while(clock: Clock) -> None:
    resolver = httpx.CachingResolver(ttl=10, resolver=counting())
    assert resolver("example.com", 80) == [("192.0.2.1", 80)]
    clock.now = 9.9
    assert resolver("EXAMPLE.com.", 80) == [("192.0.2.1", 80)]
    assert resolver("example.com", 443) == [("192.0.2.2", 443)]
    clock.now = 10
    assert resolver("example.com", 80) == [("192.0.2.3", 80)]
    resolver.clear()
    assert resolver("example.com", 80) == [("192.0.2.4", 80)]


def test_no_time_keeps_nothing() -> None:
    resolver = httpx.CachingResolver(ttl=0, resolver=counting())
    assert resolver("a", 1) != resolver("a", 1)


def test_what_is_given_out_is_the_callers(clock: Clock) -> None:
    resolver = httpx.CachingResolver(resolver=counting())
    resolver("a", 1).clear()
    resolver("a", 1).clear()
    assert resolver("a", 1) == [("192.0.2.1", 1)]


def test_failures_are_not_kept() -> None:
    answers: list[Any] = [OSError("not now"), [("192.0.2.1", 1)]]

    def ask(host: str, port: int) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    resolver = httpx.CachingResolver(resolver=ask)
    with pytest.raises(OSError, match="not now"):
        resolver("a", 1)
    assert resolver("a", 1) == [("192.0.2.1", 1)]


def test_names_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx.CachingResolver, "limit", 2)
    resolver = httpx.CachingResolver(resolver=counting())
    for host in "abc":
        resolver(host, 1)
    assert resolver("c", 1) == [("192.0.2.3", 1)]
    assert resolver("b", 1) == [("192.0.2.2", 1)]
    assert resolver("a", 1) == [("192.0.2.4", 1)]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("192.0.2.1", [("192.0.2.1", 80)]),
        (("192.0.2.1", 8080), [("192.0.2.1", 8080)]),
        (["192.0.2.1", "::1"], [("192.0.2.1", 80), ("::1", 80)]),
        (("192.0.2.1", "::1"), [("192.0.2.1", 80), ("::1", 80)]),
        ([("192.0.2.1", 1), "::1"], [("192.0.2.1", 1), ("::1", 80)]),
        ([], []),
    ],
)
def test_hosts_that_are_given(given: Any, found: Any) -> None:
    def nobody(host: str, port: int) -> Any:
        raise AssertionError(f"{host} was looked up")

    resolver = httpx.CachingResolver({"Example.com.": given}, resolver=nobody)
    assert resolver("example.com", 80) == found
    resolver.clear()
    assert resolver("example.COM.", 80) == found


def test_the_system_is_asked() -> None:
    assert httpx.CachingResolver()("127.0.0.1", 80) == [("127.0.0.1", 80)]
    assert httpx.CachingResolver()("::1", 80) == [("::1", 80)]


async def test_in_each_world(
    world: World, server_context: ssl.SSLContext, ssl_context: ssl.SSLContext
) -> None:
    """Direct and through a proxy; the name stays in Host, and for the certificate."""
    with HTTPServer(echo, tls=server_context) as server, HTTPProxy() as proxy:
        resolver = httpx.CachingResolver(
            {
                "www.example.com": ("127.0.0.1", server.port),
                "proxy.example": "127.0.0.1",
                "nowhere.example": [],
            }
        )
        for transport in (
            world.transport(resolver=resolver, verify=ssl_context),
            world.transport(
                resolver=resolver,
                verify=ssl_context,
                proxy=f"http://proxy.example:{proxy.port}",
            ),
        ):
            async with world.client(transport=transport) as client:
                direct = transport._proxy is None
                port = "" if direct else f":{server.port}"
                got = await client.get(f"https://www.example.com{port}/")
                assert ["Host", f"www.example.com{port}"] in got.json()["headers"]
                if direct:
                    with pytest.raises(httpx.ConnectError, match="gave no address"):
                        await client.get("https://nowhere.example/")
        assert proxy.accepted == 1
