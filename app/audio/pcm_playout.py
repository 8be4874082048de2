"""Speech that comes as samples of 24 kHz, faster than it is heard: kept, played in order, and counted as it is heard.

A speech is the sound of one response, a passage the part of it that is counted by itself (one part of one item).
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from app.audio.downlink import AUDIBLE_DBFS, AUDIBLE_FOR_S
from app.audio.half_rate import HALF_RATE_HZ, Doubler
from app.audio.level import level_dbfs
from app.audio.pcm import Pcm, silence

FIRST_LEAD_MS: Final = 60
"""So much of a speech must be there before it begins: the first delta or two, so that the next may be a little late."""
NEXT_LEAD_MS: Final = 300
"""So much must be there before it goes on after it ran dry: the network has shown that it stalls."""
KEPT_LIMIT_S: Final = 600
"""29 MB. The longest response the protocol allows lasts a third of this."""

_SEAM: Final = HALF_RATE_HZ * 5 // 1000
"""Sound that is cut off falls within 5 ms, and what goes on after a stall rises so, without a click."""


def _samples(duration_ms: int) -> int:
    return duration_ms * HALF_RATE_HZ // 1000


@dataclass(slots=True, eq=False)
class Passage:
    """What is known of one part of a speech; counts are of 24 kHz samples."""

    received: int = 0
    heard: int = 0
    ended: bool = False
    """Nothing more of it will come."""

    @property
    def heard_ms(self) -> int:
        """Whole milliseconds; never more than was received."""
        return self.heard * 1000 // HALF_RATE_HZ

    @property
    def is_cut_short(self) -> bool:
        """Whether some of it was heard, but not all there is."""
        return self.heard > 0 and not (self.ended and self.heard == self.received)


@dataclass(slots=True, eq=False)
class Speech:
    """One stretch of speech from its announcement until it is over. Written to by its playout alone."""

    begun: bool = False
    """Its first sample was heard."""
    ended: bool = False
    """Nothing more will come."""
    cut: bool = False
    """The rest is not to be heard."""
    waiting: deque[tuple[Passage, Pcm]] = field(default_factory=deque, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is left to be heard."""
        return self.cut or (self.ended and not self.waiting)


class PcmPlayout:
    """The way in for sound that is no stream of packets.

    ``pull`` belongs to the playback thread, ``announce``, ``append`` and ``end`` to the session loop, the rest to
    anybody. They meet under one lock, held for a copy of a block. ``changed`` is called on whichever thread a speech
    began, was over or was cut, and must return at once.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.overflow_samples = 0
        """Received while KEPT_LIMIT_S of sound were waiting, and thrown away."""
        self._changed: Final = changed
        self._lock: Final = threading.Lock()
        self._speeches: Final[list[Speech]] = []
        self._waiting_samples = 0
        self._held = False
        self._falling = np.empty(0, np.int16)
        """The last of what was cut off."""
        self._flowing = False
        """Whether the last block ended in the middle of sound."""
        # From here on the playback thread's own.
        self._doubler: Final = Doubler()
        self._audible_at_s = float("-inf")

    def announce(self) -> Speech:
        """A new speech: what is dropped from now on concerns it."""
        with self._lock:
            self._speeches.append(speech := Speech())
        return speech

    def append(self, speech: Speech, passage: Passage, pcm: Pcm) -> None:
        """More of a speech, at 24 kHz; forgotten if the speech was cut."""
        with self._lock:
            if speech.cut:
                return
            if self._waiting_samples + len(pcm) > KEPT_LIMIT_S * HALF_RATE_HZ:
                self.overflow_samples += len(pcm)
                return
            passage.received += len(pcm)
            self._waiting_samples += len(pcm)
            speech.waiting.append((passage, pcm))

    def end(self, speech: Speech) -> None:
        """All of a speech has come."""
        with self._lock:
            speech.ended = True
            over = self._let_go(speech)
        if over:
            self._changed()

    def cut(self) -> None:
        """Fall silent within 5 ms, and forget the rest of every speech announced so far."""
        with self._lock:
            self._cut()
        self._changed()

    def drop(self) -> None:
        """Like ``cut``; speeches announced later are kept and wait for ``resume``.

        What interrupts and what is announced are told on different ways, so ``resume`` may come after the first sound
        of the speech that it is meant for.
        """
        with self._lock:
            self._cut()
            self._held = True
        self._changed()

    def resume(self) -> None:
        """Play again."""
        with self._lock:
            self._held = False

    def pull(self, out: Pcm, now_s: float) -> None:
        """Fill ``out`` with what is to be heard next; its length must be even."""
        sound = silence(len(out) // 2)
        with self._lock:
            changed = self._take(sound)
        if changed:
            self._changed()
        out[:] = self._doubler.push(sound)
        if level_dbfs(out) > AUDIBLE_DBFS:
            self._audible_at_s = now_s

    def audible(self, now_s: float) -> bool:
        """Whether anything above AUDIBLE_DBFS was played within the last AUDIBLE_FOR_S."""
        return now_s - self._audible_at_s < AUDIBLE_FOR_S

    # --- under the lock -------------------------------------------------------------------------------------

    def _cut(self) -> None:
        if self._flowing and (speech := self._next_speech()) is not None:
            _, pcm = speech.waiting[0]
            self._falling = _ramped(pcm[:_SEAM], 1.0, 0.0)
        self._flowing = False
        for speech in self._speeches:
            speech.cut = True
            speech.waiting.clear()
        self._speeches.clear()
        self._waiting_samples = 0

    def _let_go(self, speech: Speech) -> bool:
        if speech.is_over and speech in self._speeches:
            self._speeches.remove(speech)
            return True
        return False

    def _take(self, sound: Pcm) -> bool:
        """Write over the zeros of ``sound``; whether a speech began or is over."""
        filled = len(self._falling)
        sound[:filled] = self._falling
        self._falling = self._falling[:0]
        changed = False
        while filled < len(sound) and (speech := self._next_speech()) is not None:
            changed = changed or not speech.begun
            filled += self._take_of(speech, sound[filled:])
            changed = self._let_go(speech) or changed
        if self._flowing and filled < len(sound):
            self._flowing = False
            seam = sound[max(0, filled - _SEAM) : filled]
            seam[:] = _ramped(seam, 1.0, 0.0)
        return changed

    def _next_speech(self) -> Speech | None:
        """The first that has enough to go on with. One that ran dry gives way: it may never be ended."""
        if self._held:
            return None
        return next((speech for speech in self._speeches if self._may_flow(speech)), None)

    def _may_flow(self, speech: Speech) -> bool:
        if not speech.waiting:
            return False
        lead_ms = NEXT_LEAD_MS if speech.begun else FIRST_LEAD_MS
        return self._flowing or speech.ended or sum(len(pcm) for _, pcm in speech.waiting) >= _samples(lead_ms)

    def _take_of(self, speech: Speech, room: Pcm) -> int:
        passage, pcm = speech.waiting.popleft()
        taken = min(len(pcm), len(room))
        room[:taken] = pcm[:taken]
        if speech.begun and not self._flowing:
            room[: min(taken, _SEAM)] = _ramped(room[: min(taken, _SEAM)], 0.0, 1.0)
        if taken < len(pcm):
            speech.waiting.appendleft((passage, pcm[taken:]))
        passage.heard += taken
        self._waiting_samples -= taken
        self._flowing = speech.begun = True
        return taken


def _ramped(sound: Pcm, start: float, end: float) -> Pcm:
    return (sound * np.linspace(start, end, len(sound), dtype=np.float32)).astype(np.int16)
