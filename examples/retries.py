"""Sending again what may be sent again: both kinds of client, one set of rules.

    python examples/retries.py

Repeats idempotent requests, and POST with an `Idempotency-Key`, after faults that may pass: no
connection, a broken one, a time-out, 429, 502, 503, 504. Waits as long as `Retry-After` says, else
for a random time that may grow to twice the last. `Timeout(total=...)` of a call bounds it all: an
attempt that would begin too late is not made.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from server import serve

__all__ = ["AsyncRetry", "Retry", "Rules"]

MAY_PASS = (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError)


@dataclass(frozen=True)
class Rules:
    """When to send again, and when.

    Attributes:
        attempts: how often a request is sent at most.
        first: seconds that the first wait takes at most.
        longest: seconds that any wait takes at most; who asks for more is not asked again.
        methods: what may be sent twice.
        statuses: answers that may be others next time.
        chance: gives a number between 0 and 1.
    """

    attempts: int = 4
    first: float = 0.5
    longest: float = 30.0
    methods: frozenset[str] = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
    statuses: frozenset[int] = frozenset({429, 502, 503, 504})
    chance: Callable[[], float] = random.random

    def wait(
        self, request: httpx.Request, attempt: int, outcome: httpx.Response | Exception
    ) -> float | None:
        """Seconds until the next attempt; `None` if there is none."""
        if attempt == self.attempts:
            return None
        if request.method not in self.methods and "Idempotency-Key" not in request.headers:
            return None
        seconds = self.chance() * min(self.longest, self.first * 2 ** (attempt - 1))
        if isinstance(outcome, httpx.Response):
            if outcome.status_code not in self.statuses:
                return None
            seconds = max(seconds, retry_after(outcome))
        deadline = request.extensions.get("deadline")
        if deadline is not None and seconds >= deadline.remaining():
            return None
        return seconds if seconds <= self.longest else None


def retry_after(response: httpx.Response) -> float:
    """Seconds that the server asks for: a number or a date (RFC 9110 10.2.3); 0 if it does not."""
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


class Retry(httpx.BaseTransport):
    """Sends through another transport, by the rules."""

    def __init__(self, transport: httpx.BaseTransport, rules: Rules | None = None) -> None:
        self.transport, self.rules = transport, rules or Rules()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        attempt = 1
        while True:
            try:
                response = self.transport.handle_request(request)
            except MAY_PASS as exc:
                if (wait := self.rules.wait(request, attempt, exc)) is None:
                    raise
            else:
                if (wait := self.rules.wait(request, attempt, response)) is None:
                    return response
                response.close()
            time.sleep(wait)
            attempt += 1

    def close(self) -> None:
        self.transport.close()


class AsyncRetry(httpx.AsyncBaseTransport):
    """The same for an `AsyncClient`."""

    def __init__(self, transport: httpx.AsyncBaseTransport, rules: Rules | None = None) -> None:
        self.transport, self.rules = transport, rules or Rules()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        attempt = 1
        while True:
            try:
                response = await self.transport.handle_async_request(request)
            except MAY_PASS as exc:
                if (wait := self.rules.wait(request, attempt, exc)) is None:
                    raise
            else:
                if (wait := self.rules.wait(request, attempt, response)) is None:
                    return response
                await response.aclose()
            await asyncio.sleep(wait)
            attempt += 1

    async def aclose(self) -> None:
        await self.transport.aclose()


async def run(base_url: str) -> None:
    transport = AsyncRetry(httpx.AsyncHTTPTransport(), Rules(first=0.01))
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        print("async:", (await client.get("/flaky/2")).json())


def main() -> None:
    with serve() as server:
        transport = Retry(httpx.HTTPTransport(), Rules(first=0.01))
        with httpx.Client(transport=transport, base_url=server.http) as client:
            print("blocking:", client.get("/flaky/2").json())
            print("not repeated:", client.post("/flaky/2").status_code)
            key = {"Idempotency-Key": "7f3a"}
            print("repeated:", client.post("/flaky/2", headers=key).status_code)
        asyncio.run(run(server.http))


if __name__ == "__main__":
    main()
