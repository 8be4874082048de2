"""The real program, started once, twice and while it is dead; steered by ``main.py remote`` from other processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.remote.client import ask
from app.remote.wire import Answer, Verb
from tests.support.screen import Screen
from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]


class Runs:
    """Starts of the program that share one home."""

    def __init__(self, folder: Path, screen: Screen) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        (self.home / "settings.toml").write_text("welcomed = true\n")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PULSE")},
            "PARLANCE_HOME": str(self.home),
            **screen.env(),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        }
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *options: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "main.py"), *options],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def started_fully(self, *options: str) -> "subprocess.Popen[str]":
        process = self.start(*options)
        eventually(lambda: process.poll() is not None or self.ask(Verb.MUTE).ok, "the window listens", 20)
        assert process.poll() is None, process.communicate()[0]
        return process

    def ask(self, verb: Verb) -> Answer:
        return ask(self.home / "run", verb)

    def remote(self, verb: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, str(ROOT / "main.py"), "remote", verb],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )

    def logged(self) -> str:
        return (self.home / "logs" / "parlance.log").read_text()

    def end(self) -> None:
        for process in self.started:
            process.kill()
            process.communicate()


@pytest.fixture
def runs(tmp_path: Path, screen: Screen) -> Iterator[Runs]:
    runs = Runs(tmp_path, screen)
    yield runs
    runs.end()


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    printed, _ = process.communicate(timeout=20)
    return process.returncode, printed


def test_a_second_start_raises_the_first_and_ends_well(runs: Runs, screen: Screen) -> None:
    first = runs.started_fully()
    screen.minimise("Parlance")
    eventually(lambda: not screen.is_there("Parlance"), "the window is away")
    assert ended(runs.start()) == (0, "")
    eventually(lambda: screen.is_there("Parlance"), "the window is back")
    assert first.poll() is None
    first.send_signal(signal.SIGTERM)
    assert ended(first) == (0, "")


def test_of_two_starts_at_once_one_wins(runs: Runs) -> None:
    two = [runs.start(), runs.start()]
    eventually(lambda: any(process.poll() is not None for process in two), "one gave way", 20)
    assert sorted(str(process.poll()) for process in two) == ["0", "None"]
    assert runs.ask(Verb.SHOW).ok


def test_a_killed_run_is_in_nobody_s_way(runs: Runs) -> None:
    runs.started_fully().kill()
    runs.started[0].wait()
    assert runs.remote("show").returncode == 1
    second = runs.started_fully()
    assert second.poll() is None


def test_remote_says_so_when_nothing_runs(runs: Runs) -> None:
    done = runs.remote("talk-toggle")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Parlance is not running. Start it, then try again.\n"


def test_verbs_steer_the_window(runs: Runs) -> None:
    runs.started_fully()
    for verb in ("mute", "unmute", "disconnect", "show", "talk-up"):
        assert runs.remote(verb).returncode == 0
    talk = runs.remote("talk-down")
    assert (talk.returncode, talk.stderr) == (1, "Nobody would hear you now. Connect, then talk.\n")
    assert "< remote talk-down" in runs.logged()


def test_remote_loads_the_standard_library_and_next_to_nothing_else() -> None:
    asked = "import json, sys, main; sys.argv[1:] = ['remote', 'show']; main.run(); print(json.dumps([*sys.modules]))"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    rooms = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert rooms.isdisjoint({"PySide6", "asyncio", "numpy", "httpx", "aiortc", "keyring", "tomlkit"})


def test_it_ends_when_its_display_goes_away(tmp_path: Path) -> None:
    screen = Screen()
    screen.start()
    runs = Runs(tmp_path, screen)
    try:
        process = runs.started_fully()
        screen.stop()
        process.communicate(timeout=20)
    finally:
        screen.stop()
        runs.end()
