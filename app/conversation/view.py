"""What the window shows, as values: computed from the heart's state, never stored beside it."""

from dataclasses import dataclass, field
from enum import Enum

from app.conversation.settings import TalkMode
from app.conversation.troubles import Notice


class Look(Enum):
    """The talk button is the state; each look has its own glyph, colour and words."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    LISTENING = "listening"
    """Connected, the microphone is open and turns are found by the server; also push-to-talk at rest."""
    ON_AIR = "on-air"
    """The user is being heard: the key is held, or the server says that speech has started."""
    THINKING = "thinking"
    SPEAKING = "speaking"
    """A press interrupts."""
    RECONNECTING = "reconnecting"
    LEAVING = "leaving"


class Speaker(Enum):
    """Whose row of the transcript it is."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the transcript. Equal rows are the same object between two views, so that diffing is cheap."""

    id: str
    """The item's id, unique in the list."""
    speaker: Speaker
    text: str = ""
    """What was said and heard so far."""
    unheard: str = ""
    """What followed but was not spoken, after an interruption; shown grey with one explaining line."""
    pending: bool = False
    """The words are still on their way: shown as "…" while ``text`` is empty."""
    finished: bool = False
    """Nothing will change any more: announce it, once."""
    failed: bool = False
    """The server could not write the words down."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something only the person may decide."""

    id: str
    sentence: str
    yes: str = "Yes"
    no: str = "No"


@dataclass(frozen=True, slots=True)
class View:
    """Everything the window shows of the conversation."""

    look: Look = Look.DISCONNECTED
    status: str = "Not connected"
    """One or two words, in bold."""
    hint: str = "Press Connect to start"
    """The rest of the status line."""
    push_to_talk: bool = False
    talk_mode: TalkMode = TalkMode.HOLD
    """What the talk key does."""
    muted: bool = False
    can_type: bool = False
    notice: Notice | None = None
    rows: tuple[Row, ...] = field(default=())
    question: Question | None = None
    cost_usd: float = 0.0
    """What the conversation has cost so far, where prices are known."""
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Levels:
    """One reading of both meters, dBFS with 0 for full scale and -100 for silence."""

    microphone_dbfs: float = -100.0
    microphone_peak_dbfs: float = -100.0
    speaker_dbfs: float = -100.0
    speaker_peak_dbfs: float = -100.0
    captured_dbfs: float = -100.0
    """The newest 10 ms at the microphone, whatever is sent of it."""
    clipped_blocks: int = 0
    """How often the microphone has cut off peaks since it was opened, in blocks of 10 ms."""
    gain_db: float = 0.0
    """What the microphone's sound is raised by before it is sent."""
