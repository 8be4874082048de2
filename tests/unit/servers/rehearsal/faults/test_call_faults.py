"""What faults do to the events of a call."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.realtime.events import (
    ConversationItemAdded,
    ConversationItemInputAudioTranscriptionCompleted,
    ConversationItemInputAudioTranscriptionDelta,
    DurationUsage,
    KnownEvent,
    ResponseDone,
    ResponseFunctionCallArgumentsDone,
    ResponseOutputAudioDelta,
    ResponseOutputItemDone,
    SessionCreated,
    SessionUpdated,
)
from app.realtime.items import FunctionCall, ItemStatus, Message, Response, ResponseStatus, Role, Usage
from app.realtime.requests import InputAudioBufferCommit, ResponseCreate
from app.realtime.session import EffectiveSession, SessionOptions
from app.servers.rehearsal.engine.session import Limits
from app.servers.rehearsal.faults import table
from app.servers.rehearsal.faults.call_faults import CallFaults
from app.servers.rehearsal.faults.table import Fault
from app.servers.rehearsal.ports import Question
from tests.support.theatre import ScriptedMind

HELLO = SessionCreated(EffectiveSession("sess_1", options=SessionOptions(voice="marin")), event_id="event_1")
UPDATED = SessionUpdated(EffectiveSession("sess_1"), event_id="event_2")
ADDED = ConversationItemAdded(Message(Role.USER, (), "item_1"), event_id="event_3")
SAID = ConversationItemInputAudioTranscriptionCompleted("item_1", 0, "hello", DurationUsage(1.0), event_id="event_4")
SAYING = ConversationItemInputAudioTranscriptionDelta("item_1", 0, "hel", event_id="event_5")
CALL = FunctionCall("light", "call_1", "{}", "item_2", ItemStatus.COMPLETED)
CALLED = ResponseFunctionCallArgumentsDone("resp_1", "item_2", 0, "call_1", "light", "{}", event_id="event_6")
ITEM_DONE = ResponseOutputItemDone("resp_1", CALL, event_id="event_7")
DONE = ResponseDone(Response(id="resp_1", status=ResponseStatus.COMPLETED, output=(CALL,), usage=Usage()))


def told(event: KnownEvent, *faults: Fault) -> list[dict[str, Any]]:
    return [json.loads(each.text) for each in CallFaults(faults).told(event)]


def names(faults: CallFaults, *events: KnownEvent) -> list[str]:
    return [json.loads(each.text)["type"] for event in events for each in faults.told(event)]


def test_without_faults_events_are_sent_as_they_are() -> None:
    (hello,) = told(HELLO)
    assert hello["type"] == "session.created"
    assert hello["session"]["audio"]["output"]["voice"] == "marin"


def test_a_fault_leaves_other_events_alone() -> None:
    assert told(HELLO, *(cls() for cls in (table.LeaveOut, table.NoUsage, table.NamelessCall))) == told(HELLO)


def test_events_are_left_out_duplicated_and_swapped() -> None:
    assert names(CallFaults((table.LeaveOut(),)), HELLO, UPDATED) == ["session.created"]
    assert names(CallFaults((table.Duplicate(types=("session.",)),)), HELLO, ADDED) == ["session.created"] * 2 + [
        "conversation.item.added"
    ]
    swapping = CallFaults((table.OutOfOrder(),))
    assert names(swapping, HELLO, ADDED, SAID)[1:] == [
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.added",
    ]
    everything = CallFaults((table.OutOfOrder(types=("",)),))
    assert names(everything, HELLO, UPDATED, ADDED) == ["session.updated", "session.created"]
    everything.strike(())
    assert names(everything, SAID)[1:] == ["conversation.item.added"], "nothing stays behind"


def test_strange_messages_come_after_the_event_they_are_set_for() -> None:
    faults = CallFaults(
        (table.MalformedEvent(), table.UnknownEvent(), table.HugeEvent(bytes=5000, at="session.updated"))
    )
    hello = [each.text for each in faults.told(HELLO)]
    assert len(hello) == 3
    assert '{"type":' in hello
    assert any('"type":"rehearsal.surprise"' in text for text in hello)
    _, huge = faults.told(UPDATED)
    assert len(huge.text) == pytest.approx(5000, abs=50)
    assert json.loads(huge.text)["type"] == "rehearsal.huge"


def test_beta_names() -> None:
    faults = (table.BetaNames(),)
    assert told(ADDED, *faults)[0]["type"] == "conversation.item.created"
    assert told(HELLO, *faults)[0]["session"]["voice"] == "marin"


def test_transcripts_are_missing_fail_or_come_late() -> None:
    assert told(SAID, table.TranscriptionMissing()) == told(SAYING, table.TranscriptionMissing()) == []
    (failed,) = told(SAID, table.TranscriptionFailed(code="too_quiet"))
    assert (failed["type"], failed["item_id"]) == ("conversation.item.input_audio_transcription.failed", "item_1")
    assert failed["error"]["code"] == "too_quiet"
    assert told(SAYING, table.TranscriptionFailed()) == []
    faults = CallFaults((table.TranscriptionLate(ms=700), table.DelayEvents(ms=50)))
    (said,), (added,) = faults.told(SAID), faults.told(ADDED)
    assert (said.late_ms, said.apart, added.late_ms, added.apart) == (750, True, 50, False)


def test_a_function_call_loses_its_name() -> None:
    nameless, without_trace = table.NamelessCall(), table.NamelessCall(items=True)
    assert "name" not in told(CALLED, nameless)[0]
    assert told(ITEM_DONE, nameless)[0]["item"]["name"] == "light"
    assert "name" not in told(ITEM_DONE, without_trace)[0]["item"]
    assert "name" not in told(DONE, without_trace)[0]["response"]["output"][0]


def test_usage_is_missing() -> None:
    assert "usage" in told(DONE)[0]["response"]
    assert "usage" not in told(DONE, table.NoUsage())[0]["response"]


def test_requests_of_one_type_are_refused_so_many_times() -> None:
    faults = CallFaults((table.RequestError(code="odd", count=2),))
    ask = ResponseCreate(event_id="mine")
    assert faults.refusal(InputAudioBufferCommit()) is None
    first, second, third = (faults.refusal(ask) for _ in range(3))
    assert first is not None
    assert (first.error.code, first.error.event_id) == ("odd", "mine")
    assert second is not None
    assert third is None


def test_the_mind_fails_and_writes() -> None:
    question = Question("hello", (), ())
    mind = CallFaults((table.FailedResponse(count=1, code="insufficient_quota"), table.WrittenAnswer(count=1))).mind(
        ScriptedMind()
    )
    failed, wrote, usual = (mind.answer(question) for _ in range(3))
    assert failed.trouble is not None
    assert failed.trouble.code == "insufficient_quota"
    assert (wrote.text, wrote.in_writing) == ("hello", True)
    assert (usual.text, usual.in_writing, usual.trouble) == ("hello", False, None)


def test_the_session_ends_early_and_by_a_wrong_clock() -> None:
    limits = Limits(3600, 1_000_003_600)
    assert CallFaults().limits(limits, 1e9) == limits
    early = CallFaults((table.Expire(in_s=5),)).limits(limits, 1e9)
    assert (early.longest_s, early.expires_at) == (5, 1_000_000_005)
    skewed = CallFaults((table.Expire(in_s=5), table.SkewedClock(s=-100))).limits(limits, 1e9)
    assert skewed == replace(early, expires_at=999_999_905)


def test_sound_in_events_stalls_once() -> None:
    faults = CallFaults((table.Stall(ms=300, after_ms=150),))
    delta = ResponseOutputAudioDelta("resp_1", "item_1", 0, 0, bytes(48 * 100))
    assert [each.late_ms for _ in range(4) for each in faults.told(delta)] == [0, 300, 0, 0]
    faults.strike((table.Stall(ms=200, after_ms=0),))
    assert [each.late_ms for _ in range(2) for each in faults.told(delta)] == [200, 0]
