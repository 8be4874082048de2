"""Devices on a machine that has no sound server, or no sound library: in processes of their own.

A sound card that refuses 48 kHz is played by ALSA's AC-3 encoder, which takes 44.1 kHz only and needs no hardware.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

_CARD: Final = """
</usr/share/alsa/alsa.conf>
pcm.receiver { type a52 rate 44100 channels 2 slavepcm "null" }
"""

_PLAY: Final = """
import json, os, threading
from app.devices.system import SystemDevices

devices = SystemDevices()
catalog = devices.scan()
asked = []
enough = threading.Semaphore(0)

def fill(block):
    block[:] = 0
    asked.append(len(block))
    if len(asked) % 100 == 0:
        enough.release()

def plug_second_receiver():
    with open(os.environ["ALSA_CONFIG_PATH"], "a") as config:
        config.write('pcm.second { type a52 rate 44100 channels 2 slavepcm "null" }')

receiver = next(device for device in catalog.speakers if device.name == "receiver")
stream = devices.open_speaker(receiver, fill, lambda: None)
assert enough.acquire(timeout=20)
plug_second_receiver()
during = devices.scan()
for _ in range(5):
    assert enough.acquire(timeout=20), "scanning ended the stream"
stream.close()
after = devices.scan()
stats = stream.stats()
print(json.dumps({
    "speakers": [device.name for device in catalog.speakers],
    "during": [device.name for device in during.speakers],
    "after": [device.name for device in after.speakers],
    "asked": sorted(set(asked)),
    "rate_hz": stats.rate_hz,
    "actual": stream.actual_device_id(),
    "failed": stats.failed,
}))
"""

_FORGET: Final = """
import gc, threading
from app.devices.system import SystemDevices

devices = SystemDevices()
enough = threading.Semaphore(0)

def fill(block):
    block[:] = 0
    enough.release()

receiver = next(device for device in devices.scan().speakers if device.name == "receiver")
devices.open_speaker(receiver, fill, lambda: None)
gc.collect()
for _ in range(300):
    assert enough.acquire(timeout=20)
print("true")
"""

_REFUSE: Final = """
import ctypes.util, json
ctypes.util.find_library = lambda name: None
from app.conversation.troubles import SoundTrouble
from app.devices.system import SystemDevices

said = []
for act in (
    lambda: SystemDevices().scan(),
    lambda: SystemDevices().open_microphone(None, lambda block: None, lambda: None),
):
    try:
        act()
    except SoundTrouble as trouble:
        said.append(str(trouble))
print(json.dumps(said))
"""


def run(script: str, alsa: Path) -> Any:
    environment = os.environ | {"PULSE_SERVER": f"unix:{alsa.parent / 'nobody'}", "ALSA_CONFIG_PATH": str(alsa)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_bare_alsa_lists_its_devices_and_plays_at_their_own_rate(tmp_path: Path) -> None:
    alsa = tmp_path / "asound.conf"
    alsa.write_text(_CARD)
    told = run(_PLAY, alsa)
    speakers, during, after = told.pop("speakers"), told.pop("during"), told.pop("after")
    assert "receiver" in speakers
    assert during == speakers, "PortAudio does not look while a stream is open"
    assert set(after) - set(speakers) == {"second"}
    assert told == {"asked": [480], "rate_hz": 44_100, "actual": "receiver", "failed": False}


def test_a_stream_that_nobody_holds_plays_on_to_the_end_of_the_process(tmp_path: Path) -> None:
    alsa = tmp_path / "asound.conf"
    alsa.write_text(_CARD)
    assert run(_FORGET, alsa)


def test_a_machine_without_portaudio_says_what_to_do(tmp_path: Path) -> None:
    alsa = tmp_path / "asound.conf"
    alsa.write_text(_CARD)
    said = run(_REFUSE, alsa)
    assert len(said) == 2
    assert all("PortAudio was not found" in one and "bootstrap.py" in one for one in said)
