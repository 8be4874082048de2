"""Screen lock, sleep and notifications over real buses."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

from app.desktop.buses import Buses, Moments
from tests.support.ears import Ears
from tests.support.session_bus import session_bus


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Two buses: one for the session, and one that stands in for the system's."""
    with session_bus() as session, session_bus() as system:
        told = {
            "DBUS_SESSION_BUS_ADDRESS": session["DBUS_SESSION_BUS_ADDRESS"],
            "DBUS_SYSTEM_BUS_ADDRESS": system["DBUS_SESSION_BUS_ADDRESS"],
        }
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        yield told


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Buses, Ears]]:
    ears = Ears()
    names = ("locked", "unlocked", "slept", "woke")
    moments = Moments(*(lambda name=name: ears.note(name) for name in names))
    buses = Buses("io.parlance.Parlance", moments)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(buses.serve())
        await buses.ready.wait()
        try:
            yield buses, ears
        finally:
            buses.close()


@asynccontextmanager
async def joined(address: str, name: str) -> AsyncIterator[MessageBus]:
    bus = await MessageBus(address, BusType.SESSION).connect()
    await bus.request_name(name)
    try:
        yield bus
    finally:
        bus.disconnect()
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("saver", ["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver"])
async def test_a_screen_saver_that_locks_is_heard(addresses: dict[str, str], saver: str) -> None:
    async with listening() as (_, ears), joined(addresses["DBUS_SESSION_BUS_ADDRESS"], saver) as bus:
        for is_locked in (True, False):
            await bus.send(Message.new_signal("/ScreenSaver", saver, "ActiveChanged", "b", [is_locked]))
        await ears.until("locked", "unlocked")


async def test_the_login_manager_is_heard(addresses: dict[str, str]) -> None:
    login = "org.freedesktop.login1"
    async with listening() as (_, ears), joined(addresses["DBUS_SYSTEM_BUS_ADDRESS"], login) as bus:
        session, manager = "/org/freedesktop/login1/session/_31", "/org/freedesktop/login1"
        await bus.send(Message.new_signal(session, f"{login}.Session", "Lock", "", []))
        await bus.send(Message.new_signal(manager, f"{login}.Manager", "PrepareForSleep", "b", [True]))
        await bus.send(Message.new_signal(manager, f"{login}.Manager", "PrepareForSleep", "b", [False]))
        await bus.send(Message.new_signal(session, f"{login}.Session", "Unlock", "", []))
        await ears.until("locked", "slept", "woke", "unlocked")


async def test_a_notification_reaches_who_shows_them(addresses: dict[str, str]) -> None:
    shown: list[list[object]] = []

    def show(message: Message) -> Message | None:
        if message.message_type is MessageType.METHOD_CALL and message.member == "Notify":
            shown.append(message.body)
            return Message.new_method_return(message, "u", [1])
        return None

    async with joined(addresses["DBUS_SESSION_BUS_ADDRESS"], "org.freedesktop.Notifications") as bus:
        bus.add_message_handler(show)
        async with listening() as (buses, _):
            assert await buses.notify("Timer", "Ten minutes are over.")
    assert shown[0][:1] + shown[0][3:5] == ["Parlance", "Timer", "Ten minutes are over."]


async def test_nobody_to_show_it_is_told(addresses: dict[str, str]) -> None:
    async with listening() as (buses, _):
        assert not await buses.notify("Timer", "Ten minutes are over.")


async def test_without_buses_all_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
    async with listening() as (buses, _):
        assert not await buses.notify("Timer", "Ten minutes are over.")
