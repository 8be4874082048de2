import numpy as np
import pytest

from app.audio.level import CLIPPED_SAMPLES, SILENCE_DBFS, SILENT, LevelMeter, is_clipped, level_dbfs
from app.audio.pcm import Pcm, silence

LOUD = np.full(480, 16384, np.int16)


def test_silence_is_the_bottom() -> None:
    assert level_dbfs(silence()) == SILENCE_DBFS
    assert LevelMeter().read() == SILENT


@pytest.mark.parametrize(("amplitude", "dbfs"), [(32767, 0.0), (-32768, 0.0), (16384, -6.02), (1, -90.31)])
def test_a_square_wave_reads_its_amplitude(amplitude: int, dbfs: float) -> None:
    assert level_dbfs(np.full(480, amplitude, np.int16)) == pytest.approx(dbfs, abs=0.01)


def test_the_bar_rises_at_once_and_falls_20_db_a_second() -> None:
    meter = LevelMeter()
    meter.feed(LOUD)
    assert meter.read().bar_dbfs == pytest.approx(-6.02, abs=0.01)
    for _ in range(50):
        meter.feed(silence())
    assert meter.read().rms_dbfs == SILENCE_DBFS
    assert meter.read().bar_dbfs == pytest.approx(-16.02, abs=0.01)


def test_the_peak_is_held_for_a_second_and_a_half_and_then_falls() -> None:
    meter = LevelMeter()
    meter.feed(LOUD)
    for _ in range(149):
        meter.feed(silence())
    assert meter.read().peak_dbfs == pytest.approx(-6.02, abs=0.01)
    for _ in range(51):
        meter.feed(silence())
    assert meter.read().peak_dbfs == pytest.approx(-16.0, abs=0.3)


def test_nothing_ever_falls_below_silence() -> None:
    meter = LevelMeter()
    meter.feed(LOUD)
    for _ in range(2000):
        meter.feed(silence())
    level = meter.read()
    assert level.bar_dbfs == SILENCE_DBFS
    assert level.peak_dbfs == SILENCE_DBFS


def test_reset_is_silence() -> None:
    meter = LevelMeter()
    meter.feed(LOUD)
    meter.reset()
    assert meter.read() == SILENT


def clipped(block: Pcm) -> bool:
    return is_clipped(block, level_dbfs(block))


def speech(peak: float, count: int) -> Pcm:
    """A block as of modest speech, with so many samples at this share of full scale, on both sides."""
    block = np.round(2000 * np.sin(np.arange(480) / 7)).astype(np.int16)
    block[100 : 100 + count] = np.array([1, -1] * count)[:count] * round(peak * 32767)
    return block


def test_peaks_at_full_scale_are_clipped_also_when_the_level_is_modest() -> None:
    block = speech(1.0, 8)
    assert level_dbfs(block) < -15
    assert clipped(block)
    assert clipped(np.full(480, -32768, np.int16))


def test_loud_is_not_clipped() -> None:
    block = np.round(0.98 * 32767 * np.sin(np.arange(480) / 7)).astype(np.int16)
    assert level_dbfs(block) > -4
    assert not clipped(block)
    assert not clipped(speech(0.98, 100))


def test_a_click_is_not_a_clipped_peak() -> None:
    assert not clipped(speech(1.0, CLIPPED_SAMPLES - 1))
    assert clipped(speech(1.0, CLIPPED_SAMPLES))


def test_a_clipped_peak_alone_in_silence_is_one() -> None:
    block = silence()
    block[:CLIPPED_SAMPLES] = (32767, -32768) * (CLIPPED_SAMPLES // 2)
    assert clipped(block)
    assert not clipped(silence())
