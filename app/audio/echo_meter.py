"""What can be known of an echo from levels alone: how loud it is, how much is cancelled, and whether a person speaks.

The canceller's own output is the best witness of a person: an echo alone leaves less than the noise, while a voice
leaks through between the assistant's syllables even where the canceller takes the most of it.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

import numpy as np

from app.audio.pcm import BLOCK_MS

_FAR_DBFS: Final = -50.0
"""The assistant sounds."""
_REACH_BLOCKS: Final = 30
"""An echo may still come 300 ms after the assistant fell silent, or later where the way is known to be longer."""
_DECAY_BLOCKS: Final = 20
_OVER_DB: Final = 10.0
"""A voice stands out of noise and of what is left of an echo by so much; two or three deviations of either."""
_UNDER_VOICE_DB: Final = 24.0
"""What leaks of a voice is seldom fainter than that; the last of a large room's reverberation is."""
_USUAL_VOICE_DBFS: Final = -30.0
_ECHO_OVER_FLOOR_DB: Final = 25.0
"""Echoes fainter than this show the noise, not the canceller."""
_ERLE_STEP_DB: Final = 0.1
"""Per block, towards each block's own figure: that follows the median, which some blocks of a voice do not move."""
_ERLE_STEP_NEAR_DB: Final = 0.01
_FLOOR_RISE_DB: Final = 0.02
_FLOOR_FALL: Final = 0.1
_LEVEL_SMOOTHING: Final = 0.005
"""Per block in which there is something: two seconds of speech."""
_COMPARED_EVERY: Final = 100
_HISTORY: Final = 400
_LONGEST_DELAY: Final = 80
_FAINTEST_DBFS: Final = -70.0
_LIKENESS: Final = 0.6
"""Correlation of two rhythms over three seconds, above which one is the other's echo."""

FIRST_ERLE_DB: Final = 22.0
"""Before anything is known."""


class EchoMeter:
    """Fed with the levels of each block, in dBFS; says what they mean. One thread."""

    def __init__(self) -> None:
        self.erle_db = FIRST_ERLE_DB
        """Echo return loss enhancement: how much fainter the echo leaves than it came."""
        self.echo_dbfs: float | None = None
        """The echo at the microphone while the assistant speaks at full volume."""
        self.voice_dbfs: float | None = None
        """The person while the assistant is silent."""
        self.delay_ms: float | None = None
        """From a block's being handed to the loudspeaker to its echo, to 10 ms."""
        self.near = False
        """Whether a person is heard in this block."""
        self.echo_possible = False
        """Whether the assistant sounds, or did within an echo's reach."""
        self.echo_blocks = 0
        """In how many blocks an echo was clearly there and no person: what the canceller could learn from."""
        self._floor_dbfs = -60.0
        self._far, self._before, self._after = (deque([_FAINTEST_DBFS] * _HISTORY, _HISTORY) for _ in range(3))
        self._quiet_blocks = _REACH_BLOCKS
        self._rhythm_of_far = False
        self._blocks = 0

    @property
    def echo_to_voice_db(self) -> float | None:
        """How much louder than the person the assistant is at the microphone; None until both have been heard."""
        if self.echo_dbfs is None or self.voice_dbfs is None:
            return None
        return self.echo_dbfs - self.voice_dbfs

    def feed(self, far_dbfs: float, before_dbfs: float, after_dbfs: float, *, ducked: bool) -> None:
        """One block: what is played, captured, and left after cancelling; ``ducked`` if it plays at less than full."""
        self._quiet_blocks = 0 if far_dbfs > _FAR_DBFS else self._quiet_blocks + 1
        self.echo_possible = self._quiet_blocks < self._reach_blocks
        self._follow_floor(after_dbfs)
        loud = after_dbfs > self._floor_dbfs + _OVER_DB
        if self.echo_possible:
            loss_db = before_dbfs - after_dbfs
            voice_dbfs = self.voice_dbfs if self.voice_dbfs is not None else _USUAL_VOICE_DBFS
            self.near = loud and loss_db < self.erle_db - _OVER_DB and after_dbfs > voice_dbfs - _UNDER_VOICE_DB
            self._learn_echo(before_dbfs, loss_db, ducked=ducked)
        else:
            self.near = loud
            if loud:
                self.voice_dbfs = _mixed(self.voice_dbfs, after_dbfs)
        self._compare(far_dbfs, before_dbfs, after_dbfs)

    @property
    def _reach_blocks(self) -> int:
        if self.delay_ms is None:
            return _REACH_BLOCKS
        return max(_REACH_BLOCKS, int(self.delay_ms) // BLOCK_MS + _DECAY_BLOCKS)

    def _learn_echo(self, before_dbfs: float, loss_db: float, *, ducked: bool) -> None:
        if before_dbfs < self._floor_dbfs + _ECHO_OVER_FLOOR_DB:
            return
        believed = self.near and not self._rhythm_of_far
        step_db = _ERLE_STEP_NEAR_DB if believed else _ERLE_STEP_DB
        self.erle_db = max(0.0, self.erle_db + (step_db if loss_db > self.erle_db else -step_db))
        if self.near:
            return
        self.echo_blocks += 1
        if not ducked:
            self.echo_dbfs = _mixed(self.echo_dbfs, before_dbfs)

    def _follow_floor(self, after_dbfs: float) -> None:
        """The noise that is always there: falls quickly to any pause, rises slowly."""
        if after_dbfs > self._floor_dbfs:
            self._floor_dbfs += _FLOOR_RISE_DB
        else:
            self._floor_dbfs += _FLOOR_FALL * (max(after_dbfs, -90.0) - self._floor_dbfs)

    def _compare(self, far_dbfs: float, before_dbfs: float, after_dbfs: float) -> None:
        """Once a second: where, and how well, what is captured and what is left follow the assistant's syllables."""
        for history, level_dbfs in ((self._far, far_dbfs), (self._before, before_dbfs), (self._after, after_dbfs)):
            history.append(max(level_dbfs, _FAINTEST_DBFS))
        self._blocks += 1
        if self._blocks % _COMPARED_EVERY or not self.echo_possible:
            return
        delay_blocks, likeness = _most_alike(self._far, self._before)
        if likeness > _LIKENESS:
            self.delay_ms = float(delay_blocks * BLOCK_MS)
        _, likeness = _most_alike(self._far, self._after)
        self._rhythm_of_far = likeness > _LIKENESS


def _most_alike(far: Iterable[float], heard: Iterable[float]) -> tuple[int, float]:
    """How many blocks later ``heard`` goes up and down like ``far``, and their correlation."""
    said = np.fromiter(far, np.float64)[: _HISTORY - _LONGEST_DELAY]
    said -= said.mean()
    windows = np.lib.stride_tricks.sliding_window_view(np.fromiter(heard, np.float64), len(said))
    centred = windows - windows.mean(axis=1, keepdims=True)
    alike = centred @ said / np.sqrt(np.square(centred).sum(axis=1) * np.square(said).sum() + 1e-9)
    best = int(alike.argmax())
    return best, float(alike[best])


def _mixed(before_dbfs: float | None, now_dbfs: float) -> float:
    """The mean power so far, with the newest block in it."""
    power = 10 ** (now_dbfs / 10)
    if before_dbfs is not None:
        power = (1 - _LEVEL_SMOOTHING) * 10 ** (before_dbfs / 10) + _LEVEL_SMOOTHING * power
    return float(10 * np.log10(power))
