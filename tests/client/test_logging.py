"""The one line that each exchange leaves in the log."""

from __future__ import annotations

import logging
from typing import Any
from unittest import mock

import pytest

import httpx
from httpx import _flow
from tests.client.helpers import redirecting
from tests.worlds import World


def ok(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200)


async def test_the_line(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    transport = httpx.MockTransport(redirecting(302, "/end?q=1"))
    async with world.client(transport=transport, follow_redirects=True) as client:
        await client.get("http://example.org/start")
    assert caplog.record_tuples == [
        ("httpx", logging.INFO, line)
        for line in (
            'HTTP Request: GET http://example.org/start "HTTP/1.1 302 Found"',
            'HTTP Request: GET http://example.org/end?q=1 "HTTP/1.1 200 OK"',
        )
    ]
    assert caplog.records[0].args == (
        "GET", httpx.URL("http://example.org/start"), "HTTP/1.1", 302, "Found",
    )  # fmt: skip


async def test_what_the_transport_says(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            599, extensions={"http_version": b"HTTP/2", "reason_phrase": b"Oh No"}
        )

    async with world.client(transport=httpx.MockTransport(handler)) as client:
        await client.post("http://a/")
    assert caplog.messages == ['HTTP Request: POST http://a/ "HTTP/2 599 Oh No"']


async def test_passwords_are_masked(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """USERS.md 42."""
    caplog.set_level(logging.DEBUG)
    async with world.client(transport=httpx.MockTransport(ok)) as client:
        await client.get("http://user:secret@example.org/")
    assert 'GET http://user:[secure]@example.org/ "' in caplog.text
    assert "user:secret" not in caplog.text
    assert "secret@" not in caplog.text


async def test_the_query_is_left_out_where_wanted(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """USERS.md 42: a switch, off by default."""
    caplog.set_level(logging.INFO)
    async with world.client(transport=httpx.MockTransport(ok)) as client:
        getattr(client, "sync", client).log_query = False
        await client.get("http://example.org/path?api_key=secret")
    assert caplog.messages == ['HTTP Request: GET http://example.org/path "HTTP/1.1 200 OK"']


async def test_nothing_is_formatted_while_it_is_off(world: World) -> None:
    """USERS.md 42: no text is made for a line that nobody reads."""
    level = _flow.logger.level
    _flow.logger.setLevel(logging.WARNING)
    forbidden: Any = mock.Mock(side_effect=AssertionError("formatted"))
    try:
        with (
            mock.patch.object(_flow, "mask_password", forbidden),
            mock.patch.object(httpx.URL, "__str__", forbidden),
            mock.patch.object(httpx.Response, "reason_phrase", property(forbidden)),
        ):
            async with world.client(transport=httpx.MockTransport(ok)) as client:
                await client.get("http://user:secret@example.org/", auth=("a", "b"))
    finally:
        _flow.logger.setLevel(level)


async def test_a_log_handler_that_raises_leaves_no_response_open(world: World) -> None:
    closed: list[str] = []

    class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
        def close(self) -> None:
            closed.append("closed")

        async def aclose(self) -> None:
            closed.append("closed")

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Body())

    with mock.patch.object(_flow, "_log", side_effect=OSError("disk full")):
        with mock.patch.object(_flow.logger, "isEnabledFor", return_value=True):
            async with world.client(transport=httpx.MockTransport(handler)) as client:
                with pytest.raises(OSError, match="disk full"):
                    await client.get("http://a/")
    assert closed == ["closed"]
