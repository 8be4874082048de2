import threading

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audio.pcm import Pcm
from app.audio.ring import Ring


def counted(start: int, count: int) -> Pcm:
    return np.arange(start, start + count, dtype=np.int64).astype(np.int16)


def test_what_is_missing_is_filled_with_silence() -> None:
    ring = Ring(10)
    ring.write(counted(1, 3))
    out = np.full(5, 7, np.int16)
    assert ring.read_into(out) == 3
    assert out.tolist() == [1, 2, 3, 0, 0]
    assert ring.missed == 2


def test_the_oldest_give_way_and_are_counted() -> None:
    ring = Ring(4)
    assert ring.write(counted(1, 3)) == 0
    assert ring.write(counted(4, 3)) == 2
    assert ring.write(counted(7, 9)) == 9
    assert ring.dropped == 11
    out = np.zeros(4, np.int16)
    ring.read_into(out)
    assert out.tolist() == [12, 13, 14, 15]


def test_clear_forgets() -> None:
    ring = Ring(4)
    ring.write(counted(1, 3))
    ring.clear()
    assert ring.fill == 0


def test_what_waits_falls_silent_and_stays_as_long() -> None:
    ring = Ring(10)
    ring.write(counted(0, 7))
    ring.read_into(np.zeros(7, np.int16))
    ring.write(np.full(8, 100, np.int16))  # round the end of the array
    ring.fade_out(4)
    ring.write(np.full(2, 100, np.int16))
    out = np.zeros(10, np.int16)
    assert ring.read_into(out) == 10
    assert out.tolist() == [100, 75, 50, 25, 0, 0, 0, 0, 100, 100]


@settings(deadline=None)
@given(st.integers(1, 60), st.lists(st.tuples(st.booleans(), st.integers(0, 90))))
def test_it_is_a_queue_of_the_newest(capacity: int, steps: list[tuple[bool, int]]) -> None:
    ring, waiting, written = Ring(capacity), np.empty(0, np.int16), 0
    for writes, count in steps:
        if writes:
            samples = counted(written, count)
            written += count
            waiting = np.concatenate((waiting, samples))
            assert ring.write(samples) == max(0, len(waiting) - capacity)
            waiting = waiting[-capacity:]
        else:
            out = np.ones(count, np.int16)
            there = min(count, len(waiting))
            assert ring.read_into(out) == there
            assert out.tolist() == [*waiting[:there].tolist(), *[0] * (count - there)]
            waiting = waiting[there:]
        assert ring.fill == len(waiting)


def test_two_threads_never_see_samples_out_of_order() -> None:
    ring, blocks = Ring(4800), 2000
    seen: list[int] = []
    done = threading.Event()

    def write() -> None:
        for index in range(blocks):
            ring.write(np.full(480, index + 1, np.int16))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    out = np.zeros(480, np.int16)
    while not done.is_set() or ring.fill:
        count = ring.read_into(out)
        seen.extend({int(sample) for sample in out[:count]})
        assert len(set(out[:count].tolist())) <= 1
    writer.join(10)
    assert seen == sorted(seen)
    assert seen[-1] == blocks
