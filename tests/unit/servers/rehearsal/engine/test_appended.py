"""Sound that comes in events."""

import numpy as np
import pytest

from app.realtime.requests import InputAudioBufferAppend
from app.realtime.session import UNSET, AudioFormat
from app.servers.rehearsal.engine.appended import (
    BYTES_AT_MOST,
    RATE_HZ,
    Appended,
    check_format,
    check_length,
    in_seconds,
)
from app.servers.rehearsal.engine.refusal import Refusal
from app.servers.rehearsal.ports import SPEECH_RATE_HZ, Speech


def tone(frequency_hz: float, seconds: float = 1.0) -> bytes:
    times = np.arange(round(RATE_HZ * seconds)) / RATE_HZ
    return (8000 * np.sin(2 * np.pi * frequency_hz * times)).astype("<i2").tobytes()


def heard(audio: bytes, piece_bytes: int) -> Speech:
    appended = Appended()
    return np.concatenate(
        [each for at in range(0, len(audio), piece_bytes) for each in appended.push(audio[at : at + piece_bytes])]
    )


@pytest.mark.parametrize("piece_bytes", [1, 7, 960, 48_000])
def test_pieces_of_any_size_make_the_same_speech(piece_bytes: int) -> None:
    audio = tone(440)[:9606]
    speech = heard(audio, piece_bytes)
    assert len(speech) == len(audio) // 2 * SPEECH_RATE_HZ // RATE_HZ
    assert np.abs(speech.astype(int) - heard(audio, 9606)).max() <= 80, "but for the floor"


def test_what_speech_is_made_of_passes_and_what_is_too_high_does_not() -> None:
    def level_of(frequency_hz: float) -> float:
        speech = heard(tone(frequency_hz), 960)[200:].astype(float)
        return float(np.sqrt(np.mean(speech**2)) / (8000 / np.sqrt(2)))

    assert [level_of(hz) for hz in (100, 1000, 6500)] == pytest.approx([1, 1, 1], abs=0.03)
    assert level_of(9500) < 0.01
    assert level_of(11_500) < 0.01


def test_silence_has_a_floor() -> None:
    speech = heard(bytes(48_000), 48_000)
    assert 5 < np.std(speech) < 20


def test_pieces_are_short_enough_to_find_turns_in() -> None:
    assert max(len(each) for each in Appended().push(tone(440))) == SPEECH_RATE_HZ // 50


def test_what_is_cleared_does_not_come_back() -> None:
    appended = Appended()
    assert not list(appended.push(b"\x00\x40\x00"))
    appended.clear()
    (speech,) = appended.push(bytes(6))
    assert np.abs(speech).max() < 100


def test_a_long_request_comes_in_parts() -> None:
    parts = list(in_seconds(InputAudioBufferAppend(audio=tone(440, 2.5), event_id="mine")))
    assert [len(part.audio) for part in parts] == [48_000, 48_000, 24_000]
    assert b"".join(part.audio for part in parts) == tone(440, 2.5)
    assert {part.event_id for part in parts} == {"mine"}
    too_long = InputAudioBufferAppend(audio=bytes(BYTES_AT_MOST + 1))
    assert list(in_seconds(too_long)) == [too_long]
    assert list(in_seconds(InputAudioBufferAppend(audio=b""))) == [InputAudioBufferAppend(audio=b"")]


def test_limits() -> None:
    check_length(bytes(BYTES_AT_MOST))
    with pytest.raises(Refusal):
        check_length(bytes(BYTES_AT_MOST + 1))
    check_format(UNSET, "x")
    check_format(AudioFormat("audio/pcm"), "x")
    check_format(AudioFormat("audio/pcm", 24_000), "x")
    for wish, param in ((AudioFormat("audio/pcmu"), "x.type"), (AudioFormat("audio/pcm", 16_000), "x.rate")):
        with pytest.raises(Refusal) as refused:
            check_format(wish, "x")
        assert refused.value.reason.param == param
