"""The desk under devices that end and come back at the worst moments."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from app.audio.catalog import Catalog, Device, Direction
from app.audio.stream_stats import StreamStats
from app.audio.uplink import Uplink
from app.conversation.troubles import SoundServerGone, SoundTrouble
from app.session import desk as desk_module
from app.session.desk import Desk
from app.session.sound import SoundThread
from tests.support.waiting import eventually

MICROPHONE = Device("mic", "Microphone", Direction.MICROPHONE, is_default=True)
SPEAKER = Device("speaker", "Speaker", Direction.SPEAKER, is_default=True)
EVERYTHING = Catalog((MICROPHONE,), (SPEAKER,))


class Wire:
    """An open device that does nothing until it ends."""

    def __init__(self, device: Device | None, on_end: Callable[[], None]) -> None:
        self.device = device
        self.end = on_end
        self.is_closed = False

    def stats(self) -> StreamStats:
        return StreamStats(0, 0, 0.0, 48_000, 1, failed=False)

    def close(self) -> None:
        self.is_closed = True


class Cupboard:
    """Devices as a test wants them."""

    def __init__(self) -> None:
        self.catalog: Catalog | None = EVERYTHING
        """None: nobody answers."""
        self.opened: list[Wire] = []
        self.ends_at_once = False
        self.scans = 0

    def scan(self) -> Catalog:
        self.scans += 1
        if self.catalog is None:
            raise SoundServerGone
        return self.catalog

    def open_microphone(self, device: Device | None, on_block: object, on_end: Callable[[], None]) -> Wire:
        return self._opened(device, on_end)

    def open_speaker(self, device: Device | None, fill: object, on_end: Callable[[], None]) -> Wire:
        return self._opened(device, on_end)

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    def microphones(self) -> list[Wire]:
        return [one for one in self.opened if one.device == MICROPHONE]

    def _opened(self, device: Device | None, on_end: Callable[[], None]) -> Wire:
        wire = Wire(device, on_end)
        self.opened.append(wire)
        if self.ends_at_once:
            self.ends_at_once = False
            wire.end()
        return wire


class Place:
    """A desk that serves a conversation, as the conductor has it."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.cupboard = Cupboard()
        self.troubles: list[str] = []
        self.trouble_arose = asyncio.Event()
        self.desk = Desk(self.cupboard, {}, show=lambda _view: None, arose=self._arose)
        self.replacing: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()

        def ended(direction: Direction) -> None:
            loop.call_soon_threadsafe(lambda: self.replacing.append(tasks.create_task(self.desk.replace(direction))))

        self.sound = SoundThread(
            self.cupboard,
            Uplink(),
            send=lambda _block, _gap_samples: 1,
            gate_closed=lambda: None,
            audible_changed=lambda _audible: None,
            ended=ended,
        )

    def _arose(self, trouble: SoundTrouble) -> None:
        self.troubles.append(trouble.kind)
        self.trouble_arose.set()

    async def replaced(self) -> None:
        """Everything that ended has been dealt with."""
        await asyncio.sleep(0)
        await asyncio.gather(*self.replacing)


@asynccontextmanager
async def serving() -> AsyncIterator[Place]:
    async with asyncio.TaskGroup() as tasks:
        place = Place(tasks)
        place.sound.start()
        await place.desk.serve(place.sound)
        try:
            yield place
        finally:
            place.desk.release(place.sound)
            await asyncio.to_thread(place.sound.stop)


async def test_what_a_scan_has_found_again_is_left_alone_by_who_was_looking_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk_module, "RETRY_S", 0.2)
    async with serving() as place:
        place.cupboard.catalog = None
        place.cupboard.microphones()[0].end()
        await asyncio.wait_for(place.trouble_arose.wait(), 5)
        place.cupboard.catalog = EVERYTHING
        await place.desk.scan()
        await place.replaced()
        assert [one.is_closed for one in place.cupboard.microphones()] == [True, False]


async def test_an_end_that_is_told_late_does_not_cost_the_next_device() -> None:
    async with serving() as place:
        await asyncio.to_thread(place.sound.open, Direction.MICROPHONE, MICROPHONE)
        await place.desk.replace(Direction.MICROPHONE)
        assert [one.is_closed for one in place.cupboard.microphones()] == [True, False]


async def test_a_device_that_ends_while_it_is_opened_is_replaced() -> None:
    async with serving() as place:
        place.cupboard.ends_at_once = True
        await asyncio.to_thread(place.sound.open, Direction.MICROPHONE, MICROPHONE)
        await place.replaced()
        assert [one.is_closed for one in place.cupboard.microphones()] == [True, True, False]


async def test_the_last_device_is_given_up_when_it_goes_even_if_its_stream_does_not_end() -> None:
    async with serving() as place:
        place.cupboard.catalog = Catalog((), (SPEAKER,))
        await place.desk.scan()
        assert place.sound.device_in_use(Direction.MICROPHONE) is None
        assert place.sound.device_in_use(Direction.SPEAKER) == SPEAKER
        assert place.cupboard.microphones()[0].is_closed
        assert place.troubles == ["NoDevice"]


async def test_a_scan_that_fails_takes_nothing_away() -> None:
    async with serving() as place:
        place.cupboard.catalog = None
        await place.desk.scan()
        assert place.sound.device_in_use(Direction.MICROPHONE) == MICROPHONE
        assert place.troubles == ["SoundServerGone"]


async def test_looking_for_a_device_again_and_again_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "RETRY_S", 0.01)
    async with serving() as place:
        for catalog, trouble in ((Catalog((), (SPEAKER,)), "NoDevice"), (None, "SoundServerGone")):
            place.cupboard.catalog, place.cupboard.scans = catalog, 0
            place.troubles.clear()
            place.cupboard.microphones()[-1].end()
            await asyncio.to_thread(eventually, lambda: place.cupboard.scans >= 5, "five looks")
            assert place.troubles.count(trouble) == 1
            place.cupboard.catalog = EVERYTHING
            await place.replaced()
            assert place.sound.device_in_use(Direction.MICROPHONE) == MICROPHONE
