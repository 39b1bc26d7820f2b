"""The shape of the house, read from the AST: who may import what, and what is nowhere.

The rules are those of `docs/topics/design.md`. A rule that is broken names file and line.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "httpx"
ROOMS = sorted(SOURCE.rglob("*.py"))

MODELS = {
    "__version__", "_config", "_content", "_cookiejar", "_cookies", "_decoders", "_exceptions",
    "_fields", "_files", "_handed_on", "_headers", "_models", "_multipart", "_pieces", "_request",
    "_response", "_saving", "_status_codes", "_streams", "_types", "_urlparse", "_urls", "_utils",
}  # fmt: skip
FLOW = {
    "_auth", "_base_client", "_calls", "_download", "_flow", "_redirects", "_streaming",
}  # fmt: skip
CLIENTS = {"_async_client", "_client"}

# What the rooms of a floor may import of the package itself; the longest key that fits counts.
# Importing for type checkers only is free: names of types bind nothing at run time.
MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(MODELS, MODELS),
    "_auth": MODELS,
    "_redirects": MODELS,
    "_calls": MODELS | {"_drive", "_network.detect"},
    "_flow": MODELS | {"_auth", "_redirects", "_calls", "_transports.base"},
    "_download": MODELS,
    "_streaming": MODELS,
    "_base_client": MODELS | {"_auth", "_redirects", "_calls", "_transports.base"},
    "_drive": set(),
    "_protocols": {"_protocols", "_exceptions"},
    "_network": {"_network", "_exceptions"},
    "_connections": {"_connections", "_protocols", "_network", "_config", "_exceptions", "_urls"},
    "_transports": MODELS | {"_transports", "_network.detect"},
    "_transports.compat": MODELS | {"_transports", "_connections"},
    "_transports.routing": MODELS
    | {"_connections.routes", "_connections.socks", "_connections.tunnel"},
    "_transports.default": MODELS | {"_transports", "_connections", "_network", "_drive"},
    "_async_client": MODELS | FLOW | {"_transports"},
    "_client": MODELS | FLOW | {"_transports", "_drive", "_async_client"},
    "_api": MODELS | {"_client"},
}
ABOVE_ALL = {"", "__main__", "_rooms"}

EVENT_LOOPS = {"asyncio", "anyio", "trio", "socket", "select", "selectors", "uvloop"}
OPTIONAL = {
    "h2": "_protocols.http2", "hpack": "_protocols.http2", "hyperframe": "_protocols.http2",
    "socksio": "_protocols.socks5",
    "brotli": "_decoders", "brotlicffi": "_decoders", "zstandard": "_decoders",
    "click": "_main", "rich": "_main", "pygments": "_main",
}  # fmt: skip
LAZY = {"_main", "_protocols.http2_engine"}  # which are themselves imported at first use
HTTP_WORDS = re.compile(r"\b(status_code|Content-Length|Transfer-Encoding|HTTP/[12]|headers?)\b")


def name_of(path: Path) -> str:
    """A room's dotted name within the package; "" for the package itself."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(room: str, rules: dict[str, set[str]]) -> str:
    return max((key for key in rules if fits(room, {key})), key=len, default="")


def fits(room: str, allowed: set[str]) -> bool:
    return any(room == name or room.startswith(name + ".") for name in allowed)


class Import:
    """One imported module."""

    def __init__(self, node: ast.AST, level: int, module: str, top: bool) -> None:
        self.line: int = node.lineno  # type: ignore[attr-defined]
        self.level = level
        self.module = module
        self.at_module_level = top

    @property
    def root(self) -> str:
        return self.module.partition(".")[0]


def is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in (
        "TYPE_CHECKING",
        "typing.TYPE_CHECKING",
    )


@functools.cache
def tree_of(path: Path) -> ast.Module:
    """A room, parsed once for all rules."""
    return ast.parse(path.read_text())


def walk(node: ast.AST, inside: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Every node that exists at run time, and whether it is inside a function."""
    for child in ast.iter_child_nodes(node):
        if is_for_type_checkers(child):
            continue
        yield child, inside
        function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        yield from walk(child, inside or function)


def imports_of(path: Path) -> list[Import]:
    found = []
    for node, inside in walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [Import(node, 0, alias.name, not inside) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(Import(node, node.level, node.module, not inside))
        elif isinstance(node, ast.ImportFrom):
            found += [Import(node, node.level, alias.name, not inside) for alias in node.names]
    return found


def own_target(path: Path, imported: Import) -> str:
    """The room of this package that a relative import means."""
    package = path.relative_to(SOURCE).parts[:-1]
    above = package[: len(package) - (imported.level - 1)]
    return ".".join([*above, imported.module])


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(SOURCE.parent)}:{line}"


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_nothing_imports_upwards(path: Path) -> None:
    room = name_of(path)
    if room in ABOVE_ALL or room.startswith("_main"):
        return
    floor = floor_of(room, MAY_IMPORT)
    assert floor, f"{room} stands on no floor: give it one in MAY_IMPORT"
    wrong = [
        f"{place(path, one.line)} imports {own_target(path, one)}"
        for one in imports_of(path)
        if one.level and not fits(own_target(path, one), MAY_IMPORT[floor])
    ]
    assert not wrong


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_event_loops_and_sockets_are_in_the_network_only(path: Path) -> None:
    room = name_of(path)
    if room.startswith("_network"):
        return
    shells = room in ("_transports.asgi", "_transports.wsgi")
    wrong = [
        f"{place(path, one.line)} imports {one.module}"
        for one in imports_of(path)
        if not one.level and one.root in EVENT_LOOPS and (one.at_module_level or not shells)
    ]
    assert not wrong


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_threads_are_few(path: Path) -> None:
    room = name_of(path)
    if room.startswith("_network") or room in ("_connections.pool", "_config", "_auth"):
        return
    assert not [
        place(path, one.line)
        for one in imports_of(path)
        if one.root in ("threading", "concurrent", "queue")
    ]


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_optional_packages_have_one_room_and_are_imported_at_first_use(path: Path) -> None:
    room = name_of(path)
    wrong = []
    for one in imports_of(path):
        if one.level or one.root not in OPTIONAL:
            continue
        home = OPTIONAL[one.root]
        if not room.startswith(home):
            wrong.append(f"{place(path, one.line)} imports {one.module}, which is {home}'s")
        elif one.at_module_level and room not in LAZY:
            wrong.append(f"{place(path, one.line)} imports {one.module} at module level")
    assert not wrong


@pytest.mark.parametrize(
    "path", [path for path in ROOMS if "_protocols" in path.parts], ids=name_of
)
def test_protocols_have_no_clock_no_log_and_no_wire(path: Path) -> None:
    forbidden = {"ssl", "time", "datetime", "logging", "threading", "os", "io"}
    assert not [place(path, one.line) for one in imports_of(path) if one.root in forbidden]
    waits = [
        place(path, node.lineno)
        for node in ast.walk(tree_of(path))
        if isinstance(node, (ast.AsyncFunctionDef, ast.Await))
    ]
    assert not waits


@pytest.mark.parametrize("path", [path for path in ROOMS if "_network" in path.parts], ids=name_of)
def test_the_network_knows_no_http(path: Path) -> None:
    tree = tree_of(path)
    names = [(node.id, node.lineno) for node in ast.walk(tree) if isinstance(node, ast.Name)]
    names += [(n.attr, n.lineno) for n in ast.walk(tree) if isinstance(n, ast.Attribute)]
    assert not [place(path, line) for name, line in names if HTTP_WORDS.search(name)]


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_requests_and_responses_stay_above_the_transports(path: Path) -> None:
    room = name_of(path)
    if not room.startswith(("_connections", "_protocols", "_network")):
        return
    tree = tree_of(path)
    assert not [
        place(path, node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in ("Request", "Response")
    ]


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_nobody_asks_which_world_this_is(path: Path) -> None:
    room = name_of(path)
    if not (room.startswith("_connections") or room in ("_flow", "_base_client")):
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        asks = "is_async" in line or re.search(r"isinstance\([^)]*Async", line)
        assert not asks, place(path, number)


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_drive_stands_at_the_edge(path: Path) -> None:
    room = name_of(path)
    if room in ("_client", "_transports.default", "_drive"):
        return
    calls = [
        place(path, node.lineno)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "drive"
    ]
    assert not calls


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_rooms_and_functions_are_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 600, f"{name_of(path)}: {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            statements = node.body[1:] if ast.get_docstring(node) else node.body
            size = 1 + node.body[-1].end_lineno - statements[0].lineno if statements else 0  # type: ignore[operator]
            assert size <= 60, f"{place(path, node.lineno)}: {node.name} has {size} lines"


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_no_exception_is_swallowed_whole(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ExceptHandler):
            everything = node.type is None or ast.unparse(node.type) in (
                "Exception",
                "BaseException",
            )
            nothing = all(isinstance(statement, ast.Pass) for statement in node.body)
            assert not (everything and nothing), place(path, node.lineno)


@pytest.mark.parametrize("path", ROOMS, ids=name_of)
def test_every_room_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)), name_of(path)


@pytest.mark.parametrize("kind", ["URL", "Headers", "QueryParams", "Cookies", "Timeout"])
def test_there_is_one_class_of_each_noun(kind: str) -> None:
    homes = [
        place(path, node.lineno)
        for path in ROOMS
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef) and node.name == kind
    ]
    assert len(homes) == 1, homes


TESTS = sorted(Path(__file__).parent.rglob("test_*.py"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_no_test_sleeps_to_wait(path: Path) -> None:
    """A clock that is faked, or an event, tells when something has happened; a nap hopes."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "sleep":
            seconds = node.args[0] if node.args else None
            if isinstance(seconds, ast.Constant) and isinstance(seconds.value, (int, float)):
                assert seconds.value <= 0.05, f"{path.name}:{node.lineno} sleeps"
