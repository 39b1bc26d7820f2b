"""A clock for deadlines, which a test starts when the step has come that is to run out of time.

A deadline (`Timeout(total=...)`, and what is given for connecting) covers several steps. One that
were short from the beginning might be over, on a busy machine, in a step before the one that the
test is about. So it is `LONG`, and the clock stands still until that step begins.
"""

from __future__ import annotations

import time
from typing import Any

from .worlds import World

__all__ = ["LONG", "Clock"]

LONG = 60.0
"""What tests give for everything together."""


class Clock:
    """Stands for `time` where deadlines ask for it."""

    def __init__(self) -> None:
        self._start: float | None = None
        self._left = 0.0

    def monotonic(self) -> float:
        if self._start is None:
            return 0.0
        return LONG - self._left + time.monotonic() - self._start

    def start(self, left: float = 0.05) -> None:
        """Leave so many seconds of `LONG` from now on."""
        self._start = time.monotonic()
        self._left = left

    def start_at(
        self, world: World, event: str, left: float = 0.05, number: int = 1
    ) -> dict[str, Any]:
        """Start by itself when a request tells its trace of an event, for the n-th time.

        Returns the request's extensions.
        """
        seen = 0

        def listen(name: str, info: Any) -> None:
            nonlocal seen
            seen += name == event
            if seen == number and self._start is None:
                self.start(left)

        async def alisten(name: str, info: Any) -> None:
            listen(name, info)

        return {"trace": listen if world.name == "blocking" else alisten}
