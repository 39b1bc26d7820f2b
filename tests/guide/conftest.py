"""The internet of the guide, for the tests in this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from .internet import Internet


@pytest.fixture
def internet(ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    monkeypatch.chdir(tmp_path)
    with Internet(ca, tmp_path, monkeypatch) as internet:
        yield internet
