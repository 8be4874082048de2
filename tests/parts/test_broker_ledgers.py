"""One story for both ledgers: in memory with a clock of its own, and in a real Redis by Redis's clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.servers.broker.allowance.ledger import Allowance, Call, Exhausted, Ledger, Refused, Reservation, StoreGone
from app.servers.broker.allowance.memory_ledger import MemoryLedger
from app.servers.broker.allowance.rates import Rates
from app.servers.broker.allowance.redis_ledger import RedisLedger, connected
from app.servers.broker.config.fields import Rate
from app.servers.broker.config.settings import Redis
from tests.support.redis_server import PROGRAM, RedisServer, redis_server

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MUCH = Allowance(100, 0, 0)


@dataclass
class Bench:
    """A ledger, and a way to let its time pass."""

    ledger: Ledger
    later: Callable[[float], Awaitable[None]]


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer | None]:
    if PROGRAM is None:
        yield None
        return
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(params=["memory", "redis"])
async def bench(request: Any, redis: RedisServer | None) -> AsyncIterator[Bench]:
    if request.param == "memory":
        at = [0.0]

        async def wind(seconds: float) -> None:
            at[0] += seconds

        yield Bench(MemoryLedger(lambda: at[0], lambda: NOW), wind)
        return
    if redis is None:
        pytest.skip("there is no redis-server on this machine")
    client = connected(Redis(url=redis.url))
    await client.flushall()
    ledger = RedisLedger(client, "test", lambda: NOW)
    yield Bench(ledger, asyncio.sleep)
    await ledger.close()


def reservation(number: int = 1, **more: Any) -> Reservation:
    return replace(Reservation(f"r{number}", "anna", "2026-11-20", 60, 30, 300), **more)


async def test_sessions_at_a_time(bench: Bench) -> None:
    two = Allowance(2, 0, 0)
    assert [await bench.ledger.reserve(reservation(number), two) for number in (1, 2)] == [None, None]
    refused = await bench.ledger.reserve(reservation(3), two)
    assert isinstance(refused, Refused)
    assert refused.what is Exhausted.SESSIONS
    assert 50 < refused.retry_after_s <= 60
    assert await bench.ledger.reserve(reservation(3, user="bert"), two) is None
    await bench.ledger.release(reservation(1))
    assert await bench.ledger.reserve(reservation(3), two) is None


async def test_places_are_free_again_with_time(bench: Bench) -> None:
    one = Allowance(1, 0, 0)
    assert await bench.ledger.reserve(reservation(1, held_s=1), one) is None
    assert await bench.ledger.reserve(reservation(2), one) is not None
    await bench.later(1.05)
    assert await bench.ledger.reserve(reservation(2), one) is None


@pytest.mark.parametrize(
    ("allowance", "what"), [(Allowance(99, 90, 0), Exhausted.MINUTES), (Allowance(99, 0, 900), Exhausted.MONEY)]
)
async def test_the_day_s_allowance(bench: Bench, allowance: Allowance, what: Exhausted) -> None:
    for number in range(3):
        assert await bench.ledger.reserve(reservation(number), allowance) is None
    assert await bench.ledger.reserve(reservation(3), allowance) == Refused(what, 12 * 3600)
    await bench.ledger.release(reservation(0))
    assert await bench.ledger.reserve(reservation(3), allowance) is None
    assert await bench.ledger.reserve(reservation(4, day="2026-11-21"), allowance) is None


async def test_what_a_call_did_not_use_comes_back(bench: Bench) -> None:
    most = Allowance(99, 60, 0)
    long = reservation(1, seconds=60)
    assert await bench.ledger.reserve(long, most) is None
    await bench.ledger.begin(Call("c", "anna", long))
    assert await bench.ledger.running() == 1
    assert await bench.ledger.owner("c") == "anna"
    assert await bench.ledger.reserve(reservation(2, seconds=30), most) is not None
    await bench.ledger.end("c")
    await bench.ledger.end("c")
    assert await bench.ledger.owner("c") == ""
    assert await bench.ledger.running() == 0
    assert await bench.ledger.reserve(reservation(2, seconds=58), most) is None
    assert await bench.ledger.reserve(reservation(3, seconds=2), most) is not None


async def test_due_calls_are_told_to_one_asker_at_a_time(bench: Bench) -> None:
    short = reservation(1, seconds=1)
    await bench.ledger.reserve(short, MUCH)
    await bench.ledger.begin(Call("c", "anna", short))
    assert await bench.ledger.due(1) == []
    await bench.later(1.05)
    assert await bench.ledger.due(1) == ["c"]
    assert await bench.ledger.due(1) == []
    await bench.later(1.05)
    assert await bench.ledger.due(1) == ["c"]
    await bench.ledger.end("c")
    await bench.later(1.05)
    assert await bench.ledger.due(1) == []


async def test_unknown_things_do_nothing(bench: Bench) -> None:
    await bench.ledger.release(reservation(7))
    await bench.ledger.end("nothing")
    assert await bench.ledger.owner("nothing") == ""


@pytest.mark.skipif(PROGRAM is None, reason="there is no redis-server on this machine")
async def test_a_reservation_whose_answer_got_lost_is_not_made_twice(redis: RedisServer) -> None:
    client = connected(Redis(url=redis.url))
    await client.flushall()
    ledger = RedisLedger(client, "test", lambda: NOW)
    one = Allowance(1, 30, 0)
    assert await ledger.reserve(reservation(1), one) is None
    assert await ledger.reserve(reservation(1), one) is None
    await ledger.release(reservation(1))
    await ledger.release(reservation(1))
    assert await ledger.reserve(reservation(2), one) is None
    await ledger.close()


@pytest.mark.skipif(PROGRAM is None, reason="there is no redis-server on this machine")
async def test_nothing_is_kept_for_ever(redis: RedisServer) -> None:
    client = connected(Redis(url=redis.url))
    await client.flushall()
    ledger = RedisLedger(client, "test", lambda: NOW)
    await ledger.reserve(reservation(1), MUCH)
    await ledger.begin(Call("c", "anna", reservation(1)))
    keys = [key for key in await client.keys("*") if key != "test:due"]
    assert len(keys) == 3
    assert all([await client.ttl(key) > 0 for key in keys])
    await ledger.end("c")
    assert await client.keys("test:due") == []
    await ledger.close()


async def test_a_redis_that_is_not_there_is_said() -> None:
    nowhere = connected(Redis(url="redis://127.0.0.1:1/0", timeout_s=0.2))
    ledger, rates = RedisLedger(nowhere, "test", lambda: NOW), Rates(nowhere, "test")
    with pytest.raises(StoreGone):
        await rates.take(Rate(1, 1), "user", "anna")
    with pytest.raises(StoreGone):
        await ledger.reserve(reservation(1), MUCH)
    with pytest.raises(StoreGone):
        await ledger.check()
    await ledger.close()
