from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from app.audio.downlink import Downlink
from app.audio.level import level_dbfs
from app.audio.packets import RtpPacket
from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, samples_of_ms, silence
from tests.support.networks import Network
from tests.support.voices import packets_of, speech, voiced

VOICE = voiced(4.0)
SENT = packets_of(VOICE)
TONE = np.asarray(8000 * np.sin(2 * np.pi * 200 / RATE_HZ * np.arange(4 * RATE_HZ)), np.int16)
"""Loud at every moment, and so smooth that every edge shows."""
BLOCK_S = 0.01


class Listener:
    """A playback device on paper: pulls a block every 10 ms and keeps what it heard."""

    def __init__(self, start_s: float = 0.023) -> None:
        self.downlink = Downlink()
        self.now_s = start_s
        self.heard: list[Pcm] = []

    def pull(self, blocks: int = 1, *, at_once: int = 1) -> None:
        for index in range(blocks):
            out = np.full(BLOCK_SAMPLES, 12_345, np.int16)
            self.downlink.pull(out, self.now_s)
            self.heard.append(out)
            if index % at_once == at_once - 1:
                self.now_s += BLOCK_S * at_once

    def listen(
        self, packets: Sequence[RtpPacket], *, at_once: int = 1, then: Callable[[float], None] = lambda now_s: None
    ) -> Pcm:
        """Insert each packet when it arrives, and pull until the last one."""
        for packet in packets:
            while self.now_s < packet.arrival_s:
                then(self.now_s)
                self.pull(at_once, at_once=at_once)
            self.downlink.insert(packet)
        return self.sound

    @property
    def sound(self) -> Pcm:
        return np.concatenate(self.heard)


def carried(network: Network, sent: Sequence[tuple[float, RtpPacket]] = SENT, seed: int = 1) -> list[RtpPacket]:
    return network.carry(sent, seed)


def arriving(sent: Sequence[tuple[float, RtpPacket]] = SENT) -> list[RtpPacket]:
    return [packet for _, packet in sent]


def likeness(heard: Pcm, said: Pcm) -> float:
    """The highest correlation of the two over all shifts up to 100 ms."""
    span = min(len(heard), len(said)) - samples_of_ms(100)
    reference = said[:span].astype(np.float64)
    scores = [np.corrcoef(heard[shift : shift + span], reference)[0, 1] for shift in range(0, 4800, 24)]
    return float(max(scores))


def steepest(sound: Pcm) -> int:
    return int(np.abs(np.diff(sound.astype(np.int32))).max())


def test_before_the_first_packet_there_is_silence() -> None:
    listener = Listener()
    listener.pull(20)
    assert not listener.sound.any()


@pytest.mark.parametrize("packet_ms", [10, 20, 40, 60])
def test_a_perfect_network_is_played_as_it_was_said_and_soon(packet_ms: int) -> None:
    listener = Listener()
    heard = listener.listen(arriving(packets_of(VOICE, packet_ms=packet_ms)))
    stats = listener.downlink.stats()
    assert stats.not_real == 0
    assert stats.expanded_samples == stats.shrunk_samples == 0
    assert stats.delay_ms <= 20
    assert likeness(heard, VOICE) > 0.7


@pytest.mark.parametrize("packet_ms", [2.5, 5])
def test_very_short_packets(packet_ms: float) -> None:
    # The table of contents of a silk packet cannot say less than 10 ms: these are CELT's (RFC 6716 section 3.1).
    configuration = {2.5: 28, 5: 29}[packet_ms]
    samples = samples_of_ms(packet_ms)
    packets = [
        RtpPacket(1, index, index * samples, bytes([configuration << 3, 0xFF, 0xFE]), index * packet_ms / 1000)
        for index in range(400)
    ]
    listener = Listener()
    listener.listen(packets)
    assert listener.downlink.stats().not_real == 0
    assert listener.downlink.stats().real_samples > 390 * samples - samples_of_ms(40)


@pytest.mark.parametrize("at_once", [2, 4])
def test_a_device_that_pulls_several_blocks_at_once_finds_them_and_nothing_is_stretched_to_and_fro(
    at_once: int,
) -> None:
    listener = Listener()
    listener.listen(arriving(packets_of(np.resize(speech(), 20 * RATE_HZ))), at_once=at_once)
    stats = listener.downlink.stats()
    assert stats.not_real < 0.003
    assert stats.expanded_samples < 0.005 * 20 * RATE_HZ


def test_a_lost_packet_is_recovered_once_there_is_room_for_its_copy() -> None:
    packets = [packet for packet in arriving() if packet.sequence not in (30, 80, 100, 117)]
    listener = Listener()
    listener.listen(packets)
    stats = listener.downlink.stats()
    assert stats.lost_packets == 4
    assert stats.fec_samples == 4 * 960
    # The first comes as a surprise: until its copy was there, some had to be made up.
    assert stats.concealed_samples <= 960


def test_without_copies_a_loss_costs_its_own_length_and_no_delay() -> None:
    packets = [packet for packet in arriving(packets_of(VOICE, fec=False)) if packet.sequence % 40 != 30]
    listener = Listener()
    listener.listen(packets)
    stats = listener.downlink.stats()
    assert stats.fec_samples == 0
    assert 0 < stats.concealed_samples + stats.silent_samples <= 5 * 960
    assert stats.delay_ms <= 30


def test_a_loss_fades_in_and_out_without_a_click() -> None:
    packets = [packet for packet in arriving(packets_of(TONE, fec=False)) if packet.sequence not in range(60, 68)]
    listener = Listener()
    listener.listen(packets)
    assert steepest(listener.sound[9600:]) <= 2 * steepest(TONE)


def test_room_for_the_copy_is_given_up_when_nothing_is_lost_any_more() -> None:
    sent = packets_of(np.resize(VOICE, 20 * RATE_HZ))
    packets = [packet for packet in arriving(sent) if packet.sequence != 30]
    listener = Listener()
    targets: list[float] = []
    listener.listen(packets, then=lambda _: targets.append(listener.downlink.stats().target_ms))
    assert max(targets) > 20
    assert targets[-1] == 5


def test_jitter_is_learnt_and_then_costs_nothing() -> None:
    listener = Listener()
    sent = packets_of(np.resize(VOICE, 20 * RATE_HZ))
    packets = carried(Network(jitter_ms=40), sent)
    listener.listen(packets[:300])
    learnt = listener.downlink.stats()
    listener.listen(packets[300:])
    stats = listener.downlink.stats()
    assert stats.concealed_samples - learnt.concealed_samples < 0.002 * 14 * RATE_HZ
    assert 40 <= stats.delay_ms <= 70


def test_a_network_that_becomes_worse_is_learnt_within_a_few_packets() -> None:
    half, concealed = len(SENT) // 2, []
    for seed in range(10):
        listener = Listener()
        listener.listen(carried(Network(jitter_ms=1), SENT[:half], seed))
        assert listener.downlink.stats().concealed_samples == 0
        listener.listen(carried(Network(jitter_ms=40, reorder=False), SENT[half:], seed))
        concealed.append(listener.downlink.stats().concealed_samples)
    assert np.mean(concealed) < samples_of_ms(46)


def test_after_a_stall_everything_is_played_and_the_delay_comes_down_again() -> None:
    sent = packets_of(np.resize(speech(), 25 * RATE_HZ))
    packets = [
        replace(packet, arrival_s=max(packet.arrival_s, 5.0)) if packet.arrival_s > 4.7 else packet
        for packet in arriving(sent)
    ]
    listener = Listener()
    delays: list[float] = []
    listener.listen(packets, then=lambda _: delays.append(listener.downlink.stats().delay_ms))
    stats = listener.downlink.stats()
    assert stats.late_packets == 0
    assert max(delays) > 250
    assert delays[-1] < 40
    assert stats.shrunk_samples > samples_of_ms(200)


def test_the_end_of_an_utterance_is_played_without_waiting_for_more() -> None:
    listener = Listener()
    listener.listen(arriving())
    listener.pull(5)
    assert listener.downlink.stats().real_samples == len(SENT) * 960


def test_when_nothing_comes_any_more_the_sound_fades_within_a_tenth_of_a_second() -> None:
    loud = packets_of(np.resize(VOICE[2400:7200], RATE_HZ))
    listener = Listener()
    listener.listen(arriving(loud))
    listener.pull(60)
    tail = listener.sound[-60 * BLOCK_SAMPLES :]
    assert not tail[samples_of_ms(40 + 100) :].any()
    assert steepest(tail) < 2000


def test_a_pause_in_rtp_time_is_silence_and_no_loss() -> None:
    pause_s = 0.4
    packets = [
        packet
        if packet.sequence < 100
        else replace(packet, timestamp=packet.timestamp + 19_200, arrival_s=packet.arrival_s + pause_s)
        for packet in arriving()
    ]
    listener = Listener()
    listener.listen(packets)
    stats = listener.downlink.stats()
    assert stats.lost_packets == 0
    assert stats.not_real == 0
    assert stats.delay_ms <= 30


def test_a_pause_in_which_the_senders_clock_stood_still_brings_no_lasting_delay() -> None:
    packets = [
        packet if packet.sequence < 100 else replace(packet, arrival_s=packet.arrival_s + 3.0) for packet in arriving()
    ]
    listener = Listener()
    listener.listen(packets)
    assert listener.downlink.stats().delay_ms <= 40
    assert listener.downlink.stats().real_samples > 195 * 960


def test_a_sender_that_goes_silent_by_discontinuous_transmission() -> None:
    # One packet of two bytes says so; the next real one comes 400 ms later.
    packets = [
        replace(packet, payload=packet.payload[:1]) if packet.sequence == 100 else packet
        for packet in arriving()
        if not 100 < packet.sequence < 120
    ]
    packets = [
        replace(packet, sequence=packet.sequence - 19) if packet.sequence > 100 else packet for packet in packets
    ]
    listener = Listener()
    listener.listen(packets)
    assert listener.downlink.stats().lost_packets == 0
    assert listener.downlink.stats().concealed_samples == 0


def test_the_noise_of_a_pause_is_gone_on_with_for_a_second() -> None:
    noise = np.random.default_rng(1).normal(0, 300, RATE_HZ).astype(np.int16)
    packets = arriving(packets_of(noise))
    packets.append(replace(packets[-1], sequence=50, timestamp=48_000, payload=packets[-1].payload[:1], arrival_s=1.02))
    listener = Listener()
    listener.listen(packets)
    before = len(listener.sound)
    listener.pull(150)
    pause = listener.sound[before:]
    assert pause[samples_of_ms(300) : samples_of_ms(400)].any()
    assert not pause[samples_of_ms(1300) :].any()
    assert not listener.downlink.audible(listener.now_s)


def test_a_new_ssrc_begins_anew_and_stragglers_of_the_old_one_do_not() -> None:
    old = arriving()[:100]
    new = [
        replace(packet, arrival_s=packet.arrival_s + 2.0)
        for packet in arriving(packets_of(VOICE, ssrc=2, sequence=60_000, timestamp=4_000_000_000))
    ]
    straggler = replace(old[99], arrival_s=new[3].arrival_s, payload=b"\xff\xff\xff")
    listener = Listener()
    listener.listen([*old, *new[:4], straggler, *new[4:]])
    listener.pull(5)
    stats = listener.downlink.stats()
    assert stats.real_samples == (len(old) + len(new)) * 960
    assert stats.lost_packets == 0
    assert stats.concealed_samples == 0
    assert stats.delay_ms <= 20


def test_dropping_is_silence_within_5_ms_without_a_click_until_resumed() -> None:
    listener = Listener()
    packets = arriving(packets_of(TONE))
    listener.listen(packets[:100])
    smooth = steepest(listener.sound[4800:])
    before = len(listener.sound)
    listener.downlink.insert(packets[100])
    listener.downlink.drop()
    listener.listen(packets[101:150])
    dropped = listener.sound[before:]
    assert not dropped[samples_of_ms(5) :].any()
    assert level_dbfs(dropped[: samples_of_ms(2)]) > -20
    listener.downlink.resume()
    listener.listen(packets[150:])
    assert steepest(listener.sound[before - 10 :]) <= 2 * smooth
    assert level_dbfs(listener.sound[-4800:]) > -20
    assert listener.downlink.stats().concealed_samples == 0


def test_dropping_in_the_middle_of_silence_stays_silent() -> None:
    listener = Listener()
    listener.listen(arriving())
    listener.pull(60)
    before = len(listener.sound)
    listener.downlink.drop()
    listener.pull(10)
    assert not listener.sound[before:].any()


def test_dropping_and_resuming_between_two_pulls_forgets_the_old_and_plays_the_new() -> None:
    listener = Listener()
    packets = arriving()
    listener.listen(packets[:100])
    listener.downlink.drop()
    listener.downlink.insert(packets[100])
    listener.downlink.resume()
    listener.listen(packets[101:])
    stats = listener.downlink.stats()
    assert stats.lost_packets == 0
    assert stats.concealed_samples == 0


def test_audible_for_a_fifth_of_a_second_after_the_last_sound() -> None:
    listener = Listener()
    assert not listener.downlink.audible(0.0)
    loud = packets_of(np.resize(VOICE[2400:7200], RATE_HZ))
    listener.listen(arriving(loud))
    assert listener.downlink.audible(listener.now_s)
    listener.pull(60)
    assert not listener.downlink.audible(listener.now_s)


def test_garbage_is_concealed_and_counted_as_such() -> None:
    packets = [
        replace(packet, payload=b"\xff\xff\xff") if packet.sequence % 10 == 5 else packet for packet in arriving()
    ]
    listener = Listener()
    listener.listen(packets)
    assert listener.downlink.stats().not_real == pytest.approx(0.1, abs=0.02)


def test_a_network_with_everything_wrong_makes_no_clicks() -> None:
    clean, rough = Listener(), Listener()
    sent = packets_of(np.resize(VOICE, 10 * RATE_HZ))
    clean.listen(arriving(sent))
    rough.listen(carried(Network(loss=0.05, jitter_ms=60, duplicate=0.1), sent))
    assert steepest(rough.sound) < 1.5 * steepest(clean.sound)


@pytest.mark.parametrize(("loss", "goal"), [(0.02, 0.0015), (0.05, 0.006)])
def test_little_is_made_up_under_loss(loss: float, goal: float) -> None:
    sent = packets_of(np.resize(speech(), 60 * RATE_HZ))
    shares = []
    for seed in range(3):
        listener = Listener()
        listener.listen(carried(Network(loss=loss), sent, seed))
        shares.append(listener.downlink.stats().not_real)
    assert float(np.mean(shares)) <= goal


def test_a_loudspeaker_that_was_away_hears_the_newest() -> None:
    listener = Listener()
    for packet in arriving(packets_of(np.resize(VOICE, 20 * RATE_HZ))):
        listener.downlink.insert(packet)
    listener.now_s = 20.0
    listener.pull(2)
    assert listener.sound.any()
    out = silence()
    listener.downlink.pull(out, 20.02)
    listener.downlink.close()
