"""When what can wait for the window's first paint may begin."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

LONGEST_WAIT_MS: Final = 500
"""For a window that is not painted at all: in the tray, minimised, or covered where that is known."""


class FirstPaint(QObject):
    """Calls ``then`` once, when the window has been painted, or has not been for a while. GUI thread."""

    def __init__(self, window: QWidget, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._window: Final = window
        self._then: Final = then
        self._is_over = False
        window.installEventFilter(self)
        QTimer.singleShot(LONGEST_WAIT_MS, self._come)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Its widgets are painted right after the window itself, before the loop has its next turn."""
        if event.type() is QEvent.Type.Paint:
            QTimer.singleShot(0, self._come)
        return False

    def _come(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._window.removeEventFilter(self)
            self._then()
