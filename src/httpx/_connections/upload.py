"""A request's body on its way out over HTTP/1.1, in steps.

An `Upload` can be left in the middle, whenever there is something to read, and gone on with
later. So a connection can look at an early response (RFC 9112 9.5), and a success that is large
can be read by the program while the body still leaves: neither side ever stops reading because
the other does not.

It writes and never reads; what an early response means is the connection's to say.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._network.base import Buffer, Stream
    from .._protocols.http1 import HTTP1Codec
    from .messages import RequestBody, RequestMessage

__all__ = ["SMALL_BODY", "Upload"]

SMALL_BODY = 64 * 1024  # up to here data leaves in one write with its framing
_SLICE = 256 * 1024  # larger ones in slices of a memoryview: nothing is copied but these


class Upload:
    """What is still to be written of a request, but for its head."""

    __slots__ = ("_buffers", "_codec", "_finished", "_position", "_request", "_source", "_stream")

    def __init__(
        self,
        stream: Stream,
        codec: HTTP1Codec,
        request: RequestMessage,
        source: bytes | RequestBody,
    ) -> None:
        self._stream = stream
        self._codec = codec
        self._request = request
        self._source = source
        self._position = 0  # in a source that is bytes
        self._buffers: deque[Buffer] = deque()
        self._finished = False

    async def push(self) -> bool:
        """Write on. True when all has left, False as soon as there is something to read."""
        buffers = self._buffers
        request = self._request
        while True:
            while buffers:
                data = buffers[0]
                written = await self._stream.write_some(data, request.timeouts.write, True)
                if not written:
                    return False
                request.written += written
                if written < len(data):
                    buffers[0] = memoryview(data)[written:]
                else:
                    buffers.popleft()
            if self._finished:
                return True
            await self._fill()

    async def aclose(self) -> None:
        """Let go of the body's source."""
        if not isinstance(self._source, bytes):
            await self._source.aclose()

    async def _fill(self) -> None:
        """Take the next piece of the body, framed; at its end, the end's framing."""
        source = self._source
        data: Buffer
        framed: Sequence[Buffer]
        if isinstance(source, bytes):
            data = memoryview(source)[self._position : self._position + _SLICE]
            self._position += len(data)
        else:
            data = await source.next_chunk()
        if not data:
            self._finished = True
            framed = [self._codec.finish()]
        else:
            framed = self._codec.frame(data)
            if len(data) <= SMALL_BODY and len(framed) > 1:
                framed = [b"".join(framed)]
        self._buffers.extend(filter(len, framed))
