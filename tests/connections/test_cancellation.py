"""A request may be cancelled at every await: nothing leaks, and the next one is answered.

USERS.md 2 and 5. The machinery is in `tests/cancellation.py`; other protocols and proxies add
their cases to `CASES`, or parametrize a test of their own with `sweep`.
"""

from __future__ import annotations

import random
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest

import httpx
from httpx._drive import drive
from tests.cancellation import WAYS, Case, Gate, Scene, Sockets, Stepper, sweep
from tests.servers import Conn, HTTPServer, RawServer, Reply, response
from tests.worlds import World

from ..ids import shown

pytestmark = pytest.mark.worlds("asyncio", "uvloop", "trio")


class Halting:
    """A server's wire that says what it has to say in three pieces, each when the gate opens:
    however slow the client is, it waits for the second one."""

    def __init__(self, conn: Conn, gate: Gate) -> None:
        self._sock = conn.sock
        self._gate = gate
        self.recv = conn.sock.recv

    def sendall(self, data: bytes) -> None:
        third = len(data) // 3
        for piece in (data[:third], data[third:-third], data[-third:]):
            self._gate.pass_through()
            self._sock.sendall(piece)


def slowly(gate: Gate, *, tls: ssl.SSLContext | None = None) -> AbstractContextManager[Any]:
    """Answers "/again" at once, and anything else a piece at a time, each when the gate opens.
    With TLS, the handshake is as slow."""

    def handler(conn: Conn) -> None:
        if tls is not None:
            conn._wire._wire = conn.sock  # the handshake is over
        while (request := conn.read_head()) is not None:
            if request.path == "/again":
                conn.send(response(body=b"again"))
                continue
            conn.read_body(request)
            whole = response(headers=[("Transfer-Encoding", "chunked")])
            pieces = [whole[:20], whole[20:], b"3\r\none\r\n", b"3\r\ntw", b"o\r\n", b"0\r\n\r\n"]
            for piece in pieces:
                gate.pass_through()
                conn.send(piece)

    class Server(RawServer):
        def _serve(self, conn: Conn) -> None:
            if self.tls is not None:
                conn._wire = Halting(conn, gate)
            super()._serve(conn)

    server = Server(handler, tls=tls)
    server._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    return server


def promptly(gate: Gate) -> AbstractContextManager[Any]:
    """An ordinary server, with a redirect."""
    return HTTPServer(
        {
            "/redirect": Reply(302, [("Location", "/again")], b"over there"),
            "*": lambda request: Reply(body=[b"one", b"two", b"three"]),
        }
    )


def named(port_of: Scene) -> str:
    """The URL by a name, so that it has to be looked up."""
    return port_of.url.replace("127.0.0.1", "localhost")


def by_name(host: str, port: int) -> list[tuple[str, int]]:
    return [("127.0.0.1", port)]


async def get(scene: Scene) -> None:
    await scene.client.get(f"{named(scene)}/slow")


async def get_reused(scene: Scene) -> None:
    await scene.client.get(f"{scene.url}/slow")


async def warm_up(scene: Scene) -> None:
    await scene.client.get(f"{scene.url}/again")


async def occupy(scene: Scene) -> None:
    """Take the only connection there may be."""
    request = scene.client.build_request("GET", f"{scene.url}/again")
    scene.kept.append(await scene.client.send(request, stream=True))


def let_go(scene: Scene, number: int) -> None:
    """Give the only connection back while the next one waits for it."""
    if number == 1:
        for response in scene.kept:
            scene.soon(partial(drive, response.aclose()))


def fail_over(scene: Scene, number: int) -> None:
    """Close the only connection while the next one waits: it gets a slot."""
    if number == 1:
        for response in scene.kept:
            scene.soon(partial(drive, response.extensions["network_stream"].aclose()))


async def post_much(scene: Scene) -> None:
    await scene.client.post(f"{scene.url}/slow", content=b"x" * 400_000)


async def post_stream(scene: Scene) -> None:
    """A generator: the one that is left behind is closed, or trio would complain."""
    import anyio.lowlevel

    async def body() -> AsyncIterator[bytes]:
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
            yield b"y" * 150_000

    await scene.client.post(f"{scene.url}/slow", content=body())


async def stream(scene: Scene) -> None:
    async with scene.client.stream("GET", f"{scene.url}/slow") as response:
        async for _ in response.aiter_bytes():
            pass


async def leave_early(scene: Scene) -> None:
    """Close a response with listeners to every event, who wait."""
    import anyio.lowlevel

    async def listen(name: str, info: dict[str, Any]) -> None:
        await anyio.lowlevel.checkpoint()

    extensions = {"trace": listen}
    async with scene.client.stream("GET", f"{scene.url}/slow", extensions=extensions) as response:
        async for _ in response.aiter_raw():
            break


async def redirect_with_hooks(scene: Scene) -> None:
    import anyio.lowlevel

    async def hook(message: Any) -> None:
        await anyio.lowlevel.checkpoint()

    scene.client.event_hooks = {"request": [hook], "response": [hook]}
    try:
        await scene.client.get(f"{scene.url}/redirect", follow_redirects=True)
    finally:
        scene.client.event_hooks = {}


def dying(gate: Gate) -> AbstractContextManager[Any]:
    """Answers the first request of each connection, and hangs up at the second one."""

    def handler(conn: Conn) -> None:
        for number in range(2):
            request = conn.read_request()
            if request is None:
                return
            if request.path != "/again":
                gate.pass_through()
            if number == 0:
                conn.send(response(body=b"first"))

    return RawServer(handler)


SMALL = 32_768  # buffers, so that large bodies do not just disappear in them
ONE = {
    "limits": httpx.Limits(max_connections=1),
    "socket_options": [(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)],
}
NAMED = {**ONE, "resolver": by_name}

CASES = [
    Case("cold", slowly, get, options=NAMED, phases=("resolve", "read")),
    Case("reused", slowly, get_reused, warm_up, options=ONE, phases=("HTTP1Connection",)),
    Case("queued", slowly, get_reused, occupy, let_go, ONE, ("Waiter.wait",)),
    Case("queued for a slot", slowly, get_reused, occupy, fail_over, ONE, ("Waiter.wait",)),
    Case("large body", slowly, post_much, options=ONE, phases=("write_some",)),
    Case("streamed body", slowly, post_stream, options=ONE, phases=("write_some",)),
    Case("streaming", slowly, stream, warm_up, options=ONE, phases=("HTTP1Body._receive",)),
    Case("closing", slowly, leave_early, options=ONE, phases=("ResponseBody.aclose",)),
    Case("redirect", promptly, redirect_with_hooks, options=ONE, phases=("redirects",)),
    Case("sent again", dying, get_reused, warm_up, options=ONE, phases=("Pool._dial",)),
]


@pytest.fixture(params=CASES, ids=shown)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param  # type: ignore[no-any-return]


def way_of(world: World) -> str:
    return "scope" if world.name == "trio" else "task"


@pytest.mark.parametrize("when", ["waiting", "ready"])
def test_cancelled_once(
    case: Case, when: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sweep(case, world, monkeypatch, way=way_of(world), when=when) > 0


@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("when", ["waiting", "ready"])
@pytest.mark.worlds("asyncio", "uvloop")
def test_cancelled_again_while_cleaning_up(
    case: Case, when: str, times: int, world: World, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    sampled = case.name in ("cold", "queued", "closing") and (times, when) == (3, "waiting")
    if not (full or sampled):
        pytest.skip("sampled: --full runs all")
    assert sweep(case, world, monkeypatch, way="task", when=when, times=times) > 0


@pytest.mark.parametrize("way", ["timeout", "wait_for"])
@pytest.mark.worlds("asyncio", "uvloop")
def test_cancelled_in_other_ways(
    case: Case, way: str, world: World, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    if not full and case.name not in ("cold", "queued", "streaming"):
        pytest.skip("sampled: --full runs all")
    for when in ("waiting", "ready"):
        assert sweep(case, world, monkeypatch, way=way, when=when) > 0


async def test_a_crowd_of_which_every_tenth_is_cancelled(
    world: World, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """USERS.md 2: at a wait that a seeded generator of numbers chooses."""
    count, connections = (1000, 100) if full else (200, 20)
    numbers = random.Random(count)
    way = WAYS[way_of(world)]
    sockets = Sockets(monkeypatch)
    with HTTPServer({"*": lambda request: Reply(body=[b"one", b"two"])}) as server:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=10)
        transport = httpx.AsyncHTTPTransport(limits=limits, resolver=by_name)
        async with httpx.AsyncClient(transport=transport, timeout=None) as client:
            url = server.url.replace("127.0.0.1", "localhost")
            answered = []

            async def get() -> None:
                answered.append((await client.get(url)).status_code)

            def cancelled(at: int, when: str) -> Any:
                return lambda: way(
                    lambda cancel: Stepper(get(), cancel, at, 1, when, lambda number: None)
                )

            crowd: list[Any] = [get] * count
            for index in range(0, count, 10):
                when = numbers.choice(["waiting", "ready"])
                crowd[index] = cancelled(numbers.randrange(1, 7), when)
            results = await world.gather(*crowd)
            assert [result for result in results if isinstance(result, BaseException)] == []
            assert len(answered) >= count * 0.9
            await world.until(lambda: sockets.open == client.pool_stats().idle)
            stats = transport.pool_stats()
            assert (stats.active, stats.connecting, stats.waiting) == (0, 0, 0)
            assert stats.idle <= 10
            assert (await client.get(url)).status_code == 200


def test_cancelled_in_the_handshake(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
) -> None:
    case = Case(
        "TLS",
        partial(slowly, tls=server_context),
        get,
        options={**NAMED, "verify": ssl_context},
        phases=("resolve", "handshake", "TLSStream.read"),
    )
    for when in ("waiting", "ready"):
        assert sweep(case, world, monkeypatch, way=way_of(world), when=when) > 0
