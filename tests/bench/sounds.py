"""What is said in the bench: clicks whose moment can be found again, and a voice."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from app.audio.opus import OpusEncoder
from app.audio.pcm import RATE_HZ, Pcm, samples_of_ms
from tests.support.voices import speech

CLICK_EVERY: Final = samples_of_ms(497)
"""No multiple of a packet, so that clicks fall everywhere in it."""
FIRST_CLICK: Final = samples_of_ms(250)
_CLICK_SAMPLES: Final = samples_of_ms(5)
_LOUD: Final = 3000
_QUIET_SAMPLES: Final = samples_of_ms(100)


def clicks(seconds: float) -> Pcm:
    """Silence with bursts of 5 ms."""
    sound = np.zeros(round(seconds * RATE_HZ), np.int16)
    burst = (20_000 * np.sin(2 * np.pi * 2000 * np.arange(_CLICK_SAMPLES) / RATE_HZ)).astype(np.int16)
    for start in range(FIRST_CLICK, len(sound) - _CLICK_SAMPLES, CLICK_EVERY):
        sound[start : start + _CLICK_SAMPLES] = burst
    return sound


def sound_of(kind: str, seconds: float) -> Pcm:
    """``clicks``, ``voice`` or ``silence``."""
    match kind:
        case "clicks":
            return clicks(seconds)
        case "voice":
            return np.resize(speech(), round(seconds * RATE_HZ))
        case _:
            return np.zeros(round(seconds * RATE_HZ), np.int16)


def packets(sound: Pcm, packet_ms: int) -> list[bytes]:
    """The sound as Opus with in-band FEC, 32 kbit/s, mono."""
    encoder = OpusEncoder(packet_ms=packet_ms, bitrate_bps=32_000, complexity=5)
    size = samples_of_ms(packet_ms)
    payloads = [encoder.encode(sound[at : at + size]) for at in range(0, len(sound) - size + 1, size)]
    encoder.close()
    return payloads


@dataclass(slots=True)
class Onsets:
    """Finds the beginnings of clicks in a stream of blocks."""

    at_s: list[float] = field(default_factory=list)
    _quiet: int = _QUIET_SAMPLES

    def feed(self, block: Pcm, begins_s: float) -> None:
        """A block whose first sample has this moment."""
        loud = np.flatnonzero(np.abs(block.astype(np.int32)) > _LOUD)
        if not len(loud):
            self._quiet += len(block)
            return
        if self._quiet + int(loud[0]) >= _QUIET_SAMPLES:
            self.at_s.append(begins_s + int(loud[0]) / RATE_HZ)
        self._quiet = len(block) - 1 - int(loud[-1])
