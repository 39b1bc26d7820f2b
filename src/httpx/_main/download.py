"""Where a body is saved: `--download FILE`, with a progress bar where somebody sees it.

What saves it, a piece at a time and going on after a broken connection, is the library. ``-`` is
the standard output.
"""

from __future__ import annotations

import contextlib
import os
import sys
import typing

if typing.TYPE_CHECKING:
    from .._saving import Progress, SaveTarget

__all__ = ["destination"]


@contextlib.contextmanager
def destination(target: str) -> typing.Iterator[tuple[SaveTarget, Progress | None]]:
    """What to save to, and whom to tell how far it is."""
    place: SaveTarget = sys.stdout.buffer if target == "-" else target
    if not sys.stderr.isatty():
        yield place, None
    else:
        with _progress_bar(os.path.basename(target)) as progress:
            yield place, progress
    if target == "-":
        sys.stdout.buffer.flush()


@contextlib.contextmanager
def _progress_bar(name: str) -> typing.Iterator[Progress]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task(f"Downloading [bold]{escape(name)}[/]", total=None)
        yield lambda received, total: bar.update(task, completed=received, total=total)
