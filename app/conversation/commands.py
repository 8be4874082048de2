"""What the heart orders: imperatives, carried out by the conductor in the order given."""

from dataclasses import dataclass
from typing import TypeAlias

from app.realtime.requests import ClientRequest


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """Begin a new connection; the one before has ended."""


@dataclass(frozen=True, slots=True)
class StopAttempt:
    """Ask the running attempt to end; it answers with ``LinkEnded``."""


@dataclass(frozen=True, slots=True)
class Send:
    """Put a request on the channel."""

    request: ClientRequest


@dataclass(frozen=True, slots=True)
class HoldSilence:
    """Send silence instead of the microphone (True), or let the gate decide again (False)."""

    held: bool


@dataclass(frozen=True, slots=True)
class SetOpenMicrophone:
    """Whether the gate stands open between presses (voice activity) or is shut (push-to-talk)."""

    is_open: bool


@dataclass(frozen=True, slots=True)
class PressGate:
    """Open the gate, beginning with the pre-roll."""


@dataclass(frozen=True, slots=True)
class ReleaseGate:
    """Close the gate after the tail; ``GateClosed`` tells when."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Send zeros whatever the gate says, or no longer."""

    muted: bool


@dataclass(frozen=True, slots=True)
class DropPlayback:
    """Silence the speaker now; throw away what is buffered and what still arrives."""


@dataclass(frozen=True, slots=True)
class AllowPlayback:
    """Play what arrives from now on."""


Command: TypeAlias = (
    StartAttempt
    | StopAttempt
    | Send
    | HoldSilence
    | SetOpenMicrophone
    | PressGate
    | ReleaseGate
    | Mute
    | DropPlayback
    | AllowPlayback
)
