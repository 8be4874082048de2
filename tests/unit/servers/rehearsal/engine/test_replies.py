"""The assistant's side: one response at a time, stopped, cut, paid for."""

import json
from typing import Any

import numpy as np
import pytest

from app.realtime.choices import Modality
from app.realtime.events import (
    ConversationItemRetrieved,
    ConversationItemTruncated,
    ErrorEvent,
    OutputAudioBufferCleared,
    OutputAudioBufferStarted,
    ResponseDone,
    ResponseFunctionCallArgumentsDelta,
    ResponseFunctionCallArgumentsDone,
    ResponseOutputAudioTranscriptDelta,
    ResponseOutputAudioTranscriptDone,
    ResponseOutputItemDone,
)
from app.realtime.items import (
    FunctionCall,
    FunctionCallOutput,
    Message,
    OutputAudio,
    Response,
    ResponseStatus,
    StatusReason,
    Usage,
)
from app.realtime.session import FunctionTool, ServerVad
from app.servers.rehearsal.ports import FunctionWish, Reply
from tests.support.theatre import MS_PER_CHARACTER, Theatre

STORY = "Once upon a time there was a fox. It lived in a wood. One day it met a hen. They talked for a long while."
CREATE = '{"type":"response.create","event_id":"mine"}'
CANCEL = '{"type":"response.cancel","event_id":"mine"}'
DROP = '{"type":"output_audio_buffer.clear"}'
LIGHT = FunctionTool("light", "Switches the light.", {"type": "object"})


def telling(**options: Any) -> Theatre:
    """A theatre in which the story is being told."""
    theatre = Theatre(**options)
    theatre.mind.replies.append(Reply(STORY))
    theatre.ask(CREATE)
    theatre.forget()
    return theatre


def done_of(theatre: Theatre) -> Response:
    (event,) = theatre.of(ResponseDone)
    return event.response


def usage_of(theatre: Theatre) -> Usage:
    usage = done_of(theatre).usage
    assert usage is not None
    return usage


def transcript_of(theatre: Theatre, item_id: str) -> str | None:
    theatre.ask(json.dumps({"type": "conversation.item.retrieve", "item_id": item_id}))
    event = theatre.of(ConversationItemRetrieved)[-1]
    assert isinstance(event.item, Message)
    (part,) = event.item.content
    assert isinstance(part, OutputAudio)
    return part.transcript


def test_words_run_ahead_of_the_sound_but_in_step_with_it() -> None:
    theatre = telling()
    theatre.run(1000)
    told = "".join(event.delta for event in theatre.of(ResponseOutputAudioTranscriptDelta))
    assert STORY.startswith(told)
    spoken_ms = 1000
    assert spoken_ms < len(told) * MS_PER_CHARACTER < 4 * spoken_ms
    theatre.run(len(STORY) * MS_PER_CHARACTER)
    told = "".join(event.delta for event in theatre.of(ResponseOutputAudioTranscriptDelta))
    assert told == STORY
    (done,) = theatre.of(ResponseOutputAudioTranscriptDone)
    assert done.transcript == STORY
    assert theatre.names[-1] == "OutputAudioBufferStopped"
    heard_ms = sum(np.count_nonzero(frame) for frame in theatre.sound) / 48
    assert abs(heard_ms - len(STORY) * MS_PER_CHARACTER) < 20


def test_the_user_interrupts_an_answer_that_is_still_being_made() -> None:
    theatre = telling()
    theatre.run(1000)
    theatre.forget()
    theatre.run(20, loud=True)
    assert theatre.names == [
        "InputAudioBufferSpeechStarted",
        "OutputAudioBufferCleared",
        "ResponseOutputAudioDone",
        "ResponseOutputAudioTranscriptDone",
        "ResponseContentPartDone",
        "ResponseOutputItemDone",
        "ConversationItemDone",
        "ConversationItemTruncated",
        "ResponseDone",
    ]
    response = done_of(theatre)
    assert response.status is ResponseStatus.CANCELLED
    assert response.status_details is not None
    assert response.status_details.reason is StatusReason.TURN_DETECTED
    (truncated,) = theatre.of(ConversationItemTruncated)
    assert truncated.audio_end_ms == 980  # the first frame of the second went by before there was sound
    kept = transcript_of(theatre, truncated.item_id)
    assert kept is not None
    assert STORY.startswith(kept)
    assert len(kept) * MS_PER_CHARACTER < 980 + 10 * MS_PER_CHARACTER
    silent_from = len(theatre.sound)
    theatre.run(400, loud=True)
    assert not any(np.any(frame) for frame in theatre.sound[silent_from:])


def test_the_user_interrupts_an_answer_that_is_made_but_not_heard_yet() -> None:
    theatre = telling()
    theatre.run(4000)
    assert done_of(theatre).status is ResponseStatus.COMPLETED
    theatre.forget()
    theatre.run(20, loud=True)
    assert theatre.names == [
        "InputAudioBufferSpeechStarted",
        "OutputAudioBufferCleared",
        "ConversationItemTruncated",
    ]


def test_the_user_interrupts_before_the_first_sound() -> None:
    theatre = Theatre()
    theatre.hold_ears = True
    theatre.say()
    theatre.forget()
    theatre.run(20, loud=True)
    assert theatre.names == ["InputAudioBufferSpeechStarted", "ResponseDone"]
    assert done_of(theatre).output == ()
    theatre.hold_ears = False
    theatre.run(2000)
    assert len(theatre.of(ResponseDone)) == 2, "the next turn is answered"


def test_without_interruption_the_turn_is_answered_afterwards() -> None:
    theatre = telling(turn_detection=ServerVad(interrupt_response=False))
    theatre.say()
    assert "OutputAudioBufferCleared" not in theatre.names
    theatre.run(12_000)
    assert [name for name in theatre.names if name in ("ResponseCreated", "ResponseDone")] == [
        "ResponseDone",
        "ResponseCreated",
        "ResponseDone",
    ]


def test_cancelling_stops_the_making_and_clearing_stops_the_sound() -> None:
    theatre = telling()
    theatre.run(1000)
    theatre.ask(CANCEL)
    response = done_of(theatre)
    assert response.status_details is not None
    assert response.status_details.reason is StatusReason.CLIENT_CANCELLED
    theatre.run(100)
    assert np.any(theatre.sound[-1]), "what was made goes on"
    theatre.forget()
    theatre.ask(DROP)
    assert theatre.names == ["OutputAudioBufferCleared", "ConversationItemTruncated"]
    theatre.ask(DROP)
    assert len(theatre.events) == 2, "there is nothing left to clear"
    theatre.run(100)
    assert not np.any(theatre.sound[-1])


def test_after_cancelling_the_rest_of_the_sound_ends_by_itself() -> None:
    theatre = telling()
    theatre.run(1000)
    theatre.ask(CANCEL)
    theatre.run(4000)
    assert theatre.names[-1] == "OutputAudioBufferStopped"
    assert "ConversationItemTruncated" not in theatre.names


def test_clearing_alone_ends_the_response_too() -> None:
    theatre = telling()
    theatre.run(1000)
    theatre.forget()
    theatre.ask(DROP)
    assert theatre.names[0] == "OutputAudioBufferCleared"
    assert theatre.names[-2:] == ["ConversationItemTruncated", "ResponseDone"]


def test_one_response_at_a_time_and_no_cancelling_of_another() -> None:
    theatre = telling()
    theatre.ask(CREATE)
    theatre.ask('{"type":"response.cancel","response_id":"resp_x"}')
    codes = [event.error.code for event in theatre.of(ErrorEvent)]
    assert codes == ["conversation_already_has_active_response", "response_cancel_not_active"]


def test_an_answer_aside_leaves_the_conversation_alone() -> None:
    theatre = telling()
    request = {"conversation": "none", "output_modalities": ["text"], "metadata": {"topic": "a"}, "input": []}
    theatre.mind.replies.append(Reply("Aside."))
    theatre.ask(json.dumps({"type": "response.create", "response": request}))
    theatre.run(200)
    response = done_of(theatre)
    assert response.conversation_id == ""
    assert response.metadata == {"topic": "a"}
    assert theatre.names[:4] == [
        "ResponseCreated",
        "RateLimitsUpdated",
        "ResponseOutputItemAdded",
        "ResponseContentPartAdded",
    ]
    assert theatre.mind.asked[-1].items == ()
    theatre.forget()
    theatre.run(12_000)
    assert theatre.names[-1] == "OutputAudioBufferStopped", "the story went on meanwhile"


def test_written_answers_make_no_sound() -> None:
    theatre = telling(output_modalities=(Modality.TEXT,))
    theatre.run(2000)
    names = [name for name in theatre.names if name != "ResponseOutputTextDelta"]
    assert names == [
        "ResponseOutputTextDone",
        "ResponseContentPartDone",
        "ResponseOutputItemDone",
        "ConversationItemDone",
        "ResponseDone",
    ]
    assert not any(np.any(frame) for frame in theatre.sound)
    assert usage_of(theatre).output_token_details.audio_tokens == 0


def test_a_function_is_called_and_its_output_answered() -> None:
    theatre = Theatre(tools=(LIGHT,))
    theatre.mind.replies.append(Reply("I switch it on.", (FunctionWish("light", '{"room": "kitchen", "on": true}'),)))
    theatre.say()
    assert theatre.mind.asked[0].functions == (LIGHT,)
    theatre.run(3000)
    (done,) = theatre.of(ResponseFunctionCallArgumentsDone)
    deltas = [event.delta for event in theatre.of(ResponseFunctionCallArgumentsDelta)]
    assert len(deltas) > 1
    assert "".join(deltas) == done.arguments
    spoken, called = done_of(theatre).output
    assert isinstance(spoken, Message)
    assert isinstance(called, FunctionCall)
    assert (called.call_id, called.arguments) == (done.call_id, done.arguments)
    places = [event.output_index for event in theatre.of(ResponseOutputItemDone)]
    assert places == [0, 1]
    item = {"type": "function_call_output", "call_id": called.call_id, "output": '{"ok":true}'}
    theatre.ask(json.dumps({"type": "conversation.item.create", "item": item}))
    theatre.mind.replies.append(Reply("Done."))
    theatre.ask(CREATE)
    theatre.run(1000)
    answered = theatre.mind.asked[-1].items[-1]
    assert isinstance(answered, FunctionCallOutput)
    assert answered.output == '{"ok":true}'
    assert not theatre.of(ErrorEvent)


def test_no_function_is_offered_to_the_mind_when_none_may_be_called() -> None:
    theatre = Theatre(tools=(LIGHT,))
    theatre.ask(json.dumps({"type": "response.create", "response": {"tool_choice": "none"}}))
    assert theatre.mind.asked[0].functions == ()


def test_a_limit_of_tokens_ends_the_answer() -> None:
    theatre = telling(max_output_tokens=40)
    theatre.run(9000)
    response = done_of(theatre)
    assert response.status is ResponseStatus.INCOMPLETE
    assert response.status_details is not None
    assert response.status_details.reason is StatusReason.MAX_OUTPUT_TOKENS
    assert theatre.names[-1] == "OutputAudioBufferStopped"


def test_a_voice_that_fails_fails_the_response_only() -> None:
    theatre = telling()
    theatre.session.voiced(theatre.to_speak.pop()[0], None)
    response = done_of(theatre)
    assert response.status is ResponseStatus.FAILED
    assert response.status_details is not None
    assert response.status_details.error is not None
    theatre.ask(CREATE)
    theatre.run(3000)
    assert theatre.names[-1] == "OutputAudioBufferStopped"


def test_sound_that_comes_after_the_end_is_nobodys() -> None:
    theatre = telling()
    late = theatre.to_speak.pop()[0]
    theatre.ask(CANCEL)
    theatre.session.voiced(late, np.ones(960, np.int16))
    theatre.run(100)
    assert not theatre.of(OutputAudioBufferStarted)


def test_usage_counts_the_conversation_again_with_its_known_front_as_cached() -> None:
    theatre = Theatre(instructions="Be brief and kind.")
    theatre.say()
    theatre.run(4000)
    first = usage_of(theatre)
    assert first.input_token_details.audio_tokens == 11
    assert first.input_token_details.text_tokens == 5
    assert first.input_token_details.cached_tokens == 0
    assert first.output_token_details.audio_tokens == 18
    assert first.total_tokens == first.input_tokens + first.output_tokens
    theatre.forget()
    theatre.say()
    theatre.run(4000)
    second = usage_of(theatre)
    assert second.input_token_details.cached_tokens == first.input_tokens
    assert second.input_tokens > first.input_tokens + first.output_tokens


@pytest.mark.parametrize("heard_ms", [0, 500])
def test_the_client_can_cut_what_was_not_heard(heard_ms: int) -> None:
    theatre = telling()
    theatre.run(12_000)
    (message,) = done_of(theatre).output
    request = {"type": "conversation.item.truncate", "item_id": message.id, "content_index": 0}
    theatre.ask(json.dumps({**request, "audio_end_ms": heard_ms}))
    assert theatre.names[-1] == "ConversationItemTruncated"
    kept = transcript_of(theatre, message.id)
    assert kept is not None
    assert STORY.startswith(kept)
    assert (len(kept) > 0) == (heard_ms > 0)
    theatre.forget()
    theatre.ask(json.dumps({**request, "audio_end_ms": heard_ms + 1}))
    (error,) = theatre.of(ErrorEvent)
    assert "already shorter" in error.error.message
    assert error.error.param == "audio_end_ms"


def test_interrupting_names_the_response_that_fell_silent() -> None:
    theatre = telling()
    theatre.run(500)
    (started,) = theatre.of(OutputAudioBufferStarted)
    theatre.run(20, loud=True)
    (cleared,) = theatre.of(OutputAudioBufferCleared)
    assert cleared.response_id == started.response_id
