"""What a client is told about time, numbers, proxies and trust.

`Timeout`, `Limits` and `Proxy` are plain values: they compare, copy and pickle. `Deadline` is the
running form of `Timeout(total=...)`, one for each call of a client.

The other half is TLS configuration: `create_ssl_context` makes a new context for the user, who
may change it, and `shared_ssl_context` keeps one for each configuration, for all clients, since
reading a CA bundle costs tens of milliseconds and megabytes. Contexts are never changed after
they were made, and a context that the user passed in is used as it is.

This room opens no connection, and imports ssl and certifi only when a context is made.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import typing
import warnings
import weakref

from ._headers import Headers
from ._types import CertTypes, HeaderTypes, TimeoutTypes
from ._urls import URL

if typing.TYPE_CHECKING:
    import ssl

__all__ = [
    "DEFAULT_LIMITS",
    "DEFAULT_MAX_REDIRECTS",
    "DEFAULT_TIMEOUT_CONFIG",
    "UNSET",
    "Deadline",
    "Limits",
    "Proxy",
    "Timeout",
    "UnsetType",
    "check_ssl_arguments",
    "create_ssl_context",
    "shared_ssl_context",
]

PathType = typing.Union[str, "os.PathLike[str]"]
VerifyType = typing.Union["ssl.SSLContext", PathType, bool, None]


class UnsetType:
    """The type of `UNSET`, which stands for "not given" where `None` means something."""


UNSET = UnsetType()


class Timeout:
    """How long to wait, in seconds; `None` waits for ever.

    Args:
        timeout: for each phase that is not given by itself: a number or `None`; or for all
            phases: a tuple (connect, read[, write[, pool]]) whose missing ends are `None`, or
            another `Timeout`.
        connect: until a connection stands: name look-up, TCP, proxy and TLS together.
        read: until the next bytes of the response arrive.
        write: until the next bytes of the request are taken.
        pool: until the pool lends a connection.
        total: for the whole call: waiting for the pool, connecting, redirects, authentication,
            retries and the body. Default: `None`.

    Raises `ValueError` unless `timeout` or all four phases are given. What runs out raises the
    exception of its phase (`httpx.ReadTimeout`, ...).

        Timeout(None)               # no timeouts
        Timeout(5.0)                # 5 s for each phase
        Timeout(5.0, connect=10.0)  # 10 s to connect, 5 s for the others
        Timeout(5.0, total=60.0)    # 5 s for each phase, and 60 s for everything together
    """

    __module__ = "httpx"

    def __init__(
        self,
        timeout: TimeoutTypes | UnsetType = UNSET,
        *,
        connect: float | UnsetType | None = UNSET,
        read: float | UnsetType | None = UNSET,
        write: float | UnsetType | None = UNSET,
        pool: float | UnsetType | None = UNSET,
        total: float | UnsetType | None = UNSET,
    ) -> None:
        if isinstance(timeout, Timeout):
            assert (connect, read, write, pool) == (UNSET, UNSET, UNSET, UNSET)
        elif isinstance(timeout, tuple):
            connect = read = write = pool = UNSET
        if isinstance(timeout, UnsetType):
            if any(isinstance(phase, UnsetType) for phase in (connect, read, write, pool)):
                raise ValueError(
                    "httpx.Timeout must either include a default, or set all four parameters "
                    "explicitly."
                )
            default: _Seconds5 = (None, None, None, None, None)
        else:
            default = _each_phase(timeout)
        self.connect: float | None = _seconds(connect, default[0])
        self.read: float | None = _seconds(read, default[1])
        self.write: float | None = _seconds(write, default[2])
        self.pool: float | None = _seconds(pool, default[3])
        self.total: float | None = _seconds(total, default[4])

    def as_dict(self) -> dict[str, float | None]:
        """The phases by name, as in `request.extensions["timeout"]`; "total" only if it is set."""
        phases = {
            "connect": self.connect,
            "read": self.read,
            "write": self.write,
            "pool": self.pool,
        }
        if self.total is not None:
            phases["total"] = self.total
        return phases

    def __eq__(self, other: typing.Any) -> bool:
        return isinstance(other, type(self)) and self.__dict__ == other.__dict__

    def __repr__(self) -> str:
        phases = self.as_dict()
        total = phases.pop("total", None)
        if len(set(phases.values())) == 1:
            phases = {"timeout": self.connect}
        if total is not None:
            phases["total"] = total
        shown = ", ".join(f"{name}={seconds}" for name, seconds in phases.items())
        return f"{type(self).__name__}({shown})"


_Seconds = float | None
_Seconds5 = tuple[_Seconds, _Seconds, _Seconds, _Seconds, _Seconds]


def _each_phase(timeout: TimeoutTypes) -> _Seconds5:
    """What one value says for connect, read, write, pool and total."""
    if isinstance(timeout, Timeout):
        return timeout.connect, timeout.read, timeout.write, timeout.pool, timeout.total
    if isinstance(timeout, tuple):
        rest = (*timeout[2:4], None, None)
        return timeout[0], timeout[1], rest[0], rest[1], None
    return timeout, timeout, timeout, timeout, None


def _seconds(given: _Seconds | UnsetType, default: _Seconds) -> _Seconds:
    return default if isinstance(given, UnsetType) else given


class Deadline:
    """`Timeout.total`, running: made when a call begins, asked before each wait.

    deadline = Deadline(60.0)
    stream.read(65536, timeout=deadline.clip(5.0))
    """

    __slots__ = ("at", "total")

    def __init__(self, total: float) -> None:
        self.total = total
        self.at = time.monotonic() + total

    def remaining(self) -> float:
        """Seconds left, 0 when the time is over."""
        return max(0.0, self.at - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether the time is over, or as good as: event loops wake a little early."""
        return self.at - time.monotonic() < 0.005

    def clip(self, seconds: float | None) -> float:
        """The smaller of a phase's timeout and the time left."""
        remaining = self.remaining()
        return remaining if seconds is None or remaining < seconds else max(0.0, seconds)


class Limits:
    """How many connections a pool keeps.

    Args:
        max_connections: at most so many at a time; `None` sets no limit.
        max_keepalive_connections: at most so many idle ones are kept; `None` sets no limit.
        keepalive_expiry: an idle one is closed after so many seconds; `None` keeps it.

    `httpx.Limits()` alone has no limit of numbers. A client has (100, 20, 5.0) by default.
    """

    __module__ = "httpx"

    def __init__(
        self,
        *,
        max_connections: int | None = None,
        max_keepalive_connections: int | None = None,
        keepalive_expiry: float | None = 5.0,
    ) -> None:
        self.max_connections = max_connections
        self.max_keepalive_connections = max_keepalive_connections
        self.keepalive_expiry = keepalive_expiry

    def __eq__(self, other: typing.Any) -> bool:
        return isinstance(other, type(self)) and self.__dict__ == other.__dict__

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(max_connections={self.max_connections}, "
            f"max_keepalive_connections={self.max_keepalive_connections}, "
            f"keepalive_expiry={self.keepalive_expiry})"
        )


class Proxy:
    """A proxy, and what it is told (RFC 9110 section 7.6, RFC 1928).

    Args:
        url: `http`, `https`, `socks5` or `socks5h`; a user name and password in it win over
            `auth`, and are taken out of `.url`.
        ssl_context: for the connection *to* an https proxy.
        auth: (user name, password).
        headers: sent to the proxy only.

    Raises `ValueError` for another scheme.

        httpx.Client(proxy=httpx.Proxy("http://127.0.0.1:8030", headers={"X-Job": "42"}))
    """

    __module__ = "httpx"

    def __init__(
        self,
        url: URL | str,
        *,
        ssl_context: ssl.SSLContext | None = None,
        auth: tuple[str, str] | None = None,
        headers: HeaderTypes | None = None,
    ) -> None:
        url = URL(url)
        if url.scheme not in ("http", "https", "socks5", "socks5h"):
            raise ValueError(f"Unknown scheme for proxy URL {url!r}")
        if url.username or url.password:
            auth = (url.username, url.password)
            url = url.copy_with(username=None, password=None)
        self.url = url
        self.auth = auth
        self.headers: Headers = Headers(headers)
        self.ssl_context = ssl_context

    @property
    def raw_auth(self) -> tuple[bytes, bytes] | None:
        """The credentials as UTF-8 bytes."""
        if self.auth is None:
            return None
        return self.auth[0].encode("utf-8"), self.auth[1].encode("utf-8")

    def __eq__(self, other: typing.Any) -> bool:
        # By value, since connections are found by their proxy, and requests may each name one.
        return isinstance(other, type(self)) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(self.url)

    def __repr__(self) -> str:
        shown = [repr(str(self.url))]
        if self.auth is not None:
            shown.append(f"auth={(self.auth[0], '********')!r}")
        if self.headers:
            shown.append("headers=" + repr(self.headers).removeprefix("Headers(").removesuffix(")"))
        return f"{type(self).__name__}({', '.join(shown)})"


DEFAULT_TIMEOUT_CONFIG = Timeout(timeout=5.0)
DEFAULT_LIMITS = Limits(max_connections=100, max_keepalive_connections=20)
DEFAULT_MAX_REDIRECTS = 20


def create_ssl_context(
    verify: ssl.SSLContext | str | bool = True,
    cert: CertTypes | None = None,
    trust_env: bool = True,
) -> ssl.SSLContext:
    """A new TLS context, which is the caller's to change.

    Args:
        verify: `True` trusts certifi's roots and those of the operating system; `False` checks
            nothing; a path (deprecated) trusts the roots in that file or directory only; a
            context is returned as it is.
        cert: the client's certificate (deprecated): a path, (path, key path) or
            (path, key path, password). It is loaded into the context, also into a given one.
        trust_env: with `verify=True`, let `SSL_CERT_FILE` and `SSL_CERT_DIR` name the roots
            that are trusted *instead*; let `SSLKEYLOGFILE` name a file for the keys of sessions.

    Raises `OSError` where a file cannot be read, and `ssl.SSLError` where it holds no certificate.

        context = httpx.create_ssl_context()
        context.load_cert_chain("client.pem")
        client = httpx.Client(verify=context)
    """
    check_ssl_arguments(verify, cert, stacklevel=3)
    if verify is None:  # given back as it is, like a context; transports take it for `True`
        return verify
    return _build(verify, cert, _read_environment(verify, trust_env))


create_ssl_context.__module__ = "httpx"


def check_ssl_arguments(
    verify: VerifyType = True, cert: CertTypes | None = None, *, stacklevel: int = 2
) -> None:
    """Say at once what is wrong with `verify` and `cert`, although no context is made yet.

    Raises `TypeError` for what cannot be meant, `FileNotFoundError` naming a path that does not
    exist. Warns (`DeprecationWarning`) of a path given as `verify`, and of any `cert`.
    """
    if isinstance(verify, (str, os.PathLike)):
        warnings.warn(
            "`verify=<str>` is deprecated. Use `verify=ssl.create_default_context(cafile=...)` "
            "or `verify=ssl.create_default_context(capath=...)` instead.",
            DeprecationWarning,
            stacklevel=stacklevel,
        )
    elif not (verify is None or isinstance(verify, bool) or hasattr(verify, "wrap_socket")):
        raise TypeError(
            f"verify must be True, False, a path or an ssl.SSLContext, not {type(verify)}"
        )
    if cert is not None:
        warnings.warn(
            "`cert=...` is deprecated. Use `verify=<ssl_context>` instead,"
            "with `.load_cert_chain()` to configure the certificate chain.",
            DeprecationWarning,
            stacklevel=stacklevel,
        )
    for path in _paths(verify, cert):
        _check_exists(path, "verify= or cert=")


def _check_exists(path: PathType, source: str) -> None:
    """Raise OpenSSL's error for a path that is not there; a note names the path."""
    try:
        os.stat(path)
    except OSError as exc:
        error = OSError(exc.errno, exc.strerror)
        with _naming(path, source):
            raise error from None


@contextlib.contextmanager
def _naming(path: PathType | None, source: str) -> typing.Iterator[None]:
    """Name the file that OpenSSL could not read, in a note to its error."""
    try:
        yield
    except OSError as exc:  # ssl.SSLError is one
        exc.add_note(f"This is {path!r}, given by {source}.")
        raise


def shared_ssl_context(
    verify: VerifyType = True, cert: CertTypes | None = None, trust_env: bool = True
) -> ssl.SSLContext:
    """The context of a configuration, one for all clients. Nobody may change it.

    It is built when it is first asked for, once, however many threads ask. Files are recognised
    by path, time and size, so that a client made after a certificate was renewed has the new one.
    """
    environment = _read_environment(verify, trust_env)
    paths = [*_paths(verify, cert), *filter(None, (environment.cafile, environment.capath))]
    certificate = cert if cert is None or isinstance(cert, (str, os.PathLike)) else tuple(cert)
    version = (certificate, tuple([_version(path) for path in paths]))
    if hasattr(verify, "wrap_socket"):
        context = typing.cast("ssl.SSLContext", verify)
        if cert is not None and _certified.get(context) != version:
            _build(context, cert, environment)
            _certified[context] = version
        return context
    return _contexts.get((verify, environment, version), lambda: _build(verify, cert, environment))


class _SharedContexts:
    """The contexts last used, by configuration: few, and never as many as there are tenants."""

    limit = 64

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contexts: dict[typing.Hashable, ssl.SSLContext] = {}
        if hasattr(os, "register_at_fork"):
            # The parent's thread that holds the lock does not exist in the child.
            os.register_at_fork(after_in_child=self._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    def get(
        self, key: typing.Hashable, build: typing.Callable[[], ssl.SSLContext]
    ) -> ssl.SSLContext:
        with self._lock:
            context = self._contexts.pop(key, None)
            if context is None:
                context = build()
            self._contexts[key] = context  # at the end again: used last
            if len(self._contexts) > self.limit:
                del self._contexts[next(iter(self._contexts))]
            return context


_contexts = _SharedContexts()
# Which certificate was loaded into a context of the user's: once, not at each connection.
_certified: weakref.WeakKeyDictionary[ssl.SSLContext, typing.Hashable] = weakref.WeakKeyDictionary()


class _Environment(typing.NamedTuple):
    """What the environment says about TLS."""

    cafile: str | None = None
    capath: str | None = None
    keylog: str | None = None
    """Where the keys of all sessions are to be written, for tools that decrypt a capture."""


def _read_environment(verify: VerifyType, trust_env: bool) -> _Environment:
    if not trust_env or verify is False or hasattr(verify, "wrap_socket"):
        return _Environment()
    keylog = os.environ.get("SSLKEYLOGFILE") or None
    if not (verify is None or verify is True):
        return _Environment(keylog=keylog)
    cafile = os.environ.get("SSL_CERT_FILE") or None
    if cafile is not None:
        _check_exists(cafile, "SSL_CERT_FILE")
    return _Environment(cafile, os.environ.get("SSL_CERT_DIR") or None, keylog)


def _version(path: PathType) -> tuple[int, int] | None:
    """What changes when a file does. OpenSSL takes several directories in one string."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _paths(verify: VerifyType, cert: CertTypes | None) -> list[PathType]:
    """The files that a configuration reads, those of the environment apart."""
    paths: list[PathType] = [verify] if isinstance(verify, (str, os.PathLike)) else []
    if cert is not None:
        certificate = (cert,) if isinstance(cert, (str, os.PathLike)) else cert[:2]
        paths.extend(path for path in certificate if path is not None)
    return paths


def _build(verify: VerifyType, cert: CertTypes | None, environment: _Environment) -> ssl.SSLContext:
    import ssl

    cafile, capath, keylog = environment
    if hasattr(verify, "wrap_socket"):
        context = typing.cast(ssl.SSLContext, verify)
    else:
        context = _new_context()
        if verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif isinstance(verify, (str, os.PathLike)):
            with _naming(verify, "verify="):
                if os.path.isdir(verify):
                    context.load_verify_locations(capath=verify)
                else:
                    context.load_verify_locations(cafile=verify)
        elif cafile or capath:
            with _naming(cafile, "SSL_CERT_FILE"):
                context.load_verify_locations(cafile, capath)
        else:
            import certifi

            context.load_verify_locations(certifi.where())
            _load_system_roots(context)
        if keylog:
            context.keylog_filename = keylog
    if cert is not None:
        certificate = (cert,) if isinstance(cert, (str, os.PathLike)) else cert
        with _naming(certificate[0], "cert="):
            context.load_cert_chain(*certificate)
    return context


def _new_context() -> ssl.SSLContext:
    """What `ssl.create_default_context` gives, which heeds `SSLKEYLOGFILE` whether or not the
    environment is to be trusted, and opens that file at once."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    return context


def _load_system_roots(context: ssl.SSLContext) -> None:
    """Trust what the operating system trusts.

    Not by `load_default_certs()`: OpenSSL would let the environment say where the roots are,
    also where it is not to be trusted.
    """
    import ssl

    if hasattr(ssl, "enum_certificates"):  # Windows
        for store in ("CA", "ROOT"):
            for certificate, encoding, trust in ssl.enum_certificates(store):
                usable = trust is True or ssl.Purpose.SERVER_AUTH.oid in trust
                if usable and encoding == "x509_asn":
                    with contextlib.suppress(ssl.SSLError):  # one bad root is no root
                        context.load_verify_locations(cadata=certificate)
        return
    paths = ssl.get_default_verify_paths()
    cafile, capath = paths.openssl_cafile, paths.openssl_capath
    if os.path.isfile(cafile):
        context.load_verify_locations(cafile=cafile)
    if os.path.isdir(capath):
        context.load_verify_locations(capath=capath)
