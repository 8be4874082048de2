import numpy as np
import pytest

from app.audio.gate import GateMode
from app.audio.level import SILENCE_DBFS
from app.audio.opus import OpusDecoder
from app.audio.packetiser import Packetiser
from app.audio.packets import OpusPacket
from app.audio.pcm import BLOCK_SAMPLES, Pcm, samples_of_ms, silence
from app.audio.uplink import Uplink
from tests.support.voices import voiced

VOICE = voiced(3.0)


class Sender:
    """Uplink and packetiser, as a link puts them together."""

    def __init__(self, packet_ms: int = 20, bitrate_bps: int = 40_000, **uplink: int) -> None:
        self.uplink = Uplink(**uplink)  # type: ignore[arg-type]  # lengths in ms
        self.gate = self.uplink.gate
        self._packetiser = Packetiser(packet_ms=packet_ms, bitrate_bps=bitrate_bps)
        self.closed_now = False

    def feed(self, block: Pcm) -> list[OpusPacket]:
        output = self.uplink.feed(block)
        self.closed_now = output.closed_now
        packets: list[OpusPacket] = []
        gap_samples = output.gap_samples
        for allowed in output.blocks:
            packets += self._packetiser.push(allowed, gap_samples)
            gap_samples = 0
        return packets


def feed(sender: Sender, blocks: int, start: int = 0) -> list[OpusPacket]:
    packets: list[OpusPacket] = []
    for index in range(start, start + blocks):
        packets += sender.feed(VOICE[index * BLOCK_SAMPLES : (index + 1) * BLOCK_SAMPLES])
    return packets


@pytest.mark.parametrize("packet_ms", [10, 20])
def test_an_open_microphone_becomes_an_even_stream(packet_ms: int) -> None:
    packets = feed(Sender(packet_ms=packet_ms), 100)
    assert len(packets) == 1000 // packet_ms
    assert {(packet.samples, packet.gap_samples) for packet in packets} == {(samples_of_ms(packet_ms), 0)}
    decoder = OpusDecoder()
    heard = np.concatenate([decoder.decode(packet.payload) for packet in packets])
    # The codec's look-ahead delays by 6.5 ms.
    assert np.corrcoef(heard[312:], VOICE[: len(heard) - 312])[0, 1] > 0.7


def test_it_needs_no_more_than_the_bit_rate_asked_for() -> None:
    packets = feed(Sender(bitrate_bps=32_000), 300)
    assert sum(len(packet.payload) for packet in packets) * 8 / 3 < 40_000


def test_the_meters_tell_microphone_from_wire() -> None:
    sender = Sender()
    sender.gate.muted = True
    feed(sender, 10)
    assert sender.uplink.captured.read().rms_dbfs > -40
    assert sender.uplink.sent.read().rms_dbfs == SILENCE_DBFS


def test_clock_and_packets_stay_in_step_through_every_gap() -> None:
    sender = Sender()
    packets = feed(sender, 1)
    sender.gate.mode = GateMode.CLOSED
    packets += feed(sender, 60, 1)
    sender.gate.mode = GateMode.OPEN
    packets += feed(sender, 62, 61)
    sent = sum(packet.samples + packet.gap_samples for packet in packets)
    assert sent == 123 * BLOCK_SAMPLES
    assert sum(packet.gap_samples > 0 for packet in packets) == 1


def test_closing_is_told_with_the_last_packet() -> None:
    sender = Sender(pre_roll_ms=300, tail_ms=200)
    sender.gate.mode = GateMode.CLOSED
    feed(sender, 50)
    sender.uplink.press()
    sent = sum(packet.samples for packet in feed(sender, 41, 50))
    sender.uplink.release()
    for index in range(91, 120):
        if not sender.closed_now:
            sent += sum(packet.samples for packet in feed(sender, 1, index))
    assert sender.closed_now
    # 30 + 41 + 20 blocks are odd, so one of silence fills up the packet. The one before the press was half a packet.
    assert sent == (30 + 41 + 20 + 1) * BLOCK_SAMPLES


def test_a_processor_stands_between_microphone_and_gate_and_hears_the_loudspeaker() -> None:
    class Halver:
        def __init__(self) -> None:
            self.heard: list[Pcm] = []

        def process(self, block: Pcm, age_ms: float = 0.0) -> Pcm:
            return block // 2

        def soften(self, block: Pcm) -> None:
            pass

        def reference(self, block: Pcm) -> None:
            self.heard.append(block)

    halver = Halver()
    uplink = Uplink(processor=halver)
    for index in range(5):
        uplink.feed(VOICE[index * BLOCK_SAMPLES : (index + 1) * BLOCK_SAMPLES])
    assert uplink.captured.read().rms_dbfs - uplink.sent.read().rms_dbfs == pytest.approx(6.02, abs=0.1)
    block = silence()
    uplink.soften(block)
    uplink.played(block)
    assert halver.heard == [block]


def test_what_is_fed_may_be_overwritten_afterwards() -> None:
    uplink = Uplink(pre_roll_ms=20)
    uplink.gate.mode = GateMode.CLOSED
    block = np.full(BLOCK_SAMPLES, 9000, np.int16)
    for _ in range(4):
        uplink.feed(block)
    block[:] = 0
    uplink.press()
    uplink.feed(block)
    assert uplink.sent.read().bar_dbfs > -20


def test_only_packets_of_10_and_20_ms() -> None:
    with pytest.raises(ValueError):
        Packetiser(packet_ms=40)


def test_it_says_how_many_blocks_are_missing_from_a_packet() -> None:
    packetiser = Packetiser()
    missing = [packetiser.missing_blocks]
    for gap_samples in (0, 0, 0, 2 * BLOCK_SAMPLES, BLOCK_SAMPLES):
        packetiser.push(silence(), gap_samples)
        missing.append(packetiser.missing_blocks)
    # A gap fills the begun packet up, so what comes after it begins a new one.
    assert missing == [2, 1, 2, 1, 1, 1]
    packetiser.close()


def test_the_gain_is_behind_the_processing_and_what_is_captured_is_metered_without_it() -> None:
    seen: list[Pcm] = []

    class Watcher:
        def process(self, block: Pcm, age_ms: float = 0.0) -> Pcm:
            seen.append(block.copy())
            return block.copy()

        def soften(self, block: Pcm) -> None: ...
        def reference(self, block: Pcm) -> None: ...

    uplink = Uplink(processor=Watcher())
    uplink.gain.factor = 2.0
    block = np.full(BLOCK_SAMPLES, 1000, np.int16)
    uplink.feed(block)
    sent = uplink.feed(block).blocks[0]
    assert (seen[-1] == 1000).all()
    assert (sent == 2000).all()
    assert (block == 1000).all()
    assert uplink.captured.read().rms_dbfs < uplink.sent.read().rms_dbfs - 6


def test_clipped_blocks_are_counted_as_they_come_muted_or_not() -> None:
    uplink = Uplink()
    uplink.feed(np.full(BLOCK_SAMPLES, 32767, np.int16))
    uplink.gate.muted = True
    uplink.feed(np.full(BLOCK_SAMPLES, -32768, np.int16))
    uplink.feed(np.full(BLOCK_SAMPLES, 30000, np.int16))
    assert uplink.clipped_blocks == 2
