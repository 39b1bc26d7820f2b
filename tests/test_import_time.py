"""What `import httpx`, and a client that is only made, must not load."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"
HEAVY = [
    "ssl", "socket", "select", "selectors", "asyncio", "anyio", "trio", "sniffio", "uvloop", "h2",
    "hpack", "h11", "socksio", "certifi", "idna", "click", "rich", "pygments", "email",
    "http.cookiejar", "http.client", "mimetypes", "urllib.request", "brotli", "zstandard",
    "hashlib", "netrc", "concurrent.futures", "inspect", "dataclasses",
]  # fmt: skip


def loaded_after(program: str) -> set[str]:
    """The modules that a new interpreter has, beyond those that it begins with."""
    code = f"import sys; before = set(sys.modules)\n{program}\nprint(*(set(sys.modules) - before))"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return set(found.stdout.split())


@pytest.mark.parametrize("name", HEAVY)
def test_import_loads_nothing_heavy(name: str, loaded: set[str]) -> None:
    assert name not in loaded


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    return loaded_after("import httpx; httpx.Client, httpx.AsyncClient")


def test_import_alone_loads_nothing() -> None:
    """Beyond the modules that any interpreter has."""
    assert loaded_after("import httpx") <= {"__future__", "httpx", "httpx.__version__"}


@pytest.mark.parametrize("name", ["json", "datetime", "urllib.parse", "ipaddress"])
def test_what_few_requests_need_is_loaded_by_those(name: str, loaded: set[str]) -> None:
    assert name not in loaded


def test_a_client_needs_no_tls_and_no_event_loop() -> None:
    loaded = loaded_after(
        "import httpx\nhttpx.Client(trust_env=False).close()\nhttpx.AsyncClient(trust_env=False)"
    )
    assert not loaded & {"ssl", "asyncio", "anyio", "trio", "certifi", "h2", "http.cookiejar"}


def test_a_mocked_request_needs_no_network() -> None:
    loaded = loaded_after(
        "import httpx\n"
        "transport = httpx.MockTransport(lambda request: httpx.Response(200, json={}))\n"
        "with httpx.Client(transport=transport) as client:\n"
        "    client.get('http://example.org/').json()"
    )
    assert not loaded & {"ssl", "socket", "asyncio", "h11", "http.cookiejar", "email"}
