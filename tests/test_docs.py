"""The page about the design names every module, and the texts name no machine."""

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
