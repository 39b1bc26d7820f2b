"""The public names: there, saying that they live in `httpx`, and nothing beside them."""

from __future__ import annotations

import pickle
import sys
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
    assert isinstance(httpx.main.make_context("httpx", ["example.org"]), click.Context)


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
