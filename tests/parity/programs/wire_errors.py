"""Errors of real connections: class, text, request, cause's presence."""

from ..helpers import AChunks, aattempt, arun, attempt, failure, httpx, pieces
from ..server import OK, Wire, free_port
from ..table import program


def error_of(call):
    try:
        return ["no error", repr(call())]
    except Exception as error:
        answer = [failure(error)]
        if isinstance(error, httpx.HTTPError):
            answer.append(f"{error.request.method}")
        return answer


def answered(*answers, method="GET", **call):
    with Wire(*answers) as wire, httpx.Client(timeout=2) as c:
        return error_of(lambda: c.request(method, wire.url, **call).status_code)


@program
def refused():
    port = free_port()
    return error_of(lambda: httpx.get(f"http://127.0.0.1:{port}/"))


@program
def refused_async():
    port = free_port()

    async def main():
        async with httpx.AsyncClient() as c:
            return await aattempt(c.get(f"http://127.0.0.1:{port}/"))

    return arun(main())


@program
def refused_through_retries():
    port = free_port()
    with httpx.Client(transport=httpx.HTTPTransport(retries=1)) as c:
        return error_of(lambda: c.get(f"http://127.0.0.1:{port}/"))


@program
def unknown_host():
    return error_of(lambda: httpx.get("http://nonexistent.invalid/"))[0][:30]


@program
def hangs_up_at_once():
    return answered(b"", method="POST")


@program
def hangs_up_at_once_on_a_get():
    return answered(b"")


@program
def hangs_up_within_the_head():
    return answered(b"HTTP/1.1 200 OK\r\nX: " + Wire.HANG_UP)


@program
def hangs_up_within_the_body():
    return answered(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc" + Wire.HANG_UP)


@program
def hangs_up_within_a_chunk():
    return answered(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab" + Wire.HANG_UP)


@program
def hangs_up_before_the_last_chunk():
    return answered(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n" + Wire.HANG_UP
    )


@program
def not_http():
    return answered(b"SSH-2.0-x\r\n\r\n")


@program
def http_0_9():
    return answered(b"<html>\r\n\r\n" + Wire.HANG_UP)


@program
def bad_status_line():
    return [
        answered(b"HTTP/1.1 abc OK\r\n\r\n"),
        answered(b"HTTP/1.1 20 OK\r\n\r\n"),
        answered(b"HTTP/2 200 OK\r\n\r\n"),
        answered(b"HTTP/1.1\r\n\r\n"),
    ]


@program
def bad_header_line():
    return [
        answered(b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n"),
        answered(b"HTTP/1.1 200 OK\r\nbad name: x\r\nContent-Length: 0\r\n\r\n"),
        answered(b"HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n"),
        answered(b"HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 0\r\n\r\n"),
    ]


@program
def bad_content_length():
    return [
        answered(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),
        answered(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        answered(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    ]


@program
def bad_transfer_encoding():
    return [
        answered(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: foo\r\n\r\n"),
        answered(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    ]


@program
def bad_chunk():
    return answered(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n")


@program
def head_too_long():
    return answered(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000)


@program
def length_and_transfer_encoding():
    return answered(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nok\r\n0\r\n\r\n"
    )


@program
def read_timeout():
    with Wire(None) as wire, httpx.Client(timeout=httpx.Timeout(5, read=0.05)) as c:
        return error_of(lambda: c.get(wire.url))


@program
def read_timeout_async():
    async def main():
        with Wire(None) as wire:
            async with httpx.AsyncClient(timeout=httpx.Timeout(5, read=0.05)) as c:
                return await aattempt(c.get(wire.url))

    return arun(main())


@program
def read_timeout_within_the_body():
    with Wire(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab") as wire:
        with httpx.Client(timeout=httpx.Timeout(5, read=0.05)) as c:
            return error_of(lambda: c.get(wire.url))


@program
def pool_timeout():
    limits = httpx.Limits(max_connections=1)
    with Wire() as wire, httpx.Client(limits=limits, timeout=httpx.Timeout(5, pool=0.05)) as c:
        with c.stream("GET", wire.url):
            return error_of(lambda: c.get(wire.url))


@program
def pool_timeout_async():
    async def main():
        limits = httpx.Limits(max_connections=1)
        with Wire() as wire:
            async with httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(5, pool=0.05)) as c:
                async with c.stream("GET", wire.url):
                    return await aattempt(c.get(wire.url))

    return arun(main())


@program
def unsupported_protocols():
    return [
        error_of(lambda: httpx.get("ftp://a/")),
        error_of(lambda: httpx.get("//a/")),
        error_of(lambda: httpx.get("/a")),
        error_of(lambda: httpx.get("http:///a")),
        error_of(lambda: httpx.get("ws://a/")),
    ]


@program
def illegal_header_value():
    with Wire() as wire:
        return error_of(lambda: httpx.get(wire.url, headers={"X": "a\nb"}))


@program
def illegal_header_name():
    with Wire() as wire:
        return error_of(lambda: httpx.get(wire.url, headers={"a b": "x"}))


@program
def illegal_method():
    with Wire() as wire:
        return error_of(lambda: httpx.request("G ET", wire.url))


@program
def illegal_target():
    with Wire() as wire:
        return error_of(lambda: httpx.get(wire.url, extensions={"target": b"/a b"}))


@program
def empty_method():
    with Wire() as wire:
        return error_of(lambda: httpx.request("", wire.url))


@program
def too_little_body():
    with Wire() as wire:
        return error_of(
            lambda: httpx.post(wire.url, content=pieces(b"ab"), headers={"Content-Length": "5"})
        )


@program
def too_much_body():
    with Wire() as wire:
        return error_of(
            lambda: httpx.post(wire.url, content=pieces(b"abc"), headers={"Content-Length": "1"})
        )


@program
def body_that_raises():
    def body():
        yield b"a"
        raise ValueError("mine")

    with Wire() as wire:
        return error_of(lambda: httpx.post(wire.url, content=body()))


@program
def body_of_texts():
    with Wire() as wire:
        return error_of(lambda: httpx.post(wire.url, content=pieces("a")))[0][:20]


@program
def two_host_headers():
    with Wire() as wire:
        headers = [("Host", "a"), ("Host", "b")]
        return error_of(lambda: httpx.get(wire.url, headers=headers))


@program
def bad_content_length_of_the_request():
    with Wire() as wire:
        return error_of(lambda: httpx.post(wire.url, content=b"x", headers={"Content-Length": "x"}))


@program
def async_stream_on_a_sync_transport():
    with Wire() as wire:
        return attempt(
            httpx.HTTPTransport().handle_request,
            httpx.Request("POST", wire.url, stream=AChunks(b"x")),
        )


@program
def request_after_an_error_works():
    with Wire(b"", OK) as wire, httpx.Client() as c:
        first = error_of(lambda: c.post(wire.url))
        return [first, c.get(wire.url).status_code]


@program
def causes_are_chained():
    port = free_port()
    try:
        httpx.get(f"http://127.0.0.1:{port}/")
    except httpx.ConnectError as error:
        return [error.__cause__ is not None, isinstance(error.request, httpx.Request)]


@program
def wrong_timeout_extension():
    with Wire() as wire:
        return error_of(lambda: httpx.get(wire.url, extensions={"timeout": 5}))[0][:40]


@program
def partial_timeout_extension():
    with Wire() as wire, httpx.Client() as c:
        return c.get(wire.url, extensions={"timeout": {"read": 2}}).status_code


@program
def https_to_a_plain_server():
    with Wire(b"HTTP/1.1 400 Bad\r\n\r\n") as wire:
        return error_of(lambda: httpx.get(wire.url.replace("http", "https"), timeout=1))[0][:26]


@program
def uds_missing():
    with httpx.Client(transport=httpx.HTTPTransport(uds="/nonexistent/s")) as c:
        return error_of(lambda: c.get("http://a/"))


@program
def read_error_within_the_body_is_a_request_error():
    with Wire(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc" + Wire.HANG_UP) as wire:
        received = []
        with httpx.Client() as c, c.stream("GET", wire.url) as response:
            try:
                for piece in response.iter_raw():
                    received.append(piece)
            except httpx.RemoteProtocolError as error:
                return [received, str(error), response.is_closed, error.request.method]


@program
def http2_without_prior_knowledge():
    with Wire() as wire, httpx.Client(http2=True) as c:
        return c.get(wire.url).http_version
