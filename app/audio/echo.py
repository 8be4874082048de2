"""What a microphone's sound goes through before it may be sent: echo, noise, gain."""

from dataclasses import dataclass
from enum import Enum

from app.audio.apm import Apm, ApmMissing
from app.audio.pcm import Pcm

__all__ = ["ApmMissing", "EchoCanceller", "EchoMode", "EchoSettings"]


class EchoMode(Enum):
    """What the assistant is heard through."""

    LOUDSPEAKER = "loudspeaker"
    """The microphone hears the assistant too. Adds 14.9 ms of delay with noise suppression, 8.9 without."""
    HEADSET = "headset"
    """There is no echo to cancel. Adds 6.9 ms with noise suppression, 0.9 without."""
    OFF = "off"
    """Sound goes as it comes, without delay."""


@dataclass(frozen=True, slots=True)
class EchoSettings:
    """How captured sound is processed."""

    mode: EchoMode = EchoMode.LOUDSPEAKER
    suppress_noise: bool = True
    control_gain: bool | None = None
    """None: with a headset only, because gain lifts what is left of an echo by 15 dB."""


class EchoCanceller:
    """A Processor (see app.audio.uplink). Sound passes as it is until ``choose`` has been called.

    ``process`` and ``reference`` belong to the sound thread. ``choose`` may be called from any other, at any time: what
    it makes takes the place of what was there in one assignment.
    """

    def __init__(self) -> None:
        self._apm: Apm | None = None

    def choose(self, settings: EchoSettings) -> None:
        """Work like that from now on. Blocks up to 0.2 s the first time; raises ApmMissing, and all stays as it was."""
        if settings.mode is EchoMode.OFF:
            self._apm = None
            return
        headset = settings.mode is EchoMode.HEADSET
        self._apm = Apm(
            cancel_echo=not headset,
            suppress_noise=settings.suppress_noise,
            control_gain=headset if settings.control_gain is None else settings.control_gain,
        )

    def process(self, block: Pcm) -> Pcm:
        """One captured block in, one block out, as a new array. Sound thread."""
        apm = self._apm
        return block.copy() if apm is None else apm.process(block)

    def reference(self, block: Pcm) -> None:
        """One block as the loudspeaker is about to play it, silence included. Sound thread."""
        apm = self._apm
        if apm is not None:
            apm.reference(block)
