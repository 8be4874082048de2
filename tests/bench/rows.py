"""What the bench says: rows with a figure for each side, a goal, and whether it is met."""

import json
import math
import os
import platform
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path


class Side(Enum):
    """Who was measured."""

    PARLANCE = "parlance"
    CHROMIUM = "chromium"


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure is measured by: how far Parlance's may go, given Chromium's."""

    words: str
    limit: Callable[[float], float]
    """The last figure that is good enough."""
    is_floor: bool = False
    """More is better."""
    needs_chromium: bool = False

    def __and__(self, other: "Goal") -> "Goal":
        """Both, of two ceilings."""
        return Goal(
            f"{self.words} and {other.words}",
            lambda theirs: min(self.limit(theirs), other.limit(theirs)),
            needs_chromium=self.needs_chromium or other.needs_chromium,
        )

    def missed_by(self, ours: float, theirs: float) -> float:
        """How far beyond the limit, in the figure's unit; 0 or less if the goal is met."""
        limit = self.limit(theirs)
        return limit - ours if self.is_floor else ours - limit


NO_GOAL = Goal("", lambda _theirs: math.inf)
BELOW_CHROMIUM = Goal("below Chromium", lambda theirs: math.nextafter(theirs, -math.inf), needs_chromium=True)


def at_most(limit: float) -> Goal:
    """``limit`` or less."""
    return Goal(f"≤ {limit:g}", lambda _theirs: limit)


def at_least(limit: float) -> Goal:
    """``limit`` or more."""
    return Goal(f"≥ {limit:g}", lambda _theirs: limit, is_floor=True)


def at_most_share(share: float) -> Goal:
    """So much of Chromium's."""
    return Goal(f"≤ {share:g} × Chromium", lambda theirs: share * theirs, needs_chromium=True)


def middle(values: Sequence[float]) -> float | None:
    """The median of what was measured; None if nothing was."""
    measured = [value for value in values if math.isfinite(value)]
    return statistics.median(measured) if measured else None


@dataclass(slots=True)
class Row:
    """One figure: what each run gave, for each side."""

    figure: str
    unit: str
    goal: Goal = NO_GOAL
    parlance: list[float] = field(default_factory=list)
    chromium: list[float] = field(default_factory=list)
    note: str = ""
    """Why there is no figure, or what belongs to it."""
    digits: int = 1
    if_missed: str = ""
    """Why the goal is missed, where that is known; told when it is."""

    def of(self, side: Side) -> list[float]:
        """Where the figures of a side go."""
        return self.parlance if side is Side.PARLANCE else self.chromium

    @property
    def missed_by(self) -> float | None:
        """How far from its goal it is, in its unit, 0 if it is met; None if there is none, or nothing to compare."""
        ours, theirs = middle(self.parlance), middle(self.chromium)
        if not self.goal.words or ours is None or (self.goal.needs_chromium and theirs is None):
            return None
        return max(0.0, self.goal.missed_by(ours, math.nan if theirs is None else theirs))

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None if there is none, or nothing to compare."""
        by = self.missed_by
        return None if by is None else not by

    @property
    def remark(self) -> str:
        """What belongs to the figure, and why the goal is missed if it is."""
        reason = self.if_missed if self.met is False else ""
        return "; ".join(words for words in (self.note, reason) if words)

    def to_json(self) -> dict[str, object]:
        """As the JSON file has it; ``parlance`` and ``chromium`` are medians, ``runs`` how many they are of."""
        return {
            "figure": self.figure,
            "unit": self.unit,
            "parlance": middle(self.parlance),
            "chromium": middle(self.chromium),
            "goal": self.goal.words or None,
            "met": self.met,
            "missed_by": self.missed_by,
            "runs": max(len(self.parlance), len(self.chromium)),
            "parlance_runs": [value if math.isfinite(value) else None for value in self.parlance],
            "chromium_runs": [value if math.isfinite(value) else None for value in self.chromium],
            "note": self.remark or None,
        }

    def cells(self) -> tuple[str, ...]:
        """As the table has it."""
        ours, theirs = middle(self.parlance), middle(self.chromium)
        ratio = f"{ours / theirs:.2f}" if ours is not None and theirs else ""
        by = self.missed_by
        met = "" if by is None else f"MISSED by {max(by, 10**-self.digits):.{self.digits}f}" if by else "met"
        return (
            self.figure,
            self.unit,
            _cell(self.parlance, self.digits),
            _cell(self.chromium, self.digits),
            ratio,
            self.goal.words,
            met,
            str(max(len(self.parlance), len(self.chromium))),
            self.remark,
        )


def _cell(values: Sequence[float], digits: int) -> str:
    """Median and range."""
    measured = [value for value in values if math.isfinite(value)]
    if not measured:
        return "–"
    text = f"{statistics.median(measured):.{digits}f}"
    if len(measured) > 1:
        text += f" ({min(measured):.{digits}f}–{max(measured):.{digits}f})"
    return text if len(measured) == len(values) else f"{text}, {len(values) - len(measured)} failed"


HEAD = ("figure", "unit", "Parlance", "Chromium", "ratio", "goal", "", "runs", "note")


def table(rows: Sequence[Row]) -> str:
    """One line a row, medians with their range."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([texts[0], "-" * len(texts[0]), *texts[1:]])


def write(rows: Sequence[Row], path: Path) -> None:
    """The JSON file."""
    told = {"rows": [row.to_json() for row in rows], "machine": machine()}
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def machine() -> str:
    """What the figures are of; a machine with other work to do gives other figures."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.platform(terse=True)}"
