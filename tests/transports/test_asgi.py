"""`ASGITransport`: what an application is told, and what its caller gets, on both event loops."""

from __future__ import annotations

import contextlib
import contextvars
import gc
import pathlib
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import pytest

import httpx
from httpx._transports import asgi

from ..worlds import World

pytestmark = pytest.mark.worlds("asyncio", "uvloop", "trio")  # there is no blocking ASGI

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

URL = "http://example.org/"

START = {"type": "http.response.start", "status": 200, "headers": []}


def body(content: bytes, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


def client_of(app: App, **options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, **options))


async def hello(scope: Message, receive: Receive, send: Send) -> None:
    await send(START)
    await send(body(b"Hello, world!"))


# What the application is told


async def scope_of(method: str, url: str, options: dict[str, Any], **fields: Any) -> Message:
    scopes = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await hello(scope, receive, send)

    async with client_of(app, **options) as client:
        await client.request(method, url, **fields)
    return scopes[0]


async def test_scope(world: World) -> None:
    scope = await scope_of(
        "POST",
        "https://Ex.org:8443/a%20b/%C3%A9%2Fc?x=1&y=%20#f",
        {"root_path": "/root", "client": ("1.2.3.4", 5)},
        headers=[("X-Up", "1"), ("x-up", "2")],
        content=b"abc",
    )
    headers = scope.pop("headers")
    assert headers[0] == (b"host", b"ex.org:8443")
    assert headers[-3:] == [(b"x-up", b"1"), (b"x-up", b"2"), (b"content-length", b"3")]
    assert scope == {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": "/a b/é/c",
        "raw_path": b"/a%20b/%C3%A9%2Fc",
        "query_string": b"x=1&y=%20",
        "server": ("ex.org", 8443),
        "client": ("1.2.3.4", 5),
        "root_path": "/root",
    }


async def test_scope_by_default(world: World) -> None:
    scope = await scope_of("GET", "http://[::1]", {})
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == ("/", b"/", b"")
    assert scope["server"] == ("::1", None)
    assert scope["client"] == ("127.0.0.1", 123)
    assert scope["root_path"] == ""


async def test_request_body_comes_in_pieces_and_then_the_disconnect(world: World) -> None:
    messages = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        for _ in range(4):
            messages.append(await receive())
        await hello(scope, receive, send)
        messages.append(await receive())

    async def content() -> AsyncIterator[bytes]:
        for chunk in (b"a", b"", b"b"):
            yield chunk

    async with client_of(app) as client:
        await client.post(URL, content=content())
    assert messages == [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.request", "body": b"", "more_body": True},
        {"type": "http.request", "body": b"b", "more_body": True},
        {"type": "http.request", "body": b"", "more_body": False},
        {"type": "http.disconnect"},
    ]


async def test_request_body_streams_against_the_response(world: World) -> None:
    """Both ways at once: each piece goes out only when the echo of the last one is there."""

    async def echo(scope: Message, receive: Receive, send: Send) -> None:
        await send(START)
        more = True
        while more:
            message = await receive()
            more = message["more_body"]
            await send(body(message["body"], more))

    echoed = anyio.Event()

    async def content() -> AsyncIterator[bytes]:
        yield b"one"
        await echoed.wait()
        yield b"two"

    async with client_of(echo) as client:
        async with client.stream("POST", URL, content=content()) as response:
            chunks = response.aiter_raw()
            assert await anext(chunks) == b"one"
            echoed.set()
            assert [chunk async for chunk in chunks] == [b"two"]


async def test_request_body_from_a_file(world: World, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(900_000))
    sizes = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        more = True
        while more:
            message = await receive()
            more = message["more_body"]
            sizes.append(len(message["body"]))
        await hello(scope, receive, send)

    async with client_of(app) as client:
        with path.open("rb") as file:
            await client.post(URL, content=file)
    assert sum(sizes) == 900_000
    assert len(sizes) > 2


async def test_request_body_that_is_not_read_is_closed(world: World) -> None:
    closed = []

    async def content() -> AsyncIterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            closed.append(1)

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await hello(scope, receive, send)

    generator = content()
    async with client_of(app) as client:
        await client.post(URL, content=Source(generator))
    assert closed == [1]


class Source(httpx.AsyncByteStream):
    """A body that hands out its own generator."""

    def __init__(self, generator: AsyncIterator[bytes]) -> None:
        self.generator = generator

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.generator


async def test_exception_of_the_request_body_passes_through_the_app(world: World) -> None:
    error = ValueError("broken")
    seen = []

    async def content() -> AsyncIterator[bytes]:
        yield b"one"
        raise error

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await receive()
        except ValueError as exc:
            seen.append(exc)
            raise

    async with client_of(app) as client:
        with pytest.raises(ValueError) as info:
            await client.post(URL, content=content())
    assert info.value is error
    assert seen == [error]


async def test_request_with_a_blocking_body_only(world: World) -> None:
    class Blocking(httpx.SyncByteStream):
        pass

    request = httpx.Request("POST", URL, stream=Blocking())
    with pytest.raises(RuntimeError, match="Attempted to send an sync request"):
        await httpx.ASGITransport(hello).handle_async_request(request)


# What the caller gets


async def test_response(world: World) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        headers = [[b"X-A", b"1"], (b"x-a", b"2")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send(body(b"Hello, ", True))
        await send({"type": "http.response.debug", "info": {}})
        await send(body(b"world!"))

    async with client_of(app) as client:
        response = await client.get(URL)
    assert (response.status_code, response.content) == (201, b"Hello, world!")
    assert response.headers.raw == [(b"X-A", b"1"), (b"x-a", b"2")]
    assert response.http_version == "HTTP/1.1"
    assert response.elapsed.total_seconds() > 0


async def test_headers_and_body_may_be_left_out(world: World) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    async with client_of(app) as client:
        response = await client.get(URL)
    assert (response.status_code, response.content, len(response.headers)) == (204, b"", 0)


async def test_head_has_no_body(world: World) -> None:
    async with client_of(hello) as client:
        assert (await client.head(URL)).content == b""


async def test_response_streams(world: World) -> None:
    sent: list[str] = []
    go_on = [anyio.Event() for _ in range(3)]

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        sent.append("start")
        await send(START)
        for number, event in enumerate(go_on):
            await event.wait()
            sent.append(f"{number}")
            await send(body(b"%d" % number, more=True))
        await send(body(b""))
        sent.append("end")

    async with client_of(app) as client:
        async with client.stream("GET", URL) as response:
            assert (response.status_code, sent) == (200, ["start"])
            chunks = response.aiter_raw()
            for number, event in enumerate(go_on):
                event.set()
                assert await anext(chunks) == b"%d" % number
                assert sent[: number + 2][-1] == f"{number}"
                assert f"{number + 1}" not in sent
            assert [chunk async for chunk in chunks] == []
            assert sent[-1] == "end"


async def test_unread_body_holds_the_app_back(world: World) -> None:
    sent = 0
    piece = bytes(asgi.HIGH_WATER // 4)

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send(START)
        for _ in range(20):
            sent += 1
            await send(body(piece, more=True))
        await send(body(b""))

    async with client_of(app) as client:
        async with client.stream("GET", URL) as response:
            assert sent == 5  # the fifth is over the mark, and waits
            chunks = response.aiter_raw()
            await anext(chunks)
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            assert sent == 6
            assert len([chunk async for chunk in chunks]) == 19
        assert len((await client.get(URL)).content) == 20 * len(piece)


async def test_reading_a_little_of_much_does_not_let_the_app_go_on(world: World) -> None:
    sent = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send(START)
        await send(body(b"little", more=True))
        await send(body(bytes(2 * asgi.HIGH_WATER), more=True))
        sent.append(1)
        await send(body(b""))

    async with client_of(app) as client:
        async with client.stream("GET", URL) as response:
            chunks = response.aiter_raw()
            assert await anext(chunks) == b"little"
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
            assert sent == []
            await anext(chunks)
            assert [chunk async for chunk in chunks] == []
    assert sent == [1]


@pytest.mark.parametrize("streamed", [True, False])
async def test_whole_read_waits_for_background_work_and_raises(
    world: World, streamed: bool
) -> None:
    error = ValueError("in the background")
    done = []
    go_on = anyio.Event()

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await hello(scope, receive, send)
        await go_on.wait()
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        done.append(1)
        raise error

    async def hook(response: httpx.Response) -> None:
        go_on.set()

    async with client_of(app) as client:
        with pytest.raises(ValueError) as info:
            if streamed:
                async with client.stream("GET", URL) as response:
                    async for chunk in response.aiter_raw():
                        assert chunk == b"Hello, world!"
                        assert done == []
                        go_on.set()
            else:
                client.event_hooks = {"response": [hook]}
                await client.get(URL)
    assert info.value is error
    assert done == [1]


# What goes wrong


@pytest.mark.parametrize("streamed", [True, False])
async def test_exception_before_the_start(world: World, streamed: bool) -> None:
    error = ValueError("broken")

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        raise error

    async with client_of(app) as client:
        with pytest.raises(ValueError) as info:
            async with client.stream("GET", URL):
                raise AssertionError("there is no response")
        assert info.value is error
    async with client_of(app, raise_app_exceptions=False) as client:
        response = await client.get(URL)
        assert (response.status_code, response.content) == (500, b"")


async def test_error_page_and_exception(world: World) -> None:
    """As frameworks do. The exception is there before a hook could see the page."""
    error = ValueError("broken")

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 500})
        await send(body(b"sorry"))
        raise error

    async def hook(response: httpx.Response) -> None:
        response.raise_for_status()

    async with client_of(app) as client:
        client.event_hooks = {"response": [hook]}
        with pytest.raises(ValueError) as info:
            await client.get(URL)
        assert info.value is error
    async with client_of(app, raise_app_exceptions=False) as client:
        response = await client.get(URL)
        assert (response.status_code, response.content) == (500, b"sorry")


@pytest.mark.parametrize("pause", [True, False])
async def test_exception_amid_the_body(world: World, pause: bool) -> None:
    error = ValueError("broken")

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send(START)
        await send(body(b"some", more=True))
        if pause:
            await anyio.lowlevel.checkpoint()
        raise error

    async with client_of(app) as client:
        async with client.stream("GET", URL) as response:
            chunks = response.aiter_raw()
            assert await anext(chunks) == b"some"
            with pytest.raises(ValueError) as info:
                await anext(chunks)
        assert info.value is error
        with pytest.raises(ValueError):
            await client.get(URL)
    async with client_of(app, raise_app_exceptions=False) as client:
        assert (await client.get(URL)).content == b"some"


@pytest.mark.parametrize("raise_app_exceptions", [True, False])
@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([], "The ASGI app returned without sending a response."),
        ([START], "The ASGI app returned without completing its response."),
        ([START, body(b"x", True)], "The ASGI app returned without completing its response."),
    ],
)
async def test_app_that_returns_too_early(
    world: World, messages: list[Message], text: str, raise_app_exceptions: bool
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    async with client_of(app, raise_app_exceptions=raise_app_exceptions) as client:
        with pytest.raises(AssertionError) as info:
            await client.get(URL)
    assert str(info.value) == text


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([START, START], "The ASGI app sent 'http.response.start' twice."),
        ([body(b"")], "The ASGI app sent 'http.response.body' before 'http.response.start'."),
        ([START, body(b""), body(b"")], "The ASGI app sent 'http.response.body' after the last"),
    ],
)
async def test_app_that_breaks_the_protocol_is_told(
    world: World, messages: list[Message], text: str
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    async with client_of(app) as client:
        with pytest.raises(AssertionError, match=f"^{text}"):
            await client.get(URL)


async def test_body_before_the_head_is_never_a_page(world: World) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send(body(b""))

    async with client_of(app, raise_app_exceptions=False) as client:
        with pytest.raises(AssertionError, match=r"before 'http\.response\.start'"):
            await client.get(URL)


async def test_an_app_may_mend_a_body_before_the_head(world: World) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        with pytest.raises(AssertionError):
            await send(body(b""))
        raise ValueError("its own")

    async with client_of(app, raise_app_exceptions=False) as client:
        assert (await client.get(URL)).status_code == 500


async def test_events_of_the_world(world: World) -> None:
    from httpx._transports import asgi

    assert asgi.is_running_trio() == (world.name == "trio")
    event = asgi.create_event()
    event.set()
    await event.wait()


async def test_head_that_is_none_ends_the_app(world: World) -> None:
    ended = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"a", 1)]})
            await anyio.sleep_forever()
        finally:
            ended.append(1)

    async with client_of(app) as client:
        with pytest.raises(TypeError):
            await client.get(URL)
    assert ended == [1]


@pytest.mark.parametrize("raise_app_exceptions", [True, False])
@pytest.mark.parametrize("exit_class", [SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("late", [True, False])
async def test_exits_are_raised_to_the_caller(
    world: World, exit_class: type[BaseException], late: bool, raise_app_exceptions: bool
) -> None:
    error = exit_class(3)

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if late:
            await hello(scope, receive, send)
            await anyio.lowlevel.checkpoint()
        raise error

    async with client_of(app, raise_app_exceptions=raise_app_exceptions) as client:
        with pytest.raises(exit_class) as info:
            await client.get(URL)
    assert info.value is error


@pytest.mark.worlds("asyncio", "uvloop")  # trio's Cancelled is not for users to raise
async def test_cancellation_that_the_app_raises_is_the_callers(world: World) -> None:
    import asyncio

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError("own")

    async with client_of(app) as client:
        with pytest.raises(asyncio.CancelledError, match="own"):
            await client.get(URL)


# Leaving early


class Listener:
    """An application that sends without an end, and leaves when it hears the disconnect."""

    def __init__(self) -> None:
        self.events: list[str] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "http.request"
        assert (await receive())["more_body"] is False
        await send(START)
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self.stream, send)
                self.events.append((await receive())["type"])
                group.cancel_scope.cancel()
        finally:
            self.events.append("end")

    async def stream(self, send: Send) -> None:
        while True:
            await send(body(bytes(1000), more=True))
            await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize("read", [0, 1, 100])
async def test_closing_early_delivers_the_disconnect(world: World, read: int) -> None:
    app = Listener()
    async with client_of(app) as client:
        async with client.stream("GET", URL) as response:
            chunks = response.aiter_raw()
            for _ in range(read):
                await anext(chunks)
            assert app.events == []
        assert app.events == ["http.disconnect", "end"]
        await response.aclose()


async def test_closing_early_while_the_request_body_is_read(world: World) -> None:
    types = []
    ready = anyio.Event()

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        types.append((await receive())["type"])
        await send(START)
        await ready.wait()
        types.append((await receive())["type"])

    async def content() -> AsyncIterator[bytes]:
        while True:
            yield b"more"

    async with client_of(app) as client:
        response = await client.send(
            client.build_request("POST", URL, content=content()), stream=True
        )
        ready.set()
        await response.aclose()
    assert types == ["http.request", "http.disconnect"]


async def test_what_is_sent_after_the_disconnect_is_thrown_away(world: World) -> None:
    done = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send(START)
        await send(body(bytes(2 * asgi.HIGH_WATER), more=True))  # waits until the caller leaves
        for _ in range(20):
            await send(body(bytes(asgi.HIGH_WATER), more=True))
        await send(body(b"the end"))
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        done.append(1)

    async with client_of(app) as client:
        async with client.stream("GET", URL):
            pass
        assert done == [1]  # what is left is background work, and awaited


async def test_app_that_ignores_the_disconnect_is_cancelled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "GRACE", 0.01)
    ended = []

    async def sleeps(scope: Message, receive: Receive, send: Send) -> None:
        await send(START)
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("sleeps")

    async def sends(scope: Message, receive: Receive, send: Send) -> None:
        await send(START)
        try:
            while True:
                await send(body(b"more", more=True))
        finally:
            ended.append("sends")

    async def nests(scope: Message, receive: Receive, send: Send) -> None:
        await send(START)
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.sleep_forever)
                group.start_soon(anyio.sleep_forever)
        finally:
            ended.append("nests")

    for app in (sleeps, sends, nests):
        async with client_of(app) as client:
            async with client.stream("GET", URL):
                pass
        assert ended.pop() == app.__name__


@pytest.mark.parametrize("raise_app_exceptions", [True, False])
async def test_exception_after_the_disconnect(world: World, raise_app_exceptions: bool) -> None:
    error = ValueError("broken")

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send(START)
        while (await receive())["type"] != "http.disconnect":
            pass
        raise error

    async with client_of(app, raise_app_exceptions=raise_app_exceptions) as client:
        response = await client.send(client.build_request("GET", URL), stream=True)
        if raise_app_exceptions:
            with pytest.raises(ValueError) as info:
                await response.aclose()
            assert info.value is error
        await response.aclose()


async def test_app_that_fails_while_it_is_cancelled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "GRACE", 0.01)
    error = ValueError("broken")

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send(START)
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep_forever)
            try:
                await anyio.sleep_forever()
            finally:
                raise error

    async with client_of(app) as client:
        with pytest.raises(BaseExceptionGroup) as info:
            async with client.stream("GET", URL):
                pass
    assert info.value.exceptions == (error,)


async def test_cancelled_caller_takes_the_app_along(world: World) -> None:
    events: list[str] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        try:
            if scope["path"] != "/head":
                await send(START)
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                for _ in range(20):
                    await anyio.lowlevel.checkpoint()
            events.append("unwound")

    async with client_of(app) as client:
        for path in ("head", "body"):
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(client.get, URL + path)
                    await anyio.wait_all_tasks_blocked()
                    scope.cancel()
            assert events.pop() == "unwound"
        with anyio.CancelScope() as scope:
            async with client.stream("GET", URL):
                scope.cancel()
                await anyio.sleep_forever()
        assert scope.cancelled_caught
        assert events.pop() == "unwound"


async def test_app_that_fails_when_the_caller_is_cancelled(world: World) -> None:
    error = ValueError("while unwinding")
    caller = anyio.CancelScope()

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        caller.cancel()
        try:
            await anyio.sleep_forever()
        finally:
            raise error

    async with client_of(app) as client:
        with pytest.raises(ValueError) as info, caller:
            await client.get(URL)
    assert info.value is error


@pytest.mark.worlds("asyncio", "uvloop")  # trio cancels by scopes, which a shield stops
async def test_caller_cancelled_again_and_again(world: World) -> None:
    import asyncio

    events = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        for number in range(3):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                events.append(number)
        raise asyncio.CancelledError

    async with client_of(app) as client:
        task = asyncio.create_task(client.get(URL))
        while not task.done():
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert events == [0, 1, 2]


@pytest.mark.worlds("asyncio", "uvloop")
async def test_caller_cancelled_before_the_app_has_begun(world: World) -> None:
    import asyncio

    begun = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        begun.append(1)

    async with client_of(app) as client:
        task = asyncio.create_task(client.get(URL))
        before = asyncio.all_tasks()
        while not (new := asyncio.all_tasks() - before):
            await asyncio.sleep(0)
        for each in [*new, task]:  # as at the end of asyncio.run()
            each.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert begun == []


async def test_closing_the_client_ends_what_is_still_open(world: World) -> None:
    app = Listener()
    async with client_of(app) as client:
        response = await client.send(client.build_request("GET", URL), stream=True)
        transport = client._transport
        assert isinstance(transport, httpx.ASGITransport)
        assert len(transport._running) == 1
    assert app.events[-1] == "end"
    assert len(transport._running) == 0
    await response.aclose()


def test_closing_the_client_leaves_other_loops_alone() -> None:
    import asyncio

    transport = httpx.ASGITransport(Listener())

    async def begin() -> None:
        await transport.handle_async_request(httpx.Request("GET", URL))

    loop = asyncio.new_event_loop()
    loop.run_until_complete(begin())
    assert len(transport._running) == 1
    asyncio.run(transport.aclose())
    assert len(transport._running) == 1
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.wait(tasks))
    assert len(transport._running) == 0
    loop.close()


@pytest.mark.worlds("asyncio", "uvloop")  # trio itself holds its tasks
async def test_dropped_response_leaves_no_destroyed_task(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    import asyncio

    ended = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send(START)
        try:
            await send(body(bytes(2 * asgi.HIGH_WATER), more=True))
        finally:
            ended.append(1)

    client = client_of(app)
    response = await client.send(client.build_request("GET", URL), stream=True)
    del client, response
    gc.collect()
    await asyncio.sleep(0)
    [task] = asyncio.all_tasks() - {asyncio.current_task()}
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert ended == [1]
    assert not caplog.records


# The application as part of the caller


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
other_variable: contextvars.ContextVar[str] = contextvars.ContextVar("other", default="unset")


@pytest.mark.parametrize("fails", [True, False])
async def test_context_variables(world: World, fails: bool) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        seen = variable.get()
        variable.set("app's")
        await send(START)
        await send(body(seen.encode()))
        await reading.wait()
        if fails:
            raise ValueError

    reading = anyio.Event()

    variable.set("caller's")
    async with client_of(app) as client:
        async with client.stream("GET", URL) as response:
            assert variable.get() == "caller's"
            other_variable.set("meanwhile")
            reading.set()
            with pytest.raises(ValueError) if fails else contextlib.nullcontext():
                assert await response.aread() == b"caller's"
    assert variable.get() == "app's"
    assert other_variable.get() == "meanwhile"


async def test_app_may_hold_a_task_group_and_a_scope_across_its_body(world: World) -> None:
    """They are the app's own: when its scope is cancelled, the caller's awaits are not."""
    scopes: list[anyio.CancelScope] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        with anyio.CancelScope() as own:
            scopes.append(own)
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.sleep_forever)
                await send(START)
                await send(body(b"some", more=True))
                await anyio.sleep_forever()
        await send(body(b"more"))

    async with client_of(app) as client:
        async with client.stream("GET", URL) as response:
            scopes[0].cancel()
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
            assert await response.aread() == b"somemore"


async def test_app_may_call_itself(world: World) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"] == "/outer":
            text = (await client.get(f"{URL}inner")).content
            await send(START)
            await send(body(b"outer " + text))
        else:
            await hello(scope, receive, send)

    async with client_of(app) as client:
        assert (await client.get(f"{URL}outer")).text == "outer Hello, world!"


async def test_many_at_once(world: World) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send(START)
        for character in scope["path"]:
            await send(body(character.encode(), more=True))
            await anyio.lowlevel.checkpoint()
        await send(body(b""))

    async with client_of(app) as client:

        def get(number: int) -> Callable[[], Awaitable[str]]:
            async def run() -> str:
                return (await client.get(f"{URL}{number}")).text

            return run

        results = await world.gather(*[get(number) for number in range(50)])
    assert results == [f"/{number}" for number in range(50)]


@pytest.mark.parametrize("streamed", [True, False])
async def test_response_is_freed_without_the_collector(world: World, streamed: bool) -> None:
    async with client_of(hello) as client:
        await client.get(URL)
        gc.collect()
        gc.disable()
        try:
            if streamed:
                async with client.stream("GET", URL) as response:
                    pass
            else:
                response = await client.get(URL)
            dead = weakref.ref(response)
            exchanges = [o for o in gc.get_objects() if isinstance(o, asgi._Exchange)]
            del response
            assert dead() is None
            refs = [weakref.ref(exchange) for exchange in exchanges]
            del exchanges
            await anyio.lowlevel.checkpoint()  # asyncio's callbacks of the finished task
            assert not any(ref() for ref in refs)
        finally:
            gc.enable()
