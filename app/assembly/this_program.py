"""How this program is started again: at login, or by a key that the desktop binds."""

import shlex
import subprocess
import sys
from pathlib import Path


def start_command() -> list[str]:
    """The words that start it as it was started."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, str(Path(sys.argv[0]).absolute())]


def toggle_command() -> str:
    """What a person can bind to a key, as it is typed."""
    words = [*start_command(), "remote", "talk-toggle"]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
