"""The native processing: blocks of one size, and no others."""

import numpy as np
import pytest
from livekit import rtc
from livekit.rtc._proto.audio_frame_pb2 import (
    ApmProcessReverseStreamRequest,
    ApmProcessStreamRequest,
    NewApmRequest,
)
from livekit.rtc._proto.ffi_pb2 import FfiRequest

from app.audio.apm import PROCESS, PROCESS_REVERSE, Apm, apm_request, block_request
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


@pytest.mark.parametrize("cancel_echo", [True, False])
@pytest.mark.parametrize("suppress_noise", [True, False])
@pytest.mark.parametrize("control_gain", [True, False])
def test_an_instance_is_asked_for_in_the_librarys_words(
    cancel_echo: bool, suppress_noise: bool, control_gain: bool
) -> None:
    words = FfiRequest(
        new_apm=NewApmRequest(
            echo_canceller_enabled=cancel_echo,
            gain_controller_enabled=control_gain,
            high_pass_filter_enabled=True,
            noise_suppression_enabled=suppress_noise,
        )
    )
    assert words.SerializeToString() == apm_request(
        cancel_echo=cancel_echo, suppress_noise=suppress_noise, control_gain=control_gain
    )


def test_a_block_is_handed_over_in_the_librarys_words() -> None:
    handle, address, size = 7, 0x7FFF_1234_5678, 960
    fields = {"apm_handle": handle, "data_ptr": address, "size": size, "sample_rate": RATE_HZ, "num_channels": 1}
    near = FfiRequest(apm_process_stream=ApmProcessStreamRequest(**fields))
    far = FfiRequest(apm_process_reverse_stream=ApmProcessReverseStreamRequest(**fields))
    assert near.SerializeToString() == block_request(PROCESS, handle, address, size)
    assert far.SerializeToString() == block_request(PROCESS_REVERSE, handle, address, size)


def test_a_refusal_of_the_library_is_an_error() -> None:
    apm = Apm(cancel_echo=True, suppress_noise=True, control_gain=False)
    vars(apm)["_drop"]()
    with pytest.raises(RuntimeError, match="the audio processing refused"):
        apm.process(silence())
