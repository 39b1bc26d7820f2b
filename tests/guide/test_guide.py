"""Every Python block of the guide is run as it stands, and did what the guide shows.

The guide is a text about the original, written by somebody else; the copy beside this file is
not edited. Blocks that are fragments get the names they lack (`url`, `client`, `asyncio`) here.
Where the guide's prose is mistaken about a default, the checks say what holds.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import httpx

from ..servers import Request, refused_port
from .internet import Block, Internet, read_blocks

GUIDE = Path(__file__).with_name("httpx-modern-http-client.md")
BLOCKS = {block.line: block for block in read_blocks(GUIDE)}

API = "https://api.example.com"
USERS = [{"id": 1, "name": "Ada"}]

Check = Callable[..., None]
CHECKS: dict[int, tuple[Check, tuple[pytest.MarkDecorator, ...]]] = {}


def at(line: int, *marks: pytest.MarkDecorator) -> Callable[[Check], Check]:
    """Declare the check of the block whose fence is on this line."""

    def register(check: Check) -> Check:
        CHECKS[line] = check, marks
        return check

    return register


class FakeClock:
    """Time passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock()
    monkeypatch.setattr(time, "sleep", clock.sleep)
    monkeypatch.setattr(time, "time", clock.time)
    return clock


def user(request: Request) -> dict[str, Any]:
    return {"id": int(request.path.rpartition("/")[2]), "login": "octocat"}


# Part 1 ---------------------------------------------------------------------------------------


@at(64)
def one_get(block: Block, internet: Internet) -> None:
    internet.answers[f"{API}/users"] = USERS
    response = block.run()["response"]
    assert response.json() == USERS
    assert internet.log == [f"GET {API}/users"]


THREE = [f"GET {API}/{name}" for name in ("users", "posts", "comments")]


@at(138)
def three_connections(block: Block, internet: Internet) -> None:
    block.run(httpx=httpx)
    assert internet.log == THREE
    assert internet.connections == 3


@at(147)
def one_connection(block: Block, internet: Internet) -> None:
    block.run(httpx=httpx)
    assert internet.log == THREE
    assert internet.connections == 1


@at(167)
def both_worlds(block: Block, internet: Internet) -> None:
    internet.answers[f"{API}/users"] = USERS
    names = block.run(url=f"{API}/users")
    assert names["response"].json() == USERS
    assert internet.log == [f"GET {API}/users"] * 2
    assert internet.connections == 2


@at(239)
def not_found_is_no_exception(
    block: Block, internet: Internet, capsys: pytest.CaptureFixture[str]
) -> None:
    block.run(httpx=httpx)
    assert internet.log == ["GET https://example.com/notfound"]
    assert capsys.readouterr().out == "404\n"


@at(247)
def raise_for_status(block: Block, internet: Internet) -> None:
    internet.answers[f"{API}/users"] = USERS
    assert block.run(httpx=httpx, url=f"{API}/users")["response"].is_success
    with pytest.raises(httpx.HTTPStatusError, match="Client error '404 Not Found' for url"):
        block.run(httpx=httpx, url=f"{API}/missing")


@at(255)
def explicit_timeouts(block: Block, internet: Internet) -> None:
    sent: list[Any] = []

    class Recorded:
        """`httpx`, noting the time-outs that each call ends up with."""

        Timeout = httpx.Timeout

        @staticmethod
        def get(url: str, **options: Any) -> httpx.Response:
            response = httpx.get(url, **options)
            sent.append(response.request.extensions["timeout"])
            return response

    block.run(httpx=Recorded, url=f"{API}/users")
    assert sent == [
        # The guide says "never": the default is 5 s for each phase.
        {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0},
        {"connect": 10.0, "read": 10.0, "write": 10.0, "pool": 10.0},
        {"connect": 5.0, "read": 10.0, "write": 10.0, "pool": 5.0},
    ]
    assert len(internet.requests) == 3


@at(275)
def slow_server(block: Block, internet: Internet) -> None:
    names = block.run(httpx=httpx)
    assert set(names["response"].request.extensions["timeout"].values()) == {30.0}
    assert internet.log == ["GET https://slow-server.com/"] * 2


@at(285)
def error_document(block: Block, internet: Internet) -> None:
    names: dict[str, Any] = {}
    with pytest.raises(httpx.HTTPStatusError) as caught:
        names = block.run(httpx=httpx)
    assert not names
    assert caught.value.response.json() == {"error": "not found"}
    internet.answers["https://api.com/users/999"] = user
    assert block.run(httpx=httpx)["data"] == {"id": 999, "login": "octocat"}


@at(296)
def pooling(block: Block, internet: Internet) -> None:
    block.run(httpx=httpx)
    assert internet.log == [f"GET https://api.com/users/{n}" for n in range(100)] * 2
    assert internet.connections == 100 + 1


@at(309)
def gather(block: Block, internet: Internet) -> None:
    urls = [f"{API}/users/{n}" for n in range(5)]
    internet.answers["*"] = user

    async def sequential() -> list[httpx.Response]:
        async with httpx.AsyncClient() as client:
            return await block.run_part("# Fix:", client=client)["fetch_all"](urls)

    assert [r.json()["id"] for r in asyncio.run(sequential())] == [0, 1, 2, 3, 4]
    assert internet.most_at_once == 1

    internet.answers["*"] = internet.together(5, user)
    responses = asyncio.run(block.run(httpx=httpx, asyncio=asyncio)["fetch_all"](urls))
    assert [r.json()["id"] for r in responses] == [0, 1, 2, 3, 4]
    assert internet.most_at_once == 5


# Part 2 ---------------------------------------------------------------------------------------


@at(332)
def basic_get(block: Block, internet: Internet, capsys: pytest.CaptureFixture[str]) -> None:
    internet.answers["https://api.github.com/users/octocat"] = {"login": "octocat"}
    assert block.run()["user"] == {"login": "octocat"}
    assert capsys.readouterr().out == "octocat\n"
    internet.answers.clear()
    block.run()
    assert capsys.readouterr().out == "Error: 404\nHTTP error: 404\n"


@at(368)
def post_json(block: Block, internet: Internet) -> None:
    internet.answers[f"POST {API}/users"] = (201, [], b"")
    assert block.run()["response"].status_code == 201
    automatic, manual = internet.requests
    assert automatic.json == {"name": "Jay", "email": "jay@example.com"}
    assert automatic.get("content-type") == "application/json"
    assert manual.body == b'{"name": "Jay"}'
    assert manual.get_list("content-type") == ["application/json"]


@at(393)
def post_forms(block: Block, internet: Internet) -> None:
    Path("photo.jpg").write_bytes(b"\xff\xd8 a picture")
    block.run(httpx=httpx, url=f"{API}/upload")
    form, upload = internet.requests
    assert form.get("content-type") == "application/x-www-form-urlencoded"
    assert form.body == b"username=jay&password=secret"
    kind, _, boundary = str(upload.get("content-type")).partition("; boundary=")
    assert kind == "multipart/form-data"
    assert upload.body == (
        b"--%(b)b\r\n"
        b'Content-Disposition: form-data; name="image"; filename="photo.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n\xff\xd8 a picture\r\n--%(b)b--\r\n"
        % {b"b": boundary.encode()}
    )


@at(414)
def configured_client(block: Block, internet: Internet) -> None:
    internet.answers[f"{API}/users"] = USERS
    internet.answers[f"{API}/posts"] = ["a post"]
    names = block.run()
    assert names["users"] == USERS
    assert names["posts"] == ["a post"]
    assert internet.log == [f"GET {API}/{path}" for path in ("users", "posts", "slow-endpoint")]
    assert {r.get("authorization") for r in internet.requests} == {"Bearer your-token-here"}
    assert set(names["response"].request.extensions["timeout"].values()) == {60.0}
    assert names["client"].is_closed
    assert internet.connections == 1


@at(447)
def every_option(block: Block, internet: Internet) -> None:
    internet.answers[f"{API}/old"] = (302, {"Location": "/new"}, b"")
    internet.answers[f"{API}/new"] = {"moved": True}
    with block.run(httpx=httpx)["client"] as client:
        assert client.timeout == httpx.Timeout(30.0)
        response = client.get("/old")
    assert response.json() == {"moved": True}
    assert [tunnel.target for tunnel in internet.tunnels] == ["api.example.com:443"]
    (request, _) = internet.requests
    assert request.get("authorization") == "Bearer token"
    assert request.get("user-agent") == "MyApp/1.0"
    assert request.get("cookie") == "session=abc123"


@at(482)
def concurrent_users(block: Block, internet: Internet, capsys: pytest.CaptureFixture[str]) -> None:
    internet.answers["*"] = internet.together(5, user)
    assert [one["id"] for one in block.run()["users"]] == [1, 2, 3, 4, 5]
    assert internet.most_at_once == 5
    internet.answers["*"] = user
    internet.answers[f"{API}/users/3"] = (500, [], b"")
    assert [one["id"] for one in block.run()["users"]] == [1, 2, 4, 5]
    assert capsys.readouterr().out.startswith("Failed: Server error '500 Internal Server Error'")


@at(531)
def retries(
    block: Block, internet: Internet, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    answers: list[Any] = [(503, [], b""), (503, [], b""), {"data": 1}]
    internet.answers[f"{API}/data"] = lambda request: answers.pop(0)
    assert block.run()["data"] == {"data": 1}
    assert clock.slept == [1.0, 2.0]
    assert capsys.readouterr().out == (
        "Attempt 1 failed, retrying in 1.0s...\nAttempt 2 failed, retrying in 2.0s...\n"
    )
    answers += [(500, [], b""), (502, [], b""), (504, [], b"")]
    with pytest.raises(httpx.HTTPStatusError, match="504"):
        block.run()


@at(602)
def api_client(block: Block, internet: Internet) -> None:
    internet.answers[f"{API}/users/123"] = user
    internet.answers[f"POST {API}/users"] = lambda request: {"id": 124} | request.json
    names = block.run()
    assert names["user"] == {"id": 123, "login": "octocat"}
    assert names["new_user"] == {"id": 124, "name": "Jay", "email": "jay@example.com"}
    assert {r.get("authorization") for r in internet.requests} == {"Bearer my-key"}
    assert internet.connections == 1
    with names["APIClient"](API, "my-key") as api, pytest.raises(names["APIError"]) as caught:
        api.get_user(404)
    assert caught.value.status_code == 404
    assert caught.value.response.json() == {"error": "not found"}


@at(659)
def rate_limit(block: Block, internet: Internet, clock: FakeClock) -> None:
    client = block.run()["RateLimitedClient"](API, requests_per_second=4)
    for path in ("/a", "/b", "/c"):
        client.get(path)
    client.close()
    assert clock.slept == [0.25, 0.25]
    assert len(internet.requests) == 3


@at(690)
def caching(block: Block, internet: Internet) -> None:
    internet.answers["*"] = lambda request: request.target
    client = block.run()["CachingClient"](API, cache_size=2)
    for path in ("/a", "/a", "/b", "/c"):
        assert client.get(path).text == path
    # "Simplified": the class fills its cache, and asks the server every time all the same.
    assert len(internet.requests) == 4
    assert [text for _, text in client._cache.values()] == ["/b", "/c"]
    client._client.close()


@at(732)
def forgotten_client(block: Block, internet: Internet) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        block.run(httpx=httpx, url=f"{API}/users")
        gc.collect()
    # What the guide calls a leak is reported when the forgotten client goes.
    assert {warning.category for warning in caught} == {ResourceWarning}
    assert any("1 connection open" in str(warning.message) for warning in caught)
    assert internet.log == [f"GET {API}/users"] * 2
    assert internet.connections == 2


@at(746)
def handlers(block: Block, internet: Internet) -> None:
    url = f"{API}/users"
    asyncio.run(block.run_part("# Fix:", httpx=httpx, url=url)["handler"]())
    asyncio.run(block.run(httpx=httpx, url=url)["handler"]())
    assert internet.log == [f"GET {url}"] * 2


@at(758)
def verification(block: Block, internet: Internet) -> None:
    with block.run_part("# If you must", httpx=httpx)["client"] as client:
        assert client.get(f"{API}/users").status_code == 404
    # The path is made up, and said to be missing.
    with warnings.catch_warnings(), pytest.raises(OSError, match=r"/path/to/custom/ca-bundle\.crt"):
        warnings.simplefilter("ignore", DeprecationWarning)
        block.run(httpx=httpx)["client"].get(f"{API}/users")


@at(769)
def timeouts_handled(block: Block, internet: Internet, capsys: pytest.CaptureFixture[str]) -> None:
    class Hasty:
        """`httpx`, with a second that lasts a fiftieth of one."""

        TimeoutException, ConnectError = httpx.TimeoutException, httpx.ConnectError

        @staticmethod
        def get(url: str, timeout: float) -> httpx.Response:
            return httpx.get(url, timeout=timeout / 50)

    internet.answers[f"{API}/users"] = lambda request: request.conn.hold()
    block.run(httpx=Hasty, url=f"{API}/users")
    assert capsys.readouterr().out == "Request timed out\n"
    with refused_port() as port:
        block.run(httpx=httpx, url=f"http://127.0.0.1:{port}/")
    assert capsys.readouterr().out == "Could not connect to server\n"
    assert block.run(httpx=httpx, url=f"{API}/fine")["response"].status_code == 404


def test_the_guide_is_not_edited() -> None:
    digest = hashlib.sha256(GUIDE.read_bytes()).hexdigest()
    assert digest == "560cb945b9558fe05721d603d2a9ee8296650db48d80d143c7f6ffb071850687"


def test_every_block_of_the_guide_is_here() -> None:
    assert sorted(CHECKS) == sorted(BLOCKS)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, marks=marks, id=f"{line}-{BLOCKS[line].title}")
        for line, (_, marks) in sorted(CHECKS.items())
    ],
)
def test_block(line: int, request: pytest.FixtureRequest) -> None:
    check, _ = CHECKS[line]
    wanted = check.__code__.co_varnames[1 : check.__code__.co_argcount]
    check(BLOCKS[line], *(request.getfixturevalue(name) for name in wanted))
