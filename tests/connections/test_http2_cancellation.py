"""HTTP/2: an exchange may be cancelled at every await, and its siblings never notice.

USERS.md 39: after each cancellation the connection is either fully usable or closed, and no frame
was written by half: the server reads with h2, which would say so.
"""

from __future__ import annotations

from typing import Any

import pytest
from hyperframe import frame as frames

from tests.cancellation import Case, Gate, Scene, sweep
from tests.http2_server import FrameServer, HTTP2Server, Peer, Stream
from tests.worlds import World

from ..ids import shown

pytestmark = pytest.mark.worlds("asyncio", "uvloop", "trio")

OPTIONS = {"http1": False, "http2": True}
BIG = b"x" * 2_500_000


def slowly(gate: Gate) -> Any:
    """Answers "/again" at once, anything else frame by frame, each when the gate opens."""

    def script(peer: Peer) -> None:
        peer.start()
        while (request := peer.request()) is not None:
            stream = request.stream_id
            if dict(request.fields)[":path"] == "/again":
                peer.respond(stream, b"again")
                continue
            steps = [
                lambda s: peer.headers(s, (":status", "103")),
                lambda s: peer.headers(s, (":status", "200")),
                lambda s: peer.data(s, b"one"),
                lambda s: peer.data(s, b"two"),
                lambda s: peer.headers(s, ("x-trailer", "1"), end=True),
            ]
            for step in steps:
                gate.pass_through()
                step(stream)

    return FrameServer(script)


def reluctantly(gate: Gate) -> Any:
    """Takes uploads in small windows, one each time the gate opens."""

    def script(peer: Peer) -> None:
        peer.start(INITIAL_WINDOW_SIZE=0)
        peer.window(0, 2**24)
        while (frame := peer.frame()) is not None:
            stream = frame.stream_id
            if isinstance(frame, frames.HeadersFrame) and "END_STREAM" in frame.flags:
                peer.respond(stream, b"again")
            elif isinstance(frame, (frames.HeadersFrame, frames.DataFrame)):
                if "END_STREAM" in frame.flags:
                    peer.respond(stream, b"done")
                else:
                    gate.pass_through()
                    peer.window(stream, 7_000)

    return FrameServer(script)


async def warm_up(scene: Scene) -> None:
    await scene.client.get(f"{scene.url}/again")


async def get(scene: Scene) -> None:
    await scene.client.get(f"{scene.url}/slow")


async def post(scene: Scene) -> None:
    await scene.client.post(f"{scene.url}/slow", content=b"y" * 30_000)


async def post_pieces(scene: Scene) -> None:
    async def pieces() -> Any:
        for _ in range(3):
            yield b"y" * 9_000

    await scene.client.post(f"{scene.url}/slow", content=pieces())


CASES = [
    Case("cold get", slowly, get, options=OPTIONS, phases=("_read_once", "receive_body")),
    Case("warm get", slowly, get, prepare=warm_up, options=OPTIONS, phases=("_wait",)),
    Case("post", reluctantly, post, prepare=warm_up, options=OPTIONS, phases=("_send_piece",)),
    Case(
        "post of pieces", reluctantly, post_pieces, prepare=warm_up, options=OPTIONS,
        phases=("_send_piece",),
    ),
]  # fmt: skip


@pytest.mark.parametrize("when", ["waiting", "ready"])
@pytest.mark.parametrize("case", CASES, ids=shown)
def test_cancelled_at_every_wait(
    case: Case, when: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = "scope" if world.name == "trio" else "task"
    assert sweep(case, world, monkeypatch, way=way, when=when) > 1


def ordinary(gate: Gate) -> Any:
    def app(stream: Stream) -> Any:
        return 200, [], BIG if stream.path == "/big" else b"%d" % len(stream.body)

    return HTTP2Server(app)


async def begin_download(scene: Scene) -> None:
    request = scene.client.build_request("GET", f"{scene.url}/big")
    scene.kept.append(await scene.client.send(request, stream=True))


async def upload(scene: Scene) -> None:
    await scene.client.post(f"{scene.url}/upload", content=BIG)


class WholeDownload:
    """Reads a response to its end when it is asked to close."""

    def __init__(self, response: Any) -> None:
        self.response = response

    async def aclose(self) -> None:
        assert len(await self.response.aread()) == len(BIG)


async def begin_whole_download(scene: Scene) -> None:
    await begin_download(scene)
    scene.kept[-1] = WholeDownload(scene.kept[-1])


BESIDE = Case(
    "upload beside a download", ordinary, upload, prepare=begin_whole_download,
    options=OPTIONS,
)  # fmt: skip


def test_an_upload_that_is_cancelled_anywhere_spares_the_download(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = "scope" if world.name == "trio" else "task"
    assert sweep(BESIDE, world, monkeypatch, way=way) > 1
