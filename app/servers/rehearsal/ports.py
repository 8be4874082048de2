"""What the engine needs of the world: ears, a mind, a voice and a stage. Adapters satisfy these by shape."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.audio.pcm import Pcm
from app.realtime.events import ServerEvent
from app.realtime.items import Item, ResponseError
from app.realtime.session import FunctionTool

Speech: TypeAlias = NDArray[np.int16]
"""The user's sound as it is listened to: shape (n,), int16, SPEECH_RATE_HZ, mono."""

SPEECH_RATE_HZ = 16_000


class SpeechStarted(Protocol):
    """A voice began."""

    @property
    def audio_start_ms(self) -> int:
        """From the first sample the detector was fed, prefix padding included."""


class SpeechStopped(Protocol):
    """A voice was silent for as long as asked for."""

    @property
    def audio_end_ms(self) -> int:
        """From the first sample the detector was fed."""


class TurnDetector(Protocol):
    """Finds turns in a stream of sound."""

    def feed(self, speech: Speech) -> Sequence[SpeechStarted | SpeechStopped]:
        """What happened within these samples."""


class NewTurnDetector(Protocol):
    """Makes turn detectors."""

    def __call__(self, threshold: float, prefix_padding_ms: int, silence_duration_ms: int) -> TurnDetector:
        """A detector at the beginning of a stream."""


class Heard(Protocol):
    """What a recogniser made of a turn."""

    @property
    def text(self) -> str:
        """Its best guess, perhaps empty."""

    @property
    def understood(self) -> bool:
        """Whether the guess is worth an answer."""


class Recogniser(Protocol):
    """Writes down speech."""

    async def recognise(self, speech: Speech) -> Heard:
        """The words of one turn."""


class Voice(Protocol):
    """Speaks text."""

    def synthesise(self, text: str, *, voice: str, speed: float) -> AsyncIterator[Pcm]:
        """The sound of ``text`` in chunks of 48 kHz."""


@dataclass(frozen=True, slots=True)
class FunctionWish:
    """A function the mind wants the client to call."""

    name: str
    arguments: str
    """JSON text."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the mind answers: words, calls, or words and then calls."""

    text: str = ""
    calls: tuple[FunctionWish, ...] = ()
    in_writing: bool = False
    """Whether it writes although it was to speak."""
    trouble: ResponseError | None = None
    """Why there is no answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the mind is asked."""

    words: str | None
    """What the user said or wrote last; None when it was not understood, or nobody spoke."""
    items: tuple[Item, ...]
    """The conversation so far, oldest first, as far as the user heard it."""
    functions: tuple[FunctionTool, ...]
    """What may be called."""


class Mind(Protocol):
    """Thinks of an answer."""

    def answer(self, question: Question) -> Reply:
        """Quick, and never raises on whatever the user said."""


class Stage(Protocol):
    """Where a session acts. Every call returns at once; results come back through the session's methods."""

    def emit(self, event: ServerEvent) -> None:
        """Send an event to the client."""

    def recognise(self, hearing_id: str, speech: Speech) -> None:
        """Begin to write down what was said; ends in ``Session.recognised``."""

    def speak(self, response_id: str, text: str, voice: str, speed: float) -> None:
        """Begin to make sound of a sentence; ends in ``Session.voiced``."""


@dataclass(frozen=True, slots=True)
class Talents:
    """Everything a session can do, in one hand. Shared by all sessions."""

    new_detector: NewTurnDetector
    recogniser: Recogniser
    mind: Mind
    voice: Voice
