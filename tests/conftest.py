"""What every test shares: the three worlds.

A test that takes `world` is written once, as `async def`, and runs blocking (driven without
an event loop), on asyncio and on trio. `world.client()` gives a client of the matching kind
behind one awaitable face, `world.backend()` the network backend.

For TLS there is one certificate authority a session: `server_context` serves this machine's
names and example.com with its sub-domains, `ssl_context` trusts it, `ca` issues more.
"""

from __future__ import annotations

import gc
import inspect
import os
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from .clock import Clock
from .worlds import WORLDS, World

if TYPE_CHECKING:
    import trustme

SERVED_NAMES = ("localhost", "127.0.0.1", "::1", "example.com", "*.example.com")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the exhaustive form of sampled tests")
    parser.addoption("--uvloop", action="store_true", help="run the asyncio world on uvloop, too")
    parser.addoption("--no-lane", action="store_true", help="send every message through h11")


def pytest_configure(config: pytest.Config) -> None:
    """Nothing that is set on this machine reaches the tests, and no generated example depends on
    its speed. They are the same in each run; `--full` makes more of them, and new ones."""
    from hypothesis import HealthCheck, settings

    calm: Any = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    settings.register_profile("same", derandomize=True, **calm)
    settings.register_profile("full", max_examples=1500, print_blob=True, **calm)
    settings.load_profile("full" if config.getoption("--full") else "same")
    if config.getoption("--no-lane"):
        from httpx._transports.default import _PooledTransport

        defaults = _PooledTransport.__init__.__kwdefaults__
        assert defaults["fast_lane"] is True
        defaults["fast_lane"] = False
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        os.environ.pop(name, None)
        os.environ.pop(name.lower(), None)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "NETRC"):
        os.environ.pop(name, None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "world" in metafunc.fixturenames:
        names = list(WORLDS)
        if not metafunc.config.getoption("--uvloop"):
            names.remove("uvloop")
        marker = metafunc.definition.get_closest_marker("worlds")
        if marker is not None:
            names = [name for name in names if name in marker.args]
        metafunc.parametrize("world", names, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests that are exhaustive as a whole to `--full`."""
    if config.getoption("--full"):
        return
    left_out = [item for item in items if item.get_closest_marker("exhaustive")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish(session: pytest.Session) -> None:
    """The collector, which many tests call, need not look at thousands of tests each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    return WORLDS[request.param]()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of all deadlines of this test: see there."""
    clock = Clock()
    monkeypatch.setattr("httpx._config.time", clock)
    return clock


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether this run is the exhaustive one."""
    return bool(request.config.getoption("--full"))


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    """The certificate authority of this session."""
    import trustme

    return trustme.CA()


@pytest.fixture(scope="session")
def server_identity(ca: trustme.CA) -> trustme.LeafCert:
    """A certificate for `SERVED_NAMES`."""
    return ca.issue_cert(*SERVED_NAMES)


@pytest.fixture
def server_context(server_identity: trustme.LeafCert) -> ssl.SSLContext:
    """A server's context of the test's own, which it may change."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_identity.configure_cert(context)
    return context


@pytest.fixture(scope="session")
def ssl_context(ca: trustme.CA) -> ssl.SSLContext:
    """A client's context that trusts `ca` and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(context)
    return context


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an `async def` test in its world."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    if "world" not in arguments:
        raise TypeError(f"{pyfuncitem.name} is async and takes no world to run in")
    arguments["world"].run(pyfuncitem.obj, **arguments)
    return True
