"""Downloads to a file, over sockets: whole or not at all, and on after a broken connection."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import httpx
from httpx import _calls, _saving
from tests.clock import LONG, Clock
from tests.servers import HTTPServer, Reply, Request, response
from tests.worlds import World

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SHA = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


class Faulty:
    """Serves `CONTENT` with ranges; breaks off after so many bytes, a number for each request."""

    def __init__(self, *breaks: int, etag: str | None = '"one"', **headers: str) -> None:
        self.breaks = iter(breaks)
        self.headers = dict(headers)
        if etag is not None:
            self.headers["ETag"] = etag

    def __call__(self, request: Request) -> Reply | None:
        body, status, extra = CONTENT, 200, dict(self.headers)
        asked = request.get("range")
        validators = (self.headers.get("ETag"), self.headers.get("Last-Modified"))
        if asked is not None and request.get("if-range") in validators:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(CONTENT):
                return Reply(416, {"Content-Range": f"bytes */{len(CONTENT)}"})
            extra["Content-Range"] = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
            body, status = CONTENT[start:], 206
        data = response(status, extra, body)
        cut = next(self.breaks, None)
        if cut is None:
            request.conn.send(data)
        else:
            request.conn.send(data[: data.index(b"\r\n\r\n") + 4 + cut])
            request.conn.close()
        return None


def ranges(server: HTTPServer) -> list[str | None]:
    return [request.get("range") for request in server.requests]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "file.bin"


def alone(target: Path, content: bytes | None = None) -> bool:
    """Whether the target is the only file in its directory (or, without content, none is)."""
    files = list(target.parent.iterdir())
    return files == ([] if content is None else [target]) and (
        content is None or target.read_bytes() == content
    )


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody waits here; how long they would have."""
    noted: list[float] = []

    async def sleep(self: Any, seconds: float) -> None:
        noted.append(seconds)

    monkeypatch.setattr(_calls._Blocking, "sleep", sleep)
    monkeypatch.setattr(_calls._Awaiting, "sleep", sleep)
    return noted


# -- stream_to ---------------------------------------------------------------------------------


async def test_a_response_is_streamed_to_a_path(world: World, target: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    with HTTPServer({"/": CONTENT}) as server:
        async with world.client() as client:
            async with client.stream("GET", server.url) as answer:
                size = await answer.astream_to(
                    target, progress=lambda *pair: calls.append(pair), digest=SHA
                )
                assert answer.is_closed
    assert size == len(CONTENT)
    assert alone(target, CONTENT)
    assert calls[-1] == (len(CONTENT), len(CONTENT))
    assert [received for received, _ in calls] == sorted({received for received, _ in calls})


async def test_a_decoded_body_without_a_length(world: World, target: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    packed = gzip.compress(CONTENT)
    answer_ = Reply(headers={"Content-Encoding": "gzip"}, body=[packed[:100], packed[100:]])
    with HTTPServer({"/": answer_}) as server:
        async with world.client() as client:
            async with client.stream("GET", server.url) as answer:
                await answer.astream_to(
                    str(target), progress=lambda *pair: calls.append(pair), digest=SHA.upper()
                )
    assert target.read_bytes() == CONTENT
    assert calls[-1] == (len(packed), None)


async def test_a_file_object_is_left_open(world: World) -> None:
    with HTTPServer({"/": CONTENT}) as server, tempfile.TemporaryFile() as file:
        file.write(b"before ")
        async with world.client() as client:
            async with client.stream("GET", server.url) as answer:
                await answer.astream_to(file)
        file.seek(0)
        assert file.read() == b"before " + CONTENT


async def test_a_raw_file_that_takes_a_part_at_a_time(world: World) -> None:
    class Slow(io.RawIOBase):
        taken = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.taken += bytes(data[:99_999])
            return min(99_999, len(data))

    file = Slow()
    with HTTPServer({"/": CONTENT}) as server:
        async with world.client() as client:
            async with client.stream("GET", server.url) as answer:
                await answer.astream_to(file)
    assert file.taken == CONTENT


@pytest.mark.parametrize("wrong", [io.StringIO(), 7, None])
async def test_what_is_no_target(world: World, wrong: Any) -> None:
    answer = httpx.Response(200, content=b"x")
    with pytest.raises(TypeError, match="saved to a path or a binary file, not to"):
        answer.stream_to(wrong)


@pytest.mark.parametrize("digest", ["sha256", "sha256:12", "none:12", "shake_128:", "sha256:zz"])
def test_what_is_no_digest(digest: str) -> None:
    with pytest.raises(ValueError, match="algorithm:hexadecimal"):
        httpx.Response(200, content=b"x").stream_to(io.BytesIO(), digest=digest)


async def test_a_wrong_digest_leaves_what_was_there(world: World, target: Path) -> None:
    target.write_bytes(b"older")
    other = f"sha256:{hashlib.sha256(b'other').hexdigest()}"
    with HTTPServer({"/": CONTENT}) as server:
        async with world.client() as client:
            async with client.stream("GET", server.url) as answer:
                with pytest.raises(httpx.DigestMismatch, match="sha256 of what was") as raised:
                    await answer.astream_to(target, digest=other)
            assert raised.value.request.url == server.url
            with pytest.raises(httpx.DigestMismatch) as raised:
                await client.download(server.url, target, digest=other)
            assert raised.value.request.url == server.url
    assert alone(target, b"older")


async def test_a_broken_body_leaves_nothing(world: World, target: Path) -> None:
    with HTTPServer({"/": Faulty(300_000)}) as server:
        async with world.client() as client:
            async with client.stream("GET", server.url) as answer:
                with pytest.raises(httpx.RemoteProtocolError) as raised:
                    await answer.astream_to(target)
    assert (raised.value.bytes_received, raised.value.bytes_expected) == (300_000, len(CONTENT))
    assert alone(target)


async def test_who_watches_may_stop_it(world: World, target: Path) -> None:
    def stop(received: int, total: int | None) -> None:
        raise KeyError("enough")

    with HTTPServer({"/": CONTENT}) as server:
        async with world.client() as client:
            with pytest.raises(KeyError, match="enough"):
                await client.download(server.url, target, progress=stop)
            async with client.stream("GET", server.url) as answer:
                with pytest.raises(KeyError, match="enough"):
                    await answer.astream_to(target, progress=stop)
    assert alone(target)


def test_a_stop_iteration_of_who_watches(target: Path) -> None:
    def stop(received: int, total: int | None) -> None:
        next(iter(()))

    with HTTPServer({"/": CONTENT}) as server, httpx.Client() as client:
        with pytest.raises(StopIteration):
            client.download(server.url, target, progress=stop)
    assert alone(target)


def test_permissions_links_and_long_names(tmp_path: Path) -> None:
    real, link = tmp_path / ("n" * 250), tmp_path / "link"
    real.write_bytes(b"older")
    real.chmod(0o640)
    link.symlink_to(real)
    httpx.Response(200, content=b"new").stream_to(link)
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    fresh = tmp_path / "fresh"
    httpx.Response(200, content=b"new").stream_to(fresh)
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o666 & ~umask


def test_what_is_no_regular_file_is_written_directly(tmp_path: Path) -> None:
    httpx.Response(200, content=b"new").stream_to(os.devnull)
    assert not os.path.isfile(os.devnull)
    with pytest.raises(IsADirectoryError):
        httpx.Response(200, content=b"new").stream_to(tmp_path)
    with pytest.raises(FileNotFoundError) as caught:
        httpx.Response(200, content=b"new").stream_to(tmp_path / "none" / "file")
    assert caught.value.filename == str(tmp_path / "none" / "file")


async def test_a_full_disk(world: World, target: Path) -> None:
    """Nothing is left of the file, and nothing of the connection; the client goes on."""

    def write(self: _saving.Saving) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with HTTPServer({"/": CONTENT}) as server:
        async with world.client() as client:
            for way in ("stream_to", "download"):
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(_saving.Saving, "write", write)
                    with pytest.raises(OSError, match="No space left on device"):
                        if way == "download":
                            await client.download(server.url, target)
                        else:
                            async with client.stream("GET", server.url) as answer:
                                await answer.astream_to(target)
                assert alone(target)
                assert client.pool_stats().active == 0
            await client.download(server.url, target)
    assert alone(target, CONTENT)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
async def test_a_device_that_is_full(world: World) -> None:
    with HTTPServer({"/": CONTENT}) as server:
        async with world.client() as client:
            with pytest.raises(OSError, match="No space left on device"):
                await client.download(server.url, "/dev/full")


async def test_a_response_of_no_client(world: World, target: Path) -> None:
    async def pieces() -> Any:
        yield CONTENT[:400_000]
        yield CONTENT[400_000:]

    if world.name == "blocking":
        answer = httpx.Response(200, content=iter([CONTENT[:400_000], CONTENT[400_000:]]))
        answer.stream_to(target)
    else:
        await httpx.Response(200, content=pieces()).astream_to(target)
    assert alone(target, CONTENT)


@pytest.mark.worlds("asyncio", "trio")  # the blocking world waits where it is
async def test_no_file_is_touched_by_the_loops_thread(
    world: World, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[int] = set()
    for name in ("start", "write", "finish"):
        method: Callable[..., Any] = getattr(_saving.Saving, name)

        def watched(self: Any, method: Callable[..., Any] = method) -> Any:
            threads.add(threading.get_ident())
            return method(self)

        monkeypatch.setattr(_saving.Saving, name, watched)
    with HTTPServer({"/": CONTENT}) as server:
        async with world.client() as client:
            await client.download(server.url, target)
            async with client.stream("GET", server.url) as answer:
                await answer.astream_to(target)
    assert threads
    assert threading.get_ident() not in threads


@pytest.mark.worlds("asyncio", "trio")  # nobody cancels a thread
async def test_who_is_cancelled_leaves_nothing(world: World, target: Path) -> None:
    import anyio

    with HTTPServer({"/": CONTENT}) as server:
        async with world.client() as client:
            with anyio.CancelScope() as scope:
                await client.download(server.url, target, progress=lambda *_: scope.cancel())
            assert scope.cancelled_caught
            with anyio.CancelScope() as scope:
                async with client.stream("GET", server.url) as answer:
                    await answer.astream_to(target, progress=lambda *_: scope.cancel())
            assert scope.cancelled_caught
            assert (await client.get(server.url)).content == CONTENT
    assert alone(target)


def test_a_file_that_is_opened_after_its_end(target: Path) -> None:
    """The thread that opens it may be slower than a cancellation."""
    saving = _saving.Saving(target, None, None)
    saving.discard()
    saving.start()
    assert alone(target)


async def test_a_pause_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    calls = _calls.BLOCKING if world.name == "blocking" else _calls.AWAITING
    await calls.sleep(0)


# -- download ----------------------------------------------------------------------------------


async def test_a_download_that_does_not_break(world: World, target: Path) -> None:
    with HTTPServer({"/": Faulty()}) as server:
        async with world.client() as client:
            answer = await client.download(server.url, target, digest=SHA, headers={"X-A": "b"})
            again = await client.get(server.url)
    assert answer.status_code == 200
    assert answer.is_closed
    assert again.content == CONTENT
    assert server.accepted == 1
    assert server.requests[0].get("accept-encoding") == "identity"
    assert server.requests[0].get("x-a") == "b"
    assert alone(target, CONTENT)


async def test_it_goes_on_where_it_broke_off(
    world: World, target: Path, pauses: list[float]
) -> None:
    calls: list[tuple[int, int | None]] = []
    with HTTPServer({"/": Faulty(300_000, 500_000)}) as server:
        async with world.client() as client:
            answer = await client.download(
                server.url, target, digest=SHA, progress=lambda *pair: calls.append(pair)
            )
    assert answer.status_code == 206
    assert ranges(server) == [None, "bytes=300000-", "bytes=800000-"]
    assert [r.get("if-range") for r in server.requests] == [None, '"one"', '"one"']
    assert calls[-1] == (len(CONTENT), len(CONTENT))
    assert [received for received, _ in calls] == sorted({received for received, _ in calls})
    assert not pauses
    assert alone(target, CONTENT)


async def test_a_date_will_do_if_it_is_old_enough(world: World, target: Path) -> None:
    dates = {
        "Last-Modified": "Tue, 15 Nov 1994 12:45:26 GMT",
        "Date": "Tue, 15 Nov 1994 12:45:27 GMT",
    }
    with HTTPServer({"/": Faulty(1000, etag=None, **dates)}) as server:
        async with world.client() as client:
            await client.download(server.url, target)
    assert ranges(server) == [None, "bytes=1000-"]
    assert alone(target, CONTENT)


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": 'W/"weak"'},
        {"ETag": '"strong"', "Accept-Ranges": "none"},
        {"Last-Modified": "Tue, 15 Nov 1994 12:45:26 GMT"},
        {
            "Last-Modified": "Tue, 15 Nov 1994 12:45:26 GMT",
            "Date": "Tue, 15 Nov 1994 12:45:26 GMT",
        },
        {"Last-Modified": "yesterday", "Date": "Tue, 15 Nov 1994 12:45:26 GMT"},
        {},
    ],
)
@pytest.mark.worlds("blocking")  # a question of what is asked, not of how
async def test_it_begins_anew_without_a_strong_validator(
    world: World, target: Path, headers: dict[str, str]
) -> None:
    with HTTPServer({"/": Faulty(300_000, etag=None, **headers)}) as server:
        async with world.client() as client:
            await client.download(server.url, target, digest=SHA)
    assert ranges(server) == [None, None]
    assert alone(target, CONTENT)


async def test_it_begins_anew_when_the_resource_has_changed(world: World, target: Path) -> None:
    def serve(request: Request) -> Reply | None:
        if len(server.requests) == 1:
            return Faulty(300_000, etag='"older"')(request)
        return Faulty()(request)

    with HTTPServer(serve) as server:
        async with world.client() as client:
            await client.download(server.url, target, digest=SHA)
    assert ranges(server) == [None, "bytes=300000-"]
    assert alone(target, CONTENT)


async def test_an_encoded_body_begins_anew(world: World, target: Path) -> None:
    packed = response(200, {"Content-Encoding": "gzip", "ETag": '"x"'}, gzip.compress(CONTENT, 1))

    def serve(request: Request) -> None:
        request.conn.send(packed if len(server.requests) > 1 else packed[:-10])
        if len(server.requests) == 1:
            request.conn.close()

    with HTTPServer(serve) as server:
        async with world.client() as client:
            await client.download(server.url, target, digest=SHA)
    assert ranges(server) == [None, None]
    assert alone(target, CONTENT)


async def test_into_a_file_object(world: World) -> None:
    with tempfile.TemporaryFile() as file, HTTPServer({"/": Faulty(300_000, 7)}) as server:
        file.write(b"before ")
        async with world.client() as client:
            await client.download(server.url, file, digest=SHA)
        file.seek(0)
        assert file.read() == b"before " + CONTENT
        with HTTPServer({"/": Faulty(300_000, etag=None)}) as server:
            file.truncate(7)
            file.seek(7)
            async with world.client() as client:
                await client.download(server.url, file, digest=SHA)
        file.seek(0)
        assert file.read() == b"before " + CONTENT


async def test_a_pipe_cannot_begin_anew(world: World) -> None:
    class Pipe:
        def write(self, data: bytes) -> None:
            """Take all of it."""

        def flush(self) -> None:
            """Nothing is held."""

    with HTTPServer({"/": Faulty(300_000, etag=None)}) as server:
        async with world.client() as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.download(server.url, Pipe())
    assert len(server.requests) == 1


async def test_attempts_come_to_an_end(world: World, target: Path, pauses: list[float]) -> None:
    with HTTPServer({"/": Faulty(1000, 0, 0, 5, 0, 0, 9)}) as server:
        async with world.client() as client:
            with pytest.raises(httpx.RemoteProtocolError, match="received 0 bytes"):
                await client.download(server.url, target)
            assert len(server.requests) == 6
            with pytest.raises(httpx.RemoteProtocolError):
                await client.download(f"{server.url}/", target, resumptions=0)
    assert len(server.requests) == 7
    assert pauses == [0.5, 1.0, 0.5]
    assert alone(target)


@pytest.fixture
def broken_at_the_end() -> Iterator[HTTPServer]:
    """All bytes come, the end of the chunks does not."""

    def serve(request: Request) -> Reply | None:
        if len(server.requests) == 1:
            head = {"ETag": '"one"', "Transfer-Encoding": "chunked"}
            chunk = b"%x\r\n%b\r\n" % (len(CONTENT), CONTENT)
            request.conn.send(response(200, head, b"") + chunk)
            request.conn.close()
            return None
        return Faulty()(request)

    with HTTPServer(serve) as server:
        yield server


async def test_nothing_was_missing(
    world: World, target: Path, broken_at_the_end: HTTPServer
) -> None:
    async with world.client() as client:
        answer = await client.download(broken_at_the_end.url, target, digest=SHA)
    assert answer.status_code == 416
    assert alone(target, CONTENT)


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"Content-Range": "bytes 5-9/10", "ETag": '"one"'}, "answered with 'bytes 5-9/10' of"),
        ({"Content-Range": "bytes 1000-9999/10000", "ETag": '"two"'}, 'of "two"'),
        ({}, "answered with '' of"),
    ],
)
@pytest.mark.worlds("blocking")  # a question of what is asked, not of how
async def test_another_part_than_was_asked_for(
    world: World, target: Path, headers: dict[str, str], text: str
) -> None:
    def serve(request: Request) -> Any:
        return Faulty(1000)(request) if len(server.requests) == 1 else (206, headers, b"x" * 5)

    with HTTPServer(serve) as server:
        async with world.client() as client:
            with pytest.raises(httpx.RemoteProtocolError, match=text):
                await client.download(server.url, target, resumptions=1)
    assert alone(target)


async def test_a_range_of_unknown_length(world: World, target: Path) -> None:
    def serve(request: Request) -> Any:
        if len(server.requests) == 1:
            return Faulty(1000)(request)
        end = len(CONTENT) - 1
        return 206, {"Content-Range": f"bytes 1000-{end}/*"}, CONTENT[1000:]

    with HTTPServer(serve) as server:
        async with world.client() as client:
            await client.download(server.url, target, digest=SHA)
    assert alone(target, CONTENT)


async def test_a_status_that_says_no(world: World, target: Path) -> None:
    with HTTPServer(
        {"/": (404, {}, b"not here"), "/away": (302, {"Location": "/"}, b"")}
    ) as server:
        async with world.client() as client:
            with pytest.raises(httpx.HTTPStatusError) as raised:
                await client.download(server.url, target)
            assert raised.value.response.text == "not here"
            with pytest.raises(httpx.HTTPStatusError, match="302"):
                await client.download(f"{server.url}/away", target)
            with pytest.raises(httpx.HTTPStatusError, match="404"):
                await client.download(f"{server.url}/away", target, follow_redirects=True)
    assert alone(target)


async def test_a_connection_that_cannot_be_made(world: World, target: Path) -> None:
    from tests.servers import refused_port

    with refused_port() as port:
        async with world.client() as client:
            with pytest.raises(httpx.ConnectError):
                await client.download(f"http://127.0.0.1:{port}/", target)
    assert alone(target)


async def test_the_total_is_for_everything_together(
    world: World, target: Path, clock: Clock
) -> None:
    """It runs on over the second attempt, which stalls."""

    def serve(request: Request) -> None:
        if len(server.requests) == 1:
            Faulty(1000)(request)
        else:
            request.conn.hold()

    timeout = httpx.Timeout(LONG, total=LONG)
    extensions = clock.start_at(world, "http11.receive_response_headers.started", number=2)
    with HTTPServer(serve) as server:
        async with world.client() as client:
            with pytest.raises(httpx.ReadTimeout, match="total"):
                await client.download(server.url, target, timeout=timeout, extensions=extensions)
    assert len(server.requests) == 2
    assert alone(target)
