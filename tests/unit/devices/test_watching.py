import threading

import pytest

from app.audio.catalog import Catalog, Device, Direction
from app.conversation.troubles import SoundServerGone
from app.devices import watching

EMPTY = Catalog()
ONE = Catalog((Device("a", "Desk microphone", Direction.MICROPHONE),))


def test_lists_are_compared_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_POLL_S", 0.001)
    scans: list[Catalog | None] = [EMPTY, EMPTY, ONE, ONE, None, None, EMPTY]
    changes: list[int] = []
    through = threading.Event()

    def scan() -> Catalog:
        if len(scans) == 1:
            through.set()
            return EMPTY
        found = scans.pop(0)
        if found is None:
            raise SoundServerGone
        return found

    stop = watching.run(lambda event: watching.watch_lists(scan, lambda: changes.append(len(scans)), event))
    assert through.wait(10)
    stop()
    assert changes == [4, 2, 1]
    assert all(thread.name != "parlance-device-watch" for thread in threading.enumerate())


def test_a_watch_can_be_stopped_from_its_own_callback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_POLL_S", 0.001)
    scans = iter([EMPTY, ONE])
    stopped = threading.Event()
    handed_over = threading.Event()

    def changed() -> None:
        assert handed_over.wait(10)
        stop()
        stopped.set()

    stop = watching.run(lambda event: watching.watch_lists(lambda: next(scans), changed, event))
    handed_over.set()
    assert stopped.wait(10)
