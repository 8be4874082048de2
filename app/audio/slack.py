"""How much time packets have to arrive in, and when to change it."""

from typing import Final

from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, samples_of_ms

_BELOW: Final = samples_of_ms(3)
"""How far the slack may be below its target."""
_ABOVE: Final = samples_of_ms(2)
"""How far it may be above, beyond the time between two pulls: it changes in steps of that."""
_STEADY: Final = samples_of_ms(40)
"""Sound between two corrections: at most a quarter is taken out, which still sounds like speech."""
_LONGEST_STRIDE: Final = samples_of_ms(60)
_STRIDE_DECAY: Final = 0.998
"""Per pull: a stride is half forgotten after about three seconds."""


class Slack:
    """The slack of the packets since the last correction: how late each could have been.

    It is how long ago the fastest path would have delivered a packet, at the moment its sound was needed; in samples.
    """

    def __init__(self) -> None:
        self._smallest = float("inf")
        self._measured = 0
        self._pulled_s: float | None = None
        self._stride: float = BLOCK_SAMPLES
        """Time from one pull to the next, at its longest lately: some devices fetch several blocks at once."""

    @property
    def measured(self) -> bool:
        """Whether a packet was played since the last correction."""
        return self._measured > 0

    def pulled(self, now_s: float) -> None:
        """Note the moment of a pull."""
        if self._pulled_s is not None:
            passed = min((now_s - self._pulled_s) * RATE_HZ, _LONGEST_STRIDE)
            self._stride = max(BLOCK_SAMPLES, passed, _STRIDE_DECAY * self._stride)
        self._pulled_s = now_s

    def measure(self, slack: float, samples: int) -> None:
        """Note a packet's slack and length."""
        self._smallest = min(self._smallest, slack)
        self._measured += samples

    def start_over(self) -> None:
        """What was measured does not hold any more."""
        self._smallest, self._measured = float("inf"), 0

    def correction(self, target: float) -> int:
        """How many samples of sound to take out at most, or, if negative, to add at most. Counts as made."""
        if self._measured < _STEADY:
            return 0
        excess = int(self._smallest - target)
        self.start_over()
        if excess > self._stride + _ABOVE:
            return excess
        if excess < -_BELOW:
            return excess - int(self._stride)
        return 0
