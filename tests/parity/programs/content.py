"""The encoders behind Request and Response, by the private names that others import."""

PROGRAMS = r"""
httpx._content.encode_json({"a": "é"})[0], list(httpx._content.encode_json({"a": "é"})[1])
httpx._content.encode_json([1, 2.0, None])[0]
httpx._content.encode_urlencoded_data({"a": "1", "b": [True, None]})[0], list(httpx._content.encode_urlencoded_data({"a": "1", "b": [True, None]})[1])
httpx._content.encode_urlencoded_data({})[0]
h, s = httpx._content.encode_multipart_data({"a": "1"}, {"f": b"x"}, b"B"); (h, list(s))
h, s = httpx._content.encode_multipart_data({}, {"f": ("n.txt", b"x")}, boundary=b"B"); (h, b"".join(s))
httpx._content.encode_text("é")[0], list(httpx._content.encode_text("é")[1])
httpx._content.encode_html("é")[0], list(httpx._content.encode_html("é")[1])
httpx._content.encode_content(b"x")[0], httpx._content.encode_content("")[0], httpx._content.encode_content([b"x"])[0]
httpx._content.encode_content({"a": 1})
httpx._content.encode_content(1)
httpx._content.encode_content(None)
httpx._content.encode_request()[0], list(httpx._content.encode_request()[1])
httpx._content.encode_request(data={"a": 1}, files={"f": b"x"}, boundary=b"B")[0]
httpx._content.encode_request(json=1)[0], httpx._content.encode_request(content="x")[0]
httpx._content.encode_response()[0], httpx._content.encode_response(content=b"x")[0], httpx._content.encode_response(text="x")[0], httpx._content.encode_response(html="x")[0], httpx._content.encode_response(json={})[0]
httpx._content.encode_response(content=[b"x"])[0]
list(httpx._content.encode_response(json={"a": "é", "b": 1})[1])
s = httpx._content.IteratorByteStream(stream=iter([b"a", b"b"])); (list(s), sig(httpx._content.IteratorByteStream))
s = httpx._content.IteratorByteStream(iter([b"a"])); list(s); list(s)
s = httpx._content.IteratorByteStream([b"a"]); (list(s), list(s))
s = httpx._content.IteratorByteStream(io.BytesIO(b"a" * 70000)); [len(x) for x in s]
sig(httpx._content.AsyncIteratorByteStream), issubclass(httpx._content.AsyncIteratorByteStream, AsyncByteStream), issubclass(httpx._content.IteratorByteStream, SyncByteStream)
list(httpx._content.UnattachedStream())
arun(gathered(httpx._content.UnattachedStream()))
sig(httpx._content.encode_request), sig(httpx._content.encode_response)
sig(httpx._content.encode_json), sig(httpx._content.encode_multipart_data), sig(httpx._content.encode_urlencoded_data), sig(httpx._content.encode_content), sig(httpx._content.encode_text), sig(httpx._content.encode_html)
httpx._utils.primitive_value_to_str(True), httpx._utils.primitive_value_to_str(None), httpx._utils.primitive_value_to_str(1.5)
httpx._utils.to_bytes("é"), httpx._utils.to_bytes(b"x"), httpx._utils.to_str(b"x"), httpx._utils.to_str("x"), httpx._utils.to_bytes_or_str("a", match_type_of=b""), httpx._utils.unquote('"a"'), httpx._utils.unquote("a")
httpx._utils.peek_filelike_length(io.BytesIO(b"abc")), httpx._utils.peek_filelike_length(object())
httpx._utils.is_ipv4_hostname("1.2.3.4"), httpx._utils.is_ipv4_hostname("1.2.3.4/8"), httpx._utils.is_ipv4_hostname("x"), httpx._utils.is_ipv6_hostname("::1"), httpx._utils.is_ipv6_hostname("[::1]")
"""  # noqa: E501
