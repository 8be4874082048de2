"""How a meter moves: up at once, down slowly, with the peak held for a while."""

FLOOR_DBFS = -60.0
"""The left end of a meter."""
FALL_DB_PER_S = 20.0
PEAK_HOLD_S = 1.5


def share(level_dbfs: float) -> float:
    """Where a level lies between the floor (0) and full scale (1)."""
    return min(1.0, max(0.0, 1.0 - level_dbfs / FLOOR_DBFS))


class Ballistics:
    """Turns readings into what a meter shows. Driven by ``read``, once per tick."""

    def __init__(self) -> None:
        self.level_dbfs = FLOOR_DBFS
        self.peak_dbfs = FLOOR_DBFS
        self._peak_age_s = 0.0

    def read(self, level_dbfs: float, peak_dbfs: float, elapsed_s: float) -> None:
        """A reading, and how long ago the last one was."""
        fall = FALL_DB_PER_S * elapsed_s
        self.level_dbfs = max(FLOOR_DBFS, level_dbfs, self.level_dbfs - fall)
        self._peak_age_s += elapsed_s
        held = self.peak_dbfs if self._peak_age_s <= PEAK_HOLD_S else self.peak_dbfs - fall
        if max(level_dbfs, peak_dbfs) >= held:
            held = max(level_dbfs, peak_dbfs)
            self._peak_age_s = 0.0
        self.peak_dbfs = max(self.level_dbfs, held)
