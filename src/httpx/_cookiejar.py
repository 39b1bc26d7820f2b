"""Which cookies are stored and sent: RFC 6265, over the jars of `http.cookiejar`.

A jar that we make carries `RFC6265Policy`, and its `Set-Cookie` fields are read by the parser
here (section 5.2). Any other jar decides for itself: its own methods and policy are called, with
the small request and response objects that `http.cookiejar` documents.

For sending, a jar is asked only for the domains that can match the host: its own, those above
it, and "" (cookies set without a domain). A jar of the standard classes with 500 domains
costs microseconds so, and milliseconds when every domain is asked. Jars and policies that
override the selection are asked in their own way.

Only `_cookies` imports this room, and late: `http.cookiejar` brings ssl, socket and email along.
"""

from __future__ import annotations

import contextlib
import datetime
import re
import time
import typing
from http.cookiejar import (  # type: ignore[attr-defined]
    Cookie,
    CookieJar,
    DefaultCookiePolicy,
    is_HDN,
    request_host,
    request_path,
)

from ._headers import Headers

if typing.TYPE_CHECKING:
    from ._models import Request, Response
    from ._urls import URL

__all__ = [
    "RFC6265Policy",
    "copy_jar",
    "jar_from_state",
    "jar_state",
    "make_cookie",
    "new_jar",
    "send_cookies",
    "store_cookies",
]


_DATE_DELIMITERS = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_CLOCK = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)", re.ASCII)
_DAY = re.compile(r"(\d{1,2})(?!\d)", re.ASCII)
_YEAR = re.compile(r"(\d{2,4})(?!\d)", re.ASCII)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_EPOCH = datetime.datetime(1970, 1, 1)


def new_jar() -> CookieJar:
    """An empty jar that follows RFC 6265."""
    return CookieJar(RFC6265Policy())


def copy_jar(jar: CookieJar) -> CookieJar:
    """A jar of the same class, policy and cookies, whose cookies change independently."""
    kind, state = jar_state(jar)
    return jar_from_state(kind, state)


def jar_state(jar: CookieJar) -> tuple[type[CookieJar], dict[str, typing.Any]]:
    """What makes up a jar, without its lock, which neither pickles nor copies."""
    with jar._cookies_lock:  # type: ignore[attr-defined]
        state = jar.__dict__.copy()
        state["_cookies"] = {
            domain: {path: cookies.copy() for path, cookies in paths.items()}
            for domain, paths in jar._cookies.items()  # type: ignore[attr-defined]
        }
    del state["_cookies_lock"]
    return type(jar), state


def jar_from_state(kind: type[CookieJar], state: dict[str, typing.Any]) -> CookieJar:
    """The jar that `jar_state` described."""
    jar = kind.__new__(kind)
    jar.__dict__.update(state)
    jar._cookies_lock = CookieJar()._cookies_lock  # type: ignore[attr-defined]
    return jar


def make_cookie(
    name: str,
    value: str | None,
    *,
    domain: str,
    domain_specified: bool,
    path: str,
    path_specified: bool,
    rest: dict[str, typing.Any],
    secure: bool = False,
    expires: int | None = None,
) -> Cookie:
    """A cookie of the standard library's class, without what RFC 6265 dropped."""
    return Cookie(
        version=0,
        name=name,
        value=value,
        port=None,
        port_specified=False,
        domain=domain,
        domain_specified=domain_specified,
        domain_initial_dot=domain.startswith("."),
        path=path,
        path_specified=path_specified,
        secure=secure,
        expires=expires,
        discard=expires is None,
        comment=None,
        comment_url=None,
        rest=rest,
        rfc2109=False,
    )


class CookieRequest:
    """A request as `http.cookiejar` wants to see it, and the facts that cookies depend on.

    A host without a dot is called `host.local`, too: so `http.cookiejar` names it in its cookies.
    """

    unverifiable = False

    def __init__(self, url: URL | str, scheme: str, host: str, path: str, headers: Headers) -> None:
        self.url = url
        self.type = scheme
        self.host = host
        self.origin_req_host = host
        self.path = path
        self.headers = headers
        self.names = (host,) if "." in host else (host, f"{host}.local")

    @classmethod
    def of(cls, request: typing.Any) -> CookieRequest:
        """From whatever calls a policy: this class, or a `urllib.request.Request`."""
        if isinstance(request, cls):
            return request
        host, path = request_host(request), request_path(request)
        return cls(request.get_full_url(), request.type, host, path, Headers())

    @classmethod
    def from_request(cls, request: Request) -> CookieRequest:
        url = request.url
        host = url.raw_host.decode("ascii")
        if ":" in host:
            host = f"[{host}]"
        path = url.raw_path.partition(b"?")[0].decode("ascii")
        return cls(url, url.scheme, host, path, request.headers)

    def get_full_url(self) -> str:
        return str(self.url)

    def has_header(self, name: str) -> bool:
        return name in self.headers

    def get_header(self, name: str, default: str | None = None) -> str | None:
        return self.headers.get(name, default)

    def header_items(self) -> list[tuple[str, str]]:
        return self.headers.multi_items()

    def add_unredirected_header(self, name: str, value: str) -> None:
        self.headers[name] = value

    def possible_domains(self) -> set[str]:
        """Every domain under which a cookie for this host can be stored."""
        domains = {""}
        for name in self.names:
            labels = name.split(".")
            for start in range(len(labels)):
                domain = ".".join(labels[start:])
                domains.add(domain)
                domains.add(f".{domain}")
        return domains


class CookieResponse:
    """A response as `http.cookiejar` wants to see it."""

    def __init__(self, headers: Headers) -> None:
        self.headers = headers

    def info(self) -> CookieResponse:
        return self

    def get_all(self, name: str, default: typing.Any = None) -> typing.Any:
        return self.headers.get_list(name) or default


class RFC6265Policy(DefaultCookiePolicy):
    """RFC 6265 sections 5.1.3, 5.1.4, 5.3 and 5.4, and the name prefixes of its successor.

    Beyond the standard library's policy: a cookie set without `Domain` goes back to that very
    host only; an IP address has no sub-domains; `__Secure-` and `__Host-` keep what they promise.
    Blocked and allowed domains work as there. No list of public suffixes is kept: a `Domain` of
    one label is refused unless it is the host.
    """

    def set_ok(self, cookie: Cookie, request: typing.Any) -> bool:
        """Whether a response to `request` may set the cookie."""
        asked = CookieRequest.of(request)
        if self.is_blocked(cookie.domain) or self.is_not_allowed(cookie.domain):
            return False
        if cookie.domain_specified:
            domain = cookie.domain.removeprefix(".")
            if domain != asked.host and ("." not in domain or not _within(asked.host, domain)):
                return False
        return _keeps_prefix(cookie, asked)

    def domain_return_ok(self, domain: str, request: typing.Any) -> bool:
        """Whether the cookies of a domain are worth looking at."""
        return not (self.is_blocked(domain) or self.is_not_allowed(domain))

    def path_return_ok(self, path: str, request: typing.Any) -> bool:
        """Whether a cookie's path matches the request's (section 5.1.4)."""
        asked = CookieRequest.of(request).path
        return asked == path or (
            asked.startswith(path) and (path.endswith("/") or asked[len(path)] == "/")
        )

    def return_ok(self, cookie: Cookie, request: typing.Any) -> bool:
        """Whether the cookie goes with `request` (section 5.4)."""
        asked = CookieRequest.of(request)
        if cookie.secure and asked.type not in self.secure_protocols:  # type: ignore[attr-defined]
            return False
        if cookie.expires is not None and cookie.expires <= time.time():
            return False
        if not cookie.domain:
            return True
        if not cookie.domain_specified:
            return cookie.domain in asked.names
        domain = cookie.domain.removeprefix(".")
        return any(_within(name, domain) for name in asked.names)


def _within(host: str, domain: str) -> bool:
    """Whether the host is the domain, or a name below it (section 5.1.3)."""
    return host == domain or (host.endswith(f".{domain}") and is_HDN(host))


def _keeps_prefix(cookie: Cookie, asked: CookieRequest) -> bool:
    name = cookie.name.lower()
    if name.startswith(("__secure-", "__host-")) and not (cookie.secure and asked.type == "https"):
        return False
    return not name.startswith("__host-") or (
        not cookie.domain_specified and cookie.path_specified and cookie.path == "/"
    )


def store_cookies(jar: CookieJar, response: Response) -> None:
    """Put a response's cookies into the jar, as far as its policy lets them in."""
    request = CookieRequest.from_request(response.request)
    policy = jar._policy  # type: ignore[attr-defined]
    if type(policy) is not RFC6265Policy:
        jar.extract_cookies(CookieResponse(response.headers), request)  # type: ignore[arg-type]
        return
    now = int(time.time())
    for line in response.headers.get_list("set-cookie"):
        cookie = _parse(line, request, now)
        if cookie is None or not policy.set_ok(cookie, request):
            continue
        if cookie.is_expired(now):
            with contextlib.suppress(KeyError):
                jar.clear(cookie.domain, cookie.path, cookie.name)
        else:
            jar.set_cookie(cookie)


def send_cookies(jar: CookieJar, request: Request) -> None:
    """Set the request's `Cookie` field to the jar's cookies for it, if there are any."""
    add_cookie_header = jar.add_cookie_header
    own = _selects_as_standard(jar)
    if own and ("cookie" in request.headers or not jar._cookies):  # type: ignore[attr-defined]
        return
    asked = CookieRequest.from_request(request)
    if not own:
        add_cookie_header(asked)  # type: ignore[arg-type]
        return
    jar_: typing.Any = jar
    cookies: list[Cookie] = []
    with jar_._cookies_lock:
        jar_._policy._now = jar_._now = int(time.time())
        found = asked.possible_domains().intersection(jar_._cookies)
        domains = list(found)
        if len(found) > 1:  # in the order in which the jar came to know them
            domains = [domain for domain in jar_._cookies if domain in found]
        for domain in domains:
            cookies += jar_._cookies_for_domain(domain, asked)
        pairs = jar_._cookie_attrs(cookies) if cookies else []
    if pairs:
        request.headers["Cookie"] = "; ".join(pairs)


def _selects_as_standard(jar: CookieJar) -> bool:
    """Whether asking only the possible domains gives what the jar's own methods would give."""
    kind = type(jar)
    return (
        kind.add_cookie_header is CookieJar.add_cookie_header
        and kind._cookies_for_request is CookieJar._cookies_for_request  # type: ignore[attr-defined]
        and type(jar._policy) in (RFC6265Policy, DefaultCookiePolicy)  # type: ignore[attr-defined]
        and not jar._policy.rfc2965  # type: ignore[attr-defined]
    )


def _parse(line: str, request: CookieRequest, now: int) -> Cookie | None:
    """Read one `Set-Cookie` field (section 5.2); `None` where it holds no cookie."""
    pair, *attributes = line.split(";")
    name, separator, value = pair.partition("=")
    name = name.strip()
    if not (separator and name):
        return None
    domain = path = ""
    expires = max_age = None
    secure = False
    rest: dict[str, typing.Any] = {}
    for attribute in attributes:
        key, separator, text = attribute.partition("=")
        key, text = key.strip(), text.strip()
        match key.lower():
            case "expires":
                date = _parse_date(text)
                expires = expires if date is None else date
            case "max-age":
                seconds = _parse_max_age(text)
                max_age = max_age if seconds is None else seconds
            case "domain":
                domain = text.removeprefix(".").lower() or domain
            case "path":
                path = text
            case "secure":
                secure = True
            case "":
                pass
            case _:
                rest[key] = text if separator else None
    return make_cookie(
        name,
        value.strip(),
        domain=f".{domain}" if domain else request.names[-1],
        domain_specified=bool(domain),
        path=path if path.startswith("/") else _default_path(request.path),
        path_specified=path.startswith("/"),
        rest=rest,
        secure=secure,
        expires=expires if max_age is None else now + max_age,
    )


def _parse_max_age(text: str) -> int | None:
    """Seconds, or `None` for what is to be ignored (section 5.2.2)."""
    if not text.removeprefix("-").isdecimal() or not text.isascii():
        return None
    return int(text[:12])  # so many digits are for ever


def _default_path(path: str) -> str:
    """The directory of the request's path (section 5.1.4)."""
    return path[: path.rfind("/")] or "/"


def _parse_date(text: str) -> int | None:
    """Seconds since the epoch, of a date in any of the forms that servers use (section 5.1.1)."""
    clock = day = month = year = None
    for token in _DATE_DELIMITERS.split(text):
        if clock is None and (match := _CLOCK.match(token)):
            clock = [int(part) for part in match.groups()]
        elif day is None and (match := _DAY.match(token)):
            day = int(match[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (match := _YEAR.match(token)):
            year = int(match[1])
    if clock is None or day is None or month is None or year is None:
        return None
    if year < 100:
        year += 2000 if year < 70 else 1900
    if year < 1601:
        return None
    hour, minute, second = clock
    try:
        date = datetime.datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    return int((date - _EPOCH).total_seconds())
