"""The blocking client under gevent, which replaces sockets, threads and locks (USERS.md 54).

In processes of their own: what gevent patches cannot be taken back.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import HTTPServer, Request

ROOT = Path(__file__).parents[2]

PATCHED = """
import gevent.monkey
gevent.monkey.patch_all()
import gevent, sys
"""

PROGRAM = """
import httpx

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


SUITE = """
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def patched(program: str, *arguments: str, seconds: float) -> subprocess.CompletedProcess[str]:
    """Run a program in a process that gevent has patched, with warnings as errors."""
    paths = [str(ROOT / "src"), *filter(None, sys.path)]
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", PATCHED + program, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip


def test_greenlets_share_a_client() -> None:
    """And one that is timed out, or killed, leaves nothing behind."""

    def route(request: Request) -> bytes | None:
        if request.path == "/silent":
            request.conn.hold()
            return None
        return b"ok"

    with HTTPServer(route) as server:
        done = patched(PROGRAM, server.url, seconds=120)
    assert (done.returncode, done.stderr) == (0, "")


# What one part of the suite or the other asks of the server's side of TLS, gevent does not do.
NOT_OURS = "not server_name and not names_and_addresses and not the_name_of_the_server"


@pytest.mark.exhaustive
def test_the_suite_of_the_blocking_world() -> None:
    paths = [f"tests/{folder}" for folder in ("network", "connections", "faults", "client")]
    chosen = f"(blocking- or blocking]) and {NOT_OURS}"
    done = patched(SUITE, *paths, "-q", "-p", "no:xdist", "-k", chosen, seconds=900)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
