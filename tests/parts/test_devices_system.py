"""The machine's devices against a real sound server with virtual microphones and loudspeakers."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from app.audio.catalog import Catalog, Device, Direction, Kind
from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm
from app.conversation.troubles import DeviceAway, NoDevice, SoundServerGone
from app.devices.system import SystemDevices
from tests.support.pipewire import PipeWireBench
from tests.support.pulse import (
    DESK_MICROPHONE,
    DESK_SPEAKERS,
    HEADSET_MICROPHONE,
    USB_HEADPHONES,
    PulseBench,
)
from tests.support.speech import level_dbfs, read_wav, say, share_heard, tone, write_wav
from tests.support.waiting import eventually

SENTENCE = "What time is it in Lisbon, and what is seven times eight?"


@pytest.fixture
def devices(bench: PulseBench) -> SystemDevices:
    return SystemDevices()


_OPEN = """
from pathlib import Path
from app.audio.catalog import Direction
from app.devices.system import SystemDevices
stream = SystemDevices().open_speaker(None, lambda block: None, lambda: None)
maps = Path("/proc/self/maps").read_text()
print(*sorted({Path(line.split()[-1]).name for line in maps.splitlines() if "libasound_module" in line}))
stream.close()
"""


@pytest.mark.usefixtures("bench")
def test_of_libasounds_plug_ins_only_the_servers_is_loaded() -> None:
    told = subprocess.run([sys.executable, "-c", _OPEN], check=True, capture_output=True, text=True, timeout=60)
    assert told.stdout.strip() == "libasound_module_pcm_pulse.so"


class Ear:
    """Keeps what a microphone hears."""

    def __init__(self) -> None:
        self.blocks: list[Pcm] = []
        self.ends = 0
        self.ended = threading.Event()
        self.hearing = threading.Event()

    def on_block(self, block: Pcm) -> None:
        self.blocks.append(block.copy())
        self.hearing.set()

    def on_end(self) -> None:
        self.ends += 1
        self.ended.set()

    def samples(self) -> Pcm:
        return np.concatenate(self.blocks)


class Mouth:
    """Plays samples, then silence."""

    def __init__(self, samples: Pcm) -> None:
        self._samples = samples
        self._at = 0
        self.done = threading.Event()
        """The samples and 200 ms more are through."""
        self.asked_samples: set[int] = set()

    def fill(self, block: Pcm) -> None:
        self.asked_samples.add(len(block))
        part = self._samples[self._at : self._at + len(block)]
        block[: len(part)] = part
        block[len(part) :] = 0
        self._at += len(block)
        if self._at > len(self._samples) + 9_600:
            self.done.set()


class Bell:
    """Counts changes, and can be waited for."""

    def __init__(self) -> None:
        self._rung = threading.Semaphore(0)

    def ring(self) -> None:
        self._rung.release()

    def wait(self, within_s: float) -> bool:
        return self._rung.acquire(timeout=within_s)

    def hush(self) -> None:
        while self._rung.acquire(blocking=False):
            pass


def named(catalog: Catalog, direction: Direction, name: str) -> Device:
    return next(device for device in catalog.of(direction) if device.name == name)


def test_lists_devices_by_their_descriptions_and_no_monitor(devices: SystemDevices) -> None:
    catalog = devices.scan()
    assert {device.name for device in catalog.microphones} == {DESK_MICROPHONE, HEADSET_MICROPHONE}
    assert {DESK_SPEAKERS, USB_HEADPHONES} <= {device.name for device in catalog.speakers}
    assert not any("onitor" in device.name for device in catalog.speakers)
    default = catalog.default(Direction.MICROPHONE)
    assert default is not None
    assert default.name == DESK_MICROPHONE


def test_speech_is_heard_on_the_microphone_it_is_spoken_into_and_on_no_other(
    bench: PulseBench, devices: SystemDevices, tmp_path: Path
) -> None:
    wav = say(SENTENCE, tmp_path / "sentence.wav")
    catalog = devices.scan()
    desk, headset = Ear(), Ear()
    streams = [
        devices.open_microphone(named(catalog, Direction.MICROPHONE, name), ear.on_block, ear.on_end)
        for name, ear in ((DESK_MICROPHONE, desk), (HEADSET_MICROPHONE, headset))
    ]
    assert desk.hearing.wait(5)
    assert headset.hearing.wait(5)
    with bench.play(wav, HEADSET_MICROPHONE) as player:
        assert player.wait(20) == 0
    for stream in streams:
        stream.close()
    assert {len(block) for block in headset.blocks} == {BLOCK_SAMPLES}
    assert share_heard(read_wav(wav), headset.samples()) > 0.5
    assert level_dbfs(desk.samples()) < -90


def test_sound_comes_out_of_the_picked_speaker_and_of_no_other(bench: PulseBench, devices: SystemDevices) -> None:
    sound = tone(440, 1)
    mouth, ear = Mouth(sound), Ear()
    with bench.record(USB_HEADPHONES) as picked, bench.record(DESK_SPEAKERS) as other:
        headphones = named(devices.scan(), Direction.SPEAKER, USB_HEADPHONES)
        stream = devices.open_speaker(headphones, mouth.fill, ear.on_end)
        assert stream.device == headphones
        assert bench.where(os.getpid()).speakers == (USB_HEADPHONES,)
        assert mouth.done.wait(20)
        eventually(lambda: share_heard(sound, picked.samples()) > 0.5, "the tone is recorded")
        stream.close()
        assert level_dbfs(other.samples()) < -90
    assert mouth.asked_samples == {BLOCK_SAMPLES}
    assert ear.ends == 0


def test_the_default_is_a_choice_of_its_own(bench: PulseBench, devices: SystemDevices) -> None:
    bench.set_default(HEADSET_MICROPHONE)
    ear = Ear()
    stream = devices.open_microphone(None, ear.on_block, ear.on_end)
    assert ear.hearing.wait(5)
    assert stream.device is None
    assert stream.actual_device_id() == bench.id_of(HEADSET_MICROPHONE)
    stream.close()
    default = devices.scan().default(Direction.MICROPHONE)
    assert default is not None
    assert default.name == HEADSET_MICROPHONE


def test_as_a_telephone_others_are_lowered_where_the_server_does_that(
    bench: PulseBench, devices: SystemDevices, tmp_path: Path
) -> None:
    if isinstance(bench, PipeWireBench):
        pytest.skip("PipeWire 0.3 has no module-role-ducking")
    music = tmp_path / "music.wav"
    write_wav(music, tone(440, 30))

    with bench.ducking(), bench.play_to(music, USB_HEADPHONES, role="music"), bench.record(USB_HEADPHONES) as ear:

        def loudness() -> float:
            return level_dbfs(ear.samples()[-RATE_HZ // 4 :])

        eventually(lambda: loudness() > -30, "music plays")
        before_dbfs = loudness()
        plain = devices.open_speaker(None, lambda block: block.fill(0), lambda: None)
        samples = len(ear.samples())
        eventually(lambda: len(ear.samples()) > samples + RATE_HZ, "a second passes")
        assert loudness() == pytest.approx(before_dbfs, abs=1)
        plain.close()
        devices.as_telephone = True
        stream = devices.open_speaker(None, lambda block: block.fill(0), lambda: None)
        eventually(lambda: -90 < loudness() < before_dbfs - 10, "music is lowered")
        stream.close()
        eventually(lambda: loudness() > before_dbfs - 1, "music is as before")


def test_statistics_tell_device_rate_latency_and_blocks(devices: SystemDevices) -> None:
    ear = Ear()
    stream = devices.open_microphone(None, ear.on_block, ear.on_end)
    assert ear.hearing.wait(5)
    stream.close()
    stats = stream.stats()
    assert stats.blocks == len(ear.blocks)
    assert stats.rate_hz == RATE_HZ
    assert 0 < stats.latency_ms < 200
    assert not stats.failed


def test_a_device_that_is_away_is_named(devices: SystemDevices) -> None:
    ear = Ear()
    gone = Device("alsa_input.gone", "Conference microphone", Direction.MICROPHONE)
    with pytest.raises(DeviceAway, match="Conference microphone"):
        devices.open_microphone(gone, ear.on_block, ear.on_end)
    assert ear.ends == 0


def test_a_machine_without_a_microphone_says_so(bench: PulseBench, devices: SystemDevices) -> None:
    bench.unplug(DESK_MICROPHONE)
    bench.unplug(HEADSET_MICROPHONE)
    ear = Ear()
    assert devices.scan().microphones == ()
    with pytest.raises(NoDevice):
        devices.open_microphone(None, ear.on_block, ear.on_end)


def test_two_devices_of_one_name_are_told_apart(bench: PulseBench, devices: SystemDevices) -> None:
    first = bench.plug("USB headset", Direction.SPEAKER, key="usb headset a")
    second = bench.plug("USB headset", Direction.SPEAKER, key="usb headset b")
    twins = {device.id: device for device in devices.scan().speakers if device.name.startswith("USB headset")}
    assert {device.name for device in twins.values()} == {"USB headset (1)", "USB headset (2)"}
    for device_id in (first, second):
        stream = devices.open_speaker(twins[device_id], lambda block: block.fill(0), lambda: None)
        assert stream.actual_device_id() == device_id
        stream.close()


def test_a_device_that_knows_only_44100_hz_is_played_to_all_the_same(bench: PulseBench, devices: SystemDevices) -> None:
    bench.plug("Old stereo", Direction.SPEAKER, rate_hz=44_100)
    sound = tone(440, 1)
    mouth = Mouth(sound)
    with bench.record("Old stereo") as recorder:
        stereo = named(devices.scan(), Direction.SPEAKER, "Old stereo")
        stream = devices.open_speaker(stereo, mouth.fill, lambda: None)
        assert mouth.done.wait(20)
        eventually(lambda: share_heard(sound, recorder.samples()) > 0.5, "the tone is recorded")
        stream.close()


def test_a_stream_whose_device_is_unplugged_tells_where_it_went(bench: PulseBench, devices: SystemDevices) -> None:
    ear = Ear()
    headset = named(devices.scan(), Direction.MICROPHONE, HEADSET_MICROPHONE)
    stream = devices.open_microphone(headset, ear.on_block, ear.on_end)
    assert ear.hearing.wait(5)
    assert stream.actual_device_id() == headset.id
    bench.unplug(HEADSET_MICROPHONE)
    eventually(lambda: stream.actual_device_id() == bench.id_of(DESK_MICROPHONE), "the server has moved the stream")
    stream.close()
    assert ear.ends == 0


def test_the_end_of_the_sound_server_is_told_once_and_survived(bench: PulseBench, devices: SystemDevices) -> None:
    ear, mouth_ended = Ear(), Ear()
    microphone = devices.open_microphone(None, ear.on_block, ear.on_end)
    speaker = devices.open_speaker(None, lambda block: block.fill(0), mouth_ended.on_end)
    assert ear.hearing.wait(5)
    bench.kill()
    assert ear.ended.wait(2)
    assert mouth_ended.ended.wait(2)
    with pytest.raises(SoundServerGone):
        devices.scan()
    with pytest.raises(SoundServerGone):
        devices.open_microphone(None, ear.on_block, ear.on_end)
    assert microphone.actual_device_id() is None
    microphone.close()
    speaker.close()
    assert (ear.ends, mouth_ended.ends) == (1, 1)
    bench.start()
    again = Ear()
    microphone = devices.open_microphone(None, again.on_block, again.on_end)
    assert again.hearing.wait(5)
    microphone.close()
    assert again.ends == 0


def test_a_server_that_hangs_is_given_up_on(bench: PulseBench, devices: SystemDevices) -> None:
    devices.scan()
    with bench.frozen(), pytest.raises(SoundServerGone):
        devices.scan()
    assert devices.scan().microphones


def test_a_failing_callback_ends_the_stream(devices: SystemDevices, caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()

    def fail(_block: Pcm) -> None:
        raise ValueError("a bug")

    stream = devices.open_speaker(None, fail, ear.on_end)
    assert ear.ended.wait(5)
    stream.close()
    assert ear.ends == 1
    assert stream.stats().failed
    assert "our callback failed" in caplog.text


def test_closing_is_quiet_and_final(devices: SystemDevices) -> None:
    ear = Ear()
    stream = devices.open_microphone(None, ear.on_block, ear.on_end)
    assert ear.hearing.wait(5)
    stream.close()
    heard = len(ear.blocks)
    stream.close()
    assert not ear.ended.wait(0.1)
    assert len(ear.blocks) == heard


def test_opening_and_closing_leaves_nothing_behind(devices: SystemDevices) -> None:
    def cycle() -> None:
        streams = [
            devices.open_microphone(None, lambda _block: None, lambda: None),
            devices.open_speaker(None, lambda block: block.fill(0), lambda: None),
        ]
        for stream in streams:
            stream.close()

    cycle()
    before = (_open_files(), _threads())
    for _ in range(30):
        cycle()
    assert (_open_files(), _threads()) == before


def test_plugging_and_unplugging_is_noticed(bench: PulseBench, devices: SystemDevices) -> None:
    bell = Bell()
    stop = devices.watch(bell.ring)
    try:
        assert bell.wait(5), "the beginning is a change"
        for act in (
            lambda: bench.plug("USB headset", Direction.SPEAKER),
            lambda: bench.set_default("USB headset"),
            lambda: bench.unplug("USB headset"),
            lambda: bench.plug("Lapel microphone", Direction.MICROPHONE),
        ):
            bell.hush()
            act()
            assert bell.wait(2)
    finally:
        stop()


def test_muting_in_the_system_is_noticed_and_unmuting_within_a_second(
    bench: PulseBench, devices: SystemDevices
) -> None:
    bell = Bell()
    stop = devices.watch(bell.ring)
    try:
        assert bell.wait(5)
        for muted in (True, False):
            bell.hush()
            bench.mute(DESK_MICROPHONE, muted)
            assert bell.wait(1)
            assert named(devices.scan(), Direction.MICROPHONE, DESK_MICROPHONE).muted is muted
            assert not named(devices.scan(), Direction.MICROPHONE, HEADSET_MICROPHONE).muted
        bell.hush()
        bench.set_volume(DESK_MICROPHONE, 60)
        assert not bell.wait(0.5), "a volume is nobody's business"
    finally:
        stop()


def test_a_device_s_kind_is_told_by_the_server(bench: PulseBench, devices: SystemDevices) -> None:
    bench.plug("Jabra Evolve", Direction.MICROPHONE, form_factor="headset")
    bench.plug("Table lamp", Direction.SPEAKER, form_factor="hands-free")
    catalog = devices.scan()
    assert named(catalog, Direction.MICROPHONE, "Jabra Evolve").kind is Kind.HEADSET
    assert named(catalog, Direction.SPEAKER, "Table lamp").kind is Kind.HEADSET
    assert named(catalog, Direction.MICROPHONE, DESK_MICROPHONE).kind is Kind.UNKNOWN


def test_the_sound_server_going_and_coming_is_noticed(bench: PulseBench, devices: SystemDevices) -> None:
    bell = Bell()
    stop = devices.watch(bell.ring)
    try:
        assert bell.wait(5)
        bench.kill()
        assert bell.wait(2)
        bell.hush()
        bench.start()
        assert bell.wait(5)
        assert devices.scan().microphones
    finally:
        stop()


def test_a_stopped_watch_leaves_no_thread(devices: SystemDevices) -> None:
    threads = threading.active_count()
    bell = Bell()
    stop = devices.watch(bell.ring)
    assert bell.wait(5)
    assert threading.active_count() == threads + 1
    stop()
    assert threading.active_count() == threads


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))
