import numpy as np
import pytest

from app.audio.level import level_dbfs
from app.audio.pcm import RATE_HZ, Pcm, silence
from app.audio.stretch import LONGEST_LAG, SEAM, SHORTEST_LAG, expand, shrink


def tone(hz: float, samples: int, start: int = 0) -> Pcm:
    return np.asarray(8000 * np.sin(2 * np.pi * hz * np.arange(start, start + samples) / RATE_HZ), np.int16)


def steepest(sound: Pcm) -> int:
    return int(np.abs(np.diff(sound.astype(np.int32))).max())


@pytest.mark.parametrize("hz", [90, 120, 210, 390])
def test_shrinking_takes_whole_periods_out_and_leaves_no_edge(hz: float) -> None:
    sound = tone(hz, 960)
    shorter = shrink(sound, LONGEST_LAG, similarity=0.9)
    taken = len(sound) - len(shorter)
    assert SHORTEST_LAG <= taken <= LONGEST_LAG
    assert (taken * hz / RATE_HZ) % 1 == pytest.approx(0, abs=0.05) or (taken * hz / RATE_HZ) % 1 > 0.95
    assert steepest(shorter) <= steepest(sound) * 1.05
    assert np.array_equal(shorter[-100:], sound[-100:])


@pytest.mark.parametrize("hz", [90, 120, 210, 390])
def test_expanding_repeats_whole_periods_and_leaves_no_edge(hz: float) -> None:
    before, sound = tone(hz, LONGEST_LAG), tone(hz, 480, LONGEST_LAG)
    longer = expand(before, sound, LONGEST_LAG, similarity=0.9)
    given = len(longer) - len(sound)
    assert SHORTEST_LAG <= given <= LONGEST_LAG
    joined = np.concatenate((before, longer))
    assert steepest(joined) <= steepest(sound) * 1.05
    assert np.array_equal(longer[-len(sound) + SEAM :], sound[SEAM:])


def test_no_more_is_changed_than_allowed() -> None:
    sound = tone(400, 960)
    assert len(sound) - len(shrink(sound, 200, similarity=0.5)) <= 200
    assert len(expand(sound, sound, 200, similarity=0.5)) - len(sound) <= 200


def test_what_does_not_repeat_is_left_alone() -> None:
    noise = np.random.default_rng(1).integers(-8000, 8000, 1560).astype(np.int16)
    assert shrink(noise[:960], LONGEST_LAG, similarity=0.6) is not None
    assert len(shrink(noise[:960], LONGEST_LAG, similarity=0.6)) == 960
    assert len(expand(noise[:600], noise[600:], LONGEST_LAG, similarity=0.6)) == 960


def test_silence_gives_as_much_as_asked() -> None:
    assert len(shrink(silence(960), 500, similarity=0.9)) == 460
    assert len(expand(silence(600), silence(480), 500, similarity=0.9)) == 980


@pytest.mark.parametrize("length", [0, 1, SEAM, SEAM + SHORTEST_LAG - 1])
def test_what_is_too_short_is_left_alone(length: int) -> None:
    sound = silence(length)
    assert len(shrink(sound, LONGEST_LAG, similarity=0.0)) == length
    if length < SEAM:
        assert len(expand(silence(600), sound, LONGEST_LAG, similarity=0.0)) == length


def test_loudness_is_kept() -> None:
    sound = tone(150, 960)
    assert level_dbfs(shrink(sound, LONGEST_LAG, similarity=0.9)) == pytest.approx(level_dbfs(sound), abs=0.3)
