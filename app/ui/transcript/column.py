"""Where each row of a long column stands, from its height."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Column:
    """Heights of all rows in pixels, and the sums over them. Driven by its owner."""

    def __init__(self) -> None:
        self._heights: list[float] = []
        self._tops: list[float] | None = None

    def __len__(self) -> int:
        return len(self._heights)

    def start_over(self, heights: Iterable[float]) -> None:
        """Forget all rows and take these."""
        self._heights = list(heights)
        self._tops = None

    def insert(self, at: int, heights: Iterable[float]) -> None:
        """Put rows before the row at this number."""
        self._heights[at:at] = heights
        self._tops = None

    def remove(self, first: int, last: int) -> None:
        """Take out the rows from first to last, both included."""
        del self._heights[first : last + 1]
        self._tops = None

    def set_height(self, at: int, height: float) -> bool:
        """Correct the height of a row; says whether it was another one."""
        if self._heights[at] == height:
            return False
        self._heights[at] = height
        self._tops = None
        return True

    def height(self, at: int) -> float:
        """The height of a row."""
        return self._heights[at]

    def top(self, at: int) -> float:
        """Where a row begins; for ``len(self)`` where the column ends."""
        return self._sums()[at]

    @property
    def total(self) -> float:
        """The height of the whole column."""
        return self._sums()[-1]

    def row_at(self, y: float) -> int:
        """The row that covers this height, the first or last one when it is outside."""
        return max(0, min(bisect_right(self._sums(), y) - 1, len(self._heights) - 1))

    def between(self, top: float, bottom: float) -> range:
        """The rows that are at least partly between these heights."""
        return range(self.row_at(top), self.row_at(bottom) + 1) if self._heights else range(0)

    def _sums(self) -> list[float]:
        if self._tops is None:
            self._tops = [0.0, *accumulate(self._heights)]
        return self._tops
