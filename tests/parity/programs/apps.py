"""ASGITransport and WSGITransport: what the app sees, what comes back, what fails."""

from ..helpers import aattempt, apieces, arun, attempt, httpx
from ..table import program

PROGRAMS = r"""
sig(ASGITransport), sig(WSGITransport)
ASGITransport()
WSGITransport()
t = ASGITransport(5); (t.app, t.raise_app_exceptions, t.root_path, t.client)
t = WSGITransport(5); (t.app, t.raise_app_exceptions, t.script_name, t.remote_addr, t.wsgi_errors)
"""


def asgi(app, method="GET", url="http://host:81/p%20q/ü?x=1", settings=None, call=None):
    async def main():
        transport = httpx.ASGITransport(app, **(settings or {}))
        async with httpx.AsyncClient(transport=transport) as c:
            return await c.request(method, url, **(call or {}))

    return arun(main())


def wsgi(app, method="GET", url="http://host:81/p%20q/ü?x=1", settings=None, call=None):
    with httpx.Client(transport=httpx.WSGITransport(app, **(settings or {}))) as c:
        return c.request(method, url, **(call or {}))


async def hello(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"1")]})
    await send({"type": "http.response.body", "body": b"hello"})


def shown(scope):
    return {
        key: [list(pair) for pair in value] if key == "headers" else value
        for key, value in sorted(scope.items())
        if key != "state"
    }


@program
def asgi_scope():
    seen = []

    async def app(scope, receive, send):
        seen.append(shown(scope))
        await hello(scope, receive, send)

    asgi(app, call={"headers": {"X-MiX": "Y"}})
    return seen


@program
def asgi_scope_settings():
    seen = []

    async def app(scope, receive, send):
        seen.append([scope["root_path"], scope["client"], scope["path"], scope["server"]])
        await hello(scope, receive, send)

    asgi(app, settings={"root_path": "/r", "client": ("1.2.3.4", 5)}, url="https://h/r/x")
    return seen


@program
def asgi_response():
    response = asgi(hello)
    return [
        response.status_code,
        response.headers.raw,
        response.content,
        response.http_version,
        sorted(response.extensions),
        response.is_closed,
    ]


@program
def asgi_receive():
    seen = []

    async def app(scope, receive, send):
        more = True
        while more:
            message = await receive()
            seen.append(message)
            more = message.get("more_body", False)
        await hello(scope, receive, send)

    asgi(app, "POST", call={"content": b"body"})
    asgi(app, "GET")
    asgi(app, "POST", call={"content": apieces(b"a", b"b")})
    return seen


@program
def asgi_disconnect_after_the_response():
    seen = []

    async def app(scope, receive, send):
        await receive()
        await hello(scope, receive, send)
        seen.append(await receive())

    asgi(app)
    return seen


@program
def asgi_many_bodies():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "more_body": True})
        await send({"type": "http.response.body", "body": b"b"})

    response = asgi(app)
    return [response.status_code, response.content, response.headers.raw]


@program
def asgi_head():
    response = asgi(hello, "HEAD")
    return [response.status_code, response.content]


@program
def asgi_raises():
    async def app(scope, receive, send):
        raise ValueError("app")

    return [
        attempt(asgi, app),
        attempt(lambda: asgi(app, settings={"raise_app_exceptions": False}).status_code),
    ]


@program
def asgi_raises_after_start():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("app")

    return [
        attempt(asgi, app),
        attempt(lambda: asgi(app, settings={"raise_app_exceptions": False}).status_code),
    ]


@program
def asgi_raises_after_body():
    async def app(scope, receive, send):
        await hello(scope, receive, send)
        raise ValueError("app")

    return [
        attempt(asgi, app),
        attempt(lambda: asgi(app, settings={"raise_app_exceptions": False}).content),
    ]


@program
def asgi_never_responds():
    async def app(scope, receive, send):
        return None

    return attempt(asgi, app)


@program
def asgi_status_without_headers():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    response = asgi(app)
    return [response.status_code, response.headers.raw, response.content]


@program
def asgi_unknown_messages():
    async def app(scope, receive, send):
        await send({"type": "http.response.debug"})
        await hello(scope, receive, send)

    return attempt(lambda: asgi(app).status_code)


@program
def asgi_body_twice():
    async def app(scope, receive, send):
        await hello(scope, receive, send)
        await send({"type": "http.response.body", "body": b"more"})

    return attempt(lambda: asgi(app).content)


@program
def asgi_on_a_sync_client():
    return attempt(httpx.Client(transport=httpx.ASGITransport(hello)).get, "http://a/")


@program
def asgi_sync_body():
    async def main():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(hello)) as c:
            return await aattempt(c.post("http://a/", content=iter([b"a"])))

    return getattr(arun(main()), "status_code", None) or "refused"


@program
def asgi_redirects_and_cookies():
    async def app(scope, receive, send):
        there = scope["path"] == "/there"
        headers = [] if there else [(b"location", b"/there"), (b"set-cookie", b"s=1")]
        await send(
            {"type": "http.response.start", "status": 200 if there else 302, "headers": headers}
        )
        cookies = [value for name, value in scope["headers"] if name == b"cookie"]
        await send({"type": "http.response.body", "body": b"".join(cookies)})

    response = asgi(app, url="http://host/", call={"follow_redirects": True})
    return [response.content, len(response.history)]


@program
def asgi_stream():
    async def main():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(hello)) as c:
            async with c.stream("GET", "http://a/") as response:
                return [chunk async for chunk in response.aiter_raw()]

    return arun(main())


def plain_app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-A", "1")])
    return [b"hello"]


def environment(environ):
    return {
        key: value
        for key, value in sorted(environ.items())
        if key not in ("wsgi.input", "wsgi.errors")
    }


@program
def wsgi_environ():
    seen = []

    def app(environ, start_response):
        seen.append(environment(environ))
        return plain_app(environ, start_response)

    wsgi(app, call={"headers": {"X-MiX": "Y"}})
    return seen


@program
def wsgi_environ_with_a_body():
    seen = []

    def app(environ, start_response):
        seen.append([environ.get("CONTENT_TYPE"), environ.get("CONTENT_LENGTH")])
        seen.append(environ["wsgi.input"].read())
        return plain_app(environ, start_response)

    wsgi(app, "POST", call={"json": {"a": 1}})
    wsgi(app, "POST", call={"content": iter([b"a", b"b"])})
    return seen


@program
def wsgi_environ_settings():
    seen = []

    def app(environ, start_response):
        seen.append(
            {
                name: environ[name]
                for name in (
                    "SCRIPT_NAME",
                    "REMOTE_ADDR",
                    "PATH_INFO",
                    "SERVER_NAME",
                    "SERVER_PORT",
                    "wsgi.url_scheme",
                )
            }
        )
        return plain_app(environ, start_response)

    wsgi(app, url="https://h/s/x", settings={"script_name": "/s", "remote_addr": "1.2.3.4"})
    wsgi(app, url="http://h/")
    return seen


@program
def wsgi_response():
    response = wsgi(plain_app)
    return [response.status_code, response.headers.raw, response.content, response.reason_phrase]


@program
def wsgi_status_forms():
    def app(environ, start_response):
        start_response("299 Quite Fine", [])
        return [b""]

    response = wsgi(app)
    return [response.status_code, response.reason_phrase, response.content]


@program
def wsgi_generator():
    def app(environ, start_response):
        start_response("200 OK", [])
        yield b""
        yield b"a"
        yield b""
        yield b"b"

    return wsgi(app).content


@program
def wsgi_closes_its_iterable():
    closed = []

    class Body:
        def __iter__(self):
            yield b"x"

        def close(self):
            closed.append(True)

    def app(environ, start_response):
        start_response("200 OK", [])
        return Body()

    return [wsgi(app).content, closed]


@program
def wsgi_raises():
    def app(environ, start_response):
        raise ValueError("app")

    return [
        attempt(wsgi, app),
        attempt(lambda: wsgi(app, settings={"raise_app_exceptions": False}).status_code),
    ]


@program
def wsgi_exc_info():
    def app(environ, start_response):
        import sys

        try:
            raise ValueError("inner")
        except ValueError:
            start_response("500 Oops", [], sys.exc_info())
        return [b"handled"]

    return [
        attempt(wsgi, app),
        attempt(lambda: wsgi(app, settings={"raise_app_exceptions": False}).content),
    ]


@program
def wsgi_never_starts():
    return attempt(wsgi, lambda environ, start_response: [b"x"])


@program
def wsgi_errors_stream():
    import io

    errors = io.StringIO()

    def app(environ, start_response):
        environ["wsgi.errors"].write("noted")
        return plain_app(environ, start_response)

    wsgi(app, settings={"wsgi_errors": errors})
    return errors.getvalue()


@program
def wsgi_raises_while_iterating():
    def app(environ, start_response):
        start_response("200 OK", [])
        yield b"a"
        raise ValueError("late")

    return attempt(wsgi, app)


@program
def wsgi_write_callable():
    def app(environ, start_response):
        write = start_response("200 OK", [])
        return [repr(write(b"x")).encode()]

    return attempt(lambda: wsgi(app).content)


@program
def wsgi_on_an_async_client():
    async def main():
        async with httpx.AsyncClient(transport=httpx.WSGITransport(plain_app)) as c:
            return await aattempt(c.get("http://a/"))

    return attempt(arun, main())


def told(*messages, **settings):
    """What comes of an application that sends these messages and returns."""

    async def app(scope, receive, send):
        for message in messages:
            await send(message)

    async def main():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app, **settings)) as c:
            return await aattempt(c.get("http://a/"))

    return str(arun(main())).partition(":")[0]


START = {"type": "http.response.start", "status": 200, "headers": []}
LAST = {"type": "http.response.body", "body": b"x"}
MORE = {"type": "http.response.body", "body": b"x", "more_body": True}


@program
def asgi_broken_protocols():
    broken = [(), (START,), (START, MORE), (START, START), (LAST,), (START, LAST, LAST)]
    return [
        [str(told(*messages)), str(told(*messages, raise_app_exceptions=False))]
        for messages in broken
    ]


@program
def asgi_odd_messages():
    return [
        str(told({"type": "http.response.debug"}, START, LAST)),
        str(told(START, {"type": "x"}, LAST)),
        str(told({"type": "http.response.start", "status": 204}, {"type": "http.response.body"})),
    ]


@program
def wsgi_broken_protocols():
    def answer(app, **settings):
        c = httpx.Client(transport=httpx.WSGITransport(app=app, **settings))
        return str(attempt(c.get, "http://a/")).partition(":")[0]

    def never(environ, start_response):
        return [b"x"]

    def raises(environ, start_response):
        raise ValueError("x")

    def raises_late(environ, start_response):
        start_response("200 OK", [])
        yield b"x"
        raise ValueError("x")

    def odd_status(environ, start_response):
        start_response("nope", [])
        return [b"x"]

    apps = (never, raises, raises_late, odd_status)
    return [[answer(app), answer(app, raise_app_exceptions=False)] for app in apps]
