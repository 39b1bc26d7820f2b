"""A response's body: given out once, closed exactly once, whichever way it ends."""

from __future__ import annotations

from typing import Any

import pytest

import httpx
from httpx._connections.body import ResponseBody
from httpx._connections.trace import CallingTrace
from httpx._drive import drive

from .fakes import message


class Body(ResponseBody):
    """Gives out what it is given, and counts how often it is released."""

    __slots__ = ("announced", "incoming", "released", "released_later")

    prefix = "http11"

    def __init__(self, *incoming: Any, listener: Any = None) -> None:
        trace = None if listener is None else CallingTrace(listener)
        super().__init__(message(trace=trace), None)
        self.incoming = list(incoming)
        self.announced: int | None = None
        self.released = 0
        self.released_later = 0

    def __repr__(self) -> str:
        return "<a body>"

    async def _receive(self) -> bytes:
        item = self.incoming.pop(0) if self.incoming else b""
        if isinstance(item, BaseException):
            raise item
        return item  # type: ignore[no-any-return]

    def _expected(self) -> int | None:
        return self.announced

    def _release(self) -> None:
        self.released += 1

    def _release_later(self) -> None:
        self.released_later += 1


def test_its_end_closes_it() -> None:
    body = Body(b"a", b"b")
    assert [drive(body.next_chunk()) for _ in range(4)] == [b"a", b"b", b"", b""]
    assert body.closed
    body.close()
    drive(body.aclose())
    assert body.released == 1


@pytest.mark.parametrize("pieces", [(), (b"a",), (b"a", b"b"), (b"a", b"b", b"c")])
def test_all_of_it(pieces: tuple[bytes, ...]) -> None:
    body = Body(*pieces)
    assert drive(body.read_all()) == b"".join(pieces)
    assert body.released == 1


def test_held_open_at_its_end() -> None:
    body = Body(b"a")
    body.held = True
    assert drive(body.read_all()) == b"a"
    assert (body.closed, body.released) == (False, 0)
    body.close()
    assert body.released == 1


@pytest.mark.parametrize("error", [httpx.ReadTimeout("x"), httpx.ReadError("x")])
def test_an_error_closes_it_and_tells_how_far_it_came(error: httpx.TransportError) -> None:
    body = Body(b"abc", error)
    body.announced = 10
    assert drive(body.next_chunk()) == b"abc"
    with pytest.raises(type(error)) as info:
        drive(body.next_chunk())
    assert (info.value.bytes_received, info.value.bytes_expected) == (3, 10)
    assert (body.closed, body.released) == (True, 1)


def test_what_a_protocol_knows_better_stays() -> None:
    error = httpx.RemoteProtocolError("x")
    error.bytes_received, error.bytes_expected = 1, 2
    body = Body(b"abc", error)
    with pytest.raises(httpx.RemoteProtocolError):
        drive(body.read_all())
    assert (error.bytes_received, error.bytes_expected) == (1, 2)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), GeneratorExit(), ValueError()])
def test_whatever_else_ends_it_closes_it(error: BaseException) -> None:
    events: list[str] = []
    body = Body(error, listener=lambda name, info: events.append(name))
    with pytest.raises(type(error)):
        drive(body.next_chunk())
    assert (body.closed, body.released) == (True, 1)
    assert events[:2] == [
        "http11.receive_response_body.started",
        "http11.receive_response_body.failed",
    ]
    # A cancelled one tells nothing more: its listener could wait.
    assert len(events) == (4 if isinstance(error, Exception) else 2)


def test_traced() -> None:
    events: list[str] = []
    body = Body(b"a", b"b", listener=lambda name, info: events.append(name))
    assert drive(body.read_all()) == b"ab"
    drive(body.aclose())
    assert events == [
        "http11.receive_response_body.started",
        "http11.receive_response_body.complete",
        "http11.response_closed.started",
        "http11.response_closed.complete",
    ]


def test_a_listener_that_fails_keeps_nothing_open() -> None:
    def listener(name: str, info: Any) -> None:
        raise KeyError(name)

    body = Body(b"a", listener=listener)
    with pytest.raises(KeyError):
        drive(body.aclose())
    assert (body.closed, body.released) == (True, 1)


def test_unclosed() -> None:
    bodies = [Body(b"a")]
    assert not bodies[0].is_sending
    assert bodies[0].take_leftover(10) == b""
    with pytest.warns(ResourceWarning, match=r"^unclosed response <a body>$"):
        bodies.clear()
