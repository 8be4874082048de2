"""The lookout: another network, or a machine that slept, makes the present line doubtful before it knows itself."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from app.session.ports import Paths

log = logging.getLogger("parlance.session")

LOOK_EVERY_S: Final = 1.0
JUMP_S: Final = 5.0
"""By so much the clock on the wall runs ahead of the monotonic one after a sleep, or after it has been set."""


class Lookout:
    """Looks while a conversation lasts. ``run`` in a task, ended by ``stop``; session loop only.

    ``changed`` says that the line is doubtful; ``look`` is called each time, for whoever wants to look at more.
    """

    def __init__(self, paths: Paths, changed: Callable[[], None], look: Callable[[], None]) -> None:
        self._paths: Final = paths
        self._changed: Final = changed
        self._look: Final = look
        self._stopped: Final = asyncio.Event()

    def stop(self) -> None:
        """Look no longer."""
        self._stopped.set()

    async def run(self) -> None:
        """Until ``stop``."""
        network, offset_s = self._paths.network(), _clock_offset_s()
        while not await self._stopped_within(LOOK_EVERY_S):
            seen, now_s = self._paths.network(), _clock_offset_s()
            if moved := seen.is_another_than(network):
                log.info("- another network")
                self._changed()
            elif abs(now_s - offset_s) > JUMP_S:
                log.info("- the clock jumped, as after a sleep")
                self._changed()
            if moved or seen.gateway:  # else it would be forgotten whose gateway it was
                network = seen
            offset_s = now_s
            self._look()

    async def _stopped_within(self, duration_s: float) -> bool:
        try:
            async with asyncio.timeout(duration_s):
                return await self._stopped.wait()
        except TimeoutError:
            return False


def _clock_offset_s() -> float:
    """The monotonic clock stands still while a machine sleeps (CLOCK_MONOTONIC on Linux); the other does not."""
    return datetime.now(UTC).timestamp() - time.monotonic()
