"""`Cookies`: a mapping face for a jar of `http.cookiejar`.

A jar that this library makes follows RFC 6265; a jar that the user brings is used as it is, with
its own class and policy. What is sent and stored is decided in `_cookiejar`, which is imported,
and with it `http.cookiejar`, when there is a first cookie to look at: a `Cookies` without any
holds no jar at all, and costs a request nothing.
"""

from __future__ import annotations

import typing
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, MutableMapping

from ._exceptions import CookieConflict
from ._types import CookieTypes

if typing.TYPE_CHECKING:
    from http.cookiejar import Cookie, CookieJar

    from ._models import Request, Response

__all__ = ["Cookies"]


class Cookies(MutableMapping[str, str]):
    """Cookies by name, for one or many sites (RFC 6265).

    Args:
        cookies: a mapping or list of pairs, sent to every host; another `Cookies`, which is
            copied; or an `http.cookiejar.CookieJar`, which is used itself, with its policy.

        cookies = httpx.Cookies()
        cookies.set("session", "42", domain="example.org")
        client = httpx.Client(cookies=cookies)
    """

    __module__ = "httpx"

    def __init__(self, cookies: CookieTypes | None = None) -> None:
        self._jar: CookieJar | None = None
        if cookies is None:
            return
        if isinstance(cookies, Cookies):
            if cookies._jar is not None:
                from ._cookiejar import copy_jar

                self._jar = copy_jar(cookies._jar)
        elif isinstance(cookies, (dict, Mapping)):
            self._set_all(cookies.items())
        elif isinstance(cookies, (list, tuple)):
            self._set_all(cookies)
        else:
            self._jar = cookies

    def _set_all(self, pairs: Iterable[tuple[str, str]]) -> None:
        for name, value in pairs:
            self.set(name, value)

    @property
    def jar(self) -> CookieJar:
        """The `http.cookiejar.CookieJar` that holds the cookies."""
        if self._jar is None:
            from ._cookiejar import new_jar

            self._jar = new_jar()
        return self._jar

    @jar.setter
    def jar(self, jar: CookieJar) -> None:
        self._jar = jar

    def extract_cookies(self, response: Response) -> None:
        """Store what the response's `Set-Cookie` fields say (RFC 6265 section 5.3)."""
        headers = response.headers
        if "set-cookie" in headers or "set-cookie2" in headers:
            from ._cookiejar import store_cookies

            store_cookies(self.jar, response)

    def set_cookie_header(self, request: Request) -> None:
        """Set the request's `Cookie` field, unless it has one (RFC 6265 section 5.4)."""
        if self._jar is not None:
            from ._cookiejar import send_cookies

            send_cookies(self._jar, request)

    def set(self, name: str, value: str, domain: str = "", path: str = "/") -> None:
        """Set a cookie. Without `domain` it is sent to every host.

        With `domain` it is sent there and to the sub-domains.
        """
        from ._cookiejar import make_cookie

        self.jar.set_cookie(
            make_cookie(
                name,
                value,
                domain=domain,
                domain_specified=bool(domain),
                path=path,
                path_specified=bool(path),
                rest={"HttpOnly": None},
            )
        )

    def get(  # type: ignore[override]
        self,
        name: str,
        default: str | None = None,
        domain: str | None = None,
        path: str | None = None,
    ) -> str | None:
        """A cookie's value, by name and, where given, domain and path.

        Raises `CookieConflict` where several match.
        """
        found: list[Cookie] = []
        for cookie in self._find(name, domain, path):
            if found:
                raise CookieConflict(f"Multiple cookies exist with name={name}")
            found.append(cookie)
        return found[0].value if found else default

    def delete(self, name: str, domain: str | None = None, path: str | None = None) -> None:
        """Delete the cookies of a name and, where given, of a domain and path."""
        for cookie in list(self._find(name, domain, path)):
            self.jar.clear(cookie.domain, cookie.path, cookie.name)

    def clear(self, domain: str | None = None, path: str | None = None) -> None:
        """Delete all cookies, or those of a domain, or those of a path of a domain.

        Raises `KeyError` where that domain or path has none.
        """
        assert domain is not None or path is None
        if self._jar is None and domain is None:
            return
        self.jar.clear(*[part for part in (domain, path) if part is not None])

    def update(self, cookies: CookieTypes | None = None) -> None:  # type: ignore[override]
        """Take over cookies. Those of the same domain, path and name are replaced."""
        others = cookies if isinstance(cookies, Cookies) else Cookies(cookies)
        for cookie in list(others._all()):
            self.jar.set_cookie(cookie)

    def _all(self) -> Iterator[Cookie]:
        return iter(() if self._jar is None else self._jar)

    def _find(self, name: str, domain: str | None, path: str | None) -> Iterator[Cookie]:
        if isinstance(name, _OneOfSeveral):
            domain, path = name.domain, name.path
        for cookie in self._all():
            if (
                cookie.name == name
                and (domain is None or cookie.domain == domain)
                and (path is None or cookie.path == path)
            ):
                yield cookie

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        self.delete(name)

    def __contains__(self, name: object) -> bool:
        return any(cookie.name == name for cookie in self._all())

    def __iter__(self) -> Iterator[str]:
        """The names, one for each cookie.

        The names of several cookies are strings that remember which cookie they stand for, so
        that `dict(cookies)` and `items()` work where `cookies["name"]` raises `CookieConflict`.
        """
        cookies = list(self._all())
        times = Counter(cookie.name for cookie in cookies)
        for cookie in cookies:
            yield cookie.name if times[cookie.name] == 1 else _OneOfSeveral.of(cookie)

    def __len__(self) -> int:
        return sum(1 for _ in self._all())

    def __bool__(self) -> bool:
        return self._jar is not None and any(True for _ in self._all())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Cookies):
            return _by_identity(self._all()) == _by_identity(other._all())
        return super().__eq__(other)

    def __repr__(self) -> str:
        shown = [
            f"<Cookie {cookie.name}={cookie.value} for {cookie.domain} />" for cookie in self._all()
        ]
        return f"<Cookies[{', '.join(shown)}]>"

    def __getstate__(self) -> dict[str, typing.Any]:
        state = self.__dict__.copy()
        if self._jar is not None:
            from ._cookiejar import jar_state

            state["_jar"] = jar_state(self._jar)
        return state

    def __setstate__(self, state: dict[str, typing.Any]) -> None:
        self.__dict__.update(state)
        if self._jar is not None:
            from ._cookiejar import jar_from_state

            self._jar = jar_from_state(*state["_jar"])


class _OneOfSeveral(str):
    """The name of a cookie that shares it with others."""

    domain: str
    path: str

    @classmethod
    def of(cls, cookie: Cookie) -> _OneOfSeveral:
        name = cls(cookie.name)
        name.domain = cookie.domain
        name.path = cookie.path
        return name

    def __reduce__(self) -> tuple[typing.Any, ...]:
        return str, (str(self),)


def _by_identity(cookies: Iterable[Cookie]) -> dict[tuple[str, str, str], str | None]:
    return {(cookie.domain, cookie.path, cookie.name): cookie.value for cookie in cookies}
