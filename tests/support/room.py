"""A simulated room: a loudspeaker, a microphone, the echo between them and two clocks. Seeded, no real time."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.audio.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, Pcm, samples_of_ms
from tests.support.speech import read_wav, say

Signal: TypeAlias = NDArray[np.float64]
"""Full scale is 1."""

VOICE_RMS: Final = 0.05
"""How loud the near voice is at the microphone while it speaks: -26 dBFS."""

ASSISTANT: Final = (
    "Tomorrow it will be dry and mostly cloudy, with some sunshine late in the afternoon.",
    "There are two trains before noon, and the later one is usually less crowded.",
    "Bread needs little more than flour, water, salt and a great deal of patience.",
    "The lighthouse was built in eighteen ninety three and is still in use today.",
    "I put milk, coffee and a bag of apples on your list, as you asked me to.",
    "Whales sleep with one half of the brain at a time, so that they keep breathing.",
    "Your parcel left the depot this morning and should arrive before six o'clock.",
    "A violin has four strings, and its bow is made of wood and horse hair.",
)
PERSON: Final = (
    "Hold on, that was not my question, I meant the day after tomorrow.",
    "Could you say that again, please, and a little slower this time?",
    "Stop, thank you, that is enough, what else is there on my calendar?",
    "Actually, let us talk about something else, how far away is the moon?",
)
_SINC_HALF: Final = 16


@dataclass(frozen=True, slots=True)
class Acoustics:
    """What lies between loudspeaker and microphone."""

    echo_to_voice_db: float = 0.0
    """How loud the echo of speech is at the microphone, against VOICE_RMS."""
    bulk_ms: float = 60.0
    """From a block's being handed to the device to its first sound in a captured block: buffers, converters, air."""
    rt60_s: float = 0.2
    noise_to_echo_db: float = -30.0
    overdrive: float = 1.5
    """How far the loudspeaker bends loud sound (tanh); 0 is linear."""
    drift_ppm: float = 0.0
    """How much faster the microphone's clock runs than the loudspeaker's."""
    seed: int = 1


class Room:
    """Driven block by block: ``play`` on the loudspeaker's clock, ``hear`` on the microphone's."""

    def __init__(self, acoustics: Acoustics) -> None:
        self._acoustics = acoustics
        self._chance = np.random.default_rng(acoustics.seed)
        path = _path(acoustics)
        size = 1 << (BLOCK_SAMPLES + len(path)).bit_length()
        self._size = size
        self._path = np.fft.rfft(path, size)
        self._echo: Signal = np.zeros(30 * RATE_HZ)
        """Around the loudspeaker's clock; what was heard is wiped when it is used again."""
        self._played = 0
        self._heard = 0
        self.mic_step_s: Final = BLOCK_MS / 1000 / (1 + acoustics.drift_ppm * 1e-6)

    def play(self, block: Pcm) -> None:
        """The loudspeaker's next 10 ms."""
        bend = self._acoustics.overdrive
        sound = block / 32768
        if bend:
            sound = np.tanh(bend * sound) / bend
        echo = np.fft.irfft(np.fft.rfft(sound, self._size) * self._path, self._size)
        start = self._played + samples_of_ms(self._acoustics.bulk_ms)
        self._echo[np.arange(start, start + self._size) % len(self._echo)] += echo
        self._played += BLOCK_SAMPLES
        old = np.arange(self._played, self._played + BLOCK_SAMPLES) - RATE_HZ * 5
        self._echo[old % len(self._echo)] = 0.0

    def hear(self, near: Signal) -> tuple[Pcm, Signal]:
        """The microphone's next 10 ms while a person speaks ``near``: what is captured, and the echo in it."""
        at = (self._heard + np.arange(BLOCK_SAMPLES)) / (1 + self._acoustics.drift_ppm * 1e-6)
        self._heard += BLOCK_SAMPLES
        echo = self._echo_at(at)
        level = VOICE_RMS * 10 ** ((self._acoustics.echo_to_voice_db + self._acoustics.noise_to_echo_db) / 20)
        return pcm(near + echo + level * self._chance.standard_normal(BLOCK_SAMPLES)), echo

    def _echo_at(self, at: Signal) -> Signal:
        whole = np.floor(at).astype(np.int64)
        if not self._acoustics.drift_ppm:
            return self._echo[whole % len(self._echo)]
        offset = np.arange(-_SINC_HALF + 1, _SINC_HALF + 1)
        distance = (at - whole)[:, np.newaxis] - offset
        window = 0.5 + 0.5 * np.cos(np.pi * np.clip(distance / _SINC_HALF, -1, 1))
        taps = self._echo[(whole[:, np.newaxis] + offset) % len(self._echo)]
        return np.asarray((taps * np.sinc(distance) * window).sum(axis=1))


@cache
def _path(acoustics: Acoustics) -> Signal:
    """Direct sound and a decaying tail through a small loudspeaker; speech comes back as loud as asked."""
    chance = np.random.default_rng(acoustics.seed + 1000)
    length = int(acoustics.rt60_s * 1.1 * RATE_HZ)
    tail = chance.standard_normal(length) * 10 ** (-3 * np.arange(length) / RATE_HZ / acoustics.rt60_s)
    tail[: samples_of_ms(2)] = 0.0
    tail /= np.sqrt(np.square(tail).sum())
    tail[0] = 1.26  # the direct sound, 2 dB above the rest of the room together
    raw = _small_loudspeaker(np.concatenate((tail, np.zeros(samples_of_ms(50)))))
    sample = spoken(ASSISTANT, 8.0)
    size = 1 << (len(sample) + len(raw)).bit_length()
    heard = np.fft.irfft(np.fft.rfft(sample, size) * np.fft.rfft(raw, size), size)
    wanted = VOICE_RMS * 10 ** (acoustics.echo_to_voice_db / 20)
    return raw * wanted / _active_rms(heard)


def _small_loudspeaker(sound: Signal) -> Signal:
    """Nothing below 150 Hz, nothing above 7 kHz, gentle slopes; causal through minimum phase."""
    size = 1 << (2 * len(sound)).bit_length()
    frequency = np.fft.rfftfreq(size, 1 / RATE_HZ) + 1e-3
    gain = 1 / np.sqrt((1 + (150 / frequency) ** 4) * (1 + (frequency / 7000) ** 4))
    mirrored = np.concatenate((gain, gain[-2:0:-1]))
    cepstrum = np.fft.ifft(np.log(np.maximum(mirrored, 1e-6))).real
    cepstrum[1 : size // 2] *= 2
    cepstrum[size // 2 + 1 :] = 0
    response = np.fft.ifft(np.exp(np.fft.fft(cepstrum))).real
    return np.asarray(np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response), size)[: len(sound)])


@cache
def _sentence(text: str, voice: str) -> Signal:
    with tempfile.TemporaryDirectory() as folder:
        samples = read_wav(say(text, Path(folder) / "said.wav", voice)) / 32768
    return np.asarray(samples * VOICE_RMS / _active_rms(samples))


def spoken(sentences: Sequence[str], seconds: float, *, pause_s: float = 0.35, voice: str = "en-us") -> Signal:
    """Sentence after sentence, over again until the time is full, at VOICE_RMS while speaking."""
    parts: list[Signal] = []
    length = 0
    while length < seconds * RATE_HZ:
        part = np.concatenate(
            (_sentence(sentences[len(parts) % len(sentences)], voice), np.zeros(int(pause_s * RATE_HZ)))
        )
        parts.append(part)
        length += len(part)
    return np.concatenate(parts)[: int(seconds * RATE_HZ)]


def quiet(seconds: float) -> Signal:
    """Nobody speaks."""
    return np.zeros(int(seconds * RATE_HZ))


def pcm(sound: Signal) -> Pcm:
    """As 16 bit samples, clipped."""
    return np.clip(np.round(sound * 32768), -32768, 32767).astype(np.int16)


def _active_rms(sound: Signal) -> float:
    blocks = np.square(sound[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES]).reshape(-1, BLOCK_SAMPLES).mean(axis=1)
    loud = blocks[blocks > np.percentile(blocks, 99) * 10**-3.5]
    return float(np.sqrt(loud.mean()))
