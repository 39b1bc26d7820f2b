"""httpx-ws: WebSocket over a real server's upgraded connection, sync and async."""

import asyncio
import importlib.metadata
import threading
import time

import uvicorn
from httpx_ws import aconnect_ws, connect_ws
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

import httpx


async def echo(websocket) -> None:
    await websocket.accept()
    while (text := await websocket.receive_text()) != "bye":
        await websocket.send_text(text.upper())
    await websocket.close()


app = Starlette(routes=[WebSocketRoute("/", echo)])
server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="websockets-sansio"))
thread = threading.Thread(target=server.run, daemon=True)
thread.start()
while not server.started:
    time.sleep(0.01)
url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"

with httpx.Client() as client, connect_ws(url, client) as websocket:
    for word in ("one", "two"):
        websocket.send_text(word)
        assert websocket.receive_text() == word.upper()


async def main() -> None:
    async with httpx.AsyncClient() as c, aconnect_ws(url, c) as websocket:
        await websocket.send_text("three")
        assert await websocket.receive_text() == "THREE"


asyncio.run(main())
server.should_exit = True
thread.join(5)
print(f"httpx-ws {importlib.metadata.version('httpx-ws')}: echoes, sync and async")
