"""The heart, story by story."""

from dataclasses import replace

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.machines import Link, Response, Sound, Turn
from app.conversation.troubles import NotSignedIn
from app.conversation.view import Look
from app.conversation.words import view_of
from app.realtime import events as said
from app.realtime.items import Response as ServerResponse
from app.realtime.items import ResponseError, ResponseStatus, StatusDetails
from app.realtime.requests import ConversationItemCreate, ResponseCancel, SessionUpdate
from app.realtime.session import ServerVad, SessionOptions
from tests.support.stories import PUSH_TO_TALK, VAD, Story, reply_begins, reply_ends, requests, user_spoke


def error(code: str, event_id: str = "", message: str = "") -> said.ErrorEvent:
    return said.ErrorEvent(error=said.ErrorDetail(code=code, event_id=event_id, message=message))


# --- link ---------------------------------------------------------------------------------------------------


def test_silence_is_held_until_the_session_is_confirmed() -> None:
    story = Story()
    assert do.HoldSilence(held=True) in story.tell(did.ConnectRequested())
    opened = story.tell(did.LinkOpened())
    assert requests(opened) == ["SessionUpdate"]
    assert do.HoldSilence(held=False) not in opened
    assert do.HoldSilence(held=False) in story.tell(said.SessionUpdated())
    assert story.state.link is Link.LIVE


def test_a_server_that_never_confirms_is_believed_after_five_seconds() -> None:
    story = Story()
    story.tell(did.ConnectRequested(), did.LinkOpened())
    assert story.wait(4.9) == []
    assert do.HoldSilence(held=False) in story.wait(0.2)


def test_a_refused_session_is_said_and_the_conversation_goes_on() -> None:
    story = Story()
    story.tell(did.ConnectRequested(), did.LinkOpened())
    story.tell(error("invalid_value", min(story.state.update_event_ids)))
    assert story.state.link is Link.LIVE
    assert story.state.notice is not None
    assert story.state.notice.action == "settings"


def test_connect_while_hanging_up_connects_once_the_first_is_over() -> None:
    story = Story().go_live()
    story.tell(did.DisconnectRequested(), did.ConnectRequested(), did.ConnectRequested())
    assert view_of(story.state).look is Look.CONNECTING
    assert [type(each) for each in story.tell(did.LinkEnded(None))].count(do.StartAttempt) == 1
    assert story.state.link is Link.OPENING


def test_hanging_up_again_takes_the_second_connect_back() -> None:
    story = Story().go_live()
    story.tell(did.DisconnectRequested(), did.ConnectRequested(), did.DisconnectRequested())
    assert do.StartAttempt() not in story.tell(did.LinkEnded(None))
    assert story.state.link is Link.DOWN


def test_a_double_start_starts_once() -> None:
    story = Story()
    story.tell(did.ConnectRequested(), did.ConnectRequested())
    assert story.commands.count(do.StartAttempt()) == 1


def test_a_link_that_cannot_come_back_is_said_and_the_transcript_stays() -> None:
    story = Story().go_live()
    story.tell(*user_spoke("u1"), did.LinkEnded(NotSignedIn()))
    assert story.state.link is Link.DOWN
    assert story.state.notice is not None
    assert story.state.notice.sentence == NotSignedIn.sentence
    assert [row.id for row in view_of(story.state).rows] == ["u1"]
    assert story.state.wake_at_s is None


def test_a_link_that_breaks_while_the_session_is_set_up_is_down() -> None:
    story = Story()
    story.tell(did.ConnectRequested(), did.LinkOpened(), did.LinkEnded(NotSignedIn()))
    assert story.state.link is Link.DOWN
    assert story.state.wake_at_s is None


def test_a_new_conversation_begins_with_an_empty_page_but_not_while_connected() -> None:
    story = Story().go_live()
    story.tell(*user_spoke("u1"), did.NewConversationBegun())
    assert len(view_of(story.state).rows) == 1
    story.tell(did.DisconnectRequested(), did.LinkEnded(None))
    assert len(view_of(story.state).rows) == 1
    story.tell(did.NewConversationBegun())
    assert view_of(story.state).rows == ()


def test_key_and_mute_hold_while_the_first_connection_is_made() -> None:
    story = Story(PUSH_TO_TALK)
    story.tell(did.MuteChosen(True))
    opening = story.tell(did.ConnectRequested())
    assert opening.index(do.OpenSound()) < opening.index(do.SetOpenMicrophone(is_open=False))
    assert do.Mute(True) in opening


def test_what_is_said_with_the_key_before_the_first_connection_is_up_is_kept_and_answered() -> None:
    story = Story(PUSH_TO_TALK)
    assert do.PressGate() in story.tell(did.ConnectRequested(), did.TalkPressed())
    story.wait(2.0)
    assert story.tell(did.TalkReleased()) == [do.ReleaseGate()]
    story.tell(did.LinkOpened())
    assert do.HoldSilence(held=False) in story.tell(said.SessionUpdated())
    assert requests(story.tell(did.GateClosed())) == []
    assert requests(story.wait(0.1)) == ["InputAudioBufferCommit", "ResponseCreate"]


# --- turns --------------------------------------------------------------------------------------------------


def test_hold_to_talk_clears_opens_closes_commits_and_asks_for_a_reply() -> None:
    story = Story(PUSH_TO_TALK).go_live()
    pressed = story.tell(did.TalkPressed())
    assert requests(pressed) == ["InputAudioBufferClear"]
    assert do.PressGate() in pressed
    story.wait(1.0)
    assert story.tell(did.TalkReleased()) == [do.ReleaseGate()]
    assert requests(story.tell(did.GateClosed())) == []
    assert requests(story.wait(0.1)) == ["InputAudioBufferCommit", "ResponseCreate"]
    assert story.state.turn is Turn.IDLE


def test_a_gate_that_never_reports_does_not_hang_the_turn() -> None:
    story = Story(PUSH_TO_TALK).go_live()
    story.tell(did.TalkPressed())
    story.wait(1.0)
    story.tell(did.TalkReleased())
    assert "InputAudioBufferCommit" in requests(story.wait(3.0))


def test_a_slip_of_the_key_sends_nothing_and_hints() -> None:
    story = Story(PUSH_TO_TALK).go_live()
    story.tell(did.TalkPressed())
    story.wait(0.05)
    story.tell(did.TalkReleased(), did.GateClosed())
    assert requests(story.wait(0.1)) == ["InputAudioBufferClear"]
    assert story.state.notice is not None
    assert not story.state.notice.is_trouble


def test_pressing_again_during_the_tail_goes_on_with_the_same_turn() -> None:
    story = Story(PUSH_TO_TALK).go_live()
    story.tell(did.TalkPressed())
    story.wait(1.0)
    story.tell(did.TalkReleased())
    assert story.tell(did.TalkPressed()) == [do.PressGate()]
    assert requests(story.wait(5.0)) == []
    story.tell(did.TalkReleased(), did.GateClosed())
    assert requests(story.wait(0.1)) == ["InputAudioBufferCommit", "ResponseCreate"]


def test_a_muted_hold_commits_nothing() -> None:
    story = Story(PUSH_TO_TALK).go_live()
    story.tell(did.MuteChosen(True), did.TalkPressed())
    story.wait(1.0)
    story.tell(did.TalkReleased(), did.GateClosed())
    assert requests(story.wait(0.1)) == ["InputAudioBufferClear"]


def test_holding_with_voice_activity_takes_turn_detection_over_and_gives_it_back() -> None:
    story = Story(VAD).go_live()
    pressed = story.tell(did.TalkPressed())
    assert requests(pressed) == ["SessionUpdate", "InputAudioBufferClear"]
    story.wait(1.0)
    story.tell(did.TalkReleased())
    released = story.wait(1.0)
    assert requests(released) == ["InputAudioBufferCommit", "SessionUpdate", "ResponseCreate"]
    updates = [
        each.request.session.turn_detection
        for each in story.commands
        if isinstance(each, do.Send) and isinstance(each.request, SessionUpdate)
    ]
    assert updates[-2:] == [None, ServerVad()]


def test_holding_in_the_middle_of_speech_keeps_what_was_said() -> None:
    story = Story(VAD).go_live()
    story.tell(said.InputAudioBufferSpeechStarted(item_id="u1"))
    assert requests(story.tell(did.TalkPressed())) == ["SessionUpdate"]


def test_the_talk_key_does_nothing_while_not_connected() -> None:
    story = Story(PUSH_TO_TALK)
    assert story.tell(did.TalkPressed(), did.TalkReleased()) == []
    assert story.state.turn is Turn.IDLE


def test_the_talk_key_does_nothing_while_hanging_up() -> None:
    story = Story(PUSH_TO_TALK).go_live()
    story.tell(did.DisconnectRequested())
    assert story.tell(did.TalkPressed()) == []
    assert story.state.turn is Turn.IDLE


def test_a_key_is_let_go_though_settings_took_its_meaning_meanwhile() -> None:
    story = Story(PUSH_TO_TALK)
    story.tell(did.ConnectRequested(), did.TalkPressed(), did.LinkOpened(), did.PlanChanged(VAD))
    assert do.ReleaseGate() in story.tell(did.TalkReleased())
    story.wait(10.0)
    assert story.state.turn is Turn.IDLE


def test_mute_is_carried_out_at_once_and_kept_for_the_next_call() -> None:
    story = Story()
    assert story.tell(did.MuteChosen(True)) == [do.Mute(True)]
    assert story.tell(did.MuteChosen(True)) == []
    assert do.Mute(True) in story.tell(did.ConnectRequested(), did.LinkOpened())


# --- responses ----------------------------------------------------------------------------------------------


def test_text_is_shown_sent_and_answered() -> None:
    story = Story().go_live()
    sent = story.tell(did.TextSubmitted("Hello", "item_1"))
    assert requests(sent) == ["ConversationItemCreate", "ResponseCreate"]
    assert isinstance(sent[0], do.Send)
    assert isinstance(sent[0].request, ConversationItemCreate)
    assert [row.text for row in view_of(story.state).rows] == ["Hello"]
    assert view_of(story.state).look is Look.THINKING


def test_a_picture_is_told_in_the_transcript_and_stays_there() -> None:
    story = Story().go_live()
    sent = story.tell(did.ImageSubmitted("data:image/png;base64,AAAA", "What is this?", "item_1"))
    assert requests(sent) == ["ConversationItemCreate", "ResponseCreate"]
    assert isinstance(sent[0], do.Send)
    assert isinstance(sent[0].request, ConversationItemCreate)
    story.tell(said.ConversationItemDone(sent[0].request.item))
    assert [row.text for row in view_of(story.state).rows] == ["What is this? [picture]"]


def test_text_during_a_reply_cancels_and_waits_for_the_end_of_it() -> None:
    story = Story().go_live()
    story.tell(*reply_begins("r1", "a1", None, "Once upon"))
    sent = story.tell(did.TextSubmitted("Stop that", "item_1"))
    assert requests(sent) == ["ResponseCancel", "OutputAudioBufferClear", "ConversationItemCreate"]
    assert do.DropPlayback() in sent
    done = said.ResponseDone(response=ServerResponse(id="r1", status=ResponseStatus.CANCELLED))
    assert requests(story.tell(done)) == ["ResponseCreate"]


def test_a_cancel_that_came_too_late_does_not_block_the_next_reply() -> None:
    story = Story().go_live()
    story.tell(*reply_begins("r1", "a1", None))
    story.tell(did.TextSubmitted("Next", "item_1"))
    assert requests(story.tell(error("response_cancel_not_active"))) == ["ResponseCreate"]


def test_a_refused_reply_is_asked_for_again_when_the_other_is_done() -> None:
    story = Story().go_live()
    story.tell(did.TextSubmitted("Hello", "item_1"))
    story.tell(error("conversation_already_has_active_response", story.state.request_event_id))
    done = said.ResponseDone(response=ServerResponse(id="other", status=ResponseStatus.COMPLETED))
    assert requests(story.tell(done)) == ["ResponseCreate"]


def test_an_interruption_before_the_reply_has_an_id_cancels_it_when_it_has() -> None:
    story = Story().go_live()
    story.tell(did.TextSubmitted("Hello", "item_1"), did.InterruptRequested())
    created = said.ResponseCreated(response=ServerResponse(id="r1"))
    commands = story.tell(created)
    assert commands[0] == do.Send(ResponseCancel(response_id="r1"))
    assert story.state.sound is Sound.DROPPED


def test_a_failed_reply_is_said() -> None:
    story = Story().go_live()
    story.tell(*reply_begins("r1", "a1", None))
    details = StatusDetails(error=ResponseError(code="insufficient_quota"))
    story.tell(said.ResponseDone(ServerResponse(id="r1", status=ResponseStatus.FAILED, status_details=details)))
    assert story.state.notice is not None
    assert "quota" in story.state.notice.sentence


def test_a_response_beside_the_conversation_is_none_of_ours() -> None:
    story = Story().go_live()
    story.tell(*reply_begins("r1", "a1", None))
    story.tell(said.ResponseCreated(ServerResponse(id="r2")), said.ResponseDone(ServerResponse(id="r2")))
    assert story.state.response is Response.ACTIVE
    assert story.state.response_id == "r1"


def test_thinking_does_not_last_for_ever() -> None:
    story = Story().go_live()
    story.tell(*user_spoke("u1"))
    assert view_of(story.state).look is Look.THINKING
    story.wait(20)
    assert view_of(story.state).look is Look.LISTENING


def test_an_unexpected_error_is_shown_once_and_changes_nothing_else() -> None:
    story = Story().go_live()
    before = story.state
    story.tell(error("unknown_parameter", message="Unknown parameter: 'x'."))
    assert story.state.notice is not None
    assert replace(story.state, notice=None) == before


def test_an_interruption_takes_back_the_reply_that_was_still_to_be_asked_for() -> None:
    story = Story().go_live()
    story.tell(*reply_begins("r1", "a1", None, "Once upon"))
    story.tell(did.TextSubmitted("Stop that", "item_1"), did.InterruptRequested())
    done = said.ResponseDone(response=ServerResponse(id="r1", status=ResponseStatus.CANCELLED))
    assert requests(story.tell(done)) == []


# --- barge-in -----------------------------------------------------------------------------------------------


def test_speech_during_the_reply_drops_what_is_buffered_here_and_sends_nothing() -> None:
    story = Story().go_live()
    story.tell(*reply_begins("r1", "a1", None, "Once upon a time there was a lighthouse keeper"))
    story.wait(1.0)
    commands = story.tell(said.InputAudioBufferSpeechStarted(item_id="u2"))
    assert commands == [do.DropPlayback()]
    row = view_of(story.state).rows[0]
    assert row.unheard
    assert row.text.startswith("Once upon")


def test_playback_is_allowed_again_with_the_next_reply_only() -> None:
    story = Story().go_live()
    story.tell(*reply_begins("r1", "a1", None, "Once"))
    story.tell(said.InputAudioBufferSpeechStarted(item_id="u2"))
    late = story.tell(
        said.OutputAudioBufferCleared(response_id="r1"),
        said.ConversationItemTruncated(item_id="a1", content_index=0, audio_end_ms=0),
        said.ResponseDone(ServerResponse(id="r1", status=ResponseStatus.CANCELLED)),
    )
    assert do.AllowPlayback() not in late
    assert do.AllowPlayback() in story.tell(said.ResponseCreated(ServerResponse(id="r2")))


def test_the_reply_after_an_interruption_is_seen_to_be_spoken() -> None:
    story = Story().go_live()
    story.tell(*reply_begins("r1", "a1", None, "Once"), said.InputAudioBufferSpeechStarted(item_id="u2"))
    story.tell(said.ResponseDone(ServerResponse(id="r1", status=ResponseStatus.CANCELLED)))
    story.tell(*user_spoke("u2", "a1")[1:], *reply_begins("r2", "a2", "u2", "Yes"))
    assert view_of(story.state).look is Look.SPEAKING


def test_where_interruption_is_off_the_reply_plays_on() -> None:
    turn = ServerVad(interrupt_response=False)
    story = Story(replace(VAD, options=SessionOptions(turn_detection=turn))).go_live()
    story.tell(*reply_begins("r1", "a1", None, "Once"))
    assert story.tell(said.InputAudioBufferSpeechStarted(item_id="u2")) == []


def test_a_press_interrupts_and_only_clears_once_the_reply_is_complete() -> None:
    story = Story(PUSH_TO_TALK).go_live()
    story.tell(*reply_begins("r1", "a1", None, "All said."))
    story.tell(*reply_ends("r1", "a1", "All said.")[:-1])
    commands = story.tell(did.TalkPressed())
    assert requests(commands) == ["OutputAudioBufferClear", "InputAudioBufferClear"]
    assert commands[0] == do.DropPlayback()


def test_the_ear_tells_who_speaks_where_the_server_does_not() -> None:
    story = Story().go_live()
    story.tell(said.ResponseCreated(ServerResponse(id="r1")), did.AssistantAudible(True))
    assert view_of(story.state).look is Look.SPEAKING
    story.tell(said.ResponseDone(ServerResponse(id="r1")), did.AssistantAudible(False))
    assert view_of(story.state).look is Look.LISTENING


# --- transcript, settings -----------------------------------------------------------------------------------


def test_the_users_words_come_late_and_stand_before_the_reply() -> None:
    story = Story().go_live()
    story.tell(*user_spoke("u1"), *reply_begins("r1", "a1", "u1", "It is ", "noon."))
    story.tell(*reply_ends("r1", "a1", "It is noon.", "u1"))
    story.tell(
        said.ConversationItemInputAudioTranscriptionCompleted(item_id="u1", transcript="What time is it?", usage=None)
    )
    assert [(row.id, row.text) for row in view_of(story.state).rows] == [
        ("u1", "What time is it?"),
        ("a1", "It is noon."),
    ]
    assert all(row.finished for row in view_of(story.state).rows)


def test_changed_settings_reach_a_running_session_as_far_as_they_differ() -> None:
    story = Story(VAD).go_live()
    plan = replace(PUSH_TO_TALK, options=replace(PUSH_TO_TALK.options, instructions="Be brief."))
    commands = story.tell(did.PlanChanged(plan))
    assert do.SetOpenMicrophone(is_open=False) in commands
    assert do.Send(SessionUpdate(SessionOptions(turn_detection=None, instructions="Be brief."))) in commands
    assert story.tell(did.PlanChanged(plan)) == []
