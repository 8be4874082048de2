import numpy as np
import pytest

from app.audio.gate import GateMode
from app.audio.level import SILENCE_DBFS
from app.audio.opus import OpusDecoder
from app.audio.packets import OpusPacket
from app.audio.pcm import BLOCK_SAMPLES, Pcm, samples_of_ms, silence
from app.audio.uplink import Uplink
from tests.support.voices import voiced

VOICE = voiced(3.0)


def feed(uplink: Uplink, blocks: int, start: int = 0) -> list[OpusPacket]:
    packets: list[OpusPacket] = []
    for index in range(start, start + blocks):
        packets += uplink.feed(VOICE[index * BLOCK_SAMPLES : (index + 1) * BLOCK_SAMPLES]).packets
    return packets


@pytest.mark.parametrize("packet_ms", [10, 20])
def test_an_open_microphone_becomes_an_even_stream(packet_ms: int) -> None:
    packets = feed(Uplink(packet_ms=packet_ms), 100)
    assert len(packets) == 1000 // packet_ms
    assert {(packet.samples, packet.gap_samples) for packet in packets} == {(samples_of_ms(packet_ms), 0)}
    decoder = OpusDecoder()
    heard = np.concatenate([decoder.decode(packet.payload) for packet in packets])
    # The codec's look-ahead delays by 6.5 ms.
    assert np.corrcoef(heard[312:], VOICE[: len(heard) - 312])[0, 1] > 0.7


def test_it_needs_no_more_than_the_bit_rate_asked_for() -> None:
    packets = feed(Uplink(bitrate_bps=32_000), 300)
    assert sum(len(packet.payload) for packet in packets) * 8 / 3 < 40_000


def test_the_meters_tell_microphone_from_wire() -> None:
    uplink = Uplink()
    uplink.gate.muted = True
    feed(uplink, 10)
    assert uplink.captured.read().rms_dbfs > -40
    assert uplink.sent.read().rms_dbfs == SILENCE_DBFS


def test_clock_and_packets_stay_in_step_through_every_gap() -> None:
    uplink = Uplink()
    packets = feed(uplink, 1)
    uplink.gate.mode = GateMode.CLOSED
    packets += feed(uplink, 60, 1)
    uplink.gate.mode = GateMode.OPEN
    packets += feed(uplink, 62, 61)
    sent = sum(packet.samples + packet.gap_samples for packet in packets)
    assert sent == 123 * BLOCK_SAMPLES
    assert sum(packet.gap_samples > 0 for packet in packets) == 1


def test_closing_is_told_with_the_last_packet() -> None:
    uplink = Uplink(pre_roll_ms=300, tail_ms=200)
    uplink.gate.mode = GateMode.CLOSED
    feed(uplink, 50)
    uplink.gate.press()
    sent = sum(packet.samples for packet in feed(uplink, 41, 50))
    uplink.gate.release()
    closed = False
    for index in range(91, 120):
        if not closed:
            output = uplink.feed(VOICE[index * BLOCK_SAMPLES : (index + 1) * BLOCK_SAMPLES])
            sent += sum(packet.samples for packet in output.packets)
            closed = output.closed_now
    assert closed
    # 30 + 41 + 20 blocks are odd, so one of silence fills up the packet. The one before the press was half a packet.
    assert sent == (30 + 41 + 20 + 1) * BLOCK_SAMPLES


def test_a_processor_stands_between_microphone_and_gate_and_hears_the_loudspeaker() -> None:
    class Halver:
        def __init__(self) -> None:
            self.heard: list[Pcm] = []

        def process(self, block: Pcm) -> Pcm:
            return block // 2

        def reference(self, block: Pcm) -> None:
            self.heard.append(block)

    halver = Halver()
    uplink = Uplink(processor=halver)
    feed(uplink, 5)
    assert uplink.captured.read().rms_dbfs - uplink.sent.read().rms_dbfs == pytest.approx(6.02, abs=0.1)
    block = silence()
    uplink.played(block)
    assert halver.heard == [block]


def test_what_is_fed_may_be_overwritten_afterwards() -> None:
    uplink = Uplink(pre_roll_ms=20)
    uplink.gate.mode = GateMode.CLOSED
    block = np.full(BLOCK_SAMPLES, 9000, np.int16)
    for _ in range(4):
        uplink.feed(block)
    block[:] = 0
    uplink.gate.press()
    uplink.feed(block)
    assert uplink.sent.read().bar_dbfs > -20


def test_only_packets_of_10_and_20_ms() -> None:
    with pytest.raises(ValueError):
        Uplink(packet_ms=40)
