"""The eleven events a client sends. ``event_id`` comes back in the ``error`` that a request caused, nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from app.realtime.choices import Modality
from app.realtime.items import Item
from app.realtime.session import UNSET, AudioFormat, CustomVoice, SessionOptions, Tool, ToolChoice, Unset


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class SessionUpdate(_Request):
    """Change the session; answered by ``session.updated`` with everything that is in force."""

    session: SessionOptions


@dataclass(frozen=True, slots=True)
class InputAudioBufferAppend(_Request):
    """Sound of the user; not used on WebRTC, where sound travels as RTP."""

    audio: bytes
    """PCM16 little endian in the session's input format."""


@dataclass(frozen=True, slots=True)
class InputAudioBufferCommit(_Request):
    """The turn is over: make an item of the buffer. Does not start a response."""


@dataclass(frozen=True, slots=True)
class InputAudioBufferClear(_Request):
    """Forget what was heard since the last commit."""


@dataclass(frozen=True, slots=True)
class ConversationItemCreate(_Request):
    """Put an item into the conversation."""

    item: Item
    previous_item_id: str | None = None
    """``root`` puts it first; None puts it last."""


@dataclass(frozen=True, slots=True)
class ConversationItemRetrieve(_Request):
    """Ask for an item with its audio."""

    item_id: str


@dataclass(frozen=True, slots=True)
class ConversationItemTruncate(_Request):
    """Tell the server how much of the assistant's speech was heard."""

    item_id: str
    content_index: int
    audio_end_ms: int
    """Heard duration; never more than what was received."""


@dataclass(frozen=True, slots=True)
class ConversationItemDelete(_Request):
    """Remove an item."""

    item_id: str


@dataclass(frozen=True, slots=True)
class ItemReference:
    """An item of the conversation named by its id, as input of a response."""

    id: str


@dataclass(frozen=True, slots=True)
class ResponseOptions:
    """What differs from the session for one response."""

    output_modalities: tuple[Modality, ...] | Unset = UNSET
    instructions: str | Unset = UNSET
    voice: str | CustomVoice | Unset = UNSET
    output_format: AudioFormat | Unset = UNSET
    conversation: str | Unset = UNSET
    """``none`` keeps the answer out of the conversation."""
    input: tuple[ItemReference | Item, ...] | Unset = UNSET
    max_output_tokens: int | Literal["inf"] | Unset = UNSET
    metadata: Mapping[str, object] | Unset | None = UNSET
    tools: tuple[Tool, ...] | Unset = UNSET
    tool_choice: ToolChoice | Unset = UNSET
    parallel_tool_calls: bool | Unset = UNSET
    reasoning_effort: str | Unset = UNSET


@dataclass(frozen=True, slots=True)
class ResponseCreate(_Request):
    """Let the model answer. One response at a time in the conversation."""

    response: ResponseOptions | None = None


@dataclass(frozen=True, slots=True)
class ResponseCancel(_Request):
    """Stop the response."""

    response_id: str = ""
    """Empty means the one that is active."""


@dataclass(frozen=True, slots=True)
class OutputAudioBufferClear(_Request):
    """WebRTC only: drop the speech that was made but not yet sent."""


ClientRequest: TypeAlias = (
    SessionUpdate
    | InputAudioBufferAppend
    | InputAudioBufferCommit
    | InputAudioBufferClear
    | ConversationItemCreate
    | ConversationItemRetrieve
    | ConversationItemTruncate
    | ConversationItemDelete
    | ResponseCreate
    | ResponseCancel
    | OutputAudioBufferClear
)


@dataclass(frozen=True, slots=True)
class UnknownRequest(_Request):
    """A request this version does not know."""

    type: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MalformedRequest(_Request):
    """Not a proper request; the fields are those of the ``error`` to answer with."""

    code: str
    message: str
    param: str | None = None
