"""A client of a Realtime server over WebSocket made of stock parts, with OpenAI's schema as the judge."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.event_log import EventLog

RATE_HZ = 24_000


class SocketCaller(EventLog):
    """One call. Sound goes out as fast as it is given."""

    def __init__(self, socket: ClientConnection, *, judged: bool) -> None:
        super().__init__(judged=judged)
        self.socket = socket
        self.closed = asyncio.Event()

    async def ask(self, kind: str, **fields: Any) -> None:
        """Send a request."""
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def say(self, sound: NDArray[np.int16], piece_ms: int = 100) -> None:
        """Speak: PCM at 24 kHz, in pieces."""
        piece = RATE_HZ * piece_ms // 1000
        for at in range(0, len(sound), piece):
            await self.ask(
                "input_audio_buffer.append", audio=base64.b64encode(sound[at : at + piece].tobytes()).decode()
            )

    def heard(self, item_id: str = "") -> NDArray[np.int16]:
        """All sound that came, or that of one item."""
        deltas = (each for each in self.of("response.output_audio.delta") if item_id in ("", each["item_id"]))
        return np.frombuffer(b"".join(base64.b64decode(each["delta"]) for each in deltas), "<i2").astype(np.int16)

    async def take_events(self) -> None:
        """Receive until the connection ends."""
        try:
            async for message in self.socket:
                assert isinstance(message, str)
                await self.note(message)
        except ConnectionClosed:
            pass
        finally:
            self.closed.set()

    async def until_closed(self, within_s: float = 20.0) -> tuple[int | None, str | None]:
        """Code and reason of the end."""
        async with asyncio.timeout(within_s):
            await self.closed.wait()
        return self.socket.close_code, self.socket.close_reason


def hum(duration_ms: int) -> NDArray[np.int16]:
    """Something loud to say."""
    return (9000 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ * duration_ms // 1000) / RATE_HZ)).astype(np.int16)


def hush(duration_ms: int) -> NDArray[np.int16]:
    """Nothing to say."""
    return np.zeros(RATE_HZ * duration_ms // 1000, np.int16)


@asynccontextmanager
async def calling(
    url: str, key: str, *, query: str = "?model=gpt-realtime-2.1", judged: bool = True, **options: Any
) -> AsyncIterator[SocketCaller]:
    """A call; ended when left. ``options`` are those of websockets."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    address = url.replace("http", "ws", 1) + "/realtime" + query
    async with connect(address, additional_headers=headers, proxy=None, **options) as socket:
        caller = SocketCaller(socket, judged=judged)
        async with asyncio.TaskGroup() as tasks:
            receiving = tasks.create_task(caller.take_events())
            try:
                yield caller
            finally:
                await socket.close()
                receiving.cancel()
