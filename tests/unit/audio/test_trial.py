import numpy as np
import pytest

from app.audio.echo import EchoCanceller, EchoMode, EchoSettings
from app.audio.echo_finding import Advice, EchoFinding
from app.audio.level import level_dbfs
from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm
from app.audio.trial import Witness, babble, chime, judge
from tests.support.echo_scene import Clock
from tests.support.room import PERSON, Acoustics, Room, Signal, quiet, spoken


def measured(acoustics: Acoustics, near: Signal | None = None) -> EchoFinding:
    """The whole measurement in a simulated room."""
    clock = Clock()
    canceller = EchoCanceller(clock)
    canceller.choose(EchoSettings(EchoMode.LOUDSPEAKER, hands_free=False))
    witness, room, sound = Witness(canceller), Room(acoustics), babble()
    witness.begin()
    voice = near if near is not None else quiet(len(sound) / RATE_HZ)
    for at in range(0, len(sound), BLOCK_SAMPLES):
        block = sound[at : at + BLOCK_SAMPLES].copy()
        witness.soften(block)
        witness.reference(block)
        room.play(block)
        captured, _echo = room.hear(voice[at : at + BLOCK_SAMPLES])
        clock.now_s += 0.01
        witness.process(captured)
    return judge(witness.end())


def test_an_echo_that_the_canceller_removes_is_for_the_loudspeaker() -> None:
    finding = measured(Acoustics(echo_to_voice_db=0.0))
    assert finding.advice is Advice.LOUDSPEAKER
    assert finding.removed_db > 30
    assert finding.echo_dbfs == pytest.approx(-25.6, abs=1.0)
    assert finding.delay_ms == pytest.approx(70.0, abs=20.0)


def test_an_echo_below_the_noise_is_a_headset() -> None:
    assert measured(Acoustics(echo_to_voice_db=-40.0, noise_to_echo_db=10.0)).advice is Advice.HEADSET


def test_an_echo_that_stays_is_half_duplex() -> None:
    finding = measured(Acoustics(echo_to_voice_db=30.0, overdrive=30.0))
    assert finding.advice is Advice.HALF_DUPLEX
    assert finding.removed_db < 20


def test_somebody_who_talks_over_it_makes_it_unsure() -> None:
    seconds = len(babble()) / RATE_HZ
    talk = np.concatenate((quiet(2.0), spoken(PERSON, seconds - 2.0, pause_s=0.1)))
    finding = measured(Acoustics(echo_to_voice_db=-50.0), talk)
    assert finding.advice is Advice.UNSURE


def test_without_any_sound_there_is_no_echo() -> None:
    assert judge([]).advice is Advice.HEADSET
    assert judge([(-100.0, -100.0)] * 800).advice is Advice.HEADSET


@pytest.mark.parametrize("sound", [chime(), babble()])
def test_the_sounds_are_whole_blocks_that_do_not_clip(sound: Pcm) -> None:
    assert len(sound) % BLOCK_SAMPLES == 0
    assert -30 < level_dbfs(sound) < -10
    assert int(np.abs(sound.astype(np.int32)).max()) < 32_000


def test_nothing_is_written_down_before_it_begins_or_after_it_ends() -> None:
    witness = Witness(EchoCanceller())
    block = np.full(BLOCK_SAMPLES, 1000, np.int16)
    witness.process(block)
    assert witness.end() == []
    witness.begin()
    assert (witness.process(block) == block).all()
    [levels] = witness.end()
    assert levels == pytest.approx((-30.3, -30.3), abs=0.1)
    witness.process(block)
    assert witness.end() == []
