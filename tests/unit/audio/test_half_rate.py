import numpy as np
import pytest

from app.audio.half_rate import HALF_RATE_HZ, Doubler, Halver
from app.audio.pcm import RATE_HZ, Pcm

DELAY = 31
"""Of one filter, in samples of 48 kHz."""


def tone(hz: float, rate_hz: int, samples: int) -> Pcm:
    times = np.arange(samples) / rate_hz
    return np.asarray(np.rint(16000 * np.sin(2 * np.pi * hz * times)), np.int16)


def in_blocks(sound: Pcm, size: int) -> list[Pcm]:
    return [sound[start : start + size] for start in range(0, len(sound), size)]


def loudness_db(sound: Pcm) -> float:
    """Against the tone above."""
    return float(20 * np.log10(max(1e-9, np.std(sound.astype(float)) / (16000 / np.sqrt(2)))))


@pytest.mark.parametrize("hz", [100, 1000, 4000, 8000])
def test_a_tone_comes_out_the_same_after_the_filters_delay(hz: float) -> None:
    halved = Halver().push(tone(hz, RATE_HZ, 9600))
    expected = 16000 * np.sin(2 * np.pi * hz * (np.arange(len(halved)) / HALF_RATE_HZ - DELAY / RATE_HZ))
    assert np.abs(halved - expected)[DELAY:].max() < 20

    doubled = Doubler().push(tone(hz, HALF_RATE_HZ, 4800))
    expected = 16000 * np.sin(2 * np.pi * hz * (np.arange(len(doubled)) - DELAY) / RATE_HZ)
    assert np.abs(doubled - expected)[2 * DELAY :].max() < 20


def test_block_sizes_make_no_difference() -> None:
    sound = tone(700, RATE_HZ, 9600)
    halver, doubler = Halver(), Doubler()
    blocks = np.concatenate([halver.push(block) for block in in_blocks(sound, 480)])
    assert np.array_equal(blocks, Halver().push(sound))
    again = np.concatenate([doubler.push(block) for block in in_blocks(blocks, 7)])
    assert np.array_equal(again, Doubler().push(blocks))
    assert (len(blocks), len(again)) == (4800, 9600)


@pytest.mark.parametrize("hz", [14000, 18000, 23000])
def test_what_half_the_rate_cannot_carry_is_taken_out(hz: float) -> None:
    assert loudness_db(Halver().push(tone(hz, RATE_HZ, 9600))[DELAY:]) < -60


def test_doubling_leaves_no_mirror_image() -> None:
    doubled = Doubler().push(tone(1000, HALF_RATE_HZ, 4800))[2 * DELAY :].astype(float)
    spectrum = np.abs(np.fft.rfft(doubled * np.hanning(len(doubled))))
    image = spectrum[round(23000 / RATE_HZ * len(doubled))]
    assert 20 * np.log10(image / spectrum.max()) < -60


def test_silence_stays_silence_and_the_loudest_is_clipped() -> None:
    assert not Doubler().push(np.zeros(240, np.int16)).any()
    square = np.where(np.arange(960) % 96 < 48, 32767, -32768).astype(np.int16)
    halved, expected = Halver().push(square)[16:], square[::2][:-16]
    assert (np.sign(halved) == np.sign(expected)).mean() > 0.95
    assert halved.max() == 32767
