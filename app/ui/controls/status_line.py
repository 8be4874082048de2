"""One line of words: what is happening, and what one can do."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.conversation.view import View
from app.ui.controls.dot import Dot
from app.ui.look.appearance import Appearance


class StatusLine(QWidget):
    """The state in bold, the hint beside it. For screen readers one text."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusLine")
        self._dot = Dot(appearance, self)
        self._status = QLabel(self)
        self._status.setProperty("kind", "strong")
        self._hint = QLabel(self)
        self._hint.setProperty("kind", "soft")
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(10)
        for label in (self._status, self._hint):
            label.setTextFormat(Qt.TextFormat.PlainText)
        layout.addWidget(self._dot)
        layout.addWidget(self._status)
        layout.addWidget(self._hint, 1)

    def show_view(self, view: View) -> None:
        """Say this state."""
        self._dot.show_look(view.look)
        self._status.setText(view.status)
        self._hint.setText(view.hint)
        self._hint.setToolTip(view.hint)
        self.setAccessibleName(f"{view.status}. {view.hint}".strip())
