"""Whether the process lives, and whether it can do its work: two questions with two answers."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from app.servers.broker.allowance.ledger import Ledger, StoreGone
from app.servers.broker.people.static_tokens import StaticTokens
from app.servers.broker.upstream.circuit import Breaker, Circuit

_KEPT_S: Final = 1.0
"""The store is asked at most once in this time: anybody may ask for health."""


class Health:
    """Event loop only."""

    def __init__(
        self,
        ledger: Ledger,
        breaker: Breaker,
        tokens: StaticTokens,
        now: Callable[[], datetime],
        clock_s: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._breaker = breaker
        self._tokens = tokens
        self._now = now
        self._clock_s = clock_s
        self._asked_s: float | None = None
        self._calls: int | None = None
        self.draining = False
        """Set once, when the process is told to end."""

    async def calls(self) -> int | None:
        """Running calls over all replicas; None when the store is gone."""
        if self._asked_s is None or self._clock_s() - self._asked_s >= _KEPT_S:
            try:
                self._calls = await self._ledger.running()
            except StoreGone:
                self._calls = None
            self._asked_s = self._clock_s()
        return self._calls

    async def report(self) -> dict[str, object]:
        """What is well and what is not, in words that tell a stranger nothing."""
        checks = {
            "accepting": not self.draining,
            "store": await self.calls() is not None,
            "upstream": self._breaker.state is not Circuit.OPEN,
            "tokens": self._tokens.readable,
        }
        ready = all(checks.values())
        return {
            "status": "ok" if ready else "degraded",
            "timestamp": self._now().isoformat(timespec="milliseconds"),
            "live": True,
            "ready": ready,
            "checks": {name: "ok" if well else "failing" for name, well in checks.items()},
        }
