"""The key through the real desktop portal, with a stand-in for the desktop behind it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.conversation.shortcuts import shortcut_of
from app.conversation.troubles import KeysUnavailable
from app.hotkeys.portal import PortalKeys
from app.hotkeys.ports import settle
from tests.support.ears import Ears, holding
from tests.support.session_bus import PORTAL, portal, session_bus, stand_in
from tests.support.session_loop import run_on_session_thread

pytestmark = pytest.mark.skipif(not PORTAL.exists(), reason="xdg-desktop-portal is not installed")
APP_ID = "io.parlance.Parlance"


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    with session_bus() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield environment


async def refused(ears: Ears | None = None, stop: "asyncio.Future[None] | None" = None) -> str:
    """Why the key could not be had."""
    ears = ears or Ears()
    stop = stop or asyncio.get_running_loop().create_future()
    with pytest.raises(KeysUnavailable) as trouble:
        await PortalKeys(APP_ID).hold(shortcut_of("Ctrl+Alt+Space"), ears, ears.works, stop)
    return trouble.value.sentence


async def test_the_desktop_s_key_is_pressed_and_released(bus: dict[str, str], tmp_path: Path) -> None:
    keys = PortalKeys(APP_ID)
    async with stand_in(bus) as desktop, portal(bus, tmp_path), holding(keys, "Ctrl+Alt+Space") as ears:
        await desktop.press()
        await ears.until("pressed")
        await desktop.let_go()
        await ears.until("pressed", "released")
    assert desktop.asked == [
        {"id": "talk", "description": "Talk to the assistant", "preferred_trigger": "CTRL+ALT+space"}
    ]
    assert ears.words.startswith("Super+F9 works")


async def test_a_desktop_without_keys_is_said_to_have_none(bus: dict[str, str], tmp_path: Path) -> None:
    async with portal(bus, tmp_path, knows_keys=False):
        assert await refused() == "This desktop gives programs no keys that work in every window."


async def test_without_a_portal_it_says_so(bus: dict[str, str]) -> None:
    assert await refused() == "This desktop gives programs no keys that work in every window."


async def test_without_a_bus_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    assert await refused() == "There is no session bus to ask for a key."


async def test_a_person_who_says_no_is_heard(bus: dict[str, str], tmp_path: Path) -> None:
    async with stand_in(bus, refuses=True), portal(bus, tmp_path):
        assert await refused() == "The desktop was asked for a key, and it was refused."


async def test_a_portal_that_dies_is_told(bus: dict[str, str], tmp_path: Path) -> None:
    async with stand_in(bus), portal(bus, tmp_path) as process:
        ears = Ears()
        async with asyncio.TaskGroup() as tasks:
            hold = tasks.create_task(refused(ears))
            await ears.until("works")
            process.kill()
            assert await hold == "The desktop's portal has gone."


async def test_nobody_waits_for_a_person_who_thinks_once_it_is_stopped(bus: dict[str, str], tmp_path: Path) -> None:
    async with stand_in(bus, silent=True) as desktop, portal(bus, tmp_path):
        stop = asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as tasks, asyncio.timeout(10):
            hold = tasks.create_task(refused(stop=stop))
            while not desktop.asked:  # noqa: ASYNC110 - another program is waited for
                await asyncio.sleep(0.01)
            settle(stop)
            await hold


def test_it_works_on_the_session_loop(qapp: object, bus: dict[str, str], tmp_path: Path) -> None:
    async def press() -> list[str]:
        async with stand_in(bus) as desktop, portal(bus, tmp_path), holding(PortalKeys(APP_ID), "F9") as ears:
            await desktop.press()
            await ears.until("pressed")
            return ears.told

    assert run_on_session_thread(press) == ["pressed"]
