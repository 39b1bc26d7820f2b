"""Taking URLs apart (RFC 3986), putting them into one normal form, and together again.

What goes in may be what people type: capitals, blanks, umlauts. What comes out is ASCII: scheme
and host in lower case, the scheme's own port dropped, dot segments resolved (RFC 3986 §6.2.2),
every character percent-encoded that its component does not take as it is. `%` itself is never
encoded, so an existing `%XX` stays what it is. `[host]` must hold an IPv6 address, four numbers
with dots between them must be an IPv4 address, and international names go through IDNA 2008
with the mapping of UTS 46. Where there is a choice it is the WHATWG's, unless RFC 3986 says
otherwise: tests/models/data/whatwg_urls.json lists where the two disagree, and why.

This room holds no URL class and no query dictionary (`_urls.py` does), and does no I/O.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from ._exceptions import InvalidURL

__all__ = [
    "DEFAULT_PORTS",
    "ParseResult",
    "check_path",
    "decode_host",
    "encode_host",
    "is_ipv4",
    "normalize_path",
    "normalize_port",
    "parse",
    "urlparse",
    "validate_path",
]

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

_ESCAPE = re.compile(r"(%[0-9A-Fa-f]{2})")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")

# The ordinary URL of a request, already in its normal form: one match instead of the whole walk
# (1.5 µs against 5). Dot segments, odd ports and look-alikes of IPv4 are left to the walk.
_ORDINARY = re.compile(
    r"(?:(https?)://([a-z0-9._~-]+)(?::([1-9][0-9]{0,4}))?)?"
    r"([!$-;=@-_a-z|~]*)(?:\?([!$-;=?-~]*))?"
)

# RFC 3986 appendix B, with the scheme's own grammar; a scheme may be empty (":path").
_URL = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)?:)?(?://(?P<authority>[^/?#]*))?"
    r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)
_AUTHORITY = re.compile(r"(?:(?P<userinfo>.*)@)?(?P<host>\[.*\]|[^:@]*):?(?P<port>.*)", re.DOTALL)
_NETLOC = re.compile(r"(?P<host>\[.*\]|[^:]*):?(?P<port>.*)", re.DOTALL)
# 0 to 65535, or nothing.
_PORT = re.compile(
    r"0*(?:[0-9]{0,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
)

_SCHEME_LIKE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")

# What a component may look like where a program gives it by name.
_ANYTHING = re.compile(r".*", re.DOTALL)
_COMPONENTS = {
    "scheme": re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*)?"),
    "authority": re.compile(r"[^/?#]*"),
    "userinfo": re.compile(r"[^@]*"),
    "host": _ANYTHING,
    "port": _ANYTHING,
    "path": re.compile(r"[^?#]*"),
    "query": re.compile(r"[^#]*"),
    "fragment": _ANYTHING,
}

_SECRET_IN_PORT = "Invalid port: '[secure]'. Percent-encode '/', '?' and '#' in a password."

_IPV4_LIKE = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
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
        host, port = self.host, self.port
        if ":" in host:
            host = f"[{host}]"
        return host if port is None else f"{host}:{port}"

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
        return _normalise(self._asdict() | _single_components(components))

    def __str__(self) -> str:
        scheme, userinfo, host, port, path, query, fragment = self
        text = f"{scheme}:" if scheme else ""
        if host or port is not None or userinfo:
            text = f"{text}//{self.authority}{path}"
        elif path.startswith("//"):
            # Without "/." in front, the path would read as an authority.
            text = f"{text}/.{path}"
        elif not scheme and _SCHEME_LIKE.match(path):
            # Nor may the first segment of a relative path read as a scheme (RFC 3986 §4.2).
            text = f"./{path}"
        else:
            text += path
        if query is not None:
            text = f"{text}?{query}"
        return text if fragment is None else f"{text}#{fragment}"


def urlparse(url: str = "", **components: Any) -> ParseResult:
    """Parse a URL, absolute or relative, with what `components` name put in place of its own.

    The components are those of `ParseResult.copy_with`. `InvalidURL` where the URL is longer
    than 65536 characters, holds a control character, or has a malformed host or port.
    """
    if not components:
        return parse(url)
    _check_length(url)
    return _normalise(_split(url) | _single_components(components))


def parse(url: str) -> ParseResult:
    """`urlparse` without components."""
    if len(url) <= _LONGEST_KEPT and "@" not in url:
        return _parse_kept(url)
    _check_length(url)
    return _parse(url)


def _check_length(url: str) -> None:
    if len(url) > MAX_URL_LENGTH:
        raise InvalidURL("URL too long")


def _parse(url: str) -> ParseResult:
    return _parse_ordinary(url) or _normalise(_split(url))


# Programs ask for the same URLs, and redirect to them: 0.3 µs instead of 5. What is kept is
# bounded, and without passwords.
_LONGEST_KEPT = 512
_parse_kept = lru_cache(maxsize=512)(_parse)


def _parse_ordinary(url: str) -> ParseResult | None:
    """Parse what is in normal form already; None for all else. Only faster, never different."""
    match = _ORDINARY.fullmatch(url)
    if match is None:
        return None
    scheme, host, port_text, path, query = match.groups()
    if "/." in path:
        return None
    if scheme is None:
        if path.startswith("//") or (":" in path and not path.startswith("/")):
            return None
        return tuple.__new__(ParseResult, ("", "", "", None, path, query, None))
    if path and not path.startswith("/"):
        return None
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


def _split(url: str) -> dict[str, Any]:
    """The components of any URL, as they were written."""
    match = _UNPRINTABLE.search(url)
    if match is not None:
        raise InvalidURL(
            f"Invalid non-printable ASCII character in URL, {match[0]!r} "
            f"at position {match.start()}."
        )
    match = _URL.fullmatch(url)
    assert match is not None, "every text matches"
    components = _split_authority(match["authority"] or "")
    # An unencoded "/", "?" or "#" in a password makes a part of it look like the port.
    if "@" in url[match.end("authority") :] and not _PORT.fullmatch(components["port"]):
        raise InvalidURL(_SECRET_IN_PORT)
    return match.groupdict() | components


def _split_authority(authority: str) -> dict[str, Any]:
    match = _AUTHORITY.fullmatch(authority)
    assert match is not None, "every text matches"
    return match.groupdict()


def _single_components(given: dict[str, Any]) -> dict[str, Any]:
    """What a program gave, with the names taken apart that stand for several components."""
    components = dict(given)
    if "authority" in components:
        _check_component("authority", components["authority"] or "")
        components = _split_authority(components.pop("authority") or "") | components
    if "netloc" in components:
        match = _NETLOC.fullmatch(components.pop("netloc") or "")
        assert match is not None, "every text matches"
        components |= match.groupdict()
    if "username" in components or "password" in components:
        userinfo = _encode(components.pop("username", None) or "", _NOT_IN_USERNAME)
        password = _encode(components.pop("password", None) or "", _NOT_IN_USERNAME)
        components["userinfo"] = f"{userinfo}:{password}" if password else userinfo
    if "raw_path" in components:
        path, mark, query = (components.pop("raw_path") or "").partition("?")
        components["path"], components["query"] = path, query if mark else None
    for name, value in components.items():
        if isinstance(value, str):
            _check_component(name, value)
    return components


def _normalise(components: dict[str, Any]) -> ParseResult:
    """Put single components into the normal form."""
    scheme = (components["scheme"] or "").lower()
    userinfo = _encode(components["userinfo"] or "", _NOT_IN_USERINFO)
    host = encode_host(components["host"] or "")
    port = normalize_port(components["port"], scheme)
    path = _encode(components["path"] or "", _NOT_IN_PATH)
    query, fragment = components["query"], components["fragment"]
    return ParseResult(
        scheme,
        userinfo,
        host,
        port,
        check_path(path, bool(scheme), bool(userinfo or host or port is not None)),
        None if query is None else _encode(query, _NOT_IN_QUERY),
        None if fragment is None else _encode(fragment, _NOT_IN_FRAGMENT),
    )


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
    if not _COMPONENTS[name].fullmatch(value):
        raise InvalidURL(f"Invalid URL component {name!r}")


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


def normalize_port(port: str | int | None, scheme: str) -> int | None:
    """The port's number; None where there is none, or it is the scheme's own."""
    if port is None or port == "":
        return None
    text = str(port)
    if not _PORT.fullmatch(text):
        raise InvalidURL(_SECRET_IN_PORT if "@" in text else f"Invalid port: {text!r}")
    number = int(text.lstrip("0") or "0")
    return None if number == DEFAULT_PORTS.get(scheme) else number


def check_path(path: str, has_scheme: bool, has_authority: bool) -> str:
    """The path as it is in a URL that has what is told in front of it."""
    validate_path(path, has_scheme, has_authority)
    return normalize_path(path) if has_scheme or has_authority else path


def validate_path(path: str, has_scheme: bool, has_authority: bool) -> None:
    """`InvalidURL` for a path that would, behind what is in front of it, read as something else
    (RFC 3986 §3.3)."""
    if has_authority:
        if path and not path.startswith("/"):
            raise InvalidURL("For absolute URLs, path must be empty or begin with '/'")
    elif not has_scheme:
        if path.startswith("//"):
            raise InvalidURL("Relative URLs cannot have a path starting with '//'")
        if path.startswith(":"):
            raise InvalidURL("Relative URLs cannot have a path starting with ':'")


def normalize_path(path: str) -> str:
    """The path with its dot segments resolved (RFC 3986 §5.2.4)."""
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


def encode_host(host: str) -> str:
    """The host in normal form, without brackets."""
    if ":" in host or (host.startswith("[") and host.endswith("]")):
        return _check_ipv6(host.removeprefix("[").removesuffix("]"))
    if not host.isascii():
        return _encode_international(host)
    # Escapes are left alone, in their case as well: so what is encoded here stays when it is
    # parsed again.
    parts = _ESCAPE.split(host)  # every other one is an escape
    parts[::2] = map(str.lower, parts[::2])
    host = _encode("".join(parts), _NOT_IN_HOST)
    if _IPV4_LIKE.fullmatch(host) and not _IPV4.fullmatch(host):
        raise InvalidURL(f"Invalid IPv4 address: {host!r}")
    return host


def _check_ipv6(address: str) -> str:
    import ipaddress

    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        raise InvalidURL(f"Invalid IPv6 address: {f'[{address}]'!r}") from None
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
    return encode_host(encoded)


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
