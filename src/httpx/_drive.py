"""The bridge from blocking callers to code that is written once, as `async def`."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["drive"]

T = TypeVar("T")


def drive(coro: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine whose awaits never suspend, as all of them are over a blocking backend.

    Raises `RuntimeError` if one suspends all the same: an awaiting object was passed in.
    """
    try:
        coro.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    finally:
        coro.close()
    raise RuntimeError("a blocking backend suspended")
