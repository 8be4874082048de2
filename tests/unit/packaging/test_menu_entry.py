"""The menu entry's files, in a data directory of their own."""

import configparser
import os
import subprocess
from pathlib import Path

import pytest

import menu_entry
from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[3]
PYTHON = Path("/opt/a python/bin/python")


@pytest.fixture
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that stands for the person's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_writes_an_entry_and_icons(data_home: Path) -> None:
    menu_entry.write(ROOT, PYTHON, dry=False)

    entry = configparser.ConfigParser(interpolation=None)
    entry.read(data_home / "applications/io.parlance.Parlance.desktop", encoding="utf-8")
    assert entry["Desktop Entry"]["Exec"] == f'"{PYTHON}" "{ROOT}/main.py"'
    icon = entry["Desktop Entry"]["Icon"]
    for size_px in (48, 128, 256):
        picture = data_home / f"icons/hicolor/{size_px}x{size_px}/apps/{icon}.png"
        assert int.from_bytes(picture.read_bytes()[16:20]) == size_px  # the width in a PNG's first chunk
    assert (data_home / f"icons/hicolor/scalable/apps/{icon}.svg").exists()


def test_doing_it_again_changes_nothing(data_home: Path) -> None:
    menu_entry.write(ROOT, PYTHON, dry=False)
    once = contents(data_home)

    menu_entry.write(ROOT, PYTHON, dry=False)

    assert contents(data_home) == once


def test_uninstall_leaves_what_others_put_there(data_home: Path) -> None:
    others = data_home / "icons/hicolor/48x48/apps/other.png"
    others.parent.mkdir(parents=True)
    others.write_bytes(b"other")
    before = sorted(data_home.rglob("*"))

    menu_entry.write(ROOT, PYTHON, dry=False)
    menu_entry.remove(ROOT, dry=False)

    assert sorted(data_home.rglob("*")) == before


def test_uninstall_of_nothing_is_no_error(data_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    menu_entry.remove(ROOT, dry=False)

    assert not data_home.exists()
    assert "not in the applications menu" in capsys.readouterr().out


def test_dry_run_writes_nothing(data_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    menu_entry.write(ROOT, PYTHON, dry=True)

    assert "Would write" in capsys.readouterr().out
    assert not data_home.exists()


def test_a_relative_data_home_does_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "data")  # "should be ignored", says the Base Directory Specification
    monkeypatch.setenv("HOME", str(tmp_path))

    menu_entry.write(ROOT, PYTHON, dry=False)

    assert (tmp_path / ".local/share/applications/io.parlance.Parlance.desktop").exists()


def test_any_path_survives_the_quoting_of_entries(tmp_path: Path) -> None:
    odd = tmp_path / 'a "b" $HOME `c` \\d é'
    odd.mkdir()
    program = odd / "program"
    argument = f"{odd} 100% %u"  # GLib itself does not find a program with a percent sign in its path
    program.write_text(f'#!/bin/sh\nprintf %s "$1" >"{tmp_path}/argument"\n')
    program.chmod(0o755)
    entry = tmp_path / "odd.desktop"
    command = f"{menu_entry.exec_argument(str(program))} {menu_entry.exec_argument(argument)}"
    entry.write_text(f"[Desktop Entry]\nType=Application\nName=Odd\nExec={command}\n", encoding="utf-8")

    subprocess.run(["desktop-file-validate", entry], check=True, timeout=30)
    alone = {"HOME": str(tmp_path), "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
    subprocess.run(["gio", "launch", entry], check=True, timeout=30, env=os.environ | alone)

    written = tmp_path / "argument"
    eventually(lambda: written.exists() and written.read_text() == argument, "the program got its argument")
