"""A client's life, its settings, and the chain of its methods."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from http.cookiejar import CookieJar
from typing import Any
from unittest import mock

import pytest

import httpx
from httpx import _client
from httpx._client import ClientState
from tests.client.helpers import Recorder, Stream, callable_in, echo
from tests.worlds import World

CLIENTS = [httpx.Client, httpx.AsyncClient]


async def test_get(world: World) -> None:
    async with world.client(transport=httpx.MockTransport(echo)) as client:
        response = await client.get("http://example.org/path")
    assert response.status_code == 200
    assert response.json()["method"] == "GET"
    assert response.json()["url"] == "http://example.org/path"
    assert response.request.url == "http://example.org/path"
    assert response.is_closed


@pytest.mark.parametrize(
    "method", ["get", "options", "head", "post", "put", "patch", "delete", "query"]
)
async def test_verbs(world: World, method: str) -> None:
    async with world.client(transport=httpx.MockTransport(echo)) as client:
        response = await getattr(client, method)("http://example.org/", headers={"X": "1"})
    assert response.json()["method"] == method.upper()
    assert ["x", "1"] in response.json()["headers"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "query"])
async def test_verbs_with_a_body(world: World, method: str) -> None:
    async with world.client(transport=httpx.MockTransport(echo)) as client:
        response = await getattr(client, method)("http://example.org/", content=b"body")
        assert response.json()["body"] == "body"
        response = await getattr(client, method)("http://example.org/", json={"a": 1})
        assert response.json()["body"] == '{"a":1}'
        response = await getattr(client, method)("http://example.org/", data={"a": "1"})
        assert response.json()["body"] == "a=1"
        response = await getattr(client, method)("http://example.org/", files={"f": b"x"})
        assert 'name="f"' in response.json()["body"]


@pytest.mark.parametrize("method", ["get", "options", "head", "delete"])
@pytest.mark.parametrize("make", CLIENTS)
def test_verbs_without_a_body_take_none(make: Any, method: str) -> None:
    with pytest.raises(TypeError, match="content"):
        getattr(make(), method)("http://example.org/", content=b"body")


async def test_stream(world: World) -> None:
    transport = Recorder()
    async with world.client(transport=transport) as client:
        async with client.stream("GET", "http://example.org/") as response:
            assert not response.is_closed
            assert [chunk async for chunk in response.aiter_bytes()] == [b"Hello, ", b"world!"]
        async with client.stream("GET", "http://example.org/") as response:
            pass
    assert response.is_closed
    assert transport.streams[1].closed == 1


async def test_stream_builds_nothing_before_it_is_entered(world: World) -> None:
    async with world.client(transport=Recorder()) as client:
        context = client.stream("GET", "http://a:bad/")
        with pytest.raises(httpx.InvalidURL):
            async with context:
                raise AssertionError("entered")


async def test_stream_closes_when_its_block_raises(world: World) -> None:
    transport = Recorder()
    async with world.client(transport=transport) as client:
        with pytest.raises(KeyError):
            async with client.stream("GET", "http://example.org/"):
                raise KeyError("x")
    assert transport.streams[0].closed == 1


async def test_send_with_stream(world: World) -> None:
    async with world.client(transport=Recorder()) as client:
        request = client.build_request("GET", "http://example.org/")
        response = await client.send(request, stream=True)
        assert not response.is_closed
        assert await response.aread() == b"Hello, world!"
    assert response.request is request


async def test_a_body_that_cannot_be_read_is_closed(world: World) -> None:
    stream = Stream(b"not gzip")

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=stream)

    async with world.client(transport=httpx.MockTransport(handler)) as client:
        with pytest.raises(httpx.DecodingError) as caught:
            await client.get("http://example.org/")
    assert stream.closed
    assert caught.value.request.url == "http://example.org/"


# Life cycle


@pytest.mark.parametrize("make", CLIENTS)
def test_a_new_client_is_unopened(make: Any) -> None:
    client = make()
    assert client._state is ClientState.UNOPENED
    assert not client.is_closed


async def test_the_first_request_opens(world: World) -> None:
    client = world.client(transport=httpx.MockTransport(echo))
    await client.get("http://example.org/")
    assert client._state is ClientState.OPENED
    with pytest.raises(RuntimeError, match=r"^Cannot open a client instance more than once\.$"):
        async with client:
            raise AssertionError("entered")
    await client.aclose()
    await client.aclose()
    assert client.is_closed
    with pytest.raises(
        RuntimeError, match=r"^Cannot reopen a client instance, once it has been closed\.$"
    ):
        async with client:
            raise AssertionError("entered")
    with pytest.raises(
        RuntimeError, match=r"^Cannot send a request, as the client has been closed\.$"
    ):
        await client.get("http://example.org/")


async def test_with_enters_and_leaves_each_transport(world: World) -> None:
    log: list[str] = []
    async with world.client(
        transport=Recorder("main", log),
        mounts={"http://b": Recorder("b", log), "http://a": Recorder("a", log), "all://": None},
    ) as client:
        assert client._state is ClientState.OPENED
    assert log == ["enter main", "enter b", "enter a", "exit main", "exit b", "exit a"]
    assert client.is_closed


async def test_close_closes_each_transport_even_if_one_raises(world: World) -> None:
    log: list[str] = []
    client = world.client(
        transport=Recorder("main", log, fail="close"),
        mounts={"http://b": Recorder("b", log, fail="close"), "http://a": Recorder("a", log)},
    )
    with pytest.raises(OSError, match="close b") as caught:
        await client.aclose()
    assert str(caught.value.__context__) == "close main"
    assert log == ["close main", "close b", "close a"]
    await client.aclose()
    assert len(log) == 3


async def test_a_transport_that_cannot_be_entered_closes_those_that_were(world: World) -> None:
    log: list[str] = []
    client = world.client(
        transport=Recorder("main", log), mounts={"http://b": Recorder("b", log, fail="enter")}
    )
    with pytest.raises(OSError, match="enter b"):
        async with client:
            raise AssertionError("entered")
    assert log == ["enter main", "enter b", "close main"]


# Settings


@pytest.mark.parametrize("make", CLIENTS)
def test_settings(make: Any) -> None:
    client = make()
    assert client.follow_redirects is False
    assert client.max_redirects == 20
    assert client.timeout == httpx.Timeout(5.0)
    assert client.trust_env is True
    assert client.auth is None
    assert client.params == httpx.QueryParams()
    assert client.base_url == ""
    client.timeout = None
    assert client.timeout == httpx.Timeout(None)
    client.auth = ("user", "pass")
    assert isinstance(client.auth, httpx.BasicAuth)
    client.auth = None
    assert client.auth is None
    client.params = {"a": 1}
    assert client.params == httpx.QueryParams("a=1")
    client.cookies = {"a": "1"}
    assert client.cookies["a"] == "1"
    client.base_url = "http://example.org/v1"
    assert client.base_url == "http://example.org/v1/"
    with pytest.raises(AttributeError):
        client.trust_env = False


@pytest.mark.parametrize("bad", [3, "user:pass"])
@pytest.mark.parametrize("make", CLIENTS)
def test_an_auth_that_is_none(make: Any, bad: Any) -> None:
    with pytest.raises(TypeError) as caught:
        make(auth=bad)
    assert str(caught.value).startswith('Invalid "auth" argument: ')
    with pytest.raises(TypeError):
        make().auth = bad


@pytest.mark.parametrize("make", CLIENTS)
def test_the_users_jar_is_used_itself(make: Any) -> None:
    jar = CookieJar()
    assert make(cookies=jar).cookies.jar is jar


@pytest.mark.parametrize("make", CLIENTS)
def test_http2_needs_its_package(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h2", None)
    with pytest.raises(ImportError, match=r"pip install httpx\[http2\]"):
        make(http2=True)


@pytest.mark.parametrize("make", CLIENTS)
def test_http2_with_its_package(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found: Any = object()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: found)
    assert make(http2=True)._state is ClientState.UNOPENED


# Merging


@pytest.mark.parametrize(
    ("base", "url", "merged"),
    [
        ("", "http://example.org/x", "http://example.org/x"),
        ("http://a/v1", "http://b/x", "http://b/x"),
        ("http://a/v1", "/x", "http://a/v1/x"),
        ("http://a/v1/", "x", "http://a/v1/x"),
        ("http://a/v1", "", "http://a/v1/"),
        ("http://a", "", "http://a/"),
        ("http://a/v1", "../x", "http://a/x"),
        ("http://a/v1", "?q=1", "http://a/v1/?q=1"),
        ("http://a/v1", "x%20y?q=%20", "http://a/v1/x%20y?q=%20"),
        ("http://a/v1?k=1", "x", "http://a/v1/x?k=1"),
        ("http://a/v1?k=1", "x?q=2", "http://a/v1/x?q=2&k=1"),
        ("http://a/v1?k=1", "x?k=2", "http://a/v1/x?k=2"),
        ("http://a/v1?k=1", "http://b/", "http://b/"),
    ],
)
@pytest.mark.parametrize("make", CLIENTS)
def test_base_url(make: Any, base: str, url: str, merged: str) -> None:
    client = make(base_url=base)
    assert str(client._merge_url(url)) == merged
    assert str(client.build_request("GET", url).url) == merged


@pytest.mark.parametrize("make", CLIENTS)
def test_timeout_of_a_request(make: Any) -> None:
    client = make(timeout=httpx.Timeout(1, read=2))
    phases = {"connect": 1, "read": 2, "write": 1, "pool": 1}
    build = client.build_request
    assert build("GET", "http://a/").extensions == {"timeout": phases}
    assert build("GET", "http://a/", timeout=3).extensions["timeout"]["read"] == 3
    assert build("GET", "http://a/", timeout=None).extensions["timeout"]["read"] is None
    given = {"timeout": {"read": 9}, "other": 1}
    assert build("GET", "http://a/", timeout=3, extensions=given).extensions == given
    assert build("GET", "http://a/", extensions={"other": 1}).extensions == {
        "other": 1,
        "timeout": phases,
    }


async def test_a_bare_request_gets_the_timeout_and_nothing_else(world: World) -> None:
    transport = Recorder()
    async with world.client(
        transport=transport, headers={"X": "1"}, params={"p": 1}, cookies={"c": "1"}, timeout=3
    ) as client:
        await client.send(httpx.Request("GET", "http://a/"))
        await client.send(httpx.Request("GET", "http://a/", extensions={"timeout": {}}))
        for odd in (None, 5, ()):  # for a transport of the program's own
            extensions = {"timeout": odd, "deadline": None}
            await client.send(httpx.Request("GET", "http://a/", extensions=extensions))
            await client.send(httpx.Request("GET", "http://a/", extensions={"timeout": odd}))
    bare, with_timeout, *odd_ones = transport.requests
    assert [r.extensions["timeout"] for r in odd_ones] == [None, None, 5, 5, (), ()]
    assert bare.headers.raw == [(b"Host", b"a")]
    assert bare.url == "http://a/"
    assert bare.extensions["timeout"]["read"] == 3
    assert with_timeout.extensions == {"timeout": {}}


async def test_default_encoding(world: World) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content="é".encode("latin-1"))

    transport = httpx.MockTransport(handler)
    async with world.client(transport=transport, default_encoding="latin-1") as client:
        assert (await client.get("http://a/")).text == "é"
    async with world.client(transport=transport, default_encoding=lambda b: "cp437") as client:
        assert (await client.get("http://a/")).text == "Θ"


# The chain of methods, which other packages override and patch


class Chain:
    """Notes each method that is called, with how its arguments are given."""

    def __init__(self, kind: type[Any], **options: Any) -> None:
        self.calls: list[tuple[str, int, tuple[str, ...]]] = []
        names = [name for name in dir(kind) if not name.startswith("__")]
        methods = {
            name: self.wrap(name, getattr(kind, name))
            for name in names
            if callable(getattr(kind, name))
        }
        self.client = type("Subclass", (kind,), methods)(**options)

    def wrap(self, name: str, method: Any) -> Any:
        def call(instance: Any, *args: Any, **kwargs: Any) -> Any:
            self.calls.append((name, len(args), tuple(sorted(kwargs))))
            return method(instance, *args, **kwargs)

        return call

    def take(self) -> list[tuple[str, int, tuple[str, ...]]]:
        """The calls since the last time, our own helpers left out."""
        calls, self.calls = self.calls, []
        return [call for call in calls if call[0] not in OWN_HELPERS]


OWN_HELPERS = {
    "_all_transports", "_begin", "_build_by_position", "_follows_redirects", "_mounted_transport",
    "_open", "_put_params", "_send_straight", "_send_verb", "_set_transports",
}  # fmt: skip

BODY = ("content", "data", "files", "json")
BUILD = (
    "build_request", 0,
    ("content", "cookies", "data", "extensions", "files", "headers", "json", "method", "params",
     "timeout", "url"),
)  # fmt: skip
MERGE = [(f"_merge_{what}", 1, ()) for what in ("url", "headers", "cookies", "queryparams")]
SEND = [
    ("_set_timeout", 1, ()),
    ("_build_request_auth", 2, ()),
    ("_send_handling_auth", 1, ("auth", "follow_redirects", "history")),
    ("_send_handling_redirects", 1, ("follow_redirects", "history")),
    ("_send_single_request", 1, ()),
    ("_transport_for_url", 1, ()),
]
REDIRECT = [
    ("_build_redirect_request", 2, ()),
    ("_redirect_method", 2, ()),
    ("_redirect_url", 2, ()),
    ("_redirect_headers", 3, ()),
    ("_redirect_stream", 2, ()),
]
COMMON = ("auth", "cookies", "extensions", "follow_redirects", "headers", "params", "timeout")


def test_the_chain_of_the_constructor() -> None:
    chain = Chain(httpx.Client, proxy="http://proxy:1")
    options = ("cert", "http1", "http2", "limits", "trust_env", "verify")
    assert chain.take() == [
        ("_enforce_trailing_slash", 1, ()),
        ("_build_auth", 1, ()),
        ("_get_proxy_map", 2, ()),
        ("_init_transport", 0, tuple(sorted([*options, "transport"]))),
        ("_init_proxy_transport", 1, options),
    ]


def test_the_chain_of_a_get() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/":
            return httpx.Response(302, headers={"Location": "/next"})
        return httpx.Response(200)

    chain = Chain(httpx.Client, transport=httpx.MockTransport(handler))
    chain.take()
    chain.client.get("http://a/", follow_redirects=True)
    assert chain.take() == [
        ("get", 1, ("follow_redirects",)),
        ("request", 2, COMMON),
        BUILD,
        *MERGE,
        ("send", 1, ("auth", "follow_redirects")),
        *SEND,
        *REDIRECT,
        ("_send_single_request", 1, ()),
        ("_transport_for_url", 1, ()),
    ]
    chain.client.get("http://a/")
    assert chain.take()[-5:] == REDIRECT


def test_the_chain_of_a_post() -> None:
    chain = Chain(httpx.Client, transport=httpx.MockTransport(echo))
    chain.take()
    chain.client.post("http://a/", content=b"")
    calls = chain.take()
    assert calls[1] == ("request", 2, tuple(sorted([*COMMON, *BODY])))
    assert calls[2] == BUILD


def test_the_chain_of_a_stream() -> None:
    chain = Chain(httpx.Client, transport=httpx.MockTransport(echo))
    chain.take()
    with chain.client.stream("GET", "http://a/"):
        pass
    assert chain.take() == [
        ("stream", 2, ()),
        BUILD,
        *MERGE,
        ("send", 0, ("auth", "follow_redirects", "request", "stream")),
        *SEND,
    ]


@pytest.mark.worlds("asyncio", "trio")
async def test_the_chains_of_both_clients_are_the_same(world: World) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/":
            return httpx.Response(307, headers={"Location": "/next"})
        return httpx.Response(200)

    transport = httpx.MockTransport(handler)
    blocking = Chain(httpx.Client, transport=transport)
    awaiting = Chain(httpx.AsyncClient, transport=transport)
    assert awaiting.take() == blocking.take()
    for options in ({}, {"follow_redirects": True}, {"auth": ("user", "pass")}):
        blocking.client.post("http://a/", **options)
        await awaiting.client.post("http://a/", **options)
        assert awaiting.take() == blocking.take()
    with blocking.client.stream("GET", "http://a/"):
        pass
    async with awaiting.client.stream("GET", "http://a/"):
        pass
    assert awaiting.take() == blocking.take()


@pytest.mark.parametrize(
    "seam",
    [
        "_send_single_request",
        "_send_handling_auth",
        "_send_handling_redirects",
        "send",
        "request",
    ],
)
async def test_seams_may_be_replaced_on_class_and_instance(world: World, seam: str) -> None:
    kind = httpx.Client if world.name == "blocking" else httpx.AsyncClient
    request = httpx.Request("GET", "http://a/")
    answer = callable_in(world, lambda *a, **k: httpx.Response(299, request=request))

    def replaced(*args: Any, **kwargs: Any) -> Any:
        return answer()

    with mock.patch.object(kind, seam, replaced):
        client = world.client(transport=httpx.MockTransport(echo))
        assert (await client.get("http://a/")).status_code == 299
    assert (await client.get("http://a/")).status_code == 200
    setattr(getattr(client, "sync", client), seam, replaced)
    assert (await client.get("http://a/")).status_code == 299


async def test_build_request_may_be_replaced_on_class_and_instance(world: World) -> None:
    kind = httpx.Client if world.name == "blocking" else httpx.AsyncClient
    build = kind.build_request

    def replaced(*args: Any, **kwargs: Any) -> httpx.Request:
        return httpx.Request("GET", "http://replaced/")

    async with world.client(transport=httpx.MockTransport(echo)) as client:
        with mock.patch.object(kind, "build_request", replaced):
            assert (await client.get("http://a/")).url == "http://replaced/"
        assert kind.build_request is build
        assert (await client.get("http://a/")).url == "http://a/"
        getattr(client, "sync", client).build_request = replaced
        assert (await client.get("http://a/")).url == "http://replaced/"


@pytest.mark.parametrize("verb", ["get", "options", "head", "delete", "post", "query"])
async def test_a_replaced_request_is_given_what_its_verb_takes(world: World, verb: str) -> None:
    """Nothing of a body from the verbs that take none: others replace it with fixed keywords."""
    taken: dict[str, Any] = {}

    def request(method: str, url: str, **keywords: Any) -> Any:
        taken.update(keywords)
        return callable_in(world, lambda: httpx.Response(200))()

    async with world.client(transport=httpx.MockTransport(echo)) as client:
        getattr(client, "sync", client).request = request
        await getattr(client, verb)("http://a/")
        assert set(BODY) <= set(taken) if verb in ("post", "query") else set(COMMON) == set(taken)


async def test_the_transport_may_be_assigned(world: World) -> None:
    async with world.client() as client:
        real = getattr(client, "sync", client)
        real._transport = httpx.MockTransport(echo)
        assert (await client.get("http://a/")).status_code == 200


async def test_transport_methods_are_looked_up_at_each_call(world: World) -> None:
    kind, method = (
        (httpx.HTTPTransport, "handle_request")
        if world.name == "blocking"
        else (httpx.AsyncHTTPTransport, "handle_async_request")
    )
    answer = callable_in(world, lambda transport, request: httpx.Response(299))
    async with world.client() as client:
        with mock.patch.object(kind, method, lambda *args: answer(*args)):
            assert (await client.get("http://a/")).status_code == 299


def test_a_subclass_may_make_its_own_transports() -> None:
    made: list[str] = []

    class Own(httpx.Client):
        def _init_transport(self, *args: Any, **kwargs: Any) -> httpx.BaseTransport:
            made.append("transport")
            return super()._init_transport(*args, **kwargs)

        def _init_proxy_transport(self, *args: Any, **kwargs: Any) -> httpx.BaseTransport:
            made.append("proxy")
            return super()._init_proxy_transport(*args, **kwargs)

    Own(proxy="http://proxy:1")
    assert made == ["transport", "proxy"]


@pytest.mark.parametrize("make", CLIENTS)
def test_names_of_the_private_module(make: Any) -> None:
    assert _client.USE_CLIENT_DEFAULT is httpx.USE_CLIENT_DEFAULT
    assert isinstance(httpx.USE_CLIENT_DEFAULT, _client.UseClientDefault)
    assert issubclass(make, _client.BaseClient)
    assert make.__module__ == "httpx"
    assert [state.value for state in _client.ClientState] == [1, 2, 3]
    client = make()
    assert {"_transport", "_mounts", "_state", "_event_hooks", "_base_url", "_trust_env"} <= set(
        vars(client)
    )


# Errors, and what user code raises


async def test_errors_get_their_request(world: World) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async with world.client(transport=httpx.MockTransport(handler)) as client:
        with pytest.raises(httpx.ConnectError) as caught:
            await client.get("http://a/")
    assert caught.value.request.url == "http://a/"


def test_a_stop_iteration_of_user_code_reaches_the_caller() -> None:
    exhausted = mock.Mock(side_effect=StopIteration("exhausted"))
    with httpx.Client(transport=httpx.MockTransport(exhausted)) as client:
        with pytest.raises(StopIteration, match="exhausted") as caught:
            client.get("http://a/")
    assert caught.value.__context__ is None
    with httpx.Client(
        transport=httpx.MockTransport(echo), event_hooks={"request": [exhausted]}
    ) as client:
        with pytest.raises(StopIteration, match="exhausted"):
            client.get("http://a/")
        client._send_single_request = exhausted  # type: ignore[method-assign]
        client.event_hooks = {}
        with pytest.raises(StopIteration, match="exhausted"):
            client.get("http://a/")


def test_a_stop_iteration_in_a_coroutine_is_pythons_runtime_error() -> None:
    exhausted = mock.Mock(side_effect=StopIteration("exhausted"))

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(exhausted)) as client:
            await client.get("http://a/")

    with pytest.raises(RuntimeError, match="StopIteration"):
        asyncio.run(run())


async def test_a_transport_must_answer_with_a_stream_of_its_world(world: World) -> None:
    class Wrong(httpx.BaseTransport, httpx.AsyncBaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, stream=httpx.AsyncByteStream())

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, stream=httpx.SyncByteStream())

    async with world.client(transport=Wrong()) as client:
        with pytest.raises(
            AssertionError, match=r"^Wrong answered with a body of type \w+ByteStream"
        ):
            await client.get("http://a/")


def test_an_async_body_in_a_blocking_client() -> None:
    async def body() -> Any:
        yield b""

    with httpx.Client(transport=Recorder()) as client:
        with pytest.raises(
            RuntimeError,
            match=r"^Attempted to send an async request with a sync Client instance\.$",
        ):
            client.post("http://a/", content=body())


# Elapsed, and life time


async def test_elapsed(world: World) -> None:
    async with world.client(transport=Recorder()) as client:
        response = await client.get("http://a/")
        assert response.elapsed.total_seconds() > 0
        async with client.stream("GET", "http://a/") as response:
            with pytest.raises(RuntimeError, match="elapsed"):
                response.elapsed
        assert response.elapsed.total_seconds() > 0
    async with world.client(transport=httpx.MockTransport(echo)) as client:
        response = await client.get("http://a/")
        assert response.elapsed.total_seconds() > 0


@pytest.mark.parametrize("how", ["read", "streamed", "redirected", "errored", "authenticated"])
async def test_a_response_dies_with_its_last_reference(world: World, how: str) -> None:
    bodies: list[weakref.ref[Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        stream = Stream(b"x" * 100)
        headers = {"Location": "/end"} if request.url.path == "/redirected" else {}
        response = httpx.Response(302 if headers else 200, headers=headers, stream=stream)
        if how == "errored":
            response.headers["Content-Encoding"] = "gzip"
        bodies.append(weakref.ref(stream))
        bodies.append(weakref.ref(response))
        return response

    client = world.client(transport=httpx.MockTransport(handler), follow_redirects=True)
    gc.collect()
    gc.disable()
    try:
        if how == "streamed":
            async with client.stream("GET", "http://a/") as response:
                await response.aread()
        elif how == "errored":
            try:
                await client.get("http://a/")
            except httpx.DecodingError:
                response = None
        else:
            auth = ("u", "p") if how == "authenticated" else None
            response = await client.get(f"http://a/{how}", auth=auth)
        del response
        assert bodies
        assert [reference() for reference in bodies] == [None] * len(bodies)
    finally:
        gc.enable()
        await client.aclose()
