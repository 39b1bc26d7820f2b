"""Status codes: names, phrases and classes."""

from __future__ import annotations

import http

import pytest

from httpx import codes


def test_a_member_is_an_int_with_a_phrase():
    assert codes.NOT_FOUND == 404
    assert codes.NOT_FOUND.phrase == "Not Found"
    assert codes(404) is codes.NOT_FOUND
    assert codes["NOT_FOUND"] is codes.NOT_FOUND
    assert repr(codes.OK) == "<codes.OK: 200>"
    assert str(codes.OK) == f"{codes.OK}" == "%d" % codes.OK == "200"  # noqa: UP031
    with pytest.raises(ValueError):
        codes(999)


def test_lower_case_names_are_plain_integers():
    for name, member in codes.__members__.items():
        assert getattr(codes, name.lower()) == member
        assert type(getattr(codes, name.lower())) is int


def test_phrases():
    assert codes.get_reason_phrase(404) == "Not Found"
    assert codes.get_reason_phrase(418) == "I'm a teapot"
    assert codes.get_reason_phrase(999) == ""


def test_the_registry_is_complete():
    assert len(codes) == 62
    for status in http.HTTPStatus:
        assert codes(status).phrase


def test_names_of_rfc_9110_stand_beside_the_older_ones():
    for new, old in {
        "CONTENT_TOO_LARGE": "REQUEST_ENTITY_TOO_LARGE",
        "URI_TOO_LONG": "REQUEST_URI_TOO_LONG",
        "RANGE_NOT_SATISFIABLE": "REQUESTED_RANGE_NOT_SATISFIABLE",
        "UNPROCESSABLE_CONTENT": "UNPROCESSABLE_ENTITY",
    }.items():
        assert codes[new] is codes[old]
        assert codes[new].name == old
        assert getattr(codes, new.lower()) == codes[old]


@pytest.mark.parametrize(
    ("test", "first", "last"),
    [
        (codes.is_informational, 100, 199),
        (codes.is_success, 200, 299),
        (codes.is_redirect, 300, 399),
        (codes.is_client_error, 400, 499),
        (codes.is_server_error, 500, 599),
        (codes.is_error, 400, 599),
    ],
)
def test_classes(test, first, last):
    assert [code for code in range(90, 710) if test(code)] == list(range(first, last + 1))
