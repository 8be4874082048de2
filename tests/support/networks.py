"""A network that exists only on paper: when each packet of a stream would arrive. Seeded, so every run is the same."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from app.audio.packets import RtpPacket


@dataclass(frozen=True, slots=True)
class Network:
    """What happens to packets on the way. Delays beyond the fastest path, in milliseconds."""

    loss: float = 0.0
    """Share of packets that vanish, each by itself."""
    burst: int = 1
    """How many in a row vanish with each loss."""
    jitter_ms: float = 0.0
    """Each packet is delayed by a uniform 0 to this."""
    reorder: bool = True
    """Whether a packet may overtake another; else it waits for the one before."""
    stall_every_s: float = 0.0
    """Now and then nothing arrives for ``stall_ms``, and then all of it at once."""
    stall_ms: float = 0.0
    duplicate: float = 0.0

    def carry(self, sent: Sequence[tuple[float, RtpPacket]], seed: int) -> list[RtpPacket]:
        """The packets that arrive, by time of arrival. ``sent`` holds when each left."""
        chance = random.Random(seed)
        arrived: list[RtpPacket] = []
        vanish, last_s = 0, 0.0
        for left_s, packet in sent:
            if not vanish and chance.random() < self.loss:
                vanish = self.burst
            at_s = left_s + chance.random() * self.jitter_ms / 1000
            if self.stall_every_s:
                into_s = at_s % self.stall_every_s
                at_s += max(0.0, self.stall_ms / 1000 - into_s)
            if vanish:
                vanish -= 1
                continue
            if not self.reorder:
                at_s = last_s = max(last_s, at_s)
            arrived.append(_arriving(packet, at_s))
            if chance.random() < self.duplicate:
                arrived.append(_arriving(packet, at_s + chance.random() * 0.05))
        return sorted(arrived, key=lambda packet: packet.arrival_s)


def _arriving(packet: RtpPacket, at_s: float) -> RtpPacket:
    return RtpPacket(packet.ssrc, packet.sequence, packet.timestamp, packet.payload, at_s)
