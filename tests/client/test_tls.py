"""TLS as clients have it: trust, certificates, the environment, and where a body ends."""

from __future__ import annotations

import datetime
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
import trustme

import httpx
from httpx import _config
from httpx._network import tls_objects

from ..proxies import HTTPProxy
from ..servers import Conn, HTTPServer, RawServer, echo
from ..worlds import World

pytestmark = pytest.mark.filterwarnings("ignore:`(verify|cert)=:DeprecationWarning")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture(scope="module")
def files(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``ca.pem``; a directory ``ca`` as OpenSSL wants it; the client's ``both.pem``, or
    ``cert.pem`` and ``key.pem``, or ``secret.pem`` with a password."""
    from cryptography.hazmat.primitives import serialization

    root = tmp_path_factory.mktemp("tls")
    ca.cert_pem.write_to_path(str(root / "ca.pem"))
    (root / "ca").mkdir()
    ca.cert_pem.write_to_path(str(root / "ca" / "ca.pem"))
    subprocess.run(["openssl", "rehash", str(root / "ca")], check=True)
    leaf = ca.issue_cert("me@example.org")
    leaf.private_key_and_cert_chain_pem.write_to_path(str(root / "both.pem"))
    leaf.private_key_pem.write_to_path(str(root / "key.pem"))
    leaf.cert_chain_pems[0].write_to_path(str(root / "cert.pem"))
    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    (root / "secret.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    return root


@pytest.fixture
def server(server_context: ssl.SSLContext) -> Iterator[HTTPServer]:
    with HTTPServer(echo, tls=server_context) as server:
        yield server


@pytest.fixture(scope="module")
def asking_context(ca: trustme.CA) -> ssl.SSLContext:
    """A server's context that wants a client's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    ca.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


# -- the environment -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
async def test_the_environment_names_the_roots(
    world: World, server: HTTPServer, files: Path, environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.setenv(name, str(files / ("ca.pem" if name == "SSL_CERT_FILE" else "ca")))
    async with world.client() as client:
        assert (await client.get(server.url)).status_code == 200
    async with world.client(trust_env=False) as client:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get(server.url)


async def test_the_roots_of_the_operating_system(
    world: World, server: HTTPServer, files: Path, environment: pytest.MonkeyPatch
) -> None:
    """Beside certifi's, and whether or not the environment is trusted."""
    paths = ssl.get_default_verify_paths()._replace(openssl_cafile=str(files / "ca.pem"))
    environment.setattr(ssl, "get_default_verify_paths", lambda: paths)
    environment.setattr(_config, "_contexts", _config._SharedContexts())
    for trust_env in (True, False):
        async with world.client(trust_env=trust_env) as client:
            assert (await client.get(server.url)).status_code == 200


async def test_the_key_log(
    world: World,
    server: HTTPServer,
    files: Path,
    environment: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Written for the default and a path; not for a context of the user's, nor where the
    environment is not trusted: then the file is not even made."""
    keys = tmp_path / "keys"
    environment.setenv("SSLKEYLOGFILE", str(keys))
    mine = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    mine.load_verify_locations(str(files / "ca.pem"))
    for options in (
        {"verify": str(files / "ca.pem"), "trust_env": False},
        {"verify": False},
        {"verify": mine},
    ):
        async with world.client(**options) as client:
            assert (await client.get(server.url)).status_code == 200
        httpx.create_ssl_context(**options)
    assert not keys.exists()
    async with world.client(verify=str(files / "ca.pem")) as client:
        assert (await client.get(server.url)).status_code == 200
    assert "CLIENT_TRAFFIC_SECRET_0" in keys.read_text()


# -- certificates ----------------------------------------------------------------------------


def days(count: int) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=count)


@pytest.mark.parametrize("tunnel", [False, True], ids=["direct", "tunnel"])
@pytest.mark.parametrize(
    ("problem", "text"),
    [
        ("expired", "the certificate of localhost has expired"),
        ("not yet", "the certificate of localhost is not valid yet"),
        ("wrong host", "the certificate is for another host than localhost"),
        ("unknown issuer", "the certificate of localhost comes from"),
        ("self-signed", "the certificate of localhost is self-signed"),
    ],
)
async def test_which_problem_and_for_which_host(
    world: World,
    ca: trustme.CA,
    ssl_context: ssl.SSLContext,
    problem: str,
    text: str,
    tunnel: bool,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    dates: dict[str, Any] = {
        "expired": {"not_before": days(-9), "not_after": days(-1)},
        "not yet": {"not_before": days(1), "not_after": days(9)},
    }.get(problem, {})
    if problem == "self-signed":
        own = trustme.CA()
        own.cert_pem
        with own.cert_pem.tempfile() as cert, own.private_key_pem.tempfile() as key:
            context.load_cert_chain(cert, key)
    else:
        issuer = trustme.CA() if problem == "unknown issuer" else ca
        name = "other.example" if problem == "wrong host" else "localhost"
        issuer.issue_cert(name, **dates).configure_cert(context)
    with HTTPServer(echo, tls=context) as server, HTTPProxy() as proxy:
        options = {"proxy": proxy.address} if tunnel else {}
        async with world.client(verify=ssl_context, **options) as client:
            with pytest.raises(httpx.ConnectError) as caught:
                await client.get(f"https://localhost:{server.port}/")
            assert text in str(caught.value)
            assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
            (transport, *_) = client._mounts.values() if tunnel else [client._transport]
            assert transport._pool.stats().active == transport._pool.stats().connecting == 0


async def test_names_and_addresses(world: World, ca: trustme.CA) -> None:
    """A certificate's IP address counts for an address only, and its name for the name sent."""
    seen = []
    for host, named in (("127.0.0.1", "127.0.0.1"), ("localhost", "localhost")):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = lambda tls, name, _: seen.append(name)  # type: ignore[assignment]
        ca.issue_cert(named).configure_cert(context)
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ca.configure_trust(trusting)
        with HTTPServer(echo, tls=context) as server:
            async with world.client(verify=trusting) as client:
                assert (await client.get(f"https://{host}:{server.port}")).status_code == 200
                other = "localhost" if host == "127.0.0.1" else "127.0.0.1"
                with pytest.raises(httpx.ConnectError, match="is for another"):
                    await client.get(f"https://{other}:{server.port}")
    assert set(seen) == {"localhost", None}


VERIFY = ["default", "false", "path", "directory", "context"]
CERT = ["both.pem", "pair", "triple"]


@pytest.mark.parametrize("cert", CERT)
@pytest.mark.parametrize("verify", VERIFY)
async def test_client_certificates(
    world: World,
    files: Path,
    asking_context: ssl.SSLContext,
    environment: pytest.MonkeyPatch,
    verify: str,
    cert: str,
) -> None:
    """The server accepts each way of giving one with each way of trusting."""
    path = str(files / "cert.pem")
    certificate = {
        "both.pem": str(files / "both.pem"),
        "pair": (path, str(files / "key.pem")),
        "triple": (path, str(files / "secret.pem"), "secret"),
    }[cert]
    trust: Any = {
        "default": True,
        "false": False,
        "path": str(files / "ca.pem"),
        "directory": str(files / "ca"),
    }.get(verify)
    if verify == "default":
        environment.setenv("SSL_CERT_FILE", str(files / "ca.pem"))
    if verify == "context":
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.load_verify_locations(str(files / "ca.pem"))
    with HTTPServer(echo, tls=asking_context) as server:
        async with world.client(verify=trust, cert=certificate) as client:
            got = await client.get(server.url)
            tls = server.connections[0].tls
            assert got.status_code == 200
            assert tls is not None
            assert tls.getpeercert()["subjectAltName"] == (("email", "me@example.org"),)  # type: ignore[index]


async def test_a_certificate_is_read_once(
    world: World, files: Path, asking_context: ssl.SSLContext
) -> None:
    """Into a context of the user's as well: not at each connection."""
    reads = []

    class Context(ssl.SSLContext):
        def load_cert_chain(self, *arguments: Any, **options: Any) -> None:
            reads.append(arguments)
            super().load_cert_chain(*arguments, **options)

    context = Context(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(str(files / "ca.pem"))
    limits = httpx.Limits(max_keepalive_connections=0)
    with HTTPServer(echo, tls=asking_context) as server:
        for _ in range(2):
            certificate = str(files / "both.pem")
            async with world.client(verify=context, cert=certificate, limits=limits) as client:
                for _ in range(3):
                    assert (await client.get(server.url)).status_code == 200
        assert server.accepted == 6
    assert reads == [(str(files / "both.pem"),)]


async def test_a_client_certificate_is_not_for_the_proxy(
    world: World,
    files: Path,
    ca: trustme.CA,
    asking_context: ssl.SSLContext,
    environment: pytest.MonkeyPatch,
) -> None:
    """An https proxy that asks for a certificate does not get the one for origins."""
    environment.setenv("SSL_CERT_FILE", str(files / "ca.pem"))
    curious = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(curious)
    ca.configure_trust(curious)
    curious.verify_mode = ssl.CERT_OPTIONAL
    with HTTPServer(echo, tls=asking_context) as server, HTTPProxy(tls=curious) as proxy:
        certificate = str(files / "both.pem")
        async with world.client(proxy=proxy.address, cert=certificate) as client:
            assert (await client.get(server.url)).status_code == 200
            assert proxy.connections[0].tls.getpeercert() is None  # type: ignore[union-attr]


# -- contexts --------------------------------------------------------------------------------


async def test_plain_http_never_reads_a_ca_file(
    world: World, environment: pytest.MonkeyPatch
) -> None:
    def build(*_: Any) -> Any:
        raise AssertionError("nobody asked for TLS")

    environment.setattr(_config, "_build", build)
    with HTTPServer(echo) as server, HTTPProxy() as proxy:
        for options in ({}, {"proxy": proxy.address}):
            async with world.client(**options) as client:
                assert (await client.get(server.url)).status_code == 200


def test_a_client_is_cheap() -> None:
    """Beside a context, which others make for each client (USERS.md 10)."""

    def least(make: Callable[[], Any]) -> float:
        times = []
        for _ in range(20):
            started = time.thread_time()  # of this thread alone, whatever else is busy
            make()
            times.append(time.thread_time() - started)
        return min(times)

    client = least(lambda: httpx.Client(proxy="http://127.0.0.1:1").close())
    context = least(lambda: ssl.create_default_context(cafile=certifi.where()))
    assert client < context / 5


def test_a_context_is_shared_by_clients_of_both_kinds(ca: trustme.CA, full: bool) -> None:
    """A hundred threads, half of them with HTTP/2: each negotiates its own, and the context stays
    as it was."""
    from ..connections.test_proxies import serve_http2

    chosen: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    context.set_alpn_protocols(["h2", "http/1.1"])

    def handler(conn: Conn) -> None:
        assert conn.tls is not None
        chosen.append(conn.tls.selected_alpn_protocol())
        if conn.tls.selected_alpn_protocol() == "h2":
            serve_http2(conn)
        else:
            plain._converse(conn)

    mine = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(mine)
    offers: list[object] = []
    mine.set_alpn_protocols = offers.append  # type: ignore[method-assign]
    spoken: list[tuple[bool, str]] = []

    def talk(http2: bool) -> None:
        with httpx.Client(verify=mine, http2=http2, trust_env=False) as client:
            got = client.get(f"https://localhost:{server.port}/")
            spoken.append((http2, got.http_version))

    with HTTPServer(echo) as plain, RawServer(handler, tls=context) as server:
        threads = [threading.Thread(target=talk, args=(bool(i % 2),)) for i in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(spoken) == [(False, "HTTP/1.1")] * 50 + [(True, "HTTP/2")] * 50
    assert sorted(map(str, chosen)) == ["h2"] * 50 + ["http/1.1"] * 50
    assert offers == []
    assert len(tls_objects._donors[mine]) == 2


async def test_handshakes_do_not_pile_anything_up(
    world: World, server: HTTPServer, ca: trustme.CA, full: bool
) -> None:
    mine = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(mine)
    limits = httpx.Limits(max_keepalive_connections=0)
    donors = None
    async with world.client(verify=mine, limits=limits) as client:
        for _ in range(1000 if full else 20):
            await client.get(f"https://localhost:{server.port}/")
            found = list(tls_objects._donors[mine].values())
            donors = donors or found
            assert found == donors
            assert len(found[0]._sessions) == 1
            assert len(client._transport._pool._ledger.connections) == 0


# -- the end ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "body", "complete"),
    [
        (b"Content-Length: 5\r\n", b"hello", True),
        (b"Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n0\r\n\r\n", True),
        (b"", b"hello", False),
        (b"Content-Length: 9\r\n", b"hello", False),
        (b"Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n", False),
    ],
    ids=["length", "chunked", "to the end", "short", "no last chunk"],
)
@pytest.mark.parametrize("goodbye", [True, False], ids=["close_notify", "cut"])
async def test_where_a_body_ends(
    world: World,
    server_context: ssl.SSLContext,
    ssl_context: ssl.SSLContext,
    head: bytes,
    body: bytes,
    complete: bool,
    goodbye: bool,
) -> None:
    """Without close_notify the end is to be doubted only where nothing else tells it."""

    def handler(conn: Conn) -> None:
        conn.read_head()
        conn.send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body)
        if not goodbye:
            conn.abandon()

    with RawServer(handler, tls=server_context) as server:
        async with world.client(verify=ssl_context) as client:
            if complete or (goodbye and not head):
                assert (await client.get(server.url)).content == b"hello"
            else:
                with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
                    await client.get(server.url)
