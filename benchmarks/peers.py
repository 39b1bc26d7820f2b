"""One client at one kind of work, in a process and an environment of its own.

Run by `wire.py`: ``python peers.py PEER WORK OPTIONS``, with options as JSON. Prints the seconds
that the work took (without start-up and a warm-up), and what else it is asked for, as JSON.

Every peer is used as its documentation says: one long-lived client, bodies read to the end, nothing
tuned but the number of connections and trust in the server's certificate.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import resource
import ssl
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

CHUNK = 65536


class Blocking:
    """A client that blocks: each method does one request and reads the answer to its end."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.ca = options.get("ca")

    def get(self, url: str) -> int:
        raise NotImplementedError

    def download(self, url: str) -> int:
        """Without holding the body as a whole."""
        return self.get(url)

    def upload(self, url: str, body: bytes) -> None:
        raise NotImplementedError


class Httpx(Blocking):
    module = "httpx"

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(options)
        httpx = importlib.import_module(self.module)
        verify = ssl.create_default_context(cafile=self.ca) if self.ca else True
        self.client = httpx.Client(verify=verify, trust_env=False)

    def get(self, url: str) -> int:
        return len(self.client.get(url).content)

    def download(self, url: str) -> int:
        with self.client.stream("GET", url) as response:
            return sum(map(len, response.iter_bytes()))

    def upload(self, url: str, body: bytes) -> None:
        self.client.post(url, content=body).raise_for_status()


class Httpx2(Httpx):
    module = "httpx2"


class Requests(Blocking):
    module = "requests"

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(options)
        self.session = importlib.import_module(self.module).Session()
        self.session.trust_env = False
        self.session.verify = self.ca or True

    def get(self, url: str) -> int:
        return len(self.session.get(url).content)

    def download(self, url: str) -> int:
        with self.session.get(url, stream=True) as response:
            return sum(map(len, response.iter_content(CHUNK)))

    def upload(self, url: str, body: bytes) -> None:
        self.session.post(url, data=body).raise_for_status()


class Niquests(Requests):
    module = "niquests"


class Urllib3(Blocking):
    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(options)
        import urllib3

        self.pool = urllib3.PoolManager(ca_certs=self.ca)

    def get(self, url: str) -> int:
        return len(self.pool.request("GET", url).data)

    def download(self, url: str) -> int:
        response = self.pool.request("GET", url, preload_content=False)
        total = sum(map(len, response.stream(CHUNK)))
        response.release_conn()
        return total

    def upload(self, url: str, body: bytes) -> None:
        assert self.pool.request("POST", url, body=body).status == 204


class Pycurl(Blocking):
    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(options)
        import pycurl

        self.curl = pycurl.Curl()
        if self.ca:
            self.curl.setopt(pycurl.CAINFO, self.ca)

    def get(self, url: str) -> int:
        chunks: list[bytes] = []
        self.curl.setopt(self.curl.URL, url)
        self.curl.setopt(self.curl.WRITEFUNCTION, chunks.append)
        self.curl.perform()
        return len(b"".join(chunks))

    def download(self, url: str) -> int:
        total = 0

        def count(chunk: bytes) -> None:
            nonlocal total
            total += len(chunk)

        self.curl.setopt(self.curl.URL, url)
        self.curl.setopt(self.curl.WRITEFUNCTION, count)
        self.curl.perform()
        return total


class PyqwestSync(Blocking):
    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(options)
        import pyqwest

        ca = Path(self.ca).read_bytes() if self.ca else None
        self.client = pyqwest.SyncClient(pyqwest.SyncHTTPTransport(tls_ca_cert=ca))

    def get(self, url: str) -> int:
        return len(self.client.get(url).content)


class Floor(Blocking):
    """The bare socket: one request's bytes out, one response's bytes in."""

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(options)
        import socket

        self.sock = socket.create_connection(("127.0.0.1", options["port"]))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % options["path"].encode()

    def get(self, url: str) -> int:
        self.sock.sendall(self.request)
        data = self.sock.recv(CHUNK)
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        received = len(body)
        while received < length:
            received += len(self.sock.recv(4 * CHUNK))
        return received


class Awaiting:
    """The same, awaited."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.ca = options.get("ca")
        self.connections = options.get("connections", 100)
        self.http2 = options.get("http2", False)

    async def start(self) -> None:
        """Make what needs a running loop."""

    async def get(self, url: str) -> int:
        raise NotImplementedError

    async def download(self, url: str) -> int:
        return await self.get(url)

    async def upload(self, url: str, body: bytes) -> None:
        raise NotImplementedError

    async def events(self, url: str) -> int:
        """Read a stream of small chunks, each as it comes; how many bytes."""
        return await self.download(url)


class AsyncHttpx(Awaiting):
    module = "httpx"

    async def start(self) -> None:
        httpx = importlib.import_module(self.module)
        verify = ssl.create_default_context(cafile=self.ca) if self.ca else True
        limits = httpx.Limits(
            max_connections=self.connections, max_keepalive_connections=self.connections
        )
        self.client = httpx.AsyncClient(
            verify=verify, trust_env=False, limits=limits, http2=self.http2,
            timeout=httpx.Timeout(60),
        )  # fmt: skip

    async def get(self, url: str) -> int:
        return len((await self.client.get(url)).content)

    async def download(self, url: str) -> int:
        total = 0
        async with self.client.stream("GET", url) as response:
            async for chunk in response.aiter_bytes():
                total += len(chunk)
        return total

    async def upload(self, url: str, body: bytes) -> None:
        (await self.client.post(url, content=body)).raise_for_status()


class AsyncHttpx2(AsyncHttpx):
    module = "httpx2"


class Aiohttp(Awaiting):
    async def start(self) -> None:
        import aiohttp

        context = ssl.create_default_context(cafile=self.ca) if self.ca else None
        connector = aiohttp.TCPConnector(limit=self.connections, ssl=context or True)
        self.session = aiohttp.ClientSession(connector=connector)

    async def get(self, url: str) -> int:
        async with self.session.get(url) as response:
            return len(await response.read())

    async def download(self, url: str) -> int:
        total = 0
        async with self.session.get(url) as response:
            async for chunk in response.content.iter_any():
                total += len(chunk)
        return total

    async def upload(self, url: str, body: bytes) -> None:
        async with self.session.post(url, data=body) as response:
            response.raise_for_status()
            await response.read()


class Pyqwest(Awaiting):
    async def start(self) -> None:
        import pyqwest

        ca = Path(self.ca).read_bytes() if self.ca else None  # noqa: ASYNC240 - before the work
        version = pyqwest.HTTPVersion.HTTP2 if self.http2 else pyqwest.HTTPVersion.HTTP1
        transport = pyqwest.HTTPTransport(tls_ca_cert=ca, http_version=version)
        self.client = pyqwest.Client(transport)

    async def get(self, url: str) -> int:
        return len((await self.client.get(url)).content)


class AsyncNiquests(Awaiting):
    async def start(self) -> None:
        import niquests

        self.session = niquests.AsyncSession(pool_maxsize=self.connections)
        self.session.verify = self.ca or True
        self.session.trust_env = False

    async def get(self, url: str) -> int:
        return len((await self.session.get(url)).content or b"")


class FloorProtocol(asyncio.Protocol):
    """The least that a pure Python client can do: a fixed request, a body by its length."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.missing = 0
        self.total = 0
        self.done: asyncio.Future[int] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def get(self) -> asyncio.Future[int]:
        self.done = asyncio.get_running_loop().create_future()
        self.transport.write(self.request)
        return self.done

    def data_received(self, data: bytes) -> None:
        if not self.missing:
            head, _, body = data.partition(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self.total = self.missing = int(length)
            data = body
        self.missing -= len(data)
        if not self.missing and self.done is not None:
            self.done.set_result(self.total)


class AsyncFloor(Awaiting):
    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(options)
        self.port = options["port"]
        self.request = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % options["path"].encode()
        self.idle: list[FloorProtocol] = []

    async def get(self, url: str) -> int:
        if self.idle:
            protocol = self.idle.pop()
        else:
            loop = asyncio.get_running_loop()
            _, protocol = await loop.create_connection(
                lambda: FloorProtocol(self.request), "127.0.0.1", self.port
            )
        length = await protocol.get()
        self.idle.append(protocol)
        return length


BLOCKING: dict[str, type[Blocking]] = {
    "courier": Httpx, "httpx": Httpx, "httpx2": Httpx2, "requests": Requests,
    "urllib3": Urllib3, "niquests": Niquests, "pycurl": Pycurl, "pyqwest": PyqwestSync,
    "floor": Floor,
}  # fmt: skip
AWAITING: dict[str, type[Awaiting]] = {
    "courier": AsyncHttpx, "httpx": AsyncHttpx, "httpx2": AsyncHttpx2, "aiohttp": Aiohttp,
    "pyqwest": Pyqwest, "niquests": AsyncNiquests, "floor": AsyncFloor,
}  # fmt: skip


def timed(step: Callable[[], int | None]) -> dict[str, float]:
    """The time of a step, and how many pieces of work it did, if it says so."""
    start, cpu = time.perf_counter(), time.process_time()
    done = step()
    return {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
        **({} if done is None else {"count": done}),
    }


def repeat(step: Callable[[], object], options: dict[str, Any]) -> int:
    """Do a step `count` times, or for `seconds`; how often it was done."""
    end = time.perf_counter() + options["seconds"]
    for done in range(options["count"]):
        step()
        if time.perf_counter() > end:
            return done + 1
    return int(options["count"])


def expect(length: int, options: dict[str, Any]) -> None:
    assert length == options["length"], f"{length} bytes instead of {options['length']}"


def blocking_work(peer: str, work: str, options: dict[str, Any]) -> dict[str, float]:
    client = BLOCKING[peer](options)
    url = options["url"]
    if work == "sync-get":
        for _ in range(options["warm"]):
            expect(client.get(url), options)
        return timed(lambda: repeat(lambda: client.get(url), options))
    if work == "sync-download":
        client.download(options["small"])
        return timed(lambda: expect(client.download(url), options))
    client.get(options["small"])
    body = b"u" * options["length"]
    return timed(lambda: client.upload(url, body))


async def awaiting_work(peer: str, work: str, options: dict[str, Any]) -> dict[str, float]:
    client = AWAITING[peer](options)
    await client.start()
    url = options["url"]

    async def many(count: int, at_once: int) -> int:
        end = time.perf_counter() + options["seconds"]

        async def worker(share: int) -> int:
            for done in range(share):
                await client.get(url)
                if time.perf_counter() > end:
                    return done + 1
            return share

        return sum(await asyncio.gather(*[worker(count // at_once) for _ in range(at_once)]))

    async def queued(count: int) -> None:
        await asyncio.gather(*[client.get(url) for _ in range(count)])

    async def measure(step: Callable[[], Awaitable[int | None]]) -> dict[str, float]:
        start, cpu = time.perf_counter(), time.process_time()
        done = await step()
        return {
            "seconds": time.perf_counter() - start,
            "cpu": time.process_time() - cpu,
            **({} if done is None else {"count": done}),
        }

    async def download() -> None:
        expect(await client.download(url), options)

    async def events() -> None:
        assert await client.events(url) > 0

    if work == "async-get":
        expect(await client.get(url), options)
        await many(options["warm"], options["at_once"])
        return await measure(lambda: many(options["count"], options["at_once"]))
    if work == "async-queued":
        await many(options["at_once"], options["at_once"])
        return await measure(lambda: queued(options["count"]))
    if work == "async-idle":  # one at a time, beside many connections that are idle
        await many(options["idle"], options["idle"])
        return await measure(lambda: many(options["count"], 1))
    if work == "async-download":
        await client.get(options["small"])
        return await measure(download)
    if work == "async-events":
        await client.events(url)
        return await measure(events)
    if work == "async-memory":
        before = memory()
        await many(options["at_once"], options["at_once"])
        return {"kib": (memory() - before) / options["at_once"]}
    await client.get(options["small"])
    body = b"u" * options["length"]
    return await measure(lambda: client.upload(url, body))


def memory() -> float:
    """Resident memory in KiB."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 1024


def one_off_work(peer: str, work: str, options: dict[str, Any]) -> dict[str, float]:
    module = importlib.import_module({"courier": "httpx"}.get(peer, peer))
    url, ca = options["url"], options.get("ca")
    if work == "one-off":
        if ca:  # beside all the roots that everybody loads who does not say otherwise
            import certifi

            bundle = Path(ca).with_name("bundle.pem")
            bundle.write_text(Path(certifi.where()).read_text() + Path(ca).read_text())
            os.environ["SSL_CERT_FILE"] = ca = str(bundle)
        keywords = {"verify": ca} if ca and peer in ("requests", "niquests") else {}
        module.get(url, **keywords)
        return timed(lambda: repeat(lambda: module.get(url, **keywords), options))
    make = module.Client if hasattr(module, "Client") else module.Session
    make().close()
    return timed(lambda: repeat(lambda: make().close(), options))


def import_work(peer: str, options: dict[str, Any]) -> dict[str, float]:
    """Import in a fresh interpreter, less the start of one that imports nothing."""
    name = {"courier": "httpx"}.get(peer, peer)
    program = f"import {name}"
    if options.get("class"):
        kind = {"aiohttp": "ClientSession", "requests": "Session", "niquests": "Session"}
        program += f"; {name}.{kind.get(peer, 'Client')}"

    def run(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    times = sorted(run(program) - run("pass") for _ in range(options["count"]))
    return {"seconds": max(times[len(times) // 2], 1e-4)}  # below that the difference is noise


def main() -> None:
    peer, work, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    if work == "import":
        result = import_work(peer, options)
    elif work.startswith("sync-"):
        result = blocking_work(peer, work, options)
    elif work.startswith("async-"):
        result = asyncio.run(awaiting_work(peer, work, options))
    else:
        result = one_off_work(peer, work, options)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
