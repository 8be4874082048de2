"""One of several choices: a picture, a title, a line that explains, and fields that show when it is chosen."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from app.ui.dialogs.form import Field
from app.ui.look.appearance import Appearance
from app.ui.look.icons import pixmap

_ICON_PX = 24


class Card(QFrame):
    """A radio button in a box; a click anywhere in the box chooses it."""

    def __init__(
        self, name: str, icon: str, title: str, explanation: str, appearance: Appearance, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.choice = QRadioButton(title, self)
        self.choice.setObjectName(name)
        self.choice.setAccessibleDescription(explanation)
        self.choice.toggled.connect(self._show_choice)
        picture = QLabel(self)
        picture.setPixmap(pixmap(icon, appearance.colour("accent"), _ICON_PX, self.devicePixelRatioF()))
        words = QLabel(explanation, self)
        words.setProperty("kind", "soft")
        words.setWordWrap(True)
        self._fields = QWidget(self)
        self._column = QVBoxLayout(self._fields)
        self._column.setContentsMargins(0, 8, 0, 0)
        self._column.setSpacing(10)
        self._by_entry: dict[QLineEdit, Field] = {}
        layout = QGridLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setHorizontalSpacing(12)
        layout.setVerticalSpacing(2)
        layout.setColumnStretch(1, 1)
        layout.addWidget(picture, 0, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.choice, 0, 1)
        layout.addWidget(words, 1, 1)
        layout.addWidget(self._fields, 2, 1)
        self._fields.hide()

    def add_entry(self, words: str, name: str, example: str, *, secret: bool = False) -> QLineEdit:
        """A field that shows while the card is chosen."""
        entry = QLineEdit(self._fields)
        entry.setObjectName(name)
        entry.setPlaceholderText(example)
        if secret:
            entry.setEchoMode(QLineEdit.EchoMode.Password)
        field = Field(words, entry, parent=self._fields)
        self._by_entry[entry] = field
        self._column.addWidget(field)
        return entry

    def complain(self, entry: QLineEdit, words: str) -> None:
        """Say what is wrong with a field, or that nothing is when empty."""
        self._by_entry[entry].complain(words)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose it."""
        self.choice.setChecked(True)

    def _show_choice(self, chosen: bool) -> None:
        self._fields.setVisible(chosen and bool(self._by_entry))
        self.setProperty("chosen", chosen)
        self.style().polish(self)
        if chosen and self._by_entry:
            next(iter(self._by_entry)).setFocus()
