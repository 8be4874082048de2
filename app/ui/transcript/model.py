"""The rows of the conversation as a Qt list model."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.conversation.view import Row
from app.ui.transcript.words import spoken

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()


class TranscriptModel(QAbstractListModel):
    """Driven by ``show`` alone. Tells its views the least that turns the old rows into the new ones."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []

    @property
    def rows(self) -> Sequence[Row]:
        """The rows, oldest first."""
        return self._rows

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        """Number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row itself under UserRole, its words under the display and accessibility roles."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.UserRole:
                return row
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return spoken(row)
            case _:
                return None

    def show(self, rows: Sequence[Row]) -> None:
        """Become these rows."""
        head = _common_ids(self._rows, rows)
        tail = _common_ids(self._rows[head:][::-1], rows[head:][::-1])
        if head + tail == 0 and self._are_strangers(rows):
            self._reset(rows)
            return
        self._drop_unwanted(head, len(self._rows) - tail, {row.id for row in rows[head : len(rows) - tail]})
        self._bring_in(head, rows[head : len(rows) - tail])
        for at, row in enumerate(rows):
            if self._rows[at] is not row:
                self._change(at, row)

    def _are_strangers(self, rows: Sequence[Row]) -> bool:
        """Whether this is another conversation. The first row of a new one is news, not a reset."""
        is_first_row = not self._rows and len(rows) == 1
        return not is_first_row and not {row.id for row in self._rows} & {row.id for row in rows}

    def _reset(self, rows: Sequence[Row]) -> None:
        if rows or self._rows:
            self.beginResetModel()
            self._rows[:] = rows  # the same list: views hold on to it
            self.endResetModel()

    def _drop_unwanted(self, start: int, end: int, wanted: set[str]) -> None:
        for at in range(end - 1, start - 1, -1):
            if self._rows[at].id not in wanted:
                self._remove(at)

    def _bring_in(self, start: int, wanted: Sequence[Row]) -> None:
        """Make these rows stand from here on; new ones come in runs, a moved one is taken out and put in again."""
        known = {row.id for row in self._rows[start:]}
        at = start
        while at < start + len(wanted):
            run = list(takewhile(lambda row: row.id not in known, wanted[at - start :]))
            if run:
                self._insert(at, run)
                at += len(run)
                continue
            row = wanted[at - start]
            if self._rows[at].id != row.id:
                self._remove(next(later for later in range(at + 1, len(self._rows)) if self._rows[later].id == row.id))
                self._insert(at, [row])
            at += 1

    def _insert(self, at: int, rows: Sequence[Row]) -> None:
        self.beginInsertRows(_NO_PARENT, at, at + len(rows) - 1)
        self._rows[at:at] = rows
        self.endInsertRows()

    def _remove(self, at: int) -> None:
        self.beginRemoveRows(_NO_PARENT, at, at)
        del self._rows[at]
        self.endRemoveRows()

    def _change(self, at: int, row: Row) -> None:
        before, self._rows[at] = self._rows[at], row
        if before != row:
            index = self.index(at)
            self.dataChanged.emit(index, index)


def _common_ids(old: Sequence[Row], new: Sequence[Row]) -> int:
    """How many leading rows are the same items."""
    count = 0
    for before, after in zip(old, new, strict=False):
        if before is not after and before.id != after.id:
            break
        count += 1
    return count
