"""The jar of a client: what goes out, what comes in, and what a call adds."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from unittest import mock

import pytest

import httpx
from tests.client.helpers import echo, redirecting
from tests.worlds import World

CLIENTS = [httpx.Client, httpx.AsyncClient]


def cookie_of(client: Any, url: str = "http://a.example/", **options: Any) -> str | None:
    return client.build_request("GET", url, **options).headers.get("cookie")


@pytest.mark.parametrize("make", CLIENTS)
def test_merging(make: Any) -> None:
    assert cookie_of(make()) is None
    client = make(cookies={"a": "1"})
    assert cookie_of(client) == "a=1"
    assert cookie_of(client, cookies={"b": "2"}) == "a=1; b=2"
    assert cookie_of(client, cookies={"a": "2"}) == "a=2"
    assert cookie_of(client, cookies={}) == "a=1"
    assert dict(client.cookies) == {"a": "1"}


@pytest.mark.parametrize("make", CLIENTS)
def test_the_seam(make: Any) -> None:
    assert make()._merge_cookies(None) is None
    assert make()._merge_cookies({}) == {}
    client = make(cookies={"a": "1"})
    assert client._merge_cookies(None) is client.cookies
    assert dict(client._merge_cookies({"b": "2"})) == {"a": "1", "b": "2"}


@pytest.mark.parametrize("make", CLIENTS)
def test_the_jar_is_not_copied_for_each_request(make: Any) -> None:
    """USERS.md 45: a jar of a thousand cookies costs what is asked of it."""
    client = make(cookies=CookieJar())
    for number in range(1000):
        client.cookies.set("name", "value", domain=f"host{number % 500}.example")
    with mock.patch("httpx._cookiejar.copy_jar", side_effect=AssertionError("copied")):
        assert cookie_of(client, "http://host7.example/") == "name=value"


@pytest.mark.parametrize("make", CLIENTS)
def test_the_policy_of_the_users_jar_decides(make: Any) -> None:
    """USERS.md 34: for what a call adds, too."""
    jar = CookieJar(policy=DefaultCookiePolicy(blocked_domains=["blocked.example"]))
    client = make(cookies=jar)
    client.cookies.set("a", "1", domain="blocked.example")
    client.cookies.set("b", "2", domain="free.example")
    assert cookie_of(client, "http://blocked.example/") is None
    assert cookie_of(client, "http://free.example/") == "b=2"
    assert "a=1" not in (cookie_of(client, "http://blocked.example/", cookies={"c": "3"}) or "")


async def test_responses_fill_the_jar(world: World) -> None:
    jar = CookieJar()

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/set":
            return httpx.Response(200, headers={"Set-Cookie": "a=1; Path=/"})
        return echo(request)

    async with world.client(transport=httpx.MockTransport(handler), cookies=jar) as client:
        await client.get("http://a.example/set")
        assert [cookie.name for cookie in jar] == ["a"]
        response = await client.get("http://a.example/")
        assert ["cookie", "a=1"] in response.json()["headers"]
        response = await client.get("http://b.example/")
        assert "cookie" not in dict(response.json()["headers"])


async def test_a_redirect_may_set_a_cookie(world: World) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/set":
            return httpx.Response(303, headers={"Set-Cookie": "a=1; Path=/", "Location": "/"})
        return echo(request)

    async with world.client(transport=httpx.MockTransport(handler)) as client:
        response = await client.get("http://a.example/set", follow_redirects=True)
    assert ["cookie", "a=1"] in response.json()["headers"]


async def test_without_set_cookie_the_jar_is_not_touched(world: World) -> None:
    async with world.client(transport=httpx.MockTransport(echo)) as client:
        with mock.patch.object(httpx.Cookies, "extract_cookies", side_effect=AssertionError):
            await client.get("http://a.example/")


@pytest.mark.filterwarnings("ignore:Setting per-request cookies")
async def test_cookies_of_a_call_follow_at_their_origin(world: World) -> None:
    """USERS.md 34: the original loses them."""
    for location, sent in (("/end", True), ("http://b.example/", False)):
        transport = httpx.MockTransport(redirecting(302, location))
        async with world.client(transport=transport, follow_redirects=True) as client:
            response = await client.get("http://a.example/start", cookies={"c": "1"})
            assert (["cookie", "c=1"] in response.json()["headers"]) is sent


async def test_cookies_of_a_call_are_deprecated(world: World) -> None:
    async with world.client(transport=httpx.MockTransport(echo)) as client:
        with pytest.warns(DeprecationWarning, match="^Setting per-request cookies=<...> is"):
            await client.get("http://a.example/", cookies={"c": "1"})
        async with client.stream("GET", "http://a.example/", cookies={"c": "1"}):
            pass  # no warning, as in the original: warnings are errors here


def test_the_warning_points_at_the_caller() -> None:
    with httpx.Client(transport=httpx.MockTransport(echo)) as client:
        with pytest.warns(DeprecationWarning, match="cookies=<...>") as caught:
            client.request("GET", "http://a.example/", cookies={"c": "1"})
    assert caught[0].filename == __file__
