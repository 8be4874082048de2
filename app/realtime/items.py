"""Conversation items, responses and usage, as the server knows them. Pure values without behaviour.

Whatever a server may leave out has a default; ``""`` stands for an id that is not known (yet).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias


class Role(Enum):
    """Who a message is from."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class ItemStatus(Enum):
    """How far an item has come."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class InputText:
    """Text by the user or the system."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class InputAudio:
    """Speech of the user; the transcript comes later, or never."""

    transcript: str | None = None
    audio: bytes | None = None
    """PCM16 little endian, 24 kHz mono unless the session says otherwise; only in retrieved items."""


@dataclass(frozen=True, slots=True)
class InputImage:
    """A picture as a data URI (PNG or JPEG)."""

    image_url: str = ""
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class OutputText:
    """Written text by the assistant."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class OutputAudio:
    """Speech of the assistant."""

    transcript: str | None = None
    audio: bytes | None = None


@dataclass(frozen=True, slots=True)
class OtherContent:
    """A kind of content this version does not know."""

    type: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)


Content: TypeAlias = InputText | InputAudio | InputImage | OutputText | OutputAudio | OtherContent


@dataclass(frozen=True, slots=True)
class Message:
    """Something said or written."""

    role: Role
    content: tuple[Content, ...] = ()
    id: str = ""
    status: ItemStatus | None = None


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """The model wants a function of the client to be called."""

    name: str = ""
    call_id: str = ""
    arguments: str = ""
    """JSON text as the model wrote it: input from outside, possibly cut short."""
    id: str = ""
    status: ItemStatus | None = None


@dataclass(frozen=True, slots=True)
class FunctionCallOutput:
    """What a called function answered."""

    call_id: str
    output: str = ""
    id: str = ""
    status: ItemStatus | None = None


@dataclass(frozen=True, slots=True)
class McpTool:
    """One tool an MCP server offers."""

    name: str
    description: str | None = None
    input_schema: Mapping[str, object] = field(default_factory=dict)
    annotations: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class McpListTools:
    """The tools of one MCP server, as imported by the Realtime server."""

    server_label: str = ""
    tools: tuple[McpTool, ...] = ()
    id: str = ""


@dataclass(frozen=True, slots=True)
class McpError:
    """Why a call of an MCP tool failed."""

    type: str = ""
    """``protocol_error``, ``tool_execution_error`` or ``http_error``."""
    message: str = ""
    code: int | None = None


@dataclass(frozen=True, slots=True)
class McpCall:
    """A call of an MCP tool, made by the server."""

    name: str = ""
    server_label: str = ""
    arguments: str = ""
    id: str = ""
    output: str | None = None
    error: McpError | None = None
    approval_request_id: str = ""


@dataclass(frozen=True, slots=True)
class McpApprovalRequest:
    """The server asks whether it may call an MCP tool."""

    name: str = ""
    server_label: str = ""
    arguments: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class McpApprovalResponse:
    """The person's answer to an approval request; a reason belongs to a refusal only."""

    approval_request_id: str
    approve: bool = False
    reason: str | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class OtherItem:
    """A kind of item this version does not know."""

    type: str = ""
    id: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)


Item: TypeAlias = (
    Message
    | FunctionCall
    | FunctionCallOutput
    | McpListTools
    | McpCall
    | McpApprovalRequest
    | McpApprovalResponse
    | OtherItem
)


class ResponseStatus(Enum):
    """How a response stands or ended."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INCOMPLETE = "incomplete"


class StatusReason(Enum):
    """Why a response ended before its time."""

    TURN_DETECTED = "turn_detected"
    CLIENT_CANCELLED = "client_cancelled"
    MAX_OUTPUT_TOKENS = "max_output_tokens"
    CONTENT_FILTER = "content_filter"


@dataclass(frozen=True, slots=True)
class ResponseError:
    """Why a response failed."""

    type: str | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class StatusDetails:
    """More about how a response ended."""

    type: ResponseStatus | None = None
    reason: StatusReason | None = None
    error: ResponseError | None = None


@dataclass(frozen=True, slots=True)
class CachedTokens:
    """The cached tokens by kind."""

    text_tokens: int = 0
    audio_tokens: int = 0
    image_tokens: int = 0


@dataclass(frozen=True, slots=True)
class InputTokens:
    """Input tokens by kind; the cached ones are a subset of them, not an addition."""

    text_tokens: int = 0
    audio_tokens: int = 0
    image_tokens: int = 0
    cached_tokens: int = 0
    cached_tokens_details: CachedTokens | None = None


@dataclass(frozen=True, slots=True)
class OutputTokens:
    """Output tokens by kind."""

    text_tokens: int = 0
    audio_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What one response cost."""

    total_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    input_token_details: InputTokens = field(default_factory=InputTokens)
    output_token_details: OutputTokens = field(default_factory=OutputTokens)


@dataclass(frozen=True, slots=True)
class Response:
    """One answer of the model."""

    id: str
    status: ResponseStatus | None = None
    status_details: StatusDetails | None = None
    output: tuple[Item, ...] = ()
    usage: Usage | None = None
    conversation_id: str = ""
    """Empty for a response outside of the conversation."""
    metadata: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How much of an allowance is left."""

    name: str = ""
    """``requests`` or ``tokens``."""
    limit: int = 0
    remaining: int = 0
    reset_seconds: float = 0.0
