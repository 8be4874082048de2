"""What is built once is out of the collector's way."""

import gc
from collections.abc import Iterator

import pytest

from app.assembly.surroundings import settle


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
