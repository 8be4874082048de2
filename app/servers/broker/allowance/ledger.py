"""What is counted for each person, and the port to where it is kept: in this process, or in Redis for many.

A session is reserved before anything is asked upstream, at its full possible length: seconds and money of the day, and
a place among the sessions at a time. What a call did not use comes back when it is hung up through the broker.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final, Protocol

from app.servers.broker.config.settings import Policy

MICRO: Final = 1_000_000
"""Money is counted in millionths, because whole numbers add up exactly."""
DAY_KEPT_S: Final = 2 * 86_400


class StoreGone(Exception):
    """What is counted cannot be reached: nothing may be spent until it can."""


class Exhausted(Enum):
    """Which allowance is used up."""

    SESSIONS = "too_many_sessions"
    MINUTES = "daily_minutes_spent"
    MONEY = "daily_money_spent"


@dataclass(frozen=True, slots=True)
class Refused:
    """A reservation that was not made."""

    what: Exhausted
    retry_after_s: float


@dataclass(frozen=True, slots=True)
class Reservation:
    """What one session takes of a person's allowance."""

    id: str
    user: str
    day: str
    """The UTC day it counts for: ``2026-11-20``."""
    held_s: int
    """How long it takes a place among the sessions."""
    seconds: int
    micro: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """The most that a person may have; 0 means no limit."""

    sessions: int
    seconds: int
    micro: int

    @classmethod
    def of(cls, policy: Policy) -> "Allowance":
        """The allowance of a policy."""
        return cls(policy.sessions, policy.minutes_per_day * 60, round(policy.money_per_day * MICRO))


@dataclass(frozen=True, slots=True)
class Call:
    """A running call whose id the broker knows."""

    id: str
    user: str
    reservation: Reservation


class Ledger(Protocol):
    """Where it is kept. Every method is atomic over all replicas and raises StoreGone when the store is not there."""

    async def reserve(self, reservation: Reservation, allowance: Allowance) -> Refused | None:
        """Take all of it, or nothing."""

    async def release(self, reservation: Reservation) -> None:
        """Give all of it back: the session did not begin."""

    async def begin(self, call: Call) -> None:
        """The reservation became this call; its length counts from now."""

    async def owner(self, call_id: str) -> str:
        """Whose running call this is; ``""`` for nobody's."""

    async def end(self, call_id: str) -> None:
        """The call is over: its place is free, and the time it did not use comes back. Nothing for unknown ids."""

    async def due(self, claimed_for_s: float) -> list[str]:
        """Calls over their length, each told to one asker; the next one hears of it ``claimed_for_s`` later."""

    async def running(self) -> int:
        """How many calls are running."""

    async def check(self) -> None:
        """Nothing, or StoreGone."""

    async def close(self) -> None:
        """Let go of connections."""


def day_of(now: datetime) -> str:
    """The UTC day that spending counts for."""
    return now.astimezone(UTC).date().isoformat()


def until_tomorrow_s(now: datetime) -> float:
    """Seconds until the next UTC day begins."""
    midnight = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
    return (midnight - now).total_seconds()


def unused(reservation: Reservation, used_s: float) -> tuple[int, int]:
    """Seconds and money that come back of a call that lasted ``used_s``; begun seconds count whole."""
    if reservation.seconds <= 0:
        return 0, 0
    spent_s = min(reservation.seconds, max(1, int(used_s) + (used_s > int(used_s))))
    left_s = reservation.seconds - spent_s
    return left_s, reservation.micro * left_s // reservation.seconds
