"""The gate between microphone and encoder: open microphone, talk key with pre-roll and tail, mute."""

import threading
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Final

from app.audio.pcm import BLOCK_MS, BLOCK_SAMPLES, Pcm, silence


class GateMode(Enum):
    """What passes when nobody touches the talk key."""

    OPEN = "open"
    """Everything: the server decides when somebody speaks. The talk key does nothing."""
    CLOSED = "closed"
    """Silence, but for what the talk key lets through."""


@dataclass(frozen=True, slots=True)
class GateOutput:
    """What one tick sends."""

    blocks: tuple[Pcm, ...]
    """None to two blocks of BLOCK_SAMPLES. May be shared: not to be written to."""
    gap_samples: int = 0
    """How far the sender's clock moves on before these blocks without anything being sent."""
    closed_now: bool = False
    """With this tick the last sample of the tail has left, filled up to a whole packet: time to commit."""


class Gate:
    """Lets through exactly pre-roll + held + tail, sample for sample, and never runs ahead of the clock.

    The pre-roll must not cost delay while somebody speaks, and it lies in the past when the key goes down. So with the
    gate closed the outgoing stream stays ``pre_roll_ms`` behind the microphone: the queue holds that much of what was
    captured and silence is sent in its place. When the key goes down the queue is sent two blocks a tick until it is
    empty and the stream is live. After the tail nothing is sent until the stream is behind again. Sender's clock and
    sent samples stay in step all the time, and no sample is ever sent twice: a press so soon after a tail that the
    stream is not all the way behind has a pre-roll only as long as it is behind.

    A press before the tail has left continues the same stretch; it closes once.

    Lengths are rounded to whole blocks.

    The keys (``press``, ``release``, ``mode``, ``muted``, ``hold_silence``) belong to the session loop, ``feed`` to the
    sound thread; they act on the next block fed.
    """

    def __init__(self, *, pre_roll_ms: int = 300, tail_ms: int = 200, packet_ms: int = 20) -> None:
        self.mode = GateMode.OPEN
        self.muted = False
        """Zeros instead of sound in every mode. What is captured meanwhile is forgotten, also as pre-roll."""
        self.hold_silence = False
        """Zeros instead of sound: the session is not configured yet. What is captured may become pre-roll."""
        self._lag_limit: Final = _blocks_of(pre_roll_ms)
        self._tail: Final = _blocks_of(tail_ms)
        self._packet: Final = _blocks_of(packet_ms)
        self._silence: Final = silence()
        self._lock: Final = threading.Lock()
        self._down = False
        self._went_down = False
        # From here on the sound thread's own.
        self._waiting: deque[Pcm] = deque()
        """Captured and not sent: as many blocks as the stream is behind."""
        self._voice = 0
        """How many of those waiting, from the left, are to be heard."""
        self._tail_left = 0
        self._holding = False
        self._talking = False
        """From the press until ``closed_now``."""
        self._sent_in_packet = 0

    def press(self) -> None:
        """The talk key went down. Session loop."""
        with self._lock:
            self._down = self._went_down = True

    def release(self) -> None:
        """The talk key went up. Session loop. Without effect when it was not down."""
        with self._lock:
            self._down = False

    def feed(self, block: Pcm) -> GateOutput:
        """One captured block in, what to send now out. Sound thread; ``block`` is kept, so it must not change later."""
        # Read once: the session loop may change them meanwhile.
        muted, mode = self.muted, self.mode
        self._waiting.append(self._silence if muted else block)
        gap_samples = self._skip_to_live() if mode is GateMode.OPEN else 0
        self._mark_voice(mode)
        blocks = self._leave()
        closed_now = self._closing and not (self._voice or self._sent_in_packet)
        if closed_now:
            self._talking = False
        if muted or self.hold_silence:
            blocks = [self._silence] * len(blocks)
        return GateOutput(tuple(blocks), gap_samples, closed_now)

    @property
    def _closing(self) -> bool:
        """The key is up and the tail captured; some of it may still wait."""
        return self._talking and not self._holding and not self._tail_left

    def _skip_to_live(self) -> int:
        """Open microphone: what was held back for a pre-roll is not to be heard, unless it is already being sent."""
        if self._voice:
            return 0
        skipped = len(self._waiting) - 1
        for _ in range(skipped):
            self._waiting.popleft()
        return skipped * BLOCK_SAMPLES

    def _mark_voice(self, mode: GateMode) -> None:
        """Decide how much of what waits is to be heard, the newest block included or not."""
        with self._lock:
            down, went_down = self._down, self._went_down
            self._went_down = False
        self._holding = down
        if mode is GateMode.OPEN:
            self._talking, self._tail_left = False, 0
            self._voice = len(self._waiting)
        elif down:
            self._talking, self._tail_left = True, self._tail
            self._voice = len(self._waiting)
        else:
            if went_down:  # and up again within one block: nothing was held, but pre-roll and tail are due
                self._talking, self._tail_left = True, self._tail
                self._voice = len(self._waiting) - 1
            if self._tail_left:
                self._tail_left -= 1
                self._voice = len(self._waiting)

    def _leave(self) -> list[Pcm]:
        """At most two blocks: voice, then silence for what is left of a closing packet or of a closed stretch."""
        sent: list[Pcm] = []
        while self._waiting and len(sent) < 2:
            if self._voice:
                self._voice -= 1
                sent.append(self._waiting.popleft())
            elif (self._closing and self._sent_in_packet) or len(self._waiting) > self._lag_limit:
                self._waiting.popleft()
                sent.append(self._silence)
            else:
                break
            self._sent_in_packet = (self._sent_in_packet + 1) % self._packet
        return sent


def _blocks_of(duration_ms: int) -> int:
    """Rounded to whole blocks: the lengths may come from somebody's settings."""
    return round(duration_ms / BLOCK_MS)
