"""Requests and responses made by hand: bodies, headers, text, encodings, lines, states."""

from ..helpers import httpx
from ..table import program

PROGRAMS = r"""
r = Request("get", "http://e.com/"); (r.method, r.url, r.headers, r.extensions, r.content, r)
Request("GET", URL("http://e.com")).url, Request(b"GET", "http://e.com").method
Request("GET", "http://e.com", params={"a": "1"}).url, Request("GET", "http://e.com?b=2", params={"a": "1"}).url, Request("GET", "http://e.com?b=2", params={}).url, Request("GET", "http://e.com?b=2", params=None).url
Request("GET", 5)
Request(5, "http://e.com")
Request("GET")
raw(Request("GET", "http://e.com:80/").headers), raw(Request("GET", "http://e.com:81/").headers), raw(Request("GET", "https://e.com:443").headers)
raw(Request("GET", "http://u:p@e.com").headers), raw(Request("GET", "http://[::1]:81").headers), raw(Request("GET", "http://ü.de").headers)
raw(Request("GET", "http://e.com", headers={"Host": "x"}).headers), raw(Request("GET", "http://e.com", headers={"a": "1", "HOST": "x"}).headers)
[raw(Request(m, "http://e.com").headers) for m in ("GET", "HEAD", "OPTIONS", "DELETE", "POST", "PUT", "PATCH", "post", "TRACE", "QUERY")]
raw(Request("POST", "http://e.com", content=b"").headers), raw(Request("GET", "http://e.com", content=b"").headers), raw(Request("POST", "http://e.com", content="").headers)
raw(Request("POST", "http://e.com", content=b"x", headers={"Content-Length": "9"}).headers), raw(Request("POST", "http://e.com", content=pieces(b"x"), headers={"Content-Length": "1"}).headers)
raw(Request("POST", "http://e.com", content=b"x", headers={"Transfer-Encoding": "chunked"}).headers)
raw(Request("POST", "http://e.com", json={"a": 1}, headers={"Content-Type": "x/y"}).headers)
raw(Request("POST", "http://e.com", data={"a": "1"}, headers={"content-type": "x/y"}).headers)
texts(Request("POST", "http://e.com", json={"a": [1, 2.5, None, True, "é"]}))
texts(Request("POST", "http://e.com", json=None)), texts(Request("POST", "http://e.com", json=0)), texts(Request("POST", "http://e.com", json=""))
texts(Request("POST", "http://e.com", json=[])), texts(Request("POST", "http://e.com", json={}))
Request("POST", "http://e.com", json=float("nan"))
Request("POST", "http://e.com", json=object())
texts(Request("POST", "http://e.com", data={"a": "1", "b": ["2", "3"], "c": ("4",), "d": None, "e": True, "f": 1.5, "g": b"x"}))
texts(Request("POST", "http://e.com", data={"a b": "c&d=é+/"}))
texts(Request("POST", "http://e.com", data={})), texts(Request("POST", "http://e.com", files={})), texts(Request("POST", "http://e.com", data={}, files={}, json={"a": 1}))
texts(Request("POST", "http://e.com", data={"a": "1"}, json={"b": 2})), texts(Request("POST", "http://e.com", content=b"c", data={"a": "1"}))
texts(Request("POST", "http://e.com", data=b"raw"))
texts(Request("POST", "http://e.com", data="raw"))
texts(Request("POST", "http://e.com", data=pieces(b"a", b"b")))
texts(Request("POST", "http://e.com", content=[b"a", b"b"])), texts(Request("POST", "http://e.com", content=(b"a",)))
texts(Request("POST", "http://e.com", content=io.BytesIO(b"abc")))
Request("POST", "http://e.com", content={"a": 1})
Request("POST", "http://e.com", content=5)
Request("POST", "http://e.com", content=object())
Request("POST", "http://e.com", content=True)
r = Request("POST", "http://e.com", content=pieces(b"a", b"b")); r.content
r = Request("POST", "http://e.com", content=pieces(b"a", b"b")); (r.read(), r.content, r.read(), list(r.stream))
r = Request("POST", "http://e.com", content=apieces(b"a", b"b")); (arun(r.aread()), r.content)
r = Request("POST", "http://e.com", content=b"x"); (arun(r.aread()), type(r.stream).__name__, list(r.stream), arun(gathered(r.stream)))
r = Request("POST", "http://e.com", content=pieces(b"a")); list(r.stream), list(r.stream)
r = Request("POST", "http://e.com", stream=ByteStream(b"x")); (raw(r.headers), r.read())
r = Request("POST", "http://e.com", stream=Chunks(b"a", b"b"), headers={"X": "1"}); (raw(r.headers), hasattr(r, "_content"), r.read())
e = {"a": 1}; r = Request("GET", "http://e.com", extensions=e); (r.extensions, r.extensions is e)
Request("GET", "http://e.com", extensions=None).extensions
r = Request("GET", "http://e.com"); r.headers = {"a": "1"}; r.headers
r = Request("GET", "http://e.com"); r.url = "x"; r.method = "y"; r
Request("GET", "http://e.com", nope=1)
Request("GET", "http://e.com", None, {"a": "1"})
Request("GET", "http://e.com") == Request("GET", "http://e.com")
hasattr(Request("GET", "http://e.com"), "_content"), hasattr(Request("POST", "http://e.com", content=pieces(b"")), "_content"), hasattr(Request("POST", "http://e.com", content=io.BytesIO(b"x")), "_content"), hasattr(Request("POST", "http://e.com", files={"a": b"x"}), "_content")
[type(Request("POST", "http://e.com", **k).stream).__name__ for k in ({}, {"content": b"x"}, {"content": "x"}, {"content": [b"x"]}, {"content": pieces(b"x")}, {"content": apieces(b"x")}, {"content": io.BytesIO(b"x")}, {"json": {}}, {"data": {"a": "1"}}, {"files": {"a": b"x"}})]
vars(Request("GET", "http://e.com")).keys(), vars(Request("POST", "http://e.com", content=pieces(b""))).keys()
r = Response(200); (r.status_code, r.headers, r.content, r.text, r.is_closed, r.is_stream_consumed, r.history, r.extensions, r.next_request, r.num_bytes_downloaded, r.default_encoding, r.http_version, r.reason_phrase, r.encoding, r.charset_encoding)
Response(200, content=b"x"), Response(404), Response(999), Response(299), Response(418), Response(100)
Response("200")
Response()
Response(200, b"x")
Response(200, nope=1)
[raw(Response(200, **k).headers) for k in ({}, {"content": b"x"}, {"content": b""}, {"content": "é"}, {"text": "é"}, {"html": "<p>"}, {"json": {"a": 1}}, {"content": pieces(b"x")}, {"content": [b"a"]}, {"text": ""})]
[Response(200, **k).content for k in ({"text": "é"}, {"html": "<p>é"}, {"json": {"é": [1, None]}}, {"content": "é"}, {"content": b"c", "text": "t"}, {"text": "t", "json": 1}, {"json": 0})]
raw(Response(200, headers={"Content-Type": "x/y"}, text="t").headers), raw(Response(200, headers=[("A", "1"), ("A", "2")], json=[]).headers)
Response(200, content=5)
Response(200, content={"a": 1})
Response(200, json=float("inf"))
r = Response(200, content=pieces(b"a", b"b")); (r.is_closed, r.is_stream_consumed, r.read(), r.is_closed, r.is_stream_consumed, r.content, r.num_bytes_downloaded)
r = Response(200, content=pieces(b"a")); r.content
r = Response(200, content=pieces(b"a")); r.text
r = Response(200, content=pieces(b"a")); r.json()
r = Response(200, content=pieces(b"a")); r.close(); r.read()
r = Response(200, content=pieces(b"a")); r.close(); (r.is_closed, r.is_stream_consumed)
r = Response(200, content=pieces(b"a", b"b")); (list(r.iter_raw()), r.is_closed, r.is_stream_consumed, r.num_bytes_downloaded)
r = Response(200, content=pieces(b"a", b"b")); list(r.iter_raw()); list(r.iter_raw())
r = Response(200, content=pieces(b"a", b"b")); list(r.iter_bytes()); r.read()
r = Response(200, content=pieces(b"a", b"b")); list(r.iter_bytes()); r.content
r = Response(200, content=b"ab"); list(r.iter_raw())
r = Response(200, content=b"ab"); (list(r.iter_bytes()), list(r.iter_bytes(1)), list(r.iter_bytes()), list(r.iter_text()), list(r.iter_lines()))
r = Response(200, content=apieces(b"a")); r.read()
r = Response(200, content=apieces(b"a")); list(r.iter_raw())
r = Response(200, content=apieces(b"a")); list(r.iter_bytes())
r = Response(200, content=apieces(b"a")); r.close()
r = Response(200, content=pieces(b"a")); arun(r.aread())
r = Response(200, content=pieces(b"a")); arun(gathered(r.aiter_raw()))
r = Response(200, content=pieces(b"a")); arun(gathered(r.aiter_text()))
r = Response(200, content=pieces(b"a")); arun(r.aclose())
r = Response(200, content=apieces(b"a", b"b")); (arun(r.aread()), r.content, r.is_closed)
r = Response(200, content=apieces(b"a", b"b")); arun(r.aclose()); (r.is_closed, r.is_stream_consumed)
r = Response(200, content=apieces(b"ab", b"cd")); arun(gathered(r.aiter_raw(3)))
r = Response(200, content=apieces(b"ab", b"cd")); arun(gathered(r.aiter_bytes(3)))
r = Response(200, content=apieces(b"ab", b"cd")); arun(gathered(r.aiter_text(3)))
r = Response(200, content=apieces(b"a\nb", b"c\n")); arun(gathered(r.aiter_lines()))
r = Response(200, content=b"abcd"); (arun(gathered(r.aiter_bytes(3))), arun(gathered(r.aiter_text(3))), arun(gathered(r.aiter_lines())))
[[list(Response(200, content=pieces(*p)).iter_raw(n)) for n in (None, 1, 2, 3, 5, 10)] for p in ((b"abc", b"de"), (b"", b"a", b""), ())]
[[list(Response(200, content=pieces(*p)).iter_bytes(n)) for n in (None, 1, 2, 3, 5, 10)] for p in ((b"abc", b"de"), (b"", b"a", b""), ())]
[[list(Response(200, content=pieces(*p)).iter_text(n)) for n in (None, 1, 2, 3, 5, 10)] for p in ((b"abc", b"de"), (b"", b"a", b""), (b"\xc3", b"\xa9"))]
[list(Response(200, content=b"abcde").iter_bytes(n)) for n in (None, 1, 2, 5, 6)], [list(Response(200, content=b"").iter_bytes(n)) for n in (None, 1)]
[list(Response(200, content="aéb".encode()).iter_text(n)) for n in (None, 1, 2, 3, 6)]
[list(Response(200, content=pieces(*p)).iter_lines()) for p in ((b"a\nb\n\nc",), (b"a\r\nb\rc\r",), (b"a\r", b"\nb"), (b"\n",), (b"",), (b"a\x0bb\x0cc\x1cd\x1de\x1ef",), ("a\u2028b\u2029c\x85d".encode(),), (b"a", b"b", b"\n", b"c"))]
r = Response(200, content=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"}); (r.content, r.num_bytes_downloaded, raw(r.headers))
r = Response(200, content=pieces(gzip.compress(b"hello")), headers={"Content-Encoding": "gzip"}); (r.read(), r.num_bytes_downloaded == len(gzip.compress(b"hello")))
r = Response(200, content=pieces(gzip.compress(b"hello")), headers={"Content-Encoding": "gzip"}); b"".join(r.iter_raw()) == gzip.compress(b"hello")
Response(200, content=zlib.compress(b"hello"), headers={"Content-Encoding": "deflate"}).content, Response(200, content=zlib.compress(b"hello")[2:-4], headers={"Content-Encoding": "deflate"}).content
Response(200, content=gzip.compress(zlib.compress(b"hello")), headers={"Content-Encoding": "deflate, gzip"}).content
Response(200, content=b"x", headers={"Content-Encoding": "nope"}).content, Response(200, content=b"x", headers={"Content-Encoding": ""}).content, Response(200, content=b"x", headers={"Content-Encoding": "identity"}).content
Response(200, content=gzip.compress(b"x"), headers={"Content-Encoding": "GZIP"}).content, Response(200, content=gzip.compress(b"x"), headers=[("Content-Encoding", "nope"), ("Content-Encoding", "gzip")]).content
Response(200, content=b"", headers={"Content-Encoding": "gzip"}).content, Response(200, content=b"", headers={"Content-Encoding": "br"}).content, Response(200, content=b"", headers={"Content-Encoding": "deflate"}).content, Response(200, content=b"", headers={"Content-Encoding": "zstd"}).content
Response(200, content=b"invalid", headers={"Content-Encoding": "gzip"})
Response(200, content=b"invalid", headers={"Content-Encoding": "deflate"})
Response(200, content=b"invalid", headers={"Content-Encoding": "br"})
Response(200, content=b"invalid", headers={"Content-Encoding": "zstd"})
r = Response(200, content=pieces(b"invalid"), headers={"Content-Encoding": "gzip"}); r.read()
r = Response(200, content=apieces(b"invalid"), headers={"Content-Encoding": "br"}); arun(r.aread())
import brotli; Response(200, content=brotli.compress(b"hello"), headers={"Content-Encoding": "br"}).content
import zstandard; Response(200, content=zstandard.compress(b"hello"), headers={"Content-Encoding": "zstd"}).content
import zstandard; Response(200, content=zstandard.compress(b"a") + zstandard.compress(b"b"), headers={"Content-Encoding": "zstd"}).content
import zstandard; Response(200, content=zstandard.compress(b"hello")[:-1], headers={"Content-Encoding": "zstd"})
import zstandard; [b"".join(Response(200, content=iter([zstandard.compress(b"hello")[:n], zstandard.compress(b"hello")[n:]]), headers={"Content-Encoding": "zstd"}).iter_bytes()) for n in (0, 1, 5, 9)]
import brotli; Response(200, content=zlib.compress(brotli.compress(b"x")), headers={"Content-Encoding": "br, deflate"}).content
[(t, Response(200, headers={"Content-Type": t}, content="é€".encode()).encoding, Response(200, headers={"Content-Type": t}, content="é€".encode()).charset_encoding) for t in ("text/plain", "text/plain; charset=utf-8", "text/plain; charset=UTF-8", "text/plain;charset=latin-1", 'text/plain; charset="latin-1"', "text/plain; charset='x'", "text/plain; charset=", "text/plain; charset=nope", "text/plain; x=y; charset=ascii", "application/json", "", "; charset=utf-16", "text/plain; Charset=utf-8", "text/plain charset=utf-8")]
[Response(200, headers={"Content-Type": f"text/plain; charset={c}"}, content=b"\xe9\xff").text for c in ("latin-1", "utf-8", "ascii", "cp1252", "iso-8859-15", "nope")]
Response(200, content="é".encode("utf-16")).text, Response(200, content="é".encode("latin-1")).text, Response(200, content=b"\xff\xfe").text
Response(200, content="é".encode("latin-1"), default_encoding="latin-1").text, Response(200, content=b"x", default_encoding="nope").text
Response(200, content=b"x", default_encoding="nope").encoding
Response(200, content="é".encode("latin-1"), default_encoding=lambda b: "latin-1").text, Response(200, content=b"x", default_encoding=lambda b: repr(len(b))).encoding
Response(200, content=b"\xe9", default_encoding=lambda b: None).text
Response(200, headers={"Content-Type": "text/plain; charset=utf-8"}, content="é".encode(), default_encoding=lambda b: "ascii").text
list(Response(200, content=pieces("é".encode("latin-1")), default_encoding="latin-1").iter_text()), list(Response(200, content=pieces("é".encode()), default_encoding=lambda b: "latin-1").iter_text())
r = Response(200, content="é".encode("latin-1")); r.encoding = "latin-1"; (r.text, r.encoding)
r = Response(200, content="é".encode("latin-1")); r.text; r.encoding = "latin-1"
r = Response(200, content=b"x"); r.encoding = "nope"; r.text
r = Response(200, content=b"x"); r.encoding = None; (r.encoding, r.text)
r = Response(200, content=b"x"); r.encoding = 5; r.encoding
Response(200, content=b'{"a": 1}').json(), Response(200, content='{"a": "é"}'.encode("utf-16")).json(), Response(200, content='"é"'.encode("utf-32")).json(), Response(200, content=b'\xef\xbb\xbf{"a": 1}')
Response(200, content=b'\xef\xbb\xbf{"a": 1}').json()
Response(200, content=b"{").json()
Response(200, content=b"").json()
Response(200, content=b"1.5").json(parse_float=str), Response(200, content=b'{"a": 1}').json(object_pairs_hook=list)
Response(200, content=b"\xff").json()
Response(200, headers={"Content-Type": "application/json; charset=latin-1"}, content='"é"'.encode("latin-1")).json()
[[getattr(Response(c), "is_" + k) for k in "informational success redirect client_error server_error error".split()] for c in (99, 100, 199, 200, 299, 300, 399, 400, 499, 500, 599, 600)]
[(c, Response(c, headers={"Location": "/x"}).has_redirect_location, Response(c).has_redirect_location) for c in (200, 201, 300, 301, 302, 303, 304, 305, 307, 308, 309)]
[attempt(Response(c, request=Request("GET", "http://e.com/?q#f")).raise_for_status) for c in (100, 200, 204, 299, 300, 301, 304, 400, 404, 418, 499, 500, 503, 599, 600, 999, 0)]
attempt(Response(302, headers={"Location": "http://f.org/ü"}, request=Request("GET", "http://e.com/")).raise_for_status), attempt(Response(302, headers={"Location": ""}, request=Request("GET", "http://e.com/")).raise_for_status)
Response(200).raise_for_status()
Response(404).raise_for_status()
r = Response(200, request=Request("GET", "http://e.com")); r.raise_for_status() is r
Response(200).request
Response(200).url
Response(200).elapsed
r = Response(200); r.request = Request("GET", "http://e.com/x"); (r.request, r.url)
r = Response(200); r.elapsed = datetime.timedelta(seconds=1); r.elapsed
Response(200, extensions={"http_version": b"HTTP/2", "reason_phrase": b"Fine \xe9"}).http_version, Response(200, extensions={"reason_phrase": b"Fine"}).reason_phrase, Response(200, extensions={"reason_phrase": b""})
Response(200, extensions={"reason_phrase": b"Fine \xe9"}).reason_phrase
Response(200, extensions={"http_version": "HTTP/2"}).http_version
e = {"a": 1}; r = Response(200, extensions=e); (r.extensions is e, r.extensions)
h = [Response(302)]; r = Response(200, history=h); (r.history is h, r.history)
[Response(200, headers={"Link": v}).links for v in ('<http://a>; rel=next', '<http://a>; rel="next"; title="x"', '<http://a>', '', '<a>; rel=x, <b>; rel=y', "<a>;rel='x'", '<a>; rel="x"; type=text/html', '<>', 'a; rel=b', '<http:/.../front.jpeg>; rel=front; type="image/jpeg",<http://.../back.jpeg>; rel=back;type="image/jpeg"', '<a>; rel', '<a>; ; rel=x')]
Response(200, headers=[("Link", "<a>; rel=x"), ("Link", "<b>; rel=y")]).links, Response(200).links
r = Response(200, stream=ByteStream(b"x")); (r.is_closed, r.is_stream_consumed, r.read(), r.headers, r.is_closed)
r = Response(200, stream=Chunks(b"a", ValueError("x"))); r.read()
s = Chunks(b"a", b"b"); r = Response(200, stream=s); (r.read(), s.closed, r.read(), s.closed)
s = Chunks(b"a", b"b"); r = Response(200, stream=s); i = r.iter_raw(); (next(i), s.closed, r.is_closed, r.close(), s.closed, r.is_closed)
s = Chunks(b"a", b"b"); r = Response(200, stream=s); next(r.iter_raw()); r.close(); r.close(); s.closed
s = AChunks(b"a", b"b"); r = Response(200, stream=s); (arun(r.aread()), s.closed, arun(r.aclose()), s.closed)
Response(200, stream=ByteStream(b"x"), content=b"y").read()
vars(Response(200, content=b"x")).keys() - {"_source", "_clock"}
hasattr(Response(200, content=b"x"), "_content"), hasattr(Response(200, stream=ByteStream(b"x")), "_content")
r = Response(200, content=b"x"); r.status_code = 404; (r, r.is_error, r.reason_phrase)
r = Response(200, content=b"x"); r.headers["A"] = "1"; raw(r.headers)
Response(200) == Response(200)
Response(200, headers={"Content-Type": "text/plain"}, content=b"x").headers.get("content-type"), type(Response(200, headers={"a": "1"}).headers).__name__
Response(codes.OK), Response(codes.NOT_FOUND).status_code == 404, type(Response(codes.OK).status_code).__name__
"""  # noqa: E501


@program
def long_texts_in_small_pieces():
    text = "".join(f"line {n} é\r\n" for n in range(50))
    data = text.encode()
    answers = []
    for size in (1, 2, 3, 7):
        parts = (data[start : start + size] for start in range(0, len(data), size))
        response = httpx.Response(200, content=parts)
        answers.append(list(response.iter_lines()) == text.splitlines())
    return answers


@program
def every_split_of_a_compressed_body():
    import gzip

    data = gzip.compress(b"hello world")
    answers = set()
    for place in range(len(data)):
        parts = iter([data[:place], data[place:]])
        response = httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=parts)
        answers.add(response.read())
    return sorted(answers)
