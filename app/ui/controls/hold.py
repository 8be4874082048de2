"""Hold to talk: one rule for the button and for the Space key."""

from PySide6.QtCore import QObject, Signal

from app.conversation.view import Look, View
from app.ui.intents import Intents
from app.ui.store import Store

_TALKING_LOOKS = {Look.LISTENING, Look.ON_AIR, Look.THINKING, Look.SPEAKING}

_COMING_LOOKS = {Look.CONNECTING, Look.RECONNECTING}


def _can_talk(view: View) -> bool:
    """With push-to-talk what is said while the connection comes up or back is kept and delivered."""
    return view.look in _TALKING_LOOKS or (view.look in _COMING_LOOKS and view.push_to_talk)


class Hold(QObject):
    """Turns presses into intents, so that each ``talk_down`` is followed by exactly one ``talk_up``.

    Driven by ``press`` and ``release``; a second press or release changes nothing. Whoever loses the focus or the
    window releases. Signals:
        let_go(): a press is over.
    """

    let_go = Signal()

    def __init__(self, store: Store, intents: Intents, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._intents = intents
        self._holding = False

    @property
    def holding(self) -> bool:
        """Whether a talk_up is owed."""
        return self._holding

    def press(self) -> None:
        """The button or key went down."""
        view = self._store.view
        if self._holding or not _can_talk(view):
            return
        if view.look is Look.SPEAKING:
            self._intents.interrupt()
        self._holding = True
        self._intents.talk_down()

    def release(self) -> None:
        """The button or key came up, or cannot be trusted any more."""
        if self._holding:
            self._holding = False
            self._intents.talk_up()
            self.let_go.emit()
