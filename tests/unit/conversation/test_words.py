"""The status line, where it depends on the talk key."""

from dataclasses import replace

import pytest

from app.conversation import happenings as did
from app.conversation.machines import Link
from app.conversation.plan import Plan, plan_of
from app.conversation.profiles import REHEARSAL
from app.conversation.settings import Settings, TalkMode, TalkSettings, TurnMode, TurnSettings
from app.conversation.words import view_of
from tests.support.stories import PUSH_TO_TALK, VAD, Story


def hint(story: Story) -> str:
    return view_of(story.state).hint


def with_mode(plan: Plan, mode: TalkMode) -> Story:
    return Story(replace(plan, talk_mode=mode))


@pytest.mark.parametrize(
    ("mode", "ready", "held"),
    [
        (TalkMode.HOLD, "Hold Space", "Release to send"),
        (TalkMode.TOGGLE, "Press Space", "Press again to send"),
        (TalkMode.HOLD_OR_LOCK, "Hold Space", "Release, or press again, to send"),
    ],
)
def test_the_hint_tells_how_to_begin_and_how_to_send(mode: TalkMode, ready: str, held: str) -> None:
    story = with_mode(PUSH_TO_TALK, mode).go_live()
    assert hint(story).startswith(ready)
    story.tell(did.TalkPressed())
    assert hint(story) == held


@pytest.mark.parametrize("mode", TalkMode)
def test_with_an_open_microphone_the_hint_tells_what_else_the_key_does(mode: TalkMode) -> None:
    words = hint(with_mode(VAD, mode).go_live())
    assert ("hold Space" in words) == (mode in (TalkMode.HOLD, TalkMode.HOLD_OR_LOCK, TalkMode.PUSH_TO_MUTE))
    assert ("press Space" in words) == (mode is TalkMode.TOGGLE)
    assert ("muted" in words) == (mode is TalkMode.PUSH_TO_MUTE)


def test_a_press_that_was_too_short_is_explained_in_the_words_of_the_mode() -> None:
    story = with_mode(PUSH_TO_TALK, TalkMode.TOGGLE).go_live()
    story.tell(did.TalkPressed(), did.TalkReleased(), did.GateClosed())
    story.wait(0.1)
    assert story.state.notice is not None
    assert "press again" in story.state.notice.remedy


def test_who_talks_already_is_told_that_it_is_kept() -> None:
    story = Story(PUSH_TO_TALK)
    story.tell(did.ConnectRequested(), did.TalkPressed())
    assert story.state.link is Link.OPENING
    assert "kept" in hint(story)


def test_the_plan_knows_the_mode_that_is_in_force() -> None:
    settings = Settings(talk=TalkSettings(TalkMode.OPEN), turn=TurnSettings(TurnMode.PUSH_TO_TALK))
    assert plan_of(settings, REHEARSAL).talk_mode is TalkMode.HOLD
    assert plan_of(replace(settings, turn=TurnSettings()), REHEARSAL).talk_mode is TalkMode.OPEN
