"""A server of event streams for wire.py: 10,000 small chunks, as AI services send them.

Ten chunks leave by one `send`, from blocking sockets. With one each, or over a stream of asyncio,
the server takes longer than its clients, the more so the sooner they wake up, and it would be the
server that is measured.
"""

from __future__ import annotations

import socket
import sys
import threading

CHUNKS = 10_000
EVENT = b'data: {"choices":[{"delta":{"content":" word"},"index":0}]}\n\n'
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)
AT_ONCE = 10
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def answer(connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as reader:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while line := reader.readline():
                if line != b"\r\n":
                    continue  # the end of a request's head is all that is waited for
                connection.sendall(HEAD)
                for _ in range(CHUNKS // AT_ONCE):
                    connection.sendall(CHUNK * AT_ONCE)
                connection.sendall(b"0\r\n\r\n")
        except ConnectionError:
            pass


def main() -> None:
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
        while True:
            connection, _ = server.accept()
            threading.Thread(target=answer, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
