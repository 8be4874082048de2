"""Open devices as the sound thread has them: rings between the devices' callbacks and the thread.

Callbacks copy, count, ring a bell and leave.
"""

import threading
import time
from typing import Final, TypeAlias

from app.audio.pcm import BLOCK_SAMPLES, Pcm, ms_of_samples
from app.audio.ring import Ring
from app.session.pace import STALLED_S
from app.session.ports import Stream

CAPTURE_RING_SAMPLES: Final = 20 * BLOCK_SAMPLES
"""200 ms: longer stalls of the thread cost words, not memory."""
MOST_AHEAD_BLOCKS: Final = 4
"""What waits for the speaker's callback grows up to this on a machine that is late often, and costs delay."""
CALM_S: Final = 30.0
LONGEST_LEFT_MS: Final = 200.0
"""A speaker that keeps more than this is not waited for when another takes its place."""


class Capture:
    """One open microphone and what it has captured."""

    stream: Stream
    has_ended = False
    """By itself."""

    def __init__(self, bell: threading.Event) -> None:
        self.ring: Final = Ring(CAPTURE_RING_SAMPLES)
        self._bell: Final = bell
        self._wanted_samples = BLOCK_SAMPLES

    def on_block(self, block: Pcm) -> None:
        """The device's thread: copy and leave."""
        self.ring.write(block)
        if self.ring.fill >= self._wanted_samples:
            self._bell.set()

    def has(self, blocks: int) -> bool:
        """Whether so much is there; if not, the bell rings once it is. The sound thread."""
        self._wanted_samples = blocks * BLOCK_SAMPLES
        return self.ring.fill >= self._wanted_samples


class Playback:
    """One open speaker and what it will play."""

    stream: Stream
    has_ended = False
    """By itself."""

    def __init__(self, bell: threading.Event) -> None:
        self.ring: Final = Ring((MOST_AHEAD_BLOCKS + 1) * BLOCK_SAMPLES)
        self.underruns = 0
        self._ahead_blocks = 1
        self._seen_underruns = 0
        self._calm_since_s = 0.0
        self._bell: Final = bell
        self._fetched_s = 0.0

    def fill(self, out: Pcm) -> None:
        """The device's thread: copy, count and leave."""
        if self.ring.read_into(out) < len(out):
            self.underruns += 1
        self._fetched_s = time.monotonic()
        self._bell.set()

    def play_out(self) -> None:
        """Block until what was handed over is heard: closing would cut it off, and the next takes as long to begin."""
        waits_ms = self.stream.stats().latency_ms + ms_of_samples(self.ring.fill)
        time.sleep(min(waits_ms, LONGEST_LEFT_MS) / 1000)

    def ahead_blocks(self, now_s: float) -> int:
        """How much to keep ready: one block, and one more for each underrun until it has been calm for a while."""
        if self._calm_since_s == 0.0:
            # What a device asks for while it is being opened, before anybody could answer, is no lateness.
            self._seen_underruns, self._calm_since_s = self.underruns, now_s
        elif self.underruns != self._seen_underruns:
            self._seen_underruns, self._calm_since_s = self.underruns, now_s
            self._ahead_blocks = min(self._ahead_blocks + 1, MOST_AHEAD_BLOCKS)
        elif now_s - self._calm_since_s > CALM_S:
            self._calm_since_s = now_s
            self._ahead_blocks = max(1, self._ahead_blocks - 1)
        return self._ahead_blocks

    def is_fetching(self, now_s: float) -> bool:
        """Whether the device has asked for sound lately; before its first question it has a short grace."""
        if self._fetched_s == 0.0:
            self._fetched_s = now_s
        return now_s - self._fetched_s < STALLED_S


Line: TypeAlias = Capture | Playback
