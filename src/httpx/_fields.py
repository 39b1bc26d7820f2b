"""Reading what is inside a field's value: parameters, charsets, links.

RFC 9110 section 5.6.6 (parameters), RFC 8288 section 3 (`Link`). Servers write these by hand, so
that what does not follow the grammar is read as far as it makes sense, and never raises.
"""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Iterator

__all__ = ["charset_of", "is_charset", "parameters", "parse_links"]

# Codecs of Python that are no character set of any server: some fail whatever `errors` says.
_NO_CHARSETS = frozenset(["idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"])

# What is not ordinary in a Content-Type: parameters by RFC 2231, quotes elsewhere than around a
# value, a charset without a value.
_QUOTED = re.compile(r'=\s*"[^"\\]*"(?=\s*(?:;|$))')
_ODD = re.compile(r'[*"\\]|(?:^|;)\s*charset\s*(?:;|$)', re.IGNORECASE)


def parameters(value: str) -> Iterator[tuple[str, str]]:
    """The `name=value` pairs between semicolons; names in lower case, values without quotes."""
    for part in _split(value, ";", '"'):
        name, separator, text = part.partition("=")
        if separator:
            yield name.strip().lower(), _unquoted(text.strip())


@functools.lru_cache(maxsize=128)  # a client meets few different Content-Types, many times
def charset_of(content_type: str) -> str | None:
    """The `charset` of a `Content-Type`, in lower case; `None` where there is none."""
    if _ODD.search(_QUOTED.sub("=", content_type)):  # as mail is read, as the original does
        from email.message import Message

        message = Message()
        message["Content-Type"] = content_type
        return message.get_content_charset()
    for name, value in parameters(content_type):
        if name == "charset":
            return value.lower()
    return None


def is_charset(name: str) -> bool:
    """Whether Python can decode text by a charset of this name."""
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):  # unknown, or not even a possible name
        return False
    return codec._is_text_encoding and codec.name not in _NO_CHARSETS


def parse_links(value: str) -> list[dict[str, str]]:
    """The links of a `Link` field, each with its `url` and its parameters."""
    links = []
    for part in _split(value, ",", '"<'):
        part = part.strip()
        if not part:
            continue
        if part.startswith("<"):
            url, _, rest = part[1:].partition(">")
        else:
            url, _, rest = part.partition(";")
        # Some servers write single quotes, which are none by the RFC.
        named = {name: text.strip("'") for name, text in parameters(rest)}
        links.append({"url": url.strip(), **named})
    return links


def _split(text: str, separator: str, opening: str) -> list[str]:
    """Split at a separator, except between double quotes and, where told, angle brackets."""
    if not any(character in text for character in opening):
        return text.split(separator)
    parts = []
    start = 0
    closing = ""  # what ends the quotes or brackets that we are in
    escaped = False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif closing:
            escaped = character == "\\" and closing == '"'
            if character == closing:
                closing = ""
        elif character in opening:
            closing = '"' if character == '"' else ">"
        elif character == separator:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return parts


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    characters = []
    rest = iter(text[1:])
    for character in rest:
        if character == '"':
            break
        characters.append(next(rest, "") if character == "\\" else character)
    return "".join(characters)
