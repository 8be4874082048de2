"""The time, here or elsewhere."""

from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from app.tools.desk import Desk
from app.tools.tool import Arguments, Tool, ToolResult, answer, failure

# strftime would speak the language of the system, which Qt puts in force for the process.
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


async def _tell(arguments: Arguments, desk: Desk) -> ToolResult:
    now = desk.now()
    if "zone" in arguments:
        zone = _zone(str(arguments["zone"]))
        if zone is None:
            return failure("Time · no such time zone", "No time zone has that name. Use one such as Europe/Berlin.")
        now = now.astimezone(zone)
    day = _DAYS[now.weekday()]
    return answer(
        f"Time {now:%H:%M} · {day}, {now.tzinfo}",
        time=now.isoformat(timespec="seconds"),
        weekday=day,
        zone=str(now.tzinfo),
    )


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    # KeyError: unknown; ValueError: no name at all; OSError: a folder of the tzdata package, such as "Europe".
    except (KeyError, ValueError, OSError):
        return None


CLOCK: Final = Tool(
    name="current_time",
    title="Time",
    description="Tells the present date, weekday and time with its UTC offset, where the person is or in another zone.",
    parameters={
        "type": "object",
        "properties": {
            "zone": {
                "type": "string",
                "maxLength": 64,
                "description": "IANA name such as Asia/Tokyo. Leave out for where the person is.",
            },
        },
        "additionalProperties": False,
    },
    time_limit_s=5.0,
    run=_tell,
)
