"""What tools do to the real httpcore, and to a transport's pool, done to this build."""

from __future__ import annotations

import functools
import os
import pickle
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import httpcore
import pytest

import httpx
from httpx._connections.pool import Pool
from httpx._transports.compat import PatchablePool

from ..servers import Conn, HTTPServer, RawServer

KINDS = ["ConnectionPool", "HTTPProxy", "HTTPConnection"]
SOURCE = Path(__file__).parent.parent.parent / "src"


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(lambda request: f"{request.method} {request.target}") as server:
        yield server


def place(world: Any, kind: str) -> tuple[type, str]:
    """A class of httpcore, and the method of it that tools replace in this world."""
    if world.name == "blocking":
        return getattr(httpcore, kind), "handle_request"
    return getattr(httpcore, f"Async{kind}"), "handle_async_request"


def answering(world: Any, function: Any) -> Any:
    """A replacement that never calls what it replaces."""

    async def handle(self: Any, request: Any) -> Any:
        return function(request)

    return handle if world.name != "blocking" else lambda self, request: function(request)


def spying(world: Any, kind: str, calls: list[Any]) -> Any:
    """A replacement that passes everything on, and borrows the name of what it wraps."""
    real = getattr(*place(world, kind))

    @functools.wraps(real)
    def handle(self: Any, request: Any) -> Any:
        calls.append(request)
        return real(self, request)

    return handle


def patched(world: Any, function: Any, kind: str = "ConnectionPool") -> Any:
    return mock.patch.object(*place(world, kind), function)


# Methods of httpcore that are replaced


@pytest.mark.parametrize("kind", KINDS)
async def test_requests_go_through_what_was_replaced(
    world: Any, kind: str, server: HTTPServer
) -> None:
    calls: list[Any] = []
    proxy = server.url if kind == "HTTPProxy" else None
    async with world.client(proxy=proxy) as client:
        with patched(world, spying(world, kind, calls), kind):
            response = await client.post(server.url + "/a?b=1", content=b"hello")
        assert response.text.endswith("/a?b=1")
        request = calls[0]
        assert isinstance(request, httpcore.Request)
        assert (request.method, request.url.target) == (b"POST", b"/a?b=1")
        # What is not replaced any more is not used any more.
        assert (await client.get(server.url + "/a")).is_success
        assert len(calls) == 1


async def test_nothing_replaced_and_nothing_of_httpcore_is_used(
    world: Any, server: HTTPServer
) -> None:
    async with world.client() as client:
        assert (await client.get(server.url)).is_success
        assert client._transport._pool.double is None


async def test_tls_through_httpcore_and_without(
    world: Any, ssl_context: Any, server_context: Any
) -> None:
    with HTTPServer(lambda request: "hello", tls=server_context) as server:
        url = f"https://localhost:{server.port}"
        async with world.client(verify=ssl_context) as client:
            with patched(world, spying(world, "ConnectionPool", [])):
                assert (await client.get(url)).text == "hello"
            assert (await client.get(url)).text == "hello"
        assert server.accepted == 2


async def test_an_answer_without_a_network(world: Any) -> None:
    seen = []

    def answer(request: Any) -> httpcore.Response:
        seen.append(request)
        return httpcore.Response(
            201, headers=[(b"X-Y", b"z")], content=b"body", extensions={"reason_phrase": b"Made"}
        )

    async with world.client(headers={"a": "b"}, timeout=5.0) as client:
        with patched(world, answering(world, answer)):
            response = await client.get("https://example.org:8443/p?q=%20")
    assert (response.status_code, response.reason_phrase, response.text) == (201, "Made", "body")
    assert response.headers.raw == [(b"X-Y", b"z")]
    url = seen[0].url
    assert (url.scheme, url.host, url.port) == (b"https", b"example.org", 8443)
    assert url.target == b"/p?q=%20"
    assert (b"a", b"b") in seen[0].headers
    assert seen[0].extensions["timeout"]["connect"] == 5.0


async def test_a_limit_holds_there_too(world: Any) -> None:
    async with world.client(transport=world.transport(max_response_size=3)) as client:
        with patched(world, answering(world, lambda _: httpcore.Response(200, content=b"body"))):
            with pytest.raises(httpx.ResponseTooLarge, match="is 3 bytes"):
                await client.get("https://example.org/")


@pytest.mark.parametrize("raised", [httpcore.ConnectTimeout, httpx.ConnectTimeout])
async def test_an_error_is_ours_and_has_its_request(world: Any, raised: Any) -> None:
    def fail(request: Any) -> Any:
        raise raised("slow")

    async with world.client() as client:
        with patched(world, answering(world, fail)):
            with pytest.raises(httpx.ConnectTimeout, match="slow") as caught:
                await client.get("https://example.org/")
    assert caught.value.request.url == "https://example.org/"


async def test_an_error_in_the_body_is_ours(world: Any) -> None:
    class Body:
        def __iter__(self) -> Any:
            yield b"a"
            raise httpcore.ReadError("cut off")

        async def __aiter__(self) -> Any:
            for piece in self:
                yield piece

    async with world.client() as client:
        with patched(world, answering(world, lambda _: httpcore.Response(200, content=Body()))):
            with pytest.raises(httpx.ReadError, match="cut off") as caught:
                await client.get("https://example.org/")
    assert caught.value.request.url == "https://example.org/"


async def test_closing_closes_what_httpcore_opened(world: Any, server: HTTPServer) -> None:
    async with world.client() as client:
        with patched(world, spying(world, "ConnectionPool", [])):
            await client.get(server.url)
        (connection,) = client._transport._pool.double.connections
        assert connection.is_idle()
    assert connection.is_closed()


async def test_httpcore_that_is_just_being_imported_is_left_alone(
    world: Any, server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "httpcore", types.ModuleType("httpcore"))
    async with world.client() as client:
        assert (await client.get(server.url)).is_success


def test_httpcore_is_never_imported_by_this_package(server: HTTPServer) -> None:
    program = (
        "import asyncio, sys, httpx\n"
        "httpx.get(sys.argv[1])\n"
        "async def main():\n"
        "    async with httpx.AsyncClient() as client:\n"
        "        await client.get(sys.argv[1])\n"
        "asyncio.run(main())\n"
        "assert not hasattr(httpx.HTTPTransport()._pool, '_network_backend')\n"
        "assert 'httpcore' not in sys.modules\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-W", "error", "-c", program, server.url]
    subprocess.run(command, check=True, env=environment, timeout=30)


# What tools look for in a transport's pool


@pytest.mark.parametrize(
    ("proxy", "kind"),
    [
        (None, "ConnectionPool"),
        ("http://u:p@proxy:3128", "HTTPProxy"),
        ("https://proxy", "HTTPProxy"),
        ("socks5://u:p@proxy:1080", "SOCKSProxy"),
    ],
)
def test_the_pool_is_an_instance_of_the_class_in_httpcore(proxy: str | None, kind: str) -> None:
    blocking = httpx.HTTPTransport(proxy=proxy)._pool
    awaiting = httpx.AsyncHTTPTransport(proxy=proxy)._pool
    assert isinstance(blocking, getattr(httpcore, kind))
    assert isinstance(awaiting, getattr(httpcore, f"Async{kind}"))
    assert isinstance(blocking, httpcore.HTTPProxy) is (kind == "HTTPProxy")
    for pool in (blocking, awaiting):
        assert isinstance(pool, Pool)
        assert pool.connections == []
        if kind == "HTTPProxy":
            assert pool._proxy_url.scheme == proxy.split(":")[0].encode()  # type: ignore[union-attr]
            assert pool._proxy_url.host == b"proxy"
            expected = [(b"Proxy-Authorization", b"Basic dTpw")] if "u:p" in str(proxy) else []
            assert pool._proxy_headers == expected


def test_the_pool_knows_its_ssl_context(ssl_context: Any) -> None:
    assert httpx.HTTPTransport(verify=ssl_context)._pool._ssl_context is ssl_context


def test_what_neither_pool_has() -> None:
    pool = httpx.HTTPTransport()._pool
    with pytest.raises(AttributeError, match="nonsense"):
        pool.nonsense
    with pytest.raises(AttributeError, match="__nonsense__"):
        pool.__nonsense__


def test_a_pool_without_httpcore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "httpcore")
    pool = httpx.HTTPTransport()._pool
    assert pool.__class__ is PatchablePool
    with pytest.raises(AttributeError, match="_network_backend"):
        pool._network_backend
    pool.mine = 1  # type: ignore[attr-defined]
    del pool.mine  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="mine"):
        del pool.mine  # type: ignore[attr-defined]


async def test_a_network_backend_that_is_wrapped_guards_every_connection(
    world: Any, server: HTTPServer
) -> None:
    class Guard:
        def __init__(self, inner: Any) -> None:
            self.inner = inner
            self.seen: list[int] = []

        def connect_tcp(self, host: str, port: int, **options: Any) -> Any:
            self.seen.append(port)
            if host == "10.0.0.1":
                raise httpcore.ConnectError("not there")
            return self.inner.connect_tcp(host, port, **options)

    async with world.client() as client:
        pool = client._transport._pool
        guard = pool._network_backend = Guard(pool._network_backend)
        assert pool._network_backend is guard
        assert (await client.get(server.url)).is_success
        assert guard.seen == [httpx.URL(server.url).port]
        with pytest.raises(httpx.ConnectError, match="not there"):
            await client.get("http://10.0.0.1/")


def test_what_the_class_of_our_pool_has_stays_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = httpx.HTTPTransport()._pool
    monkeypatch.setattr(PatchablePool, "later", None, raising=False)
    pool.later = 1  # type: ignore[attr-defined]
    assert pool.__dict__["later"] == 1
    assert pool.double is None


async def test_a_method_replaced_on_the_pool_itself(world: Any, server: HTTPServer) -> None:
    def answer(request: Any) -> Any:
        return httpcore.Response(299)

    async def answer_later(request: Any) -> Any:
        return httpcore.Response(299)

    _, method = place(world, "ConnectionPool")
    replacement = answer if world.name == "blocking" else answer_later
    async with world.client() as client:
        with mock.patch.object(client._transport._pool, method, replacement):
            assert (await client.get(server.url)).status_code == 299
        assert (await client.get(server.url)).status_code == 200


async def test_a_pool_of_httpcore_in_the_place_of_ours(world: Any, server: HTTPServer) -> None:
    kind, _ = place(world, "ConnectionPool")
    async with world.client() as client:
        pool = client._transport._pool = kind(max_connections=1)
        assert (await client.get(server.url)).is_success
        (connection,) = pool.connections
    assert connection.is_closed()


# The extension network_stream


async def test_errors_of_a_network_stream_have_httpcores_names_too(world: Any) -> None:
    def handler(conn: Conn) -> None:
        conn.read_head()
        conn.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        conn.hold()

    def call(stream: Any, method: str, *arguments: Any) -> Any:
        result = getattr(stream, method)(*arguments)
        return result if world.name != "blocking" else immediately(result)

    async def immediately(result: Any) -> Any:
        return result

    with RawServer(handler) as server:
        async with world.client() as client:
            headers = {"connection": "upgrade", "upgrade": "x"}
            async with client.stream("GET", server.url, headers=headers) as response:
                stream = response.extensions["network_stream"]
                with pytest.raises(httpcore.ReadTimeout) as caught:
                    await call(stream, "read", 10, 0.01)
                error = caught.value
                assert isinstance(error, httpx.ReadTimeout)
                copy = pickle.loads(pickle.dumps(error))
                assert type(copy) is httpx.ReadTimeout
                assert str(copy) == str(error)
                await call(stream, "close" if world.name == "blocking" else "aclose")
                with pytest.raises(httpcore.WriteError):
                    await call(stream, "write", b"x")


def test_errors_of_a_network_stream_without_httpcore(monkeypatch: pytest.MonkeyPatch) -> None:
    from httpx._transports.foreign import name_as_httpcore

    monkeypatch.delitem(sys.modules, "httpcore")
    error = httpx.ReadError("x")
    with pytest.raises(httpx.ReadError) as caught, name_as_httpcore():
        raise error
    assert caught.value is error
