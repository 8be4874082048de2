"""From received packets to sound, on the threads where the two meet: buffer and play, fall silent on demand, meter."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

from app.audio.level import level_dbfs
from app.audio.packets import RtpPacket
from app.audio.pcm import Pcm, ms_of_samples
from app.audio.playout import Playout, Tally

AUDIBLE_DBFS: Final = -60.0
AUDIBLE_FOR_S: Final = 0.2

_ARRIVED_LIMIT: Final = 512
"""Packets kept while nobody pulls, as when a loudspeaker is being changed; the oldest give way."""

_STRAGGLERS_S: Final = 2.0
"""How long after a change of SSRC packets of the old one are taken for late, not for a change back."""


@dataclass(frozen=True, slots=True)
class DownlinkStats:
    """Sums since the beginning; samples are of the 48 kHz clock."""

    real_samples: int = 0
    """Decoded from the packet meant for them."""
    fec_samples: int = 0
    """Decoded from the copy in the packet after."""
    concealed_samples: int = 0
    """Made up, because a packet was lost or not there in time. Pauses in which nothing was sent do not count."""
    silent_samples: int = 0
    """Made up likewise, but silence for silence: neither the sender nor the concealment had anything to hear there."""
    expanded_samples: int = 0
    """Added by repeating periods of real sound, to wait for late packets."""
    shrunk_samples: int = 0
    """Taken out of real sound, to catch up."""
    late_packets: int = 0
    duplicate_packets: int = 0
    lost_packets: int = 0
    """Never came, whether their sound was recovered or not."""
    delay_ms: float = 0.0
    """How long sound waits before it is played, counted from the fastest packet's arrival."""
    target_ms: float = 0.0
    """What the buffer is steered to wait at least; ``delay_ms`` is up to a block and a bit above."""

    @property
    def not_real(self) -> float:
        """Share of made-up sound in what was played, 0 to 1.

        In the words of W3C's webrtc-stats: (concealedSamples - silentConcealedSamples) / totalSamplesReceived.
        """
        heard = self.real_samples + self.fec_samples + self.concealed_samples + self.silent_samples
        return self.concealed_samples / heard if heard else 0.0


class Downlink:
    """The way in. ``insert``, ``drop`` and ``resume`` belong to the session loop, ``pull`` to the playback thread.

    They meet in a list and a flag under one lock, held for an assignment or two; all else is the playback thread's own.
    ``stats`` and ``audible`` may be used from anywhere.
    """

    def __init__(self, floor_ms: float = 5) -> None:
        self._lock: Final = threading.Lock()
        self._arrived: deque[RtpPacket] = deque(maxlen=_ARRIVED_LIMIT)
        self._dropping = False
        self._cut_due = False
        # From here on the playback thread's own.
        self._tally: Final = Tally()
        self._playout: Final = Playout(floor_ms, self._tally)
        self._ssrc: int | None = None
        self._former_ssrc: int | None = None
        self._changed_s = 0.0
        self._audible_at_s = float("-inf")

    def insert(self, packet: RtpPacket) -> None:
        """One packet as it came, in any order."""
        with self._lock:
            if not self._dropping:
                self._arrived.append(packet)

    def drop(self) -> None:
        """Barge-in: fall silent within 5 ms, forget what is buffered and all that arrives until ``resume``."""
        with self._lock:
            self._arrived.clear()
            self._dropping = self._cut_due = True

    def resume(self) -> None:
        """Play again what arrives from now on."""
        with self._lock:
            self._dropping = False

    def pull(self, out: Pcm, now_s: float) -> None:
        """Fill ``out`` with what is to be heard next; ``now_s`` is on the clock of ``RtpPacket.arrival_s``."""
        with self._lock:
            arrived, cut = list(self._arrived), self._cut_due
            self._arrived.clear()
            self._cut_due = False
        if cut:
            self._playout.cut()
        for packet in arrived:
            self._accept(packet)
        self._playout.fill(out, now_s)
        if level_dbfs(out) > AUDIBLE_DBFS:
            self._audible_at_s = now_s

    def audible(self, now_s: float) -> bool:
        """Whether anything above AUDIBLE_DBFS was played within the last AUDIBLE_FOR_S."""
        return now_s - self._audible_at_s < AUDIBLE_FOR_S

    def stats(self) -> DownlinkStats:
        """The figures of this moment; each is right by itself, together they may be a block apart."""
        tally, playout = self._tally, self._playout
        counts = playout.buffer.counts
        return DownlinkStats(
            real_samples=tally.real,
            fec_samples=tally.fec,
            concealed_samples=tally.concealed,
            silent_samples=tally.silent,
            expanded_samples=tally.expanded,
            shrunk_samples=tally.shrunk,
            late_packets=counts.late,
            duplicate_packets=counts.duplicate,
            lost_packets=counts.lost,
            delay_ms=ms_of_samples(round(playout.delay_samples)),
            target_ms=ms_of_samples(round(playout.target_samples)),
        )

    def close(self) -> None:
        """Free the decoder; nothing may be pulled afterwards."""
        self._playout.close()

    def _accept(self, packet: RtpPacket) -> None:
        if packet.ssrc != self._ssrc:
            if packet.ssrc == self._former_ssrc and packet.arrival_s - self._changed_s < _STRAGGLERS_S:
                return
            self._change_stream(packet)
        self._playout.accept(packet)

    def _change_stream(self, packet: RtpPacket) -> None:
        """A new SSRC is a new sender: nothing of its numbers or clock can be compared with what was before."""
        if self._ssrc is not None:
            self._playout.restart()
        self._former_ssrc, self._ssrc = self._ssrc, packet.ssrc
        self._changed_s = packet.arrival_s
