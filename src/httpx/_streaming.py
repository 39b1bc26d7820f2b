"""What `client.stream(...)` gives: a context manager, which builds and sends when it is entered.

It goes by the client's public methods, `build_request` and `send`, which others override.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._models import Response

__all__ = ["AsyncStreaming", "Streaming"]


class _Streaming:
    """What it takes to build a request, and to send it."""

    __slots__ = ("_build", "_client", "_response", "_send")

    def __init__(self, client: Any, build: dict[str, Any], send: dict[str, Any]) -> None:
        self._client = client
        self._build = build
        self._send = send
        self._response: Response


class Streaming(_Streaming):
    """Of a `Client`."""

    __slots__ = ()

    def __enter__(self) -> Response:
        request = self._client.build_request(**self._build)
        self._response = self._client.send(request=request, **self._send)
        return self._response

    def __exit__(self, *exc_info: object) -> None:
        self._response.close()


class AsyncStreaming(_Streaming):
    """Of an `AsyncClient`."""

    __slots__ = ()

    async def __aenter__(self) -> Response:
        request = self._client.build_request(**self._build)
        self._response = await self._client.send(request=request, **self._send)
        return self._response

    async def __aexit__(self, *exc_info: object) -> None:
        await self._response.aclose()
