"""Loggers, levels, lines."""

import logging
import re

from ..helpers import arun, attempt, client, httpx
from ..server import Wire
from ..table import program


def logged(use, names=("httpx",), level=logging.DEBUG):
    """The records that reach a handler, as `logger level text`."""
    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(f"{record.name} {record.levelname} {record.getMessage()}")

    handler = Keep()
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(level)
    try:
        use()
    finally:
        for logger, old in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(old)
    return lines


def ok(request):
    return httpx.Response(200)


@program
def one_request():
    return logged(lambda: client(ok).get("http://a/x?y=1"))


@program
def odd_statuses():
    return [
        logged(lambda code=code: client(lambda r: httpx.Response(code)).get("http://a/"))
        for code in (404, 299, 999)
    ]


@program
def reason_and_version_of_the_response():
    extensions = {"http_version": b"HTTP/2", "reason_phrase": b"Fine"}
    return logged(
        lambda: client(lambda r: httpx.Response(200, extensions=extensions)).get("http://a/")
    )


@program
def redirects():
    def moved(request):
        if request.url.path == "/":
            return httpx.Response(302, headers={"Location": "/x"})
        return httpx.Response(200)

    return logged(lambda: client(moved, follow_redirects=True).get("http://a/"))


@program
def password_in_the_url():
    return logged(lambda: client(ok).get("http://u:secret@a/"))


@program
def failed_requests():
    def broken(request):
        raise httpx.ConnectError("x")

    return logged(lambda: attempt(client(broken).get, "http://a/"))


@program
def async_request():
    async def main():
        async with httpx.AsyncClient(transport=httpx.MockTransport(ok)) as c:
            await c.get("http://a/")

    return logged(lambda: arun(main()))


@program
def warning_level_is_silent():
    return logged(lambda: client(ok).get("http://a/"), level=logging.WARNING)


@program
def arguments_of_the_record():
    seen = []

    class Keep(logging.Handler):
        def emit(self, record):
            seen.append([record.msg, [type(a).__name__ for a in record.args]])

    handler = Keep()
    logger = logging.getLogger("httpx")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        client(ok).get("http://a/")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    return seen


@program
def creating_a_client():
    return logged(lambda: httpx.Client())


@program
def ssl_context_lines():
    lines = logged(lambda: httpx.create_ssl_context())
    return [re.sub(r"'.*?'", "'PATH'", line) for line in lines]


def core_lines(use):
    names = ("httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")
    lines = logged(use, names)
    return [re.sub(r"<[\w.]+ object at \w+>", "<STREAM>", line) for line in lines]


@program
def engine_lines():
    with Wire() as wire:

        def use():
            with httpx.Client() as c:
                c.get(wire.url)

        return core_lines(use)


@program
def engine_lines_async():
    async def main(url):
        async with httpx.AsyncClient() as c:
            await c.get(url)

    with Wire() as wire:
        return core_lines(lambda: arun(main(wire.url)))


@program
def engine_lines_of_a_reused_connection():
    with Wire() as wire, httpx.Client() as c:
        c.get(wire.url)
        return core_lines(lambda: c.get(wire.url))


@program
def engine_lines_of_a_failure():
    from ..server import free_port

    port = free_port()
    return core_lines(lambda: attempt(httpx.get, f"http://127.0.0.1:{port}/"))


@program
def engine_lines_of_a_timeout():
    with Wire(None) as wire:
        timeout = httpx.Timeout(5, read=0.05)
        return core_lines(lambda: attempt(httpx.get, wire.url, timeout=timeout))


@program
def no_lines_by_default():
    import io

    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    try:
        client(ok).get("http://a/")
    finally:
        logging.getLogger().removeHandler(handler)
    return stream.getvalue()
