"""Real programs to test against: tinyproxy, squid, microsocks, dante, stunnel, nginx, nghttpd and
nghttpx, each on a free port.

A program that is not installed skips the test that needs it, and says so; where CI is set, it
fails the test instead. Each one runs in the foreground and ends with its block.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

__all__ = [
    "dante",
    "microsocks",
    "nghttpd",
    "nghttpx",
    "nginx",
    "nginx_files",
    "squid",
    "stunnel",
    "tinyproxy",
]

PATIENCE = 60.0


def find(program: str, package: str = "") -> str:
    """Where a program is installed."""
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if path is None:
        reason = f"{program} is not installed (Debian's package {package or program})"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def free_port() -> int:
    """A port that nobody will take before the program does: below those that systems hand out."""
    while True:
        with socket.socket() as sock, contextlib.suppress(OSError):
            port = random.randrange(12_000, 32_000)
            sock.bind(("127.0.0.1", port))
            return port


@contextmanager
def running(
    arguments: list[str], port: int, log: Path, end: signal.Signals = signal.SIGTERM
) -> Iterator[int]:
    """Run a program until the block ends; it begins when something accepts at `port`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while True:
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"{arguments[0]} does not run:\n{log.read_text()}")
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.02)
            yield port
        finally:
            process.send_signal(end)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def tinyproxy(directory: Path, auth: tuple[str, str] | None = None) -> Iterator[int]:
    """An HTTP proxy."""
    program, port = find("tinyproxy"), free_port()
    name = f"tinyproxy-{port}"
    lines = [f"Port {port}", "Listen 127.0.0.1", "Timeout 60", "Allow 127.0.0.1", "MaxClients 50"]
    if auth is not None:
        lines.append(f"BasicAuth {auth[0]} {auth[1]}")
    config = directory / f"{name}.conf"
    config.write_text("\n".join(lines) + "\n")
    with running([program, "-d", "-c", str(config)], port, directory / f"{name}.log"):
        yield port


SQUID = """
http_port 127.0.0.1:{port}
visible_hostname squid.example
{access}
cache deny all
access_log none
cache_log /dev/null
pid_filename none
coredump_dir none
netdb_filename none
pinger_enable off
"""

SQUID_ASKS = """
auth_param basic program /bin/sh {directory}/ask
auth_param basic children 1
acl known proxy_auth REQUIRED
http_access allow known
"""


@contextmanager
def squid(auth: tuple[str, str] | None = None) -> Iterator[int]:
    """An HTTP proxy that companies have, and that keeps connections.

    Started by root it becomes another user, who cannot see into the directories of the tests. It
    takes two seconds to end in order, so it is killed, and what it leaves is taken away.
    """
    program, port = find("squid"), free_port()
    name = f"courier{port}"
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        directory.chmod(0o755)
        access = "http_access allow all"
        if auth is not None:
            access = SQUID_ASKS.format(directory=directory)
            known = f'while read -r line; do [ "$line" = "{auth[0]} {auth[1]}" ] '
            (directory / "ask").write_text(known + "&& echo OK || echo ERR; done\n")
        config = directory / "squid.conf"
        config.write_text(SQUID.format(port=port, access=access))
        arguments = [program, "-N", "-n", name, "-f", str(config)]
        try:
            with running(arguments, port, directory / "log", signal.SIGKILL):
                yield port
        finally:
            for shared in Path("/dev/shm").glob(f"{name}-*"):
                shared.unlink()


DANTE = """
logoutput: stderr
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
clientmethod: none
socksmethod: none
{user}
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks block {{ from: 0.0.0.0/0 to: 127.0.0.2/32 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
"""


@contextmanager
def dante(directory: Path) -> Iterator[int]:
    """A SOCKS5 proxy that refuses to connect to 127.0.0.2. (Its users would be the system's.)"""
    program, port = find("danted", "dante-server"), free_port()
    user = "user.privileged: root\nuser.unprivileged: nobody" if os.geteuid() == 0 else ""
    config = directory / f"dante-{port}.conf"
    config.write_text(DANTE.format(port=port, user=user))
    arguments = [program, "-f", str(config), "-p", str(directory / f"dante-{port}.pid")]
    with running(arguments, port, directory / f"dante-{port}.log"):
        yield port


@contextmanager
def microsocks(directory: Path, auth: tuple[str, str] | None = None) -> Iterator[int]:
    """A SOCKS5 proxy."""
    program, port = find("microsocks"), free_port()
    options = [] if auth is None else ["-u", auth[0], "-P", auth[1]]
    arguments = [program, "-i", "127.0.0.1", "-p", str(port), *options]
    with running(arguments, port, directory / f"microsocks-{port}.log"):
        yield port


@contextmanager
def stunnel(directory: Path, cert: trustme.LeafCert, target: int) -> Iterator[int]:
    """TLS in front of a port."""
    program, port = find("stunnel"), free_port()
    pem = directory / f"stunnel-{port}.pem"
    cert.private_key_and_cert_chain_pem.write_to_path(str(pem))
    config = directory / f"stunnel-{port}.conf"
    config.write_text(
        "foreground = yes\npid =\nsyslog = no\n"
        f"[tls]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{target}\ncert = {pem}\n"
    )
    with running([program, str(config)], port, directory / f"stunnel-{port}.log"):
        yield port


NGINX = """
daemon off;
{user}
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    ssl_certificate {directory}/server.pem;
    ssl_certificate_key {directory}/server.pem;
    ssl_client_certificate {directory}/ca.pem;
    keepalive_requests 10000;
    add_header X-Connection $connection;
    add_header X-Proxy-Authorization $http_proxy_authorization;
    add_header X-Session $ssl_session_reused;
    add_header X-Client $ssl_client_s_dn;
    add_header X-Name $ssl_server_name;
    server {{ listen 127.0.0.1:{plain}; location / {{ return 200 "$request_uri"; }} }}
    server {{ listen 127.0.0.1:{tls} ssl http2; location / {{ return 200 "$request_uri"; }} }}
    server {{
        listen 127.0.0.1:{asking} ssl;
        ssl_verify_client on;
        location / {{ return 200 "$request_uri"; }}
    }}
}}
"""


@contextmanager
def nginx(directory: Path, ca: trustme.CA) -> Iterator[dict[str, int]]:
    """An origin: ports ``plain``, ``tls`` (with HTTP/2) and ``asking`` (for a certificate).

    It answers with the request's target, and with what it saw in headers ``X-...``.
    """
    program = find("nginx")
    ports = {name: free_port() for name in ("plain", "tls", "asking")}
    leaf = ca.issue_cert("localhost", "127.0.0.1", "www.example.com")
    leaf.private_key_and_cert_chain_pem.write_to_path(str(directory / "server.pem"))
    ca.cert_pem.write_to_path(str(directory / "ca.pem"))
    user = "user root;" if os.geteuid() == 0 else ""
    config = directory / "nginx.conf"
    config.write_text(NGINX.format(directory=directory, user=user, **ports))
    arguments = [program, "-p", str(directory), "-c", str(config), "-e", "stderr"]
    with running(arguments, ports["asking"], directory / "nginx.log"):
        yield ports


NGINX_FILES = """
daemon off;
{user}
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    ssl_certificate {directory}/server.pem;
    ssl_certificate_key {directory}/server.pem;
    keepalive_requests {requests};
    http2_max_concurrent_streams {streams};
    client_max_body_size 20m;
    add_header X-Connection $connection always;
    server {{
        listen 127.0.0.1:{tls} ssl http2;
        listen 127.0.0.1:{plain} http2;
        location /files/ {{ alias {files}/; }}
        location /limited {{ client_max_body_size 1k; proxy_pass http://127.0.0.1:{behind}; }}
        location / {{ proxy_pass http://127.0.0.1:{behind}; }}
    }}
    server {{
        listen 127.0.0.1:{behind};
        location / {{ return 200 "$request_method $request_uri $content_length"; }}
    }}
}}
"""


@contextmanager
def nginx_files(
    directory: Path, ca: trustme.CA, files: Path, requests: int = 10_000, streams: int = 128
) -> Iterator[dict[str, int]]:
    """An HTTP/2 origin: ports ``tls`` and ``plain`` (prior knowledge).

    It serves `files` under ``/files/``, tells the method, the target and the length of any other
    request, takes 1 KiB at ``/limited``, and leaves each connection after `requests`.
    """
    program = find("nginx")
    ports = {name: free_port() for name in ("tls", "plain", "behind")}
    leaf = ca.issue_cert("localhost", "127.0.0.1")
    leaf.private_key_and_cert_chain_pem.write_to_path(str(directory / "server.pem"))
    config = directory / "nginx.conf"
    config.write_text(
        NGINX_FILES.format(
            directory=directory,
            user="user root;" if os.geteuid() == 0 else "",
            files=files,
            requests=requests,
            streams=streams,
            **ports,
        )
    )
    arguments = [program, "-p", str(directory), "-c", str(config), "-e", "stderr"]
    with running(arguments, ports["behind"], directory / "nginx.log"):
        yield ports


@contextmanager
def nghttpd(directory: Path, files: Path, *options: str) -> Iterator[int]:
    """nghttp2's own server in clear text (Debian's package nghttp2-server)."""
    program, port = find("nghttpd"), free_port()
    arguments = [program, "--no-tls", "-a", "127.0.0.1", "-d", str(files), *options, str(port)]
    with running(arguments, port, directory / f"nghttpd-{port}.log"):
        yield port


@contextmanager
def nghttpx(directory: Path, ca: trustme.CA, origin: int, *options: str) -> Iterator[int]:
    """nghttp2's reverse proxy over TLS (Debian's package nghttp2-proxy), in front of an origin that
    speaks HTTP/1.1 on this machine."""
    program, port = find("nghttpx"), free_port()
    leaf = ca.issue_cert("localhost", "127.0.0.1")
    key, chain = directory / "nghttpx-key.pem", directory / "nghttpx.pem"
    leaf.private_key_pem.write_to_path(str(key))
    chain.write_bytes(b"".join(part.bytes() for part in leaf.cert_chain_pems))
    arguments = [
        program, "--conf=/dev/null", f"--frontend=127.0.0.1,{port}",
        f"--backend=127.0.0.1,{origin}", *options, str(key), str(chain),
    ]  # fmt: skip
    with running(arguments, port, directory / f"nghttpx-{port}.log"):
        yield port
