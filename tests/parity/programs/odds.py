"""Odd arguments, private helpers, and corners of flows that no other group asks about."""

# ruff: noqa: E501
from ..helpers import attempt, httpx
from ..server import OK, Wire
from ..table import program

PROGRAMS = r"""
# header names and values that are no ASCII, or no text
Headers([("a",)])
Headers([("a", "1", "2")])
Headers({1: "a"})
b"a" in Headers()
Headers({"a": "1"}).get(b"a")
h = Headers({"a": "1"}); h.update({b"k": b"v"}); h.raw
"é" in Headers({"a": "1"})
Headers({"a": "1"}).get("é")
Headers({"a": "1"})["é"]
Headers({"a": "1"}).get_list("é")
h = Headers({"a": "1"}); del h["é"]
h = Headers({"a": "1"}); h["é"] = "x"; h.raw
h = Headers({"a": "1"}, encoding="utf-8"); ("é" in h, h.get("é"))
h = Headers({"é".encode(): b"1"}); ("é" in h, h.get("é"), h["É"])
h = Headers({"é".encode("latin-1"): b"1"}); ("é" in h, h.get("é"), h["É"], h.get_list("é"))
h = Headers({"a": "é".encode("latin-1")}); h["b"] = "é"; (h.raw, h.encoding)
# charsets as mail has them
[Response(200, headers={"Content-Type": f"text/plain; {c}"}, content="xé".encode()).text for c in ("charset*=utf-8''latin-1", "charset*0=lat; charset*1=in-1", "charset*=nope''latin-1", "charset*=utf-8''%6catin-1", "charset=utf-8; charset*=us-ascii'en'latin-1", "charset*=latin-1", 'charset="latin-1', "charset='utf-8'", 'charset="lat\\in-1"')]
[Response(200, headers={"Content-Type": f"text/plain; {c}"}).charset_encoding for c in ("charset*=utf-8''latin-1", "charset*0=lat; charset*1=in-1", 'charset="latin-1', 'charset="lat\\in-1"', "charset=", "charset = x")]
Response(200, headers={"Content-Type": "text/plain; charset=hex"}, content=b"x").text
Response(200, headers={"Content-Type": "text/plain; charset=idna"}, content=b"x").text
# file names that a file gives itself
f = io.BytesIO(b"abc"); f.name = 5; m = httpx._multipart.FileField("n", f); (m.filename, m.headers)
f = io.BytesIO(b"abc"); f.name = None; m = httpx._multipart.FileField("n", f); (m.filename, m.headers)
f = io.BytesIO(b"abc"); f.name = ""; m = httpx._multipart.FileField("n", f); (m.filename, m.headers)
f = io.BytesIO(b"abc"); f.name = "a/"; m = httpx._multipart.FileField("n", f); (m.filename, m.headers)
f = io.BytesIO(b"abc"); f.name = "."; m = httpx._multipart.FileField("n", f); (m.filename, m.headers)
f = io.BytesIO(b"abc"); f.name = b"dir/x.txt"; m = httpx._multipart.FileField("n", f); (m.filename, m.headers)
import pathlib; f = io.BytesIO(b"abc"); f.name = pathlib.Path("d/e.png"); m = httpx._multipart.FileField("n", f); (m.filename, m.headers)
texts(Request("POST", "http://a", headers={"Content-Type": "multipart/form-data; boundary=B"}, files={"f": tempfile.SpooledTemporaryFile()}))[4:9]
texts(Request("POST", "http://a", headers={"Content-Type": "multipart/form-data; boundary=B"}, files={"f": ("", b"x", None, {"X": "y"})}))[4:9]
[Response(200, headers={"Content-Type": c}).charset_encoding for c in ("charset", "text/plain; charset", "text/plain; charset;", 'text/plain; charset="a"b', "text/plain; charset; charset=x", 'text/plain; boundary="a;b"; charset=x')]
# hosts, quoted
URL("http://u:pa/ss@h")
URL("http://a/\ud800")
[client(lambda r: Response(302, headers={"Location": l}) if r.url.path != "/x" else Response(200), follow_redirects=False).get("http://x.com:81/").next_request.url for l in ("//:80/x", "//b/x", "//b:80/x", "/x", "//b:82")]
URL("http://["), URL("http://a<b"), URL("http://ex%41MPLE")
URL("http://%5B"), URL("http://a%3Cb"), URL("http://A%C3%BC")
# flows
client().get("http://a", auth=lambda r: None)
client(lambda r: Response(302, headers={"Location": "mailto:x"}), follow_redirects=True).get("http://a/")
rd = lambda l, s=302: (lambda r: Response(s, headers={"Location": l}) if r.url.path == "/" else Response(200, text=str(r.url))); [client(rd(l), follow_redirects=True).get("http://a.com:81/?q#f").text for l in ("/x", "x", "?y", "http:/x", "http:///x", "//b/x", "HTTP://B/x", "/x#g", "/ü", "/%zz", "https://a.com/x", "/x y", "..//x", "./x")]
rd = lambda s: (lambda r: Response(s, headers={"Location": "/x"}) if r.url.path == "/" else Response(200, text=r.method)); [[client(rd(s), follow_redirects=True).request(m, "http://a/").text for m in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "FOO")] for s in (301, 302, 303, 307, 308)]
client(lambda r: Response(302, headers=[("Location", "/x"), ("Location", "/y")]) if r.url.path == "/" else Response(200, text=str(r.url)), follow_redirects=True).get("http://a/").text
client(lambda r: Response(302, headers={"Location": "http://c:d@a/x"}) if r.url.path == "/" else Response(200, text=str(r.headers.get("authorization"))), follow_redirects=True).get("http://a").text
client(lambda r: Response(302, headers={"Location": "/x"}) if r.url.path == "/" else Response(200, text=str(r.url)), follow_redirects=True).get("http://c:d@a").text
[client(lambda r: Response(302, headers={"Location": "http://b/"}) if r.url.host == "a" else Response(200, text=str(r.headers.get("authorization"))), follow_redirects=True, auth=x).get("http://a").text for x in (("u", "p"), lambda r: r, DigestAuth("u", "p"))]
A = type("A", (Auth,), {"auth_flow": lambda s, r: iter([r])}); client().get("http://a", auth=A())
A = type("A", (Auth,), {"auth_flow": lambda s, r: 5}); client().get("http://a", auth=A())
exec("class A(Auth):\n def auth_flow(self, r):\n  return\n  yield"); client().get("http://a", auth=A())
exec("class A(Auth):\n def auth_flow(self, r):\n  yield Request('GET', 'http://other/')\n  yield r"); r = client().get("http://a", auth=A()); (r.url, [h.url for h in r.history], [h.history for h in r.history])
exec("class A(Auth):\n def auth_flow(self, r):\n  a = yield r\n  a.text"); client(lambda r: Response(200, content=pieces(b"x"))).get("http://a", auth=A())
exec("class A(Auth):\n def sync_auth_flow(self, r):\n  r.headers['s']='1'\n  yield r"); client().get("http://a", auth=A()).request.headers["s"], arun(aclient().get("http://a", auth=A())).request.headers.get("s")
exec("class A(Auth):\n async def async_auth_flow(self, r):\n  r.headers['s']='1'\n  yield r"); client().get("http://a", auth=A()).request.headers.get("s"), arun(aclient().get("http://a", auth=A())).request.headers.get("s")
f = tempfile.NamedTemporaryFile("w", delete=False); f.write("machine a login u password p\nmachine b login u\ndefault login d password e"); f.close(); [client().get(u, auth=NetRCAuth(f.name)).request.headers.get("authorization") for u in ("http://a", "http://b", "http://c", "http://A")]
with_ = []; t = lambda n: type("T", (MockTransport,), {"close": lambda s: with_.append(n)})(echo); c = Client(transport=t(1), mounts={"http://x": t(2), "http://y": t(3)}); c.close(); with_
c = client(base_url="http://a/v1/"); [str(c.build_request("GET", u).url) for u in ("", "/", "x", "/x", "//x", "../x", "?q", "#f", "http://b", "https:", "x?y#z", ".", "a:b")]
c = client(base_url="http://u:p@a/v1"); str(c.build_request("GET", "x").url), own(c.get("x").request)
c = client(lambda r: Response(200, headers={"Set-Cookie": "a=1; Path=/"})); c.get("http://a.com/x"); c.cookies, own(c.build_request("GET", "http://a.com/")), own(c.build_request("GET", "http://b.com/")), own(c.build_request("GET", "http://a.com/", cookies={"a": "2"}))
c = Cookies({"a": "é"}); r = Request("GET", "http://x.com"); c.set_cookie_header(r); r.headers.raw
r = Response(200, content=pieces(b"x")); r.read(); x = pickle.loads(pickle.dumps(r)); (x.content, x.is_closed, x.is_stream_consumed, x.num_bytes_downloaded, attempt(lambda: list(x.iter_raw())), list(x.iter_bytes()))
x = pickle.loads(pickle.dumps(Request("POST", "http://a", content=pieces(b"x")))); attempt(lambda: x.content), x
# names handed on, the command
[n for n in "Timeout AsyncHTTPTransport HTTPTransport Request Response Headers Cookies URL QueryParams Auth BasicAuth FunctionAuth codes InvalidURL TooManyRedirects AuthTypes HeaderTypes URLPattern get_environment_proxies SUPPORTED_DECODERS".split() if not hasattr(httpx._client, n)]
[n for n in "URL codes ByteStream Cookie CookieJar encode_request encode_response HeaderTypes CookieTypes RequestContent StreamClosed HTTPStatusError TextDecoder SUPPORTED_DECODERS request_context to_str".split() if not hasattr(httpx._models, n)]
import click; isinstance(httpx.main, click.Command), isinstance(httpx.main, click.Group), httpx.main.name
# extensions of any kind are for the transport to judge
client().get("http://a", extensions={"timeout": 5}).request.extensions
client().get("http://a", extensions={"timeout": None}).request.extensions
HTTPTransport(nope=1)
AsyncHTTPTransport(nope=1)
# private helpers
[httpx._utils.primitive_value_to_str(x) for x in (True, False, None, 1, 1.5, "x", b"x")], httpx._utils.to_bytes("é"), httpx._utils.to_str(b"\xc3\xa9"), httpx._utils.unquote('"a"'), httpx._utils.unquote("a")
httpx._utils.unquote("")
httpx._utils.to_bytes(5)
httpx._content.encode_request(), httpx._content.encode_request(content=b""), httpx._content.encode_request(json={}), httpx._content.encode_request(data={})
[h for h, s in (httpx._content.encode_response(), httpx._content.encode_response(content=b"x"), httpx._content.encode_response(text="x"), httpx._content.encode_response(html="x"), httpx._content.encode_response(json=1), httpx._content.encode_response(content=pieces(b"x")))]
httpx._content.encode_json({"a": "é"})[0], list(httpx._content.encode_json({"a": "é"})[1]), httpx._content.encode_urlencoded_data({"a": [1, None]})[0], list(httpx._content.encode_urlencoded_data({"a": [1, None]})[1])
httpx._content.encode_text("x")[0], httpx._content.encode_html("x")[0], httpx._content.encode_content(b"x")[0]
httpx._content.encode_content(5)
list(httpx._content.ByteStream(b"x")), httpx._content.ByteStream is ByteStream, list(ByteStream(b""))
ByteStream("x"), list(ByteStream("x"))
list(httpx._content.UnattachedStream())
httpx._multipart.get_multipart_boundary_from_content_type(b"multipart/form-data; boundary=x"), httpx._multipart.get_multipart_boundary_from_content_type(b"text/plain; boundary=x"), httpx._multipart.get_multipart_boundary_from_content_type(None), httpx._multipart.get_multipart_boundary_from_content_type(b"multipart/form-data; boundary=\"a;b\"")
d = httpx._multipart.DataField("a", 5); (d.name, d.value, d.render_headers(), d.render_data(), d.get_length())
httpx._multipart.DataField(5, "x")
httpx._multipart.DataField("a", object)
httpx._multipart.DataField("a", {}), 1
f = httpx._multipart.FileField("a", b"x"); (f.name, f.filename, f.file, f.headers, f.render_headers(), list(f.render_data()), f.get_length(), f.CHUNK_SIZE)
m = httpx._multipart.MultipartStream({"a": "b"}, {"f": b"x"}, b"B"); (m.boundary, m.content_type, m.get_content_length(), m.get_headers())
m = httpx._multipart.MultipartStream(data={}, files={"f": pieces(b"x")})
d = httpx._decoders.GZipDecoder(); d.decode(gzip.compress(b"x")), d.flush()
d = httpx._decoders.LineDecoder(); d.decode("a\r"), d.decode("\nb"), d.flush(), d.flush()
d = httpx._decoders.TextDecoder(); d.decode(b"\xc3"), d.decode(b"\xa9"), d.flush()
d = httpx._decoders.TextDecoder("latin-1"); d.decode(b"\xc3"), d.flush()
d = httpx._decoders.ByteChunker(2); d.decode(b"abc"), d.decode(b""), d.flush(), d.flush()
d = httpx._decoders.TextChunker(2); d.decode("abc"), d.flush()
d = httpx._decoders.ByteChunker(); d.decode(b"abc"), d.decode(b""), d.flush()
d = httpx._decoders.MultiDecoder([httpx._decoders.GZipDecoder(), httpx._decoders.IdentityDecoder()]); d.decode(gzip.compress(b"x")), d.flush()
sorted(httpx._decoders.SUPPORTED_DECODERS), [v.__name__ for v in httpx._decoders.SUPPORTED_DECODERS.values()]
httpx._urlparse.urlparse("http://u:p@A:80/x y?q#f"), httpx._urlparse.urlparse("http://a", path="/b").path
u = httpx._urlparse.urlparse("http://u@[::1]:81/x?q#f"); (u.scheme, u.userinfo, u.host, u.port, u.path, u.query, u.fragment, u.authority, u.netloc, str(u), u.copy_with(port=5).port)
httpx._urlparse.encode_host("É.com"), httpx._urlparse.normalize_path("/a/../b"), httpx._urlparse.normalize_port("80", "http"), httpx._urlparse.normalize_port(None, "http"), httpx._urlparse.normalize_port("", "x")
httpx._urlparse.validate_path("//a", has_scheme=False, has_authority=False)
httpx._config.UNSET, type(httpx._config.UNSET).__name__, httpx._config.DEFAULT_TIMEOUT_CONFIG, httpx._config.DEFAULT_LIMITS, httpx._config.DEFAULT_MAX_REDIRECTS
httpx._client.ClientState.UNOPENED, [s.name for s in httpx._client.ClientState], [s.value for s in httpx._client.ClientState], client()._state
exec("with httpx._exceptions.request_context(request=Request('GET', 'http://a')):\n raise ConnectError('x')")
exec("with httpx._transports.default.map_httpcore_exceptions():\n raise ValueError('x')")
c = client(); c._transport, c._mounts, type(c._transport_for_url(URL("http://a"))).__name__
c = client(base_url="http://a/b"); c._merge_url("x"), c._merge_cookies({"a": "1"}), c._merge_headers({"x": "y"})["x"], c._merge_queryparams({"a": 1}), c._enforce_trailing_slash(URL("http://a/b"))
c = client(); c._redirect_method(Request("POST", "http://a"), Response(303)), c._redirect_url(Request("GET", "http://a/b"), Response(302, headers={"location": "c"})), c._redirect_headers(Request("GET", "http://a", headers={"authorization": "x"}), URL("http://b"), "GET"), c._redirect_stream(Request("POST", "http://a", content=b"x"), "POST")
c = client(); c._build_request_auth(Request("GET", "http://u:p@a")), c._build_auth(("a", "b")), c._build_redirect_request(Request("GET", "http://a"), Response(302, headers={"location": "/x"}))
c = client(); c._send_single_request(Request("GET", "http://a")), c._send_handling_redirects(Request("GET", "http://a"), False, []), c._send_handling_auth(Request("GET", "http://a"), Auth(), False, [])
c = client(); c._set_timeout(Request("GET", "http://a")), c._get_proxy_map(None, True), c._get_proxy_map("http://p", False)
Client()._transport._pool is not None, repr(Client()._transport._pool)
HTTPTransport(uds="/x", proxy="http://p")
HTTPTransport(proxy="foo://x")
HTTPTransport(limits=None)
HTTPTransport(retries="x")
HTTPTransport(True, None, True, True, False, Limits(), None, None, None, 0, None) is not None
BaseTransport().handle_request(Request("GET", "http://a"))
arun(AsyncBaseTransport().handle_async_request(Request("GET", "http://a")))
BaseTransport().close(), arun(AsyncBaseTransport().aclose())
SyncByteStream().close(), list(SyncByteStream())
arun(AsyncByteStream().aclose())
MockTransport()
MockTransport(5)
MockTransport(5).handle_request(Request("GET", "http://a"))
WSGITransport(5)
ASGITransport()
Client(transport=WSGITransport(lambda e, s: (s("200 OK", [("A", "b")]), [b"x", b"", b"y"])[1])).get("http://a/").text
Client(transport=WSGITransport(lambda e, s: (s("200 OK", []), iter([b"", b"x"]))[1])).get("http://a/").text
Client(transport=WSGITransport(lambda e, s: (s("200", []), [])[1])).get("http://a/")
Client(transport=WSGITransport(lambda e, s: (s("200 OK", [("a", 5)]), [])[1])).get("http://a/")
Client(transport=WSGITransport(lambda e, s: 1/0)).get("http://a/")
Client(transport=WSGITransport(lambda e, s: 1/0, raise_app_exceptions=False)).get("http://a/")
arun(AsyncClient(transport=ASGITransport(lambda *a: 5)).get("http://a/"))
Client(transport=ASGITransport(5)).get("http://a/")
arun(AsyncClient(transport=WSGITransport(5)).get("http://a/"))
"""


def answered(extensions, settings=None, url=None):
    """What becomes of a request with such extensions, and its first line on the wire."""
    with Wire() as wire, httpx.Client(**(settings or {})) as c:
        given = str(attempt(c.get, url or wire.url + "/q", extensions=extensions))
        return [
            given.partition(" (in the request")[0],
            *(r.partition(b"\r")[0] for r in wire.requests),
        ]


@program
def targets():
    odd = ["/x", "/x y", "/é", b"/\xe9", b"/a%zz", b"", None, 5]
    return [answered({"target": target}) for target in odd]


@program
def forwarded_targets():
    def forwarded(target):
        with Wire() as wire, httpx.Client(proxy=wire.url) as c:
            c.get("http://example.org/x", extensions={"target": target})
            return wire.lines()[0]

    return [forwarded(target) for target in (b"/x%zz", "/y", b"http://other/x")]


@program
def repeated_headers_in_an_environ():
    seen = []

    def app(environ, start_response):
        seen.append([environ["HTTP_X_A"], environ["HTTP_COOKIE"], environ["CONTENT_TYPE"]])
        start_response("200 OK", [])
        return []

    headers = [
        ("X-A", "1"),
        ("x-a", "2"),
        ("Cookie", "a=1"),
        ("Cookie", "b=2"),
        ("Content-Type", "t"),
    ]
    with httpx.Client(transport=httpx.WSGITransport(app=app)) as c:
        c.get("http://a/", headers=headers)
    return seen


@program
def bytes_after_a_response():
    with Wire(OK + b"extra") as wire, httpx.Client() as c:
        return [str(attempt(c.get, wire.url)).partition(":")[0] for _ in range(2)], wire.connections


@program
def an_empty_line_before_the_status_line():
    with Wire(b"\r\n" + OK) as wire, httpx.Client() as c:
        return str(attempt(c.get, wire.url))


@program
def answers_of_many_kinds():
    answers = [
        b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 999 Odd Thing\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 103 E\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1;a=b\r\nx\r\n0\r\nT: y\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx",
        b"HTTP/1.1 200 \xe9\r\nA: \xe9\r\nX:\r\nY: a\r\n b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nx",
        b"HTTP/1.1 205 R\r\nContent-Length: 0\r\n\r\n",
    ]

    def got(answer):
        with Wire(answer) as wire, httpx.Client() as c:
            r = c.get(wire.url)
            c.get(wire.url)
            return [
                r.status_code,
                r.reason_phrase,
                r.http_version,
                r.headers.raw,
                r.content,
                wire.connections,
            ]

    return [got(answer) for answer in answers]
