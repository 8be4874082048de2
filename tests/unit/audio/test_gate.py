import numpy as np
import pytest

from app.audio.gate import Gate, GateMode, GateOutput
from app.audio.pcm import BLOCK_SAMPLES, Pcm

PRE_ROLL = 30
TAIL = 20


class Bench:
    """A gate and what it was fed: block number n holds n in every sample, so what comes out says when it went in."""

    def __init__(self, mode: GateMode = GateMode.CLOSED, *, packet_ms: int = 20) -> None:
        self.gate = Gate(pre_roll_ms=PRE_ROLL * 10, tail_ms=TAIL * 10, packet_ms=packet_ms)
        self.gate.mode = mode
        self.fed = 0
        self.sent: list[int] = []
        self.gap_blocks = 0
        self.closed_after: list[int] = []
        """How many blocks had been fed each time it said that it had closed."""
        self.sent_when_closed: list[int] = []

    def feed(self, count: int = 1) -> list[GateOutput]:
        outputs: list[GateOutput] = []
        for _ in range(count):
            self.fed += 1
            output = self.gate.feed(np.full(BLOCK_SAMPLES, self.fed, np.int16))
            outputs.append(output)
            self.sent += [number_of(block) for block in output.blocks]
            self.gap_blocks += output.gap_samples // BLOCK_SAMPLES
            if output.closed_now:
                self.closed_after.append(self.fed)
                self.sent_when_closed.append(len(self.sent))
        return outputs

    @property
    def voice(self) -> list[int]:
        return [number for number in self.sent if number]


def number_of(block: Pcm) -> int:
    assert len(block) == BLOCK_SAMPLES
    assert len(set(block.tolist())) == 1
    return int(block[0])


@pytest.fixture(params=[10, 20])
def bench(request: pytest.FixtureRequest) -> Bench:
    return Bench(packet_ms=int(request.param))


def test_an_open_gate_passes_every_block_at_once() -> None:
    bench = Bench(GateMode.OPEN)
    assert all(len(output.blocks) == 1 for output in bench.feed(100))
    assert bench.sent == list(range(1, 101))


def test_a_closed_gate_sends_silence_and_stays_behind_by_the_pre_roll() -> None:
    bench = Bench()
    bench.feed(100)
    assert bench.sent == [0] * (100 - PRE_ROLL)


def test_talking_sends_exactly_pre_roll_held_and_tail(bench: Bench) -> None:
    bench.feed(50)
    bench.gate.press()
    bench.feed(40)
    bench.gate.release()
    bench.feed(100)
    assert bench.voice == list(range(50 - PRE_ROLL + 1, 90 + TAIL + 1))


def test_the_pre_roll_goes_at_double_pace_until_the_stream_is_live() -> None:
    bench = Bench()
    bench.feed(50)
    bench.gate.press()
    counts = [len(output.blocks) for output in bench.feed(40)]
    assert counts == [2] * PRE_ROLL + [1] * (40 - PRE_ROLL)
    assert bench.sent[-1] == bench.fed


def test_closed_is_said_once_with_the_last_of_the_tail(bench: Bench) -> None:
    bench.feed(50)
    bench.gate.press()
    bench.feed(60)
    bench.gate.release()
    outputs = bench.feed(100)
    (closing,) = [index for index, output in enumerate(outputs) if output.closed_now]
    assert closing in (TAIL - 1, TAIL)
    assert bench.fed - 100 + TAIL in bench.sent
    assert not any(output.blocks for output in outputs[closing + 1 : closing + PRE_ROLL - 1])


def test_the_last_packet_is_whole_when_closed_is_said() -> None:
    for held in range(40, 44):
        bench = Bench(packet_ms=20)
        bench.feed(50)
        bench.gate.press()
        bench.feed(held)
        bench.gate.release()
        while not bench.closed_after:
            bench.feed()
        assert len(bench.sent) % 2 == 0


def test_a_tap_between_two_blocks_sends_pre_roll_and_tail(bench: Bench) -> None:
    bench.feed(50)
    bench.gate.press()
    bench.gate.release()
    bench.feed(100)
    assert bench.voice == list(range(50 - PRE_ROLL + 1, 50 + TAIL + 1))
    assert len(bench.closed_after) == 1


def test_a_press_during_the_tail_goes_on_with_the_same_stretch(bench: Bench) -> None:
    bench.feed(50)
    bench.gate.press()
    bench.feed(40)
    bench.gate.release()
    bench.feed(TAIL // 2)
    bench.gate.press()
    bench.feed(40)
    bench.gate.release()
    bench.feed(100)
    assert bench.voice == list(range(50 - PRE_ROLL + 1, 50 + 80 + TAIL // 2 + TAIL + 1))
    assert len(bench.closed_after) == 1


def test_a_press_soon_after_closing_sends_nothing_twice(bench: Bench) -> None:
    bench.feed(50)
    bench.gate.press()
    bench.feed(60)
    bench.gate.release()
    bench.feed(TAIL + 10)
    bench.gate.press()
    bench.feed(60)
    assert len(bench.closed_after) == 1
    assert bench.voice == sorted(set(bench.voice))
    assert bench.voice[-1] == bench.fed


def test_mute_is_silence_within_one_block_and_what_was_said_is_gone_for_good() -> None:
    bench = Bench(GateMode.OPEN)
    bench.feed(10)
    bench.gate.muted = True
    bench.feed(10)
    bench.gate.muted = False
    bench.feed(10)
    assert bench.sent == [*range(1, 11), *[0] * 10, *range(21, 31)]


def test_what_was_said_muted_is_no_pre_roll() -> None:
    bench = Bench()
    bench.feed(50)
    bench.gate.muted = True
    bench.feed(20)
    bench.gate.muted = False
    bench.gate.press()
    bench.feed(60)
    assert bench.voice == [*range(50 - 10 + 1, 51), *range(71, 131)]


def test_until_the_session_is_configured_everything_is_silence() -> None:
    bench = Bench(GateMode.OPEN)
    bench.gate.hold_silence = True
    assert all(len(output.blocks) == 1 for output in bench.feed(10))
    bench.gate.hold_silence = False
    bench.feed(5)
    assert bench.sent == [*[0] * 10, *range(11, 16)]


def test_opening_the_microphone_skips_what_was_held_back() -> None:
    bench = Bench()
    bench.feed(50)
    bench.gate.mode = GateMode.OPEN
    (output,) = bench.feed()
    assert output.gap_samples == PRE_ROLL * BLOCK_SAMPLES
    assert bench.voice == [51]
    assert len(bench.sent) + bench.gap_blocks == bench.fed


def test_opening_the_microphone_while_somebody_talks_loses_nothing() -> None:
    bench = Bench()
    bench.feed(50)
    bench.gate.press()
    bench.feed(5)
    bench.gate.mode = GateMode.OPEN
    bench.feed(60)
    assert bench.voice == list(range(50 - PRE_ROLL + 1, 116))
    assert bench.gap_blocks == 0


def test_closing_the_microphone_falls_behind_again() -> None:
    bench = Bench(GateMode.OPEN)
    bench.feed(10)
    bench.gate.mode = GateMode.CLOSED
    bench.feed(100)
    assert bench.sent == [*range(1, 11), *[0] * (100 - PRE_ROLL)]
    assert bench.closed_after == []


def test_the_key_means_nothing_with_an_open_microphone() -> None:
    bench = Bench(GateMode.OPEN)
    bench.gate.press()
    bench.feed(10)
    bench.gate.release()
    bench.feed(60)
    assert bench.sent == list(range(1, 71))
    assert bench.closed_after == []


def test_a_release_without_a_press_does_nothing(bench: Bench) -> None:
    bench.gate.release()
    bench.feed(100)
    assert bench.voice == []
    assert bench.closed_after == []


def test_without_pre_roll_and_tail_exactly_the_held_blocks_pass() -> None:
    gate = Gate(pre_roll_ms=0, tail_ms=4, packet_ms=10)
    gate.mode = GateMode.CLOSED
    sent: list[int] = []
    for number in range(1, 31):
        if number == 11:
            gate.press()
        if number in (21, 26):
            gate.press()
            gate.release()
        output = gate.feed(np.full(BLOCK_SAMPLES, number, np.int16))
        sent += [number_of(block) for block in output.blocks]
        assert output.closed_now == (number in (21, 26))
    assert sent == [*[0] * 10, *range(11, 21), *[0] * 10]
