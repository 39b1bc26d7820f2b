"""The page about the design shows the tree; links lead somewhere; no text names a machine."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DESIGN = ROOT / "docs" / "topics" / "design.md"


def test_the_tree_on_the_page_about_the_design_is_the_tree() -> None:
    """Every module once, in its place, and none that is not there any more."""
    text = DESIGN.read_text(encoding="utf-8")
    tree = text.partition("```\nsrc/httpx/\n")[2].partition("\ntests/")[0]
    named = []
    package = ""
    for line in tree.splitlines():
        if line.startswith(("├", "└")):
            package = ""
        branch = re.match(r"[│├└─ ]*((?:\w+(?:\.py|/) *)+)(?: |$)", line)
        for name in branch[1].split() if branch else []:
            named.append(package + name)
            if name.endswith("/"):
                package = named.pop()
    source = ROOT / "src" / "httpx"
    modules = [path.relative_to(source).as_posix() for path in source.rglob("*.py")]
    modules = [name for name in modules if not name.endswith("/__init__.py")]
    assert len(modules) > 50
    assert sorted(named) == sorted(modules)


def test_the_table_of_speed_can_be_shown_and_written() -> None:
    """The landing page shows a part of the page about benchmarks, which `wire.py` writes anew."""
    text = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    marks = ("--8<-- [start:figures]", "<!-- table -->", "<!-- end of table -->",
             "--8<-- [end:figures]")  # fmt: skip
    places = [text.find(mark) for mark in marks]
    assert places == sorted(places)
    assert [text.count(mark) for mark in marks] == [1, 1, 1, 1]
    shown = '\n--8<-- "benchmarks/README.md:figures"\n'
    assert shown in (ROOT / "docs" / "index.md").read_text("utf-8")
    # A link in that part would be looked for beside another page.
    assert "](" not in text[places[0] : places[-1]]


def test_links_of_the_texts_beside_the_code_lead_somewhere() -> None:
    texts = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md",
             "examples/README.md")  # fmt: skip
    dead = [
        f"{name}: {target}"
        for name in texts
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text("utf-8"))
        if not (ROOT / name).parent.joinpath(target).exists()
    ]
    assert dead == []


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8")
    pages = [str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")]
    assert len(pages) > 20
    assert [page for page in pages if f": {page}\n" not in navigation] == []


def test_texts_name_no_place_of_one_machine() -> None:
    texts = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "scripts").rglob("*")]
    found = [
        f"{text.name}: {place}"
        for text in texts
        if text.is_file() and text.suffix != ".pyc"
        for place in re.findall(r"(?:/home|/root|/work|/tmp|/Users)/\S+", text.read_text("utf-8"))
    ]
    assert texts
    assert found == []
