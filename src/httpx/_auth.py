"""Authentication: generators of requests, without any I/O.

A flow is a generator that yields the request to send, receives its response, and may yield
another one. The client sends what is yielded; this room only sets header fields and reads
challenges. `Auth` is the base class for one's own schemes; Basic (RFC 7617), Digest (RFC 7616,
with RFC 2069's and 2617's servers), netrc files and plain functions are here.

Digest holds a lock for the moment of counting, since one object serves many tasks and threads,
and a nonce count must never be said twice. hashlib and netrc are imported at first use, and a
Python without MD5 (FIPS 140) imports and works with the other algorithms.
"""

from __future__ import annotations

import os
import re
import threading
from binascii import b2a_base64
from collections.abc import AsyncGenerator, Callable, Generator
from typing import TYPE_CHECKING, Any

from ._cookies import Cookies
from ._exceptions import ProtocolError
from ._utils import to_bytes

if TYPE_CHECKING:
    from ._models import Request, Response

__all__ = ["Auth", "BasicAuth", "DigestAuth", "FunctionAuth", "NetRCAuth"]


class Auth:
    """Base class of authentication schemes.

    Override `auth_flow` for a scheme that needs no I/O of its own; it then works in both kinds
    of client. Override `sync_auth_flow` and `async_auth_flow` for one that does, say, to read a
    token from disk under a lock.

    Example:

        class TokenAuth(httpx.Auth):
            def __init__(self, token):
                self.token = token

            def auth_flow(self, request):
                request.headers["X-Authentication"] = self.token
                yield request

    With `requires_request_body` the request's body is in memory (`request.content`) when the
    flow begins; with `requires_response_body` each response's is when the flow gets it.
    """

    __module__ = "httpx"

    requires_request_body = False
    requires_response_body = False

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Yield the request, once its credentials are set; receive the response.

            response = yield request
            if response.status_code == 401:
                request.headers["X-Authentication"] = ...
                yield request

        Requests may be yielded any number of times; others too, such as one for a new token.
        The last response goes to the caller.
        """
        yield request

    def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """`auth_flow` for `Client`: reads the bodies that the flow needs."""
        if self._needs_request_body(request, None):
            request.read()
        flow = self.auth_flow(request)
        request = next(flow)
        while True:
            response = yield request
            if self.requires_response_body:
                response.read()
            if self._needs_request_body(request, response):
                request.read()
            try:
                request = flow.send(response)
            except StopIteration:
                return

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        """`auth_flow` for `AsyncClient`: reads the bodies that the flow needs."""
        if self._needs_request_body(request, None):
            await request.aread()
        flow = self.auth_flow(request)
        request = next(flow)
        while True:
            response = yield request
            if self.requires_response_body:
                await response.aread()
            if self._needs_request_body(request, response):
                await request.aread()
            try:
                request = flow.send(response)
            except StopIteration:
                return

    def _needs_request_body(self, request: Request, response: Response | None) -> bool:
        """Whether to read the request's body at the start (None), or upon its response."""
        return response is None and self.requires_request_body


class FunctionAuth(Auth):
    """Let a function change each request before it is sent.

    `auth=function` of the clients means the same. The function takes the request and returns
    it, or another.
    """

    __module__ = "httpx"

    def __init__(self, func: Callable[[Request], Request]) -> None:
        self._func = func

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Yield what the function returns."""
        yield self._func(request)


class BasicAuth(Auth):
    """User name and password, sent with every request (RFC 7617, in UTF-8).

    `auth=(username, password)` of the clients means the same. `TypeError` for what is neither
    str nor bytes.
    """

    __module__ = "httpx"

    def __init__(self, username: str | bytes, password: str | bytes) -> None:
        self._auth_header = self._build_auth_header(username, password)

    def _build_auth_header(self: Any, username: str | bytes, password: str | bytes) -> str:
        pair = b":".join((to_bytes(username), to_bytes(password)))
        return "Basic " + b2a_base64(pair, newline=False).decode("ascii")

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Yield the request with its `Authorization`."""
        request.headers["Authorization"] = self._auth_header
        yield request


class NetRCAuth(Auth):
    """Basic authentication with the passwords of a netrc file, looked up by host.

    `file` is its path; by default ``~/.netrc``. Read once, here: `FileNotFoundError` where there
    is none, `netrc.NetrcParseError` where it is malformed. A host that the file does not name,
    or names without a password, gets no credentials.
    """

    __module__ = "httpx"

    _build_auth_header = BasicAuth._build_auth_header

    def __init__(self, file: str | None = None) -> None:
        import netrc

        self._netrc_info = netrc.netrc(file)

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Yield the request, with an `Authorization` where the file has a password."""
        entry = self._netrc_info.authenticators(request.url.host)
        if entry is not None and entry[2]:
            request.headers["Authorization"] = self._build_auth_header(entry[0], entry[2])
        yield request


# The names that hashlib has for the algorithms of RFC 7616 section 6.1, and those in use besides.
_HASHES = {
    "MD5": "md5",
    "SHA": "sha1",
    "SHA-256": "sha256",
    "SHA-512": "sha512",
    "SHA-512-256": "sha512_256",
}

# Rounds that one request may take: the first challenge, and two nonces that turned out stale.
_MAX_ROUNDS = 3

# Nonces whose counts are remembered. A server may come back to a nonce that was not its last
# one (several processes behind one name), so a few must be kept; one a request, without an end,
# would be a leak.
_MAX_NONCES = 1000


class _Challenge:
    """One Digest challenge, as far as this client can answer it (RFC 7616 section 3.3)."""

    def __init__(self, params: dict[str, str]) -> None:
        if "realm" not in params or "nonce" not in params:
            raise ProtocolError("Malformed Digest WWW-Authenticate header")
        self.realm, self.nonce = params["realm"], params["nonce"]
        self.opaque = params.get("opaque")
        self.stale = params.get("stale", "").lower() == "true"
        self.userhash = params.get("userhash", "").lower() == "true"
        self.algorithm = params.get("algorithm", "MD5")
        name = self.algorithm.upper()
        self.is_session = name.endswith("-SESS")
        self._hash_name = _HASHES.get(name.removesuffix("-SESS"), "")
        if not self._hash_name:
            raise ProtocolError(f"Unknown algorithm {self.algorithm!r} in digest auth")
        options = {option.strip().lower() for option in params.get("qop", "").split(",")} - {""}
        self.qop = next((qop for qop in ("auth", "auth-int") if qop in options), None)
        if "qop" in params and self.qop is None:
            given = params["qop"].encode("utf-8")
            raise ProtocolError(f'Unexpected qop value "{given!r}" in digest auth')
        try:
            self.hash(b"")
        except ValueError as exc:
            raise ProtocolError(
                f"Algorithm {self.algorithm!r} of digest auth is not available here: {exc}"
            ) from exc
        # With "-sess" the first client nonce is part of the session's key. One for all requests
        # suits the servers that keep the key, and those that compute it each time.
        self.session_cnonce: bytes | None = None

    def hash(self, data: bytes) -> bytes:
        """The digest of `data`, in hexadecimal digits."""
        import hashlib

        # The algorithm is the server's choice, and no protection against anyone who listens:
        # saying so lets MD5 work where the system forbids it for security.
        return hashlib.new(self._hash_name, data, usedforsecurity=False).hexdigest().encode()


def _origin(request: Request) -> tuple[str, str, int | None]:
    return request.url.scheme, request.url.host, request.url.port


class DigestAuth(Auth):
    """Digest access authentication (RFC 7616): the password itself is never sent.

    The first request goes out without credentials, is challenged, and is sent again; later ones
    to the same origin answer that challenge ahead of time, counting up, until the server gives
    a new one. Of several challenges the first that can be answered is. Algorithms: MD5, SHA,
    SHA-256, SHA-512, SHA-512-256, each also as -sess. Quality of protection: auth, or, where
    the server insists, auth-int, for which the request's body is read into memory; servers of
    RFC 2069 give none.

    One object may serve many clients, tasks and threads: no nonce count is used twice.
    `ProtocolError` for a malformed challenge, or one with an unknown algorithm or qop.
    """

    __module__ = "httpx"

    def __init__(self, username: str | bytes, password: str | bytes) -> None:
        self._username, self._password = to_bytes(username), to_bytes(password)
        self._forget()

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._last_challenge: tuple[tuple[str, str, int | None], _Challenge] | None = None
        self._counts: dict[str, int] = {}

    def __getstate__(self) -> dict[str, Any]:
        # A copy that counted the same nonces would repeat their counts: it starts afresh.
        gone = ("_lock", "_last_challenge", "_counts")
        return {name: value for name, value in self.__dict__.items() if name not in gone}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Yield the request, and again with an answer where it is challenged."""
        challenge = self._known_challenge(request)
        if challenge is not None:
            self._answer(request, challenge)
        response = yield request
        for number in range(_MAX_ROUNDS):
            challenge = _digest_challenge(response)
            if challenge is None or (number > 0 and not challenge.stale):
                return
            self._answer(request, challenge)
            # From here on others may use the nonce, too: ours is counted already.
            self._last_challenge = _origin(request), challenge
            if "Set-Cookie" in response.headers:
                Cookies(response.cookies).set_cookie_header(request)
            response = yield request

    def _needs_request_body(self, request: Request, response: Response | None) -> bool:
        if response is None:
            challenge = self._known_challenge(request)
        else:
            challenge = _digest_challenge(response)
        if challenge is not None and challenge.qop == "auth-int":
            return True
        return super()._needs_request_body(request, response)

    def _known_challenge(self, request: Request) -> _Challenge | None:
        if self._last_challenge is not None:
            origin, challenge = self._last_challenge
            if origin == _origin(request):
                return challenge
        return None

    def _answer(self, request: Request, challenge: _Challenge) -> None:
        header = self._build_auth_header(request, challenge)
        # As bytes, since a user name may be given in any encoding.
        value = header.encode("utf-8", "surrogateescape")
        request.headers.update([(b"Authorization", value)])

    def _build_auth_header(self, request: Request, challenge: _Challenge) -> str:
        """The credentials for a challenge (RFC 7616 section 3.4)."""
        digest = challenge.hash
        realm = challenge.realm.encode("utf-8")
        nonce = challenge.nonce.encode("utf-8")
        target = request.extensions.get("target", request.url.raw_path)
        count, cnonce = self._next_count(challenge, nonce)

        secret = digest(b":".join((self._username, realm, self._password)))
        if challenge.is_session:
            secret = digest(b":".join((secret, nonce, cnonce)))
        what = [request.method.encode("ascii"), target]
        if challenge.qop == "auth-int":
            what.append(digest(request.content))
        parts = [secret, nonce, digest(b":".join(what))]
        if challenge.qop is not None:
            parts[2:2] = [b"%08x" % count, cnonce, challenge.qop.encode("ascii")]

        username = self._username
        if challenge.userhash:
            username = digest(b":".join((username, realm)))
        fields = [
            ("username", _quote(username.decode("utf-8", "surrogateescape"))),
            ("realm", _quote(challenge.realm)),
            ("nonce", _quote(challenge.nonce)),
            ("uri", _quote(target.decode("utf-8", "surrogateescape"))),
            ("response", _quote(digest(b":".join(parts)).decode("ascii"))),
            ("algorithm", challenge.algorithm),
        ]
        if challenge.opaque is not None:
            fields.append(("opaque", _quote(challenge.opaque)))
        if challenge.qop is not None:
            fields.append(("qop", challenge.qop))
            fields.append(("nc", f"{count:08x}"))
            fields.append(("cnonce", _quote(cnonce.decode("ascii"))))
        if challenge.userhash:
            fields.append(("userhash", "true"))
        return "Digest " + ", ".join(f"{name}={value}" for name, value in fields)

    def _next_count(self, challenge: _Challenge, nonce: bytes) -> tuple[int, bytes]:
        """The count of this use of the nonce, and the client nonce that goes with it."""
        with self._lock:
            count = self._counts.pop(challenge.nonce, 0) + 1
            self._counts[challenge.nonce] = count  # at the end, as the latest in use
            if len(self._counts) > _MAX_NONCES:
                del self._counts[next(iter(self._counts))]
            cnonce = challenge.session_cnonce or self._get_client_nonce(count, nonce)
            if challenge.is_session:
                challenge.session_cnonce = cnonce
        return count, cnonce

    def _get_client_nonce(self, nonce_count: int, nonce: bytes) -> bytes:
        return os.urandom(8).hex().encode("ascii")


def _digest_challenge(response: Response) -> _Challenge | None:
    """The first Digest challenge of a 401 response that can be answered; None if it has none.

    Where there are some, and none can be answered, `ProtocolError` says why of the first.
    """
    if response.status_code != 401:
        return None
    error: ProtocolError | None = None
    for line in response.headers.get_list("WWW-Authenticate"):
        for scheme, params in _parse_challenges(line):
            if scheme == "digest" and params:
                try:
                    return _Challenge(params)
                except ProtocolError as exc:
                    error = error or exc
    if error is not None:
        error._request = response._request
        raise error
    return None


def _parse_challenges(line: str) -> list[tuple[str, dict[str, str]]]:
    """Schemes and parameters, their names in lower case (RFC 9110 section 11.6.1).

    A comma parts challenges as it does parameters; only what follows a word tells which.
    """
    challenges: list[tuple[str, dict[str, str]]] = []
    words = re.finditer(
        r"""([!#$%&'*+.^_`|~0-9A-Za-z-]+)            # a scheme, or a parameter's name
            (?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]*))?  # the parameter's value""",
        line,
        re.VERBOSE,
    )
    for word in words:
        name, value = word[1].lower(), word[2]
        if value is None:
            challenges.append((name, {}))
        elif challenges:
            if value.startswith('"'):
                value = re.sub(r"\\(.)", r"\1", value[1:-1])
            challenges[-1][1].setdefault(name, value)
    return challenges


def _quote(text: str) -> str:
    """A quoted-string (RFC 9110 section 5.6.4)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
