"""The `httpx` command, its output captured in memory, as click's test runner does."""

import os
import tempfile
from unittest import mock

from ..helpers import httpx
from ..server import OK, Wire, free_port
from ..table import program


def run(*arguments, **settings):
    """Exit code and output of one command."""
    from click.testing import CliRunner

    with mock.patch.dict(os.environ, {"COLUMNS": "100", "TERM": "dumb"}):
        done = CliRunner().invoke(httpx.main, [str(a) for a in arguments], **settings)
    return [done.exit_code, *done.output.split("\n")]


def answer(body, kind=None, more=b""):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(body)
    if kind is not None:
        head += b"Content-Type: " + kind + b"\r\n"
    return head + more + b"\r\n" + body


def shown(body, kind=None, more=b""):
    with Wire(answer(body, kind, more)) as wire:
        return run(wire.url)


@program
def plain_text():
    return shown(b"Hello, world!", b"text/plain")


@program
def plain_text_with_a_charset():
    return shown("grüße".encode("latin-1"), b"text/plain; charset=latin-1")


@program
def text_that_ends_a_line():
    return shown(b"one\ntwo\n", b"text/plain")


@program
def html():
    return shown(b"<html><body>Hello</body></html>", b"text/html; charset=utf-8")


@program
def json():
    return shown(b'{"Hello": "world!", "list": [1, 2, null], "e": {}}', b"application/json")


@program
def json_that_is_none():
    return shown(b'{"a": ', b"application/json")


@program
def json_beyond_ascii():
    return shown('{"a": "ü"}'.encode(), b"application/json")


@program
def xml():
    return shown(b"<a><b/></a>", b"application/xml")


@program
def css():
    return shown(b"a { color: red }", b"text/css")


@program
def png():
    return shown(b"\x89PNG\r\n", b"image/png")


@program
def octets():
    return shown(b"Hello", b"application/octet-stream")


@program
def unknown_kind():
    return shown(b"Hello", b"application/x-nobody-knows")


@program
def unknown_text():
    return shown(b"Hello", b"text/x-nobody-knows")


@program
def nothing():
    return shown(b"", b"text/plain")


@program
def many_headers():
    return shown(b"x", b"text/plain", b"X-A: 1\r\nx-b: 2\r\nX-A: 3\r\nServer: s\r\n")


@program
def chunked():
    body = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Wire(body + b"5\r\nHello\r\n0\r\n\r\n") as wire:
        return run(wire.url)


@program
def errors_of_the_server():
    with Wire(b"HTTP/1.1 500 Oh No\r\nContent-Length: 0\r\n\r\n") as wire:
        return run(wire.url)


@program
def no_reason():
    with Wire(b"HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n") as wire:
        return run(wire.url)


@program
def redirects():
    moved = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    with Wire(moved, answer(b"Hello", b"text/plain")) as wire:
        return [run(wire.url), run(wire.url, "--follow-redirects")]


@program
def redirects_followed():
    moved = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    with Wire(moved, answer(b"Hello", b"text/plain")) as wire:
        return run(wire.url, "--follow-redirects")


@program
def verbose():
    with Wire(answer(b"Hello", b"text/plain")) as wire:
        return [line for line in run(wire.url, "-v") if not line.startswith(("* Timings", "*   "))]


@program
def verbose_post():
    with Wire(answer(b"Hello", b"text/plain")) as wire:
        told = run(wire.url, "-v", "-m", "POST", "-j", '{"hello": "world"}')
        return [line for line in told if not line.startswith(("* Timings", "*   "))]


@program
def verbose_auth():
    with Wire(answer(b"Hello", b"text/plain")) as wire:
        told = run(wire.url, "-v", "--auth", "username", "password")
        return [line for line in told if not line.startswith(("* Timings", "*   "))]


@program
def password_prompt():
    with Wire(answer(b"Hello", b"text/plain")) as wire:
        told = run(wire.url, "--auth", "username", "-", input="password")
        return [told[0], told[-2:], wire.lines()]


@program
def method_and_headers():
    with Wire(OK) as wire:
        return [
            run(wire.url, "--method", "PUT", "-h", "X-A", "1", "-h", "X-A", "2")[0],
            wire.lines(),
        ]


@program
def cookies():
    with Wire(OK) as wire:
        return [run(wire.url, "--cookies", "a", "1", "--cookies", "b", "2")[0], wire.lines()]


@program
def params():
    with Wire(OK) as wire:
        return [run(wire.url + "/?z=1", "-p", "a", "1", "-p", "a", "2")[0], wire.lines()]


@program
def content():
    with Wire(OK) as wire:
        return [run(wire.url, "-c", "body")[0], wire.lines()]


@program
def data_and_method():
    with Wire(OK) as wire:
        return [run(wire.url, "-d", "a", "1", "-d", "a", "2", "-m", "PATCH")[0], wire.lines()]


@program
def json_values():
    answers = []
    for value in ("null", "0", "[]", "{}", '"x"', "true", "NaN"):
        with Wire(OK) as wire:
            code = run(wire.url, "-j", value)[0]
            answers.append([value, code, wire.lines()[0], wire.lines()[-1]])
    return answers


@program
def files():
    with tempfile.NamedTemporaryFile(suffix=".txt") as file, Wire(OK) as wire:
        file.write(b"content")
        file.flush()
        code = run(wire.url, "-f", "f", file.name)[0]
        name = os.path.basename(file.name)
        return [code, [line.replace(name, "NAME") for line in wire.lines()][-7:]]


@program
def download():
    with tempfile.TemporaryDirectory() as folder, Wire(answer(b"Hello", b"text/plain")) as wire:
        path = os.path.join(folder, "index.txt")
        code = run(wire.url, "--download", path)[0]
        with open(path, "rb") as file:
            return [code, file.read(), os.listdir(folder)]


@program
def help_text():
    told = run("--help")
    return [told[0], "Usage: httpx" in "\n".join(told) or told[1:4]]


@program
def no_arguments():
    return run()[0]


@program
def two_urls():
    return run("http://a", "http://b")[0]


@program
def unknown_scheme():
    return run("invalid://example.org")


@program
def invalid_url():
    return run("http://127.0.0.1:x/")


@program
def refused():
    return [
        line.partition(" while")[0] for line in map(str, run(f"http://127.0.0.1:{free_port()}"))
    ]


@program
def timed_out():
    with Wire(None) as wire:
        return [str(line)[:20] for line in run(wire.url, "--timeout", "0.02")]


@program
def bad_timeout():
    return run("http://127.0.0.1:1", "--timeout", "x")[0]


@program
def bad_json():
    told = run("http://127.0.0.1:1", "-j", "{")
    return [told[0], told[-2]]


@program
def missing_file():
    return run("http://127.0.0.1:1", "-f", "f", "/nonexistent")[0]


@program
def proxied():
    with Wire(OK) as wire:
        return [run("http://example.org/", "--proxy", wire.url)[0], wire.lines()]


@program
def command_of_click():
    return [
        type(httpx.main).__name__,
        httpx.main.name,
        [parameter.name for parameter in httpx.main.params][:16],
        [parameter.opts for parameter in httpx.main.params if parameter.name != "help"],
    ]


@program
def http2():
    with Wire(OK) as wire:
        return [run(wire.url, "--http2")[0], wire.lines()[0]]


@program
def no_kind():
    return [shown(b"words"), shown(b"\x00\x01"), shown(b"\xff\xfe")]


@program
def kinds_of_json():
    kinds = (b"application/problem+json", b"application/JSON; charset=utf-8", b"text/json")
    return [shown(b'{"a":1}', kind)[-4:] for kind in kinds]
