"""What levels tell of an echo."""

import random

import pytest

from app.audio.echo_meter import FIRST_ERLE_DB, EchoMeter

_NOISE = -75.0


def _speech(seed: int) -> list[float]:
    """Levels of syllables and pauses, ten minutes of them at most."""
    chance = random.Random(seed)
    levels: list[float] = []
    while len(levels) < 3000:
        levels += [chance.uniform(-35, -20)] * chance.randint(8, 25) + [-80.0] * chance.randint(3, 12)
    return levels


def _hear_assistant(
    meter: EchoMeter, seconds: float, *, erle_db: float, delay_blocks: int = 6, loss_db: float = 0
) -> int:
    """Only the assistant speaks; in how many blocks a person was heard."""
    far, near = _speech(1), 0
    for index in range(int(seconds * 100)):
        echo = (far[index - delay_blocks] if index >= delay_blocks else -80.0) - loss_db
        meter.feed(far[index], max(echo, _NOISE), max(echo - erle_db, _NOISE), ducked=False)
        near += meter.near
    return near


def test_the_loss_is_measured_while_only_the_assistant_speaks() -> None:
    meter = EchoMeter()
    _hear_assistant(meter, 10, erle_db=40)
    assert meter.erle_db == pytest.approx(40, abs=4)
    assert meter.echo_dbfs == pytest.approx(-26, abs=4)


def test_a_loss_that_was_good_and_is_gone_is_noticed() -> None:
    meter = EchoMeter()
    _hear_assistant(meter, 10, erle_db=40)
    _hear_assistant(meter, 30, erle_db=5)
    assert meter.erle_db < 20


def test_silence_teaches_nothing() -> None:
    meter = EchoMeter()
    for _ in range(1000):
        meter.feed(-100, _NOISE, _NOISE, ducked=False)
    assert meter.erle_db == FIRST_ERLE_DB
    assert meter.echo_to_voice_db is None
    assert meter.delay_ms is None
    assert not meter.echo_possible


def test_a_voice_over_the_assistant_is_heard_and_an_echo_is_not() -> None:
    meter = EchoMeter()
    _hear_assistant(meter, 5, erle_db=35)
    assert _hear_assistant(meter, 5, erle_db=35) < 5
    meter.feed(-25, -23, -27, ducked=False)
    assert meter.near


def test_echo_and_voice_are_compared() -> None:
    meter = EchoMeter()
    _hear_assistant(meter, 20, erle_db=40, loss_db=-6)
    for level in _speech(2)[:1500]:
        meter.feed(-100, max(level, _NOISE), max(level, _NOISE), ducked=False)
    assert meter.echo_to_voice_db == pytest.approx(6, abs=3)


def test_the_way_through_the_room_is_timed() -> None:
    meter = EchoMeter()
    _hear_assistant(meter, 10, erle_db=40, delay_blocks=13)
    assert meter.delay_ms == 130


def test_what_is_left_in_the_assistants_rhythm_is_not_believed_to_be_a_person() -> None:
    meter = EchoMeter()
    _hear_assistant(meter, 8, erle_db=40)
    _hear_assistant(meter, 8, erle_db=5, delay_blocks=60)
    assert meter.erle_db < 20


def test_a_person_over_the_assistant_does_not_spoil_what_was_learned() -> None:
    meter = EchoMeter()
    _hear_assistant(meter, 10, erle_db=40)
    for far, voice in zip(_speech(1)[:1000], _speech(3)[:1000], strict=True):
        meter.feed(far, max(far, voice), max(voice, _NOISE), ducked=False)
    assert meter.erle_db > 25
