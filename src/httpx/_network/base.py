"""The whole contract of the network floor, on one page.

A *stream* is bytes over one wire; a *backend* opens streams in one world (blocking threads,
asyncio, or what AnyIO runs on). All waiting methods are `async def`: those of the blocking
backend never suspend, so that the floors above are written once and `_drive.drive()` runs them.

Rules that every implementation keeps, and `tests/network/test_streams.py` checks for each:

* `timeout` is in seconds for this one call; `None` waits for ever; 0 takes what is there now.
* Faults are raised here, in their final class and text: `ReadTimeout`, `ReadError`,
  `WriteTimeout`, `WriteError`, `ConnectTimeout`, `ConnectError`, with the low-level error as
  `__cause__`. A text begins with the cause and goes on with the phase, the seconds, the peer.
* After a cancelled or timed-out `read` the stream has lost no byte: the next `read` gives it.
* After a cancelled or timed-out `write` or `write_some`, either close the stream, or (after
  `write_some` only) call it again with the same bytes: what it took already is not sent twice.
* One reader and one writer may be inside a stream at the same time; no more than that. With
  `or_readable` a writer is the reader as well.
* `close()` never waits, may be called in any state, twice, and from another thread; who is
  inside a call at that moment gets a `ReadError` or `WriteError`, at once.
* No lock is taken and nothing is awaited by `close()` when a finalizer calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .._exceptions import (
    ConnectError,
    ConnectTimeout,
    NetworkError,
    ReadError,
    ReadTimeout,
    TimeoutException,
    WriteError,
    WriteTimeout,
)

if TYPE_CHECKING:
    import ssl

__all__ = [
    "Backend",
    "Buffer",
    "Resolver",
    "SocketOption",
    "Stream",
    "Waiter",
    "failed",
    "name_of",
    "timed_out",
]

T = TypeVar("T")
Buffer = bytes | bytearray | memoryview
SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)
# A resolver answers (host, port) with addresses, in the order of preference. It is called in
# a worker thread in the awaiting worlds, so it may block.
Resolver = Callable[[str, int], Sequence[tuple[str, int]]]


class Stream(Protocol):
    """Bytes over one wire."""

    peer: str
    """Who is at the other end, for people: ``example.com:443``, or a socket's path."""

    on_idle_close: Callable[[], None] | None
    """Set by the owner of an idle stream, and set back to `None` before its next use. A world
    that notices by itself that the peer hung up (asyncio) calls it then, once, from the event
    loop; the others never do, and `is_readable` tells."""

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        """Wait for bytes and return at most `max_bytes` of them; ``b""`` at the end of file."""
        ...

    def read_nowait(self, max_bytes: int) -> bytes | None:
        """What a read would give without waiting, or `None` if it would wait."""
        ...

    async def write(self, data: Buffer, timeout: float | None) -> None:
        """Write all of `data`. The time-out counts anew whenever the peer took something."""
        ...

    async def write_some(
        self, data: Buffer, timeout: float | None, or_readable: bool = False
    ) -> int:
        """Write what fits, waiting until at least one byte does, and return how many.

        With `or_readable`, return 0 as soon as there is something to read (bytes or the end
        of file), so that an early response is noticed while a body is still leaving.
        """
        ...

    def write_nowait(self, data: Buffer) -> int:
        """Write what fits now, and return how many bytes that were; 0 where none did, or on
        a broken stream. What was not counted is offered again before anything else is (TLS
        may have encrypted it), or the stream is closed."""
        ...

    async def start_tls(
        self,
        context: ssl.SSLContext,
        hostname: str,
        timeout: float | None,
        alpn: Sequence[str] = (),
        shared: bool = False,
    ) -> Stream:
        """Return a stream that speaks TLS over this one, which is then not used any more.

        `alpn` is offered without touching `context`. `shared` asks for a stream that one
        reader and one writer may use from two threads at once, as all of ours may. On any
        failure this stream is closed. `ConnectError` or `ConnectTimeout`, saying which
        certificate problem it was.
        """
        from .tls import start_tls

        return await start_tls(self, context, hostname, timeout, alpn)

    def close(self) -> None:
        """Close at once, without waiting for anything."""
        ...

    def is_readable(self) -> bool:
        """Whether a read would not wait. An *idle* stream that is readable was closed by its
        peer, or the peer talks out of turn: it is of no use any more."""
        ...

    def get_extra_info(self, name: str) -> Any:
        """``ssl_object``, ``client_addr``, ``server_addr``, ``socket``, ``is_readable``, or
        ``truncated``: whether TLS ended without its close_notify (RFC 8446 §6.1), an error
        only where nothing else told that the data is complete. Else, and where it does not
        apply, `None`."""
        ...


class Waiter(Protocol):
    """Lets one task or thread of a world wait until another wakes it, once."""

    def wake(self) -> None:
        """Wake the waiting one; from any thread, any number of times, before or after."""
        ...

    async def wait(self, timeout: float | None) -> bool:
        """Wait until woken (True) or until `timeout` seconds have passed (False)."""
        ...


class Backend(Protocol):
    """Opens streams, and knows how to wait, in one world."""

    name: str
    """``blocking``, ``asyncio`` or ``trio`` (any name that sniffio gives)."""

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
        """Connect by Happy Eyeballs (RFC 8305), name look-up included in `timeout`.

        `on_resolved` is called when a name has been looked up, and not for an address, which
        needs no look-up: a mark for phase timings.
        """
        ...

    async def connect_unix(
        self, path: str, timeout: float | None, socket_options: Sequence[SocketOption] = ()
    ) -> Stream:
        """Connect to a socket in the file system, or in Linux's abstract space (``\\0name``)."""
        ...

    async def resolve(
        self, host: str, port: int, timeout: float | None, resolver: Resolver | None = None
    ) -> list[tuple[str, int]]:
        """The addresses of a host, each with its port, in the order to try them in."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def waiter(self) -> Waiter:
        """A new waiter for this world."""
        ...

    def defer(self, function: Callable[[], None]) -> bool:
        """Call `function` when the tasks that can run now have had their turn. False, and nothing
        is done, in a world that has no such moment, or does not tell."""
        ...

    async def run_in_thread(self, function: Callable[..., T], *args: Any) -> T:
        """Call something that blocks, without holding up the event loop.

        Who is cancelled does not wait for it: the thread is left to end by itself."""
        ...

    def at_end(self, function: Callable[[], None]) -> Callable[[], None]:
        """Call `function` when the event loop ends, while it still lives. Never in the blocking
        world, which has none. Returns what takes that back."""
        ...

    def is_current(self) -> bool:
        """Whether the caller runs where this backend's streams live: the same process, and in
        the awaiting worlds the same event loop, still open."""
        ...


_PHASES: dict[str, tuple[type[TimeoutException], type[NetworkError], str]] = {
    "lookup": (ConnectTimeout, ConnectError, "looking up the address of"),
    "connect": (ConnectTimeout, ConnectError, "connecting to"),
    "tls": (ConnectTimeout, ConnectError, "in the TLS handshake with"),
    "read": (ReadTimeout, ReadError, "reading from"),
    "write": (WriteTimeout, WriteError, "writing to"),
}


def timed_out(phase: str, seconds: float, peer: str) -> TimeoutException:
    """The exception for a phase that ran out of time, with its class and its text."""
    cls, _, doing = _PHASES[phase]
    # What was left of a deadline is no round number, and long ones need all their digits.
    shown = f"{seconds:.3g}" if seconds < 1000 else f"{seconds:g}"
    return cls(f"timed out after {shown} s while {doing} {peer}")


def failed(phase: str, cause: object, peer: str) -> NetworkError:
    """The exception for a phase that failed; its text begins with that of `cause`."""
    _, cls, doing = _PHASES[phase]
    return cls(f"{str(cause) or type(cause).__name__} while {doing} {peer}")


def name_of(host: str, port: int) -> str:
    """A peer's name for people: ``example.com:443``, ``[::1]:443``."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
