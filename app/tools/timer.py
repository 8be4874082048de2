"""Timers: set, list, cancel."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from app.tools.desk import Desk
from app.tools.tool import Arguments, Tool, ToolResult, answer, failure

MOST: Final = 20
LONGEST_S: Final = 86_400
_LONGEST_LABEL: Final = 40
_TIME_LIMIT_S: Final = 5.0
_UNITS: Final = ((3600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True, slots=True)
class _Running:
    number: int
    seconds: int
    label: str
    ends: datetime
    call_off: Callable[[], None]

    def fields(self) -> dict[str, object]:
        """What the model is told."""
        return {"number": self.number, "label": self.label, "ends_at": self.ends.isoformat(timespec="seconds")}


class Timers:
    """The running timers. Driven by the three functions and by the desk, which calls when a timer is over."""

    def __init__(self) -> None:
        self._running: Final[dict[int, _Running]] = {}
        self._numbers: Final = itertools.count(1)

    def tools(self) -> tuple[Tool, ...]:
        """The functions that act on these timers."""
        return (
            Tool(
                name="set_timer",
                title="Timer",
                description="Starts a timer; the person gets a notification when it ends. Several may run at once.",
                parameters=_SET,
                time_limit_s=_TIME_LIMIT_S,
                run=self._set,
            ),
            Tool(
                name="list_timers",
                title="Timer",
                description="Lists the running timers with number, label and remaining seconds.",
                parameters=_LIST,
                time_limit_s=_TIME_LIMIT_S,
                run=self._list,
            ),
            Tool(
                name="cancel_timer",
                title="Timer",
                description="Cancels a running timer.",
                parameters=_CANCEL,
                time_limit_s=_TIME_LIMIT_S,
                run=self._cancel,
            ),
        )

    async def _set(self, arguments: Arguments, desk: Desk) -> ToolResult:
        seconds = _whole(arguments["seconds"])
        label = " ".join(str(arguments.get("label", "")).split())
        if len(self._running) >= MOST:
            return failure("Timer · not set, too many are running", f"{MOST} timers are running; cancel one first.")
        number, now = next(self._numbers), desk.now()
        # Through UTC, since arithmetic within a zone overlooks the change to summer time.
        ends = (now.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(now.tzinfo)
        call_off = desk.after(seconds, lambda: self._ring(number, desk))
        timer = self._running[number] = _Running(number, seconds, label, ends, call_off)
        return answer(f"Timer {_duration(seconds)} · ends {_moment(timer, now)}", **timer.fields())

    async def _list(self, arguments: Arguments, desk: Desk) -> ToolResult:
        now = desk.now()
        timers = [
            timer.fields() | {"remaining_seconds": max(0, round((timer.ends - now).total_seconds()))}
            for timer in self._running.values()
        ]
        return answer(f"Timers · {len(timers) or 'none'} running", timers=timers)

    async def _cancel(self, arguments: Arguments, desk: Desk) -> ToolResult:
        if "number" in arguments:
            number = _whole(arguments["number"])
        elif len(self._running) == 1:
            (number,) = self._running
        else:
            return failure(
                "Timer · not cancelled, unclear which", f"{len(self._running)} timers are running; give a number."
            )
        timer = self._running.pop(number, None)
        if timer is None:
            return failure("Timer · not cancelled, it is not running", "No timer with that number is running.")
        timer.call_off()
        return answer(f"Timer {_duration(timer.seconds)} · cancelled", cancelled=number)

    def _ring(self, number: int, desk: Desk) -> None:
        timer = self._running.pop(number)
        desk.notify(timer.label or "Timer", f"Time is up: {_duration(timer.seconds)}.")


def _whole(value: object) -> int:
    """A checked "integer" of JSON, which 600.0 is too."""
    assert isinstance(value, int | float)
    return int(value)


def _duration(seconds: int) -> str:
    words = []
    for unit_s, unit in _UNITS:
        amount, seconds = divmod(seconds, unit_s)
        if amount:
            words.append(f"{amount} {unit}{'' if amount == 1 else 's'}")
    return " ".join(words)


def _moment(timer: _Running, now: datetime) -> str:
    """When it ends, as precisely as somebody wants to know who waits that long."""
    day = "" if timer.ends.date() == now.date() else "tomorrow "
    return day + f"{timer.ends:%H:%M:%S}" if timer.seconds < 60 else day + f"{timer.ends:%H:%M}"


_SET: Final = {
    "type": "object",
    "properties": {
        "seconds": {"type": "integer", "minimum": 1, "maximum": LONGEST_S, "description": "How long it runs."},
        "label": {"type": "string", "maxLength": _LONGEST_LABEL, "description": "What it is for, in a word or two."},
    },
    "required": ["seconds"],
    "additionalProperties": False,
}
_LIST: Final = {"type": "object", "properties": {}, "additionalProperties": False}
_CANCEL: Final = {
    "type": "object",
    "properties": {
        "number": {
            "type": "integer",
            "minimum": 1,
            "description": "The timer's number; may be left out when only one is running.",
        },
    },
    "additionalProperties": False,
}
