"""What a person should know of the devices during a call, and would not find out: said in the window, taken back after.

Outside of the conversation's own notices, which come first and mean that something was lost.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from app.audio.catalog import Device
from app.audio.microphone_watch import LOOK_EVERY_S, MicrophoneFault, MicrophoneWatch
from app.conversation.troubles import (
    BluetoothBothWays,
    MicrophoneMuted,
    MicrophoneOverdriven,
    MicrophoneSilent,
    Notice,
    SoundTrouble,
    TalkingWhileMuted,
    notice_of,
)
from app.conversation.view import Levels, Look, View

log = logging.getLogger("parlance.assembly")

_TROUBLES: Final[dict[MicrophoneFault, type[SoundTrouble]]] = {
    MicrophoneFault.SILENT: MicrophoneSilent,
    MicrophoneFault.OVERDRIVEN: MicrophoneOverdriven,
    MicrophoneFault.TALKING_WHILE_MUTED: TalkingWhileMuted,
}
_CALLS: Final = (Look.LISTENING, Look.ON_AIR, Look.THINKING, Look.SPEAKING)
_ADDRESS: Final = re.compile(r"^bluez.*?((?:[0-9A-F]{2}[_:]){5}[0-9A-F]{2})", re.IGNORECASE)
"""In the names that PulseAudio and PipeWire give to Bluetooth devices."""


class Hints:
    """Session loop only."""

    def __init__(
        self, tasks: asyncio.TaskGroup, levels: Callable[[], Levels], show: Callable[[Notice | None], None]
    ) -> None:
        self._tasks: Final = tasks
        self._levels: Final = levels
        self._show: Final = show
        self._view = View()
        self._shown: SoundTrouble | None = None
        self._both_ways: BluetoothBothWays | None = None
        self._muted_outside = False
        self._ended = asyncio.Event()
        self._running = False

    def show_view(self, view: View) -> None:
        """Watch while there is a call."""
        self._view = view
        if view.look is Look.DISCONNECTED:
            self._ended.set()
        elif view.look in _CALLS:
            self._ended.clear()
            if not self._running:
                self._running = True
                self._tasks.create_task(self._watch())

    def use(self, microphone: Device | None, speaker: Device | None) -> None:
        """What is used for the choices now."""
        self._muted_outside = microphone is not None and microphone.muted
        names = [_ADDRESS.match(device.id) for device in (microphone, speaker) if device is not None]
        addresses = [found.group(1).replace("_", ":").upper() for found in names if found is not None]
        is_one = len(addresses) == 2 and addresses[0] == addresses[1]
        self._both_ways = BluetoothBothWays() if is_one else None

    async def _watch(self) -> None:
        watch = MicrophoneWatch()
        while not self._ended.is_set():
            self._tell(self._trouble(watch) or self._both_ways)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._ended.wait()
        self._tell(None)
        self._running = False

    def _trouble(self, watch: MicrophoneWatch) -> SoundTrouble | None:
        if self._view.look not in _CALLS:  # while a lost connection comes back there is more important news
            return None
        levels, muted = self._levels(), self._view.muted
        fault = watch.look(
            levels.captured_dbfs,
            clipped_blocks=levels.clipped_blocks,
            muted=muted or self._muted_outside,
            now_s=time.monotonic(),
        )
        if self._muted_outside and not muted:
            return MicrophoneMuted()
        return _TROUBLES[fault]() if fault is not None else None

    def _tell(self, trouble: SoundTrouble | None) -> None:
        """Once; a notice that was dismissed does not come back for the same reason."""
        if type(trouble) is type(self._shown):
            return
        self._shown = trouble
        if trouble is not None:
            log.info("- hint: %s", trouble.kind)
        self._show(notice_of(trouble) if trouble is not None else None)
