"""The rooms in which the public names live: `httpx` takes them from here, each by its `__all__`."""

from __future__ import annotations

from typing import Any

from . import (
    _api,
    _auth,
    _client,
    _config,
    _content,
    _exceptions,
    _main_loader,
    _models,
    _status_codes,
    _transports,
    _types,
    _urls,
)
from ._connections import timings
from ._network import resolver

_ROOMS = (
    _api, _auth, _client, _config, _content, _exceptions, _main_loader, _models, _status_codes,
    _transports, _types, _urls, timings, resolver,
)  # fmt: skip


def public(names: list[str]) -> dict[str, Any]:
    """Those of `names` that are found in a room."""
    return {name: getattr(room, name) for room in _ROOMS for name in room.__all__ if name in names}
