"""A long mixed load with faults and cancellations: nothing may leak, hang or get mixed up.

    python benchmarks/soak.py                      200,000 requests, some minutes
    python benchmarks/soak.py --requests 20000     a short one
    python benchmarks/soak.py --seed 7             another mixture

Half of the requests go through one `Client` shared by threads, half through one `AsyncClient`
shared by tasks, to a server in a process of its own on the loopback interface. The server behaves
in a dozen ways, most of them bad: it closes, resets, cuts, hangs, speaks nonsense. The clients
time out, give up in the middle of a body, and are cancelled at any moment. Every body carries the
number of its request, so that a response served to another one is noticed.

At intervals it prints the open descriptors, the threads, the memory and the pools, which all have
to stay level, and ends with 1 if they do not, or if a request ended in a way that it may not.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import httpx

THREADS, TASKS = 8, 48
LIMITS = httpx.Limits(max_connections=24, max_keepalive_connections=12, keepalive_expiry=1.0)
LARGE = 300_000
UPLOADS, LARGE_UPLOAD = [bytes(10), bytes(100_000)], bytes(4_000_000)
MOST_GROWTH = 16  # MiB of resident memory, from the first quarter to the end
LONGEST = 60.0  # seconds for a request before it counts as hanging

# -- the server ------------------------------------------------------------------------------


def head(length: int, *lines: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {length}", *lines, "", ""]).encode()


class Misbehaving:
    """Answers each path in its own way."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def converse(self) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self.answer(await self.reader.readuntil(b"\r\n\r\n")):
                await self.writer.drain()
        self.writer.close()

    async def answer(self, request: bytes) -> bool:
        """Answer one request; whether the connection goes on."""
        line, *fields = request.decode("latin-1").split("\r\n")
        _, kind, number = line.split(" ")[1].split("/")
        for field in fields:
            name, _, value = field.partition(":")
            if name.lower() == "content-length" and kind != "early":
                await self.reader.readexactly(int(value))
        return await getattr(self, f"do_{kind}")(number.encode())  # type: ignore[no-any-return]

    async def do_ok(self, number: bytes) -> bool:
        self.writer.write(head(len(number)) + number)
        return True

    do_post = do_ok

    async def do_chunked(self, number: bytes) -> bool:
        self.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for digit in number:
            self.writer.write(b"1\r\n%c\r\n" % digit)
        self.writer.write(b"0\r\n\r\n")
        return True

    async def do_odd(self, number: bytes) -> bool:
        self.writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
        self.writer.write(head(len(number), "Odd : x", "no colon") + number)
        return True

    async def do_large(self, number: bytes) -> bool:
        self.writer.write(head(LARGE) + number.ljust(LARGE))
        return True

    async def do_slow(self, number: bytes) -> bool:
        await asyncio.sleep(random.uniform(0.001, 0.03))
        return await self.do_ok(number)

    async def do_hang(self, number: bytes) -> bool:
        await self.reader.read(1)
        return False

    async def do_goodbye(self, number: bytes) -> bool:
        self.writer.write(head(len(number), "Connection: close") + number)
        return False

    async def do_rude(self, number: bytes) -> bool:
        """Close without a word of warning, as servers do with idle connections."""
        await self.do_ok(number)
        return False

    async def do_nothing(self, number: bytes) -> bool:
        return False

    async def do_reset(self, number: bytes) -> bool:
        self.writer.transport.abort()
        return False

    async def do_cut(self, number: bytes) -> bool:
        self.writer.write(head(LARGE) + number)
        return False

    async def do_nonsense(self, number: bytes) -> bool:
        self.writer.write(b"this is no HTTP\r\n\r\n")
        return False

    async def do_more(self, number: bytes) -> bool:
        """A response that nobody asked for, behind the one that somebody did."""
        self.writer.write(head(len(number)) + number + head(5) + b"wrong")
        return True

    async def do_early(self, number: bytes) -> bool:
        self.writer.write(
            b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
            % (len(number), number)
        )
        return False


async def serve() -> None:
    """Serve until the standard input ends."""
    # That clients leave while they are written to is no news here.
    logging.getLogger("asyncio").setLevel(logging.ERROR)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Misbehaving(reader, writer).converse()

    server = await asyncio.start_server(converse, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)


# -- the requests ----------------------------------------------------------------------------

GONE = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
# Kind of request: how often, and what it may end in beside an answer that is right.
KINDS: dict[str, tuple[int, tuple[type[Exception], ...]]] = {
    "ok": (40, ()),
    "post": (10, GONE),  # not sent again: it may meet a connection that is just being closed
    "chunked": (8, ()),
    "odd": (5, ()),
    "large": (5, ()),
    "slow": (8, ()),
    "goodbye": (4, ()),
    "rude": (4, ()),
    "more": (3, ()),
    "hang": (2, (httpx.ReadTimeout,)),
    "nothing": (2, GONE),
    "reset": (2, GONE),
    "cut": (2, GONE),
    "nonsense": (2, (httpx.RemoteProtocolError,)),
    "early": (2, GONE),
}
ANSWERED = set(KINDS) - {"hang", "nothing", "reset", "cut", "nonsense"}


class Load:
    """Which requests there are, and what became of them."""

    def __init__(self, requests: int, seed: int, port: int) -> None:
        self.random = random.Random(seed)
        self.numbers: Iterator[int] = iter(range(requests))
        self.url = f"http://127.0.0.1:{port}"
        self.lock = threading.Lock()
        self.done = 0
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []

    def next_request(self) -> tuple[str, int, dict[str, Any], float] | None:
        """Its kind and number, the arguments of `stream()`, and a die for what happens to it."""
        with self.lock:
            number = next(self.numbers, None)
            if number is None:
                return None
            weights = [weight for weight, _ in KINDS.values()]
            kind = self.random.choices(list(KINDS), weights)[0]
            arguments: dict[str, Any] = {"method": "GET", "url": f"{self.url}/{kind}/{number}"}
            if kind in ("post", "early"):
                upload = self.random.choice(UPLOADS) if kind == "post" else LARGE_UPLOAD
                arguments.update(method="POST", content=upload)
            if kind == "hang":
                arguments["timeout"] = httpx.Timeout(10.0, read=0.05)
            return kind, number, arguments, self.random.random()

    def ended(self, kind: str, number: int, outcome: Any, seconds: float) -> None:
        """Judge what became of a request: bytes read, an exception, or a word of our own."""
        if isinstance(outcome, bytes):
            text = "answered"
            right = kind in ANSWERED and outcome.rstrip() == b"%d" % number
        elif isinstance(outcome, BaseException):
            text = type(outcome).__name__
            right = type(outcome) in KINDS[kind][1]
        else:
            text, right = outcome, True
        with self.lock:
            self.done += 1
            self.outcomes[text] += 1
            if not right or seconds > LONGEST:
                self.wrong.append(f"{kind} {number}: {outcome!r:.200} after {seconds:.1f} s")


def work(client: httpx.Client, load: Load) -> None:
    """One thread: requests one after the other; some bodies are given up half-way."""
    while (request := load.next_request()) is not None:
        kind, number, arguments, die = request
        outcome: Any
        start = time.perf_counter()
        try:
            with client.stream(**arguments) as response:
                outcome = "given up" if die < 0.05 else response.read()
        except Exception as exc:
            outcome = exc
        load.ended(kind, number, outcome, time.perf_counter() - start)


async def fetch(client: httpx.AsyncClient, arguments: dict[str, Any], give_up: bool) -> Any:
    async with client.stream(**arguments) as response:
        return "given up" if give_up else await response.aread()


async def work_async(client: httpx.AsyncClient, load: Load) -> None:
    """One task: the same, and some requests are cancelled after a moment."""
    while (request := load.next_request()) is not None:
        kind, number, arguments, die = request
        outcome: Any
        start = time.perf_counter()
        step = fetch(client, arguments, give_up=die < 0.05)
        try:
            if 0.05 < die < 0.2:
                task = asyncio.ensure_future(step)
                await asyncio.wait([task], timeout=(die - 0.05) / 30)
                task.cancel()
                outcome = await task
            else:
                outcome = await step
        except asyncio.CancelledError:
            outcome = "cancelled"
        except Exception as exc:
            outcome = exc
        load.ended(kind, number, outcome, time.perf_counter() - start)


# -- the figures -----------------------------------------------------------------------------


def memory() -> float:
    """Resident, in MiB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def pool_of(client: Any) -> str:
    stats = client.pool_stats()
    return f"{stats.active:>3} {stats.idle:>3} {stats.waiting:>3}"


class Report:
    """Prints a line whenever another share of the requests is done."""

    def __init__(self, load: Load, total: int, clients: tuple[Any, Any], lines: int = 20) -> None:
        self.load, self.total, self.clients, self.lines = load, total, clients, lines
        self.start = time.perf_counter()
        self.memory: list[float] = []
        print(
            "requests  seconds  descriptors  threads  MiB   sync: act idl wai  async: act idl wai"
        )

    def line(self) -> None:
        self.memory.append(memory())
        sync, awaited = map(pool_of, self.clients)
        print(
            f"{self.load.done:>8} {time.perf_counter() - self.start:>8.1f} {descriptors():>12} "
            f"{threading.active_count():>8} {self.memory[-1]:>6.1f}       {sync}         {awaited}",
            flush=True,
        )

    async def watch(self) -> None:
        """Until all is done; a hang ends it, too."""
        printed, last, since = 0, -1, time.perf_counter()
        while self.load.done < self.total:
            await asyncio.sleep(0.05)
            if self.load.done * self.lines // self.total > printed:
                printed = self.load.done * self.lines // self.total
                self.line()
            if self.load.done != last:
                last, since = self.load.done, time.perf_counter()
            elif time.perf_counter() - since > LONGEST:
                print("hangs:", *map(pool_of, self.clients), sep="\n  ")
                os._exit(1)


async def run(load: Load, total: int) -> list[str]:
    """All of the load; what was wrong with it."""
    timeout = httpx.Timeout(10.0, pool=30.0)
    with httpx.Client(limits=LIMITS, timeout=timeout, trust_env=False) as client:
        async with httpx.AsyncClient(limits=LIMITS, timeout=timeout, trust_env=False) as awaited:
            report = Report(load, total, (client, awaited))
            threads = [threading.Thread(target=work, args=(client, load)) for _ in range(THREADS)]
            for thread in threads:
                thread.start()
            await asyncio.gather(report.watch(), *[work_async(awaited, load) for _ in range(TASKS)])
            for thread in threads:
                thread.join()
            wrong = load.wrong
            for name, stats in (("sync", client.pool_stats()), ("async", awaited.pool_stats())):
                if stats.active or stats.waiting or stats.connecting:
                    wrong.append(f"the {name} pool at the end: {stats}")
    growth = report.memory[-1] - report.memory[len(report.memory) // 4]
    if growth > MOST_GROWTH:
        wrong.append(f"memory grew by {growth:.1f} MiB")
    return wrong


def settled(measure: Callable[[], int], wanted: int) -> int:
    """A figure that may need a moment to go down to what it was."""
    for _ in range(100):
        gc.collect()
        if measure() <= wanted:
            break
        time.sleep(0.02)
    return measure()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return 0
    before = descriptors(), threading.active_count()
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdout is not None
        load = Load(options.requests, options.seed, int(server.stdout.readline()))
        wrong = asyncio.run(run(load, options.requests))
        assert server.stdin is not None
        server.stdin.close()
    print("\n" + ", ".join(f"{name}: {count}" for name, count in load.outcomes.most_common()))
    after = settled(descriptors, before[0]), settled(threading.active_count, before[1])
    print(f"descriptors and threads before {before}, after {after}")
    if after > before:
        wrong.append(f"left over: {after}, before: {before}")
    for text in wrong[:20]:
        print("WRONG", text)
    print("all flat" if not wrong else f"{len(wrong)} things are wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
