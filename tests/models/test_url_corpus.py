"""URLs as the WHATWG's standard reads them, and the list of where we read them otherwise.

data/whatwg_urls.json holds the facts: each input with its components by the standard, and, where
RFC 3986 or this library's habit differs, ours and the reason.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from httpx._exceptions import InvalidURL
from httpx._urls import URL

CORPUS = json.loads((Path(__file__).parent / "data" / "whatwg_urls.json").read_text("utf-8"))


def components(text: str) -> dict[str, str] | None:
    """What we make of a URL, in the standard's terms: an empty path of a host is "/"."""
    try:
        url = URL(text)
    except InvalidURL:
        return None
    reference = url._uri_reference
    return {
        "scheme": reference.scheme,
        "userinfo": reference.userinfo,
        "host": f"[{reference.host}]" if ":" in reference.host else reference.host,
        "port": "" if reference.port is None else str(reference.port),
        "path": reference.path or ("/" if reference.host else ""),
        "query": reference.query or "",
        "fragment": reference.fragment or "",
    }


@pytest.mark.parametrize("row", CORPUS["urls"], ids=lambda row: ascii(row["input"]))
def test_urls(row: dict[str, Any]) -> None:
    expected = row["ours"] if "why" in row else row["url"]
    assert components(row["input"]) == expected


def test_every_difference_is_one_and_has_a_reason() -> None:
    different = [row for row in CORPUS["urls"] if "why" in row]
    assert all(row["ours"] != row["url"] for row in different)
    assert {row["why"] for row in different} == set(CORPUS["reasons"])
    assert len(different) < len(CORPUS["urls"]) / 3


@pytest.mark.parametrize(("base", "reference", "expected"), CORPUS["joins"])
def test_joins(base: str, reference: str, expected: str) -> None:
    """The examples of RFC 3986 §5.4, which the WHATWG's standard resolves alike."""
    assert str(URL(base).join(reference)) == expected
