"""Headers: forms of input, encodings, order, case, duplicates, equality, secrets."""

PROGRAMS = r"""
Headers()
Headers(None)
Headers({})
Headers({"A": "1", "b": "2"})
Headers([("A", "1"), ("a", "2"), ("B", "3")])
Headers([("A", "1"), ("a", "2")]).raw
Headers({b"A": b"1"}), Headers([(b"A", b"1")]).raw
Headers({"a": b"1"}), Headers({b"a": "1"})
Headers(Headers({"A": "1"})).raw
Headers(Headers([("A", "\u00e9".encode()), ("A", "2")])).encoding
Headers({"a": 1})
Headers({"a": None})
Headers([("a", 1)])
Headers({1: "a"})
Headers({"a": ["b"]})
Headers("a: b")
Headers(["ab"])
Headers(5)
Headers([("a",)])
Headers({"a": "é"})
Headers({"é": "a"})
Headers({"a": "é"}, encoding="utf-8")
Headers({"a": "é"}, encoding="iso-8859-1").raw
Headers({"a": "é".encode()}), Headers({"a": "é".encode()}).encoding
Headers({"a": "é".encode("latin-1")}), Headers({"a": "é".encode("latin-1")}).encoding
Headers({"a": b"\xff"}).encoding, Headers({"a": "x"}).encoding, Headers().encoding
h = Headers({"a": b"\xc3\xa9"}); h.encoding = "latin-1"; (h["a"], h)
h = Headers({"a": b"\xe9"}); h.encoding = "utf-8"; h["a"]
Headers({"a": "1"}, encoding="nope")
h = Headers(); h["A"] = "1"; h["b"] = "2"; h["a"] = "3"; (h.raw, h)
h = Headers([("a", "1"), ("b", "2"), ("A", "3")]); h["A"] = "9"; h.raw
h = Headers(); h["a"] = "é"; (h.raw, h.encoding, h)
h = Headers(); h["a"] = 1
h = Headers(); h["a"] = None
h = Headers(); h[1] = "a"
h = Headers(); h[b"a"] = b"1"; h.raw
h = Headers({"a": "1"}); h["a"], h["A"], h.get("A"), h.get("z"), h.get("z", "d")
Headers({"a": "1"})["z"]
Headers({"a": "1"})[b"a"]
Headers({"a": "1"}).get(b"a")
"A" in Headers({"a": "1"}), "z" in Headers({"a": "1"}), b"a" in Headers({"a": "1"})
h = Headers([("A", "1"), ("a", "2"), ("b", "3")]); (list(h), list(h.keys()), list(h.values()), list(h.items()), h.multi_items(), len(h))
h = Headers([("A", "1"), ("a", "2, 3"), ("b", "3")]); (h.get_list("a"), h.get_list("A", split_commas=True), h.get_list("z"), h.get_list("a", True))
Headers({"a": "1,2 , 3,,"}).get_list("a", split_commas=True)
type(Headers().keys()).__name__, type(Headers().values()).__name__, type(Headers().items()).__name__
h = Headers([("A", "1"), ("a", "2"), ("b", "3")]); del h["a"]; h.raw
h = Headers({"a": "1"}); del h["z"]
h = Headers({"a": "1"}); del h[b"a"]; h
h = Headers({"a": "1", "b": "2"}); h.update({"A": "9", "c": "3"}); h.raw
h = Headers({"a": "1", "b": "2"}); h.update([("a", "3"), ("a", "4")]); h.raw
h = Headers({"a": "1", "b": "2"}); h.update(None); h.raw
h = Headers({"a": "1", "b": "2"}); h.update(Headers([("B", "x"), ("b", "y")])); h.raw
h = Headers({"a": "1"}); h.update({"b": 5})
h = Headers({"a": "1"}); h.update(b="5")
h = Headers([("A", "1"), ("a", "2")]); c = h.copy(); c["x"] = "1"; (h, c, c.encoding)
h = Headers({"a": "1"}); (h.setdefault("a", "2"), h.setdefault("b", "3"), h.raw)
h = Headers([("a", "1"), ("a", "2")]); (h.pop("a"), h.pop("z", "d"), len(h))
h = Headers({"a": "1"}); h.pop("z")
h = Headers({"a": "1", "b": "2"}); (h.popitem(), h.raw)
h = Headers({"a": "1"}); h.clear(); h.raw
Headers({"a": "1"}) == {"A": "1"}, Headers({"A": "1"}) == Headers({"a": "1"}), Headers({"a": "1"}) == [("a", "1")], Headers() == None, Headers() == {}, Headers() == []
Headers([("a", "1"), ("b", "2")]) == Headers([("b", "2"), ("a", "1")]), Headers([("a", "1"), ("a", "2")]) == Headers([("a", "2"), ("a", "1")]), Headers({"a": "1"}) == {"a": "2"}
Headers([("a", "1"), ("a", "2")]) == {"a": "1, 2"}
Headers() == 1
Headers({"a": "1"}) == "ab"
Headers({"a": "1"}) != {"a": "1"}
Headers({"a": "1"}) == {"a": 1}
hash(Headers())
Headers({"Authorization": "Basic x", "Proxy-Authorization": "y", "Cookie": "z", "X": "1"})
Headers([("authorization", "x"), ("authorization", "y")])
str(Headers({"AUTHORIZATION": "x"}))
Headers([("authorization", "x")]).items(), Headers([("authorization", "x")]).raw
Headers({"a": "é".encode(), "authorization": "x"})
Headers({"a": "'\"\\"})
Headers({"A-b-C": "x"}).raw, Headers({"A-b-C": "x"}).keys()
Headers({"": ""}), Headers({"a b": "c\r\nd"}).raw
Headers({"a": "  x  "})["a"], Headers({"a": "x\x00"})["a"]
bool(Headers()), bool(Headers({"a": "1"}))
dict(Headers([("A", "1"), ("a", "2")])), dict(**Headers({"A": "1"}))
isinstance(Headers(), typing.MutableMapping)
Headers({"a": "1"})._list
Headers([("A", "1"), ("B", b"2")])._list
Headers({"Ä": "x"}, encoding="latin-1").raw
Headers({"a": "\u20ac"}, encoding="latin-1")
h = Headers({"a": "1"}, encoding="utf-8"); h.copy().encoding, Headers(h).encoding
Headers({"a": "1"}, encoding="utf-8"), Headers({"a": "1"}, encoding="ascii"), Headers({"a": "1"}, "iso-8859-1")
h = Headers({"a": "1"}); h.encoding = None
h = Headers({"x": b"\xe9", "y": b"\xc3\xa9"}); h.encoding, h["y"]
Headers({"a": bytearray(b"1")})
Headers({"a": "1"}.items())
Headers(iter([("a", "1")])).raw
Headers((("a", "1"), ("b", "2"))).raw
"""  # noqa: E501
