import threading
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace

import pulsectl
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


class Server:
    """A sound server whose next change comes in the middle of a look; with a real one that is a matter of luck."""

    def __init__(self, stop: threading.Event) -> None:
        self.pulse = self
        self._stop = stop
        self._note: Callable[[object], None] = print
        self._to_come = 1
        self._looks = 0
        self._idle_rounds = 0

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def renew(self) -> None:
        pass

    def event_mask_set(self, *_facilities: str) -> None:
        pass

    def event_callback_set(self, note: Callable[[object], None]) -> None:
        self._note = note

    def event_listen(self, _timeout_s: float) -> None:
        self._idle_rounds += 1
        if self._to_come:
            self._to_come -= 1
            self._tell()
        elif self._idle_rounds == 10:
            self._stop.set()

    def _tell(self) -> None:
        with suppress(pulsectl.PulseLoopStop):
            self._note(SimpleNamespace(t="change"))

    def listed(self) -> Catalog:
        """The first look after an event shows what was before; a new default comes while it is taken."""
        self._looks += 1
        if self._looks == 2:
            self._tell()
        return EMPTY if self._looks <= 2 else ONE


def test_what_changes_while_the_devices_are_looked_at_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    server, changes = Server(stop), []
    monkeypatch.setattr(watching, "Connection", lambda _patience_s: server)
    monkeypatch.setattr(watching, "listed", Server.listed)
    watching.watch_server(lambda: changes.append(True), stop)
    assert len(changes) == 2, "the beginning and the new default"
