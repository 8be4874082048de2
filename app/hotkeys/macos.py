"""The key on macOS: Carbon's hot keys, which need no permission and tell releases. Untried.

They are registered and told on the main thread only, whose event loop is Qt's. Event taps, which other libraries use,
need the permission to read all input, and have ended whole processes.
"""

import asyncio
import ctypes
import ctypes.util
from collections.abc import Callable
from typing import Any, Final

from app.conversation.shortcuts import Modifier, Shortcut
from app.conversation.troubles import KeysUnavailable, KeyTaken
from app.hotkeys.ports import Ears, settle

_KEYBOARD: Final = int.from_bytes(b"keyb", "big")
_PRESSED: Final = 5
_RELEASED: Final = 6
_EXISTS: Final = -9878
_SIGNATURE: Final = int.from_bytes(b"PRLC", "big")
_MODIFIERS: Final = {Modifier.CTRL: 0x1000, Modifier.ALT: 0x0800, Modifier.SHIFT: 0x0200, Modifier.META: 0x0100}
_LETTERS: Final = dict(
    zip(
        "ASDFHGZXCVBQWERYT123465",
        (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23),
        strict=True,
    )
) | {
    "9": 25,
    "7": 26,
    "8": 28,
    "0": 29,
    "O": 31,
    "U": 32,
    "I": 34,
    "P": 35,
    "L": 37,
    "J": 38,
    "K": 40,
    "N": 45,
    "M": 46,
}
_NAMED: Final = {
    "Space": 49, "Grave": 50, "F5": 96, "F6": 97, "F7": 98, "F3": 99, "F8": 100, "F9": 101, "F11": 103, "F13": 105,
    "F16": 106, "F14": 107, "F10": 109, "F12": 111, "F15": 113, "Insert": 114, "Home": 115, "PageUp": 116,
    "Delete": 117, "F4": 118, "End": 119, "F2": 120, "PageDown": 121, "F1": 122, "Left": 123, "Right": 124,
    "Down": 125, "Up": 126, "F17": 64, "F18": 79, "F19": 80, "F20": 90,
}  # fmt: skip


class _HotKeyId(ctypes.Structure):
    _fields_ = (("signature", ctypes.c_uint32), ("id", ctypes.c_uint32))


class _EventKind(ctypes.Structure):
    _fields_ = (("event_class", ctypes.c_uint32), ("kind", ctypes.c_uint32))


_Handler = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


class MacKeys:
    """Registers hot keys. ``run_on_gui`` runs a function on the main thread, a little later."""

    name = "macos"

    def __init__(self, run_on_gui: Callable[[Callable[[], None]], None]) -> None:
        self._run_on_gui: Final = run_on_gui

    async def hold(
        self, shortcut: Shortcut, ears: Ears, works: Callable[[str], None], stop: asyncio.Future[None]
    ) -> None:
        """Register, and listen; raises KeyTaken and KeysUnavailable."""
        code = _LETTERS.get(shortcut.key, _NAMED.get(shortcut.key))
        if code is None:
            raise KeysUnavailable(f"A Mac's keyboard has no key {shortcut.key}.")
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        registered = _Registered(code, shortcut, ears, loop)

        def register() -> None:
            trouble = registered.register()
            if trouble is None:
                words = f"{shortcut} works in every window."
                loop.call_soon_threadsafe(works, words)
            else:
                loop.call_soon_threadsafe(settle, ended, trouble)

        stop.add_done_callback(lambda _: settle(ended))
        self._run_on_gui(register)
        try:
            await ended
        finally:
            self._run_on_gui(registered.give_back)


class _Registered:
    """One hot key. Main thread only; ``ears`` are called on the loop."""

    def __init__(self, code: int, shortcut: Shortcut, ears: Ears, loop: asyncio.AbstractEventLoop) -> None:
        self._code: Final = code
        self._shortcut: Final = shortcut
        self._ears: Final = ears
        self._loop: Final = loop
        self._carbon: Final[Any] = ctypes.CDLL(ctypes.util.find_library("Carbon"))
        self._carbon.GetApplicationEventTarget.restype = ctypes.c_void_p
        self._carbon.GetEventKind.restype = ctypes.c_uint32
        self._carbon.GetEventKind.argtypes = (ctypes.c_void_p,)
        self._handler: Final = _Handler(self._on_event)
        self._key = ctypes.c_void_p()
        self._installed = ctypes.c_void_p()

    def register(self) -> KeyTaken | KeysUnavailable | None:
        """What went wrong, if anything."""
        target = ctypes.c_void_p(self._carbon.GetApplicationEventTarget())
        kinds = (_EventKind * 2)(_EventKind(_KEYBOARD, _PRESSED), _EventKind(_KEYBOARD, _RELEASED))
        self._carbon.InstallEventHandler(target, self._handler, 2, kinds, None, ctypes.byref(self._installed))
        held = sum(_MODIFIERS[each] for each in self._shortcut.modifiers)
        refused = self._carbon.RegisterEventHotKey(
            self._code, held, _HotKeyId(_SIGNATURE, 1), target, 0, ctypes.byref(self._key)
        )
        if refused == _EXISTS:
            return KeyTaken(str(self._shortcut))
        return KeysUnavailable(f"macOS refused the key ({refused}).") if refused else None

    def give_back(self) -> None:
        """Unregister what was registered."""
        if self._key.value:
            self._carbon.UnregisterEventHotKey(self._key)
        if self._installed.value:
            self._carbon.RemoveEventHandler(self._installed)

    def _on_event(self, _next: int, event: int, _data: int) -> int:
        is_press = self._carbon.GetEventKind(event) == _PRESSED
        self._loop.call_soon_threadsafe(self._ears.pressed if is_press else self._ears.released)
        return 0
