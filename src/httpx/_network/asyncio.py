"""The asyncio world (uvloop too): one protocol and one timer a connection.

Theory of operation. What arrives is appended to a deque and wakes the reader, who waits on
one future; a read that finds bytes does not suspend. Time-outs need no task, no context
manager and no `call_later` a call: a deadline is a number, and one timer, left running,
looks at the deadlines when it fires and is set anew for the next one, if someone still waits.
A connection used once a millisecond under a 5 s time-out sets a timer every 5 s.

Memory is bounded both ways: reading is paused while more than `HIGH_WATER` bytes lie here,
and large writes leave in slices, each once the transport's own buffer has gone down.

The end of file is a flag, so that `is_readable()` is no system call, and the owner of an idle
stream is told of it at once (`on_idle_close`). Nothing here is safe from other threads but
`close()` and the waiters' `wake()`.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from .._exceptions import NetworkError
from .base import Buffer, Resolver, SocketOption, Stream, failed, name_of, timed_out
from .dial import dial_tcp, dial_unix, path_name, resolve
from .endings import call_at_end
from .process import PROCESS
from .sockets import socket_info

__all__ = ["AsyncioBackend", "AsyncioStream", "FutureWaiter"]

T = TypeVar("T")

HIGH_WATER = 262_144
"""Unread bytes above which reading is paused: one full read of the event loop's."""
LOW_WATER = 65_536
"""Unread bytes at which reading goes on."""
SLICE = 65_536
"""The most that is handed to the transport at once."""
_TICK = 0.001  # seconds; event loops round their timers to about this
_MOST_EXPIRIES = 64

_running_loop: Callable[[], asyncio.AbstractEventLoop | None] = asyncio._get_running_loop

# Transports that a forked child inherited. Their destructors would take the parent's sockets
# out of the parent's epoll, so they live as long as the child.
_inherited: list[asyncio.BaseTransport] = []


class AsyncioStream(asyncio.Protocol, Stream):
    """Bytes over an asyncio transport."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, peer: str) -> None:
        self.peer = peer
        self.on_idle_close = None
        self._loop = loop
        self._sock = sock
        self._pid = PROCESS.id
        self._transport: asyncio.Transport
        # What has arrived and was not read yet, and how the reading side stands.
        self._chunks: deque[bytes] | tuple[()] = ()
        self._offset = 0
        self._size = 0
        self._eof = False
        self._reader: asyncio.Future[bool] | None = None
        self._read_deadline: float | None = None
        self._reading_paused = False
        # The writing side.
        self._writer: asyncio.Future[bool] | None = None
        self._writer_watches = False
        self._write_deadline: float | None = None
        self._write_timeout = 0.0
        self._write_left = 0
        self._writing_paused = False
        # Both.
        self._closed = False
        self._lost = False
        self._failure: Exception | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called once, before anything else."""
        self._transport = transport  # type: ignore[assignment]
        self._transport.set_write_buffer_limits(high=SLICE)

    def data_received(self, data: bytes) -> None:
        """Bytes have arrived."""
        # An empty deque would take 620 bytes of each idle connection.
        if self._chunks:
            self._chunks.append(data)
        else:
            self._chunks = deque((data,))
        self._size += len(data)
        reader = self._reader
        if reader is not None:
            if not reader.done():
                reader.set_result(True)
        elif self._writer_watches:
            _wake(self._writer)
        elif self._size > HIGH_WATER and not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """The peer has sent all it will send; it may still read."""
        self._eof = True
        self._reading_ended()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is closed, by either side or by a failure."""
        self._lost = True
        self._failure = exc
        if exc is not None and not (self._closed or self._eof):
            self._salvage()
        self._stop_timer()
        _wake(self._writer)
        self._reading_ended()

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """The transport's buffer has room again."""
        self._writing_paused = False
        _wake(self._writer)

    def _reading_ended(self) -> None:
        _wake(self._reader)
        if self._writer_watches:
            _wake(self._writer)
        hook, self.on_idle_close = self.on_idle_close, None
        if hook is not None and not self._closed:
            hook()

    def _salvage(self) -> None:
        """Read what had arrived when a write failed: often the peer's reason to hang up.

        asyncio closes a transport as soon as a write fails, without another look.
        """
        with contextlib.suppress(OSError):
            while data := self._sock.recv(SLICE):
                self._chunks = deque((*self._chunks, data))
                self._size += len(data)

    # Reading.

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        while not self._chunks:
            if self._closed or self._eof or self._lost:
                return self._end()
            reader = self._reader = self._loop.create_future()
            if timeout is None:
                self._read_deadline = None
            else:
                self._read_deadline = deadline = self._loop.time() + timeout
                if self._timer is None or deadline < self._timer_at:
                    self._set_timer(deadline)
            try:
                if not await reader:
                    raise timed_out("read", timeout or 0, self.peer)
            finally:
                self._reader = None
        return self._take(max_bytes)

    def read_nowait(self, max_bytes: int) -> bytes | None:
        if self._chunks:
            return self._take(max_bytes)
        return self._end() if self._closed or self._eof or self._lost else None

    def _take(self, max_bytes: int) -> bytes:
        """At most `max_bytes` of the first chunk."""
        chunks = self._chunks
        assert chunks
        chunk = chunks[0]
        start = self._offset
        if len(chunk) - start <= max_bytes:
            chunks.popleft()
            if not chunks:
                self._chunks = ()
            if start:
                chunk = chunk[start:]
                self._offset = 0
        else:
            self._offset = start + max_bytes
            chunk = chunk[start : self._offset]
        self._size -= len(chunk)
        if self._reading_paused and self._size <= LOW_WATER:
            self._resume_reading()
        return chunk

    def _resume_reading(self) -> None:
        self._reading_paused = False
        if not self._lost:
            self._transport.resume_reading()

    def _end(self) -> bytes:
        """What a read gives when nothing will arrive any more."""
        if self._closed:
            raise failed("read", "the stream was closed", self.peer)
        if self._failure is not None and not self._eof:
            raise failed("read", self._failure, self.peer) from self._failure
        return b""

    # Writing.

    async def write(self, data: Buffer, timeout: float | None) -> None:
        if len(data) <= SLICE and not self._writing_paused:
            self._put(data)
        else:
            view = memoryview(data)
            sent = 0
            while sent < len(view):
                sent += await self.write_some(view[sent : sent + SLICE], timeout)
        if self._writing_paused:
            await self._wait_writable(timeout)
        elif self._transport.is_closing():
            await self._raise_write_error()

    async def write_some(
        self, data: Buffer, timeout: float | None, or_readable: bool = False
    ) -> int:
        while True:
            if or_readable and self.is_readable() and not self._closed:
                return 0
            if not self._writing_paused:
                if self._transport.is_closing():
                    await self._raise_write_error()
                part = data if len(data) <= SLICE else memoryview(data)[:SLICE]
                self._put(part)
                return len(part)
            await self._wait_writable(timeout, or_readable)

    def write_nowait(self, data: Buffer) -> int:
        # The owner of an unused stream may be a finalizer in another thread.
        # And a transport that is closing, but has not said so yet, would log each attempt.
        if (
            self._writing_paused
            or _running_loop() is not self._loop
            or self._transport.is_closing()
        ):
            return 0
        try:
            self._put(data)
        except NetworkError:
            return 0
        return len(data)

    def _put(self, data: Buffer) -> None:
        """Hand bytes to the transport, which may keep a reference to them."""
        if self._closed or self._lost:
            raise self._write_error()
        if type(data) is not bytes and not memoryview(data).readonly:
            data = bytes(data)
        self._transport.write(data)

    async def _wait_writable(self, timeout: float | None, or_readable: bool = False) -> None:
        """Wait for room in the transport's buffer, or for something to read."""
        self._writer = self._loop.create_future()
        self._writer_watches = or_readable
        if timeout is None:
            self._write_deadline = None
        else:
            self._write_timeout = timeout
            self._write_left = self._transport.get_write_buffer_size()
            self._write_deadline = self._loop.time() + timeout
            if self._timer is None or self._write_deadline < self._timer_at:
                self._set_timer(self._write_deadline)
        try:
            if not await self._writer:
                raise timed_out("write", timeout or 0, self.peer)
        finally:
            self._writer = None
            self._writer_watches = False
        if self._closed or self._lost:
            raise self._write_error()

    async def _raise_write_error(self) -> None:
        """Raise why the transport is closing: it tells a turn of the event loop later."""
        if not self._lost:
            await asyncio.sleep(0)
        raise self._write_error()

    def _write_error(self) -> NetworkError:
        if self._closed:
            return failed("write", "the stream was closed", self.peer)
        error = failed("write", self._failure or "the connection was lost", self.peer)
        error.__cause__ = self._failure
        return error

    # Time.

    def _set_timer(self, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        self._timer = self._loop.call_at(deadline, self._on_timer)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timer(self) -> None:
        """End the waits whose deadline has come, and set the timer for the other ones."""
        self._timer = None
        due = self._loop.time() + _TICK
        nearest = None
        if self._reader is not None and self._read_deadline is not None:
            nearest = self._read_deadline
            if nearest <= due:
                nearest = None
                _wake(self._reader, False)
        if self._writer is not None and self._write_deadline is not None:
            left = self._transport.get_write_buffer_size()
            if self._write_deadline <= due and left < self._write_left:
                self._write_deadline = due + self._write_timeout
                self._write_left = left
            if self._write_deadline <= due:
                _wake(self._writer, False)
            elif nearest is None or self._write_deadline < nearest:
                nearest = self._write_deadline
        if nearest is not None:
            self._set_timer(nearest)

    # The rest.

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if PROCESS.id != self._pid:
            _inherited.append(self._transport)
            os.close(self._sock.detach())
        elif _running_loop() is self._loop:
            self._abort()
        else:
            try:
                self._loop.call_soon_threadsafe(self._abort)
            except RuntimeError:  # the event loop is closed
                self._bury()

    def _bury(self) -> None:
        """Close the socket of a transport that cannot be closed any more.

        A destructor of asyncio's would warn of what is closed here, so it is shown nothing.
        """
        with contextlib.suppress(AttributeError):  # uvloop closes, and warns, with the loop
            self._transport._sock = None  # type: ignore[attr-defined]
        self._sock.close()

    def _abort(self) -> None:
        self._chunks = ()
        self._size = 0
        self._stop_timer()
        _wake(self._reader)
        _wake(self._writer)
        self._transport.abort()

    def is_readable(self) -> bool:
        return bool(self._chunks) or self._eof or self._lost or self._closed

    def get_extra_info(self, name: str) -> Any:
        return self.is_readable() if name == "is_readable" else socket_info(self._sock, name)


def _wake(future: asyncio.Future[bool] | None, result: bool = True) -> None:
    """End a wait, unless it is over or was cancelled."""
    if future is not None and not future.done():
        future.set_result(result)


class _Expiry:
    """Ends the waits of one length that nobody woke in time: by one timer, and not by one each,
    which would take 6 µs and four objects. They end in the order in which they began."""

    __slots__ = ("_deadlines", "_loop", "_retired", "_seconds", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._deadlines: dict[asyncio.Future[bool], float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._retired = False

    def add(self, future: asyncio.Future[bool]) -> None:
        """A wait begins."""
        self._deadlines[future] = deadline = self._loop.time() + self._seconds
        if self._timer is None:
            self._timer = self._loop.call_at(deadline, self._on_timer)

    def remove(self, future: asyncio.Future[bool]) -> None:
        """A wait is over."""
        self._deadlines.pop(future, None)
        if self._retired:
            self._stop_if_idle()

    def retire(self) -> None:
        """No more waits begin: the timer goes with the last of them."""
        self._retired = True
        self._stop_if_idle()

    def _stop_if_idle(self) -> None:
        if self._timer is not None and not self._deadlines:
            self._timer.cancel()
            self._timer = None

    def _on_timer(self) -> None:
        self._timer = None
        due = self._loop.time() + _TICK
        for future, deadline in self._deadlines.items():
            if deadline > due:
                self._timer = self._loop.call_at(deadline, self._on_timer)
                break
            _wake(future, False)


class FutureWaiter:
    """A waiter for one task."""

    __slots__ = ("_expiries", "_future", "_loop", "_woken")

    def __init__(self, loop: asyncio.AbstractEventLoop, expiries: dict[float, _Expiry]) -> None:
        self._loop = loop
        self._expiries = expiries
        self._future: asyncio.Future[bool] | None = None
        self._woken = False

    def wake(self) -> None:
        """Wake the waiting task."""
        if _running_loop() is self._loop:
            self._set()
        else:
            with contextlib.suppress(RuntimeError):  # the loop is closed; nobody waits there
                self._loop.call_soon_threadsafe(self._set)

    def _set(self) -> None:
        self._woken = True
        _wake(self._future)

    async def wait(self, timeout: float | None) -> bool:
        """Wait until woken."""
        if self._woken:
            return True
        future: asyncio.Future[bool] = self._loop.create_future()
        self._future = future
        expiry = None if timeout is None else self._expiry(timeout)
        if expiry is None:
            return await future
        expiry.add(future)
        try:
            return await future
        finally:
            expiry.remove(future)

    def _expiry(self, timeout: float) -> _Expiry:
        """Of all who wait as long; of few lengths, since what is left of a deadline has any."""
        expiries = self._expiries
        expiry = expiries.get(timeout)
        if expiry is None:
            if len(expiries) >= _MOST_EXPIRIES:
                for old in expiries.values():
                    old.retire()
                expiries.clear()
            expiry = expiries[timeout] = _Expiry(self._loop, timeout)
        return expiry


class AsyncioBackend:
    """Opens streams on one asyncio event loop: the running one."""

    name = "asyncio"

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._expiries: dict[float, _Expiry] = {}

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None,
        local_address: str | None = None,
        socket_options: Sequence[SocketOption] = (),
        resolver: Resolver | None = None,
        on_resolved: Callable[[], None] | None = None,
    ) -> Stream:
        """Connect by Happy Eyeballs. See `Backend.connect_tcp`."""
        sock = await dial_tcp(
            self, host, port, timeout, local_address, socket_options, resolver, on_resolved
        )
        return await self._open(sock, name_of(host, port), self._loop.create_connection)

    async def resolve(
        self, host: str, port: int, timeout: float | None, resolver: Resolver | None = None
    ) -> list[tuple[str, int]]:
        """Look up a host. See `Backend.resolve`."""
        return await resolve(self, host, port, timeout, resolver)

    async def connect_unix(
        self, path: str, timeout: float | None, socket_options: Sequence[SocketOption] = ()
    ) -> Stream:
        """Connect to a Unix domain socket. See `Backend.connect_unix`."""
        sock = await dial_unix(self, path, timeout, socket_options)
        return await self._open(sock, path_name(path), self._loop.create_unix_connection)

    async def _open(
        self, sock: socket.socket, peer: str, create: Callable[..., Any]
    ) -> AsyncioStream:
        """A stream over a connected socket."""
        stream = AsyncioStream(self._loop, sock, peer)
        try:
            await create(lambda: stream, sock=sock)
        except BaseException:
            sock.close()
            raise
        return stream

    async def wait_writable(
        self, sockets: Sequence[socket.socket], timeout: float | None
    ) -> Sequence[socket.socket]:
        """Wait until some of `sockets` are writable, and return those; none if timed out."""
        loop = self._loop
        changed: asyncio.Future[bool] = loop.create_future()
        ready: list[socket.socket] = []

        def on_writable(sock: socket.socket) -> None:
            ready.append(sock)
            loop.remove_writer(sock)
            _wake(changed)

        try:
            for sock in sockets:
                loop.add_writer(sock, on_writable, sock)
        except NotImplementedError:  # the proactor of Windows has no such thing, AnyIO has
            from .anyio import wait_any

            return [s for s, _ in await wait_any([(s, False) for s in sockets], timeout)]
        timer = None if timeout is None else loop.call_later(timeout, _wake, changed, False)
        try:
            await changed
        finally:
            for sock in sockets:
                loop.remove_writer(sock)
            if timer is not None:
                timer.cancel()
        return ready

    async def sleep(self, seconds: float) -> None:
        """Let the event loop go on for a while."""
        await asyncio.sleep(seconds)

    def waiter(self) -> FutureWaiter:
        """A waiter for one task."""
        return FutureWaiter(self._loop, self._expiries)

    def defer(self, function: Callable[[], None]) -> bool:
        """Call `function` in the next turn of the event loop. See `Backend.defer`."""
        self._loop.call_soon(function)
        return True

    async def run_in_thread(self, function: Callable[..., T], *args: Any) -> T:
        """Call `function` in the event loop's pool of threads, in the caller's context."""
        call = functools.partial(contextvars.copy_context().run, function, *args)
        return await self._loop.run_in_executor(None, call)

    def at_end(self, function: Callable[[], None]) -> Callable[[], None]:
        """Call `function` when the event loop ends. See `Backend.at_end`."""
        return call_at_end(function)

    def is_current(self) -> bool:
        """Whether the backend's event loop is the running one, in the same process: asyncio
        forgets in a forked child which one was."""
        return _running_loop() is self._loop
