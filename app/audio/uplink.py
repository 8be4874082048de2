"""From captured sound to packets: meter, processing, gate, meter of what is sent, Opus."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from app.audio.gate import Gate
from app.audio.level import LevelMeter
from app.audio.opus import OpusEncoder
from app.audio.packets import OpusPacket
from app.audio.pcm import BLOCK_MS, Pcm, samples_of_ms


class Processor(Protocol):
    """What makes captured sound fit to send: echo cancelling, noise reduction, gain."""

    def process(self, block: Pcm) -> Pcm:
        """One captured block in, one block out. Capture thread."""

    def reference(self, block: Pcm) -> None:
        """One block as the loudspeaker is about to play it, silence included. Playback thread."""


@dataclass(frozen=True, slots=True)
class UplinkOutput:
    """What one captured block led to."""

    packets: tuple[OpusPacket, ...]
    """To be sent at once, in this order."""
    closed_now: bool
    """The packets hold the last of what was said with the talk key (see ``GateOutput.closed_now``)."""


class Uplink:
    """The way out. ``feed`` belongs to the capture thread, ``played`` to the playback thread.

    ``gate`` is steered from the session loop, the meters may be read from anywhere.
    """

    def __init__(
        self,
        *,
        packet_ms: int = 20,
        bitrate_bps: int = 32_000,
        pre_roll_ms: int = 300,
        tail_ms: int = 200,
        processor: Processor | None = None,
    ) -> None:
        if packet_ms not in (BLOCK_MS, 2 * BLOCK_MS):
            raise ValueError(f"packets of {packet_ms} ms; 10 or 20 are supported")
        self.gate: Final = Gate(pre_roll_ms=pre_roll_ms, tail_ms=tail_ms, packet_ms=packet_ms)
        self.captured: Final = LevelMeter()
        """Level at the microphone, whatever the gate does."""
        self.sent: Final = LevelMeter()
        """Level of what leaves; silence while the gate is shut."""
        self._encoder: Final = OpusEncoder(packet_ms=packet_ms, bitrate_bps=bitrate_bps)
        self._processor: Final = processor
        self._packet: Final = np.zeros(samples_of_ms(packet_ms), np.int16)
        self._filled = 0
        self._gap_samples = 0

    def feed(self, block: Pcm) -> UplinkOutput:
        """One captured block of BLOCK_SAMPLES; it is copied."""
        self.captured.feed(block)
        processed = block.copy() if self._processor is None else self._processor.process(block)
        output = self.gate.feed(processed)
        packets: list[OpusPacket] = []
        if output.gap_samples:
            packets += self._skip(output.gap_samples)
        for allowed in output.blocks:
            self.sent.feed(allowed)
            packets += self._append(allowed)
        return UplinkOutput(tuple(packets), output.closed_now)

    def played(self, block: Pcm) -> None:
        """One block as the loudspeaker is about to play it: what may come back as echo."""
        if self._processor is not None:
            self._processor.reference(block)

    def close(self) -> None:
        """Free the encoder; nothing may be fed afterwards."""
        self._encoder.close()

    def _append(self, block: Pcm) -> list[OpusPacket]:
        self._packet[self._filled : self._filled + len(block)] = block
        self._filled += len(block)
        if self._filled < len(self._packet):
            return []
        self._filled = 0
        gap_samples, self._gap_samples = self._gap_samples, 0
        return [OpusPacket(self._encoder.encode(self._packet), len(self._packet), gap_samples)]

    def _skip(self, gap_samples: int) -> list[OpusPacket]:
        """A gap can only lie between packets: the begun one is filled up with the gap's first silence."""
        packets: list[OpusPacket] = []
        if self._filled:
            padding = np.zeros(len(self._packet) - self._filled, np.int16)
            packets = self._append(padding)
            gap_samples -= len(padding)
        self._gap_samples += gap_samples
        return packets
