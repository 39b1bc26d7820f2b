"""Authentication through a client: who decides, and what the rounds leave behind."""

from __future__ import annotations

from typing import Any

import pytest

import httpx
from tests.client.helpers import Stream, echo
from tests.worlds import World


def sent(response: Any) -> str | None:
    return dict(response.json()["headers"]).get("authorization")


BASIC = {name: httpx.BasicAuth(name, "x")._auth_header for name in ("url", "client", "call")}


async def test_precedence(world: World) -> None:
    transport = httpx.MockTransport(echo)
    call, plain, with_user = ("call", "x"), "http://a/", "http://url:x@a/"
    async with world.client(transport=transport, auth=("client", "x")) as client:
        assert sent(await client.get(with_user, auth=call)) == BASIC["call"]
        assert sent(await client.get(with_user)) == BASIC["client"]
        assert sent(await client.get(plain)) == BASIC["client"]
        assert sent(await client.get(plain, auth=None)) is None
        assert sent(await client.get(with_user, auth=None)) == BASIC["url"]
    async with world.client(transport=transport) as client:
        assert sent(await client.get(with_user)) == BASIC["url"]
        assert sent(await client.get(plain)) is None
        assert sent(await client.get(plain, headers={"Authorization": "own"})) == "own"


async def test_userinfo_is_decoded(world: World) -> None:
    async with world.client(transport=httpx.MockTransport(echo)) as client:
        response = await client.get("http://us%40er:p%3Ass@a/")
    assert sent(response) == httpx.BasicAuth("us@er", "p:ss")._auth_header


async def test_a_function(world: World) -> None:
    def sign(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = "signed"
        return request

    async with world.client(transport=httpx.MockTransport(echo)) as client:
        assert sent(await client.get("http://a/", auth=sign)) == "signed"


class Tokens(httpx.Auth):
    """Fetches a token when it is refused."""

    def auth_flow(self, request: httpx.Request) -> Any:
        response = yield request
        if response.status_code == 401:
            token = yield httpx.Request("POST", "http://token/")
            request.headers["Authorization"] = token.headers["token"]
            yield request


def guarded(request: httpx.Request) -> httpx.Response:
    if request.url.host == "token":
        return httpx.Response(200, headers={"Token": "secret"}, stream=Stream(b"token"))
    if "authorization" not in request.headers:
        return httpx.Response(401, stream=Stream(b"refused"))
    return httpx.Response(200, stream=Stream(b"welcome"))


async def test_rounds(world: World) -> None:
    async with world.client(transport=httpx.MockTransport(guarded), auth=Tokens()) as client:
        response = await client.get("http://a/")
    assert response.text == "welcome"
    assert [passed.text for passed in response.history] == ["refused", "token"]
    assert [passed.history for passed in response.history] == [[], response.history[:1]]
    assert all(passed.is_closed for passed in response.history)


async def test_the_deadline_is_for_all_rounds(world: World) -> None:
    seen: list[Any] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions.get("deadline"))
        return guarded(request)

    transport = httpx.MockTransport(handler)
    async with world.client(transport=transport, auth=Tokens(), timeout=5) as client:
        await client.get("http://a/")
        assert seen == [None, None, None]
        seen.clear()
        await client.get("http://a/", timeout=httpx.Timeout(5, total=60))
        assert len(seen) == 3
        assert seen[0] is not None
        assert set(map(id, seen)) == {id(seen[0])}


async def test_a_request_that_a_flow_keeps_has_no_old_deadline(world: World) -> None:
    seen: list[Any] = []

    class Keeping(httpx.Auth):
        token = httpx.Request("POST", "http://token/")

        def auth_flow(self, request: httpx.Request) -> Any:
            yield self.token
            yield request

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions.get("deadline"))
        return httpx.Response(200)

    async with world.client(transport=httpx.MockTransport(handler), auth=Keeping()) as client:
        for total in (60, 60, None):
            await client.get("http://a/", timeout=httpx.Timeout(5, total=total))
    assert seen[0] is seen[1] is not None
    assert seen[2] is seen[3] is not seen[0]
    assert seen[4:] == [None, None]


async def test_a_function_must_return_a_request(world: World) -> None:
    async with world.client(transport=httpx.MockTransport(echo)) as client:
        with pytest.raises(AttributeError):
            await client.get("http://a/", auth=lambda request: None)


async def test_an_error_in_a_flow_closes_the_response(world: World) -> None:
    stream = Stream(b"body")

    class Failing(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Any:
            yield request
            raise httpx.ProtocolError("malformed")

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=stream)

    async with world.client(transport=httpx.MockTransport(handler), auth=Failing()) as client:
        with pytest.raises(httpx.ProtocolError) as caught:
            await client.get("http://a/")
    assert stream.closed == 1
    assert caught.value.request.url == "http://a/"


async def test_a_flow_without_a_request(world: World) -> None:
    class Empty(httpx.Auth):
        def sync_auth_flow(self, request: httpx.Request) -> Any:
            yield from ()

        async def async_auth_flow(self, request: httpx.Request) -> Any:
            for item in ():
                yield item

    async with world.client(transport=httpx.MockTransport(echo), auth=Empty()) as client:
        with pytest.raises(RuntimeError, match=r"^The auth flow of Empty ended without yielding"):
            await client.get("http://a/")


async def test_a_generator_is_not_sent_in_a_second_round(world: World) -> None:
    """A body that cannot be replayed raises before anything is sent again."""
    bodies: list[bytes] = []

    class Refusing(httpx.BaseTransport, httpx.AsyncBaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            bodies.append(b"".join(request.stream))  # type: ignore[arg-type]
            return httpx.Response(401)

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            stream: Any = request.stream
            bodies.append(b"".join([chunk async for chunk in stream]))
            return httpx.Response(401)

    class Twice(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Any:
            yield request
            yield request

    async with world.client(transport=Refusing(), auth=Twice()) as client:
        with pytest.raises(httpx.StreamConsumed):
            await client.post("http://a/", content=(chunk for chunk in [b"body"]))
    assert bodies == [b"body"]
