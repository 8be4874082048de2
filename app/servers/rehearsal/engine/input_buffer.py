"""The user's sound on one clock: milliseconds since the session began to listen."""

from collections import deque
from typing import Final

import numpy as np

from app.servers.rehearsal.ports import SPEECH_RATE_HZ, Speech

_SAMPLES_PER_MS: Final = SPEECH_RATE_HZ // 1000
_KEPT_MS: Final = 120_000


class InputBuffer:
    """Remembers what was heard since the last commit or clear, the newest two minutes of it at most."""

    def __init__(self) -> None:
        self._blocks: deque[Speech] = deque()
        self._first_sample = 0
        self._end_sample = 0
        self._begin_sample = 0

    @property
    def end_ms(self) -> int:
        """How long the session has been listening."""
        return self._end_sample // _SAMPLES_PER_MS

    @property
    def begin_ms(self) -> int:
        """Where the part begins that no item holds yet."""
        return max(self._begin_sample, self._first_sample) // _SAMPLES_PER_MS

    @property
    def held_ms(self) -> int:
        """How much a commit would take."""
        return self.end_ms - self.begin_ms

    def append(self, speech: Speech) -> None:
        """Add sound at the end."""
        self._blocks.append(speech)
        self._end_sample += len(speech)
        while self._end_sample - self._first_sample > _KEPT_MS * _SAMPLES_PER_MS:
            self._first_sample += len(self._blocks.popleft())

    def clear(self) -> None:
        """Forget everything that was heard."""
        self._blocks.clear()
        self._first_sample = self._begin_sample = self._end_sample

    def take(self, start_ms: int, end_ms: int) -> Speech:
        """The sound between two times, as far as it is still there. What lies before ``end_ms`` counts as taken."""
        self._begin_sample = max(self._begin_sample, min(end_ms * _SAMPLES_PER_MS, self._end_sample))
        return self.between(start_ms, end_ms)

    def between(self, start_ms: int, end_ms: int) -> Speech:
        """A copy of the sound between two times, as far as it is still there."""
        sound = np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.int16)
        start = max(0, start_ms * _SAMPLES_PER_MS - self._first_sample)
        end = max(start, end_ms * _SAMPLES_PER_MS - self._first_sample)
        return sound[start:end].copy()
