"""What a request carries: its time-outs, its body, and whether it may be sent again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import httpx
from httpx._config import Deadline
from httpx._connections.messages import (
    AwaitingRequestBody,
    BlockingRequestBody,
    RequestMessage,
    Timeouts,
)
from httpx._drive import drive

from .fakes import ROUTE, message


class Source:
    """A body that can be read again, for either world."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.ended = 0

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.pieces
        finally:
            self.ended += 1

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            for piece in self.pieces:
                yield piece
        finally:
            self.ended += 1


class Once(Source):
    """A body that says so when it is to be read a second time."""

    begun = False

    def __iter__(self) -> Iterator[bytes]:
        if self.begun:
            raise httpx.StreamConsumed
        self.begun = True
        yield from self.pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in iter(self):
            yield piece


@pytest.fixture(params=[BlockingRequestBody, AwaitingRequestBody])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


# -- time-outs


def test_each_phase_has_its_own_timeout() -> None:
    timeouts = Timeouts({"connect": 1, "read": 2, "write": 3, "pool": 4})
    assert (timeouts.read, timeouts.write) == (2, 3)
    assert timeouts.configured("connect") == 1
    assert timeouts.configured("pool") == 4
    deadline = timeouts.start_connecting()
    assert deadline is not None
    assert 0.9 < (deadline.remaining() or 0) <= 1


def test_no_timeouts() -> None:
    timeouts = Timeouts()
    assert (timeouts.read, timeouts.write, timeouts.pool) == (None, None, None)
    assert timeouts.start_connecting() is None
    assert timeouts.configured("pool") is None
    timeouts.use_pool_time(1)
    assert timeouts.pool is None
    assert timeouts.clip(9.0) == 9.0
    assert not timeouts.are_over


def test_the_pool_is_waited_for_once() -> None:
    """What a wait has used is gone, however often a request is queued again."""
    timeouts = Timeouts({"pool": 5})
    assert timeouts.pool == 5
    timeouts.use_pool_time(2)
    assert timeouts.pool == 3
    timeouts.use_pool_time(9)
    assert timeouts.pool == 0
    assert timeouts.configured("pool") == 5


@pytest.mark.parametrize("given", ["total", "deadline"])
def test_a_deadline_over_all(given: str) -> None:
    phases = {"connect": 1, "read": 0.0, "write": 3}
    timeouts = (
        Timeouts({**phases, "total": 0.5}) if given == "total" else Timeouts(phases, Deadline(0.5))
    )
    assert timeouts.read == 0.0
    assert timeouts.write is not None
    assert timeouts.write <= 0.5
    assert timeouts.pool is not None
    assert timeouts.pool <= 0.5
    assert timeouts.clip(9.0) <= 0.5
    assert not timeouts.are_over
    deadline = timeouts.start_connecting()
    assert deadline is not None
    assert (deadline.remaining() or 0) <= 0.5
    assert timeouts.configured("connect") == 0.5
    assert timeouts.configured("pool") == 0.5


def test_a_deadline_that_has_come() -> None:
    assert Timeouts({"total": 0.0}).are_over


def test_a_pool_timeout_under_a_deadline() -> None:
    timeouts = Timeouts({"pool": 0.1, "total": 5})
    assert timeouts.pool is not None
    assert timeouts.pool <= 0.1
    assert timeouts.configured("pool") == 0.1


# -- bodies


def test_a_body_comes_in_its_pieces(kind: Any) -> None:
    source = Source(b"a", b"", b"b")
    body = kind(source)
    assert not body.started
    assert [drive(body.next_chunk()) for _ in range(4)] == [b"a", b"b", b"", b""]
    assert body.started
    drive(body.aclose())
    assert source.ended == 1


def test_a_piece_given_back_comes_next(kind: Any) -> None:
    body = kind(Source(b"a", b"b"))
    body.push_back(drive(body.next_chunk()))
    assert [drive(body.next_chunk()) for _ in range(3)] == [b"a", b"b", b""]


def test_a_body_left_half_way_ends_when_it_is_let_go(kind: Any) -> None:
    source = Source(b"a", b"b")
    body = kind(source)
    drive(body.next_chunk())
    assert source.ended == 0
    drive(body.aclose())
    assert source.ended == 1
    drive(body.aclose())


def test_a_body_that_is_no_generator_is_just_let_go(kind: Any) -> None:
    class Plain:
        def __init__(self) -> None:
            self.left = [b"a", b"b"]

        def __iter__(self) -> Plain:
            return self

        __aiter__ = __iter__

        def __next__(self) -> bytes:
            if not self.left:
                raise StopIteration
            return self.left.pop(0)

        async def __anext__(self) -> bytes:
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop(0)

    body = kind(Plain())
    assert drive(body.next_chunk()) == b"a"
    drive(body.aclose())


def test_a_body_is_rewound(kind: Any) -> None:
    source = Source(b"a", b"b")
    body = kind(source)
    assert drive(body.rewind())  # not begun: there is nothing to do
    drive(body.next_chunk())
    assert drive(body.rewind())
    assert source.ended == 1
    assert [drive(body.next_chunk()) for _ in range(3)] == [b"a", b"b", b""]
    drive(body.aclose())


def test_a_body_that_cannot_be_rewound(kind: Any) -> None:
    body = kind(Once(b"a"))
    drive(body.next_chunk())
    assert not drive(body.rewind())
    drive(body.aclose())


# -- sending again


@pytest.mark.parametrize(
    ("method", "headers", "written", "reason"),
    [
        (b"GET", [], 10, None),
        (b"PUT", [], 10, None),
        (b"DELETE", [], 10, None),
        (b"QUERY", [], 10, None),
        (b"POST", [], 0, None),
        (b"POST", [(b"Idempotency-Key", b"x")], 10, None),
        (b"PATCH", [(b"x-idempotency-key", b"x")], 10, None),
        (b"POST", [], 10, "it may have reached the server, and is not idempotent"),
        (b"PATCH", [], 10, "it may have reached the server, and is not idempotent"),
        (b"get", [], 10, "it may have reached the server, and is not idempotent"),
    ],
)
def test_why_not_again(method: bytes, headers: Any, written: int, reason: str | None) -> None:
    request = message(method, headers)
    request.written = written
    assert drive(request.why_not_again()) == reason
    assert request.written == (0 if reason is None else written)


def test_not_again_once_answered() -> None:
    request = message()
    request.answered = True
    assert drive(request.why_not_again()) == "the response had begun"


def test_again_when_it_was_refused() -> None:
    request = message(b"POST", body=b"x")
    request.written = 10
    request.refused = True
    assert drive(request.why_not_again()) is None
    assert not request.refused


def test_not_again_with_a_body_that_is_used_up(kind: Any) -> None:
    body = kind(Once(b"a"))
    request = message(b"PUT", body=body)
    assert drive(request.why_not_again()) is None
    drive(body.next_chunk())
    assert drive(request.why_not_again()) == "its body cannot be read again"
    drive(body.aclose())


def test_a_request_for_people_and_for_listeners() -> None:
    request: RequestMessage = message()
    assert repr(request) == "<Request [b'GET']>"
    request.route = ROUTE
    assert request.url.scheme == b"http"
    assert request.url.host == b"example.com"
    assert request.url.target == b"/"
