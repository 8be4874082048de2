"""Who may sound while the assistant speaks."""

import numpy as np
import pytest

from app.audio.ducking import DUCKED_GAIN, Ducker, Duplex
from app.audio.echo_meter import EchoMeter
from app.audio.pcm import BLOCK_SAMPLES, Pcm


def _meter(
    *, near: bool = False, echo_possible: bool = True, erle_db: float = 40.0, echo_blocks: int = 10_000
) -> EchoMeter:
    meter = EchoMeter()
    meter.near, meter.echo_possible, meter.erle_db, meter.echo_blocks = near, echo_possible, erle_db, echo_blocks
    return meter


def _duplex(ducker: Ducker) -> Duplex:
    return ducker.duplex


def _loud() -> Pcm:
    return np.full(BLOCK_SAMPLES, 10_000, np.int16)


def _follow(ducker: Ducker, meter: EchoMeter, blocks: int) -> None:
    for _ in range(blocks):
        ducker.follow(meter)


def test_a_click_does_not_turn_the_assistant_down() -> None:
    ducker = Ducker()
    _follow(ducker, _meter(near=True), 2)
    _follow(ducker, _meter(), 5)
    assert _duplex(ducker) is Duplex.FULL


def test_a_voice_turns_the_assistant_down_within_30_ms_and_for_a_second() -> None:
    ducker = Ducker()
    _follow(ducker, _meter(near=True), 3)
    assert _duplex(ducker) is Duplex.DUCKED
    _follow(ducker, _meter(), 99)
    assert _duplex(ducker) is Duplex.DUCKED
    _follow(ducker, _meter(), 5)
    assert _duplex(ducker) is Duplex.FULL


def test_a_voice_while_the_assistant_is_silent_changes_nothing() -> None:
    ducker = Ducker()
    _follow(ducker, _meter(near=True, echo_possible=False), 100)
    assert _duplex(ducker) is Duplex.FULL


def test_volume_goes_down_and_up_without_a_step() -> None:
    ducker = Ducker()
    untouched = _loud()
    ducker.soften(untouched)
    assert np.array_equal(untouched, _loud())
    _follow(ducker, _meter(near=True), 3)
    down, low, up = _loud(), _loud(), _loud()
    ducker.soften(down)
    ducker.soften(low)
    _follow(ducker, _meter(), 200)
    ducker.soften(up)
    assert np.abs(np.diff(np.concatenate((_loud(), down, low, up, _loud())).astype(int))).max() < 40
    assert low == pytest.approx(10_000 * DUCKED_GAIN, abs=1)


def test_too_much_echo_means_half_duplex_until_there_is_clearly_less() -> None:
    ducker = Ducker()
    ducker.follow(_meter(erle_db=19))
    assert _duplex(ducker) is Duplex.HALF
    ducker.follow(_meter(erle_db=22))
    assert _duplex(ducker) is Duplex.HALF
    ducker.follow(_meter(erle_db=25))
    assert _duplex(ducker) is Duplex.FULL
    ducker.follow(_meter(erle_db=22))
    assert _duplex(ducker) is Duplex.FULL


def test_half_duplex_leaves_the_volume_alone() -> None:
    ducker = Ducker()
    _follow(ducker, _meter(near=True, erle_db=5), 50)
    block = _loud()
    ducker.soften(block)
    assert np.array_equal(block, _loud())


def test_half_duplex_opens_the_microphone_when_the_assistant_is_silent() -> None:
    ducker = Ducker()
    ducker.follow(_meter(erle_db=5))
    assert not ducker.microphone_open
    ducker.follow(_meter(erle_db=5, echo_possible=False))
    assert ducker.microphone_open


def test_while_the_canceller_learns_only_a_lasting_voice_opens_the_microphone() -> None:
    ducker = Ducker()
    _follow(ducker, _meter(near=True, echo_blocks=0), 10)
    assert (ducker.duplex, ducker.microphone_open) == (Duplex.FULL, False)
    _follow(ducker, _meter(near=True, echo_blocks=0), 2)
    assert (ducker.duplex, ducker.microphone_open) == (Duplex.DUCKED, True)
    ducker = Ducker()
    ducker.follow(_meter(echo_blocks=0, echo_possible=False))
    assert ducker.microphone_open
