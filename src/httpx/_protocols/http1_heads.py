"""Heads of HTTP/1.1 messages, as pure functions of bytes (RFC 9112, sections 2 to 6).

`write_request_line`, `write_request_fields` and `parse_response_head` are strict and fast: they
know the ordinary message only, and answer `None` to anything else, which then goes to h11.
`admit` is the one table of where this library judges a response's head otherwise than h11 does,
in both directions:

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
from collections.abc import Sequence
from typing import Any, NamedTuple

from .._exceptions import LocalProtocolError, RemoteProtocolError

__all__ = [
    "Fields",
    "Framing",
    "ParsedHead",
    "ReceivedFields",
    "RequestFields",
    "ResponseHead",
    "SentFields",
    "admit",
    "check_request_fields",
    "parse_response_head",
    "write_request_fields",
    "write_request_line",
]

Fields = list[tuple[bytes, bytes]]
ReceivedFields = list[tuple[bytes, bytes, bytes]]
"""Fields as `httpx.Headers` keeps them: name, name in lower case, value."""
SentFields = Sequence[tuple[bytes, ...]]
"""Fields of either form: each begins with its name, and ends with its value."""

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
# What RFC 9110 5.5 allows inside a value, without white space at either end.
_VALUE = rb"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?"

_is_token = re.compile(_TOKEN).fullmatch
_is_request_line = re.compile(_TOKEN + rb" [\x21-\x7e]+ HTTP/1\.1\r\n").fullmatch
_are_field_lines = re.compile(rb"(?:" + _TOKEN + rb": " + _VALUE + rb"\r\n)+").fullmatch
_match_status_line = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n"
).match
_match_field_line = re.compile(rb"(" + _TOKEN + rb"):[ \t]*+([\t\x20-\x7e\x80-\xff]*+)").fullmatch
_is_status_line = re.compile(rb"HTTP/[0-9]\.[0-9] [1-9][0-9]{2}(?: .*)?").fullmatch
_ENCODING_NAME = b"transfer-encoding:"
_find_forbidden = re.compile(rb"[\x00\n\x0b\x0c\r]").search

# What a field name means to framing. Plain names are 0, so that one test passes them all.
PLAIN, HOST, LENGTH, ENCODING, CONNECTION, COOKIE, ODD = range(7)
_KINDS: dict[bytes, int] = {
    b"host": HOST,
    b"content-length": LENGTH,
    b"transfer-encoding": ENCODING,
    b"connection": CONNECTION,
    b"set-cookie": COOKIE,
    b"upgrade": ODD,
    b"expect": ODD,
}
_FRAMING = (LENGTH, ENCODING)
_KNOWN: dict[bytes, int] = dict(_KINDS)
_MOST_KNOWN = 1024  # names as programs and servers spell them: bounded, whatever they send

# Field lines of responses that say nothing about framing or closing, and the fields that they
# are: most lines of a server are the same in each of its responses, and a look-up takes a fifth
# of what it takes to parse one. Bounded in number and length; cookies are not kept.
_PLAIN_LINES: dict[bytes, tuple[bytes, bytes, bytes]] = {}
_MOST_LINES = 512
_LONGEST_LINE = 100

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
    fields: ReceivedFields

    @property
    def headers(self) -> Fields:
        """The fields as pairs."""
        return [(name, value) for name, _, value in self.fields]


RequestFields = tuple[bytes, Framing, bool]
"""What `write_request_fields` makes: the lines, the body's framing, and whether they say close."""

ParsedHead = tuple[ResponseHead, Framing, bool]
"""What `parse_response_head` found: the head, its body's framing, and whether it says close."""


def _kind(name: bytes) -> int:
    """Look up what a field name means; a name that is no token is ODD."""
    kind = _KINDS.get(name.lower(), PLAIN) if _is_token(name) else ODD
    if len(_KNOWN) < _MOST_KNOWN:
        _KNOWN[name] = kind
    return kind


def write_request_line(method: bytes, target: bytes) -> bytes | None:
    """Write the first line of an ordinary request; `None` for CONNECT, and where characters do
    not belong."""
    line = b"%b %b HTTP/1.1\r\n" % (method, target)
    return line if method != b"CONNECT" and _is_request_line(line) else None


def write_request_fields(headers: SentFields) -> RequestFields | None:
    """Write an ordinary request's fields; its body's framing; and whether it says close.

    `None` where they are not ordinary: no or several Host fields, a framing field that is
    repeated or odd, an upgrade, or characters that do not belong. Host goes first, as h11 writes
    it (RFC 9110 7.2).
    """
    host = b""
    lines = []
    framing = UNFRAMED
    close = False
    for field in headers:
        name, value = field[0], field[-1]
        kind = _KNOWN.get(name)
        if kind is None:
            kind = _kind(name)
        if kind:
            if kind == HOST and not host:
                host = b"%b: %b\r\n" % (name, value)
                continue
            if kind == CONNECTION:
                close = close or _says_close(value)
            else:
                framing = _framing(kind, value, framing)
                if framing == ODDLY_FRAMED:
                    return None
        lines.append(b"%b: %b\r\n" % (name, value))
    block = host + b"".join(lines)
    # One match over the whole block instead of one a field: 1.5 µs instead of 5 for ten fields.
    # The count tells a line end inside a value from a line's own.
    if not host or block.count(b"\r\n") != len(headers) or not _are_field_lines(block):
        return None
    return block + b"\r\n", NO_BODY if framing == UNFRAMED else framing, close


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


def check_request_fields(headers: SentFields) -> None:
    """Name the first field that cannot be sent, and where it is wrong; never its value.

    Raises `LocalProtocolError` for what h11 refuses as well, in a text of our own, since h11's
    holds the value.
    """
    for field in headers:
        name, value = field[0], field[-1]
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
    status_line = _match_status_line(data)
    if status_line is None:
        return None
    framing = UNFRAMED
    close = False
    start = status_line.end()
    lines = data[start:-4].split(b"\r\n") if len(data) > start + 2 else []
    fields: list[Any] = list(map(_PLAIN_LINES.get, lines))
    while None in fields:
        index = fields.index(None)
        match = _match_field_line(lines[index])
        if match is None:
            return None
        name, value = match.groups()
        value = value.rstrip(b" \t")
        fields[index] = name, name.lower(), value
        kind = _KNOWN.get(name)
        if kind is None:
            kind = _kind(name)
        if kind == CONNECTION and _says_close(value):
            close = True
        elif kind in _FRAMING:
            framing = _framing(kind, value, framing)
            if framing == ODDLY_FRAMED:
                return None
        elif kind != COOKIE:
            _remember(lines[index], fields[index])
    status = int(status_line[1])
    if no_body or status in (204, 304):
        framing = NO_BODY
    elif framing == UNFRAMED:
        framing = UNTIL_CLOSE
    head = ResponseHead(b"HTTP/1.1", status, status_line[2] or b"", fields)
    return head, framing, close


def _remember(line: bytes, field: tuple[bytes, bytes, bytes]) -> None:
    """Keep what a plain line means, for the responses to come."""
    if len(line) <= _LONGEST_LINE:
        if len(_PLAIN_LINES) >= _MOST_LINES:
            _PLAIN_LINES.clear()
        _PLAIN_LINES[line] = field


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
    if not lines[0]:
        raise RemoteProtocolError(f"no response line received (in the response from {peer})")
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
