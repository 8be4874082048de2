"""A private sound server with two microphones and two loudspeakers, for tests that make real sound.

``pulse`` is a session fixture: the server runs in a directory of its own, and the environment of the test process
points at it, so neither tests nor their children can reach a developer's own devices.
"""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pulsectl
import pytest

from app.audio.catalog import Direction
from app.audio.pcm import RATE_HZ, Pcm
from tests.support.waiting import eventually

DESK_MICROPHONE: Final = "Desk microphone"
HEADSET_MICROPHONE: Final = "Headset microphone"
DESK_SPEAKERS: Final = "Desk speakers"
USB_HEADPHONES: Final = "USB headphones"

_FURNITURE: Final = {
    DESK_MICROPHONE: Direction.MICROPHONE,
    HEADSET_MICROPHONE: Direction.MICROPHONE,
    DESK_SPEAKERS: Direction.SPEAKER,
    USB_HEADPHONES: Direction.SPEAKER,
}


@dataclass(frozen=True, slots=True)
class Plugged:
    """One virtual device: what to say to the server to have it."""

    id: str
    name: str
    direction: Direction
    modules: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The devices that a process has streams on, by name."""

    microphones: tuple[str, ...]
    speakers: tuple[str, ...]


class Recorder:
    """What a loudspeaker has played since the recording began."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def samples(self) -> Pcm:
        """Everything so far; 48 kHz, mono."""
        sound = self._path.read_bytes()
        return np.frombuffer(sound[: len(sound) // 2 * 2], np.int16)


class PulseBench:
    """A PulseAudio daemon with virtual devices. A microphone is what is played into a loudspeaker of its own.

    Devices are named as a person sees them; ``id_of`` gives the server's name.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._socket = directory / "native"
        self._daemon: subprocess.Popen[bytes] | None = None
        self._client: Any = None
        self._plugged: dict[str, Plugged] = {}
        self._modules: dict[str, list[str]] = {}
        self._recordings = 0

    @property
    def pid(self) -> int:
        """The daemon's."""
        assert self._daemon is not None
        return self._daemon.pid

    def env(self) -> dict[str, str]:
        """What a child process needs in its environment to have these devices and no others."""
        return {
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_COOKIE": str(self._directory / "cookie"),
            "PULSE_RUNTIME_PATH": str(self._directory),
            "XDG_RUNTIME_DIR": str(self._directory),
        }

    def start(self) -> None:
        """Start the daemon and plug in the furniture, and whatever else was plugged when it was killed."""
        self._socket.unlink(missing_ok=True)
        self._daemon = self._launch()
        eventually(self._answers, "the sound server answers")
        # The daemon lives as long as it has a client. Should the test process crash, the daemon goes too.
        self._client = pulsectl.Pulse("bench", server=self.env()["PULSE_SERVER"])
        for key, one in self._plugged.items():
            self._plug(one, key)
        for name, direction in _FURNITURE.items():
            if name not in self._plugged:
                self.plug(name, direction)
        self.set_default(DESK_MICROPHONE)
        self.set_default(DESK_SPEAKERS)

    def _launch(self) -> "subprocess.Popen[bytes]":
        # Runs as root as well; needs neither a session bus nor hardware.
        environment = os.environ | self.env() | {"DBUS_SESSION_BUS_ADDRESS": "disabled:"}
        environment["PULSE_STATE_PATH"] = str(self._directory)
        del environment["PULSE_SERVER"]
        command = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=10", "--realtime=no"]
        command += ["--high-priority=no", f"--log-target=file:{self._directory / 'log'}"]
        command += ["-L", f"module-native-protocol-unix socket={self._socket} auth-anonymous=1"]
        return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """The server dies, as in a crash."""
        if self._daemon:
            self._daemon.kill()
            self._daemon.wait()
            self._daemon = None
            self._client.close()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server hangs: it takes connections and answers nothing."""
        assert self._daemon is not None
        self._daemon.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._daemon.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Kill it if it is alive, and start it again with the same devices."""
        self.kill()
        self.start()

    def reset(self) -> None:
        """Alive, with the furniture and nothing else, and the desk's devices as defaults."""
        if self._daemon is None:
            self.start()
        for name in set(self._plugged) - set(_FURNITURE):
            self.unplug(name)
        for name in set(_FURNITURE) - set(self._plugged):
            self.plug(name, _FURNITURE[name])
        for name in _FURNITURE:
            self.mute(name, False)
            self.set_volume(name, 100)
        self.set_default(DESK_MICROPHONE)
        self.set_default(DESK_SPEAKERS)

    def plug(
        self, name: str, direction: Direction, *, key: str = "", rate_hz: int = RATE_HZ, form_factor: str = ""
    ) -> str:
        """Plug in a device and return the server's name for it. Two of one name need keys to tell them by."""
        device_id = (key or name).lower().replace(" ", "_")
        described = f"device.description='{name}'"
        if form_factor:
            described += f" device.form_factor={form_factor}"
        modules: tuple[tuple[str, ...], ...]
        if direction is Direction.SPEAKER:
            modules = (_null_sink(device_id, described, rate_hz, channels=2),)
        else:
            # Whatever is in its name, nobody wears it.
            feed_described = f"device.description='Feed of {name}' device.form_factor=internal"
            feed = _null_sink(f"feed_{device_id}", feed_described, rate_hz, channels=1)
            source = ("module-remap-source", f"source_name={device_id}", f"master=feed_{device_id}.monitor")
            modules = (feed, (*source, f'source_properties="{described}"'))
        self._plug(Plugged(device_id, name, direction, modules), key or name)
        return device_id

    def plug_echoing(self, name: str, speaker: str) -> str:
        """Plug in a microphone that hears nothing but this loudspeaker, as loud as it plays."""
        device_id = name.lower().replace(" ", "_")
        words = ("module-remap-source", f"source_name={device_id}", f"master={self.id_of(speaker)}.monitor")
        described = f"source_properties=\"device.description='{name}'\""
        self._plug(Plugged(device_id, name, Direction.MICROPHONE, ((*words, described),)), name)
        return device_id

    def unplug(self, key: str) -> None:
        """Pull a device out, by its key or name."""
        for module in reversed(self._modules.pop(key)):
            self._ask("unload-module", module)
        del self._plugged[key]

    def set_default(self, key: str) -> None:
        """Make a device the system's default of its direction."""
        self._ask(f"set-default-{self._side(key)}", self.id_of(key))

    def mute(self, key: str, muted: bool = True) -> None:
        """Turn the system's own switch of a device."""
        self._ask(f"set-{self._side(key)}-mute", self.id_of(key), "1" if muted else "0")

    def set_volume(self, key: str, percent: int) -> None:
        """Turn the system's own volume of a device."""
        self._ask(f"set-{self._side(key)}-volume", self.id_of(key), f"{percent}%")

    def _side(self, key: str) -> str:
        return "source" if self._plugged[key].direction is Direction.MICROPHONE else "sink"

    def id_of(self, key: str) -> str:
        """The server's name for a device."""
        return self._plugged[key].id

    @contextmanager
    def play(self, wav: Path, microphone: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Speak a file into a microphone in real time: ``wait()`` on what it gives waits for the last sample."""
        feed = f"feed_{self.id_of(microphone)}"
        with self._tool(["paplay", f"--device={feed}", "--latency-msec=40", str(wav)]) as player:
            yield player

    @contextmanager
    def play_to(self, wav: Path, speaker: str, *, role: str) -> Iterator[None]:
        """Another program plays a file in that role."""
        with self._tool(["paplay", f"--device={self.id_of(speaker)}", f"--property=media.role={role}", str(wav)]):
            yield

    @contextmanager
    def ducking(self) -> Iterator[None]:
        """The server is set up to lower music while somebody telephones."""
        words = ("module-role-ducking", "trigger_roles=phone", "ducking_roles=music", "volume=50%", "global=true")
        module = self._ask("load-module", *words).strip()
        try:
            yield
        finally:
            self._ask("unload-module", module)

    @contextmanager
    def record(self, speaker: str) -> Iterator[Recorder]:
        """Record what a loudspeaker plays. The recording is running when the block is entered."""
        self._recordings += 1
        path = self._directory / f"recording-{self._recordings}.raw"
        command = ["parec", f"--device={self.id_of(speaker)}.monitor", "--raw", "--format=s16le"]
        command += [f"--rate={RATE_HZ}", "--channels=1", "--latency-msec=20", str(path)]
        with self._tool(command):
            eventually(lambda: path.exists() and path.stat().st_size > 0, "the recording has begun")
            yield Recorder(path)

    def where(self, pid: int) -> Whereabouts:
        """On which devices a process really plays and records."""
        return Whereabouts(
            self._devices_of(pid, "source-outputs", "sources", "source"),
            self._devices_of(pid, "sink-inputs", "sinks", "sink"),
        )

    def _devices_of(self, pid: int, streams: str, devices: str, field: str) -> tuple[str, ...]:
        names = {device["index"]: device["description"] for device in self._list(devices)}
        mine = [one for one in self._list(streams) if one["properties"].get("application.process.id") == str(pid)]
        return tuple(names[one[field]] for one in mine)

    def _plug(self, one: Plugged, key: str) -> None:
        self._plugged[key] = one
        self._modules[key] = [self._ask("load-module", *module).strip() for module in one.modules]

    def _list(self, what: str) -> list[dict[str, Any]]:
        return list(json.loads(self._ask("--format=json", "list", what)))

    def _answers(self) -> bool:
        return subprocess.run(["pactl", "info"], env=self._tool_env(), capture_output=True, check=False).returncode == 0

    def _ask(self, *words: str) -> str:
        done = subprocess.run(
            ["pactl", *words], env=self._tool_env(), capture_output=True, text=True, check=False, timeout=10
        )
        assert done.returncode == 0, f"pactl {' '.join(words)}: {done.stderr}"
        return done.stdout

    @contextmanager
    def _tool(self, command: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
        with subprocess.Popen(command, env=self._tool_env(), stderr=subprocess.DEVNULL) as process:
            try:
                yield process
            finally:
                process.terminate()

    def _tool_env(self) -> dict[str, str]:
        return os.environ | self.env() | {"LC_ALL": "C"}


def _null_sink(device_id: str, described: str, rate_hz: int, channels: int) -> tuple[str, ...]:
    # Without norewinds a stream starts 1.5 s late and stalls.
    words = ("module-null-sink", f"sink_name={device_id}", f"rate={rate_hz}", f"channels={channels}", "norewinds=1")
    return (*words, f'sink_properties="{described}"')


@pytest.fixture(scope="session")
def pulse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PulseBench]:
    """The sound server of this run. Whoever changes its devices calls ``reset`` afterwards."""
    if not all(shutil.which(tool) for tool in ("pulseaudio", "pactl", "paplay", "parec")):
        pytest.fail("PulseAudio is missing: run python3 packaging/bootstrap.py test")
    bench = PulseBench(tmp_path_factory.mktemp("pulse"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in bench.env().items():
            patch.setenv(name, value)
        for name in ("PULSE_SINK", "PULSE_SOURCE", "PULSE_PROP", "PULSE_LATENCY_MSEC"):
            patch.delenv(name, raising=False)
        bench.start()
        yield bench
        bench.kill()
