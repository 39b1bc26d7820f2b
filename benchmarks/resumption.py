"""What the resumption of TLS sessions saves: a new client for each request, on loopback.

    python benchmarks/resumption.py [requests]

Server and client share the machine, each in a process of its own. Printed are milliseconds of
wall clock and of the client's CPU for one `httpx.get`, in full handshakes and resumed.
"""

from __future__ import annotations

import multiprocessing
import socket
import ssl
import sys
import time

import trustme

import httpx
from httpx._network import tls_objects

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Answer one request a connection, for ever."""
    while True:
        conn, _ = listener.accept()
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(conn, server_side=True) as wire:
            wire.recv(65536)
            wire.sendall(ANSWER)
            wire.recv(65536)


def measure(url: str, context: ssl.SSLContext, requests: int) -> tuple[float, float]:
    """Milliseconds of wall clock and CPU for one request."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(requests):
        httpx.get(url, verify=context, trust_env=False)
    return (
        (time.perf_counter() - wall) / requests * 1000,
        (time.process_time() - cpu) / requests * 1000,
    )


def main() -> None:
    requests = int(sys.argv[1]) if sys.argv[1:] else 500
    rsa = trustme.KeyType.RSA  # and an intermediate: what most servers send
    authority = trustme.CA(key_type=rsa)
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer = authority.create_child_ca(key_type=rsa)
    issuer.issue_cert("127.0.0.1", key_type=rsa).configure_cert(server_context)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
    fork = multiprocessing.get_context("fork")
    server = fork.Process(target=serve, args=(listener, server_context), daemon=True)
    server.start()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    keep = tls_objects._Donor.keep
    try:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context.maximum_version = version
            for name, step in (("full", lambda *ignored: None), ("resumed", keep)):
                tls_objects._Donor.keep = step  # type: ignore[assignment, method-assign]
                measure(url, context, 20)
                wall, cpu = measure(url, context, requests)
                print(f"{version.name} {name:8} {wall:6.2f} ms, {cpu:5.2f} ms of CPU")
    finally:
        server.terminate()
        listener.close()


if __name__ == "__main__":
    main()
