import json
from typing import Any

import pytest

from app.tools.registry import LONGEST_OUTPUT_BYTES, Registry
from app.tools.timer import LONGEST_S, MOST, Timers
from app.tools.tool import ToolResult
from tests.support.desk import FakeDesk


class Kitchen:
    """Timers, called the way a model calls them."""

    def __init__(self) -> None:
        self.desk = FakeDesk()
        self._registry = Registry(Timers().tools())

    async def call(self, name: str, **arguments: object) -> ToolResult:
        return await self._registry.call(name, json.dumps(arguments), self.desk)

    async def told(self, name: str, **arguments: object) -> Any:
        return json.loads((await self.call(name, **arguments)).output)


@pytest.fixture
def kitchen() -> Kitchen:
    return Kitchen()


async def test_a_timer_is_set(kitchen: Kitchen) -> None:
    result = await kitchen.call("set_timer", seconds=600, label=" tea\n ")

    assert json.loads(result.output) == {"number": 1, "label": "tea", "ends_at": "2026-03-28T14:13:00+01:00"}
    assert result.card == "Timer 10 minutes · ends 14:13"


@pytest.mark.parametrize(
    ("seconds", "card"),
    [
        (1, "Timer 1 second · ends 14:03:01"),
        (59.0, "Timer 59 seconds · ends 14:03:59"),
        (90, "Timer 1 minute 30 seconds · ends 14:04"),
        (3600, "Timer 1 hour · ends 15:03"),
        (7325, "Timer 2 hours 2 minutes 5 seconds · ends 16:05"),
        # The clocks go forward in that night.
        (43_200, "Timer 12 hours · ends tomorrow 03:03"),
        (LONGEST_S, "Timer 24 hours · ends tomorrow 15:03"),
    ],
)
async def test_the_card_says_how_long_and_until_when(kitchen: Kitchen, seconds: float, card: str) -> None:
    assert (await kitchen.call("set_timer", seconds=seconds)).card == card


@pytest.mark.parametrize("seconds", [0, -5, LONGEST_S + 1, 1.5, "10", True, None])
async def test_no_timer_of_such_a_length(kitchen: Kitchen, seconds: object) -> None:
    assert "seconds" in (await kitchen.told("set_timer", seconds=seconds))["error"]
    assert kitchen.desk.waiting == {}


async def test_a_timer_rings_once_and_is_gone(kitchen: Kitchen) -> None:
    await kitchen.call("set_timer", seconds=60, label="Eggs")
    await kitchen.call("set_timer", seconds=600)

    kitchen.desk.pass_time(59)
    assert kitchen.desk.notifications == []
    kitchen.desk.pass_time(1)
    assert kitchen.desk.notifications == [("Eggs", "Time is up: 1 minute.")]
    kitchen.desk.pass_time(1000)
    assert kitchen.desk.notifications[1:] == [("Timer", "Time is up: 10 minutes.")]
    assert await kitchen.told("list_timers") == {"timers": []}


async def test_the_list_says_what_is_left(kitchen: Kitchen) -> None:
    await kitchen.call("set_timer", seconds=600, label="Pasta")
    await kitchen.call("set_timer", seconds=60)
    kitchen.desk.pass_time(20)

    result = await kitchen.call("list_timers")

    assert json.loads(result.output)["timers"] == [
        {"number": 1, "label": "Pasta", "ends_at": "2026-03-28T14:13:00+01:00", "remaining_seconds": 580},
        {"number": 2, "label": "", "ends_at": "2026-03-28T14:04:00+01:00", "remaining_seconds": 40},
    ]
    assert result.card == "Timers · 2 running"


async def test_an_empty_list(kitchen: Kitchen) -> None:
    assert (await kitchen.call("list_timers")).card == "Timers · none running"


async def test_a_cancelled_timer_stays_silent(kitchen: Kitchen) -> None:
    await kitchen.call("set_timer", seconds=60)
    await kitchen.call("set_timer", seconds=90)

    result = await kitchen.call("cancel_timer", number=1)
    kitchen.desk.pass_time(100)

    assert result == ToolResult('{"cancelled": 1}', "Timer 1 minute · cancelled")
    assert kitchen.desk.notifications == [("Timer", "Time is up: 1 minute 30 seconds.")]


async def test_the_only_timer_needs_no_number(kitchen: Kitchen) -> None:
    await kitchen.call("set_timer", seconds=60)

    assert await kitchen.told("cancel_timer") == {"cancelled": 1}
    assert await kitchen.told("cancel_timer") == {"error": "0 timers are running; give a number."}


async def test_which_of_two_must_be_said(kitchen: Kitchen) -> None:
    await kitchen.call("set_timer", seconds=60)
    await kitchen.call("set_timer", seconds=60)

    assert await kitchen.told("cancel_timer") == {"error": "2 timers are running; give a number."}
    assert await kitchen.told("cancel_timer", number=7) == {"error": "No timer with that number is running."}
    assert len(kitchen.desk.waiting) == 2


async def test_there_are_only_so_many_and_their_list_can_be_told(kitchen: Kitchen) -> None:
    for _ in range(MOST):
        await kitchen.call("set_timer", seconds=LONGEST_S, label="\x01" * 40)

    result = await kitchen.call("set_timer", seconds=60)

    assert result.card == "Timer · not set, too many are running"
    assert len(kitchen.desk.waiting) == MOST
    listed = await kitchen.call("list_timers")
    assert len(json.loads(listed.output)["timers"]) == MOST
    assert len(listed.output.encode()) <= LONGEST_OUTPUT_BYTES
    kitchen.desk.pass_time(LONGEST_S)
    assert "error" not in await kitchen.told("set_timer", seconds=60)
