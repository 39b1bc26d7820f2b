"""Bodies over HTTP/2: what goes wrong with one costs its stream, and nobody else's."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hyperframe import frame as frames

import httpx
from tests.http2_server import Answer, FrameServer, HTTP2Server, Peer, Stream
from tests.worlds import World

CONTENT = bytes(range(256)) * 4000


def answer(stream: Stream) -> Answer:
    packed = gzip.compress(CONTENT)
    coded = [("content-encoding", "gzip")]
    bodies: dict[str, tuple[list[tuple[str, str]], bytes]] = {
        "/": ([("etag", '"one"')], CONTENT),
        "/coded": (coded, packed),
        "/short": (coded, packed[:-4]),
        "/broken": (coded, b"rubbish" * 100_000),
        "/echo": ([], bytes(stream.body)),
    }
    return 200, *bodies[stream.path]


def h2_client(world: World, **options: Any) -> Any:
    transport = world.transport(http1=False, http2=True, **options)
    return world.client(transport=transport, timeout=10)


async def test_bodies_both_ways(world: World, tmp_path: Path) -> None:
    (tmp_path / "up").write_bytes(CONTENT)
    digest = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    with HTTP2Server(answer) as server, (tmp_path / "up").open("rb") as file:
        async with h2_client(world) as client:
            assert (await client.get(f"{server.url}/coded")).content == CONTENT
            assert (await client.post(f"{server.url}/echo", content=file)).content == CONTENT
            await client.download(f"{server.url}/", tmp_path / "down", digest=digest)
    assert (tmp_path / "down").read_bytes() == CONTENT
    assert server.accepted == 1


@pytest.mark.parametrize("path", ["/short", "/broken"])
async def test_what_does_not_decode_costs_its_stream_only(world: World, path: str) -> None:
    with HTTP2Server(answer) as server:
        async with h2_client(world) as client:
            async with client.stream("GET", f"{server.url}/coded") as other:
                with pytest.raises(httpx.DecodingError):
                    await client.get(server.url + path)
                async with client.stream("GET", server.url + path) as broken:
                    with pytest.raises(httpx.DecodingError):
                        async for _ in broken.aiter_bytes():
                            pass
                assert await other.aread() == CONTENT
    assert server.accepted == 1


async def test_a_limit_resets_the_stream(world: World) -> None:
    with HTTP2Server(answer) as server:
        async with h2_client(world, max_response_size=1000) as client:
            for path in ("/", "/coded"):
                with pytest.raises(httpx.ResponseTooLarge, match="which is 1000 bytes"):
                    await client.get(server.url + path)
            extensions = {"max_response_size": None}
            answered = await client.get(f"{server.url}/", extensions=extensions)
            assert answered.content == CONTENT
    assert server.accepted == 1


async def test_it_goes_on_where_a_stream_was_reset(world: World, tmp_path: Path) -> None:
    asked = []

    def script(peer: Peer) -> None:
        peer.start()
        request = peer.request()
        asked.append(dict(request.fields).get("range"))
        peer.headers(
            request.stream_id,
            (":status", "200"),
            ("etag", '"one"'),
            ("content-length", str(len(CONTENT))),
        )
        peer.data(request.stream_id, CONTENT[:10_000])
        peer.reset(request.stream_id, 2)
        request = peer.request()
        asked.append(dict(request.fields).get("range"))
        part = f"bytes 10000-{len(CONTENT) - 1}/{len(CONTENT)}"
        peer.headers(request.stream_id, (":status", "206"), ("content-range", part))
        for start in range(10_000, len(CONTENT), 16_000):
            peer.data(request.stream_id, CONTENT[start : start + 16_000])
        peer.data(request.stream_id, end=True)
        peer.read_to_end()

    with FrameServer(script) as server:
        async with h2_client(world) as client:
            await client.download(server.url, tmp_path / "down")
    assert (tmp_path / "down").read_bytes() == CONTENT
    assert asked == [None, "bytes=10000-"]
    assert server.accepted == 1


async def test_a_source_that_is_left_half_way_ends(world: World) -> None:
    ended = []

    def blocking() -> Iterator[bytes]:
        try:
            while True:
                yield CONTENT
        finally:
            ended.append(True)

    async def awaiting() -> AsyncIterator[bytes]:
        try:
            while True:
                yield CONTENT
        finally:
            ended.append(True)

    def script(peer: Peer) -> None:
        peer.start()
        stream = peer.request().stream_id
        peer.next(frames.DataFrame)
        peer.headers(stream, (":status", "413"), end=True)
        peer.read_to_end()

    source: Any = blocking() if world.name == "blocking" else awaiting()
    with FrameServer(script) as server:
        async with h2_client(world) as client:
            answered = await client.post(server.url, content=source)
    assert answered.status_code == 413
    assert ended == [True]
