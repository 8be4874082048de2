"""Parlance in the applications menu, for one person and without an administrator.

On Linux that is a desktop entry and icons after the freedesktop.org standards Desktop Entry 1.5 and Icon Theme 0.13.
"""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from setup_trouble import SetupTrouble

NAME = "io.parlance.Parlance"
ICON_SIZES_PX = (16, 24, 32, 48, 64, 128, 256, 512)


def write(root: Path, python: Path, *, dry: bool) -> None:
    """Put into the menu what starts the clone at `root` with `python`; doing it again writes the same again.

    Raises SetupTrouble if something cannot be written.
    """
    files = _files(root, python)
    for path in files:
        print("Would write" if dry else "Writing", path)
    if dry:
        return
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if sys.platform == "win32":
                _write_shortcut(path, root, python)
            else:
                path.write_bytes(content)
                # File managers start only entries that may be executed.
                path.chmod(0o755 if path.suffix == ".desktop" or path.parent.name == "MacOS" else 0o644)
    except OSError as error:
        raise SetupTrouble(f"The menu entry cannot be written: {error}. Mend that and try again.") from error
    _renew_icon_cache()
    print("Parlance is in the applications menu now.")


def remove(root: Path, *, dry: bool) -> None:
    """Take away what `write` wrote, and the directories that are empty then.

    Raises SetupTrouble if something cannot be removed.
    """
    written = [path for path in _files(root, root) if path.exists()]
    if not written:
        print("Parlance is not in the applications menu.")
        return
    for path in written:
        print("Would remove" if dry else "Removing", path)
    if dry:
        return
    try:
        for path in written:
            path.unlink()
            _remove_empty(path.parent)
    except OSError as error:
        raise SetupTrouble(f"The menu entry cannot be removed: {error}. Mend that and try again.") from error
    _renew_icon_cache()
    print("Parlance is gone from the applications menu.")


def _files(root: Path, python: Path) -> dict[Path, bytes]:
    if sys.platform == "win32":
        return _shortcut()
    return _bundle(root, python) if sys.platform == "darwin" else _desktop_entry(root, python)


def _remove_empty(directory: Path) -> None:
    while directory != _data_home() and not any(directory.iterdir()):
        directory.rmdir()
        directory = directory.parent


# --- Linux ---


def _data_home() -> Path:
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    return named if named.is_absolute() else Path.home() / ".local" / "share"


def _desktop_entry(root: Path, python: Path) -> dict[Path, bytes]:
    icons = _data_home() / "icons" / "hicolor"
    template = (root / "resources" / f"{NAME}.desktop").read_text(encoding="utf-8")
    command = f"{exec_argument(str(python))} {exec_argument(str(root / 'main.py'))}"
    entry = template.replace("Exec=parlance\n", f"Exec={command}\n")
    files = {
        _data_home() / "applications" / f"{NAME}.desktop": entry.encode(),
        icons / "scalable" / "apps" / f"{NAME}.svg": (root / "resources" / "parlance.svg").read_bytes(),
    }
    for size_px in ICON_SIZES_PX:
        picture = root / "resources" / "app-icon" / f"parlance-{size_px}.png"
        files[icons / f"{size_px}x{size_px}" / "apps" / f"{NAME}.png"] = picture.read_bytes()
    return files


def exec_argument(text: str) -> str:
    """One quoted argument of an Exec line.

    Desktop Entry 1.5, section 7: inside quotes four characters are escaped, a percent sign is doubled, and then the
    backslashes are escaped once more as in every string value.
    """
    for character in '\\"`$':
        text = text.replace(character, "\\" + character)
    return '"' + text.replace("%", "%%").replace("\\", "\\\\") + '"'


def _renew_icon_cache() -> None:
    """Tell the desktop that icons changed: by the directory's time, and through the cache where there is one.

    The database of entries needs nothing: it maps file types to programs, and Parlance opens no files.
    """
    icons = _data_home() / "icons" / "hicolor"
    if sys.platform != "linux" or not icons.exists():
        return
    os.utime(icons)
    tool = shutil.which("gtk-update-icon-cache")
    if tool and (icons / "icon-theme.cache").exists():
        subprocess.run([tool, "--quiet", "--ignore-theme-index", icons], check=False, timeout=60)


# --- macOS and Windows: written from the documentation and untried ---


def _bundle(root: Path, python: Path) -> dict[Path, bytes]:
    """macOS: the smallest application bundle, a script in `~/Applications/Parlance.app`. Untried."""
    contents = Path.home() / "Applications" / "Parlance.app" / "Contents"
    about = {
        "CFBundleIdentifier": NAME,
        "CFBundleName": "Parlance",
        "CFBundleExecutable": "parlance",
        "CFBundlePackageType": "APPL",
        "NSMicrophoneUsageDescription": "Parlance lets you talk with an assistant.",
    }
    script = f"#!/bin/sh\nexec {shlex.quote(str(python))} {shlex.quote(str(root / 'main.py'))}\n"
    return {contents / "Info.plist": plistlib.dumps(about), contents / "MacOS" / "parlance": script.encode()}


def _shortcut() -> dict[Path, bytes]:
    """Windows: where the Start menu keeps this person's shortcuts. Untried."""
    return {Path(os.environ["APPDATA"]) / "Microsoft/Windows/Start Menu/Programs/Parlance.lnk": b""}


def _write_shortcut(path: Path, root: Path, python: Path) -> None:
    """Windows: a shortcut, which only its shell can write. Untried."""

    def quoted(text: object) -> str:
        return "'" + str(text).replace("'", "''") + "'"

    script = (
        f"$link = (New-Object -ComObject WScript.Shell).CreateShortcut({quoted(path)}); "
        f"$link.TargetPath = {quoted(python.with_name('pythonw.exe'))}; "
        f"""$link.Arguments = {quoted(f'"{root / "main.py"}"')}; """
        f"$link.WorkingDirectory = {quoted(root)}; $link.Save()"
    )
    subprocess.run(["powershell", "-NoProfile", "-Command", script], check=True, timeout=60)
