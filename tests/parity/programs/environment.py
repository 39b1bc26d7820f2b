"""Environment variables: which proxies and mounts a client takes from them."""

import os
from unittest import mock

from ..helpers import httpx
from ..table import program

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def mounts_with(client=httpx.Client, settings=None, **variables):
    """The patterns that a client mounts, in order, with the kind of what is mounted."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name.upper() not in (*NAMES, "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUEST_METHOD")
    }
    with mock.patch.dict(os.environ, {**clean, **variables}, clear=True):
        made = client(**(settings or {}))
        return [
            f"{pattern.pattern} -> {type(transport).__name__}"
            for pattern, transport in made._mounts.items()
        ]


def proxies_with(**variables):
    clean = {name: value for name, value in os.environ.items() if name.upper() not in NAMES}
    with mock.patch.dict(os.environ, {**clean, **variables}, clear=True):
        return httpx._utils.get_environment_proxies()


def chosen(urls, **variables):
    """For each URL whether it goes direct."""
    clean = {name: value for name, value in os.environ.items() if name.upper() not in NAMES}
    with mock.patch.dict(os.environ, {**clean, **variables}, clear=True):
        made = httpx.Client()
        return {
            url: made._transport_for_url(httpx.URL(url)) is made._transport for url in urls.split()
        }


@program
def nothing_set():
    return mounts_with()


@program
def http_proxy():
    return mounts_with(HTTP_PROXY="http://p:1")


@program
def all_kinds():
    return mounts_with(HTTP_PROXY="http://p:1", HTTPS_PROXY="http://p:2", ALL_PROXY="http://p:3")


@program
def lower_case():
    return mounts_with(http_proxy="http://p:1", all_proxy="socks5://p:3")


@program
def without_a_scheme():
    return proxies_with(HTTP_PROXY="p:1", HTTPS_PROXY="user:pw@p:2")


@program
def not_trusted():
    return mounts_with(settings={"trust_env": False}, HTTP_PROXY="http://p:1")


@program
def with_a_transport():
    return mounts_with(settings={"transport": httpx.HTTPTransport()}, HTTP_PROXY="http://p:1")


@program
def with_a_proxy():
    return mounts_with(settings={"proxy": "http://q:1"}, HTTP_PROXY="http://p:1")


@program
def with_a_mount_of_the_same_key():
    return mounts_with(settings={"mounts": {"http://": None}}, HTTP_PROXY="http://p:1")


@program
def with_more_mounts():
    return mounts_with(settings={"mounts": {"all://x": None}}, ALL_PROXY="http://p:1")


@program
def async_client():
    return mounts_with(httpx.AsyncClient, HTTPS_PROXY="http://p:1", NO_PROXY="x.com")


@program
def bad_proxy_scheme():
    return mounts_with(HTTP_PROXY="ftp://p:1")


@program
def empty_variables():
    return mounts_with(HTTP_PROXY="", NO_PROXY="")


@program
def no_proxy_forms():
    return proxies_with(
        HTTP_PROXY="http://p:1",
        NO_PROXY="a.com, .b.com,*.c.com,127.0.0.1,::1,localhost,http://d.com,e.com:8080,10.0.0.0/8",
    )


@program
def no_proxy_star():
    return proxies_with(HTTP_PROXY="http://p:1", NO_PROXY="a.com,*")


@program
def no_proxy_alone():
    return proxies_with(NO_PROXY="a.com")


@program
def no_proxy_lower_case():
    return proxies_with(HTTP_PROXY="http://p:1", no_proxy="a.com")


@program
def no_proxy_empty_entries():
    return proxies_with(HTTP_PROXY="http://p:1", NO_PROXY=" , a.com ,,")


@program
def no_proxy_hosts():
    return chosen(
        "http://a.com http://x.a.com http://xa.com https://a.com:99 http://b.com http://x.b.com",
        HTTP_PROXY="http://p:1",
        HTTPS_PROXY="http://p:1",
        NO_PROXY="a.com,.b.com",
    )


@program
def no_proxy_addresses():
    return chosen(
        "http://127.0.0.1 http://127.0.0.2 http://localhost http://x.localhost http://[::1]",
        HTTP_PROXY="http://p:1",
        NO_PROXY="127.0.0.1,localhost,::1",
    )


@program
def no_proxy_networks():
    return chosen(
        "http://10.1.2.3 http://10.0.0.0 http://11.0.0.1",
        HTTP_PROXY="http://p:1",
        NO_PROXY="10.0.0.0/8",
    )


@program
def no_proxy_ports():
    return chosen(
        "http://e.com:8080 http://e.com http://x.e.com:8080",
        HTTP_PROXY="http://p:1",
        NO_PROXY="e.com:8080",
    )


@program
def no_proxy_urls():
    return chosen(
        "http://d.com http://x.d.com https://d.com",
        HTTP_PROXY="http://p:1",
        HTTPS_PROXY="http://p:1",
        NO_PROXY="http://d.com",
    )


@program
def cgi_request_method():
    return proxies_with(HTTP_PROXY="http://p:1", REQUEST_METHOD="GET")


@program
def ssl_cert_file_missing():
    with mock.patch.dict(os.environ, {"SSL_CERT_FILE": "/nonexistent.pem"}):
        return httpx.create_ssl_context()


@program
def ssl_cert_file_not_trusted():
    with mock.patch.dict(os.environ, {"SSL_CERT_FILE": "/nonexistent.pem"}):
        return type(httpx.create_ssl_context(trust_env=False)).__name__


@program
def netrc_is_not_automatic():
    with mock.patch.dict(os.environ, {"NETRC": "/nonexistent"}):
        from ..helpers import client, own

        seen = []
        client(lambda request: seen.append(own(request)) or httpx.Response(200)).get("http://a/")
        return seen
