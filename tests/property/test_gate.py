"""Whatever happens to talk key, mute and mode: nothing is sent twice, out of order, ahead of time, or unasked."""

from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.audio.gate import GateMode
from tests.unit.audio.test_gate import PRE_ROLL, TAIL, Bench

PACKETS = st.sampled_from([10, 20])
PAUSES = st.one_of(st.integers(0, 3), st.integers(0, 120))


@dataclass(frozen=True)
class Talk:
    """Press, hold, release, then leave the key alone; in blocks."""

    held: int
    alone: int


@settings(deadline=None, max_examples=300)
@given(PACKETS, PAUSES, st.lists(st.builds(Talk, PAUSES, PAUSES), max_size=6))
@example(20, 0, [Talk(0, 0)])
@example(20, 40, [Talk(33, TAIL + 1), Talk(1, 5), Talk(0, 90)])
def test_each_stretch_is_pre_roll_held_and_tail_sample_for_sample(
    packet_ms: int, before: int, talks: list[Talk]
) -> None:
    bench = Bench(packet_ms=packet_ms)
    bench.feed(before)
    stretches: list[tuple[int, int]] = []
    for talk in talks:
        if len(bench.closed_after) < len(stretches):
            first, _ = stretches.pop()
        else:
            # Blocks are numbered from 1, and those sent, as sound or as silence in their place, are over.
            first = len(bench.sent) + 1
            assert bench.fed - PRE_ROLL < first <= bench.fed + 1
        bench.gate.press()
        bench.feed(talk.held)
        bench.gate.release()
        stretches.append((first, bench.fed + TAIL))
        bench.feed(talk.alone)
    bench.feed(TAIL + 2 * PRE_ROLL)
    assert bench.voice == [number for first, last in stretches for number in range(first, last + 1)]
    assert [max(bench.sent[:count]) for count in bench.sent_when_closed] == [last for _, last in stretches]
    assert not any(count * 10 % packet_ms for count in bench.sent_when_closed)


ACTIONS = st.sampled_from(["press", "release", "mute", "unmute", "hold", "configured", "open", "closed"])


@settings(deadline=None, max_examples=300)
@given(PACKETS, st.lists(st.tuples(ACTIONS, PAUSES), max_size=25))
@example(20, [("press", 3), ("release", 3), ("open", 1), ("closed", 1), ("press", 0), ("open", 50)])
def test_any_order_of_everything(packet_ms: int, steps: list[tuple[str, int]]) -> None:
    bench = Bench(packet_ms=packet_ms)
    muted: set[int] = set()
    for action, pause in steps:
        act(bench, action)
        for _ in range(pause):
            if bench.gate.muted:
                muted.add(bench.fed + 1)
            already = len(bench.sent)
            bench.feed()
            behind = bench.fed - len(bench.sent) - bench.gap_blocks
            assert 0 <= behind <= PRE_ROLL
            assert len(bench.sent) - already <= 2
            if bench.gate.muted or bench.gate.hold_silence:
                assert not any(bench.sent[already:])
    assert bench.voice == sorted(set(bench.voice))
    assert not muted & set(bench.voice)


def act(bench: Bench, action: str) -> None:
    gate = bench.gate
    match action:
        case "press":
            gate.press()
        case "release":
            gate.release()
        case "mute" | "unmute":
            gate.muted = action == "mute"
        case "hold" | "configured":
            gate.hold_silence = action == "hold"
        case "open":
            gate.mode = GateMode.OPEN
        case "closed":
            gate.mode = GateMode.CLOSED
        case _:
            raise AssertionError(action)
