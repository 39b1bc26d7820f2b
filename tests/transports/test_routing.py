"""The extension `target`: what a request's own target may be, whatever the route."""

from __future__ import annotations

from typing import Any

import pytest

import httpx
from httpx._transports.routing import Router

FORWARD = httpx.Proxy("http://proxy.example:3128")


def target_of(target: Any, proxy: httpx.Proxy | None = None) -> bytes:
    request = httpx.Request("GET", "http://example.org/x", extensions={"target": target})
    return Router(proxy, uds=None, http1=True).plan(request)[1]


@pytest.mark.parametrize("target", [b"/a%zz", "/a%zz"])
def test_text_and_bytes(target: str | bytes) -> None:
    assert target_of(target) == b"/a%zz"
    assert target_of(target, FORWARD) == b"http://example.org/a%zz"


@pytest.mark.parametrize("proxy", [None, FORWARD], ids=["direct", "forward"])
def test_what_is_no_target(proxy: httpx.Proxy | None) -> None:
    for target in (None, 5):
        name = type(target).__name__
        with pytest.raises(TypeError, match=rf"^target must be bytes or str, but got {name}\.$"):
            target_of(target, proxy)
    with pytest.raises(TypeError, match=r"^target strings may not include unicode characters\.$"):
        target_of("/é", proxy)
    assert target_of(b"", proxy) == b""  # refused where it is written
