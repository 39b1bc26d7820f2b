"""Every fault is met twice: by the fast lane, and by h11 alone."""

from __future__ import annotations

import pytest


@pytest.fixture(params=[True, False], ids=["lane", "h11"])
def fast(request: pytest.FixtureRequest) -> bool:
    """The transport's `fast_lane`."""
    return bool(request.param)
