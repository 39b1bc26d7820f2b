"""Heads that are wrong, endless, interim, or of another version of HTTP.

RFC 9112 sections 2 to 5, RFC 9110 sections 5.5 and 15.2. A head that nobody can trust is refused,
and the connection with it; one that never ends is given up while it is still small.
"""

from __future__ import annotations

import tracemalloc

import pytest

import httpx

from ..servers import Conn, RawServer
from ..worlds import World
from .helpers import Fault, answer, check, open_client, stats

OK = answer("Content-Length: 2", body=b"ok")
EMPTY = "Content-Length: 0"
NO_RESPONSE = "Server disconnected without sending a response."


def status(line: bytes, body: bytes = b"ok") -> bytes:
    return answer(f"Content-Length: {len(body)}", body=body, status=line)


STATUS_LINES = {
    "HTTP/0.9, a body alone": Fault(
        b"<html>hello</html>", error="illegal status line", then="close"
    ),
    "HTTP/0.9, and the end not in sight": Fault(b"<html>", error="illegal status line"),
    "HTTP/0.9, a page with empty lines": Fault(b"<p>\r\n\r\n</p>", error="illegal status line"),
    "HTTP/1.0": Fault(status(b"HTTP/1.0 200 OK"), b"ok"),
    "HTTP/1.0 with keep-alive": Fault(
        answer(
            "Content-Length: 2", "Connection: keep-alive", body=b"ok", status=b"HTTP/1.0 200 OK"
        ),
        b"ok",
    ),
    "HTTP/1.0 until the end": Fault(
        answer(body=b"ok", status=b"HTTP/1.0 200 OK"), b"ok", then="close"
    ),
    "HTTP/1.2": Fault(status(b"HTTP/1.2 200 OK"), b"ok", reused=True),
    "HTTP/3": Fault(status(b"HTTP/3 200 OK"), error="illegal status line"),
    "a version in two digits": Fault(status(b"HTTP/11.1 200 OK"), error="illegal status line"),
    "lower case": Fault(status(b"http/1.1 200 OK"), error="illegal status line"),
    "another protocol": Fault(status(b"ICY 200 OK"), error="illegal status line"),
    "a banner": Fault(b"SSH-2.0-OpenSSH_9.2\r\n", error="illegal status line"),
    "TLS": Fault(b"\x15\x03\x01\x00\x02\x02\x28", error="illegal status line", then="close"),
    "an empty line first": Fault(b"\r\n" + OK, error="no response line received"),
    "no status": Fault(status(b"HTTP/1.1 OK"), error="illegal status line"),
    "a status of two digits": Fault(status(b"HTTP/1.1 20 OK"), error="illegal status line"),
    "a status of four digits": Fault(status(b"HTTP/1.1 2000 OK"), error="illegal status line"),
    "a status below 100": Fault(status(b"HTTP/1.1 099 OK"), error="illegal status line"),
    "a status of 0": Fault(status(b"HTTP/1.1 000 OK"), error="illegal status line"),
    "a status that is no number": Fault(status(b"HTTP/1.1 abc OK"), error="illegal status line"),
    "two spaces": Fault(status(b"HTTP/1.1  200 OK"), error="illegal status line"),
    "a tab": Fault(status(b"HTTP/1.1\t200 OK"), error="illegal status line"),
    "a NUL in the reason": Fault(status(b"HTTP/1.1 200 O\x00K"), error="illegal NUL byte"),
    "a CR in the reason": Fault(status(b"HTTP/1.1 200 O\rK"), error="illegal bare CR or LF"),
    "nothing": Fault(b"", error=NO_RESPONSE, then="close"),
    "nothing but a reset": Fault(
        b"", error="[Errno 104]", error_class=httpx.ReadError, then="reset"
    ),
    "a status line, and the end": Fault(
        b"HTTP/1.1 200 OK\r\n",
        error="Server disconnected without sending a response.",
        then="close",
    ),
}

FIELDS = {
    "a NUL in a value": Fault(answer(EMPTY, b"X: a\x00b"), error="illegal NUL byte"),
    "a NUL in a name": Fault(answer(EMPTY, b"X\x00: a"), error="illegal NUL byte"),
    "a bare CR in a value": Fault(answer(EMPTY, b"X: a\rY: b"), error="illegal bare CR or LF"),
    "a bare LF in a value": Fault(answer(EMPTY, b"X: a\nY: b"), error="illegal bare CR or LF"),
    "a CR at a line's end": Fault(answer(EMPTY, b"X: a\r"), error="illegal bare CR or LF"),
    "LF for line ends": Fault(
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", error="illegal bare CR or LF"
    ),
    "CR for line ends": Fault(
        b"HTTP/1.1 200 OK\rContent-Length: 2\r\rok",
        error="Server disconnected without sending a response.",
        then="close",
    ),
    "a head that ends in LF": Fault(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nok", error="illegal bare CR or LF"
    ),
    "a form feed in a value": Fault(answer(EMPTY, b"X: a\x0cb"), error="illegal header line"),
    "a continuation line": Fault(
        answer(EMPTY, "X: a", "  b", "\tc"), b"", reused=True, headers={"X": "a b c"}
    ),
    "101 that nobody asked for": Fault(
        answer("Upgrade: x", status=b"HTTP/1.1 101 Switching"),
        error="Received server _SWITCH_UPGRADE",
    ),
}

EARLY_HINTS = answer("Link: </a>", status=b"HTTP/1.1 103 Early Hints")
CONTINUE = answer(status=b"HTTP/1.1 100 Continue")

INTERIM = {
    "100 that nobody asked for": Fault(CONTINUE + OK, b"ok", reused=True),
    "103": Fault(EARLY_HINTS + OK, b"ok", reused=True, without=("Link",)),
    "many": Fault((CONTINUE + EARLY_HINTS) * 50 + OK, b"ok", reused=True, without=("Link",)),
    "a status that nobody knows": Fault(
        answer(status=b"HTTP/1.1 199 What") + OK, b"ok", reused=True
    ),
    "with a length, which means nothing": Fault(
        answer("Content-Length: 5", status=b"HTTP/1.1 100 Continue") + OK, b"ok", reused=True
    ),
    "a flood": Fault(CONTINUE * 101 + OK, error="more than 100 interim responses"),
    "a flood without an end": Fault(EARLY_HINTS * 20_000, error="more than 100 interim responses"),
    "and nothing else": Fault(CONTINUE, error=NO_RESPONSE, then="close"),
    "malformed": Fault(answer(b"X: a\rb", status=b"HTTP/1.1 103 Early") + OK, error="illegal bare"),
}

LIMITS = {
    "64 KiB in one field": Fault(
        answer(EMPTY, "X: " + "y" * 65_536), b"", reused=True, headers={"X": "y" * 65_536}
    ),
    "900 fields": Fault(answer(EMPTY, *[f"X-{i}: y" for i in range(900)]), b"", reused=True),
    "1,001 fields": Fault(answer(EMPTY, *["X: y"] * 1_000), error="more than 1000 fields"),
    "1,001 odd fields": Fault(answer(EMPTY, *["X : y"] * 1_000), error="more than 1000 fields"),
    "a megabyte in one field": Fault(
        answer(EMPTY, "X: " + "y" * 1_000_000), error="Receive buffer too long"
    ),
    "a megabyte in many fields": Fault(
        answer(EMPTY, *["X: y"] * 166_000), error="Receive buffer too long"
    ),
    "a megabyte of interim head": Fault(
        answer("X: " + "y" * 1_000_000, status=b"HTTP/1.1 103 Early"),
        error="Receive buffer too long",
    ),
    "a status line of a megabyte": Fault(
        b"HTTP/1.1 200 " + b"y" * 1_000_000, error="Receive buffer too long"
    ),
}


@pytest.mark.parametrize("fault", STATUS_LINES.values(), ids=STATUS_LINES)
async def test_status_lines(world: World, fast: bool, fault: Fault) -> None:
    await check(world, fast, fault)


@pytest.mark.parametrize("fault", FIELDS.values(), ids=FIELDS)
async def test_fields(world: World, fast: bool, fault: Fault) -> None:
    await check(world, fast, fault)


@pytest.mark.parametrize("fault", INTERIM.values(), ids=INTERIM)
async def test_interim_responses(world: World, fast: bool, fault: Fault) -> None:
    await check(world, fast, fault)


@pytest.mark.parametrize("fault", LIMITS.values(), ids=LIMITS)
async def test_limits(world: World, fast: bool, fault: Fault) -> None:
    await check(world, fast, fault)


@pytest.mark.parametrize(
    "endless",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-Filler: yyyyyyyy\r\n" * 3000,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 60_000,
    ],
    ids=["fields", "value"],
)
async def test_an_endless_head_takes_little_memory(
    world: World, fast: bool, endless: bytes
) -> None:
    piece = b"y" * 65_536

    def serve(conn: Conn) -> None:
        conn.read_request()
        conn.send(endless)
        while True:  # until the client goes away
            conn.send(piece)

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            tracemalloc.start()
            try:
                with pytest.raises(httpx.RemoteProtocolError, match=r"^Receive buffer too long"):
                    await client.get(server.url)
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            assert peak < 4_000_000
            assert stats(client) == (0, 0)


async def test_the_limits_can_be_set(world: World, fast: bool) -> None:
    head = answer(EMPTY, "X: " + "y" * 200_000)

    def serve(conn: Conn) -> None:
        while conn.read_request() is not None:
            conn.send(head)

    with RawServer(serve) as server:
        async with open_client(world, fast, max_head_size=300_000) as client:
            assert len((await client.get(server.url)).headers["X"]) == 200_000
        async with open_client(world, fast, max_header_count=1) as client:
            with pytest.raises(httpx.RemoteProtocolError, match=r"more than 1 field|too long"):
                await client.get(server.url)
