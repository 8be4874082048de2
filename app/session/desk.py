"""The desk: which devices a conversation uses, whatever is plugged in or out meanwhile.

A choice (a device, or "System default") is what a person wants; what is used is what the choice means in the latest
scan; while the chosen device is away, another of its kind, one picked before it, or the system's default. Every scan
is compared with what is in use, so plugging, unplugging and a changed default all take the same way. Session loop only;
blocking calls go to the pool.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from app.audio.catalog import Catalog, Choice, Device, Direction, in_place_of
from app.conversation.settings import DeviceChoice
from app.conversation.troubles import DeviceAway, NoDevice, SoundTrouble
from app.session.ports import Devices
from app.session.sound import SoundThread

log = logging.getLogger("parlance.session")

RETRY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class DeskView:
    """What the pickers show."""

    catalog: Catalog
    microphone: Choice
    speaker: Choice


def choice_of(kept: DeviceChoice) -> Choice:
    """What the settings keep of a choice, as a choice."""
    return Choice(kept.id or None, kept.name, kept.earlier, kept.kind)


class Desk:
    """Keeps the choices and puts devices to the sound thread that is at work."""

    def __init__(
        self,
        devices: Devices,
        choices: dict[Direction, Choice],
        *,
        show: Callable[[DeskView], None],
        arose: Callable[[SoundTrouble], None],
    ) -> None:
        self._devices: Final = devices
        self._choices: Final = {direction: choices.get(direction, Choice()) for direction in Direction}
        self._show: Final = show
        self._arose: Final = arose
        self._catalog = Catalog()
        self._sound: SoundThread | None = None
        self._complaints: Final[dict[Direction | None, str]] = {}
        """What was last told of a direction without sound, or of looking (None): one more try is no news."""
        self._released: Final = asyncio.Event()
        self._turn: Final = asyncio.Lock()
        """One change of devices at a time."""

    async def scan(self) -> None:
        """Look for devices and use what the choices mean now."""
        async with self._turn:
            if await self._scan():
                await self._settle()

    async def pick(self, direction: Direction, choice: Choice) -> None:
        """Choose a device; when it cannot be opened, the one before stays in use and chosen."""
        async with self._turn:
            before = self._choices[direction]
            self._choices[direction] = choice.after(before)
            self._complaints.pop(direction, None)
            if not await self._use(direction):
                self._choices[direction] = before
            self._tell()

    async def serve(self, sound: SoundThread) -> None:
        """Open the chosen devices for a conversation that begins."""
        async with self._turn:
            self._sound = sound
            self._complaints.clear()
            self._released.clear()
            if self._catalog == Catalog():
                await self._scan()
            for direction in Direction:
                await self._use(direction)

    def release(self, sound: SoundThread) -> None:
        """The conversation is over."""
        if self._sound is sound:
            self._sound = None
            self._released.set()

    async def replace(self, direction: Direction) -> None:
        """The device in use ended by itself: find another, and go on looking while there is none."""
        while True:
            async with self._turn:
                sound = self._sound
                if sound is None or sound.is_served(direction):  # a scan was faster
                    return
                gone = sound.device_in_use(direction)
                await asyncio.to_thread(sound.close_device, direction)
                await self._scan()
                if await self._use(direction, instead_of=gone):
                    return
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S):
                    await self._released.wait()

    async def _scan(self) -> bool:
        """Whether the devices could be looked at, be there some or none."""
        is_known = True
        try:
            self._catalog = await asyncio.to_thread(self._devices.scan)
        except SoundTrouble as trouble:
            log.info("- device scan failed: %s", trouble.kind)
            self._catalog = Catalog()
            self._complain(None, trouble)
            is_known = False
        else:
            self._complaints.pop(None, None)
        for direction, choice in self._choices.items():
            self._choices[direction] = choice.seen_in(self._catalog, direction)
        self._tell()
        return is_known

    async def _settle(self) -> None:
        for direction in Direction:
            if self._sound is None:
                return
            in_use = self._sound.device_in_use(direction)
            wanted = self._wanted(direction)
            if wanted is not None and (in_use is None or in_use.id != wanted.id):
                is_away = in_use is not None and in_use.id not in {each.id for each in self._catalog.of(direction)}
                await self._use(direction, instead_of=in_use if is_away else None)
            elif wanted is None and in_use is not None:
                # Without any device PulseAudio ends the stream; PipeWire keeps it and says nothing.
                await asyncio.to_thread(self._sound.close_device, direction)
                self._complain(direction, NoDevice(direction.value))

    def _wanted(self, direction: Direction) -> Device | None:
        return in_place_of(self._choices[direction], self._catalog, direction)

    async def _use(self, direction: Direction, *, instead_of: Device | None = None) -> bool:
        """Open what is wanted; True when it is in use now, or when there is nothing to open it for."""
        sound, wanted = self._sound, self._wanted(direction)
        if sound is None:
            return True
        if wanted is None:
            self._complain(direction, NoDevice(direction.value))
            return False
        try:
            await asyncio.to_thread(sound.open, direction, wanted)
        except SoundTrouble as trouble:
            log.info("- %s refused: %s", direction.value, trouble.kind)
            self._complain(direction, trouble)
            return False
        self._complaints.pop(direction, None)
        log.info("- %s in use", direction.value)
        if instead_of is not None and instead_of.id != wanted.id:
            self._arose(DeviceAway(instead_of.name, wanted.name))
        return True

    def _complain(self, direction: Direction | None, trouble: SoundTrouble) -> None:
        if self._complaints.get(direction) != trouble.kind:
            self._complaints[direction] = trouble.kind
            self._arose(trouble)

    def _tell(self) -> None:
        view = DeskView(self._catalog, self._choices[Direction.MICROPHONE], self._choices[Direction.SPEAKER])
        self._show(view)
