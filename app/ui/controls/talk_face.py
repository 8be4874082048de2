"""How the talk button looks and what it is called, for each state."""

from dataclasses import dataclass, replace
from enum import Enum

from app.conversation.settings import TalkMode
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
_RECONNECTING_MUTED = replace(_RECONNECTING, description="Unmute to be heard once the connection is back")
_LEAVING = Face("Hanging up", "Please wait", "hang-up", "surface", "soft", "line", Ring.TURNING)
_READY = Face("Talk", "", "mic", "accent", "on_accent", "accent_soft", Ring.STILL)
_LISTENING = Face("Listening", "", "mic", "accent", "on_accent", "accent_soft", Ring.STILL)
_MUTED = Face("Muted", "Unmute to be heard", "mic-off", "surface", "soft", "line", Ring.STILL, True)
_ON_AIR = Face("On air", "You are being heard", "mic", "live", "on_live", "live_soft", Ring.MICROPHONE)
_HELD = Face("On air", "", "mic", "live", "on_live", "live_soft", Ring.MICROPHONE)
_THINKING = Face("Thinking", "Press to talk now", "dots", "accent_soft", "accent", "accent_soft", Ring.TURNING)
_SPEAKING = Face(
    "Assistant is speaking", "Press to interrupt", "speaker", "accent", "on_accent", "accent_soft", Ring.SPEAKER
)


@dataclass(frozen=True, slots=True)
class _Ways:
    """What a press does, by what the talk key does."""

    ready: str
    listening: str
    held: str
    coming: str
    """While the connection comes up or back."""


_HOLD = _Ways(
    "Hold, or hold Space, and speak; let go to send",
    "Just speak; or hold, or hold Space, to be heard in any case",
    "Let go to send",
    "Hold, or hold Space, and speak: it is kept and delivered",
)
_WAYS = {
    TalkMode.HOLD: _HOLD,
    TalkMode.TOGGLE: _Ways(
        "Press, or press Space, and speak; press again to send",
        "Just speak; or press, or press Space, to be heard in any case",
        "Press again to send",
        "Press, or press Space, and speak: it is kept and delivered",
    ),
    TalkMode.HOLD_OR_LOCK: replace(
        _HOLD,
        ready="Hold, or hold Space, and speak; press twice to keep talking",
        held="Let go, or press again, to send",
    ),
    TalkMode.OPEN: replace(_HOLD, listening="Just speak; a press interrupts the assistant"),
    TalkMode.PUSH_TO_MUTE: replace(_HOLD, listening="Just speak; hold, or hold Space, to be muted"),
}


def face_of(view: View) -> Face:
    """The look of the button in this state."""
    ways = _WAYS[view.talk_mode]
    match view.look:
        case Look.DISCONNECTED:
            return _CONNECT
        case Look.CONNECTING:
            is_key = view.push_to_talk and not view.muted
            return replace(_CONNECTING, description=ways.coming) if is_key else _CONNECTING
        case Look.RECONNECTING if view.muted:
            return _RECONNECTING_MUTED
        case Look.RECONNECTING:
            return replace(_RECONNECTING, description=ways.coming) if view.push_to_talk else _RECONNECTING
        case Look.LEAVING:
            return _LEAVING
        case Look.LISTENING if view.muted:
            return _MUTED
        case Look.LISTENING if view.push_to_talk:
            return replace(_READY, description=ways.ready)
        case Look.LISTENING:
            return replace(_LISTENING, description=ways.listening)
        case Look.ON_AIR:
            return replace(_HELD, description=ways.held) if view.push_to_talk else _ON_AIR
        case Look.THINKING:
            return _THINKING
        case Look.SPEAKING:
            return _SPEAKING
