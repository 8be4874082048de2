"""A dead peer is noticed in time, a bad path is not taken for a dead peer."""

import heapq
import random

from app.link.consent import CONSENT_INTERVAL_S, CONSENT_QUESTIONS, Consent


def lasts_s(for_s: float, rtt_s: float, loss: float, dies_at_s: float, seed: int) -> float:
    """Ask over a simulated path, and return when consent was lost, or ``for_s``."""
    chance = random.Random(seed)
    consent = Consent()
    answers: list[float] = []
    now_s = 0.0
    while now_s < for_s:
        while answers and answers[0] <= now_s:
            heapq.heappop(answers)
            consent.answered()
        if consent.lost:
            return now_s
        consent.asked()
        if now_s + rtt_s / 2 < dies_at_s and chance.random() >= loss and chance.random() >= loss:
            heapq.heappush(answers, now_s + rtt_s)
        now_s += CONSENT_INTERVAL_S * chance.uniform(0.9, 1.0)
    return for_s


def test_no_false_alarm_in_a_day_of_loss_and_long_round_trips() -> None:
    day_s = 24 * 3600.0
    assert lasts_s(day_s, rtt_s=0.5, loss=0.05, dies_at_s=day_s, seed=1) == day_s


def test_silent_death_is_noticed_within_four_seconds() -> None:
    for seed in range(200):
        died_s = 5.0 + seed / 100
        noticed_s = lasts_s(60, rtt_s=0.5, loss=0.05, dies_at_s=died_s, seed=seed)
        assert died_s < noticed_s <= died_s + 4.0


def test_an_answer_wipes_the_slate() -> None:
    consent = Consent()
    for _ in range(CONSENT_QUESTIONS - 1):
        consent.asked()
    assert not consent.lost
    consent.answered()
    consent.asked()
    assert not consent.lost
    for _ in range(CONSENT_QUESTIONS):
        consent.asked()
    assert consent.lost
