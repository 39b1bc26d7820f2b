"""The part of the internet that the guide and the README talk about, on this machine.

`Internet` answers for a handful of names: a patched resolver sends their port 443 to a local
TLS server, their port 80 to a plain one and `proxy.example.com` to a proxy, and refuses every
other name. Certificates come from the tests' own authority, which SSL_CERT_FILE names. So the
text's code runs as it stands, with its `https://api.example.com/...`.

`Block` is one Python block of a Markdown file; `run` executes it in a module of its own. `Page`
is a whole file: its blocks run one after the other, as a reader would type them.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import pytest
import trustme

from ..servers import PATIENCE, Conn, HTTPServer, RawServer, Reply, Request

__all__ = ["HOSTS", "Block", "Internet", "Page", "read_blocks"]

HOSTS = {
    "api.example.com",
    "api.github.com",
    "api.com",
    "example.com",
    "proxy.example.com",
    "slow-server.com",
    "www.example.org",
}

Route = Callable[[Request], Any] | Any


@dataclass(frozen=True)
class Block:
    """One fenced block of Python, and where it stands."""

    path: Path
    line: int
    text: str
    output: str | None = None
    """What it prints: the ```text block right behind it. Three dots stand for anything."""

    @property
    def title(self) -> str:
        return re.sub(r"\W+", "-", self.text.lstrip("# ").splitlines()[0]).strip("-")

    def run(self, **names: Any) -> dict[str, Any]:
        """Execute the block with these names at hand; return all names it leaves behind."""
        return self.run_text(self.text, **names)

    def run_part(self, before: str, **names: Any) -> dict[str, Any]:
        """Execute what stands before a line of the block that begins with `before`."""
        head, mark, _ = self.text.partition(before)
        assert mark, f"{before!r} is not in the block at line {self.line}"
        return self.run_text(head, **names)

    def run_text(self, text: str, **names: Any) -> dict[str, Any]:
        module = ModuleType(f"block_{self.line}")
        vars(module).update(names)
        sys.modules[module.__name__] = module  # dataclasses look their module up
        try:
            # Line numbers of a traceback are those of the Markdown file.
            exec(compile("\n" * self.line + text, self.path, "exec"), vars(module))
        finally:
            del sys.modules[module.__name__]
        return vars(module)


def read_blocks(path: Path) -> Iterator[Block]:
    """Every ```python block of a Markdown file, in order."""
    text = path.read_text(encoding="utf-8")
    fences = r"^```python\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?"
    for match in re.finditer(fences, text, re.DOTALL | re.MULTILINE):
        yield Block(path, text[: match.start()].count("\n") + 1, match[1], match[2])


class Page:
    """A Markdown file whose blocks share their names. `await` may stand outside of functions."""

    def __init__(self, path: Path) -> None:
        self.blocks = list(read_blocks(path))
        self._module = ModuleType("page")

    def run(self, printed: Callable[[], str]) -> None:
        """Execute all blocks, and compare what they print.

        Args:
            printed: gives what was printed since it was last called.
        """
        sys.modules[self._module.__name__] = self._module
        try:
            with asyncio.Runner() as runner:
                for block in self.blocks:
                    self._run(block, runner)
                    self._compare(block, printed())
        finally:
            del sys.modules[self._module.__name__]

    def _run(self, block: Block, runner: asyncio.Runner) -> None:
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile("\n" * block.line + block.text, block.path, "exec", flags)
        result = eval(code, vars(self._module))
        if inspect.iscoroutine(result):
            runner.run(result)

    def _compare(self, block: Block, printed: str) -> None:
        if block.output is not None:
            pattern = re.escape(block.output).replace(re.escape("..."), ".*?")
            place = f"{block.path.name}:{block.line} printed\n{printed}"
            assert re.fullmatch(pattern, printed, re.DOTALL), place


class Internet:
    """A resolver and its servers. A context manager.

    `answers` holds what an address answers ("GET https://api.example.com/users", or without the
    method), in the terms of `HTTPServer`; what is not there is answered with 404 and JSON.
    """

    def __init__(self, ca: trustme.CA, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, Route] = {}
        self.requests: list[Request] = []
        self.tunnels: list[Request] = []
        """The CONNECT requests that the proxy took."""
        self.most_at_once = 0
        """The largest number of requests that were being answered at the same time."""
        self._at_once = 0
        self._lock = threading.Lock()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(*HOSTS).configure_cert(self._context)
        self._stack = ExitStack()
        self._plain = HTTPServer(self._answer)
        self._tls = HTTPServer(self._answer, tls=self._context)
        self._proxy = HTTPServer(self._tunnel)
        self.ports: dict[int, RawServer] = {443: self._tls, 80: self._plain, 8080: self._proxy}
        """Which server answers at a port of the hosts."""
        ca.cert_pem.write_to_path(str(directory / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(directory / "ca.pem"))
        self._real_getaddrinfo = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._resolve)

    def __enter__(self) -> Self:
        for server in (self._plain, self._tls, self._proxy):
            self._stack.enter_context(server)
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self._stack.__exit__(*exc_info)

    @property
    def log(self) -> list[str]:
        """Each request so far, as "GET https://api.example.com/users"."""
        return [self.describe(request) for request in self.requests]

    @property
    def connections(self) -> int:
        return self._plain.accepted + self._tls.accepted

    def describe(self, request: Request) -> str:
        scheme = "http" if request.conn.tls is None else "https"
        return f"{request.method} {scheme}://{request.get('host')}{request.target}"

    def together(self, count: int, answer: Route) -> Route:
        """A route that answers only when `count` requests have arrived."""
        barrier = threading.Barrier(count, timeout=PATIENCE)

        def wait(request: Request) -> Any:
            barrier.wait()
            return answer(request) if callable(answer) else answer

        return wait

    def _resolve(
        self, host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name in HOSTS:
            server = self.ports[int(port)]
            host, port = server.host, server.port
        elif name is None or not (name[:1].isdigit() or ":" in name):
            raise socket.gaierror(socket.EAI_NONAME, f"the tests do not know {name}")
        return self._real_getaddrinfo(host, port, family, type, proto, flags)

    def _answer(self, request: Request) -> Any:
        with self._lock:
            self.requests.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            address = self.describe(request)
            for key in (address, address.partition(" ")[2], "*"):
                if key in self.answers:
                    answer = self.answers[key]
                    return answer(request) if callable(answer) else answer
            return Reply(404, {"Content-Type": "application/json"}, b'{"error": "not found"}')
        finally:
            with self._lock:
                self._at_once -= 1

    def _tunnel(self, request: Request) -> None:
        conn: Conn = request.conn
        self.tunnels.append(request)
        conn.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        conn.start_tls(self._context)
        self._tls._converse(conn)
