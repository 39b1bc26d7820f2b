"""HTTP/2 with prior knowledge: what the peer receives, what comes back."""

import socket
import threading

import h2.config
import h2.connection
import h2.events

from ..helpers import arun, attempt, httpx, pieces
from ..server import _ports
from ..table import program


class Peer:
    """A cleartext HTTP/2 server for one connection: it notes requests and answers `ok`."""

    def __init__(self, headers=((":status", "200"), ("x-a", "1")), body=b"ok", reset=None):
        self.headers, self.body, self.reset = headers, body, reset
        self.requests = []
        self.bodies = {}

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        _ports.append(self.port)
        self.url = f"http://127.0.0.1:{self.port}"
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
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        connection = h2.connection.H2Connection(config)
        connection.initiate_connection()
        wire.sendall(connection.data_to_send())
        with wire:
            while data := wire.recv(65536):
                for event in connection.receive_data(data):
                    self.handle(connection, event)
                wire.sendall(connection.data_to_send())

    def handle(self, connection, event):
        if isinstance(event, h2.events.RequestReceived):
            self.requests.append([tuple(pair) for pair in event.headers])
        elif isinstance(event, h2.events.DataReceived):
            self.bodies.setdefault(event.stream_id, b"")
            self.bodies[event.stream_id] += event.data
            connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            if self.reset is not None:
                connection.reset_stream(event.stream_id, self.reset)
                return
            connection.send_headers(event.stream_id, self.headers)
            connection.send_data(event.stream_id, self.body, end_stream=True)


def client():
    return httpx.Client(http1=False, http2=True)


@program
def get():
    with Peer() as peer, client() as c:
        response = c.get(peer.url + "/a?b", headers={"X-MiX": "1", "Connection": "x"})
        return [
            *map(list, peer.requests),
            response.http_version,
            response.status_code,
            response.reason_phrase,
            response.headers.raw,
            response.content,
            sorted(response.extensions),
            response.extensions["stream_id"],
        ]


@program
def post():
    with Peer() as peer, client() as c:
        c.post(peer.url, content=b"hello", headers={"Host": "other"})
        return [*map(list, peer.requests), peer.bodies]


@program
def post_generator():
    with Peer() as peer, client() as c:
        c.post(peer.url, content=pieces(b"a", b"", b"b"))
        return [*map(list, peer.requests), peer.bodies]


@program
def two_requests_one_connection():
    with Peer() as peer, client() as c:
        return [c.get(peer.url).extensions["stream_id"] for _ in range(2)]


@program
def async_get():
    async def main():
        with Peer() as peer:
            async with httpx.AsyncClient(http1=False, http2=True) as c:
                response = await c.get(peer.url, cookies=None)
            return [*map(list, peer.requests), response.http_version, response.content]

    return arun(main())


@program
def stream_reset():
    with Peer(reset=8) as peer, client() as c:
        return attempt(c.post, peer.url, content=b"x")


@program
def big_body():
    with Peer(body=b"x" * 10_000) as peer, client() as c:
        return [len(c.post(peer.url, content=b"y" * 200_000).content), len(peer.bodies[1])]


@program
def trace_names():
    names = []
    with Peer() as peer, client() as c:
        c.get(peer.url, extensions={"trace": lambda name, info: names.append((name, sorted(info)))})
    return names


@program
def target_extension():
    with Peer() as peer, client() as c:
        c.options(peer.url, extensions={"target": b"*"})
        return list(map(list, peer.requests))


@program
def header_with_transfer_encoding():
    with Peer() as peer, client() as c:
        answer = attempt(c.post, peer.url, content=b"x", headers={"Transfer-Encoding": "chunked"})
        return [str(answer), *map(list, peer.requests)]
