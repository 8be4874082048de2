"""Stories for the heart: happenings by short names, and a runner that keeps what was ordered."""

from app.conversation import commands as do
from app.conversation import happenings as did
from app.conversation.heart import advance
from app.conversation.machines import Link
from app.conversation.plan import Plan
from app.conversation.state import State
from app.realtime import events as said
from app.realtime.items import (
    FunctionCall,
    InputAudio,
    ItemStatus,
    Message,
    OutputAudio,
    Response,
    ResponseStatus,
    Role,
)
from app.realtime.session import ServerVad, SessionOptions

VAD = Plan(options=SessionOptions(turn_detection=ServerVad()))
PUSH_TO_TALK = Plan(options=SessionOptions(turn_detection=None))


class Story:
    """Drives the heart through happenings and keeps all commands."""

    def __init__(self, plan: Plan = VAD) -> None:
        self.state = State(plan=plan)
        self.commands: list[do.Command] = []
        self.now_s = 100.0

    def tell(self, *happenings: did.Happening | said.ServerEvent) -> list[do.Command]:
        """These happen now, one after the other; returns what they ordered."""
        ordered: list[do.Command] = []
        for happening in happenings:
            if isinstance(happening, said.Event):
                happening = did.ServerSaid(happening)
            self.state, commands = advance(self.state, happening, self.now_s)
            ordered.extend(commands)
        self.commands.extend(ordered)
        return ordered

    def wait(self, duration_s: float) -> list[do.Command]:
        """Time passes; the heart is woken when it asked to be."""
        ordered: list[do.Command] = []
        end_s = self.now_s + duration_s
        woken = 0
        while self.state.wake_at_s is not None and self.state.wake_at_s <= end_s:
            woken += 1
            assert woken < 1000, "wakes without end"
            self.now_s = max(self.now_s, self.state.wake_at_s)
            ordered += self.tell(did.WokeUp())
        self.now_s = end_s
        return ordered

    def go_live(self) -> "Story":
        """Connect and be confirmed."""
        self.tell(did.ConnectRequested(), did.LinkOpened(), said.SessionCreated(), said.SessionUpdated())
        assert self.state.link is Link.LIVE
        return self


def requests(commands: list[do.Command]) -> list[str]:
    """The kinds of requests among commands."""
    return [type(command.request).__name__ for command in commands if isinstance(command, do.Send)]


def user_spoke(id: str, before: str | None = None) -> tuple[said.ServerEvent, ...]:
    """The server heard a turn."""
    return (
        said.InputAudioBufferSpeechStarted(item_id=id, audio_start_ms=0),
        said.InputAudioBufferSpeechStopped(item_id=id, audio_end_ms=900),
        said.InputAudioBufferCommitted(item_id=id, previous_item_id=before),
        said.ConversationItemAdded(user(id), previous_item_id=before),
    )


def user(id: str) -> Message:
    """A spoken item of the user, not written down yet."""
    return Message(id=id, role=Role.USER, content=(InputAudio(),), status=ItemStatus.COMPLETED)


def assistant(id: str, text: str | None = None, status: ItemStatus = ItemStatus.IN_PROGRESS) -> Message:
    """An item of the assistant."""
    content = () if text is None else (OutputAudio(transcript=text),)
    return Message(id=id, role=Role.ASSISTANT, content=content, status=status)


def reply_begins(response: str, item: str, before: str | None, *deltas: str) -> tuple[said.ServerEvent, ...]:
    """A response starts to be spoken."""
    return (
        said.ResponseCreated(response=Response(id=response, status=ResponseStatus.IN_PROGRESS)),
        said.ResponseOutputItemAdded(response_id=response, item=assistant(item)),
        said.ConversationItemAdded(assistant(item), previous_item_id=before),
        said.OutputAudioBufferStarted(response_id=response),
        *(said.ResponseOutputAudioTranscriptDelta(response_id=response, item_id=item, delta=delta) for delta in deltas),
    )


def calls(response: str, *call_ids: str) -> tuple[said.ServerEvent, ...]:
    """A response that calls functions instead of speaking."""
    items = tuple(
        FunctionCall(name="clock", call_id=id, arguments="{}", id=f"fc_{id}", status=ItemStatus.COMPLETED)
        for id in call_ids
    )
    return (
        said.ResponseCreated(response=Response(id=response, status=ResponseStatus.IN_PROGRESS)),
        *(said.ResponseOutputItemDone(response_id=response, item=item) for item in items),
        said.ResponseDone(response=Response(id=response, status=ResponseStatus.COMPLETED, output=items)),
    )


def reply_ends(response: str, item: str, text: str, before: str | None = None) -> tuple[said.ServerEvent, ...]:
    """A response was spoken to its end."""
    done = assistant(item, text, ItemStatus.COMPLETED)
    return (
        said.ResponseOutputAudioTranscriptDone(response_id=response, item_id=item, transcript=text),
        said.ResponseOutputItemDone(response_id=response, item=done),
        said.ConversationItemDone(done, previous_item_id=before),
        said.ResponseDone(response=Response(id=response, status=ResponseStatus.COMPLETED, output=(done,))),
        said.OutputAudioBufferStopped(response_id=response),
    )
