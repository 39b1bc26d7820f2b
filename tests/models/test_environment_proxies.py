"""The proxies of the environment, and what NO_PROXY takes away from them, as curl does it."""

from __future__ import annotations

import os
import sys
import urllib.request

import pytest

from httpx._urls import URL
from httpx._utils import URLPattern, get_environment_proxies


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "REQUEST_METHOD":
            monkeypatch.delenv(name)


def set_all(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {}),
        ({"HTTP_PROXY": "http://p"}, {"http://": "http://p"}),
        ({"http_proxy": "http://p"}, {"http://": "http://p"}),
        ({"HTTP_PROXY": "http://upper", "http_proxy": "http://lower"}, {"http://": "http://lower"}),
        ({"HTTP_PROXY": ""}, {}),
        (
            {"HTTP_PROXY": "p:80", "https_proxy": "q", "ALL_PROXY": "socks5://r"},
            {"http://": "http://p:80", "https://": "http://q", "all://": "socks5://r"},
        ),
        ({"FTP_PROXY": "http://p"}, {}),
        # A CGI script: HTTP_PROXY is the header "Proxy" of a stranger.
        ({"HTTP_PROXY": "http://evil", "REQUEST_METHOD": "GET"}, {}),
        ({"http_proxy": "http://p", "REQUEST_METHOD": "GET"}, {"http://": "http://p"}),
        ({"HTTPS_PROXY": "http://p", "REQUEST_METHOD": "GET"}, {"https://": "http://p"}),
    ],
)
def test_proxies(
    environment: dict[str, str], expected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch, environment)
    assert get_environment_proxies() == expected


@pytest.mark.parametrize(
    ("no_proxy", "patterns"),
    [
        ("example.com", ["all://*example.com"]),
        (".example.com", ["all://*.example.com"]),
        ("*.example.com", ["all://*.example.com"]),
        ("*example.com", ["all://*example.com"]),
        ("example.com:8080", ["all://*example.com:8080"]),
        ("*.example.com:8080", ["all://*.example.com:8080"]),
        ("localhost", ["all://localhost"]),
        ("localhost:80", ["all://localhost:80"]),
        ("127.0.0.1", ["all://127.0.0.1"]),
        ("127.0.0.1:80", ["all://127.0.0.1:80"]),
        ("127.0.0.1.com", ["all://*127.0.0.1.com"]),
        ("::1", ["all://[::1]"]),
        ("[::1]", ["all://[::1]"]),
        ("[::1]:80", ["all://[::1]:80"]),
        ("10.0.0.0/8", ["all://10.0.0.0/8"]),
        ("fd00::/8", ["all://[fd00::]/8"]),
        ("[fd00::]/8", ["all://[fd00::]/8"]),
        ("http://example.com", ["http://example.com"]),
        ("http://example.com:80/path", ["http://example.com:80/path"]),
        (" a.com , b.com\tc.com,,", ["all://*a.com", "all://*b.com", "all://*c.com"]),
        # What makes no sense is left out, and nothing else with it.
        ("a:b, 10.0.0.0/99, http://, x/y, ::x, ., *., 1.2.3.400, ok.com", ["all://*ok.com"]),
        # Two levels of any name are not all names of the last one.
        ("*.*.com, **.com, ..com, *a*.com, w*w.com, ok.com", ["all://*ok.com"]),
        ("", []),
    ],
)
def test_no_proxy(no_proxy: str, patterns: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {"HTTP_PROXY": "http://p", "NO_PROXY": no_proxy})
    expected: dict[str, str | None] = {"http://": "http://p"}
    expected.update(dict.fromkeys(patterns))
    assert get_environment_proxies() == expected
    assert [URLPattern(pattern) for pattern in expected]


@pytest.mark.parametrize("no_proxy", ["*", "example.com,*", "* example.com"])
def test_a_star_turns_all_proxies_off(no_proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, {"HTTP_PROXY": "http://p", "no_proxy": no_proxy})
    assert get_environment_proxies() == {}


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("example.com", "http://example.com", True),
        ("example.com", "https://www.example.com:8443", True),
        ("example.com", "http://notexample.com", False),
        ("EXAMPLE.com", "http://example.com", True),
        (".example.com", "http://www.example.com", True),
        (".example.com", "http://example.com", False),
        ("*.example.com", "http://www.example.com", True),
        ("example.com:443", "https://example.com", True),
        ("example.com:443", "http://example.com", False),
        ("192.0.2.1", "http://192.0.2.1:8000", True),
        ("192.0.2.1:8000", "http://192.0.2.1", False),
        ("::1", "http://[::1]:8000", True),
        ("[::1]", "http://[0:0:0:0:0:0:0:1]", True),
        ("[::1]:8080", "http://[::1]:8080", True),
        ("[::1]:8080", "http://[::1]", False),
        ("10.0.0.0/8", "http://10.20.30.40", True),
        ("10.0.0.0/8", "http://11.20.30.40", False),
        ("10.0.0.0/8", "http://10.example.com", False),
        ("fd00::/8", "http://[fd12::1]", True),
        ("fd00::/8", "http://[fe12::1]", False),
        ("http://example.com", "http://example.com", True),
        ("http://example.com", "https://example.com", False),
    ],
)
def test_who_is_reached_directly(
    no_proxy: str, url: str, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all(monkeypatch, {"ALL_PROXY": "http://proxy", "NO_PROXY": no_proxy})
    proxies = get_environment_proxies()
    patterns = sorted(proxies, key=URLPattern)
    winner = next(pattern for pattern in patterns if URLPattern(pattern).matches(URL(url)))
    assert (proxies[winner] is None) is direct


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="the system's settings count too")
def test_where_no_variable_is_set_nothing_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    # urllib.request brings ssl, socket and email along.
    monkeypatch.delitem(sys.modules, "urllib.request")
    assert get_environment_proxies() == {}
    assert "urllib.request" not in sys.modules


def test_the_standard_library_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the settings of macOS and Windows, and replacements in tests, count."""
    monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": "p", "no": "a.com"})
    assert get_environment_proxies() == {"https://": "http://p", "all://*a.com": None}
