"""The user's side: turns found by the server or told by the client."""

import json
from itertools import pairwise

import pytest

from app.realtime.events import (
    ErrorEvent,
    InputAudioBufferCommitted,
    InputAudioBufferSpeechStarted,
    InputAudioBufferSpeechStopped,
)
from app.realtime.session import SemanticVad, ServerVad
from app.servers.rehearsal.ports import SPEECH_RATE_HZ
from tests.support.theatre import Theatre

COMMIT = '{"type":"input_audio_buffer.commit","event_id":"mine"}'
CLEAR = '{"type":"input_audio_buffer.clear"}'


def test_a_turn_is_told_with_the_settings_of_its_detection() -> None:
    theatre = Theatre(turn_detection=ServerVad(prefix_padding_ms=100, silence_duration_ms=200))
    theatre.hold_ears = True
    theatre.run(1000)
    theatre.run(600, loud=True)
    theatre.run(1000)
    (started,) = theatre.of(InputAudioBufferSpeechStarted)
    (stopped,) = theatre.of(InputAudioBufferSpeechStopped)
    assert started.audio_start_ms == 900
    assert stopped.audio_end_ms == 1800
    assert started.item_id == stopped.item_id
    ((_, speech),) = theatre.to_hear
    assert len(speech) == 900 * SPEECH_RATE_HZ // 1000


def test_every_turn_follows_the_item_before_it() -> None:
    theatre = Theatre()
    for _ in range(3):
        theatre.say()
        theatre.run(3000)
    turns = theatre.of(InputAudioBufferCommitted)
    items = [json.loads(text)["item"]["id"] for text in theatre.texts if "conversation.item.added" in text]
    assert len(items) == 6
    for event in turns:
        assert (event.previous_item_id, event.item_id) in [(None, items[0]), *pairwise(items)]


@pytest.mark.parametrize("eagerness", ["low", "medium", "high", "auto"])
def test_semantic_detection_waits_longer_the_less_eager_it_is(eagerness: str) -> None:
    theatre = Theatre(turn_detection=SemanticVad(eagerness))
    theatre.run(400, loud=True)
    waits_ms = {"low": 1200, "medium": 700, "high": 400, "auto": 700}[eagerness]
    theatre.run(waits_ms - 20)
    assert "InputAudioBufferCommitted" not in theatre.names
    theatre.run(20)
    assert "InputAudioBufferCommitted" in theatre.names


def test_reported_speech_alone_when_the_client_wants_to_decide() -> None:
    theatre = Theatre(turn_detection=ServerVad(create_response=False))
    theatre.forget()
    theatre.say()
    theatre.run(1000)
    assert theatre.names[-1] == "ConversationItemDone"
    theatre.ask('{"type":"response.create"}')
    assert theatre.names[-3:] == ["ResponseOutputItemAdded", "ConversationItemAdded", "ResponseContentPartAdded"]


def test_a_held_key_commits_exactly_what_was_held() -> None:
    theatre = Theatre(turn_detection=None)
    theatre.hold_ears = True
    theatre.run(5000)
    theatre.ask(CLEAR)
    theatre.run(1200, loud=True)
    theatre.forget()
    theatre.ask(COMMIT)
    assert theatre.names == ["InputAudioBufferCommitted", "ConversationItemAdded", "ConversationItemDone"]
    ((_, speech),) = theatre.to_hear
    assert len(speech) == 1200 * SPEECH_RATE_HZ // 1000
    assert min(speech) == 5000


@pytest.mark.parametrize("held_ms", [0, 80])
def test_next_to_nothing_is_not_committed(held_ms: int) -> None:
    theatre = Theatre(turn_detection=None)
    theatre.run(1000)
    theatre.ask(CLEAR)
    theatre.run(held_ms)
    theatre.forget()
    theatre.ask(COMMIT)
    (event,) = theatre.of(ErrorEvent)
    assert event.error.code == "input_audio_buffer_commit_empty"
    assert event.error.event_id == "mine"


def test_what_was_committed_is_not_committed_again() -> None:
    theatre = Theatre(turn_detection=None)
    theatre.run(500)
    theatre.ask(COMMIT)
    theatre.forget()
    theatre.ask(COMMIT)
    assert theatre.names == ["ErrorEvent"]


def test_a_turn_the_client_cleared_or_committed_does_not_end_again() -> None:
    for request in (CLEAR, COMMIT):
        theatre = Theatre()
        theatre.run(500, loud=True)
        theatre.forget()
        theatre.ask(request)
        theatre.run(1000)
        assert "InputAudioBufferSpeechStopped" not in theatre.names
        assert "ResponseCreated" not in theatre.names


def test_a_change_that_does_not_concern_the_ear_does_not_break_a_turn() -> None:
    theatre = Theatre()
    theatre.run(500, loud=True)
    detection = {"type": "server_vad", "create_response": False}
    session = {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
    theatre.ask(json.dumps({"type": "session.update", "session": session}))
    theatre.run(1000)
    assert theatre.names[-1] == "ConversationItemDone"
    assert "ResponseCreated" not in theatre.names


def test_a_new_detection_keeps_to_the_sessions_clock() -> None:
    theatre = Theatre(turn_detection=None)
    theatre.run(2000)
    session = {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}}
    theatre.ask(json.dumps({"type": "session.update", "session": session}))
    theatre.run(1000)
    theatre.run(200, loud=True)
    (started,) = theatre.of(InputAudioBufferSpeechStarted)
    assert started.audio_start_ms == 2700
