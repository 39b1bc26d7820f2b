"""URLPattern: which URLs a mount is for, and which of several mounts wins."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpx._exceptions import InvalidURL
from httpx._urls import URL
from httpx._utils import URLPattern


@pytest.mark.parametrize(
    ("pattern", "url", "expected"),
    [
        # Scheme
        ("", "https://example.com", True),
        ("all://", "https://example.com", True),
        ("*://", "https://example.com", True),
        ("all://", "/relative", True),
        ("https://", "https://example.com", True),
        ("HTTPS://", "https://example.com", True),
        ("http://", "https://example.com", False),
        # Host: a bare one is exact
        ("all://example.com", "http://example.com", True),
        ("all://EXAMPLE.com", "http://example.com", True),
        ("all://example.com", "http://www.example.com", False),
        ("all://example.com", "http://example.com.org", False),
        ("all://example.com", "http://examplescom", False),
        ("http://example.com/path?query", "http://example.com/other", True),
        ("all://user:secret@example.com", "http://example.com", True),
        ("all://*", "http://example.com", True),
        ("all://*example.com", "http://example.com", True),
        ("all://*example.com", "http://a.b.example.com", True),
        ("all://*example.com", "http://anexample.com", False),
        ("all://*.example.com", "http://www.example.com", True),
        ("all://*.example.com", "http://example.com", False),
        ("all://*.example.com", "http://.example.com", False),
        ("all://.example.com", "http://www.example.com", True),
        ("all://.example.com", "http://example.com", False),
        ("all://a*.com", "http://ab.com", False),
        ("all://müller.de", "http://MÜLLER.de", True),
        ("all://*.müller.de", "http://www.xn--mller-kva.de", True),
        ("all://xn--mller-kva.de", "http://müller.de", True),
        # Port: the one that is used
        ("all://example.com:8080", "http://example.com:8080", True),
        ("all://example.com:8080", "http://example.com", False),
        ("all://example.com:443", "https://example.com", True),
        ("all://example.com:443", "http://example.com", False),
        ("https://example.com:443", "https://example.com:444", False),
        ("https://example.com", "https://example.com:444", True),
        ("all://*:8080", "http://example.com:8080", True),
        ("all://*:8080", "http://example.com", False),
        ("all://*.example.com:0", "http://www.example.com:0", True),
        ("all://example.com:80", "//example.com", False),
        # Addresses
        ("all://192.0.2.1", "http://192.0.2.1", True),
        ("all://192.0.2.1", "http://192.0.2.10", False),
        ("all://[2001:db8::1]", "http://[2001:DB8:0::1]", True),
        ("all://2001:db8::1", "http://[2001:db8::1]:8080", True),
        ("all://[2001:db8::1]:8080", "http://[2001:db8::1]:8080", True),
        ("all://[2001:db8::1]:8080", "http://[2001:db8::1]", False),
        ("all://[2001:db8::1]", "http://[2001:db8::2]", False),
        ("all://[fe80::1%25eth0]", "http://[fe80::1%25eth0]", True),
        ("all://[fe80::1%25eth0]", "http://[fe80::1]", False),
        # Networks
        ("all://10.0.0.0/8", "http://10.255.0.1:9000", True),
        ("all://10.0.0.0/8", "http://11.0.0.1", False),
        ("all://10.1.2.3/8", "http://10.255.0.1", True),
        ("all://10.0.0.0/8", "http://10.example.com", False),
        ("all://10.0.0.0/8", "http://[::a00:1]", False),
        ("all://10.0.0.0:8080/8", "http://10.0.0.1:8080", True),
        ("all://10.0.0.0:8080/8", "http://10.0.0.1", False),
        ("https://10.0.0.0/8", "http://10.0.0.1", False),
        ("all://0.0.0.0/0", "http://192.0.2.1", True),
        ("all://192.0.2.1/32", "http://192.0.2.1", True),
        ("all://[2001:db8::]/32", "http://[2001:db8:ffff::1]", True),
        ("all://2001:db8::/32", "http://[2001:db8:ffff::1]", True),
        ("all://2001:db8::/32", "http://[2001:db9::1]", False),
        ("all://2001:db8::/32", "http://32.1.13.184", False),
    ],
)
def test_matches(pattern: str, url: str, expected: bool) -> None:
    assert URLPattern(pattern).matches(URL(url)) is expected


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [("http", "http://"), ("all", "all://"), ("example.com:80", "example.com:80://")],
)
def test_a_pattern_without_slashes_says_what_to_write(pattern: str, instead: str) -> None:
    with pytest.raises(ValueError) as caught:
        URLPattern(pattern)
    assert str(caught.value) == (
        "Proxy keys should use proper URL forms rather than plain scheme strings. "
        f'Instead of "{pattern}", use "{instead}"'
    )


@pytest.mark.parametrize(
    "pattern",
    ["all://h:x", "all://10.0.0.0/33", "all://[::]/129", "all://::x", "all://256.0.0.1/8"],
)
def test_malformed_patterns(pattern: str) -> None:
    with pytest.raises(InvalidURL):
        URLPattern(pattern)


def test_a_network_says_which_pattern_it_is_in_without_its_password() -> None:
    with pytest.raises(InvalidURL) as caught:
        URLPattern("all://user:hunter2@10.0.0.0/33")
    assert str(caught.value) == "Invalid network in URL pattern 'all://[secure]@10.0.0.0/33'"


def test_attributes() -> None:
    pattern = URLPattern("HTTP://*.Müller.de:80")
    assert pattern.pattern == "HTTP://*.Müller.de:80"
    assert (pattern.scheme, pattern.host, pattern.port) == ("http", "*.müller.de", 80)
    assert pattern.priority == (0, -11, -4)
    everything = URLPattern("all://*")
    assert (everything.scheme, everything.host, everything.port) == ("", "", None)
    assert everything.priority == (1, 0, 0)


IN_ORDER = [
    # With a port before without, whatever the host.
    "http://example.com:81",
    "all://*:82",
    # Longer host texts first; "*example.com" is longer than "example.com".
    "all://longer.host.example",
    "all://*.example.com",
    "all://*example.com",
    "https://example.com",
    "all://example.com",
    # An address before the networks it is in, small ones before large ones.
    "all://10.0.0.1",
    "all://[::1]",
    "all://[2001:db8::]/32",
    "all://10.0.0.0/16",
    "http://10.0.0.0/8",
    "all://10.0.0.0/8",
    # Everything, one scheme first.
    "http://",
    "all://",
]


@given(st.randoms(use_true_random=False))
def test_the_most_special_comes_first(rng: random.Random) -> None:
    shuffled = IN_ORDER[:]
    rng.shuffle(shuffled)
    assert sorted(shuffled, key=URLPattern) == IN_ORDER


def test_patterns_are_keys_by_their_text() -> None:
    assert URLPattern("all://example.com") == URLPattern("all://example.com")
    assert URLPattern("all://example.com") != URLPattern("all://EXAMPLE.com")
    assert URLPattern("all://example.com") != "all://example.com"
    assert len({URLPattern("all://"), URLPattern("all://"), URLPattern("http://")}) == 2


def test_repr_shows_no_password() -> None:
    assert "hunter2" not in repr(URLPattern("http://user:hunter2@example.com"))
