"""What can happen to a conversation: facts in the past tense. The moment is told beside them, to ``advance``."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from app.conversation.stages import Stage
from app.conversation.troubles import Trouble
from app.conversation.view import Question

if TYPE_CHECKING:  # the window asks for happenings before the protocol's events need to be loaded
    from app.conversation.plan import Plan
    from app.realtime.events import ServerEvent

# --- the person ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConnectRequested:
    """Connect was pressed, or the talk button while not connected."""


@dataclass(frozen=True, slots=True)
class DisconnectRequested:
    """Hang up, or the window closes."""


@dataclass(frozen=True, slots=True)
class TalkPressed:
    """The talk key or button went down (repeats are filtered before)."""


@dataclass(frozen=True, slots=True)
class TalkReleased:
    """The talk key or button came up, or the window lost the focus while it was down."""


@dataclass(frozen=True, slots=True)
class InterruptRequested:
    """The assistant shall stop speaking."""


@dataclass(frozen=True, slots=True)
class MuteChosen:
    """The microphone was muted or unmuted."""

    muted: bool


@dataclass(frozen=True, slots=True)
class TextSubmitted:
    """A typed message. ``item_id`` is new and made by the caller."""

    text: str
    item_id: str


@dataclass(frozen=True, slots=True)
class ImageSubmitted:
    """A picture as a data URI, small enough for the channel, with words to go with it (or none)."""

    data_uri: str
    text: str
    item_id: str


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """Settings changed: what the session shall be like from now on."""

    plan: "Plan"


@dataclass(frozen=True, slots=True)
class NewConversationBegun:
    """Forget what was said; only while not connected."""


@dataclass(frozen=True, slots=True)
class NoticeDismissed:
    """The notice was closed."""


# --- the link -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StageReached:
    """The attempt went on to another step of connecting."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """The channel can be written to."""


@dataclass(frozen=True, slots=True)
class ServerSaid:
    """One decoded event of the server."""

    event: "ServerEvent"


@dataclass(frozen=True, slots=True)
class LinkEnded:
    """The attempt is over and cleaned up. Said once for each attempt, as its last word."""

    trouble: Trouble | None
    luck: float = 0.5
    """A random number from 0 to 1, for the jitter of the next attempt."""


@dataclass(frozen=True, slots=True)
class ToSuccessor:
    """Something happened to the attempt that shall take over, not to the present one."""

    happening: "LinkOpened | ServerSaid | LinkEnded | SessionLimitTold"


@dataclass(frozen=True, slots=True)
class SessionLimitTold:
    """The server said when this session ends, on the monotonic clock."""

    at_s: float


@dataclass(frozen=True, slots=True)
class NetworkChanged:
    """Another network, or the machine woke up: the present link may be dead without knowing it."""


# --- functions the model calls ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A function has run; ``output`` is JSON text for the model, ``card`` one line for the person."""

    call_id: str
    output: str
    card: str


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """A function wants a person's consent."""

    question: Question


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """The person answered, or the question is void."""

    id: str
    yes: bool


# --- sound and time -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GateClosed:
    """The last sample of a held turn and its tail has been sent."""


@dataclass(frozen=True, slots=True)
class AssistantAudible:
    """The speaker began or ceased to play something that can be heard."""

    audible: bool


@dataclass(frozen=True, slots=True)
class TroubleArose:
    """Something beside the link went wrong, and the conversation goes on."""

    trouble: Trouble


@dataclass(frozen=True, slots=True)
class WokeUp:
    """The moment that ``State.wake_at_s`` asked for has come."""


Happening: TypeAlias = (
    ConnectRequested
    | DisconnectRequested
    | TalkPressed
    | TalkReleased
    | InterruptRequested
    | MuteChosen
    | TextSubmitted
    | PlanChanged
    | NoticeDismissed
    | StageReached
    | LinkOpened
    | ServerSaid
    | LinkEnded
    | GateClosed
    | AssistantAudible
    | TroubleArose
    | WokeUp
    | ImageSubmitted
    | NewConversationBegun
    | ToSuccessor
    | SessionLimitTold
    | NetworkChanged
    | ToolFinished
    | QuestionAsked
    | QuestionAnswered
)
