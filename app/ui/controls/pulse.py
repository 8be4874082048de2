"""The one timer of the window: 30 times a second while the window can be seen."""

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

from app.conversation.view import Levels

_INTERVAL_MS = 33


class Pulse(QObject):
    """Polls the levels for everything that moves with them. Driven by ``set_running``.

    Signals:
        ticked(Levels, elapsed_s): a reading, and the seconds since the one before.
    """

    ticked = Signal(object, float)

    def __init__(self, levels: Callable[[], Levels], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._levels = levels
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def running(self) -> bool:
        """Whether the timer is on."""
        return self._timer.isActive()

    def set_running(self, running: bool) -> None:
        """On while somebody can see what moves."""
        if running and not self.running:
            self._clock.start()
            self._timer.start()
        elif not running:
            self._timer.stop()

    def _tick(self) -> None:
        self.ticked.emit(self._levels(), self._clock.restart() / 1000)
