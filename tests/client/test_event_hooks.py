"""Event hooks: when they run, what they see, what they may do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import httpx
from tests.client.helpers import Stream, callable_in, redirecting
from tests.worlds import World


async def test_order(world: World) -> None:
    log: list[str] = []

    def note(name: str) -> Any:
        return callable_in(world, lambda message: log.append(f"{name} {message.url.path}"))

    hooks = {"request": [note("1"), note("2")], "response": [note("3"), note("4")]}
    transport = httpx.MockTransport(redirecting(302, "/end"))
    async with world.client(
        transport=transport, event_hooks=hooks, follow_redirects=True
    ) as client:
        await client.get("http://a/start")
    assert log == [
        "1 /start", "2 /start", "3 /start", "4 /start", "1 /end", "2 /end", "3 /end", "4 /end",
    ]  # fmt: skip


async def test_once_for_each_round_of_authentication(world: World) -> None:
    log: list[int] = []

    class Rounds(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Any:
            yield request
            yield request

    hook = callable_in(world, lambda response: log.append(response.status_code))
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    async with world.client(
        transport=transport, event_hooks={"response": [hook]}, auth=Rounds()
    ) as client:
        await client.get("http://a/")
    assert log == [200, 200]


async def test_a_response_hook_runs_before_body_and_history(world: World) -> None:
    seen: list[Any] = []

    def look(response: httpx.Response) -> None:
        seen.append((response.is_closed, list(response.history), response.next_request))

    def handler(request: httpx.Request) -> httpx.Response:
        headers = {"Location": "/end"} if request.url.path == "/start" else {}
        return httpx.Response(302 if headers else 200, headers=headers, stream=Stream(b"body"))

    async with world.client(
        transport=httpx.MockTransport(handler),
        event_hooks={"response": [callable_in(world, look)]},
        follow_redirects=True,
    ) as client:
        response = await client.get("http://a/start")
    assert seen == [(False, [], None), (False, [], None)]
    assert len(response.history) == 1


async def test_a_request_hook_may_change_the_request(world: World) -> None:
    def change(request: httpx.Request) -> None:
        request.headers["X"] = "1"

    transport = httpx.MockTransport(lambda request: httpx.Response(200, headers=request.headers))
    async with world.client(
        transport=transport, event_hooks={"request": [callable_in(world, change)]}
    ) as client:
        assert (await client.get("http://a/")).headers["X"] == "1"


async def test_a_response_hook_may_raise_for_status(world: World) -> None:
    stream = Stream(b"body")

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500, stream=stream)

    hook = callable_in(world, lambda response: response.raise_for_status())
    async with world.client(
        transport=httpx.MockTransport(handler), event_hooks={"response": [hook]}
    ) as client:
        with pytest.raises(httpx.HTTPStatusError):
            await client.get("http://a/")
    assert stream.closed == 1


async def test_an_error_of_a_hook_gets_the_request(world: World) -> None:
    def refuse(request: httpx.Request) -> None:
        raise httpx.ConnectError("refused by a hook")

    async with world.client(
        transport=httpx.MockTransport(lambda request: httpx.Response(200)),
        event_hooks={"request": [callable_in(world, refuse)]},
    ) as client:
        with pytest.raises(httpx.ConnectError) as caught:
            await client.get("http://a/")
    assert caught.value.request.url == "http://a/"


@pytest.mark.parametrize("make", [httpx.Client, httpx.AsyncClient])
def test_the_property(make: Any) -> None:
    client = make(event_hooks={"request": (print,), "other": [print]})
    assert client.event_hooks == {"request": [print], "response": []}
    assert client.event_hooks is client._event_hooks
    client.event_hooks["response"].append(print)
    assert client.event_hooks == {"request": [print], "response": [print]}
    client.event_hooks = {}
    assert client.event_hooks == {"request": [], "response": []}


def test_the_attribute_may_be_a_property_of_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """As tracing packages do: they add their own hooks whenever the attribute is set."""
    seen: list[str] = []

    def setter(client: Any, hooks: dict[str, list[Any]]) -> None:
        hooks["request"].insert(0, lambda request: seen.append(request.url.path))
        client.__dict__["hooks"] = hooks

    monkeypatch.setattr(
        httpx.Client,
        "_event_hooks",
        property(lambda client: client.__dict__["hooks"], setter),
        raising=False,
    )
    with httpx.Client(transport=httpx.MockTransport(lambda r: httpx.Response(200))) as client:
        client.get("http://a/traced")
    assert seen == ["/traced"]


def test_an_async_client_needs_async_hooks() -> None:
    async def run() -> None:
        async with httpx.AsyncClient(
            transport=httpx.MockTransport(lambda request: httpx.Response(200)),
            event_hooks={"request": [lambda request: None]},
        ) as client:
            await client.get("http://a/")

    with pytest.raises(TypeError, match="can't be used in 'await' expression"):
        asyncio.run(run())
