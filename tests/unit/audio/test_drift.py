"""The reference on the microphone's clock."""

import random

import numpy as np
import pytest

from app.audio.drift import ReferenceLine
from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from tests.support.speech import tone

_BLOCK_S = BLOCK_SAMPLES / RATE_HZ


def _pulled(line: ReferenceLine, played: Pcm, drift_ppm: float, *, late_ms: float = 3.0) -> Pcm:
    """What comes out while the microphone's clock runs so much faster."""
    chance = random.Random(1)
    blocks = [played[at : at + BLOCK_SAMPLES] for at in range(0, len(played), BLOCK_SAMPLES)]
    mic_step_s = _BLOCK_S / (1 + drift_ppm * 1e-6)
    out: list[Pcm] = []
    for index, block in enumerate(blocks):
        line.push(block, index * _BLOCK_S + chance.random() * late_ms / 1000)
        while (len(out) + 1) * mic_step_s + 0.0035 < (index + 1) * _BLOCK_S:
            out.append(line.pull((len(out) + 1) * mic_step_s + 0.0035 + chance.random() * late_ms / 1000))
    return np.concatenate(out)


@pytest.mark.parametrize("drift_ppm", [-300, -40, 0, 100, 300])
def test_the_rate_between_the_clocks_is_found(drift_ppm: float) -> None:
    line = ReferenceLine()
    _pulled(line, silence(90 * RATE_HZ), drift_ppm)
    assert line.drift_ppm == pytest.approx(drift_ppm, abs=25)
    assert line.gaps == 0


def test_a_tone_is_read_at_the_other_clocks_rate_without_a_click() -> None:
    pulled = _pulled(ReferenceLine(), tone(1000, 90), 300)
    settled = pulled[-10 * RATE_HZ :].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(settled * np.hanning(len(settled))))
    # The microphone's clock is faster, so the same tone is lower by it.
    assert int(spectrum.argmax()) / 10 == pytest.approx(1000 / (1 + 300e-6), abs=0.1)
    assert np.abs(np.diff(settled)).max() < 10_000 * 2 * np.pi * 1000 / RATE_HZ * 1.05


def test_equal_clocks_leave_the_sound_as_it_is() -> None:
    played = tone(3000, 2)
    pulled = _pulled(ReferenceLine(), played, 0, late_ms=0)
    first = int(np.flatnonzero(pulled)[0])
    error = pulled[first + 480 : 90_000].astype(np.int64) - played[480 + 1 : 90_000 - first + 1]
    assert np.abs(error).max() < 30  # a sample's fraction at most: -50 dB


def test_a_loudspeaker_that_stands_still_leaves_silence_and_a_longer_line() -> None:
    line = ReferenceLine()
    now_s = 0.0
    heard = silence()
    for _ in range(20):
        line.push(tone(500, _BLOCK_S), now_s)
        heard = line.pull(now_s + 0.005)
        now_s += _BLOCK_S
    assert heard.any()
    while line.gaps == 0:
        heard = line.pull(now_s + 0.005)
        now_s += _BLOCK_S
    assert not heard.any()
    assert now_s < 0.25


def test_a_microphone_that_stood_still_does_not_leave_the_reference_late() -> None:
    line = ReferenceLine()
    now_s = 0.0
    last = silence()
    for index in range(300):
        line.push(np.full(BLOCK_SAMPLES, index, np.int16), now_s)
        if not 100 <= index < 200:
            last = line.pull(now_s + 0.005)
        now_s += _BLOCK_S
    assert int(last[-1]) >= 295


def test_the_line_stays_short_while_nobody_reads() -> None:
    line = ReferenceLine()
    for index in range(5000):
        line.push(np.full(BLOCK_SAMPLES, index % 1000, np.int16), index * _BLOCK_S)
    assert int(line.pull(50.0)[-1]) >= 995
