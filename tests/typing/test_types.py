"""mypy and basedpyright agree with `calls.py`, and know every public name's type."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    # Nobody wants to know which lines of a type checker run.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    environment |= {"PYTHONPATH": str(ROOT / "src"), "MYPYPATH": str(ROOT / "src")}
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where mypy keeps what it has learnt about the library in the first of these tests."""
    return str(tmp_path_factory.mktemp("mypy"))


def test_mypy_agrees_with_the_calls(cache: str) -> None:
    done = run("mypy", "--strict", "--cache-dir", cache, str(HERE / "calls.py"))
    assert done.returncode == 0, done.stdout


def test_mypy_would_see_a_wrong_type(tmp_path: Path, cache: str) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import httpx\nvalue: int = httpx.get('http://a/')\n", "utf-8")
    done = run("mypy", "--strict", "--cache-dir", cache, str(wrong))
    assert "Incompatible types in assignment" in done.stdout


def test_basedpyright_agrees_with_the_calls(tmp_path: Path) -> None:
    pytest.importorskip("basedpyright")
    settings = tmp_path / "pyrightconfig.json"
    settings.write_text(
        f'{{"include": ["{HERE / "calls.py"}"], "extraPaths": ["{ROOT / "src"}"],'
        ' "typeCheckingMode": "standard"}',
        "utf-8",
    )
    done = run("basedpyright", "--project", str(settings))
    assert done.returncode == 0, done.stdout


def test_every_public_name_has_a_known_type() -> None:
    pytest.importorskip("basedpyright")
    done = run("basedpyright", "--verifytypes", "httpx", "--ignoreexternal")
    assert "Type completeness score: 100%" in done.stdout, done.stdout
