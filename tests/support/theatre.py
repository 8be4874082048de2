"""A rehearsal session without a network: its clock, its talents and its stage in the hands of a test."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from app.audio.pcm import Pcm, samples_of_ms
from app.realtime.events import Event, MalformedEvent, ServerEvent
from app.realtime.session import SessionOptions
from app.realtime.wire import decode_request, encode_event
from app.servers.rehearsal.engine.ids import Ids
from app.servers.rehearsal.engine.options import DEFAULTS
from app.servers.rehearsal.engine.session import Limits, Session
from app.servers.rehearsal.ports import SPEECH_RATE_HZ, Question, Reply, Speech

Kind = TypeVar("Kind", bound=Event)

MS_PER_CHARACTER = 60
"""How long the stand-in voice takes for a character."""

_ORACLE: TypeAdapter[object] = TypeAdapter(RealtimeServerEvent)
_FRAME_MS = 20
_LOUD = 1000


@dataclass(frozen=True)
class Words:
    """What the stand-in recogniser hears."""

    text: str
    understood: bool = True


@dataclass(frozen=True)
class Began:
    audio_start_ms: int


@dataclass(frozen=True)
class Ended:
    audio_end_ms: int


class LoudnessDetector:
    """Takes everything loud for speech; as exact as its pieces of sound are short."""

    def __init__(self, threshold: float, prefix_padding_ms: int, silence_duration_ms: int) -> None:
        self.settings = (threshold, prefix_padding_ms, silence_duration_ms)
        self._now_ms = 0
        self._quiet_ms = 0
        self._speaking = False

    def feed(self, speech: Speech) -> Sequence[Began | Ended]:
        _, prefix_ms, silence_ms = self.settings
        start_ms = self._now_ms
        self._now_ms += len(speech) * 1000 // SPEECH_RATE_HZ
        loud = bool(np.any(np.abs(speech) > _LOUD))
        self._quiet_ms = 0 if loud else self._quiet_ms + self._now_ms - start_ms
        if loud and not self._speaking:
            self._speaking = True
            return [Began(max(0, start_ms - prefix_ms))]
        if self._speaking and self._quiet_ms >= silence_ms:
            self._speaking = False
            return [Ended(self._now_ms)]
        return []


@dataclass
class ScriptedMind:
    """Gives its replies in turn, then repeats what it heard."""

    replies: list[Reply] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)

    def answer(self, question: Question) -> Reply:
        self.asked.append(question)
        return self.replies.pop(0) if self.replies else Reply(question.words or "I did not understand.")


class Theatre:
    """One session. ``run`` lets time pass, and gives the session what it wants of its talents unless held."""

    def __init__(
        self,
        *,
        longest_s: float = 3600,
        message_bytes: int = 262_144,
        sound_in_events: bool = False,
        **options: object,
    ) -> None:
        self.events: list[ServerEvent] = []
        self.texts: list[str] = []
        self.mind = ScriptedMind()
        self.now_s = 1000.0
        self.heard = Words("what time is it")
        self.hold_ears = False
        """Whether the recogniser takes its time: what it has to hear waits in ``to_hear``."""
        self.hold_voice = False
        self.to_hear: list[tuple[str, Speech]] = []
        self.to_speak: list[tuple[str, str, str, float]] = []
        self.sound: list[Pcm] = []
        self._sound_in_events = sound_in_events
        self._number = 0
        given = SessionOptions(**options)  # type: ignore[arg-type]
        limits = Limits(longest_s, 1_800_000_000, message_bytes)
        ids = Ids(self._pick)
        self.session = Session(
            *(DEFAULTS.updated(given), self, ids, lambda: self.now_s, self.mind, LoudnessDetector, limits),
            sound_in_events=sound_in_events,
        )
        self.session.open()

    @property
    def names(self) -> list[str]:
        """The types of all events since the last ``forget``."""
        return [type(event).__name__ for event in self.events]

    def forget(self) -> None:
        """Look only at what comes from now on."""
        self.events.clear()
        self.texts.clear()

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The events of one type."""
        return [event for event in self.events if isinstance(event, kind)]

    def ask(self, text: str) -> None:
        """The client sends this JSON."""
        self.session.take(decode_request(text))

    def run(self, duration_ms: int, *, loud: bool = False, level: int = 5000) -> None:
        """Time passes, while the user speaks or does not."""
        frame = np.full(SPEECH_RATE_HZ * _FRAME_MS // 1000, level if loud else 0, np.int16)
        for _ in range(duration_ms // _FRAME_MS):
            self.now_s += _FRAME_MS / 1000
            if not self._sound_in_events:
                self.session.hear(frame)
            self.sound.append(self.session.step())
            if not self.hold_ears:
                self.give_ears()
            if not self.hold_voice:
                self.give_voice()

    def say(self, duration_ms: int = 600) -> None:
        """The user speaks and is silent for as long as it takes."""
        self.run(duration_ms, loud=True)
        self.run(520)

    def give_ears(self) -> None:
        """The recogniser is done with what it has."""
        while self.to_hear:
            hearing_id, _ = self.to_hear.pop(0)
            self.session.recognised(hearing_id, self.heard)

    def give_voice(self) -> None:
        """The voice is done with what it has."""
        while self.to_speak:
            response_id, text, _, _ = self.to_speak.pop(0)
            self.session.voiced(response_id, np.full(samples_of_ms(MS_PER_CHARACTER * len(text)), 3000, np.int16))

    def emit(self, event: ServerEvent) -> None:
        assert not isinstance(event, MalformedEvent)
        text = encode_event(event)
        _ORACLE.validate_json(text)
        self.events.append(event)
        self.texts.append(text)

    def recognise(self, hearing_id: str, speech: Speech) -> None:
        self.to_hear.append((hearing_id, speech))

    def speak(self, response_id: str, text: str, voice: str, speed: float) -> None:
        self.to_speak.append((response_id, text, voice, speed))

    def _pick(self, below: int) -> int:
        self._number = (self._number * 1103515245 + 12345) % 2**31
        return (self._number >> 16) % below
