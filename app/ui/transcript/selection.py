"""A marked stretch of the transcript, within one row or across several."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Between two characters of a row."""

    row: int
    offset: int


@dataclass(frozen=True, slots=True)
class Selection:
    """From where the mouse went down to where it is."""

    anchor: Place
    cursor: Place

    @property
    def start(self) -> Place:
        """The earlier end."""
        return min(self.anchor, self.cursor)

    @property
    def end(self) -> Place:
        """The later end."""
        return max(self.anchor, self.cursor)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is marked."""
        return self.anchor == self.cursor

    def span(self, row: int, length: int) -> tuple[int, int] | None:
        """The marked characters of a row that has this many; None if none are."""
        if not self.start.row <= row <= self.end.row:
            return None
        first = self.start.offset if row == self.start.row else 0
        last = self.end.offset if row == self.end.row else length
        return (min(first, length), min(last, length))
