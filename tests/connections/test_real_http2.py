"""HTTP/2 against servers that others wrote: nginx, nghttp2's own, and its reverse proxy."""

from __future__ import annotations

import ssl
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import httpx
from tests.connections.test_http2 import assert_at_rest, h2_client, source
from tests.real import nghttpd, nghttpx, nginx_files
from tests.worlds import World

pytestmark = pytest.mark.real

BIG = bytes(range(256)) * 20_000


@pytest.fixture
def files(tmp_path: Path) -> Path:
    directory = tmp_path / "files"
    directory.mkdir()
    (directory / "big").write_bytes(BIG)
    (directory / "small").write_bytes(b"small")
    return directory


async def test_nginx_over_tls(
    world: World, tmp_path: Path, ca: Any, ssl_context: ssl.SSLContext, files: Path
) -> None:
    with nginx_files(tmp_path, ca, files) as ports:
        url = f"https://localhost:{ports['tls']}"
        async with world.client(http2=True, verify=ssl_context, timeout=20) as client:
            answers = await world.gather(*[partial(client.get, f"{url}/files/small")] * 100)
            assert [getattr(answer, "content", answer) for answer in answers] == [b"small"] * 100
            assert {answer.http_version for answer in answers} == {"HTTP/2"}
            assert len({answer.headers["x-connection"] for answer in answers}) <= 2
            for _ in range(20):  # closed early: more than a connection's window of them
                async with client.stream("GET", f"{url}/files/big") as early:
                    assert await anext(early.aiter_raw())
            wholes = await world.gather(*[partial(client.get, f"{url}/files/big")] * 5)
            assert [getattr(whole, "content", whole) == BIG for whole in wholes] == [True] * 5, (
                wholes
            )
            for content in (BIG, source(world, BIG[:70_000], BIG[70_000:])):
                answer = await client.post(f"{url}/upload", content=content)
                assert answer.text == f"POST /upload {len(BIG)}"
            assert_at_rest(client)


async def test_nginx_leaves_connections(world: World, tmp_path: Path, ca: Any, files: Path) -> None:
    """With a GOAWAY after every 20 requests, under 100 at once, 8 streams each: no error."""
    with nginx_files(tmp_path, ca, files, requests=20, streams=8) as ports:
        url = f"http://127.0.0.1:{ports['plain']}/files/small"
        limits = httpx.Limits(max_connections=10)
        async with h2_client(world, limits=limits) as client:
            for _ in range(2):
                answers = await world.gather(*[partial(client.get, url)] * 100)
                contents = [getattr(answer, "content", answer) for answer in answers]
                assert contents == [b"small"] * 100


async def test_nginx_answers_before_it_has_read(
    world: World, tmp_path: Path, ca: Any, files: Path
) -> None:
    with nginx_files(tmp_path, ca, files) as ports:
        url = f"http://127.0.0.1:{ports['plain']}"
        async with h2_client(world) as client:
            for _ in range(3):
                answer = await client.post(f"{url}/limited", content=BIG)
                assert answer.status_code == 413
                assert (await client.get(f"{url}/files/small")).content == b"small"
            assert_at_rest(client)


async def test_nghttpd_echoes_while_it_reads(world: World, tmp_path: Path, files: Path) -> None:
    """It sends back what it gets, through windows of 64 KiB, with padding and a trailer."""
    options = ["--echo-upload", "-b", "200", "--trailer", "x-trailer: late"]
    with nghttpd(tmp_path, files, *options) as port:
        async with h2_client(world) as client:
            url = f"http://127.0.0.1:{port}/small"
            posts = [partial(client.post, url, content=BIG)] * 5
            answers = await world.gather(*posts)
            assert [getattr(answer, "content", answer) == BIG for answer in answers] == [True] * 5
            assert_at_rest(client)


async def test_nghttpd_in_small_portions(world: World, tmp_path: Path, files: Path) -> None:
    with nghttpd(tmp_path, files, "-m", "3", "-w", "14", "-W", "14") as port:
        limits = httpx.Limits(max_connections=2)
        async with h2_client(world, limits=limits) as client:
            url = f"http://127.0.0.1:{port}"
            get = partial(client.get, f"{url}/big")
            post = partial(client.post, f"{url}/small", content=BIG[:200_000])
            answers = await world.gather(*[get, post] * 10)
            contents = [getattr(answer, "content", answer) for answer in answers]
            assert contents[0::2] == [BIG] * 10
            assert contents[1::2] == [b"small"] * 10


async def test_nghttpx_in_front_of_an_origin(
    world: World, tmp_path: Path, ca: Any, ssl_context: ssl.SSLContext, files: Path
) -> None:
    """Few streams and small windows; what it writes anew as HTTP/1.1 is what was meant."""
    options = [
        "--frontend-http2-max-concurrent-streams=8", "--frontend-http2-window-size=16383",
        "--frontend-http2-connection-window-size=16383",
    ]  # fmt: skip
    limits = httpx.Limits(max_connections=4)
    with (
        nginx_files(tmp_path, ca, files) as ports,
        nghttpx(tmp_path, ca, ports["behind"], *options) as port,
    ):
        url = f"https://localhost:{port}"
        client = world.client(http2=True, verify=ssl_context, timeout=20, limits=limits)
        async with client:
            get = partial(client.get, f"{url}/a%20b?c=d", headers={"Connection": "keep-alive"})
            post = partial(client.post, f"{url}/p", content=BIG[:100_000])
            answers = await world.gather(*[get, post] * 30)
            texts = [getattr(answer, "text", answer) for answer in answers]
            assert texts == ["GET /a%20b?c=d ", "POST /p 100000"] * 30
            assert {answer.http_version for answer in answers} == {"HTTP/2"}
            assert (await client.head(f"{url}/h")).headers["content-length"] == "8"
            answer = await client.put(f"{url}/s", content=source(world, b"12", b"345"))
            assert answer.text.startswith("PUT /s")
