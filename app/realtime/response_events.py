"""Events about responses: what the assistant says, writes and calls.

Text comes faster than it is spoken; the end of speaking is told by ``output_audio_buffer``, on WebRTC only.
"""

from dataclasses import dataclass

from app.realtime.conversation_events import Event
from app.realtime.items import Content, Item, Response


@dataclass(frozen=True, slots=True)
class _OfResponse(Event):
    response_id: str


@dataclass(frozen=True, slots=True)
class _OfOutput(Event):
    response_id: str
    item_id: str
    output_index: int = 0


@dataclass(frozen=True, slots=True)
class _OfPart(_OfOutput):
    content_index: int = 0


@dataclass(frozen=True, slots=True)
class _OfMcpCall(Event):
    item_id: str
    output_index: int = 0


@dataclass(frozen=True, slots=True)
class ResponseCreated(Event):
    """A response began."""

    response: Response


@dataclass(frozen=True, slots=True)
class ResponseDone(Event):
    """A response ended, whatever the outcome."""

    response: Response


@dataclass(frozen=True, slots=True)
class ResponseOutputItemAdded(_OfResponse):
    """A response has a new item."""

    item: Item
    output_index: int = 0


@dataclass(frozen=True, slots=True)
class ResponseOutputItemDone(_OfResponse):
    """An item of a response is complete, or was cut short."""

    item: Item
    output_index: int = 0


@dataclass(frozen=True, slots=True)
class ResponseContentPartAdded(_OfPart):
    """A message of a response has a new part."""

    part: Content | None = None


@dataclass(frozen=True, slots=True)
class ResponseContentPartDone(_OfPart):
    """A part of a message is complete."""

    part: Content | None = None


@dataclass(frozen=True, slots=True)
class ResponseOutputTextDelta(_OfPart):
    """More written text."""

    delta: str = ""


@dataclass(frozen=True, slots=True)
class ResponseOutputTextDone(_OfPart):
    """All of the written text."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class ResponseOutputAudioDelta(_OfPart):
    """More speech; never on WebRTC, where it travels as RTP."""

    delta: bytes = b""
    """In the session's output format."""


@dataclass(frozen=True, slots=True)
class ResponseOutputAudioDone(_OfPart):
    """All speech of a part has been made, not yet heard."""


@dataclass(frozen=True, slots=True)
class ResponseOutputAudioTranscriptDelta(_OfPart):
    """More of what is spoken, in writing, ahead of the sound."""

    delta: str = ""


@dataclass(frozen=True, slots=True)
class ResponseOutputAudioTranscriptDone(_OfPart):
    """All of what is spoken, in writing."""

    transcript: str = ""


@dataclass(frozen=True, slots=True)
class ResponseFunctionCallArgumentsDelta(_OfOutput):
    """More of the arguments of a call."""

    call_id: str = ""
    delta: str = ""


@dataclass(frozen=True, slots=True)
class ResponseFunctionCallArgumentsDone(_OfOutput):
    """All arguments of a call."""

    call_id: str = ""
    name: str = ""
    """Older servers leave it out; the item has it."""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class ResponseMcpCallArgumentsDelta(_OfOutput):
    """More of the arguments of an MCP call."""

    delta: str = ""


@dataclass(frozen=True, slots=True)
class ResponseMcpCallArgumentsDone(_OfOutput):
    """All arguments of an MCP call."""

    arguments: str = ""


@dataclass(frozen=True, slots=True)
class ResponseMcpCallInProgress(_OfMcpCall):
    """The server calls an MCP tool."""


@dataclass(frozen=True, slots=True)
class ResponseMcpCallCompleted(_OfMcpCall):
    """An MCP tool answered."""


@dataclass(frozen=True, slots=True)
class ResponseMcpCallFailed(_OfMcpCall):
    """An MCP tool failed."""


@dataclass(frozen=True, slots=True)
class OutputAudioBufferStarted(_OfResponse):
    """WebRTC only: speech of a response begins to flow."""


@dataclass(frozen=True, slots=True)
class OutputAudioBufferStopped(_OfResponse):
    """WebRTC only: all speech of a response was sent; comes after ``response.done``."""


@dataclass(frozen=True, slots=True)
class OutputAudioBufferCleared(_OfResponse):
    """WebRTC only: speech was dropped, by an interruption or by request."""
