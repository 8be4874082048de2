"""What a person has set: frozen values, handed to who needs them; a change is an event."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Literal

from app.audio.catalog import Kind
from app.audio.loudness import Target
from app.conversation.prices import PRICES, Price
from app.conversation.profiles import BUILT_IN, REHEARSAL, Profile
from app.realtime.choices import Modality, RetentionRatio, TruncationMode


class TurnMode(Enum):
    """Who decides that a turn is over."""

    SERVER_VAD = "server-vad"
    SEMANTIC_VAD = "semantic-vad"
    PUSH_TO_TALK = "push-to-talk"


class TalkMode(Enum):
    """What the talk key does."""

    HOLD = "hold"
    """Talk while it is down."""
    TOGGLE = "toggle"
    """One press begins, the next ends."""
    HOLD_OR_LOCK = "hold-or-lock"
    """As HOLD; pressed twice quickly, one goes on talking until the next press."""
    OPEN = "open"
    """The microphone is open anyway, the key only interrupts; not with push-to-talk turns."""
    PUSH_TO_MUTE = "push-to-mute"
    """Muted while it is down; not with push-to-talk turns."""


class Theme(Enum):
    """Colours of the window."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Hearing(Enum):
    """What the assistant is heard through: whether its voice comes back into the microphone."""

    LOUDSPEAKER = "loudspeaker"
    HEADSET = "headset"
    AS_IS = "as-is"
    """Nothing is done to the sound of the microphone."""


class NoiseFilter(Enum):
    """What the server filters out before it listens for turns."""

    OFF = "off"
    NEAR_FIELD = "near_field"
    """For a headset."""
    FAR_FIELD = "far_field"
    """For the microphone of a laptop or a room."""


class Effort(Enum):
    """How long models that reason may think before they speak."""

    UNSAID = "default"
    """Left to the model, and the only choice for models that do not reason."""
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """A picked device, or "System default" when ``id`` is empty."""

    id: str = ""
    name: str = ""
    earlier: tuple[str, ...] = ()
    """Names of those picked before, the newest first: what to use while this one is away."""
    kind: Kind = Kind.UNKNOWN
    """Another of its kind stands in for it first."""


@dataclass(frozen=True, slots=True)
class LevelSettings:
    """How loud the person's voice is sent. Chosen and heard in the sound set-up; each microphone has its own gain."""

    target: Target = Target.AS_IT_COMES
    voices_dbfs: Mapping[str, float] = field(default_factory=dict, hash=False)
    """How loud the voice comes from a microphone, by its name: the loudest 10 ms of speech."""

    def gain_db(self, microphone: str) -> float:
        """What brings the voice from there to the target; 0 for a microphone in which it was never heard."""
        voice_dbfs = self.voices_dbfs.get(microphone)
        return 0.0 if voice_dbfs is None else self.target.gain_db(voice_dbfs)

    def heard(self, microphone: str, voice_dbfs: float) -> "LevelSettings":
        """With how loud the voice comes from there."""
        return replace(self, voices_dbfs={**self.voices_dbfs, microphone: round(voice_dbfs, 1)})


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
    interrupt_response: bool = True
    """Whether the assistant stops when the person speaks; without it one waits until it is done."""
    idle_timeout_ms: int = 0
    """Server VAD: after so much silence the assistant speaks up by itself; 5000 to 30000, or 0 for never."""


@dataclass(frozen=True, slots=True)
class TalkSettings:
    """The talk key."""

    mode: TalkMode = TalkMode.HOLD
    key: str = "Ctrl+Alt+Space"
    """Works while another window has the focus, where the desktop lets it; empty for none."""
    longest_hold_s: int = 120
    """5 to 3600: a key held longer is taken for stuck."""


@dataclass(frozen=True, slots=True)
class CueSettings:
    """Short sounds: connected, lost, on air, off air."""

    enabled: bool = True
    volume: float = 0.4
    """0 to 1, linear gain; the assistant has one of its own."""


@dataclass(frozen=True, slots=True)
class DesktopSettings:
    """How Parlance behaves as a guest of the desktop."""

    close_to_tray: bool = False
    """Closing the window leaves Parlance running in the tray, where there is one."""
    start_at_login: bool = False
    start_hidden: bool = False
    """Start in the tray, where there is one; otherwise minimised."""
    pill: bool = True
    """While connected and behind other windows, show the state in a small window above them."""
    notify: bool = True
    """Tell of lost and regained connections while the window is not in front."""
    mute_on_lock: bool = True
    """Mute when the screen is locked."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the settings file holds, checked."""

    profile: str = REHEARSAL.name
    profiles: tuple[Profile, ...] = BUILT_IN
    turn: TurnSettings = field(default_factory=TurnSettings)
    talk: TalkSettings = field(default_factory=TalkSettings)
    cues: CueSettings = field(default_factory=CueSettings)
    desktop: DesktopSettings = field(default_factory=DesktopSettings)
    instructions: str = ""
    transcription_model: str = "gpt-transcribe"
    transcription_language: str = ""
    output_modality: Modality = Modality.AUDIO
    """Whether the assistant answers by voice (with a transcript) or in writing only."""
    speed: float = 1.0
    """0.25 to 1.5: how fast the assistant speaks."""
    noise_reduction: NoiseFilter = NoiseFilter.OFF
    hearing: Hearing = Hearing.LOUDSPEAKER
    """Echo is cancelled and noise removed here, before anything is sent."""
    max_output_tokens: int | Literal["inf"] = "inf"
    """1 to 4096 for each answer, or no limit."""
    truncation: TruncationMode | RetentionRatio = TruncationMode.AUTO
    """What happens when a conversation outgrows the model's context."""
    reasoning_effort: Effort = Effort.UNSAID
    restore_context: bool = True
    """Whether a new session is told what was said before the old one ended."""
    idle_hang_up_s: int = 300
    """Hang up after so long without a word, 30 to 86400; 0 is never."""
    cost_cap_usd: float = 0.0
    """Hang up when a conversation has cost so much; 0 is no limit."""
    prices: Mapping[str, Price] = field(default_factory=PRICES.copy, hash=False)
    """By model."""
    microphone: DeviceChoice = field(default_factory=DeviceChoice)
    speaker: DeviceChoice = field(default_factory=DeviceChoice)
    level: LevelSettings = field(default_factory=LevelSettings)
    output_volume: float = 1.0
    """0 to 1, linear gain on what the assistant says."""
    lower_others: bool = False
    """Whether devices are opened in the role of a telephone, for which sound servers lower or pause other programs."""
    muted: bool = False
    theme: Theme = Theme.SYSTEM
    welcomed: bool = False
    """Whether the first-start choice has been made."""

    def profile_named(self, name: str) -> Profile | None:
        """The profile of that name."""
        return next((profile for profile in self.profiles if profile.name == name), None)

    @property
    def talk_mode(self) -> TalkMode:
        """What the talk key does: where the key alone ends turns, it has to be one to talk with."""
        talks = self.talk.mode not in (TalkMode.OPEN, TalkMode.PUSH_TO_MUTE)
        return self.talk.mode if talks or self.turn.mode is not TurnMode.PUSH_TO_TALK else TalkMode.HOLD

    @property
    def active_profile(self) -> Profile:
        """The chosen profile; the rehearsal server when the chosen one is gone."""
        return self.profile_named(self.profile) or REHEARSAL


_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def price_of(model: str, prices: Mapping[str, Price]) -> Price:
    """What a model costs; a dated form of a model costs what the model does, an unknown one nothing."""
    return prices.get(model) or prices.get(_SNAPSHOT.sub("", model)) or Price()
