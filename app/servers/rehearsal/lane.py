"""Messages on their way out, some of them late."""

import asyncio
from collections.abc import Callable
from typing import Final

_WAITING_AT_MOST: Final = 10_000


class Lane:
    """Keeps messages in their order: one that is late holds up those behind it. Event loop's thread only."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._late: asyncio.Queue[tuple[float, str]] = asyncio.Queue(_WAITING_AT_MOST)
        self._waiting = 0

    def put(self, text: str, late_ms: int) -> None:
        """Send a message, at once if it is not late and nothing is before it."""
        if not late_ms and not self._waiting:
            self._send(text)
        else:
            self._waiting += 1
            self._late.put_nowait((asyncio.get_running_loop().time() + late_ms / 1000, text))

    async def run(self) -> None:
        """Send the late ones in time; ends when cancelled."""
        while True:
            due_s, text = await self._late.get()
            await asyncio.sleep(due_s - asyncio.get_running_loop().time())
            self._waiting -= 1
            self._send(text)
