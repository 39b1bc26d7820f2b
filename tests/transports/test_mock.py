"""`MockTransport`, and the base classes of transports."""

from __future__ import annotations

from typing import Any

import pytest

import httpx

from ..worlds import World


def hello(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text=f"{request.method} {request.url.path}")


async def test_plain_handler_serves_both_kinds_of_client(world: World) -> None:
    async with world.client(transport=httpx.MockTransport(hello)) as client:
        response = await client.get("http://example.org/x")
    assert response.text == "GET /x"
    assert response.request.url == "http://example.org/x"


async def test_request_body_is_read_for_the_handler(world: World) -> None:
    class Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Any:
            yield b"Hello, "
            yield b"world!"

        async def __aiter__(self) -> Any:
            for chunk in self.__iter__():
                yield chunk

    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=request.content)

    async with world.client(transport=httpx.MockTransport(echo)) as client:
        response = await client.send(httpx.Request("POST", "http://example.org/", stream=Chunks()))
    assert response.content == b"Hello, world!"


@pytest.mark.worlds("asyncio", "trio")  # an async handler needs an async client
async def test_async_handler(world: World) -> None:
    async def handler(request: httpx.Request) -> httpx.Response:
        return hello(request)

    async with world.client(transport=httpx.MockTransport(handler)) as client:
        assert (await client.get("http://example.org/")).text == "GET /"


@pytest.mark.worlds("asyncio", "trio")  # an async handler needs an async client
async def test_async_handler_may_be_any_callable_that_gives_an_awaitable(world: World) -> None:
    class Handler:
        def __call__(self, request: httpx.Request) -> Any:
            return self.answer(request)

        async def answer(self, request: httpx.Request) -> httpx.Response:
            return hello(request)

    async with world.client(transport=httpx.MockTransport(Handler())) as client:
        assert (await client.get("http://example.org/")).text == "GET /"


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_async_handler_under_a_sync_client() -> None:
    async def handler(request: httpx.Request) -> httpx.Response:
        raise AssertionError("never run")

    class Awaitable:
        def __await__(self) -> Any:
            raise AssertionError("never run")

    for function in (handler, lambda request: Awaitable()):
        with httpx.Client(transport=httpx.MockTransport(function)) as client:  # type: ignore[arg-type]
            with pytest.raises(TypeError) as info:
                client.get("http://example.org/")
        assert str(info.value) == "Cannot use an async handler in a sync Client"


@pytest.mark.parametrize(("answer", "kind"), [(None, "NoneType"), ("text", "str")])
async def test_handler_that_returns_no_response(world: World, answer: Any, kind: str) -> None:
    async with world.client(transport=httpx.MockTransport(lambda request: answer)) as client:
        with pytest.raises(TypeError) as info:
            await client.get("http://example.org/")
    assert str(info.value) in (
        "Cannot use an async handler in a sync Client",
        f"object {kind} can't be used in 'await' expression",
    )


async def test_exceptions_of_the_handler_pass_as_they_are(world: World) -> None:
    error = httpx.ConnectError("no")

    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    async with world.client(transport=httpx.MockTransport(handler)) as client:
        with pytest.raises(httpx.ConnectError) as info:
            await client.get("http://example.org/")
    assert info.value is error
    assert error.request.url == "http://example.org/"


def test_base_transport() -> None:
    class Transport(httpx.BaseTransport):
        closed = 0

        def close(self) -> None:
            self.closed += 1

    with Transport() as transport:
        with pytest.raises(NotImplementedError, match="'handle_request'"):
            transport.handle_request(httpx.Request("GET", "http://example.org/"))
        assert transport.closed == 0
    assert transport.closed == 1
    with httpx.BaseTransport() as base:
        base.close()


@pytest.mark.worlds("asyncio", "trio")  # the base class of async transports
async def test_async_base_transport(world: World) -> None:
    class Transport(httpx.AsyncBaseTransport):
        closed = 0

        async def aclose(self) -> None:
            self.closed += 1

    async with Transport() as transport:
        with pytest.raises(NotImplementedError, match="'handle_async_request'"):
            await transport.handle_async_request(httpx.Request("GET", "http://example.org/"))
        assert transport.closed == 0
    assert transport.closed == 1
    async with httpx.AsyncBaseTransport() as base:
        await base.aclose()
