"""A session whose sound travels in events, as on WebSocket."""

import base64
import json

import numpy as np
import pytest

from app.audio.pcm import ms_of_samples, samples_of_ms
from app.realtime.events import (
    ConversationItemTruncated,
    ErrorEvent,
    InputAudioBufferSpeechStopped,
    InputAudioBufferTimeoutTriggered,
    ResponseDone,
    ResponseOutputAudioDelta,
)
from app.realtime.items import ResponseStatus, StatusReason
from app.realtime.session import ServerVad
from app.servers.rehearsal.engine.ids import Ids
from app.servers.rehearsal.engine.output_buffer import Place
from app.servers.rehearsal.engine.tell import Teller
from app.servers.rehearsal.engine.told_buffer import PIECE_MS, ToldBuffer
from app.servers.rehearsal.ports import Reply
from tests.support.theatre import MS_PER_CHARACTER, Theatre

STORY = "Once upon a time there was a fox. It lived in a wood. One day it met a hen. They talked for a long while."


def say(theatre: Theatre, duration_ms: int = 600, then_ms: int = 520) -> None:
    """The user's turn, all in one event and no time passing."""
    samples = np.zeros(24 * (duration_ms + then_ms), "<i2")
    samples[: 24 * duration_ms : 2] = 9000
    theatre.ask(
        json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(samples.tobytes()).decode()})
    )


def told_ms(theatre: Theatre) -> float:
    return sum(len(each.delta) for each in theatre.of(ResponseOutputAudioDelta)) / 2 / 24


def story(detection: ServerVad | None = None) -> Theatre:
    theatre = Theatre(sound_in_events=True, turn_detection=detection or ServerVad())
    theatre.mind.replies.append(Reply(STORY))
    theatre.forget()
    say(theatre)
    return theatre


def test_turns_are_found_by_counting_samples() -> None:
    theatre = story()
    (stopped,) = theatre.of(InputAudioBufferSpeechStopped)
    assert stopped.audio_end_ms == pytest.approx(600 + 500, abs=40)


def test_all_sound_is_told_before_it_is_said_to_be_done() -> None:
    theatre = story()
    theatre.run(8000)
    assert told_ms(theatre) == pytest.approx(sum(ms_of_samples(len(pcm)) for pcm in theatre.sound if pcm.any()), abs=20)
    assert told_ms(theatre) == pytest.approx(MS_PER_CHARACTER * len(STORY), abs=120)
    pieces = [len(each.delta) // 2 // 24 for each in theatre.of(ResponseOutputAudioDelta)]
    assert set(pieces[:-1]) == {PIECE_MS}
    last, done = (
        len(theatre.names) - theatre.names[::-1].index(name)
        for name in ("ResponseOutputAudioDelta", "ResponseOutputAudioDone")
    )
    assert last < done
    assert not [name for name in theatre.names if name.startswith("OutputAudioBuffer")]


def test_an_interruption_cuts_nothing_that_only_the_client_knows_of() -> None:
    theatre = story()
    theatre.run(400)
    before_ms = told_ms(theatre)
    say(theatre)
    theatre.run(3000)
    done, _ = theatre.of(ResponseDone)
    assert (done.response.status, done.response.status_details and done.response.status_details.reason) == (
        ResponseStatus.CANCELLED,
        StatusReason.TURN_DETECTED,
    )
    assert not theatre.of(ConversationItemTruncated)
    own = [each for each in theatre.of(ResponseOutputAudioDelta) if each.response_id == done.response.id]
    assert sum(len(each.delta) for each in own) / 2 / 24 - before_ms < PIECE_MS, "the last of what was made is told"
    item_id = done.response.output[0].id
    heard_ms = sum(len(each.delta) for each in own) // 2 // 24
    for audio_end_ms in (heard_ms + 1, heard_ms):
        truncate = {"item_id": item_id, "content_index": 0, "audio_end_ms": audio_end_ms}
        theatre.ask(json.dumps({"type": "conversation.item.truncate", **truncate}))
    (error,) = theatre.of(ErrorEvent)
    assert error.error.message == f"Audio content of {heard_ms}ms is already shorter than {heard_ms + 1}ms"
    assert len(theatre.of(ConversationItemTruncated)) == 1


def test_sound_is_not_told_arbitrarily_far_ahead() -> None:
    theatre = Theatre(sound_in_events=True)
    theatre.mind.replies.append(Reply("A long sentence, and so on. " * 60))
    theatre.forget()
    say(theatre)
    theatre.run(30_000)
    assert told_ms(theatre) == pytest.approx(50_000, abs=1000)
    theatre.run(100_000)
    assert theatre.of(ResponseDone)


def test_a_message_does_not_begin_with_the_end_of_another() -> None:
    theatre = Theatre(sound_in_events=True)
    buffer = ToldBuffer(Teller(theatre, Ids(lambda below: 0), lambda: 0.0))
    theatre.forget()
    for item_id, level in (("item_1", 20_000), ("item_2", 0)):
        buffer.put(Place("resp_1", item_id), np.full(samples_of_ms(PIECE_MS), level, np.int16))
    told = theatre.of(ResponseOutputAudioDelta)
    assert [each.item_id for each in told] == ["item_1", "item_2"]
    assert any(told[0].delta)
    assert not any(told[1].delta)


def test_idle_time_begins_when_the_client_is_done_playing() -> None:
    theatre = story(ServerVad(idle_timeout_ms=5000))
    theatre.run(round(MS_PER_CHARACTER * len(STORY)) + 4500)
    assert not theatre.of(InputAudioBufferTimeoutTriggered)
    theatre.run(1000)
    assert theatre.of(InputAudioBufferTimeoutTriggered)
