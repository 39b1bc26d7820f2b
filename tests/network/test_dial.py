"""The dialler: name look-up, the race of addresses, what is set before, what is left behind."""

from __future__ import annotations

import contextlib
import contextvars
import errno
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from httpx import ConnectError, ConnectTimeout
from httpx._drive import drive
from httpx._network import dial

from ..worlds import World
from .servers import Server, echo, socket_path, until_closed

LONG = 60.0
SHORT = 0.05

awaiting = pytest.mark.worlds("asyncio", "uvloop", "trio")  # only there can one cancel


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(echo) as server:
        yield server
    assert not server.errors


@contextlib.contextmanager
def black_hole(host: str = "127.0.0.1") -> Iterator[tuple[str, int]]:
    """An address that answers nothing: a listener whose backlog is full (on Linux)."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((host, 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield address


@pytest.fixture
def dead() -> Iterator[tuple[str, int]]:
    with black_hole() as address:
        yield address


@pytest.fixture
def refused() -> Iterator[tuple[str, int]]:
    """An address where nobody listens, and nobody else will meanwhile."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()


def answering(*addresses: tuple[str, int]) -> Any:
    return lambda host, port: addresses


async def talk(stream: Any) -> None:
    """See that a stream works, and close it."""
    await stream.write(b"hello", LONG)
    assert await stream.read(10, LONG) == b"hello"
    stream.close()


def v4(number: int) -> dial.Address:
    return socket.AF_INET, (f"10.0.0.{number}", 80)


def v6(number: int) -> dial.Address:
    return socket.AF_INET6, (f"fd00::{number}", 80, 0, 0)


def test_families_alternate_beginning_with_the_preferred_one() -> None:
    assert dial.interleave([]) == []
    assert dial.interleave([v4(1), v4(2)]) == [v4(1), v4(2)]
    assert dial.interleave([v6(1), v6(2), v6(3), v4(1), v4(2)]) == [
        v6(1), v4(1), v6(2), v4(2), v6(3),
    ]  # fmt: skip
    assert dial.interleave([v4(1), v6(1), v4(1), v6(2)]) == [v4(1), v6(1), v6(2)]


async def test_an_address_is_not_looked_up(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial, "_LookUp", pytest.fail)
    marks: list[str] = []
    stream = await world.backend().connect_tcp(
        "127.0.0.1", server.port, LONG, on_resolved=lambda: marks.append("resolved")
    )
    assert stream.peer == f"127.0.0.1:{server.port}"
    assert marks == []
    await talk(stream)


async def test_a_name_is_looked_up(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *args: Any, flags: int = 0, **options: Any) -> Any:
        if host == "www.example":
            if flags & socket.AI_NUMERICHOST:
                raise socket.gaierror(socket.EAI_NONAME, "a name")
            host = "127.0.0.1"
        return real(host, *args, flags=flags, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    marks: list[str] = []
    for timeout in (LONG, None):
        stream = await world.backend().connect_tcp(
            "www.example", server.port, timeout, on_resolved=lambda: marks.append("resolved")
        )
        assert stream.peer == f"www.example:{server.port}"
        await talk(stream)
    assert marks == ["resolved", "resolved"]


async def test_ipv6(world: World) -> None:
    try:
        server = Server(echo, host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    with server:
        stream = await world.backend().connect_tcp("::1", server.port, LONG)
        assert stream.peer == f"[::1]:{server.port}"
        await talk(stream)


@pytest.mark.parametrize("host", ["no-such-name.invalid", "a" * 64 + ".test", "a..b"])
async def test_a_name_without_address(
    world: World, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *args: Any, **options: Any) -> Any:
        host.encode("idna")  # what the real one does first
        return real(host, *args, flags=socket.AI_NUMERICHOST)  # no question leaves this box

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(ConnectError) as caught:
        await world.backend().connect_tcp(host, 443, LONG)
    assert str(caught.value).endswith(f" while looking up the address of {host}:443")
    assert caught.value.__cause__ is not None


async def test_a_look_up_that_takes_too_long(world: World, server: Server) -> None:
    started, release = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def resolver(host: str, port: int) -> list[tuple[str, int]]:
        threads.append(threading.current_thread())
        started.set()
        assert release.wait(LONG)
        return [("127.0.0.1", server.port)]

    with pytest.raises(ConnectTimeout) as caught:
        await world.backend().connect_tcp("www.example", 80, SHORT, resolver=resolver)
    assert str(caught.value) == (
        "timed out after 0.05 s while looking up the address of www.example:80"
    )
    assert started.wait(LONG)
    release.set()  # and its late answer harms nobody
    threads[0].join()
    await world.backend().sleep(0)
    assert server.connections == 0


@awaiting
async def test_a_look_up_can_be_cancelled(world: World) -> None:
    release = threading.Event()
    started = threading.Event()

    def resolver(host: str, port: int) -> list[tuple[str, int]]:
        started.set()
        assert release.wait(LONG)
        return [("127.0.0.1", 1)]

    with anyio.move_on_after(SHORT) as scope:
        await world.backend().connect_tcp("www.example", 80, LONG, resolver=resolver)
    assert scope.cancelled_caught
    assert started.wait(LONG)
    release.set()


@pytest.mark.filterwarnings("error")
async def test_a_look_up_may_outlive_its_event_loop(world: World) -> None:
    backend = world.backend()
    waiter = backend.waiter()
    finished = threading.Event()

    def look_up() -> list[dial.Address]:
        finished.wait(LONG)
        return []

    pending = dial._LookUp(look_up, waiter)
    assert not await pending.waiter.wait(0)
    LEFT_BEHIND.append((finished, pending))


LEFT_BEHIND: list[tuple[threading.Event, dial._LookUp]] = []


def test_what_outlived_its_event_loop_ends_silently() -> None:
    """After the test above, in the order of this file."""
    for finished, pending in LEFT_BEHIND:
        finished.set()
        pending.thread.join()
        assert pending.result() == []


async def test_no_thread_can_be_started(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the interpreter's shutdown: the look-up is done right here."""
    here = threading.get_ident()

    real = threading.Thread.start

    def start(self: threading.Thread) -> None:
        if self.name == "httpx look-up":
            raise RuntimeError("can't create new thread at interpreter shutdown")
        real(self)

    def resolver(host: str, port: int) -> list[tuple[str, int]]:
        assert threading.get_ident() == here
        return [("127.0.0.1", server.port)]

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        stream = await world.backend().connect_tcp("www.example", 80, LONG, resolver=resolver)
    await talk(stream)


VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE")


async def test_a_resolver_of_ones_own(world: World, server: Server) -> None:
    here = threading.get_ident()
    asked = []

    def resolver(host: str, port: int) -> list[tuple[str, int]]:
        asked.append((host, port, VARIABLE.get()))
        assert threading.get_ident() != here
        return [("127.0.0.1", server.port)]

    VARIABLE.set("seen")
    stream = await world.backend().connect_tcp("www.example", 80, LONG, resolver=resolver)
    assert asked == [("www.example", 80, "seen")]
    assert stream.peer == "www.example:80"
    await talk(stream)


async def test_a_resolver_that_fails(world: World) -> None:
    def not_found(host: str, port: int) -> list[tuple[str, int]]:
        raise OSError("no such host")

    def forbidden(host: str, port: int) -> list[tuple[str, int]]:
        raise PermissionDenied(host)

    class PermissionDenied(Exception):
        pass

    connect = world.backend().connect_tcp
    with pytest.raises(ConnectError, match=r"^no such host while looking up .* a\.example:80$"):
        await connect("a.example", 80, LONG, resolver=not_found)
    with pytest.raises(PermissionDenied):
        await connect("a.example", 80, LONG, resolver=forbidden)
    with pytest.raises(ConnectError, match=r"^the resolver gave no address while"):
        await connect("a.example", 80, LONG, resolver=answering())
    with pytest.raises(ConnectError, match=r"looking up the address of a\.example:80$"):
        await connect("a.example", 80, LONG, resolver=answering(("b.example", 80)))


async def test_three_dead_addresses_and_a_good_one(
    world: World, server: Server, sockets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial, "ATTEMPT_DELAY", 0.01)
    with contextlib.ExitStack() as stack:
        dead = [stack.enter_context(black_hole()) for _ in range(3)]
        sockets.clear()
        started = time.monotonic()
        stream = await world.backend().connect_tcp(
            "www.example", 80, LONG, resolver=answering(*dead, ("127.0.0.1", server.port))
        )
        assert 0.03 <= time.monotonic() - started < LONG
        assert [sock.fileno() >= 0 for sock in sockets] == [False, False, False, True]
        await talk(stream)


def test_the_delay_is_that_of_the_rfc() -> None:
    assert dial.ATTEMPT_DELAY == 0.25


async def test_after_a_failure_the_next_one_follows_at_once(
    world: World,
    server: Server,
    dead: tuple[str, int],
    refused: tuple[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dial, "ATTEMPT_DELAY", 1000.0)
    good = ("127.0.0.1", server.port)
    stream = await world.backend().connect_tcp(
        "www.example", 80, LONG, resolver=answering(refused, good, dead)
    )
    await talk(stream)


async def test_refused(world: World, refused: tuple[str, int], sockets: list[Any]) -> None:
    for timeout in (LONG, None):
        with pytest.raises(ConnectError) as caught:
            await world.backend().connect_tcp(*refused, timeout)
        assert str(caught.value) == (
            f"[Errno {errno.ECONNREFUSED}] Connection refused"
            f" while connecting to 127.0.0.1:{refused[1]}"
        )
        assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    assert all(sock.fileno() < 0 for sock in sockets)


async def test_every_address_failed(
    world: World, refused: tuple[str, int], sockets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = answering(refused, ("127.0.0.2", refused[1]), ("127.0.0.1", 0))
    with pytest.raises(ConnectError) as caught:
        await world.backend().connect_tcp("www.example", 80, LONG, resolver=resolver)
    assert str(caught.value).endswith(
        "while connecting to www.example:80 (127.0.0.1: Connection refused;"
        " 127.0.0.2: Connection refused; 127.0.0.1: Connection refused)"
    )
    assert len(sockets) >= 3
    assert all(sock.fileno() < 0 for sock in sockets)


async def test_time_runs_out(
    world: World,
    dead: tuple[str, int],
    refused: tuple[str, int],
    sockets: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dial, "ATTEMPT_DELAY", 0.01)
    for timeout in (SHORT, 0):
        with pytest.raises(ConnectTimeout) as caught:
            await world.backend().connect_tcp(
                "www.example", 80, timeout, resolver=answering(dead, refused, dead)
            ) if timeout else await world.backend().connect_tcp(*dead, 0)
        name = "www.example:80" if timeout else f"127.0.0.1:{dead[1]}"
        assert str(caught.value) == f"timed out after {timeout:g} s while connecting to {name}"
    assert sockets
    assert all(sock.fileno() < 0 for sock in sockets)


@awaiting
async def test_cancelling_closes_every_socket(
    world: World, dead: tuple[str, int], sockets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial, "ATTEMPT_DELAY", 0.01)
    backend = world.backend()
    with black_hole() as other:
        before = len(sockets)
        scope = anyio.CancelScope()

        async def connect() -> None:
            with scope:
                await backend.connect_tcp("www.example", 80, None, resolver=answering(dead, other))

        async def cancel() -> None:
            await world.until(lambda: len(sockets) == before + 2)
            scope.cancel()

        assert await world.gather(connect, cancel) == [None, None]
        assert scope.cancelled_caught
        mine = sockets[before:]
        assert len(mine) == 2
        assert all(sock.fileno() < 0 for sock in mine)


@pytest.mark.worlds("asyncio", "uvloop")  # the others have nothing to await after the race
async def test_cancelling_after_the_race(
    world: World, server: Server, sockets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = world.backend()
    with anyio.CancelScope() as scope:
        await backend.connect_tcp(
            "www.example",
            server.port,
            LONG,
            resolver=lambda host, port: [("127.0.0.1", port)],
            on_resolved=lambda: scope.cancel(),
        )
    assert scope.cancelled_caught
    await backend.sleep(SHORT)
    assert all(sock.fileno() < 0 for sock in sockets if sock.family == socket.AF_INET)


def test_a_socket_that_is_writable_and_not_connected(dead: tuple[str, int]) -> None:
    """Seen after a spurious wake-up: it is waited for again."""

    class Nervous:
        calls = 0

        async def wait_writable(self, waiting: list[Any], timeout: float | None) -> list[Any]:
            self.calls += 1
            return waiting if self.calls == 1 else []

    race = dial._Race([(socket.AF_INET, dead)], None)
    world = Nervous()
    assert drive(race.run(world, time.monotonic() + SHORT, ())) is None
    assert world.calls > 1
    assert len(race.pending) == 1
    race.close()


async def test_a_local_address(world: World) -> None:
    seen = []

    def handler(conn: Any) -> None:
        seen.append(conn.getpeername()[0])
        until_closed(conn)

    with Server(handler) as server:
        for local in ("127.0.0.3", "0.0.0.0"):
            stream = await world.backend().connect_tcp(
                "127.0.0.1", server.port, LONG, local_address=local
            )
            client = stream.get_extra_info("client_addr")
            assert client[0] == ("127.0.0.3" if local == "127.0.0.3" else "127.0.0.1")
            stream.close()


@pytest.mark.parametrize(("local", "tried"), [("0.0.0.0", "127.0.0.1"), ("::", "::1")])
async def test_a_local_address_selects_the_family(
    world: World, refused: tuple[str, int], local: str, tried: str
) -> None:
    port = refused[1]
    resolver = answering(("::1", port), ("127.0.0.1", port))
    with pytest.raises(ConnectError) as caught:
        await world.backend().connect_tcp(
            "www.example", 80, LONG, local_address=local, resolver=resolver
        )
    assert "; " not in str(caught.value)  # only one address was tried


async def test_a_local_address_that_does_not_fit(world: World) -> None:
    connect = world.backend().connect_tcp
    with pytest.raises(ConnectError, match=r"^no address of the family of '::' while"):
        await connect("127.0.0.1", 80, LONG, local_address="::")
    with pytest.raises(ConnectError, match=r"^local_address 'nonsense': "):
        await connect("127.0.0.1", 80, LONG, local_address="nonsense")
    with pytest.raises(ConnectError, match=r"while connecting to 127.0.0.1:80"):
        await connect("127.0.0.1", 80, LONG, local_address="192.0.2.1")


async def test_options_are_set_before_connecting(
    world: World, server: Server, sockets: list[Any]
) -> None:
    options = [
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.SOL_SOCKET, socket.SO_RCVTIMEO, bytes(16)),
        (socket.IPPROTO_IP, socket.IP_OPTIONS, None, 0),
    ]
    stream = await world.backend().connect_tcp(
        "127.0.0.1", server.port, LONG, socket_options=options
    )
    sock = stream.get_extra_info("socket")
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    assert sock.steps[:5] == ["setsockopt"] * 4 + ["connect_ex"]
    await talk(stream)


async def test_an_option_that_cannot_be_set(
    world: World, server: Server, sockets: list[Any]
) -> None:
    with pytest.raises(ConnectError, match=r"while connecting to 127.0.0.1"):
        await world.backend().connect_tcp(
            "127.0.0.1", server.port, LONG, socket_options=[(socket.SOL_SOCKET, 9999, 1)]
        )
    assert all(sock.fileno() < 0 for sock in sockets if sock.family == socket.AF_INET)


async def test_no_descriptor_is_left(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = world.backend()

    def no_socket(*args: Any) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", no_socket)
        with pytest.raises(ConnectError, match=r"^\[Errno 24\] Too many open files while"):
            await backend.connect_tcp("127.0.0.1", server.port, LONG)


# Sockets in the file system.


@pytest.mark.parametrize("abstract", [False, True])
async def test_a_unix_socket(world: World, abstract: bool, sockets: list[Any]) -> None:
    with socket_path() as path:
        name = f"\0{path}" if abstract else path
        with Server(echo, path=name) as server:
            stream = await world.backend().connect_unix(
                name, LONG, socket_options=[(socket.SOL_SOCKET, socket.SO_SNDBUF, 50_000)]
            )
            assert stream.peer == (f"@{path}" if abstract else path)
            await talk(stream)
        assert not server.errors


async def test_no_unix_socket(
    world: World, sockets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = world.backend().connect_unix
    with pytest.raises(ConnectError) as caught:
        await connect("/no/such/socket", LONG)
    assert str(caught.value) == (
        "[Errno 2] No such file or directory while connecting to /no/such/socket"
    )
    with pytest.raises(ConnectError, match=r"while connecting to"):
        await connect("/no" * 100, LONG)
    with pytest.raises(ConnectError, match=r"while connecting to"):
        await connect("/a\0b", LONG)
    assert all(sock.fileno() < 0 for sock in sockets if sock.family == socket.AF_UNIX)
    with monkeypatch.context() as patch:
        patch.delattr(socket, "AF_UNIX")
        with pytest.raises(ConnectError, match=r"^no Unix domain sockets on this system while"):
            await connect("/a", LONG)


async def test_a_unix_socket_that_is_busy(world: World, sockets: list[Any]) -> None:
    backend = world.backend()
    with socket_path() as path, contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(path)
        listener.listen(0)
        filler = stack.enter_context(socket.socket(socket.AF_UNIX))
        filler.connect(path)
        with pytest.raises(ConnectTimeout) as caught:
            await backend.connect_unix(path, SHORT)
        assert str(caught.value) == f"timed out after 0.05 s while connecting to {path}"
        if world.name != "blocking":
            with anyio.move_on_after(SHORT) as scope:
                await backend.connect_unix(path, None)
            assert scope.cancelled_caught
        mine = [sock for sock in sockets if sock not in (listener, filler)]
        assert all(sock.fileno() < 0 for sock in mine if sock.family == socket.AF_UNIX)

        async def make_room() -> None:
            await backend.sleep(SHORT)
            stack.enter_context(listener.accept()[0])

        stream, _ = await world.gather(lambda: backend.connect_unix(path, LONG), make_room)
        stream.close()


async def test_an_attempt_that_is_decided_at_once(
    world: World, server: Server, sockets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some systems connect to themselves at once; and some networks are known to be away."""

    def connect_ex(self: socket.socket, address: tuple[str, int]) -> int:
        if address[0] == "127.0.0.9":
            return errno.ENETUNREACH
        self.setblocking(True)
        self.connect(address)
        self.setblocking(False)
        return 0

    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)
    backend = world.backend()
    stream = await backend.connect_tcp(
        "www.example", 80, LONG, resolver=answering(("127.0.0.9", 1), ("127.0.0.1", server.port))
    )
    await talk(stream)
    with pytest.raises(ConnectError, match=r"^\[Errno 101\] Network is unreachable while"):
        await backend.connect_tcp("127.0.0.9", 1, LONG)
    assert all(sock.fileno() < 0 for sock in sockets[:1])


async def test_resolving_for_somebody_else(world: World) -> None:
    """As for a proxy that takes addresses only."""
    backend = world.backend()
    assert await backend.resolve("127.0.0.1", 80, LONG) == [("127.0.0.1", 80)]
    assert await backend.resolve("::1", 80, LONG) == [("::1", 80)]
    resolver = answering(("127.0.0.1", 81), ("127.0.0.2", 82), ("::1", 83))
    assert await backend.resolve("www.example", 80, LONG, resolver) == [
        ("127.0.0.1", 81), ("::1", 83), ("127.0.0.2", 82),
    ]  # fmt: skip
    with pytest.raises(ConnectError):
        await backend.resolve("www.example", 80, LONG, answering())
