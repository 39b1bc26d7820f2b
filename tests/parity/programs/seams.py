"""Seams: what is called, with which arguments, when a subclass or a patch stands in the way."""

from unittest import mock

from ..helpers import aattempt, arun, attempt, client, httpx
from ..table import program


def ok(request):
    return httpx.Response(200, content=b"x")


def shown(value):
    """An argument by kind where its `repr` would not be steady."""
    if isinstance(value, httpx.Client | httpx.AsyncClient | httpx.BaseTransport):
        return type(value).__name__
    if value is httpx.USE_CLIENT_DEFAULT:
        return "USE_CLIENT_DEFAULT"
    if isinstance(value, httpx.Auth):
        return type(value).__name__
    if isinstance(value, list):
        return [shown(item) for item in value]
    return repr(value)


def spy(names, use, kind=httpx.Client, transport=None):
    """A client whose named methods note how they are called."""
    calls = []

    def noting(name):
        original = getattr(kind, name)

        def method(self, *arguments, **settings):
            calls.append(
                f"{name}({', '.join([str(shown(a)) for a in arguments] + [f'{k}={shown(v)}' for k, v in settings.items()])})"  # noqa: E501
            )
            return original(self, *arguments, **settings)

        return method

    noted = type("Noted", (kind,), {name: noting(name) for name in names})
    use(noted(transport=transport or httpx.MockTransport(ok)))
    return calls


def moving(request):
    if request.url.path == "/":
        return httpx.Response(303, headers={"Location": "/x"})
    return httpx.Response(200, content=b"x")


@program
def get_goes_through_request():
    return spy(["request"], lambda c: c.get("http://a/", params={"a": 1}))


@program
def verbs_go_through_request():
    def use(c):
        for verb in ("options", "head", "delete", "post", "put", "patch"):
            getattr(c, verb)("http://a/")

    return spy(["request"], use)


@program
def request_goes_through_build_request_and_send():
    return spy(["build_request", "send"], lambda c: c.request("POST", "http://a/", json=1))


@program
def request_passes_auth_and_redirects_on():
    return spy(
        ["build_request", "send"],
        lambda c: c.request("GET", "http://a/", auth=("u", "p"), follow_redirects=True, timeout=3),
    )


@program
def stream_goes_through_build_request_and_send():
    def use(c):
        with c.stream("GET", "http://a/", headers={"a": "1"}):
            pass

    return spy(["request", "build_request", "send"], use)


@program
def request_cookies_in_the_chain():
    return spy(["build_request"], lambda c: c.request("GET", "http://a/", cookies={"a": "1"}))


@program
def send_handling_chain():
    return spy(
        [
            "_build_request_auth",
            "_send_handling_auth",
            "_send_handling_redirects",
            "_send_single_request",
            "_transport_for_url",
        ],
        lambda c: c.get("http://a/"),
    )


@program
def send_handling_chain_streamed():
    def use(c):
        with c.stream("GET", "http://a/", follow_redirects=True, auth=("u", "p")):
            pass

    return spy(
        ["send", "_send_handling_auth", "_send_handling_redirects", "_send_single_request"], use
    )


@program
def redirect_chain():
    return spy(
        [
            "_build_redirect_request",
            "_redirect_method",
            "_redirect_url",
            "_redirect_headers",
            "_redirect_stream",
            "_send_single_request",
            "_transport_for_url",
        ],
        lambda c: c.post("http://a/", content=b"x", follow_redirects=True),
        transport=httpx.MockTransport(moving),
    )


@program
def redirect_chain_not_followed():
    return spy(
        ["_build_redirect_request", "_redirect_headers"],
        lambda c: c.get("http://a/"),
        transport=httpx.MockTransport(moving),
    )


@program
def merging_chain():
    return spy(
        ["_merge_url", "_merge_headers", "_merge_cookies", "_merge_queryparams"],
        lambda c: c.get("http://a/x", params={"a": 1}, headers={"b": "2"}),
    )


@program
def merging_chain_without_arguments():
    return spy(
        ["_merge_url", "_merge_headers", "_merge_cookies", "_merge_queryparams"],
        lambda c: c.get("http://a/"),
    )


@program
def async_chain():
    async def use_async(c):
        async with c:
            await c.get("http://a/", params={"a": 1})

    return spy(
        [
            "request",
            "build_request",
            "send",
            "_send_handling_auth",
            "_send_handling_redirects",
            "_send_single_request",
            "_transport_for_url",
        ],
        lambda c: arun(use_async(c)),
        kind=httpx.AsyncClient,
    )


def construct(kind=httpx.Client, **settings):
    calls = []

    class Noted(kind):
        def _init_transport(self, *arguments, **given):
            calls.append(
                [
                    "_init_transport",
                    [shown(a) for a in arguments],
                    {k: shown(v) for k, v in given.items()},
                ]
            )
            return super()._init_transport(*arguments, **given)

        def _init_proxy_transport(self, *arguments, **given):
            calls.append(
                [
                    "_init_proxy_transport",
                    [shown(a) for a in arguments],
                    {k: shown(v) for k, v in given.items()},
                ]
            )
            return super()._init_proxy_transport(*arguments, **given)

    with mock.patch.dict("os.environ", {"NO_PROXY": ""}):
        made = Noted(**settings)
    return [*calls, [type(t).__name__ for t in made._mounts.values()]]


@program
def init_transport_plain():
    return construct()


@program
def init_transport_with_everything():
    return construct(
        verify=False,
        http1=True,
        http2=True,
        limits=httpx.Limits(max_connections=5),
        trust_env=False,
    )


@program
def init_transport_given():
    return construct(transport=httpx.MockTransport(ok))


@program
def init_proxy_transport():
    return construct(proxy="http://u:p@x:1")


@program
def init_proxy_transport_async():
    return construct(httpx.AsyncClient, proxy="http://x:1", http2=False)


@program
def init_transport_can_be_replaced():
    class Mine(httpx.Client):
        def _init_transport(self, *arguments, **given):
            return httpx.MockTransport(lambda r: httpx.Response(299))

    return Mine().get("http://a/").status_code


@program
def transport_for_url_patched_on_the_class():
    def choose(self, url):
        return httpx.MockTransport(lambda r: httpx.Response(298, text=str(url)))

    with mock.patch.object(httpx._client.Client, "_transport_for_url", choose):
        response = httpx.get("http://a/x")
    return [response.status_code, response.text]


@program
def transport_for_url_patched_async():
    def choose(self, url):
        return httpx.MockTransport(lambda r: httpx.Response(298))

    async def main():
        async with httpx.AsyncClient() as c:
            return (await c.get("http://a/")).status_code

    with mock.patch.object(httpx._client.AsyncClient, "_transport_for_url", choose):
        return arun(main())


@program
def send_patched_on_the_class():
    seen = []
    original = httpx.Client.send

    def send(self, request, **settings):
        seen.append([request.method, sorted(settings)])
        return original(self, request, **settings)

    with mock.patch.object(httpx.Client, "send", send), client(ok) as c:
        c.get("http://a/")
        with c.stream("GET", "http://a/"):
            pass
        c.request("PUT", "http://a/")
    return seen


@program
def send_patched_on_the_async_class():
    seen = []
    original = httpx.AsyncClient.send

    async def send(self, request, **settings):
        seen.append([request.method, sorted(settings)])
        return await original(self, request, **settings)

    async def main():
        async with httpx.AsyncClient(transport=httpx.MockTransport(ok)) as c:
            await c.get("http://a/")
            async with c.stream("GET", "http://a/"):
                pass

    with mock.patch.object(httpx.AsyncClient, "send", send):
        arun(main())
    return seen


@program
def send_single_request_wrapped():
    seen = []
    original = httpx.Client._send_single_request

    def single(self, request):
        seen.append(str(request.url))
        return original(self, request)

    with mock.patch.object(httpx.Client, "_send_single_request", single):
        client(moving, follow_redirects=True).get("http://a/")
    return seen


@program
def send_single_request_replaced():
    class Mine(httpx.Client):
        def _send_single_request(self, request):
            return httpx.Response(297, request=request, content=b"mine")

    return [Mine().get("http://a/").status_code, Mine().get("http://a/").content]


@program
def send_single_request_replaced_async():
    class Mine(httpx.AsyncClient):
        async def _send_single_request(self, request):
            return httpx.Response(297, request=request, content=b"mine")

    async def main():
        return (await Mine().get("http://a/")).status_code

    return arun(main())


@program
def send_single_request_raises():
    class Mine(httpx.Client):
        def _send_single_request(self, request):
            raise httpx.ConnectError("mine", request=request)

    return attempt(Mine().get, "http://a/")


@program
def build_redirect_request_replaced():
    class Mine(httpx.Client):
        def _build_redirect_request(self, request, response):
            made = super()._build_redirect_request(request, response)
            made.headers["X-Mine"] = "1"
            return made

    seen = []

    def answer(request):
        seen.append(request.headers.get("x-mine"))
        return moving(request)

    Mine(transport=httpx.MockTransport(answer), follow_redirects=True).get("http://a/")
    return seen


@program
def redirect_headers_replaced():
    class Mine(httpx.Client):
        def _redirect_headers(self, request, url, method):
            headers = super()._redirect_headers(request, url, method)
            headers["Authorization"] = f"{method} {url}"
            return headers

    seen = []

    def answer(request):
        seen.append(request.headers.get("authorization"))
        return moving(request)

    Mine(transport=httpx.MockTransport(answer), follow_redirects=True).get("http://a/")
    return seen


@program
def redirect_headers_replaced_async():
    class Mine(httpx.AsyncClient):
        def _redirect_headers(self, request, url, method):
            headers = super()._redirect_headers(request, url, method)
            headers["Authorization"] = "kept"
            return headers

    seen = []

    def answer(request):
        seen.append(request.headers.get("authorization"))
        return moving(request)

    async def main():
        c = Mine(transport=httpx.MockTransport(answer), follow_redirects=True)
        await c.get("http://a/")

    arun(main())
    return seen


@program
def build_request_auth_replaced():
    class Mine(httpx.Client):
        def _build_request_auth(self, request, auth=httpx.USE_CLIENT_DEFAULT):
            return httpx.BasicAuth("seam", "seam")

    seen = []

    def answer(request):
        seen.append(request.headers["authorization"])
        return ok(request)

    Mine(transport=httpx.MockTransport(answer)).get("http://a/")
    return seen


@program
def build_request_replaced():
    class Mine(httpx.Client):
        def build_request(self, method, url, **settings):
            return super().build_request(method, f"http://b{url}", **settings)

    return str(Mine(transport=httpx.MockTransport(ok)).get("/x").url)


@program
def request_replaced_with_fixed_keywords():
    class Mine(httpx.Client):
        def request(
            self,
            method,
            url,
            *,
            content=None,
            data=None,
            files=None,
            json=None,
            params=None,
            headers=None,
            cookies=None,
            auth=httpx.USE_CLIENT_DEFAULT,
            follow_redirects=httpx.USE_CLIENT_DEFAULT,
            timeout=httpx.USE_CLIENT_DEFAULT,
            extensions=None,
        ):
            return super().request(method, url, headers={"X": method})

    c = Mine(transport=httpx.MockTransport(ok))
    return [c.get("http://a/").request.headers["x"], c.post("http://a/").request.headers["x"]]


@program
def send_replaced_with_fixed_keywords():
    class Mine(httpx.Client):
        def send(self, request, *, stream=False, auth=None, follow_redirects=None):
            return httpx.Response(296, request=request)

    c = Mine()
    with c.stream("GET", "http://a/") as response:
        return [c.get("http://a/").status_code, response.status_code]


@program
def event_hooks_replaced_by_a_property():
    seen = []

    class Mine(httpx.Client):
        @property
        def _event_hooks(self):
            return self.__dict__["kept"]

        @_event_hooks.setter
        def _event_hooks(self, hooks):
            seen.append(sorted(hooks))
            self.__dict__["kept"] = hooks

    c = Mine(transport=httpx.MockTransport(ok), event_hooks={"request": [lambda r: seen.append(1)]})
    c.get("http://a/")
    return seen


@program
def transport_attribute_wrapped_in_place():
    c = client(ok)
    original = c._transport.handle_request
    seen = []

    def wrapped(request):
        seen.append(request.method)
        return original(request)

    c._transport.handle_request = wrapped
    c.get("http://a/")
    return seen


@program
def response_made_by_hand():
    from ..helpers import Chunks

    response = httpx.Response(200, stream=Chunks(b"a"))
    response._content = b"assigned"
    return [response.content, attempt(response.read), response.text]


@program
def client_attributes_assigned():
    c = client(ok)
    c._base_url = httpx.URL("http://b/")
    c._auth = httpx.BasicAuth("u", "p")
    c._timeout = httpx.Timeout(9)
    response = c.get("x")
    return [
        str(response.url),
        response.request.headers.get("authorization"),
        response.request.extensions["timeout"],
    ]


@program
def async_transport_wrapped():
    class Retry(httpx.AsyncBaseTransport):
        def __init__(self, inner):
            self.inner = inner
            self.tries = 0

        async def handle_async_request(self, request):
            while True:
                self.tries += 1
                response = await self.inner.handle_async_request(request)
                if response.status_code != 503:
                    return response
                await response.aclose()

    left = [httpx.Response(503), httpx.Response(200)]

    async def main():
        transport = Retry(httpx.MockTransport(lambda r: left.pop(0)))
        async with httpx.AsyncClient(transport=transport) as c:
            response = await aattempt(c.get("http://a/"))
            return [response.status_code, transport.tries]

    return arun(main())
