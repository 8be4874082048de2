"""A circuit breaker: after failures in a row the server is left alone for a while, then one request may try. Pure."""

from collections.abc import Callable
from enum import Enum


class Circuit(Enum):
    """What the breaker does with the next request."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Event loop only."""

    def __init__(self, failures: int, open_s: float, clock_s: Callable[[], float]) -> None:
        """``clock_s`` is monotonic."""
        self._most = failures
        self._open_s = open_s
        self._clock_s = clock_s
        self._failures = 0
        self._opened_s: float | None = None
        self._trying_since_s: float | None = None

    @property
    def state(self) -> Circuit:
        """Where it stands."""
        if self._opened_s is None:
            return Circuit.CLOSED
        return Circuit.OPEN if self.wait_s() > 0 else Circuit.HALF_OPEN

    def wait_s(self) -> float:
        """Seconds until the next request may try; 0 when it may now."""
        since_s = self._trying_since_s if self._trying_since_s is not None else self._opened_s
        return 0.0 if since_s is None else max(0.0, since_s + self._open_s - self._clock_s())

    def enter(self) -> float:
        """0 for a request that may go on, which then must say how it ended; or the seconds to wait."""
        if self._opened_s is None:
            return 0.0
        wait_s = self.wait_s()
        if wait_s == 0.0:
            # One at a time, and another one only when this one never tells how it ended.
            self._trying_since_s = self._clock_s()
        return wait_s

    def succeeded(self) -> None:
        """The server answered, if only to refuse."""
        self._failures, self._opened_s, self._trying_since_s = 0, None, None

    def failed(self) -> None:
        """The server did not answer, or said that it is ill."""
        self._failures += 1
        if self._opened_s is not None or self._failures >= self._most:
            self._opened_s, self._trying_since_s = self._clock_s(), None
