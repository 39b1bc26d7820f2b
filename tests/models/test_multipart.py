"""Multipart forms: the bytes, to the letter, and what two strict parsers read in them."""

from __future__ import annotations

import io
import os
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import anyio
import pytest
import python_multipart
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.formparser import MultiPartParser

import httpx
from httpx._content import encode_multipart_data, encode_request
from httpx._files import CHUNK_SIZE
from httpx._multipart import (
    AsyncMultipartStream,
    DataField,
    FileField,
    MultipartStream,
    get_multipart_boundary_from_content_type,
)

from ..ids import shown
from ..worlds import World
from .bodies import (
    AsyncFile,
    AsyncPipe,
    Pipe,
    Upload,
    assert_consumed,
    async_generator,
    collect,
    generator,
)


def body_of(files: Any = None, data: Any = None) -> bytes:
    """The body, whose announced length is checked on the way."""
    stream = MultipartStream(data=data or {}, files=files or {}, boundary=b"BB")
    body = b"".join(stream)
    assert stream.get_content_length() in (None, len(body))
    return body


def part(headers: str, content: str) -> str:
    return f"--BB\r\nContent-Disposition: form-data; {headers}\r\n\r\n{content}\r\n"


# The bytes.

UNNAMED = 'name="f"; filename="upload"\r\nContent-Type: application/octet-stream'


@pytest.mark.parametrize(
    ("value", "headers", "content"),
    [
        (b"x", UNNAMED, "x"),
        ("xé", UNNAMED, "xé"),
        (bytearray(b"x"), UNNAMED, "x"),
        (io.BytesIO(b"x"), UNNAMED, "x"),
        (Pipe(b"x"), UNNAMED, "x"),
        (generator(b"x", b"y"), UNNAMED, "xy"),
        (("n.txt", b"x"), 'name="f"; filename="n.txt"\r\nContent-Type: text/plain', "x"),
        (
            ("n.tar.gz", b"x"),
            'name="f"; filename="n.tar.gz"\r\nContent-Type: application/x-tar',
            "x",
        ),
        (("n", b"x"), 'name="f"; filename="n"\r\nContent-Type: application/octet-stream', "x"),
        (("n.txt", "x", None), 'name="f"; filename="n.txt"\r\nContent-Type: text/plain', "x"),
        (("n.txt", b"x", "a/b"), 'name="f"; filename="n.txt"\r\nContent-Type: a/b', "x"),
        (("n", b"x", ""), 'name="f"; filename="n"\r\nContent-Type: ', "x"),
        ((None, "x"), 'name="f"', "x"),
        (("", b"x"), 'name="f"', "x"),
        ((None, "x", "a/b"), 'name="f"\r\nContent-Type: a/b', "x"),
        (("n", b"x", "a/b", None), 'name="f"; filename="n"\r\nContent-Type: a/b', "x"),
        (
            ("n", b"x", None, {"X-A": "1\té"}),
            'name="f"; filename="n"\r\nX-A: 1\té\r\nContent-Type: application/octet-stream',
            "x",
        ),
        (
            ("n", b"x", "a/b", {"X-A": "1", "content-type": "q/r"}),
            'name="f"; filename="n"\r\nX-A: 1\r\ncontent-type: q/r',
            "x",
        ),
    ],
    ids=shown,
)
def test_file(value: Any, headers: str, content: str) -> None:
    assert body_of({"f": value}).decode() == part(headers, content) + "--BB--\r\n"


def test_order_and_repetition() -> None:
    body = body_of(
        files=[("f", (None, b"1")), ("f", (None, b"2"))],
        data={"a": "1", "b": ["x", b"\xff", None], "c": (True, 2, 2.5), "d": []},
    )
    fields = [("a", b"1"), ("b", b"x"), ("b", b"\xff"), ("b", b""), ("c", b"true")]
    fields += [("c", b"2"), ("c", b"2.5"), ("f", b"1"), ("f", b"2")]
    wanted = b"".join(
        b'--BB\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in fields
    )
    assert body == wanted + b"--BB--\r\n"


def test_pairs_in_the_place_of_a_mapping() -> None:
    assert body_of(data=[("b", "1"), ("a", "2"), ("b", "3")]) == body_of(
        files=iter([("b", (None, "1")), ("a", (None, "2")), ("b", (None, "3"))])
    )


def test_nothing_at_all() -> None:
    assert body_of() == b"--BB--\r\n"


def test_names_are_escaped() -> None:
    name = 'n"\\\r\n\x1b\x00\x7fé%22'
    escaped = 'n%22\\\\%0D%0A\x1b%00\x7fé%22'  # fmt: skip
    wanted = part(f'name="{escaped}"; filename="{escaped}"\r\nContent-Type: a/b', "x")
    assert body_of({name: (name, b"x", "a/b")}).decode() == wanted + "--BB--\r\n"


def test_caller_s_headers_stay_as_they_are() -> None:
    headers = {"X": "1"}
    FileField("f", ("n", b"x", "a/b", headers))
    assert headers == {"X": "1"}


@pytest.mark.parametrize(
    ("name", "filename"),
    [
        ("/a/b.txt", "b.txt"),
        (Path("a/b.txt"), "b.txt"),
        ("a/", "a"),
        (5, "5"),
        (None, "None"),
        ("", ""),
        (".", ""),
    ],
)
def test_default_file_name(name: Any, filename: str) -> None:
    file = io.BytesIO(b"x")
    file.name = name
    assert FileField("f", file).filename == filename


def test_fields_render_themselves() -> None:
    field = DataField("a", 1)
    headers = b'Content-Disposition: form-data; name="a"\r\n\r\n'
    assert (field.name, field.value) == ("a", "1")
    assert (field.render_headers(), field.render_data()) == (headers, b"1")
    assert b"".join(field.render()) == headers + b"1"
    assert field.get_length() == len(headers) + 1
    assert DataField("a", b"\xff").value == b"\xff"

    file = FileField("a", (None, b"x"))
    assert (file.name, file.filename, file.file, file.headers) == ("a", None, b"x", {})
    assert b"".join(file.render()) == headers + b"x"
    assert file.get_length() == len(headers) + 1
    assert not file.is_async
    assert not file.blocking


# What strict parsers read.

HOSTILE = ['a"b', "a\\b", "a\\", 'a\\"b', "a;b", "a=b", "é", "a\r\nX: y", "a\r\n\r\nb", "--BB"]
HOSTILE += ["%22", " x ", "\x1b", "it's", "\u2028", "=?utf-8?q?x?=", 'x"; name="y']


def escaped(name: str, but_quotes: bool) -> str:
    """What a parser that undoes quoted pairs reads; some undo the quote's escape, too."""
    text = "".join(f"%{ord(c):02X}" if c == '"' or (c < " " and c != "\x1b") else c for c in name)
    return text.replace("%22", '"') if but_quotes else text


def by_werkzeug(body: bytes) -> list[tuple[str, str | None, bytes]]:
    parser = MultiPartParser(stream_factory=lambda **_: io.BytesIO())
    form, files = parser.parse(io.BytesIO(body), b"BB", len(body))
    return [(name, None, value.encode()) for name, value in form.items(multi=True)] + [
        (name, file.filename, file.read()) for name, file in files.items(multi=True)
    ]


def by_python_multipart(body: bytes) -> list[tuple[str, str | None, bytes]]:
    parts: list[tuple[str, str | None, bytes]] = []

    def on_field(field: Any) -> None:
        parts.append((field.field_name.decode(), None, field.value or b""))

    def on_file(file: Any) -> None:
        file.file_object.seek(0)
        content = file.file_object.read()
        parts.append((file.field_name.decode(), file.file_name.decode(), content))
        file.close()

    headers = {
        "Content-Type": b"multipart/form-data; boundary=BB",
        "Content-Length": str(len(body)).encode(),
    }
    python_multipart.parse_form(headers, io.BytesIO(body), on_field, on_file)
    return parts


def check_with_parsers(name: str, filename: str, value: str, content: bytes) -> None:
    body = body_of(files={name: (filename, content)}, data={name: value})
    parsers = [(by_werkzeug, True)]
    # To this one, ``\\\\"`` ends no name, and what looks like a path of Windows is one.
    if not name.endswith("\\") and filename[1:3] != ":\\" and filename[:2] != "\\\\":
        parsers.append((by_python_multipart, False))
    for parse, but_quotes in parsers:
        read = escaped(name, but_quotes)
        assert parse(body) == [
            (read, None, value.encode()),
            (read, escaped(filename, but_quotes), content),
        ]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_names(name: str) -> None:
    check_with_parsers(name, name, "value", b"content")


# Surrogates cannot be sent at all; a body that holds the boundary cannot be told from two parts.
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(names, names, names, st.binary())
def test_parsers_read_back_what_was_given(
    name: str, filename: str, value: str, content: bytes
) -> None:
    if b"\r\n--BB" not in b"\r\n" + value.encode() + b"\r\n" + content:
        check_with_parsers(name, filename, value, content)


@given(st.lists(st.tuples(names, st.binary())), st.lists(st.tuples(names, st.binary())))
def test_length_is_exact(data: Any, files: Any) -> None:
    stream = MultipartStream(data=data, files=[(n, io.BytesIO(c)) for n, c in files])
    assert stream.get_content_length() == sum(map(len, stream))


# What is refused.


@pytest.mark.parametrize(
    "value",
    [
        ("n", b"x", "a/b", {"X\r\nY": "1"}),
        ("n", b"x", "a/b", {"X Y": "1"}),
        ("n", b"x", "a/b", {"": "1"}),
        ("n", b"x", "a/b", {"X:": "1"}),
    ],
)
def test_part_header_with_a_bad_name(value: Any) -> None:
    with pytest.raises(ValueError, match=r"Invalid name '.*' among the part headers of file 'f'"):
        FileField("f", value)


@pytest.mark.parametrize("bad", ["secret\r\nX: y", "secret\n", "secret\x00", "secret\x7f"])
def test_part_header_with_a_bad_value_does_not_show_it(bad: str) -> None:
    for value in (("n", b"x", "a/b", {"X": bad}), ("n", b"x", bad)):
        with pytest.raises(ValueError, match="Invalid value of the part header") as caught:
            FileField("f", value)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", [None, 5, Path("x"), ["n", b"x"], {"n": b"x"}, ("n", None)])
def test_what_is_no_file(value: Any) -> None:
    field = FileField("f", value)
    assert field.get_length() is None
    with pytest.raises(AttributeError, match="has no attribute 'read'"):
        list(field.render())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((1, b"x"), "expected str, bytes or os.PathLike object, not int"),
        ((b"n", b"x"), "cannot use a string pattern on a bytes-like object"),
        (("n", b"x", 5), "'int' object has no attribute 'encode'"),
        (("n", b"x", "a/b", {"X": 1}), "'int' object has no attribute 'encode'"),
        (io.StringIO("x"), r"^Multipart file uploads require 'io.BytesIO', not 'io.StringIO'.$"),
    ],
)
def test_what_is_no_part(value: Any, message: str) -> None:
    with pytest.raises((TypeError, AttributeError), match=message):
        FileField("f", value)


def test_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    with (tmp_path / "x").open() as file:
        with pytest.raises(TypeError) as caught:
            FileField("f", file)
    assert str(caught.value) == (
        "Multipart file uploads must be opened in binary mode, not text mode."
    )


@pytest.mark.parametrize("value", [(), ("n",), ("n", b"x", "a/b", {}, 1)])
def test_tuple_of_another_length(value: Any) -> None:
    with pytest.raises(ValueError, match="values to unpack"):
        FileField("f", value)


@pytest.mark.parametrize("value", [{"secret": 1}, [1], object()])
def test_data_that_is_not_primitive_names_its_field(value: Any) -> None:
    with pytest.raises(TypeError, match=r"Invalid type for value\. Expected primitive") as caught:
        DataField("the_key", value)
    assert caught.value.__notes__ == ["This is the value of 'the_key'."]


@pytest.mark.parametrize("name", [1, b"a", None])
def test_names_must_be_text(name: Any) -> None:
    with pytest.raises(TypeError, match=r"Invalid type for name\. Expected str, got <class"):
        DataField(name, "x")
    with pytest.raises(TypeError, match="string"):
        FileField(name, "x")


# Headers and boundary.


def test_headers() -> None:
    headers, stream = encode_multipart_data({}, {"f": b"x"}, b"BB")
    assert headers == {
        "Content-Length": str(sum(map(len, stream))),
        "Content-Type": "multipart/form-data; boundary=BB",
    }
    headers, _ = encode_multipart_data({}, {"f": Pipe(b"x")}, b"BB")
    assert headers == {
        "Transfer-Encoding": "chunked",
        "Content-Type": "multipart/form-data; boundary=BB",
    }


def test_boundaries_are_random() -> None:
    boundaries = {MultipartStream({}, {}).boundary for _ in range(10)}
    assert len(boundaries) == 10
    assert {len(bytes.fromhex(boundary.decode())) for boundary in boundaries} == {16}


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        (None, None),
        (b"", None),
        (b"text/plain; boundary=a", None),
        (b"multipart/mixed; boundary=a", None),
        (b"multipart/form-data", None),
        (b"multipart/form-data; boundary = a", None),
        (b"multipart/form-data; xboundary=q", None),
        (b"multipart/form-data; boundary=a", b"a"),
        (b"multipart/form-data;boundary=a", b"a"),
        (b"multipart/form-data ; boundary=a ", b"a"),
        (b"Multipart/Form-Data; BOUNDARY=a", b"a"),
        (b"multipart/form-data; charset=x; boundary=a; y=z", b"a"),
        (b'multipart/form-data; boundary="a b"', b"a b"),
        (b'multipart/form-data; boundary="a;b"; x=y', b"a;b"),
        (b'multipart/form-data; boundary="a', b"a"),
        (b"multipart/form-data; boundary='a'", b"'a'"),
        (b"multipart/form-data; boundary=", b""),
    ],
)
def test_boundary_of_a_header(content_type: bytes | None, boundary: bytes | None) -> None:
    assert get_multipart_boundary_from_content_type(content_type) == boundary


# Streaming, and sending again.


def test_small_form_is_one_chunk_and_large_content_is_not_copied() -> None:
    large = b"x" * CHUNK_SIZE
    small = (None, b"y" * 1000)
    stream = MultipartStream({"a": "1"}, [("f", (None, large)), *[("f", small)] * 100])
    chunks = list(stream)
    assert chunks[1] is large
    assert [len(chunk) <= CHUNK_SIZE for chunk in chunks] == [True] * 4
    assert len(list(MultipartStream({"a": "1", "b": "2"}, {"f": small, "g": small}))) == 1
    larger = [large + b"1", large + b"2"]
    files: Any = {"f": generator(*larger)}
    assert list(MultipartStream({}, files))[1:3] == larger


def test_memory_stays_constant() -> None:
    with tempfile.TemporaryFile() as file:
        file.truncate(32 * 1024 * 1024)
        stream = MultipartStream({}, {"f": file})
        tracemalloc.start()
        try:
            total = sum(map(len, stream))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert total == stream.get_content_length()
    assert peak < 1024 * 1024


def test_files_start_at_0_each_time() -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(5)
    stream = MultipartStream({}, {"f": file, "g": file})
    assert b"".join(stream).count(b"0123456789") == 2
    assert b"".join(stream).count(b"0123456789") == 2
    assert stream.get_content_length() == sum(map(len, stream))


@pytest.mark.parametrize("once", [Pipe(b"once"), generator(b"once")], ids=["pipe", "generator"])
def test_body_that_cannot_be_sent_again_says_so_before_its_first_byte(once: Any) -> None:
    stream = MultipartStream({"a": "1"}, {"f": b"x", "g": once})
    assert stream.blocking
    stream.check_replay()
    assert b"once" in b"".join(stream)
    with pytest.raises(httpx.StreamConsumed) as caught:
        iter(stream)
    assert_consumed(caught, "The body came from")


def test_only_files_on_disk_block() -> None:
    assert not MultipartStream({"a": "1"}, {"f": b"x", "g": io.BytesIO(b"y")}).blocking
    with tempfile.TemporaryFile() as file:
        assert MultipartStream({}, {"f": b"x", "g": file}).blocking


# Awaited.


async def test_sync_parts_have_an_async_face(world: World) -> None:
    _, stream = encode_request(data={"a": "1"}, files={"f": io.BytesIO(b"x")}, boundary=b"BB")
    assert isinstance(stream, MultipartStream)
    assert isinstance(stream, httpx.AsyncByteStream)
    assert isinstance(stream, httpx.SyncByteStream)
    assert await collect(stream) == b"".join(stream)


async def test_async_parts(world: World) -> None:
    files: Any = {
        "upload": Upload(b"from an upload"),
        "pipe": AsyncPipe(b"from a pipe"),
        "generator": ("n", async_generator(b"from ", b"a generator")),
        "sync": io.BytesIO(b"from a file"),
        "bytes": b"from bytes",
    }
    headers, stream = encode_request(files=files, boundary=b"BB")
    assert headers["Transfer-Encoding"] == "chunked"
    assert isinstance(stream, AsyncMultipartStream)
    assert not isinstance(stream, httpx.SyncByteStream)
    body = await collect(stream)
    contents = [content for _, _, content in by_werkzeug(body)]
    assert contents == [
        b"from an upload",
        b"from a pipe",
        b"from a generator",
        b"from a file",
        b"from bytes",
    ]
    with pytest.raises(httpx.StreamConsumed):
        await collect(stream)


async def test_async_files_of_known_length(world: World, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"0123456789")
    with (tmp_path / "x").open("rb") as file:
        named = AsyncFile(b"0123456789", fileno=file.fileno())
        await named.read(4)
        files: Any = [("f", named), ("g", Upload(b"0123456789"))]
        headers, stream = encode_multipart_data({}, files, None)
        for _ in range(2):
            body = await collect(stream)
            assert headers["Content-Length"] == str(len(body))
            assert body.count(b"0123456789") == 2


async def test_async_files_of_unknown_length(world: World) -> None:
    reading, writing = os.pipe()
    os.close(writing)
    try:
        for fileno in (None, reading):
            files: Any = {"f": AsyncFile(b"abc", fileno)}
            headers, stream = encode_multipart_data({}, files, None)
            assert headers["Transfer-Encoding"] == "chunked"
            assert await collect(stream) == await collect(stream)
    finally:
        os.close(reading)


@pytest.mark.worlds("asyncio", "trio")  # there are no such files elsewhere
async def test_files_of_anyio(world: World, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(b"0123456789")
    async with await anyio.open_file(tmp_path / "x.txt", "rb") as file:
        headers, stream = encode_multipart_data({}, {"f": file}, b"BB")
        body = await collect(stream)
    assert headers["Content-Length"] == str(len(body))
    assert by_werkzeug(body) == [("f", "x.txt", b"0123456789")]


async def test_files_that_block_are_pulled_in_a_thread(world: World) -> None:
    pulled = []

    async def run_in_thread(function: Any, *arguments: Any) -> Any:
        chunk = function(*arguments)
        pulled.append(chunk)
        return chunk

    with tempfile.TemporaryFile() as file:
        file.write(b"from the disk")
        files: Any = {"disk": file, "memory": io.BytesIO(b"x"), "async": Upload(b"y")}
        stream = AsyncMultipartStream({}, files)
        assert stream.blocking
        in_place = await collect(stream)
        assert pulled == []
        stream.run_in_thread = run_in_thread
        assert await collect(stream) == in_place
        assert pulled == [b"from the disk", None]


def test_async_part_in_a_sync_stream() -> None:
    stream = MultipartStream({}, {"f": AsyncPipe(b"x")})
    with pytest.raises(RuntimeError, match="Attempted to send an async request with a sync Client"):
        list(stream)


async def test_leaving_an_async_body_is_silent(world: World) -> None:
    files: Any = {"f": Upload(b"x" * 100_000)}
    chunks = aiter(AsyncMultipartStream({}, files))
    assert aiter(chunks) is chunks
    async for chunk in chunks:
        assert chunk.startswith(b"--")
        break
