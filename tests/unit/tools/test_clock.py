import json
from datetime import datetime, timedelta, timezone

import pytest

from app.tools.clock import CLOCK
from tests.support.desk import FakeDesk


async def test_the_time_where_the_person_is() -> None:
    result = await CLOCK.run({}, FakeDesk())

    assert json.loads(result.output) == {
        "time": "2026-03-28T14:03:00+01:00",
        "weekday": "Saturday",
        "zone": "Europe/Berlin",
    }
    assert result.card == "Time 14:03 · Saturday, Europe/Berlin"


async def test_the_time_elsewhere_may_be_another_day() -> None:
    result = await CLOCK.run({"zone": "Pacific/Kiritimati"}, FakeDesk())

    assert json.loads(result.output)["time"] == "2026-03-29T03:03:00+14:00"
    assert result.card == "Time 03:03 · Sunday, Pacific/Kiritimati"


async def test_a_system_that_knows_its_offset_only() -> None:
    here = timezone(timedelta(hours=5, minutes=30), "IST")

    result = await CLOCK.run({}, FakeDesk(time=datetime(2026, 1, 1, 0, 30, tzinfo=here)))

    assert json.loads(result.output) == {"time": "2026-01-01T00:30:00+05:30", "weekday": "Thursday", "zone": "IST"}


@pytest.mark.parametrize(
    "zone", ["", "Nowhere", "Europe", "../../../etc/passwd", "/etc/localtime", "leapseconds", "a\0b", "ü" * 64]
)
async def test_a_zone_that_is_none(zone: str) -> None:
    result = await CLOCK.run({"zone": zone}, FakeDesk())

    assert json.loads(result.output) == {"error": "No time zone has that name. Use one such as Europe/Berlin."}
    assert result.card == "Time · no such time zone"
