"""How a TLS object is made for a context that is not ours to change: ALPN and resumption.

*ALPN* (RFC 7301). OpenSSL takes the list of protocols from the context when a TLS object is made,
and setting it there would change a context that belongs to the program, or is used with another
list by someone else. So the object is made by a *donor*, a context with the same settings and the
list, and is then given the real context, from which it takes trust store, certificate and
ciphers. Donors are kept, and made anew when a setting of the context has changed.

*Resumption* (RFC 8446 2.2, RFC 5077). When a connection ends in order its session is kept, and
the next one to the same host and address, by the same context, offers it: no certificates are
sent and checked again, and with TLS 1.2 a round trip is saved. It is taken at the end, since TLS
1.3 sends tickets after the handshake, and since copying one costs as much as half a handshake.
OpenSSL takes a session only for the context that it came from, so a kept session would keep that
alive: it is taken in the donor's name, and lives and dies with the donor.

A session stands for the check that was made when it was new: it is offered under the name and
the settings only that it was made with, and for an hour at most.
"""

from __future__ import annotations

import functools
import ssl
import threading
import time
import warnings
import weakref
from collections.abc import Callable
from typing import Any

from .process import in_forked_child

__all__ = ["new_object"]

MOST_SESSIONS = 256
"""Sessions that one donor keeps."""
LONGEST_SESSION = 3600.0
"""Seconds after which a session is not offered any more."""

_SETTINGS = (
    "options",
    "minimum_version",
    "maximum_version",
    "verify_flags",
    "hostname_checks_common_name",
    "post_handshake_auth",
    "verify_mode",
    "check_hostname",
)
_Settings = tuple[Any, ...]
_Key = tuple[str, str]


class _Donor:
    """A context that makes objects for another one, and the sessions of those."""

    def __init__(self, settings: _Settings, context: ssl.SSLContext) -> None:
        self.settings = settings
        self.context = context
        self._sessions: dict[_Key, tuple[ssl.SSLSession, float]] = {}

    def session(self, key: _Key) -> ssl.SSLSession | None:
        """The session that was kept, if it is not too old."""
        session, expiry = self._sessions.get(key, (None, 0.0))
        return session if time.monotonic() < expiry else None

    def keep(
        self, key: _Key, offered: ssl.SSLSession | None, tls: ssl.SSLObject, real: ssl.SSLContext
    ) -> None:
        """Keep an object's session, unless there is one that is as good."""
        if tls.session_reused or self.session(key) is not offered:
            return
        tls.context = self.context
        try:
            session = tls.session
        finally:
            tls.context = real
        if session is None or not (session.has_ticket or tls.version() == "TLSv1.2"):
            return
        seconds = min(session.ticket_lifetime_hint or session.timeout, LONGEST_SESSION)
        self._sessions.pop(key, None)  # to the end: the oldest is the first to go
        self._sessions[key] = session, time.monotonic() + seconds
        if len(self._sessions) > MOST_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)), None)


_donors: weakref.WeakKeyDictionary[ssl.SSLContext, dict[tuple[str, ...], _Donor]] = (
    weakref.WeakKeyDictionary()
)
_lock = threading.Lock()


def new_object(
    context: ssl.SSLContext,
    incoming: ssl.MemoryBIO,
    outgoing: ssl.MemoryBIO,
    hostname: str,
    alpn: tuple[str, ...],
    peer: str = "",
) -> tuple[ssl.SSLObject, Callable[[], None] | None]:
    """A TLS object for `context` that offers `alpn`, and the session of an earlier connection to
    `hostname` and `peer`; and what keeps its own session, to be called when it ends in order."""
    if not alpn:
        return context.wrap_bio(incoming, outgoing, server_hostname=hostname), None
    if not _can_have_donor(context):
        # A context that makes its objects in a way of its own (truststore), or for one version
        # of TLS only: here the list has to be set on it, for just as long as it takes.
        with _lock:
            context.set_alpn_protocols(list(alpn))
            return context.wrap_bio(incoming, outgoing, server_hostname=hostname), None
    donor = _donor(context, alpn)
    tls = donor.context.wrap_bio(incoming, outgoing, server_hostname=hostname)
    key = (hostname, peer)
    session = donor.session(key)
    if session is not None:
        tls.session = session
    tls.context = context
    return tls, functools.partial(donor.keep, key, session, tls, context)


def _can_have_donor(context: ssl.SSLContext) -> bool:
    return type(context).wrap_bio.__module__ == "ssl" and context.protocol in (
        ssl.PROTOCOL_TLS_CLIENT,
        ssl.PROTOCOL_TLS,
    )


def _donor(context: ssl.SSLContext, alpn: tuple[str, ...]) -> _Donor:
    settings = tuple(getattr(context, name) for name in _SETTINGS)
    with _lock:
        donors = _donors.setdefault(context, {})
        known = donors.get(alpn)
        if known is None or known.settings != settings:
            known = donors[alpn] = _Donor(settings, _new_context(context, settings, alpn))
        return known


def _new_context(
    context: ssl.SSLContext, settings: _Settings, alpn: tuple[str, ...]
) -> ssl.SSLContext:
    plain = next(cls for cls in type(context).__mro__ if cls.__module__ == "ssl")
    donor: ssl.SSLContext = plain(ssl.PROTOCOL_TLS_CLIENT)
    donor.check_hostname = False  # it forbids to set verify_mode
    with warnings.catch_warnings():
        # About old versions of TLS; whoever set up the context has been warned.
        warnings.simplefilter("ignore", DeprecationWarning)
        for name, value in zip(_SETTINGS, settings, strict=True):
            if getattr(donor, name) != value:
                # Past the properties of `ssl.SSLContext`: they look for their class in the
                # module, under its name, where gevent and truststore put another one.
                setter = getattr(plain.__base__, name, None)
                if setter is None:
                    setattr(donor, name, value)
                else:
                    setter.__set__(donor, value)
    donor.sslobject_class = context.sslobject_class
    donor.set_alpn_protocols(list(alpn))
    return donor


def _after_fork_in_child() -> None:
    """The lock may have been held by a thread that this process does not have."""
    global _lock
    _lock = threading.Lock()


in_forked_child(_after_fork_in_child)
