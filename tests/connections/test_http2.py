"""HTTP/2 over real sockets, in every world: many exchanges on one connection."""

from __future__ import annotations

import gc
import random
import ssl
import time
import warnings
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import pytest
from hyperframe import frame as frames

import httpx
from httpx._connections import http2 as connections
from httpx._connections.outbox import Outbox
from httpx._protocols.http2 import CONNECTION_WINDOW, STREAM_WINDOW, HTTP2Codec

from ..http2_server import FrameServer, HTTP2Server, Peer, Stream
from ..servers import HTTPServer, RawServer, response
from ..worlds import World

OK = (200, [], b"ok")
QUICK = httpx.Timeout(10, read=0.15)


def h2_client(world: World, **options: Any) -> Any:
    """A client that speaks HTTP/2 by prior knowledge."""
    return world.client(http1=False, http2=True, **{"timeout": 60, **options})


def pool_of(client: Any) -> Any:
    return client._transport._pool


def connection_of(client: Any) -> Any:
    (connection,) = pool_of(client)._ledger.connections
    return connection


def assert_at_rest(client: Any) -> None:
    """No stream is open, no role is taken, and the whole window is the peer's again."""
    connection = connection_of(client)
    codec = connection._codec
    assert not any([connection.active, connection._exchanges, connection._waiting])
    assert not any([connection._reading, connection._outbox._flushing, connection._orphans])
    assert not any([codec._open, *[stream.open for stream in codec._h2.streams.values()]])
    inbound = codec._h2.inbound_flow_control_window
    assert inbound + codec._to_return == CONNECTION_WINDOW


async def all_at_rest(world: World, client: Any, server: HTTP2Server) -> None:
    """And the peer has heard of it: the last frames may still be in an event loop's hands."""
    assert_at_rest(client)
    codec = connection_of(client)._codec
    session = server.sessions[-1]
    await world.until(lambda: not session.h2.open_inbound_streams)
    await world.until(lambda: session.window + codec._to_return == CONNECTION_WINDOW)


def source(world: World, *pieces: bytes | Callable[[], object]) -> Any:
    """A body made piece by piece; a function is called when its turn comes."""

    def blocking() -> Iterator[bytes]:
        for piece in pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                piece()

    async def awaiting() -> AsyncIterator[bytes]:
        for piece in blocking():
            yield piece

    return blocking() if world.name == "blocking" else awaiting()


# -- one exchange ----------------------------------------------------------------------------


async def test_a_response_tells_its_protocol_and_its_stream(world: World) -> None:
    with HTTP2Server(lambda stream: OK) as server:
        async with h2_client(world) as client:
            for number in (1, 3):
                answer = await client.get(server.url)
                assert (answer.http_version, answer.content) == ("HTTP/2", b"ok")
                assert answer.extensions["stream_id"] == number
                assert "reason_phrase" not in answer.extensions
            await all_at_rest(world, client, server)
    assert server.accepted == 1


async def test_requests_of_one_turn_leave_together(world: World) -> None:
    """Where there are turns: the first at once, the others in one write."""
    with HTTP2Server(lambda stream: OK) as server:
        async with h2_client(world) as client:
            await client.get(server.url)
            stream = connection_of(client).stream
            written: list[int] = []
            write_nowait = stream.write_nowait

            def watched(data: bytes) -> int:
                written.append(len(data))
                return write_nowait(data)  # type: ignore[no-any-return]

            stream.write_nowait = watched
            answers = await world.gather(*[partial(client.get, server.url)] * 50)
            assert [answer.status_code for answer in answers] == [200] * 50
            if world.name in ("asyncio", "uvloop"):
                assert len(written) == 2
            await all_at_rest(world, client, server)


async def test_alpn_offers_h2_first(
    world: World, server_context: ssl.SSLContext, ssl_context: ssl.SSLContext
) -> None:
    server_context.set_alpn_protocols(["h2", "http/1.1"])
    offered = []
    with HTTP2Server(lambda stream: OK, tls=server_context) as server:
        async with world.client(http2=True, verify=ssl_context) as client:
            answers = await world.gather(*[partial(client.get, server.url)] * 20)
            assert {answer.http_version for answer in answers} == {"HTTP/2"}
            tls = answers[0].extensions["network_stream"].get_extra_info("ssl_object")
            offered.append(tls.selected_alpn_protocol())
    assert server.accepted == 1
    assert offered == ["h2"]


async def test_a_server_without_h2_gets_http11(
    world: World, ca: Any, ssl_context: ssl.SSLContext
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    context.set_alpn_protocols(["http/1.1"])
    with HTTPServer({"*": "old"}, tls=context) as server:
        async with world.client(http2=True, verify=ssl_context) as client:
            answers = await world.gather(*[partial(client.get, server.url)] * 5)
    assert {answer.http_version for answer in answers} == {"HTTP/1.1"}


async def test_a_peer_that_speaks_http11_is_told_from_one_that_speaks_http2(world: World) -> None:
    def handler(conn: Any) -> None:
        conn.receive()
        conn.send(response(400, body="what?"))
        conn.hold()

    with RawServer(handler) as server:
        async with h2_client(world) as client:
            with pytest.raises(httpx.RemoteProtocolError) as caught:
                await client.get(server.url)
    assert str(caught.value).endswith(
        "does not speak HTTP/2: it began with b'HTTP/1.1 400 Bad Request', not with SETTINGS"
    )
    assert str(caught.value).startswith(f"127.0.0.1:{server.port}")


async def test_header_rules(world: World) -> None:
    with HTTP2Server(lambda stream: (200, [("set-cookie", "a=1"), ("set-cookie", "b=2")], b"")) as (
        server
    ):
        async with h2_client(world, cookies={"c": "3"}) as client:
            answer = await client.post(
                server.url + "/path?query",
                content=b"body",
                headers={
                    "X-MiXeD": "Case",
                    "Connection": "close",
                    "Keep-Alive": "1",
                    "Proxy-Connection": "x",
                    "Transfer-Encoding": "identity",
                    "Upgrade": "h2c",
                    "TE": "trailers",
                    "Host": "named.example",
                },
            )
            assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
            await client.post(server.url, content=b"body", headers={"TE": "gzip"})
    first, second = [stream.headers for stream in server.streams]
    assert first[":method"] == "POST"
    assert first[":path"] == "/path?query"
    assert first[":authority"] == "named.example"
    assert first[":scheme"] == "http"
    assert first["x-mixed"] == "Case"
    assert first["te"] == "trailers"
    assert first["cookie"] == "c=3"
    # The caller's framing is not joined by one of ours, though here it does not leave.
    assert not set(first) & {
        "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
        "content-length",
    }  # fmt: skip
    assert second["content-length"] == "4"
    assert "te" not in second


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"X-A": "b\r\nc: d"}, "Illegal header value: 'X-A' has b'\\r' at position 1"),
        ({"X A": "b"}, "Illegal header name b'X A'"),
        ({"X-A": " b"}, "Illegal header value: 'X-A' has white space at its start or end"),
        ({"Content-Length": "x"}, "bad Content-Length"),
    ],
)
async def test_what_would_be_smuggled_is_refused(
    world: World, headers: dict[str, str], text: str
) -> None:
    with HTTP2Server(lambda stream: OK) as server:
        async with h2_client(world) as client:
            with pytest.raises(httpx.LocalProtocolError) as caught:
                await client.get(server.url, headers=headers)
            whom = server.url.partition("//")[2]
            assert str(caught.value) == f"{text} (in the request to {whom})"
            assert (await client.get(server.url)).status_code == 200
    assert len(server.streams) == 1


async def test_trailers_and_interim_responses_do_not_disturb(world: World) -> None:
    def script(peer: Peer) -> None:
        peer.start()
        stream = peer.request().stream_id
        for _ in range(3):
            peer.headers(stream, (":status", "103"), ("link", "</a.css>"))
        peer.headers(stream, (":status", "200"), ("x", "y"))
        peer.data(stream, b"hello")
        peer.headers(stream, ("x-trailer", "late"), end=True)
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            answer = await client.get(server.url)
            assert (answer.content, answer.headers.raw) == (b"hello", [(b"x", b"y")])
            assert_at_rest(client)


async def test_padding_is_no_end(world: World) -> None:
    """A DATA frame may bring padding and nothing else; its bytes count for the windows."""

    def script(peer: Peer) -> None:
        peer.start()
        stream = peer.request().stream_id
        peer.headers(stream, (":status", "200"))
        peer.data(stream, pad=200)
        peer.data(stream, b"some", pad=100)
        peer.data(stream, pad=255)
        peer.data(stream, b"more")
        peer.data(stream, end=True)
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            assert (await client.get(server.url)).content == b"somemore"
            assert_at_rest(client)


async def test_trace(world: World) -> None:
    told: list[tuple[str, dict[str, Any]]] = []

    def note(name: str, info: dict[str, Any]) -> None:
        told.append((name, info))

    async def awaited_note(name: str, info: dict[str, Any]) -> None:
        note(name, info)

    extensions = {"trace": note if world.name == "blocking" else awaited_note}
    with HTTP2Server(lambda stream: (200, [("x", "y")], b"ok")) as server:
        async with h2_client(world) as client:
            for _ in range(2):
                await client.get(server.url, extensions=extensions)
    names = [name.removeprefix("http2.") for name, _ in told if name.startswith("http2.")]
    spans = ["send_request_headers", "send_request_body"]
    spans = [f"{span}.{end}" for span in spans for end in ("started", "complete")]
    settings = ["receive_remote_settings.started", "receive_remote_settings.complete"]
    begin, end = "receive_response_headers.started", "receive_response_headers.complete"
    close = [f"{s}.{e}" for s in ("receive_response_body", "response_closed")
             for e in ("started", "complete")]  # fmt: skip
    init = ["send_connection_init.started", "send_connection_init.complete"]
    first = [*init, *spans, begin, *settings, end, *close]
    assert names == [*first, *spans, begin, end, *close]
    infos = {name: info for name, info in told if name.startswith("http2.")}
    assert infos["http2.receive_response_headers.complete"]["return_value"] == (
        200, [(b"x", b"y")],
    )  # fmt: skip
    assert infos["http2.receive_remote_settings.complete"]["return_value"]["MAX_FRAME_SIZE"]
    for span in ("send_request_headers", "receive_response_body"):
        assert set(infos[f"http2.{span}.started"]) == {"request", "stream_id"}
    assert infos["http2.response_closed.started"] == {"stream_id": 3}


# -- many exchanges --------------------------------------------------------------------------


async def test_a_cold_burst_makes_one_handshake(world: World) -> None:
    with HTTP2Server(lambda stream: OK) as server:
        async with h2_client(world) as client:
            answers = await world.gather(*[partial(client.get, server.url)] * 100)
            assert [answer.status_code for answer in answers] == [200] * 100
            await all_at_rest(world, client, server)
    assert server.accepted <= 2


async def test_a_slow_upload_first_does_not_hold_up_the_burst(world: World) -> None:
    """Nobody reads the peer's SETTINGS while the first request's body is being made."""
    with HTTP2Server(lambda stream: OK) as server:
        async with h2_client(world) as client:

            def others_done() -> None:
                server.wait_for(lambda: sum(stream.ended for stream in server.streams) == 5)

            async def upload() -> Any:
                content = source(world, b"first", others_done, b"last")
                return await client.post(server.url, content=content)

            if world.name == "blocking":  # in the other worlds a source that waits stops the loop
                answers = await world.gather(upload, *[partial(client.get, server.url)] * 5)
                assert [answer.status_code for answer in answers] == [200] * 6
            else:
                answer = await client.post(server.url, content=source(world, b"first", b"last"))
                assert answer.status_code == 200
            await all_at_rest(world, client, server)
    assert server.accepted == 1


async def test_more_connections_where_streams_run_out(world: World) -> None:
    """50 run at once over 5 connections of 10 streams each."""

    def app(stream: Stream) -> None:
        if len(server.streams) == 50:
            for one in server.streams:
                one.answer(body=b"ok")

    with HTTP2Server(app, settings={"MAX_CONCURRENT_STREAMS": 10}) as server:
        limits = httpx.Limits(max_connections=5)
        async with h2_client(world, limits=limits) as client:
            answers = await world.gather(*[partial(client.get, server.url)] * 50)
            assert [answer.content for answer in answers] == [b"ok"] * 50
    assert server.accepted == 5
    assert max(session.most_open for session in server.sessions) == 10


async def test_a_lowered_and_raised_limit_is_kept(world: World) -> None:
    """MAX_CONCURRENT_STREAMS 100 -> 1 -> 100 under 60 uploads, on one connection."""

    def app(stream: Stream) -> tuple[int, list[tuple[str, str]], bytes]:
        done = sum(stream.ended for stream in server.streams)
        if done == 1:
            stream.session.update(MAX_CONCURRENT_STREAMS=1)
        elif done == 30:
            stream.session.update(MAX_CONCURRENT_STREAMS=100)
        return OK

    with HTTP2Server(app, settings={"MAX_CONCURRENT_STREAMS": 100}) as server:
        async with h2_client(world, limits=httpx.Limits(max_connections=1)) as client:
            post = partial(client.post, server.url, content=b"x" * 100_000)
            answers = await world.gather(*[post] * 60)
            assert [getattr(answer, "content", answer) for answer in answers] == [b"ok"] * 60
            await all_at_rest(world, client, server)
    assert server.accepted == 1


async def test_a_limit_of_zero_is_kept(world: World) -> None:
    """The first request leaves before the limit is known; the next takes another connection."""

    def script(peer: Peer) -> None:
        peer.start(MAX_CONCURRENT_STREAMS=0)
        peer.respond(peer.request().stream_id, b"%d" % peer.number)
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            for number in (b"0", b"1", b"2"):
                assert (await client.get(server.url)).content == number
    assert server.accepted == 3


async def test_a_slow_reader_does_not_hold_up_the_others(world: World) -> None:
    big = b"x" * (STREAM_WINDOW + 500_000)
    with HTTP2Server(lambda stream: (200, [], big)) as server:
        async with h2_client(world) as client:
            async with client.stream("GET", server.url) as slow:
                chunks = slow.aiter_raw()
                received = len(await anext(chunks))
                for _ in range(10):  # together more than the connection's window
                    assert len((await client.get(server.url)).content) == len(big)
                async for chunk in chunks:
                    received += len(chunk)
                assert received == len(big)
            await all_at_rest(world, client, server)
    assert server.accepted == 1


async def test_given_up_streams_leave_nothing_behind(world: World, full: bool) -> None:
    """Responses closed early, and POSTs that are timed out, or cancelled where there are tasks:
    then whole downloads, all on one connection. Every existing client stalls here, or runs out of
    streams."""
    early, late = (500, 500) if full else (60, 150)
    big = b"x" * (4 * 1024 * 1024)

    def app(stream: Stream) -> Any:
        return None if stream.headers[":method"] == "POST" else (200, [], big)

    with HTTP2Server(app) as server:
        async with h2_client(world) as client:
            for _ in range(early):
                async with client.stream("GET", server.url) as answer:
                    await anext(answer.aiter_raw())
            post = partial(client.post, server.url, content=b"body", timeout=QUICK)
            for turn in range(late // 50):
                if turn % 2 and world.name != "blocking":
                    seen = early + 50 * turn + 50
                    await cancel_when_under_way(world, client, server, 50, seen)
                    continue
                errors = await world.gather(*[post] * 50)
                assert {type(error) for error in errors} == {httpx.ReadTimeout}
            downloads = await world.gather(*[partial(client.get, server.url)] * 10)
            assert [len(answer.content) for answer in downloads] == [len(big)] * 10
            await all_at_rest(world, client, server)
    assert server.accepted == 1
    given_up = server.streams[: early + late]
    assert {stream.reset for stream in given_up} == {8}


async def cancel_when_under_way(
    world: World, client: Any, server: HTTP2Server, count: int, seen: int
) -> None:
    """Cancel some POSTs as soon as the server has `seen` so many requests in all."""
    import anyio

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(partial(client.post, server.url, content=b"body", timeout=None))
        await world.until(lambda: len(server.streams) == seen)
        group.cancel_scope.cancel()


async def test_one_reset_for_each_stream_given_up(world: World) -> None:
    """What is still on its way to a stream that was given up is not answered again."""

    def script(peer: Peer) -> None:
        peer.start()
        stream = peer.request().stream_id
        peer.headers(stream, (":status", "200"))
        peer.data(stream, b"first")
        assert peer.next(frames.RstStreamFrame).error_code == 8
        for _ in range(5):
            peer.data(stream, b"more")
        peer.window(stream, 5)
        peer.headers(stream, ("x-trailer", "late"), end=True)
        stream = peer.request().stream_id
        peer.respond(stream, b"second", ("x-a", "b"))
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            async with client.stream("GET", server.url) as answer:
                assert await anext(answer.aiter_raw()) == b"first"
            assert (await client.get(server.url)).content == b"second"
            assert_at_rest(client)
    seen = [frame for frame in server.peers[0].seen if isinstance(frame, frames.RstStreamFrame)]
    assert len(seen) == 1


async def test_each_stream_has_its_own_deadline(world: World) -> None:
    """Whoever reads: one with a short time-out does not end the one without, nor wait for it."""

    def app(stream: Stream) -> Any:
        if stream.path == "/release":
            next(one for one in server.streams if one.path == "/patient").answer(body=b"at last")
            return OK
        return None

    with HTTP2Server(app) as server:
        async with h2_client(world) as client:

            async def patient() -> Any:
                return await client.get(server.url + "/patient", timeout=None)

            async def hasty() -> Any:
                began = time.monotonic()
                with pytest.raises(httpx.ReadTimeout) as caught:
                    await client.get(server.url + "/hasty", timeout=QUICK)
                took = time.monotonic() - began
                await client.get(server.url + "/release")
                return caught.value, took

            first, (error, took) = await world.gather(patient, hasty)
            assert first.content == b"at last"
            port = server.port
            assert str(error) == f"timed out after 0.15 s while reading from 127.0.0.1:{port}"
            assert took < 5
            await all_at_rest(world, client, server)
    resets = {stream.path: stream.reset for stream in server.streams}
    assert resets == {"/patient": None, "/hasty": 8, "/release": None}
    assert server.accepted == 1


async def test_a_busy_connection_does_not_hide_a_timeout(world: World) -> None:
    """Frames for others keep coming: that is no sign of life for this stream."""

    def script(peer: Peer) -> None:
        peer.start()
        talking = peer.request().stream_id
        peer.headers(talking, (":status", "200"))
        peer.request()
        while not any(isinstance(frame, frames.RstStreamFrame) for frame in peer.seen):
            peer.data(talking, b"x" * 100)
            peer.ping()
            while not isinstance(peer.frame(), (frames.PingFrame, frames.RstStreamFrame)):
                pass
        peer.data(talking, b"", end=True)
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            async with client.stream("GET", server.url) as talking:
                with pytest.raises(httpx.ReadTimeout):
                    await client.get(server.url, timeout=QUICK)
                assert set(await talking.aread()) == set(b"x")
            assert_at_rest(client)


# -- uploads ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 16_384, 65_535, 65_536, 200_000, 5_000_000])
async def test_uploads_of_any_size(world: World, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    with HTTP2Server(lambda stream: OK) as server:
        async with h2_client(world) as client:
            await client.post(server.url, content=body)
            half = len(body) // 2
            pieces = [piece for piece in (body[:half], body[half:]) if piece]
            await client.post(server.url, content=source(world, *pieces))
            await all_at_rest(world, client, server)
    assert [bytes(stream.body) == body for stream in server.streams] == [True, True]


async def test_an_upload_costs_what_it_weighs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte is looked at once, in slices of the one body, and never lies in a long queue."""
    body = bytes(30_000_000)
    offered: list[int] = []
    queued: list[int] = []
    send_body, put = HTTP2Codec.send_body, Outbox.put

    def watched(codec: HTTP2Codec, stream: int, data: memoryview, ends: bool = False) -> int:
        assert data.obj is body
        offered.append(len(data))
        return send_body(codec, stream, data, ends)

    def counted(outbox: Outbox, data: bytes) -> None:
        put(outbox, data)
        queued.append(len(outbox))

    monkeypatch.setattr(HTTP2Codec, "send_body", watched)
    monkeypatch.setattr(Outbox, "put", counted)

    def script(peer: Peer) -> None:
        peer.start(INITIAL_WINDOW_SIZE=2**31 - 1, MAX_FRAME_SIZE=2**20)
        peer.window(0, 2**30)
        while (frame := peer.frame()) is not None:
            if frame.stream_id and "END_STREAM" in frame.flags:
                peer.respond(frame.stream_id)

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            await client.get(server.url)
            await client.post(server.url, content=body)
    assert sum(offered) == len(body)
    assert max(offered) == 65536
    assert max(queued) < 2 * 65536


async def test_an_upload_waits_for_its_window(world: World) -> None:
    """No window at all at first, then a little of it, then less than none."""
    body = b"x" * 50_000

    def script(peer: Peer) -> None:
        peer.start(INITIAL_WINDOW_SIZE=0)
        get = peer.request()
        peer.respond(get.stream_id, b"settled")
        post = peer.request().stream_id
        peer.ping()  # nothing but its answer follows while the window is closed
        assert isinstance(peer.frame(), frames.PingFrame)
        peer.window(post, 10_000)
        assert len(peer.next(frames.DataFrame).data) == 10_000
        peer.settings(INITIAL_WINDOW_SIZE=20_000)
        received = 10_000
        while received < 30_000:
            received += len(peer.next(frames.DataFrame).data)
        peer.settings(INITIAL_WINDOW_SIZE=5_000)  # the stream's window is negative now
        peer.window(post, 15_000)  # and nought now
        peer.ping()
        while not isinstance(frame := peer.frame(), frames.PingFrame):
            assert isinstance(frame, frames.SettingsFrame)
        peer.window(post, 20_000)
        while received < 50_000:
            frame = peer.next(frames.DataFrame)
            received += len(frame.data)
        assert "END_STREAM" in frame.flags
        peer.respond(post, b"all of it")
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            await client.get(server.url)
            assert (await client.post(server.url, content=body)).content == b"all of it"
            assert_at_rest(client)


def changing_limits(seed: int, peer: Peer) -> None:
    """Lower both limits in the middle, and raise them when an answer to a PING tells that the
    client has seen it."""
    chance = random.Random(seed)
    received: dict[int, int] = {}
    peer.start(INITIAL_WINDOW_SIZE=20_000)
    peer.window(0, 2**30)
    count = 0
    while (frame := peer.frame()) is not None:
        if isinstance(frame, frames.PingFrame):
            window = chance.choice([20_000, 65_535])
            peer.settings(INITIAL_WINDOW_SIZE=window, MAX_CONCURRENT_STREAMS=100)
        if not isinstance(frame, frames.DataFrame):
            continue
        stream, size = frame.stream_id, len(frame.data)
        received[stream] = received.get(stream, 0) + size
        if "END_STREAM" in frame.flags:
            peer.respond(stream, b"%d" % received[stream])
        elif size:
            peer.window(stream, size)
        count += 1
        if count % 50 == 0:
            window = chance.choice([0, 1, 5_000])
            peer.settings(INITIAL_WINDOW_SIZE=window, MAX_CONCURRENT_STREAMS=1)
            peer.ping()


async def test_limits_that_change_under_100_uploads(world: World, full: bool) -> None:
    """MAX_CONCURRENT_STREAMS falls to 1, and each stream's window to nought or below, in the
    middle of the uploads, again and again."""
    for seed in range(20 if full else 1):
        with FrameServer(partial(changing_limits, seed)) as server:
            limits = httpx.Limits(max_connections=1)
            async with h2_client(world, limits=limits, timeout=30) as client:
                post = partial(client.post, server.url, content=bytes(60_000))
                answers = await world.gather(*[post] * 100)
                texts = [getattr(answer, "text", answer) for answer in answers]
                assert texts == ["60000"] * 100
                assert_at_rest(client)
        assert server.accepted == 1


async def test_a_closed_window_times_out_as_a_write(world: World) -> None:
    with HTTP2Server(lambda stream: OK, settings={"INITIAL_WINDOW_SIZE": 0}) as server:
        async with h2_client(world) as client:
            await client.get(server.url)
            with pytest.raises(httpx.WriteTimeout) as caught:
                timeout = httpx.Timeout(10, write=0.1)
                await client.post(server.url, content=b"x", timeout=timeout)
            assert str(caught.value).endswith(f"while writing to 127.0.0.1:{server.port}")
            assert (await client.get(server.url)).content == b"ok"
            await all_at_rest(world, client, server)


async def test_uploads_share_a_window_that_is_given_back_slowly(world: World) -> None:
    body = b"y" * 300_000
    with HTTP2Server(lambda stream: OK, settings={"INITIAL_WINDOW_SIZE": 20_000}) as server:
        async with h2_client(world) as client:
            post = partial(client.post, server.url, content=body)
            answers = await world.gather(*[post] * 20)
            assert [getattr(answer, "content", answer) for answer in answers] == [b"ok"] * 20
            await all_at_rest(world, client, server)
    assert {len(stream.body) for stream in server.streams} == {len(body)}


@pytest.mark.parametrize("how", ["complete", "reset"])
async def test_an_early_response_ends_the_upload(world: World, how: str) -> None:
    def script(peer: Peer) -> None:
        peer.start()
        peer.window(0, 2**20)
        stream = peer.request().stream_id
        peer.next(frames.DataFrame)
        peer.headers(stream, (":status", "413"))
        peer.data(stream, b"too large", end=True)
        if how == "reset":
            peer.reset(stream, 0)
        else:
            assert peer.next(frames.RstStreamFrame).error_code == 8
        peer.respond(peer.request().stream_id, b"next")
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            answer = await client.post(server.url, content=b"x" * 3_000_000)
            assert (answer.status_code, answer.content) == (413, b"too large")
            assert (await client.get(server.url)).content == b"next"
            assert_at_rest(client)
    assert server.accepted == 1


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("length", "word"), [(3, "much"), (9, "little")])
async def test_a_body_has_the_length_that_it_announced(
    world: World, length: int, word: str, streamed: bool
) -> None:
    with HTTP2Server(lambda stream: OK) as server:
        async with h2_client(world) as client:
            await client.get(server.url)
            content = source(world, b"hel", b"lo") if streamed else b"hello"
            headers = {"Content-Length": str(length)}
            with pytest.raises(httpx.LocalProtocolError) as caught:
                await client.post(server.url, content=content, headers=headers)
            whom = server.url.partition("//")[2]
            text = f"Too {word} data for declared Content-Length (in the request to {whom})"
            assert str(caught.value) == text
            await all_at_rest(world, client, server)
            await client.get(server.url)
    assert [stream.reset for stream in server.streams] == (
        [None, 8, None] if streamed else [None] * 2
    )


async def test_a_source_that_fails_resets_its_stream(world: World) -> None:
    def fail() -> None:
        raise ValueError("no more")

    with HTTP2Server(lambda stream: OK) as server:
        async with h2_client(world) as client:
            for pieces in ([fail], [b"some", fail]):
                with pytest.raises(ValueError, match="no more"):
                    await client.post(server.url, content=source(world, *pieces))
            assert (await client.get(server.url)).content == b"ok"
            await all_at_rest(world, client, server)
    assert [stream.reset for stream in server.streams] == [8, None]


# -- idle connections ------------------------------------------------------------------------


async def test_an_idle_connection_that_was_closed_is_not_used(world: World) -> None:
    def script(peer: Peer) -> None:
        peer.start()
        peer.respond(peer.request().stream_id, b"ok")
        peer.goaway(1)

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            for number in (1, 2):
                post = partial(client.post, server.url, content=b"not idempotent")
                assert (await post()).content == b"ok"
                server.wait_for(lambda n=number: server.accepted - server.open == n)
    assert server.accepted == 2


async def test_what_an_idle_peer_said_is_heard_before_the_next_use(world: World) -> None:
    """A SETTINGS and a PING that came meanwhile are answered, and the connection is used."""

    def script(peer: Peer) -> None:
        peer.start()
        peer.respond(peer.request().stream_id, b"one")
        peer.settings(MAX_CONCURRENT_STREAMS=7)
        peer.ping()
        server._note(lambda: said.append(True))
        peer.respond(peer.request().stream_id, b"two")
        peer.read_to_end()

    said: list[bool] = []
    with FrameServer(script) as server:
        async with h2_client(world) as client:
            assert (await client.get(server.url)).content == b"one"
            server.wait_for(lambda: said)
            assert (await client.get(server.url)).content == b"two"
            assert connection_of(client).capacity == 7
    assert server.accepted == 1


async def test_after_a_long_silence_the_peer_is_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_PING_AFTER", -1.0)
    with HTTP2Server(lambda stream: OK) as server:
        async with h2_client(world) as client:
            for _ in range(3):
                assert (await client.get(server.url)).content == b"ok"
            assert connection_of(client)._codec.pongs == 2
            await all_at_rest(world, client, server)
    assert server.accepted == 1


async def test_a_peer_that_does_not_answer_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_PING_AFTER", -1.0)
    monkeypatch.setattr(connections, "_PING_WAIT", 0.1)

    def script(peer: Peer) -> None:
        peer.start()
        peer.respond(peer.request().stream_id, b"%d" % peer.number)
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            for number in (b"0", b"1"):
                assert (await client.post(server.url, content=b"x")).content == number
    assert server.accepted == 2


@pytest.mark.parametrize(("size", "reset"), [(100, None), (5_000_000, 8)])
async def test_a_response_that_is_forgotten_gives_its_stream_back(
    world: World, size: int, reset: int | None
) -> None:
    with HTTP2Server(lambda stream: (200, [], b"x" * size)) as server:
        async with h2_client(world) as client:
            answer = await client.send(client.build_request("GET", server.url), stream=True)
            with warnings.catch_warnings():  # of an unclosed response
                warnings.simplefilter("ignore", ResourceWarning)
                del answer
                gc.collect()
            assert len((await client.get(server.url)).content) == size
            await all_at_rest(world, client, server)
    assert server.accepted == 1
    assert server.streams[0].reset == reset


async def test_a_response_leaves_no_cycle(world: World) -> None:
    """With the collector off, a failed exchange and its request are gone at once."""

    def script(peer: Peer) -> None:
        peer.start()
        peer.reset(peer.request().stream_id, 2)
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            gc.collect()
            gc.disable()
            try:
                request = client.build_request("POST", server.url)
                gone = weakref.ref(request)
                try:
                    await client.send(request)
                except httpx.RemoteProtocolError as exc:
                    text = str(exc)
                assert "INTERNAL_ERROR" in text
                del request
                assert gone() is None
            finally:
                gc.enable()


async def test_a_source_is_let_go_when_the_response_comes_early(world: World) -> None:
    """A generator that is left half-way ends then, and not at the collector's pleasure."""
    ended: list[str] = []

    def pieces() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 100_000
        finally:
            ended.append("now")

    async def awaited_pieces() -> AsyncIterator[bytes]:
        for piece in pieces():
            yield piece

    def script(peer: Peer) -> None:
        peer.start()
        peer.window(0, 2**24)
        stream = peer.request().stream_id
        peer.next(frames.DataFrame)
        peer.headers(stream, (":status", "413"), end=True)
        assert peer.next(frames.RstStreamFrame).error_code == 8
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            content = pieces() if world.name == "blocking" else awaited_pieces()
            assert (await client.post(server.url, content=content)).status_code == 413
            if world.name == "blocking":
                assert ended == ["now"]
            assert_at_rest(client)


async def test_a_server_may_answer_while_it_reads(world: World) -> None:
    """And not read on before it has answered: more than any window of both."""
    size = 6_000_000

    def script(peer: Peer) -> None:
        peer.start(INITIAL_WINDOW_SIZE=100_000)
        peer.window(0, 2**24)
        stream = peer.request().stream_id
        peer.headers(stream, (":status", "200"))
        window, echoed = STREAM_WINDOW, 0
        while echoed < size:
            frame = peer.frame()
            if isinstance(frame, frames.WindowUpdateFrame) and frame.stream_id:
                window += frame.window_increment
            elif isinstance(frame, frames.DataFrame):
                while window < len(frame.data):  # the client has to take what is there
                    update = peer.next(frames.WindowUpdateFrame)
                    window += update.window_increment if update.stream_id else 0
                peer.data(stream, frame.data)
                window -= len(frame.data)
                echoed += len(frame.data)
                peer.window(stream, len(frame.data) or 1)
        peer.data(stream, end=True)
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            body = bytes(range(250)) * (size // 250)
            assert (await client.post(server.url, content=body)).content == body
            assert_at_rest(client)
