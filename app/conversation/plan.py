"""What a session shall be like: settings turned into the words of the protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from app.conversation.prices import Price
from app.conversation.profiles import Dialect, Door, Profile
from app.conversation.settings import Effort, NoiseFilter, Settings, TalkMode, TurnMode, price_of
from app.realtime.choices import Modality, TruncationMode
from app.realtime.session import (
    UNSET,
    NoiseReduction,
    SemanticVad,
    ServerVad,
    SessionOptions,
    Transcription,
    TurnDetection,
    Unset,
    problems,
)

DEFAULT_INSTRUCTIONS: Final = (
    "You are a friendly voice assistant on the user's computer. Answer by voice, briefly and in plain words, in the "
    "language the user speaks."
)

_TOGETHER: Final[tuple[tuple[str, ...], ...]] = (
    ("model", "instructions", "output_modalities", "turn_detection", "input_format", "output_format"),
    ("tools", "tool_choice", "parallel_tool_calls"),
)
"""Fields that share an update. The first are what a conversation rests on, and every server knows them."""

_USUAL: Final = SessionOptions(speed=1.0, noise_reduction=None, max_output_tokens="inf", truncation=TruncationMode.AUTO)
"""What holds when nothing is said (PROTOCOL 3.1), to go back to when something was."""

_NOT_BETA: Final = ("truncation", "reasoning_effort")


def in_parts(options: SessionOptions) -> tuple[SessionOptions, ...]:
    """The same as updates that can be refused one by one, what matters most first; none when nothing is said.

    A server refuses an update as a whole (PROTOCOL 3.1). Voices and transcription models differ between servers,
    reasoning between models; the voice is fixed once the session has spoken, the speed while it speaks; compatible
    servers know neither noise reduction nor truncation. So each of these goes alone.
    """
    said = _said(options)
    alone = ((name,) for name in said if not any(name in group for group in _TOGETHER))
    groups = ({name: said[name] for name in group if name in said} for group in (*_TOGETHER, *alone))
    return tuple(SessionOptions(**group) for group in groups if group)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the heart needs to know of settings."""

    options: SessionOptions = field(default_factory=lambda: SessionOptions(turn_detection=ServerVad()))
    tail_ms: int = 200
    talk_mode: TalkMode = TalkMode.HOLD
    """What the talk key does, for the words that tell it."""
    restores: bool = True
    """Whether a new session is told what was said before."""
    idle_hang_up_s: int = 300
    """0 is never."""
    cost_cap_usd: float = 0.0
    """0 is no limit."""
    prices: Mapping[str, Price] = field(default_factory=dict, hash=False)
    """By model; ``price_of`` looks them up."""
    problems: tuple[str, ...] = ()
    """What was set and left out because no server would take it, in sentences for a person."""

    @property
    def updates(self) -> tuple[SessionOptions, ...]:
        """The options as the updates to send, the one that the conversation rests on first."""
        return in_parts(self.options)

    @property
    def push_to_talk(self) -> bool:
        """Whether the person commits each turn."""
        return self.options.turn_detection is None

    @property
    def is_interruptible(self) -> bool:
        """Whether the server stops its response when it hears speech."""
        turn = self.options.turn_detection
        return isinstance(turn, ServerVad | SemanticVad) and turn.interrupt_response

    @property
    def is_spoken(self) -> bool:
        """Whether the assistant answers by voice."""
        modalities = self.options.output_modalities
        return modalities is UNSET or Modality.AUDIO in modalities

    @property
    def manual_turns(self) -> SessionOptions:
        """Turn detection off, nothing else changed."""
        return SessionOptions(turn_detection=None)

    @property
    def planned_turns(self) -> SessionOptions:
        """Turn detection as planned, nothing else changed."""
        return SessionOptions(turn_detection=self.options.turn_detection)

    def price_of(self, model: str) -> Price:
        """What the model in force costs."""
        return price_of(model, self.prices)

    def changed_since(self, before: "Plan") -> SessionOptions:
        """Only what differs; what is not said any more goes back to what is usual. Send it in parts."""
        old, new, usual = _said(before.options), _said(self.options), _said(_USUAL)
        differing = {name: value for name, value in new.items() if name not in old or old[name] != value}
        dropped = {name: usual[name] for name in old if name not in new and name in usual}
        return SessionOptions(**differing, **dropped)


def plan_of(settings: Settings, profile: Profile) -> Plan:
    """The plan for a session at that profile's server."""
    options, wrong = _checked(_wished(settings, profile))
    return Plan(
        options=_in_dialect(options, profile.dialect),
        tail_ms=settings.turn.tail_ms,
        talk_mode=settings.talk_mode,
        restores=settings.restore_context,
        idle_hang_up_s=settings.idle_hang_up_s,
        cost_cap_usd=settings.cost_cap_usd,
        prices=settings.prices,
        problems=wrong,
    )


def _wished(settings: Settings, profile: Profile) -> SessionOptions:
    """What is usual is not said: a broker may have its own ideas, and a small server may not know the word."""
    noise = settings.noise_reduction
    wished = SessionOptions(
        instructions=_instructions(settings, profile),
        output_modalities=(settings.output_modality,),
        turn_detection=_turn_detection(settings),
        # The broker may have fixed the voice; only a voice that is asked for is said.
        voice=(profile.voice if settings.output_modality is Modality.AUDIO else "") or UNSET,
        transcription=_transcription(settings, profile),
        noise_reduction=None if noise is NoiseFilter.OFF else NoiseReduction(noise.value),
        speed=settings.speed,
        max_output_tokens=settings.max_output_tokens,
        truncation=settings.truncation,
        reasoning_effort=UNSET if settings.reasoning_effort is Effort.UNSAID else settings.reasoning_effort.value,
    )
    usual = _said(_USUAL)
    return SessionOptions(
        **{name: value for name, value in _said(wished).items() if name not in usual or usual[name] != value}
    )


def _instructions(settings: Settings, profile: Profile) -> str | Unset:
    if profile.door in (Door.BROKER, Door.BROKER_PROXY):
        return settings.instructions or UNSET
    return settings.instructions or DEFAULT_INSTRUCTIONS


def _transcription(settings: Settings, profile: Profile) -> Transcription | Unset | None:
    language = settings.transcription_language or None
    if profile.own_transcription:
        return Transcription(language=language) if language else UNSET
    return Transcription(settings.transcription_model, language) if settings.transcription_model else None


def _turn_detection(settings: Settings) -> TurnDetection | None:
    turn = settings.turn
    match turn.mode:
        case TurnMode.SERVER_VAD:
            return ServerVad(
                threshold=turn.threshold,
                prefix_padding_ms=turn.prefix_padding_ms,
                silence_duration_ms=turn.silence_duration_ms,
                interrupt_response=turn.interrupt_response,
                idle_timeout_ms=turn.idle_timeout_ms or None,
            )
        case TurnMode.SEMANTIC_VAD:
            return SemanticVad(eagerness=turn.eagerness, interrupt_response=turn.interrupt_response)
        case TurnMode.PUSH_TO_TALK:
            return None


def _checked(options: SessionOptions) -> tuple[SessionOptions, tuple[str, ...]]:
    """The options without what a server would refuse, and why not. Turns are found all the same, in the usual way."""
    good: dict[str, Any] = {}
    wrong: list[str] = []
    for name, value in _said(options).items():
        found = problems(SessionOptions(**{name: value}))
        wrong += found
        if not found:
            good[name] = value
        elif isinstance(value, ServerVad | SemanticVad):
            good[name] = type(value)(interrupt_response=value.interrupt_response)
    return SessionOptions(**good), tuple(wrong)


def _in_dialect(options: SessionOptions, dialect: Dialect) -> SessionOptions:
    """Without what the dialect has no words for (PROTOCOL 3.2)."""
    if dialect is Dialect.GA:
        return options
    said = {name: value for name, value in _said(options).items() if name not in _NOT_BETA}
    if isinstance(said.get("turn_detection"), ServerVad):
        said["turn_detection"] = replace(said["turn_detection"], idle_timeout_ms=None)
    return SessionOptions(**said)


def _said(options: SessionOptions) -> dict[str, Any]:
    """Field by field, what is not UNSET."""
    told = {each.name: getattr(options, each.name) for each in fields(SessionOptions)}
    return {name: value for name, value in told.items() if value is not UNSET}
