import pytest

from app.audio.loudness import Target
from app.conversation.settings import Hearing, LevelSettings, Settings
from app.session.hearing import echo_settings


@pytest.mark.parametrize("hearing", Hearing)
def test_automatic_gain_does_not_take_back_the_level_that_was_chosen(hearing: Hearing) -> None:
    assert echo_settings(Settings(hearing=hearing)).control_gain is None
    assert echo_settings(Settings(hearing=hearing, level=LevelSettings(Target.SOFT))).control_gain is False
