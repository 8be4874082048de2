"""The transcript as a person handles it: marking with the mouse, copying, reading with the keyboard."""

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QMenu

from app.ui.transcript.selection import Place, Selection
from app.ui.transcript.view import TranscriptView
from app.ui.transcript.words import body, spoken

_READING_KEYS = {Qt.Key.Key_Up, Qt.Key.Key_Down}


class TranscriptPane(TranscriptView):
    """The view with hands: mouse, keyboard and context menu."""

    def selected_words(self) -> str:
        """The marked words."""
        selection = self.marked
        if selection is None or selection.is_empty:
            return ""
        spans = ((row, selection.span(at, len(body(row)))) for at, row in enumerate(self.rows))
        return "\n".join(body(row)[span[0] : span[1]] for row, span in spans if span is not None)

    def copy(self) -> None:
        """Put the marked words, or those of the current row, on the clipboard."""
        current = self.currentIndex()
        words = self.selected_words() or (body(self.rows[current.row()]) if current.isValid() else "")
        if words:
            QGuiApplication.clipboard().setText(words)

    def copy_all(self) -> None:
        """Put the whole conversation on the clipboard, with names."""
        QGuiApplication.clipboard().setText("\n\n".join(spoken(row) for row in self.rows))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows read row by row; Space is the talk key and belongs to the window."""
        if event.key() == Qt.Key.Key_Space:
            event.ignore()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll) and self.rows:
            last = len(self.rows) - 1
            self.mark(Selection(Place(0, 0), Place(last, len(body(self.rows[last])))))
        else:
            super().keyPressEvent(event)
            if event.key() in _READING_KEYS:
                self.show_current(True)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space goes up to the window here too."""
        event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to mark."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.show_current(False)
            place = self._place_at(event.position())
            self.mark(Selection(place, place) if place is not None else None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark up to here."""
        if self.marked is not None and event.buttons() & Qt.MouseButton.LeftButton:
            bar, height = self.verticalScrollBar(), self.viewport().height()
            beyond = min(0.0, event.position().y()) + max(0.0, event.position().y() - height)
            bar.setValue(bar.value() + round(beyond))
            place = self._place_at(event.position())
            if place is not None:
                self.mark(Selection(self.marked.anchor, place))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The mark stays."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Mark a word."""
        place = self._place_at(event.position())
        if place is None:
            return
        words = body(self.rows[place.row])
        start = end = place.offset
        while start > 0 and words[start - 1].isalnum():
            start -= 1
        while end < len(words) and words[end].isalnum():
            end += 1
        self.mark(Selection(Place(place.row, start), Place(place.row, end)))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy what is marked, the row under the pointer, or everything."""
        if not self.rows:
            return
        menu = self.menu_at(event.pos())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def menu_at(self, point: QPoint) -> QMenu:
        """The context menu for a point of the pane."""
        menu = QMenu(self)
        if marked := self.selected_words():
            menu.addAction("Copy", lambda: QGuiApplication.clipboard().setText(marked))
        row = self.rows[self.row_at(point.y())]
        menu.addAction("Copy message", lambda: QGuiApplication.clipboard().setText(body(row)))
        menu.addAction("Copy all", self.copy_all)
        return menu

    def _place_at(self, point: QPointF) -> Place | None:
        if not self.rows:
            return None
        at = self.row_at(point.y())
        layout = self.layout_of(at)
        return Place(at, min(layout.offset_at(point - self.origin_of(at)), len(body(self.rows[at]))))
