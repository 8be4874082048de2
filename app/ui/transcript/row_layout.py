"""One row of the transcript, laid out for a width and ready to be painted."""

from dataclasses import dataclass
from math import ceil
from unicodedata import bidirectional

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)

from app.conversation.view import Row, Speaker
from app.ui.look import icons
from app.ui.look.appearance import SMALL_LINE_PX, SMALL_PX, TEXT_LINE_PX, text_font
from app.ui.look.tokens import Tokens
from app.ui.transcript.utf16 import characters, units
from app.ui.transcript.words import NAMES, body, card_icon, explanation

GAP_PX = 14
"""Between two rows."""
_WHO_PX = SMALL_LINE_PX + 2
_BUBBLE_PAD = QPointF(12, 8)
_BUBBLE_SHARE = 0.86
_BUBBLE_RADIUS = 12
_BUBBLE_TIP_RADIUS = 3
_CARD_PX = 38
_CARD_TEXT_LEFT = 42
_CARD_TAIL_SHARE = 0.6
_AVERAGE_GLYPH_PX = 7.0


@dataclass(frozen=True, slots=True)
class Fonts:
    """The three sizes and weights of the pane."""

    text: QFont
    small: QFont
    strong: QFont

    @classmethod
    def of_the_system(cls) -> "Fonts":
        """From the interface font."""
        return cls(text_font(), text_font(SMALL_PX), text_font(weight=QFont.Weight.DemiBold))


def estimated_height(row: Row, measure: float) -> float:
    """What the row will be high, about: good enough for a scroll bar until it is looked at."""
    if row.speaker is Speaker.TOOL:
        return _CARD_PX + GAP_PX
    share, padding = (_BUBBLE_SHARE, 2 * _BUBBLE_PAD.y()) if row.speaker is Speaker.USER else (1.0, 0.0)
    length = len(row.text) + len(row.unheard)
    lines = row.text.count("\n") + ceil((length + 1) * _AVERAGE_GLYPH_PX / (measure * share))
    note = SMALL_LINE_PX if row.unheard or row.failed else 0
    return _WHO_PX + lines * TEXT_LINE_PX + padding + note + GAP_PX


class RowLayout:
    """Geometry of one row at one width. Its origin is the row's top left; ``height`` includes the gap below."""

    def __init__(self, row: Row, measure: float, fonts: Fonts, tokens: Tokens) -> None:
        self.row = row
        self.measure = measure
        self._fonts = fonts
        self._tokens = tokens
        self._note = explanation(row)
        self.words = body(row)
        if row.speaker is Speaker.TOOL:
            self.words = _card_line(self.words, fonts, measure - _CARD_TEXT_LEFT - 12)
            self._text = _laid_out(self.words, fonts.text, measure, self._strong_beginning())
            self._text_at = QPointF(_CARD_TEXT_LEFT, (_CARD_PX - TEXT_LINE_PX) / 2)
            self.height: float = _CARD_PX + GAP_PX
            return
        is_user = row.speaker is Speaker.USER
        room = measure * _BUBBLE_SHARE - 2 * _BUBBLE_PAD.x() if is_user else measure
        self._text = _laid_out(self.words, fonts.text, room, self._grey())
        extent = _extent(self._text)
        self._bubble = QRectF()
        self._text_at = QPointF(0, _WHO_PX)
        bottom = _WHO_PX + extent.height()
        if is_user:
            width = ceil(extent.width()) + 2 * _BUBBLE_PAD.x()
            self._bubble = QRectF(measure - width, _WHO_PX, width, extent.height() + 2 * _BUBBLE_PAD.y())
            self._text_at = self._bubble.topLeft() + _BUBBLE_PAD - QPointF(extent.left(), 0)
            bottom = self._bubble.bottom()
        self._note_top = bottom + (2 if is_user else 0)
        self.height = self._note_top + (SMALL_LINE_PX if self._note else 0) + GAP_PX

    def paint(self, painter: QPainter, at: QPointF, selected: tuple[int, int] | None) -> None:
        """Draw the row with its top left here; ``selected`` is a range of ``words``."""
        painter.save()
        painter.translate(at)
        if self.row.speaker is Speaker.TOOL:
            self._paint_card(painter)
        else:
            self._paint_frame(painter)
        painter.setPen(QColor(self._ink()))
        self._text.draw(painter, self._text_at, _marks(self.words, selected, self._tokens))
        painter.restore()

    def offset_at(self, point: QPointF) -> int:
        """The place between two characters that is nearest to a point of the row."""
        inside = point - self._text_at
        if self.words != body(self.row):  # a shortened card is marked as a whole
            return 0 if inside.x() < self.measure / 2 else len(body(self.row))
        for number in range(self._text.lineCount()):
            line = self._text.lineAt(number)
            if inside.y() < line.y() + line.height() or number == self._text.lineCount() - 1:
                return characters(self.words, line.xToCursor(inside.x()))
        return 0

    def _ink(self) -> str:
        waiting = self.row.pending and not self.row.text
        return self._tokens.soft if waiting else self._tokens.text

    def _grey(self) -> list[QTextLayout.FormatRange]:
        if not self.row.unheard:
            return []
        grey = QTextLayout.FormatRange()
        grey.start, grey.length = units(self.row.text), units(self.row.unheard)
        grey.format.setForeground(QColor(self._tokens.unheard))
        return [grey]

    def _strong_beginning(self) -> list[QTextLayout.FormatRange]:
        """What a tool did is strong; what follows the middle dot is detail."""
        head, dot, tail = self.words.partition(" · ")
        strong, soft = QTextLayout.FormatRange(), QTextLayout.FormatRange()
        strong.start, strong.length = 0, units(head)
        strong.format.setFont(self._fonts.strong)
        soft.start, soft.length = units(head), units(dot + tail)
        soft.format.setForeground(QColor(self._tokens.soft))
        return [strong, soft]

    def _paint_frame(self, painter: QPainter) -> None:
        alignment = Qt.AlignmentFlag.AlignRight if self.row.speaker is Speaker.USER else Qt.AlignmentFlag.AlignLeft
        painter.setFont(self._fonts.small)
        painter.setPen(QColor(self._tokens.soft))
        painter.drawText(QRectF(0, 0, self.measure, SMALL_LINE_PX), alignment, NAMES[self.row.speaker])
        if self._note:
            painter.drawText(QRectF(0, self._note_top, self.measure, SMALL_LINE_PX), alignment, self._note)
        if not self._bubble.isNull():
            painter.fillPath(_bubble_path(self._bubble), QColor(self._tokens.bubble))

    def _paint_card(self, painter: QPainter) -> None:
        painter.setPen(QColor(self._tokens.line))
        painter.setBrush(QColor(self._tokens.surface))
        painter.drawRoundedRect(QRectF(0.5, 0.5, self.measure - 1, _CARD_PX - 1), 8, 8)
        icon = icons.drawing(card_icon(self.row), self._tokens.soft)
        icon.render(painter, QRectF(12, (_CARD_PX - 20) / 2, 20, 20))


def _laid_out(words: str, font: QFont, width: float, formats: list[QTextLayout.FormatRange]) -> QTextLayout:
    # U+2028 breaks the line inside one layout and keeps every offset equal to that of the row's own text.
    layout = QTextLayout(words.replace("\n", "\u2028"), font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    option.setAlignment(Qt.AlignmentFlag.AlignRight if _is_right_to_left(words) else Qt.AlignmentFlag.AlignLeft)
    layout.setTextOption(option)
    layout.setCacheEnabled(True)
    layout.setFormats(formats)
    top = 0.0
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        height = max(TEXT_LINE_PX, ceil(line.height()))
        line.setPosition(QPointF(0, top + (height - line.height()) / 2))
        top += height
    layout.endLayout()
    return layout


def _is_right_to_left(words: str) -> bool:
    """By the first letter that has a direction, as Qt orders the words (Unicode bidirectional algorithm, P2)."""
    kinds = (bidirectional(character) for character in words)
    return next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L"


def _extent(layout: QTextLayout) -> QRectF:
    """What the text covers: its natural width, and whole lines in height."""
    lines = [layout.lineAt(number) for number in range(layout.lineCount())]
    if not lines:
        return QRectF(0, 0, 0, TEXT_LINE_PX)
    left = min(line.naturalTextRect().left() for line in lines)
    right = max(line.naturalTextRect().right() for line in lines)
    height = sum(max(TEXT_LINE_PX, ceil(line.height())) for line in lines)
    return QRectF(left, 0, right - left, height)


def _card_line(words: str, fonts: Fonts, room: float) -> str:
    """The words on one line. What came of it is told to the end, as far as that goes; its subject gives way."""
    words = " ".join(words.split())
    head, dot, tail = words.partition(" · ")
    strong, plain = QFontMetricsF(fonts.strong), QFontMetricsF(fonts.text)
    if strong.horizontalAdvance(head) + plain.horizontalAdvance(dot + tail) <= room:
        return words
    tail = plain.elidedText(tail, Qt.TextElideMode.ElideRight, room * _CARD_TAIL_SHARE)
    left = room - plain.horizontalAdvance(dot + tail)
    return strong.elidedText(head, Qt.TextElideMode.ElideMiddle, left) + dot + tail


def _marks(words: str, selected: tuple[int, int] | None, tokens: Tokens) -> list[QTextLayout.FormatRange]:
    if selected is None or selected[0] == selected[1]:
        return []
    mark = QTextLayout.FormatRange()
    mark.start, mark.length = units(words[: selected[0]]), units(words[selected[0] : selected[1]])
    look = QTextCharFormat()
    look.setBackground(QColor(tokens.accent))
    look.setForeground(QColor(tokens.on_accent))
    mark.format = look
    return [mark]


def _bubble_path(area: QRectF) -> QPainterPath:
    """A round box whose lower right corner, towards the speaker, is nearly sharp."""
    path = QPainterPath()
    path.addRoundedRect(area, _BUBBLE_RADIUS, _BUBBLE_RADIUS)
    tip = QPainterPath()
    corner = QRectF(area.right() - _BUBBLE_RADIUS, area.bottom() - _BUBBLE_RADIUS, _BUBBLE_RADIUS, _BUBBLE_RADIUS)
    tip.addRoundedRect(corner, _BUBBLE_TIP_RADIUS, _BUBBLE_TIP_RADIUS)
    return path.united(tip)
