"""The timings of a call as a small bar chart.

A call with redirects, several rounds of authentication or a broken download adds up what its
requests did. The bars stand one behind the other, as the phases did; what is between two phases
is in the total only.
"""

from __future__ import annotations

import typing

from ._connections.timings import PHASES

if typing.TYPE_CHECKING:
    from ._connections.timings import Timings

__all__ = ["chart"]

_WIDTH = 40
_LABELS = {"name_lookup": "name look-up", "tls": "TLS", "first_byte": "first byte"}


def chart(requests: typing.Sequence[Timings], unicode: bool = True) -> typing.Iterator[str]:
    """A line for each phase that there was, and one for the total; nothing without a request.

    Args:
        requests: the timings of each.
        unicode: whether block characters can be shown; else ``#``.
    """
    if not requests:
        return
    total = _sum(requests, "total")
    yield "* Timings:"
    before = 0.0
    for phase in PHASES:
        seconds = _sum(requests, phase)
        if seconds > 0:
            start = min(round(_WIDTH * before / total), _WIDTH - 1)
            before += seconds
            length = max(1, round(_WIDTH * before / total) - start)
            bar = " " * start + ("█" if unicode else "#") * length
            yield f"*   {_LABELS.get(phase, phase):12} {_milliseconds(seconds)}  {bar}"
    yield f"*   {'total':12} {_milliseconds(total)}"


def _sum(requests: typing.Sequence[Timings], name: str) -> float:
    return sum(getattr(timings, name) or 0.0 for timings in requests)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:9.1f} ms"
