"""URL: parsing, normalising, components, joining, refusals."""

PROGRAMS = r"""
URL()
URL("")
URL("http://example.com")
URL("http://example.com/")
str(URL("http://example.com"))
URL("HTTP://EXAMPLE.COM/Path")
URL("HTTP://E.com:80")
URL("http://e.com:80/")
URL("https://e.com:443/a")
URL("https://e.com:80/a")
URL("ws://e.com:80/"), URL("wss://e.com:443/"), URL("ftp://e.com:21/")
URL("http://e.com:/a")
URL("http://e.com:8080/a").port
URL("http://e.com/a").port
URL("http://e.com:080/a")
URL("http://e.com:-1/")
URL("http://e.com:99999/")
URL("http://e.com:65535/").port
URL("http://e.com:0/").port
URL("http://e.com:abc/")
URL("http://e.com:1 2/")
u = URL("https://user:pa%20ss@Example.com:123/a%20b/c?x=1&y=%20#frag%20ment"); (u.scheme, u.raw_scheme, u.userinfo, u.username, u.password)
u = URL("https://user:pa%20ss@Example.com:123/a%20b/c?x=1&y=%20#frag%20ment"); (u.host, u.raw_host, u.port, u.netloc)
u = URL("https://user:pa%20ss@Example.com:123/a%20b/c?x=1&y=%20#frag%20ment"); (u.path, u.raw_path, u.query, u.params, u.fragment)
u = URL("https://user:pa%20ss@Example.com:123/a%20b/c?x=1&y=%20#frag%20ment"); (repr(u), str(u))
u = URL("/a/b?c#d"); (u.scheme, u.host, u.port, u.netloc, u.path, u.raw_path, u.query, u.fragment, u.is_absolute_url, u.is_relative_url)
u = URL("http:"); (u.scheme, u.host, u.path, u.is_absolute_url)
u = URL("mailto:a@b.c"); (u.scheme, u.host, u.path, u.is_absolute_url, str(u))
URL("data:text/plain,hello").path
URL("//example.com/x"), URL("//example.com/x").host, URL("//example.com/x").is_relative_url
URL("//")
URL("///a")
URL("http:///a")
URL("http://")
URL("http://?q")
URL("example.com:80")
URL("example.com/a:b")
URL("a:b/c")
URL("./a/../b")
URL("../x")
URL("?a=1"), URL("?a=1").query, URL("?a=1").path, URL("?a=1").raw_path
URL("#f"), URL("#f").fragment
URL("http://e.com?"), URL("http://e.com/?"), URL("http://e.com/#"), URL("http://e.com/?#")
URL("http://e.com?a=1").raw_path
URL("http://e.com#f").raw_path
URL("http://e.com").path, URL("http://e.com").raw_path
URL("http://e.com/a/./b/../c/")
URL("http://e.com/..")
URL("http://e.com/../../a")
URL("http://e.com/a/..")
URL("http://e.com/a/.")
URL("http://e.com/a//b///c")
URL("http://e.com/%2e%2e/a")
URL("http://e.com/a%2fb").path, URL("http://e.com/a%2fb").raw_path
URL("http://e.com/a%2Fb%zz%")
URL("http://e.com/%")
URL("http://e.com/a b")
URL("http://e.com/a\"b<c>d`e{f}g|h\\i^j")
URL("http://e.com/a'b(c)d*e+f,g;h=i@j:k!l$m&n~o")
URL("http://e.com/[a]")
URL("http://e.com/é/ü").raw_path
URL("http://e.com/é/ü").path
URL("http://e.com/\U0001f600")
URL("http://e.com/?q=é").query
URL("http://e.com/?q=a b").query
URL("http://e.com/?q=a+b").params
URL("http://e.com/?q='\"<>").query
URL("http://e.com/?q=[1]&r={2}|\\^`").query
URL("http://e.com/?q=a/b?c:d@e").query
URL("http://e.com/?q=%41%zz").query
URL("http://e.com/?a=1&a=2&b").params
URL("http://e.com/?&&a=1&").query, URL("http://e.com/?&&a=1&").params
URL("http://e.com/?a=1;b=2").params
URL("http://e.com/#a b\"<>`").fragment, str(URL("http://e.com/#a b\"<>`"))
URL("http://e.com/#é")
URL("http://e.com/#a#b")
URL("http://e.com/#%20").fragment
URL("http://user@e.com/").userinfo, URL("http://user@e.com/"), URL("http://user@e.com/").password
URL("http://:pw@e.com/").username, URL("http://:pw@e.com/"), URL("http://:pw@e.com/").password
URL("http://user:@e.com/"), URL("http://user:@e.com/").userinfo
URL("http://@e.com/"), str(URL("http://@e.com/"))
URL("http://a:b:c@e.com/").password, str(URL("http://a:b:c@e.com/"))
str(URL("http://a@b@e.com/")), URL("http://a@b@e.com/").username
str(URL("http://us er:p w@e.com/"))
str(URL("http://u%40x:p%3Ay@e.com/")), URL("http://u%40x:p%3Ay@e.com/").username, URL("http://u%40x:p%3Ay@e.com/").password
str(URL("http://é:ü@e.com/")), URL("http://é:ü@e.com/").userinfo
str(URL("http://a[b]:c;d=e&f|g^h@e.com/"))
URL("http://user:secret@e.com/")
URL("http://EXAMPLE.com").host
URL("http://127.0.0.1/").host
URL("http://127.0.0.1:80/").netloc
URL("http://256.0.0.1/")
URL("http://1.2.3/").host
URL("http://1.2.3.4.5/").host
URL("http://0x7f.0.0.1/").host
URL("http://999.999.999.999/")
URL("http://[::1]/"), URL("http://[::1]/").host, URL("http://[::1]:80/").netloc, URL("http://[::1]:8080/").netloc
URL("http://[::FFFF:127.0.0.1]/").host
URL("http://[2001:DB8:0:0:0:0:0:1]/").host, URL("http://[2001:DB8:0:0:0:0:0:1]/").raw_host
URL("http://[::1")
URL("http://[zz]/")
URL("http://[::1]a/")
URL("http://[fe80::1%25eth0]/")
URL("http://::1/")
URL("http://中国.icom.museum/").host, URL("http://中国.icom.museum/").raw_host
URL("http://Königsgäßchen.de/").raw_host
URL("http://faß.de/").raw_host
URL("http://βόλος.com/").raw_host
URL("http://xn--fiqs8s.icom.museum/").host
URL("http://sub.xn--fiqs8s.museum/").host
URL("http://xn--zz.com/").host
URL("http://ex☃ample.com/")
URL("http://\u2603/")
URL("http://\uff0d.com/")
URL("http://example.com./").host
URL("http://exa_mple.com/").host
URL("http://exa mple.com/").host
URL("http://exa%6dple.com/").host
URL("http://exa%20mple.com/").raw_host
URL("http://a..b/").host
URL("http://-a-.com/").host
URL("http://e!$&'()*+,;=.com/").host
URL("http://e<>.com/").raw_host
URL("http://e^|.com/").raw_host
URL("http://\n")
URL("http://e.com/\n")
URL("http://e.com/\x7f")
URL("\x00")
URL(" http://e.com")
URL("http://e.com ")
URL("http://e.com/\t")
URL("http://e.com/\u0085").raw_path
URL("x" * 65537)
URL("http://e.com/" + "x" * 65524).raw_path.__len__()
URL("/", query=b"x" * 65537)
URL("http://e.com", path="/" + "a" * 65536)
URL(1)
URL(None)
URL(b"http://e.com")
URL(URL("http://e.com/a"))
URL("http://e.com", foo=1)
URL("http://e.com", port="1")
URL("http://e.com", scheme=b"http")
URL("http://e.com", host=b"x")
URL("http://e.com", query="a=1")
URL("http://e.com", path=b"/a")
URL("http://e.com", fragment=1)
URL("http://e.com", userinfo="a")
URL("http://e.com", netloc="a")
URL("http://e.com", raw_path="/a")
URL("http://e.com", username=b"u")
URL(scheme="https", host="e.com", path="/a b", query=b"x=1")
URL(scheme="https", host="e.com", port=443, path="/")
URL(scheme="https", host="e.com", port=8443)
URL(scheme="https", host="e.com", port=None)
URL(scheme="HTTPS", host="E.COM")
URL(scheme="1http", host="e.com")
URL(scheme="ht tp", host="e.com")
URL(scheme="", host="e.com")
URL(host="::1", scheme="http").netloc
URL(host="[::1]", scheme="http", port=1).netloc
URL(host="e/x", scheme="http")
URL(host="e@x", scheme="http")
URL(host="e:1", scheme="http")
URL(scheme="http", netloc=b"e.com:81", path="/x")
URL(scheme="http", netloc=b"[::1]:81").host
URL(scheme="http", netloc=b"u@e.com:81")
URL(scheme="http", netloc=b"e.com:99999")
URL(scheme="http", host="e.com", path="a")
URL(scheme="http", path="//a")
URL(path="//a")
URL(path="a:b")
URL(path="a/b:c")
URL(path=":b")
URL(scheme="x", path=":b")
URL(scheme="http", host="e.com", raw_path=b"/a?b=c").query
URL("http://e.com/x?y=1", raw_path=b"/a")
URL("http://e.com/x?y=1", raw_path=b"/a?b=1&c=%20 d")
URL("http://e.com", username="us:er@", password="p@ss:/ é").userinfo
URL("http://e.com", username="u"), URL("http://e.com", password="p")
URL("http://u:p@e.com", username="x").userinfo, URL("http://u:p@e.com", password="x").userinfo
URL("http://e.com", userinfo=b"a:b"), URL("http://e.com", userinfo=b"a:b").password
URL("http://e.com/a?x=1", path="/b")
URL("http://e.com/a?x=1", query=b"")
URL("http://e.com/a?x=1", query=None)
URL("http://e.com/a?x=1", params={"y": "2"})
URL("http://e.com/a?x=1", params={})
URL("http://e.com/a?x=1", params=None)
URL("http://e.com/a", params="b=1&c=%2F")
URL("http://e.com/a", params=[("a", "1"), ("a", "2")])
URL("http://e.com/a", params={"a": ["1", 2, None, True]})
URL("http://e.com/a", params={"q": "a b/c&d=é"}).query
URL("http://e.com/a", params={"u": "a%2Fb"}).query
URL("http://e.com/a", params=1)
URL("http://e.com/a", query=b"a=1", params={"b": 2})
URL("http://e.com/a#f", fragment="g h")
URL("http://e.com/a#f", fragment=None)
URL("http://e.com", scheme="https").port, URL("http://e.com:443", scheme="https")
URL("http://e.com:81", port=None), URL("http://e.com:81", port=80)
URL("http://e.com", port=-1), URL("http://e.com", port=70000)
URL("http://e.com", port=True)
URL("http://e.com", path="/a?b#c").raw_path
URL("http://e.com", path="/%20 ").raw_path
URL("http://e.com", path="/a/../b").raw_path
URL("http://e.com", fragment="a\n")
URL("http://e.com", path="/a\n")
URL("http://e.com", query=b"\xff")
URL("http://e.com", host="b\n")
URL("http://e.com/a").copy_with(path="/b", port=99)
URL("http://e.com/a").copy_with(raw_path=b"/x?y")
URL("http://e.com/a").copy_with(nope=1)
URL("http://e.com/a").copy_with(host="é.com").raw_host
URL("http://e.com/a?x=1").copy_set_param("x", "2"), URL("http://e.com/a?x=1").copy_set_param("y", None)
URL("http://e.com/a?x=1").copy_add_param("x", "2")
URL("http://e.com/a?x=1&x=2&y=3").copy_remove_param("x"), URL("http://e.com/a?x=1").copy_remove_param("x"), URL("http://e.com/a").copy_remove_param("q")
URL("http://e.com/a?x=1").copy_merge_params({"x": 5, "z": [1, 2]})
URL("http://e.com/a/b").join("c"), URL("http://e.com/a/b").join("/c"), URL("http://e.com/a/b").join("../c"), URL("http://e.com/a/b/").join("c")
URL("http://e.com/a/b?q").join(""), URL("http://e.com/a/b?q").join("?x"), URL("http://e.com/a/b?q").join("#f")
URL("http://e.com/a").join("//f.com/x"), URL("http://e.com/a").join("https:/x"), URL("http://e.com/a").join("https://g.com")
URL("http://e.com/a").join(URL("b")), URL("/a/b").join("c"), URL("").join("x")
URL("http://e.com/a").join("http:b"), URL("http://e.com/a").join("mailto:x")
URL("http://e.com/a").join(1)
URL("http://e.com/a/b/c").join("../../../../d"), URL("http://e.com").join("x")
URL("http://u:p@e.com:81/a").join("/b").userinfo
URL("http://e.com/é").join("ü").raw_path
URL("http://e.com/a b").join("c d")
URL("http://a/b") == "http://a/b", URL("http://a/b") == URL("HTTP://A:80/b"), URL("http://a") == "http://a/", URL("http://a/b") != "http://a/c"
URL("http://a/b") == 1, URL("http://a/b") == None, URL("http://a") == b"http://a"
URL("http://a") == "http://[", 1
hash(URL("http://a/")) == hash("http://a/"), {URL("http://a/"): 1}[URL("http://a/")]
URL("http://a/").raw
URL("http://a/b?c").raw[2:]
URL("http://a").is_absolute_url, URL("a").is_absolute_url, URL("http:a").is_absolute_url, URL("http:a").is_relative_url
URL("http://a").host is not None, bool(URL("")), URL("") == ""
u = URL("http://a"); u.host = "b"
u = URL("http://a"); u.anything = 1
URL("http://e.com/", **{"scheme": None})
URL("http://e.com/", host=None), URL("http://e.com/", path=None)
str(URL("http://e.com", userinfo=b"\xc3\xa9:x"))
URL("http://[::ffff:1.2.3.4]:80").netloc
URL("HTTPS://Ümlaut.DE:443/ü?ü#ü")
URL("http://e.com/a;p=1?b;c").raw_path
URL("http://e.com/%E4%BD%A0").path, URL("http://e.com/%ff").path
URL("http://e.com\\@evil.com/").host
URL("http://e.com:80\\@evil.com/")
URL("http://user:pass@/x")
URL("file:///etc/passwd").path, str(URL("file:///etc/passwd"))
URL("unix:/var/run/x.sock"), URL("x+y-z.1://h")
URL("ht!tp://h")
URL("1a://h")
URL(":a")
URL("http://h/?a=b#c?d=e").query
isinstance(URL("http://a")._uri_reference, tuple), str(URL("http://a/b?c#d")._uri_reference)
URL("http://a/b?c#d")._uri_reference.copy_with(path="/z").path
URL("http://a:1/b?c#d")._uri_reference.authority, URL("http://a:1/b?c#d")._uri_reference.host, URL("http://a:1/b?c#d")._uri_reference.port
URL("http://a/b?c#d")._uri_reference.copy_with(scheme="https", host="b").authority
"""  # noqa: E501
