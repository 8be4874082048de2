"""From moments of clicks to delays."""

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise

from app.audio.opus import OpusDecoder
from app.audio.pcm import RATE_HZ, samples_of_ms
from tests.bench.peer import Heard
from tests.bench.server import SAYS_S
from tests.bench.sounds import CLICK_EVERY, FIRST_CLICK, Onsets
from tests.bench.tap import Passed

_LONGEST_S = 0.45
"""Less than from one click to the next."""


def delay_ms(causes_s: Sequence[float], effects_s: Sequence[float]) -> float:
    """The median time from a cause to its effect; not a number without any."""
    delays = [
        1000 * (effect_s - cause_s)
        for cause_s in causes_s
        for effect_s in effects_s
        if 0 <= effect_s - cause_s < _LONGEST_S
    ]
    return statistics.median(delays) if delays else math.nan


def clicks_arriving(packets: Sequence[Passed], packet_ms: int) -> list[float]:
    """When each click of the server could have been heard at the earliest: its packet's arrival and its place in it.

    Opus' look-ahead is not in this, so it counts as delay. The packets must begin with the first of their stream.
    """
    size = samples_of_ms(packet_ms)
    first = packets[0]
    arrived_s = {((one.timestamp - first.timestamp) & 0xFFFFFFFF) // size: one.at_s for one in packets}
    ends = round(SAYS_S * RATE_HZ)
    places = (divmod(at, size) for at in range(FIRST_CLICK, ends, CLICK_EVERY))
    return [arrived_s[number] + offset / RATE_HZ for number, offset in places if number in arrived_s]


def clicks_playable(heard: Sequence[Heard], packets: Sequence[Passed]) -> list[float]:
    """When the server could have played each click of the client: its packet's departure and its place in it.

    The network between has no delay then. ``packets`` are the client's at its card, which knows best when they left.
    """
    left_s = {one.sequence: one.at_s for one in packets}
    decoder = OpusDecoder()
    onsets = Onsets()
    for one in heard:
        sound = decoder.decode(one.payload)
        if one.sequence in left_s:
            onsets.feed(sound, left_s[one.sequence])
    decoder.close()
    return onsets.at_s


def stream_since(packets: Sequence[Passed], since_s: float) -> list[Passed]:
    """The packets of the stream that began then; the call before may go on for a moment."""
    old = {one.ssrc for one in packets if one.at_s < since_s}
    new = [one for one in packets if one.ssrc not in old]
    return [one for one in new if one.ssrc == new[0].ssrc]


def longest_gap_ms(packets: Sequence[Passed], begins_s: float, ends_s: float) -> float:
    """The longest time between two packets."""
    moments = [one.at_s for one in packets if begins_s <= one.at_s <= ends_s]
    return 1000 * max((later - earlier for earlier, later in pairwise(moments)), default=math.nan)
