"""The plain values that go into a connection and come out of it.

No `Request` and no `Response` come down here: `_transports/default.py` turns them into these and
back. A `RequestMessage` also carries what one exchange needs to know of its caller (time-outs,
trace) and how far it has come, which is what decides whether it may be sent again.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from types import GeneratorType
from typing import TYPE_CHECKING, Any, NamedTuple

from .._config import Deadline
from .._exceptions import StreamConsumed
from .routes import address_of

if TYPE_CHECKING:
    from .._network.base import Stream
    from .body import ResponseBody
    from .routes import Route
    from .trace import Trace

__all__ = [
    "AwaitingRequestBody",
    "BlockingRequestBody",
    "Fields",
    "ReceivedFields",
    "RequestBody",
    "RequestMessage",
    "RequestTarget",
    "ResponseMessage",
    "SentFields",
    "Timeouts",
    "received",
]

Fields = list[tuple[bytes, bytes]]
ReceivedFields = list[tuple[bytes, bytes, bytes]]  # with the name in lower case, too
SentFields = Sequence[tuple[bytes, ...]]  # of either form


def received(fields: Fields) -> ReceivedFields:
    """Fields as a `ResponseMessage` has them."""
    return [(name, name.lower(), value) for name, value in fields]


# RFC 9110 9.2.2; QUERY is safe and idempotent by its own draft.
_IDEMPOTENT = frozenset([b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE", b"QUERY"])
_IDEMPOTENCY_KEYS = (b"idempotency-key", b"x-idempotency-key")


_NO_PHASES: Mapping[str, float | None] = {}


class Timeouts:
    """One request's time-outs, and the deadline over all of them.

    `phases` has seconds, or `None`, by name: `connect`, `read`, `write`, `pool`, `total`; what is
    absent is `None`. They are looked up at each wait, since each is cut to what is left of the
    deadline, and most requests wait once.
    """

    __slots__ = ("_phases", "_waited", "deadline")

    def __init__(
        self, phases: Mapping[str, float | None] = _NO_PHASES, deadline: Deadline | None = None
    ) -> None:
        total = phases.get("total")
        if deadline is None and total is not None:
            deadline = Deadline(total)  # sent through a transport without a client
        self._phases = phases
        self._waited = 0.0  # in the pool's queue
        self.deadline = deadline

    @property
    def read(self) -> float | None:
        """For one read."""
        seconds = self._phases.get("read")
        return seconds if self.deadline is None else self.deadline.clip(seconds)

    @property
    def write(self) -> float | None:
        """For one write."""
        seconds = self._phases.get("write")
        return seconds if self.deadline is None else self.deadline.clip(seconds)

    @property
    def pool(self) -> float | None:
        """For waiting in the pool's queue: what earlier waits of the request have left."""
        left = self._phases.get("pool")
        if left is not None:
            left = max(0.0, left - self._waited)
        return left if self.deadline is None else self.deadline.clip(left)

    def use_pool_time(self, seconds: float) -> None:
        """So long a wait in the pool's queue is over."""
        self._waited += seconds

    @property
    def are_over(self) -> bool:
        """Whether the deadline has come."""
        return self.deadline is not None and self.deadline.is_over

    def clip(self, seconds: float) -> float:
        """A pause, cut to what is left of the deadline."""
        return seconds if self.deadline is None else self.deadline.clip(seconds)

    def start_connecting(self) -> Deadline | None:
        """The one deadline for name look-up, TCP, proxy and TLS together."""
        seconds = self._phases.get("connect")
        if self.deadline is None:
            return None if seconds is None else Deadline(seconds)
        return Deadline(self.deadline.clip(seconds))

    def configured(self, phase: str) -> float | None:
        """The seconds that the program gave a phase, for the text of an error."""
        seconds = self._phases.get(phase)
        return (
            seconds
            if self.deadline is None
            else self.deadline.total
            if seconds is None
            else min(seconds, self.deadline.total)
        )


class RequestBody:
    """A request's body that is not in memory as a whole, pulled a chunk at a time."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._ahead = b""  # pulled by `rewind`, and still to be given out
        self.started = False
        """Whether anything was taken from the source."""

    async def next_chunk(self) -> bytes:
        """The next piece, ``b""`` at the end."""
        self.started = True
        if self._ahead:
            chunk, self._ahead = self._ahead, b""
            return chunk
        return await self._pull()

    def push_back(self, chunk: bytes) -> None:
        """Give back the first piece, which was looked at too early: it comes next."""
        self._ahead = chunk
        self.started = False

    async def rewind(self) -> bool:
        """Begin again, and tell whether the source can.

        The first chunk is pulled right here: a source that is used up says so only then.
        """
        if self.started:
            await self.aclose()
            try:
                self._ahead = await self._pull()
            except StreamConsumed:
                return False
        return True

    @abstractmethod
    async def aclose(self) -> None:
        """Let go of the source. A generator that was left half-way ends here and now: one that
        awaits may not be left to the garbage collector."""
        ...

    @abstractmethod
    async def _pull(self) -> bytes: ...


class BlockingRequestBody(RequestBody):
    """A request's body from an iterable of bytes."""

    _iterator: Iterator[bytes] | None = None

    async def aclose(self) -> None:
        iterator, self._iterator = self._iterator, None
        if isinstance(iterator, GeneratorType):
            iterator.close()

    async def _pull(self) -> bytes:
        if self._iterator is None:
            self._iterator = iter(self._source)
        for chunk in self._iterator:
            if chunk:
                return chunk
        return b""


class AwaitingRequestBody(RequestBody):
    """A request's body from an asynchronous iterable of bytes."""

    _iterator: AsyncIterator[bytes] | None = None
    _at_end = False

    async def aclose(self) -> None:
        iterator, self._iterator = self._iterator, None
        aclose = None if self._at_end else getattr(iterator, "aclose", None)
        self._at_end = False
        if aclose is not None:
            await aclose()

    async def _pull(self) -> bytes:
        if self._iterator is None:
            self._iterator = aiter(self._source)
        async for chunk in self._iterator:
            if chunk:
                return chunk
        self._at_end = True
        return b""


class RequestTarget(NamedTuple):
    """Where a request goes, in parts."""

    scheme: bytes
    host: bytes
    port: int
    target: bytes

    def __repr__(self) -> str:
        """As httpcore's URL shows itself: what traces see is printed."""
        shown = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
        return f"URL({shown})"


class RequestMessage:
    """One request, as bytes, and how far it has come."""

    __slots__ = (
        "answered",
        "body",
        "fields",
        "method",
        "refused",
        "route",
        "target",
        "timeouts",
        "trace",
        "written",
    )

    opens_tunnel = False
    """Whether it is not the program's, but asks a proxy for a way to the origin."""

    def __init__(
        self,
        method: bytes,
        target: bytes,
        fields: SentFields,
        body: bytes | RequestBody | None,
        timeouts: Timeouts,
        trace: Trace | None = None,
    ) -> None:
        self.method = method
        self.target = target
        self.fields = fields
        """Name and value of each, and what `httpx.Headers` has between them."""
        self.body = body
        self.timeouts = timeouts
        self.trace = trace
        self.route: Route | None = None
        """How it is reached: set by the pool."""
        self.written = 0
        """Bytes of this request that a socket has accepted."""
        self.answered = False
        """Whether any byte of a response has arrived."""
        self.refused = False
        """Whether the peer said that it has not processed the request (HTTP/2)."""

    def __repr__(self) -> str:
        return f"<Request [{self.method!r}]>"

    @property
    def headers(self) -> Fields:
        """The fields as pairs, for listeners of the trace."""
        return [(field[0], field[-1]) for field in self.fields]

    @property
    def url(self) -> RequestTarget:
        """What listeners of the trace read off ``info["request"]``."""
        assert self.route is not None
        scheme, host, port, _, proxy = self.route
        if proxy is not None and (self.opens_tunnel or self.route.is_forward):
            scheme, (host, port) = proxy.url.scheme, address_of(proxy)
        return RequestTarget(scheme.encode(), host.encode(), port, self.target)

    async def why_not_again(self) -> str | None:
        """Why this request may not be sent a second time, or `None`: then it is ready for that.

        RFC 9110 9.2.2: an idempotent request may, and one that the peer cannot have seen.
        """
        if self.answered:
            return "the response had begun"
        if self.written and not self.refused and not self._is_idempotent():
            return "it may have reached the server, and is not idempotent"
        if isinstance(self.body, RequestBody) and not await self.body.rewind():
            return "its body cannot be read again"
        self.written = 0
        self.refused = False
        return None

    def _is_idempotent(self) -> bool:
        return self.method in _IDEMPOTENT or any(
            field[0].lower() in _IDEMPOTENCY_KEYS for field in self.fields
        )


class ResponseMessage:
    """One response: its head, and its body to come."""

    __slots__ = (
        "body",
        "fields",
        "http_version",
        "proxy_headers",
        "reason",
        "status",
        "stream",
        "stream_id",
    )

    def __init__(
        self,
        http_version: bytes,
        status: int,
        reason: bytes | None,
        fields: ReceivedFields,
        body: ResponseBody,
        stream: Stream,
        stream_id: int | None = None,
        proxy_headers: Fields | None = None,
    ) -> None:
        self.http_version = http_version
        self.status = status
        self.reason = reason
        """The reason phrase; `None` in HTTP/2, which has none."""
        self.fields = fields
        """Name, name in lower case, and value of each: as `httpx.Headers` keeps them."""
        self.body = body
        self.stream = stream
        """The wire, for the extension `network_stream`."""
        self.stream_id = stream_id
        """The HTTP/2 stream's number."""
        self.proxy_headers = proxy_headers
        """What the proxy said when it opened the tunnel to the origin."""

    @property
    def headers(self) -> Fields:
        """The fields as pairs."""
        return [(name, value) for name, _, value in self.fields]
