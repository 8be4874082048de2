"""The menu entry on a virtual screen: a person double-clicks it in a file manager, and the window opens."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import menu_entry
from tests.support.screen import Screen
from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
ENTRY = "io.parlance.Parlance.desktop"


@pytest.fixture
def home(tmp_path: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory of its own, for all that starts from here; without sound, keyring and message bus."""
    (tmp_path / "runtime").mkdir(mode=0o700)
    settings = screen.env() | {
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_RUNTIME_DIR": str(tmp_path / "runtime"),
        "PARLANCE_HOME": str(tmp_path / "parlance"),
        "PULSE_SERVER": f"unix:{tmp_path}/silence",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "DBUS_SESSION_BUS_ADDRESS": "disabled:",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@contextmanager
def file_manager(folder: Path) -> Iterator[None]:
    """The file manager shows a folder meanwhile."""
    with subprocess.Popen(["pcmanfm", "--no-desktop", folder]) as process:
        try:
            yield
        finally:
            process.terminate()


def answer(*command: str) -> str:
    """What a program prints; nothing if it fails."""
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout


def windows() -> dict[str, str]:
    """The windows that the window manager knows: WM_CLASS to id."""
    return {line.split()[2]: line.split()[0] for line in answer("wmctrl", "-lx").splitlines()}


def window_of(wm_class: str) -> str:
    """The id of the window with this class, once it is there."""
    eventually(lambda: any(name.endswith(wm_class) for name in windows()), f"window {wm_class}", within_s=30)
    return next(window for name, window in windows().items() if name.endswith(wm_class))


def test_a_double_click_opens_the_window(home: Path) -> None:
    menu_entry.write(ROOT, Path(sys.executable), dry=False)
    applications = home / "data" / "applications"
    subprocess.run(["desktop-file-validate", applications / ENTRY], check=True, timeout=30)
    # Else the file manager asks whether to execute or to show the file.
    (home / "config" / "libfm").mkdir(parents=True)
    (home / "config" / "libfm" / "libfm.conf").write_text("[config]\nquick_exec=1\nsingle_click=0\n")

    with file_manager(applications):
        folder = window_of(".Pcmanfm")
        double_click_only_icon(folder)
        ours = window_of(".Parlance")
        assert "StartupWMClass=Parlance\n" in (applications / ENTRY).read_text(encoding="utf-8")

        subprocess.run(["wmctrl", "-i", "-c", ours], check=True, timeout=30)
        eventually(lambda: ours not in windows().values(), "the window closes", within_s=30)


def double_click_only_icon(folder: str) -> None:
    """Double-click where the file manager puts the first icon, once something stands there."""
    x, y = 205, 100
    subprocess.run(["xdotool", "mousemove", "--window", folder, str(x), str(y)], check=True, timeout=30)
    pixel = ("import", "-window", folder, "-crop", f"1x1+{x}+{y}", "txt:-")
    eventually(
        lambda: "#" in answer(*pixel).partition("\n")[2] and "white" not in answer(*pixel), "an icon in the folder"
    )
    subprocess.run(["xdotool", "click", "--repeat", "2", "--delay", "60", "1"], check=True, timeout=30)
