"""A small round light."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.conversation.view import Look
from app.ui.look.appearance import Appearance

COLOURS = {
    Look.DISCONNECTED: "soft",
    Look.CONNECTING: "warn",
    Look.LISTENING: "accent",
    Look.ON_AIR: "live",
    Look.THINKING: "accent",
    Look.SPEAKING: "accent",
    Look.RECONNECTING: "warn",
    Look.LEAVING: "soft",
}
"""The token of the light for each state. The words beside it say the same."""


class Dot(QWidget):
    """Hollow while there is no connection, filled otherwise. Mute to screen readers: the words beside it speak."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._look = Look.DISCONNECTED
        self.setFixedSize(QSize(8, 8))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        appearance.changed.connect(self.update)

    def show_look(self, look: Look) -> None:
        """Take the colour of this state."""
        if look is not self._look:
            self._look = look
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A disc, or a ring."""
        colour = QColor(self._appearance.colour(COLOURS[self._look]))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._look is Look.DISCONNECTED:
            painter.setPen(colour)
            painter.drawEllipse(QRectF(0.5, 0.5, 7, 7))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(QRectF(0, 0, 8, 8))
        painter.end()
