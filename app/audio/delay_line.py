"""A delay line that loses no word: it keeps what is said while nobody can be told, and catches up in pauses.

Sound must not be sent faster than it was spoken: a receiver's jitter buffer would throw the surplus away. So what has
waited is delivered at its own pace, late, and the delay shrinks where nothing is said, by leaving pauses out. Each
block carries whether the talk key was down when it was captured, so that key and voice stay together.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.audio.level import level_dbfs
from app.audio.pcm import BLOCK_MS, BLOCK_SAMPLES, Pcm

KEPT_MS: Final = 30_000
"""How much is kept: of more that waits, the oldest is given up, and further back nothing can be taken back."""
PAUSE_DBFS: Final = -45.0
PAUSE_KEPT_MS: Final = 200
"""What stays of a pause, so that words keep apart."""

_KEPT: Final = KEPT_MS // BLOCK_MS
_LEFT_OUT_AT_ONCE: Final = 50
"""Blocks of a pause left out in one step, so that a step stays short."""


@dataclass(frozen=True, slots=True)
class Captured:
    """One block as it was captured."""

    block: Pcm
    """The line's own memory, which stays as it is for KEPT_MS: not to be written to."""
    talking: bool
    """The talk key was down."""


class DelayLine:
    """One block in, at most one block out. All but ``hold`` and ``rewind`` belong to the sound thread.

    The blocks lie in one array that stands from the start: thousands of small objects that live for half a minute
    would leave holes all over the memory.
    """

    def __init__(self) -> None:
        self.hold = False
        """Keep everything, deliver nothing. Set on the session loop, acts on the next block."""
        self._blocks: Final = np.zeros((_KEPT, BLOCK_SAMPLES), np.int16)
        self._talking: Final = bytearray(_KEPT)
        self._key_decides: Final = bytearray(_KEPT)
        """All is a pause but for what the talk key was down for."""
        self._captured = 0
        """Blocks so far; the number of the next."""
        self._due = 0
        """The number of the next to be delivered."""
        self._pause = 0
        self._rewind_blocks = 0

    @property
    def delay_ms(self) -> int:
        """How late what is delivered is."""
        return (self._captured - self._due) * BLOCK_MS

    def rewind(self, duration_ms: int) -> None:
        """Deliver what was captured in the last so many milliseconds once more. Any thread.

        It went to a line that was dead. What has not been delivered yet is not delivered twice.
        """
        self._rewind_blocks = duration_ms // BLOCK_MS

    def push(self, block: Pcm, *, talking: bool, key_decides: bool) -> Captured | None:
        """One captured block, copied; the one to send now, if any. With ``key_decides``, all else is a pause."""
        rewind_blocks, self._rewind_blocks = self._rewind_blocks, 0
        place = self._captured % _KEPT
        self._due = min(self._due, self._captured - rewind_blocks)
        self._blocks[place] = block
        self._talking[place] = talking
        self._key_decides[place] = key_decides
        self._captured += 1
        self._due = max(self._due, self._captured - _KEPT, 0)
        return None if self.hold else self._deliver()

    def _deliver(self) -> Captured:
        for _ in range(_LEFT_OUT_AT_ONCE):
            if self._pause * BLOCK_MS < PAUSE_KEPT_MS or not self._may_be_left_out():
                break
            self._due += 1
        self._pause = self._pause + 1 if self._may_be_left_out() else 0
        place = self._due % _KEPT
        self._due += 1
        return Captured(self._blocks[place], bool(self._talking[place]))

    def _may_be_left_out(self) -> bool:
        """Whether the block that is due is late, and has nothing in it that anybody would miss."""
        if self._captured - self._due <= 1:
            return False
        place = self._due % _KEPT
        if self._key_decides[place]:
            return not self._talking[place]
        return level_dbfs(self._blocks[place]) < PAUSE_DBFS
