"""The headers of a client, and how a call's are merged into them."""

from __future__ import annotations

from typing import Any

import pytest

import httpx

CLIENTS = [httpx.Client, httpx.AsyncClient]


def names(request: httpx.Request) -> list[bytes]:
    return [name for name, _ in request.headers.raw]


@pytest.mark.parametrize("make", CLIENTS)
def test_defaults(make: Any) -> None:
    raw = make().headers.raw
    assert [name for name, _ in raw] == [
        b"Accept",
        b"Accept-Encoding",
        b"Connection",
        b"User-Agent",
    ]
    values = dict(raw)
    assert values[b"Accept"] == b"*/*"
    assert values[b"Accept-Encoding"].startswith(b"gzip, deflate")
    assert values[b"Connection"] == b"keep-alive"
    assert values[b"User-Agent"] == b"python-httpx/0.28.1"


@pytest.mark.parametrize("make", CLIENTS)
def test_own_headers_replace_by_name_and_move_to_the_end(make: Any) -> None:
    client = make(headers=[("accept", "text/html"), ("X", "1"), ("x", "2")])
    assert client.headers.raw[-3:] == [(b"accept", b"text/html"), (b"X", b"1"), (b"x", b"2")]
    assert len(client.headers) == 6
    client.headers = {"Y": "1"}
    assert "X" not in client.headers
    assert client.headers["accept"] == "*/*"
    client.headers = None
    assert len(client.headers) == 4


@pytest.mark.parametrize("make", CLIENTS)
def test_order_on_the_wire(make: Any) -> None:
    request = make(headers={"X": "1"}).build_request(
        "POST", "http://user:pass@a:81/", json={}, headers={"ACCEPT": "x", "Y": "2"}
    )
    assert names(request) == [
        b"Host", b"Accept-Encoding", b"Connection", b"User-Agent", b"X", b"ACCEPT", b"Y",
        b"Content-Length", b"Content-Type",
    ]  # fmt: skip
    assert request.headers["Host"] == "a:81"


@pytest.mark.parametrize("make", CLIENTS)
def test_a_request_has_its_own_headers(make: Any) -> None:
    client = make()
    request = client.build_request("GET", "http://a/")
    request.headers["X"] = "1"
    client.headers["Y"] = "1"
    assert "X" not in client.headers
    assert "Y" not in request.headers
    assert "X" not in make().headers
    assert client.build_request("GET", "http://a/").headers["Y"] == "1"


@pytest.mark.parametrize("make", CLIENTS)
def test_no_headers_at_all(make: Any) -> None:
    client = make()
    client.headers.clear()
    assert names(client.build_request("GET", "http://a/")) == [b"Host"]


@pytest.mark.parametrize("make", CLIENTS)
def test_the_seam(make: Any) -> None:
    client = make(headers={"X": "1"})
    merged = client._merge_headers(None)
    assert merged == client.headers
    assert merged is not client.headers
    assert client._merge_headers({"X": "2"})["X"] == "2"
