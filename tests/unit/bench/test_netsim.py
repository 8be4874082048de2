"""The emulator's arithmetic: what happens to frames, without a network."""

import statistics

import pytest

from tests.bench.netsim import Conditions, Direction

ARP = bytes(12) + b"\x08\x06"
IP = bytes(12) + b"\x08\x00"


def carried(conditions: Conditions, frames: int = 10_000, pace_s: float = 0.01) -> list[tuple[float, int]]:
    """Delay and number of each frame, in the order of arrival."""
    way = Direction(seed=7)
    way.conditions = conditions
    for number in range(frames):
        way.enter(IP + number.to_bytes(4, "big"), number * pace_s)
    arrived = []
    while way.next_due_s != float("inf"):
        now_s = way.next_due_s
        for frame in way.leaving(now_s):
            number = int.from_bytes(frame[-4:], "big")
            arrived.append((now_s - number * pace_s, number))
    return arrived


def test_a_perfect_network_changes_nothing() -> None:
    arrived = carried(Conditions(), 100)
    assert [number for _, number in arrived] == list(range(100))
    assert [delay_s for delay_s, _ in arrived] == pytest.approx([0] * 100)


def test_the_delay_is_the_same_for_all() -> None:
    delays = [delay_s for delay_s, _ in carried(Conditions(delay_ms=25), 100)]
    assert delays == pytest.approx([0.025] * 100)


@pytest.mark.parametrize("in_order", [True, False])
def test_jitter_is_uniform_and_overtakes_only_if_it_may(in_order: bool) -> None:
    arrived = carried(Conditions(delay_ms=10, jitter_ms=40, in_order=in_order))
    numbers = [number for _, number in arrived]
    assert (numbers == sorted(numbers)) is in_order
    delays = [delay_s for delay_s, _ in arrived]
    assert min(delays) >= 0.01 - 1e-9
    assert max(delays) <= 0.05 + 1e-9
    if not in_order:
        assert statistics.mean(delays) == pytest.approx(0.03, abs=0.002)
        assert statistics.stdev(delays) == pytest.approx(0.04 / 12**0.5, abs=0.001)


@pytest.mark.parametrize("burst", [1.0, 3.0])
def test_losses_are_as_many_and_as_long_as_said(burst: float) -> None:
    frames = 30_000
    there = {number for _, number in carried(Conditions(loss=0.05, burst=burst), frames)}
    lost = [number not in there for number in range(frames)]
    bursts = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    assert sum(lost) / frames == pytest.approx(0.05, rel=0.12)
    # After a burst has ended the next frame may begin another, so single losses are a little longer than one.
    assert sum(lost) / bursts == pytest.approx(burst, rel=0.12)


def test_nothing_passes_a_hole_but_questions_for_addresses() -> None:
    assert carried(Conditions(hole=True), 100) == []
    way = Direction(seed=1)
    way.conditions = Conditions(hole=True, loss=0.9, delay_ms=50)
    way.enter(ARP, 1.0)
    assert way.leaving(1.0) == [ARP]
