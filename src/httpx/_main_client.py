"""A client whose user looks on: prints the heads of all messages, connections and certificates.

Heads of responses are printed by an event hook, so that each hop of a redirect is seen. With
`--verbose`, the extension `trace` tells of the rest, and the extension `timings` how long it took.
"""

from __future__ import annotations

import sys
import typing

from ._client import Client
from ._config import create_ssl_context
from ._main_output import Printer, certificate_lines
from ._main_timings import chart

if typing.TYPE_CHECKING:
    import ssl

    from ._connections.timings import Timings
    from ._models import Response
    from ._saving import Progress, SaveTarget

__all__ = ["ObservedClient"]


class ObservedClient(Client):
    """Prints what it does.

    Args:
        printer: where to.
        verbose: print requests, connections and timings, not only the heads of responses.
        settings: those of `Client`.
    """

    def __init__(
        self, printer: Printer, verbose: bool, settings: typing.Mapping[str, typing.Any]
    ) -> None:
        self._printer = printer
        self._opens_tunnel = False
        self._timings: list[Timings] = []
        self._extensions: dict[str, typing.Any] = {}
        if verbose:
            self._extensions = {"trace": self._trace, "timings": self._timings.append}
            # Reading the certificates of all authorities is no phase of the call.
            settings = {**settings, "verify": create_ssl_context(settings["verify"])}
        super().__init__(event_hooks={"response": [self._print_head]}, **settings)

    def show(self, arguments: dict[str, typing.Any], **options: typing.Any) -> Response:
        """Send a request and print the response.

        Args:
            arguments: those of `build_request`.
            options: those of `send`.
        """
        request = self.build_request(**arguments, extensions=self._extensions)
        response = self.send(request, stream=True, **options)
        try:
            self._printer.body(response)
        finally:
            response.close()
        return response

    def save(
        self,
        arguments: dict[str, typing.Any],
        target: SaveTarget,
        progress: Progress | None,
        **options: typing.Any,
    ) -> Response:
        """Send a request and save the body of the response, if that is a success.

        Raises `HTTPStatusError` if it is not.
        """
        body = [arguments[name] for name in ("content", "data", "files", "json")]
        if arguments["method"].upper() == "GET" and not any(body):
            named = {name: arguments[name] for name in ("url", "params", "headers")}
            options |= {"extensions": self._extensions, "progress": progress}
            return self.download(**named, target=target, **options)
        request = self.build_request(**arguments, extensions=self._extensions)
        response = self.send(request, stream=True, **options)
        try:
            response.raise_for_status().stream_to(target, progress=progress)
        finally:
            response.close()
        return response

    def print_timings(self) -> None:
        """With `verbose`: how long the requests took, those that failed as well."""
        # Beside the output, so that a body in a pipe stays what it is.
        beside = Printer(sys.stderr)
        for line in chart(self._timings, beside.can_show("█")):
            beside.note(line, fg="cyan")

    def _print_head(self, response: Response) -> None:
        start = f"{response.http_version} {response.status_code} {response.reason_phrase}"
        self._printer.head(start, response.headers.raw)

    def _trace(self, event: str, info: dict[str, typing.Any]) -> None:
        request = info.get("request")
        if request is not None:
            self._opens_tunnel = request.opens_tunnel
        prefix, _, step = event.partition(".")
        if step == "connect_tcp.started":
            self._printer.note(f"* Connecting to {info['host']!r}")
        elif step == "connect_tcp.complete":
            address = info["return_value"].get_extra_info("server_addr")
            self._printer.note(f"* Connected to {address[0]!r} on port {address[1]}")
        elif step == "start_tls.complete":
            self._print_tls(info["return_value"].get_extra_info("ssl_object"))
        elif step == "send_request_headers.started":
            version = "HTTP/2" if prefix == "http2" else "HTTP/1.1"
            request = info["request"]
            start = f"{request.method.decode()} {request.target.decode()} {version}"
            self._printer.head(start, request.headers)
        elif step == "receive_response_headers.complete" and self._opens_tunnel:
            self._print_proxys_answer(*info["return_value"])

    def _print_proxys_answer(
        self, version: bytes, status: int, reason: bytes, fields: list[tuple[bytes, bytes]]
    ) -> None:
        start = f"{version.decode()} {status} {reason.decode('latin-1')}"
        self._printer.head(start.rstrip(), fields)

    def _print_tls(self, tls: ssl.SSLObject) -> None:
        cipher = tls.cipher()
        name = None if cipher is None else cipher[0]
        self._printer.note(f"* SSL established using {tls.version()!r} / {name!r}")
        self._printer.note(f"* Selected ALPN protocol: {tls.selected_alpn_protocol()!r}")
        certificate = tls.getpeercert()
        if certificate:
            self._printer.note("* Server certificate:")
            for line in certificate_lines(certificate):
                self._printer.note(line)
        else:
            import hashlib

            digest = hashlib.sha256(tls.getpeercert(True) or b"").hexdigest()
            self._printer.note(f"* Server certificate: NOT CHECKED, SHA-256 {digest}", fg="red")
