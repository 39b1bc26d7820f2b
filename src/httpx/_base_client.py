"""What both clients are before anything waits: defaults, merging, mounts, `build_request`.

`BaseClient` holds the settings of a client and turns the arguments of a call into a `Request`.
Its names are importable from `httpx._client` as well. The rules of merging, in one place:

* headers: the client's, replaced by name by the call's;
* params: the call's replace the query of the call's URL; those in the query of `base_url`, and
  then the client's, fill in the keys that are absent;
* cookies: the client's jar, and beside them the call's;
* timeout and auth: the call's if given, where `None` is given, too.

This room sends nothing and waits for nothing: `_flow` does. The methods that begin with an
underscore are overridden and patched by other packages. Their names, signatures and the order in
which they call each other are part of the interface.
"""

from __future__ import annotations

import enum
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .__version__ import __version__
from ._auth import Auth, BasicAuth, FunctionAuth
from ._config import DEFAULT_MAX_REDIRECTS, DEFAULT_TIMEOUT_CONFIG, Proxy, Timeout
from ._cookies import Cookies
from ._decoders import accept_encoding
from ._headers import Headers
from ._models import Request, Response
from ._redirects import (
    redirect_headers,
    redirect_method,
    redirect_stream,
    redirect_url,
    set_redirect_cookies,
)
from ._urls import URL, QueryParams, merge_base_url, merge_params
from ._utils import URLPattern, get_environment_proxies

if TYPE_CHECKING:
    from ._calls import Seams
    from ._connections.ledger import PoolStats
    from ._types import (
        AsyncByteStream,
        AuthTypes,
        CookieTypes,
        HeaderTypes,
        ProxyTypes,
        QueryParamTypes,
        RequestContent,
        RequestData,
        RequestExtensions,
        RequestFiles,
        SyncByteStream,
        TimeoutTypes,
    )

__all__ = ["USE_CLIENT_DEFAULT", "BaseClient", "ClientState", "EventHook", "UseClientDefault"]

EventHook = Callable[..., Any]


class UseClientDefault:
    """The type of `USE_CLIENT_DEFAULT`.

    For `auth` and `timeout`, `None` means "none at all". This stands for "not given":

        client.get("https://www.example.org/", timeout=None)                # no timeout
        client.get("https://www.example.org/", timeout=USE_CLIENT_DEFAULT)  # the client's
        client.get("https://www.example.org/")                              # the client's
    """

    __module__ = "httpx._client"  # where others know it from, as the two that follow


USE_CLIENT_DEFAULT = UseClientDefault()
USE_CLIENT_DEFAULT.__module__ = "httpx"


class ClientState(enum.Enum):
    """How far a client's life has come; it only goes forward."""

    __module__ = "httpx._client"

    UNOPENED = 1
    """Made, and not used yet."""
    OPENED = 2
    """Has sent a request, or was entered by `with`."""
    CLOSED = 3
    """Was left by `with`, or closed."""


_OPENED = ClientState.OPENED  # an attribute of an enumeration costs 0.5 µs each time

ACCEPT_ENCODING = accept_encoding()
USER_AGENT = f"python-httpx/{__version__}"

_DEFAULT_HEADERS = Headers(
    [
        ("Accept", "*/*"),
        ("Accept-Encoding", ACCEPT_ENCODING),
        ("Connection", "keep-alive"),
        ("User-Agent", USER_AGENT),
    ]
)
_NO_AUTH = Auth()
_VERBS_WITH_BODY = frozenset(["POST", "PUT", "PATCH", "QUERY"])


class BaseClient:
    """What `Client` and `AsyncClient` have in common; see there for the arguments."""

    __module__ = "httpx._client"

    _own_seams: Seams
    """The methods that its class was made with."""

    log_query: bool = True
    """Whether the log line of each request shows the URL's query. Set it on a client, or on
    the class, to `False` where queries carry secrets. Passwords are never shown."""

    def __init__(
        self,
        *,
        auth: AuthTypes | None = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
        follow_redirects: bool = False,
        max_redirects: int = DEFAULT_MAX_REDIRECTS,
        event_hooks: Mapping[str, list[EventHook]] | None = None,
        base_url: URL | str = "",
        trust_env: bool = True,
        default_encoding: str | Callable[[bytes], str] = "utf-8",
    ) -> None:
        self._base_url = self._enforce_trailing_slash(URL(base_url))
        self._auth = self._build_auth(auth)
        self._params = QueryParams(params)
        self.headers = Headers(headers)
        self._cookies = Cookies(cookies)
        self._timeout = Timeout(timeout)
        self.follow_redirects = follow_redirects
        self.max_redirects = max_redirects
        self.event_hooks = {} if event_hooks is None else event_hooks
        self._trust_env = trust_env
        self._default_encoding = default_encoding
        self._state = ClientState.UNOPENED

    # Settings

    @property
    def is_closed(self) -> bool:
        """Whether the client was closed; then it sends nothing any more."""
        return self._state is ClientState.CLOSED

    @property
    def trust_env(self) -> bool:
        """Whether the environment may say which proxies to use and whom to trust."""
        return self._trust_env

    @property
    def timeout(self) -> Timeout:
        """The timeouts of calls that give none of their own. May be set to what `Timeout` takes."""
        return self._timeout

    @timeout.setter
    def timeout(self, timeout: TimeoutTypes) -> None:
        self._timeout = Timeout(timeout)

    @property
    def event_hooks(self) -> dict[str, list[EventHook]]:
        """The functions to call with each request before it is sent, and with each response
        before its body is read: ``{"request": [...], "response": [...]}``."""
        return self._event_hooks

    @event_hooks.setter
    def event_hooks(self, event_hooks: Mapping[str, list[EventHook]]) -> None:
        self._event_hooks = {
            "request": list(event_hooks.get("request", [])),
            "response": list(event_hooks.get("response", [])),
        }

    @property
    def auth(self) -> Auth | None:
        """The authentication of calls that give none of their own, or `None`."""
        return self._auth

    @auth.setter
    def auth(self, auth: AuthTypes | None) -> None:
        self._auth = self._build_auth(auth)

    @property
    def base_url(self) -> URL:
        """What relative URLs are appended to. Its path always ends with a slash."""
        return self._base_url

    @base_url.setter
    def base_url(self, url: URL | str) -> None:
        self._base_url = self._enforce_trailing_slash(URL(url))

    @property
    def headers(self) -> Headers:
        """The headers of every request. Setting them keeps the defaults that are not replaced."""
        return self._headers

    @headers.setter
    def headers(self, headers: HeaderTypes | None) -> None:
        merged = _DEFAULT_HEADERS.copy()
        merged.update(headers)
        self._headers = merged

    @property
    def cookies(self) -> Cookies:
        """The jar: what is sent with every request, and where responses put theirs."""
        return self._cookies

    @cookies.setter
    def cookies(self, cookies: CookieTypes) -> None:
        self._cookies = Cookies(cookies)

    @property
    def params(self) -> QueryParams:
        """Query parameters that are added to every request's URL where it lacks them."""
        return self._params

    @params.setter
    def params(self, params: QueryParamTypes) -> None:
        self._params = QueryParams(params)

    # Building a request

    def build_request(
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
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
    ) -> Request:
        """Build a request from these arguments and the client's settings, to be sent later.

        Args:
            method: such as `"GET"`; made upper-case.
            url: absolute, or relative: then it is appended to `base_url`.
            content: the body, as bytes, text, a file or an iterable of bytes.
            data: form fields, sent `application/x-www-form-urlencoded`, or with `files` as
                parts of `multipart/form-data`.
            files: files to upload, by field name: an open binary file, or a tuple
                `(filename, file[, content type[, headers]])`.
            json: sent as `application/json`.
            params: replace the query in `url`; `{}` clears it. The client's `params` then fill
                in the keys that are absent.
            headers: beside the client's; a name that is there replaces the client's.
            cookies: beside the client's.
            timeout: in seconds, what `Timeout` takes, or `None` for no timeout. Default: the
                client's. Written to `request.extensions["timeout"]`, unless it is there.
            extensions: for the transport; see `Request.extensions`.

        Raises `InvalidURL` for what is not a URL, `TypeError` for a body of the wrong type.

            request = client.build_request("GET", "https://www.example.org/")
            response = client.send(request)
        """
        return self._build_by_position(
            method, url, content, data, files, json, params, headers, cookies, timeout, extensions
        )

    def _build_by_position(
        self,
        method: str,
        url: URL | str,
        content: RequestContent | None,
        data: RequestData | None,
        files: RequestFiles | None,
        json: Any | None,
        params: QueryParamTypes | None,
        headers: HeaderTypes | None,
        cookies: CookieTypes | None,
        timeout: TimeoutTypes | UseClientDefault,
        extensions: RequestExtensions | None,
    ) -> Request:
        """`build_request`, without the keywords: for a dozen of them Python takes 1 µs."""
        extensions = {} if extensions is None else dict(extensions)
        if "timeout" not in extensions:
            chosen = self._timeout if isinstance(timeout, UseClientDefault) else Timeout(timeout)
            extensions["timeout"] = chosen.as_dict()
        target = self._merge_url(url)
        merged_headers = self._merge_headers(headers)
        merged_cookies = self._merge_cookies(cookies)
        merged_params = self._merge_queryparams(params)
        if merged_params or params is not None:
            target = self._put_params(target, url, params, QueryParams(merged_params))
        request = Request.__new__(Request)
        request._set_up(
            method, target, merged_headers, merged_cookies, content, data, files, json, extensions
        )
        return request

    def _send_verb(
        self,
        method: str,
        url: URL | str,
        content: RequestContent | None,
        data: RequestData | None,
        files: RequestFiles | None,
        json: Any | None,
        params: QueryParamTypes | None,
        headers: HeaderTypes | None,
        cookies: CookieTypes | None,
        auth: AuthTypes | UseClientDefault | None,
        follow_redirects: bool | UseClientDefault,
        timeout: TimeoutTypes | UseClientDefault,
        extensions: RequestExtensions | None,
    ) -> Any:
        """What the verbs call: `request`; or, while nobody has replaced that or a step behind it,
        what it comes to, with half of the keywords and, awaited, two coroutines fewer."""
        client: Any = self
        if self._own_seams.are_own(self):
            if cookies is not None:
                warn_of_cookies()
            request = self._build_by_position(
                method, url, content, data, files, json, params, headers, cookies, timeout,
                extensions,
            )  # fmt: skip
            return client._send_straight(request, auth, follow_redirects)
        # Nothing of a body from a verb that takes none: others replace `request` by what has just
        # the keywords that come.
        body = {"content": content, "data": data, "files": files, "json": json}
        return client.request(
            method, url, **(body if method in _VERBS_WITH_BODY else {}),
            params=params, headers=headers, cookies=cookies, auth=auth,
            follow_redirects=follow_redirects, timeout=timeout, extensions=extensions,
        )  # fmt: skip

    def _put_params(
        self, target: URL, url: URL | str, params: QueryParamTypes | None, merged: QueryParams
    ) -> URL:
        """The URL with its query, once there are any parameters."""
        if params is None:
            return merge_params(target, None, merged)
        if self._base_url.query and URL(url).is_relative_url:
            merged = merged.merge(self._base_url.params).merge(params)
        return target.copy_with(params=merged)

    def _merge_url(self, url: URL | str) -> URL:
        """The URL of a request: a relative one below `base_url`, with the query of both."""
        merged = URL(url)
        reference = merged._uri_reference
        if not (reference.scheme and reference.host):
            base = self._base_url
            merged = merge_base_url(base, merged)
            if base.query:
                merged = merge_params(merged, None, base.params)
        return merged

    def _merge_headers(self, headers: HeaderTypes | None = None) -> HeaderTypes | None:
        """The client's headers, and the request's instead of or beside them."""
        merged = self._headers.copy()
        if headers:
            merged.update(headers)
        return merged

    def _merge_cookies(self, cookies: CookieTypes | None = None) -> CookieTypes | None:
        """The client's jar itself, unless the request has cookies of its own: then a new one."""
        if not cookies:
            return self._cookies or cookies
        merged = Cookies(self._cookies)
        merged.update(cookies)
        return merged

    def _merge_queryparams(self, params: QueryParamTypes | None = None) -> QueryParamTypes | None:
        """The client's parameters, and the request's instead of or beside them, key by key."""
        return self._params.merge(params) if params or self._params else params

    def _enforce_trailing_slash(self, url: URL) -> URL:
        """The URL with a slash at the end of its path."""
        path, question, query = url.raw_path.partition(b"?")
        if path.endswith(b"/"):
            return url
        return url.copy_with(raw_path=path + b"/" + question + query)

    # What a call says, and what is the default

    def _build_auth(self, auth: AuthTypes | None) -> Auth | None:
        """The `Auth` that an argument means. `TypeError` for what means none."""
        if auth is None or isinstance(auth, Auth):
            return auth
        if isinstance(auth, tuple):
            return BasicAuth(username=auth[0], password=auth[1])
        if callable(auth):
            return FunctionAuth(func=auth)
        raise TypeError(f'Invalid "auth" argument: {auth!r}')

    def _build_request_auth(
        self, request: Request, auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT
    ) -> Auth:
        """The `Auth` of one call: its own, the client's, or what the URL's userinfo says."""
        chosen = self._auth if isinstance(auth, UseClientDefault) else self._build_auth(auth)
        if chosen is not None:
            return chosen
        url = request.url
        if url._uri_reference.userinfo:
            return BasicAuth(username=url.username, password=url.password)
        return _NO_AUTH

    def _set_timeout(self, request: Request) -> None:
        """Give the client's timeout to a request that has none."""
        if "timeout" not in request.extensions:
            request.extensions = {**request.extensions, "timeout": self._timeout.as_dict()}

    def _follows_redirects(self, follow_redirects: bool | UseClientDefault) -> bool:
        if isinstance(follow_redirects, UseClientDefault):
            return self.follow_redirects
        return follow_redirects

    # Redirects

    def _build_redirect_request(self, request: Request, response: Response) -> Request:
        """The request that a redirect asks for. `RemoteProtocolError` for an invalid Location."""
        method = self._redirect_method(request, response)
        url = self._redirect_url(request, response)
        headers = self._redirect_headers(request, url, method)
        stream = self._redirect_stream(request, method)
        following = Request(
            method, url, headers=headers, stream=stream, extensions=request.extensions
        )
        set_redirect_cookies(request, response, following, self.cookies)
        return following

    def _redirect_method(self, request: Request, response: Response) -> str:
        """The method of the next request (RFC 9110 section 15.4)."""
        return redirect_method(request, response)

    def _redirect_url(self, request: Request, response: Response) -> URL:
        """The URL of the next request. `RemoteProtocolError` where Location is not one."""
        return redirect_url(request, response)

    def _redirect_headers(self, request: Request, url: URL, method: str) -> Headers:
        """The headers of the next request, without those that are not for another origin."""
        return redirect_headers(request, url, method)

    def _redirect_stream(
        self, request: Request, method: str
    ) -> SyncByteStream | AsyncByteStream | None:
        """The body of the next request, or `None`."""
        return redirect_stream(request, method)

    # Life cycle and transports

    def _begin(self) -> None:
        """A request is about to be sent."""
        if self._state is not _OPENED:
            if self._state is ClientState.CLOSED:
                raise RuntimeError("Cannot send a request, as the client has been closed.")
            self._state = _OPENED

    def _open(self) -> None:
        """`with` begins."""
        if self._state is not ClientState.UNOPENED:
            raise RuntimeError(
                "Cannot open a client instance more than once."
                if self._state is ClientState.OPENED
                else "Cannot reopen a client instance, once it has been closed."
            )
        self._state = ClientState.OPENED

    def _get_proxy_map(
        self, proxy: ProxyTypes | None, allow_env_proxies: bool
    ) -> dict[str, Proxy | None]:
        """Which proxy is for which URLs, by URL pattern; `None` means a direct connection."""
        if proxy is not None:
            return {"all://": Proxy(url=proxy) if isinstance(proxy, (str, URL)) else proxy}
        if not allow_env_proxies:
            return {}
        return {
            pattern: None if url is None else Proxy(url=url)
            for pattern, url in get_environment_proxies().items()
        }

    def _set_transports(
        self,
        *,
        http2: bool,
        proxy: ProxyTypes | None,
        mounts: Mapping[str, Any] | None,
        transport: Any,
        **options: Any,
    ) -> None:
        """Make the transports: one for everything, and those of proxies and `mounts`."""
        if http2:
            _require_http2()
        proxies = self._get_proxy_map(proxy, self._trust_env and transport is None)
        make: Any = self
        self._transport: Any = make._init_transport(http2=http2, transport=transport, **options)
        mounted: dict[URLPattern, Any] = {
            URLPattern(pattern): None
            if proxy is None
            else make._init_proxy_transport(proxy, http2=http2, **options)
            for pattern, proxy in proxies.items()
        }
        for pattern, mount in (mounts or {}).items():
            mounted[URLPattern(pattern)] = mount
        self._mounts: dict[URLPattern, Any] = dict(sorted(mounted.items()))

    def _mounted_transport(self, url: URL) -> Any:
        """The transport of the first mount that matches; without any, the default one."""
        for pattern, transport in self._mounts.items():
            if pattern.matches(url):
                return self._transport if transport is None else transport
        return self._transport

    def pool_stats(self) -> PoolStats | None:
        """How the connections of this client stand at this moment, as numbers.

        The value has the attributes `active`, `idle` and `connecting` (connections by state),
        `waiting` (requests that wait for one), `max_connections` and `max_keepalive_connections`
        (the limits; `None` for none), and since the client was made `opened` (connections),
        `requests` (that were lent a connection) and `reused` (of them, those lent a used one).

        It tells of the transport that requests go through by default, not of those for proxies
        and `mounts`: ask them by their own `pool_stats()`. `None` if that transport keeps no
        connections, as a mock does not.

            stats = client.pool_stats()
            print(f"{stats.active} of {stats.max_connections} connections are in use")
        """
        ask = getattr(self._transport, "pool_stats", None)
        return None if ask is None else ask()

    def _all_transports(self) -> list[Any]:
        mounted = [transport for transport in self._mounts.values() if transport is not None]
        return [self._transport, *mounted]


def _require_http2() -> None:
    """Say at once, not at the first connection, that a package is missing."""
    from importlib.util import find_spec

    if find_spec("h2") is None:
        raise ImportError(
            "Using http2=True, but the 'h2' package is not installed. "
            "Make sure to install httpx using `pip install httpx[http2]`."
        )


def warn_of_cookies() -> None:
    """Called by `request()`, about its caller."""
    warnings.warn(
        "Setting per-request cookies=<...> is being deprecated, because the expected behaviour "
        "on cookie persistence is ambiguous. Set cookies directly on the client instance instead.",
        DeprecationWarning,
        stacklevel=3,
    )
