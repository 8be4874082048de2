"""The ledger that replicas share. Each method is one Lua script, which Redis runs whole and by its own clock.

Keys, all below the prefix: ``held:<user>`` sorted set of reservations by when their place is free; ``day:<day>:<user>``
hash of seconds and micro; ``call:<id>`` hash of a call; ``due`` sorted set of call ids by when they are over.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.servers.broker.allowance.ledger import (
    DAY_KEPT_S,
    Allowance,
    Call,
    Exhausted,
    Refused,
    Reservation,
    StoreGone,
    until_tomorrow_s,
)
from app.servers.broker.config.settings import Redis as Place

_NOW: Final = "local t = redis.call('TIME'); local now = t[1] + t[2] / 1000000\n"
# A reservation that is there already was made by a try whose answer got lost: it is not made twice.
_RESERVE: Final = (
    _NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return {'', '0'} end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[5]) then
  local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return {'too_many_sessions', tostring(first[2] - now)}
end
local seconds = tonumber(redis.call('HGET', KEYS[2], 'seconds') or 0)
local micro = tonumber(redis.call('HGET', KEYS[2], 'micro') or 0)
local most_seconds, most_micro = tonumber(ARGV[6]), tonumber(ARGV[7])
if most_seconds > 0 and seconds + ARGV[3] > most_seconds then return {'daily_minutes_spent', ''} end
if most_micro > 0 and micro + ARGV[4] > most_micro then return {'daily_money_spent', ''} end
redis.call('HINCRBY', KEYS[2], 'seconds', ARGV[3])
redis.call('HINCRBY', KEYS[2], 'micro', ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[8])
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], math.max(redis.call('TTL', KEYS[1]), math.ceil(ARGV[2]) + 1))
return {'', '0'}
"""
)
_RELEASE: Final = """
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('HINCRBY', KEYS[2], 'seconds', -ARGV[2])
  redis.call('HINCRBY', KEYS[2], 'micro', -ARGV[3])
end
return 1
"""
_BEGIN: Final = (
    _NOW
    + """
redis.call('HSET', KEYS[1], 'user', ARGV[2], 'id', ARGV[3], 'day', ARGV[4], 'seconds', ARGV[5], 'micro', ARGV[6],
           'begun', tostring(now))
redis.call('EXPIRE', KEYS[1], ARGV[7])
redis.call('ZADD', KEYS[2], now + ARGV[5], ARGV[1])
return 1
"""
)
_END: Final = (
    _NOW
    + """
local call = redis.call('HGETALL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
if #call == 0 then return 0 end
local said = {}
for i = 1, #call, 2 do said[call[i]] = call[i + 1] end
redis.call('DEL', KEYS[1])
redis.call('ZREM', ARGV[2] .. ':held:' .. said.user, said.id)
local seconds = tonumber(said.seconds)
local left = seconds - math.min(seconds, math.max(1, math.ceil(now - said.begun)))
local day = ARGV[2] .. ':day:' .. said.day .. ':' .. said.user
if left > 0 and redis.call('EXISTS', day) == 1 then
  redis.call('HINCRBY', day, 'seconds', -left)
  redis.call('HINCRBY', day, 'micro', -math.floor(said.micro * left / seconds))
end
return 1
"""
)
_DUE: Final = (
    _NOW
    + """
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 100)
for _, id in ipairs(due) do redis.call('ZADD', KEYS[1], now + ARGV[1], id) end
return due
"""
)


def connected(place: Place) -> Redis:
    """A client whose every answer has a deadline; it connects when first asked."""
    return Redis.from_url(
        place.url,
        decode_responses=True,
        socket_timeout=place.timeout_s,
        socket_connect_timeout=place.timeout_s,
        max_connections=place.connections,
        # One more try, for connections that a restart of Redis left dead in the pool; every script bears repeating.
        retry=Retry(NoBackoff(), 1),
    )


class RedisLedger:
    """Counts in Redis, exactly, however many replicas ask at once. One Redis or one primary: no cluster."""

    def __init__(self, redis: Redis, prefix: str, now: Callable[[], datetime]) -> None:
        """``now`` is the wall clock, for the time until tomorrow alone."""
        self._redis = redis
        self._prefix = prefix
        self._now = now
        scripts = (_RESERVE, _RELEASE, _BEGIN, _END, _DUE)
        self._reserve, self._release, self._begin, self._end, self._due = map(self._redis.register_script, scripts)

    async def reserve(self, reservation: Reservation, allowance: Allowance) -> Refused | None:
        """See Ledger."""
        taken: list[str | int] = [reservation.id, reservation.held_s, reservation.seconds, reservation.micro]
        most = [allowance.sessions, allowance.seconds, allowance.micro, DAY_KEPT_S]
        what, after = await self._asked(self._reserve(self._account(reservation), [*taken, *most]))
        if not what:
            return None
        return Refused(Exhausted(what), float(after) if after else until_tomorrow_s(self._now()))

    async def release(self, reservation: Reservation) -> None:
        """See Ledger."""
        back: list[str | int] = [reservation.id, reservation.seconds, reservation.micro]
        await self._asked(self._release(self._account(reservation), back))

    async def begin(self, call: Call) -> None:
        """See Ledger."""
        taken = call.reservation
        said: list[str | int] = [call.id, call.user, taken.id, taken.day, taken.seconds, taken.micro, DAY_KEPT_S]
        await self._asked(self._begin([self._key("call", call.id), self._key("due")], said))

    async def owner(self, call_id: str) -> str:
        """See Ledger."""
        return await self._asked(self._redis.hget(self._key("call", call_id), "user")) or ""

    async def end(self, call_id: str) -> None:
        """See Ledger."""
        await self._asked(self._end([self._key("call", call_id), self._key("due")], [call_id, self._prefix]))

    async def due(self, claimed_for_s: float) -> list[str]:
        """See Ledger."""
        return list(await self._asked(self._due([self._key("due")], [claimed_for_s])))

    async def running(self) -> int:
        """See Ledger."""
        return int(await self._asked(self._redis.zcard(self._key("due"))))

    async def check(self) -> None:
        """See Ledger."""
        await self._asked(self._redis.ping())

    async def close(self) -> None:
        """See Ledger."""
        await self._redis.aclose()

    def _account(self, reservation: Reservation) -> list[str]:
        return [self._key("held", reservation.user), self._key("day", reservation.day, reservation.user)]

    def _key(self, *parts: str) -> str:
        return ":".join((self._prefix, *parts))

    async def _asked(self, asking: Awaitable[Any]) -> Any:
        try:
            return await asking
        except (RedisError, OSError, TimeoutError) as trouble:
            raise StoreGone(type(trouble).__name__) from None
