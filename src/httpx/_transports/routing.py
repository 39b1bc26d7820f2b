"""Which way a request goes, and what that changes about it.

A proxy is picked by the first of these that says anything: the request's extension `proxy`, the
transport's argument `proxy`; by URL, the client has picked the transport before (`mounts`, its
own `proxy`, the environment). Then, by the kind of route (`_connections.routes`):

* direct: the request is sent as it is;
* forward (`http://` by an HTTP proxy): its target is the whole URL (RFC 9112 3.2.2), and the
  proxy's own headers and credentials go with it;
* tunnel or SOCKS: the request is sent as it is, but for `Proxy-Authorization`, which is for
  nobody at the other end.

The extension `target` replaces the path and query of the URL, whatever the route.
"""

from __future__ import annotations

import typing

from .._config import Proxy
from .._connections.routes import Route, fields_for, is_socks
from .._exceptions import DecodingError, ProxyError, UnsupportedProtocol
from .._models import Request, Response
from .._streams import ByteStream
from .._urls import URL, mask_password

if typing.TYPE_CHECKING:
    from .._connections.messages import SentFields
    from .._types import ProxyTypes

__all__ = ["Router", "attach_refusal"]

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Router:
    """A transport's ways.

    Raises `ValueError` for arguments that exclude each other, and `ImportError` for a SOCKS
    proxy without the package that speaks it.
    """

    def __init__(self, proxy: ProxyTypes | None, *, uds: str | None, http1: bool) -> None:
        self._uds = uds
        self._http1 = http1
        self._latest: Route | None = None
        self.proxy = self._check(proxy)

    def _check(self, proxy: ProxyTypes | None) -> Proxy | None:
        """A proxy that can be used."""
        if proxy is None:
            return None
        if isinstance(proxy, (str, URL)):
            proxy = Proxy(url=proxy)
        if self._uds is not None:
            raise ValueError(
                f"A transport with uds={self._uds!r} connects to that socket and nowhere else: "
                f"it cannot use {proxy!r}."
            )
        if is_socks(proxy):
            from .._connections.socks import load_socksio

            load_socksio()
        return proxy

    def plan(self, request: Request) -> tuple[Route, bytes, SentFields]:
        """Route, target and header fields of a request."""
        extensions = request.extensions
        scheme, _, host, port, *_ = request.url._uri_reference
        if scheme not in _PORTS:
            raise _unsupported(scheme, request)
        target = request.url.raw_path
        if "target" in extensions:
            target = _checked_target(extensions["target"])
        proxy = self._check(extensions["proxy"]) if "proxy" in extensions else self.proxy
        fields: SentFields = request.headers._list  # as they are: pairs are of no use here
        if proxy is not None:
            if scheme == "http" and self._http1 and not is_socks(proxy):
                return (
                    Route.forward(proxy),
                    _absolute_target(request, target),
                    _forwarded(fields, proxy),
                )
            fields = [field for field in fields if field[0].lower() != b"proxy-authorization"]
        server_name = extensions.get("sni_hostname")
        # As a rule it is the route of the request before: one for all who wait for it.
        place = (scheme, host, port or _PORTS[scheme], server_name, proxy)
        route = self._latest
        same = route == place
        if route is None or not same:
            route = self._latest = Route(*place)
        return route, target, fields


def _checked_target(target: typing.Any) -> bytes:
    """The extension `target` as bytes; text may be given that is ASCII."""
    if isinstance(target, str):
        try:
            return target.encode("ascii")
        except UnicodeEncodeError:
            raise TypeError("target strings may not include unicode characters.") from None
    if not isinstance(target, bytes):
        raise TypeError(f"target must be bytes or str, but got {type(target).__name__}.")
    return target


def _absolute_target(request: Request, target: bytes) -> bytes:
    """A target as a proxy is given it. ``*`` becomes a URL without a path (RFC 9112 3.2.4); what
    is a URL, or an authority for CONNECT, stays as the program gave it."""
    if target == b"*":
        target = b""
    elif not target.startswith(b"/"):
        return target
    return b"http://" + request.url.netloc + target


def _forwarded(fields: SentFields, proxy: Proxy) -> SentFields:
    """The proxy's fields, where the request has none of that name, and the request's."""
    own = fields_for(proxy)
    if not own:
        return fields
    names = {field[0].lower() for field in fields}
    return [*(field for field in own if field[0].lower() not in names), *fields]


def _unsupported(scheme: str, request: Request) -> UnsupportedProtocol:
    if not scheme:
        text = "Request URL is missing an 'http://' or 'https://' protocol."
    else:
        text = f"Request URL has an unsupported protocol '{scheme}://'."
    return UnsupportedProtocol(f"{text} ({mask_password(request.url)!r})", request=request)


def attach_refusal(exc: ProxyError, request: Request) -> None:
    """Make the plain values of a proxy's answer the `response` of its error."""
    answer = exc._answer
    if answer is None:
        return
    exc._answer = None

    from .._connections.tunnel import MOST_OF_BODY

    exc.response = response = Response(
        answer.status,
        headers=answer.headers,
        stream=ByteStream(answer.body),
        request=request,
        extensions={"http_version": answer.http_version, "reason_phrase": answer.reason},
    )
    start = b""
    try:
        for piece in response.iter_bytes():
            start += piece
            if len(start) >= MOST_OF_BODY:
                break
    except DecodingError:
        pass  # the start of a body is all there is, and what could be read of it is enough
    response.close()
    response._content = start[:MOST_OF_BODY]
