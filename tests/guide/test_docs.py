"""Every Python block of the documentation runs, page by page, and prints what the page says."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from ..proxies import SOCKSProxy
from ..servers import Reply, Request
from .internet import Internet, Page

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))

EVENTS = [
    b': hello\n\ndata: {"delta": "Hel"}\n\n',
    b'event: note\ndata: {"delta": "lo"}\nid: 2\n\n',
    b"data: [DONE]\n\n",
]


class Site:
    """What the world answers to the pages, by path: `/users/7` is `answer_users(request, "7")`."""

    def __init__(self) -> None:
        self.attempts = 0

    def __call__(self, request: Request) -> Any:
        name, _, rest = request.path.strip("/").partition("/")
        known = getattr(self, f"answer_{name}", None)
        if known is None:
            return Reply(404, {"Content-Type": "application/json"}, b'{"error": "not found"}')
        return known(request, rest)

    def answer_users(self, request: Request, rest: str) -> Any:
        if request.method == "POST":
            return Reply(201, {"Content-Type": "application/json"}, request.body)
        if rest:
            return {"id": int(rest), "name": f"user {rest}"}
        return [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Grace"}]

    def answer_status(self, request: Request, rest: str) -> Any:
        return int(rest), {"Content-Type": "text/plain"}, f"status {rest}"

    def answer_echo(self, request: Request, rest: str) -> Any:
        return {
            "method": request.method,
            "target": request.target,
            "headers": {name.lower(): value for name, value in request.headers},
            "size": len(request.body),
        }

    def answer_old(self, request: Request, rest: str) -> Any:
        return 302, {"Location": "/users/1"}, b""

    def answer_slow(self, request: Request, rest: str) -> None:
        request.conn.hold()

    def answer_private(self, request: Request, rest: str) -> Any:
        if not request.get("authorization"):
            return 401, {"WWW-Authenticate": 'Basic realm="private"'}, b""
        return {"authorization": request.get("authorization")}

    def answer_token(self, request: Request, rest: str) -> Any:
        return {"access_token": "fresh", "expires_in": 3600}

    def answer_with_token(self, request: Request, rest: str) -> Any:
        fresh = request.get("authorization") == "Bearer fresh"
        return {"ok": True} if fresh else (401, {}, b"")

    def answer_busy(self, request: Request, rest: str) -> Any:
        """Not before the third time."""
        self.attempts += 1
        if self.attempts % 3:
            return 503, {"Retry-After": "1"}, b""
        return {"attempts": self.attempts}

    def answer_lines(self, request: Request, rest: str) -> Any:
        lines = (b'{"line": %d}\n' % number for number in range(3))
        return Reply(200, {"Content-Type": "application/x-ndjson"}, lines)

    def answer_events(self, request: Request, rest: str) -> Any:
        return Reply(200, {"Content-Type": "text/event-stream"}, iter(EVENTS))

    def answer_film(self, request: Request, rest: str) -> Any:
        return Reply(200, {"Content-Type": "video/webm"}, bytes(300_000))


class NamedSOCKSProxy(SOCKSProxy):
    """One that finds the hosts of the pages."""

    def __init__(self, internet: Internet) -> None:
        super().__init__()
        self.internet = internet

    def dial(self, host: str, port: int) -> socket.socket:
        server = self.internet.ports.get(port)  # else the name was looked up before
        return super().dial(host, port if server is None else server.port)


@pytest.fixture
def world_of_the_pages(
    internet: Internet, ca: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Internet]:
    internet.answers["*"] = Site()
    ca.cert_pem.write_to_path(str(tmp_path / "company-ca.pem"))
    identity = ca.issue_cert("client@example.com")
    identity.private_key_pem.write_to_path(str(tmp_path / "client.key"))
    identity.cert_chain_pems[0].write_to_path(str(tmp_path / "client.pem"))
    Path("report.pdf").write_bytes(b"%PDF-1.7")
    Path("film.webm").write_bytes(bytes(100_000))
    Path("netrc").write_text("machine api.example.com login ada password secret\n")
    original = asyncio.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: original(0))
    loggers = [logging.getLogger(name) for name in ("httpx", "httpcore.connection")]
    levels = [logger.level for logger in loggers]
    with NamedSOCKSProxy(internet) as socks:
        internet.ports[1080] = socks
        yield internet
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)  # a page shows how to change it


@pytest.mark.parametrize("path", [pytest.param(p, id=str(p.relative_to(DOCS))) for p in PAGES])
def test_page(path: Path, world_of_the_pages: Internet, capsys: pytest.CaptureFixture[str]) -> None:
    Page(path).run(lambda: capsys.readouterr().out)


def test_no_block_escapes() -> None:
    """A fence that the runner does not see: indented, or with options."""
    assert PAGES
    fences = {path.name: re.findall(r"^.*```+ *\{?\.?py.*$", path.read_text("utf-8"), re.M)
              for path in PAGES}  # fmt: skip
    assert {name: odd for name, all in fences.items()
            if (odd := [fence for fence in all if fence != "```python"])} == {}  # fmt: skip


def test_the_page_of_the_command_has_its_options_and_codes() -> None:
    click = pytest.importorskip("click")
    from httpx._main import main

    text = (DOCS / "howto" / "command-line.md").read_text("utf-8")
    options = {name for option in main.params for name in option.opts if name.startswith("--")}
    assert options <= set(re.findall(r"--[a-z0-9-]+", text))
    written = dict(re.findall(r"^\| (\d+) \| (.*) \|$", text, re.MULTILINE))
    told = main.get_help(click.Context(main)).partition("Exit codes:")[2]
    assert written == dict(re.findall(r"^ +(\d+)  (.*)$", told, re.MULTILINE))
