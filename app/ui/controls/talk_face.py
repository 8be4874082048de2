"""How the talk button looks and what it is called, for each state."""

from dataclasses import dataclass, replace
from enum import Enum

from app.conversation.view import Look, View


class Ring(Enum):
    """What is drawn around the disc."""

    NONE = "none"
    STILL = "still"
    MICROPHONE = "microphone"
    """Follows the microphone's level."""
    SPEAKER = "speaker"
    """Follows what the assistant says."""
    TURNING = "turning"


@dataclass(frozen=True, slots=True)
class Face:
    """One look of the button. Colours are tokens; state is never told by colour alone."""

    name: str
    """The accessible name."""
    description: str
    """What a press does."""
    glyph: str
    fill: str
    ink: str
    halo: str
    ring: Ring
    outlined: bool = False
    caption: str = ""
    """A word inside the disc, below the glyph."""
    clicks: bool = False
    """Whether a press does its work at once, with nothing to hold."""


_CONNECT = Face(
    "Connect", "Starts a conversation", "mic", "surface", "accent", "accent_soft", Ring.NONE, True, "Connect", True
)
_CONNECTING = Face(
    "Connecting", "Please wait, or hang up", "plug", "accent_soft", "accent", "accent_soft", Ring.TURNING
)
_RECONNECTING = Face(
    "Reconnecting", "Go on speaking: it is kept and delivered", "again", "warn_soft", "warn", "line", Ring.TURNING
)
_RECONNECTING_KEY = replace(_RECONNECTING, description="Hold, or hold Space, and speak: it is kept and delivered")
_RECONNECTING_MUTED = replace(_RECONNECTING, description="Unmute to be heard once the connection is back")
_LEAVING = Face("Hanging up", "Please wait", "hang-up", "surface", "soft", "line", Ring.TURNING)
_READY = Face(
    "Talk", "Hold, or hold Space, and speak; let go to send", "mic", "accent", "on_accent", "accent_soft", Ring.STILL
)
_LISTENING = Face(
    "Listening", "Just speak; or hold, or hold Space, to be heard in any case",
    "mic", "accent", "on_accent", "accent_soft", Ring.STILL,
)  # fmt: skip
_MUTED = Face("Muted", "Unmute to be heard", "mic-off", "surface", "soft", "line", Ring.STILL, True)
_ON_AIR = Face("On air", "You are being heard", "mic", "live", "on_live", "live_soft", Ring.MICROPHONE)
_HELD = Face("On air", "Let go to send", "mic", "live", "on_live", "live_soft", Ring.MICROPHONE)
_THINKING = Face("Thinking", "Press to talk now", "dots", "accent_soft", "accent", "accent_soft", Ring.TURNING)
_SPEAKING = Face(
    "Assistant is speaking", "Press to interrupt", "speaker", "accent", "on_accent", "accent_soft", Ring.SPEAKER
)


def face_of(view: View) -> Face:
    """The look of the button in this state."""
    match view.look:
        case Look.DISCONNECTED:
            return _CONNECT
        case Look.CONNECTING:
            return _CONNECTING
        case Look.RECONNECTING:
            return _RECONNECTING_MUTED if view.muted else _RECONNECTING_KEY if view.push_to_talk else _RECONNECTING
        case Look.LEAVING:
            return _LEAVING
        case Look.LISTENING:
            return _MUTED if view.muted else _READY if view.push_to_talk else _LISTENING
        case Look.ON_AIR:
            return _HELD if view.push_to_talk else _ON_AIR
        case Look.THINKING:
            return _THINKING
        case Look.SPEAKING:
            return _SPEAKING
