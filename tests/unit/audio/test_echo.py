"""Echo, noise and gain in a simulated room."""

import subprocess
import sys

import numpy as np
import pytest

from app.audio.cues import CONNECTED, ON_AIR
from app.audio.echo import Duplex, EchoCanceller, EchoMode, EchoSettings, EchoStats
from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, samples_of_ms, silence
from tests.support.echo_scene import Recording, run
from tests.support.room import ASSISTANT, PERSON, Acoustics, Room, Signal, pcm, quiet, spoken
from tests.support.speech import correlation, level_dbfs

CUES = np.concatenate((silence(RATE_HZ), CONNECTED, silence(RATE_HZ // 2), ON_AIR, silence(RATE_HZ // 2))) // 5 * 2
"""At the volume they have by default."""


def test_sound_passes_unchanged_before_a_choice_and_when_off() -> None:
    canceller = EchoCanceller()
    block = np.arange(BLOCK_SAMPLES, dtype=np.int16)
    for _ in range(2):
        canceller.reference(silence())
        processed = canceller.process(block)
        assert np.array_equal(processed, block)
        assert processed is not block
        canceller.choose(EchoSettings(EchoMode.OFF))


def test_importing_the_room_does_not_load_the_native_library() -> None:
    asked = "import sys, app.audio.echo; print('livekit' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, timeout=30)
    assert answer.stdout.strip() == "False"


def test_a_voice_comes_through_within_15_ms() -> None:
    voice = pcm(spoken(PERSON, 4.0))
    for mode in (EchoMode.LOUDSPEAKER, EchoMode.HEADSET):
        canceller = EchoCanceller()
        canceller.choose(EchoSettings(mode, control_gain=False))
        through = []
        for start in range(0, len(voice), BLOCK_SAMPLES):
            canceller.reference(silence())
            through.append(canceller.process(voice[start : start + BLOCK_SAMPLES]))
        delay_samples, alike = correlation(voice, np.concatenate(through))
        assert delay_samples <= 15 * 48
        assert alike > 0.7


def _kept(recording: Recording, begin_s: float) -> float:
    """In which share of the voice's blocks what is sent is at most 10 dB fainter than the voice."""
    begin = int(begin_s * RATE_HZ)
    delay = 15 * 48
    near, sent = pcm(recording.near)[begin:-delay], recording.sent[begin + delay :]
    levels = [
        (level_dbfs(near[at : at + BLOCK_SAMPLES]), level_dbfs(sent[at : at + BLOCK_SAMPLES]))
        for at in range(0, len(near), BLOCK_SAMPLES)
    ]
    return float(np.mean([after > before - 10 for before, after in levels if before > -35]))


def test_the_assistant_is_not_sent_back() -> None:
    # As with a talk key, so that no shut microphone helps the canceller.
    recording = run(spoken(ASSISTANT, 8), quiet(8), Acoustics(), settings=EchoSettings(hands_free=False))
    assert level_dbfs(recording.captured) > -35
    assert recording.erle_db(0, 2) > 25
    assert recording.erle_db(2, 8) > 30
    assert not any(recording.ducked)
    figures = recording.stats[-1]
    assert figures.duplex is Duplex.FULL
    assert figures.erle_db is not None
    assert figures.erle_db > 30
    assert figures.delay_ms == pytest.approx(70, abs=20)


def test_a_person_is_heard_over_an_assistant_that_is_twice_as_loud() -> None:
    far = spoken(ASSISTANT, 15)
    near = np.concatenate((quiet(10), spoken(PERSON, 5, pause_s=0.1, voice="en-gb+f3")))
    with_ducking = run(far, near, Acoustics(echo_to_voice_db=6))
    alone = run(far, near, Acoustics(echo_to_voice_db=6), plain=True)
    assert with_ducking.stats[-1].duplex is Duplex.DUCKED
    assert not any(with_ducking.ducked[:1000])
    assert _kept(with_ducking, 10.5) > 0.75
    assert _kept(with_ducking, 10.5) > _kept(alone, 10.5) + 0.3


@pytest.mark.parametrize("at_once", [1, 2])
def test_clocks_that_differ_do_not_bring_the_echo_back(at_once: int) -> None:
    recording = run(spoken(ASSISTANT, 25), quiet(25), Acoustics(drift_ppm=300), at_once=at_once)
    assert recording.erle_db(10, 25) > 40
    drift_ppm = recording.stats[-1].drift_ppm
    assert drift_ppm is not None
    assert 150 < drift_ppm < 350
    assert recording.stats[-1].gaps == 0


def test_an_echo_that_cannot_be_cancelled_closes_the_microphone_in_time() -> None:
    recording = run(spoken(ASSISTANT, 28), quiet(28), Acoustics(bulk_ms=700))
    assert recording.stats[-1].duplex is Duplex.HALF
    assert level_dbfs(recording.sent[-3 * RATE_HZ :]) == -100


@pytest.mark.parametrize("hands_free", [True, False])
def test_the_microphone_is_shut_while_the_canceller_learns_unless_a_key_decides(hands_free: bool) -> None:
    recording = run(spoken(ASSISTANT, 2), quiet(2), Acoustics(), settings=EchoSettings(hands_free=hands_free))
    assert (level_dbfs(recording.sent[RATE_HZ:]) == -100) is hands_free


def _cues_sent(near: Signal) -> tuple[Pcm, Pcm]:
    """The first two cues of a call, while the assistant says nothing: what is captured, and what is sent."""
    passed_s = 0.0
    canceller, room = EchoCanceller(lambda: passed_s), Room(Acoustics())
    canceller.choose(EchoSettings())
    captured, sent = list[Pcm](), list[Pcm]()
    for start in range(0, len(CUES), BLOCK_SAMPLES):
        passed_s = start / RATE_HZ
        canceller.soften(silence())
        canceller.reference(CUES[start : start + BLOCK_SAMPLES])
        room.play(CUES[start : start + BLOCK_SAMPLES])
        captured.append(room.hear(near[start : start + BLOCK_SAMPLES])[0])
        sent.append(canceller.process(captured[-1]))
    return np.concatenate(captured), np.concatenate(sent)


def test_already_the_first_cue_is_cancelled() -> None:
    captured, sent = _cues_sent(np.zeros(len(CUES)))
    assert level_dbfs(captured) > -40
    assert level_dbfs(sent[RATE_HZ:]) < -65


def test_nobody_is_silenced_for_a_cue() -> None:
    near = np.concatenate((quiet(1), spoken(PERSON, len(CUES) / RATE_HZ - 1)))
    _captured, sent = _cues_sent(near)
    delay = 15 * 48
    voice = {at: level_dbfs(pcm(near[at : at + BLOCK_SAMPLES])) for at in range(RATE_HZ, len(near) - RATE_HZ // 4, 480)}
    lost = [
        at for at, dbfs in voice.items() if dbfs > -35 and level_dbfs(sent[at + delay :][:BLOCK_SAMPLES]) < dbfs - 10
    ]
    # The canceller learns from the very first, and takes along what is said in that moment.
    assert max(lost) < RATE_HZ + samples_of_ms(200)


def test_a_headset_is_neither_ducked_nor_asked_for_echo_figures() -> None:
    canceller = EchoCanceller()
    canceller.choose(EchoSettings(EchoMode.HEADSET))
    block = np.full(BLOCK_SAMPLES, 5000, np.int16)
    canceller.soften(block)
    canceller.reference(block)
    assert canceller.process(silence()).shape == (BLOCK_SAMPLES,)
    assert (block == 5000).all()
    assert canceller.stats() == EchoStats(EchoMode.HEADSET)


@pytest.mark.parametrize(("mode", "lifted"), [(EchoMode.HEADSET, True), (EchoMode.LOUDSPEAKER, False)])
def test_gain_is_controlled_with_a_headset_only(mode: EchoMode, lifted: bool) -> None:
    canceller = EchoCanceller()
    canceller.choose(EchoSettings(mode))
    faint = pcm(spoken(PERSON, 8) * 0.1)
    sent = []
    for start in range(0, len(faint), BLOCK_SAMPLES):
        canceller.reference(silence())
        sent.append(canceller.process(faint[start : start + BLOCK_SAMPLES]))
    gain_db = level_dbfs(np.concatenate(sent)[-3 * RATE_HZ :]) - level_dbfs(faint[-3 * RATE_HZ :])
    assert (gain_db > 6) is lifted


def test_a_library_that_does_not_load_leaves_all_as_it_was() -> None:
    asked = (
        "import sys; sys.modules['livekit'] = None\n"
        "from app.audio.echo import *\n"
        "canceller = EchoCanceller()\n"
        "try: canceller.choose(EchoSettings())\n"
        "except ApmMissing: print(canceller.stats().mode)"
    )
    answer = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, timeout=30)
    assert answer.stdout.strip() == "EchoMode.OFF"
