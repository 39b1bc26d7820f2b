"""The out-queue that exchanges share: order, turns, and nothing left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from httpx import WriteTimeout
from httpx._connections.outbox import Outbox


class FakeStream:
    """Takes as many bytes as it has room for."""

    peer = "peer"

    def __init__(self, room: int = 1000) -> None:
        self.room = room
        self.written: list[bytes] = []

    def write_nowait(self, data: bytes) -> int:
        taken = data[: self.room]
        self.room -= len(taken)
        if taken:
            self.written.append(taken)
        return len(taken)


class FakeWorld:
    """A world with turns that the test ends, or without any."""

    def __init__(self, turns: bool = True) -> None:
        self.turns = turns
        self.deferred: list[Callable[[], None]] = []

    def defer(self, function: Callable[[], None]) -> bool:
        if self.turns:
            self.deferred.append(function)
        return self.turns

    def end_turn(self) -> None:
        while self.deferred:
            self.deferred.pop()()


class Setting:
    def __init__(self, room: int = 1000, turns: bool = True) -> None:
        self.stream = FakeStream(room)
        self.world = FakeWorld(turns)
        self.left_behind = 0
        self.outbox = Outbox(
            self.stream,  # type: ignore[arg-type]
            self.world,  # type: ignore[arg-type]
            threading.Lock(),
            self.write,
            self.leave_behind,
        )

    async def write(self, data: bytes, timeout: float | None) -> int:
        return self.stream.write_nowait(data)

    def leave_behind(self) -> None:
        self.left_behind += 1

    def put(self, *frames: bytes) -> None:
        for frame in frames:
            self.outbox.put(frame)
            self.outbox.flush_soon()


def run(step: Any) -> None:
    """Run what need not wait."""
    with pytest.raises(StopIteration):
        step.send(None)


def test_one_write_for_what_is_put_in_a_turn() -> None:
    it = Setting()
    it.put(b"a", b"b", b"c")
    assert it.stream.written == [b"a"]
    assert not it.outbox.is_stuck
    assert not it.outbox.is_blocked
    it.world.end_turn()
    assert it.stream.written == [b"a", b"bc"]
    it.put(b"d")
    assert it.stream.written == [b"a", b"bc", b"d"]
    it.world.end_turn()
    assert it.stream.written == [b"a", b"bc", b"d"]
    assert len(it.world.deferred) == it.left_behind == 0


def test_at_once_where_there_are_no_turns() -> None:
    it = Setting(turns=False)
    it.put(b"a", b"b", b"c")
    assert it.stream.written == [b"a", b"b", b"c"]


def test_what_does_not_fit_at_the_end_of_a_turn_is_handed_on() -> None:
    it = Setting(room=2)
    it.put(b"a", b"b", b"c")
    it.world.end_turn()
    assert it.stream.written == [b"a", b"b"]
    assert it.outbox.is_stuck
    assert it.outbox.is_blocked
    assert it.left_behind == 1
    it.stream.room = 10
    run(it.outbox.flush_some(None))
    assert it.stream.written == [b"a", b"b", b"c"]
    assert not it.outbox.is_stuck


def test_nothing_is_put_off_while_the_stream_takes_nothing() -> None:
    it = Setting(room=0)
    it.put(b"a", b"b")
    assert it.outbox.is_blocked
    assert not it.world.deferred
    with pytest.raises(WriteTimeout):
        run(it.outbox.flush(0.0))
    it.stream.room = 10
    run(it.outbox.flush(1.0))
    assert it.stream.written == [b"ab"]


def test_a_flush_does_not_wait_for_the_end_of_a_turn() -> None:
    it = Setting()
    it.put(b"a", b"b")
    run(it.outbox.flush(None))
    assert it.stream.written == [b"a", b"b"]
    it.world.end_turn()
    assert it.stream.written == [b"a", b"b"]


def test_the_end_of_a_turn_after_the_end_of_the_connection() -> None:
    it = Setting()
    it.put(b"a", b"b")
    it.outbox.give_up()
    it.world.end_turn()
    assert it.stream.written == [b"a"]
    assert it.left_behind == 0
