"""One Happy Eyeballs dialler (RFC 8305) for every world.

Theory of operation. The addresses of a name are put in an order that alternates between IPv6
and IPv4, beginning with the family the resolver prefers (§4). The first is tried; the next
one follows after 250 ms without an answer, or at once when an attempt fails (§5), while the
earlier ones go on. The first socket to be connected wins, the rest are closed, whatever
happens. One deadline is over all of it, the name look-up included.

Sockets are non-blocking, so one coroutine holds the whole race; a world brings only three
things: a waiter, a sleep, and "wait until one of these sockets is writable". A look-up runs
in a daemon thread of its own, since nothing can interrupt getaddrinfo(): when the deadline
passes it is left behind, and what it finds later is dropped.
"""

from __future__ import annotations

import contextlib
import contextvars
import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any, Protocol

from .._exceptions import NetworkError
from .base import Resolver, SocketOption, Waiter, failed, name_of, timed_out

__all__ = ["World", "dial_tcp", "dial_unix", "path_name", "resolve"]

ATTEMPT_DELAY = 0.25
"""Seconds before the next address is tried beside one that does not answer (RFC 8305 §5)."""
BUSY_DELAY = 0.01
"""Seconds before a socket in the file system is tried again whose backlog was full."""

_IN_PROGRESS = {errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN, errno.EINTR}
_ANY_ADDRESS = {"0.0.0.0", "::"}
Address = tuple[socket.AddressFamily, Any]


class World(Protocol):
    """What dialling needs to know of a world."""

    def waiter(self) -> Waiter:
        """See `Backend.waiter`."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    async def wait_writable(
        self, sockets: Sequence[socket.socket], timeout: float | None
    ) -> Sequence[socket.socket]:
        """Wait until some of `sockets` are writable, and return those; none if timed out."""
        ...


async def dial_tcp(
    world: World,
    host: str,
    port: int,
    timeout: float | None,
    local_address: str | None = None,
    socket_options: Sequence[SocketOption] = (),
    resolver: Resolver | None = None,
    on_resolved: Callable[[], None] | None = None,
) -> socket.socket:
    """Return a connected, non-blocking socket. See `Backend.connect_tcp`."""
    peer = name_of(host, port)
    deadline = None if timeout is None else time.monotonic() + timeout
    local = None if local_address is None else _local(local_address, peer)
    addresses = await _resolve(world, host, port, timeout, resolver, peer, on_resolved)
    if local is not None:
        addresses = [address for address in addresses if address[0] == local[0]]
        if not addresses:
            raise failed("connect", f"no address of the family of {local_address!r}", peer)
    race = _Race(interleave(addresses), None if local_address in _ANY_ADDRESS else local)
    try:
        winner = await race.run(world, deadline, socket_options)
        if winner is not None:
            return winner
        if race.pending:
            raise timed_out("connect", timeout or 0, peer)
        raise race.failure(peer)
    finally:
        race.close()


async def resolve(
    world: World, host: str, port: int, timeout: float | None, resolver: Resolver | None = None
) -> list[tuple[str, int]]:
    """Return the addresses of a host, for somebody else to dial. See `Backend.resolve`."""
    addresses = await _resolve(world, host, port, timeout, resolver, name_of(host, port))
    return [(address[1][0], address[1][1]) for address in interleave(addresses)]


class _Race:
    """The attempts to reach one peer by several addresses."""

    def __init__(self, addresses: Sequence[Address], local: Address | None) -> None:
        self._addresses = list(reversed(addresses))  # a deque would take 600 bytes of each dial
        self._local = local
        self._errors: list[tuple[Address, OSError]] = []
        self.pending: dict[socket.socket, Address] = {}

    async def run(
        self, world: World, deadline: float | None, options: Sequence[SocketOption]
    ) -> socket.socket | None:
        """The first socket to be connected. `None` if all failed, or if time ran out while
        some are pending."""
        next_start = 0.0
        while True:
            now = time.monotonic()
            if self._addresses and (not self.pending or now >= next_start):
                next_start = now + ATTEMPT_DELAY
                winner = self._start(self._addresses.pop(), options)
                if winner is not None:
                    return winner
                continue
            if not self.pending or (deadline is not None and now >= deadline):
                return None
            until = next_start if self._addresses else deadline
            if until is not None and deadline is not None:
                until = min(until, deadline)
            wait = None if until is None else until - now
            for sock in await world.wait_writable(list(self.pending), wait):
                error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if not error and _is_connected(sock):
                    del self.pending[sock]
                    return sock
                if error:
                    self._errors.append((self.pending.pop(sock), _error(error)))
                    sock.close()
                    next_start = 0.0

    def _start(self, address: Address, options: Sequence[SocketOption]) -> socket.socket | None:
        """Begin an attempt. The socket, if it is connected already."""
        sock = None
        try:
            sock = socket.socket(address[0], socket.SOCK_STREAM)
            prepare(sock, options)
            if self._local is not None:
                sock.bind(self._local[1])
            error = sock.connect_ex(address[1])
        except OSError as exc:
            self._errors.append((address, exc))
        else:
            if not error:
                return sock
            if error in _IN_PROGRESS:
                self.pending[sock] = address
                return None
            self._errors.append((address, _error(error)))
        if sock is not None:
            sock.close()
        return None

    def failure(self, peer: str) -> NetworkError:
        """The exception that tells why each of the attempts failed."""
        cause = self._errors[-1][1]
        text = peer
        if len(self._errors) > 1:
            reasons = [f"{address[1][0]}: {exc.strerror or exc}" for address, exc in self._errors]
            text = f"{peer} ({'; '.join(reasons)})"
        exception = failed("connect", cause, text)
        exception.__cause__ = cause
        return exception

    def close(self) -> None:
        """Close every socket that has not won."""
        for sock in self.pending:
            sock.close()


async def dial_unix(
    world: World, path: str, timeout: float | None, socket_options: Sequence[SocketOption] = ()
) -> socket.socket:
    """Return a non-blocking socket, connected to one in the file system or the abstract space."""
    peer = path_name(path)
    if not hasattr(socket, "AF_UNIX"):
        raise failed("connect", "no Unix domain sockets on this system", peer)
    deadline = None if timeout is None else time.monotonic() + timeout
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        prepare(sock, socket_options)
        while (error := sock.connect_ex(path)) in _IN_PROGRESS:
            # A full backlog: such a socket is refused with EAGAIN, and nothing tells when
            # there is room, so it has to be asked again.
            if deadline is not None and time.monotonic() >= deadline:
                raise timed_out("connect", timeout or 0, peer)
            await world.sleep(BUSY_DELAY)
        if error:
            raise _error(error)
    except (OSError, ValueError) as exc:  # ValueError: a null byte within the path
        sock.close()
        raise failed("connect", exc, peer) from exc
    except BaseException:
        sock.close()
        raise
    return sock


def path_name(path: str) -> str:
    """The name of a Unix domain socket for people: ``@name`` in the abstract space."""
    return "@" + path[1:] if path.startswith("\0") else path


def prepare(sock: socket.socket, options: Sequence[SocketOption]) -> None:
    """What is set on every socket before it connects."""
    sock.setblocking(False)
    if sock.family != getattr(socket, "AF_UNIX", None):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for option in options:
        sock.setsockopt(*option)


def interleave(addresses: Sequence[Address]) -> list[Address]:
    """Alternate between the families, beginning with that of the first address (§4)."""
    distinct = list(dict.fromkeys(addresses))
    if not distinct:
        return []
    first = [address for address in distinct if address[0] == distinct[0][0]]
    second = [address for address in distinct if address[0] != distinct[0][0]]
    pairs = zip_longest(first, second)
    return [address for pair in pairs for address in pair if address is not None]


async def _resolve(
    world: World,
    host: str,
    port: int,
    timeout: float | None,
    resolver: Resolver | None,
    peer: str,
    on_resolved: Callable[[], None] | None = None,
) -> list[Address]:
    """The addresses of a host."""
    if resolver is None:
        with contextlib.suppress(OSError, UnicodeError):
            return _literal(host, port)
    find: Callable[[], list[Address]]
    if resolver is None:

        def find() -> list[Address]:
            return _addresses(host, port, 0)
    else:

        def find() -> list[Address]:
            return [a for h, p in resolver(host, port) for a in _literal(h, p)]

    try:
        look_up = _LookUp(find, world.waiter())
        if not await look_up.waiter.wait(timeout):
            raise timed_out("lookup", timeout or 0, peer)
        addresses = look_up.result()
    except (OSError, UnicodeError) as exc:
        raise failed("lookup", exc, peer) from exc
    if not addresses:
        raise failed("lookup", "the resolver gave no address", peer)
    if on_resolved is not None:
        on_resolved()
    return addresses


class _LookUp:
    """A look-up in a thread of its own, which may be left behind."""

    def __init__(self, function: Callable[[], list[Address]], waiter: Waiter) -> None:
        self.waiter = waiter
        self._function = function
        self._addresses: list[Address] = []
        self._error: BaseException | None = None
        context = contextvars.copy_context()
        self.thread = threading.Thread(
            target=context.run, args=(self._run,), name="httpx look-up", daemon=True
        )
        try:
            self.thread.start()
        except RuntimeError:  # the interpreter shuts down, or the system has no thread left
            self._run()

    def _run(self) -> None:
        try:
            self._addresses = self._function()
        except BaseException as exc:
            self._error = exc
        finally:
            self.waiter.wake()

    def result(self) -> list[Address]:
        """What was found; raises what the look-up raised."""
        if self._error is not None:
            raise self._error
        return self._addresses


def _literal(host: str, port: int) -> list[Address]:
    """The address that `host` spells out; `OSError` if it is a name."""
    return _addresses(host, port, socket.AI_NUMERICHOST)


def _addresses(host: str, port: int, flags: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [(info[0], info[4]) for info in found]


def _local(local_address: str, peer: str) -> Address:
    try:
        return _literal(local_address, 0)[0]
    except (OSError, UnicodeError) as exc:
        raise failed("connect", f"local_address {local_address!r}: {exc}", peer) from exc


def _is_connected(sock: socket.socket) -> bool:
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
