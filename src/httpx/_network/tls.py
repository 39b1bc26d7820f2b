"""TLS over any stream (RFC 8446, RFC 5246): the only TLS of every world.

Theory of operation. OpenSSL works on two buffers in memory instead of a socket: what arrived
is put into `incoming`, what is to leave is taken from `outgoing`. Every operation is one loop:
try it; if OpenSSL wants bytes, read some from the stream below, put them in, try again.
Because the stream below is any stream, so is the world, and TLS within TLS needs no more.

*Two threads.* One OpenSSL object must not be entered by two threads at once, while a reader
and a writer may well be inside this stream. So a lock, held for the length of a computation
and never while waiting, is around each use of it. The reader leaves what OpenSSL answers by
itself (a key update) to the writer who is inside; with none there, it sends the answer itself,
without waiting: if it does not fit, the next write begins with it.

*Order under cancellation.* Records must leave in the order they were made, whole. What has
been encrypted and not sent stays in `_unsent`, and the next write begins with it. A call cut
short has told nobody how much it took, so that is kept as well (`_taken`): the same bytes,
offered again, are not encrypted again.

*The end of file* without a close_notify (RFC 8446 §6.1) is an attack only where nothing else
says that the data is complete. Only the layer above can know: `truncated` tells it.

*Is an idle stream dead?* Readable bytes below need not be data: TLS 1.3 sends session tickets
after the handshake. `is_readable()` has them processed before it answers.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from .._exceptions import NetworkError, ReadError, ReadTimeout, TimeoutException, WriteError
from .base import Buffer, Stream, failed, timed_out
from .process import PROCESS
from .tls_objects import new_object

__all__ = ["TLSStream", "start_tls"]

CHUNK = 65_536
"""How much is read from the stream below at once, or encrypted before it is sent. More is not
faster, and OpenSSL's buffers never shrink."""
RECORD = 16_384
"""The most that one record holds, and OpenSSL gives at once (RFC 8446 §5.1)."""


async def start_tls(
    inner: Stream,
    context: ssl.SSLContext,
    hostname: str,
    timeout: float | None,
    alpn: Sequence[str] = (),
) -> TLSStream:
    """Do the handshake over `inner`. See `Stream.start_tls`."""
    name = hostname.removesuffix(".")  # RFC 6066 §3: the name without the root's dot
    peer = _peer(name, inner.peer)
    deadline = None if timeout is None else time.monotonic() + timeout
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        tls, keep_session = new_object(context, incoming, outgoing, name, tuple(alpn), peer)
        stream = TLSStream(inner, tls, incoming, outgoing, peer)
        await stream.handshake(deadline)
        stream.keep_session = keep_session
    except TimeoutException as exc:
        inner.close()
        raise timed_out("tls", timeout or 0, peer) from exc
    except NetworkError as exc:
        inner.close()
        raise failed("tls", exc.__cause__ or exc, peer) from exc
    except (ssl.SSLError, ValueError) as exc:
        if outgoing.pending:
            inner.write_nowait(outgoing.read())  # the alert that tells the peer why
        inner.close()
        raise failed("tls", _explain(exc, name), peer) from exc
    except BaseException:
        inner.close()
        raise
    return stream


class TLSStream(Stream):
    """Bytes over TLS over another stream."""

    def __init__(
        self,
        inner: Stream,
        tls: ssl.SSLObject,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        peer: str,
    ) -> None:
        self.peer = peer
        self._inner = inner
        self._tls = tls
        self._incoming = incoming
        self._outgoing = outgoing
        self.keep_session: Callable[[], None] | None = None
        """Called before the end of a connection that was in order: the next may resume it."""
        self._lock = threading.Lock()
        self._pid = PROCESS.id
        self._plain = b""  # decrypted by a look at the idle stream, not yet read
        self._unsent: Buffer = b""
        self._taken = 0
        self._reading = False
        self._writing = False
        self._ended = False
        self._failure: ssl.SSLError | None = None
        self._truncated = False
        self._closed = False

    @property
    def on_idle_close(self) -> Callable[[], None] | None:
        """The hook of the stream below, which is the one to notice."""
        return self._inner.on_idle_close

    @on_idle_close.setter
    def on_idle_close(self, hook: Callable[[], None] | None) -> None:
        self._inner.on_idle_close = hook

    async def handshake(self, deadline: float | None) -> None:
        """Agree on keys with the peer, and check its certificate."""
        while True:
            done = True
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                done = False
            if self._outgoing.pending:
                await self._inner.write(self._outgoing.read(), _left(deadline))
            if done:
                return
            self._feed(await self._inner.read(CHUNK, _left(deadline)))

    # Reading.

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        data = self._decrypt(max_bytes)
        if data is None:
            self._reading = True
            try:
                data = self._decrypt(max_bytes, await self._inner.read(CHUNK, timeout))
                # The ordinary case ends here; else that was part of a record, or a ticket.
                deadline = None if data or timeout is None else time.monotonic() + timeout
                while data is None:
                    data = self._decrypt(max_bytes, await self._inner.read(CHUNK, _left(deadline)))
            except ReadTimeout:  # of what was left of the time, and of who is below
                raise timed_out("read", timeout or 0, self.peer) from None
            except ReadError:
                if self._closed:
                    raise self._closed_error("read") from None
                raise
            finally:
                self._reading = False
        return data

    def read_nowait(self, max_bytes: int) -> bytes | None:
        data = self._decrypt(max_bytes)
        while data is None:
            raw = self._inner.read_nowait(CHUNK)
            if raw is None:
                return None
            data = self._decrypt(max_bytes, raw)
        return data

    def _feed(self, raw: bytes) -> None:
        """Hand OpenSSL what has arrived. Under the lock."""
        if raw:
            self._incoming.write(raw)
        else:
            self._incoming.write_eof()

    def _decrypt(self, max_bytes: int, raw: bytes | None = None) -> bytes | None:
        """Decrypted bytes; ``b""`` at the end; `None` if more has to arrive first.

        `raw` is what has just arrived, if something has.
        """
        with self._lock:
            if raw is not None:
                self._feed(raw)
            if self._closed:
                raise self._closed_error("read")
            if self._plain:
                data, self._plain = self._plain[:max_bytes], self._plain[max_bytes:]
                return data
            if self._ended:
                return b""
            if self._failure is not None:
                raise failed("read", self._failure, self.peer) from self._failure
            if not (self._incoming.pending or self._incoming.eof or self._tls.pending()):
                return None  # without the exception, which costs more than the question
            try:
                return self._read_records(max_bytes)
            except ssl.SSLWantReadError:
                return None
            except ssl.SSLError as exc:
                self._failure = exc  # it may have been found by a look at an idle stream
                raise failed("read", exc, self.peer) from exc
            finally:
                if self._outgoing.pending and not self._writing:
                    self._answer()

    def _read_records(self, max_bytes: int) -> bytes:
        """The data of all records that have arrived as a whole, up to `max_bytes`.

        One by one they would each go through all the floors above: a download would take a
        quarter more CPU time. What ends the data is met again by the next read.
        """
        data = self._read_record(max_bytes)
        if not self._incoming.pending:
            return data
        pieces = [data]
        left = max_bytes - len(data)
        try:
            while left > 0 and self._incoming.pending and (data := self._read_record(left)):
                pieces.append(data)
                left -= len(data)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as exc:
            self._failure = exc
        return b"".join(pieces)

    def _read_record(self, max_bytes: int) -> bytes:
        try:
            data = self._tls.read(min(max_bytes, RECORD))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as exc:
            self._truncated = isinstance(exc, ssl.SSLEOFError)
            data = b""
        self._ended = not data
        return data

    def _answer(self) -> None:
        """Send what OpenSSL has to say by itself, as far as it fits. Under the lock."""
        self._unsent = bytes(self._unsent) + self._outgoing.read()
        self._unsent = self._unsent[self._inner.write_nowait(self._unsent) :]

    # Writing.

    async def write(self, data: Buffer, timeout: float | None) -> None:
        sent = await self.write_some(data, timeout)
        if sent < len(data):
            view = memoryview(data)
            while sent < len(view):
                sent += await self.write_some(view[sent:], timeout)

    async def write_some(
        self, data: Buffer, timeout: float | None, or_readable: bool = False
    ) -> int:
        if not data or (or_readable and self.is_readable() and not self._closed):
            return 0
        with self._lock:
            self._writing = True
        try:
            if self._unsent and not await self._flush(timeout, or_readable):
                return 0
            while not (self._taken or self._encrypt(data)):
                await self._renegotiate(timeout)
            if not await self._flush(timeout, or_readable):
                return 0
            taken, self._taken = self._taken, 0
            return taken
        finally:
            self._writing = False

    def _encrypt(self, data: Buffer) -> bool:
        """Encrypt the first part of `data`, and remember how much that was.

        False if OpenSSL wants to hear from the peer first.
        """
        with self._lock:
            if self._closed:
                raise self._closed_error("write")
            try:
                self._taken = self._tls.write(
                    data if len(data) <= CHUNK else memoryview(data)[:CHUNK]
                )
            except ssl.SSLWantReadError:
                return False
            except ssl.SSLError as exc:
                raise failed("write", exc, self.peer) from exc
            finally:
                self._unsent = self._outgoing.read()
            return True

    async def _flush(self, timeout: float | None, or_readable: bool) -> bool:
        """Send what is encrypted. False if there was something to read first."""
        unsent = self._unsent
        while unsent:
            try:
                sent = await self._inner.write_some(unsent, timeout, or_readable)
            except WriteError:
                if self._closed:
                    raise self._closed_error("write") from None
                raise
            if sent == len(unsent):
                break
            self._unsent = unsent = memoryview(unsent)[sent:]
            if not sent and self._look():
                return False
        self._unsent = b""
        return True

    async def _renegotiate(self, timeout: float | None) -> None:
        """Take a step in a handshake that the peer began anew (TLS 1.2 only).

        HTTP/2 forbids it (RFC 9113 §9.2.1), and only there do two threads meet.
        """
        if self._reading:
            self.close()
            raise failed("write", "TLS renegotiation on a shared stream", self.peer)
        await self._flush(timeout, False)
        try:
            raw = await self._inner.read(CHUNK, timeout)
        except TimeoutException as exc:
            raise timed_out("write", timeout or 0, self.peer) from exc
        except ReadError as exc:
            if self._closed:
                raise self._closed_error("write") from None
            raise failed("write", exc.__cause__ or exc, self.peer) from exc
        with self._lock:
            self._feed(raw)

    def write_nowait(self, data: Buffer) -> int:
        if self._closed or not self._lock.acquire(blocking=False):
            return 0
        try:
            if self._writing:
                return 0
            if not self._taken:
                if self._unsent:
                    return 0
                self._taken = self._tls.write(data)
            self._answer()
            if self._unsent:
                return 0  # what is encrypted waits for the next write of the same bytes
            taken, self._taken = self._taken, 0
        except (ssl.SSLError, ValueError):
            return 0
        else:
            return taken
        finally:
            self._lock.release()

    # The rest.

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True  # before the peer hears of it, and answers in its way
        if PROCESS.id == self._pid:
            self._say_goodbye()
        self._inner.close()

    def _closed_error(self, phase: str) -> NetworkError:
        """What is said after `close()`, whatever the streams below have met since."""
        return failed(phase, "the stream was closed", self.peer)

    def _say_goodbye(self) -> None:
        """Send a close_notify, if that can be done at once."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self.keep_session is not None and self._failure is None:
                self.keep_session()
            if not (self._writing or self._unsent):
                self._tls.unwrap()
        except (ssl.SSLError, ValueError):
            pass  # it wants to read the peer's close_notify, which nobody waits for
        finally:
            if self._outgoing.pending and not (self._writing or self._unsent):
                self._inner.write_nowait(self._outgoing.read())
            self._lock.release()

    def is_readable(self) -> bool:
        return (
            self._closed
            or self._ended
            or self._failure is not None
            or bool(self._plain)
            or (
                bool(self._incoming.pending or self._tls.pending() or self._inner.is_readable())
                and self._look()
            )
        )

    def _look(self) -> bool:
        """Whether what has arrived is data, or the end; tickets and the like are processed."""
        if self._plain:
            return True
        try:
            data = self.read_nowait(RECORD)
        except NetworkError:
            return True  # the next read says so
        if data:
            self._plain = data
        return data is not None

    def get_extra_info(self, name: str) -> Any:
        if name == "ssl_object":
            return self._tls
        if name == "truncated":
            return self._truncated
        return self.is_readable() if name == "is_readable" else self._inner.get_extra_info(name)


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _peer(hostname: str, inner: str) -> str:
    """The peer's name: behind a proxy, whose stream this is, both names."""
    direct = inner.startswith((f"{hostname}:", f"[{hostname}]:", f"{hostname}.:"))
    return inner if direct else f"{hostname} via {inner}"


# X509_V_ERR_... of OpenSSL, in words that say what to do about it.
_PROBLEMS = {
    9: "the certificate of {host} is not valid yet (or this computer's clock is slow)",
    10: "the certificate of {host} has expired (or this computer's clock is fast)",
    18: "the certificate of {host} is self-signed and not in the trust store",
    19: "the certificate of {host} comes from a self-signed authority that is not in the"
    " trust store",
    20: "the certificate of {host} comes from an unknown issuer: its authority, or an"
    " intermediate certificate, is missing from the trust store",
    21: "the certificate of {host} comes from an unknown issuer, and the server sent no"
    " intermediate certificate",
    23: "the certificate of {host} is revoked",
    62: "the certificate is for another host than {host}",
    64: "the certificate is for another address than {host}",
}


def _explain(exc: Exception, host: str) -> str:
    """OpenSSL's text, and what it means."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        problem = _PROBLEMS.get(exc.verify_code, "the certificate of {host} is not acceptable")
        return f"{exc}: {problem.format(host=host)};"
    if isinstance(exc, ssl.SSLError) and exc.reason == "WRONG_VERSION_NUMBER":
        return f"{exc}: the peer does not seem to speak TLS on this port;"
    return str(exc)
