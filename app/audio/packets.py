"""Packets of Opus on their way out and in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpusPacket:
    """One encoded packet ready for RTP; ``samples`` is its length on the 48 kHz clock.

    ``gap_samples`` is how far RTP time moves on before this packet without anything being sent
    (discontinuous transmission, RFC 3550 section 5.1: the timestamp counts time, not packets).
    """

    payload: bytes
    samples: int
    gap_samples: int = 0


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One received RTP packet: what the jitter buffer needs of it, nothing more."""

    ssrc: int
    sequence: int
    """16 bit, wraps."""
    timestamp: int
    """32 bit on the 48 kHz clock, wraps."""
    payload: bytes
    arrival_s: float
    """``time.monotonic()`` when it left the socket."""
