"""The loudspeaker's sound on the microphone's clock.

Two devices have two crystals: one asks for 10 ms a little more often than the other delivers them. Over minutes the
echo moves against the reference, and the canceller has to find it again and again. So the reference waits in a short
line from which it is read at the microphone's pace, at a rate that a slow control loop (PI) sets such that the line
neither fills nor empties. The loop sees the fill with the time since the last block added to it, which turns steps of
10 ms into a measure that is as good as the threads are punctual.
"""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, samples_of_ms, silence

_TARGET: Final = samples_of_ms(26)
"""A block to read, a block the loudspeaker may be behind by, and some lateness. Still sooner than any echo comes back:
what is handed to a device waits there longer than that."""
_HIGHEST_TARGET: Final = samples_of_ms(46)
_EXCESS: Final = samples_of_ms(40)
"""More than that above the target is no drift: the microphone stood still."""
_LONGEST: Final = samples_of_ms(100)
"""What is kept while nobody reads."""
_SMOOTHING: Final = 0.01
"""Per block: the fill is averaged over a second, so that lateness of single blocks does not count."""
_PROPORTIONAL: Final = 0.2
_INTEGRAL: Final = _PROPORTIONAL**2 / 4
"""Critically damped: half a minute to settle, too slow to be heard by the canceller."""
_LIMIT: Final = 1000e-6
_BLOCK_S: Final = BLOCK_SAMPLES / RATE_HZ
_RAMP: Final = np.arange(BLOCK_SAMPLES, dtype=np.float64)
_FADE: Final = np.linspace(0.0, 1.0, BLOCK_SAMPLES, dtype=np.float32)
_NEIGHBOURS: Final = (-1, 0, 1, 2)
_BEFORE, _BEHIND = 1, 2
"""Neighbours an interpolated sample needs."""

_Samples: TypeAlias = NDArray[np.float32]


class ReferenceLine:
    """Driven by ``push`` at the loudspeaker's pace and ``pull`` at the microphone's, on one thread."""

    def __init__(self) -> None:
        self.gaps = 0
        """Blocks the microphone had to be given silence for, because the loudspeaker was behind."""
        self._samples: _Samples = np.zeros(_TARGET + _BEFORE + _BEHIND, np.float32)
        self._at = float(_BEFORE)
        self._target = _TARGET
        self._pushed_s: float | None = None
        self._error_s = 0.0
        self._integral = 0.0
        self._pulled = False

    @property
    def drift_ppm(self) -> float:
        """How much faster the microphone's clock runs than the loudspeaker's; settles in about a minute."""
        return -self._integral * 1e6

    def push(self, block: Pcm, now_s: float) -> None:
        """One block as it is played; ``now_s`` is monotonic."""
        used = max(int(self._at) - _BEFORE, len(self._samples) - _LONGEST)
        self._samples = np.concatenate((self._samples[used:], block), dtype=np.float32)
        self._at = max(float(_BEFORE), self._at - used)
        self._pushed_s = now_s

    def pull(self, now_s: float) -> Pcm:
        """The reference for one block; ``now_s`` is when it was captured, which may be before the latest ``push``."""
        fill = self._fill(now_s)
        if not self._pulled or fill > self._target + _EXCESS:
            self._start_over(fill)
        self._control(now_s)
        step = 1.0 + _PROPORTIONAL * self._error_s + self._integral
        end = self._at + step * BLOCK_SAMPLES
        if end + _BEHIND > len(self._samples):
            self.gaps += 1
            self._target = min(self._target + BLOCK_SAMPLES, _HIGHEST_TARGET)
            return silence()
        block = self._between(step)
        self._at = end
        return block

    def _fill(self, now_s: float) -> float:
        since_s = min(now_s - self._pushed_s, 2 * _BLOCK_S) if self._pushed_s is not None else 0.0
        return len(self._samples) - _BEHIND - self._at + since_s * RATE_HZ

    def _start_over(self, fill: float) -> None:
        """Take up the reading at the target's distance; what lies before it is too old for any echo to come."""
        self._at = max(float(_BEFORE), self._at + fill - self._target)
        self._error_s = 0.0
        self._pulled = True

    def _control(self, now_s: float) -> None:
        error_s = (self._fill(now_s) - self._target) / RATE_HZ
        self._error_s += _SMOOTHING * (error_s - self._error_s)
        self._integral += _INTEGRAL * self._error_s * _BLOCK_S
        self._integral = min(max(self._integral, -_LIMIT), _LIMIT)

    def _between(self, step: float) -> Pcm:
        """Cubic interpolation (Catmull-Rom): at 4 kHz its error is 50 dB down, a straight line's 29 dB."""
        end = self._at + step * (BLOCK_SAMPLES - 1)
        first, last = int(self._at), int(end)
        if last - first == BLOCK_SAMPLES - 1:
            # As almost always: each sample lies between its neighbours nearly as the one before it did, so the whole
            # block is a filter of four taps, which fades from the first sample's to the last one's.
            samples = self._samples[first - _BEFORE : last + _BEHIND + 1]
            as_first = np.correlate(samples, _taps(self._at - first))
            sound = as_first + (np.correlate(samples, _taps(end - last)) - as_first) * _FADE
        else:
            at = self._at + step * _RAMP
            whole = at.astype(np.int64)
            taps = _taps(at - whole)
            sound = sum(tap * self._samples[whole + offset] for tap, offset in zip(taps, _NEIGHBOURS, strict=True))
        return np.minimum(np.maximum(np.rint(sound), -32768), 32767).astype(np.int16)


def _taps(part: float | NDArray[np.float64]) -> _Samples:
    """The weights of the four neighbours at ``part`` of the way from the second to the third."""
    before = ((1.0 - 0.5 * part) * part - 0.5) * part
    behind = 0.5 * (part - 1.0) * part * part
    second = (1.5 * part - 2.5) * part * part + 1.0
    return np.array((before, second, 1.0 - before - second - behind, behind), np.float32)
