"""Response: constructor, properties, encodings, links, status errors, JSON."""

from ..helpers import attempt, httpx, raw
from ..table import program

PROGRAMS = r"""
Response(200), Response(404), Response(999), Response(0), Response(100)
Response("200")
Response(None)
Response(codes.OK).status_code, Response(codes.OK)
Response(200.0)
Response()
Response(200, b"x")
Response(200, nope=1)
raw(Response(200).headers), raw(Response(200, content=b"").headers), raw(Response(200, content=b"hi").headers)
raw(Response(200, text="é").headers), Response(200, text="é").content, Response(200, text="").content, raw(Response(200, text="").headers)
raw(Response(200, html="<b>é").headers), raw(Response(200, json={"a": 1}).headers), Response(200, json={"a": "é"}).content
Response(200, json=None).content, Response(200, json=[]).content, raw(Response(200, json={}).headers), Response(200, json=float("nan")).content
Response(200, content=b"c", text="t", html="h", json=1).content, Response(200, text="t", html="h", json=1).content, Response(200, html="h", json=1).content
raw(Response(200, headers={"Content-Type": "x/y", "A": "1"}, json=1).headers)
raw(Response(200, headers={"Content-Length": "99"}, content=b"x").headers)
raw(Response(200, headers=[("A", "1"), ("a", "2")], content=b"x").headers)
raw(Response(200, headers={"Transfer-Encoding": "chunked"}, content=b"x").headers)
raw(Response(200, content=pieces(b"x")).headers), raw(Response(200, content=[b"x"]).headers), raw(Response(200, content=apieces(b"x")).headers)
raw(Response(200, stream=ByteStream(b"x")).headers)
Response(200, content={"a": 1})
Response(200, content=1)
Response(200, content="text").content, raw(Response(200, content="text").headers)
r = Response(200, content=b"hi"); (r.is_closed, r.is_stream_consumed, r.num_bytes_downloaded, r.content, r.text, r.read(), type(r.stream).__name__)
r = Response(200); (r.is_closed, r.is_stream_consumed, r.content, r.text)
r = Response(200, content=pieces(b"h", b"i")); (r.is_closed, r.is_stream_consumed, hasattr(r, "_content"), r.read(), r.is_closed, r.is_stream_consumed, r.num_bytes_downloaded, r.content)
Response(200, content=pieces(b"hi")).content
Response(200, content=pieces(b"hi")).text
Response(200, content=pieces(b"hi")).json()
Response(200, stream=ByteStream(b"hi")).read()
Response(200).request
Response(200).url
Response(200)._request
r = Response(200, request=Request("GET", "http://a/b")); (r.request, r.url, r._request)
r = Response(200); r.request = Request("GET", "http://a/"); r.url
Response(200).http_version, Response(200, extensions={"http_version": b"HTTP/2"}).http_version
Response(200).reason_phrase, Response(299).reason_phrase, Response(200, extensions={"reason_phrase": b"Fine \xff"}).reason_phrase
Response(200, extensions={"reason_phrase": b"Fine"})
Response(200).extensions, Response(200).history, Response(200).next_request, Response(200).default_encoding
e = {"a": 1}; (Response(200, extensions=e).extensions is e, Response(200, extensions=e).extensions)
h = []; Response(200, history=h).history is h, Response(200, history=[Response(301)]).history
Response(200).elapsed
Response(200).num_bytes_downloaded
[(c, Response(c).is_informational, Response(c).is_success, Response(c).is_redirect, Response(c).is_client_error, Response(c).is_server_error, Response(c).is_error) for c in (100, 200, 299, 300, 304, 399, 400, 499, 500, 599, 600)]
[c for c in range(100, 600) if Response(c, headers={"Location": "/"}).has_redirect_location]
Response(301).has_redirect_location, Response(201, headers={"Location": "/"}).has_redirect_location
Response(200, content="é".encode()).encoding, Response(200, content="é".encode()).text
Response(200, headers={"Content-Type": "text/plain; charset=latin-1"}, content=b"\xe9").text
Response(200, headers={"Content-Type": "text/plain; charset=latin-1"}, content=b"\xe9").encoding, Response(200, headers={"Content-Type": "text/plain; charset=latin-1"}).charset_encoding
Response(200, headers={"Content-Type": 'text/plain; charset="UTF-16"'}).encoding, Response(200, headers={"Content-Type": "text/plain; Charset=ascii"}).charset_encoding
Response(200, headers={"Content-Type": "text/plain; charset=nope"}, content=b"\xe9").encoding, Response(200, headers={"Content-Type": "text/plain; charset=nope"}).charset_encoding
Response(200, headers={"Content-Type": "text/plain; charset="}).charset_encoding, Response(200, headers={"Content-Type": "text/plain;;charset=utf-8;"}).charset_encoding, Response(200).charset_encoding, Response(200, headers={"Content-Type": ""}).charset_encoding
Response(200, headers={"Content-Type": "text/plain; charset='utf-8'"}).charset_encoding, Response(200, headers={"Content-Type": "text/plain; charset=utf-8; charset=ascii"}).charset_encoding
Response(200, headers={"Content-Type": "text/plain; charset=base64"}, content=b"x").encoding
Response(200, headers={"Content-Type": "text/plain; charset*=utf-8''latin-1"}).charset_encoding
Response(200, content=b"\xff\xfe").text, Response(200, content=b"\xe9", default_encoding="latin-1").text
Response(200, content=b"\xe9", default_encoding=lambda c: "latin-1").text, Response(200, content=b"\xe9", default_encoding=lambda c: None).encoding
Response(200, content=b"\xe9", default_encoding="nope").text
Response(200, headers={"Content-Type": "text/plain; charset=ascii"}, content=b"\xe9", default_encoding="latin-1").text
r = Response(200, content=b"\xe9"); r.encoding = "latin-1"; (r.encoding, r.text)
r = Response(200, content=b"\xe9"); r.text; r.encoding = "latin-1"
r = Response(200, content=b"\xe9"); r.encoding = "latin-1"; r.text; r.encoding = "latin-1"
r = Response(200, content=b"x"); r.encoding = "nope"; r.text
r = Response(200, content=b"x"); r.encoding = None; r.text
Response(200, content=b"\xef\xbb\xbfx").text, Response(200, content="x".encode("utf-16")).text
Response(200, json={"a": [1, 2]}).json(), Response(200, content=b'"\xc3\xa9"').json(), Response(200, content='"é"'.encode("utf-16")).json(), Response(200, content='"é"'.encode("utf-32-le")).json()
Response(200, content=b"\xef\xbb\xbf1").json()
Response(200, content=b"").json()
Response(200, content=b"{").json()
Response(200, content=b'"\xff"').json()
Response(200, content=b'{"a": 1.5}').json(parse_float=str), Response(200, content=b"[1]").json(object_hook=None)
Response(200, content=b"[1]").json(nope=1)
Response(200, headers={"Content-Type": "application/json; charset=latin-1"}, content=b'"\xc3\xa9"').json()
Response(200, headers={"Link": '<http://x/?p=2>; rel="next", <http://x/?p=9>; rel="last"'}).links
Response(200, headers={"Link": "<http://x>; rel=next; title=\"a,b;c\"; foo"}).links
Response(200, headers={"Link": "<http://x>"}).links, Response(200, headers={"Link": ""}).links, Response(200).links, Response(200, headers={"Link": "nonsense"}).links
Response(200, headers=[("Link", '<a>; rel="x"'), ("Link", "<b>; rel='y'")]).links
Response(200, headers={"Link": '<a>; rel="x", <b>; rel="x"'}).links, Response(200, headers={"Link": '<a>; REL="x" ; type=y'}).links
Response(200).raise_for_status()
r = Response(200, request=Request("GET", "http://a/")); r.raise_for_status() is r
Response(404, request=Request("GET", "http://a/b?c")).raise_for_status()
Response(500, request=Request("GET", "http://a/")).raise_for_status()
Response(301, request=Request("GET", "http://a/"), headers={"Location": "/x"}).raise_for_status()
Response(304, request=Request("GET", "http://a/")).raise_for_status()
Response(300, request=Request("GET", "http://a/"), headers={"Location": "/x"}).raise_for_status()
Response(101, request=Request("GET", "http://a/")).raise_for_status()
Response(600, request=Request("GET", "http://a/")).raise_for_status()
Response(99, request=Request("GET", "http://a/")).raise_for_status()
Response(499, request=Request("GET", "http://a/")).raise_for_status()
Response(404, request=Request("GET", "http://u:secret@a/")).raise_for_status()
Response(404, request=Request("GET", "http://a/"), extensions={"reason_phrase": b"Gone Fishing"}).raise_for_status()
r = Response(200, content=b"x"); r.anything = 1; r.anything
Response(200) == Response(200)
r = Response(200, content=b"x"); r.status_code = 404; (r, r.is_error)
r = Response(200, content=b"old"); r._content = b"new"; (r.content, r.text)
r = Response(200, content=b"x"); r.read(); del r._content; hasattr(r, "_content")
r = Response(200, content=b"x"); r.text; r._content = b"y"; r.text
r = Response(200, content=pieces(b"x")); r._num_bytes_downloaded = 5; r.num_bytes_downloaded
r = Response(200, content=b"x"); r.headers["X"] = "1"; r.headers = Headers({"a": "b"}); r.headers
Response(200, headers={"a": 1})
Response(200, headers="x")
Response(204, content=b"x").content, Response(304, json=1).headers.get("content-length")
bool(Response(404)), str(Response(200)), hash(Response(200)) is not None
repr(Response(200, text="x").stream)[:20], type(Response(200, stream=Chunks(b"x")).stream).__name__
arun(Response(200, content=b"x").aread()), arun(Response(200, content=apieces(b"a", b"b")).aread())
r = Response(200, content=b"x"); r.close(), r.is_closed, arun(aattempt(Response(200, content=b"x").aclose()))
r = Response(200, content=b"x" * 100, headers={"Content-Length": "100"}); (r.num_bytes_downloaded, len(r.read()), r.num_bytes_downloaded)
"""  # noqa: E501


@program
def status_error_attributes():
    request = httpx.Request("GET", "http://a/")
    response = httpx.Response(404, request=request)
    try:
        response.raise_for_status()
    except httpx.HTTPStatusError as error:
        return [error.request is request, error.response is response, error.args, repr(error)]


@program
def all_status_texts():
    request = httpx.Request("GET", "http://a/")
    answer = []
    for code in (100, 103, 199, 300, 302, 307, 399, 400, 401, 418, 422, 451, 500, 503, 511, 599):
        answer.append(attempt(httpx.Response(code, request=request).raise_for_status))
    return answer


@program
def constructor_order_of_headers():
    response = httpx.Response(200, headers={"X": "1"}, json={"a": 1})
    return raw(response.headers)
