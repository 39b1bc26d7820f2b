"""MockTransport and transports of one's own."""

from ..helpers import aattempt, arun, attempt, httpx
from ..table import program

PROGRAMS = r"""
MockTransport(echo).handle_request(Request("GET", "http://a/")).status_code
MockTransport(echo).handler is echo
MockTransport()
MockTransport(None).handle_request(Request("GET", "http://a/"))
MockTransport(lambda r: None).handle_request(Request("GET", "http://a/"))
client(lambda r: None).get("http://a/")
client(lambda r: "x").get("http://a/")
BaseTransport().handle_request(Request("GET", "http://a"))
arun(AsyncBaseTransport().handle_async_request(Request("GET", "http://a")))
BaseTransport().close(), arun(AsyncBaseTransport().aclose())
t = BaseTransport(); t.__enter__() is t, t.__exit__(None, None, None)
isinstance(MockTransport(echo), BaseTransport), isinstance(MockTransport(echo), AsyncBaseTransport)
isinstance(HTTPTransport(), BaseTransport), isinstance(AsyncHTTPTransport(), AsyncBaseTransport)
HTTPTransport().handle_request(Request("GET", "ftp://a"))
HTTPTransport().handle_request(Request("GET", "/x"))
HTTPTransport().handle_request(Request("POST", "http://127.0.0.1:1", content=apieces(b"x")))
t = HTTPTransport(); t.close(), t.close()
t = HTTPTransport(); t.__enter__() is t, t.__exit__()
hasattr(HTTPTransport(), "_pool"), hasattr(AsyncHTTPTransport(), "_pool")
r = client(lambda q: Response(200, content=b"x")).get("http://a"); (r.extensions.keys(), r.content)
client(lambda q: Response(204)).get("http://a").content
"""


@program
def async_handler_on_a_sync_client():
    async def handler(request):
        return httpx.Response(200)

    return attempt(httpx.Client(transport=httpx.MockTransport(handler)).get, "http://a/")


@program
def async_handler():
    async def handler(request):
        return httpx.Response(200, content=await request.aread())

    async def main():
        async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as c:
            return (await c.post("http://a/", content=b"x")).content

    return arun(main())


@program
def sync_handler_on_an_async_client():
    async def main():
        transport = httpx.MockTransport(lambda r: httpx.Response(200, content=r.content))
        async with httpx.AsyncClient(transport=transport) as c:
            return (await c.post("http://a/", content=b"x")).content

    return arun(main())


@program
def body_is_read_for_the_handler():
    def body():
        yield b"a"
        yield b"b"

    transport = httpx.MockTransport(lambda r: httpx.Response(200, content=r.content))
    return httpx.Client(transport=transport).post("http://a/", content=body()).content


@program
def stop_iteration_of_a_handler():
    left = iter([httpx.Response(200)])
    c = httpx.Client(transport=httpx.MockTransport(lambda r: next(left)))
    first = c.get("http://a/").status_code
    return [first, attempt(c.get, "http://a/")]


@program
def stop_iteration_of_an_async_handler():
    left = iter([])

    async def main():
        async with httpx.AsyncClient(transport=httpx.MockTransport(lambda r: next(left))) as c:
            return await aattempt(c.get("http://a/"))

    return arun(main())


@program
def same_response_again():
    response = httpx.Response(200, content=b"x")
    c = httpx.Client(transport=httpx.MockTransport(lambda r: response))
    return [c.get("http://a/").content, c.get("http://b/").content, str(response.url)]


@program
def transport_without_base_class():
    class T:
        def handle_request(self, request):
            return httpx.Response(200, content=b"duck")

        def close(self):
            pass

    with httpx.Client(transport=T()) as c:
        return attempt(lambda: c.get("http://a/").content)


@program
def transport_used_without_context():
    class T:
        def handle_request(self, request):
            return httpx.Response(200, content=b"duck")

        def close(self):
            pass

    c = httpx.Client(transport=T())
    answer = c.get("http://a/").content
    c.close()
    return answer


@program
def transport_sees_the_prepared_request():
    seen = []

    class T(httpx.BaseTransport):
        def handle_request(self, request):
            seen.append([type(request.stream).__name__, sorted(request.extensions)])
            return httpx.Response(200, stream=httpx.ByteStream(b"x"))

    httpx.Client(transport=T()).post("http://a/", content=b"x")
    httpx.Client(transport=T()).post("http://a/", content=iter([b"x"]))
    return seen


@program
def transport_changes_the_request():
    class T(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            request.url = request.url.copy_with(host="changed")
            request.headers["Host"] = "changed"
            request.extensions = {**request.extensions, "sni_hostname": "x"}
            return httpx.Response(200)

    async def main():
        async with httpx.AsyncClient(transport=T()) as c:
            response = await c.get("http://a/")
            return [str(response.url), response.request.headers["host"]]

    return arun(main())


@program
def wrapped_transport():
    class T(httpx.BaseTransport):
        def __init__(self, inner):
            self.inner = inner

        def handle_request(self, request):
            response = self.inner.handle_request(request)
            response.headers["X-Wrapped"] = "1"
            return response

    c = httpx.Client(transport=T(httpx.MockTransport(lambda r: httpx.Response(200))))
    return c.get("http://a/").headers["x-wrapped"]


@program
def patched_on_the_class():
    from unittest import mock

    def handle(self, request):
        return httpx.Response(299)

    async def ahandle(self, request):
        return httpx.Response(298)

    async def main():
        async with httpx.AsyncClient() as c:
            return (await c.get("http://a/")).status_code

    with mock.patch.object(httpx.HTTPTransport, "handle_request", handle):
        one = httpx.get("http://a/").status_code
    with mock.patch.object(httpx.AsyncHTTPTransport, "handle_async_request", ahandle):
        two = arun(main())
    return [one, two]


@program
def transport_closes_what_it_gave():
    class T(httpx.BaseTransport):
        def handle_request(self, request):
            raise httpx.ReadTimeout("slow", request=request)

    try:
        httpx.Client(transport=T()).get("http://a/")
    except httpx.TimeoutException as error:
        return [type(error).__name__, str(error.request.url)]


@program
def async_handler_that_answers_nothing():
    async def handler(request):
        return None

    async def main():
        answers = []
        for function in (handler, lambda r: None, lambda r: "x"):
            async with httpx.AsyncClient(transport=httpx.MockTransport(function)) as c:
                answers.append((await aattempt(c.get("http://a/"))).partition(":")[0])
        return answers

    return arun(main())
