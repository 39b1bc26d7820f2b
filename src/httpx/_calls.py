"""How each world calls what belongs to users: hooks, auth flows, transports, bodies.

The journey of a request (`_flow`) is written once, as coroutines. What it calls on the way is
written by users, plainly for `Client` and with `async def` for `AsyncClient`. The two objects
here, `BLOCKING` and `AWAITING`, have the same awaitable face and stand between: the awaits of
the blocking one never suspend, so that `drive()` runs the journey to its end.

Two things that only one world knows live here as well. A coroutine cannot let a `StopIteration`
pass (PEP 479), which user code may raise (an exhausted mock, say): the blocking world carries it
through in a `UserStop`. And the awaiting world reads a blocking body (a file, a generator) in a
worker thread, so that the event loop is not held up.

This room decides nothing about HTTP.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from ._drive import UserStop
from ._multipart import AsyncMultipartStream
from ._streams import ByteStream, PulledIterator
from ._types import AsyncByteStream, SyncByteStream

if TYPE_CHECKING:
    from ._auth import Auth
    from ._models import Request, Response
    from ._saving import Saving

__all__ = [
    "AWAITING",
    "BLOCKING",
    "AuthFlow",
    "Calls",
    "Seams",
    "ThreadedStream",
    "check_replay",
]


class Seams:
    """Methods of clients that other packages override and patch.

    `learn` takes down what a class was made with; from then on `are_own` tells whether that is
    what a client has. It is asked at each call, and spells the names out: going through a
    list of them took twice as long.
    """

    __slots__ = ("_auth", "_build", "_redirects", "_request", "_send", "_single")

    def learn(self, kind: type[Any]) -> None:
        """Take down the methods of a class of clients."""
        self._request = kind.request
        self._build = kind.build_request
        self._send = kind.send
        self._auth = kind._send_handling_auth
        self._redirects = kind._send_handling_redirects
        self._single = kind._send_single_request

    def are_own(self, client: Any) -> bool:
        """Whether nobody has replaced one of the methods, on the client's class or on the client.
        By identity, since wrappers say that they are equal to what they wrap."""
        kind, own = type(client), client.__dict__
        return (
            kind.request is self._request
            and kind.build_request is self._build
            and kind.send is self._send
            and kind._send_handling_auth is self._auth
            and kind._send_handling_redirects is self._redirects
            and kind._send_single_request is self._single
            and not (
                "request" in own
                or "build_request" in own
                or "send" in own
                or "_send_handling_auth" in own
                or "_send_handling_redirects" in own
                or "_send_single_request" in own
            )
        )


class AuthFlow(Protocol):
    """The generator of an `Auth`, as coroutines."""

    request: Request
    """What the flow wants to be sent."""

    async def start(self) -> None:
        """Have the first request. `RuntimeError` where the flow yields none."""
        ...

    async def goes_on(self, response: Response) -> bool:
        """Give the flow a response; whether it has another request, or is content."""
        ...

    async def close(self) -> None:
        """End the flow wherever it is."""
        ...


class Calls(Protocol):
    """The face that both worlds share."""

    seams: Seams
    """The client's methods on the way of a request."""

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Awaitable[Any]:
        """Call a hook, or a method of the client that users may override."""
        ...

    def adapt(self, request: Request) -> None:
        """Give a request a body that can be read in this world without holding it up."""
        ...

    def handle(self, transport: Any, request: Request) -> Awaitable[Response]:
        """Have a transport answer a request."""
        ...

    def receive(self, transport: Any, response: Response, start: float) -> None:
        """Have a look at a transport's answer to a request that was begun at `start`."""
        ...

    def auth_flow(self, auth: Auth, request: Request) -> AuthFlow:
        """Begin to authenticate."""
        ...

    def read(self, response: Response) -> Awaitable[Any]:
        """Read a response's body to its end."""
        ...

    def close(self, response: Response) -> Awaitable[None]:
        """Close a response."""
        ...

    async def save(self, response: Response, saving: Saving) -> None:
        """Have a response's body written to a file."""
        ...

    async def in_thread(self, function: Callable[[], Any]) -> None:
        """Call something of ours that blocks."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Do nothing for some time."""
        ...

    async def enter(self, transport: Any) -> None:
        """Enter a transport's context."""
        ...

    async def leave(self, transport: Any, exc_info: tuple[Any, Any, Any] | None) -> None:
        """Leave a transport's context; or just close it, where there is no context."""
        ...


class _Blocking:
    """The world of `Client`."""

    def __init__(self) -> None:
        self.seams = Seams()

    async def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except StopIteration as stop:
            raise UserStop(stop) from None

    def adapt(self, request: Request) -> None:
        """Whatever it is may block."""

    async def handle(self, transport: Any, request: Request) -> Response:
        if not isinstance(request.stream, SyncByteStream):
            raise RuntimeError("Attempted to send an async request with a sync Client instance.")
        try:
            response: Response = transport.handle_request(request)
        except StopIteration as stop:
            raise UserStop(stop) from None
        return response

    def receive(self, transport: Any, response: Response, start: float) -> None:
        if not isinstance(response.stream, SyncByteStream):
            raise _wrong_stream(transport, response, "SyncByteStream")
        response._start_clock(start)

    def auth_flow(self, auth: Auth, request: Request) -> AuthFlow:
        return _BlockingAuthFlow(auth, request)

    async def read(self, response: Response) -> None:
        response.read()

    async def close(self, response: Response) -> None:
        response.close()

    async def save(self, response: Response, saving: Saving) -> None:
        try:
            saving.drain(response)
        except StopIteration as stop:
            raise UserStop(stop) from None

    async def in_thread(self, function: Callable[[], Any]) -> None:
        function()

    async def sleep(self, seconds: float) -> None:
        from ._network.detect import blocking_backend

        await blocking_backend().sleep(seconds)

    async def enter(self, transport: Any) -> None:
        await self.call(transport.__enter__)

    async def leave(self, transport: Any, exc_info: tuple[Any, Any, Any] | None) -> None:
        if exc_info is None:
            await self.call(transport.close)
        else:
            await self.call(transport.__exit__, *exc_info)


class _Awaiting:
    """The world of `AsyncClient`."""

    def __init__(self) -> None:
        self.seams = Seams()

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Awaitable[Any]:
        # What it returns is awaited by the caller: one coroutine less on each of three steps.
        awaitable: Awaitable[Any] = function(*args, **kwargs)
        return awaitable

    def adapt(self, request: Request) -> None:
        if type(request.stream) is not ByteStream:
            request.stream = _for_event_loop(request.stream)

    def handle(self, transport: Any, request: Request) -> Awaitable[Response]:
        if type(request.stream) is not ByteStream:
            self.adapt(request)
        awaitable: Awaitable[Response] = transport.handle_async_request(request)
        return awaitable

    def receive(self, transport: Any, response: Response, start: float) -> None:
        if not isinstance(response.stream, AsyncByteStream):
            raise _wrong_stream(transport, response, "AsyncByteStream")
        response._start_clock(start)
        response._in_thread = _in_thread

    def auth_flow(self, auth: Auth, request: Request) -> AuthFlow:
        self.adapt(request)  # the flow may read it
        return _AwaitingAuthFlow(auth, request)

    def read(self, response: Response) -> Awaitable[Any]:
        return response.aread()

    def close(self, response: Response) -> Awaitable[None]:
        return response.aclose()

    async def save(self, response: Response, saving: Saving) -> None:
        await saving.adrain(response, _in_thread)

    async def in_thread(self, function: Callable[[], Any]) -> None:
        await _in_thread(function)

    async def sleep(self, seconds: float) -> None:
        from ._network.detect import sleep

        await sleep(seconds)

    async def enter(self, transport: Any) -> None:
        await transport.__aenter__()

    async def leave(self, transport: Any, exc_info: tuple[Any, Any, Any] | None) -> None:
        if exc_info is None:
            await transport.aclose()
        else:
            await transport.__aexit__(*exc_info)


async def _in_thread(function: Callable[..., Any], *args: Any) -> Any:
    from ._network.detect import run_in_thread

    return await run_in_thread(function, *args)


BLOCKING: Calls = _Blocking()
AWAITING: Calls = _Awaiting()


def _wrong_stream(transport: Any, response: Response, wanted: str) -> AssertionError:
    return AssertionError(
        f"{type(transport).__name__} answered with a body of type "
        f"{type(response.stream).__name__}, where this client needs an httpx.{wanted}"
    )


class _BlockingAuthFlow:
    def __init__(self, auth: Auth, request: Request) -> None:
        self._auth = auth
        self._generator = auth.sync_auth_flow(request)

    async def start(self) -> None:
        try:
            self.request = next(self._generator)
        except StopIteration:
            raise _no_request(self._auth) from None

    async def goes_on(self, response: Response) -> bool:
        try:
            self.request = self._generator.send(response)
        except StopIteration:
            return False
        return True

    async def close(self) -> None:
        self._generator.close()


class _AwaitingAuthFlow:
    def __init__(self, auth: Auth, request: Request) -> None:
        self._auth = auth
        self._generator = auth.async_auth_flow(request)

    async def start(self) -> None:
        try:
            self.request = await self._generator.__anext__()
        except StopAsyncIteration:
            raise _no_request(self._auth) from None

    async def goes_on(self, response: Response) -> bool:
        try:
            self.request = await self._generator.asend(response)
        except StopAsyncIteration:
            return False
        return True

    async def close(self) -> None:
        await self._generator.aclose()


def _no_request(auth: Auth) -> RuntimeError:
    return RuntimeError(f"The auth flow of {type(auth).__name__} ended without yielding a request")


def _for_event_loop(stream: SyncByteStream | AsyncByteStream) -> AsyncByteStream:
    """A request's body with an asynchronous face that does not hold up the event loop.

    A stream that says nothing about `blocking` is taken at its word: an asynchronous one does
    not block, and one that is only blocking does. A form pulls its files by itself, by
    `run_in_thread`, since some of them may be asynchronous.
    """
    if not isinstance(stream, AsyncByteStream):
        return ThreadedStream(stream)
    if getattr(stream, "blocking", False):
        if isinstance(stream, AsyncMultipartStream):
            from ._network.detect import run_in_thread

            stream.run_in_thread = run_in_thread
        elif isinstance(stream, SyncByteStream):
            return ThreadedStream(stream)
    return stream


# How much of a blocking body one trip to a worker thread brings, and how long it collects, in
# seconds: a trip costs about 100 us, and a body that comes slowly is not to be held back.
_PIECE = 262_144
_PATIENCE = 0.005


class ThreadedStream(AsyncByteStream):
    """A blocking body for an event loop: read by a worker thread, if reading it may wait."""

    def __init__(self, stream: SyncByteStream) -> None:
        self._stream = stream

    def check_replay(self) -> None:
        """Raise `StreamConsumed` if one more iteration would not give the whole body."""
        check_replay(self._stream)

    def __aiter__(self) -> AsyncIterator[bytes]:
        if getattr(self._stream, "blocking", True):
            return _ThreadedIterator(self._stream)
        return PulledIterator(iter(self._stream))


class _ThreadedIterator:
    """One pass over a blocking body. A class, not a generator: nothing is left to finalize."""

    def __init__(self, stream: SyncByteStream) -> None:
        self._stream = stream
        self._iterator: Iterator[bytes] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        from ._network.detect import run_in_thread

        piece = await run_in_thread(self._next_piece)
        if not piece:
            raise StopAsyncIteration
        return piece

    def _next_piece(self) -> bytes:
        """Called in the thread: some chunks in one; nothing at the end."""
        if self._iterator is None:
            self._iterator = iter(self._stream)
        chunks = []
        size = 0
        begin = perf_counter()
        for chunk in self._iterator:
            chunks.append(chunk)
            size += len(chunk)
            if size >= _PIECE or (size and perf_counter() - begin > _PATIENCE):
                break
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def check_replay(stream: SyncByteStream | AsyncByteStream) -> None:
    """Raise `StreamConsumed` if a body was sent and cannot be sent again.

    Streams that cannot tell, of other makes, are taken to be able to.
    """
    check = getattr(stream, "check_replay", None)
    if check is not None:
        check()
