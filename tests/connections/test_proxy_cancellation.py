"""A request may be cancelled at every await of its way through a proxy: nothing leaks.

The machinery is in `tests/cancellation.py`. Each server here is a proxy and the origin behind it
in one, that answers a step at a time; a plain GET of "/again" it answers at once.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

import httpx
from tests.cancellation import Case, Gate, Scene, sweep
from tests.servers import Conn, RawServer, response
from tests.worlds import World

pytestmark = pytest.mark.worlds("asyncio", "uvloop", "trio")


def send_slowly(conn: Conn, gate: Gate, *pieces: bytes) -> None:
    for piece in pieces:
        gate.pass_through()
        conn.send(piece)


def answer(conn: Conn, gate: Gate, tls: ssl.SSLContext | None) -> None:
    """The origin, at the end of the tunnel."""
    if tls is not None:
        gate.pass_through()
        conn.start_tls(tls)
    while (request := conn.read_request()) is not None:
        if request.path == "/again":
            conn.send(response(body=b"again"))
        else:
            whole = response(body=b"from the origin")
            send_slowly(conn, gate, whole[:20], whole[20:])


def by_connect(conn: Conn, gate: Gate, tls: ssl.SSLContext) -> None:
    request = conn.read_request()
    if request is not None and request.method == "CONNECT":
        send_slowly(conn, gate, b"HTTP/1.1 200", b" OK\r\nX: y\r\n", b"\r\n")
        answer(conn, gate, tls)
    elif request is not None:
        conn.send(response(body=b"again"))


def refusing(conn: Conn, gate: Gate, tls: ssl.SSLContext) -> None:
    while (request := conn.read_request()) is not None:
        if request.path == "/again":
            conn.send(response(body=b"again"))
        else:
            whole = response(407, body=b"no no")
            send_slowly(conn, gate, whole[:-5], whole[-5:-2], whole[-2:])


def by_socks(conn: Conn, gate: Gate, tls: ssl.SSLContext) -> None:
    first = conn.receive(1)
    if first == b"\x05":
        conn.read_exactly(2)
        send_slowly(conn, gate, b"\x05", b"\x02")
        conn.read_exactly(1)
        for _ in range(2):
            conn.read_exactly(conn.read_exactly(1)[0])
        send_slowly(conn, gate, b"\x01\x00")
        conn.read_exactly(4 + 4 + 2)
        send_slowly(conn, gate, b"\x05\x00\x00\x01", bytes(3), bytes(3))
        answer(conn, gate, tls)
    elif first:
        conn._buffer = first + conn._buffer
        answer(conn, gate, None)


async def get(scene: Scene, proxy: str) -> None:
    address = scene.url.partition("//")[2]
    extensions = {"proxy": httpx.Proxy(proxy.format(address), ssl_context=scene_context(scene))}
    with suppress(httpx.ProxyError):  # of the one that refuses
        await scene.client.get("https://localhost/slow", extensions=extensions)


def scene_context(scene: Scene) -> ssl.SSLContext:
    context: ssl.SSLContext = scene.transport._pool._connector.ssl_context()
    return context


def by_name(host: str, port: int) -> list[tuple[str, int]]:
    return [("127.0.0.1", port)]


Handler = Callable[[Conn, Gate, ssl.SSLContext], None]


@pytest.mark.parametrize("when", ["waiting", "ready"])
@pytest.mark.parametrize(
    ("handler", "proxy", "phases"),
    [
        (by_connect, "http://user:pw@{}", ("open_tunnel", "handshake", "HTTP1Connection.send")),
        (by_connect, "https://user:pw@{}", ("open_tunnel", "handshake", "TLSStream.read")),
        (refusing, "http://{}", ("_start_of_body",)),
        (by_socks, "socks5://user:pw@{}", ("resolve", "shake_hands", "handshake")),
    ],
    ids=["tunnel", "TLS in TLS", "refused", "SOCKS"],
)
def test_cancelled_on_the_way(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
    handler: Handler,
    proxy: str,
    phases: tuple[str, ...],
    when: str,
) -> None:
    def serve(gate: Gate) -> RawServer:
        tls = server_context if proxy.startswith("https") else None
        return RawServer(lambda conn: handler(conn, gate, server_context), tls=tls)

    options: dict[str, Any] = {
        "limits": httpx.Limits(max_connections=1),
        "verify": ssl_context,
        "resolver": by_name,
    }
    case = Case(proxy, serve, partial(get, proxy=proxy), options=options, phases=phases)
    way = "scope" if world.name == "trio" else "task"
    assert sweep(case, world, monkeypatch, way=way, when=when) > 0
