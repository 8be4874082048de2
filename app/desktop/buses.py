"""What the desktop says and can be told over D-Bus: screen lock, sleep, notifications. Linux.

https://specifications.freedesktop.org/notification-spec/latest/ ,
https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.login1.html
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from dbus_fast import BusType, DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

log = logging.getLogger("parlance.desktop")

ANSWER_S: Final = 5.0
_BUS: Final = "org.freedesktop.DBus"
_NOTIFICATIONS: Final = "org.freedesktop.Notifications"
_SAVERS: Final = (
    "org.freedesktop.ScreenSaver",
    "org.gnome.ScreenSaver",
    "org.cinnamon.ScreenSaver",
    "org.mate.ScreenSaver",
)
_LOGIN: Final = "org.freedesktop.login1"
_NO_BUS: Final = (OSError, ValueError, DBusError, TimeoutError, EOFError)


@dataclass(frozen=True, slots=True)
class Moments:
    """Who is told of what. Called on the session loop; each returns at once. Some are told twice."""

    locked: Callable[[], None]
    unlocked: Callable[[], None]
    slept: Callable[[], None]
    """The machine is about to sleep."""
    woke: Callable[[], None]


class Buses:
    """One for each run of the app. Session loop only. Without a bus nothing is told, and nothing is missed."""

    def __init__(self, app_id: str, moments: Moments) -> None:
        self._app_id: Final = app_id
        self._moments: Final = moments
        self._session: MessageBus | None = None
        self._closing: Final = asyncio.Event()
        self.ready: Final = asyncio.Event()
        """What is said from now on is heard."""

    async def serve(self) -> None:
        """Listen until ``close``."""
        rules = [f"type='signal',interface='{saver}',member='ActiveChanged'" for saver in _SAVERS]
        self._session = await _joined(BusType.SESSION, rules, self._heard)
        logins = [
            f"type='signal',sender='{_LOGIN}',member='{member}'" for member in ("Lock", "Unlock", "PrepareForSleep")
        ]
        system = await _joined(BusType.SYSTEM, logins, self._heard)
        self.ready.set()
        await self._closing.wait()
        for bus in (self._session, system):
            if bus is not None:
                bus.disconnect()
                with suppress(*_NO_BUS):
                    await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Let ``serve`` end."""
        self._closing.set()

    async def notify(self, title: str, words: str) -> bool:
        """Show a notification; whether somebody shows it."""
        if self._session is None or not self._session.connected:
            return False
        hints = {"desktop-entry": Variant("s", self._app_id)}
        body = ["Parlance", 0, self._app_id, title, words, [], hints, -1]
        message = Message(
            destination=_NOTIFICATIONS,
            path="/org/freedesktop/Notifications",
            interface=_NOTIFICATIONS,
            member="Notify",
            signature="susssasa{sv}i",
            body=body,
        )
        try:
            async with asyncio.timeout(ANSWER_S):
                reply = await self._session.call(message)
        except _NO_BUS:
            return False
        return reply.message_type is MessageType.METHOD_RETURN

    def _heard(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        match message.member, message.body:
            case "ActiveChanged", [bool(is_locked)]:
                self._lock() if is_locked else self._unlock()
            case "Lock", _:
                self._lock()
            case "Unlock", _:
                self._unlock()
            case "PrepareForSleep", [bool(is_ahead)]:
                log.info("< desktop %s", "sleeps" if is_ahead else "woke")
                self._moments.slept() if is_ahead else self._moments.woke()
            case _:
                pass

    def _lock(self) -> None:
        log.info("< desktop locked")
        self._moments.locked()

    def _unlock(self) -> None:
        log.info("< desktop unlocked")
        self._moments.unlocked()


async def _joined(which: BusType, rules: list[str], heard: Callable[[Message], Any]) -> MessageBus | None:
    """The bus, listening; None where there is none."""
    try:
        async with asyncio.timeout(ANSWER_S):
            bus = await MessageBus(bus_type=which).connect()
            bus.add_message_handler(heard)
            for rule in rules:
                asked = Message(
                    destination=_BUS,
                    path="/org/freedesktop/DBus",
                    interface=_BUS,
                    member="AddMatch",
                    signature="s",
                    body=[rule],
                )
                await bus.call(asked)
    except _NO_BUS as error:
        log.info("- no %s bus (%s)", which.name.lower(), type(error).__name__)
        return None
    return bus
