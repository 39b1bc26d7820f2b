"""The `httpx` command: options, output on a terminal and in a pipe, timings, exit codes."""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import pty
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import httpx
from httpx._connections.timings import Timings
from httpx._main_client import ObservedClient
from httpx._main_output import Printer, certificate_lines, destination
from httpx._main_timings import chart

from ..http2_server import HTTP2Server
from ..proxies import HTTPProxy
from ..servers import (
    PATIENCE,
    Conn,
    HTTPServer,
    RawServer,
    Reply,
    echo,
    refused_port,
    response,
)

SOURCE = Path(__file__).parents[2] / "src"
HELLO = (200, [("Content-Type", "text/plain")], "Hello, world!")


def run(*arguments: str, **options: Any) -> Any:
    """The command in this process; what it prints is captured in memory."""
    return CliRunner().invoke(httpx.main, list(arguments), **options)


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    routes = {
        "/": HELLO,
        "/echo": echo,
        "/moved": (302, [("Location", "/")], ""),
        "/loop": (302, [("Location", "/loop")], ""),
        "/missing": (404, [], ""),
    }
    with HTTPServer(routes) as server:
        yield server


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SOURCE), "TERM": "xterm", "NO_COLOR": "", **more}


COMMAND = [sys.executable, "-W", "error", "-m", "httpx"]


def in_pipe(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """The command with its output in a pipe."""
    options = {"capture_output": True, "env": environment(), "timeout": 30, **options}
    return subprocess.run([*COMMAND, *arguments], **options)


def on_terminal(*arguments: str, **more: str) -> tuple[int, str]:
    """The command with a terminal of its own: exit code, and what is seen."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=slave, stdout=slave, stderr=slave, env=environment(**more)
    )
    os.close(slave)
    seen = b""
    try:
        while chunk := os.read(master, 65536):
            seen += chunk
    except OSError:  # the other side has closed
        pass
    finally:
        os.close(master)
    return process.wait(30), seen.decode().replace("\r\n", "\n")


# Requests


def test_a_plain_request(server: HTTPServer) -> None:
    result = run(f"{server.url}/")
    assert result.exit_code == 0
    assert result.output == (
        "HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 13\n\nHello, world!\n"
    )


def sent(server: HTTPServer, *arguments: str, **options: Any) -> dict[str, Any]:
    """What the server got."""
    result = run(f"{server.url}/echo", *arguments, **options)
    assert result.exit_code == 0, result.output
    received: dict[str, Any] = json.loads(result.output[result.output.index("{") :])
    return received


def test_all_the_options(server: HTTPServer) -> None:
    received = sent(
        server,
        *("-m", "put", "-h", "X-A", "1", "-h", "X-A", "2", "--cookies", "c", "d"),
        *("-p", "q", "1", "-p", "q", "2", "-c", "body", "--auth", "u", "p", "--timeout", "3"),
    )
    assert (received["method"], received["target"]) == ("PUT", "/echo?q=1&q=2")
    assert received["body"] == "body"
    headers = received["headers"]
    assert [value for name, value in headers if name == "X-A"] == ["1", "2"]
    assert ["Cookie", "c=d"] in headers
    assert ["Authorization", "Basic dTpw"] in headers


@pytest.mark.parametrize(
    ("options", "kind", "body"),
    [
        (["-d", "a", "1", "-d", "b", "2", "-d", "a", "3"], "form-urlencoded", "a=3&b=2"),
        (["-j", '{"a": [1]}'], "application/json", '{"a":[1]}'),
        (["-c", "text"], None, "text"),
    ],
)
def test_a_body_makes_it_a_post(
    server: HTTPServer, options: list[str], kind: str | None, body: str
) -> None:
    received = sent(server, *options)
    assert (received["method"], received["body"]) == ("POST", body)
    types = [value for name, value in received["headers"] if name == "Content-Type"]
    assert types == [] if kind is None else kind in types[0]


def test_files(server: HTTPServer, tmp_path: Path) -> None:
    path = tmp_path / "some.txt"
    path.write_bytes(b"inside")
    body = sent(server, "-f", "name", str(path), "-d", "a", "1")["body"]
    assert 'name="name"; filename="some.txt"' in body
    assert "inside" in body
    assert 'name="a"' in body


def test_a_password_is_asked_for(server: HTTPServer) -> None:
    result = run(f"{server.url}/echo", "--auth", "u", "-", input="secret\n")
    assert "Password:" in result.output
    assert "Basic dTpzZWNyZXQ=" in result.output


def test_a_proxy() -> None:
    with HTTPServer({"http://example.org/a": "through"}) as proxy:
        result = run("http://example.org/a", "--proxy", proxy.url)
    assert (result.exit_code, [request.target for request in proxy.requests]) == (
        0,
        ["http://example.org/a"],
    )


@pytest.mark.parametrize("scheme", ["", "//", "https://", "HTTPS://"])
def test_https_is_assumed(
    scheme: str, ca: Any, server_context: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with HTTPServer({"/": HELLO}, tls=server_context) as server:
        result = run(f"{scheme}localhost:{server.port}/?next=http://other/")
    assert result.exit_code == 0, result.output
    assert server.requests[0].query == "next=http://other/"


def test_redirects_are_followed_when_asked_for(server: HTTPServer) -> None:
    moved = "HTTP/1.1 302 Found\nLocation: /\nContent-Length: 0\n\n"
    result = run(f"{server.url}/moved")
    assert (result.exit_code, result.output) == (1, moved)
    result = run(f"{server.url}/moved", "--follow-redirects")
    assert result.exit_code == 0
    assert result.output.startswith(moved + "HTTP/1.1 200 OK\n")


def test_no_verify(server_context: Any) -> None:
    with HTTPServer({"/": HELLO}, tls=server_context) as server:
        strict = run(server.url)
        lax = run(server.url, "--no-verify")
        overruled = run(server.url, "--no-verify", "--verify")
        verbose = run(server.url, "--no-verify", "-v", "--http2")
    assert (strict.exit_code, lax.exit_code, overruled.exit_code) == (6, 0, 6)
    assert re.search("certificate: NOT CHECKED, SHA-256 [0-9a-f]{64}\n", verbose.output)
    assert "* Selected ALPN protocol: None\n" in verbose.output


# Bodies, where text is captured in memory


@pytest.mark.parametrize(
    ("kind", "body", "shown"),
    [
        (
            "application/json",
            b'{"a":["\\u00e9",1]}',
            '{\n    "a": [\n        "\\u00e9",\n        1\n    ]\n}',
        ),
        ("application/problem+json", b"[1]", "<3 bytes of binary data>"),
        ("application/json", b"{oh", "{oh"),
        ("text/plain; charset=latin-1", b"caf\xe9\n", "café\n"),
        ("text/x-unheard-of", b"words", "<5 bytes of binary data>"),
        ("application/octet-stream", b"words", "<5 bytes of binary data>"),
        ("image/png", b"\x89PNG", "<4 bytes of binary data>"),
        ("text/plain", b"words \x1b[1m", "words \x1b[1m"),
        (None, b"words", "<5 bytes of binary data>"),
    ],
)
def test_bodies(kind: str | None, body: bytes, shown: str) -> None:
    headers = [("Content-Type", kind)] if kind else []
    with HTTPServer({"/": (200, headers, body)}) as server:
        output = run(server.url).output
    assert output.partition("\n\n")[2] == shown + "\n"


# A pipe


def test_a_pipe_gets_plain_bytes() -> None:
    body = b'{"a":1}\x00\xff\x1b[1m\r\n'
    with HTTPServer({"/": (200, [("Content-Type", "application/json")], body)}) as server:
        done = in_pipe(server.url)
    head = b"HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 15\n\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, head + body, b"")


def test_a_pipe_gets_each_piece_as_it_comes() -> None:
    seen = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"first"
        assert seen.wait(PATIENCE)
        yield b"second"

    with HTTPServer({"/": lambda request: Reply(body=pieces())}) as server:
        process = subprocess.Popen([*COMMAND, server.url], stdout=-1, env=environment())
        assert process.stdout is not None
        got = b""
        while not got.endswith(b"first"):
            got += os.read(process.stdout.fileno(), 100)
        seen.set()
        assert process.communicate(timeout=30)[0] == b"second"


def test_nobody_reads_on(server: HTTPServer) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as closed:
        done = in_pipe(f"{server.url}/", capture_output=False, stdout=closed, stderr=-1)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_file_gets_plain_bytes(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with path.open("w", encoding="utf-8") as file:
        printer = Printer(file)
        printer.head("HTTP/1.1 200 OK", [(b"A", b"b")])
        printer.body(httpx.Response(200, content=iter([b"\x00\xff", b"\x1b"])))
    assert path.read_bytes() == b"HTTP/1.1 200 OK\nA: b\n\n\x00\xff\x1b"


# A terminal


class Terminal(io.StringIO):
    """Text in memory that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    printer = Printer(terminal)
    printer.note("plain \x07")
    printer.note("red", fg="red")
    printer.body(httpx.Response(200, json={"a": 1}))
    plain, red, body = terminal.getvalue().split("\n", 2)
    assert (plain, red) == ("plain \\x07", "\x1b[31mred\x1b[0m")
    assert "\x1b" in body
    assert json.loads(re.sub(r"\x1b\[[0-9;]*m", "", body)) == {"a": 1}


def test_a_terminal_gets_colours() -> None:
    with HTTPServer({"/": {"a": 1}}) as server:
        code, seen = on_terminal(server.url)
        _, plain = on_terminal(server.url, NO_COLOR="1")
    assert code == 0
    assert re.search(r"\x1b\[\d+m\"a\"\x1b", seen)
    assert plain == (
        'HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 8\n\n{\n    "a": 1\n}\n'
    )


def test_a_server_does_not_steer_the_terminal() -> None:
    kind = [("Content-Type", "text/plain"), ("X", "a\x9bb")]
    with HTTPServer({"/": (200, kind, b"a\tb\r\n\x1b[31mred\x07")}) as server:
        _, seen = on_terminal(server.url, TERM="dumb")
    assert "X: a\\x9bb\n" in seen
    assert seen.endswith("\n\na\tb\n\\x1b[31mred\\x07\n")


def test_a_terminal_sees_the_progress_of_a_download(tmp_path: Path) -> None:
    with HTTPServer({"/": b"x" * 100_000}) as server:
        code, seen = on_terminal(server.url, "--download", str(tmp_path / "[f]"))
    assert code == 0
    assert "Downloading" in seen
    assert "100.0/100.0 kB" in seen
    assert (tmp_path / "[f]").read_bytes() == b"x" * 100_000


# Downloads


def test_a_download(server: HTTPServer, tmp_path: Path) -> None:
    result = run(f"{server.url}/", "--download", str(tmp_path / "saved"))
    assert result.exit_code == 0
    assert result.output.startswith("HTTP/1.1 200 OK\n")
    assert "Hello" not in result.output
    assert (tmp_path / "saved").read_bytes() == b"Hello, world!"


def test_a_download_to_standard_output(server: HTTPServer) -> None:
    done = in_pipe(f"{server.url}/", "--download", "-")
    assert done.stdout == b"Hello, world!"
    assert done.stderr.startswith(b"HTTP/1.1 200 OK\n")


def test_only_a_success_is_saved(server: HTTPServer, tmp_path: Path) -> None:
    for options in ([], ["-d", "a", "1"]):
        result = run(f"{server.url}/missing", "--download", str(tmp_path / "saved"), *options)
        assert result.exit_code == 1
        assert result.output.startswith("HTTP/1.1 404 Not Found\n")
        assert result.output.endswith("\nNot saved, since the answer is no success.\n")
    assert not list(tmp_path.iterdir())


def test_what_a_post_answers_is_saved(server: HTTPServer, tmp_path: Path) -> None:
    target = tmp_path / "saved"
    result = run(f"{server.url}/echo", "-c", "body", "--download", str(target))
    assert result.exit_code == 0
    assert json.loads(target.read_bytes())["body"] == "body"


def test_a_download_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    content = bytes(range(256)) * 100

    def handler(conn: Conn) -> None:
        request = conn.read_head()
        assert request is not None
        first = request.get("range") is None
        start = 0 if first else 10_000
        headers = {"ETag": '"x"', "Content-Length": str(len(content) - start)}
        if not first:
            assert request.get("range") == "bytes=10000-"
            headers["Content-Range"] = f"bytes 10000-{len(content) - 1}/{len(content)}"
        head = response(200 if first else 206, headers)
        conn.send(head + content[start : 10_000 if first else None])

    with RawServer(handler) as server:
        result = run(server.url, "-v", "--download", str(tmp_path / "saved"))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "saved").read_bytes() == content
    assert "HTTP/1.1 206 Partial Content\n" in result.output


def test_progress(monkeypatch: pytest.MonkeyPatch, capsysbinary: Any) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with destination("-", Printer(io.StringIO())) as (place, progress):
        assert progress is not None
        progress(1_000, 2_000)
        place.write(b"bytes")  # type: ignore[union-attr]
    assert capsysbinary.readouterr().out == b"bytes"
    assert "1.0/2.0 kB" in sys.stderr.getvalue()  # type: ignore[attr-defined]


def test_progress_makes_room_for_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line has its own place: the bar is erased before, and drawn anew behind it."""
    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with destination("film", printer := Printer(screen)) as (_, progress):
        printer.note("before any progress")
        assert progress is not None
        for received, line in ((1_000, "resumed"), (2_000, "")):
            progress(received, 2_000)
            if line:
                printer.note(line)
    seen = screen.getvalue()
    assert seen.startswith("before any progress\n")
    before, _, after = seen.partition("resumed\n")
    assert "1.0/2.0 kB" in before
    assert before.endswith("\x1b[2K")  # the line is empty again, and the cursor at its beginning
    assert "2.0/2.0 kB" in after


# Verbose


def test_verbose(server: HTTPServer) -> None:
    output = run(f"{server.url}/", "-v", "-h", "A", "b").output
    assert output.startswith(
        f"* Connecting to '127.0.0.1'\n* Connected to '127.0.0.1' on port {server.port}\n"
        f"GET / HTTP/1.1\nHost: 127.0.0.1:{server.port}\n"
    )
    assert "\nA: b\n\nHTTP/1.1 200 OK\n" in output
    timings = output.partition("* Timings:\n")[2]
    phases = [line[4:17].strip() for line in timings.splitlines()]
    assert phases == ["connect", "send", "first byte", "body", "total"]


def test_verbose_tells_of_tls(
    ca: Any, server_context: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with HTTPServer({"/": HELLO}, tls=server_context) as server:
        output = run(server.url, "-v").output
    assert re.search(r"\* SSL established using 'TLSv1.\d' / '\w+'\n", output)
    assert "*   issuer:\n*     organizationName: 'trustme" in output
    assert "*   subjectAltName:\n*     DNS: 'localhost'\n" in output
    assert re.search(r"\*   TLS +\d", output)


def test_verbose_through_a_tunnel(server_context: Any) -> None:
    with HTTPServer({"/": HELLO}, tls=server_context) as server, HTTPProxy() as proxy:
        options = ["-v", "--no-verify", "--proxy", proxy.address]
        output = run(f"https://localhost:{server.port}/", *options).output
    assert f"* Connected to '127.0.0.1' on port {proxy.port}\nCONNECT localhost:" in output
    answer, get = output.index("\n\nHTTP/1.1 200 "), output.index("\nGET / HTTP/1.1\n")
    assert output.index("\nCONNECT ") < answer < output.index("* SSL established") < get


def test_verbose_over_http2(ca: Any) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2"])
    ca.issue_cert("localhost").configure_cert(context)
    with HTTP2Server(lambda stream: (200, [("a", "b")], b"body"), tls=context) as server:
        output = run(server.url, "--http2", "--no-verify", "-v").output
    assert "* Selected ALPN protocol: 'h2'\n" in output
    assert "\nGET / HTTP/2\n" in output
    assert "\n\nHTTP/2 200 OK\na: b\n" in output


def test_timings_leave_a_pipe_alone(server: HTTPServer) -> None:
    done = in_pipe(f"{server.url}/", "-v")
    assert done.stdout.endswith(b"\n\nHello, world!")
    assert done.stderr.startswith(b"* Timings:\n")


def test_timings_of_a_failure() -> None:
    with refused_port() as port:
        output = run(f"http://127.0.0.1:{port}", "-v").output
    assert re.search(r"\* Timings:\n(.*\n)*\*   total +\d+\.\d ms\nConnectError: ", output)


def test_the_chart() -> None:
    assert list(chart([])) == []
    first, second = Timings(), Timings()
    first.name_lookup = first.connect = first.send = 0.125
    first.tls, first.total = 0.25, 0.75
    second.body, second.total = 0.25, 0.375
    assert list(chart([first, second], unicode=False)) == [
        "* Timings:",
        "*   name look-up     125.0 ms  ####",
        "*   connect          125.0 ms      #####",
        "*   TLS              250.0 ms           #########",
        "*   send             125.0 ms                    ####",
        "*   body             250.0 ms                        #########",
        "*   total           1125.0 ms",
    ]


def test_every_part_of_a_certificate() -> None:
    certificate = {
        "subject": ((("commonName", "a"), ("serialNumber", "1")), (("countryName", "NO"),)),
        "version": 3,
        "OCSP": ("http://ocsp",),
    }
    assert list(certificate_lines(certificate)) == [
        "*   subject:",
        "*     commonName: 'a'",
        "*     serialNumber: '1'",
        "*     countryName: 'NO'",
        "*   version: 3",
        "*   OCSP:",
        "*     'http://ocsp'",
    ]


def test_what_an_encoding_lacks_is_escaped() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, "ascii", write_through=True)
    printer = Printer(file)
    printer.note("é")
    assert raw.getvalue() == b"\\xe9\n"
    assert (printer.can_show("a"), printer.can_show("█")) == (True, False)


# Exit codes and errors


def hang_up(conn: Conn) -> None:
    conn.read_head()


def reset(conn: Conn) -> None:
    conn.read_head()
    conn.reset()


def answering(data: bytes) -> Any:
    def handler(conn: Conn) -> None:
        conn.read_head()
        conn.send(data)

    return handler


def hold(conn: Conn) -> None:
    conn.hold()


@pytest.mark.parametrize(
    ("handler", "code", "text"),
    [
        (hold, 4, "ReadTimeout: "),
        (hang_up, 9, "RemoteProtocolError: Server disconnected"),
        (reset, 8, "ReadError: "),
        (answering(b"nonsense\r\n\r\n"), 9, "RemoteProtocolError: "),
        (answering(response(200, {"Content-Encoding": "gzip"}, b"oh")), 9, "DecodingError: "),
    ],
)
def test_exit_codes_of_broken_answers(handler: Any, code: int, text: str) -> None:
    with RawServer(handler) as server:
        done = in_pipe(server.url, "--timeout", "60" if handler is not hold else "0.5")
    assert done.returncode == code
    assert done.stderr.decode().startswith(text)
    assert done.stderr.count(b"\n") == 1


def test_exit_codes_of_answers(server: HTTPServer) -> None:
    assert run(f"{server.url}/missing").exit_code == 1
    result = run(f"{server.url}/loop", "--follow-redirects")
    assert (result.exit_code, result.output.splitlines()[-1]) == (
        10,
        "TooManyRedirects: Exceeded maximum allowed redirects.",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["http://a:port"], 3, "InvalidURL: Invalid port: 'port'"),
        (["gopher://a"], 3, "UnsupportedProtocol: "),
        (["http://a", "--download", "/no/such/folder/file"], 11, ""),
    ],
)
def test_exit_codes_of_mistakes(arguments: list[str], code: int, text: str) -> None:
    if code == 11:
        with HTTPServer({"/": HELLO}) as server:
            result = run(server.url, *arguments[1:])
        text = "FileNotFoundError: "
    else:
        result = run(*arguments)
    assert result.exit_code == code
    assert result.output.splitlines()[-1].startswith(text)


def test_exit_code_of_no_connection() -> None:
    with refused_port() as port:
        result = run(f"http://127.0.0.1:{port}")
        by_proxy = run("http://example.org", "--proxy", f"http://127.0.0.1:{port}")
    assert result.exit_code == 5
    assert result.output.startswith("ConnectError: ")
    assert by_proxy.exit_code == 5


def test_exit_code_of_a_proxy_that_refuses() -> None:
    with HTTPServer({"*": (407, [], "")}) as proxy:
        result = run("https://example.org", "--proxy", proxy.url)
    assert result.exit_code == 7
    assert result.output.startswith("ProxyError: 407")


def test_exit_code_of_an_interruption(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(ObservedClient, "send", interrupt)
    assert run(f"{server.url}/").exit_code == 130


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "Missing argument 'URL'"),
        (["http://a", "--nope"], "No such option"),
        (["http://a", "--json", "{"], "Invalid value for '--json' / '-j': Not valid JSON"),
        (["http://a", "--proxy", "ftp://b"], "Unknown scheme for proxy URL"),
        (["http://a", "-f", "x", "/no/such/file"], "No such file or directory"),
    ],
)
def test_wrong_options(arguments: list[str], text: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert text in result.output


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h2", None)
    result = run("http://a", "--http2")
    assert result.exit_code == 2
    assert "httpx[http2]" in result.output


def test_help_tells_the_options_and_the_codes() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "A next generation HTTP client." in result.output
    assert "  130  interrupted\n" in result.output
    assert "  6  no connection, since TLS failed" in result.output
    for option in ("-m", "-p", "-c", "-d", "-f", "-j", "-h", "--cookies", "--auth", "--proxy"):
        assert f"{option} " in result.output or f"{option}," in result.output


def test_the_version_is_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: f"{name}'s release")
    assert run("--version").output == "httpx httpx's release\n"

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert run("--version").output == f"httpx {httpx.__version__}\n"


def test_the_module_runs_the_command() -> None:
    done = in_pipe("--version")
    assert (done.returncode, done.stdout[:6]) == (0, b"httpx ")


@pytest.mark.parametrize("package", ["click", "pygments", "rich"])
def test_without_the_extra_the_command_names_it(package: str) -> None:
    program = f"import sys; sys.modules[{package!r}] = None; import httpx; httpx.main()"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, env=environment(), timeout=30
    )
    assert done.returncode == 1
    assert b"httpx[cli]" in done.stdout
    assert b"Traceback" not in done.stderr


def test_a_tls_error_of_another_kind_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cause is looked for however deep it is."""
    error = httpx.ConnectError("no")
    error.__cause__ = OSError()
    error.__cause__.__cause__ = ssl.SSLError("broken")

    def fail(*arguments: Any, **options: Any) -> Any:
        raise error

    monkeypatch.setattr(ObservedClient, "send", fail)
    assert run("http://a").exit_code == 6
