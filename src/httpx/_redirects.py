"""What a redirect changes: method, URL, header fields, body and cookies of the next request.

Pure functions of the request and its response (RFC 9110 section 15.4, and the Fetch standard's
section 4.4 for what browsers made of it). Nothing is sent, read or logged here: when to follow,
how often, and the line in the log are the flow's business. The client has one overridable method
for each function.

The rule for secrets: what a request says to one origin is not said to another. Crossing origins
drops `Authorization`, `Proxy-Authorization`, `Cookie` and the cookies that have no domain; they
do not come back if the chain returns. http on port 80 to https on port 443 of the same host is
no crossing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._exceptions import InvalidURL, RemoteProtocolError
from ._headers import Headers
from ._urlparse import DEFAULT_PORTS
from ._urls import URL

if TYPE_CHECKING:
    from ._cookies import Cookies
    from ._models import Request, Response
    from ._types import AsyncByteStream, SyncByteStream

__all__ = [
    "dropped_credentials",
    "is_same_origin",
    "redirect_headers",
    "redirect_method",
    "redirect_stream",
    "redirect_url",
    "set_redirect_cookies",
]

CREDENTIALS = ("Authorization", "Proxy-Authorization", "Cookie")

# The fields that describe a body, or how it was sent.
_BODY_FIELDS = (
    "Content-Length",
    "Transfer-Encoding",
    "Content-Type",
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
)


def redirect_method(request: Request, response: Response) -> str:
    """The method of the next request (RFC 9110 sections 15.4.2 to 15.4.9).

    303 turns everything but HEAD into GET. So does 302, as browsers do, except for QUERY, which
    is as safe as GET and means nothing without its body; 301 does it to POST alone.
    307 and 308 keep the method.
    """
    method, status = request.method, response.status_code
    if (
        (status == 303 and method != "HEAD")
        or (status == 302 and method not in ("HEAD", "QUERY"))
        or (status == 301 and method == "POST")
    ):
        return "GET"
    return method


def redirect_url(request: Request, response: Response) -> URL:
    """The URL that the response's `Location` means (RFC 9110 section 10.2.2).

    A location without a host has the request's; without a fragment, the request's.
    Raises `RemoteProtocolError` where it is no URL that could be requested.
    """
    base = request.url
    try:
        url = URL(response.headers["Location"])
        if url.scheme and not url.host:
            # "https:/path" and "https:///path" are not valid, and not rare
            url = url.copy_with(host=base.host)
        if url.is_relative_url:
            url = _join(base, url)
    except InvalidURL as exc:
        message = f"Invalid URL in location header: {exc}."
        raise RemoteProtocolError(message, request=request) from None
    if base.fragment and not url.fragment:
        url = url.copy_with(fragment=base.fragment)
    return url


def _join(base: URL, url: URL) -> URL:
    joined = base.join(url)
    if joined.is_absolute_url or not base.is_absolute_url:
        return joined
    # urllib joins only under schemes that it knows; the rule is the same under all.
    joined = base.copy_with(scheme="http", port=None).join(url)
    same_host = not url._uri_reference.authority
    return joined.copy_with(scheme=base.scheme, port=base.port if same_host else url.port)


def redirect_headers(request: Request, url: URL, method: str) -> Headers:
    """The header fields of the next request, without `Cookie` (see `set_redirect_cookies`)."""
    headers = request.headers.copy()
    if not is_same_origin(request.url, url):
        headers.pop("Authorization", None)
        headers.pop("Proxy-Authorization", None)
    if _origin(request.url) != _origin(url):
        headers["Host"] = url.netloc.decode("ascii")
    if _loses_body(request, method):
        for name in _BODY_FIELDS:
            headers.pop(name, None)
    headers.pop("Cookie", None)
    return headers


def redirect_stream(request: Request, method: str) -> SyncByteStream | AsyncByteStream | None:
    """The body of the next request; None where the method became GET.

    Whether it can be given again is asked when it is sent again: who does not follow, and takes
    only the URL of `next_request`, needs no answer.
    """
    return None if _loses_body(request, method) else request.stream


def _loses_body(request: Request, method: str) -> bool:
    return method != request.method and method == "GET"


def set_redirect_cookies(
    request: Request, response: Response, next_request: Request, cookies: Cookies
) -> None:
    """Set the `Cookie` field of the next request, unless it has one.

    `cookies` are the client's, those of `response` included: of these the cookies with a domain
    are chosen for the new URL. To the same origin, what else the request sent follows: its own
    cookies, a `Cookie` field of the user's, cookies of the client that have no domain. What the
    response has set anew, or deleted, is not carried along.
    """
    if "Cookie" in next_request.headers:
        return
    known: set[tuple[str, str | None]] = set()
    without_domain: set[tuple[str, str | None]] = set()
    if cookies:
        without_domain = {(c.name, c.value) for c in cookies.jar if not c.domain}
        if without_domain:
            cookies = type(cookies)(cookies)
            cookies.jar.clear("")
        known = {(cookie.name, cookie.value) for cookie in cookies.jar}
        cookies.set_cookie_header(next_request)
    if not is_same_origin(request.url, next_request.url):
        return
    set_anew = {line.partition("=")[0].strip() for line in response.headers.get_list("Set-Cookie")}
    chosen = [next_request.headers["Cookie"]] if "Cookie" in next_request.headers else []
    in_front: list[str] = []
    behind: list[str] = []
    for pair in ";".join(request.headers.get_list("Cookie")).split(";"):
        name, _, value = pair.strip().partition("=")
        if name and name not in set_anew and (name, value) not in known:
            # A client is given its cookies before it receives any: a jar sends them first.
            (in_front if (name, value) in without_domain else behind).append(pair.strip())
    if pairs := in_front + chosen + behind:
        next_request.headers["Cookie"] = "; ".join(pairs)


def dropped_credentials(request: Request, next_request: Request) -> list[str]:
    """The names of the fields with credentials that do not travel on, for the log."""
    return [
        name for name in CREDENTIALS if name in request.headers and name not in next_request.headers
    ]


def is_same_origin(url: URL, other: URL) -> bool:
    """Whether what was meant for `url` may be said to `other` (RFC 6454, and one step up).

    The step from http on port 80 to https on port 443 of the same host counts as none.
    """
    if _origin(url) == _origin(other):
        return True
    return (
        url.host == other.host
        and _origin(url)[::2] == ("http", 80)
        and _origin(other)[::2] == ("https", 443)
    )


def _origin(url: URL) -> tuple[str, str, int | None]:
    """Scheme, host and port. Unlike `URL.origin` it also answers for a relative URL."""
    return url.scheme, url.host, url.port or DEFAULT_PORTS.get(url.scheme)
