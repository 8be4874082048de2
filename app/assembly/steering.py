"""What ``main.py remote`` asks of the running window, on the session loop."""

from collections.abc import Callable
from typing import Final

from app.conversation import happenings as did
from app.conversation.talk_modes import Source
from app.remote.wire import Answer, Verb
from app.session.talking import Talking

_DONE: Final = Answer(True)
_NOT_NOW: Final = Answer(False, "Nobody would hear you now. Connect, then talk.")


class Steering:
    """Carries out verbs. Session loop only."""

    def __init__(self, talking: Talking, handle: Callable[[did.Happening], None], show: Callable[[], None]) -> None:
        self._talking: Final = talking
        self._handle: Final = handle
        self._show: Final = show

    def obey(self, verb: Verb) -> Answer:
        """Do it now; the answer says whether it had an effect that lasts."""
        match verb:
            case Verb.TALK_DOWN:
                self._talking.press(Source.REMOTE)
                return self._heard()
            case Verb.TALK_UP:
                self._talking.release(Source.REMOTE)
            case Verb.TALK_TOGGLE:
                was_on = self._talking.is_on
                self._talking.toggle(Source.REMOTE)
                return _DONE if was_on else self._heard()
            case Verb.MUTE | Verb.UNMUTE:
                self._handle(did.MuteChosen(verb is Verb.MUTE))
            case Verb.CONNECT:
                self._handle(did.ConnectRequested())
            case Verb.DISCONNECT:
                self._handle(did.DisconnectRequested())
            case Verb.SHOW:
                self._show()
        return _DONE

    def _heard(self) -> Answer:
        return _DONE if self._talking.has_effect else _NOT_NOW
