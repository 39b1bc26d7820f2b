"""Query parameters: of the URL, of a call, of a client, of `base_url` (USERS.md 15).

What the request's own URL or the call says is never deleted by a client's settings, as it is in
the original. `params=` of a call replaces the query of that call's URL, as there.
"""

from __future__ import annotations

from typing import Any

import pytest

import httpx

CLIENTS = [httpx.Client, httpx.AsyncClient]


@pytest.mark.parametrize(
    ("client_params", "url", "params", "query"),
    [
        (None, "http://a/?b=2", None, "b=2"),
        (None, "http://a/?b=2", {"c": 3}, "c=3"),
        (None, "http://a/?b=2", {}, ""),
        (None, "http://a/", {"b": None, "c": [1, 2]}, "b=&c=1&c=2"),
        ({"a": 1}, "http://a/", None, "a=1"),
        ({"a": 1}, "http://a/?b=2", None, "b=2&a=1"),
        ({"a": 1}, "http://a/?a=2&a=3", None, "a=2&a=3"),
        ({"a": 1}, "http://a/?b=2", {"c": 3}, "a=1&c=3"),
        ({"a": 1, "c": 0}, "http://a/?b=2", {"a": 2}, "a=2&c=0"),
        ({"a": 1}, "http://a/?b=2", {}, "a=1"),
        ({"a": 1}, "http://a/?signed=%2f+%7e", None, "signed=%2f+%7e&a=1"),
        ({"a": [1, 2]}, "http://a/", None, "a=1&a=2"),
    ],
)
@pytest.mark.parametrize("make", CLIENTS)
def test_params(make: Any, client_params: Any, url: str, params: Any, query: str) -> None:
    request = make(params=client_params).build_request("GET", url, params=params)
    assert request.url.query.decode() == query


@pytest.mark.parametrize(
    ("client_params", "url", "params", "query"),
    [
        (None, "/x", None, "k=1"),
        (None, "/x?k=2", None, "k=2"),
        (None, "/x?b=2", None, "b=2&k=1"),
        (None, "/x?b=2", {"c": 3}, "c=3&k=1"),
        (None, "/x?b=2", {"k": 3}, "k=3"),
        (None, "/x", {}, "k=1"),
        (None, "http://other/x", None, ""),
        (None, "http://other/x", {"c": 3}, "c=3"),
        ({"a": 1}, "/x", None, "k=1&a=1"),
        ({"a": 1}, "/x?b=2", {"c": 3}, "a=1&c=3&k=1"),
    ],
)
@pytest.mark.parametrize("make", CLIENTS)
def test_the_query_of_base_url(
    make: Any, client_params: Any, url: str, params: Any, query: str
) -> None:
    client = make(base_url="http://a/v1?k=1", params=client_params)
    assert client.base_url == "http://a/v1/?k=1"
    assert client.build_request("GET", url, params=params).url.query.decode() == query


@pytest.mark.parametrize("make", CLIENTS)
def test_the_query_of_base_url_wins_over_a_clients_params(make: Any) -> None:
    client = make(base_url="http://a/?k=1", params={"k": 2})
    assert client.build_request("GET", "/x").url.query == b"k=1"
    assert client.build_request("GET", "/x", params={"c": 3}).url.query == b"k=1&c=3"
    assert client.build_request("GET", "http://other/x").url.query == b"k=2"


@pytest.mark.parametrize("make", CLIENTS)
def test_the_seam(make: Any) -> None:
    assert make()._merge_queryparams(None) is None
    assert make()._merge_queryparams({}) == {}
    client = make(params={"a": 1, "b": 2})
    assert client._merge_queryparams(None) == httpx.QueryParams("a=1&b=2")
    assert client._merge_queryparams({"b": 3}) == httpx.QueryParams("a=1&b=3")


def test_the_seam_may_be_overridden() -> None:
    class Own(httpx.Client):
        def _merge_queryparams(self, params: Any = None) -> Any:
            return httpx.QueryParams(params).set("key", "x")

    assert Own().build_request("GET", "http://a/?b=2").url.query == b"b=2&key=x"
    assert Own().build_request("GET", "http://a/", params={"c": 1}).url.query == b"c=1&key=x"
