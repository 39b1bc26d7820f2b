"""The blocking client under gevent, which replaces sockets, threads and locks (USERS.md 54).

In a process of its own: what gevent patches cannot be taken back.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import HTTPServer, Request

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("gevent") is None, reason="gevent is not installed"
)

PROGRAM = """
import gevent.monkey
gevent.monkey.patch_all()
import gevent, httpx, sys

url = sys.argv[1]
with httpx.Client(limits=httpx.Limits(max_connections=5), timeout=10) as client:
    def work():
        for _ in range(10):
            assert client.get(url).status_code == 200

    gevent.joinall([gevent.spawn(work) for _ in range(30)], raise_error=True)
    stats = client.pool_stats()
    assert (stats.active, stats.idle, stats.opened, stats.requests) == (0, 5, 5, 300), stats

    try:
        with gevent.Timeout(0.05):
            client.get(url + "/silent")
    except gevent.Timeout:
        pass
    stats = client.pool_stats()
    assert (stats.active, stats.idle, stats.waiting) == (0, 4, 0), stats

    silent = gevent.spawn(client.get, url + "/silent")
    while not client.pool_stats().active:
        gevent.sleep(0)
    silent.kill()
    assert client.pool_stats().active == 0
    work()
"""


def test_greenlets_share_a_client() -> None:
    """And one that is timed out, or killed, leaves nothing behind."""

    def route(request: Request) -> bytes | None:
        if request.path == "/silent":
            request.conn.hold()
            return None
        return b"ok"

    paths = [str(Path(__file__).parents[2] / "src"), *filter(None, sys.path)]
    with HTTPServer(route) as server:
        done = subprocess.run(
            [sys.executable, "-W", "error::ResourceWarning", "-c", PROGRAM, server.url],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
