"""What a WebRTC server would have said, made up from events and from what is heard."""

import numpy as np
import pytest

from app.audio.pcm import Pcm, silence
from app.audio.pcm_playout import PcmPlayout
from app.link.speaking import RESPONSES_LIMIT, Speaking
from app.realtime import events as said
from app.realtime.items import Response
from app.realtime.requests import ConversationItemTruncate
from app.realtime.session import EffectiveSession, SemanticVad, ServerVad, SessionOptions, TurnDetection

STARTED, STOPPED, CLEARED = (
    said.OutputAudioBufferStarted,
    said.OutputAudioBufferStopped,
    said.OutputAudioBufferCleared,
)


class Scene:
    """Speaking with its playout, driven by hand; what is told to whom goes into one list, in order."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.playout = PcmPlayout(lambda: None)
        self.speaking = Speaking(self.playout, self.told.append, self.told.append)

    def say(self, *events: said.ServerEvent) -> list[bool]:
        taken = []
        for event in events:
            taken.append(self.speaking.take(event))
            self.speaking.follow()
        return taken

    def created(self, response_id: str = "r") -> None:
        self.say(said.ResponseCreated(Response(response_id)))

    def done(self, response_id: str = "r") -> None:
        self.say(said.ResponseDone(Response(response_id)))

    def delta(self, duration_ms: int, *, response_id: str = "r", item_id: str = "i", content_index: int = 0) -> None:
        sound = np.full(duration_ms * 24, 5000, "<i2").tobytes()
        self.say(said.ResponseOutputAudioDelta(response_id, item_id, 0, content_index, sound))

    def hear(self, duration_ms: int) -> Pcm:
        blocks = [silence() for _ in range(duration_ms // 10)]
        for block in blocks:
            self.playout.pull(block, 0.0)
        self.speaking.follow()
        return np.concatenate(blocks)


def turns(detection: TurnDetection | None) -> said.SessionUpdated:
    return said.SessionUpdated(EffectiveSession(options=SessionOptions(turn_detection=detection)))


SPEECH = said.InputAudioBufferSpeechStarted(0, "u")


def test_started_is_told_with_the_first_sample_and_stopped_after_the_last() -> None:
    scene = Scene()
    scene.created()
    scene.delta(200)
    assert scene.told == []
    scene.hear(10)
    assert scene.told == [STARTED("r")]
    scene.done()
    scene.hear(180)
    assert scene.told == [STARTED("r")]
    scene.hear(10)
    assert scene.told == [STARTED("r"), STOPPED("r")]


def test_stopped_waits_for_the_end_of_the_response() -> None:
    scene = Scene()
    scene.created()
    scene.delta(100)
    scene.hear(300)
    assert scene.told == [STARTED("r")]
    scene.done()
    assert scene.told == [STARTED("r"), STOPPED("r")]


def test_a_response_without_sound_says_nothing() -> None:
    scene = Scene()
    scene.created()
    scene.done()
    scene.hear(50)
    assert scene.told == []


def test_sound_and_the_servers_own_playback_events_are_not_for_the_session() -> None:
    delta = said.ResponseOutputAudioDelta("r", "i", delta=b"\0\0")
    assert Scene().say(delta, STARTED("r"), STOPPED("r"), CLEARED("r")) == [True] * 4
    assert Scene().say(said.ResponseOutputAudioDone("r", "i"), SPEECH, said.UnknownEvent("x")) == [False] * 3


def test_a_cut_truncates_at_what_was_heard_and_is_told_once() -> None:
    scene = Scene()
    scene.created()
    scene.delta(1000)
    scene.hear(340)
    scene.playout.cut()
    scene.speaking.follow()
    scene.delta(1000)
    scene.done()
    scene.hear(100)
    assert scene.told == [STARTED("r"), ConversationItemTruncate("i", 0, 340), CLEARED("r")]


def test_nothing_is_truncated_when_nothing_or_all_was_heard() -> None:
    unheard = Scene()
    unheard.created()
    unheard.delta(1000)
    unheard.playout.cut()
    unheard.speaking.follow()
    assert unheard.told == []

    heard = Scene()
    heard.created()
    heard.delta(100)
    heard.say(said.ResponseOutputAudioDone("r", "i"))
    heard.hear(200)
    heard.playout.cut()
    heard.speaking.follow()
    assert heard.told == [STARTED("r"), CLEARED("r")]


def test_of_several_items_the_one_being_heard_is_truncated() -> None:
    scene = Scene()
    scene.created()
    scene.delta(100, item_id="a")
    scene.delta(100, item_id="b", content_index=1)
    scene.delta(100, item_id="c")
    scene.hear(150)
    scene.playout.cut()
    scene.speaking.follow()
    assert scene.told == [STARTED("r"), ConversationItemTruncate("b", 1, 50), CLEARED("r")]


@pytest.mark.parametrize("done_first", [False, True], ids=["while it comes", "when all has come"])
def test_speech_of_the_user_truncates_by_itself_and_once(done_first: bool) -> None:
    scene = Scene()
    scene.created()
    scene.delta(1000)
    if done_first:
        scene.done()
    scene.hear(250)
    scene.say(SPEECH, SPEECH)
    scene.playout.drop()
    scene.speaking.follow()
    assert scene.told == [STARTED("r"), ConversationItemTruncate("i", 0, 250), CLEARED("r")]


@pytest.mark.parametrize("detection", [ServerVad(interrupt_response=False), SemanticVad(interrupt_response=False)])
def test_speech_that_shall_not_interrupt_does_not(detection: TurnDetection) -> None:
    scene = Scene()
    scene.say(turns(detection))
    scene.created()
    scene.delta(1000)
    scene.hear(250)
    scene.say(SPEECH)
    assert scene.told == [STARTED("r")]
    scene.say(turns(ServerVad()), SPEECH)
    assert scene.told[-1] == CLEARED("r")


def test_the_next_response_is_heard_after_a_cut() -> None:
    scene = Scene()
    scene.created("r1")
    scene.delta(1000, response_id="r1")
    scene.hear(100)
    scene.say(SPEECH)
    scene.done("r1")
    scene.created("r2")
    scene.delta(100, response_id="r2", item_id="j")
    scene.done("r2")
    scene.told.clear()
    scene.hear(120)
    assert scene.told == [STARTED("r2"), STOPPED("r2")]


def test_sound_of_a_response_that_was_not_announced_or_is_over_is_not_heard() -> None:
    scene = Scene()
    scene.delta(500)
    scene.created("r1")
    scene.done("r1")
    scene.delta(500, response_id="r1")
    heard = scene.hear(100)
    assert scene.told == []
    assert not heard.any()


def test_half_a_sample_waits_for_its_other_half() -> None:
    scene, whole = Scene(), np.arange(0, 24000, 10, dtype="<i2").tobytes()
    scene.created()
    for start, end in ((0, 1), (1, 100), (100, 1003), (1003, len(whole))):
        scene.say(said.ResponseOutputAudioDelta("r", "i", delta=whole[start:end]))
    scene.done()
    heard = []
    for _ in range(10):
        out = silence()
        scene.playout.pull(out, 0.0)
        heard.append(out)
    assert np.abs(np.diff(np.concatenate(heard).astype(int)))[70:-70].max() < 10


def test_responses_that_never_end_do_not_pile_up() -> None:
    scene = Scene()
    for number in range(3 * RESPONSES_LIMIT):
        scene.created(f"r{number}")
        scene.delta(100, response_id=f"r{number}")
    scene.hear(3 * RESPONSES_LIMIT * 100)
    assert scene.told.count(STARTED("r47")) == 1
    assert len(scene.speaking._responses) == RESPONSES_LIMIT
