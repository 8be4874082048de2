"""Whether a microphone does what a person believes it does, told from its level and its clipped peaks alone.

Looked at some times a second; nothing here knows of devices or threads.
"""

from collections import deque
from enum import Enum
from typing import Final

from app.audio.level import SILENCE_DBFS

LOOK_EVERY_S: Final = 0.25

_ZEROS_S: Final = 8.0
"""A Bluetooth headset that changes its profile delivers zeros for one to five seconds."""
_SILENT_DBFS: Final = -80.0
_SILENT_S: Final = 20.0
"""The quietest rooms are 10 dB louder at any microphone that hears something."""
_CLIPPED_LOOKS: Final = 6
_CLIPPED_WITHIN: Final = 20
"""In a quarter of the last five seconds: neither a laugh nor a pop."""
_VOICE_DBFS: Final = -45.0
_VOICE_OVER_NOISE_DB: Final = 15.0
_VOICE_LOOKS: Final = 5
_VOICE_WITHIN: Final = 8
"""More than half of two seconds: neither a cough nor a door."""
_FLOOR_RISE_DB: Final = 0.25


class MicrophoneFault(Enum):
    """What a person should know."""

    SILENT = "silent"
    """Nothing comes, not even noise."""
    OVERDRIVEN = "overdriven"
    TALKING_WHILE_MUTED = "talking-while-muted"


class MicrophoneWatch:
    """Driven by ``look``. One thread."""

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=_VOICE_WITHIN)
        self._clipped: deque[bool] = deque(maxlen=_CLIPPED_WITHIN)
        self._clipped_blocks = 0
        self._floor_dbfs = 0.0
        self._zeros_since_s: float | None = None
        self._silent_since_s: float | None = None
        self._was_muted = False
        self._told: MicrophoneFault | None = None

    def look(self, level_dbfs: float, *, clipped_blocks: int, muted: bool, now_s: float) -> MicrophoneFault | None:
        """The level of the newest block as it was captured, whatever is sent of it; blocks with clipped peaks since
        the microphone was opened; monotonic time.

        A fault stays until its cause is gone; talking while muted, until one is heard again.
        """
        if muted is not self._was_muted:
            self._was_muted = muted
            self._levels.clear()
            self._clipped.clear()
            self._told = None
        self._levels.append(level_dbfs)
        self._clipped.append(clipped_blocks > self._clipped_blocks)
        self._clipped_blocks = clipped_blocks
        self._floor_dbfs = min(level_dbfs, self._floor_dbfs + _FLOOR_RISE_DB)
        if muted:
            self._zeros_since_s = self._silent_since_s = None
            if self._is_talking():
                self._told = MicrophoneFault.TALKING_WHILE_MUTED
        elif self._is_silent(level_dbfs, now_s):
            self._told = MicrophoneFault.SILENT
        elif sum(self._clipped) >= _CLIPPED_LOOKS:
            self._told = MicrophoneFault.OVERDRIVEN
        elif self._told is MicrophoneFault.SILENT or not any(self._clipped):
            self._told = None
        return self._told

    def _is_talking(self) -> bool:
        bar_dbfs = max(_VOICE_DBFS, self._floor_dbfs + _VOICE_OVER_NOISE_DB)
        return sum(level > bar_dbfs for level in self._levels) >= _VOICE_LOOKS

    def _is_silent(self, level_dbfs: float, now_s: float) -> bool:
        self._zeros_since_s = _since(self._zeros_since_s, now_s, level_dbfs <= SILENCE_DBFS)
        self._silent_since_s = _since(self._silent_since_s, now_s, level_dbfs < _SILENT_DBFS)
        zeros = self._zeros_since_s is not None and now_s - self._zeros_since_s >= _ZEROS_S
        return zeros or (self._silent_since_s is not None and now_s - self._silent_since_s >= _SILENT_S)


def _since(before_s: float | None, now_s: float, holds: bool) -> float | None:
    if not holds:
        return None
    return now_s if before_s is None else before_s
