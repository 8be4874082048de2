"""The same virtual devices on a PipeWire daemon, spoken to through its stand-in for PulseAudio.

Where PipeWire is not installed the tests on it are left out: it is installed for tests in a container only, as on a
desktop it could take the place of the sound server that is in use.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.pulse import PulseBench
from tests.support.waiting import eventually

_BUS: Final = ("dbus-daemon",)
_PROGRAMS: Final = (*_BUS, "pipewire", "wireplumber", "pipewire-pulse")
_TOOLS: Final = ("pactl", "paplay", "parec")


class PipeWireBench(PulseBench):
    """A PipeWire daemon, its session manager and its PulseAudio server in a directory of their own."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._below: list[subprocess.Popen[bytes]] = []

    def kill(self) -> None:
        """All three die, as in a crash."""
        super().kill()
        for process in self._below:
            process.kill()
            process.wait()
        self._below = []
        for socket in ("bus", "pipewire-0"):
            (self._directory / socket).unlink(missing_ok=True)

    def _launch(self) -> "subprocess.Popen[bytes]":
        bus = self._directory / "bus"
        environment = os.environ | self.env() | {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus}"}
        for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            environment[name] = str(self._directory)
        del environment["PULSE_SERVER"]
        sockets = {"dbus-daemon": bus, "pipewire": self._directory / "pipewire-0"}
        for program in _PROGRAMS:
            words = [program, *(("--session", "--nofork", f"--address=unix:path={bus}") if program in _BUS else ())]
            with (self._directory / f"{program}.log").open("ab") as log:
                # Not even a crash of the tests leaves it behind: it ends with the thread that started it.
                command = ["setpriv", "--pdeathsig", "KILL", *words]
                self._below.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
            if program in sockets:
                eventually(sockets[program].exists, f"{program} is there")
        return self._below.pop()


@pytest.fixture(scope="module")
def pipewire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PipeWireBench]:
    """A PipeWire for the tests of one module. Whoever changes its devices calls ``reset`` afterwards."""
    if not all(shutil.which(tool) for tool in (*_PROGRAMS, *_TOOLS)):
        pytest.skip("PipeWire is not installed")
    bench = PipeWireBench(tmp_path_factory.mktemp("pipewire"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in bench.env().items():
            patch.setenv(name, value)
        try:
            bench.start()
            yield bench
        finally:
            bench.kill()


@pytest.fixture(scope="module", params=["pulse", "pipewire"])
def sound_server(request: pytest.FixtureRequest) -> PulseBench:
    """One of each kind that desktops have, in turn."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, PulseBench)
    return found


@pytest.fixture
def bench(sound_server: PulseBench) -> Iterator[PulseBench]:
    """The same, with its furniture put back in place afterwards."""
    yield sound_server
    sound_server.reset()
