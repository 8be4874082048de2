"""The loop adapters live on: the session's own, on a QThread, as in the app."""

from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QThread

from app.assembly.session_loop import run_on_loop

T = TypeVar("T")


class SessionThread(QThread, Generic[T]):
    """Runs a coroutine function on a session loop of its own; ``outcome`` or ``trouble`` has what came of it."""

    def __init__(self, main: Callable[[], Coroutine[Any, Any, T]]) -> None:
        super().__init__()
        self._main = main
        self.outcome: list[T] = []
        self.trouble: list[Exception] = []

    def run(self) -> None:
        try:
            self.outcome.append(run_on_loop(self, self._main))
        except Exception as error:  # noqa: BLE001 - handed to the test
            self.trouble.append(error)


def run_on_session_thread(main: Callable[[], Coroutine[Any, Any, T]], within_s: float = 30.0) -> T:
    """Run a coroutine function on a fresh session loop; its result or its exception. Needs a Qt application."""
    thread = SessionThread(main)
    thread.start()
    assert thread.wait(int(within_s * 1000)), "the session thread hangs"
    if thread.trouble:
        raise thread.trouble[0]
    return thread.outcome[0]
