"""A tunnel through an HTTP proxy (RFC 9110 9.3.6).

CONNECT is an exchange like any other, over an HTTP/1.1 connection to the proxy that no pool
knows. If the proxy agrees, what is left of that connection is a stream to the origin, and the
fields of the proxy's answer are handed on with it: some proxies say there which exit was taken.
If it refuses, the error carries its answer as plain values, with as much of the body as comes
soon: that is where a company's proxy says why.

Nothing of the request that wants the tunnel is told to the proxy but where it is to lead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .._config import Deadline
from .._exceptions import ConnectError, NetworkError, ProxyError, TransportError
from .http1 import HTTP1Connection
from .messages import RequestMessage, Timeouts
from .routes import fields_for

if TYPE_CHECKING:
    from .._network.base import Stream
    from .._protocols.http1 import HTTP1Codec
    from .base import Connection
    from .messages import Fields, ResponseMessage
    from .routes import Route
    from .trace import Trace

__all__ = ["MOST_OF_BODY", "Refusal", "open_tunnel"]

MOST_OF_BODY = 64 * 1024
_BODY_PATIENCE = 1.0  # seconds; a refusal is news, the rest of its body is not


class Refusal(NamedTuple):
    """What a proxy answered instead of opening a tunnel."""

    http_version: bytes
    status: int
    reason: bytes
    headers: Fields
    body: bytes
    """The start of the body: at most 64 KiB, and what came within a second."""


class _Nobody:
    """Owns the connection that CONNECT goes over, and has no other use for it."""

    def give_back(self, connection: Connection) -> None:
        """The exchange has ended."""

    give_back_later = forget = resize = give_back


class _ConnectRequest(RequestMessage):
    """CONNECT, of no program's."""

    __slots__ = ()

    opens_tunnel = True


async def open_tunnel(
    stream: Stream,
    route: Route,
    codec: HTTP1Codec,
    deadline: Deadline | None,
    trace: Trace | None,
) -> tuple[Fields, bytes]:
    """Make a stream to a proxy a stream to the route's origin.

    Returns the fields of the proxy's answer, and what the origin has said already. Raises
    `ProxyError` where the proxy refuses, and closes the stream on any failure.
    """
    connection = HTTP1Connection(stream, route, _Nobody(), codec)
    timeouts = Timeouts(deadline=deadline)
    target = route.authority.encode("ascii")
    request = _ConnectRequest(b"CONNECT", target, _fields(route), None, timeouts, trace)
    request.route = route
    try:
        answer = await connection.send(request)
    except NetworkError as exc:
        raise ConnectError(f"{exc} (asked to CONNECT to {route.authority})") from exc
    if not 200 <= answer.status < 300:
        seconds = _BODY_PATIENCE if deadline is None else deadline.clip(_BODY_PATIENCE)
        request.timeouts = Timeouts(deadline=Deadline(seconds))
        raise await _refusal(answer, route)
    leftover = answer.body.take_leftover(MOST_OF_BODY)
    answer.body.closed = True  # the stream lives on, under another connection
    return answer.headers, leftover


def _fields(route: Route) -> Fields:
    assert route.proxy is not None
    own = fields_for(route.proxy)
    names = {name.lower() for name, _ in own}
    defaults = ((b"Host", route.authority.encode("ascii")), (b"Accept", b"*/*"))
    return [field for field in defaults if field[0].lower() not in names] + own


async def _refusal(answer: ResponseMessage, route: Route) -> ProxyError:
    reason = answer.reason or b""
    body = await _start_of_body(answer)
    error = ProxyError(
        f"{answer.status} {reason.decode('latin-1')}".rstrip()
        + f" (asked to CONNECT to {route.authority}, said {route.via})"
    )
    error._answer = Refusal(answer.http_version, answer.status, reason, answer.headers, body)
    return error


async def _start_of_body(answer: ResponseMessage) -> bytes:
    start = b""
    try:
        while len(start) < MOST_OF_BODY and (chunk := await answer.body.next_chunk()):
            start += chunk
    except TransportError:
        pass  # the refusal stands, whatever becomes of its explanation
    finally:
        answer.body.close()
        answer.stream.close()
    return start[:MOST_OF_BODY]
