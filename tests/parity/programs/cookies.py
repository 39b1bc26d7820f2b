"""Cookies: forms of input, domains and paths, extraction from responses, the header sent."""

from ..helpers import Cookie, CookieJar, client, echo, httpx, reply
from ..table import program

PROGRAMS = r"""
Cookies()
Cookies(None)
Cookies({"a": "1", "b": "2"})
Cookies([("a", "1"), ("a", "2")])
Cookies({"a": 1})
Cookies([("a", 1)])
Cookies({"a": None})
Cookies({1: "a"})
Cookies("a=1")
Cookies(5)
Cookies([("a",)])
Cookies(Cookies({"a": "1"}))
j = CookieJar(); Cookies(j).jar is j
c = Cookies(); c.set("a", "1", domain="x.com", path="/p"); (c, list(c.jar)[0].domain, list(c.jar)[0].path, list(c.jar)[0].domain_specified, list(c.jar)[0].path_specified)
c = Cookies(); c.set("a", "1", "x.com"); c.set("a", "2", "y.com"); (len(c), list(c), c.get("a", domain="y.com"), c.get("a", domain="z.com"), c.get("a", "dflt", domain="z.com"))
c = Cookies(); c.set("a", "1", "x.com"); c.set("a", "2", "y.com"); c["a"]
c = Cookies(); c.set("a", "1", "x.com"); c.set("a", "2", "y.com"); c.get("a")
c = Cookies(); c.set("a", "1", "x.com"); c.set("a", "2", "y.com"); dict(c)
c = Cookies(); c.set("a", "1", path="/p"); c.set("a", "2", path="/q"); c.get("a", path="/q")
c = Cookies(); c.set("a", "1", "x.com"); c.set("a", "2", "x.com"); (len(c), c["a"])
Cookies({"a": "1"})["z"]
Cookies({"a": "1"}).get("z"), Cookies({"a": "1"}).get("z", "d")
c = Cookies(); c["a"] = "1"; c["a"] = "2"; (c, list(c.jar)[0].domain, list(c.jar)[0].version, list(c.jar)[0].secure, list(c.jar)[0].expires, list(c.jar)[0].discard)
c = Cookies({"a": "1", "b": "2"}); del c["a"]; c
c = Cookies({"a": "1"}); del c["z"]; c
c = Cookies(); c.set("a", "1", "x.com"); c.set("a", "2", "y.com"); del c["a"]; c
c = Cookies(); c.set("a", "1", "x.com"); c.set("a", "2", "y.com"); c.delete("a", domain="x.com"); c
c = Cookies(); c.set("a", "1", "x.com", "/p"); c.set("a", "2", "x.com"); c.delete("a", "x.com", "/p"); c
c = Cookies(); c.set("a", "1", "x.com"); c.set("b", "2", "y.com"); c.clear("x.com"); c
c = Cookies(); c.set("a", "1", "x.com", "/p"); c.set("b", "2", "x.com"); c.clear("x.com", "/p"); c
c = Cookies(); c.clear("x.com")
c = Cookies({"a": "1"}); c.clear(path="/")
c = Cookies({"a": "1"}); c.clear(); c
c = Cookies({"a": "1"}); c.update({"a": "2", "b": "3"}); c
c = Cookies({"a": "1"}); c.update([("b", "3")]); c
c = Cookies({"a": "1"}); c.update(Cookies({"a": "5"})); c
c = Cookies({"a": "1"}); c.update(None); c
"a" in Cookies({"a": "1"}), "z" in Cookies({"a": "1"}), bool(Cookies()), bool(Cookies({"a": "1"})), len(Cookies({"a": "1", "b": "2"}))
list(Cookies({"a": "1"}).items()), list(Cookies({"a": "1"}).values()), list(Cookies({"a": "1"}).keys())
c = Cookies({"a": "1"}); (c.pop("a"), c)
c = Cookies({"a": "1"}); (c.setdefault("b", "2"), c)
Cookies({"a": "1"}) == Cookies({"a": "1"}), Cookies({"a": "1"}) == {"a": "1"}
Cookies({"a": "1"}) == Cookies({"a": "2"})
c = Cookies(); c.set("a", "1", "x.com"); repr(c)
c = Cookies(); c.set("a", "1"); repr(c)
c = Cookies(); c.set("a", "1", 5)
c = Cookies(); c.set("a b;c", "d;e, f"); r = Request("GET", "http://x/"); c.set_cookie_header(r); r.headers.get("cookie")
r = Request("GET", "http://x/", cookies={"a": "1", "b": "2"}); r.headers["cookie"]
r = Request("GET", "http://x/", cookies={"a": ""}); r.headers["cookie"]
r = Request("GET", "http://x/", cookies={"a": "é"}); r.headers["cookie"], r.headers.raw[-1]
r = Request("GET", "http://x/", cookies={"a": "x y\"z"}); r.headers["cookie"]
r = Request("GET", "http://x/", cookies={}); r.headers.get("cookie")
r = Request("GET", "http://x/", cookies={"a": "1"}, headers={"Cookie": "b=2"}); r.headers.get_list("cookie")
c = Cookies(); c.set("a", "1", "x.com"); r = Request("GET", "http://sub.x.com/"); c.set_cookie_header(r); r.headers.get("cookie")
c = Cookies(); c.set("a", "1", ".x.com"); r = Request("GET", "http://sub.x.com/"); c.set_cookie_header(r); r.headers.get("cookie")
c = Cookies(); c.set("a", "1", "x.com"); r = Request("GET", "http://x.com/"); c.set_cookie_header(r); r.headers.get("cookie")
c = Cookies(); c.set("a", "1", "localhost"); r = Request("GET", "http://localhost/"); c.set_cookie_header(r); r.headers.get("cookie")
c = Cookies(); c.set("a", "1", "localhost.local"); r = Request("GET", "http://localhost/"); c.set_cookie_header(r); r.headers.get("cookie")
c = Cookies(); c.set("a", "1", "127.0.0.1"); r = Request("GET", "http://127.0.0.1:8080/"); c.set_cookie_header(r); r.headers.get("cookie")
c = Cookies(); c.set("a", "1", path="/p"); c.set("b", "2", path="/p/q"); r = Request("GET", "http://x/p/q/r"); c.set_cookie_header(r); r.headers.get("cookie")
c = Cookies(); c.set("a", "1", path="/p"); r = Request("GET", "http://x/pq"); c.set_cookie_header(r); r.headers.get("cookie")
c = Cookies(); c.set("b", "1"); c.set("a", "2"); c.set("b", "3", "x.com"); r = Request("GET", "http://x.com/"); c.set_cookie_header(r); r.headers.get("cookie")
Cookies({"a": "1"}).jar.__class__.__name__
"""  # noqa: E501


def received(url, *lines):
    """The jar after one response, as tuples, and what goes back to the same URL."""
    cookies = httpx.Cookies()
    request = httpx.Request("GET", url)
    cookies.extract_cookies(
        httpx.Response(200, headers=[("Set-Cookie", line) for line in lines], request=request)
    )
    back = httpx.Request("GET", url)
    cookies.set_cookie_header(back)
    jar = [
        (c.name, c.value, c.domain, c.path, c.secure, c.expires is not None, c.domain_specified)
        for c in cookies.jar
    ]
    return [*jar, back.headers.get("cookie")]


@program
def plain():
    return received("http://example.org/a/b", "a=1", "b=2; Path=/", "c=3; path=/a/b/c")


@program
def domains():
    return received(
        "http://www.example.org/",
        "a=1; Domain=example.org",
        "b=2; Domain=.example.org",
        "c=3; Domain=www.example.org",
        "d=4; Domain=other.org",
        "e=5; Domain=org",
        "f=6; Domain=",
    )


@program
def secure_over_http():
    return received("http://example.org/", "a=1; Secure", "b=2; HttpOnly", "c=3; SameSite=Lax")


@program
def secure_over_https():
    return received("https://example.org/", "a=1; Secure", "b=2; HttpOnly; Secure")


@program
def expiry():
    return received(
        "http://example.org/",
        "a=1; Max-Age=100",
        "b=2; Max-Age=0",
        "c=3; Expires=Wed, 21 Oct 2015 07:28:00 GMT",
        "d=4; Expires=Fri, 31 Dec 2100 23:59:59 GMT",
        "e=5; Expires=nonsense",
        "f=6; Max-Age=nonsense",
    )


@program
def overwriting():
    return received("http://example.org/", "a=1", "a=2; Path=/", "a=3; Domain=example.org")


@program
def deleting():
    return received("http://example.org/", "a=1; Path=/", "a=; Path=/; Max-Age=0")


@program
def odd_values():
    return received(
        "http://example.org/",
        'a="quoted"',
        "b=",
        "=c",
        "d",
        "e=x=y",
        "f= spaced ; Path=/",
        "g=1, h=2",
        'i="a;b"',
    )


@program
def localhost():
    return received("http://localhost:8000/", "a=1", "b=2; Domain=localhost")


@program
def address():
    return received("http://127.0.0.1/", "a=1", "b=2; Domain=127.0.0.1")


@program
def single_label():
    return received("http://testserver/x/y", "a=1", "b=2; Path=/x")


@program
def response_cookies():
    request = httpx.Request("GET", "http://example.org/")
    response = httpx.Response(
        200, headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; Path=/")], request=request
    )
    return [repr(response.cookies), dict(response.cookies), response.cookies is response.cookies]


@program
def response_cookies_need_a_request():
    return httpx.Response(200, headers={"Set-Cookie": "a=1"}).cookies


@program
def response_without_cookies():
    return repr(httpx.Response(200, request=httpx.Request("GET", "http://x/")).cookies)


@program
def jar_kept_by_client():
    jar = CookieJar()
    c = client(reply(200, headers={"Set-Cookie": "a=1"}), cookies=jar)
    c.get("http://example.org/")
    return [c.cookies.jar is jar, [cookie.name for cookie in jar], repr(c.cookies)]


@program
def jar_with_port_and_comment():
    jar = CookieJar()
    jar.set_cookie(
        Cookie(
            version=0,
            name="n",
            value="v",
            port=None,
            port_specified=False,
            domain="example.org",
            domain_specified=True,
            domain_initial_dot=False,
            path="/",
            path_specified=True,
            secure=False,
            expires=None,
            discard=True,
            comment=None,
            comment_url=None,
            rest={"HttpOnly": None},
        )
    )
    request = httpx.Request("GET", "http://example.org/", cookies=jar)
    return [request.headers.get("cookie"), repr(httpx.Cookies(jar))]


@program
def client_round():
    def answer(request):
        if request.url.path == "/set":
            return httpx.Response(200, headers={"Set-Cookie": "s=1; Path=/"})
        return echo(request)

    c = client(answer, cookies={"base": "0"})
    c.get("http://example.org/set")
    first = c.get("http://example.org/a").json()["headers"][-1]
    second = c.get("http://other.org/a").json()["headers"][-1]
    return [first, second, repr(c.cookies)]
