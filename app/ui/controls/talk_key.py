"""Space as the talk key of a window."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.controls.hold import Hold

_SETTLING_MS = 40
"""How long a release must stand. On X11 a repeating key is a train of releases, each with a press of the same time
right behind it, and Qt 6.11 was seen not to mark them as repeated; no finger is that fast."""


class TalkKey(QObject):
    """Watches the key events that reach the window: those that no field and no focused button wanted.

    A repeated key is one long press. Where the focus goes the release will not be seen, so a change of focus is a
    release, and so is leaving the window, whoever holds.
    """

    def __init__(self, window: QWidget, hold: Hold) -> None:
        super().__init__(window)
        self._hold = hold
        self._down = False
        self._release = QTimer(self)
        self._release.setSingleShot(True)
        self._release.setInterval(_SETTLING_MS)
        self._release.timeout.connect(self._let_go)
        window.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._let_go)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Space; leave everything else."""
        if event.type() in (QEvent.Type.WindowDeactivate, QEvent.Type.Close):
            self._let_go()
            self._hold.release()
        if not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_Space:
            return False
        if event.type() is QEvent.Type.KeyPress:
            self._press()
            return True
        if event.type() is QEvent.Type.KeyRelease:
            if not event.isAutoRepeat() and self._down:
                self._release.start()
            return True
        return False

    def _press(self) -> None:
        self._release.stop()
        if not self._down:
            self._down = True
            self._hold.press()

    def _let_go(self) -> None:
        self._release.stop()
        if self._down:
            self._down = False
            self._hold.release()
