"""This build beside its peers, on the same work, in one run, over loopback.

    python benchmarks/wire.py                       everything; writes the table to README.md
    python benchmarks/wire.py --only async-100 tls  some rows, to the terminal only
    python benchmarks/wire.py --rounds 3 --quick    a look

It installs what is missing: the peers by pip, and nginx and openssl by apt-get where that is
there and allowed. A peer that cannot be installed, or fails, has a dash in the table, and the
reason is printed. All of it takes about half an hour.

Each client runs in its own process, and each package in an environment of its own, made at the
first run under .venvs/ (niquests replaces urllib3, and httpx is the name of two of us). Rounds are
interleaved: in each of them every peer does the work once, so that what else the machine does
falls on all. A figure is the median of the rounds; a ratio is that of two medians, and the spread
beside it is the quartiles of the ratios within the rounds; within 10 % of a bar there are as many
rounds again. Who is slow ends a measurement after `SECONDS`, with less done. The server is nginx on
a core of its own, clients have the other; event streams come from a small server of ours.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import socket
import statistics
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENVS = ROOT / ".venvs"
SMALL = 72
MIB = 1024 * 1024
SERVER_CORE, CLIENT_CORE = 1, 0
SECONDS = 1.0  # after which a measurement that counts requests ends
LIMIT = 40.0  # seconds after which a peer that has not ended is given up

# An environment: what is installed into it, and the peers that run in it.
ENVIRONMENTS = {
    "bench-courier": ([f"{ROOT}[http2]"], ["courier"]),
    "bench-httpx": (["httpx[http2]==0.28.1"], ["httpx"]),
    "bench-httpx2": (["httpx2[http2]", "certifi"], ["httpx2"]),
    "bench-niquests": (["niquests", "certifi"], ["niquests"]),
    "bench-peers": (
        ["aiohttp", "requests", "urllib3", "pycurl", "pyqwest"],
        ["aiohttp", "requests", "urllib3", "pycurl", "pyqwest", "floor"],
    ),
}
BLOCKING = ["courier", "httpx", "httpx2", "urllib3", "requests", "niquests", "pycurl", "pyqwest",
            "floor"]  # fmt: skip
AWAITING = ["courier", "httpx", "httpx2", "aiohttp", "niquests", "pyqwest", "floor"]
STREAMING = ["courier", "httpx", "httpx2", "aiohttp"]


@dataclass
class Work:
    """A row of the table: one kind of work, who does it, and what is to be reached."""

    name: str
    title: str
    kind: str
    path: str
    peers: list[str]
    bars: dict[str, float]
    port: str = "http"
    count: int = 1
    unit: str = "req/s"
    options: dict[str, Any] = field(default_factory=dict)
    rivals: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Peers that are this build itself, at a plainer kind of the work: what is different."""


SIZES = {"small": SMALL, "64k": 65536, "256m": 256 * MIB}
WORKS = [
    Work("sync", "sync, small GET", "sync-get", "small", BLOCKING,
         {"urllib3": 1.7, "requests": 3, "httpx": 2.5, "floor": 0.6}, count=2000),
    Work("async-1", "async, 1 at a time", "async-get", "small", AWAITING, {"aiohttp": 1.1},
         count=2000, options={"at_once": 1}),
    Work("async-10", "async, 10 at once", "async-get", "small", AWAITING, {}, count=3000,
         options={"at_once": 10}),
    Work("async-100", "async, 100 at once", "async-get", "small", AWAITING,
         {"aiohttp": 1.5, "httpx": 20, "floor": 0.33}, count=4000, options={"at_once": 100}),
    Work("async-1000", "async, 1,000 on 1,000 connections", "async-get", "small",
         ["courier", "httpx2", "aiohttp", "pyqwest", "floor"], {"aiohttp": 1.5}, count=5000,
         options={"at_once": 1000, "connections": 1000}),
    Work("queued", "async, 10,000 tasks queued on 100 connections", "async-queued", "small",
         ["courier", "httpx2", "aiohttp", "100 at once"], {"100 at once": 0.9}, count=10000,
         options={"at_once": 100}, rivals={"100 at once": {"kind": "async-get"}}),
    Work("idle", "async, 1 at a time beside 300 idle", "async-idle", "small",
         ["courier", "httpx2", "aiohttp", "none idle"], {"none idle": 0.9}, count=2000,
         options={"idle": 300, "connections": 300, "at_once": 1},
         rivals={"none idle": {"kind": "async-get"}}),
    Work("tls", "async over TLS, 100 at once", "async-get", "small", AWAITING[:-1], {},
         port="https", count=4000, options={"at_once": 100}),
    Work("http2", "HTTP/2, 100 at once", "async-get", "small",
         ["courier", "httpx", "httpx2", "niquests", "pyqwest"], {"httpx2": 3}, port="h2",
         count=3000, options={"at_once": 100, "http2": True}),
    Work("sync-64k", "sync, 64 KiB download", "sync-get", "64k", BLOCKING, {}, count=1000),
    Work("async-64k", "async, 64 KiB download, 10 at once", "async-get", "64k", AWAITING, {},
         count=1000, options={"at_once": 10}),
    Work("sync-256m", "sync, 256 MB download", "sync-download", "256m",
         ["courier", "httpx", "httpx2", "urllib3", "requests", "pycurl", "floor"],
         {"httpx": 3, "floor": 0.6}, unit="MB/s"),
    Work("async-256m", "async, 256 MB download", "async-download", "256m", STREAMING,
         {"aiohttp": 1.3}, unit="MB/s"),
    Work("async-256m-tls", "async over TLS, 256 MB download", "async-download", "256m", STREAMING,
         {}, port="https", unit="MB/s"),
    Work("sync-upload", "sync, 64 MB upload", "sync-upload", "upload",
         ["courier", "httpx", "httpx2", "urllib3", "requests", "16 MB"], {"16 MB": 0.9},
         unit="MB/s", rivals={"16 MB": {"length": 16 * MIB}}),
    Work("async-upload", "async, 64 MB upload", "async-upload", "upload", [*STREAMING, "16 MB"],
         {"aiohttp": 1, "16 MB": 0.9}, unit="MB/s", rivals={"16 MB": {"length": 16 * MIB}}),
    Work("events", "event stream of 10,000 chunks", "async-events", "events", STREAMING,
         {"httpx": 3, "aiohttp": 1}, port="events", count=10000, unit="chunks/s"),
    Work("one-off", "one-off get(), http", "one-off", "small",
         ["courier", "httpx", "httpx2", "requests", "niquests"], {"httpx": 2.5}, count=20),
    Work("one-off-tls", "one-off get(), https", "one-off", "small",
         ["courier", "httpx", "httpx2", "requests", "niquests"], {"httpx": 2.5}, port="https",
         count=20),
    Work("import", "import", "import", "small",
         ["courier", "httpx", "httpx2", "requests", "niquests", "aiohttp"], {"httpx": 3},
         unit="1/s", options={"count": 3}),
    Work("import-client", "import, and the class of clients", "import", "small",
         ["courier", "httpx", "httpx2", "requests", "niquests", "aiohttp"], {},
         unit="1/s", options={"count": 3, "class": True}),
    Work("client", "Client()", "client", "small", ["courier", "httpx", "httpx2", "requests"], {},
         count=20, unit="1/s"),
    Work("memory", "memory of an idle connection, of 1,000", "async-memory", "small",
         ["courier", "httpx2", "aiohttp"], {"aiohttp": 1}, unit="KiB",
         options={"at_once": 1000, "connections": 1000}),
    Work("memory-tls", "the same over TLS", "async-memory", "small",
         ["courier", "httpx2", "aiohttp"], {"aiohttp": 1}, port="https", unit="KiB",
         options={"at_once": 1000, "connections": 1000}),
]  # fmt: skip


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@cache
def python_of(peer: str) -> Path | None:
    """The interpreter of a peer's environment, made at first use; `None` if that fails."""
    name = next(name for name, (_, peers) in ENVIRONMENTS.items() if peer in peers)
    return environment(name)


@cache
def environment(name: str) -> Path | None:
    """The interpreter of an environment. A package that cannot be installed is left out."""
    folder = VENVS / name
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        say(f"== making {folder.relative_to(ROOT)}")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            for package in ENVIRONMENTS[name][0]:
                what = ["-e", package] if package.startswith("/") else [package]
                command = [python, "-m", "pip", "install", "-q", *what]
                if subprocess.run(command).returncode:
                    say(f"   {package} cannot be installed")
        except (subprocess.CalledProcessError, OSError) as exc:
            say(f"   {name}: {exc}")
            return None
        (folder / "ready").touch()
    return python


def find_tool(name: str, package: str) -> str:
    """A program of the system, installed if it is missing and this may install it."""
    for attempt in range(2):
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
        if found is not None:
            return found
        if attempt == 0 and shutil.which("apt-get") and os.geteuid() == 0:
            say(f"== installing {package}")
            for command in (["update", "-qq"], ["install", "-qq", "-y", package]):
                subprocess.run(["apt-get", *command], stdout=subprocess.DEVNULL)
    raise SystemExit(f"{name} is needed (apt-get install {package})")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def make_certificate(folder: Path) -> str:
    """A certificate for 127.0.0.1, and an authority of our own for it; the path of the latter."""
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    openssl = find_tool("openssl", "openssl")
    for command in (
        f"req -x509 {key} -subj /CN=authority -days 2 -keyout ca.key -out ca.pem",
        f"req -new {key} -subj /CN=bench -keyout key.pem -out bench.csr",
        "x509 -req -in bench.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
        "-extfile names -out bench.pem",
    ):
        subprocess.run([openssl, *command.split()], cwd=folder, check=True, capture_output=True)
    pem = (folder / "bench.pem").read_text() + (folder / "key.pem").read_text()
    (folder / "server.pem").write_text(pem)
    return str(folder / "ca.pem")


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


@contextmanager
def servers() -> Iterator[dict[str, Any]]:
    """nginx and the event server, on free ports; what a client needs to know of them."""
    nginx = find_tool("nginx", "nginx-light")
    ports = {name: free_port() for name in ("http", "https", "h2", "sink", "events")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "files").mkdir()
        for file, size in SIZES.items():
            (folder / "files" / file).write_bytes(b"x" * size)
        ca = make_certificate(folder)
        template = string.Template((HERE / "nginx.conf.in").read_text())
        (folder / "nginx.conf").write_text(template.substitute(ports, root=folder))
        pin = ["taskset", "-c", str(SERVER_CORE)] if shutil.which("taskset") else []
        commands = [
            [*pin, nginx, "-c", f"{folder}/nginx.conf", "-p", f"{folder}"],
            [*pin, sys.executable, str(HERE / "events.py"), str(ports["events"])],
        ]
        processes = [subprocess.Popen(command) for command in commands]
        try:
            for port in ports.values():
                wait_for(port)
            yield {"ports": ports, "ca": ca}
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()


def run(work: Work, peer: str, server: dict[str, Any], quick: bool) -> float:
    """The figure of one peer doing a work once. More is better, but for memory."""
    port = server["ports"][work.port]
    scheme = "https" if work.port in ("https", "h2") else "http"
    count = max(work.options.get("at_once", 1), work.count // (10 if quick else 1))
    options = {
        "url": f"{scheme}://127.0.0.1:{port}/{work.path}",
        "small": f"{scheme}://127.0.0.1:{port}/small",
        "path": f"/{work.path}",
        "port": port,
        "count": count,
        "seconds": SECONDS,
        "warm": max(50, count // 10, work.options.get("at_once", 1)),
        "length": SIZES.get(work.path, 64 * MIB),
        **({"ca": server["ca"]} if scheme == "https" else {}),
        **work.options,
        **work.rivals.get(peer, {}),
    }
    client = "courier" if peer in work.rivals else peer
    kind = options.pop("kind", work.kind)
    pin = ["taskset", "-c", str(CLIENT_CORE)] if shutil.which("taskset") else []
    command = [*pin, str(python_of(client)), str(HERE / "peers.py"), client, kind,
               json.dumps(options)]  # fmt: skip
    # Settings of the interpreter may keep it from storing bytecode, which `import` is about.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, env=environ)
    if done.returncode:
        errors = re.findall(r"^[\w.]*(?:Error|Exception|Timeout)\b.*", done.stderr, re.MULTILINE)
        raise RuntimeError(errors[-1][:200] if errors else f"exit code {done.returncode}")
    result: dict[str, float] = json.loads(done.stdout)
    if work.unit == "KiB":
        return result["kib"]
    if work.unit == "MB/s":
        return options["length"] / 1e6 / result["seconds"]
    return (1 if kind == "import" else result.get("count", count)) / result["seconds"]


Figures = dict[str, list[float]]


def measure(work: Work, server: dict[str, Any], rounds: int, quick: bool) -> Figures:
    """The figures of all peers, round by round; those that failed are left out."""
    figures: Figures = {peer: [] for peer in work.peers}
    for number in range(2 * rounds):
        if number == rounds and not (figures.get("courier") and is_close(work, figures)):
            break
        # Everybody goes first once: what a turn leaves behind falls on somebody else each time.
        shift = number % len(work.peers)
        for peer in work.peers[shift:] + work.peers[:shift]:
            if peer in figures:
                figure = attempt(work, peer, server, quick)
                if figure is None:
                    del figures[peer]
                else:
                    figures[peer].append(figure)
    return figures


def attempt(work: Work, peer: str, server: dict[str, Any], quick: bool) -> float | None:
    """A figure; `None` if the peer cannot give one, and the second time neither."""
    if python_of("courier" if peer in work.rivals else peer) is None:
        return None
    for _ in range(2):
        try:
            return run(work, peer, server, quick)
        except subprocess.TimeoutExpired:
            say(f"   {work.name}: {peer}: not done after {LIMIT:g} s")
            return None
        except RuntimeError as exc:
            say(f"   {work.name}: {peer}: {exc}")
    return None


def is_close(work: Work, figures: Figures) -> bool:
    """Whether a bar is so near that it takes more rounds to say on which side of it we are."""
    bars = [(bar, peer) for peer, bar in work.bars.items() if peer in figures]
    return any(abs(ratio(work, figures, peer)[0] / bar - 1) < 0.1 for bar, peer in bars)


def ratio(work: Work, figures: Figures, peer: str) -> tuple[float, float, float]:
    """This build against a peer: of the medians, and the quartiles over the rounds."""
    ours, theirs = figures["courier"], figures[peer]
    pairs = zip(ours, theirs, strict=True)
    each = [b / a if work.unit == "KiB" else a / b for a, b in pairs]
    whole = statistics.median(ours) / statistics.median(theirs)
    if work.unit == "KiB":
        whole = 1 / whole
    low, _, high = statistics.quantiles(each, n=4) if len(each) > 1 else (each[0],) * 3
    return whole, low, high


def row(work: Work, figures: Figures) -> str:
    """A row of the Markdown table."""
    if "courier" not in figures:
        return f"| {work.title} | failed | | |"
    shown = f"{statistics.median(figures['courier']):,.0f} {work.unit}"
    against = []
    for peer in work.peers:
        if peer not in figures:
            against.append(f"{peer} -")
        elif peer != "courier":
            whole, low, high = ratio(work, figures, peer)
            text = f"{peer} {whole:.2f} ({low:.2f} to {high:.2f})"
            bar = work.bars.get(peer)
            against.append(text if bar is None else f"**{text}**")
    bars = ", ".join(
        f"{bar:g} x {peer} {'✓' if ratio(work, figures, peer)[0] >= bar else '✗'}"
        for peer, bar in work.bars.items()
        if peer in figures
    )
    return f"| {work.title} | {shown} | {' · '.join(against)} | {bars} |"


HEAD = """\
| work | this build | times as fast as each peer (quartiles) | to reach |
|---|---|---|---|"""


def write_readme(rows: list[str], rounds: int) -> None:
    """Put the table between the marks in benchmarks/README.md."""
    path = HERE / "README.md"
    text = path.read_text()
    begin, end = "<!-- table -->", "<!-- end of table -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    facts = (
        f"CPython {platform.python_version()}, {os.cpu_count()} cores, {rounds} rounds, "
        f"{time.strftime('%Y-%m-%d')}."
    )
    table = "\n".join([HEAD, *rows])
    path.write_text(f"{before}{begin}\n{facts}\n\n{table}\n{end}{after}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="*", help="names of rows")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work")
    parser.add_argument("--list", action="store_true", help="the names of the rows")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(f"{work.name:<14}{work.title}" for work in WORKS))
        return
    works = [work for work in WORKS if not arguments.only or work.name in arguments.only]
    rows = []
    with servers() as server:
        for name in ENVIRONMENTS:
            environment(name)
        for work in works:
            say(f"== {work.title}")
            figures = measure(work, server, arguments.rounds, arguments.quick)
            rows.append(row(work, figures))
            say(rows[-1])
    print("\n".join([HEAD, *rows]))
    if not arguments.only and not arguments.quick:
        write_readme(rows, arguments.rounds)


if __name__ == "__main__":
    main()
