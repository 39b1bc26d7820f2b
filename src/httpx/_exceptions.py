"""One hierarchy of exceptions, raised where the fault is known.

There is no mapping layer: the network floor raises `ConnectTimeout`, the protocol floor
`RemoteProtocolError`, with a text that names the phase, the seconds and the host. Below the
transports an exception carries plain values only; `_transports/default.py` attaches the request.

Every exception pickles and copies with its request, its response and its other attributes
(`__reduce__`), so that a worker process can hand the real error to its parent.
"""

from __future__ import annotations

import typing

if typing.TYPE_CHECKING:
    from ._models import Request, Response

__all__ = [
    "CloseError",
    "ConnectError",
    "ConnectTimeout",
    "CookieConflict",
    "DecodingError",
    "DigestMismatch",
    "HTTPError",
    "HTTPStatusError",
    "InvalidURL",
    "LocalProtocolError",
    "NetworkError",
    "PoolTimeout",
    "ProtocolError",
    "ProxyError",
    "ReadError",
    "ReadTimeout",
    "RemoteProtocolError",
    "RequestError",
    "RequestNotRead",
    "ResponseNotRead",
    "ResponseTooLarge",
    "StreamClosed",
    "StreamConsumed",
    "StreamError",
    "TimeoutException",
    "TooManyRedirects",
    "TransportError",
    "UnsupportedProtocol",
    "WriteError",
    "WriteTimeout",
]


def _rebuild(
    cls: type[BaseException], args: tuple[typing.Any, ...], state: dict[str, typing.Any]
) -> BaseException:
    """Make an exception again from what `__reduce__` kept, without calling `__init__`."""
    exc = cls.__new__(cls, *args)
    exc.args = args
    exc.__dict__.update(state)
    return exc


class HTTPError(Exception):
    """Base class of `RequestError` and `HTTPStatusError`.

    Useful around a call to a client followed by `raise_for_status()`:

        try:
            response = httpx.get("https://www.example.com/")
            response.raise_for_status()
        except httpx.HTTPError as exc:
            print(f"HTTP Exception for {exc.request.url} - {exc}")
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self._request: Request | None = None

    @property
    def request(self) -> Request:
        """The request that failed. `RuntimeError` while none has been set."""
        if self._request is None:
            raise RuntimeError("The .request property has not been set.")
        return self._request

    @request.setter
    def request(self, request: Request) -> None:
        self._request = request

    def __reduce__(self) -> tuple[typing.Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class RequestError(HTTPError):
    """Base class of everything that can go wrong while a request is sent and answered."""

    def __init__(self, message: str, *, request: Request | None = None) -> None:
        super().__init__(message)
        self._request = request


class TransportError(RequestError):
    """Base class of the errors that a transport raises.

    Where one ended the body of a response, `bytes_received` tells how far it had come, and
    `bytes_expected` what was announced, both before decoding (`None` where it is not known or
    does not apply).
    """

    bytes_received: int | None = None
    bytes_expected: int | None = None


class TimeoutException(TransportError):
    """Base class of the time-outs: an operation took longer than it was given."""


class ConnectTimeout(TimeoutException):
    """No connection within the connect timeout: name look-up, TCP, proxy and TLS together."""


class ReadTimeout(TimeoutException):
    """The peer sent nothing for the length of the read timeout."""


class WriteTimeout(TimeoutException):
    """The peer took nothing for the length of the write timeout."""


class PoolTimeout(TimeoutException):
    """No connection of the pool became free within the pool timeout."""


class NetworkError(TransportError):
    """Base class of the errors that the network reports."""


class ReadError(NetworkError):
    """Receiving from the network failed."""


class WriteError(NetworkError):
    """Sending through the network failed."""


class ConnectError(NetworkError):
    """A connection could not be established."""


class CloseError(NetworkError):
    """A connection could not be closed."""


class ProxyError(TransportError):
    """A proxy refused, or failed, to establish a connection.

    `response` is the proxy's answer where there was one (status, headers and the start of
    its body), else `None`.
    """

    response: Response | None = None
    _answer: typing.Any = None
    """The answer as plain values, until a transport makes it the response."""


class UnsupportedProtocol(TransportError):
    """The URL's scheme is missing or not one that the transport speaks."""


class ProtocolError(TransportError):
    """Base class of violations of the protocol, by either side."""


class LocalProtocolError(ProtocolError):
    """The request, as given by the program, would violate the protocol."""


class RemoteProtocolError(ProtocolError):
    """The peer violated the protocol, as with a body that ends before its announced length."""


class DecodingError(RequestError):
    """The response's body does not decode by its Content-Encoding."""


class ResponseTooLarge(RequestError):
    """The response's body, decoded, is larger than `max_response_size` allows."""


class DigestMismatch(RequestError):
    """What was downloaded is not what its digest promised."""


class TooManyRedirects(RequestError):
    """More redirects than `max_redirects`."""


class HTTPStatusError(HTTPError):
    """The response's status is not 2xx. Raised by `response.raise_for_status()`."""

    def __init__(self, message: str, *, request: Request, response: Response) -> None:
        super().__init__(message)
        self.request = request
        self.response = response


class InvalidURL(Exception):
    """The URL is malformed, or not one that can be requested."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class CookieConflict(Exception):
    """A cookie was looked up by name, and several match. Give `domain` or `path` as well."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class StreamError(RuntimeError):
    """Base class of mistakes in the use of a body's stream by the program."""

    def __init__(self, message: str) -> None:
        super().__init__(message)

    def __reduce__(self) -> tuple[typing.Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class StreamConsumed(StreamError):
    """A body was to be read or sent a second time, and cannot be."""

    def __init__(self) -> None:
        super().__init__(
            "Attempted to read or stream some content, but the content has "
            "already been streamed. For requests, this could be due to passing "
            "a generator as request content, and then receiving a redirect "
            "response or a secondary request as part of an authentication flow."
            "For responses, this could be due to attempting to stream the response "
            "content more than once."
        )


class StreamClosed(StreamError):
    """A body was to be read after its stream was closed."""

    def __init__(self) -> None:
        super().__init__("Attempted to read or stream content, but the stream has been closed.")


class ResponseNotRead(StreamError):
    """`response.content` was asked for before `read()`."""

    def __init__(self) -> None:
        super().__init__(
            "Attempted to access streaming response content, without having called `read()`."
        )


class RequestNotRead(StreamError):
    """`request.content` was asked for before `read()`."""

    def __init__(self) -> None:
        super().__init__(
            "Attempted to access streaming request content, without having called `read()`."
        )


class request_context:  # noqa: N801 - the name that vcrpy calls
    """Attach a request to whichever `RequestError` leaves the block.

    Nothing in this package needs it; published tools wrap their own reading and raising in it.
    """

    def __init__(self, request: Request | None = None) -> None:
        self._request = request

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._request is not None and isinstance(error, RequestError):
            error.request = self._request


for _name in __all__:
    globals()[_name].__module__ = "httpx"
del _name
