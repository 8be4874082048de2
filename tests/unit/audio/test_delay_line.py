"""No word is lost while nobody can be told, and the delay goes in pauses."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audio.delay_line import KEPT_MS, PAUSE_KEPT_MS, DelayLine
from app.audio.pcm import BLOCK_MS, BLOCK_SAMPLES, Pcm


def word(number: int) -> Pcm:
    """A loud block that can be told from all others."""
    return np.full(BLOCK_SAMPLES, 5000 + number, np.int16)


PAUSE = np.zeros(BLOCK_SAMPLES, np.int16)


def push(line: DelayLine, block: Pcm) -> int | None:
    due = line.push(block, talking=False, key_decides=False)
    return None if due is None else int(due.block[0])


def test_without_delay_every_block_passes_at_once() -> None:
    line = DelayLine()
    assert [push(line, word(at)) for at in range(5)] == [5000, 5001, 5002, 5003, 5004]
    assert line.delay_ms == 0


def test_what_was_held_is_delivered_in_order_and_at_its_own_pace() -> None:
    line = DelayLine()
    line.hold = True
    assert [push(line, word(at)) for at in range(50)] == [None] * 50
    line.hold = False
    assert [push(line, word(50 + at)) for at in range(60)] == [5000 + at for at in range(60)]
    assert line.delay_ms == 500


def test_the_delay_goes_in_the_first_long_pause() -> None:
    line = DelayLine()
    line.hold = True
    for at in range(50):
        push(line, word(at))
    line.hold = False
    heard = [push(line, PAUSE) for _ in range(200)]
    assert heard[:50] == [5000 + at for at in range(50)]
    assert line.delay_ms == 0


def test_short_pauses_between_words_stay() -> None:
    line = DelayLine()
    line.hold = True
    for block in (word(0), *[PAUSE] * (PAUSE_KEPT_MS // BLOCK_MS), word(1)):
        push(line, block)
    line.hold = False
    heard = [push(line, word(2)) for _ in range(22)]
    assert heard == [5000, *[0] * 20, 5001]


def test_half_a_minute_is_kept_and_of_more_the_newest() -> None:
    line = DelayLine()
    line.hold = True
    blocks = KEPT_MS // BLOCK_MS
    for at in range(blocks + 10):
        push(line, word(at))
    line.hold = False
    assert push(line, word(0)) == 5000 + 11


def test_what_went_to_a_dead_line_is_delivered_once_more() -> None:
    line = DelayLine()
    for at in range(10):
        push(line, word(at))
    line.rewind(50)
    assert [push(line, word(10 + at)) for at in range(6)] == [5005, 5006, 5007, 5008, 5009, 5010]


def test_what_still_waits_is_not_delivered_twice() -> None:
    line = DelayLine()
    line.hold = True
    for at in range(20):
        push(line, word(at))
    line.hold = False
    heard = [push(line, word(20 + at)) for at in range(5)]
    line.rewind(100)  # of which all is waiting still
    heard += [push(line, word(25 + at)) for at in range(20)]
    assert heard == [5000 + at for at in range(25)]


def test_going_back_counts_the_pauses_that_were_left_out() -> None:
    line = DelayLine()
    line.hold = True
    for block in (word(0), *[PAUSE] * 100, word(1)):
        push(line, block)
    line.hold = False
    heard = [push(line, PAUSE) for _ in range(30)]
    assert heard.count(5000) == heard.count(5001) == 1
    line.rewind(500)
    heard = [push(line, PAUSE) for _ in range(60)]
    assert heard.count(5000) == 0
    assert heard.count(5001) == 1


def test_going_back_gives_up_nothing_that_is_newer() -> None:
    line = DelayLine()
    for at in range(100):
        push(line, word(at))
    line.hold = True
    blocks = KEPT_MS // BLOCK_MS
    for at in range(blocks - 10):
        push(line, word(100 + at))
    line.rewind(KEPT_MS)
    line.hold = False
    heard = [push(line, PAUSE) for _ in range(blocks)]
    assert heard[0] == 5000 + 91
    assert heard[-2] == 5000 + 100 + blocks - 11


def test_the_key_stays_with_the_voice() -> None:
    line = DelayLine()
    line.hold = True
    for talking in (False, True, True, False):
        line.push(word(0), talking=talking, key_decides=True)
    line.hold = False
    assert [line.push(PAUSE, talking=False, key_decides=True).talking for _ in range(4)] == [  # type: ignore[union-attr]
        False,
        True,
        True,
        False,
    ]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=400))
@settings(max_examples=100, deadline=None)
def test_every_word_is_delivered_once_and_in_order(story: list[tuple[bool, bool]]) -> None:
    line = DelayLine()
    said, heard = [], []
    for at, (holding, speaking) in enumerate(story):
        line.hold = holding
        if speaking:
            said.append(5000 + at)
        heard.append(push(line, word(at) if speaking else PAUSE))
    line.hold = False
    while line.delay_ms:
        heard.append(push(line, PAUSE))
    assert [each for each in heard if each] == said
