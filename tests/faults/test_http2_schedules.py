"""Random schedules over many streams: whatever happens to each, nothing is left behind.

A seed decides what each of many workers asks for, how the server answers it (whole, slowly,
refused, reset, early, not at all, with other SETTINGS in between), and where the worker gives up:
by a time-out, by closing the response, or cancelled at its n-th wait. Afterwards no stream is
open, no role is taken, every window is whole again, and each connection still works.
"""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import httpx

from ..cancellation import Stepper
from ..connections.test_http2 import all_at_rest, assert_at_rest, h2_client, source
from ..http2_server import HTTP2Server, Stream
from ..servers import PATIENCE
from ..worlds import World

WORKERS = 16
STEPS = 8
EXPECTED = (httpx.ReadTimeout, httpx.WriteTimeout)


class Chaos:
    """A server whose answer is told by the path; and what else it does, by chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def __call__(self, stream: Stream) -> Any:
        if self.chance.random() < 0.05:
            stream.session.update(MAX_CONCURRENT_STREAMS=self.chance.choice([1, 5, 100]))
        if self.chance.random() < 0.05:
            stream.session.update(INITIAL_WINDOW_SIZE=self.chance.choice([20_000, 65_535, 500_000]))
        what = stream.path[1:]
        if what == "refused":
            if self.chance.random() < 0.5:
                stream.refuse()
                return None
            what = "small"
        if what == "reset":
            stream.refuse(2)
        if what in ("reset", "silent"):
            return None
        return 200, [], b"x" * (3_000_000 if what == "big" else 10)


async def one_step(world: World, client: Any, url: str, chance: random.Random) -> None:
    what = chance.choice(["small", "small", "big", "refused", "reset", "silent"])
    upload = chance.choice([None, None, 100, 100_000, 400_000])
    timeout = httpx.Timeout(PATIENCE, read=0.05 if what == "silent" else PATIENCE)
    content: Any = None if upload is None else bytes(upload)
    if upload is not None and what != "refused" and chance.random() < 0.5:
        content = source(world, *[bytes(upload // 4)] * 4)
    request = client.build_request(
        "GET" if upload is None else "POST", f"{url}/{what}", content=content, timeout=timeout
    )
    response = None
    try:
        response = await client.send(request, stream=True)
        if chance.random() < 0.3:
            await anext(response.aiter_raw())
        else:
            size = len(await response.aread())
            assert size == (3_000_000 if what == "big" else 10)
    except EXPECTED:
        if what != "silent":
            raise
    except httpx.RemoteProtocolError as exc:
        if not (what == "reset" or (what == "refused" and "refused" in str(exc))):
            raise
    finally:
        if response is not None:
            await response.aclose()


async def cancelled(chance: random.Random, step: Any) -> None:
    """Run a step, and cancel it at one of its waits."""
    import anyio

    with anyio.CancelScope() as scope:
        stepper = Stepper(
            step(), scope.cancel, chance.randrange(1, 12), 1, "waiting", lambda number: None
        )
        await stepper.run()


async def worker(world: World, client: Any, url: str, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(STEPS):
        step = partial(one_step, world, client, url, chance)
        if world.name != "blocking" and chance.random() < 0.4:
            await cancelled(chance, step)
        else:
            await step()


async def test_nothing_is_left_behind(world: World, full: bool) -> None:
    for seed in range(40 if full else 2):
        with HTTP2Server(Chaos(seed)) as server:
            limits = httpx.Limits(max_connections=1)
            async with h2_client(world, limits=limits) as client:
                # Else who dials may be cancelled there, and another one makes the connection.
                await client.get(f"{server.url}/small")
                workers = [
                    partial(worker, world, client, server.url, seed * 1000 + number)
                    for number in range(WORKERS)
                ]
                results = await world.gather(*workers)
                assert results == [None] * WORKERS, results
                assert_at_rest(client)
                assert (await client.get(f"{server.url}/small")).content == b"x" * 10
                await all_at_rest(world, client, server)
                # A dial that was cancelled is none of them.
                assert client.pool_stats().opened == 1
