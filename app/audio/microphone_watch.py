"""Whether a microphone does what a person believes it does, told from its level alone.

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
_LOUD_DBFS: Final = -10.0
"""RMS of 10 ms: speech that reaches it is cut off at its peaks."""
_LOUD_LOOKS: Final = 6
_LOUD_WITHIN: Final = 20
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
        self._levels: deque[float] = deque(maxlen=_LOUD_WITHIN)
        self._floor_dbfs = 0.0
        self._zeros_since_s: float | None = None
        self._silent_since_s: float | None = None
        self._was_muted = False
        self._told: MicrophoneFault | None = None

    def look(self, level_dbfs: float, *, muted: bool, now_s: float) -> MicrophoneFault | None:
        """The level of the newest block as it was captured, whatever is sent of it; monotonic time.

        A fault stays until its cause is gone; talking while muted, until one is heard again.
        """
        if muted is not self._was_muted:
            self._was_muted = muted
            self._levels.clear()
            self._told = None
        self._levels.append(level_dbfs)
        self._floor_dbfs = min(level_dbfs, self._floor_dbfs + _FLOOR_RISE_DB)
        if muted:
            self._zeros_since_s = self._silent_since_s = None
            if self._is_talking():
                self._told = MicrophoneFault.TALKING_WHILE_MUTED
        elif self._is_silent(level_dbfs, now_s):
            self._told = MicrophoneFault.SILENT
        elif sum(level > _LOUD_DBFS for level in self._levels) >= _LOUD_LOOKS:
            self._told = MicrophoneFault.OVERDRIVEN
        elif self._told is MicrophoneFault.SILENT or max(self._levels) < _LOUD_DBFS:
            self._told = None
        return self._told

    def _is_talking(self) -> bool:
        bar_dbfs = max(_VOICE_DBFS, self._floor_dbfs + _VOICE_OVER_NOISE_DB)
        latest = tuple(self._levels)[-_VOICE_WITHIN:]
        return sum(level > bar_dbfs for level in latest) >= _VOICE_LOOKS

    def _is_silent(self, level_dbfs: float, now_s: float) -> bool:
        self._zeros_since_s = _since(self._zeros_since_s, now_s, level_dbfs <= SILENCE_DBFS)
        self._silent_since_s = _since(self._silent_since_s, now_s, level_dbfs < _SILENT_DBFS)
        zeros = self._zeros_since_s is not None and now_s - self._zeros_since_s >= _ZEROS_S
        return zeros or (self._silent_since_s is not None and now_s - self._silent_since_s >= _SILENT_S)


def _since(before_s: float | None, now_s: float, holds: bool) -> float | None:
    if not holds:
        return None
    return now_s if before_s is None else before_s
