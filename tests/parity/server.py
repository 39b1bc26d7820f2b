"""A raw HTTP/1.1 server for the programs: it keeps what it was sent, and says what it is told.

It knows just enough framing to see where a request ends. Every port it takes is remembered, so
that the answers can be written without it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from types import TracebackType

_ports: list[int] = []

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Answer = bytes | None | Callable[[bytes], bytes]


def reset() -> None:
    """Forget the ports of the program before."""
    _ports.clear()


def ports() -> list[int]:
    """The ports that this program's servers took, in order."""
    return list(_ports)


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        _ports.append(probe.getsockname()[1])
        return _ports[-1]


class Wire:
    """Answers requests in order, the last answer again and again; `None` says nothing at all.

    An empty answer hangs up, as does one that ends in `HANG_UP`. A callable gets the request.
    """

    HANG_UP = b"\0hang up"

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers) or [OK]
        self.requests: list[bytes] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Wire:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        _ports.append(self.port)
        self.url = f"http://127.0.0.1:{self.port}"
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the peer was faster
        for thread in self._threads:
            thread.join(2)

    def lines(self, number: int = 0) -> list[str]:
        """A request as it came, by lines."""
        return self.requests[number].decode("latin-1").split("\r\n")

    def _start(self, function: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            buffer = bytearray()
            try:
                while request := self._read_request(connection, buffer):
                    self.requests.append(request)
                    if not self._say(connection, request):
                        return
            except OSError:
                return

    def _say(self, connection: socket.socket, request: bytes) -> bool:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer = answer(request)
        if answer is None:
            return True
        connection.sendall(answer.removesuffix(self.HANG_UP))
        return bool(answer) and not answer.endswith(self.HANG_UP)

    def _read_request(self, connection: socket.socket, buffer: bytearray) -> bytes:
        while (end := _end_of_request(bytes(buffer))) is None:
            data = connection.recv(65536)
            if not data:
                return b""
            buffer += data
        request = bytes(buffer[:end])
        del buffer[:end]
        return request


def _end_of_request(data: bytes) -> int | None:
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        return None
    start = len(head) + 4
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            end = start + int(value)
            return end if len(data) >= end else None
        if name.lower() == b"transfer-encoding":
            if body.startswith(b"0\r\n\r\n"):
                return start + 5
            last = body.find(b"\r\n0\r\n\r\n")
            return None if last < 0 else start + last + 7
    return start
