"""Trying the devices before a call: what a person may ask for, and what the window shows of it."""

from dataclasses import dataclass
from enum import Enum

from app.audio.echo_finding import EchoFinding
from app.conversation.troubles import Notice


class Deed(Enum):
    """What a person wants of a sound check."""

    BEGIN = "begin"
    """Open the chosen devices."""
    PLAY = "play"
    """Hear a test sound."""
    RECORD = "record"
    """Speak for a few seconds, then hear oneself."""
    MEASURE = "measure"
    """Measure the echo between the two."""
    STOP = "stop"
    """Stop what is going on, and stay."""
    END = "end"
    """Let go of the devices."""


class Phase(Enum):
    """What is going on."""

    CLOSED = "closed"
    """No sound check; a call always ends one."""
    READY = "ready"
    PLAYING = "playing"
    RECORDING = "recording"
    REPLAYING = "replaying"
    MEASURING = "measuring"


@dataclass(frozen=True, slots=True)
class SoundCheckView:
    """What the window shows of a sound check."""

    phase: Phase = Phase.CLOSED
    done: Deed | None = None
    """What has come to its end last, and was not stopped."""
    echo: EchoFinding | None = None
    """The last measurement; other devices make it void."""
    microphone: Notice | None = None
    """What stands between the program and the microphone: it is not allowed, or a person will be asked."""
    trouble: str = ""
    """Why the last deed could not be done."""
