"""The table's machinery: collect programs, run each alone, make its answer comparable.

Programs are independent: each gets a fresh namespace, five seconds, and its own record of
warnings. Whatever changes from run to run (addresses, ports, boundaries, the version) is replaced
before answers are compared; nothing else is.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from . import helpers, server

GROUPS = (
    "urls",
    "url_components",
    "queryparams",
    "mappings",
    "headers",
    "cookies",
    "requests",
    "content",
    "multipart",
    "responses",
    "messages",
    "decoding",
    "streaming",
    "codes",
    "config",
    "environment",
    "exceptions",
    "copying",
    "auth",
    "client",
    "merging",
    "redirects",
    "hooks",
    "mounts",
    "transports",
    "apps",
    "signatures",
    "names",
    "seams",
    "wire",
    "wire_errors",
    "wire_http2",
    "proxies",
    "logs",
    "trace",
    "waiting",
    "command",
    "command_captured",
    "private",
    "pools",
    "odds",
)
SECONDS = 10.0

Program = Callable[[], Any]


def program(function: Program) -> Program:
    """Mark a function of a group's module as a program; its name is the program's."""
    function.is_program = True  # type: ignore[attr-defined]
    return function


def load(group: str) -> dict[str, Program]:
    """The programs of a group by name: lines of `PROGRAMS` first, then functions."""
    module = importlib.import_module(f".programs.{group}", __package__)
    found: dict[str, Program] = {}
    for line in getattr(module, "PROGRAMS", "").splitlines():
        source = line.strip()
        if source and not source.startswith("#"):
            if source in found:
                raise ValueError(f"{group} holds {source!r} twice")
            found[source] = _line(source)
    for name, value in vars(module).items():
        if getattr(value, "is_program", False):
            found[name] = value
    return found


def run_groups(groups: list[str]) -> dict[str, dict[str, Any]]:
    """Run the named groups, or all, and give their answers."""
    return {
        group: {name: answer_of(function) for name, function in load(group).items()}
        for group in (groups or GROUPS)
    }


def answer_of(function: Program) -> Any:
    """What a program answers, as JSON values that are equal from run to run."""
    server.reset()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with _seconds(SECONDS):
                value = plain(function())
        except (KeyboardInterrupt, SystemExit) as error:
            value = f"raises {name_of(type(error))}: {error}"
        except BaseException as error:
            value = f"raises {name_of(type(error))}: {error}"
    texts = [
        f"{warning.category.__name__}: {warning.message}"
        for warning in caught
        if warning.category is not ResourceWarning
    ]
    if texts:
        value = {"value": value, "warns": texts}
    return steady(value)


def name_of(kind: type) -> str:
    """A class by its module and name, as a traceback shows it."""
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def plain(value: Any) -> Any:
    """Nested lists and dicts of texts: every leaf that is not a text by its `repr`."""
    if type(value) is dict:
        return {str(key): plain(item) for key, item in value.items()}
    if type(value) is list:
        return [plain(item) for item in value]
    return value if type(value) is str else repr(value)


def steady(value: Any) -> Any:
    """The value without what changes from run to run."""
    text = json.dumps(value)
    for number, port in enumerate(server.ports(), 1):
        text = re.sub(rf"\b{port}\b", f"PORT{number}", text)
    for pattern, replacement in _CHANGING:
        text = pattern.sub(replacement, text)
    return json.loads(text)


_CHANGING = [
    (re.compile(r"0x[0-9a-f]{6,}"), "0xADDRESS"),
    (re.compile(r"(boundary=|--)[0-9a-f]{32}\b"), r"\1BOUNDARY"),
    (re.compile(r"gzip, deflate(, br)?(, zstd)?(?=\W)"), "ACCEPT-ENCODING"),
    (re.compile(r"python-httpx/[0-9][\w.+]*"), "python-httpx/VERSION"),
]


def _line(source: str) -> Program:
    def run() -> str:
        tree = ast.parse(source)
        last = tree.body.pop()
        space = dict(vars(helpers))
        exec(compile(tree, "<program>", "exec"), space)
        if not isinstance(last, ast.Expr):
            exec(compile(ast.Module([last], []), "<program>", "exec"), space)
            return "None"
        return repr(eval(compile(ast.Expression(last.value), "<program>", "eval"), space))

    return run


class Hang(BaseException):
    """A program took longer than it may."""


@contextmanager
def _seconds(limit: float) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise Hang(f"no answer within {limit} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit, 1.0)  # again, if it was swallowed
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
