"""The circuit breaker as a table of what happens."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from app.servers.broker.upstream.circuit import Breaker, Circuit

OPEN_S = 9.0


@dataclass
class Clock:
    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


def state_of(breaker: Breaker) -> Circuit:
    return breaker.state


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(3, OPEN_S, clock)
    for _ in range(3):
        assert breaker.enter() == 0
        breaker.failed()
    return breaker


def test_it_opens_after_failures_in_a_row_only() -> None:
    breaker = Breaker(3, OPEN_S, Clock())
    for fate in (breaker.failed, breaker.failed, breaker.succeeded, breaker.failed, breaker.failed):
        assert breaker.enter() == 0
        fate()
    assert state_of(breaker) is Circuit.CLOSED
    breaker.failed()
    assert state_of(breaker) is Circuit.OPEN
    assert breaker.enter() == OPEN_S


def test_then_one_may_try_and_decides() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now_s = OPEN_S
    assert state_of(breaker) is Circuit.HALF_OPEN
    assert breaker.enter() == 0
    assert breaker.enter() > 0
    breaker.failed()
    assert state_of(breaker) is Circuit.OPEN
    clock.now_s = 2 * OPEN_S
    assert breaker.enter() == 0
    breaker.succeeded()
    assert state_of(breaker) is Circuit.CLOSED
    assert breaker.enter() == 0


def test_one_that_never_tells_how_it_ended_does_not_keep_it_open() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now_s = OPEN_S
    assert breaker.enter() == 0
    clock.now_s = 2 * OPEN_S
    assert breaker.enter() == 0


@given(st.lists(st.sampled_from(["enter", "succeeded", "failed", "wait"])))
def test_no_story_shuts_it_for_good(story: list[str]) -> None:
    clock = Clock()
    breaker = Breaker(2, OPEN_S, clock)
    for word in story:
        if word == "wait":
            clock.now_s += 3
        else:
            getattr(breaker, word)()
        assert 0 <= breaker.wait_s() <= OPEN_S
    clock.now_s += OPEN_S
    assert breaker.enter() == 0
