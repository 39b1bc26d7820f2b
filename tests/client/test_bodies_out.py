"""Bodies of requests, over sockets: every kind of source, in every world, framed exactly."""

from __future__ import annotations

import io
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import httpx
from tests.servers import HTTPServer, RawServer, Request, response
from tests.worlds import World

CONTENT = bytes(range(256)) * 1000  # 256 kB: several reads of a file
AWAITING = pytest.mark.worlds("asyncio", "trio")  # what is awaited, a blocking client refuses


def seen(request: Request) -> dict[str, Any]:
    """A route that tells how a body was framed, and whether it was `CONTENT`."""
    return {
        "length": request.get("content-length"),
        "encoding": request.get("transfer-encoding"),
        "same": request.body == CONTENT,
        "size": len(request.body),
    }


def exactly(size: int = len(CONTENT), same: bool = True) -> dict[str, Any]:
    return {"length": str(size), "encoding": None, "same": same, "size": size}


CHUNKED = {"length": None, "encoding": "chunked", "same": True, "size": len(CONTENT)}


def halves() -> Iterator[bytes]:
    yield CONTENT[:100_000]
    yield b""
    yield CONTENT[100_000:]


async def async_halves() -> AsyncIterator[bytes]:
    for half in halves():
        yield half


class Again:
    """An iterable that can be iterated again, and no sequence."""

    def __iter__(self) -> Iterator[bytes]:
        return halves()


def on_disk(make: Callable[..., Any], **options: Any) -> Any:
    file = make(**options)
    file.write(CONTENT)
    file.seek(0)
    return file


class Pipe(io.RawIOBase):
    """A file that can only be read on."""

    def __init__(self) -> None:
        self._content = io.BytesIO(CONTENT)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._content.readinto(buffer)


SOURCES: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "bytes": (lambda: CONTENT, exactly()),
    "bytearray": (lambda: bytearray(CONTENT), exactly()),
    "memoryview": (lambda: memoryview(CONTENT), exactly()),
    "text": (lambda: "é" * 50_000, exactly(100_000, same=False)),
    "list": (lambda: list(halves()), CHUNKED),
    "iterable": (Again, CHUNKED),
    "generator": (halves, CHUNKED),
    "BytesIO": (lambda: io.BytesIO(CONTENT), exactly()),
    "file": (lambda: on_disk(tempfile.TemporaryFile), exactly()),
    "unbuffered file": (lambda: on_disk(tempfile.TemporaryFile, buffering=0), exactly()),
    "spooled in memory": (lambda: on_disk(tempfile.SpooledTemporaryFile), exactly()),
    "spooled on disk": (lambda: on_disk(tempfile.SpooledTemporaryFile, max_size=9), exactly()),
    "pipe": (Pipe, CHUNKED),
}


def close(source: Any) -> None:
    if isinstance(source, io.IOBase) or hasattr(source, "rollover"):
        source.close()


@pytest.mark.parametrize("name", SOURCES)
async def test_every_source_is_framed_exactly(world: World, name: str) -> None:
    make, expected = SOURCES[name]
    source = make()
    with HTTPServer(seen) as server:
        async with world.client() as client:
            answer = await client.post(server.url, content=source)
            again = await client.get(server.url)
    close(source)
    assert answer.json() == expected
    assert again.json()["size"] == 0
    assert server.accepted == 1


@pytest.mark.parametrize("make", [lambda: CONTENT, lambda: io.BytesIO(CONTENT)])
async def test_chunked_at_the_caller_s_wish(world: World, make: Callable[[], Any]) -> None:
    headers = {"Transfer-Encoding": "chunked"}
    with HTTPServer(lambda request: request.body) as server:
        async with world.client() as client:
            answer = await client.post(server.url, content=make(), headers=headers)
            assert answer.content == CONTENT
    assert server.requests[0].get_list("transfer-encoding") == ["chunked"]
    assert server.requests[0].get("content-length") is None


@AWAITING
async def test_async_sources(world: World, tmp_path: Path) -> None:
    import anyio

    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    with HTTPServer(seen) as server:
        async with world.client() as client:
            answer = await client.post(server.url, content=async_halves())
            assert answer.json() == CHUNKED
            async with await anyio.open_file(path, "rb") as file:
                answer = await client.post(server.url, content=file)
                assert answer.json() == exactly()
                await file.seek(5)
                answer = await client.post(server.url, content=file)
                assert answer.json() == exactly(len(CONTENT) - 5, same=False)


@pytest.mark.worlds("blocking")  # an event loop takes them
async def test_a_blocking_client_refuses_what_is_awaited(world: World) -> None:
    async with world.client() as client:
        with pytest.raises(RuntimeError, match="send an async request with a sync Client"):
            await client.post("http://127.0.0.1:1/", content=async_halves())


async def test_a_file_counts_from_where_it_is(world: World) -> None:
    with HTTPServer(seen) as server, on_disk(tempfile.TemporaryFile) as file:
        async with world.client() as client:
            file.seek(1000)
            answer = await client.post(server.url, content=file)
            assert answer.json() == exactly(len(CONTENT) - 1000, same=False)
            assert (await client.post(server.url, content=file)).json() == exactly(0, same=False)


@pytest.mark.parametrize("status", [307, 308])
async def test_replays_rewind(world: World, status: int) -> None:
    bodies = []

    def serve(request: Request) -> Any:
        bodies.append(request.body)
        return 200 if request.path == "/there" else status, {"Location": "/there"}, b""

    with HTTPServer(serve) as server, on_disk(tempfile.TemporaryFile) as file:
        file.seek(10)
        async with world.client(follow_redirects=True) as client:
            answer = await client.put(server.url, content=file)
            assert answer.status_code == 200
            await client.put(server.url, files={"file": ("name", file)})
    assert bodies[0] == bodies[1] == CONTENT[10:]
    assert bodies[2] == bodies[3]
    assert CONTENT in bodies[2]


async def test_authentication_rewinds(world: World) -> None:
    """A challenge is answered with the whole body again, from where the file was."""
    bodies = []

    def serve(request: Request) -> Any:
        bodies.append(request.body)
        if request.get("authorization") is not None:
            return 200, {}, b""
        challenge = 'Digest realm="here", nonce="1", qop="auth", algorithm=SHA-256'
        return 401, {"WWW-Authenticate": challenge}, b""

    with HTTPServer(serve) as server, on_disk(tempfile.TemporaryFile) as file:
        for options in ({"content": file}, {"files": {"file": ("name", file)}}):
            file.seek(10)
            async with world.client(auth=httpx.DigestAuth("user", "secret")) as client:
                assert (await client.post(server.url, **options)).status_code == 200
    assert bodies[0] == bodies[1] == CONTENT[10:]
    assert bodies[2] == bodies[3]
    assert CONTENT in bodies[2]
    assert len(bodies) == 4


async def test_a_dead_connection_rewinds(world: World) -> None:
    bodies = []

    def serve(conn: Any) -> None:
        while (request := conn.read_head()) is not None:
            if conn.number == 0 and len(server.requests) == 2:
                conn.read_exactly(70_000)
                conn.reset()
                return
            bodies.append(conn.read_body(request))
            conn.send(response())

    with RawServer(serve) as server, on_disk(tempfile.TemporaryFile) as file:
        file.seek(10)
        async with world.client() as client:
            await client.get(server.url)
            await client.put(server.url, content=file)
    assert server.accepted == 2
    assert bodies == [b"", CONTENT[10:]]


@pytest.mark.parametrize("make", [halves, Pipe])
async def test_what_cannot_be_replayed_is_not_sent_again(
    world: World, make: Callable[[], Any]
) -> None:
    def serve(request: Request) -> Any:
        return 307, {"Location": "/there"}, b""

    with HTTPServer(serve) as server:
        async with world.client(follow_redirects=True) as client:
            with pytest.raises(httpx.StreamConsumed) as raised:
                await client.put(server.url, content=make())
    assert "The body came from" in str(raised.value.__notes__)
    assert len(server.requests) == 1


LENGTHS = [(len(CONTENT) + 1, "Too little"), (len(CONTENT) - 1, "Too much"), (1, "Too much")]


@pytest.mark.parametrize(("length", "text"), LENGTHS)
@pytest.mark.parametrize("name", ["bytes", "generator", "file"])
@pytest.mark.parametrize("fast_lane", [True, False])
async def test_another_length_than_announced(
    world: World, name: str, length: int, text: str, fast_lane: bool
) -> None:
    source = SOURCES[name][0]()
    with HTTPServer(seen) as server:
        async with world.client(transport=world.transport(fast_lane=fast_lane)) as client:
            headers = {"Content-Length": str(length)}
            with pytest.raises(httpx.LocalProtocolError, match=f"{text} data") as raised:
                await client.post(server.url, content=source, headers=headers)
            assert raised.value.request.method == "POST"
            answer = await client.post(server.url, content=CONTENT)
            assert answer.json() == exactly()
    close(source)


async def test_a_file_that_shrinks_meanwhile(world: World) -> None:
    with HTTPServer(seen) as server, on_disk(tempfile.TemporaryFile) as file:
        async with world.client() as client:
            request = client.build_request("POST", server.url, content=file)
            file.truncate(1000)
            with pytest.raises(httpx.LocalProtocolError, match="Too little data"):
                await client.send(request)


# -- an event loop is never held up ------------------------------------------------------------


class Watched(io.FileIO):
    """Notes who reads it, and how much at once."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.threads: set[int] = set()
        self.sizes: set[int] = set()

    def read(self, size: int | None = -1) -> bytes:
        self.threads.add(threading.get_ident())
        self.sizes.add(-1 if size is None else size)
        return super().read(size) or b""


@AWAITING
@pytest.mark.parametrize("how", ["content", "files", "list of files"])
async def test_no_blocking_read_on_the_loops_thread(world: World, tmp_path: Path, how: str) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    with HTTPServer(seen) as server, Watched(tmp_path / "file") as file:
        options: dict[str, Any] = {
            "content": {"content": file},
            "files": {"files": {"file": file}, "data": {"a": "b"}},
            "list of files": {"files": [("one", b"bytes"), ("two", file)]},
        }[how]
        async with world.client() as client:
            answer = await client.post(server.url, **options)
            assert answer.json()["size"] >= len(CONTENT)
            await client.send(client.build_request("POST", server.url, **options))
    assert file.threads
    assert threading.get_ident() not in file.threads
    assert min(file.sizes) >= 65_536


@AWAITING
@pytest.mark.parametrize("transport", ["mock", "asgi"])
async def test_nor_for_other_transports_and_hooks(
    world: World, tmp_path: Path, transport: str
) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    got = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        got.append(body)
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    async def handler(request: httpx.Request) -> httpx.Response:
        got.append(request.content)
        return httpx.Response(200)

    async def hook(request: httpx.Request) -> None:
        await request.aread()

    for hooks in ([], [hook]):
        chosen: Any = (
            httpx.MockTransport(handler) if transport == "mock" else httpx.ASGITransport(app)
        )
        with Watched(tmp_path / "file") as file:
            async with httpx.AsyncClient(
                transport=chosen, event_hooks={"request": hooks}
            ) as client:
                await client.post("http://example.com/", content=file)
        assert file.threads
        assert threading.get_ident() not in file.threads
    assert got == [CONTENT] * 2


@AWAITING
async def test_the_loop_runs_while_a_source_waits(world: World) -> None:
    """The source gives its second piece only after the loop has done something else."""
    waits, goes_on = threading.Event(), threading.Event()

    def source() -> Iterator[bytes]:
        yield CONTENT
        waits.set()
        assert goes_on.wait(10)
        yield CONTENT

    async def elsewhere() -> None:
        from httpx._network.detect import run_in_thread

        await run_in_thread(waits.wait, 10)
        goes_on.set()

    with HTTPServer(seen) as server:
        async with world.client() as client:
            answer, _ = await world.gather(
                lambda: client.post(server.url, content=source()), elsewhere
            )
    assert answer.json()["size"] == 2 * len(CONTENT)


@AWAITING
async def test_who_is_cancelled_does_not_wait_for_a_source(world: World) -> None:
    """A pipe may have nothing to give for ever; its thread is left to itself."""
    import anyio

    from httpx._network.detect import run_in_thread

    waits, goes_on = threading.Event(), threading.Event()
    waited: list[bool] = []

    def source() -> Iterator[bytes]:
        yield CONTENT
        waits.set()
        waited.append(goes_on.wait(10))

    with HTTPServer(seen) as server:
        async with world.client() as client:
            for options in ({"content": source()}, {"files": {"file": ("name", source())}}):
                waits.clear()
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(lambda: client.post(server.url, **options))  # noqa: B023
                    await run_in_thread(waits.wait, 10)
                    tasks.cancel_scope.cancel()
                assert waited == []
                assert client.pool_stats().active == 0
            assert (await client.get(server.url)).status_code == 200
        goes_on.set()


@AWAITING
async def test_forms_of_async_files(world: World, tmp_path: Path) -> None:
    import anyio

    (tmp_path / "file").write_bytes(CONTENT)
    with HTTPServer(lambda request: request.body) as server:
        async with world.client() as client:
            async with await anyio.open_file(tmp_path / "file", "rb") as file:
                files = {"one": ("1", file), "two": ("2", async_halves()), "three": ("3", b"3")}
                answer = await client.post(server.url, files=files)
    assert answer.content.count(CONTENT) == 2
    assert "transfer-encoding" in answer.request.headers


async def test_a_form_has_its_exact_length(world: World) -> None:
    with HTTPServer(seen) as server, on_disk(tempfile.TemporaryFile) as file:
        file.seek(500)  # parts start at their beginning
        async with world.client() as client:
            answer = await client.post(server.url, files={"file": ("name", file)}, data={"a": "b"})
    assert answer.json()["length"] == str(answer.json()["size"])


# -- sources that are left half-way ------------------------------------------------------------


class Left:
    """A generator of pieces, in the world's own kind, that notes its end."""

    def __init__(self, world: World) -> None:
        self.ended = False
        self.source = self.blocking() if world.name == "blocking" else self.awaiting()

    def blocking(self) -> Iterator[bytes]:
        try:
            while True:
                yield CONTENT
        finally:
            self.ended = True

    async def awaiting(self) -> AsyncIterator[bytes]:
        try:
            while True:
                yield CONTENT
        finally:
            self.ended = True


def refuse(conn: Any) -> None:
    """Answer without reading the body."""
    conn.read_head()
    conn.send(response(413, {"Connection": "close"}, b"too large"))
    conn.shutdown_write()
    conn.hold()


@pytest.mark.parametrize("how", ["content", "files"])
async def test_the_server_has_had_enough(world: World, how: str) -> None:
    left = Left(world)
    options = {"content": left.source} if how == "content" else {"files": {"f": left.source}}
    with RawServer(refuse) as server:
        async with world.client() as client:
            answer = await client.post(server.url, **options)
    assert (answer.status_code, answer.content) == (413, b"too large")
    assert left.ended


async def test_too_much_ends_the_source(world: World) -> None:
    left = Left(world)
    with HTTPServer(seen) as server:
        async with world.client() as client:
            with pytest.raises(httpx.LocalProtocolError, match="Too much"):
                await client.post(server.url, content=left.source, headers={"Content-Length": "9"})
    assert left.ended


async def test_a_time_out_ends_the_source(world: World) -> None:
    left = Left(world)

    def ignore(conn: Any) -> None:
        conn.read_head()
        server.stopping.wait(10)

    with RawServer(ignore) as server:
        async with world.client(timeout=httpx.Timeout(5, write=0.05)) as client:
            with pytest.raises(httpx.WriteTimeout):
                await client.post(server.url, content=left.source)
    assert left.ended


async def test_a_source_that_fails(world: World) -> None:
    def fails() -> Iterator[bytes]:
        yield CONTENT
        raise KeyError("mine")

    with HTTPServer(seen) as server:
        async with world.client() as client:
            with pytest.raises(KeyError, match="mine"):
                await client.post(server.url, content=fails())
            assert (await client.post(server.url, content=CONTENT)).json() == exactly()


@AWAITING
async def test_a_source_that_fails_when_it_ends(world: World) -> None:
    async def fails() -> AsyncIterator[bytes]:
        try:
            while True:
                yield CONTENT
        finally:
            raise KeyError("at the end")

    with RawServer(refuse) as server:
        async with world.client() as client:
            with pytest.raises(KeyError, match="at the end"):
                await client.post(server.url, content=fails())


def test_a_file_is_not_closed() -> None:
    with HTTPServer(seen) as server, on_disk(tempfile.TemporaryFile) as file:
        with httpx.Client() as client:
            client.post(server.url, content=file)
        assert not file.closed
        assert file.tell() == len(CONTENT)
        assert os.fstat(file.fileno()).st_size == len(CONTENT)
