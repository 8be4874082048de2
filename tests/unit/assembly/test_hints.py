import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from app.assembly import hints as module
from app.assembly.hints import Hints
from app.audio import microphone_watch
from app.audio.catalog import Device, Direction
from app.conversation.troubles import Notice
from app.conversation.view import Levels, Look, View

LISTENING = View(Look.LISTENING)


class Window:
    """What has been shown, and what the microphone hears."""

    def __init__(self) -> None:
        self.notices: list[Notice | None] = []
        self.captured_dbfs = -60.0
        self.is_clipping = False
        self._clipped_blocks = 0
        self._news = asyncio.Event()

    def levels(self) -> Levels:
        self._clipped_blocks += self.is_clipping
        return Levels(captured_dbfs=self.captured_dbfs, clipped_blocks=self._clipped_blocks)

    def show(self, notice: Notice | None) -> None:
        self.notices.append(notice)
        self._news.set()

    async def until(self, words: str) -> None:
        async with asyncio.timeout(10):
            while not self.notices or words not in (self.notices[-1].sentence if self.notices[-1] else "nothing"):
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def call(window: Window) -> AsyncIterator[Hints]:
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        hints = Hints(tasks, window.levels, window.show)
        hints.show_view(LISTENING)
        yield hints
        hints.show_view(View())


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)


async def test_talking_while_muted_is_said_and_taken_back() -> None:
    window = Window()
    async with call(window) as hints:
        hints.show_view(View(Look.LISTENING, muted=True))
        window.captured_dbfs = -20.0
        await asyncio.sleep(0)
        # The room is heard before the voice: a level that is always there is no voice.
        window.captured_dbfs = -60.0
        await asyncio.sleep(0.05)
        window.captured_dbfs = -20.0
        await window.until("you are muted")
        hints.show_view(LISTENING)
        await window.until("nothing")
    assert [notice is None for notice in window.notices] == [False, True]


async def test_a_call_s_end_takes_a_hint_along_and_another_call_begins_anew() -> None:
    window = Window()
    window.is_clipping = True
    async with call(window) as hints:
        await window.until("overdriven")
        hints.show_view(View())
        hints.show_view(LISTENING)
        await asyncio.sleep(0)
        hints.show_view(View())
        await window.until("nothing")
        hints.show_view(LISTENING)
        await window.until("overdriven")
    assert window.notices[-1] is None


@pytest.mark.parametrize(
    ("microphone", "speaker", "advised"),
    [
        ("bluez_input.AC_12_2F_00_11_22.0", "bluez_output.AC_12_2F_00_11_22.1", True),
        ("bluez_source.AC_12_2F_00_11_22.handsfree_head_unit", "bluez_sink.AC_12_2F_00_11_22.handsfree", True),
        ("bluez_input.AC_12_2F_00_11_22.0", "bluez_output.AC_12_2F_00_11_99.1", False),
        ("alsa_input.usb-AC_12_2F_00_11_22", "alsa_output.usb-AC_12_2F_00_11_22", False),
        ("alsa_input.pci", "bluez_output.AC_12_2F_00_11_22.1", False),
    ],
)
async def test_one_bluetooth_headset_for_both_gets_advice(microphone: str, speaker: str, advised: bool) -> None:
    window = Window()
    async with call(window) as hints:
        hints.use(Device(microphone, "M", Direction.MICROPHONE), Device(speaker, "S", Direction.SPEAKER))
        if advised:
            await window.until("telephone")
            hints.use(None, Device(speaker, "S", Direction.SPEAKER))
            await window.until("nothing")
        else:
            await asyncio.sleep(0.1)
    assert bool(window.notices) is advised


MICROPHONE = Device("mic", "Desk microphone", Direction.MICROPHONE)


async def test_a_microphone_that_is_muted_in_the_system_is_said_in_its_own_words_until_it_is_not() -> None:
    window = Window()
    window.captured_dbfs = -100.0
    async with call(window) as hints:
        hints.use(replace(MICROPHONE, muted=True), None)
        await window.until("muted in the system settings")
        hints.use(MICROPHONE, None)
        await window.until("nothing")
    assert [notice is None for notice in window.notices] == [False, True]


async def test_the_silence_of_a_muted_microphone_is_not_held_against_it_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(microphone_watch, "_ZEROS_S", 0.1)
    window = Window()
    window.captured_dbfs = -100.0
    async with call(window) as hints:
        hints.use(replace(MICROPHONE, muted=True), None)
        await window.until("muted in the system settings")
        await asyncio.sleep(0.2)
        hints.use(MICROPHONE, None)
        await window.until("Nothing comes")  # and only now, after a silence of its own
    assert window.notices[1] is None


async def test_who_is_muted_here_need_not_know_that_the_system_mutes_as_well() -> None:
    window = Window()
    async with call(window) as hints:
        hints.show_view(View(Look.LISTENING, muted=True))
        hints.use(replace(MICROPHONE, muted=True), None)
        await asyncio.sleep(0.1)
        assert window.notices == []
        hints.show_view(LISTENING)
        await window.until("muted in the system settings")
