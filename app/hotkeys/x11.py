"""The key on X11: a passive grab, served by a thread of its own.

python-xlib's calls wait for the X server, so they stay off the session loop. A grab takes the key from all other
programs, and X tells who comes second: BadAccess. A repeating key is a train of releases, each followed by a press;
which of them are true is asked of the server, whose keymap knows what is down. The same question, asked now and then,
finds a release that nobody was told of, as when the keyboard is unplugged.
"""

import asyncio
import logging
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, combinations
from typing import Any, Final

from Xlib import XK, X, xauth
from Xlib.display import Display
from Xlib.error import BadAccess, CatchError, ConnectionClosedError, DisplayError, XauthError

from app.conversation.shortcuts import Modifier, Shortcut
from app.conversation.troubles import KeysUnavailable, KeyTaken, KeyTrouble
from app.hotkeys.ports import Ears, settle

log = logging.getLogger("parlance.hotkeys")

# WORKAROUND python-xlib 0.33 prints what it thinks of the X authority file; with a name of its own it tells the log.
xauth.print = log.debug

LOOK_S: Final = 0.25
"""How often it is asked whether a key that is down still is."""
ENDING_S: Final = 2.0
"""The thread ends at once, unless the X server hangs; then it is left behind."""

_MODIFIERS: Final = {
    Modifier.CTRL: X.ControlMask,
    Modifier.ALT: X.Mod1Mask,
    Modifier.SHIFT: X.ShiftMask,
    Modifier.META: X.Mod4Mask,
}
_KEYSYMS: Final = {
    "Space": "space",
    "PageUp": "Prior",
    "PageDown": "Next",
    "ScrollLock": "Scroll_Lock",
    "Grave": "grave",
}
"""Where X names a key otherwise than we do; letters are lower case there."""
_GONE: Final = (ConnectionClosedError, OSError)


class X11Keys:
    """Takes keys from the X server of this display."""

    name = "x11"

    def __init__(self, display: str) -> None:
        self._display: Final = display

    async def hold(
        self, shortcut: Shortcut, ears: Ears, works: Callable[[str], None], stop: asyncio.Future[None]
    ) -> None:
        """Grab, and listen; raises KeyTaken and KeysUnavailable."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        thread = _KeyThread(self._display, shortcut, ears, works, loop, ended)
        stop.add_done_callback(lambda _: thread.wake())
        thread.start()
        try:
            await ended
        finally:
            thread.wake()
            await asyncio.to_thread(thread.join, ENDING_S)


class _KeyThread(threading.Thread):
    """Has one key grabbed until it is woken. ``ears``, ``works`` and ``ended`` are told on the loop."""

    def __init__(
        self,
        display: str,
        shortcut: Shortcut,
        ears: Ears,
        works: Callable[[str], None],
        loop: asyncio.AbstractEventLoop,
        ended: asyncio.Future[None],
    ) -> None:
        super().__init__(name="parlance-key", daemon=True)
        self._display_name: Final = display
        self._shortcut: Final = shortcut
        self._ears: Final = ears
        self._works: Final = works
        self._loop: Final = loop
        self._ended: Final = ended
        self._woken, self._waker = socket.socketpair()

    def wake(self) -> None:
        """End soon. Any thread, any number of times."""
        with suppress(OSError):
            self._waker.send(b"x")

    def run(self) -> None:
        """The thread's own."""
        trouble: KeyTrouble | None = None
        try:
            self._have()
        except KeyTrouble as known:
            trouble = known
        except (DisplayError, XauthError, *_GONE):
            trouble = KeysUnavailable("The X server cannot be reached.", retryable=True)
        finally:
            self._woken.close()
            self._waker.close()
            self._tell(lambda: settle(self._ended, trouble))

    def _have(self) -> None:
        display = Display(self._display_name)
        try:
            keycode = self._grab(display)
            words = f"{self._shortcut} works in every window: the X server hands it to Parlance alone."
            self._tell(lambda: self._works(words))
            self._serve(display, keycode)
        finally:
            with suppress(*_GONE):
                display.close()

    def _grab(self, display: Any) -> int:
        name = self._shortcut.key
        name = _KEYSYMS.get(name, name.lower() if len(name) == 1 else name)
        keycode = int(display.keysym_to_keycode(XK.string_to_keysym(name)))
        if not keycode:
            raise KeysUnavailable(f"This keyboard has no key {self._shortcut.key}.")
        wanted = 0
        for modifier in self._shortcut.modifiers:
            wanted |= _MODIFIERS[modifier]
        refused = CatchError(BadAccess)
        for locks in _sums(X.LockMask, _num_lock(display)):
            display.screen().root.grab_key(
                keycode, wanted | locks, False, X.GrabModeAsync, X.GrabModeAsync, onerror=refused
            )
        display.sync()
        if refused.get_error():
            raise KeyTaken(str(self._shortcut))
        return keycode

    def _serve(self, display: Any, keycode: int) -> None:
        down = False
        while True:
            if not display.pending_events():
                ready, _, _ = select.select([display.fileno(), self._woken], [], [], LOOK_S if down else None)
                if self._woken in ready:
                    return
            presses = False
            while display.pending_events():
                event = display.next_event()
                presses = presses or (event.type == X.KeyPress and event.detail == keycode)
            is_down = (down or presses) and _is_down(display, keycode)
            if presses and not down:
                self._tell(self._ears.pressed)
                if not is_down:
                    self._tell(self._ears.released)
            elif down and not is_down:
                self._tell(self._ears.released)
            down = is_down

    def _tell(self, what: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(what)


def _is_down(display: Any, keycode: int) -> bool:
    keymap = display.query_keymap()
    return bool(keymap[keycode // 8] & 1 << keycode % 8)


def _num_lock(display: Any) -> int:
    """The modifier that Num Lock is on this keyboard."""
    keycode = display.keysym_to_keycode(XK.string_to_keysym("Num_Lock"))
    for at, keycodes in enumerate(display.get_modifier_mapping()):
        if keycode and keycode in keycodes:
            return 1 << at
    return 0


def _sums(*masks: int) -> Iterator[int]:
    """With and without each: a grab is for exactly these modifiers, and locks are modifiers too."""
    present = [mask for mask in masks if mask]
    for some in chain.from_iterable(combinations(present, size) for size in range(len(present) + 1)):
        yield sum(some)
