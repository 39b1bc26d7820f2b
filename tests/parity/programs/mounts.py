"""Mounts: patterns, their order, and which transport a URL gets."""

from ..helpers import attempt, client, httpx
from ..table import program

PATTERNS = (
    "all:// http:// https:// all://a.com all://*.a.com all://*a.com http://a.com "
    "http://a.com:80 http://a.com:81 all://*:81 all://*"
)
URLS = (
    "http://a.com https://a.com http://a.com:81 http://x.a.com http://xa.com "
    "https://b.com:81 ftp://b.com http://A.COM"
)

PROGRAMS = r"""
httpx._utils.URLPattern("all://").matches(URL("http://x")), httpx._utils.URLPattern("http://").matches(URL("https://x"))
httpx._utils.URLPattern("http://a.com:80").matches(URL("http://a.com")), httpx._utils.URLPattern("http://a.com").matches(URL("http://a.com:80")), httpx._utils.URLPattern("http://a.com").matches(URL("http://a.com:81"))
httpx._utils.URLPattern("all://*.a.com").matches(URL("http://a.com")), httpx._utils.URLPattern("all://*a.com").matches(URL("http://a.com")), httpx._utils.URLPattern("all://*a.com").matches(URL("http://xa.com")), httpx._utils.URLPattern("all://*a.com").matches(URL("http://x.a.com"))
httpx._utils.URLPattern("http")
httpx._utils.URLPattern("")
httpx._utils.URLPattern("all")
httpx._utils.URLPattern("a.com").matches(URL("http://a.com"))
p = httpx._utils.URLPattern("http://a.com:81"); (p.pattern, p.scheme, p.host, p.port, p.priority)
p = httpx._utils.URLPattern("all://"); (p.pattern, p.scheme, p.host, p.port, p.priority)
httpx._utils.URLPattern("all://a") < httpx._utils.URLPattern("all://"), httpx._utils.URLPattern("all://") < httpx._utils.URLPattern("all://a")
httpx._utils.URLPattern("all://a") == httpx._utils.URLPattern("all://a"), httpx._utils.URLPattern("all://a") == "all://a", hash(httpx._utils.URLPattern("all://a")) == hash(httpx._utils.URLPattern("all://a"))
sorted([httpx._utils.URLPattern(p) for p in ("all://", "http://", "http://a.com", "all://*", "all://a:1")])[0].pattern
Client(mounts={"http": None})
Client(mounts={"": None})
Client(mounts={"https": None})
Client(mounts={"a.com": None})._mounts.__len__()
Client(mounts={5: None})
Client(mounts={"http://[": None})
Client(mounts={"all://[::1]": None})._transport_for_url(URL("http://[::1]/")).__class__.__name__
Client(mounts=[("http://", None)])
type(Client(proxy="http://p")._mounts).__name__, [p.pattern for p in Client(proxy="http://p")._mounts]
Client()._transport_for_url(URL("http://a")) is not None
[k.pattern for k in Client(mounts={"all://": None, "http://a.com": None, "http://": None})._mounts]
[k.pattern for k in Client(proxy="http://p", mounts={"all://x": None})._mounts]
[k.pattern for k in Client(proxy="http://p", transport=MockTransport(echo))._mounts]
attempt(Client(mounts={"all://": MockTransport(reply(201))}).get, "http://a")
attempt(Client(mounts={"all://": 5}).get, "http://a")
"""  # noqa: E501


class Named(httpx.BaseTransport):
    def __init__(self, name):
        self.name = name

    def handle_request(self, request):
        return httpx.Response(200, text=self.name)


@program
def order_of_patterns():
    c = httpx.Client(mounts={pattern: Named(pattern) for pattern in PATTERNS.split()})
    return [pattern.pattern for pattern in c._mounts]


@program
def each_pattern_alone():
    answer = {}
    for pattern in PATTERNS.split():
        c = httpx.Client(transport=Named("main"), mounts={pattern: Named("mount")})
        answer[pattern] = [url for url in URLS.split() if c.get(url).text == "mount"]
    return answer


@program
def all_patterns_together():
    c = httpx.Client(
        transport=Named("main"), mounts={pattern: Named(pattern) for pattern in PATTERNS.split()}
    )
    return {url: c.get(url).text for url in URLS.split()}


@program
def none_means_the_default():
    c = httpx.Client(transport=Named("main"), mounts={"all://": Named("m"), "all://a.com": None})
    return [c.get("http://a.com").text, c.get("http://b.com").text]


@program
def longer_host_text_first():
    c = httpx.Client(mounts={"all://ex.com": Named("exact"), "all://*ex.com": Named("star")})
    return [c.get("http://ex.com").text, c.get("http://a.ex.com").text]


@program
def mounts_can_be_assigned():
    c = client(lambda r: httpx.Response(200, text="main"))
    c._mounts = {httpx._utils.URLPattern("all://a"): Named("assigned")}
    return [c.get("http://a").text, c.get("http://b").text]


@program
def transport_can_be_assigned():
    c = client(lambda r: httpx.Response(200, text="main"))
    c._transport = Named("assigned")
    return [c.get("http://a").text]


@program
def sorted_mounts():
    c = httpx.Client(mounts={"all://": None, "http://a": None})
    c._mounts = dict(sorted({**c._mounts, httpx._utils.URLPattern("all://b:1"): None}.items()))
    return [pattern.pattern for pattern in c._mounts]


@program
def redirects_choose_anew():
    class Moving(httpx.BaseTransport):
        def handle_request(self, request):
            return httpx.Response(302, headers={"Location": "http://b/"})

    c = httpx.Client(mounts={"all://a": Moving(), "all://b": Named("b")}, follow_redirects=True)
    return [c.get("http://a/").text]


@program
def unsupported_scheme_mounted():
    return [httpx.Client(mounts={"foo://": Named("foo")}).get("foo://x/").text]


@program
def relative_url_mounted():
    return attempt(httpx.Client(mounts={"all://": Named("x")}).get, "/x")
