"""Headers, QueryParams and Cookies as mappings: every method, on ordinary and odd values."""

PROGRAMS = r"""
h = Headers([("A", "1"), ("a", "2"), ("B", "3")]); (list(h), list(h.keys()), list(h.values()), list(h.items()), h.multi_items(), h.raw, len(h))
h = Headers({"A": "1"}); (h.get("a"), h.get("x"), h.get("x", "d"), h.get("A", None), h["A"], "a" in h, "x" in h)
h = Headers({"A": "1"}); h["x"]
h = Headers({"A": "1"}); del h["x"]
h = Headers([("A", "1"), ("a", "2"), ("B", "3")]); del h["A"]; h
h = Headers([("A", "1"), ("B", "2"), ("a", "3")]); h["a"] = "9"; (h.raw, len(h))
h = Headers({"A": "1"}); h.setdefault("a", "2"), h.setdefault("B", "3"), h
h = Headers({"A": "1"}); h.pop("a"), h.pop("x", "d"), h
h = Headers({"A": "1"}); h.pop("x")
h = Headers({"A": "1", "B": "2"}); h.popitem(), h
h = Headers({"A": "1", "B": "2"}); h.clear(); h
h = Headers({"A": "1", "B": "2"}); h.update({"b": "3", "C": "4"}); h.raw
h = Headers({"A": "1", "B": "2"}); h.update([("b", "3"), ("B", "4")]); h.raw
h = Headers({"A": "1"}); h.update(Headers({"A": "2"})); h.raw
h = Headers({"A": "1"}); h.update(None); h.raw
h = Headers({"A": "1"}); h.update(5)
h = Headers({"A": "1"}); h.update({"B": 5})
h = Headers({"A": "1"}); c = h.copy(); c["A"] = "2"; (h, c, type(c).__name__)
h = Headers([("A", "1, 2"), ("A", "3")]); (h.get_list("a"), h.get_list("a", split_commas=True), h.get_list("a", True), h.get_list("x"), h["a"])
Headers({"A": "1"}) == {"a": "1"}, Headers({"A": "1"}) == [("a", "1")], Headers({"A": "1"}) == Headers({"a": "1"}), Headers({"A": "1"}) != {"A": "2"}, Headers() == {}, Headers() == None
Headers({"A": "1"}) == 5
Headers({"A": "1"}) == "x"
Headers([("A", "1"), ("B", "2")]) == [("B", "2"), ("A", "1")], Headers([("A", "1"), ("A", "2")]) == [("A", "2"), ("A", "1")]
hash(Headers())
bool(Headers()), bool(Headers({"a": "1"}))
Headers({"Authorization": "x", "Proxy-Authorization": "y", "Cookie": "z", "X-Api-Key": "k"})
Headers([("Authorization", "x"), ("authorization", "y")])
str(Headers({"A": "1"})), repr(Headers({"a": "é".encode("latin-1")})), repr(Headers({"a": "é".encode()}))
Headers({"A": b"1", b"B": "2", b"C": b"3"}), Headers([(b"A", b"1")]).raw
Headers({"a": "é".encode("latin-1")}).encoding, Headers({"a": "é".encode()}).encoding, Headers({"a": "e"}).encoding, Headers({}).encoding
h = Headers({"a": "é".encode()}); h.encoding = "latin-1"; (h["a"], h.encoding, h)
h = Headers({"a": b"x"}); h.encoding = "ascii"; h.encoding = None; h.encoding
Headers({"a": "é"}, encoding="utf-8").raw, Headers({"a": "é"}, encoding="latin-1").raw
h = Headers(); h["a"] = "é"; (h.raw, h.encoding, h)
Headers(encoding="nope")
Headers({"a": "1"}, encoding="nope")
Headers({"a": None})
Headers({"a": 1.5})
Headers({"a": ["1"]})
Headers([("a",)])
Headers(["ab"])
Headers("ab")
Headers(5)
Headers([("a", "1", "2")])
Headers({"": "x", "a": ""}), Headers({"a b": " x "})
Headers(iter([("a", "1")])), Headers(dict(a="1").items()), Headers((("a", "1"),))
Headers(Headers([("A", "1"), ("a", "2")])).raw
Headers({"a": "1"})._list, Headers([("A", "1")])._list
Headers({"a": "x\ny"})["a"], Headers({"a": "x\0"})["a"]
list(reversed(list(Headers({"a": "1", "b": "2"})))), sorted(Headers({"b": "1", "a": "2"}))
dict(Headers([("A", "1"), ("a", "2")])), {**Headers({"A": "1"})}
isinstance(Headers(), typing.MutableMapping), isinstance(Headers(), dict), Headers.__mro__[1].__name__
Headers({"Set-Cookie": "a"}).get_list("set-cookie"), Headers([("Set-Cookie", "a"), ("Set-Cookie", "b")])["set-cookie"]
"A" in Headers({"a": "1"}), 5 in Headers({"a": "1"})
q = QueryParams("a=1&a=2&b=3"); (list(q), list(q.keys()), list(q.values()), list(q.items()), q.multi_items(), len(q), str(q), repr(q))
q = QueryParams("a=1&a=2"); (q["a"], q.get("a"), q.get("x"), q.get("x", "d"), q.get_list("a"), q.get_list("x"), "a" in q, "x" in q)
QueryParams("a=1")["x"]
QueryParams({"a": [1, 2], "b": (3, 4), "c": None, "d": True, "e": False, "f": 1.5, "g": "x y"})
QueryParams({"a": [1, None, True]}), QueryParams({"a": []}), QueryParams({"a": ()})
QueryParams([("a", 1), ("a", 2), ("b", None)]), QueryParams((("a", "1"),))
QueryParams({"a": {"b": 1}})
QueryParams([("a", [1, 2])])
QueryParams(b"a=1"), QueryParams("?a=1"), QueryParams("a=1;b=2"), QueryParams("a"), QueryParams("=1"), QueryParams("&&"), QueryParams("a=1&")
QueryParams("a=%20+b&c=%zz&d=é&e=%C3%A9&f=%E9")
QueryParams("a=b=c"), QueryParams("a==")
QueryParams(a=1, b="x"), QueryParams(a=[1, 2])
QueryParams({"a": 1}, b=2)
QueryParams("a", "b")
QueryParams(None), QueryParams(), QueryParams({}), QueryParams([]), QueryParams("")
QueryParams(5)
QueryParams([1])
QueryParams([("a",)])
QueryParams(iter([("a", "1")]))
QueryParams(QueryParams("a=1&a=2")), QueryParams(QueryParams("a=1")) == QueryParams("a=1")
QueryParams({1: 2}), QueryParams({b"a": b"b"}), QueryParams([(b"a", b"b")])
q = QueryParams("a=1"); (q.set("a", 2), q.set("b", None), q.add("a", 3), q.remove("a"), q.remove("x"), q.merge({"a": 9, "b": 8}), q)
QueryParams("a=1&b=2&a=3").set("a", "x"), QueryParams("a=1&b=2&a=3").merge("a=5&a=6"), QueryParams("a=1").merge(None), QueryParams("a=1").merge({})
QueryParams("a=1").set("a", [1, 2])
QueryParams("a=1").add("a", [1, 2])
q = QueryParams("a=1"); q["a"] = "2"
q = QueryParams("a=1"); q.update({"a": "2"})
q = QueryParams("a=1"); del q["a"]
QueryParams("a=1&b=2") == QueryParams("b=2&a=1"), QueryParams("a=1") == "a=1", QueryParams("a=1") == {"a": "1"}, QueryParams("a=1&a=2") == QueryParams("a=2&a=1"), QueryParams() == QueryParams("")
hash(QueryParams("a=1")) == hash(QueryParams("a=1")), len({QueryParams("a=1"), QueryParams("a=1")})
bool(QueryParams()), bool(QueryParams("a=1"))
str(QueryParams({"a b": "c&d", "e": "/?:@", "f": "ü~*", "g": "%20"}))
str(QueryParams({"a": ""})), str(QueryParams("a")), str(QueryParams("a=&b"))
dict(QueryParams("a=1&a=2")), {**QueryParams("a=1")}, list(iter(QueryParams("a=1&b=2")))
isinstance(QueryParams(), typing.Mapping), isinstance(QueryParams(), typing.MutableMapping)
QueryParams("a=1&a=2")._dict
c = Cookies({"a": "1", "b": "2"}); (list(c), list(c.keys()), list(c.values()), list(c.items()), len(c), bool(c), "a" in c, "x" in c, c["a"], c.get("x"), c.get("x", "d"))
Cookies()["x"]
c = Cookies({"a": "1"}); del c["x"]; c
c = Cookies({"a": "1"}); del c["a"]; (c, len(c), bool(c))
c = Cookies([("a", "1"), ("b", "2")]); c
c = Cookies(); c["a"] = "1"; c["a"] = "2"; c
c = Cookies(); c.set("a", "1", domain="e.com"); c.set("a", "2", domain="f.com"); (c.get("a", domain="e.com"), c.get("a", domain="f.com"), len(c), repr(c))
c = Cookies(); c.set("a", "1", domain="e.com"); c.set("a", "2", domain="f.com"); c["a"]
c = Cookies(); c.set("a", "1", path="/x"); c.set("a", "2", path="/y"); (c.get("a", path="/x"), c.get("a", path="/z", default="d"))
c = Cookies(); c.set("a", "1", domain="e.com"); c.set("b", "2", domain="f.com"); c.delete("a"); c
c = Cookies(); c.set("a", "1", domain="e.com"); c.delete("a", domain="f.com"); c
c = Cookies(); c.set("a", "1", domain="e.com", path="/p"); c.delete("a", domain="e.com", path="/p"); c
c = Cookies({"a": "1"}); c.clear(); (c, len(c))
c = Cookies(); c.set("a", "1", domain="e.com"); c.set("b", "2", domain="f.com"); c.clear(domain="e.com"); c
c = Cookies(); c.set("a", "1", domain="e.com", path="/x"); c.set("b", "2", domain="e.com", path="/y"); c.clear(domain="e.com", path="/x"); c
c = Cookies(); c.clear(domain="x")
c = Cookies({"a": "1"}); c.update({"a": "2", "b": "3"}); c
c = Cookies({"a": "1"}); c.update(Cookies({"c": "3"})); c.update(None); c.update([("d", "4")]); c
Cookies(Cookies({"a": "1"})).jar is not None, Cookies(Cookies({"a": "1"}))
j = CookieJar(); Cookies(j).jar is j
c = Cookies({"a": "1"}); c.pop("a"), c.setdefault("b", "2"), c
c = Cookies({"a": "1"}); [(k.name, k.value, k.domain, k.path, k.secure, k.expires, k.discard, k.port, k.version, k.domain_specified, k.path_specified) for k in c.jar]
Cookies({"a": 1})["a"], Cookies({"a": None}).get("a")
Cookies({5: "x"})
Cookies({"a": "1"}) == Cookies({"a": "1"}), Cookies({"a": "1"}) == {"a": "1"}, Cookies() == {}
hash(Cookies())
r = Request("GET", "http://e.com"); Cookies({"a": "1", "b": "x y"}).set_cookie_header(r); r.headers.get("cookie")
r = Request("GET", "http://e.com", headers={"Cookie": "z=9"}); Cookies({"a": "1"}).set_cookie_header(r); r.headers.get_list("cookie")
r = Request("GET", "http://e.com/x"); c = Cookies(); c.set("a", "1", path="/x"); c.set("b", "2", path="/y"); c.set("c", "3", domain="e.com"); c.set("d", "4", domain="f.com"); c.set_cookie_header(r); r.headers.get("cookie")
Request("GET", "http://e.com", cookies={"a": "1"}).headers["cookie"], Request("GET", "http://e.com", cookies=[("a", "1"), ("b", "2")]).headers["cookie"], Request("GET", "http://e.com", cookies={}).headers.get("cookie")
Request("GET", "http://e.com", cookies={"a": "1"}, headers={"Cookie": "b=2"}).headers.get_list("cookie")
c = Cookies(); c.extract_cookies(Response(200, headers=[("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Domain=e.com; Secure; HttpOnly")], request=Request("GET", "http://e.com/"))); (c, c["a"])
c = Cookies(); c.extract_cookies(Response(200, headers={"Set-Cookie": "a=1; Domain=other.org"}, request=Request("GET", "http://e.com/"))); c
c = Cookies(); c.extract_cookies(Response(200, request=Request("GET", "http://e.com/"))); c
Response(200, headers={"Set-Cookie": "a=1"}, request=Request("GET", "http://e.com")).cookies, Response(200, request=Request("GET", "http://e.com")).cookies
Response(200, headers={"Set-Cookie": "a=1"}).cookies
isinstance(Cookies(), typing.MutableMapping), Cookies.__mro__[1].__name__
repr(Cookies({"a": "1"})), str(Cookies({"a": "1"})), repr(Cookies())
"""  # noqa: E501
