"""Bodies out: what each argument becomes, how often it can be sent, and what is refused."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import tempfile
import warnings
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio

import httpx
from httpx._content import (
    AsyncIteratorByteStream,
    ByteStream,
    IteratorByteStream,
    UnattachedStream,
    encode_content,
    encode_html,
    encode_json,
    encode_request,
    encode_response,
    encode_text,
    encode_urlencoded_data,
)
from httpx._files import CHUNK_SIZE, AsyncFileReader
from httpx._streams import DualByteStream, PulledIterator

from ..ids import shown
from ..worlds import World
from .bodies import (
    AsyncFile,
    AsyncPipe,
    Both,
    Pipe,
    Upload,
    assert_consumed,
    async_generator,
    collect,
    generator,
)


def sent(encoded: tuple[dict[str, str], Any]) -> tuple[dict[str, str], bytes]:
    headers, stream = encoded
    return headers, b"".join(stream)


# What the arguments become.


@pytest.mark.parametrize(
    ("content", "headers", "body"),
    [
        (b"abc", {"Content-Length": "3"}, b"abc"),
        ("é", {"Content-Length": "2"}, "é".encode()),
        (b"", {}, b""),
        ("", {}, b""),
        (bytearray(b"ab"), {"Content-Length": "2"}, b"ab"),
        (memoryview(b"ab"), {"Content-Length": "2"}, b"ab"),
        ([b"a", b"", b"b"], {"Transfer-Encoding": "chunked"}, b"ab"),
        ((b"a",), {"Transfer-Encoding": "chunked"}, b"a"),
        ([], {"Transfer-Encoding": "chunked"}, b""),
        (generator(b"a", b"b"), {"Transfer-Encoding": "chunked"}, b"ab"),
        (generator(bytearray(b"a"), memoryview(b"b")), {"Transfer-Encoding": "chunked"}, b"ab"),
        (io.BytesIO(b"abc"), {"Content-Length": "3"}, b"abc"),
        (io.BytesIO(b""), {"Content-Length": "0"}, b""),
        (Pipe(b"abc"), {"Transfer-Encoding": "chunked"}, b"abc"),
        (Both(), {"Transfer-Encoding": "chunked"}, b"sync"),
    ],
    ids=shown,
)
def test_content(content: Any, headers: dict[str, str], body: bytes) -> None:
    assert sent(encode_content(content)) == (headers, body)


@pytest.mark.parametrize("content", [{"a": 1}, 5, None, object(), Path("x")], ids=shown)
def test_content_of_another_type(content: Any) -> None:
    with pytest.raises(TypeError, match=r"Unexpected type for 'content', <class '.*'>"):
        encode_content(content)


def test_a_response_is_no_content() -> None:
    # It can be read, but neither iterated nor sought in.
    with pytest.raises(TypeError, match="Unexpected type for 'content'"):
        encode_content(httpx.Response(200))


@pytest.mark.parametrize(
    ("json", "body"),
    [
        ({"a": [1, 2.5, None, True]}, b'{"a":[1,2.5,null,true]}'),
        ("é\u2028", '"é\u2028"'.encode()),
        ({}, b"{}"),
        (0, b"0"),
        ({1: "x"}, b'{"1":"x"}'),
    ],
)
def test_json(json: Any, body: bytes) -> None:
    headers = {"Content-Length": str(len(body)), "Content-Type": "application/json"}
    assert sent(encode_json(json)) == (headers, body)


def test_json_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="Out of range float values"):
        encode_json(float("nan"))
    with pytest.raises(TypeError, match="not JSON serializable"):
        encode_json(object())
    with pytest.raises(UnicodeEncodeError):
        encode_json("\ud800")


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ({"a": 1, "b": 1.5, "c": "x y&é+~"}, b"a=1&b=1.5&c=x+y%26%C3%A9%2B~"),
        ({"a": None, "b": True, "c": False}, b"a=&b=true&c=false"),
        ({"a": [1, None], "b": ("x", True), "c": []}, b"a=1&a=&b=x&b=true"),
        ({b"k": "v", 1: 2, None: 3}, b"k=v&1=2&None=3"),
        ([("a", "1"), ("b", 2), ("a", "3")], b"a=1&b=2&a=3"),
        ((("a", ["1", "2"]), ["b", "3"]), b"a=1&a=2&b=3"),
    ],
)
def test_urlencoded_form(data: Any, body: bytes) -> None:
    headers = {
        "Content-Length": str(len(body)),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    assert sent(encode_urlencoded_data(data)) == (headers, body)
    assert sent(encode_request(data=data)) == (headers, body)


@pytest.mark.parametrize("value", [{"secret": 1}, [["secret"]], [("secret",)], {"secret"}])
def test_value_within_a_value_names_the_key_and_shows_no_value(value: Any) -> None:
    with pytest.raises(TypeError) as caught:
        encode_urlencoded_data({"ok": "1", "the_key": value})
    assert str(caught.value).startswith("Invalid type for value. Expected primitive type, got <")
    assert "'the_key'" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_text_and_html() -> None:
    headers = {"Content-Length": "2", "Content-Type": "text/plain; charset=utf-8"}
    assert sent(encode_text("é")) == (headers, "é".encode())
    headers["Content-Type"] = "text/html; charset=utf-8"
    assert sent(encode_html("é")) == (headers, "é".encode())


# Which of several arguments counts.


@pytest.mark.parametrize(
    "arguments",
    [{}, {"data": {}}, {"files": {}}, {"data": {}, "files": []}, {"data": []}, {"json": None}],
    ids=str,
)
def test_no_body(arguments: Any) -> None:
    assert sent(encode_request(**arguments)) == ({}, b"")


def test_no_body_shares_nothing_that_can_change() -> None:
    headers, _ = encode_request()
    headers["X"] = "1"
    assert encode_request()[0] == {}


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ({"content": b"", "data": {"a": 1}, "files": {"f": b"x"}, "json": 1}, b""),
        ({"data": {"a": 1}, "json": 1}, b"a=1"),
        ({"data": {}, "files": {}, "json": 0}, b"0"),
    ],
)
def test_precedence_in_requests(arguments: Any, body: bytes) -> None:
    assert sent(encode_request(**arguments))[1] == body


def test_files_take_data_along() -> None:
    headers, body = sent(encode_request(data={"a": "1"}, files={"f": b"x"}, boundary=b"BB"))
    assert headers["Content-Type"] == "multipart/form-data; boundary=BB"
    assert b'name="a"' in body
    assert b'name="f"' in body


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ({"content": b"c", "text": "t"}, b"c"),
        ({"text": "", "html": "h"}, b""),
        ({"html": "h", "json": 1}, b"h"),
        ({"json": []}, b"[]"),
        ({"json": None}, b""),
    ],
)
def test_precedence_in_responses(arguments: Any, body: bytes) -> None:
    assert sent(encode_response(**arguments))[1] == body


@pytest.mark.parametrize("data", [b"abc", "abc", [b"a", b"bc"], generator(b"abc")], ids=shown)
def test_data_that_is_no_form_is_content_with_a_warning(data: Any) -> None:
    with pytest.warns(DeprecationWarning, match=r"^Use 'content=<...>' to upload raw bytes/text"):
        encoded = encode_request(data=data, files={"f": b"not sent"})
    assert sent(encoded)[1] == b"abc"


def test_data_that_is_nothing_that_can_be_sent() -> None:
    with (
        pytest.warns(DeprecationWarning, match="Use 'content="),
        pytest.raises(TypeError, match="Unexpected type"),
    ):
        encode_request(data=0)


@pytest.mark.parametrize("data", [[("a", "1"), "b"], [("a", "1"), ("b", "2", "3")]])
def test_list_that_begins_with_a_pair_is_a_form_all_through(data: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TypeError, match="Item 1 of the list given as 'data' is not a"):
            encode_request(data=data)


# Streams in memory.


async def test_byte_stream_has_both_faces_and_replays(world: World) -> None:
    stream = ByteStream(b"abc")
    assert stream.content == b"abc"
    assert not stream.blocking
    assert list(stream) == list(stream) == [b"abc"]
    assert await collect(stream) == await collect(stream) == b"abc"
    assert list(ByteStream(b"")) == [b""]
    assert list(pickle.loads(pickle.dumps(stream))) == [b"abc"]


async def test_unattached_stream_is_closed(world: World) -> None:
    with pytest.raises(httpx.StreamClosed):
        list(UnattachedStream())
    with pytest.raises(httpx.StreamClosed):
        await collect(UnattachedStream())


def test_sequences_replay_and_do_not_block() -> None:
    for sequence in ([b"a", b"b"], (b"a", b"b")):
        stream = IteratorByteStream(stream=sequence)
        assert list(stream) == list(stream) == [b"a", b"b"]
        assert not stream.blocking


@pytest.mark.parametrize("once", [generator(b"a"), iter([b"a"]), map(bytes, [b"a"])], ids=shown)
def test_iterators_are_given_once(once: Any) -> None:
    stream = IteratorByteStream(stream=once)
    assert stream.blocking
    stream.check_replay()
    assert list(stream) == [b"a"]
    with pytest.raises(httpx.StreamConsumed) as caught:
        next(iter(stream))
    assert_consumed(caught, "gives it only once")
    with pytest.raises(httpx.StreamConsumed):
        stream.check_replay()


def test_iteration_that_never_began_does_not_count() -> None:
    stream = IteratorByteStream(stream=generator(b"a"))
    iter(stream)
    assert list(stream) == [b"a"]


@pytest.mark.parametrize("chunk", ["text", 5, None])
async def test_chunks_must_be_bytes(world: World, chunk: Any) -> None:
    with pytest.raises(TypeError, match="A body consists of bytes, but its source gave <class"):
        list(IteratorByteStream(stream=[b"a", chunk]))
    stream = AsyncIteratorByteStream(stream=async_generator(b"a", chunk))
    with pytest.raises(TypeError, match="A body consists of bytes, but its source gave <class"):
        await collect(stream)
    await stream.aclose()


def test_streams_can_be_subclassed() -> None:
    class Named(IteratorByteStream):
        def __init__(self, stream: Any, name: str) -> None:
            super().__init__(stream=stream)
            self.name = name

    assert list(Named([b"a"], "n")) == [b"a"]


# Streams that are awaited.


async def test_async_generator_is_given_once(world: World) -> None:
    headers, stream = encode_content(async_generator(b"a", bytearray(b"b")))
    assert headers == {"Transfer-Encoding": "chunked"}
    assert isinstance(stream, AsyncIteratorByteStream)
    assert not isinstance(stream, httpx.SyncByteStream)
    stream.check_replay()
    assert await collect(stream) == b"ab"
    with pytest.raises(httpx.StreamConsumed) as caught:
        await collect(stream)
    assert_consumed(caught, "gives it only once")


async def test_async_iterable_replays(world: World) -> None:
    class Chunks:
        def __aiter__(self) -> Any:
            return async_generator(b"a", b"b")

    stream = AsyncIteratorByteStream(stream=Chunks())
    assert await collect(stream) == await collect(stream) == b"ab"


async def test_leaving_an_async_body_is_silent_and_closes_the_generator(world: World) -> None:
    closed = []

    async def body() -> Any:
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append(True)

    stream = AsyncIteratorByteStream(stream=body())
    await stream.aclose()  # nothing is open yet
    async for _ in stream:
        break
    assert not closed
    await stream.aclose()
    assert closed


async def test_closing_an_async_iterator_that_cannot_be_closed(world: World) -> None:
    class Chunks:
        def __aiter__(self) -> Any:
            return self

        async def __anext__(self) -> bytes:
            return b"a"

    stream = AsyncIteratorByteStream(stream=Chunks())
    async for _ in stream:
        break
    await stream.aclose()


async def test_object_of_both_worlds_is_a_stream_of_both(world: World) -> None:
    _, stream = encode_content(Both())
    assert isinstance(stream, DualByteStream)
    assert not stream.blocking
    assert list(stream) == [b"sync"]
    assert await collect(stream) == await collect(stream) == b"async"
    stream.check_replay()
    await stream.aclose()


async def test_files_and_iterables_given_to_the_classes_themselves(world: World) -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(4)
    assert list(IteratorByteStream(stream=file)) == [b"456789"]
    stream = AsyncIteratorByteStream(stream=AsyncPipe(b"abc"))
    chunks = aiter(stream)
    assert aiter(chunks) is chunks
    assert await collect(chunks) == b"abc"


async def test_async_file_is_an_async_iterable(world: World) -> None:
    chunks = aiter(AsyncFileReader(AsyncPipe(b"abc")))
    assert aiter(chunks) is chunks
    assert await collect(chunks) == b"abc"


async def test_sync_iterator_behind_the_async_protocol(world: World) -> None:
    calls = []

    async def run_in_thread(function: Any, *arguments: Any) -> Any:
        calls.append(function)
        return function(*arguments)

    assert await collect(PulledIterator(iter([b"a", b"b"]))) == b"ab"
    assert await collect(PulledIterator(iter([b"a", b"b"]), run_in_thread)) == b"ab"
    assert calls == [next, next, next]


# Files.


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file.bin"
    path.write_bytes(b"0123456789")
    return path


def test_file_counts_from_its_position_and_replays_from_there(path: Path) -> None:
    with path.open("rb") as file:
        file.read(4)
        headers, stream = encode_content(file)
        assert headers == {"Content-Length": "6"}
        assert file.tell() == 4
        assert b"".join(stream) == b"456789"
        assert b"".join(stream) == b"456789"
        file.seek(8)  # moving the file in between changes nothing
        assert b"".join(stream) == b"456789"


def test_file_is_read_in_chunks(path: Path) -> None:
    path.write_bytes(b"x" * (2 * CHUNK_SIZE + 1))
    with path.open("rb") as file:
        _, stream = encode_content(file)
        assert [len(chunk) for chunk in stream] == [CHUNK_SIZE, CHUNK_SIZE, 1]
    assert CHUNK_SIZE >= 64 * 1024


def test_only_files_on_disk_block(path: Path) -> None:
    assert not encode_content(io.BytesIO(b"x"))[1].blocking
    with path.open("rb") as file:
        assert encode_content(file)[1].blocking
    assert encode_content(Pipe(b"x"))[1].blocking


def test_spooled_file_stays_in_memory() -> None:
    with tempfile.SpooledTemporaryFile() as file:
        file.write(b"0123456789")
        file.seek(4)
        assert sent(encode_content(file)) == ({"Content-Length": "6"}, b"456789")
        assert not file._rolled


def test_position_behind_the_end() -> None:
    file = io.BytesIO(b"ab")
    file.seek(5)
    assert sent(encode_content(file)) == ({"Content-Length": "0"}, b"")


def test_pipe_is_sent_once() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"from a pipe")
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        headers, stream = encode_content(file)
        assert headers == {"Transfer-Encoding": "chunked"}
        assert b"".join(stream) == b"from a pipe"
        with pytest.raises(httpx.StreamConsumed) as caught:
            list(stream)
        assert_consumed(caught, "cannot seek back to its start")


def test_file_that_seeks_from_its_start_only_has_no_length_and_replays() -> None:
    class Proc(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            if whence:
                raise OSError("Invalid argument")
            return super().seek(offset)

    headers, stream = encode_content(Proc(b"abc"))
    assert headers == {"Transfer-Encoding": "chunked"}
    assert list(stream) == list(stream) == [b"abc"]


def test_file_whose_seek_is_missing() -> None:
    class Telling(Pipe):
        def tell(self) -> int:
            return 0

    headers, _ = encode_content(Telling(b"abc"))
    assert headers == {"Transfer-Encoding": "chunked"}


def test_compressed_file_is_not_decompressed_to_be_measured(path: Path) -> None:
    path.write_bytes(gzip.compress(b"0123456789"))
    with gzip.open(path) as file:
        file.read(4)
        reads: list[int] = []
        read = file.read
        file.read = lambda size: reads.append(size) or read(size)
        headers, stream = encode_content(file)
        assert headers == {"Transfer-Encoding": "chunked"}
        assert reads == []
        assert b"".join(stream) == b"".join(stream) == b"456789"


def test_text_files_are_refused(path: Path) -> None:
    with path.open() as file:
        _, stream = encode_content(file)
        with pytest.raises(TypeError, match="open files in binary mode"):
            list(stream)
    with tempfile.SpooledTemporaryFile(mode="w+") as text:
        text.write("abc")
        text.seek(0)
        _, stream = encode_content(text)
        with pytest.raises(TypeError, match="open files in binary mode"):
            list(stream)


def test_file_that_is_not_ready_is_no_end_of_file() -> None:
    class NotReady(Pipe):
        def read(self, size: int = -1) -> bytes:
            return None

    _, stream = encode_content(NotReady(b""))
    with pytest.raises(TypeError, match="gave <class 'NoneType'>"):
        list(stream)


def test_closed_file_is_refused(path: Path) -> None:
    with path.open("rb") as file:
        pass
    with pytest.raises(ValueError, match="closed file"):
        encode_content(file)


# Files that are awaited.


async def test_async_reader_is_sent_once(world: World) -> None:
    headers, stream = encode_content(AsyncPipe(b"abc"))
    assert headers == {"Transfer-Encoding": "chunked"}
    assert await collect(stream) == b"abc"
    with pytest.raises(httpx.StreamConsumed) as caught:
        await collect(stream)
    assert_consumed(caught, "cannot seek back to its start")
    with pytest.raises(httpx.StreamConsumed):
        stream.check_replay()


async def test_async_file_counts_from_its_position_and_replays(world: World) -> None:
    file = AsyncFile(b"0123456789")
    await file.read(4)
    headers, stream = encode_content(file)
    assert headers == {"Transfer-Encoding": "chunked"}  # nobody may wait for its length
    stream.check_replay()
    assert await collect(stream) == await collect(stream) == b"456789"


async def test_async_file_over_a_sync_one_has_a_length(world: World) -> None:
    upload = Upload(b"0123456789")
    await upload.read(4)
    headers, stream = encode_content(upload)
    assert headers == {"Content-Length": "6"}
    assert await collect(stream) == await collect(stream) == b"456789"


@pytest.mark.worlds("asyncio", "trio")  # there are no such files elsewhere
async def test_files_of_anyio_and_trio(world: World, path: Path) -> None:
    openers: list[Any] = [anyio.open_file]
    if world.name == "trio":
        openers.append(trio.open_file)
    for opener in openers:
        async with await opener(path, "rb") as file:
            await file.read(4)
            headers, stream = encode_content(file)
            assert headers == {"Content-Length": "6"}
            assert isinstance(stream, AsyncIteratorByteStream)
            assert await collect(stream) == await collect(stream) == b"456789"


async def test_async_text_is_refused(world: World) -> None:
    class Text(AsyncPipe):
        async def read(self, size: int = -1) -> bytes:
            return "text"

    with pytest.raises(TypeError, match="open files in binary mode"):
        await collect(encode_content(Text(b""))[1])


async def test_reader_that_names_its_awaited_read(world: World) -> None:
    class Reader(Pipe):
        async def aread(self, size: int = -1) -> bytes:
            return self.read(size)

        def __aiter__(self) -> Any:
            raise AssertionError("a file is read in chunks, not in lines")

    _, stream = encode_content(Reader(b"abc"))
    assert isinstance(stream, DualByteStream)
    assert await collect(stream) == b"abc"
    assert list(encode_content(Reader(b"abc"))[1]) == [b"abc"]


def test_async_file_reader_wants_an_async_file() -> None:
    with pytest.raises(TypeError, match="not an async file"):
        AsyncFileReader(io.BytesIO(b""))
