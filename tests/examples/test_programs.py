"""Every example runs as it is, prints what it should, and its parts hold where it gets hard."""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

import httpx

from .conftest import EXAMPLES

SHOWN = {
    "api_client": r"User\(id=7, name='user 7'\)\n\['user 1', 'user 2', 'user 3'\]\nerror: GET .*",
    "caching": r"0.0 s: new, .*\n0.5 s: fresh, .*\n1.5 s: still valid, .*\n2.0 s: fresh, .*",
    "crawl": "200 pages, 0 failed, 0 dropped",
    "download": "3,000,000 bytes\n404; the file still has 3,000,000 bytes",
    "events": (
        r"lines: \[{'line': 0}, {'line': 1}, {'line': 2}\]\n"
        "events: (word. ){5}\nchat: word1 word2 word3 word4 word5 "
    ),
    "many_at_once": "99 answers over ([1-9]|10) connections\n/status/500: Server error '500 .*",
    "proxy_and_mtls": r"200 .*'user 1'} tunnel\n200 .*'user 2'} direct\n\w+Error direct",
    "rate_limit": r"tasks: 10 requests in .* s\nthreads, 5 at once: 10 requests in .* s",
    "retries": (
        "blocking: {'fine': True}\nnot repeated: 503\nrepeated: 200\nasync: {'fine': True}"
    ),
    "upload": r"body: {'method': 'PUT', 'bytes': 1000000}\nform: .*'size': 1000000}}}",
    "web_application": r"\['user 1', 'user 2', 'user 3'\]\n422\n500000",
}
NO_PROGRAMS = {"server", "tour", "test_api_client"}  # tested in tests/test_examples.py, or tests


def load(name: str) -> Any:
    if name == "web_application":
        pytest.importorskip("fastapi")
    return importlib.import_module(name)


def test_every_example_is_here() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == SHOWN.keys() | NO_PROGRAMS
    listed = re.findall(r"^\| \[(\w+)\.py\]", (EXAMPLES / "README.md").read_text("utf-8"), re.M)
    assert sorted(listed) == sorted(SHOWN.keys() | NO_PROGRAMS)


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_runs(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [f"{name}.py"])
    load(name).main()
    assert re.fullmatch(SHOWN[name] + r"\n", capsys.readouterr().out)


class TestApiClient:
    """The tests that the example shows."""

    def test_all(self) -> None:
        tests = load("test_api_client")
        tests.test_what_is_sent_and_what_comes_back()
        tests.test_not_found()
        (mark,) = tests.test_every_fault_has_one_name.pytestmark
        for case in mark.args[1]:
            tests.test_every_fault_has_one_name(*case.values)


class TestRetries:
    GET = httpx.Request("GET", "http://a.example")
    POST = httpx.Request("POST", "http://a.example")

    def test_rules(self) -> None:
        rules = load("retries").Rules(attempts=3, first=1.0, longest=10.0, chance=lambda: 1.0)
        busy, missing = httpx.Response(503), httpx.Response(404)
        assert [rules.wait(self.GET, n, busy) for n in (1, 2, 3)] == [1.0, 2.0, None]
        assert rules.wait(self.GET, 1, httpx.ConnectError("")) == 1.0
        assert rules.wait(self.GET, 1, missing) is None
        assert rules.wait(self.POST, 1, busy) is None
        keyed = httpx.Request("POST", "http://a.example", headers={"Idempotency-Key": "1"})
        assert rules.wait(keyed, 1, busy) == 1.0

    def test_a_deadline(self) -> None:
        """No wait that the call would not outlast; asked of the call itself."""
        retries = load("retries")
        seen: list[str] = []

        def busy(request: httpx.Request) -> httpx.Response:
            seen.append(request.method)
            return httpx.Response(503, headers={"Retry-After": "9"})

        transport = retries.Retry(httpx.MockTransport(busy))
        with httpx.Client(transport=transport, timeout=httpx.Timeout(5, total=8)) as client:
            assert client.get("http://a.example").status_code == 503
        assert seen == ["GET"]

    def test_retry_after(self) -> None:
        retries = load("retries")
        rules = retries.Rules(longest=10.0, chance=lambda: 0.0)
        soon = format_datetime(datetime.now(UTC) + timedelta(seconds=8), usegmt=True)
        for value, low, high in (("7", 7, 7), (soon, 5, 8), ("nonsense", 0, 0)):
            answer = httpx.Response(429, headers={"Retry-After": value})
            assert low <= rules.wait(self.GET, 1, answer) <= high
        assert rules.wait(self.GET, 1, httpx.Response(429, headers={"Retry-After": "11"})) is None

    def test_the_last_error_is_raised(self) -> None:
        retries = load("retries")
        seen: list[str] = []

        def fail(request: httpx.Request) -> httpx.Response:
            seen.append(request.method)
            raise httpx.ConnectError("nobody there")

        rules = retries.Rules(attempts=3, chance=lambda: 0.0)
        transport = retries.Retry(httpx.MockTransport(fail), rules)
        with httpx.Client(transport=transport) as client:
            with pytest.raises(httpx.ConnectError, match="nobody there"):
                client.get("http://a.example")
        assert seen == ["GET"] * 3

        async def ask() -> None:
            again = retries.AsyncRetry(httpx.MockTransport(fail), rules)
            async with httpx.AsyncClient(transport=again) as client:
                await client.post("http://a.example")

        with pytest.raises(httpx.ConnectError, match="nobody there"):
            asyncio.run(ask())
        assert seen == ["GET"] * 3 + ["POST"]


def test_pace() -> None:
    now = 100.0
    pace = load("rate_limit").Pace(per_second=2, clock=lambda: now)
    assert [pace.wait() for _ in range(3)] == [0.0, 0.5, 1.0]
    now = 101.0
    assert pace.wait() == 0.5
    now = 200.0
    burst = load("rate_limit").Pace(per_second=2, burst=3, clock=lambda: now)
    assert [burst.wait() for _ in range(5)] == [0.0, 0.0, 0.0, 0.5, 1.0]


class TestCaching:
    def test_what_is_not_kept(self) -> None:
        answers = [
            ({"Cache-Control": "no-store, max-age=9"}, {}),
            ({"ETag": '"1"', "Vary": "Cookie"}, {}),
            ({}, {}),
            ({"ETag": '"1"'}, {"Authorization": "Bearer t"}),
        ]
        for headers, asked in answers:
            count = 0

            def answer(request: httpx.Request, headers: dict[str, str] = headers) -> httpx.Response:
                nonlocal count
                count += 1
                return httpx.Response(200, headers=headers, content=b"x")

            cache = load("caching").Cached(httpx.MockTransport(answer))
            with httpx.Client(transport=cache) as client:
                for _ in range(2):
                    assert client.get("http://a.example", headers=asked).content == b"x"
            assert count == 2

    def test_size(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            headers = {"Cache-Control": "max-age=9"}
            return httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"xyz"))

        def sized(request: httpx.Request) -> httpx.Response:
            response = answer(request)
            response.headers["Content-Length"] = "3"
            return response

        cache = load("caching").Cached(httpx.MockTransport(sized), size=2)
        with httpx.Client(transport=cache) as client:
            how = [client.get(f"http://a.example/{path}").headers["x-cache"] for path in "abacab"]
        assert how == ["new", "new", "fresh", "new", "fresh", "new"]


def test_progress_bar() -> None:
    shown: list[str] = []
    now = 0.0
    show = load("download").progress_bar(shown.append, lambda: now)
    for now, received in ((0.05, 100), (1.0, 500_000), (2.0, 1_000_000)):  # noqa: B007
        show(received, 1_000_000)
    assert [re.sub(r"\s+", " ", text) for text in shown] == [
        " " + "█" * 15 + "░" * 15 + " 50% 0.5 MB/s",
        " " + "█" * 30 + " 100% 0.5 MB/s",
    ]


def test_a_download_that_fails_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(b"old")
    with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(500))) as client:
        with pytest.raises(httpx.HTTPStatusError):
            load("download").download(client, "http://a.example", path)
    assert path.read_bytes() == b"old"


class TestEvents:
    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            (["data: a", ""], [("a", "message", "")]),
            (["data:a", "data: b", ""], [("a\nb", "message", "")]),
            ([": hello", "", "event: x", "id: 7", "data", ""], [("", "x", "7")]),
            (["id: 7", "", "data: a", ""], [("a", "message", "7")]),
            (["event: x", "", "data: a", ""], [("a", "message", "")]),
            (["data: never ended"], []),
        ],
    )
    def test_reader(self, lines: list[str], expected: list[tuple[str, str, str]]) -> None:
        reader = load("events").EventReader()
        found = [event for line in lines if (event := reader.feed(line)) is not None]
        assert [(event.data, event.name, event.id) for event in found] == expected

    def test_limit(self) -> None:
        reader = load("events").EventReader(limit=4)
        reader.feed("data: abc")
        with pytest.raises(ValueError, match="more than 4 characters"):
            reader.feed("data: de")

    def test_gives_up(self) -> None:
        events, asked = load("events"), []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request.headers.get("last-event-id"))
            body = b"retry: 0\n\n" + (b"id: 1\ndata: a\n\n" if len(asked) == 1 else b"")
            return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=body)

        with httpx.Client(transport=httpx.MockTransport(answer)) as client:
            found = events.follow(client, "http://a.example", tries=2)
            assert next(found).data == "a"
            with pytest.raises(ValueError, match="again and again"):
                next(found)
        assert asked == [None, "1", "1"]

    def test_no_event_stream(self) -> None:
        html = httpx.MockTransport(lambda request: httpx.Response(200, html="<p>"))
        with httpx.Client(transport=html) as client:
            with pytest.raises(ValueError, match="'text/html'"):
                list(load("events").follow(client, "http://a.example"))


def test_an_upload_is_given_again(tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(bytes(100_000))
    bodies: list[tuple[str, int]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append((request.headers["content-length"], len(request.content)))
        if request.url.path == "/":
            return httpx.Response(307, headers={"Location": "/there"})
        return httpx.Response(200)

    transport = httpx.MockTransport(answer)
    with httpx.Client(transport=transport, follow_redirects=True) as client:
        load("upload").upload(client, "http://a.example/", path)
    assert bodies == [("100000", 100_000)] * 2


class TestWebApplication:
    @pytest.mark.parametrize(
        ("fault", "status"),
        [
            (httpx.Response(404), 404),
            (httpx.Response(500), 502),
            (httpx.ReadTimeout(""), 504),
            (httpx.ConnectError(""), 502),
        ],
    )
    def test_faults(self, fault: httpx.Response | Exception, status: int) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if isinstance(fault, Exception):
                raise fault
            return fault

        app = load("web_application").create("http://b.example", httpx.MockTransport(answer))

        async def ask() -> httpx.Response:
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app), base_url="http://testserver"
                ) as caller,
            ):
                return await caller.get("/people/1")

        assert asyncio.run(ask()).status_code == status


def test_crawl_within_its_bounds() -> None:
    pages = {
        "/": '<a href="/a#x"></a><a href="/a"></a><a href="http://other.example/"></a>',
        "/a": '<a href="gone"></a><a href="/picture"></a><a href="/b"></a>',
        "/b": '<a href="mailto:a@b"></a><a href="http://a:99999/"></a><a href="/c"></a>',
    }

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/picture":
            return httpx.Response(
                200, headers={"Content-Type": "image/png"}, content=b"<a href=/z>"
            )
        page = pages.get(request.url.path)
        return httpx.Response(404) if page is None else httpx.Response(200, html=page)

    async def crawl(most: int) -> Any:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            crawl = load("crawl").Crawl(client, "http://a.example/", most)
            await crawl.run()
            return crawl

    whole = asyncio.run(crawl(100))
    assert whole.visited == 4
    assert set(whole.failed) == {"http://a.example/gone", "http://a.example/c"}
    part = asyncio.run(crawl(2))
    assert (part.visited, part.dropped) == (2, 3)
