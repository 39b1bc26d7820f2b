"""Basic, netrc and function authentication, and what `Auth` promises to its subclasses."""

from __future__ import annotations

import inspect
import netrc
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import pytest

import httpx
from httpx._auth import FunctionAuth

from ..worlds import World

URL = "http://example.org/"


def first(auth: httpx.Auth, url: str = URL) -> httpx.Request:
    """The request that a flow yields first."""
    return next(auth.sync_auth_flow(httpx.Request("GET", url)))


@pytest.mark.parametrize(
    ("username", "password", "expected"),
    [
        # RFC 7617, sections 2 and 2.1
        ("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("test", "123£", "Basic dGVzdDoxMjPCow=="),
        (b"test", b"123\xa3", "Basic dGVzdDoxMjOj"),
        ("", "", "Basic Og=="),
        ("a" * 100, "", "Basic " + "YWFh" * 33 + "YTo="),
    ],
)
def test_basic(username: str | bytes, password: str | bytes, expected: str) -> None:
    auth = httpx.BasicAuth(username, password)
    assert first(auth).headers["Authorization"] == expected
    assert auth._auth_header == expected  # langfuse reads it


def test_basic_replaces_an_explicit_field() -> None:
    request = httpx.Request("GET", URL, headers={"Authorization": "other"})
    assert next(httpx.BasicAuth("a", "b").sync_auth_flow(request)) is request
    assert request.headers["Authorization"] == "Basic YTpi"


def test_credentials_must_be_text_or_bytes() -> None:
    for arguments in (("a", None), (1, "secret")):
        with pytest.raises(TypeError, match="expected a bytes-like object"):
            httpx.BasicAuth(*arguments)  # type: ignore[arg-type]


def test_function() -> None:
    def sign(request: httpx.Request) -> httpx.Request:
        request.headers["X-Signed"] = "1"
        return request

    assert first(FunctionAuth(sign)).headers["X-Signed"] == "1"


def test_function_may_return_another_request() -> None:
    other = httpx.Request("GET", "http://other.org/")
    assert first(FunctionAuth(lambda request: other)) is other


@pytest.fixture
def netrc_file(tmp_path: Path) -> Path:
    path = tmp_path / "netrc"
    path.write_text("machine example.org login me password secret\nmachine nothing.org login me\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://example.org:81/x", "Basic bWU6c2VjcmV0"),
        ("http://nothing.org/", None),
        ("http://unknown.org/", None),
    ],
)
def test_netrc(netrc_file: Path, url: str, expected: str | None) -> None:
    auth = httpx.NetRCAuth(str(netrc_file))
    assert first(auth, url).headers.get("Authorization") == expected


def test_netrc_leaves_an_explicit_field_where_it_has_nothing_to_say(netrc_file: Path) -> None:
    request = httpx.Request("GET", "http://unknown.org/", headers={"Authorization": "mine"})
    next(httpx.NetRCAuth(str(netrc_file)).sync_auth_flow(request))
    assert request.headers["Authorization"] == "mine"


def test_netrc_default_entry_and_default_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("default login d password e\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert first(httpx.NetRCAuth()).headers["Authorization"] == "Basic ZDpl"


def test_netrc_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        httpx.NetRCAuth(str(tmp_path / "none"))
    (tmp_path / "bad").write_text("machine")
    with pytest.raises(netrc.NetrcParseError):
        httpx.NetRCAuth(str(tmp_path / "bad"))


class Driver:
    """An auth flow behind one awaitable face, whichever kind the world has."""

    def __init__(self, world: World, auth: httpx.Auth, request: httpx.Request) -> None:
        blocking = world.name == "blocking"
        self.flow: Any = (auth.sync_auth_flow if blocking else auth.async_auth_flow)(request)

    async def send(self, response: httpx.Response | None) -> httpx.Request | None:
        try:
            if inspect.isgenerator(self.flow):
                return self.flow.send(response)
            return await self.flow.asend(response)
        except (StopIteration, StopAsyncIteration):
            return None


async def test_base_class_sends_the_request_as_it_is(world: World) -> None:
    request = httpx.Request("GET", URL)
    driver = Driver(world, httpx.Auth(), request)
    assert await driver.send(None) is request
    assert request.headers.raw == [(b"Host", b"example.org")]
    assert await driver.send(httpx.Response(401)) is None


class Repeating(httpx.Auth):
    """Asks for a token elsewhere, then says what it got; the responses are noted."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        response = yield httpx.Request("GET", "http://token.org/")
        self.seen.append(response.status_code)
        request.headers["X-Token"] = response.headers["X-Token"]
        response = yield request
        self.seen.append(response.status_code)


async def test_flow_may_yield_several_requests(world: World) -> None:
    auth = Repeating()
    request = httpx.Request("GET", URL)
    driver = Driver(world, auth, request)
    token_request = await driver.send(None)
    assert token_request is not None
    assert token_request.url == "http://token.org/"
    assert await driver.send(httpx.Response(201, headers={"X-Token": "t"})) is request
    assert request.headers["X-Token"] == "t"
    assert await driver.send(httpx.Response(200)) is None
    assert auth.seen == [201, 200]


class Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is not in memory, for both worlds."""

    def __iter__(self) -> Any:
        yield b"Hello, "
        yield b"world!"

    async def __aiter__(self) -> Any:
        for chunk in self.__iter__():
            yield chunk


class Reading(httpx.Auth):
    def __init__(self, request_body: bool, response_body: bool) -> None:
        self.requires_request_body = request_body
        self.requires_response_body = response_body

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self.requires_request_body:
            request.headers["X-Length"] = str(len(request.content))
        response = yield request
        if self.requires_response_body:
            request.headers["X-Text"] = response.text
            yield request


async def test_request_body_is_read_where_it_is_required(world: World) -> None:
    request = httpx.Request("POST", URL, stream=Chunks())
    driver = Driver(world, Reading(True, False), request)
    assert await driver.send(None) is request
    assert request.headers["X-Length"] == "13"
    assert await driver.send(httpx.Response(200)) is None


async def test_response_body_is_read_where_it_is_required(world: World) -> None:
    request = httpx.Request("POST", URL, stream=Chunks())
    driver = Driver(world, Reading(False, True), request)
    await driver.send(None)
    assert await driver.send(httpx.Response(401, stream=Chunks())) is request
    assert request.headers["X-Text"] == "Hello, world!"
    assert await driver.send(httpx.Response(200)) is None


async def test_bodies_are_left_alone_where_they_are_not(world: World) -> None:
    request = httpx.Request("POST", URL, stream=Chunks())
    driver = Driver(world, Reading(False, False), request)
    await driver.send(None)
    response = httpx.Response(200, stream=Chunks())
    assert await driver.send(response) is None
    assert not response.is_stream_consumed
    with pytest.raises(httpx.RequestNotRead):
        request.content


async def test_the_two_flows_may_be_overridden_by_themselves(world: World) -> None:
    class Twin(httpx.Auth):
        def sync_auth_flow(
            self, request: httpx.Request
        ) -> Generator[httpx.Request, httpx.Response, None]:
            request.headers["X-Kind"] = "blocking"
            yield request

        async def async_auth_flow(
            self, request: httpx.Request
        ) -> AsyncGenerator[httpx.Request, httpx.Response]:
            request.headers["X-Kind"] = "awaiting"
            yield request

    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, text=request.headers["X-Kind"])
    )
    async with world.client(transport=transport) as client:
        response = await client.get(URL, auth=Twin())
    assert response.text == ("blocking" if world.name == "blocking" else "awaiting")
