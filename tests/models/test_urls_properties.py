"""What holds for every URL, on generated ones."""

from __future__ import annotations

import pickle
import re
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from httpx._exceptions import InvalidURL
from httpx._urlparse import _ORDINARY, _normalise, _parse_ordinary, _split, urlparse
from httpx._urls import URL, QueryParams

# Texts are put together from what URLs are made of, in likely and unlikely order, so that most
# of them come near the borders of the grammar.
PIECES = st.sampled_from(
    [
        "http", "https", "HTTP", "ws", "mailto", "foo", ":", "://", "//", "/", "?", "#", "@", "&",
        "=", "%", "%41", "%2e", "%2F", "%zz", ".", "..", "/.", "/..", "/../", "a", "b1", "A", "ü",
        "日本", "example.com", "127.0.0.1", "256.1.1.1", "01.2.3.4", "1.2.3", "[::1]", "[", "]",
        "xn--mller-kva", ":80", ":443", ":0", ":8080", ":65536", "80", " ", "+", "-", "_", "~", "!",
        "$", "'", "(", ")", "*", ",", ";", '"', "<", ">", "\\", "^", "`", "{", "|", "}", "\t",
        "\x7f", "\x80", "\u2028", "\uff0f", "😀", "\ud800",
    ]
)  # fmt: skip
ANY_TEXT = st.lists(PIECES, max_size=12).map("".join)
HTTP_URLS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["http://", "https://", "HTTPS://", ""]),
        st.sampled_from(["h", "example.com", "1.2.3.4", "1.2.3.4.5", "[::1]", "u:p@h", "ü.de"]),
        st.sampled_from(["", "", ":80", ":443", ":8080", ":08", ":65535", ":65536"]),
        st.sampled_from(["", "/", "?", "#"]),
        ANY_TEXT,
    ),
)
URLS = st.one_of(ANY_TEXT, HTTP_URLS, st.text(max_size=20))


def parsed(text: str) -> URL | None:
    try:
        return URL(text)
    except InvalidURL:
        return None


@given(st.one_of(URLS, st.from_regex(_ORDINARY, fullmatch=True)))
@example("http://h;x")
@example("a:b")
@example("//h")
@example("http://1.2.3.400/")
@example("http://h:65536")
@example("http://h:443/a/..")
def test_the_fast_way_is_only_faster(text: str) -> None:
    fast = _parse_ordinary(text)
    if fast is not None:
        assert fast == _normalise(_split(text))
        assert type(fast) is type(_normalise(_split(text)))


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8000/path?x=1",
        "https://www.example.org/",
        "https://api.example.org/v1/a%20b/c:d;e=f,g@h?x=1&y=%C3%BC&z[]=*",
        "/items/1?x=2",
        "items/1",
        "?page=2",
        "",
    ],
)
def test_ordinary_urls_go_the_fast_way(text: str) -> None:
    assert str(_parse_ordinary(text)) == text


@given(URLS)
@example("http://[")
@example("://%<HTTP")
@example("http:////a")
@example("x:a/..//b")
@example(":a:b")
@example(":http://")
def test_what_is_in_normal_form_stays(text: str) -> None:
    url = parsed(text)
    if url is None:
        return
    again = URL(str(url))
    assert again == url
    assert str(again) == str(url)
    assert hash(again) == hash(url)
    if url.is_absolute_url:
        assert again._uri_reference == url._uri_reference
    assert pickle.loads(pickle.dumps(url)) == url
    assert url.copy_with() == url
    assert url._uri_reference.copy_with() == url._uri_reference


@given(URLS)
def test_the_normal_form_is_printable_ascii_without_blanks(text: str) -> None:
    url = parsed(text)
    if url is not None:
        assert re.fullmatch(r"[!-~]*", str(url))


@given(st.lists(st.sampled_from(["%25", "%2F", "%e4", "%zz", "%", "a", "/", "b"])).map("".join))
def test_percent_signs_are_never_encoded(text: str) -> None:
    assert urlparse(f"http://h/{text}").path == f"/{text}"
    assert urlparse("http://h", path=f"/{text}").path == f"/{text}"
    assert urlparse(f"http://h?{text}").query == text
    assert urlparse(f"http://h#{text}").fragment == text
    assert urlparse("http://h", username=text).userinfo == text.replace("/", "%2F")


@given(st.text(), st.text(), st.text(max_size=8).map(lambda text: f"/{text}"))
def test_what_is_given_decoded_comes_back_decoded(user: str, password: str, path: str) -> None:
    # Escapes are left alone, so a text with a percent sign does not come back as it was; and
    # of a path, "?" and "#" end it, and dots move it.
    user, password = user.replace("%", ""), password.replace("%", "")
    path = re.sub(r"[%?#.]", "", path)
    try:
        url = URL("http://h", username=user, password=password, path=path)
    except InvalidURL:
        assert re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", user + password + path)
        return
    assert (url.username, url.password, url.path) == (user, password, path)
    assert url.host == "h"


SIMPLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@given(st.lists(st.tuples(SIMPLE, SIMPLE), max_size=6))
def test_queries_survive_being_written_and_read(pairs: list[tuple[str, str]]) -> None:
    params = QueryParams(pairs)
    assert str(params) == urlencode(params.multi_items())
    assert QueryParams(str(params)) == params
    assert URL("http://h", params=params).params == params
    assert hash(QueryParams(str(params))) == hash(params)
