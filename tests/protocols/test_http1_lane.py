"""The fast lane and its judge: whatever the bytes, however they are split, h11 has the last word.

Each example is fed to a codec with the lane and to one without it. Events, bytes on the wire,
errors and what happens to the connection afterwards have to be the same.
"""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from httpx import LocalProtocolError, RemoteProtocolError
from httpx._protocols.http1 import END, NEED_DATA, HTTP1Codec, ResponseHead

Fields = list[tuple[bytes, bytes]]
HOST: Fields = [(b"Host", b"example.com")]
EXAMPLES = settings.default.max_examples  # 100, and many more with --full


def respond(fast: bool, pieces: list[bytes], method: bytes, headers: Fields, eof: bool) -> Any:
    """All that a codec says to a response: head, body, end or error, and the aftermath."""
    codec = HTTP1Codec(fast=fast)
    wire = codec.start(method, b"/", headers) + codec.finish()
    said: list[Any] = [wire]
    body = b""
    try:
        for piece in [*pieces, *([b""] if eof else [])]:
            codec.receive(piece)
            while (event := codec.next_event()) is not NEED_DATA:
                if event is END:
                    return [*said, body, END, codec.ended_by_close]
                if isinstance(event, ResponseHead):
                    said.append(event)
                    if codec.switched:
                        return [*said, "switched"]
                else:
                    body += event
    except RemoteProtocolError as exc:
        return [*said, body, exc_kind(exc), exc.bytes_received, exc.bytes_expected]
    return [*said, body, NEED_DATA]


def converse(fast: bool, pieces: list[bytes], body: list[bytes]) -> Any:
    """A request with a body, its response, and what is left for the next exchange."""
    codec = HTTP1Codec(fast=fast)
    codec.start(b"POST", b"/", [*HOST, (b"Content-Length", b"%d" % sum(map(len, body)))])
    for piece in body:
        codec.frame(piece)
    codec.finish()
    said: list[Any] = []
    received = b""
    try:
        for piece in pieces:
            codec.receive(piece)
            while (event := codec.next_event()) is not NEED_DATA:
                if isinstance(event, bytes):
                    received += event
                    continue
                said.append(event)
                if event is END or codec.switched:
                    return [*said, received, codec.reusable, codec.announced]
    except RemoteProtocolError as exc:
        return [*said, received, exc_kind(exc)]
    return [*said, received]


def exc_kind(exc: Exception) -> str:
    """The text without what depends on how much had arrived when the fault was found."""
    text = str(exc).partition(":")[0]
    return f"{type(exc).__name__} {text}"


def split(data: bytes, places: list[int]) -> list[bytes]:
    cuts = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in itertools.pairwise(cuts) if a != b]


token = st.sampled_from(
    [
        b"X-A",
        b"x-b",
        b"Server",
        b"Set-Cookie",
        b"Connection",
        b"Upgrade",
        b"Content-Type",
        b"bad name",
        b"bad(",
        b"",
    ]
)
value = st.one_of(
    st.sampled_from(
        [
            b"",
            b"a",
            b"close",
            b"keep-alive",
            b"Keep-Alive, x",
            b"a b",
            b"  a  ",
            b"caf\xe9",
            b"a\x01b",
            b"a\tb",
            b"x, close",
            b"a\x7f",
        ]
    ),
    st.binary(max_size=12).map(lambda v: v.replace(b"\n", b"").replace(b"\r", b"")),
)
separator = st.sampled_from([b": ", b":", b":  ", b" : ", b":\t", b""])
status_line = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 ",
        b"HTTP/1.1 200",
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 204 No",
        b"HTTP/1.1 304 Not Modified",
        b"HTTP/1.1 404 Not  Found",
        b"HTTP/1.1 600 What",
        b"HTTP/1.1 99 X",
        b"HTTP/1.1 500 caf\xe9",
        b"HTTP/2.0 200 OK",
        b"http/1.1 200 OK",
        b"HTTP/1.1  200 OK",
        b"nonsense",
        b"HTTP/1.1 100 Continue",
        b"HTTP/1.1 103 Early",
        b"HTTP/1.1 101 Switching",
    ]
)
framing = st.sampled_from(
    [
        b"",
        b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Length: 5, 5\r\n",
        b"content-length:5\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: Chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Content-Length : 5\r\n",
        b"Content-Length: \r\n",
        b"Content-Length: 0\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"X: y\r\n folded\r\n",
        b" odd\r\n",
    ]
)
chunk = st.builds(
    lambda data, form, extension: form % len(data) + extension + b"\r\n" + data + b"\r\n",
    st.binary(min_size=1, max_size=20),
    st.sampled_from([b"%x", b"%X", b"0%x", b"%x "]),
    st.sampled_from([b"", b"", b"", b";a=b", b" ;a"]),
)
body = st.one_of(
    st.binary(max_size=12),
    st.builds(
        lambda chunks, end: b"".join(chunks) + end,
        st.lists(chunk, max_size=4),
        st.sampled_from(
            [
                b"0\r\n\r\n",
                b"000\r\n\r\n",
                b"0\r\nT: x\r\n\r\n",
                b"0;x\r\n\r\n",
                b"",
                b"0\r\n",
                b"zz\r\n",
                b"\r\n",
                b"-1\r\n",
                b"1\r\nab\r\n",
            ]
        ),
    ),
)


@st.composite
def message(draw: st.DrawFn) -> bytes:
    data = b""
    for _ in range(draw(st.integers(1, 2))):
        data += draw(status_line) + b"\r\n"
        for _ in range(draw(st.integers(0, 3))):
            data += draw(token) + draw(separator) + draw(value) + b"\r\n"
        data += draw(framing) + b"\r\n"
    data += draw(body)
    if draw(st.booleans()):
        place = draw(st.integers(0, len(data)))
        noise = draw(st.sampled_from([b"\n", b"\r", b"\x00", b" ", b"\r\n", b":", b"1"]))
        data = data[:place] + noise + data[place + draw(st.integers(0, 1)) :]
    return data


requests = st.sampled_from(
    [(b"GET", HOST), (b"HEAD", HOST), (b"GET", [*HOST, (b"Connection", b"close")])]
)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@settings(max_examples=6 * EXAMPLES, deadline=None)
@given(message(), requests, st.lists(st.integers(0, 400), max_size=6), st.booleans())
@example(CHUNKED + b"1\r\nab\r\n", (b"GET", HOST), [], True)
@example(CHUNKED + b"\r\n", (b"GET", HOST), [], True)
@example(CHUNKED + b"\r\n", (b"GET", HOST), [], False)
@example(CHUNKED + b"1\r\na\r\n0\r\n\r", (b"GET", HOST), [], True)
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", (b"GET", HOST), [], True)
def test_a_response_says_the_same(
    data: bytes, request_head: tuple[bytes, Fields], places: list[int], eof: bool
) -> None:
    method, headers = request_head
    pieces = split(data, places)
    assert respond(True, pieces, method, headers, eof) == respond(
        False, pieces, method, headers, eof
    )


@settings(max_examples=3 * EXAMPLES, deadline=None)
@given(
    message(),
    st.lists(st.binary(max_size=8), max_size=3),
    st.sampled_from([b"", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"\r\n", b"x"]),
    st.lists(st.integers(0, 400), max_size=4),
)
def test_a_request_with_a_body_and_what_is_left_over(
    data: bytes, body: list[bytes], leftover: bytes, places: list[int]
) -> None:
    """Reused or not is the same, too, whatever came behind the response."""
    pieces = split(data + leftover, places)
    assert converse(True, pieces, body) == converse(False, pieces, body)


@settings(max_examples=3 * EXAMPLES // 2, deadline=None)
@given(message(), requests)
def test_a_response_says_the_same_however_it_is_split(
    data: bytes, request_head: tuple[bytes, Fields]
) -> None:
    method, headers = request_head
    whole = respond(True, [data], method, headers, True)
    for size in (1, 2, 3, 7):
        pieces = [data[i : i + size] for i in range(0, len(data), size)]
        assert judged(respond(True, pieces, method, headers, True)) == judged(whole)


def judged(said: list[Any]) -> list[Any]:
    """Without the texts: of two faults in one head, the one that comes first may be found first."""
    return [item.partition(" ")[0] if isinstance(item, str) else item for item in said]


def speak(fast: bool, method: bytes, target: bytes, headers: Fields, body: list[bytes]) -> Any:
    """All that a codec makes of a request: its bytes, or the error."""
    codec = HTTP1Codec(fast=fast)
    wire = b""
    try:
        wire += codec.start(method, target, headers)
        for piece in body:
            wire += b"".join(bytes(part) for part in codec.frame(piece))
        wire += codec.finish()
    except LocalProtocolError as exc:
        return wire, str(exc)
    return (wire,)


request_token = st.one_of(
    token, st.sampled_from([b"Host", b"host", b"Content-Length", b"Expect", b"Transfer-Encoding"])
)
request_value = st.one_of(value, st.sampled_from([b"3", b"chunked", b"0", b"a\r\nX: y", b"a\nb"]))


@settings(max_examples=6 * EXAMPLES, deadline=None)
@given(
    st.sampled_from([b"GET", b"POST", b"PUT", b"G T", b"", b"CONNECT", b"M-SEARCH"]),
    st.sampled_from([b"/", b"/a?b=c", b"/ x", b"*", b"", b"/\xe9", b"http://example.com/"]),
    st.lists(st.tuples(request_token, request_value), max_size=4).map(lambda f: HOST + f),
    st.lists(st.binary(max_size=4), max_size=3),
)
def test_a_request_is_written_the_same(
    method: bytes, target: bytes, headers: Fields, body: list[bytes]
) -> None:
    assert speak(True, method, target, headers, body) == speak(False, method, target, headers, body)


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=4),
    st.integers(0, 4),
    st.booleans(),
    message(),
)
def test_h11_takes_over_while_the_body_is_leaving(
    body: list[bytes], answered_after: int, chunked: bool, data: bytes
) -> None:
    """A response that turns out odd before the request has left: the request is replayed."""
    said = []
    for fast in (True, False):
        codec = HTTP1Codec(fast=fast)
        length = (b"Content-Length", b"%d" % sum(map(len, body)))
        frame = (b"Transfer-Encoding", b"chunked") if chunked else length
        wire = codec.start(b"POST", b"/", [*HOST, frame])
        events: list[Any] = []
        try:
            for number, piece in enumerate(body):
                if number == answered_after:
                    codec.receive(data)
                    events.append(codec.next_event())
                wire += b"".join(bytes(part) for part in codec.frame(piece))
            wire += codec.finish()
        except (RemoteProtocolError, LocalProtocolError) as exc:
            events.append(exc_kind(exc))
        said.append((wire, events))
    assert said[0] == said[1]
