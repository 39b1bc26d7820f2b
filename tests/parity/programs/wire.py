"""Bytes on the wire, verbatim: request lines, header order and case, bodies, framing, reuse."""

from ..helpers import aattempt, apieces, arun, attempt, gzip, httpx, io, pieces
from ..server import OK, Wire
from ..table import program


def sent(method="GET", path="/", settings=None, answers=(), requests=1, **call):
    """What one call puts on the wire, by lines."""
    with Wire(*answers) as wire:
        with httpx.Client(**(settings or {})) as c:
            for _ in range(requests):
                response = c.request(method, wire.url + path, **call)
        return [*(wire.lines(n) for n in range(len(wire.requests))), response.status_code]


def got(answer, method="GET"):
    """What a raw answer becomes."""
    with Wire(answer) as wire, httpx.Client() as c:
        response = attempt(c.request, method, wire.url)
        if isinstance(response, str):
            return response
        return [
            response.status_code,
            response.reason_phrase,
            response.http_version,
            response.headers.raw,
            response.content,
            sorted(response.extensions),
        ]


@program
def get():
    return sent()


@program
def get_with_everything():
    return sent(
        path="/a b/é?x=1",
        params={"q": "a b&c"},
        headers={"X-MiXeD": "1", "accept": "text/x"},
        cookies={"c": "1", "d": "2"},
    )


@program
def head():
    return sent("HEAD", answers=[b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"])


@program
def options():
    return sent("OPTIONS")


@program
def other_method():
    return sent("PROPFIND", headers={"Depth": "1"})


@program
def delete_without_body():
    return sent("DELETE")


@program
def post_without_body():
    return sent("POST")


@program
def post_content():
    return sent("POST", content=b"hello")


@program
def post_text():
    return sent("POST", content="é")


@program
def post_json():
    return sent("POST", json={"a": [1, None, "é"]})


@program
def post_form():
    return sent("POST", data={"a": "b c", "d": ["1", "2"]})


@program
def post_multipart():
    return sent("POST", data={"a": "1"}, files={"f": ("n.txt", b"data")})


@program
def post_multipart_of_a_pipe():
    class Pipe:
        left = [b"ab", b"cd", b""]  # noqa: RUF012

        def read(self, size=-1):
            return self.left.pop(0)

    return sent("POST", files={"f": Pipe()})


@program
def post_generator():
    return sent("POST", content=pieces(b"hello", b" ", b"", b"world"))


@program
def post_generator_with_content_length():
    return sent("POST", content=pieces(b"he", b"llo"), headers={"Content-Length": "5"})


@program
def post_file():
    return sent("POST", content=io.BytesIO(b"file"))


@program
def post_empty_generator():
    return sent("POST", content=pieces())


@program
def get_with_a_body():
    return sent("GET", content=b"body")


@program
def put_big_body():
    lines = sent("PUT", content=b"x" * 200_000)
    return [lines[0][:-1], len(lines[0][-1])]


@program
def headers_of_ones_own_first():
    return sent(settings={"headers": {"A": "1", "User-Agent": "me"}}, headers={"B": "2", "a": "3"})


@program
def repeated_headers():
    return sent(headers=[("X", "1"), ("x", "2"), ("X", "3")])


@program
def host_header():
    return sent(headers={"Host": "example.org:99"})


@program
def header_bytes():
    return sent(headers={b"X": b"\xc3\xa9\xff"})


@program
def empty_header_value():
    return sent(headers={"X": "", "Y": "  z  "})


@program
def target_extension():
    return sent("OPTIONS", extensions={"target": b"*"})


@program
def target_extension_with_a_query():
    return sent(path="/ignored?x=1", extensions={"target": b"/a%zz?b#c"})


@program
def fragment_is_not_sent():
    return sent(path="/a?b#c")


@program
def empty_query():
    return [sent(path="/a?")[0][0], sent(path="?a=1")[0][0], sent(path="")[0][0]]


@program
def basic_auth():
    return sent(auth=("user", "pass"))


@program
def userinfo():
    with Wire() as wire:
        httpx.get(wire.url.replace("//", "//us%20er:pw@"))
        return wire.lines()


@program
def digest_rounds():
    import re

    challenge = (
        b'HTTP/1.1 401 U\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n'
        b"Set-Cookie: s=1\r\nContent-Length: 2\r\n\r\nno"
    )
    with Wire(challenge, OK) as wire, httpx.Client() as c:
        c.post(wire.url, auth=httpx.DigestAuth("u", "p"), content=b"body", headers={"Z": "1"})
        text = repr([wire.lines(0), wire.lines(1), wire.connections])
    return re.sub(r'(cnonce|response)="[0-9a-f]+"', r'\1="HEX"', text)


@program
def redirect_rounds():
    moved = b"HTTP/1.1 302 F\r\nLocation: /b?c\r\nContent-Length: 0\r\nSet-Cookie: s=1\r\n\r\n"
    return sent(
        "POST",
        "/a",
        {"follow_redirects": True, "cookies": {"k": "v"}},
        [moved, OK],
        content=b"body",
        headers={"X": "1", "Authorization": "z"},
    )


@program
def redirect_keeps_the_body():
    moved = b"HTTP/1.1 307 F\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    return sent("POST", "/a", {"follow_redirects": True}, [moved, OK], json={"a": 1})


@program
def redirect_to_another_port():
    with Wire() as other:
        moved = f"HTTP/1.1 307 F\r\nLocation: {other.url}/x\r\nContent-Length: 0\r\n\r\n".encode()
        with Wire(moved) as wire, httpx.Client(follow_redirects=True) as c:
            c.post(
                wire.url,
                content=b"x",
                headers={"Authorization": "z", "Cookie": "c=1", "X": "1"},
            )
        return other.lines()


@program
def cookies_round():
    lines = b"Set-Cookie: a=1\r\nSet-Cookie: b=2; Path=/\r\nContent-Length: 0\r\n\r\n"
    first = b"HTTP/1.1 200 OK\r\n" + lines
    return sent(answers=[first, OK], requests=2)


@program
def keep_alive():
    with Wire() as wire, httpx.Client() as c:
        for _ in range(3):
            c.get(wire.url)
        return wire.connections


@program
def no_keep_alive():
    with Wire() as wire, httpx.Client(limits=httpx.Limits(max_keepalive_connections=0)) as c:
        for _ in range(3):
            c.get(wire.url)
        return wire.connections


@program
def connection_close_of_the_server():
    close = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok" + Wire.HANG_UP
    with Wire(close) as wire, httpx.Client() as c:
        for _ in range(3):
            c.get(wire.url)
        return wire.connections


@program
def connection_close_of_the_request():
    with Wire() as wire, httpx.Client(headers={"Connection": "close"}) as c:
        for _ in range(2):
            c.get(wire.url)
        return [wire.connections, wire.lines()]


@program
def http_1_0_server():
    answer = b"HTTP/1.0 200 OK\r\n\r\nuntil the end" + Wire.HANG_UP
    with Wire(answer) as wire, httpx.Client() as c:
        response = c.get(wire.url)
        c.get(wire.url)
        return [response.http_version, response.text, wire.connections]


@program
def unread_stream_is_not_reused():
    with Wire() as wire, httpx.Client() as c:
        with c.stream("GET", wire.url):
            pass
        c.get(wire.url)
        return wire.connections


@program
def read_stream_is_reused():
    with Wire() as wire, httpx.Client() as c:
        with c.stream("GET", wire.url) as response:
            response.read()
        c.get(wire.url)
        return wire.connections


@program
def top_level_functions():
    with Wire() as wire:
        httpx.get(wire.url, params={"a": "1"}, cookies={"c": "1"})
        httpx.post(wire.url, json={})
        httpx.put(wire.url, content="x")
        httpx.delete(wire.url)
        return [wire.lines(n) for n in range(4)]


@program
def top_level_stream():
    with Wire() as wire, httpx.stream("GET", wire.url) as response:
        return [response.is_closed, response.read(), response.is_closed]


@program
def async_wire_is_the_same():
    def one():
        return sent("POST", "/p?q", json={"a": 1}, headers={"X": "1"})[0]

    async def two():
        with Wire() as wire:
            async with httpx.AsyncClient() as c:
                await c.post(wire.url + "/p?q", json={"a": 1}, headers={"X": "1"})
            return wire.lines()

    def clean(lines):
        return [line for line in lines if not line.startswith("Host")]

    return [clean(one()) == clean(arun(two())), len(clean(one()))]


@program
def async_generator_body():
    async def main():
        with Wire() as wire:
            async with httpx.AsyncClient() as c:
                await c.post(wire.url, content=apieces(b"a", b"", b"bc"))
            return wire.lines()

    return arun(main())


@program
def async_concurrent_requests():
    async def main():
        import asyncio

        with Wire() as wire:
            async with httpx.AsyncClient() as c:
                responses = await asyncio.gather(*(c.get(wire.url) for _ in range(5)))
            return [[r.status_code for r in responses], wire.connections <= 5]

    return arun(main())


@program
def answer_plain():
    return got(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\nx-a: c\r\n\r\nok")


@program
def answer_chunked():
    return got(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1;x=y\r\n!\r\n0\r\n\r\n"
    )


@program
def answer_chunked_with_trailers():
    return got(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n"
    )


@program
def answer_without_reason():
    return [
        got(b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"),
        got(b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
    ]


@program
def answer_with_odd_reason():
    return got(b"HTTP/1.1 299 Quite \xe9 Fine\r\nContent-Length: 0\r\n\r\n")


@program
def answer_204_and_304():
    return [got(b"HTTP/1.1 204 No Content\r\n\r\n"), got(b"HTTP/1.1 304 Not Modified\r\n\r\n")]


@program
def answer_to_head():
    return got(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "HEAD")


@program
def answer_after_100_continue():
    return got(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@program
def answer_after_103_early_hints():
    return got(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    )


@program
def answer_until_close():
    return got(b"HTTP/1.1 200 OK\r\n\r\nto the end" + Wire.HANG_UP)


@program
def answer_gzipped():
    data = gzip.compress(b"hello", mtime=0)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(data)
    with Wire(head + data) as wire, httpx.Client() as c:
        response = c.get(wire.url)
        return [response.content, response.num_bytes_downloaded == len(data)]


@program
def answer_with_spaces_around_values():
    return got(b"HTTP/1.1 200 OK\r\nContent-Length:2\r\nX:   a b  \r\nY:\r\n\r\nok")


@program
def answer_header_bytes():
    return got(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: \xe9\r\nY: \xc3\xa9\r\n\r\n")


@program
def answer_with_content_length_twice():
    return got(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok")


@program
def answer_with_http_1_0_version():
    return got(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")


@program
def answer_with_more_than_its_length():
    return got(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more")


@program
def answer_with_many_headers():
    lines = b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(200))
    with Wire(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + lines + b"\r\n") as wire:
        return len(httpx.get(wire.url).headers)


@program
def big_answer_in_pieces():
    body = b"x" * 300_000
    with Wire(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body) as wire:
        with httpx.stream("GET", wire.url) as response:
            sizes = [len(piece) for piece in response.iter_raw()]
            return [sum(sizes), max(sizes) <= 65536, response.num_bytes_downloaded]


@program
def early_answer_to_an_upload():
    with Wire(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno") as wire:
        return [httpx.post(wire.url, content=b"x" * 1000).status_code]


@program
def upgrade_hands_the_stream_over():
    answer = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nfirst"
    with Wire(answer) as wire, httpx.Client() as c:
        headers = {"Connection": "upgrade", "Upgrade": "x"}
        with c.stream("GET", wire.url, headers=headers) as response:
            stream = response.extensions["network_stream"]
            return [
                response.status_code,
                stream.read(5, timeout=1),
                wire.lines(),
                stream.get_extra_info("nope"),
                stream.get_extra_info("ssl_object"),
                type(stream.get_extra_info("socket")).__name__,
                stream.get_extra_info("server_addr")[0],
                stream.get_extra_info("client_addr")[0],
                stream.get_extra_info("is_readable"),
            ]


@program
def network_stream_of_an_ordinary_answer():
    with Wire() as wire, httpx.Client() as c, c.stream("GET", wire.url) as response:
        stream = response.extensions["network_stream"]
        return [
            stream.get_extra_info("server_addr")[0],
            stream.get_extra_info("is_readable"),
            [
                n
                for n in ("read", "write", "close", "start_tls", "get_extra_info")
                if hasattr(stream, n)
            ],
        ]


@program
def async_network_stream():
    async def main():
        with Wire() as wire:
            async with httpx.AsyncClient() as c, c.stream("GET", wire.url) as response:
                stream = response.extensions["network_stream"]
                names = ("read", "write", "aclose", "start_tls", "get_extra_info")
                return [
                    stream.get_extra_info("server_addr")[0],
                    [n for n in names if hasattr(stream, n)],
                ]

    return arun(main())


@program
def unix_domain_socket():
    import os
    import socket
    import tempfile
    import threading

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s")
        seen = []
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()

            def serve():
                connection, _ = listener.accept()
                with connection:
                    seen.append(connection.recv(65536))
                    connection.sendall(OK)

            thread = threading.Thread(target=serve)
            thread.start()
            with httpx.Client(transport=httpx.HTTPTransport(uds=path)) as c:
                status = c.get("http://example.org/x").status_code
            thread.join()
        return [status, seen[0].decode().split("\r\n")]


@program
def local_address():
    with Wire() as wire:
        transport = httpx.HTTPTransport(local_address="127.0.0.1")
        with httpx.Client(transport=transport) as c:
            return c.get(wire.url).status_code


@program
def user_agent_removed():
    with Wire() as wire, httpx.Client() as c:
        del c.headers["user-agent"]
        del c.headers["accept-encoding"]
        c.get(wire.url)
        return wire.lines()


@program
def transfer_encoding_and_length():
    return attempt(sent, "POST", content=b"hi", headers={"Transfer-Encoding": "chunked"})


@program
def two_clients_one_transport():
    with Wire() as wire:
        transport = httpx.HTTPTransport()
        httpx.Client(transport=transport).get(wire.url)
        httpx.Client(transport=transport).get(wire.url)
        transport.close()
        return wire.connections


@program
def transport_alone():
    with Wire() as wire, httpx.HTTPTransport() as transport:
        request = httpx.Request("GET", wire.url, headers={"A": "1"})
        response = transport.handle_request(request)
        answer = [response.status_code, response.read(), sorted(response.extensions)]
        return [*answer, wire.lines(), attempt(lambda: response.request)]


@program
def closed_client_closes_connections():
    with Wire() as wire:
        c = httpx.Client()
        c.get(wire.url)
        c.close()
        return attempt(c.get, wire.url)


@program
def async_closed_client():
    async def main():
        with Wire() as wire:
            c = httpx.AsyncClient()
            await c.get(wire.url)
            await c.aclose()
            return await aattempt(c.get(wire.url))

    return arun(main())
