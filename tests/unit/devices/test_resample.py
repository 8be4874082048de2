import numpy as np
import pytest

from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm
from app.devices.resample import BlockResampler, mono
from tests.support.speech import correlation, tone


@pytest.mark.parametrize("from_hz", [8_000, 16_000, 44_100, 96_000])
def test_blocks_are_exact_and_nothing_is_lost(from_hz: int) -> None:
    resampler = BlockResampler(from_hz, RATE_HZ, BLOCK_SAMPLES)
    at_s = np.arange(from_hz) / from_hz
    sound = (10_000 * np.sin(2 * np.pi * 440 * at_s)).astype(np.int16)
    step = from_hz // 100
    blocks = [block for at in range(0, len(sound), step) for block in resampler.push(sound[at : at + step])]
    assert {len(block) for block in blocks} == {BLOCK_SAMPLES}
    assert len(blocks) >= 98
    assert correlation(tone(440, 0.9), np.concatenate(blocks))[1] > 0.999


def test_the_same_rate_is_reblocked() -> None:
    resampler = BlockResampler(RATE_HZ, RATE_HZ, 100)
    blocks = [block for _ in range(10) for block in resampler.push(np.full(33, 5, np.int16))]
    assert [block.tolist() for block in blocks] == [[5] * 100] * (330 // 100)


def test_mono_is_the_mean_of_the_channels() -> None:
    stereo: Pcm = np.array([100, 300, -32768, -32768, 32767, 32767], np.int16)
    assert mono(stereo, 2).tolist() == [200, -32768, 32767]
    assert mono(stereo, 1) is stereo
