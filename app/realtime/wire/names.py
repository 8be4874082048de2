"""The protocol's names for our types, and where their fields stand: GA outward, beta accepted, both only here."""

from typing import Final, TypeAlias

from app.realtime import choices, events, items, requests, session

Path: TypeAlias = tuple[str, ...]
"""Keys from the object downwards; ``()`` is the object itself."""

REST: Final[Path] = ("*",)
"""All keys of the object that no other field claims."""

EVENTS: Final[dict[str, type]] = {
    "error": events.ErrorEvent,
    "session.created": events.SessionCreated,
    "session.updated": events.SessionUpdated,
    "conversation.created": events.ConversationCreated,
    "conversation.item.added": events.ConversationItemAdded,
    "conversation.item.done": events.ConversationItemDone,
    "conversation.item.retrieved": events.ConversationItemRetrieved,
    "conversation.item.truncated": events.ConversationItemTruncated,
    "conversation.item.deleted": events.ConversationItemDeleted,
    "conversation.item.input_audio_transcription.delta": events.ConversationItemInputAudioTranscriptionDelta,
    "conversation.item.input_audio_transcription.completed": events.ConversationItemInputAudioTranscriptionCompleted,
    "conversation.item.input_audio_transcription.segment": events.ConversationItemInputAudioTranscriptionSegment,
    "conversation.item.input_audio_transcription.failed": events.ConversationItemInputAudioTranscriptionFailed,
    "input_audio_buffer.committed": events.InputAudioBufferCommitted,
    "input_audio_buffer.cleared": events.InputAudioBufferCleared,
    "input_audio_buffer.speech_started": events.InputAudioBufferSpeechStarted,
    "input_audio_buffer.speech_stopped": events.InputAudioBufferSpeechStopped,
    "input_audio_buffer.timeout_triggered": events.InputAudioBufferTimeoutTriggered,
    "input_audio_buffer.dtmf_event_received": events.InputAudioBufferDtmfEventReceived,
    "rate_limits.updated": events.RateLimitsUpdated,
    "mcp_list_tools.in_progress": events.McpListToolsInProgress,
    "mcp_list_tools.completed": events.McpListToolsCompleted,
    "mcp_list_tools.failed": events.McpListToolsFailed,
    "response.created": events.ResponseCreated,
    "response.done": events.ResponseDone,
    "response.output_item.added": events.ResponseOutputItemAdded,
    "response.output_item.done": events.ResponseOutputItemDone,
    "response.content_part.added": events.ResponseContentPartAdded,
    "response.content_part.done": events.ResponseContentPartDone,
    "response.output_text.delta": events.ResponseOutputTextDelta,
    "response.output_text.done": events.ResponseOutputTextDone,
    "response.output_audio.delta": events.ResponseOutputAudioDelta,
    "response.output_audio.done": events.ResponseOutputAudioDone,
    "response.output_audio_transcript.delta": events.ResponseOutputAudioTranscriptDelta,
    "response.output_audio_transcript.done": events.ResponseOutputAudioTranscriptDone,
    "response.function_call_arguments.delta": events.ResponseFunctionCallArgumentsDelta,
    "response.function_call_arguments.done": events.ResponseFunctionCallArgumentsDone,
    "response.mcp_call_arguments.delta": events.ResponseMcpCallArgumentsDelta,
    "response.mcp_call_arguments.done": events.ResponseMcpCallArgumentsDone,
    "response.mcp_call.in_progress": events.ResponseMcpCallInProgress,
    "response.mcp_call.completed": events.ResponseMcpCallCompleted,
    "response.mcp_call.failed": events.ResponseMcpCallFailed,
    "output_audio_buffer.started": events.OutputAudioBufferStarted,
    "output_audio_buffer.stopped": events.OutputAudioBufferStopped,
    "output_audio_buffer.cleared": events.OutputAudioBufferCleared,
}

REQUESTS: Final[dict[str, type]] = {
    "session.update": requests.SessionUpdate,
    "input_audio_buffer.append": requests.InputAudioBufferAppend,
    "input_audio_buffer.commit": requests.InputAudioBufferCommit,
    "input_audio_buffer.clear": requests.InputAudioBufferClear,
    "conversation.item.create": requests.ConversationItemCreate,
    "conversation.item.retrieve": requests.ConversationItemRetrieve,
    "conversation.item.truncate": requests.ConversationItemTruncate,
    "conversation.item.delete": requests.ConversationItemDelete,
    "response.create": requests.ResponseCreate,
    "response.cancel": requests.ResponseCancel,
    "output_audio_buffer.clear": requests.OutputAudioBufferClear,
}

BETA_NAMES: Final = {
    "conversation.item.added": "conversation.item.created",
    "response.output_audio.delta": "response.audio.delta",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
    "response.output_text.delta": "response.text.delta",
    "response.output_text.done": "response.text.done",
}
"""GA name of an event to its beta name."""

TAGS: Final[dict[type, str]] = {
    items.InputText: "input_text",
    items.InputAudio: "input_audio",
    items.InputImage: "input_image",
    items.OutputText: "output_text",
    items.OutputAudio: "output_audio",
    items.Message: "message",
    items.FunctionCall: "function_call",
    items.FunctionCallOutput: "function_call_output",
    items.McpListTools: "mcp_list_tools",
    items.McpCall: "mcp_call",
    items.McpApprovalRequest: "mcp_approval_request",
    items.McpApprovalResponse: "mcp_approval_response",
    requests.ItemReference: "item_reference",
    events.TokenUsage: "tokens",
    events.DurationUsage: "duration",
    session.ServerVad: "server_vad",
    session.SemanticVad: "semantic_vad",
    session.FunctionTool: "function",
    session.NamedTool: "function",
    choices.RetentionRatio: "retention_ratio",
    session.SessionOptions: "realtime",
}
"""What stands under ``type`` in the objects that carry one."""

PART_TAGS: Final = {"output_text": "text", "output_audio": "audio"}
"""Assistant content is called this in beta everywhere, and in GA still within ``response.content_part``."""

_SHARED_PATHS: Final[dict[type, dict[str, Path]]] = {
    items.OtherContent: {"fields": REST},
    items.OtherItem: {"fields": REST},
    session.OtherTool: {"fields": REST},
    events.UnknownEvent: {"fields": REST},
    requests.UnknownRequest: {"fields": REST},
    session.EffectiveSession: {"options": (), "raw": ()},
}

GA_PATHS: Final[dict[type, dict[str, Path]]] = _SHARED_PATHS | {
    session.SessionOptions: {
        "voice": ("audio", "output", "voice"),
        "speed": ("audio", "output", "speed"),
        "turn_detection": ("audio", "input", "turn_detection"),
        "transcription": ("audio", "input", "transcription"),
        "noise_reduction": ("audio", "input", "noise_reduction"),
        "input_format": ("audio", "input", "format"),
        "output_format": ("audio", "output", "format"),
        "reasoning_effort": ("reasoning", "effort"),
    },
    requests.ResponseOptions: {
        "voice": ("audio", "output", "voice"),
        "output_format": ("audio", "output", "format"),
        "reasoning_effort": ("reasoning", "effort"),
    },
}
"""Where a field stands if not under its own name."""

BETA_PATHS: Final[dict[type, dict[str, Path]]] = _SHARED_PATHS | {
    session.SessionOptions: {
        "output_modalities": ("modalities",),
        "transcription": ("input_audio_transcription",),
        "noise_reduction": ("input_audio_noise_reduction",),
        "input_format": ("input_audio_format",),
        "output_format": ("output_audio_format",),
        "reasoning_effort": ("reasoning", "effort"),
        "max_output_tokens": ("max_response_output_tokens",),
    },
    requests.ResponseOptions: {
        "output_modalities": ("modalities",),
        "output_format": ("output_audio_format",),
        "reasoning_effort": ("reasoning", "effort"),
    },
}

IGNORED: Final[dict[type, frozenset[str]]] = {
    session.SessionOptions: frozenset({"id", "expires_at", "include", "prompt", "tracing", "temperature"}),
    requests.ResponseOptions: frozenset({"prompt", "temperature"}),
}
"""Fields without meaning here that are no surprise either."""
