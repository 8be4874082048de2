"""Space as the talk key of a window."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.controls.hold import Hold


class TalkKey(QObject):
    """Watches the key events that reach the window: those that no field and no focused button wanted.

    Auto-repeat sends presses and releases of its own, which count for nothing. Where the focus goes the release will
    not be seen, so a change of focus is a release, and so is leaving the window, whoever holds.
    """

    def __init__(self, window: QWidget, hold: Hold) -> None:
        super().__init__(window)
        self._hold = hold
        self._down = False
        window.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._let_go)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Space; leave everything else."""
        if event.type() in (QEvent.Type.WindowDeactivate, QEvent.Type.Close):
            self._down = False
            self._hold.release()
        if not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_Space:
            return False
        if event.type() is QEvent.Type.KeyPress:
            if not event.isAutoRepeat():
                self._down = True
                self._hold.press()
            return True
        if event.type() is QEvent.Type.KeyRelease:
            if not event.isAutoRepeat():
                self._let_go()
            return True
        return False

    def _let_go(self) -> None:
        if self._down:
            self._down = False
            self._hold.release()
