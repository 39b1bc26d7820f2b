"""URLs, their query parameters, and origins: immutable, hashable, picklable.

A `URL` is a thin face over the parser's `ParseResult`: text in people's spelling, and the bytes
that go on the wire. `QueryParams` is the query as a dictionary that keeps repeated keys.
`Origin` is scheme, host and port (RFC 6454), by which connections are pooled.

The two rules for merging queries live here as well, without a client: `merge_params` for what
a call, a client and a base URL say about parameters, `merge_base_url` for relative URLs.
`mask_password` writes a URL for people and log files.

This room does no I/O. The grammar is in `_urlparse.py`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ._urlparse import DEFAULT_PORTS, ParseResult, check_path, decode_host, parse, urlparse
from ._utils import mask_userinfo, primitive_value_to_str

if TYPE_CHECKING:
    from ._types import PrimitiveData, QueryParamTypes

__all__ = [
    "Origin",
    "QueryParams",
    "URL",
    "mask_password",
    "mask_passwords",
    "merge_base_url",
    "merge_params",
]

# Component names that URL() takes, with the type of each.
_COMPONENT_TYPES: dict[str, type] = {
    "scheme": str,
    "username": str,
    "password": str,
    "userinfo": bytes,
    "host": str,
    "port": int,
    "netloc": bytes,
    "path": str,
    "query": bytes,
    "raw_path": bytes,
    "fragment": str,
    "params": object,
}

_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")


class RawURL(NamedTuple):
    """What the deprecated `URL.raw` gives."""

    raw_scheme: bytes
    raw_host: bytes
    port: int | None
    raw_path: bytes


class URL:
    """A URL in normal form (RFC 3986), absolute or relative.

        url = httpx.URL("HTTPS://jo%40email.com:a%20secret@müller.de:1234/pa%20th?search=ab#anchor")
        assert url.scheme == "https"
        assert url.username == "jo@email.com"
        assert url.password == "a secret"
        assert url.host == "müller.de"
        assert url.raw_host == b"xn--mller-kva.de"
        assert url.port == 1234
        assert url.netloc == b"xn--mller-kva.de:1234"
        assert url.path == "/pa th"
        assert url.raw_path == b"/pa%20th?search=ab"
        assert url.fragment == "anchor"

    Scheme and host are in lower case, the scheme's own port is dropped, dot segments are
    resolved, and what a component does not take as it is is percent-encoded. An existing
    ``%XX`` is left alone. `str(url)` shows the password, `repr(url)` does not.

    `url` is text or a URL. The keywords replace components of it: `scheme`, `username`,
    `password`, `host`, `path`, `fragment` (str), `userinfo`, `netloc`, `query`, `raw_path`
    (bytes), `port` (int), and `params`, which takes what `QueryParams` takes and replaces the
    query. None removes a component.

    `InvalidURL` for what is not a URL, `TypeError` for an unknown keyword or a wrong type.
    """

    __module__ = "httpx"

    # A dictionary is made only for a program that sets attributes of its own.
    __slots__ = ("__dict__", "__weakref__", "_uri_reference")

    _uri_reference: ParseResult

    def __init__(self, url: URL | str = "", **kwargs: Any) -> None:
        components = _read_components(kwargs) if kwargs else None
        if isinstance(url, str):
            self._uri_reference = urlparse(url, **components) if components else parse(url)
        elif isinstance(url, URL):
            reference = url._uri_reference
            self._uri_reference = reference.copy_with(**components) if components else reference
        else:
            raise TypeError(
                "Invalid type for url.  Expected str or httpx.URL, "
                f"got {type(url)}: {mask_userinfo(repr(url))}"
            )

    @property
    def scheme(self) -> str:
        """The scheme in lower case, such as ``"https"``; empty for a relative URL."""
        return self._uri_reference.scheme

    @property
    def raw_scheme(self) -> bytes:
        """The scheme in lower case, as bytes."""
        return self._uri_reference.scheme.encode("ascii")

    @property
    def userinfo(self) -> bytes:
        """User name and password, percent-encoded, such as ``b"jo%40email.com:a%20secret"``."""
        return self._uri_reference.userinfo.encode("ascii")

    @property
    def username(self) -> str:
        """The user name, decoded; empty if there is none."""
        return _unquote(self._uri_reference.userinfo.partition(":")[0])

    @property
    def password(self) -> str:
        """The password, decoded; empty if there is none."""
        return _unquote(self._uri_reference.userinfo.partition(":")[2])

    @property
    def host(self) -> str:
        """The host in lower case and in people's spelling, IPv6 without brackets.

        assert httpx.URL("http://www.EXAMPLE.org").host == "www.example.org"
        assert httpx.URL("http://中国.icom.museum").host == "中国.icom.museum"
        assert httpx.URL("https://[::ffff:192.168.0.1]").host == "::ffff:192.168.0.1"
        """
        return decode_host(self._uri_reference.host)

    @property
    def raw_host(self) -> bytes:
        """The host as it is looked up: international names as A-labels (RFC 5891).

        assert httpx.URL("http://中国.icom.museum").raw_host == b"xn--fiqs8s.icom.museum"
        """
        return self._uri_reference.host.encode("ascii")

    @property
    def port(self) -> int | None:
        """The port, or None where it is the scheme's own or none was given."""
        return self._uri_reference.port

    @property
    def netloc(self) -> bytes:
        """Host and port, as they go into the Host header; without user name and password."""
        return self._uri_reference.netloc.encode("ascii")

    @property
    def path(self) -> str:
        """The path, decoded; ``"/"`` where it is empty."""
        return _unquote(self._uri_reference.path or "/")

    @property
    def query(self) -> bytes:
        """The query, percent-encoded and without the ``?``."""
        return (self._uri_reference.query or "").encode("ascii")

    @property
    def params(self) -> QueryParams:
        """The query as a dictionary."""
        return QueryParams(self._uri_reference.query)

    @property
    def raw_path(self) -> bytes:
        """Path and query as they go on the wire, such as ``b"/pa%20th?search=ab"``."""
        reference = self._uri_reference
        path = reference.path or "/"
        if reference.query is not None:
            path = f"{path}?{reference.query}"
        return path.encode("ascii")

    @property
    def fragment(self) -> str:
        """What follows the ``#``, decoded."""
        return _unquote(self._uri_reference.fragment or "")

    @property
    def origin(self) -> Origin:
        """Scheme, host and port. `ValueError` on a relative URL."""
        return Origin(self)

    @property
    def raw(self) -> RawURL:
        """Deprecated: a tuple of `raw_scheme`, `raw_host`, `port` and `raw_path`."""
        warnings.warn("URL.raw is deprecated.", stacklevel=2)
        return RawURL(self.raw_scheme, self.raw_host, self.port, self.raw_path)

    @property
    def is_absolute_url(self) -> bool:
        """Whether the URL has a scheme and a host."""
        return bool(self._uri_reference.scheme and self._uri_reference.host)

    @property
    def is_relative_url(self) -> bool:
        """Whether the URL lacks scheme or host."""
        return not self.is_absolute_url

    def copy_with(self, **kwargs: Any) -> URL:
        """A new URL with some components replaced; the keywords are those of `URL()`.

        url = httpx.URL("https://www.example.com").copy_with(username="jo", password="pwd")
        assert url == "https://jo:pwd@www.example.com"
        """
        return URL(self, **kwargs)

    def copy_set_param(self, key: str, value: Any = None) -> URL:
        """A new URL whose query has `value`, and no other, for `key`."""
        return self.copy_with(params=self.params.set(key, value))

    def copy_add_param(self, key: str, value: Any = None) -> URL:
        """A new URL whose query has `value`, beside others, for `key`."""
        return self.copy_with(params=self.params.add(key, value))

    def copy_remove_param(self, key: str) -> URL:
        """A new URL without `key` in its query."""
        return self.copy_with(params=self.params.remove(key))

    def copy_merge_params(self, params: QueryParamTypes) -> URL:
        """A new URL in whose query `params` replace, key by key, what was there."""
        return self.copy_with(params=self.params.merge(params))

    def join(self, url: URL | str) -> URL:
        """The absolute URL that `url` means when it is found at this one (RFC 3986 §5).

        url = httpx.URL("https://www.example.com/test").join("/new/path")
        assert url == "https://www.example.com/new/path"
        """
        from urllib.parse import urljoin

        return URL(urljoin(str(self), str(URL(url))))

    def __hash__(self) -> int:
        return hash(str(self))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, URL):
            mine, theirs = self._uri_reference, other._uri_reference
            return mine == theirs or str(mine) == str(theirs)
        return isinstance(other, str) and str(self) == str(URL(other))

    def __str__(self) -> str:
        return str(self._uri_reference)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({mask_password(self)!r})"

    def __getstate__(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.__dict__, {"_uri_reference": self._uri_reference}


def _read_components(given: dict[str, Any]) -> dict[str, Any]:
    """Check the keywords of `URL()`, and bring them into the parser's form."""
    components: dict[str, Any] = {}
    for name, value in given.items():
        expected = _COMPONENT_TYPES.get(name)
        if expected is None:
            raise TypeError(f"{name!r} is an invalid keyword argument for URL()")
        if value is not None and not isinstance(value, expected):
            raise TypeError(
                f"Argument {name!r} must be {expected.__name__} but got {type(value).__name__}"
            )
        components[name] = value.decode("ascii") if isinstance(value, bytes) else value
    if "params" in components:
        components["query"] = str(QueryParams(components.pop("params"))) or None
    return components


def mask_passwords(text: str) -> str:
    """A text with the passwords of the URLs in it replaced."""
    return re.sub(r"(//[^/?#@:]*:)[^/?#@]*(?=@)", r"\1[secure]", text)


def mask_password(url: URL) -> str:
    """The URL's text with ``[secure]`` for the password: for log lines and messages."""
    reference = url._uri_reference
    username, colon, _ = reference.userinfo.partition(":")
    if colon:
        reference = reference._replace(userinfo=f"{username}:[secure]")
    return str(reference)


def merge_params(url: URL, params: QueryParamTypes | None, defaults: QueryParams) -> URL:
    """The URL of a request, from its own query, a call's `params`, and a client's `defaults`.

    `params`, unless None, replace the URL's own query; ``{}`` clears it. `defaults` then fill
    in the keys that are absent, and never replace or delete any. What is left of the URL's own
    query stays as it is, byte for byte, since it may be signed.

        url = httpx.URL("https://example.org/?page=2")
        defaults = httpx.QueryParams({"page": 1, "key": "x"})
        assert merge_params(url, None, defaults) == "https://example.org/?page=2&key=x"
        assert merge_params(url, {"q": 1}, defaults) == "https://example.org/?page=1&key=x&q=1"
    """
    reference = url._uri_reference
    if params is not None:
        query = str(defaults.merge(params)) or None
    elif not defaults:
        return url
    elif not reference.query:
        query = str(defaults)
    else:
        own = QueryParams(reference.query)
        missing = [(key, value) for key, value in defaults.multi_items() if key not in own]
        if not missing:
            return url
        query = f"{reference.query}&{_urlencode(missing)}"
    # What _urlencode writes is in normal form, and needs no second look (3 µs against 9 µs).
    return _from_reference(reference._replace(query=query))


def merge_base_url(base: URL, url: URL) -> URL:
    """`url` below `base`: its path is appended to the base's, not joined as a browser does.

        base = httpx.URL("https://example.org/v1")
        assert merge_base_url(base, httpx.URL("/users?id=1")) == "https://example.org/v1/users?id=1"

    An absolute `url` is returned as it is. The query is the one of `url`; for a query in the
    base, give it to `merge_params` among the defaults.
    """
    if url.is_absolute_url:
        return url
    scheme, userinfo, host, port, path, _, fragment = base._uri_reference
    relative = url._uri_reference
    if not path.endswith("/"):
        path += "/"
    # Both paths are in normal form; only dot segments can change their meaning by appending.
    path = check_path(path + relative.path.lstrip("/"), bool(scheme), bool(host))
    return _from_reference(
        ParseResult(scheme, userinfo, host, port, path, relative.query, fragment)
    )


def _from_reference(reference: ParseResult) -> URL:
    url = URL.__new__(URL)
    url._uri_reference = reference
    return url


class QueryParams(Mapping[str, str]):
    """The parameters of a query: an immutable dictionary that keeps repeated keys.

        params = httpx.QueryParams("a=123&a=456&b=789")
        assert params["a"] == "123"
        assert params.get_list("a") == ["123", "456"]
        assert str(params.set("a", 1)) == "a=1&b=789"

    Takes text or bytes (``"a=1&b=2"``), a mapping (whose values may be lists), a list or tuple
    of pairs, another `QueryParams`, or keywords. True and False become ``true`` and ``false``,
    None becomes empty text, all else `str(value)`. Written as a form is (WHATWG URL §5.2):
    ``+`` for a blank.

    Values of one key stay together, where its first one stood. Equal to another `QueryParams`
    with the same pairs in any order.
    """

    __module__ = "httpx"

    __slots__ = ("__dict__", "__weakref__", "_dict")

    _dict: dict[str, list[str]]

    def __init__(self, *args: QueryParamTypes | None, **kwargs: Any) -> None:
        assert len(args) < 2, "Too many arguments."
        assert not (args and kwargs), "Cannot mix named and unnamed arguments."
        self._dict = _read_params(args[0] if args else kwargs)

    def keys(self) -> KeysView[str]:
        """The keys, each once."""
        return self._dict.keys()

    def values(self) -> ValuesView[str]:
        """The first value of each key."""
        return dict(self.items()).values()

    def items(self) -> ItemsView[str, str]:
        """Pairs of each key and its first value."""
        return {key: values[0] for key, values in self._dict.items() if values}.items()

    def multi_items(self) -> list[tuple[str, str]]:
        """All pairs, those of one key together."""
        return [(key, value) for key, values in self._dict.items() for value in values]

    def get(self, key: Any, default: Any = None) -> Any:
        """The first value of `key`, or `default`."""
        values = self._dict.get(key)
        return values[0] if values else default

    def get_list(self, key: str) -> list[str]:
        """All values of `key`; an empty list if there are none."""
        return list(self._dict.get(str(key), ()))

    def set(self, key: str, value: Any = None) -> QueryParams:
        """A new `QueryParams` with `value`, and no other, for `key`."""
        return self._copy({**self._dict, str(key): [primitive_value_to_str(value)]})

    def add(self, key: str, value: Any = None) -> QueryParams:
        """A new `QueryParams` with `value`, beside others, for `key`."""
        values = [*self.get_list(key), primitive_value_to_str(value)]
        return self._copy({**self._dict, str(key): values})

    def remove(self, key: str) -> QueryParams:
        """A new `QueryParams` without `key`."""
        return self._copy({k: values for k, values in self._dict.items() if k != str(key)})

    def merge(self, params: QueryParamTypes | None = None) -> QueryParams:
        """A new `QueryParams` in which `params` replace, key by key, what was there."""
        return self._copy({**self._dict, **_read_params(params)})

    def update(self, params: QueryParamTypes | None = None) -> None:
        """Not possible: `RuntimeError`, naming `merge`."""
        raise RuntimeError(
            "QueryParams are immutable since 0.18.0. "
            "Use `q = q.merge(...)` to create an updated copy."
        )

    def __setitem__(self, key: str, value: str) -> None:
        raise RuntimeError(
            "QueryParams are immutable since 0.18.0. "
            "Use `q = q.set(key, value)` to create an updated copy."
        )

    @staticmethod
    def _copy(values: dict[str, list[str]]) -> QueryParams:
        # The lists are shared between copies, which is safe as none is ever changed.
        params = QueryParams.__new__(QueryParams)
        params._dict = values
        return params

    def __getitem__(self, key: Any) -> str:
        return self._dict[key][0]

    def __contains__(self, key: Any) -> bool:
        return key in self._dict

    def __iter__(self) -> Iterator[str]:
        return iter(self._dict)

    def __len__(self) -> int:
        return len(self._dict)

    def __bool__(self) -> bool:
        return bool(self._dict)

    def __hash__(self) -> int:
        return hash(str(self))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QueryParams):
            return False
        return sorted(self.multi_items()) == sorted(other.multi_items())

    def __str__(self) -> str:
        return _urlencode(self.multi_items())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __getstate__(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.__dict__, {"_dict": self._dict}


def _read_params(value: QueryParamTypes | None) -> dict[str, list[str]]:
    """Anything that QueryParams takes, as lists of values by key."""
    if value is None:
        return {}
    if isinstance(value, QueryParams):
        return value._dict
    if isinstance(value, bytes):
        value = value.decode("ascii")
    if isinstance(value, str):
        from urllib.parse import parse_qs

        return parse_qs(value, keep_blank_values=True)
    result: dict[str, list[str]] = {}
    if isinstance(value, list | tuple):
        for pair in value:
            result.setdefault(str(pair[0]), []).append(primitive_value_to_str(pair[1]))
        return result
    for key, item in value.items():
        if isinstance(item, list | tuple):
            # An empty list is kept: in a merge it removes the key.
            result[str(key)] = [primitive_value_to_str(one) for one in item]
        else:
            result[str(key)] = [primitive_value_to_str(cast("PrimitiveData", item))]
    return result


def _urlencode(pairs: list[tuple[str, str]]) -> str:
    """Write pairs as ``application/x-www-form-urlencoded``."""
    return "&".join(f"{_quote_plus(key)}={_quote_plus(value)}" for key, value in pairs)


# `urllib.parse` is a twentieth of what there is to import, and ordinary URLs do without.


def _quote_plus(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    from urllib.parse import quote_plus

    return quote_plus(text)


def _unquote(text: str) -> str:
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text)


class Origin(tuple[str, str, int]):
    """Scheme, host and port of an absolute URL (RFC 6454), the scheme's own port filled in.

        origin = httpx.Origin("https://www.example.org/a")
        assert origin == httpx.URL("https://www.example.org:443").origin
        assert (origin.scheme, origin.host, origin.port) == ("https", "www.example.org", 443)

    The host is that of `URL.raw_host`, as text: international names as A-labels, IPv6 without
    brackets. `port` is 0 where the URL has none and its scheme has none of its own.

    `ValueError` on a relative URL.
    """

    __module__ = "httpx"

    # A tuple underneath, since this is a key of the connection pool: the hash and equality of
    # tuples are C (a look-up takes 0.06 µs, with a frozen dataclass 0.4 µs).
    __slots__ = ()

    def __new__(cls, url: URL | str) -> Origin:
        reference = (url if isinstance(url, URL) else URL(url))._uri_reference
        scheme, host, port = reference.scheme, reference.host, reference.port
        if not scheme or not host:
            raise ValueError("URL must be absolute to have an origin")
        if port is None:
            port = DEFAULT_PORTS.get(scheme, 0)
        return tuple.__new__(cls, (scheme, host, port))

    scheme: str = property(itemgetter(0), doc="In lower case.")  # type: ignore[assignment]
    host: str = property(itemgetter(1), doc="As it is looked up.")  # type: ignore[assignment]
    port: int = property(itemgetter(2), doc="Never None.")  # type: ignore[assignment]

    def __str__(self) -> str:
        """The serialisation of RFC 6454 §6.2, such as ``https://example.org``."""
        scheme, host, port = self
        netloc = f"[{host}]" if ":" in host else host
        suffix = "" if port == DEFAULT_PORTS.get(scheme, 0) else f":{port}"
        return f"{scheme}://{netloc}{suffix}"

    def __repr__(self) -> str:
        return f"Origin(scheme={self.scheme!r}, host={self.host!r}, port={self.port!r})"

    def __reduce__(self) -> tuple[type[Origin], tuple[str]]:
        return type(self), (str(self),)
