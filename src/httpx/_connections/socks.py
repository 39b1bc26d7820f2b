"""A connection through a SOCKS5 proxy (RFC 1928): the handshake's bytes, moved over a stream.

Who looks up the origin's name is told by the proxy's scheme: with `socks5h` the proxy does, with
`socks5` it is done here, and the proxy gets addresses, one after the other as long as it says
that it cannot reach the one before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._exceptions import ConnectError, NetworkError
from .._protocols.socks5 import SOCKS5Handshake, load_socksio

if TYPE_CHECKING:
    from .._config import Deadline
    from .._network.base import Stream

__all__ = ["SOCKS5Handshake", "load_socksio", "shake_hands"]


async def shake_hands(
    stream: Stream, handshake: SOCKS5Handshake, deadline: Deadline | None
) -> Stream:
    """Make a stream to a proxy a stream to the origin. Closes it on any failure."""
    try:
        data = handshake.start()
        while not handshake.done:
            if data:
                await stream.write(data, None if deadline is None else deadline.remaining())
            timeout = None if deadline is None else deadline.remaining()
            data = handshake.receive(await stream.read(handshake.wanted, timeout))
    except NetworkError as exc:
        stream.close()
        raise ConnectError(f"{exc} (in the SOCKS5 handshake)") from exc
    except BaseException:
        stream.close()
        raise
    return stream
