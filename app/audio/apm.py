"""WebRTC's audio processing, out of livekit's wheel; the only module that knows livekit.

The library aborts the whole process on a frame that is not exactly 10 ms long, so a frame is a buffer of fixed size
that lives here, and blocks are copied into it. Importing it and making the first instance takes a fifth of a second
and starts four native threads that sleep until there is work: that is done when a conversation needs it, not before.
"""

from typing import Final

import numpy as np

from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm


class ApmMissing(Exception):
    """There is no build of the library for this machine, or it does not load."""


class Apm:
    """Echo canceller (AEC3), noise suppressor, gain control and high-pass filter over blocks of BLOCK_SAMPLES.

    Making one blocks for up to 0.2 s and raises ApmMissing. ``process`` and ``reference`` may be called from two
    threads, each from one. No delay hint is given: AEC3 finds the delay by itself, up to about 500 ms, and a hint that
    is too high costs it the first seconds.
    """

    def __init__(self, *, cancel_echo: bool, suppress_noise: bool, control_gain: bool) -> None:
        try:
            # Here and not above: the window must not wait for it.
            from livekit import rtc

            self._native: Final = rtc.AudioProcessingModule(
                echo_cancellation=cancel_echo,
                noise_suppression=suppress_noise,
                high_pass_filter=True,
                auto_gain_control=control_gain,
            )
        except (ImportError, OSError) as error:
            raise ApmMissing(str(error)) from error
        self._near: Final = rtc.AudioFrame(bytearray(2 * BLOCK_SAMPLES), RATE_HZ, 1, BLOCK_SAMPLES)
        self._far: Final = rtc.AudioFrame(bytearray(2 * BLOCK_SAMPLES), RATE_HZ, 1, BLOCK_SAMPLES)
        self._near_samples: Final[Pcm] = np.frombuffer(self._near.data, np.int16)
        self._far_samples: Final[Pcm] = np.frombuffer(self._far.data, np.int16)

    def process(self, block: Pcm) -> Pcm:
        """One captured block, cleaned, as a new array."""
        self._near_samples[:] = whole(block)
        self._native.process_stream(self._near)
        return self._near_samples.copy()

    def reference(self, block: Pcm) -> None:
        """One block as it is played. Every block, silence included: gaps in the reference cost 25 dB."""
        self._far_samples[:] = whole(block)
        self._native.process_reverse_stream(self._far)


def whole(block: Pcm) -> Pcm:
    """The block itself, if it is one; raises ValueError."""
    if block.shape != (BLOCK_SAMPLES,) or block.dtype != np.int16:
        raise ValueError(f"a block has {BLOCK_SAMPLES} samples of 16 bit, not {block.shape} of {block.dtype}")
    return block
