"""`httpx.main`, without click: the command is imported when it is first used.

The command (`_main`) brings click, rich and pygments along, which take longer to import than all
the rest of this package. `main` behaves as click's own `Command`; where the extra `cli` is not
installed, it says so.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

__all__ = ["main"]


class Command:
    """The `httpx` command: `httpx.main()` runs it with the arguments of this process."""

    __module__ = "httpx"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _load()(*args, **kwargs)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        # For `isinstance`, which groups of commands, documentation tools and test runners ask.
        # Whoever asks has click imported; so nothing is imported here, which would change the
        # names of the package while a program goes through them.
        return getattr(sys.modules.get("click"), "Command", Command)

    def __getattr__(self, name: str) -> Any:
        return getattr(_load(), name)

    def __repr__(self) -> str:
        return repr(_load())


def _load() -> Any:
    try:
        from ._main import main
    except ModuleNotFoundError as exc:
        if (exc.name or "").partition(".")[0] not in ("click", "pygments", "rich"):
            raise
        return _without_its_packages
    return main


def _without_its_packages() -> None:
    """The `httpx` command where the extra `cli` is not installed."""
    print(
        "The httpx command line client could not run because the required dependencies were not "
        "installed.\nMake sure you've installed everything with: pip install 'httpx[cli]'"
    )
    sys.exit(1)


if TYPE_CHECKING:
    from ._main import main
else:
    main = Command()
