import pytest

from app.audio.loudness import MOST_DB, Loudness, Target, loudness_of

AIMS = [target for target in Target if target is not Target.AS_IT_COMES]


@pytest.mark.parametrize("target", Target)
def test_the_loudest_of_what_is_said_is_judged(target: Target) -> None:
    lowest, highest = target.band_dbfs
    assert loudness_of(-80.0, target) is Loudness.UNHEARD
    assert loudness_of(lowest - 1, target) is Loudness.QUIET
    assert loudness_of(lowest, target) is Loudness.GOOD
    assert loudness_of(highest, target) is Loudness.GOOD
    assert loudness_of(highest + 1, target) is Loudness.LOUD


def test_what_is_heard_is_judged_with_its_gain_and_a_room_is_no_voice_however_much_it_is_raised() -> None:
    assert loudness_of(-40.0, Target.NORMAL) is Loudness.QUIET
    assert loudness_of(-40.0, Target.NORMAL, 16.0) is Loudness.GOOD
    assert loudness_of(-56.0, Target.NORMAL, 24.0) is Loudness.UNHEARD


@pytest.mark.parametrize("target", AIMS)
@pytest.mark.parametrize("voice_dbfs", [-44.0, -30.0, -10.0])
def test_a_voice_is_brought_into_the_band(target: Target, voice_dbfs: float) -> None:
    assert loudness_of(voice_dbfs, target, target.gain_db(voice_dbfs)) is Loudness.GOOD


def test_there_is_a_limit_to_what_is_done() -> None:
    assert Target.LOUD.gain_db(-55.0) == MOST_DB
    assert Target.SOFT.gain_db(0.0) == -MOST_DB
    assert Target.AS_IT_COMES.gain_db(-50.0) == 0.0
