"""Exceptions: hierarchy, constructors, texts, the request they carry."""

PROGRAMS = r"""
[(n, [b.__name__ for b in getattr(httpx, n).__mro__[1:-2]]) for n in PUBLIC if isinstance(getattr(httpx, n), type) and issubclass(getattr(httpx, n), Exception)]
[repr(getattr(httpx, n)) for n in PUBLIC if isinstance(getattr(httpx, n), type) and issubclass(getattr(httpx, n), Exception)]
HTTPError("x"), str(HTTPError("x")), HTTPError("x").args
HTTPError()
HTTPError("x", request=None)
HTTPError("x").request
e = HTTPError("x"); e.request = Request("GET", "http://a"); e.request
RequestError("x").request
RequestError("x", request=Request("GET", "http://a")).request
RequestError("x", Request("GET", "http://a"))
RequestError()
ConnectError("x"), str(ConnectError("x")), repr(ConnectError("x")), ConnectError("x")._request
ConnectTimeout("x", request=Request("GET", "http://a")).request
ReadTimeout(message="x")
TooManyRedirects("x"), DecodingError("x"), UnsupportedProtocol("x"), ProxyError("x"), LocalProtocolError("x")
HTTPStatusError("x")
HTTPStatusError("x", request=Request("GET", "http://a"))
e = HTTPStatusError("x", request=Request("GET", "http://a"), response=Response(404)); (e, e.request, e.response, e.args)
HTTPStatusError("x", request=None, response=None).request
InvalidURL("x"), str(InvalidURL("x")), InvalidURL()
CookieConflict("x"), CookieConflict()
StreamError("x"), isinstance(StreamError("x"), RuntimeError)
StreamConsumed(), StreamClosed(), ResponseNotRead(), RequestNotRead()
str(StreamConsumed())
str(StreamClosed())
str(ResponseNotRead())
str(RequestNotRead())
StreamClosed("x")
issubclass(InvalidURL, HTTPError), issubclass(CookieConflict, HTTPError), issubclass(StreamError, HTTPError), issubclass(InvalidURL, ValueError)
issubclass(ReadTimeout, TimeoutError), issubclass(ConnectError, OSError), issubclass(ConnectError, ConnectionError)
TransportError("x"), NetworkError("x"), ProtocolError("x"), TimeoutException("x")
httpx.get("ftp://a/")
httpx.get("/relative")
httpx.get("a.com")
httpx.get("")
httpx.get("http://")
httpx.get("https:///x")
httpx.get("://a")
httpx.get("http://a:b/")
httpx.get("http://\n")
httpx.get(None)
httpx.get(5)
httpx.get("mailto:a@b")
httpx.request("GET")
httpx.get("http://a", json={})
httpx.delete("http://a", content=b"x")
httpx.head("http://a", data={})
httpx.get("http://a", verify="/nonexistent")
attempt(httpx.get, "http://a", auth=5)
attempt(httpx.get, "http://a", headers=5)
attempt(httpx.get, "http://a", proxy="nope://x")
attempt(httpx.get, "http://a", cookies=5)
attempt(httpx.get, "http://a", nope=5)
sig(httpx._exceptions.request_context)
"""  # noqa: E501
