"""The pill: state, level, mute and hang up in a small window above all others, while the main one is behind."""

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.conversation.view import Levels, Look, View
from app.ui.controls.hold import Hold
from app.ui.controls.icon_button import IconButton
from app.ui.controls.meter import Meter
from app.ui.controls.talk_face import face_of
from app.ui.intents import Intents
from app.ui.look.appearance import Appearance
from app.ui.look.icons import drawing

_SIZE = QSize(260, 52)
_DISC_PX = 36
_GLYPH_PX = 20
_MARGIN_PX = 24
_FLAGS = (
    Qt.WindowType.Tool
    | Qt.WindowType.FramelessWindowHint
    | Qt.WindowType.WindowStaysOnTopHint
    | Qt.WindowType.WindowDoesNotAcceptFocus
)


class Pill(QWidget):
    """Never takes the keyboard from the program in front. Its disc is held to talk; elsewhere it can be dragged."""

    def __init__(self, intents: Intents, hold: Hold, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent, _FLAGS)
        self._appearance = appearance
        self._dragged_from: QPoint | None = None
        self._placed = False
        self._view = View()
        self.setObjectName("pill")
        self.setWindowTitle("Talk")
        self.setAccessibleName("Talk")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setFixedSize(_SIZE)
        self._disc = _Disc(hold, appearance, self)
        self._words = QLabel(self)
        self._words.setProperty("kind", "strong")
        self._meter = Meter("Level", appearance, self)
        self._mute = IconButton("mic-off", "Mute microphone", appearance, self)
        self._mute.clicked.connect(lambda: intents.set_muted(not self._view.muted))
        self._hang_up = IconButton("hang-up", "Hang up", appearance, self, colour="live")
        self._hang_up.clicked.connect(lambda: intents.disconnect())
        self._lay_out()
        appearance.changed.connect(self.update)
        self.show_view(View())

    def _lay_out(self) -> None:
        middle = QVBoxLayout()
        middle.setSpacing(4)
        middle.addStretch(1)
        middle.addWidget(self._words)
        middle.addWidget(self._meter)
        middle.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 12, 0)
        row.setSpacing(10)
        row.addWidget(self._disc)
        row.addLayout(middle, 1)
        row.addWidget(self._mute)
        row.addWidget(self._hang_up)

    def show_view(self, view: View) -> None:
        """Take the look of this state."""
        self._view = view
        self._words.setText(view.status)
        self.setAccessibleDescription(view.status)
        self._disc.show_view(view)
        self._mute.set_face("mic-off", "live" if view.muted else "soft")
        self._mute.setAccessibleName("Unmute microphone" if view.muted else "Mute microphone")

    def read(self, levels: Levels, elapsed_s: float) -> None:
        """Move the meter: the assistant's while it speaks, otherwise the microphone's."""
        if self._view.look is Look.SPEAKING:
            self._meter.read(levels.speaker_dbfs, levels.speaker_peak_dbfs, elapsed_s)
        else:
            self._meter.read(levels.microphone_dbfs, levels.microphone_peak_dbfs, elapsed_s)

    def set_wanted(self, wanted: bool) -> None:
        """Be there, or not; where it was, the first time in the upper right corner."""
        if wanted and not self._placed:
            self._placed = True
            corner = self.screen().availableGeometry().topRight()
            self.move(corner.x() - _SIZE.width() - _MARGIN_PX, corner.y() + _MARGIN_PX)
        self.setVisible(wanted)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rounded ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(self._appearance.tokens.surface))
        painter.setPen(QColor(self._appearance.tokens.edge))
        radius = self.height() / 2 - 0.5
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag; the desktop moves the window where programs may not."""
        if event.button() is Qt.MouseButton.LeftButton and not self.windowHandle().startSystemMove():
            self._dragged_from = event.globalPosition().toPoint() - self.pos()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        if self._dragged_from is not None:
            self.move(event.globalPosition().toPoint() - self._dragged_from)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Dragged."""
        self._dragged_from = None


class _Disc(QWidget):
    """The state's glyph on its colour; held, it talks."""

    def __init__(self, hold: Hold, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._hold = hold
        self._appearance = appearance
        self._face = face_of(View())
        self.setFixedSize(QSize(_DISC_PX, _DISC_PX))
        appearance.changed.connect(self.update)

    def show_view(self, view: View) -> None:
        """Take the look of this state."""
        self._face = face_of(view)
        self.setAccessibleName(self._face.name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Disc and glyph."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._appearance.colour(self._face.fill)))
        painter.drawEllipse(QRectF(self.rect()))
        inset = (_DISC_PX - _GLYPH_PX) / 2
        ink = self._appearance.colour(self._face.ink)
        drawing(self._face.glyph, ink).render(painter, QRectF(inset, inset, _GLYPH_PX, _GLYPH_PX))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Talk."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._hold.press()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._hold.release()

    def hideEvent(self, event: object) -> None:
        """Who sees nothing lets nothing go."""
        self._hold.release()
