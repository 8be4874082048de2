"""Parlance as a guest of the desktop, on the session loop: what lock and sleep mean, and what is told outside."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from app.assembly.this_program import start_command
from app.conversation import happenings as did
from app.conversation.settings import DesktopSettings, Settings
from app.conversation.troubles import MICROPHONE_ASKED, MicrophoneForbidden, Notice, SettingsUnwritable, notice_of
from app.desktop.autostart import start_at_login
from app.desktop.buses import Buses, Moments
from app.desktop.microphone import Access, microphone_access
from app.session.conductor import Conductor
from app.session.talking import Talking

log = logging.getLogger("parlance.assembly")


class Guest:
    """One for each run of the window. Session loop only."""

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        settings: Settings,
        app_id: str,
        conductor: Conductor,
        talking: Talking,
        balloon: Callable[[str, str], None],
        tell: Callable[[Notice], None],
    ) -> None:
        self._tasks: Final = tasks
        self._settings = settings.desktop
        self._app_id: Final = app_id
        self._conductor: Final = conductor
        self._talking: Final = talking
        self._balloon: Final = balloon
        self._tell: Final = tell
        self._muted_by_lock = False
        self._buses: Final = Buses(app_id, Moments(self._locked, self._unlocked, talking.lose_all, self._woke))
        tasks.create_task(self._buses.serve())

    def use(self, settings: Settings) -> None:
        """New settings."""
        before, self._settings = self._settings, settings.desktop
        if _at_login(before) != _at_login(self._settings):
            self._tasks.create_task(self._start_at_login(self._settings))

    def notify(self, title: str, words: str) -> None:
        """Tell a person who looks elsewhere."""
        self._tasks.create_task(self._notify(title, words))

    def before_call(self) -> None:
        """A conversation begins: say it if the system will ask for the microphone, or does not give it."""
        self._tasks.create_task(self._look_at_microphone())

    def close(self) -> None:
        """Listen no more."""
        self._buses.close()

    def _locked(self) -> None:
        self._talking.lose_all()
        if self._settings.mute_on_lock and not self._conductor.state.muted:
            self._muted_by_lock = True
            self._conductor.handle(did.MuteChosen(True))

    def _unlocked(self) -> None:
        if self._muted_by_lock:
            self._muted_by_lock = False
            self._conductor.handle(did.MuteChosen(False))

    def _woke(self) -> None:
        """Whatever was connected is not any more; better to look at once than to wait for silence."""
        self._conductor.handle(did.NetworkChanged())

    async def _notify(self, title: str, words: str) -> None:
        if not await self._buses.notify(title, words):
            self._balloon(title, words)

    async def _look_at_microphone(self) -> None:
        access = await asyncio.to_thread(microphone_access)
        if access is Access.DENIED:
            log.warning("x the system does not give us the microphone")
            self._conductor.handle(did.TroubleArose(MicrophoneForbidden()))
        elif access is Access.UNDECIDED:
            self._tell(MICROPHONE_ASKED)

    async def _start_at_login(self, wanted: DesktopSettings) -> None:
        command = [*start_command(), *(["--hidden"] if wanted.start_hidden else [])]
        try:
            await asyncio.to_thread(start_at_login, wanted.start_at_login, self._app_id, command)
        except SettingsUnwritable as trouble:
            log.warning("x %s", trouble.kind)
            self._balloon("Start at login", str(trouble))


def microphone_notice() -> Notice | None:
    """What to say of the system's leave to use the microphone; None where it is given. Blocks, briefly."""
    match microphone_access():
        case Access.DENIED:
            return notice_of(MicrophoneForbidden())
        case Access.UNDECIDED:
            return MICROPHONE_ASKED
        case Access.GRANTED:
            return None


def _at_login(settings: DesktopSettings) -> tuple[bool, bool]:
    return settings.start_at_login, settings.start_at_login and settings.start_hidden
