"""Keeps the settings in force and writes changes to the file, a little later and never on the loop."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.conversation.settings import Settings
from app.conversation.troubles import SettingsUnwritable
from app.vault.preferences import save

log = logging.getLogger("parlance.assembly")

SAVE_DELAY_S: Final = 0.5
"""A slider that is dragged writes one file, not a hundred."""


class Keeper:
    """Session loop only."""

    def __init__(
        self,
        path: Path,
        settings: Settings,
        *,
        unwritable: Callable[[SettingsUnwritable], None],
    ) -> None:
        self.settings = settings
        self._path: Final = path
        self._unwritable: Final = unwritable
        self._dirty: Final = asyncio.Event()
        self._closing = False

    def use(self, settings: Settings) -> bool:
        """These settings from now on; whether they differ from those before."""
        if settings == self.settings:
            return False
        self.settings = settings
        self._dirty.set()
        return True

    def close(self) -> None:
        """Write what is left and let ``run`` end."""
        self._closing = True
        self._dirty.set()

    async def run(self) -> None:
        """Write the file whenever something changed, until ``close``."""
        saved = self.settings
        while not self._closing:
            await self._dirty.wait()
            if not self._closing:
                await asyncio.sleep(SAVE_DELAY_S)
            self._dirty.clear()
            current = self.settings
            if current != saved:
                saved = current
                await self._save(current)

    async def _save(self, settings: Settings) -> None:
        try:
            await asyncio.to_thread(save, self._path, settings)
        except SettingsUnwritable as trouble:
            log.warning("x settings not saved: %s", trouble.kind)
            self._unwritable(trouble)
