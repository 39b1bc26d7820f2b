"""Auth: what is accepted and preferred, each scheme's rounds, flows of one's own."""

import re

from ..helpers import aattempt, aclient, arun, attempt, client, failure, httpx, own
from ..table import program

PROGRAMS = r"""
BasicAuth("user", "pass")._auth_header, BasicAuth(b"user", b"pass")._auth_header, BasicAuth("ü", "é:x")._auth_header, BasicAuth("", "")._auth_header
BasicAuth("user")
BasicAuth(5, 6)
BasicAuth("a", None)
sig(BasicAuth), sig(DigestAuth), sig(NetRCAuth), sig(Auth)
NetRCAuth("/nonexistent/netrc")
Auth.requires_request_body, Auth.requires_response_body, BasicAuth.requires_response_body, DigestAuth.requires_response_body, DigestAuth.requires_request_body, NetRCAuth.requires_request_body
f = BasicAuth("u", "p").sync_auth_flow(Request("GET", "http://a")); r = next(f); r.headers["authorization"]
f = BasicAuth("u", "p").sync_auth_flow(Request("GET", "http://a")); next(f); attempt(f.send, Response(200))
list(Auth().auth_flow(Request("GET", "http://a")))
list(Auth().sync_auth_flow(Request("GET", "http://a")))
Client(auth=5)
Client(auth=("u",))
Client(auth=("u", "p", "x"))
Client(auth="u:p")
Client(auth=["u", "p"])
Client(auth=b"x")
type(Client(auth=("u", "p")).auth).__name__, type(Client(auth=lambda r: r).auth).__name__, Client().auth, type(Client(auth=BasicAuth("u", "p")).auth).__name__
c = Client(); c.auth = ("u", "p"); type(c.auth).__name__
c = Client(); c.auth = 5
c = Client(auth=("a", "b")); c.auth = None; c.auth
attempt(client().get, "http://a", auth=5)
attempt(client().get, "http://a", auth=("u",))
attempt(client().get, "http://a", auth={})
attempt(client().get, "http://a", auth=[])
attempt(client().get, "http://a", auth=()), attempt(client().get, "http://a", auth="")
httpx._auth.FunctionAuth.__name__, sig(httpx._auth.FunctionAuth)
"""  # noqa: E501


def sent(settings=None, url="http://a/", **call):
    """The header lines that a GET sends, beyond a client's defaults."""
    seen = []
    with client(lambda r: seen.append(own(r)) or httpx.Response(200), **(settings or {})) as c:
        c.get(url, **call)
    return seen


@program
def tuple_of_the_call():
    return sent(auth=("user", "pass"))


@program
def tuple_of_bytes():
    return sent(auth=(b"user", b"pass"))


@program
def url_userinfo():
    return sent(url="http://us%40er:p%3Aw@a/")


@program
def url_username_only():
    return sent(url="http://user@a/")


@program
def url_password_only():
    return sent(url="http://:pw@a/")


@program
def call_over_client_over_url():
    return [
        sent({"auth": ("c", "c")}, "http://u:u@a/", auth=("r", "r")),
        sent({"auth": ("c", "c")}, "http://u:u@a/"),
        sent({"auth": ("c", "c")}, "http://u:u@a/", auth=None),
        sent({"auth": ("c", "c")}, auth=None),
        sent({"auth": ("c", "c")}, auth=httpx.USE_CLIENT_DEFAULT),
    ]


@program
def over_an_authorization_header():
    return sent(auth=("u", "p"), headers={"Authorization": "mine", "X": "1"})


@program
def authorization_header_and_userinfo():
    return sent(url="http://u:p@a/", headers={"authorization": "mine"})


@program
def function():
    def sign(request):
        request.headers["X-Sign"] = request.method
        return request

    return sent(auth=sign)


@program
def function_that_returns_nothing():
    return attempt(sent, auth=lambda request: None)


@program
def function_that_makes_a_request():
    return sent(auth=lambda request: httpx.Request("GET", "http://a/other", headers={"X": "1"}))


@program
def function_that_raises():
    def boom(request):
        raise ValueError("boom")

    return attempt(sent, auth=boom)


def rounds(auth, *responses, url="http://a/x", is_async=False, **call):
    """What was sent, and what came of it, against canned responses."""
    left = list(responses)
    seen = []

    def answer(request):
        seen.append(own(request))
        response = left.pop(0)
        return response(request) if callable(response) else response

    try:
        if is_async:

            async def main():
                async with aclient(answer) as c:
                    return await c.request("GET", url, auth=auth, **call)

            response = arun(main())
        else:
            with client(answer) as c:
                response = c.request("GET", url, auth=auth, **call)
        end = [response.status_code, [r.status_code for r in response.history]]
    except Exception as error:
        end = failure(error)
    text = repr([*seen, end])
    text = re.sub(r'cnonce="[0-9a-f]+"', 'cnonce="CNONCE"', text)
    return re.sub(r'response="([0-9a-f]+)"', lambda m: f'response="<{len(m[1])}>"', text)


def challenge(text, **headers):
    return httpx.Response(401, headers={"WWW-Authenticate": text, **headers})


def digest(text, *more, **call):
    return rounds(httpx.DigestAuth("user", "pass"), challenge(text), *more, **call)


@program
def digest_md5():
    return digest('Digest realm="r", nonce="n", qop="auth"', httpx.Response(200))


@program
def digest_sha256_opaque():
    return digest(
        'Digest realm="r", nonce="n", qop="auth", opaque="o", algorithm=SHA-256',
        httpx.Response(200),
    )


@program
def digest_every_algorithm():
    names = ["MD5", "MD5-SESS", "SHA", "SHA-SESS", "SHA-256", "SHA-256-SESS"]
    names += ["SHA-512", "SHA-512-SESS", "md5", "sha-256"]
    return [
        digest(f'Digest realm="r", nonce="n", qop=auth, algorithm={n}', httpx.Response(200))
        for n in names
    ]


@program
def digest_unknown_algorithm():
    return digest('Digest realm="r", nonce="n", algorithm=FOO', httpx.Response(200))


@program
def digest_without_qop():
    return digest('Digest realm="r", nonce="n"', httpx.Response(200))


@program
def digest_qop_list():
    return digest('Digest realm="r", nonce="n", qop="auth-int, auth"', httpx.Response(200))


@program
def digest_qop_auth_int():
    return digest('Digest realm="r", nonce="n", qop="auth-int"', httpx.Response(200))


@program
def digest_qop_unknown():
    return digest('Digest realm="r", nonce="n", qop="foo"', httpx.Response(200))


@program
def digest_qop_empty():
    return digest('Digest realm="r", nonce="n", qop=""', httpx.Response(200))


@program
def digest_no_realm():
    return digest('Digest nonce="n"', httpx.Response(200))


@program
def digest_no_nonce():
    return digest('Digest realm="r"', httpx.Response(200))


@program
def digest_empty_challenge():
    return digest("Digest", httpx.Response(200))


@program
def digest_empty_realm():
    return digest('Digest realm="", nonce="n"', httpx.Response(200))


@program
def digest_upper_case_names():
    return digest('DIGEST REALM="r", NONCE="n", QOP="auth"', httpx.Response(200))


@program
def digest_quoted_comma():
    return digest('Digest realm="a, b", nonce="n=", qop="auth"', httpx.Response(200))


@program
def digest_basic_challenge_first():
    response = httpx.Response(
        401,
        headers=[
            ("WWW-Authenticate", 'Basic realm="b"'),
            ("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"'),
        ],
    )
    return rounds(httpx.DigestAuth("user", "pass"), response, httpx.Response(200))


@program
def digest_only_basic_challenge():
    return digest('Basic realm="b"')


@program
def digest_401_without_challenge():
    return rounds(httpx.DigestAuth("u", "p"), httpx.Response(401))


@program
def digest_not_needed():
    return rounds(httpx.DigestAuth("u", "p"), httpx.Response(200))


@program
def digest_refused_twice():
    return digest(
        'Digest realm="r", nonce="n", qop="auth"',
        challenge('Digest realm="r", nonce="m", qop="auth"'),
    )


@program
def digest_query_in_uri():
    return digest(
        'Digest realm="r", nonce="n", qop="auth"', httpx.Response(200), url="http://a/x y?q=1#f"
    )


@program
def digest_names_escaped():
    return rounds(
        httpx.DigestAuth('us"er', "p"),
        challenge('Digest realm="r\\"s", nonce="n", qop="auth"'),
        httpx.Response(200),
    )


@program
def digest_bytes():
    return rounds(
        httpx.DigestAuth("ü".encode(), b"p"),
        challenge('Digest realm="r", nonce="n", qop="auth"'),
        httpx.Response(200),
    )


@program
def digest_again_with_the_same_nonce():
    auth = httpx.DigestAuth("u", "p")
    first = rounds(auth, challenge('Digest realm="r", nonce="n", qop="auth"'), httpx.Response(200))
    second = rounds(auth, httpx.Response(200))
    third = rounds(auth, challenge('Digest realm="r", nonce="m", qop="auth"'), httpx.Response(200))
    return [first, second, third]


@program
def digest_cookies_of_the_401():
    return rounds(
        httpx.DigestAuth("u", "p"),
        challenge('Digest realm="r", nonce="n", qop="auth"', **{"Set-Cookie": "s=1"}),
        httpx.Response(200),
    )


@program
def digest_with_a_body():
    return rounds(
        httpx.DigestAuth("u", "p"),
        challenge('Digest realm="r", nonce="n", qop="auth"'),
        lambda request: httpx.Response(200 if request.content == b"hi" else 500),
        content=b"hi",
    )


@program
def digest_async():
    return rounds(
        httpx.DigestAuth("user", "pass"),
        challenge('Digest realm="r", nonce="n", qop="auth"'),
        httpx.Response(200),
        is_async=True,
    )


@program
def digest_computes_its_response():
    from hashlib import md5

    seen = []

    def answer(request):
        if "authorization" not in request.headers:
            return challenge('Digest realm="r", nonce="n", qop="auth"')
        seen.append(request.headers["authorization"])
        return httpx.Response(200)

    client(answer).get("http://a/x?y", auth=httpx.DigestAuth("u", "p"))
    fields = dict(re.findall(r'(\w+)="?([^",]+)"?', seen[0]))
    one = md5(b"u:r:p").hexdigest()
    two = md5(b"GET:/x?y").hexdigest()
    text = f"{one}:n:{fields['nc']}:{fields['cnonce']}:auth:{two}"
    return [fields["response"] == md5(text.encode()).hexdigest(), fields["nc"], fields["uri"]]


@program
def netrc():
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "netrc")
        with open(path, "w") as file:
            file.write("machine a login u password p\nmachine b login only\n")
        auth = httpx.NetRCAuth(path)
        return [sent(auth=auth), sent(url="http://b/", auth=auth), sent(url="http://c/", auth=auth)]


@program
def netrc_default_entry():
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "netrc")
        with open(path, "w") as file:
            file.write("default login d password p\n")
        return sent(auth=httpx.NetRCAuth(file=path))


@program
def netrc_malformed():
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "netrc")
        with open(path, "w") as file:
            file.write("nonsense\n")
        try:
            return sent(auth=httpx.NetRCAuth(path))
        except Exception as error:
            return type(error).__name__


class Twice(httpx.Auth):
    requires_response_body = True

    def auth_flow(self, request):
        response = yield request
        request.headers["X-Round"] = response.text
        yield request


class WithBody(httpx.Auth):
    requires_request_body = True

    def auth_flow(self, request):
        request.headers["X-Body"] = request.content.decode()
        yield request


@program
def flow_of_ones_own():
    return rounds(Twice(), httpx.Response(200, text="one"), httpx.Response(201))


@program
def flow_of_ones_own_async():
    return rounds(Twice(), httpx.Response(200, text="one"), httpx.Response(201), is_async=True)


@program
def flow_reads_the_request():
    return rounds(WithBody(), httpx.Response(200), content=iter([b"a", b"b"]))


@program
def flow_without_reading():
    class NoBody(httpx.Auth):
        def auth_flow(self, request):
            request.headers["X-Body"] = str(len(request.content))
            yield request

    return rounds(NoBody(), httpx.Response(200), content=iter([b"a", b"b"]))


@program
def flow_only_sync():
    class Sync(httpx.Auth):
        def sync_auth_flow(self, request):
            request.headers["X"] = "sync"
            yield request

    return [
        rounds(Sync(), httpx.Response(200)),
        rounds(Sync(), httpx.Response(200), is_async=True),
    ]


@program
def flow_only_async():
    class Async(httpx.Auth):
        async def async_auth_flow(self, request):
            request.headers["X"] = "async"
            yield request

    return [
        rounds(Async(), httpx.Response(200)),
        rounds(Async(), httpx.Response(200), is_async=True),
    ]


@program
def flow_yields_nothing():
    class Nothing(httpx.Auth):
        def auth_flow(self, request):
            return
            yield

    return rounds(Nothing(), httpx.Response(200))


@program
def flow_raises_after_a_response():
    closed = []

    class Boom(httpx.Auth):
        def auth_flow(self, request):
            try:
                yield request
                raise ValueError("after")
            finally:
                closed.append("closed")

    return [rounds(Boom(), httpx.Response(200)), closed]


@program
def flow_is_closed_when_the_transport_fails():
    events = []

    class Watch(httpx.Auth):
        def auth_flow(self, request):
            try:
                yield request
            except BaseException as error:
                events.append(type(error).__name__)
                raise

    def broken(request):
        raise httpx.ConnectError("no")

    return [rounds(Watch(), broken), events]


@program
def flow_of_another_request():
    class Token(httpx.Auth):
        def auth_flow(self, request):
            response = yield httpx.Request("POST", "http://token/")
            response.read()
            request.headers["Authorization"] = response.text
            yield request

    return rounds(Token(), httpx.Response(200, text="T"), httpx.Response(200))


@program
def auth_of_a_send():
    seen = []
    c = client(lambda r: seen.append(own(r)) or httpx.Response(200), auth=("c", "c"))
    request = c.build_request("GET", "http://a/")
    c.send(request)
    c.send(c.build_request("GET", "http://a/"), auth=("s", "s"))
    c.send(c.build_request("GET", "http://a/"), auth=None)
    return [*seen, own(request)]


@program
def bad_auth_async():
    async def main():
        async with aclient() as c:
            return await aattempt(c.get("http://a/", auth=5))

    return arun(main())


@program
def digest_counts_and_new_nonces():
    seen = []

    def handler(request):
        given = request.headers.get("authorization", "")
        seen.append([part.strip() for part in given.split(",") if "nc=" in part])
        if len(seen) in (1, 4):
            challenge = f'Digest realm="r", nonce="{len(seen)}", qop="auth", algorithm=SHA-256'
            return httpx.Response(401, headers={"WWW-Authenticate": challenge})
        return httpx.Response(200)

    auth = httpx.DigestAuth("u", "p")
    with httpx.Client(transport=httpx.MockTransport(handler)) as c:
        histories = [len(c.get("http://a/", auth=auth).history) for _ in range(4)]
    return [histories, seen]


@program
def auth_that_reads_both_bodies():
    class Signed(httpx.Auth):
        requires_request_body = True
        requires_response_body = True

        def auth_flow(self, request):
            request.headers["Length"] = str(len(request.content))
            response = yield request
            request.headers["Token"] = response.text
            yield request

    seen = []

    def handler(request):
        seen.append([request.headers.get(name) for name in ("length", "token")])
        return httpx.Response(200, text="token")

    with httpx.Client(transport=httpx.MockTransport(handler)) as c:
        response = c.post("http://a/", auth=Signed(), content=iter([b"ab", b"c"]))
    return [seen, len(response.history), response.history[0].text]
