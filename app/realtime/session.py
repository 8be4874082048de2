"""The session object: what a client asks of a session and what the server says is in force.

In ``SessionOptions`` absent means unchanged: a field that is UNSET is not sent, None is sent as null and switches off.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import Final, Literal, TypeAlias

from app.realtime.choices import Modality, RetentionRatio, Truncation


class Unset(Enum):
    """The type of UNSET, so that type checkers can tell it apart from every value."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""Not said: the server keeps what it has."""


@dataclass(frozen=True, slots=True)
class ServerVad:
    """A turn ends after a silence."""

    threshold: float = 0.5
    """0 to 1: how sure the server must be that it hears speech."""
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500
    create_response: bool = True
    interrupt_response: bool = True
    idle_timeout_ms: int | None = None
    """5000 to 30000: after that much silence the model speaks up by itself."""


@dataclass(frozen=True, slots=True)
class SemanticVad:
    """A turn ends when what was said sounds complete."""

    eagerness: str = "auto"
    """``low``, ``medium``, ``high`` or ``auto``."""
    create_response: bool = True
    interrupt_response: bool = True


TurnDetection: TypeAlias = ServerVad | SemanticVad
"""None, where allowed, means that the client commits turns itself."""


@dataclass(frozen=True, slots=True)
class Transcription:
    """The separate model that writes down what the user says."""

    model: str | None = None
    language: str | None = None
    prompt: str | None = None
    languages: tuple[str, ...] | None = None
    keywords: tuple[str, ...] | None = None
    delay: str | None = None


@dataclass(frozen=True, slots=True)
class NoiseReduction:
    """Filtering before turn detection: ``near_field`` for a headset, ``far_field`` for a laptop."""

    type: str
    strength: float | None = None


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """How audio is written in events; without effect on WebRTC's codec."""

    type: str = "audio/pcm"
    rate: int | None = None
    """Hz; 24000 and only for ``audio/pcm``."""


@dataclass(frozen=True, slots=True)
class CustomVoice:
    """A voice of the account's own."""

    id: str


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A function of the client that the model may call."""

    name: str
    description: str | None = None
    parameters: Mapping[str, object] | None = None
    """JSON schema of the arguments."""


@dataclass(frozen=True, slots=True)
class OtherTool:
    """A kind of tool this version does not know, such as an MCP server."""

    type: str = ""
    fields: Mapping[str, object] = field(default_factory=dict, repr=False)
    """May hold secrets (an MCP server's authorization), hence never printed."""


Tool: TypeAlias = FunctionTool | OtherTool


class ToolMode(Enum):
    """Whether the model may or must call a function."""

    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class NamedTool:
    """The model must call this function."""

    name: str


ToolChoice: TypeAlias = ToolMode | NamedTool


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What a client asks of a session."""

    model: str | Unset = UNSET
    """Fixed when the session is created."""
    instructions: str | Unset = UNSET
    output_modalities: tuple[Modality, ...] | Unset = UNSET
    voice: str | CustomVoice | Unset = UNSET
    """Can change only before the first audio of the session."""
    speed: float | Unset = UNSET
    turn_detection: TurnDetection | Unset | None = UNSET
    transcription: Transcription | Unset | None = UNSET
    noise_reduction: NoiseReduction | Unset | None = UNSET
    input_format: AudioFormat | Unset = UNSET
    output_format: AudioFormat | Unset = UNSET
    tools: tuple[Tool, ...] | Unset = UNSET
    tool_choice: ToolChoice | Unset = UNSET
    parallel_tool_calls: bool | Unset = UNSET
    reasoning_effort: str | Unset = UNSET
    """``minimal`` to ``xhigh``; only models that reason take it."""
    max_output_tokens: int | Literal["inf"] | Unset = UNSET
    truncation: Truncation | Unset = UNSET

    def updated(self, by: "SessionOptions") -> "SessionOptions":
        """These options with everything ``by`` says replaced."""
        said = {each.name: getattr(by, each.name) for each in fields(by)}
        return replace(self, **{name: value for name, value in said.items() if value is not UNSET})


@dataclass(frozen=True, slots=True)
class EffectiveSession:
    """What the server says is in force: the only truth about a session."""

    id: str = ""
    expires_at: int | None = None
    """Seconds since 1970."""
    options: SessionOptions = field(default_factory=SessionOptions)
    raw: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)
    """The object as it came, for bug reports and fields this version does not know; never sent."""

    @property
    def model(self) -> str:
        """The model, or ``""`` when not told."""
        return "" if self.options.model is UNSET else self.options.model

    @property
    def voice(self) -> str:
        """The voice's name or id, or ``""`` when not told."""
        voice = self.options.voice
        if isinstance(voice, CustomVoice):
            return voice.id
        return "" if voice is UNSET else voice

    @property
    def turn_detection(self) -> TurnDetection | Unset | None:
        """How turns are found; None when the client has to say it, UNSET when not told."""
        return self.options.turn_detection

    @property
    def output_modalities(self) -> tuple[Modality, ...]:
        """In what form the assistant answers; empty when not told."""
        return () if self.options.output_modalities is UNSET else self.options.output_modalities


_EFFORTS: Final = ("minimal", "low", "medium", "high", "xhigh")
_EAGERNESS: Final = ("low", "medium", "high", "auto")


def problems(options: SessionOptions) -> tuple[str, ...]:
    """What a server would refuse in these options, one sentence each; empty when all is well."""
    return (*_turn_problems(options.turn_detection), *_output_problems(options), *_other_problems(options))


def _turn_problems(turn: TurnDetection | Unset | None) -> Iterator[str]:
    match turn:
        case ServerVad():
            if not 0.0 <= turn.threshold <= 1.0:
                yield "The turn detection threshold must lie between 0 and 1."
            if turn.prefix_padding_ms < 0:
                yield "The prefix padding must not be negative."
            if turn.silence_duration_ms < 0:
                yield "The silence duration must not be negative."
            if turn.idle_timeout_ms is not None and not 5000 <= turn.idle_timeout_ms <= 30_000:
                yield "The idle timeout must lie between 5000 and 30000 milliseconds."
        case SemanticVad():
            if turn.eagerness not in _EAGERNESS:
                yield f"The eagerness must be one of {', '.join(_EAGERNESS)}."
        case None | Unset.UNSET:
            pass


def _output_problems(options: SessionOptions) -> Iterator[str]:
    if options.output_modalities is not UNSET and len(options.output_modalities) != 1:
        yield "The output modalities must be either audio or text."
    if options.speed is not UNSET and not 0.25 <= options.speed <= 1.5:
        yield "The speed must lie between 0.25 and 1.5."
    limit = options.max_output_tokens
    if isinstance(limit, int) and not 1 <= limit <= 4096:
        yield "The largest number of output tokens must lie between 1 and 4096, or be unlimited."


def _other_problems(options: SessionOptions) -> Iterator[str]:
    noise = options.noise_reduction
    if isinstance(noise, NoiseReduction) and noise.type not in ("near_field", "far_field"):
        yield "The noise reduction must be near_field or far_field."
    if options.reasoning_effort is not UNSET and options.reasoning_effort not in _EFFORTS:
        yield f"The reasoning effort must be one of {', '.join(_EFFORTS)}."
    if isinstance(options.truncation, RetentionRatio) and not 0.0 <= options.truncation.retention_ratio <= 1.0:
        yield "The retention ratio must lie between 0 and 1."
