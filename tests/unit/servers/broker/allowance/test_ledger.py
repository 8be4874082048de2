"""Days, and what comes back of a call."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.servers.broker.allowance.ledger import Allowance, Reservation, day_of, until_tomorrow_s, unused
from app.servers.broker.config.settings import Policy


def test_days_are_utc() -> None:
    east = datetime(2026, 11, 21, 1, tzinfo=timezone(timedelta(hours=2)))
    assert day_of(east) == "2026-11-20"
    assert until_tomorrow_s(east) == 3600
    assert until_tomorrow_s(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)) == 1


@pytest.mark.parametrize(
    ("used_s", "back"),
    [(0.0, (59, 590)), (0.2, (59, 590)), (1.0, (59, 590)), (1.1, (58, 580)), (60, (0, 0)), (99, (0, 0))],
)
def test_begun_seconds_count_whole(used_s: float, back: tuple[int, int]) -> None:
    assert unused(Reservation("id", "user", "day", 60, 60, 600), used_s) == back


def test_the_allowance_of_a_policy() -> None:
    assert Allowance.of(Policy(sessions=2, minutes_per_day=3, money_per_day=0.1)) == Allowance(2, 180, 100_000)
