"""What is built once is out of the collector's way, and threads share one arena."""

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.assembly.memory import settle


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_stays_is_not_looked_through_again_and_garbage_made_later_still_is() -> None:
    stays = [[number] for number in range(1000)]
    settle()
    looked_through = {id(each) for each in gc.get_objects()}
    assert not looked_through & {id(each) for each in stays}
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() >= 1


def test_garbage_is_cleared_away_from_then_on_where_it_had_to_wait() -> None:
    gc.disable()
    try:
        settle()
        assert gc.isenabled()
    finally:
        gc.enable()


_OLD_GARBAGE = """
import gc, weakref
from app.assembly.memory import settle
class Ring: pass
stays = [[number] for number in range(400_000)]
gc.collect()
settle()
ring = Ring()
ring.itself, told = ring, weakref.ref(ring)
grown = [[number] for number in range(10_000)]  # makes the ring old
del ring
grown += [[number] for number in range(20_000)]
print(told() is None)
"""


def test_what_a_connection_leaves_behind_is_cleared_away_soon_however_much_stays() -> None:
    asked = [sys.executable, "-c", _OLD_GARBAGE]
    assert subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout.strip() == "True"


_ARENAS = """
import ctypes, threading
from app.assembly.memory import one_arena
{first}
meet = threading.Barrier(5)
def work():
    held = [bytearray(5000) for _ in range(100)]
    meet.wait(10)
    meet.wait(10)
threads = [threading.Thread(target=work) for _ in range(4)]
for each in threads: each.start()
meet.wait(10)
ctypes.CDLL(None).malloc_stats()
meet.wait(10)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such arenas")
def test_threads_take_memory_from_one_place() -> None:
    def arenas(first: str) -> int:
        asked = [sys.executable, "-c", _ARENAS.format(first=first)]
        told = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60)
        return told.stderr.count("Arena ")

    assert arenas("") > 1
    assert arenas("one_arena()") == 1
