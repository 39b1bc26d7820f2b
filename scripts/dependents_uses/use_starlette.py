"""Starlette's TestClient: requests, bodies, cookies, redirects, errors, WebSocket, lifespan."""

import contextlib
import warnings

warnings.filterwarnings("ignore", message="Using `httpx`")

from starlette.applications import Starlette  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import (  # noqa: E402
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    StreamingResponse,
)
from starlette.routing import Route, WebSocketRoute  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402

events = []


async def echo(request: Request) -> JSONResponse:
    return JSONResponse(
        {
            "query": dict(request.query_params),
            "body": (await request.body()).decode(),
            "cookie": request.cookies.get("c"),
            "agent": request.headers["user-agent"],
        }
    )


async def form(request: Request) -> JSONResponse:
    async with request.form() as fields:
        upload = fields["file"]
        return JSONResponse([fields["name"], upload.filename, (await upload.read()).decode()])


def moved(request: Request) -> RedirectResponse:
    response = RedirectResponse("/echo?moved=1")
    response.set_cookie("c", "1")
    return response


def stream(request: Request) -> StreamingResponse:
    return StreamingResponse(iter(["a", "b"]))


def broken(request: Request) -> PlainTextResponse:
    raise ValueError("broken")


async def socket(websocket) -> None:
    await websocket.accept()
    await websocket.send_json({"said": await websocket.receive_text()})
    await websocket.close()


@contextlib.asynccontextmanager
async def lifespan(app):
    events.append("up")
    yield {"state": 1}
    events.append("down")


app = Starlette(
    routes=[
        Route("/echo", echo, methods=["GET", "POST", "PUT", "DELETE"]),
        Route("/form", form, methods=["POST"]),
        Route("/moved", moved),
        Route("/stream", stream),
        Route("/broken", broken),
        WebSocketRoute("/socket", socket),
    ],
    lifespan=lifespan,
)

with TestClient(app, headers={"X": "1"}) as client:
    assert client.get("/echo", params={"a": "1"}).json()["query"] == {"a": "1"}
    assert client.get("/echo").json()["agent"] == "testclient"
    assert client.post("/echo", json={"a": 1}).json()["body"] == '{"a":1}'
    assert client.put("/echo", content="x").json()["body"] == "x"
    assert client.request("DELETE", "/echo", content=b"y").json()["body"] == "y"
    answer = client.post("/form", data={"name": "n"}, files={"file": ("f.txt", b"data")})
    assert answer.json() == ["n", "f.txt", "data"]
    response = client.get("/moved")
    assert response.json()["query"] == {"moved": "1"}
    assert response.json()["cookie"] == "1"
    assert len(response.history) == 1
    assert client.get("/moved", follow_redirects=False).status_code == 307
    with client.stream("GET", "/stream") as response:
        assert "".join(response.iter_text()) == "ab"
    with client.websocket_connect("/socket") as websocket:
        websocket.send_text("hello")
        assert websocket.receive_json() == {"said": "hello"}
    try:
        client.get("/broken")
    except ValueError as error:
        assert str(error) == "broken"
    else:
        raise AssertionError("the app's error did not come through")
    assert client.get("/nowhere").status_code == 404
    assert client.get("/nowhere").is_client_error
assert events == ["up", "down"]
quiet = TestClient(app, raise_server_exceptions=False, base_url="http://other/")
assert quiet.get("/broken").status_code == 500

import starlette  # noqa: E402

print(f"starlette {starlette.__version__}: TestClient with forms, redirects, streams, WebSocket")
