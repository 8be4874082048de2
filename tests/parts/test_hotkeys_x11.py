"""The key on a real X server with a window manager, while another program's window has the focus."""

import asyncio
import os
import subprocess
from collections.abc import Iterator

import pytest

from app.conversation.shortcuts import shortcut_of
from app.conversation.troubles import KeysUnavailable, KeyTaken
from app.hotkeys.x11 import X11Keys
from tests.support.ears import Ears, holding
from tests.support.screen import Screen
from tests.support.session_loop import run_on_session_thread


@pytest.fixture(autouse=True)
def another_window(screen: Screen) -> Iterator[None]:
    environment = os.environ | screen.env()
    with subprocess.Popen(["xmessage", "-title", "Another program", "Hello"], env=environment) as other:
        try:
            screen.focus("Another program")
            yield
        finally:
            other.kill()


async def test_press_and_release_are_heard_once_however_the_key_repeats(screen: Screen) -> None:
    async with holding(X11Keys(screen.display), "Ctrl+Alt+Space") as ears:
        for key in ("ctrl", "alt", "space"):
            screen.key_down(key)
        await ears.until("pressed")
        await asyncio.sleep(1.0)  # the X server repeats after 660 ms
        for key in ("ctrl", "alt"):
            screen.key_up(key)
        assert ears.told == ["pressed"]
        screen.key_up("space")
        await ears.until("pressed", "released")


async def test_a_short_press_is_a_press_and_a_release(screen: Screen) -> None:
    async with holding(X11Keys(screen.display), "F9") as ears:
        screen.key("F9", "F9")
        await ears.until(*["pressed", "released"] * 2)


@pytest.mark.parametrize("lock", ["Num_Lock", "Caps_Lock"])
async def test_locks_change_nothing(screen: Screen, lock: str) -> None:
    async with holding(X11Keys(screen.display), "F9") as ears:
        screen.key(lock)
        screen.key("F9")
        screen.key(lock)
        await ears.until("pressed", "released")


async def test_with_other_modifiers_it_is_another_key(screen: Screen) -> None:
    async with holding(X11Keys(screen.display), "F9") as ears:
        screen.key("ctrl+F9")
        screen.key("F9")
        await ears.until("pressed", "released")


async def test_a_taken_key_is_said_to_be_taken(screen: Screen) -> None:
    stop = asyncio.get_running_loop().create_future()
    async with holding(X11Keys(screen.display), "F9"):
        with pytest.raises(KeyTaken, match="F9 is already taken by another program"):
            await X11Keys(screen.display).hold(shortcut_of("F9"), Ears(), print, stop)
    async with holding(X11Keys(screen.display), "F9"):
        """It is free again."""


async def test_a_server_that_goes_away_is_told() -> None:
    own = Screen()
    own.start()
    ears, stop = Ears(), asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        hold = tasks.create_task(_hold(own, ears, stop))
        await ears.until("works")
        own.stop()
        assert isinstance(await hold, KeysUnavailable)


async def _hold(screen: Screen, ears: Ears, stop: "asyncio.Future[None]") -> BaseException | None:
    try:
        await X11Keys(screen.display).hold(shortcut_of("F9"), ears, ears.works, stop)
    except KeysUnavailable as trouble:
        return trouble
    return None


# python-xlib does not close the socket with which it could not connect
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_without_a_server_it_says_so() -> None:
    stop = asyncio.get_running_loop().create_future()
    with pytest.raises(KeysUnavailable, match="cannot be reached"):
        await X11Keys(":998").hold(shortcut_of("F9"), Ears(), print, stop)


async def test_a_key_this_keyboard_has_not_is_refused(screen: Screen) -> None:
    stop = asyncio.get_running_loop().create_future()
    with pytest.raises(KeysUnavailable, match="no key F24"):
        await X11Keys(screen.display).hold(shortcut_of("F24"), Ears(), print, stop)


def test_it_works_on_the_session_loop(qapp: object, screen: Screen) -> None:
    async def press() -> list[str]:
        async with holding(X11Keys(screen.display), "F9") as ears:
            await asyncio.to_thread(screen.key, "F9")
            await ears.until("pressed", "released")
            return ears.told

    assert run_on_session_thread(press) == ["pressed", "released"]
