"""Speaks text with espeak-ng, which lives in a process of its own."""

import asyncio
import base64
import logging
from collections.abc import AsyncGenerator
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from app.audio.pcm import RATE_HZ, Pcm
from app.servers.rehearsal.children.child import Child, ChildGone

_log = logging.getLogger("parlance.servers")

_MODULE: Final = "app.servers.rehearsal.children.espeak"
_SENTENCE_S: Final = 10.0
_CHUNK_MS: Final = 100
_WORDS_PER_MINUTE: Final = 170
_SLOWEST_WPM: Final = 80
_FASTEST_WPM: Final = 450
"""The bounds espeak-ng keeps itself to."""

_VOICES: Final = {
    "alloy": "en-us+f2",
    "ash": "en-us+m3",
    "ballad": "en-gb+m1",
    "coral": "en-us+f3",
    "echo": "en-us+m7",
    "sage": "en-gb+f4",
    "shimmer": "en-us+f5",
    "verse": "en-us+m2",
    "marin": "en-us+f4",
    "cedar": "en-us+m4",
}
"""OpenAI's names for a voice of the same kind; anything else is taken as a voice of espeak-ng."""


class VoiceUnavailable(Exception):
    """Nothing here can speak; the message says what to install."""


class Voice:
    """Text to sound. One event loop only; sentences of several speakers wait for one another a few milliseconds."""

    def __init__(self, *, only_program: bool = False) -> None:
        """``only_program`` passes over the library, for the sake of tests."""
        self._child = Child(_MODULE, {"only_program": only_program})

    async def start(self) -> None:
        """Load it ahead of the first sentence; raises VoiceUnavailable."""
        try:
            await self._child.start()
        except ChildGone as why:
            raise VoiceUnavailable("The voice could not be started.") from why
        if reason := self._child.opened.get("missing"):
            raise VoiceUnavailable(f"Nothing here can speak ({reason}). Install espeak-ng, or parlance[rehearsal].")

    async def synthesise(self, text: str, *, voice: str = "en-us", speed: float = 1.0) -> AsyncGenerator[Pcm, None]:
        """The sound of a sentence in chunks of 100 ms at 48 kHz; raises VoiceUnavailable.

        A sentence is made at once (some milliseconds), so closing the iterator leaves nothing behind.
        """
        words_per_minute = min(max(round(_WORDS_PER_MINUTE * speed), _SLOWEST_WPM), _FASTEST_WPM)
        question = {
            "text": text.replace("\0", " "),
            "voice": _VOICES.get(voice, voice.replace("\0", "")),
            "words_per_minute": words_per_minute,
        }
        rate_hz, samples = await self._spoken(question)
        resampler = _Resampler(rate_hz)
        step = rate_hz * _CHUNK_MS // 1000
        for start in range(0, len(samples), step):
            yield resampler.feed(samples[start : start + step])
            await asyncio.sleep(0)  # a long sentence must not hold up the packets of others
        if len(tail := resampler.flush()):
            yield tail

    async def stop(self) -> None:
        """End the process."""
        await self._child.stop()

    async def _spoken(self, question: dict[str, object]) -> tuple[int, NDArray[np.int16]]:
        """Rate in Hz and samples; a process that died of one sentence gets a second chance."""
        await self.start()
        try:
            answer = await self._child.ask(question, _SENTENCE_S)
        except ChildGone as why:
            _log.warning("x voice: %s, trying once more", why)
            await self.start()
            try:
                answer = await self._child.ask(question, _SENTENCE_S)
            except ChildGone as again:
                raise VoiceUnavailable("The voice does not answer.") from again
        return int(answer["rate_hz"]), np.frombuffer(base64.b64decode(answer["pcm"]), np.int16)


class _Resampler:
    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._position = 0
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)

    def feed(self, samples: NDArray[np.int16]) -> Pcm:
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self._rate_hz
        frame.pts = self._position
        self._position += len(samples)
        return _joined(self._resampler.resample(frame))

    def flush(self) -> Pcm:
        return _joined(self._resampler.resample(None)) if self._position else np.zeros(0, np.int16)


def _joined(frames: list[av.AudioFrame]) -> Pcm:
    parts = [frame.to_ndarray().reshape(-1) for frame in frames]
    return np.concatenate(parts).astype(np.int16) if parts else np.zeros(0, np.int16)
