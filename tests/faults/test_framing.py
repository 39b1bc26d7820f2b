"""Where a response ends: chunks, lengths, statuses without a body, and bytes beyond the end.

Each row is an answer and what RFC 9112 sections 6 and 7 ask a client to make of it. Whatever
comes beyond the end of a response is never served as the next one: the connection is dropped.
"""

from __future__ import annotations

from threading import Event

import pytest

from ..servers import PATIENCE, Conn, RawServer, response
from ..worlds import World
from .helpers import Fault, answer, check, open_client, stats

LENGTH_5 = "Content-Length: 5"
CHUNKED = "Transfer-Encoding: chunked"
NEXT = answer("Content-Length: 5", body=b"wrong")  # a response that nobody asked for
CUT = "peer closed connection without sending complete message body"


def chunks(data: bytes, *lines: str) -> bytes:
    return answer(CHUNKED, *lines, body=data)


CHUNKS = {
    "plain": Fault(chunks(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), b"abcde", reused=True),
    "no chunk but the last": Fault(chunks(b"0\r\n\r\n"), b"", reused=True),
    "extensions": Fault(
        chunks(b'3;a=b\r\nabc\r\n2;c="d;e"\r\nde\r\n0;f\r\n\r\n'), b"abcde", reused=True
    ),
    "upper case, zeros ahead": Fault(
        chunks(b"00A\r\n0123456789\r\n000\r\n\r\n"), b"0123456789", reused=True
    ),
    "white space after the size": Fault(chunks(b"3 \r\nabc\r\n0\r\n\r\n"), b"abc", reused=True),
    "trailers": Fault(
        chunks(b"3\r\nabc\r\n0\r\nDigest: x\r\nY: z\r\n\r\n"),
        b"abc",
        reused=True,
        without=("Digest", "Y"),
    ),
    "trailers that claim another framing": Fault(
        chunks(b"3\r\nabc\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"),
        b"abc",
        reused=True,
        without=("Content-Length",),
    ),
    "a malformed trailer": Fault(
        chunks(b"3\r\nabc\r\n0\r\nno colon\r\n\r\n"), error="illegal header line"
    ),
    "endless trailers": Fault(
        chunks(b"0\r\n" + b"X: y\r\n" * 200_000), error="Receive buffer too long"
    ),
    "an endless chunk extension": Fault(
        chunks(b"3;" + b"x" * 1_100_000), error="Receive buffer too long"
    ),
    "more data than the size": Fault(
        chunks(b"3\r\nabcde\r\n0\r\n\r\n"), error="malformed chunk footer"
    ),
    "less data than the size": Fault(
        chunks(b"5\r\nabc\r\n0\r\n\r\n"), error="malformed chunk footer"
    ),
    "an LF after the data": Fault(chunks(b"3\r\nabc\n0\r\n\r\n"), error="malformed chunk footer"),
    "a CR after the data": Fault(chunks(b"3\r\nabc\r0\r\n\r\n"), error="malformed chunk footer"),
    "no size": Fault(chunks(b"\r\nabc\r\n0\r\n\r\n"), error="illegal chunk header"),
    "no size between chunks": Fault(
        chunks(b"1\r\na\r\n\r\n0\r\n\r\n"), error="illegal chunk header"
    ),
    "a size that is no number": Fault(
        chunks(b"xyz\r\nabc\r\n0\r\n\r\n"), error="illegal chunk header"
    ),
    "a negative size": Fault(chunks(b"-3\r\nabc\r\n0\r\n\r\n"), error="illegal chunk header"),
    "a signed size": Fault(chunks(b"+3\r\nabc\r\n0\r\n\r\n"), error="illegal chunk header"),
    "a size with 0x": Fault(chunks(b"0x3\r\nabc\r\n0\r\n\r\n"), error="illegal chunk header"),
    "a size with an underscore": Fault(
        chunks(b"1_0\r\nabc\r\n0\r\n\r\n"), error="illegal chunk header"
    ),
    "white space before the size": Fault(
        chunks(b" 3\r\nabc\r\n0\r\n\r\n"), error="illegal chunk header"
    ),
    "a NUL after the size": Fault(
        chunks(b"3\x00\r\nabc\r\n0\r\n\r\n"), error="illegal chunk header"
    ),
    "an LF in an extension": Fault(
        chunks(b"3;a\nb\r\nabc\r\n0\r\n\r\n"), error="illegal chunk header"
    ),
    "a size beyond 80 bits": Fault(
        chunks(b"1" * 21 + b"\r\nabc\r\n"), error="illegal chunk header"
    ),
    "an endless size": Fault(chunks(b"1" * 1_100_000), error="Receive buffer too long"),
    "a chunk of 64 bits": Fault(chunks(b"f" * 16 + b"\r\nabc"), error=CUT, then="close"),
    "the end before the last chunk": Fault(
        chunks(b"3\r\nabc\r\n"), error=f"{CUT} (incomplete chunked read)", then="close"
    ),
    "the end within the last chunk": Fault(
        chunks(b"3\r\nabc\r\n0\r\n\r"), error=f"{CUT} (incomplete chunked read)", then="close"
    ),
    "the end within the trailers": Fault(
        chunks(b"3\r\nabc\r\n0\r\nX: y\r\n"), error=f"{CUT} (incomplete chunked read)", then="close"
    ),
    "lines that end in LF": Fault(chunks(b"3\nabc\n0\n\n"), error=CUT, then="close"),
}

FRAMING_FIELDS = {
    "equal Content-Lengths": Fault(
        answer(LENGTH_5, "content-length:5", body=b"abcde"), b"abcde", reused=True
    ),
    "an equal list in Content-Length": Fault(
        answer("Content-Length: 5, 5", body=b"abcde"), b"abcde", reused=True
    ),
    "different Content-Lengths": Fault(
        answer(LENGTH_5, "Content-Length: 6", body=b"abcde"), error="conflicting Content-Length"
    ),
    "a different list in Content-Length": Fault(
        answer("Content-Length: 5, 6", body=b"abcde"), error="conflicting Content-Length"
    ),
    "an empty Content-Length": Fault(
        answer("Content-Length:", body=b"abcde"), error="bad Content-Length"
    ),
    "a negative Content-Length": Fault(
        answer("Content-Length: -5", body=b"abcde"), error="bad Content-Length"
    ),
    "a signed Content-Length": Fault(
        answer("Content-Length: +5", body=b"abcde"), error="bad Content-Length"
    ),
    "a hexadecimal Content-Length": Fault(
        answer("Content-Length: 0x5", body=b"abcde"), error="bad Content-Length"
    ),
    "a Content-Length with an underscore": Fault(
        answer("Content-Length: 1_0", body=b"abcde"), error="bad Content-Length"
    ),
    "a Content-Length in other digits": Fault(
        answer("Content-Length: \u00b2", body=b"abcde"), error="bad Content-Length"
    ),
    "a Content-Length of 24 digits": Fault(
        answer("Content-Length: " + "9" * 24, body=b"a"), error="bad Content-Length"
    ),
    "Content-Length beside Transfer-Encoding": Fault(
        answer(LENGTH_5, CHUNKED, body=b"0\r\n\r\n"), error="both Transfer-Encoding and"
    ),
    "Transfer-Encoding beside Content-Length": Fault(
        answer(CHUNKED, LENGTH_5, body=b"0\r\n\r\n"), error="both Transfer-Encoding and"
    ),
    "chunked twice, in two lines": Fault(
        answer(CHUNKED, CHUNKED, body=b"1\r\na\r\n0\r\n\r\n"), b"a", reused=True
    ),
    "chunked twice, in a list": Fault(
        answer("Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
        error="Only Transfer-Encoding: chunked",
    ),
    "chunked not last": Fault(
        answer("Transfer-Encoding: chunked, gzip", body=b"0\r\n\r\n"),
        error="Only Transfer-Encoding: chunked",
    ),
    "an unknown coding": Fault(
        answer("Transfer-Encoding: gzip", body=b"x"), error="Only Transfer-Encoding: chunked"
    ),
    "almost chunked": Fault(
        answer("Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
        error="Only Transfer-Encoding: chunked",
    ),
    "identity beside chunked": Fault(
        answer(CHUNKED, "Transfer-Encoding: identity", body=b"0\r\n\r\n"),
        error="multiple Transfer-Encoding",
    ),
    "two codings in two lines": Fault(
        answer("Transfer-Encoding: gzip", CHUNKED, body=b"0\r\n\r\n"),
        error="Only Transfer-Encoding: chunked",
    ),
    "chunked in HTTP/1.0": Fault(
        answer(CHUNKED, body=b"0\r\n\r\n", status=b"HTTP/1.0 200 OK"),
        error="Transfer-Encoding in an HTTP/1.0",
    ),
    "white space before a framing field's colon": Fault(
        answer("Content-Length : 5", body=b"abcde"), error="illegal header line: malformed framing"
    ),
    "a tab before a framing field's colon": Fault(
        answer("Transfer-Encoding\t: chunked", body=b"0\r\n\r\n"),
        error="illegal header line: malformed framing",
    ),
    "a framing field without a colon": Fault(
        answer("Content-Length 5", body=b"abcde"), error="illegal header line: malformed framing"
    ),
    "a framing field with a control character": Fault(
        answer(b"Transfer-Encoding\x0b: chunked", body=b"0\r\n\r\n"), error="illegal header line"
    ),
    "a value with a control character": Fault(
        answer(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"), error="illegal header line"
    ),
    "white space before a framing field": Fault(
        answer(" Content-Length: 5", body=b"abcde"), error="illegal header line: malformed framing"
    ),
    "a continuation line that reads as framing": Fault(
        answer("X: y", " Content-Length: 5", body=b"abcde"),
        error="illegal header line: malformed framing",
    ),
    "a framing field over two lines": Fault(
        answer("Transfer-Encoding:", " chunked", body=b"0\r\n\r\n"),
        error="illegal header line: malformed framing",
    ),
    "a length over two lines": Fault(
        answer("Content-Length: 1", " 2", body=b"abcde"),
        error="illegal header line: malformed framing",
    ),
}

ENDS = {
    "a response too many": Fault(answer(LENGTH_5, body=b"right" + NEXT), b"right"),
    "a byte too many": Fault(answer(LENGTH_5, body=b"right\n"), b"right"),
    "a line end too many": Fault(answer(LENGTH_5, body=b"right\r\n"), b"right"),
    "a response after the last chunk": Fault(chunks(b"5\r\nright\r\n0\r\n\r\n" + NEXT), b"right"),
    "a response after the trailers": Fault(
        chunks(b"5\r\nright\r\n0\r\nX: y\r\n\r\n" + NEXT), b"right"
    ),
    "a response after an empty one": Fault(answer("Content-Length: 0", body=NEXT), b""),
    "204 with a body": Fault(
        answer(LENGTH_5, body=b"abcde", status=b"HTTP/1.1 204 No Content"), b"", status=204
    ),
    "204 with chunks": Fault(
        answer(CHUNKED, body=b"1\r\na\r\n0\r\n\r\n", status=b"HTTP/1.1 204 No Content"),
        b"",
        status=204,
    ),
    "204 without a body": Fault(
        answer(status=b"HTTP/1.1 204 No Content"), b"", status=204, reused=True
    ),
    "204 that names a length": Fault(
        answer(LENGTH_5, status=b"HTTP/1.1 204 No Content"), b"", status=204, reused=True
    ),
    "304 with a body": Fault(
        answer(LENGTH_5, body=b"abcde", status=b"HTTP/1.1 304 Not Modified"), b"", status=304
    ),
    "304 that names a length": Fault(
        answer(LENGTH_5, status=b"HTTP/1.1 304 Not Modified"), b"", status=304, reused=True
    ),
    "304 that names chunks": Fault(
        answer(CHUNKED, status=b"HTTP/1.1 304 Not Modified"), b"", status=304, reused=True
    ),
    "HEAD with a body": Fault(answer(LENGTH_5, body=b"abcde"), b"", method="HEAD"),
    "HEAD with chunks": Fault(answer(CHUNKED, body=b"1\r\na\r\n0\r\n\r\n"), b"", method="HEAD"),
    "HEAD that names a length": Fault(answer(LENGTH_5), b"", method="HEAD", reused=True),
    "HEAD without any framing": Fault(answer("Server: x"), b"", method="HEAD", reused=True),
    "until the end": Fault(answer(body=b"all of it"), b"all of it", then="close"),
    "nothing until the end": Fault(answer(), b"", then="close"),
    "205 with a body": Fault(
        answer(LENGTH_5, body=b"abcde", status=b"HTTP/1.1 205 Reset Content"),
        b"abcde",
        status=205,
        reused=True,
    ),
    "says close, and does not": Fault(
        answer(LENGTH_5, "Connection: close", body=b"right"), b"right"
    ),
    "says close in a list": Fault(
        answer(LENGTH_5, "Connection: x, Close", body=b"right"), b"right"
    ),
    "less than its length": Fault(
        answer(LENGTH_5, body=b"abc"), error=f"{CUT} (received 3 bytes, expected 5)", then="close"
    ),
    "nothing of its length": Fault(
        answer(LENGTH_5), error=f"{CUT} (received 0 bytes, expected 5)", then="close"
    ),
}


@pytest.mark.parametrize("fault", CHUNKS.values(), ids=CHUNKS)
async def test_chunks(world: World, fast: bool, fault: Fault) -> None:
    await check(world, fast, fault)


@pytest.mark.parametrize("fault", FRAMING_FIELDS.values(), ids=FRAMING_FIELDS)
async def test_framing_fields(world: World, fast: bool, fault: Fault) -> None:
    await check(world, fast, fault)


@pytest.mark.parametrize("fault", ENDS.values(), ids=ENDS)
async def test_the_end_of_a_response(world: World, fast: bool, fault: Fault) -> None:
    await check(world, fast, fault)


async def test_a_response_too_many_that_comes_late(world: World, fast: bool) -> None:
    """What arrives while a connection is idle is no response to the next request."""
    late = Event()

    def serve(conn: Conn) -> None:
        while (request := conn.read_request()) is not None:
            conn.send(response(body=str(conn.number)))
            if request.path == "/fault":
                late.wait(PATIENCE)
                conn.send(NEXT)

    with RawServer(serve) as server:
        async with open_client(world, fast) as client:
            reply = await client.get(server.url + "/fault")
            assert reply.text == "0"
            assert stats(client) == (0, 1)
            connection = next(iter(client._transport._pool._ledger.connections))
            late.set()
            backend = world.backend()
            while not connection.is_doubtful():
                await backend.sleep(0)
            assert (await client.get(server.url + "/next")).text == "1"
            assert stats(client) == (0, 1)
