"""URLs by their components: each given, replaced, encoded, joined."""

PROGRAMS = r"""
URL("https://e.com/").copy_with(scheme="http")
URL("https://e.com/").copy_with(scheme="HTTP")
URL("https://e.com/").copy_with(scheme="")
URL("https://e.com/").copy_with(scheme="ht tp")
URL("https://e.com/").copy_with(scheme="1http")
URL("https://e.com/").copy_with(scheme=b"http")
URL("https://e.com/").copy_with(host="other.org")
URL("https://e.com/").copy_with(host="OTHER.org")
URL("https://e.com/").copy_with(host="")
URL("https://e.com/").copy_with(host="[::1]")
URL("https://e.com/").copy_with(host="::1")
URL("https://e.com/").copy_with(host="1.2.3.4")
URL("https://e.com/").copy_with(host="1.2.3.999")
URL("https://e.com/").copy_with(host="ünï.org")
URL("https://e.com/").copy_with(host="a/b")
URL("https://e.com/").copy_with(host="a b")
URL("https://e.com/").copy_with(host="a@b")
URL("https://e.com/").copy_with(host="a:80")
URL("https://e.com/").copy_with(host=None)
URL("https://e.com/").copy_with(port=81)
URL("https://e.com/").copy_with(port=443)
URL("https://e.com:81/").copy_with(port=None)
URL("https://e.com/").copy_with(port=0)
URL("https://e.com/").copy_with(port="81")
URL("https://e.com/").copy_with(port=81.5)
URL("https://e.com:81/").copy_with(scheme="http", port=80)
URL("https://e.com/a").copy_with(path="/b c")
URL("https://e.com/a").copy_with(path="b")
URL("https://e.com/a").copy_with(path="")
URL("https://e.com/a").copy_with(path="/a%20b%zz")
URL("https://e.com/a").copy_with(path="/a?b")
URL("https://e.com/a").copy_with(path="/a#b")
URL("https://e.com/a").copy_with(path="/../b/./c")
URL("https://e.com/a").copy_with(path="//b")
URL("https://e.com/a").copy_with(path=b"/b")
URL("https://e.com/a").copy_with(path="/é/\u2028")
URL("https://e.com/a?b").copy_with(query=b"c=d")
URL("https://e.com/a?b").copy_with(query=b"")
URL("https://e.com/a?b").copy_with(query=None)
URL("https://e.com/a?b").copy_with(query=b"a b&c=%20")
URL("https://e.com/a?b").copy_with(query="c")
URL("https://e.com/a?b").copy_with(query=b"#")
URL("https://e.com/a?b").copy_with(fragment="f g")
URL("https://e.com/a#b").copy_with(fragment="")
URL("https://e.com/a#b").copy_with(fragment=None)
URL("https://e.com/a#b").copy_with(fragment=b"x")
URL("https://e.com/a?b").copy_with(raw_path=b"/c?d=e")
URL("https://e.com/a?b").copy_with(raw_path=b"/c")
URL("https://e.com/a?b").copy_with(raw_path=b"/c?")
URL("https://e.com/a?b").copy_with(raw_path=b"")
URL("https://e.com/a?b").copy_with(raw_path="/c")
URL("https://e.com/a?b").copy_with(netloc=b"f.org:82")
URL("https://e.com/a?b").copy_with(netloc=b"f.org")
URL("https://e.com/a?b").copy_with(netloc=b"")
URL("https://e.com/a?b").copy_with(netloc="f.org")
URL("https://u:p@e.com/").copy_with(netloc=b"f.org")
URL("https://u:p@e.com/").copy_with(userinfo=b"x:y")
URL("https://u:p@e.com/").copy_with(userinfo=b"")
URL("https://u:p@e.com/").copy_with(userinfo=None)
URL("https://u:p@e.com/").copy_with(userinfo=b"x@y")
URL("https://e.com/").copy_with(username="x")
URL("https://e.com/").copy_with(password="y")
URL("https://e.com/").copy_with(username="x", password="y")
str(URL("https://e.com/").copy_with(username="x:/@", password="y:/@é"))
URL("https://u:p@e.com/").copy_with(username=None, password=None)
URL("https://u:p@e.com/").copy_with(username="")
URL("https://e.com/?a=1").copy_with(params={"b": "2"})
URL("https://e.com/?a=1").copy_with(params={})
URL("https://e.com/?a=1").copy_with(params=None)
URL("https://e.com/?a=1").copy_with(params=[("a", "1"), ("a", "2")])
URL("https://e.com/?a=1").copy_with(params="x=y&z")
URL("https://e.com/?a=1").copy_with(params={"a b": "c&d=e+f/ü"})
URL("https://e.com/").copy_with(nope="x")
URL("https://e.com/").copy_with(scheme=5)
URL("https://e.com/").copy_with(username=b"x")
URL(scheme="https", host="e.com", path="/x", query=b"a=b", fragment="f", port=81, username="u", password="p")
URL(host="e.com")
URL(path="/x")
URL(path="x")
URL(query=b"a=b")
URL(fragment="f")
URL(scheme="https")
URL(scheme="https", path="/x")
URL(scheme="mailto", path="a@b")
URL(username="u", host="e.com")
URL(port=80)
URL("/x", scheme="https", host="e.com")
URL("https://e.com", params={"a": "1"})
URL("https://e.com?x=1", params={"a": "1"})
URL("https://e.com?x=1", params=None)
URL("https://e.com?x=1", params={})
URL("https://e.com", params=QueryParams(a=1))
URL("https://e.com", params=5)
URL("https://e.com#f", params={"a": "1"})
u = URL("https://us%40er:p%20w@e.com:81/p%20q/%C3%BC?a=%20&b=ü#fr%20ag"); (u.scheme, u.username, u.password, u.userinfo, u.host, u.raw_host, u.port, u.netloc, u.path, u.raw_path, u.query, u.params, u.fragment)
u = URL("https://[::1]:81/"); (u.host, u.raw_host, u.port, u.netloc, str(u))
u = URL("https://[2001:DB8::1]/"); (u.host, u.raw_host, u.netloc, str(u))
u = URL("https://[fe80::1%25eth0]/")
u = URL("https://1.2.3.4"); (u.host, u.raw_host, u.netloc)
u = URL("https://EXAMPLE.com."); (u.host, u.netloc)
u = URL("https://xn--fiqs8s.com"); (u.host, u.raw_host)
u = URL("https://中国.icom.museum:81/"); (str(u), u.host, u.raw_host, u.netloc, u.scheme, u.port)
u = URL("http://Königsgäßchen.de"); (str(u), u.host, u.raw_host)
u = URL("https://faß.de"); (str(u), u.host, u.raw_host)
u = URL("https://βόλος.com:443"); (str(u), u.host, u.raw_host, u.port)
u = URL("http://ශ්‍රී.com:444"); (str(u), u.host, u.raw_host, u.port)
u = URL("https://نامه‌ای.com"); (str(u), u.host, u.raw_host)
u = URL("http://ex_ample.com"); (u.host, u.raw_host)
u = URL("http://-a-.com"); u.host
u = URL("http://a..b"); u.host
u = URL("http://.a"); u.host
u = URL("http://%41.com"); (u.host, u.raw_host)
u = URL("http://a%zz.com"); (u.host, u.raw_host)
u = URL("http://a_b!c$d"); u.host
URL("http://☃.com/")
URL("http://a\u200db.com/")
URL("http://xn--a/").raw_host
URL("http://e.com/%")
URL("http://e.com/%2")
URL("http://e.com/%2f%2F")
URL("http://e.com/a%2fb").path, URL("http://e.com/a%2fb").raw_path
URL("http://e.com/%zz%41")
URL("http://e.com/a b").raw_path
URL("http://e.com/a\\b").raw_path
URL("http://e.com/a|b").raw_path
URL("http://e.com/a^b`c{d}").raw_path
URL("http://e.com/\"<>").raw_path
URL("http://e.com/!$&'()*+,;=:@-._~").raw_path
URL("http://e.com/[a]").raw_path
URL("http://e.com/é?é#é").raw_path, str(URL("http://e.com/é?é#é"))
URL("http://e.com/?a b").query
URL("http://e.com/?a=b c&d=\"<>'#x").query
URL("http://e.com/?^`{}|\\").query
URL("http://e.com/?/?:@-._~!$&()*+,;=").query
URL("http://e.com/?[]").query
URL("http://e.com/?%").query
URL("http://e.com/?%41%zz").query
URL("http://e.com/??").query
URL("http://e.com/?#").query, str(URL("http://e.com/?#"))
URL("http://e.com?"), URL("http://e.com#"), URL("http://e.com?#")
str(URL("http://e.com/#a b\"<>`")), URL("http://e.com/#a b").fragment
str(URL("http://e.com/#^{}|\\[]"))
str(URL("http://e.com/##")), URL("http://e.com/#%41").fragment
str(URL("http://a b:c d@e.com/")), URL("http://a b:c d@e.com/").username
str(URL("http://a:b:c@e.com/")), URL("http://a:b:c@e.com/").password
str(URL("http://a@b@e.com/")), URL("http://a@b@e.com/").username
str(URL("http://:p@e.com/")), URL("http://:p@e.com/").username, URL("http://:p@e.com/").password
str(URL("http://u:@e.com/")), URL("http://u:@e.com/").password
str(URL("http://@e.com/")), URL("http://@e.com/").userinfo
str(URL("http://é:ü@e.com/")), URL("http://é:ü@e.com/").username
str(URL("http://%zz@e.com/")), URL("http://%zz@e.com/").username
URL("http://e.com:"), URL("http://e.com:/"), URL("http://e.com:80"), URL("http://e.com:080")
URL("http://e.com:x")
URL("http://e.com:80x")
URL("http://e.com: 80")
URL("http://e.com:+80")
URL("http://:80/")
URL("http://[::1")
URL("http://::1/")
URL("http://[]/")
URL("http://[x]/")
URL("http://[1.2.3.4]/")
URL("http://256.1.1.1/")
URL("http://1.2.3/").host, URL("http://1.2.3.4.5/").host, URL("http://01.2.3.4/")
URL("http://0x7f.1/").host
URL("ws://e.com:80"), URL("wss://e.com:443"), URL("ftp://e.com:21"), URL("foo://e.com:80")
URL("HTTP://E.COM/A"), URL("hTTps://e.com")
URL("mailto:a@b.c"), URL("data:text/plain,x"), URL("urn:a:b"), URL("file:///a/b")
URL("foo:/a/../b"), URL("foo:a/../b"), URL("foo:")
URL("a"), URL("a/b"), URL("./a"), URL("../a"), URL("/a"), URL("?a"), URL("#a"), URL("")
URL("//a"), URL("//a/b"), URL("//a:81")
URL("a:b")
URL(":a")
URL("1:a")
URL("http:"), URL("http:/a"), URL("http:a"), URL("http:///a")
URL("http://"), URL("http://?a"), URL("http://#a")
URL(" http://e.com")
URL("http://e.com ")
URL("http://e.com/\t")
URL("http://e.com/\x7f")
URL("http://e.com/\x80")
URL("http://e.com\n/")
URL("https://e.com/a/b?c").join("d")
URL("https://e.com/a/b?c").join("/d")
URL("https://e.com/a/b?c").join("?d")
URL("https://e.com/a/b?c").join("#d")
URL("https://e.com/a/b?c").join("")
URL("https://e.com/a/b?c").join("../d")
URL("https://e.com/a/b?c").join("../../../d")
URL("https://e.com/a/b?c").join("./d/")
URL("https://e.com/a/b?c").join("//f.org/d")
URL("https://e.com/a/b?c").join("http://f.org")
URL("https://e.com/a/b?c").join("mailto:x")
URL("https://e.com/a/b?c").join("d;p=1?q#f")
URL("https://e.com/a/b?c").join("é d")
URL("https://e.com/a/b?c").join(URL("d"))
URL("https://e.com").join("d")
URL("https://u:p@e.com/").join("/d")
URL("/a/b").join("c")
URL("a/b").join("c")
URL("https://e.com").join(5)
URL("https://e.com/x/").join("y:z")
[str(URL("http://a/b/c/d;p?q").join(x)) for x in "g:h g ./g g/ /g //g ?y g?y #s g#s g?y#s ;x g;x g;x?y#s . ./ .. ../ ../g ../.. ../../ ../../g".split()]
[str(URL("http://a/b/c/d;p?q").join(x)) for x in "../../../g ../../../../g /./g /../g g. .g g.. ..g ./../g ./g/. g/./h g/../h g;x=1/./y g;x=1/../y g?y/./x g?y/../x g#s/./x g#s/../x http:g".split()]
URL("https://e.com").copy_set_param("a", "1"), URL("https://e.com?a=1&a=2").copy_set_param("a", "3")
URL("https://e.com?a=1").copy_add_param("a", "2"), URL("https://e.com").copy_add_param("a b", "c d")
URL("https://e.com?a=1&b=2&a=3").copy_remove_param("a"), URL("https://e.com?a=1").copy_remove_param("a"), URL("https://e.com").copy_remove_param("a")
URL("https://e.com?a=1").copy_merge_params({"a": "2", "b": "3"}), URL("https://e.com?a=1").copy_merge_params([("b", "1"), ("b", "2")])
URL("https://e.com").copy_set_param("a", 5), URL("https://e.com").copy_set_param("a", None), URL("https://e.com").copy_set_param("a", True)
URL("https://e.com").is_absolute_url, URL("/a").is_absolute_url, URL("//a").is_absolute_url, URL("mailto:x").is_absolute_url, URL("").is_relative_url
URL("https://e.com").raw
URL("https://u:p@[::1]:81/a?b#c").raw
hash(URL("http://e.com")) == hash(URL("http://e.com:80")), len({URL("http://e.com"), URL("http://e.com"), "x"})
URL("http://e.com") == 5, URL("http://e.com") == None, URL("http://e.com") == "http://e.com:80", URL("http://e.com") == "http://[", "http://e.com" == URL("http://e.com")
URL(URL("http://e.com/a b")), URL(URL("http://e.com"), path="/x") , URL(URL("http://e.com")) is not None
URL(b"http://e.com")
URL(5)
URL(None)
URL("http://e.com/" + "a" * 65536)
URL("http://" + "a" * 65530)
URL("http://e.com").copy_with(path="/" + "a" * 65537)
URL("http://e.com", fragment="a" * 65537)
URL("http://e.com/" + "a" * 65000).path.__len__()
u = URL("http://e.com"); u.host = "x"
u = URL("http://e.com"); u.foo = "x"
URL("http://e.com") < URL("http://f.com")
repr(URL("http://u:p@e.com/x")), str(URL("http://u:p@e.com/x")), repr(URL("http://u@e.com/x")), repr(URL("http://:p@e.com")), repr(URL(""))
f"{URL('http://e.com')}", "%s" % URL("http://e.com"), bool(URL("")), len(str(URL("http://e.com")))
type(URL("http://e.com").params).__name__, URL("http://e.com?a=1&b=&c").params.multi_items()
str(URL("http://e.com")._uri_reference), type(URL("http://e.com")._uri_reference).__name__, URL("http://e.com/a")._uri_reference.path
URL("http://e.com")._uri_reference.copy_with(path="/x")._asdict()
httpx._urlparse.urlparse("http://e.com/a?b#c")._asdict(), httpx._urlparse.urlparse("http://u:p@[::1]:81").authority, httpx._urlparse.urlparse("http://u:p@[::1]:81").netloc
httpx._urlparse.urlparse("http://e.com", host="f.org", path="/x")._asdict()
httpx._urlparse.urlparse("http://e.com", nope="x")
httpx._urlparse.urlparse("http://e.com", port=5, scheme="https")._asdict()
[httpx._urlparse.normalize_path(p) for p in ("/a/../b", "/a/./b/..", "a/../b", "", "/..", "//a/..", "../x", "/a/b/../../../c", "./a", "/a/b/")]
[attempt(httpx._urlparse.normalize_port, *a) for a in ((None, "http"), ("80", "http"), ("443", "https"), ("81", "http"), ("", "http"), ("x", "http"), (80, "http"), ("80", "ws"))]
[attempt(httpx._urlparse.encode_host, h) for h in ("EXAMPLE.com", "1.2.3.4", "[::1]", "ü.de", "999.1.1.1", "a b", "%41")]
[attempt(httpx._urlparse.validate_path, *a) for a in (("a", True, True), ("//a", True, False), ("//a", False, False), ("a:b", False, False), (":a", False, False), ("/a", True, True))]
"""  # noqa: E501
