"""A delay line that loses no word: it keeps what is said while nobody can be told, and catches up in pauses.

Sound must not be sent faster than it was spoken: a receiver's jitter buffer would throw the surplus away. So what has
waited is delivered at its own pace, late, and the delay shrinks where nothing is said, by leaving pauses out. Each
block carries whether the talk key was down when it was captured, so that key and voice stay together.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from app.audio.level import level_dbfs
from app.audio.pcm import BLOCK_MS, Pcm

KEPT_MS: Final = 30_000
"""How much waits at most; of more, the oldest is given up."""
REWOUND_MS: Final = 30_000
"""How much of what was delivered can be taken back."""
PAUSE_DBFS: Final = -45.0
PAUSE_KEPT_MS: Final = 200
"""What stays of a pause, so that words keep apart."""

_LEFT_OUT_AT_ONCE: Final = 50
"""Blocks of a pause left out in one step, so that a step stays short."""


@dataclass(frozen=True, slots=True)
class Captured:
    """One block as it was captured."""

    block: Pcm
    talking: bool
    """The talk key was down."""
    is_pause: bool
    """Nothing that anybody would miss."""
    number: int
    """Counted from the first block captured."""


class DelayLine:
    """One block in, at most one block out. All but ``hold`` and ``rewind`` belong to the sound thread."""

    def __init__(self) -> None:
        self.hold = False
        """Keep everything, deliver nothing. Set on the session loop, acts on the next block."""
        self._waiting: Final = deque[Captured](maxlen=KEPT_MS // BLOCK_MS)
        self._delivered: Final = deque[Captured](maxlen=REWOUND_MS // BLOCK_MS)
        self._pause = 0
        self._rewind_blocks = 0
        self._captured = 0

    @property
    def delay_ms(self) -> int:
        """How late what is delivered is."""
        return len(self._waiting) * BLOCK_MS

    def rewind(self, duration_ms: int) -> None:
        """Deliver what was captured in the last so many milliseconds once more. Any thread.

        It went to a line that was dead. What has not been delivered yet is not delivered twice.
        """
        self._rewind_blocks = duration_ms // BLOCK_MS

    def push(self, block: Pcm, *, talking: bool, key_decides: bool) -> Captured | None:
        """One captured block, kept; the one to send now, if any. With ``key_decides``, all else is a pause."""
        self._take_back()
        is_pause = (not talking) if key_decides else level_dbfs(block) < PAUSE_DBFS
        self._waiting.append(Captured(block, talking, is_pause, self._captured))
        self._captured += 1
        if self.hold:
            return None
        return self._deliver()

    def _take_back(self) -> None:
        blocks, self._rewind_blocks = self._rewind_blocks, 0
        since = self._captured - blocks
        while self._delivered and self._delivered[-1].number >= since and len(self._waiting) < KEPT_MS // BLOCK_MS:
            self._waiting.appendleft(self._delivered.pop())

    def _deliver(self) -> Captured:
        for _ in range(_LEFT_OUT_AT_ONCE):
            late = len(self._waiting) > 1
            if not (late and self._waiting[0].is_pause and self._pause * BLOCK_MS >= PAUSE_KEPT_MS):
                break
            self._waiting.popleft()
        due = self._waiting.popleft()
        self._pause = self._pause + 1 if due.is_pause else 0
        self._delivered.append(due)
        return due
