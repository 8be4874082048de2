"""A D-Bus session of its own, and the real desktop portal on it with a stand-in for the desktop behind."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from tests.support.waiting import eventually

PORTAL: Final = Path("/usr/libexec/xdg-desktop-portal")
_INTERFACE: Final = "org.freedesktop.impl.portal.GlobalShortcuts"
_PATH: Final = "/org/freedesktop/portal/desktop"
_NAME: Final = "org.freedesktop.impl.portal.desktop.standin"
_BUS: Final = "org.freedesktop.DBus"
_FILE: Final = f"[portal]\nDBusName={_NAME}\nInterfaces={_INTERFACE};\nUseIn=standin\n"


@contextmanager
def session_bus() -> Iterator[dict[str, str]]:
    """A bus daemon; the environment in which programs find it."""
    command = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        assert daemon.stdout
        address = daemon.stdout.readline().strip()
        assert address, "no session bus"
        try:
            yield {"DBUS_SESSION_BUS_ADDRESS": address}
        finally:
            daemon.kill()


@asynccontextmanager
async def portal(
    bus: dict[str, str], folder: Path, *, knows_keys: bool = True
) -> AsyncIterator[subprocess.Popen[bytes]]:
    """The real front end on that bus; the desktop behind it is a ``StandIn``, if one is there."""
    backends = folder / "portals"
    backends.mkdir(exist_ok=True)
    if knows_keys:
        (backends / "standin.portal").write_text(_FILE)
    environment = {
        **os.environ,
        **bus,
        "XDG_DESKTOP_PORTAL_DIR": str(backends),
        "XDG_CURRENT_DESKTOP": "standin",
        "XDG_RUNTIME_DIR": str(folder),
    }
    with subprocess.Popen([PORTAL, "-r"], env=environment, stderr=subprocess.DEVNULL) as process:  # noqa: ASYNC220
        asked = ["dbus-send", "--session", "--dest=org.freedesktop.DBus", "--print-reply", "/org/freedesktop/DBus"]
        asked += ["org.freedesktop.DBus.GetNameOwner", "string:org.freedesktop.portal.Desktop"]

        def is_there() -> bool:
            return subprocess.run(asked, env=environment, capture_output=True, check=False).returncode == 0

        try:
            await asyncio.to_thread(eventually, is_there, "the portal is on the bus")
            yield process
        finally:
            process.kill()


class StandIn:
    """The desktop behind the portal: gives a key, and presses it."""

    def __init__(self, bus: MessageBus, *, refuses: bool, silent: bool) -> None:
        self._bus = bus
        self._refuses = refuses
        self._silent = silent
        self.asked: list[dict[str, Any]] = []
        """What was wanted of each key."""
        self.session = ""
        bus.add_message_handler(self._answer)

    async def press(self) -> None:
        await self._tell("Activated")

    async def let_go(self) -> None:
        await self._tell("Deactivated")

    async def _tell(self, member: str, key: str = "talk") -> None:
        body = [self.session, key, 1000, dict[str, Variant]()]
        await self._bus.send(Message.new_signal(_PATH, _INTERFACE, member, "osta{sv}", body))

    def _answer(self, message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        match message.interface, message.member:
            case "org.freedesktop.DBus.Properties", "GetAll":
                return Message.new_method_return(message, "a{sv}", [{"version": Variant("u", 1)}])
            case "org.freedesktop.DBus.Properties", "Get":
                return Message.new_method_return(message, "v", [Variant("u", 1)])
            case interface, "CreateSession" if interface == _INTERFACE:
                self.session = message.body[1]
                return Message.new_method_return(message, "ua{sv}", [0, {}])
            case interface, "BindShortcuts" if interface == _INTERFACE and self._silent:
                self.asked.append({})
                return None
            case interface, "BindShortcuts" if interface == _INTERFACE:
                return self._bind(message)
            case _:
                return None

    def _bind(self, message: Message) -> Message:
        self.asked += [{"id": id, **{name: each.value for name, each in told.items()}} for id, told in message.body[2]]
        if self._refuses:
            return Message.new_method_return(message, "ua{sv}", [1, {}])
        given = [
            [id, {"description": told["description"], "trigger_description": Variant("s", "Super+F9")}]
            for id, told in message.body[2]
        ]
        return Message.new_method_return(message, "ua{sv}", [0, {"shortcuts": Variant("a(sa{sv})", given)}])


@asynccontextmanager
async def stand_in(bus: dict[str, str], *, refuses: bool = False, silent: bool = False) -> AsyncIterator[StandIn]:
    """A desktop that gives keys, refuses them, or lets the person think for ever."""
    connection = await MessageBus(bus["DBUS_SESSION_BUS_ADDRESS"], BusType.SESSION).connect()
    one = StandIn(connection, refuses=refuses, silent=silent)
    await connection.request_name(_NAME)
    try:
        yield one
    finally:
        # WORKAROUND dbus-fast 5.2 watches a socket it has closed, if an answer is due after the farewell. The portal's
        # last calls come before the answer to this one.
        ping = Message(destination=_BUS, path="/", interface="org.freedesktop.DBus.Peer", member="Ping")
        await asyncio.wait_for(connection.call(ping), 5)
        connection.disconnect()
        await asyncio.wait_for(connection.wait_for_disconnect(), 5)  # type: ignore[no-untyped-call]
