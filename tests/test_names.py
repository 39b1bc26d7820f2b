"""Names beyond the public ones that published packages use, each as its user uses it.

The private modules and what they hold, the seams that others override, wrap or replace on the
class, and the attributes that they read, assign and delete.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import io
import logging
import subprocess
import sys
from typing import Any, Optional, Union
from unittest import mock

import pytest

import httpx
from httpx import _types

PUBLIC_CLIENTS = (httpx.Client, httpx.AsyncClient)

# Module -> names that must be there, whatever room they live in.
HELD = {
    "_api": "request get options head post put patch delete stream",
    "_auth": "Auth BasicAuth DigestAuth FunctionAuth NetRCAuth",
    "_client": "BaseClient Client AsyncClient UseClientDefault USE_CLIENT_DEFAULT ClientState "
    "EventHook logger USER_AGENT ACCEPT_ENCODING",
    "_config": "DEFAULT_TIMEOUT_CONFIG DEFAULT_LIMITS DEFAULT_MAX_REDIRECTS Timeout Limits Proxy "
    "UNSET create_ssl_context",
    "_content": "ByteStream IteratorByteStream AsyncIteratorByteStream encode_json "
    "encode_multipart_data encode_urlencoded_data encode_request encode_response",
    "_decoders": "SUPPORTED_DECODERS IdentityDecoder DeflateDecoder GZipDecoder BrotliDecoder "
    "ZStandardDecoder MultiDecoder ByteChunker TextChunker TextDecoder LineDecoder",
    "_exceptions": "HTTPError RequestError TransportError HTTPStatusError InvalidURL StreamError "
    "request_context",
    "_models": "Headers Request Response Cookies",
    "_multipart": "MultipartStream DataField FileField get_multipart_boundary_from_content_type",
    "_status_codes": "codes",
    "_transports": "ASGITransport AsyncBaseTransport AsyncHTTPTransport BaseTransport "
    "HTTPTransport MockTransport WSGITransport",
    "_transports.base": "BaseTransport AsyncBaseTransport",
    "_transports.default": "HTTPTransport AsyncHTTPTransport ResponseStream AsyncResponseStream "
    "map_httpcore_exceptions HTTPCORE_EXC_MAP _load_httpcore_exceptions",
    "_transports.asgi": "ASGITransport",
    "_transports.wsgi": "WSGITransport",
    "_transports.mock": "MockTransport",
    "_types": "AuthTypes CertTypes CookieTypes FileContent FileTypes HeaderTypes PrimitiveData "
    "ProxyTypes QueryParamTypes RequestContent RequestData RequestExtensions RequestFiles "
    "ResponseContent ResponseExtensions TimeoutTypes URLTypes SyncByteStream AsyncByteStream",
    "_urlparse": "urlparse ParseResult encode_host normalize_path normalize_port validate_path",
    "_urls": "URL QueryParams",
    "_utils": "URLPattern get_environment_proxies is_ipv4_hostname is_ipv6_hostname "
    "peek_filelike_length primitive_value_to_str to_bytes to_bytes_or_str to_str unquote",
}


# What modules of the original have because they import it, and so do others from there.
HANDED_ON = {
    "_client": "Auth BasicAuth FunctionAuth Timeout SUPPORTED_DECODERS InvalidURL "
    "RemoteProtocolError TooManyRedirects request_context Cookies Headers Request Response codes "
    "AsyncBaseTransport BaseTransport AsyncHTTPTransport HTTPTransport Limits Proxy "
    "DEFAULT_LIMITS DEFAULT_MAX_REDIRECTS DEFAULT_TIMEOUT_CONFIG AsyncByteStream SyncByteStream "
    "AuthTypes CertTypes CookieTypes HeaderTypes ProxyTypes QueryParamTypes RequestContent "
    "RequestData RequestExtensions RequestFiles TimeoutTypes QueryParams URL URLPattern "
    "get_environment_proxies",
    "_models": "ByteStream UnattachedStream encode_request encode_response SUPPORTED_DECODERS "
    "ByteChunker ContentDecoder IdentityDecoder LineDecoder MultiDecoder TextChunker TextDecoder "
    "CookieConflict HTTPStatusError RequestNotRead ResponseNotRead StreamClosed StreamConsumed "
    "request_context get_multipart_boundary_from_content_type codes AsyncByteStream CookieTypes "
    "HeaderTypes QueryParamTypes RequestContent RequestData RequestExtensions RequestFiles "
    "ResponseContent ResponseExtensions SyncByteStream URL to_bytes_or_str to_str Cookie CookieJar",
}


def answer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b"ok")


def client(handler: Any = answer, kind: type[httpx.Client] = httpx.Client, **settings: Any) -> Any:
    return kind(transport=httpx.MockTransport(handler), **settings)


# Modules and what they hold


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in HELD.items() for name in names.split()]
)
def test_module_holds(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(f"httpx.{module}"), name)


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module, names in HANDED_ON.items() for name in names.split()],
)
def test_module_hands_on(module: str, name: str) -> None:
    found = getattr(importlib.import_module(f"httpx.{module}"), name)
    if name in httpx.__all__:
        assert found is getattr(httpx, name)


def test_module_hands_on_nothing_else() -> None:
    for module in HANDED_ON:
        with pytest.raises(AttributeError, match=f"^module 'httpx.{module}' has no attribute 'no'"):
            importlib.import_module(f"httpx.{module}").no


def test_submodules_are_attributes_of_the_package_after_import_httpx_alone() -> None:
    modules = " ".join(HELD)
    script = f"""
import httpx
for path in {modules!r}.split():
    found = httpx
    for part in path.split("."):
        found = getattr(found, part)
"""
    subprocess.run([sys.executable, "-c", script], check=True, env=environment())


def environment() -> dict[str, str]:
    import os
    from pathlib import Path

    return {**os.environ, "PYTHONPATH": str(Path(httpx.__file__).parent.parent)}


@pytest.mark.parametrize("name", [name for name in HELD["_types"].split() if "Stream" not in name])
def test_aliases_work_at_run_time(name: str) -> None:
    alias = getattr(_types, name)
    assert Optional[alias] is not None  # noqa: UP045
    assert Union[alias, int] is not None  # noqa: UP007
    assert (alias | None) is not None


def test_private_modules_hold_the_public_objects() -> None:
    assert httpx._models.Headers is httpx.Headers
    assert httpx._models.Response is httpx.Response
    assert httpx._config.Timeout is httpx.Timeout
    assert httpx._config.create_ssl_context is httpx.create_ssl_context
    assert httpx._client.Client is httpx.Client
    assert httpx._client.AsyncClient is httpx.AsyncClient
    assert _types.SyncByteStream is httpx.SyncByteStream
    assert _types.AsyncByteStream is httpx.AsyncByteStream


def test_the_default_of_the_client_is_one_object() -> None:
    assert httpx._client.USE_CLIENT_DEFAULT is httpx.USE_CLIENT_DEFAULT
    assert isinstance(httpx.USE_CLIENT_DEFAULT, httpx._client.UseClientDefault)
    for kind in PUBLIC_CLIENTS:
        default = inspect.signature(kind.get).parameters["timeout"].default
        assert default is httpx.USE_CLIENT_DEFAULT


def test_the_default_timeout_compares_equal_to_a_client_of_its_own() -> None:
    assert httpx.Timeout(5.0) == httpx._config.DEFAULT_TIMEOUT_CONFIG
    assert httpx.Client().timeout == httpx._config.DEFAULT_TIMEOUT_CONFIG
    assert httpx.Client(timeout=6).timeout != httpx._config.DEFAULT_TIMEOUT_CONFIG


def test_the_default_limits() -> None:
    expected = httpx.Limits(max_connections=100, max_keepalive_connections=20)
    assert expected == httpx._config.DEFAULT_LIMITS


@pytest.mark.parametrize("kind", PUBLIC_CLIENTS)
def test_clients_share_a_base(kind: type) -> None:
    assert issubclass(kind, httpx._client.BaseClient)


def test_client_states() -> None:
    states = httpx._client.ClientState
    made = client()
    assert made._state is states.UNOPENED
    made.get("http://a/")
    assert made._state is states.OPENED
    made.close()
    assert made._state is states.CLOSED


# The encoders


def test_encode_json() -> None:
    headers, stream = httpx._content.encode_json({"a": 1})
    assert headers == {"Content-Length": "7", "Content-Type": "application/json"}
    assert b"".join(stream) == b'{"a":1}'


def test_encode_urlencoded_data() -> None:
    headers, stream = httpx._content.encode_urlencoded_data({"a": ["1", "2"]})
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert b"".join(stream) == b"a=1&a=2"


def test_encode_multipart_data() -> None:
    headers, stream = httpx._content.encode_multipart_data({"a": "1"}, {"f": b"x"}, b"BB")
    assert headers["Content-Type"] == "multipart/form-data; boundary=BB"
    assert isinstance(stream, httpx._multipart.MultipartStream)
    assert b"".join(stream).endswith(b"--BB--\r\n")


def test_multipart_stream_by_keyword() -> None:
    stream = httpx._multipart.MultipartStream(data={}, files={"f": b"x"}, boundary=b"BB")
    assert b'name="f"; filename="upload"' in b"".join(stream)


def test_multipart_fields() -> None:
    data = httpx._multipart.DataField(name="a", value="1")
    file = httpx._multipart.FileField(name="f", value=("n.txt", io.BytesIO(b"x"), "a/b"))
    assert b"".join(data.render()).endswith(b"\r\n\r\n1")
    assert b"".join(file.render()).endswith(b"Content-Type: a/b\r\n\r\nx")


def test_byte_stream_classes_can_be_subclassed() -> None:
    class Mine(httpx._content.IteratorByteStream):
        def __init__(self, stream: Any) -> None:
            super().__init__(stream=stream)

    stream = Mine([b"a", b"b"])
    assert isinstance(stream, httpx.SyncByteStream)
    assert list(stream) == [b"a", b"b"]
    assert list(httpx.Response(200, stream=stream).iter_bytes()) == [b"a", b"b"]


@pytest.mark.worlds("asyncio", "trio")  # there is no blocking form of it
async def test_async_byte_stream_classes_can_be_subclassed(world: Any) -> None:
    class Mine(httpx._content.AsyncIteratorByteStream):
        def __init__(self, stream: Any) -> None:
            super().__init__(stream=stream)

    async def pieces() -> Any:
        yield b"a"

    stream = Mine(pieces())
    assert isinstance(stream, httpx.AsyncByteStream)
    assert await httpx.Response(200, stream=stream).aread() == b"a"


# The transports' module


def test_response_streams_wrap_an_iterable() -> None:
    stream = httpx._transports.default.ResponseStream([b"a", b"b"])
    assert isinstance(stream, httpx.SyncByteStream)
    assert list(stream) == [b"a", b"b"]


@pytest.mark.worlds("asyncio", "trio")  # there is no blocking form of it
async def test_async_response_streams_wrap_an_iterable(world: Any) -> None:
    async def pieces() -> Any:
        yield b"a"

    stream = httpx._transports.default.AsyncResponseStream(pieces())
    assert isinstance(stream, httpx.AsyncByteStream)
    assert [piece async for piece in stream] == [b"a"]


def test_map_httpcore_exceptions_is_a_context() -> None:
    with httpx._transports.default.map_httpcore_exceptions():
        value = 1
    assert value == 1
    with pytest.raises(ValueError, match="mine"):
        with httpx._transports.default.map_httpcore_exceptions():
            raise ValueError("mine")


def test_map_httpcore_exceptions_translates() -> None:
    httpcore = pytest.importorskip("httpcore", reason="only the extra `compat` brings it")
    with pytest.raises(httpx.ConnectTimeout, match="slow"):
        with httpx._transports.default.map_httpcore_exceptions():
            raise httpcore.ConnectTimeout("slow")


def test_request_context_attaches_the_request() -> None:
    request = httpx.Request("GET", "http://a/")
    with pytest.raises(httpx.ReadError) as caught:
        with httpx._exceptions.request_context(request=request):
            raise httpx.ReadError("cut off")
    assert caught.value.request is request
    with pytest.raises(httpx.ReadError) as caught:
        with httpx._exceptions.request_context():
            raise httpx.ReadError("cut off")
    with pytest.raises(RuntimeError, match="request"):
        caught.value.request
    with pytest.raises(ValueError, match="mine"):
        with httpx._exceptions.request_context(request=request):
            raise ValueError("mine")


# Replaced on the class


@pytest.mark.parametrize("verb", ["get", "options", "head", "post", "put", "patch", "delete"])
def test_handle_request_replaced_on_the_class(verb: str) -> None:
    def handle(self: Any, request: httpx.Request) -> httpx.Response:
        return httpx.Response(299)

    with mock.patch.object(httpx.HTTPTransport, "handle_request", handle):
        assert getattr(httpx, verb)("http://a/").status_code == 299


@pytest.mark.worlds("asyncio", "trio")  # the asynchronous transport
async def test_handle_async_request_replaced_on_the_class(world: Any) -> None:
    async def handle(self: Any, request: httpx.Request) -> httpx.Response:
        return httpx.Response(299)

    with mock.patch.object(httpx.AsyncHTTPTransport, "handle_async_request", handle):
        async with httpx.AsyncClient() as made:
            assert (await made.get("http://a/")).status_code == 299


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (httpx.MockTransport, "handle_request"),
        (httpx.WSGITransport, "handle_request"),
        (httpx.MockTransport, "handle_async_request"),
        (httpx.ASGITransport, "handle_async_request"),
    ],
)
def test_the_other_transports_methods_are_their_own(kind: type, name: str) -> None:
    assert name in vars(kind)


def test_a_client_made_before_the_patch_meets_it() -> None:
    made = httpx.Client()
    with mock.patch.object(httpx.HTTPTransport, "handle_request", return_value=httpx.Response(299)):
        assert made.get("http://a/").status_code == 299


@pytest.mark.parametrize(
    ("kind", "transport"),
    [
        (httpx.Client, httpx.HTTPTransport),
        (httpx.AsyncClient, httpx.AsyncHTTPTransport),
    ],
)
def test_default_transports_are_the_public_classes(kind: Any, transport: type) -> None:
    assert type(kind()._transport) is transport
    proxied = kind(proxy="http://proxy")
    assert [type(mounted) for mounted in proxied._mounts.values()] == [transport]


def test_transport_for_url_replaced_on_the_class() -> None:
    seen = []

    def choose(self: Any, url: httpx.URL) -> httpx.BaseTransport:
        seen.append(url)
        return httpx.MockTransport(answer)

    with mock.patch.object(httpx._client.Client, "_transport_for_url", choose):
        assert httpx.get("http://a/x").text == "ok"
    assert seen == ["http://a/x"]


@pytest.mark.worlds("asyncio", "trio")  # the asynchronous client
async def test_transport_for_url_replaced_on_the_async_class(world: Any) -> None:
    def choose(self: Any, url: httpx.URL) -> httpx.AsyncBaseTransport:
        return httpx.MockTransport(answer)

    with mock.patch.object(httpx._client.AsyncClient, "_transport_for_url", choose):
        async with httpx.AsyncClient() as made:
            assert (await made.get("http://a/")).text == "ok"


def test_transport_for_url_called_with_a_url() -> None:
    mounted = httpx.MockTransport(answer)
    made = httpx.Client(mounts={"all://a": mounted})
    assert made._transport_for_url(httpx.URL("http://a/")) is mounted
    assert made._transport_for_url(httpx.URL("http://b/")) is made._transport


def test_send_replaced_on_the_class() -> None:
    seen = []
    original = httpx._client.Client.send

    def send(self: Any, request: httpx.Request, **settings: Any) -> httpx.Response:
        seen.append(request.method)
        return original(self, request, **settings)

    with mock.patch.object(httpx._client.Client, "send", send), client() as made:
        made.get("http://a/")
        made.request("PUT", "http://a/")
        with made.stream("POST", "http://a/"):
            pass
        with mock.patch.object(
            httpx.HTTPTransport, "handle_request", return_value=httpx.Response(200)
        ):
            httpx.delete("http://a/")
    assert seen == ["GET", "PUT", "POST", "DELETE"]


@pytest.mark.worlds("asyncio", "trio")  # the asynchronous client
async def test_send_replaced_on_the_async_class(world: Any) -> None:
    seen = []
    original = httpx._client.AsyncClient.send

    async def send(self: Any, request: httpx.Request, **settings: Any) -> httpx.Response:
        seen.append(request.method)
        return await original(self, request, **settings)

    with mock.patch.object(httpx._client.AsyncClient, "send", send):
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as made:
            await made.get("http://a/")
            async with made.stream("POST", "http://a/"):
                pass
    assert seen == ["GET", "POST"]


def moving(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/":
        return httpx.Response(302, headers={"Location": "/there"})
    return httpx.Response(200)


def test_send_single_request_is_called_once_a_hop() -> None:
    seen = []
    original = httpx.Client._send_single_request

    def single(self: Any, request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return original(self, request)

    with mock.patch.object(httpx.Client, "_send_single_request", single):
        client(moving, follow_redirects=True).get("http://a/")
    assert seen == ["/", "/there"]


@pytest.mark.worlds("asyncio", "trio")  # the asynchronous client
async def test_async_send_single_request_is_called_once_a_hop(world: Any) -> None:
    seen = []
    original = httpx.AsyncClient._send_single_request

    async def single(self: Any, request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return await original(self, request)

    with mock.patch.object(httpx.AsyncClient, "_send_single_request", single):
        transport = httpx.MockTransport(moving)
        async with httpx.AsyncClient(transport=transport, follow_redirects=True) as made:
            await made.get("http://a/")
    assert seen == ["/", "/there"]


# Overridden in a subclass


def test_init_transports_overridden_through_super() -> None:
    seen = []

    class Mine(httpx.Client):
        def _init_transport(self, *arguments: Any, **settings: Any) -> httpx.BaseTransport:
            seen.append("transport")
            return super()._init_transport(*arguments, **settings)

        def _init_proxy_transport(self, *arguments: Any, **settings: Any) -> httpx.BaseTransport:
            seen.append("proxy")
            return super()._init_proxy_transport(*arguments, **settings)

    Mine(proxy="http://proxy")
    assert sorted(seen) == ["proxy", "transport"]


@pytest.mark.parametrize("kind", PUBLIC_CLIENTS)
def test_init_transport_may_give_any_transport(kind: Any) -> None:
    given = httpx.MockTransport(answer)
    mine = type("Mine", (kind,), {"_init_transport": lambda self, *args, **kwargs: given})
    assert mine()._transport is given


def test_redirect_headers_overridden() -> None:
    class Mine(httpx.Client):
        def _redirect_headers(
            self, request: httpx.Request, url: httpx.URL, method: str
        ) -> httpx.Headers:
            headers = super()._redirect_headers(request, url, method)
            headers["Authorization"] = f"kept for {method} {url}"
            return headers

    seen = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        if request.url.host == "a":
            return httpx.Response(302, headers={"Location": "http://b/"})
        return httpx.Response(200)

    client(handler, Mine, follow_redirects=True).get("http://a/", headers={"Authorization": "x"})
    assert seen == ["x", "kept for GET http://b/"]


def test_build_redirect_request_overridden() -> None:
    class Mine(httpx.Client):
        def _build_redirect_request(
            self, request: httpx.Request, response: httpx.Response
        ) -> httpx.Request:
            following = super()._build_redirect_request(request, response)
            following.headers["X-Hop"] = str(response.status_code)
            return following

    response = client(moving, Mine, follow_redirects=True).get("http://a/")
    assert response.request.headers["x-hop"] == "302"


def test_merge_url() -> None:
    made = httpx.Client(base_url="http://a/v1")
    assert made._merge_url("/x") == httpx.URL("http://a/v1/x")
    assert made._merge_url(httpx.URL("http://b/")) == httpx.URL("http://b/")


SEAMS = [
    "_send_single_request",
    "_send_handling_auth",
    "_send_handling_redirects",
    "_transport_for_url",
    "_init_transport",
    "_init_proxy_transport",
    "_merge_url",
    "_build_redirect_request",
    "_redirect_headers",
    "_build_request_auth",
]


@pytest.mark.parametrize("name", SEAMS)
@pytest.mark.parametrize("kind", PUBLIC_CLIENTS)
def test_seams_are_methods(kind: type, name: str) -> None:
    assert inspect.isfunction(getattr(kind, name))


def test_sending_goes_through_each_seam_of_the_instance() -> None:
    made = client(moving, follow_redirects=True)
    called = []
    for name in SEAMS:
        original = getattr(made, name)

        def noting(*args: Any, _original: Any = original, _name: str = name, **kwargs: Any) -> Any:
            called.append(_name)
            return _original(*args, **kwargs)

        setattr(made, name, noting)
    made.get("http://a/")
    assert set(called) == set(SEAMS) - {"_init_transport", "_init_proxy_transport"}


# Attributes


def test_transport_can_be_assigned_and_wrapped() -> None:
    made = httpx.Client()
    made._transport = httpx.MockTransport(answer)
    assert made.get("http://a/").text == "ok"
    original = made._transport.handle_request
    seen = []

    def wrapped(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        return original(request)

    with mock.patch.object(made._transport, "handle_request", wrapped):
        made.get("http://a/")
    assert seen == ["GET"]


def test_mounts_are_a_dict_of_patterns_that_compare() -> None:
    pattern = httpx._utils.URLPattern
    made = httpx.Client(mounts={"all://": None, "http://a.com": None})
    assert type(made._mounts) is dict
    assert [key.pattern for key in made._mounts] == ["http://a.com", "all://"]
    mounted = httpx.MockTransport(answer)
    made._mounts = dict(sorted({**made._mounts, pattern("http://b.com:81"): mounted}.items()))
    assert next(iter(made._mounts)).pattern == "http://b.com:81"
    assert made.get("http://b.com:81/").text == "ok"


def test_url_pattern() -> None:
    pattern = httpx._utils.URLPattern("https://*.example.org")
    assert pattern.matches(httpx.URL("https://www.example.org/"))
    assert not pattern.matches(httpx.URL("https://example.org/"))
    assert pattern == httpx._utils.URLPattern("https://*.example.org")
    assert hash(pattern) == hash(httpx._utils.URLPattern("https://*.example.org"))


def test_get_environment_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("REQUEST_METHOD", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "proxy:8080")
    monkeypatch.setenv("NO_PROXY", "example.org")
    assert httpx._utils.get_environment_proxies() == {
        "https://": "http://proxy:8080",
        "all://*example.org": None,
    }


def test_request_content_is_absent_until_read() -> None:
    assert httpx.Request("POST", "http://a/", content=b"x")._content == b"x"
    request = httpx.Request("POST", "http://a/", content=iter([b"x"]))
    assert not hasattr(request, "_content")
    request.read()
    assert request._content == b"x"


def test_response_content_is_absent_until_read_and_may_be_assigned_and_deleted() -> None:
    response = httpx.Response(200, content=iter([b"x"]))
    assert not hasattr(response, "_content")
    response._content = b"assigned"
    assert response.content == b"assigned"
    assert response.text == "assigned"
    del response._content
    assert not hasattr(response, "_content")


def test_response_decoder_may_be_deleted_and_the_count_assigned() -> None:
    import gzip

    packed = gzip.compress(b"hello")
    response = httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=packed)
    assert response.content == b"hello"
    assert hasattr(response, "_decoder")
    del response._decoder
    del response._content
    response.stream = httpx.ByteStream(packed)
    response.is_stream_consumed = response.is_closed = False
    response._num_bytes_downloaded = 0
    assert response.read() == b"hello"
    assert response.num_bytes_downloaded == len(packed)


def test_response_request_is_none_until_set() -> None:
    response = httpx.Response(200)
    assert response._request is None
    response._request = httpx.Request("GET", "http://a/")
    assert response.request.url == "http://a/"


def test_event_hooks_may_become_a_property() -> None:
    assigned = []

    class Mine(httpx.Client):
        @property
        def _event_hooks(self) -> Any:
            return self.__dict__["hooks"]

        @_event_hooks.setter
        def _event_hooks(self, hooks: Any) -> None:
            assigned.append(hooks)
            self.__dict__["hooks"] = hooks

    seen = []
    made = client(answer, Mine, event_hooks={"request": [lambda request: seen.append(1)]})
    made.get("http://a/")
    assert assigned
    assert seen == [1]


@pytest.mark.parametrize("kind", PUBLIC_CLIENTS)
def test_event_hooks_are_an_instance_attribute(kind: Any) -> None:
    assert "_event_hooks" in vars(kind())


def test_base_url_is_a_url() -> None:
    made = httpx.Client(base_url="http://a/v1")
    assert isinstance(made._base_url, httpx.URL)
    assert made._base_url == "http://a/v1/"


def test_uri_reference() -> None:
    reference = httpx.URL("http://a/b?c")._uri_reference
    assert str(reference) == "http://a/b?c"
    assert str(reference.copy_with(path="/d")) == "http://a/d?c"
    assert (reference.scheme, reference.host, reference.path) == ("http", "a", "/b")
    assert (reference.query, reference.fragment, reference.port) == ("c", None, None)


def test_headers_list() -> None:
    headers = httpx.Headers([("X-One", "1"), ("x-one", "2")])
    assert headers._list == [(b"X-One", b"x-one", b"1"), (b"x-one", b"x-one", b"2")]


def test_basic_auth_header() -> None:
    assert httpx.BasicAuth("u", "p")._auth_header == "Basic dTpw"


@pytest.mark.worlds("asyncio", "trio")  # what the asynchronous transport does
async def test_a_transport_may_assign_to_the_request(world: Any) -> None:
    class Mine(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            request.url = request.url.copy_with(host="10.0.0.1")
            request.headers["Host"] = "a"
            request.extensions = {**request.extensions, "sni_hostname": "a"}
            return httpx.Response(200)

    async with httpx.AsyncClient(transport=Mine()) as made:
        response = await made.get("http://a/")
    assert response.url == "http://10.0.0.1/"
    assert response.request.extensions["sni_hostname"] == "a"


@pytest.mark.parametrize("kind", [httpx.HTTPTransport, httpx.AsyncHTTPTransport])
def test_transports_have_a_pool_as_an_attribute(kind: Any) -> None:
    transport = kind()
    assert transport._pool is transport._pool
    assert not transport._pool.connections


# Found relied on, though not private


@pytest.mark.parametrize("name", [n for n in httpx.__all__ if not n.startswith("__")])
def test_public_names_say_that_they_are_of_httpx(name: str) -> None:
    value = getattr(httpx, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__module__ == "httpx"


def test_the_text_of_the_log_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="httpx"):
        client().get("http://a/x?y=1")
    assert [record.name for record in caplog.records] == ["httpx"]
    assert caplog.messages == ['HTTP Request: GET http://a/x?y=1 "HTTP/1.1 200 OK"']


def test_accept_encoding_names_what_is_installed() -> None:
    def installed(*names: str) -> bool:
        return any(importlib.util.find_spec(name) is not None for name in names)

    expected = ["gzip", "deflate"]
    if installed("brotli", "brotlicffi"):
        expected.append("br")
    if installed("zstandard", "compression.zstd"):
        expected.append("zstd")
    assert httpx.Client().headers["Accept-Encoding"] == ", ".join(expected)


def test_the_version_satisfies_the_pins() -> None:
    specifiers = pytest.importorskip("packaging.specifiers")
    for pin in ("==0.28.*", "~=0.28.1", "==0.28.1", "<0.29,>=0.28"):
        assert specifiers.SpecifierSet(pin).contains(httpx.__version__)


def test_extras_are_named_as_in_the_original() -> None:
    import tomllib
    from pathlib import Path

    project = Path(__file__).parent.parent / "pyproject.toml"
    extras = tomllib.loads(project.read_text("utf-8"))["project"]["optional-dependencies"]
    assert {"http2", "socks", "brotli", "zstd", "cli", "compat"} <= set(extras)
