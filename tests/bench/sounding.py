"""Devices on a real sound server: opening, switching, the way round, and xruns while the window is busy."""

import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

import numpy as np

from app.assembly.session_thread import SWITCH_INTERVAL_S
from app.audio.catalog import Catalog, Device, Direction
from app.audio.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm
from app.audio.uplink import Uplink
from app.devices.system import SystemDevices
from app.session.sound import SoundThread
from tests.bench.desk import Desk, Ear
from tests.bench.network import BenchTrouble
from tests.bench.processes import waited_s
from tests.bench.rows import Row, at_most
from tests.bench.tap import now_s
from tests.support.pulse import DESK_SPEAKERS, USB_HEADPHONES

ECHOING: Final = "Echoing microphone"
CLICKS: Final = 20
CLICK_EVERY_BLOCKS: Final = 25
SETTLE_S: Final = 1.0
CLICKING_S: Final = SETTLE_S + CLICKS * CLICK_EVERY_BLOCKS / 100
_LOUD: Final = 3000
_FIGURES: Final = re.compile(r"- (microphone|speaker): .* (\d+) xruns in (\d+) s, buffer \d+ ms, (\d+) ms lost")


class Tone:
    """A port Playout that never ends."""

    def __init__(self) -> None:
        at_s = np.arange(BLOCK_SAMPLES) / RATE_HZ
        self._block = (8000 * np.sin(2 * np.pi * 500 * at_s)).astype(np.int16)

    def pull(self, out: Pcm, now_s: float) -> None:
        """Five whole waves."""
        out[:] = self._block

    def drop(self) -> None:
        """Never."""

    def resume(self) -> None:
        """Always."""

    def audible(self, now_s: float) -> bool:
        """Always."""
        return True


class Clicks(Tone):
    """A block of tone now and then, and when each was asked for and came back."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_s: list[float] = []
        self.returned_s: list[float] = []
        self._blocks = 0

    def pull(self, out: Pcm, now_s: float) -> None:
        """Silence but for every so many blocks. Sound thread."""
        self._blocks += 1
        out[:] = 0
        if self._blocks % CLICK_EVERY_BLOCKS == 0:
            super().pull(out, now_s)
            self.asked_s.append(time.monotonic())

    def hear(self, block: Pcm) -> None:
        """What the microphone heard. Sound thread."""
        if len(self.returned_s) < len(self.asked_s) and int(np.abs(block).max()) > _LOUD:
            self.returned_s.append(time.monotonic())

    def median_ms(self) -> float:
        """Of the clicks that came back, without the first. Raises BenchTrouble if none did."""
        trips_s = [back - asked for asked, back in zip(self.asked_s[1:], self.returned_s[1:], strict=False)]
        if not trips_s:
            raise BenchTrouble("No click came back.")
        return 1000 * float(np.median(trips_s))


def sounding(place: Desk, runs: int, busy_s: float) -> list[Row]:
    """All rows of the devices."""
    with patch.dict(os.environ, place.pulse.env()):
        rows = [*_opening(runs), *_switching(place, runs), *_round_trips(place, runs)]
    return [*rows, *_busy(place, runs, busy_s)]


def _opening(runs: int) -> list[Row]:
    """Each opened and closed again; what PortAudio does only once is in none of the figures."""
    devices = SystemDevices()
    catalog = devices.scan()
    _open_ms(devices, catalog, Direction.SPEAKER)
    rows = []
    for direction in Direction:
        row = Row(f"opening a {direction.value}: asked → open, and its first block", "ms", digits=0)
        row.parlance += [_open_ms(devices, catalog, direction) for _ in range(runs)]
        rows.append(row)
    return rows


def _open_ms(devices: SystemDevices, catalog: Catalog, direction: Direction) -> float:
    flows = threading.Event()

    def work(block: Pcm) -> None:
        if direction is Direction.SPEAKER:
            block[:] = 0
        flows.set()

    open_one = devices.open_microphone if direction is Direction.MICROPHONE else devices.open_speaker
    began_s = time.monotonic()
    stream = open_one(catalog.default(direction), work, _nothing)
    if not flows.wait(10):
        raise BenchTrouble(f"The {direction.value} never called.")
    took_ms = 1000 * (time.monotonic() - began_s)
    stream.close()
    return took_ms


def _switching(place: Desk, runs: int) -> list[Row]:
    """A tone goes on while its device is changed; how long it is heard nowhere, and how long nothing is captured."""
    heard = Row(
        "switching speakers: longest gap in a tone",
        "ms",
        at_most(10),
        note="at both monitors; new one open before the old closes",
    )
    captured = Row("switching microphones: longest gap in a tone", "ms", at_most(10), note="in what is sent")
    tone = Tone()
    for _ in range(runs):
        with (
            place.ear(place.speakers) as one,
            place.ear(place.pulse.id_of(USB_HEADPHONES)) as other,
            _sound(tone) as (sound, catalog, _sent),
        ):
            sound.open(Direction.SPEAKER, _named(catalog, Direction.SPEAKER, DESK_SPEAKERS))
            one.wait_for_sound(0.0)
            time.sleep(SETTLE_S)
            began_s = now_s()
            sound.open(Direction.SPEAKER, _named(catalog, Direction.SPEAKER, USB_HEADPHONES))
            other.wait_for_sound(began_s)
            time.sleep(SETTLE_S)
            heard.parlance.append(_gap_ms(began_s, one, other))
        captured.parlance.append(_capture_gap_ms(place))
    return [heard, captured]


def _capture_gap_ms(place: Desk) -> float:
    """Both microphones hear the desk's speakers, which play on."""
    ids = [place.pulse.plug_echoing(f"{ECHOING} {number}", DESK_SPEAKERS) for number in (1, 2)]
    try:
        with _sound(Tone()) as (sound, catalog, sent):
            first, second = (next(each for each in catalog.microphones if each.id == one) for one in ids)
            sound.open(Direction.SPEAKER, _named(catalog, Direction.SPEAKER, DESK_SPEAKERS))
            sound.open(Direction.MICROPHONE, first)
            time.sleep(2 * SETTLE_S)
            began = len(sent)
            sound.open(Direction.MICROPHONE, second)
            time.sleep(SETTLE_S)
            quiet = np.abs(np.concatenate(sent[began:]).astype(np.int32)) < _LOUD // 10
    finally:
        for number in (1, 2):
            place.pulse.unplug(f"{ECHOING} {number}")
    return _longest(quiet) * 1000 / RATE_HZ


def _longest(quiet: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> int:
    """The longest run of True; a wave crosses zero for a few samples only."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], quiet.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _gap_ms(began_s: float, *ears: Ear) -> float:
    """The longest silence at all of them from a little before that moment on."""
    moments = np.sort(np.concatenate([ear.loud_s(began_s - 0.2) for ear in ears]))
    return 1000 * float(np.diff(moments).max())


def _round_trips(place: Desk, runs: int) -> list[Row]:
    """Clicks through a microphone that hears the speaker: with the devices alone, and as in a conversation."""
    bare = Row("speaker’s callback → microphone’s callback", "ms", at_most(40), note="virtual devices")
    whole = Row("sound thread → speaker → microphone → sound thread", "ms", note="10 ms of it are kept ready")
    place.pulse.plug_echoing(ECHOING, DESK_SPEAKERS)
    try:
        for _ in range(runs):
            bare.parlance.append(_bare_ms())
            clicks = Clicks()
            with _sound(clicks, clicks) as (sound, catalog, _sent):
                sound.open(Direction.MICROPHONE, _named(catalog, Direction.MICROPHONE, ECHOING))
                sound.open(Direction.SPEAKER, _named(catalog, Direction.SPEAKER, DESK_SPEAKERS))
                time.sleep(CLICKING_S)
            whole.parlance.append(clicks.median_ms())
    finally:
        place.pulse.unplug(ECHOING)
    return [bare, whole]


def _bare_ms() -> float:
    devices, clicks = SystemDevices(), Clicks()
    catalog = devices.scan()
    microphone = devices.open_microphone(_named(catalog, Direction.MICROPHONE, ECHOING), clicks.hear, _nothing)
    speaker = devices.open_speaker(
        _named(catalog, Direction.SPEAKER, DESK_SPEAKERS), lambda block: clicks.pull(block, 0.0), _nothing
    )
    time.sleep(CLICKING_S)
    for stream in (microphone, speaker):
        stream.close()
    return clicks.median_ms()


def _busy(place: Desk, runs: int, busy_s: float) -> list[Row]:
    """A call with the rehearsal server while the window computes nine tenths of the time."""
    rows = {
        name: Row(f"xruns of the {name} in {busy_s:g} s, GUI thread 90 % busy", "times", at_most(0), digits=0)
        for name in ("microphone", "speaker")
    }
    lost = Row(f"silence played for want of sound in {busy_s:g} s, the same", "ms", digits=0)
    waits_s: list[list[float]] = []
    for _ in range(runs):
        with place.app() as app:
            app.ask(do="click", name="talkButton")
            app.logged_s(" -> LIVE")
            app.ask(do="busy")
            before_s = waited_s(app.own()), waited_s([place.pulse.pid])
            until_s = time.monotonic() + busy_s
            while time.monotonic() < until_s:
                app.ask(do="say", text="tell me a story")
                time.sleep(min(20.0, max(0.0, until_s - time.monotonic())))
            after_s = waited_s(app.own()), waited_s([place.pulse.pid])
            waits_s.append([after - before for before, after in zip(before_s, after_s, strict=True)])
            app.ask(do="click", name="hangUpButton")
            app.logged_s("- speaker: ")
            for name, xruns, _seconds, lost_ms in _FIGURES.findall(app.logged()):
                rows[name].parlance.append(float(xruns))
                if name == "speaker":
                    lost.parlance.append(float(lost_ms))
    own_s, server_s = np.median(waits_s, axis=0)
    # What no buffer and no thread of ours can mend: a machine with more to do than it has processors.
    rows[
        "speaker"
    ].note = f"ready and without a processor: our threads {own_s:.1f} s, the sound server {server_s:.1f} s"
    return [*rows.values(), lost]


@contextmanager
def _sound(playout: Tone, clicks: Clicks | None = None) -> Iterator[tuple[SoundThread, Catalog, list[Pcm]]]:
    """The app's sound thread on the system's devices, and all it would send."""
    devices = SystemDevices()
    sent: list[Pcm] = []

    def send(block: Pcm, _gap_samples: int) -> int:
        if clicks is not None:
            clicks.hear(block)
        else:
            sent.append(block.copy())
        return 1

    sound = SoundThread(
        devices,
        Uplink(),
        send=send,
        gate_closed=_nothing,
        audible_changed=lambda _audible: None,
        ended=lambda _direction: None,
    )
    sound.play(playout)
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)  # as in the app
    sound.start()
    try:
        yield sound, devices.scan(), sent
    finally:
        sound.stop()
        sys.setswitchinterval(before_s)


def _named(catalog: Catalog, direction: Direction, name: str) -> Device:
    return next(device for device in catalog.of(direction) if device.name == name)


def _nothing() -> None:
    """An end is no news here."""
