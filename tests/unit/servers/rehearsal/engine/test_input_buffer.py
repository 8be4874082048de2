"""The user's sound on the session's clock."""

import numpy as np

from app.servers.rehearsal.engine.input_buffer import InputBuffer
from app.servers.rehearsal.ports import SPEECH_RATE_HZ, Speech

PER_MS = SPEECH_RATE_HZ // 1000


def ramp(start_ms: int, end_ms: int) -> Speech:
    """Sound whose samples tell their millisecond."""
    return np.repeat(np.arange(start_ms, end_ms), PER_MS).astype(np.int16)


def test_gives_what_was_heard_between_two_times() -> None:
    buffer = InputBuffer()
    for at in range(0, 1000, 20):
        buffer.append(ramp(at, at + 20))
    assert buffer.end_ms == 1000
    assert np.array_equal(buffer.take(310, 595), ramp(310, 595))
    assert (buffer.begin_ms, buffer.held_ms) == (595, 405)
    assert np.array_equal(buffer.take(500, 700), ramp(500, 700)), "padding may reach into what was taken"


def test_clear_forgets_but_the_clock_goes_on() -> None:
    buffer = InputBuffer()
    buffer.append(ramp(0, 100))
    buffer.clear()
    assert (buffer.end_ms, buffer.held_ms) == (100, 0)
    buffer.append(ramp(100, 140))
    assert np.array_equal(buffer.take(0, 140), ramp(100, 140))


def test_keeps_the_newest_two_minutes() -> None:
    buffer = InputBuffer()
    for at in range(130):
        buffer.append(np.full(SPEECH_RATE_HZ, at, np.int16))
    assert buffer.held_ms == 120_000
    kept = buffer.take(0, 130_000)
    assert (kept[0], kept[-1], len(kept)) == (10, 129, 120 * SPEECH_RATE_HZ)


def test_a_time_that_has_not_come_yet_gives_what_there_is() -> None:
    buffer = InputBuffer()
    assert len(buffer.take(0, 50)) == 0
    buffer.append(ramp(0, 20))
    assert len(buffer.take(0, 50)) == 20 * PER_MS
    assert buffer.held_ms == 0
