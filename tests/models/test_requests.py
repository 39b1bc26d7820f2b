"""Requests: what the constructor completes, bodies, reading, and what is shown."""

from __future__ import annotations

import io

import pytest

import httpx
from httpx import ByteStream, Request

URL = "http://a.com/x"


def raw(method: str = "POST", url: str = URL, **options) -> list[tuple[bytes, bytes]]:
    return Request(method, url, **options).headers.raw


async def chunks(*pieces: bytes):
    for piece in pieces:
        yield piece


HOST = (b"Host", b"a.com")


def test_a_plain_request():
    request = Request("get", URL)
    assert request.method == "GET"
    assert request.url == httpx.URL(URL)
    assert request.headers.raw == [HOST]
    assert request.extensions == {}
    assert request.content == request.read() == b""
    assert list(request.stream) == [b""]


def test_a_url_is_kept_as_it_is():
    url = httpx.URL(URL)
    assert Request("GET", url).url is url


@pytest.mark.parametrize(
    ("params", "url"),
    [
        (None, "http://a.com?z=1"),
        ({}, "http://a.com"),
        ({"a": 1}, "http://a.com?a=1"),
        ([("a", "1"), ("a", "2")], "http://a.com?a=1&a=2"),
    ],
)
def test_params_replace_the_query(params, url):
    assert Request("GET", "http://a.com?z=1", params=params).url == url


def test_host():
    assert raw("GET", "http://u:p@a.com:81") == [(b"Host", b"a.com:81")]
    assert raw("GET", "https://a.com:443") == [(b"Host", b"a.com")]
    assert raw("GET", "http://[::1]:81") == [(b"Host", b"[::1]:81")]
    assert raw("GET", "/relative") == []
    assert raw("GET", headers={"X": "1", "host": "z"}) == [(b"X", b"1"), (b"host", b"z")]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize(
    "body", [{}, {"content": b""}, {"content": ""}, {"data": {}}, {"files": {}}, {"json": None}]
)
def test_no_body_where_one_is_usual_has_a_length(method, body):
    assert raw(method, headers={"X": "1"}, **body) == [
        HOST,
        (b"Content-Length", b"0"),
        (b"X", b"1"),
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "QUERY"])
def test_no_body_elsewhere_has_none(method):
    assert raw(method) == raw(method, content=b"") == [HOST]


def test_the_bodys_fields_come_last():
    assert raw(content=b"abc", headers={"X": "1"}) == [
        HOST,
        (b"X", b"1"),
        (b"Content-Length", b"3"),
    ]
    assert raw(data={"a": "1"})[1:] == [
        (b"Content-Length", b"3"),
        (b"Content-Type", b"application/x-www-form-urlencoded"),
    ]
    assert raw(json={})[1:] == [
        (b"Content-Length", b"2"),
        (b"Content-Type", b"application/json"),
    ]
    assert raw(content=iter([b""]))[1:] == [(b"Transfer-Encoding", b"chunked")]


@pytest.mark.parametrize(
    ("given", "body", "expected"),
    [
        ({"content-type": "zz"}, {"json": {}}, {"content-type": "zz", "content-length": "2"}),
        ({"content-length": "7"}, {"content": b"abc"}, {"content-length": "7"}),
        ({"content-length": "5"}, {"content": iter([b""])}, {"content-length": "5"}),
        ({"transfer-encoding": "chunked"}, {}, {"transfer-encoding": "chunked"}),
        (
            {"transfer-encoding": "chunked"},
            {"content": b"abc"},
            {"transfer-encoding": "chunked"},
        ),
        (
            {"transfer-encoding": "chunked"},
            {"files": {"a": b"abc"}, "headers": {"content-type": "x"}},
            {"transfer-encoding": "chunked", "content-type": "x"},
        ),
    ],
)
def test_what_the_caller_set_stays(given, body, expected):
    """And is never joined by the other field of framing: a request with both is smuggling."""
    given = given | body.pop("headers", {})
    assert Request("POST", URL, headers=given, **body).headers == {"host": "a.com", **expected}


def test_a_stream_adds_nothing():
    stream = ByteStream(b"abc")
    request = Request("POST", URL, stream=stream, content=b"ignored")
    assert request.headers.raw == []
    assert request.stream is stream
    with pytest.raises(httpx.RequestNotRead):
        request.content
    assert request.read() == request.content == b"abc"
    assert request.stream is stream


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=xx", b"xx"),
        ('multipart/form-data; charset=utf-8; boundary="x x"', b"x x"),
    ],
)
def test_the_boundary_can_be_given(content_type, boundary):
    request = Request("POST", URL, files={"a": b"1"}, headers={"Content-Type": content_type})
    assert request.headers["content-type"] == content_type
    assert request.read().startswith(b"--" + boundary + b"\r\n")


def test_multipart_is_a_stream():
    request = Request("POST", URL, files={"a": b"1"}, data={"b": "2"})
    assert not hasattr(request, "_content")
    content = request.read()
    assert str(len(content)) == request.headers["content-length"]
    assert b'name="b"' in content


def test_a_body_that_cannot_be():
    with pytest.raises(TypeError, match="Unexpected type for 'content', <class 'dict'>"):
        Request("POST", URL, content={})


def test_extensions_are_copied():
    extensions = {"timeout": {}}
    request = Request("GET", URL, extensions=extensions)
    request.extensions["trace"] = None
    assert extensions == {"timeout": {}}


def test_headers_are_copied():
    headers = httpx.Headers({"a": "1"})
    Request("POST", URL, headers=headers, content=b"abc").headers["b"] = "2"
    assert headers.raw == [(b"a", b"1")]


def test_cookies_do_not_change_the_jar():
    cookies = httpx.Cookies({"a": "1"})
    assert Request("GET", URL, cookies=cookies).headers["cookie"] == "a=1"
    assert Request("GET", URL, cookies={"a": "1", "b": "2"}).headers["cookie"] == "a=1; b=2"
    assert "cookie" not in Request("GET", URL, cookies={}).headers
    assert list(cookies) == ["a"]


@pytest.mark.parametrize(
    "content", [lambda: iter([b"ab", b"c"]), lambda: io.BytesIO(b"abc"), lambda: [b"abc"]]
)
def test_reading_makes_a_body_repeatable(content):
    request = Request("POST", URL, content=content())
    with pytest.raises(httpx.RequestNotRead):
        request.content
    assert request.read() == request.read() == b"abc"
    assert list(request.stream) == list(request.stream) == [b"abc"]


async def test_reading_asynchronously(world):
    for content in (chunks(b"ab", b"c"), b"abc", [b"ab", b"c"], io.BytesIO(b"abc")):
        request = Request("POST", URL, content=content)
        assert await request.aread() == await request.aread() == request.content == b"abc"
        assert [chunk async for chunk in request.stream] == [b"abc"]


def test_reading_an_async_body_synchronously():
    request = Request("POST", URL, content=chunks(b"abc"))
    with pytest.raises(AssertionError):
        request.read()


def test_content_can_be_taken_away():
    request = Request("POST", URL, content=b"abc")
    del request._content
    assert not hasattr(request, "_content")
    assert request.read() == b"abc"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://a.com/x", "<Request('GET', 'http://a.com/x')>"),
        ("http://u:secret@a.com", "<Request('GET', 'http://u:[secure]@a.com')>"),
    ],
)
def test_repr(url, shown):
    assert repr(Request("GET", url)) == str(Request("GET", url)) == shown


def test_bad_urls():
    with pytest.raises(httpx.InvalidURL):
        Request("GET", "http://a.com:x")
    with pytest.raises(TypeError, match="Invalid type for url"):
        Request("GET", 1)
