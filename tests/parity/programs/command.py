"""The `httpx` command: output and exit codes."""

import os
import subprocess
import sys

from ..server import OK, Wire, free_port
from ..table import program

JSON = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
    b'{"a": [1, "b"]}'
)


def run(*arguments):
    """Exit code, output and errors of one command."""
    done = subprocess.run(
        [sys.executable, "-c", "import httpx; httpx.main()", *arguments],
        capture_output=True,
        encoding="latin-1",
        timeout=9,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "100", "NO_COLOR": "1"},
    )
    return [done.returncode, *done.stdout.split("\n"), "-- errors", *done.stderr.split("\n")[-3:]]


@program
def get():
    with Wire(OK) as wire:
        return run(wire.url)


@program
def get_json():
    with Wire(JSON) as wire:
        return run(wire.url)


@program
def post_json():
    with Wire(OK) as wire:
        return [*run(wire.url, "--json", '{"a": 1}'), *wire.lines()]


@program
def bad_json():
    return run("http://127.0.0.1:1", "--json", "{")


@program
def all_the_parts():
    with Wire(OK) as wire:
        arguments = ["-m", "PUT", "-h", "X", "1", "--cookies", "c", "1", "-p", "q", "2"]
        arguments += ["-c", "body", "--auth", "u", "p"]
        return [*run(wire.url, *arguments), *wire.lines()]


@program
def form():
    with Wire(OK) as wire:
        return [run(wire.url, "-d", "a", "1", "-d", "b", "2")[0], *wire.lines()]


@program
def verbose():
    with Wire(OK) as wire:
        told = run(wire.url, "-v")
    return [line for line in told if not str(line).startswith(("* Timings", "*   "))]


@program
def not_found():
    with Wire(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as wire:
        return run(wire.url)


@program
def redirect_followed():
    moved = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    with Wire(moved, OK) as wire:
        return run(wire.url, "--follow-redirects")


@program
def redirect_not_followed():
    moved = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    with Wire(moved, OK) as wire:
        return run(wire.url)


@program
def refused():
    return run(f"http://127.0.0.1:{free_port()}")


@program
def unknown_option():
    return run("http://127.0.0.1:1", "--nope")[0]


@program
def help_names_the_options():
    text = "\n".join(run("--help")[1:])
    options = "--method --params --content --data --files --json --headers --cookies --auth --proxy"
    more = "--timeout --follow-redirects --no-verify --http2 --download --verbose --help"
    return [option for option in f"{options} {more}".split() if option not in text]


@program
def binary_body():
    with Wire(
        b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 4\r\n\r\n\x89PNG"
    ) as wire:
        return run(wire.url)
