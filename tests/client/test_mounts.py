"""Which transport a URL goes through: mounts, proxies, and the environment's."""

from __future__ import annotations

from typing import Any

import pytest

import httpx
from httpx._utils import URLPattern
from tests.worlds import World

CLIENTS = [httpx.Client, httpx.AsyncClient]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def transport(name: str = "") -> Any:
    return httpx.MockTransport(lambda request: httpx.Response(200, text=name))


def proxy_of(client: Any, url: str) -> str | None:
    """The proxy that a URL goes through."""
    found = client._transport_for_url(httpx.URL(url))
    if found is client._transport or found._proxy is None:
        return None
    return str(found._proxy.url)


async def test_the_most_specific_pattern_wins(world: World) -> None:
    mounts = {
        "all://": transport("all"),
        "https://": transport("https"),
        "all://example.org": transport("host"),
        "all://*.example.org": transport("sub"),
        "http://example.org:8080": transport("port"),
        "all://example.com": None,
    }
    async with world.client(transport=transport("default"), mounts=mounts) as client:
        for url, name in (
            ("http://other/", "all"),
            ("https://other/", "https"),
            ("https://example.org/", "host"),
            ("http://www.example.org/", "sub"),
            ("http://example.org:8080/", "port"),
            ("http://example.com/", "default"),
        ):
            assert (await client.get(url)).text == name


@pytest.mark.parametrize("make", CLIENTS)
def test_a_bare_scheme(make: Any) -> None:
    with pytest.raises(ValueError, match='Instead of "http", use "http://"'):
        make(mounts={"http": transport()})


@pytest.mark.parametrize("make", CLIENTS)
def test_mounts_are_a_sorted_dict_of_patterns(make: Any) -> None:
    client = make(mounts={"all://": None, "http://a": transport(), "https://": None})
    patterns = list(client._mounts)
    assert all(isinstance(pattern, URLPattern) for pattern in patterns)
    assert [pattern.pattern for pattern in patterns] == ["http://a", "https://", "all://"]
    other = transport()
    client._mounts = dict(sorted({URLPattern("http://b"): other, **client._mounts}.items()))
    assert client._transport_for_url(httpx.URL("http://b/")) is other


@pytest.mark.parametrize("proxy", ["http://proxy:1", httpx.URL("http://proxy:1")])
@pytest.mark.parametrize("make", CLIENTS)
def test_a_proxy_is_for_everything(make: Any, proxy: Any) -> None:
    client = make(proxy=proxy)
    assert proxy_of(client, "http://a/") == "http://proxy:1"
    assert proxy_of(client, "https://b/") == "http://proxy:1"
    assert proxy_of(make(proxy=httpx.Proxy(proxy)), "http://a/") == "http://proxy:1"


@pytest.mark.parametrize("make", CLIENTS)
def test_mounts_win_over_a_proxy(make: Any) -> None:
    client = make(proxy="http://proxy:1", mounts={"all://": None})
    assert proxy_of(client, "http://a/") is None
    client = make(proxy="http://proxy:1", transport=transport())
    assert proxy_of(client, "http://a/") == "http://proxy:1"


@pytest.mark.parametrize("make", CLIENTS)
def test_a_proxy_that_is_none(make: Any) -> None:
    with pytest.raises(ValueError, match="Unknown scheme for proxy URL"):
        make(proxy="ftp://proxy")


@pytest.mark.parametrize("make", CLIENTS)
def test_the_proxies_of_the_environment(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "proxy:1")
    monkeypatch.setenv("https_proxy", "http://user:pass@proxy:2")
    monkeypatch.setenv("NO_PROXY", "direct.example, 10.0.0.0/8")
    client = make()
    assert proxy_of(client, "http://a/") == "http://proxy:1"
    assert proxy_of(client, "https://a/") == "http://proxy:2"
    assert proxy_of(client, "http://www.direct.example/") is None
    assert proxy_of(client, "http://10.1.2.3/") is None
    assert client._get_proxy_map(None, False) == {}
    assert client._get_proxy_map(None, True)["https://"].auth == ("user", "pass")


@pytest.mark.parametrize("make", CLIENTS)
def test_when_the_environment_is_not_asked(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy:1")
    assert proxy_of(make(), "http://a/") == "http://proxy:1"
    assert make(trust_env=False)._mounts == {}
    assert make(transport=transport())._mounts == {}
    assert proxy_of(make(proxy="http://other:2"), "http://a/") == "http://other:2"
    assert proxy_of(make(mounts={"all://a": None}), "http://a/") is None
