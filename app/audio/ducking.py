"""Who may sound while the assistant speaks: both, the person at the assistant's cost, or the assistant alone.

A canceller takes the person along with the echo when the loudspeaker is louder at the microphone than the voice. In a
simulated room with an echo as loud as the voice 78 % of the words spoken over the assistant survive, 9 % with an echo
6 dB louder. Turning the assistant down as soon as a trace of a voice leaks through brings that to 93 and 92 %.
"""

from enum import Enum
from typing import Final

from app.audio.echo_meter import EchoMeter
from app.audio.gain import Gain
from app.audio.pcm import Pcm

DUCKED_GAIN: Final = 10 ** (-18 / 20)
"""18 dB: with an echo 12 dB louder than the voice 86 % of the words are heard, with 12 dB of ducking 72 %."""
_HOLD_BLOCKS: Final = 100
"""A second, so that the assistant does not come back between two words."""
_NEEDED_BLOCKS: Final = 3
"""So many blocks more with a voice than without: one alone may be a click."""
_TOO_LITTLE_DB, _ENOUGH_DB = 20.0, 24.0
"""With less echo loss than that, what is left of the assistant is taken for a person and interrupts it."""
_LEARNING_BLOCKS: Final = 500
_NEEDED_WHILE_LEARNING: Final = 12
"""In its first five seconds of echo in a large room the canceller leaves ends of syllables, 100 ms of them."""


class Duplex(Enum):
    """Who is heard while the assistant speaks."""

    FULL = "full"
    DUCKED = "ducked"
    """A person speaks over the assistant, which is turned down for that."""
    HALF = "half"
    """Too much echo is left: the microphone is silent while the assistant speaks."""


class Ducker:
    """Driven by ``follow`` after each captured block. One thread."""

    def __init__(self) -> None:
        self.duplex = Duplex.FULL
        self.microphone_open = True
        """Whether what was captured may be sent."""
        self._evidence = 0
        self._hold_blocks = 0
        self._gain: Final = Gain()

    def follow(self, meter: EchoMeter) -> None:
        """Decide anew."""
        learning = meter.echo_blocks < _LEARNING_BLOCKS
        needed = _NEEDED_WHILE_LEARNING if learning else _NEEDED_BLOCKS
        self._evidence = min(max(0, self._evidence + (1 if meter.near else -1)), needed)
        if meter.echo_possible and self._evidence >= needed:
            self._hold_blocks = _HOLD_BLOCKS
        else:
            self._hold_blocks = max(0, self._hold_blocks - 1)
        if meter.erle_db < (_ENOUGH_DB if self.duplex is Duplex.HALF else _TOO_LITTLE_DB):
            self.duplex = Duplex.HALF
        else:
            self.duplex = Duplex.DUCKED if self._hold_blocks else Duplex.FULL
        unsure = self.duplex is Duplex.HALF or (self.duplex is Duplex.FULL and learning)
        self.microphone_open = not (meter.echo_possible and unsure)

    def soften(self, block: Pcm) -> None:
        """Give what will be played next the volume it should have, in place; a change takes the whole block."""
        self._gain.factor = DUCKED_GAIN if self.duplex is Duplex.DUCKED else 1.0
        self._gain.apply(block)
