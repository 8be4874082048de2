"""Nothing that was said goes down with a session, and nothing is said twice."""

from dataclasses import replace

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.machines import Link, Successor, Turn
from app.conversation.plan import Plan
from app.conversation.troubles import LinkLost, NotSignedIn
from app.conversation.view import Look
from app.conversation.words import view_of
from app.realtime import events as said
from app.realtime import requests as ask
from app.realtime.choices import Modality
from app.realtime.items import FunctionCall, FunctionCallOutput, Item
from tests.support.stories import PUSH_TO_TALK, VAD, Story, calls, reply_begins, reply_ends, requests, user_spoke


def rows(story: Story) -> list[tuple[str, str]]:
    return [(row.text, row.unheard) for row in view_of(story.state).rows]


def waiting(story: Story) -> list[str]:
    return [row.id for row in view_of(story.state).rows if not row.finished]


def lose(story: Story) -> int:
    """Lose the connection; how many milliseconds are said again."""
    return again_ms(story.tell(did.LinkEnded(LinkLost())))


def again_ms(commands: list[do.Command]) -> int:
    (rewind,) = (each for each in commands if isinstance(each, do.Rewind))
    return rewind.duration_ms


def come_back(story: Story) -> list[do.Command]:
    story.wait(2.0)
    return story.tell(did.LinkOpened(), said.SessionCreated(), said.SessionUpdated())


def created(commands: list[do.Command]) -> list[Item]:
    return [
        each.request.item
        for each in commands
        if isinstance(each, do.Send) and isinstance(each.request, ask.ConversationItemCreate)
    ]


def heard(id: str, text: str) -> said.ServerEvent:
    return said.ConversationItemInputAudioTranscriptionCompleted(item_id=id, transcript=text, usage=None)


def answered() -> Story:
    """One question, written down and answered, three seconds ago."""
    story = Story().go_live()
    story.tell(*user_spoke("u1"), heard("u1", "What time is it?"))
    story.tell(*reply_begins("r1", "a1", "u1"), *reply_ends("r1", "a1", "It is noon.", "u1"))
    story.wait(3.0)
    return story


# --- speech ---------------------------------------------------------------------------------------------------


def test_a_sentence_that_was_cut_is_said_again_from_its_beginning() -> None:
    story = answered()
    story.tell(said.InputAudioBufferSpeechStarted(item_id="u2"))
    story.wait(12.0)
    assert lose(story) == 12_700
    assert rows(story) == [("What time is it?", ""), ("It is noon.", "")]


def test_no_more_is_said_again_than_is_kept() -> None:
    story = answered()
    story.tell(said.InputAudioBufferSpeechStarted(item_id="u2"))
    story.wait(50.0)
    assert lose(story) == 30_000


def test_a_turn_that_was_taken_but_not_written_down_is_said_again_and_answered_once() -> None:
    story = answered()
    story.tell(said.InputAudioBufferSpeechStarted(item_id="u2"))
    story.wait(2.0)
    story.tell(*user_spoke("u2", "a1")[1:])
    story.wait(1.0)
    assert lose(story) == 3_700
    assert rows(story) == [("What time is it?", ""), ("It is noon.", "")]
    back = come_back(story)
    assert "ResponseCreate" not in requests(back)
    assert "cut off" not in str(created(back))
    assert not story.state.comes_again


def test_a_turn_whose_answer_was_under_way_is_said_again() -> None:
    story = answered()
    story.tell(*user_spoke("u2", "a1"), *reply_begins("r2", "a2", "u2", "Once upon a time there was"))
    story.wait(1.0)
    assert lose(story) == 1_700
    assert [row.id for row in view_of(story.state).rows] == ["u1", "a1", "a2"]
    assert waiting(story) == []


def test_a_turn_that_was_answered_is_not_said_again_though_its_words_never_came() -> None:
    story = answered()
    story.tell(*user_spoke("u2", "a1"), *reply_begins("r2", "a2", "u2"), *reply_ends("r2", "a2", "Yes.", "u2"))
    story.wait(1.0)
    assert lose(story) == 1_000
    row = next(row for row in view_of(story.state).rows if row.id == "u2")
    assert row.failed
    assert waiting(story) == []


def test_a_turn_that_made_a_function_run_is_not_said_again() -> None:
    story = answered()
    story.tell(*user_spoke("u2", "a1"), *calls("r2", "c1"))
    call = FunctionCall(name="clock", call_id="c1", arguments="{}", id="fc_c1")
    story.tell(said.ConversationItemAdded(call, previous_item_id="u2"))
    story.wait(1.0)
    assert lose(story) == 1_000
    assert [row.id for row in view_of(story.state).rows if row.failed] == ["u2"]


def test_words_that_were_coming_in_are_kept_as_far_as_they_came() -> None:
    story = answered()
    story.tell(*user_spoke("u2", "a1"))
    story.tell(said.ConversationItemInputAudioTranscriptionDelta(item_id="u2", delta="And now"))
    lose(story)
    assert rows(story)[-1] == ("And now", "")
    assert waiting(story) == []


def test_hanging_up_leaves_no_row_waiting() -> None:
    story = answered()
    story.tell(*user_spoke("u2", "a1"), said.InputAudioBufferSpeechStarted(item_id="u3"))
    story.tell(did.DisconnectRequested(), did.LinkEnded(None))
    assert [(row.id, row.failed) for row in view_of(story.state).rows] == [("u1", False), ("a1", False), ("u2", True)]


def test_an_end_for_good_leaves_no_row_waiting() -> None:
    story = answered()
    story.tell(*user_spoke("u2", "a1"), did.LinkEnded(NotSignedIn()))
    assert waiting(story) == []


def test_a_change_of_mind_while_hanging_up_says_nothing_again() -> None:
    story = answered()
    story.tell(said.InputAudioBufferSpeechStarted(item_id="u2"))
    story.tell(did.DisconnectRequested(), did.ConnectRequested())
    commands = story.tell(did.LinkEnded(None))
    assert not any(isinstance(each, do.Rewind) for each in commands)
    assert do.HoldSilence(held=True) in commands
    assert view_of(story.state).look is Look.CONNECTING
    assert waiting(story) == []
    assert created(story.tell(did.LinkOpened(), said.SessionUpdated()))


# --- answers --------------------------------------------------------------------------------------------------


def test_an_answer_is_heard_until_it_fell_silent() -> None:
    text = "Once upon a time there was a lighthouse keeper who liked to talk"
    story = answered()
    story.tell(*reply_begins("r2", "a2", "a1", text), did.AssistantAudible(True))
    story.wait(1.0)
    story.tell(did.AssistantAudible(False))
    story.wait(3.5)
    lose(story)
    assert rows(story)[-1] == (text[:16], text[16:])


def test_an_answer_that_can_still_be_heard_is_heard_until_now() -> None:
    text = "Once upon a time there was a lighthouse keeper who liked to talk"
    story = answered()
    story.tell(did.AssistantAudible(True), did.AssistantAudible(False))
    story.tell(*reply_begins("r2", "a2", "a1", text))
    story.wait(0.5)
    story.tell(did.AssistantAudible(True))
    story.wait(0.5)
    lose(story)
    assert rows(story)[-1] == (text[:16], text[16:])


def test_an_answer_that_has_no_sound_yet_was_not_heard() -> None:
    story = answered()
    *begun, _sound, delta = reply_begins("r2", "a2", "a1", "Well then.")
    story.tell(*begun, delta)
    lose(story)
    assert rows(story)[-1] == ("", "Well then.")
    assert waiting(story) == []


def test_an_answer_in_writing_was_read() -> None:
    plan = replace(VAD, options=replace(VAD.options, output_modalities=(Modality.TEXT,)))
    story = Story(plan).go_live()
    *begun, _sound, delta = reply_begins("r2", "a2", None, "Well then.")
    story.tell(*begun, delta)
    lose(story)
    assert rows(story)[-1] == ("Well then.", "")
    assert waiting(story) == []


# --- the talk key ---------------------------------------------------------------------------------------------


def held_turn(plan: Plan = PUSH_TO_TALK, held_s: float = 8.0) -> Story:
    """The key was held, let go, and the turn given to the server, which has said nothing yet."""
    story = Story(plan).go_live()
    story.wait(60.0)
    story.tell(did.TalkPressed())
    story.wait(held_s)
    story.tell(did.TalkReleased(), did.GateClosed())
    story.wait(0.1)
    assert story.state.turn is Turn.IDLE
    return story


def deliver(story: Story) -> list[do.Command]:
    """The kept turn has been said again."""
    come_back(story)
    story.tell(did.GateClosed())
    return story.wait(0.1)


def test_a_turn_given_to_a_dead_line_is_given_again() -> None:
    story = held_turn()
    assert lose(story) == 8_800
    assert requests(deliver(story)) == ["InputAudioBufferCommit", "ResponseCreate"]


def test_a_turn_that_the_server_took_is_not_given_again() -> None:
    story = held_turn()
    story.tell(said.InputAudioBufferCommitted(item_id="u1"), heard("u1", "Hello"))
    story.wait(2.0)
    assert lose(story) == 2_000
    assert story.state.turn is Turn.IDLE


def test_what_was_taken_before_an_earlier_loss_is_not_given_again() -> None:
    story = held_turn()
    story.tell(said.InputAudioBufferCommitted(item_id="u1"), heard("u1", "Hello"))
    lose(story)
    come_back(story)
    story.wait(1.0)
    assert lose(story) == 3_000
    assert story.state.turn is Turn.IDLE


def test_a_slip_of_the_key_is_not_given_again() -> None:
    story = held_turn(held_s=0.05)
    story.wait(20.0)
    assert lose(story) == 5_000
    assert story.state.turn is Turn.IDLE


def test_a_key_that_is_down_is_heard_from_its_press() -> None:
    story = Story(PUSH_TO_TALK).go_live()
    story.tell(did.TalkPressed())
    story.wait(9.0)
    assert lose(story) == 9_700
    assert story.state.turn is Turn.HOLDING


def test_a_kept_turn_outlives_tries_in_vain() -> None:
    story = held_turn()
    lose(story)
    for _ in range(3):
        story.wait(20.0)
        story.tell(did.LinkEnded(LinkLost()))
    story.wait(20.0)
    assert requests(deliver(story)) == ["InputAudioBufferCommit", "ResponseCreate"]


def test_with_voice_activity_the_next_server_finds_the_turn_by_itself() -> None:
    story = held_turn(VAD)
    assert lose(story) == 8_800
    assert story.state.turn is Turn.IDLE


# --- handing over ---------------------------------------------------------------------------------------------


def to_successor(*happenings: did.LinkOpened | did.ServerSaid | did.SessionLimitTold) -> list[did.Happening]:
    return [did.ToSuccessor(each) for each in happenings]


READY = to_successor(did.LinkOpened(), did.ServerSaid(said.SessionUpdated()))


def test_a_line_that_still_works_is_left_with_a_second_said_again() -> None:
    story = answered()
    story.wait(10.0)
    story.tell(did.SessionLimitTold(story.now_s + 1500.0))
    story.tell(did.NoticeDismissed())
    story.state = replace(story.state, due=replace(story.state.due, rollover_at_s=story.now_s + 1.0))
    assert do.StartSuccessor() in story.wait(1.0)
    story.tell(*READY)
    assert again_ms(story.wait(1.1)) == 1_000


def test_a_line_in_doubt_is_left_with_more_said_again() -> None:
    story = answered()
    story.wait(10.0)
    story.tell(did.NetworkChanged(), *READY)
    assert again_ms(story.wait(1.1)) == 5_000
    assert not story.state.line_doubted


def test_a_turn_under_way_moves_as_a_whole() -> None:
    story = answered()
    story.tell(said.InputAudioBufferSpeechStarted(item_id="u2"))
    story.wait(6.0)
    story.tell(did.NetworkChanged(), *READY)
    assert again_ms(story.wait(3.5)) == 9_700
    assert [row.id for row in view_of(story.state).rows] == ["u1", "a1"]
    assert story.state.turn is Turn.IDLE


def test_a_held_turn_that_moves_is_committed_there() -> None:
    story = held_turn()
    story.state = replace(story.state, reply_wanted=False)
    commands = story.tell(did.NetworkChanged(), *READY) + story.wait(4.0)
    assert do.AdoptSuccessor() in commands
    assert story.state.turn is Turn.TAILING
    story.tell(did.GateClosed())
    assert "InputAudioBufferCommit" in requests(story.wait(0.1))


def test_a_held_turn_that_moves_does_not_wait_for_ever() -> None:
    story = held_turn()
    story.tell(did.NetworkChanged(), *READY)
    assert "InputAudioBufferCommit" in requests(story.wait(30.0))


def test_a_successor_that_is_ready_takes_over_when_the_line_breaks() -> None:
    story = answered()
    story.tell(did.NetworkChanged(), *READY)
    commands = story.tell(did.LinkEnded(LinkLost()))
    assert do.AdoptSuccessor() in commands
    assert do.StartAttempt() not in commands
    assert story.state.link is Link.LIVE
    assert view_of(story.state).look is Look.LISTENING


def test_a_successor_does_not_save_what_cannot_be_saved() -> None:
    story = answered()
    story.tell(did.NetworkChanged(), *READY)
    commands = story.tell(did.LinkEnded(NotSignedIn()))
    assert do.AdoptSuccessor() not in commands
    assert do.StopSuccessor() in commands
    assert story.state.link is Link.DOWN


def test_the_next_limit_is_the_successors_own() -> None:
    story = answered()
    limit_s = story.now_s + 100.0
    story.tell(did.NetworkChanged(), *to_successor(did.SessionLimitTold(limit_s)), *READY)
    story.wait(1.1)
    assert story.state.successor is Successor.NONE
    assert story.state.due.rollover_at_s is not None
    assert limit_s - 21.0 < story.state.due.rollover_at_s < limit_s


# --- functions ------------------------------------------------------------------------------------------------


def kinds(commands: list[do.Command]) -> list[type[Item]]:
    return [type(item) for item in created(commands)]


def test_a_result_that_comes_in_the_next_session_is_told_with_its_call() -> None:
    story = answered()
    story.tell(*user_spoke("u2", "a1"), heard("u2", "And now?"), *calls("r2", "c1"))
    lose(story)
    assert "ResponseCreate" not in requests(come_back(story))
    result = story.tell(did.ToolFinished("c1", '{"now": 1}', ""))
    assert kinds(result) == [FunctionCall, FunctionCallOutput]
    assert {getattr(item, "call_id", "") for item in created(result)} == {"c1"}
    assert requests(result)[-1] == "ResponseCreate"
    assert story.tell(did.ToolFinished("c1", "{}", "")) == []


def test_a_result_that_comes_while_the_line_is_down_is_told_to_the_next_session() -> None:
    story = answered()
    story.tell(*user_spoke("u2", "a1"), heard("u2", "And now?"), *calls("r2", "c1"))
    lose(story)
    assert story.tell(did.ToolFinished("c1", "{}", "")) == []
    back = come_back(story)
    assert kinds(back)[-2:] == [FunctionCall, FunctionCallOutput]
    assert requests(back)[-1] == "ResponseCreate"
    assert story.state.results == ()


def test_a_result_of_this_session_is_told_without_its_call() -> None:
    story = answered()
    story.tell(*calls("r2", "c1"))
    assert kinds(story.tell(did.ToolFinished("c1", "{}", ""))) == [FunctionCallOutput]


def test_a_function_that_runs_over_a_move_answers_in_the_new_session() -> None:
    story = answered()
    story.tell(did.NetworkChanged(), *READY, *calls("r2", "c1"))
    story.wait(3.5)
    assert story.state.successor is Successor.NONE
    assert kinds(story.tell(did.ToolFinished("c1", "{}", ""))) == [FunctionCall, FunctionCallOutput]
