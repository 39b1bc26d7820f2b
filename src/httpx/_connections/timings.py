"""Phase timings: how long each part of one request took.

A `Stopwatch` listens to the trace of its request, beside whoever else does, and fills in a
`Timings`. The steps of one request follow one another, so it needs one mark only: where the
current phase began. What is between two phases (this library, and the program) is in the total
alone. Two boundaries are no events, since programs know the names of all that are: the end of a
name look-up, which is within `connect_tcp`, and a wait for the pool.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._network.base import Stream

__all__ = ["PHASES", "Stopwatch", "Timings"]

PHASES = ("pool", "name_lookup", "connect", "proxy", "tls", "send", "first_byte", "body")

_PHASE_OF_STEP = {
    "connect_tcp": "connect",
    "connect_unix_socket": "connect",
    "setup_socks5_connection": "proxy",
    "start_tls": "tls",
    "send_request_headers": "send",
    "send_request_body": "send",
    "receive_response_headers": "first_byte",
    "receive_response_body": "body",
}


class Timings:
    """How long one request took, phase by phase: `response.extensions["timings"]`, for requests
    with `extensions={"timings": True}`.

    The phases are seconds, or `None` for what did not happen. What was done more than once, such
    as an attempt to connect, is added up.

        response = client.get(url, extensions={"timings": True})
        print(response.extensions["timings"].first_byte)
    """

    __module__ = "httpx"

    __slots__ = (*PHASES, "http_version", "local_address", "remote_address", "reused", "total")

    pool: float | None
    """Waiting for a connection, since there were `Limits.max_connections` already, or one that
    may carry this request as well was just being made (HTTP/2)."""
    name_lookup: float | None
    """Looking up the address of the host, or of the proxy."""
    connect: float | None
    """TCP, or a Unix domain socket; the look-up not included."""
    proxy: float | None
    """Asking a proxy for a way to the origin: CONNECT, or the handshake of SOCKS."""
    tls: float | None
    """The TLS handshake; both of them where the proxy is reached by TLS as well."""
    send: float | None
    """From the first byte of the request to the last."""
    first_byte: float | None
    """From there until the head of the response had come: mostly, the server's time. About 0
    where the server answered before all was sent."""
    body: float | None
    """From the first look for the response's body to its end: with `stream`, what the program
    did in between is included."""
    total: float | None
    """All of it, but for what a listener of `trace` did. `None` until the body has ended or the
    response was closed; if the request failed, until then."""
    reused: bool | None
    """Whether it went over a connection that was there before. `None`: it was not sent."""
    local_address: Any
    """Our end of the connection, as `socket` has it: (address, port, ...)."""
    remote_address: Any
    """The other end of it: the server's, or the proxy's."""
    http_version: str | None
    """``HTTP/1.1``, ``HTTP/2``."""

    def __init__(self) -> None:
        for name in self.__slots__:
            setattr(self, name, None)

    def as_dict(self) -> dict[str, Any]:
        """All of it by name, as for a log or `json.dumps`."""
        return {name: getattr(self, name) for name in self.__slots__}

    def __repr__(self) -> str:
        known = [f"{name}={value!r}" for name, value in self.as_dict().items() if value is not None]
        return f"Timings({', '.join(known)})"


class Stopwatch:
    """Fills in the `Timings` of one request.

    Args:
        clock: gives seconds.
    """

    __slots__ = ("_begin", "_clock", "_connected", "_mark", "_noted", "_phase", "timings")

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.timings = Timings()
        self._clock = clock
        self._begin = self._mark = self._noted = clock()
        self._phase: str | None = None
        self._connected = False  # for this request, since it was last sent

    def note(self, name: str, info: dict[str, Any]) -> None:
        """An event of the trace."""
        self._noted = self._clock()
        _, step, state = name.split(".")
        if state == "started":
            phase = _PHASE_OF_STEP.get(step)
            if phase is None:
                return
            request = info.get("request")
            if request is not None and request.opens_tunnel:
                phase = "proxy"
            elif phase == "connect":
                self._connected = True
            elif step == "send_request_headers":
                self.timings.reused = not self._connected
                self._connected = False
            self.begin(phase)
        elif state == "failed" or step == "response_closed":
            self.stop()
        elif step in _PHASE_OF_STEP:
            self._lap()

    def resume(self) -> None:
        """What another listener did since the last event is nobody's time."""
        spent = self._clock() - self._noted
        self._begin += spent
        self._mark += spent

    def begin(self, phase: str) -> None:
        """A phase begins."""
        self.timings.total = None
        self._phase = phase
        self._mark = self._clock()

    def resolved(self) -> None:
        """The first part of connecting was a name look-up, and is over."""
        self._phase = "name_lookup"
        self._lap()
        self._phase = "connect"

    def stop(self) -> None:
        """Whatever went on is over. If something begins all the same, this was not the end."""
        self._lap()
        self.timings.total = self._mark - self._begin

    def answered(self, http_version: bytes, stream: Stream) -> None:
        """The head of the response has come, over this stream."""
        self.timings.http_version = http_version.decode("ascii")
        self.timings.local_address = stream.get_extra_info("client_addr")
        self.timings.remote_address = stream.get_extra_info("server_addr")

    def _lap(self) -> None:
        """The current phase is over, if there is one."""
        now = self._clock()
        if self._phase is not None:
            before = getattr(self.timings, self._phase)
            setattr(self.timings, self._phase, (before or 0.0) + now - self._mark)
        self._phase = None
        self._mark = now
