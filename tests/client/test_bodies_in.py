"""Bodies of responses, over sockets: decoded in bounded memory, limited, and exact about faults."""

from __future__ import annotations

import gzip
import json
import threading
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import brotli
import pytest
import zstandard

import httpx
from tests.clock import LONG, Clock
from tests.servers import HTTPServer, RawServer, Reply, Request, response
from tests.worlds import World

CONTENT = b"".join(b"line %d of the body\n" % number for number in range(20_000))


def quick_brotli(data: bytes) -> bytes:
    return brotli.compress(data, quality=4)  # type: ignore[no-any-return]


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACK: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "gzip members": ("gzip", lambda d: gzip.compress(d[:1000]) + gzip.compress(d[1000:])),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", quick_brotli),
    "zstd": ("zstd", zstandard.compress),
    "zstd frames": (
        "zstd",
        lambda data: zstandard.compress(data[:1000]) + zstandard.compress(data[1000:]),
    ),
    "stacked": ("gzip, br, deflate", lambda d: zlib.compress(quick_brotli(gzip.compress(d)))),
    "unknown": ("x-mine", bytes),
    "unknown and gzip": ("x-mine, gzip", gzip.compress),
}


def pieces(data: bytes, size: int = 7000) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def coded(coding: str, body: bytes | list[bytes]) -> Reply:
    return Reply(headers={"Content-Encoding": coding}, body=body)


@pytest.mark.parametrize("name", PACK)
async def test_codings(world: World, name: str) -> None:
    coding, pack = PACK[name]
    packed = pack(CONTENT)
    routes = {"/length": coded(coding, packed), "/chunked": coded(coding, pieces(packed))}
    with HTTPServer(routes) as server:
        async with world.client(base_url=server.url) as client:
            for route in routes:
                answer = await client.get(route)
                assert answer.content == CONTENT
                assert answer.num_bytes_downloaded == len(packed)
                async with client.stream("GET", route) as answer:
                    assert b"".join([c async for c in answer.aiter_bytes()]) == CONTENT
                async with client.stream("GET", route) as answer:
                    assert b"".join([c async for c in answer.aiter_raw()]) == packed
    assert server.accepted == 1


BROKEN = {
    "cut short": lambda packed: packed[:-4],
    "rubbish": lambda packed: packed[: len(packed) // 2] + bytes(range(255, 0, -1)),
}


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("chunked", [False, True])
async def test_what_does_not_decode_costs_the_connection(
    world: World, coding: str, fault: str, chunked: bool
) -> None:
    broken = BROKEN[fault](PACK[coding][1](CONTENT))
    routes = {"/": coded(coding, pieces(broken) if chunked else broken), "/fine": b"fine"}
    limits = httpx.Limits(max_connections=1)
    with HTTPServer(routes) as server:
        async with world.client(base_url=server.url, limits=limits) as client:
            with pytest.raises(httpx.DecodingError) as raised:
                await client.get("/")
            assert raised.value.request.url.path == "/"
            assert (await client.get("/fine")).content == b"fine"
            assert server.accepted == 2
            got = []
            async with client.stream("GET", "/") as answer:
                with pytest.raises(httpx.DecodingError):
                    async for piece in answer.aiter_bytes():
                        got.append(piece)
                assert answer.is_closed
            # All that came before the fault; zstd gives a block of 128 KiB or nothing of it.
            intact = len(CONTENT) // 4 if fault == "rubbish" else len(CONTENT) - 131_072
            assert b"".join(got)[:intact] == CONTENT[:intact]
            assert (await client.get("/fine")).content == b"fine"
    assert server.accepted == 3


async def test_more_than_five_codings(world: World) -> None:
    body = CONTENT
    for _ in range(6):
        body = gzip.compress(body)
    routes = {"/": coded(", ".join(["gzip"] * 6), body), "/fine": b"fine"}
    with HTTPServer(routes) as server:
        async with world.client(
            base_url=server.url, limits=httpx.Limits(max_connections=1)
        ) as client:
            with pytest.raises(httpx.DecodingError, match="more than 5"):
                await client.get("/")
            async with client.stream("GET", "/") as answer:
                with pytest.raises(httpx.DecodingError, match="more than 5"):
                    await answer.aread()
            assert (await client.get("/fine")).content == b"fine"


def gzip_five_times(data: bytes) -> bytes:
    for _ in range(5):
        data = gzip.compress(data)
    return data


BOMBS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": quick_brotli,
    "zstd": zstandard.compress,
    "gzip, gzip, gzip, gzip, gzip": gzip_five_times,
}


@pytest.mark.parametrize("coding", BOMBS)
async def test_memory_is_bounded_whatever_the_ratio(world: World, coding: str) -> None:
    size = 48 << 20
    bomb = BOMBS[coding](bytes(size))
    with HTTPServer({"/": coded(coding, bomb)}) as server:
        async with world.client() as client:
            async with client.stream("GET", server.url) as answer:
                tracemalloc.start()
                try:
                    total = 0
                    async for piece in answer.aiter_bytes():
                        total += len(piece)
                    peak = tracemalloc.get_traced_memory()[1]
                finally:
                    tracemalloc.stop()
    assert total == size
    assert peak < 4 << 20


# -- a limit -----------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ["/length", "/chunked", "/gzip"])
async def test_a_limit_of_the_transport(world: World, route: str) -> None:
    limit = 100_000
    routes = {
        "/length": CONTENT,
        "/chunked": Reply(body=pieces(CONTENT)),
        "/gzip": coded("gzip", gzip.compress(CONTENT)),
        "/fits": CONTENT[:limit],
    }
    text = f"The body is larger than max_response_size, which is {limit} bytes"
    with HTTPServer(routes) as server:
        transport = world.transport(max_response_size=limit)
        async with world.client(transport=transport, base_url=server.url) as client:
            assert (await client.get("/fits")).content == CONTENT[:limit]
            assert (await client.head(route)).content == b""
            assert server.accepted == 1
            with pytest.raises(httpx.ResponseTooLarge, match=text) as raised:
                await client.get(route)
            assert raised.value.request.url.path == route
            got = []
            async with client.stream("GET", route) as answer:
                with pytest.raises(httpx.ResponseTooLarge, match=text):
                    async for piece in answer.aiter_bytes():
                        got.append(piece)
                assert answer.is_closed
            # What is announced is refused at once; else, all that is allowed is given.
            allowed = b"" if route == "/length" else CONTENT[:limit]
            assert b"".join(got) == allowed
            assert (await client.get("/fits")).status_code == 200
    assert server.accepted == 3


@pytest.mark.parametrize(("own", "fits"), [(None, True), (len(CONTENT), True), (9, False)])
async def test_a_limit_of_one_request(world: World, own: int | None, fits: bool) -> None:
    with HTTPServer({"/": CONTENT}) as server:
        transport = world.transport(max_response_size=1000)
        async with world.client(transport=transport) as client:
            asking = client.get(server.url, extensions={"max_response_size": own})
            if fits:
                assert (await asking).content == CONTENT
            else:
                with pytest.raises(httpx.ResponseTooLarge, match="is 9 bytes, as its"):
                    await asking


async def test_a_limit_counts_what_travels_where_that_is_read(world: World) -> None:
    packed = gzip.compress(CONTENT)
    with HTTPServer({"/": coded("gzip", packed)}) as server:
        async with world.client() as client:
            limit = {"max_response_size": len(packed)}
            async with client.stream("GET", server.url, extensions=limit) as answer:
                assert b"".join([c async for c in answer.aiter_raw()]) == packed
            limit = {"max_response_size": len(packed) - 1}
            async with client.stream("GET", server.url, extensions=limit) as answer:
                with pytest.raises(httpx.ResponseTooLarge):
                    async for _ in answer.aiter_raw():
                        pass


async def test_a_limit_holds_for_text_lines_and_records(world: World) -> None:
    with HTTPServer({"/": Reply(body=pieces(CONTENT))}) as server:
        async with world.client() as client:
            for name in ("aiter_text", "aiter_lines", "aiter_records"):
                extensions = {"max_response_size": 100}
                async with client.stream("GET", server.url, extensions=extensions) as answer:
                    with pytest.raises(httpx.ResponseTooLarge):
                        async for _ in getattr(answer, name)():
                            pass


async def test_a_limit_of_nothing(world: World) -> None:
    extensions = {"max_response_size": 0}
    with HTTPServer({"/": Reply(body=[b"x"]), "/empty": b""}) as server:
        async with world.client(base_url=server.url) as client:
            assert (await client.get("/empty", extensions=extensions)).content == b""
            with pytest.raises(httpx.ResponseTooLarge, match="is 0 bytes"):
                await client.get("/", extensions=extensions)


@pytest.mark.parametrize("size", [-1, "1 MB", 1.5])
def test_what_is_no_limit(size: Any) -> None:
    with pytest.raises(ValueError, match=f"max_response_size is a number of bytes.*{size!r}"):
        httpx.HTTPTransport(max_response_size=size)
    with httpx.Client() as client:
        with pytest.raises(ValueError, match=f"max_response_size is a number of bytes.*{size!r}"):
            client.get("http://127.0.0.1:1/", extensions={"max_response_size": size})


@pytest.mark.parametrize("fast_lane", [True, False])
async def test_limits_of_a_head(world: World, fast_lane: bool) -> None:
    routes = {
        "/large": (200, {"X-Large": "x" * 3000}, b""),
        "/many": (200, [(f"X-{n}", "x") for n in range(30)], b""),
        "/fine": (200, [(f"X-{n}", "x") for n in range(15)], b"fine"),
    }
    with HTTPServer(routes) as server:
        transport = world.transport(max_head_size=2000, max_header_count=20, fast_lane=fast_lane)
        async with world.client(transport=transport, base_url=server.url) as client:
            assert (await client.get("/fine")).content == b"fine"
            with pytest.raises(httpx.RemoteProtocolError, match="head of more than 2000 bytes"):
                await client.get("/large")
            with pytest.raises(httpx.RemoteProtocolError, match="more than 20 fields"):
                await client.get("/many")
            assert (await client.get("/fine")).content == b"fine"
        async with world.client(base_url=server.url) as client:
            assert (await client.get("/large")).status_code == 200
            assert (await client.get("/many")).status_code == 200
    assert server.accepted == 4


async def test_a_head_without_end(world: World) -> None:
    """The default: 100 kB, whatever the rest is."""

    def serve(conn: Any) -> None:
        conn.read_head()
        conn.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            conn.send(b"X-More: " + b"x" * 10_000 + b"\r\n")

    with RawServer(serve) as server:
        async with world.client() as client:
            with pytest.raises(httpx.RemoteProtocolError, match="head of more than 102400 bytes"):
                await client.get(server.url)


# -- faults in the middle ----------------------------------------------------------------------


def breaks(head: dict[str, str], body: bytes, how: str) -> Callable[[Any], None]:
    def serve(conn: Any) -> None:
        conn.read_head()
        conn.send(response(200, head, b"") + body)
        if how == "reset":
            conn.receive()  # what has left must have been read, or a reset takes it along
            conn.reset()
        elif how == "silence":
            conn.hold()

    return serve


CHUNK = b"3e8\r\n" + bytes(1000) + b"\r\n"
FAULTS = [
    ({"Content-Length": "5000"}, bytes(1000), 5000, "received 1000 bytes, expected 5000"),
    ({"Transfer-Encoding": "chunked"}, CHUNK, None, "incomplete chunked read"),
    ({"Transfer-Encoding": "chunked"}, CHUNK + b"zz\r\n", None, None),
]


@pytest.mark.parametrize(("head", "body", "expected", "text"), FAULTS)
@pytest.mark.parametrize("method", ["aiter_bytes", "aiter_raw", "aiter_text"])
async def test_all_before_a_fault_is_given(
    world: World,
    head: dict[str, str],
    body: bytes,
    expected: int | None,
    text: str | None,
    method: str,
) -> None:
    with RawServer(breaks(head, body, "close")) as server:
        async with world.client(limits=httpx.Limits(max_connections=1)) as client:
            for _ in range(2):  # the second finds the pool's place free
                got = []
                async with client.stream("GET", server.url) as answer:
                    with pytest.raises(httpx.RemoteProtocolError, match=text) as raised:
                        async for piece in getattr(answer, method)(chunk_size=600):
                            got.append(piece)
                assert [len(piece) for piece in got] == [600, 400]
                assert raised.value.bytes_received == 1000
                assert raised.value.bytes_expected == expected
                assert raised.value.request.method == "GET"
            with pytest.raises(httpx.RemoteProtocolError) as raised:
                await client.get(server.url)
            assert raised.value.bytes_received == 1000
    assert server.accepted == 3


@pytest.mark.parametrize("how", ["reset", "silence"])
async def test_other_faults_tell_how_far_it_came(world: World, how: str, clock: Clock) -> None:
    error = {"reset": httpx.ReadError, "silence": httpx.ReadTimeout}[how]
    timeout = httpx.Timeout(LONG, total=LONG)

    def serve(conn: Any) -> None:
        if how == "silence":
            breaks({"Content-Length": "5000"}, bytes(1000), how)(conn)
            return
        conn.read_head()
        conn.send(response(200, {"Content-Length": "5000"}, b"") + bytes(1000))
        assert taken.wait(10)
        conn.reset()

    taken = threading.Event()
    with RawServer(serve) as server:
        async with world.client(timeout=timeout) as client:
            got = b""
            async with client.stream("GET", server.url) as answer:
                with pytest.raises(error) as raised:
                    async for piece in answer.aiter_bytes():
                        got += piece
                        if len(got) == 1000 and how == "reset":
                            taken.set()
                        elif len(got) == 1000:
                            clock.start()
    assert got == bytes(1000)
    assert (raised.value.bytes_received, raised.value.bytes_expected) == (1000, 5000)


async def test_more_than_announced_is_never_the_next_response(world: World) -> None:
    def serve(request: Request) -> None:
        request.conn.send(response(200, {"Content-Length": "2"}, b"ok") + b"HTTP/1.1 200 No\r\n")

    with HTTPServer(serve) as server:
        async with world.client() as client:
            for _ in range(2):
                answer = await client.get(server.url)
                assert (answer.content, answer.reason_phrase) == (b"ok", "OK")
    assert server.accepted == 2


# -- records -----------------------------------------------------------------------------------


async def test_records(world: World) -> None:
    records = [{"text": f"{end}within{end}"} for end in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"]
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    for end in ("\n", "\r\n", "\r"):
        body = end.join(lines).encode()
        for size in (1, 2, 5, len(body)):
            with HTTPServer({"/": Reply(body=pieces(body, size))}) as server:
                async with world.client() as client:
                    async with client.stream("GET", server.url) as answer:
                        got = [record async for record in answer.aiter_records()]
                        assert answer.is_closed
            assert got == lines
    assert len([line for text in lines for line in text.splitlines()]) > len(lines)


async def test_records_of_what_is_loaded_and_encoded(world: World) -> None:
    body = "ä\nö\n".encode("latin-1")
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain; charset=latin-1"}
    with HTTPServer({"/": Reply(headers=headers, body=gzip.compress(body))}) as server:
        async with world.client() as client:
            async with client.stream("GET", server.url) as answer:
                assert [record async for record in answer.aiter_records()] == ["ä", "ö"]
            answer = await client.get(server.url)
            assert [record async for record in answer.aiter_records()] == ["ä", "ö"]


async def test_a_record_that_breaks_off_is_not_given(world: World) -> None:
    head = {"Content-Length": "99"}
    with RawServer(breaks(head, b'{"a": 1}\n{"b": 2', "close")) as server:
        async with world.client() as client:
            got = []
            async with client.stream("GET", server.url) as answer:
                with pytest.raises(httpx.RemoteProtocolError):
                    async for record in answer.aiter_records():
                        got.append(record)
    assert got == ['{"a": 1}']
