"""`Client` and `AsyncClient` are the same but for `await`: signatures, docstrings, properties."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

import httpx

RENAMED = {"close": "aclose", "__enter__": "__aenter__", "__exit__": "__aexit__"}
PLAIN = {
    "stream", "_send_straight", "_init_transport", "_init_proxy_transport", "_transport_for_url",
    "__init__",
}  # fmt: skip
OF_TYPING = {
    "BaseTransport": "AsyncBaseTransport",
    "AbstractContextManager": "AbstractAsyncContextManager",
}


def own_methods(kind: type[Any]) -> dict[str, Any]:
    return {name: value for name, value in vars(kind).items() if inspect.isfunction(value)}


TWINS = sorted(own_methods(httpx.Client))


def awaited(text: str) -> str:
    """The text of `Client`, as it reads for `AsyncClient`."""
    text = re.sub(r"= client\.", "= await client.", text)
    text = text.replace("with client", "async with client")
    return text.replace("for chunk in response.iter", "async for chunk in response.aiter")


def test_each_has_the_others_methods() -> None:
    renamed = [RENAMED.get(name, name) for name in TWINS]
    assert sorted(renamed) == sorted(own_methods(httpx.AsyncClient))


@pytest.mark.parametrize("name", TWINS)
def test_signatures(name: str) -> None:
    blocking = getattr(httpx.Client, name)
    awaiting = getattr(httpx.AsyncClient, RENAMED.get(name, name))
    assert inspect.iscoroutinefunction(awaiting) is (name not in PLAIN)
    assert not inspect.iscoroutinefunction(blocking)
    wanted = str(inspect.signature(blocking))
    for one, other in OF_TYPING.items():
        wanted = wanted.replace(one, other)
    given = str(inspect.signature(awaiting))
    if name == "__init__":  # in the original, `trust_env` stands in another place
        moved = "trust_env: 'bool' = True, "
        assert given.replace(moved, "") == wanted.replace(moved, "")
        assert given != wanted
    elif name == "_send_straight":
        assert given == wanted.replace("-> 'Response'", "-> 'Awaitable[Response]'")
    else:
        assert given == wanted


@pytest.mark.parametrize("name", [name for name in TWINS if not name.startswith("_")])
def test_docstrings(name: str) -> None:
    blocking = getattr(httpx.Client, name).__doc__
    awaiting = getattr(httpx.AsyncClient, RENAMED.get(name, name)).__doc__
    assert blocking
    assert awaiting == awaited(blocking)


def test_examples_await() -> None:
    doc = httpx.AsyncClient.request.__doc__ or ""
    assert "response = await client.request(" in doc
    doc = httpx.AsyncClient.stream.__doc__ or ""
    assert "async with client.stream(" in doc
    assert "async for chunk in response.aiter_bytes():" in doc


VERBS = ["get", "options", "head", "post", "put", "patch", "delete", "query"]


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_takes_what_request_takes(name: str) -> None:
    verb = inspect.signature(getattr(httpx.Client, name)).parameters
    request = inspect.signature(httpx.Client.request).parameters
    assert set(verb) <= set(request)
    assert all(verb[name] == request[name] for name in verb)


@pytest.mark.parametrize("name", [*VERBS, "request", "stream"])
def test_functions_take_what_methods_take(name: str) -> None:
    function = set(inspect.signature(getattr(httpx, name)).parameters)
    method = set(inspect.signature(getattr(httpx.Client, name)).parameters)
    assert function - method == {"proxy", "verify", "trust_env"}
    assert method - function == {"self", "extensions"}


@pytest.mark.parametrize("kind", [httpx.Client, httpx.AsyncClient])
def test_the_constructor_takes_what_the_base_takes(kind: type[Any]) -> None:
    own = inspect.signature(kind).parameters
    base = inspect.signature(httpx._client.BaseClient).parameters
    assert all(own[name] == base[name] for name in base)
