"""Threads that notice that a scan could differ."""

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

from app.audio.catalog import Catalog
from app.conversation.troubles import SoundServerGone, SoundTrouble
from app.devices.pulse import Connection, listed

_log = logging.getLogger("parlance.devices")

_SETTLE_S: Final = 0.05
"""Plugging in one headset is several events at once: a sink, a source, two new defaults."""
_LISTEN_S: Final = 0.25
_PATIENCE_S: Final = 0.7
"""With a server that hangs, stopping waits for this."""
_RETRY_S: Final = 1.0
_POLL_S: Final = 2.0
_STOP_S: Final = 1.0


def run(watch: Callable[[threading.Event], None]) -> Callable[[], None]:
    """Run ``watch`` in a thread until the returned function is called.

    That sets the event and waits up to a second for the thread, which a callback that blocks could hold up.
    """
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=(stop,), name="parlance-device-watch", daemon=True)
    thread.start()

    def stop_watching() -> None:
        stop.set()
        if threading.current_thread() is not thread:
            thread.join(_STOP_S)

    return stop_watching


def watch_server(changed: Callable[[], None], stop: threading.Event) -> None:
    """Listen to the sound server; when it goes, look for it each second.

    Both edges are changes, and so is the beginning: something may have happened since the caller's last scan.
    """
    answering = True
    while not stop.is_set():
        try:
            with Connection(_PATIENCE_S) as connection:
                if not answering:
                    _log.info("> sound server is back")
                    answering = True
                _listen(connection, changed, stop)
        except SoundServerGone:
            if answering:
                _log.warning("x sound server is gone")
                answering = False
                changed()
            stop.wait(_RETRY_S)


def _listen(connection: Connection, changed: Callable[[], None], stop: threading.Event) -> None:
    import pulsectl

    listening = False
    are_changes: list[bool] = []

    def note(event: Any) -> None:
        are_changes.append(event.t == "change")
        if listening:
            raise pulsectl.PulseLoopStop

    connection.pulse.event_mask_set("sink", "source", "server")
    connection.pulse.event_callback_set(note)
    before = listed(connection)
    changed()
    while not stop.is_set():
        connection.renew()
        listening = not are_changes
        connection.pulse.event_listen(_LISTEN_S if listening else _SETTLE_S)
        if not listening:
            # Before looking, as what comes meanwhile may be of what has been looked at already.
            only_changes = all(are_changes)
            are_changes.clear()
            now = listed(connection)
            # What changes of a device is mostly its volume. What was pulled and put back looks as before, and is not.
            if now != before or not only_changes:
                changed()
            before = now


def watch_lists(scan: Callable[[], Catalog], changed: Callable[[], None], stop: threading.Event) -> None:
    """Compare scans every two seconds, where nothing tells of changes."""
    before = _scanned(scan)
    while not stop.wait(_POLL_S):
        now = _scanned(scan)
        if now != before:
            before = now
            changed()


def _scanned(scan: Callable[[], Catalog]) -> Catalog | None:
    try:
        return scan()
    except SoundTrouble:
        return None
