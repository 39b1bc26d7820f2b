"""What a request takes over from its client: URL, query, headers, cookies, timeout, auth."""

from ..helpers import client, own
from ..table import program

PROGRAMS = r"""
client(base_url="http://a/v1").build_request("GET", "/x").url
client(base_url="http://a/v1").build_request("GET", "x").url
client(base_url="http://a/v1/").build_request("GET", "/x/").url
client(base_url="http://a/v1").build_request("GET", "").url
client(base_url="http://a/v1").build_request("GET", "/").url
client(base_url="http://a/v1").build_request("GET", "../x").url
client(base_url="http://a/v1").build_request("GET", "./x").url
client(base_url="http://a/v1").build_request("GET", "//x").url
client(base_url="http://a/v1").build_request("GET", "//x/y").url
client(base_url="http://a/v1").build_request("GET", "?q=1").url
client(base_url="http://a/v1").build_request("GET", "#f").url
client(base_url="http://a/v1").build_request("GET", "x?q=1#f").url
client(base_url="http://a/v1").build_request("GET", "http://b/y").url
client(base_url="http://a/v1").build_request("GET", "https:///y").url
client(base_url="http://a/v1").build_request("GET", "mailto:x").url
client(base_url="http://a/v1").build_request("GET", URL("/x y")).url
client(base_url="http://a/v 1").build_request("GET", "é").url
client(base_url="http://u:p@a:81/v1").build_request("GET", "x").url
client(base_url="http://a").build_request("GET", "x").url
client(base_url="http://a?k=1").build_request("GET", "x").url
client(base_url="http://a/v1?k=1").build_request("GET", "x").url
client(base_url="http://a/v1?k=1").build_request("GET", "").url
client(base_url="http://a/v1?k=1").build_request("GET", "x?j=2").url
client(base_url="http://a/v1#f").build_request("GET", "x").url
client(base_url="/v1").build_request("GET", "x").url
client().build_request("GET", "/x").url
client(base_url="http://a/v1").build_request("GET", "x:y").url
client(base_url="http://a/v1").build_request("GET", "/x:y").url
client(base_url="http://a/v1").build_request("GET", "/x//y").url
client(base_url="http://a/v1")._merge_url("/x"), client(base_url="http://a/v1")._merge_url(URL("x"))
client(params={"a": 1}).build_request("GET", "http://x/").url
client(params={"a": 1}).build_request("GET", "http://x/", params={"b": 2}).url
client(params={"a": 1}).build_request("GET", "http://x/", params={"a": 2}).url
client(params=[("a", 1), ("a", 2)]).build_request("GET", "http://x/", params={"a": [3, 4]}).url
client(params={"a": 1}).build_request("GET", "http://x/?b=2").url
client(params={"a": 1}).build_request("GET", "http://x/?a=2").url
client(params={"a": 1}).build_request("GET", "http://x/", params={}).url
client(params={"a": 1}).build_request("GET", "http://x/?b=2", params={}).url
client(params={"a": 1}).build_request("GET", "http://x/?b=2", params=None).url
client().build_request("GET", "http://x/?b=2", params={"a": 1}).url
client().build_request("GET", "http://x/?b=2", params={}).url
client().build_request("GET", "http://x/?b=2", params=None).url
client().build_request("GET", "http://x/?b=2", params="").url
client().build_request("GET", "http://x/?b=2", params="c=3").url
client().build_request("GET", "http://x/?b=2", params=QueryParams("c=3")).url
client(base_url="http://a/?k=1", params={"p": 1}).build_request("GET", "x").url
client(params={}).build_request("GET", "http://x/?b=2").url
client(params={"a": None, "b": True}).build_request("GET", "http://x/").url
client(params={"a": 1})._merge_queryparams({"b": 2}), client()._merge_queryparams(None), client(params={"a": 1})._merge_queryparams(None)
own(client(headers={"A": "1"}).build_request("GET", "http://x/"))
own(client(headers={"A": "1", "B": "2"}).build_request("GET", "http://x/", headers={"a": "3", "C": "4"}))
own(client(headers=[("A", "1"), ("A", "2")]).build_request("GET", "http://x/"))
own(client(headers=[("A", "1"), ("A", "2")]).build_request("GET", "http://x/", headers={"B": "1"}))
own(client(headers={"A": "1"}).build_request("GET", "http://x/", headers=[("a", "2"), ("a", "3")]))
heading(client(headers={"Host": "other"}).build_request("GET", "http://x/"))
heading(client().build_request("GET", "http://x/", headers={"Host": "other"}))
heading(client().build_request("GET", "http://x/", headers={"User-Agent": "me"}))
heading(client().build_request("GET", "http://x/", headers={"Accept-Encoding": "identity", "Connection": "close"}))
heading(client(headers={"Content-Type": "a/b"}).build_request("POST", "http://x/", json=1))
heading(client(headers={"Content-Length": "7"}).build_request("POST", "http://x/", content=b"x"))
heading(client().build_request("POST", "http://x/", data={"a": 1}, cookies={"c": "1"}, headers={"Z": "1"}))
client()._merge_headers({"A": "1"}).__class__.__name__, raw(client()._merge_headers(None))
own(client(cookies={"a": "1"}).build_request("GET", "http://x/"))
own(client(cookies={"a": "1"}).build_request("GET", "http://x/", cookies={"b": "2"}))
own(client(cookies={"a": "1"}).build_request("GET", "http://x/", cookies={"a": "2"}))
own(client(cookies={"a": "1"}).build_request("GET", "http://x/", cookies={}))
own(client(cookies={"a": "1"}).build_request("GET", "http://x/", headers={"Cookie": "h=1"}))
own(client(headers={"Cookie": "h=1"}, cookies={"a": "1"}).build_request("GET", "http://x/"))
own(client(cookies=[("a", "1"), ("b", "2")]).build_request("GET", "http://x/"))
c = Cookies(); c.set("a", "1", "x.com"); c.set("b", "2", "y.com"); own(client(cookies=c).build_request("GET", "http://x.com/"))
client(cookies={"a": "1"})._merge_cookies({"b": "2"}), client()._merge_cookies(None), client(cookies={"a": "1"})._merge_cookies(None)
c = client(cookies={"a": "1"}); c.build_request("GET", "http://x/", cookies={"b": "2"}); c.cookies
client(timeout=3).build_request("GET", "http://x/").extensions
client(timeout=3).build_request("GET", "http://x/", timeout=None).extensions
client(timeout=3).build_request("GET", "http://x/", timeout=(1, 2)).extensions
client(timeout=3).build_request("GET", "http://x/", timeout=USE_CLIENT_DEFAULT).extensions
client(timeout=None).build_request("GET", "http://x/").extensions
client(timeout=3).build_request("GET", "http://x/", extensions={"timeout": {"connect": 1}}).extensions
e = {"x": 1}; client().build_request("GET", "http://x/", extensions=e); e
client().build_request("GET", "http://x/", extensions={"x": 1}, timeout=1).extensions
"""  # noqa: E501


@program
def send_merges_nothing_else():
    from ..helpers import heading, httpx

    c = client(headers={"X": "1"}, params={"a": 1}, cookies={"c": "1"}, base_url="http://b/")
    return heading(c.send(httpx.Request("GET", "http://a/")).request)


@program
def changed_defaults_apply_to_the_next_request():
    c = client(headers={"X": "1"})
    first = own(c.build_request("GET", "http://x/"))
    c.headers["X"] = "2"
    c.cookies.set("k", "v")
    c.params = c.params.set("q", 1)
    return [first, own(c.build_request("GET", "http://x/"))]


@program
def base_url_changed():
    c = client(base_url="http://a/1")
    first = c.build_request("GET", "x").url
    c.base_url = "http://b/2"
    return [first, c.build_request("GET", "x").url]


@program
def subclass_overrides_merge_url():
    from ..helpers import httpx

    class Mine(httpx.Client):
        def _merge_url(self, url):
            return httpx.URL("http://merged/").join(url)

    return [Mine().build_request("GET", "x").url]
