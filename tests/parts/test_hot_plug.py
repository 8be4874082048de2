"""Devices come and go while one WebRTC call lasts, on a real sound server and with a real rehearsal server.

Where a stream really is, is asked of the sound server and not of Parlance; that an answer is heard, of the monitor of
the loudspeaker it names.
"""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from app.assembly.session_thread import SWITCH_INTERVAL_S
from app.audio.catalog import Choice, Direction, Kind
from app.conversation.machines import Link
from app.conversation.profiles import Transport
from app.conversation.settings import DeviceChoice
from app.conversation.view import Look
from app.devices.system import SystemDevices
from tests.support.pulse import (
    DESK_MICROPHONE,
    DESK_SPEAKERS,
    HEADSET_MICROPHONE,
    USB_HEADPHONES,
    PulseBench,
)
from tests.support.road import Road
from tests.support.speech import share_heard, tone, write_wav
from tests.support.talk import Talk, profile_of, settings_for, talking
from tests.support.tone_server import ToneServer
from tests.support.tones import VOICE_HZ, spoken

LAPEL: Final = "Lapel microphone"
BUDS: Final = "Wireless buds"
CYCLES: Final = 100
POOL_THREADS: Final = 6
WAIT_S: Final = 15.0
AT_THE_DESK: Final = (DESK_MICROPHONE, DESK_SPEAKERS)
ON_THE_HEAD: Final = (HEADSET_MICROPHONE, USB_HEADPHONES)


@pytest.fixture(autouse=True)
def no_exception_anywhere(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Neither logged nor, as the foreign callers of our callbacks do, printed."""
    caplog.set_level(logging.INFO)
    yield
    for when in ("setup", "call"):
        assert [one.getMessage() for one in caplog.get_records(when) if one.levelno >= logging.ERROR] == []
    assert "Traceback" not in capfd.readouterr().err


@pytest.fixture(autouse=True)
def as_prompt_as_in_the_app() -> Iterator[None]:
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    yield
    sys.setswitchinterval(before_s)


class Call:
    """A person in a call at the devices of this machine."""

    def __init__(self, talk: Talk, bench: PulseBench, folder: Path) -> None:
        self.talk = talk
        self._bench = bench
        self._folder = folder

    def used(self) -> tuple[str, str]:
        """Where the sound server has our microphone and our speaker. Blocks."""
        where = self._bench.where(os.getpid())
        return "+".join(where.microphones), "+".join(where.speakers)

    def said(self) -> tuple[str, str]:
        """What the app takes them for, without what tells two of one name apart."""
        in_use = self.talk.conductor.in_use
        microphone, speaker = (in_use(direction).partition(" (")[0] for direction in Direction)
        return microphone, speaker

    async def comes_to(self, *devices: str) -> None:
        """Wait until exactly these are used, and known to be."""
        await until(lambda: self.said() == devices == self.used(), f"{devices} are used")

    async def ask(self, words: str) -> None:
        """A question into the microphone that is used; its answer comes out of the speaker that is used."""
        microphone, speaker = await asyncio.to_thread(self.used)
        question = self._folder / f"{words}.wav"
        write_wav(question, spoken(words))
        self.talk.expect(words)
        with self._bench.record(speaker) as ear, self._bench.play(question, microphone):
            await self.talk.answered()
            await until(lambda: share_heard(tone(VOICE_HZ, 0.5), ear.samples()) > 0.5, f"{speaker} is heard")

    async def type(self, words: str) -> None:
        """The same in writing, heard by nobody."""
        self.talk.expect(words)
        self.talk.type(words)
        await self.talk.answered()

    def is_the_same(self) -> None:
        """It is still the first connection, and the first session."""
        assert self.talk.link is Link.LIVE
        assert Look.RECONNECTING not in self.talk.looks
        assert (self.talk.road.calls, len(self.talk.sessions), self.talk.conductor.adoptions) == (1, 1, 0)


@asynccontextmanager
async def calling(
    bench: PulseBench, folder: Path, microphone: DeviceChoice | None = None, speaker: DeviceChoice | None = None
) -> AsyncIterator[Call]:
    """A call that hot-plug must not break."""
    await _fill_pool()
    loop, devices = asyncio.get_running_loop(), SystemDevices()
    async with ToneServer() as server, Road(server.port) as road:
        settings = replace(
            settings_for(profile_of(road, Transport.WEBRTC)),
            microphone=microphone or DeviceChoice(),
            speaker=speaker or DeviceChoice(),
        )
        async with talking(road, settings, folder, devices=devices) as talk:

            def changed() -> None:
                loop.call_soon_threadsafe(talk.conductor.scan_devices)

            stop = await asyncio.to_thread(devices.watch, changed)
            try:
                await talk.connect()
                call = Call(talk, bench, folder)
                yield call
                call.is_the_same()
            finally:
                await asyncio.to_thread(stop)


async def _fill_pool() -> None:
    """A pool that is all there from the start, so that a thread more is one that was left behind."""
    pool, all_there = ThreadPoolExecutor(POOL_THREADS), threading.Barrier(POOL_THREADS)
    asyncio.get_running_loop().set_default_executor(pool)
    await asyncio.gather(*(asyncio.to_thread(all_there.wait) for _ in range(POOL_THREADS)))


async def until(fact: Callable[[], bool], what: str) -> None:
    """Wait for what can only be asked."""
    loop = asyncio.get_running_loop()
    give_up_s = loop.time() + WAIT_S
    while not await asyncio.to_thread(fact):
        assert loop.time() < give_up_s, f"never: {what}"
        await asyncio.sleep(0.02)


def chosen(bench: PulseBench, name: str) -> DeviceChoice:
    return DeviceChoice(bench.id_of(name), name)


async def test_unplugged_in_use_and_plugged_in_again(bench: PulseBench, tmp_path: Path) -> None:
    choices = [chosen(bench, name) for name in ON_THE_HEAD]
    async with calling(bench, tmp_path, *choices) as call:
        await call.comes_to(*ON_THE_HEAD)
        for name in ON_THE_HEAD:
            await asyncio.to_thread(bench.unplug, name)
        await call.comes_to(*AT_THE_DESK)
        await call.ask("one two")
        assert sorted(call.talk.sentences) == [
            f"{HEADSET_MICROPHONE} was unplugged. Using {DESK_MICROPHONE}.",
            f"{USB_HEADPHONES} was unplugged. Using {DESK_SPEAKERS}.",
        ]
        await asyncio.to_thread(bench.plug, HEADSET_MICROPHONE, Direction.MICROPHONE)
        await asyncio.to_thread(bench.plug, USB_HEADPHONES, Direction.SPEAKER)
        await call.comes_to(*ON_THE_HEAD)
        await call.ask("three four")


async def test_the_system_s_default_changes(bench: PulseBench, tmp_path: Path) -> None:
    async with calling(bench, tmp_path) as call:
        await call.comes_to(*AT_THE_DESK)
        for name in ON_THE_HEAD:
            await asyncio.to_thread(bench.set_default, name)
        await call.comes_to(*ON_THE_HEAD)
        await call.ask("one two")
        assert call.talk.sentences == []


async def test_the_sound_server_dies_and_comes_back(bench: PulseBench, tmp_path: Path) -> None:
    async with calling(bench, tmp_path) as call:
        await call.comes_to(*AT_THE_DESK)
        await asyncio.to_thread(bench.kill)
        await call.type("one two")
        bench.start()  # on this thread: what it starts ends with the thread that started it
        await call.comes_to(*AT_THE_DESK)
        await call.ask("three four")


async def test_without_any_device_text_goes_on(bench: PulseBench, tmp_path: Path) -> None:
    async with calling(bench, tmp_path) as call:
        await call.comes_to(*AT_THE_DESK)
        for name in (*ON_THE_HEAD, *AT_THE_DESK):
            await asyncio.to_thread(bench.unplug, name)
        await call.comes_to("", "")
        await call.type("one two")
        assert {"No microphone was found.", "No speaker was found."} <= set(call.talk.sentences)
        await asyncio.to_thread(bench.reset)
        await call.comes_to(*AT_THE_DESK)
        await call.ask("three four")


async def test_a_hundred_times_plugged_and_unplugged_in_use_loses_nothing(bench: PulseBench, tmp_path: Path) -> None:
    choices = [DeviceChoice(_id_to_come(name), name) for name in (LAPEL, BUDS)]
    async with calling(bench, tmp_path, *choices) as call:
        await call.comes_to(*AT_THE_DESK)
        loop, held = asyncio.get_running_loop(), (0, 0, 0)
        for cycle in range(CYCLES):
            await asyncio.to_thread(bench.plug, LAPEL, Direction.MICROPHONE)
            await asyncio.to_thread(bench.plug, BUDS, Direction.SPEAKER)
            await call.comes_to(LAPEL, BUDS)
            await asyncio.to_thread(bench.unplug, LAPEL)
            await asyncio.to_thread(bench.unplug, BUDS)
            await call.comes_to(*AT_THE_DESK)
            if cycle == CYCLES // 10:
                held = _held(loop)
        await call.ask("one two")
        await until(
            lambda: all(now <= then for now, then in zip(_held(loop), held, strict=True)), "nothing is left behind"
        )
    assert set(call.talk.sentences) == {
        f"{LAPEL} was unplugged. Using {DESK_MICROPHONE}.",
        f"{BUDS} was unplugged. Using {DESK_SPEAKERS}.",
    }


async def test_while_the_chosen_one_is_away_the_one_picked_before_is_used(bench: PulseBench, tmp_path: Path) -> None:
    async with calling(bench, tmp_path) as call:
        lapel = await asyncio.to_thread(bench.plug, LAPEL, Direction.MICROPHONE)
        desk = call.talk.conductor.desk
        await desk.pick(Direction.MICROPHONE, Choice(bench.id_of(HEADSET_MICROPHONE), HEADSET_MICROPHONE))
        await desk.scan()
        await desk.pick(Direction.MICROPHONE, Choice(lapel, LAPEL))
        await call.comes_to(LAPEL, DESK_SPEAKERS)
        await asyncio.to_thread(bench.unplug, LAPEL)
        await call.comes_to(HEADSET_MICROPHONE, DESK_SPEAKERS)
        await asyncio.to_thread(bench.plug, LAPEL, Direction.MICROPHONE)
        await call.comes_to(LAPEL, DESK_SPEAKERS)


async def test_the_headset_of_yesterday_is_replaced_by_the_one_of_today(bench: PulseBench, tmp_path: Path) -> None:
    yesterday = DeviceChoice("usb-old", "Old headset", kind=Kind.HEADSET)
    await asyncio.to_thread(bench.unplug, HEADSET_MICROPHONE)
    async with calling(bench, tmp_path, microphone=yesterday) as call:
        await call.comes_to(*AT_THE_DESK)
        await asyncio.to_thread(bench.plug, "Jabra", Direction.MICROPHONE, form_factor="headset")
        await call.comes_to("Jabra", DESK_SPEAKERS)
        await asyncio.to_thread(bench.plug, "Old headset", Direction.MICROPHONE, form_factor="headset")
        await call.comes_to("Old headset", DESK_SPEAKERS)


async def test_of_two_devices_of_one_name_the_chosen_one_is_used(bench: PulseBench, tmp_path: Path) -> None:
    await asyncio.to_thread(bench.plug, "USB headset", Direction.SPEAKER, key="usb headset a")
    second = await asyncio.to_thread(bench.plug, "USB headset", Direction.SPEAKER, key="usb headset b")
    async with calling(bench, tmp_path, speaker=DeviceChoice(second, "USB headset (2)")) as call:
        await call.comes_to(DESK_MICROPHONE, "USB headset")
        await asyncio.to_thread(bench.unplug, "usb headset b")
        await call.comes_to(DESK_MICROPHONE, USB_HEADPHONES)  # its twin is not taken for it: one of its kind stands in
    assert call.talk.sentences == [f"USB headset (2) was unplugged. Using {USB_HEADPHONES}."]


async def test_a_device_that_refuses_48_khz_is_used(bench: PulseBench, tmp_path: Path) -> None:
    await asyncio.to_thread(bench.plug, "Old stereo", Direction.SPEAKER, rate_hz=44_100)
    async with calling(bench, tmp_path, speaker=chosen(bench, "Old stereo")) as call:
        await call.comes_to(DESK_MICROPHONE, "Old stereo")
        await call.ask("one two")
    assert call.talk.sentences == []


def _id_to_come(name: str) -> str:
    """What the sound server will call a device that is not there yet."""
    return name.lower().replace(" ", "_")


def _held(loop: asyncio.AbstractEventLoop) -> tuple[int, int, int]:
    """Files, threads and tasks; streams are in what the sound server says is used."""
    files, threads = (len(os.listdir(f"/proc/self/{kind}")) for kind in ("fd", "task"))
    return files, threads, len(asyncio.all_tasks(loop))
