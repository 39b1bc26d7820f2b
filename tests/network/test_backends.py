"""Backends beside their streams: waiters, threads, sleep, and to which world they belong."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import subprocess
import sys
import threading
import time
from typing import Any

import anyio
import pytest

from httpx import ReadTimeout, WriteTimeout
from httpx._network import detect, sockets
from httpx._network.anyio import PATIENCE, AnyIOBackend
from httpx._network.asyncio import HIGH_WATER, AsyncioBackend, AsyncioStream, _Expiry
from httpx._network.base import failed, timed_out
from httpx._network.blocking import BlockingBackend
from httpx._network.sockets import READ, WRITE

from ..worlds import AsyncioWorld, TrioWorld, World
from .servers import Server, echo, pattern, until_closed
from .test_streams import LONG, SHORT, opened, until

awaiting = pytest.mark.worlds("asyncio", "uvloop", "trio")  # only there is an event loop
asyncio_only = pytest.mark.worlds("asyncio", "uvloop")  # it is about asyncio's stream


# Waiters.


async def test_a_waiter_is_woken_before_or_while_it_waits(world: World) -> None:
    backend = world.backend()
    for timeout in (None, LONG, 0):
        waiter = backend.waiter()
        waiter.wake()
        waiter.wake()
        assert await waiter.wait(timeout) is True
        assert await waiter.wait(timeout) is True

    for timeout in (None, LONG):
        waiter = backend.waiter()

        async def wake(waiter: Any = waiter) -> None:
            await backend.sleep(SHORT)
            waiter.wake()
            waiter.wake()

        def wait(waiter: Any = waiter, timeout: float | None = timeout) -> Any:
            return waiter.wait(timeout)

        assert await world.gather(wait, wake) == [True, None]


async def test_a_waiter_times_out_and_can_wait_again(world: World) -> None:
    waiter = world.backend().waiter()
    for timeout in (SHORT, 0):
        assert await waiter.wait(timeout) is False
    waiter.wake()
    assert await waiter.wait(LONG) is True


@asyncio_only
async def test_waits_of_any_length_leave_few_timers(world: World) -> None:
    """What is left of a deadline is another length each time: neither a timer nor what it would
    call is kept until then."""
    backend = world.backend()

    async def kept() -> int:
        await asyncio.sleep(0)
        gc.collect()
        return sum(type(thing) is _Expiry for thing in gc.get_objects())

    waiting = backend.waiter()
    task = asyncio.ensure_future(waiting.wait(LONG))
    before = await kept()
    for number in range(300):
        waiter = backend.waiter()
        asyncio.get_running_loop().call_soon(waiter.wake)
        assert await waiter.wait(LONG + number) is True
    assert await kept() - before <= 64
    assert not task.done()  # which outlived some hundred lengths
    waiting.wake()
    assert await task is True


@asyncio_only
async def test_a_wait_ends_in_time_although_others_came_and_went(world: World) -> None:
    backend = world.backend()
    task = asyncio.ensure_future(backend.waiter().wait(SHORT))
    for number in range(100):
        late = asyncio.ensure_future(backend.waiter().wait(LONG + number))
        await asyncio.sleep(0)
        late.cancel()
        await asyncio.sleep(0)
    assert await task is False


async def test_a_waiter_is_woken_by_another_thread(world: World) -> None:
    backend = world.backend()
    for timeout in (None, LONG):
        waiter = backend.waiter()
        timer = threading.Timer(SHORT, waiter.wake)
        timer.start()
        assert await waiter.wait(timeout) is True
        timer.join()


@awaiting
async def test_a_waiter_can_be_cancelled(world: World) -> None:
    waiter = world.backend().waiter()
    for timeout in (None, LONG):
        with anyio.move_on_after(SHORT) as scope:
            await waiter.wait(timeout)
        assert scope.cancelled_caught
    waiter.wake()
    assert await waiter.wait(None) is True


@pytest.mark.parametrize("one", [AsyncioWorld(), TrioWorld()], ids=lambda one: one.name)
def test_waking_who_waited_in_an_ended_event_loop(one: World) -> None:
    waiters = []

    async def main() -> None:
        waiters.append(one.backend().waiter())

    one.run(main)
    thread = threading.Thread(target=waiters[0].wake)
    thread.start()
    thread.join()


# Threads and time.

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE")


async def test_run_in_thread(world: World) -> None:
    VARIABLE.set("seen")
    here = threading.get_ident()
    backend = world.backend()

    def blocks(*args: int) -> tuple[bool, str, tuple[int, ...]]:
        return threading.get_ident() == here, VARIABLE.get(), args

    assert await backend.run_in_thread(blocks, 1, 2) == (world.name == "blocking", "seen", (1, 2))
    with pytest.raises(ZeroDivisionError):
        await backend.run_in_thread(lambda: 1 / 0)


async def test_sleep(world: World) -> None:
    started = time.monotonic()
    await world.backend().sleep(SHORT)
    assert time.monotonic() - started >= SHORT * 0.9


@awaiting
async def test_helps_for_the_floors_above(world: World) -> None:
    await detect.sleep(0)
    assert await detect.run_in_thread(threading.get_ident) != threading.get_ident()
    lock = detect.lock()
    assert lock.acquire(blocking=False)
    assert not lock.acquire(blocking=False)


# Which world.


async def test_the_backend_of_the_world(world: World) -> None:
    backend = world.backend()
    assert backend.name == {"uvloop": "asyncio"}.get(world.name, world.name)
    assert backend.is_current()


def test_no_event_loop() -> None:
    with pytest.raises(RuntimeError, match=r"^no event loop is running here"):
        detect.current_backend()
    assert isinstance(detect.blocking_backend(), BlockingBackend)


def test_an_event_loop_that_we_do_not_know() -> None:
    with pytest.raises(RuntimeError, match=r"^no network backend for the async library 'curio'$"):
        AnyIOBackend("curio")


@pytest.mark.parametrize("one", [AsyncioWorld(), TrioWorld()], ids=lambda one: one.name)
def test_a_backend_belongs_to_one_event_loop(one: World) -> None:
    async def main(other: Any = None) -> Any:
        assert other is None or not other.is_current()
        return detect.current_backend()

    first = one.run(main)
    assert not first.is_current()
    second = one.run(main, other=first)
    assert not second.is_current()


def test_anyio_serves_asyncio_too() -> None:
    """As a stand-in for any event loop that AnyIO may learn to run on."""

    async def main() -> None:
        backend = AnyIOBackend("asyncio")
        assert backend.is_current()
        waiter = backend.waiter()
        threading.Thread(target=waiter.wake).start()
        assert await waiter.wait(LONG)
        stream = await backend.connect_tcp("127.0.0.1", server.port, LONG)
        await stream.write(b"hello", LONG)
        assert await stream.read(10, LONG) == b"hello"
        stream.close()

    with Server(echo) as server:
        AsyncioWorld().run(main)


def test_light_modules_are_light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)  # its measuring is not light
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)
    heavy = ["ssl", "asyncio", "anyio", "trio", "socket", "select", "sniffio"]
    program = (
        "import sys, types, importlib.util as u\n"
        "package = types.ModuleType('httpx'); package.__path__ = [sys.argv[1]]\n"
        "sys.modules['httpx'] = package\n"
        "import httpx._network.detect, httpx._network.base\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    directory = sockets.__file__.rpartition("_network")[0]
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, directory], capture_output=True, check=True
    )
    assert done.stdout.strip() == b"[]", done.stdout


# Asyncio: one timer, bounded buffers, dead loops.


@asyncio_only
async def test_one_timer_serves_many_reads(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    timers = []
    real = AsyncioStream._set_timer

    def set_timer(self: AsyncioStream, deadline: float) -> None:
        timers.append(deadline)
        real(self, deadline)

    monkeypatch.setattr(AsyncioStream, "_set_timer", set_timer)
    async with opened(world, "plain", echo) as stream:
        for _ in range(100):
            await stream.write(b"x", LONG)
            assert await stream.read(10, LONG) == b"x"
        assert len(timers) == 1
        with pytest.raises(ReadTimeout):
            await stream.read(10, SHORT)
        assert len(timers) == 2


@asyncio_only
async def test_a_timer_that_comes_too_early_is_set_again(world: World) -> None:
    async with opened(world, "plain", until_closed) as stream:
        with pytest.raises(ReadTimeout):
            await stream.read(10, SHORT)
        asyncio.get_running_loop().call_soon(stream.data_received, b"x")
        assert await stream.read(10, SHORT) == b"x"  # leaves a timer behind
        started = time.monotonic()
        await world.backend().sleep(SHORT / 2)
        with pytest.raises(ReadTimeout):
            await stream.read(10, SHORT)
        assert time.monotonic() - started >= SHORT * 1.4


@asyncio_only
async def test_two_deadlines_at_once(world: World) -> None:
    release = threading.Event()

    async with opened(world, "plain", lambda _: release.wait(LONG)) as stream:
        for reading, writing in [(SHORT, 2 * SHORT), (2 * SHORT, SHORT)]:
            started = time.monotonic()
            read, write = await world.gather(
                lambda reading=reading: stream.read(10, reading),
                lambda writing=writing: stream.write(bytes(10_000_000), writing),
            )
            assert "reading" in str(read)
            assert "writing" in str(write)
            assert time.monotonic() - started >= 2 * SHORT - 0.002
        release.set()


@asyncio_only
async def test_reading_pauses_while_nobody_reads(world: World) -> None:
    data = pattern(8_000_000)

    def handler(conn: Any) -> None:
        conn.sendall(data)
        conn.close()

    async with opened(world, "plain", handler) as stream:
        await until(world, lambda: stream._reading_paused)
        await world.backend().sleep(SHORT)
        assert HIGH_WATER < stream._size <= 2 * HIGH_WATER + 65_536
        received = bytearray()
        while part := await stream.read(10_000, LONG):
            received += part
        assert received == data
        assert stream._size == 0


@asyncio_only
async def test_large_writes_do_not_fill_memory(world: World) -> None:
    release = threading.Event()

    def handler(conn: Any) -> None:
        assert release.wait(LONG)
        until_closed(conn)

    async with opened(world, "plain", handler) as stream:

        async def watch() -> None:
            await until(world, lambda: stream._writing_paused)
            assert stream._transport.get_write_buffer_size() <= 140_000
            release.set()

        data = bytearray(pattern(8_000_000))
        results = await world.gather(lambda: stream.write(data, LONG), watch)
        assert results == [None, None]


@asyncio_only
async def test_a_buffer_may_change_after_a_write(world: World) -> None:
    received = []
    release = threading.Event()
    size = 4_000_000

    def handler(conn: Any) -> None:
        from .servers import receive_exactly

        assert release.wait(LONG)
        received.append(receive_exactly(conn, size))
        conn.close()

    async with opened(world, "plain", handler) as stream:
        data = bytearray(50_000)
        sent = 0
        while sent < size:
            if stream._writing_paused:
                release.set()
            part = memoryview(data)[: size - sent]
            sent += await stream.write_some(part, LONG)
            data[:] = bytes(50_000)
            data[0] = 0
        release.set()
        assert await stream.read(10, LONG) == b""
    assert received[0] == bytes(size)


@pytest.mark.filterwarnings("error")
def test_closing_in_an_event_loop_that_has_ended() -> None:
    async def main() -> Any:
        return await detect.current_backend().connect_tcp("127.0.0.1", server.port, LONG)

    with Server(until_closed) as server:
        loop = asyncio.new_event_loop()
        stream = loop.run_until_complete(main())
        loop.close()
        stream.close()
        stream.close()
        assert stream.get_extra_info("socket").fileno() == -1
        del stream, loop
        gc.collect()


def test_closing_between_two_runs_of_an_event_loop() -> None:
    async def main() -> Any:
        return await detect.current_backend().connect_tcp("127.0.0.1", server.port, LONG)

    with Server(until_closed) as server:
        loop = asyncio.new_event_loop()
        stream = loop.run_until_complete(main())
        stream.close()
        loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(asyncio.sleep(0))
        assert stream.get_extra_info("socket").fileno() == -1
        loop.close()


def test_an_event_loop_that_cannot_watch_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the proactor of Windows: AnyIO knows how to wait there."""

    def no(self: Any, *args: Any) -> None:
        raise NotImplementedError

    async def main() -> None:
        backend = AsyncioBackend()
        waits = []

        async def wait_any(wanted: Any, timeout: float | None) -> Any:
            waits.append(len(wanted))
            return wanted

        with monkeypatch.context() as patch:
            patch.setattr("httpx._network.anyio.wait_any", wait_any)
            patch.setattr(asyncio.SelectorEventLoop, "add_writer", no)
            patch.setattr(asyncio.SelectorEventLoop, "remove_writer", no)
            stream = await backend.connect_tcp("127.0.0.1", server.port, LONG)
        assert waits == [1]
        await stream.write(b"hello", LONG)
        assert await stream.read(10, LONG) == b"hello"
        stream.close()

    with Server(echo) as server:
        asyncio.run(main())


class Sluggish(asyncio.Transport):
    """A transport that lets go of one byte each time one looks."""

    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        self.sizes = sizes

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return self.sizes.pop(0) if len(self.sizes) > 1 else self.sizes[0]

    def abort(self) -> None:
        pass


def test_the_write_timeout_counts_anew_with_every_byte() -> None:
    import socket

    async def main() -> None:
        with socket.socket() as sock:
            stream = AsyncioStream(asyncio.get_running_loop(), sock, "a:1")
            stream.connection_made(Sluggish([9, 8, 7, 6, 6, 6]))
            stream.pause_writing()
            started = time.monotonic()
            # Beside it a read whose time-outs are all sooner, and one that is later.
            write = asyncio.ensure_future(stream.write_some(b"x", SHORT))
            asyncio.get_running_loop().call_soon(stream.data_received, b"y")
            assert await stream.read(10, SHORT / 8) == b"y"
            for timeout in (SHORT / 2, SHORT / 4, 10 * SHORT):
                with pytest.raises(ReadTimeout):
                    await stream.read(10, timeout)
            with pytest.raises(WriteTimeout):
                await write
            assert time.monotonic() - started >= 4 * SHORT - 0.01
            stream.close()

    asyncio.run(main())


@asyncio_only
async def test_what_has_arrived_can_be_read_after_the_connection_is_lost(world: World) -> None:
    release = threading.Event()

    def handler(conn: Any) -> None:
        with contextlib.suppress(OSError):
            conn.sendall(bytes(8_000_000))
        assert release.wait(LONG)

    async with opened(world, "plain", handler) as stream:
        await until(world, lambda: stream._reading_paused)
        arrived = stream._size
        stream._transport.abort()
        await until(world, lambda: stream._lost)
        received = 0
        while part := await stream.read(65_536, LONG):
            received += len(part)
        assert received >= arrived
        release.set()


# Trio: checkpoints.


@pytest.mark.worlds("trio")
async def test_a_busy_stream_lets_other_tasks_run(world: World) -> None:
    import trio

    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await trio.sleep(0)

    release = threading.Event()

    def handler(conn: Any) -> None:
        conn.sendall(bytes(100_000))
        assert release.wait(LONG)

    async with opened(world, "plain", handler) as stream, trio.open_nursery() as nursery:
        nursery.start_soon(other)
        await until(world, stream.is_readable)
        before = turns
        for _ in range(10 * PATIENCE):
            assert await stream.read(1, LONG)
        assert turns - before >= 9
        release.set()
        nursery.cancel_scope.cancel()


@pytest.mark.worlds("trio")
@pytest.mark.parametrize("call", ["read", "write", "connect_tcp", "connect_unix"])
async def test_a_cancelled_call_does_nothing(world: World, call: str) -> None:
    def handler(conn: Any) -> None:
        conn.sendall(b"data")
        assert conn.recv(10) == b""

    async with opened(world, "plain", handler) as stream:
        await until(world, stream.is_readable)
        with anyio.CancelScope() as scope:
            scope.cancel()
            if call == "read":
                await stream.read(10, LONG)
            elif call == "write":
                await stream.write(b"!", LONG)
            elif call == "connect_tcp":
                await world.backend().connect_tcp("127.0.0.1", 1, LONG)
            else:
                await world.backend().connect_unix("/no/such/socket", LONG)
        assert scope.cancelled_caught
        assert await stream.read(10, LONG) == b"data"


# Small parts.


def test_an_error_without_a_text_has_its_name() -> None:
    assert str(failed("read", ConnectionResetError(), "a:1")) == (
        "ConnectionResetError while reading from a:1"
    )


def test_poll_by_select(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    import select
    import socket

    monkeypatch.delattr(select, "poll")
    left, right = socket.socketpair()
    with left, right:
        number = left.fileno()
        both = ((number, READ | WRITE),)
        assert sockets.poll(((number, READ),), 0) == {}
        assert not sockets.poll_readable(number, 0)
        assert sockets.poll(both, 0) == {number: WRITE}
        right.send(b"!")
        assert sockets.poll_readable(number, None)
        assert sockets.poll(((number, READ),), None) == {number: READ}
        assert sockets.poll(both, 0) == {number: READ | WRITE}
        monkeypatch.setattr(select, "select", lambda *args: ([], [], args[2]))
        assert sockets.poll(((number, WRITE),), 0) == {number: WRITE}


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.3, "0.3"), (5.0, "5"), (0.0363705, "0.0364"), (4.98765, "4.99"), (86400, "86400")],
)
def test_what_was_left_of_a_deadline_is_rounded(seconds: float, shown: str) -> None:
    expected = f"timed out after {shown} s while reading from example.com:443"
    assert str(timed_out("read", seconds, "example.com:443")) == expected


async def test_what_is_deferred_comes_in_the_next_turn(world: World) -> None:
    """After the tasks that could run when it was; not at all where no event loop tells."""
    seen: list[str] = []
    deferred = world.backend().defer(lambda: seen.append("deferred"))
    assert deferred == (world.name in ("asyncio", "uvloop"))
    assert seen == []
    await world.turn()
    assert seen == ["deferred"] * deferred
