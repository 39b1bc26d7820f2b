"""Clients: constructor, attributes, life cycle, verbs, and what each sends."""

from ..helpers import (
    aattempt,
    aclient,
    arun,
    attempt,
    client,
    echo,
    heading,
    httpx,
    own,
    raw,
    texts,
)
from ..table import program

PROGRAMS = r"""
raw(Client().headers)
raw(Client(headers={"X": "1"}).headers)
raw(Client(headers={"user-agent": "mine"}).headers)
raw(Client(headers=[("Accept", "a"), ("accept", "b")]).headers)
Client().headers["accept-encoding"].split(", ")[:2]
c = Client(); c.headers = {"X": "1"}; raw(c.headers)
c = Client(); c.headers = None; raw(c.headers)
c = Client(); c.headers["X"] = "1"; raw(c.headers)[-1]
c = Client(); del c.headers["user-agent"]; raw(c.headers)
c = Client(cookies={"a": "1"}); (c.cookies, type(c.cookies).__name__)
c = Client(); c.cookies = {"a": "1"}; c.cookies
c = Client(); c.params = {"a": 1}; (c.params, type(c.params).__name__)
Client(params="a=1").params, Client().params
c = Client(base_url="http://a/b"); (c.base_url, c._base_url)
c = Client(base_url="http://a"); c.base_url
c = Client(); (c.base_url, c._base_url)
c = Client(); c.base_url = "http://a/x"; c.base_url
Client(base_url="http://a/b/").base_url, Client(base_url=URL("http://a/b?x=1#f")).base_url, Client(base_url="/rel").base_url
Client(base_url=5)
Client(base_url=None)
c = Client(); c.timeout = 3; c.timeout
c = Client(); c.timeout = None; c.timeout
c = Client(); (c.follow_redirects, c.max_redirects, c.trust_env, c.is_closed)
c = Client(follow_redirects=True, max_redirects=3, trust_env=False); (c.follow_redirects, c.max_redirects, c.trust_env)
c = Client(); c.trust_env = False
c = Client(); c.is_closed = True
c = Client(); (c.event_hooks, c._event_hooks)
c = Client(event_hooks={"request": [print]}); c.event_hooks == {"request": [print], "response": []}
c = Client(); c.event_hooks = {"response": [print]}; list(c.event_hooks), len(c.event_hooks["response"])
c = Client(); c.event_hooks = {"foo": []}; c.event_hooks
c = Client(event_hooks={"request": print})
Client(event_hooks=5)
Client(headers=5)
Client(cookies=5)
Client(params=5)
Client(transport=5).get("http://a")
Client(mounts=5)
Client(max_redirects="x").max_redirects
Client(default_encoding="latin-1")._default_encoding if hasattr(Client(), "_default_encoding") else None
repr(Client()).split(" at ")[0], repr(AsyncClient()).split(" at ")[0]
c = Client(); (c._state, c._state.name, c._state.value)
c = Client(); c.__enter__() is c, c._state.name
c = Client(); c.__enter__(); c.__exit__(None, None, None); (c._state.name, c.is_closed)
c = Client(); c.__enter__(); c.__enter__()
c = Client(); c.close(); c.__enter__()
c = client(); c.close(); c.get("http://a")
c = Client(); c.close(); c.close(); c.is_closed
c = client(); c.get("http://a"); c.__enter__()
c = Client(); c.close(); c.build_request("GET", "http://a").method
arun(AsyncClient().aclose())
c = AsyncClient(); c.is_closed
AsyncClient().close()
AsyncClient().__enter__()
Client().__aenter__()
type(Client()._transport).__name__, type(AsyncClient()._transport).__name__, Client()._mounts
Client(transport=MockTransport(echo))._transport.__class__.__name__
client().get("http://a/x").json()["headers"]
client().get("http://a/x", headers={"X": "1", "accept": "y"}).json()["headers"]
client().post("http://a/x", json={"a": 1}).json()["headers"]
client().post("http://a/x", data={"a": 1}).json()["headers"]
client().post("http://a/x").json()["headers"]
client().request("FOO", "http://a/x").json()["method"]
client().request("get", URL("http://a/x")).json()["method"]
[getattr(client(), m)("http://a/x").json()["method"] for m in ("get", "options", "post", "put", "patch", "delete")]
client().head("http://a/x").status_code
client().get("http://a/x", json={})
client().delete("http://a/x", content=b"")
client().options("http://a", data={})
client().get()
client().get("/x")
client().get("")
client().get("x.com")
client().get(None)
client().get(5)
client().get("http://a", timeout="x")
client().get("http://a", headers=5)
client().get("http://a", params=5)
client().get("http://a", nope=1)
client().get("http://a", cookies={"x": "1"}).json()["headers"][-1]
client().post("http://a", data=b"x").json()["body"]
client().build_request("GET", "http://a", cookies={"x": "1"}).headers["cookie"]
client().send("x")
client().send(Request("GET", "http://a")).json()["headers"]
client().send(Request("GET", "/x"))
Client().send(Request("GET", "/x"))
Client().send(Request("GET", "ftp://a/x"))
Client().get("ftp://a")
Client().get("//a")
r = client().get("http://a/x"); (r.request.url, r.url, r.history, r.next_request, r.elapsed.__class__.__name__, r.is_closed, r.http_version, r.default_encoding)
r = client(default_encoding="latin-1").get("http://a/x"); r.default_encoding
client(reply(200, content=b"\xe9"), default_encoding="latin-1").get("http://a").text
client(reply(200, content=b"\xe9"), default_encoding=lambda c: "latin-1").get("http://a").text
client().get("http://a", extensions={"x": 1}).request.extensions
client().get("http://a").request.extensions
client().get("http://a", timeout=None).request.extensions
client().get("http://a", timeout=2, extensions={"timeout": {"read": 9}}).request.extensions
client(timeout=7).send(Request("GET", "http://a")).request.extensions
client().send(Request("GET", "http://a", extensions={"timeout": {}})).request.extensions
client().build_request("GET", "http://a", extensions={"x": 1}, timeout=Timeout(1)).extensions
client().build_request("POST", "http://a", content=b"x").stream.__class__.__name__
client().build_request("GET", "http://a").extensions
client().build_request("get", "http://a/", params={"a": 1}, headers={"b": "2"}).url
client().build_request("GET")
httpx.stream("GET", "ftp://a").__class__.__name__
USE_CLIENT_DEFAULT is httpx._client.USE_CLIENT_DEFAULT, type(USE_CLIENT_DEFAULT).__name__
"""  # noqa: E501


@program
def every_verb_with_a_body():
    with client() as c:
        return [
            getattr(c, verb)("http://a/", content=b"x").json()["body"]
            for verb in ("post", "put", "patch")
        ]


@program
def closing_closes_mounts():
    closed = []

    class T(httpx.BaseTransport):
        def __init__(self, name):
            self.name = name

        def handle_request(self, request):
            return httpx.Response(200)

        def __enter__(self):
            closed.append(f"enter {self.name}")
            return self

        def __exit__(self, *arguments):
            closed.append(f"exit {self.name}")

        def close(self):
            closed.append(f"close {self.name}")

    with httpx.Client(transport=T("main"), mounts={"all://x": T("mount"), "all://y": None}):
        pass
    httpx.Client(transport=T("main"), mounts={"all://x": T("mount")}).close()
    return closed


@program
def closing_closes_mounts_async():
    closed = []

    class T(httpx.AsyncBaseTransport):
        def __init__(self, name):
            self.name = name

        async def handle_async_request(self, request):
            return httpx.Response(200)

        async def __aenter__(self):
            closed.append(f"enter {self.name}")
            return self

        async def __aexit__(self, *arguments):
            closed.append(f"exit {self.name}")

        async def aclose(self):
            closed.append(f"close {self.name}")

    async def main():
        async with httpx.AsyncClient(transport=T("main"), mounts={"all://x": T("mount")}):
            pass
        await httpx.AsyncClient(transport=T("main")).aclose()

    arun(main())
    return closed


@program
def life_cycle_async():
    async def main():
        c = aclient()
        answer = [c._state.name]
        await c.get("http://a/")
        answer.append(c._state.name)
        answer.append(await aattempt(c.__aenter__()))
        await c.aclose()
        answer.append(c._state.name)
        answer.append(await aattempt(c.get("http://a/")))
        answer.append(await aattempt(c.__aenter__()))
        return answer

    return arun(main())


@program
def context_closes_after_an_error():
    c = client()
    try:
        with c:
            raise ValueError("mine")
    except ValueError:
        return [c.is_closed]


@program
def async_sends_the_same():
    async def main():
        async with aclient() as c:
            return (await c.post("http://a/x", json={"a": 1}, headers={"X": "1"})).json()

    sync = client().post("http://a/x", json={"a": 1}, headers={"X": "1"}).json()
    return [arun(main()) == sync]


@program
def async_verbs():
    async def main():
        async with aclient() as c:
            verbs = ("get", "options", "post", "put", "patch", "delete")
            return [(await getattr(c, verb)("http://a/")).json()["method"] for verb in verbs]

    return arun(main())


@program
def async_build_and_send():
    async def main():
        async with aclient() as c:
            request = c.build_request("GET", "http://a/x", params={"a": 1})
            return [heading(request), (await c.send(request)).status_code]

    return arun(main())


@program
def stream_verbs():
    with client() as c, c.stream("POST", "http://a/", content=b"x", params={"a": 1}) as response:
        response.read()
        return [response.json()["url"], response.json()["body"]]


@program
def stream_cookies_do_not_warn():
    with client() as c, c.stream("GET", "http://a/", cookies={"a": "1"}) as response:
        return response.read().count(b"a=1")


@program
def top_level_with_a_patched_client():
    from unittest import mock

    seen = []

    def send(self, request, **settings):
        seen.append([own(request), sorted(settings)])
        return httpx.Response(200, request=request)

    with mock.patch.object(httpx._client.Client, "send", send):
        httpx.get("http://a/", params={"x": 1}, cookies={"c": "1"}, headers={"h": "1"})
        httpx.post("http://a/", json=1)
        httpx.request("PURGE", "http://a/", content=b"x", timeout=None)
        with httpx.stream("GET", "http://a/"):
            pass
    return seen


@program
def raw_headers_arrive_with_their_case():
    seen = []
    c = client(lambda request: seen.append(raw(request.headers)) or httpx.Response(200))
    c.get("http://a/", headers={"X-MiXeD": "1", "ACCEPT": "2"})
    return seen


@program
def request_of_response_is_the_one_sent():
    with client() as c:
        request = c.build_request("GET", "http://a/")
        return [c.send(request).request is request]


@program
def handler_errors_come_through():
    class Mine(Exception):
        pass

    def broken(request):
        raise Mine("x")

    return attempt(client(broken).get, "http://a/")


@program
def transport_error_gets_the_request():
    def broken(request):
        raise httpx.ConnectError("no")

    try:
        client(broken).get("http://a/y")
    except httpx.ConnectError as error:
        return [str(error.request.url), str(error)]


@program
def request_error_keeps_its_request():
    other = httpx.Request("GET", "http://other/")

    def broken(request):
        raise httpx.ConnectError("no", request=other)

    try:
        client(broken).get("http://a/y")
    except httpx.ConnectError as error:
        return [str(error.request.url)]


@program
def multipart_through_a_client():
    seen = []
    c = client(lambda r: seen.append(texts(r)[5:]) or httpx.Response(200))
    c.post("http://a/", files={"f": ("n.txt", b"x")}, data={"a": "1"})
    return seen


@program
def response_without_stream_kinds():
    class T(httpx.BaseTransport):
        def handle_request(self, request):
            return "nonsense"

    return attempt(httpx.Client(transport=T()).get, "http://a/")


@program
def async_transport_on_a_sync_client():
    class T(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            return httpx.Response(200)

    return attempt(httpx.Client(transport=T()).get, "http://a/")


@program
def sync_transport_on_an_async_client():
    class T(httpx.BaseTransport):
        def handle_request(self, request):
            return httpx.Response(200)

    async def main():
        return await aattempt(httpx.AsyncClient(transport=T()).get("http://a/"))

    return arun(main())


@program
def echoed_request():
    return echo(httpx.Request("GET", "http://a/")).json()


class Opened(httpx.BaseTransport):
    """A transport that notes when it is entered, closed and left."""

    def __init__(self):
        self.events = []

    def __enter__(self):
        super().__enter__()
        self.events.append("enter")
        return self

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        self.events.append("exit")

    def close(self):
        self.events.append("close")


class AOpened(httpx.AsyncBaseTransport):
    """The same for an asynchronous client."""

    def __init__(self):
        self.events = []

    async def __aenter__(self):
        await super().__aenter__()
        self.events.append("enter")
        return self

    async def __aexit__(self, *arguments):
        await super().__aexit__(*arguments)
        self.events.append("exit")

    async def aclose(self):
        self.events.append("close")


@program
def transports_are_entered_and_left():
    one, two = Opened(), Opened()
    with httpx.Client(transport=one, mounts={"http://x": two, "http://y": None}):
        inside = [list(one.events), list(two.events)]
    return [inside, one.events, two.events]


@program
def transports_are_closed():
    one, two = Opened(), Opened()
    c = httpx.Client(transport=one, mounts={"http://x": two})
    c.close()
    c.close()
    return [one.events, two.events]


@program
def async_transports_are_entered_and_left():
    async def main():
        one, two = AOpened(), AOpened()
        async with httpx.AsyncClient(transport=one, mounts={"http://x": two, "http://y": None}):
            inside = [list(one.events), list(two.events)]
        c = httpx.AsyncClient(transport=one)
        await c.aclose()
        return [inside, one.events, two.events]

    return arun(main())
