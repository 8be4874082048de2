"""Trying the devices before a call: a test sound, one's own voice, the echo between the two.

The same sound thread as in a conversation, over the same desk, with a played sample in the place of the server: what
works here works there. Nothing of it leaves the machine.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

import numpy as np

from app.audio.apm import ApmMissing
from app.audio.catalog import Direction
from app.audio.echo import EchoCanceller, EchoMode, EchoSettings
from app.audio.level import SILENCE_DBFS
from app.audio.pcm import BLOCK_MS, RATE_HZ, Pcm, silence
from app.audio.trial import Witness, babble, chime, judge
from app.audio.uplink import Uplink
from app.conversation.settings import Settings
from app.conversation.sound_check import Deed, Phase, SoundCheckView
from app.conversation.troubles import EchoCancellingMissing, Notice
from app.conversation.view import Levels
from app.session.desk import Desk
from app.session.hearing import echo_settings
from app.session.ports import Devices
from app.session.sound import SoundThread
from app.session.sound_orders import use_volumes

log = logging.getLogger("parlance.session")

RECORD_MS: Final = 4000
_LATE_S: Final = 3.0
"""A sample that is not through so long after its end never will be."""
_LOOK_EVERY_S: Final = 1.0
_DRAIN_S: Final = 0.3
"""What the device still holds of it."""


class Sample:
    """A sound in the place of what a server sends (port Playout): played once."""

    def __init__(self, sound: Pcm, finished: Callable[[], None]) -> None:
        self._left = sound
        self._finished: Final = finished
        self._told = False

    def pull(self, out: Pcm, now_s: float) -> None:
        """The next block; silence, and one word, after the last. Sound thread."""
        part, self._left = self._left[: len(out)], self._left[len(out) :]
        out[: len(part)] = part
        out[len(part) :] = 0
        if not len(self._left) and not self._told:
            self._told = True
            self._finished()

    def drop(self) -> None:
        """Forget the rest."""
        self._left = silence(0)

    def resume(self) -> None:
        """There is nothing to resume."""

    def audible(self, now_s: float) -> bool:
        """Whether there is more to come."""
        return len(self._left) > 0


class SoundCheck:
    """One for each run of the window. Session loop only, but for ``levels``."""

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        devices: Devices,
        desk: Desk,
        show: Callable[[SoundCheckView], None],
        *,
        leave: Callable[[], Notice | None] = lambda: None,
    ) -> None:
        """``leave`` blocks, and says what stands between the program and the microphone, if anything does."""
        self._tasks: Final = tasks
        self._devices: Final = devices
        self._desk: Final = desk
        self._show: Final = show
        self._leave: Final = leave
        self._looking: asyncio.Task[None] | None = None
        self._loop: Final = asyncio.get_running_loop()
        self._view = SoundCheckView()
        self._settings = Settings()
        self._canceller = EchoCanceller()
        self._witness = Witness(self._canceller)
        self._sound: SoundThread | None = None
        self._deed: asyncio.Task[None] | None = None
        self._heard: deque[Pcm] | None = None

    def levels(self) -> Levels | None:
        """What the meters show: the microphone with its gain, unprocessed. None without a sound check. Any thread."""
        sound = self._sound
        if sound is None:
            return None
        levels, captured = sound.levels(), sound.uplink.captured.read()
        return replace(
            levels,
            microphone_dbfs=_raised(captured.bar_dbfs, levels.gain_db),
            microphone_peak_dbfs=_raised(captured.peak_dbfs, levels.gain_db),
        )

    def begin(self, settings: Settings) -> None:
        """Open the chosen devices; not while there is a call."""
        if self._sound is not None:
            return
        self._settings = settings
        self._canceller = EchoCanceller()
        self._witness = Witness(self._canceller)
        sound = self._sound = SoundThread(
            self._devices,
            Uplink(processor=self._witness),
            send=self._keep,
            gate_closed=lambda: None,
            audible_changed=lambda _audible: None,
            ended=lambda direction: self._post_end(sound, direction),
        )
        use_volumes(sound, settings)
        sound.start()
        self._tasks.create_task(self._desk.serve(sound))
        log.info("> sound check")
        self._tell(SoundCheckView(Phase.READY))
        self._looking = self._tasks.create_task(self._look_for_leave())

    def use(self, settings: Settings) -> None:
        """New settings: another volume counts at once, other devices make a measurement void."""
        before, self._settings = self._settings, settings
        if self._sound is None:
            return
        use_volumes(self._sound, settings)
        if (before.microphone, before.speaker) != (settings.microphone, settings.speaker):
            self.stop()
            self._tell(replace(self._view, done=None, echo=None))

    def do(self, deed: Deed) -> None:
        """One deed at a time: a new one takes the place of the one before. Without effect before ``begin``."""
        if self._sound is None:
            return
        self.stop()
        work = {Deed.PLAY: self._play_chime, Deed.RECORD: self._play_back, Deed.MEASURE: self._measure}.get(deed)
        if work is not None:
            self._deed = self._tasks.create_task(self._run(self._sound, deed, work))

    def stop(self) -> None:
        """Stop what is going on."""
        if self._deed is not None:
            self._deed.cancel()
            self._deed = None
        if self._sound is not None:
            self._heard = None
            self._sound.play(None)
            self._tell(replace(self._view, phase=Phase.READY, trouble=""))

    def end(self) -> None:
        """Let go of the devices; harmless when there is no sound check."""
        self.stop()
        sound, self._sound = self._sound, None
        if self._looking is not None:
            self._looking.cancel()
        if sound is not None:
            self._desk.release(sound)
            self._tasks.create_task(asyncio.to_thread(sound.stop))
            log.info("< sound check")
            self._tell(SoundCheckView())

    async def _look_for_leave(self) -> None:
        """A person may be asked, and decide, while the guide is open."""
        while True:
            notice = await asyncio.to_thread(self._leave)
            if notice != self._view.microphone:
                self._tell(replace(self._view, microphone=notice))
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _run(self, sound: SoundThread, deed: Deed, work: Callable[[SoundThread], Awaitable[None]]) -> None:
        self._tell(replace(self._view, done=None, trouble=""))
        try:
            await work(sound)
        except EchoCancellingMissing as trouble:
            self._tell(replace(self._view, phase=Phase.READY, trouble=str(trouble)))
        else:
            self._tell(replace(self._view, phase=Phase.READY, done=deed))
        self._deed = None

    async def _play_chime(self, sound: SoundThread) -> None:
        self._tell(replace(self._view, phase=Phase.PLAYING))
        await self._play(sound, chime())

    async def _play_back(self, sound: SoundThread) -> None:
        """As the assistant would hear it."""
        with suppress(ApmMissing):
            await asyncio.to_thread(self._canceller.choose, echo_settings(self._settings))
        self._heard = deque(maxlen=RECORD_MS // BLOCK_MS)
        self._tell(replace(self._view, phase=Phase.RECORDING))
        await asyncio.sleep(RECORD_MS / 1000)
        heard, self._heard = tuple(self._heard), None
        self._tell(replace(self._view, phase=Phase.REPLAYING))
        await self._play(sound, np.concatenate(heard) if heard else silence())

    async def _measure(self, sound: SoundThread) -> None:
        # Hands on: whatever the canceller thinks of what it leaves, it shall be written down.
        wanted = EchoSettings(EchoMode.LOUDSPEAKER, hands_free=False)
        try:
            await asyncio.to_thread(self._canceller.choose, wanted)
        except ApmMissing as missing:
            raise EchoCancellingMissing from missing
        self._tell(replace(self._view, phase=Phase.MEASURING, echo=None))
        self._witness.begin()
        await self._play(sound, babble())
        finding = await asyncio.to_thread(judge, self._witness.end())
        log.info("- echo: %s, %s", finding.advice.value, finding)
        self._view = replace(self._view, echo=finding)

    async def _play(self, sound: SoundThread, sample: Pcm) -> None:
        """Until it has been heard; no longer than it can take."""
        through = asyncio.Event()

        def finished() -> None:
            self._loop.call_soon_threadsafe(through.set)

        sound.play(Sample(sample, finished))
        with suppress(TimeoutError):
            async with asyncio.timeout(len(sample) / RATE_HZ + _LATE_S):
                await through.wait()
        await asyncio.sleep(_DRAIN_S)
        sound.play(None)

    def _keep(self, block: Pcm, _gap_samples: int) -> int:
        """Sound thread: what a server would be sent."""
        heard = self._heard
        if heard is not None:
            heard.append(block.copy())
        return 1

    def _post_end(self, sound: SoundThread, direction: Direction) -> None:
        """From any thread: a device ended by itself."""
        self._loop.call_soon_threadsafe(self._replace_device, sound, direction)

    def _replace_device(self, sound: SoundThread, direction: Direction) -> None:
        if sound is self._sound:
            self._tasks.create_task(self._desk.replace(direction))

    def _tell(self, view: SoundCheckView) -> None:
        self._view = view
        self._show(view)


def _raised(level_dbfs: float, gain_db: float) -> float:
    """A level with a gain behind it; silence stays what it is."""
    return level_dbfs if level_dbfs <= SILENCE_DBFS else max(SILENCE_DBFS, level_dbfs + gain_db)
