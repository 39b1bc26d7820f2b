"""The pool's books, without a pool: every decision, and the rules that hold after any of them."""

from __future__ import annotations

import gc
import sys
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from httpx._connections import ledger as ledger_module
from httpx._connections.ledger import CLOSED, SLOT, Ledger, PoolWaiter
from httpx._connections.routes import Route

A, B, C = (Route("https", host, 443) for host in ("a", "b", "c"))
INF = float("inf")


class Signal:
    """A waiter's signal that only remembers."""

    woken = False

    def wake(self) -> None:
        self.woken = True


class FakeConnection:
    """What the books look at in a connection."""

    def __init__(self, route: Route, capacity: int = 1, settled: bool = True) -> None:
        self.route = route
        self.capacity = capacity
        self.multiplexes = capacity > 1 or not settled
        self.settled = settled
        self.active = 0
        self.served = 0
        self.expires_at: float | None = None


class Clock:
    now = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(ledger_module, "monotonic", lambda: clock.now)
    return clock


def make(connections: float = INF, idle: float = INF, expiry: float | None = 5.0,
         multiplexes: bool = False) -> Ledger:  # fmt: skip
    return Ledger(connections, idle, expiry, lambda route: multiplexes)


def connect(ledger: Ledger, route: Route, **options: Any) -> Any:
    """Dial with a slot that was granted."""
    connection: Any = FakeConnection(route, **options)
    ledger.established(connection)
    connection.served += 1
    return connection


def opened(ledger: Ledger, route: Route, **options: Any) -> Any:
    assert ledger.decide(route, False) is SLOT
    return connect(ledger, route, **options)


def wait(ledger: Ledger, route: Route, fresh: bool = False) -> PoolWaiter:
    assert ledger.decide(route, fresh) is None
    waiter = PoolWaiter(ledger, route, fresh, Signal())  # type: ignore[arg-type]
    ledger.enqueue(waiter)
    return waiter


def test_an_idle_connection_is_used_before_a_slot() -> None:
    ledger = make()
    connection = opened(ledger, A)
    ledger.end_exchange(connection)
    assert ledger.stats().idle == 1
    assert ledger.decide(A, False) is connection
    stats = ledger.stats()
    assert (stats.active, stats.idle, stats.requests, stats.reused) == (1, 0, 2, 1)


def test_the_newest_idle_connection_is_used_first() -> None:
    ledger = make()
    first, second = opened(ledger, A), opened(ledger, A)
    ledger.end_exchange(second)
    ledger.end_exchange(first)
    assert ledger.decide(A, False) is first
    assert ledger.decide(A, False) is second


def test_fresh_means_a_slot_although_there_is_an_idle_connection() -> None:
    ledger = make()
    ledger.end_exchange(opened(ledger, A))
    assert ledger.decide(A, True) is SLOT


def test_expired_connections_are_dropped_on_the_way(clock: Clock) -> None:
    ledger = make(expiry=5.0)
    connections = [opened(ledger, A) for _ in range(3)]
    for connection in connections:
        ledger.end_exchange(connection)
    clock.now += 5.0
    assert ledger.decide(A, False) is SLOT
    assert set(ledger.doomed) == set(connections)
    assert ledger.slots == 1


def test_expiry_of_other_routes_is_seen_when_one_is_given_back(clock: Clock) -> None:
    ledger = make(expiry=5.0)
    old, new = opened(ledger, A), opened(ledger, B)
    ledger.end_exchange(old)
    clock.now += 5.0
    ledger.end_exchange(new)
    assert ledger.doomed == [old]
    assert list(ledger.idle) == [new]


def test_without_expiry_connections_stay(clock: Clock) -> None:
    ledger = make(expiry=None)
    connection = opened(ledger, A)
    ledger.end_exchange(connection)
    clock.now += 1e9
    assert ledger.decide(A, False) is connection


def test_the_longest_idle_of_another_route_makes_room() -> None:
    ledger = make(connections=2)
    first, second = opened(ledger, A), opened(ledger, B)
    ledger.end_exchange(first)
    ledger.end_exchange(second)
    assert ledger.decide(C, False) is SLOT
    assert ledger.doomed == [first]


def test_keepalive_counts_idle_connections_only() -> None:
    ledger = make(connections=120, idle=20)
    connections = [opened(ledger, A) for _ in range(120)]
    for connection in connections[:20]:
        ledger.end_exchange(connection)
    assert ledger.doomed == []
    ledger.end_exchange(connections[20])
    assert ledger.doomed == [connections[0]]
    assert ledger.stats().active == 99


def test_no_idle_connections_at_all() -> None:
    ledger = make(idle=0)
    connection = opened(ledger, A)
    ledger.end_exchange(connection)
    assert ledger.doomed == [connection]
    assert ledger.slots == 0
    assert ledger.routes == {}


def test_a_connection_goes_straight_to_its_routes_first_waiter() -> None:
    ledger = make(connections=1)
    connection = opened(ledger, A)
    first, second = wait(ledger, A), wait(ledger, A)
    ledger.end_exchange(connection)
    assert first.grant is connection
    assert second.grant is None
    assert connection.active == 1
    assert ledger.doomed == []


def test_a_free_slot_goes_to_the_first_waiter_of_all() -> None:
    ledger = make(connections=1)
    connection = opened(ledger, A)
    other, own = wait(ledger, B), wait(ledger, A)
    ledger.forget(connection)
    assert other.grant is SLOT
    assert own.grant is None


def test_a_route_without_a_connection_is_not_starved() -> None:
    """A busy route hands its connections over among its own; the oldest waiter of all is of
    another one, to which nobody would ever come by."""
    ledger = make(connections=2)
    one, two = opened(ledger, A), opened(ledger, A)
    stranded = wait(ledger, B)
    own = wait(ledger, A)
    ledger.end_exchange(one)
    assert stranded.grant is SLOT
    assert ledger.doomed == [one]
    ledger.end_exchange(two)
    assert own.grant is two


def test_a_waiter_of_a_route_with_a_connection_is_not_stranded() -> None:
    ledger = make(connections=2)
    one, two = opened(ledger, A), opened(ledger, B)
    for_b, for_a = wait(ledger, B), wait(ledger, A)
    ledger.end_exchange(one)
    assert for_a.grant is one
    ledger.end_exchange(two)
    assert for_b.grant is two
    assert ledger.doomed == []


def test_a_fresh_waiter_gets_the_slot_not_the_connection() -> None:
    ledger = make(connections=1)
    connection = opened(ledger, A)
    waiter = wait(ledger, A, fresh=True)
    ledger.end_exchange(connection)
    assert waiter.grant is SLOT
    assert ledger.doomed == [connection]


def test_a_withdrawn_waiter_gets_nothing() -> None:
    ledger = make(connections=1)
    connection = opened(ledger, A)
    first, second = wait(ledger, A), wait(ledger, A)
    assert ledger.withdraw(first)
    ledger.end_exchange(connection)
    assert second.grant is connection
    assert first.grant is None
    assert not ledger.withdraw(second)


def test_an_unused_slot_goes_to_the_next() -> None:
    ledger = make(connections=1)
    assert ledger.decide(A, False) is SLOT
    waiter = wait(ledger, B)
    ledger.give_slot_back(A, False)
    assert waiter.grant is SLOT
    assert ledger.slots == 1


def test_closing_tells_every_waiter_and_dooms_every_connection() -> None:
    ledger = make(connections=1)
    connection = opened(ledger, A)
    waiter = wait(ledger, A)
    ledger.close()
    assert waiter.grant is CLOSED
    assert ledger.doomed == [connection]
    assert ledger.renewed().slots == 0


# -- connections that carry many exchanges ---------------------------------------------------


def test_a_cold_burst_waits_for_one_dial() -> None:
    ledger = make(connections=10, multiplexes=True)
    assert ledger.decide(A, False) is SLOT
    waiters = [wait(ledger, A) for _ in range(5)]
    connection = connect(ledger, A, capacity=4)
    assert [waiter.grant for waiter in waiters] == [connection] * 3 + [SLOT, None]
    second = connect(ledger, A, capacity=4)
    assert waiters[4].grant is second
    assert ledger.slots == 2


def test_a_burst_to_a_server_of_one_exchange_each_dials_for_everyone() -> None:
    ledger = make(connections=4, multiplexes=True)
    assert ledger.decide(A, False) is SLOT
    waiters = [wait(ledger, A) for _ in range(5)]
    connect(ledger, A)
    assert [waiter.grant for waiter in waiters] == [SLOT] * 3 + [None] * 2
    assert ledger.decide(A, False) is None


def test_a_dial_that_was_given_up_is_taken_over_by_one() -> None:
    ledger = make(multiplexes=True)
    assert ledger.decide(A, False) is SLOT
    waiters = [wait(ledger, A) for _ in range(3)]
    ledger.give_slot_back(A, everyone=False)
    assert [waiter.grant for waiter in waiters] == [SLOT, None, None]


def test_a_dial_that_failed_lets_everyone_try() -> None:
    ledger = make(multiplexes=True)
    assert ledger.decide(A, False) is SLOT
    waiters = [wait(ledger, A) for _ in range(3)]
    ledger.give_slot_back(A, everyone=True)
    assert [waiter.grant for waiter in waiters] == [SLOT] * 3


def test_others_wait_until_the_capacity_is_known() -> None:
    ledger = make(multiplexes=True)
    assert ledger.decide(A, False) is SLOT
    waiters = [wait(ledger, A) for _ in range(3)]
    connection = connect(ledger, A, settled=False)
    assert [waiter.grant for waiter in waiters] == [None] * 3
    connection.capacity, connection.settled = 100, True
    ledger.resize(connection)
    assert [waiter.grant for waiter in waiters] == [connection] * 3
    assert connection.active == 4


def test_a_lowered_capacity_lends_no_more() -> None:
    ledger = make(multiplexes=True)
    connection = opened(ledger, A, capacity=10)
    connection.capacity = 1
    ledger.resize(connection)
    assert ledger.decide(A, False) is SLOT


def test_a_connection_that_takes_no_more_is_closed_after_its_last_exchange() -> None:
    ledger = make(multiplexes=True)
    connection = opened(ledger, A, capacity=10)
    assert ledger.decide(A, False) is connection
    connection.capacity = 0
    ledger.resize(connection)
    ledger.end_exchange(connection)
    assert ledger.doomed == []
    ledger.end_exchange(connection)
    assert ledger.doomed == [connection]
    assert ledger.routes == {}


def test_when_a_shared_connection_dies_before_its_capacity_is_known() -> None:
    ledger = make(multiplexes=True)
    assert ledger.decide(A, False) is SLOT
    waiter = wait(ledger, A)
    connection = connect(ledger, A, settled=False)
    ledger.forget(connection)
    assert waiter.grant is SLOT


# -- whatever happens ------------------------------------------------------------------------


class Books(RuleBasedStateMachine):
    """Any sequence of what can happen to a pool, with connections of one exchange and of many."""

    multiplexes = False

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.clock = ledger_module.monotonic
        ledger_module.monotonic = lambda: self.now
        self.ledger = make(3, 2, 5.0, self.multiplexes)
        self.dialling: list[Route] = []
        self.using: list[Any] = []
        self.waiting: list[PoolWaiter] = []

    def teardown(self) -> None:
        ledger_module.monotonic = self.clock

    def collect(self) -> None:
        for waiter in [waiter for waiter in self.waiting if waiter.grant is not None]:
            assert waiter.signal.woken  # type: ignore[attr-defined]
            self.waiting.remove(waiter)
            self.got(waiter.route, waiter.grant)
        for connection in self.ledger.doomed:
            assert not connection.active
        self.ledger.doomed.clear()

    def got(self, route: Route, grant: Any) -> None:
        if grant is SLOT:
            self.dialling.append(route)
        else:
            assert grant.route == route
            assert grant.active <= max(grant.capacity, 1)
            grant.served += 1
            self.using.append(grant)

    @rule(route=st.sampled_from([A, B, C]), fresh=st.booleans())
    def ask(self, route: Route, fresh: bool) -> None:
        grant = self.ledger.decide(route, fresh)
        if grant is None:
            waiter = PoolWaiter(self.ledger, route, fresh, Signal())  # type: ignore[arg-type]
            self.ledger.enqueue(waiter)
            self.waiting.append(waiter)
        else:
            self.got(route, grant)
        self.collect()

    @precondition(lambda self: self.dialling)
    @rule(data=st.data(), capacity=st.sampled_from([1, 2, 5]), settled=st.booleans())
    def connected(self, data: st.DataObject, capacity: int, settled: bool) -> None:
        route = self.dialling.pop(data.draw(st.integers(0, len(self.dialling) - 1)))
        if not self.multiplexes:
            capacity, settled = 1, True
        connection: Any = FakeConnection(route, capacity if settled else 1, settled)
        self.ledger.established(connection)
        self.got(route, connection)
        self.collect()

    @precondition(lambda self: self.dialling)
    @rule(data=st.data(), everyone=st.booleans())
    def not_connected(self, data: st.DataObject, everyone: bool) -> None:
        route = self.dialling.pop(data.draw(st.integers(0, len(self.dialling) - 1)))
        self.ledger.give_slot_back(route, everyone)
        self.collect()

    @precondition(lambda self: self.using)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        connection = self.using.pop(data.draw(st.integers(0, len(self.using) - 1)))
        self.ledger.end_exchange(connection)
        self.collect()

    @precondition(lambda self: self.using)
    @rule(data=st.data())
    def died(self, data: st.DataObject) -> None:
        connection = data.draw(st.sampled_from(self.using))
        self.using = [other for other in self.using if other is not connection]
        self.ledger.forget(connection)
        connection.active = 0
        self.collect()

    @precondition(lambda self: any(not c.multiplexes for c in self.using))
    @rule(data=st.data())
    def found_dead(self, data: st.DataObject) -> None:
        connection = data.draw(st.sampled_from([c for c in self.using if not c.multiplexes]))
        self.using.remove(connection)
        assert self.ledger.replace(connection)
        self.dialling.append(connection.route)
        self.collect()

    @rule(seconds=st.floats(0.0, 6.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.multiplexes and self.using)
    @rule(data=st.data(), capacity=st.sampled_from([0, 1, 2, 5]))
    def resized(self, data: st.DataObject, capacity: int) -> None:
        connection = data.draw(st.sampled_from(self.using))
        connection.capacity, connection.settled = capacity, True
        self.ledger.resize(connection)
        self.collect()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def gave_up(self, data: st.DataObject) -> None:
        waiter = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        assert self.ledger.withdraw(waiter)
        self.collect()

    @invariant()
    def the_numbers_agree(self) -> None:
        ledger = self.ledger
        assert ledger.slots == len(ledger.connections) + len(self.dialling) <= 3
        assert len(ledger.idle) <= 2
        assert sum(state.open for state in ledger.routes.values()) == ledger.slots
        assert set(ledger.idle) == {c for c in ledger.connections if not c.active}
        for route, state in ledger.routes.items():
            unsettled = [c for c in ledger.unsettled if c.route == route]
            assert state.dialling == self.dialling.count(route) + len(unsettled)
            assert state.queued == sum(waiter in ledger.waiters for waiter in state.waiters)
            assert state.open or state.waiters
            for connection in state.ready:
                assert connection.active < connection.capacity

    @invariant()
    def nobody_waits_in_vain(self) -> None:
        ledger = self.ledger
        if ledger.waiters:
            assert ledger.slots == 3
            assert not ledger.idle
        for state in ledger.routes.values():
            if state.waiters:
                assert state.queued or state.dialling
                assert all(waiter.fresh for waiter in state.waiters) or not state.ready


class SharedBooks(Books):
    multiplexes = True


TestBooks = Books.TestCase
TestSharedBooks = SharedBooks.TestCase
TestBooks.settings = TestSharedBooks.settings = settings(max_examples=60, deadline=None)


def test_an_expired_connection_takes_no_busy_one_with_it(clock: Clock) -> None:
    """Of two connections that carry many exchanges, the newer one has been idle for too long."""
    ledger = make(expiry=5.0, multiplexes=True)
    busy = opened(ledger, A, capacity=2)
    assert ledger.decide(A, False) is busy
    idle = opened(ledger, A, capacity=2)
    ledger.end_exchange(busy)  # has room again
    ledger.end_exchange(idle)
    ledger.routes[A].ready = {busy: None, idle: None}
    clock.now += 5.0
    assert ledger.decide(A, False) is busy
    assert ledger.doomed == [idle]
    assert busy.active == 2


def test_a_failed_dial_costs_the_same_however_many_wait() -> None:
    """Waiters that are in the queue of all are not looked at again."""
    ledger = make(connections=1)
    connection = opened(ledger, A)
    waiters = [wait(ledger, A) for _ in range(5)]
    ledger.forget(connection)
    assert waiters[0].grant is SLOT
    looks = []

    class Looked(type(ledger.waiters)):  # type: ignore[misc]
        def __contains__(self, waiter: object) -> bool:
            looks.append(waiter)
            return super().__contains__(waiter)

    ledger.waiters = Looked(ledger.waiters)
    ledger.give_slot_back(A, everyone=True)
    assert waiters[1].grant is SLOT
    assert len(looks) == 1


def test_a_dead_connection_becomes_a_slot_for_its_borrower() -> None:
    ledger = make(connections=1)
    connection = opened(ledger, A)
    ledger.end_exchange(connection)
    assert ledger.decide(A, False) is connection
    waiter = wait(ledger, A)
    assert ledger.replace(connection)
    assert waiter.grant is None
    assert (ledger.slots, ledger.stats().connecting) == (1, 1)
    assert (ledger.requests, ledger.reused) == (1, 0)
    assert not ledger.replace(connection)
    ledger.give_slot_back(A, everyone=True)
    assert waiter.grant is SLOT


def test_a_retired_pool_keeps_nothing() -> None:
    ledger = make()
    idle, busy = opened(ledger, A), opened(ledger, B)
    ledger.end_exchange(idle)
    ledger.retire()
    assert ledger.doomed == [idle]
    ledger.end_exchange(busy)
    assert ledger.doomed == [idle, busy]
    assert (ledger.slots, ledger.routes) == (0, {})


def test_the_counts_go_on_in_new_books() -> None:
    ledger = make()
    ledger.end_exchange(opened(ledger, A))
    ledger.decide(A, False)
    renewed = ledger.renewed().stats()
    assert (renewed.opened, renewed.requests, renewed.reused) == (1, 2, 1)
    assert (renewed.active, renewed.idle) == (0, 0)


def steps(function: Any, *arguments: Any) -> int:
    """How many lines of Python a call runs."""
    count = 0

    def trace(frame: Any, event: str, value: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    gc.disable()  # a finalizer of somebody else's garbage would be counted, too
    sys.settrace(trace)
    try:
        function(*arguments)
    finally:
        sys.settrace(before)
        gc.enable()
    return count


def test_no_step_depends_on_how_many_others_there_are() -> None:
    """To take, to wait, to hand over, to keep, to make room, to give up (USERS.md 4 and 8)."""

    def cost(others: int) -> list[int]:
        ledger = make(connections=2 * others)
        for number in range(others):
            ledger.end_exchange(opened(ledger, Route("https", f"idle-{number}", 443)))
        busy = [opened(ledger, A) for _ in range(others)]
        costs = [
            steps(ledger.end_exchange, busy[0]),
            steps(ledger.decide, A, False),
            steps(ledger.decide, C, False),  # the longest idle one makes room
        ]
        while ledger.decide(B, False) is SLOT:  # and so do the others
            connect(ledger, B)
        waiters = [wait(ledger, route) for route in (A, C) for _ in range(others)]
        costs.append(steps(ledger.withdraw, waiters[1]))
        for _ in range(others // 2):
            ledger.end_exchange(busy[0])  # goes from one waiter to the next
        costs.append(steps(ledger.end_exchange, busy[0]))
        costs.append(steps(ledger.forget, busy[1]))
        assert ledger.stats().waiting == 2 * others - others // 2 - 3
        return costs

    assert cost(10) == cost(2000)
