"""URL: its components, its normal form, what it refuses, and what programs do with it.

Inputs of the WHATWG's corpus are in test_url_corpus.py, properties in test_urls_properties.py,
the rules for merging queries in test_urls_merging.py.
"""

from __future__ import annotations

import copy
import pickle
import weakref
from typing import Any

import pytest

from httpx._exceptions import InvalidURL
from httpx._urlparse import ParseResult
from httpx._urls import URL, Origin, QueryParams, mask_password

FULL = "https://jo%40email.com:a%20secret@müller.de:1234/pa%20th?search=ab#anchorlink"


def test_every_component() -> None:
    url = URL(FULL)
    assert url.scheme == "https"
    assert url.raw_scheme == b"https"
    assert url.userinfo == b"jo%40email.com:a%20secret"
    assert url.username == "jo@email.com"
    assert url.password == "a secret"
    assert url.host == "müller.de"
    assert url.raw_host == b"xn--mller-kva.de"
    assert url.port == 1234
    assert url.netloc == b"xn--mller-kva.de:1234"
    assert url.path == "/pa th"
    assert url.query == b"search=ab"
    assert url.params == QueryParams("search=ab")
    assert url.raw_path == b"/pa%20th?search=ab"
    assert url.fragment == "anchorlink"
    assert url.is_absolute_url
    assert not url.is_relative_url
    assert str(url) == (
        "https://jo%40email.com:a%20secret@xn--mller-kva.de:1234/pa%20th?search=ab#anchorlink"
    )


def test_an_empty_url_has_no_components() -> None:
    url = URL()
    assert str(url) == ""
    assert (url.scheme, url.host, url.port, url.fragment) == ("", "", None, "")
    assert (url.userinfo, url.username, url.password, url.netloc) == (b"", "", "", b"")
    assert (url.path, url.query, url.raw_path) == ("/", b"", b"/")
    assert url.is_relative_url


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("HTTP://EXAMPLE.com/", "http://example.com/"),
        ("http://example.com:80/", "http://example.com/"),
        ("http://example.com:00081/", "http://example.com:81/"),
        pytest.param("http://h:" + "0" * 6000 + "81/", "http://h:81/", id="zeros"),
        ("http://example.com:", "http://example.com"),
        ("https://example.com:80", "https://example.com:80"),
        ("wss://example.com:443", "wss://example.com"),
        ("http://@example.com", "http://example.com"),
        ("http://[::1]:80/", "http://[::1]/"),
        ("http://example.com/a/./b/../c", "http://example.com/a/c"),
        ("http://example.com/../a", "http://example.com/a"),
        ("/a/../b", "/a/../b"),
        ("../b", "../b"),
        ("http://example.com?", "http://example.com?"),
        ("http://example.com/?#", "http://example.com/?#"),
        ("http://example.com/a b?c d#e f", "http://example.com/a%20b?c%20d#e%20f"),
        ("http://ü:ß@example.com", "http://%C3%BC:%C3%9F@example.com"),
        ("http://a b/", "http://a%20b/"),
        ("http://[/", "http://%5B/"),
        ("http://A%5B%5dB/", "http://a%5B%5db/"),
        ("//", ""),
        (":", ""),
        ("mailto:a@b", "mailto:a@b"),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    assert str(URL(text)) == normal


def test_an_upper_case_scheme_loses_its_port_too() -> None:
    # The original kept the port, and so sent another Host header and missed its own pool.
    assert URL("HTTP://example.com:80/").port is None
    assert URL("http://example.com:443", scheme="HTTPS").port is None


def test_escapes_are_never_escaped_again() -> None:
    assert URL("http://h/a%2Fb%20c?q=%26#%23").raw_path == b"/a%2Fb%20c?q=%26"
    assert URL("http://h", path="/a%2Fb").raw_path == b"/a%2Fb"
    assert URL("http://h/%zz%").raw_path == b"/%zz%"


def test_what_params_hold_is_data_and_escaped_once() -> None:
    assert str(URL("http://h", params={"u": "a%2Fb"})) == "http://h?u=a%252Fb"


def test_a_path_with_two_slashes_never_reads_as_a_host() -> None:
    url = URL("http:////example.com/")
    assert url.host == ""
    assert str(url) == "http:/.//example.com/"
    assert URL(str(url)).host == ""


def test_a_relative_path_never_reads_as_a_scheme() -> None:
    url = URL(path="http://example.com")
    assert url.is_relative_url
    assert str(url) == "./http://example.com"
    assert URL(str(url)).is_relative_url


# Components by name


@pytest.mark.parametrize(
    ("url", "components", "expected"),
    [
        ("http://h", {"scheme": "https"}, "https://h"),
        ("https://h:443", {"scheme": "http"}, "http://h:443"),
        (URL("https://h:443"), {"scheme": "http"}, "http://h"),
        ("http://h", {"scheme": None}, "//h"),
        ("http://h:81", {"port": 80}, "http://h"),
        ("http://h:81", {"port": None}, "http://h"),
        ("http://h", {"host": "EXAMPLE.com"}, "http://example.com"),
        ("http://h", {"host": "::1"}, "http://[::1]"),
        ("http://h", {"host": "[::1]"}, "http://[::1]"),
        ("http://h:8", {"host": "a@b"}, "http://a%40b:8"),
        ("http://h/a", {"host": None}, "http:/a"),
        ("http://u:p@h:8", {"netloc": b"x"}, "http://u:p@x"),
        ("http://h", {"netloc": b"[::1]:81"}, "http://[::1]:81"),
        ("http://h", {"netloc": b"x:1", "host": "y", "port": 2}, "http://x:1"),
        ("http://u:p@h", {"username": "x"}, "http://x@h"),
        ("http://u:p@h", {"username": None}, "http://h"),
        ("http://u:p@h", {"password": "x:y"}, "http://:x%3Ay@h"),
        ("http://h", {"username": "a@b", "password": "/?#"}, "http://a%40b:%2F%3F%23@h"),
        ("http://h", {"userinfo": b"u:p"}, "http://u:p@h"),
        ("http://u:p@h", {"userinfo": b""}, "http://h"),
        ("http://h/a?b#c", {"path": "/x y"}, "http://h/x%20y?b#c"),
        ("http://h/a", {"path": ""}, "http://h"),
        ("http://h/a?b#c", {"query": b"x y"}, "http://h/a?x%20y#c"),
        ("http://h/a?b", {"query": b""}, "http://h/a?"),
        ("http://h/a?b", {"query": None}, "http://h/a"),
        ("http://h/a?b", {"raw_path": b"/x?y?z"}, "http://h/x?y?z"),
        ("http://h/a?b", {"raw_path": b"/x"}, "http://h/x"),
        ("http://h/a?b", {"raw_path": None, "path": "/ignored"}, "http://h"),
        ("http://h#a", {"fragment": "ü"}, "http://h#%C3%BC"),
        ("http://h#a", {"fragment": None}, "http://h"),
        ("http://h/?a=1", {"params": {"b": [1, None, True]}}, "http://h/?b=1&b=&b=true"),
        ("http://h/?a=1", {"params": {}}, "http://h/"),
        ("http://h/?a=1", {"params": None}, "http://h/"),
        ("http://[x]", {"host": "example.com"}, "http://example.com"),
    ],
)
def test_components_by_name(url: Any, components: dict[str, Any], expected: str) -> None:
    assert str(URL(url, **components)) == expected
    if isinstance(url, str) and url not in ("https://h:443", "http://[x]"):
        assert str(URL(url).copy_with(**components)) == expected


@pytest.mark.parametrize(
    ("components", "message"),
    [
        ({"foo": 1}, "'foo' is an invalid keyword argument for URL()"),
        ({"port": "80"}, "Argument 'port' must be int but got str"),
        ({"path": b"/"}, "Argument 'path' must be str but got bytes"),
        ({"raw_path": "/"}, "Argument 'raw_path' must be bytes but got str"),
    ],
)
def test_wrong_keywords(components: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        URL("http://h", **components)
    assert str(caught.value) == message


def test_only_text_and_urls() -> None:
    with pytest.raises(
        TypeError, match=r"^Invalid type for url\.  Expected str or httpx\.URL, got"
    ):
        URL(1)  # type: ignore[arg-type]
    with pytest.raises(TypeError) as caught:
        URL(b"http://user:hunter2@example.com")  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)


# What is refused


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http://h:abc", "Invalid port: 'abc'"),
        ("http://h:-1", "Invalid port: '-1'"),
        ("http://h:65536", "Invalid port: '65536'"),
        ("http://h: 80", "Invalid port: ' 80'"),
        ("http://h:1_0", "Invalid port: '1_0'"),
        ("http://h:\uff18\uff10", "Invalid port: '\uff18\uff10'"),
        ("http://::1/", "Invalid port: ':1'"),
        ("http://1.2.3.256/", "Invalid IPv4 address: '1.2.3.256'"),
        ("http://01.2.3.4/", "Invalid IPv4 address: '01.2.3.4'"),
        ("http://\uff11.2.3.256/", "Invalid IPv4 address: '1.2.3.256'"),
        ("http://[::g]/", "Invalid IPv6 address: '[::g]'"),
        ("http://[1.2.3.4]/", "Invalid IPv6 address: '[1.2.3.4]'"),
        ("http://☃.net/", "Invalid IDNA hostname: '☃.net'"),
        ("http://\xad/", "Invalid IDNA hostname: '\\xad'"),
        (
            "http://evil.com\uff0f.example.com/",
            "Invalid IDNA hostname: 'evil.com\uff0f.example.com'",
        ),
        ("http://\ud800.com/", "Invalid IDNA hostname: '\\ud800.com'"),
        ("http://h/\ud800", "Invalid character in URL, '\\ud800' is half of a surrogate pair."),
        ("http://h/a\nb", "Invalid non-printable ASCII character in URL, '\\n' at position 10."),
        ("\x7fhttp://h", "Invalid non-printable ASCII character in URL, '\\x7f' at position 0."),
        ("////a", "Relative URLs cannot have a path starting with '//'"),
        ("::a", "Relative URLs cannot have a path starting with ':'"),
        pytest.param("a" * 65537, "URL too long", id="too long"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidURL) as caught:
        URL(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("components", "message"),
    [
        ({"port": -1}, "Invalid port: '-1'"),
        ({"port": 65536}, "Invalid port: '65536'"),
        ({"port": True}, "Invalid port: 'True'"),
        ({"scheme": "1"}, "Invalid URL component 'scheme'"),
        ({"path": "/a?b"}, "Invalid URL component 'path'"),
        ({"raw_path": b"/a#b"}, "Invalid URL component 'path'"),
        ({"query": b"a#b"}, "Invalid URL component 'query'"),
        ({"userinfo": b"a@b"}, "Invalid URL component 'userinfo'"),
        ({"host": "a:9"}, "Invalid IPv6 address: '[a:9]'"),
        ({"path": "a"}, "For absolute URLs, path must be empty or begin with '/'"),
        pytest.param({"path": "/" + "a" * 65536}, "URL component 'path' too long", id="too long"),
        (
            {"host": "a\nb"},
            "Invalid non-printable ASCII character in URL host component, '\\n' at position 1.",
        ),
    ],
)
def test_refused_components(components: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidURL) as caught:
        URL("http://h", **components)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text", ["http://user:hunter2/x@h/", "http://user:hunter2?@h/", "http://user:99999#@h/"]
)
def test_a_malformed_password_is_not_shown(text: str) -> None:
    with pytest.raises(InvalidURL) as caught:
        URL(text)
    assert "hunter2" not in str(caught.value)
    assert "99999" not in str(caught.value)
    assert str(caught.value).startswith("Invalid port: '[secure]'. Percent-encode")


def test_a_password_in_the_wrong_component_is_not_shown() -> None:
    with pytest.raises(InvalidURL) as caught:
        URL("http://h", netloc=b"user:hunter2@h")
    assert "hunter2" not in str(caught.value)


# International names


@pytest.mark.parametrize(
    ("host", "raw", "shown"),
    [
        ("中国.icom.museum", b"xn--fiqs8s.icom.museum", "中国.icom.museum"),
        ("Königsgäßchen.de", b"xn--knigsgchen-b4a3dun.de", "königsgäßchen.de"),
        ("faß.de", b"xn--fa-hia.de", "faß.de"),
        ("XN--MLLER-KVA.de", b"xn--mller-kva.de", "müller.de"),
        # Mapped by UTS 46: full width, the ideographic full stop.
        ("\uff27\uff2f.com", b"go.com", "go.com"),
        ("日本語。jp", b"xn--wgv71a119e.jp", "日本語.jp"),
        # ASCII labels pass unvalidated, beside others too.
        ("my_host.müller.de", b"my_host.xn--mller-kva.de", "my_host.müller.de"),
        ("-a-.example", b"-a-.example", "-a-.example"),
        # Labels decode in any position; what does not decode stays.
        ("www.xn--mller-kva.de", b"www.xn--mller-kva.de", "www.müller.de"),
        ("xn--999999.xn--mller-kva", b"xn--999999.xn--mller-kva", "xn--999999.müller"),
        ("müller.de.", b"xn--mller-kva.de.", "müller.de."),
    ],
)
def test_international_names(host: str, raw: bytes, shown: str) -> None:
    url = URL(f"http://{host}/")
    assert url.raw_host == raw
    assert url.host == shown
    assert URL("http://h/", host=shown).raw_host == raw


def test_a_mapped_address_is_an_address() -> None:
    # Else a filter that looks for 127.0.0.1 could be passed by.
    assert URL("http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/").raw_host == b"127.0.0.1"


# The object


def test_repr_masks_the_password() -> None:
    assert repr(URL("http://u:p@h/")) == "URL('http://u:[secure]@h/')"
    assert repr(URL("http://u:@h/")) == "URL('http://u:[secure]@h/')"
    assert repr(URL("http://u@h/")) == "URL('http://u@h/')"
    assert mask_password(URL("http://:p@h:8/a?b#c")) == "http://:[secure]@h:8/a?b#c"
    assert mask_password(URL("http://h/")) == "http://h/"


def test_equality_and_hash_are_those_of_the_text() -> None:
    url = URL("HTTP://H:80")
    assert url == URL("http://h")
    assert url == "http://h"
    assert url == "http://H:80"
    assert url != URL("http://h/")
    assert url != "http://h/"
    assert url != 1
    assert url != None  # noqa: E711
    assert hash(url) == hash("http://h") == hash(URL("http://h"))
    # Other components, the same text.
    assert URL("./a:b") == URL(path="a:b")


def test_a_url_takes_attributes_and_weak_references_but_no_changes() -> None:
    url = URL(FULL)
    url.extra = 1  # type: ignore[attr-defined]
    assert vars(url) == vars(pickle.loads(pickle.dumps(url))) == {"extra": 1}
    with pytest.raises(AttributeError):
        url.port = 1  # type: ignore[misc]
    assert weakref.ref(url)() is url


class Labelled(URL):
    def __init__(self, label: str) -> None:
        super().__init__("http://u:p@h/")
        self.label = label


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling(protocol: int) -> None:
    url = pickle.loads(pickle.dumps(URL(FULL), protocol))
    assert url == URL(FULL)
    assert type(url) is URL
    labelled = pickle.loads(pickle.dumps(Labelled("x"), protocol))
    assert (labelled, labelled.label, type(labelled)) == ("http://u:p@h/", "x", Labelled)


def test_copying() -> None:
    url = URL(FULL)
    assert copy.copy(url) == copy.deepcopy(url) == URL(url) == url.copy_with() == url
    assert copy.deepcopy(Labelled("x")).label == "x"
    assert repr(Labelled("x")) == "Labelled('http://u:[secure]@h/')"


def test_the_deprecated_raw_tuple() -> None:
    with pytest.warns(UserWarning, match=r"^URL\.raw is deprecated\.$"):
        raw = URL("http://h:8/x").raw
    assert raw == (b"http", b"h", 8, b"/x")
    assert raw.raw_scheme == b"http"


def test_parameters() -> None:
    url = URL("http://h/?a=1&a=2&b=3")
    assert str(url.copy_set_param("a", "x")) == "http://h/?a=x&b=3"
    assert str(url.copy_add_param("a", "x")) == "http://h/?a=1&a=2&a=x&b=3"
    assert str(url.copy_remove_param("a")) == "http://h/?b=3"
    assert str(URL("http://h/?a=1").copy_remove_param("a")) == "http://h/"
    assert str(url.copy_merge_params({"a": 5, "c": None})) == "http://h/?a=5&b=3&c="


@pytest.mark.parametrize(
    ("base", "reference", "expected"),
    [
        ("https://h/test", "/new/path", "https://h/new/path"),
        ("http://h/a/b", "../c", "http://h/c"),
        ("http://h/a/b", "//x/y", "http://x/y"),
        ("http://h/a?x#y", "#z", "http://h/a?x#z"),
        ("http://h/a?x#y", "", "http://h/a?x#y"),
        ("http://h/a", "b c", "http://h/b%20c"),
        ("http://h/a", URL("https://x"), "https://x"),
    ],
)
def test_join(base: str, reference: URL | str, expected: str) -> None:
    assert URL(base).join(reference) == expected


def test_the_parse_result_is_what_other_packages_take_hold_of() -> None:
    reference = URL("https://u:p@[::1]:444/a?b#c")._uri_reference
    assert reference == ("https", "u:p", "::1", 444, "/a", "b", "c")
    assert (reference.netloc, reference.authority) == ("[::1]:444", "u:p@[::1]:444")
    assert str(reference.copy_with(path="/x", query=None)) == "https://u:p@[::1]:444/x#c"
    assert str(reference.copy_with(authority="h:9")) == "https://h:9/a?b#c"
    assert str(reference.copy_with(authority="v@h:9", host="z")) == "https://v@z:9/a?b#c"
    assert str(reference.copy_with(authority=None, path=None)) == "https:?b#c"
    assert isinstance(reference, ParseResult)
    with pytest.raises(KeyError, match="foo"):
        reference.copy_with(foo="x")
    with pytest.raises(InvalidURL, match="Invalid URL component 'authority'"):
        reference.copy_with(authority="a/b")


# Origins


def test_origins_fill_in_the_port() -> None:
    origin = URL("https://user:password@www.Example.org/a?b#c").origin
    assert (origin.scheme, origin.host, origin.port) == ("https", "www.example.org", 443)
    assert origin == Origin("HTTPS://www.example.org:443") == Origin(URL("https://www.example.org"))
    assert hash(origin) == hash(Origin("https://www.example.org"))
    assert origin != Origin("https://www.example.org:444")
    assert origin != Origin("http://www.example.org:443")
    assert Origin("foo://h").port == 0
    assert Origin("foo://h:0") == Origin("foo://h")


def test_origins_as_text() -> None:
    assert str(Origin("https://example.org:443/")) == "https://example.org"
    assert str(Origin("http://example.org:8080/")) == "http://example.org:8080"
    assert str(Origin("http://[::1]:8080/")) == "http://[::1]:8080"
    assert repr(Origin("http://müller.de")) == (
        "Origin(scheme='http', host='xn--mller-kva.de', port=80)"
    )


@pytest.mark.parametrize("url", ["", "/a", "//h/a", "http:/a", "mailto:a@b"])
def test_relative_urls_have_no_origin(url: str) -> None:
    with pytest.raises(ValueError, match=r"^URL must be absolute to have an origin$"):
        URL(url).origin


def test_origins_are_frozen_and_pickle() -> None:
    origin = Origin("https://[::1]:8443")
    with pytest.raises(AttributeError):
        origin.port = 1
    with pytest.raises(AttributeError):
        origin.extra = 1  # type: ignore[attr-defined]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        clone = pickle.loads(pickle.dumps(origin, protocol))
        assert clone == origin
        assert type(clone) is Origin
    assert copy.deepcopy(origin) == origin
