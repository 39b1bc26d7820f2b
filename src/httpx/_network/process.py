"""Which process this is, known without a system call; and what a forked child does first.

A request asks for that twice, and a `getpid()` is the kernel's 1 to 2 µs on a virtual machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable

__all__ = ["PROCESS", "in_forked_child"]


class _Process:
    """This process. A forked child is another one, from its first step on."""

    __slots__ = ("id",)

    def __init__(self) -> None:
        self.look_again()

    def look_again(self) -> None:
        """Ask the system."""
        self.id = os.getpid()


PROCESS = _Process()


def in_forked_child(function: Callable[[], None]) -> None:
    """Have a function called in every child that is forked from now on, in the order in which
    they were given: what closes streams there finds `PROCESS` renewed."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=function)


in_forked_child(PROCESS.look_again)
