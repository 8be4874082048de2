"""A check box in the colours of the window."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QStyle, QStyleOptionButton, QWidget

_BOX_PX = 18
_GAP_PX = 10
_TICK = (QPointF(4.5, 9.5), QPointF(7.8, 12.8), QPointF(13.5, 5.8))


class CheckBox(QCheckBox):
    """Painted from the palette, since a style sheet cannot give its tick a colour; its words wrap."""

    def __init__(self, words: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        self.setObjectName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        """The box and one line of words."""
        width = _BOX_PX + _GAP_PX + self.fontMetrics().horizontalAdvance(self.text()) + 4
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """Words wrap."""
        return QSize(_BOX_PX + _GAP_PX + 80, 28)

    def hasHeightForWidth(self) -> bool:
        """Words wrap."""
        return True

    def heightForWidth(self, width: int) -> int:
        """What the words need."""
        return max(28, self._words_in(QRect(0, 0, width, 10_000)).height() + 8)

    def hitButton(self, position: object) -> bool:
        """Anywhere."""
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Box, tick, words."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        palette = self.palette()
        accent = palette.color(QPalette.ColorRole.Accent)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(1.5, (self.height() - _BOX_PX) / 2 + 0.5, _BOX_PX - 1, _BOX_PX - 1)
        is_focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        edge = palette.color(QPalette.ColorRole.WindowText if is_focused else QPalette.ColorRole.PlaceholderText)
        painter.setPen(QPen(accent if self.isChecked() and not is_focused else edge, 2))
        painter.setBrush(accent if self.isChecked() else palette.color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(box, 4, 4)
        if self.isChecked():
            ink = palette.color(QPalette.ColorRole.HighlightedText)
            painter.setPen(QPen(ink, 2, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
            tick = QPainterPath(_TICK[0])
            for point in _TICK[1:]:
                tick.lineTo(point)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(tick.translated(box.left() - 0.5, box.top() - 0.5))
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        words = self._words_in(self.rect())
        words.moveTop((self.height() - words.height()) // 2)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, self.text())
        painter.end()

    def _words_in(self, area: QRect) -> QRect:
        room = area.adjusted(_BOX_PX + _GAP_PX, 0, 0, 0)
        return self.fontMetrics().boundingRect(room, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, self.text())
