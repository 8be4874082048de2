"""A Realtime server on a real WebSocket that does what a test tells it to, and a stretch of network before it that can
be spoilt.
"""

import asyncio
import base64
import json
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Self

import numpy as np
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from app.audio.pcm import Pcm

WAIT_S = 10.0
"""Longer than anything here takes, even on a busy machine."""

RATE_HZ = 24_000
PATH = "/v1/realtime?model=test"


class SocketServer:
    """One client at a time. An async context manager: leaving it closes the server."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[dict[str, Any]] = []
        """Everything but sound, in order, with the amount of sound before each under ``_samples``."""
        self.pcm: Pcm = np.empty(0, np.int16)
        """All sound appended so far."""
        self.chunks: list[int] = []
        """Samples of each append."""
        self.headers = Headers()
        """Of the last handshake."""
        self.path = ""
        self.refusal: tuple[int, dict[str, str], bytes] | None = None
        """Status, headers and body of the answer to the next handshakes."""
        self.closed_with: list[int | None] = []
        """The close codes of clients that have left."""
        self.reads = asyncio.Event()
        """Cleared: takes nothing more from its clients."""
        self.reads.set()
        self._tls = tls
        self._server: Server | None = None
        self._client: ServerConnection | None = None
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._converse,
            "127.0.0.1",
            0,
            ssl=self._tls,
            process_request=self._answer,
            max_size=None,
            max_queue=4,
            ping_interval=None,
            close_timeout=0.1,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self.reads.set()
        for connection in self._server.connections:
            connection.transport.abort()
        self._server.close()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'ws' if self._tls is None else 'wss'}://127.0.0.1:{self.port}{PATH}"

    @property
    def has_client(self) -> bool:
        return self._client is not None

    @property
    def client(self) -> ServerConnection:
        assert self._client is not None
        return self._client

    async def until(self, fact: Callable[[], bool]) -> None:
        """Wait for what the clients do."""
        async with asyncio.timeout(WAIT_S):
            while not fact():
                self._news.clear()
                await self._news.wait()

    async def request(self, kind: str, count: int = 1) -> dict[str, Any]:
        """Wait for the ``count``-th request of that type."""
        await self.until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[count - 1]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The requests of that type."""
        return [each for each in self.requests if each["type"] == kind]

    async def say(self, kind: str, **fields: Any) -> None:
        """Send an event."""
        await self.client.send(json.dumps({"type": kind, "event_id": "event_there", **fields}))

    async def created(self, response_id: str) -> None:
        await self.say("response.created", response={"id": response_id, "object": "realtime.response"})

    async def done(self, response_id: str, status: str = "completed") -> None:
        await self.say("response.done", response={"id": response_id, "status": status, "output": []})

    async def speak(self, response_id: str, sound: Pcm, *, item_id: str = "item_1", beta: bool = False) -> None:
        """Send sound of 24 kHz in deltas of 100 ms, as fast as it goes."""
        kind = "response.audio.delta" if beta else "response.output_audio.delta"
        for start in range(0, len(sound), RATE_HZ // 10):
            delta = base64.b64encode(sound[start : start + RATE_HZ // 10].astype("<i2").tobytes()).decode()
            await self.say(kind, response_id=response_id, item_id=item_id, output_index=0, content_index=0, delta=delta)

    async def spoken(self, response_id: str, sound: Pcm, *, item_id: str = "item_1") -> None:
        """A whole response, as it comes from a server that is faster than speech."""
        await self.created(response_id)
        await self.speak(response_id, sound, item_id=item_id)
        await self.say(
            "response.output_audio.done", response_id=response_id, item_id=item_id, output_index=0, content_index=0
        )
        await self.done(response_id)

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        self.headers, self.path = request.headers, request.path
        if self.refusal is None:
            return None
        status, headers, body = self.refusal
        return Response(status, HTTPStatus(status).phrase, Headers(headers | {"Content-Length": str(len(body))}), body)

    async def _converse(self, connection: ServerConnection) -> None:
        self._client = connection
        self._news.set()
        try:
            while True:
                await self.reads.wait()
                self._take(await connection.recv())
        except ConnectionClosed:
            self.closed_with.append(connection.close_code)
            self._news.set()

    def _take(self, message: str | bytes) -> None:
        assert isinstance(message, str), "only text may be sent"
        request = json.loads(message)
        if request["type"] == "input_audio_buffer.append":
            sound = np.frombuffer(base64.b64decode(request["audio"], validate=True), "<i2").astype(np.int16)
            self.pcm = np.concatenate((self.pcm, sound))
            self.chunks.append(len(sound))
        else:
            self.requests.append({**request, "_samples": len(self.pcm)})
        self._news.set()


class Path:
    """A relay before a server on this machine: TCP as it is, until the test spoils it; or an HTTP proxy."""

    def __init__(self, port: int, *, bytes_per_s: float = 0.0, is_proxy: bool = False) -> None:
        self.asked: list[bytes] = []
        """What a proxy was asked."""
        self._to_port = port
        self._bytes_per_s = bytes_per_s
        self._is_proxy = is_proxy
        self._down, self._up = asyncio.Event(), asyncio.Event()
        self._down.set()
        self._up.set()
        self._server: asyncio.Server | None = None
        self._ends: list[asyncio.StreamWriter] = []
        self._relays: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0, limit=2**14)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self._down.set()
        self._up.set()
        for end in self._ends:
            end.transport.abort()
        if self._relays:
            await asyncio.wait(self._relays)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{PATH}"

    def swallow(self, *, answers: bool = True) -> None:
        """Carry nothing any more, either way or only from client to server, and tell nobody: no reset, no end."""
        self._up.clear()
        if answers:
            self._down.clear()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._relays.add(task)
        self._ends.append(writer)
        if self._is_proxy:
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        there, onward = await asyncio.open_connection("127.0.0.1", self._to_port, limit=2**14)
        self._ends.append(onward)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._carry(reader, onward, self._up))
                tasks.create_task(self._carry(there, writer, self._down))
        except* ConnectionError:
            pass

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, passable: asyncio.Event) -> None:
        while data := await source.read(4096):
            await passable.wait()
            if self._bytes_per_s:
                await asyncio.sleep(len(data) / self._bytes_per_s)
            sink.write(data)
            await sink.drain()
        sink.close()
