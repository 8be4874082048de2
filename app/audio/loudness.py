"""How loud a person's voice should arrive, and what has to be done to it for that."""

from enum import Enum
from typing import Final

MOST_DB: Final = 24.0
"""Of gain, either way: what needs more is too far from the microphone, or the wrong one."""
_UNHEARD_DBFS: Final = -55.0


class Target(Enum):
    """Where the loudest 10 ms of speech should lie."""

    AS_IT_COMES = "as-it-comes"
    """Nothing is done to it."""
    SOFT = "soft"
    NORMAL = "normal"
    LOUD = "loud"

    @property
    def band_dbfs(self) -> tuple[float, float]:
        """From where on it is right, and up to where."""
        return _BANDS_DBFS[self]

    def gain_db(self, voice_dbfs: float) -> float:
        """What brings a voice into the middle of the band, as far as that may go."""
        if self is Target.AS_IT_COMES:
            return 0.0
        lowest, highest = self.band_dbfs
        return min(MOST_DB, max(-MOST_DB, (lowest + highest) / 2 - voice_dbfs))


_BANDS_DBFS: Final = {
    Target.AS_IT_COMES: (-36.0, -12.0),
    Target.SOFT: (-36.0, -24.0),
    Target.NORMAL: (-30.0, -18.0),
    Target.LOUD: (-24.0, -12.0),
}
"""Recognisers and codecs do well far below; the upper end leaves a laugh some room before it clips."""


class Loudness(Enum):
    """How a person's voice arrives."""

    UNHEARD = "unheard"
    QUIET = "quiet"
    GOOD = "good"
    LOUD = "loud"
    CLIPPED = "clipped"
    """Its peaks are cut off in the microphone, and no gain mends that."""


def loudness_of(peak_dbfs: float, target: Target = Target.AS_IT_COMES, gain_db: float = 0.0) -> Loudness:
    """What a meter's held peak (RMS of its loudest 10 ms) at the microphone means, with that gain behind it."""
    if peak_dbfs < _UNHEARD_DBFS:
        return Loudness.UNHEARD
    lowest, highest = target.band_dbfs
    if peak_dbfs + gain_db < lowest:
        return Loudness.QUIET
    return Loudness.GOOD if peak_dbfs + gain_db <= highest else Loudness.LOUD
