"""The desk under a conversation's sound while devices come and go, on a real sound server.

Where a stream really is, is asked of the sound server and not of Parlance.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final

import pytest

from app.audio.catalog import Choice, Direction, Kind
from app.audio.pcm import Pcm
from app.audio.uplink import Uplink
from app.devices.system import SystemDevices
from app.session.desk import Desk, DeskView
from app.session.sound import SoundThread
from tests.support.pulse import (
    DESK_MICROPHONE,
    DESK_SPEAKERS,
    HEADSET_MICROPHONE,
    USB_HEADPHONES,
    PulseBench,
)

LAPEL: Final = "Lapel microphone"
CYCLES: Final = 100
POOL_THREADS: Final = 4
WAIT_S: Final = 15.0


@pytest.fixture(scope="module", params=["pulse", "pipewire"])
def server(request: pytest.FixtureRequest) -> PulseBench:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, PulseBench)
    return found


@pytest.fixture
def bench(server: PulseBench) -> Iterator[PulseBench]:
    yield server
    server.reset()


class Conversation:
    """Sound without a server: a desk that is told of changes, and the sound thread at work."""

    def __init__(self, tasks: asyncio.TaskGroup, choices: dict[Direction, Choice]) -> None:
        self.devices = SystemDevices()
        self.troubles: list[str] = []
        self.view: DeskView | None = None
        self.sent_blocks = 0
        self._tasks = tasks
        self._loop = asyncio.get_running_loop()
        self.desk = Desk(
            self.devices, choices, show=self._show, arose=lambda trouble: self.troubles.append(str(trouble))
        )
        self.sound = SoundThread(
            self.devices,
            Uplink(),
            send=self._count,
            gate_closed=lambda: None,
            audible_changed=lambda _audible: None,
            ended=lambda direction: self._post(lambda: self.desk.replace(direction)),
        )

    def _show(self, view: DeskView) -> None:
        self.view = view

    def _count(self, _block: Pcm, _gap_samples: int) -> None:
        self.sent_blocks += 1

    def changed(self) -> None:
        self._post(self.desk.scan)

    def _post(self, work: Callable[[], object]) -> None:
        self._loop.call_soon_threadsafe(lambda: self._tasks.create_task(work()))  # type: ignore[arg-type]

    def in_use(self, direction: Direction) -> str:
        device = self.sound.device_in_use(direction)
        return device.name if device is not None else ""


@asynccontextmanager
async def conversation(choices: dict[Direction, Choice] | None = None) -> AsyncIterator[Conversation]:
    # A pool that is all there from the start, so that a thread more is one that was left behind.
    pool, all_there = ThreadPoolExecutor(POOL_THREADS), threading.Barrier(POOL_THREADS)
    asyncio.get_running_loop().set_default_executor(pool)
    await asyncio.gather(*(asyncio.to_thread(all_there.wait) for _ in range(POOL_THREADS)))
    async with asyncio.TaskGroup() as tasks:
        made = Conversation(tasks, choices or {})
        made.sound.start()
        await made.desk.serve(made.sound)
        stop = await asyncio.to_thread(made.devices.watch, made.changed)
        try:
            yield made
        finally:
            await asyncio.to_thread(stop)
            made.desk.release(made.sound)
            await asyncio.to_thread(made.sound.stop)


async def until(fact: Callable[[], bool], what: str, within_s: float = WAIT_S) -> float:
    """How long it took, in seconds."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    while not await asyncio.to_thread(fact):
        assert loop.time() - began_s < within_s, f"never: {what}"
        await asyncio.sleep(0.02)
    return loop.time() - began_s


def really(bench: PulseBench) -> tuple[str, str]:
    """Where the sound server has this process's microphone and speaker."""
    where = bench.where(os.getpid())
    return "".join(where.microphones), "".join(where.speakers)


async def test_a_hundred_times_plugged_and_unplugged_in_use_loses_nothing(bench: PulseBench) -> None:
    choice = {Direction.MICROPHONE: Choice(LAPEL.lower().replace(" ", "_"), LAPEL)}
    async with conversation(choice) as made:
        await until(lambda: made.in_use(Direction.MICROPHONE) == DESK_MICROPHONE, "the default stands in")
        before = None
        for cycle in range(CYCLES):
            await asyncio.to_thread(bench.plug, LAPEL, Direction.MICROPHONE)
            await until(lambda: made.in_use(Direction.MICROPHONE) == LAPEL, "it is taken back")
            await asyncio.to_thread(bench.unplug, LAPEL)
            await until(lambda: made.in_use(Direction.MICROPHONE) == DESK_MICROPHONE, "the default stands in again")
            if cycle == CYCLES // 10:
                before = (_open_files(), _threads())
        await until(lambda: really(bench) == (DESK_MICROPHONE, DESK_SPEAKERS), "used is what is said")
        assert before is not None
        await until(lambda: _open_files() <= before[0] and _threads() <= before[1], "nothing is left behind")
        line = made.sound.line_in_use(Direction.SPEAKER)
        assert line is not None
        assert not line.stream.stats().failed
        sent = made.sent_blocks
        await until(lambda: made.sent_blocks > sent + 50, "sound goes on")
    assert len(made.troubles) == CYCLES
    assert set(made.troubles) == {f"{LAPEL} was unplugged. Using {DESK_MICROPHONE}. Choose another device."}


async def test_the_system_s_default_is_followed(bench: PulseBench) -> None:
    async with conversation() as made:
        await asyncio.to_thread(bench.set_default, HEADSET_MICROPHONE)
        await asyncio.to_thread(bench.set_default, USB_HEADPHONES)
        await until(lambda: really(bench) == (HEADSET_MICROPHONE, USB_HEADPHONES), "both have followed")
        assert made.view is not None
        assert made.view.microphone == made.view.speaker == Choice()
    assert made.troubles == []


async def test_while_the_chosen_one_is_away_the_one_picked_before_is_used(bench: PulseBench) -> None:
    async with conversation() as made:
        lapel = await asyncio.to_thread(bench.plug, LAPEL, Direction.MICROPHONE)
        assert made.view is not None
        headset = next(each for each in made.view.catalog.microphones if each.name == HEADSET_MICROPHONE)
        await until(lambda: lapel in {each.id for each in made.view.catalog.microphones}, "it is seen")  # type: ignore[union-attr]
        await made.desk.pick(Direction.MICROPHONE, Choice(headset.id, headset.name))
        await made.desk.pick(Direction.MICROPHONE, Choice(lapel, LAPEL))
        await until(lambda: really(bench)[0] == LAPEL, "the pick is used")
        await asyncio.to_thread(bench.unplug, LAPEL)
        await until(lambda: really(bench)[0] == HEADSET_MICROPHONE, "the pick before it stands in")
        await asyncio.to_thread(bench.plug, LAPEL, Direction.MICROPHONE)
        await until(lambda: really(bench)[0] == LAPEL, "it is taken back")


async def test_the_headset_of_yesterday_is_replaced_by_the_one_that_is_plugged_in_today(bench: PulseBench) -> None:
    yesterday = {Direction.MICROPHONE: Choice("usb-old", "Old headset", (LAPEL,), Kind.HEADSET)}
    async with conversation(yesterday) as made:
        await asyncio.to_thread(bench.plug, LAPEL, Direction.MICROPHONE)
        await until(
            lambda: really(bench)[0] in (LAPEL, HEADSET_MICROPHONE), "something picked, or of its kind, is used"
        )
        await asyncio.to_thread(bench.unplug, HEADSET_MICROPHONE)
        await until(lambda: really(bench)[0] == LAPEL, "without any headset, the pick before it")
        await asyncio.to_thread(bench.plug, "Jabra", Direction.MICROPHONE, form_factor="headset")
        await until(lambda: really(bench)[0] == "Jabra", "today's headset")
        assert made.view is not None
        assert made.view.microphone == yesterday[Direction.MICROPHONE]
        await asyncio.to_thread(bench.plug, "Old headset", Direction.MICROPHONE, form_factor="headset")
        await until(lambda: really(bench)[0] == "Old headset", "it is taken back")


async def test_the_death_of_the_sound_server_is_survived(bench: PulseBench) -> None:
    async with conversation() as made:
        sent = made.sent_blocks
        await asyncio.to_thread(bench.kill)
        await until(lambda: made.sent_blocks > sent + 50, "silence stands in")
        bench.start()  # on this thread: what it starts ends with the thread that started it
        await until(lambda: really(bench) == (DESK_MICROPHONE, DESK_SPEAKERS), "both are back")
        sent = made.sent_blocks
        await until(lambda: made.sent_blocks > sent + 50, "sound goes on")


async def test_of_two_devices_of_one_name_the_chosen_one_is_used(bench: PulseBench) -> None:
    await asyncio.to_thread(bench.plug, "USB headset", Direction.SPEAKER, key="usb headset a")
    second = await asyncio.to_thread(bench.plug, "USB headset", Direction.SPEAKER, key="usb headset b")
    async with conversation({Direction.SPEAKER: Choice(second, "USB headset (2)")}) as made:
        assert made.in_use(Direction.SPEAKER) == "USB headset (2)"
        device = made.sound.device_in_use(Direction.SPEAKER)
        assert device is not None
        assert device.id == second
        await asyncio.to_thread(bench.unplug, "usb headset b")
        await until(lambda: really(bench)[1] == USB_HEADPHONES, "another of its kind stands in")
        assert made.troubles == [f"USB headset (2) was unplugged. Using {USB_HEADPHONES}. Choose another device."]
        await asyncio.to_thread(bench.plug, "USB headset", Direction.SPEAKER, key="usb headset b")
        await until(lambda: made.in_use(Direction.SPEAKER) == "USB headset (2)", "it is taken back")


async def test_a_device_that_refuses_48_khz_is_used_in_a_conversation(bench: PulseBench) -> None:
    stereo = await asyncio.to_thread(bench.plug, "Old stereo", Direction.SPEAKER, rate_hz=44_100)
    async with conversation({Direction.SPEAKER: Choice(stereo, "Old stereo")}) as made:
        await until(lambda: really(bench)[1] == "Old stereo", "it is used")
    assert made.troubles == []


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))
