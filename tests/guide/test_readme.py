"""The README's code runs, its table of defaults holds, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import httpx
from httpx._config import DEFAULT_LIMITS

from .internet import Block, Internet, read_blocks

README = Path(__file__).parents[2] / "README.md"
BLOCKS = list(read_blocks(README))

MARKS = ("params=", "files=", "asyncio.gather", "iter_lines", "httpx.RequestError", "MockTransport")
"""What tells the blocks apart; each is run by one of the tests below."""

API = "https://api.example.com"


def block(mark: str) -> Block:
    (found,) = (block for block in BLOCKS if mark in block.text)
    return found


def test_get(internet: Internet, capsys: pytest.CaptureFixture[str]) -> None:
    internet.answers[f"{API}/users?page=2"] = [{"name": "Ada"}, {"name": "Grace"}]
    block("params=").run()
    assert capsys.readouterr().out == "200 application/json\nAda\nGrace\n"


def test_client(internet: Internet) -> None:
    block("files=").run()
    post, login, photo = internet.requests
    assert post.json == {"name": "Ada"}
    assert login.body == b"name=Ada&password=..."
    assert b'name="photo"; filename="ada.jpg"' in photo.body
    assert {request.get("x-key") for request in internet.requests} == {"..."}
    assert internet.connections == 1


def test_async_client(internet: Internet) -> None:
    internet.answers["*"] = internet.together(10, {})
    assert block("asyncio.gather").run()["statuses"] == [200] * 10


def test_stream(internet: Internet, capsys: pytest.CaptureFixture[str]) -> None:
    internet.answers[f"{API}/export"] = "one\ntwo\n"
    block("iter_lines").run()
    assert capsys.readouterr().out == "one\ntwo\n"


def test_errors(internet: Internet, capsys: pytest.CaptureFixture[str]) -> None:
    block("httpx.RequestError").run()
    assert capsys.readouterr().out == "the server says 404\n"
    internet.answers["*"] = lambda request: request.conn.reset()
    block("httpx.RequestError").run()
    assert capsys.readouterr().out.startswith("no answer: ")


def test_mock() -> None:
    block("MockTransport").run()


def test_every_block_is_run() -> None:
    assert [sum(mark in block.text for mark in MARKS) for block in BLOCKS] == [1] * len(MARKS)


def test_the_table_of_defaults() -> None:
    with httpx.Client() as client:
        assert client.timeout == httpx.Timeout(connect=5, read=5, write=5, pool=5)
        assert client.follow_redirects is False
        assert client.max_redirects == 20
        assert client.trust_env is True
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=5)
    assert limits == DEFAULT_LIMITS


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (README.parent / target).exists()] == []
