"""Cancelling at every step: a matrix that cases are added to.

A `Case` says what is served, what is done beforehand, and what is cancelled. `sweep` runs it again
and again, each time with a fresh client and server, and cancels after the 1st, 2nd, 3rd ... wait
of the task, until the case runs to its end before it comes to that wait. After each run the
transport must hold no slot beyond idle connections, no socket beyond theirs, and answer a GET.

Nothing is left to chance or to a clock: `Stepper` sits between the event loop and the coroutine,
passes every wait on, counts them, notes who waits, and cancels

* `"waiting"`: as soon as the task waits;
* `"ready"`: once what it waited for has come, and before the task hears of that: too late for the
  one who delivers, too early for the one who takes.

With `times` of 2 or 3, each of the next waits (of a cleanup that should not wait) is cancelled as
well. Trio cancels a scope once and for ever, so there it is all the same.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import types
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

import httpx
from httpx._network import dial

from .servers import PATIENCE
from .worlds import World

__all__ = ["WAYS", "Case", "Gate", "Scene", "Sockets", "Stepper", "sweep"]


class Gate:
    """Lets a server's handler pass once for each wait of the client, so that the client has to
    wait for each piece of what the handler sends."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_open = False
        self._stays_open = False

    def open(self, for_good: bool = False) -> None:
        with self._changed:
            self._is_open = True
            self._stays_open |= for_good
            self._changed.notify_all()

    def pass_through(self) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_open, PATIENCE):
                raise AssertionError("nobody opened the gate")
            self._is_open = self._stays_open


@dataclass
class Scene:
    """One run of a case: what its functions may use."""

    client: httpx.AsyncClient
    server: Any
    gate: Gate
    url: str
    soon: Callable[[Callable[[], Any]], Any]
    """Has the event loop call something a little later, outside of the cancelled task."""
    kept: list[Any] = field(default_factory=list)
    """Responses that are closed when `act` has ended."""

    @property
    def transport(self) -> Any:
        return self.client._transport


@dataclass
class Case:
    """What is cancelled, and around what.

    Args:
        name: of the test.
        serve: a server for one run; its handlers may wait at the gate, which opens once a wait.
        act: what is cancelled.
        prepare: done before, not cancelled.
        on_wait: called at each wait of `act`, with its number, after the gate was opened.
        options: of the transport.
        phases: the code that must have been waiting at least once, by qualified name: that the
            case covers what it says.
    """

    name: str
    serve: Callable[[Gate], AbstractContextManager[Any]]
    act: Callable[[Scene], Awaitable[Any]]
    prepare: Callable[[Scene], Awaitable[None]] | None = None
    on_wait: Callable[[Scene, int], None] = lambda scene, number: None
    options: dict[str, Any] = field(default_factory=dict)
    phases: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return self.name


class Stepper:
    """Runs a coroutine, and cancels its task at one of its waits.

    `cancel` cancels the task; `on_wait(number)` is called at each wait before the cancellation.
    """

    def __init__(
        self,
        coroutine: Any,
        cancel: Callable[[], Any],
        at: int,
        times: int,
        when: str,
        on_wait: Callable[[int], None],
    ) -> None:
        self._coroutine = coroutine
        self._cancel = cancel
        self._at = at
        self._times = times
        self._when = when
        self._on_wait = on_wait
        self.waits = 0
        self.phases: set[str] = set()

    @property
    def has_cancelled(self) -> bool:
        return self.waits >= self._at

    @types.coroutine
    def run(self) -> Iterator[Any]:
        send: Callable[[], Any] = partial(self._coroutine.send, None)
        while True:
            try:
                wait = send()
            except StopIteration as done:
                return done.value
            self.waits += 1
            self.phases |= set(self._who_waits())
            self._on_wait(self.waits)
            if self._at <= self.waits < self._at + self._times:
                self._cancel_at(wait)
            try:
                value = yield wait
            except BaseException as exc:
                send = partial(self._coroutine.throw, exc)
            else:
                send = partial(self._coroutine.send, value)

    def _cancel_at(self, wait: Any) -> None:
        if self._when == "ready" and isinstance(wait, asyncio.Future):
            # Before the task's own call-back, which is added when it has been handed out.
            wait.add_done_callback(lambda _: self._cancel())
        elif self._when == "ready" and wait is not None:
            self._cancel_when_scheduled()
        else:
            self._cancel()

    def _cancel_when_scheduled(self) -> None:
        import trio

        here, cancel = trio.lowlevel.current_task(), self._cancel

        class Watch(trio.abc.Instrument):
            def task_scheduled(self, task: Any) -> None:
                if task is here:
                    trio.lowlevel.remove_instrument(self)
                    cancel()

        trio.lowlevel.add_instrument(Watch())

    def _who_waits(self) -> Iterator[str]:
        inner = self._coroutine
        while inner is not None:
            code = getattr(inner, "cr_code", None) or getattr(inner, "gi_code", None)
            if code is None:
                return
            yield code.co_qualname
            inner = getattr(inner, "cr_await", None) or getattr(inner, "gi_yieldfrom", None)


class Sockets:
    """Every socket that the dialler makes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[socket.socket] = []
        prepare = dial.prepare

        def noting(sock: socket.socket, *args: Any) -> None:
            self.made.append(sock)
            prepare(sock, *args)

        monkeypatch.setattr(dial, "prepare", noting)

    @property
    def open(self) -> int:
        return sum(sock.fileno() >= 0 for sock in self.made)


async def _cancelled_by_task(stepper: Callable[[Callable[[], Any]], Stepper]) -> Stepper:
    """`task.cancel()`."""
    task: asyncio.Task[Any]
    step = stepper(lambda: task.cancel())
    task = asyncio.get_running_loop().create_task(_swallow(step, asyncio.CancelledError))
    await asyncio.wait([task])
    task.result()
    return step


async def _cancelled_by_timeout(stepper: Callable[[Callable[[], Any]], Stepper]) -> Stepper:
    """`asyncio.timeout()`, whose time comes when we say so."""

    async def main() -> None:
        async with asyncio.timeout(None) as scope:
            nonlocal step
            step = stepper(lambda: scope.expired() or scope.reschedule(0.0))
            await step.run()

    step: Any = None
    await _swallow_call(main, TimeoutError)
    return step  # type: ignore[no-any-return]


async def _cancelled_by_wait_for(stepper: Callable[[Callable[[], Any]], Stepper]) -> Stepper:
    """The task around an `asyncio.wait_for()`."""
    task: asyncio.Task[Any]
    step = stepper(lambda: task.cancel())
    task = asyncio.get_running_loop().create_task(
        _swallow_call(lambda: asyncio.wait_for(step.run(), 3600), asyncio.CancelledError)
    )
    await asyncio.wait([task])
    task.result()
    return step


async def _cancelled_by_scope(stepper: Callable[[Callable[[], Any]], Stepper]) -> Stepper:
    """A cancel scope of trio's."""
    import trio

    with trio.CancelScope() as scope:
        step = stepper(scope.cancel)
        await step.run()
    return step


async def _swallow(step: Stepper, kind: type[BaseException]) -> None:
    await _swallow_call(step.run, kind)


async def _swallow_call(call: Callable[[], Any], kind: type[BaseException]) -> None:
    with suppress(kind):
        await call()


WAYS: dict[str, Callable[..., Awaitable[Stepper]]] = {
    "task": _cancelled_by_task,
    "timeout": _cancelled_by_timeout,
    "wait_for": _cancelled_by_wait_for,
    "scope": _cancelled_by_scope,
}


def sweep(
    case: Case,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    *,
    way: str,
    when: str = "waiting",
    times: int = 1,
) -> int:
    """Run a case with a cancellation at each of its waits; how many those were."""
    phases: set[str] = set()
    at = 0
    while True:
        at += 1
        run = partial(_one_run, case, monkeypatch, at=at, way=way, when=when, times=times)
        step = world.run(run)
        phases |= step.phases
        gc.collect()  # what was left behind says so now
        if not step.has_cancelled:
            break
        assert at < 500, f"{case} does not come to an end"
    missing = {phase for phase in case.phases if not any(phase in name for name in phases)}
    assert not missing, f"nothing was cancelled in {missing}, only in {sorted(phases)}"
    return at - 1


async def _one_run(
    case: Case, monkeypatch: pytest.MonkeyPatch, *, at: int, way: str, when: str, times: int
) -> Stepper:
    gate = Gate()
    complaints: list[Any] = []
    if way == "scope":
        import trio

        soon: Any = trio.lowlevel.current_trio_token().run_sync_soon
    else:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        soon = loop.call_soon
    with monkeypatch.context() as patch, case.serve(gate) as server:
        sockets = Sockets(patch)
        transport = httpx.AsyncHTTPTransport(**case.options)
        async with httpx.AsyncClient(transport=transport, timeout=PATIENCE) as client:
            scene = Scene(client, server, gate, server.url, soon)
            if case.prepare is not None:
                await case.prepare(scene)

            def on_wait(number: int) -> None:
                gate.open()
                case.on_wait(scene, number)

            def make(cancel: Callable[[], Any]) -> Stepper:
                return Stepper(case.act(scene), cancel, at, times, when, on_wait)

            step = await WAYS[way](make)
            gate.open(for_good=True)
            for kept in scene.kept:
                await kept.aclose()
            await _a_turn(way)
            _check(transport, sockets, f"{case} cancelled at wait {at} ({step.phases})")
            response = await client.get(f"{server.url}/again")
            assert response.status_code == 200
            _check(transport, sockets, "after the next request")
        await _a_turn(way)
        assert sockets.open == 0, "a closed client has open sockets"
    assert not complaints, complaints
    return step


def _check(transport: Any, sockets: Sockets, what: str) -> None:
    stats = transport.pool_stats()
    busy = (stats.active, stats.connecting, stats.waiting)
    assert busy == (0, 0, 0), f"{what}: {transport._pool!r}"
    assert sockets.open == stats.idle, f"{what}: {sockets.open} sockets, {stats.idle} idle"


async def _a_turn(way: str) -> None:
    """Let the event loop close what it was told to."""
    if way == "scope":
        import trio

        await trio.lowlevel.checkpoint()
    else:
        for _ in range(5):
            await asyncio.sleep(0)
