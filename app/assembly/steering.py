"""What ``main.py remote`` asks of the running window, on the session loop."""

from collections.abc import Callable
from typing import Final

from app.conversation import happenings as did
from app.conversation.machines import Turn
from app.remote.wire import Answer, Verb
from app.session.conductor import Conductor

_DONE: Final = Answer(True)
_NOT_NOW: Final = Answer(False, "Nobody would hear you now. Connect, then talk.")


class Steering:
    """Carries out verbs. Session loop only."""

    def __init__(self, conductor: Conductor, show: Callable[[], None]) -> None:
        self._conductor: Final = conductor
        self._show: Final = show

    def obey(self, verb: Verb) -> Answer:
        """Do it now; the answer says whether it had an effect that lasts."""
        match verb:
            case Verb.TALK_DOWN:
                return self._talk(True)
            case Verb.TALK_UP:
                return self._talk(False)
            case Verb.TALK_TOGGLE:
                return self._talk(self._conductor.state.turn is not Turn.HOLDING)
            case Verb.MUTE | Verb.UNMUTE:
                self._conductor.handle(did.MuteChosen(verb is Verb.MUTE))
            case Verb.CONNECT:
                self._conductor.handle(did.ConnectRequested())
            case Verb.DISCONNECT:
                self._conductor.handle(did.DisconnectRequested())
            case Verb.SHOW:
                self._show()
        return _DONE

    def _talk(self, down: bool) -> Answer:
        self._conductor.handle(did.TalkPressed() if down else did.TalkReleased())
        return _DONE if not down or self._conductor.state.turn is Turn.HOLDING else _NOT_NOW
