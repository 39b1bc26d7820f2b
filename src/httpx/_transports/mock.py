"""A transport that answers from a function, for tests.

The handler gets the `Request`, its body already read, and returns a `Response`. A plain
function serves both kinds of client; an `async def` serves `AsyncClient` only.
No network, no thread, no event loop of its own; what the handler raises reaches the caller as is.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from .._models import Request, Response
from .base import AsyncBaseTransport, BaseTransport

__all__ = ["MockTransport"]

SyncHandler = Callable[[Request], Response]
AsyncHandler = Callable[[Request], Coroutine[None, None, Response]]


class MockTransport(AsyncBaseTransport, BaseTransport):
    """Answer each request with what `handler(request)` returns.

    Example:

        def handler(request):
            return httpx.Response(200, json={"path": request.url.path})

        client = httpx.Client(transport=httpx.MockTransport(handler))

    A handler that returns anything but a `Response` raises `TypeError`, as does an `async`
    handler under a sync `Client`.
    """

    __module__ = "httpx"

    def __init__(self, handler: SyncHandler | AsyncHandler) -> None:
        self.handler = handler

    def handle_request(self, request: Request) -> Response:
        """Read the request's body and ask the handler."""
        request.read()
        response = self.handler(request)
        if isinstance(response, Response):
            return response
        raise TypeError("Cannot use an async handler in a sync Client")

    async def handle_async_request(self, request: Request) -> Response:
        """Read the request's body and ask the handler, awaiting it where it is async."""
        await request.aread()
        response: Any = self.handler(request)
        if not isinstance(response, Response):
            response = await response
        return response  # type: ignore[no-any-return]
