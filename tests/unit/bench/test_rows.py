"""The table and its goals."""

import json
import math
from pathlib import Path

import pytest

from tests.bench.rows import BELOW_CHROMIUM, Goal, Row, at_least, at_most, at_most_share, table, write


@pytest.mark.parametrize(
    ("goal", "ours", "theirs", "met"),
    [
        (at_most(30), [29.0, 31.0, 28.0], [], True),
        (at_most(30), [31.0], [], False),
        (at_least(40), [40.0], [], True),
        (BELOW_CHROMIUM, [1.0], [1.1], True),
        (BELOW_CHROMIUM, [1.1], [1.1], False),
        (BELOW_CHROMIUM, [1.0], [], None),
        (at_most(30) & at_most_share(0.6), [29.0], [40.0], False),
        (at_most(30) & at_most_share(0.6), [24.0], [40.0], True),
        (at_most(30), [], [], None),
        (at_most(30), [math.nan], [], None),
    ],
)
def test_a_goal_is_met_by_medians_and_only_by_what_was_measured(
    goal: Goal, ours: list[float], theirs: list[float], met: bool | None
) -> None:
    assert Row("figure", "ms", goal, ours, theirs).met is met


def test_the_file_has_the_agreed_fields(tmp_path: Path) -> None:
    row = Row("delay", "ms", at_most(30), [20.0, math.nan, 22.0], [50.0, 40.0, 60.0])
    write([row, Row("nothing measured", "ms")], tmp_path / "bench.json")
    first, second = json.loads((tmp_path / "bench.json").read_text())["rows"]
    agreed = {name: first[name] for name in ("figure", "unit", "parlance", "chromium", "goal", "met", "runs")}
    assert agreed == {
        "figure": "delay",
        "unit": "ms",
        "parlance": 21.0,
        "chromium": 50.0,
        "goal": "≤ 30",
        "met": True,
        "runs": 3,
    }
    assert first["parlance_runs"] == [20.0, None, 22.0]
    assert (second["parlance"], second["goal"], second["met"], second["runs"]) == (None, None, None, 0)


def test_the_table_shows_median_range_ratio_and_failures() -> None:
    text = table([Row("delay", "ms", at_most(10), [20.0, 10.0, 30.0, math.nan], [40.0])])
    assert text.splitlines()[-1].split("  ")[0] == "delay"
    for words in ("20.0 (10.0–30.0), 1 failed", "40.0", "0.50", "≤ 10", "MISSED"):
        assert words in text


@pytest.mark.parametrize(
    ("goal", "ours", "theirs", "by"),
    [
        (at_most(30), 33.0, [], "MISSED by 3.0"),
        (at_least(40), 38.5, [], "MISSED by 1.5"),
        (at_most(30) & at_most_share(0.5), 29.0, [50.0], "MISSED by 4.0"),
        (BELOW_CHROMIUM, 50.0, [50.0], "MISSED by 0.1"),
    ],
)
def test_a_missed_goal_says_by_how_much_and_why(goal: Goal, ours: float, theirs: list[float], by: str) -> None:
    text = table([Row("figure", "ms", goal, [ours], theirs, note="of three", if_missed="the wind")])
    assert by in text
    assert text.endswith("of three; the wind")


def test_a_goal_that_is_met_needs_no_excuse() -> None:
    text = table([Row("figure", "ms", at_most(30), [29.0], note="of three", if_missed="the wind")])
    assert text.endswith("of three")
    assert "MISSED" not in text
