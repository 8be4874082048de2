"""A conversation that is never lost: reconnecting, restoring, handing over."""

import pytest

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.linking import MOST_TRIES, retry_delay_s
from app.conversation.machines import Link, Successor
from app.conversation.troubles import BrokerBusy, LinkLost, NotSignedIn, ReconnectFailed, ServerUnreachable
from app.conversation.view import Look
from app.conversation.words import view_of
from app.realtime import events as said
from app.realtime import requests as ask
from app.realtime.items import InputText, ItemStatus, Message, OutputText, Response, ResponseStatus, Role
from tests.support.stories import PUSH_TO_TALK, Story, assistant, reply_begins, reply_ends, requests, user_spoke


def heard(story: Story, id: str, text: str) -> None:
    story.tell(said.ConversationItemInputAudioTranscriptionCompleted(item_id=id, transcript=text, usage=None))


def conversation() -> Story:
    """One question, answered."""
    story = Story().go_live()
    story.tell(*user_spoke("u1"), *reply_begins("r1", "a1", "u1"), *reply_ends("r1", "a1", "It is noon.", "u1"))
    heard(story, "u1", "What time is it?")
    return story


def link(story: Story) -> Link:
    return story.state.link


def created(commands: list[do.Command]) -> list[Message]:
    return [
        each.request.item
        for each in commands
        if isinstance(each, do.Send)
        and isinstance(each.request, ask.ConversationItemCreate)
        and isinstance(each.request.item, Message)
    ]


def reconnect(story: Story) -> list[do.Command]:
    return story.tell(did.LinkOpened(), said.SessionCreated(), said.SessionUpdated())


# --- reconnecting -------------------------------------------------------------------------------------------


def test_a_loss_keeps_the_sound_and_starts_again_by_itself() -> None:
    story = conversation()
    lost = story.tell(did.LinkEnded(LinkLost()))
    assert do.CloseSound() not in lost
    assert do.HoldSilence(held=True) in lost
    assert link(story) is Link.WAITING
    assert view_of(story.state).look is Look.RECONNECTING
    assert do.StartAttempt() in story.wait(2.0)
    assert do.HoldSilence(held=False) in reconnect(story)
    assert link(story) is Link.LIVE


def test_the_new_session_is_told_what_was_said_and_by_whom() -> None:
    story = conversation()
    story.tell(did.LinkEnded(LinkLost()))
    story.wait(2.0)
    items = created(reconnect(story))
    assert [(item.role, item.content[0]) for item in items[:2]] == [
        (Role.USER, InputText("What time is it?")),
        (Role.ASSISTANT, OutputText("It is noon.")),
    ]
    assert items[-1].role is Role.SYSTEM
    assert all(len(item.id) <= 32 for item in items)


def test_the_copies_do_not_appear_in_the_transcript() -> None:
    story = conversation()
    before = [row.text for row in view_of(story.state).rows]
    story.tell(did.LinkEnded(LinkLost()))
    story.wait(2.0)
    for item in created(reconnect(story)):
        story.tell(said.ConversationItemAdded(item), said.ConversationItemDone(item))
    assert [row.text for row in view_of(story.state).rows] == before


def test_a_question_that_was_not_answered_is_answered_after_the_loss() -> None:
    story = Story().go_live()
    story.tell(*user_spoke("u1"))
    heard(story, "u1", "What time is it?")
    story.tell(did.LinkEnded(LinkLost()))
    story.wait(2.0)
    assert requests(reconnect(story))[-1] == "ResponseCreate"


def test_an_answer_that_was_cut_off_is_taken_up_again() -> None:
    story = Story().go_live()
    story.tell(*user_spoke("u1"), *reply_begins("r1", "a1", "u1", "Once upon a time there was a lighthouse keeper"))
    heard(story, "u1", "Tell me a story")
    story.wait(1.0)
    story.tell(did.LinkEnded(LinkLost()))
    row = view_of(story.state).rows[-1]
    assert row.unheard
    story.wait(2.0)
    commands = reconnect(story)
    assert "take it up" in str(created(commands)[-1].content[0])
    assert requests(commands)[-1] == "ResponseCreate"


def test_an_answered_question_is_not_answered_again() -> None:
    story = conversation()
    story.tell(did.LinkEnded(LinkLost()))
    story.wait(2.0)
    assert "ResponseCreate" not in requests(reconnect(story))


def test_what_was_said_to_the_dead_line_is_said_again_but_not_what_was_answered() -> None:
    story = conversation()
    story.wait(2.0)
    assert do.Rewind(2000) in story.tell(did.LinkEnded(LinkLost()))
    story = conversation()
    story.wait(60.0)
    assert do.Rewind(5000) in story.tell(did.LinkEnded(LinkLost()))


def test_trying_again_waits_longer_each_time_and_as_long_as_asked() -> None:
    delays = [retry_delay_s(tries, 0.5, None) for tries in range(8)]
    assert delays == sorted(delays)
    assert delays[0] == 0.5
    assert delays[-1] == 15.0
    assert retry_delay_s(0, 0.0, None) == 0.25
    assert retry_delay_s(0, 0.5, 30.0) == 30.0


def test_a_broker_that_asks_to_wait_is_obeyed() -> None:
    story = conversation()
    story.tell(did.LinkEnded(LinkLost()))
    story.wait(2.0)
    story.tell(did.LinkEnded(BrokerBusy(20.0)))
    assert do.StartAttempt() not in story.wait(19.0)
    assert do.StartAttempt() in story.wait(2.0)


def test_whoever_would_wait_for_long_is_told_until_when() -> None:
    story = conversation()
    story.tell(did.LinkEnded(LinkLost()))
    story.wait(2.0)
    story.tell(did.LinkEnded(BrokerBusy(3600.0, "daily_minutes_spent")))
    assert link(story) is Link.DOWN
    assert story.state.notice is not None
    assert story.state.notice.ready_at_s == story.now_s + 3600.0


def test_a_place_that_is_taken_may_be_free_soon() -> None:
    story = conversation()
    story.tell(did.LinkEnded(LinkLost()))
    story.wait(2.0)
    story.tell(did.LinkEnded(BrokerBusy(1800.0, "too_many_sessions")))
    assert do.StartAttempt() in story.wait(5.0)


def test_it_gives_up_after_many_tries_and_says_so() -> None:
    story = conversation()
    story.tell(did.LinkEnded(LinkLost()))
    for _ in range(MOST_TRIES + 1):
        story.wait(30.0)
        story.tell(did.LinkEnded(ServerUnreachable()))
    assert link(story) is Link.DOWN
    assert story.state.notice is not None
    assert story.state.notice.sentence == ReconnectFailed.sentence
    assert do.CloseSound() in story.commands


def test_a_refused_sign_in_stops_at_once_in_its_own_words() -> None:
    story = conversation()
    story.tell(did.LinkEnded(LinkLost()))
    story.wait(2.0)
    story.tell(did.LinkEnded(NotSignedIn()))
    assert link(story) is Link.DOWN
    assert story.state.notice is not None
    assert story.state.notice.sentence == NotSignedIn.sentence


def test_the_first_connection_is_not_tried_again_by_itself() -> None:
    story = Story()
    story.tell(did.ConnectRequested(), did.LinkEnded(ServerUnreachable()))
    assert link(story) is Link.DOWN


@pytest.mark.parametrize("happening", [did.NetworkChanged(), did.ConnectRequested()])
def test_a_new_network_or_an_impatient_person_does_not_wait(happening: did.Happening) -> None:
    story = conversation()
    story.tell(did.LinkEnded(LinkLost()))
    assert do.StartAttempt() in story.tell(happening)


def test_hanging_up_while_reconnecting_ends_it() -> None:
    story = conversation()
    story.tell(did.LinkEnded(LinkLost()))
    assert do.CloseSound() in story.tell(did.DisconnectRequested())
    assert link(story) is Link.DOWN
    assert story.state.wake_at_s is None


def test_an_expired_session_is_followed_by_another_at_once() -> None:
    story = conversation()
    expired = said.ErrorEvent(error=said.ErrorDetail(code="session_expired"))
    assert do.StopAttempt() in story.tell(expired)
    assert view_of(story.state).look is Look.RECONNECTING
    assert do.StartAttempt() in story.tell(did.LinkEnded(None))
    assert created(reconnect(story))


def test_a_key_held_over_a_loss_stays_held() -> None:
    story = Story(PUSH_TO_TALK).go_live()
    story.tell(did.TalkPressed())
    story.wait(1.0)
    story.tell(did.LinkEnded(LinkLost()))
    story.wait(1.0)
    assert do.ReleaseGate() in story.tell(did.TalkReleased())
    reconnect(story)
    assert "InputAudioBufferCommit" not in requests(story.commands)
    story.tell(did.GateClosed())
    assert requests(story.wait(0.1)) == ["InputAudioBufferCommit", "ResponseCreate"]


def test_a_key_pressed_while_the_connection_is_down_is_heard() -> None:
    story = Story(PUSH_TO_TALK).go_live()
    story.tell(did.LinkEnded(LinkLost()))
    assert do.PressGate() in story.tell(did.TalkPressed())
    story.wait(0.3)
    story.tell(did.TalkReleased())
    story.wait(1.0)
    reconnect(story)
    story.tell(did.GateClosed())
    assert requests(story.wait(0.1)) == ["InputAudioBufferCommit", "ResponseCreate"]


def test_a_first_answer_in_writing_is_asked_for_again_by_voice_once() -> None:
    story = conversation()
    story.tell(did.LinkEnded(LinkLost()))
    story.wait(2.0)
    reconnect(story)
    written = Message(Role.ASSISTANT, (OutputText("In writing."),), "w1", ItemStatus.COMPLETED)
    done = said.ResponseDone(Response(id="r2", status=ResponseStatus.COMPLETED, output=(written,)))
    begun = said.ResponseCreated(Response(id="r2"))
    assert requests(story.tell(begun, done)) == ["ConversationItemCreate", "ResponseCreate"]
    again = said.ResponseDone(Response(id="r3", status=ResponseStatus.COMPLETED, output=(written,)))
    assert requests(story.tell(said.ResponseCreated(Response(id="r3")), again)) == []


def test_a_first_answer_by_voice_is_fine() -> None:
    story = conversation()
    story.tell(did.LinkEnded(LinkLost()))
    story.wait(2.0)
    reconnect(story)
    spoken = assistant("s1", "By voice.", ItemStatus.COMPLETED)
    done = said.ResponseDone(Response(id="r2", status=ResponseStatus.COMPLETED, output=(spoken,)))
    assert requests(story.tell(said.ResponseCreated(Response(id="r2")), done)) == []


# --- handing over -------------------------------------------------------------------------------------------


def prepare(story: Story) -> list[do.Command]:
    return story.tell(did.ToSuccessor(did.LinkOpened()), did.ToSuccessor(did.ServerSaid(said.SessionUpdated())))


def test_before_the_limit_the_conversation_moves_in_a_quiet_moment() -> None:
    story = conversation()
    story.tell(did.SessionLimitTold(story.now_s + 3600))
    story.tell(did.NoticeDismissed())
    keep_busy(story, 3299)
    assert do.StartSuccessor() not in story.commands
    keep_busy(story, 2)
    assert do.StartSuccessor() in story.commands
    updates = prepare(story)
    assert all(each.to_successor for each in updates if isinstance(each, do.Send))
    assert do.AdoptSuccessor() not in updates
    moved = story.wait(1.1)
    assert moved[0] == do.AdoptSuccessor()
    assert created(moved)
    assert do.Rewind(1000) in moved
    assert view_of(story.state).look is Look.LISTENING
    assert view_of(story.state).notice is None


def keep_busy(story: Story, duration_s: int) -> None:
    """Somebody is there: the call is not hung up for idleness."""
    for _ in range(duration_s):
        story.wait(1.0)
        story.tell(did.NoticeDismissed())


def test_a_conversation_is_not_moved_while_somebody_speaks() -> None:
    story = conversation()
    story.tell(did.NetworkChanged())
    story.tell(said.InputAudioBufferSpeechStarted(item_id="u2"))
    prepare(story)
    assert do.AdoptSuccessor() not in story.wait(1.5)
    story.tell(said.InputAudioBufferSpeechStopped(item_id="u2"))


def test_after_a_change_of_network_it_does_not_wait_long() -> None:
    story = conversation()
    assert do.StartSuccessor() in story.tell(did.NetworkChanged())
    story.tell(said.InputAudioBufferSpeechStarted(item_id="u2"))
    prepare(story)
    assert do.AdoptSuccessor() in story.wait(4.0)


def test_an_answer_under_way_is_asked_for_again_at_the_successor() -> None:
    story = conversation()
    story.tell(did.NetworkChanged(), *reply_begins("r2", "a2", "a1", "Well,"))
    prepare(story)
    assert requests(story.wait(4.0))[-1] == "ResponseCreate"


def test_a_successor_that_fails_is_tried_again() -> None:
    story = conversation()
    story.tell(did.NetworkChanged(), did.ToSuccessor(did.LinkEnded(LinkLost())))
    assert link(story) is Link.LIVE
    assert do.StartSuccessor() in story.wait(21.0)


def test_a_successor_that_breaks_while_it_waits_is_not_adopted() -> None:
    story = conversation()
    story.tell(did.NetworkChanged())
    prepare(story)
    story.tell(did.ToSuccessor(did.LinkEnded(LinkLost())))
    later = story.wait(21.0)
    assert do.AdoptSuccessor() not in later
    assert do.StartSuccessor() in later


def test_a_successor_that_is_never_confirmed_is_believed_after_five_seconds() -> None:
    story = conversation()
    story.tell(did.NetworkChanged(), did.ToSuccessor(did.LinkOpened()))
    assert do.AdoptSuccessor() not in story.wait(4.9)
    assert do.AdoptSuccessor() in story.wait(1.2)


def test_a_successor_that_broke_is_not_believed_later() -> None:
    story = conversation()
    story.tell(did.NetworkChanged(), did.ToSuccessor(did.LinkOpened()), did.ToSuccessor(did.LinkEnded(LinkLost())))
    assert do.AdoptSuccessor() not in story.wait(10.0)
    story.tell(did.NetworkChanged())
    assert story.state.successor is Successor.OPENING
    story.wait(10.0)
    assert story.state.successor is Successor.OPENING


def test_one_successor_at_a_time() -> None:
    story = conversation()
    assert do.StartSuccessor() in story.tell(did.NetworkChanged())
    assert do.StartSuccessor() not in story.tell(did.NetworkChanged(), did.NetworkChanged())


def test_losing_the_present_line_gives_the_successor_up_and_reconnects() -> None:
    story = conversation()
    story.tell(did.NetworkChanged())
    assert do.StopSuccessor() in story.tell(did.LinkEnded(LinkLost()))
    assert story.state.successor is Successor.NONE
    assert do.StartAttempt() in story.wait(2.0)


def test_hanging_up_ends_the_successor_too() -> None:
    story = conversation()
    story.tell(did.NetworkChanged(), did.DisconnectRequested())
    assert do.StopSuccessor() in story.tell(did.LinkEnded(None))


def test_a_short_limit_leaves_a_fifth_of_it_to_move() -> None:
    story = conversation()
    story.tell(did.SessionLimitTold(story.now_s + 20.0))
    assert do.StartSuccessor() not in story.wait(15.0)
    assert do.StartSuccessor() in story.wait(1.1)
