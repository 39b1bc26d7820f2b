"""Which backend belongs to where we run, and small helps for the floors above.

Cheap to import, and the only modules of this floor that are: those with the backends load
`socket`, `asyncio` or `anyio`, so import them within functions, or ask here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import threading

    from .base import Backend

__all__ = ["blocking_backend", "current_backend", "lock", "run_in_thread", "sleep"]

T = TypeVar("T")


def current_backend() -> Backend:
    """The backend of the event loop that runs here.

    Raises `RuntimeError` where none does, or one that there is no backend for.
    """
    import sniffio

    try:
        name = sniffio.current_async_library()
    except sniffio.AsyncLibraryNotFoundError:
        raise RuntimeError(
            "no event loop is running here; an asynchronous call needs asyncio or trio"
        ) from None
    if name == "asyncio":
        from .asyncio import AsyncioBackend

        return AsyncioBackend()
    from .anyio import AnyIOBackend

    return AnyIOBackend(name)


def blocking_backend() -> Backend:
    """A backend for the world of threads."""
    from .blocking import BlockingBackend

    return BlockingBackend()


async def run_in_thread(function: Callable[..., T], *args: Any) -> T:
    """Call something that blocks in a worker thread, from an event loop of any kind."""
    return await current_backend().run_in_thread(function, *args)


async def sleep(seconds: float) -> None:
    """Wait, in an event loop of any kind."""
    await current_backend().sleep(seconds)


def lock() -> threading.Lock:
    """A new lock, for short steps that never wait while they hold it."""
    import threading

    return threading.Lock()
