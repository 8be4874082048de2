"""Rates in memory; in Redis they are tried by tests/parts/test_broker_replicas.py."""

import asyncio

import pytest

from app.servers.broker.allowance.rates import Rates, whole_seconds
from app.servers.broker.config.fields import Rate


async def test_so_many_and_no_more_for_each_key() -> None:
    rates, rate = Rates(None, "prefix"), Rate(3, 3600)
    waits = await asyncio.gather(*(rates.take(rate, "user", "anna") for _ in range(9)))
    assert sum(wait == 0 for wait in waits) == 3
    assert all(0 < wait <= 1200 for wait in waits if wait)
    assert await rates.take(rate, "user", "bert") == 0


@pytest.mark.parametrize(("wait_s", "whole"), [(0.001, 1), (1.0, 1), (1.2, 2)])
def test_waits_are_told_in_whole_seconds(wait_s: float, whole: int) -> None:
    assert whole_seconds(wait_s) == whole
