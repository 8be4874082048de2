"""What ``devices --json``, ``doctor`` and the log say of the sound, on a real sound server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.audio.catalog import Direction
from app.audio.echo import EchoCanceller
from app.audio.stream_stats import LineStats, StreamStats
from app.audio.uplink import Uplink
from app.devices.system import SystemDevices
from app.session.sound import SoundThread
from app.session.sound_stats import put_away, stats_of, told
from tests.support.pulse import DESK_MICROPHONE, DESK_SPEAKERS, HEADSET_MICROPHONE, USB_HEADPHONES, PulseBench
from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bench(pulse: PulseBench) -> Iterator[PulseBench]:
    yield pulse
    pulse.reset()


def run(bench: PulseBench, home: Path, *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *words, "--json"],
        env={**os.environ, **bench.env(), "PARLANCE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return dict(json.loads(done.stdout))


def test_programs_are_told_how_the_chosen_devices_do(bench: PulseBench, tmp_path: Path) -> None:
    headphones = bench.id_of(USB_HEADPHONES)
    (tmp_path / "settings.toml").write_text(f'[speaker]\nid = "{headphones}"\nname = "{USB_HEADPHONES}"\n')
    told_json = run(bench, tmp_path, "devices")
    assert {DESK_SPEAKERS, USB_HEADPHONES} <= {device["name"] for device in told_json["speakers"]}
    microphone, speaker = told_json["sound"]["microphone"], told_json["sound"]["speaker"]
    assert (microphone["device"], speaker["device"]) == (DESK_MICROPHONE, USB_HEADPHONES)
    for line in (microphone, speaker):
        assert line["stream"]["rate_hz"] == 48_000
        assert line["stream"]["channels"] == 1
        assert line["stream"]["blocks"] > 50
        assert 0 < line["stream"]["latency_ms"] < 200
        assert line["stream"]["xruns"] >= 0
        assert line["buffer_ms"] >= 0
        assert line["lost_ms"] >= 0


def test_a_machine_without_devices_has_no_figures(bench: PulseBench, tmp_path: Path) -> None:
    for name in (DESK_MICROPHONE, "Headset microphone"):
        bench.unplug(name)
    assert run(bench, tmp_path, "devices")["sound"]["microphone"] is None


def test_a_microphone_that_is_muted_in_the_system_is_told(bench: PulseBench, tmp_path: Path) -> None:
    bench.mute(DESK_MICROPHONE)
    listed = {device["name"]: device for device in run(bench, tmp_path, "devices")["microphones"]}
    assert {name: device["muted"] for name, device in listed.items()} == {
        DESK_MICROPHONE: True,
        HEADSET_MICROPHONE: False,
    }
    assert {name: device["kind"] for name, device in listed.items()} == {
        DESK_MICROPHONE: None,
        HEADSET_MICROPHONE: "headset",
    }
    sound = next(each for each in run(bench, tmp_path, "doctor")["findings"] if each["name"] == "Sound")
    assert not sound["works"]
    assert "muted in the system settings" in sound["words"]
    assert "Unmute it" in sound["remedy"]


def test_the_doctor_tells_the_same(bench: PulseBench, tmp_path: Path) -> None:
    findings = {each["name"]: each for each in run(bench, tmp_path, "doctor")["findings"]}
    words = findings["Sound"]["words"]
    assert f"{DESK_MICROPHONE} (48000 Hz, mono, latency" in words
    assert f"{DESK_SPEAKERS} (48000 Hz, mono, latency" in words
    assert f", {USB_HEADPHONES}" in words


def test_the_log_tells_how_a_conversation_s_devices_did(bench: PulseBench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "parlance.session")
    sound = SoundThread(
        SystemDevices(),
        Uplink(),
        send=lambda _block, _gap_samples: 1,
        gate_closed=lambda: None,
        audible_changed=lambda _audible: None,
        ended=lambda _direction: None,
    )
    sound.start()
    for direction in Direction:
        sound.open(direction, SystemDevices().scan().default(direction))

    def flows() -> bool:
        stats = stats_of(sound)
        return all(line is not None and line.stream.blocks > 20 for line in (stats.microphone, stats.speaker))

    eventually(flows, "both directions flow")
    put_away(sound, EchoCanceller())
    assert "microphone: 48000 Hz, mono" in caplog.text
    assert "speaker: 48000 Hz, mono" in caplog.text
    assert DESK_MICROPHONE not in caplog.text


def test_the_words_name_every_figure() -> None:
    line = LineStats("Old stereo", StreamStats(250, 3, 12.4, 44_100, 2, failed=False), 20.0, 40.0)
    assert told(line) == "44100 Hz, 2 channels, latency 12 ms, 3 xruns in 2 s, buffer 20 ms, 40 ms lost"
