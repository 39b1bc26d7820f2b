"""Names for the cases of a parametrised test."""

from __future__ import annotations

import re

__all__ = ["shown"]


def shown(value: object) -> str:
    """The `repr`, without addresses: names are the same in every process."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
