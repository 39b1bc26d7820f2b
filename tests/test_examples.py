"""The tour goes through, shows what it claims, and stops its server; the scripts are sound."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from .servers import HTTPServer, refused_port

ROOT = Path(__file__).parents[1]


@pytest.fixture
def tour(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("COLUMNS", "96")  # also where the runner of the tests has set another
    monkeypatch.setenv("NO_PROXY", "*")  # what the tour sets is taken back after the test
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    import tour

    return tour


def test_the_tour(tour: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    before = set(threading.enumerate())
    assert tour.main([]) == 0
    shown, errors = capsys.readouterr()
    assert errors == ""
    assert set(threading.enumerate()) <= before
    for number, title in enumerate(tour.STEPS, 1):
        assert f"{number:2}  {title} ─" in shown
    assert "\x1b" not in shown
    code = [line for line in shown.splitlines() if line.startswith("    │")]
    assert max(map(len, code)) <= 80
    assert max(map(len, shown.splitlines())) <= 96
    for result in (
        "→ {'id': 7, 'name': 'user 7'}",
        "CERTIFICATE_VERIFY_FAILED",
        "→ {'q': ['fish & chips'], 'tag': ['a', 'b']}",
        "'files': {'note': {'name': 'engine.txt'",
        "→ <Response [302 Found]> /redirect/2\n    → <Response [302 Found]> /redirect/1\n",
        " ms\n    → reused: False\n    → first_byte  ",
        " ms\n    → reused: True\n",
        "→ sent: {'theme': 'dark', 'session': 'abc123'}",
        "connect  ConnectTimeout: ",
        "write    WriteTimeout: ",
        "read     ReadTimeout: ",
        "pool     PoolTimeout: ",
        "total    ReadTimeout: ",
        "→ the server says: {'status': 404}",
        "→ ConnectError: ",
        "→ UnsupportedProtocol: ",
        "→ fine: {'id': 1, 'name': 'user 1'}",
        "█  8.0 of 8.0 MB",
        "→ 8,000,000 bytes on disk, alone: ['film.webm']\n"
        "    → <Response [206 Partial Content]> for the rest: bytes 3000000-7999999/8000000",
        f"{len(tour.STEPS)} steps in ",
    ):
        assert result in shown
    reuse = re.search(r"alone: +(\[.*\])\n    → together: (\[.*\])", shown)
    assert reuse is not None
    assert [len(set(re.findall(r"\d+", numbers))) for numbers in reuse.groups()] == [3, 1]
    times = re.search(r"in sequence: +([\d.]+) s\n.*at once: +([\d.]+) s", shown)
    assert times is not None
    assert float(times[1]) >= 2.0  # a hundred times 20 ms; how long the rest takes, nobody knows


def test_one_address(tour: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    routes = {
        "/": (301, {"Location": "/page"}, b""),
        "/page": (200, [("Content-Type", "text/html"), ("X-A", "1"), ("X-A", "2")], "<p>hä"),
        "/picture": (404, {"Content-Type": "image/png"}, b"\x89PNG"),
    }
    with HTTPServer(routes) as server:
        assert tour.main([f"{server.url}/"]) == 0
        shown = capsys.readouterr().out
        assert shown.startswith(f"301 {server.url}/ → \nHTTP/1.1 200 OK  {server.url}/page  (")
        assert "\nx-a: 1\nx-a: 2\n" in shown
        assert shown.endswith("\n\n<p>hä\n")
        assert tour.main([f"{server.url}/picture"]) == 0
        assert capsys.readouterr().out.endswith("\n\n(4 bytes of image/png)\n")


@pytest.mark.parametrize("arguments", [["--what"], ["http://a.example", "http://b.example"]])
def test_usage(tour: ModuleType, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert tour.main(arguments) == 2
    assert capsys.readouterr().err == "usage: tour.py [URL]\n"


def test_an_error_is_one_line(tour: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with refused_port() as port:
        assert tour.main([f"http://127.0.0.1:{port}/"]) == 1
    assert tour.main(["example.com"]) == 1
    shown, errors = capsys.readouterr()
    assert shown == ""
    refused, unsupported = errors.splitlines()
    assert refused.startswith("tour: ConnectError: ")
    assert f"127.0.0.1:{port}" in refused
    assert unsupported.startswith("tour: UnsupportedProtocol: ")


def test_on_a_terminal(tour: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.delenv("NO_COLOR", raising=False)
    screen = tour.Screen(terminal := Terminal())
    assert (screen.width, screen.colour) == (69, True)
    screen.code("get()  # a comment\n# another")
    monkeypatch.setattr(sys, "stdout", tour.Result(screen))
    for done in (1, 2):
        tour.progress(done * 10**6, 2 * 10**6)
    print("long " * 20)
    code, _, rest = terminal.getvalue().partition("\r")
    assert "\x1b[36mget()\x1b[0m\x1b[2m  # a comment\x1b[0m\n" in code
    assert "\x1b[36m\x1b[0m\x1b[2m# another\x1b[0m\n" in code
    assert rest.count("\r") == rest.count("2.0 MB\n") == 1
    assert max(len(re.sub(r"\x1b\[\d+m", "", line)) for line in re.split("[\r\n]", rest)) <= 69
    monkeypatch.setenv("NO_COLOR", "1")
    assert tour.Screen(terminal).colour is False


@pytest.mark.skipif(shutil.which("bash") is None, reason="the scripts are for bash")
@pytest.mark.parametrize("script", ["scripts/_env", "scripts/check", "scripts/demo",
                                    "scripts/docs", "scripts/test", ".ci/run"])  # fmt: skip
def test_scripts_parse(script: str) -> None:
    subprocess.run(["bash", "-n", script], cwd=ROOT, check=True)
