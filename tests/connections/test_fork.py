"""A forked child opens connections of its own, and the parent is unaffected (USERS.md 54).

Each test is a program in a process of its own, since forking a process with threads is what it
is about, and the child must not run the tests' finalizers.
"""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import trustme

from tests.servers import HTTPServer, Request

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

BEGIN = """
import asyncio, os, ssl, sys, threading, warnings
import httpx

url, ca = sys.argv[1:]
context = ssl.create_default_context(cafile=ca) if ca else True

def in_child(function):
    # Run in a forked child, and wait for its end.
    pid = os.fork()
    if pid == 0:
        try:
            function()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert status == 0, "the child failed"
"""


def run(program: str, url: str, ca: Path | None = None) -> None:
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run(
        # From 3.12 on CPython itself warns of what is tested here: a fork beside other threads.
        [sys.executable, "-W", "error::ResourceWarning",
         "-W", "ignore:This process:DeprecationWarning", "-c",
         BEGIN + textwrap.dedent(program), url, str(ca or "")],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def number(request: Request) -> str:
    return str(request.conn.number)


BLOCKING = """
with httpx.Client(verify=context) as client:
    assert client.get(url).text == "0"

    def child():
        assert client.get(url).text == "1"
        assert client.get(url).text == "1"
        client.close()

    in_child(child)
    assert client.get(url).text == "0"
    stats = client.pool_stats()
    assert (stats.opened, stats.requests) == (1, 2), stats
"""


def test_blocking() -> None:
    with HTTPServer(number) as server:
        run(BLOCKING, server.url)
        assert server.accepted == 2


def test_blocking_over_tls(server_context: ssl.SSLContext, ca: trustme.CA, tmp_path: Path) -> None:
    """A close_notify of the child would end the parent's TLS."""
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with HTTPServer(number, tls=server_context) as server:
        run(BLOCKING, server.url, tmp_path / "ca.pem")
        assert server.accepted == 2


def test_asyncio() -> None:
    """The child runs another event loop, after the parent's was forked in the middle."""
    program = """
    async def main():
        async with httpx.AsyncClient() as client:
            assert (await client.get(url)).text == "0"

            def child():
                async def again():
                    assert (await client.get(url)).text == "1"
                    await client.aclose()
                asyncio._set_running_loop(None)
                asyncio.run(again())

            in_child(child)
            for _ in range(3):
                assert (await client.get(url)).text == "0"
            assert client.pool_stats().opened == 1
    asyncio.run(main())
    """
    with HTTPServer(number) as server:
        run(program, server.url)
        assert server.accepted == 2


def test_a_lock_that_another_thread_holds() -> None:
    """The thread that would let go of it does not exist in the child."""
    program = """
    client = httpx.Client()
    assert client.get(url).text == "0"
    pool = client._transport._pool
    held, forked = threading.Event(), threading.Event()

    def hold():
        with pool._lock:
            held.set()
            forked.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)

    def child():
        assert client.get(url).text == "1"
        client.close()

    in_child(child)
    forked.set()
    thread.join()
    assert client.get(url).text == "0"
    client.close()
    """
    with HTTPServer(number) as server:
        run(program, server.url)


def test_the_peer_sees_the_end_when_the_parent_closes() -> None:
    """A child that holds the descriptors would keep the connections alive."""
    program = """
    client = httpx.Client()
    assert client.get(url).text == "0"
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writer)
        os.read(reader, 1)  # lives on without ever using the client
        os._exit(0)
    client.close()
    with httpx.Client() as other:
        assert other.get(url + "/wait").text == "closed"
    os.close(writer)
    os.waitpid(pid, 0)
    """

    def route(request: Request) -> str:
        if request.path == "/wait":
            server.wait_for(lambda: server.connections[0].closed)
            return "closed"
        return number(request)

    with HTTPServer(route) as server:
        run(program, server.url)
