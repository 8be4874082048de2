"""Keeps the chosen key, whatever happens to the back end, and says what works and why."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from app.conversation.shortcuts import KeyReport, Shortcut, UnusableKey, shortcut_of
from app.conversation.troubles import KeyTrouble
from app.hotkeys.ports import Backend, Ears, settle

log = logging.getLogger("parlance.hotkeys")

RETRY_S: Final = 5.0
"""A key may become free, and a portal or an X server may come back."""


class Hotkeys:
    """One for each run of the app. Session loop only.

    ``lost`` is told whenever no release can come any more; ``show`` whenever the report changes. ``command`` is what a
    person can bind in the desktop's settings where no back end works (None: this desktop has none at all).
    """

    def __init__(
        self,
        backend: Backend | None,
        ears: Ears,
        *,
        lost: Callable[[], None],
        show: Callable[[KeyReport], None],
        command: str,
    ) -> None:
        self._backend: Final = backend
        self._ears: Final = ears
        self._lost: Final = lost
        self._show: Final = show
        self._command: Final = command
        self._wanted = ""
        self._change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closing = False
        self._shown: KeyReport | None = None

    def use(self, key: str) -> None:
        """This key from now on, or none."""
        if key != self._wanted:
            self._wanted = key
            settle(self._change)

    def close(self) -> None:
        """Give the key back and let ``serve`` end."""
        self._closing = True
        settle(self._change)

    async def serve(self) -> None:
        """Until ``close``."""
        while not self._closing:
            self._change = asyncio.get_running_loop().create_future()
            again = await self._have(self._wanted)
            await asyncio.wait({self._change}, timeout=RETRY_S if again else None)

    async def _have(self, key: str) -> bool:
        """Have the key until something changes; whether to try again later."""
        shortcut = self._checked(key)
        if shortcut is None:
            return False
        if self._backend is None:
            self._tell(
                KeyReport(False, "This desktop gives programs no keys that work in every window.", self._command)
            )
            return False
        try:
            await self._backend.hold(shortcut, self._ears, self._works, self._change)
        except KeyTrouble as trouble:
            if not self._change.done():
                log.info("x key by %s: %s", self._backend.name, trouble.kind)
                self._tell(KeyReport(False, str(trouble), self._command))
            return trouble.retryable
        finally:
            self._lost()
        return False

    def _checked(self, key: str) -> Shortcut | None:
        if not key:
            self._tell(KeyReport())
            return None
        try:
            return shortcut_of(key)
        except UnusableKey as unusable:
            self._tell(KeyReport(False, str(unusable)))
            return None

    def _works(self, words: str) -> None:
        assert self._backend is not None
        log.info("- key by %s", self._backend.name)
        self._tell(KeyReport(True, words))

    def _tell(self, report: KeyReport) -> None:
        if report != self._shown:
            self._shown = report
            self._show(report)
