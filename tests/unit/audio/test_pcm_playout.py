import numpy as np
import pytest

from app.audio.half_rate import HALF_RATE_HZ
from app.audio.pcm import BLOCK_SAMPLES, Pcm, silence
from app.audio.pcm_playout import FIRST_LEAD_MS, KEPT_LIMIT_S, NEXT_LEAD_MS, Passage, PcmPlayout

BLOCK = BLOCK_SAMPLES // 2
"""Ten milliseconds of 24 kHz."""


def sound(duration_ms: int, level: int = 8000) -> Pcm:
    return np.full(duration_ms * HALF_RATE_HZ // 1000, level, np.int16)


class Stage:
    """A playout, whoever pulls it, and how often it said that something changed."""

    def __init__(self) -> None:
        self.changes = 0
        self.playout = PcmPlayout(self._changed)
        self.now_s = 0.0

    def _changed(self) -> None:
        self.changes += 1

    def hear(self, blocks: int = 1) -> Pcm:
        heard = []
        for _ in range(blocks):
            out = silence()
            self.playout.pull(out, self.now_s)
            self.now_s += 0.01
            heard.append(out)
        return np.concatenate(heard)


def test_nothing_is_silence() -> None:
    stage = Stage()
    assert not stage.hear(3).any()
    assert not stage.playout.audible(stage.now_s)
    assert stage.changes == 0


def test_a_speech_is_heard_whole_and_counted_by_the_block() -> None:
    stage = Stage()
    speech, passage = stage.playout.announce(), Passage()
    stage.playout.append(speech, passage, sound(100))
    stage.playout.end(speech)
    stage.hear()
    assert (speech.begun, passage.heard, passage.heard_ms, stage.changes) == (True, BLOCK, 10, 1)
    assert stage.playout.audible(stage.now_s)
    stage.hear(8)
    assert (passage.heard_ms, speech.is_over) == (90, False)
    stage.hear()
    assert (passage.heard_ms, speech.is_over, stage.changes) == (100, True, 2)
    assert not stage.hear(2)[BLOCK_SAMPLES:].any()
    stage.now_s += 1
    assert not stage.playout.audible(stage.now_s)


def test_deltas_of_any_length_join_without_a_seam() -> None:
    whole = np.arange(-12000, 12000, dtype=np.int16)
    stage, pieces = Stage(), Stage()
    for each, cuts in ((stage, [24000]), (pieces, [1, 2, 777, 9000, 9001, 24000])):
        speech, passage = each.playout.announce(), Passage()
        for start, end in zip([0, *cuts], cuts, strict=False):
            each.playout.append(speech, passage, whole[start:end])
        each.playout.end(speech)
        assert passage.received == 24000
    assert np.array_equal(stage.hear(102), pieces.hear(102))


def test_a_speech_waits_for_its_first_lead_and_goes_on_at_once_when_it_is_whole() -> None:
    stage = Stage()
    speech, passage = stage.playout.announce(), Passage()
    stage.playout.append(speech, passage, sound(FIRST_LEAD_MS - 1))
    stage.hear()
    assert passage.heard_ms == 0
    stage.playout.append(speech, passage, sound(1))
    stage.hear()
    assert passage.heard_ms == 10

    short = stage.playout.announce()
    stage.hear(20)
    stage.playout.append(short, Passage(), sound(5))
    stage.playout.end(short)
    stage.hear()
    assert short.begun


def test_after_a_stall_it_waits_for_more_and_rises_without_a_click() -> None:
    stage = Stage()
    speech, passage = stage.playout.announce(), Passage()
    stage.playout.append(speech, passage, sound(105))
    stall = stage.hear(12)
    assert not stall[-BLOCK_SAMPLES // 2 :].any()
    assert np.abs(np.diff(stall[BLOCK_SAMPLES:].astype(int))).max() < 400
    stage.playout.append(speech, passage, sound(NEXT_LEAD_MS - 1))
    assert not stage.hear().any()
    stage.playout.append(speech, passage, sound(1))
    resumed = stage.hear(3)
    assert resumed[-1] == pytest.approx(8000, abs=20)
    assert np.abs(np.diff(resumed.astype(int))).max() < 400
    assert passage.heard_ms == 105 + 30


def test_cutting_falls_within_five_milliseconds_and_forgets_what_still_comes() -> None:
    stage = Stage()
    speech, passage = stage.playout.announce(), Passage()
    stage.playout.append(speech, passage, sound(1000))
    stage.hear(30)
    stage.playout.cut()
    assert (speech.cut, speech.is_over, passage.heard_ms) == (True, True, 300)
    assert passage.is_cut_short
    fall = stage.hear()
    assert fall[0] == pytest.approx(8000, abs=20)
    assert np.abs(np.diff(fall.astype(int))).max() < 400
    assert not fall[BLOCK_SAMPLES // 2 + 62 :].any()
    stage.playout.append(speech, passage, sound(1000))
    assert not stage.hear(5).any()
    assert passage.received == HALF_RATE_HZ


def test_a_drop_concerns_what_was_announced_and_holds_what_comes_later() -> None:
    stage = Stage()
    first, announced = stage.playout.announce(), stage.playout.announce()
    stage.playout.append(first, Passage(), sound(1000))
    stage.hear(3)
    stage.playout.drop()
    later, passage = stage.playout.announce(), Passage()
    stage.playout.append(announced, Passage(), sound(500))
    stage.playout.append(later, passage, sound(500, level=4000))
    stage.hear()
    assert not stage.hear(10).any()
    stage.playout.resume()
    assert stage.hear(3)[-1] == pytest.approx(4000, abs=20)
    assert (first.cut, announced.cut, announced.begun, later.cut) == (True, True, False, False)
    assert passage.heard_ms == 30


def test_speeches_are_heard_one_after_another() -> None:
    stage = Stage()
    one, two = stage.playout.announce(), stage.playout.announce()
    first, second = Passage(), Passage()
    stage.playout.append(two, second, sound(100))
    stage.playout.append(one, first, sound(100))
    stage.playout.end(one)
    stage.playout.end(two)
    stage.hear(10)
    assert (first.heard_ms, second.heard_ms) == (100, 0)
    stage.hear(10)
    assert second.heard_ms == 100


def test_one_that_never_ends_is_in_nobodys_way() -> None:
    stage = Stage()
    endless, next_one = stage.playout.announce(), stage.playout.announce()
    stage.playout.append(endless, Passage(), sound(100))
    stage.hear(11)
    stage.playout.append(next_one, Passage(), sound(100))
    stage.hear()
    assert next_one.begun


@pytest.mark.parametrize(
    ("heard_ms", "ended", "cut_short"),
    [(0, True, False), (0, False, False), (50, True, True), (50, False, True), (100, True, False), (100, False, True)],
)
def test_only_what_was_partly_heard_is_cut_short(heard_ms: int, ended: bool, cut_short: bool) -> None:
    passage = Passage(received=2400, heard=heard_ms * 24, ended=ended)
    assert passage.is_cut_short is cut_short


def test_what_is_kept_has_a_limit() -> None:
    stage = Stage()
    speech, passage = stage.playout.announce(), Passage()
    for _ in range(KEPT_LIMIT_S + 2):
        stage.playout.append(speech, passage, sound(1000))
    assert stage.playout.overflow_samples == 2 * HALF_RATE_HZ
    assert passage.received == KEPT_LIMIT_S * HALF_RATE_HZ
    stage.playout.cut()
    stage.playout.append(stage.playout.announce(), passage, sound(1000))
    assert stage.playout.overflow_samples == 2 * HALF_RATE_HZ
