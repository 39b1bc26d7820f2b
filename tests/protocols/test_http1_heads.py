"""Heads as pure functions: what the lane writes and parses, and the table that judges the rest."""

from __future__ import annotations

import pytest

from httpx import LocalProtocolError, RemoteProtocolError
from httpx._protocols import http1_heads
from httpx._protocols.http1_heads import (
    CHUNKED,
    NO_BODY,
    UNTIL_CLOSE,
    admit,
    check_request_fields,
    parse_response_head,
    write_request_fields,
    write_request_line,
)

HOST = (b"Host", b"example.com")
LINE = b"HTTP/1.1 200 OK\r\n"


# -- the request's head


def test_an_ordinary_request() -> None:
    assert write_request_line(b"GET", b"/a?b") == b"GET /a?b HTTP/1.1\r\n"
    written = write_request_fields([(b"Accept", b"*/*"), HOST, (b"X", b"")])
    lines = b"Host: example.com\r\nAccept: */*\r\nX: \r\n\r\n"
    assert written == (lines, NO_BODY, False)


@pytest.mark.parametrize(
    ("name", "value", "framing"),
    [
        (b"Content-Length", b"0", 0),
        (b"content-length", b"123456789012345678", 123456789012345678),
        (b"Transfer-Encoding", b"chunked", CHUNKED),
        (b"TRANSFER-ENCODING", b"chunked", CHUNKED),
    ],
)
def test_the_framing_of_a_request(name: bytes, value: bytes, framing: int) -> None:
    written = write_request_fields([HOST, (name, value)])
    assert written is not None
    assert written[1:] == (framing, False)


@pytest.mark.parametrize(
    ("value", "close"),
    [
        (b"close", True),
        (b"Close", True),
        (b"x, close", True),
        (b"close ,x", True),
        (b"keep-alive", False),
        (b"closed", False),
        (b"x, closed", False),
    ],
)
def test_a_request_that_says_close(value: bytes, close: bool) -> None:
    written = write_request_fields([HOST, (b"Connection", value)])
    assert written is not None
    assert written[2] is close


@pytest.mark.parametrize(
    ("method", "target", "fields"),
    [
        (b"GET", b"/", []),
        (b"GET", b"/", [HOST, HOST]),
        (b"CONNECT", b"example.com:443", [HOST]),
        (b"G T", b"/", [HOST]),
        (b"", b"/", [HOST]),
        (b"GET", b"", [HOST]),
        (b"GET", b"/ x", [HOST]),
        (b"GET", b"/\xe9", [HOST]),
        (b"GET", b"/", [HOST, (b"X Y", b"z")]),
        (b"GET", b"/", [HOST, (b"", b"z")]),
        (b"GET", b"/", [HOST, (b"X", b"a\r\nY: b")]),
        (b"GET", b"/", [HOST, (b"X", b"a\nb")]),
        (b"GET", b"/", [HOST, (b"X", b" a")]),
        (b"GET", b"/", [HOST, (b"X", b"a\x00")]),
        (b"GET", b"/", [HOST, (b"Upgrade", b"x")]),
        (b"POST", b"/", [HOST, (b"Expect", b"100-continue")]),
        (b"POST", b"/", [HOST, (b"Content-Length", b"1"), (b"Content-Length", b"1")]),
        (b"POST", b"/", [HOST, (b"Content-Length", b"1"), (b"Transfer-Encoding", b"chunked")]),
        (b"POST", b"/", [HOST, (b"Content-Length", b"+1")]),
        (b"POST", b"/", [HOST, (b"Content-Length", b"1" * 19)]),
        (b"POST", b"/", [HOST, (b"Transfer-Encoding", b"gzip")]),
    ],
)
def test_a_request_that_is_not_ordinary(
    method: bytes, target: bytes, fields: list[tuple[bytes, bytes]]
) -> None:
    line, lines = write_request_line(method, target), write_request_fields(fields)
    assert line is None or lines is None


def test_what_is_remembered_of_names_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1_heads, "_KNOWN", dict(http1_heads._KINDS))
    for number in range(3000):
        write_request_fields([HOST, (b"X-%d" % number, b"")])
    assert len(http1_heads._KNOWN) <= http1_heads._MOST_KNOWN
    new = b"Content-LENGTH"  # still known for what it is, when there is no more room
    assert write_request_fields([HOST, (new, b"5")])[1] == 5  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        (b"X Y", b"a", "Illegal header name b'X Y'"),
        (b"", b"a", "Illegal header name b''"),
        (b"X", b"sec\x00ret", r"Illegal header value: 'X' has b'\x00' at position 3"),
        (b"X", b"sec\x0bret", r"Illegal header value: 'X' has b'\x0b' at position 3"),
        (b"X", b"secret\r\n", r"Illegal header value: 'X' has b'\r' at position 6"),
        (b"X", b"secret ", "Illegal header value: 'X' has white space at its start or end"),
        (b"X", b"\tsecret", "Illegal header value: 'X' has white space at its start or end"),
    ],
)
def test_a_field_that_cannot_be_sent(name: bytes, value: bytes, text: str) -> None:
    with pytest.raises(LocalProtocolError) as info:
        check_request_fields([HOST, (name, value)])
    assert str(info.value) == text


def test_fields_that_can_be_sent() -> None:
    check_request_fields([HOST, (b"X", b""), (b"Y", b"a\tb \xe9\x01")])


# -- the response's head: the lane


def test_an_ordinary_response() -> None:
    parsed = parse_response_head(
        LINE + b"Server: x\r\nContent-Length:5 \r\nX: \t a b \r\n\r\n", False
    )
    assert parsed is not None
    head, framing, close = parsed
    assert head == (
        b"HTTP/1.1",
        200,
        b"OK",
        [
            (b"Server", b"server", b"x"),
            (b"Content-Length", b"content-length", b"5"),
            (b"X", b"x", b"a b"),
        ],
    )
    assert head.headers == [(b"Server", b"x"), (b"Content-Length", b"5"), (b"X", b"a b")]
    assert (framing, close) == (5, False)


@pytest.mark.parametrize(
    ("fields", "framing"),
    [
        (b"", UNTIL_CLOSE),
        (b"Content-Length: 0\r\n", 0),
        (b"Transfer-Encoding: chunked\r\n", CHUNKED),
    ],
)
def test_the_framing_of_a_response(fields: bytes, framing: int) -> None:
    parsed = parse_response_head(LINE + fields + b"\r\n", False)
    assert parsed is not None
    assert parsed[1] == framing
    for line, no_body in (
        (LINE, True),
        (b"HTTP/1.1 204 \r\n", False),
        (b"HTTP/1.1 304\r\n", False),
    ):
        parsed = parse_response_head(line + fields + b"\r\n", no_body)
        assert parsed is not None
        assert parsed[1] == NO_BODY


def test_a_response_that_says_close() -> None:
    parsed = parse_response_head(LINE + b"Connection: x\r\nConnection: close\r\n\r\n", False)
    assert parsed is not None
    assert parsed[2]


def test_lines_that_were_seen_before_mean_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1_heads, "_PLAIN_LINES", {})
    head = LINE + b"Server: x\r\nSet-Cookie: a=b\r\nConnection: close\r\nContent-Length: 5\r\n\r\n"
    first = parse_response_head(head, False)
    assert list(http1_heads._PLAIN_LINES) == [b"Server: x"]
    assert parse_response_head(head, False) == first
    # A second length is a second length, though the first was seen before.
    assert parse_response_head(head[:-2] + b"Content-Length: 5\r\n\r\n", False) is None


def test_what_is_remembered_of_lines_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1_heads, "_PLAIN_LINES", {})
    for number in range(3000):
        lines = b"X: %d\r\nY: %b\r\n" % (number, b"y" * 101)
        assert parse_response_head(LINE + lines + b"\r\n", False) is not None
        assert len(http1_heads._PLAIN_LINES) <= http1_heads._MOST_LINES
    assert all(line.startswith(b"X") for line in http1_heads._PLAIN_LINES)


def test_a_long_line_of_blanks_is_refused_in_linear_time() -> None:
    head = LINE + b"X:" + b" " * 100_000 + b"\x01\r\n\r\n"
    assert parse_response_head(head, False) is None  # by backtracking: minutes


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 600 X\r\n\r\n",
        LINE + b"X : y\r\n\r\n",
        LINE + b"X: y\r\n z\r\n\r\n",
        LINE + b"no colon\r\n\r\n",
        LINE + b"X: a\nb\r\n\r\n",
        LINE + b"X: a\x00b\r\n\r\n",
        LINE + b"X: a\x01b\r\n\r\n",
        LINE + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
        LINE + b"Content-Length: 5, 5\r\n\r\n",
        LINE + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        LINE + b"Transfer-Encoding: Chunked\r\n\r\n",
    ],
)
def test_a_response_that_is_not_ordinary(head: bytes) -> None:
    assert parse_response_head(head, False) is None


# -- the response's head: the table


@pytest.mark.parametrize(
    ("lines", "admitted"),
    [
        (b"A: b\r\nC: d", b"A:b\r\nC:d"),
        (b"A : b", b"A:b"),
        (b"A: b\r\n c", b"A:b\r\n c"),
        (b"odd\r\nA: b", b"A:b"),
        (b"odd\r\n c\r\nA: b", b"A:b"),
        (b" c\r\nA: b", b"A:b"),
        (b": c\r\nA: b", b"A:b"),
        (b"A B: c", b""),
        (b"Upgrade: a\r\n b", b"Upgrade:a\r\n b"),
        (b"Transfer-Encoding: chunked\r\ntransfer-encoding: CHUNKED", b"Transfer-Encoding:chunked"),
        (b"A: b\r\nTransfer-Encoding: identity\r\nContent-Length: 5", b"A:b\r\nContent-Length:5"),
        (b"Transfer-Encoding: Identity\r\nTransfer-Encoding: identity", b""),
        (b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length:5\r\nContent-Length:5"),
        (b"A: b,\r\n Content-Length", b"A:b,\r\n Content-Length"),
        (b"X-Content-Length : 5", b"X-Content-Length:5"),
    ],
)
def test_what_is_repaired(lines: bytes, admitted: bytes) -> None:
    # White space around values is h11's to remove.
    head = admit(LINE + lines + b"\r\n\r\n", "h").replace(b": ", b":")
    assert head == LINE + (admitted + b"\r\n" if admitted else b"") + b"\r\n"


@pytest.mark.parametrize(
    ("head", "text"),
    [
        (LINE + b"A: b\x00", "illegal NUL byte in the head of a response from h"),
        (LINE + b"A: b\nC: d", "illegal bare CR or LF in the head of a response from h"),
        (LINE + b"A: b\rC: d", "illegal bare CR or LF in the head of a response from h"),
        (b"\r\n" + LINE[:-2], "no response line received (in the response from h)"),
        (b"HTTP/1.1 2x0 OK", "illegal status line: b'HTTP/1.1 2x0 OK' (in the response from h)"),
        (b"HTTP/1.1 020 OK", "illegal status line: b'HTTP/1.1 020 OK' (in the response from h)"),
        (
            LINE + b"Content-Length: 5\r\nTransfer-Encoding: chunked",
            "both Transfer-Encoding and Content-Length in a response from h",
        ),
        (
            LINE + b"Transfer-Encoding: gzip\r\nContent-Length: 5",
            "both Transfer-Encoding and Content-Length in a response from h",
        ),
        (
            b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding in an HTTP/1.0 response from h",
        ),
        (
            b"HTTP/0.9 200 OK\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding in an HTTP/0.9 response from h",
        ),
    ],
)
def test_what_is_refused(head: bytes, text: str) -> None:
    with pytest.raises(RemoteProtocolError) as info:
        admit(head + b"\r\n\r\n", "h")
    assert str(info.value) == text


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length : 5",
        b"Content-Length\t: 5",
        b"Transfer-Encoding : chunked",
        b"Transfer Encoding: chunked",
        b"Content_Length 5",
        b"Content-Length",
        b"Content-Length;: 5",
        b"Transfer-Encoding\x0b: chunked",
        b"\x0bTransfer-Encoding: chunked",
        b" Transfer-Encoding: chunked",
        b"A: b\r\n Transfer-Encoding: chunked",
        b"A: b\r\n\tcontent-length: 5",
        b"odd\r\n Content-Length: 5",
        b"Content-Length:\r\n 5",
        b"Content-Length: 5\r\n ",
        b"Transfer-Encoding: chunked\r\n , identity",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n , x",
    ],
)
def test_framing_in_disguise_is_refused(lines: bytes) -> None:
    """Readers that are more tolerant, or less, would see another end of the response."""
    with pytest.raises(RemoteProtocolError) as info:
        admit(LINE + lines + b"\r\n\r\n", "h")
    assert str(info.value).startswith("illegal header line: malformed framing field")
    assert str(info.value).endswith(" from h")
