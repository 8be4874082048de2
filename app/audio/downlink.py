"""From received packets to sound: buffer in RTP time, decode, conceal, stretch, meter."""

import threading
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.audio.level import LevelMeter, level_dbfs
from app.audio.opus import OpusDecoder
from app.audio.packets import RtpPacket
from app.audio.pcm import Pcm

AUDIBLE_DBFS: Final = -60.0
AUDIBLE_FOR_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class DownlinkStats:
    """Sums since the beginning. Samples are of the 48 kHz clock."""

    real_samples: int = 0
    """Decoded from the packet meant for them."""
    fec_samples: int = 0
    """Decoded from the copy in the packet after."""
    concealed_samples: int = 0
    """Made up, because a packet was lost or not there in time."""
    expanded_samples: int = 0
    """Added by stretching real sound, to wait for late packets."""
    shrunk_samples: int = 0
    """Taken out of real sound, to catch up."""
    late_packets: int = 0
    duplicate_packets: int = 0
    lost_packets: int = 0
    delay_ms: float = 0.0
    """How long sound waits before it is played, counted from the fastest packet's arrival."""
    target_ms: float = 0.0
    """What ``delay_ms`` is steered to."""

    @property
    def not_real(self) -> float:
        """Share of made-up sound in what was played, 0 to 1; like concealedSamples in W3C's webrtc-stats."""
        heard = self.real_samples + self.fec_samples + self.concealed_samples
        return self.concealed_samples / heard if heard else 0.0


class Downlink:
    """The way in. ``insert``, ``drop`` and ``resume`` belong to the session loop, ``pull`` to the playback thread.

    They meet in one list under one short lock; all else is the playback thread's own. What ``level``, ``stats`` and
    ``audible`` tell may be asked for from anywhere.
    """

    def __init__(self, floor_ms: float = 10) -> None:
        self.level: Final = LevelMeter()
        """Level of what is played."""
        self.stats = DownlinkStats()
        self._decoder = OpusDecoder()
        self._lock: Final = threading.Lock()
        self._arrived: list[RtpPacket] = []
        self._dropping = False
        self._audible_at_s = -AUDIBLE_FOR_S
        self._sound = np.empty(0, np.int16)

    def insert(self, packet: RtpPacket) -> None:
        """One packet as it came, in any order."""
        with self._lock:
            if not self._dropping:
                self._arrived.append(packet)

    def pull(self, out: Pcm, now_s: float) -> None:
        """Fill ``out`` (BLOCK_SAMPLES) with what is to be heard next; ``now_s`` is on the clock of ``arrival_s``."""
        with self._lock:
            arrived, self._arrived = self._arrived, []
            if self._dropping:
                self._sound = self._sound[:0]
        for packet in arrived:
            self._sound = np.concatenate((self._sound, self._decoder.decode(packet.payload)))
        count = min(len(out), len(self._sound))
        out[:count], out[count:] = self._sound[:count], 0
        self._sound = self._sound[count:]
        self.level.feed(out)
        if level_dbfs(out) > AUDIBLE_DBFS:
            self._audible_at_s = now_s

    def drop(self) -> None:
        """Barge-in: fall silent within 5 ms, forget what is buffered and all that arrives until ``resume``."""
        with self._lock:
            self._dropping = True
            self._arrived.clear()

    def resume(self) -> None:
        """Play again what arrives from now on."""
        with self._lock:
            self._dropping = False

    def audible(self, now_s: float) -> bool:
        """Whether anything above AUDIBLE_DBFS was played within the last AUDIBLE_FOR_S."""
        return now_s - self._audible_at_s < AUDIBLE_FOR_S

    def close(self) -> None:
        """Free the decoder; nothing may be pulled afterwards."""
        self._decoder.close()
