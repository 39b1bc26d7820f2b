"""Who may use which connection, and who waits for one.

Theory of operation
-------------------
All of it is bookkeeping in dicts, under one plain lock, and every decision costs the same however
many connections, routes and waiters there are. Nothing is awaited while the lock is held, and
streams are closed after it was released.

A *slot* is the right to have one connection open; there are `max_connections` of them. A slot is
in one of three states: dialling, in use, or idle. A request that comes (`Ledger.decide`)

1. takes the newest idle connection of its route, or room on one that carries many exchanges;
2. else waits for a connection of its route that is just being dialled, if that may turn out to
   carry many exchanges (HTTP/2): a cold burst makes one handshake;
3. else takes a free slot, or that of the connection that has been idle for longest, and dials;
4. else waits.

What becomes free goes straight to the one who has waited for longest (`Ledger`):
a connection to its own route's first waiter, a slot to the first waiter of all. There is one
exception, for fairness: where the first waiter of all has a route without any connection, which
no hand-over would ever reach, the connection is closed for it and its slot handed over.

A waiter is an object with a winner. `deliver` is called under the lock by whoever has something
for it; a waiter that gives up takes itself out of the queues under the lock, and gives back what
had come already. So nothing is handed to somebody who has left.

Expiry needs no timer: the newest idle connection is taken first, so that when it is too old, all
of its route are; and each `give_back` drops the oldest of all while they are too old. On asyncio
the stream tells when its peer closes (`on_idle_close`).

Finalizers take no lock, since the collector may run them inside a pool call of the same thread.
They append to `_left`, and then *try* the lock: who holds it looks at `_left` after it let go, so
that one of both settles what was left (`_settle`). Closing a connection works the same way, since
finalizers close what they find.

A request keeps to the books that it began with. Closing the pool puts new ones in their place, and
whoever comes back with the old ones learns that the pool was closed: nothing is opened, sent again
or kept afterwards for a request from before.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from .._exceptions import (
    ConnectError,
    NetworkError,
    PoolTimeout,
    RemoteProtocolError,
    TransportError,
)
from .._network.process import in_forked_child
from .ledger import CLOSED, SLOT, Ledger, PoolStats, PoolWaiter
from .messages import RequestMessage, ResponseMessage
from .routes import Route
from .trace import log_close

if TYPE_CHECKING:
    from .._network.base import Backend
    from .base import Connection
    from .connect import Connector

__all__ = ["Pool"]

# How often a request is sent again: its connection died; an HTTP/2 peer said that it has not
# processed it; or the peer went away, or lowered its limit, before anything was written.
_MOST_AGAIN = {"lost": 1, "refused": 3, "too late": 30}


class Pool:
    """Lends connections to requests.

    Args:
        connector: makes connections.
        find_backend: gives the network backend of the caller's world.
        max_connections: connections at any time, those being made included. `None`: any number.
        max_keepalive_connections: idle connections at any time. `None`: any number.
        keepalive_expiry: seconds for which an idle connection is kept. `None`: for ever.
    """

    def __init__(
        self,
        connector: Connector,
        find_backend: Callable[[], Backend],
        max_connections: int | None = None,
        max_keepalive_connections: int | None = None,
        keepalive_expiry: float | None = None,
    ) -> None:
        self._connector = connector
        self._find_backend = find_backend
        self._backend: Backend | None = None
        self._lock = threading.Lock()
        self._ledger = Ledger(
            float("inf") if max_connections is None else max_connections,
            float("inf") if max_keepalive_connections is None else max_keepalive_connections,
            keepalive_expiry,
            connector.may_multiplex,
        )
        self._left: deque[Connection | None] = deque()
        """Connections that were closed or given back, and `None` when the pool is retired."""
        self._unwatch: Callable[[], None] | None = None  # takes back that a loop's end closes us
        _pools.add(self)

    # -- sending -----------------------------------------------------------------------------

    async def send(self, request: RequestMessage, route: Route) -> ResponseMessage:
        """Send a request over a connection of its route.

        If a *reused* connection dies before the first byte of the response, or an HTTP/2 peer
        says that it has not processed the request, it is sent once more, over a new connection,
        where that is safe (RFC 9110 9.2.2).
        """
        request.route = route
        backend = self._backend
        if backend is None or not backend.is_current():
            backend = self._find_current_backend()
        ledger = self._ledger
        attempts: tuple[str, ...] = ()
        fresh = False
        while True:
            grant = connection = self._ask(backend, ledger, route, fresh)
            if not _is_alive(grant):  # as a rule it is
                if isinstance(grant, PoolWaiter):  # here: a coroutine less that many wait in
                    waiter, begin = grant, monotonic()
                    wait = waiter.signal.wait(request.timeouts.pool)
                    try:
                        await (wait if request.trace is None else request.trace.phase("pool", wait))
                    except BaseException:
                        self._leave(waiter)
                        raise
                    grant = connection = self._granted(waiter, request)
                    request.timeouts.use_pool_time(monotonic() - begin)
                if not _is_alive(grant):
                    connection = await self._make_good(grant, backend, ledger, request, route)
                if connection is None:
                    fresh = not grant.multiplexes
                    continue
            try:
                return await connection.send(request)  # type: ignore[no-any-return]
            except (NetworkError, RemoteProtocolError) as exc:
                why = await self._why_again(exc, connection, ledger, request, attempts)
                if why is None:
                    raise
                attempts += (why,)
            # An HTTP/2 connection that failed is in the pool no more: any other will do. Idle
            # HTTP/1.1 connections to the same server may well have died with this one.
            fresh = not connection.multiplexes

    async def _make_good(
        self, grant: Any, backend: Backend, ledger: Ledger, request: RequestMessage, route: Route
    ) -> Connection | None:
        """What it takes to turn a grant into a connection that can be used; `None`: ask again."""
        if grant is CLOSED:
            raise _closed(route)
        if grant is SLOT:
            return await self._dial(backend, ledger, request, route)
        try:
            if await grant.revive():
                return grant  # type: ignore[no-any-return]
        except BaseException:
            grant.close()
            raise
        # Its peer has closed it. Those that have been idle for longer are no better: no second
        # look, but a new connection in its place.
        replaced = not grant.multiplexes and self._replace(ledger, grant)
        grant.close()
        log_close()
        return await self._dial(backend, ledger, request, route) if replaced else None

    async def _why_again(
        self,
        exc: TransportError,
        connection: Connection,
        ledger: Ledger,
        request: RequestMessage,
        attempts: tuple[str, ...],
    ) -> str | None:
        """Why a request that failed may be sent again, if it may: then it is ready for that."""
        why = "lost"
        if request.refused:
            why = "refused" if request.written else "too late"
        # What was the first and only request of its connection may be the reason.
        unused = why == "lost" and connection.served < 2
        if (
            attempts.count(why) >= _MOST_AGAIN[why]
            or unused
            or request.answered
            or ledger is not self._ledger
        ):
            return None
        reason = await request.why_not_again()
        if reason is not None:
            found = str(exc).removesuffix(".")
            exc.args = (f"{found}. The request was not sent again: {reason}.",)
            return None
        return why

    def _ask(self, backend: Backend, ledger: Ledger, route: Route, fresh: bool) -> Any:
        """A connection, a slot, a waiter that is in the queue, or `CLOSED`."""
        with self._lock:
            grant = ledger.decide(route, fresh) if ledger is self._ledger else CLOSED
            if grant is None:
                grant = PoolWaiter(ledger, route, fresh, backend.waiter())
                ledger.enqueue(grant)
        if self._left or ledger.doomed:
            self._settle()
        return grant

    def _replace(self, ledger: Ledger, connection: Connection) -> bool:
        """Keep the slot of a connection that is about to be closed, if it still has one."""
        with self._lock:
            replaced = ledger.replace(connection)
        self._settle()
        return replaced

    def _leave(self, waiter: PoolWaiter) -> None:
        """A waiter is cancelled. What was delivered already came too late: it is for others."""
        if self._withdraw(waiter):
            return
        if waiter.grant is SLOT:
            self._give_slot_back(waiter.ledger, waiter.route)
        elif waiter.grant is not CLOSED:
            self.give_back(waiter.grant)

    def _granted(self, waiter: PoolWaiter, request: RequestMessage) -> Any:
        """What was delivered to a waiter; `PoolTimeout` where that is nothing."""
        if waiter.grant is None and self._withdraw(waiter):
            raise self._pool_timeout(request, waiter.route)
        return waiter.grant

    def _withdraw(self, waiter: PoolWaiter) -> bool:
        """A waiter gives up, unless something was delivered before."""
        with self._lock:
            withdrawn = waiter.ledger.withdraw(waiter)
        self._settle()
        return withdrawn

    def _pool_timeout(self, request: RequestMessage, route: Route) -> PoolTimeout:
        seconds = request.timeouts.configured("pool") or 0.0
        return PoolTimeout(
            f"timed out after {seconds:g} s while waiting for a connection to {route.peer} "
            f"({self._describe()})"
        )

    async def _dial(
        self, backend: Backend, ledger: Ledger, request: RequestMessage, route: Route
    ) -> Connection:
        """Use a slot: make a connection."""
        try:
            connection = await self._connector.connect(backend, route, request, self)
        except BaseException as exc:
            # Others may have waited for this one to turn out as HTTP/2. If it cannot be made,
            # each tries for itself; if it was only given up, the next one tries for all.
            self._give_slot_back(ledger, route, everyone=isinstance(exc, TransportError))
            raise
        with self._lock:
            current = ledger is self._ledger
            if current:
                ledger.established(connection)
        if not current:
            connection.close()
            raise _closed(route)
        connection.watch_idle()
        self._settle()
        return connection

    def _give_slot_back(self, ledger: Ledger, route: Route, everyone: bool = False) -> None:
        """A slot was not used."""
        with self._lock:
            if ledger is self._ledger:
                ledger.give_slot_back(route, everyone)
        self._settle()

    # -- what connections say ----------------------------------------------------------------

    def give_back(self, connection: Connection) -> None:
        """An exchange has ended, and the connection can serve another."""
        with self._lock:
            ledger = self._ledger
            ledger.end_exchange(connection)
        if self._left or ledger.doomed:
            self._settle()

    def resize(self, connection: Connection) -> None:
        """The connection's capacity has changed, or is known for the first time."""
        with self._lock:
            self._ledger.resize(connection)
        self._settle()

    def forget(self, connection: Connection) -> None:
        """The connection is closed: its slot is free. Finalizers may say so."""
        self._left.append(connection)
        self._settle()

    def give_back_later(self, connection: Connection) -> None:
        """An exchange has ended, says a finalizer."""
        self._left.append(connection)
        self._settle()

    def _settle(self) -> None:
        """After each step: do what was left to do, and close what is not needed any more.

        Nobody waits for the lock here: whoever holds it comes here after letting go.
        """
        while self._left:
            if not self._lock.acquire(blocking=False):
                break
            try:
                while self._left:
                    connection = self._left.popleft()
                    if connection is None:
                        self._ledger.retire()
                    elif connection.closed:
                        self._ledger.forget(connection)
                    else:
                        self._ledger.end_exchange(connection)
            finally:
                self._lock.release()
        doomed = self._ledger.doomed
        if doomed:
            self._close_all(doomed)

    def _close_all(self, doomed: list[Connection]) -> None:
        """Close connections, each of which comes here by telling that it is closed: they are
        taken off the list first, or a thousand of them would be a thousand calls deep."""
        mine: list[Connection] = []
        try:
            with contextlib.suppress(IndexError):  # another thread had the last one
                while doomed:
                    mine.append(doomed.pop())
            while mine:
                mine.pop().close()
                log_close()
        finally:
            doomed.extend(mine)  # an interruption leaves them to the next step

    # -- the whole of it ---------------------------------------------------------------------

    def _find_current_backend(self) -> Backend:
        """The caller's backend. Whatever belongs to another event loop is dropped without a
        word; so is what belongs to this one, when it ends."""
        if self._backend is not None:
            self.close()
        backend = self._backend = self._find_backend()
        self._unwatch = backend.at_end(_weakly(self._loop_ends))
        return backend

    def _loop_ends(self) -> None:
        self._unwatch = None
        self.close()

    def close(self) -> None:
        """Close every connection, also those in use; who waits for one gets `ConnectError`.

        The pool can be used again afterwards.
        """
        self._watch_no_more()
        with self._lock:
            ledger = self._ledger
            self._ledger = ledger.renewed()
            ledger.close()
            self._backend = None
        for connection in ledger.doomed:
            connection.close()
            log_close()
        self._settle()

    def _watch_no_more(self) -> None:
        unwatch, self._unwatch = self._unwatch, None
        if unwatch is not None:
            unwatch()

    def retire(self) -> int:
        """From now on nothing is kept: nobody can ask for it any more, says a finalizer.

        Exchanges that go on can be read to their end. Returns how many connections were open.
        """
        self._watch_no_more()
        still_open = len(self._ledger.connections)
        self._left.append(None)
        self._settle()
        return still_open

    def stats(self) -> PoolStats:
        """The state of the pool, as numbers."""
        with self._lock:
            stats = self._ledger.stats()
        self._settle()
        return stats

    def _describe(self) -> str:
        stats = self.stats()
        most = stats.max_connections
        limit = f"{'any number of' if most is None else most} connection{'s' * (most != 1)}"
        return (
            f"{limit} allowed: {stats.active} active, {stats.idle} idle, "
            f"{stats.connecting} connecting; {stats.waiting} requests waiting"
        )

    def __repr__(self) -> str:
        return f"<Pool: {self._describe()}>"

    def _after_fork(self) -> None:
        """Begin anew in a forked child; for the parent nothing changes.

        Locks may be held by threads that do not exist here, and the books be half written.
        Descriptors are closed, so that the peer sees the end when the parent closes, and nothing
        else is: a farewell, of TLS or HTTP/2, would be said for the parent.
        """
        ledger = self._ledger
        self._lock = threading.Lock()
        self._ledger = ledger.renewed()
        self._left.clear()
        self._backend = self._unwatch = None
        for connection in ledger.connections:
            connection.stream.close()


def _is_alive(grant: Any) -> bool:
    """Whether what the ledger granted is a connection that can be used as it is."""
    if grant is SLOT or grant is CLOSED or isinstance(grant, PoolWaiter):
        return False
    try:
        alive: bool = grant.active > 1 or not grant.is_doubtful()
        return alive
    except BaseException:  # a look at a socket is a switch of greenlets, too
        grant.close()
        raise


def _closed(route: Route) -> ConnectError:
    return ConnectError(
        f"the client was closed while a request to {route.peer} waited for a connection"
    )


def _weakly(method: Callable[[], None]) -> Callable[[], None]:
    """Calls a method, and does not keep its object alive for that."""
    reference = weakref.WeakMethod(method)

    def call() -> None:
        alive = reference()
        if alive is not None:
            alive()

    return call


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for pool in list(_pools):
        pool._after_fork()


in_forked_child(_after_fork_in_child)
