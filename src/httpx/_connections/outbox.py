"""The ordered out-queue of a connection that many exchanges share.

Frames are appended under the connection's lock, in the order in which the codec made them. They
are written outside it, by one *flusher* at a time, and leave the queue only once the stream took
them: what a cancelled flush leaves behind, the next one continues, and no frame is ever written
by half. Whoever queued something waits until it has left, under its own time-out, whether it is
the flusher or somebody else is; a flusher that leaves hands its role on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING

from .._network.base import timed_out

if TYPE_CHECKING:
    import threading

    from .._network.base import Backend, Stream, Waiter

__all__ = ["Outbox"]

_FLUSH_SIZE = 256 * 1024


class Outbox:
    """Bytes that are to leave over a stream, in order.

    `read` is called when the stream has something to read while it takes nothing: a peer may not
    read on before it is heard. It gives False where somebody else is reading already.
    """

    def __init__(
        self,
        stream: Stream,
        backend: Backend,
        lock: threading.Lock,
        peer: str,
        read: Callable[[], Awaitable[bool]],
    ) -> None:
        self._stream = stream
        self._backend = backend
        self._lock = lock
        self._peer = peer
        self._read = read
        self._unsent = bytearray()
        self._written = 0  # bytes that have left
        self._flushing = False
        self._waiters: dict[Waiter, int] = {}  # and how far has to be written for each

    def __len__(self) -> int:
        return len(self._unsent)

    @property
    def is_stuck(self) -> bool:
        """Whether there is something to write that nobody is about."""
        return bool(self._unsent) and not self._flushing

    def put(self, data: bytes) -> None:
        """Append whole frames. Under the lock."""
        self._unsent += data

    def flush_nowait(self) -> None:
        """Write what fits. Under the lock; never waits."""
        if self.is_stuck:
            self._took(self._stream.write_nowait(bytes(self._unsent)))

    async def flush(self, timeout: float | None) -> None:
        """Return when everything that is in the queue now has been written.

        Raises `WriteTimeout` if that takes longer than `timeout`, and `WriteError`.
        """
        deadline = None if timeout is None else monotonic() + timeout
        mine = self._written + len(self._unsent)
        while True:
            with self._lock:
                if self._written >= mine:
                    return
                flushes = not self._flushing
                if flushes:
                    self._flushing = True
                else:
                    waiter = self._backend.waiter()
                    self._waiters[waiter] = mine
            if flushes:
                await self._write_out(timeout)
            else:
                left = None if deadline is None else max(0.0, deadline - monotonic())
                await self._wait(waiter, left)
                if left == 0.0 and self._written < mine:
                    raise timed_out("write", timeout or 0.0, self._peer)

    async def _wait(self, waiter: Waiter, timeout: float | None) -> None:
        try:
            await waiter.wait(timeout)
        finally:
            with self._lock:
                self._waiters.pop(waiter, None)
                self._hand_on()

    async def _write_out(self, timeout: float | None) -> None:
        """Empty the queue. The caller has the flushing, and loses it here."""
        reads = True
        try:
            while True:
                with self._lock:
                    data = bytes(self._unsent[:_FLUSH_SIZE])
                if not data:
                    return
                written = await self._stream.write_some(data, timeout, or_readable=reads)
                if written:
                    with self._lock:
                        self._took(written)
                reads = bool(written) or await self._read()
        finally:
            with self._lock:
                self._flushing = False
                self._hand_on()

    def _took(self, size: int) -> None:
        """Some bytes have left: tell those whose frames they were. Under the lock."""
        del self._unsent[:size]
        self._written += size
        while self._waiters:
            waiter, place = next(iter(self._waiters.items()))
            if place > self._written:
                return
            del self._waiters[waiter]
            waiter.wake()

    def _hand_on(self) -> None:
        """If nobody flushes, the first of those who wait for it does. Under the lock."""
        if self._waiters and not self._flushing:
            waiter = next(iter(self._waiters))
            del self._waiters[waiter]
            waiter.wake()

    def give_up(self) -> None:
        """Nothing will be written any more: wake everybody. Under the lock."""
        self._written += len(self._unsent)
        self._unsent.clear()
        self._took(0)
