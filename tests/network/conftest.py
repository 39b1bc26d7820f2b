"""What the tests of this floor share."""

from __future__ import annotations

import socket

import pytest


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> list[socket.socket]:
    """The sockets that are made from here on, to see that they are closed again."""
    made: list[socket.socket] = []

    class Recorded(socket.socket):
        def __init__(self, *args: int, **options: int | None) -> None:
            super().__init__(*args, **options)
            self.steps: list[str] = []
            if options.get("fileno") is None and len(args) < 4:  # accepted, or one of a pair
                made.append(self)

        def setsockopt(self, *args: object) -> None:
            self.steps.append("setsockopt")
            super().setsockopt(*args)

        def connect_ex(self, address: object) -> int:
            self.steps.append("connect_ex")
            return super().connect_ex(address)

    monkeypatch.setattr(socket, "socket", Recorded)
    return made
