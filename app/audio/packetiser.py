"""From blocks of sound to packets of Opus, with gaps between packets and nowhere else."""

from typing import Final

import numpy as np

from app.audio.opus import OpusEncoder
from app.audio.packets import OpusPacket
from app.audio.pcm import BLOCK_MS, BLOCK_SAMPLES, Pcm, samples_of_ms


class Packetiser:
    """Collects blocks until a packet is full, and encodes it. One thread at a time."""

    def __init__(self, *, packet_ms: int = 20, bitrate_bps: int = 40_000) -> None:
        if packet_ms not in (BLOCK_MS, 2 * BLOCK_MS):
            raise ValueError(f"packets of {packet_ms} ms; 10 or 20 are supported")
        self._encoder: Final = OpusEncoder(packet_ms=packet_ms, bitrate_bps=bitrate_bps)
        self._packet: Final = np.zeros(samples_of_ms(packet_ms), np.int16)
        self._filled = 0
        self._gap_samples = 0

    @property
    def missing_blocks(self) -> int:
        """How many more blocks fill the packet that is begun or comes next."""
        return (len(self._packet) - self._filled) // BLOCK_SAMPLES

    def push(self, block: Pcm, gap_samples: int = 0) -> list[OpusPacket]:
        """One block, after so much time in which nothing is sent; the packets that are full now. It is copied."""
        packets = self._skip(gap_samples) if gap_samples else []
        return packets + self._append(block)

    def close(self) -> None:
        """Free the encoder; nothing may be pushed afterwards."""
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
