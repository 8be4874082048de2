"""Recognising begins in the pause before a turn is over, and is only used if that was the end."""

import numpy as np

from app.realtime.events import ConversationItemInputAudioTranscriptionCompleted
from app.realtime.session import ServerVad, Transcription
from app.servers.rehearsal.engine.understanding import Pause
from app.servers.rehearsal.ports import SPEECH_RATE_HZ
from tests.support.theatre import Theatre, Words

LAZY = ServerVad(silence_duration_ms=1000)


def test_what_was_understood_in_the_pause_answers_the_turn_at_once() -> None:
    theatre = Theatre(turn_detection=LAZY)
    theatre.hold_ears = True
    theatre.run(600, loud=True)
    theatre.run(180)
    assert not theatre.to_hear, "too short a pause"
    theatre.run(20)
    ((_, speech),) = theatre.to_hear
    assert len(speech) == (800 + 300) * SPEECH_RATE_HZ // 1000, "with some more silence"
    theatre.give_ears()
    assert theatre.names == ["SessionCreated", "InputAudioBufferSpeechStarted"], "nobody knows yet that it is over"
    theatre.run(800)
    assert not theatre.to_hear, "nothing is recognised twice"
    decided = theatre.names.index("InputAudioBufferSpeechStopped")
    assert theatre.names[decided + 1 :][:6] == [
        "InputAudioBufferCommitted",
        "ConversationItemAdded",
        "ConversationItemDone",
        "ResponseCreated",
        "RateLimitsUpdated",
        "ResponseOutputItemAdded",
    ]


def test_a_turn_that_goes_on_is_heard_as_a_whole() -> None:
    theatre = Theatre(turn_detection=LAZY, transcription=Transcription("gpt-transcribe"))
    theatre.hold_ears = True
    theatre.run(600, loud=True)
    theatre.run(400)
    theatre.heard = Words("what time")
    first = theatre.to_hear[0][0]
    theatre.run(600, loud=True)
    theatre.session.recognised(first, theatre.heard)
    theatre.to_hear.clear()
    theatre.run(400)
    ((_, speech),) = theatre.to_hear
    assert len(speech) == (1800 + 300) * SPEECH_RATE_HZ // 1000
    theatre.heard = Words("what time is it")
    theatre.hold_ears = False
    theatre.run(1000)
    (told,) = theatre.of(ConversationItemInputAudioTranscriptionCompleted)
    assert told.transcript == "what time is it"
    assert theatre.mind.asked[0].words == "what time is it"


def test_a_last_word_too_soft_for_a_guess_is_not_lost() -> None:
    theatre = Theatre(turn_detection=LAZY)
    theatre.hold_ears = True
    theatre.run(600, loud=True, level=30_000)
    theatre.run(300, loud=True, level=1200)
    assert len(theatre.to_hear) == 1, "a pause, by loudness"
    theatre.to_hear.clear()
    theatre.run(1000)
    ((_, speech),) = theatre.to_hear
    assert len(speech) == 1900 * SPEECH_RATE_HZ // 1000


def test_a_guess_of_a_turn_the_client_dropped_is_dropped_with_it() -> None:
    theatre = Theatre(turn_detection=LAZY, transcription=Transcription("gpt-transcribe"))
    theatre.hold_ears = True
    theatre.run(600, loud=True)
    theatre.run(400)
    theatre.ask('{"type":"input_audio_buffer.clear"}')
    theatre.give_ears()
    theatre.run(1000)
    assert theatre.names[-1] == "InputAudioBufferCleared"


def test_a_pause_is_measured_against_the_loudest_moment() -> None:
    block = np.full(320, 1, np.int16)
    pause = Pause()
    pause.feed(block * 5000)
    for _ in range(10):
        pause.feed(block * 200)
    assert pause.silent_ms == 200
    assert pause.agrees(200)
    assert not pause.agrees(20), "the detector heard somebody after the loudness fell"
    pause.feed(block * 300)
    assert pause.silent_ms == 0
