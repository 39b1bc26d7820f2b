"""A download that goes on where it broke off (RFC 9110 §13.1.5, §14).

When a connection breaks within the body, the rest is asked for by `Range`, on the condition
(`If-Range`) that the resource is still the one that was begun. That takes a strong validator: an
ETag that is not weak, or a Last-Modified that is older than the response by a second or more.
Where there is none, where the server answers with the whole, or where the body was encoded
(Accept-Encoding asks for no coding), it begins anew, in a file that can be taken back.

Written once, as coroutines, like `_flow`, and above it: each exchange is an ordinary `send` of
the client, with its authentication, redirects and hooks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ._config import Deadline
from ._exceptions import DigestMismatch, NetworkError, RemoteProtocolError, TimeoutException
from ._headers import Headers
from ._saving import content_length

if TYPE_CHECKING:
    from ._calls import Calls
    from ._models import Request, Response
    from ._saving import Saving

__all__ = ["download"]

_BROKEN = (NetworkError, RemoteProtocolError, TimeoutException)
_content_range = re.compile(r"bytes (\d+)-\d+/(\d+|\*)", re.ASCII).fullmatch
_PAUSE = 0.5  # seconds, doubled each time, before another attempt where the last brought nothing


async def download(
    client: Any,
    calls: Calls,
    saving: Saving,
    resumptions: int,
    build: dict[str, Any],
    send: dict[str, Any],
) -> Response:
    """Save what a GET gives; the last response, closed. `build` and `send` are arguments of
    the client's methods of that name."""
    job = _Download(client, calls, saving, build, send)
    try:
        await calls.in_thread(saving.start)
        response = await job.run(resumptions)
        await calls.in_thread(saving.finish)
    except BaseException as exc:
        saving.discard()
        if isinstance(exc, DigestMismatch):
            exc.request = job.request
        raise
    return response


class _Download:
    """One download, through as many exchanges as it takes."""

    def __init__(
        self,
        client: Any,
        calls: Calls,
        saving: Saving,
        build: dict[str, Any],
        send: dict[str, Any],
    ) -> None:
        self._client = client
        self._calls = calls
        self._saving = saving
        self._build = build
        self._send = send
        self.request: Request
        self._validator: str | None = None
        self._deadline: Deadline | None = None

    async def run(self, resumptions: int) -> Response:
        """Ask until the body is complete, or no more attempts are left."""
        in_vain = 0
        while True:
            before = self._saving.size
            try:
                return await self._exchange()
            except _BROKEN:
                if not (resumptions and self._can_go_on()):
                    raise
            resumptions -= 1
            if self._saving.size > before:
                in_vain = 0
            else:
                await self._calls.sleep(_PAUSE * 2**in_vain)
                in_vain += 1

    def _can_go_on(self) -> bool:
        if not self._saving.size or (self._deadline is not None and not self._deadline.remaining()):
            return False
        return self._validator is not None or self._saving.can_restart

    async def _exchange(self) -> Response:
        request = self.request = self._next_request()
        asked_from = self._saving.size if self._validator is not None else 0
        response: Response = await self._calls.call(
            self._client.send, request=request, stream=True, **self._send
        )
        try:
            if await self._begins(response, asked_from):
                await self._calls.save(response, self._saving)
        finally:
            await self._calls.close(response)
        return response

    def _next_request(self) -> Request:
        headers = Headers(self._build["headers"])
        headers.setdefault("Accept-Encoding", "identity")
        if self._validator is not None:
            headers["Range"] = f"bytes={self._saving.size}-"
            headers["If-Range"] = self._validator
        request: Request = self._client.build_request("GET", **{**self._build, "headers": headers})
        timeout = request.extensions["timeout"]
        if timeout.get("total") is not None:
            if self._deadline is None:
                self._deadline = Deadline(timeout["total"])
            left = {**timeout, "total": self._deadline.remaining()}
            request.extensions = {**request.extensions, "timeout": left}
        return request

    async def _begins(self, response: Response, asked_from: int) -> bool:
        """See what came: the rest, the whole, or nothing more (then False).

        Raises `HTTPStatusError` for what is none of these.
        """
        saving = self._saving
        if asked_from:
            content_range = response.headers.get("content-range", "")
            if response.status_code == 206:
                self._check_range(response, content_range, asked_from)
                saving.offset = asked_from
                return True
            if response.status_code == 416 and content_range == f"bytes */{asked_from}":
                return False  # it broke off behind the last byte
        if not response.is_success:
            await self._calls.read(response)
            response.raise_for_status()
        if saving.size:
            await self._calls.in_thread(saving.restart)
        saving.offset = 0
        saving.total = content_length(response)
        self._validator = _strong_validator(response)
        return True

    def _check_range(self, response: Response, content_range: str, asked_from: int) -> None:
        """Whether a 206 goes on where we stand, in the same representation."""
        match = _content_range(content_range)
        etag = response.headers.get("etag", self._validator)
        is_date = not (self._validator or "").startswith('"')
        if match is None or int(match[1]) != asked_from or not (is_date or etag == self._validator):
            raise RemoteProtocolError(
                f"The download was to go on at byte {asked_from} of {self._validator}, but "
                f"{response.url.host} answered with {content_range!r} of {etag}.",
                request=response.request,
            )
        if match[2] != "*":
            self._saving.total = int(match[2])


def _strong_validator(response: Response) -> str | None:
    """What tells this representation from every other one (RFC 9110 §8.8), where parts of it
    can be asked for."""
    headers = response.headers
    if response.status_code != 200 or "content-encoding" in headers:
        return None
    if headers.get("accept-ranges", "").strip().lower() == "none":
        return None
    etag: str = headers.get("etag", "")
    if etag.startswith('"'):
        return etag
    modified = headers.get("last-modified")
    if etag or modified is None or "date" not in headers:
        return None
    from email.utils import parsedate_to_datetime

    try:
        age = parsedate_to_datetime(headers["date"]) - parsedate_to_datetime(modified)
    except (TypeError, ValueError):
        return None
    return modified if age.total_seconds() >= 1 else None
