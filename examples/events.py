"""Streams of JSON lines and of events, as AI services send them.

    python examples/events.py

`events` reads the format of server-sent events (the WHATWG's HTML standard, section 9.2.6) from
any lines; `follow` goes on after a broken connection where the last event left off. What answers
with JSON lines (NDJSON) needs only `iter_records`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
from server import serve

__all__ = ["Event", "EventReader", "follow"]

HEADERS = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
# Silence between two events is normal; a dead connection should still be noticed.
TIMEOUT = httpx.Timeout(10, read=60)


@dataclass(frozen=True)
class Event:
    data: str
    name: str = "message"
    id: str = ""


class EventReader:
    """Makes events of lines.

    Attributes:
        last_id: the id to go on from.
        retry: seconds to wait before connecting again.
    """

    def __init__(self, limit: int = 1_000_000) -> None:
        self.last_id = ""
        self.retry = 3.0
        self._limit = limit
        self._data: list[str] = []
        self._size = 0
        self._name = ""

    def feed(self, line: str) -> Event | None:
        """The event that this line ends. `ValueError` if it became larger than the limit."""
        if not line:
            event = Event("\n".join(self._data), self._name or "message", self.last_id)
            is_one = bool(self._data)
            self._data, self._size, self._name = [], 0, ""
            return event if is_one else None
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._size += len(value)
            if self._size > self._limit:
                raise ValueError(f"an event of more than {self._limit} characters")
            self._data.append(value)
        elif field == "event":
            self._name = value
        elif field == "id" and "\0" not in value:
            self.last_id = value
        elif field == "retry" and value.isdecimal():
            self.retry = int(value) / 1000
        return None


def check(response: httpx.Response) -> None:
    """That this is a stream of events."""
    response.raise_for_status()
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if kind != "text/event-stream":
        raise ValueError(f"expected a text/event-stream, not {kind!r}")


def follow(client: httpx.Client, url: str, tries: int = 5) -> Iterator[Event]:
    """Events up to "[DONE]", connecting again, at most `tries` times in a row without any event."""
    reader, left = EventReader(), tries
    while True:
        headers = HEADERS | ({"Last-Event-ID": reader.last_id} if reader.last_id else {})
        try:
            with client.stream("GET", url, headers=headers, timeout=TIMEOUT) as response:
                check(response)
                for line in response.iter_records():
                    if (event := reader.feed(line)) is not None:
                        if event.data == "[DONE]":
                            return
                        left = tries
                        yield event
        except httpx.TransportError:
            if not left:
                raise
        if not left:
            raise ValueError(f"{url} ends again and again without an event")
        left -= 1
        time.sleep(reader.retry)


async def chat(client: httpx.AsyncClient, url: str) -> AsyncIterator[str]:
    """What a service says, word by word; asked once, since asking again would cost again."""
    reader = EventReader()
    body = {"stream": True, "messages": [{"role": "user", "content": "Say something."}]}
    async with client.stream("POST", url, json=body, headers=HEADERS, timeout=TIMEOUT) as response:
        check(response)
        async for line in response.aiter_records():
            if (event := reader.feed(line)) is not None:
                if event.data == "[DONE]":
                    return
                yield json.loads(event.data)["delta"]
    raise ValueError(f"{url} ended before its answer did")


async def run(base_url: str) -> None:
    async with httpx.AsyncClient(base_url=base_url) as client:
        async for word in chat(client, "/events/5"):
            print(word, end="")
        print()


def main() -> None:
    with serve() as server, httpx.Client(base_url=server.http) as client:
        print("lines:", end=" ")
        with client.stream("GET", "/lines/3") as response:
            print([json.loads(record) for record in response.raise_for_status().iter_records()])
        words = [json.loads(event.data)["delta"] for event in follow(client, "/events/5")]
        print("events:", "".join(words))
        print("chat:", end=" ")
        asyncio.run(run(server.http))


if __name__ == "__main__":
    main()
