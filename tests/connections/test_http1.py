"""One connection by itself: when it looks, when it stops, how it leaves, and what stays.

With real sockets the same is in `tests/faults`; here each turn is forced by a wire that reads and
takes exactly what it is told to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import httpx
from httpx._connections.messages import BlockingRequestBody
from httpx._connections.trace import CallingTrace
from httpx._drive import drive

from .fakes import Wire, connection_over, message

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
TOO_LARGE = b"HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno"
CHUNKED = [(b"Transfer-Encoding", b"chunked")]
BROKEN = httpx.WriteError("broken pipe")


@pytest.fixture(params=[True, False], ids=["lane", "h11"])
def fast(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_an_exchange(fast: bool) -> None:
    wire = Wire(OK)
    connection, said = connection_over(wire, fast)
    request = message()
    response = drive(connection.send(request))
    assert (response.status, response.reason, response.http_version) == (200, b"OK", b"HTTP/1.1")
    assert repr(connection) == "<HTTP/1.1 example.com:80, active, 1 requests>"
    assert repr(response.body) == "<GET example.com:80>"
    assert (request.written, request.answered) == (len(wire.written), True)
    assert drive(response.body.read_all()) == b"ok"
    assert said == ["give_back"]
    connection.active = 0
    assert repr(connection) == "<HTTP/1.1 example.com:80, idle, 1 requests>"
    assert not drive(connection.revive())
    assert not connection.is_doubtful()
    wire.incoming.append(b"")
    assert connection.is_doubtful()


def test_closing_is_done_once() -> None:
    wire = Wire()
    connection, said = connection_over(wire)
    connection.close()
    connection.close()
    assert (wire.closed, said) == (1, ["forget"])
    assert repr(connection) == "<HTTP/1.1 example.com:80, closed, 0 requests>"


def test_a_peer_that_leaves_an_idle_connection() -> None:
    wire = Wire()
    connection, said = connection_over(wire)
    connection.active = 0
    connection.watch_idle()
    assert wire.on_idle_close is not None
    wire.on_idle_close()
    assert said == ["forget"]


def test_a_peer_that_leaves_a_connection_in_use() -> None:
    """What it said before is read to the end; then the connection is closed."""
    wire = Wire(OK)
    connection, said = connection_over(wire)
    connection.watch_idle()
    response = drive(connection.send(message()))
    assert wire.on_idle_close is not None
    wire.on_idle_close()
    assert said == []
    assert drive(response.body.read_all()) == b"ok"
    assert said == ["forget"]


def test_a_head_and_a_small_body_leave_in_one_write(fast: bool) -> None:
    wire = Wire(OK, room=[10])
    connection, _ = connection_over(wire, fast)
    drive(connection.send(message(b"POST", body=b"body"))).body.close()
    assert wire.written.endswith(b"Content-Length: 4\r\n\r\nbody")


def test_a_large_body_leaves_in_parts(fast: bool) -> None:
    wire = Wire(OK, room=[10**9, 100, 200_000])
    connection, said = connection_over(wire, fast)
    body = bytes(range(256)) * 4096
    response = drive(connection.send(message(b"POST", body=body)))
    assert wire.written.partition(b"\r\n\r\n")[2] == body
    drive(response.body.read_all())
    assert said == ["give_back"]


def test_a_large_first_piece_does_not_leave_with_the_head(fast: bool) -> None:
    wire = Wire(OK)
    connection, _ = connection_over(wire, fast)
    body = BlockingRequestBody([b"x" * 100_000, b"", b"y"])
    drive(connection.send(message(b"POST", CHUNKED, body))).body.close()
    _, _, sent = wire.written.partition(b"\r\n\r\n")
    assert sent == b"186a0\r\n" + b"x" * 100_000 + b"\r\n1\r\ny\r\n0\r\n\r\n"


def test_an_empty_streamed_body(fast: bool) -> None:
    wire = Wire(OK)
    connection, _ = connection_over(wire, fast)
    drive(connection.send(message(b"POST", CHUNKED, BlockingRequestBody([])))).body.close()
    assert wire.written.endswith(b"\r\n\r\n0\r\n\r\n")


def test_a_body_that_fails_before_its_first_piece_leaves_no_trace(fast: bool) -> None:
    def pieces() -> Iterator[bytes]:
        raise ValueError
        yield b""

    wire = Wire()
    connection, said = connection_over(wire, fast)
    with pytest.raises(ValueError):
        drive(connection.send(message(b"POST", CHUNKED, BlockingRequestBody(pieces()))))
    assert (wire.written, said) == (b"", ["forget"])


# -- early responses


def test_an_error_ends_the_sending(fast: bool) -> None:
    wire = Wire(TOO_LARGE, room=[10**9, 100_000, 0])
    connection, said = connection_over(wire, fast)
    response = drive(connection.send(message(b"POST", body=bytes(10**6))))
    assert response.status == 413
    assert len(wire.written) < 200_000
    assert drive(response.body.read_all()) == b"no"
    assert said == ["forget"]


def test_a_success_does_not(fast: bool) -> None:
    wire = Wire(OK[:30], OK[30:], room=[10**9, 100_000, 0, 100_000, 0, 1])
    connection, said = connection_over(wire, fast)
    response = drive(connection.send(message(b"POST", body=bytes(10**6))))
    assert len(wire.written) > 10**6
    assert not response.body.is_sending
    assert drive(response.body.read_all()) == b"ok"
    assert said == ["give_back"]


def large_response(pieces: int) -> list[bytes]:
    size = pieces * 1000
    return [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size, *[bytes(1000)] * pieces]


def test_a_large_success_is_handed_out_while_the_body_leaves(fast: bool) -> None:
    wire = Wire(*large_response(40), room=[10**9, *[0] * 30, 100, *[0] * 10])
    connection, said = connection_over(wire, fast)
    response = drive(connection.send(message(b"POST", body=bytes(10**6))))
    assert response.body.is_sending
    assert len(wire.incoming) == 40 - 16
    assert len(drive(response.body.read_all())) == 40_000
    assert not response.body.is_sending
    assert len(wire.written) > 10**6
    assert said == ["give_back"]


def test_a_large_success_that_breaks_off(fast: bool) -> None:
    response = [*large_response(40)[:30], httpx.ReadError("reset")]
    wire = Wire(*response, room=[10**9, *[0] * 60])
    connection, said = connection_over(wire, fast)
    body = drive(connection.send(message(b"POST", body=bytes(10**6)))).body
    with pytest.raises(httpx.ReadError) as info:
        drive(body.read_all())
    assert (info.value.bytes_received, info.value.bytes_expected) == (29_000, 40_000)
    assert said == ["forget"]
    assert not body.is_sending


def test_a_large_success_that_breaks_off_after_the_body_has_left(fast: bool) -> None:
    wire = Wire(*large_response(40)[:17], httpx.ReadError("reset"), room=[10**9, *[0] * 17])
    connection, said = connection_over(wire, fast)
    body = drive(connection.send(message(b"POST", body=bytes(10**6)))).body
    assert body.is_sending
    with pytest.raises(httpx.ReadError):
        drive(body.read_all())
    assert len(wire.written) > 10**6
    assert said == ["forget"]


def test_a_large_success_given_up(fast: bool) -> None:
    wire = Wire(*large_response(40), room=[10**9, *[0] * 60])
    connection, said = connection_over(wire, fast)
    body = drive(connection.send(message(b"POST", body=bytes(10**6)))).body
    assert len(drive(body.next_chunk())) >= 1000
    drive(body.aclose())
    assert said == ["forget"]
    assert not body.is_sending


@pytest.mark.parametrize("end", [b"", httpx.ReadError("reset"), BROKEN])
def test_the_peer_leaves_after_an_early_success(fast: bool, end: Any) -> None:
    """The response is whole: that the request is not any more is no error."""
    if end is BROKEN:
        wire = Wire(OK, room=[10**9, 0, end])
    else:
        wire = Wire(OK, end, room=[10**9, 0, 0])
    connection, said = connection_over(wire, fast)
    response = drive(connection.send(message(b"POST", body=bytes(10**6))))
    assert drive(response.body.read_all()) == b"ok"
    assert said == ["forget"]


# -- what goes wrong


@pytest.mark.parametrize("when", ["head", "body"])
def test_a_response_explains_a_write_error(fast: bool, when: str) -> None:
    wire = Wire(TOO_LARGE, room=[BROKEN] if when == "head" else [10**9, BROKEN])
    connection, said = connection_over(wire, fast)
    response = drive(connection.send(message(b"POST", body=bytes(10**6))))
    assert response.status == 413
    assert drive(response.body.read_all()) == b"no"
    assert said == ["forget"]


@pytest.mark.parametrize("incoming", [b"", httpx.ReadError("reset")])
def test_a_write_error_that_nothing_explains(fast: bool, incoming: Any) -> None:
    wire = Wire(incoming, room=[BROKEN])
    connection, said = connection_over(wire, fast)
    with pytest.raises(httpx.WriteError) as info:
        drive(connection.send(message()))
    assert info.value is BROKEN
    assert said == ["forget"]


def test_an_error_of_a_listener_is_its_own(fast: bool) -> None:
    """Also where a write had failed before."""

    def listen(name: str, info: Any) -> None:
        if name == "http11.receive_response_headers.started":
            raise ValueError("mine")

    connection, said = connection_over(Wire(b"", room=[BROKEN]), fast)
    with pytest.raises(ValueError, match="mine"):
        drive(connection.send(message(trace=CallingTrace(listen))))
    assert said == ["forget"]


def test_a_write_error_and_half_a_response(fast: bool) -> None:
    """Then the response's own error says more."""
    wire = Wire(b"HTTP/1.1 413 No\r\n", room=[BROKEN])
    connection, _ = connection_over(wire, fast)
    with pytest.raises(httpx.RemoteProtocolError):
        drive(connection.send(message()))


def test_a_body_is_closed_by_its_error(fast: bool) -> None:
    wire = Wire(OK[:-1], httpx.ReadTimeout("timed out"))
    connection, said = connection_over(wire, fast)
    body = drive(connection.send(message())).body
    assert drive(body.next_chunk()) == b"o"
    with pytest.raises(httpx.ReadTimeout) as info:
        drive(body.next_chunk())
    assert (info.value.bytes_received, info.value.bytes_expected) == (1, 2)
    assert body.closed
    assert said == ["forget"]
    assert drive(body.next_chunk()) == b""


def test_tls_that_ends_without_saying_so(fast: bool) -> None:
    wire = Wire(b"HTTP/1.1 200 OK\r\n\r\nhalf", b"")
    wire.truncated = True
    connection, said = connection_over(wire, fast)
    body = drive(connection.send(message())).body
    with pytest.raises(httpx.RemoteProtocolError, match=r"\(no TLS close_notify\)") as info:
        drive(body.read_all())
    assert (info.value.bytes_received, info.value.bytes_expected) == (4, None)
    assert said == ["forget"]


def test_tls_that_ends_after_a_body_of_known_length(fast: bool) -> None:
    """Also where that end was seen first, while the request's body was still leaving."""
    wire = Wire(OK, b"", room=[10**9, 0, 0])
    wire.truncated = True
    connection, said = connection_over(wire, fast)
    response = drive(connection.send(message(b"POST", body=bytes(10**6))))
    assert drive(response.body.read_all()) == b"ok"
    assert said == ["forget"]


def test_a_spoiled_body_closes_its_connection() -> None:
    wire = Wire(OK)
    connection, said = connection_over(wire)
    body = drive(connection.send(message())).body
    body.spoiled = True
    assert drive(body.read_all()) == b"ok"
    assert said == ["forget"]


def test_a_body_that_dies_unread() -> None:
    wire = Wire(OK)
    connection, said = connection_over(wire)
    responses = [drive(connection.send(message()))]
    with pytest.warns(ResourceWarning, match="unclosed response <GET example.com:80>"):
        responses.clear()
    assert said == ["forget"]


def test_another_protocol_after_101(fast: bool) -> None:
    wire = Wire(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nother", b"words")
    connection, said = connection_over(wire, fast)
    upgrade = [(b"Connection", b"upgrade"), (b"Upgrade", b"x")]
    body = drive(connection.send(message(headers=upgrade))).body
    assert drive(body.next_chunk()) == b""
    assert not body.closed
    assert body.take_leftover(100) == b"other"
    body.close()
    assert said == ["forget"]


def test_nothing_is_left_over_of_a_plain_response() -> None:
    connection, _ = connection_over(Wire(OK + b"more"))
    body = drive(connection.send(message())).body
    assert body.take_leftover(100) == b""
    assert drive(body.read_all()) == b"ok"
