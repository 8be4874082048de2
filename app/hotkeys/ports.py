"""What a back end is, and what it tells."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from app.conversation.shortcuts import Shortcut


class Ears(Protocol):
    """Who hears the key. Called on the session loop only; each returns at once and never raises."""

    def pressed(self) -> None:
        """The key went down; repeats are not told."""

    def released(self) -> None:
        """The key came up."""


class Backend(Protocol):
    """One way to get a key. Session loop only."""

    name: str
    """For logs."""

    async def hold(
        self, shortcut: Shortcut, ears: Ears, works: Callable[[str], None], stop: asyncio.Future[None]
    ) -> None:
        """Have the key until ``stop`` is done; then nothing more is told and the key is given back.

        ``works`` is called once the key is ours, with how it works, for Settings. Raises KeyTrouble when it cannot be
        had, or not any more: then no release will come.
        """


def settle(ended: asyncio.Future[None], trouble: Exception | None = None) -> None:
    """Let whoever awaits ``ended`` go on; the first word counts."""
    if ended.done():
        return
    if trouble is None:
        ended.set_result(None)
    else:
        ended.set_exception(trouble)
