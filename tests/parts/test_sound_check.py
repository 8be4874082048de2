"""The sound check on a real sound server, with and without an echo between its devices."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.audio.catalog import Choice, Direction
from app.audio.echo_finding import Advice
from app.audio.loudness import Loudness, Target, loudness_of
from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ
from app.audio.trial import chime
from app.conversation.settings import Hearing, LevelSettings, Settings
from app.conversation.sound_check import Deed, Phase, SoundCheckView
from app.conversation.troubles import MicrophoneForbidden, Notice, notice_of
from app.devices.system import SystemDevices
from app.session import sound_check as module
from app.session.desk import Desk
from app.session.sound_check import SoundCheck
from tests.support.pulse import DESK_MICROPHONE, DESK_SPEAKERS, HEADSET_MICROPHONE, USB_HEADPHONES, PulseBench
from tests.support.speech import level_dbfs, read_wav, say, share_heard, write_wav
from tests.support.waiting import eventually

WAIT_S = 25.0


@pytest.fixture
def bench(pulse: PulseBench) -> Iterator[PulseBench]:
    yield pulse
    pulse.reset()


class Trial:
    """A sound check with its desk, and all it has shown."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.troubles: list[str] = []
        self.views: list[SoundCheckView] = []
        self._news = asyncio.Event()
        devices = SystemDevices()
        self.desk = Desk(devices, {}, show=lambda _view: None, arose=self._hear_of)
        self.notice: Notice | None = None
        self.check = SoundCheck(tasks, devices, self.desk, self._show, leave=lambda: self.notice)

    def _hear_of(self, trouble: Exception) -> None:
        self.troubles.append(type(trouble).__name__)

    def _show(self, view: SoundCheckView) -> None:
        self.views.append(view)
        self._news.set()

    async def told(self) -> SoundCheckView:
        """The next view."""
        self._news.clear()
        async with asyncio.timeout(WAIT_S):
            await self._news.wait()
        return self.views[-1]

    async def until(self, phase: Phase, done: Deed | None = None) -> SoundCheckView:
        async with asyncio.timeout(WAIT_S):
            while not self.views or self.views[-1].phase is not phase or self.views[-1].done is not done:
                self._news.clear()
                await self._news.wait()
        return self.views[-1]


@asynccontextmanager
async def trial(settings: Settings) -> AsyncIterator[Trial]:
    async with asyncio.TaskGroup() as tasks:
        made = Trial(tasks)
        made.check.begin(settings)
        await made.desk.scan()  # waits its turn: by then the devices are open
        try:
            yield made
        finally:
            made.check.end()
    assert made.views[-1] == SoundCheckView()


async def test_the_test_sound_comes_out_of_the_chosen_speaker(bench: PulseBench) -> None:
    async with trial(Settings()) as made:
        headphones = next(device for device in SystemDevices().scan().speakers if device.name == USB_HEADPHONES)
        await made.desk.pick(Direction.SPEAKER, Choice(headphones.id, headphones.name))
        with bench.record(USB_HEADPHONES) as recorder, bench.record(DESK_SPEAKERS) as other:
            made.check.do(Deed.PLAY)
            await made.until(Phase.PLAYING)
            await made.until(Phase.READY, Deed.PLAY)
            await asyncio.to_thread(_wait_for, lambda: share_heard(chime(), recorder.samples()) > 0.5)
            assert level_dbfs(other.samples()) < -90
    assert made.troubles == []


async def test_one_hears_oneself_and_sees_ones_level(bench: PulseBench, tmp_path: Path) -> None:
    wav = say("One, two, three, can you hear me well?", tmp_path / "said.wav")
    async with trial(Settings(hearing=Hearing.AS_IS)) as made:
        with bench.record(DESK_SPEAKERS) as recorder, bench.play(wav, DESK_MICROPHONE):
            made.check.do(Deed.RECORD)
            await made.until(Phase.RECORDING)
            await made.until(Phase.REPLAYING)
            levels = made.check.levels()
            assert levels is not None
            assert levels.microphone_peak_dbfs > -100
            await made.until(Phase.READY, Deed.RECORD)
            said = read_wav(wav)[: 2 * RATE_HZ]
            await asyncio.to_thread(_wait_for, lambda: share_heard(said, recorder.samples()) > 0.4)
    assert made.check.levels() is None


# With a headset there would be automatic gain, which knows no soft voices.
@pytest.mark.parametrize(("hearing", "target"), [(Hearing.HEADSET, Target.SOFT), (Hearing.LOUDSPEAKER, Target.LOUD)])
async def test_a_voice_is_brought_to_the_chosen_level(
    bench: PulseBench, tmp_path: Path, hearing: Hearing, target: Target
) -> None:
    """A faint voice is matched as the guide does it; what would be sent afterwards is where it was wanted."""
    spoken = say("Good morning, am I loud enough for you?", tmp_path / "said.wav")
    wav = tmp_path / "faint.wav"
    write_wav(wav, (read_wav(spoken) * 0.04).astype(np.int16))
    chosen = Settings(hearing=hearing, level=LevelSettings(target))
    async with trial(chosen) as made:
        voice_dbfs = await _peak_of(made, bench, wav)
        assert loudness_of(voice_dbfs, target) is Loudness.QUIET
        made.check.use(replace(chosen, level=chosen.level.heard(DESK_MICROPHONE, voice_dbfs)))
        with bench.record(DESK_SPEAKERS) as recorder, bench.play(wav, DESK_MICROPHONE):
            made.check.do(Deed.RECORD)
            await made.until(Phase.READY, Deed.RECORD)
            await asyncio.to_thread(_wait_for, lambda: len(recorder.samples()) > RATE_HZ)
            heard = recorder.samples()
            blocks = heard[: len(heard) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES)
            loudest_dbfs = max(level_dbfs(block) for block in blocks)
    # What is recorded has been through the noise suppressor as well, which takes a little of a voice.
    lowest, highest = target.band_dbfs
    assert lowest - 3 <= loudest_dbfs <= highest


async def _peak_of(made: Trial, bench: PulseBench, wav: Path) -> float:
    """The loudest the meter shows while that is said."""
    with bench.play(wav, DESK_MICROPHONE) as player:
        loudest_dbfs = -100.0
        while player.poll() is None:
            levels = made.check.levels()
            assert levels is not None
            loudest_dbfs = max(loudest_dbfs, levels.microphone_peak_dbfs)
            await asyncio.sleep(0.03)
    return loudest_dbfs


async def test_that_the_system_does_not_give_the_microphone_is_told_and_taken_back(
    bench: PulseBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOOK_EVERY_S", 0.01)
    async with trial(Settings()) as made:
        assert made.views[-1].microphone is None
        made.notice = notice_of(MicrophoneForbidden())
        assert (await made.told()).microphone == made.notice
        made.notice = None
        assert (await made.told()).microphone is None


async def test_a_pair_without_an_echo_is_a_headset(bench: PulseBench) -> None:
    async with trial(Settings()) as made:
        made.check.do(Deed.MEASURE)
        await made.until(Phase.MEASURING)
        echo = (await made.until(Phase.READY, Deed.MEASURE)).echo
    assert echo is not None
    assert echo.advice is Advice.HEADSET


async def test_an_echo_is_measured_and_removed(bench: PulseBench) -> None:
    bench.plug_echoing("Talking laptop", DESK_SPEAKERS)
    bench.set_default("Talking laptop")
    async with trial(Settings(output_volume=0.5)) as made:
        made.check.do(Deed.MEASURE)
        echo = (await made.until(Phase.READY, Deed.MEASURE)).echo
    assert echo is not None
    # How much is removed depends on how punctual this machine is; what is left tells the advice.
    assert echo.advice in (Advice.LOUDSPEAKER, Advice.HALF_DUPLEX)
    assert echo.removed_db > 5
    assert echo.echo_dbfs == pytest.approx(-31.0, abs=3.0)
    assert echo.delay_ms is not None


async def test_stopping_stops_and_another_device_voids_what_was_measured(bench: PulseBench) -> None:
    async with trial(Settings()) as made:
        made.check.do(Deed.MEASURE)
        await made.until(Phase.MEASURING)
        made.check.do(Deed.STOP)
        assert made.views[-1].phase is Phase.READY
        assert made.views[-1].done is None
        made.check.do(Deed.PLAY)
        await made.until(Phase.READY, Deed.PLAY)


async def test_unplugging_the_microphone_in_use_moves_on(bench: PulseBench) -> None:
    bench.set_default(HEADSET_MICROPHONE)
    async with trial(Settings()) as made:
        bench.unplug(HEADSET_MICROPHONE)
        await made.desk.scan()
        assert made.troubles == ["DeviceAway"]
        assert made.check.levels() is not None


def _wait_for(condition: Callable[[], bool]) -> None:
    eventually(condition, "it is heard")
