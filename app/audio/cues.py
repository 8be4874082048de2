"""Short sounds that tell what one may not be looking at, made here of two sines each; and the mixer that plays them.

A cue is mixed into what the loudspeaker plays before the echo canceller sees it, so that it is cancelled like the
assistant, and it never touches what the microphone captures.
"""

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, samples_of_ms

_PEAK: Final = 0.2
"""At full volume: -14 dBFS, well below a voice."""
_OVERTONE: Final = 0.25
"""The share of the second partial; a bare sine sounds like a device under test."""
_ATTACK_MS: Final = 6.0
"""Long enough not to click."""
FRESH_S: Final = 2.0
"""A cue that nothing could play for so long tells nothing any more."""
_NOTHING: Final = np.zeros(0, np.float32)
_FADE: Final = np.linspace(1.0, 0.0, BLOCK_SAMPLES, dtype=np.float32)


def chime(*notes: tuple[float, float, float]) -> Pcm:
    """Struck notes, each as (Hz, begins at ms, lasts ms); whole blocks that begin and end in silence."""
    ends_ms = max(begins_ms + lasts_ms for _hz, begins_ms, lasts_ms in notes)
    blocks = -(-samples_of_ms(ends_ms) // BLOCK_SAMPLES)
    sound = np.zeros(blocks * BLOCK_SAMPLES)
    for hz, begins_ms, lasts_ms in notes:
        at_s = np.arange(samples_of_ms(lasts_ms)) / RATE_HZ
        lasts_s = lasts_ms / 1000
        tone = np.sin(2 * np.pi * hz * at_s) + _OVERTONE * np.sin(4 * np.pi * hz * at_s)
        rise = np.minimum(1.0, at_s / (_ATTACK_MS / 1000))
        begin = samples_of_ms(begins_ms)
        sound[begin : begin + len(at_s)] += tone * rise * (1 - at_s / lasts_s) ** 2
    return np.asarray(np.round(sound * _PEAK / np.abs(sound).max() * 32767), np.int16)


CONNECTED: Final = chime((587.3, 0, 160), (880.0, 90, 210))
"""Up a fifth."""
LOST: Final = chime((587.3, 0, 160), (392.0, 110, 260))
"""Down a fifth."""
ON_AIR: Final = chime((880.0, 0, 80))
OFF_AIR: Final = chime((659.3, 0, 90))


class CueMixer:
    """One cue at a time: a newer one takes over within a block. ``play`` from any thread, ``mix_into`` from one."""

    def __init__(self) -> None:
        self.volume = 1.0
        """Linear gain, 0 to 1, for cues that begin from now on. Set from any thread."""
        self._asked: Final = deque[tuple[Pcm, float]](maxlen=1)
        self._left: NDArray[np.float32] = _NOTHING

    def play(self, cue: Pcm, now_s: float) -> None:
        """Begin with the next block, unless that comes too late; ``now_s`` is monotonic. Waits for nobody."""
        self._asked.append((cue, now_s + FRESH_S))

    def mix_into(self, block: Pcm, now_s: float) -> None:
        """Add what sounds to BLOCK_SAMPLES that a device will play, in place."""
        if not self._asked and not len(self._left):
            return
        mixed = block.astype(np.float32)
        piece = self._next()
        if self._asked:
            cue, until_s = self._asked.popleft()
            if now_s <= until_s:
                mixed[: len(piece)] += piece * _FADE[: len(piece)]
                self._left = cue * np.float32(self.volume)
                piece = self._next()
        mixed[: len(piece)] += piece
        block[:] = np.clip(np.round(mixed), -32768, 32767)

    def _next(self) -> NDArray[np.float32]:
        piece, left = self._left[:BLOCK_SAMPLES], self._left[BLOCK_SAMPLES:]
        self._left = left if len(left) else _NOTHING  # an empty end would keep the whole cue
        return piece
