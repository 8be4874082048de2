"""What the heart orders: imperatives, carried out by the conductor in the order given."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from app.realtime.requests import ClientRequest


@dataclass(frozen=True, slots=True)
class OpenSound:
    """A conversation begins: microphone and speaker are needed."""


@dataclass(frozen=True, slots=True)
class CloseSound:
    """The conversation is over."""


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """Begin a new connection; the one before has ended."""


@dataclass(frozen=True, slots=True)
class StopAttempt:
    """Ask the running attempt to end; it answers with ``LinkEnded``."""


@dataclass(frozen=True, slots=True)
class StartSuccessor:
    """Begin a second connection beside the present one."""


@dataclass(frozen=True, slots=True)
class AdoptSuccessor:
    """From now on the successor is the attempt: sound and requests go there, the one before is stopped."""


@dataclass(frozen=True, slots=True)
class StopSuccessor:
    """The successor is not needed any more."""


@dataclass(frozen=True, slots=True)
class Send:
    """Put a request on the channel."""

    request: ClientRequest
    to_successor: bool = False


@dataclass(frozen=True, slots=True)
class RunTool:
    """Run a function the model called; ``ToolFinished`` answers."""

    call_id: str
    name: str
    arguments: str
    """JSON text as the model wrote it."""


@dataclass(frozen=True, slots=True)
class HoldSilence:
    """Keep what the microphone hears and send silence (True), or deliver it and go on (False)."""

    held: bool


@dataclass(frozen=True, slots=True)
class Rewind:
    """Say the last so many milliseconds once more: they went to a line that was dead, or to the one before."""

    duration_ms: int


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


class Cue(Enum):
    """A short sound for somebody who looks elsewhere."""

    CONNECTED = auto()
    """For the first time, or again."""
    LOST = auto()
    """The connection; it is tried to get it back."""
    ON_AIR = auto()
    """The talk key is heard."""
    OFF_AIR = auto()
    """All that was said with the talk key has been sent."""


@dataclass(frozen=True, slots=True)
class PlayCue:
    """Let that be heard at the speaker, and nowhere else."""

    cue: Cue


Command: TypeAlias = (
    OpenSound
    | CloseSound
    | StartAttempt
    | StopAttempt
    | StartSuccessor
    | AdoptSuccessor
    | StopSuccessor
    | RunTool
    | Send
    | HoldSilence
    | Rewind
    | SetOpenMicrophone
    | PressGate
    | ReleaseGate
    | Mute
    | DropPlayback
    | AllowPlayback
    | PlayCue
)
