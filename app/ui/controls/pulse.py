"""The one timer of the window: 30 times a second while the window can be seen."""

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.conversation.view import Levels

_INTERVAL_MS = 33


class Pulse(QObject):
    """Polls the levels for everything that moves with them. Driven by the window being shown and hidden.

    Signals:
        ticked(Levels, elapsed_s): a reading, and the seconds since the one before.
    """

    ticked = Signal(object, float)

    def __init__(self, window: QWidget, levels: Callable[[], Levels]) -> None:
        super().__init__(window)
        self._window = window
        self._levels = levels
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._tick)
        window.installEventFilter(self)

    @property
    def running(self) -> bool:
        """Whether the timer is on."""
        return self._timer.isActive()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Start and stop with the window."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.WindowStateChange):
            visible = self._window.isVisible() and not self._window.isMinimized()
            if visible and not self._timer.isActive():
                self._clock.start()
                self._timer.start()
            elif not visible:
                self._timer.stop()
        return False

    def _tick(self) -> None:
        self.ticked.emit(self._levels(), self._clock.restart() / 1000)
