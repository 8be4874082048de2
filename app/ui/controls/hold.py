"""Hold to talk: one rule for the button and for the Space key."""

from PySide6.QtCore import QObject

from app.conversation.view import Look
from app.ui.intents import Intents
from app.ui.store import Store

_TALKING_LOOKS = {Look.LISTENING, Look.ON_AIR, Look.THINKING, Look.SPEAKING}


class Hold(QObject):
    """Turns presses into intents, so that each ``talk_down`` is followed by exactly one ``talk_up``.

    Driven by ``press`` and ``release``; a second press or release changes nothing. Whoever loses the focus or the
    window releases.
    """

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
        look = self._store.view.look
        if self._holding or look not in _TALKING_LOOKS:
            return
        if look is Look.SPEAKING:
            self._intents.interrupt()
        self._holding = True
        self._intents.talk_down()

    def release(self) -> None:
        """The button or key came up, or cannot be trusted any more."""
        if self._holding:
            self._holding = False
            self._intents.talk_up()
