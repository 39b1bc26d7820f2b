"""One call without a client: each function makes a `Client`, sends, and closes it.

Handy for scripts. Programs that send more than one request want a `Client`, which keeps the
connection and the cookies. The functions have no twins with `await`: use `AsyncClient`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ._client import Client
from ._config import DEFAULT_TIMEOUT_CONFIG
from ._models import Response
from ._urls import URL

if TYPE_CHECKING:
    import ssl

    from ._types import (
        AuthTypes,
        CookieTypes,
        HeaderTypes,
        ProxyTypes,
        QueryParamTypes,
        RequestContent,
        RequestData,
        RequestFiles,
        TimeoutTypes,
    )

__all__ = [
    "delete",
    "get",
    "head",
    "options",
    "patch",
    "post",
    "put",
    "query",
    "request",
    "stream",
]


def request(
    method: str,
    url: URL | str,
    *,
    params: QueryParamTypes | None = None,
    content: RequestContent | None = None,
    data: RequestData | None = None,
    files: RequestFiles | None = None,
    json: Any | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | None = None,
    proxy: ProxyTypes | None = None,
    timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
    follow_redirects: bool = False,
    verify: ssl.SSLContext | str | bool = True,
    trust_env: bool = True,
) -> Response:
    """Send one request and read its response.

    Args:
        method: such as `"GET"`.
        url: absolute.
        params: replace the query in `url`.
        content: the body, as bytes, text, a binary file or an iterable of bytes.
        data: form fields, sent as `application/x-www-form-urlencoded`.
        files: uploads by field name, sent as `multipart/form-data` together with `data`.
        json: anything, sent as `application/json`.
        headers: beside `Accept`, `Accept-Encoding`, `Connection` and `User-Agent`.
        cookies: for this request and its redirects.
        auth: `(username, password)`, an `Auth`, or a function of the request.
        proxy: a URL or a `Proxy`. Default: what the environment says.
        timeout: seconds for each phase, or what `Timeout` takes; `None` for no timeout.
            Default: 5 s.
        follow_redirects: whether to follow up to 20 redirects.
        verify: `True` trusts certifi's roots and the operating system's, `False` checks
            nothing; or an `ssl.SSLContext`. A path is deprecated.
        trust_env: heed `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`
            and `SSL_CERT_DIR`.

    Returns the `Response`, whatever its status; `raise_for_status()` raises for errors.
    Raises what `Client.request` does.

        response = httpx.request("GET", "https://www.example.org/", params={"page": 2})
    """
    with Client(
        cookies=cookies, proxy=proxy, verify=verify, timeout=timeout, trust_env=trust_env
    ) as client:
        return client.request(
            method=method, url=url, content=content, data=data, files=files, json=json,
            params=params, headers=headers, auth=auth, follow_redirects=follow_redirects,
        )  # fmt: skip


@contextmanager
def stream(
    method: str,
    url: URL | str,
    *,
    params: QueryParamTypes | None = None,
    content: RequestContent | None = None,
    data: RequestData | None = None,
    files: RequestFiles | None = None,
    json: Any | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | None = None,
    proxy: ProxyTypes | None = None,
    timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
    follow_redirects: bool = False,
    verify: ssl.SSLContext | str | bool = True,
    trust_env: bool = True,
) -> Iterator[Response]:
    """Send one request, and read its response's body piece by piece. Arguments as for `request`.

    Gives a context manager; leaving it closes the response and the connection.

        with httpx.stream("GET", "https://www.example.org/") as response:
            for chunk in response.iter_bytes():
                ...
    """
    with (
        Client(
            cookies=cookies, proxy=proxy, verify=verify, timeout=timeout, trust_env=trust_env
        ) as client,
        client.stream(
            method=method, url=url, content=content, data=data, files=files, json=json,
            params=params, headers=headers, auth=auth, follow_redirects=follow_redirects,
        ) as response,
    ):  # fmt: skip
        yield response


def get(
    url: URL | str,
    *,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | None = None,
    proxy: ProxyTypes | None = None,
    follow_redirects: bool = False,
    verify: ssl.SSLContext | str | bool = True,
    timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
    trust_env: bool = True,
) -> Response:
    """Send a `GET` request (RFC 9110 section 9.3.1). As `request`, without a body."""
    return request(
        "GET", url, params=params, headers=headers, cookies=cookies, auth=auth,
        proxy=proxy, follow_redirects=follow_redirects, verify=verify, timeout=timeout,
        trust_env=trust_env,
    )  # fmt: skip


def options(
    url: URL | str,
    *,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | None = None,
    proxy: ProxyTypes | None = None,
    follow_redirects: bool = False,
    verify: ssl.SSLContext | str | bool = True,
    timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
    trust_env: bool = True,
) -> Response:
    """Send an `OPTIONS` request (RFC 9110 section 9.3.7). As `request`, without a body."""
    return request(
        "OPTIONS", url, params=params, headers=headers, cookies=cookies, auth=auth,
        proxy=proxy, follow_redirects=follow_redirects, verify=verify, timeout=timeout,
        trust_env=trust_env,
    )  # fmt: skip


def head(
    url: URL | str,
    *,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | None = None,
    proxy: ProxyTypes | None = None,
    follow_redirects: bool = False,
    verify: ssl.SSLContext | str | bool = True,
    timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
    trust_env: bool = True,
) -> Response:
    """Send a `HEAD` request (RFC 9110 section 9.3.2). As `request`, without a body."""
    return request(
        "HEAD", url, params=params, headers=headers, cookies=cookies, auth=auth,
        proxy=proxy, follow_redirects=follow_redirects, verify=verify, timeout=timeout,
        trust_env=trust_env,
    )  # fmt: skip


def post(
    url: URL | str,
    *,
    content: RequestContent | None = None,
    data: RequestData | None = None,
    files: RequestFiles | None = None,
    json: Any | None = None,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | None = None,
    proxy: ProxyTypes | None = None,
    follow_redirects: bool = False,
    verify: ssl.SSLContext | str | bool = True,
    timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
    trust_env: bool = True,
) -> Response:
    """Send a `POST` request (RFC 9110 section 9.3.3). Arguments as for `request`."""
    return request(
        "POST", url, content=content, data=data, files=files, json=json,
        params=params, headers=headers, cookies=cookies, auth=auth,
        proxy=proxy, follow_redirects=follow_redirects, verify=verify, timeout=timeout,
        trust_env=trust_env,
    )  # fmt: skip


def put(
    url: URL | str,
    *,
    content: RequestContent | None = None,
    data: RequestData | None = None,
    files: RequestFiles | None = None,
    json: Any | None = None,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | None = None,
    proxy: ProxyTypes | None = None,
    follow_redirects: bool = False,
    verify: ssl.SSLContext | str | bool = True,
    timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
    trust_env: bool = True,
) -> Response:
    """Send a `PUT` request (RFC 9110 section 9.3.4). Arguments as for `request`."""
    return request(
        "PUT", url, content=content, data=data, files=files, json=json,
        params=params, headers=headers, cookies=cookies, auth=auth,
        proxy=proxy, follow_redirects=follow_redirects, verify=verify, timeout=timeout,
        trust_env=trust_env,
    )  # fmt: skip


def patch(
    url: URL | str,
    *,
    content: RequestContent | None = None,
    data: RequestData | None = None,
    files: RequestFiles | None = None,
    json: Any | None = None,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | None = None,
    proxy: ProxyTypes | None = None,
    follow_redirects: bool = False,
    verify: ssl.SSLContext | str | bool = True,
    timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
    trust_env: bool = True,
) -> Response:
    """Send a `PATCH` request (RFC 5789). Arguments as for `request`."""
    return request(
        "PATCH", url, content=content, data=data, files=files, json=json,
        params=params, headers=headers, cookies=cookies, auth=auth,
        proxy=proxy, follow_redirects=follow_redirects, verify=verify, timeout=timeout,
        trust_env=trust_env,
    )  # fmt: skip


def delete(
    url: URL | str,
    *,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | None = None,
    proxy: ProxyTypes | None = None,
    follow_redirects: bool = False,
    timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
    verify: ssl.SSLContext | str | bool = True,
    trust_env: bool = True,
) -> Response:
    """Send a `DELETE` request (RFC 9110 section 9.3.5). As `request`, without a body."""
    return request(
        "DELETE", url, params=params, headers=headers, cookies=cookies, auth=auth,
        proxy=proxy, follow_redirects=follow_redirects, verify=verify, timeout=timeout,
        trust_env=trust_env,
    )  # fmt: skip


def query(
    url: URL | str,
    *,
    content: RequestContent | None = None,
    data: RequestData | None = None,
    files: RequestFiles | None = None,
    json: Any | None = None,
    params: QueryParamTypes | None = None,
    headers: HeaderTypes | None = None,
    cookies: CookieTypes | None = None,
    auth: AuthTypes | None = None,
    proxy: ProxyTypes | None = None,
    follow_redirects: bool = False,
    verify: ssl.SSLContext | str | bool = True,
    timeout: TimeoutTypes = DEFAULT_TIMEOUT_CONFIG,
    trust_env: bool = True,
) -> Response:
    """Send a `QUERY` request: safe and idempotent as `GET`, with its question in the body
    (draft-ietf-httpbis-safe-method-w-body). Arguments as for `request`."""
    return request(
        "QUERY", url, content=content, data=data, files=files, json=json,
        params=params, headers=headers, cookies=cookies, auth=auth,
        proxy=proxy, follow_redirects=follow_redirects, verify=verify, timeout=timeout,
        trust_env=trust_env,
    )  # fmt: skip


for _function in (delete, get, head, options, patch, post, put, query, request, stream):
    _function.__module__ = "httpx"
del _function
