"""What a session shall be like: settings turned into the words of the protocol."""

from dataclasses import dataclass, field, fields, replace
from typing import Final

from app.conversation.profiles import Door, Profile
from app.conversation.settings import Settings, TurnMode
from app.realtime.session import (
    UNSET,
    Modality,
    SemanticVad,
    ServerVad,
    SessionOptions,
    Transcription,
    TurnDetection,
)

DEFAULT_INSTRUCTIONS: Final = (
    "You are a friendly voice assistant on the user's computer. Answer by voice, briefly and in plain words, in the "
    "language the user speaks."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the heart needs to know of settings."""

    options: SessionOptions = field(default_factory=lambda: SessionOptions(turn_detection=ServerVad()))
    tail_ms: int = 200

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
    def manual_turns(self) -> SessionOptions:
        """Turn detection off, nothing else changed."""
        return SessionOptions(turn_detection=None)

    @property
    def planned_turns(self) -> SessionOptions:
        """Turn detection as planned, nothing else changed."""
        return SessionOptions(turn_detection=self.options.turn_detection)

    def changed_since(self, before: "Plan") -> SessionOptions:
        """Only what differs: a server may refuse a whole update for one field that cannot change any more."""
        differing = {
            each.name: value
            for each in fields(SessionOptions)
            if (value := getattr(self.options, each.name)) != getattr(before.options, each.name)
        }
        return SessionOptions(**differing)


def plan_of(settings: Settings, profile: Profile) -> Plan:
    """The plan for a session at that profile's server."""
    transcription = Transcription(
        model=settings.transcription_model or None, language=settings.transcription_language or None
    )
    options = SessionOptions(
        instructions=settings.instructions or DEFAULT_INSTRUCTIONS,
        output_modalities=(Modality.AUDIO,),
        turn_detection=_turn_detection(settings),
        transcription=transcription if transcription.model else None,
        # The broker may have fixed the voice; only a voice that is asked for is said.
        voice=profile.voice or UNSET,
    )
    if profile.door in (Door.BROKER, Door.BROKER_PROXY) and not settings.instructions:
        options = replace(options, instructions=UNSET)
    return Plan(options=options, tail_ms=settings.turn.tail_ms)


def _turn_detection(settings: Settings) -> TurnDetection | None:
    turn = settings.turn
    match turn.mode:
        case TurnMode.SERVER_VAD:
            return ServerVad(
                threshold=turn.threshold,
                prefix_padding_ms=turn.prefix_padding_ms,
                silence_duration_ms=turn.silence_duration_ms,
            )
        case TurnMode.SEMANTIC_VAD:
            return SemanticVad(eagerness=turn.eagerness)
        case TurnMode.PUSH_TO_TALK:
            return None
