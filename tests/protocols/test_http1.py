"""The codec as a machine: what it says, when it asks for more, and what it leaves behind.

That the fast lane and h11 say the same is tested in `test_http1_lane`, by generated messages.
"""

from __future__ import annotations

from typing import Any

import pytest

from httpx import LocalProtocolError, RemoteProtocolError
from httpx._protocols.http1 import END, NEED_DATA, HTTP1Codec, ResponseHead

Fields = list[tuple[bytes, bytes]]
HOST = (b"Host", b"example.com")
LINE = b"HTTP/1.1 200 OK\r\n"
UPGRADE: Fields = [HOST, (b"Connection", b"upgrade"), (b"Upgrade", b"x")]


@pytest.fixture(params=[True, False], ids=["lane", "h11"])
def codec(request: pytest.FixtureRequest) -> HTTP1Codec:
    return HTTP1Codec("h:80", fast=request.param)


def ask(codec: HTTP1Codec, method: bytes = b"GET", fields: Fields | None = None) -> bytes:
    """A whole request without a body."""
    return codec.start(method, b"/", [HOST] if fields is None else fields) + codec.finish()


def hear(codec: HTTP1Codec, *pieces: bytes) -> list[Any]:
    """All events that pieces of a response make, without the times that there were none."""
    events = []
    for piece in pieces:
        codec.receive(piece)
        while (event := codec.next_event()) is not NEED_DATA:
            events.append(event)
            if event is END:
                break
    return events


def test_two_exchanges_on_one_connection(codec: HTTP1Codec) -> None:
    for body in (b"first", b"second"):
        assert ask(codec) == b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"
        assert not codec.answered
        head, data, end = hear(codec, LINE + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert head == ResponseHead(
            b"HTTP/1.1",
            200,
            b"OK",
            [(b"Content-Length", b"content-length", b"%d" % len(body))],
        )
        assert codec.announced == len(body)
        assert (data, end) == (body, END)
        assert codec.answered
        assert codec.ended
        assert codec.reusable
        assert not codec.ended_by_close
        assert not codec.switched


def test_a_body_by_length(codec: HTTP1Codec) -> None:
    head = codec.start(b"POST", b"/", [HOST, (b"Content-Length", b"5")])
    assert head.endswith(b"\r\n\r\n")
    parts = [*codec.frame(b"ab"), *codec.frame(memoryview(b"cde"))]
    assert b"".join(parts) == b"abcde"
    assert codec.finish() == b""


def test_a_body_in_chunks(codec: HTTP1Codec) -> None:
    codec.start(b"POST", b"/", [HOST, (b"Transfer-Encoding", b"chunked")])
    parts = [*codec.frame(b"a" * 16), *codec.frame(b""), *codec.frame(b"b")]
    assert b"".join(parts) == b"10\r\n" + b"a" * 16 + b"\r\n1\r\nb\r\n"
    assert codec.finish() == b"0\r\n\r\n"


def test_a_body_longer_than_announced(codec: HTTP1Codec) -> None:
    codec.start(b"POST", b"/", [HOST, (b"Content-Length", b"1")])
    with pytest.raises(LocalProtocolError, match=r"^Too much data for declared Content-Length$"):
        codec.frame(b"ab")
    assert not codec.reusable


def test_a_body_shorter_than_announced(codec: HTTP1Codec) -> None:
    codec.start(b"POST", b"/", [HOST, (b"Content-Length", b"2")])
    codec.frame(b"a")
    with pytest.raises(LocalProtocolError, match=r"^Too little data for declared Content-Length$"):
        codec.finish()


def test_a_body_that_was_not_announced(codec: HTTP1Codec) -> None:
    codec.start(b"POST", b"/", [HOST])
    with pytest.raises(LocalProtocolError, match=r"^Too much data"):
        codec.frame(b"a")


def test_a_request_that_cannot_be_written(codec: HTTP1Codec) -> None:
    with pytest.raises(LocalProtocolError, match=r"^Illegal header name b'X Y'$"):
        codec.start(b"GET", b"/", [HOST, (b"X Y", b"z")])


def test_a_response_byte_by_byte(codec: HTTP1Codec) -> None:
    ask(codec)
    data = (
        b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
        + LINE
        + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: x\r\n\r\n"
    )
    head, *pieces, end = hear(codec, *[data[i : i + 1] for i in range(len(data))])
    assert head.status == 200
    assert b"".join(pieces) == b"abcde"
    assert end is END
    assert codec.reusable
    assert codec.announced is None


def test_chunks_of_one_read_come_as_one_piece() -> None:
    """The lane joins them: a call for each of many small chunks is what costs."""
    codec = HTTP1Codec()
    ask(codec)
    chunks = b"".join(b"1\r\n%d\r\n" % (number % 10) for number in range(1000))
    head = LINE + b"Transfer-Encoding: chunked\r\n\r\n"
    _, data, end = hear(codec, head + chunks + b"0\r\n\r\n")
    assert (len(data), end) == (1000, END)


@pytest.mark.parametrize(
    ("method", "response", "reusable"),
    [
        (b"GET", LINE + b"Content-Length: 0\r\n\r\n", True),
        (b"GET", LINE + b"Content-Length: 0\r\n\r\nx", False),
        (b"GET", LINE + b"Content-Length: 2\r\n\r\nokx", False),
        (b"GET", LINE + b"Content-Length: 0\r\nConnection: close\r\n\r\n", False),
        (b"GET", b"HTTP/1.1 204 X\r\nX : y\r\n\r\n", True),
        (b"GET", b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
        (b"HEAD", LINE + b"Content-Length: 9\r\n\r\n", True),
        (b"HEAD", LINE + b"Content-Length: 9\r\n\r\n123456789", False),
    ],
)
def test_reuse(codec: HTTP1Codec, method: bytes, response: bytes, reusable: bool) -> None:
    ask(codec, method)
    assert hear(codec, response)[-1] is END
    assert codec.reusable is reusable


def test_no_reuse_after_the_request_said_close(codec: HTTP1Codec) -> None:
    ask(codec, fields=[HOST, (b"Connection", b"close")])
    assert hear(codec, LINE + b"Content-Length: 0\r\n\r\n")[-1] is END
    assert not codec.reusable


def test_no_reuse_before_the_request_has_left(codec: HTTP1Codec) -> None:
    codec.start(b"POST", b"/", [HOST, (b"Content-Length", b"2")])
    codec.frame(b"a")
    assert hear(codec, LINE + b"Content-Length: 0\r\n\r\n")[-1] is END
    assert not codec.reusable
    codec.frame(b"b")
    codec.finish()
    assert codec.reusable


def test_no_reuse_after_the_end(codec: HTTP1Codec) -> None:
    ask(codec)
    codec.receive(LINE + b"Content-Length: 2\r\n\r\nok")
    assert isinstance(codec.next_event(), ResponseHead)
    codec.receive(b"")
    assert codec.at_eof
    assert [codec.next_event(), codec.next_event()] == [b"ok", END]
    assert not codec.reusable


def test_a_body_until_the_end(codec: HTTP1Codec) -> None:
    ask(codec)
    events = hear(codec, LINE + b"\r\nab", b"c", b"")
    assert events[1:] == [b"ab", b"c", END]
    assert codec.ended_by_close
    assert not codec.reusable
    assert codec.announced is None


def test_an_end_that_is_known_before_the_head_is_asked_for(codec: HTTP1Codec) -> None:
    ask(codec)
    codec.receive(LINE + b"X : y\r\n\r\nall")
    codec.receive(b"")
    assert isinstance(codec.next_event(), ResponseHead)
    assert [codec.next_event(), codec.next_event()] == [b"all", END]


@pytest.mark.parametrize(
    ("response", "received", "expected"),
    [
        (LINE + b"Content-Length: 5\r\n\r\nabc", 3, 5),
        (LINE + b"X : y\r\nContent-Length: 5\r\n\r\nabc", 3, 5),
        (LINE + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc", 3, None),
        (LINE + b"Transfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n5\r\nc", 3, None),
        (LINE + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n", 3, None),
        (LINE + b"Transfer-Encoding: chunked\r\n\r\n", 0, None),
        (LINE + b"Transfer-Encoding: chunked\r\n\r\n0;x\r\nT: y\r\n", 0, None),
    ],
)
def test_a_body_that_is_cut(
    codec: HTTP1Codec, response: bytes, received: int, expected: int | None
) -> None:
    ask(codec)
    with pytest.raises(RemoteProtocolError) as info:
        hear(codec, response, b"")
    how = (
        "incomplete chunked read"
        if expected is None
        else f"received {received} bytes, expected {expected}"
    )
    assert str(info.value) == (
        f"peer closed connection without sending complete message body ({how}) "
        "(in the response from h:80)"
    )
    assert (info.value.bytes_received, info.value.bytes_expected) == (received, expected)


def test_a_fault_within_a_body_tells_how_far_it_came(codec: HTTP1Codec) -> None:
    ask(codec)
    with pytest.raises(RemoteProtocolError, match=r"^malformed chunk footer") as info:
        hear(codec, LINE + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncdef\r\n")
    assert (info.value.bytes_received, info.value.bytes_expected) == (4, None)


def test_no_response(codec: HTTP1Codec) -> None:
    ask(codec)
    with pytest.raises(RemoteProtocolError) as info:
        hear(codec, b"")
    assert str(info.value) == "Server disconnected without sending a response. (h:80)"
    assert not codec.answered


def test_limits(codec: HTTP1Codec) -> None:
    ask(codec)
    with pytest.raises(RemoteProtocolError, match=r"^Receive buffer too long: .* 102400 bytes"):
        hear(codec, LINE + b"X: " + b"y" * 102_400)
    with pytest.raises(RemoteProtocolError, match=r"^Receive buffer too long: .* 102400 bytes"):
        hear(codec, b"\r\n\r\n")  # also where its end has come
    ask(codec)
    codec._buffer = b""
    with pytest.raises(RemoteProtocolError, match=r"^more than 1000 fields in a head"):
        hear(codec, LINE + b"X: y\r\n" * 1001 + b"\r\n")


def test_an_upgrade(codec: HTTP1Codec) -> None:
    ask(codec, fields=UPGRADE)
    response = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nother"
    (head,) = hear(codec, response)
    assert head.status == 101
    assert codec.switched
    assert not codec.reusable
    assert codec.take_trailing(2) == b"ot"
    codec.receive(b" words")
    assert codec.take_trailing(3) == b"her"
    assert codec.take_trailing(100) == b" words"
    assert codec.take_trailing(100) == b""
    codec.receive(b"")
    assert codec.next_event() is NEED_DATA  # the end of the other protocol is none of ours


def test_an_upgrade_refused(codec: HTTP1Codec) -> None:
    ask(codec, fields=UPGRADE)
    assert hear(codec, LINE + b"Content-Length: 0\r\n\r\n")[-1] is END
    assert not codec.switched


def test_a_body_goes_on_behind_an_odd_response() -> None:
    """The response went to h11 in the middle of the request: so does the rest of that."""
    codec = HTTP1Codec()
    codec.start(b"POST", b"/", [HOST, (b"Transfer-Encoding", b"chunked")])
    codec.frame(b"abc")
    head, end = hear(codec, LINE + b"Content-Length: 0\r\nX : y\r\n\r\n")
    assert (head.status, end) == (200, END)
    assert not codec.reusable
    assert b"".join(codec.frame(b"de")) == b"2\r\nde\r\n"
    assert codec.finish() == b"0\r\n\r\n"
    assert codec.reusable
