"""h11 behind our words: events, errors, floods, and a replay from the middle of an exchange."""

from __future__ import annotations

import pytest

from httpx import LocalProtocolError, RemoteProtocolError
from httpx._protocols.http1 import CHUNKED, END, NEED_DATA, UNTIL_CLOSE, ResponseHead
from httpx._protocols.http1_engine import H11Engine

HOST = (b"Host", b"example.com")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def engine() -> H11Engine:
    engine = H11Engine("example.com:80")
    engine.start(b"GET", b"/", [HOST])
    engine.finish()
    return engine


def test_a_request_and_its_response() -> None:
    engine = H11Engine("h")
    fields = [(b"Content-Length", b"5"), HOST]
    head = engine.start(b"POST", b"/a", fields)
    assert head == b"POST /a HTTP/1.1\r\nHost: example.com\r\nContent-Length: 5\r\n\r\n"
    assert list(engine.frame(b"ab")) == [b"ab"]
    assert b"".join(engine.frame(memoryview(b"cde"))) == b"cde"
    assert engine.finish() == b""
    assert not engine.reusable
    assert engine.next_event() is NEED_DATA
    engine.receive(OK + b"Content-Length: 2\r\nX-a: B\r\n\r\nok")
    assert engine.next_event() == ResponseHead(
        b"HTTP/1.1",
        200,
        b"OK",
        [(b"Content-Length", b"content-length", b"2"), (b"X-a", b"x-a", b"B")],
    )
    assert engine.framing == 2
    assert engine.next_event() == b"ok"
    assert engine.next_event() is END
    assert engine.reusable
    assert engine.next_event() is NEED_DATA


def test_chunks() -> None:
    engine = H11Engine("h")
    engine.start(b"POST", b"/", [HOST, (b"Transfer-Encoding", b"chunked")])
    assert b"".join(engine.frame(b"abc")) == b"3\r\nabc\r\n"
    assert b"".join(engine.frame(b"")) == b""
    assert engine.finish() == b"0\r\n\r\n"
    engine.receive(OK + b"Transfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\nT: x\r\n\r\n")
    assert isinstance(engine.next_event(), ResponseHead)
    assert engine.framing == CHUNKED
    assert [engine.next_event(), engine.next_event()] == [b"a", END]


@pytest.mark.parametrize(
    ("method", "fields", "text"),
    [
        (b"GET", [], "Missing mandatory Host"),
        (b"G T", [HOST], "Illegal method"),
        (b"GET", [HOST, HOST], "Found multiple Host"),
        (b"GET", [HOST, (b"X", b"a\nb")], "Illegal header value: 'X'"),
        (b"GET", [HOST, (b"Transfer-Encoding", b"gzip")], "Only Transfer-Encoding: chunked"),
    ],
)
def test_a_request_that_cannot_be_sent(
    method: bytes, fields: list[tuple[bytes, bytes]], text: str
) -> None:
    with pytest.raises(LocalProtocolError, match=text):
        H11Engine("h").start(method, b"/", fields)


def test_a_body_that_was_not_announced() -> None:
    engine = H11Engine("h")
    engine.start(b"POST", b"/", [HOST, (b"Content-Length", b"1")])
    with pytest.raises(LocalProtocolError, match="Too much data"):
        engine.frame(b"ab")


def test_interim_responses(engine: H11Engine) -> None:
    """The codec asks again after each: the next head has to pass its table first."""
    engine.receive(CONTINUE)
    assert engine.next_event() is NEED_DATA
    engine.receive(OK + b"\r\n")
    event = engine.next_event()
    assert isinstance(event, ResponseHead)
    assert event.status == 200


def test_a_flood_of_interim_responses(engine: H11Engine) -> None:
    for _ in range(100):
        engine.receive(CONTINUE)
        assert engine.next_event() is NEED_DATA
    engine.receive(CONTINUE)
    with pytest.raises(RemoteProtocolError) as info:
        engine.next_event()
    assert str(info.value) == (
        "more than 100 interim responses (in the response from example.com:80)"
    )


def test_a_response_that_is_wrong(engine: H11Engine) -> None:
    engine.receive(OK + b"Content-Length: x\r\n\r\n")
    with pytest.raises(RemoteProtocolError) as info:
        engine.next_event()
    assert str(info.value) == "bad Content-Length (in the response from example.com:80)"


def test_a_body_until_the_end(engine: H11Engine) -> None:
    engine.receive(OK + b"\r\nall")
    assert isinstance(engine.next_event(), ResponseHead)
    assert engine.framing == UNTIL_CLOSE
    assert engine.next_event() == b"all"
    engine.receive(b"")
    assert engine.next_event() is END


def test_an_end_that_cuts_a_body_is_the_codecs_to_tell(engine: H11Engine) -> None:
    engine.receive(OK + b"Content-Length: 5\r\n\r\nabc")
    assert isinstance(engine.next_event(), ResponseHead)
    assert engine.next_event() == b"abc"
    engine.receive(b"")
    assert engine.next_event() is NEED_DATA
    assert not engine.reusable


def test_bytes_after_the_end(engine: H11Engine) -> None:
    engine.receive(OK + b"Content-Length: 2\r\n\r\nokmore")
    assert isinstance(engine.next_event(), ResponseHead)
    assert [engine.next_event(), engine.next_event(), engine.next_event()] == [
        b"ok",
        END,
        NEED_DATA,
    ]
    assert engine.trailing == b"more"
    assert not engine.reusable


def test_an_upgrade() -> None:
    engine = H11Engine("h")
    engine.start(b"GET", b"/", [HOST, (b"Upgrade", b"x"), (b"Connection", b"upgrade")])
    engine.finish()
    engine.receive(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nother words")
    event = engine.next_event()
    assert isinstance(event, ResponseHead)
    assert event.status == 101
    assert engine.switched
    assert engine.next_event() is NEED_DATA
    assert engine.trailing == b"other words"


@pytest.mark.parametrize(("status", "switched"), [(200, True), (403, False)])
def test_connect(status: int, switched: bool) -> None:
    engine = H11Engine("h")
    engine.start(b"CONNECT", b"example.com:443", [HOST])
    engine.finish()
    engine.receive(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)
    assert isinstance(engine.next_event(), ResponseHead)
    assert engine.switched is switched


def test_a_replay_from_the_middle_of_a_body() -> None:
    """What has left is only counted, however much it was: nothing of it is kept or made again."""
    size = 1 << 40
    engine = H11Engine("h")
    fields = [HOST, (b"Content-Length", b"%d" % (size + 3))]
    engine.replay(b"POST", b"/", fields, sent=size, finished=False)
    assert list(engine.frame(b"end")) == [b"end"]
    assert engine.finish() == b""
    engine.receive(OK + b"Content-Length: 0\r\n\r\n")
    assert isinstance(engine.next_event(), ResponseHead)
    assert engine.next_event() is END
    assert engine.reusable


def test_a_replay_of_a_whole_request() -> None:
    engine = H11Engine("h")
    engine.replay(b"GET", b"/", [HOST], sent=0, finished=True)
    with pytest.raises(LocalProtocolError):
        engine.finish()
