"""The table of `programs/`, run on this build, against the recorded answers of the original.

One test a program, so that one failing shows itself; one process a group. A difference that
`differences.json` declares must be as declared: its decision's answer, and not the original's.
"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
RECORDED: dict[str, dict[str, Any]] = json.loads((HERE / "recorded.json").read_text("utf-8"))
DIFFERENCES: dict[str, dict[str, Any]] = json.loads((HERE / "differences.json").read_text("utf-8"))
PROGRAMS = [(group, program) for group, programs in RECORDED.items() for program in programs]

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11),
    reason="recorded with CPython 3.11: the standard library's texts differ between versions",
)


@functools.cache
def answers(group: str) -> dict[str, Any]:
    """What this build answers to the programs of a group."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.parity", group],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return {"error": done.stderr}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])[group]
    return result


@pytest.mark.parametrize(
    ("group", "program"), PROGRAMS, ids=[f"{group}: {program}" for group, program in PROGRAMS]
)
def test_answers_as_the_original_did(group: str, program: str) -> None:
    ours = answers(group)
    if "error" in ours:
        pytest.fail(f"the group does not run:\n{ours['error']}", pytrace=False)
    recorded = RECORDED[group][program]
    declared = DIFFERENCES.get(group, {}).get(program)
    if declared is None:
        assert ours[program] == recorded
    else:
        assert ours[program] == declared["answer"], declared["decision"]
        assert ours[program] != recorded, "declared as different, and is not"


def test_every_declared_difference_names_a_program() -> None:
    named = {(group, program) for group, programs in DIFFERENCES.items() for program in programs}
    assert named <= set(PROGRAMS)


def test_every_declared_difference_names_what_wants_it() -> None:
    """A number of Part 1, an acceptance row, an issue or a standard; security, or the rule that
    bad input gets a clear error. What merely seemed nicer is no reason to differ."""
    wanted = re.compile(
        r"(1\.([1-9]|1\d)|USERS (\d+|section 2, #\d+)|issue \d+( \(.+\))?(, issue \d+( \(.+\))?)*"
        r"|RFC \d+ [\d.]+|rule 9, bad input gets a clear error|security): \S"
    )
    decisions = {e["decision"] for entries in DIFFERENCES.values() for e in entries.values()}
    assert [decision for decision in sorted(decisions) if not wanted.match(decision)] == []


def test_the_table_is_as_large_as_was_asked() -> None:
    assert len(PROGRAMS) >= 400
