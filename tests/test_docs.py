"""The page about the design names every module; links lead somewhere; no text names a machine."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DESIGN = ROOT / "docs" / "topics" / "design.md"


def test_every_module_stands_on_the_page_about_the_design() -> None:
    tree = DESIGN.read_text(encoding="utf-8").partition("```\nsrc/httpx/")[2].partition("```")[0]
    named = set(re.findall(r"\b\w+\.py\b", tree))
    modules = {path.name for path in (ROOT / "src" / "httpx").rglob("*.py")}
    assert modules - named == set()


def test_links_of_the_texts_beside_the_code_lead_somewhere() -> None:
    texts = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md")
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
