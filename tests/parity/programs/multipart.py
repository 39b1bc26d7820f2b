"""Multipart bodies: layout, names, types, escaping, lengths, refusals."""

from ..helpers import Chunks, arun, httpx, io, texts
from ..table import program

PROGRAMS = r"""
texts(Request("POST", "http://a", files={"f": b"data"}))
texts(Request("POST", "http://a", files={"f": "text é"}))
texts(Request("POST", "http://a", files={"f": io.BytesIO(b"data")}))
texts(Request("POST", "http://a", files={"f": ("name.txt", b"data")}))
texts(Request("POST", "http://a", files={"f": ("name.json", "{}")}))
texts(Request("POST", "http://a", files={"f": ("name.unknownext", b"data")}))
texts(Request("POST", "http://a", files={"f": ("name.tar.gz", b"data")}))
texts(Request("POST", "http://a", files={"f": ("name.txt", b"data", "image/x")}))
texts(Request("POST", "http://a", files={"f": ("name.txt", b"data", None)}))
texts(Request("POST", "http://a", files={"f": ("name.txt", b"data", "image/x", {"X-A": "1", "x-b": "2"})}))
texts(Request("POST", "http://a", files={"f": ("name.txt", b"data", "image/x", {"content-type": "a/b"})}))
texts(Request("POST", "http://a", files={"f": ("name.txt", b"data", None, {"Content-Type": "a/b"})}))
texts(Request("POST", "http://a", files={"f": ("name.txt", b"data", None, {"Expires": "0"})}))
texts(Request("POST", "http://a", files={"f": (None, b"data")}))
texts(Request("POST", "http://a", files={"f": (None, "data", "application/json")}))
texts(Request("POST", "http://a", files={"f": ("", b"data")}))
texts(Request("POST", "http://a", files=[("f", b"1"), ("f", b"2"), ("g", ("n", b"3"))]))
texts(Request("POST", "http://a", data={"a": "1", "b": ["2", "3"], "c": ("4",)}, files={"f": b"x"}))
texts(Request("POST", "http://a", data={"a": 1, "b": 1.5, "c": None, "d": True, "e": b"raw", "g": "é"}, files={"f": b"x"}))
texts(Request("POST", "http://a", data={"a": []}, files={"f": b"x"}))
texts(Request("POST", "http://a", data={'a"b\\c\r\nd': "v"}, files={'f"\n\\': ('n"\r\n\\\x1b\t.txt', b"x")}))
texts(Request("POST", "http://a", data={"é": "v"}, files={"ü": ("ñ.txt", b"x")}))
texts(Request("POST", "http://a", files={"f": b""}))
texts(Request("POST", "http://a", files={"f": b"x"}, headers={"Content-Type": "multipart/form-data; boundary=XX"}))
texts(Request("POST", "http://a", files={"f": b"x"}, headers={"Content-Type": 'multipart/form-data; boundary="X Y"'}))
texts(Request("POST", "http://a", files={"f": b"x"}, headers={"Content-Type": "multipart/form-data; charset=utf-8; boundary=XX; a=b"}))
texts(Request("POST", "http://a", files={"f": b"x"}, headers={"Content-Type": "multipart/mixed; boundary=XX"}))
texts(Request("POST", "http://a", files={"f": b"x"}, headers={"Content-Type": "multipart/form-data"}))
texts(Request("POST", "http://a", files={"f": b"x"}, headers={"Content-Type": "text/plain"}))
texts(Request("POST", "http://a", files={"f": b"x"}, headers={"Content-Type": "multipart/form-data; BOUNDARY=XX"}))
texts(Request("POST", "http://a", files={"f": b"x"}, headers={"Content-Length": "5"}))
Request("POST", "http://a", files={"f": io.StringIO("x")})
Request("POST", "http://a", files={"f": open(os.devnull)})
Request("POST", "http://a", files={"f": 5})
Request("POST", "http://a", files={"f": None})
Request("POST", "http://a", files={"f": ("n",)})
Request("POST", "http://a", files={"f": ("n", b"x", "t", {}, 5)})
Request("POST", "http://a", files={"f": ("n", 5)})
Request("POST", "http://a", files={"f": ["n", b"x"]}).read()
Request("POST", "http://a", files={"f": ("n", b"x", 5)}).read()
Request("POST", "http://a", files={5: b"x"})
Request("POST", "http://a", files={b"f": b"x"}).read()
Request("POST", "http://a", files="x")
Request("POST", "http://a", files=b"x")
Request("POST", "http://a", files=5)
Request("POST", "http://a", data={"a": {"b": 1}}, files={"f": b"x"})
Request("POST", "http://a", data={"a": [{"b": 1}]}, files={"f": b"x"})
Request("POST", "http://a", data={"a": object}, files={"f": b"x"})
Request("POST", "http://a", data={5: "x"}, files={"f": b"x"})
Request("POST", "http://a", data={b"a": "x"}, files={"f": b"x"})
Request("POST", "http://a", data=[("a", "b")], files={"f": b"x"})
Request("POST", "http://a", data="x", files={"f": b"x"}).read()
r = Request("POST", "http://a", files={"f": b"x"}); r.read() == r.read(), len(r.read()) == int(r.headers["content-length"])
s = httpx._multipart.MultipartStream(data={"a": "1"}, files={"f": b"x"}, boundary=b"BB"); (s.get_headers(), s.content_type, s.boundary, s.get_content_length(), b"".join(s), b"".join(s))
s = httpx._multipart.MultipartStream({}, {}); (len(s.boundary), b"".join(s)[:2])
s = httpx._multipart.MultipartStream(data={"a": "1"}, files={}, boundary=b"BB"); [type(f).__name__ for f in s.fields], list(s.iter_chunks())
f = httpx._multipart.DataField(name="a", value="é"); (f.name, f.value, f.render_headers(), f.render_data(), f.get_length(), list(f.render()))
f = httpx._multipart.DataField("a", 1.5); (f.value, f.render_data())
httpx._multipart.DataField(5, "x")
httpx._multipart.DataField("a", [])
f = httpx._multipart.FileField(name="a", value=("n.png", b"x")); (f.name, f.filename, f.headers, f.file, f.get_length(), f.render_headers(), list(f.render_data()))
f = httpx._multipart.FileField("a", io.BytesIO(b"xyz")); (f.filename, f.headers, f.get_length(), list(f.render_data()))
sig(httpx._multipart.MultipartStream), sig(httpx._multipart.DataField), sig(httpx._multipart.FileField)
httpx._multipart.get_multipart_boundary_from_content_type(b"multipart/form-data; boundary=x"), httpx._multipart.get_multipart_boundary_from_content_type(b"text/plain"), httpx._multipart.get_multipart_boundary_from_content_type(None)
texts(Request("POST", "http://a", files={"f": ("a/b/c.txt", b"x")}))
texts(Request("POST", "http://a", files={"f": ("n.txt", b"x")}, data={}))
texts(Request("POST", "http://a", files={"f": ("n.TXT", b"x")}))
texts(Request("POST", "http://a", files={"f": ("n.txt", b"a\r\nb")}))
texts(Request("POST", "http://a", files={"f": ("n.txt", b"x", "t/x", {"A\r\nB": "c"})}))
texts(Request("POST", "http://a", files={"f": ("n.txt", b"x", "t/x", {"A": "c\r\nd"})}))
texts(Request("POST", "http://a", files={"f": ("n.txt", b"x", "t/x\r\nA: b")}))
texts(Request("POST", "http://a", files=(("f", b"1"),)))
texts(Request("POST", "http://a", files={"f": b"x"}, json={"a": 1}))
"""  # noqa: E501


@program
def named_file():
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "picture.png")
        with open(path, "wb") as file:
            file.write(b"png")
        with open(path, "rb") as file:
            return texts(httpx.Request("POST", "http://a", files={"f": file}))


@program
def file_rewinds():
    file = io.BytesIO(b"0123456789")
    file.seek(5)
    request = httpx.Request("POST", "http://a", files={"f": file})
    return [request.headers["content-length"], request.read()[-60:].split(b"\r\n")[1]]


@program
def file_sent_twice():
    request = httpx.Request("POST", "http://a", files={"f": io.BytesIO(b"abc")})
    return [b"".join(request.stream) == b"".join(request.stream)]


@program
def unseekable_file_is_chunked():
    class Pipe:
        def __init__(self):
            self.left = [b"ab", b""]

        def read(self, size=-1):
            return self.left.pop(0)

    request = httpx.Request("POST", "http://a", files={"f": Pipe()})
    return texts(request)


@program
def unseekable_file_sent_twice():
    class Pipe:
        def __init__(self):
            self.left = [b"ab", b""]

        def read(self, size=-1):
            return self.left.pop(0) if self.left else b""

    request = httpx.Request("POST", "http://a", files={"f": Pipe()})
    first = len(b"".join(request.stream))
    try:
        return [first, len(b"".join(request.stream))]
    except Exception as error:
        return [first, type(error).__name__, str(error)]


@program
def async_iteration():
    request = httpx.Request("POST", "http://a", files={"f": io.BytesIO(b"abc")})

    async def main():
        return [len(piece) async for piece in request.stream]

    return [sum(arun(main())) == int(request.headers["content-length"])]


@program
def big_file_pieces():
    request = httpx.Request("POST", "http://a", files={"f": io.BytesIO(b"x" * 150_000)})
    return [len(piece) for piece in request.stream if len(piece) > 1000]


@program
def stream_object_as_file():
    return texts(httpx.Request("POST", "http://a", files={"f": Chunks(b"x")}))
