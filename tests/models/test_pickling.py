"""What a user may hold goes through pickle and copy, and comes out the same."""

from __future__ import annotations

import copy
import datetime
import pickle

import pytest

import httpx

WAYS = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle{protocol}": lambda value, protocol=protocol: pickle.loads(
            pickle.dumps(value, protocol)
        )
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


@pytest.fixture(params=WAYS)
def again(request):
    return WAYS[request.param]


def a_request() -> httpx.Request:
    return httpx.Request(
        "POST", "https://u:p@a.com/x?y", headers={"X": "1"}, json={"a": 1}, extensions={"trace": id}
    )


def a_response(**options) -> httpx.Response:
    return httpx.Response(
        200,
        headers=[("Set-Cookie", "a=1"), ("Content-Type", "text/plain; charset=latin-1")],
        content=b"\xe9",
        request=a_request(),
        extensions={"network_stream": object()},
        **options,
    )


def test_requests(again):
    request = again(a_request())
    assert repr(request) == repr(a_request())
    assert request.url == a_request().url
    assert request.headers.raw == a_request().headers.raw
    assert request.content == request.read() == b'{"a":1}'
    assert list(request.stream) == [b'{"a":1}']
    assert request.extensions == {}


async def test_requests_with_a_stream(world):
    for way in WAYS.values():
        request = way(httpx.Request("POST", "http://a.com", content=iter([b"abc"])))
        with pytest.raises(httpx.RequestNotRead):
            request.content
        with pytest.raises(httpx.StreamClosed):
            _ = request.read() if world.name == "blocking" else await request.aread()


def test_a_read_stream_goes_along(again):
    request = httpx.Request("POST", "http://a.com", content=iter([b"abc"]))
    request.read()
    assert again(request).content == b"abc"


def test_responses(again):
    first = a_response(history=[httpx.Response(302, request=a_request())])
    first.elapsed = datetime.timedelta(seconds=1)
    first.next_request = a_request()
    assert first.text == "é"
    assert dict(first.cookies) == {"a": "1"}
    response = again(first)
    assert response.status_code == 200
    assert response.headers.raw == first.headers.raw
    assert response.content == response.read() == b"\xe9"
    assert response.text == "é"
    assert response.encoding == "latin-1"
    assert response.elapsed == datetime.timedelta(seconds=1)
    assert response.cookies == first.cookies
    assert [past.status_code for past in response.history] == [302]
    assert response.url == first.url
    assert response.next_request.content == b'{"a":1}'
    assert response.is_closed
    assert response.is_stream_consumed
    assert response.extensions == {}
    assert list(response.iter_bytes()) == [b"\xe9"]
    with pytest.raises(httpx.StreamConsumed):
        next(response.iter_raw())


def test_responses_with_a_decoder(again):
    import gzip

    response = httpx.Response(
        200, content=[gzip.compress(b"hello")], headers={"Content-Encoding": "gzip"}
    )
    response.read()
    assert again(response).content == b"hello"
    assert again(response).num_bytes_downloaded == response.num_bytes_downloaded


def test_a_function_for_the_encoding_leaves_its_finding(again):
    response = again(
        httpx.Response(200, content=b"\xe9", default_encoding=lambda content: "cp1251")
    )
    assert response.text == "й"
    assert response.default_encoding == "utf-8"


async def test_responses_that_were_not_read(world):
    for way in WAYS.values():
        response = way(httpx.Response(200, stream=httpx.ByteStream(b"abc")))
        assert response.is_closed
        with pytest.raises(httpx.StreamClosed):
            _ = response.read() if world.name == "blocking" else await response.aread()


def test_a_clock_that_runs_does_not_go_along(again):
    response = httpx.Response(200, content=[b"abc"])
    response._start_clock(0.0)
    with pytest.raises(RuntimeError):
        again(response).elapsed


@pytest.mark.parametrize(
    "value",
    [
        httpx.URL("https://u:p@a.com/x?y#z"),
        httpx.QueryParams("a=1&a=2"),
        httpx.Headers([("A", "1"), ("a", "2")]),
        httpx.Cookies({"a": "1"}),
        httpx.Timeout(5.0, total=10.0),
        httpx.Limits(max_connections=3),
        httpx.Proxy("http://u:p@a.com"),
        httpx.codes.NOT_FOUND,
    ],
    ids=lambda value: type(value).__name__,
)
def test_values(again, value):
    assert again(value) == value
    assert type(again(value)) is type(value)
    assert repr(again(value)) == repr(value)


REQUEST_ERRORS = [
    kind
    for kind in vars(httpx).values()
    if isinstance(kind, type) and issubclass(kind, httpx.RequestError)
]


@pytest.mark.parametrize("kind", REQUEST_ERRORS, ids=lambda kind: kind.__name__)
def test_request_errors(again, kind):
    error = again(kind("message", request=a_request()))
    assert type(error) is kind
    assert str(error) == "message"
    assert error.request.url == a_request().url
    with pytest.raises(RuntimeError):
        again(kind("message")).request


def test_errors_with_facts(again):
    cut = httpx.RemoteProtocolError("cut")
    cut.bytes_received = 3
    refused = httpx.ProxyError("407")
    refused.response = a_response()
    assert again(cut).bytes_received == 3
    assert again(refused).response.content == b"\xe9"


def test_status_errors(again):
    response = httpx.Response(404, text="gone", request=a_request())
    with pytest.raises(httpx.HTTPStatusError) as raised:
        response.raise_for_status()
    error = again(raised.value)
    assert str(error) == str(raised.value)
    assert error.request.method == "POST"
    assert error.response.text == "gone"
    assert error.response.status_code == 404


@pytest.mark.parametrize(
    "error",
    [
        httpx.InvalidURL("no"),
        httpx.CookieConflict("two"),
        httpx.StreamConsumed(),
        httpx.StreamClosed(),
        httpx.ResponseNotRead(),
        httpx.RequestNotRead(),
        httpx.HTTPError("message"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_other_errors(again, error):
    assert type(again(error)) is type(error)
    assert str(again(error)) == str(error)
