"""Opus through libopus itself: PyAV's codec wrapper can neither conceal a lost packet nor read its in-band copy (FEC).

PyAV's wheels carry libopus as a loadable library of its own; where they do not, the system's is taken. ctypes lets go
of the interpreter lock during each call, so coding does not stall other threads. RFC 6716 is Opus, RFC 7587 its RTP
payload. Packet lengths are counted in samples of the 48 kHz clock.
"""

import ctypes
import ctypes.util
import importlib.util
import weakref
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from app.audio.pcm import RATE_HZ, Pcm, samples_of_ms

FRAME_STEP: Final = RATE_HZ // 400
"""2.5 ms: every length libopus takes is a multiple of it."""

MAX_PACKET_SAMPLES: Final = 5760
"""120 ms: the longest packet there can be (RFC 6716 section 3.2.5)."""

_MAX_PAYLOAD_BYTES: Final = 1275
_APPLICATION_VOIP: Final = 2048
_SET_BITRATE: Final = 4002
_SET_COMPLEXITY: Final = 4010
_SET_INBAND_FEC: Final = 4012
_SET_EXPECTED_LOSS_PERCENT: Final = 4014
_RESET_STATE: Final = 4028


class OpusMissing(Exception):
    """No libopus on this machine: neither PyAV's wheel nor the system has one. Without it there is no sound at all."""


class OpusFailed(Exception):
    """libopus refused to make or set up a codec; the text is its own reason."""


class OpusEncoder:
    """Voice to packets: mono, variable bit rate, in-band FEC. One thread at a time.

    Complexity and bit rate were measured together: at 1 a packet takes 51 µs, at 5 it takes 140 µs, and with 40 kbit/s
    instead of 32 the spectrum comes back as well (2.2 and 1.9 dB off, mean of 40 mel bands). With fewer bits libopus
    would leave out what lies above 8 kHz at complexity 1.
    """

    def __init__(
        self,
        *,
        packet_ms: int = 20,
        bitrate_bps: int = 40_000,
        complexity: int = 1,
        fec: bool = True,
        expected_loss_percent: int = 10,
    ) -> None:
        self.packet_samples: Final = samples_of_ms(packet_ms)
        library = _library()
        error = ctypes.c_int()
        self._handle = library.opus_encoder_create(RATE_HZ, 1, _APPLICATION_VOIP, ctypes.byref(error))
        _demand(error.value)
        self._free = weakref.finalize(self, library.opus_encoder_destroy, self._handle)
        self._encode = library.opus_encode
        self._samples: Final = np.zeros(self.packet_samples, np.int16)
        self._samples_at: Final = self._samples.ctypes.data
        self._payload = ctypes.create_string_buffer(_MAX_PAYLOAD_BYTES)
        settings = (
            (_SET_BITRATE, bitrate_bps),
            (_SET_COMPLEXITY, complexity),
            # libopus spends bits on copies only as far as it expects loss, so the two belong together.
            (_SET_INBAND_FEC, int(fec)),
            (_SET_EXPECTED_LOSS_PERCENT, expected_loss_percent),
        )
        for request, value in settings:
            _demand(library.opus_encoder_ctl(self._handle, request, ctypes.c_int32(value)))

    def encode(self, pcm: Pcm) -> bytes:
        """The payload of one packet; ``pcm`` is exactly ``packet_samples`` long."""
        if len(pcm) != self.packet_samples:
            raise ValueError(f"{len(pcm)} samples given to an encoder of {self.packet_samples}")
        self._samples[:] = pcm
        size = self._encode(self._handle, self._samples_at, len(pcm), self._payload, _MAX_PAYLOAD_BYTES)
        _demand(size)
        return ctypes.string_at(self._payload, size)

    def close(self) -> None:
        """Free the codec; it must not be used afterwards. Safe to call twice."""
        self._free()


class OpusDecoder:
    """Packets to samples, and samples for packets that never came. One thread at a time.

    libopus mixes stereo down by itself when the decoder has one channel. Nothing that arrived from the network can
    raise: what does not decode is concealed.
    """

    def __init__(self, channels: int = 1) -> None:
        if channels != 1:
            raise ValueError("sound is mono inside Parlance")
        library = _library()
        error = ctypes.c_int()
        self._handle = library.opus_decoder_create(RATE_HZ, channels, ctypes.byref(error))
        _demand(error.value)
        self._free = weakref.finalize(self, library.opus_decoder_destroy, self._handle)
        self._decode = library.opus_decode
        self._nb_samples = library.opus_packet_get_nb_samples
        self._has_lbrr = getattr(library, "opus_packet_has_lbrr", None)  # since libopus 1.5
        self._samples: Final = np.empty(MAX_PACKET_SAMPLES, np.int16)
        self._samples_at: Final = self._samples.ctypes.data
        self._usual_samples = samples_of_ms(20)

    def decode(self, payload: bytes) -> Pcm:
        """The sound of one packet; concealment of the usual length if it cannot be decoded."""
        samples = self.packet_samples(payload)
        if not samples:
            return self.conceal(self._usual_samples)
        self._usual_samples = samples
        return self._run(payload, samples, fec=False)

    def conceal(self, samples: int) -> Pcm:
        """Sound that continues what was decoded before; libopus fades it out by itself when it gets long."""
        parts: list[Pcm] = []
        while samples > 0:
            wanted = min(_whole_steps(samples), MAX_PACKET_SAMPLES)
            parts.append(self._run(None, wanted, fec=False)[:samples])
            samples -= wanted
        return np.concatenate(parts) if parts else np.empty(0, np.int16)

    def recover(self, next_payload: bytes, samples: int) -> Pcm:
        """The ``samples`` just before ``next_payload``, from the copy it carries, so far as that reaches back.

        libopus conceals what the copy does not cover, and everything if there is none.
        """
        wanted = min(_whole_steps(samples), MAX_PACKET_SAMPLES)
        if not self.packet_samples(next_payload):
            return self.conceal(samples)
        return self._run(next_payload, wanted, fec=True)[:samples]

    def packet_samples(self, payload: bytes) -> int:
        """How long the payload's sound lasts; 0 if it is not Opus."""
        samples = int(self._nb_samples(payload, len(payload), RATE_HZ))
        return samples if 0 < samples <= MAX_PACKET_SAMPLES else 0

    def carries_copy(self, payload: bytes) -> bool:
        """Whether the payload holds a copy (LBRR) of the packet before it. Taken as no by a libopus before 1.5."""
        return self._has_lbrr is not None and bool(payload) and self._has_lbrr(payload, len(payload)) == 1

    def reset(self) -> None:
        """Forget what was decoded before: what comes next has nothing to do with it."""
        _library().opus_decoder_ctl(self._handle, _RESET_STATE)

    def close(self) -> None:
        """Free the codec; it must not be used afterwards. Safe to call twice."""
        self._free()

    def _run(self, payload: bytes | None, samples: int, *, fec: bool) -> Pcm:
        target = self._samples_at
        size = len(payload) if payload is not None else 0
        made = self._decode(self._handle, payload, size, target, samples, int(fec))
        if made < 0:
            made = self._decode(self._handle, None, 0, target, samples, 0)
        if made < 0:
            return np.zeros(samples, np.int16)
        return self._samples[:made].copy()


def _whole_steps(samples: int) -> int:
    return -(-samples // FRAME_STEP) * FRAME_STEP


@cache
def _library() -> ctypes.CDLL:
    for place in _places():
        try:
            library = ctypes.CDLL(place)
        except OSError:
            continue
        _declare(library)
        return library
    raise OpusMissing("libopus was found neither in PyAV's wheel nor on the system")


def _places() -> Iterator[str]:
    """Where libopus may be: in the wheel (Linux, macOS, Windows), then the system's."""
    spec = importlib.util.find_spec("av")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        for folder, pattern in (
            (package.parent / "av.libs", "libopus[-.]*.so*"),
            (package / ".dylibs", "libopus.*dylib"),
            (package.parent / "av.libs", "libopus[-.]*dll"),
        ):
            yield from sorted(str(path) for path in folder.glob(pattern))
    system = ctypes.util.find_library("opus")
    if system is not None:
        yield system


def _declare(library: ctypes.CDLL) -> None:
    pointer, number, size, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_int32, ctypes.c_char_p
    library.opus_encoder_create.restype = pointer
    library.opus_encoder_create.argtypes = [size, number, number, pointer]
    library.opus_encoder_destroy.restype = None
    library.opus_encoder_destroy.argtypes = [pointer]
    library.opus_encode.restype = size
    library.opus_encode.argtypes = [pointer, pointer, number, text, size]
    # Variadic: only the fixed arguments are declared, which is what makes ctypes pass the rest rightly on Apple's ARM.
    library.opus_encoder_ctl.restype = number
    library.opus_encoder_ctl.argtypes = [pointer, number]
    library.opus_decoder_create.restype = pointer
    library.opus_decoder_create.argtypes = [size, number, pointer]
    library.opus_decoder_destroy.restype = None
    library.opus_decoder_destroy.argtypes = [pointer]
    library.opus_decoder_ctl.restype = number
    library.opus_decoder_ctl.argtypes = [pointer, number]
    library.opus_decode.restype = number
    library.opus_decode.argtypes = [pointer, text, size, pointer, number, number]
    library.opus_packet_get_nb_samples.restype = number
    library.opus_packet_get_nb_samples.argtypes = [text, size, size]
    library.opus_strerror.restype = text
    library.opus_strerror.argtypes = [number]


def _demand(result: int) -> None:
    if result < 0:
        raise OpusFailed(_library().opus_strerror(result).decode())
