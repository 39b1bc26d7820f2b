"""To be told when an event loop ends, while it still lives.

What belongs to an event loop should be closed before the loop is: afterwards its transports can
only be collected, with a warning each. Neither asyncio nor trio offers a hook for that, but both
finish the asynchronous generators that are left suspended (PEP 525): `asyncio.run` in
`shutdown_asyncgens()`, trio in the last act of `trio.run`. So one is left behind, and its
`finally` is the hook.

Called once for a pool and a loop, never for a request.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

__all__ = ["call_at_end"]


def call_at_end(function: Callable[[], None]) -> Callable[[], None]:
    """Have `function` called when the event loop that runs here ends.

    Returns what takes that back; call it at the latest when nobody waits for the end any more,
    since trio warns of generators that are collected.
    """
    wanted = [function]

    async def linger() -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            for call in wanted:
                call()

    generator = linger()
    _step(generator.__anext__())

    def take_back() -> None:
        wanted.clear()
        _step(generator.aclose())

    return take_back


def _step(awaitable: Coroutine[Any, Any, None]) -> None:
    """Run what does not suspend."""
    with contextlib.suppress(StopIteration, StopAsyncIteration):
        awaitable.send(None)
