"""The window against a real X server, window manager and keyboard."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.screen import Screen
from tests.support.waiting import eventually

TITLE = "Parlance"
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def shown(screen: Screen, state: str, folder: Path, scale: str = "1") -> Iterator[Path]:
    """The window in a hand-made state; the file into which it writes its wishes."""
    wishes = folder / "wishes"
    command = [sys.executable, "-m", "tests.pictures.show", state]
    environment = os.environ | screen.env() | {"QT_SCALE_FACTOR": scale}
    with wishes.open("w") as out, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out) as process:
        try:
            screen.focus(TITLE)
            yield wishes
            screen.key("ctrl+q")
            assert process.wait(10) == 0
        finally:
            process.kill()


def test_a_key_that_repeats_is_held_once_and_let_go_once(screen: Screen, tmp_path: Path) -> None:
    with shown(screen, "listening", tmp_path) as wishes:
        screen.key_down("space")
        eventually(lambda: wishes.read_text() == "talk_down\n", "the key went down")
        # The X server repeats after 660 ms; a key pressed later than the repeats is seen after them.
        subprocess.run(["xdotool", "sleep", "1.2"], check=True, env=os.environ | screen.env())
        assert wishes.read_text() == "talk_down\n"
        screen.key_up("space")
        eventually(lambda: wishes.read_text() == "talk_down\ntalk_up\n", "the key came up")
        screen.key("Escape", "ctrl+m")
        eventually(lambda: wishes.read_text().endswith("set_muted\n"), "the shortcut was seen")
    assert wishes.read_text() == "talk_down\ntalk_up\nset_muted\n"


def test_the_talk_button_is_held_with_the_mouse(screen: Screen, tmp_path: Path) -> None:
    with shown(screen, "speaking", tmp_path) as wishes:
        screen.point(TITLE, 220, 632)
        with screen.button_held():
            eventually(lambda: wishes.read_text() == "interrupt\ntalk_down\n", "the button went down")
            screen.point(TITLE, 30, 300)
        eventually(lambda: wishes.read_text() == "interrupt\ntalk_down\ntalk_up\n", "the button came up")


@pytest.mark.parametrize(("scale", "pixels"), [("1", 440), ("1.5", 660), ("2", 880)])
def test_it_is_drawn_at_every_scale(screen: Screen, tmp_path: Path, scale: str, pixels: int) -> None:
    picture = tmp_path / "window.png"
    with shown(screen, "listening", tmp_path, scale):
        screen.screenshot(picture, TITLE)
    size = subprocess.run(["identify", "-format", "%w", str(picture)], check=True, capture_output=True, text=True)
    assert int(size.stdout) == pixels
