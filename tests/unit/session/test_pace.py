from app.audio.pcm import BLOCK_SAMPLES
from app.session.pace import STALLED_S, Pace


def test_a_device_that_keeps_the_pace_is_not_stood_in_for() -> None:
    pace = Pace(0.0)
    for tick in range(1, 100):
        pace.kept(tick / 100)
        assert pace.missed(tick / 100) == 0


def test_a_stalled_device_is_stood_in_for_at_its_own_pace() -> None:
    pace = Pace(0.0)
    assert pace.missed(STALLED_S - 0.001) == 0
    blocks = sum(pace.missed(tick / 100) for tick in range(6, 107))
    assert abs(blocks - 106) <= 1


def test_after_a_long_sleep_only_a_little_is_made_up_for() -> None:
    pace = Pace(0.0)
    assert pace.missed(3600.0) * BLOCK_SAMPLES <= STALLED_S * 48_000
    assert pace.missed(3600.01) <= 7
