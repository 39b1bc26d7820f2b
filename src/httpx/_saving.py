"""A body on its way into a file: whole in its place, or not there at all.

A path is written under a temporary name in its own directory and renamed at the end, so that
nobody ever sees half a file, and an older one stays until it is replaced. Its permissions are
kept, a symbolic link is followed, and what is no regular file (a pipe, ``/dev/null``) is written
directly, as is a file that the program has opened itself: that one is not closed.

The methods that touch the file block, and start no threads: who may not wait calls them from a
worker thread. Pieces are gathered until `BATCH` bytes are worth the trip. A digest is taken of
what is written, so decoded; progress counts what has travelled, so that it compares with the
Content-Length.
"""

from __future__ import annotations

import contextlib
import io
import os
import typing
from collections.abc import Callable

from ._exceptions import DigestMismatch

if typing.TYPE_CHECKING:
    from ._response import Response
    from ._streams import RunInThread

__all__ = ["BATCH", "Progress", "SaveTarget", "Saving", "asave", "content_length", "save"]

BATCH = 256 * 1024

SaveTarget = str | os.PathLike[str] | typing.BinaryIO
Progress = Callable[[int, int | None], object]
"""Called as ``progress(received, total)``; `total` is `None` where it is not known."""


class Saving:
    """One file that a body is written to: `start`, then `drain`, then `finish`; or `discard`.

    Raises `TypeError` for a target that is neither path nor binary file, `ValueError` for a
    digest that is not ``algorithm:hexadecimal``.
    """

    def __init__(self, target: SaveTarget, progress: Progress | None, digest: str | None) -> None:
        self._path: str | None = None
        self._part: str | None = None
        self._file: typing.Any = None
        if isinstance(target, (str, os.PathLike)):
            self._path = os.path.realpath(os.fspath(target))
        elif isinstance(target, io.TextIOBase) or not hasattr(target, "write"):
            raise TypeError(f"A body is saved to a path or a binary file, not to {type(target)}.")
        else:
            self._file = target
        self._progress = progress
        self._algorithm, self._promised = _parse_digest(digest)
        self._begin: int | None = None
        self._is_discarded = False
        self._held: list[bytes] = []
        self._held_size = 0
        self._written = 0
        self.offset = 0
        """Bytes of the whole that came with earlier responses."""
        self.total: int | None = None
        """Bytes of the whole, as far as it was announced."""

    @property
    def size(self) -> int:
        """Bytes of content taken so far."""
        return self._written + self._held_size

    def start(self) -> None:
        """Open the file. Blocks."""
        path = self._path
        if path is None:
            with contextlib.suppress(AttributeError, OSError):
                self._begin = self._file.tell() if self._file.seekable() else None
        elif os.path.exists(path) and not os.path.isfile(path):
            self._file = open(path, "wb")  # noqa: SIM115
        else:
            directory, name = os.path.split(path)
            part = os.path.join(directory, f".{name[:40]}.{os.urandom(6).hex()}.part")
            try:
                self._file = open(part, "xb")  # noqa: SIM115
            except OSError as exc:
                exc.filename = path  # the name that the program knows
                raise
            self._part = part
            self._begin = 0
            with contextlib.suppress(FileNotFoundError):
                os.chmod(part, os.stat(path).st_mode & 0o7777)
            if self._is_discarded:  # meanwhile, by a caller that was cancelled
                self.discard()
        self._hash = self._new_hash()

    def drain(self, response: Response) -> None:
        """Take the body of a response. Blocks."""
        for piece in response.iter_bytes():
            if self._take(piece, response):
                self.write()

    async def adrain(self, response: Response, in_thread: RunInThread) -> None:
        """Take the body of a response, writing in a worker thread."""
        async for piece in response.aiter_bytes():
            if self._take(piece, response):
                await in_thread(self.write)

    def _take(self, piece: bytes, response: Response) -> bool:
        """Keep a piece, and tell whether it is time to write."""
        self._held.append(piece)
        self._held_size += len(piece)
        if self._progress is not None:
            self._progress(self.offset + response.num_bytes_downloaded, self.total)
        return self._held_size >= BATCH

    def write(self) -> None:
        """Write what was kept. Blocks."""
        data = b"".join(self._held)
        if self._hash is not None:
            self._hash.update(data)
        view = memoryview(data)
        while view:
            # Only an unbuffered file may take less than all.
            count = self._file.write(view)
            view = view[len(view) if count is None else count :]
        self._written += len(data)
        self._held, self._held_size = [], 0

    @property
    def can_restart(self) -> bool:
        """Whether what was written can be taken back."""
        return self._begin is not None

    def restart(self) -> None:
        """Forget what was taken so far. Blocks."""
        self._file.seek(self._begin)
        self._file.truncate()
        self._held, self._held_size, self._written = [], 0, 0
        self._hash = self._new_hash()

    def finish(self) -> None:
        """The body is complete: check it, and let it take its place. Blocks.

        Raises `DigestMismatch`.
        """
        self.write()
        if self._hash is not None:
            found = self._hash.hexdigest()
            if found != self._promised:
                raise DigestMismatch(
                    f"The {self._algorithm} of what was received is {found}, "
                    f"not {self._promised} ({self._written} bytes)."
                )
        if self._path is None:
            self._file.flush()
            return
        self._file.close()
        if self._part is not None:
            os.replace(self._part, self._path)

    def discard(self) -> None:
        """Leave nothing behind. Short enough to be done without a thread, by the cancelled."""
        self._is_discarded = True
        if self._path is not None and self._file is not None:
            with contextlib.suppress(OSError):  # a full disk, met again
                self._file.close()
        if self._part is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._part)

    def _new_hash(self) -> typing.Any:
        if not self._algorithm:
            return None
        import hashlib

        return hashlib.new(self._algorithm, usedforsecurity=False)


def save(response: Response, saving: Saving) -> int:
    """Save the body of one response; its size."""
    saving.total = content_length(response)
    try:
        saving.start()
        saving.drain(response)
        saving.finish()
    except BaseException as exc:
        saving.discard()
        if isinstance(exc, DigestMismatch):
            response._note_fault(exc)
        raise
    return saving.size


async def asave(response: Response, saving: Saving, in_thread: RunInThread | None) -> int:
    """The same, awaited. Without `in_thread`, as for a response that no client has fetched, the
    file is written right here."""
    in_thread = in_thread or _right_here
    saving.total = content_length(response)
    try:
        await in_thread(saving.start)
        await saving.adrain(response, in_thread)
        await in_thread(saving.finish)
    except BaseException as exc:
        saving.discard()
        if isinstance(exc, DigestMismatch):
            response._note_fault(exc)
        raise
    return saving.size


async def _right_here(function: Callable[..., typing.Any], *args: typing.Any) -> typing.Any:
    return function(*args)


def content_length(response: Response) -> int | None:
    """What the head of a response says of the length of its body, encoded as it is."""
    length = response.headers.get("content-length", "")
    return int(length) if length.isdecimal() else None


def _parse_digest(digest: str | None) -> tuple[str, str]:
    """``sha256:9f86...`` in its two parts."""
    if digest is None:
        return "", ""
    import hashlib

    algorithm, _, promised = digest.partition(":")
    algorithm, promised = algorithm.strip().lower(), promised.strip().lower()
    try:
        size = hashlib.new(algorithm, usedforsecurity=False).digest_size
        fits = len(bytes.fromhex(promised)) == size > 0
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"A digest is given as algorithm:hexadecimal, such as sha256:9f86..., not {digest!r}."
        )
    return algorithm, promised
