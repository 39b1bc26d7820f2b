"""What the pool and its connections ask of one another.

A connection carries exchanges; the pool counts them in `active` and lends the connection while
that is below `capacity`. A connection tells its pool when an exchange is over, when it is closed,
and when its capacity has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .._network.base import Stream
    from .messages import Fields, RequestMessage, ResponseMessage
    from .routes import Route

__all__ = ["Connection", "Owner"]


class Connection(Protocol):
    """A stream that speaks a version of HTTP."""

    stream: Stream
    route: Route
    protocol: str
    multiplexes: bool
    """Whether it carries many exchanges at once."""
    capacity: int
    """How many it carries now: 0 if it takes no more."""
    settled: bool
    """Whether `capacity` is final, or still a first guess."""
    active: int
    """Exchanges that go on: the pool's count."""
    served: int
    """Exchanges begun so far."""
    expires_at: float | None
    """While it is idle: until when it may be used, on the monotonic clock."""
    closed: bool
    proxy_headers: Fields | None
    """What the proxy said when it opened the tunnel that this goes through."""

    async def send(self, request: RequestMessage) -> ResponseMessage:
        """Begin an exchange: send a request, wait for the head of its response."""
        ...

    def is_doubtful(self) -> bool:
        """Whether an idle connection may be dead: one look, no wait."""
        ...

    async def revive(self) -> bool:
        """Find out whether a doubtful connection can be used all the same."""
        ...

    def watch_idle(self) -> None:
        """From now on, close as soon as the peer does while the connection is idle."""
        ...

    def close(self) -> None:
        """Close at once. Every exchange ends in an error."""
        ...


class Owner(Protocol):
    """A connection's pool."""

    def give_back(self, connection: Connection) -> None:
        """An exchange has ended, and the connection can serve another."""
        ...

    def give_back_later(self, connection: Connection) -> None:
        """The same, said by a finalizer: no lock may be waited for."""
        ...

    def forget(self, connection: Connection) -> None:
        """The connection is closed. Finalizers may say so, too: no lock is waited for."""
        ...

    def resize(self, connection: Connection) -> None:
        """The connection's capacity has changed."""
        ...
