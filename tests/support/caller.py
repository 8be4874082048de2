"""A client of a Realtime server made of stock parts: aiortc as it comes, httpx, and OpenAI's schema as the judge."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import httpx
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from app.audio.pcm import RATE_HZ, Pcm
from tests.support.event_log import EventLog

_FRAME = 960
_AUDIBLE = 500


class Microphone(MediaStreamTrack):
    """20 ms frames in real time: what ``say`` was given, else silence."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._sound = np.zeros(0, np.int16)
        self._frames = 0
        self._began_s: float | None = None
        self.all_said = asyncio.Event()

    def say(self, sound: Pcm) -> None:
        """Speak."""
        self._sound = sound
        self.all_said.clear()

    async def recv(self) -> AudioFrame:
        loop = asyncio.get_running_loop()
        self._began_s = self._began_s or loop.time()
        self._frames += 1
        await asyncio.sleep(max(0.0, self._began_s + self._frames * _FRAME / RATE_HZ - loop.time()))
        samples, self._sound = self._sound[:_FRAME], self._sound[_FRAME:]
        if not len(self._sound):
            self.all_said.set()
        padded = np.concatenate((samples, np.zeros(_FRAME - len(samples), np.int16)))
        frame = AudioFrame.from_ndarray(padded.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, self._frames * _FRAME, Fraction(1, RATE_HZ)
        return frame


class Caller(EventLog):
    """One call."""

    def __init__(self, *, judged: bool = True) -> None:
        super().__init__(judged=judged)
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.channel: RTCDataChannel = self.peer.createDataChannel("oai-events")
        self.microphone = Microphone()
        self.peer.addTrack(self.microphone)
        self.heard: list[tuple[float, Pcm]] = []
        """Received frames (mono) with the moment each came."""
        self.closed = asyncio.Event()
        self.location = ""
        self._arrived: asyncio.Queue[str] = asyncio.Queue()
        self._frames: asyncio.Queue[MediaStreamTrack] = asyncio.Queue()
        self.channel.on("message", self._arrived.put_nowait)
        self.channel.on("close", self.closed.set)
        self.peer.on("track", self._frames.put_nowait)

    async def offer(self) -> str:
        """The SDP to be posted."""
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return str(self.peer.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        """The SDP that came back."""
        await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    def ask(self, kind: str, **fields: Any) -> None:
        """Send a request."""
        self.channel.send(json.dumps({"type": kind, **fields}))

    async def until_audible(self, after_s: float = 0.0, within_s: float = 20.0) -> float:
        """The moment (loop time) of the first audible frame that came after ``after_s``."""

        def found() -> list[float]:
            return [at_s for at_s, frame in self.heard if at_s > after_s and np.abs(frame).max() > _AUDIBLE]

        async with asyncio.timeout(within_s), self._news:
            await self._news.wait_for(found)
        return found()[0]

    async def until_heard(self, frames: int, within_s: float = 20.0) -> None:
        """Wait until so many frames came in all."""
        async with asyncio.timeout(within_s), self._news:
            await self._news.wait_for(lambda: len(self.heard) >= frames)

    async def take_events(self) -> None:
        """Receive until cancelled."""
        while True:
            await self.note(await self._arrived.get())

    async def take_sound(self) -> None:
        """Listen until the track ends."""
        track = await self._frames.get()
        try:
            while True:
                frame = await track.recv()
                assert isinstance(frame, AudioFrame)
                mono = frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)].astype(np.int16)
                self.heard.append((asyncio.get_running_loop().time(), mono))
                async with self._news:
                    self._news.notify_all()
        except MediaStreamError:
            return


@asynccontextmanager
async def calling(url: str, key: str, session: dict[str, Any] | None = None) -> AsyncIterator[Caller]:
    """A call through a minted secret, as a desktop client makes it; ended when left."""
    caller = Caller()
    async with asyncio.TaskGroup() as tasks:
        own = [tasks.create_task(caller.take_events()), tasks.create_task(caller.take_sound())]
        try:
            async with httpx.AsyncClient(base_url=url, timeout=10) as http:
                secret = await http.post(
                    "/realtime/client_secrets",
                    headers={"Authorization": f"Bearer {key}"},
                    json={"session": {"type": "realtime", **(session or {})}},
                )
                answer = await http.post(
                    "/realtime/calls",
                    headers={"Authorization": f"Bearer {secret.json()['value']}", "Content-Type": "application/sdp"},
                    content=await caller.offer(),
                )
            assert answer.status_code == 201, answer.text
            caller.location = answer.headers["location"]
            await caller.accept(answer.text)
            await caller.until("session.created")
            yield caller
        finally:
            await caller.peer.close()
            for task in own:
                task.cancel()
