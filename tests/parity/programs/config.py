"""Timeout, Limits, Proxy, create_ssl_context: forms of input, repr, equality."""

from ..helpers import failure, httpx
from ..table import program

PROGRAMS = r"""
Timeout(5), Timeout(5.0), Timeout(None), Timeout(timeout=3)
Timeout()
Timeout(connect=1)
Timeout(connect=1, read=2, write=3, pool=4)
Timeout(connect=1, read=1, write=1, pool=1)
Timeout(5, connect=1), Timeout(None, read=2), Timeout(5, pool=None)
Timeout((1, 2)), Timeout((1, 2, 3)), Timeout((1, 2, 3, 4)), Timeout((None, 2))
Timeout((1,))
Timeout((1, 2, 3, 4, 5))
Timeout([1, 2])
Timeout((1, 2), connect=3)
Timeout(Timeout(5, read=1)), Timeout(Timeout(5)) == Timeout(5), Timeout(Timeout(5), read=1)
Timeout("5")
Timeout(-1), Timeout(0), Timeout(True), Timeout(float("inf"))
Timeout(5, foo=1)
Timeout(5).as_dict(), Timeout(5, read=None).as_dict(), Timeout(connect=1, read=2, write=3, pool=4).as_dict()
t = Timeout(5, connect=1); (t.connect, t.read, t.write, t.pool)
Timeout(5) == Timeout(5.0), Timeout(5) == 5, Timeout(5) == Timeout(5, read=1), Timeout(None) == None, Timeout(None) != Timeout(5)
hash(Timeout(5))
t = Timeout(5); t.read = 9; t
Timeout(5, 6)
Timeout({"connect": 1})
Timeout(None, connect=None)
httpx._config.DEFAULT_TIMEOUT_CONFIG, httpx._config.DEFAULT_TIMEOUT_CONFIG == Timeout(5), Timeout(5) == httpx._config.DEFAULT_TIMEOUT_CONFIG
httpx._config.DEFAULT_LIMITS, httpx._config.DEFAULT_MAX_REDIRECTS
Limits(), Limits(max_connections=10), Limits(max_keepalive_connections=5, keepalive_expiry=None)
Limits(10)
Limits(foo=1)
Limits() == Limits(), Limits(max_connections=1) == Limits(max_connections=2), Limits() == 1, Limits() == None
l = Limits(max_connections=1, max_keepalive_connections=2, keepalive_expiry=3); (l.max_connections, l.max_keepalive_connections, l.keepalive_expiry)
hash(Limits())
Limits(max_connections="1")
Proxy("http://e.com"), Proxy("https://e.com:8080"), Proxy("socks5://e.com"), Proxy("socks5h://e.com:1080")
Proxy("ftp://e.com")
Proxy("e.com")
Proxy("")
Proxy(5)
Proxy("socks4://e.com")
p = Proxy("http://us%40er:p%20w@e.com"); (p, p.url, p.auth, p.raw_auth, p.headers, p.ssl_context)
p = Proxy("http://user@e.com"); (p, p.auth, p.raw_auth)
p = Proxy("http://e.com", auth=("u", "p")); (p, p.auth, p.raw_auth, str(p))
p = Proxy("http://a:b@e.com", auth=("u", "p")); (p, p.auth)
p = Proxy("http://e.com", headers={"X": "1"}); (p, p.headers)
p = Proxy("http://é:ü@e.com"); (p, p.auth, p.raw_auth)
Proxy("http://e.com", headers=5)
Proxy("http://e.com", {"X": "1"})
Proxy("http://e.com", auth="u:p")
Proxy(URL("http://e.com:80/path")).url
Proxy("HTTP://E.com")
Proxy("http://e.com").raw_auth
Proxy("http://e.com") == Proxy("http://e.com")
c = ssl.create_default_context(); (Proxy("https://e.com", ssl_context=c).ssl_context is c, Proxy("https://e.com", ssl_context=c))
Proxy("http://[::1]:3128"), Proxy("http://:p@e.com").auth
type(create_ssl_context()).__name__, create_ssl_context().verify_mode, create_ssl_context().check_hostname
c = create_ssl_context(verify=False); (c.verify_mode, c.check_hostname)
c = ssl.create_default_context(); create_ssl_context(verify=c) is c
create_ssl_context(verify="/nonexistent")
create_ssl_context(cert="/nonexistent")
create_ssl_context(cert=("/nonexistent", "/nonexistent2"))
create_ssl_context(verify=False, cert="/nonexistent")
create_ssl_context(True, None, True).minimum_version
create_ssl_context(trust_env=False).verify_mode
create_ssl_context(verify=None).verify_mode
create_ssl_context(verify=5)
sig(create_ssl_context), sig(Timeout), sig(Limits), sig(Proxy)
Client(timeout="x")
Client(timeout=(1, 2)).timeout, Client(timeout=None).timeout, Client(timeout=3).timeout, Client().timeout
Client(limits=5)
Client(proxy="ftp://x")
Client(proxy=5)
Client(http2=True)._transport.__class__.__name__
Client(verify=False).is_closed
Client(verify="/nonexistent")
Client(cert="/nonexistent")
Client(http1=False, http2=False).is_closed
Client(proxies="http://x")
Client(app=1)
Client(5)
HTTPTransport(proxy="http://x").__class__.__name__, HTTPTransport(proxy=Proxy("socks5://x")).__class__.__name__
HTTPTransport(proxy="ftp://x")
HTTPTransport(proxy=5)
HTTPTransport(verify="/nonexistent")
HTTPTransport(retries=1, local_address="127.0.0.1", uds=None, socket_options=[(1, 2, 3)]).__class__.__name__
HTTPTransport(nope=1)
AsyncHTTPTransport(proxy="nope://x")
"""  # noqa: E501


@program
def deprecated_verify_string():
    import certifi

    context = httpx.create_ssl_context(verify=certifi.where())
    return [context.verify_mode, len(context.get_ca_certs()) > 10]


@program
def tuple_timeout_of_a_request():
    request = httpx.Client().build_request("GET", "http://a/", timeout=(1, 2))
    return request.extensions


@program
def bad_timeout_of_a_request():
    try:
        return httpx.Client().build_request("GET", "http://a/", timeout="x").extensions
    except Exception as error:
        return failure(error)
