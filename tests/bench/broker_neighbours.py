"""The processes around the broker's bench: a server that answers at once, and a bare reverse proxy before it.

    python -m tests.bench.broker_neighbours server|proxy CORE [UPSTREAM]

Each prints its address on one line and serves until it is killed. The proxy is of the broker's own kind (uvicorn and
httpx on one core) and does the same call upstream, and nothing else: what the broker takes longer is the broker.
"""

import asyncio
import itertools
import json
import os
import socket
import sys
from datetime import UTC, datetime

import httpx
import uvicorn
from starlette.types import Receive, Scope, Send

from app.servers.broker.connections import PatientProtocol

KEY = "sk-bench-0123456789"
SDP = b"v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
CALL = (
    b"HTTP/1.1 201 Created\r\nContent-Type: application/sdp\r\nLocation: /v1/realtime/calls/rtc_%d\r\n"
    b"Content-Length: %d\r\n\r\n%s"
)
OVER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Minting(asyncio.Protocol):
    """Answers each request with what it asks for, without reading more of it than it must."""

    calls = itertools.count()

    def __init__(self) -> None:
        told = {
            "value": "ek_bench",
            "expires_at": int(datetime.now(UTC).timestamp()) + 7200,
            "session": {"id": "sess_1"},
        }
        body = json.dumps(told).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._answer = head.encode() + body
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            head = self._waiting[:end].lower()
            found = head.find(b"content-length:")
            length = int(head[found + 15 :].split(b"\r\n", 1)[0]) if found >= 0 else 0
            if len(self._waiting) < end + 4 + length:
                return
            self._waiting = self._waiting[end + 4 + length :]
            self._transport.write(self._answer_to(head))

    def _answer_to(self, head: bytes) -> bytes:
        path = head.split(b" ", 2)[1]
        if path.endswith(b"/calls"):
            return CALL % (next(self.calls), len(SDP), SDP)
        return OVER if path.endswith(b"/hangup") else self._answer


async def serve_minting() -> None:
    server = await asyncio.get_running_loop().create_server(Minting, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


class BareProxy:
    """Reads the body, asks upstream with the key, hands the answer back."""

    def __init__(self, upstream: str) -> None:
        self._url = f"{upstream}/realtime/client_secrets"
        self._client = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=100))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        response = await self._client.post(self._url, content=body, headers=headers)
        kept = [(b"content-type", b"application/json"), (b"content-length", str(len(response.content)).encode())]
        await send({"type": "http.response.start", "status": response.status_code, "headers": kept})
        await send({"type": "http.response.body", "body": response.content})


def serve_proxy(upstream: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        BareProxy(upstream),
        http=PatientProtocol,  # the broker's, because it sets TCP_NODELAY
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
    )
    uvicorn.Server(config).run([listener])


def main() -> None:
    role, core = sys.argv[1:3]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core)})
    if role == "server":
        asyncio.run(serve_minting())
    else:
        serve_proxy(sys.argv[3])


if __name__ == "__main__":
    main()
