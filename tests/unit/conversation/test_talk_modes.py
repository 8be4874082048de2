from dataclasses import replace

import pytest

from app.conversation.settings import Settings, TalkMode, TalkSettings, TurnMode, TurnSettings
from app.conversation.talk_modes import (
    AllLost,
    Event,
    Lost,
    ModeChosen,
    Order,
    Pressed,
    Released,
    Source,
    Talk,
    TimePassed,
    Toggled,
    heard,
    seen,
)

KEY, WINDOW, REMOTE = Source.KEY, Source.WINDOW, Source.REMOTE
DOWN, UP = Pressed(KEY), Released(KEY)
Moment = tuple[float, Event]


def told(mode: TalkMode, *events: Moment) -> list[tuple[float, Order]]:
    """What is ordered and when, while these things happen."""
    talk, orders = Talk(mode), list[tuple[float, Order]]()
    for now_s, event in events:
        talk, some = heard(talk, event, now_s)
        orders += [(now_s, order) for order in some]
    return orders


def test_hold_talks_while_the_key_is_down() -> None:
    assert told(TalkMode.HOLD, (1, DOWN), (1.5, DOWN), (2, UP), (3, UP)) == [(1, Order.TALK_DOWN), (2, Order.TALK_UP)]


def test_two_sources_hold_one_talk() -> None:
    story: list[Moment] = [(1.0, DOWN), (2.0, Pressed(WINDOW)), (3.0, UP), (4.0, Released(WINDOW))]
    assert told(TalkMode.HOLD, *story) == [(1, Order.TALK_DOWN), (4, Order.TALK_UP)]


def test_toggle_talks_from_press_to_press() -> None:
    story: list[Moment] = [(1.0, DOWN), (1.1, UP), (5.0, DOWN), (5.1, UP)]
    assert told(TalkMode.TOGGLE, *story) == [(1, Order.TALK_DOWN), (5, Order.TALK_UP)]


def test_a_double_press_locks_until_the_next_press() -> None:
    story: list[Moment] = [(1.0, DOWN), (1.1, UP), (1.3, DOWN), (1.4, UP), (60.0, DOWN), (60.1, UP)]
    orders = told(TalkMode.HOLD_OR_LOCK, *story)
    assert orders == [(1, Order.TALK_DOWN), (1.1, Order.TALK_UP), (1.3, Order.TALK_DOWN), (60, Order.TALK_UP)]


def test_two_slow_presses_are_no_double_press() -> None:
    story: list[Moment] = [(1.0, DOWN), (1.1, UP), (1.5, DOWN), (1.6, UP)]
    assert told(TalkMode.HOLD_OR_LOCK, *story)[-1] == (1.6, Order.TALK_UP)


def test_with_an_open_microphone_the_key_interrupts() -> None:
    story: list[Moment] = [(1.0, DOWN), (2.0, UP), (3.0, Toggled(REMOTE))]
    assert told(TalkMode.OPEN, *story) == [(1, Order.INTERRUPT), (3, Order.INTERRUPT)]


def test_push_to_mute_mutes_while_the_key_is_down() -> None:
    assert told(TalkMode.PUSH_TO_MUTE, (1, DOWN), (2, UP)) == [(1, Order.MUTE), (2, Order.UNMUTE)]


def test_push_to_mute_does_not_unmute_who_is_muted_on_purpose() -> None:
    talk, orders = heard(Talk(TalkMode.PUSH_TO_MUTE), DOWN, 1.0, muted=True)
    assert orders == ()
    assert heard(talk, UP, 2.0, muted=True)[1] == ()


def test_a_source_without_releases_toggles() -> None:
    story: list[Moment] = [(1.0, Toggled(REMOTE)), (9.0, Toggled(REMOTE))]
    assert told(TalkMode.HOLD, *story) == [(1, Order.TALK_DOWN), (9, Order.TALK_UP)]


@pytest.mark.parametrize("mode", [TalkMode.HOLD, TalkMode.TOGGLE, TalkMode.HOLD_OR_LOCK, TalkMode.PUSH_TO_MUTE])
@pytest.mark.parametrize("end", [Lost(KEY), AllLost(), ModeChosen(TalkMode.OPEN, 120), TimePassed()])
def test_whatever_a_key_began_ends_without_its_release(mode: TalkMode, end: Event) -> None:
    orders = told(mode, (1, DOWN), (121, end), (122, UP))
    assert [moment for moment, _ in orders] == [1, 121]


def test_another_source_s_loss_changes_nothing() -> None:
    assert told(TalkMode.TOGGLE, (1, DOWN), (1.1, UP), (2, Lost(WINDOW))) == [(1, Order.TALK_DOWN)]
    assert told(TalkMode.HOLD, (1, DOWN), (2, Lost(WINDOW))) == [(1, Order.TALK_DOWN)]


def test_time_is_not_up_before_it_is() -> None:
    assert told(TalkMode.HOLD, (1, DOWN), (120.9, TimePassed())) == [(1, Order.TALK_DOWN)]


def test_a_talk_that_the_conversation_ended_begins_anew() -> None:
    talk, _ = heard(Talk(TalkMode.TOGGLE), DOWN, 1.0)
    talk, _ = heard(talk, UP, 1.1)
    assert seen(talk, talking=True, muted=False) == talk
    _, orders = heard(seen(talk, talking=False, muted=False), DOWN, 5.0)
    assert orders == (Order.TALK_DOWN,)


@pytest.mark.parametrize("mode", [TalkMode.OPEN, TalkMode.PUSH_TO_MUTE])
def test_push_to_talk_turns_need_a_key_to_talk_with(mode: TalkMode) -> None:
    settings = Settings(talk=TalkSettings(mode))
    assert settings.talk_mode is mode
    assert replace(settings, turn=TurnSettings(TurnMode.PUSH_TO_TALK)).talk_mode is TalkMode.HOLD
