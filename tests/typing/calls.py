"""Calls as people write them, each with the type that it must have. Read, never run."""

from __future__ import annotations

import datetime
import http.cookiejar
import io
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from http.cookiejar import CookieJar
from typing import Any, Optional, assert_type

import httpx
from httpx._types import (
    AuthTypes,
    CertTypes,
    CookieTypes,
    FileTypes,
    HeaderTypes,
    PrimitiveData,
    ProxyTypes,
    QueryParamTypes,
    RequestContent,
    RequestData,
    RequestExtensions,
    RequestFiles,
    ResponseContent,
    TimeoutTypes,
    URLTypes,
)


def top_level_functions() -> None:
    assert_type(httpx.get("https://example.org/"), httpx.Response)
    assert_type(httpx.options(httpx.URL("https://example.org/")), httpx.Response)
    assert_type(httpx.head("https://example.org/", follow_redirects=True), httpx.Response)
    assert_type(httpx.delete("https://example.org/", auth=("user", "pass")), httpx.Response)
    assert_type(httpx.post("https://example.org/", json={"a": [1, None]}), httpx.Response)
    assert_type(httpx.put("https://example.org/", content=b"x"), httpx.Response)
    assert_type(httpx.patch("https://example.org/", data={"a": 1}), httpx.Response)
    assert_type(httpx.query("https://example.org/", content="x"), httpx.Response)
    assert_type(httpx.request("PURGE", "https://example.org/"), httpx.Response)
    with httpx.stream("GET", "https://example.org/") as response:
        assert_type(response, httpx.Response)
        for line in response.iter_lines():
            assert_type(line, str)


def arguments() -> None:
    httpx.get("https://example.org/", params={"a": 1, "b": [1, 2.5, None, True, "x"]})
    httpx.get("https://example.org/", params=[("a", 1), ("a", "2")])
    httpx.get("https://example.org/", params="a=1")
    httpx.get("https://example.org/", params=httpx.QueryParams(a=1))
    httpx.get("https://example.org/", headers={"A": "1"})
    httpx.get("https://example.org/", headers=[("A", "1"), ("A", "2")])
    httpx.get("https://example.org/", headers={b"A": b"1"})
    httpx.get("https://example.org/", cookies={"a": "1"}, timeout=None)
    httpx.get("https://example.org/", cookies=http.cookiejar.CookieJar(), timeout=3)
    httpx.get("https://example.org/", timeout=(1, 2, None, 3))
    httpx.get("https://example.org/", timeout=httpx.Timeout(5.0, connect=None))
    httpx.get("https://example.org/", verify=False)
    httpx.get("https://example.org/", verify=ssl.create_default_context())
    httpx.get("https://example.org/", proxy="http://localhost:3128", trust_env=False)
    httpx.get("https://example.org/", proxy=httpx.Proxy("socks5://localhost", auth=("u", "p")))
    httpx.post("https://example.org/", content=[b"a", b"b"])
    httpx.post("https://example.org/", content=io.BytesIO(b"x"))
    httpx.post("https://example.org/", files={"f": b"x"})
    httpx.post("https://example.org/", files={"f": ("n.txt", io.BytesIO(b"x"), "text/plain")})
    httpx.post("https://example.org/", files={"f": (None, "x", None, {"X": "1"})})
    httpx.post("https://example.org/", files=[("f", b"1"), ("f", ("n", b"2"))])
    with open("file", "rb") as file:
        httpx.post("https://example.org/", files={"f": file}, data={"a": ["1", "2"]})


def client() -> None:
    with httpx.Client(
        auth=httpx.BasicAuth("user", "pass"),
        params={"a": 1},
        headers={"A": "1"},
        cookies={"c": "1"},
        verify=True,
        http2=True,
        mounts={"https://example.org": httpx.HTTPTransport(retries=1), "all://": None},
        timeout=5,
        follow_redirects=True,
        limits=httpx.Limits(max_connections=10, keepalive_expiry=None),
        max_redirects=3,
        event_hooks={"request": [on_request], "response": [on_response]},
        base_url="https://example.org/",
        trust_env=False,
        default_encoding=lambda content: "utf-8",
    ) as made:
        assert_type(made, httpx.Client)
        assert_type(made.get("/"), httpx.Response)
        assert_type(made.query("/", json={}), httpx.Response)
        assert_type(made.build_request("GET", "/"), httpx.Request)
        assert_type(made.send(httpx.Request("GET", "https://example.org/")), httpx.Response)
        assert_type(made.headers, httpx.Headers)
        assert_type(made.cookies, httpx.Cookies)
        assert_type(made.params, httpx.QueryParams)
        assert_type(made.base_url, httpx.URL)
        assert_type(made.timeout, httpx.Timeout)
        assert_type(made.auth, httpx.Auth | None)
        assert_type(made.is_closed, bool)
        assert_type(made.trust_env, bool)
        with made.stream("POST", "/", content=parts()) as response:
            assert_type(response, httpx.Response)
            assert_type(response.iter_bytes(1024), Iterator[bytes])
            assert_type(response.iter_raw(), Iterator[bytes])
            assert_type(response.iter_text(), Iterator[str])
        made.headers = {"B": "2"}
        made.timeout = 3
        made.base_url = "https://example.com/"
        made.auth = ("user", "pass")


def on_request(request: httpx.Request) -> None:
    assert_type(request.method, str)


def on_response(response: httpx.Response) -> None:
    assert_type(response.status_code, int)


def parts() -> Iterator[bytes]:
    yield b"x"


async def async_parts() -> AsyncIterator[bytes]:
    yield b"x"


async def async_client() -> None:
    async with httpx.AsyncClient(
        mounts={"all://": httpx.AsyncHTTPTransport(local_address="0.0.0.0")},
        transport=httpx.ASGITransport(app),
    ) as made:
        assert_type(made, httpx.AsyncClient)
        assert_type(await made.get("/"), httpx.Response)
        assert_type(await made.post("/", content=async_parts()), httpx.Response)
        assert_type(await made.query("/"), httpx.Response)
        assert_type(await made.request("GET", "/", extensions={"x": 1}), httpx.Response)
        async with made.stream("GET", "/", timeout=None) as response:
            assert_type(response, httpx.Response)
            async for piece in response.aiter_bytes():
                assert_type(piece, bytes)
            assert_type(response.aiter_text(), AsyncIterator[str])
            assert_type(response.aiter_lines(), AsyncIterator[str])
            assert_type(response.aiter_raw(10), AsyncIterator[bytes])
            assert_type(await response.aread(), bytes)
        await made.aclose()


async def app(scope: Any, receive: Any, send: Any) -> None: ...


def requests() -> None:
    request = httpx.Request("POST", "https://example.org/", json={"a": 1}, extensions={"x": 1})
    assert_type(request.url, httpx.URL)
    assert_type(request.headers, httpx.Headers)
    assert_type(request.content, bytes)
    assert_type(request.read(), bytes)
    assert_type(request.method, str)


def responses(response: httpx.Response) -> None:
    assert_type(response.raise_for_status(), httpx.Response)
    assert_type(response.json(), Any)
    assert_type(response.text, str)
    assert_type(response.content, bytes)
    assert_type(response.encoding, str | None)
    assert_type(response.charset_encoding, str | None)
    assert_type(response.elapsed, datetime.timedelta)
    assert_type(response.cookies, httpx.Cookies)
    assert_type(response.links, dict[str | None, dict[str, str]])
    assert_type(response.history, list[httpx.Response])
    assert_type(response.next_request, httpx.Request | None)
    assert_type(response.request, httpx.Request)
    assert_type(response.url, httpx.URL)
    assert_type(response.http_version, str)
    assert_type(response.reason_phrase, str)
    assert_type(response.is_success, bool)
    assert_type(response.num_bytes_downloaded, int)
    assert_type(response.iter_records(), Iterator[str])
    assert_type(response.stream_to("file", digest="sha256:..."), int)
    httpx.Response(200, json={"a": 1}, headers={"A": "1"}, request=httpx.Request("GET", "/"))
    httpx.Response(httpx.codes.OK, text="x", extensions={"http_version": b"HTTP/2"})


def urls() -> None:
    url = httpx.URL("https://example.org/", params={"a": 1})
    assert_type(url.scheme, str)
    assert_type(url.host, str)
    assert_type(url.port, int | None)
    assert_type(url.netloc, bytes)
    assert_type(url.query, bytes)
    assert_type(url.raw_path, bytes)
    assert_type(url.params, httpx.QueryParams)
    assert_type(url.origin, httpx.Origin)
    assert_type(url.join("/x"), httpx.URL)
    assert_type(url.copy_with(path="/x"), httpx.URL)
    assert_type(url.copy_set_param("a", 1), httpx.URL)
    assert_type(str(url), str)


def multi_dicts() -> None:
    params = httpx.QueryParams("a=1")
    assert_type(params["a"], str)
    assert_type(params.get_list("a"), list[str])
    assert_type(params.multi_items(), list[tuple[str, str]])
    assert_type(params.set("a", 1), httpx.QueryParams)
    headers = httpx.Headers({"A": "1"})
    assert_type(headers["a"], str)
    assert_type(headers.get("a"), str | None)
    assert_type(headers.get("a", "b"), str)
    assert_type(headers.get_list("a"), list[str])
    assert_type(headers.raw, list[tuple[bytes, bytes]])
    assert_type(headers | {"B": "2"}, httpx.Headers)
    assert_type(headers.copy(), httpx.Headers)
    cookies = httpx.Cookies({"a": "1"})
    assert_type(cookies["a"], str)
    assert_type(cookies.jar, CookieJar)


class Signed(httpx.Auth):
    requires_request_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["X-Signature"] = str(len(request.content))
        response = yield request
        assert_type(response, httpx.Response)


class Slow(httpx.Auth):
    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        yield request


def auth() -> None:
    httpx.Client(auth=Signed())
    httpx.AsyncClient(auth=Slow())
    httpx.Client(auth=lambda request: request)
    httpx.get("https://example.org/", auth=httpx.DigestAuth("user", "pass"))
    httpx.get("https://example.org/", auth=httpx.NetRCAuth())
    httpx.get("https://example.org/", auth=httpx.FunctionAuth(lambda request: request))


class Wrapped(httpx.BaseTransport):
    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.inner.handle_request(request)


class AsyncWrapped(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.inner.handle_async_request(request)


def transports() -> None:
    httpx.Client(transport=Wrapped(httpx.HTTPTransport(uds="/run/socket")))
    httpx.AsyncClient(transport=AsyncWrapped(httpx.AsyncHTTPTransport(http2=True)))
    httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200)))
    httpx.AsyncClient(transport=httpx.MockTransport(async_handler))
    with httpx.HTTPTransport() as transport:
        assert_type(transport, httpx.HTTPTransport)


async def async_handler(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=await request.aread())


class Subclass(httpx.Client):
    def __enter__(self) -> Subclass:
        super().__enter__()
        return self


def subclasses_keep_their_type() -> None:
    class Plain(httpx.Client): ...

    with Plain() as made:
        assert_type(made, Plain)


class Pieces(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b"x"


class AsyncPieces(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"x"


def streams() -> None:
    httpx.Response(200, stream=Pieces())
    httpx.Request("POST", "https://example.org/", stream=AsyncPieces())
    assert_type(list(httpx.ByteStream(b"x")), list[bytes])


def configuration() -> None:
    timeout = httpx.Timeout(5.0, read=None)
    assert_type(timeout.connect, float | None)
    assert_type(timeout.as_dict(), dict[str, float | None])
    assert_type(httpx.Limits().max_connections, int | None)
    assert_type(httpx.create_ssl_context(), ssl.SSLContext)
    assert_type(httpx.Proxy("http://localhost").url, httpx.URL)
    assert_type(httpx.Proxy("http://localhost").auth, tuple[str, str] | None)


def errors() -> None:
    try:
        httpx.get("https://example.org/").raise_for_status()
    except httpx.HTTPStatusError as error:
        assert_type(error.response, httpx.Response)
        assert_type(error.request, httpx.Request)
    except httpx.HTTPError as error:
        assert_type(error.request, httpx.Request)


def codes() -> None:
    assert_type(httpx.codes.get_reason_phrase(200), str)
    assert_type(httpx.codes.is_error(500), bool)
    assert int(httpx.codes.OK) == 200


def aliases(
    auth: AuthTypes | None = None,
    cert: CertTypes | None = None,
    cookies: CookieTypes | None = None,
    file: FileTypes | None = None,
    headers: HeaderTypes | None = None,
    primitive: PrimitiveData = None,
    proxy: ProxyTypes | None = None,
    params: Optional[QueryParamTypes] = None,  # noqa: UP045
    content: RequestContent | None = None,
    data: RequestData | None = None,
    extensions: RequestExtensions | None = None,
    files: RequestFiles | None = None,
    answer: ResponseContent | None = None,
    timeout: TimeoutTypes | httpx._client.UseClientDefault = httpx.USE_CLIENT_DEFAULT,
    url: URLTypes = "/",
) -> None:
    httpx.Client(cookies=cookies, headers=headers, params=params).request(
        "POST",
        url,
        auth=auth,
        content=content,
        data=data,
        files=files,
        timeout=timeout,
        extensions=extensions,
    )
    httpx.Response(200, content=answer)
