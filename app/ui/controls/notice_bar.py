"""The bar for what went wrong: one notice at a time, with its remedy."""

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.conversation.troubles import Notice, words_to_wait
from app.ui.controls.icon_button import IconButton
from app.ui.controls.wrapped_label import WrappedLabel
from app.ui.look.appearance import Appearance
from app.ui.look.icons import SIZE, pixmap

_LINKS = {"settings": "Settings", "connect": "Try again", "devices": "Choose", "privacy": "Privacy settings"}
"""What the link is called, for each action a notice can have."""

COUNT_MS: Final = 500


class NoticeBar(QFrame):
    """Shows a notice or hides. Counts down to when a remedy makes sense, on the given monotonic clock.

    Signals:
        remedy_wanted(action): the remedy was clicked; ``Notice.action`` says what it does.
        dismissed(): the cross was clicked.
    """

    remedy_wanted = Signal(str)
    dismissed = Signal()

    def __init__(
        self, appearance: Appearance, parent: QWidget | None = None, *, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._clock_s = clock_s
        self._counting = QTimer(self)
        self._counting.setInterval(COUNT_MS)
        self._counting.timeout.connect(self._count)
        self._notice: Notice | None = None
        self.setObjectName("noticeBar")
        self._sign = QLabel(self)
        self._sentence = WrappedLabel(self)
        self._remedy = WrappedLabel(self)
        self._remedy.setObjectName("noticeRemedy")
        self._remedy.setProperty("kind", "soft")
        self._link = QPushButton(self)
        self._link.setObjectName("noticeLink")
        self._link.setProperty("kind", "link")
        self._link.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._link.setCursor(Qt.CursorShape.PointingHandCursor)
        self._link.clicked.connect(self._follow_link)
        close = IconButton("close", "Dismiss notice", appearance, self)
        close.setObjectName("dismissNotice")
        close.clicked.connect(self.dismissed)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._sentence)
        words.addWidget(self._remedy)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 6, 8)
        layout.setSpacing(10)
        layout.addWidget(self._sign)
        layout.addLayout(words, 1)
        layout.addWidget(self._link)
        layout.addWidget(close)
        appearance.changed.connect(self._draw_sign)
        self.hide()

    def show_notice(self, notice: Notice | None) -> None:
        """Show this notice, or none."""
        self._notice = notice
        self.setVisible(notice is not None)
        self._counting.stop()
        if notice is None:
            return
        self.setAccessibleName(f"{notice.sentence} {notice.remedy}".strip())
        self.setProperty("trouble", notice.is_trouble)
        self.style().polish(self)
        self._sentence.show_words(notice.sentence)
        self._remedy.show_words(notice.remedy)
        self._remedy.setVisible(bool(notice.remedy))
        self._link.setText(_LINKS.get(notice.action, ""))
        self._link.setAccessibleDescription(notice.remedy)
        self._link.setVisible(notice.action in _LINKS)
        self._link.setEnabled(True)
        if notice.ready_at_s is not None:
            self._count()
        self._draw_sign()

    def _count(self) -> None:
        """Say how long it still takes. Not aloud: whoever listens heard it once."""
        if self._notice is None or self._notice.ready_at_s is None:
            return
        left_s = max(0.0, self._notice.ready_at_s - self._clock_s())
        self._remedy.show_words(words_to_wait(left_s))
        self._link.setEnabled(left_s == 0)
        if left_s and not self._counting.isActive():
            self._counting.start()
        elif not left_s:
            self._counting.stop()

    def _follow_link(self) -> None:
        if self._notice is not None:
            self.remedy_wanted.emit(self._notice.action)

    def _draw_sign(self) -> None:
        if self._notice is not None:
            name, colour = ("warning", "warn") if self._notice.is_trouble else ("info", "accent")
            self._sign.setPixmap(pixmap(name, self._appearance.colour(colour), SIZE, self.devicePixelRatioF()))
