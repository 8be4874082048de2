"""How loud a sound is, for meters."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.audio.pcm import RATE_HZ, Pcm

SILENCE_DBFS: Final = -100.0
"""What stands for no sound at all; nothing is ever below it."""

FALL_DB_PER_S: Final = 20.0
PEAK_HOLD_S: Final = 1.5

CLIPPED_SAMPLES: Final = 4
"""So many at full scale in one block are a peak that was cut off; one or two are a click, or chance."""
_RAIL: Final = np.uint16(32440)
"""0.99 of full scale."""
_FAINTEST_CLIPPED_DBFS: Final = -22.0
"""A block of silence but for CLIPPED_SAMPLES of them has -21 dBFS."""
_RAIL_WIDTH: Final = np.uint16(65536 - 2 * 32440)
"""Read as unsigned numbers, the loudest samples of both signs lie next to one another."""

_FULL_SCALE_SQUARED: Final = 32768.0**2


@dataclass(frozen=True, slots=True)
class Level:
    """One reading, in dBFS (RMS; a full-scale square wave is 0, a full-scale sine -3)."""

    rms_dbfs: float
    """Of the latest block alone."""
    bar_dbfs: float
    """The same with a meter's inertia: rises at once, falls FALL_DB_PER_S."""
    peak_dbfs: float
    """The highest of the last PEAK_HOLD_S, then falling like the bar."""


SILENT: Final = Level(SILENCE_DBFS, SILENCE_DBFS, SILENCE_DBFS)


class LevelMeter:
    """Fed by the thread that has the sound, read by any other at any time.

    Needs no lock: a reading is one immutable object, put in place by one assignment. Time is counted in samples fed,
    so no clock is needed, and a stream that stops leaves its last reading until ``reset``.
    """

    def __init__(self) -> None:
        self._level = SILENT
        self._held_s = 0.0

    def feed(self, pcm: Pcm) -> float:
        """Take in the next samples (any number but none); their own level, in dBFS. Sound thread."""
        before = self._level
        seconds = len(pcm) / RATE_HZ
        fall_db = FALL_DB_PER_S * seconds
        rms = level_dbfs(pcm)
        self._held_s += seconds
        peak = before.peak_dbfs if self._held_s <= PEAK_HOLD_S else before.peak_dbfs - fall_db
        if rms >= peak:
            peak, self._held_s = rms, 0.0
        self._level = Level(rms, max(rms, before.bar_dbfs - fall_db), peak)
        return rms

    def read(self) -> Level:
        """The reading after the latest block. From any thread."""
        return self._level

    def reset(self) -> None:
        """Back to silence, when the stream has ended. Not while another thread feeds."""
        self._level = SILENT
        self._held_s = 0.0


def level_dbfs(pcm: Pcm) -> float:
    """RMS of the samples in dBFS, at least SILENCE_DBFS."""
    # As float32 the processor multiplies and adds at once; its rounding is far below a hundredth of a dB.
    samples = pcm.astype(np.float32)
    energy = float(samples @ samples)
    if energy == 0.0:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 10.0 * math.log10(energy / len(pcm) / _FULL_SCALE_SQUARED))


def is_clipped(block: Pcm, block_dbfs: float) -> bool:
    """Whether peaks of this block are cut off: told from the samples at full scale, for loud is not overdriven.

    ``block_dbfs`` is its level, which spares most blocks the look.
    """
    if block_dbfs < _FAINTEST_CLIPPED_DBFS:
        return False
    at_the_rails = (block.view(np.uint16) - _RAIL) <= _RAIL_WIDTH
    return int(np.count_nonzero(at_the_rails)) >= CLIPPED_SAMPLES
