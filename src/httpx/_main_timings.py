"""How long the phases of a call take, and a small bar chart of them.

The phases are told by the events of the extension `trace`, but for the name look-up, which is
part of an event and measured where it is asked for. A call with redirects or several rounds of
authentication adds up what it did more than once. The bars stand one behind the other, as the
phases did; what is between two phases (Python) is in the total only.
"""

from __future__ import annotations

import time
import typing

__all__ = ["PhaseClock"]

_WIDTH = 40
_NAMES = ("name look-up", "connect", "TLS", "first byte", "body")
# The events that begin and end a phase; both without their prefix (http11, proxy, ...).
_PHASES = {
    "connect_tcp": "connect",
    "setup_socks5_connection": "connect",
    "start_tls": "TLS",
    "receive_response_body": "body",
}
_REQUEST, _HEAD = "send_request_headers", "receive_response_headers"


class PhaseClock:
    """Measures the phases of one call, from the first event on."""

    def __init__(self, clock: typing.Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._start: float | None = None
        self._began: dict[str, float] = {}
        self.seconds = dict.fromkeys(_NAMES, 0.0)

    def note(self, event: str, tunnel: bool = False) -> None:
        """An event of the trace has just come.

        Args:
            event: its name.
            tunnel: whether it belongs to an exchange with a proxy that opens a tunnel.
        """
        if self._start is None:
            self._start = self._clock()
        _, step, state = event.split(".")
        exchange = "connect" if tunnel else "first byte"
        phase = exchange if step in (_REQUEST, _HEAD) else _PHASES.get(step)
        if phase is None:
            return
        if state == "started":
            self._began.setdefault(phase, self._clock())
        elif step != _REQUEST or state == "failed":
            self._end(phase)

    def look_up(self, host: str, port: int) -> list[tuple[str, int]]:
        """The resolver that measures: asks as if there were none."""
        from ._network.dial import find_addresses

        start = self._clock()
        try:
            return find_addresses(host, port)
        finally:
            spent = self._clock() - start
            self.seconds["name look-up"] += spent
            self.seconds["connect"] -= spent  # it is within that phase

    def _end(self, phase: str) -> None:
        start = self._began.pop(phase, None)
        if start is not None:
            self.seconds[phase] += self._clock() - start

    def lines(self, unicode: bool = True) -> typing.Iterator[str]:
        """The chart: a line for each phase that there was, and one for the total. Without any
        event, nothing.

        Args:
            unicode: whether block characters can be shown; else ``#``.
        """
        if self._start is None:
            return
        total = self._clock() - self._start
        for phase in list(self._began):  # cut off by an error
            self._end(phase)
        yield "* Timings:"
        before = 0.0
        for name, seconds in self.seconds.items():
            if seconds > 0:
                start = min(round(_WIDTH * before / total), _WIDTH - 1)
                before += seconds
                length = max(1, round(_WIDTH * before / total) - start)
                bar = " " * start + ("█" if unicode else "#") * length
                yield f"*   {name:12} {_milliseconds(seconds)}  {bar}"
        yield f"*   {'total':12} {_milliseconds(total)}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:9.1f} ms"
