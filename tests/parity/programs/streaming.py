"""The rules of streams: once, not after close, the right kind, closing at the end."""

from ..helpers import (
    AChunks,
    Chunks,
    aattempt,
    aclient,
    apieces,
    arun,
    attempt,
    client,
    gathered,
    httpx,
    pieces,
)
from ..table import program

PROGRAMS = r"""
r = Response(200, content=pieces(b"a")); list(r.iter_raw()); list(r.iter_raw())
r = Response(200, content=pieces(b"a")); list(r.iter_bytes()); list(r.iter_bytes())
r = Response(200, content=pieces(b"a")); list(r.iter_raw()); r.read()
r = Response(200, content=pieces(b"a")); list(r.iter_raw()); r.content
r = Response(200, content=pieces(b"a")); r.read(); list(r.iter_raw())
r = Response(200, content=b"a"); list(r.iter_raw())
r = Response(200, content=b"a"); (list(r.iter_bytes()), list(r.iter_bytes()), list(r.iter_text()), list(r.iter_lines()))
r = Response(200, content=pieces(b"a")); r.close(); (r.is_closed, r.is_stream_consumed); list(r.iter_raw())
r = Response(200, content=pieces(b"a")); r.close(); r.read()
r = Response(200, content=pieces(b"a")); r.close(); r.content
r = Response(200, content=pieces(b"a")); r.close(); r.close(); r.is_closed
r = Response(200, content=apieces(b"a")); list(r.iter_raw())
r = Response(200, content=apieces(b"a")); r.read()
r = Response(200, content=apieces(b"a")); r.close()
r = Response(200, content=pieces(b"a")); arun(r.aread())
r = Response(200, content=pieces(b"a")); arun(r.aclose())
r = Response(200, content=b"a"); arun(r.aread()), r.is_closed
r = Response(200, content=b"a"); list(r.iter_raw(0))
r = Response(200, stream=Chunks(b"a")); (r.is_closed, r.read(), r.is_closed, r.stream.closed)
s = Chunks(b"a", b"b"); r = Response(200, stream=s); (next(r.iter_raw()), r.is_closed, s.closed, r.is_stream_consumed); r.close(); (r.is_closed, s.closed)
s = Chunks(b"a", b"b"); r = Response(200, stream=s); list(r.iter_bytes()); (r.is_closed, s.closed, r.is_stream_consumed)
s = Chunks(b"a", ValueError("boom")); r = Response(200, stream=s); attempt(r.read), r.is_closed, s.closed
s = Chunks(b"a", httpx.ReadError("boom")); r = Response(200, stream=s, request=Request("GET", "http://a")); attempt(r.read)
str(StreamConsumed()), str(StreamClosed()), str(ResponseNotRead()), str(RequestNotRead())
StreamConsumed("x")
StreamError("x"), StreamError()
r = Response(200, content=pieces(b"a")); r.read(); r.close(); (r.content, list(r.iter_bytes()))
with_extra = Response(200, content=b"a"); [x for x in with_extra.iter_text(chunk_size=5)]
"""  # noqa: E501


@program
def async_rules():
    async def main():
        loaded = httpx.Response(200, content=b"ab")
        fresh = httpx.Response(200, content=apieces(b"a", b"b"))
        closed = httpx.Response(200, content=apieces(b"a"))
        await closed.aclose()
        sync = httpx.Response(200, content=pieces(b"a"))
        return [
            await aattempt(gathered(loaded.aiter_raw())),
            await aattempt(gathered(loaded.aiter_bytes())),
            await aattempt(gathered(loaded.aiter_text(1))),
            await aattempt(gathered(fresh.aiter_raw())),
            await aattempt(gathered(fresh.aiter_raw())),
            await aattempt(fresh.aread()),
            await aattempt(gathered(closed.aiter_bytes())),
            await aattempt(closed.aread()),
            await aattempt(gathered(sync.aiter_raw())),
            attempt(list, httpx.Response(200, content=apieces(b"a")).iter_lines()),
            attempt(list, httpx.Response(200, content=apieces(b"a")).iter_text()),
        ]

    return arun(main())


@program
def async_break_leaves_open():
    async def main():
        stream = AChunks(b"a", b"b")
        response = httpx.Response(200, stream=stream)
        async for _ in response.aiter_bytes():
            break
        before = [response.is_closed, stream.closed]
        await response.aclose()
        return [*before, response.is_closed, stream.closed]

    return arun(main())


@program
def client_stream_context():
    stream = Chunks(b"a", b"b")
    c = client(lambda request: httpx.Response(200, stream=stream))
    with c.stream("GET", "http://a/") as response:
        before = [response.is_closed, stream.closed, response.is_stream_consumed]
    return [*before, response.is_closed, stream.closed, attempt(response.read)]


@program
def client_stream_read_inside():
    c = client(lambda request: httpx.Response(200, stream=Chunks(b"a", b"b")))
    with c.stream("GET", "http://a/") as response:
        return [response.read(), response.is_closed, type(response.stream).__name__]


@program
def client_stream_raises_inside():
    stream = Chunks(b"a", b"b")
    c = client(lambda request: httpx.Response(200, stream=stream))
    try:
        with c.stream("GET", "http://a/"):
            raise ValueError("mine")
    except ValueError as error:
        return [str(error), stream.closed]


@program
def client_stream_not_read():
    c = client(lambda request: httpx.Response(200, stream=Chunks(b"a")))
    with c.stream("GET", "http://a/") as response:
        return [attempt(lambda: response.content), attempt(lambda: response.text)]


@program
def client_elapsed():
    c = client(lambda request: httpx.Response(200, stream=Chunks(b"a")))
    with c.stream("GET", "http://a/") as response:
        inside = attempt(lambda: response.elapsed)
    return [inside, type(response.elapsed).__name__]


@program
def client_read_error_has_request():
    c = client(lambda request: httpx.Response(200, stream=Chunks(b"a", httpx.ReadError("cut"))))
    try:
        c.get("http://a/")
    except httpx.ReadError as error:
        return [str(error), str(error.request.url)]


@program
def client_stream_type():
    seen = []
    c = client(lambda request: httpx.Response(200, stream=Chunks(b"a")))
    with c.stream("GET", "http://a/") as response:
        seen.append(isinstance(response.stream, httpx.SyncByteStream))
    return seen


@program
def async_client_stream():
    async def main():
        stream = AChunks(b"a", b"b")
        async with aclient(lambda request: httpx.Response(200, stream=stream)) as c:
            async with c.stream("GET", "http://a/") as response:
                first = [chunk async for chunk in response.aiter_raw()]
            return [first, response.is_closed, stream.closed, response.num_bytes_downloaded]

    return arun(main())


@program
def wrong_kind_of_response_stream():
    c = client(lambda request: httpx.Response(200, stream=AChunks(b"a")))
    return attempt(c.get, "http://a/")


@program
def wrong_kind_of_response_stream_async():
    async def main():
        async with aclient(lambda request: httpx.Response(200, stream=Chunks(b"a"))) as c:
            return await aattempt(c.get("http://a/"))

    return arun(main())


@program
def async_body_with_sync_client():
    return attempt(client().post, "http://a/", content=apieces(b"a"))


@program
def sync_body_with_async_client():
    async def main():
        async with aclient() as c:
            return await aattempt(c.post("http://a/", content=pieces(b"a")))

    return arun(main())


@program
def send_with_stream_true():
    stream = Chunks(b"a")
    c = client(lambda request: httpx.Response(200, stream=stream))
    response = c.send(c.build_request("GET", "http://a/"), stream=True)
    before = [response.is_closed, stream.closed]
    response.close()
    return [*before, response.is_closed, stream.closed]
