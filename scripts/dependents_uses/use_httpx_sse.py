"""httpx-sse: events of a response, sync and async."""

import asyncio
import importlib.metadata

from httpx_sse import SSEError, aconnect_sse, connect_sse

import httpx

TEXT = b'id: 1\nevent: greet\ndata: {"a": 1}\n\n: comment\nretry: 10\ndata: two\ndata: lines\n\n'


def answer(request: httpx.Request) -> httpx.Response:
    assert request.headers["accept"] == "text/event-stream"
    if request.url.path == "/plain":
        return httpx.Response(200, text="no events")
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=TEXT)


transport = httpx.MockTransport(answer)
with httpx.Client(transport=transport) as client:
    with connect_sse(client, "GET", "http://example.org/") as source:
        events = list(source.iter_sse())
    assert [(e.event, e.data, e.id) for e in events] == [
        ("greet", '{"a": 1}', "1"),
        ("message", "two\nlines", "1"),
    ]
    assert events[0].json() == {"a": 1}
    with connect_sse(client, "GET", "http://example.org/plain") as source:
        try:
            list(source.iter_sse())
        except SSEError as error:
            assert isinstance(error, httpx.TransportError)
        else:
            raise AssertionError("a plain answer was taken for events")


async def main() -> None:
    async with httpx.AsyncClient(transport=transport) as c:
        async with aconnect_sse(c, "GET", "http://example.org/") as source:
            assert len([event async for event in source.aiter_sse()]) == 2


asyncio.run(main())
print(f"httpx-sse {importlib.metadata.version('httpx-sse')}: events, sync and async")
