"""The leash: calls over their policy's length are hung up, by whichever replica is alive."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from app.servers.broker.allowance.ledger import Call, Ledger, StoreGone

_log = logging.getLogger("parlance.broker")

_CLAIM_S: Final = 30.0
"""So long a replica may take for hanging up before another one tries."""


class HangUp(Protocol):
    """Ends a call upstream."""

    async def __call__(self, call_id: str) -> bool:
        """Whether the call is over now, which includes that it was before."""


class Leash:
    """Holds every call that was begun through this broker."""

    def __init__(
        self,
        ledger: Ledger,
        hang_up: HangUp,
        clock_s: Callable[[], float],
        ended: Callable[[str, str], Awaitable[None]],
    ) -> None:
        """``ended`` is told call and outcome of each hang-up."""
        self._ledger = ledger
        self._hang_up = hang_up
        self._clock_s = clock_s
        self._ended = ended
        self._own: dict[str, float] = {}
        """Calls begun here and when they are over: hung up from here even while the shared ledger is gone."""

    async def begin(self, call: Call) -> None:
        """Put a call on the leash; raises StoreGone, and the call is on this replica's leash even then."""
        self._own[call.id] = self._clock_s() + call.reservation.seconds
        await self._ledger.begin(call)

    async def end(self, call_id: str) -> bool:
        """Hang up and settle; False when the call may still run. Raises StoreGone after hanging up."""
        if not await self._hang_up(call_id):
            return False
        self._own.pop(call_id, None)
        await self._ledger.end(call_id)
        return True

    async def pull_back(self, call_id: str) -> None:
        """Hang up a call that should not have begun; where that fails, it stays on the leash and is due now."""
        self._own[call_id] = self._clock_s()
        await self._let_go(call_id)

    async def hold(self, every_s: float) -> None:
        """Look for calls that are over, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            await self.pull()

    async def pull(self) -> None:
        """Hang up every call that is over now."""
        at_s = self._clock_s()
        due = [call_id for call_id, until_s in self._own.items() if until_s <= at_s]
        try:
            due += await self._ledger.due(_CLAIM_S)
        except StoreGone:
            _log.error("x leash: the store is gone; calls begun here are still held")
        for call_id in dict.fromkeys(due):
            await self._let_go(call_id)

    async def drop_all(self) -> None:
        """Hang up every call begun here: nobody would hold them after this process."""
        for call_id in list(self._own):
            await self._let_go(call_id)

    async def _let_go(self, call_id: str) -> None:
        try:
            over = await self.end(call_id)
        except StoreGone:
            over = True
        if not over and call_id in self._own:
            self._own[call_id] = self._clock_s() + _CLAIM_S
        await self._ended(call_id, "hung_up" if over else "hang_up_failed")
