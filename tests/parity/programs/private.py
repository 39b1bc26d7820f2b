"""Private names that programs reach for: modules, helpers, attributes of what they hold."""

import os
import tempfile
from unittest import mock

from ..helpers import attempt, httpx
from ..table import program

PROGRAMS = r"""
[n for n in "_auth _base_url _build_auth _build_redirect_request _build_request_auth _cookies _default_encoding _enforce_trailing_slash _event_hooks _get_proxy_map _headers _init_proxy_transport _init_transport _merge_cookies _merge_headers _merge_queryparams _merge_url _mounts _params _redirect_headers _redirect_method _redirect_stream _redirect_url _send_handling_auth _send_handling_redirects _send_single_request _set_timeout _state _timeout _transport _transport_for_url _trust_env".split() if not hasattr(Client(), n)]
[n for n in "_auth _base_url _build_auth _build_redirect_request _build_request_auth _cookies _default_encoding _enforce_trailing_slash _event_hooks _get_proxy_map _headers _init_proxy_transport _init_transport _merge_cookies _merge_headers _merge_queryparams _merge_url _mounts _params _redirect_headers _redirect_method _redirect_stream _redirect_url _send_handling_auth _send_handling_redirects _send_single_request _set_timeout _state _timeout _transport _transport_for_url _trust_env".split() if not hasattr(AsyncClient(), n)]
c = Client(base_url="http://e.com/v1"); (c._base_url, c._merge_url("x"), c._merge_url("/x"), c._merge_url("http://f.org/y"), c._enforce_trailing_slash(URL("http://e.com/a")))
c = Client(headers={"A": "1"}); (raw(c._merge_headers({"B": "2"}))[-2:], c._merge_headers({"a": "9"})["a"], c._merge_headers(None)["a"])
c = Client(cookies={"a": "1"}); (c._merge_cookies({"b": "2"}), c._merge_cookies(None))
c = Client(params={"a": "1"}); c._merge_queryparams({"b": "2"}), c._merge_queryparams(None), Client()._merge_queryparams(None), Client()._merge_queryparams({"b": 1})
c = Client(auth=("u", "p")); (type(c._auth).__name__, type(c._build_auth(("x", "y"))).__name__, c._build_auth(None), type(c._build_auth(lambda r: r)).__name__)
Client()._build_auth(5)
c = Client(auth=("u", "p")); (type(c._build_request_auth(Request("GET", "http://a"))).__name__, type(c._build_request_auth(Request("GET", "http://a"), None)).__name__, type(Client()._build_request_auth(Request("GET", "http://a:b@c"))).__name__, type(Client()._build_request_auth(Request("GET", "http://a"))).__name__)
c = Client(); (c._redirect_method(Request("POST", "http://a"), Response(303)), c._redirect_method(Request("HEAD", "http://a"), Response(303)), c._redirect_method(Request("POST", "http://a"), Response(301)), c._redirect_method(Request("PUT", "http://a"), Response(302)), c._redirect_method(Request("PUT", "http://a"), Response(307)))
c = Client(); [c._redirect_url(Request("GET", "http://a/b#f"), Response(302, headers={"Location": l})) for l in ("/x", "http://c/", "y", "http:///z", "/x#g", "?q")]
c = Client(); c._redirect_url(Request("GET", "http://a"), Response(302, headers={"Location": "http://["}))
c = Client(); raw(c._redirect_headers(Request("GET", "http://a", headers={"Authorization": "x", "X": "1"}), URL("http://b"), "GET"))
c = Client(); (c._redirect_stream(Request("POST", "http://a", content=b"x"), "GET"), type(c._redirect_stream(Request("POST", "http://a", content=b"x"), "POST")).__name__)
c = Client(follow_redirects=True); own(c._build_redirect_request(Request("POST", "http://a/x", content=b"x"), Response(307, headers={"Location": "/y"})))
c = Client(proxy="http://p"); (list(c._get_proxy_map("http://q", False)), c._get_proxy_map(None, False), c._get_proxy_map(httpx.Proxy("http://q"), True))
c = Client(timeout=3); r = Request("GET", "http://a"); c._set_timeout(r); r.extensions
Client()._state, Client()._trust_env, Client(trust_env=False).trust_env, Client()._default_encoding, Client().is_closed
c = Client(); c.close(); (c._state, c.is_closed)
c = Client(); c.__enter__(); (c._state.name, c.is_closed, c.__exit__(None, None, None), c._state.name)
[m.name for m in httpx._client.ClientState], [m.value for m in httpx._client.ClientState]
type(USE_CLIENT_DEFAULT).__name__, USE_CLIENT_DEFAULT is httpx._client.USE_CLIENT_DEFAULT, isinstance(USE_CLIENT_DEFAULT, httpx._client.UseClientDefault)
httpx._config.UNSET, type(httpx._config.UNSET).__name__
httpx._config.DEFAULT_LIMITS == httpx.Limits(max_connections=100, max_keepalive_connections=20), httpx._client.DEFAULT_LIMITS is httpx._config.DEFAULT_LIMITS
httpx._client.ACCEPT_ENCODING, httpx._client.USER_AGENT, httpx._client.ACCEPT_ENCODING == Client().headers["accept-encoding"]
httpx._client.logger.name
[httpx._utils.to_bytes(v) for v in ("a", b"b", "é")], httpx._utils.to_bytes("é", "latin-1"), [httpx._utils.to_str(v) for v in ("a", b"b")], httpx._utils.to_str(b"\xe9", "latin-1")
httpx._utils.to_bytes_or_str("a", b"x"), httpx._utils.to_bytes_or_str("a", "x")
[httpx._utils.unquote(v) for v in ('"a"', "a", '"a', '""', '"')]
httpx._utils.unquote("")
[httpx._utils.is_ipv4_hostname(v) for v in ("1.2.3.4", "1.2.3.4/8", "1.2.3", "a", "", "256.1.1.1", "::1")]
[httpx._utils.is_ipv6_hostname(v) for v in ("1.2.3.4", "::1", "::1/64", "[::1]", "a", "", "fe80::1%eth0")]
[httpx._utils.primitive_value_to_str(v) for v in (True, False, None, 1, 1.5, "x", 0)]
httpx._utils.peek_filelike_length(io.BytesIO(b"abc")), httpx._utils.peek_filelike_length(5), httpx._utils.peek_filelike_length(io.StringIO("ab"))
f = io.BytesIO(b"abc"); f.read(1); httpx._utils.peek_filelike_length(f), f.tell()
sig(httpx._utils.to_bytes), sig(httpx._utils.to_str), sig(httpx._utils.to_bytes_or_str), sig(httpx._utils.unquote), sig(httpx._utils.peek_filelike_length), sig(httpx._utils.is_ipv4_hostname), sig(httpx._utils.is_ipv6_hostname), sig(httpx._utils.primitive_value_to_str), sig(httpx._utils.get_environment_proxies)
[sig(getattr(httpx._content, n)) for n in "encode_content encode_urlencoded_data encode_multipart_data encode_text encode_html encode_json encode_request encode_response".split()]
[(h, type(s).__name__, b"".join(s)) for h, s in (httpx._content.encode_content(b"x"), httpx._content.encode_content("é"), httpx._content.encode_content(b""), httpx._content.encode_content([b"a"]), httpx._content.encode_content(io.BytesIO(b"abc")))]
[(h, type(s).__name__, b"".join(s)) for h, s in (httpx._content.encode_text("é"), httpx._content.encode_html("é"), httpx._content.encode_json({"é": 1}), httpx._content.encode_urlencoded_data({"a": ["1", None]}))]
h, s = httpx._content.encode_request(); (h, type(s).__name__, b"".join(s))
h, s = httpx._content.encode_response(); (h, type(s).__name__, b"".join(s))
h, s = httpx._content.encode_request(data={"a": "1"}, files={"f": b"x"}, boundary=b"B"); (h, b"".join(s))
h, s = httpx._content.encode_request(content=apieces(b"a", b"b")); (h, arun(gathered(s)))
httpx._content.encode_request(content=5)
httpx._content.encode_response(content=5)
httpx._content.encode_request(data=5)
s = httpx._content.UnattachedStream(); list(s)
s = httpx._content.UnattachedStream(); arun(gathered(s))
s = httpx._content.IteratorByteStream([b"a", b"b"]); (list(s), list(s))
s = httpx._content.IteratorByteStream(pieces(b"a")); list(s); list(s)
s = httpx._content.IteratorByteStream(io.BytesIO(b"abc")); (list(s), s.CHUNK_SIZE)
s = httpx._content.AsyncIteratorByteStream(apieces(b"a", b"b")); arun(gathered(s))
s = httpx._content.AsyncIteratorByteStream(apieces(b"a")); arun(gathered(s)); arun(gathered(s))
s = httpx.ByteStream(b"abc"); (list(s), list(s), arun(gathered(s)), isinstance(s, SyncByteStream), isinstance(s, AsyncByteStream))
s = httpx.SyncByteStream(); (s.close(), attempt(list, s))
s = httpx.AsyncByteStream(); (arun(s.aclose()), s is not None)
m = httpx._multipart.MultipartStream({"a": "1", "b": ["2", b"3"]}, {"f": ("n.txt", b"x", "t/x", {"X": "1"})}, b"B"); (m.boundary, m.content_type, m.get_content_length(), m.get_headers(), b"".join(m), b"".join(m), [type(f).__name__ for f in m.fields])
m = httpx._multipart.MultipartStream({}, {}); (len(m.boundary), m.get_content_length())
m = httpx._multipart.MultipartStream({}, {"f": b"x"}, boundary=b"B"); arun(gathered(m)).__len__() > 0, b"".join(arun(gathered(m)))
f = httpx._multipart.DataField("a", "é"); (f.name, f.value, f.render_headers(), f.render_data(), f.get_length(), b"".join(f.render()))
f = httpx._multipart.FileField("a", ("n é.txt", b"xyz")); (f.name, f.filename, f.headers, f.render_headers(), b"".join(f.render_data()), f.get_length())
f = httpx._multipart.FileField("a", io.BytesIO(b"xyz")); (f.name, f.filename, f.headers, f.get_length(), b"".join(f.render()))
f = httpx._multipart.FileField("a", ("n", io.StringIO("x")))
f = httpx._multipart.FileField("a", (None, b"x")); (f.filename, f.headers, b"".join(f.render()))
f = httpx._multipart.FileField("a", ("n.json", "text")); (f.headers, b"".join(f.render()))
[httpx._multipart.get_multipart_boundary_from_content_type(v) for v in (None, b"", b"text/plain", b"multipart/form-data", b"multipart/form-data; boundary=B", b'multipart/form-data; boundary="B C"', b"multipart/form-data; charset=x; boundary=B; y=z", b"multipart/mixed; boundary=B")]
d = httpx._decoders.LineDecoder(); [d.decode(t) for t in ("", "a", "b\n", "c\r", "\n", "d\r\ne", "\r", "f", "\x0c", "g\u2028")] + [d.flush(), d.flush()]
d = httpx._decoders.ByteChunker(); (d.decode(b"abc"), d.decode(b""), d.flush())
d = httpx._decoders.ByteChunker(chunk_size=2); (d.decode(b"abc"), d.decode(b""), d.decode(b"de"), d.flush(), d.flush())
d = httpx._decoders.TextChunker(); (d.decode("abc"), d.decode(""), d.flush())
d = httpx._decoders.TextChunker(chunk_size=2); (d.decode("abc"), d.decode("de"), d.flush(), d.flush())
d = httpx._decoders.TextDecoder(); (d.decode(b"a\xc3"), d.decode(b"\xa9"), d.decode(b"\xff"), d.flush())
d = httpx._decoders.TextDecoder("utf-16"); (d.decode("é".encode("utf-16")[:3]), d.decode("é".encode("utf-16")[3:]), d.flush())
httpx._decoders.TextDecoder("nope")
d = httpx._decoders.GZipDecoder(); (d.decode(gzip.compress(b"ab")), d.flush())
d = httpx._decoders.DeflateDecoder(); (d.decode(zlib.compress(b"ab")), d.flush())
d = httpx._decoders.GZipDecoder(); d.decode(b"nope, this is no gzip")
d = httpx._decoders.MultiDecoder([httpx._decoders.DeflateDecoder(), httpx._decoders.GZipDecoder()]); (d.decode(gzip.compress(zlib.compress(b"ab"))), d.flush())
d = httpx._decoders.BrotliDecoder(); import brotli; (d.decode(brotli.compress(b"ab")), d.flush())
d = httpx._decoders.ZStandardDecoder(); import zstandard; (d.decode(zstandard.compress(b"ab")), d.flush())
sorted(httpx._decoders.SUPPORTED_DECODERS), httpx._decoders.SUPPORTED_DECODERS["gzip"].__name__
r = Response(200, stream=ByteStream(b""), headers={"Content-Encoding": "gzip, br"}); type(r._get_content_decoder()).__name__
b = BasicAuth("u", "p"); (b._auth_header, b._build_auth_header("x", "y"), sig(b._build_auth_header))
d = DigestAuth("u", b"p"); (d._username, d._password, d._last_challenge, d._nonce_count)
sig(DigestAuth), sig(BasicAuth), sig(NetRCAuth), sig(httpx._auth.FunctionAuth)
httpx._auth.FunctionAuth(lambda r: r)._func is not None, httpx._auth.FunctionAuth.__mro__[1].__name__
[n for n in "handle_request close __enter__ __exit__ _pool".split() if not hasattr(HTTPTransport(), n)], [n for n in "handle_async_request aclose __aenter__ __aexit__ _pool".split() if not hasattr(AsyncHTTPTransport(), n)]
sorted(n for n in "ASGITransport AsyncBaseTransport BaseTransport AsyncHTTPTransport HTTPTransport MockTransport WSGITransport".split() if not hasattr(httpx._transports, n)), httpx._transports.__all__
t = ASGITransport(app=5); (t.app, t.raise_app_exceptions, t.root_path, t.client)
t = WSGITransport(app=5); (t.app, t.raise_app_exceptions, t.script_name, t.remote_addr, t.wsgi_errors)
ASGITransport()
WSGITransport()
[typing.Optional[getattr(httpx._types, n)] is not None for n in "AuthTypes CertTypes CookieTypes FileTypes FileContent HeaderTypes PrimitiveData ProxyTypes QueryParamTypes RequestContent RequestData RequestExtensions RequestFiles ResponseContent ResponseExtensions TimeoutTypes URLTypes".split()]
httpx.__name__, httpx.__title__, httpx.__version__[:6], httpx.__description__, httpx.__package__
[repr(getattr(httpx, n)) for n in PUBLIC if isinstance(getattr(httpx, n), type)]
[getattr(httpx, n).__module__ for n in PUBLIC if n not in ("codes", "main")] == ["httpx"] * (len(PUBLIC) - 2)
[n for n in PUBLIC if n not in httpx.__all__]
httpx.__all__ == sorted(httpx.__all__, key=str.casefold)
sorted((n for n in vars(httpx) if not n.startswith("_") or n in ("__description__", "__title__", "__version__")), key=str.casefold) == httpx.__all__
httpx.nope
from httpx import *
import httpx._main
u = httpx._utils.URLPattern("all://*.e.com:81"); (u.pattern, u.scheme, u.host, u.port, u.priority, u.host_regex.pattern)
u = httpx._utils.URLPattern("all://*e.com"); u.host_regex.pattern
u = httpx._utils.URLPattern("http://"); (u.host, u.host_regex)
"""  # noqa: E501


@program
def request_context_adds_the_request():
    request = httpx.Request("GET", "http://a")
    answers = []
    for error in (httpx.ReadError("x"), httpx.InvalidURL("x"), ValueError("x")):
        try:
            with httpx._exceptions.request_context(request=request):
                raise error
        except Exception as raised:
            answers.append([raised is error, getattr(raised, "_request", None) is request])
    return answers


@program
def netrc():
    with tempfile.NamedTemporaryFile("w", suffix=".netrc") as file:
        entries = "machine e.com login u password p\nmachine f.com login v\n"
        file.write(entries + "default login d password q")
        file.flush()
        auth = httpx.NetRCAuth(file.name)
        answers = []
        for url in ("http://e.com/", "http://x.e.com", "http://f.com"):
            request = next(auth.sync_auth_flow(httpx.Request("GET", url)))
            answers.append(request.headers.get("authorization"))
        return answers


@program
def netrc_of_the_environment():
    with mock.patch.dict(os.environ, {"NETRC": "/nonexistent", "HOME": "/nonexistent"}):
        return [attempt(httpx.NetRCAuth), attempt(httpx.NetRCAuth, "/nonexistent")]


@program
def key_log():
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "keys")
        for variables in ({"SSLKEYLOGFILE": path}, {"SSLKEYLOGFILE": ""}, {}):
            with mock.patch.dict(os.environ, variables):
                for settings in ({}, {"verify": False}):
                    name = httpx.create_ssl_context(**settings).keylog_filename
                    answers.append(name and os.path.basename(name))
    return answers


@program
def certificates_of_the_environment():
    import certifi

    answers = []
    for variables in (
        {"SSL_CERT_FILE": certifi.where()},
        {"SSL_CERT_DIR": os.path.dirname(certifi.where())},
        {"SSL_CERT_FILE": "/nonexistent", "SSL_CERT_DIR": "/nonexistent"},
    ):
        with mock.patch.dict(os.environ):
            for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
                os.environ.pop(name, None)
            os.environ.update(variables)
            context = attempt(httpx.create_ssl_context)
            known = context if isinstance(context, str) else len(context.get_ca_certs()) > 10
            plain = len(httpx.create_ssl_context(trust_env=False).get_ca_certs()) > 10
            answers.append([known, plain])
    return answers


@program
def contexts_of_paths():
    import certifi

    answers = []
    for verify in (certifi.where(), os.path.dirname(certifi.where())):
        context = httpx.create_ssl_context(verify=verify)
        answers.append([context.verify_mode, len(context.get_ca_certs()) > 10])
    return answers


@program
def certificates_that_are_none():
    import certifi

    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(b"nonsense")
        file.flush()
        return [
            attempt(httpx.create_ssl_context, verify=file.name),
            attempt(httpx.create_ssl_context, cert=file.name).partition(":")[0],
            attempt(httpx.create_ssl_context, cert=(certifi.where(), file.name)).partition(":")[0],
        ]
