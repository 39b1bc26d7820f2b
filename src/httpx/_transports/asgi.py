"""A transport that calls an ASGI application in the same event loop, on asyncio and on trio.

It streams both ways: the response is there at `http.response.start`, its chunks arrive as they
are sent (up to 64 KiB wait unread, then `send()` waits, as with a server), and closing early
delivers `http.disconnect`. Yet a response that is read to its end, as every plain `get()` is,
ends only once the application has returned, background tasks included, and raises what the
application raised, as is: an error, an exit, a cancellation.

**Where the application runs.** In a task of its own: `loop.create_task` on asyncio, a *system
task* on trio. Stepping the application by hand inside the caller's awaits would need no task, but
time-outs, cancel scopes and nurseries belong to a task: one that the application opens before its
first send and holds across its body would sit on the caller's stack and cancel the caller. A
nursery of the transport's own cannot outlive the call that opened it, whereas a streamed response
does. A system task has neither fault; nothing ever escapes from it, since `_Exchange._run` hands
every outcome to the caller.

To the caller it still looks like a call. The application starts in a copy of the caller's context
(PEP 567), and the variables that it changed are changed for the caller when it has returned. A
cancelled caller cancels the application and waits until it has unwound. No task is left behind:
closing the response waits for the application, and cancels it where it ignores `http.disconnect`
for `GRACE` seconds.

ASGI 3.0, HTTP only: no lifespan, no WebSocket. asyncio, trio, anyio and sniffio are imported at
the first request.
"""

from __future__ import annotations

import contextvars
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, MutableMapping
from typing import TYPE_CHECKING, Any, Protocol

from .._models import Request, Response
from .._types import AsyncByteStream
from .base import AsyncBaseTransport

if TYPE_CHECKING:
    import asyncio

__all__ = ["ASGITransport"]

GRACE = 1.0
"""Seconds that an application has to return by itself after `http.disconnect`."""

HIGH_WATER = 64 * 1024
"""Bytes of body that may wait unread before `send()` waits."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

# asyncio holds its tasks by weak references only. An application whose response was dropped
# unclosed must live until its loop ends and cancels it.
_asyncio_tasks: set[asyncio.Task[None]] = set()


class _Event(Protocol):
    """What asyncio's and trio's events have in common."""

    def set(self) -> object: ...

    async def wait(self) -> object: ...


class _World(Protocol):
    """What an exchange needs of an event loop."""

    @property
    def home(self) -> object: ...

    @property
    def new_event(self) -> Callable[[], _Event]: ...

    def spawn(
        self,
        run: Callable[[], Coroutine[Any, Any, None]],
        ended: Callable[[], None],
        context: contextvars.Context,
    ) -> Callable[[], object]:
        """Run in a new task, call `ended` when it is over, and return what cancels it."""
        ...


class _Asyncio:
    def __init__(self) -> None:
        import asyncio

        self.home = asyncio.get_running_loop()
        self.new_event: Callable[[], _Event] = asyncio.Event

    def spawn(
        self,
        run: Callable[[], Coroutine[Any, Any, None]],
        ended: Callable[[], None],
        context: contextvars.Context,
    ) -> Callable[[], object]:
        task = self.home.create_task(run(), name="ASGI application", context=context)
        _asyncio_tasks.add(task)
        task.add_done_callback(_asyncio_tasks.discard)
        # A task that is cancelled before its first step never runs: only this tells of it.
        task.add_done_callback(lambda task: ended())
        return task.cancel


class _Trio:
    def __init__(self) -> None:
        import trio

        self.home = trio.lowlevel.current_trio_token()
        self.new_event: Callable[[], _Event] = trio.Event

    def spawn(
        self,
        run: Callable[[], Coroutine[Any, Any, None]],
        ended: Callable[[], None],
        context: contextvars.Context,
    ) -> Callable[[], object]:
        import trio

        scope = trio.CancelScope()

        async def main() -> None:
            with scope:
                await run()
            ended()

        trio.lowlevel.spawn_system_task(main, name="ASGI application", context=context)
        return scope.cancel


def is_running_trio() -> bool:
    """Whether the event loop that runs here is trio's."""
    import sniffio

    return sniffio.current_async_library() == "trio"


def _current_world() -> _World:
    return _Trio() if is_running_trio() else _Asyncio()


def create_event() -> _Event:
    """A new event of the loop that runs here."""
    return _current_world().new_event()


class _Signal:
    """Wakes all who wait for it, each time that it is given."""

    def __init__(self, new_event: Callable[[], _Event]) -> None:
        self._new_event = new_event
        self._event: _Event | None = None

    def give(self) -> None:
        event, self._event = self._event, None
        if event is not None:
            event.set()

    async def wait(self) -> None:
        if self._event is None:
            self._event = self._new_event()
        await self._event.wait()


class _Exchange:
    """One request and its response: what the application and the caller say to each other.

    The application's side is `_run`, `_receive` and `_send`; the caller's is `start`,
    `next_chunk`, `close` and `abort`. Either side changes the state and then signals the other.
    """

    def __init__(self, transport: ASGITransport, request: Request, world: _World) -> None:
        self._app = transport.app
        self._raise_app_exceptions = transport.raise_app_exceptions
        self._scope = _scope(request, transport.root_path, transport.client)
        self._is_head = request.method == "HEAD"
        self._request_body = _request_body(request)
        self._request_sent = False

        self.status: int | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self._chunks: deque[bytes] = deque()
        self._unread = 0
        self._complete = False  # the application has sent its last piece of body
        self._headless = False  # it has sent a piece of body before the head
        self._disconnected = False  # the caller has closed
        self._aborted = False  # we have cancelled the application
        self._finished = False  # the application has returned
        self._concluded = False  # the caller knows how it ended
        self._error: BaseException | None = None

        self.home = world.home
        self._to_app = _Signal(world.new_event)
        self._to_caller = _Signal(world.new_event)
        self._running = transport._running
        self._running.add(self)
        self._context_before = contextvars.copy_context()
        self._context = contextvars.copy_context()
        self._cancel_app = world.spawn(self._run, self._ended, self._context)

    # The application's side

    async def _run(self) -> None:
        """Run the application to its end. Whatever it raises is kept for the caller."""
        try:
            await self._call_app()
        except BaseException as exc:
            self._error = _without_cancellation(exc) if self._aborted else exc
        self._ended()

    async def _call_app(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._send)
        finally:
            # A generator that was left half-way is closed here, in the task that ran it.
            aclose = getattr(self._request_body, "aclose", None)
            if aclose is not None:
                await aclose()

    def _ended(self) -> None:
        self._finished = True
        self._running.discard(self)
        self._to_caller.give()

    async def _receive(self) -> Message:
        """The request's body, piece by piece; then wait, and tell that the caller has gone."""
        if not (self._request_sent or self._disconnected):
            chunk = await anext(self._request_body, None)
            if chunk is not None:
                return {"type": "http.request", "body": chunk, "more_body": True}
            self._request_sent = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while not (self._complete or self._disconnected):
            await self._to_app.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        """Take a message of the response. Types that are not of HTTP's core are passed over."""
        kind = message["type"]
        if kind == "http.response.start":
            if self.status is not None:
                raise AssertionError("The ASGI app sent 'http.response.start' twice.")
            self.headers = [(name, value) for name, value in message.get("headers", ())]
            self.status = message["status"]
            self._to_caller.give()
        elif kind == "http.response.body":
            if self.status is None:
                self._headless = True
                raise AssertionError(
                    "The ASGI app sent 'http.response.body' before 'http.response.start'."
                )
            if self._complete:
                raise AssertionError("The ASGI app sent 'http.response.body' after the last one.")
            await self._send_body(message.get("body", b""), message.get("more_body", False))

    async def _send_body(self, body: bytes, more_body: bool) -> None:
        if self._disconnected and more_body:
            # Thrown away, as ASGI says; but an application that does nothing else than send
            # must not keep the event loop to itself.
            from anyio.lowlevel import checkpoint

            await checkpoint()
            return
        if body and not (self._is_head or self._disconnected):
            self._chunks.append(body)
            self._unread += len(body)
        if not more_body:
            self._complete = True
            self._to_app.give()
        self._to_caller.give()
        while more_body and self._unread > HIGH_WATER:
            await self._to_app.wait()

    # The caller's side

    async def start(self) -> None:
        """Wait for the response's head. `status` stays None where the application failed
        before it, and the caller does not want to know how."""
        while self.status is None and not self._finished:
            await self._wait()
        if self._finished and (self._complete or not self._chunks):
            # Already over, and no piece of a broken body would be lost. So an application that
            # sends an error page and then raises, as frameworks do, raises here: before any
            # hook has seen the page.
            self._conclude()

    async def next_chunk(self) -> bytes | None:
        """The next piece of the body; None once it is over *and* the application has returned."""
        while not self._chunks:
            if self._finished:
                self._conclude()
                return None
            await self._wait()
        chunk = self._chunks.popleft()
        self._unread -= len(chunk)
        if self._unread <= HIGH_WATER:
            self._to_app.give()
        return chunk

    async def close(self) -> None:
        """Hang up, wait until the application has returned, and raise what it raised."""
        self._disconnected = True
        self._chunks.clear()
        self._unread = 0
        if not self._finished:
            self._to_app.give()
            await self._wait_until_it_leaves()
        self._conclude()

    async def _wait_until_it_leaves(self) -> None:
        import anyio

        with anyio.move_on_after(GRACE):
            while not (self._finished or self._complete):
                await self._wait()
        # With its response complete, the application only goes on in the background.
        while self._complete and not self._finished:
            await self._wait()
        await self.abort()

    async def _wait(self) -> None:
        """Wait for news of the application; a caller that is cancelled takes it along."""
        try:
            await self._to_caller.wait()
        except BaseException:
            await self.abort()
            self._conclude()
            raise

    async def abort(self) -> None:
        """Cancel the application and wait until it has unwound, whatever happens here."""
        if self._finished:
            return
        import anyio

        self._aborted = self._disconnected = True
        self._cancel_app()
        with anyio.CancelScope(shield=True):
            while not self._finished:
                try:
                    await self._to_caller.wait()
                except anyio.get_cancelled_exc_class():
                    self._cancel_app()  # cancelled again, by asyncio, which knows no shields

    def _conclude(self) -> None:
        """The application has returned: let the caller know how, once."""
        if self._concluded:
            return
        self._concluded = True
        for variable, value in self._context.items():
            if self._context_before.get(variable, self) is not value:
                variable.set(value)
        error, self._error = self._error, None
        if error is not None:
            # A body without a head is the fault of whoever wrote the application's protocol: it
            # is raised in any case, as a missing response is.
            headless = self._headless and type(error) is AssertionError
            if self._raise_app_exceptions or headless or not isinstance(error, Exception):
                try:
                    raise error
                finally:
                    del error  # it refers to this frame
        elif not (self._complete or self._disconnected):
            raise AssertionError(
                "The ASGI app returned without sending a response."
                if self.status is None
                else "The ASGI app returned without completing its response."
            )


def _without_cancellation(exc: BaseException) -> BaseException | None:
    """What is left of an exception when the cancellation that we asked for is taken out."""
    import anyio

    cancelled = anyio.get_cancelled_exc_class()
    if isinstance(exc, BaseExceptionGroup):
        return exc.split(cancelled)[1]
    return None if isinstance(exc, cancelled) else exc


def _request_body(request: Request) -> AsyncIterator[bytes]:
    stream = request.stream
    if not isinstance(stream, AsyncByteStream):
        raise RuntimeError("Attempted to send an sync request with an AsyncClient instance.")
    return aiter(stream)


def _scope(request: Request, root_path: str, client: tuple[str, int]) -> dict[str, Any]:
    """The connection scope of ASGI's HTTP sub-specification."""
    url = request.url
    raw_path, _, query_string = url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": raw_path,
        "query_string": query_string,
        "server": (url.host, url.port),
        "client": client,
        "root_path": root_path,
    }


class ASGIResponseStream(AsyncByteStream):
    """The body of an ASGI response, piece by piece as the application sends it."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._exchange.next_chunk()
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        """Tell the application that the caller has gone, and wait for it to return."""
        await self._exchange.close()


class ASGITransport(AsyncBaseTransport):
    """Send requests to an ASGI application, without a server.

    * `app`: the application.
    * `raise_app_exceptions`: whether an exception of the application is raised to the caller.
      If not, one before `http.response.start` gives an empty 500 response, and a later one
      ends the body where it is. Exits (`SystemExit`, `KeyboardInterrupt`) are always raised.
    * `root_path`: the prefix under which the application is mounted.
    * `client`: the client's address and port, as the application sees it.

    Example:

        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            response = await client.get("/")

    The response streams, and reading it to its end waits until the application has returned.
    Closing it before delivers `http.disconnect`, waits too, and raises what the application
    raises; after one second the application is cancelled.

    Raises `AssertionError` where the application returns without having sent a whole
    response.
    """

    __module__ = "httpx"

    def __init__(
        self,
        app: ASGIApp,
        raise_app_exceptions: bool = True,
        root_path: str = "",
        client: tuple[str, int] = ("127.0.0.1", 123),
    ) -> None:
        self.app = app
        self.raise_app_exceptions = raise_app_exceptions
        self.root_path = root_path
        self.client = client
        self._running: set[_Exchange] = set()

    async def handle_async_request(self, request: Request) -> Response:
        """Start the application and return its response as soon as the head is there."""
        exchange = _Exchange(self, request, _current_world())
        await exchange.start()
        status = 500 if exchange.status is None else exchange.status
        try:
            return Response(status, headers=exchange.headers, stream=ASGIResponseStream(exchange))
        except BaseException:  # a head that is none
            await exchange.abort()
            raise

    async def aclose(self) -> None:
        """Cancel the applications whose responses were not closed, and wait for them."""
        if self._running:
            home = _current_world().home
            for exchange in list(self._running):
                if exchange.home is home:
                    await exchange.abort()
