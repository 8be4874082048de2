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
from tests.support.voices import packets_of, speech, without_pauses


@dataclass(frozen=True, slots=True)
class Case:
    """One row: a network, a way to send and a way to pull."""

    network: Network
    pauses_sent: bool = True
    blocks_at_once: int = 1
    pull_noise_ms: float = 0.0


CASES: dict[str, Case] = {
    "perfect": Case(Network()),
    "perfect, device pulls 20 ms at once": Case(Network(), blocks_at_once=2),
    "perfect, pulls late by 0-8 ms": Case(Network(), pull_noise_ms=8),
    "perfect, pauses not sent": Case(Network(), pauses_sent=False),
    "thread noise 2 ms": Case(Network(jitter_ms=2)),
    "loss 2 %": Case(Network(loss=0.02)),
    "loss 5 %": Case(Network(loss=0.05)),
    "loss 5 % in pairs": Case(Network(loss=0.025, burst=2)),
    "loss 2 %, pauses not sent": Case(Network(loss=0.02), pauses_sent=False),
    "jitter 0-40, reorder": Case(Network(jitter_ms=40)),
    "jitter 0-40, in order": Case(Network(jitter_ms=40, reorder=False)),
    "jitter 0-40 + loss 2 %, in order": Case(Network(jitter_ms=40, loss=0.02, reorder=False)),
    "jitter 0-40 + loss 5 %, reorder": Case(Network(jitter_ms=40, loss=0.05)),
    "jitter 0-200, reorder": Case(Network(jitter_ms=200)),
    "stall 200 ms every 5 s": Case(Network(jitter_ms=2, stall_every_s=5, stall_ms=200, reorder=False)),
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


def run(sent: Sequence[tuple[float, RtpPacket]], case: Case, seed: int) -> Cell:
    """One call from its first packet to its last."""
    arriving = case.network.carry(sent, seed)
    step_s = case.blocks_at_once * BLOCK_MS / 1000
    downlink = Downlink()
    out = silence()
    chance = random.Random(seed)
    due_s = arriving[0].arrival_s + chance.random() * step_s
    now_s = due_s
    delays: list[float] = []
    for packet in arriving:
        while now_s < packet.arrival_s:
            for _ in range(case.blocks_at_once):
                downlink.pull(out, now_s)
            delays.append(downlink.stats().delay_ms)
            due_s += step_s
            now_s = due_s + chance.random() * case.pull_noise_ms / 1000
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
    for name, case in CASES.items():
        chosen = sent if case.pauses_sent else without_pauses(sent, sound)
        cells = [run(chosen, case, seed) for seed in range(options.seeds)]
        mean = [
            float(np.mean([getattr(cell, figure) for cell in cells]))
            for figure in ("delay_ms", "not_real", "silent", "fec", "expanded", "shrunk")
        ]
        print(f"{name:36}{mean[0]:9.1f}{mean[1]:12.3f}{mean[2]:10.2f}{mean[3]:8.2f}{mean[4]:12.2f}{mean[5]:10.2f}")


if __name__ == "__main__":
    main()
