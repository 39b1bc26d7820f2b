"""Sending again what a dying connection has not answered (RFC 9110 9.2.2; USERS.md 6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import httpx
from tests.servers import Conn, RawServer, Request, response
from tests.worlds import World


class Leaving(RawServer):
    """Answers the first request of each connection, and hangs up on the second one: after it
    has read it, so that nobody can have noticed before. `seen` has all of them."""

    def __init__(self, answer_first: int = 1, begun: bytes = b"") -> None:
        super().__init__(self._leave)
        self._answer_first = answer_first
        self._begun = begun
        self.seen: list[Request] = []

    def _leave(self, conn: Conn) -> None:
        for _ in range(self._answer_first):
            request = conn.read_request()
            if request is None:
                return
            self.seen.append(request)
            conn.send(response(body=b"done"))
        request = conn.read_request()
        if request is not None:
            self.seen.append(request)
            if self._begun:
                conn.send(self._begun)
            if request.path == "/reset":
                conn.reset()

    @property
    def lines(self) -> list[str]:
        return [f"{request.method} {request.conn.number}" for request in self.seen]


async def warm(client: Any, url: str) -> None:
    """Have a connection that has served before."""
    assert (await client.get(url)).status_code == 200


async def test_every_get_succeeds(world: World, full: bool) -> None:
    """Against a server that closes at each second request, at the worst moment."""
    count = 1000 if full else 200
    with Leaving() as server:
        async with world.client() as client:
            for _ in range(count):
                assert (await client.get(server.url)).text == "done"
            stats = client.pool_stats()
    assert stats.opened == count  # each connection served one, and lost one but for the last
    assert stats.requests == 2 * count - 1


async def test_every_get_succeeds_at_the_same_time(world: World, full: bool) -> None:
    count = 1000 if full else 200
    with Leaving() as server:
        limits = httpx.Limits(max_connections=10)
        async with world.client(limits=limits, timeout=60) as client:

            async def work() -> None:
                for _ in range(count // 20):
                    assert (await client.get(server.url)).text == "done"

            assert await world.gather(*[work] * 20) == [None] * 20
            stats = client.pool_stats()
    assert (stats.active, stats.waiting, stats.connecting) == (0, 0, 0)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "QUERY"])
@pytest.mark.parametrize("path", ["/", "/reset"])
async def test_idempotent_requests_are_sent_again(world: World, method: str, path: str) -> None:
    body = {"content": b"body"} if method in ("PUT", "QUERY") else {}
    with Leaving() as server:
        async with world.client() as client:
            await warm(client, server.url)
            answer = await client.request(method, server.url + path, **body)
            assert answer.status_code == 200
        assert server.lines == ["GET 0", f"{method} 0", f"{method} 1"]
        assert {request.body for request in server.seen[1:]} == {body.get("content", b"")}


@pytest.mark.parametrize("content", [None, b"body"])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_post_that_may_have_arrived_raises(
    world: World, method: str, content: bytes | None
) -> None:
    """Also one without a body: it may have been acted on."""
    with Leaving() as server:
        async with world.client() as client:
            await warm(client, server.url)
            with pytest.raises(httpx.RemoteProtocolError) as info:
                await client.request(method, server.url, content=content)
            text = str(info.value)
            assert text.startswith("Server disconnected without sending a response.")
            assert text.endswith(
                "The request was not sent again: it may have reached the server, "
                "and is not idempotent."
            )
            assert info.value.request.method == method
            assert client.pool_stats().active == 0
        assert server.lines == ["GET 0", f"{method} 0"]


async def test_whatever_broke_the_connection_is_a_sentence(world: World) -> None:
    with Leaving() as server:
        async with world.client() as client:
            await warm(client, server.url)
            with pytest.raises(httpx.ReadError) as info:
                await client.post(f"{server.url}/reset")
            peer = f"127.0.0.1:{server.port}"
            assert f"while reading from {peer}. The request was not" in str(info.value)


@pytest.mark.parametrize("name", ["Idempotency-Key", "X-Idempotency-Key"])
async def test_an_idempotency_key_makes_a_post_safe(world: World, name: str) -> None:
    with Leaving() as server:
        async with world.client() as client:
            await warm(client, server.url)
            answer = await client.post(server.url, content=b"pay", headers={name: "k"})
            assert answer.status_code == 200
        assert server.lines == ["GET 0", "POST 0", "POST 1"]


async def test_never_on_a_fresh_connection(world: World) -> None:
    with Leaving(answer_first=0) as server:
        async with world.client() as client:
            with pytest.raises(httpx.RemoteProtocolError) as info:
                await client.get(server.url)
            assert "sent again" not in str(info.value)
        assert server.lines == ["GET 0"]


async def test_only_once(world: World) -> None:
    """The new connection is fresh: its failure is the server's word."""

    def handler(conn: Conn) -> None:
        conn.read_request()
        if conn.number == 0:
            conn.send(response(body=b"done"))
            conn.read_request()

    with RawServer(handler) as server:
        async with world.client() as client:
            await warm(client, server.url)
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(server.url)
        assert server.accepted == 2


async def test_not_after_the_first_byte_of_the_response(world: World) -> None:
    with Leaving(begun=b"H") as server:
        async with world.client() as client:
            await warm(client, server.url)
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(server.url)
        assert server.lines == ["GET 0", "GET 0"]


async def test_idle_connections_are_not_tried_one_after_the_other(world: World) -> None:
    """They may well have died together: the second attempt takes a new one."""
    with Leaving() as server:
        async with world.client() as client:
            held = []
            for _ in range(3):
                request = client.build_request("GET", server.url)
                held.append(await client.send(request, stream=True))
            for answer in held:
                await answer.aread()
            assert client.pool_stats().idle == 3
            assert (await client.get(server.url)).status_code == 200
            assert client.pool_stats().opened == 4


class Twice:
    """A body that can be given again."""

    def __init__(self) -> None:
        self.passes = 0

    def __iter__(self) -> Iterator[bytes]:
        self.passes += 1
        yield b"one"
        yield b"two"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.passes += 1
        yield b"one"
        yield b"two"


def once(world: World) -> Any:
    """A generator of the world's kind."""
    body = Twice()
    return iter(body) if world.name == "blocking" else aiter(body)


async def test_a_body_that_can_be_given_again_is(world: World) -> None:
    body = Twice()
    with Leaving() as server:
        async with world.client() as client:
            await warm(client, server.url)
            answer = await client.put(server.url, content=body)
            assert answer.status_code == 200
        assert [request.body for request in server.seen[1:]] == [b"onetwo", b"onetwo"]
    assert body.passes == 2


async def test_a_generator_cannot_be_given_again(world: World) -> None:
    with Leaving() as server:
        async with world.client() as client:
            await warm(client, server.url)
            with pytest.raises(httpx.RemoteProtocolError) as info:
                await client.put(server.url, content=once(world))
            assert str(info.value).endswith(
                "The request was not sent again: its body cannot be read again."
            )
        assert server.lines == ["GET 0", "PUT 0"]


async def test_a_file_is_sent_again_from_where_it_stood(world: World, tmp_path: Any) -> None:
    path = tmp_path / "body"
    path.write_bytes(b"skipped, sent")
    with Leaving() as server, path.open("rb") as file:
        file.seek(9)
        async with world.client() as client:
            await warm(client, server.url)
            answer = await client.put(server.url, content=file)
            assert answer.status_code == 200
        assert [request.body for request in server.seen[1:]] == [b"sent", b"sent"]


@pytest.mark.worlds("blocking", "trio")
async def test_a_post_that_no_socket_took_is_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No byte was accepted: nobody can have seen it."""
    from httpx._network.sockets import SocketStream

    with Leaving() as server:
        async with world.client() as client:
            await warm(client, server.url)
            write_some = SocketStream.write_some
            broken = []

            async def failing(self: Any, data: Any, *args: Any, **options: Any) -> int:
                if not broken:
                    broken.append(self)
                    raise httpx.WriteError("broken pipe")
                return await write_some(self, data, *args, **options)

            async def silent(self: Any, *args: Any) -> bytes:
                if self in broken:
                    return b""
                return await read(self, *args)

            read = SocketStream.read
            monkeypatch.setattr(SocketStream, "write_nowait", lambda self, data: 0)
            monkeypatch.setattr(SocketStream, "write_some", failing)
            monkeypatch.setattr(SocketStream, "read", silent)
            answer = await client.post(server.url, content=b"body")
            assert answer.status_code == 200
        assert server.lines == ["GET 0", "POST 1"]


async def test_not_after_the_client_was_closed(world: World) -> None:
    """The connection died because its own side closed it: nothing is opened for that."""
    with Leaving() as server:
        client = world.client()
        await warm(client, server.url)
        transport = client._transport

        async def trace(name: str, info: Any) -> None:
            if name == "http11.receive_response_headers.started":
                transport._pool.close()

        def plain_trace(name: str, info: Any) -> None:
            if name == "http11.receive_response_headers.started":
                transport._pool.close()

        listener = plain_trace if world.name == "blocking" else trace
        with pytest.raises(httpx.ReadError, match="closed"):
            await client.get(server.url, extensions={"trace": listener})
        assert transport.pool_stats().opened == 1
        await client.aclose()
        assert server.accepted == 1
