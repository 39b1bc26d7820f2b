"""The server answers while the request's body is still leaving (RFC 9112 section 9.5).

An error, and any other answer that is no success, ends the sending. A success does not: the
server may answer while it reads. Neither side ever waits for the other for ever, however much
there is in both directions.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import pytest

import httpx

from ..servers import PATIENCE, Conn, RawServer, response
from ..worlds import World
from .helpers import answer, open_client, stats

SIZE = 16 * 1024 * 1024  # far more than what sockets hold
PIECE = bytes(256 * 1024)


class Pieces:
    """A body of `SIZE` bytes for either kind of client, that counts what was taken."""

    def __init__(self) -> None:
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(SIZE // len(PIECE)):
            self.taken += len(PIECE)
            yield PIECE

    async def __aiter__(self) -> Any:
        for piece in self:
            yield piece


@pytest.fixture(params=["bytes", "length", "chunked"])
def upload(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A large body in each of the ways in which one can leave."""
    if request.param == "bytes":
        return {"content": bytes(SIZE)}
    if request.param == "length":
        return {"content": Pieces(), "headers": {"Content-Length": str(SIZE)}}
    return {"content": Pieces()}


def wait_for_the_end(conn: Conn) -> None:
    """Keep the connection open and read nothing from it."""
    conn.server.stopping.wait(PATIENCE)


@pytest.mark.parametrize("status", [413, 401, 503, 303])
async def test_an_error_ends_the_sending(
    world: World, fast: bool, upload: dict[str, Any], status: int
) -> None:
    def serve(conn: Conn) -> None:
        conn.read_head()
        if conn.number:
            return conn.send(response(body="next"))
        conn.send(response(status, body="enough"))
        return wait_for_the_end(conn)

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            reply = await client.post(server.url, **upload)
            assert (reply.status_code, reply.text) == (status, "enough")
            assert stats(client) == (0, 0)
            if isinstance(upload["content"], Pieces):
                assert upload["content"].taken < SIZE
            assert (await client.get(server.url)).text == "next"


@pytest.mark.parametrize("end", ["close", "reset"])
async def test_an_error_is_read_though_the_server_has_gone(
    world: World, fast: bool, upload: dict[str, Any], end: str
) -> None:
    """What a server said before it closed with unread bytes is the best explanation there is."""

    def serve(conn: Conn) -> None:
        conn.read_head()
        conn.read_exactly(100_000)
        conn.send(response(413, [("Connection", "close")], body="enough"))
        if end == "close":
            conn.shutdown_write()
        conn.close()

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            reply = await client.post(server.url, **upload)
            assert (reply.status_code, reply.text) == (413, "enough")
            assert stats(client) == (0, 0)


async def test_an_early_head_in_two_parts(world: World, fast: bool, upload: dict[str, Any]) -> None:
    def serve(conn: Conn) -> None:
        conn.read_head()
        conn.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 41")
        conn.read_exactly(SIZE // 4)
        conn.send(b"3 Too Large\r\nContent-Length: 6\r\n\r\nenough")
        wait_for_the_end(conn)

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            reply = await client.post(server.url, **upload)
            assert (reply.status_code, reply.text) == (413, "enough")
            assert stats(client) == (0, 0)


async def test_a_success_does_not_end_the_sending(
    world: World, fast: bool, upload: dict[str, Any]
) -> None:
    received = []

    def serve(conn: Conn) -> None:
        while (request := conn.read_head()) is not None:
            conn.send(answer("Content-Length: 4", body=b"do"))
            received.append(len(conn.read_body(request)))
            conn.send(b"ne")

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            for _ in range(2):
                reply = await client.post(server.url, **upload)
                assert (reply.status_code, reply.text) == (200, "done")
            assert received == [SIZE, SIZE]
            assert stats(client) == (0, 1)
            assert server.accepted == 1


async def test_interim_responses_do_not_end_the_sending(
    world: World, fast: bool, upload: dict[str, Any]
) -> None:
    received = []

    def serve(conn: Conn) -> None:
        request = conn.read_head()
        assert request is not None
        conn.send(answer("Link: </a>", status=b"HTTP/1.1 103 Early Hints") * 3)
        received.append(len(conn.read_body(request)))
        conn.send(response(body="ok"))
        conn.hold()

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            assert (await client.post(server.url, **upload)).text == "ok"
            assert received == [SIZE]
            assert stats(client) == (0, 1)


def echo(conn: Conn) -> None:
    """On one thread: it stops reading while nobody reads what it says."""
    while (request := conn.read_head()) is not None:
        chunked = request.get("transfer-encoding") == "chunked"
        if chunked:
            conn.send(answer("Transfer-Encoding: chunked"))
            for data in conn.read_chunks():
                conn.send(b"%x\r\n%b\r\n" % (len(data), data))
            conn.send(b"0\r\n\r\n")
        else:
            conn.send(answer(f"Content-Length: {SIZE}"))
            left = SIZE
            while left:
                data = conn.receive(min(left, 65_536))
                left -= len(data)
                conn.send(data)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_a_body_that_comes_back_at_once(
    world: World,
    fast: bool,
    upload: dict[str, Any],
    tls: bool,
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
) -> None:
    with RawServer(echo, tls=server_context if tls else None) as server:
        transport = world.transport(fast_lane=fast, verify=ssl_context)
        async with world.client(transport=transport) as client:
            reply = await client.post(server.url, **upload)
            assert len(reply.content) == SIZE
            async with client.stream("POST", server.url, **upload) as reply:
                size = 0
                async for piece in reply.aiter_raw():
                    size += len(piece)
            assert size == SIZE
            assert stats(client) == (0, 1)
            assert server.accepted == 1


async def test_a_large_success_before_the_body_is_read(
    world: World, fast: bool, upload: dict[str, Any]
) -> None:
    received: list[int] = []

    def serve(conn: Conn) -> None:
        request = conn.read_head()
        assert request is not None
        conn.send(answer(f"Content-Length: {SIZE}", body=bytes(SIZE)))
        received.append(len(conn.read_body(request)))
        conn.hold()

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            reply = await client.post(server.url, **upload)
            assert len(reply.content) == SIZE
            assert stats(client) == (0, 1)
            # Not by a blocking wait: the end of the body may be in the event loop's hands.
            await world.until(lambda: received == [SIZE])


async def test_a_large_success_given_up(world: World, fast: bool, upload: dict[str, Any]) -> None:
    """Who closes the response closes the connection: its request has not left as a whole."""

    def serve(conn: Conn) -> None:
        conn.read_head()
        if conn.number:
            return conn.send(response(body="next"))
        return conn.send(answer(f"Content-Length: {SIZE}", body=bytes(SIZE)))

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            async with client.stream("POST", server.url, **upload) as reply:
                assert reply.status_code == 200
            assert stats(client) == (0, 0)
            assert (await client.get(server.url)).text == "next"


@pytest.mark.parametrize("end", ["close", "hold"])
async def test_a_success_of_a_server_that_reads_no_more(
    world: World, fast: bool, upload: dict[str, Any], end: str
) -> None:
    """If it closes, its response stands. If it just stops, the request cannot be sent."""

    def serve(conn: Conn) -> None:
        conn.read_head()
        conn.send(answer("Content-Length: 2", body=b"ok"))
        if end == "hold":
            wait_for_the_end(conn)

    with RawServer(serve) as server:
        timeout = httpx.Timeout(PATIENCE, write=0.2 if end == "hold" else PATIENCE)
        async with open_client(world, fast, timeout=timeout) as client:
            if end == "close":
                assert (await client.post(server.url, **upload)).text == "ok"
            else:
                with pytest.raises(httpx.WriteTimeout):
                    await client.post(server.url, **upload)
            assert stats(client) == (0, 0)


async def test_an_answer_that_is_none(world: World, fast: bool, upload: dict[str, Any]) -> None:
    def serve(conn: Conn) -> None:
        conn.read_head()
        conn.send(b"<html>go away</html>")
        wait_for_the_end(conn)

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            with pytest.raises(httpx.RemoteProtocolError, match=r"^illegal status line"):
                await client.post(server.url, **upload)
            assert stats(client) == (0, 0)


@pytest.mark.parametrize("end", ["close", "reset"])
async def test_no_answer(world: World, fast: bool, upload: dict[str, Any], end: str) -> None:
    def serve(conn: Conn) -> None:
        conn.read_head()
        if end == "reset":
            conn.reset()
        else:
            conn.read_exactly(100_000)
            conn.shutdown_write()
            conn.hold()

    expected = httpx.RemoteProtocolError if end == "close" else httpx.NetworkError
    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            with pytest.raises(expected, match=f"127.0.0.1:{server.port}"):
                await client.post(server.url, **upload)
            assert stats(client) == (0, 0)


async def test_a_generator_is_closed_with_the_response(world: World, fast: bool) -> None:
    """The source of a body that is still leaving ends when its response is given up."""
    ended = []

    def pieces() -> Iterator[bytes]:
        try:
            yield from Pieces()
        finally:
            ended.append(True)

    async def awaited_pieces() -> Any:
        try:
            for piece in Pieces():
                yield piece
        finally:
            ended.append(True)

    def serve(conn: Conn) -> None:
        conn.read_head()
        conn.send(answer(f"Content-Length: {SIZE}", body=bytes(SIZE)))

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            content = pieces() if world.name == "blocking" else awaited_pieces()
            async with client.stream("POST", server.url, content=content) as reply:
                async for _ in reply.aiter_raw():
                    break
                assert not ended
            assert ended == [True]
            assert stats(client) == (0, 0)


async def test_a_generator_that_fails_beside_a_response(world: World, fast: bool) -> None:
    """Who reads the response gets the error of the body that leaves meanwhile."""

    class Failure(Exception):
        pass

    class Failing(Pieces):
        def __iter__(self) -> Iterator[bytes]:
            yield from super().__iter__()
            raise Failure

    def serve(conn: Conn) -> None:
        conn.read_head()
        conn.send(answer(f"Content-Length: {2 * SIZE}", body=bytes(SIZE)))
        conn.hold()

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            with pytest.raises(Failure):
                await client.post(server.url, content=Failing())
            assert stats(client) == (0, 0)
