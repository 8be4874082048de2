"""A session as its client meets it: events in their order, ids, errors. Every event also passes OpenAI's schema."""

import json
from typing import Any

import pytest

from app.realtime.events import (
    ConversationItemAdded,
    ConversationItemDone,
    ConversationItemRetrieved,
    ErrorEvent,
    SessionCreated,
    SessionUpdated,
)
from app.realtime.items import InputAudio, Message
from app.realtime.session import ServerVad, Transcription
from app.servers.rehearsal.ports import Reply
from tests.support.theatre import Theatre

TURN = [
    "InputAudioBufferSpeechStarted",
    "InputAudioBufferSpeechStopped",
    "InputAudioBufferCommitted",
    "ConversationItemAdded",
    "ConversationItemDone",
]
ANSWER_BEGINS = [
    "ResponseCreated",
    "RateLimitsUpdated",
    "ResponseOutputItemAdded",
    "ConversationItemAdded",
    "ResponseContentPartAdded",
    "OutputAudioBufferStarted",
]
ANSWER_ENDS = [
    "ResponseOutputAudioDone",
    "ResponseOutputAudioTranscriptDone",
    "ResponseContentPartDone",
    "ResponseOutputItemDone",
    "ConversationItemDone",
    "ResponseDone",
    "OutputAudioBufferStopped",
]


def error_of(theatre: Theatre) -> tuple[str | None, str | None, str]:
    """Code, parameter and request id of the only error."""
    (event,) = theatre.of(ErrorEvent)
    return event.error.code, event.error.param, event.error.event_id


def ask(theatre: Theatre, kind: str, **fields: Any) -> None:
    theatre.ask(json.dumps({"type": kind, "event_id": "mine", **fields}))


def write(theatre: Theatre, text: str, **fields: Any) -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    ask(theatre, "conversation.item.create", item=item, **fields)


def without(names: list[str], *left_out: str) -> list[str]:
    return [name for name in names if name not in left_out]


def test_says_hello_first_and_tells_what_is_in_force() -> None:
    theatre = Theatre()
    (hello,) = theatre.events
    assert isinstance(hello, SessionCreated)
    assert hello.session.id.startswith("sess_")
    assert hello.session.turn_detection == ServerVad()
    assert hello.session.expires_at == 1_800_000_000


def test_a_spoken_turn_is_answered_in_the_order_of_the_protocol() -> None:
    theatre = Theatre()
    theatre.forget()
    theatre.say()
    theatre.run(3000)
    assert without(theatre.names, "ResponseOutputAudioTranscriptDelta") == TURN + ANSWER_BEGINS + ANSWER_ENDS
    first, last = (theatre.names.index(name) for name in ("OutputAudioBufferStarted", "ResponseOutputAudioDone"))
    assert set(theatre.names[first + 1 : last]) == {"ResponseOutputAudioTranscriptDelta"}


def test_ids_are_of_their_kind_and_never_twice() -> None:
    theatre = Theatre()
    theatre.say()
    theatre.run(3000)
    events = [json.loads(text) for text in theatre.texts]
    assert len({event["event_id"] for event in events}) == len(events)
    assert all(event["event_id"].startswith("event_") for event in events)
    added = [event for event in events if event["type"] == "conversation.item.added"]
    user, assistant = (event["item"]["id"] for event in added)
    assert "previous_item_id" not in added[0]
    assert added[1]["previous_item_id"] == user
    for event in events:
        assert event.get("item_id", user) in (user, assistant)
        assert event.get("response_id", "resp_").startswith("resp_")
        if "conversation_id" in event.get("response", {}):
            assert event["response"]["conversation_id"].startswith("conv_")


def test_the_users_transcript_comes_apart_from_the_answer_and_fills_the_item() -> None:
    theatre = Theatre(transcription=Transcription("gpt-transcribe"))
    theatre.forget()
    theatre.say()
    theatre.run(3000)
    done = theatre.names.index("ConversationItemInputAudioTranscriptionCompleted")
    assert theatre.names.index("OutputAudioBufferStarted") < done
    user = theatre.of(ConversationItemAdded)[0]
    ask(theatre, "conversation.item.retrieve", item_id=user.item.id)
    (retrieved,) = theatre.of(ConversationItemRetrieved)
    assert isinstance(retrieved.item, Message)
    (part,) = retrieved.item.content
    assert isinstance(part, InputAudio)
    assert part.transcript == "what time is it"
    assert part.audio is not None
    assert abs(len(part.audio) / 2 / 24_000 - 1.12) < 0.05


def test_retrieved_sound_is_left_out_when_the_client_cannot_take_it() -> None:
    theatre = Theatre(message_bytes=20_000)
    theatre.say()
    user = theatre.of(ConversationItemAdded)[0]
    ask(theatre, "conversation.item.retrieve", item_id=user.item.id)
    (retrieved,) = theatre.of(ConversationItemRetrieved)
    assert isinstance(retrieved.item, Message)
    assert retrieved.item.content == (InputAudio(),)


def test_a_failed_recogniser_is_told_and_the_answer_still_comes() -> None:
    theatre = Theatre(transcription=Transcription("gpt-transcribe"))
    theatre.hold_ears = True
    theatre.say()
    hearing_id, _ = theatre.to_hear.pop()
    theatre.session.recognised(hearing_id, None)
    theatre.run(3000)
    assert "ConversationItemInputAudioTranscriptionFailed" in theatre.names
    assert "ResponseDone" in theatre.names


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({}, "missing_required_parameter", "session.type"),
        ({"type": "transcription"}, "invalid_value", "session.type"),
        ({"type": "realtime", "voice": "marin"}, "unknown_parameter", "session.voice"),
        (
            {"type": "realtime", "audio": {"output": {"voice": "nova"}}},
            "invalid_value",
            "session.audio.output.voice",
        ),
        ({"type": "realtime", "audio": {"output": {"speed": 3}}}, "invalid_value", "session.audio.output.speed"),
        ({"type": "realtime", "model": "gpt-other"}, "invalid_value", "session.model"),
        ({"type": "realtime", "output_modalities": ["audio", "text"]}, "invalid_value", "session.output_modalities"),
        (
            {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 1}}}},
            "invalid_value",
            "session.audio.input.turn_detection",
        ),
        ({"type": "realtime", "instructions": 7}, "invalid_type", "session.instructions"),
    ],
)
def test_a_bad_update_is_refused_and_changes_nothing(session: dict[str, Any], code: str, param: str) -> None:
    theatre = Theatre()
    theatre.forget()
    ask(theatre, "session.update", session=session)
    assert error_of(theatre) == (code, param, "mine")
    theatre.forget()
    ask(theatre, "session.update", session={"type": "realtime"})
    (event,) = theatre.of(SessionUpdated)
    assert event.session.voice == "marin"
    assert event.session.model == "gpt-realtime-2.1"


def test_an_update_tells_all_that_is_in_force() -> None:
    theatre = Theatre()
    theatre.forget()
    ask(theatre, "session.update", session={"type": "realtime", "audio": {"input": {"turn_detection": None}}})
    ask(theatre, "session.update", session={"type": "realtime", "instructions": "Be brief."})
    _, second = theatre.of(SessionUpdated)
    assert second.session.turn_detection is None
    assert second.session.options.instructions == "Be brief."


def test_the_voice_is_fixed_once_it_was_heard() -> None:
    theatre = Theatre()
    change = {"type": "realtime", "audio": {"output": {"voice": "cedar"}}}
    ask(theatre, "session.update", session=change)
    assert not theatre.of(ErrorEvent)
    theatre.say()
    theatre.run(1000)
    ask(theatre, "session.update", session=change)
    assert not theatre.of(ErrorEvent), "the same voice is no change"
    ask(theatre, "session.update", session={"type": "realtime", "audio": {"output": {"voice": "marin"}}})
    assert error_of(theatre) == ("cannot_update_voice", "session.audio.output.voice", "mine")


@pytest.mark.parametrize(
    ("text", "code", "param"),
    [
        ("", "invalid_json", None),
        ("[1]", "invalid_type", None),
        ("{}", "missing_required_parameter", "type"),
        ('{"type":"response.make"}', "invalid_value", "type"),
        ('{"type":"response.cancel"}', "response_cancel_not_active", None),
        ('{"type":"conversation.item.retrieve","item_id":"item_x"}', "item_not_found", "item_id"),
        ('{"type":"conversation.item.delete","item_id":"item_x"}', "item_not_found", "item_id"),
        ('{"type":"conversation.item.delete"}', "missing_required_parameter", "item_id"),
        ('{"type":"input_audio_buffer.append","audio":""}', "invalid_event_for_transport", "type"),
        ('{"type":"response.create","response":{"modalities":["text"]}}', "unknown_parameter", "response.modalities"),
        ('{"type":"response.create","response":{"conversation":"x"}}', "invalid_value", "response.conversation"),
        (
            '{"type":"response.create","response":{"input":[{"type":"item_reference","id":"item_x"}]}}',
            "item_not_found",
            "response.input[0].id",
        ),
        (
            '{"type":"response.create","response":{"audio":{"output":{"voice":"nova"}}}}',
            "invalid_value",
            "response.audio.output.voice",
        ),
    ],
)
def test_a_request_that_cannot_be_done_gets_an_error(text: str, code: str, param: str | None) -> None:
    theatre = Theatre()
    theatre.forget()
    theatre.ask(text)
    assert error_of(theatre)[:2] == (code, param)
    assert len(theatre.events) == 1


def test_items_are_put_where_they_belong() -> None:
    theatre = Theatre()
    for name, after in (("b", None), ("c", None), ("a", "root"), ("b2", "b")):
        item = {"type": "message", "role": "user", "id": name, "content": [{"type": "input_text", "text": name}]}
        ask(theatre, "conversation.item.create", item=item, **({"previous_item_id": after} if after else {}))
    told = [(event.item.id, event.previous_item_id) for event in theatre.of(ConversationItemDone)]
    assert told == [("b", None), ("c", "b"), ("a", None), ("b2", "b")]
    ask(theatre, "response.create")
    assert [item.id for item in theatre.mind.asked[0].items] == ["a", "b", "b2", "c"]


@pytest.mark.parametrize(
    ("item", "code", "param"),
    [
        ({"type": "message", "role": "user", "content": []}, "missing_required_parameter", "item.content"),
        (
            {"type": "message", "role": "user", "content": [{"type": "output_text", "text": "x"}]},
            "invalid_value",
            "item.content[0].type",
        ),
        (
            {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "x"}]},
            "invalid_value",
            "item.content[0].type",
        ),
        (
            {"type": "message", "role": "user", "id": "a b", "content": [{"type": "input_text", "text": "x"}]},
            "invalid_value",
            "item.id",
        ),
        ({"type": "function_call_output", "call_id": "call_x", "output": "1"}, "invalid_tool_call_id", "item.call_id"),
        ({"type": "mcp_list_tools", "server_label": "x", "tools": []}, "invalid_value", "item.type"),
    ],
)
def test_an_item_nobody_may_create_is_refused(item: dict[str, Any], code: str, param: str) -> None:
    theatre = Theatre()
    theatre.forget()
    ask(theatre, "conversation.item.create", item=item)
    assert error_of(theatre) == (code, param, "mine")


def test_an_item_id_is_taken_once_and_free_again_after_deletion() -> None:
    theatre = Theatre()
    item = {"type": "message", "role": "user", "id": "a", "content": [{"type": "input_text", "text": "x"}]}
    ask(theatre, "conversation.item.create", item=item)
    ask(theatre, "conversation.item.create", item=item)
    assert error_of(theatre)[0] == "item_already_exists"
    ask(theatre, "conversation.item.delete", item_id="a")
    theatre.forget()
    ask(theatre, "conversation.item.create", item=item)
    assert theatre.names == ["ConversationItemAdded", "ConversationItemDone"]


def test_a_turn_deleted_before_it_was_understood_is_not_written_down() -> None:
    theatre = Theatre(transcription=Transcription("gpt-transcribe"))
    theatre.hold_ears = True
    theatre.say()
    (user,) = theatre.of(ConversationItemAdded)
    ask(theatre, "conversation.item.delete", item_id=user.item.id)
    theatre.give_ears()
    theatre.run(3000)
    assert "ConversationItemInputAudioTranscriptionCompleted" not in theatre.names
    assert theatre.mind.asked[0].items == (), "the answer does not wait for it"


def test_nobody_speaks_for_the_idle_timeout_and_the_model_speaks_up() -> None:
    theatre = Theatre(turn_detection=ServerVad(idle_timeout_ms=5000))
    theatre.run(7000)
    assert theatre.names == ["SessionCreated"], "it counts from the end of an answer"
    theatre.say()
    theatre.run(1000)
    assert theatre.names[-1] == "OutputAudioBufferStopped"
    theatre.forget()
    theatre.run(4800)
    assert theatre.names == []
    theatre.mind.replies.append(Reply("Are you still there?"))
    theatre.run(2000)
    assert theatre.names[:5] == ["InputAudioBufferTimeoutTriggered", *TURN[2:], "ResponseCreated"]
    assert theatre.mind.asked[-1].words is None


def test_an_expired_session_says_so_once() -> None:
    theatre = Theatre(longest_s=60)
    theatre.run(59_000)
    assert not theatre.of(ErrorEvent)
    theatre.run(2_000)
    assert theatre.session.ended
    assert error_of(theatre)[0] == "session_expired"
    write(theatre, "too late, but no crash")
