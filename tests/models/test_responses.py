"""Responses: what they say, how their bodies are read, and how reading ends."""

from __future__ import annotations

import datetime
import gc
import gzip
import itertools
import json
import weakref
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import httpx
from httpx import Request, Response

REQUEST = Request("GET", "http://a.com/x")


class SyncStream(httpx.SyncByteStream):
    """Gives chunks; what makes an exception is called, and the exception raised."""

    closed = 0

    def __init__(self, *chunks: bytes | Callable[[], Exception]) -> None:
        self.chunks = chunks

    def __iter__(self):
        for chunk in self.chunks:
            if callable(chunk):
                raise chunk()
            yield chunk

    def close(self) -> None:
        self.closed += 1


class AsyncStream(httpx.AsyncByteStream):
    """The same, for those who await. An async generator function, as users write it."""

    closed = 0

    def __init__(self, *chunks: bytes | Callable[[], Exception]) -> None:
        self.chunks = chunks

    async def __aiter__(self):
        for chunk in self.chunks:
            if callable(chunk):
                raise chunk()
            yield chunk

    async def aclose(self) -> None:
        self.closed += 1


class Awaited:
    """A blocking iterator with an awaitable face: no generator, which could be left behind."""

    def __init__(self, pieces) -> None:
        self.pieces = pieces

    def __aiter__(self):
        return self

    async def __anext__(self):
        for piece in self.pieces:
            return piece
        raise StopAsyncIteration


class Face:
    """A response by awaitable methods, whichever kind its stream is."""

    def __init__(self, world, *chunks, **options) -> None:
        self.is_sync = world.name == "blocking"
        self.stream = SyncStream(*chunks) if self.is_sync else AsyncStream(*chunks)
        options.setdefault("request", REQUEST)
        self.response = Response(200, stream=self.stream, **options)

    async def read(self) -> bytes:
        return self.response.read() if self.is_sync else await self.response.aread()

    async def close(self) -> None:
        return self.response.close() if self.is_sync else await self.response.aclose()

    def iterate(self, name: str, *arguments):
        if self.is_sync:
            return Awaited(getattr(self.response, f"iter_{name}")(*arguments))
        return getattr(self.response, f"aiter_{name}")(*arguments)

    async def pieces(self, name: str, *arguments) -> list:
        return [piece async for piece in self.iterate(name, *arguments)]

    async def until_fault(self, name: str, *arguments) -> tuple[list, Exception]:
        received = []
        with pytest.raises(Exception) as raised:
            async for piece in self.iterate(name, *arguments):
                received.append(piece)
        return received, raised.value


# What it says


def test_a_plain_response():
    response = Response(200)
    assert response.status_code == 200
    assert response.headers == {}
    assert response.extensions == {}
    assert response.history == []
    assert response.next_request is None
    assert response.content == b""
    assert response.text == ""
    assert response.is_closed
    assert response.is_stream_consumed
    assert response.num_bytes_downloaded == 0
    assert response.default_encoding == "utf-8"


@pytest.mark.parametrize(
    ("options", "content", "headers"),
    [
        ({"content": b"abc"}, b"abc", [(b"Content-Length", b"3")]),
        ({"content": "é"}, b"\xc3\xa9", [(b"Content-Length", b"2")]),
        ({"content": b""}, b"", []),
        (
            {"text": "é"},
            b"\xc3\xa9",
            [(b"Content-Length", b"2"), (b"Content-Type", b"text/plain; charset=utf-8")],
        ),
        (
            {"html": "é"},
            b"\xc3\xa9",
            [(b"Content-Length", b"2"), (b"Content-Type", b"text/html; charset=utf-8")],
        ),
        (
            {"json": {"é": [1]}},
            b'{"\xc3\xa9":[1]}',
            [(b"Content-Length", b"10"), (b"Content-Type", b"application/json")],
        ),
        ({"content": b"a", "text": "b", "json": 1}, b"a", [(b"Content-Length", b"1")]),
        (
            {"text": "a", "headers": {"X": "1", "content-type": "b"}},
            b"a",
            [(b"X", b"1"), (b"content-type", b"b"), (b"Content-Length", b"1")],
        ),
    ],
)
def test_bodies_of_the_constructor(options, content, headers):
    response = Response(200, **options)
    assert response.content == response.read() == content
    assert response.headers.raw == headers
    assert response.is_closed
    assert response.num_bytes_downloaded == 0


def test_streamed_bodies_of_the_constructor():
    response = Response(200, content=iter([b"ab", b"c"]))
    assert response.headers.raw == [(b"Transfer-Encoding", b"chunked")]
    assert not response.is_closed
    assert response.read() == b"abc"
    assert response.num_bytes_downloaded == 3
    response = Response(200, content=iter([b"abc"]), headers={"content-length": "3"})
    assert response.headers == {"content-length": "3"}


def test_bodies_that_cannot_be():
    with pytest.raises(TypeError, match="Unexpected type for 'content', <class 'int'>"):
        Response(200, content=5)


def test_what_was_given_is_copied():
    headers, extensions, history = httpx.Headers(), {"a": 1}, [Response(302)]
    response = Response(200, headers=headers, extensions=extensions, history=history, text="a")
    response.extensions.clear()
    response.history.clear()
    assert (headers.raw, extensions, len(history)) == ([], {"a": 1}, 1)


def test_request_and_url():
    response = Response(200)
    with pytest.raises(RuntimeError, match="The request instance has not been set"):
        response.request
    with pytest.raises(RuntimeError, match="The request instance has not been set"):
        response.url
    assert response._request is None
    response.request = REQUEST
    assert response.request is REQUEST
    assert response.url is REQUEST.url


def test_version_and_reason():
    assert Response(200).http_version == "HTTP/1.1"
    assert Response(200).reason_phrase == "OK"
    assert Response(999).reason_phrase == ""
    response = Response(
        200, extensions={"http_version": b"HTTP/2", "reason_phrase": b"Fine\xff indeed"}
    )
    assert response.http_version == "HTTP/2"
    assert response.reason_phrase == "Fine indeed"
    assert Response(200, extensions={"reason_phrase": b""}).reason_phrase == ""


@pytest.mark.parametrize(
    ("response", "shown"),
    [
        (Response(404), "<Response [404 Not Found]>"),
        (Response(999), "<Response [999 ]>"),
        (Response(200, extensions={"reason_phrase": b"Fine"}), "<Response [200 Fine]>"),
    ],
)
def test_repr(response, shown):
    assert repr(response) == str(response) == shown


def test_classes_of_status():
    names = ["informational", "success", "redirect", "client_error", "server_error", "error"]
    for status, expected in [
        (100, ["informational"]),
        (200, ["success"]),
        (304, ["redirect"]),
        (404, ["client_error", "error"]),
        (500, ["server_error", "error"]),
        (700, []),
    ]:
        response = Response(status)
        assert [name for name in names if getattr(response, f"is_{name}")] == expected


@pytest.mark.parametrize("status", range(300, 309))
def test_redirects_with_a_location(status):
    expected = status in (301, 302, 303, 307, 308)
    assert Response(status, headers={"Location": "/"}).has_redirect_location is expected
    assert not Response(status).has_redirect_location


MORE = "For more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/"


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (100, {}, "Informational response '100 Continue' for url 'http://a.com/x'\n"),
        (304, {"location": "/"}, "Redirect response '304 Not Modified' for url 'http://a.com/x'\n"),
        (
            302,
            {"location": "/y"},
            "Redirect response '302 Found' for url 'http://a.com/x'\nRedirect location: '/y'\n",
        ),
        (
            302,
            {"location": "http://u:secret@b.com/a:b@c"},
            "Redirect response '302 Found' for url 'http://a.com/x'\n"
            "Redirect location: 'http://u:[secure]@b.com/a:b@c'\n",
        ),
        (404, {}, "Client error '404 Not Found' for url 'http://a.com/x'\n"),
        (500, {}, "Server error '500 Internal Server Error' for url 'http://a.com/x'\n"),
        (700, {}, "Invalid status code '700 ' for url 'http://a.com/x'\n"),
        (99, {}, "Invalid status code '99 ' for url 'http://a.com/x'\n"),
    ],
)
def test_raise_for_status(status, headers, message):
    response = Response(status, headers=headers, request=REQUEST)
    with pytest.raises(httpx.HTTPStatusError) as raised:
        response.raise_for_status()
    assert str(raised.value) == f"{message}{MORE}{status}"
    assert raised.value.request is REQUEST
    assert raised.value.response is response


def test_raise_for_status_hides_the_password():
    response = Response(404, request=Request("GET", "http://u:secret@a.com"))
    with pytest.raises(httpx.HTTPStatusError, match=r"for url 'http://u:\[secure\]@a.com'"):
        response.raise_for_status()


def test_raise_for_status_returns_a_success():
    response = Response(204, request=REQUEST)
    assert response.raise_for_status() is response
    with pytest.raises(RuntimeError, match="Cannot call `raise_for_status` as the request"):
        Response(204).raise_for_status()


@pytest.mark.parametrize(
    ("value", "links"),
    [
        (
            '<http://a/?p=2>; rel="next"; title="x, y", <http://b>; rel=last, <c>; foo',
            {
                "next": {"url": "http://a/?p=2", "rel": "next", "title": "x, y"},
                "last": {"url": "http://b", "rel": "last"},
                "c": {"url": "c"},
            },
        ),
        ("<a,b;c>; rel = next ; x=y=z", {"next": {"url": "a,b;c", "rel": "next", "x": "y=z"}}),
        (
            "<a>; rel=front; type='image/jpeg'",
            {"front": {"url": "a", "rel": "front", "type": "image/jpeg"}},
        ),
        ('<a>; rel="a\\"b"', {'a"b': {"url": "a", "rel": 'a"b'}}),
        ('<a>; rel="open', {"open": {"url": "a", "rel": "open"}}),
        ("<a>;, <b>;", {"a": {"url": "a"}, "b": {"url": "b"}}),
        ("junk; rel=x", {"x": {"url": "junk", "rel": "x"}}),
        ("<unclosed; rel=x", {"unclosed; rel=x": {"url": "unclosed; rel=x"}}),
        (", ,", {}),
        ("", {}),
    ],
)
def test_links(value, links):
    assert Response(200, headers={"Link": value}).links == links


def test_links_of_several_fields():
    response = Response(200, headers=[("Link", "<a>; rel=next"), ("Link", "<b>; rel=prev")])
    assert list(response.links) == ["next", "prev"]
    assert Response(200).links == {}


def test_elapsed_is_set_by_whoever_sent_the_request():
    response = Response(200)
    with pytest.raises(RuntimeError, match="may only be accessed after the response has been"):
        response.elapsed
    response.elapsed = datetime.timedelta(seconds=1)
    assert response.elapsed == datetime.timedelta(seconds=1)


async def test_elapsed_counts_until_the_response_is_closed(world, monkeypatch):
    now = 100.0
    monkeypatch.setattr(httpx._response.time, "perf_counter", lambda: now)
    face = Face(world, b"abc")
    face.response._start_clock(90.0)
    with pytest.raises(RuntimeError):
        face.response.elapsed
    now = 103.0
    await face.read()
    now = 110.0
    await face.close()
    assert face.response.elapsed == datetime.timedelta(seconds=13)


def test_elapsed_of_a_response_that_arrives_loaded(monkeypatch):
    monkeypatch.setattr(httpx._response.time, "perf_counter", lambda: 100.0)
    response = Response(200)
    response._start_clock(99.5)
    assert response.elapsed == datetime.timedelta(seconds=0.5)


# Text


@pytest.mark.parametrize(
    ("content_type", "charset", "encoding"),
    [
        (None, None, "utf-8"),
        ("text/plain", None, "utf-8"),
        ("text/plain; charset=latin-1", "latin-1", "latin-1"),
        ("text/plain; CHARSET=LATIN-1", "latin-1", "latin-1"),
        ('text/plain; charset="latin-1"', "latin-1", "latin-1"),
        ("text/plain; charset='latin-1'", "'latin-1'", "'latin-1'"),
        ("charset=latin-1", "latin-1", "latin-1"),
        ("text/plain; x=y; charset = latin-1 ; q", "latin-1", "latin-1"),
        ('text/plain; x="a; charset=b"; charset=latin-1', "latin-1", "latin-1"),
        ('text/plain; x="\\"; charset=b"; charset=latin-1', "latin-1", "latin-1"),
        ("text/plain; charset=latin-1; charset=cp1251", "latin-1", "latin-1"),
        ("text/plain; charset=nonsense", "nonsense", "utf-8"),
        ("text/plain; charset=", "", "utf-8"),
        ("text/plain; charset=base64", "base64", "utf-8"),
        ("text/plain; charset=unicode_escape", "unicode_escape", "utf-8"),
        ("text/plain; charset=idna", "idna", "utf-8"),
        ("text/plain; charset=a\0b", "a\0b", "utf-8"),
        ("text/plain; charset=utf-8, text/html", "utf-8, text/html", "utf-8"),
        # as in mail (RFC 2231)
        ("text/plain; charset*=utf-8''latin-1", "latin-1", "latin-1"),
        ("text/plain; charset*=latin-1", "latin-1", "latin-1"),
        ("text/plain; charset*0=lat; charset*1=in-1", "latin-1", "latin-1"),
        ("text/plain; charset=utf-8; charset*=us-ascii'en'latin-1", "utf-8", "utf-8"),
        ('text/plain; charset="lat\\in-1"', "lat\\in-1", "utf-8"),
        ('text/plain; charset="latin-1', '"latin-1', '"latin-1'),
        ("text/plain; charset", "", "utf-8"),
        ("charset; x", "", "utf-8"),
        ('text/plain; charset="a"b', '"a"b', "utf-8"),
    ],
)
def test_charsets(content_type, charset, encoding):
    headers = {} if content_type is None else {"Content-Type": content_type}
    response = Response(200, headers=headers, content=b"abc")
    assert response.charset_encoding == charset
    assert response.encoding == encoding
    assert response.text == "abc"


def test_no_charset_makes_text_raise():
    import encodings.aliases

    for name in {*encodings.aliases.aliases, *encodings.aliases.aliases.values()}:
        headers = {"Content-Type": f"text/plain; charset={name}"}
        assert isinstance(Response(200, headers=headers, content=b"\\d\xff").text, str)


def test_text_replaces_what_does_not_decode():
    assert Response(200, content=b"a\xff").text == "a\ufffd"
    assert Response(200, content="é".encode("utf-16")).text != "é"


@pytest.mark.parametrize(
    ("default", "text"),
    [
        ("latin-1", "é"),
        (lambda content: "latin-1", "é"),
        (lambda content: "utf-8" if content == b"x" else "latin-1", "é"),
        (lambda content: None, "\ufffd"),
    ],
)
def test_default_encoding(default, text):
    assert Response(200, content=b"\xe9", default_encoding=default).text == text
    known = Response(
        200,
        content=b"\xe9",
        headers={"Content-Type": "text/plain; charset=cp1251"},
        default_encoding=default,
    )
    assert known.text == "й"


def test_a_default_that_does_not_exist():
    with pytest.raises(LookupError):
        Response(200, content=b"a", default_encoding="nonsense").text


def test_a_function_is_asked_when_the_content_is_there():
    response = Response(200, stream=SyncStream(b"\xe9"), default_encoding=lambda content: "latin-1")
    assert response.encoding == "utf-8"
    response.read()
    assert response.encoding == "latin-1"
    assert response.text == "é"
    streamed = Response(200, stream=SyncStream(b"\xe9"), default_encoding=lambda content: "latin-1")
    assert list(streamed.iter_text()) == ["\ufffd"]


def test_encoding_can_be_set_until_text_was_read():
    response = Response(200, content=b"\xe9", headers={"Content-Type": "text/plain; charset=utf-8"})
    assert response.encoding == "utf-8"
    response.encoding = "latin-1"
    assert response.text == "é"
    assert response.encoding == "latin-1"
    with pytest.raises(ValueError, match="Setting encoding after `text` has been accessed"):
        response.encoding = "utf-8"
    assert response.text is response.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_json_of_every_encoding(encoding):
    assert Response(200, content='["é"]'.encode(encoding)).json() == ["é"]


def test_json():
    assert Response(200, json={"a": 1.5}).json(parse_float=str) == {"a": "1.5"}
    with pytest.raises(json.JSONDecodeError):
        Response(200).json()
    with pytest.raises(httpx.ResponseNotRead):
        Response(200, stream=SyncStream()).json()


# Reading


def test_a_body_must_be_read_first():
    response = Response(200, stream=SyncStream(b"abc"))
    for name in ("content", "text"):
        with pytest.raises(httpx.ResponseNotRead):
            getattr(response, name)
    assert not hasattr(response, "_content")


async def test_read(world):
    face = Face(world, b"ab", b"", b"c")
    assert await face.read() == await face.read() == b"abc"
    assert face.response.content == b"abc"
    assert face.response.num_bytes_downloaded == 3
    assert face.response.is_closed
    assert face.response.is_stream_consumed
    await face.close()
    assert face.stream.closed == 1


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("raw", (), [b"ab", b"\xc3", b"\xa9\n", b"cd"]),
        ("raw", (3,), [b"ab\xc3", b"\xa9\nc", b"d"]),
        ("bytes", (), [b"ab", b"\xc3", b"\xa9\n", b"cd"]),
        ("bytes", (3,), [b"ab\xc3", b"\xa9\nc", b"d"]),
        ("bytes", (100,), [b"ab\xc3\xa9\ncd"]),
        ("text", (), ["ab", "é\n", "cd"]),
        ("text", (4,), ["abé\n", "cd"]),
        ("lines", (), ["abé", "cd"]),
    ],
)
async def test_iterating(world, name, arguments, expected):
    face = Face(world, b"ab", b"", b"\xc3", b"\xa9\n", b"cd")
    assert await face.pieces(name, *arguments) == expected
    assert face.response.num_bytes_downloaded == 7
    assert face.response.is_closed
    assert face.stream.closed == 1
    with pytest.raises(httpx.StreamConsumed):
        await face.pieces(name, *arguments)
    with pytest.raises(httpx.StreamConsumed):
        await face.read()


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("bytes", (), [b"ab\xc3\xa9\ncd"]),
        ("bytes", (3,), [b"ab\xc3", b"\xa9\nc", b"d"]),
        ("text", (), ["abé\ncd"]),
        ("text", (4,), ["abé\n", "cd"]),
        ("lines", (), ["abé", "cd"]),
    ],
)
async def test_iterating_what_is_loaded(world, name, arguments, expected):
    face = Face(world, gzip.compress(b"ab\xc3\xa9\ncd"), headers={"Content-Encoding": "gzip"})
    await face.read()
    for _ in range(2):
        assert await face.pieces(name, *arguments) == expected
    with pytest.raises(httpx.StreamConsumed):
        await face.pieces("raw")
    assert [list(getattr(Response(200), f"iter_{n}")()) for n in ("bytes", "text", "lines")] == [
        [],
        [],
        [],
    ]


async def test_a_size_that_cannot_be(world):
    for name in ("raw", "bytes", "text"):
        with pytest.raises(ValueError, match="chunk_size must be at least 1"):
            await Face(world, b"abc").pieces(name, 0)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028"])
async def test_lines_end_as_in_splitlines(world, end):
    data = f"a{end}b{end}{end}c".encode()
    for cut in range(len(data)):
        face = Face(world, data[:cut], data[cut:])
        assert await face.pieces("lines") == ["a", "b", "", "c"]


async def test_content_encoding(world):
    data = b"hello " * 1000
    for coding, encoded in [
        ("gzip", gzip.compress(data)),
        ("deflate", zlib.compress(data)),
        ("gzip, deflate", zlib.compress(gzip.compress(data))),
        ("identity", data),
        ("unknown", data),
    ]:
        halves = (encoded[:20], encoded[20:])
        face = Face(world, *halves, headers={"Content-Encoding": coding})
        assert await face.read() == data
        assert face.response.num_bytes_downloaded == len(encoded)
        face = Face(world, *halves, headers={"Content-Encoding": coding})
        assert b"".join(await face.pieces("bytes", 7)) == data
        face = Face(world, *halves, headers={"Content-Encoding": coding})
        assert b"".join(await face.pieces("raw")) == encoded


async def test_what_expands_is_never_held_as_a_whole(world):
    face = Face(world, gzip.compress(bytes(20_000_000)), headers={"Content-Encoding": "gzip"})
    sizes = [len(piece) async for piece in face.iterate("bytes")]
    assert sum(sizes) == 20_000_000
    assert max(sizes) <= 1_000_000


def test_a_loaded_body_is_decoded_at_once():
    response = Response(200, content=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})
    assert response.content == b"hello"
    with pytest.raises(httpx.DecodingError) as raised:
        Response(200, content=b"hello", headers={"Content-Encoding": "gzip"}, request=REQUEST)
    assert raised.value.request is REQUEST


# Closing


async def test_close(world):
    face = Face(world, b"abc")
    await face.close()
    await face.close()
    assert face.response.is_closed
    assert not face.response.is_stream_consumed
    assert face.stream.closed == 1
    with pytest.raises(httpx.StreamClosed):
        await face.read()
    with pytest.raises(httpx.StreamClosed):
        await face.pieces("lines")


@pytest.mark.parametrize("name", ["raw", "bytes", "text", "lines"])
async def test_breaking_out_early_closes_nothing(world, name):
    face = Face(world, b"a\n", b"b\n", b"c\n")
    async for _ in face.iterate(name):
        break
    gc.collect()
    assert not face.response.is_closed
    assert face.response.is_stream_consumed
    assert face.stream.closed == 0
    with pytest.raises(httpx.StreamConsumed):
        await face.pieces(name)
    await face.close()
    assert face.stream.closed == 1


async def test_an_iterator_that_is_closed_gives_no_more(world):
    if world.name == "blocking":
        pieces = Face(world, b"a", b"b").response.iter_bytes()
        assert next(pieces) == b"a"
        pieces.close()
        assert next(pieces, None) is None
    else:
        face = Face(world, b"a", b"b")
        pieces = face.response.aiter_bytes()
        assert await anext(pieces) == b"a"
        await pieces.aclose()
        assert await anext(pieces, None) is None
        assert not face.response.is_closed
        await face.close()


@pytest.mark.worlds("asyncio", "trio")  # only an awaiting stream can be left in the middle
async def test_closing_during_a_pending_read(world):
    class Pending(AsyncStream):
        async def __aiter__(self):
            yield b"a"
            await self.response.aclose()  # as another task would, while this one waits
            yield b"b"

    stream = Pending()
    stream.response = Response(200, stream=stream)
    assert [piece async for piece in stream.response.aiter_raw()] == [b"a", b"b"]
    assert stream.closed == 1


async def test_a_stream_is_closed_although_its_source_fails(world):
    class Stubborn(AsyncStream):
        async def __aiter__(self):
            try:
                yield b"a"
            finally:
                raise ZeroDivisionError

    if world.name == "blocking":
        return
    stream = Stubborn()
    response = Response(200, stream=stream)
    async for _ in response.aiter_raw():
        break
    with pytest.raises(ZeroDivisionError):
        await response.aclose()
    assert stream.closed == 1


async def test_the_wrong_kind_of_stream(world):
    if world.name == "blocking":
        response = Response(200, stream=AsyncStream(b"abc"))
        for call in (response.read, lambda: list(response.iter_raw())):
            with pytest.raises(RuntimeError, match="Attempted to call a sync iterator on an asy"):
                call()
        with pytest.raises(RuntimeError, match="Attempted to call an sync close on an async"):
            response.close()
    else:
        response = Response(200, stream=SyncStream(b"abc"))
        for call in (response.aread, response.aiter_raw().__anext__):
            with pytest.raises(RuntimeError, match="Attempted to call an async iterator on an sy"):
                await call()
        with pytest.raises(RuntimeError, match="Attempted to call an async close on an sync"):
            await response.aclose()
    assert not response.is_stream_consumed
    assert not response.is_closed


# Faults


def fault() -> httpx.ReadError:
    return httpx.ReadError("the peer is gone")


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("raw", (), [b"ab\nc", b"d\n", b"e"]),
        ("raw", (3,), [b"ab\n", b"cd\n", b"e"]),
        ("bytes", (), [b"ab\nc", b"d\n", b"e"]),
        ("bytes", (100,), [b"ab\ncd\ne"]),
        ("text", (), ["ab\nc", "d\n", "e"]),
        ("text", (100,), ["ab\ncd\ne"]),
        ("lines", (), ["ab", "cd"]),  # nobody could tell "e" from a whole line
    ],
)
async def test_what_was_received_before_a_fault_is_given(world, name, arguments, expected):
    face = Face(world, b"ab\nc", b"d\n", b"e", fault)
    received, error = await face.until_fault(name, *arguments)
    assert received == expected
    assert isinstance(error, httpx.ReadError)
    assert error.request is REQUEST
    assert face.response.num_bytes_downloaded == 7


async def test_a_fault_ends_the_iteration(world):
    if world.name == "blocking":
        pieces = Face(world, b"a", fault).response.iter_raw()
        assert next(pieces) == b"a"
        with pytest.raises(httpx.ReadError):
            next(pieces)
        assert next(pieces, None) is None
    else:
        pieces = Face(world, b"a", fault).response.aiter_raw()
        assert await anext(pieces) == b"a"
        with pytest.raises(httpx.ReadError):
            await anext(pieces)
        assert await anext(pieces, None) is None


async def test_a_fault_while_reading(world):
    face = Face(world, b"ab", fault)
    with pytest.raises(httpx.ReadError) as raised:
        await face.read()
    assert raised.value.request is REQUEST
    assert not hasattr(face.response, "_content")
    own = Face(world, b"ab", ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        await own.read()


BROKEN = gzip.compress(b"x" * 10_000)[:-4] + b"!!!!"


@pytest.mark.parametrize("name", ["bytes", "text", "lines"])
async def test_a_body_that_does_not_decode_closes_the_stream(world, name):
    face = Face(world, BROKEN[:30], BROKEN[30:], headers={"Content-Encoding": "gzip"})
    received, error = await face.until_fault(name)
    assert isinstance(error, httpx.DecodingError)
    assert error.request is REQUEST
    assert face.stream.closed == 1
    assert face.response.is_closed
    if name != "lines":
        assert sum(map(len, received)) == 10_000


async def test_a_body_that_does_not_decode_is_not_read(world):
    face = Face(world, BROKEN, headers={"Content-Encoding": "gzip"})
    with pytest.raises(httpx.DecodingError) as raised:
        await face.read()
    assert raised.value.request is REQUEST
    assert face.stream.closed == 1


async def test_a_body_that_is_cut_short(world):
    face = Face(world, BROKEN[:-8], headers={"Content-Encoding": "gzip"})
    received, error = await face.until_fault("bytes", 3000)
    assert isinstance(error, httpx.DecodingError)
    assert [len(piece) for piece in received] == [3000, 3000, 3000, 1000]
    assert face.stream.closed == 1


async def test_too_many_codings(world):
    face = Face(world, b"abc", headers={"Content-Encoding": ", ".join(["gzip"] * 6)})
    received, error = await face.until_fault("bytes")
    assert received == []
    assert isinstance(error, httpx.DecodingError)
    assert error.request is REQUEST
    assert face.stream.closed == 1


async def test_a_fault_without_a_request(world):
    face = Face(world, fault, request=None)
    _, error = await face.until_fault("raw")
    with pytest.raises(RuntimeError):
        error.request


# The quick way


class Quick(SyncStream, httpx.AsyncByteStream):
    """A stream that gives its body at once."""

    def whole(self) -> bytes:
        return b"".join(SyncStream.__iter__(self))

    def read_all(self) -> bytes:
        return self.whole()

    async def aread_all(self) -> bytes:
        return self.whole()

    def __iter__(self):
        raise AssertionError("read_all() is there")

    async def aclose(self) -> None:
        self.close()


async def read_quickly(world, *chunks, **options) -> Response:
    response = Response(200, stream=Quick(*chunks), request=REQUEST, **options)
    content = response.read() if world.name == "blocking" else await response.aread()
    assert content == response.content
    return response


async def test_read_all(world):
    response = await read_quickly(world, b"ab", b"c")
    assert response.content == b"abc"
    assert response.num_bytes_downloaded == 3
    assert response.is_closed
    assert response.is_stream_consumed
    assert response.stream.closed == 1
    encoded = gzip.compress(b"hello")
    response = await read_quickly(world, encoded, headers={"Content-Encoding": "gzip"})
    assert response.content == b"hello"
    assert response.num_bytes_downloaded == len(encoded)


async def test_read_all_with_faults(world):
    with pytest.raises(httpx.ReadError) as raised:
        await read_quickly(world, b"ab", fault)
    assert raised.value.request is REQUEST
    with pytest.raises(httpx.DecodingError) as undecoded:
        await read_quickly(world, BROKEN, headers={"Content-Encoding": "gzip"})
    assert undecoded.value.request is REQUEST


async def test_read_all_of_what_is_taken_or_closed(world):
    for prepare, error in [
        ("is_stream_consumed", httpx.StreamConsumed),
        ("is_closed", httpx.StreamClosed),
    ]:
        response = Response(200, stream=Quick(b"abc"))
        setattr(response, prepare, True)
        with pytest.raises(error):
            _ = response.read() if world.name == "blocking" else await response.aread()


# Memory


@pytest.mark.parametrize("how", ["read", "bytes", "lines", "break", "fault", "broken"])
async def test_a_response_dies_with_its_last_reference(world, how):
    gc.collect()
    gc.disable()
    try:
        chunks = {"fault": (b"a", fault), "broken": (BROKEN,)}.get(how, (b"a\n", b"b\n"))
        headers = {"Content-Encoding": "gzip"} if how == "broken" else {}
        face = Face(world, *chunks, headers=headers)
        dead = weakref.ref(face.response)
        if how == "read":
            await face.read()
        elif how == "break":
            async for _ in face.iterate("bytes"):
                break
        elif how in ("fault", "broken"):
            with pytest.raises(httpx.RequestError):
                await face.pieces("bytes")
        else:
            await face.pieces(how)
        await face.close()
        del face
        assert dead() is None
    finally:
        gc.enable()


# What others do with the private parts


def test_a_read_response_can_be_filled_again():
    response = Response(200, stream=SyncStream(b"old"))
    response.read()
    del response._content
    del response._decoder
    response._num_bytes_downloaded = 0
    response.is_closed = response.is_stream_consumed = False
    response.stream = SyncStream(b"new")
    assert response.read() == b"new"
    response._content = b"assigned"
    assert response.content == b"assigned"


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=4), st.integers(1, 9))
def test_any_cut_gives_the_same(data, cuts, size):
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    chunks = [data[a:b] for a, b in itertools.pairwise(places)]

    def fresh() -> Response:
        return Response(200, stream=SyncStream(*chunks))

    text = data.decode("utf-8", "replace")
    assert b"".join(fresh().iter_bytes()) == data
    assert list(fresh().iter_bytes(size)) == [data[i : i + size] for i in range(0, len(data), size)]
    assert "".join(fresh().iter_text()) == text
    assert list(fresh().iter_text(size)) == [text[i : i + size] for i in range(0, len(text), size)]
    assert list(fresh().iter_lines()) == text.splitlines()
    response = fresh()
    assert response.read() == data
    assert response.text == text
