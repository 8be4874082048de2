"""From clicks to delays, on paper."""

import math

import pytest

from app.audio.opus import OpusDecoder
from app.audio.pcm import RATE_HZ, samples_of_ms
from tests.bench.clickwork import clicks_arriving, clicks_playable, delay_ms, longest_gap_ms, stream_since
from tests.bench.peer import Heard
from tests.bench.sounds import CLICK_EVERY, FIRST_CLICK, Onsets, clicks, packets
from tests.bench.tap import Passed

LOOK_AHEAD_MS = 6.5


def sent(payloads: list[bytes], packet_ms: int, ssrc: int = 1, begins_s: float = 100.0) -> list[Passed]:
    size = samples_of_ms(packet_ms)
    return [
        Passed(
            begins_s + number * packet_ms / 1000, True, ssrc, number, (2**32 - 960 + number * size) % 2**32, len(one)
        )
        for number, one in enumerate(payloads)
    ]


@pytest.mark.parametrize("packet_ms", [10, 20])
def test_a_receiver_that_plays_at_once_adds_the_codecs_delay_alone(packet_ms: int) -> None:
    payloads = packets(clicks(5), packet_ms)
    passed = sent(payloads, packet_ms)
    decoder, played = OpusDecoder(), Onsets()
    for one, payload in zip(passed, payloads, strict=True):
        played.feed(decoder.decode(payload), one.at_s)
    decoder.close()
    assert len(played.at_s) == 10
    assert delay_ms(clicks_arriving(passed, packet_ms), played.at_s) == pytest.approx(LOOK_AHEAD_MS, abs=0.5)


@pytest.mark.parametrize("packet_ms", [10, 20])
def test_a_sender_without_delay_adds_a_packet_and_the_codecs_delay(packet_ms: int) -> None:
    payloads = packets(clicks(5), packet_ms)
    passed = sent(payloads, packet_ms)
    heard = [Heard(0.0, one.sequence, one.timestamp, payload) for one, payload in zip(passed, payloads, strict=True)]
    # The packet that leaves at 100 s holds what was captured in the packet's time before.
    captured_s = [100 - packet_ms / 1000 + at / RATE_HZ for at in range(FIRST_CLICK, 5 * RATE_HZ, CLICK_EVERY)]
    delay = delay_ms(captured_s, clicks_playable(heard, passed))
    assert delay == pytest.approx(packet_ms + LOOK_AHEAD_MS, abs=0.5)


def test_nothing_heard_is_no_figure() -> None:
    assert math.isnan(delay_ms([1.0], []))
    assert math.isnan(longest_gap_ms([], 0, 1))


def test_the_stream_of_the_call_before_is_not_taken_for_the_new_one() -> None:
    old, new = sent([b"x"] * 10, 20, ssrc=1), sent([b"x"] * 5, 20, ssrc=2, begins_s=100.1)
    passed = sorted(old + new, key=lambda one: one.at_s)
    assert stream_since(passed, 100.05) == new
    assert stream_since(old, 100.05) == []


def test_the_longest_gap_is_looked_for_between_two_moments() -> None:
    passed = sent([b"x"] * 10, 20)
    del passed[4:6]
    assert longest_gap_ms(passed, 100, 101) == pytest.approx(60)
    assert longest_gap_ms(passed, 100.1, 101) == pytest.approx(20)
