"""`WSGITransport`, each application behind the standard library's validator of PEP 3333."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.validate import validator

import pytest

import httpx

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

URL = "http://example.org/"


def client_of(app: App, *, valid: bool = True, **options: Any) -> httpx.Client:
    return httpx.Client(transport=httpx.WSGITransport(validator(app) if valid else app, **options))


def hello(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello, ", b"world!"]


class Recorder:
    """An application that keeps its environ, with the body read."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        self.environ = dict(environ)
        self.body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.errors"].write("noted\n")
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b""]


def environ_of(method: str, url: str, *, transport: Any = None, **options: Any) -> Environ:
    app = Recorder()
    with client_of(app, **({"wsgi_errors": io.StringIO()} | (transport or {}))) as client:
        assert client.request(method, url, **options).status_code == 200
    return app.environ | {"body": app.body}


def test_response() -> None:
    with client_of(hello) as client:
        response = client.get(URL)
    assert response.status_code == 200
    assert response.reason_phrase == "OK"
    assert response.http_version == "HTTP/1.1"
    assert response.headers.raw == [(b"Content-Type", b"text/plain")]
    assert response.text == "Hello, world!"


def test_environ() -> None:
    errors = io.StringIO()
    environ = environ_of(
        "POST",
        "https://Ex.org:8443/a%20b/%C3%A9%2F?x=1&y=%20#f",
        transport={"script_name": "/é", "remote_addr": "9.9.9.9", "wsgi_errors": errors},
        headers=[
            ("X-Up", "1"),
            ("x-up", "2"),
            ("Content-Type", "text/x"),
            ("Cookie", "a=1"),
            ("cookie", "b=2"),
        ],
        content=b"abc",
    )
    assert environ.pop("wsgi.input") is not None
    assert environ.pop("wsgi.errors") is not None
    assert errors.getvalue() == "noted\n"
    assert environ == {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "/Ã©",  # the bytes of UTF-8, each as one character
        "PATH_INFO": "/a b/Ã©/",
        "QUERY_STRING": "x=1&y=%20",
        "SERVER_NAME": "ex.org",
        "SERVER_PORT": "8443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "9.9.9.9",
        "CONTENT_TYPE": "text/x",
        "CONTENT_LENGTH": "3",
        "HTTP_HOST": "ex.org:8443",
        "HTTP_ACCEPT": "*/*",
        "HTTP_ACCEPT_ENCODING": environ["HTTP_ACCEPT_ENCODING"],
        "HTTP_CONNECTION": "keep-alive",
        "HTTP_USER_AGENT": environ["HTTP_USER_AGENT"],
        "HTTP_X_UP": "1, 2",
        "HTTP_COOKIE": "a=1; b=2",
        "body": b"abc",
    }


def test_environ_of_a_plain_get() -> None:
    environ = environ_of("GET", "http://bücher.example")
    assert environ["PATH_INFO"] == "/"
    assert environ["QUERY_STRING"] == environ["SCRIPT_NAME"] == ""
    assert environ["SERVER_NAME"] == environ["HTTP_HOST"] == "xn--bcher-kva.example"
    assert environ["SERVER_PORT"] == "80"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert "CONTENT_LENGTH" not in environ
    assert "CONTENT_TYPE" not in environ
    assert environ_of("GET", "https://example.org")["SERVER_PORT"] == "443"
    assert environ_of("GET", "http://[::1]")["SERVER_NAME"] == "::1"


def test_header_values_are_bytes_of_latin_1() -> None:
    environ = environ_of("GET", URL, headers=[(b"X-Name", b"\xe9\xff")])
    assert environ["HTTP_X_NAME"] == "éÿ"


def test_empty_body_with_a_length() -> None:
    assert environ_of("POST", URL)["CONTENT_LENGTH"] == "0"


def test_a_body_of_unknown_length_is_given_with_its_length() -> None:
    environ = environ_of("POST", URL, content=iter([b"Hello, ", b"world!"]))
    assert environ["CONTENT_LENGTH"] == "13"
    assert environ["body"] == b"Hello, world!"
    assert "HTTP_TRANSFER_ENCODING" not in environ
    assert environ_of("POST", URL, content=iter([]))["CONTENT_LENGTH"] == "0"


def test_errors_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with client_of(Recorder()) as client:
        client.get(URL)
    assert capsys.readouterr().err == "noted\n"


def test_unknown_scheme_has_no_port() -> None:
    transport = httpx.WSGITransport(app=hello)
    environ = transport._environ(httpx.Request("GET", "custom://example.org/"))
    assert environ["SERVER_PORT"] == ""


class Body:
    """An iterable that counts how often it was closed, and how far it was read."""

    def __init__(self, *chunks: bytes | Exception) -> None:
        self.chunks = iter(chunks)
        self.taken = self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            self.taken += 1
            yield chunk

    def close(self) -> None:
        self.closed += 1


def app_of(body: Body) -> App:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return body

    return app


def test_body_is_closed_once_after_its_end() -> None:
    body = Body(b"a", b"", b"b")
    with client_of(app_of(body)) as client:
        assert client.get(URL).content == b"ab"
    assert body.closed == 1


def test_body_streams_and_is_closed_once_when_the_caller_leaves() -> None:
    body = Body(b"", b"a", b"b", b"c")
    with client_of(app_of(body)) as client:
        with client.stream("GET", URL) as response:
            assert body.taken == 2  # up to the first piece that is one
            chunks = response.iter_raw()
            assert next(chunks) == b"a"
            assert next(chunks) == b"b"
            assert (body.taken, body.closed) == (3, 0)
        response.close()
    assert (body.taken, body.closed) == (3, 1)


def test_stream_gives_nothing_after_its_close() -> None:
    body = Body(b"a", b"b")
    transport = httpx.WSGITransport(app=app_of(body))
    response = transport.handle_request(httpx.Request("GET", URL))
    stream = response.stream
    assert isinstance(stream, httpx.SyncByteStream)
    stream.close()
    stream.close()
    assert list(stream) == []
    assert body.closed == 1


@pytest.mark.parametrize("before", [(), (b"a",)])
def test_body_is_closed_once_when_it_raises(before: tuple[bytes, ...]) -> None:
    error = ValueError("broken")
    body = Body(*before, error)
    with client_of(app_of(body)) as client:
        with pytest.raises(ValueError) as info:
            client.get(URL)
    assert info.value is error
    assert body.closed == 1


def test_body_is_closed_when_the_head_is_invalid() -> None:
    body = Body(b"a")

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("X", "\u20ac")])
        return body

    with client_of(app, valid=False) as client:
        with pytest.raises(UnicodeEncodeError):
            client.get(URL)
    assert body.closed == 1


@pytest.mark.parametrize("status", ["OK", "", "2OO OK", "²00 OK"])
def test_status_that_is_none(status: str) -> None:
    body = Body()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response(status, [])
        return body

    with client_of(app, valid=False) as client:
        with pytest.raises(ValueError, match="invalid literal for int"):
            client.get(URL)
    assert body.closed == 1


@pytest.mark.parametrize("chunks", [(), (b"",), (b"a",)])
def test_app_that_never_starts(chunks: tuple[bytes, ...]) -> None:
    body = Body(*chunks)
    with client_of(lambda environ, start_response: body, valid=False) as client:
        with pytest.raises(AssertionError, match="did not call start_response"):
            client.get(URL)
    assert body.closed == 1


def test_generator_starts_when_it_is_run() -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        yield b""
        start_response("201 Created", [("Content-Type", "text/plain")])
        yield b""
        yield b"later"

    with client_of(app, valid=False) as client:
        response = client.get(URL)
    assert (response.status_code, response.content) == (201, b"later")


def test_status_without_a_reason() -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("299", [])
        return []

    with client_of(app, valid=False) as client:
        assert client.get(URL).status_code == 299


def test_write() -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", [("Content-Type", "text/plain")])
        write(b"first, ")
        write(b"second, ")
        return [b"", b"third"]

    with client_of(app) as client:
        with client.stream("GET", URL) as response:
            assert list(response.iter_raw()) == [b"first, ", b"second, ", b"third"]


def test_write_amid_the_iteration_comes_before_the_chunk() -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", [])
        yield b"1"
        write(b"2")
        yield b"3"
        write(b"4")

    with client_of(app, valid=False) as client:
        assert client.get(URL).content == b"1234"


def test_exception_of_the_app() -> None:
    error = ValueError("broken")

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        raise error

    for raise_app_exceptions in (True, False):
        with client_of(app, raise_app_exceptions=raise_app_exceptions) as client:
            with pytest.raises(ValueError) as info:
                client.get(URL)
        assert info.value is error


class Failing:
    """Makes an error page of an exception, and reports it as PEP 3333 wants."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.body = Body(b"sorry")

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        try:
            raise self.error
        except ValueError:
            start_response("500 Oops", [("Content-Type", "text/x")], sys.exc_info())
        return self.body


def test_exc_info_is_raised_or_its_page_returned() -> None:
    app = Failing(ValueError("broken"))
    with client_of(app) as client:
        with pytest.raises(ValueError) as info:
            client.get(URL)
    assert info.value is app.error
    assert app.body.closed == 1

    app = Failing(ValueError("broken"))
    with client_of(app, raise_app_exceptions=False) as client:
        response = client.get(URL)
    assert (response.status_code, response.text) == (500, "sorry")
    assert response.headers["Content-Type"] == "text/x"
    assert app.body.closed == 1


def test_exc_info_of_nothing_is_nothing() -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [], (None, None, None))
        return [b"fine"]

    with client_of(app, valid=False) as client:
        assert client.get(URL).text == "fine"


@pytest.mark.parametrize("raise_app_exceptions", [True, False])
def test_exc_info_after_the_head_was_sent_is_raised_in_the_app(raise_app_exceptions: bool) -> None:
    error = ValueError("broken")
    closed = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        try:
            yield b"first"
            try:
                raise error
            except ValueError:
                start_response("500 Oops", [], sys.exc_info())
            yield b"never"
        finally:
            closed.append(1)

    with client_of(app, valid=False, raise_app_exceptions=raise_app_exceptions) as client:
        with pytest.raises(ValueError) as info:
            client.get(URL)
    assert info.value is error
    assert closed == [1]


def test_an_async_client_does_not_take_it() -> None:
    assert not hasattr(httpx.WSGITransport, "handle_async_request")
