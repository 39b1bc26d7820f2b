"""Tests of a program that uses the network, without a network: `MockTransport`.

pytest examples/test_api_client.py
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

import httpx
from api_client import NotFound, User, Users, UsersError

Handler = Callable[[httpx.Request], httpx.Response]


def users(handler: Handler) -> Users:
    return Users("https://api.example.com", "secret", httpx.MockTransport(handler))


def test_what_is_sent_and_what_comes_back() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"id": 7, "name": "Ada"})

    with users(answer) as service:
        assert service.get(7) == User(7, "Ada")
    (request,) = sent
    assert (request.method, str(request.url)) == ("GET", "https://api.example.com/users/7")
    assert request.headers["authorization"] == "Bearer secret"


def test_not_found() -> None:
    with users(lambda request: httpx.Response(404)) as service, pytest.raises(NotFound):
        service.get(7)


def fails(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("too slow", request=request)


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(lambda request: httpx.Response(500), id="status"),
        pytest.param(lambda request: httpx.Response(200, text="<html>"), id="no JSON"),
        pytest.param(fails, id="time-out"),
    ],
)
def test_every_fault_has_one_name(handler: Handler) -> None:
    with users(handler) as service, pytest.raises(UsersError, match="GET /users/7: "):
        service.get(7)
