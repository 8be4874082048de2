"""From the user's turns to words. Recognising begins in the pause that may be the end of a turn, not after it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.servers.rehearsal.engine.conversation import Record
from app.servers.rehearsal.engine.tell import Teller
from app.servers.rehearsal.ports import SPEECH_RATE_HZ, Heard, Speech

PAUSE_MS: Final = 200
"""So long a silence may be the end. Shorter ones are within words and between them."""
_ROOM_MS: Final = 100
_ROOM_TIMES: Final = 3
"""A recogniser wants some silence behind the last word, so the newest of the pause is repeated so often."""
_SILENT: Final = 0.05
"""Of the loudest moment of the turn: 26 dB below it."""
_SLACK_MS: Final = 150
"""By which the loudness and the turn detection may disagree about when the voice ended."""


class Pause:
    """Measures by loudness alone how long the user has been silent within a turn."""

    def __init__(self) -> None:
        self.silent_ms = 0.0
        self._loudest = 0.0

    def feed(self, speech: Speech) -> None:
        """Sound of the turn."""
        level = float(np.sqrt(np.mean(np.square(speech, dtype=np.float64)))) if len(speech) else 0.0
        self._loudest = max(self._loudest, level)
        self.silent_ms = (
            0.0 if level > self._loudest * _SILENT else self.silent_ms + len(speech) * 1000 / SPEECH_RATE_HZ
        )

    def agrees(self, silence_ms: int) -> bool:
        """Whether nothing was said since the pause began, for a detector that stops after ``silence_ms``."""
        return self.silent_ms <= silence_ms + _SLACK_MS


@dataclass(slots=True)
class _Hearing:
    id: str
    record: Record | None = None
    done: bool = False
    heard: Heard | None = None


class Understanding:
    """Asks the recogniser and brings its answers to the records of the turns."""

    def __init__(self, teller: Teller, understood: Callable[[Record, Heard | None], None]) -> None:
        self._teller = teller
        self._understood = understood
        self._asked: dict[str, _Hearing] = {}
        self._guess: _Hearing | None = None
        self._known: list[_Hearing] = []

    @property
    def guessing(self) -> bool:
        """Whether a turn that may be over is being recognised."""
        return self._guess is not None

    def guess(self, speech: Speech) -> None:
        """The turn may be over with this, which ends in a pause."""
        room = speech[-_ROOM_MS * SPEECH_RATE_HZ // 1000 :]
        self._guess = self._ask(np.concatenate((speech, *[room] * _ROOM_TIMES)))

    def forget_guess(self) -> None:
        """It was not over."""
        self._guess = None

    def settle(self, record: Record, speech: Speech) -> None:
        """The turn is over and this is all of it. What is known of it already is told by ``deliver``."""
        hearing, self._guess = self._guess or self._ask(speech), None
        hearing.record = record
        record.awaited = True
        if hearing.done:
            self._known.append(hearing)

    def deliver(self) -> None:
        """Tell what was understood before its turn was over."""
        known, self._known = self._known, []
        for hearing in known:
            self._tell(hearing)

    def answer(self, hearing_id: str, heard: Heard | None) -> None:
        """What the recogniser made of it; None if it failed."""
        hearing = self._asked.pop(hearing_id)
        hearing.done, hearing.heard = True, heard
        self._tell(hearing)

    def _tell(self, hearing: _Hearing) -> None:
        if hearing.record is not None:
            hearing.record.awaited = False
            self._understood(hearing.record, hearing.heard)

    def _ask(self, speech: Speech) -> _Hearing:
        hearing = _Hearing(self._teller.ids.new("hear"))
        self._asked[hearing.id] = hearing
        self._teller.stage.recognise(hearing.id, speech)
        return hearing
