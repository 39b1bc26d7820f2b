"""`AsyncClient`: the twin of `Client` for asyncio and trio. Import it from `httpx._client`.

Signatures and one call each, as there; the docstrings are filled in from `Client` when
`_client` is imported. No rule of HTTP is decided here, and nothing asks which event loop runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from . import _download, _flow
from ._base_client import (
    USE_CLIENT_DEFAULT,
    BaseClient,
    ClientState,
    EventHook,
    UseClientDefault,
    warn_of_cookies,
)
from ._calls import AWAITING
from ._config import DEFAULT_LIMITS, DEFAULT_MAX_REDIRECTS, DEFAULT_TIMEOUT_CONFIG, Limits, Proxy
from ._saving import Saving
from ._streaming import AsyncStreaming
from ._transports.default import AsyncHTTPTransport

if TYPE_CHECKING:
    import ssl
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

    from ._auth import Auth
    from ._models import Request, Response
    from ._saving import Progress, SaveTarget
    from ._transports.base import AsyncBaseTransport
    from ._types import (
        AuthTypes,
        CertTypes,
        CookieTypes,
        HeaderTypes,
        ProxyTypes,
        QueryParamTypes,
        RequestContent,
        RequestData,
        RequestExtensions,
        RequestFiles,
        TimeoutTypes,
    )
    from ._urls import URL

__all__ = ["AsyncClient"]

T = TypeVar("T", bound="AsyncClient")


class AsyncClient(BaseClient):
    """Sends requests from an event loop of asyncio or trio; else as `Client`.

    The arguments are those of `Client`. Hooks are `async` functions, and transports are
    `AsyncBaseTransport`. Bodies may be blocking files and iterables as well as asynchronous
    ones: they are read by a worker thread. Close it with `aclose()`, or use `async with`.

        async with httpx.AsyncClient(base_url="https://www.example.org/") as client:
            response = await client.get("/")
    """

    __module__ = "httpx"

    _own_seams = AWAITING.seams
    _send_verb: Callable[..., Awaitable[Response]]

    def __init__(
        self,
        *,
        auth: AuthTypes | None = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        verify: ssl.SSLContext | str | bool = True,
        cert: CertTypes | None = None,
        http1: bool = True,
        http2: bool = False,
        proxy: ProxyTypes | None = None,
        mounts: Mapping[str, AsyncBaseTransport | None] | None = None,
        timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
        follow_redirects: bool = False,
        limits: Limits = DEFAULT_LIMITS,
        max_redirects: int = DEFAULT_MAX_REDIRECTS,
        event_hooks: Mapping[str, list[EventHook]] | None = None,
        base_url: URL | str = "",
        transport: AsyncBaseTransport | None = None,
        trust_env: bool = True,
        default_encoding: str | Callable[[bytes], str] = "utf-8",
    ) -> None:
        super().__init__(
            auth=auth, params=params, headers=headers, cookies=cookies, timeout=timeout,
            follow_redirects=follow_redirects, max_redirects=max_redirects,
            event_hooks=event_hooks, base_url=base_url, trust_env=trust_env,
            default_encoding=default_encoding,
        )  # fmt: skip
        self._set_transports(
            verify=verify, cert=cert, trust_env=trust_env, http1=http1, http2=http2,
            limits=limits, proxy=proxy, mounts=mounts, transport=transport,
        )  # fmt: skip

    def _init_transport(
        self,
        verify: ssl.SSLContext | str | bool = True,
        cert: CertTypes | None = None,
        trust_env: bool = True,
        http1: bool = True,
        http2: bool = False,
        limits: Limits = DEFAULT_LIMITS,
        transport: AsyncBaseTransport | None = None,
    ) -> AsyncBaseTransport:
        """What requests go through by default: `transport`, or else a new one."""
        if transport is not None:
            return transport
        return AsyncHTTPTransport(
            verify=verify, cert=cert, trust_env=trust_env, http1=http1, http2=http2, limits=limits
        )

    def _init_proxy_transport(
        self,
        proxy: Proxy,
        verify: ssl.SSLContext | str | bool = True,
        cert: CertTypes | None = None,
        trust_env: bool = True,
        http1: bool = True,
        http2: bool = False,
        limits: Limits = DEFAULT_LIMITS,
    ) -> AsyncBaseTransport:
        """What requests go through that are for a proxy."""
        return AsyncHTTPTransport(
            verify=verify, cert=cert, trust_env=trust_env, http1=http1, http2=http2, limits=limits,
            proxy=proxy,
        )  # fmt: skip

    def _transport_for_url(self, url: URL) -> AsyncBaseTransport:
        """The transport of the first mount that matches; without any, the default one."""
        transport: AsyncBaseTransport = self._mounted_transport(url)
        return transport

    async def request(
        self,
        method: str,
        url: URL | str,
        *,
        content: RequestContent | None = None,
        data: RequestData | None = None,
        files: RequestFiles | None = None,
        json: Any | None = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
    ) -> Response:
        """As `Client.request`, awaited."""
        if cookies is not None:
            warn_of_cookies()
        request = self.build_request(
            method=method, url=url, content=content, data=data, files=files, json=json,
            params=params, headers=headers, cookies=cookies, timeout=timeout,
            extensions=extensions,
        )  # fmt: skip
        return await self.send(request, auth=auth, follow_redirects=follow_redirects)

    def stream(
        self,
        method: str,
        url: URL | str,
        *,
        content: RequestContent | None = None,
        data: RequestData | None = None,
        files: RequestFiles | None = None,
        json: Any | None = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
    ) -> AbstractAsyncContextManager[Response]:
        """As `Client.stream`, with `async with` and `response.aiter_bytes()`."""
        return AsyncStreaming(
            self,
            {
                "method": method, "url": url, "content": content, "data": data, "files": files,
                "json": json, "params": params, "headers": headers, "cookies": cookies,
                "timeout": timeout, "extensions": extensions,
            },
            {"auth": auth, "follow_redirects": follow_redirects, "stream": True},
        )  # fmt: skip

    def _send_straight(
        self,
        request: Request,
        auth: AuthTypes | UseClientDefault | None,
        follow_redirects: bool | UseClientDefault,
    ) -> Awaitable[Response]:
        """As `send`, without a look at who has replaced what."""
        return _flow.send(self, AWAITING, request, False, auth, follow_redirects, True)

    async def send(
        self,
        request: Request,
        *,
        stream: bool = False,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
    ) -> Response:
        """As `Client.send`, awaited."""
        return await _flow.send(self, AWAITING, request, stream, auth, follow_redirects)

    async def _send_handling_auth(
        self, request: Request, auth: Auth, follow_redirects: bool, history: list[Response]
    ) -> Response:
        return await _flow.send_handling_auth(
            self, AWAITING, request, auth, follow_redirects, history
        )

    async def _send_handling_redirects(
        self, request: Request, follow_redirects: bool, history: list[Response]
    ) -> Response:
        return await _flow.send_handling_redirects(
            self, AWAITING, request, follow_redirects, history
        )

    async def _send_single_request(self, request: Request) -> Response:
        return await _flow.send_single_request(self, AWAITING, request)

    async def get(
        self,
        url: URL | str,
        *,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
    ) -> Response:
        """As `Client.get`, awaited."""
        return await self._send_verb(
            "GET", url, None, None, None, None, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    async def options(
        self,
        url: URL | str,
        *,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
    ) -> Response:
        """As `Client.options`, awaited."""
        return await self._send_verb(
            "OPTIONS", url, None, None, None, None, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    async def head(
        self,
        url: URL | str,
        *,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
    ) -> Response:
        """As `Client.head`, awaited."""
        return await self._send_verb(
            "HEAD", url, None, None, None, None, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    async def post(
        self,
        url: URL | str,
        *,
        content: RequestContent | None = None,
        data: RequestData | None = None,
        files: RequestFiles | None = None,
        json: Any | None = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
    ) -> Response:
        """As `Client.post`, awaited."""
        return await self._send_verb(
            "POST", url, content, data, files, json, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    async def put(
        self,
        url: URL | str,
        *,
        content: RequestContent | None = None,
        data: RequestData | None = None,
        files: RequestFiles | None = None,
        json: Any | None = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
    ) -> Response:
        """As `Client.put`, awaited."""
        return await self._send_verb(
            "PUT", url, content, data, files, json, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    async def patch(
        self,
        url: URL | str,
        *,
        content: RequestContent | None = None,
        data: RequestData | None = None,
        files: RequestFiles | None = None,
        json: Any | None = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
    ) -> Response:
        """As `Client.patch`, awaited."""
        return await self._send_verb(
            "PATCH", url, content, data, files, json, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    async def delete(
        self,
        url: URL | str,
        *,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
    ) -> Response:
        """As `Client.delete`, awaited."""
        return await self._send_verb(
            "DELETE", url, None, None, None, None, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    async def query(
        self,
        url: URL | str,
        *,
        content: RequestContent | None = None,
        data: RequestData | None = None,
        files: RequestFiles | None = None,
        json: Any | None = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
    ) -> Response:
        """As `Client.query`, awaited."""
        return await self._send_verb(
            "QUERY", url, content, data, files, json, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    async def download(
        self,
        url: URL | str,
        target: SaveTarget,
        *,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
        progress: Progress | None = None,
        digest: str | None = None,
        resumptions: int = 5,
    ) -> Response:
        """As `Client.download`, awaited; the file is written by a worker thread."""
        return await _download.download(
            self, AWAITING, Saving(target, progress, digest), resumptions,
            {
                "url": url, "params": params, "headers": headers, "timeout": timeout,
                "extensions": extensions,
            },
            {"auth": auth, "follow_redirects": follow_redirects},
        )  # fmt: skip

    async def aclose(self) -> None:
        """As `Client.close`, awaited."""
        if self._state is not ClientState.CLOSED:
            self._state = ClientState.CLOSED
            await _flow.leave_transports(AWAITING, self._all_transports())

    async def __aenter__(self: T) -> T:
        self._open()
        await _flow.enter_transports(AWAITING, self._all_transports())
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._state = ClientState.CLOSED
        exc_info = (exc_type, exc_value, traceback)
        await _flow.leave_transports(AWAITING, self._all_transports(), exc_info)


AWAITING.seams.learn(AsyncClient)
