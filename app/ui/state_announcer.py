"""Reads to a screen reader how the connection is, and whether one is muted."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.conversation.view import Look, View
from app.ui.store import Store

_UP = {Look.LISTENING, Look.ON_AIR, Look.THINKING, Look.SPEAKING}


class StateAnnouncer(QObject):
    """Driven by the store. Turns are not read: the reader's voice would be in the microphone, and cues tell them."""

    def __init__(self, store: Store, say: Callable[[str], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._say = say
        self._told = store.view
        store.view_changed.connect(self._tell)

    def _tell(self, view: View) -> None:
        before, self._told = self._told, view
        if view.look in _UP and before.look not in _UP:
            self._say(f"Connected. {view.status}. {view.hint}")
        elif view.look is not before.look and view.look in (Look.DISCONNECTED, Look.CONNECTING, Look.RECONNECTING):
            self._say(view.status)
        if view.muted is not before.muted:
            self._say("Muted" if view.muted else "Not muted")
