"""What most people never need, folded away."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from app.ui.look import icons


class More(QWidget):
    """A button that unfolds the pieces below it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._button = QToolButton(self)
        self._button.setObjectName(name)
        self._button.setProperty("kind", "more")
        self._button.setText("More")
        self._button.setCheckable(True)
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._button.setIconSize(QSize(16, 16))
        self._button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow behind the word
        self._button.setCursor(Qt.CursorShape.PointingHandCursor)
        self._button.toggled.connect(self._show)
        self._inside = QWidget(self)
        self._pieces = QVBoxLayout(self._inside)
        self._pieces.setContentsMargins(0, 4, 0, 0)
        self._pieces.setSpacing(14)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
        layout.addWidget(self._inside)
        self._show(False)

    def add(self, *pieces: QWidget) -> None:
        """Fold these away too."""
        for piece in pieces:
            self._pieces.addWidget(piece)

    def unfold(self) -> None:
        """Show what is inside."""
        self._button.setChecked(True)

    def _show(self, unfolded: bool) -> None:
        self._inside.setVisible(unfolded)
        self._button.setIcon(icons.icon(f"grey-chevron-{'up' if unfolded else 'down'}", ""))
        self._button.setAccessibleName("Fewer settings" if unfolded else "More settings")
