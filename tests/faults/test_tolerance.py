"""Malformed responses that servers in the field do send, and that curl and browsers take.

Each parses here, too, and the connection goes on as if nothing were wrong. What looks similar
and could make two readers disagree about where a response ends is refused (`test_framing`,
`test_heads`). The rules are the table at the head of `httpx._protocols.http1_heads`.
"""

from __future__ import annotations

import pytest

from ..worlds import World
from .helpers import Fault, answer, check

# Each with what the client has to see of it: fields, or their absence (None).
FIELDS: dict[str, tuple[list[str | bytes], dict[str, str | None]]] = {
    "white space before a colon": (["Server : x"], {"Server": "x"}),
    "a tab before a colon": (["Server\t: x"], {"Server": "x"}),
    "white space in a name": (["Foo Bar: x"], {"Foo Bar": None, "Bar": None}),
    "white space in and after a name": (["Foo Bar : x"], {"Foo Bar": None}),
    "parentheses in a name": (["X(1): y"], {"X(1)": None}),
    "no name": ([": x"], {"": None}),
    "no name after a good field": (["Server: x", ": y"], {"Server": "x"}),
    "latin-1 in a name": ([b"Caf\xe9: x"], {}),
    "quotes around a name": (['"Server": x'], {"Server": None}),
    "an at sign in a name": (["user@host: x"], {}),
    "a control character in a name": ([b"X\x01: y"], {"X": None}),
    "a line without a colon": (["this is no field"], {}),
    "a name without a value": (["X-Powered-By"], {"X-Powered-By": None}),
    "a status line once more": (["HTTP/1.1 200 OK"], {}),
    "a comment": (["# made by hand"], {}),
    "a debug message": (["<b>Warning</b>: x"], {}),
    "white space before the first field": ([" X: y"], {"X": None}),
    "a line of white space first": (["  "], {}),
    "a continuation of what is dropped": (["nonsense", " X: y"], {"X": None}),
    "a continuation line": (["X: a", "   b"], {"X": "a b"}),
    "a continuation line with a tab": (["X: a", "\tb"], {"X": "a b"}),
    "an empty continuation line": (["X: a", " "], {"X": "a"}),
    "a continuation of an upgrade": (["Upgrade: a", " b"], {"Upgrade": "a b"}),
    "an empty value": (["X:"], {"X": ""}),
    "a value of white space": (["X:   "], {"X": ""}),
    "no space after the colon": (["X:y"], {"X": "y"}),
    "much space around a value": (["X: \t  y \t "], {"X": "y"}),
    "a colon in a value": (["X: a: b"], {"X": "a: b"}),
    "latin-1 in a value": ([b"X: caf\xe9"], {"X": "caf\u00e9"}),
    "UTF-8 in a value": (["X: caf\u00e9".encode()], {"X": "caf\u00e9"}),
    "control characters in a value": ([b"X: a\x01\x7fb"], {"X": "a\x01\x7fb"}),
    "a quote that never closes": (['X: "a'], {"X": '"a'}),
    "64 KiB in a value": (["X: " + "y" * 65_536], {"X": "y" * 65_536}),
    "white space before the colon of Connection": (["Connection : keep-alive"], {}),
}

STATUS_LINES = {
    "no reason": (b"HTTP/1.1 200 ", 200),
    "no reason, and no space": (b"HTTP/1.1 200", 200),
    "a long reason": (b"HTTP/1.1 200 " + b"fine " * 100, 200),
    "latin-1 in the reason": (b"HTTP/1.1 200 tr\xe8s bien", 200),
    "a tab in the reason": (b"HTTP/1.1 200 O\tK", 200),
    "a control character in the reason": (b"HTTP/1.1 200 O\x01K", 200),
    "a status that nobody knows": (b"HTTP/1.1 299 What", 299),
    "status 600": (b"HTTP/1.1 600 Unparseable", 600),
    "status 999": (b"HTTP/1.1 999 Request Denied", 999),
    "another minor version": (b"HTTP/1.2 200 OK", 200),
    "the name of another version": (b"HTTP/2.0 200 OK", 200),
}

CHUNKED = "Transfer-Encoding: chunked"
FRAMING = {
    "equal lengths": answer("Content-Length: 2", "Content-Length: 2", body=b"ok"),
    "equal lengths in one field": answer("Content-Length: 2, 2", body=b"ok"),
    "zeros before a length": answer("Content-Length: 0002", body=b"ok"),
    "white space around a length": answer("Content-Length:  2 ", body=b"ok"),
    "chunked twice": answer(CHUNKED, CHUNKED, body=b"2\r\nok\r\n0\r\n\r\n"),
    "CHUNKED": answer("Transfer-Encoding: CHUNKED", body=b"2\r\nok\r\n0\r\n\r\n"),
    "identity": answer("Transfer-Encoding: identity", "Content-Length: 2", body=b"ok"),
    "white space after a chunk's size": answer(CHUNKED, body=b"2  \r\nok\r\n0 \r\n\r\n"),
    "zeros before a chunk's size": answer(CHUNKED, body=b"0002\r\nok\r\n0000\r\n\r\n"),
    "chunk extensions": answer(CHUNKED, body=b"2;x=y\r\nok\r\n0;z\r\n\r\n"),
}


def test_the_corpus_is_large_enough() -> None:
    assert len(FIELDS) + len(STATUS_LINES) + len(FRAMING) > 50


@pytest.mark.parametrize(("lines", "seen"), FIELDS.values(), ids=FIELDS)
async def test_fields(
    world: World, fast: bool, lines: list[str | bytes], seen: dict[str, str | None]
) -> None:
    """The odd lines do no harm to the good ones around them."""
    data = answer(*lines, "Content-Length: 2", "X-Other: kept", body=b"ok")
    present = {name: value for name, value in seen.items() if value is not None}
    absent = tuple(name for name, value in seen.items() if value is None)
    fault = Fault(data, b"ok", reused=True, headers={"X-Other": "kept", **present}, without=absent)
    await check(world, fast, fault)


@pytest.mark.parametrize(("line", "status"), STATUS_LINES.values(), ids=STATUS_LINES)
async def test_status_lines(world: World, fast: bool, line: bytes, status: int) -> None:
    data = answer("Content-Length: 2", body=b"ok", status=line)
    await check(world, fast, Fault(data, b"ok", status=status, reused=True))


@pytest.mark.parametrize("data", FRAMING.values(), ids=FRAMING)
async def test_framing(world: World, fast: bool, data: bytes) -> None:
    await check(world, fast, Fault(data, b"ok", reused=True))
