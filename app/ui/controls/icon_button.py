"""A small button with one of our icons, which follows the theme."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton, QWidget

from app.ui.look.appearance import Appearance
from app.ui.look.icons import SIZE


class IconButton(QToolButton):
    """Takes the focus from the Tab key only, so that a click leaves Space free for talking."""

    def __init__(
        self, icon: str, name: str, appearance: Appearance, parent: QWidget | None = None, *, colour: str = "soft"
    ) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._icon = icon
        self._colour = colour
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setIconSize(QSize(SIZE, SIZE))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("kind", "icon")
        appearance.changed.connect(self._draw)
        self._draw()

    def set_face(self, icon: str, colour: str) -> None:
        """Show another icon, in the colour of this token."""
        if (icon, colour) != (self._icon, self._colour):
            self._icon, self._colour = icon, colour
            self._draw()

    def _draw(self) -> None:
        self.setIcon(self._appearance.icon(self._icon, self._colour))
