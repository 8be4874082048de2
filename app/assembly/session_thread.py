"""The session thread: a qasync loop of its own beside the window's.

State goes up as frozen values by queued Qt signals; wishes go down by ``call_soon_threadsafe``. Neither side ever waits
for the other, so a blocked window cannot disturb the sound, nor a busy network the window.
"""

import gc
import sys
import threading
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QThread

from app.assembly.border import Border
from app.conversation.settings import Settings
from app.conversation.view import Levels
from app.vault.places import Places

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from app.assembly.window_session import WindowSession

SWITCH_INTERVAL_S: Final = 0.0005
"""How long a thread may keep the interpreter while another wants it: the default of 5 ms is half a block of sound."""


class SessionThread(QThread):
    """Runs the session. ``post`` and ``levels`` may be called from any thread, at any time."""

    def __init__(self, places: Places, settings: Settings, border: Border) -> None:
        super().__init__()
        self.setObjectName("parlance-session")
        self.failed = True
        """Until it has ended well; a bug that ends it goes to ``sys.excepthook``."""
        self._places: Final = places
        self._settings: Final = settings
        self._border: Final = border
        self._lock: Final = threading.Lock()
        self._early: list[Callable[[WindowSession], None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: WindowSession | None = None
        self._closing: asyncio.Event | None = None
        self._close_asked = False

    def post(self, wish: "Callable[[WindowSession], None]") -> None:
        """Carry out a wish on the session loop, in order; early wishes wait for the loop, late ones are void."""
        with self._lock:
            if self._session is None:
                self._early.append(wish)
            elif self._loop is not None:
                self._loop.call_soon_threadsafe(wish, self._session)

    def finish(self) -> None:
        """Hang up, put everything away and end the thread; ``finished`` tells when."""
        with self._lock:
            self._close_asked = True
            if self._loop is not None and self._closing is not None:
                self._loop.call_soon_threadsafe(self._closing.set)

    def levels(self) -> Levels:
        """What the meters show."""
        session = self._session
        return session.levels() if session is not None else Levels()

    def run(self) -> None:
        """The thread's own; called by Qt."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        try:
            self._run_loop()
            self.failed = False
        finally:
            with self._lock:
                self._loop = self._session = self._closing = None
            gc.unfreeze()
            gc.enable()

    def _run_loop(self) -> None:
        # Here and not above: half a second of libraries that the first paint must not wait for.
        from app.assembly.session_loop import run_on_loop
        from app.link.codecless import import_aiortc

        import_aiortc()  # before anything else imports it
        from app.assembly.session_life import live

        run_on_loop(self, lambda: live(self._places, self._settings, self._border, self._open_for_wishes))

    def _open_for_wishes(self, session: "WindowSession", closing: "asyncio.Event") -> None:
        import asyncio

        with self._lock:
            self._loop, self._session, self._closing = asyncio.get_running_loop(), session, closing
            early, self._early = self._early, []
            if self._close_asked:
                closing.set()
        for wish in early:
            wish(session)
