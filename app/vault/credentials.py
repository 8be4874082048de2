"""Credentials in the OS keyring, with this run's memory as plan B: the session's port ``Credentials``."""

import asyncio
import logging
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from app.conversation.admission import Secret
from app.conversation.troubles import KeyringMissing, KeyringSilent, StorageTrouble

DEADLINE_S = 3.0
"""A locked keyring on a desktop blocks for as long as its own unlock dialog is open."""

_log = logging.getLogger("parlance.vault")
T = TypeVar("T")


class _Ring(Protocol):
    """``app.vault.ring``."""

    def read(self, slot: str) -> Secret | None: ...
    def write(self, slot: str, secret: Secret) -> bool: ...
    def forget(self, slot: str) -> None: ...


class KeyringCredentials:
    """Broker credentials and API keys, by slot. Session loop only.

    What is written is also remembered for this run, so that an absent or locked keyring costs nothing but the next
    run's memory. ``stand_in`` answers instead of the keyring, for scripts.
    """

    def __init__(self, stand_in: Secret | None = None, *, deadline_s: float = DEADLINE_S) -> None:
        self._stand_in = stand_in
        self._deadline_s = deadline_s
        self._this_run: dict[str, Secret] = {}
        self._one_at_a_time = asyncio.Lock()
        self._last: Future[Any] | None = None

    async def read(self, slot: str) -> Secret | None:
        """The secret, None if there is none; raises StorageTrouble."""
        if known := self._this_run.get(slot) or self._stand_in:
            return known
        return await self._ask(lambda ring: ring.read(slot))

    async def write(self, slot: str, secret: Secret) -> StorageTrouble | None:
        """Keep it. A returned trouble says that it is kept for this run only, and why."""
        self._this_run[slot] = secret
        try:
            kept = await self._ask(lambda ring: ring.write(slot, secret))
        except StorageTrouble as trouble:
            return trouble
        return None if kept else KeyringMissing()

    async def forget(self, slot: str) -> None:
        """Remove it everywhere; raises StorageTrouble when a keyring that may hold it would not."""
        self._this_run.pop(slot, None)
        try:
            await self._ask(lambda ring: ring.forget(slot))
        except KeyringMissing:
            return

    async def _ask(self, call: Callable[[_Ring], T]) -> T:
        """Run a keyring call within the deadline.

        On a daemon thread of its own: a call that hangs must not hold up the end of the program, as a thread of
        an executor would. While one hangs there is no second one.
        """
        async with self._one_at_a_time:
            if self._last and not self._last.done():
                raise KeyringSilent
            errand: Future[T] = Future()
            self._last = errand
            errand.set_running_or_notify_cancel()  # from here on giving up the wait leaves the errand alone
            answered = asyncio.Event()
            errand.add_done_callback(_waker(answered))
            threading.Thread(target=_run, args=(errand, call), name="keyring", daemon=True).start()
            try:
                async with asyncio.timeout(self._deadline_s):
                    await answered.wait()
            except TimeoutError:
                _log.warning("x keyring: no answer in %.1f s", self._deadline_s)
                raise KeyringSilent from None
            return errand.result()


def _waker(answered: asyncio.Event) -> Callable[[Future[T]], None]:
    """Tells the loop, if it is still there: a call that hangs must not keep a closed loop alive on its thread."""
    loop, event = weakref.ref(asyncio.get_running_loop()), weakref.ref(answered)

    def wake(_errand: Future[T]) -> None:
        to_wake, to_set = loop(), event()
        if to_wake is not None and to_set is not None and not to_wake.is_closed():
            with suppress(RuntimeError):  # closed between the question and the call
                to_wake.call_soon_threadsafe(to_set.set)

    return wake


def _run(errand: Future[T], call: Callable[[_Ring], T]) -> None:
    """On the keyring thread."""
    try:
        from app.vault import ring

        errand.set_result(call(ring))
    except StorageTrouble as trouble:
        errand.set_exception(trouble.with_traceback(None))  # its frames hold the secret
