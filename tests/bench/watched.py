"""The real app with somebody inside who watches: ``python -m tests.bench.watched`` is ``main.py`` with a probe.

The probe lives on the GUI thread, found through Qt's application object; the product knows nothing of it. Orders come
as lines of JSON on standard input, answers go to standard output.
"""

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, QTimerEvent, Signal
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from tests.bench.tap import now_s

_TICK_MS: Final = 1
_BUSY_EVERY_MS: Final = 10
_BUSY_S: Final = 0.009


class Probe(QObject):
    """Does what it is told, on the GUI thread."""

    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._timer = 0
        self._busy = QTimer(self, interval=_BUSY_EVERY_MS, timerType=Qt.TimerType.PreciseTimer)
        self._busy.timeout.connect(_compute)
        self._last_s = 0.0
        self._last_waited_s = 0.0
        self._last_computed_s = 0.0
        self._gaps_ms: list[float] = []
        self._own_ms: list[float] = []
        self._computed_ms: list[float] = []

    def do(self, order: dict[str, Any]) -> None:
        """Answer one order."""
        match order["do"]:
            case "click":
                at_s = now_s()
                _widget(QAbstractButton, order["name"]).click()
                answer: dict[str, Any] = {"at_s": at_s}
            case "say":
                field = _widget(QLineEdit, "messageField")
                field.setText(order["text"])
                at_s = now_s()
                field.returnPressed.emit()
                answer = {"at_s": at_s}
            case "read":
                answer = {"words": _widget(QWidget, order["name"]).accessibleName()}
            case "busy":
                self._busy.start()
                answer = {}
            case "watch":
                self._gaps_ms, self._own_ms, self._computed_ms = [], [], []
                self._last_s, self._last_waited_s, self._last_computed_s = (
                    time.monotonic(),
                    _waited_s(),
                    time.thread_time(),
                )
                self._timer = self.startTimer(_TICK_MS, Qt.TimerType.PreciseTimer)
                answer = {}
            case _:
                self.killTimer(self._timer)
                answer = {
                    "gap_ms": max(self._gaps_ms),
                    "own_ms": max(self._own_ms),
                    "computed_ms": max(self._computed_ms),
                }
        print(json.dumps(answer), flush=True)

    def timerEvent(self, _event: QTimerEvent) -> None:
        """How long the loop was away, and how much of that it did not wait for a processor."""
        at_s, waited_s, computed_s = time.monotonic(), _waited_s(), time.thread_time()
        gap_ms = (at_s - self._last_s) * 1000
        self._gaps_ms.append(gap_ms)
        self._own_ms.append(gap_ms - (waited_s - self._last_waited_s) * 1000)
        self._computed_ms.append((computed_s - self._last_computed_s) * 1000)
        self._last_s, self._last_waited_s, self._last_computed_s = at_s, waited_s, computed_s


def _compute() -> None:
    """Have the interpreter, as code that should not be on the GUI thread would."""
    until_s = time.monotonic() + _BUSY_S
    while time.monotonic() < until_s:
        pass


def _waited_s() -> float:
    """How long this thread has been ready to run and did not, because the machine had others to serve."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def _widget(kind: type[Any], name: str) -> Any:
    for window in QApplication.topLevelWidgets():
        found = window.findChild(kind, name)
        if isinstance(found, QWidget):
            return found
    raise LookupError(name)


def _listen() -> None:
    """The watcher's thread."""
    while (application := QCoreApplication.instance()) is None or not QApplication.topLevelWidgets():
        time.sleep(0.005)
    probe = Probe()
    probe.moveToThread(application.thread())
    probe.asked.connect(probe.do, Qt.ConnectionType.QueuedConnection)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        probe.asked.emit(json.loads(line))


if __name__ == "__main__":
    from main import run

    sys.argv[:] = ["main.py"]
    threading.Thread(target=_listen, name="watcher", daemon=True).start()
    sys.exit(run())
