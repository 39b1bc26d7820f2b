"""Pickle and copy: what comes back."""

from ..helpers import again, attempt, client, copy, failure, httpx
from ..table import program

PROGRAMS = r"""
again(URL("http://u:p@a.com/x?y#z")), again(URL("http://a")) == URL("http://a")
again(QueryParams("a=1&a=2")), again(QueryParams()) == QueryParams()
again(Headers([("A", "1"), ("a", "2")])).raw, again(Headers({"a": "é"}, encoding="utf-8")).encoding
again(Timeout(5, read=1)), again(Limits(max_connections=3))
again(Proxy("http://u:p@x", headers={"a": "1"})).auth
again(Cookies({"a": "1"}))
again(Request("GET", "http://a/b", headers={"X": "1"}))
r = again(Request("POST", "http://a", content=b"hi", extensions={"x": 1})); (r, r.content, r.extensions, raw(r.headers), r.stream.__class__.__name__)
r = again(Request("POST", "http://a", content=pieces(b"hi"))); r.read()
r = Request("POST", "http://a", content=pieces(b"hi")); r.read(); again(r).content
r = again(Request("POST", "http://a", json={"a": 1})); (r.read(), list(r.stream))
r = again(Response(200, content=b"hi")); (r, r.content, r.extensions, r.is_closed, r.is_stream_consumed, r.num_bytes_downloaded, r.encoding, r.text)
r = again(Response(404, text="é", request=Request("GET", "http://a"), history=[Response(301)])); (r.request, r.history, r.text, raw(r.headers), r.url)
r = again(Response(200, extensions={"http_version": b"HTTP/2", "x": object})); (r.http_version, r.extensions)
r = again(Response(200, content=b"\xe9", default_encoding="latin-1")); r.text
r = Response(200, content=pieces(b"hi")); again(r).read()
r = Response(200, content=pieces(b"hi")); r.read(); again(r).content
r = Response(200, content=b"\xe9"); r.encoding = "latin-1"; again(r).text
r = Response(200, headers={"Set-Cookie": "a=1"}, request=Request("GET", "http://a.com")); r.cookies; again(r).cookies
again(ConnectError("x")), again(ConnectError("x"))._request
again(ConnectTimeout("x", request=Request("GET", "http://a"))).request
again(HTTPStatusError("x", request=Request("GET", "http://a"), response=Response(404))).response
again(InvalidURL("x")), again(CookieConflict("x")), again(StreamConsumed()), again(StreamClosed()), again(ResponseNotRead()), again(RequestNotRead())
again(StreamError("x")), again(TooManyRedirects("x")), again(DecodingError("x"))
again(BasicAuth("u", "p")).__class__.__name__
again(codes.OK)
copy.copy(URL("http://a")), copy.deepcopy(URL("http://a")) == URL("http://a")
copy.copy(Headers({"a": "1"})), copy.deepcopy(Headers({"a": "1"}))
h = Headers({"a": "1"}); c = copy.copy(h); c["b"] = "2"; h
copy.deepcopy(QueryParams("a=1")), copy.copy(QueryParams("a=1"))
copy.copy(Timeout(5)), copy.deepcopy(Limits())
copy.copy(Request("GET", "http://a", content=b"x")).content
copy.deepcopy(Request("POST", "http://a", content=b"x")).content
copy.copy(Response(200, content=b"x")).content, copy.deepcopy(Response(200, content=b"x")).content
copy.deepcopy(Cookies({"a": "1"}))
copy.copy(Cookies({"a": "1"}))
copy.copy(Proxy("http://x")), copy.deepcopy(Proxy("http://x"))
pickle.dumps(Client())
pickle.dumps(HTTPTransport())
copy.deepcopy(ConnectError("x", request=Request("GET", "http://a"))).args
again(httpx.USE_CLIENT_DEFAULT).__class__.__name__
[len(pickle.dumps(URL("http://a"), protocol=p)) > 0 for p in range(6)]
"""  # noqa: E501


@program
def response_of_a_client():
    def answer(request):
        if request.url.path == "/a":
            return httpx.Response(302, headers={"Location": "/b"})
        return httpx.Response(200, json={"x": 1}, headers={"Set-Cookie": "s=1"})

    response = client(answer, follow_redirects=True).get("http://h/a")
    copied = again(response)
    return [
        copied.json(),
        repr(copied.history),
        copied.url,
        copied.request.method,
        copied.extensions,
        copied.is_closed,
    ]


@program
def elapsed_survives():
    from ..helpers import Chunks

    response = client(lambda r: httpx.Response(200, stream=Chunks(b"x"))).get("http://h/a")
    return [again(response).elapsed == response.elapsed]


@program
def client_is_not_copied():
    try:
        return type(copy.copy(httpx.Client())).__name__
    except Exception as error:
        return failure(error)


@program
def status_error_of_a_client():
    response = client(lambda r: httpx.Response(404)).get("http://h/a")
    try:
        response.raise_for_status()
    except httpx.HTTPStatusError as caught:
        error = caught
        return attempt(lambda: again(error).response.status_code)
