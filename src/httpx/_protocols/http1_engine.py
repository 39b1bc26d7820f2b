"""h11 in our words: the engine behind `http1.HTTP1Codec`, and its judge.

The codec hands a message over either from its first byte, or in the middle of an exchange that it
began itself. `replay` then brings a fresh h11 to the same point: it gives h11 the request again,
and the body's bytes that have left already as an object that has a length and no content.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._exceptions import LocalProtocolError, RemoteProtocolError
from .http1_heads import (
    CHUNKED,
    NO_BODY,
    UNTIL_CLOSE,
    Framing,
    ResponseHead,
    SentFields,
    check_request_fields,
)

if TYPE_CHECKING:
    from .http1 import Event

__all__ = ["H11Engine"]

_MOST_INTERIM = 100  # interim responses before the final one; more is a flood
# h11 keeps what it has not parsed yet under this limit. Heads are bounded by the codec before
# they come here; for the lines of a chunked body a page is plenty.
_MOST_PENDING = 1024 * 1024


class _Sent:
    """Stands for body bytes that have left: h11 only ever asks for their length."""

    def __init__(self, length: int) -> None:
        self._length = length

    def __len__(self) -> int:
        return self._length


class H11Engine:
    """One connection's h11, spoken to in bytes and in the codec's events."""

    def __init__(self, peer: str) -> None:
        import h11

        self._h11 = h11
        self._peer = peer
        self._connection: Any = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_PENDING)
        self._interim = 0
        self._no_body = False  # the request is a HEAD
        self.framing: Framing = UNTIL_CLOSE
        """How the response's body is framed, once its head is known."""
        self.switched = False
        """Whether the connection has left HTTP: after a 101, or a successful CONNECT."""

    # -- writing -----------------------------------------------------------------------------

    def start(self, method: bytes, target: bytes, headers: SentFields) -> bytes:
        """The request's head, or `LocalProtocolError`."""
        check_request_fields(headers)
        event = self._build_request(method, target, headers)
        return b"".join(self._send(event))

    def _build_request(self, method: bytes, target: bytes, headers: SentFields) -> Any:
        self._no_body = method == b"HEAD"
        pairs = [(field[0], field[-1]) for field in headers]
        try:
            return self._h11.Request(method=method, target=target, headers=pairs)
        except self._h11.LocalProtocolError as exc:
            raise LocalProtocolError(str(exc)) from exc

    def _send(self, event: Any) -> list[Any]:
        try:
            return self._connection.send_with_data_passthrough(event) or [b""]
        except self._h11.LocalProtocolError as exc:
            raise LocalProtocolError(str(exc)) from exc

    def frame(self, data: Any) -> Sequence[Any]:
        """A piece of the body as it goes over the wire."""
        return self._send(self._h11.Data(data=data))

    def finish(self) -> bytes:
        """The body's end."""
        return b"".join(self._send(self._h11.EndOfMessage()))

    def replay(
        self, method: bytes, target: bytes, headers: SentFields, sent: int, finished: bool
    ) -> None:
        """Go to where the codec is: the request's head and `sent` bytes of body have left."""
        self._send(self._build_request(method, target, headers))
        if sent:
            self._send(self._h11.Data(data=_Sent(sent)))  # type: ignore[arg-type]
        if finished:
            self._send(self._h11.EndOfMessage())

    # -- reading -----------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; ``b""`` is the end of file.

        h11 is told of that end only where it ends a body. Where it cuts one off, the codec says
        so, in the same words for every framing.
        """
        if data or self.framing == UNTIL_CLOSE:
            self._connection.receive_data(data)

    def next_event(self) -> Event:
        """The next thing that happened; see `http1.HTTP1Codec.next_event`."""
        from .http1 import END, NEED_DATA

        h11 = self._h11
        try:
            event: Any = self._connection.next_event()
        except h11.RemoteProtocolError as exc:
            raise self._fault(str(exc)) from exc
        kind = type(event)
        if kind is h11.Data:
            return bytes(event.data)
        if kind is h11.EndOfMessage:
            return END
        if kind is h11.Response:
            # A successful CONNECT is known by the state that h11 enters with it.
            self.switched = self._connection.their_state is h11.SWITCHED_PROTOCOL
            self.framing = self._framing_of(event)
            return self._head(event)
        if kind is h11.InformationalResponse:
            if event.status_code == 101:
                self.switched = True
                return self._head(event)
            self._interim += 1
            if self._interim > _MOST_INTERIM:
                raise self._fault(f"more than {_MOST_INTERIM} interim responses")
        # After an interim response, too: the next head has to pass the table first. And for
        # PAUSED: bytes after the message's end stay unread.
        return NEED_DATA

    def _framing_of(self, event: Any) -> Framing:
        """The framing that a head asks for; h11 has checked it."""
        if self._no_body or event.status_code in (204, 304):
            return NO_BODY
        for name, value in event.headers:
            if name == b"transfer-encoding":
                return CHUNKED
            if name == b"content-length":
                return int(value)
        return UNTIL_CLOSE

    @staticmethod
    def _head(event: Any) -> ResponseHead:
        return ResponseHead(
            b"HTTP/" + event.http_version,
            event.status_code,
            event.reason,
            [(name, name.lower(), value) for name, value in event.headers.raw_items()],
        )

    def _fault(self, text: str) -> RemoteProtocolError:
        return RemoteProtocolError(f"{text} (in the response from {self._peer})")

    @property
    def trailing(self) -> bytes:
        """What came after the message's end."""
        return bytes(self._connection.trailing_data[0])

    @property
    def reusable(self) -> bool:
        """Whether both sides are done and neither asked to close."""
        h11 = self._h11
        connection = self._connection
        return (
            connection.our_state is h11.DONE
            and connection.their_state is h11.DONE
            and not connection.trailing_data[0]
        )
