"""The server both clients call, as a process: ``python -m tests.bench.server ADDRESS FOLDER``.

Over HTTPS: the page for the browser, ``/call`` (offer in, answer out), ``/heard`` (what arrived of the last call).
``FOLDER`` gets the certificate. One JSON line on standard output says when it is ready.
"""

import asyncio
import base64
import json
import socket
import sys
from functools import cache
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.bench.chromium import PAGE
from tests.bench.peer import Peer
from tests.bench.sounds import packets, sound_of
from tests.support.certificates import self_signed

PORT: Final = 8443
SAYS_S: Final = 30.0
"""What is said begins again after so long."""


@cache
def said(kind: str, packet_ms: int) -> list[bytes]:
    """The packets of what is said, made once."""
    return packets(sound_of(kind, SAYS_S), packet_ms)


class Server:
    """One call at a time."""

    def __init__(self) -> None:
        self._peer: Peer | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def page(self, _request: Request) -> Response:
        """What the browser opens."""
        return FileResponse(PAGE, media_type="text/html")

    async def call(self, request: Request) -> Response:
        """Answer an offer; ``says``, ``ptime`` and ``lite`` are questions of the address. The call before ends."""
        offer = (await request.body()).decode()
        questions = request.query_params
        packet_ms = int(questions.get("ptime", "20"))
        payloads = said(questions.get("says", "voice"), packet_ms)
        if "m=audio" not in offer:  # sent before the click, to have a warm connection
            return PlainTextResponse("no offer", 400)
        if self._peer is not None:
            self._closing.add(asyncio.create_task(self._peer.close()))
        self._peer = Peer(payloads, packet_ms, lite=questions.get("lite") == "1")
        answer = await self._peer.answer(offer)
        return Response(answer, 201, media_type="application/sdp", headers={"Location": "/rtc_bench"})

    async def heard(self, _request: Request) -> Response:
        """The RTP of the client, and when the channel opened at this end."""
        if self._peer is None:
            return JSONResponse({"packets": [], "channel_open_s": None})
        rows = [
            [one.at_s, one.sequence, one.timestamp, base64.b64encode(one.payload).decode()] for one in self._peer.heard
        ]
        return JSONResponse({"packets": rows, "channel_open_s": self._peer.channel_open_s})


async def serve(address: str, folder: Path) -> None:
    """Until the process is ended."""
    self_signed(folder, host=address)
    server = Server()
    routes = [
        Route("/", server.page),
        Route("/call", server.call, methods=["POST"]),
        Route("/heard", server.heard),
    ]
    config = uvicorn.Config(
        Starlette(routes=routes),
        log_config=None,
        lifespan="off",
        ws="none",
        ssl_certfile=folder / "server.pem",
        timeout_keep_alive=120,
    )
    with socket.create_server((address, PORT)) as listener:
        # uvicorn writes head and body apart, and asyncio spares only sockets it made itself from Nagle's algorithm:
        # the body would wait for a round trip. Accepted sockets inherit this.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Who connects from now on waits in the listener's queue.
        print(json.dumps({"ready": True, "url": f"https://{address}:{PORT}"}), flush=True)
        await uvicorn.Server(config).serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
