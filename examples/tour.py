"""A guided tour: what the library does, shown against the server of the examples.

    python examples/tour.py                         the tour (`scripts/demo` does the same)
    python examples/tour.py https://example.com/    one GET: status, headers and body

Each step below is an ordinary function; what you read on the screen is its source, and then
what it printed.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import io
import os
import shutil
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TextIO

import httpx
from server import Server, serve

Step = Callable[[Server], None]
STEPS: dict[str, Step] = {}


def step(title: str) -> Callable[[Step], Step]:
    """Make a function a step of the tour."""

    def register(function: Step) -> Step:
        STEPS[title] = function
        return function

    return register


@step("A GET with JSON")
def get_json(server: Server) -> None:
    """One call, one response. Status, headers and body are attributes of it."""
    response = httpx.get(f"{server.http}/users/7")

    print(response.status_code, response.reason_phrase)
    print(response.headers["content-type"])
    print(response.json())


@step("The same over TLS")
def get_tls(server: Server) -> None:
    """Certificates are always checked; this server's is known to one context only."""
    url = f"{server.https}/users/7"
    print(httpx.get(url, verify=server.client_context))

    try:
        httpx.get(url)
    except httpx.ConnectError as exc:
        print(f"ConnectError: {exc}")


@step("Query parameters")
def query_parameters(server: Server) -> None:
    """Values are encoded for you; a list repeats its name."""
    params = {"q": "fish & chips", "tag": ["a", "b"]}
    response = httpx.get(f"{server.http}/echo", params=params)

    print(response.url)
    print(response.json()["query"])


@step("Three ways to post")
def posts(server: Server) -> None:
    """JSON, a form, and a form with a file in it."""
    with httpx.Client(base_url=server.http) as client:
        json = client.post("/echo", json={"name": "Ada", "born": 1815})
        form = client.post("/echo", data={"name": "Ada", "born": "1815"})
        note = ("engine.txt", b"It weaves algebraical patterns.")
        multi = client.post("/echo", data={"is": "Ada"}, files={"note": note})

    for response in (json, form, multi):
        print(response.request.headers["content-type"].partition(";")[0])
        print("  ", response.json())


@step("A client keeps its connection")
def connection_reuse(server: Server) -> None:
    """Three calls of `httpx.get` connect three times. Three of one client: once."""
    alone = [httpx.get(f"{server.http}/users/{n}") for n in (1, 2, 3)]
    with httpx.Client(base_url=server.http) as client:
        together = [client.get(f"/users/{n}") for n in (1, 2, 3)]

    # The server counts connections, and says on which one it answered.
    print("alone:   ", [r.headers["x-connection"] for r in alone])
    print("together:", [r.headers["x-connection"] for r in together])


@step("Where the time goes")
def timings(server: Server) -> None:
    """A request that asks for it is measured, phase by phase; a kept connection saves some."""
    with httpx.Client(verify=server.client_context) as client:
        for n in (1, 2):
            url = f"{server.https}/users/{n}"
            response = client.get(url, extensions={"timings": True})
            timings = response.extensions["timings"]
            for phase in ("connect", "tls", "first_byte", "total"):
                seconds = getattr(timings, phase)
                if seconds is not None:
                    print(f"{phase:10} {seconds * 1000:6.1f} ms")
            print("reused:", timings.reused)


@step("Redirects and history")
def redirects(server: Server) -> None:
    """Not followed unless you say so; what was passed on the way is kept."""
    response = httpx.get(f"{server.http}/redirect/2")
    print(response, "would go on to", response.next_request.url.path)

    response = httpx.get(f"{server.http}/redirect/2", follow_redirects=True)
    for passed in response.history:
        print(passed, passed.url.path)
    print(response, response.url.path)


@step("Cookies")
def cookies(server: Server) -> None:
    """What a server sets, the client sends back."""
    mine = {"theme": "dark"}
    with httpx.Client(base_url=server.http, cookies=mine) as client:
        client.get("/cookies/set", params={"session": "abc123"})

        print("kept:", dict(client.cookies))
        print("sent:", client.get("/cookies").json()["cookies"])


@step("Every wait has its limit")
def timeouts(server: Server) -> None:
    """Connecting, sending, receiving, and waiting for a free connection: each has its own."""
    limits = httpx.Limits(max_connections=1)
    client = httpx.Client(base_url=server.http, limits=limits)
    large = bytes(30_000_000)
    silent = server.silent  # accepts, reads nothing, says nothing

    def connect(timeout: httpx.Timeout) -> None:
        client.get(f"https://{silent}/", timeout=timeout)

    def write(timeout: httpx.Timeout) -> None:
        client.post(f"http://{silent}/", content=large, timeout=timeout)

    def read(timeout: httpx.Timeout) -> None:
        client.get("/delay/60", timeout=timeout)

    def pool(timeout: httpx.Timeout) -> None:
        with client.stream("GET", "/drip/60"):  # holds the only connection
            client.get("/users/1", timeout=timeout)

    def total(timeout: httpx.Timeout) -> None:
        client.get("/drip/60", timeout=timeout)  # never silent for long

    for attempt in (connect, write, read, pool, total):
        phase = attempt.__name__
        try:
            attempt(httpx.Timeout(5, **{phase: 0.3}))
        except httpx.TimeoutException as exc:
            print(f"{phase:8} {type(exc).__name__}: {exc}")
    client.close()


@step("When something goes wrong")
def errors(server: Server) -> None:
    """Two kinds: no usable answer (RequestError), or an answer that says no (HTTPStatusError)."""
    urls = [
        f"{server.http}/status/404",
        f"http://{server.refused}/",
        "http://no-such-name.invalid/",
        "example.com",
        "ftp://example.com/",
        f"{server.http}/users/1",
    ]
    with httpx.Client() as client:
        for url in urls:
            try:
                response = client.get(url)
                response.raise_for_status()
            except httpx.HTTPStatusError as exc:
                print("the server says:", exc.response.json())
            except httpx.RequestError as exc:
                print(f"{type(exc).__name__}: {exc}")
            else:
                print("fine:", response.json())


@step("A download, and a connection that breaks")
def download(server: Server) -> None:
    """Saved piece by piece, under its name only when it is whole. What breaks off goes on."""
    url = f"{server.http}/download/8000000?break=3000000"
    with tempfile.TemporaryDirectory() as folder, httpx.Client() as client:
        path = Path(folder, "film.webm")
        last = client.download(url, path, progress=progress)

        size, names = path.stat().st_size, os.listdir(folder)
        print(f"{size:,} bytes on disk, alone: {names}")
    print(last, "for the rest:", last.headers["content-range"])


@step("A hundred requests: one after the other, and at once")
def concurrency(server: Server) -> None:
    """Every answer takes the server 20 ms. Waiting can be shared."""

    async def main() -> None:
        async with httpx.AsyncClient(base_url=server.http) as client:
            start = time.perf_counter()
            for _ in range(100):
                await client.get("/delay/0.02")
            sequence = time.perf_counter() - start

            start = time.perf_counter()
            calls = [client.get("/delay/0.02") for _ in range(100)]
            await asyncio.gather(*calls)
            at_once = time.perf_counter() - start

        print(f"in sequence: {sequence:5.2f} s")
        print(f"at once:     {at_once:5.2f} s")
        print(f"{sequence / at_once:.0f} times as fast")

    asyncio.run(main())


# How the tour is shown ------------------------------------------------------------------------


class Screen:
    """Writes to the terminal, with colour only where one is looking."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.on_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        self.colour = self.on_terminal and "NO_COLOR" not in os.environ
        self.width = max(60, min(100, shutil.get_terminal_size((96, 24)).columns - 1))

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def line(self, text: str = "") -> None:
        self.stream.write(text + "\n")
        self.stream.flush()

    def heading(self, number: int, title: str) -> None:
        rule = "─" * (self.width - len(title) - 5)
        self.line(f"{self.paint(f'{number:2}  {title}', '1')} {self.paint(rule, '2')}")

    def code(self, source: str) -> None:
        bar = self.paint("│", "2")
        for line in source.splitlines():
            text, hash_sign, comment = line.partition("  # ")
            if line.lstrip().startswith("# "):
                text, hash_sign, comment = "", "", line
            painted = self.paint(text, "36") + self.paint(hash_sign + comment, "2")
            self.line(f"    {bar} {painted if line else ''}".rstrip())


class Result(io.TextIOBase):
    """Takes what a step prints, and shows it indented and wrapped."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.pending = ""

    def write(self, text: str) -> int:
        *lines, self.pending = (self.pending + text).split("\n")
        for line in lines:
            indent = " " * (len(line) - len(line.lstrip()))
            for piece in textwrap.wrap(
                line,
                self.screen.width - 6,
                subsequent_indent=indent + "  ",
                break_on_hyphens=False,
                break_long_words=False,
            ) or [""]:
                self.screen.line(f"    {self.screen.paint('→', '32')} {piece}")
        return len(text)


def progress(done: int, total: int | None) -> None:
    """Draw a bar: in place on a terminal, only when it is full elsewhere."""
    assert total is not None
    screen = sys.stdout.screen if isinstance(sys.stdout, Result) else Screen(sys.stdout)
    share, width = done / total, screen.width - 32
    bar = ("█" * round(share * width)).ljust(width, "░")
    text = f"    {screen.paint('→', '32')} {bar} {done / 1e6:4.1f} of {total / 1e6:.1f} MB"
    if screen.on_terminal:
        screen.stream.write(f"\r{text}" + ("\n" if done == total else ""))
        screen.stream.flush()
    elif done == total:
        screen.line(text)


def source_of(function: Step) -> str:
    """The lines of a step below its docstring."""
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    (definition,) = ast.parse("\n".join(lines)).body
    assert isinstance(definition, ast.FunctionDef)
    return textwrap.dedent("\n".join(lines[definition.body[0].end_lineno or 0 :])).strip("\n")


def release() -> str:
    """The build that is installed; the API's version where none is (run from the source)."""
    try:
        return version("httpx")
    except PackageNotFoundError:
        return httpx.__version__


def tour(screen: Screen) -> None:
    """Every step: title, code, result, time."""
    os.environ["NO_PROXY"] = "*"  # the tour talks to this machine only
    started = time.perf_counter()
    with serve() as server:
        screen.line(screen.paint(f"httpx {release()}: a guided tour", "1"))
        screen.line(f"against a server of its own, {server.http} and {server.https}")
        for number, (title, function) in enumerate(STEPS.items(), 1):
            screen.line()
            screen.heading(number, title)
            screen.line(f"    {function.__doc__}\n")
            screen.code(source_of(function))
            screen.line()
            before = time.perf_counter()
            with redirect_stdout(Result(screen)):
                function(server)
            milliseconds = (time.perf_counter() - before) * 1000
            screen.line(screen.paint(f"{milliseconds:,.0f} ms".rjust(screen.width), "2"))
    seconds = time.perf_counter() - started
    screen.line(f"\n{len(STEPS)} steps in {seconds:.1f} s; the server is stopped.")


def fetch(url: str, screen: Screen) -> None:
    """GET one address, and show what came."""
    started = time.perf_counter()
    response = httpx.get(url, follow_redirects=True, timeout=15)
    milliseconds = (time.perf_counter() - started) * 1000
    for passed in response.history:
        screen.line(screen.paint(f"{passed.status_code} {passed.url} → ", "2"))
    status = f"{response.http_version} {response.status_code} {response.reason_phrase}"
    colour = "1;32" if response.is_success else "1;31"
    screen.line(f"{screen.paint(status, colour)}  {response.url}  ({milliseconds:,.0f} ms)")
    for name, value in response.headers.multi_items():
        screen.line(f"{screen.paint(name + ':', '36')} {value}")
    screen.line()
    kind = response.headers.get("content-type", "text/plain").partition(";")[0]
    if kind.startswith("text/") or kind.endswith(("json", "xml", "javascript")):
        screen.line(response.text)
    else:
        screen.line(f"({len(response.content):,} bytes of {kind})")


def main(arguments: list[str]) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    screen = Screen(sys.stdout)
    try:
        match arguments:
            case []:
                tour(screen)
            case [url] if not url.startswith("-"):
                fetch(url, screen)
            case _:
                print("usage: tour.py [URL]", file=sys.stderr)
                return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # who reads has seen enough; nothing more may be written at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as exc:
        print(f"tour: {type(exc).__name__}: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
