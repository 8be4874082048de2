"""WebRTC's audio processing, out of livekit's wheel; the only module that knows livekit.

The library aborts the whole process on a frame that is not exactly 10 ms long, so a frame is a buffer of fixed size
that lives here, and blocks are copied into it. Importing it and making the first instance takes a fifth of a second
and starts four native threads that sleep until there is work: that is done when a conversation needs it, not before.
"""

import ctypes
from typing import TYPE_CHECKING, Final

import numpy as np

from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm

if TYPE_CHECKING:
    from livekit import rtc


_NOTHING_TO_SAY: Final = b"\x00"
"""An answer without an error: a message of no bytes."""


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
        self._near: Final = _Order(self._native, "apm_process_stream")
        self._far: Final = _Order(self._native, "apm_process_reverse_stream")

    def process(self, block: Pcm) -> Pcm:
        """One captured block, cleaned, as a new array."""
        self._near.samples[:] = whole(block)
        self._near.carry_out()
        return self._near.samples.copy()

    def reference(self, block: Pcm) -> None:
        """One block as it is played. Every block, silence included: gaps in the reference cost 25 dB."""
        self._far.samples[:] = whole(block)
        self._far.carry_out()


class _Order:
    """What the library is told about each block: always the same words about the same buffer, so written once.

    WORKAROUND livekit 1.2: its AudioProcessingModule writes and reads a protobuf message for each block, which costs
    more than what the native code does with it. Until it offers a call without; test_apm.py compares both.
    """

    def __init__(self, native: "rtc.AudioProcessingModule", kind: str) -> None:
        from livekit.rtc._ffi_client import FfiClient
        from livekit.rtc._proto.ffi_pb2 import FfiRequest

        sound = bytearray(2 * BLOCK_SAMPLES)
        self.samples: Final[Pcm] = np.frombuffer(sound, np.int16)
        request = FfiRequest()
        words = getattr(request, kind)
        words.apm_handle = native._ffi_handle.handle
        words.data_ptr = self.samples.ctypes.data
        words.size = len(sound)
        words.sample_rate, words.num_channels = RATE_HZ, 1
        written = request.SerializeToString()
        self._request: Final = (ctypes.c_ubyte * len(written)).from_buffer_copy(written)
        self._answer: Final = ctypes.POINTER(ctypes.c_ubyte)()
        self._answer_bytes: Final = ctypes.c_size_t()
        self._library: Final = FfiClient.instance._ffi_lib

    def carry_out(self) -> None:
        """Process ``samples`` in place."""
        handle = self._library.livekit_ffi_request(
            self._request, len(self._request), ctypes.byref(self._answer), ctypes.byref(self._answer_bytes)
        )
        if not handle:
            raise RuntimeError("the audio processing refused a block")
        words = ctypes.string_at(self._answer, self._answer_bytes.value)
        self._library.livekit_ffi_drop_handle(handle)
        if not words.endswith(_NOTHING_TO_SAY):
            raise RuntimeError(f"the audio processing failed: {words!r}")


def whole(block: Pcm) -> Pcm:
    """The block itself, if it is one; raises ValueError."""
    if block.shape != (BLOCK_SAMPLES,) or block.dtype != np.int16:
        raise ValueError(f"a block has {BLOCK_SAMPLES} samples of 16 bit, not {block.shape} of {block.dtype}")
    return block
