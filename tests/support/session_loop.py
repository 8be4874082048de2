"""The loop adapters live on: qasync on a QThread of its own, as in the app."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import TypeVar

import qasync
from PySide6.QtCore import QThread

T = TypeVar("T")


class _SessionThread(QThread):
    def __init__(self, main: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self._main = main
        self.outcome: list[object] = []
        self.trouble: list[Exception] = []

    def run(self) -> None:
        loop = qasync.QEventLoop(self)
        try:
            asyncio.set_event_loop(loop)
            self.outcome.append(loop.run_until_complete(self._main()))
        except Exception as error:  # noqa: BLE001 - handed to the test
            self.trouble.append(error)
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
            asyncio.set_event_loop(None)
            # Qt complains about timers stopped from elsewhere if the loop outlives its thread; it is part of a cycle.
            del loop
            gc.collect()


def run_on_session_thread(main: Callable[[], Awaitable[T]], within_s: float = 30.0) -> T:
    """Run a coroutine function on a fresh session loop; its result or its exception. Needs a Qt application."""
    thread = _SessionThread(main)
    thread.start()
    assert thread.wait(int(within_s * 1000)), "the session thread hangs"
    if thread.trouble:
        raise thread.trouble[0]
    return thread.outcome[0]  # type: ignore[return-value]
