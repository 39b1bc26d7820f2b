"""A cache for responses: what is fresh is not asked for, what is stale is asked about.

    python examples/caching.py

Private, in memory, of a bounded size, for one thread, and deliberately small: GET without `Vary`,
`max-age`, `no-store`, `no-cache`, `ETag` and `Last-Modified` (RFC 9111). For all of the RFC, use a
package.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from server import serve

__all__ = ["Cached"]


# With one of these, a request is not for everybody's answer.
PARTICULAR = ("Authorization", "Range", "If-None-Match", "If-Modified-Since")


@dataclass
class Entry:
    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes
    fresh_until: float

    def response(self, request: httpx.Request, how: bytes) -> httpx.Response:
        """As from the network: the content is decoded again, since it was kept as it travelled."""
        headers = [*self.headers, (b"X-Cache", how)]
        return httpx.Response(
            self.status,
            headers=headers,
            stream=httpx.ByteStream(self.content),
            request=request,
        )


class Cached(httpx.BaseTransport):
    """Answers from memory where that is allowed, else through another transport.

    Args:
        transport: what asks the servers.
        size: how many responses are kept; the one unused for longest goes first.
        largest: bytes that a response may have to be kept.
        clock: seconds from any beginning.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport,
        size: int = 1000,
        largest: int = 1_000_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.transport, self.size, self.largest, self.clock = transport, size, largest, clock
        self._kept: OrderedDict[str, Entry] = OrderedDict()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET" or any(name in request.headers for name in PARTICULAR):
            return self.transport.handle_request(request)
        key = str(request.url)
        entry = self._kept.get(key)
        if entry is not None:
            self._kept.move_to_end(key)
            if self.clock() < entry.fresh_until:
                return entry.response(request, b"fresh")
            self._make_conditional(request, entry)
        response = self.transport.handle_request(request)
        if entry is not None and response.status_code == 304:
            response.close()
            entry.fresh_until = self._fresh_until(response)
            return entry.response(request, b"still valid")
        return self._keep(key, request, response)

    def close(self) -> None:
        self.transport.close()

    def _make_conditional(self, request: httpx.Request, entry: Entry) -> None:
        known = httpx.Headers(entry.headers)
        for validator, condition in (
            ("ETag", "If-None-Match"),
            ("Last-Modified", "If-Modified-Since"),
        ):
            if validator in known:
                request.headers.setdefault(condition, known[validator])

    def _fresh_until(self, response: httpx.Response) -> float:
        control = response.headers.get("Cache-Control", "")
        age = re.search(r"\bmax-age=(\d+)", control)
        return self.clock() + (int(age[1]) if age and "no-cache" not in control else 0)

    def _keep(self, key: str, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        headers = response.headers
        worth = (
            "ETag" in headers
            or "Last-Modified" in headers
            or "max-age" in headers.get("Cache-Control", "")
        )
        length = headers.get("Content-Length", "")
        if (
            response.status_code != 200
            or not worth
            or "no-store" in headers.get("Cache-Control", "")
            or "Vary" in headers
            or not length.isdecimal()  # nobody knows how large it becomes
            or int(length) > self.largest
        ):
            return response
        content = b"".join(response.iter_raw())
        entry = Entry(200, headers.raw, content, self._fresh_until(response))
        self._kept[key] = entry
        while len(self._kept) > self.size:
            self._kept.popitem(last=False)
        return entry.response(request, b"new")


def main() -> None:
    seconds = 0.0  # a clock that this program moves
    cache = Cached(httpx.HTTPTransport(), clock=lambda: seconds)
    with serve() as server, httpx.Client(transport=cache, base_url=server.http) as client:
        for seconds in (0.0, 0.5, 1.5, 2.0):
            response = client.get("/cached")
            print(f"{seconds} s: {response.headers['x-cache']}, {len(response.content)} bytes")


if __name__ == "__main__":
    main()
