"""Trio, and anything else that AnyIO runs on: non-blocking sockets, and AnyIO to wait for them.

The policy for checkpoints. Trio's rule is that every asynchronous call lets other tasks run
and can be cancelled. A full checkpoint costs more than the system call that it accompanies,
so here every call can be cancelled before it begins, and a call that had to wait has let
others run by that; of those that need not wait, every `PATIENCE`-th is a full checkpoint. All
that comes before the socket is touched: a call that is cancelled has moved no byte.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread

from .base import Buffer, Resolver, SocketOption, Stream, name_of
from .dial import dial_tcp, dial_unix, path_name, resolve
from .endings import call_at_end
from .process import PROCESS
from .sockets import READ, WRITE, SocketStream

__all__ = ["AnyIOBackend", "AnyIOStream", "EventWaiter", "wait_any"]

T = TypeVar("T")

PATIENCE = 16
"""How many calls in a row may do without letting other tasks run."""


async def wait_any(
    wanted: Sequence[tuple[socket.socket, bool]], timeout: float | None
) -> list[tuple[socket.socket, bool]]:
    """Wait until one of some sockets is readable (True) or writable (False).

    Returns those that are, at least one; none if `timeout` seconds have passed.
    """
    ready: list[tuple[socket.socket, bool]] = []

    async def watch(item: tuple[socket.socket, bool]) -> None:
        await (anyio.wait_readable if item[1] else anyio.wait_writable)(item[0])
        ready.append(item)
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        if timeout is not None:
            group.cancel_scope.deadline = anyio.current_time() + timeout
        for item in wanted:
            group.start_soon(watch, item)
    return ready


class AnyIOStream(SocketStream):
    """A stream whose waits let other tasks run."""

    def __init__(self, sock: socket.socket, peer: str) -> None:
        super().__init__(sock, peer)
        self._hurried = 0

    async def _wait(self, events: int, timeout: float | None) -> int:
        self._hurried = 0
        if events == READ | WRITE:
            ready = await wait_any([(self._sock, True), (self._sock, False)], timeout)
            return sum({READ if readable else WRITE for _, readable in ready})
        wait = anyio.wait_readable if events == READ else anyio.wait_writable
        if timeout is None:
            await wait(self._sock)
            return events
        with anyio.move_on_after(timeout) as scope:
            await wait(self._sock)
        return 0 if scope.cancelled_caught else events

    async def _checkpoint(self) -> None:
        self._hurried += 1
        if self._hurried < PATIENCE:
            await anyio.lowlevel.checkpoint_if_cancelled()
        else:
            self._hurried = 0
            await anyio.lowlevel.checkpoint()

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        await self._checkpoint()
        return await super().read(max_bytes, timeout)

    async def write_some(
        self, data: Buffer, timeout: float | None, or_readable: bool = False
    ) -> int:
        await self._checkpoint()
        if or_readable and self.is_readable() and not self._closed:
            return 0
        return await super().write_some(data, timeout, or_readable)


class EventWaiter:
    """A waiter for one task."""

    __slots__ = ("_backend", "_event")

    def __init__(self, backend: AnyIOBackend) -> None:
        self._backend = backend
        self._event = anyio.Event()

    def wake(self) -> None:
        """Wake the waiting task."""
        self._backend.call_soon(self._event.set)

    async def wait(self, timeout: float | None) -> bool:
        """Wait until woken."""
        if timeout is None:
            await self._event.wait()
        else:
            with anyio.move_on_after(timeout):
                await self._event.wait()
        return self._event.is_set()


def _door(name: str) -> tuple[object, Callable[..., Any], type[Exception]]:
    """How other threads reach the event loop that runs here: a token for it, the function to
    call, and the exception that says that the loop has ended."""
    if name == "trio":
        import trio

        token = trio.lowlevel.current_trio_token()
        return token, token.run_sync_soon, trio.RunFinishedError
    if name == "asyncio":
        import asyncio

        loop = asyncio.get_running_loop()
        return loop, loop.call_soon_threadsafe, RuntimeError
    raise RuntimeError(f"no network backend for the async library {name!r}")


class AnyIOBackend:
    """Opens streams on what runs here, by AnyIO."""

    def __init__(self, name: str = "trio") -> None:
        self.name = name
        self._token, self._call_soon, self._ended = _door(name)
        self._pid = PROCESS.id
        self._thread = threading.get_ident()

    def call_soon(self, function: Callable[[], object]) -> None:
        """Call `function` in the event loop's thread: at once if this is it. Nothing happens
        if the loop has ended."""
        if threading.get_ident() == self._thread:
            function()
            return
        with contextlib.suppress(self._ended):
            self._call_soon(function)

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
        await anyio.lowlevel.checkpoint_if_cancelled()
        sock = await dial_tcp(
            self, host, port, timeout, local_address, socket_options, resolver, on_resolved
        )
        return AnyIOStream(sock, name_of(host, port))

    async def resolve(
        self, host: str, port: int, timeout: float | None, resolver: Resolver | None = None
    ) -> list[tuple[str, int]]:
        """Look up a host. See `Backend.resolve`."""
        await anyio.lowlevel.checkpoint_if_cancelled()
        return await resolve(self, host, port, timeout, resolver)

    async def connect_unix(
        self, path: str, timeout: float | None, socket_options: Sequence[SocketOption] = ()
    ) -> Stream:
        """Connect to a Unix domain socket. See `Backend.connect_unix`."""
        await anyio.lowlevel.checkpoint_if_cancelled()
        return AnyIOStream(await dial_unix(self, path, timeout, socket_options), path_name(path))

    async def wait_writable(
        self, sockets: Sequence[socket.socket], timeout: float | None
    ) -> Sequence[socket.socket]:
        """Wait until some of `sockets` are writable, and return those; none if timed out."""
        return [sock for sock, _ in await wait_any([(s, False) for s in sockets], timeout)]

    async def sleep(self, seconds: float) -> None:
        """Let other tasks run for a while."""
        await anyio.sleep(seconds)

    def waiter(self) -> EventWaiter:
        """A waiter for one task."""
        return EventWaiter(self)

    def defer(self, function: Callable[[], None]) -> bool:
        """Not here. See `Backend.defer`."""
        return False

    async def run_in_thread(self, function: Callable[..., T], *args: Any) -> T:
        """Call `function` in a worker thread, in the caller's context."""
        return await anyio.to_thread.run_sync(function, *args, abandon_on_cancel=True)

    def at_end(self, function: Callable[[], None]) -> Callable[[], None]:
        """Call `function` when the event loop ends. See `Backend.at_end`."""
        return call_at_end(function)

    def is_current(self) -> bool:
        """Whether the backend's event loop is the running one, in the same process."""
        if PROCESS.id != self._pid:
            return False
        try:
            return _door(self.name)[0] is self._token
        except RuntimeError:  # nothing runs here, or something else does
            return False
