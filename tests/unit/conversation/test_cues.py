"""Which moments of a conversation are heard as a cue."""

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.commands import Cue
from app.conversation.troubles import LinkLost
from app.realtime import events as said
from tests.support.stories import PUSH_TO_TALK, VAD, Story


def cues(commands: list[do.Command]) -> list[Cue]:
    return [command.cue for command in commands if isinstance(command, do.PlayCue)]


def test_connecting_is_heard_once_the_session_is_confirmed() -> None:
    story = Story()
    assert cues(story.tell(did.ConnectRequested(), did.LinkOpened())) == []
    assert cues(story.tell(said.SessionUpdated())) == [Cue.CONNECTED]


def test_a_loss_is_heard_once_and_so_is_the_way_back() -> None:
    story = Story().go_live()
    assert cues(story.tell(did.LinkEnded(LinkLost()))) == [Cue.LOST]
    assert cues(story.wait(2.0)) == []
    assert cues(story.tell(did.LinkEnded(LinkLost()))) == []
    story.wait(5.0)
    assert cues(story.tell(did.LinkOpened(), said.SessionUpdated())) == [Cue.CONNECTED]


def test_hanging_up_is_not_heard() -> None:
    story = Story().go_live()
    assert cues(story.tell(did.DisconnectRequested(), did.LinkEnded(None))) == []


def test_the_talk_key_is_heard_when_it_opens_and_when_its_tail_has_been_sent() -> None:
    story = Story(PUSH_TO_TALK).go_live()
    assert cues(story.tell(did.TalkPressed())) == [Cue.ON_AIR]
    story.wait(1.0)
    assert cues(story.tell(did.TalkReleased())) == []
    assert cues(story.tell(did.GateClosed())) == [Cue.OFF_AIR]
    assert cues(story.wait(5.0)) == []


def test_going_on_during_the_tail_is_no_news() -> None:
    story = Story(PUSH_TO_TALK).go_live()
    story.tell(did.TalkPressed())
    story.wait(1.0)
    assert cues(story.tell(did.TalkReleased(), did.TalkPressed())) == []


def test_a_key_taken_over_from_voice_activity_is_heard_too() -> None:
    story = Story(VAD).go_live()
    assert cues(story.tell(said.InputAudioBufferSpeechStarted())) == []
    assert cues(story.tell(did.TalkPressed())) == [Cue.ON_AIR]
    story.wait(1.0)
    story.tell(did.TalkReleased())
    assert cues(story.wait(1.0)) == [Cue.OFF_AIR]


def test_a_muted_person_is_not_told_to_be_on_air() -> None:
    story = Story(PUSH_TO_TALK).go_live()
    story.tell(did.MuteChosen(True))
    assert cues(story.tell(did.TalkPressed())) == []
    assert cues(story.tell(did.MuteChosen(False))) == [Cue.ON_AIR]
    assert cues(story.tell(did.MuteChosen(True))) == [Cue.OFF_AIR]


def test_losing_the_connection_while_talking_is_heard_as_a_loss_only() -> None:
    story = Story(VAD).go_live()
    story.tell(did.TalkPressed())
    assert cues(story.tell(did.LinkEnded(LinkLost()))) == [Cue.LOST]
