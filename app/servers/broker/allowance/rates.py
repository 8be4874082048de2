"""Requests per time, by throttled's GCRA: in memory, or in Redis by one script and Redis's own clock."""

import math
from datetime import timedelta
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError
from throttled.asyncio import BaseStore, MemoryStore, RateLimiterRegistry, RedisStore, RedisStoreBackend, per_duration
from throttled.asyncio.rate_limiter import BaseRateLimiter
from throttled.exceptions import BaseThrottledError

from app.servers.broker.allowance.ledger import StoreGone
from app.servers.broker.config.fields import Rate

_REMEMBERED: Final = 65_536
"""Keys kept in memory; the one used longest ago is forgotten first."""


class Rates:
    """Counts requests by key. Event loop only."""

    def __init__(self, redis: Redis | None, prefix: str) -> None:
        self._prefix = prefix
        self._store: BaseStore = MemoryStore(options={"MAX_SIZE": _REMEMBERED}) if redis is None else _store_in(redis)
        self._limiters: dict[Rate, BaseRateLimiter] = {}

    async def take(self, rate: Rate, *key: str) -> float:
        """0 and one request counted, or the seconds to wait and nothing counted. Raises StoreGone."""
        try:
            result = await self._limiter(rate).limit(":".join(key))
        except (BaseThrottledError, RedisError, OSError, TimeoutError) as trouble:
            raise StoreGone(type(trouble).__name__) from None
        return max(result.state.retry_after, 0.001) if result.limited else 0.0

    def _limiter(self, rate: Rate) -> BaseRateLimiter:
        """One for each rate in the configuration."""
        if rate not in self._limiters:
            quota = per_duration(timedelta(seconds=rate.period_s), rate.requests)
            kind = RateLimiterRegistry.get("gcra")
            self._limiters[rate] = kind(quota, self._store, key_prefix=f"{self._prefix}:rate")
        return self._limiters[rate]


def _store_in(redis: Redis) -> RedisStore:
    """The library's store over the connections that the ledger uses as well."""

    class Backend(RedisStoreBackend):
        def get_client(self) -> Any:
            return redis

    class Store(RedisStore):
        _BACKEND_CLASS = Backend

    return Store()


def whole_seconds(wait_s: float) -> int:
    """A wait as Retry-After has it (RFC 9110 section 10.2.3)."""
    return max(1, math.ceil(wait_s))
