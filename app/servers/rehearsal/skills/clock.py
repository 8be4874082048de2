"""The time, the date and timers."""

import json
import re
from typing import Any, Final

from app.realtime.session import FunctionTool
from app.servers.rehearsal.ports import FunctionWish, Reply
from app.servers.rehearsal.skills.skill import Asked, Skill

_TIME: Final = re.compile(r"\b(what time|the time|time is it|current time)\b")
_DATE: Final = re.compile(r"\b(date|what day|which day|day is it)\b")
_TIMER: Final = re.compile(r"\btimer\b|\bremind me in\b|\bwake me in\b")
_DURATION: Final = re.compile(r"\b(\d{1,6}|an?) (second|minute|hour)s?\b")
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600}


def _time(asked: Asked) -> str | None:
    if not _TIME.search(asked.words):
        return None
    hour = asked.now.hour % 12 or 12
    return f"It is {hour}:{asked.now.minute:02} {'AM' if asked.now.hour < 12 else 'PM'}."


def _date(asked: Asked) -> str | None:
    if not _DATE.search(asked.words):
        return None
    return f"Today is {asked.now:%A}, {asked.now:%B} {asked.now.day}, {asked.now.year}."


def _timer(asked: Asked) -> str | Reply | None:
    if not _TIMER.search(asked.words):
        return None
    durations = _DURATION.findall(asked.words)
    if not durations:
        return "For how long? Say, for example: set a timer for two minutes."
    function = next((each for each in asked.memory.functions if "timer" in each.name.lower()), None)
    if function is None:
        return "I cannot set a timer: nobody offered me one. I can tell you the time, though."
    seconds = sum((1 if amount in ("a", "an") else int(amount)) * _SECONDS[unit] for amount, unit in durations)
    words = " and ".join(f"{amount} {unit}{'' if amount in ('a', 'an', '1') else 's'}" for amount, unit in durations)
    return Reply(calls=(FunctionWish(function.name, json.dumps(_arguments(function, seconds, words))),))


def _arguments(function: FunctionTool, seconds: int, words: str) -> dict[str, Any]:
    """Arguments for a timer whose schema is not known beforehand, guessed from the names of its properties."""
    schema = (function.parameters or {}).get("properties")
    properties = schema if isinstance(schema, dict) else {}
    found: dict[str, Any] = {}
    for name, about in properties.items():
        kind = about.get("type") if isinstance(about, dict) else None
        if "second" in name:
            found[name] = seconds
        elif "minute" in name:
            found[name] = seconds // 60 if seconds % 60 == 0 else seconds / 60
        elif "hour" in name:
            found[name] = seconds / 3600
        elif "duration" in name or "time" in name or "length" in name:
            found[name] = words if kind == "string" else seconds
        elif kind == "string":
            found[name] = "timer"
    return found or {"seconds": seconds}


TIME: Final = Skill(
    phrases=("what time is it [now]", "what is the time"),
    answer=_time,
)
DATE: Final = Skill(
    phrases=("what is the date [today]", "what day is it [today]"),
    answer=_date,
)
TIMER: Final = Skill(
    phrases=("set a timer for <small> (second | seconds | minute | minutes | hour | hours)",),
    answer=_timer,
)
