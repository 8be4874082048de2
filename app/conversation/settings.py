"""What a person has set: frozen values, handed to who needs them; a change is an event."""

from dataclasses import dataclass, field
from enum import Enum

from app.conversation.profiles import BUILT_IN, REHEARSAL, Profile


class TurnMode(Enum):
    """Who decides that a turn is over."""

    SERVER_VAD = "server-vad"
    SEMANTIC_VAD = "semantic-vad"
    PUSH_TO_TALK = "push-to-talk"


class Theme(Enum):
    """Colours of the window."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """A picked device, or "System default" when ``id`` is empty."""

    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """Turn detection with OpenAI's parameters (PROTOCOL 3.1)."""

    mode: TurnMode = TurnMode.SERVER_VAD
    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500
    eagerness: str = "auto"
    """Semantic VAD: low, medium, high or auto."""
    tail_ms: int = 200
    """Push-to-talk: how long the microphone stays open after the key is let go."""
    pre_roll_ms: int = 300
    """Push-to-talk: how much of what was said before the key went down is sent."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the settings file holds, checked."""

    profile: str = REHEARSAL.name
    profiles: tuple[Profile, ...] = BUILT_IN
    turn: TurnSettings = field(default_factory=TurnSettings)
    instructions: str = ""
    transcription_model: str = "gpt-transcribe"
    transcription_language: str = ""
    microphone: DeviceChoice = field(default_factory=DeviceChoice)
    speaker: DeviceChoice = field(default_factory=DeviceChoice)
    output_volume: float = 1.0
    """0 to 1, linear gain on what the assistant says."""
    muted: bool = False
    theme: Theme = Theme.SYSTEM
    welcomed: bool = False
    """Whether the first-start choice has been made."""

    def profile_named(self, name: str) -> Profile | None:
        """The profile of that name."""
        return next((profile for profile in self.profiles if profile.name == name), None)

    @property
    def active_profile(self) -> Profile:
        """The chosen profile; the rehearsal server when the chosen one is gone."""
        return self.profile_named(self.profile) or REHEARSAL
