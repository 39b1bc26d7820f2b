"""`Timeout(total=...)`: one deadline for a call, from its first hop to its body (USERS.md 7).

How transports keep it is tested with the transports; here, that they all get the same one.
"""

from __future__ import annotations

from typing import Any

import httpx
from httpx._config import Deadline
from tests.client.helpers import redirecting
from tests.worlds import World


class Noting:
    """Notes the extensions of each request."""

    def __init__(self, handler: Any) -> None:
        self.handler = handler
        self.seen: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> Any:
        self.seen.append(dict(request.extensions))
        return self.handler(request)

    @property
    def deadlines(self) -> list[Any]:
        return [extensions.get("deadline") for extensions in self.seen]


def ok(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200)


async def test_none_by_default(world: World) -> None:
    noting = Noting(ok)
    async with world.client(transport=httpx.MockTransport(noting), timeout=5.0) as client:
        await client.get("http://a/")
    phases = {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0}
    assert noting.seen == [{"timeout": phases}]


async def test_one_for_all_hops(world: World) -> None:
    noting = Noting(redirecting(302, "/end"))
    async with world.client(
        transport=httpx.MockTransport(noting), timeout=httpx.Timeout(5, total=60)
    ) as client:
        response = await client.get("http://a/start", follow_redirects=True)
    first, second = noting.deadlines
    assert isinstance(first, Deadline)
    assert first is second is response.request.extensions["deadline"]
    assert 0 < first.remaining() <= 60


async def test_a_new_one_for_each_send(world: World) -> None:
    noting = Noting(ok)
    async with world.client(transport=httpx.MockTransport(noting)) as client:
        request = client.build_request("GET", "http://a/", timeout=httpx.Timeout(5, total=60))
        await client.send(request)
        await client.send(request)
        request.extensions["timeout"] = httpx.Timeout(5).as_dict()
        await client.send(request)
    first, second, third = noting.deadlines
    assert first is not second
    assert second is not None
    assert third is None
