"""Content codings and text: single, stacked, broken, in pieces; chunking; lines."""

from ..helpers import arun, attempt, gzip, httpx, pieces, zlib
from ..table import program

PROGRAMS = r"""
Response(200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(b"hello")).content
Response(200, headers={"Content-Encoding": "GZip"}, content=gzip.compress(b"hello")).content
Response(200, headers={"Content-Encoding": "x-gzip"}, content=gzip.compress(b"hello")).content[:2]
Response(200, headers={"Content-Encoding": "deflate"}, content=zlib.compress(b"hello")).content
Response(200, headers={"Content-Encoding": "deflate"}, content=zlib.compress(b"hello")[2:-4]).content
Response(200, headers={"Content-Encoding": "br"}, content=__import__("brotli").compress(b"hello")).content
Response(200, headers={"Content-Encoding": "zstd"}, content=__import__("zstandard").compress(b"hello")).content
Response(200, headers={"Content-Encoding": "zstd"}, content=__import__("zstandard").compress(b"hello") * 2).content
Response(200, headers={"Content-Encoding": "zstd"}, content=__import__("zstandard").compress(b"hello")[:-3])
Response(200, headers={"Content-Encoding": "identity"}, content=b"hello").content
Response(200, headers={"Content-Encoding": "unknown"}, content=b"hello").content
Response(200, headers={"Content-Encoding": ""}, content=b"hello").content
Response(200, headers={"Content-Encoding": "gzip"}, content=b"").content
Response(200, headers={"Content-Encoding": "br"}, content=b"").content, Response(200, headers={"Content-Encoding": "zstd"}, content=b"").content, Response(200, headers={"Content-Encoding": "deflate"}, content=b"").content
Response(200, headers={"Content-Encoding": "gzip"}, content=b"not gzip")
Response(200, headers={"Content-Encoding": "deflate"}, content=b"not deflate")
Response(200, headers={"Content-Encoding": "br"}, content=b"not brotli")
Response(200, headers={"Content-Encoding": "zstd"}, content=b"not zstd")
Response(200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(b"hello")[:-4])
Response(200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(b"a") + gzip.compress(b"b")).content
Response(200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(b"a") + b"garbage").content
Response(200, headers={"Content-Encoding": "gzip, deflate"}, content=zlib.compress(gzip.compress(b"hello"))).content
Response(200, headers=[("Content-Encoding", "gzip"), ("Content-Encoding", "deflate")], content=zlib.compress(gzip.compress(b"hello"))).content
Response(200, headers={"Content-Encoding": "gzip,identity , deflate"}, content=zlib.compress(gzip.compress(b"hello"))).content
Response(200, headers={"Content-Encoding": "gzip, unknown"}, content=gzip.compress(b"hello")).content
Response(200, headers={"Content-Encoding": ", ".join(["gzip"] * 5)}, content=gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"x")))))).content
Response(200, headers={"Content-Encoding": ", ".join(["gzip"] * 6)}, content=gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"x"))))))).content
r = Response(200, headers={"Content-Encoding": "gzip"}, content=pieces(*[bytes([b]) for b in gzip.compress(b"hello")])); (r.read(), r.num_bytes_downloaded == len(gzip.compress(b"hello")))
list(Response(200, headers={"Content-Encoding": "gzip"}, content=pieces(gzip.compress(b"hello"))).iter_raw())[0][:2]
list(Response(200, headers={"Content-Encoding": "gzip"}, content=pieces(gzip.compress(b"hello"))).iter_bytes())
list(Response(200, content=pieces(b"ab", b"", b"cd")).iter_bytes())
list(Response(200, content=pieces(b"ab", b"", b"cd")).iter_raw())
list(Response(200, content=pieces(b"abc", b"defg", b"h")).iter_bytes(chunk_size=2))
list(Response(200, content=pieces(b"abc", b"defg", b"h")).iter_raw(chunk_size=3))
list(Response(200, content=b"abcdefgh").iter_bytes(3)), list(Response(200, content=b"abc").iter_bytes()), list(Response(200, content=b"").iter_bytes()), list(Response(200, content=b"").iter_bytes(3))
list(Response(200, content=b"abc").iter_bytes(0))
list(Response(200, content=pieces(b"abc")).iter_bytes(chunk_size=0))
list(Response(200, content=pieces(b"abc")).iter_bytes(chunk_size=-1))
list(Response(200, content=pieces("é".encode()[:1], "é".encode()[1:])).iter_text())
list(Response(200, content=pieces("aé".encode()[:2], "é".encode()[1:] + b"b")).iter_text(1))
list(Response(200, content=pieces(b"abc", b"de")).iter_text(chunk_size=2))
list(Response(200, content=b"abcde").iter_text(2)), list(Response(200, content=b"").iter_text()), list(Response(200, content=b"abc").iter_text())
list(Response(200, content=pieces(b"\xff\xfea\x00"), headers={"Content-Type": "x; charset=utf-16"}).iter_text())
list(Response(200, content=pieces(b"\xe9"), default_encoding="latin-1").iter_text())
list(Response(200, content=pieces(b"\xe9"), default_encoding=lambda b: "latin-1").iter_text())
list(Response(200, content=pieces(b"\xc3")).iter_text())
list(Response(200, content=b"a\nb\r\nc\rd").iter_lines()), list(Response(200, content=b"").iter_lines()), list(Response(200, content=b"\n").iter_lines()), list(Response(200, content=b"a\n\nb\n").iter_lines())
list(Response(200, content=pieces(b"a\r", b"\nb", b"c\n", b"d")).iter_lines())
list(Response(200, content=pieces(b"a\r", b"b\r", b"\r\n", b"\n")).iter_lines())
list(Response(200, content=pieces(b"a\r")).iter_lines()), list(Response(200, content=pieces(b"a\r", b"\n")).iter_lines())
list(Response(200, content="a\vb\fc\x1cd\x1de\x1ef\x85g\u2028h\u2029i".encode()).iter_lines())
list(Response(200, content=pieces(b"a", b"b", b"c")).iter_lines())
d = httpx._decoders.LineDecoder(); (d.decode("a\nb"), d.decode("c\r"), d.decode("\nd"), d.flush())
d = httpx._decoders.TextDecoder("utf-8"); (d.decode(b"\xc3"), d.decode(b"\xa9"), d.decode(b"\xc3"), d.flush())
d = httpx._decoders.ByteChunker(2); (d.decode(b"abc"), d.decode(b"d"), d.decode(b"e"), d.flush())
d = httpx._decoders.TextChunker(2); (d.decode("abc"), d.decode("d"), d.decode("e"), d.flush())
d = httpx._decoders.GZipDecoder(); (d.decode(gzip.compress(b"a")), d.flush())
d = httpx._decoders.DeflateDecoder(); (d.decode(zlib.compress(b"a")), d.flush())
d = httpx._decoders.IdentityDecoder(); (d.decode(b"a"), d.flush())
d = httpx._decoders.MultiDecoder([httpx._decoders.GZipDecoder(), httpx._decoders.IdentityDecoder()]); (d.decode(gzip.compress(b"a")), d.flush())
list(httpx._decoders.SUPPORTED_DECODERS), all(issubclass(d, httpx._decoders.ContentDecoder) for d in httpx._decoders.SUPPORTED_DECODERS.values())
"""  # noqa: E501


@program
def decoding_error_closes():
    response = httpx.Response(
        200,
        headers={"Content-Encoding": "gzip"},
        content=pieces(b"broken"),
        request=httpx.Request("GET", "http://a/"),
    )
    try:
        response.read()
    except httpx.DecodingError as error:
        return [error.request.url == "http://a/", type(error.__cause__).__name__, str(error)]


@program
def every_split_of_gzip():
    data = gzip.compress(b"hello world")
    for at in range(len(data)):
        response = httpx.Response(
            200, headers={"Content-Encoding": "gzip"}, content=pieces(data[:at], data[at:])
        )
        if response.read() != b"hello world":
            return at
    return "all equal"


@program
def num_bytes_while_streaming():
    data = zlib.compress(b"hello " * 100)
    response = httpx.Response(
        200, headers={"Content-Encoding": "deflate"}, content=pieces(data[:5], data[5:])
    )
    seen = [0]
    for _ in response.iter_bytes():
        seen.append(response.num_bytes_downloaded)
    return [seen[0], seen[-1] == len(data)]


@program
def lines_of_a_codec():
    text = "æ\nø\rå"
    response = httpx.Response(
        200, headers={"Content-Type": "x; charset=utf-16"}, content=pieces(text.encode("utf-16"))
    )
    return list(response.iter_lines())


@program
def async_lines():
    from ..helpers import apieces

    async def main():
        response = httpx.Response(200, content=apieces(b"a\r", b"\nb"))
        return [line async for line in response.aiter_lines()]

    return arun(main())


@program
def brotli_needs_nothing_here():
    return attempt(httpx._decoders.BrotliDecoder().flush)
