"""The functions for one call: what they hand on, and that nothing stays open."""

from __future__ import annotations

import inspect
from typing import Any
from unittest import mock

import pytest

import httpx
from tests.client.helpers import Recorder, echo

VERBS = ["get", "options", "head", "delete", "post", "put", "patch", "query"]


@pytest.fixture
def transport(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """What all clients send through."""
    recorder = Recorder()
    monkeypatch.setattr(httpx.Client, "_init_transport", lambda client, **options: recorder)
    return recorder


@pytest.mark.parametrize("verb", VERBS)
def test_verbs(verb: str, transport: Recorder) -> None:
    response = getattr(httpx, verb)("http://a/", params={"a": 1}, headers={"X": "1"})
    assert response.text == "Hello, world!"
    (request,) = transport.requests
    assert request.method == verb.upper()
    assert request.url == "http://a/?a=1"
    assert request.headers["X"] == "1"
    assert transport.log == ["enter", "handle", "exit"]


@pytest.mark.parametrize("verb", ["post", "put", "patch", "query"])
def test_bodies(verb: str, transport: Recorder) -> None:
    getattr(httpx, verb)("http://a/", json={"a": 1})
    assert transport.requests[0].read() == b'{"a":1}'


def test_cookies_and_timeout_are_the_clients(transport: Recorder) -> None:
    httpx.get("http://a/", cookies={"a": "1"}, timeout=3)
    (request,) = transport.requests
    assert request.headers["Cookie"] == "a=1"
    assert request.extensions["timeout"]["read"] == 3


def test_stream(transport: Recorder) -> None:
    with httpx.stream("POST", "http://a/", content=b"body") as response:
        assert transport.log == ["enter", "handle"]
        assert list(response.iter_bytes()) == [b"Hello, ", b"world!"]
    assert transport.log == ["enter", "handle", "exit"]


CLIENT = {"cookies", "proxy", "timeout", "trust_env", "verify"}
CALL = {
    "auth", "content", "data", "files", "follow_redirects", "headers", "json", "method", "params",
    "url",
}  # fmt: skip


@pytest.mark.parametrize("name", ["request", "stream"])
def test_who_gets_what(name: str) -> None:
    """As in the original: packages replace `Client` in this module with their own."""
    client: Any = mock.MagicMock()
    with mock.patch("httpx._api.Client", client):
        if name == "request":
            httpx.request("GET", "http://a/")
        else:
            with httpx.stream("GET", "http://a/"):
                pass
    assert set(client.call_args.kwargs) == CLIENT
    call = getattr(client.return_value.__enter__.return_value, name).call_args
    assert call.args == ()
    assert set(call.kwargs) == CALL


@pytest.mark.parametrize("verb", VERBS)
def test_defaults(verb: str) -> None:
    parameters = inspect.signature(getattr(httpx, verb)).parameters
    assert parameters["timeout"].default == httpx.Timeout(5.0)
    assert parameters["follow_redirects"].default is False
    assert parameters["verify"].default is True
    assert parameters["trust_env"].default is True


def test_proxy() -> None:
    with mock.patch.object(httpx.HTTPTransport, "handle_request", autospec=True) as handle:
        handle.side_effect = lambda transport, request: echo(request)
        httpx.get("http://a/", proxy="http://proxy:1")
    assert handle.call_args.args[0]._proxy.url == "http://proxy:1"
