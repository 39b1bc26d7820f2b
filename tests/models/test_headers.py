"""Header fields: order, case, repetition, encodings, and what goes wrong."""

from __future__ import annotations

import copy
import operator
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

import httpx
from httpx import Headers

REPEATED = [("A", "1"), ("a", "2, 3"), ("B", "x")]


@pytest.mark.parametrize(
    ("given", "raw"),
    [
        (None, []),
        ({}, []),
        ({"A": "1"}, [(b"A", b"1")]),
        ({b"A": b"1"}, [(b"A", b"1")]),
        ({"A": b"1"}, [(b"A", b"1")]),
        ([("A", "1"), ("a", "2")], [(b"A", b"1"), (b"a", b"2")]),
        ((("A", "1"),), [(b"A", b"1")]),
        (iter([("A", "1")]), [(b"A", b"1")]),
        (Headers({"A": "1"}), [(b"A", b"1")]),
    ],
)
def test_what_makes_headers(given, raw):
    assert Headers(given).raw == raw


def test_headers_made_of_headers_are_independent():
    first = Headers({"a": "1"})
    second = Headers(first)
    second["a"] = "2"
    assert first["a"] == "1"


def test_byte_pairs_are_taken_as_they_are():
    headers = Headers([(b"X-A", b"1"), (b"x-a", b"\xff")])
    assert headers.raw == [(b"X-A", b"1"), (b"x-a", b"\xff")]
    assert headers["x-A"] == "1, \xff"
    assert headers == Headers([(b"X-A", b"1"), (b"x-a", b"\xff")])


def test_the_list_behind_has_the_shape_that_others_read():
    assert Headers({"X-A": "1"})._list == [(b"X-A", b"x-a", b"1")]


def test_views_join_what_is_repeated():
    headers = Headers(REPEATED)
    assert list(headers) == ["a", "b"]
    assert list(headers.keys()) == ["a", "b"]
    assert list(headers.values()) == ["1, 2, 3", "x"]
    assert list(headers.items()) == [("a", "1, 2, 3"), ("b", "x")]
    assert headers.multi_items() == [("a", "1"), ("a", "2, 3"), ("b", "x")]
    assert dict(headers) == {"a": "1, 2, 3", "b": "x"}
    assert len(headers) == 3


def test_look_up_ignores_case():
    headers = Headers({"X-Thing": "1"})
    assert headers["x-thing"] == headers["X-THING"] == "1"
    assert "x-THING" in headers
    assert "x-thin" not in headers
    assert headers.get("X-THING") == "1"
    assert headers.get("other") is None
    assert headers.get("other", "d") == "d"


def test_absent():
    with pytest.raises(KeyError) as raised:
        Headers()["X-Missing"]
    assert raised.value.args == ("X-Missing",)
    with pytest.raises(KeyError):
        del Headers({"a": "1"})["B"]


def test_get_list():
    headers = Headers(REPEATED)
    assert headers.get_list("A") == ["1", "2, 3"]
    assert headers.get_list("a", split_commas=True) == ["1", "2", "3"]
    assert headers.get_list("a", True) == ["1", "2", "3"]
    assert headers.get_list("c", True) == []


def test_setting_replaces_the_first_in_place_and_removes_the_others():
    headers = Headers([("A", "1"), ("B", "2"), ("a", "3"), ("C", "4"), ("A", "5")])
    headers["a"] = "9"
    assert headers.raw == [(b"a", b"9"), (b"B", b"2"), (b"C", b"4")]
    headers["D"] = "0"
    assert headers.raw[-1] == (b"D", b"0")


def test_update_moves_to_the_end():
    headers = Headers([("A", "1"), ("B", "2"), ("b", "3"), ("C", "4")])
    headers.update({"B": "8", "Z": "1"})
    assert headers.raw == [(b"A", b"1"), (b"C", b"4"), (b"B", b"8"), (b"Z", b"1")]
    headers.update([("q", "1"), ("q", "2")])
    assert headers.get_list("q") == ["1", "2"]
    before = headers.raw
    headers.update(None)
    headers.update({})
    assert headers.raw == before


def test_deleting_removes_every_occurrence():
    headers = Headers([("A", "1"), ("B", "2"), ("a", "3")])
    del headers["A"]
    assert headers.raw == [(b"B", b"2")]


def test_the_rest_of_a_mutable_mapping():
    headers = Headers([("A", "1"), ("B", "2")])
    assert headers.pop("b") == "2"
    assert headers.setdefault("a", "9") == "1"
    assert headers.setdefault("C", "3") == "3"
    assert headers.popitem() == ("a", "1")
    headers.clear()
    assert not headers


def test_or_gives_a_new_one_and_in_place_or_updates():
    first = Headers([("A", "1"), ("B", "2")])
    assert (first | {"a": "9"}).raw == [(b"B", b"2"), (b"a", b"9")]
    assert ({"A": "0", "X": "x"} | first).raw == [(b"X", b"x"), (b"A", b"1"), (b"B", b"2")]
    assert first.raw == [(b"A", b"1"), (b"B", b"2")]
    same = first
    first |= [("c", "3")]
    assert first is same
    assert first.raw == [(b"A", b"1"), (b"B", b"2"), (b"c", b"3")]
    assert (Headers({"é": "1"}, "utf-8") | {"a": "1"})._encoding == "utf-8"


def test_equality_ignores_order_and_case():
    assert Headers({"A": "1"}) == {"a": "1"}
    assert Headers({"A": "1"}) == [("a", "1")]
    assert Headers([("a", "1"), ("b", "2")]) == Headers([("B", "2"), ("A", "1")])
    assert Headers([("a", "1"), ("a", "2")]) == Headers([("a", "2"), ("a", "1")])
    assert Headers() == None  # noqa: E711
    assert Headers({"A": "1"}) != {"a": "2"}
    assert Headers({"A": "1"}) != "abc"
    with pytest.raises(TypeError):
        operator.eq(Headers({"A": "1"}), 1)
    with pytest.raises(TypeError):
        hash(Headers())


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        (Headers(), "Headers({})"),
        (Headers({"A": "1"}), "Headers({'a': '1'})"),
        (Headers([("A", "1"), ("a", "2")]), "Headers([('a', '1'), ('a', '2')])"),
        (Headers([(b"A", "é".encode())]), "Headers({'a': 'é'}, encoding='utf-8')"),
        (Headers([(b"A", b"\xe9")]), "Headers({'a': 'é'}, encoding='iso-8859-1')"),
        (
            Headers({"Authorization": "x", "Proxy-Authorization": "y"}),
            "Headers({'authorization': '[secure]', 'proxy-authorization': '[secure]'})",
        ),
        (
            Headers([("Authorization", "x"), ("authorization", "y")]),
            "Headers([('authorization', '[secure]'), ('authorization', '[secure]')])",
        ),
    ],
)
def test_repr(headers, shown):
    assert repr(headers) == str(headers) == shown


def test_encoding_is_the_first_that_fits_all():
    assert Headers({"a": "1"}).encoding == "ascii"
    assert Headers([(b"a", "é".encode())]).encoding == "utf-8"
    mixed = Headers([(b"a", "é".encode()), (b"b", b"\xff")])
    assert mixed.encoding == "iso-8859-1"
    assert mixed["a"] == "Ã©"
    assert mixed.multi_items() == [("a", "Ã©"), ("b", "ÿ")]


def test_encoding_can_be_set():
    headers = Headers({"a": "é"}, encoding="iso-8859-1")
    assert headers.raw == [(b"a", b"\xe9")]
    headers["b"] = "ü"
    assert headers.raw[1] == (b"b", b"\xfc")
    headers.encoding = "cp1251"
    assert headers["a"] == "й"
    headers.encoding = None
    assert headers["a"] == "é"


def test_text_is_ascii_at_first_and_utf8_when_assigned():
    headers = Headers()
    assert headers.encoding == "ascii"
    headers["a"] = "é"
    assert headers.raw == [(b"a", b"\xc3\xa9")]
    assert headers["a"] == "é"


def test_names_outside_ascii_are_found():
    headers = Headers({"É": "1"}, encoding="utf-8")
    assert headers.raw == [(b"\xc3\x89", b"1")]
    headers["ü"] = "2"
    assert headers["ü"] == "2"
    assert "ö" not in headers


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"A": 1}, "Header value must be str or bytes, not <class 'int'>"),
        ({"A": None}, "Header value must be str or bytes, not <class 'NoneType'>"),
        ([("A", bytearray(b"1"))], "Header value must be str or bytes, not <class 'bytearray'>"),
        (5, "'int' object is not iterable"),
    ],
)
def test_wrong_types(given, message):
    with pytest.raises(TypeError) as raised:
        Headers(given)
    assert str(raised.value) == message


def test_a_name_that_is_no_text():
    with pytest.raises(AttributeError, match="'int' object has no attribute 'encode'"):
        Headers({1: "1"})


def test_bytes_of_other_classes_are_bytes():
    class Name(bytes):
        pass

    assert Headers({Name(b"A"): Name(b"1")}) == {"a": "1"}


def test_assigning_a_wrong_type():
    for key, value in (("a", 1), ("a", None), ("a", b"1"), (b"a", "1"), (b"a", b"1")):
        with pytest.raises(AttributeError, match="object has no attribute 'encode'"):
            Headers()[key] = value
    with pytest.raises(ValueError):
        Headers("abc")


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1"])
def test_a_name_is_looked_up_in_the_encoding_of_the_fields(encoding):
    headers = Headers({"é".encode(encoding): b"1"})
    assert "é" in headers
    assert (headers["É"], headers.get("é"), headers.get_list("é")) == ("1", "1", ["1"])
    del headers["é"]
    assert not headers
    for look in (headers.__contains__, headers.__getitem__, headers.get, headers.__delitem__):
        with pytest.raises(UnicodeEncodeError, match="'ascii' codec"):
            look("é")


@pytest.mark.parametrize("name", ["X-Api-Key", b"X-Api-Key"])
def test_an_encoding_error_names_the_field_and_not_its_value(name):
    with pytest.raises(UnicodeEncodeError) as raised:
        Headers([(name, "secret“key”")])
    assert str(raised.value) == (
        "'ascii' codec can't encode character '\\u201c' in position 6: "
        "ordinal not in range(128), in the value of the header 'X-Api-Key'"
    )
    everything = "".join(traceback.format_exception(raised.value)) + repr(raised.value.args)
    assert "secret" not in everything.replace('[(name, "secret“key”")]', "")
    assert raised.value.__context__ is None
    assert raised.value.object == "******“****"


def test_an_encoding_error_in_a_name():
    with pytest.raises(UnicodeEncodeError) as raised:
        Headers({"naïve": "1"})
    assert str(raised.value) == (
        "'ascii' codec can't encode character '\\xef' in position 2: "
        "ordinal not in range(128), in the header name 'naïve'"
    )


def test_an_encoding_error_in_an_update():
    headers = Headers({"a": "1"})
    with pytest.raises(UnicodeEncodeError, match="in the value of the header 'a'"):
        headers.update({"a": "é"})
    assert headers["a"] == "1"


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, Headers.copy, Headers])
def test_copies_are_independent(make):
    headers = Headers([("A", "1"), ("a", "2")])
    other = make(headers)
    assert other.raw == headers.raw
    other.update({"a": "3"})
    assert headers.get_list("a") == ["1", "2"]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(protocol):
    headers = Headers([(b"A", b"\xe9"), (b"a", b"2")], encoding="iso-8859-1")
    again = pickle.loads(pickle.dumps(headers, protocol))
    assert again.raw == headers.raw
    assert again.encoding == "iso-8859-1"


@given(
    st.lists(
        st.tuples(st.sampled_from([b"A", b"a", b"B", b"Set-Cookie"]), st.binary(max_size=8)),
        max_size=8,
    )
)
def test_any_bytes_can_be_read(pairs):
    headers = Headers(pairs)
    assert headers.raw == pairs
    assert [
        (k.encode(headers.encoding), v.encode(headers.encoding)) for k, v in headers.multi_items()
    ] == [(k.lower(), v) for k, v in pairs]
    for name in headers:
        assert headers[name] == ", ".join(headers.get_list(name)) == dict(headers.items())[name]
    assert repr(headers)
    assert headers == Headers(list(reversed(pairs)))


@given(st.lists(st.tuples(st.sampled_from("abAB"), st.text("xy", max_size=2)), max_size=6))
def test_behaves_as_a_mapping(pairs):
    headers = Headers(pairs)
    model: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        model[key] = f"{model[key]}, {value}" if key in model else value
    assert dict(headers) == model
    for name, value in pairs:
        headers[name] = value
        model[name.lower()] = value
        assert dict(headers) == model
        assert list(headers) == list(model)


def test_names_of_the_module():
    assert httpx.Headers is Headers
