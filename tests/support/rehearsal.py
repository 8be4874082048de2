"""A rehearsal server in the test's own event loop, with talents that need no model."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np

from app.audio.pcm import Pcm, samples_of_ms
from app.servers.rehearsal.engine.session import LONGEST_S
from app.servers.rehearsal.ports import Speech, Talents
from app.servers.rehearsal.server import serve
from tests.support.theatre import MS_PER_CHARACTER, LoudnessDetector, ScriptedMind, Words

KEY = "sk-rehearsal-test"


@dataclass
class FixedRecogniser:
    """Hears the same words in everything."""

    words: Words = field(default_factory=lambda: Words("what time is it"))
    crash: Exception | None = None
    turns: list[Speech] = field(default_factory=list)

    async def recognise(self, speech: Speech) -> Words:
        self.turns.append(speech)
        if self.crash is not None:
            raise self.crash
        return self.words


class ToneVoice:
    """Hums at 300 Hz, for as long as the text is."""

    async def synthesise(self, text: str, *, voice: str, speed: float) -> AsyncIterator[Pcm]:
        samples = samples_of_ms(MS_PER_CHARACTER * len(text) / speed)
        yield (8000 * np.sin(2 * np.pi * 300 * np.arange(samples) / 48_000)).astype(np.int16)


@dataclass
class Server:
    """Where it is, and who works in it."""

    url: str
    recogniser: FixedRecogniser
    mind: ScriptedMind
    over: asyncio.Event
    """Ends it."""


@asynccontextmanager
async def rehearsal_server(longest_s: float = LONGEST_S, *, faults: bool = False) -> AsyncIterator[Server]:
    """A running server; ended, with all its calls, when left."""
    listener = socket.create_server(("127.0.0.1", 0))
    recogniser, mind = FixedRecogniser(), ScriptedMind()
    talents = Talents(LoudnessDetector, recogniser, mind, ToneVoice())
    over, ready = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(listener, KEY, talents, over, ready.set, longest_s, faults=faults))
        await ready.wait()
        try:
            yield Server(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", recogniser, mind, over)
        finally:
            over.set()
