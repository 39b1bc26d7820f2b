"""Small pure helpers, and what the environment says about proxies.

`URLPattern` decides which URLs a mount or a `NO_PROXY` entry is meant for;
`get_environment_proxies` turns `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` into
such patterns. The names are those of the original, since other packages import them.

Nothing here resolves a name or opens a connection: a network such as ``10.0.0.0/8`` matches
addresses written in the URL, not names that lead there.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any, AnyStr

from ._exceptions import InvalidURL
from ._urlparse import DEFAULT_PORTS, decode_host, is_ipv4, urlparse

if TYPE_CHECKING:
    from collections.abc import Callable
    from ipaddress import IPv4Network, IPv6Network

    from ._types import PrimitiveData
    from ._urls import URL

__all__ = [
    "URLPattern",
    "get_environment_proxies",
    "is_ipv4_hostname",
    "is_ipv6_hostname",
    "mask_userinfo",
    "peek_filelike_length",
    "primitive_value_to_str",
    "to_bytes",
    "to_bytes_or_str",
    "to_str",
    "unquote",
]

_WILDCARD = re.compile(r"\*?\.?")


def primitive_value_to_str(value: PrimitiveData) -> str:
    """A value of a query or a form as text: ``true``, ``false``, empty for None, else `str()`."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return ""
    return str(value)


def to_bytes(value: str | bytes, encoding: str = "utf-8") -> bytes:
    """Text encoded; what is no text stays as it is."""
    return value.encode(encoding) if isinstance(value, str) else value


def to_str(value: str | bytes, encoding: str = "utf-8") -> str:
    """Bytes decoded; text stays as it is."""
    return value if isinstance(value, str) else value.decode(encoding)


def to_bytes_or_str(value: str, match_type_of: AnyStr) -> AnyStr:
    """Text, in the type of another value."""
    return value if isinstance(match_type_of, str) else value.encode()


def unquote(value: str) -> str:
    """Text without the double quotes around it."""
    return value[1:-1] if value[0] == value[-1] == '"' else value


def peek_filelike_length(stream: Any) -> int | None:
    """The length of a whole file in bytes, wherever it stands; None where it cannot seek."""
    from ._files import FileReader

    return FileReader(stream, from_start=True).length


def is_ipv4_hostname(hostname: str) -> bool:
    """Whether this is an IPv4 address, or a network of them."""
    from ipaddress import IPv4Address

    return _is_address(hostname, IPv4Address)


def is_ipv6_hostname(hostname: str) -> bool:
    """Whether this is an IPv6 address, or a network of them, without brackets."""
    from ipaddress import IPv6Address

    return _is_address(hostname, IPv6Address)


def _is_address(hostname: str, kind: Callable[[str], object]) -> bool:
    try:
        kind(hostname.partition("/")[0])
    except ValueError:
        return False
    return True


def mask_userinfo(text: str) -> str:
    """Text from which no URL was made, such as a malformed one, without user and password."""
    return re.sub("//[^/]*@", "//[secure]@", text)


class URLPattern:
    """Which URLs a transport is mounted for, such as ``all://*.example.com:8080``.

    ======================  ==========================================================
    ``all://``              every URL, ``https://`` those of one scheme
    ``all://example.com``   this host only
    ``all://*example.com``  this host and its sub-domains
    ``all://*.example.com`` its sub-domains only, as is ``all://.example.com``
    ``all://*:8080``        every host, at this port; a port may follow any host
    ``all://192.0.2.1``     an address, ``all://[2001:db8::1]`` in brackets or without
    ``all://10.0.0.0/8``    the addresses of a network, of IPv4 or IPv6
    ======================  ==========================================================

    A port is compared with the one that is used, so ``all://example.com:443`` matches
    ``https://example.com/``. A path in a pattern is ignored.

    Patterns sort from special to general: with a port before without, exact addresses and
    longer host texts before shorter ones, then networks from small to large, then every host;
    at the same host, one scheme before all. The first that matches wins.

    `ValueError` for a pattern without ``://``, `InvalidURL` for a malformed host, port or network.
    """

    def __init__(self, pattern: str) -> None:
        if pattern and "://" not in pattern:
            raise ValueError(
                "Proxy keys should use proper URL forms rather than plain scheme strings. "
                f'Instead of "{pattern}", use "{pattern}://"'
            )
        scheme, _, rest = pattern.partition("://")
        authority, *path = re.split(r"[/?#]", rest, maxsplit=1)
        netloc = authority.rpartition("@")[2]
        wildcard = _WILDCARD.match(netloc)[0]  # type: ignore[index]  # it matches any text
        host, port = _parse_netloc(netloc[len(wildcard) :])

        self.pattern = pattern
        self.scheme = "" if scheme in ("all", "*") else scheme.lower()
        self.host = wildcard + decode_host(host) if host else ""
        self.port = port
        self.host_regex: re.Pattern[str] | None = None
        self.network = None if wildcard else _parse_network(host, "".join(path), pattern)
        if host and self.network is None:
            before = {"": "", "*": r"(.+\.)?"}.get(wildcard, r".+\.")
            self.host_regex = re.compile(f"^{before}{re.escape(host)}$")

    def matches(self, other: URL) -> bool:
        """Whether `other` is one of the URLs that the pattern means."""
        reference = other._uri_reference
        scheme, host, port = reference.scheme, reference.host, reference.port
        if self.scheme and self.scheme != scheme:
            return False
        if self.port is not None:
            used = DEFAULT_PORTS.get(scheme) if port is None else port
            if self.port != used:
                return False
        if self.network is not None:
            return _is_in_network(host, self.network)
        return self.host_regex is None or self.host_regex.match(host) is not None

    @property
    def priority(self) -> tuple[int, float, int]:
        """The key by which patterns sort, the most special first."""
        weight: float = len(self.host)
        if self.network is not None and self.network.prefixlen < self.network.max_prefixlen:
            # Behind every host, before none: a fraction, larger for smaller networks.
            weight = (1 + self.network.prefixlen) / 256
        return (1 if self.port is None else 0, -weight, -len(self.scheme))

    def __hash__(self) -> int:
        return hash(self.pattern)

    def __lt__(self, other: URLPattern) -> bool:
        return self.priority < other.priority

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URLPattern) and self.pattern == other.pattern


def _parse_netloc(netloc: str) -> tuple[str, int | None]:
    """Host, in the normal form of URLs, and port; an IPv6 address may go without brackets."""
    bare_ipv6 = netloc.count(":") > 1 and not netloc.startswith("[")
    # "all" has no port of its own, so that ":443" is kept for what it says.
    reference = urlparse("all:", netloc=f"[{netloc}]" if bare_ipv6 else netloc)
    return reference.host, reference.port


def _parse_network(host: str, prefix: str, pattern: str) -> IPv4Network | IPv6Network | None:
    """The network that an address with a prefix's length means, or one IPv6 address, which has
    many spellings. None for all else."""
    is_ipv6 = ":" in host and "%" not in host
    has_prefix = prefix.isdecimal() and (is_ipv6 or is_ipv4(host))
    if not (is_ipv6 or has_prefix):
        return None
    import ipaddress

    try:
        return ipaddress.ip_network(f"{host}/{prefix}" if has_prefix else host, strict=False)
    except ValueError:
        raise InvalidURL(f"Invalid network in URL pattern {mask_userinfo(pattern)!r}") from None


def _is_in_network(host: str, network: IPv4Network | IPv6Network) -> bool:
    import ipaddress

    if network.version == 4:
        return is_ipv4(host) and ipaddress.IPv4Address(host) in network
    return ":" in host and ipaddress.IPv6Address(host) in network


def get_environment_proxies() -> dict[str, str | None]:
    """The proxies that the environment asks for, by `URLPattern`; None means no proxy.

    Read are `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case (lower case
    wins), on macOS and Windows also the system's settings where none of them is set. Where
    `REQUEST_METHOD` is set, a CGI script is running and upper-case `HTTP_PROXY` is ignored: a
    client's header `Proxy` becomes that variable (CVE-2016-1000110).

    `NO_PROXY` takes, separated by commas or blanks: ``example.com`` (with its sub-domains),
    ``.example.com`` and ``*.example.com`` (sub-domains only), addresses of IPv4 and IPv6 (the
    latter bare or in brackets), networks (``10.0.0.0/8``, ``fd00::/8``), each with ``:port`` if
    wanted, URLs (``http://example.com``), and ``*`` for no proxy at all. What is none of these
    is ignored.
    """
    environment = _get_proxies()
    mounts: dict[str, str | None] = {}
    for scheme in ("http", "https", "all"):
        proxy = environment.get(scheme)
        if proxy:
            mounts[f"{scheme}://"] = proxy if "://" in proxy else f"http://{proxy}"
    for entry in re.split(r"[\s,]+", environment.get("no", "")):
        if entry == "*":
            return {}
        pattern = _read_no_proxy(entry)
        if pattern is not None:
            mounts[pattern] = None
    return mounts


def _get_proxies() -> dict[str, str]:
    # urllib.request brings ssl, sockets and email along (25 ms). Where only the environment can
    # name a proxy, and does not, it need not be asked.
    if (
        sys.platform not in ("darwin", "win32")
        and "urllib.request" not in sys.modules
        and not any(name.lower().endswith("_proxy") for name in os.environ)
    ):
        return {}
    from urllib.request import getproxies

    return getproxies()


def _read_no_proxy(entry: str) -> str | None:
    """One entry of NO_PROXY as a URL pattern; None where it makes no sense."""
    pattern = entry if "://" in entry else f"all://{entry}"
    try:
        parsed = URLPattern(pattern)
    except InvalidURL:
        return None
    if not parsed.host:
        return None
    if "://" in entry:
        return pattern
    if "/" in entry and parsed.network is None:
        return None
    wildcard = _WILDCARD.match(entry)[0]  # type: ignore[index]  # it matches any text
    name = entry[len(wildcard) :]
    if "*" in name or name.startswith("."):
        return None
    if wildcard:
        return f"all://*{wildcard.lstrip('*')}{name}"
    if parsed.network is None and not is_ipv4(parsed.host) and parsed.host != "localhost":
        return f"all://*{entry}"
    if ":" in parsed.host and not entry.startswith("["):
        address, slash, prefix = entry.partition("/")
        return f"all://[{address}]{slash}{prefix}"
    return pattern
