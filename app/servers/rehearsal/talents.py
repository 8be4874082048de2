"""The real ears, mind and voice behind the engine's ports, for as long as the server runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from app.servers.rehearsal.hearing import TurnDetector
from app.servers.rehearsal.ports import Talents
from app.servers.rehearsal.recogniser import Recogniser
from app.servers.rehearsal.skills import GRAMMAR
from app.servers.rehearsal.skills.mind import Mind
from app.servers.rehearsal.voice import Voice


@asynccontextmanager
async def talents() -> AsyncIterator[Talents]:
    """Recogniser and voice are processes of their own, which end with this context.

    Raises VoiceUnavailable; a missing recogniser only leaves every turn not understood.
    """
    recogniser, voice = Recogniser(GRAMMAR), Voice()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(voice.stop)
        stack.push_async_callback(recogniser.stop)
        await voice.start()
        async with asyncio.TaskGroup() as tasks:
            loading = tasks.create_task(recogniser.start())  # needed a second after the first call at the earliest
            yield Talents(TurnDetector, recogniser, Mind(), voice)
            loading.cancel()
