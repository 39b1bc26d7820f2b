"""The same against real programs: tinyproxy and squid, microsocks and dante, stunnel as an https
proxy, nginx."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme

import httpx

from .. import real
from ..servers import refused_port
from ..worlds import World

pytestmark = pytest.mark.real

AUTH = ("user", "secret")
KINDS = ["http", "https", "socks5", "socks5h"]

Start = Callable[[str, tuple[str, str] | None], httpx.Proxy]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("real")


@pytest.fixture(scope="module")
def origin(directory: Path, ca: trustme.CA) -> Iterator[dict[str, int]]:
    with real.nginx(directory, ca) as ports:
        yield ports


@pytest.fixture(scope="module")
def proxy(directory: Path, ca: trustme.CA, ssl_context: ssl.SSLContext) -> Iterator[Start]:
    """Gives a running proxy of a kind, open or with `AUTH`; each program is started once."""
    ports: dict[Any, int] = {}
    with ExitStack() as stack:

        def port_of(program: str, auth: Any) -> int:
            key = program, auth
            if key not in ports:
                if program == "stunnel":
                    leaf = ca.issue_cert("127.0.0.1")
                    target = port_of("tinyproxy", auth)
                    ports[key] = stack.enter_context(real.stunnel(directory, leaf, target))
                else:
                    start: Any = getattr(real, program)
                    ports[key] = stack.enter_context(start(directory, auth))
            return ports[key]

        def start(kind: str, auth: tuple[str, str] | None) -> httpx.Proxy:
            program = {"http": "tinyproxy", "https": "stunnel"}.get(kind, "microsocks")
            url = f"{kind}://127.0.0.1:{port_of(program, auth)}"
            return httpx.Proxy(url, auth=auth, ssl_context=ssl_context)

        yield start


@pytest.mark.parametrize("auth", [None, AUTH], ids=["open", "auth"])
@pytest.mark.parametrize("kind", KINDS)
async def test_one_connection_for_a_hundred_requests(
    world: World,
    kind: str,
    auth: Any,
    proxy: Start,
    origin: dict[str, int],
    ssl_context: ssl.SSLContext,
) -> None:
    async with world.client(proxy=proxy(kind, auth), verify=ssl_context) as client:
        seen = set()
        for index in range(100):
            got = await client.get(f"https://localhost:{origin['tls']}/{index}")
            assert got.text == f"/{index}"
            assert "x-proxy-authorization" not in got.headers
            seen.add(got.headers["x-connection"])
    assert len(seen) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_http2_inside(
    world: World,
    kind: str,
    proxy: Start,
    origin: dict[str, int],
    ssl_context: ssl.SSLContext,
) -> None:
    options = {"proxy": proxy(kind, AUTH), "verify": ssl_context, "http2": True}
    async with world.client(**options) as client:

        async def get() -> tuple[str, str]:
            got = await client.get(f"https://localhost:{origin['tls']}/")
            return got.http_version, got.headers["x-connection"]

        results = await world.gather(*[get] * 10)
        assert {version for version, _ in results} == {"HTTP/2"}
        assert len(set(results)) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_plain_http(world: World, kind: str, proxy: Start, origin: dict[str, int]) -> None:
    async with world.client(proxy=proxy(kind, AUTH)) as client:
        for path in ("/a", "/b?c"):
            got = await client.get(f"http://127.0.0.1:{origin['plain']}{path}")
            assert got.text == path
            assert "x-proxy-authorization" not in got.headers


@pytest.mark.parametrize("kind", [None, *KINDS])
async def test_client_certificates(
    world: World,
    kind: str | None,
    proxy: Start,
    origin: dict[str, int],
    ca: trustme.CA,
) -> None:
    url = f"https://localhost:{origin['asking']}/"
    with_one = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    without = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for context in (with_one, without):
        ca.configure_trust(context)
    ca.issue_cert("me@example.org", common_name="me").configure_cert(with_one)
    options = {} if kind is None else {"proxy": proxy(kind, None)}
    async with world.client(verify=with_one, **options) as client:
        got = await client.get(url)
        assert (got.status_code, got.headers["x-client"][:5]) == (200, "CN=me")
    async with world.client(verify=without, **options) as client:
        got = await client.get(url)
        assert got.status_code == 400
        assert "No required SSL certificate was sent" in got.text


@pytest.mark.parametrize("kind", [None, *KINDS])
async def test_sessions_and_server_names(
    world: World,
    kind: str | None,
    proxy: Start,
    origin: dict[str, int],
    ca: trustme.CA,
) -> None:
    """The next client resumes; another server name is another session."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(context)
    options = {} if kind is None else {"proxy": proxy(kind, None)}
    seen = []
    for name in ("localhost", "localhost", "www.example.com"):
        async with world.client(verify=context, **options) as client:
            url = f"https://127.0.0.1:{origin['tls']}/"
            got = await client.get(url, extensions={"sni_hostname": name})
            assert got.headers["x-name"] == name
            seen.append(got.headers["x-session"])
    assert seen == [".", "r", "."]


@pytest.mark.parametrize("kind", ["http", "https"])
async def test_a_refusal(world: World, kind: str, proxy: Start, ssl_context: Any) -> None:
    right = proxy(kind, AUTH)
    wrong = httpx.Proxy(right.url, auth=("user", "wrong"), ssl_context=right.ssl_context)
    async with world.client(proxy=wrong) as client:
        for _ in range(50):
            with pytest.raises(httpx.ProxyError) as caught:
                await client.get("https://127.0.0.1/")
        (transport,) = client._mounts.values()
        stats = transport._pool.stats()
        assert (stats.active, stats.idle, stats.connecting) == (0, 0, 0)
    answer = caught.value.response
    assert answer is not None
    assert answer.status_code in (401, 407)
    assert "tinyproxy" in answer.text
    with refused_port() as port:
        async with world.client(proxy=right) as client:
            with pytest.raises(httpx.ProxyError, match=r"^50\d "):
                await client.get(f"https://127.0.0.1:{port}/")


async def test_a_refusal_of_socks(world: World, proxy: Start) -> None:
    right = proxy("socks5", AUTH)
    async with world.client(proxy=httpx.Proxy(right.url, auth=("user", "wrong"))) as client:
        with pytest.raises(httpx.ProxyError, match="Invalid username/password"):
            await client.get("https://127.0.0.1/")
    async with world.client(proxy=httpx.Proxy(right.url)) as client:
        with pytest.raises(httpx.ProxyError, match="but got NO ACCEPTABLE METHODS"):
            await client.get("https://127.0.0.1/")
    with refused_port() as port:
        async with world.client(proxy=right) as client:
            with pytest.raises(httpx.ProxyError, match="Proxy Server could not connect: Connect"):
                await client.get(f"https://127.0.0.1:{port}/")


async def test_the_environment(
    world: World,
    proxy: Start,
    origin: dict[str, int],
    ca: trustme.CA,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A company's machine: proxies, an authority of its own, and hosts that go direct."""
    one, two = proxy("http", AUTH), proxy("socks5h", AUTH)
    monkeypatch.setenv("HTTP_PROXY", str(one.url).replace("//", "//user:secret@"))
    monkeypatch.setenv("HTTPS_PROXY", str(two.url).replace("//", "//user:secret@"))
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8, .internal, 127.0.0.0/8")
    monkeypatch.setenv("SSL_CERT_FILE", str(directory / "ca.pem"))
    async with world.client() as client:
        got = await client.get(f"http://localhost:{origin['plain']}/")
        assert "tinyproxy" in got.headers["via"]
        assert (await client.get(f"https://localhost:{origin['tls']}/")).text == "/"
        got = await client.get(f"http://127.0.0.1:{origin['plain']}/")
        assert "via" not in got.headers


@pytest.fixture(scope="module")
def squid() -> Iterator[str]:
    with real.squid(AUTH) as port:
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="module")
def dante(directory: Path) -> Iterator[str]:
    with real.dante(directory) as port:
        yield f"127.0.0.1:{port}"


async def test_squid(
    world: World, squid: str, origin: dict[str, int], ssl_context: ssl.SSLContext
) -> None:
    """It keeps connections, plain ones, too, and HTTP/2 goes through its tunnels."""
    options = {"verify": ssl_context, "http2": True}
    async with world.client(proxy=f"http://user:secret@{squid}", **options) as client:
        for index in range(10):
            got = await client.get(f"http://localhost:{origin['plain']}/{index}")
            assert got.text == f"/{index}"
            assert "squid" in got.headers["via"]
            assert "x-proxy-authorization" not in got.headers
        seen = set()
        for index in range(10):
            got = await client.get(f"https://localhost:{origin['tls']}/{index}")
            assert (got.text, got.http_version) == (f"/{index}", "HTTP/2")
            assert "x-proxy-authorization" not in got.headers
            seen.add(got.headers["x-connection"])
        assert len(seen) == 1
        (transport,) = client._mounts.values()
        stats = transport.pool_stats()
        assert (stats.opened, stats.reused) == (2, 18)


async def test_what_squid_refuses(world: World, squid: str, origin: dict[str, int]) -> None:
    async with world.client(proxy=f"http://user:wrong@{squid}") as client:
        # What is forwarded has an answer, at once, however much is still to be sent; who wants a
        # tunnel gets an error that carries it.
        got = await client.post(f"http://localhost:{origin['plain']}/", content=bytes(20_000_000))
        with pytest.raises(httpx.ProxyError, match=r"^407 Proxy Authentication Required") as caught:
            await client.get("https://localhost/")
        for answer in (got, caught.value.response):
            assert answer is not None
            assert answer.status_code == 407
            assert answer.headers["x-squid-error"] == "ERR_CACHE_ACCESS_DENIED 0"
            assert answer.headers["proxy-authenticate"].startswith("Basic realm=")
            assert "Cache Access Denied" in answer.text
    async with world.client(proxy=f"http://user:secret@{squid}") as client:
        with refused_port() as port:
            with pytest.raises(httpx.ProxyError, match=r"^503 Service Unavailable") as caught:
                await client.get(f"https://127.0.0.1:{port}/")
        assert caught.value.response is not None
        assert caught.value.response.headers["x-squid-error"].startswith("ERR_CONNECT_FAIL")
        (transport,) = client._mounts.values()
        stats = transport.pool_stats()
        assert (stats.active, stats.idle, stats.connecting) == (0, 0, 0)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
async def test_dante(
    world: World, scheme: str, dante: str, origin: dict[str, int], ssl_context: ssl.SSLContext
) -> None:
    async with world.client(proxy=f"{scheme}://{dante}", verify=ssl_context) as client:
        seen = set()
        for index in range(10):
            got = await client.get(f"https://localhost:{origin['tls']}/{index}")
            assert got.text == f"/{index}"
            seen.add(got.headers["x-connection"])
        assert len(seen) == 1
        with pytest.raises(httpx.ProxyError, match="Connection not allowed by ruleset"):
            await client.get("https://127.0.0.2/")
        with refused_port() as port:
            with pytest.raises(httpx.ProxyError, match="Connection refused"):
                await client.get(f"https://127.0.0.1:{port}/")
        (transport,) = client._mounts.values()
        stats = transport.pool_stats()
        assert (stats.active, stats.idle, stats.connecting) == (0, 1, 0)
