"""Start at login: a desktop entry in XDG's autostart folder, Windows' Run key, a LaunchAgent on macOS.

https://specifications.freedesktop.org/autostart-spec/latest/ . Windows and macOS are untried.
"""

import os
import plistlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from app.conversation.troubles import SettingsUnwritable

_RUN_KEY: Final = r"Software\Microsoft\Windows\CurrentVersion\Run"


def start_at_login(
    wanted: bool,
    app_id: str,
    command: Sequence[str],
    environ: Mapping[str, str] = os.environ,
    platform: str = sys.platform,
) -> None:
    """Have the command run at login, or not; blocks on the disk. Raises SettingsUnwritable."""
    try:
        if platform == "win32":
            _in_registry(wanted, command)
        elif platform == "darwin":
            _as_file(_launch_agent(app_id, environ), plistlib.dumps(_agent(app_id, command)) if wanted else None)
        else:
            _as_file(_entry_file(app_id, environ), _entry(command).encode() if wanted else None)
    except OSError as error:
        raise SettingsUnwritable(f"start at login: {error.strerror}") from error


def _entry_file(app_id: str, environ: Mapping[str, str]) -> Path:
    folder = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".config")
    return Path(folder) / "autostart" / f"{app_id}.desktop"


def _entry(command: Sequence[str]) -> str:
    return (
        "[Desktop Entry]\nType=Application\nName=Parlance\nComment=Talk with an assistant\n"
        f"Exec={' '.join(_quoted(word) for word in command)}\nX-GNOME-Autostart-enabled=true\n"
    )


def _quoted(word: str) -> str:
    """As the Exec key wants it: double quotes, and "%" is doubled."""
    escaped = "".join(f"\\{sign}" if sign in '"`$\\' else sign for sign in word).replace("%", "%%")
    return f'"{escaped}"'


def _launch_agent(app_id: str, environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME", "~")).expanduser() / "Library" / "LaunchAgents" / f"{app_id}.plist"


def _agent(app_id: str, command: Sequence[str]) -> dict[str, object]:
    return {"Label": app_id, "ProgramArguments": list(command), "RunAtLoad": True, "ProcessType": "Interactive"}


def _as_file(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    elif not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _in_registry(wanted: bool, command: Sequence[str]) -> None:
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _RUN_KEY, 0, winreg.KEY_SET_VALUE) as key:
            if wanted:
                winreg.SetValueEx(key, "Parlance", 0, winreg.REG_SZ, subprocess.list2cmdline(command))
            else:
                try:
                    winreg.DeleteValue(key, "Parlance")
                except FileNotFoundError:
                    return
