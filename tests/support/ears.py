"""Who hears a talk key, in a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.conversation.shortcuts import shortcut_of
from app.hotkeys.ports import Backend, settle


class Ears:
    """Everything told, in order: ``works``, ``pressed``, ``released``."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.words = ""
        self._news = asyncio.Event()

    def pressed(self) -> None:
        self.note("pressed")

    def released(self) -> None:
        self.note("released")

    def works(self, words: str) -> None:
        self.words = words
        self.note("works")

    def note(self, what: str) -> None:
        self.told.append(what)
        self._news.set()

    async def until(self, *told: str, within_s: float = 10) -> None:
        """Wait until exactly this was told."""
        try:
            async with asyncio.timeout(within_s):
                while self.told != list(told):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{self.told} was told, and not {list(told)}") from None


@asynccontextmanager
async def holding(backend: Backend, key: str) -> AsyncIterator[Ears]:
    """The key is ours meanwhile."""
    ears, stop = Ears(), asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(backend.hold(shortcut_of(key), ears, ears.works, stop))
        await ears.until("works")
        ears.told.clear()
        try:
            yield ears
        finally:
            settle(stop)
