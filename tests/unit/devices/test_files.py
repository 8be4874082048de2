import threading
import wave
from pathlib import Path

import numpy as np
import pytest

from app.audio.catalog import Direction
from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, silence
from app.conversation.troubles import SoundFileUnusable
from app.devices.files import FileDevices, Pace, WavMicrophone, WavSpeaker
from tests.support.speech import correlation, level_dbfs, read_wav, tone, write_wav


def no_end() -> None:
    raise AssertionError("ended by itself")


def drained(microphone: WavMicrophone) -> Pcm:
    parts = [silence()]
    while microphone.read(parts[-1]):
        parts.append(silence())
    return np.concatenate(parts)


def write_any(path: Path, samples: Pcm, rate_hz: int, channels: int, width: int) -> None:
    """The same sound in another guise: every ``RATE_HZ / rate_hz``-th sample, in all channels."""
    at = np.arange(round(len(samples) * rate_hz / RATE_HZ)) * RATE_HZ / rate_hz
    narrow = np.interp(at, np.arange(len(samples)), samples).astype(np.int64)
    shifted = narrow * 256 if width == 3 else narrow * 65_536 if width == 4 else narrow
    frames = np.repeat(shifted, channels).astype("<i8").view(np.uint8).reshape(-1, 8)[:, :width]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(frames.tobytes())


@pytest.mark.parametrize(
    ("rate_hz", "channels", "width"), [(48_000, 1, 2), (44_100, 2, 2), (16_000, 1, 3), (96_000, 2, 4), (22_050, 6, 2)]
)
def test_any_wav_becomes_48_khz_mono(tmp_path: Path, rate_hz: int, channels: int, width: int) -> None:
    sound = tone(440, 0.5)
    write_any(tmp_path / "any.wav", sound, rate_hz, channels, width)
    played = drained(WavMicrophone(tmp_path / "any.wav"))
    assert len(played) == pytest.approx(len(sound), abs=2 * BLOCK_SAMPLES)
    assert correlation(sound, played)[1] > 0.98


def test_48_khz_mono_is_played_bit_by_bit(tmp_path: Path) -> None:
    sound = tone(440, 0.1)
    write_wav(tmp_path / "same.wav", sound)
    assert np.array_equal(drained(WavMicrophone(tmp_path / "same.wav")), sound)


def test_after_its_end_a_file_is_silent_and_does_not_loop(tmp_path: Path) -> None:
    write_wav(tmp_path / "short.wav", np.full(BLOCK_SAMPLES + 7, 1000, np.int16))
    microphone = WavMicrophone(tmp_path / "short.wav")
    block = silence()
    assert microphone.read(block)
    assert not microphone.read(block)
    assert block[6] == 1000
    assert not block[7:].any()
    for _ in range(3):
        assert not microphone.read(block)
        assert not block.any()


@pytest.mark.parametrize("content", [b"", b"not a sound at all", b"RIFF\x24\x00\x00\x00WAVEfmt "])
def test_what_is_no_sound_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "letter.wav").write_bytes(content)
    with pytest.raises(SoundFileUnusable, match=r"letter\.wav"):
        FileDevices(input=tmp_path / "letter.wav")


def test_a_wav_without_samples_is_refused(tmp_path: Path) -> None:
    write_wav(tmp_path / "empty.wav", silence(0))
    with pytest.raises(SoundFileUnusable, match="no sound"):
        FileDevices(input=tmp_path / "empty.wav")


def test_files_that_are_not_there_or_cannot_be_written_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SoundFileUnusable, match=r"absent\.wav.*No such file"):
        FileDevices(input=tmp_path / "absent.wav")
    with pytest.raises(SoundFileUnusable, match=r"out\.wav.*No such file"):
        FileDevices(output=tmp_path / "nowhere" / "out.wav")


def test_a_recording_is_readable_before_it_is_closed(tmp_path: Path) -> None:
    speaker = WavSpeaker(tmp_path / "out.wav")
    block = tone(440, 0.01)
    speaker.write(block)
    speaker.skip(1)
    assert np.array_equal(read_wav(tmp_path / "out.wav"), np.concatenate([block, silence()]))
    speaker.close()


def test_pace_does_not_drift() -> None:
    pace = Pace(0.0)
    for number in range(1000):
        # Each wake-up is 3 ms late, and the next is due all the same.
        assert pace.step(number * 0.01 + 0.003) == 0
        assert pace.wait_s(number * 0.01 + 0.003) == pytest.approx(0.007)


def test_a_stall_is_made_good_up_to_200_ms() -> None:
    pace = Pace(0.0)
    pace.step(0.0)
    assert pace.step(0.205) == 0
    in_a_row = 1
    while pace.wait_s(0.205) == 0.0:
        assert pace.step(0.205) == 0
        in_a_row += 1
    assert in_a_row == 20


def test_what_a_longer_stall_cost_is_counted() -> None:
    pace = Pace(0.0)
    pace.step(0.0)
    assert pace.step(1.0) == 79
    in_a_row = 1
    while pace.wait_s(1.0) == 0.0:
        assert pace.step(1.0) == 0
        in_a_row += 1
    assert in_a_row == 21


def test_plays_and_records_in_real_time_and_tells_the_end(tmp_path: Path) -> None:
    sound = tone(440, 0.3)
    write_wav(tmp_path / "in.wav", sound)
    ends: list[str] = []
    devices = FileDevices(tmp_path / "in.wav", tmp_path / "out.wav", lambda: ends.append("played"))
    heard: list[Pcm] = []
    filled = threading.Event()
    count = iter(range(1_000_000))

    def fill(block: Pcm) -> None:
        block[:] = 1234
        if next(count) == 30:
            filled.set()

    microphone = devices.open_microphone(None, lambda block: heard.append(block.copy()), no_end)
    speaker = devices.open_speaker(None, fill, no_end)
    assert devices.input_finished.wait(10)
    assert filled.wait(10)
    microphone.close()
    speaker.close()
    devices.close()
    assert ends == ["played"]
    assert np.array_equal(np.concatenate(heard)[: len(sound)], sound)
    recorded = read_wav(tmp_path / "out.wav")
    assert len(recorded) >= 30 * BLOCK_SAMPLES
    assert set(recorded.tolist()) <= {1234, 0}
    assert microphone.stats().blocks == len(heard)
    assert microphone.stats().rate_hz == RATE_HZ


def test_a_stream_opened_again_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    sound = tone(440, 0.2)
    write_wav(tmp_path / "in.wav", sound)
    devices = FileDevices(tmp_path / "in.wav")
    heard: list[Pcm] = []
    first = threading.Event()

    def on_block(block: Pcm) -> None:
        heard.append(block.copy())
        first.set()

    stream = devices.open_microphone(None, on_block, no_end)
    assert first.wait(10)
    stream.close()
    stream = devices.open_microphone(None, on_block, no_end)
    assert devices.input_finished.wait(10)
    stream.close()
    devices.close()
    assert np.array_equal(np.concatenate(heard)[: len(sound)], sound)


def test_no_files_are_silence_and_nowhere() -> None:
    devices = FileDevices()
    heard: list[Pcm] = []
    enough = threading.Event()

    def on_block(block: Pcm) -> None:
        heard.append(block.copy())
        if len(heard) == 5:
            enough.set()

    filled = threading.Event()
    microphone = devices.open_microphone(None, on_block, no_end)
    speaker = devices.open_speaker(None, lambda _block: filled.set(), no_end)
    assert enough.wait(10)
    assert filled.wait(10)
    microphone.close()
    speaker.close()
    devices.close()
    assert level_dbfs(np.concatenate(heard)) == -100
    assert not devices.input_finished.is_set()
    devices.watch(no_end)()
    assert [device.name for device in devices.scan().of(Direction.MICROPHONE)] == ["Silence"]


def test_a_failing_callback_ends_the_stream_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()

    def fail(_block: Pcm) -> None:
        raise ValueError("a bug")

    stream = FileDevices().open_speaker(None, fail, ended.set)
    assert ended.wait(10)
    stream.close()
    assert stream.stats().failed
    assert "our callback failed" in caplog.text
