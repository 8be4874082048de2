"""The receive path on paper: seeded networks, real Opus speech, no clock. ``python -m tests.bench.jitter_table``.

Each cell is the mean over several seeds of a minute of speech, pulled in blocks of 10 ms at a random phase.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.downlink import Downlink
from app.audio.packets import RtpPacket
from app.audio.pcm import BLOCK_MS, silence
from tests.support.networks import Network
from tests.support.voices import packets_of, speech

CELLS: dict[str, Network] = {
    "perfect": Network(),
    "thread noise 2 ms": Network(jitter_ms=2),
    "loss 2 %": Network(loss=0.02),
    "loss 5 %": Network(loss=0.05),
    "loss 5 % in pairs": Network(loss=0.025, burst=2),
    "jitter 0-40, reorder": Network(jitter_ms=40),
    "jitter 0-40, in order": Network(jitter_ms=40, reorder=False),
    "jitter 0-40 + loss 2 %, in order": Network(jitter_ms=40, loss=0.02, reorder=False),
    "jitter 0-40 + loss 5 %, reorder": Network(jitter_ms=40, loss=0.05),
    "jitter 0-200, reorder": Network(jitter_ms=200),
    "stall 200 ms every 5 s": Network(jitter_ms=2, stall_every_s=5, stall_ms=200, reorder=False),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one run of one network gave; shares of what was played, in percent."""

    delay_ms: float
    not_real: float
    silent: float
    fec: float
    expanded: float
    shrunk: float


def run(sent: Sequence[tuple[float, RtpPacket]], network: Network, seed: int) -> Cell:
    """One call from its first packet to its last."""
    arriving = network.carry(sent, seed)
    downlink = Downlink()
    out = silence()
    now_s = arriving[0].arrival_s + random.Random(seed).random() * BLOCK_MS / 1000
    delays: list[float] = []
    for packet in arriving:
        while now_s < packet.arrival_s:
            downlink.pull(out, now_s)
            delays.append(downlink.stats().delay_ms)
            now_s += BLOCK_MS / 1000
        downlink.insert(packet)
    stats = downlink.stats()
    downlink.close()
    heard = (stats.real_samples + stats.fec_samples + stats.concealed_samples + stats.silent_samples) / 100
    return Cell(
        float(np.mean(delays)),
        stats.not_real * 100,
        stats.silent_samples / heard,
        stats.fec_samples / heard,
        stats.expanded_samples / heard,
        stats.shrunk_samples / heard,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--packet-ms", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    sound = np.resize(speech(), int(options.seconds * 48_000))
    sent = packets_of(sound, packet_ms=options.packet_ms)
    print(
        f"{'network':36}{'delay ms':>9}{'not real %':>12}{'silent %':>10}{'fec %':>8}{'expanded %':>12}{'shrunk %':>10}"
    )
    for name, network in CELLS.items():
        cells = [run(sent, network, seed) for seed in range(options.seeds)]
        mean = [
            float(np.mean([getattr(cell, figure) for cell in cells]))
            for figure in ("delay_ms", "not_real", "silent", "fec", "expanded", "shrunk")
        ]
        print(f"{name:36}{mean[0]:9.1f}{mean[1]:12.3f}{mean[2]:10.2f}{mean[3]:8.2f}{mean[4]:12.2f}{mean[5]:10.2f}")


if __name__ == "__main__":
    main()
