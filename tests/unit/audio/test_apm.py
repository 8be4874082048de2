"""The native processing: blocks of one size, and no others."""

import numpy as np
import pytest

from app.audio.apm import Apm
from app.audio.pcm import BLOCK_SAMPLES, Pcm, silence


@pytest.mark.parametrize(
    "wrong",
    [
        silence(BLOCK_SAMPLES - 1),
        silence(2 * BLOCK_SAMPLES),
        silence(1),
        silence(0),
        np.zeros(BLOCK_SAMPLES, np.float32),
        np.zeros((BLOCK_SAMPLES, 1), np.int16),
    ],
    ids=["short", "double", "one sample", "empty", "floats", "a column"],
)
def test_a_wrong_block_is_refused_before_the_library_aborts_the_process(wrong: Pcm) -> None:
    apm = Apm(cancel_echo=True, suppress_noise=True, control_gain=False)
    with pytest.raises(ValueError, match="a block has 480 samples"):
        apm.process(wrong)
    with pytest.raises(ValueError, match="a block has 480 samples"):
        apm.reference(wrong)
    assert len(apm.process(silence())) == BLOCK_SAMPLES


def test_a_block_may_be_read_only_or_a_slice_and_is_left_alone() -> None:
    apm = Apm(cancel_echo=True, suppress_noise=True, control_gain=False)
    sound = np.arange(2 * BLOCK_SAMPLES, dtype=np.int16)
    sound.flags.writeable = False
    apm.reference(sound[::2])
    cleaned = apm.process(sound[1::2])
    assert sound[1] == 1
    assert cleaned.flags.writeable
    kept = cleaned.copy()
    apm.process(sound[::2])
    assert np.array_equal(cleaned, kept)
