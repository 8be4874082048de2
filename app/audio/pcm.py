"""The one form in which sound travels inside Parlance: 48 kHz, mono, signed 16 bit, in blocks of 10 ms."""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

RATE_HZ: Final = 48_000
"""Opus' clock on WebRTC (RFC 7587 section 4.1), so nothing between device and wire needs resampling."""

BLOCK_SAMPLES: Final = 480
"""10 ms: what devices are opened with and what the echo canceller wants exactly."""

BLOCK_MS: Final = 10

Pcm: TypeAlias = NDArray[np.int16]
"""Samples of shape (n,), dtype int16, at RATE_HZ."""


def silence(samples: int = BLOCK_SAMPLES) -> Pcm:
    """A new array of zeros."""
    return np.zeros(samples, np.int16)


def samples_of_ms(duration_ms: float) -> int:
    """How many samples last ``duration_ms``, rounded to the nearest."""
    return round(duration_ms * RATE_HZ / 1000)


def ms_of_samples(samples: int) -> float:
    """How long ``samples`` samples last, in milliseconds."""
    return samples * 1000 / RATE_HZ
