"""The public names: there, saying that they live in `httpx`, and nothing beside them."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest

import httpx

ORIGINAL = [
    "__description__", "__title__", "__version__", "ASGITransport", "AsyncBaseTransport",
    "AsyncByteStream", "AsyncClient", "AsyncHTTPTransport", "Auth", "BaseTransport", "BasicAuth",
    "ByteStream", "Client", "CloseError", "codes", "ConnectError", "ConnectTimeout",
    "CookieConflict", "Cookies", "create_ssl_context", "DecodingError", "delete", "DigestAuth",
    "get", "head", "Headers", "HTTPError", "HTTPStatusError", "HTTPTransport", "InvalidURL",
    "Limits", "LocalProtocolError", "main", "MockTransport", "NetRCAuth", "NetworkError",
    "options", "patch", "PoolTimeout", "post", "ProtocolError", "Proxy", "ProxyError", "put",
    "QueryParams", "ReadError", "ReadTimeout", "RemoteProtocolError", "request", "Request",
    "RequestError", "RequestNotRead", "Response", "ResponseNotRead", "stream", "StreamClosed",
    "StreamConsumed", "StreamError", "SyncByteStream", "Timeout", "TimeoutException",
    "TooManyRedirects", "TransportError", "UnsupportedProtocol", "URL", "USE_CLIENT_DEFAULT",
    "WriteError", "WriteTimeout", "WSGITransport",
]  # fmt: skip
NEW = [
    "CachingResolver", "DigestMismatch", "FunctionAuth", "Origin", "ResponseTooLarge", "Timings",
    "query",
]  # fmt: skip
SUBMODULES = [
    "_api", "_auth", "_client", "_config", "_content", "_decoders", "_exceptions", "_models",
    "_multipart", "_status_codes", "_transports", "_types", "_urlparse", "_urls", "_utils",
]  # fmt: skip
LIVING = [name for name in httpx.__all__ if not name.startswith("__")]


def test_all_public_names() -> None:
    assert httpx.__all__ == sorted(ORIGINAL + NEW, key=str.casefold)


def test_nothing_else_looks_public() -> None:
    about = ["__description__", "__title__", "__version__"]
    public = about + [name for name in vars(httpx) if not name.startswith("_")]
    assert sorted(public, key=str.casefold) == httpx.__all__


@pytest.mark.parametrize("name", LIVING)
def test_public_names_say_httpx(name: str) -> None:
    assert getattr(httpx, name).__module__ == "httpx"


@pytest.mark.parametrize("name", [n for n in LIVING if isinstance(getattr(httpx, n), type)])
def test_public_classes_are_found_by_pickle(name: str) -> None:
    kind = getattr(httpx, name)
    assert pickle.loads(pickle.dumps(kind)) is kind
    assert repr(kind) in (f"<class 'httpx.{name}'>", f"<enum '{name}'>")


@pytest.mark.parametrize("name", SUBMODULES)
def test_submodules_are_attributes(name: str) -> None:
    assert isinstance(getattr(httpx, name), ModuleType)


def test_about() -> None:
    assert httpx.__title__ == "httpx"
    assert httpx.__version__ == "0.28.1"
    assert httpx.__description__


def test_a_wrong_name() -> None:
    with pytest.raises(AttributeError, match=r"^module 'httpx' has no attribute 'nothing'$"):
        httpx.nothing


# Names come with the first that is asked for. Each program in an interpreter of its own.


def run(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize(
    "program",
    [
        "import httpx; httpx.Client",
        "from httpx import URL",
        "import httpx; vars(httpx)",
        "import httpx; httpx.__dict__['get']",
        "import httpx; assert 'get' in dir(httpx)",
        "import inspect, httpx; assert 'get' in dict(inspect.getmembers(httpx))",
        "from httpx import *; get, Client, URL",
        "import httpx._client, httpx; httpx.get",
        "import httpx, importlib; importlib.reload(httpx); httpx.get; importlib.reload(httpx)",
        "import pickle; pickle.loads(b'chttpx\\nURL\\n.')",
    ],
)
def test_any_way_to_ask_for_names_brings_them_all(program: str) -> None:
    """And from then on this is a module like any other."""
    checks = (
        "import sys, types, httpx\n"
        "names = vars(httpx)\n"
        "assert not set(httpx.__all__) - set(names)\n"
        "assert type(httpx) is types.ModuleType\n"
        "assert httpx.Client is sys.modules['httpx._client'].Client"
    )
    run(f"{program}\n{checks}")


def test_nothing_is_loaded_by_looking_at_double_underscores() -> None:
    run(
        "import sys, httpx\n"
        "assert httpx.__version__ and not hasattr(httpx, '__warningregistry__')\n"
        "assert {m for m in sys.modules if m.startswith('httpx')} == "
        "{'httpx', 'httpx.__version__'}"
    )


def test_what_a_program_has_put_there_stays() -> None:
    run(
        "import httpx\n"
        "from unittest import mock\n"
        "httpx.Client = 'mine'\n"
        "with mock.patch('httpx.get') as get:\n"
        "    assert httpx.get is get\n"
        "assert httpx.get.__name__ == 'get' and httpx.Client == 'mine'"
    )


def test_classes_say_httpx_before_anybody_asked_for_a_name() -> None:
    printed = run(
        "import httpx._exceptions, httpx._api, httpx._connections.timings\n"
        "import sys; modules = sys.modules\n"
        "print(modules['httpx._exceptions'].ReadTimeout, modules['httpx._client'].AsyncClient,\n"
        "      modules['httpx._api'].get.__module__, modules['httpx._models'].Response)"
    )
    assert printed == (
        "<class 'httpx.ReadTimeout'> <class 'httpx.AsyncClient'> httpx <class 'httpx.Response'>"
    )


def test_threads_that_ask_at_once_get_the_same() -> None:
    run(
        "import threading, httpx\n"
        "start, got = threading.Barrier(20), []\n"
        "def ask(n):\n"
        "    start.wait()\n"
        "    got.append(httpx.Client if n % 2 else __import__('httpx._client')._client.Client)\n"
        "threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "assert len(got) == 20 and len(set(got)) == 1, got"
    )


@pytest.mark.parametrize("missing", ["click", "rich", "pygments"])
def test_main_without_its_packages(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Absent:
        def find_spec(self, name: str, *args: Any) -> None:
            if name == "httpx._main":
                raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.delitem(sys.modules, "httpx._main", raising=False)
    monkeypatch.delattr(httpx, "_main", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    with pytest.raises(SystemExit) as caught:
        httpx.main()
    assert caught.value.code == 1
    assert "pip install 'httpx[cli]'" in capsys.readouterr().out


def test_main_is_imported_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    fake: Any = ModuleType("httpx._main")
    fake.main = lambda: "ran"
    monkeypatch.setitem(sys.modules, "httpx._main", fake)
    assert httpx.main() == "ran"  # type: ignore[func-returns-value]
    assert httpx.main.__module__ == "httpx"


def test_main_is_as_a_command_of_click() -> None:
    assert repr(httpx.main) == "<Command main>"
    assert isinstance(httpx.main, click.Command)
    assert not isinstance(httpx.main, click.Group)
    assert isinstance(httpx.main.make_context("httpx", ["example.org"]), click.Context)


def test_asking_what_main_is_imports_nothing() -> None:
    script = """
import sys, httpx
assert not [name for name, value in vars(httpx).items() if isinstance(value, int)]
assert not {"click", "httpx._main"} & set(sys.modules)
import click
for value in vars(httpx).values():
    isinstance(value, type)
assert isinstance(httpx.main, click.Command)
assert "httpx._main" not in sys.modules
assert click.Group(commands={"web": httpx.main}).commands["web"].name == "main"
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(httpx.__file__).parent.parent)}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)


def test_main_hides_no_other_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def find_spec(self, name: str, *args: Any) -> None:
            if name == "httpx._main":
                raise ModuleNotFoundError("No module named 'other'", name="other")

    monkeypatch.delitem(sys.modules, "httpx._main", raising=False)
    monkeypatch.delattr(httpx, "_main", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(ModuleNotFoundError, match="other"):
        httpx.main()
