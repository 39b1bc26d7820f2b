"""FastAPI: its TestClient, and an AsyncClient over ASGITransport."""

import asyncio
import warnings

warnings.filterwarnings("ignore", message="Using `httpx`")

import fastapi  # noqa: E402
from fastapi import Depends, FastAPI, Header, HTTPException  # noqa: E402
from fastapi.testclient import TestClient  # noqa: E402

import httpx  # noqa: E402

app = FastAPI()


def user(authorization: str = Header()) -> str:
    if authorization != "Bearer token":
        raise HTTPException(401)
    return "me"


@app.get("/items/{number}")
async def item(number: int, q: str | None = None, who: str = Depends(user)):
    return {"number": number, "q": q, "who": who}


@app.post("/items", status_code=201)
def create(body: dict):
    return body


headers = {"Authorization": "Bearer token"}
client = TestClient(app)
assert client.get("/items/3?q=x", headers=headers).json() == {"number": 3, "q": "x", "who": "me"}
assert client.get("/items/x", headers=headers).status_code == 422
assert client.get("/items/3", headers={"Authorization": "no"}).status_code == 401
assert client.post("/items", json={"a": 1}).status_code == 201
assert client.get("/openapi.json").json()["info"]["title"] == "FastAPI"


async def main() -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as c:
        responses = await asyncio.gather(*(c.get(f"/items/{n}", headers=headers) for n in range(5)))
        assert [r.json()["number"] for r in responses] == list(range(5))


asyncio.run(main())
print(f"fastapi {fastapi.__version__}: TestClient, and AsyncClient over ASGITransport")
