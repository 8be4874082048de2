"""The real program with a real tray: closed into it, brought back from it, ended from its menu."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.remote.wire import Verb
from tests.parts.test_one_window import Runs, ended
from tests.support.screen import Screen
from tests.support.waiting import eventually

SETTINGS = "welcomed = true\n[desktop]\nclose_to_tray = true\n"


@pytest.fixture
def tray(screen: Screen) -> Iterator[None]:
    """A tray in the lower right corner."""
    command = ["trayer", "--edge", "bottom", "--align", "right", "--widthtype", "request", "--height", "24"]
    with subprocess.Popen(command, env=os.environ | screen.env(), stderr=subprocess.DEVNULL) as process:
        eventually(lambda: screen.is_there("panel"), "the tray is there")
        yield
        process.kill()


@pytest.fixture
def runs(tmp_path: Path, screen: Screen) -> Iterator[Runs]:
    runs = Runs(tmp_path, screen)
    (runs.home / "settings.toml").write_text(SETTINGS)
    yield runs
    runs.end()


def icon(screen: Screen) -> tuple[int, int]:
    """The middle of the only icon in the tray."""
    x, y, width, height = screen.box("panel")
    return x + width // 2, y + height // 2


def test_closing_leaves_it_in_the_tray_and_a_click_brings_it_back(runs: Runs, screen: Screen, tray: None) -> None:
    process = runs.started_fully()
    screen.key_to_close("Parlance")
    eventually(lambda: not screen.is_there("^Parlance$"), "the window is away")
    assert runs.ask(Verb.MUTE).ok
    screen.click_at(*icon(screen))
    eventually(lambda: screen.is_there("^Parlance$"), "the window is back")
    screen.focus("^Parlance$")
    screen.key("ctrl+q")
    assert ended(process) == (0, "")


def test_started_hidden_it_is_in_the_tray_alone(runs: Runs, screen: Screen, tray: None) -> None:
    process = runs.started_fully("--hidden")
    assert not screen.is_there("^Parlance$")
    assert runs.ask(Verb.SHOW).ok
    eventually(lambda: screen.is_there("^Parlance$"), "the window is shown")
    process.send_signal(signal.SIGTERM)
    assert ended(process) == (0, "")


def test_where_no_tray_is_closing_ends_it(runs: Runs, screen: Screen) -> None:
    process = runs.started_fully()
    screen.key_to_close("^Parlance$")
    assert ended(process) == (0, "")
