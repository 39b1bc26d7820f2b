"""The trace extension: event names, their order, their info."""

from ..helpers import aattempt, arun, attempt, httpx, pieces
from ..server import Wire, free_port
from ..table import program


def traced(use):
    events = []

    def trace(name, info):
        events.append(name)

    use({"trace": trace})
    return events


@program
def fresh_connection():
    with Wire() as wire, httpx.Client() as c:
        return traced(lambda e: c.get(wire.url, extensions=e))


@program
def reused_connection():
    with Wire() as wire, httpx.Client() as c:
        c.get(wire.url)
        return traced(lambda e: c.get(wire.url, extensions=e))


@program
def with_a_body():
    with Wire() as wire, httpx.Client() as c:
        return traced(lambda e: c.post(wire.url, content=pieces(b"a", b"b"), extensions=e))


@program
def two_hops():
    moved = b"HTTP/1.1 302 F\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    from ..server import OK

    with Wire(moved, OK) as wire, httpx.Client(follow_redirects=True) as c:
        return traced(lambda e: c.get(wire.url, extensions=e))


@program
def refused():
    port = free_port()
    return traced(lambda e: attempt(httpx.Client().get, f"http://127.0.0.1:{port}/", extensions=e))


@program
def refused_with_retries():
    port = free_port()
    c = httpx.Client(transport=httpx.HTTPTransport(retries=1))
    return traced(lambda e: attempt(c.get, f"http://127.0.0.1:{port}/", extensions=e))


@program
def timed_out():
    with Wire(None) as wire, httpx.Client(timeout=httpx.Timeout(5, read=0.05)) as c:
        return traced(lambda e: attempt(c.get, wire.url, extensions=e))


@program
def cut_off_within_the_body():
    with Wire(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab" + Wire.HANG_UP) as wire:
        return traced(lambda e: attempt(httpx.Client().get, wire.url, extensions=e))


@program
def closed_early():
    with Wire(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab") as wire, httpx.Client() as c:

        def use(extensions):
            with c.stream("GET", wire.url, extensions=extensions):
                pass

        return traced(use)


@program
def illegal_header():
    with Wire() as wire:
        return traced(
            lambda e: attempt(httpx.Client().get, wire.url, headers={"a b": "c"}, extensions=e)
        )


@program
def info_of_each_event():
    events = []

    def trace(name, info):
        events.append([name, sorted(info)])

    with Wire() as wire, httpx.Client() as c:
        c.get(wire.url, extensions={"trace": trace})
    return events


@program
def values_of_some_infos():
    events = []

    def trace(name, info):
        if name == "connection.connect_tcp.started":
            events.append(info)
        elif name == "http11.receive_response_headers.complete":
            events.append(info["return_value"])
        elif name == "http11.send_request_headers.started":
            request = info["request"]
            events.append([request.method, str(request.url), request.headers[:1]])

    with Wire() as wire, httpx.Client() as c:
        c.get(wire.url, extensions={"trace": trace})
    return events


@program
def info_of_a_failure():
    events = []

    def trace(name, info):
        if name.endswith("failed"):
            events.append([name, sorted(info), type(info["exception"]).__name__])

    port = free_port()
    attempt(httpx.Client().get, f"http://127.0.0.1:{port}/", extensions={"trace": trace})
    return events


@program
def async_trace():
    events = []

    async def trace(name, info):
        events.append(name)

    async def main():
        with Wire() as wire:
            async with httpx.AsyncClient() as c:
                await c.get(wire.url, extensions={"trace": trace})

    arun(main())
    return events


@program
def plain_trace_on_an_async_client():
    async def main():
        with Wire() as wire:
            async with httpx.AsyncClient() as c:
                return await aattempt(
                    c.get(wire.url, extensions={"trace": lambda name, info: None})
                )

    return arun(main())


@program
def trace_that_raises():
    def trace(name, info):
        raise ValueError(name)

    with Wire() as wire:
        return attempt(httpx.Client().get, wire.url, extensions={"trace": trace})


@program
def async_trace_on_a_sync_client():
    async def trace(name, info):
        return None

    with Wire() as wire:
        return attempt(httpx.Client().get, wire.url, extensions={"trace": trace})


@program
def forward_proxy():
    with Wire() as wire, httpx.Client(proxy=wire.url) as c:
        return traced(lambda e: c.get("http://example.org/", extensions=e))


@program
def tunnel_refused():
    with Wire(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n") as wire:
        with httpx.Client(proxy=wire.url) as c:
            return traced(lambda e: attempt(c.get, "https://example.org/", extensions=e))


@program
def unix_socket_missing():
    c = httpx.Client(transport=httpx.HTTPTransport(uds="/nonexistent"))
    return traced(lambda e: attempt(c.get, "http://a/", extensions=e))


@program
def not_a_callable():
    with Wire() as wire:
        return attempt(httpx.Client().get, wire.url, extensions={"trace": 5})
