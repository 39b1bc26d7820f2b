"""Cancelled at every await while a response is read and its request's body still leaves."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

import httpx
from httpx._connections import http1
from tests.cancellation import Case, Gate, Scene, sweep
from tests.servers import Conn, RawServer, response
from tests.worlds import World

SMALL = 32_768
SIZE = 300_000
OPTIONS = {
    "limits": httpx.Limits(max_connections=1),
    "socket_options": [
        (socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL),
        (socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL),
    ],
}


def echoing(gate: Gate) -> AbstractContextManager[Any]:
    """Gives a body back while it comes, a piece whenever the gate opens."""

    def handler(conn: Conn) -> None:
        while (request := conn.read_head()) is not None:
            if request.path == "/again":
                conn.send(response(body=b"again"))
                continue
            conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for data in conn.read_chunks():
                gate.pass_through()
                conn.send(b"%x\r\n%b\r\n" % (len(data), data))
            conn.send(b"0\r\n\r\n")

    server = RawServer(handler)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        server._listener.setsockopt(socket.SOL_SOCKET, option, SMALL)
    return server


async def echo(scene: Scene) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"y" * (SIZE // 3)

    size = 0
    async with scene.client.stream("POST", f"{scene.url}/echo", content=body()) as reply:
        async for piece in reply.aiter_raw():
            size += len(piece)
    assert size == SIZE


CASE = Case("echo", echoing, echo, options=OPTIONS, phases=("Upload.push", "HTTP1Body._receive"))


@pytest.mark.worlds("asyncio", "uvloop", "trio")
@pytest.mark.parametrize("when", ["waiting", "ready"])
def test_cancelled_between_both_bodies(
    when: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http1, "_MOST_AHEAD", 0)  # the response is handed out at once
    way = "scope" if world.name == "trio" else "task"
    assert sweep(CASE, world, monkeypatch, way=way, when=when) >= 2
