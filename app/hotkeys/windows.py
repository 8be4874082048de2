"""The key on Windows: a low-level keyboard hook. Untried.

RegisterHotKey tells no releases, so a thread with a message loop hooks the keyboard instead
(https://learn.microsoft.com/windows/win32/winmsg/lowlevelkeyboardproc). Windows drops a hook that answers slowly and
says nothing; that the key is still down is asked beside it. Windows of programs that run as administrator hide keys.
"""

import asyncio
import ctypes
import threading
from collections.abc import Callable
from ctypes import wintypes
from typing import Any, Final

from app.conversation.shortcuts import Modifier, Shortcut
from app.conversation.troubles import KeysUnavailable
from app.hotkeys.ports import Ears, settle

_HOOK_KEYBOARD: Final = 13
_QUIT: Final = 0x0012
_TIMER: Final = 0x0113
_DOWN: Final = (0x0100, 0x0104)
_UP: Final = (0x0101, 0x0105)
_LOOK_MS: Final = 250
_MODIFIERS: Final = {
    Modifier.CTRL: (0x11,),
    Modifier.ALT: (0x12,),
    Modifier.SHIFT: (0x10,),
    Modifier.META: (0x5B, 0x5C),
}
_KEYS: Final = {
    "Space": 0x20, "PageUp": 0x21, "PageDown": 0x22, "End": 0x23, "Home": 0x24, "Left": 0x25, "Up": 0x26,
    "Right": 0x27, "Down": 0x28, "Print": 0x2C, "Insert": 0x2D, "Delete": 0x2E, "Menu": 0x5D, "Pause": 0x13,
    "ScrollLock": 0x91, "Grave": 0xC0,
}  # fmt: skip


def virtual_key_of(key: str) -> int:
    """Windows' number of a key."""
    if len(key) == 1:
        return ord(key)
    if key[0] == "F" and key[1:].isdigit():
        return 0x70 + int(key[1:]) - 1
    return _KEYS[key]


class WindowsKeys:
    """Hooks the keyboard."""

    name = "windows"

    async def hold(
        self, shortcut: Shortcut, ears: Ears, works: Callable[[str], None], stop: asyncio.Future[None]
    ) -> None:
        """Listen; raises KeysUnavailable."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        thread = _HookThread(shortcut, ears, works, loop, ended)
        stop.add_done_callback(lambda _: thread.wake())
        thread.start()
        try:
            await ended
        finally:
            thread.wake()
            await asyncio.to_thread(thread.join, 2.0)


class _HookThread(threading.Thread):
    """Has the hook until it is woken; everything is told on the loop."""

    def __init__(
        self,
        shortcut: Shortcut,
        ears: Ears,
        works: Callable[[str], None],
        loop: asyncio.AbstractEventLoop,
        ended: asyncio.Future[None],
    ) -> None:
        super().__init__(name="parlance-key", daemon=True)
        self._shortcut: Final = shortcut
        self._ears: Final = ears
        self._works: Final = works
        self._loop: Final = loop
        self._ended: Final = ended
        self._user: Final[Any] = ctypes.WinDLL("user32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
        self._key: Final = virtual_key_of(shortcut.key)
        self._down = False

    def wake(self) -> None:
        """End soon. Any thread, any number of times."""
        if self.ident is not None:
            self._user.PostThreadMessageW(self.ident, _QUIT, 0, 0)

    def run(self) -> None:
        """The thread's own."""
        procedure = ctypes.WINFUNCTYPE(  # type: ignore[attr-defined,unused-ignore]
            wintypes.LPARAM, ctypes.c_int, wintypes.WPARAM, wintypes.LPARAM
        )(self._on_key)
        self._user.CallNextHookEx.argtypes = (wintypes.HHOOK, ctypes.c_int, wintypes.WPARAM, wintypes.LPARAM)
        self._user.SetWindowsHookExW.restype = wintypes.HHOOK
        hook = self._user.SetWindowsHookExW(_HOOK_KEYBOARD, procedure, None, 0)
        trouble = None if hook else KeysUnavailable("Windows did not let Parlance listen for keys.")
        if hook:
            words = f"{self._shortcut} works in every window, but for those of programs that run as administrator."
            self._tell(lambda: self._works(words))
            timer = self._user.SetTimer(None, 0, _LOOK_MS, None)
            message = wintypes.MSG()
            while self._user.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
                if message.message == _TIMER and self._down and not self._is_down(self._key):
                    self._let_go()
            self._user.KillTimer(None, timer)
            self._user.UnhookWindowsHookEx(hook)
        self._tell(lambda: settle(self._ended, trouble))

    def _on_key(self, code: int, kind: int, details: int) -> int:
        if code == 0 and ctypes.cast(details, ctypes.POINTER(wintypes.DWORD))[0] == self._key:
            if kind in _DOWN and not self._down and self._has_modifiers():
                self._down = True
                self._tell(self._ears.pressed)
            elif kind in _UP and self._down:
                self._let_go()
                return 1
            if self._down:
                return 1  # ours, and nobody else's
        return int(self._user.CallNextHookEx(None, code, kind, details))

    def _let_go(self) -> None:
        self._down = False
        self._tell(self._ears.released)

    def _has_modifiers(self) -> bool:
        held = {each for each, keys in _MODIFIERS.items() if any(self._is_down(key) for key in keys)}
        return held == self._shortcut.modifiers

    def _is_down(self, key: int) -> bool:
        return bool(self._user.GetAsyncKeyState(key) & 0x8000)

    def _tell(self, what: Callable[[], object]) -> None:
        self._loop.call_soon_threadsafe(what)
