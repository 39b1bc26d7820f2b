"""Saving a body: `--download FILE`.

A piece at a time, whatever the size, with a progress bar where somebody sees it. `-` is the
standard output.
"""

from __future__ import annotations

import os
import sys
import typing

if typing.TYPE_CHECKING:
    from .._models import Response

__all__ = ["save"]


def save(response: Response, target: str) -> None:
    """Write the decoded content of a response to a file. Raises `OSError` if it cannot."""
    if target == "-":
        for chunk in response.iter_bytes():
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        return
    with open(target, "wb") as file:
        for chunk in _watched(response, target):
            file.write(chunk)


def _watched(response: Response, target: str) -> typing.Iterator[bytes]:
    """The pieces of a body, with a progress bar beside them if the error stream is a terminal."""
    if not sys.stderr.isatty():
        yield from response.iter_bytes()
        return
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

    # What the server announces is the size on the wire, so that is what is counted.
    length = response.headers.get("Content-Length", "")
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as progress:
        task = progress.add_task(
            f"Downloading [bold]{escape(os.path.basename(target))}[/]",
            total=int(length) if length.isdecimal() else None,
        )
        for chunk in response.iter_bytes():
            yield chunk
            progress.update(task, completed=response.num_bytes_downloaded)
