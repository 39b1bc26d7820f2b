"""The blocking world: sockets and threads, in `async def` that never suspends.

`_drive.drive()` runs what is written over this backend. Every wait is a system call in the
thread that asked, with the time-out of that one call; there is no thread of our own but for
a name look-up. A stream may be used by a reading and a writing thread at once.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from .base import Resolver, SocketOption, Stream, name_of
from .dial import dial_tcp, dial_unix, path_name, resolve
from .process import PROCESS
from .sockets import READ, WRITE, SocketStream, poll, poll_readable

__all__ = ["BlockingBackend", "BlockingStream", "ThreadWaiter"]

T = TypeVar("T")


class BlockingStream(SocketStream):
    """A stream whose waits block the calling thread."""

    tries_first = False

    async def _wait(self, events: int, timeout: float | None) -> int:
        descriptor = self._sock.fileno()
        if events == READ:
            return READ if poll_readable(descriptor, timeout) else 0
        return poll(((descriptor, events),), timeout).get(descriptor, 0)


class ThreadWaiter:
    """A waiter on a bare lock, which is locked until someone wakes it.

    A `threading.Event` is three objects and ten times as slow to make.
    """

    __slots__ = ("_lock", "_woken")

    def __init__(self) -> None:
        self._woken = False
        self._lock = threading.Lock()
        self._lock.acquire()

    def wake(self) -> None:
        """Wake the waiting thread."""
        self._woken = True
        with contextlib.suppress(RuntimeError):  # woken before
            self._lock.release()

    async def wait(self, timeout: float | None) -> bool:
        """Wait until woken."""
        if not self._woken:
            limit = -1 if timeout is None else min(max(timeout, 0), threading.TIMEOUT_MAX)
            self._lock.acquire(timeout=limit)
        return self._woken


def _nothing() -> None:
    """What was not done is taken back."""


class BlockingBackend:
    """Opens streams that block the calling thread."""

    name = "blocking"

    def __init__(self) -> None:
        self._pid = PROCESS.id

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
        return BlockingStream(sock, name_of(host, port))

    async def resolve(
        self, host: str, port: int, timeout: float | None, resolver: Resolver | None = None
    ) -> list[tuple[str, int]]:
        """Look up a host. See `Backend.resolve`."""
        return await resolve(self, host, port, timeout, resolver)

    async def connect_unix(
        self, path: str, timeout: float | None, socket_options: Sequence[SocketOption] = ()
    ) -> Stream:
        """Connect to a Unix domain socket. See `Backend.connect_unix`."""
        return BlockingStream(await dial_unix(self, path, timeout, socket_options), path_name(path))

    async def wait_writable(
        self, sockets: Sequence[socket.socket], timeout: float | None
    ) -> Sequence[socket.socket]:
        """Wait until some of `sockets` are writable, and return those; none if timed out."""
        ready = poll([(sock.fileno(), WRITE) for sock in sockets], timeout)
        return [sock for sock in sockets if sock.fileno() in ready]

    async def sleep(self, seconds: float) -> None:
        """Block the calling thread for a while."""
        time.sleep(seconds)  # noqa: ASYNC251 -- this world may

    def waiter(self) -> ThreadWaiter:
        """A waiter for one thread."""
        return ThreadWaiter()

    def defer(self, function: Callable[[], None]) -> bool:
        """Not here. See `Backend.defer`."""
        return False

    async def run_in_thread(self, function: Callable[..., T], *args: Any) -> T:
        """Call `function` right here: this world may block."""
        return function(*args)

    def at_end(self, function: Callable[[], None]) -> Callable[[], None]:
        """There is no loop that could end. See `Backend.at_end`."""
        return _nothing

    def is_current(self) -> bool:
        """Whether this is the process that the backend was made in."""
        return PROCESS.id == self._pid
