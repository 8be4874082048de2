"""The pieces the dialogs are made of: labelled fields with room for a word of help or complaint."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.conversation.settings import Settings
from app.ui.dialogs.more import More


class Field(QWidget):
    """A label, the thing to fill in, a line of help, and what is wrong with it. A check box is its own label."""

    def __init__(self, name: str, entry: QWidget, help_words: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry = entry
        self._name = QLabel(name, self)
        self._name.setBuddy(entry)
        self._name.setVisible(bool(name))
        entry.setAccessibleName(name)
        entry.setAccessibleDescription(help_words)
        self._help = small_words(help_words, "caption", self)
        self._wrong = small_words("", "error", self)
        self._wrong.setObjectName(f"{entry.objectName()}Error")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for piece in (self._name, entry, self._wrong, self._help):
            layout.addWidget(piece)

    def complain(self, words: str) -> None:
        """Say what is wrong, or that nothing is when empty."""
        self._wrong.setText(words)
        self._wrong.setVisible(bool(words))
        self._help.setVisible(not words and bool(self._help.text()))
        self._entry.setProperty("wrong", bool(words))
        self._entry.style().polish(self._entry)
        self._entry.setAccessibleDescription(words or self._help.text())


class Page(QScrollArea):
    """A scrolling column of fields that edit a part of the settings."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.about: dict[str, Field] = {}
        """The fields by words that a problem with them is told in."""
        inside = QWidget(self)
        inside.setObjectName("page")
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(20, 16, 20, 16)
        self.column.setSpacing(14)
        self.column.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setWidget(inside)

    def add(self, *pieces: QWidget) -> None:
        """Put these below what is there."""
        for piece in pieces:
            self.column.addWidget(piece)

    def apply(self, settings: Settings) -> Settings | None:
        """The settings with what stands here; None, with words beside the field, when something is wrong."""
        raise NotImplementedError

    def complain_about(self, problem: str) -> bool:
        """Show a problem beside the field it is about; says whether that field is here."""
        field = next((field for words, field in self.about.items() if words in problem), None)
        if field is None:
            return False
        field.complain(problem)
        self.reveal(field)
        return True

    def forgive(self) -> None:
        """Take back the problems that were told."""
        for field in self.about.values():
            field.complain("")

    def reveal(self, piece: QWidget) -> None:
        """Bring this into sight, wherever it is folded away."""
        above = piece.parentWidget()
        while above is not None and above is not self:
            if isinstance(above, More):
                above.unfold()
            above = above.parentWidget()
        self.column.activate()
        self.ensureWidgetVisible(piece)


class Picker(QComboBox):
    """A combo box of named values that the wheel does not change by accident."""

    def __init__(self, name: str, choices: list[tuple[str, object]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(10)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for words, value in choices:
            self.addItem(words, value)

    def choose(self, value: object) -> None:
        """Stand at this value."""
        at = next((at for at in range(self.count()) if self.itemData(at) == value), 0)
        self.setCurrentIndex(at)


def small_words(words: str, kind: str, parent: QWidget) -> QLabel:
    """A line in a quiet voice that takes no room while it is empty."""
    label = QLabel(words, parent)
    label.setProperty("kind", kind)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setVisible(bool(words))
    return label
