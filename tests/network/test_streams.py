"""The conformance suite: every kind of stream, in every world, keeps the contract of base.py."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from httpx import ReadError, ReadTimeout, WriteError, WriteTimeout

from ..worlds import World
from .servers import (
    Handler,
    Server,
    TLSConnection,
    echo,
    pattern,
    receive_exactly,
    reset,
    server_context,
    socket_path,
    trusting_context,
    until_closed,
)

LONG = 60.0  # seconds: a wait that is not to run out
SHORT = 0.02  # seconds: a wait that is
KINDS = ["plain", "unix", "tls", "tls12", "tls_in_tls"]

awaiting = pytest.mark.worlds("asyncio", "uvloop", "trio")  # only there can one cancel


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@contextlib.asynccontextmanager
async def opened(world: World, kind: str, handler: Handler) -> AsyncIterator[Any]:
    """A stream of some kind, whose other end is run by `handler`."""
    backend = world.backend()
    maximum = ssl.TLSVersion.TLSv1_2 if kind == "tls12" else ssl.TLSVersion.MAXIMUM_SUPPORTED
    layers = {"plain": 0, "unix": 0, "tls_in_tls": 2}.get(kind, 1)
    with contextlib.ExitStack() as stack:
        path = stack.enter_context(socket_path()) if kind == "unix" else None
        server = Server(handler, *[server_context(maximum=maximum)] * layers, path=path)
        try:
            if path is None:
                stream = await backend.connect_tcp("127.0.0.1", server.port, LONG)
            else:
                stream = await backend.connect_unix(path, LONG)
            for _ in range(layers):
                stream = await stream.start_tls(
                    trusting_context(), "localhost", LONG, shared=kind == "tls12"
                )
            try:
                yield stream
            finally:
                stream.close()
        finally:
            await backend.run_in_thread(server.stop)
    for error in server.errors:
        raise error


async def until(world: World, condition: Any) -> None:
    """Look again and again whether something has come true."""
    backend = world.backend()
    for _ in range(60_000):
        if condition():
            return
        await backend.sleep(0.001)
    raise AssertionError("it never came true")


async def read_exactly(stream: Any, size: int) -> bytes:
    parts = []
    while size:
        data = await stream.read(min(size, 65536), LONG)
        assert data, f"{size} bytes are missing"
        parts.append(data)
        size -= len(data)
    return b"".join(parts)


def someone_reads(stream: Any) -> bool:
    """Whether a reader waits inside a stream."""
    while hasattr(stream, "_inner"):
        stream = stream._inner
    return bool(getattr(stream, "_reading", None) or getattr(stream, "_reader", None))


def someone_writes(stream: Any) -> bool:
    """Whether a writer is inside a stream."""
    while hasattr(stream, "_inner"):
        stream = stream._inner
    return bool(getattr(stream, "_writing", None) or getattr(stream, "_writer", None))


async def test_what_is_written_arrives_and_comes_back(world: World, kind: str) -> None:
    async with opened(world, kind, echo) as stream:
        for data in (b"one", bytearray(b"two"), memoryview(b"three")):
            await stream.write(data, LONG)
            assert await read_exactly(stream, len(data)) == data


async def test_nothing_may_be_written(world: World, kind: str) -> None:
    async with opened(world, kind, echo) as stream:
        await stream.write(b"", LONG)
        assert await stream.write_some(b"", LONG) == 0
        await stream.write(b"!", LONG)
        assert await stream.read(10, LONG) == b"!"


async def test_a_read_gives_at_most_what_was_asked_for(world: World, kind: str) -> None:
    def handler(conn: Any) -> None:
        conn.sendall(b"abcdef")
        until_closed(conn)

    async with opened(world, kind, handler) as stream:
        assert await stream.read(1, LONG) == b"a"
        assert await stream.read(2, LONG) == b"bc"
        assert await stream.read(1, 0) == b"d"
        assert await stream.read(100, LONG) == b"ef"
        with pytest.raises(ReadTimeout):
            await stream.read(1, 0)


async def test_read_nowait_refuses_rather_than_waits(world: World, kind: str) -> None:
    release = threading.Event()

    def handler(conn: Any) -> None:
        assert release.wait(LONG)
        conn.sendall(b"abc")
        conn.close()

    async with opened(world, kind, handler) as stream:
        assert stream.read_nowait(2) is None
        release.set()
        await until(world, stream.is_readable)
        assert stream.read_nowait(2) == b"ab"
        assert stream.read_nowait(2) == b"c"
        await until(world, stream.is_readable)
        assert stream.read_nowait(2) == b""


async def test_the_end_of_file_stays(world: World, kind: str) -> None:
    def handler(conn: Any) -> None:
        conn.sendall(b"bye")
        conn.close()

    async with opened(world, kind, handler) as stream:
        assert await read_exactly(stream, 3) == b"bye"
        for timeout in (LONG, None, 0):
            assert await stream.read(10, timeout) == b""
        assert stream.is_readable()
        assert not stream.get_extra_info("truncated")


@pytest.mark.parametrize("timeout", [0, SHORT])
async def test_a_read_that_timed_out_lost_nothing(world: World, kind: str, timeout: float) -> None:
    release = threading.Event()

    def handler(conn: Any) -> None:
        assert release.wait(LONG)
        conn.sendall(b"late")
        until_closed(conn)

    async with opened(world, kind, handler) as stream:
        for _ in range(3):
            with pytest.raises(ReadTimeout) as caught:
                await stream.read(10, timeout)
            expected = f"timed out after {timeout:g} s while reading from "
            assert str(caught.value).startswith(expected)
        release.set()
        assert await read_exactly(stream, 4) == b"late"


@awaiting
async def test_a_cancelled_read_lost_nothing(world: World, kind: str) -> None:
    release = threading.Event()

    def handler(conn: Any) -> None:
        assert release.wait(LONG)
        conn.sendall(b"late")
        until_closed(conn)

    async with opened(world, kind, handler) as stream:
        for timeout in (None, LONG):
            with anyio.move_on_after(SHORT) as scope:
                await stream.read(10, timeout)
            assert scope.cancelled_caught
        release.set()
        assert await read_exactly(stream, 4) == b"late"


async def test_large_transfers_both_ways_at_once(world: World, kind: str) -> None:
    data = pattern(4_000_000)

    async with opened(world, kind, echo) as stream:
        _, received = await world.gather(
            lambda: stream.write(data, None), lambda: read_exactly(stream, len(data))
        )
        assert received == data


async def test_a_slow_reader_gets_everything(world: World, kind: str) -> None:
    data = pattern(3_000_000)

    def handler(conn: Any) -> None:
        conn.sendall(data)
        conn.close()

    async with opened(world, kind, handler) as stream:
        received = bytearray()
        backend = world.backend()
        while part := await stream.read(50_000, LONG):
            received += part
            await backend.sleep(0)  # time for the event loop to read on, and to pause
        assert received == data


async def test_a_write_times_out_while_nobody_reads(world: World, kind: str) -> None:
    release = threading.Event()

    async with opened(world, kind, lambda _: release.wait(LONG)) as stream:
        with pytest.raises(WriteTimeout, match=r"^timed out after 0\.02 s while writing to "):
            await stream.write(bytes(30_000_000), SHORT)
        stream.close()
        release.set()


async def test_many_small_writes_time_out_too(world: World, kind: str) -> None:
    release = threading.Event()

    async with opened(world, kind, lambda _: release.wait(LONG)) as stream:
        with pytest.raises(WriteTimeout):
            while True:
                await stream.write(bytes(20_000), SHORT)
        stream.close()
        release.set()


async def test_the_write_timeout_counts_anew_with_progress(world: World) -> None:
    size = 8_000_000
    seconds = 0.6
    longest = 0.0

    def handler(conn: Any) -> None:
        nonlocal longest
        longest = 0.0
        for _ in range(8):
            begin = time.monotonic()
            try:
                receive_exactly(conn, size // 8)
                threading.Event().wait(0.1)  # a slow peer, 0.8 s in all
            finally:
                longest = max(longest, time.monotonic() - begin)
        until_closed(conn)

    for _ in range(20):
        try:
            async with opened(world, "plain", handler) as stream:
                await stream.write(bytes(size), seconds)
        except WriteTimeout:
            if longest < seconds / 2:
                raise
            continue  # on a busy machine the peer itself has made no progress for so long
        return
    raise AssertionError("the peer was always held up")


@pytest.mark.parametrize("call", ["write_some", "write"])
@awaiting
async def test_a_cancelled_write_can_be_given_up(world: World, kind: str, call: str) -> None:
    release = threading.Event()

    async with opened(world, kind, lambda _: release.wait(LONG)) as stream:
        with anyio.move_on_after(SHORT) as scope:
            while True:
                await getattr(stream, call)(bytes(1_000_000), LONG)
        assert scope.cancelled_caught
        stream.close()
        release.set()


@pytest.mark.parametrize("cut", ["timeout", "cancel"])
async def test_a_write_cut_short_goes_on_with_the_same_bytes(
    world: World, kind: str, cut: str
) -> None:
    """What `write_some` counted, and what it did not, makes the very same bytes in the end."""
    if cut == "cancel" and world.name == "blocking":
        pytest.skip("nothing can be cancelled here")
    data = memoryview(pattern(12_000_000))
    release = threading.Event()
    received: list[bytes] = []

    def handler(conn: Any) -> None:
        assert release.wait(LONG)
        received.append(receive_exactly(conn, len(data)))
        conn.sendall(b"ok")
        until_closed(conn)

    async with opened(world, kind, handler) as stream:
        sent, cuts = 0, 0
        while sent < len(data):
            if cut == "timeout":
                try:
                    sent += await stream.write_some(data[sent:], SHORT)
                except WriteTimeout:
                    cuts += 1
            else:
                with anyio.move_on_after(SHORT) as scope:
                    sent += await stream.write_some(data[sent:], LONG)
                cuts += scope.cancelled_caught
            if cuts == 2:
                release.set()
        assert cuts >= 2
        assert await read_exactly(stream, 2) == b"ok"
    assert received[0] == data


async def test_an_early_answer_ends_a_write(world: World, kind: str) -> None:
    release = threading.Event()

    def handler(conn: Any) -> None:
        conn.sendall(b"enough")
        assert release.wait(LONG)

    async with opened(world, kind, handler) as stream:
        data = bytes(100_000)
        while await stream.write_some(data, LONG, or_readable=True):
            pass
        assert await read_exactly(stream, 6) == b"enough"
        release.set()


async def test_an_early_answer_ends_a_write_that_waits(world: World, kind: str) -> None:
    full, release = threading.Event(), threading.Event()

    def handler(conn: Any) -> None:
        assert full.wait(LONG)
        conn.sendall(b"enough")
        assert release.wait(LONG)

    async with opened(world, kind, handler) as stream:
        data = bytes(100_000)
        with pytest.raises(WriteTimeout):
            while await stream.write_some(data, SHORT, or_readable=True):
                pass
        full.set()
        while await stream.write_some(data, LONG, or_readable=True):
            pass  # a busy kernel may have found some more room
        assert await stream.write_some(data, LONG, or_readable=True) == 0
        assert await read_exactly(stream, 6) == b"enough"
        with pytest.raises(WriteTimeout):
            while await stream.write_some(data, SHORT, or_readable=True):
                pass
        release.set()


async def test_the_end_of_file_ends_a_write_that_waits(world: World, kind: str) -> None:
    full, release = threading.Event(), threading.Event()

    def handler(conn: Any) -> None:
        assert full.wait(LONG)
        if isinstance(conn, TLSConnection):
            conn.say_goodbye()
            conn = conn.raw
        conn.shutdown(socket.SHUT_WR)
        assert release.wait(LONG)

    async with opened(world, kind, handler) as stream:
        data = bytes(100_000)
        with pytest.raises(WriteTimeout):
            while await stream.write_some(data, SHORT, or_readable=True):
                pass

        async def end() -> None:
            await world.backend().sleep(SHORT)
            full.set()

        async def write() -> None:
            while await stream.write_some(data, LONG, or_readable=True):
                pass

        assert await world.gather(write, end) == [None, None]
        assert await stream.read(10, LONG) == b""
        release.set()


async def test_write_nowait_sends_what_fits(world: World, kind: str) -> None:
    release = threading.Event()

    def handler(conn: Any) -> None:
        assert receive_exactly(conn, 5) == b"adieu"
        release.wait(LONG)

    async with opened(world, kind, handler) as stream:
        assert stream.write_nowait(b"adieu") == 5
        sent = 0
        while count := stream.write_nowait(bytes(60_000)):
            sent += count
        assert sent
        stream.close()
        assert stream.write_nowait(b"!") == 0
        release.set()


async def test_write_nowait_does_not_overtake(world: World, kind: str) -> None:
    """What a write that was cut short has left behind goes first, or nothing goes."""
    data = memoryview(pattern(12_000_000))
    release = threading.Event()
    received = []

    def handler(conn: Any) -> None:
        assert release.wait(LONG)
        received.append(receive_exactly(conn, len(data) + 7))
        conn.sendall(b"ok")
        until_closed(conn)

    async with opened(world, kind, handler) as stream:
        sent = 0
        with pytest.raises(WriteTimeout):
            while True:
                sent += await stream.write_some(data[sent:], SHORT)
        sent += stream.write_nowait(data[sent:])  # what there is room for by now, if any
        release.set()
        while sent < len(data):
            sent += await stream.write_some(data[sent:], LONG)
        await until(world, lambda: stream.write_nowait(b"the end"))
        assert await read_exactly(stream, 2) == b"ok"
    assert received[0] == bytes(data) + b"the end"


async def test_a_closed_stream_says_so(world: World, kind: str) -> None:
    async with opened(world, kind, until_closed) as stream:
        peer = stream.peer
        stream.close()
        stream.close()
        with pytest.raises(ReadError) as read:
            await stream.read(10, LONG)
        assert str(read.value) == f"the stream was closed while reading from {peer}"
        for call in (stream.write, stream.write_some):
            with pytest.raises(WriteError) as write:
                await call(b"!", LONG)
            assert str(write.value) == f"the stream was closed while writing to {peer}"
        assert stream.is_readable()
        assert stream.write_nowait(b"!") == 0
        with pytest.raises(ReadError) as read:
            stream.read_nowait(10)
        assert str(read.value) == f"the stream was closed while reading from {peer}"


@pytest.mark.parametrize("timeout", [LONG, None])
@pytest.mark.parametrize("foreign", [False, True], ids=["here", "foreign thread"])
async def test_closing_wakes_the_reader(
    world: World, kind: str, foreign: bool, timeout: float | None
) -> None:
    async with opened(world, kind, until_closed) as stream:

        async def close() -> None:
            await until(world, lambda: someone_reads(stream))
            if foreign:
                await world.backend().run_in_thread(stream.close)
            else:
                stream.close()

        result, _ = await world.gather(lambda: stream.read(10, timeout), close)
        assert isinstance(result, ReadError)
        assert str(result).startswith("the stream was closed while reading from ")


@pytest.mark.parametrize("answer", [reset, lambda conn: conn.close()], ids=["reset", "close"])
async def test_the_peers_answer_to_a_goodbye_is_not_the_reason(
    world: World, kind: str, answer: Handler
) -> None:
    """The peer hears of the end before the closing thread has come to the socket, and ends
    the connection in its way: the reader wakes up by that, and still tells who closed."""

    def handler(conn: Any) -> None:
        until_closed(conn)
        answer(conn)

    async with opened(world, kind, handler) as stream:
        bottom = stream
        while hasattr(bottom, "_inner"):
            bottom = bottom._inner
        say = bottom.write_nowait

        def say_and_wait(data: bytes) -> int:
            if sent := say(data):
                for _ in range(20_000):
                    if not someone_reads(stream):
                        break
                    threading.Event().wait(0.001)
            return sent

        bottom.write_nowait = say_and_wait

        async def close() -> None:
            await until(world, lambda: someone_reads(stream))
            await world.backend().run_in_thread(stream.close)

        result, _ = await world.gather(lambda: stream.read(10, LONG), close)
        assert isinstance(result, ReadError)
        assert str(result) == f"the stream was closed while reading from {stream.peer}"


async def test_closing_wakes_reader_and_writer(world: World, kind: str) -> None:
    release = threading.Event()

    async with opened(world, kind, lambda _: release.wait(LONG)) as stream:

        async def close() -> None:
            await until(world, lambda: someone_reads(stream) and someone_writes(stream))
            stream.close()

        reader, writer, _ = await world.gather(
            lambda: stream.read(10, LONG), lambda: stream.write(bytes(30_000_000), LONG), close
        )
        release.set()
    assert isinstance(reader, ReadError)
    assert str(reader) == f"the stream was closed while reading from {stream.peer}"
    assert isinstance(writer, WriteError)
    assert str(writer) == f"the stream was closed while writing to {stream.peer}"


async def test_an_idle_stream_is_not_readable_until_its_peer_hangs_up(
    world: World, kind: str
) -> None:
    release = threading.Event()

    def handler(conn: Any) -> None:
        conn.sendall(conn.recv(100))
        assert release.wait(LONG)
        conn.close()

    async with opened(world, kind, handler) as stream:
        assert not stream.is_readable()
        await stream.write(b"ping", LONG)
        await until(world, stream.is_readable)
        assert stream.get_extra_info("is_readable") is True
        assert await read_exactly(stream, 4) == b"ping"
        assert not stream.is_readable()
        assert stream.get_extra_info("is_readable") is False
        release.set()
        await until(world, stream.is_readable)
        assert await stream.read(10, LONG) == b""


async def test_the_owner_of_an_idle_stream_is_told_at_once(world: World, kind: str) -> None:
    release = threading.Event()
    told: list[str] = []

    def handler(conn: Any) -> None:
        conn.sendall(conn.recv(100))
        assert release.wait(LONG)
        conn.close()

    async with opened(world, kind, handler) as stream:
        assert stream.on_idle_close is None
        await stream.write(b"ping", LONG)
        assert await read_exactly(stream, 4) == b"ping"
        stream.on_idle_close = lambda: told.append("closed")
        release.set()
        if world.name in ("asyncio", "uvloop"):
            await until(world, lambda: told)
            assert stream.on_idle_close is None
        await until(world, stream.is_readable)
        stream.close()
        await world.backend().sleep(SHORT)
        assert told == (["closed"] if world.name in ("asyncio", "uvloop") else [])


async def test_who_closes_is_not_told(world: World, kind: str) -> None:
    async with opened(world, kind, until_closed) as stream:
        stream.on_idle_close = pytest.fail
        stream.close()
        await world.backend().sleep(SHORT)


async def test_a_reset_is_a_read_error(world: World, kind: str) -> None:
    if kind == "unix":
        pytest.skip("there is no RST on this wire")

    def handler(conn: Any) -> None:
        assert receive_exactly(conn, 2) == b"hi"
        reset(conn)

    async with opened(world, kind, handler) as stream:
        await stream.write(b"hi", LONG)
        with pytest.raises(ReadError, match="reading from") as caught:
            await stream.read(10, LONG)
        assert isinstance(caught.value.__cause__, ConnectionResetError)
        assert str(caught.value).startswith("[Errno 104] Connection reset by peer")
        assert stream.is_readable()


async def test_writing_to_who_has_gone_is_a_write_error(world: World, kind: str) -> None:
    gone = threading.Event()

    def handler(conn: Any) -> None:
        (conn.raw if isinstance(conn, TLSConnection) else conn).close()
        gone.set()

    async with opened(world, kind, handler) as stream:
        await until(world, gone.is_set)
        for _ in range(2):
            with pytest.raises(WriteError, match="writing to") as caught:
                for _ in range(1000):
                    await stream.write(bytes(10_000), LONG)
                    await world.backend().sleep(0.001)
            assert isinstance(caught.value.__cause__, OSError)


async def test_the_last_words_of_who_has_gone_can_be_read(world: World, kind: str) -> None:
    """An early answer, and then the connection is cut while a body is still leaving."""
    gone = threading.Event()

    def handler(conn: Any) -> None:
        conn.sendall(b"enough")
        assert conn.recv(1000)
        conn.close()
        gone.set()

    async with opened(world, kind, handler) as stream:
        await stream.write(b"body", LONG)
        gone.wait(LONG)  # no turn of an event loop in between
        with pytest.raises(WriteError):
            for _ in range(100):
                await stream.write(bytes(100_000), LONG)
        assert await read_exactly(stream, 6) == b"enough"


async def test_what_a_stream_knows(world: World, kind: str) -> None:
    async with opened(world, kind, until_closed) as stream:
        sock = stream.get_extra_info("socket")
        assert stream.get_extra_info("server_addr") == sock.getpeername()
        assert stream.get_extra_info("client_addr") == sock.getsockname()
        assert stream.get_extra_info("is_readable") is False
        assert stream.get_extra_info("no such thing") is None
        tls = stream.get_extra_info("ssl_object")
        if kind in ("plain", "unix"):
            assert tls is None
            assert stream.get_extra_info("truncated") is None
        else:
            assert tls.version() == ("TLSv1.2" if kind == "tls12" else "TLSv1.3")
            assert stream.get_extra_info("truncated") is False
        if kind != "unix":
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert str(sock.getpeername()[1]) in stream.peer
        stream.close()
        await world.backend().sleep(0)
        assert stream.get_extra_info("client_addr") is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
async def test_closing_in_a_forked_child_leaves_the_parent_alone(world: World, kind: str) -> None:
    async with opened(world, kind, echo) as stream:
        backend = world.backend()
        child = os.fork()
        if not child:
            try:
                alien = not backend.is_current()
                stream.close()
                os._exit(0 if alien else 1)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert backend.is_current()
        assert not stream.is_readable()
        await stream.write(b"still here", LONG)
        assert await read_exactly(stream, 10) == b"still here"
