"""Sound that comes in events: 24 kHz in pieces of any size, heard as fast as it comes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.realtime.events import ErrorCode
from app.realtime.requests import InputAudioBufferAppend
from app.realtime.session import UNSET, AudioFormat, Unset
from app.servers.rehearsal.engine.refusal import Refusal
from app.servers.rehearsal.floor import Floor
from app.servers.rehearsal.ports import SPEECH_RATE_HZ, Speech

RATE_HZ: Final = 24_000
BYTES_AT_MOST: Final = 15 * 2**20
"""Of one event (PROTOCOL 1.3)."""

_SAMPLE_BYTES: Final = 2
_UNIT_BYTES: Final = 3 * _SAMPLE_BYTES
"""Three samples of 24 kHz are two of 16 kHz."""
_SECOND_BYTES: Final = RATE_HZ * _SAMPLE_BYTES
_PIECE_SAMPLES: Final = SPEECH_RATE_HZ // 50
_DELAY: Final = 47
"""Of the filter, in samples of 48 kHz: 1 ms."""
_CUT_OFF: Final = 0.31
"""Of 24 kHz: what lies above 8 kHz would be mirrored into the speech."""


def _low_pass() -> NDArray[np.float64]:
    times = np.arange(-_DELAY, _DELAY + 1)
    taps = np.sinc(times * _CUT_OFF) * np.kaiser(len(times), 6.0)
    return np.asarray(2 * taps / taps.sum(), np.float64)


_TAPS: Final = _low_pass()


class Appended:
    """Turns the bytes of events into speech. What does not make whole samples waits for the next event."""

    def __init__(self) -> None:
        self._rest = b""
        self._before = np.zeros(len(_TAPS) - 1)
        self._floor = Floor()

    def push(self, audio: bytes) -> Iterator[Speech]:
        """The speech in pieces of at most 20 ms."""
        audio = self._rest + audio
        whole = len(audio) // _UNIT_BYTES * _UNIT_BYTES
        self._rest = audio[whole:]
        samples = np.frombuffer(audio[:whole], "<i2")
        spread = np.zeros(2 * len(samples))  # 48 kHz, of which every third is taken
        spread[::2] = samples
        stream = np.concatenate((self._before, spread))
        self._before = stream[len(spread) :]
        if not len(spread):
            return
        speech = self._floor.under(np.convolve(stream, _TAPS, "valid")[::3])
        for at in range(0, len(speech), _PIECE_SAMPLES):
            yield speech[at : at + _PIECE_SAMPLES]

    def clear(self) -> None:
        """Forget what waits."""
        self._rest = b""


def check_length(audio: bytes) -> None:
    """Raise a Refusal for more than one event may hold."""
    if len(audio) > BYTES_AT_MOST:
        raise Refusal(f"The audio is longer than {BYTES_AT_MOST} bytes.", ErrorCode.INVALID_VALUE, "audio")


def check_format(wish: AudioFormat | Unset, param: str) -> None:
    """Raise a Refusal for a format this server does not speak in events."""
    if wish is UNSET:
        return
    if wish.type != "audio/pcm":
        words = f"Invalid value: '{wish.type[:40]}'. Supported values are: 'audio/pcm'."
        raise Refusal(words, ErrorCode.INVALID_VALUE, f"{param}.type")
    if wish.rate not in (None, RATE_HZ):
        raise Refusal(f"Invalid value: the rate must be {RATE_HZ}.", ErrorCode.INVALID_VALUE, f"{param}.rate")


def in_seconds(request: InputAudioBufferAppend) -> Iterator[InputAudioBufferAppend]:
    """A request in parts of a second, for a caller that has more to do meanwhile; one that is too long stays whole."""
    if len(request.audio) <= _SECOND_BYTES or len(request.audio) > BYTES_AT_MOST:
        yield request
        return
    for at in range(0, len(request.audio), _SECOND_BYTES):
        yield replace(request, audio=request.audio[at : at + _SECOND_BYTES])
