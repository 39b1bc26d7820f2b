"""vcrpy: record against a server of this machine, replay without it."""

import asyncio
import http.server
import importlib.metadata
import tempfile
import threading
from pathlib import Path

import vcr

import httpx


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"{self.command} {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "a=1")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *arguments: object) -> None:
        return


async def asynchronous(url: str) -> str:
    async with httpx.AsyncClient() as client:
        return (await client.get(url + "/async")).text


def use(url: str) -> list[str]:
    with httpx.Client() as client:
        return [
            client.get(url + "/one").text,
            client.post(url + "/two", json={"a": 1}).text,
            asyncio.run(asynchronous(url)),
        ]


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
with tempfile.TemporaryDirectory() as folder:
    cassette = str(Path(folder, "cassette.yaml"))
    with vcr.use_cassette(cassette) as recording:
        first = use(url)
        assert recording.play_count == 0
    server.shutdown()
    server.server_close()
    text = Path(cassette).read_text("utf-8")
    assert "/one" in text
    assert "POST /two" in text
    with vcr.use_cassette(cassette, record_mode="none") as replay:
        assert use(url) == first
        assert replay.play_count == 3
assert first == ["GET /one", "POST /two", "GET /async"]
print(f"vcrpy {importlib.metadata.version('vcrpy')}: recorded and replayed, sync and async")
