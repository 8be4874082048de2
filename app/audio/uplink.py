"""From captured sound to what may be sent: meter, processing, gate, meter of what is sent."""

from typing import Final, Protocol

from app.audio.gate import Gate, GateOutput
from app.audio.level import LevelMeter
from app.audio.pcm import Pcm


class Processor(Protocol):
    """What makes captured sound fit to send: echo cancelling, noise reduction, gain."""

    def process(self, block: Pcm) -> Pcm:
        """One captured block in, one block out. Capture thread."""

    def reference(self, block: Pcm) -> None:
        """One block as the loudspeaker is about to play it, silence included. Playback thread."""


class Uplink:
    """The way out. ``feed`` belongs to the capture thread, ``played`` to the playback thread.

    ``gate`` is steered from the session loop, the meters may be read from anywhere.
    """

    def __init__(self, *, pre_roll_ms: int = 300, tail_ms: int = 200, processor: Processor | None = None) -> None:
        self.gate: Final = Gate(pre_roll_ms=pre_roll_ms, tail_ms=tail_ms)
        self.captured: Final = LevelMeter()
        """Level at the microphone, whatever the gate does."""
        self.sent: Final = LevelMeter()
        """Level of what leaves; silence while the gate is shut."""
        self._processor: Final = processor

    def feed(self, block: Pcm) -> GateOutput:
        """One captured block of BLOCK_SAMPLES; it is copied."""
        self.captured.feed(block)
        processed = block.copy() if self._processor is None else self._processor.process(block)
        output = self.gate.feed(processed)
        for allowed in output.blocks:
            self.sent.feed(allowed)
        return output

    def played(self, block: Pcm) -> None:
        """One block as the loudspeaker is about to play it: what may come back as echo."""
        if self._processor is not None:
            self._processor.reference(block)
