"""A bounded stretch of sound between two threads that run at their own pace."""

import threading
from typing import Final

import numpy as np

from app.audio.pcm import Pcm


class Ring:
    """The newest ``capacity_samples`` samples that were written and not yet read. One thread writes, one reads.

    One lock, held for the copy of a block (about a microsecond), on purpose: dropping the oldest makes the writer move
    the reader's position, so two free-running counters would let a reader copy samples while they are overwritten.
    Nothing is allocated on either side but slices; the array stands from the start.
    """

    def __init__(self, capacity_samples: int) -> None:
        self._samples: Final = np.zeros(capacity_samples, np.int16)
        self._lock: Final = threading.Lock()
        self._read = 0
        self._fill = 0
        self._dropped = 0
        self._missed = 0

    @property
    def fill(self) -> int:
        """Samples waiting. From any thread."""
        return self._fill

    @property
    def dropped(self) -> int:
        """Samples that were never read, since the beginning. From any thread."""
        return self._dropped

    @property
    def missed(self) -> int:
        """Samples that a reader got zeros for, since the beginning. From any thread."""
        return self._missed

    def write(self, pcm: Pcm) -> int:
        """Add samples; returns how many of the oldest had to go for them. Writer's thread."""
        capacity = len(self._samples)
        kept = pcm[-capacity:]
        with self._lock:
            excess = max(0, self._fill + len(kept) - capacity)
            self._read = (self._read + excess) % capacity
            self._fill += len(kept) - excess
            end = (self._read + self._fill) % capacity
            first = min(len(kept), end) if end else len(kept)
            # Written backwards from the end: what does not fit before it wraps to the array's tail.
            self._samples[(end or capacity) - first : end or capacity] = kept[len(kept) - first :]
            rest = len(kept) - first
            self._samples[capacity - rest :] = kept[:rest]
            lost = excess + len(pcm) - len(kept)
            self._dropped += lost
        return lost

    def read_into(self, out: Pcm) -> int:
        """Fill ``out`` with the oldest samples, and zeros after them; returns how many were there. Reader's thread."""
        capacity = len(self._samples)
        with self._lock:
            count = min(len(out), self._fill)
            first = min(count, capacity - self._read)
            out[:first] = self._samples[self._read : self._read + first]
            out[first:count] = self._samples[: count - first]
            self._read = (self._read + count) % capacity
            self._fill -= count
            self._missed += len(out) - count
        out[count:] = 0
        return count

    def fade_out(self, over_samples: int) -> None:
        """Let what waits fall silent within so many samples, as long as it was. Writer's thread."""
        capacity = len(self._samples)
        gains = np.clip(1.0 - np.arange(capacity, dtype=np.float32) / over_samples, 0.0, 1.0)
        with self._lock:
            first = min(self._fill, capacity - self._read)
            waiting = self._samples[self._read : self._read + first]
            np.multiply(waiting, gains[:first], out=waiting, casting="unsafe")
            rest = self._samples[: self._fill - first]
            np.multiply(rest, gains[first : self._fill], out=rest, casting="unsafe")

    def clear(self) -> None:
        """Forget what waits. From any thread."""
        with self._lock:
            self._fill = 0
