"""Two replicas over one real Redis: limits shared exactly, and what happens when a replica or Redis is killed."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.broker import Broker, Upstream, broker, people, settings, upstream
from tests.support.redis_server import PROGRAM, RedisServer, redis_server
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no redis-server on this machine")

WHO = people(
    "rate:rate", "sessions:sessions", "minutes:minutes", "money:money", "free:free", "leashed:leashed", "single:single"
)
ASKED = 60
CONFIG = """
[redis]
url = "{url}"
timeout_s = 2.0
[leash]
every_s = 0.1
[limits]
address_rate = "100000/minute"
[prices]
m = 1.0
[policies.rate]
models = ["m"]
rate = "17/hour"
sessions = 1000
minutes_per_day = 0
[policies.sessions]
models = ["m"]
rate = "10000/hour"
sessions = 13
minutes_per_day = 0
[policies.minutes]
models = ["m"]
rate = "10000/hour"
sessions = 1000
call_minutes = 10
minutes_per_day = 110
[policies.money]
models = ["m"]
rate = "10000/hour"
sessions = 1000
call_minutes = 2
minutes_per_day = 0
money_per_day = 19.0
[policies.free]
models = ["m"]
rate = "10000/hour"
sessions = 1000
minutes_per_day = 0
[policies.single]
models = ["m"]
rate = "10000/hour"
sessions = 1
minutes_per_day = 0
[policies.leashed]
models = ["m"]
rate = "10000/hour"
call_minutes = 0.03
sessions = 1
minutes_per_day = 0
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    with upstream() as running:
        yield running


@contextmanager
def replicas(folder: Path, server: Upstream, redis: RedisServer, count: int) -> Iterator[list[Broker]]:
    config = settings(server, CONFIG.format(url=redis.url))
    with ExitStack() as stack:
        yield [stack.enter_context(broker(folder / str(number), config, who=WHO)) for number in range(count)]


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="module")
def pair(server: Upstream, redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Broker]]:
    with replicas(tmp_path_factory.mktemp("replicas"), server, redis, 2) as running:
        yield running


@pytest.mark.parametrize(
    ("user", "allowed", "code"),
    [
        ("rate", 17, "user_rate_limited"),
        ("sessions", 13, "too_many_sessions"),
        ("minutes", 11, "daily_minutes_spent"),
        ("money", 9, "daily_money_spent"),
    ],
)
def test_limits_are_shared_exactly_under_load(pair: list[Broker], user: str, allowed: int, code: str) -> None:
    def ask(number: int) -> tuple[int, str]:
        response = pair[number % 2].mint(token=WHO.tokens[user])
        return response.status_code, response.json().get("code", "")

    with ThreadPoolExecutor(16) as crowd:
        outcomes = Counter(crowd.map(ask, range(ASKED)))
    assert outcomes == {(200, ""): allowed, (429, code): ASKED - allowed}


def test_a_call_begun_here_is_hung_up_there(pair: list[Broker], server: Upstream) -> None:
    token = WHO.tokens["free"]
    call_id = pair[0].connect(token=token).headers["location"].rpartition("/")[2]
    assert pair[1].hang_up(call_id, WHO.tokens["rate"]).status_code in (404, 429)
    assert pair[1].hang_up(call_id, token).status_code == 200
    assert call_id in server.hung_up
    assert pair[0].hang_up(call_id, token).status_code == 404


def test_hanging_up_frees_the_place(pair: list[Broker]) -> None:
    token = WHO.tokens["single"]
    call_id = pair[0].connect(token=token).headers["location"].rpartition("/")[2]
    assert pair[1].connect(token=token).json()["code"] == "too_many_sessions"
    assert pair[0].hang_up(call_id, token).status_code == 200
    again = pair[1].connect(token=token)
    assert again.status_code == 201
    assert pair[1].hang_up(again.headers["location"].rpartition("/")[2], token).status_code == 200


def test_a_killed_replica_s_calls_stay_on_the_leash(server: Upstream, redis: RedisServer, tmp_path: Path) -> None:
    with replicas(tmp_path, server, redis, 2) as (first, second):
        call_id = first.connect(token=WHO.tokens["leashed"]).headers["location"].rpartition("/")[2]
        first.process.kill()
        first.process.wait(10)
        assert second.mint(token=WHO.tokens["free"]).status_code == 200
        server.http.wait_for(lambda: call_id in server.hung_up, 15)
        eventually(lambda: second.connect(token=WHO.tokens["leashed"]).status_code == 201, "the place is free again")
        assert second.stop() == 0


def test_without_redis_nothing_is_spent_and_with_it_all_is_well_again(server: Upstream, tmp_path: Path) -> None:
    with redis_server(tmp_path / "redis") as own, replicas(tmp_path, server, own, 1) as (one,):
        token = WHO.tokens["free"]
        call_id = one.connect(token=WHO.tokens["leashed"]).headers["location"].rpartition("/")[2]
        own.kill()
        asked = len(server.http.received)
        for refused in (one.mint(token=token), one.connect(token=token)):
            assert refused.status_code == 503
            assert refused.json()["code"] == "limits_unavailable"
            assert int(refused.headers["retry-after"]) > 0
        assert len([each for each in server.http.received[asked:] if "hangup" not in each.path]) == 0
        eventually(lambda: one.client.get("/api/health/ready").status_code == 503, "it is not ready")
        assert one.client.get("/api/health").json()["checks"]["store"] == "failing"
        assert one.client.get("/api/health/live").status_code == 200
        # The replica that began a call hangs it up in time, store or no store.
        server.http.wait_for(lambda: call_id in server.hung_up, 15)
        own.start()
        eventually(lambda: one.client.get("/api/health/ready").status_code == 200, "it is ready again")
        assert one.mint(token=token).status_code == 200


def test_ending_a_replica_leaves_the_calls_to_the_others(server: Upstream, redis: RedisServer, tmp_path: Path) -> None:
    with replicas(tmp_path, server, redis, 1) as (one,):
        call_id = one.connect(token=WHO.tokens["free"]).headers["location"].rpartition("/")[2]
        assert one.stop() == 0
        assert call_id not in server.hung_up
