"""What a large body costs in memory, and whether its time grows with its length alone.

    python benchmarks/memory.py             500 MB up and down, sync and async; then the times
    python benchmarks/memory.py --size 50   a look

Each case runs in a process of its own, against a server in another one. It sends one small request
first, so that what the client needs anyway is there; then the kernel is told to forget the peak,
the large body goes up or down, and the case tells how far the peak is above where it began
(Linux: VmHWM over VmRSS). Uploads come from a sparse file, downloads are saved to the null device;
encoded bodies and lines are read piece by piece. The bar is 32 MiB.

The times compare 200 MB with 20 MB, the best of three each. Ten times the length takes about ten
times as long, up to twenty on a busy machine; what copies all that it has with every piece that
comes takes a hundred.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

MB = 1_000_000
BAR_MEMORY = 32 * 1024 * 1024
BAR_TIME = 20.0
WAYS = ["download", "upload", "form", "gzip", "lines"]
CASES = [
    (world, wire, way) for world in ("sync", "async") for wire in ("http", "https") for way in WAYS
]


# -- the server --------------------------------------------------------------------------------


def serve(certificate: str) -> None:
    """Say on which ports, then answer until the standard input ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    ports = []
    for tls in (None, context):
        listener = socket.create_server(("127.0.0.1", 0))
        ports.append(listener.getsockname()[1])
        threading.Thread(target=accept, args=(listener, tls), daemon=True).start()
    print(json.dumps(ports), flush=True)
    sys.stdin.read()


def accept(listener: socket.socket, tls: ssl.SSLContext | None) -> None:
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            sock = tls.wrap_socket(sock, server_side=True)
        threading.Thread(target=converse, args=(sock,), daemon=True).start()


def converse(sock: socket.socket) -> None:
    with sock, sock.makefile("rb") as file:
        while line := file.readline():
            _, target, _ = line.split(b" ")
            length = 0
            while (field := file.readline()) != b"\r\n":
                name, _, value = field.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            while length:
                length -= len(file.read1(min(length, 1 << 18)))
            kind, _, size = target.decode().strip("/").partition("/")
            for data in answer(kind, int(size)):
                sock.sendall(data)


def answer(kind: str, size: int) -> Iterator[bytes]:
    fields = ""
    pieces = zeros(size)
    if kind == "gzip":
        packed = list(gzipped(size))
        pieces, size = iter(packed), sum(map(len, packed))
        fields = "Content-Encoding: gzip\r\n"
    elif kind == "lines":
        pieces = (b"x" * 1700 + b"\n" for _ in range(size // 1701))
        size -= size % 1701
    yield f"HTTP/1.1 200 OK\r\n{fields}Content-Length: {size}\r\n\r\n".encode()
    yield from pieces


def zeros(size: int) -> Iterator[bytes]:
    for start in range(0, size, 1 << 18):
        yield bytes(min(1 << 18, size - start))


def gzipped(size: int) -> Iterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)
    for piece in zeros(size):
        yield packer.compress(piece)
    yield packer.flush()


# -- the client --------------------------------------------------------------------------------


def memory(name: str) -> int:
    """A figure of this process, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"the kernel tells no {name}")


def measure(world: str, url: str, way: str, authority: str, sizes: list[int]) -> dict[str, Any]:
    """Peak memory of the first size, and the best time of three for each of the others."""
    context = ssl.create_default_context(cafile=authority)
    run = run_sync if world == "sync" else run_async
    with tempfile.TemporaryFile() as file:
        steps = run(url, way, context, file)
        steps(1000)
        Path("/proc/self/clear_refs").write_text("5")
        before = memory("VmRSS")
        steps(sizes[0])
        peak = memory("VmHWM") - before
        times = []
        for size in sizes[1:]:
            rounds = []
            for _ in range(3):
                start = time.perf_counter()
                steps(size)
                rounds.append(time.perf_counter() - start)
            times.append(min(rounds))
        steps(0)
    return {"peak": peak, "times": times}


def run_sync(url: str, way: str, context: ssl.SSLContext, file: Any) -> Any:
    import httpx

    client = httpx.Client(verify=context, timeout=60)

    def step(size: int) -> None:
        if not size:
            client.close()
        elif way == "download":
            client.download(f"{url}/zeros/{size}", os.devnull)
        elif way in ("upload", "form"):
            file.truncate(size)
            file.seek(0)
            body: dict[str, Any] = {"content": file} if way == "upload" else {"files": {"f": file}}
            client.post(f"{url}/zeros/1", **body).raise_for_status()
        else:
            with client.stream("GET", f"{url}/{way}/{size}") as response:
                for _ in response.iter_lines() if way == "lines" else response.iter_bytes():
                    pass

    return step


def run_async(url: str, way: str, context: ssl.SSLContext, file: Any) -> Any:
    import httpx

    runner = asyncio.Runner()
    client = httpx.AsyncClient(verify=context, timeout=60)

    async def step(size: int) -> None:
        if not size:
            await client.aclose()
        elif way == "download":
            await client.download(f"{url}/zeros/{size}", os.devnull)
        elif way in ("upload", "form"):
            file.truncate(size)
            file.seek(0)
            body: dict[str, Any] = {"content": file} if way == "upload" else {"files": {"f": file}}
            (await client.post(f"{url}/zeros/1", **body)).raise_for_status()
        else:
            async with client.stream("GET", f"{url}/{way}/{size}") as response:
                pieces = response.aiter_lines() if way == "lines" else response.aiter_bytes()
                async for _ in pieces:
                    pass

    return lambda size: runner.run(step(size))


# -- the whole ---------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=int, default=500, help="of the large body, in MB")
    parser.add_argument("--no-times", action="store_true", help="memory only")
    options = parser.parse_args()
    import trustme

    authority = trustme.CA()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        roots, certificate = f"{folder}/roots.pem", f"{folder}/server.pem"
        authority.cert_pem.write_to_path(roots)
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
        command = [sys.executable, __file__]
        with subprocess.Popen(
            [*command, "--serve", certificate],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as server:
            assert server.stdout is not None
            ports = json.loads(server.stdout.readline())
            print(f"{'':22}  peak over idle   20 MB    200 MB   ratio")
            for world, wire, way in CASES:
                url = f"{wire}://127.0.0.1:{ports[wire == 'https']}"
                sizes = [options.size * MB, *([] if options.no_times else [20 * MB, 200 * MB])]
                case = json.dumps([world, url, way, roots, sizes])
                done = subprocess.run(
                    [*command, "--case", case], capture_output=True, text=True, check=True
                )
                failed += report(f"{world} {wire} {way}", json.loads(done.stdout))
            server.communicate()
    return min(failed, 1)


def report(name: str, found: dict[str, Any]) -> int:
    """Print one line; how many bars were missed."""
    missed = [found["peak"] > BAR_MEMORY]
    line = f"{name:22}  {found['peak'] / 1024 / 1024:6.1f} MiB {'✗' if missed[0] else '✓'}"
    if found["times"]:
        small, large = found["times"]
        missed.append(large / small > BAR_TIME)
        line += f"   {small:7.3f} s {large:7.3f} s {large / small:5.1f} {'✗' if missed[1] else '✓'}"
    print(line, flush=True)
    return sum(missed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2])
    elif sys.argv[1:2] == ["--case"]:
        print(json.dumps(measure(*json.loads(sys.argv[2]))))
    else:
        sys.exit(main())
