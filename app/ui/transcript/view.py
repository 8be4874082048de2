"""The transcript pane: lays out and paints only what is in sight, and keeps the reader's place."""

from typing import Any

from PySide6.QtCore import QModelIndex, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent, QPen, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget

from app.ui.look import icons
from app.ui.look.appearance import Appearance
from app.ui.transcript.column import Column
from app.ui.transcript.model import Index, TranscriptModel
from app.ui.transcript.row_layout import GAP_PX, Fonts, RowLayout, estimated_height
from app.ui.transcript.selection import Selection

MARGIN_PX = 16
_RIGHT_MARGIN_PX = 6
"""With the scroll bar's ten as wide as the left one; the bar keeps its place even when there is nothing to scroll."""
_WIDEST_PX = 720
_KEPT_LAYOUTS = 200
_AT_END_PX = 4
_INVITATION_ICON_PX = 40


class TranscriptView(QListView):
    """A list view in name and for screen readers; heights, layout and painting are its own.

    Rows out of sight have an estimated height, so that thousands of them cost nothing; a row is laid out when it
    comes into sight, and again only when its words or the width change. Driven by its model and by scrolling.
    """

    def __init__(self, model: TranscriptModel, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = model.rows
        self._appearance = appearance
        self._fonts = Fonts.of_the_system()
        self._column = Column()
        self._layouts: dict[str, RowLayout] = {}
        self._selection: Selection | None = None
        self._following = True
        self._reading = ("", 0.0)
        self._settling = False
        self._by_keyboard = False
        self._invitation = ""
        # Qt's own would be new to PySide, which makes every class of widget, 50 of them, to find out which one it is.
        self.setViewport(QWidget())
        # Before anything that makes Qt ask for rows: an exception in an answer to Qt corrupts PySide6 6.11's memory.
        self.setModel(model)
        self.setObjectName("transcript")
        self.setAccessibleName("Transcript")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        model.rowsRemoved.connect(self._settle)
        model.modelReset.connect(self._begin_at_the_end)
        appearance.changed.connect(self._start_over)
        self._begin_at_the_end()

    @property
    def following(self) -> bool:
        """Whether the reader is at the end, so that the newest line is kept in sight."""
        return self._following

    def invite(self, words: str) -> None:
        """What stands in the middle while there are no rows."""
        if words != self._invitation:
            self._invitation = words
            self._settle()

    def layout_of(self, at: int) -> RowLayout:
        """The row, laid out for the present width."""
        row = self.rows[at]
        known = self._layouts.get(row.id)
        if known is None or known.row is not row or known.measure != self._measure():
            known = RowLayout(row, self._measure(), self._fonts, self._appearance.tokens)
            self._layouts[row.id] = known
        return known

    def mark(self, selection: Selection | None) -> None:
        """Show these words as selected."""
        if selection != self._selection:
            self._selection = selection
            self.viewport().update()

    @property
    def marked(self) -> Selection | None:
        """The selected words."""
        return self._selection

    def show_current(self, by_keyboard: bool) -> None:
        """Frame the current row, or stop to."""
        self._by_keyboard = by_keyboard
        self.viewport().update()

    # --- what the model says ---

    def dataChanged(self, top_left: Index, bottom_right: Index, roles: Any = ()) -> None:
        """Words of some rows are others."""
        super().dataChanged(top_left, bottom_right, roles)
        for at in range(top_left.row(), bottom_right.row() + 1):
            self._column.set_height(at, estimated_height(self.rows[at], self._measure()))
        self._settle()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        """New rows."""
        super().rowsInserted(parent, start, end)
        measure = self._measure()
        self._column.insert(start, [estimated_height(row, measure) for row in self.rows[start : end + 1]])
        self._selection = None
        self._settle()

    def rowsAboutToBeRemoved(self, parent: Index, start: int, end: int) -> None:
        """Rows are leaving; ``rowsRemoved`` settles what is left."""
        super().rowsAboutToBeRemoved(parent, start, end)
        self._column.remove(start, end)
        self._selection = None

    def _begin_at_the_end(self) -> None:
        self._following = True
        self._selection = None
        self._start_over()

    def _start_over(self) -> None:
        self._layouts.clear()
        self._fonts = Fonts.of_the_system()
        measure = self._measure()
        self._column.start_over([estimated_height(row, measure) for row in self.rows])
        self._settle()

    # --- layout ---

    def doItemsLayout(self) -> None:
        """What Qt asks for after a change: ours is done already, and cheap."""
        self._settle()

    def updateGeometries(self) -> None:
        """The size of the pane or of the column is another one."""
        self._settle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width means other line breaks."""
        if event.size().width() != event.oldSize().width():
            self._start_over()
        else:
            self._settle()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """The reader, or a screen reader, scrolled."""
        if not self._settling:
            self._note_place()
            self._settle()

    def _note_place(self) -> None:
        bar = self.verticalScrollBar()
        self._following = bar.value() >= bar.maximum() - _AT_END_PX
        if self.rows:
            top = self._column.row_at(bar.value() - MARGIN_PX)
            self._reading = (self.rows[top].id, bar.value() - self._column.top(top))

    def _settle(self) -> None:
        """Lay out what is in sight, correct the heights, and stay where the reader is."""
        if self._settling or len(self._column) != len(self.rows):
            return
        self._settling = True
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(40)
        corrected = True
        while corrected:
            bar.setRange(0, max(0, round(self._column.total + 2 * MARGIN_PX - GAP_PX - self.viewport().height())))
            bar.setValue(bar.maximum() if self._following else self._place_of_reading())
            bar.setEnabled(bar.maximum() > 0)
            corrected = False
            for at in self._in_sight():
                corrected |= self._column.set_height(at, self.layout_of(at).height)
        self._settling = False
        self.setAccessibleDescription("" if self.rows else self._invitation)
        self._drop_layouts_out_of_sight()
        self.viewport().update()

    def _place_of_reading(self) -> int:
        row_id, above = self._reading
        at = next((at for at, row in enumerate(self.rows) if row.id == row_id), None)
        return self.verticalScrollBar().value() if at is None else round(self._column.top(at) + above)

    def _in_sight(self) -> range:
        top = self.verticalScrollBar().value() - MARGIN_PX
        return self._column.between(top, top + self.viewport().height())

    def _drop_layouts_out_of_sight(self) -> None:
        if len(self._layouts) > _KEPT_LAYOUTS:
            kept = {self.rows[at].id for at in self._in_sight()}
            self._layouts = {row_id: layout for row_id, layout in self._layouts.items() if row_id in kept}

    def _measure(self) -> float:
        return max(120, min(_WIDEST_PX, self.viewport().width() - MARGIN_PX - _RIGHT_MARGIN_PX))

    def _left(self) -> float:
        return max(MARGIN_PX, (self.width() - self._measure()) // 2)

    def origin_of(self, at: int) -> QPointF:
        """The top left of a row in the pane."""
        return QPointF(self._left(), self._column.top(at) + MARGIN_PX - self.verticalScrollBar().value())

    def row_at(self, y: float) -> int:
        """The row at a height of the pane, the nearest one if there is none."""
        return self._column.row_at(y + self.verticalScrollBar().value() - MARGIN_PX)

    # --- what Qt asks a view ---

    def visualRect(self, index: Index) -> QRect:
        """Where a row is in the pane."""
        if not index.isValid() or index.row() >= len(self._column):
            return QRect()
        size = QSize(round(self._measure()), round(self._column.height(index.row()) - GAP_PX))
        return QRect(self.origin_of(index.row()).toPoint(), size)

    def indexAt(self, point: QPoint) -> QModelIndex:
        """The row at a point of the pane."""
        if not self.rows:
            return QModelIndex()
        index = self.model().index(self.row_at(point.y()), 0)
        return index if self.visualRect(index).contains(point) else QModelIndex()

    def scrollTo(self, index: Index, hint: Any = QAbstractItemView.ScrollHint.EnsureVisible) -> None:
        """Bring a row into sight, its end first when it is higher than the pane."""
        area = self.visualRect(index)
        bar = self.verticalScrollBar()
        if area.top() < 0:
            bar.setValue(bar.value() + area.top() - MARGIN_PX)
        elif area.bottom() > self.viewport().height():
            bar.setValue(bar.value() + area.bottom() - self.viewport().height() + MARGIN_PX)

    def verticalOffset(self) -> int:
        """How far it is scrolled."""
        return self.verticalScrollBar().value()

    def horizontalOffset(self) -> int:
        """Never scrolled sideways."""
        return 0

    def isIndexHidden(self, index: Index) -> bool:
        """No row is hidden."""
        return False

    def visualRegionForSelection(self, selection: Any) -> QRegion:
        """Selection is painted by the rows themselves."""
        return QRegion()

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what is in sight."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.rows:
            self._paint_invitation(painter)
        for at in self._in_sight():
            layout = self.layout_of(at)
            marked = self._selection.span(at, len(layout.words)) if self._selection else None
            layout.paint(painter, self.origin_of(at), marked)
        if self._by_keyboard and self.hasFocus() and self.currentIndex().isValid():
            painter.setPen(QPen(QColor(self._appearance.tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.visualRect(self.currentIndex())).adjusted(-6, -4, 6, 4), 8, 8)
        painter.end()

    def _paint_invitation(self, painter: QPainter) -> None:
        tokens = self._appearance.tokens
        area = QRectF(self.viewport().rect()).adjusted(32, 0, -32, 0)
        centre = area.center()
        box = QRectF(0, 0, _INVITATION_ICON_PX, _INVITATION_ICON_PX)
        box.moveCenter(QPointF(centre.x(), centre.y() - 36))
        icons.drawing("bubble", tokens.accent).render(painter, box)
        painter.setFont(self._fonts.text)
        painter.setPen(QColor(tokens.soft))
        words = QRectF(area.left(), centre.y(), area.width(), area.height() / 2)
        painter.drawText(
            words,
            Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap,
            self._invitation,
        )

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Frame the current row if the keyboard brought the focus."""
        super().focusInEvent(event)
        self.show_current(event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason))
