"""Events about the session, the conversation and the user's input."""

from dataclasses import dataclass, field
from enum import StrEnum

from app.realtime.items import Item, RateLimit
from app.realtime.session import EffectiveSession


class ErrorCode(StrEnum):
    """Codes met in practice; there is no published table."""

    ACTIVE_RESPONSE = "conversation_already_has_active_response"
    CANCEL_NOT_ACTIVE = "response_cancel_not_active"
    COMMIT_EMPTY = "input_audio_buffer_commit_empty"
    SESSION_EXPIRED = "session_expired"
    SERVER_ERROR = "server_error"
    RATE_LIMIT = "rate_limit_exceeded"
    QUOTA = "insufficient_quota"
    BAD_KEY = "invalid_api_key"
    NO_MODEL = "model_not_found"
    BETA_SHAPE = "beta_api_shape_disabled"
    UNKNOWN_PARAMETER = "unknown_parameter"
    INVALID_VALUE = "invalid_value"
    INVALID_TYPE = "invalid_type"
    MISSING_PARAMETER = "missing_required_parameter"
    INVALID_JSON = "invalid_json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all server events have."""

    event_id: str = ""


@dataclass(frozen=True, slots=True)
class _OfItem(Event):
    item_id: str


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """What went wrong, in the server's words."""

    type: str = ""
    code: str | None = None
    """Often, not always, one of ``ErrorCode``."""
    message: str = ""
    param: str | None = None
    event_id: str = ""
    """The request that caused it."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The conversation of a session."""

    id: str = ""


@dataclass(frozen=True, slots=True)
class TranscriptionInputTokens:
    """The input tokens of a transcription by kind."""

    text_tokens: int = 0
    audio_tokens: int = 0


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """A transcription paid by tokens."""

    total_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    input_token_details: TranscriptionInputTokens | None = None


@dataclass(frozen=True, slots=True)
class DurationUsage:
    """A transcription paid by time."""

    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ErrorEvent(Event):
    """A request or the server failed; the session normally stays open."""

    error: ErrorDetail = field(default_factory=ErrorDetail)


@dataclass(frozen=True, slots=True)
class SessionCreated(Event):
    """The first event of a session."""

    session: EffectiveSession = field(default_factory=EffectiveSession)


@dataclass(frozen=True, slots=True)
class SessionUpdated(Event):
    """The session changed; tells everything that is in force."""

    session: EffectiveSession = field(default_factory=EffectiveSession)


@dataclass(frozen=True, slots=True)
class ConversationCreated(Event):
    """The conversation began."""

    conversation: Conversation = field(default_factory=Conversation)


@dataclass(frozen=True, slots=True)
class ConversationItemAdded(Event):
    """An item is in the conversation, perhaps still in progress.

    Also what beta servers call ``conversation.item.created``; a server may send both, so tell items apart by id.
    """

    item: Item
    previous_item_id: str | None = None
    """None: the first one, or not told."""


@dataclass(frozen=True, slots=True)
class ConversationItemDone(Event):
    """An item has its final content."""

    item: Item
    previous_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class ConversationItemRetrieved(Event):
    """The item that was asked for."""

    item: Item


@dataclass(frozen=True, slots=True)
class ConversationItemTruncated(_OfItem):
    """What the user did not hear was cut from an item."""

    content_index: int = 0
    audio_end_ms: int = 0


@dataclass(frozen=True, slots=True)
class ConversationItemDeleted(_OfItem):
    """An item is gone."""


@dataclass(frozen=True, slots=True)
class ConversationItemInputAudioTranscriptionDelta(_OfItem):
    """More of what the user said, in writing."""

    content_index: int = 0
    delta: str = ""


@dataclass(frozen=True, slots=True)
class ConversationItemInputAudioTranscriptionCompleted(_OfItem):
    """All of what the user said, in writing. May come after the assistant's answer."""

    content_index: int = 0
    transcript: str = ""
    usage: TokenUsage | DurationUsage | None = None


@dataclass(frozen=True, slots=True)
class ConversationItemInputAudioTranscriptionSegment(_OfItem):
    """What one of several speakers said; times in seconds."""

    id: str = ""
    content_index: int = 0
    text: str = ""
    speaker: str = ""
    start: float = 0.0
    end: float = 0.0


@dataclass(frozen=True, slots=True)
class ConversationItemInputAudioTranscriptionFailed(_OfItem):
    """What the user said could not be written down."""

    content_index: int = 0
    error: ErrorDetail = field(default_factory=ErrorDetail)


@dataclass(frozen=True, slots=True)
class InputAudioBufferCommitted(_OfItem):
    """The user's turn became an item."""

    previous_item_id: str | None = None


@dataclass(frozen=True, slots=True)
class InputAudioBufferCleared(Event):
    """The input buffer is empty."""


@dataclass(frozen=True, slots=True)
class InputAudioBufferSpeechStarted(Event):
    """The user began to speak."""

    audio_start_ms: int = 0
    """From the start of all audio of the session, prefix padding included."""
    item_id: str = ""
    """The item this speech will become."""


@dataclass(frozen=True, slots=True)
class InputAudioBufferSpeechStopped(Event):
    """The user fell silent."""

    audio_end_ms: int = 0
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class InputAudioBufferTimeoutTriggered(Event):
    """Nobody spoke for the idle timeout; the model speaks up."""

    audio_start_ms: int = 0
    audio_end_ms: int = 0
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class InputAudioBufferDtmfEventReceived(Event):
    """A key was pressed on a telephone (SIP only)."""

    event: str = ""
    received_at: int = 0
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class RateLimitsUpdated(Event):
    """What is left of the allowances."""

    rate_limits: tuple[RateLimit, ...] = ()


@dataclass(frozen=True, slots=True)
class McpListToolsInProgress(_OfItem):
    """The server asks an MCP server for its tools."""


@dataclass(frozen=True, slots=True)
class McpListToolsCompleted(_OfItem):
    """The tools of an MCP server are known."""


@dataclass(frozen=True, slots=True)
class McpListToolsFailed(_OfItem):
    """The tools of an MCP server could not be listed."""
