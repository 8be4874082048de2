"""The machine's devices against a real sound server with virtual microphones and loudspeakers."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.audio.catalog import Catalog, Device, Direction
from app.audio.pcm import BLOCK_SAMPLES, Pcm
from app.devices.system import SystemDevices
from tests.support.pulse import DESK_MICROPHONE, DESK_SPEAKERS, HEADSET_MICROPHONE, USB_HEADPHONES, PulseBench
from tests.support.speech import correlation, level_dbfs, read_wav, say

SENTENCE = "What time is it in Lisbon, and what is seven times eight?"


@pytest.fixture
def bench(pulse: PulseBench) -> Iterator[PulseBench]:
    yield pulse
    pulse.reset()


@pytest.fixture
def devices(bench: PulseBench) -> SystemDevices:
    return SystemDevices()


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
        self.asked_samples: set[int] = set()

    def fill(self, block: Pcm) -> None:
        self.asked_samples.add(len(block))
        part = self._samples[self._at : self._at + len(block)]
        block[: len(part)] = part
        block[len(part) :] = 0
        self._at += len(block)
        if self._at > len(self._samples) + 9_600:
            self.done.set()


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
    assert correlation(read_wav(wav), headset.samples())[1] > 0.9
    assert level_dbfs(desk.samples()) < -90
