"""From one rate to another in small blocks.

libswresample through PyAV adds 0.4 to 1 ms and keeps its noise near -90 dB. Fixed ratio: it does not follow two clocks
that drift apart.
"""

from fractions import Fraction
from typing import Final

import numpy as np

from app.audio.pcm import Pcm


class BlockResampler:
    """Mono 16 bit in blocks of any length in, blocks of exactly ``block_samples`` out. One thread at a time."""

    def __init__(self, from_hz: int, to_hz: int, block_samples: int) -> None:
        import av  # not above: 15 MB that most machines do without

        self._from_hz: Final = from_hz
        self._consumed_samples = 0
        self._new_frame: Final = av.AudioFrame.from_ndarray
        self._resampler: Final = av.AudioResampler(format="s16", layout="mono", rate=to_hz, frame_size=block_samples)

    def push(self, samples: Pcm) -> list[Pcm]:
        """The blocks that have become whole: often one, sometimes none or more."""
        frame = self._new_frame(np.ascontiguousarray(samples).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self._from_hz
        frame.time_base = Fraction(1, self._from_hz)
        frame.pts = self._consumed_samples
        self._consumed_samples += len(samples)
        return [out.to_ndarray()[0] for out in self._resampler.resample(frame)]


def mono(interleaved: Pcm, channels: int) -> Pcm:
    """The mean of all channels of interleaved samples, as a new array; the argument itself if there is but one."""
    if channels == 1:
        return interleaved
    mixed: Pcm = interleaved.reshape(-1, channels).mean(axis=1).astype(np.int16)
    return mixed
