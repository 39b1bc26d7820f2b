"""`Client`: what users type, and nothing else; and the names that others import from here.

Each public method is a signature, a docstring, and one call: `request` builds and sends, `send`
drives the journey that `_flow` describes. The methods with an underscore are its steps, patchable.

`AsyncClient`, in `_async_client`, is the twin (`test_twins.py`); both stand on `_base_client`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from . import _download, _flow
from ._async_client import AsyncClient
from ._base_client import (
    ACCEPT_ENCODING,
    USE_CLIENT_DEFAULT,
    USER_AGENT,
    BaseClient,
    ClientState,
    EventHook,
    UseClientDefault,
    warn_of_cookies,
)
from ._calls import BLOCKING
from ._config import DEFAULT_LIMITS, DEFAULT_MAX_REDIRECTS, DEFAULT_TIMEOUT_CONFIG, Limits, Proxy
from ._drive import run
from ._flow import logger
from ._saving import Saving
from ._streaming import Streaming
from ._transports.default import HTTPTransport

if TYPE_CHECKING:
    import ssl
    from contextlib import AbstractContextManager
    from types import TracebackType

    from ._auth import Auth
    from ._models import Request, Response
    from ._saving import Progress, SaveTarget
    from ._transports.base import BaseTransport
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
else:
    from ._handed_on import of_client as __getattr__  # noqa: F401

__all__ = [
    "ACCEPT_ENCODING",
    "USER_AGENT",
    "USE_CLIENT_DEFAULT",
    "AsyncClient",
    "BaseClient",
    "Client",
    "ClientState",
    "EventHook",
    "UseClientDefault",
    "logger",
]

T = TypeVar("T", bound="Client")


class Client(BaseClient):
    """Sends requests, and keeps connections, cookies and defaults between them.

    It may be shared by threads. Close it, or use it in a `with` block.

    Args:
        auth: `(username, password)`, an `Auth`, or a function of the request. Default: none.
        params: query parameters for every request, where its URL lacks them.
        headers: for every request; they replace the defaults (`Accept`, `Accept-Encoding`,
            `Connection`, `User-Agent`) by name.
        cookies: the first contents of the jar; an `http.cookiejar.CookieJar` is used itself.
        verify: `True` trusts certifi's roots and the operating system's, `False` checks
            nothing; or an `ssl.SSLContext`. A path is deprecated.
        cert: a client certificate (deprecated: load it into a context for `verify`).
        trust_env: heed `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`
            and `SSL_CERT_DIR`.
        http1: speak HTTP/1.1.
        http2: speak HTTP/2 where the server offers it. Needs the extra: `pip install httpx[http2]`.
        proxy: a URL or a `Proxy`, for every request. The environment's are used only without
            it and without `transport`.
        mounts: transports by URL pattern, such as `{"https://": ..., "all://*.example.org": None}`;
            `None` means the default transport. The most specific pattern wins.
        timeout: seconds for each phase, or what `Timeout` takes; `None` for no timeout.
            Default: 5 s.
        follow_redirects: default: `False`.
        limits: numbers of connections. Default: 100, 20 of them idle, each for 5 s.
        max_redirects: more raise `TooManyRedirects`. Default: 20.
        event_hooks: functions to call: `{"request": [f(request)], "response": [f(response)]}`.
        base_url: what relative URLs are appended to.
        transport: sends the requests, instead of a new `HTTPTransport`.
        default_encoding: of text whose encoding the response does not name, or a function that
            finds it from the content. Default: `"utf-8"`.

    Raises `InvalidURL`, `ValueError` or `TypeError` for what cannot be meant, and `ImportError`
    for `http2=True` without the package h2.

        with httpx.Client(base_url="https://www.example.org/") as client:
            response = client.get("/")
    """

    __module__ = "httpx"

    _own_seams = BLOCKING.seams
    _send_verb: Callable[..., Response]

    def __init__(
        self,
        *,
        auth: AuthTypes | None = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        verify: ssl.SSLContext | str | bool = True,
        cert: CertTypes | None = None,
        trust_env: bool = True,
        http1: bool = True,
        http2: bool = False,
        proxy: ProxyTypes | None = None,
        mounts: Mapping[str, BaseTransport | None] | None = None,
        timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
        follow_redirects: bool = False,
        limits: Limits = DEFAULT_LIMITS,
        max_redirects: int = DEFAULT_MAX_REDIRECTS,
        event_hooks: Mapping[str, list[EventHook]] | None = None,
        base_url: URL | str = "",
        transport: BaseTransport | None = None,
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
        transport: BaseTransport | None = None,
    ) -> BaseTransport:
        """What requests go through by default: `transport`, or else a new one."""
        if transport is not None:
            return transport
        return HTTPTransport(
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
    ) -> BaseTransport:
        """What requests go through that are for a proxy."""
        return HTTPTransport(
            verify=verify, cert=cert, trust_env=trust_env, http1=http1, http2=http2, limits=limits,
            proxy=proxy,
        )  # fmt: skip

    def _transport_for_url(self, url: URL) -> BaseTransport:
        """The transport of the first mount that matches; without any, the default one."""
        transport: BaseTransport = self._mounted_transport(url)
        return transport

    def request(
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
        """Build a request, send it, and read the response's body.

        Args:
            method: such as `"GET"`.
            url: absolute, or relative: then it is appended to `base_url`.
            content: the body, as bytes, text, a binary file or an iterable of bytes.
            data: form fields, sent as `application/x-www-form-urlencoded`.
            files: uploads by field name, sent as `multipart/form-data` together with `data`: an
                open binary file, or `(filename, file[, content type[, headers]])`.
            json: anything, sent as `application/json`.
            params: replace the query in `url`; `{}` clears it. The client's fill in what is absent.
            headers: beside the client's; a name that is there replaces the client's.
            cookies: beside the client's (deprecated: set them on the client).
            auth: `(username, password)`, an `Auth` or a function; `None` for none. Default: the
                client's, else what the URL's userinfo says.
            follow_redirects: default: the client's.
            timeout: seconds for each phase, or what `Timeout` takes; `None` for no timeout.
                Default: the client's.
            extensions: for the transport, such as `{"sni_hostname": "www.example.org"}`.

        Returns the `Response`, whatever its status; `raise_for_status()` raises for errors.

        Raises `TransportError` (`ConnectError`, `ReadTimeout`, ...) where there was no response,
        `TooManyRedirects`, `DecodingError`, `InvalidURL`, `StreamConsumed` for a body that was to
        be sent again and cannot be, and `RuntimeError` on a closed client.

            response = client.request("GET", "https://www.example.org/", params={"page": 2})
        """
        if cookies is not None:
            warn_of_cookies()
        request = self.build_request(
            method=method, url=url, content=content, data=data, files=files, json=json,
            params=params, headers=headers, cookies=cookies, timeout=timeout,
            extensions=extensions,
        )  # fmt: skip
        return self.send(request, auth=auth, follow_redirects=follow_redirects)

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
    ) -> AbstractContextManager[Response]:
        """Send a request, and read the response's body piece by piece.

        The arguments and errors are those of `request`. Gives a context manager; leaving it
        closes the response, read or not.

            with client.stream("GET", "https://www.example.org/") as response:
                for chunk in response.iter_bytes():
                    ...
        """
        return Streaming(
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
    ) -> Response:
        """As `send`, without a look at who has replaced what."""
        return run(_flow.send(self, BLOCKING, request, False, auth, follow_redirects, True))

    def send(
        self,
        request: Request,
        *,
        stream: bool = False,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
    ) -> Response:
        """Send a request that was built before.

        Args:
            request: from `build_request`, which adds what the client has; or any `Request`, to
                which only the client's timeout is added, if it has none.
            stream: whether to leave the body unread. Then close the response yourself.
            auth: as in `request`.
            follow_redirects: as in `request`.

        For a request that is looked at, or changed, before it leaves:

            request = client.build_request("GET", "https://www.example.org/")
            response = client.send(request)
        """
        return run(_flow.send(self, BLOCKING, request, stream, auth, follow_redirects))

    def _send_handling_auth(
        self, request: Request, auth: Auth, follow_redirects: bool, history: list[Response]
    ) -> Response:
        return run(
            _flow.send_handling_auth(self, BLOCKING, request, auth, follow_redirects, history)
        )

    def _send_handling_redirects(
        self, request: Request, follow_redirects: bool, history: list[Response]
    ) -> Response:
        return run(
            _flow.send_handling_redirects(self, BLOCKING, request, follow_redirects, history)
        )

    def _send_single_request(self, request: Request) -> Response:
        return run(_flow.send_single_request(self, BLOCKING, request))

    def get(
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
        """Send a `GET` request (RFC 9110 section 9.3.1). Arguments as for `request`."""
        return self._send_verb(
            "GET", url, None, None, None, None, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    def options(
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
        """Send an `OPTIONS` request (RFC 9110 section 9.3.7). Arguments as for `request`."""
        return self._send_verb(
            "OPTIONS", url, None, None, None, None, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    def head(
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
        """Send a `HEAD` request (RFC 9110 section 9.3.2). Arguments as for `request`."""
        return self._send_verb(
            "HEAD", url, None, None, None, None, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    def post(
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
        """Send a `POST` request (RFC 9110 section 9.3.3). Arguments as for `request`."""
        return self._send_verb(
            "POST", url, content, data, files, json, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    def put(
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
        """Send a `PUT` request (RFC 9110 section 9.3.4). Arguments as for `request`."""
        return self._send_verb(
            "PUT", url, content, data, files, json, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    def patch(
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
        """Send a `PATCH` request (RFC 5789). Arguments as for `request`."""
        return self._send_verb(
            "PATCH", url, content, data, files, json, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    def delete(
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
        """Send a `DELETE` request (RFC 9110 section 9.3.5). Arguments as for `request`."""
        return self._send_verb(
            "DELETE", url, None, None, None, None, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    def query(
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
        """Send a `QUERY` request: safe and idempotent as `GET`, with its question in the body
        (draft-ietf-httpbis-safe-method-w-body). Arguments as for `request`."""
        return self._send_verb(
            "QUERY", url, content, data, files, json, params, headers, cookies, auth,
            follow_redirects, timeout, extensions,
        )  # fmt: skip

    def download(
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
        """Save what a GET gives to a file, going on where a broken connection left off.

        By `Range` (RFC 9110 section 14) if there is a strong validator; else it begins anew.

        Args:
            url: as in `request`; so are `params`, `headers`, `auth`, `follow_redirects`,
                `timeout` (whose total is for everything together) and `extensions`.
            target: as in `Response.stream_to`, and so are `progress` and `digest`.
            resumptions: how often to go on after a broken connection.

        Returns the last response. Raises `HTTPStatusError` for a status that is not 2xx,
        `DigestMismatch`, `OSError`, and what `request` raises.

            response = client.download("https://www.example.org/film.webm", "film.webm")
        """
        return run(_download.download(
            self, BLOCKING, Saving(target, progress, digest), resumptions,
            {
                "url": url, "params": params, "headers": headers, "timeout": timeout,
                "extensions": extensions,
            },
            {"auth": auth, "follow_redirects": follow_redirects},
        ))  # fmt: skip

    def close(self) -> None:
        """Close every connection. Harmless when done before.

        Each transport, `mounts` included, is closed even if closing another one raises.
        """
        if self._state is not ClientState.CLOSED:
            self._state = ClientState.CLOSED
            run(_flow.leave_transports(BLOCKING, self._all_transports()))

    def __enter__(self: T) -> T:
        self._open()
        run(_flow.enter_transports(BLOCKING, self._all_transports()))
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._state = ClientState.CLOSED
        exc_info = (exc_type, exc_value, traceback)
        run(_flow.leave_transports(BLOCKING, self._all_transports(), exc_info))


def _share_docs() -> None:
    """Give the methods of `AsyncClient` the docstrings of their twins, with `await`."""
    for name, method in vars(Client).items():
        twin = vars(AsyncClient).get("aclose" if name == "close" else name)
        if not name.startswith("_") and twin is not None:
            doc = method.__doc__ or ""
            for blocking, awaiting in (
                ("= client.", "= await client."),
                ("with client", "async with client"),
                ("for chunk in response.iter", "async for chunk in response.aiter"),
            ):
                doc = doc.replace(blocking, awaiting)
            twin.__doc__ = doc


_share_docs()
BLOCKING.seams.learn(Client)
