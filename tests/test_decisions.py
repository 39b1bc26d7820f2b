"""The decisions by which this build differs from httpx 0.28.1: one test for each, by its number.

Each is the shortest program that shows the decision as a user sees it. The rooms that carry a
decision out have their own tests, with all the cases; `tests/parity/differences.json` names the
same numbers where the original answers otherwise.
"""

from __future__ import annotations

import copy
import gc
import gzip
import io
import os
import pickle
import re
import ssl
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

import httpx
from httpx import _config
from tests.servers import Conn, HTTPServer, RawServer, response
from tests.worlds import World


def client(handler: Any, **settings: Any) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(handler), **settings)


def test_01_client_params_fill_in_and_params_of_a_call_replace() -> None:
    signed = "http://a/v1/x?sig=1"
    made = httpx.Client(params={"page": "1", "sig": "0"}, base_url="http://a/v1?key=k")
    assert str(made.build_request("GET", signed).url) == "http://a/v1/x?sig=1&page=1"
    assert str(made.build_request("GET", "x").url) == "http://a/v1/x?key=k&page=1&sig=0"
    assert httpx.Request("GET", signed, params={"b": "2"}).url.query == b"b=2"
    assert httpx.Request("GET", signed, params={}).url.query == b""


def test_02_redirects_keep_secrets_within_the_origin() -> None:
    seen: list[httpx.Request] = []

    def moving(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        location = {"/": "/same", "/same": "http://b/other"}.get(request.url.path)
        if location is None or len(seen) > 2:
            return httpx.Response(200)
        return httpx.Response(302, headers={"Location": location})

    secrets = {"Authorization": "x", "Proxy-Authorization": "y", "Cookie": "c=1"}
    with client(moving, follow_redirects=True) as made:
        made.post("http://a/", headers=secrets, json={})
    assert all(name in seen[1].headers for name in secrets)
    assert "content-type" not in seen[1].headers
    assert not any(name in seen[2].headers for name in secrets)

    bad = client(lambda request: httpx.Response(302, headers={"Location": "http://a:b/"}))
    assert bad.get("http://a/").next_request is None
    with pytest.raises(httpx.RemoteProtocolError):
        bad.get("http://a/", follow_redirects=True)


def test_03_a_file_counts_from_its_position_and_rewinds_to_it() -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(4)
    seen: list[bytes] = []

    def moving(request: httpx.Request) -> httpx.Response:
        seen.append(request.read())
        return httpx.Response(307 if len(seen) == 1 else 200, headers={"Location": "/"})

    with client(moving, follow_redirects=True) as made:
        sent = made.post("http://a/", content=file).request
    assert (seen, sent.headers["content-length"]) == ([b"456789", b"456789"], "6")

    once = httpx.Request("POST", "http://a/", content=iter([b"x"]))
    assert b"".join(once.stream) == b"x"  # type: ignore[arg-type]
    with pytest.raises(httpx.StreamConsumed) as caught:
        next(iter(once.stream))  # type: ignore[call-overload]
    assert caught.value.__notes__  # why


@pytest.mark.worlds("asyncio", "trio")  # AsyncClient's decision
async def test_04_an_async_client_takes_every_body(world: World, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")

    async def asynchronous() -> AsyncIterator[bytes]:
        yield b"abc"

    def synchronous() -> Iterator[bytes]:
        yield b"abc"

    with HTTPServer(lambda request: request.body) as server, path.open("rb") as file:
        async with world.client() as made:
            for content in (b"abc", file, synchronous(), asynchronous(), [b"abc"]):
                assert (await made.post(server.url, content=content)).content == b"abc"
            assert b"abc" in (await made.post(server.url, files={"f": file})).content


def test_05_decoding_is_bounded_and_complete() -> None:
    def decode(body: bytes, *codings: str) -> httpx.Response:
        headers = {"Content-Encoding": ", ".join(codings)}
        return httpx.Response(200, headers=headers, content=iter([body]))

    assert decode(gzip.compress(b"a") + gzip.compress(b"b"), "gzip").read() == b"ab"
    assert max(map(len, decode(gzip.compress(bytes(1 << 24)), "gzip").iter_bytes())) <= 1 << 18
    with pytest.raises(httpx.DecodingError):
        decode(gzip.compress(b"abc")[:-4], "gzip").read()
    with pytest.raises(httpx.DecodingError, match="more than 5"):
        decode(b"", *["gzip"] * 6).read()


async def test_06_a_dead_kept_connection_is_tried_once_more(world: World) -> None:
    def one_each(conn: Conn) -> None:
        conn.read_request()
        conn.send(response(body=b"done"))
        conn.read_request()  # and hang up

    with RawServer(one_each) as server:
        async with world.client() as made:
            assert [(await made.get(server.url)).text for _ in range(3)] == ["done"] * 3
            with pytest.raises((httpx.NetworkError, httpx.RemoteProtocolError)):
                await made.post(server.url)
            await made.get(server.url)
            key = {"Idempotency-Key": "1"}
            assert (await made.post(server.url, headers=key)).text == "done"


async def test_07_errors_say_what_where_and_how_long(world: World) -> None:
    with RawServer(Conn.hold) as server:
        async with world.client(timeout=httpx.Timeout(None, read=0.01)) as made:
            with pytest.raises(httpx.ReadTimeout) as read:
                await made.get(server.url)
            total = httpx.Timeout(None, total=0.01)
            with pytest.raises(httpx.TimeoutException) as whole:
                await made.get(server.url, timeout=total)
    assert str(read.value) == f"timed out after 0.01 s while reading from 127.0.0.1:{server.port}"
    assert "total" in str(whole.value)
    assert repr(httpx.Timeout(1)) == "Timeout(timeout=1)"
    assert set(httpx.Timeout(1).as_dict()) == {"connect", "read", "write", "pool"}


def test_08_what_a_user_holds_pickles_and_copies() -> None:
    answer = httpx.Response(404, headers={"Set-Cookie": "a=1"}, content=b"x")
    got = client(lambda request: answer).get("http://a/")
    with pytest.raises(httpx.HTTPStatusError) as caught:
        got.raise_for_status()
    assert got.elapsed.total_seconds() >= 0
    for again in (pickle.loads(pickle.dumps(caught.value)), copy.deepcopy(caught.value)):
        assert str(again) == str(caught.value)
        assert again.response.content == b"x"
        assert again.response.cookies["a"] == "1"
        assert again.request.url == "http://a/"
    proxy = httpx.Proxy("http://p", auth=("a", "b"))
    for value in (httpx.Timeout(1, total=2), httpx.Limits(), proxy):
        assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value


def test_09_passwords_are_masked(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="httpx")
    got = client(lambda request: httpx.Response(500)).get("http://user:secret@a/")
    with pytest.raises(httpx.HTTPStatusError) as caught:
        got.raise_for_status()
    texts = [repr(got.url), repr(got.request), str(caught.value), *caplog.messages]
    assert len(caplog.messages) == 1
    assert not any("secret" in text for text in texts)


@pytest.mark.filterwarnings("ignore:`(verify|cert)=:DeprecationWarning")
def test_10_one_context_for_each_configuration(ca: Any, tmp_path: Path) -> None:
    roots, mine = tmp_path / "roots.pem", tmp_path / "mine.pem"
    ca.cert_pem.write_to_path(roots)
    ca.issue_cert("me").private_key_and_cert_chain_pem.write_to_path(mine)
    both = _config.shared_ssl_context(str(roots), str(mine))
    assert both is _config.shared_ssl_context(str(roots), str(mine))
    assert len(both.get_ca_certs()) == 1
    assert _config.shared_ssl_context() is _config.shared_ssl_context()
    own = ssl.create_default_context()
    with httpx.Client(verify=own, http2=True) as made:
        assert made._transport._pool._connector.ssl_context() is own


@pytest.mark.parametrize(
    "url",
    [
        "http://a.com",
        "http://x.a.com",
        "http://x.b.com",
        "http://c.com:81",
        "http://10.1.2.3",
        "http://[fd00::1]",
        "http://[::1]:82",
    ],
)
def test_11_no_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://p:1")
    monkeypatch.setenv("no_proxy", "a.com, *.b.com c.com:81,10.0.0.0/8,fd00::/8,[::1]:82,]garbage[")
    made = httpx.Client()
    assert made._transport_for_url(httpx.URL(url)) is made._transport
    assert made._transport_for_url(httpx.URL("http://c.com")) is not made._transport
    monkeypatch.setenv("REQUEST_METHOD", "GET")  # a CGI script
    assert not any(httpx.Client()._mounts.values())


def test_12_urls() -> None:
    assert str(httpx.URL("HTTP://A.com:80/")) == "http://a.com/"
    assert httpx.URL("http://www.xn--bcher-kva.example").host == "www.bücher.example"
    assert httpx.URL("http://\uff27\uff2f.com").raw_host == b"go.com"
    assert httpx.URL("http://my_host.example").host == "my_host.example"
    for wrong in ("http://a:65536", "http://\u2488com"):
        with pytest.raises(httpx.InvalidURL):
            httpx.URL(wrong)


def test_13_digest() -> None:
    seen: list[str] = []

    def ask(challenge: str) -> httpx.Response:
        def handler(request: httpx.Request) -> httpx.Response:
            seen.append(request.headers.get("authorization", ""))
            return httpx.Response(200 if seen[-1] else 401, headers={"WWW-Authenticate": challenge})

        return client(handler, auth=httpx.DigestAuth("u", "p")).post("http://a/", content=b"x")

    assert ask('DIGEST REALM="", Nonce="n", QOP="auth-int"').status_code == 200
    assert "qop=auth-int" in seen[-1]
    with pytest.raises(httpx.ProtocolError, match="Unknown algorithm"):
        ask('Digest realm="r", nonce="n", algorithm=FOO')

    shared = httpx.DigestAuth("u", "p")
    challenge = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}
    counts = []
    for _ in range(3):
        request = httpx.Request("GET", "http://a/")
        flow = shared.sync_auth_flow(request)
        if "authorization" not in next(flow).headers:
            flow.send(httpx.Response(401, headers=challenge, request=request))
        counts.append(re.findall("nc=([0-9]+)", request.headers["authorization"]))
    assert counts == [["00000001"], ["00000002"], ["00000003"]]


@pytest.mark.worlds("asyncio", "trio")  # ASGI is for AsyncClient
async def test_14_asgi_responses_stream(world: World) -> None:
    told: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        while (message := await receive())["type"] != "http.disconnect":
            pass
        told.append(message["type"])

    async with world.client(transport=httpx.ASGITransport(app=app)) as made:
        async with made.stream("GET", "http://a/") as got:
            assert await anext(aiter(got.aiter_raw())) == b"one"
            assert told == []
    assert told == ["http.disconnect"]


def test_15_the_pool_says_what_it_does_and_forgotten_clients_warn() -> None:
    with HTTPServer({"*": "x"}) as server:
        limits = httpx.Limits(max_connections=1)
        with httpx.Client(limits=limits, timeout=httpx.Timeout(None, pool=0.01)) as made:
            with made.stream("GET", server.url), pytest.raises(httpx.PoolTimeout) as caught:
                made.get(server.url)
        assert "1 connection allowed: 1 active, 0 idle" in str(caught.value)

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            httpx.Client()
            gc.collect()
        forgotten: Any = httpx.Client()
        body = forgotten.stream("GET", server.url)
        got = body.__enter__()
        del body
        with pytest.warns(ResourceWarning, match="with 1 connection open"):
            del forgotten
        got.close()


def test_16_a_second_event_loop_and_a_forked_child() -> None:
    program = """
import asyncio, os, sys, httpx
url = sys.argv[1]
client = httpx.AsyncClient()
async def get():
    return (await client.get(url)).status_code
assert [asyncio.run(get()), asyncio.run(get())] == [200, 200]
plain = httpx.Client()
plain.get(url)
child = os.fork()
if not child:
    os._exit(plain.get(url).status_code - 200)
assert os.waitpid(child, 0)[1] == 0
assert plain.get(url).status_code == 200
plain.close()
"""
    with HTTPServer({"*": "x"}) as server:
        command = [sys.executable, "-W", "error", "-c", program, server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_17_new_names() -> None:
    assert httpx.FunctionAuth
    assert client(lambda request: httpx.Response(200, text=request.method)).query("http://a/").text
    assert httpx.Headers({"a": "1"}) | {"A": "2"} == httpx.Headers({"a": "2"})
    assert httpx.URL("HTTP://a/x").origin == httpx.Origin("http://a:80/y")
    assert httpx.codes.CONTENT_TOO_LARGE == httpx.codes.REQUEST_ENTITY_TOO_LARGE == 413


def test_18_tools_that_patch_httpcore_keep_working() -> None:
    program = """
import sys, httpx
assert "httpcore" not in sys.modules
import httpcore
from unittest import mock
def answer(self, request):
    return httpcore.Response(299, content=request.url.host)
with mock.patch("httpcore.ConnectionPool.handle_request", answer):
    got = httpx.get("http://nowhere.invalid/", trust_env=False)
assert (got.status_code, got.text) == (299, "nowhere.invalid")
assert isinstance(httpx.HTTPTransport(proxy="http://p")._pool, httpcore.HTTPProxy)
"""
    environment = {**os.environ, "PYTHONPATH": "src"}
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_19_the_command_assumes_https_and_ends_with_codes(server_context: ssl.SSLContext) -> None:
    from click.testing import CliRunner

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(httpx.main, list(arguments))

    with HTTPServer({"*": "x"}, tls=server_context) as server:
        bare = server.url.removeprefix("https://")
        assert run(bare).exit_code == 6  # nobody knows its authority
        assert run(bare, "--no-verify").exit_code == 0
    assert run("nope://a").exit_code == 3


def test_every_decision_has_its_number() -> None:
    numbers = [int(name[5:7]) for name in globals() if re.match(r"test_\d\d_", name)]
    assert numbers == list(range(1, 20))
