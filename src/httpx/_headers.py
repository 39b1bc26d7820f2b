"""`Headers`: the fields of a message, in order, in their own case, looked up without case.

RFC 9110 section 5. A field may occur several times; `get_list()` and `multi_items()` show each
occurrence, the mapping interface joins them with ", " (section 5.3). Names and values are kept
as the bytes that travel (`raw`) and decoded when they are looked at.

This room never checks whether a field may be sent: that is `_protocols`' business, which knows
how bytes become a message.
"""

from __future__ import annotations

from collections.abc import (
    ItemsView,
    Iterator,
    KeysView,
    Mapping,
    MutableMapping,
    ValuesView,
)
from operator import itemgetter
from typing import Any, TypeVar, overload

from ._types import HeaderTypes

__all__ = ["Headers"]

T = TypeVar("T")

_SECRET_NAMES = frozenset([b"authorization", b"proxy-authorization"])

# (name as it travels, name in lower case, value). Others read `headers._list`: keep the shape.
Field = tuple[bytes, bytes, bytes]
lower_name = itemgetter(1)


class Headers(MutableMapping[str, str]):
    """The header fields of a request or a response (RFC 9110 section 5).

    Args:
        headers: another `Headers`, a mapping, or an iterable of pairs; names and values are
            `str` or `bytes`. Default: no fields.
        encoding: how text becomes bytes and back. By default text must be ASCII here, and is
            encoded as UTF-8 when assigned; bytes are read as ASCII, UTF-8 or ISO-8859-1,
            whichever fits all of them first.

    Raises `TypeError` for a value that is neither `str` nor `bytes`, and
    `UnicodeEncodeError`, which names the field, position and character but not the value,
    for text outside the encoding.

        headers = httpx.Headers({"Accept": "text/html"})
        headers["accept"]  # "text/html"
        headers.raw        # [(b"Accept", b"text/html")]
    """

    __module__ = "httpx"

    def __init__(self, headers: HeaderTypes | None = None, encoding: str | None = None) -> None:
        self._list: list[Field]
        if headers is None:
            self._list = []
        elif isinstance(headers, Headers):
            self._list = headers._list.copy()
        else:
            self._list = _fields(headers, encoding or "ascii")
        self._encoding = encoding

    @property
    def encoding(self) -> str:
        """How bytes are shown as text: what was set, else the first that fits all fields.

        One of "ascii", "utf-8" and "iso-8859-1" unless set. Setting `None` goes back to that.
        """
        if self._encoding is not None:
            return self._encoding
        everything = b"".join([name + value for name, _, value in self._list])
        if everything.isascii():
            return "ascii"
        for name, _, value in self._list:
            try:
                name.decode("utf-8")
                value.decode("utf-8")
            except UnicodeDecodeError:
                return "iso-8859-1"
        return "utf-8"

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        self._encoding = value

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        """The fields as byte pairs, in order and in their own case."""
        return [(name, value) for name, _, value in self._list]

    def keys(self) -> KeysView[str]:
        """The names, in lower case, each once."""
        return self._joined().keys()

    def values(self) -> ValuesView[str]:
        """The values; those of a repeated field joined with ", "."""
        return self._joined().values()

    def items(self) -> ItemsView[str, str]:
        """(name, value) pairs; the values of a repeated field joined with ", "."""
        return self._joined().items()

    def multi_items(self) -> list[tuple[str, str]]:
        """(name, value) pairs, one for each occurrence of a field."""
        encoding = self.encoding
        return [(lower.decode(encoding), value.decode(encoding)) for _, lower, value in self._list]

    def _joined(self) -> dict[str, str]:
        joined: dict[str, str] = {}
        for name, value in self.multi_items():
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
        return joined

    @overload
    def get(self, key: str) -> str | None: ...

    @overload
    def get(self, key: str, default: T) -> str | T: ...

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a field, repeated ones joined with ", "; `default` where it is absent."""
        value = self._find(key)
        return default if value is None else self._decode(value)

    def get_list(self, key: str, split_commas: bool = False) -> list[str]:
        """The values of a field, one for each occurrence.

        With `split_commas=True` each occurrence is divided at its commas, too. That is right for
        the fields that RFC 9110 section 5.6.1 calls lists, and wrong for dates and cookies.
        """
        name = self._name(key)
        values = [self._decode(value) for _, lower, value in self._list if lower == name]
        if not split_commas:
            return values
        return [item.strip() for value in values for item in value.split(",")]

    def update(self, headers: HeaderTypes | None = None) -> None:  # type: ignore[override]
        """Take over fields. A field that is here already moves to the end, with its new values."""
        fields = _fields(headers, "ascii")
        if fields:
            names = {lower for _, lower, _ in fields}
            self._list = [field for field in self._list if field[1] not in names] + fields

    def copy(self) -> Headers:
        """An independent copy."""
        return Headers(self, self._encoding)

    def __getitem__(self, key: str) -> str:
        value = self._find(key)
        if value is None:
            raise KeyError(key)
        return self._decode(value)

    def __setitem__(self, key: str, value: str) -> None:
        """Set a field: in place of its first occurrence, or at the end."""
        encoding = self._encoding or "utf-8"
        name = _encoded_name(key, encoding)
        lower = name.lower()
        field = (name, lower, _encoded_value(key, value, encoding))
        places = [index for index, old in enumerate(self._list) if old[1] == lower]
        if not places:
            self._list.append(field)
            return
        for index in reversed(places[1:]):
            del self._list[index]
        self._list[places[0]] = field

    def __delitem__(self, key: str) -> None:
        """Delete every occurrence of a field. `KeyError` where there is none."""
        name = self._name(key)
        rest = [field for field in self._list if field[1] != name]
        if len(rest) == len(self._list):
            raise KeyError(key)
        self._list = rest

    def __contains__(self, key: Any) -> bool:
        return self._name(key) in map(lower_name, self._list)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        """How many fields there are, each occurrence counted."""
        return len(self._list)

    def __eq__(self, other: Any) -> bool:
        """Equal fields, in any order and case. Whatever makes a `Headers` can be compared."""
        try:
            theirs = _fields(other, "ascii")
        except ValueError:
            return False
        return sorted([field[1:] for field in self._list]) == sorted([f[1:] for f in theirs])

    def __or__(self, other: HeaderTypes) -> Headers:
        """A copy, updated with `other`."""
        merged = self.copy()
        merged.update(other)
        return merged

    def __ror__(self, other: HeaderTypes) -> Headers:
        """`other` as `Headers`, updated with these."""
        merged = Headers(other)
        merged.update(self)
        return merged

    def __ior__(self, other: HeaderTypes) -> Headers:
        """The same as `update(other)`."""
        self.update(other)
        return self

    def __repr__(self) -> str:
        encoding = self.encoding
        items = [
            (
                lower.decode(encoding),
                "[secure]" if lower in _SECRET_NAMES else value.decode(encoding),
            )
            for _, lower, value in self._list
        ]
        by_name = dict(items)
        shown = repr(by_name) if len(by_name) == len(items) else repr(items)
        suffix = "" if encoding == "ascii" else f", encoding={encoding!r}"
        return f"{type(self).__name__}({shown}{suffix})"

    def _name(self, key: str) -> bytes:
        lower = key.lower()
        return lower.encode() if lower.isascii() else lower.encode(self.encoding)

    def _has(self, name: bytes) -> bool:
        """Whether there is such a field. The name in lower case, as bytes: a third of what `in`
        takes, on the path of every request."""
        return name in map(lower_name, self._list)

    def _find(self, key: str) -> bytes | None:
        """The value of a field, or `None`. Runs several times for each request: one plain loop."""
        name = self._name(key)
        if name not in map(lower_name, self._list):
            return None  # most often: 0.8 µs instead of 1.5
        found = None
        for _, lower, value in self._list:
            if lower == name:
                found = value if found is None else found + b", " + value
        return found

    def _decode(self, value: bytes) -> str:
        # ASCII is the same in every encoding that a header can be in: no need to know which.
        if self._encoding is None and value.isascii():
            return value.decode("ascii")
        return value.decode(self.encoding)


def _fields(headers: HeaderTypes | None, encoding: str) -> list[Field]:
    """Whatever can be headers, as a new list of fields."""
    if headers is None:
        return []
    if isinstance(headers, Headers):
        return headers._list.copy()
    # The wire gives a list; the test for Mapping costs as much as a field (0.3 µs).
    pairs: Any = headers
    if not isinstance(headers, list) and isinstance(headers, Mapping):
        pairs = headers.items()
    fields = []
    for key, value in pairs:
        name = key if type(key) is bytes else _name_bytes(key, encoding)
        if type(value) is not bytes:
            value = _value_bytes(key, value, encoding)
        fields.append((name, name.lower(), value))
    return fields


def _name_bytes(key: str | bytes, encoding: str) -> bytes:
    return key if isinstance(key, bytes) else _encoded_name(key, encoding)


def _encoded_name(key: str, encoding: str) -> bytes:
    try:
        return key.encode(encoding)
    except UnicodeEncodeError as exc:
        reason = f"{exc.reason}, in the header name {key!r}"
        error = UnicodeEncodeError(exc.encoding, key, exc.start, exc.end, reason)
    raise error


def _value_bytes(key: str | bytes, value: str | bytes, encoding: str) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise TypeError(f"Header value must be str or bytes, not {type(value)}")
    return _encoded_value(key, value, encoding)


def _encoded_value(key: str | bytes, value: str, encoding: str) -> bytes:
    try:
        return value.encode(encoding)
    except UnicodeEncodeError as exc:
        # An exception is shown, logged and sent to services: it keeps the character, and
        # neither it nor its context keeps the rest of the value, which may be a secret.
        hidden = "*" * exc.start + value[exc.start] + "*" * (len(value) - exc.start - 1)
        reason = f"{exc.reason}, in the value of the header {_shown(key)!r}"
        error = UnicodeEncodeError(exc.encoding, hidden, exc.start, exc.start + 1, reason)
    raise error


def _shown(key: str | bytes) -> str:
    return key if isinstance(key, str) else key.decode("iso-8859-1")
