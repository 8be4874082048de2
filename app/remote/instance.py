"""One window for each person and folder: whoever holds the lock is the window.

The lock is the kernel's, on an open file: it goes with the process, however that ends, and two that start at once
cannot both get it.
"""

import os
import sys
from pathlib import Path
from typing import Final

_NAME: Final = "instance.lock"


class Instance:
    """The lock of this run. Any thread."""

    def __init__(self, handle: int) -> None:
        self._handle: Final = handle

    @classmethod
    def claim(cls, folder: Path) -> "Instance | None":
        """Become the one instance of this folder; None if another is. Raises OSError without a usable folder."""
        handle = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            _lock(handle)
        except BlockingIOError:
            os.close(handle)
            return None
        return cls(handle)

    def release(self) -> None:
        """Let another be the one. The file stays: taking it away would race with whoever opens it."""
        os.close(self._handle)


def _lock(handle: int) -> None:
    """Raises BlockingIOError if another process has it."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
