"""The bridge from blocking callers to code that is written once, as `async def`."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["UserStop", "drive", "run"]

T = TypeVar("T")


class UserStop(Exception):
    """Carries a `StopIteration` of user code to the public method that was called: a coroutine
    cannot let it pass (PEP 479)."""

    def __init__(self, original: StopIteration) -> None:
        super().__init__("StopIteration was raised by a hook, an auth flow or a transport")
        self.original = original


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


def run(coro: Coroutine[Any, Any, T]) -> T:
    """As `drive`, of what calls user code on its way: lets out a `StopIteration` of that."""
    try:
        return drive(coro)
    except UserStop as stop:
        original = stop.original
    try:
        raise original
    finally:
        del original  # its traceback holds this frame
