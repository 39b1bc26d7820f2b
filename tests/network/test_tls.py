"""TLS: whom we trust, what we offer, how it ends, and how it fails."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
import trustme

from httpx import ConnectError, ConnectTimeout, ReadError, WriteError, WriteTimeout
from httpx._drive import drive
from httpx._network import tls
from httpx._network.sockets import READ, poll

from ..worlds import World
from .servers import (
    Handler,
    Server,
    TLSConnection,
    authority,
    echo,
    receive_exactly,
    reset,
    server_context,
    trusting_context,
    until_closed,
)
from .test_streams import LONG, SHORT, until

H2 = ("h2", "http/1.1")
awaiting = pytest.mark.worlds("asyncio", "uvloop", "trio")  # only there can one cancel


@contextlib.asynccontextmanager
async def serving(
    world: World, handler: Handler, *layers: ssl.SSLContext, host: str = "127.0.0.1"
) -> AsyncIterator[tuple[Any, Server]]:
    """A plain stream to a server that expects TLS on it."""
    backend = world.backend()
    server = Server(handler, *layers, host=host)
    try:
        stream = await backend.connect_tcp(host, server.port, LONG)
        try:
            yield stream, server
        finally:
            stream.close()
    finally:
        await backend.run_in_thread(server.stop)


def protocol(stream: Any) -> str | None:
    return stream.get_extra_info("ssl_object").selected_alpn_protocol()


# What is offered.


async def test_alpn_leaves_the_context_alone(world: World) -> None:
    context = trusting_context()
    server = server_context(alpn=H2)
    for offered, selected in [
        (H2, "h2"),
        (("http/1.1",), "http/1.1"),
        ((), None),
        (["h2"], "h2"),
        (("spdy/1",), None),
    ]:
        async with serving(world, echo, server) as (stream, _):
            stream = await stream.start_tls(context, "localhost", LONG, offered)
            assert protocol(stream) == selected
            assert stream.get_extra_info("ssl_object").context is context
            await stream.write(b"hello", LONG)
            assert await stream.read(10, LONG) == b"hello"
            stream.close()


async def test_clients_of_one_context_negotiate_each_their_own(world: World) -> None:
    context = trusting_context()
    server = server_context(alpn=H2)

    async def connect(offered: tuple[str, ...]) -> str | None:
        async with serving(world, echo, server) as (stream, _):
            stream = await stream.start_tls(context, "localhost", LONG, offered)
            stream.close()
            return protocol(stream)

    offers = [H2, ("http/1.1",), ()] * 5
    results = await world.gather(*[lambda o=o: connect(o) for o in offers])
    assert results == ["h2", "http/1.1", None] * 5


async def test_a_context_that_makes_its_own_objects(world: World) -> None:
    """As truststore's: it is a shell around another context, and verifies by itself."""

    class Shell(ssl.SSLContext):
        def __init__(self, protocol: int) -> None:
            self.inner = trusting_context()

        def set_alpn_protocols(self, protocols: list[str]) -> None:
            self.inner.set_alpn_protocols(protocols)

        def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
            return self.inner.wrap_bio(*args, **options)

    context = Shell(ssl.PROTOCOL_TLS_CLIENT)
    for offered, selected in [(H2, "h2"), (("http/1.1",), "http/1.1")]:
        async with serving(world, echo, server_context(alpn=H2)) as (stream, _):
            stream = await stream.start_tls(context, "localhost", LONG, offered)
            assert protocol(stream) == selected
            stream.close()


class Extended(ssl.SSLContext):
    """As people extend it for small things."""


@pytest.mark.parametrize("kind", ["PROTOCOL_TLS", "PROTOCOL_TLSv1_2", "extended", "limited"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_contexts_of_other_kinds(world: World, kind: str) -> None:
    if kind == "extended":
        context: ssl.SSLContext = Extended(ssl.PROTOCOL_TLS_CLIENT)
    elif kind == "limited":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.options |= ssl.OP_NO_TLSv1_3
    else:
        context = ssl.SSLContext(getattr(ssl, kind))
        context.verify_mode = ssl.CERT_REQUIRED
        context.check_hostname = True
    authority().configure_trust(context)
    async with serving(world, echo, server_context(alpn=H2)) as (stream, _):
        stream = await stream.start_tls(context, "localhost", LONG, H2)
        assert protocol(stream) == "h2"
        limited = kind in ("limited", "PROTOCOL_TLSv1_2")
        version = stream.get_extra_info("ssl_object").version()
        assert version == ("TLSv1.2" if limited else "TLSv1.3")
        stream.close()


async def test_settings_count_that_were_changed_later(world: World) -> None:
    """The donor of a context must not outlive the context's settings."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for verify in (False, True):
        async with serving(world, echo, server_context(alpn=H2)) as (stream, _):
            if verify:
                context.verify_mode = ssl.CERT_REQUIRED
                with pytest.raises(ConnectError):
                    await stream.start_tls(context, "localhost", LONG, H2)
            else:
                stream = await stream.start_tls(context, "localhost", LONG, H2)
                assert protocol(stream) == "h2"
                stream.close()


async def test_a_module_whose_context_was_replaced(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As gevent's patches and truststore's injection do, while contexts of the old kind live on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.hostname_checks_common_name = False
    server = server_context(alpn=H2)
    monkeypatch.setattr(ssl, "SSLContext", Extended)
    async with serving(world, echo, server) as (stream, _):
        stream = await stream.start_tls(context, "localhost", LONG, H2)
        assert protocol(stream) == "h2"
        assert stream.get_extra_info("ssl_object").version() == "TLSv1.2"
        stream.close()


@pytest.mark.parametrize(
    ("host", "sent"),
    [("localhost", "localhost"), ("localhost.", "localhost"), ("127.0.0.1", None)],
)
async def test_the_name_of_the_server(world: World, host: str, sent: str | None) -> None:
    seen = []
    context = server_context()
    context.sni_callback = lambda tls, name, _: seen.append(name)
    async with serving(world, echo, context) as (stream, _):
        stream = await stream.start_tls(trusting_context(), host, LONG, H2)
        stream.close()
    assert seen == [sent]


async def test_the_peer_has_two_names_behind_a_proxy(world: World) -> None:
    async with serving(world, echo, server_context()) as (stream, server):
        address = f"127.0.0.1:{server.port}"
        stream = await stream.start_tls(trusting_context(), "localhost", LONG)
        assert stream.peer == f"localhost via {address}"
        stream.close()
    async with serving(world, echo, server_context()) as (stream, server):
        stream = await stream.start_tls(trusting_context(), "127.0.0.1", LONG)
        assert stream.peer == f"127.0.0.1:{server.port}"
        stream.close()


# Whom we trust.


def self_signed() -> ssl.SSLContext:
    """A server whose certificate nobody has signed but itself."""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key, cert = ca.private_key_pem, ca.cert_pem
    with key.tempfile() as key_file, cert.tempfile() as cert_file:
        context.load_cert_chain(cert_file, key_file)
    return context


PROBLEMS = {
    "expired": "certificate has expired",
    "wrong host": "the certificate is for another host than localhost",
    "wrong address": "the certificate is for another address than 127.0.0.1",
    "unknown issuer": "comes from an unknown issuer",
    "self-signed": "is self-signed and not in the trust store",
}


@pytest.mark.parametrize("alpn", [(), H2], ids=["plain", "alpn"])
@pytest.mark.parametrize("problem", PROBLEMS)
async def test_certificate_problems(world: World, problem: str, alpn: tuple[str, ...]) -> None:
    host = "127.0.0.1" if problem == "wrong address" else "localhost"
    context = {
        "expired": lambda: server_context(expired=True),
        "wrong host": lambda: server_context("other.example"),
        "wrong address": lambda: server_context("localhost"),
        "unknown issuer": lambda: server_context(ca=trustme.CA()),
        "self-signed": self_signed,
    }[problem]()
    async with serving(world, echo, context) as (stream, server):
        with pytest.raises(ConnectError) as caught:
            await stream.start_tls(trusting_context(), host, LONG, alpn)
        text = str(caught.value)
        assert text.startswith("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: ")
        assert PROBLEMS[problem] in text
        assert host in text
        assert "in the TLS handshake with " in text
        assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
        assert stream.is_readable()  # it is closed
        await until(world, lambda: server.errors)
    # The server is told why, by an alert, as far as TLS has one.
    assert isinstance(server.errors[0], ssl.SSLError)
    assert "ALERT" in server.errors[0].reason


def test_a_problem_without_a_text_of_its_own() -> None:
    error = ssl.SSLCertVerificationError(1, "verify failed: path length exceeded")
    error.verify_code = 25
    assert tls._explain(error, "a.example").endswith(
        "path length exceeded: the certificate of a.example is not acceptable;"
    )


@pytest.mark.parametrize("alpn", [(), H2], ids=["plain", "alpn"])
async def test_no_verification_if_the_context_says_so(world: World, alpn: tuple[str, ...]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    async with serving(world, echo, self_signed()) as (stream, _):
        stream = await stream.start_tls(context, "whatever.example", LONG, alpn)
        stream.close()


def wants_client_certificate() -> ssl.SSLContext:
    context = server_context(alpn=H2)
    context.verify_mode = ssl.CERT_REQUIRED
    authority().configure_trust(context)
    return context


@pytest.mark.parametrize("alpn", [(), H2], ids=["plain", "alpn"])
async def test_client_certificates(world: World, alpn: tuple[str, ...]) -> None:
    context = trusting_context()
    authority().issue_cert("client.example").configure_cert(context)
    seen = []

    def handler(conn: TLSConnection) -> None:
        seen.append(conn.tls.getpeercert()["subjectAltName"])
        echo(conn)

    async with serving(world, handler, wants_client_certificate()) as (stream, _):
        stream = await stream.start_tls(context, "localhost", LONG, alpn)
        await stream.write(b"hello", LONG)
        assert await stream.read(10, LONG) == b"hello"
        stream.close()
    assert seen == [(("DNS", "client.example"),)]


async def test_a_client_certificate_is_missing(world: World) -> None:
    """With TLS 1.3 the client's handshake is over before the server refuses."""
    async with serving(world, echo, wants_client_certificate()) as (stream, _):
        stream = await stream.start_tls(trusting_context(), "localhost", LONG, H2)
        with pytest.raises(ReadError, match=r"^\[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED\]"):
            await stream.read(10, LONG)
        assert stream.is_readable()
        stream.close()


# How the handshake fails.


async def test_a_peer_that_does_not_speak_tls(world: World) -> None:
    def handler(conn: Any) -> None:
        conn.recv(1)
        conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        until_closed(conn)

    async with serving(world, handler) as (stream, server):
        with pytest.raises(ConnectError) as caught:
            await stream.start_tls(trusting_context(), "127.0.0.1", LONG)
        assert str(caught.value).startswith("[SSL: WRONG_VERSION_NUMBER] wrong version number")
        assert str(caught.value).endswith(
            ": the peer does not seem to speak TLS on this port;"
            f" while in the TLS handshake with 127.0.0.1:{server.port}"
        )


@pytest.mark.parametrize("drips", [False, True])
async def test_one_deadline_for_the_whole_handshake(world: World, drips: bool) -> None:
    stop = threading.Event()

    def handler(conn: Any) -> None:
        receive_exactly(conn, 100)
        if drips:
            conn.sendall(b"\x16\x03\x03\x40\x00")  # the header of a long record
        while not stop.wait(SHORT / 10):
            if drips:
                conn.sendall(b"\x00")

    async with serving(world, handler) as (stream, server):
        with pytest.raises(ConnectTimeout) as caught:
            await stream.start_tls(trusting_context(), "127.0.0.1", SHORT)
        assert str(caught.value) == (
            f"timed out after {SHORT:g} s while in the TLS handshake with 127.0.0.1:{server.port}"
        )
        assert stream.is_readable()  # it is closed
        stop.set()


@pytest.mark.parametrize("how", ["closed", "reset"])
async def test_the_peer_hangs_up_in_the_handshake(world: World, how: str) -> None:
    def handler(conn: Any) -> None:
        conn.recv(65536)
        if how == "reset":
            reset(conn)

    async with serving(world, handler) as (stream, _):
        with pytest.raises(ConnectError) as caught:
            await stream.start_tls(trusting_context(), "localhost", LONG)
        start = "[Errno 104] " if how == "reset" else "EOF occurred in violation of protocol"
        assert start in str(caught.value)
        assert " while in the TLS handshake with localhost via " in str(caught.value)


@awaiting
async def test_a_cancelled_handshake_closes_the_stream(world: World) -> None:
    async with serving(world, until_closed) as (stream, _):
        with anyio.move_on_after(SHORT) as scope:
            await stream.start_tls(trusting_context(), "localhost", LONG)
        assert scope.cancelled_caught
        with pytest.raises(ReadError, match=r"^the stream was closed"):
            await stream.read(10, LONG)


async def test_a_context_for_servers(world: World) -> None:
    async with serving(world, until_closed) as (stream, _):
        with pytest.raises(ConnectError, match=r"PROTOCOL_TLS_SERVER"):
            await stream.start_tls(server_context(), "localhost", LONG)


# How it ends.


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_end_without_a_goodbye_is_marked(world: World, version: ssl.TLSVersion) -> None:
    def handler(conn: TLSConnection) -> None:
        conn.sendall(b"data")
        conn.raw.close()

    async with serving(world, handler, server_context(maximum=version)) as (stream, _):
        stream = await stream.start_tls(trusting_context(), "localhost", LONG)
        assert await stream.read(10, LONG) == b"data"
        assert stream.get_extra_info("truncated") is False
        for _ in range(2):
            assert await stream.read(10, LONG) == b""
            assert stream.get_extra_info("truncated") is True
        stream.close()


async def test_the_end_within_a_record_is_marked(world: World) -> None:
    def handler(conn: TLSConnection) -> None:
        conn.raw.sendall(b"\x17\x03\x03\x01\x00" + bytes(100))
        conn.raw.close()

    async with serving(world, handler, server_context()) as (stream, _):
        stream = await stream.start_tls(trusting_context(), "localhost", LONG)
        assert await stream.read(10, LONG) == b""
        assert stream.get_extra_info("truncated") is True
        stream.close()


async def test_a_goodbye_without_the_end_ends_the_stream(world: World) -> None:
    release = threading.Event()

    def handler(conn: TLSConnection) -> None:
        conn.say_goodbye()
        assert release.wait(LONG)

    async with serving(world, handler, server_context()) as (stream, _):
        stream = await stream.start_tls(trusting_context(), "localhost", LONG)
        await until(world, stream.is_readable)
        for _ in range(2):
            assert await stream.read(10, LONG) == b""
        assert stream.is_readable()
        assert stream.get_extra_info("truncated") is False
        stream.close()
        release.set()


async def test_closing_says_goodbye(world: World) -> None:
    ends = []

    def handler(conn: TLSConnection) -> None:
        try:
            conn._retry(lambda: conn.tls.read(100))
        except ssl.SSLError as exc:
            ends.append(type(exc))
        else:
            ends.append(None)  # as in read(): zero bytes after a close_notify

    async with serving(world, handler, server_context()) as (stream, _):
        stream = await stream.start_tls(trusting_context(), "localhost", LONG)
        stream.close()
        await until(world, lambda: ends)
    assert ends[0] in (None, ssl.SSLZeroReturnError)


async def test_closing_while_another_thread_computes(world: World) -> None:
    """A finalizer must not wait for a lock: then nobody says goodbye."""
    async with serving(world, until_closed, server_context()) as (stream, _):
        stream = await stream.start_tls(trusting_context(), "localhost", LONG)
        with stream._lock:
            assert stream.write_nowait(b"!") == 0
            stream.close()
        with pytest.raises(ReadError):
            await stream.read(10, LONG)


async def test_garbage_is_a_read_error(world: World) -> None:
    def handler(conn: TLSConnection) -> None:
        conn.raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        until_closed(conn.raw)

    async with serving(world, handler, server_context()) as (stream, _):
        stream = await stream.start_tls(trusting_context(), "localhost", LONG)
        await until(world, stream.is_readable)
        with pytest.raises(ReadError, match=r"^\[SSL.* while reading from localhost via "):
            await stream.read(10, LONG)
        with pytest.raises(WriteError, match=r" while writing to localhost via "):
            await stream.write(b"!", LONG)
        assert stream.write_nowait(b"!") == 0
        stream.close()


# What is not data.


async def test_session_tickets_are_not_data(world: World) -> None:
    def handler(conn: TLSConnection) -> None:
        echo(conn)

    async with serving(world, handler, server_context()) as (inner, _):
        stream = await inner.start_tls(trusting_context(), "localhost", LONG)
        await until(world, inner.is_readable)  # the tickets
        assert not stream.is_readable()
        assert not inner.is_readable()
        await stream.write(b"hello", LONG)
        assert await stream.read(10, LONG) == b"hello"
        stream.close()


async def test_session_tickets_are_not_an_early_answer(world: World) -> None:
    full, answer, release = threading.Event(), threading.Event(), threading.Event()

    def handler(conn: TLSConnection) -> None:
        assert answer.wait(LONG)
        conn.sendall(b"enough")
        assert release.wait(LONG)

    async with serving(world, handler, server_context()) as (inner, _):
        stream = await inner.start_tls(trusting_context(), "localhost", LONG)
        await until(world, inner.is_readable)
        assert await stream.write_some(b"x", LONG, or_readable=True) == 1
        with pytest.raises(WriteTimeout):
            while await stream.write_some(bytes(60_000), SHORT, or_readable=True):
                pass
        answer.set()
        while await stream.write_some(bytes(60_000), LONG, or_readable=True):
            pass
        assert await stream.read(10, LONG) == b"enough"
        release.set()
        stream.close()
    assert not full.is_set()


# What Python's servers cannot do: OpenSSL, and a stream, by script.


class Script:
    """A TLS object and the stream below it, which do as they are told."""

    peer = "script:1"
    on_idle_close = None

    def __init__(self, *writes: int | type[Exception], reads: Any = ()) -> None:
        self.writes = list(writes)
        self.reads = list(reads)
        self.sent = b""
        self.closed = False
        self.outgoing = ssl.MemoryBIO()
        self.room = 1000

    def write(self, data: Any) -> int:
        step = self.writes.pop(0)
        self.outgoing.write(b"<handshake>" if isinstance(step, type) else bytes(data))
        if isinstance(step, type):
            raise step(1, "script")
        return step

    def pending(self) -> int:
        return 0

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        step = self.reads.pop(0)
        if isinstance(step, bytes):
            return step
        raise step

    async def write_some(self, data: Any, timeout: Any, or_readable: bool = False) -> int:
        return self.write_nowait(data)

    def write_nowait(self, data: Any) -> int:
        part = bytes(data)[: self.room]
        self.sent += part
        return len(part)

    def is_readable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True

    def stream(self) -> tls.TLSStream:
        return tls.TLSStream(self, self, ssl.MemoryBIO(), self.outgoing, "script:1")  # type: ignore[arg-type]


def test_a_renegotiation_within_a_write() -> None:
    script = Script(ssl.SSLWantReadError, 5, reads=[b"answer"])
    stream = script.stream()
    drive(stream.write(b"hello", 1.0))
    assert script.sent == b"<handshake>hello"
    assert stream._incoming.read() == b"answer"


@pytest.mark.parametrize(
    ("fault", "expected", "text"),
    [
        (ConnectTimeout("x"), WriteTimeout, "timed out after 1 s while writing to script:1"),
        (ReadError("gone"), WriteError, "gone while writing to script:1"),
    ],
)
def test_a_renegotiation_that_fails(fault: Exception, expected: type[Exception], text: str) -> None:
    script = Script(ssl.SSLWantReadError, reads=[fault])
    with pytest.raises(expected) as caught:
        drive(script.stream().write(b"hello", 1.0))
    assert str(caught.value) == text


def test_a_renegotiation_on_a_stream_that_was_closed() -> None:
    script = Script(ssl.SSLWantReadError)
    stream = script.stream()

    async def read(max_bytes: int, timeout: float | None) -> bytes:
        stream.close()
        raise ReadError("gone")

    script.read = read  # type: ignore[method-assign]
    with pytest.raises(WriteError, match=r"^the stream was closed while writing to script:1$"):
        drive(stream.write(b"hello", 1.0))


def test_no_renegotiation_with_a_reader_inside() -> None:
    script = Script(ssl.SSLWantReadError)
    stream = script.stream()
    stream._reading = True
    with pytest.raises(WriteError, match=r"^TLS renegotiation on a shared stream while"):
        drive(stream.write(b"hello", 1.0))
    assert script.closed


def test_answers_of_the_reader_leave_in_order() -> None:
    """What does not fit while nobody writes goes out ahead of the next write."""
    script = Script(5)
    stream = script.stream()
    script.room = 3
    script.outgoing.write(b"<key update>")
    with stream._lock:
        stream._answer()
    assert script.sent == b"<ke"
    assert stream.write_nowait(b"hello") == 0
    script.room = 1000
    drive(stream.write(b"hello", 1.0))
    assert script.sent == b"<key update>hello"


def test_a_writer_inside_sends_the_answers_of_the_reader() -> None:
    class Answering(Script):
        def read(self, max_bytes: int) -> bytes:  # type: ignore[override]
            stream._incoming.read()
            self.outgoing.write(b"<key update>")
            return b"data"

    script = Answering()
    stream = script.stream()
    stream._writing = True
    assert stream._decrypt(100, b"raw") == b"data"
    assert script.sent == b""
    stream._writing = False
    assert stream._decrypt(100, b"raw") == b"data"
    assert script.sent == b"<key update><key update>"


class Records(Script):
    """A TLS object that takes a byte for each record, and does with it as it is told."""

    def __init__(self, *steps: bytes | Exception) -> None:
        super().__init__()
        self.steps = list(steps)

    def read(self, max_bytes: int) -> bytes:  # type: ignore[override]
        assert self.incoming.read(1)
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        assert len(step) <= max_bytes
        return step

    def arrived(self) -> tls.TLSStream:
        stream = self.stream()
        self.incoming = stream._incoming
        self.incoming.write(b"." * len(self.steps))
        return stream


def test_all_records_that_have_arrived_are_read_at_once() -> None:
    script = Records(b"one", b"two", b"three", b"four", ssl.SSLWantReadError(2, "a ticket"))
    stream = script.arrived()
    assert stream._decrypt(len("onetwothree")) == b"onetwothree"
    assert stream._decrypt(100) == b"four"
    assert stream._decrypt(100) is None


@pytest.mark.parametrize("truncated", [False, True])
def test_the_end_behind_some_records_is_for_the_next_read(truncated: bool) -> None:
    end = ssl.SSLEOFError(8, "cut") if truncated else ssl.SSLZeroReturnError(6, "good-bye")
    stream = Records(b"one", b"two", end).arrived()
    assert stream._decrypt(100) == b"onetwo"
    assert stream.is_readable()
    assert stream.get_extra_info("truncated") is truncated
    assert stream._decrypt(100) == b""


def test_a_fault_behind_some_records_is_for_the_next_read() -> None:
    stream = Records(b"one", b"two", ssl.SSLError(1, "bad record mac")).arrived()
    assert stream._decrypt(100) == b"onetwo"
    assert stream.is_readable()
    for _ in range(2):
        with pytest.raises(ReadError, match=r"bad record mac.* while reading from script:1$"):
            stream._decrypt(100)


def test_poll_knows_when_nothing_is_there() -> None:
    import socket

    left, right = socket.socketpair()
    with left, right:
        assert poll([(left.fileno(), READ)], 0) == {}
        right.send(b"!")
        assert poll([(left.fileno(), READ)], None) == {left.fileno(): READ}
