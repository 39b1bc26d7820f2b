"""`HTTPTransport` and `AsyncHTTPTransport`: two thin shells over the connections.

Here, and only here, a `Request` becomes the plain values that connections know, and what they
answer becomes a `Response`; here an error gets its request. The two shells differ in the objects
that they pass down (a backend, a request's body, a trace) and in how they wait: by `drive`, or
by `await`.
"""

from __future__ import annotations

import sys
import types
import typing
import warnings
from abc import abstractmethod
from functools import partial, update_wrapper

from .._config import DEFAULT_LIMITS, Limits, check_ssl_arguments, shared_ssl_context
from .._connections.messages import (
    AwaitingRequestBody,
    BlockingRequestBody,
    RequestBody,
    RequestMessage,
    Timeouts,
)
from .._connections.trace import AwaitingTrace, CallingTrace, Trace
from .._content import ByteStream
from .._drive import drive
from .._exceptions import LocalProtocolError, ProxyError, TimeoutException, TransportError
from .._headers import Headers
from .._models import Request, Response
from .._network.base import SocketOption
from .._types import AsyncByteStream, CertTypes, ProxyTypes, SyncByteStream
from .base import AsyncBaseTransport, BaseTransport
from .foreign import (
    HTTPCORE_EXC_MAP,
    AsyncResponseStream,
    ResponseStream,
    _load_httpcore_exceptions,
    map_httpcore_exceptions,
    name_as_httpcore,
)
from .routing import Router, attach_refusal

if typing.TYPE_CHECKING:
    import ssl
    from collections.abc import Coroutine

    from .._connections.body import ResponseBody
    from .._connections.ledger import PoolStats
    from .._connections.messages import ResponseMessage
    from .._connections.routes import Route
    from .._network.base import Backend, Resolver, Stream

__all__ = [
    "AsyncHTTPTransport",
    "HTTPCORE_EXC_MAP",
    "AsyncResponseStream",
    "HTTPTransport",
    "SOCKET_OPTION",
    "ResponseStream",
    "_load_httpcore_exceptions",
    "map_httpcore_exceptions",
]

SOCKET_OPTION = SocketOption  # the name that others know it by


class _PooledTransport:
    """What both transports are made of: a pool, and the translation.

    Args:
        verify: `True` (certifi's roots and the operating system's), `False` (nothing is
            checked), or an `ssl.SSLContext`. A path is deprecated.
        cert: a client certificate: a path, (path, key path) or (path, key path, password).
            Deprecated: load it into a context.
        trust_env: let `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the trusted roots.
        http1: speak HTTP/1.1. With `http1=False, http2=True`, HTTP/2 by prior knowledge.
        http2: speak HTTP/2 where the server offers it. Needs the extra `http2`.
        limits: how many connections are open, and how many of them, and how long, idle.
        proxy: the proxy that every request goes through: a URL or a `Proxy`; SOCKS needs the
            extra `socks`. A request may name another in `extensions={"proxy": ...}`, or none by
            `None` there. Not together with `uds`; all other options hold for the connection to
            the proxy.
        uds: a Unix domain socket to connect to, whatever the URL's host; ``\\0name`` is one
            in Linux's abstract space. Not together with `local_address` or `resolver`.
        local_address: the local address to connect from; ``0.0.0.0`` asks for IPv4, ``::`` for
            IPv6.
        retries: how often a failed connection attempt is repeated (`ConnectError`,
            `ConnectTimeout`), after 0, 0.5, 1, 2, ... seconds. Requests are not repeated by this.
        socket_options: `setsockopt` arguments, applied before connecting.
        resolver: called with (host, port), gives the addresses to try as (address, port), in
            the order of preference; it may block. `httpx.CachingResolver` is one.
        max_head_size: bytes that the head of a response may have.
        max_header_count: fields that it may have.
        max_response_size: bytes that the body of a response may have once it is decoded; more
            raise `ResponseTooLarge` where they are read, and cost the connection. Default: no
            limit. A request may set its own, or none, by `extensions={"max_response_size": ...}`.
        fast_lane: `False` sends every message through h11, ordinary ones as well.
    """

    _patched_method: str
    _request_body: typing.Callable[..., RequestBody]
    _trace: type[Trace]

    def __init__(
        self,
        verify: ssl.SSLContext | str | bool = True,
        cert: CertTypes | None = None,
        trust_env: bool = True,
        http1: bool = True,
        http2: bool = False,
        limits: Limits = DEFAULT_LIMITS,
        proxy: ProxyTypes | None = None,
        uds: str | None = None,
        local_address: str | None = None,
        retries: int = 0,
        socket_options: typing.Iterable[SocketOption] | None = None,
        *,
        resolver: Resolver | None = None,
        max_head_size: int = 100 * 1024,
        max_header_count: int = 1000,
        max_response_size: int | None = None,
        fast_lane: bool = True,
    ) -> None:
        # At first use, so that `import httpx` does not load what a mocked client never needs.
        from .._connections.connect import Connector
        from .compat import PatchablePool

        check_ssl_arguments(verify, cert, stacklevel=3)
        self._max_response_size = _checked_size(max_response_size)
        for name, value in (("local_address", local_address), ("resolver", resolver)):
            if uds is not None and value is not None:
                raise ValueError(f"A transport with uds={uds!r} has no use for {name}={value!r}.")
        self._router = Router(proxy, uds=uds, http1=http1)
        self._proxy = self._router.proxy
        self._pool = PatchablePool(
            Connector(
                ssl_context=partial(shared_ssl_context, verify, cert, trust_env),
                proxy_ssl_context=partial(shared_ssl_context, trust_env=trust_env),
                http1=http1,
                http2=http2,
                uds=uds,
                local_address=local_address,
                retries=retries,
                socket_options=tuple(socket_options or ()),
                resolver=resolver,
                max_head_size=max_head_size,
                max_header_count=max_header_count,
                fast_lane=fast_lane,
            ),
            self._find_backend,
            limits,
            self._proxy,
            self._patched_method,
        )
        self._retire = self._pool.retire
        # For the warning in __del__. Of an object with a dict, like this one, the tracemalloc of
        # CPython 3.11 does not know where it was made.
        self._made = object()

    def pool_stats(self) -> PoolStats:
        """The state of the pool at this moment, as numbers.

        Connections by state (`active`, `idle`, `connecting`), requests that wait for one
        (`waiting`), the limits (`max_connections`, `max_keepalive_connections`; `None`: none),
        and counts from the beginning: connections (`opened`), requests that were lent one
        (`requests`), and of these, those that were lent a used one (`reused`).
        """
        return self._pool.stats()

    def __del__(self, _warn: typing.Any = warnings.warn) -> None:
        """Close what is idle, and have the rest closed when it becomes so."""
        retire = self.__dict__.get("_retire")
        still_open = 0 if retire is None else retire()
        if still_open:
            connections = "1 connection" if still_open == 1 else f"{still_open} connections"
            text = f"unclosed {type(self).__name__}, or its client, with {connections} open"
            _warn(text, ResourceWarning, source=self._made, stacklevel=2)

    @staticmethod
    @abstractmethod
    def _find_backend() -> Backend: ...

    def _prepare(self, request: Request) -> tuple[RequestMessage, Route]:
        """A request as plain values, and how its origin is reached."""
        extensions = request.extensions
        stream = request.stream
        trace = self._trace.make(extensions.get("trace"), extensions.get("timings"))
        if "max_response_size" in extensions:
            _checked_size(extensions["max_response_size"])
        route, target, headers = self._router.plan(request)
        message = RequestMessage(
            request.method.encode("ascii"),
            target,
            headers,
            stream.content if isinstance(stream, ByteStream) else self._request_body(stream),
            Timeouts(extensions.get("timeout", {}), extensions.get("deadline")),
            trace,
        )
        return message, route

    def _start(
        self, message: RequestMessage, route: Route
    ) -> Coroutine[typing.Any, typing.Any, ResponseMessage]:
        """Send a request; the head of its response."""
        if isinstance(message.body, bytes):
            return self._pool.send(message, route)
        return self._send_streamed(message, route)

    async def _send_streamed(self, message: RequestMessage, route: Route) -> ResponseMessage:
        """The same, letting go of the body's source, which may not have been read to its end."""
        body: typing.Any = message.body
        try:
            answer = await self._pool.send(message, route)
        except BaseException:
            await body.aclose()
            raise
        if answer.body.is_sending:
            return answer  # a large early response, whose reading goes on with the sending
        try:
            await body.aclose()
        except BaseException:
            answer.body.close()
            raise
        return answer

    def _respond(
        self,
        request: Request,
        trace: Trace | None,
        message: ResponseMessage,
        stream: SyncByteStream | AsyncByteStream,
        network_stream: NetworkStream | AsyncNetworkStream,
    ) -> Response:
        """A response from plain values."""
        extensions: dict[str, typing.Any] = {
            "http_version": message.http_version,
            "network_stream": network_stream,
        }
        if message.reason is not None:
            extensions["reason_phrase"] = message.reason
        if message.stream_id is not None:
            extensions["stream_id"] = message.stream_id
        if message.proxy_headers is not None:
            extensions["proxy_headers"] = Headers(message.proxy_headers)
        if trace is not None and trace.stopwatch is not None:
            trace.stopwatch.answered(message.http_version, message.stream)
            extensions["timings"] = trace.stopwatch.timings
        headers = Headers()
        headers._list += message.fields  # as they are: nothing to convert or to check
        response = Response.__new__(Response)
        response._set_up(message.status, headers, extensions, None, [], "utf-8")
        response.stream = stream
        return self._limited(response, request)

    def _limited(self, response: Response, request: Request) -> Response:
        """The response, which knows how much of it may be read."""
        limit = request.extensions.get("max_response_size", self._max_response_size)
        if limit is not None:
            response.extensions["max_response_size"] = limit
        return response


def _checked_size(size: typing.Any) -> int | None:
    """A `max_response_size` that can be meant."""
    if size is None or (isinstance(size, int) and size >= 0):
        return size
    raise ValueError(f"max_response_size is a number of bytes, or None for no limit, not {size!r}")


def _complete(exc: TransportError, request: Request) -> None:
    """Give an error its request; say for whom it was, where the protocols did not know, and
    whether the total deadline was the cause."""
    if exc._request is None:
        exc.request = request
        if isinstance(exc, ProxyError):
            attach_refusal(exc, request)
        elif isinstance(exc, LocalProtocolError):
            exc.args = (f"{exc} (in the request to {request.url.netloc.decode('ascii')})",)
        deadline = request.extensions.get("deadline")
        if deadline is not None and isinstance(exc, TimeoutException) and deadline.is_over:
            exc.args = (f"{exc} (the total of {deadline.total:g} s is used up)",)


def _own_init(name: str) -> typing.Any:
    """The constructor that both have, by a name of its own, which Python shows in its errors."""
    shared = _PooledTransport.__init__
    init = types.FunctionType(shared.__code__, shared.__globals__, argdefs=shared.__defaults__)
    update_wrapper(init, shared)
    init.__kwdefaults__ = shared.__kwdefaults__
    init.__qualname__ = f"{name}.__init__"
    del init.__wrapped__  # type: ignore[attr-defined]
    return init


class HTTPTransport(_PooledTransport, BaseTransport):
    __module__ = "httpx"
    __doc__ = f"""Sends the requests of a `Client` over a pool of connections.
    {_PooledTransport.__doc__}"""

    if not typing.TYPE_CHECKING:
        __init__ = _own_init("HTTPTransport")
    _patched_method = "handle_request"
    _trace = CallingTrace

    @staticmethod
    def _request_body(stream: SyncByteStream | AsyncByteStream) -> BlockingRequestBody:
        assert isinstance(stream, SyncByteStream)
        return BlockingRequestBody(stream)

    @staticmethod
    def _find_backend() -> Backend:
        from .._network.blocking import BlockingBackend

        return BlockingBackend()

    def handle_request(self, request: Request) -> Response:
        """Send one request; return once the head of its response has arrived.

        Raises a `TransportError` that carries the request.
        """
        if "httpcore" in sys.modules:  # imported by others: do they want to be asked?
            from . import compat

            detour = compat.find_detour(self._pool)
            if detour is not None:
                return self._limited(compat.send(detour, request), request)
        message, route = self._prepare(request)
        try:
            answer = drive(self._start(message, route))
        except TransportError as exc:
            _complete(exc, request)
            raise
        return self._respond(
            request,
            message.trace,
            answer,
            _BodyStream(answer.body, request),
            NetworkStream(answer.stream, answer.body),
        )

    def close(self) -> None:
        """Close every connection."""
        from .compat import close

        close(self._pool)


class AsyncHTTPTransport(_PooledTransport, AsyncBaseTransport):
    __module__ = "httpx"
    __doc__ = f"""Sends the requests of an `AsyncClient` over a pool of connections.
    {_PooledTransport.__doc__}"""

    if not typing.TYPE_CHECKING:
        __init__ = _own_init("AsyncHTTPTransport")
    _patched_method = "handle_async_request"
    _request_body = AwaitingRequestBody
    _trace = AwaitingTrace

    @staticmethod
    def _find_backend() -> Backend:
        from .._network.detect import current_backend

        return current_backend()

    async def handle_async_request(self, request: Request) -> Response:
        """Send one request; return once the head of its response has arrived.

        Raises a `TransportError` that carries the request.
        """
        if "httpcore" in sys.modules:
            from . import compat

            detour = compat.find_detour(self._pool)
            if detour is not None:
                return self._limited(await compat.send_async(detour, request), request)
        message, route = self._prepare(request)
        try:
            answer = await self._start(message, route)
        except TransportError as exc:
            _complete(exc, request)
            raise
        return self._respond(
            request,
            message.trace,
            answer,
            _AsyncBodyStream(answer.body, request),
            AsyncNetworkStream(answer.stream, answer.body),
        )

    async def aclose(self) -> None:
        """Close every connection."""
        from .compat import aclose

        await aclose(self._pool)


class _Body:
    """What both kinds of response body have in common."""

    __slots__ = ("_body", "_request")

    def __init__(self, body: ResponseBody, request: Request) -> None:
        self._body = body
        self._request = request

    @property
    def closed(self) -> bool:
        """Whether the exchange is over."""
        return self._body.closed

    def hold(self) -> None:
        """Keep the connection beyond the end of the body, until `close`."""
        self._body.held = True

    def spoil(self) -> None:
        """Let this be the connection's last response."""
        self._body.spoiled = True


class _BodyStream(_Body, SyncByteStream):
    """A response's body for a `Client`."""

    __slots__ = ()

    def __iter__(self) -> typing.Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            chunk = drive(self._body.next_chunk())
        except TransportError as exc:
            _complete(exc, self._request)
            raise
        if not chunk:
            raise StopIteration
        return chunk

    def read_all(self) -> bytes:
        """All of it, by one `drive`: the quick way that `Response.read` looks for."""
        rest = self._body.take_rest()
        if rest is not None:
            return rest
        try:
            return drive(self._body.read_all())
        except TransportError as exc:
            _complete(exc, self._request)
            raise

    def close(self) -> None:
        if not self._body.closed:
            drive(self._body.aclose())


class _AsyncBodyStream(_Body, AsyncByteStream):
    """A response's body for an `AsyncClient`: an iterator, not a generator, so that nothing is
    left to be finalised when a loop over it breaks off."""

    __slots__ = ()

    def __aiter__(self) -> typing.AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self._body.next_chunk()
        except TransportError as exc:
            _complete(exc, self._request)
            raise
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def aread_all(self) -> bytes:
        """All of it: the quick way that `Response.aread` looks for."""
        rest = self._body.take_rest()
        if rest is not None:
            return rest
        try:
            return await self._body.read_all()
        except TransportError as exc:
            _complete(exc, self._request)
            raise

    async def aclose(self) -> None:
        if not self._body.closed:
            await self._body.aclose()


class _NetworkStream:
    """The wire under a response: extension `network_stream`.

    After a 101, or a successful CONNECT, it is a raw duplex pipe to the other protocol, and what
    had been received beyond the response is read first.
    """

    __slots__ = ("_body", "_stream")

    def __init__(self, stream: Stream, body: ResponseBody | None = None) -> None:
        self._stream = stream
        self._body = body

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What `isinstance` asks for after the real type: the class of httpcore that is meant."""
        httpcore = sys.modules.get("httpcore")
        return getattr(httpcore, type(self).__name__, type(self))

    def get_extra_info(self, info: str) -> typing.Any:
        """``ssl_object``, ``client_addr``, ``server_addr``, ``socket``, ``is_readable``; else
        `None`."""
        return self._stream.get_extra_info(info)

    def _close(self) -> None:
        if self._body is not None:
            self._body.close()
        self._stream.close()

    async def _read(self, max_bytes: int, timeout: float | None) -> bytes:
        leftover = None if self._body is None else self._body.take_leftover(max_bytes)
        return leftover or await self._stream.read(max_bytes, timeout)


class NetworkStream(_NetworkStream):
    """The wire under a response of a `Client`."""

    __slots__ = ()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At most `max_bytes`, ``b""`` at the end of file. `timeout` in seconds."""
        with name_as_httpcore():
            return drive(self._read(max_bytes, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of `buffer`. `timeout` in seconds."""
        with name_as_httpcore():
            drive(self._stream.write(buffer, timeout))

    def close(self) -> None:
        """Close the connection."""
        self._close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        """A stream that speaks TLS over this one. `timeout` in seconds."""
        with name_as_httpcore():
            return NetworkStream(
                drive(self._stream.start_tls(ssl_context, server_hostname or "", timeout))
            )


class AsyncNetworkStream(_NetworkStream):
    """The wire under a response of an `AsyncClient`."""

    __slots__ = ()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At most `max_bytes`, ``b""`` at the end of file. `timeout` in seconds."""
        with name_as_httpcore():
            return await self._read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of `buffer`. `timeout` in seconds."""
        with name_as_httpcore():
            await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        self._close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        """A stream that speaks TLS over this one. `timeout` in seconds."""
        with name_as_httpcore():
            return AsyncNetworkStream(
                await self._stream.start_tls(ssl_context, server_hostname or "", timeout)
            )
