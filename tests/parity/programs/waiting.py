"""Time-outs of each kind, blocking, on asyncio and on trio; many requests at once; cancellation."""

import asyncio
import socket
import threading

import trio

from ..helpers import Timeout, aattempt, arun, failure, httpx
from ..server import OK, Wire, _ports
from ..table import program

LARGE = b"*" * 50_000_000


def kind(error):
    return [type(error).__name__, str(error.request.url).replace(str(error.request.url.port), "N")]


def classes(function, *arguments, **settings):
    """The classes of what a call raises."""
    try:
        return function(*arguments, **settings).status_code
    except httpx.HTTPError as error:
        return [type(error).__name__, error.request.method]


async def aclasses(awaitable):
    try:
        return (await awaitable).status_code
    except httpx.HTTPError as error:
        return [type(error).__name__, error.request.method]


def worlds(program):
    """One asynchronous program, on asyncio and on trio."""
    return [asyncio.run(program()), trio.run(program)]


class Deaf:
    """A listener that accepts nothing, its queue full: whoever connects waits."""

    def __enter__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        _ports.append(self.port)
        self.url = f"http://127.0.0.1:{self.port}"
        self.others = []
        for _ in range(4):
            other = socket.socket()
            other.setblocking(False)
            other.connect_ex(("127.0.0.1", self.port))
            self.others.append(other)
        return self

    def __exit__(self, *arguments):
        for other in self.others:
            other.close()
        self.listener.close()


class Unread:
    """A server that accepts and reads nothing."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        _ports.append(self.port)
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *arguments):
        self.listener.close()


@program
def connect_timeout():
    with Deaf() as server, httpx.Client(timeout=Timeout(None, connect=0.05)) as c:
        return classes(c.get, server.url)


@program
def connect_timeout_awaited():
    async def main():
        async with httpx.AsyncClient(timeout=Timeout(None, connect=0.05)) as c:
            return await aclasses(c.get(server.url))

    with Deaf() as server:
        return worlds(main)


@program
def connect_timeout_of_a_moment():
    async def main():
        async with httpx.AsyncClient(timeout=Timeout(None, connect=1e-6)) as c:
            return await aclasses(c.get(server.url))

    with Deaf() as server, httpx.Client(timeout=Timeout(None, connect=1e-6)) as c:
        return [classes(c.get, server.url), *worlds(main)]


@program
def read_timeout_of_a_moment():
    async def main():
        async with httpx.AsyncClient(timeout=Timeout(None, read=1e-6)) as c:
            return await aclasses(c.get(wire.url))

    with Wire(None) as wire, httpx.Client(timeout=Timeout(None, read=1e-6)) as c:
        return [classes(c.get, wire.url), *worlds(main)]


@program
def write_timeout_of_a_moment():
    async def main():
        async with httpx.AsyncClient(timeout=Timeout(None, write=1e-6)) as c:
            return await aclasses(c.put(server.url, content=LARGE))

    with Unread() as server, httpx.Client(timeout=Timeout(None, write=1e-6)) as c:
        return [classes(c.put, server.url, content=LARGE), *worlds(main)]


@program
def write_timeout():
    async def main():
        async with httpx.AsyncClient(timeout=Timeout(None, write=0.05)) as c:
            return await aclasses(c.put(server.url, content=LARGE))

    with Unread() as server, httpx.Client(timeout=Timeout(None, write=0.05)) as c:
        return [classes(c.put, server.url, content=LARGE), *worlds(main)]


@program
def pool_timeout():
    limits = httpx.Limits(max_connections=1)
    timeout = Timeout(None, pool=1e-4)

    async def main():
        async with httpx.AsyncClient(limits=limits, timeout=timeout) as c:
            async with c.stream("GET", wire.url):
                return await aclasses(c.get(wire.url))

    with Wire() as wire, httpx.Client(limits=limits, timeout=timeout) as c:
        with c.stream("GET", wire.url):
            blocking = classes(c.get, wire.url)
        return [blocking, *worlds(main)]


@program
def pool_timeout_then_free():
    limits = httpx.Limits(max_connections=1)
    with Wire() as wire, httpx.Client(limits=limits, timeout=Timeout(None, pool=1e-4)) as c:
        with c.stream("GET", wire.url):
            first = classes(c.get, wire.url)
        return [first, classes(c.get, wire.url), wire.connections]


@program
def timeout_of_a_call_wins():
    with Wire(None) as wire, httpx.Client(timeout=None) as c:
        return [
            classes(c.get, wire.url, timeout=0.2),
            classes(c.get, wire.url, timeout=httpx.Timeout(5, read=0.02)),
            classes(c.get, wire.url, timeout=(1, 0.02)),
            classes(c.get, wire.url, extensions={"timeout": {"read": 0.02}}),
        ]


@program
def timeout_in_a_stream():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"
    with Wire(head) as wire, httpx.Client(timeout=httpx.Timeout(5, read=0.3)) as c:
        with c.stream("GET", wire.url) as r:
            chunks = []
            try:
                for chunk in r.iter_raw():
                    chunks.append(chunk)
            except httpx.ReadTimeout as error:
                return [*chunks, str(error.request.method), r.is_closed, r.is_stream_consumed]


@program
def timeouts_are_caught_by_their_families():
    with Wire(None) as wire, httpx.Client(timeout=httpx.Timeout(5, read=0.02)) as c:
        caught = []
        for family in (
            httpx.ReadTimeout,
            httpx.TimeoutException,
            httpx.TransportError,
            httpx.RequestError,
            httpx.HTTPError,
        ):
            try:
                c.get(wire.url)
            except family:
                caught.append(family.__name__)
        return caught


@program
def many_at_once():
    async def main():
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=5)) as c:
            answers = []

            async def one():
                answers.append((await c.get(wire.url)).status_code)

            if asyncio_runs():
                await asyncio.gather(*(one() for _ in range(20)))
            else:
                async with trio.open_nursery() as nursery:
                    for _ in range(20):
                        nursery.start_soon(one)
            return answers

    with Wire() as wire:
        return worlds(main)


def asyncio_runs():
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@program
def many_threads():
    with Wire() as wire, httpx.Client() as c:
        answers = []
        threads = [
            threading.Thread(target=lambda: answers.append(c.get(wire.url).status_code))
            for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers


@program
def cancelled_while_waiting():
    async def main():
        async with httpx.AsyncClient() as c:
            task = asyncio.ensure_future(c.get(wire.url))
            while not wire.requests:
                await asyncio.sleep(0.001)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError as error:
                return type(error).__name__

    with Wire(None) as wire:
        return arun(main())


@program
def cancelled_within_a_stream():
    closed = []

    class Slow(httpx.AsyncByteStream):
        async def __aiter__(self):
            yield b"a"
            await asyncio.Event().wait()

        async def aclose(self):
            closed.append(1)

    async def main():
        transport = httpx.MockTransport(lambda r: httpx.Response(200, stream=Slow()))
        async with httpx.AsyncClient(transport=transport) as c:
            task = asyncio.ensure_future(c.get("http://a/"))
            await asyncio.sleep(0.01)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                return closed

    return arun(main())


@program
def trio_runs_everything():
    async def main():
        async with httpx.AsyncClient(auth=("u", "p"), follow_redirects=True) as c:
            first = await c.post(wire.url, json={"a": 1})
            async with c.stream("GET", wire.url) as r:
                chunks = [chunk async for chunk in r.aiter_bytes(1)]
            return [first.text, chunks, str(r.elapsed)[:6]]

    moved = b"HTTP/1.1 307 T\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    with Wire(moved, OK) as wire:
        return [trio.run(main), [request[:20] for request in wire.requests]]


@program
def closed_while_in_use():
    with Wire() as wire:
        c = httpx.Client()
        with c.stream("GET", wire.url) as r:
            c.close()
            try:
                return r.read()
            except Exception as error:
                return failure(error).partition(" (")[0]


@program
def errors_name_their_requests():
    async def main():
        async with httpx.AsyncClient(timeout=httpx.Timeout(5, read=0.02)) as c:
            return await aattempt(c.get(wire.url))

    with Wire(None) as wire:
        return arun(main())[:24]
