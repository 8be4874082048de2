"""The ledger of a single process. Its methods never wait, so each is atomic on the event loop."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from app.servers.broker.allowance.ledger import (
    Allowance,
    Call,
    Exhausted,
    Refused,
    Reservation,
    day_of,
    until_tomorrow_s,
    unused,
)


@dataclass(slots=True)
class _Account:
    """One person's."""

    day: str = ""
    seconds: int = 0
    micro: int = 0
    held: dict[str, float] = field(default_factory=dict)
    """Reservation ids to when their place is free again, in monotonic seconds."""


@dataclass(slots=True)
class _Running:
    call: Call
    begun_s: float
    due_s: float


class MemoryLedger:
    """Counts in this process alone; a restart forgets."""

    def __init__(self, clock_s: Callable[[], float], now: Callable[[], datetime]) -> None:
        """``clock_s`` is monotonic; ``now`` is the wall clock, because days are the calendar's."""
        self._clock_s = clock_s
        self._now = now
        self._accounts: dict[str, _Account] = {}
        self._calls: dict[str, _Running] = {}
        self._today = ""

    async def reserve(self, reservation: Reservation, allowance: Allowance) -> Refused | None:
        """See Ledger."""
        at_s = self._clock_s()
        self._forget(at_s)
        account = self._accounts.setdefault(reservation.user, _Account())
        if account.day != reservation.day:
            account.day, account.seconds, account.micro = reservation.day, 0, 0
        account.held = {each: until_s for each, until_s in account.held.items() if until_s > at_s}
        refused = self._over(account, reservation, allowance, at_s)
        if refused is None:
            account.seconds += reservation.seconds
            account.micro += reservation.micro
            account.held[reservation.id] = at_s + reservation.held_s
        return refused

    async def release(self, reservation: Reservation) -> None:
        """See Ledger."""
        self._give_back(reservation, reservation.seconds, reservation.micro)

    async def begin(self, call: Call) -> None:
        """See Ledger."""
        at_s = self._clock_s()
        self._calls[call.id] = _Running(call, at_s, at_s + call.reservation.seconds)

    async def owner(self, call_id: str) -> str:
        """See Ledger."""
        running = self._calls.get(call_id)
        return running.call.user if running else ""

    async def end(self, call_id: str) -> None:
        """See Ledger."""
        running = self._calls.pop(call_id, None)
        if running is not None:
            reservation = running.call.reservation
            self._give_back(reservation, *unused(reservation, self._clock_s() - running.begun_s))

    async def due(self, claimed_for_s: float) -> list[str]:
        """See Ledger."""
        at_s = self._clock_s()
        due = [call_id for call_id, running in self._calls.items() if running.due_s <= at_s]
        for call_id in due:
            self._calls[call_id].due_s = at_s + claimed_for_s
        return due

    async def running(self) -> int:
        """See Ledger."""
        return len(self._calls)

    async def check(self) -> None:
        """See Ledger."""

    async def close(self) -> None:
        """See Ledger."""

    def _over(self, account: _Account, wanted: Reservation, most: Allowance, at_s: float) -> Refused | None:
        if len(account.held) >= most.sessions:
            return Refused(Exhausted.SESSIONS, min(account.held.values()) - at_s)
        if most.seconds and account.seconds + wanted.seconds > most.seconds:
            return Refused(Exhausted.MINUTES, until_tomorrow_s(self._now()))
        if most.micro and account.micro + wanted.micro > most.micro:
            return Refused(Exhausted.MONEY, until_tomorrow_s(self._now()))
        return None

    def _give_back(self, reservation: Reservation, seconds: int, micro: int) -> None:
        account = self._accounts.get(reservation.user)
        if account is None:
            return
        account.held.pop(reservation.id, None)
        if account.day == reservation.day:
            account.seconds -= seconds
            account.micro -= micro

    def _forget(self, at_s: float) -> None:
        """Once a day, drop the accounts of people who hold nothing."""
        today = day_of(self._now())
        if self._today != today:
            self._today = today
            held = {
                user: any(until_s > at_s for until_s in each.held.values()) for user, each in self._accounts.items()
            }
            self._accounts = {user: account for user, account in self._accounts.items() if held[user]}
