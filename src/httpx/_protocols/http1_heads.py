"""Heads of HTTP/1.1 messages, as pure functions of bytes (RFC 9112, sections 2 to 6).

`write_request_head` and `parse_response_head` are strict and fast: they know the ordinary message
only, and answer `None` to anything else, which then goes to h11. `admit` is the one table of
where this library judges a response's head otherwise than h11 does, in both directions:

refused, although h11 takes it              | why
--------------------------------------------|-----------------------------------------------
Content-Length beside Transfer-Encoding     | RFC 9112 6.1: request smuggling, response splitting
Transfer-Encoding below HTTP/1.1            | RFC 9112 6.1: its framing cannot be trusted
a bare LF as a line's end, a bare CR, a NUL | RFC 9112 2.2, RFC 9110 5.5: smuggling
a framing field that goes on in a next line | RFC 9112 11.1: not all who read it would agree
a continuation line that reads as framing   | the same

repaired, although h11 refuses it           | how, as curl and browsers do
--------------------------------------------|-----------------------------------------------
white space before a field's colon          | removed (RFC 9112 5.1 asks this of a proxy)
a line without a colon, or without a name   | dropped
a name with characters that no name has     | dropped
white space before the first field          | the line is dropped (RFC 9112 2.2)
`Transfer-Encoding: chunked` twice          | one of them dropped
`Transfer-Encoding: identity` alone         | dropped (it was the default, RFC 2616 3.6)

Nothing of this is repaired where it would decide over framing: a malformed line whose name reads
as Content-Length or Transfer-Encoding is refused. Continuation lines, latin-1 and control
characters in values, missing reasons, statuses up to 999 and equal repeated Content-Lengths are
h11's to accept, and it does.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .._exceptions import LocalProtocolError, RemoteProtocolError

__all__ = [
    "Fields",
    "Framing",
    "ParsedHead",
    "ResponseHead",
    "admit",
    "check_request_fields",
    "parse_response_head",
    "write_request_head",
]

Fields = list[tuple[bytes, bytes]]

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
# What RFC 9110 5.5 allows inside a value, without white space at either end.
_VALUE = rb"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?"

_is_token = re.compile(_TOKEN).fullmatch
_is_request_head = re.compile(
    _TOKEN + rb" [\x21-\x7e]+ HTTP/1\.1\r\n(?:" + _TOKEN + rb": " + _VALUE + rb"\r\n)+"
).fullmatch
_match_status_line = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n"
).match
_find_fields = re.compile(rb"(" + _TOKEN + rb"):([ \t]*)([\t\x20-\x7e\x80-\xff]*)\r\n").findall
_is_status_line = re.compile(rb"HTTP/[0-9]\.[0-9] [1-9][0-9]{2}(?: .*)?").fullmatch
_ENCODING_NAME = b"transfer-encoding:"
_find_forbidden = re.compile(rb"[\x00\n\x0b\x0c\r]").search

# What a field name means to framing. Plain names are 0, so that one test passes them all.
PLAIN, HOST, LENGTH, ENCODING, CONNECTION, ODD = range(6)
_KINDS: dict[bytes, int] = {
    b"host": HOST,
    b"content-length": LENGTH,
    b"transfer-encoding": ENCODING,
    b"connection": CONNECTION,
    b"upgrade": ODD,
    b"expect": ODD,
}
_KNOWN: dict[bytes, int] = dict(_KINDS)
_MOST_KNOWN = 1024  # names as programs and servers spell them: bounded, whatever they send

Framing = int
"""A body's length in bytes, or one of the following."""
NO_BODY: Framing = 0
CHUNKED: Framing = -1
UNTIL_CLOSE: Framing = -2
UNFRAMED: Framing = -3
ODDLY_FRAMED: Framing = -4


class ResponseHead(NamedTuple):
    """The head of a final response, or of the 101 that ends HTTP on a connection."""

    http_version: bytes
    status: int
    reason: bytes
    headers: Fields


class ParsedHead(NamedTuple):
    """What `parse_response_head` found: the head, its body's framing, and whether it says close."""

    head: ResponseHead
    framing: Framing
    close: bool


def _kind(name: bytes) -> int:
    """Look up what a field name means; a name that is no token is ODD."""
    kind = _KINDS.get(name.lower(), PLAIN) if _is_token(name) else ODD
    if len(_KNOWN) < _MOST_KNOWN:
        _KNOWN[name] = kind
    return kind


def write_request_head(
    method: bytes, target: bytes, headers: Fields
) -> tuple[bytes, Framing, bool] | None:
    """Write an ordinary request's head; its body's framing; and whether it says close.

    `None` where the request is not ordinary: no or several Host fields, a framing field that is
    repeated or odd, an upgrade, CONNECT, or characters that do not belong. Host goes first, as
    h11 writes it (RFC 9110 7.2).
    """
    host = b""
    lines = []
    framing = UNFRAMED
    close = False
    for name, value in headers:
        kind = _KNOWN.get(name)
        if kind is None:
            kind = _kind(name)
        if kind:
            if kind == HOST and not host:
                host = b"%b: %b" % (name, value)
                continue
            if kind == CONNECTION:
                close = close or _says_close(value)
            else:
                framing = _framing(kind, value, framing)
                if framing == ODDLY_FRAMED:
                    return None
        lines.append(b"%b: %b" % (name, value))
    if not host or method == b"CONNECT":
        return None
    head = b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method, target, host, b"\r\n".join([*lines, b""]))
    # One match over the whole head instead of one a field: 1.5 µs instead of 5 for ten fields.
    # The count tells a line end inside a value from a line's own.
    if head.count(b"\r\n") != len(headers) + 1 or not _is_request_head(head):
        return None
    return head + b"\r\n", NO_BODY if framing == UNFRAMED else framing, close


def _says_close(value: bytes) -> bool:
    """Whether a Connection field has the option `close` (RFC 9112 9.6)."""
    value = value.lower()
    return value == b"close" or (
        b"," in value and b"close" in [option.strip(b" \t") for option in value.split(b",")]
    )


def _framing(kind: int, value: bytes, framing: Framing) -> Framing:
    """What a framing field makes of the framing known so far; at most one is ordinary."""
    if framing == UNFRAMED:
        if kind == LENGTH and value.isdigit() and len(value) < 19:
            return int(value)
        if kind == ENCODING and value == b"chunked":
            return CHUNKED
    return ODDLY_FRAMED


def check_request_fields(headers: Fields) -> None:
    """Name the first field that cannot be sent, and where it is wrong; never its value.

    Raises `LocalProtocolError` for what h11 refuses as well, in a text of our own, since h11's
    holds the value.
    """
    for name, value in headers:
        if not _is_token(name):
            raise LocalProtocolError(f"Illegal header name {name!r}")
        found = _find_forbidden(value)
        if found is not None:
            what = f"{found[0]!r} at position {found.start()}"
        elif value != value.strip(b" \t"):
            what = "white space at its start or end"
        else:
            continue
        raise LocalProtocolError(f"Illegal header value: {name.decode('ascii')!r} has {what}")


def parse_response_head(data: bytes, no_body: bool) -> ParsedHead | None:
    """Parse an ordinary final response's head; `None` where it is not ordinary.

    `data` ends with the empty line. `no_body` says that the request was a HEAD.
    """
    line = _match_status_line(data)
    if line is None:
        return None
    size = line.end() + 2
    framing = UNFRAMED
    close = False
    headers: Fields = []
    for name, space, value in _find_fields(data, line.end()):
        size += len(name) + len(space) + len(value) + 3
        if value and value[-1] in b" \t":
            value = value.rstrip(b" \t")
        kind = _KNOWN.get(name)
        if kind is None:
            kind = _kind(name)
        if kind:
            if kind == CONNECTION:
                close = close or _says_close(value)
            elif kind in (LENGTH, ENCODING):
                framing = _framing(kind, value, framing)
                if framing == ODDLY_FRAMED:
                    return None
        headers.append((name, value))
    if size != len(data):
        return None  # the search passed over something that is no field
    status = int(line[1])
    if no_body or status in (204, 304):
        framing = NO_BODY
    elif framing == UNFRAMED:
        framing = UNTIL_CLOSE
    return ParsedHead(ResponseHead(b"HTTP/1.1", status, line[2] or b"", headers), framing, close)


def admit(data: bytes, peer: str) -> bytes:
    """Judge a response's head by the table above, and return it as h11 is to see it.

    `data` ends with the empty line. Raises `RemoteProtocolError` for what is refused.
    """
    if b"\x00" in data:
        raise RemoteProtocolError(f"illegal NUL byte in the head of a response from {peer}")
    lines = data[:-4].split(b"\r\n")
    for line in lines:
        if b"\n" in line or b"\r" in line:
            raise RemoteProtocolError(
                f"illegal bare CR or LF in the head of a response from {peer}"
            )
    if not _is_status_line(lines[0]):
        raise RemoteProtocolError(
            f"illegal status line: {lines[0][:60]!r} (in the response from {peer})"
        )
    admitted = [lines[0]]
    lengths = 0
    codings: list[bytes] = []
    kind = ODD  # of the field that a continuation line would belong to; ODD if it was dropped
    for line in lines[1:]:
        if line[:1] in (b" ", b"\t"):
            if kind in (LENGTH, ENCODING) or (b":" in line and _reads_as_framing(line)):
                raise _disguised_framing(peer)
            if kind != ODD:
                admitted.append(line)
            continue
        raw_name, colon, value = line.partition(b":")
        name = raw_name.rstrip(b" \t")
        kind = _KINDS.get(name.lower(), PLAIN)
        if not colon or not _is_token(name) or (name != raw_name and kind in (LENGTH, ENCODING)):
            if _reads_as_framing(line):
                raise _disguised_framing(peer)
            kind = ODD
            continue
        if kind == ENCODING:
            codings.append(value.strip(b" \t").lower())
            if codings[-2:-1] == codings[-1:]:
                continue
        elif kind == LENGTH:
            lengths += 1
        elif kind == ODD:
            kind = PLAIN  # odd in a request only
        admitted.append(name + b":" + value)
    if set(codings) == {b"identity"}:
        codings = []
        admitted = [line for line in admitted if not line.lower().startswith(_ENCODING_NAME)]
    if codings and lengths:
        raise RemoteProtocolError(
            f"both Transfer-Encoding and Content-Length in a response from {peer}"
        )
    if codings and lines[0][5:8] < b"1.1":
        version = lines[0][:8].decode("ascii")
        raise RemoteProtocolError(f"Transfer-Encoding in an {version} response from {peer}")
    return b"\r\n".join([*admitted, b"", b""])


def _reads_as_framing(line: bytes) -> bool:
    """Whether somebody more tolerant might read a framing field in a malformed line."""
    letters = re.sub(rb"[^a-z]", b"", line.lower())
    return letters.startswith((b"contentlength", b"transferencoding"))


def _disguised_framing(peer: str) -> RemoteProtocolError:
    return RemoteProtocolError(
        f"illegal header line: malformed framing field in a response from {peer}"
    )
