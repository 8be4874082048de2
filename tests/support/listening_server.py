"""A server that writes down what it is sent: broker, calls endpoint and a real aiortc peer, in a thread of its own.

For tests of the whole app that must know what left the machine: the sound, sample by sample, and every event.
"""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.audio.opus import OpusDecoder
from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm
from tests.support.realtime_peer import RealtimePeer
from tests.support.speech import level_dbfs

SECRET: Final = "ek_planted_by_the_broker"
WAIT_S: Final = 20.0


class ListeningServer:
    """Answers like a broker at ``/token`` and like a Realtime server at ``/v1/realtime/calls``."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[dict[str, Any]] = []
        """Client events, in order."""
        self.authorizations: list[str] = []
        self.admits = threading.Event()
        """Cleared, whoever comes waits at the door."""
        self.admits.set()
        self._peers: list[RealtimePeer] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._server: uvicorn.Server | None = None

    # --- what was sent --------------------------------------------------------------------------------------

    def kinds(self) -> list[str]:
        """The types of the client events so far."""
        return [request["type"] for request in tuple(self.requests)]

    def sound(self) -> Pcm:
        """What was heard, on the sender's clock: gaps in RTP time are silence."""
        packets = sorted(self._peers[-1].packets, key=lambda packet: packet.timestamp)
        decoder = OpusDecoder()
        pieces: list[Pcm] = []
        due = packets[0].timestamp if packets else 0
        for packet in packets:
            pieces.append(np.zeros(packet.timestamp - due, np.int16))
            pieces.append(decoder.decode(packet.payload))
            due = packet.timestamp + len(pieces[-1])
        decoder.close()
        return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)

    def level_dbfs(self, last_s: float = 0.3) -> float:
        """How loud the latest of it is."""
        return level_dbfs(self.sound()[-round(last_s * RATE_HZ) :])

    def loud_s(self, above_dbfs: float = -50.0) -> float:
        """How many seconds of what was sent are louder than this."""
        sound = self.sound()
        blocks = sound[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES).astype(np.float64)
        rms = np.sqrt(np.mean(blocks**2, axis=1)) if len(blocks) else np.zeros(0)
        return float(np.count_nonzero(rms > 32768 * 10 ** (above_dbfs / 20))) * BLOCK_SAMPLES / RATE_HZ

    # --- serving --------------------------------------------------------------------------------------------

    def run(self) -> None:
        """The thread's own."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        routes = [
            Route("/token", self._token, methods=["POST"]),
            Route("/v1/realtime/calls", self._call, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), port=0, log_config=None, lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            self._ready.set()  # who connects from now on waits in the listener's queue
            await self._server.serve(sockets=[listener])
        for task in self._tasks:
            task.cancel()
        for peer in self._peers:
            await peer.close()

    def stop(self) -> None:
        """End the server; the thread follows."""
        if self._server is not None:
            self._server.should_exit = True

    def drop_calls(self) -> None:
        """Close all peers, as a server does that is restarted."""
        assert self._loop is not None
        for peer in self._peers:
            asyncio.run_coroutine_threadsafe(peer.close(), self._loop).result(WAIT_S)

    def wait_until_ready(self) -> None:
        """Until ``url`` can be asked."""
        assert self._ready.wait(WAIT_S)

    async def _token(self, request: Request) -> Response:
        self.authorizations.append(request.headers.get("authorization", ""))
        await asyncio.to_thread(self.admits.wait, WAIT_S)
        return JSONResponse({"value": SECRET, "expires_at": 4_000_000_000})

    async def _call(self, request: Request) -> Response:
        self.authorizations.append(request.headers.get("authorization", ""))
        peer = RealtimePeer()
        self._peers.append(peer)
        sdp = await peer.answer((await request.body()).decode())
        task = asyncio.create_task(self._attend(peer))
        self._tasks.add(task)
        return Response(sdp, status_code=201, media_type="application/sdp", headers={"Location": "/rtc_listening"})

    async def _attend(self, peer: RealtimePeer) -> None:
        session: dict[str, Any] = {"type": "realtime", "object": "realtime.session", "id": "sess_listening"}
        await peer.send_text(json.dumps({"type": "session.created", "event_id": "e1", "session": session}))
        while True:
            request = json.loads(await peer.texts.get())
            self.requests.append(request)
            if request["type"] == "session.update":
                effective = {**session, **request["session"]}
                await peer.send_text(json.dumps({"type": "session.updated", "event_id": "e2", "session": effective}))


@contextmanager
def listening_server() -> Iterator[ListeningServer]:
    """A running one."""
    server = ListeningServer()
    thread = threading.Thread(target=server.run, name="listening-server", daemon=True)
    thread.start()
    server.wait_until_ready()
    try:
        yield server
    finally:
        server.stop()
        thread.join(WAIT_S)
