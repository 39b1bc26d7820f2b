"""The rules of redirects, as pure functions: nothing is sent here."""

from __future__ import annotations

import pytest

import httpx
from httpx._redirects import (
    dropped_credentials,
    is_same_origin,
    redirect_headers,
    redirect_method,
    redirect_stream,
    redirect_url,
    set_redirect_cookies,
)

KEPT = {"GET": "GET", "HEAD": "HEAD", "POST": "POST", "PUT": "PUT", "QUERY": "QUERY"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (301, KEPT | {"POST": "GET"}),
        (302, KEPT | {"POST": "GET", "PUT": "GET"}),
        (303, KEPT | {"POST": "GET", "PUT": "GET", "QUERY": "GET"}),
        (307, KEPT),
        (308, KEPT),
    ],
)
def test_method(status: int, expected: dict[str, str]) -> None:
    actual = {
        method: redirect_method(httpx.Request(method, "http://a.com"), httpx.Response(status))
        for method in expected
    }
    assert actual == expected


def location(base: str, value: str | bytes) -> httpx.URL:
    request = httpx.Request("GET", base)
    raw = value.encode() if isinstance(value, str) else value
    return redirect_url(request, httpx.Response(302, headers=[(b"Location", raw)]))


@pytest.mark.parametrize(
    ("base", "value", "expected"),
    [
        ("http://a.com/x?q=1#frag", "/y", "http://a.com/y#frag"),
        ("http://a.com/x#frag", "/y#z", "http://a.com/y#z"),
        ("http://a.com/x#frag", "http://b.com#", "http://b.com#frag"),
        ("http://a.com/x/y", "z", "http://a.com/x/z"),
        ("http://a.com/x/y", "../z", "http://a.com/z"),
        ("http://a.com/x", "", "http://a.com/x"),
        ("http://a.com/x", "?q", "http://a.com/x?q"),
        ("http://a.com/x", "//b.com/z", "http://b.com/z"),
        ("http://a.com/x", "http://b.com", "http://b.com"),
        ("http://u:p@a.com/x", "/y", "http://u:p@a.com/y"),
        # no host, although there is a scheme: the request's, but not its port
        ("http://a.com:81/x", "http:/y", "http://a.com/y"),
        ("http://a.com:81/x", "https:///y", "https://a.com/y"),
        ("http://u:p@a.com/x", "http:/y", "http://a.com/y"),
        # bytes that are not ASCII
        ("http://a.com/x", "/é", "http://a.com/%C3%A9"),
        ("http://a.com/x", "/é".encode("latin-1"), "http://a.com/%C3%A9"),
        ("http://a.com/x", "http://bücher.de/", "http://xn--bcher-kva.de/"),
        # schemes that urllib does not know
        ("custom://a.com:81/x/y", "/z", "custom://a.com:81/z"),
        ("custom://a.com:81/x/y", "z?q", "custom://a.com:81/x/z?q"),
        ("custom://a.com:81/x/y", "//b.com:82/z", "custom://b.com:82/z"),
        ("custom://a.com:81/x/y", "//b.com/z", "custom://b.com/z"),
        ("custom://a.com:80/x/y", "/z", "custom://a.com:80/z"),
        ("/x/y", "z", "/x/z"),
    ],
)
def test_url(base: str, value: str | bytes, expected: str) -> None:
    assert str(location(base, value)) == expected


@pytest.mark.parametrize(
    "value", ["http://b.com:abc/", "http://b.com/\x00", "mailto:a@b", "http://[::1/", "//b:99999"]
)
def test_url_that_is_none(value: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match=r"^Invalid URL in location header: .+\.$"):
        location("http://a.com/x", value)


def test_url_error_has_the_request() -> None:
    request = httpx.Request("GET", "http://a.com/")
    with pytest.raises(httpx.RemoteProtocolError) as info:
        redirect_url(request, httpx.Response(302, headers={"Location": "http://b:x"}))
    assert info.value.request is request


@pytest.mark.parametrize(
    ("url", "other", "same"),
    [
        ("http://a.com/x", "http://a.com/y", True),
        ("http://a.com/x", "http://a.com:80/y", True),
        ("http://a.com", "https://a.com", True),
        ("http://a.com:80", "https://a.com:443", True),
        ("https://a.com", "http://a.com", False),
        ("http://a.com:81", "https://a.com", False),
        ("http://a.com", "https://a.com:444", False),
        ("http://a.com", "https://b.com", False),
        ("http://a.com", "http://sub.a.com", False),
        ("ws://a.com", "wss://a.com", False),
        ("custom://a.com", "custom://a.com:1", False),
    ],
)
def test_same_origin(url: str, other: str, same: bool) -> None:
    assert is_same_origin(httpx.URL(url), httpx.URL(other)) is same


def post(**headers: str) -> httpx.Request:
    return httpx.Request(
        "POST",
        "http://a.com/x",
        content=b"abc",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


SECRETS = {"Authorization": "z", "Proxy_Authorization": "y", "Cookie": "a=1", "X_Own": "1"}


def test_headers_to_the_same_origin() -> None:
    headers = redirect_headers(post(**SECRETS), httpx.URL("http://a.com/y"), "POST")
    assert headers.raw == [
        (b"Host", b"a.com"),
        (b"Authorization", b"z"),
        (b"Proxy-Authorization", b"y"),
        (b"X-Own", b"1"),
        (b"Content-Length", b"3"),
    ]


def test_headers_keep_the_users_host_at_the_same_origin() -> None:
    headers = redirect_headers(post(Host="front"), httpx.URL("http://a.com/y"), "POST")
    assert headers["Host"] == "front"


def test_headers_to_another_origin() -> None:
    headers = redirect_headers(post(**SECRETS), httpx.URL("http://b.com:81/y"), "POST")
    assert headers.raw == [
        (b"Host", b"b.com:81"),
        (b"X-Own", b"1"),
        (b"Content-Length", b"3"),
    ]


def test_headers_on_the_step_up_to_https() -> None:
    headers = redirect_headers(post(Host="front", **SECRETS), httpx.URL("https://a.com"), "POST")
    assert headers["Authorization"] == "z"
    assert headers["Proxy-Authorization"] == "y"
    assert headers["Host"] == "a.com"


def test_headers_of_the_body_go_with_the_body() -> None:
    request = post(
        Content_Type="t", Content_Encoding="gzip", Content_Language="en", Content_Location="/c"
    )
    request.headers["Transfer-Encoding"] = "chunked"
    headers = redirect_headers(request, httpx.URL("http://a.com/y"), "GET")
    assert headers.raw == [(b"Host", b"a.com")]
    assert "Content-Type" in redirect_headers(request, httpx.URL("http://a.com/y"), "POST")


def test_headers_are_a_copy() -> None:
    request = post(**SECRETS)
    redirect_headers(request, httpx.URL("http://b.com/"), "GET")
    assert request.headers["Authorization"] == "z"
    assert request.headers["Content-Length"] == "3"


def test_stream() -> None:
    request = post()
    assert redirect_stream(request, "GET") is None
    assert redirect_stream(request, "POST") is request.stream
    get = httpx.Request("GET", "http://a.com", content=b"abc")
    assert redirect_stream(get, "GET") is get.stream


def test_a_stream_that_cannot_be_given_again_is_no_matter_before_it_is_sent() -> None:
    request = httpx.Request("POST", "http://a.com", content=iter([b"once"]))
    assert list(request.stream) == [b"once"]  # type: ignore[arg-type]
    assert redirect_stream(request, "POST") is request.stream
    assert redirect_stream(request, "GET") is None


def follow(
    request: httpx.Request,
    url: str,
    cookies: httpx.Cookies | None = None,
    set_cookies: tuple[str, ...] = (),
) -> httpx.Request:
    """The next request, with its cookies, as a client makes it."""
    cookies = httpx.Cookies() if cookies is None else cookies
    response = httpx.Response(
        302, headers=[("Set-Cookie", line) for line in set_cookies], request=request
    )
    cookies.extract_cookies(response)
    following = httpx.Request(
        "GET", url, headers=redirect_headers(request, httpx.URL(url), request.method)
    )
    set_redirect_cookies(request, response, following, cookies)
    return following


def cookie_header(request: httpx.Request) -> str | None:
    return request.headers.get("Cookie")


def with_cookie(text: str) -> httpx.Request:
    return httpx.Request("GET", "http://a.com/x", headers={"Cookie": text})


def test_cookies_of_the_request_follow_to_the_same_origin() -> None:
    following = follow(with_cookie("p=1; q=2"), "http://a.com/y")
    assert cookie_header(following) == "p=1; q=2"
    assert cookie_header(follow(following, "https://a.com/z")) == "p=1; q=2"


def test_cookies_of_the_request_do_not_cross_origins_nor_come_back() -> None:
    following = follow(with_cookie("p=1"), "http://b.com/")
    assert cookie_header(following) is None
    assert cookie_header(follow(following, "http://a.com/x")) is None


def test_cookies_with_a_domain_are_chosen_for_the_new_url() -> None:
    cookies = httpx.Cookies()
    cookies.set("one", "1", domain="a.com")
    cookies.set("two", "2", domain="b.com", path="/in")
    request = httpx.Request("GET", "http://a.com/x", cookies=cookies)
    assert cookie_header(request) == "one=1"
    assert cookie_header(follow(request, "http://a.com/y", cookies)) == "one=1"
    assert cookie_header(follow(request, "http://b.com/in", cookies)) == "two=2"
    assert cookie_header(follow(request, "http://b.com/out", cookies)) is None


def test_cookies_without_a_domain_stay_at_home_and_do_not_come_back() -> None:
    cookies = httpx.Cookies({"loose": "1"})
    cookies.set("bound", "2", domain="b.com")
    request = httpx.Request("GET", "http://a.com/x", cookies=cookies)
    assert cookie_header(request) == "loose=1"
    assert cookie_header(follow(request, "http://a.com/y", cookies)) == "loose=1"
    away = follow(request, "http://b.com/", cookies)
    assert cookie_header(away) == "bound=2"
    assert cookie_header(follow(away, "http://b.com/more", cookies)) == "bound=2"
    assert cookie_header(follow(away, "http://a.com/x", cookies)) is None
    assert cookies["loose"] == "1"  # the client's own jar is as it was


def test_a_cookie_of_the_jar_for_another_path_is_not_carried_along() -> None:
    cookies = httpx.Cookies()
    cookies.set("deep", "1", domain="a.com", path="/deep")
    request = httpx.Request("GET", "http://a.com/deep/x", cookies=cookies)
    assert cookie_header(request) == "deep=1"
    assert cookie_header(follow(request, "http://a.com/y", cookies)) is None


def test_what_the_response_sets_replaces_what_the_request_said() -> None:
    following = follow(
        with_cookie("session=old; own=1"), "http://a.com/y", set_cookies=("session=new; Path=/",)
    )
    assert cookie_header(following) == "session=new; own=1"


def test_what_the_response_deletes_is_not_sent() -> None:
    cookies = httpx.Cookies()
    request = with_cookie("session=old; own=1")
    following = follow(request, "http://a.com/y", cookies, ("session=; Max-Age=0; Path=/",))
    assert cookie_header(following) == "own=1"


def test_a_cookie_field_that_the_client_set_stands() -> None:
    request = with_cookie("p=1")
    following = httpx.Request("GET", "http://a.com/y", headers={"Cookie": "mine=1"})
    set_redirect_cookies(request, httpx.Response(302), following, httpx.Cookies({"c": "1"}))
    assert cookie_header(following) == "mine=1"


def test_the_order_of_cookies_stays_that_of_the_jar() -> None:
    cookies = httpx.Cookies({"given": "1"})
    cookies.set("received", "2", domain="a.com")
    request = httpx.Request("GET", "http://a.com/x", cookies=cookies)
    request.headers["Cookie"] += "; own=3"
    following = follow(request, "http://a.com/y", cookies)
    assert cookie_header(following) == "given=1; received=2; own=3"


def test_cookies_in_several_fields() -> None:
    request = httpx.Request("GET", "http://a.com", headers=[("Cookie", "a=1"), ("Cookie", "b=2;")])
    assert cookie_header(follow(request, "http://a.com/y")) == "a=1; b=2"


def test_the_policy_of_the_users_jar_decides() -> None:
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    jar = CookieJar(DefaultCookiePolicy(blocked_domains=["b.com"]))
    cookies = httpx.Cookies(jar)
    cookies.set("x", "1", domain="b.com")
    request = httpx.Request("GET", "http://a.com/x")
    assert cookie_header(follow(request, "http://b.com/", cookies)) is None
    jar.set_policy(DefaultCookiePolicy())
    assert cookie_header(follow(request, "http://b.com/", cookies)) == "x=1"


def test_dropped_credentials() -> None:
    request = post(**SECRETS)
    assert dropped_credentials(request, follow(request, "http://a.com/y")) == []
    assert dropped_credentials(request, follow(request, "http://b.com/")) == [
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
    ]
    assert dropped_credentials(post(), follow(post(), "http://b.com/")) == []
