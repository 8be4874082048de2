"""Between 48 kHz, in which sound travels inside Parlance, and 24 kHz, in which it is written into events.

One symmetric half-band filter for both ways, because the ratio is exactly two: n samples give exactly n / 2 or 2 n
without anything left inside, so that what was heard can be counted to the sample. A general resampler gives what it
has at the moment.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.audio.pcm import RATE_HZ, Pcm

HALF_RATE_HZ: Final = RATE_HZ // 2

_DELAY: Final = 31
"""Of the filter, in samples of 48 kHz (0.65 ms): enough for a pass band up to 10.5 kHz, more than speech has."""
_KAISER_BETA: Final = 6.0
"""65 dB against mirror images; what is left lies under the noise of any microphone."""


def _half_band() -> NDArray[np.float32]:
    times = np.arange(-_DELAY, _DELAY + 1)
    taps = np.sinc(times / 2) * np.kaiser(len(times), _KAISER_BETA)
    return np.asarray(taps / taps.sum(), np.float32)


_TAPS: Final = _half_band()


class _Filter:
    """The half-band filter over a stream that comes in pieces."""

    def __init__(self) -> None:
        self._before = np.zeros(len(_TAPS) - 1, np.float32)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """As many samples as came."""
        stream = np.concatenate((self._before, samples))
        self._before = stream[-len(self._before) :]
        return np.convolve(stream, _TAPS, "valid")


class Halver:
    """From 48 to 24 kHz. One thread at a time."""

    def __init__(self) -> None:
        self._filter: Final = _Filter()

    def push(self, samples: Pcm) -> Pcm:
        """Half as many samples as came; their number must be even."""
        return _whole(self._filter.push(samples.astype(np.float32))[::2])


class Doubler:
    """From 24 to 48 kHz. One thread at a time."""

    def __init__(self) -> None:
        self._filter: Final = _Filter()

    def push(self, samples: Pcm) -> Pcm:
        """Twice as many samples as came."""
        spread = np.zeros(2 * len(samples), np.float32)
        spread[::2] = samples
        return _whole(2 * self._filter.push(spread))


def _whole(samples: NDArray[np.float32]) -> Pcm:
    """Overshoot of a loud sound is clipped, not wrapped."""
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
