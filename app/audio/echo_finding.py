"""What a sound check finds out about a pair of devices. Values only: the window shows them."""

from dataclasses import dataclass
from enum import Enum


class Advice(Enum):
    """How to talk over a pair of microphone and loudspeaker."""

    HEADSET = "headset"
    """There is no echo: nothing has to be cancelled."""
    LOUDSPEAKER = "loudspeaker"
    """There is an echo, and it is removed well enough to be interrupted by voice."""
    HALF_DUPLEX = "half-duplex"
    """Too much echo stays: one speaks when the other pauses, or with the talk key."""
    UNSURE = "unsure"
    """Something else was louder than the echo."""


@dataclass(frozen=True, slots=True)
class EchoFinding:
    """What was measured between a microphone and a loudspeaker."""

    advice: Advice
    echo_dbfs: float
    """How loud the loudspeaker is at the microphone, the room's noise taken off; -100 is not at all."""
    noise_dbfs: float
    """The room without it."""
    removed_db: float
    """How much fainter it was after cancelling."""
    delay_ms: float | None
    """From its being handed to the device to its coming back; None if that was not found."""
