"""A language of tones: speech whose every word can be checked for, and talents of a server that understand it.

A word is a tone of its own, so a recogniser knows exactly what arrived: a word that was lost is missing, one that was
said twice is there twice, and one that was cut in half is no word. Holes of a busy machine leave it what it is.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import numpy as np

from app.audio.pcm import Pcm, samples_of_ms, silence
from app.realtime.items import InputText, Message, Role
from app.servers.rehearsal.ports import SPEECH_RATE_HZ, FunctionWish, Question, Reply, Speech
from tests.support.speech import tone
from tests.support.theatre import Words

WORDS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "story", "tool")
WORD_MS: Final = 160
PAUSE_MS: Final = 140
"""Between words; much shorter than what ends a turn."""

MS_PER_CHARACTER: Final = 40
VOICE_HZ: Final = 300.0
STORY: Final = "Once upon a time there was a lighthouse keeper who liked to talk, and he talked from dusk to dawn."
FUNCTION: Final = "lookup"

_HZ: Final = {word: 400.0 + 200.0 * place for place, word in enumerate(WORDS)}
_FRAME: Final = SPEECH_RATE_HZ // 50
_LOUD: Final = 1000
_SHORTEST_FRAMES: Final = 5
_PAUSE_FRAMES: Final = PAUSE_MS // 20
"""Within a word, a shorter silence is a hole that the way here made, not a pause."""


def spoken(text: str) -> Pcm:
    """These words as sound at 48 kHz."""
    parts = [
        part for word in text.split() for part in (tone(_HZ[word], WORD_MS / 1000), silence(samples_of_ms(PAUSE_MS)))
    ]
    return np.concatenate(parts)


def understood(speech: Speech) -> str:
    """The words in that sound; what is too short to be one is left out."""
    frames = speech[: len(speech) // _FRAME * _FRAME].reshape(-1, _FRAME)
    words = np.array([_word(frame) if np.abs(frame).max() > _LOUD else "" for frame in frames])
    found: list[tuple[int, str]] = []
    for word in WORDS:
        at = np.flatnonzero(words == word)
        pieces = np.split(at, np.flatnonzero(np.diff(at) >= _PAUSE_FRAMES) + 1)
        found.extend((int(piece[0]), word) for piece in pieces if len(piece) >= _SHORTEST_FRAMES)
    return " ".join(word for _, word in sorted(found))


def _word(sound: Speech) -> str:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    heard_hz = float(np.argmax(spectrum)) * SPEECH_RATE_HZ / len(sound)
    return min(WORDS, key=lambda word: abs(_HZ[word] - heard_hz))


class ToneRecogniser:
    """Understands the language, as soon as it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def recognise(self, speech: Speech) -> Words:
        await self.may_answer.wait()
        text = understood(speech)
        return Words(text, understood=bool(text))


class ToneMind:
    """Repeats what it heard last; tells a story, or uses a function, when that is asked for."""

    def __init__(self) -> None:
        self._words = "nothing"

    def answer(self, question: Question) -> Reply:
        words = self._words = question.words or _told(question) or self._words
        if words == "story":
            return Reply(STORY)
        if words == "tool" and not any(getattr(item, "output", None) for item in question.items[-2:]):
            return Reply(calls=(FunctionWish(FUNCTION, "{}"),))
        return Reply(f"Heard {words}.")


def _told(question: Question) -> str:
    """What the user said last, as a new session is told of it."""
    for item in reversed(question.items):
        if isinstance(item, Message) and item.role is Role.USER:
            return " ".join(part.text for part in item.content if isinstance(part, InputText))
    return ""


class HumVoice:
    """Hums, for as long as the text is."""

    async def synthesise(self, text: str, *, voice: str, speed: float) -> AsyncIterator[Pcm]:
        yield tone(VOICE_HZ, MS_PER_CHARACTER * len(text) / 1000 / speed, amplitude=8000)
