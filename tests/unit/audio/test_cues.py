import numpy as np
import pytest

from app.audio.cues import CONNECTED, FRESH_S, LOST, OFF_AIR, ON_AIR, CueMixer
from app.audio.pcm import BLOCK_SAMPLES, Pcm, ms_of_samples, silence
from tests.support.speech import level_dbfs

CUES = {"connected": CONNECTED, "lost": LOST, "on air": ON_AIR, "off air": OFF_AIR}


def played(mixer: CueMixer, blocks: int, under: int = 0) -> Pcm:
    """What the mixer makes of so many blocks of a steady value."""
    pieces = [silence() + np.int16(under) for _ in range(blocks)]
    for piece in pieces:
        mixer.mix_into(piece, 0.0)
    return np.concatenate(pieces)


@pytest.mark.parametrize("name", CUES)
def test_a_cue_is_short_soft_and_does_not_click(name: str) -> None:
    cue = CUES[name]
    assert len(cue) % BLOCK_SAMPLES == 0
    assert ms_of_samples(len(cue)) <= 400
    assert np.abs(cue).max() < 32768 * 10 ** (-12 / 20)
    steps = np.abs(np.diff(np.concatenate((silence(1), cue, silence(1))).astype(np.int32)))
    assert steps.max() < 2000  # a click would be a step of the height of the sound


def test_cues_can_be_told_apart() -> None:
    for name, cue in CUES.items():
        for other_name, other in CUES.items():
            length = min(len(cue), len(other))
            alike = abs(np.corrcoef(cue[:length], other[:length])[0, 1])
            assert alike < 0.8 or name == other_name


def test_a_cue_is_added_to_what_is_played_and_then_all_is_as_before() -> None:
    mixer = CueMixer()
    assert not played(mixer, 3).any()
    mixer.play(ON_AIR, 0.0)
    blocks = len(ON_AIR) // BLOCK_SAMPLES
    assert np.array_equal(played(mixer, blocks, under=100), ON_AIR + 100)
    assert (played(mixer, 3, under=100) == 100).all()


def test_a_cue_has_a_volume_of_its_own_and_may_be_silent() -> None:
    mixer = CueMixer()
    mixer.volume = 0.5
    mixer.play(CONNECTED, 0.0)
    assert level_dbfs(played(mixer, 40)) == pytest.approx(level_dbfs(np.resize(CONNECTED, 19200)) - 6, abs=2.5)
    mixer.volume = 0.0
    mixer.play(CONNECTED, 0.0)
    assert not played(mixer, 40).any()


def test_of_cues_in_a_row_the_last_is_heard_and_nothing_piles_up() -> None:
    mixer = CueMixer()
    for _ in range(100):
        mixer.play(CONNECTED, 0.0)
        mixer.play(LOST, 0.0)
    assert np.array_equal(played(mixer, len(LOST) // BLOCK_SAMPLES), LOST)
    assert not played(mixer, 1).any()
    loudest = 0
    for _ in range(100):
        mixer.play(CONNECTED, 0.0)
        loudest = max(loudest, int(np.abs(played(mixer, 3)).max()))
    assert loudest <= 2 * int(np.abs(CONNECTED).max())


def test_loud_sound_is_not_wrapped_round() -> None:
    mixer = CueMixer()
    mixer.play(CONNECTED, 0.0)
    assert (played(mixer, 20, under=32767) > 20_000).all()


@pytest.mark.parametrize(("late_s", "is_heard"), [(FRESH_S - 0.1, True), (FRESH_S + 0.1, False)])
def test_a_cue_waits_for_a_device_but_not_for_long(late_s: float, is_heard: bool) -> None:
    mixer, block = CueMixer(), silence()
    mixer.play(ON_AIR, 100.0)
    mixer.mix_into(block, 100.0 + late_s)
    assert block.any() == is_heard
