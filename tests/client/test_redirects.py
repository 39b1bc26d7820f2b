"""Redirects through a client: which are followed, how far, and what goes along."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest

import httpx
from tests.client.helpers import Stream, echo, redirecting
from tests.worlds import World


def counting(request: httpx.Request) -> httpx.Response:
    """Redirect from /3 to /2, and so on to /0."""
    left = int(request.url.path[1:])
    if not left:
        return echo(request)
    return httpx.Response(302, headers={"Location": f"/{left - 1}"}, text=f"body {left}")


async def test_not_followed_by_default(world: World) -> None:
    async with world.client(transport=httpx.MockTransport(counting)) as client:
        response = await client.get("http://a/1")
    assert response.status_code == 302
    assert response.history == []
    assert response.next_request.url == "http://a/0"


async def test_followed_for_a_call_or_by_the_client(world: World) -> None:
    transport = httpx.MockTransport(counting)
    async with world.client(transport=transport) as client:
        response = await client.get("http://a/2", follow_redirects=True)
        assert response.url == "http://a/0"
        assert [str(passed.url) for passed in response.history] == ["http://a/2", "http://a/1"]
        assert [passed.text for passed in response.history] == ["body 2", "body 1"]
        assert response.history[1].history == response.history[:1]
        assert [passed.next_request for passed in response.history] == [None, None]
    async with world.client(transport=transport, follow_redirects=True) as client:
        assert (await client.get("http://a/1")).status_code == 200
        assert (await client.get("http://a/1", follow_redirects=False)).status_code == 302
        async with client.stream("GET", "http://a/1") as response:
            assert response.status_code == 200


async def test_next_request_may_be_sent(world: World) -> None:
    async with world.client(transport=httpx.MockTransport(counting)) as client:
        response = await client.get("http://a/2")
        while response.next_request is not None:
            response = await client.send(response.next_request)
    assert response.url == "http://a/0"


@pytest.mark.parametrize("limit", [0, 1, 3])
async def test_max_redirects(world: World, limit: int) -> None:
    sent: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        return counting(request)

    async with world.client(
        transport=httpx.MockTransport(handler), follow_redirects=True, max_redirects=limit
    ) as client:
        assert (await client.get(f"http://a/{limit}")).status_code == 200
        sent.clear()
        with pytest.raises(httpx.TooManyRedirects) as caught:
            await client.get(f"http://a/{limit + 1}")
    assert str(caught.value) == "Exceeded maximum allowed redirects."
    assert caught.value.request.url == "http://a/0"
    assert len(sent) == limit + 1


async def test_auth_rounds_are_no_redirects(world: World) -> None:
    """API.md 1.2: in the original each round brings the call nearer to `max_redirects`."""

    class Rounds(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Any:
            for _ in range(5):
                yield request

    async with world.client(
        transport=httpx.MockTransport(counting), follow_redirects=True, max_redirects=1
    ) as client:
        response = await client.get("http://a/1", auth=Rounds())
    assert response.status_code == 200
    assert [passed.status_code for passed in response.history] == [200] * 4 + [302]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_codes_that_are_followed(world: World, status: int) -> None:
    transport = httpx.MockTransport(redirecting(status, "/end"))
    async with world.client(transport=transport, follow_redirects=True) as client:
        response = await client.post("http://a/start", content=b"body")
    keeps = status in (307, 308)
    assert response.json()["method"] == ("POST" if keeps else "GET")
    assert response.json()["body"] == ("body" if keeps else "")


@pytest.mark.parametrize("status", [300, 304, 305, 306, 399])
async def test_codes_that_are_not(world: World, status: int) -> None:
    transport = httpx.MockTransport(redirecting(status, "/end"))
    async with world.client(transport=transport, follow_redirects=True) as client:
        response = await client.get("http://a/start")
    assert response.status_code == status
    assert response.next_request is None


async def test_a_redirect_without_location_is_a_response(world: World) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(302))
    async with world.client(transport=transport, follow_redirects=True) as client:
        assert (await client.get("http://a/")).status_code == 302


BAD_LOCATIONS = ["http://a:port/", "https://[::1/", "http://a:99999/"]


@pytest.mark.parametrize("location", BAD_LOCATIONS)
async def test_an_invalid_location_raises_only_when_followed(world: World, location: str) -> None:
    """USERS.md 53: the original raises although the response is all that is wanted."""
    stream = Stream(b"body")

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"Location": location}, stream=stream)

    async with world.client(transport=httpx.MockTransport(handler)) as client:
        response = await client.get("http://a/")
        assert response.status_code == 302
        assert response.text == "body"
        assert response.next_request is None
        stream.closed = 0
        with pytest.raises(httpx.RemoteProtocolError) as caught:
            await client.get("http://a/", follow_redirects=True)
    assert str(caught.value).startswith("Invalid URL in location header: ")
    assert caught.value.request.url == "http://a/"
    assert stream.closed == 1


# What goes along


async def test_secrets_stay_at_their_origin(world: World, caplog: Any) -> None:
    """USERS.md 43, and that the log says so."""
    headers = {"Authorization": "a", "Proxy-Authorization": "b", "Cookie": "c=1", "X": "x"}
    transport = httpx.MockTransport(redirecting(302, "https://b/"))
    caplog.set_level(logging.DEBUG, "httpx")
    async with world.client(transport=transport, follow_redirects=True) as client:
        response = await client.get("http://a/start", headers=headers)
    seen = dict(response.json()["headers"])
    assert not {"authorization", "proxy-authorization", "cookie"} & set(seen)
    assert seen["x"] == "x"
    assert seen["host"] == "b"
    assert (
        "Redirect from a to b: Authorization, Proxy-Authorization, Cookie does not go along"
        in caplog.messages
    )


async def test_secrets_follow_at_their_origin(world: World, caplog: Any) -> None:
    headers = {"Authorization": "a", "Proxy-Authorization": "b", "Cookie": "c=1"}
    transport = httpx.MockTransport(redirecting(302, "/end"))
    caplog.set_level(logging.DEBUG, "httpx")
    async with world.client(transport=transport, follow_redirects=True) as client:
        response = await client.get("http://a/start", headers=headers)
    seen = dict(response.json()["headers"])
    assert (seen["authorization"], seen["proxy-authorization"], seen["cookie"]) == ("a", "b", "c=1")
    assert not [message for message in caplog.messages if "go along" in message]


async def test_extensions_go_along(world: World) -> None:
    seen: list[Any] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions)
        return counting(request)

    async with world.client(transport=httpx.MockTransport(handler), timeout=7) as client:
        await client.get("http://a/1", follow_redirects=True, extensions={"own": 1})
    assert seen[0] == seen[1]
    assert seen[1]["own"] == 1
    assert seen[1]["timeout"]["read"] == 7


# Bodies that are sent again


class Sending(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Takes the body as the real transports do, without keeping it, and redirects by 307."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/end":
            return httpx.Response(200)
        return httpx.Response(307, headers={"Location": "/end"})

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(b"".join(request.stream))  # type: ignore[arg-type]
        return self.answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        chunks = [chunk async for chunk in request.stream]  # type: ignore[union-attr]
        self.bodies.append(b"".join(chunks))
        return self.answer(request)


async def test_a_file_is_rewound(world: World) -> None:
    """USERS.md 32: to where it stood, not to its start; the original sends nothing."""
    transport = Sending()
    file = io.BytesIO(b"skipped, body")
    file.seek(9)
    async with world.client(transport=transport, follow_redirects=True) as client:
        response = await client.post("http://a/", content=file)
    assert response.status_code == 200
    assert transport.bodies == [b"body", b"body"]


@pytest.mark.parametrize("content", [b"body", [b"bo", b"dy"]])
async def test_what_can_be_sent_again_is(world: World, content: Any) -> None:
    transport = Sending()
    async with world.client(transport=transport, follow_redirects=True) as client:
        assert (await client.post("http://a/", content=content)).status_code == 200
    assert transport.bodies == [b"body", b"body"]


async def test_a_generator_is_not_sent_again(world: World) -> None:
    def body() -> Iterator[bytes]:
        yield b"body"

    transport = Sending()
    async with world.client(transport=transport, follow_redirects=True) as client:
        with pytest.raises(httpx.StreamConsumed) as caught:
            await client.post("http://a/", content=body())
    assert transport.bodies == [b"body"]
    assert "generator" in caught.value.__notes__[0]


async def test_a_generator_is_dropped_with_the_body(world: World) -> None:
    def body() -> Iterator[bytes]:
        yield b"body"

    transport = httpx.MockTransport(redirecting(303, "/end"))
    async with world.client(transport=transport, follow_redirects=True) as client:
        response = await client.post("http://a/start", content=body())
    assert response.json()["body"] == ""


async def test_the_next_request_of_a_generator_is_still_there(world: World) -> None:
    def body() -> Iterator[bytes]:
        yield b"body"

    async with world.client(transport=Sending()) as client:
        response = await client.post("http://a/", content=body())
        assert response.next_request.url == "http://a/end"
        with pytest.raises(httpx.StreamConsumed):
            await client.send(response.next_request)


async def test_a_redirect_out_of_http(world: World) -> None:
    handler = redirecting(302, "ftp://example.org/file")
    async with world.client(mounts={"http://": httpx.MockTransport(handler)}) as client:
        with pytest.raises(httpx.UnsupportedProtocol, match="'ftp://'"):
            await client.get("http://a/start", follow_redirects=True)


def test_the_redirect_seams_may_be_overridden() -> None:
    class Own(httpx.Client):
        def _redirect_headers(self, request: Any, url: Any, method: Any) -> httpx.Headers:
            headers = super()._redirect_headers(request, url, method)
            headers["Authorization"] = request.headers["Authorization"]
            return headers

    with Own(
        transport=httpx.MockTransport(redirecting(302, "https://b/")), follow_redirects=True
    ) as client:
        response = client.get("http://a/start", headers={"Authorization": "kept"})
    assert dict(response.json()["headers"])["authorization"] == "kept"
