"""WebRTC's audio processing, out of livekit's wheel; the only module that knows livekit.

Of the wheel only the native library is used, through the one call its own Python speaks to it by: messages in protobuf
to and fro. That Python costs 6 MB and 30 ms, and writing and reading a message for each block more than what the native
code does with it; test_apm.py compares the messages and their effect with its.

The library aborts the whole process on a frame that is not exactly 10 ms long, so a frame is a buffer of fixed size
that lives here, and blocks are copied into it. Loading it and making the first instance starts four native threads that
sleep until there is work: that is done when a conversation needs it, not before.
"""

import ctypes
import importlib.util
import sys
import weakref
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm

NEW_APM, PROCESS, PROCESS_REVERSE = 50, 51, 52
"""What the library can be asked for: fields of FfiRequest (ffi.proto of livekit's rust-sdks)."""
_NEW_HANDLE: Final = (49, 1, 1, 1)
"""Where FfiResponse has the new instance's handle: new_apm, apm, handle, id."""
_NOTHING_TO_SAY: Final = b"\x00"
"""An answer without an error: a message of no bytes."""
_NUMBER, _BYTES = 0, 2
"""Kinds of fields in protobuf's encoding; the second is for messages too, and begins with its length."""


class ApmMissing(Exception):
    """There is no build of the library for this machine, or it does not load."""


class Apm:
    """Echo canceller (AEC3), noise suppressor, gain control and high-pass filter over blocks of BLOCK_SAMPLES.

    Making one blocks for up to 0.1 s and raises ApmMissing. ``process`` and ``reference`` may be called from two
    threads, each from one. No delay hint is given: AEC3 finds the delay by itself, up to about 500 ms, and a hint that
    is too high costs it the first seconds.
    """

    def __init__(self, *, cancel_echo: bool, suppress_noise: bool, control_gain: bool) -> None:
        asked = apm_request(cancel_echo=cancel_echo, suppress_noise=suppress_noise, control_gain=control_gain)
        handle = _number_at(_Order(asked).carry_out(), *_NEW_HANDLE)
        self._drop: Final = weakref.finalize(self, _library().livekit_ffi_drop_handle, handle)
        self._near: Final = _BlockOrder(handle, PROCESS)
        self._far: Final = _BlockOrder(handle, PROCESS_REVERSE)

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
    """Something the library is asked for, in words that are written once."""

    def __init__(self, words: bytes) -> None:
        self._words: Final = (ctypes.c_ubyte * len(words)).from_buffer_copy(words)
        self._answer: Final = ctypes.POINTER(ctypes.c_ubyte)()
        self._answer_bytes: Final = ctypes.c_size_t()
        self._library: Final = _library()

    def carry_out(self) -> bytes:
        """The answer."""
        handle = self._library.livekit_ffi_request(
            self._words, len(self._words), ctypes.byref(self._answer), ctypes.byref(self._answer_bytes)
        )
        if not handle:
            raise RuntimeError("the audio processing refused what it was asked for")
        answer = ctypes.string_at(self._answer, self._answer_bytes.value)
        self._library.livekit_ffi_drop_handle(handle)
        return answer


class _BlockOrder:
    """What the library is asked for each block: always the same words about the same buffer."""

    def __init__(self, handle: int, kind: int) -> None:
        sound = bytearray(2 * BLOCK_SAMPLES)
        self.samples: Final[Pcm] = np.frombuffer(sound, np.int16)
        self._order: Final = _Order(block_request(kind, handle, self.samples.ctypes.data, len(sound)))

    def carry_out(self) -> None:
        """Process ``samples`` in place."""
        answer = self._order.carry_out()
        if not answer.endswith(_NOTHING_TO_SAY):
            raise RuntimeError(f"the audio processing failed: {answer!r}")


def apm_request(*, cancel_echo: bool, suppress_noise: bool, control_gain: bool) -> bytes:
    """Ask for an instance, with the high-pass filter."""
    return _request(NEW_APM, cancel_echo, control_gain, True, suppress_noise)


def block_request(kind: int, handle: int, address: int, size_bytes: int) -> bytes:
    """Ask to process one block of mono sound that lies at ``address``."""
    return _request(kind, handle, address, size_bytes, RATE_HZ, 1)


def _request(kind: int, *values: int) -> bytes:
    """A message of one field, which is a message of these fields from 1 on (protobuf's encoding)."""
    body = b"".join(_varint(number << 3 | _NUMBER) + _varint(value) for number, value in enumerate(values, 1))
    return _varint(kind << 3 | _BYTES) + _varint(len(body)) + body


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def _number_at(message: bytes, *path: int) -> int:
    """The number at the end of a path of fields, in a message of messages and numbers."""
    left = message
    while left:
        key, left = _read_varint(left)
        value, left = _read_varint(left)
        field, kind = key >> 3, key & 7
        if kind == _BYTES:
            inside, left = left[:value], left[value:]
            if field == path[0] and path[1:]:
                return _number_at(inside, *path[1:])
        elif path == (field,):
            return value
    raise RuntimeError(f"the audio processing answered something else: {message!r}")


def _read_varint(data: bytes) -> tuple[int, bytes]:
    """The number that the data begins with, and what follows it."""
    value = 0
    for place, byte in enumerate(data):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, data[place + 1 :]
    raise RuntimeError(f"the audio processing answered half a message: {data!r}")


@cache
def _library() -> ctypes.CDLL:
    """The native library; raises ApmMissing."""
    name = {"darwin": "liblivekit_ffi.dylib", "win32": "livekit_ffi.dll"}.get(sys.platform, "liblivekit_ffi.so")
    try:
        spec = importlib.util.find_spec("livekit.rtc")
        if spec is None or spec.origin is None:
            raise ApmMissing("livekit is not installed")
        library = ctypes.CDLL(str(Path(spec.origin).parent / "resources" / name))
    except (ImportError, OSError) as error:
        raise ApmMissing(str(error)) from error
    letters, size = ctypes.POINTER(ctypes.c_ubyte), ctypes.c_size_t
    library.livekit_ffi_request.argtypes = [letters, size, ctypes.POINTER(letters), ctypes.POINTER(size)]
    library.livekit_ffi_request.restype = ctypes.c_uint64
    library.livekit_ffi_drop_handle.argtypes = [ctypes.c_uint64]
    library.livekit_ffi_drop_handle.restype = ctypes.c_bool
    return library


def whole(block: Pcm) -> Pcm:
    """The block itself, if it is one; raises ValueError."""
    if block.shape != (BLOCK_SAMPLES,) or block.dtype != np.int16:
        raise ValueError(f"a block has {BLOCK_SAMPLES} samples of 16 bit, not {block.shape} of {block.dtype}")
    return block
