"""pytest-httpx: its fixture, in a pytest of its own."""

import importlib.metadata
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = """
import httpx
import pytest


def test_answer(httpx_mock):
    httpx_mock.add_response(json={"a": 1}, status_code=201, headers={"x": "y"})
    with httpx.Client() as client:
        response = client.get("https://example.org/")
    assert (response.status_code, response.json(), response.headers["x"]) == (201, {"a": 1}, "y")


def test_matching(httpx_mock):
    httpx_mock.add_response(method="POST", url="https://example.org/?a=1", match_json={"b": 2})
    assert httpx.post("https://example.org/", params={"a": "1"}, json={"b": 2}).is_success
    assert httpx_mock.get_request().content == b'{"b":2}'


def test_errors_and_callbacks(httpx_mock):
    httpx_mock.add_exception(httpx.ReadTimeout("slow"))
    httpx_mock.add_callback(lambda request: httpx.Response(200, text=str(request.url)))
    with pytest.raises(httpx.ReadTimeout, match="slow"):
        httpx.get("https://example.org/")
    assert httpx.get("https://example.org/x").text == "https://example.org/x"


def test_streams(httpx_mock):
    from pytest_httpx import IteratorStream

    httpx_mock.add_response(stream=IteratorStream([b"a", b"b"]))
    with httpx.stream("GET", "https://example.org/") as response:
        assert list(response.iter_raw()) == [b"a", b"b"]


def test_multipart(httpx_mock):
    httpx_mock.add_response(match_files={"f": ("n", b"x")}, match_data={"a": "1"})
    assert httpx.post("https://example.org/", files={"f": ("n", b"x")}, data={"a": "1"}).is_success


def test_through_a_proxy(httpx_mock):
    httpx_mock.add_response(proxy_url="http://proxy:3128/")
    with httpx.Client(proxy="http://proxy:3128") as client:
        assert client.get("https://example.org/").is_success


@pytest.mark.anyio
async def test_async(httpx_mock):
    httpx_mock.add_response(html="<b>")
    async with httpx.AsyncClient() as client:
        assert (await client.get("https://example.org/")).text == "<b>"


@pytest.fixture
def anyio_backend():
    return "asyncio"
"""

with tempfile.TemporaryDirectory() as folder:
    Path(folder, "test_it.py").write_text(TESTS, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder],
        capture_output=True,
        text=True,
        cwd=folder,
    )
version = importlib.metadata.version("pytest-httpx")
if done.returncode:
    print(done.stdout)
print(f"pytest-httpx {version}: {done.stdout.strip().splitlines()[-1]}")
sys.exit(done.returncode)
