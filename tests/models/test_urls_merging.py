"""How a URL's own query, a call's `params` and a client's defaults come together.

A call's `params` replace the query of that call's URL, as they always did. What a client or its
base URL brings only fills in: with the original, a client-level parameter silently deleted the
query of every URL, signed ones and those of an API's description among them.
"""

from __future__ import annotations

from typing import Any

import pytest

from httpx._urls import URL, QueryParams, merge_base_url, merge_params


@pytest.mark.parametrize(
    ("url", "params", "defaults", "expected"),
    [
        # Nothing from the client: the URL, or what the call gives instead.
        ("http://h/?a=1", None, {}, "http://h/?a=1"),
        ("http://h/?a=1", {"b": 2}, {}, "http://h/?b=2"),
        ("http://h/?a=1", {}, {}, "http://h/"),
        ("http://h/?a=1", "", {}, "http://h/"),
        # The client fills in.
        ("http://h/", None, {"k": 1}, "http://h/?k=1"),
        ("http://h/?", None, {"k": 1}, "http://h/?k=1"),
        ("http://h/?a=1", None, {"k": 1}, "http://h/?a=1&k=1"),
        ("http://h/?a=1", None, {"a": 2, "k": 1}, "http://h/?a=1&k=1"),
        ("http://h/?a=1&a=2", None, {"a": 3}, "http://h/?a=1&a=2"),
        ("http://h/?k", None, {"k": 1}, "http://h/?k"),
        ("http://h/", None, {"k": [1, 2]}, "http://h/?k=1&k=2"),
        # The call's own, key by key, before the client's.
        ("http://h/?a=1", {"b": 2}, {"k": 1}, "http://h/?k=1&b=2"),
        ("http://h/?a=1", {"k": 2}, {"k": 1}, "http://h/?k=2"),
        ("http://h/?a=1", {}, {"k": 1}, "http://h/?k=1"),
        ("http://h/", {"k": []}, {"k": 1}, "http://h/"),
        ("http://h/#f", [("a", "x y")], {"k": "ü"}, "http://h/?k=%C3%BC&a=x+y#f"),
        ("/x", None, {"k": 1}, "/x?k=1"),
    ],
)
def test_merging(url: str, params: Any, defaults: Any, expected: str) -> None:
    assert str(merge_params(URL(url), params, QueryParams(defaults))) == expected


def test_a_signed_query_stays_as_it_is_byte_for_byte() -> None:
    signed = "https://h/o?X-Date=2026%2d01&a+b=%7e&X-Signature=ab%2Fc==;x"
    assert str(merge_params(URL(signed), None, QueryParams("k=1"))) == signed + "&k=1"
    url = URL(signed)
    assert merge_params(url, None, QueryParams({"X-Date": "other"})) is url


@pytest.mark.parametrize(
    ("base", "url", "expected"),
    [
        ("http://h/v1", "x", "http://h/v1/x"),
        ("http://h/v1/", "/x", "http://h/v1/x"),
        ("http://h/v1/", "", "http://h/v1/"),
        ("http://h", "x", "http://h/x"),
        ("http://h/v1//", "x", "http://h/v1//x"),
        ("http://h/v1/", "../x", "http://h/x"),
        ("http://h/v1/", "x/./y", "http://h/v1/x/y"),
        ("http://h/v1/", "x?a=1", "http://h/v1/x?a=1"),
        ("http://h/v1/", "?a=1", "http://h/v1/?a=1"),
        ("http://h/v1/?k=1", "x", "http://h/v1/x"),
        ("http://u:p@h:8/v1/", "x", "http://u:p@h:8/v1/x"),
        ("http://h/v1/", "http://other/x", "http://other/x"),
        ("http://h/v1/", "//other/x", "http://h/v1/x"),
        ("", "x", "/x"),
        ("/v1", "../x", "/v1/../x"),
    ],
)
def test_below_a_base_url(base: str, url: str, expected: str) -> None:
    assert str(merge_base_url(URL(base), URL(url))) == expected
