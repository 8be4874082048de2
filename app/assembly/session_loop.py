"""The event loop of the session thread: qasync's, with callbacks in a queue of their own and an orderly end."""

import asyncio
import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from functools import partial
from typing import Any, Final, TypeVar, cast

import qasync
import shiboken6
from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

T = TypeVar("T")

POOL_THREADS: Final = 10
"""For what blocks: files, devices, names. Each begins with the first work that finds no other idle."""
ROUNDS_AT_ONCE: Final = 8
"""How far callbacks that lead to callbacks go on before Qt has its turn: sockets must not wait for an endless chain."""


class SessionLoop(qasync.QEventLoop):  # type: ignore[misc]  # qasync has no types
    """qasync's loop for one Qt thread. Made, run and closed on that thread; ``call_soon_threadsafe`` from any.

    What: callbacks wait in a queue that is worked off in one go. Why: qasync starts a Qt timer for each, and one packet
    is a chain of them. Until: qasync has such a queue. Also: ``close`` ends the timers that still run, as Qt timers can
    end on their own thread only, and the garbage collector would come upon the closed loop on any; and the pool is
    Python's, as qasync's begins with ten threads.
    """

    def __init__(self, thread: QThread) -> None:
        self._waiting: Final = deque[asyncio.Handle]()
        self._alarm: Final = _Alarm(self._work_off)
        self._will_work = False
        """Whether what is put into the queue now is found without an alarm."""
        super().__init__(thread)
        self.set_default_executor(ThreadPoolExecutor(POOL_THREADS, thread_name_prefix="parlance-pool"))

    def call_soon(
        self, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.Handle:
        """As asyncio's; raises RuntimeError on a closed loop."""
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._waiting.append(handle)
        if not self._will_work:
            self._will_work = True
            self._alarm.next_turn.start()
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[..., object], *args: object, context: Context | None = None
    ) -> asyncio.Handle:
        """As asyncio's, but without effect on a closed loop. From any thread."""
        handle = asyncio.Handle(callback, args, self, context)
        if not self.is_closed():
            self._waiting.append(handle)
            self._alarm.rung.emit()
        return handle

    def _work_off(self) -> None:
        """Run what waits and what that leads to."""
        self._will_work = True
        rounds = ROUNDS_AT_ONCE
        try:
            while rounds and self._waiting:
                rounds -= 1
                for _ in range(len(self._waiting)):
                    handle = self._waiting.popleft()
                    if not handle.cancelled():
                        handle._run()
        finally:
            self._will_work = bool(self._waiting)
            if self._will_work:
                self._alarm.next_turn.start()

    def close(self) -> None:
        """Release all there is, on the loop's own thread. For good."""
        if not self.is_closed():
            super().close()
            self._waiting.clear()
            self._alarm.next_turn.stop()
            shiboken6.delete(self._timer)


class _Alarm(QObject):
    """Tells the loop's thread that callbacks wait."""

    rung = Signal()
    """From any thread."""

    def __init__(self, work_off: Callable[[], None]) -> None:
        super().__init__()
        self._work_off: Final = work_off
        self.next_turn: Final = QTimer(self, singleShot=True, interval=0)
        self.next_turn.timeout.connect(self._heard)
        # Queued on the loop's own thread too: a callback never runs inside of what asked for it.
        self.rung.connect(self._heard, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def _heard(self) -> None:
        self._work_off()


def run_on_loop(thread: QThread, main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run it to its end on a loop of its own, on this very Qt thread; its result, or what it raises."""
    loop = SessionLoop(thread)
    asyncio.set_event_loop(loop)
    # WORKAROUND qasync 0.28 sets no hooks for asynchronous generators, as asyncio's own loops do: one that httpx
    # leaves half read (an answer that is too long) could not clean up after itself.
    sys.set_asyncgen_hooks(finalizer=partial(_end_generator, loop))
    try:
        with loop:
            return cast("T", loop.run_until_complete(main()))
    finally:
        sys.set_asyncgen_hooks(finalizer=None)
        asyncio.set_event_loop(None)


def _end_generator(loop: SessionLoop, left: AsyncGenerator[Any, Any]) -> None:
    loop.call_soon_threadsafe(loop.create_task, left.aclose())
