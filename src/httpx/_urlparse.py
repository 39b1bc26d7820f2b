"""Taking URLs apart (RFC 3986), putting them into one normal form, and together again.

What goes in may be what people type: capitals, blanks, umlauts. What comes out is ASCII: scheme
and host in lower case, the scheme's own port dropped, dot segments resolved (RFC 3986 §6.2.2),
every character percent-encoded that its component does not take as it is. `%` itself is never
encoded, so an existing `%XX` stays what it is. `[host]` must hold an IPv6 address, four numbers
with dots between them must be an IPv4 address, and international names go through IDNA 2008
with the mapping of UTS 46. Where there is a choice it is the WHATWG's, unless RFC 3986 says
otherwise: tests/models/data/url_differences.md lists where the two disagree.

This room holds no URL class and no query dictionary (`_urls.py` does), and does no I/O.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ._exceptions import InvalidURL

__all__ = ["DEFAULT_PORTS", "ParseResult", "check_path", "decode_host", "is_ipv4", "urlparse"]

MAX_URL_LENGTH = 65536

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}

# Characters to percent-encode in each component. `%` is in none of the sets. RFC 3986 would
# encode more of them; these are the sets of the WHATWG URL standard, §1.3, which servers meet.
_NOT_IN_PATH = re.compile(r"[^!$-;=@-_a-z|~]")
_NOT_IN_QUERY = re.compile(r"[^!$-;=?-~]")
_NOT_IN_FRAGMENT = re.compile(r"[^!#-;=?-_a-~]")
_NOT_IN_USERINFO = re.compile(r"[^!$-.0-:A-Z_a-z~]")
_NOT_IN_USERNAME = re.compile(r"[^!$-.0-9A-Z_a-z~]")
_NOT_IN_HOST = re.compile(r'[^!"$-.0-;=A-Z\\_-~]')

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")

# The ordinary URL of a request, already in its normal form: one match instead of the whole walk
# (XX). Dot segments, odd ports and look-alikes of IPv4 are left to the walk.
_ORDINARY = re.compile(
    r"(?:(https?)://([a-z0-9._~-]+)(?::([1-9][0-9]{0,4}))?)?"
    r"(/[!$-;=@-_a-z|~]*)?(?:\?([!$-;=?-~]*))?"
)

# RFC 3986 appendix B, with the scheme's own grammar; a scheme may be empty (":path").
_URL = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*)?:)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL
)
_AUTHORITY = re.compile(r"(?:(.*)@)?(\[.*\]|[^:@]*):?(.*)", re.DOTALL)
_NETLOC = re.compile(r"(\[.*\]|[^:]*):?(.*)", re.DOTALL)

# What a component may look like where it is given on its own, by name.
_COMPONENTS = {
    "scheme": re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*)?"),
    "authority": re.compile(r"[^/?#]*"),
    "userinfo": re.compile(r"[^@]*"),
    "path": re.compile(r"[^?#]*"),
    "query": re.compile(r"[^#]*"),
}

_IPV4_LIKE = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_PORT = re.compile(r"0*[0-9]{1,5}")
# The forbidden domain code points of the WHATWG URL standard, §3.1, as far as they print.
_FORBIDDEN_IN_DOMAIN = re.compile(r"[\x00-\x20\x7f#/:<>?@\[\\\]^|%]")
_DIGITS = "0123456789"


class ParseResult(NamedTuple):
    """The components of a URL in normal form: ASCII text, percent-encoded.

    `host` is without the brackets of IPv6, `port` is None where it is the scheme's own.
    `query` and `fragment` are None where the URL has none, and empty after a bare ``?``, ``#``.
    """

    scheme: str
    userinfo: str
    host: str
    port: int | None
    path: str
    query: str | None
    fragment: str | None

    @property
    def netloc(self) -> str:
        """Host and port, as in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def authority(self) -> str:
        """Userinfo, host and port."""
        return f"{self.userinfo}@{self.netloc}" if self.userinfo else self.netloc

    def copy_with(self, **components: Any) -> ParseResult:
        """Replace components, which are normalised; the others stay as they are.

        Beside the fields there are `authority`, `netloc`, `raw_path`, and `username` with
        `password`, for several fields at once. All are text or None, `port` also a number.

        `InvalidURL` where a component, or the whole, is malformed.
        """
        return _replace(self, components)

    def __str__(self) -> str:
        scheme, userinfo, host, port, path, query, fragment = self
        text = f"{scheme}:" if scheme else ""
        if host or port is not None or userinfo:
            text = f"{text}//{self.authority}{path}"
        elif path.startswith("//"):
            # Without "/." in front, the path would read as an authority.
            text = f"{text}/.{path}"
        else:
            text += path
        if query is not None:
            text = f"{text}?{query}"
        return text if fragment is None else f"{text}#{fragment}"


_EMPTY = ParseResult("", "", "", None, "", None, None)


def urlparse(url: str = "", **components: Any) -> ParseResult:
    """Parse a URL, absolute or relative, then replace what `components` name.

    The components are those of `ParseResult.copy_with`. `InvalidURL` where the URL is longer
    than 65536 characters, holds a control character, or has a malformed host or port.
    """
    if len(url) > MAX_URL_LENGTH:
        raise InvalidURL("URL too long")
    result = _parse_ordinary(url) or _parse(url)
    return _replace(result, components) if components else result


def _parse_ordinary(url: str) -> ParseResult | None:
    """Parse what is in normal form already; None for all else. Only faster, never different."""
    match = _ORDINARY.fullmatch(url)
    if match is None:
        return None
    scheme, host, port_text, path, query = match.groups()
    if path is None:
        path = ""
    elif "/." in path:
        return None
    if scheme is None:
        if path.startswith("//"):
            return None
        return tuple.__new__(ParseResult, ("", "", "", None, path, query, None))
    if host[-1] in _DIGITS and _IPV4_LIKE.fullmatch(host) and not _IPV4.fullmatch(host):
        return None
    port = None
    if port_text is not None:
        port = int(port_text)
        if port > 65535:
            return None
        if port == DEFAULT_PORTS[scheme]:
            port = None
    return tuple.__new__(ParseResult, (scheme, "", host, port, path, query, None))


def _parse(url: str) -> ParseResult:
    """Parse any URL."""
    match = _UNPRINTABLE.search(url)
    if match is not None:
        raise InvalidURL(
            f"Invalid non-printable ASCII character in URL, {match[0]!r} "
            f"at position {match.start()}."
        )
    match = _URL.fullmatch(url)
    assert match is not None, "every text matches"
    scheme, authority, path, query, fragment = match.groups()
    scheme = (scheme or "").lower()
    userinfo, host, port = "", "", None
    if authority:
        # An unencoded "/", "?" or "#" in a password makes a part of it look like the port.
        secret = "@" in url[match.end(2) :]
        userinfo, host, port = _split_authority(authority, scheme, secret)
    path = _encode(path, _NOT_IN_PATH)
    return ParseResult(
        scheme,
        userinfo,
        host,
        port,
        check_path(path, bool(scheme), bool(userinfo or host or port is not None)),
        None if query is None else _encode(query, _NOT_IN_QUERY),
        None if fragment is None else _encode(fragment, _NOT_IN_FRAGMENT),
    )


def _split_authority(authority: str, scheme: str, secret: bool) -> tuple[str, str, int | None]:
    """Userinfo, host and port, in normal form."""
    match = _AUTHORITY.fullmatch(authority)
    assert match is not None, "every text matches"
    userinfo, host, port = match.groups()
    userinfo = _encode(userinfo, _NOT_IN_USERINFO) if userinfo else ""
    return userinfo, _encode_host(host), _parse_port(port, scheme, secret)


def _replace(result: ParseResult, components: dict[str, Any]) -> ParseResult:
    """`result` with some components replaced by what a program gave for them."""
    given = dict(components)
    for name, value in given.items():
        if isinstance(value, str):
            _check_component(name, value)

    scheme, userinfo, host, port, path, query, fragment = result
    if "scheme" in given:
        scheme = (given.pop("scheme") or "").lower()
        # What is the port of one scheme may not be the port of another.
        given.setdefault("port", port)
    if "authority" in given:
        userinfo, host, port = _split_authority(given.pop("authority") or "", scheme, False)
    if "netloc" in given:
        match = _NETLOC.fullmatch(given.pop("netloc") or "")
        assert match is not None, "every text matches"
        given["host"], given["port"] = match.groups()
    if "username" in given or "password" in given:
        given["userinfo"] = _join_userinfo(
            given.pop("username", None) or "", given.pop("password", None) or ""
        )
    if "raw_path" in given:
        given["path"], mark, raw_query = (given.pop("raw_path") or "").partition("?")
        given["query"] = raw_query if mark else None

    if "userinfo" in given:
        userinfo = _encode(given.pop("userinfo") or "", _NOT_IN_USERINFO)
    if "host" in given:
        host = given.pop("host") or ""
        bare_ipv6 = ":" in host and not (host.startswith("[") and host.endswith("]"))
        host = _encode_host(f"[{host}]" if bare_ipv6 else host)
    if "port" in given:
        port = _parse_port(given.pop("port"), scheme)
    if "path" in given:
        path = _encode(given.pop("path") or "", _NOT_IN_PATH)
    if "query" in given:
        query = given.pop("query")
        query = None if query is None else _encode(query, _NOT_IN_QUERY)
    if "fragment" in given:
        fragment = given.pop("fragment")
        fragment = None if fragment is None else _encode(fragment, _NOT_IN_FRAGMENT)
    if given:
        raise TypeError(f"{next(iter(given))!r} is not a component of a URL")

    path = check_path(path, bool(scheme), bool(userinfo or host or port is not None))
    return ParseResult(scheme, userinfo, host, port, path, query, fragment)


def _check_component(name: str, value: str) -> None:
    """Refuse a component that is too long, holds control characters, or would not end where
    the next component begins."""
    if len(value) > MAX_URL_LENGTH:
        raise InvalidURL(f"URL component {name!r} too long")
    match = _UNPRINTABLE.search(value)
    if match is not None:
        raise InvalidURL(
            f"Invalid non-printable ASCII character in URL {name} component, "
            f"{match[0]!r} at position {match.start()}."
        )
    if name == "raw_path":
        name, value = "path", value.partition("?")[0]
    grammar = _COMPONENTS.get(name)
    if grammar is not None and not grammar.fullmatch(value):
        raise InvalidURL(f"Invalid URL component {name!r}")


def _join_userinfo(username: str, password: str) -> str:
    userinfo = _encode(username, _NOT_IN_USERNAME)
    return f"{userinfo}:{_encode(password, _NOT_IN_USERNAME)}" if password else userinfo


def _encode(text: str, unsafe: re.Pattern[str]) -> str:
    """Percent-encode, as UTF-8, the characters that `unsafe` matches."""
    if not unsafe.search(text):
        return text
    try:
        return unsafe.sub(_percent_encode, text)
    except UnicodeEncodeError as exc:
        raise InvalidURL(
            f"Invalid character in URL, {exc.object!r} is half of a surrogate pair."
        ) from None


def _percent_encode(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8"))


def _parse_port(port: str | int | None, scheme: str, secret: bool = False) -> int | None:
    """The port's number; None where there is none, or it is the scheme's own."""
    if port is None or port == "":
        return None
    text = str(port)
    if not _PORT.fullmatch(text) or int(text) > 65535:
        if secret or "@" in text:
            raise InvalidURL(
                "Invalid port: '[secure]'. Percent-encode '/', '?' and '#' in a password."
            )
        raise InvalidURL(f"Invalid port: {text!r}")
    number = int(text)
    return None if number == DEFAULT_PORTS.get(scheme) else number


def check_path(path: str, has_scheme: bool, has_authority: bool) -> str:
    """The path with its dot segments resolved. `InvalidURL` where it would, behind what is in
    front of it, read as something else (RFC 3986 §3.3)."""
    if has_authority:
        if path and not path.startswith("/"):
            raise InvalidURL("For absolute URLs, path must be empty or begin with '/'")
    elif not has_scheme:
        if path.startswith("//"):
            raise InvalidURL("Relative URLs cannot have a path starting with '//'")
        if path.startswith(":"):
            raise InvalidURL("Relative URLs cannot have a path starting with ':'")
        return path
    if "." not in path:
        return path
    segments = path.split("/")
    if "." not in segments and ".." not in segments:
        return path
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            if kept and kept != [""]:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept)


def _encode_host(host: str) -> str:
    """The host in normal form, without brackets."""
    if host.startswith("[") and host.endswith("]"):
        return _check_ipv6(host[1:-1])
    if not host.isascii():
        return _encode_international(host)
    host = host.lower()
    if host and host[-1] in _DIGITS and _IPV4_LIKE.fullmatch(host) and not _IPV4.fullmatch(host):
        raise InvalidURL(f"Invalid IPv4 address: {host!r}")
    return _encode(host, _NOT_IN_HOST)


def _check_ipv6(address: str) -> str:
    import ipaddress

    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        raise InvalidURL(f"Invalid IPv6 address: '[{address}]'") from None
    return address


def _encode_international(host: str) -> str:
    """Encode a name with characters beyond ASCII: UTS 46 mapping, then IDNA 2008 by label.

    Labels that are ASCII by themselves are not validated, so that ``my_host.example`` and
    ``my_host.bücher.example`` behave alike. A character that maps to one with a meaning in
    URLs (FULLWIDTH SOLIDUS to ``/``) is refused, else it could move the end of the host.
    """
    import idna

    try:
        mapped = idna.uts46_remap(host, std3_rules=False, transitional=False)
        labels = [
            label if label.isascii() else idna.alabel(label).decode("ascii")
            for label in mapped.lower().split(".")
        ]
    except UnicodeError as exc:
        raise InvalidURL(f"Invalid IDNA hostname: {host!r}") from exc
    encoded = ".".join(labels)
    if not encoded.strip(".") or _FORBIDDEN_IN_DOMAIN.search(encoded):
        raise InvalidURL(f"Invalid IDNA hostname: {host!r}")
    return _encode_host(encoded)


def is_ipv4(host: str) -> bool:
    """Whether a host in normal form is an IPv4 address."""
    return host[-1:] in _DIGITS and _IPV4_LIKE.fullmatch(host) is not None


def decode_host(host: str) -> str:
    """A host for people: labels such as ``xn--bcher-kva`` as ``bücher``.

    A label that does not decode by IDNA 2008 stays as it is.
    """
    if "xn--" not in host:
        return host
    import idna

    labels = host.split(".")
    for index, label in enumerate(labels):
        if label.startswith("xn--"):
            try:
                labels[index] = idna.ulabel(label)
            except UnicodeError:
                continue
    return ".".join(labels)
