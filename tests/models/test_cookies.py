"""Cookies: the mapping, RFC 6265 as a table, other people's jars and policies, and the costs."""

from __future__ import annotations

import copy
import http.cookiejar
import pathlib
import pickle
import subprocess
import sys
import urllib.request

import pytest

import httpx
from httpx import Cookies

DAY = 24 * 3600


def several() -> Cookies:
    cookies = Cookies()
    cookies.set("a", "1", domain="a.com")
    cookies.set("a", "2", domain="b.com", path="/x")
    cookies.set("b", "3")
    return cookies


def answer(url: str, *set_cookie: str) -> httpx.Response:
    headers = [(b"Set-Cookie", line.encode()) for line in set_cookie]
    return httpx.Response(200, headers=headers, request=httpx.Request("GET", url))


def stored(url: str, *set_cookie: str) -> Cookies:
    cookies = Cookies()
    cookies.extract_cookies(answer(url, *set_cookie))
    return cookies


def sent(cookies: Cookies, url: str) -> str | None:
    request = httpx.Request("GET", url)
    cookies.set_cookie_header(request)
    return request.headers.get("cookie")


# The mapping


@pytest.mark.parametrize(
    ("given", "items"),
    [
        (None, []),
        ({}, []),
        ({"a": "1"}, [("a", "1")]),
        ([("a", "1"), ("b", "2"), ("a", "3")], [("a", "3"), ("b", "2")]),
        ((("a", "1"),), [("a", "1")]),
        (Cookies({"a": "1"}), [("a", "1")]),
        (Cookies(), []),
        (Cookies({"a": "1"}).jar, [("a", "1")]),
    ],
)
def test_what_makes_cookies(given, items):
    assert list(Cookies(given).items()) == items


def test_get_by_name_domain_and_path():
    cookies = several()
    assert cookies["b"] == cookies.get("b") == "3"
    assert cookies.get("a", domain="a.com") == "1"
    assert cookies.get("a", path="/x") == "2"
    assert cookies.get("a", None, "b.com", "/") is None
    assert cookies.get("other", "default") == "default"
    with pytest.raises(KeyError):
        cookies["other"]
    with pytest.raises(httpx.CookieConflict, match="Multiple cookies exist with name=a"):
        cookies.get("a")
    with pytest.raises(httpx.CookieConflict):
        cookies["a"]


def test_iterating_never_raises():
    cookies = several()
    assert list(cookies) == ["a", "a", "b"]
    assert list(cookies.items()) == [("a", "1"), ("a", "2"), ("b", "3")]
    assert list(cookies.values()) == ["1", "2", "3"]
    assert dict(cookies) == {"a": "2", "b": "3"}
    assert "a" in cookies
    assert "c" not in cookies
    assert len(cookies) == 3
    assert pickle.loads(pickle.dumps(dict(cookies))) == {"a": "2", "b": "3"}


def test_the_only_cookie_of_a_name_is_iterated_as_plain_text():
    assert [type(name) for name in Cookies({"a": "1"})] == [str]
    assert {type(name) for name in pickle.loads(pickle.dumps(list(several())))} == {str}


def test_an_iterated_name_stands_for_its_own_cookie():
    cookies = several()
    first, *_ = cookies
    assert cookies.pop(first) == "1"
    assert cookies["a"] == "2"
    assert several().popitem() == ("a", "1")


def test_emptiness():
    assert not Cookies()
    assert len(Cookies()) == 0
    assert list(Cookies()) == []
    assert repr(Cookies()) == "<Cookies[]>"
    assert Cookies({"a": "1"})
    emptied = Cookies({"a": "1"})
    emptied.clear()
    assert not emptied


def test_equality():
    assert several() == several()
    other = several()
    other.set("a", "9", domain="b.com", path="/x")
    assert several() != other
    assert Cookies({"a": "1"}) == {"a": "1"}
    assert Cookies() != 1


def test_set_and_delete():
    cookies = several()
    cookies["c"] = "4"
    cookies.delete("a", domain="a.com")
    assert list(cookies.items()) == [("a", "2"), ("b", "3"), ("c", "4")]
    cookies.delete("a", path="/other")
    cookies.delete("nothing")
    del cookies["nothing"]
    del cookies["b"]
    assert list(cookies) == ["a", "c"]
    assert cookies.setdefault("c", "9") == "4"


def test_clear():
    cookies = several()
    cookies.clear("b.com", "/x")
    assert list(cookies) == ["a", "b"]
    cookies.clear("a.com")
    assert list(cookies) == ["b"]
    with pytest.raises(KeyError):
        cookies.clear("a.com")
    with pytest.raises(KeyError):
        Cookies().clear("a.com")
    with pytest.raises(AssertionError):
        cookies.clear(path="/")
    cookies.clear()
    Cookies().clear()
    assert not cookies


def test_update():
    cookies = several()
    for more in ({"n": "1"}, [("n", "2")], Cookies({"n": "3"}), Cookies({"n": "4"}).jar, None):
        cookies.update(more)
    assert list(cookies.items()) == [("a", "1"), ("a", "2"), ("b", "3"), ("n", "4")]
    cookies.update(cookies)
    assert len(cookies) == 4


def test_repr():
    assert repr(several()) == (
        "<Cookies[<Cookie a=1 for a.com />, <Cookie a=2 for b.com />, <Cookie b=3 for  />]>"
    )


# What is sent


def test_cookies_set_by_hand_go_to_their_domain_and_below():
    cookies = several()
    assert sent(cookies, "http://a.com/") == "a=1; b=3"
    assert sent(cookies, "http://www.a.com/x") == "a=1; b=3"
    assert sent(cookies, "http://b.com/x/y") == "a=2; b=3"
    assert sent(cookies, "http://b.com/xy") == "b=3"
    assert sent(cookies, "http://nota.com/") == "b=3"
    assert sent(cookies, "http://127.0.0.1/") == "b=3"
    assert sent(cookies, "/relative") == "b=3"
    assert sent(Cookies(), "http://a.com/") is None


@pytest.mark.parametrize("domain", ["testserver", "testserver.local", ".testserver"])
def test_names_without_a_dot(domain):
    cookies = Cookies()
    cookies.set("a", "1", domain=domain)
    assert sent(cookies, "http://testserver/") == "a=1"
    assert sent(cookies, "http://other/") is None


def test_the_requests_own_field_wins():
    request = httpx.Request("GET", "http://a.com", headers={"Cookie": "z=1"}, cookies=several())
    assert request.headers["cookie"] == "z=1"


def test_values_travel_as_they_are():
    request = httpx.Request("GET", "http://a.com", cookies={"a": 'q q;"x', "b": "é"})
    assert request.headers["cookie"] == 'a=q q;"x; b=é'


def test_longer_paths_come_first():
    cookies = Cookies()
    for path in ("/", "/a/b", "/a"):
        cookies.set(path.strip("/") or "root", "1", path=path)
    assert sent(cookies, "http://a.com/a/b/c") == "a/b=1; a=1; root=1"


# RFC 6265: (URL of the response, its Set-Cookie, [(URL of a later request, its Cookie)])

HOST = "http://www.example.com/a/b"
IP = "http://127.0.0.1/"

TABLE = {
    # section 5.2: the line
    "plain": (HOST, ["n=v"], [(HOST, "n=v")]),
    "spaces": (HOST, [" n = v ; path=/"], [(HOST, "n=v")]),
    "equals in value": (HOST, ["n=a=b"], [(HOST, "n=a=b")]),
    "quotes are kept": (HOST, ['n="a b"'], [(HOST, 'n="a b"')]),
    "comma is no separator": (HOST, ["n=a, m=b"], [(HOST, "n=a, m=b")]),
    "empty value": (HOST, ["n="], [(HOST, "n=")]),
    "no equals": (HOST, ["n"], [(HOST, None)]),
    "no name": (HOST, ["=v"], [(HOST, None)]),
    "empty": (HOST, [""], [(HOST, None)]),
    "unknown attributes": (HOST, ["n=v; foo; bar=1; ; SameSite=Lax"], [(HOST, "n=v")]),
    "several": (HOST, ["a=1", "b=2"], [(HOST, "a=1; b=2")]),
    "beyond ascii": (HOST, ["n=\u00e9"], [(HOST, "n=\u00e9")]),
    # section 5.3: domain, host-only
    "host only": (
        HOST,
        ["n=v; path=/"],
        [(HOST, "n=v"), ("http://x.www.example.com/", None), ("http://example.com/", None)],
    ),
    "own domain": (
        HOST,
        ["n=v; path=/; Domain=www.example.com"],
        [(HOST, "n=v"), ("http://x.www.example.com/", "n=v"), ("http://example.com/", None)],
    ),
    "parent domain": (
        HOST,
        ["n=v; path=/; domain=.EXAMPLE.com"],
        [(HOST, "n=v"), ("http://example.com/", "n=v"), ("http://badexample.com/", None)],
    ),
    "other domain": (HOST, ["n=v; domain=other.com"], [(HOST, None), ("http://other.com/", None)]),
    "sub-domain": (HOST, ["n=v; domain=x.www.example.com"], [(HOST, None)]),
    "top-level domain": (HOST, ["n=v; domain=com"], [(HOST, None)]),
    "part of a label": (HOST, ["n=v; domain=ample.com"], [(HOST, None)]),
    "empty domain": (HOST, ["n=v; path=/; domain="], [(HOST, "n=v")]),
    "last domain wins": (HOST, ["n=v; domain=other.com; domain=example.com"], [(HOST, "n=v")]),
    "localhost": ("http://localhost/", ["n=v"], [("http://localhost:80/", "n=v")]),
    "localhost by name": (
        "http://localhost/",
        ["n=v; domain=localhost"],
        [("http://localhost/", "n=v")],
    ),
    "ports do not matter": ("http://a.com:81/", ["n=v"], [("http://a.com:82/", "n=v")]),
    "address": (IP, ["n=v"], [(IP, "n=v"), ("http://127.0.0.2/", None)]),
    "address by name": (IP, ["n=v; domain=127.0.0.1"], [(IP, "n=v")]),
    "addresses have no domain": (IP, ["n=v; domain=0.0.1"], [(IP, None), ("http://1.0.0.1", None)]),
    "IPv6": ("http://[::1]/", ["n=v"], [("http://[::1]:81/", "n=v"), ("http://[::2]/", None)]),
    "international": (
        "http://b\u00fccher.com/",
        ["n=v"],
        [("http://xn--bcher-kva.com/", "n=v")],
    ),
    # sections 5.1.4 and 5.2.4: path
    "default path": (
        HOST,
        ["n=v"],
        [
            ("http://www.example.com/a", "n=v"),
            ("http://www.example.com/a/x/y", "n=v"),
            ("http://www.example.com/ab", None),
            ("http://www.example.com/", None),
        ],
    ),
    "default path of the root": ("http://a.com", ["n=v"], [("http://a.com/x", "n=v")]),
    "default path below the root": ("http://a.com/x?/y/z", ["n=v"], [("http://a.com/y", "n=v")]),
    "path": (
        HOST,
        ["n=v; path=/x/"],
        [("http://www.example.com/x/y", "n=v"), ("http://www.example.com/x", None)],
    ),
    "relative path": (HOST, ["n=v; path=foo"], [(HOST, "n=v"), ("http://www.example.com/", None)]),
    "quoted path": (HOST, ['n=v; path="/"'], [(HOST, "n=v"), ("http://www.example.com/", None)]),
    "empty path": (HOST, ["n=v; path="], [(HOST, "n=v"), ("http://www.example.com/", None)]),
    "query is no path": (HOST, ["n=v; path=/a"], [("http://www.example.com/?/a", None)]),
    # section 5.4: secure
    "secure": (
        "https://a.com/",
        ["n=v; Secure"],
        [("https://a.com/", "n=v"), ("http://a.com/", None), ("wss://a.com/", "n=v")],
    ),
    # sections 5.2.1 and 5.2.2: expiry
    "max-age": (HOST, [f"n=v; max-age={DAY}"], [(HOST, "n=v")]),
    "max-age beyond everything": (HOST, ["n=v; max-age=" + "9" * 400], [(HOST, "n=v")]),
    "max-age zero": (HOST, ["n=v", "n=v; max-age=0"], [(HOST, None)]),
    "max-age negative": (HOST, ["n=v", "n=v; max-age=-5"], [(HOST, None)]),
    "max-age malformed": (HOST, ["n=v; max-age=soon; max-age=1e9; max-age="], [(HOST, "n=v")]),
    "expires": (HOST, ["n=v; expires=Wed, 21 Oct 2099 07:28:00 GMT"], [(HOST, "n=v")]),
    "expires by RFC 850": (HOST, ["n=v; expires=Wed, 21-Oct-65 07:28:00 GMT"], [(HOST, "n=v")]),
    "expires long ago": (
        HOST,
        ["n=v", "n=v; expires=Thu, 01 Jan 1970 00:00:00 GMT"],
        [(HOST, None)],
    ),
    "expires in 1999": (HOST, ["n=v", "n=v; expires=Wed, 21-Oct-99 07:28:00 GMT"], [(HOST, None)]),
    "expires malformed": (HOST, ["n=v; expires=tomorrow"], [(HOST, "n=v")]),
    "max-age before expires": (
        HOST,
        [f"n=v; max-age={DAY}; expires=Thu, 01 Jan 1970 00:00:00 GMT"],
        [(HOST, "n=v")],
    ),
    "max-age after expires": (
        HOST,
        ["n=v; expires=Wed, 21 Oct 2099 07:28:00 GMT; max-age=0"],
        [(HOST, None)],
    ),
    "deleting what is not there": (HOST, ["n=v; max-age=0"], [(HOST, None)]),
    "deleting another path": (HOST, ["n=v", "n=; path=/; max-age=0"], [(HOST, "n=v")]),
    # section 5.3, 11: overwriting
    "overwriting": (HOST, ["n=1", "m=2", "n=3"], [(HOST, "n=3; m=2")]),
    "another path is another cookie": (HOST, ["n=1", "n=2; path=/"], [(HOST, "n=1; n=2")]),
    # RFC 6265bis section 4.1.3: prefixes
    "__Secure-": ("https://a.com/", ["__Secure-n=v; Secure"], [("https://a.com/", "__Secure-n=v")]),
    "__Secure- without Secure": ("https://a.com/", ["__Secure-n=v"], [("https://a.com/", None)]),
    "__Secure- over http": ("http://a.com/", ["__secure-n=v; Secure"], [("https://a.com/", None)]),
    "__Host-": (
        "https://a.com/",
        ["__Host-n=v; Secure; Path=/"],
        [("https://a.com/x", "__Host-n=v"), ("https://b.a.com/", None)],
    ),
    "__Host- with a domain": (
        "https://a.com/",
        ["__Host-n=v; Secure; Path=/; Domain=a.com"],
        [("https://a.com/", None)],
    ),
    "__Host- with another path": (
        "https://a.com/",
        ["__Host-n=v; Secure; Path=/x", "__Host-m=v; Secure"],
        [("https://a.com/x", None)],
    ),
    "__Host- without Secure": (
        "https://a.com/",
        ["__Host-n=v; Path=/"],
        [("https://a.com/", None)],
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_rfc6265(name):
    url, set_cookie, requests = TABLE[name]
    cookies = stored(url, *set_cookie)
    for later, expected in requests:
        assert sent(cookies, later) == expected, later


@pytest.mark.parametrize("name", TABLE)
def test_rfc6265_policy_in_other_hands(name):
    """The policy is the same for `urllib`, as far as that parses the same."""
    url, set_cookie, requests = TABLE[name]
    cookies = stored(url, *set_cookie)
    for later, expected in requests:
        request = urllib.request.Request(later.replace("\u00fc", "xn"))
        cookies.jar.add_cookie_header(request)
        assert request.get_header("Cookie") == expected, later


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1445412480),
        ("Wed, 21-Oct-2015 07:28:00 GMT", 1445412480),
        ("Wed, 21-Oct-15 07:28:00 GMT", 1445412480),
        ("Wed Oct 21 07:28:00 2015", 1445412480),
        ("2015 october 21 7:28:0", 1445412480),
        ("21 Oct 2015 07:28:00.123", 1445412480),
        ("21 Oct 70 00:00:00", 25315200),
        ("21 Oct 69 00:00:00", 3149539200),
        ("21 Oct 1600 00:00:00", None),
        ("31 Feb 2015 00:00:00", None),
        ("21 Oct 2015 24:00:00", None),
        ("21 Oct 2015", None),
        ("21 2015 07:28:00", None),
        ("Oct 07:28:00", None),
        ("21 Oct 07:28:00", None),
        ("", None),
    ],
)
def test_dates(text, seconds):
    from httpx._cookiejar import _parse_date

    assert _parse_date(text) == seconds


def test_an_expired_cookie_is_not_sent(monkeypatch):
    import httpx._cookiejar

    cookies = stored(HOST, "n=v; max-age=60")
    assert sent(cookies, HOST) == "n=v"
    now = httpx._cookiejar.time.time()
    monkeypatch.setattr(httpx._cookiejar.time, "time", lambda: now + 61)
    assert sent(cookies, HOST) is None


def test_what_a_cookie_remembers():
    (cookie,) = stored(HOST, "n=v; Secure; HttpOnly; SameSite=Lax; Path=/; Domain=example.com").jar
    assert (cookie.domain, cookie.domain_specified) == (".example.com", True)
    assert (cookie.path, cookie.path_specified) == ("/", True)
    assert cookie.secure
    assert cookie.discard
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "Lax"
    (cookie,) = stored("http://localhost/", "n=v").jar
    assert (cookie.domain, cookie.domain_specified) == ("localhost.local", False)


def test_response_cookies():
    response = answer(HOST, "a=1", "b=2; path=/")
    assert dict(response.cookies) == {"a": "1", "b": "2"}
    assert response.cookies is response.cookies
    with pytest.raises(RuntimeError, match="request instance has not been set"):
        httpx.Response(200).cookies


# Other people's jars


class Refusing(http.cookiejar.DefaultCookiePolicy):
    """A policy that keeps one name out, both ways."""

    def set_ok(self, cookie, request):
        return cookie.name != "no" and super().set_ok(cookie, request)

    def return_ok(self, cookie, request):
        return cookie.name != "quiet" and super().return_ok(cookie, request)


class Inquisitive(http.cookiejar.DefaultCookiePolicy):
    """A policy that looks at everything that a request is documented to have."""

    def return_ok(self, cookie, request):
        assert request.get_full_url() == HOST
        assert (request.host, request.type) == ("www.example.com", "http")
        assert request.origin_req_host == request.host
        assert not request.unverifiable
        assert request.has_header("X-Job")
        assert request.get_header("x-job") == "42"
        assert request.get_header("other", "default") == "default"
        assert ("x-job", "42") in request.header_items()
        return True


def test_what_a_policy_can_ask_of_a_request():
    jar = http.cookiejar.CookieJar(Inquisitive())
    cookies = Cookies(jar)
    cookies.set("n", "v")
    request = httpx.Request("GET", HOST, headers={"X-Job": "42"}, cookies=cookies)
    assert request.headers["cookie"] == "n=v"


def test_a_policy_set_on_our_jar_is_honoured():
    cookies = Cookies()
    cookies.jar.set_policy(Refusing())
    cookies.extract_cookies(answer(HOST, "no=1", "quiet=1", "yes=1"))
    assert list(cookies) == ["quiet", "yes"]
    assert sent(cookies, HOST) == "yes=1"
    assert sent(Cookies(cookies), HOST) == "yes=1"


def test_blocked_and_allowed_domains():
    cookies = Cookies()
    cookies.jar._policy.set_blocked_domains(["ads.com"])
    cookies.extract_cookies(answer("http://ads.com/", "a=1"))
    assert not cookies
    cookies.jar._policy.set_allowed_domains(["a.com"])
    cookies.extract_cookies(answer("http://b.com/", "a=1"))
    assert not cookies
    cookies.set("a", "1", domain="b.com")
    cookies.set("b", "1", domain="a.com")
    assert sent(cookies, "http://b.com/") is None
    assert sent(cookies, "http://a.com/") == "b=1"


def test_the_users_jar_is_the_one_that_is_used():
    jar = http.cookiejar.CookieJar(Refusing())
    cookies = Cookies(jar)
    assert cookies.jar is jar
    cookies.extract_cookies(answer(HOST, "no=1", "quiet=1", "yes=1"))
    assert [cookie.name for cookie in jar] == ["quiet", "yes"]
    assert httpx.Request("GET", HOST, cookies=jar).headers["cookie"] == "yes=1"


def test_a_standard_jar_keeps_the_standard_policy():
    jar = http.cookiejar.CookieJar()
    cookies = Cookies(jar)
    cookies.extract_cookies(answer(HOST, "n=v; path=/"))
    assert sent(cookies, "http://x.www.example.com/") == "n=v"  # as the standard library has it
    assert sent(cookies, "http://example.com/") is None


class CountingJar(http.cookiejar.CookieJar):
    calls = 0

    def add_cookie_header(self, request):
        self.calls += 1
        super().add_cookie_header(request)

    def extract_cookies(self, response, request):
        self.calls += 1
        super().extract_cookies(response, request)


def test_a_jar_of_another_class_is_asked_by_its_own_methods():
    jar = CountingJar()
    cookies = Cookies(jar)
    cookies.extract_cookies(answer(HOST, "n=v"))
    assert sent(cookies, HOST) == "n=v"
    assert jar.calls == 2
    again = Cookies(cookies)
    assert type(again.jar) is CountingJar
    assert again.jar is not jar
    assert list(again) == ["n"]


def test_rfc2965_jars_work():
    policy = http.cookiejar.DefaultCookiePolicy(rfc2965=True)
    cookies = Cookies(http.cookiejar.CookieJar(policy))
    request = httpx.Request("GET", HOST)
    response = httpx.Response(
        200, headers={"Set-Cookie2": 'n=v; Version="1"; Path="/a"'}, request=request
    )
    cookies.extract_cookies(response)
    assert sent(cookies, HOST) == '$Version=1; n=v; $Path="/a"'
    cookies.set("m", "1")
    cookies.set_cookie_header(request)
    assert request.headers["cookie2"] == '$Version="1"'


def test_a_file_jar_saves_what_came(tmp_path):
    jar = http.cookiejar.MozillaCookieJar(str(tmp_path / "cookies.txt"))
    Cookies(jar).extract_cookies(answer(HOST, f"n=v; max-age={DAY}"))
    jar.save()
    again = http.cookiejar.MozillaCookieJar(jar.filename)
    again.load()
    assert sent(Cookies(again), HOST) == "n=v"


def test_a_jar_can_be_assigned():
    cookies = Cookies({"a": "1"})
    jar = http.cookiejar.CookieJar()
    cookies.jar = jar
    assert cookies.jar is jar
    assert not cookies


# Copies and pickles


@pytest.mark.parametrize(
    "again",
    [Cookies, copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))],
    ids=["Cookies", "copy", "deepcopy", "pickle"],
)
def test_copies_are_independent(again):
    cookies = several()
    other = again(cookies)
    assert other == cookies
    other.set("a", "9", domain="a.com")
    other.extract_cookies(answer("http://c.com/", "c=1"))
    assert cookies == several()
    assert sent(other, "http://c.com/") == "b=3; c=1"
    assert again(Cookies()) == Cookies()


def test_a_pickle_keeps_class_and_policy():
    jar = CountingJar(Refusing())
    cookies = pickle.loads(pickle.dumps(Cookies(jar)))
    assert type(cookies.jar) is CountingJar
    assert type(cookies.jar._policy) is Refusing


# Costs


def test_nothing_is_imported_for_no_cookies():
    program = (
        "import sys, httpx\n"
        "cookies = httpx.Cookies()\n"
        "request = httpx.Request('GET', 'http://a.com', cookies=cookies)\n"
        "cookies.extract_cookies(httpx.Response(200, request=request))\n"
        "assert not cookies and not httpx.Cookies(cookies)\n"
        "assert list(cookies) == [] and cookies.get('a') is None\n"
        "assert 'http.cookiejar' not in sys.modules\n"
    )
    where = str(pathlib.Path(httpx.__file__).parents[1])
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": where})


@pytest.mark.parametrize("jar", [None, http.cookiejar.CookieJar, http.cookiejar.MozillaCookieJar])
def test_only_the_domains_that_can_match_are_looked_at(jar, monkeypatch):
    cookies = Cookies() if jar is None else Cookies(jar())
    for number in range(500):
        cookies.set("a", "1", domain=f"d{number}.com")
        cookies.set("b", "2", domain=f".d{number}.com")
    asked = []
    look = http.cookiejar.CookieJar._cookies_for_domain

    def watched(self, domain, request):
        asked.append(domain)
        return look(self, domain, request)

    monkeypatch.setattr(http.cookiejar.CookieJar, "_cookies_for_domain", watched)
    assert sent(cookies, "http://x.d7.com/") == "a=1; b=2"
    assert asked == ["d7.com", ".d7.com"]
