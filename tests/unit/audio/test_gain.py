import numpy as np
import pytest

from app.audio.gain import Gain
from app.audio.pcm import BLOCK_SAMPLES, Pcm


def block(amplitude: int) -> Pcm:
    return np.full(BLOCK_SAMPLES, amplitude, np.int16)


def test_without_a_factor_sound_passes_as_it_is() -> None:
    sound = block(1234)
    Gain().apply(sound)
    assert (sound == 1234).all()


@pytest.mark.parametrize(("factor", "after"), [(2.0, 2000), (0.5, 500), (0.0, 0)])
def test_a_new_factor_is_reached_without_a_step_and_stays(factor: float, after: int) -> None:
    gain = Gain()
    gain.factor = factor
    first, second = block(1000), block(1000)
    gain.apply(first)
    gain.apply(second)
    assert abs(int(first[0]) - 1000) <= 1
    assert np.abs(np.diff(first.astype(np.int32))).max() < 10
    assert (second == after).all()


def test_what_is_too_loud_is_cut_off_and_does_not_turn_over() -> None:
    gain = Gain()
    gain.factor = 4.0
    gain.apply(block(0))
    loud = block(20_000)
    loud[::2] = -20_000
    gain.apply(loud)
    assert set(loud.tolist()) == {32767, -32768}


def test_back_at_one_it_leaves_no_trace() -> None:
    gain = Gain()
    gain.factor = 3.0
    gain.apply(block(5))
    gain.factor = 1.0
    gain.apply(block(5))
    sound = block(7)
    gain.apply(sound)
    assert (sound == 7).all()
