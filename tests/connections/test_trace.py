"""The trace extension and the debug log: which events, in which order, with what in them."""

from __future__ import annotations

import logging
from typing import Any

import pytest

import httpx
from httpx._connections.trace import AwaitingTrace, CallingTrace, Trace, log_close
from httpx._drive import drive

from ..servers import HTTPServer, RawServer, refused_port
from ..worlds import World

CONNECT = ["connection.connect_tcp.started", "connection.connect_tcp.complete"]
SEND = [
    "http11.send_request_headers.started",
    "http11.send_request_headers.complete",
    "http11.send_request_body.started",
    "http11.send_request_body.complete",
]
HEADERS = [
    "http11.receive_response_headers.started",
    "http11.receive_response_headers.complete",
]
BODY = ["http11.receive_response_body.started", "http11.receive_response_body.complete"]
CLOSED = ["http11.response_closed.started", "http11.response_closed.complete"]


class Listener:
    """Notes every event, in the form that the world asks for."""

    def __init__(self, world: World, fail_at: str = "") -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.fail_at = fail_at
        self.callback = self.note if world.name == "blocking" else self.anote
        self.extensions = {"trace": self.callback}

    def note(self, name: str, info: dict[str, Any]) -> None:
        self.events.append((name, info))
        if name == self.fail_at:
            raise KeyError(name)

    async def anote(self, name: str, info: dict[str, Any]) -> None:
        self.note(name, info)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]

    def info(self, name: str) -> dict[str, Any]:
        return dict(self.events)[name]


async def test_the_events_of_a_request(world: World) -> None:
    with HTTPServer({"*": "body"}) as server:
        async with world.client() as client:
            first, second = Listener(world), Listener(world)
            await client.get(server.url, extensions=first.extensions)
            await client.get(server.url, extensions=second.extensions)
    assert first.names == [*CONNECT, *SEND, *HEADERS, *BODY, *CLOSED]
    assert second.names == [*SEND, *HEADERS, *BODY, *CLOSED]
    connect = first.info("connection.connect_tcp.started")
    assert (connect["host"], connect["port"]) == ("127.0.0.1", server.port)
    assert set(connect) == {"host", "port", "local_address", "timeout", "socket_options"}
    started = first.info("http11.send_request_headers.started")
    assert (started["request"].method, started["request"].url.target) == (b"GET", b"/")
    version, status, reason, headers = first.info("http11.receive_response_headers.complete")[
        "return_value"
    ]
    assert (version, status, reason) == (b"HTTP/1.1", 200, b"OK")
    assert (b"Content-Length", b"4") in headers
    assert first.info("http11.response_closed.complete") == {"return_value": None}


async def test_an_early_response_is_traced(world: World) -> None:
    def serve(conn: Any) -> None:
        conn.read_head()
        conn.send(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n")
        conn.server.stopping.wait(10)

    listener = Listener(world)
    with RawServer(serve) as server:
        async with world.client() as client:
            reply = await client.post(
                server.url, content=bytes(16 * 2**20), extensions=listener.extensions
            )
    assert reply.status_code == 413
    assert listener.names == [*CONNECT, *SEND, *HEADERS, *BODY, *CLOSED]
    values = listener.info("http11.receive_response_headers.complete")["return_value"]
    assert values[1] == 413


async def test_a_connection_that_cannot_be_made(world: World) -> None:
    listener = Listener(world)
    with refused_port() as port:
        async with world.client() as client:
            with pytest.raises(httpx.ConnectError) as info:
                await client.get(f"http://127.0.0.1:{port}", extensions=listener.extensions)
    assert listener.names == [CONNECT[0], "connection.connect_tcp.failed"]
    assert listener.info("connection.connect_tcp.failed") == {"exception": info.value}


async def test_retries_are_traced(world: World) -> None:
    listener = Listener(world)
    with refused_port() as port:
        async with world.client(transport=world.transport(retries=1)) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(f"http://127.0.0.1:{port}", extensions=listener.extensions)
    failed = [CONNECT[0], "connection.connect_tcp.failed"]
    retry = ["connection.retry.started", "connection.retry.complete"]
    assert listener.names == [*failed, *retry, *failed]


async def test_a_response_that_never_comes(world: World) -> None:
    listener = Listener(world)
    with RawServer(lambda conn: conn.read_head()) as server:
        async with world.client() as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(server.url, extensions=listener.extensions)
    failed = "http11.receive_response_headers.failed"
    assert listener.names == [*CONNECT, *SEND, HEADERS[0], failed, *CLOSED]


async def test_a_body_that_is_cut(world: World) -> None:
    def serve(conn: Any) -> None:
        conn.read_head()
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc")

    listener = Listener(world)
    with RawServer(serve) as server:
        async with world.client() as client:
            with pytest.raises(httpx.RemoteProtocolError) as info:
                await client.get(server.url, extensions=listener.extensions)
    failed = "http11.receive_response_body.failed"
    assert listener.names[-4:] == [BODY[0], failed, *CLOSED]
    assert listener.info(failed) == {"exception": info.value}


async def test_a_response_that_is_given_up(world: World) -> None:
    listener = Listener(world)
    with HTTPServer({"*": "body"}) as server:
        async with world.client() as client:
            async with client.stream("GET", server.url, extensions=listener.extensions):
                pass
            assert client._transport._pool.stats().active == 0
    assert listener.names == [*CONNECT, *SEND, *HEADERS, *CLOSED]


@pytest.mark.parametrize("event", [CONNECT[0], CONNECT[1], *SEND, *HEADERS, *BODY, *CLOSED])
async def test_a_listener_that_fails(world: World, event: str) -> None:
    """Its error reaches the caller, and nothing leaks."""
    listener = Listener(world, fail_at=event)
    with HTTPServer({"*": "body"}) as server:
        async with world.client() as client:
            with pytest.raises(KeyError):
                await client.get(server.url, extensions=listener.extensions)
            stats = client._transport._pool.stats()
            assert (stats.active, stats.connecting, stats.waiting) == (0, 0, 0)
            assert (await client.get(server.url)).text == "body"


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
async def test_a_listener_of_the_wrong_kind(world: World) -> None:
    listener = Listener(world)
    wrong = listener.anote if world.name == "blocking" else listener.note
    kind = "normal function instead" if world.name == "blocking" else "asynchronous function rather"
    with HTTPServer({"*": "body"}) as server:
        async with world.client() as client:
            with pytest.raises(TypeError, match=f"callback of the `trace` extension .* {kind}"):
                await client.get(server.url, extensions={"trace": wrong})
            assert client._transport._pool.stats().active == 0


async def test_the_debug_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "httpcore")
    with HTTPServer({"*": "body"}) as server:
        async with world.client() as client:
            await client.get(server.url)
    lines = [(record.name, record.getMessage()) for record in caplog.records]
    lines = [(name, text) for name, text in lines if name.startswith("httpcore")]
    names = [f"{name.removeprefix('httpcore.')}.{text.split(' ')[0]}" for name, text in lines]
    closing = ["connection.close.started", "connection.close.complete"]
    assert names == [*CONNECT, *SEND, *HEADERS, *BODY, *CLOSED, *closing]
    assert lines[0][1].startswith("connect_tcp.started host='127.0.0.1' port=")
    assert lines[2][1] == "send_request_headers.started request=<Request [b'GET']>"
    assert lines[3][1] == "send_request_headers.complete"


def test_nobody_listens() -> None:
    assert Trace.make(None) is None


@pytest.mark.parametrize("kind", [CallingTrace, AwaitingTrace])
def test_the_log_alone_needs_no_callback(
    kind: type[Trace], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "httpcore.proxy")
    trace = kind.make(None)
    assert isinstance(trace, kind)
    drive(trace.event("proxy.start_tls.started", {"timeout": None}))
    assert caplog.messages == ["start_tls.started timeout=None"]
    log_close()  # not wanted at that level: no line
    assert len(caplog.messages) == 1
