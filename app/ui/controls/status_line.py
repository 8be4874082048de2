"""One line of words: what is happening, what one can do, and at the end what it has cost."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.conversation.profiles import Door
from app.conversation.settings import Settings
from app.conversation.view import View
from app.ui.controls.dot import Dot
from app.ui.controls.elided_label import ElidedLabel
from app.ui.controls.spending import money, spent_briefly, spent_in_full
from app.ui.look.appearance import Appearance

_SPACING_PX = 10
_SIDES_PX = 16
_WIDE_PX = 500
"""From here on there is room for the tokens beside the money, whatever the hint."""


class StatusLine(QWidget):
    """The state in bold, the hint beside it: for screen readers one text. The hint matters more than the spending."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = View()
        self._is_free = True
        self._cap_usd = 0.0
        self.setObjectName("statusLine")
        self._dot = Dot(appearance, self)
        self._status = _label("strong", self)
        self._hint = ElidedLabel(Qt.TextElideMode.ElideRight, self)
        self._hint.setProperty("kind", "soft")
        self._spent = _label("caption", self)
        self._spent.setObjectName("spending")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(_SIDES_PX, 8, _SIDES_PX, 8)
        layout.setSpacing(_SPACING_PX)
        layout.addWidget(self._dot)
        layout.addWidget(self._status)
        layout.addWidget(self._hint, 1)
        layout.addWidget(self._spent)
        self._spent.hide()

    def show_view(self, view: View) -> None:
        """Say this state."""
        self._view = view
        self._dot.show_look(view.look)
        self._status.setText(view.status)
        self._hint.show_words(view.hint)
        self.setAccessibleName(f"{view.status}. {view.hint}".strip())
        self._show_spending()

    def show_settings(self, settings: Settings) -> None:
        """Know what the active profile's conversations may cost; those with the rehearsal server are free."""
        self._is_free = settings.active_profile.door is Door.REHEARSAL
        self._cap_usd = settings.cost_cap_usd
        self._show_spending()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as fits."""
        super().resizeEvent(event)
        self._fit()

    def _show_spending(self) -> None:
        in_full = "" if self._is_free else spent_in_full(self._view, self._cap_usd)
        self._spent.setToolTip(in_full)
        self._spent.setAccessibleName(in_full)
        self._fit()

    def _fit(self) -> None:
        """A long hint puts the spending out."""
        self._spent.ensurePolished()
        room = self.width() - 2 * _SIDES_PX - self._dot.width() - self._status.sizeHint().width() - 2 * _SPACING_PX
        hint = self._hint.fontMetrics().horizontalAdvance(self._view.hint)
        in_brief, cost = spent_briefly(self._view), money(self._view.cost_usd)
        words = "" if self._is_free else in_brief if self.width() >= _WIDE_PX else cost or in_brief
        fits = self._spent.fontMetrics().horizontalAdvance(words) + _SPACING_PX + hint <= room
        self._spent.setText(words)
        self._spent.setVisible(bool(words) and fits)


def _label(kind: str, parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setProperty("kind", kind)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
