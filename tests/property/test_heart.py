"""The heart under any story: total, bounded, never stuck."""

from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.heart import advance
from app.conversation.machines import Link, Turn
from app.conversation.plan import Plan
from app.conversation.stages import Stage
from app.conversation.state import State
from app.conversation.troubles import LinkLost, NoDevice, NotSignedIn
from app.conversation.words import view_of
from app.realtime import events as said
from app.realtime import requests as ask
from app.realtime.items import Response, ResponseStatus
from tests.support.stories import PUSH_TO_TALK, VAD, assistant, calls, reply_begins, reply_ends, user, user_spoke

IDS = st.sampled_from(["a", "b", "c", "d"])
RESPONSES = st.sampled_from(["r1", "r2"])


def error(code: str, event_id: str) -> said.ServerEvent:
    return said.ErrorEvent(error=said.ErrorDetail(code=code, event_id=event_id, message="x"))


SERVER = st.one_of(
    st.builds(said.SessionUpdated),
    st.builds(lambda id: said.InputAudioBufferSpeechStarted(item_id=id), IDS),
    st.builds(lambda id: said.InputAudioBufferSpeechStopped(item_id=id), IDS),
    st.builds(lambda id, before: said.InputAudioBufferCommitted(id, before), IDS, IDS | st.none()),
    st.builds(lambda id, before: said.ConversationItemAdded(user(id), before), IDS, IDS | st.none()),
    st.builds(lambda id, before: said.ConversationItemAdded(assistant(id), before), IDS, IDS | st.none()),
    st.builds(lambda id: said.ConversationItemDeleted(id), IDS),
    st.builds(lambda id, ms: said.ConversationItemTruncated(id, audio_end_ms=ms), IDS, st.integers(-5, 9000)),
    st.builds(lambda id, text: said.ResponseOutputAudioTranscriptDelta("r1", id, delta=text), IDS, st.text(max_size=5)),
    st.builds(
        lambda id, text: said.ResponseOutputAudioTranscriptDone("r1", id, transcript=text), IDS, st.text(max_size=9)
    ),
    st.builds(lambda r: said.ResponseCreated(Response(id=r)), RESPONSES),
    st.builds(
        lambda r, status: said.ResponseDone(Response(id=r, status=status)), RESPONSES, st.sampled_from(ResponseStatus)
    ),
    st.builds(said.OutputAudioBufferStarted),
    st.builds(said.OutputAudioBufferStopped),
    st.builds(said.OutputAudioBufferCleared),
    st.builds(
        error,
        st.sampled_from(
            [
                "conversation_already_has_active_response",
                "response_cancel_not_active",
                "input_audio_buffer_commit_empty",
                "session_expired",
                "other",
            ]
        ),
        st.sampled_from(["", "parlance_1", "parlance_2", "parlance_3"]),
    ),
)
PERSON = st.one_of(
    st.builds(did.ConnectRequested),
    st.builds(did.DisconnectRequested),
    st.builds(did.TalkPressed),
    st.builds(did.TalkReleased),
    st.builds(did.InterruptRequested),
    st.builds(did.MuteChosen, st.booleans()),
    st.builds(did.TextSubmitted, st.text(min_size=1, max_size=5), st.uuids().map(str)),
    st.builds(did.PlanChanged, st.sampled_from([VAD, PUSH_TO_TALK])),
    st.builds(did.NoticeDismissed),
    st.builds(did.NewConversationBegun),
)
OPENED, CONFIRMED = did.LinkOpened(), did.ServerSaid(said.SessionUpdated())
WORLD = st.one_of(
    st.builds(did.StageReached, st.sampled_from(Stage)),
    st.builds(did.LinkOpened),
    st.builds(did.LinkEnded, st.sampled_from([None, LinkLost(), NotSignedIn()]), st.floats(0, 1)),
    st.builds(did.GateClosed),
    st.builds(did.AssistantAudible, st.booleans()),
    st.builds(did.TroubleArose, st.just(NoDevice("microphone"))),
    st.builds(
        did.ToSuccessor, st.sampled_from([did.LinkOpened(), did.LinkEnded(None), did.ServerSaid(said.SessionUpdated())])
    ),
    st.builds(did.SessionLimitTold, st.floats(0, 5000)),
    st.builds(did.NetworkChanged),
    st.builds(did.ToolFinished, st.sampled_from(["c1", "c2"]), st.just("{}"), st.just("Card")),
)
LIVE = (did.ConnectRequested(), did.LinkOpened(), said.SessionUpdated())
BROAD = st.sampled_from(
    [
        LIVE,
        user_spoke("a"),
        reply_begins("r1", "b", "a", "Hello "),
        reply_ends("r1", "b", "Hello there."),
        calls("r1", "c1", "c2"),
        (
            did.NetworkChanged(),
            *(did.ToSuccessor(each) for each in (did.LinkOpened(), did.ServerSaid(said.SessionUpdated()))),
        ),
        (did.LinkEnded(LinkLost()), 20.0, did.LinkOpened(), said.SessionUpdated()),
        (did.TalkPressed(),),
        (did.TalkReleased(), did.GateClosed()),
    ]
)
WAIT = st.floats(0.0, 30.0)
FINE = st.one_of(SERVER, PERSON, WORLD, WAIT)
STEPS = st.lists(FINE.map(lambda each: (each,)) | BROAD, max_size=40)


@dataclass
class Run:
    """Plays a story and checks after every step what must hold always."""

    state: State
    now_s: float = 50.0
    running: bool = False
    succeeding: bool = False
    sounding: bool = False
    asked: int = 0

    def play(self, step: object) -> None:
        if isinstance(step, float):
            self.sleep(step)
            return
        happening = did.ServerSaid(step) if isinstance(step, said.KnownEvent) else step
        if (
            isinstance(happening, did.LinkEnded | did.LinkOpened | did.ServerSaid | did.StageReached)
            and not self.running
        ):
            return  # no attempt, nobody to say it: tests of the conductor hold the other half of this promise
        if isinstance(happening, did.ToSuccessor):
            if not self.succeeding:
                return
            if isinstance(happening.happening, did.LinkEnded):
                self.succeeding = False
        if isinstance(happening, did.LinkEnded):
            self.running = False
        self.step(happening)  # type: ignore[arg-type]  # the strategies make nothing else

    def sleep(self, duration_s: float) -> None:
        end_s = self.now_s + duration_s
        for _ in range(100):
            wake_at_s = self.state.wake_at_s
            if wake_at_s is None or wake_at_s > end_s:
                self.now_s = end_s
                return
            self.now_s = max(self.now_s, wake_at_s)
            self.step(did.WokeUp())
            assert self.state.wake_at_s is None or self.state.wake_at_s > self.now_s, "wakes without end"
        raise AssertionError("woken a hundred times in one sleep")

    def step(self, happening: did.Happening) -> None:
        before = self.state
        self.state, commands = advance(before, happening, self.now_s)
        assert (self.state, commands) == advance(before, happening, self.now_s), "not deterministic"
        for command in commands:
            self.check(command, before)
        view = view_of(self.state)
        assert len({row.id for row in view.rows}) == len(view.rows)
        assert self.state.link is Link.LIVE or self.state.turn is Turn.IDLE or before.link is not Link.DOWN
        if self.state.link in (Link.DOWN, Link.WAITING):
            assert all(row.finished for row in view.rows), "a row waits for words that nobody will say"

    def check(self, command: do.Command, before: State) -> None:
        match command:
            case do.OpenSound():
                assert not self.sounding
                self.sounding = True
            case do.CloseSound():
                assert self.sounding
                self.sounding = False
            case do.StartAttempt():
                assert not self.running, "two attempts at once"
                assert self.sounding
                self.running = True
            case do.StartSuccessor():
                assert self.running
                assert not self.succeeding, "two successors at once"
                self.succeeding = True
            case do.StopSuccessor():
                assert self.succeeding
                self.succeeding = False
            case do.AdoptSuccessor():
                assert self.succeeding
                self.succeeding = False
                self.running = True
            case do.StopAttempt():
                assert self.running
            case do.Rewind(duration_ms):
                assert self.sounding
                assert 0 <= duration_ms <= 30_000
            case do.Send(request, to_successor):
                assert self.running, "said to nobody"
                assert self.succeeding or not to_successor
                if isinstance(request, ask.ResponseCreate):
                    assert before.response.name in ("NONE", "CANCELLING", "ACTIVE", "AWAITED", "REQUESTED")
            case _:
                pass


@given(STEPS, st.sampled_from([VAD, PUSH_TO_TALK]))
@example(
    [LIVE, (did.TalkPressed(),), (did.DisconnectRequested(),), (did.ConnectRequested(),), (did.LinkEnded(None),)], VAD
)
@example([LIVE, (did.TextSubmitted("x", "i"),), (did.InterruptRequested(),), (20.0,)], VAD)
@settings(max_examples=400, deadline=None)
def test_any_story(steps: list[tuple[object, ...]], plan: Plan) -> None:
    run = Run(State(plan=plan))
    for step in steps:
        for part in step:
            run.play(part)
    # However the story went: hanging up ends it, and then nothing is waited for.
    run.step(did.DisconnectRequested())
    if run.running:
        assert run.state.link is Link.CLOSING
        run.play(did.LinkEnded(None))
    assert run.state.link is Link.DOWN
    assert run.state.wake_at_s is None
    assert not run.sounding
    assert not run.succeeding


@given(STEPS, st.sampled_from([VAD, PUSH_TO_TALK]))
@example([(did.ConnectRequested(),), (did.TalkPressed(),), (did.LinkOpened(),), (did.PlanChanged(VAD),)], PUSH_TO_TALK)
@settings(max_examples=200, deadline=None)
def test_a_released_key_never_stays_down(steps: list[tuple[object, ...]], plan: Plan) -> None:
    run = Run(State(plan=plan))
    for step in steps:
        for part in step:
            run.play(part)
    run.step(did.TalkReleased())
    run.sleep(60.0)
    # While the connection is down a turn waits for it.
    assert run.state.turn in (Turn.IDLE, Turn.SPEAKING) or run.state.link is not Link.LIVE
