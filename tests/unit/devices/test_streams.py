"""The callback, without PortAudio around it."""

import numpy as np
import pytest

from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from app.devices.streams import Border, Format, Work, capture, playback
from tests.support.speech import correlation, level_dbfs, tone


class Stop(Exception):
    pass


class Ends:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def border(work: Work, ends: Ends) -> Border:
    return Border("Desk microphone", work, Stop, ends)


def test_a_block_is_handed_on_in_the_devices_own_memory() -> None:
    heard: list[Pcm] = []
    edge = border(capture(heard.append)(Format()), Ends())
    memory = bytearray(2 * BLOCK_SAMPLES)
    edge.callback(memory, BLOCK_SAMPLES, None, None)
    memory[0] = 7
    assert heard[0].shape == (BLOCK_SAMPLES,)
    assert heard[0].dtype == np.int16
    assert heard[0][0] == 7


def test_playback_is_filled_in_the_devices_own_memory() -> None:
    def fill(block: Pcm) -> None:
        block[:] = 77

    memory = bytearray(2 * BLOCK_SAMPLES)
    border(playback(fill)(Format()), Ends()).callback(memory, BLOCK_SAMPLES, None, None)
    assert set(np.frombuffer(memory, np.int16).tolist()) == {77}


def test_blocks_and_xruns_are_counted() -> None:
    edge = border(lambda _: None, Ends())
    for status in (None, "input overflow", None):
        edge.callback(bytearray(4), 2, None, status)
    assert (edge.blocks, edge.xruns, edge.failure) == (3, 1, None)


def test_a_failure_stops_the_stream_in_silence_and_the_end_is_told_once() -> None:
    def fail(block: Pcm) -> None:
        block[:] = 9
        raise ValueError("a bug")

    ends = Ends()
    edge = border(fail, ends)
    memory = bytearray(2 * BLOCK_SAMPLES)
    with pytest.raises(Stop):
        edge.callback(memory, BLOCK_SAMPLES, None, None)
    assert not any(memory)
    assert isinstance(edge.failure, ValueError)
    edge.finished()
    edge.finished()
    assert ends.count == 1


def test_an_end_after_leaving_is_no_news() -> None:
    ends = Ends()
    edge = border(lambda _: None, ends)
    edge.leave()
    edge.leave()
    edge.finished()
    assert ends.count == 0


@pytest.mark.parametrize("form", [Format(44_100, 1), Format(44_100, 2), Format(16_000, 1), Format(RATE_HZ, 2)])
def test_capture_from_a_device_of_another_format(form: Format) -> None:
    heard: list[Pcm] = []
    work = capture(lambda block: heard.append(block.copy()))(form)
    at_s = np.arange(form.rate_hz) / form.rate_hz
    sound = (10_000 * np.sin(2 * np.pi * 440 * at_s)).astype(np.int16)
    interleaved = np.repeat(sound, form.channels)
    step = form.block_samples * form.channels
    for at in range(0, len(interleaved), step):
        work(interleaved[at : at + step])
    assert {len(block) for block in heard} == {BLOCK_SAMPLES}
    assert correlation(tone(440, 0.9), np.concatenate(heard))[1] > 0.999


@pytest.mark.parametrize("form", [Format(44_100, 1), Format(44_100, 2), Format(16_000, 1), Format(RATE_HZ, 2)])
def test_playback_to_a_device_of_another_format(form: Format) -> None:
    source = tone(440, 2)
    at = 0

    def fill(block: Pcm) -> None:
        nonlocal at
        assert len(block) == BLOCK_SAMPLES
        block[:] = source[at : at + BLOCK_SAMPLES]
        at += BLOCK_SAMPLES

    work = playback(fill)(form)
    played = []
    for _ in range(100):
        block = silence(form.block_samples * form.channels)
        work(block)
        channels = block.reshape(-1, form.channels)
        assert (channels == channels[:, :1]).all()
        played.append(channels[:, 0].copy())
    sound = np.concatenate(played)
    at_s = np.arange(round(0.9 * form.rate_hz)) / form.rate_hz
    wanted = (10_000 * np.sin(2 * np.pi * 440 * at_s)).astype(np.int16)
    assert correlation(wanted, sound)[1] > 0.999
    assert level_dbfs(sound) == pytest.approx(level_dbfs(source), abs=0.3)
    # No more is asked for than the device consumes.
    assert at <= RATE_HZ + 5 * BLOCK_SAMPLES
