"""How another thread wakes a task of the session loop."""

import asyncio
import threading


class Bell:
    """Rung from any thread, waited for by one task. Rings before ``open`` and after ``shut`` are not heard."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rung = asyncio.Event()

    def open(self) -> None:
        """Be heard from now on. On the loop of the task that waits."""
        with self._lock:
            self._loop = asyncio.get_running_loop()

    def shut(self) -> None:
        """Not be heard any more. After that no thread touches the loop."""
        with self._lock:
            self._loop = None

    def ring(self) -> None:
        """Wake the task; as often as one likes. From any thread."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._rung.set)

    async def wait(self) -> None:
        """Until it was rung since the last time."""
        await self._rung.wait()
        self._rung.clear()
