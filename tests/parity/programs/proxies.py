"""Proxies: what they are sent, forwarded and tunnelled; SOCKS5; refusals."""

import socket
import threading

from ..helpers import arun, attempt, httpx
from ..server import OK, Wire, _ports
from ..table import program


def forwarded(settings=None, url="http://example.org/a?b", method="GET", **call):
    with Wire() as wire, httpx.Client(proxy=wire.url, **(settings or {})) as c:
        c.request(method, url, **call)
        return wire.lines()


@program
def forward():
    return forwarded()


@program
def forward_with_a_body():
    return forwarded(method="POST", json={"a": 1}, headers={"X": "1"})


@program
def forward_with_a_port():
    return forwarded(url="http://example.org:8080/é?x=1#f")


@program
def forward_with_credentials():
    with Wire() as wire:
        proxy = wire.url.replace("//", "//us%40er:p@")
        with httpx.Client(proxy=proxy) as c:
            c.get("http://example.org/")
        return wire.lines()


@program
def forward_with_proxy_headers():
    with Wire() as wire:
        proxy = httpx.Proxy(wire.url, auth=("u", "p"), headers={"X-Proxy": "1"})
        with httpx.Client(proxy=proxy) as c:
            c.get("http://example.org/", headers={"X": "2"})
        return wire.lines()


@program
def forward_with_auth_for_the_origin():
    return forwarded(auth=("u", "p"))


@program
def forward_target_extension():
    return forwarded(extensions={"target": b"*"}, method="OPTIONS")


@program
def forward_keeps_alive():
    with Wire() as wire, httpx.Client(proxy=wire.url) as c:
        for host in ("a.org", "b.org", "a.org"):
            c.get(f"http://{host}/")
        return wire.connections


@program
def forward_async():
    async def main():
        with Wire() as wire:
            async with httpx.AsyncClient(proxy=wire.url) as c:
                await c.get("http://example.org/")
            return wire.lines()

    return arun(main())


@program
def forward_407():
    with Wire(b"HTTP/1.1 407 Nope\r\nContent-Length: 0\r\n\r\n") as wire:
        with httpx.Client(proxy=wire.url) as c:
            return c.get("http://example.org/").status_code


def tunnelled(answer, proxy=None, **call):
    with Wire(answer) as wire:
        settings = proxy(wire.url) if proxy else wire.url
        with httpx.Client(proxy=settings) as c:
            outcome = attempt(c.get, "https://example.org/a", **call)
        return [str(outcome), wire.lines()]


NO = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


@program
def connect_refused():
    return tunnelled(NO)


@program
def connect_refused_without_reason():
    return tunnelled(b"HTTP/1.1 502 \r\nContent-Length: 0\r\n\r\n")


@program
def connect_with_credentials():
    return tunnelled(NO, lambda url: url.replace("//", "//u:p@"))


@program
def connect_with_proxy_headers():
    return tunnelled(NO, lambda url: httpx.Proxy(url, headers={"X-Proxy": "1"}), headers={"X": "1"})


@program
def connect_then_garbage():
    outcome = tunnelled(b"HTTP/1.1 200 OK\r\n\r\n" + Wire.HANG_UP)
    return [outcome[0][:20], outcome[1]]


@program
def connect_async():
    async def main():
        with Wire(NO) as wire:
            async with httpx.AsyncClient(proxy=wire.url) as c:
                try:
                    await c.get("https://example.org:8443/a")
                except httpx.ProxyError as error:
                    return [str(error), wire.lines()]

    return arun(main())


@program
def proxy_refused():
    from ..server import free_port

    with httpx.Client(proxy=f"http://127.0.0.1:{free_port()}") as c:
        return attempt(c.get, "http://example.org/")


class Socks:
    """A SOCKS5 proxy for one connection: it notes every message and serves one answer."""

    def __init__(self, method=b"\x05\x00", reply=b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"):
        self.method, self.reply = method, reply
        self.messages = []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        port = self.listener.getsockname()[1]
        _ports.append(port)
        self.url = f"127.0.0.1:{port}"
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *arguments):
        self.listener.close()
        self.thread.join(2)

    def serve(self):
        try:
            wire, _ = self.listener.accept()
        except OSError:
            return
        with wire:
            self.messages.append(wire.recv(1024))
            wire.sendall(self.method)
            if self.method[1] == 2:
                self.messages.append(wire.recv(1024))
                wire.sendall(b"\x01\x00")
            self.messages.append(wire.recv(1024))
            wire.sendall(self.reply)
            self.messages.append(wire.recv(65536))
            if self.messages[-1]:
                wire.sendall(OK)


def socksed(scheme="socks5", credentials="", url="http://example.org:81/x", **settings):
    with Socks(**settings) as proxy:
        with httpx.Client(proxy=f"{scheme}://{credentials}{proxy.url}") as c:
            outcome = attempt(lambda: c.get(url).status_code)
        return [str(outcome), *proxy.messages]


@program
def socks5():
    return socksed()


@program
def socks5h():
    return socksed("socks5h")


@program
def socks5_address():
    return [socksed(url="http://10.0.0.1/")[:-1], socksed(url="http://[::1]/")[:-1]]


@program
def socks5_with_credentials():
    return socksed(credentials="user:pass@", method=b"\x05\x02")


@program
def socks5_refused():
    return socksed(reply=b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00")[0]


@program
def socks5_no_method():
    return socksed(method=b"\x05\xff")[0]


@program
def environment_proxy_is_used():
    from unittest import mock

    with Wire() as wire, mock.patch.dict("os.environ", {"HTTP_PROXY": wire.url, "NO_PROXY": ""}):
        httpx.get("http://example.org/x")
        return wire.lines()
