"""A large file onto disk: piece by piece, with its progress, whole or not at all.

python examples/download.py
python examples/download.py https://example.com/ page.html
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from server import serve

__all__ = ["download", "progress_bar"]


def progress_bar(
    write: Callable[[str], object] = sys.stderr.write,
    clock: Callable[[], float] = time.monotonic,
) -> Callable[[int, int | None], None]:
    """A function that shows how far a download is, ten times a second at most."""
    start = last = clock()

    def show(received: int, total: int | None) -> None:
        nonlocal last
        now = clock()
        if now - last < 0.1 and received != total:
            return
        last = now
        speed = received / max(now - start, 1e-9) / 1e6
        if total:
            bar = "█" * (30 * received // total)
            write(f"\r{bar:░<30} {received / total:4.0%}  {speed:6.1f} MB/s")
        else:
            write(f"\r{received / 1e6:.1f} MB  {speed:6.1f} MB/s")

    return show


def download(client: httpx.Client, url: str, path: Path) -> int:
    """Save a URL's content. Raises `httpx.HTTPError`; the file is then as it was before.

    A silent server is given up after 30 seconds; how long the whole takes is not limited.
    """
    timeout = httpx.Timeout(10, read=30)
    with client.stream("GET", url, timeout=timeout, follow_redirects=True) as response:
        response.raise_for_status()
        try:
            return response.stream_to(path, progress=progress_bar())
        finally:
            sys.stderr.write("\n")


def main() -> None:
    if len(sys.argv) == 3:
        with httpx.Client() as client:
            print(f"{download(client, sys.argv[1], Path(sys.argv[2])):,} bytes")
        return
    with serve() as server, httpx.Client() as client, tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "film.webm")
        print(f"{download(client, f'{server.http}/download/3000000', path):,} bytes")
        try:
            download(client, f"{server.http}/status/404", path)
        except httpx.HTTPStatusError as exc:
            print(f"{exc.response.status_code}; the file still has {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
