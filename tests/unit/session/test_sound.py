"""The sound thread's parts that can be told without a thread."""

import threading

from app.audio.pcm import BLOCK_SAMPLES, silence
from app.session.sound import CALM_S, MOST_AHEAD_BLOCKS, STALLED_S, _Pace, _Playback


def fetch(playback: _Playback, blocks: int = 1) -> None:
    for _ in range(blocks):
        playback.fill(silence())


def test_more_is_kept_ready_after_underruns_and_less_again_when_it_is_calm() -> None:
    playback = _Playback(threading.Event())
    assert playback.ahead_blocks(10.0) == 1
    fetch(playback)
    assert playback.ahead_blocks(10.1) == 2
    assert playback.ahead_blocks(10.2) == 2
    for at in range(10):
        fetch(playback)
        playback.ahead_blocks(11.0 + at)
    assert playback.ahead_blocks(21.0) == MOST_AHEAD_BLOCKS
    assert playback.ahead_blocks(21.0 + CALM_S) == MOST_AHEAD_BLOCKS - 1
    calm_s = 21.0
    for _ in range(MOST_AHEAD_BLOCKS):
        calm_s += CALM_S + 1
        playback.ahead_blocks(calm_s)
    assert playback.ahead_blocks(calm_s) == 1


def test_what_is_ready_is_played_and_the_rest_is_silence() -> None:
    playback = _Playback(threading.Event())
    playback.ring.write(silence() + 7)
    out = silence() + 1
    playback.fill(out)
    assert (out == 7).all()
    playback.fill(out)
    assert not out.any()
    assert playback.underruns == 1


def test_a_device_that_keeps_the_pace_is_not_stood_in_for() -> None:
    pace = _Pace(0.0)
    for tick in range(1, 100):
        pace.kept(tick / 100)
        assert pace.missed(tick / 100) == 0


def test_a_stalled_device_is_stood_in_for_at_its_own_pace() -> None:
    pace = _Pace(0.0)
    assert pace.missed(STALLED_S - 0.001) == 0
    blocks = sum(pace.missed(tick / 100) for tick in range(6, 107))
    assert abs(blocks - 106) <= 1


def test_after_a_long_sleep_only_a_little_is_made_up_for() -> None:
    pace = _Pace(0.0)
    assert pace.missed(3600.0) * BLOCK_SAMPLES <= STALLED_S * 48_000
    assert pace.missed(3600.01) <= 7
