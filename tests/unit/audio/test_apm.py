"""The native processing: blocks of one size, and no others."""

import numpy as np
import pytest
from livekit import rtc

from app.audio.apm import Apm
from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from tests.support.room import ASSISTANT, PERSON, pcm, spoken


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


def test_what_is_said_to_the_library_directly_has_the_same_effect_as_its_own_interface() -> None:
    far, near = pcm(spoken(ASSISTANT, 2.0)), pcm(spoken(PERSON, 2.0))
    near[480:] += far[:-480] // 2
    apm = Apm(cancel_echo=True, suppress_noise=True, control_gain=False)
    native = rtc.AudioProcessingModule(echo_cancellation=True, noise_suppression=True, high_pass_filter=True)
    for start in range(0, len(near), BLOCK_SAMPLES):
        played, captured = far[start : start + BLOCK_SAMPLES], near[start : start + BLOCK_SAMPLES]
        apm.reference(played)
        native.process_reverse_stream(rtc.AudioFrame(played.tobytes(), RATE_HZ, 1, BLOCK_SAMPLES))
        frame = rtc.AudioFrame(captured.tobytes(), RATE_HZ, 1, BLOCK_SAMPLES)
        native.process_stream(frame)
        cleaned = apm.process(captured)
        assert np.array_equal(cleaned, np.frombuffer(frame.data, np.int16))
        assert not np.array_equal(cleaned, captured) or not captured.any()


def test_a_refusal_of_the_library_is_an_error() -> None:
    apm = Apm(cancel_echo=True, suppress_noise=True, control_gain=False)
    vars(apm)["_native"]._ffi_handle.dispose()
    with pytest.raises(RuntimeError, match="the audio processing refused a block"):
        apm.process(silence())
