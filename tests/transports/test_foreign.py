"""The streams and exceptions of httpcore in our words, without httpcore."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

import httpx
from httpx._transports.default import (
    AsyncResponseStream,
    ResponseStream,
    map_httpcore_exceptions,
)


class ReadError(Exception):
    """What httpcore would raise."""


class Narrower(ReadError):
    """An exception that has no name of ours, below one that has."""


class Unknown(Exception):
    """An exception of httpcore that has no name of ours."""


@pytest.fixture(autouse=True)
def _httpcore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpcore", SimpleNamespace(ReadError=ReadError))


class Pieces:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.closed = 0

    def __iter__(self) -> Any:
        yield b"a"
        if self.error is not None:
            raise self.error

    async def __aiter__(self) -> Any:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("kind", [ReadError, Narrower])
def test_the_exception_of_the_same_name(kind: type[Exception]) -> None:
    error = kind("cut off")
    with pytest.raises(httpx.ReadError, match="cut off") as caught:
        list(ResponseStream(Pieces(error)))
    assert caught.value.__cause__ is error


def test_other_exceptions_pass() -> None:
    for error in (Unknown("x"), ValueError("x")):
        with pytest.raises(type(error)), map_httpcore_exceptions():
            raise error


def test_closing_closes_what_can_be_closed() -> None:
    pieces = Pieces()
    stream = ResponseStream(pieces)
    assert list(stream) == [b"a"]
    stream.close()
    assert pieces.closed == 1
    ResponseStream([b"a"]).close()


@pytest.mark.worlds("asyncio", "trio")  # there is no blocking form of it
async def test_the_asynchronous_stream(world: Any) -> None:
    pieces = Pieces(ReadError("cut off"))
    stream = AsyncResponseStream(pieces)
    received = []
    with pytest.raises(httpx.ReadError, match="cut off"):
        async for piece in stream:
            received.append(piece)
    assert received == [b"a"]
    await stream.aclose()
    assert pieces.closed == 1

    class Bare:
        def __aiter__(self) -> Any:
            return Pieces().__aiter__()

    await AsyncResponseStream(Bare()).aclose()
