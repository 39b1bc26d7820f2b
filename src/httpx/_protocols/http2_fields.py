"""The fields of HTTP/2 messages, on their way out and in (RFC 9113, section 8).

Names become lower-case, `Host` becomes `:authority`, and what belongs to an HTTP/1.1 connection
is left out (8.2.2, 8.3.1). Nothing is sent that an intermediary could take for something else when
it writes the request anew as HTTP/1.1: a line break in a value would become a field of its own
there (10.3).

What comes in is judged here as well, and not by h2, which would end the whole connection for what
8.1.1 calls the fault of one stream, and takes three times as long.

Credentials are marked *never indexed* (RFC 7541 7.1.3), so that neither this side nor a proxy
keeps them in a compression table, where their presence shows in the length of what follows.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .._exceptions import LocalProtocolError
from .http1_heads import Fields, SentFields, check_request_fields

__all__ = ["Fields", "RequestFields", "fault_of_response", "request_fields"]

_is_token = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_is_lower_token = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+").fullmatch
_is_status = re.compile(rb"[2-9][0-9]{2}").fullmatch
_find_forbidden = re.compile(rb"[\x00\n\r]").search
_is_target = re.compile(rb"[\x21-\x7e]+").fullmatch
# One search over all values, each between two \x01: a control character inside, or white space
# at an end. What is found is looked at anew, field by field.
_find_suspect = re.compile(rb"[\x00\n\x0b\x0c\r]|\x01[ \t]|[ \t]\x01").search

# What a field's name means here. Plain names are what is left: their lower-case form.
_DROPPED, _HOST, _TE, _LENGTH, _SECRET, _COOKIE = (
    b":dropped", b":host", b":te", b":length", b":secret", b":cookie",
)  # fmt: skip
_KNOWN: dict[bytes, tuple[bytes, bytes]] = {}
_MEANINGS = {
    **dict.fromkeys(
        [b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"],
        _DROPPED,
    ),
    b"host": _HOST,
    b"te": _TE,
    b"content-length": _LENGTH,
    b"authorization": _SECRET,
    b"proxy-authorization": _SECRET,
    b"cookie": _COOKIE,
}
_MOST_KNOWN = 1024
_SEEN: set[bytes] = set()  # names that servers use, found to be right
_SHORT_COOKIE = 20  # below this a guess at the whole of it is cheap: never indexed, as in h2


class RequestFields(NamedTuple):
    """A header list for HPACK, and the body's length where a field announces it."""

    fields: Fields
    announced: int | None


def request_fields(
    method: bytes, scheme: bytes, target: bytes, headers: SentFields
) -> RequestFields:
    """Raises `LocalProtocolError`, before anything is sent, for what HTTP does not allow."""
    suspect = _find_suspect(b"\x01%b\x01" % b"\x01".join([field[-1] for field in headers]))
    if suspect is not None:
        check_request_fields(headers)
    authority = announced = None
    fields: Fields = []
    for field in headers:
        name, value = field[0], field[-1]
        known = _KNOWN.get(name) or _learn(name)
        lower, meaning = known
        if not meaning:
            fields.append((lower, value))
        elif meaning is _HOST:
            authority = value
        elif meaning is _LENGTH:
            announced = _length(value, announced)
            fields.append((lower, value))
        elif meaning is _SECRET or (meaning is _COOKIE and len(value) < _SHORT_COOKIE):
            fields.append(_never_indexed(lower, value))
        elif meaning is _COOKIE or (meaning is _TE and value.lower() == b"trailers"):
            fields.append((lower, value))
    if authority is None:
        raise LocalProtocolError("Missing mandatory Host: header")
    if not _is_token(method) or not _is_target(target):
        raise LocalProtocolError("Illegal characters in the method or the target of the request")
    pseudo = [(b":method", method), (b":authority", authority)]
    if method != b"CONNECT":
        pseudo += [(b":scheme", scheme), (b":path", target)]
    return RequestFields(pseudo + fields, announced)


def fault_of_response(fields: Fields) -> str | None:
    """What makes a response's fields malformed (8.1.1, 8.2, 8.3), or `None`."""
    if not fields or fields[0][0] != b":status" or not _is_status(fields[0][1]):
        return f"malformed :status {fields[0][1] if fields else b''!r}"
    values = [fields[0][1]]
    for name, value in fields[1:]:
        if name not in _SEEN:
            if not _is_lower_token(name) or _MEANINGS.get(name) is _DROPPED:
                return f"illegal header name {name!r}"
            if len(_SEEN) < _MOST_KNOWN:
                _SEEN.add(name)
        values.append(value)
    found = _find_forbidden(b" ".join(values))
    return None if found is None else f"illegal character {found[0]!r} in a header value"


def _learn(name: bytes) -> tuple[bytes, bytes]:
    """A name in lower case, and what it means here."""
    if not _is_token(name):
        raise LocalProtocolError(f"Illegal header name {name!r}")
    lower = name.lower()
    known = lower, _MEANINGS.get(lower, b"")
    if len(_KNOWN) < _MOST_KNOWN:
        _KNOWN[name] = known
    return known


def _never_indexed(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    from hpack import NeverIndexedHeaderTuple

    return NeverIndexedHeaderTuple(name, value)


def _length(value: bytes, before: int | None) -> int:
    length = int(value) if value.isdigit() else None
    if length is None or (before is not None and before != length):
        raise LocalProtocolError("bad Content-Length")
    return length
