"""Received packets in order of their sequence, and how evenly they come. No threads, no clock."""

from array import array
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from typing import Final

from app.audio.packets import RtpPacket
from app.audio.pcm import RATE_HZ

WINDOW_S: Final = 10.0
"""How long an arrival is remembered. Also what lets the base follow two clocks that drift apart."""

ATTACK_PACKETS: Final = 25
"""Among so many of the latest, two that are late are a network that has become worse."""

JUMP_S: Final = 0.15
"""More than this is not jitter but a stall, or a sender whose clock stood still or was set."""

JUMP_PACKETS: Final = 5
"""So many packets in a row, all late by JUMP_S, are a clock that stood still. After a stall they catch up."""

RESTART_DISTANCE: Final = 3000
"""Sequence numbers this far off are a sender that began anew (MAX_DROPOUT of RFC 3550 appendix A.1)."""

LOST_AFTER_S: Final = 0.1
"""A missing packet that did not turn up this long after its successor is lost, not reordered."""

MOST_WAITING: Final = 1024
"""Packets kept at most, as from a sender far ahead of its clock; the oldest give way."""

_JUMP: Final = JUMP_S * RATE_HZ

_TAKEN_KEPT: Final = 128
"""Enough to tell a copy of a played packet from a late one."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One packet in the buffer; sequence and timestamp are extended, so they only grow."""

    sequence: int
    timestamp: int
    payload: bytes


@dataclass(slots=True)
class PacketCounts:
    """Packets that did not come as they should; see DownlinkStats."""

    late: int = 0
    duplicate: int = 0
    lost: int = 0


class DelayWindow:
    """How late packets came, relative to the fastest of the last WINDOW_S. Delays are in samples of RTP time.

    In arrays, as hundreds of small objects that live for ten seconds would leave holes all over the memory.
    """

    def __init__(self) -> None:
        self._arrived_s: Final = array("d")
        self._delays: Final = array("d")
        """As they arrived."""
        self._sorted: Final = array("d")

    def add(self, arrival_s: float, timestamp: int) -> None:
        """Take in one arrival."""
        delay = arrival_s * RATE_HZ - timestamp
        if self._sorted and not self._compares(delay):
            for each in (self._arrived_s, self._delays, self._sorted):
                del each[:]
        self._arrived_s.append(arrival_s)
        self._delays.append(delay)
        insort(self._sorted, delay)
        old = bisect_left(self._arrived_s, arrival_s - WINDOW_S)
        for delay in self._delays[:old]:
            del self._sorted[bisect_left(self._sorted, delay)]
        del self._arrived_s[:old], self._delays[:old]

    def age(self, timestamp: int, now_s: float) -> float:
        """How long ago the fastest path would have delivered ``timestamp``, in samples; negative before that."""
        return now_s * RATE_HZ - timestamp - self._sorted[0] if self._sorted else 0.0

    def lateness(self, share: float) -> float:
        """The delay over the fastest, in samples, that ``share`` of the packets kept to."""
        if not self._sorted:
            return 0.0
        return self._sorted[min(len(self._sorted) - 1, int(share * len(self._sorted)))] - self._sorted[0]

    def recent_lateness(self) -> float:
        """The delay over the fastest, in samples, that all but one of the last ATTACK_PACKETS kept to.

        Where the network becomes worse, this tells it seconds before a share of the whole window does.
        """
        if len(self._delays) < ATTACK_PACKETS:
            return 0.0
        return sorted(self._delays[-ATTACK_PACKETS:])[-2] - self._sorted[0]

    def _compares(self, delay: float) -> bool:
        """Whether the newest delays can be measured against the fastest, or are of another clock."""
        base = self._sorted[0]
        recent = (*self._delays[1 - JUMP_PACKETS :], delay)
        stood_still = len(recent) == JUMP_PACKETS and min(recent) > base + _JUMP
        return delay >= base - _JUMP and not stood_still


class PacketBuffer:
    """One stream's packets from arrival until they are played, lowest sequence number first.

    Numbers are extended as in RFC 3550 appendix A.1, relative to the newest packet seen.
    """

    def __init__(self, counts: PacketCounts) -> None:
        self.counts: Final = counts
        self.last_loss_s: float | None = None
        self.delays: Final = DelayWindow()
        self._waiting: dict[int, Waiting] = {}
        self._taken: deque[int] = deque(maxlen=_TAKEN_KEPT)
        self._missing: dict[int, float] = {}
        self._highest: int | None = None
        """Up to here missing packets were looked for."""
        self._newest: Waiting | None = None
        self._next_sequence: int | None = None

    def insert(self, packet: RtpPacket) -> None:
        """Take in one packet, in whatever order."""
        sequence, timestamp = self._extended(packet)
        if self._newest is not None and abs(sequence - self._newest.sequence) > RESTART_DISTANCE:
            self.forget()
            self._newest = None
        if sequence in self._waiting or sequence in self._taken:
            self.counts.duplicate += 1
            return
        self._count_missing(sequence, packet.arrival_s)
        self.delays.add(packet.arrival_s, timestamp)
        waiting = Waiting(sequence, timestamp, packet.payload)
        if self._newest is None or sequence > self._newest.sequence:
            self._newest = waiting
        if self._next_sequence is not None and sequence < self._next_sequence:
            self.counts.late += 1
        else:
            self._waiting[sequence] = waiting
            if len(self._waiting) > MOST_WAITING:
                self.take()

    def head(self) -> Waiting | None:
        """The packet with the lowest sequence number."""
        return self._waiting[min(self._waiting)] if self._waiting else None

    def take(self) -> Waiting | None:
        """Remove and return the head; whatever comes with a lower number from now on is late."""
        head = self.head()
        if head is not None:
            del self._waiting[head.sequence]
            self._taken.append(head.sequence)
            self._next_sequence = head.sequence + 1
        return head

    def skipped(self, head: Waiting) -> int:
        """How many packets are missing between the last one taken and ``head``."""
        return 0 if self._next_sequence is None else head.sequence - self._next_sequence

    def give_up_before(self, head: Waiting) -> None:
        """The packets missing before ``head`` have been made up: whatever of them still comes is late."""
        self._next_sequence = head.sequence

    def forget(self) -> None:
        """Drop what waits; the next packet to come begins anew. The sender's clock is still known."""
        self._waiting.clear()
        self._missing.clear()
        self._taken.clear()
        self._highest = None
        self._next_sequence = None

    def _extended(self, packet: RtpPacket) -> tuple[int, int]:
        newest = self._newest
        if newest is None:
            return packet.sequence, packet.timestamp
        return (
            newest.sequence + _signed(packet.sequence - newest.sequence, 16),
            newest.timestamp + _signed(packet.timestamp - newest.timestamp, 32),
        )

    def _count_missing(self, sequence: int, arrival_s: float) -> None:
        self._missing.pop(sequence, None)
        if self._highest is not None:
            for missing in range(self._highest + 1, sequence):
                self._missing[missing] = arrival_s
        self._highest = sequence if self._highest is None else max(self._highest, sequence)
        for missing, noticed_s in list(self._missing.items()):
            if arrival_s - noticed_s < LOST_AFTER_S:
                break
            del self._missing[missing]
            self.counts.lost += 1
            self.last_loss_s = arrival_s


def _signed(difference: int, bits: int) -> int:
    """The difference modulo 2**bits that is nearest to zero."""
    half = 1 << (bits - 1)
    return (difference + half) % (1 << bits) - half
