"""The pool's books: who holds which slot, which connection has room, who is next.

Nothing here waits, locks, closes or knows a clock other than `monotonic`: `pool.py` calls it under
its lock, and closes what it finds in `doomed` afterwards. The rules are told in `pool.py`; each
decision costs the same, however many connections, routes and waiters there are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .._network.base import Waiter
    from .base import Connection
    from .routes import Route

__all__ = ["CLOSED", "SLOT", "Ledger", "PoolStats", "PoolWaiter"]


class _Grant:
    """What a waiter may be given besides a connection."""


SLOT: Final = _Grant()
"""The right to dial."""
CLOSED: Final = _Grant()
"""Nothing any more: the pool was closed."""


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
        self.waiters: OrderedDict[PoolWaiter, None] = OrderedDict()
        self.queued = 0  # of the waiters, those in the queue of all as well
        self.open = 0  # slots held by this route
        # Of them, those of which it is not known yet how much they carry: without a connection,
        # or with an HTTP/2 connection before the peer's SETTINGS.
        self.dialling = 0
        self.multiplexes: bool | None = None  # not known before the first ALPN


class PoolWaiter:
    """A request without a connection yet."""

    __slots__ = ("fresh", "grant", "ledger", "route", "signal")

    def __init__(self, ledger: Ledger, route: Route, fresh: bool, signal: Waiter) -> None:
        self.ledger = ledger
        self.route = route
        self.fresh = fresh  # wants a slot, not a connection that served before
        self.grant: Any = None  # Connection, SLOT or CLOSED, once delivered
        self.signal = signal

    def deliver(self, grant: Any) -> None:
        """Give it what it waits for."""
        self.grant = grant
        self.signal.wake()


class Ledger:
    """The state of one pool, and the decisions on it."""

    def __init__(
        self,
        max_connections: float,
        max_idle: float,
        keepalive_expiry: float | None,
        may_multiplex: Callable[[Route], bool],
    ) -> None:
        self.max_connections = max_connections
        self.max_idle = max_idle
        self.keepalive_expiry = keepalive_expiry
        self.may_multiplex = may_multiplex
        self.opened = self.requests = self.reused = 0
        self.slots = 0
        self.routes: dict[Route, _RouteState] = {}
        self.connections: dict[Connection, _RouteState] = {}
        self.unsettled: dict[Connection, None] = {}  # HTTP/2, before the peer's SETTINGS
        self.idle: OrderedDict[Connection, None] = OrderedDict()  # longest idle first
        self.waiters: OrderedDict[PoolWaiter, None] = OrderedDict()  # longest waiting first
        self.doomed: list[Connection] = []
        """Connections that are in the books no more, and still to be closed."""

    def renewed(self) -> Ledger:
        """Empty books, with the same rules, and the same counts so far."""
        books = Ledger(
            self.max_connections, self.max_idle, self.keepalive_expiry, self.may_multiplex
        )
        books.opened, books.requests, books.reused = self.opened, self.requests, self.reused
        return books

    def decide(self, route: Route, fresh: bool) -> Any:
        """A connection, a slot, or `None`: wait. See the theory of operation."""
        state = self.routes.get(route)
        if state is not None and not fresh:
            while state.ready:
                connection = next(reversed(state.ready))
                expires_at = connection.expires_at
                if connection.active or expires_at is None or monotonic() < expires_at:
                    self._lend(state, connection)
                    return connection
                self._doom(connection, state)
            if self._dial_may_serve_many(route, state):
                return None
        if self.slots >= self.max_connections:
            if not self.idle:
                return None
            self._evict()
        self._grant_slot(route)
        return SLOT

    def _dial_may_serve_many(self, route: Route, state: _RouteState) -> bool:
        """Whether a dial is under way whose connection may have room for others."""
        return state.dialling > 0 and state.multiplexes is not False and self.may_multiplex(route)

    def _state(self, route: Route) -> _RouteState:
        state = self.routes.get(route)
        if state is None:
            state = self.routes[route] = _RouteState()
        return state

    def _grant_slot(self, route: Route) -> None:
        state = self._state(route)
        state.open += 1
        state.dialling += 1
        self.slots += 1

    def _release_slot(self, route: Route, state: _RouteState) -> None:
        state.open -= 1
        self.slots -= 1
        self._prune(route, state)

    def _prune(self, route: Route, state: _RouteState) -> None:
        """Forget a route that has nothing any more: a crawler meets millions of them."""
        if not state.open and not state.waiters:
            self.routes.pop(route, None)

    def _lend(self, state: _RouteState, connection: Connection) -> None:
        """Count one exchange more on a connection that has room."""
        if not connection.active:
            self.idle.pop(connection, None)
        connection.active += 1
        if connection.active >= connection.capacity:
            state.ready.pop(connection, None)
        self.requests += 1
        self.reused += connection.served > 0

    def _remove(self, connection: Connection, state: _RouteState) -> None:
        """Take a connection out of the books. Its slot is free."""
        del self.connections[connection]
        self._settle_capacity(connection, state)
        state.ready.pop(connection, None)
        self.idle.pop(connection, None)
        self._promote(state)
        self._release_slot(connection.route, state)

    def _doom(self, connection: Connection, state: _RouteState) -> None:
        self._remove(connection, state)
        self.doomed.append(connection)

    def _settle_capacity(self, connection: Connection, state: _RouteState) -> None:
        """It is known what a connection carries, or does not matter any more."""
        if connection in self.unsettled:
            del self.unsettled[connection]
            state.dialling -= 1

    def _evict(self) -> None:
        """Free the slot of the connection that has been idle for longest."""
        connection = next(iter(self.idle))
        self._doom(connection, self.connections[connection])

    def enqueue(self, waiter: PoolWaiter) -> None:
        """Into its route's queue; and into the queue of all, unless it waits for a dial."""
        state = self._state(waiter.route)
        state.waiters[waiter] = None
        if waiter.fresh or not self._dial_may_serve_many(waiter.route, state):
            self.waiters[waiter] = None
            state.queued += 1

    def _dequeue(self, waiter: PoolWaiter) -> _RouteState:
        state = self.routes[waiter.route]
        del state.waiters[waiter]
        if waiter in self.waiters:
            del self.waiters[waiter]
            state.queued -= 1
        return state

    def _promote(self, state: _RouteState, everyone: bool = False) -> None:
        """Waiters of a dial join the queue of all: one of them where no dial is left that they
        could wait for, or everyone."""
        missing = len(state.waiters) - state.queued
        if missing and (everyone or not (state.dialling or state.queued)):
            for waiter in state.waiters:
                if waiter not in self.waiters:
                    self.waiters[waiter] = None
                    state.queued += 1
                    if not everyone:
                        return

    def _offer(self, connection: Connection) -> None:
        """A connection has room: hand it over, or keep it."""
        state = self.connections[connection]
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
        elif self.waiters or not connection.capacity:
            self._doom(connection, state)
        else:
            self._keep(connection, state)
        self._serve_slots()

    def _somebody_is_stranded(self) -> bool:
        """Whether who has waited for longest has a route without a connection: nobody would ever
        come by with one for that route."""
        return bool(self.waiters) and not self.routes[next(iter(self.waiters)).route].open

    def _keep(self, connection: Connection, state: _RouteState) -> None:
        """A connection becomes idle."""
        now = monotonic()
        expiry = self.keepalive_expiry
        connection.expires_at = None if expiry is None else now + expiry
        state.ready[connection] = None
        idle = self.idle
        idle[connection] = None
        if len(idle) > self.max_idle:
            self._evict()
        while idle:
            expires_at = next(iter(idle)).expires_at
            if expires_at is None or expires_at > now:
                break
            self._evict()

    def _serve_slots(self) -> None:
        """Give free slots, and those of idle connections, to those who have waited for longest."""
        while self.waiters:
            if self.slots >= self.max_connections:
                if not self.idle:
                    return
                self._evict()
            waiter = next(iter(self.waiters))
            self._dequeue(waiter)
            self._grant_slot(waiter.route)
            waiter.deliver(SLOT)

    def established(self, connection: Connection) -> None:
        """A slot has become a connection, with its first exchange."""
        state = self.routes[connection.route]
        if connection.settled:
            state.dialling -= 1
        else:
            self.unsettled[connection] = None
        state.multiplexes = connection.multiplexes
        self.connections[connection] = state
        connection.active = 1
        self.opened += 1
        self.requests += 1
        if state.multiplexes:
            self._offer(connection)
        else:
            self._promote(state, everyone=True)
            self._serve_slots()

    # -- what is told from outside -----------------------------------------------------------

    def give_slot_back(self, route: Route, everyone: bool) -> None:
        """A slot was not used. With `everyone`, no waiter of its route waits for a dial now."""
        state = self.routes[route]
        state.dialling -= 1
        self._promote(state, everyone)
        self._release_slot(route, state)
        self._serve_slots()

    def withdraw(self, waiter: PoolWaiter) -> bool:
        """Take a waiter out of the queues, unless something was delivered before."""
        if waiter.grant is not None:
            return False
        state = self._dequeue(waiter)
        self._promote(state)
        self._prune(waiter.route, state)
        self._serve_slots()
        return True

    def replace(self, connection: Connection) -> bool:
        """Turn a connection that was lent, and found dead, into a slot to dial with.

        Its borrower has waited once, and is not to wait again. False if it is not in the books.
        """
        if connection not in self.connections:
            return False
        self.requests -= 1
        self.reused -= connection.served > 0
        self._grant_slot(connection.route)
        self._remove(connection, self.connections[connection])
        return True

    def retire(self) -> None:
        """Nobody will ask any more: keep nothing idle."""
        self.max_idle = 0
        while self.idle:
            self._evict()

    def end_exchange(self, connection: Connection) -> None:
        """A connection has one exchange less."""
        state = self.connections.get(connection)
        if state is not None and connection.active:
            connection.active -= 1
            if connection.active or self.waiters or state.waiters or not connection.capacity:
                self._offer(connection)
            else:  # as a rule: 0.5 µs less
                self._keep(connection, state)

    def forget(self, connection: Connection) -> None:
        """A connection is closed: its slot is free."""
        if connection in self.connections:
            self._remove(connection, self.connections[connection])
            self._serve_slots()

    def resize(self, connection: Connection) -> None:
        """What an HTTP/2 connection can carry has changed, or is known for the first time."""
        if connection in self.connections:
            state = self.connections[connection]
            if connection.settled:
                self._settle_capacity(connection, state)
            state.ready.pop(connection, None)
            if connection.active:
                self._offer(connection)

    def close(self) -> None:
        """Every connection is doomed, and every waiter told."""
        self.doomed += self.connections
        for state in self.routes.values():
            for waiter in state.waiters:
                waiter.deliver(CLOSED)

    def stats(self) -> PoolStats:
        """The state as numbers."""
        idle, connected = len(self.idle), len(self.connections)
        return PoolStats(
            active=connected - idle,
            idle=idle,
            connecting=self.slots - connected,
            waiting=sum(len(state.waiters) for state in self.routes.values()),
            opened=self.opened,
            requests=self.requests,
            reused=self.reused,
            max_connections=_number(self.max_connections),
            max_keepalive_connections=_number(self.max_idle),
        )


def _number(limit: float) -> int | None:
    return None if limit == float("inf") else int(limit)
