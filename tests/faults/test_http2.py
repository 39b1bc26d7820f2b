"""HTTP/2 peers that go away, change their mind, break rules, or flood."""

from __future__ import annotations

import random
import socket
from functools import partial
from typing import Any

import pytest
from hyperframe import frame as frames

import httpx
from httpx._connections import http2 as connections
from httpx._protocols.http2_frames import MOST_IDLE

from ..connections.test_http2 import all_at_rest, assert_at_rest, connection_of, h2_client, source
from ..http2_server import FrameServer, HTTP2Server, Peer, Stream
from ..servers import PATIENCE
from ..worlds import World

# -- streams that the peer did not process ------------------------------------------------------


async def test_a_refused_stream_is_sent_again(world: World) -> None:
    """Whatever the method is, and with its body."""

    def app(stream: Stream) -> Any:
        if len(server.streams) % 2:
            stream.refuse()
            return None
        return 200, [], bytes(stream.body)

    with HTTP2Server(app) as server:
        async with h2_client(world) as client:
            assert (await client.get(server.url)).status_code == 200
            assert (await client.post(server.url, content=b"body")).content == b"body"
            await all_at_rest(world, client, server)
    assert server.accepted == 1
    assert len(server.streams) == 4


async def test_a_stream_that_is_always_refused_ends(world: World) -> None:
    with HTTP2Server(lambda stream: stream.refuse()) as server:
        async with h2_client(world) as client:
            with pytest.raises(httpx.RemoteProtocolError) as caught:
                await client.get(server.url)
            await all_at_rest(world, client, server)
    where = f"127.0.0.1:{server.port}"
    assert str(caught.value) == f"stream 7 was refused by {where} (REFUSED_STREAM)"
    assert len(server.streams) == 4


async def test_a_body_that_is_used_up_is_not_sent_again(world: World) -> None:
    with HTTP2Server(lambda stream: stream.refuse()) as server:
        async with h2_client(world) as client:
            with pytest.raises(httpx.RemoteProtocolError) as caught:
                await client.post(server.url, content=source(world, b"once"))
    assert str(caught.value).endswith(
        "The request was not sent again: its body cannot be read again."
    )


@pytest.mark.parametrize("code", [2, 8, 0xD, 0x1234])
async def test_a_stream_that_is_reset_is_not_sent_again(world: World, code: int) -> None:
    with HTTP2Server(lambda stream: stream.refuse(code)) as server:
        async with h2_client(world) as client:
            with pytest.raises(httpx.RemoteProtocolError) as caught:
                await client.get(server.url)
            await all_at_rest(world, client, server)
    name = {2: "INTERNAL_ERROR", 8: "CANCEL", 0xD: "HTTP_1_1_REQUIRED", 0x1234: "0x1234"}[code]
    assert str(caught.value) == f"stream 1 was reset by 127.0.0.1:{server.port} ({name})"
    assert len(server.streams) == 1


async def test_goaway_at_random_points(world: World, full: bool) -> None:
    """50 GETs at once; the server says GOAWAY in the midst of them, on several connections, and
    then finishes what it has accepted, but for one connection: no request fails (USERS.md 19)."""
    for seed in range(20 if full else 4):
        chance = random.Random(seed)
        # A request is sent again once after a connection was lost, and not if that had no other.
        points = [chance.randrange(2, 40) for _ in range(3)]
        graceful = [True, True, True]
        graceful[chance.randrange(3)] = chance.random() < 0.2
        left = [50]

        def script(
            peer: Peer,
            points: list[int] = points,
            graceful: Any = graceful,
            left: list[int] = left,
        ) -> None:
            peer.start()
            accepted: list[int] = []
            leaves_at = 1000
            if peer.number < len(points):
                leaves_at = min(points[peer.number], left[0])  # no more will come
            while (request := peer.request()) is not None:
                accepted.append(request.stream_id)
                if len(accepted) == leaves_at:
                    processed = len(accepted) // 2
                    last = accepted[processed]
                    if graceful[peer.number]:
                        left[0] -= processed + 1  # before the others go elsewhere
                    peer.goaway(last, 0 if graceful[peer.number] else 11, b"enough")
                    if not graceful[peer.number]:
                        return
                    for stream in accepted[: processed + 1]:
                        peer.respond(stream, b"ok")
                    accepted = []
                    peer.read_to_end()
                    return
                if leaves_at == 1000:
                    peer.respond(request.stream_id, b"ok")

        with FrameServer(script) as server:
            async with h2_client(world) as client:
                answers = await world.gather(*[partial(client.get, server.url)] * 50)
                assert [getattr(answer, "content", answer) for answer in answers] == [b"ok"] * 50
        assert server.accepted <= 8


async def test_after_goaway_the_others_end_and_new_ones_go_elsewhere(world: World) -> None:
    def script(peer: Peer) -> None:
        peer.start()
        first = peer.request().stream_id
        if peer.number:
            peer.respond(first, b"elsewhere")
            peer.read_to_end()
            return
        peer.headers(first, (":status", "200"))
        peer.data(first, b"begun, ")
        peer.goaway(first)
        assert peer.conn.server.wait_for(lambda: peer.conn.server.accepted == 2) is None
        peer.data(first, b"ended", end=True)
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            async with client.stream("GET", server.url) as begun:
                post = await client.post(server.url, content=b"not idempotent")
                assert post.content == b"elsewhere"
                assert await begun.aread() == b"begun, ended"
            assert len(pool_connections(client)) == 1
    assert server.accepted == 2


async def test_a_goaway_in_two_steps(world: World) -> None:
    """As RFC 9113 6.8 advises: first that no more will be taken, then up to where it was."""

    def script(peer: Peer) -> None:
        peer.start(MAX_CONCURRENT_STREAMS=2)
        if peer.number:
            peer.respond(peer.request().stream_id, b"elsewhere")
            peer.read_to_end()
            return
        peer.respond(peer.request().stream_id, b"settled")
        first, _ = peer.request().stream_id, peer.request().stream_id
        peer.goaway(2**31 - 1)
        peer.ping()
        assert any(isinstance(frame, frames.PingFrame) for frame in iter(peer.frame, None))
        peer.goaway(first)
        peer.respond(first, b"here")
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            await client.get(server.url)
            # Not idempotent: sent again only since the server says that it did not look at it.
            post = partial(client.post, server.url, content=b"x")
            answers = await world.gather(post, post)
            assert sorted(answer.content for answer in answers) == [b"elsewhere", b"here"]
    assert server.accepted == 2


def pool_connections(client: Any) -> list[Any]:
    return list(client._transport._pool._ledger.connections)


async def test_a_goaway_is_named_in_what_follows(world: World) -> None:
    def script(peer: Peer) -> None:
        peer.start()
        peer.goaway(peer.request().stream_id, 0xB, b"too many pings")
        peer.conn.shutdown_write()
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            with pytest.raises(httpx.RemoteProtocolError) as caught:
                await client.get(server.url)
    assert str(caught.value) == (
        "Server disconnected without sending a response. "
        f"(127.0.0.1:{server.port}, after GOAWAY: ENHANCE_YOUR_CALM b'too many pings')"
    )


async def test_a_lost_connection_fails_each_stream_by_its_own_error(world: World) -> None:
    """An idempotent one is sent again once, the others not; no exception is shared."""

    def script(peer: Peer) -> None:
        peer.start()
        for _ in range(6):
            peer.request()
        peer.conn.shutdown_write()
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            posts = [partial(client.post, server.url, content=b"x")] * 6
            errors = await world.gather(*posts)
    assert {type(error) for error in errors} <= {httpx.RemoteProtocolError, httpx.ReadError}
    assert len({id(error) for error in errors}) == 6
    assert all("not idempotent" in str(error) for error in errors)
    assert all(error.request.method == "POST" for error in errors)
    assert server.accepted == 1


async def test_a_body_that_is_cut_off_tells_how_far_it_came(world: World) -> None:
    def script(peer: Peer) -> None:
        peer.start()
        stream = peer.request().stream_id
        peer.headers(stream, (":status", "200"), ("content-length", "100"))
        peer.data(stream, b"x" * 60)
        peer.conn.shutdown_write()
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            async with client.stream("GET", server.url) as answer:
                received = b""
                with pytest.raises(httpx.RemoteProtocolError) as caught:
                    async for chunk in answer.aiter_raw():
                        received += chunk
    assert received == b"x" * 60
    assert str(caught.value) == (
        "peer closed connection without sending complete message body "
        f"(received 60 bytes, expected 100) (127.0.0.1:{server.port})"
    )
    assert (caught.value.bytes_received, caught.value.bytes_expected) == (60, 100)


# -- messages that are malformed: the fault of one stream ---------------------------------------


def short_data(peer: Peer, stream: int) -> None:
    peer.headers(stream, (":status", "200"), ("content-length", "10"))
    peer.data(stream, b"short", end=True)


def short_head(peer: Peer, stream: int) -> None:
    peer.headers(stream, (":status", "200"), ("content-length", "10"), end=True)


def short_trailers(peer: Peer, stream: int) -> None:
    peer.headers(stream, (":status", "200"), ("content-length", "10"))
    peer.data(stream, b"short")
    peer.headers(stream, ("x", "y"), end=True)


def long_data(peer: Peer, stream: int) -> None:
    peer.headers(stream, (":status", "200"), ("content-length", "3"))
    peer.data(stream, b"sh")
    peer.data(stream, b"ort", pad=3)


def data_after_204(peer: Peer, stream: int) -> None:
    peer.headers(stream, (":status", "204"))
    peer.data(stream, b"short", end=True)


def odd_status(peer: Peer, stream: int) -> None:
    peer.headers(stream, (":status", "2x0"), end=True)


def no_status(peer: Peer, stream: int) -> None:
    peer.headers(stream, ("server", "x"), end=True)


def late_status(peer: Peer, stream: int) -> None:
    peer.headers(stream, ("server", "x"), (":status", "200"), end=True)


def two_statuses(peer: Peer, stream: int) -> None:
    peer.headers(stream, (":status", "200"), (":status", "204"), end=True)


def upper_case_field(peer: Peer, stream: int) -> None:
    peer.headers(stream, (":status", "200"), ("X-Upper", "1"), end=True)


def connection_field(peer: Peer, stream: int) -> None:
    peer.headers(stream, (":status", "200"), ("connection", "close"), end=True)


def line_break(peer: Peer, stream: int) -> None:
    peer.headers(stream, (":status", "200"), ("x-a", "b\r\nc: d"), end=True)


def half_a_response(peer: Peer, stream: int) -> None:
    """RST_STREAM with NO_ERROR says that the request's body is not needed: not that the
    response is complete."""
    peer.headers(stream, (":status", "200"))
    peer.data(stream, b"short")
    peer.reset(stream, 0)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (short_data, "peer ended the stream without sending complete message body (received 5 "),
        (short_head, "peer ended the stream without sending complete message body (received 0 "),
        (short_trailers, "peer ended the stream without sending complete message body (received"),
        (long_data, "peer sent more than the message body announced (expected 3 bytes)"),
        (data_after_204, "peer sent more than the message body announced (expected 0 bytes)"),
        (odd_status, "malformed :status b'2x0'"),
        (no_status, "malformed :status b'x'"),
        (late_status, "malformed :status b'x'"),
        (two_statuses, "illegal header name b':status'"),
        (upper_case_field, "illegal header name b'X-Upper'"),
        (connection_field, "illegal header name b'connection'"),
        (line_break, "illegal character b'\\r' in a header value"),
        (half_a_response, "stream 1 was reset by"),
    ],
)
async def test_a_malformed_response_is_the_fault_of_its_stream(
    world: World, answer: Any, text: str
) -> None:
    def script(peer: Peer) -> None:
        peer.start()
        answer(peer, peer.request().stream_id)
        peer.respond(peer.request().stream_id, b"well")
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            with pytest.raises(httpx.RemoteProtocolError) as caught:
                await client.get(server.url)
            assert str(caught.value).startswith(text)
            assert f"127.0.0.1:{server.port}" in str(caught.value)
            assert (await client.get(server.url)).content == b"well"
            assert_at_rest(client)
    assert server.accepted == 1


async def test_a_head_response_has_a_length_and_no_body(world: World) -> None:
    def script(peer: Peer) -> None:
        peer.start()
        fields = (":status", "200"), ("content-length", "10")
        peer.headers(peer.request().stream_id, *fields, end=True)
        stream = peer.request().stream_id
        peer.headers(stream, (":status", "304"), ("content-length", "10"))
        peer.data(stream, end=True)
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            assert (await client.head(server.url)).headers["content-length"] == "10"
            assert (await client.get(server.url)).status_code == 304
            assert_at_rest(client)


# -- peers that break the protocol, or flood: the end of the connection -------------------------


def push(peer: Peer, stream: int) -> None:
    block = peer.encoder.encode([(":method", "GET"), (":path", "/")])
    peer.send(frames.PushPromiseFrame(stream, 2, block, flags=["END_HEADERS"]))


def naked_continuation(peer: Peer, stream: int) -> None:
    peer.send(frames.ContinuationFrame(stream, b"", flags=["END_HEADERS"]))


def interleaved_head(peer: Peer, stream: int) -> None:
    peer.send(frames.HeadersFrame(stream, b"\x88"))
    peer.ping()


def data_on_an_idle_stream(peer: Peer, stream: int) -> None:
    peer.data(stream + 2, b"x")


def too_large_a_frame(peer: Peer, stream: int) -> None:
    peer.headers(stream, (":status", "200"))
    peer.data(stream, bytes(70_000))


def window_overflow(peer: Peer, stream: int) -> None:
    peer.window(0, 2**31 - 1)


def short_goaway(peer: Peer, stream: int) -> None:
    peer.conn.send(b"\0\0\4\7\0\0\0\0\0abcd")


def bad_setting(peer: Peer, stream: int) -> None:
    peer.settings(MAX_FRAME_SIZE=1)


def broken_compression(peer: Peer, stream: int) -> None:
    peer.send(frames.HeadersFrame(stream, b"\xff\xff\xff\xff\xff", flags=["END_HEADERS"]))


def continuation_flood(peer: Peer, stream: int) -> None:
    peer.send(frames.HeadersFrame(stream, b"\x88"))
    for _ in range(200):
        peer.send(frames.ContinuationFrame(stream, b""))


def ping_flood(peer: Peer, stream: int) -> None:
    peer.conn.send(frames.PingFrame(0, b"abcdefgh").serialize() * (MOST_IDLE + 1))


def settings_flood(peer: Peer, stream: int) -> None:
    peer.conn.send(frames.SettingsFrame(0).serialize() * (MOST_IDLE + 1))


def reset_flood(peer: Peer, stream: int) -> None:
    peer.respond(stream, b"ok")
    peer.conn.send(frames.RstStreamFrame(stream, 8).serialize() * (MOST_IDLE + 100))


def empty_data_flood(peer: Peer, stream: int) -> None:
    peer.headers(stream, (":status", "200"))
    peer.conn.send(frames.DataFrame(stream, b"").serialize() * (MOST_IDLE + 100))


def interim_flood(peer: Peer, stream: int) -> None:
    for _ in range(MOST_IDLE + 100):
        peer.headers(stream, (":status", "103"))


def unknown_flood(peer: Peer, stream: int) -> None:
    peer.conn.send(b"\0\0\0\x77\0\0\0\0\0" * (MOST_IDLE + 1))


def oversized_header_list(peer: Peer, stream: int) -> None:
    """64 KiB and more, out of a table of 4 KiB: a bomb for who does not count."""
    fields = [("x-a", "b" * 1000)] * 80
    peer.headers(stream, (":status", "200"), *fields, end=True)


BREACHES = {
    push: (1, "Received pushed stream"),
    naked_continuation: (1, ""),
    interleaved_head: (1, "Invalid frame during header block"),
    data_on_an_idle_stream: (1, ""),
    too_large_a_frame: (6, "frame of 70000 bytes, over the limit of 65536"),
    window_overflow: (3, ""),
    short_goaway: (1, "malformed HTTP/2 GOAWAY"),
    bad_setting: (1, ""),
    broken_compression: (None, "Error decoding header block"),
    continuation_flood: (1, "Too many continuation frames"),
    ping_flood: (11, "flood of HTTP/2 frames without use, PING the last"),
    settings_flood: (11, "flood of HTTP/2 frames without use, SETTINGS the last"),
    reset_flood: (11, "flood of HTTP/2 frames without use, RST_STREAM the last"),
    empty_data_flood: (11, "flood of HTTP/2 frames without use, DATA the last"),
    interim_flood: (11, "flood of HTTP/2 frames without use, HEADERS the last"),
    unknown_flood: (11, "flood of HTTP/2 frames without use, unknown type 0x77 the last"),
    oversized_header_list: (11, "Oversized header block"),
}


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.__name__)
async def test_a_breach_ends_the_connection(world: World, breach: Any) -> None:
    """With one GOAWAY that says why, and an error that names the peer; the next request goes
    over another connection."""
    code, text = BREACHES[breach]

    def script(peer: Peer) -> None:
        peer.start()
        stream = peer.request().stream_id
        if peer.number:
            peer.respond(stream, b"well")
        else:
            stream = peer.request().stream_id  # so that somebody waits while the other ends
            breach(peer, stream)
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            posts = [partial(client.post, server.url, content=b"x")] * 2
            errors = await world.gather(*posts)
            failed = [error for error in errors if isinstance(error, Exception)]
            assert failed, errors
            for error in failed:
                assert type(error) is httpx.RemoteProtocolError
                assert text in str(error)
                assert f"127.0.0.1:{server.port}" in str(error)
            assert (await client.get(server.url)).content == b"well"
    seen = server.peers[0].seen
    goodbyes = [frame.error_code for frame in seen if isinstance(frame, frames.GoAwayFrame)]
    # It may be lost: closing a socket that holds unread bytes takes back what was sent.
    assert len(goodbyes) <= 1
    assert code is None or goodbyes in ([code], [])


async def test_a_peer_that_asks_and_does_not_read_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers to PINGs pile up in the out-queue only so far."""
    monkeypatch.setattr(connections, "_MOST_UNSENT", 100_000)
    monkeypatch.setattr(connections, "_BODY_SLICE", 1000)

    def script(peer: Peer) -> None:
        peer.start()
        stream = peer.request().stream_id
        peer.headers(stream, (":status", "200"))
        data = frames.DataFrame(stream, b"x").serialize()
        pings = frames.PingFrame(0, b"abcdefgh").serialize() * 15
        while True:  # until the client has had enough: every useful frame pays for 20 others
            peer.conn.send((data + pings) * 100)

    small = [(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)]
    transport = world.transport(http1=False, http2=True, socket_options=small)
    with FrameServer(script) as server:
        server._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        async with world.client(transport=transport, timeout=10) as client:
            with pytest.raises(httpx.RemoteProtocolError) as caught:
                await client.get(server.url)
    assert str(caught.value) == f"127.0.0.1:{server.port} does not read what it asks for"


async def test_a_response_in_tiny_pieces_is_no_flood(world: World) -> None:
    def script(peer: Peer) -> None:
        peer.start()
        stream = peer.request().stream_id
        peer.headers(stream, (":status", "200"))
        peer.conn.send(frames.DataFrame(stream, b"x").serialize() * 30_000)
        peer.data(stream, end=True)
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            assert (await client.get(server.url)).content == b"x" * 30_000


async def test_idle_talk_is_forgotten_after_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream that is silent for hours may see thousands of PINGs."""
    monkeypatch.setattr(connections, "_CALM_AFTER", 0.0)

    def script(peer: Peer) -> None:
        peer.start()
        stream = peer.request().stream_id
        for _ in range(4):
            peer.conn.send(frames.PingFrame(0, b"abcdefgh").serialize() * (MOST_IDLE // 2))
            for _ in range(MOST_IDLE // 2):
                assert isinstance(peer.frame(), (frames.PingFrame, frames.SettingsFrame))
        peer.respond(stream, b"at last")
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            assert (await client.get(server.url)).content == b"at last"
            assert connection_of(client).served == 1


async def test_what_came_before_the_end_can_be_read(world: World) -> None:
    """Also where it is so much that its window would be due for return."""
    size = 1_500_000

    def script(peer: Peer) -> None:
        peer.start()
        first = peer.request().stream_id
        peer.headers(first, (":status", "200"))
        second = peer.request().stream_id
        for _ in range(size // 15_000):
            peer.data(first, bytes(15_000))
        peer.respond(second, b"done")
        peer.conn.shutdown_write()
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            get = partial(client.get, server.url)

            async def slow() -> int:
                received = 0
                async with client.stream("GET", server.url) as answer:
                    await get()
                    with pytest.raises(httpx.RemoteProtocolError, match="without sending comp"):
                        async for chunk in answer.aiter_raw(1000):
                            received += len(chunk)
                return received

            (received,) = await world.gather(slow)
    assert received == size


async def test_a_peer_that_stops_reading_times_out_each_writer(world: World) -> None:
    """Whoever writes for all and whoever waits for that, each by its own time-out."""

    def script(peer: Peer) -> None:
        peer.start(INITIAL_WINDOW_SIZE=2**31 - 1)
        peer.window(0, 2**30)
        peer.respond(peer.request().stream_id, b"settled")
        peer.conn.server.stopping.wait(PATIENCE)

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            await client.get(server.url)
            timeout = httpx.Timeout(10, write=0.2)
            post = partial(client.post, server.url, content=bytes(30_000_000), timeout=timeout)
            errors = await world.gather(*[post] * 3)
            assert {type(error) for error in errors} == {httpx.WriteTimeout}
            assert {f"127.0.0.1:{server.port}" in str(error) for error in errors} == {True}
