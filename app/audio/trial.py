"""Sounds to try devices with, and what the levels at a microphone say about the way between the two.

The echo of a chosen pair is measured with ``babble``: noise with the spectrum and the rhythm of speech, so that the
canceller has to do what it does in a conversation. Three seconds it may learn, four it is judged.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.audio.echo_finding import Advice, EchoFinding
from app.audio.level import level_dbfs
from app.audio.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, Pcm, samples_of_ms
from app.audio.uplink import Processor

_LEAD_MS: Final = 1000
"""Silence before the babble, in which the room's own noise is heard."""
_LEARNING_MS: Final = 3000
_JUDGED_MS: Final = 4000
_DYING_AWAY_MS: Final = 600
_LEVEL_DBFS: Final = -23.0
"""Of the babble while it sounds; about what assistants speak at."""
_CLEAR_DB: Final = 6.0
"""What is less above the noise is lost in it."""
_FAINT_DBFS: Final = -50.0
"""Fainter than that no voice detector takes an echo for a person."""
_ENOUGH_DB: Final = 20.0
"""With less of the echo removed the canceller itself goes half-duplex (app.audio.ducking)."""

_LONGEST_BLOCKS: Final = 60
_PAUSE_DBFS: Final = -70.0
_ALIKE: Final = 0.5
"""Over eight seconds two rhythms that have nothing to do with one another reach 0.3."""

_Values: TypeAlias = NDArray[np.float64]


def chime() -> Pcm:
    """Two friendly notes, 1.2 s."""
    return np.concatenate((_note(523.25, 400), _note(783.99, 800)))


def babble() -> Pcm:
    """What the echo is measured with: silence, then 7 s like speech without words, then a moment to die away."""
    chance = np.random.default_rng(1876)
    length = samples_of_ms(_LEARNING_MS + _JUDGED_MS)
    spectrum = np.fft.rfft(chance.standard_normal(length))
    frequency_hz = np.fft.rfftfreq(length, 1 / RATE_HZ) + 1.0
    # As speech: little below 120 Hz, falling 6 dB per octave from 500 Hz on, little above 6 kHz.
    gain = 1 / np.sqrt(
        (1 + (120 / frequency_hz) ** 4) * (1 + (frequency_hz / 500) ** 2) * (1 + (frequency_hz / 6e3) ** 4)
    )
    sound = np.fft.irfft(spectrum * gain, length) * _syllables(chance, length)
    loud = np.abs(sound) > 1e-6
    sound *= 10 ** (_LEVEL_DBFS / 20) / np.sqrt(np.square(sound[loud]).mean())
    lead, end = np.zeros(samples_of_ms(_LEAD_MS)), np.zeros(samples_of_ms(_DYING_AWAY_MS))
    return _pcm(np.concatenate((lead, sound, end)))


class Witness:
    """A Processor that hands all to another and, while it is told to, writes the levels down. Sound thread.

    It never turns the loudspeaker down: that would measure the ducking.
    """

    def __init__(self, inner: Processor) -> None:
        self._inner: Final = inner
        self._blocks: list[tuple[float, float]] | None = None

    def begin(self) -> None:
        """Write down from here on. From any thread."""
        self._blocks = []

    def end(self) -> list[tuple[float, float]]:
        """Levels in dBFS of each block captured since: as it came, and after processing. From any thread."""
        blocks, self._blocks = self._blocks or [], None
        return blocks

    def process(self, block: Pcm, age_ms: float = 0.0) -> Pcm:
        """One captured block."""
        processed = self._inner.process(block, age_ms)
        if self._blocks is not None:
            self._blocks.append((level_dbfs(block), level_dbfs(processed)))
        return processed

    def soften(self, block: Pcm) -> None:
        """Never."""

    def reference(self, block: Pcm) -> None:
        """One block as it is played."""
        self._inner.reference(block)


def judge(blocks: Sequence[tuple[float, float]]) -> EchoFinding:
    """What the levels say that were written down while ``babble`` was played from the first block on."""
    captured, cleaned = (np.array(levels) for levels in zip(*blocks, strict=True)) if blocks else (np.zeros(0),) * 2
    noise_dbfs = float(np.median(captured[10 : _LEAD_MS // BLOCK_MS])) if len(captured) > 10 else -100.0
    judged = slice((_LEAD_MS + _LEARNING_MS) // BLOCK_MS, (_LEAD_MS + _LEARNING_MS + _JUDGED_MS) // BLOCK_MS)
    heard, left = _power(captured[judged]), _power(cleaned[judged])
    echo_dbfs = _dbfs(heard - 10 ** (noise_dbfs / 10))
    removed_db = max(0.0, _dbfs(heard) - _dbfs(left))
    delay_ms = _delay_ms(captured, noise_dbfs)
    finding = (round(echo_dbfs, 1), round(noise_dbfs, 1), round(removed_db, 1), delay_ms)
    if _dbfs(heard) < noise_dbfs + _CLEAR_DB and (delay_ms is None or echo_dbfs < _FAINT_DBFS):
        return EchoFinding(Advice.HEADSET, *finding)
    if delay_ms is None:
        return EchoFinding(Advice.UNSURE, *finding)
    is_gone = removed_db >= _ENOUGH_DB or _dbfs(left) < max(noise_dbfs, _FAINT_DBFS)
    return EchoFinding(Advice.LOUDSPEAKER if is_gone else Advice.HALF_DUPLEX, *finding)


def _delay_ms(captured_dbfs: _Values, noise_dbfs: float) -> float | None:
    """How much later what was captured goes up and down as the babble did; None if it does not at all."""
    played = babble().reshape(-1, BLOCK_SAMPLES)
    said = np.maximum([level_dbfs(block) for block in played], _PAUSE_DBFS)[:-_LONGEST_BLOCKS]
    if len(captured_dbfs) < len(said) + _LONGEST_BLOCKS:
        return None
    heard = np.maximum(captured_dbfs, max(noise_dbfs, _PAUSE_DBFS))
    alike = [_likeness(said, heard[later : later + len(said)]) for later in range(_LONGEST_BLOCKS)]
    best = int(np.argmax(alike))
    return float(best * BLOCK_MS) if alike[best] > _ALIKE else None


def _likeness(one: _Values, other: _Values) -> float:
    """Correlation, -1 to 1."""
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other / np.sqrt((one @ one) * (other @ other) + 1e-9))


def _syllables(chance: "np.random.Generator", length: int) -> _Values:
    envelope = np.zeros(length)
    at = 0
    while at < length:
        size = samples_of_ms(chance.uniform(90, 220))
        swell = np.sin(np.linspace(0, np.pi, size)) ** 0.7 * chance.uniform(0.4, 1.0)
        part = envelope[at : at + size]
        part[:] = swell[: len(part)]
        pause_ms = 300 if chance.random() < 0.15 else chance.uniform(10, 60)
        at += size + samples_of_ms(pause_ms)
    return envelope


def _note(frequency_hz: float, duration_ms: float) -> Pcm:
    at_s = np.arange(samples_of_ms(duration_ms)) / RATE_HZ
    swell = np.minimum(at_s / 0.01, 1.0) * np.exp(-at_s * 4) * np.minimum((at_s[-1] - at_s) / 0.02, 1.0)
    return _pcm(
        0.35 * swell * (np.sin(2 * np.pi * frequency_hz * at_s) + 0.3 * np.sin(4 * np.pi * frequency_hz * at_s))
    )


def _pcm(sound: _Values) -> Pcm:
    whole = np.zeros(-(-len(sound) // BLOCK_SAMPLES) * BLOCK_SAMPLES, np.int16)
    whole[: len(sound)] = np.clip(np.rint(sound * 32768), -32768, 32767)
    return whole


def _power(levels_dbfs: _Values) -> float:
    return float(np.mean(10 ** (levels_dbfs / 10))) if len(levels_dbfs) else 0.0


def _dbfs(power: float) -> float:
    return max(-100.0, float(10 * np.log10(max(power, 1e-10))))
