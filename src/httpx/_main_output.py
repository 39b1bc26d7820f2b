"""How the command prints: heads, bodies, certificates, one-line notes.

A terminal gets colours (not if `NO_COLOR` is set or `TERM` is ``dumb``), pretty-printed JSON, and
a line about a body that is no text. Control characters come out as escapes there: what a server
sends never steers the terminal. A pipe or a file gets the head as text and the body as the plain
bytes, unescaped and a piece at a time. Text that is captured in memory is as on a terminal,
without colours. A body that is saved has a progress bar on the error stream, if that is a terminal;
it is taken away while something else is printed.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import typing

if typing.TYPE_CHECKING:
    from ._models import Response
    from ._saving import Progress, SaveTarget

__all__ = ["Printer", "certificate_lines", "destination"]

# What may steer a terminal: C0 without tab and newline, DEL, and C1.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Printer:
    """Prints to one text stream.

    Args:
        file: the stream.
    """

    def __init__(self, file: typing.TextIO) -> None:
        self._file = file
        self.before_printing: typing.Callable[[], object] = lambda: None
        """Makes room: called before anything is printed."""
        self._encoding = getattr(file, "encoding", None) or "utf-8"
        self.is_terminal = file.isatty()
        self.is_coloured = self.is_terminal and not (
            os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        )

    def note(self, text: str, **style: typing.Any) -> None:
        """One line about what goes on; `style` as for `click.style`."""
        import click

        text = self._printable(text)
        self._write(click.style(text, **style) if style and self.is_coloured else text)

    def can_show(self, text: str) -> bool:
        """Whether the stream's encoding has all characters of a text."""
        try:
            text.encode(self._encoding)
        except UnicodeEncodeError:
            return False
        return True

    def head(self, start: str, fields: typing.Iterable[tuple[bytes, bytes]]) -> None:
        """The start line and the fields of a message, and the empty line behind them."""
        lines = [start, *(f"{_text(name)}: {_text(value)}" for name, value in fields)]
        self._write(self._coloured("\n".join(map(self._printable, lines)), "http"))
        self._write("")

    def body(self, response: Response) -> None:
        """The content of a response that was not read yet."""
        if self._takes_bytes():
            self._file.flush()
            for chunk in response.iter_bytes():
                self._file.buffer.write(chunk)
            self._file.buffer.flush()
        elif response.read():
            text, language = _readable(response)
            self._write(self._coloured(self._printable(text), language))

    def _takes_bytes(self) -> bool:
        """Whether this is a pipe or a file of the operating system, not a terminal or memory."""
        buffer = getattr(self._file, "buffer", None)
        return isinstance(buffer, (io.BufferedWriter, io.FileIO)) and not self.is_terminal

    def _printable(self, text: str) -> str:
        if not self.is_terminal:
            return text
        return _CONTROLS.sub(lambda match: f"\\x{ord(match[0]):02x}", text.replace("\r\n", "\n"))

    def _coloured(self, text: str, language: str) -> str:
        if not (self.is_coloured and language):
            return text
        import pygments
        from pygments.formatters import TerminalFormatter
        from pygments.lexers import get_lexer_by_name

        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
        coloured: str = pygments.highlight(text, lexer, TerminalFormatter(bg="dark"))
        return coloured

    def _write(self, text: str) -> None:
        import click

        self.before_printing()
        shown = text.encode(self._encoding, "backslashreplace").decode(self._encoding)
        click.echo(shown, file=self._file, color=True)  # there are no other escapes left in it


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


def _readable(response: Response) -> tuple[str, str]:
    """A body as text, and the language to colour it in; of what is no text, the size."""
    from pygments.lexers import get_lexer_for_mimetype
    from pygments.util import ClassNotFound

    kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    try:
        language = get_lexer_for_mimetype(kind).aliases[0]
    except ClassNotFound:
        return f"<{len(response.content)} bytes of binary data>", ""
    text = response.text
    if language == "json":
        try:
            text = json.dumps(response.json(), indent=4)
        except ValueError:
            return text, language
    return text, language


def certificate_lines(certificate: typing.Mapping[str, typing.Any]) -> typing.Iterator[str]:
    """What `ssl.SSLSocket.getpeercert` tells, a line each."""
    for key, value in certificate.items():
        if not isinstance(value, tuple):
            yield f"*   {key}: {value!r}"
            continue
        yield f"*   {key}:"
        for item in value:
            # subject and issuer hold sequences of pairs; alternative names are pairs
            pairs = item if item and isinstance(item[0], tuple) else (item,)
            for pair in pairs:
                yield f"*     {pair[0]}: {pair[1]!r}" if len(pair) == 2 else f"*     {pair!r}"


@contextlib.contextmanager
def destination(
    target: str, printer: Printer
) -> typing.Iterator[tuple[SaveTarget, Progress | None]]:
    """What to save to, and whom to tell how far it is, while `printer` prints the rest."""
    place: SaveTarget = sys.stdout.buffer if target == "-" else target
    if not sys.stderr.isatty():
        yield place, None
    else:
        with _progress_bar(os.path.basename(target), printer) as progress:
            yield place, progress
    if target == "-":
        sys.stdout.buffer.flush()


@contextlib.contextmanager
def _progress_bar(name: str, printer: Printer) -> typing.Iterator[Progress]:
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

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    task = bar.add_task(f"Downloading [bold]{escape(name)}[/]", total=None)

    def show(received: int, total: int | None) -> None:
        bar.update(task, completed=received, total=total)
        bar.start()  # unless it stands there

    def take_away(for_good: bool = False) -> None:
        if bar.live.is_started:
            bar.live.transient = not for_good
            bar.stop()

    printer.before_printing = take_away
    try:
        yield show
    finally:
        take_away(for_good=True)
