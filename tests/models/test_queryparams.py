"""QueryParams: what it takes, what it gives, and that it never changes."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from httpx._urls import QueryParams


@pytest.mark.parametrize(
    "source",
    [
        "a=123&a=456&b=789",
        b"a=123&a=456&b=789",
        {"a": ["123", "456"], "b": 789},
        {"a": ("123", 456), "b": "789"},
        [("a", "123"), ("a", "456"), ("b", "789")],
        (("a", "123"), ("b", "789"), ("a", "456")),
        [["a", "123"], ["a", "456"], ["b", "789"]],
        QueryParams("a=123&a=456&b=789"),
    ],
)
def test_sources(source: Any) -> None:
    params = QueryParams(source)
    assert str(params) == "a=123&a=456&b=789"
    assert "a" in params
    assert "A" not in params
    assert "c" not in params
    assert params["a"] == "123"
    assert params.get("a") == "123"
    assert params.get("nope") is None
    assert params.get("nope", 1) == 1
    assert params.get_list("a") == ["123", "456"]
    assert params.get_list("nope") == []
    assert list(params) == list(params.keys()) == ["a", "b"]
    assert list(params.values()) == ["123", "789"]
    assert list(params.items()) == [("a", "123"), ("b", "789")]
    assert params.multi_items() == [("a", "123"), ("a", "456"), ("b", "789")]
    assert len(params) == 2
    assert dict(params) == {"a": "123", "b": "789"}
    assert repr(params) == "QueryParams('a=123&a=456&b=789')"
    with pytest.raises(KeyError):
        params["nope"]


@pytest.mark.parametrize("source", [None, "", b"", {}, [], ()])
def test_empty_sources(source: Any) -> None:
    params = QueryParams(source)
    assert not params
    assert str(params) == ""
    assert params == QueryParams()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"a": True, "b": False, "c": None}, "a=true&b=false&c="),
        ({"a": 1, "b": 0, "c": 1.5}, "a=1&b=0&c=1.5"),
        ({1: 2}, "1=2"),
        ({"a": {1}}, "a=%7B1%7D"),
        ("a", "a="),
        ("a=&b", "a=&b="),
        ("?a=1", "%3Fa=1"),
        ("a=%ff", "a=%EF%BF%BD"),
        ("a=x+y%20z", "a=x+y+z"),
        ({"a b": "ü/?&=~*-_."}, "a+b=%C3%BC%2F%3F%26%3D~%2A-_."),
        ({"u": "a%2Fb"}, "u=a%252Fb"),
    ],
)
def test_values(source: Any, text: str) -> None:
    assert str(QueryParams(source)) == text


def test_keywords() -> None:
    assert QueryParams(a=1, b=None) == QueryParams("a=1&b=")
    with pytest.raises(AssertionError, match="Cannot mix named and unnamed arguments"):
        QueryParams({"a": 1}, b=2)
    with pytest.raises(AssertionError, match="Too many arguments"):
        QueryParams("a=1", "b=2")
    with pytest.raises(AttributeError):
        QueryParams(1)  # type: ignore[arg-type]


def test_an_empty_list_removes_in_a_merge() -> None:
    params = QueryParams({"a": []})
    assert list(params.keys()) == ["a"]
    assert list(params.items()) == list(params.values()) == []
    assert params.get("a", "default") == "default"
    assert QueryParams("a=1&b=2").merge({"a": []}) == QueryParams("b=2")


def test_new_ones_from_old_ones() -> None:
    params = QueryParams("a=1&b=2&a=3")
    assert str(params.set("a", None)) == "a=&b=2"
    assert str(params.add("a", True)) == "a=1&a=3&a=true&b=2"
    assert str(params.add("c", 4)) == "a=1&a=3&b=2&c=4"
    assert str(params.remove("a")) == "b=2"
    assert str(params.remove("nope")) == "a=1&a=3&b=2"
    assert str(params.merge("a=9&c=1")) == "a=9&b=2&c=1"
    assert params.merge(None) == params.merge({}) == params
    assert str(params) == "a=1&a=3&b=2"


def test_nothing_changes_in_place() -> None:
    source = {"a": ["1"]}
    params = QueryParams(source)
    source["a"].append("2")
    params.get_list("a").append("3")
    assert str(params) == "a=1"
    with pytest.raises(RuntimeError, match=r"Use `q = q\.merge\(\.\.\.\)`"):
        params.update({"a": 2})
    with pytest.raises(RuntimeError, match=r"Use `q = q\.set\(key, value\)`"):
        params["a"] = "2"


def test_equality_is_by_pairs_in_any_order() -> None:
    assert QueryParams("a=1&b=2&a=3") == QueryParams({"b": 2, "a": [3, 1]})
    assert QueryParams("a=1") != QueryParams("a=2")
    assert QueryParams("a=1") != QueryParams("a=1&a=1")
    assert QueryParams("a=1") != "a=1"
    assert QueryParams("a=1") != {"a": "1"}
    assert hash(QueryParams("a=1")) == hash(QueryParams({"a": 1}))


class Named(QueryParams):
    name = ""


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_and_copying(protocol: int) -> None:
    params = QueryParams("a=1&a=2")
    assert pickle.loads(pickle.dumps(params, protocol)) == params
    named = Named("a=1")
    named.name = "x"
    clone = pickle.loads(pickle.dumps(named, protocol))
    assert (clone, clone.name, type(clone)) == (named, "x", Named)
    assert copy.copy(params) == copy.deepcopy(params) == params
    assert repr(named) == "Named('a=1')"
