"""The `httpx` command (extra `cli`): one request, shown or saved.

Its options are read here, and its exit codes decided; `_main_client` sends, and tells what goes on,
`_main_output` prints, `_main_timings` draws how long the phases took. They are imported only when
the command runs, since it brings click along; most of pygments and rich follows when something is
to be coloured or drawn. The command uses the client as any program would.

On a terminal, heads and bodies are coloured, JSON is pretty-printed, and control characters are
made visible. In a pipe, the body is the plain bytes. Errors are one line on the standard error
stream, and each kind of failure has an exit code of its own, as `--help` tells.
"""

from __future__ import annotations

import errno
import json
import re
import sys
import typing

import click

# These two only to find out here, not half-way, that the extra is not installed.
import pygments  # noqa: F401
import rich  # noqa: F401

from ._exceptions import (
    ConnectError,
    DecodingError,
    HTTPStatusError,
    InvalidURL,
    NetworkError,
    ProtocolError,
    ProxyError,
    RequestError,
    TimeoutException,
    TooManyRedirects,
    UnsupportedProtocol,
)
from ._main_client import ObservedClient
from ._main_output import Printer, destination

__all__ = ["main"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NO_SUCCESS = 1
_TLS_FAILED = 6
_INTERRUPTED = 130
# What an exception is ended with; the first that fits counts. 2 is click's own.
_FAILURES: list[tuple[int, tuple[type[Exception], ...], str]] = [
    (3, (InvalidURL, UnsupportedProtocol), "the URL is not valid, or its scheme not supported"),
    (4, (TimeoutException,), "a time-out"),
    (7, (ProxyError,), "the proxy refused"),
    (5, (ConnectError,), "no connection, or no such host"),
    (8, (NetworkError,), "the connection broke"),
    (9, (ProtocolError, DecodingError), "what came is no valid HTTP, or cannot be decoded"),
    (10, (TooManyRedirects,), "too many redirects"),
    (11, (OSError,), "a file cannot be read or written"),
]
_CODES = "\n".join(
    f"  {code:>3}  {meaning}"
    for code, meaning in sorted(
        [
            (0, "the answer is a success (2xx)"),
            (_NO_SUCCESS, "the answer is any other"),
            (2, "the options are wrong"),
            (_TLS_FAILED, "no connection, since TLS failed: the certificate, for example"),
            (_INTERRUPTED, "interrupted"),
            *((code, meaning) for code, _, meaning in _FAILURES),
        ]
    )
)


def _parse_json(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> typing.Any:
    if value is None:
        return None
    try:
        return json.loads(value)
    except ValueError:
        raise click.BadParameter("Not valid JSON") from None


def _ask_for_password(
    context: click.Context, parameter: click.Parameter, value: tuple[str | None, str | None] | None
) -> tuple[str, str] | None:
    username, password = value or (None, None)
    if username is None or password is None:
        return None
    if password == "-":
        password = click.prompt("Password", hide_input=True, err=True)
    return username, password


def _print_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    from importlib import metadata

    from .__version__ import __version__

    try:
        version = metadata.version("httpx")
    except metadata.PackageNotFoundError:  # run from a checkout that is not installed
        version = __version__
    click.echo(f"httpx {version}")
    context.exit()


def _pairs(*names: str, text: str) -> typing.Callable[[typing.Any], typing.Any]:
    """An option that is given a name and a value, any number of times."""
    return click.option(*names, type=(str, str), multiple=True, metavar="<NAME VALUE>", help=text)


@click.command(
    help="HTTPX: A next generation HTTP client.\n\n"
    "Sends one request and shows the response. A URL without a scheme is taken for https.",
    epilog="On a terminal, output is coloured, and JSON pretty-printed. In a pipe, it is the head "
    "as text, then the plain bytes of the body; with '--download -', only these bytes."
    f"\n\n\b\nExit codes:\n{_CODES}",
    context_settings={"help_option_names": ["--help"], "max_content_width": 100},
)
@click.argument("url")
@click.option(
    "--method",
    "-m",
    metavar="METHOD",
    help="Request method, such as GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD. "
    "[Default: GET, or POST if a request body is included]",
)
@_pairs("--params", "-p", text="Query parameters to include in the request URL.")
@click.option("--content", "-c", metavar="TEXT", help="Content to include in the request body.")
@_pairs("--data", "-d", text="Form data to include in the request body.")
@click.option(
    "--files",
    "-f",
    type=(str, click.File("rb")),
    multiple=True,
    metavar="<NAME FILENAME>",
    help="Form files to include in the request body.",
)
@click.option(
    "--json",
    "-j",
    metavar="TEXT",
    callback=_parse_json,
    help="JSON data to include in the request body.",
)
@_pairs("--headers", "-h", text="Include additional HTTP headers in the request.")
@_pairs("--cookies", text="Cookies to include in the request.")
@click.option(
    "--auth",
    type=(str, str),
    default=(None, None),
    metavar="<USER PASS>",
    callback=_ask_for_password,
    help="Username and password to include in the request. Specify '-' for the password to be "
    "asked for it. Note that --verbose shows the Authorization header, in which the password "
    "is easily read.",
)
@click.option("--proxy", metavar="URL", help="Send the request via the proxy with this URL.")
@click.option(
    "--timeout",
    type=float,
    default=5.0,
    metavar="SECONDS",
    help="For each network operation, such as connecting, or reading some data. [Default: 5.0]",
)
@click.option("--follow-redirects", is_flag=True, help="Automatically follow redirects.")
@click.option("--verify/--no-verify", default=True, help="Whether the server's certificate counts.")
@click.option("--http2", is_flag=True, help="Use HTTP/2, if the server supports it.")
@click.option(
    "--download",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Save the content of a successful response as a file, rather than showing it; '-' is "
    "standard output. Goes on after a broken connection, if the server can.",
)
@click.option(
    "--verbose",
    "-v",
    is_flag=True,
    help="Show the request, TLS and certificate, and how long each phase took, as well.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the release and exit.",
)
@click.pass_context
def main(context: click.Context, /, **options: typing.Any) -> None:
    """Send one request, show the response, and end with its code."""
    try:
        code = _run(**options)
    except (ImportError, ValueError) as error:  # a missing extra; a proxy of no known kind
        raise click.UsageError(str(error)) from error
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except HTTPStatusError:
        code = _NO_SUCCESS
        Printer(sys.stderr).note("Not saved, since the answer is no success.", fg="red")
    except (RequestError, InvalidURL, OSError) as error:
        if isinstance(error, OSError) and error.errno == errno.EPIPE:
            raise  # nobody reads on; click knows what to do
        code = _code_of(error)
        text = " ".join(f"{type(error).__name__}: {error}".split())
        Printer(sys.stderr).note(text, fg="red")
    context.exit(code)


def _run(
    download: str | None,
    auth: tuple[str, str] | None,
    follow_redirects: bool,
    verbose: bool,
    **options: typing.Any,
) -> int:
    """Send the request; the exit code if there is an answer."""
    names = ("proxy", "timeout", "verify", "http2", "cookies")
    settings = {name: options.pop(name) for name in names}
    arguments = _request_arguments(**options)
    how = {"auth": auth, "follow_redirects": follow_redirects}
    printer = Printer(sys.stderr if download == "-" else sys.stdout)
    with ObservedClient(printer, verbose, settings) as client:
        try:
            if download is None:
                response = client.show(arguments, **how)
            else:
                with destination(download, printer) as (place, progress):
                    response = client.save(arguments, place, progress, **how)
        finally:
            client.print_timings()
        return 0 if response.is_success else _NO_SUCCESS


def _request_arguments(
    url: str,
    method: str | None,
    json: typing.Any,
    content: str | None,
    data: typing.Iterable[tuple[str, str]],
    files: typing.Iterable[tuple[str, typing.BinaryIO]],
    params: typing.Iterable[tuple[str, str]],
    headers: typing.Iterable[tuple[str, str]],
) -> dict[str, typing.Any]:
    """The options as arguments of `build_request`."""
    fields = dict(data)
    return {
        "method": method or ("POST" if content or fields or files or json else "GET"),
        "url": url if _SCHEME.match(url) else f"https://{url.lstrip('/')}",
        "json": json,
        "content": content,
        "data": fields,
        "files": files,
        "params": list(params) or None,
        "headers": list(headers),
    }


def _code_of(error: Exception) -> int:
    cause: BaseException | None = error
    while cause is not None and isinstance(error, ConnectError):
        if type(cause).__module__ == "ssl":  # without importing it for nothing
            return _TLS_FAILED
        cause = cause.__cause__
    return next(code for code, kinds, _ in _FAILURES if isinstance(error, kinds))
