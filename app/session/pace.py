"""Keeping time where a device does not."""

from typing import Final

from app.audio.pcm import BLOCK_MS

STALLED_S: Final = 0.06
"""A device that is silent for so long is replaced by the clock until it comes back."""


class Pace:
    """The clock that stands in for a device: how many blocks are due when none has come for a while."""

    def __init__(self, now_s: float) -> None:
        self._due_s = now_s
        self._limit_s = STALLED_S

    def kept(self, now_s: float) -> None:
        """The device itself kept the pace."""
        self._due_s = now_s
        self._limit_s = STALLED_S

    def missed(self, now_s: float) -> int:
        """How many blocks to stand in for; after a long sleep of the machine no more than STALLED_S of them."""
        behind_s = now_s - self._due_s
        if behind_s < self._limit_s:
            return 0
        self._limit_s = 0.0
        blocks = min(int(behind_s * 1000 / BLOCK_MS), int(STALLED_S * 1000 / BLOCK_MS))
        self._due_s = max(self._due_s + blocks * BLOCK_MS / 1000, now_s - STALLED_S)
        return blocks
