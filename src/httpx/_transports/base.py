"""The transport interface: one request in, one response out.

A transport is the one thing that a client sends through. It gets a complete `Request` (absolute
URL, all headers, a body stream) and answers with a `Response` whose `stream` may still be open.
It knows nothing of redirects, authentication, cookies or defaults: those are done above it.

Subclass `BaseTransport` for `Client`, `AsyncBaseTransport` for `AsyncClient`, or both in one
class, and pass an instance as `transport=` or in `mounts=`. Nothing here does any I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from types import TracebackType

    from .._models import Request, Response

__all__ = ["AsyncBaseTransport", "BaseTransport"]

T = TypeVar("T", bound="BaseTransport")
A = TypeVar("A", bound="AsyncBaseTransport")


class BaseTransport:
    """Base class of what a `Client` sends through.

    Example:

        class HelloTransport(httpx.BaseTransport):
            def handle_request(self, request):
                return httpx.Response(200, text="Hello, world!")

        client = httpx.Client(transport=HelloTransport())
    """

    __module__ = "httpx"

    def __enter__(self: T) -> T:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()

    def handle_request(self, request: Request) -> Response:
        """Send one request and return its response.

        The response's `stream` is a `SyncByteStream`; whoever gets the response reads it to
        its end or closes it. Faults are `httpx.TransportError` or one of its subclasses.
        """
        raise NotImplementedError("The 'handle_request' method must be implemented.")

    def close(self) -> None:
        """Give back what the transport holds. Does nothing unless a subclass overrides it."""


class AsyncBaseTransport:
    """Base class of what an `AsyncClient` sends through.

    Example:

        class HelloTransport(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request):
                return httpx.Response(200, text="Hello, world!")

        client = httpx.AsyncClient(transport=HelloTransport())
    """

    __module__ = "httpx"

    async def __aenter__(self: A) -> A:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    async def handle_async_request(self, request: Request) -> Response:
        """Send one request and return its response.

        The response's `stream` is an `AsyncByteStream`; whoever gets the response reads it to
        its end or closes it. Faults are `httpx.TransportError` or one of its subclasses.
        """
        raise NotImplementedError("The 'handle_async_request' method must be implemented.")

    async def aclose(self) -> None:
        """Give back what the transport holds. Does nothing unless a subclass overrides it."""
