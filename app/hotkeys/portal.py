"""The key where programs may not take keys themselves (Wayland): the desktop's GlobalShortcuts portal.

https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.GlobalShortcuts.html
The desktop knows a program by its app id, which has to be the name of an installed desktop file; since version 1.21 of
the portal a program outside a sandbox says its id first. The desktop may ask the person, and may choose another key.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Any, Final

from dbus_fast import BusType, DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from app.conversation.shortcuts import Modifier, Shortcut
from app.conversation.troubles import KeysUnavailable
from app.hotkeys.ports import Ears, settle

log = logging.getLogger("parlance.hotkeys")

ANSWER_S: Final = 5.0
"""For what a program answers."""
PERSON_S: Final = 120.0
"""For what a person may be asked."""

_PORTAL: Final = "org.freedesktop.portal.Desktop"
_PATH: Final = "/org/freedesktop/portal/desktop"
_SHORTCUTS: Final = "org.freedesktop.portal.GlobalShortcuts"
_BUS: Final = "org.freedesktop.DBus"
_ID: Final = "talk"
_ENDED: Final = 2
"""What a request says that "was ended in some other way"; 1 is the person's no."""
_MODIFIERS: Final = {Modifier.CTRL: "CTRL", Modifier.ALT: "ALT", Modifier.SHIFT: "SHIFT", Modifier.META: "LOGO"}
_KEYSYMS: Final = {
    "Space": "space",
    "PageUp": "Prior",
    "PageDown": "Next",
    "ScrollLock": "Scroll_Lock",
    "Grave": "grave",
}


def trigger_of(shortcut: Shortcut) -> str:
    """As the shortcuts specification writes it: modifiers in capitals, the key by its xkb name."""
    key = shortcut.key
    key = _KEYSYMS.get(key, key.lower() if len(key) == 1 else key)
    return "+".join([_MODIFIERS[each] for each in Modifier if each in shortcut.modifiers] + [key])


class PortalKeys:
    """Asks the portal on the session bus; ``app_id`` is the name of our desktop file."""

    name = "portal"

    def __init__(self, app_id: str) -> None:
        self._app_id: Final = app_id

    async def hold(
        self, shortcut: Shortcut, ears: Ears, works: Callable[[str], None], stop: asyncio.Future[None]
    ) -> None:
        """Ask for the key, and listen; raises KeysUnavailable."""
        try:
            async with asyncio.timeout(ANSWER_S):
                bus = await MessageBus(bus_type=BusType.SESSION).connect()
        except (OSError, DBusError, ValueError, TimeoutError) as error:
            raise KeysUnavailable("There is no session bus to ask for a key.") from error
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        call = _Call(bus, ears, ended)
        stop.add_done_callback(lambda _: call.end())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_watch(bus, ended))
            try:
                trouble = await call.hold(shortcut, self._app_id, works)
            finally:
                bus.disconnect()
        if trouble is not None:
            raise trouble


class _Call:
    """One conversation with the portal."""

    def __init__(self, bus: MessageBus, ears: Ears, ended: asyncio.Future[None]) -> None:
        self._bus: Final = bus
        self._ears: Final = ears
        self._ended: Final = ended
        self._session = ""
        self._awaited: Final[dict[str, asyncio.Future[tuple[int, dict[str, Any]]]]] = {}
        bus.add_message_handler(self._heard)

    async def hold(self, shortcut: Shortcut, app_id: str, works: Callable[[str], None]) -> KeysUnavailable | None:
        """What went wrong, or None once it is stopped."""
        try:
            works(await self._bind(shortcut, app_id))
            await self._ended
        except KeysUnavailable as trouble:
            return trouble
        except (DBusError, OSError, EOFError, TimeoutError) as error:
            silent = KeysUnavailable("The desktop's portal does not answer.", retryable=True)
            silent.__cause__ = error
            return silent
        return None

    def end(self) -> None:
        """Wait for nothing any more, a person's answer least of all."""
        settle(self._ended)
        for answer in self._awaited.values():
            if not answer.done():
                answer.set_result((_ENDED, {}))

    async def _bind(self, shortcut: Shortcut, app_id: str) -> str:
        await self._introduce(app_id)
        for rule in (
            f"type='signal',sender='{_PORTAL}',path_namespace='{_PATH}'",
            f"type='signal',sender='{_BUS}',member='NameOwnerChanged',arg0='{_PORTAL}'",
        ):
            await self._ask(_BUS, "AddMatch", "s", [rule], path="/org/freedesktop/DBus", to=_BUS)
        session = {"session_handle_token": Variant("s", f"parlance_{secrets.token_hex(8)}")}
        told = await self._request("CreateSession", "a{sv}", [], session, ANSWER_S)
        self._session = str(told["session_handle"].value)
        wanted = {
            "description": Variant("s", "Talk to the assistant"),
            "preferred_trigger": Variant("s", trigger_of(shortcut)),
        }
        told = await self._request(
            "BindShortcuts", "oa(sa{sv})sa{sv}", [self._session, [[_ID, wanted]], ""], {}, PERSON_S
        )
        return _words(told, shortcut)

    async def _introduce(self, app_id: str) -> None:
        try:
            await self._ask("org.freedesktop.host.portal.Registry", "Register", "sa{sv}", [app_id, {}])
        except DBusError as error:
            log.info("- portal: no registration (%s)", error.type)  # before 1.21 there is none, and none is needed

    async def _request(
        self, member: str, signature: str, before: list[Any], options: dict[str, Variant], within_s: float
    ) -> dict[str, Any]:
        """Ask, and wait for the answer, which comes as a signal from an object that is named beforehand."""
        token = f"parlance_{secrets.token_hex(8)}"
        sender = str(self._bus.unique_name)[1:].replace(".", "_")
        path = f"{_PATH}/request/{sender}/{token}"
        self._awaited[path] = asyncio.get_running_loop().create_future()
        options = {"handle_token": Variant("s", token), **options}
        try:
            await self._ask(_SHORTCUTS, member, signature, [*before, options])
            async with asyncio.timeout(within_s):
                code, told = await self._awaited[path]
        except DBusError as error:
            if error.type.rpartition(".")[2] in _ABSENT:
                raise KeysUnavailable("This desktop gives programs no keys that work in every window.") from error
            raise
        finally:
            del self._awaited[path]
        if code:
            raise KeysUnavailable("The desktop was asked for a key, and it was refused.")
        return told

    async def _ask(
        self, interface: str, member: str, signature: str, body: list[Any], *, path: str = _PATH, to: str = _PORTAL
    ) -> list[Any]:
        message = Message(destination=to, path=path, interface=interface, member=member, signature=signature, body=body)
        async with asyncio.timeout(ANSWER_S):
            reply = await self._bus.call(message)
        if reply.message_type is MessageType.ERROR:
            raise DBusError(reply.error_name or "unnamed", "")
        return list(reply.body)

    def _heard(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        match message.member, message.body:
            case "Response", [int(code), dict(told)] if (path := message.path or "") in self._awaited:
                if not self._awaited[path].done():
                    self._awaited[path].set_result((code, told))
            case "Activated", [session, key, *_] if (session, key) == (self._session, _ID):
                self._ears.pressed()
            case "Deactivated", [session, key, *_] if (session, key) == (self._session, _ID):
                self._ears.released()
            case "Closed", _ if message.path == self._session:
                settle(self._ended, KeysUnavailable("The desktop took the key back."))
            case "NameOwnerChanged", [name, _, ""] if name == _PORTAL:
                settle(self._ended, KeysUnavailable("The desktop's portal has gone.", retryable=True))
            case _:
                pass


_ABSENT: Final = ("UnknownMethod", "UnknownInterface", "ServiceUnknown", "NotSupported", "NotFound")


async def _watch(bus: MessageBus, ended: asyncio.Future[None]) -> None:
    """Until the bus is left, or has gone."""
    try:
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
    except (OSError, EOFError, DBusError):
        log.info("- portal: the session bus has gone")
    settle(ended, KeysUnavailable("The session bus has gone.", retryable=True))


def _words(told: dict[str, Any], shortcut: Shortcut) -> str:
    """Which key the desktop has given us."""
    bound = told["shortcuts"].value if "shortcuts" in told else []
    given = next((each[1].get("trigger_description") for each in bound if each[0] == _ID), None)
    key = str(given.value) if given is not None and given.value else str(shortcut)
    return f"{key} works in every window: the desktop's portal hands it over, and its settings can change it."
