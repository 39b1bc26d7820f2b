"""The SOCKS5 handshake, as bytes (RFC 1928, RFC 1929)."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import httpx
from httpx._protocols.socks5 import SOCKS5Handshake

OK4 = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x1f\x90"
OK6 = b"\x05\x00\x00\x04" + bytes(16) + b"\x00\x50"
OK_NAME = b"\x05\x00\x00\x03\x04name\x00\x50"
TARGETS = {
    "example.com": b"\x03\x0bexample.com",
    "192.0.2.7": b"\x01\xc0\x00\x02\x07",
    "2001:db8::1": b"\x04\x20\x01\x0d\xb8" + bytes(11) + b"\x01",
}


def converse(handshake: SOCKS5Handshake, received: bytes) -> list[bytes]:
    """Give the handshake `received`, never more than it wants; what it sent."""
    sent = [handshake.start()]
    while not handshake.done:
        data, received = received[: handshake.wanted], received[handshake.wanted :]
        answer = handshake.receive(data)
        sent += [answer] if answer else []
    return sent


@pytest.mark.parametrize("host", TARGETS)
@pytest.mark.parametrize("reply", [OK4, OK6, OK_NAME], ids=["IPv4", "IPv6", "name"])
def test_without_credentials(host: str, reply: bytes) -> None:
    sent = converse(SOCKS5Handshake(host, 8080, None), b"\x05\x00" + reply)
    assert sent == [b"\x05\x01\x00", b"\x05\x01\x00" + TARGETS[host] + b"\x1f\x90"]


def test_with_credentials() -> None:
    handshake = SOCKS5Handshake("example.com", 443, (b"user", b"secret"))
    sent = converse(handshake, b"\x05\x02\x01\x00" + OK4)
    assert sent[0] == b"\x05\x01\x02"
    assert sent[1] == b"\x01\x04user\x06secret"
    assert sent[2] == b"\x05\x01\x00\x03\x0bexample.com\x01\xbb"


@given(st.binary(max_size=30), st.sampled_from([OK4, OK6, OK_NAME]), st.data())
def test_not_a_byte_of_the_origin_is_taken(following: bytes, reply: bytes, data: st.DataObject):
    """Cut anywhere, the handshake takes exactly its own bytes."""
    handshake = SOCKS5Handshake("example.com", 443, None)
    handshake.start()
    wire = b"\x05\x00" + reply + following
    taken = 0
    while not handshake.done:
        size = data.draw(st.integers(1, handshake.wanted))
        handshake.receive(wire[taken : taken + size])
        taken += size
    assert wire[taken:] == following


@pytest.mark.parametrize(
    ("auth", "received", "text"),
    [
        (None, b"\x05\x02", "Requested NO AUTHENTICATION REQUIRED from proxy server, "
                            "but got USERNAME/PASSWORD."),
        (None, b"\x05\xff", "Requested NO AUTHENTICATION REQUIRED from proxy server, "
                            "but got NO ACCEPTABLE METHODS."),
        ((b"u", b"p"), b"\x05\x00", "Requested USERNAME/PASSWORD from proxy server, "
                                    "but got NO AUTHENTICATION REQUIRED."),
        ((b"u", b"p"), b"\x05\x02\x01\x01", "Invalid username/password"),
        (None, b"\x05\x00\x05\x01\x00\x01", "Proxy Server could not connect: "
                                            "General server failure."),
        (None, b"\x05\x00\x05\x04\x00\x01", "Proxy Server could not connect: Host unreachable."),
        (None, b"\x05\x00\x05\x63\x00\x01", "Malformed reply in the SOCKS5 handshake"),
        (None, b"\x05\x00\x05\x00\x00\x09", "Malformed reply in the SOCKS5 handshake"),
        (None, b"HT", "Malformed reply in the SOCKS5 handshake: b'HT' (the test's)"),
        (None, b"", "the test's closed the connection in the SOCKS5 handshake"),
        (None, b"\x05\x00\x05", "the test's closed the connection in the SOCKS5 handshake"),
    ],
)  # fmt: skip
def test_a_proxy_that_refuses(auth: tuple[bytes, bytes] | None, received: bytes, text: str) -> None:
    with pytest.raises(httpx.ProxyError) as caught:
        converse(SOCKS5Handshake("example.com", 80, auth, "the test's"), received)
    assert str(caught.value).startswith(text)
    assert "the test's" in str(caught.value)


@pytest.mark.parametrize("code", range(1, 9))
def test_what_another_address_may_mend(code: int) -> None:
    handshake = SOCKS5Handshake("192.0.2.7", 80, None)
    with pytest.raises(httpx.ProxyError, match=r"192\.0\.2\.7:80 through"):
        converse(handshake, b"\x05\x00\x05" + bytes([code]) + b"\x00\x01" + bytes(6))
    assert handshake.unreachable == (code in (3, 4, 5, 6, 8))


@pytest.mark.parametrize(
    ("host", "auth", "what"),
    [
        ("a" * 256, None, "host name"),
        ("a", (b"u" * 256, b""), "user name"),
        ("a", (b"", b"p" * 256), "password"),
    ],
)
def test_what_does_not_fit(host: str, auth: tuple[bytes, bytes] | None, what: str) -> None:
    with pytest.raises(httpx.LocalProtocolError, match=f"no {what} of more than 255 bytes"):
        SOCKS5Handshake(host, 80, auth)


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    for make in (httpx.HTTPTransport, httpx.AsyncHTTPTransport):
        with pytest.raises(ImportError, match=r"pip install httpx\[socks\]"):
            make(proxy="socks5://127.0.0.1:1080")
