"""Request: constructor, automatic headers and their order, body choice, reading."""

from ..helpers import AChunks, apieces, arun, httpx, raw
from ..table import program

PROGRAMS = r"""
Request("GET", "http://a.com/x")
repr(Request("get", "http://u:p@a.com/x?y"))
Request("get", "http://a.com").method, Request("pOsT", "http://a.com").method, Request("custom verb", "http://a").method
Request(b"GET", "http://a.com").method
Request(None, "http://a.com")
Request(1, "http://a.com")
Request("GET", None)
Request("GET", b"http://a")
Request("GET", "")
Request("GET", "/relative").url, raw(Request("GET", "/relative").headers)
Request("GET", URL("http://a.com")).url
Request("GET", "http://a.com:8080/x", params={"a": 1}).url, Request("GET", "http://a/?x=1", params={"a": 1}).url, Request("GET", "http://a/?x=1", params={}).url, Request("GET", "http://a/?x=1", params=None).url
Request("GET", "http://a/", params="x=1&y").url, Request("GET", "http://a/", params=b"x=1").url, Request("GET", "http://a/", params=[("a", 1)]).url
raw(Request("GET", "http://u:p@a.com:8080/x").headers)
raw(Request("GET", "http://a.com:80/x").headers), raw(Request("GET", "https://a.com:80/x").headers)
raw(Request("GET", "http://[::1]:8080/").headers), raw(Request("GET", "http://é.com/").headers)
raw(Request("POST", "http://a").headers), raw(Request("PUT", "http://a").headers), raw(Request("PATCH", "http://a").headers), raw(Request("DELETE", "http://a").headers), raw(Request("QUERY", "http://a").headers)
raw(Request("GET", "http://a", headers={"X": "1", "hOsT": "b"}).headers)
raw(Request("GET", "http://a", headers={"X": "1"}).headers)
raw(Request("GET", "http://a", headers=[("X", "1"), ("x", "2")]).headers)
raw(Request("POST", "http://a", headers={"Content-Length": "5"}).headers)
raw(Request("POST", "http://a", headers={"Transfer-Encoding": "chunked"}).headers)
raw(Request("POST", "http://a", content=b"hi", headers={"Transfer-Encoding": "chunked"}).headers)
raw(Request("POST", "http://a", content=pieces(b"hi"), headers={"Content-Length": "2"}).headers)
raw(Request("POST", "http://a", content=b"hi", headers={"Content-Length": "9"}).headers)
raw(Request("POST", "http://a", content=b"hi", headers={"X": "1"}).headers)
raw(Request("POST", "http://a", content=b"").headers), raw(Request("POST", "http://a", content="").headers), raw(Request("GET", "http://a", content=b"").headers)
raw(Request("GET", "http://a", content="é").headers), Request("GET", "http://a", content="é").content
raw(Request("POST", "http://a", json={"a": 1}).headers), Request("POST", "http://a", json={"a": 1}).content
raw(Request("POST", "http://a", json={"a": 1}, headers={"Content-Type": "x/y"}).headers)
Request("POST", "http://a", json={"a": "é", "b": [1, 2.5, None, True], "c": {}}).content
Request("POST", "http://a", json=float("nan"))
Request("POST", "http://a", json=float("inf"))
Request("POST", "http://a", json=None).content, raw(Request("POST", "http://a", json=None).headers)
Request("POST", "http://a", json={}).content, Request("POST", "http://a", json=[]).content, Request("POST", "http://a", json=0).content, Request("POST", "http://a", json=False).content, Request("POST", "http://a", json="").content
Request("POST", "http://a", json=object())
Request("POST", "http://a", json=b"x")
Request("POST", "http://a", json={1: 2, None: 3}).content
raw(Request("POST", "http://a", data={"a": "1", "b": ["2", "3"], "c": None, "d": True, "e": 1.5}).headers), Request("POST", "http://a", data={"a": "1", "b": ["2", "3"], "c": None, "d": True, "e": 1.5}).content
Request("POST", "http://a", data={"a b": "c d&é/~*"}).content
Request("POST", "http://a", data={}).content, raw(Request("POST", "http://a", data={}).headers)
Request("POST", "http://a", data={"a": []}).content, raw(Request("POST", "http://a", data={"a": []}).headers)
Request("POST", "http://a", data={"a": ("x", "y")}).content, Request("POST", "http://a", data={"a": b"x"}).content, Request("POST", "http://a", data={1: 2}).content
Request("POST", "http://a", data={"a": {"b": 1}}).content
Request("POST", "http://a", data={"a": ["x", None, False]}).content
Request("POST", "http://a", data=b"raw").content
Request("POST", "http://a", data="raw").content
raw(Request("POST", "http://a", data=b"raw").headers)
Request("POST", "http://a", data=pieces(b"x")).headers.get("transfer-encoding")
Request("POST", "http://a", data=[("a", "1"), ("a", "2")]).read()
Request("POST", "http://a", data=5)
Request("POST", "http://a", content={"a": 1})
Request("POST", "http://a", content=5)
Request("POST", "http://a", content=["a"]).read()
Request("POST", "http://a", content=[b"a", b"b"]).read(), raw(Request("POST", "http://a", content=[b"a"]).headers)
Request("POST", "http://a", content=bytearray(b"ab")).read()
Request("POST", "http://a", content=memoryview(b"ab")).read()
raw(Request("POST", "http://a", content=io.BytesIO(b"hello")).headers), Request("POST", "http://a", content=io.BytesIO(b"hello")).read()
raw(Request("POST", "http://a", content=io.BytesIO(b"")).headers)
f = io.BytesIO(b"hello"); f.seek(2); r = Request("POST", "http://a", content=f); (r.headers["content-length"], r.read())
Request("POST", "http://a", content=io.StringIO("hello")).headers.get("content-length")
raw(Request("POST", "http://a", content=apieces(b"x")).headers)
Request("POST", "http://a", content=b"a", data={"x": 1}, json={}).content
Request("POST", "http://a", data={"x": 1}, json={"y": 2}).content
Request("POST", "http://a", files={}, data={"x": 1}).content
Request("POST", "http://a", files={}, json={"x": 1}).content
Request("POST", "http://a", files=[], data={}).content
Request("POST", "http://a", content=b"c", files={"f": b"x"}).content
raw(Request("POST", "http://a", stream=ByteStream(b"hi")).headers), Request("POST", "http://a", stream=ByteStream(b"hi")).read()
raw(Request("POST", "http://a", stream=ByteStream(b"hi"), headers={"A": "1"}).headers)
Request("POST", "http://a", stream=ByteStream(b"hi")).content
Request("POST", "http://a", content=pieces(b"hi")).content
r = Request("POST", "http://a", content=pieces(b"h", b"i")); (r.read(), r.content, r.read(), type(r.stream).__name__, list(r.stream))
r = Request("POST", "http://a", content=pieces(b"hi")); list(r.stream); list(r.stream)
r = Request("POST", "http://a", content=pieces(b"hi")); list(r.stream); r.read()
Request("GET", "http://a").content, Request("GET", "http://a").read(), type(Request("GET", "http://a").stream).__name__
hasattr(Request("GET", "http://a"), "_content"), hasattr(Request("GET", "http://a", content=pieces(b"")), "_content")
arun(Request("POST", "http://a", content=b"hi").aread())
arun(Request("POST", "http://a", content=pieces(b"hi")).aread())
Request("POST", "http://a", content=apieces(b"hi")).read()
r = Request("POST", "http://a", content=apieces(b"h", b"i")); (arun(r.aread()), r.content, type(r.stream).__name__)
Request("GET", "http://a").extensions, Request("GET", "http://a", extensions={"a": 1}).extensions
e = {"a": 1}; r = Request("GET", "http://a", extensions=e); (r.extensions is e, r.extensions == e)
r = Request("GET", "http://a"); r.method = "x"; r.url = URL("http://b"); r.headers = Headers({"a": "1"}); (r, r.headers)
r = Request("GET", "http://a"); r.anything = 1; r.anything
Request("GET", "http://a") == Request("GET", "http://a")
Request("GET", "http://a", headers={"a": 1})
Request("GET", "http://a", headers=5)
Request("GET", "http://a", nope=1)
Request("GET")
Request("GET", "http://a", {})
raw(Request("GET", "http://a", cookies={"a": "1"}, headers={"X": "1"}).headers)
raw(Request("POST", "http://a", cookies={"a": "1"}, json=1).headers)
raw(Request("POST", "http://a", headers={"Content-Type": "text/plain", "X": "1"}, data={"a": 1}).headers)
Request("GET", "http://a\n")
Request("GET", "http://[")
Request("GET", "http://a", cookies="x")
Request("GET", "http://a", content=None, data=None, files=None, json=None, params=None, headers=None, cookies=None, stream=None, extensions=None)
type(Request("POST", "http://a", content=b"x").stream).__name__, type(Request("POST", "http://a", content=pieces(b"x")).stream).__name__, type(Request("POST", "http://a", content=apieces(b"x")).stream).__name__, type(Request("POST", "http://a", files={"a": b"x"}).stream).__name__
Request("HEAD", "http://a", content=b"x").headers["content-length"], Request("DELETE", "http://a", json=1).content
list(ByteStream(b"x")), list(ByteStream(b""))
ByteStream("x")
ByteStream(b"x").close(), sig(ByteStream)
SyncByteStream().close(), list(SyncByteStream())
arun(AsyncByteStream().aclose())
"""  # noqa: E501


@program
def file_on_disk():
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(b"0123456789")
        file.flush()
        with open(file.name, "rb") as opened:
            request = httpx.Request("PUT", "http://a", content=opened)
            return [*raw(request.headers), request.read()]


@program
def pipe_has_no_length():
    import os

    reader, writer = os.pipe()
    os.write(writer, b"abc")
    os.close(writer)
    with open(reader, "rb") as opened:
        request = httpx.Request("PUT", "http://a", content=opened)
        return raw(request.headers)


@program
def big_file_pieces():
    import io

    request = httpx.Request("PUT", "http://a", content=io.BytesIO(b"x" * 150_000))
    return [len(piece) for piece in request.stream]


@program
def unsized_reader():
    class Reader:
        def __init__(self):
            self.left = [b"ab", b"cd", b""]

        def read(self, size):
            return self.left.pop(0)

    return [repr(type(httpx.Request("PUT", "http://a", content=Reader())))]


@program
def iterable_object_replays():
    class Twice:
        def __iter__(self):
            yield b"ab"

    request = httpx.Request("PUT", "http://a", content=Twice())
    return [*raw(request.headers), list(request.stream), request.read()]


@program
def sized_iterable():
    class Sized:
        def __len__(self):
            return 2

        def __iter__(self):
            yield b"ab"

    return raw(httpx.Request("PUT", "http://a", content=Sized()).headers)


@program
def async_stream_read_by_aread():
    request = httpx.Request("PUT", "http://a", stream=AChunks(b"a", b"b"))
    return [arun(request.aread()), request.content, raw(request.headers)]


@program
def async_generator_consumed():
    async def main():
        request = httpx.Request("PUT", "http://a", content=apieces(b"ab"))
        first = [piece async for piece in request.stream]
        try:
            return [first, [piece async for piece in request.stream]]
        except httpx.StreamConsumed as error:
            return [first, str(error)]

    return arun(main())
