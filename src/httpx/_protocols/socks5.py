"""The SOCKS5 handshake of a client, as values: bytes in, bytes out (RFC 1928, RFC 1929). No I/O.

    handshake = SOCKS5Handshake(host, port, auth, proxy="127.0.0.1:1080")
    data = handshake.start()
    while not handshake.done:
        ...                    # write `data`, read at most `handshake.wanted` bytes
        data = handshake.receive(received)

The messages are socksio's to write and to understand; here they are put in order, and cut out of
the stream: `wanted` never reaches beyond the handshake, since what follows is the origin's.

socksio comes with the extra `socks`, and is imported when the first handshake is made.
"""

from __future__ import annotations

from typing import Any

from .._exceptions import LocalProtocolError, ProxyError

__all__ = ["SOCKS5Handshake", "load_socksio"]

_DOMAIN = 3
# What follows an address's type: the address and a port, of a name its length first (section 5).
_LENGTHS = {1: 6, 4: 18, _DOMAIN: 1}
# Reply codes after which another address of the same name may do better (RFC 1928 section 6).
_UNREACHABLE = frozenset([3, 4, 5, 6, 8])


def load_socksio() -> Any:
    """The module `socksio.socks5`; an `ImportError` that names the extra where it is missing."""
    try:
        from socksio import socks5
    except ImportError:
        raise ImportError(
            "Using SOCKS proxy, but the 'socksio' package is not installed. "
            "Make sure to install httpx using `pip install httpx[socks]`."
        ) from None
    return socks5


class SOCKS5Handshake:
    """Asks a proxy for a connection to `host` and `port`.

    `host` is a name, which the proxy looks up, or an address. `auth` is (user name, password):
    with it, that method is the only one offered. `proxy` stands in the texts of errors.

    Raises `LocalProtocolError` for what SOCKS5 cannot carry.
    """

    def __init__(
        self, host: str, port: int, auth: tuple[bytes, bytes] | None, proxy: str = "the proxy"
    ) -> None:
        self._socks = load_socksio()
        self._connection: Any = self._socks.SOCKS5Connection()
        self.target = (host, port)
        self._auth = auth
        self._proxy = proxy
        self._buffer = b""
        self._take = self._take_method
        self.wanted = 2
        """How many bytes are missing, at least; 0 when the handshake is done."""
        self.unreachable = False
        """Whether the proxy has refused because it could not reach that address."""
        limits = {"host name": host.encode(), "user name": (auth or (b"", b""))[0]}
        limits["password"] = (auth or (b"", b""))[1]
        for what, value in limits.items():
            if len(value) > 255:
                raise LocalProtocolError(f"SOCKS5 carries no {what} of more than 255 bytes")

    @property
    def done(self) -> bool:
        """Whether the stream is the origin's now."""
        return not self.wanted

    def start(self) -> bytes:
        """The first message: the method of authentication."""
        return self._send(self._socks.SOCKS5AuthMethodsRequest([self._method]))

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the proxy; ``b""`` is the end of file. Returns what to send to it.

        Raises `ProxyError` where the proxy refuses, or makes no sense.
        """
        if not data:
            raise ProxyError(f"{self._proxy} closed the connection in the SOCKS5 handshake")
        self._buffer += data
        self.wanted -= len(data)
        return b"" if self.wanted else self._take()

    # -- the three replies, in this order ----------------------------------------------------

    def _take_method(self) -> bytes:
        reply = self._understand()
        if reply.method is not self._method:
            raise ProxyError(
                f"Requested {_words(self._method)} from proxy server, "
                f"but got {_words(reply.method)}. ({self._proxy})"
            )
        if self._auth is None:
            return self._ask_for_target()
        self._take, self.wanted = self._take_verdict, 2
        return self._send(self._socks.SOCKS5UsernamePasswordRequest(*self._auth))

    def _take_verdict(self) -> bytes:
        if not self._understand().success:
            raise ProxyError(f"Invalid username/password ({self._proxy})")
        return self._ask_for_target()

    def _ask_for_target(self) -> bytes:
        self._take, self.wanted = self._take_answer, 4
        command = self._socks.SOCKS5Command.CONNECT
        return self._send(self._socks.SOCKS5CommandRequest.from_address(command, self.target))

    def _take_answer(self) -> bytes:
        """The reply to the command: version, code, zero, then an address by its type, a port."""
        buffer = self._buffer
        kind = buffer[3]
        if buffer[1]:
            # A refusal: its address says nothing, and not every proxy sends one.
            self._buffer = buffer[:3] + b"\x01" + bytes(6)
        elif len(buffer) == 4 and kind in _LENGTHS:
            self.wanted = _LENGTHS[kind]
        elif len(buffer) == 5 and kind == _DOMAIN:
            self.wanted = buffer[4] + 2
        if self.wanted:
            return b""
        reply = self._understand()
        if reply.reply_code is not self._socks.SOCKS5ReplyCode.SUCCEEDED:
            self.unreachable = reply.reply_code[0] in _UNREACHABLE
            host, port = self.target
            raise ProxyError(
                f"Proxy Server could not connect: {_words(reply.reply_code).capitalize()}. "
                f"({host}:{port} through {self._proxy})"
            )
        return b""

    # -- socksio -----------------------------------------------------------------------------

    @property
    def _method(self) -> Any:
        methods = self._socks.SOCKS5AuthMethod
        return methods.NO_AUTH_REQUIRED if self._auth is None else methods.USERNAME_PASSWORD

    def _send(self, message: Any) -> bytes:
        self._connection.send(message)
        return self._connection.data_to_send()  # type: ignore[no-any-return]

    def _understand(self) -> Any:
        from socksio import ProtocolError

        data, self._buffer = self._buffer, b""
        try:
            return self._connection.receive_data(data)
        except ProtocolError as exc:
            raise ProxyError(f"{exc} in the SOCKS5 handshake: {data!r} ({self._proxy})") from exc


def _words(member: Any) -> str:
    """A member of one of socksio's enumerations, as the RFC words it."""
    name: str = member.name
    special = {"NO_AUTH_REQUIRED": "NO AUTHENTICATION REQUIRED",
               "USERNAME_PASSWORD": "USERNAME/PASSWORD"}  # fmt: skip
    return special.get(name, name.replace("_", " "))
