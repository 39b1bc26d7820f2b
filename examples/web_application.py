"""A FastAPI application that asks another service, with one client for all its requests.

    python examples/web_application.py        calls it in this process, without a server
    uvicorn --factory web_application:create  serves it (in examples/, with UPSTREAM set)

Needs the package `fastapi`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse

import httpx
from server import serve

__all__ = ["create"]


def create(
    upstream: str | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> FastAPI:
    """The application.

    Args:
        upstream: the URL of the service that it asks; by default `UPSTREAM` of the environment.
        transport: what sends the requests; for tests.
    """
    base_url = upstream or os.environ["UPSTREAM"]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Here, and not at import: the client belongs to the event loop of its worker.
        async with httpx.AsyncClient(
            base_url=base_url, timeout=httpx.Timeout(5, total=10), transport=transport
        ) as client:
            app.state.client = client
            yield

    app = FastAPI(lifespan=lifespan)
    app.get("/people/{number}")(person)
    app.get("/films/{size}")(film)
    return app


def shared_client(request: Request) -> httpx.AsyncClient:
    client: httpx.AsyncClient = request.app.state.client
    return client


Client = Annotated[httpx.AsyncClient, Depends(shared_client)]


async def person(number: int, client: Client) -> dict[str, str]:
    """One question to the service; each of its faults has a status of ours."""
    try:
        response = await client.get(f"/users/{number}")
        response.raise_for_status()
    except httpx.HTTPStatusError as exc:
        missing = exc.response.status_code == 404
        raise HTTPException(404 if missing else 502, "the service says no") from exc
    except httpx.TimeoutException as exc:
        raise HTTPException(504, "the service is too slow") from exc
    except httpx.RequestError as exc:
        raise HTTPException(502, "the service does not answer") from exc
    return {"name": response.json()["name"]}


async def film(size: int, client: Client) -> StreamingResponse:
    """A large body, handed on as it comes. If the caller goes away, so does our request."""
    request = client.build_request("GET", f"/download/{size}", timeout=httpx.Timeout(5, read=60))
    response = await client.send(request, stream=True)

    async def body() -> AsyncIterator[bytes]:
        try:
            async for piece in response.aiter_bytes():
                yield piece
        finally:
            await response.aclose()

    kind = response.headers.get("Content-Type")
    return StreamingResponse(body(), response.status_code, media_type=kind)


async def run(upstream: str) -> None:
    app = create(upstream)
    # ASGITransport sends no lifespan events: the context is entered here.
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://testserver"
        ) as caller,
    ):
        answers = await asyncio.gather(*(caller.get(f"/people/{n}") for n in range(1, 4)))
        print([answer.json()["name"] for answer in answers])
        print((await caller.get("/people/x")).status_code)
        async with caller.stream("GET", "/films/500000") as response:
            print(sum([len(piece) async for piece in response.aiter_bytes()]))


def main() -> None:
    with serve() as server:
        asyncio.run(run(server.http))


if __name__ == "__main__":
    main()
