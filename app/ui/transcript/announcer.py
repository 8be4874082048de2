"""Reads finished rows to a screen reader, each once."""

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QObject
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

from app.conversation.view import Speaker
from app.ui.transcript.model import TranscriptModel
from app.ui.transcript.words import spoken


class Announcer(QObject):
    """Driven by the model: a row is told when it is finished; rows that came with a reset are old news."""

    def __init__(self, model: TranscriptModel, say: Callable[[str], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._say = say
        self._told: set[str] = set()
        model.rowsInserted.connect(self._came)
        model.dataChanged.connect(self._changed)
        model.modelReset.connect(self._forget)
        self._forget()

    def _came(self, _parent: QModelIndex, first: int, last: int) -> None:
        self._tell(first, last)

    def _changed(self, first: QModelIndex, last: QModelIndex) -> None:
        self._tell(first.row(), last.row())

    def _forget(self) -> None:
        self._told = {row.id for row in self._model.rows if row.finished}

    def _tell(self, first: int, last: int) -> None:
        for row in self._model.rows[first : last + 1]:
            if row.finished and row.id not in self._told and row.speaker is not Speaker.TOOL:
                self._told.add(row.id)
                self._say(spoken(row))


def say_aloud(source: QObject) -> Callable[[str], None]:
    """A voice that speaks through the screen reader, politely: it does not cut off what is being read."""

    def say(words: str) -> None:
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(source, words))

    return say
