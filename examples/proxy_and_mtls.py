"""A company's network: its own authority, client certificates, a proxy, and hosts without one.

python examples/proxy_and_mtls.py
"""

from __future__ import annotations

import ssl

import httpx
from server import Server, serve

__all__ = ["make_client"]


def make_client(authority: str, identity: str, proxy: str, direct: list[str]) -> httpx.Client:
    """A client for such a network.

    Args:
        authority: a file with the certificate of the company's authority.
        identity: a file with this program's key and certificate.
        proxy: the URL of the proxy; a password may stand in it.
        direct: hosts that are reached without it.
    """
    context = httpx.create_ssl_context()  # the usual roots ...
    context.load_verify_locations(authority)  # ... and the company's
    context.load_cert_chain(identity)
    return httpx.Client(
        verify=context,
        proxy=proxy,
        mounts={f"all://{host}": httpx.HTTPTransport(verify=context) for host in direct},
        trust_env=False,  # what the environment says does not matter
    )


def show(client: httpx.Client, url: str) -> None:
    def trace(event: str, info: dict[str, object]) -> None:
        if event.endswith(".start_tls.started"):
            way.append("tunnel" if event.startswith("proxy") else "direct")

    way: list[str] = []
    try:
        response = client.get(url, extensions={"trace": trace})
        print(response.status_code, response.json(), *way)
    except httpx.TransportError as exc:
        print(type(exc).__name__, *way)


def run(server: Server) -> None:
    with make_client(server.authority, server.identity, server.http, []) as client:
        show(client, f"{server.mutual}/users/1")
    with make_client(server.authority, server.identity, server.http, ["localhost"]) as client:
        show(client, f"{server.mutual}/users/2")
    # Without a certificate, the handshake fails at one side or the other.
    stranger = ssl.create_default_context(cafile=server.authority)
    with httpx.Client(verify=stranger, trust_env=False) as client:
        show(client, f"{server.mutual}/users/3")


def main() -> None:
    with serve() as server:
        run(server)


if __name__ == "__main__":
    main()
