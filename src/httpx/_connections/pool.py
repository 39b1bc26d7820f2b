"""Who may use which connection, and who waits for one.

Theory of operation
-------------------
All of it is bookkeeping in dicts, under one plain lock, and every decision costs the same however
many connections, routes and waiters there are. Nothing is awaited while the lock is held, and
streams are closed after it was released.

A *slot* is the right to have one connection open; there are `max_connections` of them. A slot is
in one of three states: dialling, in use, or idle. A request that comes (`_decide`)

1. takes the newest idle connection of its route, or room on one that carries many exchanges;
2. else waits for a connection of its route that is just being dialled, if that may turn out to
   carry many exchanges (HTTP/2): a cold burst makes one handshake;
3. else takes a free slot, or that of the connection that has been idle for longest, and dials;
4. else waits.

What becomes free goes straight to the one who has waited for longest (`_offer`, `_free_slot`):
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
They append to `_abandoned`, and then *try* the lock: who holds it looks at `_abandoned` after it
let go, so that one of both settles what was left (`_settle`).
"""

from __future__ import annotations

import os
import threading
import warnings
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from .._exceptions import (
    ConnectError,
    NetworkError,
    PoolTimeout,
    RemoteProtocolError,
    TransportError,
)
from .messages import RequestMessage, ResponseMessage
from .routes import Route

if TYPE_CHECKING:
    from .._network.base import Backend, Waiter
    from .connect import Connector
    from .http1 import HTTP1Connection as Connection

__all__ = ["Pool", "PoolStats"]


class _Slot:
    """The right to dial."""


_SLOT: Final = _Slot()
_CLOSED: Final = object()


@dataclass(frozen=True, slots=True)
class PoolStats:
    """The state of a pool at one moment, as numbers."""

    active: int
    """Connections that carry at least one exchange."""
    idle: int
    """Connections kept for later."""
    connecting: int
    """Connections being made."""
    waiting: int
    """Requests that wait for a connection."""
    opened: int
    """Connections made so far."""
    requests: int
    """Requests given a connection so far."""
    reused: int
    """Those of them that were given one that had served before."""
    max_connections: int | None
    max_keepalive_connections: int | None


class _RouteState:
    """What the pool knows of one route."""

    __slots__ = ("dialling", "multiplexes", "open", "queued", "ready", "waiters")

    def __init__(self) -> None:
        self.ready: dict[Connection, None] = {}  # have room for an exchange; newest last
        self.waiters: OrderedDict[_PoolWaiter, None] = OrderedDict()
        self.queued = 0  # of the waiters, those in the queue of all as well
        self.open = 0  # slots held by this route
        self.dialling = 0  # of them, those without a connection yet
        self.multiplexes: bool | None = None  # not known before the first ALPN


class _PoolWaiter:
    """A request without a connection yet."""

    __slots__ = ("epoch", "fresh", "grant", "route", "signal")

    def __init__(self, route: Route, fresh: bool, signal: Waiter) -> None:
        self.route = route
        self.fresh = fresh  # wants a slot, not a connection that served before
        self.grant: Any = None  # Connection, _SLOT or _CLOSED, once delivered
        self.signal = signal
        self.epoch = 0

    def deliver(self, grant: Any) -> None:
        self.grant = grant
        self.signal.wake()


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
        self._max_connections = float("inf") if max_connections is None else max_connections
        self._max_idle = (
            float("inf") if max_keepalive_connections is None else max_keepalive_connections
        )
        self._keepalive_expiry = keepalive_expiry
        self._lock = threading.Lock()
        self._abandoned: deque[Connection] = deque()
        self._opened = self._requests = self._reused = 0
        self._epoch = 0
        self._forget_all()
        _pools.add(self)

    def _forget_all(self) -> None:
        self._epoch += 1  # who is dialling now, and comes back later, is told by this
        self._routes: dict[Route, _RouteState] = {}
        self._slots = 0
        self._connections: dict[Connection, None] = {}
        self._idle: OrderedDict[Connection, None] = OrderedDict()  # longest idle first
        self._waiters: OrderedDict[_PoolWaiter, None] = OrderedDict()  # longest waiting first

    # -- sending -----------------------------------------------------------------------------

    async def send(self, request: RequestMessage, route: Route) -> ResponseMessage:
        """Send a request over a connection of its route.

        If a *reused* connection dies before the first byte of the response, or an HTTP/2 peer
        says that it has not processed the request, it is sent once more, over a new connection,
        where that is safe (RFC 9110 9.2.2).
        """
        connection = await self._take(request, route)
        reused = connection.served > 0
        try:
            return await connection.send(request)
        except (NetworkError, RemoteProtocolError) as exc:
            if not (reused or request.refused) or request.answered:
                raise
            reason = await request.why_not_again()
            if reason is not None:
                exc.args = (f"{exc} The request was not sent again: {reason}.",)
                raise
        connection = await self._take(request, route, fresh=True)
        return await connection.send(request)

    async def _take(self, request: RequestMessage, route: Route, fresh: bool = False) -> Connection:
        """A connection that counts one exchange more, for this request."""
        backend = self._current_backend()
        while True:
            grant = self._ask(backend, route, fresh)
            if isinstance(grant, _PoolWaiter):
                grant = await self._wait(grant, request)
            if grant is _SLOT:
                return await self._dial(backend, request, route)
            if grant.active > 1 or grant.is_alive():
                return grant  # type: ignore[no-any-return]
            # Its peer has closed it. Those that have been idle for longer are no better: no
            # second look, but a new connection.
            grant.close()
            fresh = True

    def _ask(self, backend: Backend, route: Route, fresh: bool) -> Any:
        """A connection, a slot, or a waiter that is in the queue."""
        doomed: list[Connection] = []
        with self._lock:
            grant = self._decide(route, fresh, doomed)
            if grant is None:
                grant = _PoolWaiter(route, fresh, backend.waiter())
                self._enqueue(grant)
        for connection in doomed:
            connection.close()
        if self._abandoned:
            self._settle()
        return grant

    async def _wait(self, waiter: _PoolWaiter, request: RequestMessage) -> Any:
        try:
            await waiter.signal.wait(request.timeouts.pool)
        except BaseException:
            if not self._withdraw(waiter):
                self._hand_on(waiter)
            raise
        if waiter.grant is None and self._withdraw(waiter):
            raise self._pool_timeout(request, waiter.route)
        if waiter.grant is _CLOSED:
            raise ConnectError(
                f"the client was closed while a request to {waiter.route.peer} "
                "waited for a connection"
            )
        return waiter.grant

    def _withdraw(self, waiter: _PoolWaiter) -> bool:
        """Take a waiter out of the queues, unless something was delivered before."""
        with self._lock:
            if waiter.grant is not None:
                return False
            state = self._dequeue(waiter)
            self._promote(state)
            self._prune(waiter.route, state)
            self._serve_slots()
        return True

    def _hand_on(self, waiter: _PoolWaiter) -> None:
        """What was delivered came too late: it is for somebody else."""
        if waiter.grant is _SLOT:
            self._give_slot_back(waiter.route, waiter.epoch)
        elif waiter.grant is not _CLOSED:
            self.give_back(waiter.grant)

    def _pool_timeout(self, request: RequestMessage, route: Route) -> PoolTimeout:
        seconds = request.timeouts.configured("pool") or 0.0
        return PoolTimeout(
            f"timed out after {seconds:g} s while waiting for a connection to {route.peer} "
            f"({self._describe()})"
        )

    async def _dial(self, backend: Backend, request: RequestMessage, route: Route) -> Connection:
        """Use a slot: make a connection."""
        epoch = self._epoch
        try:
            connection = await self._connector.connect(backend, route, request, self)
        except BaseException as exc:
            # Others may have waited for this one to turn out as HTTP/2. If it cannot be made,
            # each tries for itself; if it was only given up, the next one tries for all.
            self._give_slot_back(route, epoch, everyone=isinstance(exc, TransportError))
            raise
        with self._lock:
            current = epoch == self._epoch
            if current:
                self._established(connection)
        if not current:
            connection.close()
            raise ConnectError(f"the client was closed while it connected to {route.peer}")
        connection.watch_idle()
        if self._abandoned:
            self._settle()
        return connection

    def _give_slot_back(self, route: Route, epoch: int, everyone: bool = False) -> None:
        """A slot was not used."""
        with self._lock:
            if epoch == self._epoch:
                state = self._routes[route]
                state.dialling -= 1
                self._promote(state, everyone)
                self._release_slot(route, state)
                self._serve_slots()
        if self._abandoned:
            self._settle()

    # -- decisions, all under the lock -------------------------------------------------------

    def _decide(self, route: Route, fresh: bool, doomed: list[Connection]) -> Any:
        """A connection, a slot, or `None`: wait. See the theory of operation."""
        state = self._routes.get(route)
        if state is not None and not fresh:
            if state.ready:
                connection = next(reversed(state.ready))
                expires_at = connection.expires_at
                if connection.active or expires_at is None or monotonic() < expires_at:
                    self._lend(state, connection)
                    return connection
                doomed.extend(state.ready)
                for connection in doomed:
                    self._remove(connection, state)
            if self._dial_may_serve_many(route, state):
                return None
        if self._slots >= self._max_connections:
            if not self._idle:
                return None
            self._evict(doomed)
        self._grant_slot(route)
        return _SLOT

    def _dial_may_serve_many(self, route: Route, state: _RouteState) -> bool:
        """Whether a dial is under way whose connection may have room for others."""
        return (
            state.dialling > 0
            and state.multiplexes is not False
            and self._connector.may_multiplex(route)
        )

    def _state(self, route: Route) -> _RouteState:
        state = self._routes.get(route)
        if state is None:
            state = self._routes[route] = _RouteState()
        return state

    def _grant_slot(self, route: Route) -> None:
        state = self._state(route)
        state.open += 1
        state.dialling += 1
        self._slots += 1

    def _release_slot(self, route: Route, state: _RouteState) -> None:
        state.open -= 1
        self._slots -= 1
        self._prune(route, state)

    def _prune(self, route: Route, state: _RouteState) -> None:
        """Forget a route that has nothing any more: a crawler meets millions of them."""
        if not state.open and not state.waiters:
            self._routes.pop(route, None)

    def _lend(self, state: _RouteState, connection: Connection) -> None:
        """Count one exchange more on a connection that has room."""
        if not connection.active:
            self._idle.pop(connection, None)
        connection.active += 1
        if connection.active >= connection.capacity:
            state.ready.pop(connection, None)
        self._requests += 1
        self._reused += connection.served > 0

    def _remove(self, connection: Connection, state: _RouteState) -> None:
        """Take a connection out of the books. Its slot is free."""
        del self._connections[connection]
        state.ready.pop(connection, None)
        self._idle.pop(connection, None)
        self._promote(state)
        self._release_slot(connection.route, state)

    def _evict(self, doomed: list[Connection]) -> None:
        """Free the slot of the connection that has been idle for longest."""
        connection = next(iter(self._idle))
        self._remove(connection, self._routes[connection.route])
        doomed.append(connection)

    def _enqueue(self, waiter: _PoolWaiter) -> None:
        """Into its route's queue; and into the queue of all, unless it waits for a dial."""
        state = self._state(waiter.route)
        waiter.epoch = self._epoch
        state.waiters[waiter] = None
        if waiter.fresh or not self._dial_may_serve_many(waiter.route, state):
            self._waiters[waiter] = None
            state.queued += 1

    def _dequeue(self, waiter: _PoolWaiter) -> _RouteState:
        state = self._routes[waiter.route]
        del state.waiters[waiter]
        if waiter in self._waiters:
            del self._waiters[waiter]
            state.queued -= 1
        return state

    def _promote(self, state: _RouteState, everyone: bool = False) -> None:
        """Waiters of a dial join the queue of all: one of them where no dial is left that they
        could wait for, or everyone."""
        if state.waiters and (everyone or not (state.dialling or state.queued)):
            for waiter in state.waiters:
                if waiter not in self._waiters:
                    self._waiters[waiter] = None
                    state.queued += 1
                    if not everyone:
                        return

    def _offer(self, connection: Connection, doomed: list[Connection]) -> None:
        """A connection has room: hand it over, or keep it."""
        state = self._routes[connection.route]
        while state.waiters and connection.active < connection.capacity:
            waiter = next(iter(state.waiters))
            if not connection.active and (waiter.fresh or self._somebody_is_stranded()):
                break
            self._dequeue(waiter)
            self._lend(state, connection)
            waiter.deliver(connection)
        self._promote(state)
        if connection.active:
            if connection.active < connection.capacity:
                state.ready[connection] = None
        elif self._waiters:
            self._remove(connection, state)
            doomed.append(connection)
        else:
            self._keep(connection, state, doomed)
        self._serve_slots()

    def _somebody_is_stranded(self) -> bool:
        """Whether who has waited for longest has a route without a connection: nobody would ever
        come by with one for that route."""
        return bool(self._waiters) and not self._routes[next(iter(self._waiters)).route].open

    def _keep(self, connection: Connection, state: _RouteState, doomed: list[Connection]) -> None:
        """A connection becomes idle."""
        now = monotonic()
        expiry = self._keepalive_expiry
        connection.expires_at = None if expiry is None else now + expiry
        state.ready[connection] = None
        idle = self._idle
        idle[connection] = None
        if len(idle) > self._max_idle:
            self._evict(doomed)
        while idle:
            expires_at = next(iter(idle)).expires_at
            if expires_at is None or expires_at > now:
                break
            self._evict(doomed)

    def _serve_slots(self) -> None:
        """Give free slots to those who have waited for longest."""
        while self._waiters and self._slots < self._max_connections:
            waiter = next(iter(self._waiters))
            self._dequeue(waiter)
            self._grant_slot(waiter.route)
            waiter.deliver(_SLOT)

    def _established(self, connection: Connection) -> None:
        """A slot has become a connection, with its first exchange."""
        state = self._routes[connection.route]
        state.dialling -= 1
        state.multiplexes = connection.capacity > 1
        self._connections[connection] = None
        connection.active = 1
        self._opened += 1
        self._requests += 1
        if state.multiplexes:
            self._offer(connection, [])
        else:
            self._promote(state, everyone=True)
            self._serve_slots()

    # -- what connections say ----------------------------------------------------------------

    def give_back(self, connection: Connection) -> None:
        """An exchange has ended, and the connection can serve another."""
        doomed: list[Connection] = []
        with self._lock:
            if connection in self._connections and connection.active:
                connection.active -= 1
                self._offer(connection, doomed)
        for other in doomed:
            other.close()
        if self._abandoned:
            self._settle()

    def forget(self, connection: Connection) -> None:
        """The connection is closed: its slot is free."""
        with self._lock:
            self._forget(connection)
        if self._abandoned:
            self._settle()

    def _forget(self, connection: Connection) -> None:
        if connection in self._connections:
            self._remove(connection, self._routes[connection.route])
            self._serve_slots()

    def forget_later(self, connection: Connection) -> None:
        """The connection is closed, says a finalizer."""
        self._abandoned.append(connection)
        self._settle()

    def _settle(self) -> None:
        """Do what finalizers left to do, unless somebody holds the lock: who does comes here."""
        while self._abandoned and self._lock.acquire(blocking=False):
            try:
                while self._abandoned:
                    self._forget(self._abandoned.popleft())
            finally:
                self._lock.release()

    # -- the whole of it ---------------------------------------------------------------------

    def _current_backend(self) -> Backend:
        """The caller's backend. Whatever belongs to another event loop, or to the process that
        this one was forked from, is dropped without a word."""
        backend = self._backend
        if backend is None or not backend.is_current():
            if backend is not None:
                self.close()
            backend = self._backend = self._find_backend()
        return backend

    def close(self) -> None:
        """Close every connection, also those in use; who waits for one gets `ConnectError`.

        The pool can be used again afterwards.
        """
        with self._lock:
            connections, waiters = (
                list(self._connections),
                [waiter for state in self._routes.values() for waiter in state.waiters],
            )
            self._forget_all()
            for waiter in waiters:
                waiter.deliver(_CLOSED)
        for connection in connections:
            connection.close()

    def stats(self) -> PoolStats:
        """The state of the pool, as numbers."""
        with self._lock:
            idle, connected = len(self._idle), len(self._connections)
            waiting = sum(len(state.waiters) for state in self._routes.values())
            return PoolStats(
                active=connected - idle,
                idle=idle,
                connecting=self._slots - connected,
                waiting=waiting,
                opened=self._opened,
                requests=self._requests,
                reused=self._reused,
                max_connections=_number(self._max_connections),
                max_keepalive_connections=_number(self._max_idle),
            )

    def _describe(self) -> str:
        stats = self.stats()
        limit = "any number of" if stats.max_connections is None else stats.max_connections
        return (
            f"{limit} connections allowed: {stats.active} active, {stats.idle} idle, "
            f"{stats.connecting} connecting; {stats.waiting} requests waiting"
        )

    def __repr__(self) -> str:
        return f"<Pool: {self._describe()}>"

    def _after_fork(self) -> None:
        """The lock may have been held by a thread that this process does not have."""
        self._lock = threading.Lock()

    def __del__(self, _warn: Any = warnings.warn) -> None:
        if self.__dict__.get("_connections"):
            _warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=2)
            for connection in list(self._connections):
                connection.close()


def _number(limit: float) -> int | None:
    return None if limit == float("inf") else int(limit)


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for pool in list(_pools):
        pool._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
