"""The big round button that is the state of the conversation."""

from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.conversation.view import Levels, View
from app.ui.controls.ballistics import Ballistics, share
from app.ui.controls.talk_face import Face, Ring, face_of
from app.ui.look import icons
from app.ui.look.appearance import Appearance, text_font
from app.ui.look.motion import STATE_CHANGE_MS, motion_allowed

_DISC_PX = 84
_SMALL_DISC_PX = 64
_HALO_PX = 8
_REACH_PX = 18
"""Room around the disc for rings and the focus ring."""
_TURN_DEG_PER_S = 220.0


class TalkButton(QAbstractButton):
    """Shows a view and the levels; says when it goes down and comes up.

    While held it stays held wherever the pointer goes. Signals:
        went_down(): pressed by mouse, Space or a screen reader.
        came_up(): let go.
    """

    went_down = Signal()
    came_up = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._face: Face = face_of(View())
        self._disc_px = _DISC_PX
        self._angle_deg = 90.0
        self._loudness = 0.0
        self._by_keyboard = False
        self._ballistics = Ballistics()
        self._fade = QVariantAnimation(self)
        self._fade.setDuration(STATE_CHANGE_MS)
        self._fade.valueChanged.connect(self.update)
        self._fill = QColor(self._colour(self._face.fill))
        self.setObjectName("talkButton")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.pressed.connect(self.went_down)
        self.released.connect(self.came_up)
        appearance.changed.connect(self._dress)
        self._tell()

    def show_view(self, view: View) -> None:
        """Take the look of this state."""
        face = face_of(view)
        if face != self._face:
            self._face = face
            self._dress()
            self._tell()

    def read(self, levels: Levels, elapsed_s: float) -> None:
        """A reading of the levels: rings follow it, and the turning ring turns."""
        if self._face.ring is Ring.TURNING:
            if motion_allowed():
                self._angle_deg = (self._angle_deg - _TURN_DEG_PER_S * elapsed_s) % 360
                self.update()
            return
        level_dbfs = levels.speaker_dbfs if self._face.ring is Ring.SPEAKER else levels.microphone_dbfs
        self._ballistics.read(level_dbfs, level_dbfs, elapsed_s)
        follows = self._face.ring in (Ring.SPEAKER, Ring.MICROPHONE) and motion_allowed()
        loudness = share(self._ballistics.level_dbfs) if follows else 0.0
        if round(loudness * _REACH_PX) != round(self._loudness * _REACH_PX):
            self._loudness = loudness
            self.update()

    def set_small(self, small: bool) -> None:
        """For a low window."""
        disc_px = _SMALL_DISC_PX if small else _DISC_PX
        if disc_px != self._disc_px:
            self._disc_px = disc_px
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """The disc and its rings."""
        return QSize(self._disc_px + 2 * _REACH_PX, self._disc_px + 2 * _REACH_PX)

    def minimumSizeHint(self) -> QSize:
        """It does not shrink."""
        return self.sizeHint()

    # --- being pressed ---

    def hitButton(self, position: Any) -> bool:
        """Only the disc, but all of the world while it is held."""
        offset = QPointF(position) - QRectF(self.rect()).center()
        return self.isDown() or offset.manhattanLength() <= self._disc_px * 0.7

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter clicks, and so does Space while there is nothing to hold; else Space goes up, to the talk key."""
        clicks = (Qt.Key.Key_Return, Qt.Key.Key_Enter, *((Qt.Key.Key_Space,) if self._face.clicks else ()))
        if event.key() in clicks and not event.isAutoRepeat():
            self.click()
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Up to the talk key."""
        event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The focus ring is for those who came by the keyboard."""
        super().focusInEvent(event)
        self._by_keyboard = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        """Rings, disc, glyph, word, focus ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        disc = QRectF(0, 0, self._disc_px, self._disc_px)
        disc.moveCenter(QRectF(self.rect()).center())
        self._paint_rings(painter, disc)
        painter.setBrush(self._present_fill())
        if self._face.outlined:
            painter.setPen(QPen(QColor(self._colour(self._face.ink)), 2))
            painter.drawEllipse(disc.adjusted(1, 1, -1, -1))
        else:
            painter.drawEllipse(disc)
        self._paint_glyph(painter, disc)
        if self._by_keyboard and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._colour("accent")), 2))
            painter.drawEllipse(disc.adjusted(-11, -11, 11, 11))
        painter.end()

    def _paint_rings(self, painter: QPainter, disc: QRectF) -> None:
        halo = QColor(self._colour(self._face.halo))
        match self._face.ring:
            case Ring.NONE:
                pass
            case Ring.TURNING:
                ring = disc.adjusted(-5, -5, 5, 5)
                painter.setPen(QPen(halo, 3))
                painter.drawEllipse(ring)
                painter.setPen(QPen(QColor(self._colour(self._face.ink)), 3, c=Qt.PenCapStyle.RoundCap))
                painter.drawArc(ring, round(self._angle_deg * 16), 90 * 16)
                painter.setPen(Qt.PenStyle.NoPen)
            case _:
                for reach, strength in ((_HALO_PX + self._loudness * (_REACH_PX - _HALO_PX), 0.5), (_HALO_PX, 1.0)):
                    halo.setAlphaF(strength)
                    painter.setBrush(halo)
                    painter.drawEllipse(disc.adjusted(-reach, -reach, reach, reach))

    def _paint_glyph(self, painter: QPainter, disc: QRectF) -> None:
        face = self._face
        ink = self._colour(face.ink)
        size = 32.0 if self._disc_px == _DISC_PX else 26.0
        box = QRectF(0, 0, size, size)
        box.moveCenter(disc.center() - QPointF(0, 9 if face.caption else 0))
        icons.drawing(face.glyph, ink).render(painter, box)
        if face.caption:
            font = text_font(13 if self._disc_px == _DISC_PX else 11, QFont.Weight.DemiBold)
            width = QFontMetricsF(font).horizontalAdvance(face.caption)
            painter.setFont(font)
            painter.setPen(QColor(ink))
            painter.drawText(QPointF(disc.center().x() - width / 2, box.bottom() + 15), face.caption)

    def _present_fill(self) -> QColor:
        running = self._fade.state() is QVariantAnimation.State.Running
        fill = QColor(self._fade.currentValue()) if running else QColor(self._fill)
        return fill.darker(112) if self.isDown() else fill

    def _dress(self) -> None:
        """Change to the face's colour, softly if things may move."""
        before, self._fill = self._fill, QColor(self._colour(self._face.fill))
        self._fade.stop()
        if before != self._fill and self.isVisible() and motion_allowed():
            self._fade.setStartValue(before)
            self._fade.setEndValue(self._fill)
            self._fade.start()
        self.update()

    def _tell(self) -> None:
        self.setAccessibleName(self._face.name)
        self.setAccessibleDescription(self._face.description)
        self.setToolTip(self._face.description)

    def _colour(self, token: str) -> str:
        return self._appearance.colour(token)
