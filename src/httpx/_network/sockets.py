"""Streams over non-blocking sockets: what the blocking world and AnyIO's have in common.

A subclass says how its world waits for a socket (`_wait`); reading, writing, closing and
their errors are here. Sockets are always non-blocking underneath, so that a reader and a
writer can be inside at the same time, each with a time-out of its own: `settimeout` is one
setting for the whole socket.

Closing from elsewhere: closing a descriptor neither wakes who waits for it nor is it safe, as
the number may be in use again the next moment. So `close()` calls `shutdown()`, which does
wake him, and the last one to leave closes the descriptor. Two flags decide that without a
lock: each side writes its own flag first and reads the other's afterwards.
"""

from __future__ import annotations

import contextlib
import select
import socket
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from .base import Buffer, Stream, failed, timed_out
from .process import PROCESS

__all__ = ["READ", "WRITE", "SocketStream", "poll", "poll_readable", "socket_info"]

READ, WRITE = 1, 2
_LONGEST = 2_000_000.0  # seconds; poll() counts milliseconds in a C int

# glibc's malloc asks the kernel for each block of 128 KiB and more, until one was freed: then it
# keeps blocks up to that size on its heap. So one is freed here, larger than any that is read
# into (asyncio's have 256 KiB, whatever arrives): it spares each read 12 µs and three system calls.
_freed = bytes(2 * 1024 * 1024)
del _freed


def poll(wanted: Iterable[tuple[int, int]], timeout: float | None) -> dict[int, int]:
    """Wait until one of some descriptors is ready for `READ` or `WRITE`.

    `wanted` pairs descriptors with what is asked for. The answer maps those that are ready
    to what they are ready for; it is empty after `timeout` seconds. An error or a hang-up
    makes a descriptor ready for all that was asked.
    """
    if not hasattr(select, "poll"):  # Windows
        return _select(dict(wanted), timeout)
    asked = dict(wanted)
    poller = select.poll()
    for descriptor, events in asked.items():
        flags = (select.POLLIN if events & READ else 0) | (select.POLLOUT if events & WRITE else 0)
        poller.register(descriptor, flags)
    ready = {}
    for descriptor, flags in poller.poll(_milliseconds(timeout)):
        if flags & ~(select.POLLIN | select.POLLOUT):
            ready[descriptor] = asked[descriptor]
        else:
            ready[descriptor] = (READ if flags & select.POLLIN else 0) | (
                WRITE if flags & select.POLLOUT else 0
            )
    return ready


def poll_readable(descriptor: int, timeout: float | None) -> bool:
    """Whether one descriptor becomes readable, or broken, within `timeout` seconds.

    A request of the blocking world asks twice: 1.0 µs instead of the 1.6 of `poll`, with its dicts.
    """
    if not hasattr(select, "poll"):
        return bool(_select({descriptor: READ}, timeout))
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(_milliseconds(timeout)))


def _milliseconds(timeout: float | None) -> float | None:
    return None if timeout is None else min(max(timeout, 0), _LONGEST) * 1000


def _select(wanted: dict[int, int], timeout: float | None) -> dict[int, int]:
    """`poll`, where there is only select(). A failed connect shows as an exception there."""
    readers = [descriptor for descriptor, events in wanted.items() if events & READ]
    writers = [descriptor for descriptor, events in wanted.items() if events & WRITE]
    limit = None if timeout is None else min(max(timeout, 0), _LONGEST)
    can_read, can_write, broken = select.select(readers, writers, list(wanted), limit)
    ready = dict.fromkeys(can_read, READ)
    for descriptor in can_write:
        ready[descriptor] = ready.get(descriptor, 0) | WRITE
    for descriptor in broken:
        ready[descriptor] = wanted[descriptor]
    return ready


def socket_info(sock: socket.socket, name: str) -> Any:
    """What `Stream.get_extra_info` says about a plain socket."""
    if name == "socket":
        return sock
    with contextlib.suppress(OSError):  # not connected any more
        if name == "client_addr":
            return sock.getsockname()
        if name == "server_addr":
            return sock.getpeername()
    return None


class SocketStream(Stream):
    """Bytes over a non-blocking socket, in a world that can wait for one."""

    tries_first = True
    """Whether a read looks at the socket before it waits. Waiting for an answer it saves the
    exception for "nothing there" not to; finding bytes it saves the wait."""

    def __init__(self, sock: socket.socket, peer: str) -> None:
        self.peer = peer
        self.on_idle_close = None
        self._sock = sock
        self._pid = PROCESS.id
        self._closed = False
        self._reading = False
        self._writing = False

    @abstractmethod
    async def _wait(self, events: int, timeout: float | None) -> int:
        """Wait for `READ`, `WRITE` or both; what the socket is ready for, 0 if timed out."""
        ...

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        self._reading = True
        try:
            look = self.tries_first
            while not self._closed:
                if look:
                    try:
                        data = self._sock.recv(max_bytes)
                    except (BlockingIOError, InterruptedError):
                        pass
                    else:
                        if data or not self._closed:
                            return data
                        break
                if not await self._wait(READ, timeout):
                    raise timed_out("read", timeout or 0, self.peer)
                look = True
        except OSError as exc:
            if not self._closed:
                raise failed("read", exc, self.peer) from exc
        finally:
            self._reading = False
            if self._closed:
                self._release()
        raise failed("read", "the stream was closed", self.peer)

    def read_nowait(self, max_bytes: int) -> bytes | None:
        try:
            return self._sock.recv(max_bytes)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as exc:
            if self._closed:
                raise failed("read", "the stream was closed", self.peer) from None
            raise failed("read", exc, self.peer) from exc

    async def write(self, data: Buffer, timeout: float | None) -> None:
        sent = await self.write_some(data, timeout)
        if sent < len(data):
            view = memoryview(data)
            while sent < len(view):
                sent += await self.write_some(view[sent:], timeout)

    async def write_some(
        self, data: Buffer, timeout: float | None, or_readable: bool = False
    ) -> int:
        self._writing = True
        try:
            events = READ | WRITE if or_readable else WRITE
            wait = or_readable
            while not self._closed:
                if wait:
                    ready = await self._wait(events, timeout)
                    if not ready:
                        raise timed_out("write", timeout or 0, self.peer)
                    if ready & READ and or_readable and not self._closed:
                        return 0
                try:
                    return self._sock.send(data)
                except (BlockingIOError, InterruptedError):
                    wait = True
        except OSError as exc:
            if not self._closed:
                raise failed("write", exc, self.peer) from exc
        finally:
            self._writing = False
            if self._closed:
                self._release()
        raise failed("write", "the stream was closed", self.peer)

    def write_nowait(self, data: Buffer) -> int:
        if PROCESS.id != self._pid:
            return 0  # a forked child has nothing to say to the parent's peer
        try:
            return self._sock.send(data)
        except OSError:
            return 0

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        # In a forked child the flags speak of threads that are not here, and a shutdown
        # would end the parent's connection.
        if (self._reading or self._writing) and PROCESS.id == self._pid:
            with contextlib.suppress(OSError):  # the peer was faster
                self._sock.shutdown(socket.SHUT_RDWR)
        else:
            self._sock.close()

    def _release(self) -> None:
        """Close the descriptor of a closed stream, unless someone is still inside."""
        if not (self._reading or self._writing):
            self._sock.close()

    def is_readable(self) -> bool:
        descriptor = self._sock.fileno()
        return self._closed or descriptor < 0 or poll_readable(descriptor, 0)

    def get_extra_info(self, name: str) -> Any:
        return self.is_readable() if name == "is_readable" else socket_info(self._sock, name)
