"""Whatever the network does to a stream: blocks are always full, time only goes forward, and nearly all is heard."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audio.downlink import Downlink, DownlinkStats
from app.audio.packets import RtpPacket
from app.audio.pcm import BLOCK_SAMPLES, samples_of_ms
from app.audio.playout import Playout, Tally
from tests.support.networks import Network
from tests.support.voices import packets_of, voiced

PACKET_MS = st.sampled_from([10, 20, 40, 60])


@cache
def sent(packet_ms: int) -> tuple[tuple[float, RtpPacket], ...]:
    return tuple(packets_of(voiced(4.0), packet_ms=packet_ms))


def moved(packets: list[RtpPacket], sequence: int, timestamp: int) -> list[RtpPacket]:
    return [
        replace(
            packet,
            sequence=(packet.sequence + sequence) % 2**16,
            timestamp=(packet.timestamp + timestamp) % 2**32,
        )
        for packet in packets
    ]


@dataclass
class Call:
    """A call on paper; ``step`` pulls one block."""

    downlink: Downlink
    now_s: float = 0.0
    blocks: int = 0

    def step(self) -> None:
        out = np.full(BLOCK_SAMPLES, -32768, np.int16)
        self.downlink.pull(out, self.now_s)
        # Nothing but a block that was not filled holds the lowest value throughout.
        assert (out != -32768).any()
        assert out.shape == (BLOCK_SAMPLES,)
        self.now_s += BLOCK_SAMPLES / 48_000
        self.blocks += 1

    def until(self, moment_s: float) -> None:
        while self.now_s < moment_s:
            self.step()


def call(packets: list[RtpPacket]) -> DownlinkStats:
    """Play all of it and half a second more, and balance the books at the end."""
    talk = Call(Downlink())
    for packet in packets:
        talk.until(packet.arrival_s)
        talk.downlink.insert(packet)
    talk.until(talk.now_s + 1.0)
    stats = talk.downlink.stats()
    talk.downlink.close()
    played = stats.real_samples + stats.fec_samples + stats.concealed_samples + stats.silent_samples
    assert played + stats.expanded_samples - stats.shrunk_samples <= (talk.blocks + 3) * BLOCK_SAMPLES
    return stats


NETWORKS = st.builds(
    Network,
    loss=st.sampled_from([0.0, 0.02, 0.1, 0.3]),
    burst=st.integers(1, 6),
    jitter_ms=st.sampled_from([0.0, 5.0, 40.0, 200.0]),
    reorder=st.booleans(),
    stall_every_s=st.sampled_from([0.0, 1.3]),
    stall_ms=st.sampled_from([0.0, 90.0, 400.0]),
    duplicate=st.sampled_from([0.0, 0.2, 1.0]),
)


@settings(deadline=None, max_examples=40)
@given(PACKET_MS, NETWORKS, st.integers(0, 10**6), st.sampled_from([0, 65_500]), st.sampled_from([0, 2**32 - 5000]))
def test_every_packet_is_played_or_accounted_for(
    packet_ms: int, network: Network, seed: int, sequence: int, timestamp: int
) -> None:
    packets = moved(network.carry(sent(packet_ms), seed), sequence, timestamp)
    stats = call(packets)
    unique = len({packet.sequence for packet in packets})
    duplicates = len(packets) - unique
    size = samples_of_ms(packet_ms)
    assert stats.duplicate_packets + stats.late_packets >= duplicates
    # What came is played, unless it came after its copy or its concealment had been.
    assert stats.real_samples + stats.late_packets * size >= unique * size
    assert stats.real_samples <= unique * size
    assert stats.real_samples + stats.fec_samples <= len(sent(packet_ms)) * size


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 199), st.integers(0, 3)), max_size=300), st.integers(0, 65_535))
def test_packets_in_any_order_and_number(arrivals: list[tuple[int, int]], offset: int) -> None:
    packets = moved([packet for _, packet in sent(20)], offset, offset * 65_537)
    talk = Call(Downlink())
    for index, pulls in arrivals:
        talk.downlink.insert(replace(packets[index], arrival_s=talk.now_s))
        for _ in range(pulls):
            talk.step()
    talk.until(talk.now_s + 1.0)
    assert talk.downlink.stats().real_samples <= len(arrivals) * 960


HOSTILE = st.builds(
    RtpPacket,
    ssrc=st.integers(1, 3),
    sequence=st.one_of(st.integers(0, 20), st.integers(0, 65_535)),
    timestamp=st.one_of(st.integers(0, 20).map(lambda number: number * 960), st.integers(0, 2**32 - 1)),
    payload=st.one_of(st.binary(max_size=40), st.sampled_from([packet.payload for _, packet in sent(20)[:20]])),
    arrival_s=st.just(0.0),
)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.one_of(HOSTILE, st.sampled_from(["drop", "resume", "pull", "wait"])), max_size=60))
def test_nothing_that_arrives_can_raise_or_leave_a_block_unfilled(steps: list[RtpPacket | str]) -> None:
    talk = Call(Downlink())
    for step in steps:
        match step:
            case RtpPacket():
                talk.downlink.insert(replace(step, arrival_s=talk.now_s))
            case "drop":
                talk.downlink.drop()
            case "resume":
                talk.downlink.resume()
            case "pull":
                talk.step()
            case _:
                talk.until(talk.now_s + 0.3)
    talk.until(talk.now_s + 0.1)


def clocks(packets: list[RtpPacket]) -> Iterator[int]:
    """RTP time of what is decoded next, after each block."""
    playout = Playout(10, Tally())
    now_s, out = 0.0, np.zeros(BLOCK_SAMPLES, np.int16)
    for packet in packets:
        while now_s < packet.arrival_s:
            playout.fill(out, now_s)
            now_s += 0.01
            if playout._clock is not None:
                yield playout._clock
        playout.accept(packet)


@settings(deadline=None, max_examples=40)
@given(PACKET_MS, NETWORKS, st.integers(0, 10**6))
def test_time_never_runs_backwards(packet_ms: int, network: Network, seed: int) -> None:
    last = None
    for clock in clocks(moved(network.carry(sent(packet_ms), seed), 65_530, 2**32 - 10_000)):
        assert last is None or clock >= last
        last = clock
