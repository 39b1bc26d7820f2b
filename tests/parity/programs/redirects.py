"""Redirects: methods, URLs, headers, bodies, history, limits, refusals."""

from ..helpers import aattempt, aclient, arun, attempt, client, failure, httpx, io, own
from ..table import program


def chain(method, *answers, url="http://a/start", follow=True, settings=None, **call):
    """What each hop sent, and the end of it."""
    left = list(answers)
    seen = []

    def answer(request):
        seen.append([f"{request.method} {request.url}", *own(request)[1:], request.read()])
        return left.pop(0) if left else httpx.Response(200)

    try:
        with client(answer, follow_redirects=follow, **(settings or {})) as c:
            response = c.request(method, url, **call)
    except Exception as error:
        return [*seen, failure(error)]
    history = [(r.status_code, str(r.url), r.next_request is None) for r in response.history]
    return [*seen, response.status_code, history]


def to(location, code=302, **headers):
    return httpx.Response(code, headers={"Location": location, **headers})


def methods(code):
    return {
        method: [
            hop[0]
            for hop in chain(method, to("/next", code), content=b"hi" if method != "HEAD" else None)
            if isinstance(hop, list) and hop and isinstance(hop[0], str)
        ]
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FOO")
    }


@program
def methods_301():
    return methods(301)


@program
def methods_302():
    return methods(302)


@program
def methods_303():
    return methods(303)


@program
def methods_307():
    return methods(307)


@program
def methods_308():
    return methods(308)


@program
def methods_300_304_305():
    return [methods(300), methods(304), methods(305)]


@program
def relative_locations():
    return {
        location: chain("GET", to(location), url="http://a:81/x/y?q=1")[1][0]
        for location in ("z", "/z", "../z", "?r", "//b/z", "https:///z", "http:/z", "", "z?a#f")
    }


@program
def fragments():
    return [
        chain("GET", to("/z"), url="http://a/x#f")[1][0],
        chain("GET", to("/z#g"), url="http://a/x#f")[1][0],
    ]


@program
def locations_to_be_encoded():
    return [chain("GET", to('/a b"<'))[1][0], chain("GET", to("/%20%C3%A9"))[1][0]]


@program
def location_in_utf8_bytes():
    response = httpx.Response(302, headers=[(b"Location", "/é".encode())])
    return chain("GET", response)[1][0]


@program
def location_in_latin1_bytes():
    response = httpx.Response(302, headers=[(b"Location", "/é".encode("latin-1"))])
    return chain("GET", response)[1][0]


@program
def no_location():
    return chain("GET", httpx.Response(302))


@program
def location_with_200():
    return chain("GET", to("/x", 200)) + chain("GET", to("/x", 201))


@program
def not_followed():
    return chain("GET", to("/x"), follow=False)


@program
def invalid_location_followed():
    return chain("GET", to("https://a:b/"))


@program
def invalid_location_not_followed():
    return chain("GET", to("https://a:b/"), follow=False)


@program
def unsupported_scheme():
    class T(httpx.HTTPTransport):
        def handle_request(self, request):
            if request.url.scheme == "http":
                return to("ftp://b/x")
            return super().handle_request(request)

    return attempt(httpx.Client(transport=T(), follow_redirects=True).get, "http://a/")


@program
def next_request():
    c = client(lambda r: to("/next?x=1"))
    response = c.post("http://a/", content=b"hi", headers={"X": "1", "Content-Type": "a/b"})
    following = response.next_request
    return [own(following), following.read(), following.extensions == response.request.extensions]


@program
def next_request_of_a_plain_response():
    return [client(lambda r: httpx.Response(200)).get("http://a/").next_request]


@program
def next_request_can_be_sent():
    left = [to("/b"), httpx.Response(200)]
    c = client(lambda r: left.pop(0))
    first = c.get("http://a/")
    second = c.send(first.next_request)
    return [second.status_code, second.history, str(second.url)]


@program
def too_many():
    return chain("GET", *[to("/loop")] * 5, settings={"max_redirects": 3})


@program
def exactly_as_many():
    return chain("GET", *[to("/loop")] * 3, settings={"max_redirects": 3})[-2:]


@program
def none_allowed():
    return chain("GET", to("/loop"), settings={"max_redirects": 0})


@program
def too_many_has_a_request():
    c = client(lambda r: to("/loop"), follow_redirects=True, max_redirects=1)
    try:
        c.get("http://a/")
    except httpx.TooManyRedirects as error:
        return [str(error), str(error.request.url)]


HEADERS = {
    "Authorization": "secret",
    "Proxy-Authorization": "secret2",
    "Cookie": "c=1",
    "X-Own": "1",
    "Content-Type": "text/x",
}


@program
def headers_same_origin():
    return chain("POST", to("/x", 307), content=b"hi", headers=HEADERS)


@program
def headers_other_host():
    return chain("POST", to("http://b/x", 307), content=b"hi", headers=HEADERS)


@program
def headers_other_port():
    return chain("GET", to("http://a:81/x"), headers=HEADERS)


@program
def headers_upgrade_to_https():
    return chain("GET", to("https://a/x"), headers=HEADERS)


@program
def headers_upgrade_with_ports():
    return [
        chain("GET", to("https://a:443/x"), url="http://a:80/", headers=HEADERS)[1],
        chain("GET", to("https://a:444/x"), url="http://a:80/", headers=HEADERS)[1],
    ]


@program
def headers_downgrade_to_http():
    return chain("GET", to("http://a/x"), url="https://a/", headers=HEADERS)


@program
def headers_case_of_the_host():
    return chain("GET", to("http://A/x"), headers=HEADERS)


@program
def headers_when_the_method_becomes_get():
    return chain(
        "POST",
        to("/x", 303),
        content=b"hi",
        headers={
            "Content-Type": "a/b",
            "Content-Encoding": "x",
            "Content-Language": "en",
            "Content-Location": "/l",
            "Transfer-Encoding": "chunked",
            "Expect": "y",
            "Digest": "z",
        },
    )


@program
def host_header_of_ones_own():
    return chain("GET", to("/x"), headers={"Host": "mine"})


@program
def host_header_after_a_redirect():
    seen = []

    def answer(request):
        seen.append(request.headers["host"])
        return to("http://b:81/") if len(seen) == 1 else httpx.Response(200)

    client(answer, follow_redirects=True).get("http://a/", headers={"Host": "mine"})
    return seen


@program
def header_order_after_a_redirect():
    from ..helpers import raw

    seen = []

    def answer(request):
        seen.append(raw(request.headers))
        return to("/x", 303) if len(seen) == 1 else httpx.Response(200)

    client(answer, follow_redirects=True).post("http://a/", json=1, headers={"X": "1"})
    return seen


@program
def client_auth_after_a_redirect():
    return [
        chain("GET", to("/x"), settings={"auth": ("u", "p")}),
        chain("GET", to("http://b/x"), settings={"auth": ("u", "p")}),
    ]


@program
def url_auth_after_a_redirect():
    return [
        chain("GET", to("/x"), url="http://u:p@a/"),
        chain("GET", to("http://u2:p2@b/x"), url="http://u:p@a/"),
    ]


@program
def client_cookies_after_a_redirect():
    return [
        chain("GET", to("/x"), settings={"cookies": {"j": "1"}}),
        chain("GET", to("http://b/x"), settings={"cookies": {"j": "1"}}),
    ]


@program
def cookies_set_by_a_redirect():
    return chain("GET", to("/x", **{"Set-Cookie": "s=1; Path=/"}), url="http://a.org/")


@program
def cookies_set_for_another_host():
    return chain("GET", to("http://b.org/x", **{"Set-Cookie": "s=1"}), url="http://a.org/")


@program
def stream_cookies_of_the_call():
    seen = []

    def answer(request):
        seen.append(request.headers.get("cookie"))
        return to("/x") if len(seen) == 1 else httpx.Response(200)

    with (
        client(answer, follow_redirects=True) as c,
        c.stream("GET", "http://a/", cookies={"r": "1"}),
    ):
        return seen


@program
def list_body_replays():
    return chain("POST", to("/x", 307), content=[b"a", b"b"])


@program
def generator_body_does_not():
    def answer(request):
        list(request.stream)
        return to("/x", 307)

    class T(httpx.BaseTransport):
        handle_request = staticmethod(answer)

    c = httpx.Client(transport=T(), follow_redirects=True)
    return attempt(c.post, "http://a/", content=(piece for piece in [b"a"]))


@program
def file_body_replays():
    class T(httpx.BaseTransport):
        def __init__(self):
            self.seen = []

        def handle_request(self, request):
            self.seen.append([request.headers["content-length"], b"".join(request.stream)])
            return to("/x", 307) if len(self.seen) == 1 else httpx.Response(200)

    transport = T()
    c = httpx.Client(transport=transport, follow_redirects=True)
    return [attempt(c.post, "http://a/", content=io.BytesIO(b"abc")), transport.seen]


@program
def generator_body_that_becomes_get():
    class T(httpx.BaseTransport):
        def __init__(self):
            self.seen = []

        def handle_request(self, request):
            self.seen.append([request.method, own(request)[1:], b"".join(request.stream)])
            return to("/x", 303) if len(self.seen) == 1 else httpx.Response(200)

    transport = T()
    c = httpx.Client(transport=transport, follow_redirects=True)
    c.post("http://a/", content=(piece for piece in [b"a"]))
    return transport.seen


@program
def multipart_body_replays():
    class T(httpx.BaseTransport):
        def __init__(self):
            self.seen = []

        def handle_request(self, request):
            self.seen.append(len(b"".join(request.stream)))
            return to("/x", 307) if len(self.seen) == 1 else httpx.Response(200)

    transport = T()
    c = httpx.Client(transport=transport, follow_redirects=True)
    c.post("http://a/", files={"f": io.BytesIO(b"abc")})
    return [transport.seen[0] == transport.seen[1], transport.seen[0] > 100]


@program
def history_grows():
    response = client(
        lambda r: to(f"/{int(r.url.path[1:]) + 1}") if r.url.path != "/3" else httpx.Response(200),
        follow_redirects=True,
    ).get("http://a/0")
    return [
        [(str(r.url), [str(h.url) for h in r.history], r.next_request) for r in response.history],
        str(response.url),
        response.history[0].is_closed,
    ]


@program
def redirect_body_is_read():
    left = [httpx.Response(302, headers={"Location": "/x"}, content=b"moved"), httpx.Response(200)]
    response = client(lambda r: left.pop(0), follow_redirects=True).get("http://a/")
    return [response.history[0].content, response.history[0].is_closed]


@program
def call_over_client():
    c = client(lambda r: to("/x") if r.url.path == "/" else httpx.Response(200))
    d = client(
        lambda r: to("/x") if r.url.path == "/" else httpx.Response(200), follow_redirects=True
    )
    return [
        c.get("http://a/", follow_redirects=True).status_code,
        d.get("http://a/", follow_redirects=False).status_code,
        d.send(d.build_request("GET", "http://a/")).status_code,
        c.send(c.build_request("GET", "http://a/"), follow_redirects=True).status_code,
    ]


@program
def extensions_travel():
    seen = []

    def answer(request):
        seen.append(sorted(request.extensions))
        return to("/x") if len(seen) == 1 else httpx.Response(200)

    client(answer, follow_redirects=True).get("http://a/", extensions={"mine": 1})
    return seen


@program
def streamed_response_after_redirects():
    c = client(
        lambda r: to("/x") if r.url.path == "/" else httpx.Response(200, content=b"end"),
        follow_redirects=True,
    )
    with c.stream("GET", "http://a/") as response:
        return [response.read(), [r.status_code for r in response.history]]


@program
def async_chain():
    async def main():
        def answer(request):
            return to("/x", 303) if request.url.path == "/" else httpx.Response(200)

        async with aclient(answer, follow_redirects=True) as c:
            response = await c.post("http://a/", content=b"x")
            return [response.request.method, str(response.url), len(response.history)]

    return arun(main())


@program
def async_too_many():
    async def main():
        async with aclient(lambda r: to("/"), follow_redirects=True) as c:
            return await aattempt(c.get("http://a/"))

    return arun(main())


@program
def auth_rounds_and_history():
    left = [
        httpx.Response(
            401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}
        ),
        to("/x"),
        httpx.Response(200),
    ]
    c = client(lambda r: left.pop(0), follow_redirects=True)
    response = c.get("http://a/", auth=httpx.DigestAuth("u", "p"))
    return [[r.status_code for r in response.history], response.status_code]


@program
def auth_rounds_and_the_limit():
    left = [
        httpx.Response(
            401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}
        ),
        to("/x"),
        httpx.Response(200),
    ]
    c = client(lambda r: left.pop(0), follow_redirects=True, max_redirects=1)
    return attempt(c.get, "http://a/", auth=httpx.DigestAuth("u", "p"))


@program
def location_with_userinfo():
    return chain("GET", to("http://u:p@a/x"))


@program
def two_location_headers():
    response = httpx.Response(302, headers=[("Location", "/one"), ("Location", "/two")])
    return chain("GET", response)


@program
def long_location():
    return chain("GET", to("/" + "x" * 70000))[1]


@program
def control_character_in_location():
    return chain("GET", to("/x\x01"))


def followed(location):
    """Where a Location leads."""

    def moved(request):
        if request.url.path == "/r":
            return httpx.Response(303, headers={"Location": location})
        return httpx.Response(200, text=str(request.url))

    c = httpx.Client(transport=httpx.MockTransport(moved), follow_redirects=True)
    return attempt(lambda: [c.get("https://example.org/r").text])


@program
def locations():
    targets = "https://:443/ //example.org/x /x ?x #f https:///y /a/../b ./c ../d"
    return [
        followed(location)
        for location in [*targets.split(), "HTTPS://E.ORG/z", "x y", "", " /z ", "http://["]
    ]
