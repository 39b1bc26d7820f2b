"""What every line of the table may name: `httpx`, its public names, and a few short helpers."""

# ruff: noqa: F401
from __future__ import annotations

import asyncio
import copy
import datetime
import gzip
import inspect
import io
import json
import os
import pickle
import ssl
import tempfile
import typing
import zlib
from collections.abc import Callable, Iterator
from http.cookiejar import Cookie, CookieJar

import httpx

PUBLIC = """
ASGITransport AsyncBaseTransport AsyncByteStream AsyncClient AsyncHTTPTransport Auth
BaseTransport BasicAuth ByteStream Client CloseError ConnectError ConnectTimeout CookieConflict
Cookies DecodingError DigestAuth HTTPError HTTPStatusError HTTPTransport Headers InvalidURL
Limits LocalProtocolError MockTransport NetRCAuth NetworkError PoolTimeout ProtocolError Proxy
ProxyError QueryParams ReadError ReadTimeout RemoteProtocolError Request RequestError
RequestNotRead Response ResponseNotRead StreamClosed StreamConsumed StreamError SyncByteStream
Timeout TimeoutException TooManyRedirects TransportError URL USE_CLIENT_DEFAULT
UnsupportedProtocol WSGITransport WriteError WriteTimeout codes create_ssl_context delete get
head main options patch post put request stream
""".split()  # noqa: SIM905 - the original's `__all__`; additions are no differences

for _name in httpx.__all__:
    if _name != "main":  # it brings the command line along
        globals()[_name] = getattr(httpx, _name)


def arun(awaitable: typing.Any) -> typing.Any:
    """Await something in a loop of its own."""

    async def main() -> typing.Any:
        return await awaitable

    return asyncio.run(main())


def sig(function: Callable[..., typing.Any]) -> str:
    """A signature without annotations: names, kinds, order and defaults."""
    signature = inspect.signature(function)
    return str(
        signature.replace(
            parameters=[
                parameter.replace(annotation=inspect.Parameter.empty)
                for parameter in signature.parameters.values()
            ],
            return_annotation=inspect.Signature.empty,
        )
    )


def kind(owner: type, name: str) -> str:
    """What sort of attribute a class holds under a name, and how it is called."""
    value = inspect.getattr_static(owner, name)
    if isinstance(value, property):
        return "property, settable" if value.fset else "property"
    if isinstance(value, classmethod):
        return "classmethod " + sig(value.__func__)
    if isinstance(value, staticmethod):
        return "staticmethod " + sig(value.__func__)
    if inspect.iscoroutinefunction(value):
        return "async def " + sig(value)
    if inspect.isasyncgenfunction(value):
        return "async generator " + sig(value)
    if callable(value):
        return "def " + sig(value)
    return repr(value)


def echo(request: httpx.Request) -> httpx.Response:
    """Answer with what was asked."""
    return httpx.Response(
        200,
        json={
            "method": request.method,
            "url": str(request.url),
            "headers": request.headers.multi_items(),
            "body": request.content.decode("latin-1"),
        },
    )


def client(handler: typing.Any = echo, **settings: typing.Any) -> httpx.Client:
    """A client whose requests end in `handler`."""
    return httpx.Client(transport=httpx.MockTransport(handler), **settings)


def aclient(handler: typing.Any = echo, **settings: typing.Any) -> httpx.AsyncClient:
    """An asynchronous client whose requests end in `handler`."""
    return httpx.AsyncClient(transport=httpx.MockTransport(handler), **settings)


def reply(*arguments: typing.Any, **settings: typing.Any) -> Callable[..., httpx.Response]:
    """A handler that always gives the same response, made anew."""
    return lambda request: httpx.Response(*arguments, **settings)


def raw(headers: httpx.Headers) -> list[str]:
    """Header lines in order and case."""
    return [f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in headers.raw]


def heading(request: httpx.Request) -> list[str]:
    """A request's line and header lines."""
    return [f"{request.method} {request.url}", *raw(request.headers)]


def own(request: httpx.Request) -> list[str]:
    """A request's line and the header lines that are not a client's defaults."""
    usual = ("host: ", "accept: ", "accept-encoding: ", "connection: ", "user-agent: ")
    return [line for line in heading(request) if not line.lower().startswith(usual)]


def body(request: httpx.Request) -> bytes:
    """A request's body."""
    return request.read()


def texts(request: httpx.Request) -> list[str]:
    """A request's own header lines and its body, by lines."""
    content = request.read()
    return [*raw(request.headers), "", *content.decode("utf-8", "replace").split("\r\n")]


def attempt(function: Callable[..., typing.Any], *arguments: typing.Any, **settings: typing.Any):
    """What a call gives, or what it raises, as text."""
    try:
        return function(*arguments, **settings)
    except Exception as error:
        return failure(error)


def failure(error: BaseException) -> str:
    """An error by class and text."""
    name = type(error).__name__
    module = type(error).__module__
    return f"raises {name if module == 'builtins' else f'{module}.{name}'}: {error}"


async def aattempt(awaitable: typing.Any) -> typing.Any:
    """What an awaitable gives, or what it raises, as text."""
    try:
        return await awaitable
    except Exception as error:
        return failure(error)


class Chunks(httpx.SyncByteStream):
    """A body in given pieces that notes when it is closed."""

    def __init__(self, *chunks: bytes | Exception) -> None:
        self.chunks = chunks
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    def close(self) -> None:
        self.closed += 1


class AChunks(httpx.AsyncByteStream):
    """The same for an asynchronous client."""

    def __init__(self, *chunks: bytes | Exception) -> None:
        self.chunks = chunks
        self.closed = 0

    async def __aiter__(self) -> typing.AsyncIterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    async def aclose(self) -> None:
        self.closed += 1


async def apieces(*chunks: bytes) -> typing.AsyncIterator[bytes]:
    """An asynchronous generator of pieces."""
    for chunk in chunks:
        yield chunk


def pieces(*chunks: bytes) -> Iterator[bytes]:
    """A generator of pieces."""
    yield from chunks


def again(value: typing.Any) -> typing.Any:
    """A value after pickling."""
    return pickle.loads(pickle.dumps(value))


async def gathered(iterator: typing.Any) -> list[typing.Any]:
    """What an asynchronous iterator gives."""
    return [item async for item in iterator]
