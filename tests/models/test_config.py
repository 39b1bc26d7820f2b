"""Timeouts, deadlines, limits, proxies, and TLS contexts."""

from __future__ import annotations

import contextlib
import copy
import os
import pathlib
import pickle
import shutil
import ssl
import subprocess
import sys
import threading

import pytest
import trustme

import httpx
from httpx import Limits, Proxy, Timeout, create_ssl_context
from httpx import _config as config

COPIES = [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]


# Timeout


@pytest.mark.parametrize(
    ("timeout", "phases", "shown"),
    [
        (Timeout(5.0), (5.0, 5.0, 5.0, 5.0), "Timeout(timeout=5.0)"),
        (Timeout(None), (None, None, None, None), "Timeout(timeout=None)"),
        (Timeout(5, connect=3), (3, 5, 5, 5), "Timeout(connect=3, read=5, write=5, pool=5)"),
        (
            Timeout(None, pool=1),
            (None, None, None, 1),
            "Timeout(connect=None, read=None, write=None, pool=1)",
        ),
        (
            Timeout(connect=1, read=2, write=3, pool=4),
            (1, 2, 3, 4),
            "Timeout(connect=1, read=2, write=3, pool=4)",
        ),
        (Timeout(connect=1, read=1, write=1, pool=1), (1, 1, 1, 1), "Timeout(timeout=1)"),
        (
            Timeout((1, 2)),
            (1, 2, None, None),
            "Timeout(connect=1, read=2, write=None, pool=None)",
        ),
        (Timeout((1, 2, 3)), (1, 2, 3, None), "Timeout(connect=1, read=2, write=3, pool=None)"),
        (Timeout((1, 2, 3, 4)), (1, 2, 3, 4), "Timeout(connect=1, read=2, write=3, pool=4)"),
        (Timeout(Timeout(3)), (3, 3, 3, 3), "Timeout(timeout=3)"),
        (
            Timeout(3, read=1),
            (3, 1, 3, 3),
            "Timeout(connect=3, read=1, write=3, pool=3)",
        ),
    ],
)
def test_timeout(timeout, phases, shown):
    assert (timeout.connect, timeout.read, timeout.write, timeout.pool) == phases
    assert timeout.as_dict() == dict(zip(["connect", "read", "write", "pool"], phases, strict=True))
    assert timeout.total is None
    assert repr(timeout) == str(timeout) == shown


def test_total_shows_only_when_it_is_set():
    timeout = Timeout(5.0, total=60.0)
    assert timeout.as_dict() == {
        "connect": 5.0,
        "read": 5.0,
        "write": 5.0,
        "pool": 5.0,
        "total": 60.0,
    }
    assert repr(timeout) == "Timeout(timeout=5.0, total=60.0)"
    assert repr(Timeout((1, 2), total=3)) == (
        "Timeout(connect=1, read=2, write=None, pool=None, total=3)"
    )
    assert timeout != Timeout(5.0)
    assert Timeout(timeout).total == 60.0
    assert Timeout(timeout, total=None) == Timeout(5.0)
    assert Timeout(Timeout(5.0), total=60.0) == timeout


@pytest.mark.parametrize(
    ("arguments", "keywords"),
    [((), {}), ((), {"connect": 1}), ((), {"connect": 1, "read": 1, "write": 1, "total": 1})],
)
def test_timeout_wants_a_default_or_everything(arguments, keywords):
    with pytest.raises(ValueError, match="must either include a default, or set all four"):
        Timeout(*arguments, **keywords)


@pytest.mark.parametrize("wrong", [(1,), ()])
def test_timeout_tuples_that_are_too_short(wrong):
    with pytest.raises(IndexError):
        Timeout(wrong)


def test_timeout_tuples_that_are_too_long():
    assert Timeout((1, 2, 3, 4, 5)) == Timeout((1, 2, 3, 4))


def test_timeout_equality():
    assert Timeout(5) == Timeout(5.0)
    assert Timeout(5) != Timeout(5, read=1)
    assert Timeout(5) != 5
    assert Timeout(5.0) == config.DEFAULT_TIMEOUT_CONFIG
    with pytest.raises(TypeError):
        hash(Timeout(5))


@pytest.mark.parametrize("again", COPIES)
@pytest.mark.parametrize(
    "value",
    [
        Timeout(5.0, read=1.0, total=9.0),
        Limits(max_connections=1, keepalive_expiry=None),
        Proxy("http://u:p@h:1", headers={"A": "1"}),
    ],
    ids=["Timeout", "Limits", "Proxy"],
)
def test_copies_and_pickles(value, again):
    assert again(value) == value
    assert repr(again(value)) == repr(value)


# Deadline


def test_deadline(monkeypatch):
    now = 100.0
    monkeypatch.setattr(config.time, "monotonic", lambda: now)
    deadline = config.Deadline(10.0)
    assert (deadline.total, deadline.at) == (10.0, 110.0)
    assert deadline.remaining() == 10.0
    assert deadline.clip(None) == 10.0
    assert deadline.clip(5.0) == 5.0
    assert deadline.clip(-1.0) == 0.0
    now = 107.0
    assert deadline.clip(5.0) == 3.0
    now = 111.0
    assert deadline.remaining() == deadline.clip(5.0) == deadline.clip(None) == 0.0


# Limits


def test_limits():
    limits = Limits(max_connections=100)
    assert limits.max_connections == 100
    assert limits.max_keepalive_connections is None
    assert limits.keepalive_expiry == 5.0
    assert repr(limits) == (
        "Limits(max_connections=100, max_keepalive_connections=None, keepalive_expiry=5.0)"
    )
    assert limits == Limits(max_connections=100)
    assert limits != Limits()
    assert limits != 100
    assert Limits(max_connections=100, max_keepalive_connections=20) == config.DEFAULT_LIMITS
    with pytest.raises(TypeError):
        Limits(100)


# Proxy


def test_proxy_credentials_move_out_of_the_url():
    proxy = Proxy("http://us%40er:p%20w@h:80/x", auth=("a", "b"))
    assert proxy.url == "http://h/x"
    assert proxy.auth == ("us@er", "p w")
    assert proxy.raw_auth == (b"us@er", b"p w")
    assert Proxy("http://u@h").auth == ("u", "")
    assert Proxy("http://h", auth=("a", "é")).raw_auth == (b"a", "é".encode())
    assert Proxy("http://h").auth is None
    assert Proxy("http://h").raw_auth is None


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        (Proxy("http://h"), "Proxy('http://h')"),
        (Proxy(httpx.URL("socks5h://h:1")), "Proxy('socks5h://h:1')"),
        (Proxy("https://u:p@h"), "Proxy('https://h', auth=('u', '********'))"),
        (
            Proxy("http://h", headers={"A": "b", "Proxy-Authorization": "Basic c2VjcmV0"}),
            "Proxy('http://h', headers={'a': 'b', 'proxy-authorization': '[secure]'})",
        ),
    ],
)
def test_proxy_repr(proxy, shown):
    assert repr(proxy) == str(proxy) == shown


def test_proxy_of_another_scheme():
    with pytest.raises(ValueError) as raised:
        Proxy("ftp://u:secret@h")
    assert str(raised.value) == "Unknown scheme for proxy URL URL('ftp://u:[secure]@h')"
    with pytest.raises(TypeError, match="Invalid type for url"):
        Proxy(1)


def test_proxy_equality():
    assert Proxy("http://h") == Proxy("http://h")
    assert hash(Proxy("http://h")) == hash(Proxy("http://h"))
    assert Proxy("http://h") != Proxy("http://h", auth=("a", "b"))
    assert Proxy("http://h") != Proxy("http://h", ssl_context=ssl.create_default_context())
    assert Proxy("http://h") != "http://h"


# TLS: what a context trusts and shows, by a handshake in memory


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority, tmp_path_factory):
    """The authority's certificate as a file and a directory, and a client's certificate."""
    where = tmp_path_factory.mktemp("tls")
    authority.cert_pem.write_to_path(where / "ca.pem")
    client = authority.issue_cert("client@example.org")
    client.private_key_and_cert_chain_pem.write_to_path(where / "client.pem")
    client.private_key_pem.write_to_path(where / "client.key")
    client.cert_chain_pems[0].write_to_path(where / "client.crt")
    openssl = shutil.which("openssl")
    assert openssl is not None
    encrypt = [openssl, "pkey", "-aes256", "-passout", "pass:pw"]
    subprocess.run(
        [*encrypt, "-in", where / "client.key", "-out", where / "secret.key"], check=True
    )
    directory = where / "roots"
    directory.mkdir()
    shutil.copy(where / "ca.pem", directory / "ca.pem")
    subprocess.run([openssl, "rehash", directory], check=True)
    return where


def handshake(client: ssl.SSLContext, authority: trustme.CA, ask: bool = False) -> str | None:
    """Shake hands with a server of the authority's; the client's name if it is asked for."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("server.example.org").configure_cert(server)
    if ask:
        authority.configure_trust(server)
        server.verify_mode = ssl.CERT_REQUIRED
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname="server.example.org")
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (ours, theirs):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    certificate = theirs.getpeercert()
    return certificate["subjectAltName"][0][1] if certificate else None


def trusts(context: ssl.SSLContext, authority: trustme.CA) -> bool:
    try:
        handshake(context, authority)
    except ssl.SSLCertVerificationError:
        return False
    return True


@pytest.fixture
def environment(monkeypatch):
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def both(*arguments, **keywords):
    """The user's context and the shared one."""
    return [create_ssl_context(*arguments, **keywords), config.shared_ssl_context(*arguments)]


def test_the_default_verifies(environment, authority):
    for context in both():
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.check_hostname
        assert not trusts(context, authority)
        assert context.cert_store_stats()["x509_ca"] > 0


def test_verify_none_is_given_back_and_the_default_of_a_transport(environment):
    assert create_ssl_context(None) is None
    assert config.shared_ssl_context(None).verify_mode == ssl.CERT_REQUIRED


def test_verify_false_checks_nothing(authority):
    for context in both(False):
        assert context.verify_mode == ssl.CERT_NONE
        assert not context.check_hostname
        assert trusts(context, authority)


def test_a_context_is_used_as_it_is():
    mine = ssl.create_default_context()
    for context in both(mine):
        assert context is mine


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_the_environment_names_the_roots(environment, authority, files, variable):
    path = files / ("ca.pem" if variable == "SSL_CERT_FILE" else "roots")
    environment.setenv(variable, str(path))
    for context in both():
        assert trusts(context, authority)
        assert context.cert_store_stats()["x509_ca"] <= 1  # and not certifi's as well
    assert not trusts(create_ssl_context(trust_env=False), authority)
    assert not trusts(config.shared_ssl_context(True, None, False), authority)
    assert create_ssl_context(verify=False).verify_mode == ssl.CERT_NONE


def test_file_and_directory_work_together(environment, authority, files, tmp_path):
    other = trustme.CA()
    other.cert_pem.write_to_path(tmp_path / "other.pem")
    environment.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    environment.setenv("SSL_CERT_DIR", os.pathsep.join([str(tmp_path), str(files / "roots")]))
    for context in both():
        assert trusts(context, authority)
        assert trusts(context, other)


def test_empty_variables_say_nothing(environment):
    environment.setenv("SSL_CERT_FILE", "")
    environment.setenv("SSL_CERT_DIR", "")
    assert create_ssl_context().cert_store_stats()["x509_ca"] > 0


def test_a_missing_file_is_named(environment, tmp_path):
    environment.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    for make in (create_ssl_context, config.shared_ssl_context):
        with pytest.raises(FileNotFoundError) as raised:
            make()
        assert str(raised.value) == "[Errno 2] No such file or directory"
        assert "missing.pem', given by SSL_CERT_FILE." in raised.value.__notes__[0]
        assert make(verify=False).verify_mode == ssl.CERT_NONE


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_the_roots_of_the_operating_system(environment, authority, files, kind):
    paths = ssl.get_default_verify_paths()._replace(
        openssl_cafile=str(files / "ca.pem") if kind == "file" else "/missing",
        openssl_capath=str(files / "roots") if kind == "directory" else "/missing",
    )
    environment.setattr(ssl, "get_default_verify_paths", lambda: paths)
    assert trusts(create_ssl_context(), authority)
    assert trusts(create_ssl_context(trust_env=False), authority)


def test_the_certificate_store_of_windows(environment, authority):
    root = ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode())
    stores = {
        "CA": [(b"broken", "x509_asn", True), (b"ignored", "pkcs_7_asn", True)],
        "ROOT": [(root, "x509_asn", {ssl.Purpose.SERVER_AUTH.oid})],
    }
    environment.setattr(ssl, "enum_certificates", stores.__getitem__, raising=False)
    assert trusts(create_ssl_context(), authority)
    stores["ROOT"] = [(root, "x509_asn", {ssl.Purpose.CLIENT_AUTH.oid})]
    assert not trusts(create_ssl_context(), authority)


PATHS = "ignore:`verify=<str>` is deprecated:DeprecationWarning"
CERTS = "ignore:`cert=...` is deprecated:DeprecationWarning"


def verifications(files: pathlib.Path, authority: trustme.CA) -> dict[str, object]:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return {
        "True": True,
        "False": False,
        "path": str(files / "ca.pem"),
        "Path": files / "ca.pem",
        "directory": str(files / "roots"),
        "context": context,
    }


@pytest.mark.filterwarnings(PATHS, CERTS)
@pytest.mark.parametrize("cert", ["path", "pair", "triple", "list"])
@pytest.mark.parametrize("verify", ["True", "False", "path", "Path", "directory", "context"])
def test_every_verify_with_every_cert(environment, authority, files, verify, cert):
    environment.setenv("SSL_CERT_FILE", str(files / "ca.pem"))  # for verify=True
    certificate = {
        "path": str(files / "client.pem"),
        "pair": (str(files / "client.crt"), str(files / "client.key")),
        "list": [str(files / "client.crt"), str(files / "client.key")],
        "triple": (str(files / "client.crt"), str(files / "secret.key"), "pw"),
    }[cert]
    for context in both(verifications(files, authority)[verify], certificate):
        assert handshake(context, authority, ask=True) == "client@example.org"


def test_deprecated_arguments_warn_where_they_stand(files):
    for keywords, message in [
        ({"verify": str(files / "ca.pem")}, "`verify=<str>` is deprecated"),
        ({"verify": str(files / "roots")}, "`verify=<str>` is deprecated"),
        ({"cert": str(files / "client.pem")}, "`cert=...` is deprecated"),
    ]:
        for call in (create_ssl_context, config.check_ssl_arguments):
            with pytest.warns(DeprecationWarning, match=message) as caught:
                call(**keywords)
            assert [warning.filename for warning in caught] == [__file__]


def test_the_shared_context_does_not_warn_again(files):
    config.shared_ssl_context(str(files / "ca.pem"), str(files / "client.pem"))


@pytest.mark.filterwarnings(PATHS, CERTS)
def test_missing_files_are_named(tmp_path):
    missing = str(tmp_path / "missing.pem")
    for keywords in ({"verify": missing}, {"cert": missing}, {"cert": (missing, missing, "pw")}):
        for call in (create_ssl_context, config.check_ssl_arguments):
            with pytest.raises(FileNotFoundError) as raised:
                call(**keywords)
            assert str(raised.value) == "[Errno 2] No such file or directory"
            assert raised.value.__notes__ == [f"This is {missing!r}, given by verify= or cert=."]


@pytest.mark.filterwarnings(PATHS, CERTS)
def test_a_file_that_is_of_no_use_is_named(environment, files, tmp_path):
    (tmp_path / "junk.pem").write_bytes(b"\x00junk")
    for path in (tmp_path / "junk.pem", tmp_path):
        environment.setenv("SSL_CERT_FILE", str(path))
        with pytest.raises(OSError) as raised:
            create_ssl_context()
        assert raised.value.__notes__ == [f"This is {str(path)!r}, given by SSL_CERT_FILE."]
    junk = str(tmp_path / "junk.pem")
    for name, keywords in {"verify": {"verify": junk}, "cert": {"cert": junk}}.items():
        with pytest.raises(ssl.SSLError) as raised:
            create_ssl_context(trust_env=False, **keywords)
        assert raised.value.__notes__ == [f"This is {junk!r}, given by {name}=."]
    other = (str(files / "client.pem"), str(files / "ca.pem"))
    with pytest.raises(ssl.SSLError) as raised:
        create_ssl_context(trust_env=False, cert=other)
    assert raised.value.__notes__ == [f"This is {other[0]!r}, given by cert=."]


@pytest.mark.filterwarnings(CERTS)
@pytest.mark.parametrize("rest", [(None,), (None, None)])
def test_a_key_may_be_in_the_file_of_the_certificate(environment, authority, files, rest):
    """(certificate, None), as programs have it that take both paths as options."""
    context = create_ssl_context(cert=(str(files / "client.pem"), *rest))
    context.load_verify_locations(files / "ca.pem")
    assert handshake(context, authority, ask=True) is not None


@pytest.mark.parametrize("wrong", [1, 0, b"path", 1.5])
def test_a_verify_that_cannot_be_meant(wrong):
    for call in (create_ssl_context, config.check_ssl_arguments):
        with pytest.raises(TypeError, match="verify must be True, False, a path or an"):
            call(wrong)


# The shared contexts


def test_users_get_a_new_context_each_time_and_clients_share_one(environment):
    assert create_ssl_context() is not create_ssl_context()
    shared = config.shared_ssl_context()
    assert config.shared_ssl_context() is shared
    assert config.shared_ssl_context(True, None, True) is shared
    assert config.shared_ssl_context(False) is not shared
    assert config.shared_ssl_context(False) is config.shared_ssl_context(False, trust_env=False)
    assert create_ssl_context() is not shared


def test_the_environment_is_part_of_the_configuration(environment, files):
    plain = config.shared_ssl_context()
    environment.setenv("SSL_CERT_FILE", str(files / "ca.pem"))
    assert config.shared_ssl_context() is not plain
    assert config.shared_ssl_context(trust_env=False) is plain


def test_the_key_log_is_part_of_the_configuration(environment, tmp_path):
    plain = config.shared_ssl_context()
    assert plain.keylog_filename is None
    environment.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    for context in both():
        assert context.keylog_filename == str(tmp_path / "keys")


def test_a_renewed_file_makes_a_new_context(authority, tmp_path):
    path = tmp_path / "client.pem"
    authority.issue_cert("old@example.org").private_key_and_cert_chain_pem.write_to_path(path)
    old = config.shared_ssl_context(False, str(path))
    assert config.shared_ssl_context(False, str(path)) is old
    authority.issue_cert("new@example.org").private_key_and_cert_chain_pem.write_to_path(path)
    os.utime(path, (1, 1))
    new = config.shared_ssl_context(False, str(path))
    assert handshake(old, authority, ask=True) == "old@example.org"
    assert handshake(new, authority, ask=True) == "new@example.org"


def test_concurrent_first_use_builds_one_context():
    contexts = config._SharedContexts()
    started = threading.Barrier(8)
    built = []
    results = []

    def build():
        built.append(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        return built[-1]

    def use():
        started.wait()
        results.append(contexts.get("key", build))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    assert set(results) == set(built)


def test_only_the_contexts_last_used_are_kept():
    contexts = config._SharedContexts()
    made = [contexts.get(key, object) for key in range(contexts.limit)]
    assert contexts.get(0, object) is made[0]
    contexts.get("one more", object)
    assert contexts.get(0, object) is made[0]
    assert contexts.get(1, object) is not made[1]


def test_a_build_that_fails_leaves_nothing_behind():
    contexts = config._SharedContexts()
    with pytest.raises(ZeroDivisionError):
        contexts.get("key", lambda: 1 / 0)
    made = object()
    assert contexts.get("key", lambda: made) is made


def test_the_lock_can_be_renewed_while_it_is_held():
    contexts = config._SharedContexts()
    contexts._lock.acquire()
    contexts._renew_lock()
    assert contexts.get("key", int) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_a_lock_of_its_own():
    program = (
        "import os, sys, ssl\n"
        "from httpx import _config as config\n"
        "def build():\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        config._contexts.get('other', object)\n"
        "        os._exit(7)\n"
        "    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])\n"
        "sys.exit(config._contexts.get('key', build))\n"
    )
    where = str(pathlib.Path(httpx.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": where}, timeout=60)
    assert done.returncode == 7


def test_names():
    assert config.DEFAULT_MAX_REDIRECTS == 20
    assert isinstance(config.UNSET, config.UnsetType)
