"""From captured sound to what may be sent: meter, processing, gain, delay line, gate, meter of what is sent."""

from typing import Final, Protocol

from app.audio.delay_line import DelayLine
from app.audio.gain import Gain
from app.audio.gate import Gate, GateMode, GateOutput
from app.audio.level import LevelMeter, is_clipped
from app.audio.pcm import Pcm, silence


class Processor(Protocol):
    """What makes captured sound fit to send: echo cancelling, noise reduction, gain."""

    def process(self, block: Pcm, age_ms: float = 0.0) -> Pcm:
        """One block, captured so long ago, in; one block out. Capture thread."""

    def soften(self, block: Pcm) -> None:
        """Turn the assistant down, in place, where that helps to hear a person over it; first. Playback thread."""

    def reference(self, block: Pcm) -> None:
        """One block as the loudspeaker is about to play it, silence included. Playback thread."""


class Uplink:
    """The way out. ``feed`` belongs to the capture thread, ``soften`` and ``played`` to the playback thread.

    Keys, ``gate`` and ``delay`` are steered from the session loop, the meters may be read from anywhere.
    """

    def __init__(self, *, pre_roll_ms: int = 300, tail_ms: int = 200, processor: Processor | None = None) -> None:
        self.gate: Final = Gate(pre_roll_ms=pre_roll_ms, tail_ms=tail_ms)
        self.delay: Final = DelayLine()
        self.captured: Final = LevelMeter()
        """Level at the microphone, whatever the gate does."""
        self.clipped_blocks = 0
        """Blocks whose peaks the microphone has cut off so far."""
        self.gain: Final = Gain()
        """What brings a person's voice to the level that was chosen."""
        self.sent: Final = LevelMeter()
        """Level of what leaves; silence while the gate is shut."""
        self._processor: Final = processor
        self._key_down = False
        self._was_talking = False

    def press(self) -> None:
        """The talk key went down."""
        self._key_down = True

    def release(self) -> None:
        """The talk key went up."""
        self._key_down = False

    def feed(self, block: Pcm, age_ms: float = 0.0) -> GateOutput:
        """One block of BLOCK_SAMPLES, captured so long ago; it is copied."""
        captured_dbfs = self.captured.feed(block)
        self.clipped_blocks += is_clipped(block, captured_dbfs)
        processed = block.copy() if self._processor is None else self._processor.process(block, age_ms)
        # Behind the echo canceller: before it, a gain would make loud echoes clip, and those cannot be cancelled.
        self.gain.apply(processed)
        # Muted words are not even kept: what is said while muted is for nobody's ears, now or later.
        kept = silence() if self.gate.muted else processed
        key_decides = self.gate.mode is GateMode.CLOSED
        due = self.delay.push(kept, talking=self._key_down, key_decides=key_decides)
        if due is None:
            return GateOutput((silence(),))
        self._follow_key(due.talking)
        output = self.gate.feed(due.block)
        for allowed in output.blocks:
            self.sent.feed(allowed)
        return output

    def _follow_key(self, talking: bool) -> None:
        if talking and not self._was_talking:
            self.gate.press()
        elif self._was_talking and not talking:
            self.gate.release()
        self._was_talking = talking

    def soften(self, block: Pcm) -> None:
        """The assistant's next block, which may be turned down, in place; ``played`` follows."""
        if self._processor is not None:
            self._processor.soften(block)

    def played(self, block: Pcm) -> None:
        """One block that the loudspeaker is about to play, with all that is in it: it may come back as echo."""
        if self._processor is not None:
            self._processor.reference(block)
