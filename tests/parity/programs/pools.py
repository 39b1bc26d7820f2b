"""Pools with the real httpcore beside them: their class, their attributes, patched methods.

The last group, since it imports httpcore into the process.
"""

from unittest import mock

import httpcore

from ..helpers import aattempt, arun, attempt, failure, httpx
from ..server import Wire
from ..table import program

PROXIES = (
    "http://p.com http://p.com:8080 https://p.com:1 http://u:pw@p.com http://u%40x:p%20w@p.com "
    "socks5://p.com socks5h://u:pw@p.com:1080 http://[::1]:3128"
)
UPGRADE = {"Connection": "Upgrade", "Upgrade": "x"}
ATTRIBUTES = """
_proxy_url _proxy_headers _proxy_auth _http1 _http2 _max_connections _retries _uds _requests
_max_keepalive_connections _keepalive_expiry _local_address _socket_options connections
_connections
"""
NAMES = "ConnectionPool HTTPProxy SOCKSProxy"


def kinds(pool, prefix=""):
    return [name for name in NAMES.split() if isinstance(pool, getattr(httpcore, prefix + name))]


def seen(transport):
    """What tools read of a transport's pool."""
    pool = transport._pool
    prefix = "Async" if isinstance(transport, httpx.AsyncHTTPTransport) else ""
    found: dict[str, object] = {"kinds": kinds(pool, prefix)}
    for name in ATTRIBUTES.split():
        found[name] = repr(getattr(pool, name, "absent"))
    for name in ("_ssl_context", "_proxy_ssl_context", "_network_backend"):
        found[name] = type(getattr(pool, name, "absent")).__name__
    return found


@program
def plain_transport():
    return seen(httpx.HTTPTransport())


@program
def plain_async_transport():
    return seen(httpx.AsyncHTTPTransport())


@program
def transport_with_settings():
    return seen(
        httpx.HTTPTransport(
            http1=False,
            http2=True,
            limits=httpx.Limits(max_connections=3, keepalive_expiry=None),
            retries=2,
            local_address="127.0.0.1",
            socket_options=[(1, 2, 3)],
        )
    )


@program
def transport_on_a_socket_file():
    return seen(httpx.HTTPTransport(uds="/tmp/s"))


@program
def proxied_transports():
    return {proxy: seen(httpx.HTTPTransport(proxy=proxy)) for proxy in PROXIES.split()}


@program
def proxied_async_transports():
    return {proxy: seen(httpx.AsyncHTTPTransport(proxy=proxy)) for proxy in PROXIES.split()}


@program
def proxy_with_headers():
    proxy = httpx.Proxy("http://p.com", headers={"X-A": "1"}, auth=("u", "p"))
    return seen(httpx.HTTPTransport(proxy=proxy))


@program
def proxy_url_is_httpcores():
    pool = httpx.HTTPTransport(proxy="http://p.com:81")._pool
    url = httpcore.URL(scheme=b"http", host="p.com", port=81, target="/")
    return [pool._proxy_url == url, str(pool._proxy_url), pool._proxy_url.origin]


@program
def proxies_of_a_client():
    c = httpx.Client(proxy="http://p.com", mounts={"all://x": None})
    answers = []
    for url in ("http://a", "https://b", "http://x"):
        transport = c._transport_for_url(httpx.URL(url))
        answers.append([kinds(transport._pool), transport is c._transport])
    return answers


@program
def proxies_of_an_async_client():
    c = httpx.AsyncClient(proxy="socks5://p.com")
    transport = c._transport_for_url(httpx.URL("http://a"))
    return [kinds(transport._pool, "Async"), kinds(c._transport._pool, "Async")]


@program
def proxies_of_the_environment():
    import os

    with mock.patch.dict(os.environ, {"HTTP_PROXY": "http://p.com:99", "NO_PROXY": "n.com"}):
        c = httpx.Client()
    answers = []
    for url in ("http://a", "https://a", "http://n.com", "http://x.n.com"):
        transport = c._transport_for_url(httpx.URL(url))
        origin = getattr(transport._pool, "_proxy_url", None)
        answers.append([url, transport is c._transport, repr(origin)])
    return answers


@program
def one_ssl_context_of_ones_own():
    import ssl

    context = ssl.create_default_context()
    return httpx.HTTPTransport(verify=context)._pool._ssl_context is context


@program
def every_exception_is_mapped():
    mapped = httpx._transports.default._load_httpcore_exceptions()
    return {
        name: getattr(mapped.get(value), "__name__", None)
        for name, value in sorted(vars(httpcore).items())
        if isinstance(value, type) and issubclass(value, Exception)
    }


def patched(target, error):
    with mock.patch(target, side_effect=error):
        try:
            return httpx.Client(trust_env=False).get("http://a/")
        except Exception as raised:
            cause = raised.__cause__
            return [failure(raised), failure(cause) if cause else None, str(raised.request.url)]


@program
def patched_pools():
    return {
        f"{target} {error.__name__}": patched(f"httpcore.{target}.handle_request", error("text"))
        for target in ("ConnectionPool", "HTTPConnection")
        for error in (
            httpcore.ConnectError,
            httpcore.ConnectTimeout,
            httpcore.ReadError,
            httpcore.ReadTimeout,
            httpcore.WriteError,
            httpcore.WriteTimeout,
            httpcore.PoolTimeout,
            httpcore.ProtocolError,
            httpcore.LocalProtocolError,
            httpcore.RemoteProtocolError,
            httpcore.ProxyError,
            httpcore.UnsupportedProtocol,
            httpcore.NetworkError,
            httpcore.TimeoutException,
        )
    }


@program
def patched_pool_raises_something_else():
    return attempt(patched, "httpcore.ConnectionPool.handle_request", ValueError("x"))


@program
def patched_async_pool():
    async def main():
        with mock.patch(
            "httpcore.AsyncConnectionPool.handle_async_request",
            side_effect=httpcore.ConnectError("text"),
        ):
            async with httpx.AsyncClient(trust_env=False) as c:
                return await aattempt(c.get("http://a/"))

    return arun(main())


@program
def patched_answer():
    def handle(self, request):
        asked = [request.method, request.url, request.headers, sorted(request.extensions)]
        return httpcore.Response(
            201, headers=[(b"X-A", b"1")], content=repr(asked).encode(), extensions={"x": 1}
        )

    with mock.patch("httpcore.ConnectionPool.handle_request", handle):
        r = httpx.Client(trust_env=False).post("http://a:81/b?c", content=b"x")
    return [r.status_code, r.headers, r.text, sorted(r.extensions), r.http_version]


class Failing:
    """A body that breaks off, as httpcore would give it."""

    def __init__(self, error):
        self.error = error
        self.closed = 0

    def __iter__(self):
        yield b"a"
        raise self.error

    async def __aiter__(self):
        yield b"a"
        raise self.error

    def close(self):
        self.closed += 1

    async def aclose(self):
        self.closed += 1


def broken_body(error):
    body = Failing(error)

    def handle(self, request):
        return httpcore.Response(200, content=body)

    with mock.patch("httpcore.ConnectionPool.handle_request", handle):
        return [attempt(httpx.Client(trust_env=False).get, "http://a/"), body.closed]


@program
def broken_bodies():
    kinds = (httpcore.ReadError, httpcore.ReadTimeout, httpcore.RemoteProtocolError, ValueError)
    return [broken_body(kind("text")) for kind in kinds]


@program
def broken_async_body():
    body = Failing(httpcore.ReadTimeout("text"))

    async def handle(self, request):
        return httpcore.Response(200, content=body)

    async def main():
        with mock.patch("httpcore.AsyncConnectionPool.handle_async_request", handle):
            async with httpx.AsyncClient(trust_env=False) as c:
                return [await aattempt(c.get("http://a/")), body.closed]

    return arun(main())


@program
def body_whose_close_fails():
    class Body(Failing):
        def __iter__(self):
            yield b"a"

        def close(self):
            raise httpcore.ReadError("text")

    def handle(self, request):
        return httpcore.Response(200, content=Body(None))

    with mock.patch("httpcore.ConnectionPool.handle_request", handle):
        return attempt(httpx.Client(trust_env=False).get, "http://a/")


@program
def stream_wrappers():
    from httpx._transports.default import ResponseStream, map_httpcore_exceptions

    def fail():
        with map_httpcore_exceptions():
            raise httpcore.ReadError("text")

    def other():
        with map_httpcore_exceptions():
            raise KeyError("text")

    body = Failing(httpcore.ReadError("text"))
    stream = ResponseStream(body)
    chunks = attempt(list, stream)
    stream.close()
    return [attempt(fail), attempt(other), chunks, body.closed]


@program
def connections_after_a_request():
    with Wire() as wire, httpx.Client(trust_env=False) as c:
        c.get(wire.url)
        pool = c._transport._pool
        return [len(pool.connections), pool.connections[0].is_idle()]


@program
def stream_error_of_the_network_is_httpcores():
    with Wire(b"HTTP/1.1 101 Switching\r\n\r\nab") as wire, httpx.Client(trust_env=False) as c:
        with c.stream("GET", wire.url, headers=UPGRADE) as r:
            stream = r.extensions["network_stream"]
            first = stream.read(10)
            return [first, isinstance(stream, httpcore.NetworkStream)]


@program
def read_timeout_of_the_network_is_httpcores():
    with Wire(b"HTTP/1.1 101 Switching\r\n\r\n") as wire, httpx.Client(trust_env=False) as c:
        with c.stream("GET", wire.url, headers=UPGRADE) as r:
            try:
                r.extensions["network_stream"].read(10, timeout=0.01)
            except Exception as error:
                return isinstance(error, httpcore.ReadTimeout)
